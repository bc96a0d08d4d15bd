"""Differences to what people and programs read: one module for each format, registered here by name.

The module of a format has a one-line docstring that names it and `render(diff)`, which gives all of it
as text. It takes what there is to say from `hrdata.diff_report.outline`, and escapes what comes from data for
where it goes. Two modules are asked for by themselves: `daff`, which needs the old tables as well, and
`changelog`, which needs a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from hrdata.changes import Diff


class DiffFormat(StrEnum):
    """How a difference is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    DAFF = "daff"


_MODULES = {DiffFormat.JSON: "data", DiffFormat.HTML: "page"}
"""The modules that are not named after their format, since Python has modules of that name."""


def render_diff(diff: Diff, format: DiffFormat) -> str:
    """The difference in one of the formats but daff, as the text of a file."""
    text: str = import_module(f"{__name__}.{_MODULES.get(format, format)}").render(diff)
    return text


def render_patch(diff: Diff, old: Mapping[str, pl.DataFrame], table: str = "") -> str:
    """The difference of one table as daff has it; `old` are the tables of the old version, as text.

    Raises `UsageError` when several tables differ and none is named, or the named one does not differ.
    """
    from hrdata.diff_report.daff import render_table

    return render_table(diff, old, table)
