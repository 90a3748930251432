from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import BlockingOSCUDPServer
from scipy.spatial.transform import Rotation

from export.world import World
from pose.joint_sets import H36M17
from pose.skeleton import BONES, RestPose, to_global
from pose.types import People
from stream.outputs.avatar import Avatar, quaternions
from stream.outputs.osc import OscOutput, to_unity, unity_name
from stream.outputs.slots import Slots
from tests.stream.outputs.results import result

Messages = list[tuple[str, tuple[Any, ...]]]


def _body(bend_deg: float = 60.0) -> np.ndarray[Any, Any]:
    """Somebody who faces the camera with bent limbs: (17, 3), camera axes, metres, from the pelvis."""
    bend = np.radians(bend_deg)
    up = {
        "pelvis": (0, 0, 0), "right_hip": (-.12, 0, 0), "right_knee": (-.14, -.42, .05), "right_ankle": (-.14, -.83, 0),
        "left_hip": (.12, 0, 0), "left_knee": (.14, -.42 * np.cos(bend), .42 * np.sin(bend)),
        "left_ankle": (.14, -.42 * np.cos(bend) - .4, .42 * np.sin(bend)), "spine": (0, .25, 0), "thorax": (0, .5, 0),
        "nose": (0, .62, .1), "head": (0, .78, 0), "left_shoulder": (.18, .47, 0), "left_elbow": (.45, .45, 0),
        "left_wrist": (.45 + .2 * np.cos(bend), .45, .2 * np.sin(bend)), "right_shoulder": (-.18, .47, 0),
        "right_elbow": (-.2, .2, 0), "right_wrist": (-.2, .1, .2),
    }  # fmt: skip
    return np.array([up[name] for name in H36M17]) * (1, -1, -1)


def _people(bodies: int = 1, first_id: int = 1) -> People:
    body = _body().astype(np.float32)
    return People(
        track_id=np.arange(first_id, first_id + bodies, dtype=np.int32),
        xy_px=np.full((bodies, 18, 2), 20, np.float32),
        score=np.full((bodies, 18), 0.8, np.float32),
        raw_xy_px=np.full((bodies, 18, 2), 20, np.float32),
        xyz_m=np.repeat(body[None], bodies, axis=0),
        root_m=np.tile(np.array([0.3, 0.1, 3.0], np.float32), (bodies, 1)),
        valid=np.ones((bodies, 17), bool),
    )


@pytest.fixture
def server() -> Iterator[tuple[int, Messages, threading.Event]]:
    got: Messages = []
    ended = threading.Event()
    dispatcher = Dispatcher()

    def keep(address: str, *values: Any) -> None:
        got.append((address, values))
        if address == "/liftcam/people" and values[0] == 0:
            ended.set()

    dispatcher.set_default_handler(keep)
    receiver = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    yield receiver.server_address[1], got, ended
    receiver.shutdown()
    thread.join()
    receiver.server_close()


def _sent(server: tuple[int, Messages, threading.Event], *frames: People) -> Messages:
    port, got, ended = server
    output = OscOutput("127.0.0.1", port)
    output.open()
    for index, people in enumerate((*frames, People.nobody())):
        output.send(result(index, people))
    assert ended.wait(5)
    output.close()
    return got


def test_plain_joints_reach_an_osc_server(server: tuple[int, Messages, threading.Event]) -> None:
    people = _people(2)
    people.valid[0, 3] = False
    plain = {address: values for address, values in _sent(server, people) if "/person/" in address}
    assert len(plain) == 16 + 17
    assert f"/liftcam/person/1/joint/{H36M17[3]}" not in plain
    np.testing.assert_allclose(
        plain["/liftcam/person/2/joint/left_wrist"], [*(people.xyz_m[1, 13] + people.root_m[1]), 0.8], atol=1e-5
    )


def test_the_avatar_that_a_receiver_rebuilds_stands_as_the_person_does(
    server: tuple[int, Messages, threading.Event],
) -> None:
    """Forward kinematics in Unity's axes, from the messages alone, against the joints that were sent."""
    got = _sent(server, _people())
    assert [values for address, values in got if address == "/VMC/Ext/OK"] == [(1,)]
    bones = {values[0]: np.array(values[1:]) for address, values in got if address == "/VMC/Ext/Bone/Pos"}
    assert list(bones) == [unity_name(bone.name) for bone in BONES]
    turn: dict[int, Rotation] = {}
    start: dict[int, np.ndarray[Any, Any]] = {}
    for index, bone in enumerate(BONES):
        place, rotation = bones[unity_name(bone.name)][:3], Rotation.from_quat(bones[unity_name(bone.name)][3:])
        above = bone.parent
        turn[index] = rotation if above < 0 else turn[above] * rotation
        start[index] = place if above < 0 else start[above] + turn[above].apply(place)
    wanted = _body() * (-1, -1, -1)  # camera axes to Unity's: facing +z, the left hand towards -x
    for index, bone in enumerate(BONES):
        if bone.start in H36M17 and bone.name not in ("left_shoulder", "right_shoulder"):
            np.testing.assert_allclose(
                start[index] - start[0], wanted[H36M17.index(bone.start)], atol=0.005, err_msg=bone.name
            )
    assert bones["Hips"][1] == pytest.approx(0.83 + 0.09, abs=1e-3)


def _built(messages: Messages) -> bytes:
    """A bundle as python-osc builds it."""
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, values in messages:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        bundle.add_content(builder.build())
    return bytes(bundle.build().dgram)


def _datagrams(people: People) -> list[bytes]:
    """What is sent for a frame."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        output = OscOutput("127.0.0.1", receiver.getsockname()[1])
        output.open()
        output.send(result(7, people))
        output.close()
        return [receiver.recv(65_536) for _ in range(len(people))]


def test_every_byte_is_as_python_osc_builds_it() -> None:
    people = _people(2, first_id=9)
    people.xyz_m[0, 5] = np.nan
    people.valid[1, 3] = False
    place = people.xyz_m + people.root_m[:, None]
    joints: list[Messages] = [
        [
            (f"/liftcam/person/{9 + row}/joint/{name}", (*place[row, joint].tolist(), float(people.score[0, 0])))
            for joint, name in enumerate(H36M17)
            if (row, joint) not in {(0, 5), (1, 3)}
        ]
        for row in range(2)
    ]
    pose = Avatar().step(people.xyz_m[0], people.root_m[0], people.valid[0], 7 / 30)
    bones: Messages = []
    for index, bone in enumerate(BONES):
        start = pose.hips_m if index == 0 else pose.offsets_m[index]
        bones.append(("/VMC/Ext/Bone/Pos", (unity_name(bone.name), *to_unity(start, pose.local[index]).tolist())))
    avatar: Messages = [
        ("/VMC/Ext/OK", (1,)),
        ("/VMC/Ext/T", (7 / 30,)),
        ("/VMC/Ext/Root/Pos", ("root", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
        *bones,
    ]
    count: Messages = [("/liftcam/people", (2,))]
    assert _datagrams(people) == [_built(avatar + count + joints[0]), _built(joints[1])]


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda parts: np.linalg.norm(parts) > 0.01))
def test_quaternions_are_those_of_the_rotation(parts: list[float]) -> None:
    turn = Rotation.from_quat(parts)
    found = quaternions(turn.as_matrix()[None])[0]
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-12)
    assert abs(found @ turn.as_quat()) == pytest.approx(1, abs=1e-12)


def test_a_person_who_leaves_is_replaced_after_a_while() -> None:
    slots = Slots(2)
    assert slots.rows([4, 5, 6], 0.0) == [0, 1]
    assert slots.rows([6, 5], 0.5) == [None, 1]
    assert slots.rows([6, 5], 1.5) == [0, 1]
    assert slots.rows([], 1.6) == [None, None]


def test_unknown_bones_stay_as_they_were() -> None:
    avatar, body = Avatar(), _body().astype(np.float32)
    whole = avatar.step(body, np.array([0, 0, 3], np.float32), np.ones(17, bool), 0.0)
    valid = np.ones(17, bool)
    valid[[12, 13]] = False
    moved = body.copy()
    moved[[12, 13]] = 9
    held = avatar.step(moved, np.array([0, 0, 3], np.float32), valid, 0.1)
    np.testing.assert_allclose(held.local, whole.local, atol=1e-6)


def test_rotations_and_rest_pose_give_the_joints_back() -> None:
    avatar, body = Avatar(), _body()
    pose = avatar.step(body.astype(np.float32), np.array([0, 0, 3], np.float32), np.ones(17, bool), 0.0)
    rest = RestPose.of(World.from_up().points(body[None]))
    local = Rotation.from_quat(pose.local).as_matrix()[None]
    assert to_global(local).shape == (1, 19, 3, 3)
    starts = rest.starts(local, np.zeros((1, 3)))[0]
    knee = next(index for index, bone in enumerate(BONES) if bone.name == "left_lower_leg")
    np.testing.assert_allclose(starts[knee], World.from_up().points(body)[H36M17.index("left_knee")], atol=0.005)
