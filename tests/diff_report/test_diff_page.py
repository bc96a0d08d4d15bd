"""The page: old and new side by side, what differs marked by more than colour, nothing loaded or obeyed."""

from __future__ import annotations

from html.parser import HTMLParser

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_diff_markdown import TEXTS
from test_diff_outline import BYTES, NEW, NOTHING, OLD, a_table, all_kinds, many_rows

from hrdata.changes import Change, Diff, Kind
from hrdata.diff_report.page import LISTED_PER_KIND, SHOWN_PER_KIND, mark_difference, render
from hrdata.fields import printable


class Page(HTMLParser):
    """A page as a list of its elements and of its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        assert not [name for name, _ in attrs if name in ("src", "onclick")]
        assert all((value or "").startswith("#") for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells_of(text: str) -> list[list[str]]:
    """The cells of all rows of all tables, as a browser reads them."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    return [["".join(cell.itertext()) for cell in row] for row in page.iter("tr") if row[0].tag == "td"]


def test_old_and_new_stand_side_by_side() -> None:
    assert cells_of(render(all_kinds())) == [
        ["atext", "", "not there", "id: atext\nname: text"],
        ["btext", "", "id: btext\nname: text\nnote: text", "not there any more"],
        ["ctext", "name", "text", "empty"],
        ["ctext", "note", "empty", "text"],
        ["dtext", "note", "textold", "text"],
        ["etext", "key", "dtext", "etext"],
    ]


def test_what_differs_is_struck_out_and_underlined() -> None:
    text = render(Diff(OLD, NEW, (), (a_table(changed=[("a", "note", "12 March", "13 March")]),)))
    assert "<td>1<del>2</del> March<td>1<ins>3</ins> March" in text


@given(st.text("ab <", max_size=8), st.text("ab <", max_size=8))
def test_the_marks_are_around_all_that_differs(old: str, new: str) -> None:
    marked = [Page(text) for text in mark_difference(old, new)]
    assert ["".join(page.texts) for page in marked] == [old or "empty", new or "empty"]
    for text, page in zip((old, new), marked, strict=True):
        assert ("del" in page.elements or "ins" in page.elements) <= (old != new and text != "")
    if old != new:
        assert any({"del", "ins", "span"} & {*page.elements} for page in marked)


@pytest.mark.parametrize("nasty", TEXTS.values(), ids=TEXTS)
def test_nothing_in_the_data_is_an_element(nasty: str) -> None:
    page, plain = Page(render(all_kinds(nasty))), Page(render(all_kinds()))
    assert page.elements == plain.elements
    assert printable(f"old place {nasty}") in page.texts


@pytest.mark.parametrize(
    "diff", [NOTHING, BYTES, all_kinds(), many_rows(50)], ids=["no", "bytes", "all", "many"]
)
def test_a_browser_finds_no_fault(diff: Diff) -> None:
    html5lib.HTMLParser(strict=True).parse(render(diff))


def test_the_verdict_and_each_part_are_on_the_page() -> None:
    texts = Page(render(Diff(OLD, NEW, (Change(Kind.TABLE_ADDED, "halls", new=3),)))).texts
    assert {
        "Smallest bump: minor, which makes 1.1.0.",
        " The new version 1.1.0 is enough.",
        "Table halls",
    } <= {*texts}
    assert "halls: the table is new; rows: 3" in texts


def test_rows_beyond_the_first_are_folded_away_and_beyond_the_last_counted() -> None:
    text = render(many_rows(LISTED_PER_KIND + 5))
    assert text.count(f"<summary>{LISTED_PER_KIND - SHOWN_PER_KIND:,} more</summary>") == 3
    assert text.count("and 5 more; --format json lists them") == 3
    assert "name 1004" not in text


def test_no_difference_and_other_bytes_are_said() -> None:
    assert "No differences." in Page(render(NOTHING)).texts
    assert any(text.startswith("Only bytes differ: ") for text in Page(render(BYTES)).texts)
