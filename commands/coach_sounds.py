"""What is heard of a session: tones, and cues that are spoken."""

from __future__ import annotations

from collections.abc import Callable

from commands.voice import MISSING, Voice, has_voice
from fitness.coach import Level
from fitness.events import CueGiven, Event, RepetitionDone, Tick
from render.sounds import Sound, Sounds


class CoachSounds:
    """Hears a session's events and makes them heard.

    Parameters
    ----------
    speak : bool
        Whether cues are spoken.
    notify : function
        Is told in one line what cannot be heard.
    """

    def __init__(self, speak: bool, notify: Callable[[str], None]) -> None:
        self._sounds = Sounds(notify)
        self._voice: Voice | None = None
        if speak:
            if has_voice():
                self._voice = Voice(notify)
            else:
                notify(MISSING)

    @property
    def muted(self) -> bool:
        """Whether nothing is heard."""
        return self._sounds.muted

    def toggle(self) -> None:
        """Mute everything, or let it be heard again."""
        self._sounds.muted = not self._sounds.muted

    def hear(self, event: Event) -> None:
        """Make an event heard."""
        sound = sound_of(event)
        if sound is not None:
            self._sounds.play(sound)
        if self._voice is not None and not self.muted and isinstance(event, CueGiven):
            self._voice.say(event.cue.text)

    def close(self) -> None:
        """End; may be called twice."""
        self._sounds.close()
        if self._voice is not None:
            self._voice.close()


def sound_of(event: Event) -> Sound | None:
    """The tone of an event; None where it has none.

    >>> sound_of(Tick(1, 3)), sound_of(Tick(1, 0))
    (<Sound.TICK: ((523.3, 0.1),)>, <Sound.GO: ((1046.5, 0.35),)>)
    """
    if isinstance(event, RepetitionDone):
        return Sound.COUNT
    if isinstance(event, Tick):
        return Sound.TICK if event.number else Sound.GO
    if isinstance(event, CueGiven):
        return Sound.GOOD if event.cue.level is Level.GOOD else Sound.CUE
    return None
