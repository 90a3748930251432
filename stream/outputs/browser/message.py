"""What travels to a page: one binary message a frame.

Four bytes, little-endian: the length of the JSON that follows; the JSON, UTF-8; then the picture as JPEG, perhaps
nothing. The JSON, version 1:

    {"version": 1, "sequence": int, "frame_index": int, "time_s": float, "captured_unix_s": float, "width": int,
     "height": int, "mirror": bool, "fps": float, "latency_ms": float, "up": [x, y, z], "floor_m": float or null,
     "people": [{"track_id": int, "xy_px": 18 x [x, y] or null, "score": 18 numbers, "xyz_m": 17 x [x, y, z],
                 "root_m": [x, y, z], "valid": 17 booleans,
                 "coach": {"exercise", "count", "partial", "phase", "cue"} or missing}]}

`width` and `height` are those of the camera's picture, in whose pixels `xy_px` is; the JPEG may be smaller. 3D is in
metres in camera axes; `up` is in the same, and the floor lies `floor_m` below the camera along it. Versions with the
same number may gain keys; a receiver ignores those that it does not know.
"""

from __future__ import annotations

import json
import struct
import time
from dataclasses import asdict
from typing import Any

import cv2

from export.json_lines import people_objects
from pose.types import Image
from stream.outputs.output import Result

VERSION = 1
LONGEST_SIDE = 960
JPEG_QUALITY = 70
_LENGTH = struct.Struct("<I")


def jpeg(image: Image) -> bytes:
    """The picture (H, W, 3) BGR, made smaller where its longer side is over `LONGEST_SIDE`."""
    done, data = cv2.imencode(".jpg", _smaller(image), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes() if done else b""


def _smaller(image: Image) -> Image:
    """At most `LONGEST_SIDE` long: by a whole number first, which OpenCV averages fast, then linearly.

    By any other number averaging takes several times as long as packing.
    """
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= LONGEST_SIDE:
        return image
    whole = longest // LONGEST_SIDE
    if whole > 1:
        image = cv2.resize(image, (width // whole, height // whole), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    size = round(width * LONGEST_SIDE / longest), round(height * LONGEST_SIDE / longest)
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def pack(head: dict[str, Any], picture: bytes) -> bytes:
    """One message.

    >>> unpack(pack({"version": 1}, b"abc"))
    ({'version': 1}, b'abc')
    """
    text = json.dumps(head, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTH.pack(len(text)) + text + picture


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the picture of a message."""
    (length,) = _LENGTH.unpack_from(message)
    start = _LENGTH.size + length
    return json.loads(message[_LENGTH.size : start]), message[start:]


def head(result: Result, sequence: int, fps: float, *, mirror: bool) -> dict[str, Any]:
    """The JSON of one result."""
    people = people_objects(result.people)
    for person in people:
        note = result.coach.get(person["track_id"])
        if note is not None:
            person["coach"] = asdict(note)
    now_s = time.perf_counter()
    floor = result.floor if result.floor is not None and result.floor.known else None
    return {
        "version": VERSION,
        "sequence": sequence,
        "frame_index": result.frame.index,
        "time_s": round(result.frame.time_s, 6),
        "captured_unix_s": round(time.time() - (now_s - result.captured_s), 6),
        "width": result.frame.width,
        "height": result.frame.height,
        "mirror": mirror,
        "fps": round(fps, 1),
        "latency_ms": round(1000 * (now_s - result.captured_s), 1),
        "up": [0.0, -1.0, 0.0] if floor is None else [round(float(part), 5) for part in floor.up],
        "floor_m": None if floor is None else round(float(floor.camera_height_m), 4),
        "people": people,
    }
