"""How well repetitions are counted and judged: on real clips, on motion capture and on motion that is known exactly."""
