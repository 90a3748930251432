from __future__ import annotations

import numpy as np
import pytest
import torch

from lifting.normalise import FEATURES
from lifting.offline import whole_clip
from lifting.streaming import PAST_TICKS, StreamingNet, dense
from lifting.tcn import NetworkOptions, StridedSingleFrame, TemporalNet
from lifting.weights import LifterWeights
from tests.lifting.helpers import random_weights


def trained_like(options: NetworkOptions) -> TemporalNet:
    """A network whose batch normalisations are far from the identity."""
    torch.manual_seed(3)
    net = TemporalNet(options)
    torch.nn.init.normal_(net.shrink.weight, std=0.1)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            assert module.running_mean is not None
            assert module.running_var is not None
            torch.nn.init.normal_(module.running_mean, std=0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()


def stream(weights: LifterWeights, features: np.ndarray) -> np.ndarray:
    net = StreamingNet(weights, slots=len(features))
    slots = np.arange(len(features))
    return np.stack([net.step(features[:, frame], slots) for frame in range(features.shape[1])], axis=1)


@pytest.mark.parametrize(("blocks", "taps"), [(3, 3), (4, 3), (3, 1), (0, 3)])
def test_streaming_equals_torch(blocks: int, taps: int) -> None:
    net = trained_like(NetworkOptions(channels=32, blocks=blocks, taps=taps))
    features = np.random.default_rng(0).normal(size=(3, 300, FEATURES)).astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(stream(net.folded(), features), expected, atol=1e-4)


@pytest.mark.parametrize(("blocks", "taps", "causal"), [(3, 3, True), (2, 3, False), (3, 1, True)])
def test_the_strided_form_gives_the_frame_that_the_whole_sequence_gives(blocks: int, taps: int, causal: bool) -> None:
    options = NetworkOptions(channels=16, blocks=blocks, taps=taps, causal=causal)
    net = trained_like(options)
    features, field = torch.randn(1, 200, FEATURES), options.receptive_field
    at = field - 1 if causal else field // 2
    with torch.no_grad():
        whole = net(features)
        for first in (0, 31, 200 - field):
            window = features[:, first : first + field]
            one = net.one_frame(window, torch.ones(1, field, dtype=torch.bool))
            np.testing.assert_allclose(one[:, 0].numpy(), whole[:, first + at].numpy(), atol=1e-5)


def test_the_strided_form_knows_where_a_stream_begins() -> None:
    net = trained_like(NetworkOptions(channels=16))
    features = torch.randn(1, 81, FEATURES)
    with torch.no_grad():
        whole = net(features)
        for last in (0, 1, 5, 40):
            window = torch.cat([torch.full((1, 80 - last, FEATURES), 9.0), features[:, : last + 1]], dim=1)
            begun = torch.arange(81)[None] >= 80 - last
            np.testing.assert_allclose(net.one_frame(window, begun)[:, 0].numpy(), whole[:, last].numpy(), atol=1e-5)


TOLD_LATE = NetworkOptions(channels=24, blocks=2, head=40, delays=(0, 3, 12))


def test_poses_told_late_are_the_same_streaming_strided_and_over_the_whole_clip() -> None:
    net = trained_like(TOLD_LATE)
    weights, features = net.folded(), np.random.default_rng(0).normal(size=(2, 60, FEATURES)).astype(np.float32)
    with torch.no_grad():
        told = net.delayed(torch.from_numpy(features)).numpy()  # (B, T, D, 17, 3)
        window = torch.from_numpy(features[:, 60 - TOLD_LATE.receptive_field :])
        strided = net.one_frame(window, torch.ones(window.shape[:2], dtype=torch.bool)).numpy()
    np.testing.assert_allclose(strided, told[:, -1], atol=1e-5)
    clip = whole_clip(weights, features[0])
    np.testing.assert_allclose(clip[:48], told[0, 12:, 2], atol=1e-5)
    np.testing.assert_allclose(clip[48:57], told[0, 51:, 1], atol=1e-5)  # the end of the clip has less after it
    np.testing.assert_allclose(clip[57:], told[0, 57:, 0], atol=1e-5)
    np.testing.assert_allclose(whole_clip(weights, features[0], ahead=5)[:57], told[0, 3:, 1], atol=1e-5)
    for output, delay in enumerate(TOLD_LATE.delays):
        stream_net, slots = StreamingNet(weights, slots=2), np.array([1, 0])
        live = [stream_net.step(features[:, frame], slots, delay=delay) for frame in range(60)]
        np.testing.assert_allclose(np.stack(live, axis=1), told[:, :, output], atol=1e-4)


def test_a_block_that_sleeps_is_neither_used_nor_saved() -> None:
    net = trained_like(NetworkOptions(channels=16, blocks=3))
    net.awake = 2
    features = torch.randn(1, 90, FEATURES)
    again = TemporalNet.from_folded(net.folded())
    assert net.folded().blocks == 2
    with torch.no_grad():
        np.testing.assert_allclose(again(features).numpy(), net(features).numpy(), atol=1e-4)
        window, begun = features[:, -27:], torch.ones(1, 27, dtype=torch.bool)
        np.testing.assert_allclose(net.one_frame(window, begun)[:, 0].numpy(), net(features)[:, -1].numpy(), atol=1e-5)


def test_weights_survive_folding_and_unfolding() -> None:
    net = trained_like(NetworkOptions(channels=16, blocks=2))
    again = TemporalNet.from_folded(net.folded())
    features = torch.randn(2, 50, FEATURES)
    with torch.no_grad():
        np.testing.assert_allclose(again(features).numpy(), net(features).numpy(), atol=1e-4)


def test_a_causal_network_does_not_see_the_future_and_a_symmetric_one_does() -> None:
    weights = random_weights()
    features = torch.randn(1, 120, FEATURES)
    changed = features.clone()
    changed[:, 60:] = 0
    for causal in (True, False):
        net = TemporalNet.from_folded(weights, causal=causal)
        with torch.no_grad():
            same = torch.isclose(net(features)[0], net(changed)[0], atol=1e-6).all(dim=-1).all(dim=-1)
        assert bool(same[:20].all())
        assert bool(same[:60].all()) == causal


def test_the_receptive_field_is_what_it_says() -> None:
    options = NetworkOptions(channels=8, blocks=2)
    assert options.receptive_field == 27
    assert NetworkOptions().receptive_field == 81
    weights = random_weights(channels=8, blocks=2)
    features = np.random.default_rng(1).normal(size=(1, 60, FEATURES)).astype(np.float32)
    for frame, touches in ((59 - 26, True), (59 - 27, False)):
        changed = features.copy()
        changed[:, frame] += 10
        differs = np.abs(stream(weights, changed)[0, -1] - stream(weights, features)[0, -1]).max() > 1e-6
        assert differs == touches


def test_people_do_not_know_each_other_and_a_slot_can_be_cleared() -> None:
    weights, random = random_weights(), np.random.default_rng(2)
    features = random.normal(size=(2, 90, FEATURES)).astype(np.float32)
    together = stream(weights, features)
    np.testing.assert_allclose(stream(weights, features[:1]), together[:1], atol=1e-5)
    net = StreamingNet(weights, slots=1)
    for frame in range(30):
        net.step(features[:1, frame], np.array([0]))
    net.clear(0)
    net.grow(2)
    late = [net.step(features[:, frame], np.array([1, 0])) for frame in range(90)]
    np.testing.assert_allclose(np.stack(late, axis=1), together, atol=1e-5)


def test_a_frame_that_is_not_committed_leaves_no_trace() -> None:
    weights = random_weights()
    features = np.random.default_rng(4).normal(size=(1, 40, FEATURES)).astype(np.float32)
    net, slots = StreamingNet(weights), np.array([0])
    out = []
    for frame in range(40):
        peek = net.step(features[:, frame], slots, commit=False)
        net.step(features[:, 39 - frame], slots, commit=False)
        out.append(net.step(features[:, frame], slots))
        np.testing.assert_array_equal(peek, out[-1])
    np.testing.assert_allclose(np.stack(out, axis=1), stream(weights, features), atol=1e-6)


def test_a_symmetric_network_cannot_stream() -> None:
    weights = random_weights()
    with pytest.raises(ValueError, match="looks ahead"):
        StreamingNet(LifterWeights(weights.weight, weights.bias, weights.taps, causal=False))


@pytest.mark.parametrize(("people", "inputs"), [(1, 7), (3, 168), (8, 4), (0, 5)])
def test_dense_is_a_matrix_product(people: int, inputs: int) -> None:
    random = np.random.default_rng(inputs)
    x = np.maximum(random.normal(size=(people, inputs)), 0).astype(np.float32)
    weight, bias = random.normal(size=(inputs, 9)).astype(np.float32), random.normal(size=9).astype(np.float32)
    np.testing.assert_allclose(dense(x, weight, bias, False), x @ weight + bias, atol=1e-4)
    np.testing.assert_allclose(dense(x, weight, bias, True), np.maximum(x @ weight + bias, 0), atol=1e-4)


def test_the_strided_form_gives_one_pose_from_its_whole_window() -> None:
    net = StridedSingleFrame(channels=16, layers=3).eval()
    window = torch.randn(1, 27, 34)
    with torch.no_grad():
        before = net(window)
        for frame in (0, 13, 26):
            changed = window.clone()
            changed[:, frame] += 5
            assert not torch.allclose(net(changed), before)
    assert before.shape == (1, 17, 3)
    assert net.receptive_field == 27


def test_who_has_just_come_has_stood_there_for_a_while() -> None:
    """A past that is given is the past that would have been seen; those who are there keep theirs."""
    random = np.random.default_rng(5)
    features = random.normal(size=(3, 60, FEATURES)).astype(np.float32)
    late, there, together = (StreamingNet(random_weights(), slots=3) for _ in range(3))
    for frame in range(40):
        there.step(features[:2, frame], np.array([0, 2]))
        together.step(features[:2, frame], np.array([0, 2]))
    for _ in range(PAST_TICKS):
        late.step(features[2:, 40], np.array([1]))
    together.begin(features[2:, 40], np.array([1]))
    for frame in range(40, 60):
        both = together.step(features[[0, 2, 1], frame], np.array([0, 1, 2]))
        np.testing.assert_allclose(both[[0, 2]], there.step(features[:2, frame], np.array([0, 2])), atol=1e-5)
        np.testing.assert_allclose(both[1:2], late.step(features[2:, frame], np.array([1])), atol=1e-5)
