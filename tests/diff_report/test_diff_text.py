"""The text: table by table, summarised, with the verdict last, and nothing that a terminal obeys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import unescape
from io import StringIO

import pytest
from rich.console import Console
from test_diff_outline import BYTES, NEW, NOTHING, OLD, all_kinds, many_rows

from hrdata.changes import OTHER_BYTES, Change, Diff, Kind
from hrdata.diff import diff_packages
from hrdata.diff_report import changelog, markdown, page
from hrdata.diff_report.outline import LISTED_WORDS
from hrdata.diff_report.text import SHOWN_PER_KIND, print_diff, render
from hrdata.version import RULES
from test_diff import ROOMS, World, changed
from test_report import NASTY, obeyed


def test_a_small_difference_reads_well() -> None:
    old, new = World(), changed(b={"seats": "250", "place": ""})
    new.descriptor["title"] = "The world"
    assert render(diff_packages(old.package("v1"), new.package("v2"))).splitlines() == [
        "Old: world 1.2.3 in v1",
        "New: world 1.2.3 in v2",
        "",
        "Package",
        "  title was 'A world', now 'The world'",
        "",
        "Table rooms",
        "  1 row changed",
        "    b: place: 'New York' -> empty; seats: '200' -> '250'",
        "",
        "Smallest bump: patch, which makes 1.2.4.",
        f"  metadata changed, 1 in the package ({RULES[Kind.METADATA_CHANGED].text})",
        f"  row changed, 1 in rooms ({RULES[Kind.ROW_CHANGED].text})",
        "The new version 1.2.3 is not enough: expected 1.2.4 or later.",
    ]


def test_no_difference_is_said() -> None:
    assert render(NOTHING).splitlines()[2:] == [
        "",
        "No differences.",
        "Smallest bump: none.",
        "No new version is needed.",
    ]


def test_other_bytes_for_the_same_data_are_said() -> None:
    assert f"Only bytes differ: {OTHER_BYTES}. The data are the same." in render(BYTES)
    assert "No differences." not in render(BYTES)
    assert "bytes differ:" not in render(all_kinds())


def test_long_tables_are_summarised() -> None:
    lines = render(many_rows(1254)).splitlines()
    assert lines.count("    and 1,234 more; --full lists them") == 3
    assert [line for line in lines if line.startswith("  1,254")] == [
        "  1,254 rows added",
        "  1,254 rows removed",
        "  1,254 rows changed: note in 1,254",
    ]
    assert sum(line.startswith("    row ") for line in lines) == 2 * SHOWN_PER_KIND


def test_a_full_text_has_all_rows() -> None:
    console = Console(file=StringIO(), width=40)
    print_diff(many_rows(300), console, is_full=True)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("\n    row 000299: name 'name 299'\n") == 2
    assert "more;" not in text


def test_every_kind_of_change_is_in_the_text() -> None:
    diff = all_kinds()
    text = render(diff)
    assert all(change.text in text for change in diff.changes)


@pytest.mark.parametrize("show", [render, markdown.render, page.render])
def test_why_changed_rows_without_a_key_are_gone_and_new_is_said(show: Callable[[Diff], str]) -> None:
    note = "no primary key: a changed row shows as removed and added"
    old, new = (
        World(side, primaryKey=[]).package() for side in (ROOMS, [*ROOMS[:-1], ("d", "Nairobi", "401")])
    )
    assert show(diff_packages(old, new)).count(note) == 1
    assert note not in show(diff_packages(World(ROOMS[:3], primaryKey=[]).package(), old))
    assert note not in show(diff_packages(World().package(), changed(b={"seats": "250"}).package()))


@pytest.mark.parametrize("kind", [Kind.WORD_ADDED, Kind.WORD_REMOVED])
def test_many_values_of_a_vocabulary_are_counted(kind: Kind) -> None:
    changes = [Change(kind, "rooms", "kind", old=f"w{n}", new=f"w{n}") for n in range(200)]
    what = "has 200 new values" if kind is Kind.WORD_ADDED else "has lost 200 values"
    said = f"rooms.kind: the vocabulary {what}: 'w0', 'w1', 'w2', 'w3', 'w4'"
    line = f"{said}, and 195 more; --format json lists them"
    for written in (render, page.render, partial(changelog.render, date="2026-01-31")):
        assert line in unescape(written(Diff(OLD, NEW, tuple(changes))))
        assert "w10" in written(Diff(OLD, NEW, tuple(changes[:LISTED_WORDS] + changes[10:11])[1:]))


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_nothing_in_the_data_is_obeyed(nasty: str) -> None:
    console = Console(file=StringIO(), force_terminal=True, color_system="truecolor")
    print_diff(all_kinds(nasty), console)
    assert not obeyed(console.file.getvalue())  # type: ignore[attr-defined]
    assert not obeyed(render(all_kinds(nasty)))
