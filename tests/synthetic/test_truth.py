from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from synthetic.clip import write_clip
from synthetic.errors import SyntheticError
from synthetic.truth import DEMO_CLIP, load_truth, save_truth


def test_a_clip_and_its_truth_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "squats.mp4"
    written = write_clip(path, motion="squats", seed=1, size=(64, 48), fps=2)
    read = load_truth(path.with_suffix(".npz"))
    np.testing.assert_array_equal(read.xyz_m, written.xyz_m)
    np.testing.assert_array_equal(read.visible, written.visible)
    assert read.counts == {"squat": 5}
    assert read.repetitions == written.repetitions
    assert read.intrinsics == written.intrinsics
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times, read.frame_time_s, atol=1e-6)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["squats.mp4", "squats.npz"]


def test_the_floor_lies_under_the_feet() -> None:
    truth = load_truth()
    normal, distance = truth.floor
    ankles = (truth.xyz_m + truth.root_m[:, None])[:, [3, 6]] @ normal - distance
    assert 0.03 < ankles.min() < 0.12
    assert np.linalg.norm(normal) == pytest.approx(1)


def test_the_bundled_clip_and_its_truth_belong_together() -> None:
    truth = load_truth()
    assert truth.counts == {"squat": 3, "jumping_jack": 4}
    assert DEMO_CLIP.stat().st_size <= 3_000_000
    with av.open(str(DEMO_CLIP)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == (truth.intrinsics.width, truth.intrinsics.height)
        times = [frame.time for frame in container.decode(stream)]
    np.testing.assert_allclose(times, truth.frame_time_s, atol=1e-6)
    main = truth.person == 0
    assert main.sum() == len(times)
    assert truth.inside[main].all()
    assert truth.repetitions[-1].end_s < times[-1]


def test_what_is_no_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SyntheticError, match="missing"):
        load_truth(tmp_path / "missing.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK nothing")
    with pytest.raises(SyntheticError, match="broken"):
        load_truth(broken)
    np.savez(tmp_path / "other.npz", version=99)
    with pytest.raises(SyntheticError, match="version"):
        load_truth(tmp_path / "other.npz")
    with pytest.raises(SyntheticError, match="folder"):
        write_clip(tmp_path / "nowhere" / "clip.mp4")
    with pytest.raises(SyntheticError, match="even"):
        write_clip(tmp_path / "odd.mp4", size=(63, 48))


def test_rows_of_another_length_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.npz"
    save_truth(load_truth(), path)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["xyz_m"] = arrays["xyz_m"][:-1]
    np.savez(path, **arrays)
    with pytest.raises(SyntheticError, match="xyz_m"):
        load_truth(path)
