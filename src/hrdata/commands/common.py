"""What commands share: their options, and how they print."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hrdata.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from hrdata.settings import Settings


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


def package_here() -> Path:
    """The package that is meant when nobody says which; a line says so if it is the bundled one."""
    from hrdata.package import bundled_package, default_package

    found = default_package()
    if found == bundled_package():
        print_line("hrdata: no package here; this is the one that comes with hrdata", to_stderr=True)
    return found


def print_json(value: object) -> None:
    """Print a value as JSON."""
    from hrdata.report.terminal import as_safe_json

    print(as_safe_json(value))


def print_line(text: str, *, to_stderr: bool = False) -> None:
    """Print one line, whatever the text holds."""
    from hrdata.fields import printable_line

    print(printable_line(text), file=sys.stderr if to_stderr else sys.stdout)


def console(*, to_stderr: bool = False) -> Console:
    """What prints on the terminal."""
    from rich.console import Console

    return Console(stderr=to_stderr)


AnyFormat = TypeVar("AnyFormat", bound=StrEnum)


def parse_output(text: str, formats: type[AnyFormat]) -> tuple[AnyFormat, Path]:
    """The format and the file of `FORMAT:FILE`. Raises `UsageError` when it is something else."""
    format, colon, file = text.partition(":")
    if format not in list(formats) or not colon or not file:
        some = list(formats)[-1]
        raise UsageError(
            f"--output {text}: expected FORMAT:FILE, such as {some}:report.{some}; "
            f"the formats are {', '.join(formats)}"
        )
    return formats(format), Path(file)


def settings_for(
    package: Path,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    fail_on: str | None = None,
) -> Settings:
    """What the command line says, then pyproject.toml; an option given as "" stands for nothing."""
    from hrdata.places import folder_of
    from hrdata.settings import make_settings, settings_of_project

    said = {"select": select, "ignore": ignore, "fail-on": fail_on}
    return make_settings(said, "command line").over(settings_of_project(folder_of(package)))
