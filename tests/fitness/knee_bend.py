"""An exercise whose numbers do not change: squats by the knee's angle alone, for tests of what is built on counting."""

from __future__ import annotations

from fitness.exercises import CountRule, Exercise, Fault, Travel
from fitness.signals import View

KNEE_BEND = Exercise(
    "squat",
    (CountRule(tuple(View), (Travel("knee", 160, 110),)),),
    faults=(
        Fault("shallow", "knee", "lowest", True, 100, (View.SIDE,), "Sit deeper"),
        Fault("lean", "lean", "highest", True, 89, (View.SIDE,), "Chest up"),
    ),
)
