"""What a detector does to the joints of people whose joints are known: the source of the lifter's noise model.

Actors perform captured motion before random cameras in random rooms; the detector looks at every picture. Its answers
beside the truth are fitted joint by joint (`fit`): how far off lastingly, from frame to frame and grossly, how often a
joint is missed, which scores it gives, how often left and right are exchanged, and how long each of these lasts.
`lifting/training/detector_noise.json`, which training reads, was written by

    python -m benchmarks.detector_noise --motion FOLDER --detector WEIGHTS --out lifting/training/detector_noise.json
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.errors import BenchmarkError
from detection.bottom_up import BottomUpDetector
from lifting.training.mocap import Motion, for_training, read_folder
from pose.camera import Extrinsics, Intrinsics
from pose.files import written_beside
from pose.joint_sets import OPENPOSE18, flip_order
from pose.types import People
from synthetic.actor import Actor
from synthetic.finish import exposure, finished, random_finish
from synthetic.labels import FrameTruth, frame_truth
from synthetic.room import indoor
from synthetic.scene import Camera, Scene, random_lights

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

FPS = 15.0
"""Pictures a second of the performances: steps over which errors are correlated."""

_FLIP = flip_order(OPENPOSE18)
_PAIRS = {"arms": (2, 3, 4), "legs": (8, 9, 10)}
_SWAP_APART_M = 0.12
_GROSS_M = 0.20
"""An error beyond this is gross: another part, another person, the other leg."""


_ANOTHER_M, _FEWEST_JOINTS = 0.6, 3
"""A found person whose joints are further off on average, or who has fewer, is somebody else."""

_Row = tuple[Float, Float, Float, Bool, Bool]


@dataclass(frozen=True, slots=True)
class Records:
    """Answers beside the truth, sequences (S, T, 18, ...) with one person each.

    Attributes
    ----------
    error_m : array, shape (S, T, 18, 2)
        What was found minus what is true, in metres at the person's distance; NaN where nothing was found.
    true_m : array, shape (S, T, 18, 2)
        True positions in the same unit.
    score : array, shape (S, T, 18)
    visible, inside : arrays, bool, shape (S, T, 18)
    """

    error_m: Float
    true_m: Float
    score: Float
    visible: Bool
    inside: Bool


def record(detector: BottomUpDetector, motions: list[Motion], sequences: int, frames: int, seed: int) -> Records:
    """Let actors perform and the detector look."""
    rows = [
        _sequence(detector, motions, frames, np.random.default_rng([seed, number]))
        for number in track(range(sequences), "performances")
    ]
    error, true, score, visible, inside = (list(part) for part in zip(*rows, strict=True))
    return Records(np.stack(error), np.stack(true), np.stack(score), np.stack(visible), np.stack(inside))


def _sequence(detector: BottomUpDetector, motions: list[Motion], frames: int, random: np.random.Generator) -> _Row:
    """One performance: errors, truth, scores, visible and inside, over its pictures."""
    joints = _performance(motions, frames, random)
    camera = _camera(joints, random)
    centre = joints[:, 0].mean(axis=0) * [1, 0, 1] + [0, 0.9, 0]
    room = indoor(random, centre, centre - camera.position_m)
    scene = Scene(camera, random_lights(random), room, centre_m=centre, radius_m=3.0, samples=1)
    actor, finish = Actor.random(random), random_finish(random)
    first = scene.render([actor.posed(joints[0])])
    gain = exposure(first.light, (first.person >= 0).astype(np.float32), finish)
    out: list[_Row] = []
    for frame in joints:
        posed = actor.posed(frame)
        rendering = scene.render([posed])
        truth = frame_truth(camera, [posed], rendering)
        image = finished(rendering.light, gain, finish, random)
        out.append(_picture(detector.detect(image), truth, camera.intrinsics.fx))
    error, true, score, visible, inside = (list(part) for part in zip(*out, strict=True))
    return np.stack(error), np.stack(true), np.stack(score), np.stack(visible), np.stack(inside)


def _picture(found: People, truth: FrameTruth, focal_px: float) -> _Row:
    """What was found of the one person in a picture; nothing where nobody shows."""
    if not len(truth):
        nowhere, no = np.full((len(OPENPOSE18), 2), np.nan), np.zeros(len(OPENPOSE18), np.bool_)
        return nowhere, nowhere, np.zeros(len(OPENPOSE18)), no, no
    metre = focal_px / float(truth.root_m[0, 2])
    true = truth.xy_px[0].astype(np.float64)
    xy, score = _nearest(found, true, truth.inside[0], metre)
    return (xy - true) / metre, true / metre, score, truth.visible[0], truth.inside[0]


def _performance(motions: list[Motion], frames: int, random: np.random.Generator) -> Float:
    """Joints (T, 17, 3) of a stretch of captured motion at `FPS`."""
    long = [motion for motion in motions if len(motion.xyz_m) > frames * motion.fps / FPS + 2]
    motion = long[int(random.integers(len(long)))]
    step = motion.fps / FPS
    start = random.uniform(0, len(motion.xyz_m) - 1 - step * frames)
    joints = motion.xyz_m[(start + step * np.arange(frames)).astype(int)].astype(np.float64)
    joints[..., [0, 2]] -= joints[0, 0, [0, 2]]
    return np.asarray(joints)


def _camera(joints: Float, random: np.random.Generator) -> Camera:
    """An ordinary camera somewhere round the person, as in the lifter's training."""
    width, height = ((455, 256), (341, 256))[int(random.integers(2))]
    inside = Intrinsics.from_fov(width, height, random.uniform(50, 78))
    middle = joints[:, 0].mean(axis=0)
    around, distance = random.uniform(0, 2 * np.pi), random.uniform(2.0, 4.5)
    position = middle + distance * np.array([np.cos(around), 0.0, np.sin(around)])
    position[1] = random.uniform(0.4, 2.1)
    target = middle + random.normal(0, [0.25, 0.1, 0.25])
    return Camera(inside, Extrinsics.looking_at(position, target, random.normal(0, 3)))


def _nearest(found: People, true: Float, inside: Bool, metre: float) -> tuple[Float, Float]:
    """The found person nearest to the true one: positions (18, 2), NaN where missing, and scores (18,)."""
    best, best_m = -1, _ANOTHER_M
    for person in range(len(found.score)):
        both = (found.score[person] > 0) & inside
        if both.sum() >= _FEWEST_JOINTS:
            off = float(np.median(np.linalg.norm(found.xy_px[person][both] - true[both], axis=-1))) / metre
            if off < best_m:
                best, best_m = person, off
    if best < 0:
        return np.full((len(OPENPOSE18), 2), np.nan), np.zeros(len(OPENPOSE18))
    there = found.score[best] > 0
    xy = np.where(there[:, None], found.xy_px[best], np.nan).astype(np.float64)
    return xy, np.where(there, found.score[best], 0.0).astype(np.float64)


def fit(records: Records) -> dict[str, Any]:
    """The noise model of `lifting.training.noise`; lengths in metres at the person, times in seconds."""
    error, swapped = _unswapped(records)
    off = np.linalg.norm(error, axis=-1)
    found = np.isfinite(off) & records.inside
    gross, fine = found & (off > _GROSS_M), found & (off <= _GROSS_M)
    anyone = records.inside.any(axis=2) & (records.score > 0).any(axis=2)
    model: dict[str, Any] = {"pictures": int(records.score.shape[0] * records.score.shape[1]), "fps": FPS}
    model["gone"] = _spells(~anyone[..., None] & records.inside.any(axis=2)[..., None])
    model["swap"] = {name: _spells(swapped[name][..., None]) for name in _PAIRS}
    model["joints"] = {
        name: _fit_joint(joint, error, records, fine, gross, anyone) for joint, name in enumerate(OPENPOSE18)
    }
    return model


def _unswapped(records: Records) -> tuple[Float, dict[str, Bool]]:
    """Errors once exchanged sides are put right, and where (S, T) arms or legs were exchanged."""
    error, where = records.error_m.copy(), {}
    for name, joints in _PAIRS.items():
        here, there = np.array(joints), _FLIP[np.array(joints)]
        both = np.concatenate([here, there])
        found = records.true_m[:, :, both] + error[:, :, both]
        twins = records.true_m[:, :, _FLIP[both]]
        straight, crossed = np.linalg.norm(error[:, :, both], axis=-1), np.linalg.norm(found - twins, axis=-1)
        apart = np.linalg.norm(records.true_m[:, :, both] - twins, axis=-1) > _SWAP_APART_M
        votes = np.where(apart & np.isfinite(straight), np.sign(straight - crossed), 0)
        where[name] = votes.sum(axis=2) >= 2
        moved = np.where(where[name][..., None, None], found - twins, error[:, :, both])
        error[:, :, _FLIP[both]] = np.where(where[name][..., None, None], moved, error[:, :, _FLIP[both]])
    return error, where


def _fit_joint(joint: int, error: Float, records: Records, fine: Bool, gross: Bool, anyone: Bool) -> dict[str, Any]:
    """One joint's numbers."""
    inside = records.inside[:, :, joint] & anyone
    hidden = inside & ~records.visible[:, :, joint]
    shows = inside & records.visible[:, :, joint]
    missed = inside & (records.score[:, :, joint] <= 0)
    is_fine, is_gross = fine[:, :, joint], gross[:, :, joint]
    score = records.score[:, :, joint]
    centred = _without_offset(error[:, :, joint], is_fine)
    size = np.linalg.norm(centred, axis=-1)
    return {
        "hidden": _spells(hidden[..., None]),
        "missed_shown": _share(missed, shows),
        "missed_hidden": _share(missed, hidden),
        "missed": _spells(missed[..., None]),
        "gross_shown": _share(is_gross, shows & ~missed),
        "gross_hidden": _share(is_gross, hidden & ~missed),
        "gross": _spells(is_gross[..., None]),
        "gross_m": _median(np.linalg.norm(error[:, :, joint], axis=-1)[is_gross], 0.3),
        **_spread(centred, is_fine & shows),
        "hidden_factor": round(float(np.clip(_rms(size[is_fine & hidden]) / _rms(size[is_fine & shows]), 0.8, 4)), 3),
        **_scores(score, size, is_fine & shows, is_fine & hidden, is_gross),
    }


def _without_offset(error: Float, fine: Bool) -> Float:
    """Errors (S, T, 2) less their mean over everything: joints are defined differently, which is no noise."""
    return np.asarray(error - (np.median(error[fine], axis=0) if fine.any() else 0.0))


def _spread(error: Float, fine: Bool) -> dict[str, Any]:
    """Lasting and changing part of errors (S, T, 2), and how a tenth of a second keeps the latter."""
    kept = np.where(fine[..., None], error, np.nan)
    enough = fine.sum(axis=1) >= 5
    if enough.sum() < 4:
        raise BenchmarkError("too few pictures to fit errors; ask for more --sequences or --frames")
    means = np.nanmean(kept[enough], axis=1)
    rest = kept[enough] - means[:, None]
    changing = float(np.sqrt(np.nanmean(rest**2)))
    lag = rest[:, 1:] * rest[:, :-1]
    correlation = float(np.nanmean(lag) / changing**2) if np.isfinite(lag).any() else 0.5
    return {
        "lasting_m": round(float(np.sqrt((means**2).mean())), 4),
        "changing_m": round(changing, 4),
        "kept": round(float(np.clip(correlation, 0.0, 0.95)), 3),
    }


def _scores(score: Float, size: Float, shown: Bool, hidden: Bool, gross: Bool) -> dict[str, Any]:
    """Scores by what happened, and how they fall with the error."""
    every = score[shown]
    if every.size < 20:
        raise BenchmarkError("too few pictures to fit scores; ask for more --sequences or --frames")
    per_row = np.array([row[good].mean() for row, good in zip(score, shown, strict=True) if good.sum() >= 4])
    within = [row[good].std() for row, good in zip(score, shown, strict=True) if good.sum() >= 4]
    slope = np.polyfit(size[shown], every, 1)[0] if every.std() > 0 else 0.0
    return {
        "score": round(float(every.mean()), 3),
        "score_between": round(float(per_row.std()) if per_row.size else 0.15, 3),
        "score_within": round(float(np.mean(within)) if within else 0.08, 3),
        "score_fall": round(float(np.clip(-slope, 0, 6)), 3),
        "score_hidden": round(_median(score[hidden], float(every.mean()) * 0.7), 3),
        "score_gross": round(_median(score[gross], float(every.mean()) * 0.6), 3),
    }


def _spells(state: Bool) -> dict[str, float]:
    """Share of the time that a state (S, T, J) holds, and how long it lasts on average."""
    begins = state[:, 1:] & ~state[:, :-1]
    count = float(begins.sum() + state[:, 0].sum())
    lasts = float(state.sum()) / count / FPS if count else 0.0
    return {"share": round(float(state.mean()), 4), "lasts_s": round(lasts, 3)}


def _share(part: Bool, whole: Bool) -> float:
    return round(float((part & whole).sum() / max(whole.sum(), 1)), 4)


def _median(values: Float, otherwise: float) -> float:
    return round(float(np.median(values)), 3) if values.size else round(otherwise, 3)


def _rms(values: Float) -> float:
    return float(np.sqrt((values**2).mean())) if values.size else 0.03


def command(
    motion: Annotated[Path, typer.Option(help="Folder of motion files; what is held out stays out.")],
    detector: Annotated[Path, typer.Option(help="The detector's network (.xml).")],
    out: Annotated[Path, typer.Option(help="Where the model goes (.json).")],
    sequences: Annotated[int, typer.Option(help="Performances.")] = 60,
    frames: Annotated[int, typer.Option(help="Pictures a performance.")] = 20,
    seed: Annotated[int, typer.Option(help="Same seed, same pictures.")] = 1,
) -> None:
    """Measure a detector's errors on synthetic people and fit the lifter's noise model."""
    motions = [one for one in read_folder(motion) if for_training(one) and one.source in ("uiprmd", "hdm05")]
    network = BottomUpDetector(detector)
    try:
        records = record(network, motions, sequences, frames, seed)
    finally:
        network.close()
    model = {"detector": network.name, "engine": network.engine, "seed": seed, **fit(records)}
    with written_beside(out) as partial:
        partial.write_text(json.dumps(model, indent=1))
    typer.echo(f"{out}: {model['pictures']} pictures")


if __name__ == "__main__":
    typer.run(command)
