"""Steady ids: who in this frame is whom of the frames before.

Every track predicts its skeleton by the trunk's motion; detections are given to tracks by the least total cost of
motion and skeleton similarity (Hungarian method), first among the people seen just now, then among those lost for a
while: a person in plain sight keeps his skeleton while another comes out from behind him.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detection.body_size import torso_px
from detection.motion import Predicted, duplicates, fit, fragments, new_velocity, predict, trunk_shift
from detection.side_guard import SideGuard
from detection.smoothing import DEFAULT_STRENGTH, JointSmoother
from pose.types import UNTRACKED, People

Float = NDArray[np.float64]
Index = NDArray[np.intp]

MEMORY_S = 2.0
"""A person out of sight for longer is forgotten; who comes later is somebody new."""

MEMORY_ALONE_S = 5.0
"""Where nobody else is in sight, he is remembered for as long as he was seen before, up to this: who comes out of a
pose in which no detector finds him is most likely he."""

JUMP_S = 5.0
"""A longer step between two frames, or one backwards, is a new scene: everybody is forgotten."""

_FRESH_S = 0.3
_LEAST_FIT_FRESH, _LEAST_FIT_LOST = 0.3, 0.4
_TENTATIVE_S = 0.25
_HITS = 2  # frames in which somebody new has to be seen before he counts
_EVIDENCE, _CHANCE = 8.0, 1.0  # and the sum of his joints' scores over these frames, less what chance gives in each
_STRONG_SCORE = 4.0  # sum of scores of somebody who is believed at once where nobody else is
_SIZE_MEMORY_S = 1.0


@dataclass(slots=True)
class _Tracks:
    """T tracks as arrays, so that fifty cost hardly more than one.

    Attributes
    ----------
    track_id : array, int32, shape (T,)
        `UNTRACKED` until the track is confirmed.
    xy_px : array, shape (T, 18, 2)
        Joints as of `last_s`; one that is out of sight is carried along with the trunk.
    seen_s : array, shape (T, 18)
        When each joint was last seen, -inf for never.
    velocity_px_s : array, shape (T, 2)
        Of the trunk.
    torso_px : array, shape (T,)
        Size.
    first_s, last_s : arrays, shape (T,)
        When the person was first and last seen.
    hits : array, int32, shape (T,)
        Frames in which the person was seen.
    evidence : array, shape (T,)
        Sum of the joints' scores over these frames, less `_CHANCE` in each.
    """

    track_id: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    xy_px: Float = field(default_factory=lambda: np.zeros((0, 18, 2)))
    seen_s: Float = field(default_factory=lambda: np.zeros((0, 18)))
    velocity_px_s: Float = field(default_factory=lambda: np.zeros((0, 2)))
    torso_px: Float = field(default_factory=lambda: np.zeros(0))
    first_s: Float = field(default_factory=lambda: np.zeros(0))
    last_s: Float = field(default_factory=lambda: np.zeros(0))
    hits: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    evidence: Float = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.track_id)

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Drop all others."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[which])

    def extend(self, other: _Tracks) -> None:
        """Append the tracks of another table."""
        for name in self.__slots__:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(other, name)]))

    def predicted(self, time_s: float) -> Predicted:
        """Everybody as expected at a time."""
        return predict(
            self.xy_px,
            seen_s=self.seen_s,
            velocity_px_s=self.velocity_px_s,
            torso_px=self.torso_px,
            last_s=self.last_s,
            time_s=time_s,
        )


class Tracker:
    """Numbers and smooths the people of one source, frame by frame; not shared between threads.

    Parameters
    ----------
    smoothing : float
        Strength of the jitter filter, 0 (off) to 1.
    guard_sides : bool
        Whether limbs that the detector takes for each other for some frames are named as before.

    Examples
    --------
    >>> xy = np.random.default_rng(0).uniform(0, 100, (1, 18, 2)).astype(np.float32)
    >>> people = People.detected(xy, np.ones((1, 18), np.float32))
    >>> tracker = Tracker()
    >>> tracker.update(people, 0.0).track_id, tracker.update(people, 0.04).track_id
    (array([1], dtype=int32), array([1], dtype=int32))
    """

    def __init__(self, smoothing: float = DEFAULT_STRENGTH, *, guard_sides: bool = True) -> None:
        self._smoother = JointSmoother(smoothing)
        self._sides = SideGuard() if guard_sides else None
        self._next_id = 1
        self.reset()

    def reset(self) -> None:
        """Forget everybody; ids go on counting, so that no number is ever given twice."""
        self._tracks = _Tracks()
        self._time_s = -np.inf
        self._smoother.reset()
        if self._sides is not None:
            self._sides.reset()

    def update(self, people: People, time_s: float) -> People:
        """The people of the next frame with ids and smoothed joints, by rising id.

        People who are out of sight are remembered but not given; nor is a second skeleton on the same person. Somebody
        new is given from his second frame on, at once where nobody is known yet, and a little later where the detection
        is weak.

        Parameters
        ----------
        people : People
            As a detector gives them.
        time_s : float
            Time of the frame; going backwards or far forwards begins a new scene.

        Raises
        ------
        ValueError
            Of a time, or a place of a joint that is not missing, that is not finite.
        """
        if not np.isfinite(time_s):
            raise ValueError(f"the time of a frame is a finite number of seconds, not {time_s}")
        if not 0 <= time_s - self._time_s <= JUMP_S:
            self.reset()
        previous_s, self._time_s = self._time_s, time_s
        self._forget(time_s, previous_s)
        people = _some(people, (people.score > 0).any(axis=1))
        if not len(people):
            return people
        score = people.score.astype(np.float64)
        xy = np.where(score[..., None] > 0, people.xy_px, 0.0)  # what a missing joint holds is not to be read
        if not np.isfinite(xy).all():
            raise ValueError("a joint with a score above 0 has no finite place")
        size = torso_px(xy, score)
        alone = ~duplicates(xy, score, size)
        people, xy, score, size = _some(people, alone), xy[alone], score[alone], size[alone]

        # what is probably a piece of somebody else speaks against there being one person more
        total = score.sum(axis=1)
        evidence = np.where(fragments(xy, score, size), -total, total - _CHANCE)

        rows, found = self._assign(xy, score, size, time_s, previous_s)
        self._move(rows, xy[found], score[found], size[found], time_s)
        self._tracks.evidence[rows] = np.maximum(self._tracks.evidence[rows] + evidence[found], 0.0)
        new = np.setdiff1d(np.arange(len(people)), found)
        first_new = len(self._tracks)
        self._begin(xy[new], score[new], size[new], time_s, evidence[new])
        rows = np.concatenate([rows, np.arange(first_new, len(self._tracks))])
        found = np.concatenate([found, new])
        self._confirm(rows, xy[found], score[found], evidence[found])
        return self._output(people, rows, found, time_s)

    def _forget(self, time_s: float, previous_s: float) -> None:
        """End tracks that are out of sight for too long, a tentative one very soon; at low rates one frame is given."""
        tracks = self._tracks
        age_s = time_s - tracks.last_s
        others = np.any((tracks.last_s == previous_s) & (tracks.track_id != UNTRACKED))
        memory_s = np.clip(tracks.last_s - tracks.first_s, MEMORY_S, MEMORY_S if others else MEMORY_ALONE_S)
        patience_s = np.where(tracks.track_id == UNTRACKED, _TENTATIVE_S, memory_s)
        tracks.keep((age_s <= patience_s) | (tracks.last_s == previous_s))

    def _assign(self, xy: Float, score: Float, size: Float, time_s: float, previous_s: float) -> tuple[Index, Index]:
        """Pairs of a track's row and a detection's index."""
        tracks = self._tracks
        fits = fit(tracks.predicted(time_s), xy, score, size)
        confirmed = tracks.track_id != UNTRACKED
        fresh = (time_s - tracks.last_s <= _FRESH_S) | (tracks.last_s == previous_s)
        rounds = (
            (fresh & confirmed, 1 - fits.similarity, 1 - _LEAST_FIT_FRESH),
            (~fresh & confirmed, 1 - fits.similarity, 1 - _LEAST_FIT_LOST),
            # Who is left over and moved as nobody could foresee: dropped to the floor, got up behind a chair.
            (confirmed, fits.leap, 1.0),
            (~confirmed, 1 - fits.similarity, 1 - _LEAST_FIT_FRESH),
        )
        partner = np.full(len(tracks), -1, np.intp)
        for group, costs, worst in rounds:
            rows = np.flatnonzero(group & (partner < 0))
            found = np.setdiff1d(np.arange(len(xy)), partner)
            chosen, taken = _cheapest_pairs(costs[np.ix_(rows, found)], worst)
            partner[rows[chosen]] = found[taken]
        matched = np.flatnonzero(partner >= 0)
        return matched, partner[matched]

    def _move(self, rows: Index, xy: Float, score: Float, size: Float, time_s: float) -> None:
        """Carry the matched tracks to what was found."""
        tracks, seen = self._tracks, score > 0
        before = tracks.predicted(time_s)
        dt_s = np.maximum(time_s - tracks.last_s[rows], 1e-3)
        both = seen & before.known[rows]
        shift = trunk_shift(xy - tracks.xy_px[rows], both)
        grown = np.where(np.isnan(size), tracks.torso_px[rows], size)
        weight = -np.expm1(-dt_s / _SIZE_MEMORY_S)
        tracks.torso_px[rows] += weight * (grown - tracks.torso_px[rows])
        tracks.velocity_px_s[rows] = new_velocity(tracks.velocity_px_s[rows], shift, dt_s, tracks.torso_px[rows])
        carried = tracks.xy_px[rows] + shift[:, None]
        tracks.xy_px[rows] = np.where(seen[..., None], xy, carried)
        tracks.seen_s[rows] = np.where(seen, time_s, tracks.seen_s[rows])
        tracks.last_s[rows] = time_s
        tracks.hits[rows] += 1

    def _begin(self, xy: Float, score: Float, size: Float, time_s: float, evidence: Float) -> None:
        """A tentative track for everybody who is nobody known."""
        count, seen = len(xy), score > 0
        # One joint alone has no size; a few pixels let it be followed until more is seen.
        self._tracks.extend(
            _Tracks(
                np.full(count, UNTRACKED, np.int32),
                xy.copy(),
                np.where(seen, time_s, -np.inf),
                np.zeros((count, 2)),
                np.where(np.isnan(size), 20.0, size),
                np.full(count, time_s),
                np.full(count, time_s),
                np.ones(count, np.int32),
                evidence,
            )
        )

    def _confirm(self, rows: Index, xy: Float, score: Float, evidence: Float) -> None:
        """Give numbers to who was seen often and well enough; the best first."""
        tracks = self._tracks
        first_people = not np.any(tracks.track_id != UNTRACKED)
        strong = first_people & (evidence + _CHANCE >= _STRONG_SCORE)
        enough = (tracks.hits[rows] >= _HITS) & (tracks.evidence[rows] >= _EVIDENCE)
        ready = (tracks.track_id[rows] == UNTRACKED) & (strong | enough)
        # Equally good people are numbered from the left, not in the order of a detector's list.
        order = np.lexsort((xy[ready][..., 0].max(axis=1), -score[ready].sum(axis=1)))
        tracks.track_id[rows[ready][order]] = np.arange(self._next_id, self._next_id + len(order), dtype=np.int32)
        self._next_id += len(order)

    def _output(self, people: People, rows: Index, found: Index, time_s: float) -> People:
        ids = self._tracks.track_id[rows]
        shown = np.flatnonzero(ids != UNTRACKED)
        shown = shown[np.argsort(ids[shown])]
        people, size = _some(people, found[shown]), self._tracks.torso_px[rows[shown]]
        if self._sides is not None:
            people = People.detected(*self._sides.update(ids[shown], people.xy_px, people.score, size, time_s))
        smooth = self._smoother.update(ids[shown], people.xy_px, people.score, size, time_s)
        return people.with_tracks(ids[shown], smooth, people.score, people.xy_px)


def _cheapest_pairs(costs: Float, worst: float) -> tuple[Index, Index]:
    """Rows and columns of the assignment of least total cost, without pairs that cost more than `worst`.

    A pair that does not fit costs as much as the worst that does: one good pair and a miss beat two bad pairs.
    """
    chosen, taken = linear_sum_assignment(np.minimum(costs, worst))
    good = costs[chosen, taken] < worst
    return chosen[good], taken[good]


def _some(people: People, which: NDArray[np.bool_] | Index) -> People:
    """Some of the people of a frame that is not lifted yet."""
    return People.detected(people.xy_px[which], people.score[which])
