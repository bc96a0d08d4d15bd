"""A diff put to use: applied to the tables of the old version, or turned round to lead back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from hrdata.changes import Change, Diff, Key, Kind, TableDiff
from hrdata.diff.rows import sort_by_key
from hrdata.errors import Conflict
from hrdata.fields import printable_line

Cells = dict[str, str]

_OPPOSITES = (
    (Kind.TABLE_ADDED, Kind.TABLE_REMOVED),
    (Kind.COLUMN_ADDED, Kind.COLUMN_REMOVED),
    (Kind.CONSTRAINT_TIGHTENED, Kind.CONSTRAINT_LOOSENED),
    (Kind.WORD_ADDED, Kind.WORD_REMOVED),
    (Kind.UNIQUE_KEY_ADDED, Kind.UNIQUE_KEY_REMOVED),
    (Kind.REFERENCE_ADDED, Kind.REFERENCE_REMOVED),
)
_OPPOSITE = dict(_OPPOSITES) | {after: before for before, after in _OPPOSITES}
"""What a change is when it is looked at from the other side; any other kind is the same from both."""


def apply_diff(tables: Mapping[str, pl.DataFrame], diff: Diff) -> dict[str, pl.DataFrame]:
    """The tables of the new version, made of those of the old one as `hrdata.diff.tables_of` has them.

    The columns stand in the order of the new version, the rows in any. Raises `Conflict` when these are
    not the tables that the diff starts from.

    >>> from hrdata.diff import diff_packages, tables_of
    >>> from hrdata.testing import package_of
    >>> old, new = (package_of(ballots=[{"vote_id": "v", "state_id": state}]) for state in ("FRA", "CHN"))
    >>> apply_diff(tables_of(old), diff_packages(old, new))["ballots"]["state_id"].to_list()
    ['CHN']
    """
    differing = {table.old_table: table for table in diff.tables}
    if lost := [name for name in (*differing, *diff.removed) if name not in tables]:
        raise _other_start(diff, f"there is no table {lost[0]}")
    made = {}
    for name, frame in tables.items():
        if name in differing:
            made[differing[name].table] = _apply(frame, differing[name], diff)
        elif name not in diff.removed:
            made[name] = frame
    if again := [name for name in diff.added if name in made]:
        raise _other_start(diff, f"there is a table {again[0]} already")
    return made | dict(diff.added)


def _other_start(diff: Diff, observed: str) -> Conflict:
    line = f"{observed}, but the diff starts from {diff.old.label}; apply it to the tables of that version"
    return Conflict(printable_line(line))


def _apply(frame: pl.DataFrame, table: TableDiff, diff: Diff) -> pl.DataFrame:
    if tuple(frame.columns) != table.old_header:
        raise _other_start(diff, f"{table.old_table} has the columns {', '.join(frame.columns)}")
    try:
        rows = _apply_by_key(frame, table) if table.key else _apply_to_copies(frame, table)
    except _AnotherRow as row:
        raise _other_start(diff, f"the row {row} of {table.old_table} is another one") from None
    cells = {name: [row.get(name, "") for row in rows] for name in table.header}
    return pl.DataFrame(cells, schema=dict.fromkeys(table.header, pl.String))


class _AnotherRow(Exception):
    """A row is not what the diff says it was."""


def _apply_by_key(frame: pl.DataFrame, table: TableDiff) -> list[Cells]:
    rows = _by_key(frame, table.old_key)
    for key, cells in _by_key(table.removed, table.old_key).items():
        if rows.pop(key, None) != cells:
            raise _AnotherRow("|".join(key))
    names_now = {before: name for name, before in table.renamed.items()}
    gone = {*table.old_header} - {table.renamed.get(name, name) for name in table.header}
    for key, cells in rows.items():
        rows[key] = {names_now.get(name, name): text for name, text in cells.items() if name not in gone}
    for key, column, old, new in table.changed.select("key", "column", "old", "new").iter_rows():
        if rows.get(tuple(key), {}).get(column) != old:
            raise _AnotherRow("|".join(key))
        rows[tuple(key)][column] = new
    rows = _with_new_keys(rows, table)
    for key, cells in _by_key(table.gained, table.key).items():
        rows[key] |= cells
    for key, cells in _by_key(table.added, table.key).items():
        if rows.setdefault(key, cells) is not cells:
            raise _AnotherRow("|".join(key))
    return list(rows.values())


def _by_key(frame: pl.DataFrame, key: Key) -> dict[Key, Cells]:
    return {tuple(cells[part] for part in key): cells for cells in frame.iter_rows(named=True)}


def _with_new_keys(rows: dict[Key, Cells], table: TableDiff) -> dict[Key, Cells]:
    """The rows with the keys that they have now; a key that one row gives up may be taken by another."""
    new_keys = {tuple(old): tuple(new) for old, new in table.rekeyed.select("old_key", "key").iter_rows()}
    if lost := new_keys.keys() - rows.keys():
        raise _AnotherRow("|".join(min(lost)))
    moved = {}
    for key, cells in rows.items():
        new_key = new_keys.get(key, key)
        if new_key in moved:
            raise _AnotherRow("|".join(new_key))
        moved[new_key] = cells | dict(zip(table.key, new_key, strict=True))
    return moved


def _apply_to_copies(frame: pl.DataFrame, table: TableDiff) -> list[Cells]:
    """Without a key: take away the rows that are gone, as many copies as there are, and add the new ones."""
    rows = Counter(frame.iter_rows())
    gone = Counter(table.removed.iter_rows())
    if lost := gone - rows:
        raise _AnotherRow("|".join(min(lost)))
    names_now = {before: name for name, before in table.renamed.items()}
    header = [names_now.get(name, name) for name in table.old_header]
    kept = [dict(zip(header, row, strict=True)) for row in (rows - gone).elements()]
    return [*kept, *table.added.iter_rows(named=True)]


def invert_diff(diff: Diff) -> Diff:
    """The diff that leads from the new version back to the old one.

    >>> from hrdata.changes import Change, Side
    >>> old, new = Side("before", "rooms", "1.0.0"), Side("now", "rooms", "2.0.0")
    >>> diff = Diff(old, new, (Change(Kind.COLUMN_ADDED, "votes", "yes"),))
    >>> [change.text for change in invert_diff(diff)]
    ['votes.yes: the column is gone']
    """
    old_tables = {change.new: change.old for change in diff.changes if change.kind is Kind.TABLE_RENAMED}
    old_columns = {
        (change.table, change.new): change.old
        for change in diff.changes
        if change.kind is Kind.COLUMN_RENAMED
    }

    def invert(change: Change) -> Change:
        is_reference = change.kind in (Kind.REFERENCE_ADDED, Kind.REFERENCE_REMOVED, Kind.REFERENCE_CHANGED)
        return Change(
            kind=_OPPOSITE.get(change.kind, change.kind),
            table=old_tables.get(change.table, change.table),
            column=old_columns.get((change.table, change.column), change.column),
            name=_columns_before(change, old_columns) if is_reference else change.name,
            old=change.new,
            new=change.old,
        )

    return Diff(
        diff.new,
        diff.old,
        tuple(map(invert, diff.changes)),
        tuple(_invert_table(table) for table in diff.tables),
        diff.removed,
        diff.added,
    )


def _columns_before(change: Change, old_columns: Mapping[tuple[str, str], str]) -> str:
    """The columns that refer, as they were named."""
    foreign = change.new if change.old is None else change.old
    names = [foreign["fields"]] if isinstance(foreign["fields"], str) else foreign["fields"]
    # Of a reference that is gone, they are as they were named.
    is_now = change.old is None
    return ", ".join(old_columns.get((change.table, name), name) if is_now else name for name in names)


def _invert_table(table: TableDiff) -> TableDiff:
    names_before = pl.col("column").replace(dict(table.renamed)) if table.renamed else pl.col("column")
    return TableDiff(
        table=table.old_table,
        old_table=table.table,
        header=table.old_header,
        old_header=table.header,
        key=table.old_key,
        old_key=table.key,
        renamed={before: name for name, before in table.renamed.items()},
        added=table.removed,
        removed=table.added,
        changed=table.changed.select("key", names_before, "follows", old="new", new="old"),
        rekeyed=sort_by_key(table.rekeyed.select(old_key="key", key="old_key")),
        gained=table.lost,
        lost=table.gained,
    )
