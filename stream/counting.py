"""Which picture of a file this is, counted without decoding the ones before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av.error
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from stream.decoding import open_video


class PictureCount:
    """Counts the pictures before a place in a file; goes on reading where the last question ended.

    Parameters
    ----------
    path : Path
        The file; opened a second time, at the first question.

    Notes
    -----
    A packet is taken for a picture. A picture that cannot be decoded is therefore counted too, and so is one that is
    never shown (VP8's alternate references).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packets: Iterator[Packet[VideoStream]] | None = None
        self._ticks: list[int] = []
        self._read_until: int | None = None
        self._known = True

    def before(self, tick: int, stopped: Callable[[], bool]) -> int | None:
        """How many pictures are presented before a time in ticks of the stream; None where the file does not tell.

        Parameters
        ----------
        tick : int
            Presentation time, as the container counts it.
        stopped : function
            Asked at every packet; true gives up with None.
        """
        if self._packets is None:
            self._packets = self._read()
        # No packet is presented before it is decoded: none of those that follow comes before its decoding time.
        while self._known and (self._read_until is None or self._read_until < tick):
            if stopped():
                return None
            packet = next(self._packets, None)
            if packet is None:
                break
            self._known = packet.pts is not None
            if packet.pts is not None:
                self._ticks.append(packet.pts)
            self._read_until = packet.dts
        return int(np.count_nonzero(np.array(self._ticks, np.int64) < tick)) if self._known else None

    def _read(self) -> Iterator[Packet[VideoStream]]:
        container, stream = open_video(self._path)
        with container:
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets, None)
                except av.error.FFmpegError:
                    return  # the end of a file that breaks off; whoever decodes it says so
                if packet is None:
                    return
                if packet.size and not packet.is_discard and not packet.is_corrupt:
                    yield packet
