"""A page in a browser: picture, skeletons, 3D view and the coach, live."""
