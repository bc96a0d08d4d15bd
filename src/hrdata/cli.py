"""The command line: parse, call, print, exit."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hrdata.errors import HrdataError

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    name="hrdata",
    help="UN human-rights diplomacy as checked, cited and versioned data.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
schema_app = typer.Typer(
    help="Write the schemas, or see if they are stale.",
    no_args_is_help=True,
)
app.add_typer(schema_app, name="schema")


class Format(StrEnum):
    """How a command reports."""

    TEXT = "text"
    JSON = "json"


PackagePath = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH",
        help="Folder, datapackage.json or zip. Default: ./datapackage, else what comes with hrdata.",
        show_default=False,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to report.")]
SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas",
        help="Folder of the schemas. Default: schemas beside the package.",
        show_default=False,
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"hrdata {version('hrdata')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version of hrdata and leave."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options of every command."""


@app.command()
def validate(path: PackagePath = None, format: FormatOption = Format.TEXT) -> None:
    """Check a package; say what is wrong and where.

    Structure, fields, keys, references, tallies, treaty and review rules, citations and known issues.

    Ends with 0 if there is no error that a known issue does not cover, else with 1.
    """
    from hrdata.report import print_report, report_as_json
    from hrdata.validate import validate_package

    report = validate_package(path or _package_here())
    if format is Format.JSON:
        print(report_as_json(report))
    else:
        print_report(report, _console())
    raise typer.Exit(0 if report.valid else 1)


@app.command()
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

    found = read_package(package or _package_here())
    if row_id is None:
        rows = rows_of(found, table)
        _print_json(rows) if format is Format.JSON else print_listing(table, rows, _console())
        return
    view = look_up(found, table, row_id)
    _print_json(view) if format is Format.JSON else print_view(view, _console())


@app.command()
def checks(
    id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id of a check, such as VOT202.", show_default=False)
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the checks, or explain one."""
    from hrdata.report import check_as_dict, find_check, list_checks, print_check, print_checks

    if id is None:
        listed = list_checks()
        _print_json([check_as_dict(check) for check in listed]) if format is Format.JSON else print_checks(
            listed, _console()
        )
        return
    check = find_check(id)
    _print_json(check_as_dict(check)) if format is Format.JSON else print_check(check, _console())


@app.command("import")
def import_(
    format: Annotated[
        str | None, typer.Argument(metavar="FORMAT", help="Format of the files.", show_default=False)
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Files as downloaded, .gz and .zip too.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; must not exist.", show_default=False),
    ] = None,
    list_formats: Annotated[bool, typer.Option("--list", help="List the formats.")] = False,
    report: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
) -> None:
    """Turn upstream files into a package.

    What upstream got wrong is taken over for hrdata validate to find. A row that cannot be taken over is
    reported, so that rows in are rows taken over plus rows reported.
    """
    from hrdata.errors import UsageError
    from hrdata.importers import FORMATS, find_format, import_files
    from hrdata.report import harvest_as_dict, print_harvest, progress

    if list_formats:
        for name in FORMATS:
            module = find_format(name)
            _print_line(f"{name}  {(module.__doc__ or '').strip().splitlines()[0]}")
            _print_line(f"  from {module.WHERE}")
        return
    if format is None or not files or out is None:
        raise UsageError("say hrdata import FORMAT FILE... --out DIR; hrdata import --list names the formats")
    with progress(_console(to_stderr=True)) as tell:
        harvest = import_files(format, files, out, tell)
    _print_json(harvest_as_dict(harvest)) if report is Format.JSON else print_harvest(
        harvest, out, _console()
    )


@schema_app.command("export")
def schema_export(path: PackagePath = None, schemas: SchemasOption = None) -> None:
    """Write the schemas and the descriptor.

    Both follow from the models; what the descriptor says about the package as a whole is kept.
    """
    from hrdata.schema import export

    changed = export(*_folders(path, schemas))
    for file in changed:
        _print_line(f"wrote {file}")
    if not changed:
        print("nothing to write: schemas and descriptor are as the models have them")


@schema_app.command("check")
def schema_check(path: PackagePath = None, schemas: SchemasOption = None) -> None:
    """Fail when a schema or the descriptor is stale."""
    from hrdata.schema import stale_files

    stale = stale_files(*_folders(path, schemas))
    for file in stale:
        state = "is stale: the models or sources.csv say otherwise" if file.exists() else "is missing"
        _print_line(f"{file}: {state}; run hrdata schema export")
    if stale:
        raise typer.Exit(1)
    print("schemas and descriptor are as the models have them")


def _package_here() -> Path:
    from hrdata.package import bundled_package, default_package

    found = default_package()
    if found == bundled_package():
        _print_line("hrdata: no package here; this is the one that comes with hrdata", to_stderr=True)
    return found


def _folders(path: Path | None, schemas: Path | None) -> tuple[Path, Path | None]:
    """The folder of a package and that of its schemas; beside a named package only if it is there."""
    from hrdata.errors import EnvironmentFault, UsageError
    from hrdata.package import DESCRIPTOR

    folder = path or Path("datapackage")
    folder = folder.parent if folder.name == DESCRIPTOR else folder
    if not folder.is_dir():
        problem = UsageError if folder.exists() else EnvironmentFault
        raise problem(f"{folder}: is not a folder; schema works on the folder of a package")
    beside = (folder if folder.name else folder.resolve()).parent / "schemas"
    return folder, schemas or (beside if path is None or beside.is_dir() else None)


def _print_json(value: object) -> None:
    from hrdata.report import as_safe_json

    print(as_safe_json(value))


def _print_line(text: str, *, to_stderr: bool = False) -> None:
    from hrdata.fields import printable_line

    print(printable_line(text), file=sys.stderr if to_stderr else sys.stdout)


def _console(*, to_stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=to_stderr)


def main() -> None:
    """Run the command line; every way out has its exit code."""
    if hasattr(signal, "SIGPIPE"):
        # Whoever reads our output may stop reading: end like any other Unix command.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows its escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except HrdataError as error:
        _fail(error, str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(error, f"{where}{(error.strerror or str(error)).lower()}", HrdataError.exit_code)


def _fail(error: Exception, message: str, code: int) -> NoReturn:
    if "--debug" in sys.argv:
        traceback.print_exception(error)
    _print_line(f"hrdata: {message}", to_stderr=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
