"""The cache: what is in it is proven each time, and survives broken connections, kills and company."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import Breaking, release_of, served
from stores import a_cache, a_place, a_store  # noqa: F401

from hrdata import cache
from hrdata import store as store_module
from hrdata.cache import cache_folder, download_file, store_identity
from hrdata.errors import EnvironmentFault
from hrdata.loading import load
from hrdata.store import File, Release, Store, open_store
from hrdata.store.log import sha256_of

LOAD = (
    "import sys; from hrdata.loading import load; "
    "print(load(version='1.0.0', store=sys.argv[1]).votes['unga-61-174'].yes)"
)


def kept_files(kept: Path) -> dict[str, bytes]:
    """The files in the cache by path."""
    return {str(file.relative_to(kept)): file.read_bytes() for file in kept.rglob("*") if file.is_file()}


def test_the_cache_is_where_the_variable_or_the_system_says(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == kept
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(kept))
    assert "hrdata" in cache_folder().parts


def test_stores_are_told_apart_by_folder_and_by_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert store_identity("releases/", "releases") == store_identity(str(tmp_path / "releases"), "x")
    here = store_identity("s3://b/p", "s3://b/p")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert store_identity("s3://b/p", "s3://b/p") != here
    assert store_identity("https://me:secret@host/x/", "https://host/x") == "https://host/x"


@pytest.mark.usefixtures("store")
def test_every_spoiled_file_of_the_cache_is_fetched_anew_or_named_offline(place: Path, kept: Path) -> None:
    with served(place) as (url, _):
        load(version="1.0.0", store=url)
        whole = kept_files(kept)
        files = [path for path in whole if "/releases/" in path]
        assert len(files) == 7
        for path in files:
            for spoiled in (whole[path][:-1], whole[path][:-1] + b"#", whole[path] + b"#", b""):
                (kept / path).write_bytes(spoiled)
                assert load(version="1.0.0", store=url).votes["unga-61-174"].yes == 99
                assert kept_files(kept) == whole
    for path in files:
        (kept / path).write_bytes(b"#" + whole[path][1:])
        with pytest.raises(
            EnvironmentFault, match=f"{Path(path).name}: it has the SHA-256 .* cannot be reached"
        ):
            load(version="1.0.0", store=url)
        (kept / path).unlink()
        with pytest.raises(EnvironmentFault, match=f"{Path(path).name}: it is not in the cache"):
            load(version="1.0.0", store=url)
        (kept / path).write_bytes(whole[path])


@pytest.mark.usefixtures("store")
def test_a_changed_byte_of_what_the_cache_knows_is_named(place: Path, kept: Path) -> None:
    load(version="1.0.0", store=str(place))
    away = place.rename(place.with_name("away"))
    for name in ("1.0.0.json", "mark.json"):
        [file] = kept.rglob(name)
        whole = file.read_bytes()
        for at in range(0, len(whole), 29):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(EnvironmentFault, match=rf"{name}: it is damaged; remove it"):
                load(version="1.0.0", store=str(place))
        file.write_bytes(whole)
    away.rename(place)
    [entry] = kept.rglob("1.0.0.json")
    entry.write_bytes(b"{}")
    assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    assert entry.read_bytes() != b"{}"


def a_release(data: bytes) -> tuple[Store, Release, File]:
    """A store in memory of one file, and that file."""
    from releases import Held

    place = Held()
    file = File(path="a.csv", bytes=len(data), sha256=sha256_of(data))
    release = Release("x", "1.0.0", "0" * 64, "releases/1", "", (file,), 1)
    place.held[release.place_of("a.csv")] = data
    return Store(place), release, file


@given(st.binary(max_size=60), st.integers(1, 70), st.booleans())
def test_a_connection_that_breaks_is_taken_up_where_it_broke_off(
    data: bytes, after: int, silently: bool
) -> None:
    store, release, file = a_release(data)
    breaking = Breaking(store.objects, after, silently=silently)
    assert download_file(breaking, release, file) == data
    assert breaking.starts == list(range(0, len(data), after)) or breaking.starts == [0]


@pytest.mark.parametrize("silently", [True, False])
def test_a_connection_that_brings_nothing_is_given_up(silently: bool) -> None:
    store, release, file = a_release(b"12345")
    breaking = Breaking(store.objects, 0, silently=silently)
    complaint = "a.csv: it has 0 bytes, but expected 5" if silently else "the connection broke"
    with pytest.raises(EnvironmentFault, match=complaint):
        download_file(breaking, release, file)
    assert len(breaking.starts) == 3 * (1 + silently)


def test_a_file_that_is_longer_than_it_was_is_not_read_to_its_end() -> None:
    store, release, file = a_release(b"12345")
    store.objects.put(release.place_of("a.csv"), b"1234567")
    with pytest.raises(EnvironmentFault, match="it has 6 bytes, but expected 5"):
        download_file(store.objects, release, file)


@pytest.mark.usefixtures("store")
def test_loading_over_a_breaking_connection_gives_the_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Breaking] = []

    def open_breaking(where: str) -> Store:
        made.append(Breaking(open_store(where).objects, 900))
        return Store(made[0])

    monkeypatch.setattr(store_module, "open_store", open_breaking)
    assert load(version="1.0.0", store=str(place)).votes["unga-61-174"].yes == 99
    assert max(made[0].starts) > 900


@pytest.mark.usefixtures("store")
def test_interrupted_at_any_write_the_next_load_succeeds_and_nothing_is_half_there(
    place: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(version="1.0.0", store=str(place))
    whole = kept_files(kept)
    replace = os.replace
    for number in range(len(whole)):
        monkeypatch.setenv(cache.VARIABLE, str(kept / f"{number}"))
        left = [number]

        def stop(*arguments: str, left: list[int] = left) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            replace(*arguments)

        monkeypatch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            load(version="1.0.0", store=str(place))
        monkeypatch.setattr(os, "replace", replace)
        there = kept_files(kept / f"{number}")
        assert len(there) == number
        assert there.items() <= whole.items()
        load(version="1.0.0", store=str(place))
        assert kept_files(kept / f"{number}") == whole


@pytest.mark.usefixtures("store")
def test_a_process_that_is_killed_while_it_writes_leaves_what_is_swept_a_day_later(
    place: Path, kept: Path
) -> None:
    killing = (
        "import os, signal\nleft = [3]\nreplace = os.replace\n"
        "def kill(*arguments):\n"
        "    left[0] -= 1\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if not left[0] else replace(*arguments)\n"
        "os.replace = kill\n"
    )
    ran = subprocess.run([sys.executable, "-c", killing + LOAD, str(place)], capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL
    [partial] = list(kept.rglob(".hrdata-*"))
    assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    assert partial.exists()
    os.utime(partial, (0, 0))
    load(version="1.0.0", store=str(place))
    assert not partial.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_several_processes_at_once_load_the_same(place: Path, kept: Path) -> None:
    with served(place) as (url, _):
        running = [
            subprocess.Popen([sys.executable, "-c", LOAD, url], stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        told = [process.communicate(timeout=60)[0] for process in running]
    assert told == ["99\n"] * 3
    assert not list(kept.rglob(".hrdata-*"))
    assert load(version="1.0.0", store=url).version == "1.0.0"


@pytest.mark.usefixtures("store")
def test_a_cache_that_is_whole_need_not_be_written(
    place: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(version="1.0.0", store=str(place))

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    with pytest.raises(
        EnvironmentFault, match=r"the cache: .*read-only file system; set HRDATA_CACHE to a folder"
    ):
        load(version="1.1.0", store=str(place))
    assert kept.exists()


def test_a_mark_never_goes_back(store: Store, place: Path) -> None:
    load(version="1.0.0", store=str(place))
    older = store.entries("hrdata")[:1]
    with pytest.raises(EnvironmentFault, match="the log ends at entry 1, but had 2 before"):
        cache.Shelf(store_identity(str(place), ""), "hrdata").remember(older, "here")
    store.publish("hrdata", "1.2.0", release_of("1.2.0"))
    assert load(store=str(place)).version == "1.2.0"
