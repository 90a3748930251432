"""A recording for rerun: picture, 2D, 3D and angles on one timeline (`rerun FILE.rrd` opens it)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pose.angles import ANGLE_NAMES, joint_angles
from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18, OPENPOSE18_BONES
from stream.outputs.output import OutputError, Result

JPEG_QUALITY = 80
ROOM_BYTES = 16 << 20
"""The library writes in a thread of its own and says nothing where that fails: we stop before the disk is full."""
TIMELINE = "time"

_MISSING = "rerun-sdk is missing; pip install 'liftcam[rerun]' gets it"


class RerunOutput:
    """A `.rrd` file that grows frame by frame.

    Entities: `camera/picture`, `camera/people/ID/joints` and `/bones` in pixels, `world/people/ID/joints` and `/bones`
    in metres, camera axes (x right, y down, z forward), `angles/ID/NAME` in degrees; on the timelines `time` (seconds)
    and `frame`.

    Parameters
    ----------
    path : Path
        Replaced where it exists; folders on the way are made.

    Raises
    ------
    OutputError
        Where rerun-sdk is missing.
    """

    depth = 8

    def __init__(self, path: Path) -> None:
        try:
            import rerun  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise OutputError(_MISSING) from error
        self._rerun: Any = rerun
        self._path = path
        self._recording: Any = None
        self._shown: set[int] = set()

    @property
    def name(self) -> str:
        """The output and its file."""
        return f"rerun to {self._path}"

    def open(self) -> None:
        """Make the file."""
        rr = self._rerun
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(b"")
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written: {error.strerror}") from error
        self._recording = rr.RecordingStream("liftcam")
        self._check_room()
        self._recording.save(self._path)
        self._recording.log("world", rr.ViewCoordinates.RDF, static=True)
        self._shown = set()

    def send(self, result: Result) -> None:
        """Log one frame."""
        rr, recording, people = self._rerun, self._recording, result.people
        self._check_room()
        recording.set_time(TIMELINE, duration=result.frame.time_s)
        recording.set_time("frame", sequence=result.frame.index)
        _, picture = cv2.imencode(".jpg", result.frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        recording.log("camera/picture", rr.EncodedImage(contents=picture.tobytes(), media_type="image/jpeg"))
        now = set(people.track_id.tolist())
        for gone in self._shown - now:
            for entity in (f"camera/people/{gone}", f"world/people/{gone}"):
                recording.log(entity, rr.Clear(recursive=True))
        self._shown = now
        angles = joint_angles(people.xyz_m, people.valid) if len(people) else np.zeros((0, len(ANGLE_NAMES)))
        for row, track_id in enumerate(people.track_id.tolist()):
            self._person(result, row, track_id)
            for name, value in zip(ANGLE_NAMES, angles[row].tolist(), strict=True):
                if np.isfinite(value):
                    recording.log(f"angles/{track_id}/{name}", rr.Scalars(value))

    def _check_room(self) -> None:
        room = shutil.disk_usage(self._path.parent).free
        if room < ROOM_BYTES:
            raise OutputError(f"{self.name}: only {room >> 20} MB are free on its disk; what was recorded is kept")

    def _person(self, result: Result, row: int, track_id: int) -> None:
        rr, recording, people = self._rerun, self._recording, result.people
        found, xy = people.score[row] > 0, people.xy_px[row]
        known, xyz = people.valid[row], people.xyz_m[row] + people.root_m[row]
        flat, space = f"camera/people/{track_id}", f"world/people/{track_id}"
        labels = [name for name, seen in zip(OPENPOSE18, found, strict=True) if seen]
        recording.log(f"{flat}/joints", rr.Points2D(xy[found], labels=labels, show_labels=False))
        lines = [xy[[one, other]] for one, other in OPENPOSE18_BONES if found[one] and found[other]]
        recording.log(f"{flat}/bones", rr.LineStrips2D(lines))
        labels = [name for name, seen in zip(H36M17, known, strict=True) if seen]
        recording.log(f"{space}/joints", rr.Points3D(xyz[known], labels=labels, show_labels=False, radii=0.02))
        strips = [xyz[[one, other]] for one, other in H36M17_BONES if known[one] and known[other]]
        recording.log(f"{space}/bones", rr.LineStrips3D(strips, radii=0.01))

    def close(self) -> None:
        """Finish the file."""
        if self._recording is not None:
            self._recording.disconnect()
            self._recording = None
