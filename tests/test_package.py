"""Folders, zips and descriptors, good and bad: a package, findings, or one line of an error."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault
from hrdata.package import bundled_package, default_package, read_package
from hrdata.places import DESCRIPTOR
from hrdata.schema import export, resource
from hrdata.testing import AnyRow, as_csv
from hrdata.validate import validate_package

Rows = dict[str, list[AnyRow]]

TALLY = {"yes": "2", "no": "1", "method": "recorded_vote", "outcome": "adopted", "roll_complete": "true"}
ABOUT = {"body_id": "unga", "session": "61", "date": "2006-12-19", "symbol": "A/RES/61/174"}
GOOD: Rows = {
    "sources": [{"source_id": "un", "kind": "un_record", "title": "Record", "language": "en"}],
    "states": [
        {"state_id": id, "name": name, "un_member_from": "1945-10-24"}
        for id, name in (("CHN", "China"), ("FRA", "France"), ("NOR", "Norway"))
    ],
    "bodies": [
        {"body_id": "unga", "name": "General Assembly", "kind": "principal_organ"},
        {"body_id": "unsc", "name": "Security Council", "kind": "principal_organ"},
    ],
    "body_seats": [{"body_id": "unsc", "seats_from": "1945", "seats": "11"}],
    "votes": [{"vote_id": "unga-61-174", "title": "Human rights", "kind": "resolution", **ABOUT, **TALLY}],
    "ballots": [
        {"vote_id": "unga-61-174", "state_id": id, "choice": choice}
        for id, choice in (("CHN", "no"), ("FRA", "yes"), ("NOR", "yes"))
    ],
    "citations": [
        {"table": table, "row_id": "*", "field": "*", "source_id": "un", "locator": "p. 1"}
        for table in ("states", "bodies", "body_seats", "votes", "ballots")
    ],
}
"""The rows of a small package without any fault."""


def describe(tables: Iterable[str]) -> dict[str, Any]:
    listed = [resource(MODELS[table], f"data/{table}.csv") for table in tables]
    return {"name": "small", "version": "1.0.0", "resources": listed}


def write_package(folder: Path, rows: Rows | None = None, **changes: Any) -> Path:
    """A package of these rows on disk, the good ones for the rest; `changes` go to the descriptor."""
    rows = GOOD | (rows or {})
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for table, listed in rows.items():
        (folder / "data" / f"{table}.csv").write_bytes(as_csv(table, listed))
    (folder / DESCRIPTOR).write_text(json.dumps(describe(rows) | changes), encoding="utf-8")
    return folder


def zip_package(folder: Path, target: Path, top: str = "", compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", compression) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, top + file.relative_to(folder).as_posix())
    return target


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_package(tmp_path / "package")


def checks_that_fail(path: Path) -> set[str]:
    """The checks that a package fails, apart from citations of a table that could not be read."""
    report = validate_package(path)
    failed = {finding.check for finding in report.findings}
    assert report.valid == (not failed)
    return failed - {"CIT203"}


def test_the_small_package_is_valid(package: Path) -> None:
    assert validate_package(package).valid
    assert read_package(package / DESCRIPTOR).tables.keys() == GOOD.keys()


# The descriptor

DEEP = 100_000
DESCRIPTORS: dict[str, tuple[bytes, set[str]]] = {
    "empty": (b"", {"PKG101"}),
    "not JSON": (b"{", {"PKG101"}),
    "a comma too many": (b'{"resources": [],}', {"PKG101"}),
    "two objects": (b"{} {}", {"PKG101"}),
    "null": (b"null", {"PKG101"}),
    "a list": (b"[]", {"PKG101"}),
    "a number": (b"5", {"PKG101"}),
    "a text": (b'"datapackage"', {"PKG101"}),
    "not UTF-8": (b'{"name": "\xff"}', {"PKG101"}),
    "UTF-16": ("{}".encode("utf-16"), {"PKG101"}),
    "a byte order mark": (b"\xef\xbb\xbf{}", {"PKG101"}),
    "a huge integer": (b'{"bytes": ' + b"9" * 5000 + b"}", {"PKG101"}),
    "a raw control character": (b'{"name": "\x1b"}', {"PKG101"}),
    "half a character": (b'{"name": "\\ud800", "resources": []}', {"PKG101", "PKG105"}),
    "a deep list": (b"[" * DEEP + b"]" * DEEP, {"PKG104"}),
    "a deep object": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, {"PKG104"}),
    "a deep list cut off": (b"[" * DEEP, {"PKG104"}),
    "the same name twice": (b'{"name": "a", "name": "b", "resources": []}', {"PKG102", "PKG105"}),
    "NaN": (b'{"version": NaN, "resources": []}', {"PKG103", "PKG105"}),
    "Infinity": (b'{"version": -Infinity, "resources": []}', {"PKG103", "PKG105"}),
    "a number beyond all floats": (b'{"version": 1e999, "resources": []}', {"PKG103", "PKG105"}),
    "an empty object": (b"{}", {"PKG105"}),
    "resources that are no list": (b'{"resources": {}}', {"PKG105"}),
    "no resources": (b'{"resources": []}', {"PKG105"}),
    "a resource that is no object": (b'{"resources": [5, null, []]}', {"PKG105"}),
    "a resource without a name": (b'{"resources": [{"path": "data/votes.csv"}]}', {"PKG105"}),
    "a resource without a path": (b'{"resources": [{"name": "votes"}]}', {"PKG105"}),
    "an empty path": (b'{"resources": [{"name": "votes", "path": ""}]}', {"PKG105"}),
    "a list of paths": (b'{"resources": [{"name": "votes", "path": ["a", "b"]}]}', {"PKG105"}),
    "a name with an escape": (b'{"resources": [{"name": "v\\u001b", "path": "a.csv"}]}', {"PKG105"}),
    "a name with a line end": (b'{"resources": [{"name": "votes\\n", "path": "a.csv"}]}', {"PKG105"}),
}


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_a_bad_descriptor_is_a_finding(package: Path, name: str) -> None:
    data, expected = DESCRIPTORS[name]
    (package / DESCRIPTOR).write_bytes(data)
    assert checks_that_fail(package) == expected


def test_a_bad_descriptor_is_located() -> None:
    fault = read_bytes(b'{\n "name" 5}').findings[0]
    assert (fault.file, fault.line, fault.column) == (DESCRIPTOR, 2, 9)
    fault = read_bytes(b'{"name": "\xe9"}').findings[0]
    assert fault.message == "the descriptor is not JSON: the byte 0xE9 at offset 10 is not UTF-8"


def test_each_repeated_name_is_reported_whichever_object_it_stands_in() -> None:
    faults = read_bytes(b'{"a": 1, "a": 2, "b": {"c": 1, "c": 2}, "resources": []}').findings
    assert [fault.message.split()[2] for fault in faults if fault.check == "PKG102"] == ["c", "a"]


def read_bytes(descriptor: bytes) -> Any:
    """The package of which the descriptor has these bytes, and which has no other file."""
    import hrdata.package
    from hrdata.places import Zip

    text = io.BytesIO()
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr(DESCRIPTOR, descriptor)
    zipped = Zip(zipfile.ZipFile(text), "memory", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hrdata.package, "open_place", lambda _: zipped)
        return hrdata.package.read_package("memory")


def test_no_depth_is_too_deep_for_one_step_only() -> None:
    """What the parser can just follow must not be too deep for what comes after it."""
    for depth in range(800, 1100):
        package = read_bytes(b'{"resources": [], "x": ' + b"[" * depth + b"]" * depth + b"}")
        assert {found.check for found in package.findings} <= {"PKG104", "PKG105"}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "path", "resources", "bytes", "hash", "version"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(listed=st.lists(ANY_JSON, max_size=4) | ANY_JSON, version=ANY_JSON)
def test_any_json_is_a_package_with_findings(listed: Any, version: Any) -> None:
    descriptor = json.dumps({"name": version, "version": version, "resources": listed}).encode()
    package = read_bytes(descriptor)
    assert package.findings
    assert isinstance(package.name + package.version, str)


@settings(deadline=None)
@given(data=st.binary(max_size=30) | st.text('{}[]":,1aN \\ud8', max_size=30).map(str.encode))
def test_any_bytes_as_a_descriptor_are_findings(data: bytes) -> None:
    assert read_bytes(data).findings


# Nothing stands elsewhere

URL = "https://example.org/it.json"
ELSEWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "schema by a path": (
        {"schema": "schemas/votes.json"},
        "schema of the resource votes is a text, schemas/v",
    ),
    "schema by an address": (
        {"schema": URL},
        f"schema of the resource votes is a text, {URL}, but expected the",
    ),
    "no schema": ({"schema": ""}, "schema of the resource votes is a text, , but expected the schema itself"),
    "dialect by a path": ({"dialect": "d.json"}, "dialect of the resource votes is a text, d.json"),
    "dialect by an address": ({"dialect": URL}, f"dialect of the resource votes is a text, {URL}"),
    "profile": (
        {"profile": URL},
        f"profile of the resource votes is the web address {URL}, but expected none",
    ),
    "profile without a scheme": (
        {"profile": "//example.org"},
        "profile of the resource votes is the web add",
    ),
    "profile of the standard, which readers of `profile` fetch": (
        {"profile": "https://datapackage.org/profiles/2.0/dataresource.json"},
        "profile of the resource votes is the web address https://datapackage.org/profiles/2.0/dataresource",
    ),
    "$schema": ({"$schema": URL}, f"$schema of the resource votes is the web address {URL}"),
    "a look-alike": (
        {"$schema": "https://datapackage.org.example.org/profiles/"},
        "$schema of the resource votes is the web address https://datapackage.org.example.org",
    ),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_what_of_a_descriptor_stands_elsewhere_is_an_error(package: Path, case: str) -> None:
    said, message = ELSEWHERE[case]
    repath(package, "data/votes.csv", **said)
    [fault] = read_package(package).findings
    assert (fault.check, fault.severity, fault.file) == ("PKG117", "error", DESCRIPTOR)
    assert fault.message.startswith(f"the {message}")
    assert checks_that_fail(package) == {"PKG117"}


def test_what_of_a_package_stands_elsewhere_is_an_error(tmp_path: Path) -> None:
    write_package(tmp_path / "package", profile=URL)
    [fault] = read_package(tmp_path / "package").findings
    assert fault.message == (
        f"the profile of the package is the web address {URL}, but expected none that readers have to fetch"
    )


@pytest.mark.parametrize(
    "said",
    [
        {"profile": "tabular-data-resource"},
        {"$schema": "https://datapackage.org/profiles/2.0/dataresource.json"},
        {"$schema": "https://datapackage.org/profiles/1.0/dataresource.json"},
        {"dialect": {}, "profile": None},
        {"profile": 5, "$schema": []},
    ],
    ids=str,
)
def test_what_stands_in_the_descriptor_is_none(package: Path, said: dict[str, Any]) -> None:
    assert checks_that_fail(repath(package, "data/votes.csv", **said)) == set()
    write_package(package, **{name: value for name, value in said.items() if name != "dialect"})
    assert checks_that_fail(package) == set()


# Paths

PATHS = {
    "../votes.csv": "PKG107",
    "data/../../votes.csv": "PKG107",
    "data/../data/votes.csv": "PKG107",
    "/etc/passwd": "PKG107",
    "C:\\votes.csv": "PKG107",
    "C:/votes.csv": "PKG107",
    "c:votes.csv": "PKG107",
    "data\\votes.csv": "PKG107",
    "\\\\host\\votes.csv": "PKG107",
    ".git/config": "PKG107",
    "data/.votes.csv": "PKG107",
    "./data/votes.csv": "PKG107",
    "data//votes.csv": "PKG107",
    "data/": "PKG107",
    "data/votes.csv\n": "PKG107",
    "data/votes\0.csv": "PKG107",
    "data/\x1b[31m.csv": "PKG107",
    "data/\u202evsc.csv": "PKG107",
    "https://example.org/votes.csv": "PKG108",
    "HTTP://example.org/votes.csv": "PKG108",
    "file:///etc/passwd": "PKG108",
    "s3://bucket/votes.csv": "PKG108",
    "//example.org/votes.csv": "PKG108",
    "data/nowhere.csv": "PKG106",
    "data/%2e%2e/votes.csv": "PKG106",
    "~/votes.csv": "PKG106",
    "data/votes.csv ": "PKG106",
    "data": "PKG111",
    "data/votes.csv/more": "PKG111",
    "x" * 5000: "PKG111",
    "x/" * 3000 + "x": "PKG111",
}


def repath(package: Path, path: object, **more: object) -> Path:
    descriptor = json.loads((package / DESCRIPTOR).read_text(encoding="utf-8"))
    [votes] = [listed for listed in descriptor["resources"] if listed["name"] == "votes"]
    votes |= {"path": path, **more}
    (package / DESCRIPTOR).write_text(json.dumps(descriptor), encoding="utf-8")
    return package


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path)[:24])
def test_a_path_that_is_no_file_of_the_package_is_not_read(package: Path, path: str) -> None:
    (package.parent / "votes.csv").write_bytes((package / "data/votes.csv").read_bytes())
    assert checks_that_fail(repath(package, path)) == {PATHS[path]}
    assert "votes" not in read_package(package).tables


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../votes.csv", "leaves the package"),
        ("/votes.csv", "is absolute"),
        ("c:/votes.csv", "is absolute"),
        ("a\\b", "holds a backslash or a control character"),
        ("data/.votes.csv", "has a hidden or an empty part"),
    ],
)
def test_what_is_wrong_with_a_path_is_said(package: Path, path: str, reason: str) -> None:
    [fault] = read_package(repath(package, path)).findings
    assert fault.message == f"the path {path} of the resource votes {reason}"


def link_to_a_file(package: Path) -> str:
    (package / "data/link.csv").symlink_to("/etc/passwd")
    return "data/link.csv"


def link_to_a_folder(package: Path) -> str:
    shutil.copytree(package / "data", package.parent / "elsewhere")
    (package / "link").symlink_to(package.parent / "elsewhere")
    return "link/votes.csv"


def link_beside_the_package(package: Path) -> str:
    """The name of the other folder starts with the name of the package."""
    shutil.copytree(package / "data", package.parent / "package-2")
    (package / "link").symlink_to("../package-2")
    return "link/votes.csv"


def link_to_a_link(package: Path) -> str:
    link_to_a_folder(package)
    (package / "second").symlink_to("link")
    return "second/votes.csv"


def link_to_itself(package: Path) -> str:
    (package / "data/loop.csv").symlink_to("loop.csv")
    return "data/loop.csv"


def link_to_nothing(package: Path) -> str:
    (package / "data/lost.csv").symlink_to("nowhere.csv")
    return "data/lost.csv"


def pipe(package: Path) -> str:
    os.mkfifo(package / "data/pipe.csv")
    return "data/pipe.csv"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (link_to_a_file, {"PKG107"}),
        (link_to_a_folder, {"PKG107"}),
        (link_beside_the_package, {"PKG107"}),
        (link_to_a_link, {"PKG107"}),
        (link_to_itself, {"PKG107", "PKG111"}),
        (link_to_nothing, {"PKG106"}),
        (pipe, {"PKG111"}),
    ],
)
def test_a_link_out_or_a_pipe_is_not_read(
    package: Path, make: Callable[[Path], str], expected: set[str]
) -> None:
    failed = checks_that_fail(repath(package, make(package)))
    assert len(failed) == 1
    assert failed <= expected


def test_a_link_that_stays_inside_is_followed(package: Path) -> None:
    (package / "data/votes.csv").rename(package / "data/real.csv")
    (package / "data/votes.csv").symlink_to("real.csv")
    (package.parent / "name").symlink_to(package)
    assert validate_package(package.parent / "name").valid


def test_a_file_without_the_right_to_read_it_is_a_finding(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def read_unless_votes(path: Path) -> bytes:
        if path.name == "votes.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_unless_votes)
    [fault] = read_package(package).findings
    assert (fault.check, fault.file) == ("PKG111", "data/votes.csv")
    assert fault.message == "the file of the resource votes cannot be read: permission denied"


def test_two_resources_of_one_name_are_a_finding(package: Path) -> None:
    twice = [*describe(GOOD)["resources"], resource(MODELS["votes"], "data/ballots.csv")]
    assert checks_that_fail(write_package(package, resources=twice)) == {"PKG109"}


# What the descriptor states of a file


@pytest.mark.parametrize(
    ("stated", "fits"),
    [
        ({"bytes": 0}, True),
        ({"bytes": 1}, False),
        ({"bytes": "many"}, False),
        ({"hash": "sha256:"}, True),
        ({"hash": "sha512:"}, True),
        ({"hash": ""}, True),
        ({"hash": "sha256:00"}, False),
        ({"hash": "crc32:00"}, False),
        ({"hash": "sha-256:00"}, False),
        ({"hash": "d41d8cd98f00b204e9800998ecf8427e"}, False),
        ({"hash": 5}, False),
    ],
)
def test_a_file_is_held_against_its_stated_size_and_hash(
    package: Path, stated: dict[str, Any], fits: bool
) -> None:
    data = (package / "data/votes.csv").read_bytes()
    for name, value in stated.items():
        if fits:
            algorithm = value.rstrip(":") or "md5" if name == "hash" else ""
            stated = {
                name: len(data) if name == "bytes" else value + hashlib.new(algorithm, data).hexdigest()
            }
    assert checks_that_fail(repath(package, "data/votes.csv", **stated)) == (set() if fits else {"PKG110"})


# Zips


@pytest.mark.parametrize("top", ["", "small-1.0.0/", "a/b/"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_is_read_like_its_folder(package: Path, top: str, compression: int) -> None:
    zipped = read_package(zip_package(package, package.parent / "small.zip", top, compression))
    folder = read_package(package)
    assert zipped.descriptor == folder.descriptor
    assert {n: c.data for n, c in zipped.tables.items()} == {n: c.data for n, c in folder.tables.items()}
    assert not zipped.findings


CENTRAL = b"PK\x01\x02"
"""The signature of an entry in the directory of a zip."""


def patched(data: bytes, name: str, offset: int, layout: str, value: int) -> bytes:
    """The zip with a number changed in what its directory says of a file."""
    changed, at = bytearray(data), -1
    while (at := data.find(CENTRAL, at + 1)) >= 0:
        if data[at + 46 :].startswith(name.encode()):
            struct.pack_into(layout, changed, at + offset, value)
    assert changed != data
    return bytes(changed)


def squeezed(data: bytes, name: str) -> bytes:
    """The zip with some compressed bytes of a file overwritten."""
    start = zipfile.ZipFile(io.BytesIO(data)).getinfo(name).header_offset + 30 + len(name)
    return data[:start] + bytes(255 - byte for byte in data[start : start + 8]) + data[start + 8 :]


FAULTY: dict[str, tuple[Callable[[bytes, str], bytes], int]] = {
    "encrypted": (lambda data, name: patched(data, name, 8, "<H", 1), zipfile.ZIP_DEFLATED),
    "of an unknown method": (lambda data, name: patched(data, name, 10, "<H", 77), zipfile.ZIP_DEFLATED),
    "of another checksum": (lambda data, name: patched(data, name, 16, "<I", 5), zipfile.ZIP_DEFLATED),
    "beyond the end": (lambda data, name: patched(data, name, 42, "<I", 0x7FFFFFF0), zipfile.ZIP_DEFLATED),
    "garbled, deflate": (squeezed, zipfile.ZIP_DEFLATED),
    "garbled, bzip2": (squeezed, zipfile.ZIP_BZIP2),
    "garbled, lzma": (squeezed, zipfile.ZIP_LZMA),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_file_in_a_zip_is_a_finding_and_a_faulty_descriptor_an_error(
    package: Path, fault: str
) -> None:
    spoil, compression = FAULTY[fault]
    zipped = zip_package(package, package.parent / "small.zip", "", compression)
    data = zipped.read_bytes()
    zipped.write_bytes(spoil(data, "data/votes.csv"))
    assert checks_that_fail(zipped) == {"PKG111"}
    zipped.write_bytes(spoil(data, DESCRIPTOR))
    with pytest.raises(EnvironmentFault, match=r"small\.zip: datapackage\.json cannot be read: "):
        read_package(zipped)


def test_a_size_in_a_zip_is_not_believed(package: Path) -> None:
    zipped = zip_package(package, package.parent / "small.zip")
    zipped.write_bytes(patched(zipped.read_bytes(), "data/votes.csv", 24, "<I", 0xFFFFFFF0))
    assert read_package(zipped).tables["votes"].data == (package / "data/votes.csv").read_bytes()


def test_a_zip_of_a_later_format_is_an_error(package: Path) -> None:
    zipped = zip_package(package, package.parent / "small.zip")
    zipped.write_bytes(patched(zipped.read_bytes(), "data/votes.csv", 6, "<H", 99))
    with pytest.raises(EnvironmentFault, match=r"small\.zip: "):
        read_package(zipped)


@pytest.fixture(scope="module")
def small_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zips")
    return zip_package(write_package(folder / "package"), folder / "small.zip")


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_zip_spoilt_anywhere_is_a_package_or_an_error(small_zip: Path, data: st.DataObject) -> None:
    spoilt = bytearray(small_zip.read_bytes())
    directory = spoilt.find(CENTRAL)
    places = st.integers(0, len(spoilt) - 1) | st.integers(directory, len(spoilt) - 1)
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=3)):
        spoilt[at] = byte
    target = small_zip.with_name("spoilt.zip")
    target.write_bytes(spoilt[: data.draw(st.sampled_from([len(spoilt), directory, len(spoilt) - 30]))])
    with contextlib.suppress(EnvironmentFault):
        read_package(target)


# What is no package


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "does not exist"),
        (lambda path: path.mkdir(), "there is no datapackage.json"),
        (lambda path: path.write_bytes(b""), "is neither a folder, nor a datapackage.json, nor a zip"),
        (lambda path: path.write_bytes(b"a,b\n1,2\n"), "is neither a folder, nor"),
        (lambda path: path.write_bytes(b"PK\x03\x04 and no more"), "is a zip that is cut off or damaged"),
        (lambda path: path.write_bytes(b"PK\x05\x06" + b"\0" * 18), "there is no datapackage.json"),
        (lambda path: path.symlink_to("nowhere"), "does not exist"),
        (lambda path: path.symlink_to(path.name), "does not exist|cannot be read"),
        (lambda path: (path / DESCRIPTOR).mkdir(parents=True), "datapackage.json cannot be read"),
    ],
)
def test_what_is_no_package_is_an_error_that_names_the_path(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "given"
    make(path)
    with pytest.raises(EnvironmentFault, match=message) as error:
        read_package(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["x" * 5000, "x/" * 3000, "a\0b", "package/datapackage.json/data"])
def test_a_path_that_cannot_be_is_an_error(package: Path, path: str) -> None:
    with pytest.raises(EnvironmentFault):
        read_package(package.parent / path)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/tty"])
def test_a_device_is_no_package(path: str) -> None:
    with pytest.raises(EnvironmentFault, match=f"^{path}: "):
        read_package(path)


def test_a_pipe_is_no_package_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    code = f"from hrdata.package import read_package; read_package({str(tmp_path / 'pipe')!r})"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert "EnvironmentFault" in ended.stderr.splitlines()[-1]


# The package that is looked into without a path


def test_without_a_package_here_the_bundled_one_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_package() == bundled_package()
    write_package(tmp_path / "datapackage")
    assert read_package(default_package()).name == "small"


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["an empty folder", "a file"])
def test_a_package_here_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    """Or else the bundled package would be called valid in its stead."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "datapackage")
    with pytest.raises(EnvironmentFault):
        read_package(default_package())


# Writing the descriptor anew


@pytest.mark.parametrize(
    "more", [b', "a": 1e999', b', "a": NaN', b', "title": "\\ud800"', b', "a": ' + b"[" * 900 + b"]" * 900]
)
def test_a_descriptor_is_never_written_as_what_is_no_json(package: Path, more: bytes) -> None:
    file = package / DESCRIPTOR
    before = file.read_bytes().rstrip()[:-1] + more + b"}"
    file.write_bytes(before)
    with contextlib.suppress(EnvironmentFault):
        export(package, package / "schemas")
    if file.read_bytes() != before:
        json.loads(file.read_text(encoding="utf-8"), parse_constant=pytest.fail)
