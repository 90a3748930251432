"""The sound of a clip, cut to the frames that are written and encoded anew (AAC), beside the pictures of an mp4."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from stream.decoding import ANY_METADATA
from stream.errors import StreamError

BLOCK = 1024
"""Samples of one AAC frame."""

_AAC_RATES = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000})
_OTHER_RATE = 48_000
_APART_S = 0.04
"""Sound that is further from where its time says is moved there: silence is put in, or some is left out."""

Samples = NDArray[np.float32]


class ClipSound:
    """Reads a clip's sound and gives it to an mp4, a little at a time.

    Use `open_sound`. After `join`, call `advance` with rising times, then `finish`.
    """

    def __init__(self, path: Path, container: InputContainer, stream: AudioStream) -> None:
        self.path = path
        self._source, self._stream = container, stream
        rate = stream.codec_context.sample_rate
        self._rate = rate if rate in _AAC_RATES else _OTHER_RATE
        self._layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        self._resampler = AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        self._frames: Iterator[AudioFrame] = iter(())
        self._waiting: Samples = np.zeros((1 if self._layout == "mono" else 2, 0), np.float32)
        self._written = 0
        self._read_until_s = 0.0
        self._start_s = 0.0
        self._out: tuple[OutputContainer, AudioStream] | None = None

    def join(self, container: OutputContainer) -> None:
        """Add a stream to an mp4 that has not begun."""
        stream = container.add_stream("aac", rate=self._rate, layout=self._layout)
        stream.codec_context.time_base = Fraction(1, self._rate)
        self._out = container, stream

    def begin(self, start_s: float) -> None:
        """Stand at a time of the clip, which becomes 0 in the mp4."""
        self._start_s = self._read_until_s = start_s
        with contextlib.suppress(av.error.FFmpegError):
            self._source.seek(max(0, int((start_s - 1.0) * av.time_base)))
        self._frames = self._decoded()

    def advance(self, until_s: float) -> None:
        """Write the sound up to a time of the clip."""
        while self._read_until_s < until_s:
            frame = next(self._frames, None)
            if frame is None:
                self._read_until_s = float("inf")
                break
            self._place(frame)
        self._encode(self._whole_blocks(until_s))

    def finish(self, end_s: float) -> None:
        """Write the rest, cut at a time of the clip."""
        self.advance(end_s)
        rest = max(0, round((end_s - self._start_s) * self._rate) - self._written)
        self._encode([self._waiting[:, :rest]] if min(rest, self._waiting.shape[1]) else [])
        if self._out is not None:
            container, stream = self._out
            for packet in stream.encode(None):
                container.mux(packet)

    def close(self) -> None:
        """Close the clip; may be called twice."""
        self._source.close()

    def _decoded(self) -> Iterator[AudioFrame]:
        """Every piece of sound that can be decoded."""
        packets = self._source.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                return  # the file breaks off, which whoever reads its pictures says
            if packet is None:
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                continue  # silence takes its place

    def _place(self, frame: AudioFrame) -> None:
        """Put a piece of sound where its time says."""
        if frame.pts is not None and frame.time_base is not None:
            self._read_until_s = float(frame.pts * frame.time_base)
        at = round((self._read_until_s - self._start_s) * self._rate)
        self._read_until_s += frame.samples / frame.sample_rate
        ready = self._written + self._waiting.shape[1]
        pieces = [self._waiting, *(np.asarray(one.to_ndarray(), np.float32) for one in self._resampler.resample(frame))]
        if at < 0 or at < ready - _APART_S * self._rate:
            pieces[1:] = [np.concatenate(pieces[1:], axis=1)[:, max(0, ready - at) :]] if len(pieces) > 1 else []
        elif at > ready + (_APART_S * self._rate if ready else 0):
            pieces.insert(1, np.zeros((len(self._waiting), at - ready), np.float32))
        self._waiting = np.concatenate(pieces, axis=1)

    def _whole_blocks(self, until_s: float) -> list[Samples]:
        """Take blocks that are full and lie before a time."""
        most = int((until_s - self._start_s) * self._rate) - self._written
        count = max(0, min(self._waiting.shape[1], most) // BLOCK)
        blocks = np.split(self._waiting[:, : count * BLOCK], count, axis=1) if count else []
        self._waiting = self._waiting[:, count * BLOCK :]
        return blocks

    def _encode(self, blocks: list[Samples]) -> None:
        if self._out is None:
            raise ValueError("the sound has joined no file yet")
        container, stream = self._out
        for block in blocks:
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._layout)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._written
            self._written += block.shape[1]
            for packet in stream.encode(frame):
                container.mux(packet)


def open_sound(path: Path) -> ClipSound | None:
    """The sound of a clip; None where it has none, or the path is no file.

    Raises
    ------
    StreamError
        Where there is sound that cannot be read.
    """
    if not path.is_file():
        return None
    try:
        container: InputContainer = av.open(str(path), **ANY_METADATA)
    except (OSError, av.error.FFmpegError, ValueError) as error:
        raise StreamError(f"the sound of {path.name} cannot be read: {error}") from error
    if not container.streams.audio:
        container.close()
        return None
    stream = container.streams.audio[0]
    if not stream.codec_context.sample_rate or not stream.codec_context.channels:
        container.close()
        raise StreamError(f"the sound of {path.name} cannot be read: its rate or its channels are unknown")
    return ClipSound(path, container, stream)
