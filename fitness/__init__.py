"""Poses over time -> repetitions, ranges and faults. Knows only `pose`; time comes from the poses, no clock is read."""
