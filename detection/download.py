"""Fetching weights from their official address, and from nowhere else.

Plain http and redirects to another host are refused, no more than the registered size is ever read, and a file appears
under its name only once its sha256 is right.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import platformdirs

from detection.errors import DetectionError
from detection.registry import Network, WeightsFile, check_file, known

Progress = Callable[[str, int, int], None]
"""Called with the file's name, the bytes that have come and the bytes of the whole file."""

REACH_WITHIN_S = 4.0
"""How long the first contact may take, name look-up included, before the machine counts as offline."""

STALL_S = 20.0
"""A transfer from which nothing comes for so long has failed."""

_BLOCK = 1 << 16
_PORTS = {"https": 443, "http": 80}


def cache_folder() -> Path:
    """The user's folder for downloads; it need not exist yet."""
    return Path(platformdirs.user_cache_dir("liftcam", appauthor=False)) / "weights"


def download(
    name: str, dest: Path | None = None, progress: Progress | None = None, *, reach_within_s: float = REACH_WITHIN_S
) -> Path:
    """Fetch a known network and return the file to open.

    Parameters
    ----------
    name : str
        Name of a known network.
    dest : Path, optional
        Folder that receives a folder of the network's name; the user's cache where None.
    progress : callable, optional
        See `Progress`.
    reach_within_s : float
        Seconds for the first contact.

    Raises
    ------
    DetectionError
        Of a server that cannot be reached, redirects elsewhere or sends something else; nothing is left half-written.
    """
    network = known(name)
    if network.url is None:
        raise DetectionError(f"{name} ships with the project in weights/ and is not downloaded; check out the project")
    return fetch(network, dest if dest is not None else cache_folder(), progress, reach_within_s=reach_within_s)


def fetch(
    network: Network,
    dest: Path,
    progress: Progress | None = None,
    *,
    schemes: tuple[str, ...] = ("https",),
    reach_within_s: float = REACH_WITHIN_S,
) -> Path:
    """Download every file of `network` that is not yet right into `dest / network.name`.

    `schemes` exists for the tests, which serve from a loopback address without a certificate.
    """
    folder = dest.expanduser() / network.name
    assert network.url is not None, "only networks with an address are fetched"  # noqa: S101
    parts = urlsplit(network.url)
    if parts.scheme not in schemes or not parts.hostname:
        raise DetectionError(f"{network.url} is refused: weights are only fetched by {' or '.join(schemes)}")
    opener = urllib.request.build_opener(_SameHost(parts.hostname, schemes))
    contacted = False
    # The file to open comes last: its presence says that the folder is complete.
    for file in reversed(network.files):
        with contextlib.suppress(DetectionError):
            check_file(folder / file.name, file)
            continue
        try:
            if not contacted:
                _reach(network.url, reach_within_s)
                contacted = True
            folder.mkdir(parents=True, exist_ok=True)
            _fetch_file(opener, network.url + file.name, folder, file, progress)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise DetectionError(_remedies(network, folder, error)) from error
        except OSError as error:
            raise DetectionError(
                f"{folder} cannot be written ({error.strerror}); free the place, or name another folder with --weights"
            ) from error
    return folder / network.files[0].name


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the same host by an allowed scheme, and refuses all others."""

    def __init__(self, host: str, schemes: tuple[str, ...]) -> None:
        self._host, self._schemes = host, schemes

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        parts = urlsplit(newurl)
        if parts.scheme not in self._schemes or parts.hostname != self._host:
            raise DetectionError(
                f"{req.full_url} redirects to {newurl}, which is refused: weights come from {self._host} only; "
                "fetch the files by hand if you trust that address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch_file(
    opener: urllib.request.OpenerDirector, url: str, folder: Path, file: WeightsFile, progress: Progress | None
) -> None:
    """Stream one file beside its place and rename it once size and sha256 are right."""
    handle, name = tempfile.mkstemp(suffix=".partial", prefix=file.name + ".", dir=folder)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, opener.open(url, timeout=STALL_S) as response:
            _copy(response, out, url, file, progress)
        partial.chmod(0o644)  # mkstemp makes files that only the owner can read
        partial.replace(folder / file.name)
    finally:
        partial.unlink(missing_ok=True)


def _copy(response: IO[bytes], out: IO[bytes], url: str, file: WeightsFile, progress: Progress | None) -> None:
    digest = hashlib.sha256()
    come = 0
    while block := response.read(min(_BLOCK, file.size + 1 - come)):
        come += len(block)
        if come > file.size:
            raise DetectionError(f"{url} sends more than the {file.size} bytes expected; nothing was kept")
        digest.update(block)
        out.write(block)
        if progress is not None:
            progress(file.name, come, file.size)
    if come < file.size:
        raise DetectionError(f"{url} ended after {come} of {file.size} bytes; run `python main.py weights` again")
    if digest.hexdigest() != file.sha256:
        raise DetectionError(
            f"{url} has sha256 {digest.hexdigest()} where {file.sha256} was expected; nothing was kept: "
            "something on the way changes the file, try another connection"
        )


def _reach(url: str, within_s: float) -> None:
    """Raise `TimeoutError` or the cause, unless a connection to the server (or its proxy) opens in time.

    A name look-up has no timeout of its own and may hang for half a minute on a machine without a network: it runs in
    a daemon thread that is left behind.
    """
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urlsplit(proxy if "://" in proxy else "http://" + proxy)
    address = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80))
    failure: list[OSError | None] = [TimeoutError(f"no answer within {within_s:g} s")]

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=within_s).close()
        except OSError as error:
            failure[0] = error
        else:
            failure[0] = None

    thread = threading.Thread(target=connect, name="weights-reach", daemon=True)
    thread.start()
    thread.join(within_s)
    if failure[0] is not None:
        raise urllib.error.URLError(failure[0])


def _remedies(network: Network, folder: Path, error: Exception) -> str:
    cause = getattr(error, "reason", None) or error
    names = " and ".join(file.name for file in network.files)
    return (
        f"{network.name} cannot be downloaded from {urlsplit(network.url or '').hostname} ({cause}). "
        f"Either run `python main.py weights` when on-line; or put {names} into {folder}, or point --weights or "
        "LIFTCAM_WEIGHTS at their folder; or use --detector mediapipe (one person only)"
    )
