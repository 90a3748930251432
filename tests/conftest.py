"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A loaded machine takes longer over an example; how long anything may take is for `bench` to say, not for a test.
settings.register_profile("liftcam", deadline=None)
settings.load_profile("liftcam")
