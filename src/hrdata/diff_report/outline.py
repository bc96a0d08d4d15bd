"""What every format says of a difference, whatever it looks like: its parts, its counts and the verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

import polars as pl

from hrdata.changes import (
    OTHER_BYTES,
    ROW_KINDS,
    Change,
    Diff,
    Kind,
    RowAdded,
    RowChange,
    RowChanged,
    RowRekeyed,
    RowRemoved,
    TableDiff,
    show_both,
    show_value,
)
from hrdata.errors import UsageError
from hrdata.fields import printable_line
from hrdata.report.terminal import counted
from hrdata.version import RULES, Bump, Rule, is_enough, parse_version, required_version, smallest_bump

NO_DIFFERENCES = "No differences."
ONLY_BYTES = f"Only bytes differ: {OTHER_BYTES}. The data are the same."

ROW_WORDS = dict(zip(ROW_KINDS, ("added", "removed", "changed", "following", "re-keyed"), strict=True))
"""What is said of rows, by the kind of change."""

LISTED_WORDS = 10
"""So many values that a vocabulary gains or loses have a line each."""
_PLACES = 5
"""So many places are named where changes ask for a bump."""


@dataclass(frozen=True)
class Part:
    """What differs in one table, or, without a name, in the package as a whole."""

    name: str
    changes: tuple[Change, ...]
    rows: TableDiff | None = None

    @property
    def title(self) -> str:
        """The table, or the package."""
        return printable_line(f"Table {self.name}" if self.name else "Package")

    @property
    def note(self) -> str:
        """Why the rows of a table without a key are not told as changed, if there is something to explain."""
        rows = self.rows
        is_odd = rows and not rows.key and rows.added.height and rows.removed.height
        return "no primary key: a changed row shows as removed and added" if is_odd else ""

    @property
    def lines(self) -> list[str]:
        """What changes but for the rows, a line each; many values of one vocabulary are counted."""
        said = []
        for (kind, _), group in groupby(self.changes, key=lambda change: (change.kind, change.column)):
            changes = list(group)
            if kind in (Kind.WORD_ADDED, Kind.WORD_REMOVED) and len(changes) > LISTED_WORDS:
                said.append(_count_words(changes))
            else:
                said += [change.text for change in changes]
        return said


def parts_of(diff: Diff) -> list[Part]:
    """The package as a whole, then each table that differs, in the order of the diff."""
    changes: dict[str, list[Change]] = defaultdict(list)
    for change in diff.changes:
        changes[change.table].append(change)
    rows = {table.table: table for table in diff.tables if table.counts}
    names = sorted({**changes, **rows}, key=bool)
    return [Part(name, tuple(changes[name]), rows.get(name)) for name in names]


def _count_words(changes: Sequence[Change]) -> str:
    """That a vocabulary has many values more or less, with the first of them."""
    first = changes[0]
    place = printable_line(".".join(part for part in (first.table, first.column) if part))
    what = "has {} new values" if first.kind is Kind.WORD_ADDED else "has lost {} values"
    shown = [show_value(change.new if first.kind is Kind.WORD_ADDED else change.old) for change in changes]
    listed = ", ".join(shown[:_PLACES])
    said = f"the vocabulary {what.format(f'{len(changes):,}')}: {listed}"
    return f"{place}: {said}, {say_more(len(changes) - _PLACES)}"


def count_by_column(table: TableDiff) -> str:
    """In how many rows each column has changed, in the order of the columns."""
    counts = dict(table.changed.group_by("column").len().iter_rows())
    return ", ".join(f"{name} in {counts[name]:,}" for name in table.header if name in counts)


def count_rows(table: TableDiff | None) -> str:
    """How many rows are added, removed, changed and re-keyed, in words; nothing if there are none."""
    counts = table.counts if table else Counter[Kind]()
    return ", ".join(
        f"{counted(counts[kind], 'row')} {word}" for kind, word in ROW_WORDS.items() if counts[kind]
    )


def first_rows(table: TableDiff, most: int) -> dict[Kind, list[RowChange]]:
    """The first changes of rows of each kind, with not more of them made than asked for."""
    cells = most * max(1, len(table.header))
    follows = pl.col("follows").all().over("key")
    # Few tables have rows that follow, and to tell them from others takes a while.
    kinds = (~follows, follows) if table.changed["follows"].any() else (True,)
    changed = [table.changed.filter(kept).head(cells) for kept in kinds]
    cut = replace(
        table,
        added=table.added.head(most),
        removed=table.removed.head(most),
        rekeyed=table.rekeyed.head(most),
        changed=pl.concat(changed),
    )
    found: dict[Kind, list[RowChange]] = {kind: [] for kind in ROW_KINDS}
    for change in cut:
        found[change.kind].append(change)
    return {kind: rows[:most] for kind, rows in found.items() if rows}


def only_bytes_differ(diff: Diff) -> bool:
    """Whether there is nothing but other bytes for the same data."""
    return set(diff.counts) == {Kind.ONLY_BYTES_DIFFER}


def what_is_alike(diff: Diff) -> str:
    """That nothing differs, or only bytes; nothing if more does."""
    return ONLY_BYTES if only_bytes_differ(diff) else "" if diff else NO_DIFFERENCES


def say_more(number: int, remedy: str = "--format json") -> str:
    """That so many more were left out, and what lists them."""
    return f"and {number:,} more; {remedy} lists them"


def say_row(change: RowChange, table: TableDiff) -> str:
    """What became of a row, in a line without the table: its key, then the cells it is about."""
    match change:
        case RowAdded():
            said = _say_cells(change, table.key)
        case RowRemoved():
            said = _say_cells(change, table.old_key)
        case RowChanged():
            cells = ((cell.column, show_both(cell.old, cell.new)) for cell in change.cells)
            said = "; ".join(f"{column}: {' -> '.join(both)}" for column, both in cells)
        case RowRekeyed():
            return printable_line(f"{'|'.join(change.old_key)} -> {change.row_id}")
    return printable_line(": ".join(part for part in (change.row_id, said) if part))


def _say_cells(change: RowAdded | RowRemoved, key: tuple[str, ...]) -> str:
    shown = {name: text for name, text in change.cells.items() if text and name not in key}
    return ", ".join(f"{name} {show_value(text)}" for name, text in shown.items())


# The verdict


@dataclass(frozen=True)
class Reason:
    """A kind of change that asks for the bump: how many there are, where the first ones are, and the rule."""

    kind: Kind
    count: int
    places: tuple[str, ...]

    @property
    def rule(self) -> Rule:
        """The rule by which such changes ask for it."""
        return RULES[self.kind]

    @property
    def text(self) -> str:
        """The reason in one line, rule included.

        >>> Reason(Kind.ROW_REMOVED, 3, ("votes", "ballots")).text
        "row removed, 3 in votes, ballots (hrdata's ruling, major: delete a row)"
        """
        where = printable_line(", ".join(place for place in self.places if place) or "the package")
        return f"{show_kind(self.kind)}, {self.count:,} in {where} ({self.rule.text})"


@dataclass(frozen=True)
class Verdict:
    """What the changes ask of the version, and whether the version of the new package does it.

    `version` is the smallest that the new package may have. When one of the versions is none, it is
    empty, `is_enough` is None and `problem` says why.
    """

    bump: Bump
    reasons: tuple[Reason, ...]
    given: str
    version: str = ""
    is_enough: bool | None = None
    problem: str = ""

    @property
    def lines(self) -> tuple[str, str]:
        """The bump and the version it makes, then whether the new package has such a version."""
        if self.problem:
            return (
                f"Smallest bump: {self.bump}.",
                f"No verdict on the version: {printable_line(self.problem)}.",
            )
        makes = f"Smallest bump: {self.bump}, which makes {self.version}."
        given = f"The new version {printable_line(self.given)}"
        if self.is_enough and self.bump is Bump.NONE:
            return f"Smallest bump: {self.bump}.", "No new version is needed."
        if self.is_enough:
            return makes, f"{given} is enough."
        return makes, f"{given} is not enough: expected {self.version} or later."


def judge_version(diff: Diff) -> Verdict:
    """The smallest bump, what asks for it, and whether the version of the new package is enough."""
    bump, given = smallest_bump(diff), diff.new.version
    reasons = tuple(_reasons(diff, bump))
    for side in (diff.old, diff.new):
        try:
            parse_version(side.version)
        except UsageError as problem:
            return Verdict(bump, reasons, given, problem=f"{side.label}: {problem}")
    enough = is_enough(diff.old.version, given, bump)
    return Verdict(bump, reasons, given, required_version(diff), enough)


def _reasons(diff: Diff, bump: Bump) -> Iterator[Reason]:
    if bump is Bump.NONE:
        return
    for kind, count in diff.counts.items():
        if RULES[kind].bump is bump:
            places = [f"{change.table}.{change.column}" for change in diff.changes if change.kind is kind]
            places += [table.table for table in diff.tables if table.counts[kind]]
            first = dict.fromkeys(place.rstrip(".") for place in places)
            named = (*islice(first, _PLACES), *["…"] * (len(first) > _PLACES))
            yield Reason(kind, count, named)


def show_kind(kind: Kind) -> str:
    """A kind of change in words."""
    return f"row {ROW_WORDS[kind]}" if kind in ROW_WORDS else kind.replace("_", " ")
