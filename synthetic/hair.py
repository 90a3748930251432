"""Hair, caps and hats: shells of the scalp that are pushed outwards, hanging hair, and what is tied up."""

from __future__ import annotations

import numpy as np

from synthetic.body import Body
from synthetic.fields import BodyFields
from synthetic.materials import Kind, Materials, Pattern, Rng, material
from synthetic.mesh import vertex_normals
from synthetic.noise import value_noise_at
from synthetic.parts import Part, body_part, rigid_part
from synthetic.rotations import Float, smoothstep, unit

STYLES = ("bald", "buzz", "short", "medium", "long", "afro", "cap", "beanie", "bun")
GROWS_FROM_SCALP = frozenset({"buzz", "short", "medium", "long", "afro", "bun"})
"""Styles with which roots are painted on the scalp."""

_SHARES = {
    True: (0.0, 0.02, 0.14, 0.20, 0.34, 0.07, 0.05, 0.04, 0.14),
    False: (0.10, 0.16, 0.48, 0.05, 0.02, 0.05, 0.08, 0.04, 0.02),
}
_LINE_AZIMUTHS = (0, 35, 62, 78, 98, 112, 128, 180)
"""Directions, away from straight ahead, in which the hair line is known: brow, temple, ear, nape."""


def random_style(rng: Rng, *, female: bool) -> str:
    """A hair style, one of `STYLES`, as often as people have it."""
    return str(rng.choice(STYLES, p=_SHARES[female]))


class HairDresser:
    """Makes the hair or hat of one person.

    Parameters
    ----------
    body : Body
    fields : BodyFields
        Of that body.
    rng : Generator
    receding : bool
        Whether the hair line has moved up.
    """

    def __init__(self, body: Body, fields: BodyFields, rng: Rng, *, receding: bool) -> None:
        self._body, self._fields, self._rng = body, fields, rng
        self._seed = int(rng.integers(1 << 30))
        triangles = body.model.triangles("body")
        self._head_triangles = triangles[fields.head.inside[triangles].all(axis=1)]
        self.scalp = self._scalp(rng.uniform(55, 75) if receding else rng.uniform(32, 52))
        """Degrees (V,) inside the hair line, negative outside."""

    def _scalp(self, front_deg: float) -> Float:
        head, points, marks = self._fields.head, self._fields.points, self._body.landmarks
        nape = self._rng.uniform(-62, -48)
        line = (front_deg, front_deg - 4, 22, 2, -2, -30, nape + 6, nape)
        inside = head.elevation_deg - np.interp(head.azimuth_deg, _LINE_AZIMUTHS, line)
        scalp = np.where(head.inside & (head.radius_m < 0.22 * head.size), inside, -50.0)
        ears = [np.linalg.norm(points - marks[name], axis=1) for name in ("left_ear", "right_ear")]
        reach = 0.034 * head.size
        on_ear = (np.minimum(*ears) < reach) & (points[:, 1] < marks["left_ear"][1] + reach)
        return np.asarray(np.where(on_ear, np.minimum(scalp, -5), scalp))

    def material(self, colour: Float) -> Materials:
        """Hair of a colour (sRGB)."""
        rng = self._rng
        return material(
            Kind.HAIR,
            colour,
            np.clip(colour * rng.uniform(1.2, 1.7), 0, 1),
            scale=rng.uniform(120, 260),
            gloss=rng.uniform(0.2, 0.8),
            seed=int(rng.integers(1, 60000)),
        )

    def cut(self, style: str, colour: Float, cloth: Materials) -> list[Part]:
        """Hair of a style and colour; `cloth` is what hats are made of."""
        rng, size = self._rng, self._fields.head.size
        hair = self.material(colour)
        if style in ("bald", "buzz"):
            return []
        if style in ("cap", "beanie"):
            return self._hat(style, hair, cloth)
        if style == "afro":
            thick = rng.uniform(0.04, 0.085) * size
            return [self._shell(hair, thick=thick, lumps=0.25, edge_deg=2, crown=0.1, soft_deg=25)]
        thick, lumps, crown = rng.uniform(0.008, 0.03) * size, rng.uniform(0.4, 1.2), rng.uniform(0, 0.9)
        parts = [self._shell(hair, thick=thick, lumps=lumps, crown=crown, soft_deg=rng.uniform(8, 20))]
        if style in ("medium", "long"):
            parts.append(self._hanging(hair, to_shoulders=style == "medium"))
        if style == "bun":
            parts.append(self._knot(hair))
        return parts

    def _shell(
        self,
        surface: Materials,
        *,
        thick: float,
        lumps: float,
        edge_deg: float = 0.0,
        crown: float = 0.3,
        soft_deg: float = 14.0,
        scalp: Float | None = None,
    ) -> Part:
        """The scalp pushed outwards by `thick`, more on the crown, thinning out over `soft_deg` at its edge."""
        head, points = self._fields.head, self._fields.points
        inside = (self.scalp if scalp is None else scalp) - edge_deg
        outwards = unit(points - head.centre)
        scaled = (points / head.size).astype(np.float32)
        lump = value_noise_at(scaled * np.float32(45), self._seed) - 0.5
        lump += 0.5 * (value_noise_at(scaled * np.float32(100), self._seed + 1) - 0.5)
        depth = thick * smoothstep(inside, 0, soft_deg) * (1 + lumps * lump)
        shift = outwards * (depth * (1 + crown * np.clip(outwards[:, 1], 0, 1)))[:, None]
        extra = np.zeros((len(points), 3))
        extra[:, 0] = np.clip(inside / 10, -3, 3) if surface["kind"] == Kind.HAIR else points[:, 1]
        return body_part(self._body, self._head_triangles, surface, shift=shift, extra=extra, cut=inside)

    def _hanging(self, hair: Materials, *, to_shoulders: bool) -> Part:
        """Hair that falls to the shoulders or the back, open before the face."""
        rng, fields, body = self._rng, self._fields, self._body
        head, points = fields.head, fields.points
        triangles = body.model.triangles("hair")
        end = fields.neck_y + (rng.uniform(-0.02, 0.12) if to_shoulders else -rng.uniform(0.05, 0.35))
        before_face = (points[:, 2] > head.centre[2] + 0.02 * head.size) & (np.abs(points[:, 0]) < 0.066 * head.size)
        before_face &= points[:, 1] < head.centre[1] + rng.uniform(0.03, 0.06) * head.size
        extra = np.zeros((len(points), 3))
        extra[:, 0] = np.minimum((points[:, 1] - end) / 0.03, 3)
        shift = vertex_normals(body.vertices, triangles).astype(np.float64) * rng.uniform(0.0, 0.012)
        shift[:, 2] -= 0.008 * head.size
        cut = np.minimum(5 * (points[:, 1] - end), np.where(before_face, -1, 1))
        return body_part(body, triangles, hair, shift=shift, extra=extra, cut=cut)

    def _knot(self, hair: Materials) -> Part:
        """A bun or a pony tail at the back of the head: an ellipsoid."""
        rng, head = self._rng, self._fields.head
        radius, tail = rng.uniform(0.028, 0.045) * head.size, rng.random() < 0.5
        angle = np.radians(rng.uniform(-10, 65))
        away = np.array([0, np.sin(angle), -np.cos(angle)])
        centre = head.centre + away * (0.115 * head.size + 0.6 * radius) - [0, 1.8 * radius if tail else 0, 0]
        points, triangles = _sphere()
        stretch = np.array([0.8, 2.6, 0.8]) if tail else np.ones(3)
        return rigid_part(self._body, "head", points * radius * stretch + centre, triangles, hair, extra=3.0)

    def _hat(self, style: str, hair: Materials, cloth: Materials) -> list[Part]:
        rng, head = self._rng, self._fields.head
        if rng.random() < 0.7:
            cloth["pattern"] = int(Pattern.SOLID)
        rim = (24, 20, 12, -8 if style == "beanie" else 2)
        inside = head.elevation_deg - np.interp(head.azimuth_deg, (0, 60, 90, 180), rim)
        covered = np.where(head.inside, inside, -50.0)
        thick = (0.012 if style == "cap" else 0.018) * head.size
        parts = [self._shell(cloth, thick=thick, lumps=0.1, soft_deg=6, scalp=covered)]
        if rng.random() < 0.7:
            parts.append(self._shell(hair, thick=0.006 * head.size, lumps=0.5))
        if style == "cap":
            parts.append(self._brim(cloth))
        return parts

    def _brim(self, cloth: Materials) -> Part:
        """The brim of a cap: a bent strip before the forehead."""
        head, points = self._fields.head, self._fields.points
        forehead = head.inside & (head.azimuth_deg < 20) & (np.abs(head.elevation_deg - 24) < 8)
        front = np.abs(points[forehead, 2]).max() if forehead.any() else head.centre[2] + 0.1
        size, depth = head.size, float(front - head.centre[2] - 0.005)
        angle = np.linspace(-1.15, 1.15, 13)
        level = np.full(13, head.centre[1] + 0.05 * size)
        inner = np.stack([0.078 * size * np.sin(angle), level, head.centre[2] + depth * np.cos(angle)], axis=1)
        ahead = 0.065 * size * np.cos(0.9 * angle)
        outer = inner * [1.08, 1, 1] + np.stack([0 * ahead, 0 * ahead - 0.012 * size, ahead], axis=1)
        first = np.arange(12)
        triangles = np.concatenate(
            [np.stack([first, first + 1, first + 13], 1), np.stack([first + 1, first + 14, first + 13], 1)]
        )
        return rigid_part(self._body, "head", np.concatenate([inner, outer]), triangles, cloth, extra=float(level[0]))


def _sphere(around: int = 12, rings: int = 8) -> tuple[Float, Float]:
    """Points (N, 3) and triangles (T, 3) of the unit sphere."""
    azimuth = np.linspace(0, 2 * np.pi, around, endpoint=False)
    polar = np.linspace(0, np.pi, rings)[:, None]
    height = np.broadcast_to(np.cos(polar), (rings, around))
    points = np.stack([np.sin(polar) * np.cos(azimuth), height, np.sin(polar) * np.sin(azimuth)], axis=2)
    ring, spoke = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = ring * around + spoke, ring * around + (spoke + 1) % around
    triangles = np.concatenate([np.stack([a, b, a + around], 2), np.stack([b, b + around, a + around], 2)])
    return points.reshape(-1, 3), triangles.reshape(-1, 3)
