from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from commands.interrupts import deferred


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Python's own handler, also where the tests run in the background of a shell and are told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_waits_for_the_end_of_a_frame() -> None:
    done = []

    def work() -> None:
        with deferred() as interrupts:
            for frame in range(3):
                if frame == 1:
                    signal.raise_signal(signal.SIGINT)
                done.append(frame)
                interrupts.check()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [0, 1]


def test_a_second_ctrl_c_does_not_wait() -> None:
    with deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_everything_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deferred():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_who_was_told_to_ignore_it_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred() as interrupts:
            signal.raise_signal(signal.SIGINT)
            interrupts.check()
    finally:
        signal.signal(signal.SIGINT, before)
