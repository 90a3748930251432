"""What every writer needs: files that appear whole or not at all, one line where something is wrong."""

from __future__ import annotations

import contextlib
import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from export.errors import ExportError
from pose.files import partial_path, written_beside


@contextlib.contextmanager
def saved(path: Path) -> Iterator[Path]:
    """A path to write to that becomes `path` when the block ends.

    Raises
    ------
    ExportError
        Where the file cannot be written; nothing half written is left.
    """
    try:
        with written_beside(path) as partial:
            yield partial
    except OSError as error:
        raise _cannot_write(path, error) from error


@contextlib.contextmanager
def saved_folder(path: Path, pattern: str) -> Iterator[Path]:
    """A folder to write files into that becomes `path` when the block ends, in place of an earlier one.

    Parameters
    ----------
    pattern : str
        What the files are called (a glob). A folder that holds anything else is not replaced.

    Raises
    ------
    ExportError
        Where it cannot be written; nothing half written is left.
    """
    partial, old = partial_path(path), path.with_name(f".{path.name}.old")
    try:
        if path.exists() and any(not one.match(pattern) for one in path.iterdir()):
            raise ExportError(f"{path} holds other files than {pattern}; choose another folder with --out")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            if path.exists():
                shutil.rmtree(old, ignore_errors=True)
                path.rename(old)
            partial.rename(path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            if old.exists() and not path.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(path, error) from error


def person_path(path: Path, track_id: int) -> Path:
    """Where one person's file goes.

    >>> person_path(Path("out/demo.bvh"), 2).as_posix()
    'out/demo_person2.bvh'
    """
    return path.with_name(f"{path.stem}_person{track_id}{path.suffix}")


def needed(module: str, what: str) -> Any:
    """An optional library.

    Raises
    ------
    ExportError
        In one sentence with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise ExportError(f"{what} needs {name}: in the checkout, pip install -e '.[export]'") from error


def _cannot_write(path: Path, error: OSError) -> ExportError:
    return ExportError(f"cannot write {path}: {error.strerror or error}; choose another folder with --out")
