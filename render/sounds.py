"""Short tones for a count, praise, a cue and the countdown, made here; where there is no sound device, silence."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from render.sdl import pygame

RATE_HZ = 44_100
BUFFER = 512
"""Samples that are mixed ahead: 12 ms."""
LOUDNESS = 0.35
FADE_S = 0.012


class Sound(Enum):
    """What is to be heard; the value is its notes, as frequencies in Hz and lengths in seconds."""

    COUNT = ((880.0, 0.09),)
    GOOD = ((659.3, 0.09), (987.8, 0.18))
    CUE = ((392.0, 0.16), (330.0, 0.22))
    TICK = ((523.3, 0.1),)
    GO = ((1046.5, 0.35),)


def samples(sound: Sound) -> NDArray[np.int16]:
    """A sound at `RATE_HZ`, (N,): notes with soft ends, one after the other.

    >>> samples(Sound.COUNT).shape
    (3969,)
    """
    notes = []
    for frequency_hz, length_s in sound.value:
        time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        envelope = np.minimum(1.0, np.minimum(time_s, time_s[-1] - time_s) / FADE_S)
        wave = np.sin(2 * np.pi * frequency_hz * time_s) + 0.25 * np.sin(4 * np.pi * frequency_hz * time_s)
        notes.append(wave / 1.25 * envelope)
    return np.asarray(np.round(np.concatenate(notes) * LOUDNESS * np.iinfo(np.int16).max), np.int16)


class Sounds:
    """Plays tones.

    Parameters
    ----------
    notify : function
        Is told in one line where nothing can be heard.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self.muted = False
        self._sounds: dict[Sound, pygame.mixer.Sound] = {}
        try:
            with _silent_libraries():
                pygame.mixer.init(frequency=RATE_HZ, size=-16, channels=1, buffer=BUFFER)
        except pygame.error as error:
            notify(f"no tones: {error}")
            return
        # the device may want another rate or two channels; what was made is turned into that by the mixer
        for sound in Sound:
            self._sounds[sound] = pygame.mixer.Sound(buffer=_for_device(samples(sound)).tobytes())

    @property
    def available(self) -> bool:
        """Whether there is a device to be heard on."""
        return bool(self._sounds)

    def play(self, sound: Sound) -> bool:
        """Begin a tone; whether it can be heard."""
        if self.muted or sound not in self._sounds:
            return False
        return self._sounds[sound].play() is not None

    def close(self) -> None:
        """Give the device back; calling it again does nothing."""
        if self._sounds:
            self._sounds.clear()
            pygame.mixer.quit()


@contextlib.contextmanager
def _silent_libraries() -> Iterator[None]:
    """Keep what system libraries write about a missing device off the terminal: it is said in one line instead."""
    sys.stderr.flush()
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # a program without a terminal has no such output
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _for_device(wave: NDArray[np.int16]) -> NDArray[np.int16]:
    """The wave (N,) at the rate and with the channels that the device was opened with, (M,) or (M, channels)."""
    rate_hz, _, channels = pygame.mixer.get_init()
    count = round(len(wave) * rate_hz / RATE_HZ)
    at = np.linspace(0, len(wave) - 1, count)
    resampled = np.round(np.interp(at, np.arange(len(wave)), wave)).astype(np.int16)
    return resampled if channels == 1 else np.repeat(resampled[:, None], channels, axis=1)
