"""MediaPipe's BlazePose behind the detector protocol: one person, with the model that lies in mediapipe's own wheel.

BlazePose (Bazarevsky et al. 2020) finds a person once and then follows the landmarks from frame to frame. Nothing is
downloaded and nothing is sent. Its own smoothing is off: `detection.tracking` smooths every detector alike.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.errors import DetectionError
from pose.joint_sets import BLAZEPOSE33, BLAZEPOSE33_TO_OPENPOSE18
from pose.types import Float32, Image, People

LEAST_VISIBILITY = 0.3
"""Landmarks below it are guesses about what cannot be seen; they count as missing."""

_NEW_SCENE = 30.0
"""Mean difference of two pictures, out of 255, from which they show different scenes: 99 in 100 cuts between
clips exceed it, and 17 is the most within a clip from frame to frame."""

_THUMBNAIL = (16, 16)

_CHATTER = re.compile(
    rb"XNNPACK delegate|absl::InitializeLog|inference_feedback_manager|gl_context|landmark_projection"
)
"""What mediapipe's native code prints on every start, whatever the log level."""


class BlazePoseDetector:
    """One person in 2D by BlazePose's full model; not shared between threads.

    Raises
    ------
    DetectionError
        Where mediapipe is not installed or does not fit this Python.
    """

    def __init__(self) -> None:
        self._solution = _load_solution()
        self._pose: Any = None
        self._last: NDArray[np.int16] | None = None
        self._shape: tuple[int, ...] = ()
        self._found = False
        self._restart()

    @property
    def name(self) -> str:
        """The network, for the HUD and `doctor`."""
        return "MediaPipe BlazePose (one person)"

    @property
    def engine(self) -> str:
        """The inference engine."""
        return "TensorFlow Lite with XNNPACK, fp32"

    def detect(self, image: Image) -> People:
        """The person in a BGR picture (H, W, 3) uint8; nobody is an empty `People`.

        Raises
        ------
        DetectionError
            Of an array that is not such a picture.
        """
        if self._pose is None:
            raise DetectionError("the detector is closed")
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise DetectionError(f"a picture is uint8 (H, W, 3), not {image.dtype} {image.shape}")
        if self._is_new_scene(image):
            self._restart()
        # The graph's last loud remark comes with the first person it finds.
        with contextlib.nullcontext() if self._found else _quiet():
            landmarks = self._pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).pose_landmarks
        if landmarks is None:
            return People.nobody()
        self._found = True
        rows = [(one.x, one.y, one.visibility) for one in landmarks.landmark]
        return people_of(np.array(rows, np.float32), image.shape[1], image.shape[0])

    def close(self) -> None:
        """Give back the graph; may be called twice."""
        if self._pose is not None:
            self._pose.close()
            self._pose = None

    def _restart(self) -> None:
        """A graph that has seen nobody yet."""
        self.close()
        self._found = False
        with _quiet():
            # complexity 1 is the full model, the only one in the wheel
            self._pose = self._solution.Pose(static_image_mode=False, model_complexity=1, smooth_landmarks=False)
            # The first picture makes the graph load its models, and say so.
            self._pose.process(np.zeros((64, 64, 3), np.uint8))

    def _is_new_scene(self, image: Image) -> bool:
        """Whether this picture cannot follow the last one: the person to be followed is then somewhere else."""
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), _THUMBNAIL, interpolation=cv2.INTER_AREA)
        now, before, shape = small.astype(np.int16), self._last, self._shape
        self._last, self._shape = now, image.shape
        if before is None:
            return False
        return shape != image.shape or float(np.abs(now - before).mean()) > _NEW_SCENE


def people_of(landmarks: Float32, width: int, height: int) -> People:
    """One person from BlazePose's landmarks.

    Parameters
    ----------
    landmarks : array, shape (33, 3)
        x and y as shares of the picture's width and height from its top left corner, and visibility 0..1.
    width, height : int
        Of the picture, in pixels.

    Returns
    -------
    People
        One person in pixels (the corner of the picture is (-0.5, -0.5)); a landmark outside the picture or hardly
        visible scores 0. Nobody, where no joint is left.
    """
    xy = (landmarks[:, :2] * (width, height) - 0.5).astype(np.float32)
    inside = (landmarks[:, :2] >= 0).all(axis=1) & (landmarks[:, :2] <= 1).all(axis=1)
    score = np.where(inside & (landmarks[:, 2] >= LEAST_VISIBILITY), landmarks[:, 2].clip(0, 1), 0).astype(np.float32)
    joints, joint_score = BLAZEPOSE33_TO_OPENPOSE18.points(xy[None], score[None])
    return People.detected(joints, joint_score) if (joint_score > 0).any() else People.nobody()


def _load_solution() -> Any:
    """The pose module of mediapipe, imported here because it takes most of a second and is an extra."""
    try:
        from mediapipe.python.solutions import pose  # noqa: PLC0415
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "mediapipe"
        what = "mediapipe is not installed" if missing else f"mediapipe cannot be imported ({error})"
        raise DetectionError(
            f"{what}: run `pip install 'liftcam[mediapipe]'` (in a checkout `pip install -e '.[mediapipe]'`); it needs "
            f"Python below 3.13 and numpy below 2, here are {sys.version_info[0]}.{sys.version_info[1]} and "
            f"{np.__version__}"
        ) from error
    if len(pose.PoseLandmark) != len(BLAZEPOSE33):
        raise DetectionError(f"mediapipe has {len(pose.PoseLandmark)} landmarks, not {len(BLAZEPOSE33)}: use 0.10.21")
    return pose


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what native code writes to stderr and drop its known chatter; everything else is written afterwards."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held, contextlib.ExitStack() as undo:
        stderr = os.dup(2)
        undo.callback(os.close, stderr)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            held.seek(0)
            for line in held:
                if not _CHATTER.search(line):
                    os.write(2, line)
