"""A cache of its own, and a store with releases, as fixtures for the test modules that import them."""

from __future__ import annotations

from pathlib import Path

import pytest
from releases import release_of

from hrdata import cache
from hrdata.store import Store, objects, open_store, web

HURRIED = 0.5
"""Seconds that a silent server is given here."""


def open_impatiently(place: str, *, is_hurried: bool = False) -> web.WebObjects:
    """A store that does not wait before it asks again."""
    return web.WebObjects(place, waits=(), timeout=HURRIED if is_hurried else 30)


@pytest.fixture(name="kept", autouse=True)
def a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty cache."""
    monkeypatch.setattr(web, "open_web", open_impatiently)
    monkeypatch.setattr(objects, "PAUSES", (0, 0))
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(name="place")
def a_place(tmp_path: Path) -> Path:
    """The folder of the store."""
    return tmp_path / "releases"


@pytest.fixture(name="store")
def a_store(place: Path) -> Store:
    """A store with two releases."""
    store = open_store(str(place))
    store.publish("hrdata", "1.0.0", release_of())
    store.publish("hrdata", "1.1.0", release_of("1.1.0", rooms="room_id,seats,opened,heated\n3,4,,\n"))
    return store
