"""Draws the exercises of docs/fitness.md as SVG: rest and work as they are seen, what is measured, and the camera.

    python docs/draw_exercises.py

Figures are chains of limbs on the picture's plane; directions are in degrees, 0 up and 90 to the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "images" / "exercises"
Point = tuple[float, float]

SHANK, THIGH, TRUNK, UPPER, FORE, HEAD, FOOT = 0.25, 0.25, 0.3, 0.17, 0.16, 0.065, 0.08
REST, WORK, MARK, INK = "#9aa3ab", "#0072B2", "#E69F00", "#333333"
WIDTH, HEIGHT, UNIT, FLOOR = 420, 190, 130, 168
UP, DOWN = 0.0, 180.0


def beyond(start: Point, degrees: float, length: float) -> Point:
    """A point so far from another in a direction."""
    turn = math.radians(degrees)
    return start[0] + length * math.sin(turn), start[1] + length * math.cos(turn)


@dataclass
class Figure:
    """Limbs as rows of joints, a head, and the joints by name for marks."""

    limbs: list[list[Point]] = field(default_factory=list)
    head: Point = (0, 0)
    joints: dict[str, Point] = field(default_factory=dict)
    things: list[list[Point]] = field(default_factory=list)


def side(
    ankle: Point,
    legs: tuple[float, float],
    trunk: float,
    arms: tuple[float, float],
    *,
    foot: float = 90,
    rear: tuple[float, float] | None = None,
    bar: bool = False,
) -> Figure:
    """Somebody seen from the side: directions of shank and thigh upwards, of the trunk, of upper arm and forearm."""
    knee = beyond(ankle, legs[0], SHANK)
    hip = beyond(knee, legs[1], THIGH)
    return _on_hip(hip, [ankle, knee], trunk, arms, foot, rear, bar)


def lying(hip: Point, legs: tuple[float, float], trunk: float, arms: tuple[float, float]) -> Figure:
    """Somebody seen from the side with the legs' directions from the hip: thigh, then shank."""
    knee = beyond(hip, legs[0], THIGH)
    return _on_hip(hip, [beyond(knee, legs[1], SHANK), knee], trunk, arms, 90, None, False)


def _on_hip(
    hip: Point,
    leg: list[Point],
    trunk: float,
    arms: tuple[float, float],
    foot: float,
    rear: tuple[float, float] | None,
    bar: bool,
) -> Figure:
    neck = beyond(hip, trunk, TRUNK)
    elbow = beyond(neck, arms[0], UPPER)
    wrist = beyond(elbow, arms[1], FORE)
    ankle, knee = leg
    limbs = [[beyond(ankle, foot, FOOT), ankle, knee, hip, neck], [neck, elbow, wrist]]
    if rear is not None:
        back = beyond(hip, rear[0], THIGH)
        limbs.append([hip, back, beyond(back, rear[1], SHANK)])
    joints = {"ankle": ankle, "knee": knee, "hip": hip, "shoulder": neck, "elbow": elbow, "wrist": wrist}
    things = [[(wrist[0] - 0.012, wrist[1]), (wrist[0] + 0.012, wrist[1])]] if bar else []
    return Figure(limbs, beyond(neck, trunk, HEAD + 0.05), joints, things)


def front(
    legs: tuple[float, float], arms: tuple[float, float], *, low: float = 0.0, raised: float | None = None
) -> Figure:
    """Somebody seen from the front: how far legs and arms point outwards; `low` squats, `raised` lifts a thigh."""
    hip_y = (SHANK + THIGH) * math.cos(math.radians(legs[0])) - low
    limbs: list[list[Point]] = []
    joints: dict[str, Point] = {}
    neck = (0.0, hip_y + TRUNK)
    for sign, name in ((-1, "right"), (1, "left")):
        hip, shoulder = (sign * 0.055, hip_y), (sign * 0.1, neck[1])
        ankle = (hip[0] + sign * (SHANK + THIGH) * math.sin(math.radians(legs[0])), 0.0)
        knee = ((hip[0] + ankle[0]) / 2 + sign * legs[1], max((hip_y + 0.0) / 2, SHANK * 0.97))
        if raised is not None and sign > 0:
            knee = (hip[0] + 0.01, hip_y - raised)
            ankle = (knee[0], knee[1] - SHANK)
        elbow = beyond(shoulder, sign * arms[0], UPPER)
        wrist = beyond(elbow, sign * arms[1], FORE)
        limbs += [[ankle, knee, hip], [shoulder, elbow, wrist]]
        parts = {"ankle": ankle, "knee": knee, "hip": hip, "shoulder": shoulder, "elbow": elbow, "wrist": wrist}
        joints |= {f"{name}_{part}": place for part, place in parts.items()}
    limbs += [[(-0.055, hip_y), (0.055, hip_y), (0.1, neck[1]), (-0.1, neck[1]), (-0.055, hip_y)]]
    return Figure(limbs, (0.0, neck[1] + HEAD + 0.045), joints)


@dataclass
class Drawing:
    """One exercise: figures from rest to work, the view, and what is marked on the last."""

    name: str
    figures: list[Figure]
    view: str
    arc: tuple[str, str, str] | None = None
    line: tuple[str, str] | None = None
    bar_height: float | None = None


def _standing(arms: tuple[float, float] = (DOWN - 14, DOWN - 22), *, bar: bool = False) -> Figure:
    return side((0, 0), (0, 0), 0, arms, bar=bar)


def _hanging(upper: float, fore: float, hands: float) -> Figure:
    """Somebody on a bar, seen from the front, with the hands at a height."""
    figure = front((3, 0), (upper, fore))
    up = hands - figure.joints["left_wrist"][1]
    raised = {name: (x, y + up) for name, (x, y) in figure.joints.items()}
    limbs = [[(x, y + up) for x, y in limb] for limb in figure.limbs]
    return Figure(limbs, (figure.head[0], figure.head[1] + up), raised)


_PLANK = side((0, 0.08), (83, 83), 83, (DOWN, 90), foot=DOWN)
DRAWINGS = [
    Drawing("squat", [_standing((90, 90)), side((0, 0), (25, -82), 38, (90, 90))], "side", ("hip", "knee", "ankle")),
    Drawing(
        "squat_front",
        [front((8, 0.0), (DOWN - 15, 60)), front((16, 0.05), (DOWN - 20, 40), low=0.21)],
        "front",
        line=("left_hip", "left_knee"),
    ),
    Drawing(
        "push_up",
        [side((0, 0.08), (72, 72), 72, (DOWN, DOWN), foot=DOWN), side((0, 0.08), (86, 86), 86, (288, DOWN), foot=DOWN)],
        "side",
        ("shoulder", "elbow", "wrist"),
    ),
    Drawing(
        "lunge",
        [_standing(), side((0.1, 0), (0, -84), 0, (DOWN, DOWN), rear=(200, 262))],
        "side",
        ("hip", "knee", "ankle"),
    ),
    Drawing(
        "deadlift",
        [_standing(bar=True), side((0, 0), (4, -38), 72, (DOWN, DOWN), bar=True)],
        "side",
        ("shoulder", "hip", "knee"),
    ),
    Drawing(
        "shoulder_press",
        [front((6, 0), (125, 5)), front((6, 0), (25, 4))],
        "front",
        ("left_shoulder", "left_elbow", "left_wrist"),
    ),
    Drawing("curl", [_standing(), _standing((DOWN - 8, 40))], "side", ("shoulder", "elbow", "wrist")),
    Drawing(
        "lateral_raise",
        [front((6, 0), (DOWN - 8, DOWN - 8)), front((6, 0), (90, 90))],
        "front",
        ("left_hip", "left_shoulder", "left_elbow"),
    ),
    Drawing(
        "jumping_jack",
        [front((3, 0), (DOWN - 10, DOWN - 8)), front((20, 0), (30, 12))],
        "front",
        ("left_hip", "left_shoulder", "left_elbow"),
    ),
    Drawing(
        "sit_up",
        [lying((0, 0.03), (50, 152), 272, (62, 40)), lying((0, 0.03), (50, 152), 330, (100, 60))],
        "side",
        line=("hip", "shoulder"),
    ),
    Drawing(
        "crunch",
        [lying((0, 0.03), (50, 152), 272, (62, 40)), lying((0, 0.03), (50, 152), 296, (80, 60))],
        "side",
        line=("hip", "shoulder"),
    ),
    Drawing("plank", [_PLANK], "side", line=("shoulder", "ankle")),
    Drawing(
        "glute_bridge",
        [lying((0, 0.03), (48, 152), 271, (100, 95)), lying((0, 0.17), (66, 174), 246, (108, 92))],
        "side",
        ("shoulder", "hip", "knee"),
    ),
    Drawing(
        "high_knees",
        [front((3, 0), (DOWN - 20, 20)), front((3, 0), (DOWN - 20, 20), raised=0.02)],
        "front",
        line=("left_hip", "left_knee"),
    ),
    Drawing(
        "pull_up",
        [_hanging(12, 4, 1.12), _hanging(130, -8, 1.12)],
        "front",
        line=("left_wrist", "right_wrist"),
        bar_height=1.12,
    ),
    Drawing(
        "burpee",
        [
            _standing(),
            side((0, 0), (35, -75), 85, (DOWN - 10, DOWN - 10)),
            side((0, 0.08), (72, 72), 72, (DOWN, DOWN), foot=DOWN),
        ],
        "45",
    ),
]
"""Every exercise, and the squat from the front too."""


def svg(drawing: Drawing) -> str:
    """A drawing as SVG."""
    step = 300 / len(drawing.figures)
    scale = UNIT / 1.25 if drawing.bar_height else UNIT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{drawing.name.replace("_", " ")}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#f6f7f8"/>',
        f'<line x1="12" y1="{FLOOR}" x2="312" y2="{FLOOR}" stroke="#c9ced3" stroke-width="3" stroke-linecap="round"/>',
    ]
    for number, figure in enumerate(drawing.figures):
        xs = [x for limb in figure.limbs for x, _ in limb]
        middle = (min(xs) + max(xs)) / 2
        origin = (12 + step * (number + 0.5) - middle * scale, FLOOR - 4)
        last = number == len(drawing.figures) - 1
        if drawing.bar_height:
            y = origin[1] - drawing.bar_height * scale
            parts.append(_line([(12 + step * number + 20, y), (12 + step * (number + 1) - 20, y)], "#6b737a", 5))
        parts += _figure(figure, origin, scale, WORK if last else REST)
        if last:
            parts += _marks(drawing, figure, origin, scale)
    parts += _plan(drawing.view)
    return "\n".join([*parts, "</svg>", ""])


def _screen(point: Point, origin: Point, scale: float) -> Point:
    return origin[0] + point[0] * scale, origin[1] - point[1] * scale


def _figure(figure: Figure, origin: Point, scale: float, colour: str) -> list[str]:
    parts = [_line([_screen(one, origin, scale) for one in limb], colour, 7) for limb in figure.limbs]
    x, y = _screen(figure.head, origin, scale)
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{HEAD * scale:.1f}" fill="{colour}"/>')
    parts += [_line([_screen(one, origin, scale) for one in thing], INK, 17) for thing in figure.things]
    return parts


def _line(points: list[Point], colour: str, width: float, dash: str = "") -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linecap="round" stroke-linejoin="round"{dashed}/>'
    )


def _marks(drawing: Drawing, figure: Figure, origin: Point, scale: float) -> list[str]:
    """The angle that counts, or the line whose height or slope does."""
    parts = []
    if drawing.arc is not None:
        one, corner, other = (_screen(figure.joints[name], origin, scale) for name in drawing.arc)
        begin, end = (math.atan2(p[1] - corner[1], p[0] - corner[0]) for p in (one, other))
        sweep = (end - begin + math.pi) % (2 * math.pi) - math.pi
        turns = [begin + sweep * step / 16 for step in range(17)]
        arc = [(corner[0] + 18 * math.cos(turn), corner[1] + 18 * math.sin(turn)) for turn in turns]
        parts.append(_line(arc, MARK, 5))
    if drawing.line is not None:
        parts.append(_line([_screen(figure.joints[name], origin, scale) for name in drawing.line], MARK, 4, "2 8"))
    return parts


def _plan(view: str) -> list[str]:
    """The camera and the person from above: who faces it, or turns a side to it."""
    x, person_y, camera_y = 366, 62, 142
    turn = {"front": 0, "side": 90, "45": 45}[view]
    facing = beyond((x, -person_y), 180 - turn, 20)
    nose = (facing[0], -facing[1])
    sides = [beyond((x, -person_y), 180 - turn + way, 19) for way in (-90, 90)]
    words = {"front": "from the front", "side": "from the side", "45": "at 45 degrees"}[view]
    cone = f"{x},{camera_y - 12} {x - 32},{person_y + 22} {x + 32},{person_y + 22}"
    return [
        f'<polygon points="{cone}" fill="#e4e7ea"/>',
        _line([(a, -b) for a, b in sides], INK, 9),
        _line([(x, person_y), nose], INK, 5),
        f'<circle cx="{x}" cy="{person_y}" r="9" fill="{INK}"/>',
        f'<rect x="{x - 13}" y="{camera_y - 8}" width="26" height="17" rx="4" fill="{INK}"/>',
        f'<rect x="{x - 5}" y="{camera_y - 15}" width="10" height="9" rx="2" fill="{INK}"/>',
        f'<text x="{x}" y="24" font-family="sans-serif" font-size="12.5" text-anchor="middle" fill="{INK}">',
        f"{words}</text>",
    ]


def main() -> None:
    """Write every drawing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for drawing in DRAWINGS:
        (FOLDER / f"{drawing.name}.svg").write_text(svg(drawing), encoding="utf-8")


if __name__ == "__main__":
    main()
