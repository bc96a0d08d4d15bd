"""One version of a package as diffs see it: tables with their schemas, keys and cells in canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from hrdata.changes import Side, show_value
from hrdata.check import CELL, Finding, Severity
from hrdata.columns import Columns
from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.package import Package, files_are_as_described, read_package
from hrdata.places import DESCRIPTOR
from hrdata.read import read_columns
from hrdata.schema import table_schema

LARGEST_NUMBER = 1 << 63
"""Numbers of rows stay below this."""


@dataclass
class Sheet:
    """A table of one version; `label` is that of the version. Its file is parsed when it has to be."""

    label: str
    name: str
    raw: Columns
    resource: Mapping[str, Any]

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The schema in the descriptor, else the one that hrdata has for a table of this name."""
        given = self.resource.get("schema")
        if isinstance(given, Mapping):
            return given
        return table_schema(MODELS[self.name]) if self.name in MODELS and given is None else {}

    @cached_property
    def fields(self) -> dict[str, Mapping[str, Any]]:
        """What the schema says of each column."""
        listed = self.schema.get("fields")
        listed = listed if isinstance(listed, list) else []
        named = [field for field in listed if isinstance(field, Mapping) and "name" in field]
        return {str(field["name"]): field for field in named}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return names_of(self.schema.get("primaryKey"))

    @cached_property
    def columns(self) -> Columns:
        """The file as columns of text. Raises `EnvironmentFault` when its structure has a fault."""
        columns = self.raw if self.raw.header else read_columns(self.raw.data, self.raw.file)
        refuse_faults(self.label, columns.findings)
        return columns

    @property
    def first_line(self) -> bytes:
        """The first line of the file with its line feed; nothing if it has none."""
        return self.raw.data[: self.raw.data.find(b"\n") + 1]

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, as they stand in the file; the rows are not parsed for that."""
        line = self.first_line
        return read_columns(line, self.raw.file).header if line and b'"' not in line else self.columns.header

    @cached_property
    def cells(self) -> pl.DataFrame:
        """The rows in canonical form."""
        return self.canonical(self.columns.frame)

    def canonical(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Some rows with each text that stands for no value made one: empty, if an empty cell is no value."""
        missing = {name: sorted(set(self.missing(name))) for name in frame.columns}
        return frame.with_columns(
            pl.when(pl.col(name).cast(pl.String).is_in(texts[1:]))
            .then(pl.lit(texts[0], CELL))
            .otherwise(pl.col(name))
            .alias(name)
            for name, texts in missing.items()
            if texts[1:]
        )

    def missing(self, column: str = "") -> list[str]:
        """The texts that stand for no value, in a column or in the table as a whole."""
        given = self.fields.get(column, {}).get("missingValues", self.schema.get("missingValues"))
        return texts_of(given) if isinstance(given, list) else [""]

    @property
    def references(self) -> Iterator[tuple[tuple[str, ...], Target, Mapping[str, Any]]]:
        """Each foreign key: the columns that refer, what they refer to, and what the schema says."""
        listed = self.schema.get("foreignKeys")
        for foreign in listed if isinstance(listed, list) else []:
            reference = foreign.get("reference") if isinstance(foreign, Mapping) else None
            if isinstance(reference, Mapping):
                target = str(reference.get("resource") or self.name), names_of(reference.get("fields"))
                yield names_of(foreign.get("fields")), target, foreign

    def has_key(self, key: Sequence[str]) -> bool:
        """Whether columns are there and no two rows have the same cells in them."""
        if not set(key) <= set(self.header):
            return False
        cells = self.cells.select(key)
        return not key or not has_repeats(number_rows(cells, cells.clear())[0])

    def refuse_repeated_key(self, key: Sequence[str]) -> None:
        """Raise `EnvironmentFault` when two rows have the same key, or a column of it is not there."""
        if lost := [name for name in key if name not in self.header]:
            refuse_faults(self.label, self.columns.findings)
            line = (
                f"{self.label}: {self.raw.file}: the key has the column {lost[0]}, but the file has no such"
            )
            raise EnvironmentFault(printable_line(f"{line} column; add it, or correct the key"))
        rows = self.cells.select(pl.concat_list(pl.col(name).cast(pl.String) for name in key).alias("key"))
        again = rows.with_row_index().filter(pl.col("key").is_duplicated()).sort("index")
        if again.height:
            row_id = again["key"][0]
            parts = zip(key, row_id, strict=True)
            copies = self.cells.select(pl.col(name).cast(pl.String) == part for name, part in parts)
            first, second = copies.select(pl.all_horizontal(pl.all()).arg_true()).to_series()[:2]
            lines = f"{self.columns.lines[first]} and {self.columns.lines[second]}"
            fault = f"the key {'|'.join(row_id)} of {self.name} stands on the lines {lines}"
            self._refuse(fault, "keep one of the rows, or correct its key: rows are compared by it")

    def _refuse(self, fault: str, remedy: str) -> None:
        line = f"{self.label}: {self.raw.file}: {fault}, but expected it once; {remedy}"
        raise EnvironmentFault(printable_line(line))


Target = tuple[str, tuple[str, ...]]
"""What a foreign key refers to: a table and its columns."""


def texts_of(missing: Sequence[Any]) -> list[str]:
    """The texts of a list of missing values, in which each may have a label."""
    return [str(item.get("value", "") if isinstance(item, Mapping) else item) for item in missing]


def names_of(given: object) -> tuple[str, ...]:
    """The columns of a key, which a schema gives as one name or as a list."""
    listed = [given] if isinstance(given, str) else given
    return tuple(str(name) for name in listed) if isinstance(listed, list) else ()


def refuse_faults(label: str, findings: Iterable[Finding]) -> None:
    """Raise `EnvironmentFault` for the first error among what was found while reading."""
    for finding in findings:
        # What a file holds can be compared whatever the descriptor states of its size.
        if finding.severity is Severity.ERROR and finding.check != files_are_as_described.id:
            place = finding.file + (f":{finding.line}" if finding.line else "")
            line = f"{label}: {place}: {finding.message} ({finding.check}); mend it first: {finding.hint}"
            raise EnvironmentFault(printable_line(line))


@dataclass(frozen=True)
class Version:
    """One of the two versions that are compared."""

    side: Side
    descriptor: Mapping[str, Any]
    sheets: Mapping[str, Sheet]


def open_version(package: Package | Path | str) -> Version:
    """A package as one side of a diff. Raises `EnvironmentFault` when not all of it can be read."""
    if not isinstance(package, Package):
        # Of what both versions have, most is told apart by its bytes: a file is parsed when it has to be.
        package = read_package(package, read=lambda data, file: Columns(file, data))
    refuse_faults(package.label, package.findings)
    if package.missing:
        name, reason = next(iter(package.missing.items()))
        line = f"{package.label}: {DESCRIPTOR}: the table {name} cannot be compared: {reason}; mend it first"
        raise EnvironmentFault(printable_line(line))
    for name, resource in package.resources.items():
        _refuse_what_is_not_followed(package.label, name, resource)
    sheets = {
        name: Sheet(package.label, name, columns, package.resources.get(name, {}))
        for name, columns in package.tables.items()
    }
    return Version(Side(package.label, package.name, package.version), package.descriptor, sheets)


_AS_WE_READ = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True, "headerRows": [1]}
"""How files are read; a dialect that says otherwise is not followed."""
_SAYS_NOTHING = ("$schema", "name", "title", "description", "lineTerminator", "headerJoin", "commentRows")
"""Properties of a dialect that change nothing of how files are read here."""


def _refuse_what_is_not_followed(label: str, name: str, resource: Mapping[str, Any]) -> None:
    """Raise `EnvironmentFault` for what the descriptor leaves to another file, or to another reader."""
    place = f"{label}: {DESCRIPTOR}: the {{}} of the resource {name}"
    if isinstance(path := resource.get("schema"), str):
        line = f"{place.format('schema')} is in {path}, but expected it here; copy it into {DESCRIPTOR}"
        raise EnvironmentFault(printable_line(line))
    dialect = resource.get("dialect", {})
    if isinstance(dialect, str):
        line = f"{place.format('dialect')} is in {dialect}, but expected it here; copy it into {DESCRIPTOR}"
        raise EnvironmentFault(printable_line(line))
    for word, given in dialect.items() if isinstance(dialect, Mapping) else ():
        is_followed = given == _AS_WE_READ[word] if word in _AS_WE_READ else not given
        if not is_followed and word not in _SAYS_NOTHING and ":" not in word:
            line = (
                f"{place.format('dialect')} has {word} {show_value(given)}, but hrdata reads plain CSV only"
            )
            raise EnvironmentFault(printable_line(f"{line}; write the file as plain CSV first"))
    form = resource.get("format") or ("csv" if "schema" in resource else _suffix(resource)) or "csv"
    if form != "csv":
        line = f"{place.format('format')} is {show_value(form)}, but hrdata compares CSV; take it out first"
        raise EnvironmentFault(printable_line(line))


def _suffix(resource: Mapping[str, Any]) -> str:
    return PurePosixPath(str(resource.get("path", ""))).suffix.removeprefix(".").lower()


def number_rows(old: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """A number for each row of two frames with as many `CELL` columns: the same for the same row only.

    Cells of that type have the same code for the same text, in whichever frame they stand.
    """
    number = [pl.zeros(frame.height, pl.UInt64, eager=True) for frame in (old, new)]
    size = 1
    for columns in zip(old.iter_columns(), new.iter_columns(), strict=True):
        codes = [column.to_physical().cast(pl.UInt64) for column in columns]
        most = 1 + max(_largest(code) for code in codes)
        if size * most > LARGEST_NUMBER:
            dense = pl.concat(number).rank("dense").cast(pl.UInt64)
            number, size = [dense.head(old.height), dense.slice(old.height)], old.height + new.height + 1
        number = [numbers * most + code for numbers, code in zip(number, codes, strict=True)]
        size *= most
    return number[0], number[1]


def _largest(codes: pl.Series) -> int:
    largest = codes.max()
    return largest if isinstance(largest, int) else 0


def has_repeats(numbers: pl.Series) -> bool:
    """Whether a number stands there twice."""
    in_order = numbers if numbers.is_sorted() else numbers.sort()
    return bool((in_order == in_order.shift()).any())
