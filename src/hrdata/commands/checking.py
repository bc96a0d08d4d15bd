"""The commands that check and look up: validate, hook, show, checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import (
    Format,
    FormatOption,
    PackagePath,
    console,
    own_package,
    package_here,
    parse_outputs,
    print_json,
    print_line,
    refuse_targets_within,
    settings_for,
)
from hrdata.report import ReportFormat

if TYPE_CHECKING:
    from hrdata.settings import Settings
    from hrdata.validate import Report

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="REV",
        help="Let only findings fail that are not there at this git revision.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        metavar="FORMAT:FILE",
        help="Write the report to a file as well; may be given several times.",
        show_default=False,
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select", metavar="ID", help="Make only these checks, by id or family.", show_default=False
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="ID", help="Leave these checks out.", show_default=False),
]
FailOnOption = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="error|warning", help="What fails.", show_default="error"),
]


def validate(
    path: PackagePath = None,
    *,
    format: Annotated[ReportFormat, typer.Option("--format", help="How to report.")] = ReportFormat.TEXT,
    output: OutputOption = None,
    since: SinceOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    fail_on: FailOnOption = None,
) -> None:
    """Check a package; say what is wrong and where.

    Structure, fields, keys, references, tallies, treaty and review rules, citations and known issues.

    What is selected, ignored and fails may also stand in pyproject.toml, under [tool.hrdata], or in the
    descriptor; the command line goes first.

    Ends with 0 if nothing stands that fails, known issues and old findings aside, else with 1.
    """
    from hrdata.report import render_report, write_report
    from hrdata.report.text import print_report

    files = parse_outputs(output, ReportFormat)
    # A check of a change must never pass because it looked at something else.
    package = path or (own_package() if since or format is ReportFormat.GITHUB else package_here())
    refuse_targets_within(package, [file for _, file in files])
    report = _validated(package, since, settings_for(package, select, ignore, fail_on))
    if format is ReportFormat.TEXT:
        print_report(report, console())
    else:
        print(render_report(report, format), end="")
    if format is ReportFormat.GITHUB:
        from hrdata.report.github import append_summary

        append_summary(report)
    for wanted, file in files:
        write_report(report, wanted, file)
    raise typer.Exit(0 if report.valid else 1)


def hook(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Files of a commit.", show_default=False)
    ] = None,
) -> None:
    """Check the packages that a commit touches.

    For pre-commit, which names the files that are staged; files that a commit deletes are found, too.
    Prints the report of each package that is not valid, and ends with 1 if there is one.
    """
    from hrdata.hook import find_packages
    from hrdata.report.outline import verdict
    from hrdata.report.text import print_report

    is_valid = True
    for folder in find_packages(files or ()):
        report = _validated(folder, None, settings_for(folder))
        if report.valid:
            print_line(f"{folder}: {': '.join(verdict(report))}")
        else:
            print_report(report, console())
        is_valid &= report.valid
    raise typer.Exit(0 if is_valid else 1)


def _validated(package: Path, since: str | None, settings: Settings) -> Report:
    from hrdata.since import validate_since
    from hrdata.validate import validate_package

    if not since:
        return validate_package(package, settings=settings)
    return validate_since(package, since, settings=settings)


def show(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table, such as votes.")],
    row_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ROW_ID",
            help="Key of a row, such as unga-61-174; the parts of a composite key are joined by |.",
            show_default=False,
        ),
    ] = None,
    package: Annotated[
        Path | None,
        typer.Option(
            "--package", "-p", help="Package to look into. Default: as for validate.", show_default=False
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show a row with its sources, or list a table.

    With the row come the rows that belong to it, where each source states it, and where sources disagree.
    """
    from hrdata.package import read_package
    from hrdata.show import look_up, print_listing, print_view, rows_of

    found = read_package(package or package_here())
    if row_id is None:
        rows = rows_of(found, table)
        print_json(rows) if format is Format.JSON else print_listing(table, rows, console())
        return
    view = look_up(found, table, row_id)
    print_json(view) if format is Format.JSON else print_view(view, console())


def checks(
    id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id of a check, such as VOT202.", show_default=False)
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the checks, or explain one."""
    from hrdata.report.checks import check_as_dict, find_check, list_checks, print_check, print_checks

    if id is None:
        listed = list_checks()
        print_json([check_as_dict(check) for check in listed]) if format is Format.JSON else print_checks(
            listed, console()
        )
        return
    check = find_check(id)
    print_json(check_as_dict(check)) if format is Format.JSON else print_check(check, console())
