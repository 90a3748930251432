"""Poses -> pixels: window, overlay, 3D view, headless frames."""
