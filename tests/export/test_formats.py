from __future__ import annotations

import errno
from pathlib import Path

import pytest

from export.errors import ExportError
from export.formats import FORMATS, export_poses, parse_formats
from export.motion import ExportOptions
from pose.errors import ExitCode
from tests.export.people import actor, nobody, walkers

LIGHT = [name for name, one in FORMATS.items() if not one.needs]


def test_a_misspelt_format_is_answered_with_the_right_one() -> None:
    with pytest.raises(ExportError, match=r"there is no format bvhh: did you mean bvh\?") as caught:
        parse_formats("csv,bvhh", others=("mp4",))
    assert caught.value.exit_code == ExitCode.WRONG_USAGE
    with pytest.raises(ExportError, match="one or more of json, coco"):
        parse_formats(" , ")
    assert parse_formats("CSV, mp4,csv", others=("npz", "mp4")) == ("csv", "mp4")


def test_a_missing_library_is_known_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ExportError, match=r"the format c3d needs ezc3d: in the checkout, pip install -e '.\[export\]'"):
        parse_formats("csv,c3d")


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("poses", [nobody(), walkers([0]), walkers([3, 5])], ids=["nobody", "one frame", "a gap"])
def test_every_format_takes_every_clip(name: str, poses: object, tmp_path: Path) -> None:
    written = export_poses(poses, tmp_path, "clip", [name], ExportOptions(frame_count=6))  # type: ignore[arg-type]
    assert all(one.exists() for one in written)
    assert sorted(tmp_path.iterdir()) == sorted(written), "nothing half written is left"


def test_no_two_formats_write_the_same_file(tmp_path: Path) -> None:
    written = export_poses(actor(), tmp_path, "clip", LIGHT)
    assert len(written) == len(set(written)) == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("name", LIGHT)
def test_a_full_disk_leaves_nothing_and_spoils_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses = walkers([0, 1])
    written = export_poses(poses, tmp_path, "clip", [name])
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(
        ExportError, match=r"cannot write .*: No space left on device; choose another folder with --out"
    ):
        export_poses(poses, tmp_path, "clip", [name])
    monkeypatch.undo()
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before
    assert sorted(tmp_path.iterdir()) == sorted(written)
