"""Long arrays in pieces, so that what is worked out on the way does not grow with the length of a clip."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK = 2048
"""Rows that are worked on at a time: about a minute of one person."""


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Consecutive slices of at most `size` that together are all of `count` rows.

    >>> list(blocks(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    >>> list(blocks(0))
    []
    """
    for begin in range(0, count, size):
        yield slice(begin, min(begin + size, count))
