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
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17
from pose.skeleton import BONES
from pose.types import People
from stream.outputs.avatar import Avatar, AvatarPose
from stream.outputs.osc_messages import BUNDLE, Messages, element
from stream.outputs.output import OutputError, Result
from stream.outputs.scores import joint_scores
from stream.outputs.slots import Slots

DEPTH = 120
_MISSING = "python-osc is missing; pip install 'liftcam[osc]' gets it"
_MIRRORED_X = np.array([-1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0])


def unity_name(bone: str) -> str:
    """A bone's name in Unity's HumanBodyBones.

    >>> unity_name("left_upper_arm"), unity_name("hips")
    ('LeftUpperArm', 'Hips')
    """
    return "".join(word.capitalize() for word in bone.split("_"))


def to_unity(position: ArrayLike, quaternion: ArrayLike) -> NDArray[np.float64]:
    """X y z qx qy qz qw (..., 7) in Unity's left-handed axes of what is given in right-handed ones: x is mirrored.

    >>> to_unity([1.0, 2.0, 3.0], [0.1, 0.2, 0.3, 0.9])
    array([-1. ,  2. ,  3. ,  0.1, -0.2, -0.3,  0.9])
    """
    return np.asarray(np.concatenate([position, quaternion], axis=-1) * _MIRRORED_X)


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
        """Send a bundle for the first person, with the avatar and the number of people, and one for everybody else."""
        people, time_s = result.people, result.frame.time_s
        row = self._slot.rows(people.track_id.tolist(), time_s)[0]
        if self._slot.track_ids[0] != self._main:
            self._main, self._avatar = self._slot.track_ids[0], Avatar()
        first = _count_message(len(people))
        if row is not None:
            pose = self._avatar.step(people.xyz_m[row], people.root_m[row], people.valid[row], time_s)
            first = _vmc(pose, time_s) + first
        # few datagrams: each is a call of the system, after which other threads have their turn first
        for messages in [_plain(people, index) for index in range(len(people))] or [b""]:
            self._send(first + messages)
            first = b""

    def _send(self, messages: bytes) -> None:
        if self._socket is None:
            raise OutputError(f"{self.name} is not open", retry=True)
        try:
            with contextlib.suppress(ConnectionRefusedError):  # nobody listens yet
                self._socket.send(BUNDLE + messages)
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror}", retry=True) from error


def _vmc(pose: AvatarPose, time_s: float) -> bytes:
    """The avatar: that it is there, when, and all its bones."""
    here, time, root, bones = _avatar_messages()
    place = pose.offsets_m.copy()
    place[0] = pose.hips_m
    return here + time.filled([[time_s]]) + root + bones.filled(to_unity(place, pose.local))


def _plain(people: People, index: int) -> bytes:
    """Every known joint of one person."""
    place = people.xyz_m[index] + people.root_m[index]
    score = joint_scores(people.score[index], people.valid[index])
    known = people.valid[index] & np.isfinite(place).all(axis=1)
    values = np.concatenate([place, score[:, None]], axis=1)
    return _person_messages(int(people.track_id[index])).filled(values, np.flatnonzero(known).tolist())


@lru_cache(maxsize=1)
def _avatar_messages() -> tuple[bytes, Messages, bytes, Messages]:
    """That it is there, the time, the root, which never moves, and the bones."""
    bones = [("/VMC/Ext/Bone/Pos", unity_name(bone.name)) for bone in BONES]
    root = element("/VMC/Ext/Root/Pos", "root", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    return element("/VMC/Ext/OK", 1), Messages.of([("/VMC/Ext/T",)], 1), root, Messages.of(bones, 7)


@lru_cache(maxsize=32)
def _person_messages(track_id: int) -> Messages:
    return Messages.of([(f"/liftcam/person/{track_id}/joint/{name}",) for name in H36M17], 4)


@lru_cache(maxsize=32)
def _count_message(people: int) -> bytes:
    return element("/liftcam/people", people)
