"""Does it help to see somebody from several sides whose 3D is not known? An experiment with a subject left out.

A network is trained without any 3D of one collection (ACCAD's is one man, who walks, crouches, crawls and lies down).
From there it goes on twice for as many steps: with the labelled rest alone, and with the left-out subject's 2D from
three virtual cameras besides (`multiview`). All three are scored on the left-out subject.

`python -m lifting.training.view_experiment --data FOLDER --run runs/views --steps 400 --more 150`
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from lifting.tcn import NetworkOptions, TemporalNet
from lifting.training.batches import Windows, facing, make
from lifting.training.body import with_face
from lifting.training.evaluate import CONDITIONS
from lifting.training.mocap import Motion, for_training, read_folder
from lifting.training.multiview import SynchronisedViews
from lifting.training.noise import NoiseOptions, detect
from lifting.training.options import TrainOptions
from lifting.training.scoring import Scores, ours, score
from lifting.training.train import train
from lifting.training.views import ViewOptions, draw
from pose.files import written_beside

LEFT_OUT = "accad_male1"
_VIEWS = 3
_HALF_PX = 640
"""Half the longer side of the virtual pictures."""


def look_at(motions: list[Motion], seed: int, noise: NoiseOptions) -> SynchronisedViews:
    """Motions as cameras all round see them through a detector: no 3D is kept."""
    random = np.random.default_rng([seed, 77])
    xy, scores, rotations, matrices, starts = [], [], [], [], [0]
    options = ViewOptions(close_chance=0, unknown_chance=0)
    for motion in motions:
        world = np.tile(motion.xyz_m[None].astype(np.float64), (_VIEWS, 1, 1, 1))
        cameras = draw(world, options, random)
        face = np.tile(with_face(world[:1], random), (_VIEWS, 1, 1, 1))
        at, inside = cameras.picture(cameras.to_camera(face))
        metre = cameras.focal[:, None] / np.maximum(cameras.to_camera(world)[:, :, 0, 2], 0.2)
        found, found_score = detect(at, inside, metre, facing(cameras.to_camera(world)), noise, random)
        xy.append(found * _HALF_PX + _HALF_PX - 0.5)
        scores.append(found_score)
        rotations.append(cameras.rotation)
        matrix = np.tile(np.eye(3), (_VIEWS, 1, 1))
        matrix[:, [0, 1], [0, 1]] = cameras.assumed_focal[:, None] * _HALF_PX
        matrix[:, :2, 2] = _HALF_PX - 0.5
        matrices.append(matrix)
        starts.append(starts[-1] + len(motion.xyz_m))
    return SynchronisedViews(
        np.concatenate(xy, axis=1).astype(np.float32),
        np.concatenate(scores, axis=1).astype(np.float32),
        np.array(starts),
        np.stack(rotations).astype(np.float32),
        np.stack(matrices).astype(np.float32),
    )


def experiment(data: Path, run: Path, steps: int, more: int, seed: int = 1, weight: float = 0.5) -> dict[str, Scores]:
    """Scores on the left-out subject: trained without, gone on without, gone on with the subject's views.

    `weight` is what the views' loss counts beside that of the labelled rest.
    """
    network = NetworkOptions(head=384, blocks=2, delays=(0, 3, 12))
    base = TrainOptions(data, run / "base", seed=seed, steps=steps, batch_windows=384, paired=48, network=network)
    base = replace(
        base,
        short_until=0.0,
        averaging=0.98,
        leave_out=LEFT_OUT,
        batch=replace(base.batch, frames=base.short_frames),
        view_weight=weight,
    )
    train(base)
    motions = [motion for motion in read_folder(data) if motion.source == LEFT_OUT and for_training(motion)]
    views = run / "views.npz"
    look_at(motions, seed, NoiseOptions()).save(views)
    tested = make(Windows(motions), CONDITIONS["all_seen"].batch, np.random.default_rng(7))
    scores = {}
    for name, file in (("base", None), ("without_views", None), ("with_views", views)):
        if name != "base":
            shutil.copytree(run / "base", run / name, dirs_exist_ok=True)
            train(replace(base, run=run / name, steps=steps + more, views=file))
        scores[name] = score(ours(_last(run / name, network)), [tested])
    with written_beside(run / "result.json") as partial:
        partial.write_text(json.dumps(scores, indent=1))
    return scores


def _last(run: Path, network: NetworkOptions) -> TemporalNet:
    """The network at the end of a run: the best by validation would not be chosen by the same right in both."""
    kept = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["average"]
    model = TemporalNet(network)
    model.load_state_dict({name.removeprefix("module."): value for name, value in kept.items() if name != "n_averaged"})
    return model.eval()


def command(
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    run: Annotated[Path, typer.Option(help="Where everything goes.")] = Path("runs/views"),
    steps: Annotated[int, typer.Option(help="Of training without the subject.")] = 400,
    more: Annotated[int, typer.Option(help="Of going on, for each of the two.")] = 150,
    weight: Annotated[float, typer.Option(help="What the views' loss counts beside that of the labelled rest.")] = 0.5,
) -> None:
    """Train without a subject's 3D, with and without the subject's 2D from several views."""
    torch.set_num_threads(1)
    for name, scores in experiment(data, run, steps, more, weight=weight).items():
        typer.echo(f"{name:14} MPJPE {scores['mpjpe_mm']:.1f} mm, PA-MPJPE {scores['pa_mpjpe_mm']:.1f} mm")


if __name__ == "__main__":
    typer.run(command)
