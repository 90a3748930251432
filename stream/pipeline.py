"""The pipeline: one thread a stage, short queues between them, and everybody home when it closes.

source -> capture -> stage -> stage -> ... -> the main thread, which iterates or asks for `latest`
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from threading import Condition, Thread
from types import TracebackType
from typing import NamedTuple, Protocol

from pose.errors import LiftCamError
from stream.errors import StageFailed
from stream.hop import Hop
from stream.item import CAPTURE, Item
from stream.source import Source

CLOSE_S = 1.9
"""How long `close` waits for the threads, all together."""
FILE_QUEUE = 3
"""Items that may wait between two stages where every frame counts: enough to even out a slow frame, small in memory."""
_WAKE_S = 0.1
"""How often a waiting main thread wakes up, so that Ctrl-C reaches it on every system."""


class Stage(Protocol):
    """One step of the work. A stage lives in a thread of its own, which alone calls `step`, `reset` and `close`.

    Three further methods are optional: `reset()` is called before the first item after a jump in the file, so that
    what is remembered over time can be forgotten; `interrupt()` is called from the main thread when the pipeline
    closes, so that a step that waits for something can give up; `close()` is called at the end.
    """

    @property
    def name(self) -> str:
        """The stage in a word, for the meter and for errors."""

    def step(self, item: Item) -> Item:
        """Do the work on one item."""


class _Entry(NamedTuple):
    """An item with the number of jumps that had been made when it was captured; an older one is stale."""

    item: Item
    jump: int


class _Order(NamedTuple):
    """What the capture thread does next: jump to a time first where one is given."""

    seek_to: float | None
    jump: int


class Pipeline:
    """Runs a source through stages and gives the finished items to the main thread.

    Parameters
    ----------
    source : Source
        Closed with the pipeline.
    stages : sequence of Stage
        In the order in which an item passes them.
    live : bool, optional
        True: one slot between two stages in which a newer frame replaces a waiting one, which is counted in `dropped`.
        False: every frame, in order. By default what the source is.

    Raises
    ------
    LiftCamError, StageFailed
        From iteration and `latest`, once everything that was finished before the error has been given.
    """

    def __init__(self, source: Source, stages: Sequence[Stage], *, live: bool | None = None) -> None:
        self.source = source
        self.live = source.live if live is None else live
        self._stages = tuple(stages)
        capacity = 1 if self.live else FILE_QUEUE
        self._hops = [Hop[_Entry](capacity, newest_wins=self.live) for _ in range(len(self._stages) + 1)]
        self._control = Condition()
        self._paused = False
        self._seek_to: float | None = None
        self._jump = 0
        self._closing = False
        self._error: Exception | None = None
        self._threads = [Thread(target=self._capture, name="liftcam-capture", daemon=True)]
        for stage, inbox, outbox in zip(self._stages, self._hops, self._hops[1:], strict=False):
            run = (stage, inbox, outbox)
            self._threads.append(Thread(target=self._work, args=run, name=f"liftcam-{stage.name}", daemon=True))
        for thread in self._threads:
            thread.start()

    # What the main thread does

    def __iter__(self) -> Iterator[Item]:
        """Every finished item; in order and without gaps unless the pipeline is live."""
        while (item := self._take(None)) is not None:
            yield item

    def latest(self, timeout_s: float = 0.0) -> Item | None:
        """The newest finished item, waiting for one at most `timeout_s`; None where there is none (see `ended`)."""
        return self._take(timeout_s)

    @property
    def ended(self) -> bool:
        """Whether no item will come any more."""
        return self._hops[-1].ended

    @property
    def dropped(self) -> int:
        """How many frames a newer one replaced, so far."""
        return sum(hop.dropped for hop in self._hops)

    @property
    def paused(self) -> bool:
        """Whether the pipeline is paused."""
        return self._paused

    def pause(self) -> None:
        """Give no further frames: a file waits, what a camera sees meanwhile is lost. Some items may still arrive."""
        with self._control:
            self._paused = True

    def resume(self) -> None:
        """Go on after `pause`."""
        with self._control:
            self._paused = False
            self._control.notify_all()

    def seek(self, time_s: float) -> None:
        """Jump in a file; what was under way is dropped. Paused, the frame at the new place is shown.

        A source that cannot seek raises StreamError, which ends the pipeline: ask only files.
        """
        with self._control:
            self._seek_to = time_s
            self._jump += 1
            self._control.notify_all()
        for hop in self._hops:
            hop.clear()

    def close(self) -> None:
        """Stop everything within 2 s; may be called twice.

        A step that does not return and has no `interrupt` cannot be stopped from outside; a RuntimeWarning names it,
        and its thread ends with the step.
        """
        with self._control:
            self._closing = True
            self._control.notify_all()
        for hop in self._hops:
            hop.close()
        for stage in self._stages:
            _call_if_there(stage, "interrupt")
        deadline = time.monotonic() + CLOSE_S
        self.source.close()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = [thread.name for thread in self._threads if thread.is_alive()]
        if left:
            warnings.warn(f"did not stop within {CLOSE_S} s: {', '.join(left)}", RuntimeWarning, stacklevel=2)

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _take(self, timeout_s: float | None) -> Item | None:
        """The next finished item; None when the time is over or at the end. None for a timeout waits for ever."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        last = self._hops[-1]
        while True:
            left = _WAKE_S if end is None else min(_WAKE_S, max(0.0, end - time.monotonic()))
            entry = last.get(left)
            if entry is not None and entry.jump == self._jump:
                return entry.item
            if entry is None and last.ended:
                self._raise_error()
                return None
            if entry is None and end is not None and time.monotonic() >= end:
                return None

    def _raise_error(self) -> None:
        with self._control:
            error, self._error = self._error, None
        if error is not None:
            raise error

    # What the other threads do

    def _capture(self) -> None:
        outbox = self._hops[0]
        try:
            frames = self.source.frames()
            while (order := self._next_order()) is not None:
                if order.seek_to is not None:
                    self.source.seek(order.seek_to)
                    frames = self.source.frames()
                entered_s = time.perf_counter()
                frame = next(frames, None)
                if frame is None:
                    break
                if self._paused and not self.source.seekable:
                    continue
                item = Item(frame, self.source.captured_s(frame))
                if self.source.live:
                    entered_s = item.captured_s  # waiting for a camera is no work; bringing its picture here is
                if not outbox.put(_Entry(item.with_passage(CAPTURE, entered_s, time.perf_counter()), order.jump)):
                    break
        except Exception as error:
            self._fail(CAPTURE, None, error)
        finally:
            outbox.finish()

    def _next_order(self) -> _Order | None:
        """What to capture next, waiting while a file is paused; None where the pipeline closes."""
        with self._control:
            self._control.wait_for(
                lambda: self._closing or self._seek_to is not None or not (self._paused and self.source.seekable)
            )
            if self._closing:
                return None
            seek_to, self._seek_to = self._seek_to, None
            return _Order(seek_to, self._jump)

    def _work(self, stage: Stage, inbox: Hop[_Entry], outbox: Hop[_Entry]) -> None:
        index: int | None = None
        jump = 0
        try:
            while (entry := inbox.get()) is not None:
                if entry.jump != self._jump:
                    continue
                if entry.jump != jump:
                    jump = entry.jump
                    _call_if_there(stage, "reset")
                index = entry.item.frame.index
                entered_s = time.perf_counter()
                item = stage.step(entry.item)
                if not outbox.put(_Entry(item.with_passage(stage.name, entered_s, time.perf_counter()), jump)):
                    break
            index = None
        except Exception as error:
            self._fail(stage.name, index, error)
        finally:
            inbox.close()
            self._close_stage(stage)
            outbox.finish()

    def _close_stage(self, stage: Stage) -> None:
        try:
            _call_if_there(stage, "close")
        except Exception as error:
            self._fail(stage.name, None, error)

    def _fail(self, stage: str, frame_index: int | None, error: Exception) -> None:
        """Keep the first error for the main thread: a user's matter as it is, anything else with its stage."""
        if not isinstance(error, LiftCamError):
            failure = StageFailed(stage, frame_index, error)
            failure.__cause__ = error
            error = failure
        with self._control:
            if self._error is None:
                self._error = error


def _call_if_there(stage: Stage, method: str) -> None:
    """Call one of a stage's optional methods."""
    function = getattr(stage, method, None)
    if function is not None:
        function()
