"""2D over time -> 3D: the temporal network and its streaming twin."""
