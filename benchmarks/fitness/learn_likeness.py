"""Teach `fitness.likeness` from motion capture: python -m benchmarks.fitness.learn_likeness --mocap DIR --out FILE.

Held-out subjects and performers are left out (`lifting.training.mocap.held_out`). Each set of repetitions is watched by
many virtual cameras, with the detector's errors and without; every time that the hips go down and come up becomes one
example. The same seed gives the same file on the same libraries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.errors import BenchmarkError
from benchmarks.fitness.sets import (
    CLOCK_HZ,
    NOISE,
    STANDING_S,
    Episode,
    MocapSet,
    Rows,
    Watched,
    read_episodes,
    sets_of,
    watch,
)
from fitness.counter import SMOOTHED_SHARE, progress_of
from fitness.cycle import Cycle, Excursion
from fitness.exercises import exercise_named
from fitness.likeness import NAMES, Network, describe
from fitness.own import Standing
from fitness.signals import Joints, Moments
from fitness.smoother import Smoother
from lifting.training import mocap, views
from synthetic.actor import random_build
from synthetic.body import body_model
from synthetic.motion import Hold, Routine, Squats, Stance
from synthetic.skeleton import Proportions, joints_by_feet

Float = NDArray[np.float64]

ACTOR, ACTORS = "actor", 8
"""The synthetic actor squats too, in so many bodies: further forwards over the feet than anybody who was captured."""

SQUATS = {"m01", "squat1Reps", "Squat", ACTOR}
"""Names of squats in UI-PRMD, HDM05, CMU and of the actor."""

CAMERAS = views.ViewOptions(height_m=(0.4, 2.0), distance_m=(2.0, 5.5), close_chance=0.0, aim_m=(0.15, 0.1))
"""A little wider than what is measured."""

HIDDEN, SHRINK, STEPS, CUT = 16, 1e-3, 120, 0.5
"""Hidden numbers, weight of their squares in what is minimised, steps of it, and percentiles that inputs are kept
between."""

NETWORKS = 4
"""So many are learnt from other first weights; their mean, which is one network again, errs less than each."""

EXACT = 4
"""One camera of so many finds every joint where it is."""

DEPTHS, TEMPOS = (0.55, 1.0), (0.65, 1.6)
"""Squats are cut off at a part of their depth, so that no depth makes a squat, and everything is played at a tempo."""

TURN_S = 0.3
"""How long a squat that is cut off takes from going down to coming up."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Movements in which the hips went down and came up.

    Attributes
    ----------
    inputs : array, shape (N, F)
    squat : array, bool, shape (N,)
    group : array of str, shape (N,)
        Source and movement: all groups of squats weigh alike, and so do all others.
    subject : array of str, shape (N,)
    """

    inputs: Float
    squat: NDArray[np.bool_]
    group: NDArray[np.str_]
    subject: NDArray[np.str_]


def excursions(rows: Rows) -> list[Excursion]:
    """Whenever the hips of one person went down far enough for a squat, and came up."""
    exercise = exercise_named("squat")
    rule = exercise.counts[0]
    names = tuple(travel.signal for travel in rule.travels)
    moments, standing = Moments.of(Joints.of(rows.xy_px, rows.score), names), Standing(names)
    smoother, cycle, out = Smoother(SMOOTHED_SHARE * exercise.shortest_s), Cycle(exercise.shortest_s), []
    for index, time_s in enumerate(rows.time_s.tolist()):
        values = {name: moments.values[name][index] for name in names}
        standing.put(values, moments, index, time_s)
        smooth = smoother.step([float(values[name][0]) for name in names], time_s)
        progress = progress_of(rule, {name: np.array([value]) for name, value in zip(names, smooth, strict=True)})
        excursion = cycle.step(float(progress[0]), time_s)
        if excursion is not None and excursion.whole:
            cycle.accept(excursion)
            out.append(excursion)
    return out


def sets(folder: Path, random: np.random.Generator) -> list[MocapSet]:
    """Sets of everybody who is not held out, the squats once more cut off; takes of CMU and ACCAD as they are."""
    episodes = [one for one in read_episodes(folder) if not one.held_out]
    for motion in mocap.read(folder / "hdm05.npz"):
        if not mocap.held_out(motion):
            who, name = motion.name.split("_")[:2]
            episodes.append(Episode(who, name, True, at_clock(motion.xyz_m, motion.fps), False))
    out = sets_of(episodes, lambda episode: True)
    squats = [one for one in episodes if one.movement in SQUATS]
    out += sets_of([_cut_off(one, float(random.uniform(*DEPTHS))) for one in squats], lambda episode: True)
    for source in ("accad_male1", "cmu_8actions"):
        for motion in mocap.read(folder / f"{source}.npz"):
            out.append(_take(source, motion.name, at_clock(motion.xyz_m, motion.fps)))
    return out + _segments(folder / "cmu_exercises.npz") + [actor_squats(random) for _ in range(ACTORS)]


def actor_squats(random: np.random.Generator) -> MocapSet:
    """Five squats of the synthetic actor; body, feet, tempo and depth by chance."""
    body = Proportions(body_model().shaped(random_build(random)))
    stance = Stance(0.0, 0.0, 0.0, float(random.uniform(0.15, 0.45)), float(random.uniform(5, 30)))
    squats = Squats(stance, 5, float(random.uniform(1.3, 3.0)), float(random.uniform(0.25, 0.5)))
    routine = Routine((Hold(stance, STANDING_S), squats, Hold(stance, 1.0)), int(random.integers(1000)))
    postures = [routine.posture(body, time_s) for time_s in np.arange(0, routine.duration_s, 1 / CLOCK_HZ)]
    xyz = [joints_by_feet(body, one.pelvis_m, one.upper, one.feet) for one in postures]
    return _take(ACTOR, ACTOR, np.stack(xyz))


def _cut_off(episode: Episode, share: float) -> Episode:
    """A squat that turns back at a part of its depth: the postures of going down, then those of coming up."""
    xyz = episode.xyz_m
    down = xyz[0, 0, 1] - xyz[:, 0, 1]
    low = int(np.argmax(down))
    first = int(np.argmax(down >= share * down[low]))
    last = len(down) - 1 - int(np.argmax(down[::-1] >= share * down[low]))
    if not 0 < first <= low <= last < len(down) - 1:
        return episode
    part = np.linspace(0, 1, round(TURN_S * CLOCK_HZ))[:, None, None]
    turn = (1 - part) * xyz[first] + part * xyz[last]
    return replace(episode, xyz_m=np.concatenate([xyz[:first], turn, xyz[last + 1 :]]))


def _segments(path: Path) -> list[MocapSet]:
    """The exercises that people have marked in CMU's takes."""
    with np.load(path, allow_pickle=False) as file:
        marked = list(zip(file["segments"].tolist(), [str(label) for label in file["segment_labels"]], strict=True))
    takes, out = mocap.read(path), []
    for (take, first, end), label in marked:
        motion = takes[take]
        if not mocap.held_out(motion):
            out.append(_take(f"cmu_{motion.name[:2]}", label, at_clock(motion.xyz_m[first:end], motion.fps)))
    return out


def _take(subject: str, movement: str, xyz_m: Float) -> MocapSet:
    return MocapSet(subject, movement, xyz_m, np.zeros((0, 2)), np.zeros(0, np.bool_))


def at_clock(xyz_m: NDArray[np.floating[Any]], fps: float) -> Float:
    """Motion (T, 17, 3) at the benchmark's rate."""
    at = np.arange(0, len(xyz_m) - 1, fps / CLOCK_HZ)
    low = np.floor(at).astype(np.intp)
    part = (at - low)[:, None, None]
    return np.asarray((1 - part) * xyz_m[low] + part * xyz_m[low + 1])


def examples(motions: list[MocapSet], cameras: int, random: np.random.Generator) -> Examples:
    """What `cameras` virtual cameras see of each set of squats, and half as many of everything else."""
    inputs: list[Float] = []
    squat: list[bool] = []
    group: list[str] = []
    subject: list[str] = []
    for one in motions:
        for camera in range(cameras if one.movement in SQUATS else max(cameras // 2, 1)):
            tempo = float(random.uniform(*TEMPOS)) if camera % 2 else 1.0
            try:
                rows = watch(
                    at_clock(one.xyz_m, tempo * CLOCK_HZ),
                    Watched(CAMERAS, None if camera % EXACT == 2 else NOISE, lift=False),
                    random,
                )
            except BenchmarkError:  # somebody who roams about is in no picture all the time
                continue
            joints = Joints.of(rows.xy_px, rows.score).xy_px
            for excursion in excursions(rows):
                if len(one.ends_s) and not _within(one.ends_s, excursion.peak_s * tempo):
                    continue
                inputs.append(describe(rows.time_s, joints, excursion))
                squat.append(one.movement in SQUATS)
                group.append(one.movement if len(one.ends_s) else one.subject + str(one.movement in SQUATS))
                subject.append(one.subject)
    return Examples(np.array(inputs), np.array(squat), np.array(group), np.array(subject))


def _within(ends_s: Float, time_s: float) -> bool:
    return bool(((ends_s[:, 0] <= time_s) & (time_s <= ends_s[:, 1])).any())


def learn(data: Examples, random: np.random.Generator) -> Network:
    """The mean of several networks: their hidden numbers side by side."""
    found = [learn_one(data, random) for _ in range(NETWORKS)]
    return replace(
        found[0],
        inner=np.concatenate([one.inner for one in found]),
        inner_bias=np.concatenate([one.inner_bias for one in found]),
        outer=np.concatenate([one.outer for one in found]) / NETWORKS,
        bias=sum(one.bias for one in found) / NETWORKS,
    )


def learn_one(data: Examples, random: np.random.Generator) -> Network:
    """The network that makes the likeliest of the examples, with small weights."""
    low, high = np.nanpercentile(data.inputs, [CUT, 100 - CUT], axis=0)
    kept = np.clip(data.inputs, low, high)
    mean, spread = np.nanmean(kept, axis=0), np.maximum(np.nanstd(kept, axis=0), 1e-3)
    count = data.inputs.shape[1]
    empty = Network(low, high, mean, spread, np.zeros((HIDDEN, count)), np.zeros(HIDDEN), np.zeros(HIDDEN), 0.0)
    inputs, target, weight = empty.scaled(data.inputs), data.squat.astype(np.float64), weights(data)

    def parts(flat: Float) -> tuple[Float, Float, Float, float]:
        inner, rest = flat[: HIDDEN * count].reshape(HIDDEN, count), flat[HIDDEN * count :]
        return inner, rest[:HIDDEN], rest[HIDDEN:-1], float(rest[-1])

    def loss(flat: Float) -> tuple[float, Float]:
        inner, inner_bias, outer, bias = parts(flat)
        hidden = np.tanh(inputs @ inner.T + inner_bias)
        odds = hidden @ outer + bias
        value = float(weight @ (np.logaddexp(0, odds) - target * odds))
        error = weight * (1 / (1 + np.exp(-odds)) - target)
        back = (error[:, None] * outer) * (1 - hidden**2)
        gradient = np.concatenate([(back.T @ inputs).ravel(), back.sum(axis=0), hidden.T @ error, [error.sum()]])
        shrink = np.concatenate([inner.ravel(), np.zeros(HIDDEN), outer, [0.0]])
        return value + SHRINK * float(shrink @ shrink) / 2, gradient + SHRINK * shrink

    start = random.normal(0, 0.1, HIDDEN * count + 2 * HIDDEN + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    inner, inner_bias, outer, bias = parts(found.x)
    return Network(low, high, mean, spread, inner, inner_bias, outer, bias)


def weights(data: Examples) -> Float:
    """What each example weighs: squats and others half each, and in both every group the root of its size."""
    out = np.zeros(len(data.squat))
    for squat in (True, False):
        _, which, counts = np.unique(data.group[data.squat == squat], return_inverse=True, return_counts=True)
        each = np.sqrt(counts)[which] / counts[which]
        out[data.squat == squat] = each / each.sum() / 2
    return out


def main(
    mocap_folder: Annotated[Path, typer.Option("--mocap", help="Folder with uiprmd.npz, hdm05.npz and the others.")],
    out: Annotated[Path, typer.Option(help="Where the network goes.")],
    cameras: Annotated[int, typer.Option(help="Virtual cameras a set of squats; half as many of others.")] = 16,
    seed: Annotated[int, typer.Option(help="Of cameras, errors and the first weights.")] = 5,
) -> None:
    """Learn, and say how well subjects are told apart whom the network has not seen."""
    random = np.random.default_rng(seed)
    data = examples(sets(mocap_folder, random), cameras, random)
    for subject in np.unique(data.subject[np.char.startswith(data.subject, "s0")]):
        mine = data.subject == subject
        others = Examples(data.inputs[~mine], data.squat[~mine], data.group[~mine], data.subject[~mine])
        odds = learn(others, random).odds(data.inputs[mine])
        right = [float(np.mean((odds > 0)[data.squat[mine] == squat] == squat)) for squat in (True, False)]
        typer.echo(f"{subject} unseen: {right[0]:.3f} of squats and {right[1]:.3f} of others right")
    network = learn(data, random)
    said = {name: np.round(getattr(network, name), 4).tolist() for name in Network.__slots__}
    out.write_text(json.dumps({"inputs": list(NAMES), "examples": len(data.squat), **said}) + "\n", encoding="utf-8")
    typer.echo(f"{len(data.squat)} movements, {int(data.squat.sum())} of them squats, into {out}")


if __name__ == "__main__":
    typer.run(main)
