"""What the tests of all importers share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from hrdata.importers import harvest
from hrdata.package import read_package


@pytest.fixture(autouse=True, scope="session")
def _canonical_package_read_once() -> Iterator[None]:
    """Each import reads the package that comes with hrdata: half of its time, and the same every time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harvest, "read_package", cache(read_package))
        yield
