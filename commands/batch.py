"""`batch`: many clips by several workers; results appear whole, and an interrupted batch goes on where it was."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from commands.batch_cluster import DEFAULT_PIECE_S, ClusterOptions, open_cluster
from commands.batch_job import OPENER
from commands.errors import CommandError
from commands.interrupts import deferred
from commands.options import FileOptions
from commands.version import version
from pose.errors import ExitCode
from stream.batch.executor import Executor
from stream.batch.listing import Clip, list_clips
from stream.batch.plan import planner
from stream.batch.pool import WorkerPool
from stream.batch.run import Batch
from stream.batch.store import Store
from stream.batch.summary import DONE, FAILED, NOT_STARTED, PARTIAL, Row

_NO_MATTER = frozenset({"clip", "out", "display", "realtime", "video_name", "threads", "count_from"})
"""Options that do not change what comes out."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`batch`: which clips, by whom, and whether an earlier run goes on.

    Attributes
    ----------
    file : FileOptions
        How each clip is processed; `clip` and `out` are not looked at.
    where : Path
        A folder, or a list.
    out : Path
    jobs : int or None
        Workers; None takes one a processor core.
    resume : bool
    piece_s : float or None
        Clips that last longer are looked at in pieces of this length; None for none.
    cluster : ClusterOptions or None
        Where the work is done instead of here.
    """

    file: FileOptions
    where: Path
    out: Path
    jobs: int | None
    resume: bool
    piece_s: float | None = None
    cluster: ClusterOptions | None = None


def run(options: BatchOptions) -> ExitCode:
    """Process what is left to do; the last line on the output is one JSON object."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    began_s = time.perf_counter()
    listing = list_clips(options.where, options.out)
    if listing.left_out:
        console.print(f"left out, being no videos by their ending or named twice: {listing.left_out}", markup=False)
    depends = results_depend_on(options.file)
    with Store(options.out.absolute(), depends, resume=options.resume) as store, deferred() as interrupts:
        watcher = _Screen(console, len(listing.clips))
        batch = Batch(listing, store, planner(_piece_s(options)), watcher)
        for one in listing.unusable:
            watcher.notice(f"{one.what}: {one.reason}")
        if batch.resumed:
            watcher.notice(f"{batch.resumed} clips were finished before; {batch.left} are left")
        watcher.begin(batch.resumed)
        end = ExitCode.DONE
        try:
            with watcher, contextlib.closing(_executor(options, batch, store)) as executor:
                batch.run(executor, interrupts.check)
        except KeyboardInterrupt:
            end = ExitCode.INTERRUPTED
    counts = batch.count()
    if end is ExitCode.INTERRUPTED:
        console.print(f"liftcam: interrupted after {counts[DONE] + counts[PARTIAL]} clips; go on with --resume")
    elif counts[FAILED]:
        console.print(f"liftcam: {counts[FAILED]} of {len(batch.summary.rows)} failed, see {batch.summary.path}")
    summary = {
        "clips": len(batch.summary.rows),
        "done": counts[DONE],
        "partial": counts[PARTIAL],
        "failed": counts[FAILED],
        "not_started": counts[NOT_STARTED],
        "resumed": batch.resumed,
        "seconds": round(time.perf_counter() - began_s, 3),
        "summary": str(batch.summary.path),
    }
    typer.echo(json.dumps(summary))
    if end is ExitCode.DONE and counts[FAILED]:
        return ExitCode.CHECK_FAILED
    return ExitCode.READ_IN_PART if end is ExitCode.DONE and counts[PARTIAL] else end


def cluster_of(address: str | None, upload: bool) -> ClusterOptions | None:
    """The cluster that was named, if any.

    Raises
    ------
    CommandError
        Where something is to be sent and no cluster is named.
    """
    if address is None:
        if upload:
            raise CommandError("--upload is for --cluster ADDRESS; name one")
        return None
    return ClusterOptions(address, upload)


def results_depend_on(options: FileOptions) -> dict[str, Any]:
    """What the results of a clip depend on beside its content, as JSON values by the options' names."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(options), default=str))
    parts = {name: values.pop(name) for name in list(values) if isinstance(values[name], dict)}
    pose, edit = parts.pop("pose"), parts.pop("edit")
    values |= pose | edit | {f"{name} {key}": value for name, part in parts.items() for key, value in part.items()}
    content = {"exports": sorted(options.exports), "calibration": _content(options.pose.calibration)}
    kept = {name: value for name, value in values.items() if name not in _NO_MATTER}
    return {**kept, **content, "version of LiftCam": version()}


def default_jobs() -> int:
    """A worker a processor core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _content(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read the calibration {path}: {error}") from error


def _piece_s(options: BatchOptions) -> float | None:
    """How long the pieces of long clips are; a cluster has them anyway, so that no machine waits for the last clip."""
    if options.piece_s is None and options.cluster is not None:
        return DEFAULT_PIECE_S
    return options.piece_s


def _executor(options: BatchOptions, batch: Batch, store: Store) -> Executor:
    """Workers on this machine, each with its share of the cores, or those of a cluster."""
    if options.cluster is not None:
        return open_cluster(options.cluster, options.file, options.jobs)
    cores = default_jobs()
    jobs = max(1, min(options.jobs or cores, batch.left if _piece_s(options) is None else cores))
    pose = options.file.pose
    share = replace(pose, threads=pose.threads or max(1, cores // jobs))
    return WorkerPool(jobs, OPENER, replace(options.file, pose=share), store.logs)


class _Screen:
    """Bars on a terminal, a line a clip elsewhere."""

    def __init__(self, console: Console, clips: int) -> None:
        self._console = console
        self._clips = clips
        self._said: set[str] = set()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._all = self._bar.add_task("all", total=clips, count="")
        self._over = 0
        self._each: dict[str, TaskID] = {}

    def __enter__(self) -> _Screen:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, finished: int) -> None:
        """So many are finished already."""
        self._over = finished
        self._count()

    def notice(self, line: str) -> None:
        """A line for the user; what every worker says is said once."""
        if line not in self._said:
            self._said.add(line)
            self._console.print(line, markup=False)

    def progress(self, clip: Clip, done: int, total: int | None) -> None:
        """Move the bar of a clip."""
        if clip.name not in self._each:
            self._each[clip.name] = self._bar.add_task(clip.name, total=total, count="")
        self._bar.update(self._each[clip.name], completed=done, total=total)

    def over(self, clip: Clip, row: Row) -> None:
        """Take away the bar of a clip, and say what became of it."""
        if clip.name in self._each:
            self._bar.remove_task(self._each.pop(clip.name))
        self._over += 1
        self._count()
        if row.status == DONE and self._console.is_terminal:
            return
        facts = f"{row.frames} frames, {row.people} people, {row.seconds:.1f} s" if row.status == DONE else row.reason
        self._console.print(f"{row.status}: {clip.name}: {facts}", markup=False)

    def _count(self) -> None:
        self._bar.update(self._all, completed=self._over, count=f"{self._over} of {self._clips} clips")
