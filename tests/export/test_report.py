from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.motion import ExportOptions, Repairs, motions
from export.quality import quality
from export.report import MOST_ROWS, write_report
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.joint_sets import H36M17
from tests.export.browser import CHROMIUM, browser
from tests.export.people import actor, joined, nobody, walkers

pytest.importorskip("plotly", reason="the extra `export` is not installed")
pytest.importorskip("jinja2", reason="the extra `export` is not installed")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


def test_the_page_is_one_file_without_a_network(tmp_path: Path) -> None:
    page = write_report(actor(), tmp_path / "demo.html")[0]
    assert page.stat().st_size < 6_000_000
    text = page.read_text()
    assert "src=" not in text[: text.index("plotly.js")]
    assert [one.name for one in tmp_path.iterdir()] == ["demo.html"]


def test_a_long_clip_is_thinned_and_says_so(tmp_path: Path) -> None:
    poses = walkers(list(range(5 * MOST_ROWS)))
    page = write_report(poses, tmp_path / "long.html")[0]
    assert page.stat().st_size < 6_000_000
    assert "one frame in 5" in page.read_text()


def test_a_name_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    poses = replace(walkers([0, 1]), source="</script><script>alert(1)</script>.mp4")
    text = write_report(poses, tmp_path / "a.html")[0].read_text()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_quality_counts_what_is_there() -> None:
    poses = joined(walkers([0, 1, 4, 5, 9]), walkers([3], track_id=2))
    poses.valid[0, :] = False
    motion = motions(poses)[0]
    row = quality(poses, motion, 20, ExportOptions(repairs={1: Repairs(swaps_mended=2)}))
    assert (row.frames, row.gaps, row.repairs) == (5, 2, Repairs(swaps_mended=2))
    assert row.share_of_clip == pytest.approx(0.25)
    assert row.share_of_span == pytest.approx(0.5)
    assert row.longest_gap_s == pytest.approx(0.16)
    assert row.share_of_joints == pytest.approx(0.8)
    assert row.score == pytest.approx(0.5)
    assert row.bone_spread == pytest.approx(0, abs=1e-6)
    assert quality(poses, motion, 20, ExportOptions()).repairs is None


@in_browser
def test_the_page_works_in_a_browser(tmp_path: Path) -> None:
    poses = actor()
    poses.valid[10, H36M17.index("left_wrist")] = False
    everybody = motions(poses)
    page_path = write_report(poses, tmp_path / "demo.html", ExportOptions(repairs={1: Repairs(swaps_mended=4)}))[0]
    with browser() as page:
        page.open(page_path)
        # numbers
        rng = np.random.default_rng(0)
        for place, motion in enumerate(everybody):
            angles = angles_over_time(motion.xyz_m, motion.time_s, up=(0, 1, 0))
            for row in {0, 10, *rng.integers(0, len(motion), 5).tolist()} & set(range(len(motion))):
                frame = int(motion.frame_index[row])
                shown = page.run(f"report.data.joints.map((_, j) => report.joint(report.people[{place}], {frame}, j))")
                for joint, point in enumerate(shown):
                    expected = motion.xyz_m[row, joint]
                    assert (point is None) == bool(np.isnan(expected).any())
                    assert point is None or point == pytest.approx(expected.tolist(), abs=5.1e-4)
                values = page.run(f"report.data.angles.map((_, a) => report.angle(report.people[{place}], {frame}, a))")
                np.testing.assert_allclose(np.array(values, np.float64), angles[row], atol=0.051)
        knee = ANGLE_NAMES.index("right_knee_flexion")
        page.run("report.seek(100)")
        value = angles_over_time(everybody[0].xyz_m, everybody[0].time_s, up=(0, 1, 0))[100, knee]
        assert f"right {value:.1f}°" in page.run("document.getElementById('reading').value")
        assert "4.00 s, frame 100" in page.run("document.getElementById('clock').value")
        cells = page.run(
            "[...document.querySelectorAll('#quality tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
        )
        first = quality(poses, everybody[0], 331, ExportOptions())
        assert cells[0][3] == str(first.frames) == "331"
        assert cells[0][4:11] == ["100.0 %", "100.0 %", "0", "0", "0.00 s", "4", "1"]
        assert len(cells) == len(everybody)
        # the curve that is drawn
        curve = page.run("Array.from(document.getElementById('angles').data[0].y)")
        expected = angles_over_time(everybody[0].xyz_m, everybody[0].time_s, up=(0, 1, 0))[:, knee]
        np.testing.assert_allclose(np.array(curve, np.float64), expected, atol=0.051)
        # playing, scrubbing, turning, choosing
        page.run("document.getElementById('play').click()")
        until = time.monotonic() + 20
        while page.run("report.state.frame") < 110:
            assert time.monotonic() < until, "it does not play"
            time.sleep(0.05)
        page.run("document.getElementById('play').click()")
        assert page.run("report.state.playing") is False
        page.run("{const s = document.getElementById('scrub'); s.value = 7; s.dispatchEvent(new Event('input'));}")
        assert page.run("report.state.frame") == 7
        before = page.run("document.getElementById('scene').toDataURL()")
        yaw = page.run("report.state.view.yaw")
        page.drag((400, 300), (550, 330))
        assert page.run("report.state.view.yaw") != pytest.approx(yaw)
        assert page.run("document.getElementById('scene').toDataURL()") != before, "turning draws anew"
        page.run(
            "{const s = document.getElementById('angle'); s.value = s.options.length - 1;"
            "s.dispatchEvent(new Event('change'));}"
        )
        assert "Neck rotation" in page.run("document.getElementById('angles').textContent")
        page.run("new Promise(done => setTimeout(done, 100))")
        assert page.complaints == []
        assert page.requests == [page_path.resolve().as_uri()], "nothing is fetched"


@in_browser
def test_a_page_about_nobody_opens(tmp_path: Path) -> None:
    with browser() as page:
        page.open(write_report(nobody(), tmp_path / "none.html", ExportOptions(frame_count=3))[0])
        assert "Nobody was seen" in page.run("document.body.textContent")
        assert page.complaints == []
