"""Lab streaming layer: poses beside EEG, EMG or force plates, on one clock.

A stream a person, `LiftCam-1` to `LiftCam-N` of type `MoCap`, made when somebody first takes its place; 69 channels,
float32, at the camera's own irregular times: `track_id`, then for each of the 17 joints X, Y, Z in metres (camera axes:
x right, y down, z forward) and Confidence 0..1. A joint that is not known is NaN; so is everything while nobody has the
place. Time stamps are those of the capture on LSL's clock.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17
from stream.outputs.output import OutputError, Result
from stream.outputs.scores import joint_scores
from stream.outputs.slots import Slots

PEOPLE = 4
"""Streams at most; more people than that are not sent."""
CHANNELS = 1 + 4 * len(H36M17)
DEPTH = 120

_MISSING = "pylsl is missing; pip install 'liftcam[lsl]' gets it"


class LslOutput:
    """A lab streaming outlet for each of the first people.

    Parameters
    ----------
    source : str
        Tells this camera's streams from others, so that a receiver finds them again after a restart.

    Raises
    ------
    OutputError
        Where pylsl or its library is missing.
    """

    depth = DEPTH
    name = "LSL"

    def __init__(self, source: str) -> None:
        try:
            import pylsl  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise OutputError(_MISSING) from error
        except RuntimeError as error:  # the wheel of some systems comes without the library itself
            raise OutputError(f"pylsl finds no liblsl: {str(error).splitlines()[0]}") from error
        self._lsl: Any = pylsl
        pylsl.set_config_content("[log]\nlevel = -2\n")  # warnings and errors alone: the terminal is the user's
        self.source = source
        self._slots = Slots(PEOPLE)
        self._outlets: list[Any] = []

    def open(self) -> None:
        """The first stream is there at once, so that a recorder can be started before anybody is in view."""
        self._slots = Slots(PEOPLE)
        self._outlets = [self._outlet(0)]

    def close(self) -> None:
        """Take the streams away."""
        self._outlets = []

    def send(self, result: Result) -> None:
        """Push a sample to every stream."""
        people = result.people
        rows = self._slots.rows(people.track_id.tolist(), result.frame.time_s)
        stamp = result.captured_s + self._lsl.local_clock() - time.perf_counter()
        for place, row in enumerate(rows):
            if row is not None and place >= len(self._outlets):
                self._outlets += [self._outlet(number) for number in range(len(self._outlets), place + 1)]
            if place < len(self._outlets):
                self._outlets[place].push_sample(sample(result, row), stamp)

    def _outlet(self, place: int) -> Any:
        lsl = self._lsl
        name = f"LiftCam-{place + 1}"
        info = lsl.StreamInfo(name, "MoCap", CHANNELS, lsl.IRREGULAR_RATE, "float32", f"liftcam-{self.source}-{place}")
        setup = info.desc().append_child("setup")
        setup.append_child_value("axes", "camera: x right, y down, z forward")
        channels = info.desc().append_child("channels")
        for label, marker, kind, unit in channel_names():
            channel = channels.append_child("channel")
            for key, value in (("label", label), ("marker", marker), ("type", kind), ("unit", unit)):
                channel.append_child_value(key, value)
        return lsl.StreamOutlet(info)


def channel_names() -> list[tuple[str, str, str, str]]:
    """Label, joint, type and unit of every channel.

    >>> len(channel_names()) == CHANNELS, channel_names()[1]
    (True, ('pelvis_x', 'pelvis', 'PositionX', 'meters'))
    """
    rows = [("track_id", "", "Misc", "none")]
    for joint in H36M17:
        rows += [(f"{joint}_{axis}", joint, f"Position{axis.upper()}", "meters") for axis in "xyz"]
        rows.append((f"{joint}_confidence", joint, "Confidence", "normalized"))
    return rows


def sample(result: Result, row: int | None) -> NDArray[np.float32]:
    """The channels (69,) of one person, all NaN for nobody."""
    out = np.full(CHANNELS, np.nan, np.float32)
    if row is None:
        return out
    people = result.people
    known = people.valid[row]
    joints = out[1:].reshape(len(H36M17), 4)
    joints[known, :3] = people.xyz_m[row, known] + people.root_m[row]
    joints[:, 3] = joint_scores(people.score[row], known)
    out[0] = people.track_id[row]
    return out
