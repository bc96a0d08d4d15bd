"""Keys and references: no two rows of a table are the same, and what a row names is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from hrdata.check import CELL, Result, Table, Tables, declare, list_hits
from hrdata.parse import ForeignKey, Layout

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


def judge_keys(tables: Tables, layouts: Mapping[str, Layout], results: Mapping[str, Result]) -> None:
    """Find rows whose key, or other columns that have to be unique, stand in a row above."""
    result = results["KEY201"]
    result.skipped = "; ".join(tables.missing.values())
    for name, table in tables.items():
        result.judged += table.frame.height
        result.unknown += table.doubtful.height
        for columns in (table.key, *layouts[name].unique):
            if columns and set(columns) <= set(table.columns):
                field = pl.lit("" if columns == table.key else columns[-1]).alias("field")
                again = _rows_that_repeat(table, columns).with_columns(field)
                list_hits(result, table, again, partial(_first_line, table))


def _first_line(table: Table, hit: dict[str, Any]) -> dict[str, Any]:
    """The line on which the key of a row stands first."""
    return {"first": table.place(hit.pop("first_row"), "")["line"]}


def _rows_that_repeat(table: Table, key: tuple[str, ...]) -> pl.DataFrame:
    """The rows whose key stands in a row above, with the `first_row` that it stands in."""
    frame = table.frame.select("row", *key).drop_nulls()
    numbers = _key_numbers(frame, key)
    # In a file that is sorted by its key, equal keys stand side by side.
    in_order = numbers if numbers.is_sorted() else numbers.sort()
    if not (in_order == in_order.shift()).any():
        return frame.clear().select("row", first_row="row")
    first = pl.col("row").min().over(key)
    again = frame.filter(numbers.is_duplicated()).select("row", first.alias("first_row"))
    return again.filter(pl.col("row") > pl.col("first_row"))


def _key_numbers(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.Series:
    """A number for each row, the same for the same key; for other keys it is the same by chance only."""
    codes = [pl.col(part).to_physical() for part in key]
    sizes = [int(size or 0) + 1 for size in frame.select(code.max() for code in codes).row(0)]
    kinds = ((pl.UInt32, 32), (pl.UInt64, 64))
    kind = next((kind for kind, bits in kinds if math.prod(sizes) < 1 << bits), None)
    number = codes[0].cast(kind) if kind else pl.struct(key).hash()
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        number = number * size + code.cast(kind) if kind else number
    # Streamed, the numbers on the way to the last one need no room.
    return frame.lazy().select(number.alias("number")).collect(engine="streaming").to_series()


def judge_references(tables: Tables, layouts: Mapping[str, Layout], results: Mapping[str, Result]) -> None:
    """Find rows that refer to a row that is not there."""
    result = results["REF201"]
    result.skipped = "; ".join(tables.missing.values())
    for name, table in tables.items():
        result.unknown += table.doubtful.height
        for foreign in layouts[name].references:
            given = _given(table.frame, foreign.columns, "row")
            target = tables.get(foreign.table or name)
            if target is None:
                result.unknown += given.height
                continue
            result.judged += table.frame.height
            there = foreign.target or target.key
            if not set(there) <= set(target.columns):
                result.unknown += given.height
                continue
            lost = _without_partner(given, foreign, _given(target.frame, there))
            # A row that did not parse is there, too.
            if target.doubtful.height and not set(there) <= set(target.doubtful.columns):
                result.unknown += lost.height
                continue
            lost = _without_partner(lost, foreign, _given(target.doubtful, there))
            words = (pl.lit(foreign.columns[-1]).alias("field"), pl.lit(target.name).alias("target"))
            list_hits(result, table, lost.select("row", *words))


def _given(frame: pl.DataFrame, columns: tuple[str, ...], *others: str) -> pl.DataFrame:
    """Some columns of the rows that have a value in all of them; no rows if one is not there."""
    if not set(columns) <= set(frame.columns):
        return pl.DataFrame(schema={name: frame.schema.get(name, CELL) for name in (*others, *columns)})
    typed = [name for name in columns if frame.schema[name] != CELL]
    # A number or a truth value is compared as it is written.
    return (
        frame.select(*others, *columns)
        .drop_nulls(columns)
        .cast(dict.fromkeys(typed, pl.String))
        .cast(dict.fromkeys(typed, CELL))
    )


def _without_partner(given: pl.DataFrame, foreign: ForeignKey, there: pl.DataFrame) -> pl.DataFrame:
    if len(foreign.columns) == 1:
        return given.filter(~pl.col(foreign.columns[0]).is_in(there.to_series().implode()))
    return given.join(there, left_on=foreign.columns, right_on=there.columns, how="anti")
