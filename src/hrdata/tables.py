"""A table as consumers use it: rows by position or key, and frames of typed columns."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from typing import Any, Generic, TypeVar, cast, overload

import polars as pl
from pydantic import ValidationError, model_validator

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.package import Package
from hrdata.row import Row
from hrdata.typed import layouts_of, typed_tables

AnyRow_co = TypeVar("AnyRow_co", covariant=True)
"""What a table gives for a row: a row of its model, or a mapping for a table of one's own."""

_EXTRAS: dict[str, str] = {"pandas": "pandas", "pyarrow": "arrow", "duckdb": "sql"}
"""What has to be installed besides hrdata, with the extra that does it."""


class UnknownKey(UsageError, KeyError):
    """There is no table or row of that name. It is a `KeyError`, too."""

    __str__ = Exception.__str__  # that of KeyError puts the message in quotation marks


@dataclass(frozen=True)
class Origin:
    """Which data something is from: the package's name, its version and its hash."""

    name: str
    version: str
    hash: str


def import_extra(module: str) -> Any:
    """A library that hrdata does without until it is asked for. Raises `UsageError` when it is absent."""
    try:
        return import_module(module)
    except ImportError:
        raise UsageError(
            f"this needs {module}, which is not installed; run: pip install 'hrdata[{_EXTRAS[module]}]'"
        ) from None


def unknown_key(kind: str, wanted: str, known: Sequence[str]) -> UnknownKey:
    """The error for a name that is not there, with those that come near it."""
    near = [name for name in known if wanted and name.startswith(wanted)][:3]
    near = near or difflib.get_close_matches(wanted, known, n=3)
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"there are {len(known):,}, such as {' and '.join(known[:3])}"
    )
    return UnknownKey(printable_line(f"there is no {kind} {wanted or '(nothing)'}; {hint}"))


class Table(Generic[AnyRow_co]):
    """The rows of one table, in the order of its file.

    A row of one of our tables is built by its model, so it obeys the rules; a row of a table of your own
    is a mapping from columns to typed values. Rows are built when they are asked for: `table[0]` and
    `table[:3]` by position, `table["unga-61-174"]` by key. A key of several columns is a tuple of them,
    or one text with `|` between them; `in` takes keys and rows. `origin` is the release it is from.
    Raises `EnvironmentFault` when the file cannot be read.

    >>> from hrdata.loading import load
    >>> votes = load().votes
    >>> votes["unga-61-174"].yes, "unga-99-1" in votes
    (99, False)
    >>> load().ballots["unga-61-174", "CHN"].choice.meaning
    'Against'
    """

    def __init__(self, package: Package, name: str, origin: Origin) -> None:
        self.name = name
        self.origin = origin
        self._package = package

    @property
    def version(self) -> str:
        """The version of the data."""
        return self.origin.version

    @property
    def hash(self) -> str:
        """The hash of the data, all tables together."""
        return self.origin.hash

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file; frames have the bounds of dates besides."""
        return tuple(self._package.tables[self.name].frame.columns)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; none if the schema of a table of your own names none."""
        return layouts_of(self._alone)[self.name].key

    def __len__(self) -> int:
        return self._package.tables[self.name].frame.height

    def __iter__(self) -> Iterator[AnyRow_co]:
        return (self._row(cells) for cells in self._cells.iter_rows(named=True))

    @overload
    def __getitem__(self, wanted: slice) -> list[AnyRow_co]: ...
    @overload
    def __getitem__(self, wanted: int | str | tuple[object, ...]) -> AnyRow_co: ...
    def __getitem__(self, wanted: int | str | tuple[object, ...] | slice) -> AnyRow_co | list[AnyRow_co]:
        if isinstance(wanted, slice):
            positions = self._positions(wanted)
            return [self._row(cells) for cells in self._cells[positions].iter_rows(named=True)]
        number = self._find(wanted) if isinstance(wanted, str | tuple) else self._position(wanted)
        if not -len(self) <= number < len(self):
            raise IndexError(f"{self.name} has {len(self):,} rows, so there is none at {number}")
        return self._row(self._cells.row(number, named=True))

    def __contains__(self, wanted: object) -> bool:
        """Whether there is a row of this key, or this row."""
        if isinstance(wanted, str | tuple):
            return self._number_of(wanted) is not None
        if self.name in MODELS:
            return isinstance(wanted, MODELS[self.name]) and self._holds(dict(wanted))
        return isinstance(wanted, Mapping) and self._holds(wanted)

    def _holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row has these cells."""
        if self.key and len(self._numbers) == len(self):
            number = self._numbers.get(tuple(_text(row.get(part)) for part in self.key))
            return number is not None and self._cells.row(number, named=True) == row
        return any(cells == row for cells in self._cells.iter_rows(named=True))

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self):,} rows of {self.origin.name} {self.version}>"

    def to_polars(self) -> pl.DataFrame:
        """The table as a Polars frame: a row for each row of the file, empty cells null.

        Columns are text, whole numbers, truth values; a date (EDTF) stays text, and the first and the last
        day it can mean follow in `NAME_earliest` and `NAME_latest`. A Polars frame has no place for the
        version and the hash: keep `origin` with it, or use `to_arrow`.
        """
        return self._frame.clone()

    def to_pandas(self) -> Any:
        """The table as a pandas frame with the columns of `to_polars`; nullable types, days as datetime64.

        `attrs` has the `name`, `version` and `hash` of the data and the `table`. Raises `UsageError`
        when pandas is not installed: it comes with `hrdata[pandas]`.
        """
        pandas = import_extra("pandas")
        frame = pandas.DataFrame({column.name: _pandas_column(pandas, column) for column in self._frame})
        frame.attrs.update(self._stamp)
        return frame

    def to_arrow(self) -> Any:
        """The table as an Arrow table with the columns of `to_polars`.

        The metadata of its schema has the `name`, `version` and `hash` of the data and the `table`.
        Raises `UsageError` when pyarrow is not installed: it comes with `hrdata[arrow]`.
        """
        import_extra("pyarrow")
        # Many readers do not know Arrow's newer type of text yet.
        table = self._frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        return table.replace_schema_metadata(self._stamp)

    @property
    def _stamp(self) -> dict[str, str]:
        return {**asdict(self.origin), "table": self.name}

    @cached_property
    def _alone(self) -> Package:
        """The package with this table only: what is not asked for is not parsed."""
        return replace(self._package, tables={self.name: self._package.tables[self.name]}, missing={})

    @cached_property
    def _frame(self) -> pl.DataFrame:
        return typed_tables(self._alone)[self.name]

    @cached_property
    def _cells(self) -> pl.DataFrame:
        """What rows are built from: the frame without bounds."""
        return self._frame.select(name for name in self.columns if name in self._frame.columns)

    @cached_property
    def _numbers(self) -> dict[tuple[str, ...], int]:
        """The position of each row by its key."""
        if not self.key:
            return {}
        texts = self._frame.select(pl.col(part).cast(pl.String).fill_null("") for part in self.key)
        return {key: number for number, key in enumerate(texts.iter_rows())}

    @cached_property
    def _numbers_by_text(self) -> dict[str, int]:
        return {"|".join(key): number for key, number in self._numbers.items()}

    def _number_of(self, wanted: str | tuple[object, ...]) -> int | None:
        """The position of the row of a key, if there is one."""
        if isinstance(wanted, tuple):
            return self._numbers.get(tuple(_text(part) for part in wanted))
        return self._numbers_by_text.get(wanted)

    def _position(self, wanted: object) -> int:
        """A position as a whole number, of whatever type."""
        try:
            return operator.index(wanted)  # type: ignore[arg-type]
        except TypeError:
            raise self._no_position(wanted) from None

    def _positions(self, wanted: slice) -> slice:
        """A slice with whole numbers in it, or nothing."""
        parts = (wanted.start, wanted.stop, wanted.step)
        return slice(*(None if part is None else self._position(part) for part in parts))

    def _no_position(self, wanted: object) -> UnknownKey:
        found_by = f", or by {' and '.join(self.key)} as text" if self.key else ""
        shown = printable_line(repr(wanted))[:100]
        return UnknownKey(f"a row of {self.name} is found by position{found_by}, but {shown} is none")

    def _find(self, wanted: str | tuple[object, ...]) -> int:
        if (number := self._number_of(wanted)) is not None:
            return number
        if not self.key:
            raise UsageError(f"{self.name} has no primaryKey in its schema; ask for its rows by position")
        text = wanted if isinstance(wanted, str) else "|".join(map(_text, wanted))
        if isinstance(wanted, tuple) and len(wanted) != len(self.key):
            found_by = " and ".join(self.key)
            parts = f"{len(wanted)} of {len(self.key)} parts"
            raise UnknownKey(
                printable_line(f"a row of {self.name} is found by {found_by}, but {text} has {parts}")
            )
        raise unknown_key(f"row of {self.name} with the key", text, list(self._numbers_by_text))

    @cached_property
    def _excused(self) -> frozenset[str]:
        """The keys of the rows with a known issue: they stay although they may break a rule."""
        if self.name not in MODELS or "known_issues" not in self._package.tables:
            return frozenset()
        issues = self._package.tables["known_issues"].frame.cast(pl.String)
        return frozenset(issues.filter(pl.col("table") == self.name)["row_id"].drop_nulls())

    def _row(self, cells: Mapping[str, Any]) -> AnyRow_co:
        if self.name not in MODELS:
            return cast("AnyRow_co", cells)
        model = MODELS[self.name]
        try:
            return cast("AnyRow_co", model(**cells))
        except ValidationError as invalid:
            row_id = "|".join(str(cells.get(part) or "") for part in model.KEY)
            first = invalid.errors()[0]
            if not first["loc"] and row_id in self._excused:
                return cast("AnyRow_co", _excusing(model)(**cells))
            where = " ".join((self.name, row_id, *map(str, first["loc"])))
            raise EnvironmentFault(
                printable_line(f"{self._package.label}: {where}: {first['msg']}; hrdata validate says more")
            ) from None


@cache
def _excusing(model: type[Row]) -> type[Row]:
    """A model whose fields are judged, but not the row as a whole."""
    body = {"_obeys_the_row_checks": model_validator(mode="after")(lambda self: self)}
    made = type(model.__name__, (model,), {**body, "__module__": model.__module__, "__doc__": model.__doc__})
    return cast("type[Row]", made)


def _text(part: object) -> str:
    """A part of a key as it stands in the file."""
    return str(part).lower() if isinstance(part, bool) else "" if part is None else str(part)


def _pandas_column(pandas: Any, column: pl.Series) -> Any:
    """A column in the type of pandas that keeps its values and its gaps."""
    if column.dtype == pl.Date:
        return pandas.array(column.to_numpy().astype("datetime64[s]"))
    types: dict[Any, str] = {pl.Int64: "Int64", pl.Float64: "Float64", pl.Boolean: "boolean"}
    return pandas.array(column.to_list(), dtype=types.get(column.dtype, "string"))
