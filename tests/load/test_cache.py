"""The cache: what is in it is proven each time, and survives broken connections, kills and company."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import Breaking, release_of, served
from stores import a_cache, a_place, a_store, open_impatiently  # noqa: F401

from hrdata import cache
from hrdata import store as store_module
from hrdata.cache import Shelf, cache_folder, store_identity
from hrdata.errors import EnvironmentFault
from hrdata.loading import load
from hrdata.store import File, Release, Store, open_store, web
from hrdata.store.log import Entry, sha256_of

LOAD = (
    "import sys; from hrdata.loading import load; "
    "print(load(version='1.0.0', store=sys.argv[1]).votes['unga-61-174'].yes)"
)

LOAD_OFTEN = f"{LOAD.replace('print(', 'told = {').removesuffix(')')}}}\n" + (
    "for _ in range(15):\n    load(version='1.0.0', store=sys.argv[1])\nprint(*told)"
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


def log_of(folder: Path) -> dict[str, bytes]:
    """The entries of a log by the name of their file."""
    return {file.name: file.read_bytes() for file in folder.rglob("hrdata/log/*.json")}


def test_the_log_is_kept_as_it_is_in_the_store(store: Store, place: Path, kept: Path) -> None:
    load(version="1.0.0", store=str(place))
    assert len(log_of(kept)) == 2
    store.yank("hrdata", "1.1.0", "wrong totals")
    load(version="1.0.0", store=str(place))
    assert log_of(kept) == log_of(place)
    assert len(log_of(kept)) == 3


def test_a_log_that_is_kept_is_gone_on_with_in_two_requests(store: Store, place: Path) -> None:
    for number in range(2, 7):
        store.publish("hrdata", f"1.{number}.0", release_of(f"1.{number}.0"))
    with served(place) as (url, asked):
        load(version="1.0.0", store=url)
        assert len([path for path in asked if "/log/" in path]) == 8
        asked.clear()
        load(version="1.0.0", store=url)
        assert asked == ["/hrdata/log/000007.json", "/hrdata/log/000008.json"]


@pytest.mark.usefixtures("store")
def test_a_changed_byte_of_the_log_that_is_kept_is_named(place: Path, kept: Path) -> None:
    load(version="1.0.0", store=str(place))
    whole = log_of(kept)
    for name, data in whole.items():
        [file] = kept.rglob(name)
        for at in range(0, len(data), 41):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(EnvironmentFault, match=rf"log/{name}: it .*; remove it and load again"):
                load(version="1.0.0", store=str(place))
        file.unlink()
        assert load(version="1.0.0", store=str(place)).version == "1.0.0"
        assert log_of(kept) == whole


@pytest.mark.usefixtures("store")
def test_an_entry_of_another_log_is_named(place: Path, kept: Path) -> None:
    load(version="1.0.0", store=str(place))
    [first] = kept.rglob("000001.json")
    first.with_name("000002.json").write_bytes(first.read_bytes())
    with pytest.raises(EnvironmentFault, match=r"000002\.json: it does not follow .*remove it"):
        load(version="1.0.0", store=str(place))


def test_what_was_kept_beyond_a_lost_entry_still_has_to_be_so(store: Store, place: Path, kept: Path) -> None:
    load(version="1.0.0", store=str(place))
    [first] = kept.rglob("000001.json")
    first.unlink()
    other = open_store(str(place.with_name("other")))
    other.publish("hrdata", "1.0.0", release_of())
    other.publish("hrdata", "1.1.0", release_of("1.1.0"))
    place.rename(place.with_name("away"))
    place.with_name("other").rename(place)
    with pytest.raises(EnvironmentFault, match=r"000002\.json: is not the one read before; the log was repl"):
        load(version="1.0.0", store=str(place))
    assert store.label == str(place)


@pytest.mark.parametrize("is_published_first", [True, False])
def test_whoever_loads_meanwhile_and_sees_more_of_the_log_is_in_nobodys_way(
    is_published_first: bool, store: Store, place: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one has read the log and not kept it yet, another one publishes, and a third one loads."""
    load(version="1.0.0", store=str(place))
    read = Store.entries

    def publish_and_load() -> None:
        store.publish("hrdata", "1.2.0", release_of("1.2.0"))
        assert load(store=str(place)).version == "1.2.0"

    def read_slowly(self: Store, name: str, known: list[Entry]) -> list[Entry]:
        monkeypatch.setattr(Store, "entries", read)
        if is_published_first:
            publish_and_load()
        found = read(self, name, known)
        if not is_published_first:
            publish_and_load()
        return found

    monkeypatch.setattr(Store, "entries", read_slowly)
    assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    assert len(log_of(kept)) == 3
    assert log_of(kept) == log_of(place)


@pytest.mark.slow
def test_processes_that_load_while_somebody_publishes_are_told_of_no_fault(
    store: Store, place: Path, kept: Path
) -> None:
    with served(place) as (url, _):
        running = [
            subprocess.Popen([sys.executable, "-c", LOAD_OFTEN, url], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        number = 1
        while any(process.poll() is None for process in running):
            number += 1
            store.publish("hrdata", f"1.{number}.0", release_of(f"1.{number}.0"))
        told = [process.communicate(timeout=60)[0] for process in running]
        assert told == ["99\n"] * 2
        load(version="1.0.0", store=url)
    assert number > 2
    assert log_of(kept) == log_of(place)


@pytest.mark.parametrize("lost", ["SHA256SUMS", "datapackage.json", "data/rooms.csv"])
def test_a_release_is_there_in_full_once_all_that_is_loaded_is(
    lost: str, store: Store, place: Path, kept: Path
) -> None:
    shelf = Shelf(store_identity(str(place), ""), "hrdata")
    release = store.find("hrdata", "1.0.0")
    assert not shelf.has_all(release)
    load(version="1.0.0", store=str(place))
    assert shelf.has_all(release)
    [file] = kept.rglob(f"1.0.0-*/{lost}")
    file.unlink()
    assert not shelf.has_all(release)


@pytest.mark.parametrize("spoiled", ["", "[", "[]", "{}", '{"resources": [1]}', '{"resources": [{}]}'])
def test_a_spoiled_descriptor_of_the_cache_is_fetched_anew(
    spoiled: str, store: Store, place: Path, kept: Path
) -> None:
    load(version="1.0.0", store=str(place))
    [file] = kept.rglob("1.0.0-*/datapackage.json")
    whole = file.read_bytes()
    file.write_text(spoiled, "utf-8")
    assert not Shelf(store_identity(str(place), ""), "hrdata").has_all(store.find("hrdata", "1.0.0"))
    load(version="1.0.0", store=str(place))
    assert file.read_bytes() == whole


@pytest.mark.usefixtures("store")
def test_only_the_log_is_asked_for_in_a_hurry(
    place: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that turns out to be spoiled is fetched with all patience."""
    with served(place) as (url, _):
        load(version="1.0.0", store=url)
        opened: list[tuple[bool, list[str]]] = []

        def open_noting(where: str, *, is_hurried: bool = False) -> web.WebObjects:
            made = open_impatiently(where, is_hurried=is_hurried)
            opened.append((is_hurried, asked := []))
            stream = made.stream

            def noting(path: str, start: int = 0) -> Iterator[bytes]:
                asked.append(path)
                return stream(path, start)

            monkeypatch.setattr(made, "stream", noting)
            return made

        monkeypatch.setattr(web, "open_web", open_noting)
        [file] = kept.rglob("1.0.0-*/data/votes.csv")
        file.write_bytes(b"spoiled")
        load(version="1.0.0", store=url)
        asked = {is_hurried: paths for is_hurried, paths in opened if paths}
        assert asked[True] == ["hrdata/log/000002.json", "hrdata/log/000003.json"]
        assert [Path(path).name for path in asked[False]] == ["votes.csv"]
        opened.clear()
        load(version="1.1.0", store=url)
        assert not any(is_hurried for is_hurried, _ in opened)


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
    assert Store(breaking).read(release, file.path) == data
    assert breaking.starts == list(range(0, len(data), after)) or breaking.starts == [0]


@pytest.mark.parametrize("silently", [True, False])
def test_a_connection_that_brings_nothing_is_given_up(silently: bool) -> None:
    store, release, file = a_release(b"12345")
    breaking = Breaking(store.objects, 0, silently=silently)
    complaint = "a.csv: it has 0 bytes, but expected 5" if silently else "the connection broke"
    with pytest.raises(EnvironmentFault, match=complaint):
        Store(breaking).read(release, file.path)
    assert len(breaking.starts) == (6 if silently else 1)


def test_a_file_that_is_longer_than_it_was_is_not_read_to_its_end() -> None:
    store, release, file = a_release(b"12345")
    store.objects.put(release.place_of("a.csv"), b"1234567")
    with pytest.raises(EnvironmentFault, match="it has 6 bytes, but expected 5"):
        store.read(release, file.path)


@pytest.mark.usefixtures("store")
def test_loading_over_a_breaking_connection_gives_the_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Breaking] = []

    def open_breaking(where: str, **how: bool) -> Store:
        made.append(Breaking(open_store(where, **how).objects, 900))
        return Store(made[-1])

    monkeypatch.setattr(store_module, "open_store", open_breaking)
    assert load(version="1.0.0", store=str(place)).votes["unga-61-174"].yes == 99
    assert all(max(opened.starts) >= 900 for opened in made)


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
        assert load(version="1.0.0", store=url).version == "1.0.0"
    assert told == ["99\n"] * 3
    assert not list(kept.rglob(".hrdata-*"))


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
