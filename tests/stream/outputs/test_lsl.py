from __future__ import annotations

import time

import numpy as np
import pylsl
import pytest

from pose.types import People
from stream.outputs.lsl import LslOutput, channel_names
from tests.stream.outputs.results import result
from tests.stream.outputs.test_osc import _people


def test_an_inlet_gets_the_poses_with_names_units_and_the_time_of_capture() -> None:
    output = LslOutput(f"test-{time.time_ns()}")
    output.open()
    found = pylsl.resolve_byprop("source_id", f"liftcam-{output.source}-0", timeout=60)
    assert len(found) == 1
    inlet = pylsl.StreamInlet(found[0])
    inlet.open_stream(timeout=60)
    info = inlet.info(timeout=60)
    channel = info.desc().child("channels").first_child()
    labels = []
    for _ in range(info.channel_count()):
        labels.append((channel.child_value("label"), channel.child_value("unit")))
        channel = channel.next_sibling()
    assert labels == [(label, unit) for label, _, _, unit in channel_names()]
    people = _people(1, 7)
    people.valid[0, 3] = False
    sent = result(0, people)
    output.send(sent)
    output.send(result(60, People.nobody()))
    first, stamp = inlet.pull_sample(timeout=60)
    last, _ = inlet.pull_sample(timeout=60)
    assert first is not None
    assert last is not None
    joints = np.array(first[1:]).reshape(17, 4)
    assert first[0] == 7
    assert np.isnan(joints[3, :3]).all()
    np.testing.assert_allclose(joints[13, :3], people.xyz_m[0, 13] + people.root_m[0], atol=1e-6)
    assert joints[13, 3] == pytest.approx(0.8)
    assert np.isnan(last).all()
    age_s = pylsl.local_clock() - stamp
    assert age_s == pytest.approx(time.perf_counter() - sent.captured_s, abs=0.05)
    inlet.close_stream()
    output.close()
