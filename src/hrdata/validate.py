"""Package to report: parse every table, judge keys and references, run the checks, apply known issues."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hrdata.check import (
    CHECKS,
    Finding,
    Result,
    Severity,
    Status,
    Table,
    Tables,
    declare,
    list_hits,
    run_checks,
)
from hrdata.datasets import MODELS
from hrdata.datasets.provenance import WHOLE
from hrdata.errors import UsageError
from hrdata.package import DESCRIPTOR, Package, read_package
from hrdata.parse import fields_of, parse_columns

key_is_unique = declare(
    "KEY201",
    "key_is_unique",
    "No two rows of a table have the same key.",
    message="{row_id}: the key stands already on line {first}",
    hint="Delete one of the rows from {file}, or correct its key.",
    example="Two ballots of one state in one vote.",
)
reference_exists = declare(
    "REF201",
    "reference_exists",
    "A reference names a row that is there.",
    message="{row_id}: {field} is {value}, but {target} has no such row",
    hint="Correct {field} in {file}, or add the row to the table {target}.",
    example="A ballot of a vote that is not in votes.csv.",
)
table_is_known = declare(
    "PKG112",
    "table_is_known",
    "Every resource is a table that hrdata knows.",
    message="the resource {name} is not a table that hrdata knows; its rows are not checked",
    hint="Correct the name of the resource in {file} if it is meant to be one of: {known}.",
    example="A resource named vote instead of votes.",
    severity=Severity.WARNING,
)
package_has_a_known_table = declare(
    "PKG113",
    "package_has_a_known_table",
    "At least one resource is a table that hrdata knows.",
    message="no resource is a table that hrdata knows, so nothing was checked",
    hint="Name the resources in {file} after the tables they hold: {known}.",
    example="A single resource named vote.",
)
known_issue_matches_a_finding = declare(
    "WVR201",
    "known_issue_matches_a_finding",
    "Every known issue covers a finding that is still there.",
    message="{row_id}: the known issue covers no finding any more",
    hint="Delete the row from {file}: what it excused has been mended.",
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

    `tables` counts the rows of each table, `results` has every check in the order of ids,
    `waivers` the known issues that count, `unchecked` the resources that hrdata does not know.
    """

    label: str
    name: str
    version: str
    tables: dict[str, int]
    results: list[Result]
    waivers: list[Waiver] = field(default_factory=list)
    unchecked: tuple[str, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """All listed findings, by file and place."""
        listed = (finding for result in self.results for finding in result.findings)
        return sorted(listed, key=lambda finding: finding.place)

    @property
    def valid(self) -> bool:
        """Whether no error stands that no known issue covers."""
        return not self.errors

    @property
    def errors(self) -> int:
        """How many errors stand that no known issue covers."""
        return self._standing(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many warnings stand that no known issue covers."""
        return self._standing(Severity.WARNING)

    def _standing(self, severity: Severity) -> int:
        return sum(result.standing for result in self.results if result.check.severity is severity)

    def count(self, status: Status) -> int:
        """How many checks ended like this."""
        return sum(1 for result in self.results if result.status is status)


def validate_package(
    package: Package | Path | str, *, ignore: Collection[str] = (), today: dt.date | None = None
) -> Report:
    """Validate a package: one that was read before, or that at a folder, its descriptor or a zip.

    `ignore` names checks to leave out; `today` is the day that known issues are held against.
    Raises `hrdata.errors.HrdataError` when it cannot look at the package at all.

    >>> from hrdata.package import bundled_package
    >>> validate_package(bundled_package()).valid
    True
    """
    if not isinstance(package, Package):
        package = read_package(package)
    if unknown := sorted(set(ignore) - set(CHECKS)):
        raise UsageError(f"there is no check {', '.join(unknown)}; hrdata checks lists them")
    kept = _excused_rows(package)
    results = {id: Result(check, kept.get(id, ())) for id, check in sorted(CHECKS.items())}
    for finding in package.findings:
        results[finding.check].add(finding)
    for id, count in package.findings.unlisted.items():
        results[id].count += count
    tables = _parse_tables(package, results)
    _judge_keys(tables, results)
    _judge_references(tables, results)
    known = _known_issues(tables, today or dt.date.today(), results)
    for result in results.values():
        if result.check.family in ("STR", "FLD"):
            result.judged = sum(columns.frame.height for columns in package.tables.values())
    for id in ignore:
        del results[id]
    run_checks(tables, results.values())
    waivers = _apply(known, tables, results)
    return Report(
        package.label,
        package.name,
        package.version,
        {name: columns.frame.height for name, columns in package.tables.items()},
        [results[id] for id in sorted(results)],
        waivers,
        tuple(name for name in package.tables if name not in MODELS),
    )


def _excused_rows(package: Package) -> dict[str, set[str]]:
    """The rows that known issues name, by check, as far as the file can be read."""
    rows: dict[str, set[str]] = {}
    columns = package.tables.get("known_issues")
    if columns is not None and {"check_id", "row_id"} <= set(columns.frame.columns):
        for check_id, row_id in columns.frame.select("check_id", "row_id").iter_rows():
            rows.setdefault(check_id, set()).add(row_id)
    return rows


def _parse_tables(package: Package, results: Mapping[str, Result]) -> Tables:
    tables = Tables({}, dict(package.missing))
    if package.tables and not set(package.tables) & set(MODELS):
        known = ", ".join(MODELS)
        results["PKG113"].add(package_has_a_known_table.finding(file=DESCRIPTOR, known=known))
        return tables
    for name, columns in package.tables.items():
        if name not in MODELS:
            known = ", ".join(MODELS)
            results["PKG112"].add(table_is_known.finding(file=DESCRIPTOR, name=name, known=known))
            continue
        table = parse_columns(MODELS[name], columns, results)
        if table is None:
            tables.missing[name] = f"{columns.file} lacks columns"
        else:
            tables[name] = table
    return tables


def _judge_keys(tables: Tables, results: Mapping[str, Result]) -> None:
    result = results["KEY201"]
    result.skipped = "; ".join(tables.missing.values())
    for table in tables.values():
        result.judged += table.frame.height
        result.unknown += table.doubtful.height
        list_hits(result, table, _rows_with_a_known_key(table), partial(_first_line, table))


def _first_line(table: Table, hit: dict[str, Any]) -> dict[str, Any]:
    """The line on which the key of a row stands first."""
    return {"first": table.place(hit.pop("first_row"), "")["line"]}


def _rows_with_a_known_key(table: Table) -> pl.DataFrame:
    """The rows whose key stands in a row above, with the `first_row` that it stands in."""
    frame = table.frame.select("row", *table.key)
    numbers = _key_numbers(frame, table.key)
    # In a file that is sorted by its key, equal keys stand side by side.
    in_order = numbers if numbers.is_sorted() else numbers.sort()
    if not (in_order == in_order.shift()).any():
        return frame.clear().select("row", first_row="row")
    first = pl.col("row").min().over(table.key)
    again = frame.filter(numbers.is_duplicated()).select("row", first.alias("first_row"))
    return again.filter(pl.col("row") > pl.col("first_row"))


def _key_numbers(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.Series:
    """A number for each row, the same for the same key; for other keys it is the same by chance only."""
    codes = [pl.col(part).to_physical() for part in key]
    sizes = [int(size or 0) + 1 for size in frame.select(code.max() for code in codes).row(0)]
    kind = next(
        (kind for kind, bits in ((pl.UInt32, 32), (pl.UInt64, 64)) if math.prod(sizes) < 1 << bits), None
    )
    number = codes[0].cast(kind) if kind else pl.struct(key).hash()
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        number = number * size + code.cast(kind) if kind else number
    # Streamed, the numbers on the way to the last one need no room.
    return frame.lazy().select(number.alias("number")).collect(engine="streaming").to_series()


def _judge_references(tables: Tables, results: Mapping[str, Result]) -> None:
    result = results["REF201"]
    result.skipped = "; ".join(tables.missing.values())
    for table in tables.values():
        result.unknown += table.doubtful.height
        for field_ in fields_of(MODELS[table.name]):
            target = field_.refers_to
            if target is None:
                continue
            if target not in tables:
                result.unknown += table.frame[field_.name].drop_nulls().len()
                continue
            result.judged += table.frame.height
            [key] = tables[target].key
            there = pl.concat([tables[target].frame[key], tables[target].doubtful[key]]).drop_nulls()
            given = table.frame.select("row", field_.name).drop_nulls()
            lost = given.filter(~pl.col(field_.name).is_in(there.implode()))
            words = (pl.lit(field_.name).alias("field"), pl.lit(target).alias("target"))
            list_hits(result, table, lost.select("row", *words))


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
    for issue in known:
        result = results.get(issue.check)
        for index, finding in enumerate(result.findings if result else ()):
            if result and not finding.waived and _covers(issue, finding):
                covered[issue] += 1
                result.findings[index] = replace(finding, waived=issue.reason)
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
    return (
        issue.table == finding.table
        and issue.row_id == finding.row_id
        and issue.field in (WHOLE, finding.field)
        and issue.source_id in ("", finding.source_id)
    )
