"""The entry of the changelog: sections in order, people's words, rows when they are few."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_diff_markdown import TEXTS
from test_diff_outline import NEW, NOTHING, OLD, a_table, all_kinds, many_rows

from hrdata.changes import Change, Diff, Kind
from hrdata.diff import diff_packages
from hrdata.diff_report.changelog import LISTED_ROWS, SECTIONS, render, show_plainly
from hrdata.fields import printable_line
from test_diff import ROOMS, World, changed

DATE = "2026-01-31"


def test_an_entry_reads_well() -> None:
    old, new = World(), changed(b={"seats": "250"})
    new.files["rooms"] = new.files["rooms"].replace(b"d,Nairobi,400\n", b"")
    new.add("halls", ROOMS)
    new.descriptor["version"] = "2.0.0"
    assert render(diff_packages(old.package(), new.package()), DATE).splitlines() == [
        "## [2.0.0] - 2026-01-31",
        "",
        "### Added",
        "",
        "- halls: the table is new; rows: 4",
        "",
        "### Changed",
        "",
        "- rooms: 1 row changed",
        "  - `b: seats: '200' -> '250'`",
        "",
        "### Removed",
        "",
        "- rooms: 1 row removed",
        "  - `d: place 'Nairobi', seats '400'`",
    ]


def test_many_rows_are_counted_and_changed_ones_by_column() -> None:
    lines = render(many_rows(LISTED_ROWS + 1), DATE).splitlines()
    assert lines[2:] == [
        *("### Added", "", "- rooms: 11 rows added", ""),
        *("### Changed", "", "- rooms: 11 rows changed: note in 11", ""),
        *("### Removed", "", "- rooms: 11 rows removed"),
    ]
    assert render(many_rows(LISTED_ROWS), DATE).count("\n  - `") == 3 * LISTED_ROWS


def test_columns_are_counted_in_their_order() -> None:
    cells = [(f"{row}", name, "", "x") for row in range(20) for name in ("name", "note")[row % 3 == 0 :]]
    entry = render(Diff(OLD, NEW, (), (a_table(changed=cells),)), DATE)
    assert "- rooms: 20 rows changed: name in 13, note in 20\n" in entry


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        (Kind.COLUMN_ADDED, "Added"),
        (Kind.WORD_ADDED, "Added"),
        (Kind.UNIQUE_KEY_ADDED, "Changed"),
        (Kind.REFERENCE_REMOVED, "Changed"),
        (Kind.CONSTRAINT_TIGHTENED, "Changed"),
        (Kind.TABLE_REMOVED, "Removed"),
        (Kind.WORD_REMOVED, "Removed"),
    ],
)
def test_each_change_has_its_section(kind: Kind, section: str) -> None:
    entry = render(Diff(OLD, NEW, (Change(kind, "rooms"),)), DATE)
    assert [name for name in SECTIONS if f"### {name}\n" in entry] == [section]


def test_every_change_has_a_line() -> None:
    diff = all_kinds()
    entry = render(diff, DATE)
    assert all(change.text in entry for change in diff.changes)
    assert len([line for line in entry.splitlines() if line.startswith("- ")]) == len(diff.changes) + 5


def test_nothing_but_the_version_is_left_of_no_difference() -> None:
    assert render(NOTHING, DATE) == "## [1.0.0] - 2026-01-31\n"


@pytest.mark.parametrize(
    ("version", "headed"), [("1.0.0", "1.1.0"), ("1.0.1", "1.1.0"), ("1.1.0", "1.1.0"), ("3.0.0", "3.0.0")]
)
def test_the_entry_is_headed_with_a_version_that_is_enough(version: str, headed: str) -> None:
    diff = Diff(OLD, replace(NEW, version=version), (Change(Kind.TABLE_ADDED, "halls", new=3),))
    assert render(diff, DATE).startswith(f"## [{headed}] - ")


def test_of_lists_and_objects_only_that_they_changed_is_said() -> None:
    changes = (
        Change(Kind.METADATA_CHANGED, name="sources", old=[{"title": "x" * 99}]),
        Change(Kind.METADATA_CHANGED, name="title", old="a", new="b"),
        Change(Kind.METADATA_CHANGED, "rooms", "size", "hrdata:note", None, {"a": 1}),
    )
    assert render(Diff(OLD, NEW, changes), DATE).splitlines()[4:] == [
        "- title was 'a', now 'b'",
        "- sources changed",
        "- `rooms.size: hrdata:note changed`",
    ]


def markup_of(text: str) -> list[str]:
    """What CommonMark makes of a text, its words and code aside."""
    found = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        inner = [child.type for child in token.children or [] if child.type not in ("text", "code_inline")]
        found += [token.type, *inner]
    return found


@pytest.mark.parametrize("nasty", TEXTS.values(), ids=TEXTS)
def test_nothing_in_the_data_is_markdown(nasty: str) -> None:
    assert markup_of(render(all_kinds(nasty), DATE)) == markup_of(render(all_kinds(), DATE))
    odd = replace(NEW, version=nasty)
    assert markup_of(render(Diff(OLD, odd), DATE)) == markup_of(render(Diff(OLD, NEW), DATE))


@example("a _b_ c")
@example("a www.example.com")
@given(st.text("ab_*`<>[]!#@:|\\~-.1 &;", max_size=15) | st.text(max_size=10))
def test_a_text_is_shown_as_it_is_whatever_signs_it_holds(text: str) -> None:
    shown = f"- x {show_plainly(text)} y"
    assert "www." not in text or "`" in shown
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(shown)
    assert [token.type for token in tokens if token.type == "inline"] == ["inline"]
    [inline] = [token for token in tokens if token.type == "inline"]
    assert {child.type for child in inline.children or []} <= {"text", "code_inline"}
    assert "".join(child.content for child in inline.children or []) == f"x {printable_line(text)} y"
