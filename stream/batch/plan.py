"""How a clip is taken apart into tasks: in one piece, or, where it is long, looked at in pieces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stream.batch.executor import Failed
from stream.batch.listing import Clip
from stream.batch.pieces import cut, tied
from stream.batch.run import Planner, Steps
from stream.batch.tasks import LookTask, MeasureTask, Outcome, ProcessTask
from stream.errors import StreamError


def planner(piece_s: float | None = None) -> Planner:
    """Every clip in one piece; with `piece_s`, those that last longer in pieces of at most that many seconds."""
    if piece_s is None:
        return _whole
    return lambda clip, folder, notice: _in_pieces(clip, folder, notice, piece_s)


def _whole(clip: Clip, folder: Path, notice: Callable[[str], None]) -> Steps:
    (value,) = yield [ProcessTask(clip.path, folder)]
    return value  # type: ignore[no-any-return]


def _in_pieces(clip: Clip, folder: Path, notice: Callable[[str], None], piece_s: float) -> Steps:
    """Find everybody in pieces, then do the rest on what was found.

    Where a piece fails, the clip is done in one: what is wrong with it is then told as ever, and what can be read of it
    is kept.
    """
    (extent,) = yield [MeasureTask(clip.path)]
    if isinstance(extent, Failed):
        return extent
    if clip.path.is_dir() or extent.duration_s is None or extent.duration_s <= piece_s:
        return (yield from _whole(clip, folder, notice))
    pieces = cut(extent.begin_s, extent.duration_s, piece_s)
    found = yield [LookTask(clip.path, one.begin_s, one.end_s, extent.first_index) for one in pieces]
    failed = next((one.reason for one in found if isinstance(one, Failed)), None)
    try:
        if failed is not None:
            raise StreamError(failed)
        looked = tied(pieces, found)
    except StreamError as error:
        notice(f"{clip.name} is done in one piece: {error}")
        return (yield from _whole(clip, folder, notice))
    (value,) = yield [ProcessTask(clip.path, folder, looked)]
    outcome: Outcome | Failed = value
    return outcome
