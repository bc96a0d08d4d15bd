"""What every report says, whatever its format: which findings stand, which are old, and the verdict."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hrdata.check import Check, Finding, Result, Severity, Status
from hrdata.report.terminal import counted
from hrdata.settings import FAIL_ON
from hrdata.validate import Report

NOT_CHECKED = "not checked: hrdata does not know this table, and it has no schema"
"""What is said of a table whose rows nobody judged."""


@dataclass(frozen=True)
class Group:
    """Findings of one check: those that are listed, in order of place, and how many there are."""

    check: Check
    findings: list[Finding]
    count: int

    @property
    def title(self) -> str:
        """The check in words and the number of findings."""
        return f"{self.check.name}: {counted(self.count, 'finding')}"


def standing(report: Report) -> list[Group]:
    """The findings that stand: neither known nor old."""
    counts = {result.check.id: result.standing for result in report.results}
    return _grouped(report, lambda finding: finding.stands, counts)


def old(report: Report) -> list[Group]:
    """The findings that were there before and that no known issue covers."""
    counts = {result.check.id: result.old for result in report.results}
    return _grouped(report, lambda finding: finding.old, counts)


def _grouped(report: Report, wanted: Callable[[Finding], bool], counts: dict[str, int]) -> list[Group]:
    checks = {result.check.id: result.check for result in report.results}
    listed: dict[str, list[Finding]] = defaultdict(list)
    for finding in filter(wanted, report.findings):
        listed[finding.check].append(finding)
    # A check may have findings of a kind of which none is listed: it has its group all the same.
    return [Group(checks[id], listed[id], count) for id, count in sorted(counts.items()) if count]


def rest(count: int, listed: int, shown: int) -> str:
    """What is said of the findings that a format does not show, or nothing when it shows all.

    >>> rest(1500, 1000, 20), rest(30, 30, 20), rest(30, 30, 30)
    ('and 1,480 more; --format json lists 1,000', 'and 10 more; --format json lists them', '')
    """
    if shown == count:
        return ""
    more = f"and {count - shown:,} more" if shown else f"{count:,} not shown here"
    them = "them" if listed == count else f"{listed:,}"
    return more + (f"; --format json lists {them}" if listed > shown else "")


def place_of(finding: Finding) -> str:
    """Where a finding is, as `file:line:column` within the package."""
    places: Iterable[object] = (finding.file, finding.line, finding.column)
    return ":".join(str(place) for place in places if place)


def path_of(report: Report, finding: Finding | None = None) -> str:
    """The file of a finding, else the package, as a path with forward slashes from where CI works.

    That is `GITHUB_WORKSPACE`, else the current folder. A file elsewhere has its absolute path; one
    within a zip that of the zip.
    """
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    file = Path(report.base, finding.file if finding else "") if report.base else Path(report.label)
    # Links are not followed: a file is annotated under the name that the repository has for it.
    file = Path(os.path.abspath(file))
    for start in (workspace, Path.cwd()):
        if file.is_relative_to(start):
            return file.relative_to(start).as_posix()
    return file.as_posix()


def reason_of(result: Result) -> str:
    """Why a check could not judge, or not everything; nothing when it could."""
    return "; ".join(part for part in (result.skipped, _unknown_rows(result)) if part)


def _unknown_rows(result: Result) -> str:
    return f"{counted(result.unknown, 'row')} could not be judged" if result.unknown else ""


def unjudged(report: Report) -> list[str]:
    """A line for each reason for which checks could not judge, or not everything."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for result in report.results:
        if result.skipped:
            reasons[f"skipped  {result.skipped}"].append(result.check.id)
        if result.unknown:
            reasons[f"unknown  {_unknown_rows(result)}"].append(result.check.id)
    return [f"{reason}: {', '.join(ids)}" for reason, ids in sorted(reasons.items())]


def caveats(report: Report) -> str:
    """What the verdict leaves out, as a sentence, or nothing."""
    parts = [
        counted(report.standing(severity), severity)
        for severity in (Severity.WARNING,)
        if report.standing(severity) and not report.settings.fails(severity)
    ]
    if count := report.count(Status.SKIPPED) + report.count(Status.UNKNOWN):
        parts.append(f"{counted(count, 'check')} could not judge everything")
    text = "; ".join([*parts, *report.remarks])
    return f"{text[0].upper()}{text[1:]}." if text else ""


def verdict(report: Report) -> tuple[str, str]:
    """Whether the package is valid, and the reason: `("Valid", "no errors.")`."""
    failing = [severity for severity in FAIL_ON if report.settings.fails(severity)]
    new = "new " if report.since else ""
    if report.valid:
        parts = [f"no {new}{' or '.join(f'{severity}s' for severity in failing)}"]
    else:
        numbers = [(report.standing(severity), severity) for severity in failing]
        parts = [", ".join(counted(number, f"{new}{severity}") for number, severity in numbers if number)]
    if report.since:
        parts[0] += f" since {report.since}"
        parts.append(counted(report.old, "old finding"))
    if report.known:
        parts.append(f"known issues cover {counted(report.known, 'finding')}")
    return "Valid" if report.valid else "Not valid", "; ".join(parts) + "."
