import torch

from detection.skeleton import HEATMAPS, PAFS
from detection.training.loss import Balance, attention, map_loss
from detection.training.network import Maps
from detection.training.targets import Targets


def maps_of(heat: torch.Tensor, field: torch.Tensor | None = None) -> Maps:
    """Maps whose every channel is `heat` (B, h, w), and fields of the same size, 0 unless given."""
    fields = torch.zeros_like(heat) if field is None else field
    return Maps(heat[:, None].repeat(1, HEATMAPS, 1, 1), fields[:, None].repeat(1, PAFS, 1, 1))


def known_everywhere(like: Maps) -> Maps:
    return Maps(torch.ones_like(like.heatmaps), torch.ones_like(like.fields))


def test_attention_is_heat_what_is_no_background_and_the_length_of_a_field() -> None:
    seen = attention(maps_of(torch.full((1, 2, 2), 0.3), torch.full((1, 2, 2), 0.5)))
    assert torch.allclose(seen.heatmaps[0, 0], torch.tensor(0.3))
    assert torch.allclose(seen.heatmaps[0, -1], torch.tensor(0.7))
    assert torch.allclose(seen.fields, torch.tensor(0.5 * 2**0.5))


def test_a_squared_error_is_weighted_by_what_is_seen_and_masked_where_nobody_knows() -> None:
    predicted = maps_of(torch.tensor([[[0.5, 0.0]]]))
    target = maps_of(torch.tensor([[[1.0, 1.0]]]))
    target.heatmaps[:, -1] = predicted.heatmaps[:, -1]  # the background is right
    known = known_everywhere(target)
    joints = HEATMAPS - 1
    loss = map_loss([predicted], Targets(target, known), Balance(peak=6, limb=3))
    assert torch.allclose(loss, torch.tensor((0.25 * (1 + 6 * 0.5) + 1.0) * joints / 2))
    known.heatmaps[..., 1] = 0
    loss = map_loss([predicted], Targets(target, known), Balance(peak=6, limb=3))
    assert torch.allclose(loss, torch.tensor(0.25 * 4 * joints / 2))


def test_the_weights_do_not_move_the_mean_that_a_squared_error_leads_to() -> None:
    # The joint is there in one of ten pictures that look alike: the loss is least where 0.1 is predicted.
    truth = torch.zeros(10, 1, 1)
    truth[0] = 1
    target = maps_of(truth)
    target.heatmaps[:, -1] = 0.5  # only joints matter here
    guess = torch.tensor(0.1, requires_grad=True)
    heat = torch.cat((guess.expand(10, HEATMAPS - 1, 1, 1), target.heatmaps[:, -1:]), dim=1)
    for hint in (None, maps_of(torch.full((10, 1, 1), 0.7))):
        loss = map_loss(
            [Maps(heat, torch.zeros(10, PAFS, 1, 1))], Targets(target, known_everywhere(target), hint), Balance()
        )
        (slope,) = torch.autograd.grad(loss, guess, retain_graph=True)
        assert abs(float(slope)) < 1e-5
