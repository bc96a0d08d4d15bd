"""The commands that write: init, import, issues, schema."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import (
    Format,
    FormatOption,
    PackagePath,
    console,
    own_package,
    print_json,
    print_line,
    settings_for,
)
from hrdata.errors import UsageError

if TYPE_CHECKING:
    from hrdata.datasets.provenance import KnownIssue

PackageOption = Annotated[
    Path | None,
    typer.Option("--package", "-p", help="Package to edit. Default: ./datapackage.", show_default=False),
]
SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas",
        help="Folder of the schemas. Default: schemas beside the package.",
        show_default=False,
    ),
]


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
    from hrdata.importers import FORMATS, find_format, import_files
    from hrdata.report.harvest import harvest_as_dict, print_harvest
    from hrdata.report.terminal import progress

    if list_formats:
        for name in FORMATS:
            module = find_format(name)
            print_line(f"{name}  {(module.__doc__ or '').strip().splitlines()[0]}")
            print_line(f"  from {module.WHERE}")
        return
    if format is None or not files or out is None:
        raise UsageError("say hrdata import FORMAT FILE... --out DIR; hrdata import --list names the formats")
    with progress(console(to_stderr=True)) as tell:
        harvest = import_files(format, files, out, tell)
    print_json(harvest_as_dict(harvest)) if report is Format.JSON else print_harvest(harvest, out, console())


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into; may be there.")],
    *,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            metavar="TABLE",
            help="Table to have, with those that it needs; may be given several times. Default: all.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the package. Default: that of DIR.", show_default=False),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option("--title", help="Title of the package. Default: its name.", show_default=False),
    ] = None,
    description: Annotated[
        str | None,
        typer.Option("--description", help="What the data hold, in a sentence.", show_default=False),
    ] = None,
    creator: Annotated[
        str | None,
        typer.Option("--creator", help="Who makes and publishes the data.", show_default=False),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            "--license",
            metavar="ID",
            help="Licence of the data by its SPDX id, such as CC-BY-4.0.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Scaffold a package of one's own, valid at once.

    Data, descriptor and schemas, a README, a pre-commit hook and a workflow that checks every change.
    With --title, --description, --creator and --licence it can be published.
    """
    from hrdata.scaffold import OF_THE_REPOSITORY, create_package

    made = create_package(
        folder,
        name=name,
        title=title,
        description=description,
        creator=creator,
        licence=licence,
        tables=tables or (),
    )
    for file in made:
        print_line(f"wrote {file}")
    for kept in sorted({folder / name for name in OF_THE_REPOSITORY} - set(made)):
        print_line(f"kept {kept} as it was")


def issues_add(
    check: Annotated[str, typer.Argument(metavar="CHECK", help="Check whose findings are understood.")],
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="Only in this table.", show_default=False)
    ] = "",
    row_id: Annotated[
        str, typer.Argument(metavar="ROW_ID", help="Only in this row.", show_default=False)
    ] = "",
    field: Annotated[
        str,
        typer.Argument(metavar="FIELD", help="Only in this column; * for the whole row.", show_default=False),
    ] = "",
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why they are right and the data stays.")],
    source: Annotated[
        str, typer.Option("--source", help="Only those that speak of this source.", show_default=False)
    ] = "",
    until: Annotated[
        str, typer.Option("--until", help="Last day on which it counts.", show_default=False)
    ] = "",
    package: PackageOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write down findings as known issues, a row for each.

    They stay in every report, with the reason, and fail no validation any more.
    """
    from hrdata.register import add_issues
    from hrdata.report.terminal import counted

    folder = package or own_package()
    addition = add_issues(
        folder,
        check,
        reason=reason,
        table=table,
        row_id=row_id,
        field=field,
        source_id=source,
        until=until,
        settings=settings_for(folder),
    )
    if format is Format.JSON:
        rows = [{**one.issue.model_dump(mode="json"), "findings": one.findings} for one in addition.added]
        print_json({"added": rows, "left": addition.left})
        return
    for added in addition.added:
        print_line(f"added {_named(added.issue)} ({counted(added.findings, 'finding')})")
    if addition.left:
        print_line(f"{counted(addition.left, 'finding')} more; hrdata validate says which still stand")


def issues_prune(package: PackageOption = None, format: FormatOption = Format.TEXT) -> None:
    """Remove known issues that cover nothing any more or are past their last day."""
    from hrdata.check import CHECKS
    from hrdata.register import prune_issues

    folder = package or own_package()
    pruned = prune_issues(folder, settings=settings_for(folder))
    if format is Format.JSON:
        rows = [{**one.issue.model_dump(mode="json"), "removed_for": one.finding.check} for one in pruned]
        print_json({"removed": rows})
        return
    for one in pruned:
        print_line(f"removed {_named(one.issue)} ({one.finding.check} {CHECKS[one.finding.check].name})")
    if not pruned:
        print("nothing to remove; known issues whose check could not judge stay")


def _named(issue: KnownIssue) -> str:
    return f"{issue.check_id} {issue.table} {issue.row_id} {issue.field}"


def schema_export(path: PackagePath = None, schemas: SchemasOption = None) -> None:
    """Write the schemas and the descriptor.

    Both follow from the models; what the descriptor says about the package as a whole is kept.
    """
    from hrdata.schema import export

    changed = export(*_folders(path, schemas))
    for file in changed:
        print_line(f"wrote {file}")
    if not changed:
        print("nothing to write: schemas and descriptor are as the models have them")


def schema_check(path: PackagePath = None, schemas: SchemasOption = None) -> None:
    """Fail when a schema or the descriptor is stale."""
    from hrdata.places import as_command
    from hrdata.schema import stale_files

    stale = stale_files(*_folders(path, schemas))
    for file in stale:
        state = "is stale: the models or sources.csv say otherwise" if file.exists() else "is missing"
        beside = f" --schemas {shlex.quote(str(schemas))}" if schemas else ""
        print_line(f"{file}: {state}; run {as_command('schema export', path)}{beside}")
    if stale:
        raise typer.Exit(1)
    print("schemas and descriptor are as the models have them")


def _folders(path: Path | None, schemas: Path | None) -> tuple[Path, Path | None]:
    """The folder of a package and that of its schemas; beside a named package only if it is there."""
    from hrdata.errors import EnvironmentFault
    from hrdata.places import DESCRIPTOR, inner_package

    named = path or own_package()
    folder = named.parent if named.name == DESCRIPTOR else inner_package(named)
    if not folder.is_dir():
        problem = UsageError if folder.exists() else EnvironmentFault
        raise problem(f"{folder}: is not a folder; schema works on the folder of a package")
    beside = (folder if folder.name else folder.resolve()).parent / "schemas"
    is_ours = path is None and named.name != DESCRIPTOR
    return folder, schemas or (beside if is_ours or beside.is_dir() else None)
