"""The report as data for programs; docs/report.md describes it field by field."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from hrdata.check import Result
from hrdata.report.terminal import as_safe_json
from hrdata.validate import Report


def render(report: Report) -> str:
    """The report as JSON in plain ASCII."""
    return (
        as_safe_json(
            {
                "hrdata": version("hrdata"),
                "package": {"path": report.label, "name": report.name, "version": report.version},
                "valid": report.valid,
                "since": report.since,
                "remarks": list(report.remarks),
                "settings": list(report.settings.lines()),
                "tables": report.tables,
                "unchecked": list(report.unchecked),
                "checks": [_result_as_dict(result) for result in report.results],
                "findings": [asdict(finding) for finding in report.findings],
                "known_issues": [
                    {k: v for k, v in asdict(issue).items() if k != "row"} for issue in report.waivers
                ],
            }
        )
        + "\n"
    )


def _result_as_dict(result: Result) -> dict[str, Any]:
    return {
        "check": result.check.id,
        "truth": result.check.truth,
        "severity": result.check.severity,
        "status": result.status,
        "judged": result.judged,
        "unknown": result.unknown,
        "findings": result.count,
        "standing": result.standing,
        "old": result.old,
        "listed": len(result.findings),
        "skipped": result.skipped,
    }
