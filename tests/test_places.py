"""Writing a file is all or nothing; the folder of a package is found for whatever names it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrdata.errors import EnvironmentFault
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR, Folder, folder_of, open_place, write_file
from test_package import write_package


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=99), min_size=1, max_size=4))
def test_what_was_written_last_is_there_and_nothing_else(tmp_path: Path, versions: list[bytes]) -> None:
    (tmp_path / "a b").mkdir(exist_ok=True)
    for data in versions:
        write_file(tmp_path / "a b" / "é.json", data)
        assert (tmp_path / "a b" / "é.json").read_bytes() == data
    assert os.listdir(tmp_path / "a b") == ["é.json"]


def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(b"before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("replace", "chmod"):
        with monkeypatch.context() as patched:
            patched.setattr(os, step, fail)
            with pytest.raises(OSError, match="No space left"):
                write_file(file, b"after")
        assert (file.read_bytes(), os.listdir(tmp_path)) == (b"before", ["report.json"])


def test_what_is_interrupted_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "report.json", b"after")
    assert os.listdir(tmp_path) == []


def test_a_reader_never_meets_half_a_file(tmp_path: Path) -> None:
    file, sizes = tmp_path / "a", set()
    write_file(file, b"x" * 300_000)
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            sizes.add(len(file.read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        write_file(file, b"x" * (300_000 + number % 2))
    done.set()
    reader.join()
    assert sizes <= {300_000, 300_001}


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    code = "from pathlib import Path; from hrdata.places import write_file; write_file(Path('a'), b'')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, umask=mask, check=True)
    assert mode_of(tmp_path / "a") == mode


def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    for mode in (0o600, 0o640, 0o755, 0o444):
        file = tmp_path / f"{mode}"
        file.touch()
        file.chmod(mode)
        write_file(file, b"new")
        assert (mode_of(file), file.read_bytes()) == (mode, b"new")


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to("real/file")
    for data in (b"new", b"newer"):
        write_file(link, data)
        assert (link.is_symlink(), (tmp_path / "real" / "file").read_bytes()) == (True, data)
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


def test_a_circular_link_is_an_error_of_the_system_or_is_replaced(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    write_file(loop, b"data")
    assert loop.read_bytes() == b"data"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"data")
    reader.join(10)
    assert (read, pipe.is_fifo()) == ([b"data"], True)
    write_file(Path(os.devnull), b"data")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["folder", "file/below", "x" * 300, "gone/file"])
def test_what_cannot_be_a_file_is_an_error_of_the_system(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"."):
        write_file(tmp_path / name, b"")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    write_file(tmp_path / ("x" * 255), b"data")
    assert os.listdir(tmp_path) == ["x" * 255]


def test_no_folder_is_made_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("gone/file")
    for name in ("gone/file", "gone/deeper/file", "link"):
        with pytest.raises(FileNotFoundError):
            write_file(tmp_path / name, b"data")
    assert os.listdir(tmp_path) == ["link"]


def test_the_top_of_a_repository_stands_for_the_package_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = write_package(tmp_path / "datapackage", name="inner")
    assert open_place(tmp_path) == Folder(inner, str(inner))
    package = read_package(tmp_path)
    assert (package.name, package.label, package.findings) == ("inner", str(inner), [])
    monkeypatch.chdir(tmp_path)
    assert open_place(Path()) == Folder(Path("datapackage"), "datapackage")


@pytest.mark.parametrize("what", ["good", "broken", "a folder"])
def test_a_descriptor_of_its_own_goes_before_the_package_within(tmp_path: Path, what: str) -> None:
    write_package(tmp_path / "datapackage", name="inner")
    if what == "good":
        write_package(tmp_path, name="outer")
    elif what == "broken":
        (tmp_path / DESCRIPTOR).write_bytes(b"{")
    else:
        (tmp_path / DESCRIPTOR).mkdir()
    assert open_place(tmp_path) == Folder(tmp_path, str(tmp_path))


@pytest.mark.parametrize("inner", ["data", "datapackage/datapackage"])
def test_only_the_folder_datapackage_itself_is_looked_into(tmp_path: Path, inner: str) -> None:
    write_package(tmp_path / inner)
    assert open_place(tmp_path) == Folder(tmp_path, str(tmp_path))
    with pytest.raises(EnvironmentFault, match=r"there is no datapackage\.json"):
        read_package(tmp_path)


def test_the_folder_of_a_package_is_the_one_that_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / DESCRIPTOR).touch()
    (tmp_path / "a.zip").touch()
    assert folder_of(folder) == folder
    assert folder_of(folder / DESCRIPTOR) == folder
    assert folder_of(tmp_path / "a.zip") == tmp_path
    assert folder_of(tmp_path / "nowhere") == tmp_path
    assert folder_of(Path(DESCRIPTOR)) == Path()


@pytest.mark.parametrize("place", ["git:HEAD", "git:HEAD:a/b", "git:v1:../x/datapackage.json", "git:"])
def test_the_settings_of_a_revision_are_those_of_the_current_folder(place: str) -> None:
    assert folder_of(Path(place)) == Path()
