"""What holds of every diff, whatever the two versions are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.apply import apply_diff, invert_diff
from hrdata.changes import Diff, Kind, RowAdded, RowChanged, RowRekeyed, RowRemoved
from hrdata.diff import diff_packages, pairs, sheets, tables_of
from hrdata.diff.lines import split_off_shared_lines
from hrdata.errors import EnvironmentFault
from hrdata.package import Package
from hrdata.read import read_columns
from hrdata.version import RULES, Bump, is_enough, required_version, smallest_bump

TEXTS = st.sampled_from(["", "a", "b", "two\nlines", 'a "quote"', "a, b", "é"])
MISSING = st.sampled_from([("",), ("", "a"), ("a", "b"), ("b",), ()])
"""Texts that stand for no value; none of them is a key but `a`, which may stand beside no other such."""
KEYS = st.sampled_from(["k", "l", "m", "n", "a"])
Row = tuple[str, ...]
FEW = 50
"""Examples of whole packages: each is written, read and compared."""


@st.composite
def tables(draw: st.DrawFn, key: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """A header and rows, in any order; no two have the same key. Without a key, rows may repeat."""
    cells = st.tuples(*(KEYS if name in key else TEXTS for name in columns))
    by_key = [columns.index(name) for name in key]
    unique = (lambda row: tuple(row[index] for index in by_key)) if key else None
    rows = draw(st.lists(cells, max_size=12, unique_by=unique))
    return [tuple(columns), *rows]


@st.composite
def sides(draw: st.DrawFn, *, same_columns: bool = False) -> tuple[Package, Package]:
    """Two versions of a package of one table, and perhaps of a second."""
    key = draw(st.sampled_from([("id",), ("id", "part"), ()]))
    columns = [*key, "x", "y"]
    others = columns if same_columns else draw(st.permutations([*columns, "z"]))
    now = others if len(others) == len(columns) else others[: draw(st.integers(len(others) - 1, len(others)))]
    now = [*now, *(name for name in key if name not in now)]
    old = {"main": draw(tables(key, columns))}
    new = {"main": draw(tables(key, now) | st.just(edited(draw, old["main"], key)))}
    for side in (old, new):
        if draw(st.booleans()):
            side[draw(st.sampled_from(["more", "less"]))] = draw(tables(("id",), ["id", "x"]))
    missing = draw(MISSING)
    missing_now = missing if same_columns else draw(st.just(missing) | MISSING)
    return package_of(old, key, missing=missing), package_of(new, key, missing=missing_now)


def edited(draw: st.DrawFn, table: list[Row], key: Sequence[str]) -> list[Row]:
    """A table with few cells changed, so that renames and rows under another key come up."""
    rows = [list(row) for row in table]
    if len(rows) > 1 and draw(st.booleans()):
        row, column = draw(st.integers(1, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
        rows[row][column] = "new key" if rows[0][column] in key else draw(TEXTS)
    if draw(st.booleans()):
        rows[0][-1] = "renamed"
    return [tuple(row) for row in rows]


def package_of(
    files: Mapping[str, list[Row]],
    key: Sequence[str],
    line_end: str = "\n",
    missing: Sequence[str] = ("",),
) -> Package:
    package = Package("memory", {"name": "world", "version": "0.1.0"})
    for name, rows in files.items():
        text = io.StringIO()
        csv.writer(text, lineterminator=line_end).writerows(rows)
        fields: list[dict[str, Any]] = [{"name": column} for column in rows[0]]
        primary = list(key) if name == "main" else ["id"]
        schema = {"fields": fields, "primaryKey": primary, "missingValues": list(missing)}
        package.resources[name] = {"name": name, "schema": schema}
        package.add(name, read_columns(text.getvalue().encode(), f"{name}.csv"))
    assert not package.missing
    return package


def shuffled(package: Package, draw: st.DataObject) -> Package:
    """The same package with its rows in another order, and other line ends."""
    files = {
        name: [columns.header, *draw.draw(st.permutations(list(columns.frame.cast(pl.String).iter_rows())))]
        for name, columns in package.tables.items()
    }
    # The reader refuses files in which not all lines end alike, those within cells included.
    has_line_feeds = any("\n" in cell for rows in files.values() for row in rows for cell in row)
    other = package_of(files, (), "\n" if has_line_feeds else "\r\n")
    other.resources = package.resources
    return other


def contents(tables: Mapping[str, pl.DataFrame]) -> dict[str, tuple[list[str], Counter[Row]]]:
    """Tables without the order of their rows."""
    return {name: (frame.columns, Counter(frame.iter_rows())) for name, frame in tables.items()}


def rows_of(diff: Diff) -> Counter[object]:
    return Counter(repr(change) for change in diff)


@settings(max_examples=FEW)
@given(sides())
def test_nothing_differs_from_itself(both: tuple[Package, Package]) -> None:
    assert not diff_packages(both[0], both[0])


@settings(max_examples=FEW)
@given(sides(), st.data())
def test_the_order_of_rows_and_line_ends_never_matter(
    both: tuple[Package, Package], draw: st.DataObject
) -> None:
    old, new = (shuffled(side, draw) for side in both)
    expected, observed = diff_packages(*both), diff_packages(old, new)
    assert expected.counts - Counter({Kind.ONLY_BYTES_DIFFER: 1}) == observed.counts - Counter(
        {Kind.ONLY_BYTES_DIFFER: 2}
    )
    told = [change.text for change in expected if change.kind is not Kind.ONLY_BYTES_DIFFER]
    assert told == [change.text for change in observed if change.kind is not Kind.ONLY_BYTES_DIFFER]


@settings(max_examples=FEW)
@given(sides())
def test_a_diff_leads_from_the_old_version_to_the_new_one(both: tuple[Package, Package]) -> None:
    old, new = both
    assert contents(apply_diff(tables_of(old), diff_packages(old, new))) == contents(tables_of(new))


@settings(max_examples=FEW)
@given(sides())
def test_a_diff_turned_round_leads_back(both: tuple[Package, Package]) -> None:
    old, new = both
    back = invert_diff(diff_packages(old, new))
    assert contents(apply_diff(tables_of(new), back)) == contents(tables_of(old))
    assert back.counts == diff_packages(new, old).counts


@settings(max_examples=FEW)
@given(sides())
def test_a_diff_turned_round_twice_is_the_same(both: tuple[Package, Package]) -> None:
    diff = diff_packages(*both)
    assert rows_of(invert_diff(invert_diff(diff))) == rows_of(diff)


@settings(max_examples=FEW)
@given(sides())
def test_each_change_implies_at_least_its_bump(both: tuple[Package, Package]) -> None:
    diff = diff_packages(*both)
    bump = smallest_bump(diff)
    assert all(asked_for(change.kind) <= bump for change in diff)
    assert bump is Bump.NONE or any(asked_for(change.kind) is bump for change in diff)
    assert is_enough("0.1.0", required_version(diff), bump)


def asked_for(kind: Kind) -> Bump:
    """The bump by the recipe and the contract, stated without a look at the table of the rules."""
    match kind.partition("_")[::2]:
        case (_, "moved" | "bytes_differ"):
            return Bump.NONE
        case ("row", "changed") | ("metadata", _):
            return Bump.PATCH
        case ("table" | "row" | "word", "added") | ("row", "following") | ("constraint", "loosened"):
            return Bump.MINOR
        case ("unique", "key_removed") | ("reference", "removed" | "changed"):
            return Bump.MINOR
    return Bump.MAJOR


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_change_has_the_bump_of_the_recipe(kind: Kind) -> None:
    assert RULES[kind].bump is asked_for(kind)


@pytest.mark.parametrize(
    "law", ["test_a_naive_engine_agrees", "test_a_diff_leads_from_the_old_version_to_the_new_one"]
)
def test_the_laws_hold_where_numbers_are_large_and_rows_many(
    monkeypatch: pytest.MonkeyPatch, law: str
) -> None:
    """Limits that only tables of millions of rows reach are set so low that few rows do."""
    monkeypatch.setattr(sheets, "LARGEST_NUMBER", 1000)
    monkeypatch.setattr(pairs, "_AT_ONCE", 3)
    globals()[law]()


def rows_in(package: Package, table: str) -> list[dict[str, str]]:
    """The rows of a table with one text for no value: the empty one if it is one, else any of them."""
    missing = package.resources[table]["schema"]["missingValues"]
    no_value = "" if "" in missing else min(missing, default="")
    rows = package.tables[table].frame.cast(pl.String).iter_rows(named=True)
    return [{name: no_value if text in missing else text for name, text in row.items()} for row in rows]


def naive_diff(old: Package, new: Package) -> Counter[object]:
    """The same by dictionaries, row by row: the rows that are gone, new and changed."""
    told: Counter[object] = Counter()
    for name in old.tables.keys() & new.tables.keys():
        key = old.resources[name]["schema"]["primaryKey"]
        before, now = (rows_in(side, name) for side in (old, new))
        if not key:
            rows = [Counter(tuple(row.items()) for row in side) for side in (before, now)]
            told += Counter({("gone", name, (), row): times for row, times in (rows[0] - rows[1]).items()})
            told += Counter({("new", name, (), row): times for row, times in (rows[1] - rows[0]).items()})
            continue
        olds, news = ({tuple(row[part] for part in key): row for row in side} for side in (before, now))
        told.update(("gone", name, k, tuple(olds[k].items())) for k in olds.keys() - news.keys())
        told.update(("new", name, k, tuple(news[k].items())) for k in news.keys() - olds.keys())
        for k in olds.keys() & news.keys():
            told.update(
                ("cell", name, k, c, olds[k][c], news[k][c]) for c in olds[k] if olds[k][c] != news[k][c]
            )
    return told


def flat(diff: Diff, old: Package, new: Package) -> Counter[object]:
    """A diff in the terms of the naive one: of a row under another key one is gone and one is new."""
    told: Counter[object] = Counter()

    def whole(package: Package, table: str, key: Row) -> tuple[tuple[str, str], ...]:
        names = package.resources[table]["schema"]["primaryKey"]
        rows = rows_in(package, table)
        return next(tuple(row.items()) for row in rows if tuple(row[name] for name in names) == key)

    for change in diff:
        match change:
            case RowRemoved(table, key, cells):
                told["gone", table, key, tuple(cells.items())] += 1
            case RowAdded(table, key, cells):
                told["new", table, key, tuple(cells.items())] += 1
            case RowChanged(table, key, cells):
                told.update(("cell", table, key, cell.column, cell.old, cell.new) for cell in cells)
            case RowRekeyed(table, key, old_key):
                told["gone", table, old_key, whole(old, table, old_key)] += 1
                told["new", table, key, whole(new, table, key)] += 1
    return told


def has_same_columns(old: Package, new: Package) -> bool:
    return all(
        set(new.tables[name].header) == set(old.tables[name].header)
        for name in old.tables.keys() & new.tables.keys()
    )


@settings(max_examples=FEW)
@given(sides(same_columns=True))
def test_a_naive_engine_agrees(both: tuple[Package, Package]) -> None:
    diff = diff_packages(*both)
    if has_same_columns(*both) and not diff.counts[Kind.TABLE_RENAMED]:
        assert flat(diff, *both) == naive_diff(*both)


def test_numbers_of_rows_stay_apart_where_they_would_be_too_large() -> None:
    """Five columns of 65,536 codes each make numbers of 80 bits, of which the first column would be lost."""
    rows = [[0] * 5, [1, 0, 0, 0, 0], [65535] * 5]
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abcde", pl.UInt32), orient="row")
    old, new = sheets.number_rows(frame, frame)
    assert old.to_list() == new.to_list()
    assert old.n_unique() == 3


# Lines that both files have

LINES = st.lists(
    st.sampled_from(["a,1", "b,2", 'c,"x\ny"', 'd,"\n"', 'e,"say ""hi"""', 'f,"\n\na,1\n"']), max_size=30
)


def records_of(data: bytes) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row) for row in csv.reader(io.StringIO(data.decode(), newline="")))


@settings(max_examples=300)
@given(LINES, LINES, st.booleans())
def test_only_whole_records_that_both_files_have_are_split_off(
    old: list[str], new: list[str], is_ended: bool
) -> None:
    sides = ["".join(f"{line}\n" for line in lines).encode() for lines in (old, new)]
    if not is_ended:
        sides[0] = sides[0].removesuffix(b"\n")
    left = split_off_shared_lines(sides[0], sides[1], 0)
    assert left is not None
    shared = [
        records_of(whole) - records_of(rest) for whole, rest in zip(sides, (left.old, left.new), strict=True)
    ]
    assert shared[0] == shared[1]
    assert all(not records_of(r) - records_of(w) for w, r in zip(sides, (left.old, left.new), strict=True))


@given(st.integers(0, 400), st.integers(1, 60))
def test_what_moves_lines_apart_is_stepped_over(start: int, size: int) -> None:
    lines = [f"{number},text\n".encode() for number in range(500)]
    left = split_off_shared_lines(b"".join(lines), b"".join([*lines[:start], *lines[start + size :]]), 0)
    assert left is not None
    assert (left.old, left.new) == (b"".join(lines[start : start + size]), b"")


# Descriptors

SCHEMA: dict[str, Any] = {
    "fields": [
        {
            "name": "id",
            "type": "string",
            "format": "uri",
            "constraints": {"minimum": 2, "enum": ["a", "b"], "required": True, "pattern": "a"},
            "categories": [{"value": "a", "label": "A"}, "b"],
            "missingValues": ["-"],
            "title": "Id",
        },
        {"name": "x", "type": "any"},
    ],
    "primaryKey": ["id"],
    "uniqueKeys": [["id", "x"]],
    "foreignKeys": [{"fields": ["x"], "reference": {"resource": "main", "fields": ["id"]}}],
    "missingValues": [{"value": "", "label": "none"}],
    "fieldsMatch": "equal",
    "note": {"a": [1]},
}
ODDITIES: list[Any] = [
    None,
    0,
    1,
    True,
    "x",
    "odd",
    [],
    ["x"],
    [1],
    {},
    {"x": 1},
    [{}],
    [["x"]],
    [{"value": "-"}],
]


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value within, from the outside to the inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for name, item in inner for one in paths_in(item, (*path, name)))][path == () :]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


@pytest.mark.parametrize("path", paths_in(SCHEMA), ids=str)
def test_no_change_of_a_schema_goes_unsaid(path: tuple[Any, ...]) -> None:
    """Whatever stands wherever: what two schemas do not have in common is told, and both ways."""
    sides = []
    for value in ODDITIES:
        package = package_of({"main": [("id", "x"), ("1", "2")]}, ("id",))
        package.resources["main"] = {"name": "main", "schema": put(SCHEMA, path, value)}
        sides.append(package)
    for place, number in product(range(len(sides)), (1, 3)):
        here, there = place, (place + number) % len(sides)
        try:
            is_told = bool(diff_packages(sides[here], sides[there]))
        except EnvironmentFault:
            # A key of a column that is not there.
            assert path[:1] in ((), ("primaryKey",))
        else:
            assert is_told or meaning_of(ODDITIES[here]) == meaning_of(ODDITIES[there])


def meaning_of(value: Any) -> str:
    """What a value of a schema comes to: a list of one is as good as its item, an empty one says nothing."""
    while isinstance(value, list) and len(value) == 1:
        [value] = value
    return json.dumps(value or None if isinstance(value, list | dict) else value)
