"""Writing files: beside their place first, then renamed into it, so that nobody ever sees half a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def partial_path(path: Path) -> Path:
    """Where a file is written before it is renamed to `path`: the same folder, the same ending.

    >>> partial_path(Path("out/demo.mp4")).name
    '.demo.partial.mp4'
    """
    return path.with_name(f".{path.stem}.partial{path.suffix}")


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends, and vanishes when the block raises.

    Folders on the way are made.

    Raises
    ------
    OSError
        As the block or the file system raise it; nothing half written is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def why_not_writable(folder: Path) -> str | None:
    """Why nothing can be written into a folder that need not be there yet; None where nothing speaks against it.

    Asked before long work is done for it; makes nothing.
    """
    there = folder.absolute()
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
    except OSError as error:
        return error.strerror or str(error)
    if not there.is_dir():
        return f"{there} is a file"
    return None if os.access(there, os.W_OK | os.X_OK) else f"nothing may be written into {there}"
