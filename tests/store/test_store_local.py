"""The store in a folder: durable, never half-written, never outside."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from places import Broken, System, check_whole, content, failing_system, use_system

from hrdata.errors import EnvironmentFault
from hrdata.store import Store
from hrdata.store.local import Local


@pytest.fixture(autouse=True)
def _own_system() -> Iterator[None]:
    yield
    use_system(os)


def record(calls: list[tuple[str, str]]) -> System:
    """The calls in their order, each with what it is about."""
    names: dict[int, str] = {}

    def call(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        about = names.get(arguments[0], str(arguments[0])) if arguments else ""
        calls.append((name, "partial" if ".hrdata-" in about else Path(about).name))
        result = function(*arguments)
        if name == "open":
            names[result] = about
        return result

    return System(call)


@pytest.mark.parametrize(("method", "names_it"), [("put_new", "link"), ("put", "replace")])
def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, method: str, names_it: str
) -> None:
    calls: list[tuple[str, str]] = []
    use_system(record(calls))
    getattr(Local(tmp_path / "s"), method)("log/1", b"data")
    order = [("write", "partial"), ("fsync", "partial"), (names_it, "partial"), ("fsync", "log")]
    assert [call for call in calls if call in order] == order
    assert calls.index(("mkdir", "log")) < calls.index(("fsync", "s")) < calls.index(("write", "partial"))


def test_what_somebody_else_linked_is_made_durable_before_it_is_called_there(tmp_path: Path) -> None:
    place = Local(tmp_path)
    place.put_new("log/1", b"data")
    calls: list[tuple[str, str]] = []
    use_system(record(calls))
    assert not place.put_new("log/1", b"data")
    assert calls.index(("link", "partial")) < calls.index(("fsync", "log"))


def test_short_writes_are_continued(tmp_path: Path) -> None:
    def call(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if name == "write":
            return os.write(arguments[0], bytes(arguments[1])[:3])
        return function(*arguments)

    use_system(System(call))
    Local(tmp_path).put("a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_files_have_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        Local(tmp_path).put_new("a", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_hard_links_is_refused_before_a_release_is_written(
    tmp_path: Path, number: int
) -> None:
    def call(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if name == "link":
            raise OSError(number, os.strerror(number))
        return function(*arguments)

    use_system(System(call))
    with pytest.raises(EnvironmentFault, match="has no hard links"):
        Store(Local(tmp_path / "s")).publish("p", "1.0.0", content("a"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("link", ["p", "p/log", "p/log/000001.json", "p/releases"])
def test_a_link_in_a_store_is_refused_and_what_it_leads_to_is_untouched(tmp_path: Path, link: str) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "store" / link
    outside.mkdir()
    inside.parent.mkdir(parents=True)
    inside.symlink_to(outside / "new.json" if link.endswith("json") else outside)
    store = Store(Local(tmp_path / "store"))
    with pytest.raises(EnvironmentFault, match="leads through a link"):
        store.publish("p", "1.0.0", content("a"))
    assert list(outside.iterdir()) == []


def test_a_linked_file_is_not_followed_even_if_its_bytes_are_right(tmp_path: Path) -> None:
    store = Store(Local(tmp_path / "store"))
    release = store.publish("p", "1.0.0", content("a")).release
    file = tmp_path / "store" / release.place_of("data/votes.csv")
    file.rename(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")
    with pytest.raises(EnvironmentFault, match=r"votes\.csv leads through a link"):
        store.read(release, "data/votes.csv")
    assert [fault.path for fault in store.verify("p")] == [release.place_of("data/votes.csv")]


def test_the_store_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "store").symlink_to("real")
    Local(tmp_path / "store").put("a", b"1")
    assert (tmp_path / "real" / "a").read_bytes() == b"1"


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(EnvironmentFault, match=f"{name} cannot be read: it is not a plain file"):
            Local(tmp_path).read(name)


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(EnvironmentFault, match="cannot be written: not a directory"):
        Store(Local(tmp_path / "store")).publish("p", "1.0.0", content("a"))


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    removed: list[bool] = []

    def call(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if name == "open" and ".hrdata-" in arguments[0] and (tmp_path / "a").is_dir() and not removed:
            (tmp_path / "a").rmdir()
            removed.append(True)
        return function(*arguments)

    use_system(System(call))
    Local(tmp_path).put("a/b", b"1")
    assert removed
    assert (tmp_path / "a/b").read_bytes() == b"1"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB, where it may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk may be mounted here; a full disk is tested by an injected fault only")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("size", [10_000, 40_000, 100_000])
def test_a_full_disk_leaves_the_old_state_and_room_lets_the_same_command_succeed(
    small_disk: Path, size: int
) -> None:
    store, old, new = Store(Local(small_disk)), content("a"), content("a" * size)
    store.publish("p", "1.0.0", old)
    (small_disk / "ballast").write_bytes(bytes(max(0, 45_000 - size)))
    with pytest.raises(EnvironmentFault, match="cannot be written: no space left on device"):
        store.publish("p", "1.1.0", new)
    check_whole(store, "p", {"1.0.0": old})
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    assert store.publish("p", "1.1.0", new).is_new
    check_whole(store, "p", {"1.0.0": old, "1.1.0": new})


def test_a_disk_that_is_full_from_any_write_on_leaves_the_old_state(tmp_path: Path) -> None:
    store, old, new = Store(Local(tmp_path)), content("a"), content("b")
    store.publish("p", "1.0.0", old)
    use_system(failing_system(Broken(20, is_for_good=True), errno.ENOSPC))
    with pytest.raises(EnvironmentFault, match="no space left on device"):
        store.publish("p", "1.1.0", new)
    use_system(os)
    check_whole(store, "p", {"1.0.0": old})


def test_a_folder_that_others_remove_and_make_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a publisher leaves empty is removed, by whoever is at it, at any moment."""
    store, made = Local(tmp_path / "store"), os.mkdir
    gone = [True]

    def mkdir(folder: str) -> None:
        if folder.endswith("log") and gone and gone.pop():
            made(os.path.dirname(folder))
            raise FileNotFoundError(folder)
        made(folder)

    (tmp_path / "store").mkdir()
    monkeypatch.setattr(os, "mkdir", mkdir)
    assert store.put_new("p/log/a", b"1")
    assert not gone
