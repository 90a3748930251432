"""Write a performance as an H.264 clip with its truth beside it: `python -m synthetic.clip OUT.mp4 --seed 3`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import typer
from rich.progress import track

from pose.files import written_beside
from pose.types import Image
from synthetic.errors import SyntheticError
from synthetic.labels import FrameTruth
from synthetic.performance import MOTIONS, Performance
from synthetic.truth import ClipTruth, save_truth

DEMO_SEED = 0
DEMO_FPS = 25
_QUALITY = "20"
_BATCH = 16


def rendered(performance: Performance, jobs: int) -> Iterator[tuple[Image, FrameTruth]]:
    """All pictures in order, drawn by `jobs` threads at once (drawing leaves Python's lock)."""
    with ThreadPoolExecutor(jobs) as pool:
        for first in range(0, performance.frame_count, _BATCH):
            # A batch at a time: the pool would otherwise draw the whole clip ahead of the encoder.
            yield from pool.map(performance.render, range(first, min(first + _BATCH, performance.frame_count)))


def encode(images: Iterator[Image], path: Path, *, width: int, height: int, fps: int) -> None:
    """Write BGR pictures (height, width, 3) as H.264 in an mp4, with even sides, `fps` pictures a second."""
    with (
        written_beside(path) as partial,
        av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": _QUALITY, "preset": "slow", "threads": "1"}
        stream.codec_context.time_base = Fraction(1, fps)
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def clip_truth(performance: Performance, truths: Sequence[FrameTruth], *, motion: str, seed: int) -> ClipTruth:
    """The truth of a whole clip from that of its frames."""
    frames = [np.full(len(truth), index, np.int32) for index, truth in enumerate(truths)]

    def joined(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        return np.concatenate([getattr(truth, name) for truth in truths])

    return ClipTruth(
        frame_time_s=np.array([performance.time_s(index) for index in range(len(truths))]),
        frame_index=np.concatenate(frames),
        person=joined("person").astype(np.int32),
        xy_px=joined("xy_px").astype(np.float32),
        visible=joined("visible").astype(np.bool_),
        inside=joined("inside").astype(np.bool_),
        xyz_m=joined("xyz_m").astype(np.float32),
        root_m=joined("root_m").astype(np.float32),
        intrinsics=performance.camera.intrinsics,
        extrinsics=performance.camera.extrinsics,
        repetitions=performance.repetitions,
        motion=motion,
        seed=seed,
    )


def write_clip(
    path: Path, *, motion: str = "demo", seed: int = DEMO_SEED, size: tuple[int, int] = (640, 480), fps: int = DEMO_FPS
) -> ClipTruth:
    """Render a performance into `path` (mp4) and its truth into the npz beside it.

    Raises
    ------
    SyntheticError
        Where the motion is unknown, the sides are odd or the place cannot be written.
    """
    if path.suffix != ".mp4" or not path.parent.is_dir():
        raise SyntheticError(f"cannot write {path}: it must be an .mp4 in a folder that is there")
    if size[0] % 2 or size[1] % 2:
        raise SyntheticError(f"H.264 wants even sides, not {size[0]}x{size[1]}")
    performance = Performance(motion, seed, *size, fps)
    truths: list[FrameTruth] = []

    def images() -> Iterator[Image]:
        pictures = rendered(performance, os.cpu_count() or 1)
        for image, truth in track(pictures, "rendering", performance.frame_count):
            truths.append(truth)
            yield image

    encode(images(), path, width=size[0], height=size[1], fps=fps)
    truth = clip_truth(performance, truths, motion=motion, seed=seed)
    save_truth(truth, path.with_suffix(".npz"))
    return truth


def main(
    out: Annotated[Path, typer.Argument(help="the clip to write, .mp4; its truth goes beside it as .npz")],
    seed: Annotated[int, typer.Option(help="who performs, in which clothes and room")] = DEMO_SEED,
    motion: Annotated[str, typer.Option(help=f"one of {', '.join(MOTIONS)}")] = "demo",
    size: Annotated[str, typer.Option(help="width x height in pixels, both even")] = "640x480",
    fps: Annotated[int, typer.Option(min=1, help="pictures a second")] = DEMO_FPS,
) -> None:
    """Render the synthetic actor into a clip with exact truth."""
    try:
        width, height = (int(side) for side in size.split("x"))
        truth = write_clip(out, motion=motion, seed=seed, size=(width, height), fps=fps)
    except ValueError as error:
        raise typer.BadParameter(f"a size is written like 640x480: {error}") from error
    except SyntheticError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(int(error.exit_code)) from error
    typer.echo(f"{out}: {len(truth.frame_time_s)} frames, {truth.counts}, {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    typer.run(main)
