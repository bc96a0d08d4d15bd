"""The difference as one HTML page that loads nothing: old and new side by side, what differs marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from hrdata.changes import Diff, RowAdded, RowChange, RowChanged, RowRekeyed, RowRemoved, TableDiff
from hrdata.diff_report.outline import (
    ROW_WORDS,
    Part,
    count_rows,
    first_rows,
    judge_version,
    parts_of,
    say_more,
    what_is_alike,
)
from hrdata.report.html_base import (
    Markup,
    escape_text,
    join_lines,
    make_details,
    make_element,
    make_list,
    make_page,
    make_section,
    make_table,
    make_terms,
)

SHOWN_PER_KIND = 20
"""So many rows of a table that are added, removed and so on are in sight; others are folded away below."""
LISTED_PER_KIND = 1_000
"""So many are on the page at all: a browser has to bear it."""

_ROW = {"Row": 22, "Column": 14, "Old": 32, "New": 32}
_TONES = {True: "good", False: "error", None: "warning"}

Cells = tuple[str, str, str, str]


def render(diff: Diff) -> str:
    """The difference as an HTML page."""
    title = f"{diff.new.name} {diff.new.version}".strip() or diff.new.label
    before = f"{diff.old.name} {diff.old.version}".strip() or diff.old.label
    nothing = what_is_alike(diff)
    parts = parts_of(diff)
    return make_page(
        f"{before} to {title}",
        make_element("h1", f"From {before} to {title}"),
        make_element("p", nothing) if nothing else "",
        *_verdict(diff),
        make_terms({"Old": [diff.old.label], "New": [diff.new.label]}),
        _index(parts),
        *(_part(part, f"part-{number}") for number, part in enumerate(parts)),
    )


def _verdict(diff: Diff) -> list[Markup]:
    verdict = judge_version(diff)
    asked, given = verdict.lines
    said = make_element(
        "p", make_element("strong", asked), f" {given}", class_=f"verdict {_TONES[verdict.is_enough]}"
    )
    return [said, make_list(reason.text for reason in verdict.reasons)]


def _index(parts: Sequence[Part]) -> Markup:
    """A link to each part."""
    links = [make_element("a", part.title, href=f"#part-{number}") for number, part in enumerate(parts)]
    return make_element("nav", make_list(links), aria_label="What differs") if links else Markup()


def _part(part: Part, anchor: str) -> Markup:
    changes = make_list(part.lines)
    rows = [make_element("p", _say_rows(part)), *_rows(part.rows)] if part.rows else []
    return make_section(2, part.title, changes, *rows, id=anchor)


def _say_rows(part: Part) -> str:
    return "; ".join(said for said in (count_rows(part.rows), part.note) if said)


def _rows(table: TableDiff) -> Iterator[Markup]:
    """A section for each kind of change: the first rows in sight, the others folded away."""
    counts = table.counts
    for kind, rows in first_rows(table, LISTED_PER_KIND).items():
        shown, more = rows[:SHOWN_PER_KIND], rows[SHOWN_PER_KIND:]
        unlisted = counts[kind] - len(rows)
        yield make_section(
            3,
            f"Rows {ROW_WORDS[kind]}",
            _table(shown),
            make_details(f"{len(more):,} more", _table(more), class_="more"),
            make_element("p", say_more(unlisted), class_="faint") if unlisted else "",
        )


def _table(rows: Sequence[RowChange]) -> Markup:
    cells = (line for row in rows for line in _lines(row))
    return make_table(_ROW, cells, has_row_heads=False, is_cards=True)


def _lines(change: RowChange) -> Iterator[Cells]:
    """A line for each cell that differs, or one for the whole row."""
    match change:
        case RowAdded():
            yield change.row_id, "", _faint("not there"), _whole("ins", change.cells)
        case RowRemoved():
            yield change.row_id, "", _whole("del", change.cells), _faint("not there any more")
        case RowRekeyed():
            yield change.row_id, "key", *mark_difference("|".join(change.old_key), change.row_id)
        case RowChanged():
            for cell in change.cells:
                yield change.row_id, cell.column, *mark_difference(cell.old, cell.new)


def _faint(text: str) -> Markup:
    return make_element("span", text, class_="faint")


def _whole(mark: str, cells: Mapping[str, str]) -> Markup:
    """All cells of a row that hold something, a line each, marked as a whole."""
    return join_lines(make_element(mark, f"{name}: {text}") for name, text in cells.items() if text)


def mark_difference(old: str, new: str) -> tuple[Markup, Markup]:
    """Two texts of which what differs is struck out in the old one and underlined in the new one.

    >>> mark_difference("12 March", "13 March")
    ('1<del>2</del> March', '1<ins>3</ins> March')
    """
    before = _shared(old, new)
    after = _shared(old[before:][::-1], new[before:][::-1])
    return _marked("del", old, before, after), _marked("ins", new, before, after)


def _shared(one: str, other: str) -> int:
    """With how many characters both texts start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _marked(mark: str, text: str, before: int, after: int) -> Markup:
    if not text:
        return _faint("empty")
    middle = text[before : len(text) - after]
    marked = make_element(mark, middle) if middle else ""
    return Markup("".join(map(escape_text, (text[:before], marked, text[len(text) - after :]))))
