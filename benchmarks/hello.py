"""The smallest command line that typer makes: what starting hrdata is held against."""

from __future__ import annotations

from typing import Annotated

import typer

# The same settings as hrdata has, so that typer does no more for the one than for the other.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print("hello 1.0")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Say hello."""


@app.command()
def hello(name: str = "world") -> None:
    """Say hello to somebody."""
    print(f"Hello, {name}.")


if __name__ == "__main__":
    app()
