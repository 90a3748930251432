from __future__ import annotations

from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from stream.file import FileSource
from stream.hdr import HLG, PQ, to_sdr

NITS = (0.0, 1.0, 10.0, 30.0, 60.0, 100.0, 140.0)
"""Grey patches below the knee, whose luminance has to stay what it is."""
BT709 = 1


def pq_code(nits: float) -> float:
    """SMPTE ST 2084, the inverse EOTF, with the constants as they are usually written out."""
    y = (nits / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375)


def hlg_code(nits: float) -> float:
    """ITU-R BT.2100, the OETF of the scene that a screen of 1000 nits shows at this luminance."""
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return float((3 * scene) ** 0.5)
    return float(0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073)


def srgb_code(linear: float) -> float:
    return float(12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055)


def grey_clip(path: Path, codes: list[float], transfer: int) -> Path:
    """Ten-bit grey pictures of these codes, tagged with a transfer and, for HDR, BT.2020."""
    colours = 9 if transfer in (PQ, HLG) else BT709
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream("libx264", rate=30))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.options = {"crf": "1"}
        context.color_trc, context.color_primaries, context.colorspace = transfer, colours, colours
        for code in codes:
            frame = av.VideoFrame(64, 48, "yuv420p10le")
            for plane, value in zip(frame.planes, (round(64 + 876 * code), 512, 512), strict=True):
                plane.update(np.full(plane.buffer_size // 2, value, np.uint16).tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def greys(path: Path) -> list[float]:
    source = FileSource(path)
    images = [frame.image for frame in source.frames()]
    source.close()
    assert all(np.ptp(image.reshape(-1, 3).mean(0)) <= 1 for image in images)
    return [float(image.mean()) for image in images]


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_the_luminance_of_people_stays(tmp_path: Path, transfer: int) -> None:
    code = pq_code if transfer == PQ else hlg_code
    shown = greys(grey_clip(tmp_path / "hdr.mkv", [code(nits) for nits in NITS], transfer))
    expected = [255 * srgb_code(nits / 203) for nits in NITS]
    np.testing.assert_allclose(shown, expected, atol=5)  # eight bits of PQ are 2 % of luminance a step


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_what_is_brighter_stays_brighter(transfer: int) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    shown = to_sdr(ramp, transfer)[:, 0, 0].astype(int)
    assert (np.diff(shown) >= 0).all()
    assert (shown[0], shown[255]) == (0, 255)
    white = round(255 * (pq_code(203.0) if transfer == PQ else hlg_code(203.0)))
    assert 235 <= shown[white] <= 250


def test_an_ordinary_clip_stays_as_it_is(tmp_path: Path) -> None:
    codes = [0.0, 0.2, 0.5, 0.8, 1.0]
    np.testing.assert_allclose(
        greys(grey_clip(tmp_path / "sdr.mkv", codes, BT709)), [255 * code for code in codes], atol=1.5
    )
