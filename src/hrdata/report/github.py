"""The report as workflow commands of GitHub Actions: annotations, then all that stands in groups."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from hrdata.check import Finding, Severity
from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.report import markdown
from hrdata.report.outline import Group, caveats, old, path_of, place_of, rest, standing, verdict
from hrdata.report.terminal import counted
from hrdata.validate import Report

ANNOTATIONS_PER_KIND = 10
"""GitHub shows so many annotations of a kind for each step and drops the others."""

SUMMARY_LIMIT = 1024**2
"""GitHub drops the summary of a step that has more bytes than this."""

SUMMARY_FILE = "GITHUB_STEP_SUMMARY"

_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """The report as the lines that a step of a workflow prints."""
    return "".join(f"{line}\n" for line in _lines(report))


def summary(report: Report, limit: int = SUMMARY_LIMIT) -> str:
    """The report for the summary of the step, in at most so many bytes of UTF-8."""
    return markdown.render(report, limit, lambda text: len(text.encode()))


def append_summary(report: Report) -> None:
    """Add the summary to the file that `GITHUB_STEP_SUMMARY` names, if it names one.

    It has the room that the file, as other commands of the step left it, has left.
    Raises `EnvironmentFault` when it cannot be written there whole; then nothing is.
    """
    if not (name := os.environ.get(SUMMARY_FILE)):
        return
    path = Path(name)
    try:
        held = path.stat().st_size if path.exists() else 0
        # The empty lines end whatever Markdown stands before, and begin what others add.
        text = f"\n\n{summary(report, SUMMARY_LIMIT - held - 3)}\n".encode()
        if held + len(text) > SUMMARY_LIMIT:
            raise OSError(errno.EFBIG, f"it holds {held:,} of the {SUMMARY_LIMIT:,} bytes that GitHub takes")
        _append(path, held, text)
    except OSError as fault:
        raise EnvironmentFault(
            f"{SUMMARY_FILE}: {name}: cannot take the summary: {fault.strerror or fault}; "
            f"make room or unset {SUMMARY_FILE}"
        ) from None


def _append(path: Path, held: int, data: bytes) -> None:
    """Add to a file, all or nothing."""
    with path.open("ab", buffering=0) as file:
        if file.write(data) != len(data):
            os.truncate(path, held)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _lines(report: Report) -> Iterator[str]:
    groups, old_groups = standing(report), old(report)
    yield printable_line(f"Package {report.name} {report.version}".rstrip() + f" in {report.label}")
    for severity in _KINDS:
        yield from _annotations(report, [group for group in groups if group.check.severity is severity])
    for group in groups:
        hints = dict.fromkeys(finding.hint for finding in group.findings if finding.hint)
        yield from _folded(
            f"{group.check.id} {group.title}", [*_listed(group), *(f"hint: {hint}" for hint in hints)]
        )
    if old_groups:
        count = counted(sum(group.count for group in old_groups), "finding")
        lines = [f"{group.check.id} {line}" for group in old_groups for line in _listed(group)]
        yield from _folded(f"Old findings, there at {report.since}: {count}", lines)
    word, why = verdict(report)
    yield from (printable_line(line) for line in (caveats(report), f"{word}: {why}") if line)


def _annotations(report: Report, groups: list[Group]) -> Iterator[str]:
    """Annotations of one kind, each check having its first before any has a second."""
    ranked = [(rank, group, finding) for group in groups for rank, finding in enumerate(group.findings)]
    ranked.sort(key=lambda ranked: ranked[0])
    for _, group, finding in ranked[:ANNOTATIONS_PER_KIND]:
        yield _annotation(report, group, finding)


def _annotation(report: Report, group: Group, finding: Finding) -> str:
    # A line within a zip is no line of the zip: it is said in the message.
    is_on_disk = bool(report.base)
    properties = {
        "title": f"{group.check.id} {group.check.name}",
        "file": path_of(report, finding),
        "line": finding.line if is_on_disk else None,
        "col": finding.column if is_on_disk else None,
    }
    message = finding.message if is_on_disk else f"{place_of(finding)}: {finding.message}"
    stated = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    return f"::{_KINDS[group.check.severity]} {stated}::{_data(message)}"


def _data(text: str) -> str:
    """A text as a command has it, by the rules of GitHub's own toolkit.

    They want line breaks replaced too: those, like all that is invisible, are shown as escapes before.
    """
    return printable_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _folded(title: str, lines: list[str]) -> Iterator[str]:
    """A group of lines, which the log shows folded."""
    yield f"::group::{_data(title)}"
    yield from map(printable_line, lines)
    yield "::endgroup::"


def _listed(group: Group) -> Iterator[str]:
    """A line for each finding that is listed, and one for all others."""
    listed = len(group.findings)
    yield from (f"{place_of(finding)}  {finding.message}" for finding in group.findings)
    yield from filter(None, [rest(group.count, listed, listed)])
