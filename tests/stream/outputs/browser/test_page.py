from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stream.outputs.browser.output import BrowserOutput
from stream.outputs.output import CoachNote, Result
from tests.export.browser import CHROMIUM, Page, browser
from tests.stream.outputs.results import result
from tests.stream.outputs.test_osc import _people

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


def _shown() -> Result:
    people = _people(2)
    people.root_m[1] = (1.0, 0.1, 3.5)
    flat = people.xyz_m + people.root_m[:, None]
    people.xy_px[:] = 0
    shown = result(12, people, (640, 480))
    pixels = shown.camera.project(flat)
    for joint, source in enumerate((9, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 9, 9, 10, 10)):
        people.xy_px[:, joint] = pixels[:, source]
    shown.frame.image[:] = (90, 60, 30)
    shown.coach[1] = CoachNote("squat", 7, cue="Sit deeper")
    return shown


class _Sending:
    """Sends the same result all the time, as a running camera does."""

    def __init__(self, output: BrowserOutput, shown: Result) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(output, shown))
        self._thread.start()

    def _run(self, output: BrowserOutput, shown: Result) -> None:
        while not self._stop.wait(0.03):
            output.send(shown)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def _until(page: Page, condition: str) -> None:
    end = time.monotonic() + 20
    while not page.run(condition):
        assert time.monotonic() < end, page.run("document.body.innerText")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[Page, Result, dict[str, Any]]]:
    sent, addresses = _shown(), list[str]()
    output = BrowserOutput("127.0.0.1", 0, mirror=False, tell=addresses.append)
    output.open()
    state: dict[str, Any] = {"output": output, "sending": _Sending(output, sent)}
    with browser() as page:
        page.call("Emulation.setDeviceMetricsOverride", width=1280, height=720, deviceScaleFactor=1, mobile=False)
        page.call("Page.navigate", url=addresses[0].split()[1])
        _until(page, "window.liftcam && window.liftcam.received > 3")
        yield page, sent, state
    state["sending"].close()
    output.close()


def test_the_page_draws_and_its_numbers_are_those_that_were_sent(shown: tuple[Page, Result, dict[str, Any]]) -> None:
    page, sent, _ = shown
    people = page.run("window.liftcam.message.people")
    np.testing.assert_allclose([person["xyz_m"] for person in people], sent.people.xyz_m, atol=1e-5)
    np.testing.assert_allclose([person["xy_px"] for person in people], sent.people.xy_px, atol=1e-3)
    assert page.run("document.getElementById('numbers').textContent").startswith("2 people")
    assert page.run("document.getElementById('count').textContent") == "7"
    assert page.run("document.getElementById('cue').textContent") == "Sit deeper"


def test_skeletons_are_where_the_people_are(shown: tuple[Page, Result, dict[str, Any]], tmp_path: Path) -> None:
    page, _, _ = shown
    page.screenshot(tmp_path / "page.png")
    pixels = cv2.imread(str(tmp_path / "page.png"))
    assert pixels is not None
    pixels = pixels[:550]  # above the coach
    orange = np.abs(pixels.astype(int) - (0, 159, 230)).sum(axis=-1) < 40
    blue = np.abs(pixels.astype(int) - (233, 180, 86)).sum(axis=-1) < 40
    half = pixels.shape[1] // 2
    for panel in (slice(0, half), slice(half, None)):
        assert orange[:, panel].sum() > 200
        assert blue[:, panel].sum() > 200
    columns = np.arange(half)
    left, right = (np.average(columns, weights=one[:, :half].sum(axis=0)) for one in (orange, blue))
    assert left > right  # who faces the camera has the left hand at the picture's right
    text = page.run("getComputedStyle(document.getElementById('count')).fontSize")
    assert float(text.removesuffix("px")) > 720 / 12


@pytest.mark.parametrize(("width", "height"), [(360, 740), (740, 360), (1920, 1080)])
def test_a_phone_and_a_television_show_everything_beside_each_other(
    shown: tuple[Page, Result, dict[str, Any]], width: int, height: int
) -> None:
    page, sent, _ = shown
    sent.coach[2] = CoachNote("squat", 12, cue="Keep your knees over your feet")
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
    for cue in ("1: Sit deeper", "2: Keep your knees over your feet"):
        _until(page, f"document.getElementById('cue').textContent === '{cue}'")
        boxes = np.array(page.run(_BOXES))
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] <= (width, height)).all()
        for one, other in itertools.combinations(boxes, 2):
            assert (np.maximum(one[:2], other[:2]) >= np.minimum(one[2:], other[2:]) - 0.5).any(), (one, other)
        sizes = page.run(
            "['count', 'cue'].map((id) => parseFloat(getComputedStyle(document.getElementById(id)).fontSize))"
        )
        assert sizes[0] >= 0.1 * min(width, height)
        assert sizes[1] >= max(24, 0.06 * min(width, height))
        assert (boxes[:2, 2:] - boxes[:2, :2] >= 0.25 * np.array([width, height])).all()  # picture and space
        sent.coach[1] = CoachNote("squat", 7)
    sent.coach.pop(2)
    sent.coach[1] = CoachNote("squat", 7, cue="Sit deeper")


_BOXES = """((boxOf) => ["picture", "space", "count", "exercise", "cue", "state", "numbers"].map((id) => {
  const range = document.createRange(), element = document.getElementById(id);
  range.selectNodeContents(element);
  if (element.tagName !== "CANVAS") return boxOf(range, 0.08);
  return boxOf(element, 0);
}))((one, room) => {
  const box = one.getBoundingClientRect();
  return [box.left, box.top + room * box.height, box.right, box.bottom - room * box.height];
})"""
"""Of canvases, and of the text in everything else, without the room that a font has above and below its letters."""


def test_it_comes_back_after_a_restart(shown: tuple[Page, Result, dict[str, Any]]) -> None:
    page, sent, state = shown
    state["sending"].close()
    output: BrowserOutput = state["output"]
    output.close()
    _until(page, "document.getElementById('state').textContent.includes('trying again')")
    expected = len(page.complaints)
    output.open()
    state["sending"] = _Sending(output, sent)
    _until(page, "window.liftcam.connections === 2 && document.getElementById('state').textContent === 'live'")
    refused = page.complaints[expected:]
    assert all("ERR_CONNECTION_REFUSED" in one or "WebSocket connection" in one for one in refused)


def test_the_console_stays_clean_while_it_runs(shown: tuple[Page, Result, dict[str, Any]]) -> None:
    page, _, _ = shown
    assert not [one for one in page.complaints if "WebSocket connection" not in one and "REFUSED" not in one]
    assert all(url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.0.0.1")) for url in page.requests)
