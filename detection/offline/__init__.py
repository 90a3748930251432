"""Work on a whole clip in 2D, once every frame has been looked at: who is whom, sides, gaps, smoothing."""
