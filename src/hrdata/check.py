"""What a check is, what it finds, and how a set of checks is run. Knows no dataset.

A check is declared once: its id, the truth it asserts (the name of the function and its one-line
docstring), how bad it is when that truth is broken, the message and the hint. Three sorts, by who
watches over the truth:

- `@check`: a function whose parameters are tables; it returns the rows that break the truth. The
  parameter `tables` stands for all that are there, a default of None for a table it can do without.
- `@row_check`: a function of some columns of one row. It binds rows built in Python as well, see
  `hrdata.row.Row`.
- `declare`: the reader or the engine itself, for truths such as "no blank lines".
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

import polars as pl

Hits = pl.DataFrame
"""The rows that break a truth: `row` (index within the file of the first table asked for),
optionally `table` (if another one), `field` and `source_id`, and a column for each placeholder of
the check's message. Rows with `unknown` true are those that could not be judged."""

CELL = pl.Categorical()
"""The type of all cells that are text: each distinct one is kept, and looked at, once."""

RowVerdict = Mapping[str, object] | None
"""What a row check returns: None when all is well, else the placeholders of its message."""

ALL_TABLES = "tables"
"""The parameter by which a check asks for every table that is there."""

LISTED_PER_CHECK = 1000
"""So many findings of one check are listed, unless `listing` says otherwise; all are counted."""

_listed: ContextVar[int] = ContextVar("listed", default=LISTED_PER_CHECK)


@contextmanager
def listing(number: int) -> Iterator[None]:
    """Within it, so many findings of one check are listed."""
    before = _listed.set(number)
    try:
        yield
    finally:
        _listed.reset(before)


class Severity(StrEnum):
    """How bad a finding is: an error fails a validation, a warning and an info do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Status(StrEnum):
    """How a check ended. Neither skipped nor unknown is passed; known: all it found is known, or old."""

    PASSED = "passed"
    FAILED = "failed"
    KNOWN = "known"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    `line` is the physical line in the file, `column` the character in it at which the cell starts,
    both counted from 1. `waived` is the reason when a known issue covers the finding, `source_id` the
    source it speaks of, when it speaks of one, and `old` whether it was there before a change.
    """

    check: str
    severity: Severity
    table: str
    file: str
    line: int | None
    column: int | None
    row_id: str
    field: str
    value: str
    message: str
    hint: str
    waived: str = ""
    source_id: str = ""
    old: bool = False

    @property
    def stands(self) -> bool:
        """Whether no known issue covers it and it was not there before."""
        return not self.waived and not self.old

    @property
    def place(self) -> tuple[str, int, int, str, str, str]:
        """The order of findings: by file, then by place in it."""
        return (self.file, self.line or 0, self.column or 0, self.check, self.field, self.message)


@dataclass(frozen=True)
class Check:
    """A declared truth.

    `tables` are the tables it asks for, the one it speaks about first; it can do without `optional`
    ones. `columns` are those that a row check is given, per table.
    """

    id: str
    truth: str
    meaning: str
    message: str
    hint: str
    example: str
    severity: Severity = Severity.ERROR
    tables: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    columns: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    field: str = ""
    judge: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The truth in words, such as "tally matches ballots"."""
        return self.truth.replace("_", " ")

    @property
    def family(self) -> str:
        """The letters of the id: `VOT` of `VOT202`."""
        return self.id.rstrip("0123456789")

    def finding(
        self,
        *,
        table: str = "",
        file: str = "",
        line: int | None = None,
        column: int | None = None,
        row_id: str = "",
        field: str = "",
        value: str = "",
        source_id: str = "",
        **words: Any,
    ) -> Finding:
        """A finding of this check at a place; `words` fill the message and the hint."""
        known = {"table": table, "file": file, "line": line, "row_id": row_id, "field": field, "value": value}
        filled = {**known, "source_id": source_id, **words}
        return Finding(
            check=self.id,
            severity=self.severity,
            table=table,
            file=file,
            line=line,
            column=column,
            row_id=row_id,
            field=field,
            value=value,
            message=self.message.format(**filled),
            hint=self.hint.format(**filled),
            source_id=source_id,
        )


class Findings(list[Finding]):
    """Findings, of each check as many as are listed; `counts` has how many there were of each."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.extend(findings)

    @property
    def unlisted(self) -> Counter[str]:
        """How many findings of each check were counted only."""
        return self.counts - Counter(finding.check for finding in self)

    def append(self, finding: Finding) -> None:
        """Count a finding, and list it while there is room."""
        self.counts[finding.check] += 1
        if self.counts[finding.check] <= _listed.get():
            super().append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take in more findings, with those of them that were only counted."""
        for finding in findings:
            self.append(finding)
        if isinstance(findings, Findings):
            self.counts += findings.unlisted


CHECKS: dict[str, Check] = {}
"""Every declared check by its id."""


def _register(declared: Check) -> Check:
    if declared.id in CHECKS:
        raise ValueError(f"the check id {declared.id} is used twice")
    CHECKS[declared.id] = declared
    return declared


def declare(
    id: str,
    truth: str,
    meaning: str,
    *,
    message: str,
    hint: str,
    example: str,
    severity: Severity = Severity.ERROR,
) -> Check:
    """Declare a truth that the reader or the engine watches over."""
    return _register(Check(id, truth, meaning, message, hint, example, severity))


def check(
    id: str,
    *,
    message: str,
    hint: str,
    example: str,
    field: str = "",
    severity: Severity = Severity.ERROR,
) -> Callable[[Callable[..., Hits]], Callable[..., Hits]]:
    """Declare a check over whole tables, which it asks for by the names of its parameters.

    `field` is the column that a finding points at, unless the hits say so row by row.
    """

    def wrap(judge: Callable[..., Hits]) -> Callable[..., Hits]:
        asked = inspect.signature(judge).parameters
        optional = tuple(name for name in asked if asked[name].default is None)
        declared = _declared(id, judge, message=message, hint=hint, example=example, severity=severity)
        _register(replace(declared, tables=tuple(asked), optional=optional, field=field))
        return judge

    return wrap


def _declared(
    id: str, judge: Callable[..., Any], *, message: str, hint: str, example: str, severity: Severity
) -> Check:
    """A check whose truth and meaning are the name and the docstring of its function."""
    meaning = inspect.getdoc(judge) or ""
    return Check(id, judge.__name__, meaning, message, hint, example, severity, judge=judge)


def row_check(
    id: str,
    columns: Mapping[str, Iterable[tuple[str, ...]]],
    *,
    message: str,
    hint: str,
    example: str,
    severity: Severity = Severity.ERROR,
) -> Callable[[Callable[..., RowVerdict]], Callable[..., RowVerdict]]:
    """Declare a check over some columns of a row, given per table and passed in that order.

    A finding points at the last of the columns.
    """

    def wrap(judge: Callable[..., RowVerdict]) -> Callable[..., RowVerdict]:
        per_table = {table: tuple(given) for table, given in columns.items()}
        declared = _declared(id, judge, message=message, hint=hint, example=example, severity=severity)
        _register(replace(declared, tables=tuple(per_table), columns=per_table))
        return judge

    return wrap


class Place(Protocol):
    """Says where a cell of a row stands."""

    def __call__(self, row: int, field: str) -> Mapping[str, Any]:
        """The `file`, `line`, `column`, `row_id` and `value` of a cell (of its row, if `field` is "")."""
        ...


@dataclass(frozen=True)
class Table:
    """The rows of one table, typed, as checks see them.

    `frame` holds the rows that parsed, one column per field and `row`, the index in the file; a
    date column `d` comes with `d_earliest` and `d_latest`. `doubtful` holds the rows that did not
    parse, with the cells that did. `links` are its key and reference columns, `columns` all of them.
    A table that hrdata does not define, described by a schema of its own, `is_own`.
    """

    name: str
    frame: pl.DataFrame
    doubtful: pl.DataFrame
    links: tuple[str, ...]
    place: Place
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    is_own: bool = False

    def row_ids(self) -> pl.Expr:
        """The key of each row as one text; the parts of a composite key are joined by `|`."""
        parts = [pl.col(part) for part in self.key]
        return pl.concat_str(parts, separator="|") if parts else pl.lit("")


class Tables(dict[str, Table]):
    """All tables that can be judged; `missing` says of each other one why it cannot be."""

    def __init__(self, tables: Mapping[str, Table], missing: dict[str, str]) -> None:
        super().__init__(tables)
        self.missing = missing


@dataclass
class Result:
    """What came of one check: how many rows it judged, how many it could not, what it found.

    `count` has all findings, listed or not, `old` those of them that were there before a change.
    Findings on `kept` rows are listed even when the list is full: known issues may cover them.
    """

    check: Check
    kept: Collection[str] = ()
    judged: int = 0
    unknown: int = 0
    count: int = 0
    old: int = 0
    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""

    @property
    def standing(self) -> int:
        """How many findings are neither known nor old, those not listed included."""
        return self.count - self.known - self.old

    @property
    def known(self) -> int:
        """How many findings known issues cover."""
        return sum(1 for finding in self.findings if finding.waived)

    @property
    def status(self) -> Status:
        """A finding fails the check; what could not be judged keeps it from passing."""
        if self.count:
            return Status.FAILED if self.standing else Status.KNOWN
        if self.skipped:
            return Status.SKIPPED
        return Status.UNKNOWN if self.unknown else Status.PASSED

    def add(self, finding: Finding) -> None:
        """Count a finding, and list it while there is room."""
        self.count += 1
        if len(self.findings) < _listed.get() or finding.row_id in self.kept:
            self.findings.append(finding)


def run_checks(tables: Tables, results: Iterable[Result]) -> None:
    """Run the checks on the tables, each into its result."""
    for result in results:
        if result.check.columns:
            _run_on_rows(result, tables)
        elif result.check.judge is not None:
            _run(result, tables)


def _run(result: Result, tables: Tables) -> None:
    declared = result.check
    asked = [name for name in declared.tables if name != ALL_TABLES]
    # An optional table that is listed but cannot be read is missed; one that is not there is not.
    known = {*tables, *tables.missing}
    asked = [name for name in asked if name in known or name not in declared.optional]
    absent = [tables.missing.get(name, f"there is no table {name}") for name in asked if name not in tables]
    if absent:
        result.skipped = "; ".join(absent)
        return
    assert declared.judge is not None
    if ALL_TABLES in declared.tables:
        result.skipped = "; ".join(tables.missing.values())
    given = [tables[name] for name in asked]
    hits = declared.judge(*(tables if name == ALL_TABLES else tables.get(name) for name in declared.tables))
    if "table" in hits.columns:
        looked_at = list(tables.values()) if ALL_TABLES in declared.tables else given
        result.judged = sum(table.frame.height for table in looked_at)
        result.unknown = sum(table.doubtful.height for table in looked_at)
        for (name,), group in hits.partition_by("table", as_dict=True, include_key=False).items():
            list_hits(result, tables[str(name)], group)
        return
    unjudged = _unjudged_rows(given)
    if "unknown" in hits.columns:
        unjudged = unjudged.append(hits.filter("unknown")["row"]).unique()
        hits = hits.filter(~pl.col("unknown")).drop("unknown")
    result.unknown = len(unjudged) + given[0].doubtful.height
    result.judged = given[0].frame.height - len(unjudged)
    list_hits(result, given[0], hits.filter(~pl.col("row").is_in(unjudged.implode())))


def _run_on_rows(result: Result, tables: Tables) -> None:
    declared = result.check
    present = [name for name in declared.columns if name in tables]
    result.skipped = "; ".join(tables.missing[name] for name in declared.columns if name in tables.missing)
    if not present and not result.skipped:
        result.skipped = f"there is no table {' or '.join(declared.columns)}"
    for name in present:
        table = tables[name]
        result.judged += table.frame.height
        result.unknown += table.doubtful.height
        for columns in declared.columns[name]:
            list_hits(result, table, _row_hits(declared, table, columns))


def _row_hits(declared: Check, table: Table, columns: tuple[str, ...]) -> Hits:
    """Judge each distinct combination of the columns once, then find the rows that hold a bad one."""
    assert declared.judge is not None
    distinct = table.frame.select(columns).unique(maintain_order=True)
    bad = [
        (*combination, {name: str(word) for name, word in verdict.items()})
        for combination in distinct.iter_rows()
        if (verdict := declared.judge(*combination)) is not None
    ]
    if not bad:
        return pl.DataFrame({"row": []}, schema={"row": pl.UInt32})
    words = pl.DataFrame([b[-1] for b in bad])
    keys = pl.DataFrame([b[:-1] for b in bad], schema=distinct.schema, orient="row")
    rows = table.frame.select("row", *columns)
    hits = rows.join(
        keys.hstack(words.rename({w: f"word {w}" for w in words.columns})), on=columns, nulls_equal=True
    )
    return hits.select(
        "row", pl.lit(columns[-1]).alias("field"), *(pl.col(f"word {w}").alias(w) for w in words.columns)
    )


def _unjudged_rows(given: list[Table]) -> pl.Series:
    """Rows of the first table that hang together with a row of another that did not parse.

    What holds for them cannot be known, so neither a pass nor a finding is reported.
    """
    about, *others = given
    unjudged = pl.Series("row", [], dtype=pl.UInt32)
    for other in others:
        if not other.doubtful.height:
            continue
        shared = next((name for name in about.links if name in other.links), None)
        rows = about.frame
        # A row that does not say what it belongs to may belong to any.
        if shared is not None and not other.doubtful[shared].null_count():
            rows = rows.join(other.doubtful, on=shared, how="semi")
        unjudged.append(rows["row"])
    return unjudged.unique()


def list_hits(
    result: Result,
    table: Table,
    hits: Hits,
    explain: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
) -> None:
    """Count the rows that break a truth, and list them while there is room, kept ones always.

    `explain` gives words for the message that only a hit that is listed needs.
    """
    result.count += hits.height
    hits = hits.sort("row", maintain_order=True)
    room = max(0, _listed.get() - len(result.findings))
    listed = hits.head(room)
    if result.kept and hits.height > room:
        over = hits[room:].join(table.frame.select("row", table.row_ids().alias("id")), on="row")
        listed = pl.concat([listed, over.filter(pl.col("id").is_in(list(result.kept))).drop("id")])
    for hit in listed.iter_rows(named=True):
        words = explain(hit) if explain else {}
        named = hit.pop("field", result.check.field)
        place = table.place(hit.pop("row"), named)
        result.findings.append(
            result.check.finding(table=table.name, field=named, **{**hit, **words, **place})
        )


def filled(template: str, *parts: str | pl.Expr) -> pl.Expr:
    """A text with each `{}` filled from a column or expression; null where one of them is null."""
    # Not pl.format: Polars 2.1 panics on a column in chunks of which the first is empty.
    words = template.split("{}")
    given = [pl.col(part) if isinstance(part, str) else part for part in parts]
    pairs = [pl.concat_str(pl.lit(word), part) for word, part in zip(words, given, strict=False)]
    return pl.concat_str(*pairs, pl.lit(words[-1]))


def is_one_of(column: str, words: Iterable[str]) -> pl.Expr:
    """Whether a column of a vocabulary holds one of some words."""
    return pl.col(column).is_in([str(word) for word in words])
