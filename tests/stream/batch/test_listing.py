from __future__ import annotations

from pathlib import Path

import pytest

from stream.batch.listing import STATE_FOLDER, list_clips
from stream.errors import StreamError
from tests.stream.batch.openers import clips_in


def names(where: Path, results: Path) -> list[str]:
    return [clip.name for clip in list_clips(where, results).clips]


def test_a_folder_is_searched_with_all_folders_in_it(tmp_path: Path) -> None:
    root = clips_in(tmp_path / "in", {"b.mp4": "", "a/b.mp4": "", "a/B.MOV": "", "a/readme.txt": "", "a/.b.mp4": ""})
    listing = list_clips(root, tmp_path / "out")
    assert [clip.name for clip in listing.clips] == ["a/B.MOV", "a/b.mp4", "b.mp4"]
    assert [clip.path for clip in listing.clips] == [root / name for name in ("a/B.MOV", "a/b.mp4", "b.mp4")]
    assert listing.left_out == 1


def test_results_are_no_clips(tmp_path: Path) -> None:
    root = clips_in(
        tmp_path,
        {
            "b.mp4": "",
            "out/b.mp4/b_annotated.mp4": "",
            "older/c.mp4/c_annotated.mp4": "",
            f"older/{STATE_FOLDER}/options.json": "",
        },
    )
    assert names(root, tmp_path / "out") == ["b.mp4"]


def test_links_are_followed_once_and_never_round_in_circles(tmp_path: Path) -> None:
    root = clips_in(tmp_path / "in", {"z/clip.mp4": "", "y/other.mp4": ""})
    outside = clips_in(tmp_path / "elsewhere", {"far.mp4": ""})
    (root / "a").symlink_to(root / "z")  # would come first by its name
    (root / "z" / "up").symlink_to("..")
    (root / "linked").symlink_to(outside)
    (root / "one.mp4").symlink_to(outside / "far.mp4")
    (root / "itself").symlink_to("itself")
    listing = list_clips(root, tmp_path / "out")
    assert [clip.name for clip in listing.clips] == ["linked/far.mp4", "one.mp4", "y/other.mp4", "z/clip.mp4"]
    assert [one.what for one in listing.unusable] == ["itself"]


def test_a_link_to_nothing_is_a_clip_that_will_fail(tmp_path: Path) -> None:
    root = clips_in(tmp_path / "in", {"a.mp4": ""})
    (root / "gone.mp4").symlink_to("nowhere")
    assert names(root, tmp_path / "out") == ["a.mp4", "gone.mp4"]


def test_a_list_names_anything_once_and_nothing_clashes(tmp_path: Path) -> None:
    root = clips_in(tmp_path / "in", {"a.mp4": "", "sub/a.mp4": "", "noise.dat": ""})
    outside = clips_in(tmp_path / "far", {"a.mp4": "", "pictures/1.png": ""})
    (root / "list.txt").write_text(
        f"# clips\na.mp4\n\nsub/a.mp4\nsub/../a.mp4\nnoise.dat\n{outside}/a.mp4\n{outside}/pictures\nnowhere.mp4\n",
        encoding="utf-8",
    )
    listing = list_clips(root / "list.txt", tmp_path / "out")
    far = f"elsewhere{outside.as_posix()}"
    assert [clip.name for clip in listing.clips] == [
        "a.mp4",
        "sub/a.mp4",
        "noise.dat",
        f"{far}/a.mp4",
        f"{far}/pictures.images",
    ]
    assert [one.what for one in listing.unusable] == ["nowhere.mp4"]
    assert "there is no file" in listing.unusable[0].reason
    assert listing.left_out == 1


def test_results_do_not_lie_inside_of_results(tmp_path: Path) -> None:
    root = clips_in(tmp_path / "in", {"x.images/a.mp4": "", "x/1.png": ""})
    (root / "list.txt").write_text("x\nx.images/a.mp4\n", encoding="utf-8")
    listing = list_clips(root / "list.txt", tmp_path / "out")
    assert [clip.name for clip in listing.clips] == ["x.images"]
    assert [one.what for one in listing.unusable] == ["x.images/a.mp4"]


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "there is no folder or list"), (b"\xff\x00\xfe", "is no list"), (b"# none\n", "names no clip")],
)
def test_what_is_no_list_is_refused_in_one_line(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StreamError, match=says):
        list_clips(path, tmp_path / "out")


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    clips_in(tmp_path / "in", {"a.txt": ""})
    with pytest.raises(StreamError, match="holds no videos"):
        list_clips(tmp_path / "in", tmp_path / "out")
