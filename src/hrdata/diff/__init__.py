"""Two versions of a package to all that differs between them, as the types of `hrdata.changes`.

Rows are compared by key and in canonical form: neither quoting nor line ends nor the order of rows is a
difference. Nothing is compared in part: what cannot be read or matched is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from hrdata.changes import Change, Diff, Key, Kind, TableDiff
from hrdata.check import Severity
from hrdata.datasets import MODELS
from hrdata.diff.described import diff_packages_as_such, diff_schemas
from hrdata.diff.lines import split_off_shared_lines
from hrdata.diff.pairs import Names, Pair, pair_columns, pair_tables
from hrdata.diff.rows import Followed, diff_rows
from hrdata.diff.sheets import Sheet, Version, has_repeats, number_rows, open_version
from hrdata.package import Package
from hrdata.read import read_columns

_ROW_OF_A_TABLE = ("table", "row_id")
"""The columns by which citations and known issues name a row of whatever table."""
_NOT_IN_SCHEMAS = {
    "event_participants": [("participant", "states", "state_id"), ("participant", "bodies", "body_id")]
}
"""References of our own tables that no schema can state, as they may lead to one table or another."""


def diff_packages(old: Package | Path | str, new: Package | Path | str) -> Diff:
    """All that differs between two versions of a package: read before, or at whatever `read_package` reads.

    Raises `EnvironmentFault` when a side cannot be read in full, when a key stands in two rows of one
    side, or when both sides have other keys and neither fits both.

    >>> from hrdata.package import bundled_package
    >>> list(diff_packages(bundled_package(), bundled_package()))
    []
    """
    # Side by side: fetching the bytes of large files keeps a core busy for each.
    with ThreadPoolExecutor(2) as pool:
        before, now = pool.map(open_version, (old, new))
    tables = pair_tables(before, now)
    found = _diff_tables(before, now, tables)
    pairs = [pair for pair, _ in found.values()]
    changes = list(diff_packages_as_such(before, now))
    for name, sheet in now.sheets.items():
        if name in found:
            pair, table = found[name]
            told = list(diff_schemas(pair, pairs))
            changes += told
            if all(change.kind is Kind.FILE_MOVED for change in told):
                changes += _bytes_that_differ(pair, table)
        else:
            changes.append(Change(Kind.TABLE_ADDED, name, new=sheet.cells.height))
    gone = [sheet for name, sheet in before.sheets.items() if name not in tables.values()]
    changes += [Change(Kind.TABLE_REMOVED, sheet.name, old=sheet.cells.height) for sheet in gone]
    changes += _order_of_tables(before, tables)
    return Diff(
        before.side,
        now.side,
        tuple(changes),
        tuple(table for pair, table in found.values() if table.counts or _is_laid_out_anew(pair)),
        {name: _texts(sheet) for name, sheet in now.sheets.items() if name not in tables},
        {sheet.name: _texts(sheet) for sheet in gone},
    )


def tables_of(package: Package | Path | str) -> dict[str, pl.DataFrame]:
    """The tables of a package as diffs see them: all cells text, "" for no value.

    >>> from hrdata.package import bundled_package
    >>> tables_of(bundled_package())["ballots"].columns
    ['vote_id', 'state_id', 'choice']
    """
    return {name: _texts(sheet) for name, sheet in open_version(package).sheets.items()}


def _texts(sheet: Sheet) -> pl.DataFrame:
    return sheet.cells.cast(pl.String)


def _order_of_tables(old: Version, tables: Names) -> Iterator[Change]:
    order = [name for name in old.sheets if name in tables.values()]
    if order != list(tables.values()):
        yield Change(Kind.METADATA_CHANGED, name="order of resources", old=order, new=list(tables))


Found = dict[str, tuple[Pair, TableDiff]]
"""What is known of each table that both versions have, by its new name."""


def _diff_tables(before: Version, now: Version, tables: Names) -> Found:
    """What differs in the tables that both versions have; those that others refer to are looked at first."""
    found: Found = {}

    def visit(name: str) -> None:
        waiting.remove(name)
        sheet = now.sheets[name]
        for target in _tables_that_count(sheet, tables):
            if target in waiting:
                visit(target)
        found[name] = _diff_rows_of(before.sheets[tables[name]], sheet, list(_followed(sheet, found)))

    waiting = set(tables)
    for name in tables:
        if name in waiting:
            visit(name)
    return {name: found[name] for name in tables}


def _references(sheet: Sheet) -> Iterator[tuple[Key, str, Key]]:
    """Columns of a table, the table that they refer to, and its columns."""
    yield from ((columns, table, target) for columns, (table, target), _ in sheet.references)
    for column, table, target in _NOT_IN_SCHEMAS.get(sheet.name, ()):
        if column in sheet.key:
            yield (column,), table, (target,)


def _names_any_row(sheet: Sheet) -> bool:
    return sheet.name in MODELS and {*_ROW_OF_A_TABLE} <= {*sheet.key}


def _tables_that_count(sheet: Sheet, tables: Names) -> Iterator[str]:
    """The tables that the rows of a table name rows of."""
    yield from (table for _, table, _ in _references(sheet))
    if _names_any_row(sheet):
        yield from tables


def _followed(sheet: Sheet, found: Found) -> Iterator[Followed]:
    """The columns of a table that name rows of others which stand under another key now."""
    moved = {name: table for name, (_, table) in found.items() if table.rekeyed.height}
    for columns, name, target in _references(sheet):
        if name in moved and len(columns) == len(target) and {*target} == {*moved[name].key}:
            parts = [
                pl.col("part").list.get(moved[name].key.index(column)).alias(column) for column in target
            ]
            keys = (moved[name].rekeyed.select(pl.col(side).alias("part")) for side in ("old_key", "key"))
            yield Followed(columns, *(side.select(parts) for side in keys))
    for table in moved.values() if _names_any_row(sheet) else ():
        names = (("old_key", table.old_table), ("key", table.table))
        rows = (
            table.rekeyed.select(pl.lit(name).alias("table"), pl.col(side).list.join("|"))
            for side, name in names
        )
        yield Followed(_ROW_OF_A_TABLE, *rows)


def _diff_rows_of(old: Sheet, new: Sheet, followed: Sequence[Followed]) -> tuple[Pair, TableDiff]:
    """A table of both versions with its columns paired, and what differs in its rows."""
    if _reads_alike(old, new):
        pair = Pair(old, new, {name: name for name in old.header}, new.key)
        return pair, _diff_quickly(pair, followed)
    pair = pair_columns(old, new)
    return pair, diff_rows(pair, old.cells, new.cells, followed)


def _is_laid_out_anew(pair: Pair) -> bool:
    return pair.old.name != pair.new.name or pair.old.header != pair.new.header


def _bytes_that_differ(pair: Pair, table: TableDiff) -> Iterator[Change]:
    """That the file of a table differs though its rows do not."""
    old, new = pair.old, pair.new
    if not table.counts and not _is_laid_out_anew(pair) and old.raw.data != new.raw.data:
        yield Change(Kind.ONLY_BYTES_DIFFER, new.name, old=old.raw.file, new=new.raw.file)


# Most of a file that changed a little is the same, byte by byte: the rest is all that has to be looked at


def _reads_alike(old: Sheet, new: Sheet) -> bool:
    """Whether the same bytes are the same rows on both sides, and rows are lines that end with LF."""
    line = old.first_line
    if not line or line != new.first_line or b'"' in line or set(old.key) != set(new.key):
        return False
    if b"\r" in old.raw.data or b"\r" in new.raw.data:
        return False
    return all(set(old.missing(name)) == set(new.missing(name)) for name in old.header)


def _diff_quickly(pair: Pair, followed: Sequence[Followed]) -> TableDiff:
    """What differs in the rows of two files that read alike; none of the shared lines is parsed twice."""
    old, new = pair.old, pair.new
    if set(pair.key) - set(new.header):
        new.refuse_repeated_key(pair.key)
    if old.raw.data == new.raw.data:
        if not old.has_key(pair.key):
            old.refuse_repeated_key(pair.key)
        return diff_rows(pair, old.cells.clear(), old.cells.clear())
    line = old.first_line
    left = split_off_shared_lines(old.raw.data, new.raw.data, len(line))
    if left:
        sides = [_read_left(sheet, line + data) for sheet, data in ((old, left.old), (new, left.new))]
        if sides[0] is not None and sides[1] is not None:
            _refuse_repeated_keys(pair, sides[0], sides[1])
            return diff_rows(pair, sides[0], sides[1], followed)
    checked = pair_columns(old, new)
    return diff_rows(checked, old.cells, new.cells, followed)


def _read_left(sheet: Sheet, data: bytes) -> pl.DataFrame | None:
    """The rows that are left; None if they have a fault, which only a reading of the whole file can place."""
    columns = read_columns(data, sheet.raw.file)
    if any(finding.severity is Severity.ERROR for finding in columns.findings):
        return None
    return sheet.canonical(columns.frame)


def _refuse_repeated_keys(pair: Pair, left_old: pl.DataFrame, left_new: pl.DataFrame) -> None:
    """Find a key that stands twice on a side: among all old rows, or among those left and the shared ones."""
    # Read in full, key or not: a fault in a line that both files have has to be found.
    old = pair.old.cells
    if not pair.key:
        return
    left = pl.concat([left_old, left_new]).select(pair.key)
    whole, numbers = number_rows(old.select(pair.key), left)
    if has_repeats(whole):
        pair.old.refuse_repeated_key(pair.key)
    gone, come = numbers.head(left_old.height), numbers.slice(left_old.height)
    there = whole.filter(whole.is_in(come.implode()))
    if has_repeats(come) or not there.is_in(gone.implode()).all():
        pair.new.refuse_repeated_key(pair.key)
