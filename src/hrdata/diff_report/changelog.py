"""The difference as the entry of a changelog, as Keep a Changelog 1.1.0 has it, for people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from hrdata.changes import ROW_KINDS, Change, Diff, Kind, TableDiff
from hrdata.diff_report.outline import (
    ROW_WORDS,
    count_by_column,
    first_rows,
    judge_version,
    parts_of,
    say_row,
)
from hrdata.fields import printable_line
from hrdata.report.terminal import counted

LISTED_ROWS = 10
"""Rows are named when there are not more of them in a table."""

SECTIONS = ("Added", "Changed", "Removed")
_ADDED = {Kind.TABLE_ADDED, Kind.COLUMN_ADDED, Kind.WORD_ADDED, Kind.ROW_ADDED}
_REMOVED = {Kind.TABLE_REMOVED, Kind.COLUMN_REMOVED, Kind.WORD_REMOVED, Kind.ROW_REMOVED}

_PLAIN = re.compile(r"[^\W\d_](?:\w|[ .,;'()/%-]|:(?= ))*")
_VERSION = re.compile(r"[0-9A-Za-z.+-]+")
_NOT_PLAIN = re.compile(r"(?<!\w)_|_(?!\w)|www\.", re.IGNORECASE)


def render(diff: Diff, date: str) -> str:
    """The entry for the new version, with a date such as `2026-01-31`.

    That is the version of the new package, or the one that is needed if that is not enough.
    """
    lines: dict[str, list[str]] = defaultdict(list)
    for part in parts_of(diff):
        for name in SECTIONS:
            told = tuple(change for change in part.changes if _section_of(change.kind) == name)
            brief = [_in_brief(change) for change in told if _is_nested(change)]
            told = tuple(change for change in told if not _is_nested(change))
            said = [*replace(part, changes=told).lines, *brief]
            lines[name] += [f"- {show_plainly(line)}" for line in said]
        for kind in ROW_KINDS:
            lines[_section_of(kind)] += _rows(part.rows, kind) if part.rows else ()
    verdict = judge_version(diff)
    version = verdict.version if verdict.is_enough is False else diff.new.version
    entry = [f"## [{version if _VERSION.fullmatch(version) else show_plainly(version)}] - {date}"]
    entry += [f"### {name}\n\n" + "\n".join(lines[name]) for name in SECTIONS if lines[name]]
    return "\n\n".join(entry) + "\n"


def _is_nested(change: Change) -> bool:
    """Whether it is about a list or an object of the descriptor, which is too long for a line."""
    return change.kind is Kind.METADATA_CHANGED and any(
        isinstance(value, list | dict) for value in (change.old, change.new)
    )


def _in_brief(change: Change) -> str:
    place = ".".join(part for part in (change.table, change.column) if part)
    return f"{place}: {change.name} changed" if place else f"{change.name} changed"


def _section_of(kind: Kind) -> str:
    return "Added" if kind in _ADDED else "Removed" if kind in _REMOVED else "Changed"


def _rows(table: TableDiff, kind: Kind) -> Iterator[str]:
    """How many rows of a table have changed in this way, and which if they are few."""
    count = table.counts[kind]
    if not count:
        return
    said = f"{table.table}: {counted(count, 'row')} {ROW_WORDS[kind]}"
    if count > LISTED_ROWS:
        yield f"- {show_plainly(said + (f': {count_by_column(table)}' if kind is Kind.ROW_CHANGED else ''))}"
        return
    yield f"- {show_plainly(said)}"
    for change in first_rows(table, LISTED_ROWS)[kind]:
        yield f"  - {_as_code(say_row(change, table))}"


def show_plainly(text: str) -> str:
    """Text as Markdown: as it stands if it is plain words, else as code, in which no sign means anything.

    >>> show_plainly("votes.yes: maximum was 300, now 193"), show_plainly("a *b*")
    ('votes.yes: maximum was 300, now 193', '`a *b*`')
    """
    line = printable_line(text)
    if not line:
        return ""
    return line if _PLAIN.fullmatch(line) and not _NOT_PLAIN.search(line) else _as_code(line)


def _as_code(line: str) -> str:
    """A code span, with more backticks around it than within."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    # Of a span that is spaces only, none is taken away.
    is_blank = not line.strip(" ")
    space = " " if not is_blank and (line.startswith(("`", " ")) or line.endswith(("`", " "))) else ""
    return f"{fence}{space}{line}{space}{fence}"
