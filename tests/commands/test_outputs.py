from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from commands.options import OutputOptions
from commands.outputs import chosen_outputs, running
from main import with_default
from stream.outputs.output import OutputError
from tests.stream.outputs.results import result


def _chosen(options: OutputOptions) -> list[str]:
    return [output.name for output in chosen_outputs(options, "rtsp://camera/1", (64, 48), mirror=False, tell=print)]


def test_every_option_is_an_output_of_its_own() -> None:
    options = OutputOptions("a.jsonl", "127.0.0.1:9000", True, True, Path("a.rrd"), "127.0.0.1:8765")
    assert _chosen(OutputOptions()) == []
    assert _chosen(options) == [
        "page at http://127.0.0.1:8765",
        "JSON to a.jsonl",
        "OSC to 127.0.0.1:9000",
        "LSL",
        "rerun to a.rrd",
        "the virtual camera",
    ]


@pytest.mark.parametrize(
    ("library", "options", "extra"),
    [
        ("aiohttp", OutputOptions(serve="127.0.0.1:8765"), "liftcam[serve]"),
        ("pythonosc", OutputOptions(osc="127.0.0.1:9000"), "liftcam[osc]"),
        ("pylsl", OutputOptions(lsl=True), "liftcam[lsl]"),
        ("rerun", OutputOptions(rerun=Path("a.rrd")), "liftcam[rerun]"),
        ("pyvirtualcam", OutputOptions(virtual_camera=True), "liftcam[virtual-camera]"),
    ],
)
def test_a_missing_extra_is_named(
    library: str, options: OutputOptions, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == library:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OutputError) as caught:
        _chosen(options)
    assert extra in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_virtual_camera_draws_what_the_window_shows() -> None:
    camera = chosen_outputs(OutputOptions(virtual_camera=True), "0", (640, 360), mirror=True, tell=print)[0]
    assert camera._draw(result()).shape == (360, 640, 3)  # type: ignore[attr-defined]


def test_what_outputs_did_is_told_at_the_end(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "a.jsonl"
    chosen = chosen_outputs(OutputOptions(json=str(path)), "0", (64, 48), mirror=False, tell=said.append)
    with running(chosen, said.append) as outputs:
        for index in range(4):
            outputs.offer(result(index))
    assert len(path.read_text().splitlines()) == 4
    assert len(said) == 1
    assert "4 sent, 0 not" in said[0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["live", "--serve"], ["live", "--serve", "a:1"]),
        (["live", "--serve", "0.0.0.0:80"], ["live", "--serve", "0.0.0.0:80"]),
        (["live", "--serve", "--json", "-"], ["live", "--serve", "a:1", "--json", "-"]),
        ([], []),
    ],
)
def test_serve_alone_has_an_address(words: list[str], expected: list[str]) -> None:
    assert with_default(words, "--serve", "a:1") == expected
