"""The difference of a table as daff has it: a table itself, which daff shows, and applies to the old table.

The format is the Tabular Diff Format 0.8 (https://specs.frictionlessdata.io/tabular-diff).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from io import StringIO

import polars as pl

from hrdata.changes import Diff, Key, RowAdded, RowChanged, RowRekeyed, TableDiff
from hrdata.errors import UsageError
from hrdata.fields import printable_line

ADDED, REMOVED, GAINED, MOVED, OMITTED, HEADER, SCHEMA = "+++", "---", "+", ":", "...", "@@", "!"

_NULL = re.compile("_*NULL")
"""The format takes `NULL` for no value: text of this form has one more underscore before it."""


def render_table(diff: Diff, old: Mapping[str, pl.DataFrame], table: str = "") -> str:
    """The difference of one table as CSV; `old` has the tables of the old version, cells as text.

    Raises `UsageError` when more than one table differs and none is named, or the named one does not.
    """
    differing = [one.table for one in diff.tables]
    if not table and len(differing) > 1:
        listed = printable_line(", ".join(differing))
        raise UsageError(f"daff has one table at a time, but {listed} differ; name one with --table")
    if table and table not in differing:
        listed = printable_line(", ".join(differing)) or "no table of both versions"
        raise UsageError(f"--table {printable_line(table)}: expected a table that differs: {listed}")
    chosen = [one for one in diff.tables if table in ("", one.table)]
    return "".join(write_patch(one, old[one.old_table]) for one in chosen)


def write_patch(table: TableDiff, old: pl.DataFrame) -> str:
    """What turns the old table into the new one: the header, the rows that are new, then old rows in order.

    Rows that stay as they are have a line only if a column is new; `...` stands where rows are left out.
    """
    columns = plan_columns(table)
    patch = _Patch(table, columns)
    listed = list(patch.old_lines(old))
    lines = [[HEADER, *(column.title for column in columns)], *patch.added, *listed]
    if any(column.tag for column in columns):
        lines.insert(0, [SCHEMA, *(column.tag for column in columns)])
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()


# Columns


@dataclass(frozen=True)
class Column:
    """A column of either version: its name in each, None where it is not, and whether it `is_moved`."""

    old: str | None
    new: str | None
    is_moved: bool = False

    @property
    def title(self) -> str:
        """The name that the header has."""
        return self.new if self.new is not None else self.old or ""

    @property
    def tag(self) -> str:
        """What the schema row says of the column."""
        if self.old is None:
            return ADDED
        if self.new is None:
            return REMOVED
        if self.old != self.new:
            return f"({self.old})"
        return MOVED if self.is_moved else ""

    def look_up(self, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str | None, str | None]:
        """The cell of a row in each version."""
        return None if self.old is None else before[self.old], None if self.new is None else now[self.new]


def plan_columns(table: TableDiff) -> list[Column]:
    """The columns in the new order, then those that are gone."""
    taken = set(table.renamed.values())
    stayed = {name: name for name in table.header if name in table.old_header and name not in taken}
    names = {**stayed, **table.renamed}
    before = [name for name in table.old_header if name in names.values()]
    now = [names[name] for name in table.header if name in names]
    blocks = SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
    unmoved = {name for block in blocks for name in now[block.b : block.b + block.size]}
    if any(names[name] not in unmoved for name in table.renamed):
        # A column has one tag only, and a new name is the one that counts: then the others have moved.
        unmoved.clear()
    columns = [Column(names.get(name), name, names.get(name) not in unmoved) for name in table.header]
    return [*columns, *(Column(name, None) for name in table.old_header if name not in before)]


# Rows


@dataclass
class _Patch:
    """The changes of a table by row, for going through the old rows once."""

    table: TableDiff
    columns: Sequence[Column]
    added: list[list[str]] = field(default_factory=list)
    removed: Counter[tuple[str, ...]] = field(default_factory=Counter)
    keys: dict[Key, Key] = field(default_factory=dict)
    cells: dict[Key, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for change in self.table:
            match change:
                case RowAdded():
                    self.added.append(self._as_added(change.cells))
                case RowRekeyed():
                    self.keys[change.old_key] = change.key
                case RowChanged():
                    self.cells[change.key] = {cell.column: cell.new for cell in change.cells}
        self.removed.update(self.table.removed.iter_rows())
        self.gained = {
            tuple(row[part] for part in self.table.key): row
            for row in self.table.gained.iter_rows(named=True)
        }

    def old_lines(self, old: pl.DataFrame) -> Iterator[list[str]]:
        """The lines of old rows that are needed, in order."""
        following = 0
        for place, row in self._needed(old):
            if place > following:
                yield [OMITTED] * (len(self.columns) + 1)
            following = place + 1
            yield self._line(row)
        if following < old.height:
            yield [OMITTED] * (len(self.columns) + 1)

    def _needed(self, old: pl.DataFrame) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The old rows that a line is needed for, each with its number."""
        table = self.table
        texts = old.select(pl.col(name).cast(pl.String) for name in table.old_header)
        places = {name: f"{place}" for place, name in enumerate(table.old_header)}
        rows = texts.rename(places).with_row_index("row")
        if not self.gained:
            wanted = self._wanted().rename({name: places[name] for name in self._matched})
            rows = rows.join(wanted, on=wanted.columns, how="semi").sort("row")
        for place, *row in rows.iter_rows():
            yield place, tuple(row)

    @property
    def _matched(self) -> tuple[str, ...]:
        """The old columns that tell rows apart: the key, else all."""
        return self.table.old_key or self.table.old_header

    def _wanted(self) -> pl.DataFrame:
        """What tells the rows apart that are gone, changed or under another key."""
        schema = dict.fromkeys(self._matched, pl.String)
        named = pl.DataFrame([*self.keys, *self.cells], schema=schema, orient="row")
        return pl.concat([self.table.removed.select(self._matched), named]).unique()

    def _line(self, row: tuple[str, ...]) -> list[str]:
        """The line of an old row: gone, changed, with more cells, or the same."""
        before = dict(zip(self.table.old_header, row, strict=True))
        if self.removed[row]:
            self.removed[row] -= 1
            return self._as_removed(before)
        now = self._now(before)
        pairs = [column.look_up(before, now) for column in self.columns]
        if any(_trips_daff(*pair) for pair in pairs):
            self.added.append(self._as_added(now))
            return self._as_removed(before)
        arrow = _arrow_for([*before.values(), *now.values()])
        cells = [_cell(*pair, arrow) for pair in pairs]
        action = GAINED if self.gained else ""
        if any(old != new for old, new in pairs if old is not None and new is not None):
            action = arrow
        return [action, *cells]

    def _now(self, before: Mapping[str, str]) -> dict[str, str]:
        """The row as it is now, by the new names of its columns."""
        old_key = tuple(before[name] for name in self.table.old_key)
        key = self.keys.get(old_key, old_key)
        now = {c.new: before[c.old] for c in self.columns if c.old is not None and c.new is not None}
        now |= dict(zip(self.table.key, key, strict=True))
        return now | self.cells.get(key, {}) | self.gained.get(key, {})

    def _as_added(self, cells: Mapping[str, str]) -> list[str]:
        return [ADDED, *("" if c.new is None else _escape(cells[c.new]) for c in self.columns)]

    def _as_removed(self, cells: Mapping[str, str]) -> list[str]:
        return [REMOVED, *("" if c.old is None else _escape(cells[c.old]) for c in self.columns)]


def _cell(old: str | None, new: str | None, arrow: str) -> str:
    """A cell of a row that stays: None where the column is not in that version."""
    if old is None or new is None or old == new:
        return _escape(new if old is None else old)
    return f"{_escape(old)}{arrow}{_escape(new)}"


def _escape(text: str | None) -> str:
    return f"_{text}" if text and _NULL.fullmatch(text) else text or ""


def _arrow_for(texts: Sequence[str]) -> str:
    """The shortest arrow that no text of a row holds."""
    arrow = "->"
    while any(arrow in text for text in texts):
        arrow = f"-{arrow}"
    return arrow


def _trips_daff(old: str | None, new: str | None) -> bool:
    """Whether daff 1.4.2 spoils a changed cell, so that the row is better taken out and put in again.

    Where only spaces differ it puts signs for them into the table, and it does not find a row by the
    old cell when that reads `NULL`.
    """
    if old is None or new is None or old == new:
        return False
    return bool(_NULL.fullmatch(old)) or old.replace(" ", "") == new.replace(" ", "")
