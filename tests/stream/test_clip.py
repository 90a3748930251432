"""Both passes over clips that the test writes, with a detector that finds a known skeleton."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from detection.offline.detections import joined
from detection.offline.filter_options import Filter, FilterKind
from pose.errors import ExitCode
from pose.types import Image, People
from stream.clip import Looked, RefineOptions, look, refine, rising
from stream.edit_options import EditOptions
from stream.errors import StageFailed
from stream.source import SourceOptions
from stream.sources import open_source
from stream.stages import assumed_camera
from tests.detection.offline.walkers import FIGURE
from tests.stream.clips import make_clip

OPTIONS = RefineOptions(assumed_camera(60.0))
SIZE = (640, 480)
TICKS_PER_S = 90_000


class Finder:
    """Finds one figure whose place the picture's brightness tells, and nobody in black pictures."""

    name = engine = "finder"

    def detect(self, image: Image) -> People:
        level = float(image.mean())
        if level < 10:
            return People.detected(np.zeros((0, 18, 2), np.float32), np.zeros((0, 18), np.float32))
        xy = (FIGURE + np.array([150 + level, 200])).astype(np.float32)[None]
        return People.detected(xy, np.full((1, 18), 0.9, np.float32))

    def close(self) -> None:
        pass


def write_clip(path: Path, ticks: list[int], dark: frozenset[int] = frozenset()) -> Path:
    """A clip whose pictures stand at given ticks and grow brighter by 1 a frame; some are black."""
    pictures = {number: 0 if number in dark else 60 + number for number in range(len(ticks))}
    times_s = [tick / TICKS_PER_S for tick in ticks]
    return make_clip(path, times_s, size=SIZE, images=lambda n: np.full((SIZE[1], SIZE[0], 3), pictures[n], np.uint8))


def uneven(frames: int, seed: int = 0) -> list[int]:
    """Ticks of a variable frame rate, from 4 to 90 ms apart."""
    steps = np.random.default_rng(seed).integers(TICKS_PER_S * 4 // 1000, TICKS_PER_S * 90 // 1000, frames)
    return [int(one) for one in np.cumsum(steps) - steps[0]]


def looked_at(clip: Path, edit: EditOptions | None = None) -> Looked:
    return look(open_source(str(clip), SourceOptions(edit=edit)), (Finder(), Finder()))


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_times_are_the_containers_to_a_millisecond_also_at_a_variable_rate(tmp_path: Path, ending: str) -> None:
    ticks = uneven(60)
    clip = write_clip(tmp_path / f"clip.{ending}", ticks)
    poses = refine(looked_at(clip), OPTIONS).poses
    assert poses.frame_index.tolist() == list(range(60))
    with av.open(str(clip)) as container:
        truth = [float(frame.time) for frame in container.decode(video=0)]
    np.testing.assert_allclose(poses.time_s, truth, atol=1e-6)
    np.testing.assert_allclose(poses.time_s - poses.time_s[0], np.array(ticks) / TICKS_PER_S, atol=1e-3)


def test_the_second_pass_fills_a_short_gap_and_says_so(tmp_path: Path) -> None:
    ticks = [3000 * number for number in range(60)]
    clip = write_clip(tmp_path / "clip.mp4", ticks, frozenset({20, 21, 22, *range(40, 52)}))
    done = refine(looked_at(clip), OPTIONS)
    assert done.poses.frame_index.tolist() == [*range(40), *range(52, 60)]
    assert done.poses.interpolated is not None
    assert np.unique(done.poses.frame_index[done.poses.interpolated.any(axis=1)]).tolist() == [20, 21, 22]
    assert done.quality.summary() == {
        "frames_with_somebody": 0.75,
        "tracklets_joined": 0,
        "swaps_mended": 0,
        "gaps_filled": 1,
        "frames_filled": 3,
        "gaps_left": 1,
    }
    assert done.poses.valid.any(axis=1).all()
    assert (done.poses.root_m[:, 2] > 0.5).all()


def test_parts_that_were_looked_at_apart_give_the_same_as_the_whole(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", uneven(90, 3), frozenset({44, 45}))
    whole = looked_at(clip)
    cut_s = float(whole.detections.time_s[40])
    parts = [looked_at(clip, EditOptions(end_s=cut_s)), looked_at(clip, EditOptions(start_s=cut_s))]
    together = replace(whole, detections=joined([part.detections for part in parts]))
    one, other = refine(whole, OPTIONS).poses, refine(together, OPTIONS).poses
    for name in ("frame_index", "time_s", "track_id", "xy_px", "score", "raw_xy_px", "xyz_m", "root_m", "valid"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("detectors", [1, 3])
def test_several_detectors_give_the_frames_in_order(tmp_path: Path, detectors: int) -> None:
    clip = write_clip(tmp_path / "clip.mp4", uneven(50))
    found = look(open_source(str(clip)), [Finder() for _ in range(detectors)]).detections
    assert found.frame_index.tolist() == list(range(50))
    assert (np.diff(found.xy_px[:, 0, 0]) > -0.5).all(), "the figure moves as the pictures grow brighter"


def test_a_detector_that_fails_is_told_with_its_frame(tmp_path: Path) -> None:
    class Failing(Finder):
        def detect(self, image: Image) -> People:
            if image.mean() > 80:
                raise RuntimeError("out of luck")
            return super().detect(image)

    clip = write_clip(tmp_path / "clip.mp4", uneven(50))
    with pytest.raises(StageFailed, match="out of luck"):
        look(open_source(str(clip)), [Failing(), Failing()])
    assert not [one.name for one in threading.enumerate() if one.name.startswith("liftcam")]


def test_what_was_read_before_an_interrupt_is_kept(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", uneven(50))

    def stop(what: str, done: int, _of: int | None) -> None:
        if what == "find" and done == 20:
            raise KeyboardInterrupt

    looked = look(open_source(str(clip)), (Finder(),), stop)
    assert looked.end is ExitCode.INTERRUPTED
    assert looked.detections.frames == 20
    assert len(refine(looked, OPTIONS).poses.frame_index) == 20


def test_a_clip_that_breaks_off_is_read_in_part(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "whole.mkv", uneven(80))
    content = clip.read_bytes()
    (tmp_path / "part.mkv").write_bytes(content[: len(content) * 2 // 3])
    looked = looked_at(tmp_path / "part.mkv")
    assert looked.end is ExitCode.READ_IN_PART
    assert "breaks off" in looked.problem
    assert 0 < looked.detections.frames < 80


def test_a_part_of_every_third_frame_is_smoothed_at_its_own_rate(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [3000 * number for number in range(90)])
    looked = looked_at(clip, EditOptions(start_s=0.5, every=3))
    done = refine(looked, replace(OPTIONS, filter=Filter(FilterKind.SAVGOL, 2.0)))
    assert done.poses.frame_index.tolist() == list(range(15, 90, 3))
    options = done.export_options(every=3)
    assert (options.first_frame, options.frame_count, options.every) == (15, 88, 3)


def test_nobody_and_a_single_frame_are_no_errors(tmp_path: Path) -> None:
    nobody = refine(looked_at(write_clip(tmp_path / "a.mp4", [0, 3000, 6000], frozenset({0, 1, 2}))), OPTIONS)
    assert len(nobody.poses.frame_index) == 0
    assert nobody.quality.frames == 3
    one = refine(looked_at(write_clip(tmp_path / "b.mp4", [0])), OPTIONS)
    assert one.poses.frame_index.tolist() == [0]


def test_equal_times_are_told_apart() -> None:
    assert (np.diff(rising(np.array([0.0, 0.1, 0.1, 0.1, 0.2]))) > 0).all()
