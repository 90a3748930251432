"""Training of the lifting network from motion capture; the only part of `lifting` with `tcn.py` that loads torch."""
