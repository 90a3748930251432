"""Pieces of a dressed person: vertices that follow bones, cut along smooth lines, with one material each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.body import Body
from synthetic.materials import Materials
from synthetic.mesh import BONES_PER_VERTEX, Float32, Index, Index8
from synthetic.rotations import Float


@dataclass(frozen=True, slots=True)
class Part:
    """One piece: the skin, a garment, a lens.

    Attributes
    ----------
    vertices : array, float32, shape (V, 3)
        In the rest pose, metres.
    rest : array, float32, shape (V, 3)
        Where patterns are looked up: on the undressed body for cloth.
    bones, weights : arrays, uint8 and float32, shape (V, 6)
    extra : array, float32, shape (V, 3)
        Numbers for the look: height along the garment, or lips, spare, scalp.
    cut : array, float32, shape (V,)
        Negative where the piece is cut away.
    triangles : array, int32, shape (T, 3)
    material : record of `MATERIAL`
    """

    vertices: Float32
    rest: Float32
    bones: Index8
    weights: Float32
    extra: Float32
    cut: Float32
    triangles: Index
    material: Materials


def body_part(
    body: Body,
    triangles: Index,
    material: Materials,
    *,
    shift: Float | None = None,
    extra: Float | None = None,
    cut: Float | None = None,
) -> Part:
    """Triangles of the body's mesh (V vertices), moved by `shift` (V, 3), with `extra` (V, 3) and `cut` (V,)."""
    used, numbers = np.unique(triangles, return_inverse=True)
    rest = body.vertices[used]
    count = len(used)
    return Part(
        vertices=rest if shift is None else (rest + shift[used]).astype(np.float32),
        rest=rest,
        bones=body.model.vertex_bones[used],
        weights=body.model.vertex_weights[used],
        extra=np.zeros((count, 3), np.float32) if extra is None else extra[used].astype(np.float32),
        cut=np.ones(count, np.float32) if cut is None else cut[used].astype(np.float32),
        triangles=numbers.reshape(triangles.shape).astype(np.int32),
        material=material,
    )


def rigid_part(
    body: Body, bone: str, vertices: Float, triangles: NDArray[Any], material: Materials, extra: float = 0.0
) -> Part:
    """A piece of its own vertices (V, 3) that is fixed to one bone, with the same `extra` everywhere."""
    count = len(vertices)
    weights = np.zeros((count, BONES_PER_VERTEX), np.float32)
    weights[:, 0] = 1
    return Part(
        vertices=vertices.astype(np.float32),
        rest=vertices.astype(np.float32),
        bones=np.full((count, BONES_PER_VERTEX), body.model.bone_index[bone], np.uint8),
        weights=weights,
        extra=np.full((count, 3), extra, np.float32),
        cut=np.ones(count, np.float32),
        triangles=np.asarray(triangles, np.int32),
        material=material,
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything of one person in single arrays; as in `Part`, with the material of every triangle."""

    vertices: Float32
    rest: Float32
    bones: Index8
    weights: Float32
    extra: Float32
    cut: Float32
    triangles: Index
    material_of: Index
    materials: Materials


def join(parts: Sequence[Part]) -> Pool:
    """All pieces in one pool, without what is cut away as a whole."""
    kept = [_trimmed(part) for part in parts]
    offsets = np.cumsum([0] + [len(part.vertices) for part in kept[:-1]])
    return Pool(
        vertices=np.concatenate([part.vertices for part in kept]),
        rest=np.concatenate([part.rest for part in kept]),
        bones=np.concatenate([part.bones for part in kept]),
        weights=np.concatenate([part.weights for part in kept]),
        extra=np.concatenate([part.extra for part in kept]),
        cut=np.concatenate([part.cut for part in kept]),
        triangles=np.concatenate(
            [part.triangles + np.int32(offset) for part, offset in zip(kept, offsets, strict=True)]
        ),
        material_of=np.concatenate(
            [np.full(len(part.triangles), number, np.int32) for number, part in enumerate(kept)]
        ),
        materials=np.stack([part.material for part in kept]),
    )


def _trimmed(part: Part) -> Part:
    """The piece without triangles that are cut away, and without the vertices that nothing uses then."""
    triangles = part.triangles[(part.cut[part.triangles] >= 0).any(axis=1)]
    used, numbers = np.unique(triangles, return_inverse=True)
    return Part(
        part.vertices[used],
        part.rest[used],
        part.bones[used],
        part.weights[used],
        part.extra[used],
        part.cut[used],
        numbers.reshape(triangles.shape).astype(np.int32),
        part.material,
    )
