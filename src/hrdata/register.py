"""The register of known issues: what is understood is added with a reason, what is mended is pruned.

What a known issue covers is for `hrdata.validate` to say: each change is validated before it is written.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from pydantic import ValidationError

from hrdata.check import (
    CHECKS,
    LISTED_PER_CHECK,
    Check,
    Finding,
    Findings,
    Result,
    Severity,
    listing,
)
from hrdata.datasets import MODELS
from hrdata.datasets.provenance import WHOLE, KnownIssue
from hrdata.dates import InvalidDate, date_bounds
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import printable
from hrdata.package import Package, read_package
from hrdata.parse import SHOWN, fields_of, layout_of, parse_columns, why
from hrdata.places import DESCRIPTOR, Folder, reason_of, write_file
from hrdata.read import read_columns
from hrdata.records import write_records
from hrdata.report.checks import find_check
from hrdata.schema import as_json, resource, stale_files
from hrdata.settings import DEFAULT, Settings, settings_of_descriptor
from hrdata.validate import (
    Report,
    known_issue_has_not_expired,
    known_issue_matches_a_finding,
    validate_package,
)

TABLE = KnownIssue.TABLE

LOOKED_AT = 100 * LISTED_PER_CHECK
"""So many findings of the check are looked at for those that fit; at most `LISTED_PER_CHECK` issues are
added at once."""

_WATCHING = (known_issue_matches_a_finding, known_issue_has_not_expired)

Cells = dict[str, str]

_COLUMNS = [field.name for field in fields_of(KnownIssue)]


@dataclass(frozen=True)
class Added:
    """A known issue that was added, and how many findings it covers."""

    issue: KnownIssue
    findings: int


@dataclass(frozen=True)
class Addition:
    """What was added.

    `left` counts the findings that stand all the same: those beyond what is added at once, those in no
    row that a known issue could name, and those that were counted and not looked at.
    """

    added: list[Added]
    left: int = 0


@dataclass(frozen=True)
class Pruned:
    """A known issue that was removed, and the finding of WVR201 or WVR202 that says why."""

    issue: KnownIssue
    finding: Finding


@dataclass(frozen=True)
class _Wanted:
    """The findings that are to be excused; what is empty is any."""

    check: Check
    table: str
    row_id: str
    field: str
    source_id: str

    def fits(self, finding: Finding) -> bool:
        return (
            self.table in ("", finding.table)
            and self.row_id in ("", finding.row_id)
            and self.field in ("", WHOLE, finding.field)
            and self.source_id in ("", finding.source_id)
        )

    def __str__(self) -> str:
        parts = {"in": self.table, "row": self.row_id, "field": self.field, "source": self.source_id}
        return " ".join([self.check.id, *(f"{name} {part}" for name, part in parts.items() if part)])


@dataclass(frozen=True)
class _Register:
    """The known issues of a package in a folder, and the path of their file, whether or not it is there."""

    package: Package
    root: Path
    file: str
    rows: list[Cells]

    @property
    def is_listed(self) -> bool:
        return TABLE in self.package.resources

    def judge(self, rows: Sequence[Cells], settings: Settings, today: dt.date) -> Report:
        """The report on the package with these known issues."""
        package = self.package
        trial = replace(package, tables=dict(package.tables), findings=Findings(package.findings))
        trial.tables.pop(TABLE, None)
        if rows:
            trial.add(TABLE, read_columns(_as_csv(rows), self.file))
        with listing(max(LISTED_PER_CHECK, len(rows))):
            return validate_package(trial, settings=settings, today=today)


def add_issues(
    path: Path | str,
    check: str,
    *,
    reason: str,
    table: str = "",
    row_id: str = "",
    field: str = "",
    source_id: str = "",
    until: str = "",
    settings: Settings = DEFAULT,
    today: dt.date | None = None,
) -> Addition:
    """Add known issues for the findings of a check that stand, one for each row and field.

    `table`, `row_id`, `field` and `source_id` narrow what is meant; with the field `*` there is one
    issue for the whole row. `reason` says why the findings are right, `until` is the last day on which
    the issues count. A package without the table gets one.

    Raises `UsageError` when nothing fits, when what was given cannot stand in the table, or the package
    cannot be edited; `EnvironmentFault` when the table or the descriptor has faults of its own.
    """
    wanted = _Wanted(find_check(check), table, row_id, field, source_id)
    today = today or dt.date.today()
    if wanted.check.family == known_issue_matches_a_finding.family:
        raise UsageError(f"{wanted.check.id} is about known issues; correct them, or run hrdata issues prune")
    if not reason.strip():
        raise UsageError("the reason is empty; say why the findings are right and the data stays")
    _refuse_past_day(until, today)
    register = _open_register(path)
    _refuse_unknown_source(register.package, source_id)
    settings = _watching(register.package, settings)
    with listing(LOOKED_AT):
        before = validate_package(register.package, settings=settings, today=today)
    rows, left = _rows_for(before, wanted)
    given = {"reason": reason, "source_id": source_id, "reported_on": today.isoformat(), "until": until}
    issues = [_as_issue({"check_id": wanted.check.id, **cells, **given}) for cells in rows]
    _refuse_second_issues(register, issues, today)
    kept = _in_order([*register.rows, *(_as_cells(issue) for issue in issues)])
    after = register.judge(kept, settings, today)
    _refuse_idle_ones(register, before, after)
    _write_register(register, kept)
    covered = {"|".join((w.check, w.table, w.row_id, w.field)): w.findings for w in after.waivers}
    return Addition([Added(issue, covered[issue.key_text]) for issue in issues], left)


def prune_issues(
    path: Path | str, *, settings: Settings = DEFAULT, today: dt.date | None = None
) -> list[Pruned]:
    """Remove the known issues that cover nothing any more, or are past their last day; return them.

    One whose check is left out or could not judge stays until its last day. When none is left, the
    table goes as well: one without rows is a fault.

    Raises `UsageError` when the package cannot be edited, `EnvironmentFault` when the table or the
    descriptor has faults of its own.
    """
    register = _open_register(path)
    settings = _watching(register.package, settings)
    rows, pruned = _in_order(register.rows), list[Pruned]()
    # What is removed may have been what another known issue spoke of.
    while gone := _idle_ones(register.judge(rows, settings, today or dt.date.today())):
        pruned += [Pruned(_as_it_stands(rows[row]), finding) for row, finding in sorted(gone.items())]
        rows = [cells for row, cells in enumerate(rows) if row not in gone]
    if pruned:
        _write_register(register, rows)
    return pruned


def _open_register(path: Path | str) -> _Register:
    package = read_package(path)
    if not isinstance(package.files, Folder):
        raise UsageError(f"{package.label}: cannot be edited; name a folder, unpacked or checked out")
    stale_files(package.files.root, None)  # refuses a descriptor that leaves open what it says
    described = package.resources.get(TABLE)
    if described is None:
        return _Register(package, package.files.root, _path_beside(package), [])
    file = str(described["path"])
    if any(described.get(stated) not in (None, "") for stated in ("bytes", "hash")):
        raise UsageError(
            f"{package.label}: is a published release: its {DESCRIPTOR} states the size or the hash of "
            f"{file}; edit the package that it was made from"
        )
    _refuse_faults(package, file)
    return _Register(package, package.files.root, file, _rows_of(package))


def _rows_of(package: Package) -> list[Cells]:
    return list(package.tables[TABLE].frame.cast(pl.String).iter_rows(named=True))


def _path_beside(package: Package) -> str:
    """Where the table goes that is not there yet: into the folder that most others are in."""
    folders = Counter(PurePosixPath(columns.file).parent for columns in package.tables.values())
    folder = folders.most_common(1)[0][0] if folders else PurePosixPath("data")
    return str(folder / f"{TABLE}.csv")


def _refuse_faults(package: Package, file: str) -> None:
    """Raise `EnvironmentFault` when the table cannot be rewritten without a loss.

    Faults that are warnings, such as other line ends, are mended by writing it.
    """
    results = {id: Result(check) for id, check in CHECKS.items()}
    if TABLE in package.tables:
        parse_columns(layout_of(KnownIssue), package.tables[TABLE], results)
    found = [finding for finding in package.findings if finding.file == file]
    found += [finding for result in results.values() for finding in result.findings]
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        first = min(errors, key=lambda finding: finding.place)
        line = f" line {first.line}" if first.line else ""
        raise EnvironmentFault(f"{package.label}: {file}{line}: {first.message}; mend it first")
    if TABLE in package.missing:
        raise EnvironmentFault(f"{package.label}: {package.missing[TABLE]}; hrdata validate says why")


def _refuse_unknown_source(package: Package, source_id: str) -> None:
    sources = package.tables.get("sources")
    known = sources.frame["source_id"] if sources and "source_id" in sources.header else ()
    if source_id and source_id not in set(known):
        raise UsageError(f"there is no source {source_id} in the table sources; add it there, or correct it")


def _watching(package: Package, settings: Settings) -> Settings:
    """The settings for the package, with the checks that watch over known issues made in any case."""
    stated, _ = settings_of_descriptor(package.descriptor, DESCRIPTOR)
    settings = settings.over(stated)
    names = {name for check in _WATCHING for name in (check.id, check.family)}
    return replace(
        settings,
        select=settings.select and (*settings.select, *(check.id for check in _WATCHING)),
        ignore=tuple(name for name in settings.ignore or () if name not in names),
    )


def _rows_for(report: Report, wanted: _Wanted) -> tuple[list[Cells], int]:
    """The table, row and field of each issue to be added, and how many findings are left."""
    result = next((result for result in report.results if result.check is wanted.check), None)
    if result is None:
        raise UsageError(f"{wanted.check.id} is left out by the settings, so no finding needs an excuse")
    standing = [finding for finding in result.findings if not finding.waived and wanted.fits(finding)]
    by_place: Counter[tuple[str, str, str]] = Counter()
    named = [finding for finding in sorted(standing, key=lambda f: f.place) if _has_key(finding)]
    # Beside an issue for the whole row, one for a field of it would cover nothing.
    whole = {(f.table, f.row_id) for f in named if wanted.field == WHOLE or not f.field}
    for finding in named:
        row = (finding.table, finding.row_id)
        by_place[*row, WHOLE if row in whole else finding.field] += 1
    if not by_place:
        raise UsageError(f"no finding of {wanted} can be excused: {_instead(report, result, wanted)}")
    taken = dict(list(by_place.items())[:LISTED_PER_CHECK])
    unlisted = result.count - len(result.findings)
    rows = [dict(zip(("table", "row_id", "field"), place, strict=True)) for place in taken]
    return rows, len(standing) - sum(taken.values()) + unlisted


def _has_key(finding: Finding) -> bool:
    """Whether a known issue can name the row; one without a key is called by its number, which changes."""
    number = finding.row_id.removeprefix("row ")
    return bool(finding.table and finding.row_id) and (number == finding.row_id or not number.isdecimal())


def _instead(report: Report, result: Result, wanted: _Wanted) -> str:
    """Why no finding fits, and what is there instead."""
    fitting = [finding for finding in result.findings if wanted.fits(finding)]
    for finding in fitting:
        if not finding.waived:
            line = f" line {finding.line}" if finding.line else ""
            return f"{finding.file}{line} has no row with a key that a known issue could name; mend it"
    if fitting:
        return "known issues cover all there are"
    elsewhere = [_place_of(finding) for finding in result.findings if not finding.waived]
    if elsewhere:
        first = list(dict.fromkeys(elsewhere))[:3]
        return f"{result.standing:,} stand elsewhere, such as in {' and in '.join(first)}"
    if result.skipped:
        return f"it could not judge, {result.skipped}"
    others = {f.check for f in report.findings if f.row_id and f.row_id == wanted.row_id and not f.waived}
    if others:
        return f"there is none, but {', '.join(sorted(others))} found something in that row"
    return "there is none; hrdata validate shows what there is"


def _place_of(finding: Finding) -> str:
    named = [finding.table or finding.file, finding.row_id, finding.field, finding.source_id]
    return " ".join(part for part in named if part)


def _as_issue(cells: Cells) -> KnownIssue:
    """A new row, judged by its model. Raises `UsageError` with what the model complains of."""
    try:
        return KnownIssue.model_validate(_values(cells))
    except ValidationError as errors:
        fault = errors.errors()[0]
        fields = [field for field in fields_of(KnownIssue) if field.name in fault["loc"]]
        if not fields:
            raise UsageError(fault["msg"]) from None
        text = cells[fields[0].name]
        shown = printable(text[:SHOWN])
        raise UsageError(f"{fields[0].name} '{shown}' {why(fields[0], text)}") from None


def _as_it_stands(cells: Cells) -> KnownIssue:
    """A row that was in the table: each cell is sound, the row checks are findings of a validation."""
    return KnownIssue.model_construct(**_values(cells))


def _values(cells: Cells) -> dict[str, Any]:
    return {name: text or None for name, text in cells.items()}


def _as_cells(issue: KnownIssue) -> Cells:
    return {name: value or "" for name, value in issue.model_dump(mode="json").items()}


def _key(cells: Cells) -> tuple[str, ...]:
    return tuple(cells[part] for part in KnownIssue.KEY)


def _in_order(rows: Iterable[Cells]) -> list[Cells]:
    return sorted(rows, key=_key)


def _is_over(until: str, today: dt.date) -> bool:
    latest = date_bounds(until)[1]
    return latest is not None and latest < today


def _refuse_past_day(until: str, today: dt.date) -> None:
    with suppress(InvalidDate):  # the model says what is wrong with it
        if until and _is_over(until, today):
            raise UsageError(f"until {until} is over already; give a day from {today} on, or leave it out")


def _refuse_second_issues(register: _Register, issues: Iterable[KnownIssue], today: dt.date) -> None:
    """Raise `UsageError` when there is an issue of that key already, one that covers something else."""
    there = {_key(cells): cells for cells in register.rows}
    for issue in issues:
        if (first := there.get(_key(_as_cells(issue)))) is None:
            continue
        if first["until"] and _is_over(first["until"], today):
            state = f"which counted until {first['until']}; run hrdata issues prune first"
        else:
            state = (
                f"for the source {first['source_id']} only; empty its source_id in {register.file} to mean "
                f"all, or add one for this source with the field {WHOLE}"
            )
        raise UsageError(f"{issue.key_text}: there is a known issue of this key already, {state}")


def _refuse_idle_ones(register: _Register, before: Report, after: Report) -> None:
    """Raise `UsageError` when known issues would cover nothing any more beside the new ones."""
    idle = {finding.row_id for finding in _idle_ones(before).values()}
    for finding in _idle_ones(after).values():
        if finding.row_id not in idle:
            raise UsageError(
                f"{register.file}: the known issue {finding.row_id} would cover nothing any more beside the "
                "new one; delete it first, or name the field that is meant"
            )


def _idle_ones(report: Report) -> dict[int, Finding]:
    """The known issues that cover nothing or are past their last day: by row, if each is on a line."""
    found = [finding for result in report.results if result.check in _WATCHING for finding in result.findings]
    return {(finding.line or 0) - 2: finding for finding in found if not finding.waived}


def _write_register(register: _Register, rows: list[Cells]) -> None:
    """Write the table; one that is new is listed in the descriptor, one without rows is not any more."""
    table, descriptor = register.root / register.file, register.root / DESCRIPTOR
    data = _as_csv(rows)
    if not register.is_listed:
        if table.exists():
            raise Conflict(
                f"{table}: is there already, but {DESCRIPTOR} does not list it as {TABLE}; "
                "run hrdata schema export if it is this table, else move it"
            )
        _write_all([(table, data), (descriptor, _listing(register))])
    elif rows or len(register.package.resources) == 1:
        _write_all([(table, data)])
    else:
        _write_all([(descriptor, _not_listing(register)), (table, None)])


def _listing(register: _Register) -> bytes:
    """The descriptor with the table, where an export would put it, and all else as it stands."""
    listed = _listed(register)
    place = max((n for n, item in enumerate(listed, start=1) if item.get("name") in MODELS), default=0)
    return _descriptor(register, [*listed[:place], resource(KnownIssue, register.file), *listed[place:]])


def _not_listing(register: _Register) -> bytes:
    """The descriptor without the table, and all else as it stands."""
    return _descriptor(register, [item for item in _listed(register) if item.get("name") != TABLE])


def _listed(register: _Register) -> list[Any]:
    """The resources of the descriptor. Raises `EnvironmentFault` when it is open what to keep of it."""
    stale_files(register.root, None)
    listed: list[Any] = register.package.descriptor["resources"]
    return listed


def _descriptor(register: _Register, resources: list[Any]) -> bytes:
    return as_json({**register.package.descriptor, "resources": resources}).encode()


def _as_csv(rows: Iterable[Cells]) -> bytes:
    return write_records([_COLUMNS, *([cells[name] for name in _COLUMNS] for cells in rows)])


def _write_all(changes: Sequence[tuple[Path, bytes | None]]) -> None:
    """Write each file, or delete it: all of them or none. Raises `EnvironmentFault`."""
    done: list[tuple[Path, bytes | None]] = []
    for path, data in changes:
        try:
            before = path.read_bytes() if path.exists() else None
            _put(path, data)
            done.append((path, before))
        except OSError as fault:
            for earlier in done:
                with suppress(OSError):
                    _put(*earlier)
            raise EnvironmentFault(f"{path}: cannot be written: {reason_of(fault)}") from None


def _put(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink()
    else:
        write_file(path, data)
