"""What of the old version is what of the new one: tables, columns and keys, by name and else by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from hrdata.diff.sheets import Sheet, Version, number_rows
from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line

SAME_CELLS = 0.9
"""A column of another name is the same one if at least this part of its cells is the same."""
SAME_ROWS = 0.5
"""A table of another name is the same one if more than this part of its rows is the same."""

Names = dict[str, str]
"""Old names by new ones."""


@dataclass(frozen=True)
class Pair:
    """A table in both versions; `columns` has the old name of each column that both have, by the new one.

    Rows are matched by `key`, as its columns are named now; `old_key` has their old names.
    """

    old: Sheet
    new: Sheet
    columns: Names
    key: tuple[str, ...]

    @property
    def old_key(self) -> tuple[str, ...]:
        """The columns of the key as they were named."""
        return tuple(self.columns[name] for name in self.key)

    @property
    def content(self) -> Names:
        """The columns that both versions have, without those of the key."""
        return {name: old for name, old in self.columns.items() if name not in self.key}

    @property
    def renamed(self) -> Names:
        """The columns that have another name now."""
        return {name: old for name, old in self.columns.items() if name != old}


def pair_tables(old: Version, new: Version) -> Names:
    """The old name of each table that both versions have, in the order of the new one."""
    gone = [sheet for name, sheet in old.sheets.items() if name not in new.sheets]
    come = [sheet for name, sheet in new.sheets.items() if name not in old.sheets]
    alike = [(a.name, b.name) for a in gone for b in come if _is_same_table(a, b)]
    renamed = dict(_one_to_one(alike))
    return {name: renamed.get(name, name) for name in new.sheets if name in renamed or name in old.sheets}


def _is_same_table(old: Sheet, new: Sheet) -> bool:
    if set(old.header) != set(new.header) or set(old.key) != set(new.key):
        return False
    return _are_mostly_same(*number_rows(old.cells.select(new.header), new.cells))


def _one_to_one(alike: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The new and old names that are alike with each other only."""
    olds, news = (Counter(names) for names in zip(*alike, strict=True)) if alike else (Counter(), Counter())
    yield from ((new, old) for old, new in alike if olds[old] == news[new] == 1)


def pair_columns(old: Sheet, new: Sheet) -> Pair:
    """A table of both versions with its columns paired and the key that rows are matched by.

    Raises `EnvironmentFault` when rows cannot be matched: a key is there twice, or none fits both sides.
    """
    columns = {name: name for name in new.header if name in old.header}
    if set(old.header) != set(new.header):
        columns |= _renamed_key_columns(old, new)
    pair = Pair(old, new, columns, _key_for(old, new, columns))
    return Pair(old, new, _in_order(new, columns | _renamed_by_content(pair)), pair.key)


def _in_order(new: Sheet, columns: Names) -> Names:
    return {name: columns[name] for name in new.header if name in columns}


def _renamed_key_columns(old: Sheet, new: Sheet) -> Names:
    """The columns of the key that have another name now: parts at the same place, most keys the same."""
    if len(old.key) != len(new.key) or not {*old.key} <= {*old.header} or not {*new.key} <= {*new.header}:
        return {}
    renamed = {b: a for a, b in zip(old.key, new.key, strict=True) if a != b}
    if not renamed or any(b in old.header or a in new.header for b, a in renamed.items()):
        return {}
    as_new = old.cells.select(pl.col(a).alias(b) for a, b in zip(old.key, new.key, strict=True))
    return renamed if _are_mostly_same(*number_rows(as_new, new.cells.select(new.key))) else {}


def _are_mostly_same(old: pl.Series, new: pl.Series) -> bool:
    """Whether more than half of the rows stand on both sides; copies of a row count once."""
    sizes = old.n_unique(), new.n_unique()
    return sum(sizes) - pl.concat([old, new]).n_unique() > SAME_ROWS * max(sizes)


def _key_for(old: Sheet, new: Sheet, columns: Names) -> tuple[str, ...]:
    """The key that rows are matched by, as its columns are named now."""
    names_now = {before: now for now, before in columns.items()}
    old_key = tuple(names_now.get(name, name) for name in old.key)
    for sheet in (old, new):
        if not sheet.has_key(sheet.key):
            sheet.refuse_repeated_key(sheet.key)
    if set(old_key) == set(new.key):
        return new.key
    for key in (new.key, old_key):
        known = key and set(key) <= set(columns)
        if known and old.has_key([columns[name] for name in key]) and new.has_key(key):
            return key
    if not old.key or not new.key:
        return ()
    line = (
        f"{new.label}: {new.raw.file}: the key of {new.name} is {', '.join(new.key)}, but was "
        f"{', '.join(old.key)} in {old.label}, and neither names each row of both versions; "
        "give both versions the columns of one of the keys"
    )
    raise EnvironmentFault(printable_line(line))


def _renamed_by_content(pair: Pair) -> Names:
    """The columns without a namesake that hold the same cells in the rows of the same key."""
    gone = [name for name in pair.old.header if name not in pair.columns.values()]
    come = [name for name in pair.new.header if name not in pair.columns]
    if not gone or not come:
        return {}
    if not pair.key:
        alike = [(a, b) for a in gone for b in come if _has_same_rows(pair, a, b)]
        return dict(_one_to_one(alike))
    old_rows, new_rows = match_rows(
        *number_rows(pair.old.cells.select(pair.old_key), pair.new.cells.select(pair.key))
    )
    olds = {name: pair.old.cells[name].to_physical().gather(old_rows) for name in gone}
    news = {name: pair.new.cells[name].to_physical().gather(new_rows) for name in come}
    empty = pl.Series([""]).cast(pl.Categorical()).to_physical()[0]
    alike = [(a, b) for a in gone for b in come if _is_same_column(olds[a], news[b], empty)]
    return dict(_one_to_one(alike))


def _is_same_column(old: pl.Series, new: pl.Series, empty: int) -> bool:
    """Whether most of the cells are the same, and not all of them one text, which any column may have."""
    given = int(((old != empty) | (new != empty)).sum())
    same = old.filter((old == new) & (old != empty))
    return len(same) >= SAME_CELLS * given and same.n_unique() > 1


def _has_same_rows(pair: Pair, old: str, new: str) -> bool:
    """Whether a column of a table without a key holds what another did, row by row of the whole table."""
    names: Mapping[str, str] = {**pair.columns, new: old}
    numbers = number_rows(pair.old.cells.select(*names.values()), pair.new.cells.select(*names))
    has_text = bool((pair.old.cells[old].cast(pl.String) != "").any())
    return has_text and numbers[0].sort().equals(numbers[1].sort())


_AT_ONCE = 2_000_000
"""So many rows are matched in one go: the tables of a join take memory."""


def match_rows(old: pl.Series, new: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The rows with the same number, which no side has twice: their indices on both sides."""
    frames = [numbers.alias("number").to_frame().with_row_index("row") for numbers in (old, new)]
    parts = 1 + max(len(old), len(new)) // _AT_ONCE
    joined = []
    for part in range(parts):
        some = [frame.filter(pl.col("number") % parts == part) for frame in frames] if parts > 1 else frames
        joined.append(some[0].join(some[1], on="number").select("row", "row_right"))
    whole = pl.concat(joined)
    return whole["row"], whole["row_right"]
