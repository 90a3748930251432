from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from render.sdl import pygame
from render.sounds import FADE_S, RATE_HZ, Sound, Sounds, samples


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sounds]:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    lines: list[str] = []
    sounds = Sounds(lines.append)
    assert lines == []
    yield sounds
    sounds.close()


@pytest.mark.parametrize("sound", list(Sound))
def test_a_tone_has_its_length_and_pitch_and_soft_ends(sound: Sound) -> None:
    wave = samples(sound).astype(float)
    assert len(wave) == sum(round(length_s * RATE_HZ) for _, length_s in sound.value)
    assert 3000 < np.abs(wave).max() <= 0.36 * 32767
    edge = round(FADE_S * RATE_HZ / 10)
    assert np.abs(wave[:edge]).max() < 0.15 * np.abs(wave).max()
    assert np.abs(wave[-edge:]).max() < 0.15 * np.abs(wave).max()
    first_hz, first_s = sound.value[0]
    note = wave[: round(first_s * RATE_HZ)]
    spectrum = np.abs(np.fft.rfft(note, 1 << 16))
    assert np.argmax(spectrum) * RATE_HZ / (1 << 16) == pytest.approx(first_hz, rel=0.02)


def test_sounds_are_told_apart() -> None:
    assert len({sound.value for sound in Sound}) == len(Sound)


def test_tones_play_until_they_are_muted(heard: Sounds) -> None:
    assert heard.available
    assert all(heard.play(sound) for sound in Sound)
    heard.muted = True
    assert not heard.play(Sound.COUNT)
    heard.muted = False
    assert heard.play(Sound.COUNT)


def test_closing_twice_gives_the_device_back(heard: Sounds) -> None:
    heard.close()
    heard.close()
    assert pygame.mixer.get_init() is None
    assert not heard.play(Sound.GO)


def test_no_device_is_one_line_and_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no_such_driver")
    lines: list[str] = []
    sounds = Sounds(lines.append)
    assert len(lines) == 1
    assert "no tones" in lines[0]
    assert not sounds.available
    assert not sounds.play(Sound.COUNT)
    sounds.close()
