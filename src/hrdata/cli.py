"""The command line: the commands by their names, and every way out with its exit code."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from hrdata.commands import checking, comparing, editing, releasing
from hrdata.commands.common import print_line
from hrdata.errors import HrdataError

app = typer.Typer(
    name="hrdata",
    help="UN human-rights diplomacy as checked, cited and versioned data.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


for command in (
    checking.validate,
    checking.hook,
    checking.show,
    checking.checks,
    comparing.diff,
    editing.init,
    releasing.publish,
    releasing.releases,
    releasing.get,
    releasing.verify,
    releasing.yank,
):
    app.command()(command)
app.command("import")(editing.import_)


def _add_group(name: str, meaning: str, **commands: Callable[..., None]) -> None:
    group = typer.Typer(help=meaning, no_args_is_help=True)
    for verb, command in commands.items():
        group.command(verb)(command)
    app.add_typer(group, name=name)


_add_group("issues", "Keep the register of known issues.", add=editing.issues_add, prune=editing.issues_prune)
_add_group(
    "schema",
    "Write the schemas, or see if they are stale.",
    export=editing.schema_export,
    check=editing.schema_check,
)


_add_group(
    "store",
    "Look after a store of releases.",
    verify=releasing.store_verify,
    gc=releasing.store_gc,
)


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
    print_line(f"hrdata: {message}", to_stderr=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
