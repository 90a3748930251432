"""OSC messages of which only the numbers change from frame to frame.

Addresses, type tags and words are written once, by python-osc's own builder; a frame puts its floats behind them. Built
anew each time, the some forty messages of one person took half of a frame's processor time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Argument = str | int | float
BUNDLE = b"#bundle\0" + struct.pack(">Q", 1)
"""How a bundle begins that is to be played at once (OSC 1.0)."""
_FLOAT_BYTES = 4


def element(address: str, *arguments: Argument) -> bytes:
    r"""One message with its length before it, as bundles hold them.

    >>> element("/a", 1)
    b'\x00\x00\x00\x0c/a\x00\x00,i\x00\x00\x00\x00\x00\x01'
    """
    from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: PLC0415 - an extra

    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    message = builder.build().dgram
    return struct.pack(">i", len(message)) + message


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that wait for their numbers.

    Attributes
    ----------
    heads : tuple of bytes
        Each up to its numbers.
    numbers : int
        How many floats each ends with.
    """

    heads: tuple[bytes, ...]
    numbers: int

    @classmethod
    def of(cls, starts: Sequence[tuple[str, ...]], numbers: int) -> Messages:
        """Prepare messages, each of an address and the words before its numbers."""
        blank = numbers * _FLOAT_BYTES
        return cls(tuple(element(*start, *[0.0] * numbers)[:-blank] for start in starts), numbers)

    def filled(self, values: ArrayLike, which: Iterable[int] | None = None) -> bytes:
        """Some of the messages, or all, with their numbers.

        Parameters
        ----------
        values : array, shape (M, N)
            A row for each message, also for those that are left out.
        which : iterable of int, optional
            Indices of the messages that are wanted.

        Examples
        --------
        >>> Messages.of([("/a",), ("/b",)], 1).filled([[0.5], [1.0]], [1]) == element("/b", 1.0)
        True
        """
        data = np.asarray(values, ">f4").tobytes()
        step = self.numbers * _FLOAT_BYTES
        chosen = range(len(self.heads)) if which is None else which
        return b"".join([self.heads[row] + data[row * step : (row + 1) * step] for row in chosen])
