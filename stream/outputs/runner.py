"""Running outputs beside the pipeline: none can slow it or bring it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread

from stream.hop import Hop
from stream.meter import Histogram
from stream.outputs.output import Output, OutputError, Result

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
DRAIN_S = 0.5
"""How long `close` lets an output send what waits."""
CLOSE_S = 1.5
"""How long `close` waits for an output's thread after that."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an output did so far.

    Attributes
    ----------
    sent, dropped : int
        Results that went out, and those that a newer one replaced or that came while the output was away.
    delay_p50_ms, delay_p95_ms : float
        From lifted to sent.
    """

    sent: int
    dropped: int
    delay_p50_ms: float
    delay_p95_ms: float


class OutputRunner:
    """An output with its queue and its thread.

    Parameters
    ----------
    output : Output
    notify : function
        Called with one line when the output stops, goes away or comes back; from the output's thread.
    first_retry_s : float
        Wait before the first new try; doubled with each, up to `LONGEST_RETRY_S`.
    """

    def __init__(self, output: Output, notify: Callable[[str], None], first_retry_s: float = FIRST_RETRY_S) -> None:
        self._output = output
        self._notify = notify
        self._first_retry_s = first_retry_s
        self._waiting = Hop[Result](output.depth, newest_wins=True)
        self._closing = Event()
        self._delays = Histogram()
        self._sent = self._missed = 0
        self._thread = Thread(target=self._run, name=f"liftcam-output-{output.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The output's name."""
        return self._output.name

    @property
    def running(self) -> bool:
        """Whether the output still wants results."""
        return self._thread.is_alive()

    @property
    def traffic(self) -> Traffic:
        """What it did so far."""
        delays = self._delays
        return Traffic(
            self._sent,
            self._waiting.dropped + self._missed,
            1000 * delays.quantile_s(0.5) if len(delays) else 0.0,
            1000 * delays.quantile_s(0.95) if len(delays) else 0.0,
        )

    def offer(self, result: Result) -> None:
        """Give a result; never waits."""
        self._waiting.put(result)

    def close(self) -> None:
        """Send what waits, within a moment, and end; may be called twice.

        An output that hangs is left to its daemon thread and named in a line.
        """
        self._waiting.finish()
        self._thread.join(DRAIN_S)
        self._closing.set()
        self._waiting.close()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            self._notify(f"{self.name} did not stop within {DRAIN_S + CLOSE_S:.0f} s")

    def _run(self) -> None:
        wait_s, away = self._first_retry_s, False
        while not self._closing.is_set() and not self._waiting.ended:
            try:
                self._output.open()
                if away:
                    self._notify(f"{self.name}: back")
                wait_s, away = self._first_retry_s, False
                self._send_all()
            except OutputError as error:
                if not error.retry:
                    self._notify(f"{error}; this output stops")
                    break
                if not away:
                    self._notify(f"{error}; trying again")
                away = True
                self._pause(wait_s)
                wait_s = min(2 * wait_s, LONGEST_RETRY_S)
            except Exception as error:  # an output's own fault must not reach the pipeline
                self._notify(f"{self.name} failed and stops: {type(error).__name__}: {error}")
                break
            finally:
                self._output.close()
        self._waiting.close()

    def _send_all(self) -> None:
        while (result := self._waiting.get()) is not None:
            self._output.send(result)
            self._sent += 1
            self._delays.add(time.perf_counter() - result.lifted_s)

    def _pause(self, wait_s: float) -> None:
        """Wait before a new try; what comes meanwhile is old by then."""
        end_s = time.monotonic() + wait_s
        while (left_s := end_s - time.monotonic()) > 0 and not self._closing.is_set() and not self._waiting.ended:
            if self._waiting.get(min(left_s, 0.2)) is not None:
                self._missed += 1


class Outputs:
    """Several outputs at once.

    Parameters
    ----------
    outputs : sequence of Output
    notify : function
        See `OutputRunner`.
    """

    def __init__(self, outputs: Sequence[Output], notify: Callable[[str], None]) -> None:
        self.runners = [OutputRunner(output, notify) for output in outputs]

    def __bool__(self) -> bool:
        return bool(self.runners)

    def offer(self, result: Result) -> None:
        """Give a result to all; never waits."""
        for runner in self.runners:
            runner.offer(result)

    def close(self) -> None:
        """End all; may be called twice."""
        for runner in self.runners:
            runner.close()
