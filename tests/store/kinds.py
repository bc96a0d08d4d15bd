"""The kinds of place that the tests of the store run on, as fixtures for whoever imports them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from places import Memory

from hrdata.store import Objects, Store
from hrdata.store.local import Local

KINDS: dict[str, Callable[[Path], Objects]] = {
    "local": lambda folder: Local(folder / "not" / "there"),
    "memory": lambda _: Memory(),
}


@pytest.fixture(name="kind", params=KINDS)
def a_kind(request: pytest.FixtureRequest) -> Callable[[Path], Objects]:
    """What makes an empty place, a new one for each folder."""
    return KINDS[request.param]


@pytest.fixture(name="place")
def a_place(kind: Callable[[Path], Objects], tmp_path: Path) -> Objects:
    """An empty place."""
    return kind(tmp_path)


@pytest.fixture(name="store")
def a_store(place: Objects) -> Store:
    """An empty store."""
    return Store(place)
