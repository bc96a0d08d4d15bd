"""The rows of a table in both versions: which are new, gone, changed, or stand under another key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from hrdata.changes import TableDiff
from hrdata.diff.pairs import Pair, match_rows
from hrdata.diff.sheets import number_rows

_ROWS = pl.UInt32
_KEYS = pl.List(pl.String)


@dataclass(frozen=True)
class Followed:
    """Columns that name rows of another table which stand under another key now.

    `columns` are named as they are now; `old` and `new` have what those rows were named by and are now, a
    column for each of these.
    """

    columns: tuple[str, ...]
    old: pl.DataFrame
    new: pl.DataFrame


def diff_rows(
    pair: Pair, old: pl.DataFrame, new: pl.DataFrame, followed: Sequence[Followed] = ()
) -> TableDiff:
    """What differs between the rows of two versions: all rows, or those left when shared ones are taken out.

    They are in canonical form, and no two of one side have the same key.
    """
    kept_old, kept_new = match_rows(*_numbers(pair, old, new))
    gone, come = _others(old, kept_old), _others(new, kept_new)
    unmatched = _unmatched(pair, old, gone, "old_row"), _unmatched(pair, new, come, "row")
    rekeyed = _rekeyed(pair, *unmatched, new, followed)
    changed = _changed(pair, old, new, kept_old, kept_new).with_columns(_follows(followed))
    kept_old, kept_new = kept_old.append(rekeyed["old_row"]), kept_new.append(rekeyed["row"])
    gone, come = _without(gone, rekeyed["old_row"]), _without(come, rekeyed["row"])
    under_new_key = pl.DataFrame(
        {
            "old_key": _keys(old, rekeyed["old_row"], pair.old_key),
            "key": _keys(new, rekeyed["row"], pair.key),
        }
    )
    return TableDiff(
        table=pair.new.name,
        old_table=pair.old.name,
        header=pair.new.header,
        old_header=pair.old.header,
        key=pair.key,
        old_key=pair.old_key,
        renamed=pair.renamed,
        added=_in_order(new[come], pair.key),
        removed=_in_order(old[gone], pair.old_key),
        changed=changed,
        rekeyed=sort_by_key(under_new_key),
        gained=_only_here(new, kept_new, pair.key, pair.columns.keys()),
        lost=_only_here(old, kept_old, pair.old_key, pair.columns.values()),
    )


def _numbers(pair: Pair, old: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """A number for each row: rows match that have the same one.

    Without a key, the n-th copy of a row matches the n-th copy, and rows of other columns match none.
    """
    if pair.key:
        return number_rows(old.select(pair.old_key), new.select(pair.key))
    if len(pair.columns) < max(len(old.columns), len(new.columns)):
        return pl.Series(dtype=pl.UInt64), pl.Series(dtype=pl.UInt64)
    whole = number_rows(old.select(*pair.columns.values()), new.select(*pair.columns))
    copies = [numbers.alias("row").to_frame().with_columns(copy=number_of_copy("row")) for numbers in whole]
    both = pl.concat(copies).select(pl.struct("row", "copy").rank("dense").cast(pl.UInt64)).to_series()
    return both.head(old.height), both.slice(old.height)


def number_of_copy(*columns: str) -> pl.Expr:
    """Which copy a row is, among those with the same cells in these columns, from 0."""
    return pl.int_range(pl.len()).over(columns)


def _others(frame: pl.DataFrame, rows: pl.Series) -> pl.Series:
    return _without(pl.int_range(frame.height, dtype=_ROWS, eager=True), rows)


def _without(rows: pl.Series, taken: pl.Series) -> pl.Series:
    return rows.filter(~rows.is_in(taken.implode()))


def _texts(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(pl.String) for name in names)


def _in_order(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Rows as text, sorted by key, or by all columns if there is none."""
    return _texts(frame, frame.columns).sort(key or frame.columns, maintain_order=True)


def _keys(frame: pl.DataFrame, rows: pl.Series, key: Sequence[str]) -> pl.Series:
    """The keys of rows, each as a list of texts."""
    if not key or not len(rows):
        return pl.Series([[]] * len(rows), dtype=_KEYS)
    return _texts(frame[rows], key).select(pl.concat_list(pl.all())).to_series()


def sort_by_key(frame: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Sort by the parts of `key`, which is a list, then by other columns."""
    width = len(frame["key"][0]) if frame.height else 0
    parts = [pl.col("key").list.get(part) for part in range(width)]
    return frame.sort([*parts, *more]) if parts else frame


def _changed(
    pair: Pair, old: pl.DataFrame, new: pl.DataFrame, old_rows: pl.Series, new_rows: pl.Series
) -> pl.DataFrame:
    """The cells that differ in matched rows, one in a row."""
    found = []
    for place, (now, before) in enumerate(pair.content.items()):
        codes = old[before].to_physical().gather(old_rows), new[now].to_physical().gather(new_rows)
        differ = (codes[0] != codes[1]).arg_true()
        if len(differ):
            at_old, at_new = old_rows.gather(differ), new_rows.gather(differ)
            cells = {
                "key": _keys(new, at_new, pair.key),
                "place": pl.Series([place]).new_from_index(0, len(differ)),
                "column": pl.Series([now]).new_from_index(0, len(differ)),
                "old": old[before].gather(at_old).cast(pl.String),
                "new": new[now].gather(at_new).cast(pl.String),
            }
            found.append(pl.DataFrame(cells))
    if not found:
        return pl.DataFrame(schema={"key": _KEYS, "column": pl.String, "old": pl.String, "new": pl.String})
    return sort_by_key(pl.concat(found), "place").drop("place")


def _only_here(
    frame: pl.DataFrame, rows: pl.Series, key: Sequence[str], shared: Collection[str]
) -> pl.DataFrame:
    """The key and the cells of the columns that only one version has, in the rows that both have."""
    names = [name for name in frame.columns if name not in shared]
    if not names or not key:
        return pl.DataFrame()
    return _in_order(frame.select(*key, *names)[rows], key)


def _follows(followed: Sequence[Followed]) -> pl.Expr:
    """Whether a cell names the same row of another table as before, which is under another key now."""
    does = pl.lit(value=False)
    for one in followed:
        if len(one.columns) == 1:
            both = zip(*(side.to_series().to_list() for side in (one.old, one.new)), strict=True)
            now = pl.col("old").replace_strict(dict(both), default=None, return_dtype=pl.String)
            does |= (pl.col("column") == one.columns[0]) & (now == pl.col("new")).fill_null(value=False)
    return does.alias("follows")


# Rows under another key


def _unmatched(pair: Pair, frame: pl.DataFrame, rows: pl.Series, row: str) -> pl.DataFrame:
    """Rows as text, in columns `key 0`, `content 0` and so on: names may be any, and differ."""
    is_old = row == "old_row"
    key, content = (pair.old_key, pair.content.values()) if is_old else (pair.key, pair.content.keys())
    named = {f"key {place}": name for place, name in enumerate(key)}
    named |= {f"content {place}": name for place, name in enumerate(content)}
    texts = frame[rows].select(pl.col(name).cast(pl.String).alias(now) for now, name in named.items())
    return texts.with_columns(rows.cast(_ROWS).alias(row))


def _rekeyed(
    pair: Pair, gone: pl.DataFrame, come: pl.DataFrame, new: pl.DataFrame, followed: Sequence[Followed]
) -> pl.DataFrame:
    """The rows whose content stands under another key now, as `old_row` and `row`, where there is no doubt.

    Two are one if the key only follows rows of another table that are under another key. So are two if their
    keys differ in one part only, no other row of the same rest of the key is gone or new, and as many rows of
    the one part are gone as rows of the other are new. So are two if no other row of either version has the
    same content; of a key of several parts, one has to be the same then.
    """
    keys = [f"key {place}" for place in range(len(pair.key))]
    content = [f"content {place}" for place in range(len(pair.content))]
    found = [pl.DataFrame(schema={"old_row": _ROWS, "row": _ROWS})]
    if not keys or not gone.height or not come.height:
        return found[0]

    def take(pairs: pl.DataFrame) -> None:
        nonlocal gone, come
        found.append(pairs.select("old_row", "row"))
        gone, come = _left(gone, pairs, "old_row"), _left(come, pairs, "row")

    if followed:
        take(_follow(pair, gone, followed).join(come, on=[*keys, *content]))
    for part in keys if content and len(keys) > 1 else ():
        rest = [name for name in keys if name != part]
        sized = [frame.with_columns(pl.len().over(part).alias("size")) for frame in (gone, come)]
        take(_alone(sized[0], rest).join(_alone(sized[1], rest), on=[*rest, *content, "size"]))
    if content:
        has_content = pl.any_horizontal(pl.col(name) != "" for name in content)
        gone, come = gone.filter(has_content), come.filter(has_content)
        take(_same_content(pair, _alone(gone, content), _alone(come, content), new))
    return pl.concat(found)


def _follow(pair: Pair, gone: pl.DataFrame, followed: Sequence[Followed]) -> pl.DataFrame:
    """The rows that are gone with the keys they would have if these did nothing but follow other tables."""
    moved = gone
    for one in followed:
        if set(one.columns) <= set(pair.key):
            parts = [f"key {pair.key.index(name)}" for name in one.columns]
            names = [f"now {part}" for part in parts]
            renamed = pl.concat([_named(one.old, parts), _named(one.new, names)], how="horizontal")
            moved = (
                moved.join(renamed, on=parts, how="left")
                .with_columns(
                    pl.coalesce(now, part).alias(part) for now, part in zip(names, parts, strict=True)
                )
                .drop(names)
            )
    is_moved = pl.any_horizontal(moved[name] != gone[name] for name in gone.columns)
    return moved.filter(is_moved)


def _named(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def _same_content(pair: Pair, gone: pl.DataFrame, come: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The rows of the same content, if no other row of either version has it."""
    content = [name for name in gone.columns if name.startswith("content ")]
    keys = [f"key {place}" for place in range(len(pair.key))]
    found = gone.join(come, on=content)
    if len(keys) > 1:
        found = found.filter(pl.any_horizontal(pl.col(name) == pl.col(f"{name}_right") for name in keys))
    if found.height:
        # What both versions have may be left out of the new rows, but is among all old ones.
        for frame, names in ((pair.old.cells, pair.content.values()), (new, pair.content.keys())):
            found = found.join(_once(frame, list(names), found.select(content)), on=content, how="semi")
    return found


def _once(frame: pl.DataFrame, names: Sequence[str], wanted: pl.DataFrame) -> pl.DataFrame:
    """The wanted contents that one row only has; looked for column by column, as few rows are like that."""
    rows = pl.int_range(frame.height, dtype=_ROWS, eager=True)
    for name, content in zip(names, wanted.columns, strict=True):
        texts = wanted[content].unique().cast(frame[name].dtype).to_physical()
        rows = rows.filter(frame[name].to_physical().gather(rows).is_in(texts.implode()))
    return _alone(_named(_texts(frame[rows], names), wanted.columns), wanted.columns)


def _alone(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.filter(pl.len().over(names) == 1)


def _left(frame: pl.DataFrame, found: pl.DataFrame, row: str) -> pl.DataFrame:
    return frame.join(found, on=row, how="anti")
