"""The version of the app."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path


def version() -> str:
    """The version: of the checkout where there is one, else of the installed package."""
    pyproject = Path(__file__).resolve().parents[1] / "pyproject.toml"
    if pyproject.is_file():
        for line in pyproject.read_text(encoding="utf-8").splitlines():
            if line.startswith("version = "):
                return line.split('"')[1]
    return metadata.version("liftcam")
