"""Columns of text to a typed table, field by field, judged by the model's own field types.

No model is built per row: each column's distinct values are judged once, then the rows that hold
a bad one are found. So rows built in Python and whole files are judged by the same code.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Any, get_args

import polars as pl
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hrdata.check import CELL, Check, Result, Table, declare, list_hits
from hrdata.columns import Columns
from hrdata.dates import date_bounds
from hrdata.fields import Form, Reference
from hrdata.row import Row

columns_are_there = declare(
    "STR119",
    "columns_are_there",
    "Every column of the table is there.",
    message="the column {field} is missing",
    hint="Add {field} to the first line of {file}, and a comma or a value to every row.",
    example="votes.csv without the column abstain.",
)
columns_are_known = declare(
    "STR120",
    "columns_are_known",
    "No column is there that the table does not have.",
    message="the column {name} is not one of the table {table}",
    hint="Delete the column from {file}, or correct its name.",
    example="absent instead of non_voting.",
)
columns_are_in_order = declare(
    "STR121",
    "columns_are_in_order",
    "The columns stand in the order of the table.",
    message="the columns stand in the order {observed}, but expected {expected}",
    hint="Put the columns of {file} into the expected order.",
    example="state_id,vote_id,choice",
)
required_value_is_given = declare(
    "FLD201",
    "required_value_is_given",
    "A required cell is not empty.",
    message="{field} is empty, but a value is required",
    hint="Fill in {field} in {file}.",
    example="A vote without a date.",
)
value_is_in_the_vocabulary = declare(
    "FLD202",
    "value_is_in_the_vocabulary",
    "A vocabulary column holds one of its words.",
    message="{field} is '{value}', but expected one of {reason}",
    hint="Use one of these words in {file}.",
    example="against instead of no.",
)
number_is_plain = declare(
    "FLD203",
    "number_is_plain",
    "A number is written in plain digits, a truth value as true or false.",
    message="{field} '{value}' {reason}",
    hint="Write the value in {file} as its column asks for: {form}.",
    example="1_000",
)
date_is_edtf = declare(
    "FLD204",
    "date_is_edtf",
    "A date is an EDTF date that exists.",
    message="{field} '{value}' {reason}",
    hint="Write the date in {file} as its column asks for: {form}.",
    example="2023-02-30",
)
symbol_is_well_formed = declare(
    "FLD205",
    "symbol_is_well_formed",
    "A document symbol is one that the United Nations could have given.",
    message="{field} '{value}' {reason}",
    hint="Copy the symbol from the document's first page into {file}.",
    example="A/RES/61-174",
)
text_is_clean = declare(
    "FLD206",
    "text_is_clean",
    "Text is in Unicode normal form C and holds nothing invisible.",
    message="{field} '{value}' {reason}",
    hint="Retype the text in {file}.",
    example="A name copied from a PDF, with a zero-width space in it.",
)
identifier_is_well_formed = declare(
    "FLD207",
    "identifier_is_well_formed",
    "An identifier, code or address has the form that its column asks for.",
    message="{field} '{value}' {reason}",
    hint="Correct {field} in {file}.",
    example="UNGA_61_174 instead of unga-61-174.",
)
value_is_within_limits = declare(
    "FLD208",
    "value_is_within_limits",
    "A value is neither too large nor too small, a text neither too long nor too short.",
    message="{field} '{value}' {reason}",
    hint="Correct {field} in {file}.",
    example="Cycle 0 of the Universal Periodic Review.",
)

_KIND_OF_CHECK = {
    "enum": value_is_in_the_vocabulary,
    "number": number_is_plain,
    "date": date_is_edtf,
    "symbol": symbol_is_well_formed,
    "text": text_is_clean,
    "identifier": identifier_is_well_formed,
    "string_pattern_mismatch": identifier_is_well_formed,
}

JUDGED_TOGETHER = 4096
"""So many texts are judged in one call."""

SHOWN = 60
"""A value longer than this is cut in messages."""


@dataclass(frozen=True)
class Field:
    """One column of a model: its name, form, words and what it refers to."""

    name: str
    info: FieldInfo
    required: bool
    form: Form
    words: type[StrEnum] | None
    refers_to: str | None

    @cached_property
    def judge(self) -> TypeAdapter[list[Any]]:
        """What judges a list of texts of the column; one call for many of them is fast."""
        annotation: Any = self.info.annotation
        return TypeAdapter(list[Annotated[annotation, *self.info.metadata, None]])

    @property
    def is_date(self) -> bool:
        """Whether the column holds EDTF dates."""
        return self.form.kind == "date"


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that hold columns of a row of another; a table without a name is itself."""

    columns: tuple[str, ...]
    table: str
    target: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """What a table has to look like: its columns, its key, and what they refer to.

    `unique` are other columns that no two rows share. For tables of one's own, `missing` says which
    texts stand for no value, by column, and `match` how the columns may differ from the fields.
    """

    table: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    references: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    missing: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    match: str = "exact"

    @property
    def links(self) -> set[str]:
        """The columns by which rows hang together with others."""
        return {*self.key, *(column for foreign in self.references for column in foreign.columns)}


@cache
def layout_of(model: type[Row]) -> Layout:
    """What the table of a model has to look like."""
    fields = fields_of(model)
    # The key of a table that is referred to is a single column.
    references = ((one.name, one.refers_to) for one in fields if one.refers_to)
    foreign = tuple(ForeignKey((column,), table, ()) for column, table in references)
    return Layout(model.TABLE, fields, model.KEY, foreign)


@cache
def fields_of(model: type[Row]) -> tuple[Field, ...]:
    """The columns of a model, in order."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo) -> Field:
    metadata = list(metadata_of(info))
    types = (part for part in _parts(info.annotation) if isinstance(part, type))
    words = next((type_ for type_ in types if issubclass(type_, StrEnum)), None)
    form = next((item for item in metadata if isinstance(item, Form)), Form("enum"))
    refers_to = next((item.table for item in metadata if isinstance(item, Reference)), None)
    return Field(name, info, info.is_required(), form, words, refers_to)


def metadata_of(info: FieldInfo) -> Iterator[Any]:
    """What a field's type says about it, whether or not it is optional."""
    yield from info.metadata
    for part in _parts(info.annotation):
        yield from getattr(part, "__metadata__", ())


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation and what it is a union or an annotation of."""
    yield annotation
    if not isinstance(annotation, type):
        for part in get_args(annotation):
            yield from _parts(part)


def judge_values(field: Field, texts: Sequence[str]) -> dict[str, Check]:
    """Which check each text fails that is not as its column asks for; `why` says why."""
    bad = {"": required_value_is_given} if field.required and "" in texts else {}
    given = [text for text in texts if text]
    for start in range(0, len(given), JUDGED_TOGETHER):
        some = given[start : start + JUDGED_TOGETHER]
        for fault in reversed(_faults(field, some)):
            bad[some[int(fault["loc"][0])]] = _KIND_OF_CHECK.get(fault["type"], value_is_within_limits)
    return bad


def _faults(field: Field, texts: list[str], *, details: bool = False) -> list[ErrorDetails]:
    try:
        field.judge.validate_python(texts)
    except ValidationError as errors:
        return errors.errors(include_url=False, include_context=details, include_input=False)
    return []


def why(field: Field, text: str) -> str:
    """Why a text is not as its column asks for, as the end of a sentence about it."""
    if text == "":
        return ""
    if field.words is not None:
        near = difflib.get_close_matches(text.lower(), [str(word) for word in field.words], n=1)
        return ", ".join(field.words) + (f"; the nearest is {near[0]}" if near else "")
    fault = _faults(field, [text], details=True)[0]
    if limit := _LIMITS.get(fault["type"]):
        return limit.format(**fault.get("ctx", {}))
    return str(fault["msg"])


_LIMITS = {
    "less_than_equal": "is larger than {le:,}",
    "greater_than_equal": "is smaller than {ge:,}",
    "int_parsing_size": "has more digits than any count",
    "string_too_long": "has more than {max_length:,} characters",
    "string_too_short": "has fewer than {min_length:,} characters",
    "string_pattern_mismatch": "does not match the pattern of its column",
}


def parse_columns(layout: Layout, columns: Columns, results: Mapping[str, Result]) -> Table | None:
    """Judge every cell of a file by the fields of its table.

    Returns the typed table, or None when columns are missing, so that no check may look at it.
    What is wrong goes to the results of the checks it breaks.
    """
    complete = _judge_header(layout, columns, results)
    known = [field for field in layout.fields if field.name in columns.frame.columns]
    text = columns.frame.select(_given(layout, field) for field in known).with_row_index("row")
    broken = pl.Series("row", sorted(columns.broken), dtype=pl.UInt32)
    whole = _without(text, broken)
    place = _Place(layout.key, columns)
    bare = Table(layout.table, text, text.head(0), (), place, layout.key)
    bad_rows = [broken]
    typed: list[pl.Expr] = []
    for field in known:
        values = text[field.name].unique().to_list()
        bad = judge_values(field, values)
        if bad:
            bad_rows.append(_report_bad(bare, field, whole, bad, results))
        typed.extend(_typed(field, values, bad))
    if not complete:
        return None
    doubtful = pl.concat(bad_rows).unique()
    links = tuple(field.name for field in known if field.name in layout.links)
    frame = text.with_columns(typed)
    unparsed = frame.filter(pl.col("row").is_in(doubtful.implode())).select("row", *links)
    names = tuple(field.name for field in known)
    return Table(layout.table, _without(frame, doubtful), unparsed, links, place, layout.key, names)


def _given(layout: Layout, field: Field) -> pl.Expr:
    """A column with nothing in the cells that stand for no value."""
    column, missing = pl.col(field.name), sorted(layout.missing.get(field.name, frozenset()) - {""})
    if not missing:
        return column
    is_missing = column.is_in(pl.Series(missing, dtype=CELL).implode())
    return pl.when(is_missing).then(pl.lit("", CELL)).otherwise(column).alias(field.name)


def _without(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The frame without some of its rows; the frame itself when there are none."""
    return frame.filter(~pl.col("row").is_in(rows.implode())) if len(rows) else frame


def _judge_header(layout: Layout, columns: Columns, results: Mapping[str, Result]) -> bool:
    """Whether all columns are there; names missing, unknown and misplaced ones."""
    expected = [field.name for field in layout.fields]
    observed = list(columns.header)
    where: dict[str, Any] = {"table": layout.table, "file": columns.file, "line": 1}
    may_lack = layout.match in ("superset", "partial")
    missing = [] if may_lack else [name for name in expected if name not in observed]
    for name in missing:
        _add(results, columns_are_there.finding(**where, field=name))
    for name in observed if layout.match not in ("subset", "partial") else ():
        if name.strip() and name not in expected:
            _add(results, columns_are_known.finding(**where, name=name))
    present = [name for name in dict.fromkeys(observed) if name in expected]
    in_order = [name for name in expected if name in present]
    if present != in_order and layout.match == "exact":
        where |= {"observed": ",".join(present), "expected": ",".join(in_order)}
        _add(results, columns_are_in_order.finding(**where))
    return bool(present) and not missing


def _add(results: Mapping[str, Result], finding: Any) -> None:
    results[finding.check].add(finding)


def _report_bad(
    bare: Table,
    field: Field,
    whole: pl.DataFrame,
    bad: dict[str, Check],
    results: Mapping[str, Result],
) -> pl.Series:
    """List the rows that hold a bad value; return them."""
    checks = pl.DataFrame(
        {"bad": pl.Series(list(bad), dtype=CELL), "check": [check.id for check in bad.values()]}
    )
    rows = whole.select("row", bad=field.name).filter(pl.col("bad").is_in(checks["bad"].implode()))
    rows = rows.join(checks, on="bad")
    for (check_id,), hits in rows.partition_by("check", as_dict=True).items():
        named = hits.select("row", "bad", pl.lit(field.name).alias("field"))
        # Why a value is bad is worked out for those that are listed only: it can take long.
        list_hits(
            results[str(check_id)],
            bare,
            named,
            lambda hit: {"reason": why(field, hit.pop("bad")), "form": field.form.advice},
        )
    return rows["row"]


def _typed(field: Field, values: list[str], bad: Mapping[str, Check]) -> Iterator[pl.Expr]:
    """The column in its type, null where it is empty or bad; a date with its bounds."""
    good = [value for value in values if value and value not in bad]
    column, texts = pl.col(field.name), pl.Series(good, dtype=CELL)
    typed: dict[str, pl.Series] = {field.name: texts} if len(good) < len(values) else {}
    if field.form.type == "integer":
        typed[field.name] = pl.Series([int(text) for text in good], dtype=pl.Int64)
    elif field.form.type == "boolean":
        typed[field.name] = pl.Series([text == "true" for text in good], dtype=pl.Boolean)
    elif field.is_date:
        bounds = [date_bounds(text) for text in good]
        for side, name in enumerate(("earliest", "latest")):
            typed[f"{field.name}_{name}"] = pl.Series([pair[side] for pair in bounds], dtype=pl.Date)
    for name, new in typed.items():
        yield column.replace_strict(texts, new, default=None, return_dtype=new.dtype).alias(name)


class _Place:
    """Says where the cells of one file stand."""

    def __init__(self, key: tuple[str, ...], columns: Columns) -> None:
        self._key, self._columns = key, columns

    def __call__(self, row: int, field: str) -> dict[str, Any]:
        """The place of a cell, or of its row when the field is "" or not a column."""
        columns = self._columns
        index = columns.header.index(field) if field in columns.header else 0
        line, column = columns.locate(row, index)
        cells = columns.frame.row(row, named=True)
        return {
            "file": columns.file,
            "line": line,
            "column": column,
            "row_id": "|".join(cells.get(part, "") for part in self._key) or f"row {row + 1}",
            "value": _shortened(cells.get(field, "")),
        }


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
