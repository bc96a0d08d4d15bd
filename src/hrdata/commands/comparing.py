"""The command that compares two versions of a package: diff."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import (
    STORE,
    console,
    parse_outputs,
    print_line,
    refuse_targets_within,
    split_name,
)
from hrdata.diff_report import DiffFormat
from hrdata.errors import UsageError

if TYPE_CHECKING:
    from hrdata.changes import Diff
    from hrdata.package import Package


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Folder, zip, git:REV[:PATH] or NAME@VERSION.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, for the version that came later.")],
    *,
    format: Annotated[DiffFormat, typer.Option("--format", help="How to show it.")] = DiffFormat.TEXT,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            metavar="FORMAT:FILE",
            help="Write it to a file as well; may be given several times.",
            show_default=False,
        ),
    ] = None,
    place: Annotated[str, typer.Option("--from", help="Store of a NAME@VERSION.")] = STORE,
    table: Annotated[
        str, typer.Option("--table", help="The table that --format daff shows.", show_default=False)
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="List all rows, however many; for the text.")] = False,
    changelog: Annotated[
        bool, typer.Option("--changelog", help="Print the entry for the changelog of the data.")
    ] = False,
    require_bump: Annotated[
        bool, typer.Option("--require-bump", help="End with 1 if the new version is too small.")
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 if anything differs.")] = False,
) -> None:
    """Say what changed between two versions of a package, and what version that makes.

    Rows are compared by key and cell by cell; quoting, line ends and the order of rows never show up.
    """
    from hrdata.diff import diff_packages
    from hrdata.diff_report.outline import judge_version
    from hrdata.places import write_file

    files = parse_outputs(output, DiffFormat)
    sides = _side(old, new, place), _side(new, old, place)
    for side in (old, new):
        refuse_targets_within(side, [file for _, file in files])
    if changelog and format is not DiffFormat.TEXT:
        raise UsageError("--changelog prints Markdown; leave --format out")
    formats = {*(() if changelog else (format,)), *(wanted for wanted, _ in files)}
    _refuse_what_does_nothing(formats, table, full)
    _spare_the_terminal(format)
    found = diff_packages(*sides)
    if changelog:
        _print_entry(found)
    else:
        _show(found, format, sides[0], table, full)
    for wanted, file in files:
        text = _rendered(found, wanted, sides[0], table, full)
        write_file(file, text.encode("utf-8", "backslashreplace"))
    if DiffFormat.DAFF in formats:
        _say_what_daff_lacks(found, table)
    verdict = judge_version(found)
    is_too_small = require_bump and not verdict.is_enough
    # The text has the verdict already.
    if not verdict.is_enough and (changelog or (require_bump and format is not DiffFormat.TEXT)):
        print_line(f"hrdata: {verdict.lines[1]}", to_stderr=True)
    raise typer.Exit(1 if is_too_small or (exit_code and found) else 0)


def _refuse_what_does_nothing(formats: set[DiffFormat], table: str, full: bool) -> None:
    """Raise `UsageError` for an option that none of the formats asked for follows."""
    if table and DiffFormat.DAFF not in formats:
        raise UsageError("--table is for --format daff; the other formats show all tables")
    if full and DiffFormat.TEXT not in formats:
        raise UsageError("--full is for the text; --format json lists all rows anyhow")


def _spare_the_terminal(format: DiffFormat) -> None:
    """Raise `UsageError` for daff on a terminal: it has control characters of the data as they are."""
    if format is DiffFormat.DAFF and sys.stdout.isatty():
        raise UsageError("--format daff is not for a terminal; write it with --output daff:FILE")


def _side(side: Path, other: Path, place: str) -> Package | str:
    """One of the two versions: a release if it is named like one, else what is at a path."""
    from hrdata.git import SCHEME
    from hrdata.package import read_package
    from hrdata.places import name_revision
    from hrdata.release.fetch import Released
    from hrdata.store import open_store

    name = str(side)
    if "@" not in name or name.startswith(SCHEME) or side.exists():
        return name_revision(side, beside=other)
    store = open_store(place, is_there=True)
    return read_package(Released(store, store.find(*split_name(name))))


def _say_what_daff_lacks(found: Diff, table: str) -> None:
    """Say on standard error how many changes are no rows of the one table that daff shows."""
    from hrdata.report.terminal import counted

    shown = [one for one in found.tables if table in ("", one.table)]
    if left_out := found.counts.total() - sum(one.counts.total() for one in shown):
        said = counted(left_out, "change")
        print_line(
            f"hrdata: daff has the rows of one table; {said} left out, see --format json", to_stderr=True
        )


def _print_entry(found: Diff) -> None:
    """Print the entry for the changelog of the data, with the date of today."""
    from hrdata.diff_report.changelog import render

    print(render(found, dt.date.today().isoformat()), end="")


def _show(found: Diff, format: DiffFormat, old: Package | str, table: str, full: bool) -> None:
    if format is DiffFormat.TEXT:
        from hrdata.diff_report.text import print_diff

        print_diff(found, console(), is_full=full)
    elif format is DiffFormat.JSON:
        from hrdata.diff_report.data import pieces_of

        sys.stdout.writelines(pieces_of(found))
    else:
        print(_rendered(found, format, old, table, full), end="")


def _rendered(found: Diff, format: DiffFormat, old: Package | str, table: str, full: bool) -> str:
    from hrdata.diff import tables_of
    from hrdata.diff_report import render_diff, render_patch

    if format is DiffFormat.DAFF:
        return render_patch(found, tables_of(old), table)
    if format is DiffFormat.TEXT:
        from hrdata.diff_report.text import render

        return render(found, is_full=full)
    return render_diff(found, format)
