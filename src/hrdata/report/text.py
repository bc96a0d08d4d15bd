"""The report as text for a person, on a terminal or in a file."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from hrdata.check import Status
from hrdata.report.outline import (
    NOT_CHECKED,
    Group,
    caveats,
    old,
    place_of,
    rest,
    standing,
    unjudged,
    verdict,
)
from hrdata.report.terminal import Speaker, counted
from hrdata.validate import Report

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_PER_CHECK = 20
"""The text shows so many findings of a check; JSON has all that are listed."""

_STATUS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.KNOWN: "with known issues only",
    Status.SKIPPED: "skipped",
    Status.UNKNOWN: "unknown",
}
_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def render(report: Report) -> str:
    """The report as plain text."""
    from rich.console import Console

    written = StringIO()
    print_report(report, Console(file=written, color_system=None))
    return written.getvalue()


def print_report(report: Report, console: Console) -> None:
    """Print the report for a person: tables, checks, findings by check, known issues, verdict."""
    say = Speaker(console)
    say.line(f"Package {report.name} {report.version}".strip(), "bold", f" in {report.label}")
    _print_tables(report, say)
    _print_checks(report, say)
    _print_known_issues(report, say)
    _print_findings(f"Old findings, there at {report.since}", old(report), say)
    _print_findings("Findings", standing(report), say)
    _print_verdict(report, say)


def _print_tables(report: Report, say: Speaker) -> None:
    say.title("Tables")
    width = max((len(name) for name in report.tables), default=0)
    for name, rows in report.tables.items():
        remark = f"  {NOT_CHECKED}" if name in report.unchecked else ""
        number, word = counted(rows, "row").split()
        say.line(f"  {name:<{width}}  {number:>9} {word}{remark}")
    total = sum(report.tables.values())
    say.line(f"  {counted(len(report.tables), 'table')}, {counted(total, 'row')}")


def _print_checks(report: Report, say: Speaker) -> None:
    say.title("Checks")
    words = {**_STATUS, Status.KNOWN: "known or old only"} if report.since else _STATUS
    say.line("  " + ", ".join(f"{report.count(status):,} {words[status]}" for status in Status))
    for setting in report.settings.lines():
        say.line(f"  {setting}")
    for line in unjudged(report):
        say.line(f"  {line}")


def _print_known_issues(report: Report, say: Speaker) -> None:
    if not report.waivers:
        return
    say.title("Known issues")
    for issue in report.waivers:
        what = f"  {issue.check} {issue.table} {issue.row_id} {issue.field}"
        say.line(what, "cyan", f" ({counted(issue.findings, 'finding')}): {issue.reason}")


def _print_findings(title: str, groups: list[Group], say: Speaker) -> None:
    if groups:
        say.title(title)
    for group in groups:
        shown = group.findings[:SHOWN_PER_CHECK]
        severity = group.check.severity
        say.line(f"  {severity} {group.check.id}", _STYLE[severity], f" {group.title}")
        for finding in shown:
            say.line(f"    {place_of(finding)}  {finding.message}")
        if more := rest(group.count, len(group.findings), len(shown)):
            say.line(f"    {more}")
        for hint in dict.fromkeys(finding.hint for finding in shown):
            say.line("    hint: ", "italic", hint)


def _print_verdict(report: Report, say: Speaker) -> None:
    say.line()
    if remarks := caveats(report):
        say.line(remarks)
    word, why = verdict(report)
    say.line(word, "bold green" if report.valid else "bold red", f": {why}")
