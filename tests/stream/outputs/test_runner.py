from __future__ import annotations

import threading
import time

import pytest

from stream.item import Item
from stream.outputs.output import OutputError, Result
from stream.outputs.runner import OutputRunner, Outputs
from stream.outputs.stage import OutputStage
from stream.stages import assumed_camera
from tests.stream.outputs.results import result


class _Receiver:
    """An output that keeps what it was sent, and fails as told."""

    name = "a receiver"

    def __init__(self, depth: int = 100, errors: tuple[Exception | None, ...] = ()) -> None:
        self.depth = depth
        self.got: list[int] = []
        self.opened = self.closed = 0
        self.gate = threading.Event()
        self.gate.set()
        self._errors = list(errors)

    def open(self) -> None:
        self.opened += 1

    def send(self, result: Result) -> None:
        self.gate.wait(5)
        if self._errors and (error := self._errors.pop(0)) is not None:
            raise error
        self.got.append(result.frame.index)

    def close(self) -> None:
        self.closed += 1


def _wait(condition: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.005)
    assert condition()  # type: ignore[operator]


def test_everything_arrives_in_order_and_close_drains() -> None:
    receiver, said = _Receiver(), list[str]()
    runner = OutputRunner(receiver, said.append)
    for index in range(50):
        runner.offer(result(index))
    runner.close()
    assert receiver.got == list(range(50))
    assert (runner.traffic.sent, runner.traffic.dropped, said) == (50, 0, [])
    assert receiver.closed >= 1


def test_a_slow_receiver_gets_the_newest_and_the_giver_never_waits() -> None:
    receiver = _Receiver(depth=1)
    receiver.gate.clear()
    runner = OutputRunner(receiver, print)
    for index in range(100):
        runner.offer(result(index))
    receiver.gate.set()
    _wait(lambda: receiver.got and receiver.got[-1] == 99)
    runner.close()
    assert len(receiver.got) <= 2
    assert runner.traffic.dropped >= 98


def test_a_receiver_that_goes_away_is_tried_again_and_said_twice() -> None:
    receiver, said = _Receiver(errors=(OutputError("nobody listens", retry=True),)), list[str]()
    runner = OutputRunner(receiver, said.append, first_retry_s=0.02)
    runner.offer(result(0))
    _wait(lambda: receiver.opened == 2)
    runner.offer(result(1))
    _wait(lambda: receiver.got == [1])
    runner.close()
    assert said == ["nobody listens; trying again", "a receiver: back"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(OutputError("the disk is full"), "the disk is full; this output stops"), (ValueError("oh"), "ValueError: oh")],
)
def test_an_output_that_cannot_go_on_stops_alone(error: Exception, words: str) -> None:
    broken, whole, said = _Receiver(errors=(error,)), _Receiver(), list[str]()
    outputs = Outputs([broken, whole], said.append)
    for index in range(5):
        outputs.offer(result(index))
    _wait(lambda: not outputs.runners[0].running and len(whole.got) == 5)
    outputs.offer(result(5))
    outputs.close()
    assert whole.got == [0, 1, 2, 3, 4, 5]
    assert len(said) == 1
    assert words in said[0]


def test_the_stage_passes_items_on_and_offers_them() -> None:
    receiver = _Receiver()
    stage = OutputStage(Outputs([receiver], print), assumed_camera(60))
    item = Item(result(7).frame, 0.0)
    assert stage.step(item) is item
    stage.close()
    assert receiver.got == [7]
