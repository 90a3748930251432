"""The outputs that a live command was asked for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

from commands.coaching import Coaching
from commands.options import OutputOptions
from pose.camera import CameraModel
from pose.types import Image
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.view import View, ViewOptions
from stream.outputs.address import parse_address
from stream.outputs.browser.output import BrowserOutput
from stream.outputs.json_lines import json_output
from stream.outputs.lsl import LslOutput
from stream.outputs.osc import OscOutput
from stream.outputs.output import Output, Result
from stream.outputs.rerun_file import RerunOutput
from stream.outputs.runner import Outputs
from stream.outputs.stage import OutputStage, no_coach
from stream.outputs.virtual_camera import VirtualCameraOutput
from stream.pipeline import Stage

_LOCAL = "127.0.0.1"


def chosen_outputs(
    options: OutputOptions, source: str, size: tuple[int, int], mirror: bool, tell: Callable[[str], None]
) -> list[Output]:
    """The outputs, not yet open.

    Parameters
    ----------
    options : OutputOptions
    source : str
        The camera's number or address: tells one camera's streams from another's.
    size : (int, int)
        Width and height of what the virtual camera shows.
    mirror : bool
        Whether it, and the page, show a mirror image.
    tell : function
        Is given lines to print.

    Raises
    ------
    OutputError
        Where an address is none or an extra is missing.
    """
    chosen: list[Output] = []
    if options.serve is not None:
        chosen.append(BrowserOutput(*parse_address(options.serve, "--serve", _LOCAL), mirror, tell))
    if options.json is not None:
        chosen.append(json_output(options.json))
    if options.osc is not None:
        chosen.append(OscOutput(*parse_address(options.osc, "--osc", _LOCAL)))
    if options.lsl:
        chosen.append(LslOutput(re.sub(r"\W+", "-", source)))
    if options.rerun is not None:
        chosen.append(RerunOutput(options.rerun))
    if options.virtual_camera:
        chosen.append(VirtualCameraOutput(_Drawing(size, mirror), size))
    return chosen


def output_stages(
    stack: contextlib.ExitStack,
    outputs: list[Output],
    camera: CameraModel,
    coaching: Coaching | None,
    say: Callable[[str], None],
) -> list[Stage]:
    """The stage that sends, to come behind all others; none where there is nothing to send to.

    Parameters
    ----------
    stack : ExitStack
        Ends the outputs.
    outputs : list of Output
    camera : function
        The camera that took the pictures.
    coaching : Coaching or None
    say : function
        Is given lines to print, from any thread.
    """
    if not outputs:
        return []
    working = stack.enter_context(running(outputs, say))
    return [OutputStage(working, camera, no_coach if coaching is None else coaching.noted)]


@contextlib.contextmanager
def running(outputs: list[Output], notify: Callable[[str], None]) -> Iterator[Outputs]:
    """The outputs at work; what they did is told in a line each at the end."""
    working = Outputs(outputs, notify)
    try:
        yield working
    finally:
        working.close()
        for runner in working.runners:
            traffic = runner.traffic
            notify(
                f"{runner.name}: {traffic.sent} sent, {traffic.dropped} not, lifted to sent p95 "
                f"{traffic.delay_p95_ms:.1f} ms"
            )


class _Drawing:
    """Draws results as the window shows them, without its keys; in whichever thread calls it first."""

    def __init__(self, size: tuple[int, int], mirror: bool) -> None:
        self._size, self._options = size, ViewOptions(mirror=mirror, show_hints=False)
        self._renderer: Renderer | None = None
        self._camera = OrbitCamera()

    def __call__(self, result: Result) -> Image:
        if self._renderer is None:
            self._renderer = Renderer(*self._size)
        self._renderer.draw(View(result.frame, result.people), self._options, self._camera)
        return self._renderer.pixels()
