"""A picture -> people in 2D: networks, the affinity-field decoder, tracking and smoothing."""
