"""Whatever breaks, and whoever else publishes: nothing half-done is seen, nothing acknowledged is lost."""

from __future__ import annotations

import datetime as dt
import errno
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from kinds import a_kind, a_place, a_store  # noqa: F401
from places import (
    Broken,
    Faulty,
    check_whole,
    content,
    failing_system,
    leftovers,
    system_calls,
    use_system,
)

from hrdata.errors import EnvironmentFault
from hrdata.store import Objects, Store, open_store
from hrdata.store.local import Local

OLD, NEW = content("a"), content("b")
NOW = dt.timedelta(0)


def publish(store: Store) -> None:
    store.publish("p", "1.1.0", NEW)


def yank(store: Store) -> None:
    store.yank("p", "1.0.0", "wrong")


def gc(store: Store) -> None:
    store.gc("p", NOW)


COMMANDS: dict[str, Callable[[Store], None]] = {"publish": publish, "yank": yank, "gc": gc}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _own_system() -> Iterator[None]:
    yield
    use_system(os)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is such a thing: what is tested here is not the disk."""
    shared = "/dev/shm"  # noqa: S108
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as name:
        yield Path(name)


def prepared(place: Objects) -> Store:
    """A store with a release and with what an interrupted publisher left."""
    store = Store(place)
    store.publish("p", "1.0.0", OLD)
    store.objects.put("p/log/.hrdata-0123", b"half")
    store.objects.put("p/releases/0.9.0-0123456789abcdef-01234567/data/a.csv", b"x")
    return store


def check_state(store: Store, command: str, *, is_sure: bool) -> None:
    """The old state or the new one, whole; only the new one after success."""
    versions = {release.version: release for release in store.releases("p")}
    if is_sure and command == "publish":
        assert "1.1.0" in versions
    if is_sure and command == "yank":
        assert versions["1.0.0"].yanked == "wrong"
    if is_sure and command == "gc":
        assert leftovers(store, "p") == set()
    check_whole(store, "p", {"1.0.0": OLD} | ({"1.1.0": NEW} if "1.1.0" in versions else {}))


def check_recovery(store: Store, command: str, *, is_sure: bool) -> None:
    """What is there is whole; the same command again succeeds, and gc then leaves nothing over."""
    check_state(store, command, is_sure=is_sure)
    COMMANDS[command](store)
    check_state(store, command, is_sure=True)
    store.gc("p", NOW)
    check_state(store, command, is_sure=True)
    assert leftovers(store, "p") == set()
    assert [entry.kind for entry in store.entries("p")] == ["release"] + {
        "publish": ["release"],
        "yank": ["yank"],
        "gc": [],
    }[command]


@pytest.mark.parametrize("is_for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_place_that_breaks_at_any_call(
    folder: Path, kind: Callable[[Path], Objects], command: str, is_for_good: bool, is_done: bool
) -> None:
    """A fault in tidying up may be passed over, a reading taken up again: then the command has succeeded."""
    told = 0
    for at in count(1):
        fresh = kind(folder / str(at))
        store = prepared(fresh)
        broken = Broken(at, is_for_good=is_for_good, is_done=is_done)
        try:
            COMMANDS[command](Store(Faulty(fresh, broken)))
            is_sure = True
        except EnvironmentFault:
            is_sure = False
            told += 1
        if not broken.has_failed:
            break
        check_recovery(store, command, is_sure=is_sure)
    assert at > {"publish": 12, "yank": 8, "gc": 6}[command]
    assert told >= at * 0.6


@pytest.mark.slow
@pytest.mark.parametrize("is_for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_file_system_that_fails_at_any_call(
    folder: Path, command: str, is_for_good: bool, is_done: bool
) -> None:
    """A fault in tidying up may be passed over: then the command has succeeded all the same."""
    told = 0
    for at in count(1):
        fresh = Local(folder / str(at))
        store = prepared(fresh)
        broken = Broken(at, is_for_good=is_for_good, is_done=is_done)
        use_system(failing_system(broken, errno.EIO))
        try:
            COMMANDS[command](store)
            is_sure = True
        except EnvironmentFault as fault:
            is_sure = False
            told += str(folder) in str(fault)
        use_system(os)
        if not broken.has_failed:
            break
        check_recovery(store, command, is_sure=is_sure)
    assert at > {"publish": 80, "yank": 40, "gc": 15}[command]
    assert told > at * {"publish": 0.7, "yank": 0.7, "gc": 0.5}[command]


def test_every_call_of_the_local_store_is_one_that_can_be_made_to_fail() -> None:
    assert {
        "open",
        "write",
        "fsync",
        "close",
        "link",
        "replace",
        "unlink",
        "mkdir",
        "scandir",
    } <= system_calls()


def run_processes(*arguments: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("processes.py")), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["first", "publish", "yank"])
def test_a_process_that_is_killed_at_any_call(folder: Path, killed: str) -> None:
    [points] = run_processes("kill", str(folder), killed)
    assert int(points) > 40
    for number in range(1, int(points) + 1):
        store = open_store(str(folder / str(number)))
        if killed == "first":
            check_whole(store, "p", {})
            store.publish("p", "1.0.0", OLD)
            check_whole(store, "p", {"1.0.0": OLD})
        else:
            check_recovery(store, killed, is_sure=False)


@pytest.mark.slow
def test_of_eight_who_publish_the_same_one_commits_and_seven_find_it_there(folder: Path) -> None:
    address = str(folder / "store")
    said = run_processes("publish", address, *["1.0.0=a"] * 8)
    assert Counter(said) == {"1.0.0=a new": 1, "1.0.0=a there": 7}
    store = open_store(address)
    check_whole(store, "p", {"1.0.0": OLD})
    assert len(store.entries("p")) == 1
    store.gc("p", NOW)  # what the others had brought
    check_whole(store, "p", {"1.0.0": OLD})
    assert leftovers(store, "p") == set()


@pytest.mark.slow
def test_of_eight_who_publish_different_versions_all_commit(folder: Path) -> None:
    address = str(folder / "store")
    jobs = [f"1.{number}.0=text {number}" for number in range(8)]
    assert sorted(run_processes("publish", address, *jobs)) == [f"{job} new" for job in jobs]
    store = open_store(address)
    check_whole(store, "p", {f"1.{number}.0": content(f"text {number}") for number in range(8)})
    assert len(store.entries("p")) == 8
    assert leftovers(store, "p") == set()


@pytest.mark.slow
def test_of_eight_who_publish_other_content_under_one_version_one_wins(folder: Path) -> None:
    address = str(folder / "store")
    said = run_processes("publish", address, *[f"1.0.0={number}" for number in range(8)])
    assert Counter(line.split(" ", 1)[1] for line in said) == {"new": 1, "Conflict 4": 7}
    [winner] = [line.split("=")[1].split()[0] for line in said if line.endswith("new")]
    store = open_store(address)
    check_whole(store, "p", {"1.0.0": content(winner)})
    assert len(store.entries("p")) == 1
    store.gc("p", NOW)  # what the others had brought
    check_whole(store, "p", {"1.0.0": content(winner)})
    assert leftovers(store, "p") == set()


def test_who_loses_the_race_reads_on_and_decides_anew(place: Objects) -> None:
    """Others commit just before each of our attempts: first another version, then the same release."""
    rivals = [("1.0.0", OLD), ("1.1.0", NEW)]

    class Slow(Faulty):
        def put_new(self, path: str, data: bytes) -> bool:
            if path.endswith(".json") and rivals:
                Store(place).publish("p", *rivals.pop(0))
            return super().put_new(path, data)

    published = Store(Slow(place, Broken(0))).publish("p", "1.1.0", NEW)
    assert not rivals
    assert not published.is_new
    assert published.release.number == 2
    check_whole(Store(place), "p", {"1.0.0": OLD, "1.1.0": NEW})


def test_an_entry_that_can_neither_be_written_nor_read_ends_the_attempts(place: Objects) -> None:
    class Stuck(Faulty):
        def put_new(self, path: str, data: bytes) -> bool:
            return not path.endswith(".json") and super().put_new(path, data)

    with pytest.raises(EnvironmentFault, match=r"000001\.json was written, but cannot be read"):
        Store(Stuck(place, Broken(0))).publish("p", "1.0.0", OLD)
