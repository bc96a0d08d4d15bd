"""What every place keeps its word on: the contract of `Objects`."""

from __future__ import annotations

import datetime as dt

import pytest
from kinds import a_kind, a_place, a_store  # noqa: F401

from hrdata.errors import UsageError
from hrdata.store import Objects

UNSAFE = ("", "/etc/passwd", "../a", "a/../../b", "a//b", "a/", "./a", "a\\b", "C:/a", "a\nb", "a\x00b")


def test_what_is_not_there_is_none(place: Objects) -> None:
    assert place.read("a/b") is None
    assert list(place.list("")) == list(place.list("a/")) == []
    place.delete("a/b")
    with pytest.raises(FileNotFoundError):
        list(place.stream("a/b"))


@pytest.mark.parametrize("data", [b"", b"one", bytes(range(256)) * 20_000], ids=["empty", "short", "long"])
def test_what_was_put_is_read(place: Objects, data: bytes) -> None:
    place.put("a/b.bin", data)
    assert place.read("a/b.bin") == data
    assert b"".join(place.stream("a/b.bin")) == data
    assert b"".join(place.stream("a/b.bin", 2)) == data[2:]
    assert [(listed.path, listed.size) for listed in place.list("")] == [("a/b.bin", len(data))]


def test_put_new_never_replaces_and_put_does(place: Objects) -> None:
    assert place.put_new("log/1", b"first")
    assert not place.put_new("log/1", b"second")
    assert place.read("log/1") == b"first"
    place.put("log/1", b"third")
    assert place.read("log/1") == b"third"
    assert [listed.path for listed in place.list("")] == ["log/1"]


def test_a_listing_is_of_a_folder_in_order_with_times(place: Objects) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    for path in ("b/z", "b/a.x", "b/a/y", "ba/c", "a"):
        place.put(path, b"12")
    assert [listed.path for listed in place.list("b/")] == ["b/a.x", "b/a/y", "b/z"]
    assert len(list(place.list(""))) == 5
    assert all(before < listed.modified < before + dt.timedelta(minutes=2) for listed in place.list(""))


def test_what_is_deleted_is_gone_and_nothing_else(place: Objects) -> None:
    place.put("a/b/c", b"1")
    place.put("a/d", b"2")
    place.delete("a/b/c")
    assert place.read("a/b/c") is None
    assert place.read("a/d") == b"2"
    place.put("a/b/c", b"3")
    assert place.read("a/b/c") == b"3"


@pytest.mark.parametrize("path", UNSAFE, ids=ascii)
def test_an_unsafe_path_is_refused_before_anything_is_touched(place: Objects, path: str) -> None:
    with pytest.raises(UsageError):
        place.read(path)
    with pytest.raises(UsageError):
        place.put(path, b"x")
    with pytest.raises(UsageError):
        place.put_new(path, b"x")
    with pytest.raises(UsageError):
        place.delete(path)
    assert list(place.list("")) == []
