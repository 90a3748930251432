"""A long clip in pieces: where to cut it, and whether what was found in the pieces fits together.

What a detector finds in a frame depends on that frame (MediaPipe's on a few before it, too), so only this is done in
pieces. Numbers of people, smoothing and 3D come from one pass over everything that was found: they are the same as
without pieces, at any length, and nobody has to be recognised at the seams. The pieces overlap all the same: there the
later one must have found the same frames and the same people as the earlier one, or the clip is done in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detection.offline.detections import Detections, joined
from stream.clip import Looked
from stream.errors import StreamError

OVERLAP_S = 1.0
"""How long before its own part a piece begins; MediaPipe has found its person again after a few frames."""
TICK_S = 1e-6
_CHECKED_S = 0.5
"""The end of the overlap, in which the people are compared."""
_LEAST_ALIKE = 0.9
"""Share of the people in the overlap that both pieces must have found."""
_NEAR = 0.01
"""Mean distance of a skeleton's joints in two pieces, as a share of the picture's diagonal, that is still the same."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a clip, in seconds: looked at from `begin_s` on, its own from `own_s` on, and before `end_s`.

    None stands for the beginning and the end of the clip.
    """

    begin_s: float | None
    own_s: float | None
    end_s: float | None


def cut(begin_s: float, duration_s: float, piece_s: float) -> list[Piece]:
    """Cut a clip into pieces of equal length, at most `piece_s` long.

    >>> cut(10.0, 25.0, 15.0)
    [Piece(begin_s=None, own_s=None, end_s=22.5), Piece(begin_s=21.5, own_s=22.5, end_s=None)]
    """
    count = max(1, int(np.ceil(duration_s / piece_s)))
    seams = [begin_s + duration_s * number / count for number in range(1, count)]
    starts, ends = [None, *seams], [*seams, None]
    return [
        Piece(None if own is None else max(begin_s, own - OVERLAP_S), own, end)
        for own, end in zip(starts, ends, strict=True)
    ]


def tied(pieces: Sequence[Piece], found: Sequence[Looked]) -> Looked:
    """One clip out of what was found in its pieces, in their order.

    Frames are numbered on from the first piece: a file that does not tell numbers exactly after a jump is common.

    Raises
    ------
    StreamError
        Where two pieces do not have the same frames, or not the same people, where they overlap.
    """
    whole = [found[0].detections]
    for piece, looked in zip(pieces[1:], found[1:], strict=True):
        if piece.own_s is None:
            raise ValueError("only the first piece begins where the clip does")
        whole.append(_fitted(whole[-1], looked.detections, piece.own_s))
    return replace(found[0], detections=joined(whole), damaged=sum(one.damaged for one in found))


def _fitted(before: Detections, piece: Detections, own_s: float) -> Detections:
    """A piece, numbered as the one before it, whose last frames it begins with."""
    if (before.width, before.height) != (piece.width, piece.height):
        raise StreamError("its pictures change their size")
    common = int(np.searchsorted(piece.time_s, own_s - TICK_S))
    shared = before.frames - common
    if common == 0 or shared < 0:
        raise StreamError(f"its pieces share no frames before {own_s:.2f} s")
    if not np.allclose(before.time_s[shared:], piece.time_s[:common], rtol=0, atol=TICK_S):
        raise StreamError(f"its pieces have different frames before {own_s:.2f} s")
    shift = np.unique(before.frame_index[shared:] - piece.frame_index[:common])
    if len(shift) > 1:
        raise StreamError(f"its pieces count frames differently before {own_s:.2f} s")
    checked = [place for place in range(common) if piece.time_s[place] >= own_s - _CHECKED_S] or [common - 1]
    alike = [_alike(before, shared + place, piece, place) for place in checked]
    people = sum(count for _, count in alike)
    if people and sum(same for same, _ in alike) < _LEAST_ALIKE * people:
        raise StreamError(f"its pieces show different people before {own_s:.2f} s")
    return replace(piece, frame_index=(piece.frame_index + shift[0]).astype(np.int32))


def _alike(first: Detections, at: int, second: Detections, other: int) -> tuple[int, int]:
    """How many people of a frame are in both, and how many there are in the one that has more."""
    xy, score = _people(first, at)
    other_xy, other_score = _people(second, other)
    most = max(len(xy), len(other_xy))
    if not len(xy) or not len(other_xy):
        return 0, most
    both = (score[:, None] > 0) & (other_score[None] > 0)  # (K, L, 18)
    apart_px = np.linalg.norm(xy[:, None] - other_xy[None], axis=-1)
    far_px = float(np.hypot(first.width, first.height))
    mean_px = np.where(both.any(-1), (apart_px * both).sum(-1) / np.maximum(both.sum(-1), 1), far_px)
    rows, columns = linear_sum_assignment(mean_px)
    return int((mean_px[rows, columns] <= _NEAR * far_px).sum()), most


def _people(found: Detections, place: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rows = slice(int(found.first_row[place]), int(found.first_row[place + 1]))
    return found.xy_px[rows], found.score[rows]
