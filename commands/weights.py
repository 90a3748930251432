"""`weights`: fetch, list and verify."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from detection.download import download
from detection.registry import Network
from detection.weights import WeightsStatus, status
from pose.errors import ExitCode


def run(check_only: bool) -> ExitCode:
    """List the networks, fetch those that are missing, and say whether all are in order."""
    console = Console(soft_wrap=True, highlight=False)
    if not check_only:
        for one in status():
            if one.path is None and one.network.url and not _is_wrong(one):
                _fetch(one.network, console)
    found = status()
    for one in found:
        console.print(_line(one), markup=False)
    return ExitCode.DONE if all(one.path for one in found) else ExitCode.CHECK_FAILED


def _is_wrong(one: WeightsStatus) -> bool:
    """Whether a file lies there that is not what it has to be: fetching another would not mend it."""
    return bool(one.place)


def _fetch(network: Network, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks = {file.name: bar.add_task(file.name, total=file.size) for file in network.files}
        download(network.name, progress=lambda name, come, _size: bar.update(tasks[name], completed=come))


def _line(one: WeightsStatus) -> str:
    head = f"{one.network.name} ({one.network.size / 1e6:.1f} MB, {one.network.licence})"
    if one.path is None:
        return f"{head}: {one.problem}"
    sums = ", ".join(f"{file.name} sha256 {file.sha256[:12]}…" for file in one.network.files)
    return f"{head}: ok, in {one.place}: {one.path.parent}; {sums}"
