"""The teachers on real photos: they must agree with labels that people drew."""

import numpy as np
import pytest

from detection.training.labels import KNOWN
from detection.training.sources import read_coco
from detection.training.teachers import LandmarkTeacher, region_of
from tests.shared import PHOTOS

pytest.importorskip("mediapipe", reason="the landmark teacher is in mediapipe's wheel")


@pytest.mark.real
def test_the_landmark_teacher_agrees_with_labels_of_large_people() -> None:
    photos = read_coco(PHOTOS / "coco_train")
    teacher = LandmarkTeacher()
    height = photos.boxes[:, 3] - photos.boxes[:, 1]
    whole = np.flatnonzero(((photos.state == KNOWN).sum(axis=1) >= 17) & (height > 200))[:12]
    errors = []
    for row in whole:
        known = photos.state[row] == KNOWN
        person = teacher.agreed(photos.picture(int(photos.person_photo[row])), region_of(photos.joints[row], known))
        if person is not None:
            both = known & person[1]
            errors.extend(np.linalg.norm(person[0][both] - photos.joints[row][both], axis=1) / height[row])
    assert len(errors) > 80
    assert np.median(errors) < 0.02
    assert np.mean(np.array(errors) < 0.08) > 0.9
