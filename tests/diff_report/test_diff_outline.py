"""What all formats say of a difference: parts, rows, counts and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hrdata.changes import ROW_KINDS, CellChange, Change, Diff, Kind, RowChanged, Side, TableDiff, show_both
from hrdata.diff_report.outline import (
    count_rows,
    first_rows,
    judge_version,
    only_bytes_differ,
    parts_of,
    say_row,
)
from hrdata.version import RULES, Bump

OLD, NEW = Side("old place", "world", "1.0.0"), Side("new place", "world", "1.1.0")
HEADER = ("id", "name", "note")
KEYS = {"key": pl.List(pl.String)}


def frame(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(header, pl.String), orient="row")


def a_table(
    name: str = "rooms",
    added: Sequence[Sequence[str]] = (),
    removed: Sequence[Sequence[str]] = (),
    changed: Sequence[tuple[str, str, str, str]] = (),
    following: Sequence[tuple[str, str, str, str]] = (),
    rekeyed: Mapping[str, str] | None = None,
) -> TableDiff:
    """What differs in a table with the columns of `HEADER`; changed cells as id, column, old, new."""
    schema: dict[str, Any] = dict.fromkeys(("column", "old", "new"), pl.String)
    schema = {**KEYS, **schema, "follows": pl.Boolean}
    cells = [
        ([id], *rest, follows) for follows in (False, True) for id, *rest in (changed, following)[follows]
    ]
    keys = [([old], [new]) for old, new in (rekeyed or {}).items()]
    return TableDiff(
        table=name,
        old_table=name,
        header=HEADER,
        old_header=HEADER,
        key=("id",),
        old_key=("id",),
        renamed={},
        added=frame(added),
        removed=frame(removed),
        changed=pl.DataFrame(cells, schema=schema, orient="row"),
        rekeyed=pl.DataFrame(keys, schema={"old_key": pl.List(pl.String), **KEYS}, orient="row"),
        gained=pl.DataFrame(),
        lost=pl.DataFrame(),
    )


def all_kinds(text: str = "text") -> Diff:
    """A diff with every kind of change, and a text wherever one may stand; cells hold no lone surrogate."""
    at, nowhere = f"rooms {text}", (Kind.PACKAGE_RENAMED, Kind.METADATA_CHANGED)
    changes = [
        Change(kind, "" if kind in nowhere else at, text, text, text, text)
        for kind in Kind
        if kind not in ROW_KINDS
    ]
    cell = text.encode(errors="replace").decode()
    table = a_table(
        at,
        added=[(f"a{cell}", cell, "")],
        removed=[(f"b{cell}", cell, cell)],
        changed=[(f"c{cell}", "name", cell, ""), (f"c{cell}", "note", "", cell)],
        following=[(f"d{cell}", "note", f"{cell}old", cell)],
        rekeyed={f"d{cell}": f"e{cell}"},
    )
    old, new = (replace(side, label=f"{side.label} {text}", name=f"world {text}") for side in (OLD, NEW))
    return Diff(old, new, tuple(changes), (table,))


def many_rows(number: int) -> Diff:
    rows = [(f"row {index:06}", f"name {index}", "") for index in range(number)]
    cells = [(f"cell {index:06}", "note", "old", "new") for index in range(number)]
    return Diff(OLD, NEW, (), (a_table(added=rows, removed=rows, changed=cells),))


NOTHING = Diff(OLD, OLD)
BYTES = Diff(OLD, OLD, (Change(Kind.ONLY_BYTES_DIFFER, "rooms", old="rooms.csv", new="rooms.csv"),))


def test_the_package_comes_first_and_each_table_has_its_changes_and_rows() -> None:
    changes = (
        Change(Kind.COLUMN_ADDED, "halls", "size"),
        Change(Kind.METADATA_CHANGED, name="title", old="a", new="b"),
    )
    rooms, still = a_table(added=[("a", "", "")]), a_table("still")
    parts = parts_of(Diff(OLD, NEW, changes, (rooms, still)))
    assert [(part.title, len(part.changes), part.rows) for part in parts] == [
        ("Package", 1, None),
        ("Table halls", 1, None),
        ("Table rooms", 0, rooms),
    ]


def test_rows_are_counted_in_words() -> None:
    cells = [("b", "name", "", "x"), ("b", "note", "", "x")]
    table = a_table(added=[("a", "", "")] * 2000, changed=cells)
    assert count_rows(table) == "2,000 rows added, 1 row changed"
    assert count_rows(None) == count_rows(a_table()) == ""


@given(st.integers(1, 5), st.lists(st.integers(1, 2), max_size=8))
def test_the_first_rows_of_each_kind_are_the_first_that_the_table_tells(most: int, cells: list[int]) -> None:
    changed = [
        (f"{row}", name, "", "x") for row, number in enumerate(cells) for name in HEADER[1 : 1 + number]
    ]
    rows = [(f"{row}", "x", "") for row in range(len(cells))]
    table = a_table(
        added=rows,
        removed=rows[1:],
        changed=changed,
        following=[(f"f{row}", *cell) for row, *cell in changed],  # type: ignore[misc]
        rekeyed={f"{row}": f"{row}!" for row, *_ in rows},
    )
    expected: dict[Kind, list[object]] = {}
    for change in table:
        expected.setdefault(change.kind, []).append(change)
    assert first_rows(table, most) == {kind: found[:most] for kind, found in expected.items()}


def test_rows_are_said_without_their_table_and_with_the_key_once() -> None:
    table = all_kinds().tables[0]
    assert [say_row(change, table) for change in table] == [
        "btext: name 'text', note 'text'",
        "atext: name 'text'",
        "dtext -> etext",
        "ctext: name: 'text' -> empty; note: empty -> 'text'",
        "dtext: note: 'textold' -> 'text'",
    ]


WORDS = (
    st.text("ab", max_size=150)
    | st.text("a\n\\n'", max_size=150)
    | st.lists(st.sampled_from(["a", "a, b", "b"]))
)


@given(WORDS, WORDS)
@example("a" * 90 + "\n", "a" * 90 + "\\n")
@example("\n", "\\n")
@example(["a", "b"], ["a, b"])
@example({"a": "x" * 90 + "1"}, {"a": "x" * 90 + "2"})
def test_what_differs_is_in_sight_however_long_the_values_are(old: object, new: object) -> None:
    assume(old != new)
    shown = show_both(old, new)
    assert shown[0] != shown[1]
    assert all(len(text) <= 80 and text.isprintable() for text in shown)


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if "{old}" in kind.template and "{new}" in kind.template]
)
def test_a_long_value_of_a_descriptor_is_shown_from_where_it_differs(kind: Kind) -> None:
    shared = "a word " * 30
    text = Change(kind, "t", "c", "n", f"{shared}before", f"{shared}now").text
    assert "before" in text
    assert "now" in text.split("before")[1].removeprefix("', now")


def test_a_long_cell_is_shown_from_where_it_differs() -> None:
    long = "a word " * 30
    change = RowChanged("rooms", ("x",), (CellChange("note", f"{long}before", f"{long}now"),))
    assert say_row(change, a_table()) == "x: note: …word a word before' -> …word a word now'"


def test_only_bytes_differ_when_there_is_nothing_else() -> None:
    assert only_bytes_differ(BYTES)
    assert not only_bytes_differ(NOTHING)
    assert not only_bytes_differ(replace(BYTES, changes=(*BYTES.changes, Change(Kind.WORD_ADDED, "rooms"))))


# The verdict


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0.1", "The new version 1.0.1 is not enough: expected 1.1.0 or later."),
        ("1.1.0", "The new version 1.1.0 is enough."),
        ("2.0.0", "The new version 2.0.0 is enough."),
    ],
)
def test_the_verdict_says_whether_the_version_is_enough(version: str, said: str) -> None:
    new = replace(NEW, version=version)
    verdict = judge_version(Diff(OLD, new, (Change(Kind.TABLE_ADDED, "halls", new=3),)))
    assert verdict.lines == ("Smallest bump: minor, which makes 1.1.0.", said)


@pytest.mark.parametrize("version", ["", "1.0", "\x1b[31m"])
def test_without_a_version_there_is_a_bump_and_a_reason_for_the_silence(version: str) -> None:
    verdict = judge_version(
        Diff(OLD, replace(NEW, version=version), (Change(Kind.TABLE_ADDED, "halls", new=3),))
    )
    assert verdict.bump is Bump.MINOR
    assert verdict.is_enough is None
    assert "verdict on the version: new place: the version of the data is " in verdict.lines[1]
    assert "expected three numbers such as 1.2.0" in verdict.lines[1]
    assert "\x1b" not in verdict.lines[1]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ROW_KINDS])
def test_the_changes_that_ask_for_the_bump_are_named_with_their_rule(kind: Kind) -> None:
    changes = (Change(kind, "rooms", "name"), Change(Kind.ONLY_BYTES_DIFFER, "halls"))
    reasons = judge_version(Diff(OLD, NEW, changes)).reasons
    if RULES[kind].bump is Bump.NONE:
        assert not reasons
    else:
        assert [(one.kind, one.count, one.places, one.rule) for one in reasons] == [
            (kind, 1, ("rooms.name",), RULES[kind])
        ]


def test_smaller_changes_are_no_reason() -> None:
    rows = a_table(removed=[("a", "", "")], changed=[("b", "name", "", "x")])
    [reason] = judge_version(Diff(OLD, NEW, (Change(Kind.TABLE_ADDED, "halls", new=3),), (rows,))).reasons
    assert reason.text == "row removed, 1 in rooms (hrdata's ruling, major: delete a row)"


def test_many_places_are_cut_and_the_package_is_a_place() -> None:
    changes = tuple(Change(Kind.COLUMN_ADDED, f"t{number}", "x") for number in range(9))
    [reason] = judge_version(Diff(OLD, NEW, changes)).reasons
    assert reason.text.startswith("column added, 9 in t0.x, t1.x, t2.x, t3.x, t4.x, … (Data Package")
    [reason] = judge_version(Diff(OLD, NEW, (Change(Kind.PACKAGE_RENAMED, old="a", new="b"),))).reasons
    assert reason.text.startswith("package renamed, 1 in the package (")
