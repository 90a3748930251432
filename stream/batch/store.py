"""The folder of a batch's results: what is finished, what is under way, and who may write."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pose.files import written_beside
from stream.batch.listing import STATE_FOLDER, Clip
from stream.errors import StreamError

RECORD = "result.json"
"""Written into every finished folder; a folder without it is not ours."""
_OPTIONS, _LOCK, _WORK, _LOGS = "options.json", "lock", "work", "logs"


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a clip that was processed.

    Attributes
    ----------
    status : str
        "done", or "partial" where the clip broke off and what was read is kept.
    reason : str
        Why it is partial; empty where it is done.
    frames : int
    people : int
        The most in one frame.
    seconds : float
        How long the work took.
    outputs : tuple of str
        Files and folders of the result, relative to its folder.
    input_stamp : str
        Tells the clip's content from another's (`input_stamp`).
    """

    status: str
    reason: str
    frames: int
    people: int
    seconds: float
    outputs: tuple[str, ...]
    input_stamp: str


class Store:
    """The results of a batch, one writer at a time.

    A clip's results are made in a hidden folder and renamed to their name when they are whole, so at any moment there
    is all of a clip or nothing.

    Parameters
    ----------
    root : Path
        The folder; made where it is missing.
    options : mapping
        What the results depend on beside the clips, as plain JSON values by name.
    resume : bool
        Whether results of an earlier, interrupted batch may be there.

    Raises
    ------
    StreamError
        Where another batch writes here, there are results and `resume` is false, they were made with other options,
        or the folder cannot be written.
    """

    def __init__(self, root: Path, options: Mapping[str, Any], *, resume: bool) -> None:
        self.root = root
        self._state = root / STATE_FOLDER
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            self._lock = (self._state / _LOCK).open("a+b")
        except OSError as error:
            raise self._cannot(error) from error
        try:
            if not _locked(self._lock):
                raise StreamError(f"another batch is writing into {root}; wait for it, or choose another --out")
            self._begin(options, resume)
        except OSError as error:
            self.close()
            raise self._cannot(error) from error
        except BaseException:
            self.close()
            raise

    @property
    def logs(self) -> Path:
        """Folder of what workers say that is for nobody's eyes but a developer's."""
        return self._state / _LOGS

    def record(self, clip: Clip) -> Record | None:
        """What is known of a finished clip; None where it has no results.

        Raises
        ------
        StreamError
            Where something that is not ours is in the place of its results.
        """
        folder = self.root / clip.name
        try:
            values = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            return Record(**{**values, "outputs": tuple(values["outputs"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise StreamError(f"{folder} is there already and holds no results of a batch; move it away") from error
            return None

    def work_folder(self, number: int) -> Path:
        """An empty hidden folder for the results of the clip with that number."""
        folder = self._state / _WORK / f"{number:06d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def commit(self, clip: Clip, folder: Path, record: Record) -> None:
        """Give the finished folder its name, in place of outdated results.

        Raises
        ------
        StreamError
            Where that fails; the folder is removed then.
        """
        place, old = self.root / clip.name, folder.with_name(f"{folder.name}.old")
        try:
            (folder / RECORD).write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                place.rename(old)
            folder.rename(place)
        except OSError as error:
            self.discard(folder)
            raise StreamError(f"cannot write {place}: {error.strerror or error}") from error
        shutil.rmtree(old, ignore_errors=True)

    def discard(self, folder: Path) -> None:
        """Remove what a clip that failed has left."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove what is unfinished and let others write; may be called twice."""
        if self._lock.closed:
            return
        with contextlib.suppress(OSError):
            shutil.rmtree(self._state / _WORK, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin(self, options: Mapping[str, Any], resume: bool) -> None:
        """Compare with an earlier batch, and remove what it left unfinished."""
        place = self._state / _OPTIONS
        before = _read_options(place)
        if before is not None and not resume:
            raise StreamError(f"{self.root} holds the results of a batch: go on with --resume, or choose another --out")
        if before is not None and before != dict(options):
            names = sorted(name for name in before.keys() | options.keys() if before.get(name) != options.get(name))
            raise StreamError(
                f"{self.root} was begun with other options ({', '.join(names)}): "
                "go on with the same ones, or choose another --out"
            )
        shutil.rmtree(self._state / _WORK, ignore_errors=True)
        self.logs.mkdir(exist_ok=True)
        if before is None:
            with written_beside(place) as partial:
                partial.write_text(json.dumps(dict(options), indent=1), encoding="utf-8")

    def _cannot(self, error: OSError) -> StreamError:
        return StreamError(f"cannot write into {self.root}: {error.strerror or error}; choose another --out")


def input_stamp(path: Path) -> str:
    """Tells one content of a clip from another by size and time of change, without reading it.

    Raises
    ------
    OSError
        Where it is gone.
    """
    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    stats = [(one.name, one.stat()) for one in files]
    newest_ns = max((stat.st_mtime_ns for _, stat in stats), default=0)
    return f"{len(stats)} files, {sum(stat.st_size for _, stat in stats)} bytes, {newest_ns} ns"


def _read_options(place: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StreamError(f"{place} is damaged ({error}); choose another --out") from error
    return values if isinstance(values, dict) else {}


def _locked(file: IO[bytes]) -> bool:
    """Take the lock that the system gives back when this process ends, however it ends."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows alone has it

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - and this one all others

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
