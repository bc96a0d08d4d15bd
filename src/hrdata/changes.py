"""What can differ between two versions of a package: typed changes, each of which says itself in a line.

Knows no version numbers (`hrdata.version`) and no way to find a change (`hrdata.diff`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, zip_longest
from typing import Any, ClassVar, Self

import polars as pl

from hrdata.fields import printable_line

OTHER_BYTES = "quoting, line ends, row order or another text for no value"
"""What may differ in the bytes of a file though its rows are the same."""

LONGEST_SHOWN = 80
"""A value is shown with so many characters at most in a line of text; the change itself has all of it."""


class Kind(StrEnum):
    """The kinds of change, each with the line that says it."""

    template: str

    PACKAGE_RENAMED = "package_renamed", "the {name} of the package was {old}, now {new}"
    METADATA_CHANGED = "metadata_changed", "{name} was {old}, now {new}"
    TABLE_ADDED = "table_added", "the table is new; rows: {new}"
    TABLE_REMOVED = "table_removed", "the table is gone; rows: {old}"
    TABLE_RENAMED = "table_renamed", "the table {old} is now named {new}"
    COLUMN_ADDED = "column_added", "the column is new"
    COLUMN_REMOVED = "column_removed", "the column is gone"
    COLUMN_RENAMED = "column_renamed", "the column {old} is now named {new}"
    COLUMNS_REORDERED = "columns_reordered", "the {name} stood in the order {old}, now {new}"
    TYPE_CHANGED = "type_changed", "the type was {old}, now {new}"
    FORMAT_CHANGED = "format_changed", "{name} was {old}, now {new}"
    CONSTRAINT_TIGHTENED = "constraint_tightened", "{name} was {old}, now {new}, which allows less"
    CONSTRAINT_LOOSENED = "constraint_loosened", "{name} was {old}, now {new}, which allows more"
    CONSTRAINT_CHANGED = "constraint_changed", "{name} was {old}, now {new}, which may allow less"
    WORD_ADDED = "word_added", "the vocabulary has the new value {new}"
    WORD_REMOVED = "word_removed", "the vocabulary has lost the value {old}"
    KEY_CHANGED = "key_changed", "the primary key was {old}, now {new}"
    UNIQUE_KEY_ADDED = "unique_key_added", "{new} must now be unique"
    UNIQUE_KEY_REMOVED = "unique_key_removed", "{old} need not be unique any more"
    REFERENCE_ADDED = "reference_added", "{name} must now stand in {new}"
    REFERENCE_REMOVED = "reference_removed", "{name} need not stand in {old} any more"
    REFERENCE_CHANGED = "reference_changed", "{name} referred to {old}, now to {new}"
    MISSING_VALUES_CHANGED = (
        "missing_values_changed",
        "the texts for no value were {old}, now {new}",
    )
    FILE_MOVED = "file_moved", "the file was {old}, now {new}"
    ONLY_BYTES_DIFFER = "only_bytes_differ", f"only the bytes of {{new}} differ: {OTHER_BYTES}"
    ROW_ADDED = "row_added", "added: {new}"
    ROW_REMOVED = "row_removed", "removed: {old}"
    ROW_CHANGED = "row_changed", "{new}"
    ROW_FOLLOWING = "row_following", "{new}, to follow rows under another key"
    ROW_REKEYED = "row_rekeyed", "the key was {old}, now {new}, with the same content"

    def __new__(cls, value: str, template: str) -> Self:
        """Keep the line beside the name."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.template = template
        return kind


ROW_KINDS = (Kind.ROW_ADDED, Kind.ROW_REMOVED, Kind.ROW_CHANGED, Kind.ROW_FOLLOWING, Kind.ROW_REKEYED)
"""The kinds of change that speak of one row; their classes are below."""


_BEFORE = 12
"""So many characters before the first that differs are shown of two long texts."""


def show_value(value: object) -> str:
    """A value of a descriptor or the text of a cell, as a line of text has it: short, and safe to print."""
    return _cut(_show_whole(value))


def show_both(old: object, new: object) -> tuple[str, str]:
    """Two values as a line of text has them; where both are long, what differs is in sight.

    >>> show_both("a" * 99 + "b", "a" * 99 + "c")
    ("…aaaaaaaaaaaab'", "…aaaaaaaaaaaac'")
    """
    wholes = _show_whole(old), _show_whole(new)
    if wholes[0] == wholes[1] and old != new:
        # Printed safely they read the same: a line feed, for example, and the text that stands for it.
        wholes = ascii(old), ascii(new)
    shown = _cut(wholes[0]), _cut(wholes[1])
    if shown[0] != shown[1] or wholes[0] == wholes[1]:
        return shown
    # A text that ends earlier differs there: what stands past an end is None.
    pairs = enumerate(zip_longest(*wholes))
    start = next(place for place, pair in pairs if pair[0] != pair[1]) - _BEFORE
    return _cut(f"…{wholes[0][start:]}"), _cut(f"…{wholes[1][start:]}")


def _cut(shown: str) -> str:
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"


def _show_whole(value: object) -> str:
    match value:
        case None:
            shown = "not given"
        case "":
            shown = "empty"
        case str():
            shown = f"'{value}'"
        case {"fields": _, "reference": Mapping() as reference}:
            shown = _show_reference(reference)
        case list() | tuple() if value and all(isinstance(item, str) for item in value):
            shown = ", ".join(item or "''" for item in value)
        case _:
            shown = json.dumps(value, ensure_ascii=False)
    return printable_line(shown)


def _show_reference(reference: Mapping[str, Any]) -> str:
    """What a foreign key refers to: the table, itself if none is named, and its columns."""
    fields = reference.get("fields")
    listed = [fields] if isinstance(fields, str) else fields if isinstance(fields, list) else []
    return f"{reference.get('resource') or 'the table itself'} ({', '.join(map(str, listed))})"


def _line(kind: Kind, place: str, **words: object) -> str:
    """The line of a change; `words` are shown already."""
    said = kind.template.format(**words)
    return f"{place}: {said}" if place else said


@dataclass(frozen=True)
class Change:
    """One difference in the descriptor, in a table as a whole or in a column, with what was and what is.

    `table` and `column` have the new name, or the old one of what is gone. `name` says which constraint,
    format or property of the descriptor it is, such as `maximum` or `licenses[0].name`; of a
    reference, the columns that refer. `old` and `new` are as the descriptor of that version has them, None
    for not given; of a reference, the whole foreign key.
    """

    kind: Kind
    table: str = ""
    column: str = ""
    name: str = ""
    old: Any = field(default=None, hash=False)
    new: Any = field(default=None, hash=False)

    @property
    def text(self) -> str:
        """The change in one plain line.

        >>> Change(Kind.CONSTRAINT_TIGHTENED, "votes", "yes", "maximum", 300, 193).text
        'votes.yes: maximum was 300, now 193, which allows less'
        """
        is_named = self.kind in (Kind.FILE_MOVED, Kind.ONLY_BYTES_DIFFER)
        is_named |= self.kind in (Kind.TABLE_RENAMED, Kind.COLUMN_RENAMED)
        shown = show_both(self.old, self.new)
        if self.kind in (Kind.WORD_ADDED, Kind.WORD_REMOVED):
            # A value of a vocabulary may be null.
            shown = ("null" if self.old is None else shown[0]), ("null" if self.new is None else shown[1])
        old, new = (printable_line(str(value)) for value in (self.old, self.new)) if is_named else shown
        is_renamed_column = self.kind is Kind.COLUMN_RENAMED
        is_nowhere = self.kind in (Kind.PACKAGE_RENAMED, Kind.TABLE_RENAMED)
        parts = [self.table, "" if is_renamed_column else self.column]
        place = "" if is_nowhere else printable_line(".".join(part for part in parts if part))
        return _line(self.kind, place, name=printable_line(self.name), old=old, new=new)


Key = tuple[str, ...]
"""The parts of a row's key, in the order of the key's columns; of a table without a key, none."""


@dataclass(frozen=True)
class CellChange:
    """A cell that differs: the column's new name, the text before and the text now, "" for no value."""

    column: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """The change in a few words."""
        old, new = show_both(self.old, self.new)
        return f"{printable_line(self.column)} was {old}, now {new}"


@dataclass(frozen=True)
class _Row:
    """What all changes of a row have: the table's new name, and the row's key."""

    kind: ClassVar[Kind]
    table: str
    key: Key

    @property
    def row_id(self) -> str:
        """The key as one text, as citations have it: its parts joined by `|`."""
        return "|".join(self.key)

    @property
    def place(self) -> str:
        """The table and the row."""
        return printable_line(f"{self.table} {self.row_id}".rstrip())


def _show_row(cells: Mapping[str, str]) -> str:
    return ", ".join(f"{printable_line(name)} {show_value(text)}" for name, text in cells.items() if text)


@dataclass(frozen=True)
class RowAdded(_Row):
    """A row that is new; `cells` has all of it, by column."""

    kind = Kind.ROW_ADDED
    cells: Mapping[str, str] = field(hash=False)

    @property
    def text(self) -> str:
        """The change in one plain line."""
        return _line(self.kind, self.place, new=_show_row(self.cells))


@dataclass(frozen=True)
class RowRemoved(_Row):
    """A row that is gone; `cells` has all of it, by column as they were named."""

    kind = Kind.ROW_REMOVED
    cells: Mapping[str, str] = field(hash=False)

    @property
    def text(self) -> str:
        """The change in one plain line."""
        return _line(self.kind, self.place, old=_show_row(self.cells))


@dataclass(frozen=True)
class RowChanged(_Row):
    """A row of which cells differ; `cells` are those."""

    kind: ClassVar[Kind] = Kind.ROW_CHANGED
    cells: tuple[CellChange, ...]

    @property
    def text(self) -> str:
        """The change in one plain line.

        >>> RowChanged("ballots", ("unga-61-174", "FRA"), (CellChange("choice", "yes", ""),)).text
        "ballots unga-61-174|FRA: choice was 'yes', now empty"
        """
        return _line(self.kind, self.place, new="; ".join(cell.text for cell in self.cells))


@dataclass(frozen=True)
class RowFollowing(RowChanged):
    """A row of which cells differ only as rows of other tables that they name are under another key."""

    kind = Kind.ROW_FOLLOWING


@dataclass(frozen=True)
class RowRekeyed(_Row):
    """A row whose content stands under another key now; `key` is the new one, `old_key` the one before."""

    kind = Kind.ROW_REKEYED
    old_key: Key

    @property
    def text(self) -> str:
        """The change in one plain line."""
        old, new = show_both("|".join(self.old_key), "|".join(self.key))
        return _line(self.kind, printable_line(self.table), old=old, new=new)


RowChange = RowAdded | RowRemoved | RowChanged | RowRekeyed


@dataclass(frozen=True, eq=False)
class TableDiff:
    """What differs in the rows of a table that both versions have. All cells are text, "" for no value.

    Where an empty cell is a value, since `missingValues` does not list it, no value has a text of that list.

    `key` are the columns by which rows were matched, as they are named now, `old_key` as they were named;
    without a key, rows are only added and removed. The frames, each sorted by key:

    - `added`: the rows that are new, with the columns of `header`;
    - `removed`: the rows that are gone, with the columns of `old_header`;
    - `changed`: a row for each cell that differs, with `key` (a list of texts), `column` (its new name),
      `old`, `new`, and whether it `follows` a row of another table that is under another key now;
    - `rekeyed`: a row for each row under another key, with `old_key` and `key` (lists of texts);
    - `gained`: for the rows that both versions have, their key and the cells of the columns that are new;
    - `lost`: for the rows that both versions have, their old key and the cells of the columns that are gone.

    `renamed` has the old name of each column that has another name now, by the new one.
    """

    table: str
    old_table: str
    header: tuple[str, ...]
    old_header: tuple[str, ...]
    key: tuple[str, ...]
    old_key: tuple[str, ...]
    renamed: Mapping[str, str]
    added: pl.DataFrame = field(repr=False)
    removed: pl.DataFrame = field(repr=False)
    changed: pl.DataFrame = field(repr=False)
    rekeyed: pl.DataFrame = field(repr=False)
    gained: pl.DataFrame = field(repr=False)
    lost: pl.DataFrame = field(repr=False)

    @property
    def counts(self) -> Counter[Kind]:
        """How many rows of each kind of change there are."""
        changed = self.changed.group_by("key").agg(pl.col("follows").all())["follows"]
        following = int(changed.sum()) if len(changed) else 0
        changes = (len(changed) - following, following)
        heights = (self.added.height, self.removed.height, *changes, self.rekeyed.height)
        return +Counter(dict(zip(ROW_KINDS, heights, strict=True)))

    def __iter__(self) -> Iterator[RowChange]:
        """The changes row by row: removed, added, re-keyed, changed, each by key."""
        for cells in self.removed.iter_rows(named=True):
            yield RowRemoved(self.table, tuple(cells[part] for part in self.old_key), cells)
        for cells in self.added.iter_rows(named=True):
            yield RowAdded(self.table, tuple(cells[part] for part in self.key), cells)
        for old, new in self.rekeyed.select("old_key", "key").iter_rows():
            yield RowRekeyed(self.table, tuple(new), tuple(old))
        rows = self.changed.select("key", "follows", "column", "old", "new").iter_rows()
        for key, group in groupby(rows, key=lambda row: tuple(row[0])):
            differing = list(group)
            kind = RowFollowing if all(cell[1] for cell in differing) else RowChanged
            yield kind(self.table, key, tuple(CellChange(*cell[2:]) for cell in differing))


@dataclass(frozen=True)
class Side:
    """One of the two versions: the name that people gave the place, the package's name and its version."""

    label: str
    name: str
    version: str


@dataclass(frozen=True, eq=False)
class Diff:
    """All that differs between two versions of a package.

    `changes` speak of the descriptor, tables and columns, in the order of the descriptor; `tables` has
    the rows of the tables that both versions have and whose rows differ, in the order of the new package;
    `added` and `removed` have the rows of the tables that only one version has, by name.
    """

    old: Side
    new: Side
    changes: tuple[Change, ...] = ()
    tables: tuple[TableDiff, ...] = ()
    added: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)
    removed: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def counts(self) -> Counter[Kind]:
        """How many changes of each kind there are; the rows of a table that is new or gone do not count."""
        counts = Counter(change.kind for change in self.changes)
        return sum((table.counts for table in self.tables), counts)

    def __bool__(self) -> bool:
        """Whether anything differs, if only bytes."""
        return bool(self.changes or self.tables)

    def __iter__(self) -> Iterator[Change | RowChange]:
        """All changes: those of `changes`, then row by row those of each table."""
        yield from self.changes
        for table in self.tables:
            yield from table
