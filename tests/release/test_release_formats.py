"""Typed tables, and the formats they are kept in: each holds the same values, whoever reads it."""

# ruff: noqa: S608
from __future__ import annotations

import csv
import datetime as dt
import io
import math
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hrdata.errors import EnvironmentFault
from hrdata.package import Package, bundled_package, read_package
from hrdata.read import read_columns
from hrdata.release.formats import ROWS_OF_A_GROUP, write_parquet, write_sqlite, write_sums, write_zip
from hrdata.typed import bounds_of, layouts_of, typed_tables

Described = Mapping[str, Any]
Cells = Sequence[Sequence[str]]

EDTF = {"type": "string", "hrdata:dateFormat": "edtf-level-1"}
DAY = dt.date(2008, 4, 21)


def as_csv(header: Sequence[str], rows: Cells) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def a_table(fields: Mapping[str, Described], rows: Cells, **schema: Any) -> tuple[dict[str, Any], bytes]:
    """The schema and the file of a table: its fields by name, and the rows as text."""
    described = [{"name": name, **field} for name, field in fields.items()]
    return {"fields": described, **schema}, as_csv(list(fields), rows)


def a_package(**tables: tuple[Any, bytes]) -> Package:
    """A package in memory of tables, each with its schema (None: it has none) and its file."""
    head = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "world"}
    listed: list[dict[str, Any]] = [{"name": name, "path": f"data/{name}.csv"} for name in tables]
    for resource in listed:
        if schema := tables[resource["name"]][0]:
            resource["schema"] = schema
    package = Package("memory", {**head, "version": "1.0.0", "resources": listed})
    package.resources = {resource["name"]: resource for resource in listed}
    for name, (_, data) in tables.items():
        package.add(name, read_columns(data, f"data/{name}.csv"))
    return package


def one_column(field: Described, cells: Sequence[str]) -> pl.Series:
    """A column of a table of one's own, typed."""
    rows = [(str(number), cell) for number, cell in enumerate(cells)]
    table = a_table({"id": {"type": "string"}, "value": field}, rows)
    return typed_tables(a_package(rooms=table))["rooms"]["value"]


def open_sqlite(package: Package, title: str = "world 1.0.0") -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.deserialize(write_sqlite(typed_tables(package), layouts_of(package), title))
    database.execute("PRAGMA foreign_keys = ON")
    return database


# Typed tables


@pytest.mark.parametrize(
    ("field", "cells", "expected"),
    [
        ({"type": "integer"}, ["1", "-2", ""], [1, -2, None]),
        ({"type": "integer", "groupChar": ","}, ["1,000", "7"], [1000, 7]),
        ({"type": "integer"}, [str(2**63 - 1), str(-(2**63))], [2**63 - 1, -(2**63)]),
        ({"type": "integer"}, [str(2**63), "7"], [str(2**63), "7"]),
        ({"type": "integer"}, [str(-(2**63) - 1)], [str(-(2**63) - 1)]),
        ({"type": "integer", "bareNumber": False}, ["95 %"], [95]),
        ({"type": "number"}, ["1.5", "-INF", "1e300", ""], [1.5, -math.inf, 1e300, None]),
        ({"type": "number"}, ["1e9999", "1"], ["1e9999", "1"]),
        ({"type": "number", "decimalChar": ","}, ["1,5"], [1.5]),
        ({"type": "boolean"}, ["true", "0", ""], [True, False, None]),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, ["nein"], [False]),
        ({"type": "date"}, ["2008-04-21", ""], [DAY, None]),
        ({"type": "date", "format": "%d.%m.%Y"}, ["21.04.2008"], [DAY]),
        ({"type": "date", "format": "any"}, ["21 April 2008"], ["21 April 2008"]),
        ({"type": "datetime"}, ["2008-04-21T10:00:00Z"], ["2008-04-21T10:00:00Z"]),
        ({"type": "geojson"}, ["{}"], ["{}"]),
        ({"type": "string"}, ["", " x "], [None, " x "]),
        ({"type": "integer", "missingValues": ["", "n/a"]}, ["n/a", "3"], [None, 3]),
        ({}, ["007"], ["007"]),
    ],
)
def test_a_column_has_the_type_of_its_schema_and_text_where_that_cannot_hold_it(
    field: Described, cells: list[str], expected: list[object]
) -> None:
    assert one_column(field, cells).to_list() == expected


def test_a_date_comes_with_its_bounds_right_behind_it() -> None:
    table = a_table({"when": EDTF, "id": {}}, [("2008-04", "a"), ("2004/..", "b"), ("", "c")])
    frame = typed_tables(a_package(rooms=table))["rooms"]
    assert frame.columns == ["when", "when_earliest", "when_latest", "id"]
    assert frame.rows() == [
        ("2008-04", dt.date(2008, 4, 1), dt.date(2008, 4, 30), "a"),
        ("2004/..", dt.date(2004, 1, 1), None, "b"),
        (None, None, None, "c"),
    ]


def test_a_table_without_a_schema_is_text() -> None:
    frame = typed_tables(a_package(rooms=(None, b"a,b\n1,\n2,x\n")))["rooms"]
    assert frame.to_dict(as_series=False) == {"a": ["1", "2"], "b": [None, "x"]}
    assert set(frame.dtypes) == {pl.String}


def test_text_that_its_column_does_not_ask_for_is_kept() -> None:
    """Known issues may excuse it: what is released is all that the file holds."""
    ballots = a_package(ballots=(None, b"vote_id,state_id,choice,seat\nA b,??,perhaps,7\n,CHN,no,\n"))
    frame = typed_tables(ballots)["ballots"]
    assert frame.rows() == [("A b", "??", "perhaps", "7"), (None, "CHN", "no", None)]


def test_rows_keep_the_order_of_the_file() -> None:
    rows = [(str(number),) for number in range(5000, 0, -1)]
    frame = typed_tables(a_package(rooms=a_table({"n": {"type": "integer"}}, rows)))["rooms"]
    assert frame["n"].to_list() == list(range(5000, 0, -1))


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (a_package(rooms=a_table({"n": {"type": "integer"}}, [("1",), ("x",)])), "rooms.csv:3: .*'x'"),
        (a_package(rooms=a_table({"n": EDTF}, [("2023-02-30",)])), "rooms.csv:2: .*mend it first"),
        (a_package(ballots=(None, b"vote_id,choice\nx,no\n")), "column state_id is missing"),
        (a_package(rooms=(None, b"a,b\n1,2\n1\n")), "rooms.csv:3: "),
        (a_package(rooms=({"fields": 1}, b"a\n1\n")), "has no list of fields"),
        (
            a_package(rooms=a_table({"d": EDTF, "d_latest": {}}, [("2008", "x")])),
            "columns d and d_latest, .*rename one",
        ),
        (a_package(rooms=(None, b"\xff")), "rooms"),
    ],
)
def test_what_no_typed_table_can_hold_is_refused_in_one_line(package: Package, words: str) -> None:
    for name in package.resources:
        if name not in package.tables:
            package.missing[name] = f"data/{name}.csv could not be read"
    with pytest.raises(EnvironmentFault, match=words) as refusal:
        typed_tables(package)
    assert str(refusal.value).startswith("memory: ")
    assert "\n" not in str(refusal.value)


# The same values everywhere


def from_parquet(package: Package) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table as pyarrow reads them from Parquet."""
    read = {}
    for name, frame in typed_tables(package).items():
        table = pyarrow.parquet.read_table(io.BytesIO(write_parquet(frame, {})))
        assert table.column_names == frame.columns
        columns = [column.to_pylist() for column in table.columns]
        read[name] = list(zip(*columns, strict=True))
    return read


def from_sqlite(package: Package) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table as SQLite has them, with the types that its columns are declared with."""
    read = {}
    makers: dict[str, Callable[[Any], object]] = {
        "BOOLEAN": bool,
        "DATE": dt.date.fromisoformat,
        "INTEGER": int,
        "REAL": float,
        "TEXT": str,
    }
    with closing(open_sqlite(package)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        for name in typed_tables(package):
            make = [makers[row[2]] for row in database.execute(f'PRAGMA table_info("{name}")')]
            rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
            read[name] = [
                tuple(None if cell is None else to(cell) for to, cell in zip(make, row, strict=True))
                for row in rows
            ]
    return read


def sorted_rows(rows: Sequence[tuple[object, ...]]) -> list[str]:
    """Rows in an order of their own; SQLite makes no difference between 0.0 and -0.0."""
    return sorted(
        repr(tuple(cell + 0.0 if isinstance(cell, float) else cell for cell in row)) for row in rows
    )


def test_all_formats_hold_the_canonical_package() -> None:
    package = read_package(bundled_package())
    tables, parquet, sqlite = typed_tables(package), from_parquet(package), from_sqlite(package)
    assert list(tables) == list(parquet) == list(sqlite) == list(package.resources)
    for name, frame in tables.items():
        assert frame.height == package.tables[name].frame.height
        assert parquet[name] == frame.rows()
        assert sorted_rows(sqlite[name]) == sorted_rows(frame.rows())


def test_the_canonical_tables_hold_what_their_files_hold() -> None:
    """Read again by the reader of Python's own library: nothing is lost, added or changed."""
    package = read_package(bundled_package())
    for name, frame in typed_tables(package).items():
        header, *rows = csv.reader(io.StringIO(package.tables[name].data.decode()))
        written = frame.select(
            pl.col(column).cast(pl.String).fill_null("").alias(column) for column in header
        )
        assert [list(row) for row in written.iter_rows()] == rows


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n,|\"'`0"), max_size=8
)
KINDS: dict[str, tuple[Described, st.SearchStrategy[Any], Any]] = {
    "text": ({"type": "string"}, WORDS.filter(bool), str),
    "count": ({"type": "integer"}, st.integers(-(2**63), 2**63 - 1), str),
    "share": ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False), repr),
    "is_so": ({"type": "boolean"}, st.booleans(), lambda value: "true" if value else "false"),
    "day": ({"type": "date"}, st.dates(dt.date(1, 1, 1)), dt.date.isoformat),
    "edtf": (EDTF, st.dates(dt.date(1, 1, 1)), dt.date.isoformat),
}
"""Columns: how a schema describes them, what they may hold, and how that is written."""

VALUES = st.lists(st.tuples(*(st.none() | values for _, values, _ in KINDS.values())), max_size=6)


@pytest.mark.slow
@given(VALUES)
@example([("NaN", 0, -0.0, False, DAY, DAY), ("null", None, 5e-324, None, None, None)])
def test_all_formats_hold_the_values_that_were_written(values: list[tuple[Any, ...]]) -> None:
    rows = [
        [
            str(number),
            *(
                "" if value is None else write(value)
                for value, (*_, write) in zip(row, KINDS.values(), strict=True)
            ),
        ]
        for number, row in enumerate(values)
    ]
    fields = {"id": {"type": "integer"}, **{name: field for name, (field, *_) in KINDS.items()}}
    package = a_package(rooms=a_table(fields, rows, primaryKey=["id"]))
    expected = [
        (number, *row[:-1], row[-1] and row[-1].isoformat(), row[-1], row[-1])
        for number, row in enumerate(values)
    ]
    assert typed_tables(package)["rooms"].rows() == expected
    assert from_parquet(package)["rooms"] == expected
    assert sorted_rows(from_sqlite(package)["rooms"]) == sorted_rows(expected)


# Parquet


def test_parquet_says_what_it_is_of_and_duckdb_reads_its_types(tmp_path: Path) -> None:
    package = read_package(bundled_package())
    file = tmp_path / "votes.parquet"
    file.write_bytes(write_parquet(typed_tables(package)["votes"], {"hrdata:version": "0.1.0"}))
    assert pyarrow.parquet.read_metadata(file).metadata[b"hrdata:version"] == b"0.1.0"
    with duckdb.connect() as database:
        described = database.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
        types = {row[0]: row[1] for row in described}
        assert {"yes": "BIGINT", "roll_complete": "BOOLEAN", "date": "VARCHAR"}.items() <= types.items()
        assert {types[bound] for bound in bounds_of("date")} == {"DATE"}
        [row] = database.execute(
            f"SELECT yes, date_latest, session FROM '{file}' WHERE vote_id = 'unga-61-174'"
        ).fetchall()
    assert row == (99, dt.date(2006, 12, 19), "61")


def test_a_table_without_rows_keeps_its_types() -> None:
    table = a_table({"n": {"type": "integer"}, "d": EDTF, "t": {}}, [])
    package = a_package(rooms=table)
    read = pyarrow.parquet.read_table(io.BytesIO(write_parquet(typed_tables(package)["rooms"], {})))
    assert [str(field.type) for field in read.schema] == [
        "int64",
        "large_string",
        *["date32[day]"] * 2,
        "large_string",
    ]
    assert from_sqlite(package) == {"rooms": []}


def test_how_a_frame_lies_in_memory_makes_no_difference_to_parquet() -> None:
    whole = pl.DataFrame({"n": pl.int_range(2 * ROWS_OF_A_GROUP, eager=True)})
    pieces = pl.concat([whole[:3], whole[3:200_000], whole[200_000:]], rechunk=False)
    assert pieces.n_chunks() > 1
    assert write_parquet(pieces, {}) == write_parquet(whole, {})


def test_many_rows_make_several_groups() -> None:
    frame = pl.DataFrame({"n": pl.int_range(ROWS_OF_A_GROUP + 1, eager=True)})
    assert pyarrow.parquet.read_metadata(io.BytesIO(write_parquet(frame, {}))).num_row_groups == 2


# SQLite


def rooms_and_talks(**more: Any) -> Package:
    rooms = a_table(
        {"room": {"constraints": {"required": True}}, "floor": {"constraints": {"enum": ["1", "it's"]}},
         "open": {"type": "boolean"}, "nick": {"constraints": {"unique": True}}},
        [("a", "1", "true", "x"), ("b", "it's", "", "y"), ("c", "", "false", "")],
        primaryKey=["room"],
    )  # fmt: skip
    talk = {"fields": ["room"], "reference": {"resource": "rooms", "fields": ["room"]}}
    talks = a_table(
        {"day": {"type": "date"}, "room": {}, "title": {"constraints": {"required": True}}},
        [("2008-04-21", "a", "One"), ("2008-04-22", "", "Two")],
        primaryKey=["day"],
        foreignKeys=[talk],
    )
    return a_package(**{"rooms": rooms, "talks": talks, **more})


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO rooms VALUES ('a', '1', 1, 'z')",
        "INSERT INTO rooms VALUES (NULL, '1', 1, 'z')",
        "INSERT INTO rooms VALUES ('d', '2', 1, 'z')",
        "INSERT INTO rooms VALUES ('d', '1', 2, 'z')",
        "INSERT INTO rooms VALUES ('d', '1', 1, 'x')",
        "INSERT INTO talks VALUES ('2008-04-23', 'z', 'Three')",
        "INSERT INTO talks VALUES ('2008-04-23', 'a', NULL)",
        "DELETE FROM rooms WHERE room = 'a'",
    ],
)
def test_the_rules_bind_in_sqlite_too(statement: str) -> None:
    with closing(open_sqlite(rooms_and_talks())) as database:
        database.execute("INSERT INTO rooms VALUES ('d', 'it''s', NULL, NULL)")
        database.execute("INSERT INTO talks VALUES ('2008-04-24', NULL, 'Four')")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)


def a_reference(columns: Sequence[str], table: str, target: Sequence[str]) -> dict[str, Any]:
    return {"fields": list(columns), "reference": {"resource": table, "fields": list(target)}}


BROKEN = {
    "key twice": a_table({"a": {}}, [("x",), ("x",)], primaryKey=["a"]),
    "key without a part": a_table({"a": {}, "b": {}}, [("x", ""), ("", "")], primaryKey=["a", "b"]),
    "required and empty": a_table({"a": {"constraints": {"required": True}}, "b": {}}, [("", "x")]),
    "no word of the list": a_table({"a": {"constraints": {"enum": ["y"]}}}, [("x",)]),
    "unique twice": a_table({"a": {"constraints": {"unique": True}}}, [("x",), ("x",)]),
    "no such row": a_table({"a": {}}, [("x",)], foreignKeys=[a_reference("a", "rooms", ["room"])]),
    "not unique there": a_table({"a": {}}, [("1",)], foreignKeys=[a_reference("a", "rooms", ["floor"])]),
    "of another type": a_table(
        {"a": {"type": "integer"}}, [("1",)], foreignKeys=[a_reference("a", "rooms", ["room"])]
    ),
    "no such table": a_table({"a": {}}, [("x",)], foreignKeys=[a_reference("a", "halls", ["hall"])]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_rows_that_break_a_rule_are_all_there_without_it(name: str) -> None:
    """Known issues may excuse them; a constraint would keep them out or make the database inconsistent."""
    package = rooms_and_talks(more=BROKEN[name])
    assert sorted_rows(from_sqlite(package)["more"]) == sorted_rows(typed_tables(package)["more"].rows())


def test_references_of_the_canonical_package_are_all_there_and_each_is_indexed() -> None:
    package = read_package(bundled_package())
    with closing(open_sqlite(package)) as database:
        for name, layout in layouts_of(package).items():
            listed = database.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
            assert {(row[3], row[2]) for row in listed} == {
                (foreign.columns[0], foreign.table or name) for foreign in layout.references
            }
            key = {row[1]: row[5] for row in database.execute(f'PRAGMA table_info("{name}")') if row[5]}
            assert tuple(sorted(key, key=key.__getitem__)) == layout.key
            for foreign in layout.references:
                query = f'EXPLAIN QUERY PLAN SELECT * FROM "{name}" WHERE "{foreign.columns[0]}" = 1'
                [(*_, plan)] = database.execute(query).fetchall()
                assert plan.startswith("SEARCH"), f"{name}.{foreign.columns[0]} has no index"
        words = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'ballots'").fetchone()[0]
    assert words.startswith('CREATE TABLE "ballots" ( -- world 1.0.0\n')
    assert "\"choice\" TEXT NOT NULL CHECK (\"choice\" IN ('yes', 'no', 'abstain', 'non_voting'))" in words


def test_what_is_not_a_number_is_not_taken_for_no_value() -> None:
    package = a_package(
        rooms=a_table({"n": {"type": "number", "constraints": {"required": True}}}, [("NaN",), ("INF",)])
    )
    with closing(open_sqlite(package)) as database:
        assert database.execute("SELECT n FROM rooms").fetchall() == [("NaN",), (math.inf,)]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\"'`,()- "),
        min_size=1,
        max_size=6,
    )
)
@example('"); DROP TABLE "rooms"; --')
def test_columns_and_words_may_have_any_name(name: str) -> None:
    fields = {"id": {}, f"c{name}c": {"constraints": {"enum": [name, "other"]}}}
    table = a_table(fields, [("1", name)], primaryKey=[f"c{name}c"])
    assert from_sqlite(a_package(rooms=table)) == {"rooms": [("1", name)]}


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (
            a_package(sqlite_rooms=(None, b"a\n1\n")),
            "table sqlite_rooms cannot be kept in SQLite: .*reserved",
        ),
        (a_package(rooms=(None, b"a,A\n1,2\n")), "table rooms cannot be kept in SQLite: duplicate column"),
    ],
)
def test_what_sqlite_cannot_hold_is_refused(package: Package, words: str) -> None:
    with pytest.raises(EnvironmentFault, match=words):
        open_sqlite(package)


def test_nothing_of_a_title_gets_into_the_statement() -> None:
    with closing(open_sqlite(rooms_and_talks(), "world\n); DROP TABLE rooms; --")) as database:
        assert database.execute("SELECT count(*) FROM rooms").fetchone() == (3,)


# Sums and the zip


def test_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    files = {"b/é x.csv": b"1", "a.csv": b"", "SHA": b"\0"}
    sums = write_sums(files)
    assert [line[66:] for line in sums.decode().splitlines()] == ["SHA", "a.csv", "b/é x.csv"]
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("sha256sum is not there")
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    check = [program, "--check", "--strict", "-"]
    assert subprocess.run(check, cwd=tmp_path, input=sums, capture_output=True, check=False).returncode == 0
    (tmp_path / "a.csv").write_bytes(b"x")
    assert subprocess.run(check, cwd=tmp_path, input=sums, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize(
    ("moment", "stated"),
    [
        (dt.datetime(2026, 11, 22, 1, 2, 4, tzinfo=dt.UTC), (2026, 11, 22, 1, 2, 4)),
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), (1980, 1, 1, 0, 0, 0)),
        (dt.datetime.min, (1980, 1, 1, 0, 0, 0)),
        (dt.datetime.max, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_a_zip_states_one_time_and_plain_rights(moment: dt.datetime, stated: tuple[int, ...]) -> None:
    files = {"b.txt": b"b" * 1000, "a/é.txt": b""}
    zipped = write_zip(files, moment)
    assert zipped == write_zip(dict(reversed(files.items())), moment)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert archive.namelist() == sorted(files)
        assert {member.date_time for member in archive.infolist()} == {stated}
        assert {member.external_attr >> 16 for member in archive.infolist()} == {0o100644}
        assert {member.create_system for member in archive.infolist()} == {3}
    assert len(zipped) < 1000
