from __future__ import annotations

import numpy as np
import pytest

from synthetic.actor import Actor
from synthetic.body import Build
from synthetic.clothing import Outfit


@pytest.fixture(scope="session")
def man() -> Actor:
    return Actor(Build(gender=1.0), np.random.default_rng(5), Outfit("tshirt", "shorts", "low"), "short")
