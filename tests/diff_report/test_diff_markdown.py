"""Markdown: a comment that fits whatever differs, in which nothing from data is read as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_diff_outline import BYTES, NEW, NOTHING, OLD, a_table, all_kinds, many_rows

from hrdata.changes import Change, Diff, Kind
from hrdata.diff_report.markdown import OPEN_ITEMS, SHOWN_PER_KIND, render
from hrdata.fields import printable
from hrdata.report.markdown import COMMENT_LIMIT, count_units
from test_report import NASTY

SIGNS = {
    "a mention": "@octocat #12",
    "elements": "</code></li></ul></details><script>alert(1)</script><!--",
    "emphasis": "*a* _b_ `c` ~~d~~ | e",
    "a link": "[x](https://example.com) <https://example.com>",
    "a fence": "```\n~~~",
    "a paragraph": "a\n\n# b",
}
TEXTS = NASTY | SIGNS


def is_html_only(text: str) -> bool:
    """Whether CommonMark takes all of a text as it is."""
    return {token.type for token in MarkdownIt("commonmark").parse(text)} == {"html_block"}


@pytest.mark.parametrize("nasty", TEXTS.values(), ids=TEXTS)
def test_nothing_in_the_data_is_markdown_or_an_element(nasty: str) -> None:
    text = render(all_kinds(nasty))
    assert is_html_only(text)
    assert re.sub("<code>[^<]*</code>", "", text) == re.sub("<code>[^<]*</code>", "", render(all_kinds()))
    said = [unescape(code) for code in re.findall("<code>(.*?)</code>", text)]
    assert said[1] == printable(f"old place {nasty}")


@pytest.mark.parametrize("nasty", TEXTS.values(), ids=TEXTS)
def test_what_is_no_version_stands_in_code(nasty: str) -> None:
    text = render(Diff(OLD, replace(NEW, version=nasty)))
    assert is_html_only(text)
    assert "</strong> <code>No verdict on the version&#58; " in text


def test_the_verdict_comes_first_and_each_table_has_its_counts_in_sight() -> None:
    text = render(many_rows(3))
    assert text.index("Smallest bump: major, which makes 2.0.0.") < text.index("<details")
    assert "<li><code>row removed, 3 in rooms (hrdata's ruling, major&#58; delete a row)</code></li>" in text
    title = "Table <code>rooms</code>: 3 rows added, 3 rows removed, 3 rows changed"
    assert f"<details open><summary>{title}</summary>" in text
    assert "<li>changed: <code>cell 000000&#58; note&#58; 'old' -&#62; 'new'</code></li>" in text


def test_changes_of_the_description_are_counted() -> None:
    change = Change(Kind.COLUMN_ADDED, "rooms", "x")
    text = render(Diff(OLD, NEW, (change, change), (a_table(added=[("a", "", "")]),)))
    assert "<summary>Table <code>rooms</code>: 2 changes of its description, 1 row added</summary>" in text


def test_short_parts_are_open_and_long_ones_folded() -> None:
    assert "<details open>" in render(many_rows(OPEN_ITEMS // 3))
    assert "<details open>" not in render(many_rows(OPEN_ITEMS))


def test_what_is_not_shown_is_said() -> None:
    text = render(many_rows(5000))
    assert text.count("<li>added: ") == SHOWN_PER_KIND
    assert f"<p>and {15_000 - 3 * SHOWN_PER_KIND:,} more; --format json lists them</p>" in text


@settings(max_examples=30)
@given(st.integers(300, 30_000), st.integers(1, 8), st.sampled_from(["", "x" * 300, "😀" * 100, "<&>" * 60]))
def test_it_never_grows_beyond_the_limit(limit: int, tables: int, text: str) -> None:
    rows = [(f"{row}{text}", text, "") for row in range(40)]
    parts = tuple(a_table(f"t{number}", added=rows) for number in range(tables))
    written = render(Diff(OLD, NEW, (), parts), limit)
    assert count_units(written) <= max(limit, count_units(render(Diff(OLD, NEW, (), parts), 0)))
    shown = written.count("<li>added: ")
    more = sum(int(found.replace(",", "")) for found in re.findall("and ([0-9,]+) more", written))
    assert shown + more == 40 * tables or f"{40 * tables} changes not shown here" in written


def test_a_difference_of_any_size_fits_a_comment() -> None:
    rows = [(f"{row}", "x" * 5000, "y" * 5000) for row in range(200)]
    parts = tuple(a_table(f"t{number}", added=rows, removed=rows) for number in range(12))
    written = render(Diff(OLD, NEW, (), parts))
    assert COMMENT_LIMIT * 0.9 < count_units(written) <= COMMENT_LIMIT
    assert all(f"<code>t{number}</code>" in written for number in range(12))


def test_so_many_tables_that_their_names_do_not_fit_are_counted() -> None:
    changes = tuple(Change(Kind.COLUMN_ADDED, f"{number}" * 40, "x") for number in range(900))
    assert "<p>900 changes not shown here; --format json lists them</p>" in render(Diff(OLD, NEW, changes))


def test_no_difference_and_other_bytes_are_said() -> None:
    assert "<p>No differences.</p>" in render(NOTHING)
    assert "<p>Only bytes differ: " in render(BYTES)
