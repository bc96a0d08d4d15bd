"""Tables: rows by position and key, and frames that say the same as the rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import release_of
from stores import a_cache, a_place, a_store  # noqa: F401

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.loading import load
from hrdata.package import Package
from hrdata.read import read_columns
from hrdata.store import Store
from hrdata.tables import Origin, Table, UnknownKey
from hrdata.typed import bounds_of

BUNDLED = load()
ORIGIN = Origin("hrdata", "1.0.0", "0" * 64)


def table_of(name: str, text: str, **others: str) -> Table[Any]:
    """A table of a package with these files."""
    files = {name: text, **others}
    package = Package(
        "here", {}, tables={name: read_columns(data.encode(), f"{name}.csv") for name, data in files.items()}
    )
    return Table(package, name, ORIGIN)


def rooms(store: Store, place: Path) -> Table[Any]:
    return load(version=store.find("hrdata", "1.0.0").version, store=str(place))["rooms"]


def plain(value: object) -> object:
    """A word of a vocabulary as its text."""
    return str(value) if isinstance(value, StrEnum) else value


@pytest.mark.parametrize("name", MODELS)
def test_the_rows_of_the_frame_are_the_dumps_of_the_rows(name: str) -> None:
    table = BUNDLED[name]
    dumps = [{column: plain(value) for column, value in row.model_dump().items()} for row in table]
    assert table.to_polars().select(table.columns).to_dicts() == dumps
    assert len(table) == len(dumps)


TEXT = st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=1, max_size=9)
DATES = st.sampled_from(["1993", "1993-06", "2008-04-21", "198X", "1999~", "2008-04-21/2008-04-22"])
BODIES = st.lists(
    st.fixed_dictionaries(
        {
            "body_id": st.from_regex("[a-z0-9]{1,6}(-[a-z]{1,3})?", fullmatch=True),
            "name": TEXT,
            "parent": st.sampled_from(["", "unga"]),
            "kind": st.sampled_from(["ngo", "media", "principal_organ"]),
            "established": DATES | st.just(""),
            "abolished": st.just(""),
        }
    ),
    unique_by=lambda row: row["body_id"],
    min_size=1,
)


@settings(max_examples=25)
@given(BODIES)
def test_frames_and_rows_say_the_same_of_any_valid_table(rows: list[dict[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    table = table_of("bodies", out.getvalue())
    frame = table.to_polars()
    dumps = [{column: plain(value) for column, value in row.model_dump().items()} for row in table]
    assert frame.select(table.columns).to_dicts() == dumps
    assert [table[row["body_id"]].name for row in rows] == [row["name"] for row in rows]
    assert [row.name for row in table[:]] == [table[number].name for number in range(len(table))]


@pytest.mark.parametrize("name", MODELS)
def test_every_row_is_found_by_its_key_as_text_and_as_a_tuple(name: str) -> None:
    table = BUNDLED[name]
    for row in table[:40]:
        key = tuple(getattr(row, part) for part in table.key)
        assert table[row.key_text.replace("None", "") if None in key else row.key_text] == row
        assert table[key] == row
        assert key in table
    assert table.key == MODELS[name].KEY


def test_rows_are_found_by_position_from_both_ends() -> None:
    votes = BUNDLED.votes
    assert votes[0] == next(iter(votes))
    assert votes[-1] == list(votes)[-1]
    assert votes[1:3] == list(votes)[1:3]
    for number in (len(votes), -len(votes) - 1):
        with pytest.raises(IndexError, match=f"votes has {len(votes)} rows"):
            _ = votes[number]


@pytest.mark.parametrize(
    ("table", "key", "complaint"),
    [
        ("votes", "unga-61-17", r"did you mean unga-61-174\?"),
        ("votes", "ugna-61-174", "did you mean unga-61-174"),
        ("votes", "\n", "there are 62, such as"),
        ("votes", "", "nothing"),
        ("votes", ("a", "b"), r"found by vote_id, but a\|b has 2 of 1 parts"),
        ("ballots", "unga-61-174", r"did you mean unga-61-174\|CHN\?"),
        ("ballots", ("unga-61-174",), "found by vote_id and state_id, but unga-61-174 has 1 of 2 parts"),
        ("ballots", "unga-61-174|CHM", r"unga-61-174\|CH"),
    ],
)
def test_an_unknown_key_is_a_key_error_of_one_line_with_the_nearest(
    table: str, key: Any, complaint: str
) -> None:
    assert key not in BUNDLED[table]
    with pytest.raises(KeyError, match=complaint) as told:
        _ = BUNDLED[table][key]
    assert isinstance(told.value, UnknownKey)
    assert isinstance(told.value, UsageError)
    assert str(told.value).isprintable()


def test_what_is_no_key_is_in_no_table() -> None:
    assert 0 not in BUNDLED.votes
    assert None not in BUNDLED.votes


@pytest.mark.parametrize("name", MODELS)
def test_a_table_has_the_rows_that_it_gives_and_no_others(name: str) -> None:
    table = BUNDLED[name]
    assert all(row in table for row in table[:20])
    assert not any(row in BUNDLED[other] for other in MODELS if other != name for row in table[:1])
    rows = list(table)
    for row in table[:3]:
        for column in table.columns:
            changed = type(row).model_construct(**{**dict(row), column: "x"})
            assert (changed in table) == (changed in rows)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(["", "3"])), max_size=4),
    st.sampled_from([None, ["a"]]),
    st.fixed_dictionaries({"a": st.sampled_from([1, 2, "1"]), "b": st.sampled_from([None, 3, 4])}),
)
def test_in_says_the_same_of_a_row_as_going_through_them(
    rows: list[tuple[str, str]], key: list[str] | None, wanted: dict[str, Any]
) -> None:
    """With a key, without one, and where a key stands twice."""
    text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
    schema = {"fields": [{"name": name, "type": "integer"} for name in "ab"], "primaryKey": key or []}
    package = Package("here", {}, tables={"t": read_columns(text.encode(), "t.csv")})
    package.resources["t"] = {"schema": schema}
    table = Table[Any](package, "t", ORIGIN)
    assert (wanted in table) == (wanted in list(table))
    assert {"a": wanted["a"]} not in table
    assert all(row in table for row in table)


def test_rows_are_found_by_whole_numbers_of_any_type() -> None:
    votes = BUNDLED.votes
    numpy = pytest.importorskip("numpy")
    assert votes[numpy.int64(2)] == votes[numpy.uint8(2)] == votes[2]
    assert votes[numpy.int64(-1)] == votes[-1]
    assert votes[numpy.int64(1) : numpy.int64(3)] == votes[1:3]
    assert votes[::-2] == list(votes)[::-2]


@pytest.mark.parametrize("wanted", [None, 1.0, b"x", ["unga-61-174"], {"vote_id": "x"}, slice(1.0, 2), "\n"])
def test_what_is_neither_a_position_nor_a_key_is_told_in_a_line(wanted: Any) -> None:
    with pytest.raises(UnknownKey) as told:
        _ = BUNDLED.votes[wanted]
    assert str(told.value).isprintable()
    if wanted != "\n":
        assert "a row of votes is found by position, or by vote_id as text, but " in str(told.value)
    if not isinstance(wanted, slice):
        assert wanted not in BUNDLED.votes


def test_without_a_key_rows_are_found_by_position_only() -> None:
    with pytest.raises(UnknownKey, match="found by position, but None is none"):
        _ = table_of("things", "a,b\n1,2\n")[None]  # type: ignore[call-overload]


def numbers(*texts: str, kind: str = "number") -> pl.Series:
    """The column of a table of one's own with these numbers."""
    columns = read_columns("\n".join(("a", *texts, "")).encode(), "t.csv")
    package = Package("here", {}, tables={"t": columns})
    package.resources["t"] = {"schema": {"fields": [{"name": "a", "type": kind}]}}
    return Table[Any](package, "t", ORIGIN).to_polars()["a"]


@pytest.mark.parametrize(
    "text",
    [
        "12345678901234567890.5",
        "9007199254740993",
        "3.14159265358979323846",
        "0.1000000000000000000001",
        "1e400",
        "-1e-400",
        "123456789012345678e-30",
    ],
)
def test_a_number_with_more_digits_than_its_column_can_hold_stays_text(text: str) -> None:
    assert numbers("1", text, text).to_list() == ["1", text, text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", 0.1),
        ("0.10", 0.1),
        ("-00.50", -0.5),
        ("1e24", 1e24),
        ("0.30000000000000004", 0.30000000000000004),
        ("1.000000000000000056e-01", 0.1),  # as numpy.savetxt writes it
        ("1152921504606846976", float(2**60)),
        ("5e-324", 5e-324),
        ("-0", -0.0),
        ("INF", math.inf),
        ("-INF", -math.inf),
    ],
)
def test_a_number_that_its_column_can_hold_is_one(text: str, expected: float) -> None:
    assert numbers("1", text).to_list() == [1.0, expected]
    assert numbers(text).dtype == pl.Float64


@settings(max_examples=60)
@given(st.floats(allow_infinity=False, allow_nan=False), st.integers(17, 30))
def test_every_floating_number_is_held_however_it_is_written(number: float, digits: int) -> None:
    for text in (repr(number), f"{number:.{digits}e}"):
        assert numbers(text).to_list() == [number]


@settings(max_examples=60)
@given(st.decimals(allow_infinity=False, allow_nan=False, places=6))
def test_a_number_is_held_with_all_its_digits_or_stays_text(number: Decimal) -> None:
    [held] = numbers(f"{number:f}").to_list()
    digits = max(1, len(f"{number:f}".replace(".", "").strip("-0")))
    assert held == f"{number:f}" or Decimal(f"{held:.{digits - 1}e}") == number


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "9" * 40])
def test_a_whole_number_that_is_too_large_for_its_column_stays_text(text: str) -> None:
    assert numbers("1", text, kind="integer").to_list() == ["1", text]
    assert numbers("9223372036854775807", kind="integer").to_list() == [2**63 - 1]


def test_rows_are_built_when_they_are_asked_for() -> None:
    table = table_of(
        "bodies", "body_id,name,parent,kind,established,abolished\na,A,,ngo,,\nb,B,,ngo,1999,1998\n"
    )
    rows = iter(table)
    assert next(rows).name == "A"
    assert table["a"].body_id == "a"
    with pytest.raises(EnvironmentFault, match=r"here: bodies b: EVT201: .*; hrdata validate says more"):
        next(rows)


def test_only_a_known_issue_excuses_a_row_from_a_rule_about_it_as_a_whole() -> None:
    text = "table,row_id,field,source_id,locator,reported\nvotes,*,*,s,p,3\n"
    issues = (
        "check_id,table,row_id,field,reason,source_id,reported_on,until\nCIT204,citations,{},*,r,,2020,\n"
    )
    with pytest.raises(EnvironmentFault, match="CIT204"):
        _ = table_of("citations", text)[0]
    key = table_of("citations", text)
    row_id = "|".join(key.to_polars().select(MODELS["citations"].KEY).row(0))
    excused = table_of("citations", text, known_issues=issues.format(row_id))[0]
    assert isinstance(excused, MODELS["citations"])
    assert excused.model_dump()["reported"] == "3"
    with pytest.raises(EnvironmentFault, match="CIT204"):
        _ = table_of("citations", text, known_issues=issues.format("other"))[0]


def test_a_table_of_ones_own_gives_typed_mappings_and_its_key(store: Store, place: Path) -> None:
    table = rooms(store, place)
    assert table.key == ("room_id",)
    assert table["1"] == table[(1,)] == {"room_id": 1, "seats": 12, "opened": "1946", "heated": True}
    assert table[1] == {"room_id": 2, "seats": None, "opened": None, "heated": False}
    assert "2" in table
    assert "3" not in table
    assert table.to_polars().dtypes == [pl.Int64, pl.Int64, pl.String, pl.Boolean]


def test_a_table_without_a_key_says_so() -> None:
    table = table_of("things", "a,b\n1,2\n")
    assert table[0] == {"a": "1", "b": "2"}
    assert "1" not in table
    with pytest.raises(UsageError, match="things has no primaryKey"):
        _ = table["1"]


def test_a_frame_that_is_changed_leaves_the_table_as_it_was() -> None:
    frame = BUNDLED.votes.to_polars()
    frame[0, "vote_id"] = "spoiled"
    assert BUNDLED.votes.to_polars()[0, "vote_id"] != "spoiled"


def test_a_date_has_its_bounds_as_days() -> None:
    frame = BUNDLED.votes.to_polars()
    assert set(bounds_of("date")) <= set(frame.columns)
    assert frame["date_latest"].dtype == pl.Date
    assert "date_latest" not in BUNDLED.votes.columns


@pytest.mark.parametrize("name", MODELS)
def test_pandas_holds_the_same_values_and_says_where_they_are_from(name: str) -> None:
    table = BUNDLED[name]
    frame, expected = table.to_pandas(), table.to_polars()
    assert frame.attrs == {"name": "hrdata", "version": table.version, "hash": table.hash, "table": name}
    for column in expected:
        cells = [
            None if value else cell
            for value, cell in zip(frame[column.name].isna(), frame[column.name], strict=True)
        ]
        days = [cell.date() if isinstance(cell, dt.datetime) else cell for cell in cells]
        assert days == column.to_list(), column.name


@pytest.mark.parametrize("name", MODELS)
def test_arrow_holds_the_same_values_and_says_where_they_are_from(name: str) -> None:
    table = BUNDLED[name]
    arrow = table.to_arrow()
    stamp = {key.decode(): value.decode() for key, value in arrow.schema.metadata.items()}
    assert stamp == {"name": "hrdata", "version": table.version, "hash": table.hash, "table": name}
    assert arrow.to_pylist() == table.to_polars().to_dicts()


def test_the_stamp_reaches_a_parquet_file(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(BUNDLED.votes.to_arrow(), tmp_path / "votes.parquet")
    assert pq.read_schema(tmp_path / "votes.parquet").metadata[b"hash"] == BUNDLED.hash.encode()


def test_a_table_introduces_itself_in_one_short_line(store: Store, place: Path) -> None:
    assert repr(rooms(store, place)) == "<Table rooms: 2 rows of hrdata 1.0.0>"
    assert rooms(store, place).version == "1.0.0"
    assert release_of()


def test_an_empty_part_of_a_key_is_nothing() -> None:
    table = table_of("ballots", "vote_id,state_id,choice\nx,,no\n")
    assert "x|" in table
    assert ("x", None) in table


def test_arrow_text_is_of_the_type_that_every_reader_knows() -> None:
    assert "view" not in str(BUNDLED.votes.to_arrow().schema.types)
