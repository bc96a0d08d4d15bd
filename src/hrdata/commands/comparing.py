"""The command that compares two versions of a package: diff."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import console, parse_output, print_line
from hrdata.diff_report import DiffFormat
from hrdata.errors import UsageError

if TYPE_CHECKING:
    from hrdata.changes import Diff


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Folder, zip or git:REV[:PATH].")],
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
    table: Annotated[
        str, typer.Option("--table", help="The table that --format daff shows.", show_default=False)
    ] = "",
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
    from hrdata.places import name_revision, write_file

    files = [parse_output(text, DiffFormat) for text in output or ()]
    sides = name_revision(old, beside=new), name_revision(new, beside=old)
    found = diff_packages(*sides)
    if changelog:
        from hrdata.diff_report.changelog import render

        print(render(found, dt.date.today().isoformat()), end="")
    else:
        _show(found, format, sides[0], table)
    for wanted, file in files:
        write_file(file, _rendered(found, wanted, sides[0], table).encode("utf-8", "backslashreplace"))
    is_too_small = require_bump and not judge_version(found).is_enough
    if is_too_small and (changelog or format is not DiffFormat.TEXT):
        print_line(f"hrdata: {judge_version(found).lines[1]}", to_stderr=True)
    raise typer.Exit(1 if is_too_small or (exit_code and found) else 0)


def _show(found: Diff, format: DiffFormat, old: str, table: str) -> None:
    if format is DiffFormat.TEXT:
        from hrdata.diff_report.text import print_diff

        print_diff(found, console())
    else:
        print(_rendered(found, format, old, table), end="")


def _rendered(found: Diff, format: DiffFormat, old: str, table: str) -> str:
    from hrdata.diff import tables_of
    from hrdata.diff_report import render_diff, render_patch

    if format is DiffFormat.DAFF:
        return render_patch(found, tables_of(old), table)
    if table:
        raise UsageError("--table is for --format daff; the other formats show all tables")
    return render_diff(found, format)
