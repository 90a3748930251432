from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commands.follow import Following, found_poses, open_following, reference_of
from commands.options import FollowOptions
from export.poses import Poses, load_poses, save_poses
from pose.errors import ExitCode, LiftCamError
from pose.types import Float32, Frame, People
from render.layout import Fit
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.view import View, ViewOptions
from stream.stages import assumed_camera
from tests.fitness.follow.dancers import HZ, Float, raise_arm

ROOT_M = np.array([0.2, 0.1, 3.0], np.float32)
CAMERA = assumed_camera(60.0)
PICTURE = np.full((48, 64, 3), 90, np.uint8)


def in_camera(motion: Float) -> Float32:
    """Joints from the pelvis in camera axes."""
    camera = motion * [1.0, -1.0, -1.0]
    return np.asarray(camera - camera[:, :1], np.float32)


def poses_of(motion: Float, tracks: dict[int, int] | None = None) -> Poses:
    """The pose file of people who do the same, each for so many frames."""
    lengths = tracks or {1: len(motion)}
    frame = np.concatenate([np.arange(n) for n in lengths.values()])
    track = np.concatenate([np.full(n, one) for one, n in lengths.items()])
    order = np.lexsort((track, frame))
    frame, track = frame[order].astype(np.int32), track[order].astype(np.int32)
    count = len(frame)
    xy = np.zeros((count, 18, 2), np.float32)
    return Poses(
        frame,
        frame / HZ,
        track,
        xy,
        np.zeros((count, 18), np.float32),
        xy,
        in_camera(motion)[frame],
        np.tile(ROOT_M, (count, 1)),
        np.ones((count, 17), np.bool_),
        HZ,
        64,
        48,
        "dance.mp4",
    )


def people_of(joints: Float32) -> People:
    xy = np.zeros((1, 18, 2), np.float32)
    found = People.detected(xy, np.zeros((1, 18), np.float32))
    found = found.with_tracks(np.array([4], np.int32), xy, found.score, xy)
    return found.with_3d(joints[None], ROOT_M[None], np.ones((1, 17), np.bool_))


def lines_of(poses: Poses, options: FollowOptions) -> list[str]:
    said: list[str] = []
    reference_of(poses, options, said.append)
    return said


def test_who_does_as_the_reference_does_is_alike_and_the_ghost_lies_on_him() -> None:
    motion = raise_arm(90)
    following = open_following(poses_of(motion), FollowOptions(Path("dance.npz")), False, CAMERA, print)
    for k, joints in enumerate(in_camera(motion)):
        view = following.step(Frame(PICTURE, k, k / HZ), people_of(joints), None)
    assert view.number == pytest.approx(100, abs=0.01)
    assert (view.worst, view.note, view.countdown) == ("", "", None)
    np.testing.assert_allclose(view.ghost_m, joints + ROOT_M, atol=0.02)
    np.testing.assert_allclose(view.ghost_px, CAMERA(64, 48).project(view.ghost_m))
    assert following.lines()[0].startswith("follow: 100 of 100 alike")


def test_nobody_is_asked_to_step_into_view() -> None:
    following = open_following(poses_of(raise_arm(60)), FollowOptions(Path("dance.npz")), False, CAMERA, print)
    view = following.step(Frame(PICTURE, 0, 0.0), People.nobody(), None)
    assert view.note == "step into view"
    assert np.isnan(view.number)
    assert following.lines() == ["follow: nobody was seen well enough to be compared"]


def test_of_several_people_the_one_seen_longest_is_followed_and_it_is_said() -> None:
    poses = poses_of(raise_arm(90), {3: 40, 7: 90})
    assert "7 is followed" in lines_of(poses, FollowOptions(Path("dance.npz")))[0]
    assert lines_of(poses, FollowOptions(Path("dance.npz"), 3)) == []


@pytest.mark.parametrize(
    ("tracks", "track", "why"),
    [({}, None, "nobody"), ({3: 40}, 9, "number 9"), ({3: 20}, None, "cannot be followed")],
)
def test_a_reference_that_cannot_be_followed_is_one_line(tracks: dict[int, int], track: int | None, why: str) -> None:
    poses = poses_of(raise_arm(90), tracks or {1: 0})
    with pytest.raises(LiftCamError, match=why) as caught:
        reference_of(poses, FollowOptions(Path("dance.npz"), track), print)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    assert "\n" not in str(caught.value)


def test_poses_beside_a_clip_are_taken_if_they_are_its_own(tmp_path: Path) -> None:
    clip = tmp_path / "dance.mp4"
    clip.write_bytes(b"")
    assert found_poses(FollowOptions(clip)) is None
    (tmp_path / "dance.npz").write_bytes(b"something else")
    save_poses(replace(poses_of(raise_arm(60)), source="other.mp4"), tmp_path / "poses.npz", "0")
    assert found_poses(FollowOptions(clip)) is None
    save_poses(poses_of(raise_arm(60)), tmp_path / "poses.npz", "0")
    found = found_poses(FollowOptions(clip))
    assert found is not None
    assert len(found.time_s) == len(load_poses(tmp_path / "poses.npz").time_s)


@pytest.mark.parametrize("name", ["gone.npz", "gone.mp4"])
def test_a_reference_that_is_not_there_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(LiftCamError, match="gone") as caught:
        found_poses(FollowOptions(tmp_path / name))
    assert caught.value.exit_code is ExitCode.WRONG_USAGE


def test_the_window_shows_card_and_ghost() -> None:
    motion = raise_arm(60)
    following = Following(reference_of(poses_of(motion), FollowOptions(Path("dance.npz")), print), 0.0, CAMERA)
    people = people_of(in_camera(motion)[0])
    frame = Frame(PICTURE, 0, 0.0)
    followed = following.step(frame, people, None)
    options = ViewOptions(show_hints=False)
    with_it, without = Renderer(800, 450), Renderer(800, 450)
    with_it.draw(View(frame, people, follow=followed), options, OrbitCamera())
    without.draw(View(frame, people), options, OrbitCamera())
    space, picture = with_it.panels.space, with_it.panels.picture
    assert space is not None
    assert picture is not None
    changed = (with_it.pixels() != without.pixels()).any(axis=-1)
    assert changed[space.y0 : space.y0 + 100, space.x0 : space.x0 + 100].mean() > 0.5  # the card
    assert changed[space.y0 :, (space.x0 + space.x1) // 2 :].sum() > 300  # the ghost
    changed[space.y0 : space.y1, space.x0 : space.x1] = False
    fit = Fit.inside(picture, 64, 48, mirror=False)
    for joint in fit.to_window(followed.ghost_px).round().astype(int):  # the ghost in the picture, and nothing else
        assert changed[joint[1] - 4 : joint[1] + 5, joint[0] - 4 : joint[0] + 5].any()
    changed[picture.y0 : picture.y1, picture.x0 : picture.x1] = False
    assert not changed.any()
