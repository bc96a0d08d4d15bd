"""The tables of a release in the formats of others: Parquet and SQLite; and all of its files in a zip.

The same content gives the same bytes: nothing is taken from the clock, the machine or the process.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import math
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.parse import Field, Layout

ROWS_OF_A_GROUP = 1 << 17
PAGE_SIZE = 4096
ZIP_LEVEL = 6
"""Higher levels take several times as long for one or two per cent of the size."""

_EARLIEST, _LATEST = dt.datetime(1980, 1, 1), dt.datetime(2107, 12, 31, 23, 59, 58)
"""The times that a zip can state."""


def write_parquet(frame: pl.DataFrame, metadata: Mapping[str, str]) -> bytes:
    """A typed table as a Parquet file, with metadata that its readers find by key."""
    file = io.BytesIO()
    frame.write_parquet(
        file, compression="zstd", compression_level=9, row_group_size=ROWS_OF_A_GROUP, metadata=dict(metadata)
    )
    return file.getvalue()


def write_sums(files: Mapping[str, bytes]) -> bytes:
    """The SHA-256 of each file as `sha256sum -c` reads them, by path."""
    return list_sums({path: hashlib.sha256(data).hexdigest() for path, data in files.items()})


def list_sums(sums: Mapping[str, str]) -> bytes:
    """The lines of a SHA256SUMS file: the hash that each path has, sorted by path.

    >>> list_sums({"b": "1" * 64, "a": "0" * 64}).decode().splitlines()[0][60:]
    '0000  a'
    """
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()


def write_zip(files: Mapping[str, bytes], moment: dt.datetime) -> bytes:
    """A zip of the files by path, all of the same time and with the rights of plain files."""
    moment = min(max(moment.replace(tzinfo=None), _EARLIEST), _LATEST)
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, moment.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, whose rights the next line has
            member.external_attr = 0o100644 << 16
            archive.writestr(member, files[path], compresslevel=ZIP_LEVEL)
    return stored.getvalue()


def write_sqlite(tables: Mapping[str, pl.DataFrame], layouts: Mapping[str, Layout], title: str) -> bytes:
    """Typed tables as one SQLite database with keys, references, vocabularies and indexes.

    `title` stands in the statement that makes each table, where `.schema` shows it. A constraint that
    the rows do not obey, which known issues may excuse, is left out: the database holds every row.
    Raises `EnvironmentFault` when SQLite cannot hold a table at all.
    """
    rules = {name: _rules_of(layouts[name], tables, layouts) for name in tables}
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        database.execute("PRAGMA temp_store = MEMORY")
        for name, frame in tables.items():
            _add_table(database, frame, rules[name], title)
        database.commit()
        return database.serialize()
    finally:
        database.close()


@dataclass(frozen=True)
class _Rules:
    """The constraints that the rows of a table obey, and what its columns hold."""

    table: str
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    required: frozenset[str]
    words: Mapping[str, tuple[str, ...]]
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]


def _rules_of(layout: Layout, tables: Mapping[str, pl.DataFrame], layouts: Mapping[str, Layout]) -> _Rules:
    frame = tables[layout.table]
    fields = [field for field in layout.fields if field.name in frame.columns]
    key, unique = _unique_of(layout, frame)
    return _Rules(
        table=layout.table,
        key=key,
        unique=unique,
        required=frozenset(one.name for one in fields if one.required and not frame[one.name].null_count()),
        words={one.name: words for one in fields if (words := _words_of(one, frame[one.name]))},
        references=tuple(_references_of(layout, tables, layouts)),
    )


def _unique_of(layout: Layout, frame: pl.DataFrame) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The primary key, and the other columns that no two rows share."""
    there = [
        columns for columns in (layout.key, *layout.unique) if columns and {*columns} <= {*frame.columns}
    ]
    unique = [columns for columns in there if not frame.select(columns).drop_nulls().is_duplicated().any()]
    is_whole = layout.key in unique and not frame.select(layout.key).null_count().sum_horizontal().item()
    key = layout.key if is_whole else ()
    return key, tuple(dict.fromkeys(columns for columns in unique if columns != key))


def _words_of(field: Field, column: pl.Series) -> tuple[str, ...]:
    """The words of a vocabulary, unless the column holds another."""
    if field.words is None or column.dtype != pl.String:
        return ()
    words = tuple(str(word) for word in field.words)
    return words if set(column.unique().drop_nulls()) <= {*words} else ()


def _references_of(
    layout: Layout, tables: Mapping[str, pl.DataFrame], layouts: Mapping[str, Layout]
) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """The references of a table that lead somewhere: columns, the table and the columns they name."""
    for foreign in layout.references:
        name = foreign.table or layout.table
        if name not in tables or not {*foreign.columns} <= {*tables[layout.table].columns}:
            continue
        target = foreign.target or layouts[name].key
        key, unique = _unique_of(layouts[name], tables[name])
        if {*target} not in [{*columns} for columns in (key, *unique)]:
            continue  # SQLite looks a row up by columns that are unique only
        given = tables[layout.table].select(foreign.columns).drop_nulls()
        there = tables[name].select(target)
        if (
            given.dtypes == there.dtypes
            and not given.join(there, left_on=list(foreign.columns), right_on=list(target), how="anti").height
        ):
            yield foreign.columns, name, target


_DECLARED = {pl.Int64(): "INTEGER", pl.Boolean(): "BOOLEAN", pl.Float64(): "REAL", pl.Date(): "DATE"}
"""The types of columns as SQLite has them declared; all others are TEXT."""


def _add_table(database: sqlite3.Connection, frame: pl.DataFrame, rules: _Rules, title: str) -> None:
    parts = [*(_column(frame[name], rules) for name in frame.columns), *_constraints(rules)]
    body = ",\n  ".join(parts)
    tail = " WITHOUT ROWID" if rules.key else ""
    held = frame.with_columns(_held(column) for column in frame if column.dtype in _HELD_AS)
    table = _quoted(rules.table)
    insert = f"INSERT INTO {table} VALUES ({', '.join('?' * frame.width)})"  # noqa: S608
    try:
        database.execute(f"CREATE TABLE {table} ( -- {printable_line(title)}\n  {body}\n){tail}")
        database.executemany(insert, _rows(held))
        for number, columns in enumerate(_indexed(rules), start=1):
            index = _quoted(f"{rules.table} reference {number}")
            database.execute(f"CREATE INDEX {index} ON {table} {_listed(columns)}")
    except (sqlite3.Error, ValueError) as fault:
        raise EnvironmentFault(
            printable_line(
                f"the table {rules.table} cannot be kept in SQLite: {fault}; "
                "rename the table or the column, or take what is too large out of it"
            )
        ) from None


_HELD_AS = {pl.Boolean(): pl.Int8(), pl.Date(): pl.String()}


def _held(column: pl.Series) -> pl.Series:
    """A column as SQLite holds it: truth values as 0 and 1, days as ISO 8601 has them."""
    return column.cast(_HELD_AS[column.dtype])


def _rows(frame: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows; what is not a number as that text, since SQLite would take it for no value."""
    if not any(column.is_nan().any() for column in frame if column.dtype == pl.Float64):
        return frame.iter_rows()
    return (tuple(map(_no_nan, row)) for row in frame.iter_rows())


def _no_nan(value: Any) -> Any:
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _column(column: pl.Series, rules: _Rules) -> str:
    name = _quoted(column.name)
    declared = [name, _DECLARED.get(column.dtype, "TEXT")]
    if column.name in {*rules.required, *rules.key}:
        declared.append("NOT NULL")
    if column.dtype == pl.Boolean:
        declared.append(f"CHECK ({name} IN (0, 1))")
    if words := rules.words.get(column.name):
        declared.append(f"CHECK ({name} IN ({', '.join(map(_text, words))}))")
    return " ".join(declared)


def _constraints(rules: _Rules) -> Iterator[str]:
    if rules.key:
        yield f"PRIMARY KEY {_listed(rules.key)}"
    for columns in rules.unique:
        yield f"UNIQUE {_listed(columns)}"
    for columns, table, target in rules.references:
        yield f"FOREIGN KEY {_listed(columns)} REFERENCES {_quoted(table)} {_listed(target)}"


def _indexed(rules: _Rules) -> Iterator[tuple[str, ...]]:
    """The columns of references by which rows are not found yet: the key starts with others."""
    for columns in dict.fromkeys(columns for columns, _, _ in rules.references):
        if not any(key[: len(columns)] == columns for key in (rules.key, *rules.unique)):
            yield columns


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _listed(names: tuple[str, ...]) -> str:
    return f"({', '.join(map(_quoted, names))})"
