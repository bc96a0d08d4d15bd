"""The command that compares two versions of a package: diff."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import STORE, console, parse_output, print_line, refuse_targets_within, split_name
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

    files = [parse_output(text, DiffFormat) for text in output or ()]
    sides = _side(old, new, place), _side(new, old, place)
    for side in (old, new):
        refuse_targets_within(side, [file for _, file in files])
    if changelog and format is not DiffFormat.TEXT:
        raise UsageError("--changelog prints Markdown; leave --format out")
    if table and DiffFormat.DAFF not in (format, *(wanted for wanted, _ in files)):
        raise UsageError("--table is for --format daff; the other formats show all tables")
    found = diff_packages(*sides)
    if changelog:
        from hrdata.diff_report.changelog import render

        print(render(found, dt.date.today().isoformat()), end="")
    else:
        _show(found, format, sides[0], table)
    for wanted, file in files:
        write_file(file, _rendered(found, wanted, sides[0], table).encode("utf-8", "backslashreplace"))
    is_enough = judge_version(found).is_enough
    is_too_small = require_bump and not is_enough
    if (is_too_small or (changelog and not is_enough)) and (changelog or format is not DiffFormat.TEXT):
        print_line(f"hrdata: {judge_version(found).lines[1]}", to_stderr=True)
    raise typer.Exit(1 if is_too_small or (exit_code and found) else 0)


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
    store = open_store(place)
    return read_package(Released(store, store.find(*split_name(name))))


def _show(found: Diff, format: DiffFormat, old: Package | str, table: str) -> None:
    if format is DiffFormat.TEXT:
        from hrdata.diff_report.text import print_diff

        print_diff(found, console())
    else:
        print(_rendered(found, format, old, table), end="")


def _rendered(found: Diff, format: DiffFormat, old: Package | str, table: str) -> str:
    from hrdata.diff import tables_of
    from hrdata.diff_report import render_diff, render_patch

    if format is DiffFormat.DAFF:
        return render_patch(found, tables_of(old), table)
    return render_diff(found, format)
