"""pygame, imported once and quietly; every module of this part takes it from here."""

from __future__ import annotations

import os
import warnings

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
with warnings.catch_warnings():
    # pygame 2.6 reads its resources through pkg_resources where that exists, which warns that it is deprecated.
    warnings.simplefilter("ignore")
    import pygame
    import pygame.font
    import pygame.surfarray

__all__ = ["pygame"]
