"""The tables of a package as frames of typed columns: what releases are built from and consumers load.

Unlike a validation it judges nothing: a text stays what it is, whatever its column asks for. But a cell
that no typed column can hold is refused, never left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Context, Decimal
from typing import Any

import polars as pl
from pydantic.fields import FieldInfo

from hrdata.check import CELL, CHECKS, Result
from hrdata.columns import Columns
from hrdata.datasets import MODELS
from hrdata.diff.sheets import refuse_faults
from hrdata.errors import EnvironmentFault
from hrdata.fields import Form, printable_line
from hrdata.package import Package
from hrdata.parse import Field, Layout, layout_of, parse_columns
from hrdata.places import DESCRIPTOR
from hrdata.tableschema import read_layout, reader_of

BOUNDS = ("earliest", "latest")
"""A column of EDTF dates comes with its bounds: two columns of days, named after it."""


def bounds_of(column: str) -> tuple[str, ...]:
    """The names of the columns with the earliest and the latest day of a column of EDTF dates.

    >>> bounds_of("date")
    ('date_earliest', 'date_latest')
    """
    return tuple(f"{column}_{bound}" for bound in BOUNDS)


def layouts_of(package: Package) -> dict[str, Layout]:
    """What each table of a package looks like: by our model, by its Table Schema, else nothing but text.

    A column that neither of them describes is text. Raises `EnvironmentFault` for a schema that cannot
    be followed.
    """
    return {name: _layout(package, name, columns) for name, columns in package.tables.items()}


def typed_tables(package: Package) -> dict[str, pl.DataFrame]:
    """The tables of a package, in its order: a row of a frame for each row of the file, empty cells null.

    Columns are text, whole numbers (Int64), numbers (Float64), truth values or days, as our models or
    the Table Schema have them; of other types (times, years, numbers too large for their column, or of more
    digits than it can hold) they keep the text. An EDTF date stays text, and is followed by the first and the
    last day it can mean, `NAME_earliest` and `NAME_latest`, null where that is open or not known.
    Raises `EnvironmentFault` when a table cannot be read or a cell is not of its type.

    >>> from hrdata.package import bundled_package, read_package
    >>> typed_tables(read_package(bundled_package()))["body_seats"].columns
    ['body_id', 'seats_from', 'seats_from_earliest', 'seats_from_latest', 'seats_until', \
'seats_until_earliest', 'seats_until_latest', 'seats']
    """
    for name, reason in package.missing.items():
        refuse_faults(package.label, package.findings)
        raise EnvironmentFault(printable_line(f"{package.label}: the table {name} is missing: {reason}"))
    return {name: _typed(package, layout) for name, layout in layouts_of(package).items()}


def _layout(package: Package, name: str, columns: Columns) -> Layout:
    schema = package.resources.get(name, {}).get("schema")
    layout: Layout | None = Layout(name, (), ())
    if name in MODELS:
        layout = layout_of(MODELS[name])
    elif schema:
        layout, findings = read_layout(name, schema, DESCRIPTOR)
        refuse_faults(package.label, findings)
    assert layout is not None, "a schema that cannot be followed is a finding"
    described = {field.name for field in layout.fields}
    others = [name for name in columns.frame.columns if name not in described]
    text = tuple(_free_text(Field(name, FieldInfo(), False, Form("text"), None, None)) for name in others)
    return replace(layout, fields=(*layout.fields, *text))


def _free_text(field: Field) -> Field:
    """The column as one that takes any text, or none."""
    return replace(field, info=FieldInfo.from_annotation(str), required=False, words=None)


def _typed(package: Package, layout: Layout) -> pl.DataFrame:
    """The typed rows of one table."""
    columns = package.tables[layout.table]
    described = {} if layout.table in MODELS else _described(package, layout.table)
    types = {name: _TYPES[kind] for name, field in described.items() if (kind := field.get("type")) in _TYPES}
    is_typed = {field.name: field.name in types or _is_typed(field) for field in layout.fields}
    fields = tuple(field if is_typed[field.name] else _free_text(field) for field in layout.fields)
    _refuse_names_taken(package, layout)
    results = {id: Result(check) for id, check in CHECKS.items()}
    table = parse_columns(replace(layout, fields=fields), columns, results)
    if table is None or table.doubtful.height:
        found = [finding for result in results.values() for finding in result.findings]
        refuse_faults(package.label, [*columns.findings, *found])
    assert table is not None, "a table without columns has findings"
    dates = {field.name for field in fields if field.is_date}
    order = [part for name in table.columns for part in (name, *(bounds_of(name) if name in dates else ()))]
    frame = table.frame.select(order)
    own = (_own_type(frame[name], described[name], *types[name]) for name in types if name in frame.columns)
    return frame.with_columns(own).cast({CELL: pl.String})


def _is_typed(field: Field) -> bool:
    """Whether the column of a model is of another type than text, or has bounds that are."""
    return field.is_date or field.form.type != "string"


def _described(package: Package, name: str) -> dict[str, Mapping[str, Any]]:
    """The fields of a table of one's own as its schema describes them, by name."""
    schema = package.resources.get(name, {}).get("schema") or {"fields": []}
    return {field["name"]: field for field in schema["fields"]}


def _refuse_names_taken(package: Package, layout: Layout) -> None:
    """Raise `EnvironmentFault` when a column has the name that a bound of another one has."""
    names = {field.name for field in layout.fields}
    for field in layout.fields:
        for bound in bounds_of(field.name) if field.is_date else ():
            if bound in names:
                file = package.tables[layout.table].file
                raise EnvironmentFault(
                    printable_line(
                        f"{package.label}: {file}: has the columns {field.name} and {bound}, but that is the "
                        f"name of a bound of {field.name}; rename one of them"
                    )
                )


def _own_type(
    column: pl.Series, described: Mapping[str, Any], type_: pl.DataType, convert: Callable[[Any], Any]
) -> pl.Series:
    """A column of a table of one's own in its type; as it is, where that type cannot hold all of it."""
    read = reader_of(described)
    if read is None:
        return column
    texts = column.unique().drop_nulls().cast(pl.String)
    values = [convert(read(text)) for text in texts]
    if None in values:
        return column
    new = pl.Series(values, dtype=type_)
    return column.replace_strict(texts.cast(CELL), new, default=None, return_dtype=type_).alias(column.name)


def _whole(value: int) -> int | None:
    return value if -(2**63) <= value < 2**63 else None


def _number(value: Decimal) -> float | None:
    """The nearest floating number, if what it is off by does not show in the digits of the value."""
    number = float(value)
    if not value.is_finite():
        return number
    exact = Context(prec=len(value.as_tuple().digits) + 2)
    last_place = int(value.normalize(exact).as_tuple().exponent)
    half = Decimal((0, (5,), last_place - 1))
    is_near = exact.subtract(value, half) <= Decimal(number) <= exact.add(value, half)
    return number if is_near else None


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


_TYPES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "integer": (pl.Int64(), _whole),
    "number": (pl.Float64(), _number),
    "boolean": (pl.Boolean(), bool),
    "date": (pl.Date(), _day),
}
"""The types of a Table Schema that become a type of their own: the column's, and what makes its values,
None for one that the column cannot hold."""
