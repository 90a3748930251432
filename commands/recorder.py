"""What a command writes: the poses and the annotated video of the same frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from commands.version import version
from export.poses import PoseRecorder
from pose.types import Frame, GroundPlane, Image, People
from render.letterbox import letterboxed
from stream.recording import VideoWriter
from stream.sound import ClipSound


class Recorder:
    """Writes `poses` and `video`; both appear when it closes, whole, or not at all where no frame was added.

    Parameters
    ----------
    video : Path or None
        None writes no video.
    poses : Path
    source : str
        Name of the source, without its folder.
    fps : float or None
        Mean rate of the source.
    size : (int, int)
        Width and height of the video in pixels.
    sound : ClipSound, optional
        What the video sounds like.
    """

    def __init__(
        self,
        video: Path | None,
        poses: Path,
        source: str,
        fps: float | None,
        size: tuple[int, int],
        sound: ClipSound | None = None,
    ) -> None:
        self.video, self.poses = video, poses
        self._size = size
        self._rows = PoseRecorder(source, fps)
        self._writer = VideoWriter(video, *size, fps=fps, sound=sound) if video is not None else None
        self._open = True
        self._frames = 0

    def add(self, frame: Frame, people: People, pixels: Callable[[], Image], floor: GroundPlane | None = None) -> None:
        """Keep one frame; `pixels` draws its annotated picture (H, W, 3) BGR, which is scaled to the video's size.

        The floor of the last frame is kept, which knows most.
        """
        self._rows.add(frame, people)
        self._rows.floor = floor or self._rows.floor
        self._frames += 1
        if self._writer is not None:
            self._writer.write(letterboxed(pixels(), self._size), frame.time_s)

    def close(self) -> None:
        """Finish both files; may be called twice."""
        if not self._open:
            return
        self._open = False
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            if self._frames:
                self._rows.save(self.poses, version())

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()
