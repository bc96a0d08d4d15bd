"""Package to report: parse every table, judge keys and references, run the checks, apply known issues."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from hrdata.check import (
    CHECKS,
    Finding,
    Result,
    Severity,
    Status,
    Tables,
    declare,
    list_hits,
    run_checks,
)
from hrdata.datasets import MODELS
from hrdata.datasets.provenance import WHOLE
from hrdata.keys import judge_keys, judge_references
from hrdata.package import Package, read_package
from hrdata.parse import Layout, layout_of, parse_columns
from hrdata.places import DESCRIPTOR
from hrdata.settings import DEFAULT, Settings, settings_can_be_followed, settings_of_descriptor
from hrdata.tableschema import lost_references, read_layout, schema_can_be_followed

table_is_known = declare(
    "PKG112",
    "table_is_known",
    "Every resource is a table that hrdata knows.",
    message="the resource {name} is not a table that hrdata knows; its rows are not checked",
    hint="Describe it by a schema in {file}, or correct its name if it is meant to be one of: {known}.",
    example="A resource named vote instead of votes.",
    severity=Severity.WARNING,
)
package_has_a_known_table = declare(
    "PKG113",
    "package_has_a_known_table",
    "At least one resource is a table that hrdata knows.",
    message="no resource is a table that hrdata knows, so nothing was checked",
    hint="Describe each by a schema in {file}, or name it after the table it holds: {known}.",
    example="A single resource named vote.",
)
known_issue_matches_a_finding = declare(
    "WVR201",
    "known_issue_matches_a_finding",
    "Every known issue covers a finding that is still there.",
    message="{row_id}: the known issue covers no finding any more",
    hint="Run hrdata issues prune, or delete the row from {file}: what it excused has been mended.",
    example="The figure was corrected and its known issue was left behind.",
)
known_issue_has_not_expired = declare(
    "WVR202",
    "known_issue_has_not_expired",
    "No known issue is past its last day.",
    message="{row_id}: the known issue counted until {value} and covers nothing any more",
    hint="Mend what it excuses, or set a later day in {file}.",
    example="An issue that was to be solved by the end of the year.",
)


@dataclass(frozen=True)
class Waiver:
    """A known issue, and how many findings it covers."""

    check: str
    table: str
    row_id: str
    field: str
    reason: str
    source_id: str
    row: int
    findings: int = 0


@dataclass
class Report:
    """What came of a validation.

    `tables` counts the rows of each table, `results` has every check that was selected, in the order of
    ids, `waivers` the known issues that count, `unchecked` the resources that hrdata does not know.
    `base` is the folder on disk in which the files of findings stand, `settings` what was selected and
    what fails; `since` the revision before which findings are old, `remarks` what to know about that.
    """

    label: str
    name: str
    version: str
    tables: dict[str, int]
    results: list[Result]
    waivers: list[Waiver] = field(default_factory=list)
    unchecked: tuple[str, ...] = ()
    base: str = ""
    settings: Settings = DEFAULT
    since: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """All listed findings, by file and place."""
        listed = (finding for result in self.results for finding in result.findings)
        return sorted(listed, key=lambda finding: finding.place)

    @property
    def valid(self) -> bool:
        """Whether nothing stands that fails the validation: no error, or what the settings say."""
        return not any(self.standing(severity) for severity in Severity if self.settings.fails(severity))

    @property
    def errors(self) -> int:
        """How many errors stand that are neither known nor old."""
        return self.standing(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many warnings stand that are neither known nor old."""
        return self.standing(Severity.WARNING)

    @property
    def known(self) -> int:
        """How many findings known issues cover."""
        return sum(result.known for result in self.results)

    @property
    def old(self) -> int:
        """How many findings were there before."""
        return sum(result.old for result in self.results)

    def standing(self, severity: Severity) -> int:
        """How many findings of a severity are neither known nor old."""
        return sum(result.standing for result in self.results if result.check.severity is severity)

    def count(self, status: Status) -> int:
        """How many checks ended like this."""
        return sum(1 for result in self.results if result.status is status)


def validate_package(
    package: Package | Path | str, *, settings: Settings = DEFAULT, today: dt.date | None = None
) -> Report:
    """Validate a package: one that was read before, or that at a folder, its descriptor, a zip or `git:REV`.

    `settings` say what to check and what fails; where they say nothing, the descriptor of the package
    may. `today` is the day that known issues are held against.
    Raises `hrdata.errors.HrdataError` when it cannot look at the package at all.

    >>> from hrdata.package import bundled_package
    >>> validate_package(bundled_package()).valid
    True
    """
    if not isinstance(package, Package):
        package = read_package(package)
    stated, faults = settings_of_descriptor(package.descriptor, DESCRIPTOR)
    settings = settings.over(stated)
    settings.verify()
    kept = _excused_rows(package)
    results = {id: Result(check, kept.get(id, ())) for id, check in sorted(CHECKS.items())}
    for finding in package.findings:
        results[finding.check].add(finding)
    for id, count in package.findings.unlisted.items():
        results[id].count += count
    for fault in faults:
        results["PKG116"].add(settings_can_be_followed.finding(file=DESCRIPTOR, **fault))
    layouts = _layouts(package, results)
    tables = _parse_tables(package, layouts, results)
    judge_keys(tables, layouts, results)
    judge_references(tables, layouts, results)
    known = _known_issues(tables, today or dt.date.today(), results)
    for result in results.values():
        if result.check.family in ("STR", "FLD"):
            result.judged = sum(columns.frame.height for columns in package.tables.values())
    results = {id: result for id, result in results.items() if settings.picks(result.check)}
    run_checks(tables, results.values())
    waivers = _apply(known, tables, results)
    return Report(
        package.label,
        package.name,
        package.version,
        {name: columns.frame.height for name, columns in package.tables.items()},
        [results[id] for id in sorted(results)],
        waivers,
        tuple(name for name in package.tables if name not in layouts),
        package.files.base if package.files else "",
        settings,
    )


def _excused_rows(package: Package) -> dict[str, set[str]]:
    """The rows that known issues name, by check, as far as the file can be read."""
    rows: dict[str, set[str]] = {}
    columns = package.tables.get("known_issues")
    if columns is not None and {"check_id", "row_id"} <= set(columns.frame.columns):
        for check_id, row_id in columns.frame.select("check_id", "row_id").iter_rows():
            rows.setdefault(check_id, set()).add(row_id)
    return rows


def _layouts(package: Package, results: Mapping[str, Result]) -> dict[str, Layout]:
    """What each table of the package has to look like, as far as that is known."""
    layouts = {name: layout_of(MODELS[name]) for name in package.tables if name in MODELS}
    schemas = {name: package.resources.get(name, {}).get("schema") for name in package.tables}
    strangers = [name for name, schema in schemas.items() if name not in MODELS and not schema]
    # Of a schema that is a text, descriptor_stands_alone says that it stands elsewhere.
    followed = [name for name, schema in schemas.items() if not isinstance(schema, str)]
    for name in [name for name in followed if name not in layouts and name not in strangers]:
        layout, findings = read_layout(name, schemas[name], DESCRIPTOR)
        for finding in findings:
            results[finding.check].add(finding)
        if layout is not None:
            layouts[name] = layout
    for name in [name for name in layouts if name not in MODELS]:
        for fault in lost_references(layouts[name], layouts, package.resources):
            results["PKG114"].add(schema_can_be_followed.finding(file=DESCRIPTOR, name=name, observed=fault))
    if strangers and len(strangers) == len(schemas):
        results["PKG113"].add(package_has_a_known_table.finding(file=DESCRIPTOR, known=_KNOWN))
        return layouts
    for name in strangers:
        results["PKG112"].add(table_is_known.finding(file=DESCRIPTOR, name=name, known=_KNOWN))
    return {name: layouts[name] for name in package.tables if name in layouts}


def _parse_tables(package: Package, layouts: Mapping[str, Layout], results: Mapping[str, Result]) -> Tables:
    tables = Tables({}, dict(package.missing))
    # Side by side: judging the values of one table keeps Python busy, finding those of another keeps Polars.
    parts = {
        name: {id: Result(result.check, result.kept) for id, result in results.items()} for name in layouts
    }
    with ThreadPoolExecutor(2) as pool:
        parsing = {
            name: pool.submit(copy_context().run, parse_columns, layout, package.tables[name], parts[name])
            for name, layout in layouts.items()
        }
        for name, parsed in parsing.items():
            if (table := parsed.result()) is None:
                tables.missing[name] = f"{package.tables[name].file} lacks columns"
            else:
                tables[name] = replace(table, is_own=name not in MODELS)
            for id, part in parts[name].items():
                _take_in(results[id], part)
    return tables


def _take_in(result: Result, part: Result) -> None:
    """Take in what a check found in a part of the package."""
    for finding in part.findings:
        result.add(finding)
    result.count += part.count - len(part.findings)


_KNOWN = ", ".join(MODELS)


def _known_issues(tables: Tables, today: dt.date, results: Mapping[str, Result]) -> list[Waiver]:
    """The known issues that still count; expired ones are findings."""
    watching = (results["WVR201"], results["WVR202"])
    if "known_issues" not in tables:
        for result in watching:
            result.skipped = tables.missing.get("known_issues", "there is no table known_issues")
        return []
    table = tables["known_issues"]
    for result in watching:
        result.judged, result.unknown = table.frame.height, table.doubtful.height
    expired = table.frame.filter(pl.col("until_latest") < today)
    list_hits(results["WVR202"], table, expired.select("row", pl.lit("until").alias("field")))
    current = table.frame.join(expired.select("row"), on="row", how="anti")
    return [
        Waiver(
            check=issue["check_id"],
            table=issue["table"],
            row_id=issue["row_id"],
            field=issue["field"],
            reason=issue["reason"],
            source_id=issue["source_id"] or "",
            row=issue["row"],
        )
        for issue in current.iter_rows(named=True)
    ]


def _apply(known: list[Waiver], tables: Tables, results: Mapping[str, Result]) -> list[Waiver]:
    """Mark the findings that known issues cover; an issue that covers none is a finding itself."""
    covered: Counter[Waiver] = Counter()
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for id in {issue.check for issue in known} & {*results}:
        for index, finding in enumerate(results[id].findings):
            places[id, finding.table, finding.row_id].append(index)
    # A narrow issue goes first: a wide one beside it covers the rest.
    for issue in sorted(known, key=lambda issue: (issue.field == WHOLE, not issue.source_id)):
        for index in places[issue.check, issue.table, issue.row_id]:
            findings = results[issue.check].findings
            if not findings[index].waived and _covers(issue, findings[index]):
                covered[issue] += 1
                findings[index] = replace(findings[index], waived=issue.reason)
    idle = [
        issue.row
        for issue in known
        if not covered[issue] and issue.table not in tables.missing and _is_judged(results.get(issue.check))
    ]
    if "WVR201" in results and known:
        hits = pl.DataFrame({"row": idle}, schema={"row": pl.UInt32})
        list_hits(results["WVR201"], tables["known_issues"], hits)
    return [replace(issue, findings=covered[issue]) for issue in known]


def _is_judged(result: Result | None) -> bool:
    """Whether a check could have found what a known issue speaks of."""
    return result is not None and not result.skipped and not result.unknown


def _covers(issue: Waiver, finding: Finding) -> bool:
    """Whether an issue of the finding's check and row speaks of it."""
    return issue.field in (WHOLE, finding.field) and issue.source_id in ("", finding.source_id)
