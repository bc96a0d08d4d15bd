"""The difference as text for a person, on a terminal or in a file."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from hrdata.changes import Diff, Kind, TableDiff
from hrdata.diff_report.outline import (
    NO_DIFFERENCES,
    ONLY_BYTES,
    ROW_WORDS,
    Part,
    first_rows,
    judge_version,
    only_bytes_differ,
    parts_of,
    say_row,
)
from hrdata.report.terminal import Speaker, counted

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_PER_KIND = 20
"""The text shows so many rows of a table that are added, so many that are removed and so on; JSON has all."""

_STYLE = {
    Kind.ROW_ADDED: "green",
    Kind.ROW_REMOVED: "red",
    Kind.ROW_CHANGED: "yellow",
    Kind.ROW_REKEYED: "cyan",
}


def render(diff: Diff) -> str:
    """The difference as plain text."""
    from rich.console import Console

    written = StringIO()
    print_diff(diff, Console(file=written, color_system=None))
    return written.getvalue()


def print_diff(diff: Diff, console: Console, *, is_full: bool = False) -> None:
    """Print the difference for a person: both sides, table by table, verdict; all rows if it `is_full`."""
    say = Speaker(console)
    for word, side in (("Old", diff.old), ("New", diff.new)):
        say.line(f"{word}: {side.name} {side.version}".rstrip(), "bold", f" in {side.label}")
    for part in parts_of(diff):
        _print_part(part, say, is_full)
    say.line()
    if not diff:
        say.line(NO_DIFFERENCES, "bold green")
    elif only_bytes_differ(diff):
        say.line(ONLY_BYTES, "bold green")
    _print_verdict(diff, say)


def _print_part(part: Part, say: Speaker, is_full: bool) -> None:
    say.title(part.title)
    for change in part.changes:
        say.line(f"  {change.text}")
    if part.rows:
        _print_rows(part.rows, say, is_full)


def _print_rows(table: TableDiff, say: Speaker, is_full: bool) -> None:
    counts = table.counts
    most = max(counts.values()) if is_full else SHOWN_PER_KIND
    for kind, rows in first_rows(table, most).items():
        say.line(f"  {counted(counts[kind], 'row')} {ROW_WORDS[kind]}", _STYLE[kind])
        for change in rows:
            say.line(f"    {say_row(change, table)}")
        if more := counts[kind] - len(rows):
            say.line(f"    and {more:,} more; --format json lists them")


def _print_verdict(diff: Diff, say: Speaker) -> None:
    verdict = judge_version(diff)
    asked, given = verdict.lines
    say.line(asked)
    for reason in verdict.reasons:
        say.line(f"  {reason.text}")
    tones = {True: "bold green", False: "bold red", None: "yellow"}
    say.line(given, tones[verdict.is_enough])
