"""Which clips a batch is made of, and under what name the results of each go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stream.errors import StreamError

VIDEO_SUFFIXES = frozenset(
    {
        ".3g2", ".3gp", ".asf", ".avi", ".dv", ".flv", ".gif", ".h264", ".h265", ".hevc", ".ivf", ".m1v", ".m2ts",
        ".m2v", ".m4v", ".mj2", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv",
        ".ts", ".vob", ".webm", ".wmv", ".y4m",
    }
)  # fmt: skip
"""Endings by which a clip is known in a folder; a list may name anything."""
ELSEWHERE = "elsewhere"
"""Folder of the results of clips that a list names outside of its own folder."""
IMAGES_ENDING = ".images"
"""What follows the name of a folder of images, so that no clip in it has its results inside of this one's."""
STATE_FOLDER = ".liftcam"
"""Marks a folder of results, which is no place to look for clips."""

_NO_LIST = "is no list: that is a text file in UTF-8 with the path of a clip a line; for one clip use `file`"
_LONGEST_LIST = 64_000_000
"""Bytes, room for a million paths; what is longer is a clip itself."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a batch.

    Attributes
    ----------
    path : Path
        The file, or the folder of images; absolute.
    name : str
        Where its results go, relative to the batch's folder, with "/"; different for each clip of a batch, and the
        same whatever else the batch holds.
    """

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that was named or found and is no clip: a line of the summary."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a batch is made of.

    Attributes
    ----------
    clips : tuple of Clip
    unusable : tuple of Unusable
        What was meant as a clip and cannot be one.
    left_out : int
        Files of a folder that are no videos by their ending, and second lines of a list for the same clip.
    """

    clips: tuple[Clip, ...]
    unusable: tuple[Unusable, ...]
    left_out: int


def list_clips(where: Path, results: Path) -> Listing:
    """The clips of a folder, or those that a list names.

    A folder is searched with all folders in it, also through symbolic links, each place once. Hidden files, files that
    are no videos by their ending, and folders of results are left out. A list is a text file with a path a line,
    relative to the list's folder; empty lines and lines that begin with "#" are skipped.

    Parameters
    ----------
    where : Path
        A folder, or a list.
    results : Path
        The folder of results, which may lie inside.

    Raises
    ------
    StreamError
        Where there is neither a folder nor a list, or it cannot be read, or it names nothing.
    """
    if not where.exists():
        raise StreamError(f"there is no folder or list {where}")
    listing = _of_folder(where.absolute(), results) if where.is_dir() else _of_list(where.absolute())
    if not listing.clips and not listing.unusable:
        raise StreamError(f"{where} holds no videos ({listing.left_out} other files)")
    return listing


def _of_folder(root: Path, results: Path) -> Listing:
    walk = _Walk(root, results.resolve())
    files = sorted(walk.files())
    clips = [Clip(path, path.relative_to(root).as_posix()) for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
    return Listing(tuple(clips), tuple(walk.unreadable), len(files) - len(clips))


class _Walk:
    """Every file below a folder; links are followed after all else, so that a clip keeps its own name."""

    def __init__(self, root: Path, results: Path) -> None:
        self._root = root
        self._results = results
        self._seen: set[Path] = set()
        self.unreadable: list[Unusable] = []

    def files(self) -> Iterator[Path]:
        """Files in no order; `unreadable` is filled on the way."""
        folders, links = [self._root], list[Path]()
        while folders or links:
            folder = folders.pop() if folders else links.pop(0)
            for entry in self._entries(folder):
                if entry.name.startswith("."):
                    continue
                path = Path(entry.path)
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif entry.is_dir():
                        links.append(path)
                    else:
                        yield path
                except OSError as error:  # links that lead back to themselves
                    self._note(path, error)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What is in a folder; nothing where it was seen already or holds results."""
        try:
            real = folder.resolve()
            if real in self._seen or real == self._results or (folder != self._root and (real / STATE_FOLDER).is_dir()):
                return []
            self._seen.add(real)
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (OSError, RuntimeError) as error:
            if folder == self._root:
                raise StreamError(f"the folder {folder} cannot be read: {_reason(error)}") from error
            self._note(folder, error)
            return []

    def _note(self, path: Path, error: Exception) -> None:
        name = path.relative_to(self._root).as_posix()
        self.unreadable.append(Unusable(name, f"{path} cannot be read: {_reason(error)}"))


def _of_list(path: Path) -> Listing:
    try:
        if path.stat().st_size > _LONGEST_LIST:
            raise StreamError(f"{path} {_NO_LIST}")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise StreamError(f"the list {path} cannot be read: {_reason(error)}") from error
    except UnicodeDecodeError as error:
        raise StreamError(f"{path} {_NO_LIST}") from error
    wanted = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not wanted:
        raise StreamError(f"the list {path} names no clip")
    found = list(_named(wanted, path.parent))
    clips = list({one.path: one for one in found if isinstance(one, Clip)}.values())
    unusable = [one for one in found if isinstance(one, Unusable)]
    inside = {clip.name: other for clip in clips if (other := _around(clip, clips)) is not None}
    unusable += [
        Unusable(name, f"its results would lie inside those of {other}; put it into a batch of its own")
        for name, other in inside.items()
    ]
    clips = [clip for clip in clips if clip.name not in inside]
    return Listing(tuple(clips), tuple(unusable), len(wanted) - len(clips) - len(unusable))


def _named(lines: Iterable[str], base: Path) -> Iterator[Clip | Unusable]:
    """What each line names."""
    for line in lines:
        try:
            path = Path(os.path.normpath(base / Path(line).expanduser()))
            if not path.exists():
                yield Unusable(line, f"there is no file {path}")
                continue
            is_folder = path.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            yield Unusable(line, f"{line!r} cannot be read: {_reason(error)}")
            continue
        name = path.relative_to(base) if path.is_relative_to(base) else _elsewhere(path)
        yield Clip(path, name.as_posix() + (IMAGES_ENDING if is_folder else ""))


def _elsewhere(path: Path) -> Path:
    """A name for an absolute path outside of the list's folder.

    >>> _elsewhere(Path("/mnt/a/clip.mp4")).as_posix()
    'elsewhere/mnt/a/clip.mp4'
    """
    drive = path.drive.strip("\\/").replace(":", "").replace("\\", "/")
    return Path(ELSEWHERE, drive, *path.parts[1:])


def _around(clip: Clip, clips: Iterable[Clip]) -> str | None:
    """Another clip whose results would hold those of this one."""
    names = {other.name for other in clips}
    return next((str(one) for one in PurePosixPath(clip.name).parents if str(one) in names), None)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
