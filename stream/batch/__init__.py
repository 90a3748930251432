"""Many files: which ones, by which workers, and results that are there whole or not at all."""
