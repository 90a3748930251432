from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import UNTRACKED, Frame, People
from render.canvas import Canvas, TextMasks
from render.layout import Fit, Rect, arrange
from render.orbit import OrbitCamera
from render.palette import LEFT, MIDDLE, RIGHT, tint
from render.renderer import Renderer
from render.sdl import pygame
from render.view import Layout, Status, View, ViewOptions
from tests.render.somebody import joint, like, people_at, view_of

Image = NDArray[np.uint8]
SIZE = (1000, 600)
FRONT = OrbitCamera(0.0, 0.0)


def drawn(view: View, options: ViewOptions | None = None, camera: OrbitCamera = FRONT) -> Image:
    renderer = Renderer(*SIZE)
    renderer.draw(view, options or ViewOptions(show_hints=False), camera)
    return renderer.pixels()


def picture_fit(view: View, mirror: bool = False, layout: Layout = Layout.BOTH) -> Fit:
    panels = arrange(*SIZE, layout, view.frame.width / view.frame.height)
    assert panels.picture is not None
    return Fit.inside(panels.picture, view.frame.width, view.frame.height, mirror)


def middle_of(people: People, first: str, second: str) -> NDArray[np.float32]:
    joints = [OPENPOSE18.index(first), OPENPOSE18.index(second)]
    return cast(NDArray[np.float32], people.xy_px[0, joints].mean(axis=0))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(("side", "colour"), [("left", LEFT), ("right", RIGHT)])
@pytest.mark.parametrize(("first", "second"), [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee")])
def test_limbs_of_the_picture_have_the_colour_of_the_persons_own_side(
    mirror: bool, side: str, colour: tuple[int, int, int], first: str, second: str
) -> None:
    view = view_of(people_at([(0.2, 0.1, 3)]))
    image = drawn(view, ViewOptions(mirror=mirror, show_hints=False))
    x, y = picture_fit(view, mirror).to_window(middle_of(view.people, f"{side}_{first}", f"{side}_{second}"))
    np.testing.assert_array_equal(image[round(y), round(x)], colour)


def test_the_picture_is_where_it_belongs_and_mirrored() -> None:
    view = view_of(People.nobody())
    view.frame.image[:, :320] = (0, 0, 250)
    for mirror, red_on in ((False, 0.25), (True, 0.75)):
        image, area = drawn(view, ViewOptions(mirror=mirror, show_hints=False)), picture_fit(view, mirror).area
        y = (area.y0 + area.y1) // 2
        assert tuple(image[y, int(area.x0 + red_on * area.width)]) == (0, 0, 250)
        assert tuple(image[y, int(area.x0 + (1 - red_on) * area.width)]) == (120, 120, 120)
        assert tuple(image[y, area.x0 - 2]) != (0, 0, 250)


def test_joints_without_a_score_are_not_drawn_even_if_their_place_is_nonsense() -> None:
    people = people_at([(0, 0, 3)])
    hidden = People.detected(np.full_like(people.xy_px, np.nan), np.zeros_like(people.score))
    faint = People.detected(people.xy_px, np.full_like(people.score, 0.09))
    options = ViewOptions(layout=Layout.PICTURE, show_hints=False)
    area = picture_fit(view_of(people), layout=Layout.PICTURE).area
    inside = np.s_[area.y0 : area.y1, area.x0 : area.x1]
    assert (drawn(view_of(hidden), options)[inside] == 120).all()
    assert (drawn(view_of(faint), options)[inside] == 120).all()
    assert (drawn(view_of(faint), replace(options, min_score=0.05))[inside] != 120).any()
    assert (drawn(view_of(hidden), replace(options, min_score=0.0))[inside] == 120).all()


def test_only_the_missing_limb_is_left_out() -> None:
    view = view_of(people_at([(0, 0, 3)]))
    x, y = picture_fit(view).to_window(middle_of(view.people, "left_elbow", "left_wrist"))
    view.people.score[0, OPENPOSE18.index("left_wrist")] = 0
    image = drawn(view)
    assert tuple(image[round(y), round(x)]) == (120, 120, 120)
    x, y = picture_fit(view).to_window(middle_of(view.people, "left_shoulder", "left_elbow"))
    assert tuple(image[round(y), round(x)]) == LEFT


def space_colours(image: Image, bright: int = 90) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The x of all bright pixels of left and of right colour."""
    vivid = np.linalg.norm(image.astype(float), axis=-1) > bright
    left, right = (np.nonzero(vivid & (like(image, colour) > 0.985))[1] for colour in (LEFT, RIGHT))
    return left, right


@pytest.mark.parametrize("mirror", [False, True])
def test_3d_from_the_front_shows_left_where_the_picture_shows_it(mirror: bool) -> None:
    image = drawn(view_of(people_at([(0, 0.1, 3)])), ViewOptions(mirror=mirror, layout=Layout.SPACE, show_hints=False))
    left, right = space_colours(image[40:-80])
    assert len(left) > 200
    assert len(right) > 200
    assert (left.mean() > right.mean()) is not mirror  # who faces the camera has the left side on the right


def test_3d_stands_upright_with_the_head_in_the_persons_tint() -> None:
    image = drawn(view_of(people_at([(0, 0.1, 3)], ids=[2])), ViewOptions(layout=Layout.SPACE, show_hints=False))
    vivid = np.argwhere(like(image[:-60], tint(2)) > 0.99)
    bright = vivid[image[vivid[:, 0], vivid[:, 1]].max(axis=1) > 110]
    legs = np.argwhere(like(image[:-60], LEFT) > 0.985)
    legs = legs[image[legs[:, 0], legs[:, 1]].max(axis=1) > 110]
    assert len(bright) > 100
    assert np.median(bright[:, 0]) < np.median(legs[:, 0]) - 50


def test_uncertain_3d_joints_are_faint() -> None:
    sure = people_at([(0, 0.1, 3)])
    valid = sure.valid.copy()
    valid[0, [joint("left_elbow"), joint("left_wrist"), joint("left_knee"), joint("left_ankle")]] = False
    options = ViewOptions(layout=Layout.SPACE, show_hints=False)
    surely, unsurely = (drawn(view_of(p), options) for p in (sure, sure.with_3d(sure.xyz_m, sure.root_m, valid)))
    left_before, right_before = space_colours(surely[40:-80])
    left_after, right_after = space_colours(unsurely[40:-80])
    assert len(left_after) < 0.5 * len(left_before)
    assert len(right_after) == pytest.approx(len(right_before), rel=0.1)


def test_the_mirror_never_turns_text() -> None:
    people = people_at([(0, 0.1, 3)], ids=[7])
    plain, mirrored = (
        drawn(view_of(people), ViewOptions(mirror=m, layout=Layout.PICTURE, show_hints=False)) for m in (False, True)
    )
    chips = [np.argwhere((image == tint(7)).all(axis=2)) for image in (plain, mirrored)]
    (top, left), (bottom, right) = chips[0].min(axis=0), chips[0].max(axis=0)
    np.testing.assert_array_equal(chips[0] - chips[0].min(axis=0), chips[1] - chips[1].min(axis=0))
    cut = plain[top:bottom, left:right].astype(int)
    assert not np.array_equal(cut, cut[:, ::-1])


def test_untracked_people_have_no_label_and_cannot_be_chosen() -> None:
    people = people_at([(0, 0.1, 3)], ids=[UNTRACKED])
    image = drawn(view_of(people))
    assert not (image == tint(0)).all(axis=2).any()
    renderer = Renderer(*SIZE)
    view = view_of(people)
    renderer.draw(view, ViewOptions(), FRONT)
    assert renderer.person_at(*picture_fit(view).to_window(people.xy_px[0, 1])) is None


def test_who_is_chosen_stands_out() -> None:
    view = view_of(people_at([(-0.8, 0.1, 4), (0.8, 0.1, 4)], ids=[1, 2]))
    image = drawn(view, ViewOptions(selected=2, show_hints=False))
    fit = picture_fit(view)
    places = [np.round(fit.to_window(xy[[5, 6]].mean(axis=0))).astype(int) for xy in view.people.xy_px]
    assert tuple(image[places[1][1], places[1][0]]) == LEFT
    assert tuple(image[places[0][1], places[0][0]]) != LEFT


@pytest.mark.parametrize("mirror", [False, True])
def test_a_click_finds_the_person_in_both_panels(mirror: bool) -> None:
    view = view_of(people_at([(-0.8, 0.1, 4), (0.8, 0.1, 4)], ids=[4, 9]))
    renderer = Renderer(*SIZE)
    renderer.draw(view, ViewOptions(mirror=mirror), FRONT)
    fit = picture_fit(view, mirror)
    for k, track_id in enumerate((4, 9)):
        assert renderer.person_at(*fit.to_window(view.people.xy_px[k, 3])) == track_id
    assert renderer.person_at(fit.area.x0 + 3, fit.area.y0 + 3) is None
    space = renderer.panels.space
    assert space is not None
    hits = [renderer.person_at(x, (space.y0 + space.y1) / 2) for x in range(space.x0, space.x1)]
    in_order = [h for h in hits if h is not None]
    assert in_order[0] == (9 if mirror else 4)
    assert in_order[-1] == (4 if mirror else 9)


def test_the_surface_shows_the_pixels_and_pixels_are_a_copy() -> None:
    renderer, view = Renderer(320, 200), view_of(people_at([(0, 0.1, 3)]))
    surface = renderer.draw(view, ViewOptions(), OrbitCamera())
    before = renderer.pixels()
    np.testing.assert_array_equal(pygame.surfarray.array3d(surface).transpose(1, 0, 2)[..., ::-1], before)
    kept = before.copy()
    renderer.draw(view_of(People.nobody(), grey=10), ViewOptions(), OrbitCamera())
    np.testing.assert_array_equal(before, kept)
    assert not np.array_equal(renderer.pixels(), kept)


def test_two_renderers_draw_the_same_film() -> None:
    films = []
    for _ in range(2):
        renderer = Renderer(400, 240)
        for index in range(10):
            renderer.draw(view_of(people_at([(index / 10, 0.1, 3)]), time_s=index / 30), ViewOptions(), OrbitCamera())
        films.append(renderer.pixels())
    np.testing.assert_array_equal(films[0], films[1])


def test_message_help_hint_and_state_are_shown() -> None:
    view = view_of(people_at([(0, 0.1, 3)]))
    plain = drawn(view)
    changed = {
        "message": drawn(replace(view, status=replace(view.status, message="Saved"))),
        "help": drawn(view, ViewOptions(show_help=True, show_hints=False)),
        "state": drawn(replace(view, status=replace(view.status, state="reconnecting"))),
        "recording": drawn(replace(view, status=replace(view.status, recording=True))),
        "progress": drawn(replace(view, status=replace(view.status, position_s=3.0, duration_s=9.0))),
    }
    for name, image in changed.items():
        assert not np.array_equal(image, plain), name
    renderer = Renderer(*SIZE)
    for index in range(40):
        renderer.draw(view_of(People.nobody(), grey=3, time_s=index / 30), ViewOptions(), FRONT)
    dark = renderer.pixels()
    renderer.draw(view_of(People.nobody(), grey=3, time_s=1.4), ViewOptions(show_hints=False), FRONT)
    assert not np.array_equal(dark, renderer.pixels())


@settings(max_examples=40)
@given(data=st.data())
def test_any_window_any_picture_any_people(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 500)), data.draw(st.integers(1, 500))
    source = data.draw(st.sampled_from([(640, 480), (270, 480), (1, 1), (33, 7), (7, 900)]))
    count = data.draw(st.sampled_from([0, 1, 2, 20]))
    seed = data.draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    people = People.detected(
        random.normal(100, 400, (count, len(OPENPOSE18), 2)).astype(np.float32),
        (random.random((count, len(OPENPOSE18))) * random.integers(0, 2, (count, 1))).astype(np.float32),
    ).with_3d(
        random.normal(0, 0.7, (count, len(H36M17), 3)).astype(np.float32),
        random.normal((0, 0, 3), 3, (count, 3)).astype(np.float32),
        random.random((count, len(H36M17))) < random.random(),
    )
    ids = random.integers(-1, 40, count).astype(np.int32)
    people = people.with_tracks(ids, people.xy_px, people.score, people.xy_px)
    image = random.integers(0, 255, (source[1], source[0], 3), np.uint8)
    options = ViewOptions(
        mirror=data.draw(st.booleans()),
        layout=data.draw(st.sampled_from(Layout)),
        selected=data.draw(st.sampled_from([None, 3])),
        show_help=data.draw(st.booleans()),
        help_notes=("a note",),
    )
    camera = OrbitCamera(data.draw(st.floats(-180, 180)), data.draw(st.floats(-5, 85)), data.draw(st.floats(0.2, 6)))
    status = Status(fps=1e6, latency_p95_ms=0.0, engine="e" * 50, drops=3, message="m" * 60, position_s=1, duration_s=0)
    renderer = Renderer(width, height)
    for index in range(2):
        renderer.draw(View(Frame(image, index, index / 30), people, status), options, camera)
    assert renderer.pixels().shape == (max(height, 16), max(width, 16), 3)
    renderer.person_at(width / 2, height / 2)


def test_people_without_3d_get_an_empty_floor() -> None:
    people = people_at([(0, 0.1, 3)])
    flat = People.detected(people.xy_px, people.score)
    left, right = space_colours(drawn(view_of(flat), ViewOptions(layout=Layout.SPACE, show_hints=False))[40:-80])
    assert len(left) == len(right) == 0


def test_a_large_picture_is_scaled_without_moving() -> None:
    size = (3840, 2160)
    view = view_of(People.nobody(), size=size)
    view.frame.image[1080:1096, :] = 255
    area = picture_fit(view).area
    column = drawn(view)[area.y0 : area.y1, (area.x0 + area.x1) // 2, 0].astype(float) - 120
    centre = (column * np.arange(len(column))).sum() / column.sum()
    assert centre == pytest.approx((1087.5 + 0.5) * area.height / 2160 - 0.5, abs=0.3)


def test_text_keeps_its_baseline_and_is_remembered() -> None:
    texts = TextMasks()
    low, high = texts.mask("aceo", 15), texts.mask("Ag", 15)
    accented = texts.mask("Éx", 15)
    assert low.shape[0] == high.shape[0] == accented.shape[0]
    assert texts.mask("Ag", 15) is high
    baselines = [np.argwhere(mask[:, :8] > 128)[:, 0].max() for mask in (low, high, accented)]
    assert max(baselines) - min(baselines) <= 1
    capital = np.argwhere(high[:, :10] > 60)[:, 0]
    assert capital.mean() == pytest.approx((len(high) - 1) / 2, abs=1)


def test_labels_stay_inside_their_panel() -> None:
    canvas, panel = Canvas(100, 60, TextMasks()), Rect(20, 10, 80, 50)
    for at in ((-50, 30), (300, 30), (50, -90), (50, 300)):
        place = canvas.chip(panel, at, "12", size_px=14, colour=MIDDLE)
        assert place.x0 >= panel.x0
        assert place.x1 <= panel.x1
        assert place.y0 >= panel.y0
        assert place.y1 <= panel.y1
    canvas.pixels[panel.y0 : panel.y1, panel.x0 : panel.x1] = 0
    assert not canvas.pixels.any()
