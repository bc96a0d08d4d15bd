"""Patches for daff: daff itself reads them, and what it makes of the old table is the new one."""

from __future__ import annotations

import csv
import io
from typing import Any

import daff
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.diff import diff_packages, tables_of
from hrdata.diff_report import render_patch
from hrdata.errors import UsageError
from test_diff import ROOMS, Rows, World, changed, columns, renamed

Table = list[list[str]]


def patch(old: World, new: World, table: str = "") -> str:
    return render_patch(diff_packages(old.package(), new.package()), tables_of(old.package()), table)


def lines(old: World, new: World) -> list[list[str]]:
    return list(csv.reader(io.StringIO(patch(old, new))))


def as_daff_reads(text: str) -> Table:
    table = daff.Csv().makeTable(text)
    return [[table.getCell(x, y) for x in range(table.get_width())] for y in range(table.get_height())]


def apply_with_daff(rows: Rows, text: str) -> Table:
    """The old table with the patch applied; daff's no value is an empty cell of ours."""
    data: list[list[str | None]] = [list(row) for row in rows]
    table, change = daff.PythonTableView(data), daff.PythonTableView(as_daff_reads(text))
    assert daff.HighlightPatch(table, change).apply()
    return [["" if cell is None else cell for cell in row] for row in data]


def in_order(rows: Rows) -> Table:
    return [list(rows[0]), *sorted(list(row) for row in rows[1:])]


def assert_daff_makes(old: Rows, new: Rows, **schema: Any) -> None:
    text = patch(World(old, **schema), World(new, **schema))
    assert in_order(apply_with_daff(old, text)) == in_order(new), text


NASTY = ["", "a", "b", "x,y", '"', 'a"b', "->", "a->b", "-->", ">", "-", "NULL", "_NULL", "__NULL", "_a"]
# Left out: `_` alone, which daff takes for its own mark of the rows before the header.
NASTY += [
    "line\nbreak",
    "@@",
    "+++",
    "---",
    "...",
    "!",
    ":",
    "(a)",
    "1",
    "ü",
    "a b",
    "ab",
    "a  b",
    "N/A",
    "'",
]
TEXTS = st.sampled_from(NASTY)


@st.composite
def two_tables(draw: st.DrawFn, parts: int = 1) -> tuple[Rows, Rows]:
    """A table and what became of it: other cells, keys, rows and columns."""
    names = ["key", "part"][:parts] + ["one", "two", "three"][: draw(st.integers(1, 3))]
    keys = draw(
        st.lists(st.tuples(*[st.sampled_from([*"abcdef", *NASTY[3:]])] * parts), unique=True, max_size=8)
    )
    rows = [[*key, *draw(st.tuples(*[TEXTS] * (len(names) - parts)))] for key in keys]
    new_names = draw(st.permutations(names)) if draw(st.booleans()) else list(names)
    now = [[row[names.index(name)] for name in new_names] for row in rows]
    if draw(st.booleans()):
        place = draw(st.integers(0, len(new_names)))
        new_names = [*new_names[:place], "fresh", *new_names[place:]]
        now = [[*row[:place], draw(TEXTS), *row[place:]] for row in now]
    if len(names) - parts > 1 and draw(st.booleans()):
        gone = new_names.index("one")
        new_names = [name for name in new_names if name != "one"]
        now = [[*row[:gone], *row[gone + 1 :]] for row in now]
    inner = [place for place, name in enumerate(new_names) if name not in ("key", "part")]
    for row in now:
        if draw(st.booleans()):
            row[draw(st.sampled_from(inner))] = draw(TEXTS)
    now = [row for row in now if draw(st.integers(0, 3))]
    at = [new_names.index(name) for name in names[:parts]]
    seen = {tuple(row[place] for place in at) for row in now}
    for row in [*now]:
        key = draw(st.tuples(*[st.sampled_from(["g", "h", "i", "j", *NASTY[3:]])] * parts))
        if not draw(st.integers(0, 3)) and key not in seen:
            seen.add(key)
            now.append([key[at.index(place)] if place in at else draw(TEXTS) for place in range(len(row))])
    return [names, *rows], [new_names, *draw(st.permutations(now))]


@settings(max_examples=25)
@given(two_tables())
def test_daff_makes_the_new_table_of_the_old_one(tables: tuple[Rows, Rows]) -> None:
    assert_daff_makes(*tables, primaryKey=["key"])


@settings(max_examples=25)
@given(two_tables(parts=2))
def test_daff_finds_rows_by_a_key_of_two_parts(tables: tuple[Rows, Rows]) -> None:
    assert_daff_makes(*tables, primaryKey=["key", "part"])


# Columns


@pytest.mark.parametrize(
    ("now", "tags"),
    [
        (columns("room", "place", "new", "seats"), ["!", "", "", "+++", ""]),
        (columns("new", "room", "place", "seats"), ["!", "+++", "", "", ""]),
        (columns("room", "seats"), ["!", "", "", "---"]),
        (columns("place", "room", "seats"), ["!", ":", "", ""]),
        (columns("seats", "new", "room"), ["!", ":", "+++", "", "---"]),
        (renamed(ROOMS, "place", "city"), ["!", "", "(place)", ""]),
        (renamed(ROOMS, "room", "hall"), ["!", "(room)", "", ""]),
        (renamed(columns("place", "room", "seats"), "place", "city"), ["!", "(place)", ":", ":"]),
        (renamed(columns("room", "new", "place"), "place", "city"), ["!", "", "+++", "(place)", "---"]),
    ],
    ids=["added", "first", "gone", "moved", "all", "renamed", "key-renamed", "moved-and-renamed", "mixed"],
)
def test_daff_changes_columns(now: Rows, tags: list[str]) -> None:
    key = "hall" if "hall" in now[0] else "room"
    old, new = World(), World(now, primaryKey=[key])
    assert lines(old, new)[0] == tags
    assert in_order(apply_with_daff(ROOMS, patch(old, new))) == in_order(now)


def test_columns_that_stay_where_they_are_need_no_row_about_columns() -> None:
    assert lines(World(), changed(b={"seats": "250"}))[0] == ["@@", "room", "place", "seats"]


# Rows


def test_a_patch_has_whole_rows_and_dots_for_those_left_out() -> None:
    rows = [ROOMS[0], ("e", "Addis Ababa", "50"), ROOMS[1], ("b", "New York", "250"), ROOMS[4]]
    assert lines(World(), World(rows)) == [
        ["@@", "room", "place", "seats"],
        ["+++", "e", "Addis Ababa", "50"],
        ["...", "...", "...", "..."],
        ["->", "b", "New York", "200->250"],
        ["---", "c", "Vienna", "300"],
        ["...", "...", "...", "..."],
    ]


def test_the_arrow_is_longer_than_any_in_its_row() -> None:
    old, new = (
        changed(a={"place": "x-->y"}, b={"place": "z"}),
        changed(a={"place": "x-->y", "seats": "1"}, b={"place": "->"}),
    )
    assert [line for line in lines(old, new) if line[0].endswith(">")] == [
        ["--->", "a", "x-->y", "100--->1"],
        ["-->", "b", "z-->->", "200"],
    ]


def test_text_that_reads_null_is_told_from_no_value() -> None:
    old, new = World(), changed(a={"place": "NULL"}, b={"place": "_NULL"}, c={"place": ""})
    text = patch(old, new)
    assert [row[2] for row in csv.reader(io.StringIO(text)) if row[0] == "->"] == [
        "Geneva->_NULL",
        "New York->__NULL",
        "Vienna->",
    ]
    assert [row[1] for row in in_order(apply_with_daff(ROOMS, text))[1:]] == ["NULL", "_NULL", "", "Nairobi"]


@pytest.mark.parametrize(
    ("before", "now"), [("New York", "NewYork"), ("NULL", "Bonn"), ("_NULL", "NULL"), ("a ", "a")]
)
def test_what_daff_would_spoil_is_taken_out_and_put_in_again(before: str, now: str) -> None:
    old, new = changed(b={"place": before}), changed(b={"place": now})
    assert [line[0] for line in lines(old, new)] == ["@@", "+++", "...", "---", "..."]
    rows = [list(row) for row in ROOMS]
    rows[2][1] = before
    assert in_order(apply_with_daff(rows, patch(old, new)))[2] == ["b", now, "200"]


def test_a_row_under_another_key_is_one_line() -> None:
    new = [ROOMS[0], ("z", *ROOMS[1][1:]), *ROOMS[2:]]
    assert ["->", "a->z", "Geneva", "100"] in lines(World(), World(new))
    assert_daff_makes(ROOMS, new)


def test_a_table_without_a_key_has_rows_added_and_removed_only() -> None:
    new = [*ROOMS[:2], ("b", "New York", "250"), *ROOMS[3:], ROOMS[1]]
    assert_daff_makes(ROOMS, new, primaryKey=[])
    again = patch(World([*ROOMS, ROOMS[1]], primaryKey=[]), World(primaryKey=[]))
    assert [line[0] for line in csv.reader(io.StringIO(again))].count("---") == 1


@settings(max_examples=20)
@given(st.integers(6, 9), st.data())
def test_daff_finds_rows_in_wide_tables(width: int, data: st.DataObject) -> None:
    names = ["key", *(f"column_{number}" for number in range(width))]
    rows = [[str(key), *data.draw(st.tuples(*[TEXTS] * width))] for key in range(5)]
    now = [[*row[:-1], data.draw(TEXTS)] for row in rows]
    assert_daff_makes([names, *rows], [names, *now])


# Tables


def two_worlds() -> tuple[World, World]:
    old, new = World(), changed(a={"seats": "1"})
    old.add("halls", ROOMS)
    new.add("halls", ROOMS[:-1])
    return old, new


def test_a_table_is_named_when_several_differ() -> None:
    old, new = two_worlds()
    with pytest.raises(
        UsageError, match="one table at a time, but rooms, halls differ; name one with --table"
    ):
        patch(old, new)
    assert "---,d,Nairobi,400" in patch(old, new, "halls")
    assert "->,a,Geneva,100->1" in patch(old, new, "rooms")


@pytest.mark.parametrize("name", ["seats", "\x1b[31m"])
def test_a_table_that_does_not_differ_is_refused(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"--table .*: expected a table that differs: rooms, halls"
    ) as refused:
        patch(*two_worlds(), name)
    assert "\x1b" not in str(refused.value)


def test_a_renamed_table_is_patched_by_its_new_name() -> None:
    old, new = World(), World([*ROOMS, ("e", "Bonn", "5")], name="halls")
    assert "+++,e,Bonn,5" in patch(old, new, "halls")


def test_no_difference_is_an_empty_patch() -> None:
    assert patch(World(), World()) == ""
