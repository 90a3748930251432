"""The coach's panel: read from three metres, told apart without colours, and over nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pose.joint_sets import OPENPOSE18
from pose.types import Image, People
from render.canvas import Canvas, TextMasks
from render.coach import TONES, draw_coach, draw_sign
from render.coach_body import bodies, draw_on_bodies
from render.coach_layout import MOST_CARDS, SMALLEST_COUNT, card_places, with_coach
from render.coach_view import Arc, CoachCard, CoachView, Tone
from render.layout import Fit, Panels, Rect, arrange
from render.orbit import OrbitCamera
from render.palette import INKS, PANEL_BOTTOM, TEXT, TEXT_DIM, Colour, contrast, ink_on
from render.renderer import Renderer
from render.view import Layout, ViewOptions
from tests.render.somebody import people_at, view_of

HIP, KNEE_JOINT, ANKLE = (OPENPOSE18.index(f"right_{part}") for part in ("hip", "knee", "ankle"))
KNEE = Arc(HIP, KNEE_JOINT, ANKLE, 92.0)
CARD = CoachCard(1, "12", "Now up", 0.8, Tone.GOOD, "Sit deeper", Tone.ADJUST, "Squat", "Set 0:31", arc=KNEE)
SIZES = [(1280, 720), (427, 240), (640, 480), (720, 1280), (1920, 1080)]
PICTURES = [(1280, 720), (640, 480), (270, 480)]


def cards(count: int) -> CoachView:
    return CoachView("Squat", tuple(replace(CARD, track_id=number + 1) for number in range(count)))


def panels_of(size: tuple[int, int], picture: tuple[int, int], layout: Layout = Layout.BOTH) -> Panels:
    return with_coach(arrange(*size, layout, picture[0] / picture[1], 1.65), *picture)


def drawn(card: CoachCard, size: tuple[int, int] = (1280, 720)) -> tuple[Image, Rect]:
    """A card in the coach's panel of a window, and where its ring is."""
    panels = panels_of(size, (1280, 720))
    assert panels.coach is not None
    canvas = Canvas(*size, TextMasks())
    draw_coach(canvas, panels.coach, CoachView("Squat", (card,)), panels.scale)
    return canvas.pixels, card_places(panels.coach, 1, panels.scale)[0].ring


def rows_like(part: Image, colour: Colour) -> int:
    """Height of what has a colour, in pixels."""
    rows = np.flatnonzero((np.abs(part.astype(int) - colour).max(axis=2) < 40).any(axis=1))
    return int(rows.max() - rows.min() + 1) if len(rows) else 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", ["0", "7", "12", "108"])
def test_the_count_is_a_twelfth_of_the_window_high(size: tuple[int, int], number: str) -> None:
    for tone in Tone:
        image, ring = drawn(replace(CARD, number=number, tone=tone), size)
        plain, _ = drawn(replace(CARD, number="", tone=tone), size)
        written = (image != plain).any(axis=2)
        rows = np.flatnonzero(written.any(axis=1))
        assert rows.max() - rows.min() + 1 >= SMALLEST_COUNT * size[1]
        assert ring.y0 <= rows.min()
        assert rows.max() < ring.y1


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("picture", PICTURES)
def test_every_one_of_several_counts_is_as_large(count: int, picture: tuple[int, int]) -> None:
    panels = panels_of((1280, 720), picture)
    assert panels.coach is not None
    images = []
    for number in ("8", ""):
        canvas = Canvas(1280, 720, TextMasks())
        view = CoachView("Squat", tuple(replace(CARD, track_id=k, number=number) for k in range(count)))
        draw_coach(canvas, panels.coach, view, panels.scale)
        images.append(canvas.pixels)
    written = (images[0] != images[1]).any(axis=2)
    for place in card_places(panels.coach, count, panels.scale):
        rows = np.flatnonzero(written[:, place.ring.x0 : place.ring.x1].any(axis=1))
        inside = rows[(rows >= place.ring.y0 - 4) & (rows < place.ring.y1 + 4)]
        assert inside.max() - inside.min() + 1 >= SMALLEST_COUNT * 720


@pytest.mark.parametrize("tone", list(Tone))
def test_what_is_drawn_has_enough_contrast(tone: Tone) -> None:
    image, ring = drawn(replace(CARD, tone=tone, banner_tone=tone))
    quarter = ring.width // 4
    disc = image[ring.y0 + quarter : ring.y1 - quarter, ring.x0 + quarter : ring.x1 - quarter]
    panels = panels_of((1280, 720), (1280, 720))
    assert panels.coach is not None
    place = card_places(panels.coach, 1, panels.scale)[0].banner
    for part in (disc, image[place.y0 + 8 : place.y1 - 8, place.x0 + 8 : place.x1 - 8]):
        colours, counts = np.unique(part.reshape(-1, 3), axis=0, return_counts=True)
        paper, ink = (tuple(int(c) for c in one) for one in colours[np.argsort(-counts)][:2])
        assert contrast(paper, ink) >= 4.5  # type: ignore[arg-type]
        assert TONES[tone] in (paper, ink)


def test_the_tones_are_okabe_and_itos() -> None:
    rgb = {tone: "#{2:02X}{1:02X}{0:02X}".format(*TONES[tone]) for tone in Tone}
    assert (rgb[Tone.GOOD], rgb[Tone.ADJUST], rgb[Tone.STOP]) == ("#0072B2", "#E69F00", "#D55E00")
    assert all(contrast(ink_on(colour), colour) >= 4.5 for colour in TONES.values())


def test_words_on_the_panel_have_enough_contrast() -> None:
    assert contrast(TEXT, PANEL_BOTTOM) >= 4.5
    assert contrast(TEXT_DIM, PANEL_BOTTOM) >= 4.5


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_the_ink_is_the_better_of_the_two(colour: Colour) -> None:
    assert contrast(ink_on(colour), colour) == max(contrast(ink, colour) for ink in INKS) >= 4.3


def test_signs_are_told_apart_without_colour() -> None:
    shapes = []
    for tone in (Tone.GOOD, Tone.ADJUST, Tone.STOP):
        canvas = Canvas(64, 64, TextMasks())
        canvas.box(canvas.all, TONES[tone])
        draw_sign(canvas, (31.5, 31.5), 48, tone)
        shapes.append((canvas.pixels != TONES[tone]).any(axis=2))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (shapes[first] != shapes[second]).mean() > 0.05


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("picture", PICTURES)
def test_the_coach_has_a_place_of_its_own(layout: Layout, size: tuple[int, int], picture: tuple[int, int]) -> None:
    panels = panels_of(size, picture, layout)
    assert panels.coach is not None
    for other in (panels.picture, panels.space, panels.bar):
        if other is not None:
            assert not _overlap(panels.coach, other)
    assert (panels.picture is not None) == (layout is not Layout.SPACE)
    assert (panels.space is not None) == (layout is not Layout.PICTURE)
    for count in range(1, MOST_CARDS + 1):
        places = [
            part for place in card_places(panels.coach, count, panels.scale) for part in (place.ring, place.banner)
        ]
        assert all(_inside(part, panels.coach) for part in places)
        assert not any(_overlap(a, b) for i, a in enumerate(places) for b in places[i + 1 :])


def test_only_the_coachs_panel_changes_with_the_cue() -> None:
    view = view_of(people_at([(0, 0.1, 3)], ids=[1]))
    images = []
    for banner in ("", "Knees out"):
        renderer = Renderer(1280, 720)
        coach = CoachView("Squat", (replace(CARD, banner=banner),))
        renderer.draw(replace(view, coach=coach), ViewOptions(show_hints=False), OrbitCamera())
        images.append(renderer.pixels())
    place = renderer.panels.coach
    assert place is not None
    changed = np.argwhere((images[0] != images[1]).any(axis=2))
    assert len(changed) > 1000
    assert (changed.min(axis=0) >= (place.y0, place.x0)).all()
    assert (changed.max(axis=0) < (place.y1, place.x1)).all()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-1.6, 1.6), st.floats(-0.3, 0.6), st.floats(2, 7)), min_size=1, max_size=6))
def test_labels_lie_over_nobody(roots: list[tuple[float, float, float]]) -> None:
    people = people_at(roots, ids=list(range(1, len(roots) + 1)))
    fit = Fit.inside(Rect(0, 0, 733, 550), 640, 480, False)
    canvas = Canvas(733, 550, TextMasks())
    labels = draw_on_bodies(canvas, fit, people, cards(len(roots)), 0.1, 1.0)
    boxes = bodies(fit, people, 0.1)
    for place in labels:
        assert _inside(place, fit.area)
        assert not any(place.x0 < x1 and x0 < place.x1 and place.y0 < y1 and y0 < place.y1 for x0, y0, x1, y1 in boxes)


def test_everybody_of_several_has_a_count_and_one_alone_only_the_card() -> None:
    fit = Fit.inside(Rect(0, 0, 1280, 720), 640, 480, False)
    alone = draw_on_bodies(Canvas(1280, 720, TextMasks()), fit, people_at([(0, 0, 5)], [1]), cards(1), 0.1, 1.0)
    pair = people_at([(-0.9, 0, 5), (0.9, 0, 5)], ids=[1, 2])
    both = draw_on_bodies(Canvas(1280, 720, TextMasks()), fit, pair, cards(2), 0.1, 1.0)
    assert len(alone) == 1, "the angle"
    assert len(both) == 4, "an angle and a count each"


def test_the_arc_is_drawn_at_the_joint_that_works() -> None:
    people = people_at([(0, 0, 3)], ids=[1])
    fit = Fit.inside(Rect(0, 0, 640, 480), 640, 480, False)
    with_arc, without = Canvas(640, 480, TextMasks()), Canvas(640, 480, TextMasks())
    hidden = Arc(KNEE.one, KNEE.corner, KNEE.other, float("nan"))
    draw_on_bodies(with_arc, fit, people, CoachView("", (replace(CARD, arc=hidden),)), 0.1, 1.0)
    draw_on_bodies(without, fit, people, CoachView("", (replace(CARD, arc=None),)), 0.1, 1.0)
    assert not without.pixels.any()
    middle = np.argwhere(with_arc.pixels.any(axis=2)).mean(axis=0)[::-1]
    assert np.linalg.norm(middle - people.xy_px[0, KNEE.corner]) < 45


def test_a_ring_that_goes_further_is_fuller_and_unknown_is_empty() -> None:
    filled = []
    for reach in (float("nan"), 0.0, 0.4, 0.8, 1.0, 1.25, 3.0):
        image, ring = drawn(replace(CARD, reach=reach, number=""))
        part = image[ring.y0 : ring.y1, ring.x0 : ring.x1].astype(int)
        filled.append(int((part.min(axis=2) > 200).sum()))
    assert filled[0] == filled[1] == 0
    assert filled[1:6] == sorted(filled[1:6])
    assert filled[2] < 0.6 * filled[3]
    assert filled[5] == filled[6]


def test_nobody_there_is_said() -> None:
    panels = panels_of((1280, 720), (1280, 720))
    assert panels.coach is not None
    canvas = Canvas(1280, 720, TextMasks())
    draw_coach(canvas, panels.coach, CoachView("Squat"), panels.scale)
    assert canvas.pixels.any()


@settings(max_examples=30)
@given(st.data())
def test_any_window_with_any_coach(data: st.DataObject) -> None:
    size = data.draw(st.tuples(st.integers(1, 500), st.integers(1, 500)))
    count = data.draw(st.integers(0, 6))
    text = data.draw(st.sampled_from(["", "Up", "Step back until your feet show", "x" * 80]))
    card = replace(CARD, number=data.draw(st.sampled_from(["", "0", "9999999"])), banner=text, note=text, phase=text)
    coach = CoachView(text, tuple(replace(card, track_id=k, small=k > 4) for k in range(count)))
    people = people_at([(k - 2.0, 0, 3 + k) for k in range(count)]) if count else People.nobody()
    options = ViewOptions(layout=data.draw(st.sampled_from(Layout)), mirror=data.draw(st.booleans()), show_help=True)
    renderer = Renderer(*size)
    renderer.draw(replace(view_of(people), coach=coach), options, OrbitCamera())
    assert renderer.pixels().shape[:2] == (max(size[1], 16), max(size[0], 16))


def _overlap(one: Rect, other: Rect) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _inside(one: Rect, other: Rect) -> bool:
    return other.x0 <= one.x0 and one.x1 <= other.x1 and other.y0 <= one.y0 and one.y1 <= other.y1
