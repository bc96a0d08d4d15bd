"""A release: what is in it, that others accept it, and that the same package gives the same bytes."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import frictionless
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from test_release_formats import a_package, a_table

from hrdata.errors import EnvironmentFault, HrdataError, UsageError
from hrdata.package import Package, bundled_package, read_package
from hrdata.places import DESCRIPTOR
from hrdata.release.build import CHANGELOG, CODEBOOK, build_release, clash_in_release
from hrdata.release.metadata import CITATION, CROISSANT, DATACITE
from hrdata.schema import PROFILES, as_json
from hrdata.store.log import SUMS
from hrdata.typed import typed_tables
from hrdata.validate import validate_package

ROOT = Path(__file__).parents[2]
GOOD = ROOT / "tests/packages/good"
PROFILE_FOLDER = (
    Path(os.environ.get("HRDATA_PROFILES", ROOT.parent / "shared" / "profiles")) / "datapackage-2.0"
)
METADATA = {CITATION, DATACITE, CROISSANT}


def built(package: Package, version: str = "1.1.0") -> dict[str, bytes]:
    return build_release(package, version, changelog="## [1.1.0]\n")


@functools.cache
def canonical() -> Mapping[str, bytes]:
    return built(read_package(bundled_package()))


def unpack(files: Mapping[str, bytes], folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def rooms(**more: Any) -> Package:
    """A small package of one table, with other properties of the descriptor."""
    package = a_package(rooms=a_table({"room": {"type": "string"}}, [("a",)], primaryKey=["room"]))
    package.descriptor |= more
    return package


# What is in it


def test_a_release_has_all_its_files() -> None:
    names = list(typed_tables(read_package(bundled_package())))
    ours = {DESCRIPTOR, CODEBOOK, CHANGELOG, SUMS, "hrdata.sqlite", "hrdata-1.1.0.zip"}
    assert set(canonical()) == {
        *ours,
        *METADATA,
        *(f"data/{name}.csv" for name in names),
        *(f"parquet/{name}.parquet" for name in names),
        *(f"schemas/{name}.json" for name in names),
    }
    assert list(canonical()) == sorted(canonical())
    assert canonical()[CHANGELOG] == b"## [1.1.0]\n"


def test_croissant_tells_of_every_file_of_data_and_every_table() -> None:
    told = json.loads(canonical()[CROISSANT])
    data = {path for path in canonical() if path.startswith(("data/", "parquet/"))} | {"hrdata.sqlite"}
    assert {item["contentUrl"] for item in told["distribution"]} == data
    assert len(told["recordSet"]) == len(json.loads(canonical()[DESCRIPTOR])["resources"])


def test_the_tables_and_the_schemas_are_as_they_stand() -> None:
    for path, data in canonical().items():
        if path.startswith("data/"):
            assert data == (bundled_package() / path).read_bytes()
        if path.startswith("schemas/"):
            assert data == (ROOT / path).read_bytes()


def test_the_descriptor_says_version_size_and_hash_and_all_else_as_before() -> None:
    before = json.loads((bundled_package() / DESCRIPTOR).read_bytes())
    after = json.loads(canonical()[DESCRIPTOR])
    for resource in after["resources"]:
        data = canonical()[resource["path"]]
        assert resource.pop("bytes") == len(data)
        assert resource.pop("hash") == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert after.pop("version") == "1.1.0"
    assert before.pop("version") == "0.1.0"
    assert as_json(after) == as_json(before)
    assert as_json(json.loads(canonical()[DESCRIPTOR])).encode() == canonical()[DESCRIPTOR]


def test_a_table_of_ones_own_has_its_schema_and_one_without_has_none() -> None:
    schema, data = a_table({"b": {"type": "integer"}, "a": {}}, [("1", "x")], primaryKey=["b"])
    files = built(a_package(rooms=(schema, data), notes=(None, data)))
    assert json.loads(files["schemas/rooms.json"]) == {"$schema": f"{PROFILES}/tableschema.json", **schema}
    assert [path for path in files if path.startswith("schemas/")] == ["schemas/rooms.json"]
    assert {"parquet/notes.parquet", "data/notes.csv", "world.sqlite"} <= set(files)


def sums_of(text: bytes) -> dict[str, str]:
    return {line[66:]: line[:64] for line in text.decode().splitlines()}


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def test_the_sums_list_every_other_file_and_those_in_the_zip_what_it_holds() -> None:
    files = dict(canonical())
    assert sums_of(files.pop(SUMS)) == digests(files)
    with zipfile.ZipFile(io.BytesIO(files.pop("hrdata-1.1.0.zip"))) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
        times = {member.date_time for member in archive.infolist()}
    assert sums_of(held.pop(SUMS)) == digests(held)
    assert held == files
    assert times == {(2026, 11, 22, 0, 0, 0)}


# Others accept it


def test_hrdata_accepts_the_release_as_a_folder_and_as_a_zip(tmp_path: Path) -> None:
    folder = unpack(canonical(), tmp_path)
    for place in (folder, folder / "hrdata-1.1.0.zip"):
        report = validate_package(place)
        assert (report.valid, report.version) == (True, "1.1.0")
    again = built(read_package(folder))
    assert digests(again) == digests(canonical()), "a release of a release is the same"


@pytest.mark.slow
def test_frictionless_accepts_the_release_as_a_folder_and_as_a_zip(tmp_path: Path) -> None:
    folder = unpack(canonical(), tmp_path)
    for place in (folder / DESCRIPTOR, folder / "hrdata-1.1.0.zip"):
        report = frictionless.Package(str(place)).validate()
        found = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors[:3]]
        assert (report.valid, [*report.errors, *found]) == (True, [])
        assert len(report.tasks) == 15


@pytest.mark.skipif(not PROFILE_FOLDER.is_dir(), reason="HRDATA_PROFILES is not there")
def test_the_official_profiles_accept_the_descriptor_and_the_schemas() -> None:
    profiles = {
        f"{PROFILES}/{path.name}": json.loads(path.read_text("utf-8")) for path in PROFILE_FOLDER.iterdir()
    }
    registry = Registry().with_resources((url, Resource.from_contents(it)) for url, it in profiles.items())
    for path, data in canonical().items():
        if path == DESCRIPTOR or path.startswith("schemas/"):
            name = "datapackage" if path == DESCRIPTOR else "tableschema"
            judge = Draft7Validator(profiles[f"{PROFILES}/{name}.json"], registry=registry)
            assert [error.message for error in judge.iter_errors(json.loads(data))] == []


# The same bytes

BUILD = """
import hashlib, os, sys, time
os.umask(int(sys.argv[2], 8))
moment = float(sys.argv[3])
time.time = lambda: moment
import polars as pl
from pathlib import Path
from hrdata.package import read_package
from hrdata.release.build import build_release
from hrdata.release.formats import write_parquet
files = build_release(read_package(Path(sys.argv[1])), "1.1.0", changelog="x")
numbers = pl.int_range(300_000, eager=True)
big = pl.DataFrame({"n": numbers, "t": (numbers % 977).cast(pl.String)})
files["many rows"] = write_parquet(big, {"a": "b"})
files["given again"] = repr(list(files)).encode()
for path, data in files.items():
    print(path, hashlib.sha256(data).hexdigest())
"""

HERE = {
    "umask": "022", "clock": "1000000000", "TZ": "UTC", "LC_ALL": "C",
    "PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "1",
}  # fmt: skip
THERE = {
    "umask": "077", "clock": "4000000000", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "2", "POLARS_MAX_THREADS": "4", "PYTHONUTF8": "0", "COLUMNS": "20",
}  # fmt: skip


def build_elsewhere(folder: Path, world: Mapping[str, str]) -> dict[str, str]:
    """The digests of a release that another process builds, in another world."""
    where = folder.parent / f"work {world['TZ'].replace('/', ' ')}"
    where.mkdir(exist_ok=True)
    place = os.path.relpath(folder, where) if world is HERE else str(folder)
    environment = {"PATH": os.environ["PATH"], "HOME": str(where), "TMPDIR": str(where), **world}
    arguments = [sys.executable, "-c", BUILD, place, world["umask"], world["clock"]]
    ran = subprocess.run(
        arguments,
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines())


def copy_in_order(source: Path, folder: Path, *, backwards: bool) -> Path:
    """A copy of a package, its files written in the order of their names or against it."""
    for file in sorted(source.rglob("*"), reverse=backwards):
        if file.is_file():
            (folder / file.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / file.relative_to(source))
    return folder


@pytest.mark.slow
def test_neither_place_nor_time_nor_machine_changes_a_byte(tmp_path: Path) -> None:
    one = copy_in_order(bundled_package(), tmp_path / "one/package", backwards=False)
    other = copy_in_order(bundled_package(), tmp_path / "other/elsewhere", backwards=True)
    assert build_elsewhere(one, HERE) == build_elsewhere(other, THERE)


@pytest.mark.slow
def test_a_time_without_a_zone_is_not_that_of_the_machine(tmp_path: Path) -> None:
    folder = copy_in_order(GOOD, tmp_path / "package", backwards=False)
    value = json.loads((folder / DESCRIPTOR).read_bytes()) | {"created": "2026-11-22T10:00:00"}
    (folder / DESCRIPTOR).write_text(as_json(value), "utf-8")
    assert build_elsewhere(folder, HERE) == build_elsewhere(folder, THERE)


def zip_times(files: Mapping[str, bytes]) -> set[tuple[int, ...]]:
    [name] = [path for path in files if path.endswith(".zip")]
    with zipfile.ZipFile(io.BytesIO(files[name])) as archive:
        return {member.date_time for member in archive.infolist()}


@pytest.mark.parametrize(
    ("created", "stated"),
    [
        ("2026-11-22T10:00:00+05:00", (2026, 11, 22, 5, 0, 0)),
        ("2026-11-22", (2026, 11, 22, 0, 0, 0)),
        ("0001-01-01T00:00:00+10:00", (1980, 1, 1, 0, 0, 0)),
        ("soon", (1980, 1, 1, 0, 0, 0)),
        (7, (1980, 1, 1, 0, 0, 0)),
        (None, (1980, 1, 1, 0, 0, 0)),
    ],
)
def test_the_zip_states_when_the_package_was_created(created: object, stated: tuple[int, ...]) -> None:
    assert zip_times(built(rooms(created=created))) == {stated}


@pytest.mark.parametrize("stated", ["1000000000", "now", ""])
def test_the_time_that_builds_are_told_changes_nothing(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release of a version is the same wherever it is built again, also where CI sets another time."""
    before = built(rooms(created="2026-11-22T00:00:00Z"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    assert digests(built(rooms(created="2026-11-22T00:00:00Z"))) == digests(before)


SAMPLE = read_package(GOOD)
CELLS = [
    (name, row, column)
    for name, table in SAMPLE.tables.items()
    for row in range(table.frame.height)
    for column in ("note", "title", "reason", "locator", "author")
    if column in table.frame.columns
]


def with_cell(package: Package, name: str, row: int, column: str, text: str) -> Package:
    """The package with another text in one cell."""
    header, *rows = csv.reader(io.StringIO(package.tables[name].data.decode()))
    rows[row][header.index(column)] = text
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, *rows])
    schemas = {other: resource["schema"] for other, resource in package.resources.items()}
    tables = {other: (schemas[other], table.data) for other, table in package.tables.items()}
    changed = a_package(**{**tables, name: (schemas[name], written.getvalue().encode())})
    changed.descriptor = {**package.descriptor, "resources": changed.descriptor["resources"]}
    return changed


@pytest.mark.slow
@settings(max_examples=12)
@given(st.sampled_from(CELLS), st.text("abc é|", min_size=1, max_size=5).map("new {}".format))
@example(("votes", 0, "title"), "new")
def test_another_cell_changes_the_files_that_depend_on_it_and_no_other(
    cell: tuple[str, int, str], text: str
) -> None:
    name, row, column = cell
    old_text = SAMPLE.tables[name].frame[column][row]
    before = built(with_cell(SAMPLE, name, row, column, old_text))
    after = built(with_cell(SAMPLE, name, row, column, text))
    changed = {path for path in after if after[path] != before[path]}
    package = SAMPLE.name
    must = {
        *(f"data/{name}.csv", f"parquet/{name}.parquet", f"{package}.sqlite", f"{package}-1.1.0.zip"),
        *(DESCRIPTOR, SUMS, CROISSANT),
    }
    # The codebook says in how many rows a column is filled; DataCite how large the release is.
    assert changed - {CODEBOOK, DATACITE} == must
    assert (CODEBOOK in changed) == (old_text == "" or _distinct(SAMPLE, name, column, row, text))


def _distinct(package: Package, name: str, column: str, row: int, text: str) -> bool:
    """Whether another text in a cell changes how many distinct texts a column holds."""
    texts = package.tables[name].frame[column].to_list()
    return len({*texts, ""}) != len({*texts[:row], text, *texts[row + 1 :], ""})


def test_another_version_changes_what_states_it_and_nothing_else() -> None:
    before, after = built(rooms(), "1.1.0"), built(rooms(), "1.2.0-rc.1")
    same = {path for path in before if after.get(path) == before[path]}
    assert same == {CHANGELOG, "data/rooms.csv", "schemas/rooms.json"}
    assert "world-1.2.0-rc.1.zip" in after
    assert b"1.2.0-rc.1" in after[CITATION]


# What no release can have


@pytest.mark.parametrize(
    ("package", "version", "kind", "words"),
    [
        (rooms(), "1.1", UsageError, "is 1.1, but expected three numbers"),
        (rooms(), "../1.1.0", UsageError, "but expected three numbers"),
        (rooms(name="../x"), "1.1.0", UsageError, r"the name of the package is ../x, but expected"),
        (rooms(name=".x"), "1.1.0", UsageError, "the name of the package is .x"),
        (rooms(name=""), "1.1.0", UsageError, "the name of the package is nothing"),
        (rooms(name="a\nb"), "1.1.0", UsageError, r"the name of the package is a\\nb"),
        (rooms(name=None), "1.1.0", UsageError, "correct name in datapackage.json"),
    ],
)
def test_a_name_or_version_that_cannot_be_is_refused(
    package: Package, version: str, kind: type[HrdataError], words: str
) -> None:
    with pytest.raises(kind, match=words) as refusal:
        built(package, version)
    assert "\n" not in str(refusal.value)


def with_rooms_at(path: str) -> Package:
    """A package of two tables, one of them at some path."""
    schema, data = a_table({"a": {}}, [("1",)])
    package = a_package(rooms=(schema, data), halls=(schema, data))
    package.resources["rooms"]["path"] = path  # type: ignore[index]
    return package


@pytest.mark.parametrize(
    ("path", "why"),
    [
        *((name, "is one that it has anyway") for name in ("SHA256SUMS", DESCRIPTOR, "world.sqlite")),
        *((name, "is one that it has anyway") for name in ("world-1.1.0.zip", "parquet/rooms.parquet")),
        *((name, "are one name where capitals") for name in ("codebook.MD", "DATA/HALLS.csv")),
        ("Schemas/rooms.json/x.csv", "are one name where capitals"),
        *((name, "is a file and a folder") for name in ("parquet", "data/halls.csv/x")),
        ("data/con.csv", "can be no file on Windows"),
        ("data/a?.csv", "can be no file on Windows"),
    ],
)
def test_a_table_in_the_way_of_a_file_of_the_release_is_refused(path: str, why: str) -> None:
    package = with_rooms_at(path)
    clash = clash_in_release(package, "1.1.0")
    assert clash.startswith("a release cannot hold these files: ")
    assert why in clash
    assert path in clash or path.partition("/")[0] in clash
    assert clash.endswith("; move or rename the table, and correct it in datapackage.json")
    with pytest.raises(EnvironmentFault, match="a release cannot hold these files"):
        built(package)


def test_a_table_whose_name_can_be_no_file_is_refused() -> None:
    package = a_package(con=a_table({"a": {}}, [("1",)]))
    package.resources["con"]["path"] = "data/rooms.csv"  # type: ignore[index]
    assert "parquet/con.parquet can be no file on Windows" in clash_in_release(package, "1.1.0")


@pytest.mark.parametrize("package", [rooms(), read_package(GOOD)], ids=["rooms", "good"])
def test_no_path_of_a_release_escapes_the_look_at_them(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()

    def look(paths: list[str]) -> str:
        seen.update(paths)
        return ""

    monkeypatch.setattr("hrdata.release.build.clash_of", look)
    assert {*built(package)} == seen


def test_two_tables_may_share_a_file() -> None:
    package = with_rooms_at("data/halls.csv")
    assert {"parquet/rooms.parquet", "parquet/halls.parquet", "data/halls.csv"} <= set(built(package))


def test_what_cannot_be_typed_is_refused_as_a_whole() -> None:
    broken = a_table({"n": {"type": "integer"}}, [("x",)])
    with pytest.raises(EnvironmentFault, match=r"rooms\.csv:2: .*mend it first"):
        built(a_package(rooms=broken))
