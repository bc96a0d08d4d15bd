"""Settings of all tests: properties have no deadline, since two cores may be busy with other things."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("hrdata", deadline=None)
settings.load_profile("hrdata")
