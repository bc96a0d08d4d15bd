"""Report to what people and programs read: one module for each format, registered here by name.

The module of a format has a one-line docstring that names it and `render(report)`, which gives the
report as text. It takes what there is to say from `hrdata.report.outline`, and escapes what comes
from data for where it goes.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrdata.validate import Report


class ReportFormat(StrEnum):
    """How a validation is reported."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    HTML = "html"


_MODULES = {ReportFormat.JSON: "data", ReportFormat.HTML: "page"}
"""The modules that are not named after their format, since Python has modules of that name."""


def render_report(report: Report, format: ReportFormat) -> str:
    """The report in one of the formats, as the text of a file."""
    text: str = import_module(f"{__name__}.{_MODULES.get(format, format)}").render(report)
    return text


def write_report(report: Report, format: ReportFormat, file: Path) -> None:
    """Write the report to a file, all of it or nothing."""
    from hrdata.places import write_file

    write_file(file, render_report(report, format).encode("utf-8", "backslashreplace"))
