from __future__ import annotations

import numpy as np
import pytest

from pose.camera import Extrinsics, Intrinsics
from pose.joint_sets import H36M17, OPENPOSE18
from synthetic.actor import Actor
from synthetic.dataset import Wardrobe, sample
from synthetic.errors import SyntheticError
from synthetic.labels import frame_truth
from synthetic.light import NO_OWNER
from synthetic.materials import Kind, Pattern, from_hsv, linear, material
from synthetic.performance import Performance
from synthetic.poses import LIBRARY, mirrored, random_pose
from synthetic.raster import HIDDEN, draw_triangles
from synthetic.room import Room, floor_plane
from synthetic.rotations import about_y
from synthetic.scene import Camera, Scene, random_lights

SHARED_NAMES = [name for name in OPENPOSE18 if name in H36M17]


def camera(size: int = 128, distance: float = 3.0) -> Camera:
    return Camera(Intrinsics.from_fov(size, size, 50), Extrinsics.looking_at([0, 1.0, distance], [0, 0.9, 0]))


def plain_scene(size: int = 128, room: Room | None = None) -> Scene:
    rng = np.random.default_rng(0)
    room = room or Room([floor_plane(material(Kind.ROOM, (0.5, 0.5, 0.5)))])
    return Scene(camera(size), random_lights(rng), room, centre_m=np.array([0, 0.9, 0]), radius_m=2.0)


def test_a_triangle_covers_the_samples_whose_centres_it_holds() -> None:
    screen = np.array([[1, 1, 0.5], [5, 1, 0.5], [1, 5, 0.5]], np.float32)
    nearness, owner = np.zeros((6, 6), np.float32), np.full((6, 6), -1, np.int32)
    draw_triangles(screen, np.array([[0, 1, 2]], np.int32), np.ones(3, np.float32), nearness, owner)
    rows, columns = np.mgrid[:6, :6] + 0.5
    expected = (columns >= 1) & (rows >= 1) & (columns + rows <= 6)
    np.testing.assert_array_equal(owner == 0, expected)
    assert np.all(nearness[expected] == 0.5)


def test_the_nearer_triangle_wins_in_any_order_and_what_is_cut_or_behind_is_not_drawn() -> None:
    far = [[0, 0, 0.2], [8, 0, 0.2], [0, 8, 0.2]]
    near = [[0, 0, 0.4], [8, 0, 0.4], [0, 8, 0.4]]
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        nearness, owner = np.zeros((4, 4), np.float32), np.full((4, 4), -1, np.int32)
        screen = np.array(far + near, np.float32)
        draw_triangles(screen, np.array(order, np.int32), np.ones(6, np.float32), nearness, owner)
        assert nearness[0, 0] == np.float32(0.4)
        cut = np.array([1, 1, 1, -1, -1, -1], np.float32)
        nearness[:] = 0
        draw_triangles(screen, np.array(order, np.int32), cut, nearness, owner)
        assert nearness[0, 0] == np.float32(0.2)
        screen[3:, 2] = HIDDEN
        nearness[:] = 0
        draw_triangles(screen, np.array(order, np.int32), np.ones(6, np.float32), nearness, owner)
        assert nearness[0, 0] == np.float32(0.2)


def test_somebody_who_faces_the_camera_has_the_left_shoulder_on_the_right(man: Actor) -> None:
    scene = plain_scene()
    posed = man.standing_at(LIBRARY["stand"].joints(man.proportions))
    truth = frame_truth(scene.camera, [posed], scene.render([posed]))
    left, right = (OPENPOSE18.index(f"{side}_shoulder") for side in ("left", "right"))
    assert truth.xy_px[0, left, 0] > truth.xy_px[0, right, 0] + 5
    away = man.standing_at(LIBRARY["stand"].joints(man.proportions) @ about_y(180).T)
    truth = frame_truth(scene.camera, [away], scene.render([away]))
    assert truth.xy_px[0, left, 0] < truth.xy_px[0, right, 0] - 5


def test_the_face_shows_from_the_front_only(man: Actor) -> None:
    scene = plain_scene(192)
    stand = LIBRARY["a_pose"].joints(man.proportions)
    front, back = man.standing_at(stand), man.standing_at(stand @ about_y(180).T)
    face = [OPENPOSE18.index(name) for name in ("nose", "left_eye", "right_eye")]
    seen = frame_truth(scene.camera, [front], scene.render([front])).visible[0]
    assert seen.all()
    seen = frame_truth(scene.camera, [back], scene.render([back])).visible[0]
    assert not seen[face].any()
    assert seen[OPENPOSE18.index("neck")]


def test_pictures_and_space_agree(man: Actor) -> None:
    scene = plain_scene()
    posed = man.standing_at(LIBRARY["warrior"].joints(man.proportions))
    truth = frame_truth(scene.camera, [posed], scene.render([posed]))
    projected = scene.camera.intrinsics.project(truth.xyz_m[0] + truth.root_m[0])
    for name in SHARED_NAMES:
        flat, solid = OPENPOSE18.index(name), H36M17.index(name)
        np.testing.assert_allclose(truth.xy_px[0, flat], projected[solid], atol=1e-2)
    shoulders = truth.xyz_m[0, [11, 14]].mean(axis=0) + truth.root_m[0]
    np.testing.assert_allclose(truth.xy_px[0, 1], scene.camera.intrinsics.project(shoulders), atol=1e-2)


def test_joints_lie_inside_the_silhouette(man: Actor) -> None:
    scene = plain_scene(192)
    posed = man.standing_at(LIBRARY["jack_low"].joints(man.proportions))
    rendering = scene.render([posed])
    truth = frame_truth(scene.camera, [posed], rendering)
    samples = np.floor((truth.xy_px[0] + 0.5) * rendering.samples).astype(int)
    assert (rendering.person[samples[:, 1], samples[:, 0]] == 0).all()
    left, top, width, height = truth.box_px[0]
    assert (truth.xy_px[0] > [left, top]).all()
    assert (truth.xy_px[0] < [left + width, top + height]).all()
    assert truth.area_px[0] < width * height


def test_a_posed_actor_follows_the_joints_it_is_given(man: Actor) -> None:
    joints = LIBRARY["squat_deep"].joints(man.proportions)
    posed = man.posed(joints)
    limbs = [1, 2, 3, 4, 5, 6, 12, 13, 15, 16]
    np.testing.assert_allclose((posed.h36m - posed.h36m[0])[limbs[:6]], (joints - joints[0])[limbs[:6]], atol=5e-3)
    upper_arm = posed.h36m[12] - posed.h36m[11]
    np.testing.assert_allclose(upper_arm, joints[12] - joints[11], atol=5e-3)


def test_mirroring_twice_changes_nothing(man: Actor) -> None:
    joints = random_pose(np.random.default_rng(3), man.proportions)
    np.testing.assert_array_equal(mirrored(mirrored(joints)), joints)
    np.testing.assert_allclose(
        mirrored(LIBRARY["lunge_left"].joints(man.proportions))[2, 0],
        -LIBRARY["lunge_left"].joints(man.proportions)[5, 0],
    )


def test_who_stands_before_somebody_hides_them(man: Actor) -> None:
    scene = plain_scene()
    stand = LIBRARY["stand"].joints(man.proportions)
    people = [man.standing_at(stand, (0, 0.6)), man.standing_at(stand, (0, -0.8))]
    truth = frame_truth(scene.camera, people, scene.render(people))
    assert truth.person.tolist() == [0, 1]
    assert truth.visible[0].sum() >= 14
    assert truth.visible[1].sum() <= 4
    assert truth.inside[1].all()
    assert truth.area_px[0] > 3 * truth.area_px[1]


def test_people_cast_shadows_and_change_nothing_elsewhere(man: Actor) -> None:
    scene = plain_scene()
    posed = man.standing_at(LIBRARY["stand"].joints(man.proportions))
    empty, full = scene.render([]), scene.render([posed])
    covered = (full.person >= 0).reshape(128, 2, 128, 2).any(axis=(1, 3))
    change = (full.light - empty.light).mean(axis=2)
    assert change[~covered].min() < -0.02  # a shadow
    assert change[~covered].max() < 1e-6  # nothing grows brighter
    assert np.median(np.abs(change[~covered])) < 1e-6
    assert (empty.person == NO_OWNER).all()


def test_a_grey_floor_is_evenly_grey_in_even_light() -> None:
    light = plain_scene().render([]).light
    floor = light[-10:]
    np.testing.assert_allclose(floor[..., 0] / floor[..., 1], (floor[..., 0] / floor[..., 1]).mean(), rtol=1e-3)
    assert floor.std() < 0.2 * floor.mean()


def test_performances_are_the_same_every_time_and_differ_by_seed() -> None:
    first, truth = Performance("walk", 1, 96, 72).render(20)
    again, same = Performance("walk", 1, 96, 72).render(20)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(truth.xy_px, same.xy_px)
    other, _ = Performance("walk", 2, 96, 72).render(20)
    assert np.abs(first.astype(int) - other).mean() > 1


def test_a_performance_keeps_its_bones_and_stays_in_the_picture() -> None:
    performance = Performance("jumping_jacks", 0, 160, 120, fps=5, samples=1)
    joints = []
    for image, time_s, truth in performance:
        assert image.shape == (120, 160, 3)
        assert len(truth) == 1
        assert truth.inside.all()
        joints.append(truth.xyz_m[0])
        assert time_s <= performance.duration_s
    bones = np.linalg.norm(np.diff(np.array(joints)[:, [1, 2, 3]], axis=1), axis=2)
    np.testing.assert_allclose(bones, bones.mean(axis=0, keepdims=True).repeat(len(bones), 0), atol=2e-3)
    assert len(performance.repetitions) == 10


def test_unknown_motions_and_sizes_are_refused() -> None:
    with pytest.raises(SyntheticError, match="jumping_jacks"):
        Performance("cartwheel")
    with pytest.raises(SyntheticError, match="pixels"):
        Performance(width=0)
    with pytest.raises(IndexError):
        Performance("squats", 0, 64, 48).render(100000)
    with pytest.raises(SyntheticError, match="training picture"):
        sample(np.random.default_rng(0), 8)


def test_training_pictures_follow_from_the_generator() -> None:
    image, truth = sample(np.random.default_rng(5), 96)
    again, same = sample(np.random.default_rng(5), 96)
    np.testing.assert_array_equal(image, again)
    np.testing.assert_array_equal(truth.xy_px, same.xy_px)
    assert image.shape == (96, 96, 3)
    assert image.std() > 5


def test_empty_rooms_have_nobody() -> None:
    image, truth = sample(np.random.default_rng(1), 64, people=(0, 0))
    assert len(truth) == 0
    assert truth.xy_px.shape == (0, 18, 2)
    assert image.std() > 1


@pytest.mark.parametrize("framing", ["full", "upper", "group", "far"])
def test_every_framing_shows_people_with_sound_labels(framing: str) -> None:
    wardrobe = Wardrobe()
    shown = 0
    for seed in range(4):
        _, truth = sample(np.random.default_rng([7, seed]), 96, framing=framing, wardrobe=wardrobe, samples=1)
        shown += len(truth)
        assert (truth.visible <= truth.inside).all()
        assert ((truth.xy_px[truth.inside] >= -0.5) & (truth.xy_px[truth.inside] < 95.5)).all()
        assert (truth.root_m[:, 2] > 0).all()
    assert shown >= 4


def test_mocap_poses_are_taken_in_any_scale(man: Actor) -> None:
    poses = [1000 * LIBRARY["tree"].joints(man.proportions)]
    _, truth = sample(np.random.default_rng(2), 64, people=(1, 1), poses=poses, framing="full")
    assert 0.5 < np.ptp(truth.xyz_m[0, :, 1]) < 2.5


def test_colours_are_what_they_are_called() -> None:
    np.testing.assert_allclose(from_hsv(1 / 3, 1, 1), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(from_hsv(0.9, 0, 0.4), [0.4, 0.4, 0.4])
    np.testing.assert_allclose(linear([0, 1, 0.5]), [0, 1, 0.5**2.2])
    record = material(Kind.CLOTH, (1, 0, 0), pattern=Pattern.DOTS)
    assert record["pattern"] == int(Pattern.DOTS)
    np.testing.assert_array_equal(record["second"], record["base"])
