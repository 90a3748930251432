"""Clothes: shells of the body's own mesh, pushed outwards with folds and cut at sleeves, hems and necks.

All cuts are smooth fields over the body (positive inside the garment), so that a sleeve may end anywhere between two
vertices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.body import Body
from synthetic.fields import OFF_LIMB, BodyFields
from synthetic.materials import Kind, Materials, Pattern, Rng, cloth_colour, from_hsv, material
from synthetic.mesh import Index, vertex_normals
from synthetic.noise import value_noise_at
from synthetic.parts import Part, body_part
from synthetic.rotations import Float

TOPS = ("tshirt", "long_sleeves", "tank", "none", "jacket", "turtleneck")
BOTTOMS = ("trousers", "shorts", "skirt", "leggings", "dress")
SHOES = ("low", "mid", "socks", "barefoot")

_TOP_SHARES = {True: (0.42, 0.33, 0.16, 0.0, 0.04, 0.05), False: (0.42, 0.34, 0.10, 0.02, 0.06, 0.06)}
_BOTTOM_SHARES = {True: (0.5, 0.14, 0.11, 0.17, 0.08), False: (0.66, 0.27, 0.0, 0.07, 0.0)}
_TOP_PATTERNS = {
    Pattern.SOLID: 0.24,
    Pattern.HEATHER: 0.12,
    Pattern.RINGS: 0.10,
    Pattern.STRIPES: 0.05,
    Pattern.PLAID: 0.09,
    Pattern.DOTS: 0.03,
    Pattern.LOGO: 0.13,
    Pattern.PRINT: 0.06,
    Pattern.BLOCK: 0.05,
    Pattern.GRADIENT: 0.03,
    Pattern.OPEN_JACKET: 0.08,
    Pattern.CAMOUFLAGE: 0.02,
}
_SKIRT_PATTERNS = {
    Pattern.SOLID: 0.35,
    Pattern.HEATHER: 0.1,
    Pattern.PLAID: 0.15,
    Pattern.DOTS: 0.1,
    Pattern.PRINT: 0.15,
    Pattern.STRIPES: 0.1,
    Pattern.GRADIENT: 0.05,
}
_TROUSER_PATTERNS = {
    Pattern.SOLID: 0.38,
    Pattern.DENIM: 0.34,
    Pattern.HEATHER: 0.1,
    Pattern.CAMOUFLAGE: 0.04,
    Pattern.PLAID: 0.04,
    Pattern.STRIPES: 0.03,
    Pattern.BLOCK: 0.07,
}
_LEGGING_PATTERNS = {Pattern.SOLID: 0.5, Pattern.BLOCK: 0.25, Pattern.PRINT: 0.25}
_SCALES = {
    Pattern.RINGS: (15, 60),
    Pattern.STRIPES: (15, 60),
    Pattern.PLAID: (8, 30),
    Pattern.DOTS: (15, 40),
    Pattern.CAMOUFLAGE: (8, 25),
    Pattern.PRINT: (10, 40),
}


@dataclass(frozen=True, slots=True)
class Outfit:
    """What somebody wears.

    Attributes
    ----------
    top, bottom, shoes : str
        One of `TOPS`, `BOTTOMS`, `SHOES`.
    top_colour, bottom_colour, shoe_colour : tuple of 3 floats or None
        sRGB 0..1 in one plain colour; None for any colour and pattern.
    """

    top: str
    bottom: str
    shoes: str
    top_colour: tuple[float, float, float] | None = None
    bottom_colour: tuple[float, float, float] | None = None
    shoe_colour: tuple[float, float, float] | None = None


def random_outfit(rng: Rng, *, female: bool) -> Outfit:
    """Clothes as people wear them in everyday photographs."""
    top = str(rng.choice(TOPS, p=_TOP_SHARES[female]))
    bottom = str(rng.choice(BOTTOMS, p=_BOTTOM_SHARES[female]))
    return Outfit(top, bottom, str(rng.choice(SHOES, p=(0.3, 0.29, 0.29, 0.12))))


class Tailor:
    """Makes the clothes of one person.

    Parameters
    ----------
    body : Body
    fields : BodyFields
        Of that body.
    rng : Generator
        Colours, lengths, folds.
    """

    def __init__(self, body: Body, fields: BodyFields, rng: Rng) -> None:
        self._body, self._fields, self._rng = body, fields, rng
        self._seed = int(rng.integers(1 << 30))
        self._shell = body.model.triangles("tights")
        self._waist = fields.hip_y + fields.trunk * rng.uniform(0.10, 0.22)
        self.cover: Float = np.full(len(fields.points), -1.0)
        """How far (V,) every vertex lies under cloth; negative where skin shows."""

    def dress(self, outfit: Outfit) -> list[Part]:
        """All garments; `cover` then says what they hide."""
        top_cut = self._top_cut(outfit)
        parts: list[Part] = []
        lower: Materials | None = None
        if outfit.bottom in ("skirt", "dress"):
            lower = self._coloured(self._cloth(_SKIRT_PATTERNS), outfit.bottom_colour)
            parts += self._skirt(lower, long=outfit.bottom == "dress")
            if outfit.bottom == "dress":
                top_cut = self._top_cut(outfit, hem=self._fields.hip_y - 0.05)
        else:
            parts.append(self._trousers(outfit, top_cut))
        if outfit.top != "none":
            cloth = self._coloured(self._cloth(_TOP_PATTERNS), outfit.top_colour)
            if outfit.bottom == "dress" and lower is not None:
                cloth = lower
            parts.append(self._top(outfit, top_cut, cloth))
        if outfit.shoes != "barefoot":
            parts += self._shoes(outfit)
        return parts

    def cloth(self) -> Materials:
        """A random material as tops are made of."""
        return self._cloth(_TOP_PATTERNS)

    def _cloth(self, patterns: dict[Pattern, float]) -> Materials:
        rng, fields = self._rng, self._fields
        pattern = Pattern(int(rng.choice([int(one) for one in patterns], p=list(patterns.values()))))
        first, second = cloth_colour(rng), cloth_colour(rng)
        if pattern == Pattern.DENIM:
            first = from_hsv(rng.uniform(0.57, 0.64), rng.uniform(0.25, 0.7), rng.uniform(0.12, 0.65))
            second = np.clip(first * 1.5 + 0.08, 0, 1)
        shiny = rng.random() >= 0.93
        cloth = material(
            Kind.CLOTH,
            first,
            second,
            cloth_colour(rng),
            pattern=pattern,
            scale=rng.uniform(*_SCALES.get(pattern, (5, 20))),
            share=rng.uniform(0.2, 0.8) if pattern != Pattern.BLOCK else fields.hip_y + rng.uniform(-0.3, 0.4),
            bump=rng.uniform(0.25, 0.9),
            gloss=rng.uniform(0.25, 0.6) if shiny else rng.uniform(0, 0.2),
            seed=int(rng.integers(1, 60000)),
        )
        cloth["neck_y"], cloth["hip_y"], cloth["chest_z"] = fields.neck_y, fields.hip_y, fields.neck_z
        return cloth

    @staticmethod
    def _coloured(cloth: Materials, colour: tuple[float, float, float] | None) -> Materials:
        """The material, or its plain version in a given colour."""
        if colour is not None:
            plain = material(Kind.CLOTH, colour)
            cloth["pattern"] = int(Pattern.SOLID)
            cloth["base"], cloth["second"], cloth["third"] = plain["base"], plain["base"], plain["base"]
        return cloth

    def _top_cut(self, outfit: Outfit, hem: float | None = None) -> Float:
        """The field of a top (V,), positive inside; it ends at the height `hem`, by default below the waist."""
        rng, fields = self._rng, self._fields
        points, behind = fields.points, fields.points[:, 2] - fields.neck_z
        style = outfit.top
        sleeves = {"tshirt": rng.uniform(0.35, 0.75), "tank": rng.uniform(-0.06, 0.04), "none": -9.0, "jacket": 2.03}
        sleeve = sleeves.get(style, rng.uniform(1.75, 2.05))
        if style == "long_sleeves" and rng.random() < 0.25:
            sleeve = rng.uniform(1.1, 1.6)  # rolled up
        if hem is None:
            below = rng.uniform(0.10, 0.38) if rng.random() < 0.85 else rng.uniform(-0.2, 0.02)
            hem = self._waist - fields.trunk * below
        collar = 0.07 if style == "turtleneck" else rng.uniform(-0.005, 0.03) - (0.03 if style == "tank" else 0)
        slope = -0.022 if style == "tank" else 0.22
        neck = fields.neck_y + collar - 0.35 * np.maximum(behind, 0) - points[:, 1] + slope * np.abs(points[:, 0])
        if style not in ("none", "turtleneck") and rng.random() < 0.4:
            depth, opening = rng.uniform(0.06, 0.16), rng.uniform(1.2, 2.2)
            v_neck = fields.neck_y - depth - points[:, 1] + np.abs(points[:, 0]) * opening
            neck = np.where(behind > 0, np.minimum(neck, v_neck), neck)
        above_hem = np.where(fields.arm > OFF_LIMB, 1.0, points[:, 1] - hem)
        cut = np.minimum(np.minimum(3 * neck, 0.4 * (sleeve - fields.arm)), 3 * above_hem)
        cut[points[:, 1] > fields.neck_y + 0.12] = -1
        return np.asarray(cut)

    def _below_waist(self, length: float, waist: float | None = None) -> Float:
        """The field (V,) from the waist down to `length` along the legs (1 the knee, 2 the ankle)."""
        fields = self._fields
        under = ((self._waist if waist is None else waist) - fields.points[:, 1]) * 3
        trunk = np.where(fields.arm > OFF_LIMB, -1.0, under)
        return np.asarray(np.minimum(trunk, 0.4 * (length - fields.leg)))

    def _garment(self, cut: Float, cloth: Materials, *, base: float, loose: float, flare: Float, seed: int) -> Part:
        """A shell of the body that stands off by `base` and `loose` metres, with folds; it lies close on shoulders."""
        fields = self._fields
        normals = vertex_normals(self._body.vertices, self._shell).astype(np.float64)
        points = fields.points
        fold = value_noise_at((points * [22, 11, 22] + 7).astype(np.float32), seed) - 0.5
        fold += 0.6 * (value_noise_at((points * [40, 22, 40] + 3).astype(np.float32), seed + 1) - 0.5)
        hangs = np.clip(1.05 - 1.3 * np.maximum(normals[:, 1], 0), 0.12, 1)
        hangs *= np.clip(0.35 + (fields.neck_y - points[:, 1]) / 0.35, 0.3, 1)
        off = base + (loose + flare) * hangs + fold * (0.004 + 0.45 * (loose + np.maximum(flare, 0)) * hangs)
        shift = normals * np.maximum(off, 0.003)[:, None]
        shift[fields.head.inside & (points[:, 1] > fields.neck_y + 0.05)] *= 0.5
        extra = np.zeros((len(points), 3))
        extra[:, 0] = fields.garment_height
        self.cover = np.maximum(self.cover, cut)
        return body_part(self._body, self._shell, cloth, shift=shift, extra=extra, cut=cut)

    def _trousers(self, outfit: Outfit, top_cut: Float) -> Part:
        rng, fields = self._rng, self._fields
        cloth = self._cloth(_LEGGING_PATTERNS if outfit.bottom == "leggings" else _TROUSER_PATTERNS)
        cloth = self._coloured(cloth, outfit.bottom_colour)
        if outfit.bottom == "leggings":
            cloth["bump"] *= 0.3
            length = rng.uniform(1.5, 1.98) if rng.random() < 0.8 else rng.uniform(0.3, 0.9)
            loose, flared = 0.0, 0.0
        elif outfit.bottom == "shorts":
            length, loose, flared = rng.uniform(0.35, 1.0), rng.uniform(0.006, 0.03), rng.uniform(0, 0.03)
        else:
            length, loose, flared = rng.uniform(1.88, 2.0), rng.uniform(0.004, 0.02), rng.uniform(0, 0.035)
        below_hip = fields.points[:, 1] < fields.hip_y - 0.05
        flare = flared * np.clip(fields.leg - 0.2, 0, 2) * below_hip
        cut = self._below_waist(length)
        tucked = outfit.top == "none" or rng.random() < 0.12
        part = self._garment(
            cut if tucked else np.minimum(cut, 0.05 - top_cut),
            cloth,
            base=0.004,
            loose=loose,
            flare=flare,
            seed=self._seed,
        )
        self.cover = np.maximum(self.cover, cut)
        return part

    def _skirt(self, cloth: Materials, *, long: bool) -> list[Part]:
        """A skirt that hangs with waves, and what is worn under it."""
        rng, fields, body = self._rng, self._fields, self._body
        length = rng.uniform(0.4, 1.7) if long else rng.uniform(0.3, 1.6)
        triangles: Index = body.model.triangles("skirt")
        normals = vertex_normals(body.vertices, triangles).astype(np.float64) * [1, 0.2, 1]
        x, y, z = fields.points.T
        down = np.clip((fields.hip_y - y) / 0.6, 0, 1.5)
        waves = 0.02 * down * np.sin(np.arctan2(x, z) * rng.integers(6, 16))
        shift = normals * (0.008 + rng.uniform(0, 0.10) * down + waves)[:, None]
        hem = fields.hip_y - 0.9 * length * fields.trunk
        extra = np.stack([y, np.full_like(y, -1), np.full_like(y, -1)], axis=1)
        cut = 3 * np.minimum(y - hem, self._waist + 0.01 - y)
        skirt = body_part(body, triangles, cloth, shift=shift, extra=extra, cut=cut)
        none = np.zeros(len(y))
        under = self._garment(self._below_waist(0.1), cloth, base=0.004, loose=0.0, flare=none, seed=self._seed)
        return [skirt, under]

    def _top(self, outfit: Outfit, cut: Float, cloth: Materials) -> Part:
        rng, fields = self._rng, self._fields
        ranges = {"tshirt": (0.002, 0.026), "long_sleeves": (0.002, 0.02), "tank": (0.0, 0.012)}
        ranges |= {"jacket": (0.014, 0.034), "turtleneck": (0.002, 0.012)}
        down = np.clip((fields.neck_y - fields.points[:, 1]) / fields.trunk, 0, 1.2)
        flare = down * rng.uniform(-0.004, 0.018) * (fields.arm < OFF_LIMB)
        flare += np.clip(fields.arm, 0, 2) * rng.uniform(0, 0.012)
        base = 0.006 if outfit.bottom == "dress" else 0.008
        return self._garment(
            cut, cloth, base=base, loose=rng.uniform(*ranges[outfit.top]), flare=flare, seed=self._seed + 5
        )

    def _shoes(self, outfit: Outfit) -> list[Part]:
        """Shoes or socks, with a sole of another colour; sometimes long socks above shoes."""
        rng, fields, body = self._rng, self._fields, self._body
        shaft = {"low": 2.02, "mid": 1.93, "socks": 1.97}[outfit.shoes]
        cut = 0.6 * (fields.leg - shaft)
        normals = vertex_normals(body.vertices, self._shell).astype(np.float64)
        shift = normals * (0.004 if outfit.shoes == "socks" else 0.011) * [1, 0.8, 1]
        ahead = np.clip(fields.points[:, 2] - body.head_of("foot.L")[2] - 0.06, 0, 0.2)
        shift[:, 2] += np.where(fields.leg > 2.0, 0.12 * ahead, 0)  # toe caps
        colour = cloth_colour(rng) if outfit.shoe_colour is None else np.array(outfit.shoe_colour)
        sole = np.full(3, rng.uniform(0.6, 0.95)) if rng.random() < 0.6 else 0.4 * colour
        cloth = material(
            Kind.CLOTH,
            colour,
            sole,
            pattern=Pattern.BLOCK,
            share=fields.sole_y + 0.022,
            bump=0.2,
            gloss=rng.uniform(0, 0.5),
        )
        extra = np.zeros((len(cut), 3))
        extra[:, 0] = fields.points[:, 1]
        parts = [body_part(body, self._shell, cloth, shift=shift, extra=extra, cut=cut)]
        self.cover = np.maximum(self.cover, cut)
        if outfit.shoes != "socks" and rng.random() < 0.4:
            socks = np.minimum(0.6 * (fields.leg - rng.uniform(1.55, 1.9)), 2.2 - fields.leg)
            plain = material(Kind.CLOTH, np.full(3, float(rng.choice([0.05, 0.5, 0.9]))), bump=0.3)
            none = np.zeros(len(cut))
            parts.append(self._garment(socks, plain, base=0.003, loose=0.0, flare=none, seed=self._seed + 9))
        return parts
