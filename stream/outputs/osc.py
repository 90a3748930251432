"""Open Sound Control: the VMC protocol for avatars, and plain joints for everything else.

VMC (protocol.vmc.info) carries one avatar: `/VMC/Ext/OK 1`, `/VMC/Ext/T seconds`, `/VMC/Ext/Root/Pos`, and
`/VMC/Ext/Bone/Pos name x y z qx qy qz qw` for each bone, named as Unity names a humanoid's, relative to its parent, in
Unity's left-handed axes (x right, y up, z forward, metres). The avatar is the person who has been in view the longest.
Plain: `/liftcam/person/ID/joint/NAME x y z score` for every known joint of everybody, metres in camera axes (x right,
y down, z forward), and `/liftcam/people COUNT` with each frame.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17
from pose.skeleton import BONES
from pose.types import People
from stream.outputs.avatar import Avatar, AvatarPose
from stream.outputs.output import OutputError, Result
from stream.outputs.scores import joint_scores
from stream.outputs.slots import Slots

DEPTH = 120
_KINDS = {str: "s", int: "i", float: "f"}
_MISSING = "python-osc is missing; pip install 'liftcam[osc]' gets it"


def unity_name(bone: str) -> str:
    """A bone's name in Unity's HumanBodyBones.

    >>> unity_name("left_upper_arm"), unity_name("hips")
    ('LeftUpperArm', 'Hips')
    """
    return "".join(word.capitalize() for word in bone.split("_"))


def to_unity(position: NDArray[np.float64], quaternion: NDArray[np.float64]) -> list[float]:
    """X y z qx qy qz qw in Unity's left-handed axes, of a position and a rotation in right-handed ones: x mirrored.

    >>> to_unity(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3, 0.9]))
    [-1.0, 2.0, 3.0, 0.1, -0.2, -0.3, 0.9]
    """
    x, y, z = position.tolist()
    qx, qy, qz, qw = quaternion.tolist()
    return [-x, y, z, qx, -qy, -qz, qw]


def bundle(messages: list[tuple[str, list[Any]]]) -> bytes:
    """An OSC 1.0 bundle to be played at once, of messages with an address, words first and numbers behind them.

    Put together of python-osc's parts: its builder reads each message again that it has written, which took 2 ms a
    frame.
    """
    from pythonosc.parsing import osc_types  # noqa: PLC0415 - an extra

    out = [osc_types.write_string("#bundle"), osc_types.write_date(osc_types.IMMEDIATELY)]
    for address, values in messages:
        kinds = "," + "".join(_KINDS[type(value)] for value in values)
        parts = [osc_types.write_string(address), osc_types.write_string(kinds)]
        words = [value for value in values if isinstance(value, str)]
        parts += [osc_types.write_string(word) for word in words]
        parts.append(struct.pack(">" + kinds[1 + len(words) :], *values[len(words) :]))
        message = b"".join(parts)
        out += [osc_types.write_int(len(message)), message]
    return b"".join(out)


class OscOutput:
    """OSC over UDP; nobody has to listen.

    Parameters
    ----------
    host : str
    port : int
        39539 is what VMC receivers listen on, 9000 what most other programs do.

    Raises
    ------
    OutputError
        Where python-osc is missing.
    """

    depth = DEPTH

    def __init__(self, host: str, port: int) -> None:
        try:
            import pythonosc  # noqa: F401, PLC0415 - an extra, asked for before the first frame
        except ImportError as error:
            raise OutputError(_MISSING) from error
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._slot = Slots(1)
        self._main: int | None = None
        self._avatar = Avatar()

    @property
    def name(self) -> str:
        """The output and its target."""
        return f"OSC to {self._host}:{self._port}"

    def open(self) -> None:
        """Find the host."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(found[0], found[1])
            self._socket.connect(found[4])
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror}", retry=True) from error

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, result: Result) -> None:
        """Send a bundle for the avatar and one for each person, the number of people with the first."""
        people, time_s = result.people, result.frame.time_s
        row = self._slot.rows(people.track_id.tolist(), time_s)[0]
        if self._slot.track_ids[0] != self._main:
            self._main, self._avatar = self._slot.track_ids[0], Avatar()
        if row is not None:
            pose = self._avatar.step(people.xyz_m[row], people.root_m[row], people.valid[row], time_s)
            self._send(self._vmc(pose, time_s))
        # few datagrams: each is a call of the system, after which other threads have their turn first
        count: list[tuple[str, list[Any]]] = [("/liftcam/people", [len(people)])]
        for messages in [_plain(people, index) for index in range(len(people))] or [[]]:
            self._send(count + messages)
            count = []

    @staticmethod
    def _vmc(pose: AvatarPose, time_s: float) -> list[tuple[str, list[Any]]]:
        still = np.array([0.0, 0.0, 0.0, 1.0])
        messages: list[tuple[str, list[Any]]] = [
            ("/VMC/Ext/OK", [1]),
            ("/VMC/Ext/T", [float(time_s)]),
            ("/VMC/Ext/Root/Pos", ["root", *to_unity(np.zeros(3), still)]),
        ]
        for index, bone in enumerate(BONES):
            place = pose.hips_m if index == 0 else pose.offsets_m[index]
            messages.append(("/VMC/Ext/Bone/Pos", [unity_name(bone.name), *to_unity(place, pose.local[index])]))
        return messages

    def _send(self, messages: list[tuple[str, list[Any]]]) -> None:
        if self._socket is None:
            raise OutputError(f"{self.name} is not open", retry=True)
        try:
            with contextlib.suppress(ConnectionRefusedError):  # nobody listens yet
                self._socket.send(bundle(messages))
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror}", retry=True) from error


def _plain(people: People, index: int) -> list[tuple[str, list[Any]]]:
    """Every known joint of one person."""
    place = people.xyz_m[index] + people.root_m[index]
    score = joint_scores(people.score[index], people.valid[index])
    head = f"/liftcam/person/{people.track_id[index]}/joint/"
    return [
        (head + name, [*place[joint].tolist(), float(score[joint])])
        for joint, name in enumerate(H36M17)
        if people.valid[index, joint] and np.isfinite(place[joint]).all()
    ]
