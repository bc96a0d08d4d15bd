"""Sources, citations and known issues: where every figure stands, and what is understood to be wrong."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import CELL, CHECKS, Hits, RowVerdict, Table, Tables, check, filled, row_check
from hrdata.dates import InvalidDate, is_within
from hrdata.fields import CheckId, Edtf, FieldName, FileName, Language, Slug, SourceId, TableName, Text, Url
from hrdata.row import Row, Vocabulary


class SourceKind(Vocabulary):
    """What sort of publication a source is."""

    UN_RECORD = "un_record", "Record of votes or proceedings kept by the United Nations"
    UN_DOCUMENT = "un_document", "Other document of the United Nations"
    TREATY_RECORD = "treaty_record", "Record of a treaty's depositary"
    STANDARD = "standard", "Standard or code list"
    REFERENCE = "reference", "Encyclopedia, handbook or list"
    THESIS = "thesis", "Academic thesis"
    ARTICLE = "article", "Article in a journal"
    BULLETIN = "bulletin", "Bulletin or brief of an institute"
    TESTIMONY = "testimony", "Testimony before a parliament or commission"
    COMMENTARY = "commentary", "Commentary or opinion"
    DATABASE = "database", "Database or data file that others compiled"


class Source(Row):
    """A source: a document or record that states figures of this package."""

    TABLE: ClassVar = "sources"
    KEY: ClassVar = ("source_id",)

    source_id: Slug = Field(description="Identifier of the source", examples=["un-digital-library"])
    kind: SourceKind = Field(description="What sort of publication it is", examples=["un_record"])
    title: Text = Field(description="Title as published", examples=["General Assembly Voting Data"])
    author: Text | None = Field(None, description="Author or authors", examples=["Luo Yanhua"])
    publisher: Text | None = Field(
        None, description="Publisher or keeper", examples=["United Nations Dag Hammarskjöld Library"]
    )
    issued: Edtf | None = Field(None, description="Date of publication", examples=["2024-07-03"])
    language: Language = Field(description="Language, ISO 639 code", examples=["en"])
    url: Url | None = Field(None, description="Web address", examples=["https://digitallibrary.un.org"])
    file: FileName | None = Field(
        None, description="Name of the file that was read", examples=["003_0a9d3ecc16080e64.txt"]
    )
    terms: Text | None = Field(
        None, description="Terms of use as the publisher states them", examples=["CC0 1.0"]
    )
    note: Text | None = Field(
        None, description="Remark in plain words", examples=["Read in English translation."]
    )


class Citation(Row):
    """A citation: where a source states a row, or one of its values."""

    TABLE: ClassVar = "citations"
    KEY: ClassVar = ("table", "row_id", "field", "source_id", "locator")

    table: TableName = Field(description="Table of the cited row", examples=["votes"])
    row_id: Text = Field(
        description="Key of the cited row, its parts joined by |; * for every row of the table",
        examples=["unga-61-174"],
    )
    field: FieldName = Field(description="Cited column, or * for the whole row", examples=["non_voting"])
    source_id: SourceId = Field(description="Source that states it", examples=["un-digital-library"])
    locator: Text = Field(
        description="Where in the source: page, table, section or paragraph", examples=["Table 3, row 2"]
    )
    reported: Text | None = Field(
        None, description="The value as that source has it, in canonical form", examples=["22"]
    )


class KnownIssue(Row):
    """A known issue: findings that are understood and stay, with the reason."""

    TABLE: ClassVar = "known_issues"
    KEY: ClassVar = ("check_id", "table", "row_id", "field")

    check_id: CheckId = Field(description="Check whose findings are understood", examples=["CIT202"])
    table: TableName = Field(description="Table that the findings are in", examples=["votes"])
    row_id: Text = Field(description="Key of the row that they are in", examples=["unga-61-174"])
    field: FieldName = Field(
        description="Column that they are in, or * for the whole row", examples=["non_voting"]
    )
    reason: Text = Field(
        description="Why the findings are right and the data stays",
        examples=["The thesis repeats a wrong figure."],
    )
    source_id: SourceId | None = Field(
        None, description="Only findings that speak of this source are meant", examples=["snu-dprk-thesis"]
    )
    reported_on: Edtf = Field(description="Day on which the issue was written down", examples=["2026-11-22"])
    until: Edtf | None = Field(
        None, description="Last day on which it counts; empty if it stays", examples=["2027-12-31"]
    )


UNCITED = ("sources", "citations", "known_issues")
"""Tables that say where things stand, and are not cited themselves."""

WHOLE = "*"
"""Stands for every row of a table, or for every column of a row."""


@check(
    "CIT201",
    message="{row_id}: no citation says where this row stands",
    hint="Add a row to citations.csv that names the source and the place in it.",
    example="A vote that nobody can trace.",
)
def rows_are_cited(citations: Table, tables: Tables) -> Hits:
    """Every row has at least one citation, or its table is cited as a whole."""
    # A citation that is itself at fault still cites.
    named = pl.concat(
        [_as_text(rows).select("table", "row_id") for rows in (citations.frame, citations.doubtful)]
    )
    # One that does not say which row it cites may cite any.
    whole = set(named.filter((pl.col("row_id") == WHOLE) | pl.col("row_id").is_null())["table"])
    if None in whole or named["table"].null_count():
        return _NO_ROWS
    cited_by_row = (one for one in tables.values() if one.name not in {*UNCITED, *whole} and not one.is_own)
    return pl.concat([_NO_ROWS, *(_uncited(named, table) for table in cited_by_row)])


def _as_text(citations: pl.DataFrame) -> pl.DataFrame:
    """Citations with their cells as plain text, as the keys of rows are that they name."""
    return citations.with_columns(pl.col(CELL).cast(pl.String))


def _uncited(named: pl.DataFrame, table: Table) -> Hits:
    cited = named.filter(pl.col("table") == table.name)["row_id"].unique()
    lost = table.frame.filter(~table.row_ids().is_in(cited.implode()))
    return lost.select(pl.lit(table.name).alias("table"), "row")


_NO_ROWS = pl.DataFrame(schema={"table": pl.String, "row": pl.UInt32})


@check(
    "CIT202",
    message="{row_id}: {field} is {canonical}, but {source_id} ({locator}) has {reported}",
    hint="Correct {file} or citations.csv. If the source {source_id} is wrong, say why in known_issues.csv, "
    "for the check CIT202, the table {table} and the row and field named above.",
    example="A thesis has 22 where the United Nations record has 16.",
)
def sources_agree_with_the_value(citations: Table, tables: Tables) -> Hits:
    """What a source reports equals the canonical value; a less precise date does not disagree."""
    reported = _as_text(citations.frame).filter(pl.col("reported").is_not_null() & (pl.col("field") != WHOLE))
    disagreeing = [
        _disagreeing(tables[str(name)], str(field), cells)
        for (name, field), cells in reported.partition_by("table", "field", as_dict=True).items()
        if name in tables and field in tables[str(name)].columns
    ]
    return pl.concat([_NO_DISAGREEMENT, *disagreeing])


_NO_DISAGREEMENT = pl.DataFrame(
    schema={
        "table": pl.String,
        "row": pl.UInt32,
        "field": pl.String,
        "source_id": pl.String,
        "locator": pl.String,
        "reported": pl.String,
        "canonical": pl.String,
    }
)


def _disagreeing(table: Table, field: str, cells: pl.DataFrame) -> Hits:
    canonical = table.frame.select(
        "row", table.row_ids().alias("row_id"), pl.col(field).cast(pl.String).alias("canonical")
    )
    both = cells.drop("row").join(canonical, on="row_id")
    differs = both.filter(pl.col("canonical").ne_missing(pl.col("reported")))
    if f"{field}_earliest" in table.frame.columns:
        vague = [
            _is_vaguer(reported, value)
            for reported, value in differs.select("reported", "canonical").iter_rows()
        ]
        differs = differs.filter(~pl.Series(vague, dtype=pl.Boolean))
    return differs.select(
        pl.lit(table.name).alias("table"),
        "row",
        pl.lit(field).alias("field"),
        "source_id",
        "locator",
        "reported",
        pl.col("canonical").fill_null("empty"),
    )


def _is_vaguer(reported: str, canonical: str | None) -> bool:
    """Whether a source only leaves open what the canonical date says: 1980 against 1980-11-04."""
    try:
        return canonical is not None and is_within(canonical, reported)
    except InvalidDate:
        return False


@check(
    "CIT203",
    message="{row_id}: there is no {missing}",
    hint="Correct the citation in {file}; it points nowhere.",
    example="A citation of a vote that was renamed.",
    field="row_id",
)
def cited_rows_exist(citations: Table, tables: Tables) -> Hits:
    """The row and the column that a citation names are there."""
    lost = [
        _lost(cited, str(name), tables.get(str(name)))
        for (name,), cited in _as_text(citations.frame).partition_by("table", as_dict=True).items()
        if name not in tables.missing
    ]
    return pl.concat([_NO_LOST, *lost])


_NO_KEYS = pl.DataFrame(schema={"key": pl.String})
_NO_LOST = pl.DataFrame(schema={"table": pl.String, "row": pl.UInt32, "missing": pl.String})


def _lost(cited: pl.DataFrame, name: str, table: Table | None) -> Hits:
    row_id, field = pl.col("row_id"), pl.col("field")
    cited = cited.filter((row_id != WHOLE) | (field != WHOLE) | (table is None))
    if table is None:
        missing = filled("table {}", pl.lit(name))
    else:
        rows = (table.frame, table.doubtful) if cited.height else ()
        there = pl.concat([_NO_KEYS, *(part.select(table.row_ids().alias("key")) for part in rows)])["key"]
        no_row = (row_id != WHOLE) & ~row_id.is_in(there.drop_nulls().implode())
        no_field = (field != WHOLE) & ~field.is_in(table.columns)
        missing = (
            pl.when(no_row)
            .then(filled("row {} in {}", row_id, pl.lit(name)))
            .when(no_field)
            .then(filled("column {} in {}", field, pl.lit(name)))
        )
    lost = cited.select(pl.lit("citations").alias("table"), "row", missing.alias("missing"))
    return lost.drop_nulls("missing")


@row_check(
    "CIT204",
    {"citations": [("row_id", "field", "reported")]},
    message="{row_id}: the citation reports {value}, but names no single cell",
    hint="Name the row and the column that the source reports in {file}, or leave reported empty.",
    example="reported 22 with the field *.",
)
def reported_values_name_their_cell(row_id: str, field: str, reported: str | None) -> RowVerdict:
    """A citation that reports a value names the row and the column of that value."""
    return {"value": reported} if reported is not None and WHOLE in (row_id, field) else None


@check(
    "WVR203",
    message="{row_id}: there is no check {check_id}",
    hint="Correct check_id in {file}; hrdata checks lists them.",
    example="VOT999",
    field="check_id",
)
def known_issues_name_a_check(known_issues: Table) -> Hits:
    """A known issue names a check that exists."""
    return known_issues.frame.filter(~pl.col("check_id").is_in(list(CHECKS))).select("row", "check_id")
