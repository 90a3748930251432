"""People in the frames of a recording, several frames at a time, in order.

A network that runs on all cores has its threads wait for one another in every layer, and for whatever else the machine
does. Where nobody waits for a single frame, a detector a core does more frames a second.
"""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.detector import Detector
from detection.offline.appearance import trunk_colours
from pose.errors import LiftCamError
from pose.types import People
from stream.errors import StageFailed
from stream.item import Item
from stream.pipeline import Pipeline

FIND = "find"
"""Name of this step."""

Found = tuple[Item, NDArray[np.uint8]]
"""A frame with its people, and the colours of their trunks."""


def found_in(pipeline: Pipeline, detectors: Sequence[Detector]) -> Generator[Found, None, None]:
    """Everybody in every frame, in the order of the frames.

    Parameters
    ----------
    pipeline : Pipeline
        Of a recording, without stages.
    detectors : sequence of Detector
        At least one; each looks at one frame at a time, in a thread of its own.

    Raises
    ------
    LiftCamError, StageFailed
        As the source or a detector fails, once everything before has been given.
    """
    free: queue.SimpleQueue[Detector] = queue.SimpleQueue()
    for detector in detectors:
        free.put(detector)

    def find(item: Item) -> Found:
        detector = free.get()
        try:
            people = detector.detect(item.frame.image)
        except LiftCamError:
            raise
        except Exception as error:
            raise StageFailed(FIND, item.frame.index, error) from error
        finally:
            free.put(detector)
        return item.with_people(people), _colours(item, people)

    under_way: deque[Future[Found]] = deque()
    with (
        _opencv_threads(1 if len(detectors) > 1 else cv2.getNumThreads()),
        ThreadPoolExecutor(len(detectors), thread_name_prefix="liftcam-find") as threads,
    ):
        failed: LiftCamError | None = None
        try:
            for item in pipeline:
                under_way.append(threads.submit(find, item))
                if len(under_way) > 2 * len(detectors):
                    yield under_way.popleft().result()
        except LiftCamError as error:
            failed = error
        while under_way:
            yield under_way.popleft().result()
        if failed is not None:
            raise failed


@contextlib.contextmanager
def _opencv_threads(count: int) -> Iterator[None]:
    """Let OpenCV work with so many threads for a while: its own would stand in the detectors' way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _colours(item: Item, people: People) -> NDArray[np.uint8]:
    return trunk_colours(item.frame.image, people.xy_px, people.score)
