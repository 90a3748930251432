"""Reading a TOML file of a user: one line where it cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fitness.errors import FitnessError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_BYTES = 100_000
"""A file beyond this is no exercise and no plan."""


def read_toml(path: Path) -> dict[str, Any]:
    """The table that a file holds.

    Raises
    ------
    FitnessError
        In one line, with the file, where it cannot be read, is too large or is no TOML.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FitnessError(f"{path} is larger than {LARGEST_BYTES} bytes: no exercise and no plan needs as much")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FitnessError(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FitnessError(f"{path} is no TOML file: {error}") from error
