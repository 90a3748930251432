"""What the network is to predict: Gaussian peaks, affinity fields, and where nobody knows.

Heatmaps and affinity fields are those of Cao et al., Realtime Multi-Person 2D Pose Estimation using Part Affinity
Fields (2017), drawn with the widths of Lightweight OpenPose (Osokin, 2018), so that one decoder reads its maps and
ours. Everything is computed in batches on the device of the labels, after augmentation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from detection.skeleton import HEATMAPS, JOINTS, LIMB_TABLE, PAFS
from detection.training.labels import KNOWN, UNKNOWN, Labels, transform_points
from detection.training.network import STRIDE, Maps

SIGMA_CELLS = 0.875
"""Spread of a peak: 7 pixels at stride 8."""
LIMB_RADIUS_CELLS = 1.0
"""Half the width of a limb in the affinity fields."""
LIMB_OVERHANG_CELLS = 0.5
"""How far a limb's field reaches beyond its joints."""
_DRAWN = 0.05
"""A heatmap above this belongs to a known joint and is never masked."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Maps to predict; of the same shapes, `known`, 0 in cells where nobody knows; and what a teacher sees, if any."""

    maps: Maps
    known: Maps
    hint: Maps | None = None


def cell_centres(count: int, device: torch.device) -> Tensor:
    """Pixels of the centres of `count` cells: 3.5, 11.5, ..."""
    return torch.arange(count, device=device, dtype=torch.float32) * STRIDE + (STRIDE - 1) / 2


def draw_targets(labels: Labels, height: int, width: int) -> Targets:
    """Targets for pictures of `height` x `width` pixels with these labels."""
    labels = labels.trimmed()
    heatmaps = draw_heatmaps(labels, height, width)
    fields, touched = draw_fields(labels, height, width)
    seen = 1 - _inside(labels.ignored, labels.to_stored, height, width).amax(dim=1)  # (B, H, W)
    hidden_joints = _unknown_joints(labels, height, width)  # (B, 18, H, W)
    first, second, channel = _limbs(heatmaps.device)
    hidden_limbs = torch.maximum(hidden_joints[:, first], hidden_joints[:, second])  # (B, 19, H, W)

    drawn = (heatmaps[:, :JOINTS] > _DRAWN).float()
    # What is drawn is known, in an ignored box too.
    known_joints = torch.maximum((1 - hidden_joints) * seen[:, None], drawn)
    known_heat = torch.cat((known_joints, known_joints.amin(dim=1, keepdim=True)), dim=1)
    known_limbs = torch.maximum((1 - hidden_limbs) * seen[:, None], touched)
    known_fields = torch.zeros_like(fields)
    known_fields[:, channel] = known_limbs
    known_fields[:, channel + 1] = known_limbs
    return Targets(Maps(heatmaps, fields), Maps(known_heat, known_fields))


def draw_heatmaps(labels: Labels, height: int, width: int) -> Tensor:
    """A Gaussian at every known joint, the highest where they overlap; last the background: (B, 19, H/8, W/8)."""
    device = labels.joints.device
    rows, columns = cell_centres(height // STRIDE, device), cell_centres(width // STRIDE, device)
    spread = 2 * (SIGMA_CELLS * STRIDE) ** 2
    known = (labels.state == KNOWN).float()
    across = torch.exp(-((columns - labels.joints[..., :1]) ** 2) / spread) * known[..., None]  # (B, P, 18, W)
    down = torch.exp(-((rows - labels.joints[..., 1:]) ** 2) / spread)  # (B, P, 18, H)
    out = torch.zeros(labels.state.shape[0], HEATMAPS, len(rows), len(columns), device=device)
    for person in range(labels.state.shape[1]):  # few people; all at once would need P times the memory
        peak = down[:, person, :, :, None] * across[:, person, :, None, :]
        out[:, :JOINTS] = torch.maximum(out[:, :JOINTS], peak)
    out[:, JOINTS] = 1 - out[:, :JOINTS].amax(dim=1)
    return out


def draw_fields(labels: Labels, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Unit vectors along every limb whose ends are known, averaged where limbs of a kind cross.

    Returns the fields (B, 38, H/8, W/8) and where each limb runs (B, 19, H/8, W/8), 0 or 1.
    """
    device = labels.joints.device
    rows, columns = cell_centres(height // STRIDE, device), cell_centres(width // STRIDE, device)
    first, second, channel = _limbs(device)
    batch, people = labels.state.shape[:2]
    total = torch.zeros(batch, 2, len(first), len(rows), len(columns), device=device)
    count = torch.zeros(batch, len(first), len(rows), len(columns), device=device)
    for person in range(people):
        joints, state = labels.joints[:, person], labels.state[:, person]
        start, end = joints[:, first], joints[:, second]  # (B, 19, 2)
        known = (state[:, first] == KNOWN) & (state[:, second] == KNOWN)
        length = (end - start).norm(dim=2)
        unit = (end - start) / length.clamp(min=1e-6)[..., None]
        right = columns - start[..., :1]  # (B, 19, W)
        below = rows - start[..., 1:]  # (B, 19, H)
        along = (right * unit[..., :1])[..., None, :] + (below * unit[..., 1:])[..., :, None]  # (B, 19, H, W)
        beside = (right * unit[..., 1:])[..., None, :] - (below * unit[..., :1])[..., :, None]
        overhang = LIMB_OVERHANG_CELLS * STRIDE
        runs = (along >= -overhang) & (along <= length[..., None, None] + overhang)
        runs &= beside.abs() <= LIMB_RADIUS_CELLS * STRIDE
        runs &= (known & (length > 1e-3))[..., None, None]
        total[:, 0] += runs * unit[:, :, 0, None, None]
        total[:, 1] += runs * unit[:, :, 1, None, None]
        count += runs
    total /= count.clamp(min=1)[:, None]
    fields = torch.zeros(batch, PAFS, len(rows), len(columns), device=device)
    fields[:, channel] = total[:, 0]
    fields[:, channel + 1] = total[:, 1]
    return fields, (count > 0).float()


def _limbs(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """First joint, second joint and x channel of every limb, (19,) each."""
    first, second, channel = torch.from_numpy(LIMB_TABLE).long().to(device).unbind(dim=1)
    return first, second, channel


def _inside(boxes: Tensor, to_stored: Tensor, height: int, width: int) -> Tensor:
    """1 in the cells whose centres lie in each of the boxes (B, N, 4) or half a cell beside: (B, N, H/8, W/8)."""
    rows, columns = cell_centres(height // STRIDE, boxes.device), cell_centres(width // STRIDE, boxes.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    cells = torch.stack((x, y), dim=-1).expand(len(boxes), *x.shape, 2)
    x, y = transform_points(cells, to_stored)[:, None].unbind(dim=-1)  # (B, 1, H/8, W/8)
    half = STRIDE / 2 * torch.linalg.det(to_stored[:, :, :2]).abs().sqrt()[:, None, None, None]
    left, top, right, bottom = (side[..., None, None] for side in boxes.unbind(dim=2))  # (B, N, 1, 1)
    inside: Tensor = (
        (x >= left - half) & (x <= right + half) & (y >= top - half) & (y <= bottom + half) & (right > left)
    )
    return inside.float()


def _unknown_joints(labels: Labels, height: int, width: int) -> Tensor:
    """1 where a joint of that kind may be without our knowing: (B, 18, H/8, W/8)."""
    inside = _inside(labels.boxes, labels.to_stored, height, width)  # (B, P, H, W)
    unknown = (labels.state == UNKNOWN).float()  # (B, P, 18)
    people: Tensor = torch.einsum("bpj,bphw->bjhw", unknown, inside)
    return people.clamp(max=1)
