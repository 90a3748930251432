"""One way to open everything that a user may name as a source."""

from __future__ import annotations

import re
from pathlib import Path

from stream.camera import open_camera
from stream.editing import EditedSource
from stream.errors import StreamError
from stream.file import FileSource
from stream.folder import FolderSource
from stream.realtime import RealTime
from stream.source import Source, SourceOptions
from stream.url import is_url, open_url

ACTOR = "actor"
_CAMERA = re.compile(r"(?:/dev/video)?(\d{1,3})")


def open_source(spec: str, options: SourceOptions | None = None) -> Source:
    """Open a source by what the user calls it.

    Parameters
    ----------
    spec : str
        A camera's number ("0"), a URL (rtsp, http and others), a video file, a folder of images, or "actor".
    options : SourceOptions, optional
        Size, rate, whether a recorded source plays in real time, and which part of it, turned and cropped how.

    Returns
    -------
    Source
        Open, with its first frame read; close it, or give it to a pipeline that will.

    Raises
    ------
    StreamError
        Where there is nothing of that name, or it holds no pictures, or what `options.edit` asks cannot be done.
    """
    options = options or SourceOptions()
    edit = None if options.edit is None or options.edit.nothing else options.edit
    camera = _CAMERA.fullmatch(spec)
    if edit is not None and (camera is not None or is_url(spec) or spec == ACTOR):
        raise StreamError("a part, a turn, a crop or every n-th frame is for video files and folders of images only")
    if camera is not None:
        return open_camera(int(camera[1]), options.size, options.fps)
    if is_url(spec):
        return open_url(spec)
    if spec == ACTOR:
        # The renderer compiles its loops and reads a body of megabytes; only who asks for the actor waits for that.
        from stream.actor import ActorSource  # noqa: PLC0415

        return ActorSource(options.size, options.fps, realtime=options.realtime)
    recorded: Source = _open_path(spec, options)
    if edit is not None:
        recorded = EditedSource(recorded, edit)
    return RealTime(recorded) if options.realtime else recorded


def _open_path(spec: str, options: SourceOptions) -> FileSource | FolderSource:
    path = Path(spec).expanduser()
    if path.is_dir():
        return FolderSource(path, options.fps)
    if not path.exists():
        raise StreamError(
            f"there is no file {spec}; a source is a camera's number, a URL, a video, a folder of images or 'actor'"
        )
    return FileSource(path)
