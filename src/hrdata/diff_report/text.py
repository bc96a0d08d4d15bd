"""The difference as text for a person, on a terminal or in a file."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from hrdata.changes import Diff, Kind, TableDiff
from hrdata.diff_report.outline import (
    ROW_WORDS,
    Part,
    count_by_column,
    first_rows,
    judge_version,
    parts_of,
    say_more,
    say_row,
    what_is_alike,
)
from hrdata.report.terminal import Speaker, counted

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_PER_KIND = 20
"""So many rows of a table that are added, so many that are removed and so on are shown, unless all are."""

_STYLE = {
    Kind.ROW_ADDED: "green",
    Kind.ROW_REMOVED: "red",
    Kind.ROW_CHANGED: "yellow",
    Kind.ROW_FOLLOWING: "cyan",
    Kind.ROW_REKEYED: "cyan",
}


def render(diff: Diff, *, is_full: bool = False) -> str:
    """The difference as plain text; all rows if it `is_full`."""
    from rich.console import Console

    written = StringIO()
    print_diff(diff, Console(file=written, color_system=None), is_full=is_full)
    return written.getvalue()


def print_diff(diff: Diff, console: Console, *, is_full: bool = False) -> None:
    """Print the difference for a person: both sides, table by table, verdict; all rows if it `is_full`."""
    say = Speaker(console)
    for word, side in (("Old", diff.old), ("New", diff.new)):
        say.line(f"{word}: {side.name} {side.version}".rstrip(), "bold", f" in {side.label}")
    for part in parts_of(diff):
        _print_part(part, say, is_full)
    say.line()
    if nothing := what_is_alike(diff):
        say.line(nothing, "bold green")
    _print_verdict(diff, say)


def _print_part(part: Part, say: Speaker, is_full: bool) -> None:
    say.title(part.title)
    for line in part.lines:
        say.line(f"  {line}")
    if part.note:
        say.line(f"  {part.note}")
    if part.rows:
        _print_rows(part.rows, say, is_full)


def _print_rows(table: TableDiff, say: Speaker, is_full: bool) -> None:
    counts = table.counts
    most = max(counts.values()) if is_full else SHOWN_PER_KIND
    for kind, rows in first_rows(table, most).items():
        more = counts[kind] - len(rows)
        columns = f": {count_by_column(table)}" if more and kind is Kind.ROW_CHANGED else ""
        say.line(f"  {counted(counts[kind], 'row')} {ROW_WORDS[kind]}", _STYLE[kind], columns)
        for change in rows:
            say.line(f"    {say_row(change, table)}")
        if more:
            say.line(f"    {say_more(more, '--full')}")


def _print_verdict(diff: Diff, say: Speaker) -> None:
    verdict = judge_version(diff)
    asked, given = verdict.lines
    say.line(asked)
    for reason in verdict.reasons:
        say.line(f"  {reason.text}")
    tones = {True: "bold green", False: "bold red", None: "yellow"}
    say.line(given, tones[verdict.is_enough])
