"""The codebook of a release: what each table, column and word means, and how far the data reach.

What is meant and ruled comes from the schemas of the descriptor, what is there from the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from hrdata.datasets import MODELS
from hrdata.fields import printable
from hrdata.report.markdown import code
from hrdata.report.terminal import counted
from hrdata.schema import table_schema
from hrdata.typed import bounds_of

_HEADS = ("Column", "Meaning", "Type", "Rule", "Filled", "Missing", "Distinct", "From", "To")
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}
_SIGNS = re.compile(r"[\\`*_\[\]<>|&~$#]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""The signs that mean something to Markdown within a line, and what makes a web address a link."""

_NOTES = """\
Tables are CSV files (UTF-8, an empty cell means not known), Parquet files and tables of one SQLite
database. Dates are as precise as the source (EDTF, ISO 8601-2 level 1); in Parquet and SQLite the columns
NAME\\_earliest and NAME\\_latest follow, with the first and the last day that the date can mean.
For each column: the rows in which it is filled and missing, how many distinct values it holds, and from
where to where they reach (days for dates)."""


def write_codebook(descriptor: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> str:
    """The codebook of a package in Markdown: `tables` are its typed tables by name.

    Nothing of the descriptor or the data is read as Markdown: each shows as the text that it is.
    """
    title, described = _text(descriptor, "title"), _text(descriptor, "description")
    parts = [
        f"# Codebook: {show_prose(title or _text(descriptor, 'name'))}",
        f"{show_code(_text(descriptor, 'name'))}, version {show_code(_text(descriptor, 'version'))}",
        *([show_prose(described)] if described else []),
        _NOTES,
    ]
    resources = {resource["name"]: resource for resource in descriptor["resources"]}
    lines = [
        (show_code(name), f"{frame.height:,}", show_prose(_text(resources[name], "description")))
        for name, frame in tables.items()
    ]
    parts.append(_table(("Table", "Rows", "A row is"), lines))
    for name, frame in tables.items():
        parts += _chapter(resources[name], frame)
    return "\n\n".join(parts) + "\n"


def show_prose(text: str) -> str:
    r"""A text as one line of Markdown that reads as the text.

    >>> print(show_prose("a *b* | c"))
    a \*b\* \| c
    """
    line = printable(" ".join(text.split()))
    line = _SIGNS.sub(lambda sign: f"\\{sign[0]}", line)
    # What starts a line may mean a list or a heading there.
    return re.sub(r"^(?=[-+=])|^([0-9]+)(?=[.)])", r"\1\\", line)


def show_code(text: str) -> str:
    """A text as code in a line or a table, in which no sign means anything; nothing for no text.

    >>> show_code("[a-z]+"), show_code("yes|no")
    ('`[a-z]+`', '<code>yes&#124;no</code>')
    """
    line = printable(text)
    # Readers of Markdown do not agree on a bar in the code of a table, least of all behind a backslash.
    is_plain = line and line == line.strip() and not {*line} & {*"|`"}
    return f"`{line}`" if is_plain else code(line, len(line))


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _chapter(resource: Mapping[str, Any], frame: pl.DataFrame) -> Iterator[str]:
    """One table: what it is, its columns, its vocabularies."""
    schema = _schema_of(resource)
    yield f"## {show_code(resource['name'])}"
    if described := _text(resource, "description"):
        yield show_prose(described)
    key = _names(schema.get("primaryKey"))
    about = f"{counted(frame.height, 'row')} in {show_code(resource['path'])}"
    yield about + (f"; a row is identified by {_codes(key)}" if key else "")
    references = _references(schema)
    fields = {field["name"]: field for field in schema.get("fields", [])}
    bounds = {part for name in fields for part in bounds_of(name)}
    names = [name for name in frame.columns if name in fields or name not in bounds]
    rows = [_column(fields.get(name, {}), frame, name, references.get(name, "")) for name in names]
    yield _table(_HEADS, rows)
    for name in names:
        if words := _words(fields.get(name, {})):
            yield f"Words of {show_code(name)}:"
            yield _table(("Word", "Meaning", "Rows"), list(_word_rows(words, frame[name])))


def _schema_of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Table Schema of a table: of ours by the model, else as the descriptor has it, if it does."""
    if model := MODELS.get(resource["name"]):
        return table_schema(model)
    return resource.get("schema") or {}


def _column(field: Mapping[str, Any], frame: pl.DataFrame, name: str, reference: str) -> tuple[str, ...]:
    column = frame[name]
    missing = column.null_count()
    return (
        show_code(name),
        show_prose(_text(field, "description") or _text(field, "title")),
        "date (EDTF)" if _is_edtf(field) else show_prose(_text(field, "type") or "string"),
        "; ".join([*_rules(field), *([reference] if reference else [])]),
        f"{len(column) - missing:,}",
        f"{missing:,}",
        f"{column.drop_nulls().n_unique():,}",
        *_reach(frame, name, is_edtf=_is_edtf(field) and bounds_of(name)[0] in frame.columns),
    )


def _is_edtf(field: Mapping[str, Any]) -> bool:
    return "hrdata:dateFormat" in field


def _rules(field: Mapping[str, Any]) -> Iterator[str]:
    """What a column asks for, in words."""
    constraints = field.get("constraints") or {}
    if constraints.get("required") is True:
        yield "required"
    if constraints.get("unique") is True:
        yield "unique"
    if _words(field):
        yield "one of the words below"
    # The pattern of dates is that of the standard, and longer than the rest of the line.
    if "pattern" in constraints and not _is_edtf(field):
        yield f"pattern {show_code(str(constraints['pattern']))}"
    for name, words in _LIMITS.items():
        if name in constraints:
            limit = constraints[name]
            yield words.format(f"{limit:,}" if isinstance(limit, int) else show_code(str(limit)))


def _reach(frame: pl.DataFrame, name: str, *, is_edtf: bool) -> tuple[str, str]:
    """The least and the greatest value of a column, of dates the first and the last day; of texts nothing."""
    ends = [frame[bound] for bound in bounds_of(name)] if is_edtf else [frame[name]] * 2
    if not ends[0].dtype.is_numeric() and ends[0].dtype != pl.Date:
        return "", ""
    return _shown(ends[0].min()), _shown(ends[1].max())


def _shown(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def _references(schema: Mapping[str, Any]) -> dict[str, str]:
    """What each column refers to, in words; of several columns together, at the last of them."""
    said: dict[str, list[str]] = {}
    for foreign in schema.get("foreignKeys", []):
        columns, target = _names(foreign["fields"]), foreign["reference"]
        table = target.get("resource") or "this table"
        together = f"{_codes(columns)} together: " if len(columns) > 1 else ""
        named = show_code(table) if target.get("resource") else table
        said.setdefault(columns[-1], []).append(
            f"{together}refers to {_codes(_names(target['fields']))} of {named}"
        )
    return {column: "; ".join(words) for column, words in said.items()}


def _words(field: Mapping[str, Any]) -> dict[str, str]:
    """The words of a vocabulary with their meanings, as far as they have any."""
    categories = field.get("categories") or []
    listed = (one if isinstance(one, Mapping) else {"value": one} for one in categories)
    words = {str(one.get("value", "")): _text(one, "label") for one in listed}
    allowed = (field.get("constraints") or {}).get("enum", [])
    return words | {str(word): "" for word in allowed if str(word) not in words}


def _word_rows(words: Mapping[str, str], column: pl.Series) -> Iterator[tuple[str, ...]]:
    """Each word with its meaning and the rows that have it."""
    counts = dict(column.cast(pl.String).value_counts().iter_rows())
    for word, meaning in words.items():
        yield show_code(word), show_prose(meaning), f"{counts.get(word, 0):,}"


def _names(given: object) -> list[str]:
    """The columns of a key, which a schema gives as one name or as a list."""
    return [given] if isinstance(given, str) else [str(name) for name in given or ()]  # type: ignore[attr-defined]


def _codes(names: list[str]) -> str:
    return ", ".join(map(show_code, names))


def _text(described: Mapping[str, Any], name: str) -> str:
    value = described.get(name)
    return value if isinstance(value, str) else ""
