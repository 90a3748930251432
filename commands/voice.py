"""Spoken cues, by the speech of the system (the extra `voice`)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread

MISSING = "cues are not spoken: pip install 'liftcam[voice]'"
CLOSE_S = 1.5


def has_voice() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("pyttsx3") is not None


class Voice:
    """Says one thing at a time, in a thread of its own; a newer thing to say replaces one that waits.

    Parameters
    ----------
    notify : function
        Is told in one line where nothing can be said.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._next: Queue[str | None] = Queue()
        self._thread: Thread | None = None
        self._broken = False

    def say(self, text: str) -> None:
        """Say this next."""
        if self._broken:
            return
        if self._thread is None:
            self._thread = Thread(target=self._speak, name="liftcam-voice", daemon=True)
            self._thread.start()
        self._clear()
        self._next.put(text)

    def close(self) -> None:
        """Finish the word and end; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._clear()
            self._next.put(None)
            thread.join(CLOSE_S)

    def _clear(self) -> None:
        try:
            while True:
                self._next.get_nowait()
        except Empty:
            return

    def _speak(self) -> None:
        try:
            import pyttsx3

            engine = pyttsx3.init()
            while (text := self._next.get()) is not None:
                engine.say(text)
                engine.runAndWait()
        except ImportError:
            self._fail(MISSING)
        except Exception as error:  # each system's speech has errors of its own; none of them may end the app
            self._fail(f"cues are not spoken: {error}")

    def _fail(self, line: str) -> None:
        self._broken = True
        self._notify(line)
