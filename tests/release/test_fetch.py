"""Releases fetched whole or not at all, and every file that is not as published named."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.errors import Conflict, EnvironmentFault, HrdataError, UsageError
from hrdata.places import DESCRIPTOR
from hrdata.release.fetch import compare_folder, fetch_release
from hrdata.release.publish import publish_package
from hrdata.store import Fault, Release, Store, objects, open_store
from hrdata.store.web import WebObjects
from test_releasing import publishable

SUMS = "SHA256SUMS"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of one release, and that release fetched; nobody changes either."""
    folder = tmp_path_factory.mktemp("kept")
    store = open_store(str(folder / "store"))
    publishable(folder / "package")
    done = publish_package(folder / "package", store)
    assert done.release
    assert fetch_release(store, done.release, folder / "fetched")
    return folder


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Store:
    return open_store(str(shutil.copytree(kept / "store", tmp_path / "store")))


@pytest.fixture
def release(store: Store) -> Release:
    return store.find("small")


@pytest.fixture
def fetched(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept / "fetched", tmp_path / "fetched")


def named(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.kind, fault.path) for fault in faults]


# Fetching


def test_all_files_are_fetched_and_sha256sum_accepts_them(fetched: Path, release: Release) -> None:
    there = {path.relative_to(fetched).as_posix() for path in fetched.rglob("*") if path.is_file()}
    assert there == {file.path for file in release.files}
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", SUMS], cwd=fetched, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0
    assert len(checked.stdout.splitlines()) == len(release.files) - 1


def test_what_is_there_already_is_left_as_it_is(store: Store, release: Release, fetched: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in fetched.rglob("*")}
    assert not fetch_release(store, release, fetched)
    assert {path: path.stat().st_mtime_ns for path in fetched.rglob("*")} == before


@pytest.mark.parametrize("kind", ["changed", "extra", "missing", "file", "empty", "link"])
def test_other_content_is_never_written_over(
    kind: str, store: Store, release: Release, fetched: Path
) -> None:
    file = fetched / "data/votes.csv"
    if kind in ("changed", "extra"):
        (file if kind == "changed" else fetched / "mine.txt").write_text("mine", "utf-8")
    elif kind == "missing":
        file.unlink()
    else:
        shutil.rmtree(fetched)
        make: dict[str, Callable[[], object]] = {
            "file": fetched.touch,
            "empty": fetched.mkdir,
            "link": lambda: fetched.symlink_to("nowhere"),
        }
        make[kind]()
    before = sorted(fetched.parent.rglob("*"))
    with pytest.raises(Conflict, match="something else is there"):
        fetch_release(store, release, fetched)
    assert sorted(fetched.parent.rglob("*")) == before


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, EnvironmentFault])
@pytest.mark.parametrize("at", [0, 3, 20])
def test_interrupted_it_leaves_nothing(
    at: int, fault: type[BaseException], store: Store, release: Release, tmp_path: Path
) -> None:
    told: list[str] = []

    def tell(path: str, part: float) -> None:
        assert 0 <= part < 1
        told.append(path)
        if len(told) > at:
            raise fault("stop")

    before = sorted(os.listdir(tmp_path))
    with pytest.raises(fault):
        fetch_release(store, release, tmp_path / "new", tell)
    assert sorted(os.listdir(tmp_path)) == before
    assert fetch_release(store, release, tmp_path / "new")


def test_what_is_told_is_one_step_that_goes_on(store: Store, release: Release, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    fetch_release(store, release, tmp_path / "new", lambda text, part: told.append((text, part)))
    parts = [part for _, part in told]
    assert {text for text, _ in told} == {"downloading small 0.1.0"}
    assert parts == sorted(set(parts))
    assert len(parts) == len(release.files)


@contextmanager
def breaking_server(folder: Path, after: int) -> Iterator[tuple[str, list[int]]]:
    """A web server for a folder that breaks off each reply after some bytes, and what it sent."""
    sent: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not (file := folder / self.path.lstrip("/")).is_file():
                self.send_error(404)
                return
            data = file.read_bytes()
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            self.send_response(206 if start else 200)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.wfile.write(data[start : start + after])
            sent.append(len(data[start : start + after]))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_over_a_connection_that_breaks_again_and_again_nothing_is_sent_twice(
    tmp_path: Path, store: Store, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PAUSES", (0, 0))
    largest = max(file.bytes for file in release.files)
    with breaking_server(tmp_path / "store", largest // 9) as (url, sent):
        place = Store(WebObjects(url, waits=()))
        assert fetch_release(place, release, tmp_path / "new")
    assert len(sent) > len(release.files) + 8
    assert sum(sent) == sum(file.bytes for file in release.files)
    assert compare_folder(tmp_path / "new", store)[0] == []


def test_what_cannot_be_written_is_told_of_the_folder_that_was_named(
    tmp_path: Path, store: Store, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    new = tmp_path / "file/new"
    with pytest.raises(EnvironmentFault, match=f"^{new}: .* cannot be written: not a directory"):
        fetch_release(store, release, new)
    new = tmp_path / "new"
    write, left = os.write, [9]

    def write_until_full(handle: int, data: bytes) -> int:
        left[0] -= 1
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write_until_full)
        with pytest.raises(EnvironmentFault) as told:
            fetch_release(store, release, new)
    assert re.fullmatch(rf"{new}: \S+ cannot be written: no space left on device", str(told.value))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(EnvironmentFault) as told:
            fetch_release(store, release, new)
    assert str(told.value) == f"{new}: cannot be written: permission denied"
    assert sorted(os.listdir(tmp_path)) == ["file", "store"]


@pytest.mark.parametrize("is_same", [True, False])
def test_somebody_who_was_faster_is_let_be(
    is_same: bool, store: Store, release: Release, tmp_path: Path
) -> None:
    new = tmp_path / "new"

    def be_faster(_: str, part: float) -> None:
        if not part:
            fetch_release(store, release, new)
            if not is_same:
                (new / "data/votes.csv").write_text("mine", "utf-8")

    if is_same:
        assert not fetch_release(store, release, new, be_faster)
    else:
        with pytest.raises(Conflict, match="something else is there"):
            fetch_release(store, release, new, be_faster)
        assert (new / "data/votes.csv").read_text("utf-8") == "mine"
    assert sorted(os.listdir(tmp_path)) == ["new", "store"]


def test_every_file_is_on_the_disk_before_the_folder_gets_its_name(
    store: Store, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        synced.append((tmp_path / "new").exists())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    assert fetch_release(store, release, tmp_path / "new")
    assert len(synced) >= 2 * len(release.files)
    assert not any(synced)


KILLED = """
import os, signal, sys
from pathlib import Path
from hrdata.release.fetch import fetch_release
from hrdata.store import open_store
def kill(_, part):
    if part > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
store = open_store(sys.argv[1])
fetch_release(store, store.find("small"), Path(sys.argv[2]), kill)
"""


def test_what_somebody_who_was_killed_left_is_removed_a_day_later(
    store: Store, release: Release, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    ran = subprocess.run([sys.executable, "-c", KILLED, store.label, str(new)], check=False)
    assert ran.returncode == -signal.SIGKILL
    [left] = tmp_path.glob(".*")
    files = [path for path in left.rglob("*") if path.is_file()]
    assert files
    # None of these is ours: another target, another ending, a file, a link.
    others = [
        tmp_path / f"{left.name[:-17]}{end}" for end in ("er-0123456789abcdef", "-mine", "", "-" + "g" * 16)
    ]
    for other in others:
        other.mkdir()
    file, link = (tmp_path / f"{left.name[:-16]}{digit * 16}" for digit in "ab")
    file.touch()
    link.symlink_to(others[0])
    for path in (left, *left.rglob("*"), *others, file):
        os.utime(path, (0, 0))
    os.utime(files[-1])
    assert fetch_release(store, release, new)
    assert left.exists()
    os.utime(files[-1], (0, 0))
    assert not fetch_release(store, release, new)
    assert sorted(tmp_path.glob(".*")) == sorted([*others, file, link])


@pytest.mark.parametrize("path", ["data/votes.csv", DESCRIPTOR, SUMS, "small.sqlite", "small-0.1.0.zip"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_damaged_store_is_refused_by_name(
    path: str, is_gone: bool, store: Store, release: Release, tmp_path: Path
) -> None:
    file = tmp_path / "store" / release.place_of(path)
    if is_gone:
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(EnvironmentFault, match=path):
        fetch_release(store, release, tmp_path / "new")
    assert sorted(os.listdir(tmp_path)) == ["store"]


# Comparing


def test_a_fetched_folder_is_as_published(store: Store, fetched: Path) -> None:
    assert compare_folder(fetched) == ([], f"its own {SUMS}")
    assert compare_folder(fetched, store) == ([], f"small@0.1.0 in {store.label}")


def test_every_file_that_is_missing_extra_or_changed_is_named(store: Store, fetched: Path) -> None:
    (fetched / "data/votes.csv").unlink()
    (fetched / "data/votes.csv").mkdir()
    (fetched / "data/votes.csv/inner").touch()
    (fetched / "data/states.csv").write_text("state_id\n", "utf-8")
    (fetched / "CODEBOOK.md").unlink()
    os.mkfifo(fetched / "CODEBOOK.md")
    (fetched / "README.md").touch()
    (fetched / "linked").symlink_to(fetched / "data")
    expected = [
        ("missing", "CODEBOOK.md"),
        ("extra", "README.md"),
        ("changed", "data/states.csv"),
        ("missing", "data/votes.csv"),
        ("extra", "data/votes.csv/inner"),
        ("extra", "linked"),
    ]
    for place in (None, store):
        found = named(compare_folder(fetched, place)[0])
        assert [pair for pair in found if pair != ("extra", "CODEBOOK.md")] == expected


def test_a_folder_that_was_made_to_fit_itself_does_not_fit_the_store(store: Store, fetched: Path) -> None:
    (fetched / "data/states.csv").write_text("state_id\n", "utf-8")
    sums = subprocess.run(["sha256sum", "data/states.csv"], cwd=fetched, capture_output=True, check=True)
    lines = (fetched / SUMS).read_bytes().splitlines(keepends=True)
    kept = [sums.stdout if line.endswith(b"  data/states.csv\n") else line for line in lines]
    (fetched / SUMS).write_bytes(b"".join(kept))
    assert compare_folder(fetched)[0] == []
    assert named(compare_folder(fetched, store)[0]) == [("changed", SUMS), ("changed", "data/states.csv")]


@pytest.mark.parametrize("damage", ["", "{}", "[", '{"name": "small", "version": "0.1.1"}', None])
def test_a_damaged_descriptor_is_named_whatever_it_says(
    damage: str | None, store: Store, fetched: Path
) -> None:
    (fetched / "CODEBOOK.md").unlink()
    (fetched / DESCRIPTOR).unlink()
    if damage is not None:
        (fetched / DESCRIPTOR).write_text(damage, "utf-8")
    kind = "missing" if damage is None else "changed"
    for place in (None, store):
        found = named(compare_folder(fetched, place)[0])
        assert sorted(found) == sorted([("missing", "CODEBOOK.md"), (kind, DESCRIPTOR)])


def test_lost_sums_are_missing_where_a_store_knows_them(store: Store, fetched: Path) -> None:
    (fetched / SUMS).unlink()
    with pytest.raises(UsageError, match=f"has no {SUMS}"):
        compare_folder(fetched)
    assert named(compare_folder(fetched, store)[0]) == [("missing", SUMS)]


def test_a_folder_that_is_no_release_is_said_to_be_none(store: Store, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(EnvironmentFault, match=f"there is no {DESCRIPTOR}"):
        compare_folder(tmp_path / "none", store)
    (tmp_path / "none" / SUMS).write_text(f"{'0' * 64}  a\n", "utf-8")
    with pytest.raises(UsageError, match=f"lists no {DESCRIPTOR}"):
        compare_folder(tmp_path / "none")
    (tmp_path / "none" / SUMS).write_text(f"{'0' * 64}  ../a\n", "utf-8")
    with pytest.raises(EnvironmentFault, match="leaves the place"):
        compare_folder(tmp_path / "none")


@settings(max_examples=60)
@given(data=st.data())
def test_any_byte_that_changes_is_named(kept: Path, data: st.DataObject) -> None:
    """By the sums of the folder itself, and by the store."""
    store = open_store(str(kept / "store"))
    sizes = {file.path: file.bytes for file in store.find("small").files}
    path = data.draw(st.sampled_from(sorted(sizes)))
    at = data.draw(st.integers(0, sizes[path] - 1))
    against = data.draw(st.sampled_from([None, store]))
    check_byte(kept / "fetched", path, at, data.draw(st.integers(1, 255)), against)


def told_of(folder: Path, store: Store | None = None) -> list[str]:
    """The files that are named when a folder is compared, be it as the reason why it cannot be."""
    try:
        return [fault.path for fault in compare_folder(folder, store)[0]]
    except HrdataError as fault:
        return [path for path in (SUMS, DESCRIPTOR) if path in str(fault)]


def check_byte(folder: Path, path: str, at: int, flipped: int, store: Store | None = None) -> None:
    """Change a byte of a file and see it named; the file is put back as it was."""
    whole = (folder / path).read_bytes()
    (folder / path).write_bytes(whole[:at] + bytes([whole[at] ^ flipped]) + whole[at + 1 :])
    try:
        found = told_of(folder, store)
    finally:
        (folder / path).write_bytes(whole)
    # Sums that changed, and nobody else knows, show by what they are then wrong about.
    assert found if path == SUMS and store is None else path in found


def test_any_byte_of_the_sums_is_noticed(kept: Path) -> None:
    whole = (kept / "fetched" / SUMS).read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(kept / "fetched", Path(name) / "folder"))
        for at in [*range(0, whole.index(b"\n") + 2, 3), 64, 65, 66, whole.index(b"\n"), len(whole) - 1]:
            check_byte(folder, SUMS, at, 1 + at % 255)
        for other in (
            whole[:-1],
            whole + b"\n",
            whole.replace(b"\n", b"\r\n"),
            whole.replace(b"  ", b" *"),
            b"",
        ):
            (folder / SUMS).write_bytes(other)
            assert told_of(folder)
