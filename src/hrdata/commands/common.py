"""What commands share: their options, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hrdata.errors import Conflict, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from hrdata.settings import Settings


STORE = "releases"
"""The store that is meant when nobody names one: a folder here."""


class Format(StrEnum):
    """How a command reports."""

    TEXT = "text"
    JSON = "json"


PackagePath = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH",
        help="Folder, datapackage.json, zip or git:REV. Default: ./datapackage, else what comes with hrdata.",
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


def own_package() -> Path:
    """The package here; never the one that comes with hrdata, which is not ours to edit."""
    from hrdata.package import bundled_package, default_package

    if (found := default_package()) == bundled_package():
        raise UsageError("there is no package here; name one")
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


def refuse_targets_within(package: Path, files: Iterable[Path]) -> None:
    """Raise `Conflict` when a report would be written over a file of the package that it is about."""
    from hrdata.places import DESCRIPTOR, inner_package

    folder = inner_package(package) if package.is_dir() else package.parent
    try:
        listed = json.loads((folder / DESCRIPTOR).read_bytes())["resources"]
        paths = [resource["path"] for resource in listed]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        paths = []
    own = {package.resolve(), *((folder / str(path)).resolve() for path in (DESCRIPTOR, *paths))}
    for file in files:
        # Without a descriptor that can be read, any table may be one of the package.
        may_be = not paths and file.suffix == ".csv" and file.resolve().is_relative_to(folder.resolve())
        if file.exists() and (file.resolve() in own or may_be):
            raise Conflict(f"{file}: is a file of the package; write the report to another place")


AnyFormat = TypeVar("AnyFormat", bound=StrEnum)


def parse_output(text: str, formats: type[AnyFormat]) -> tuple[AnyFormat, Path]:
    """The format and the file of `FORMAT:FILE`. Raises `UsageError` when it is something else."""
    format, colon, file = text.partition(":")
    if format not in list(formats) or not colon or file in ("", "-"):
        some = list(formats)[-1]
        raise UsageError(
            f"--output {text}: expected FORMAT:FILE, such as {some}:report.{some}; "
            f"the formats are {', '.join(formats)}"
        )
    return formats(format), Path(file)


def parse_outputs(texts: list[str] | None, formats: type[AnyFormat]) -> list[tuple[AnyFormat, Path]]:
    """The format and the file of each `FORMAT:FILE`. Raises `UsageError` when two are for one file."""
    outputs = [parse_output(text, formats) for text in texts or ()]
    places = [file.resolve() for _, file in outputs]
    for (format, file), place in zip(outputs, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"--output {format}:{file}: another report goes to the same file; name another")
    return outputs


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


def split_name(text: str) -> tuple[str, str]:
    """The name and the version of `NAME[@VERSION]`."""
    name, _, version = text.partition("@")
    return name, version
