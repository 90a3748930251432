"""What a command writes: the poses and the annotated video of the same frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from commands.version import version
from export.poses import PoseRecorder
from pose.types import Frame, Image, People
from render.letterbox import letterboxed
from stream.recording import VideoWriter


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
    """

    def __init__(self, video: Path | None, poses: Path, source: str, fps: float | None, size: tuple[int, int]) -> None:
        self.video, self.poses = video, poses
        self._size = size
        self._rows = PoseRecorder(source, fps)
        self._writer = VideoWriter(video, *size, fps=fps) if video is not None else None
        self._open = True
        self._frames = 0

    def add(self, frame: Frame, people: People, pixels: Callable[[], Image]) -> None:
        """Keep one frame; `pixels` draws its annotated picture (H, W, 3) BGR, which is scaled to the video's size."""
        self._rows.add(frame, people)
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
