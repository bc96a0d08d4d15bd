"""Report to text and JSON. The library returns data; this is where it becomes something to read.

Whatever comes from data is escaped for where it goes: no control character reaches a terminal.
"""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from hrdata.check import ALL_TABLES, CHECKS, Check, Finding, Result, Severity, Status, group_by_check
from hrdata.errors import UsageError
from hrdata.fields import LOG_COMMAND, printable_line
from hrdata.validate import Report

if TYPE_CHECKING:
    from rich.console import Console

    from hrdata.importers.harvest import Harvest, Problem

SHOWN_PER_CHECK = 20
"""The text shows so many findings of a check; JSON has all that are listed."""

SHOWN_PER_REASON = 3
"""The text shows so many rows that an import reported for one reason."""

_STATUS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.KNOWN: "with known issues only",
    Status.SKIPPED: "skipped",
    Status.UNKNOWN: "unknown",
}
_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def report_as_json(report: Report) -> str:
    """The report as JSON in plain ASCII; docs/report.md describes it field by field."""
    return as_safe_json(
        {
            "hrdata": version("hrdata"),
            "package": {"path": report.label, "name": report.name, "version": report.version},
            "valid": report.valid,
            "tables": report.tables,
            "unchecked": list(report.unchecked),
            "checks": [_result_as_dict(result) for result in report.results],
            "findings": [asdict(finding) for finding in report.findings],
            "known_issues": [
                {k: v for k, v in asdict(issue).items() if k != "row"} for issue in report.waivers
            ],
        }
    )


def as_safe_json(value: Any) -> str:
    """JSON in plain ASCII, without anything that the log of a CI service takes for a command."""
    return LOG_COMMAND.sub(r"\\u0023", json.dumps(value, indent=2))


def _result_as_dict(result: Result) -> dict[str, Any]:
    return {
        "check": result.check.id,
        "truth": result.check.truth,
        "severity": result.check.severity,
        "status": result.status,
        "judged": result.judged,
        "unknown": result.unknown,
        "findings": result.count,
        "listed": len(result.findings),
        "skipped": result.skipped,
    }


def print_report(report: Report, console: Console) -> None:
    """Print the report for a person: tables, checks, findings by check, known issues, verdict."""
    say = Speaker(console)
    say.line(f"Package {report.name} {report.version}".strip(), "bold", f" in {report.label}")
    _print_tables(report, say)
    _print_checks(report, say)
    _print_known_issues(report, say)
    _print_findings(report, say)
    _print_verdict(report, say)


class Speaker:
    """Prints pieces of text on a console, each escaped, the first of them styled."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str = "", style: str = "", rest: str = "") -> None:
        """Print one line."""
        from rich.text import Text

        shown = printable_line(text + rest)
        line = Text(shown)
        line.stylize(style, 0, len(shown) - len(printable_line("." + rest)) + 1)
        self._console.print(line, soft_wrap=True, highlight=False)

    def title(self, text: str) -> None:
        """Print a heading after an empty line."""
        self.line()
        self.line(text, "bold")


def _print_tables(report: Report, say: Speaker) -> None:
    say.title("Tables")
    width = max((len(name) for name in report.tables), default=0)
    for name, rows in report.tables.items():
        remark = (
            "  not checked: hrdata does not know this table, and it has no schema"
            if name in report.unchecked
            else ""
        )
        number, word = _counted(rows, "row").split()
        say.line(f"  {name:<{width}}  {number:>9} {word}{remark}")
    total = sum(report.tables.values())
    say.line(f"  {_counted(len(report.tables), 'table')}, {_counted(total, 'row')}")


def _print_checks(report: Report, say: Speaker) -> None:
    say.title("Checks")
    say.line("  " + ", ".join(f"{report.count(status):,} {_STATUS[status]}" for status in Status))
    for result in report.results:
        if result.status is Status.SKIPPED:
            say.line(f"  skipped  {result.check.id} {result.check.name}: {result.skipped}")
        elif result.unknown:
            rows = _counted(result.unknown, "row")
            say.line(f"  unknown  {result.check.id} {result.check.name}: {rows} could not be judged")


def _print_findings(report: Report, say: Speaker) -> None:
    results = {result.check.id: result for result in report.results}
    standing = group_by_check(finding for finding in report.findings if not finding.waived)
    if standing:
        say.title("Findings")
    for id, findings in standing.items():
        result = results[id]
        severity = result.check.severity
        count = result.count - sum(1 for finding in result.findings if finding.waived)
        say.line(
            f"  {severity} {id}", _STYLE[severity], f" {result.check.name}: {_counted(count, 'finding')}"
        )
        for finding in findings[:SHOWN_PER_CHECK]:
            say.line(f"    {_where(finding)}  {finding.message}")
        if count > SHOWN_PER_CHECK:
            listed = min(count, len(result.findings))
            say.line(f"    and {count - SHOWN_PER_CHECK:,} more; --format json lists {listed:,}")
        for hint in dict.fromkeys(finding.hint for finding in findings[:SHOWN_PER_CHECK]):
            say.line("    hint: ", "italic", hint)


def _where(finding: Finding) -> str:
    places: Iterable[object] = (finding.file, finding.line, finding.column)
    return ":".join(str(place) for place in places if place)


def _print_known_issues(report: Report, say: Speaker) -> None:
    if not report.waivers:
        return
    say.title("Known issues")
    for issue in report.waivers:
        what = f"  {issue.check} {issue.table} {issue.row_id} {issue.field}"
        say.line(what, "cyan", f" ({_counted(issue.findings, 'finding')}): {issue.reason}")


def _print_verdict(report: Report, say: Speaker) -> None:
    caveats = [_counted(report.warnings, "warning")] if report.warnings else []
    if unjudged := report.count(Status.SKIPPED) + report.count(Status.UNKNOWN):
        caveats.append(f"{_counted(unjudged, 'check')} could not judge everything")
    waived = sum(1 for finding in report.findings if finding.waived)
    known = f"; known issues cover {_counted(waived, 'finding')}" if waived else ""
    say.line()
    if caveats:
        say.line("; ".join(caveats).capitalize() + ".")
    if report.valid:
        say.line("Valid", "bold green", f": no errors{known}.")
    else:
        say.line("Not valid", "bold red", f": {_counted(report.errors, 'error')}{known}.")


def harvest_as_dict(harvest: Harvest) -> dict[str, Any]:
    """The account of an import and the rows that it reported, for JSON."""
    return {
        "rows_in": harvest.rows_in,
        "rows_out": harvest.rows_out,
        "rows_reported": harvest.rows_reported,
        "tables": {name: table.height for name, table in harvest.tables.items()},
        "problems": [asdict(problem) for problem in harvest.problems],
    }


def print_harvest(harvest: Harvest, out: object, console: Console) -> None:
    """Print what an import wrote, which rows it reported, and the account."""
    say = Speaker(console)
    alike: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in harvest.problems:
        alike[problem.field, problem.reason].append(problem)
    for why, problems in alike.items():
        for problem in problems[:SHOWN_PER_REASON]:
            fault = f"  {problem.field} '{problem.value}' {problem.reason}".replace("  ''", "")
            say.line(f"{problem.file}:{problem.line}", "yellow", fault)
        more = max(len(problems), harvest.counts[why]) - SHOWN_PER_REASON
        if more > 0:
            listed = "them" if more + SHOWN_PER_REASON == len(problems) else f"{len(problems):,} of them"
            say.line(f"  and {more:,} more like it; --format json lists {listed}")
    width = max(map(len, harvest.tables))
    for name, table in harvest.tables.items():
        say.line(f"  {name:<{width}} {_counted(table.height, 'row')}")
    account = f"{_counted(harvest.rows_in, 'row')} in, {harvest.rows_out:,} taken over"
    say.line(f"Wrote {out}", "bold", f": {account}, {_counted(harvest.rows_reported, 'row')} reported")


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A function to tell what is being done and what part of it is, from 0 to 1.

    A terminal shows a bar as long as it goes on; elsewhere each new step is a line.
    """
    if not console.is_terminal:
        said: list[str] = []

        def tell(text: str, part: float) -> None:  # noqa: ARG001
            if [text] != said[-1:]:
                said.append(text)
                Speaker(console).line(text)

        yield tell
        return
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(*Progress.get_default_columns(), console=console, transient=True) as bar:
        task = bar.add_task("", total=1)
        yield lambda text, part: bar.update(task, description=escape(printable_line(text)), completed=part)


def list_checks() -> list[Check]:
    """Every check, by id."""
    import hrdata.validate  # noqa: F401  (declares those that the engine watches over)

    return [CHECKS[id] for id in sorted(CHECKS)]


def find_check(id: str) -> Check:
    """The check with an id. Raises `UsageError` when there is none."""
    known = {check.id: check for check in list_checks()}
    if id.upper() not in known:
        alike = [name for name in known if name.startswith(id.upper())]
        near = alike[:3] or difflib.get_close_matches(id.upper(), known, n=3)
        raise UsageError(
            f"there is no check {id}; "
            + (f"did you mean {' or '.join(near)}?" if near else "hrdata checks lists them")
        )
    return known[id.upper()]


def check_as_dict(check: Check) -> dict[str, Any]:
    """What a check asserts, for JSON."""
    return {
        "check": check.id,
        "truth": check.truth,
        "meaning": check.meaning,
        "severity": check.severity,
        "tables": list(check.tables),
        "message": check.message,
        "hint": check.hint,
        "example": check.example,
    }


def print_checks(checks: list[Check], console: Console) -> None:
    """Print the checks, a line each."""
    say = Speaker(console)
    for check in checks:
        remark = "" if check.severity is Severity.ERROR else f" ({check.severity})"
        say.line(check.id, "bold", f"  {check.meaning}{remark}")
    say.line(f"{_counted(len(checks), 'check')}; hrdata checks ID explains one")


def print_check(check: Check, console: Console) -> None:
    """Explain one check."""
    say = Speaker(console)
    say.line(f"{check.id} {check.name}", "bold", f" ({check.severity})")
    say.line(check.meaning)
    needed = [name if name not in check.optional else f"{name} if there" for name in check.tables]
    for name, text in (
        ("Tables", ", ".join(needed).replace(ALL_TABLES, "every other table")),
        ("Example", check.example),
        ("Message", check.message),
        ("Hint", check.hint),
    ):
        if text:
            say.line(f"{name}: ", "italic", text)


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
