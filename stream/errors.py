"""The errors of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class StreamError(LiftCamError):
    """A source cannot be read, or a file cannot be written."""


class StageFailed(RuntimeError):  # noqa: N818 - it says what happened
    """A stage of the pipeline raised something that is no user's matter; the cause is chained.

    Parameters
    ----------
    stage : str
        Which stage.
    frame_index : int or None
        The frame on which it failed; None where it was not working on one.
    error : Exception
        What it raised.
    """

    def __init__(self, stage: str, frame_index: int | None, error: Exception) -> None:
        where = "" if frame_index is None else f" on frame {frame_index}"
        super().__init__(f"the stage '{stage}' failed{where}: {type(error).__name__}: {error}")
        self.stage = stage
        self.frame_index = frame_index
