"""The picture of docs/lifting.md: error by joint, by latency and by how long somebody has been in view.

`python -m lifting.training.pictures --data FOLDER --out docs/images/lifting-errors.png`
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lifting.training.batches import CLOCK_HZ, Batch, Windows, make
from lifting.training.evaluate import CONDITIONS, family, held_out_motions
from lifting.training.scoring import Model, by_age, by_joint, score
from lifting.weights import DEFAULT_WEIGHTS
from pose.files import written_beside
from pose.joint_sets import H36M17

SPLIT = "uiprmd_s08_s09"


def draw_errors(models: dict[str, Model], batches: list[Batch], path: Path) -> None:
    """Three panels about models, the first of which answers at once."""
    figure = Figure(figsize=(11, 7), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplot_mosaic([["joints", "joints"], ["latency", "age"]])
    width, places = 0.8 / len(models), np.arange(len(H36M17) - 1)
    for number, model in enumerate(models.values()):
        errors = list(by_joint(model, batches).values())[1:]
        label = f"{model.latency_ms:.0f} ms late"
        panels["joints"].bar(places + number * width, errors, width, label=label)
    names = [name.replace("_", " ") for name in H36M17[1:]]
    panels["joints"].set_xticks(places + width * (len(models) - 1) / 2, names, rotation=40, ha="right")
    panels["joints"].set(ylabel="mean error, mm", title="by joint, relative to the pelvis")
    panels["joints"].legend()
    scores = [score(model, batches) for model in models.values()]
    latency = [one["latency_ms"] for one in scores]
    for name, label in (("mpjpe_mm", "MPJPE"), ("n_mpjpe_mm", "N-MPJPE"), ("pa_mpjpe_mm", "PA-MPJPE")):
        panels["latency"].plot(latency, [one[name] for one in scores], "o-", label=label)
    panels["latency"].set(xlabel="latency, ms", ylabel="mm", title="by latency", ylim=(0, None))
    panels["latency"].legend()
    age = by_age(next(iter(models.values())), batches)
    panels["age"].plot(1000 * np.arange(len(age)) / CLOCK_HZ, age)
    panels["age"].set(
        xlabel="time in view, ms", ylabel="mean error, mm", title="at once, by time in view", ylim=(0, None)
    )
    for panel in panels.values():
        panel.grid(alpha=0.3)
    with written_beside(path) as partial:
        figure.savefig(partial, dpi=80, format="png")


def command(
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    out: Annotated[Path, typer.Option(help="The picture (.png).")],
    weights: Annotated[Path, typer.Option(help="The lifter's weights.")] = DEFAULT_WEIGHTS,
    batches: Annotated[int, typer.Option(help="Batches of 48 windows of 5 s.")] = 3,
) -> None:
    """Draw the shipped lifter's errors on held-out motion."""
    torch.set_num_threads(1)
    windows = Windows(held_out_motions(data)[SPLIT])
    options = CONDITIONS["all_seen"].batch
    drawn = [make(windows, options, np.random.default_rng([7, number])) for number in range(batches)]
    draw_errors(family(weights), drawn, out)


if __name__ == "__main__":
    typer.run(command)
