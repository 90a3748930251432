"""The base of every error that is a user's matter: one clear line and an exit code, never a traceback."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line (docs/design.md)."""

    DONE = 0
    CHECK_FAILED = 1
    WRONG_USAGE = 2
    """Wrong usage, or an input that cannot be read."""
    READ_IN_PART = 3
    """The input was read in part; what was read is kept."""
    INTERRUPTED = 130


class LiftCamError(Exception):
    """What went wrong, where and what to do, in one line; each part derives its own class.

    Parameters
    ----------
    message : str
        One line: what, where, what to do.
    exit_code : ExitCode
        What the command line ends with when nobody handles the error.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.WRONG_USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
