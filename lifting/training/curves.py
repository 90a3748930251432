"""The curve of a training run as a picture."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pose.files import written_beside


def draw_curves(history: list[dict[str, float]], path: Path) -> bool:
    """Draw loss and validation errors over the steps; returns whether matplotlib, which is optional, was there."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - only the trainer needs it
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps = [entry["step"] for entry in history]
    axes.plot(steps, [entry["loss"] * 1000 for entry in history], label="training loss, mm", color="0.6")
    axes.plot(steps, [entry["mpjpe_mm"] for entry in history], label="validation MPJPE, mm")
    axes.plot(steps, [entry["pa_mpjpe_mm"] for entry in history], label="validation PA-MPJPE, mm")
    axes.set(xlabel="step", ylabel="mm", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    with written_beside(path) as partial:
        figure.savefig(partial, dpi=100)
    return True
