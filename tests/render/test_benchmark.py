from __future__ import annotations

from benchmarks.render import moving_people, run


def test_the_benchmark_draws_people_who_move_in_both_panels() -> None:
    first, later = moving_people(0.0), moving_people(0.5)
    assert len(first) == 2
    assert first.lifted
    assert first.valid.all()
    assert (first.score > 0).any(axis=1).all()
    assert abs(first.xyz_m - later.xyz_m).max() > 0.1


def test_the_benchmark_says_what_it_measured() -> None:
    result = run(frames=3)
    assert result["bench"] == "render"
    assert (result["width"], result["height"]) == (1280, 720)
    assert 0 < result["p50_ms"] <= result["p95_ms"]
