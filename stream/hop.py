"""The way from one thread of the pipeline to the next."""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Hop(Generic[Entry]):
    """A short queue between two threads.

    Parameters
    ----------
    capacity : int
        How many entries may wait.
    newest_wins : bool
        What happens when it is full: True, the oldest waiting entry is dropped and counted (live); False, the giver
        waits (files).

    Examples
    --------
    >>> hop = Hop[int](1, newest_wins=True)
    >>> hop.put(1), hop.put(2)
    (True, True)
    >>> hop.get(), hop.dropped
    (2, 1)
    """

    def __init__(self, capacity: int, *, newest_wins: bool) -> None:
        self._capacity = capacity
        self._newest_wins = newest_wins
        self._entries: deque[Entry] = deque()
        self._changed = Condition()
        self._finished = False
        self._closed = False
        self.dropped = 0

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more."""
        with self._changed:
            return self._closed or (self._finished and not self._entries)

    def put(self, entry: Entry) -> bool:
        """Give an entry; False where nobody wants it any more."""
        with self._changed:
            while len(self._entries) >= self._capacity and not self._closed:
                if self._newest_wins:
                    self._entries.popleft()
                    self.dropped += 1
                else:
                    self._changed.wait()
            if self._closed:
                return False
            self._entries.append(entry)
            self._changed.notify_all()
            return True

    def get(self, timeout_s: float | None = None) -> Entry | None:
        """Take the oldest entry, waiting for it; None when the time is over or nothing will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._finished or self._closed, timeout_s)
            if self._closed or not self._entries:
                return None
            entry = self._entries.popleft()
            self._changed.notify_all()
            return entry

    def clear(self) -> None:
        """Forget what waits; not counted as dropped."""
        with self._changed:
            self._entries.clear()
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more will be given; what waits can still be taken."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing will be given or taken any more; everybody who waits wakes up."""
        with self._changed:
            self._closed = True
            self._entries.clear()
            self._changed.notify_all()
