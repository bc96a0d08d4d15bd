"""The difference as a comment on a pull request, in the HTML that Markdown takes as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hrdata.changes import Diff
from hrdata.diff_report.outline import (
    ROW_WORDS,
    Part,
    count_rows,
    first_rows,
    judge_version,
    parts_of,
    say_more,
    say_row,
    what_is_alike,
)
from hrdata.report.markdown import COMMENT_LIMIT, LONGEST_NAME, code, count_units
from hrdata.report.terminal import counted

SHOWN_PER_KIND = 50
"""So many rows of a table that are added, so many that are removed and so on may be shown."""
OPEN_ITEMS = 20
"""Parts with so many changes together are unfolded; the titles of all others are in sight."""


def render(diff: Diff, limit: int = COMMENT_LIMIT) -> str:
    """The difference as Markdown of at most `limit` UTF-16 code units, by default what a comment may have.

    The verdict comes first, then each table that differs. What does not fit is said with its number.
    """
    head = _head(diff)
    folds = [_fold(part) for part in parts_of(diff)]
    room = limit - count_units(_joined([head, *map(str, folds)]))
    if room < 0:
        left_out = f"{counted(sum(diff.counts.values()), 'change')} not shown here; --format json lists them"
        return _joined([head, f"<p>{left_out}</p>"])
    _fill(folds, room)
    _unfold(folds)
    return _joined([head, *map(str, folds)])


@dataclass
class _Fold:
    """What differs in a table, to be unfolded: of `count` changes, the `items` that may be shown."""

    title: str
    items: Iterator[str]
    count: int
    taken: list[str] = field(default_factory=list)
    is_open: bool = False

    def __str__(self) -> str:
        more = self.count - len(self.taken)
        listed = f"<ul>\n{''.join(self.taken)}</ul>\n" if self.taken else ""
        rest = f"<p>{say_more(more)}</p>\n" if more else ""
        return (
            f"<details{' open' if self.is_open else ''}><summary>{self.title}</summary>\n"
            f"{listed}{rest}</details>"
        )


_FRAME = count_units("<ul>\n</ul>\n open")
"""What a fold grows by, beside its items, once it has some."""


def _joined(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _head(diff: Diff) -> str:
    """Both sides and the verdict with its reasons."""
    verdict = judge_version(diff)
    asked, given = verdict.lines
    old, new = (
        f"{code(f'{side.name} {side.version}'.strip(), LONGEST_NAME)} in {code(side.label, LONGEST_NAME)}"
        for side in (diff.old, diff.new)
    )
    nothing = what_is_alike(diff)
    reasons = "".join(f"<li>{code(reason.text)}</li>\n" for reason in verdict.reasons)
    lines = [
        "<h2>What changes in the data</h2>",
        f"<p>Old: {old}<br>New: {new}</p>",
        f"<p>{nothing}</p>" if nothing else "",
        f"<p><strong>{asked}</strong> {code(given) if verdict.problem else given}</p>",
        f"<ul>\n{reasons}</ul>" if reasons else "",
    ]
    return "\n".join(filter(None, lines))


def _fold(part: Part) -> _Fold:
    rows = sum(part.rows.counts.values()) if part.rows else 0
    described = f"{counted(len(part.changes), 'change')} of its description" if part.changes else ""
    said = ", ".join(text for text in (described, count_rows(part.rows), part.note) if text)
    name = f"Table {code(part.name, LONGEST_NAME)}" if part.name else "Package"
    return _Fold(f"{name}: {said}", _items(part), len(part.changes) + rows)


def _items(part: Part) -> Iterator[str]:
    for change in part.changes:
        yield f"<li>{code(change.text)}</li>\n"
    if part.rows:
        for kind, rows in first_rows(part.rows, SHOWN_PER_KIND).items():
            yield from (f"<li>{ROW_WORDS[kind]}: {code(say_row(row, part.rows))}</li>\n" for row in rows)


def _fill(folds: list[_Fold], room: int) -> None:
    """Take items while there is room, one of each part before any has a second."""
    hungry = list(folds)
    while hungry:
        for fold in tuple(hungry):
            item = next(fold.items, None)
            cost = count_units(item) + (0 if fold.taken else _FRAME) if item else 0
            if item is None or cost > room:
                hungry.remove(fold)
            else:
                fold.taken.append(item)
                room -= cost


def _unfold(folds: list[_Fold]) -> None:
    """Open the first parts that are short."""
    room = OPEN_ITEMS
    for fold in folds:
        if 0 < len(fold.taken) <= room:
            fold.is_open = True
            room -= len(fold.taken)
