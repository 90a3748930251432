"""Poses -> files that others read."""
