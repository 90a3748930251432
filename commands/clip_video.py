"""The annotated video of a clip that was processed in two passes: decoded again and drawn, with the clip's sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from export.poses import Poses
from pose.types import People
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.view import Status, View, ViewOptions
from stream.clip import Refined, Step
from stream.errors import StreamError
from stream.pipeline import Pipeline
from stream.recording import VideoWriter
from stream.sound import ClipSound, open_sound
from stream.source import Source


class PeopleOfFrames:
    """Everybody in each frame of a pose file, asked for in the order of the frames."""

    def __init__(self, poses: Poses) -> None:
        self._poses = poses

    def at(self, frame_index: int) -> People:
        """Everybody in a frame."""
        poses = self._poses
        rows = slice(*np.searchsorted(poses.frame_index, [frame_index, frame_index + 1]).tolist())
        if rows.start == rows.stop:
            return People.nobody()
        people = People(poses.track_id[rows], poses.xy_px[rows], poses.score[rows], poses.raw_xy_px[rows])
        return people.with_3d(poses.xyz_m[rows], poses.root_m[rows], poses.valid[rows])


def draw_clip(
    source: Source,
    clip: str,
    refined: Refined,
    path: Path,
    size: tuple[int, int],
    on_step: Step,
    notify: Callable[[str], None],
) -> None:
    """Write the annotated video of the frames that were looked at.

    Parameters
    ----------
    source : Source
        The same clip again; closed at the end.
    clip : str
        Where it is, for its sound.
    path : Path
    size : (int, int)
        Width and height of the video in pixels.
    on_step : Step
        Called once a frame with "draw"; when it raises, the video ends there, whole.
    notify : function
        Is told in one line where the sound cannot be kept.
    """
    people = PeopleOfFrames(refined.poses)
    renderer = Renderer(*size)
    up, height_m = refined.poses.up, refined.poses.camera_height_m
    sound = clip_sound(clip, notify)
    direction = (0.0, -1.0, 0.0) if up is None else (float(up[0]), float(up[1]), float(up[2]))
    with Pipeline(source, (), live=False) as pipeline, VideoWriter(path, *size, fps=source.fps, sound=sound) as writer:
        for done, item in enumerate(pipeline, start=1):
            frame = item.frame
            if frame.index > refined.last_frame:
                break
            status = Status(state="playing", position_s=frame.time_s, duration_s=source.duration_s)
            view = View(frame, people.at(frame.index), status, up=direction, camera_height_m=height_m)
            renderer.draw(view, ViewOptions(show_hints=False), OrbitCamera())
            writer.write(renderer.pixels(), frame.time_s)
            on_step("draw", done, refined.quality.frames)


def clip_sound(clip: str, notify: Callable[[str], None]) -> ClipSound | None:
    """A clip's sound; None, and a line where there is some that cannot be kept, where there is nothing to write."""
    try:
        return open_sound(Path(clip).expanduser())
    except StreamError as error:
        notify(f"the video is without sound: {error}")
        return None
