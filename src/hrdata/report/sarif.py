"""The report in SARIF 2.1.0, which code scanning services read (OASIS, errata 01)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from hrdata.check import Check, Finding, Severity
from hrdata.fields import printable
from hrdata.report.outline import path_of, reason_of
from hrdata.report.terminal import as_safe_json, counted
from hrdata.validate import Report

MOST_RESULTS = 25_000
"""GitHub rejects a run with more results. It shows 5,000 of them, the worst first."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_NOTICES = {"unjudged": "note", "unlisted": "warning"}
"""What is said besides results: that a check did not judge, or not list, everything. With the level."""


def render(report: Report) -> str:
    """The report as SARIF in plain ASCII.

    Of more results than GitHub takes, those that stand are kept before old and known ones.
    """
    kept = _most_important(report.findings)
    run = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": _category(report)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, kept)],
        "results": list(_results(report, kept)),
        "properties": {
            "package": {"path": report.label, "name": report.name, "version": report.version},
            "since": report.since,
            "settings": list(report.settings.lines()),
        },
    }
    return as_safe_json(_printable({"version": "2.1.0", "$schema": _SCHEMA, "runs": [run]})) + "\n"


def _printable(value: Any) -> Any:
    """The value with all its texts as they can be shown: some readers reject half of a surrogate pair."""
    if isinstance(value, dict):
        return {name: _printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return printable(value) if isinstance(value, str) else value


def _message(text: str) -> dict[str, str]:
    """A message in which nothing is a placeholder (3.11.5) or a link (3.11.6)."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _category(report: Report) -> str:
    """What tells runs on several packages of a repository apart; to GitHub, all before the last slash."""
    path = path_of(report).strip("/")
    return "hrdata/" if path == "." else f"hrdata/{path}/"


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": "hrdata",
        "version": version("hrdata"),
        "semanticVersion": version("hrdata"),
        "rules": [_rule(result.check) for result in report.results],
    }


def _rule(check: Check) -> dict[str, Any]:
    example = f" Example of what breaks it: {check.example}" if check.example else ""
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.truth.split("_")),
        "shortDescription": _message(check.meaning),
        "fullDescription": _message(check.meaning + example),
        "help": _message(re.sub(r"\{(\w+)\}", r"[\1]", check.hint)),
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": [check.family]},
    }


def _most_important(findings: list[Finding]) -> list[Finding]:
    """As many findings as a run may have, in their order."""
    by_rank = sorted(findings, key=lambda f: (bool(f.waived), f.old, _RANKS[f.severity]))
    return sorted(by_rank[:MOST_RESULTS], key=lambda finding: finding.place)


def _results(report: Report, kept: list[Finding]) -> Iterator[dict[str, Any]]:
    indices = {result.check.id: index for index, result in enumerate(report.results)}
    uris = {f.file: _as_uri(path_of(report, f)) for f in {f.file: f for f in kept}.values()}
    for finding, fingerprint in zip(kept, _fingerprints(kept), strict=True):
        made: dict[str, Any] = {
            "ruleId": finding.check,
            "ruleIndex": indices[finding.check],
            "level": _LEVELS[finding.severity],
            "message": _message(f"{finding.message.removesuffix('.')}. {finding.hint}"),
            "locations": [_location(finding, uris[finding.file])],
            "partialFingerprints": {"hrdataFinding/v1": fingerprint},
            # All results say whether they are suppressed, or none does (3.27.23).
            "suppressions": [],
        }
        if finding.waived:
            made["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": finding.waived}
            ]
        if report.since:
            made["baselineState"] = "unchanged" if finding.old else "new"
        yield made


def _location(finding: Finding, uri: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
        if finding.column:
            place["region"]["startColumn"] = finding.column
    location: dict[str, Any] = {"physicalLocation": place}
    within = {"table": finding.table, "row": finding.row_id, "field": finding.field}
    named = {kind: name for kind, name in within.items() if name}
    if named:
        kind, name = list(named.items())[-1]
        qualified = "/".join(named.values())
        location["logicalLocations"] = [{"name": name, "fullyQualifiedName": qualified, "kind": kind}]
    return location


def _as_uri(path: str) -> str:
    """A path as a URI: a relative one, or one of a file."""
    if re.match("/|[A-Za-z]:/", path):
        return f"file:///{quote(path.removeprefix('/'), safe='/:', errors='backslashreplace')}"
    return quote(path, errors="backslashreplace")


def _fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """What stays of each finding when lines move; equal ones are numbered."""
    seen = Counter[str]()
    for f in findings:
        parts = (
            (f.check, f.table, f.row_id, f.field, f.source_id) if f.row_id else (f.check, f.file, f.message)
        )
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        seen[digest] += 1
        yield f"{digest}:{seen[digest]}"


def _invocation(report: Report, kept: list[Finding]) -> dict[str, Any]:
    return {
        "executionSuccessful": True,
        "exitCode": 0 if report.valid else 1,
        "toolExecutionNotifications": list(_notifications(report, kept)),
    }


def _notifications(report: Report, kept: list[Finding]) -> Iterator[dict[str, Any]]:
    """A note for each check that could not judge everything, or of which not all findings are listed."""
    listed = Counter(finding.check for finding in kept)
    for index, result in enumerate(report.results):
        id = result.check.id
        texts = {}
        if reason := reason_of(result):
            texts["unjudged"] = f"{id} did not judge everything: {reason}."
        if result.count > listed[id]:
            texts["unlisted"] = f"{id} has {counted(result.count, 'finding')}; {listed[id]:,} are listed."
        for notice, text in texts.items():
            yield {
                "descriptor": {"id": notice},
                "associatedRule": {"id": id, "index": index},
                "level": _NOTICES[notice],
                "message": _message(text),
            }
