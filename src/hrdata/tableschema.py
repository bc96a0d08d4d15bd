"""Table Schemas to layouts: tables of one's own, judged by the engine that judges ours.

A resource that is none of our tables is described by a Frictionless Table Schema in the descriptor
(https://datapackage.org/standard/table-schema/). Its types, constraints, keys and references are
followed; what hrdata does not judge is said, never passed over.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, SchemaError

from hrdata.check import Finding, Severity, declare
from hrdata.dates import date_bounds
from hrdata.fields import EDTF_ADVICE, Form
from hrdata.parse import Field, ForeignKey, Layout

schema_can_be_followed = declare(
    "PKG114",
    "schema_can_be_followed",
    "The Table Schema of a table of one's own can be followed.",
    message="the schema of the resource {name} {observed}",
    hint="Mend the schema in {file}; datapackage.org/standard/table-schema says what it may hold.",
    example="A primary key that names a column that is not there.",
)
types_are_judged = declare(
    "PKG115",
    "types_are_judged",
    "Every column of a table of one's own has a type and format that hrdata judges.",
    message="hrdata does not judge the {kind} of {field} in the resource {name}; its cells are taken as text",
    hint="Check {field} by other means, or give it one of the types {types} in {file}.",
    example="A column of the type geojson.",
    severity=Severity.WARNING,
)

ROW = "row"
"""The index of a row, which tables have beside their columns."""

Described = Mapping[str, Any]
"""A field as the schema describes it."""

Reader = Callable[[str], Any]
"""Reads the text of a cell. Raises `ValueError`, whose text completes "'X' ..."."""


class UnusableSchemaError(ValueError):
    """The schema cannot be followed; the message completes "the schema ..."."""


def read_layout(name: str, schema: object, file: str) -> tuple[Layout | None, list[Finding]]:
    """The layout of a table by its Table Schema, None if that cannot be followed, and what is wrong.

    >>> fields = [{"name": "place", "type": "string"}, {"name": "seats", "type": "integer"}]
    >>> layout, findings = read_layout("rooms", {"fields": fields}, "datapackage.json")
    >>> [field.name for field in layout.fields], findings
    (['place', 'seats'], [])
    """
    try:
        layout = _layout(name, schema)
    except UnusableSchemaError as fault:
        words = {"file": file, "name": name, "observed": str(fault)}
        return None, [schema_can_be_followed.finding(**words)]  # type: ignore[arg-type]
    assert isinstance(schema, Mapping)
    unjudged = [(described, kind) for described in schema["fields"] if (kind := _unjudged(described))]
    return layout, [
        types_are_judged.finding(
            file=file, name=name, field=described["name"], kind=kind, types=", ".join(_READERS)
        )
        for described, kind in unjudged
    ]


def _layout(name: str, schema: object) -> Layout:
    if not isinstance(schema, Mapping) or not isinstance(schema.get("fields"), list) or not schema["fields"]:
        raise UnusableSchemaError("has no list of fields")
    described: list[Any] = schema["fields"]
    for number, field in enumerate(described, start=1):
        name_given = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name_given, str) or not name_given:
            raise UnusableSchemaError(f"has no name for field {number}")
        _refuse_unknown(field)
    names = [field["name"] for field in described]
    if again := next((one for one in names if names.count(one) > 1), None):
        raise UnusableSchemaError(f"has two fields named {again}")
    if ROW in names:
        raise UnusableSchemaError(f"has a field named {ROW}, a name that hrdata needs for itself")
    key = _columns(schema.get("primaryKey", []), names, "primary key")
    missing = _texts(schema.get("missingValues", [""]))
    fields = tuple(_field(field, required=field["name"] in key) for field in described)
    unique: list[tuple[str, ...]]
    unique = [(field["name"],) for field in described if _constraints(field).get("unique") is True]
    unique += [_columns(one, names, "unique key") for one in _listed(schema, "uniqueKeys")]
    return Layout(
        table=name,
        fields=fields,
        key=key,
        references=tuple(_references(schema, names)),
        unique=tuple(one for one in unique if one != key),
        missing={field["name"]: _texts(field.get("missingValues", sorted(missing))) for field in described},
        match=str(schema.get("fieldsMatch", "exact")),
    )


def _refuse_unknown(described: Described) -> None:
    """Refuse a type or a constraint that no Table Schema has: a slip of the pen would go unseen."""
    name, kind = described["name"], described.get("type", "string")
    for word, form in _WRITTEN_AS.items():
        if word in described and not isinstance(described[word], form):
            raise UnusableSchemaError(f"has a {word} of {name} of the wrong kind")
    if kind not in {*_READERS, *_NOT_READ}:
        raise UnusableSchemaError(f"has the type {kind} of {name}, which is no type of a Table Schema")
    for constraint, value in _constraints(described).items():
        if constraint not in _CONSTRAINTS:
            raise UnusableSchemaError(f"has the constraint {constraint} of {name}, which no Table Schema has")
        if not isinstance(value, _CONSTRAINTS[constraint]):
            raise UnusableSchemaError(f"has a constraint {constraint} of {name} of the wrong kind")


def _columns(named: object, names: list[str], what: str) -> tuple[str, ...]:
    """Names of columns, given as one or as a list."""
    columns = [named] if isinstance(named, str) else named
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise UnusableSchemaError(f"has a {what} that is not a list of column names")
    if lost := next((column for column in columns if column not in names), None):
        raise UnusableSchemaError(f"has a {what} of {lost}, but no such field")
    return tuple(columns)


def _listed(schema: Described, name: str) -> list[Any]:
    listed = schema.get(name, [])
    if not isinstance(listed, list):
        raise UnusableSchemaError(f"has {name} that is not a list")
    return listed


def _references(schema: Described, names: list[str]) -> Iterator[ForeignKey]:
    for foreign in _listed(schema, "foreignKeys"):
        reference = foreign.get("reference") if isinstance(foreign, Mapping) else None
        if not isinstance(reference, Mapping) or not isinstance(reference.get("resource", ""), str):
            raise UnusableSchemaError("has a foreign key without a reference")
        columns = _columns(foreign.get("fields"), names, "foreign key")
        target = reference.get("fields")
        target = tuple([target] if isinstance(target, str) else target or ())
        if not columns or len(target) != len(columns) or not all(isinstance(one, str) for one in target):
            raise UnusableSchemaError("has a foreign key that does not refer to as many fields as it has")
        yield ForeignKey(columns, reference.get("resource", ""), target)


def lost_references(
    layout: Layout, layouts: Mapping[str, Layout], resources: Collection[str]
) -> Iterator[str]:
    """What the references of a table name that is not there, each as the end of a sentence."""
    for foreign in layout.references:
        name = foreign.table or layout.table
        if name not in resources:
            yield f"refers to the resource {name}, which is not there"
        elif name in layouts:
            fields = {field.name for field in layouts[name].fields}
            for column in foreign.target:
                if column not in fields:
                    yield f"refers to {column} of {name}, which has no such column"


def _texts(values: object) -> frozenset[str]:
    """Missing values: texts, or objects that hold one."""
    if not isinstance(values, list):
        raise UnusableSchemaError("has missingValues that are not a list")
    return frozenset(str(one.get("value", "")) if isinstance(one, Mapping) else str(one) for one in values)


def _constraints(described: Described) -> Described:
    constraints = described.get("constraints", {})
    if not isinstance(constraints, Mapping):
        raise UnusableSchemaError(f"has constraints of {described['name']} that are not an object")
    return constraints


def _field(described: Described, *, required: bool) -> Field:
    name, constraints = described["name"], _constraints(described)
    kind = _KINDS.get(described.get("type", "string"), "date" if _is_edtf(described) else "identifier")
    annotation = Annotated[
        str,
        StringConstraints(
            min_length=_limit(described, "minLength"),
            max_length=_limit(described, "maxLength"),
            pattern=_pattern(constraints.get("pattern")),
        ),
        AfterValidator(_judge(described, kind)),
    ]
    words = constraints.get("enum") or [_word(one) for one in described.get("categories") or []]
    field = Field(
        name=name,
        info=FieldInfo.from_annotation(annotation),
        required=required or constraints.get("required") is True,
        form=Form("date" if _is_edtf(described) else "text", advice=_advice(described)),
        words=_vocabulary(name, words) if words else None,
        refers_to=None,
    )
    try:
        field.judge.validate_python([])
    except (SchemaError, PydanticUserError):
        raise UnusableSchemaError(f"has a pattern of {name} that is no regular expression") from None
    return field


def _advice(described: Described) -> str:
    """How to write a number, a truth value or a date of a field, as the end of a hint."""
    kind, form = described.get("type", "string"), described.get("format", "default")
    advice = {
        "string": EDTF_ADVICE if _is_edtf(described) else "",
        "integer": "digits only, such as 1000",
        "number": f"digits, such as 1000 or 12{described.get('decimalChar', '.')}5",
        "boolean": " or ".join(texts[0] for texts in _truth_values(described) if texts),
    }
    return advice.get(kind, f"like {_EXAMPLES.get(kind, form) if form == 'default' else form}")


def _vocabulary(name: str, words: list[object]) -> type[StrEnum]:
    members = {f"word_{number}": str(word) for number, word in enumerate(words)}
    return StrEnum(name, members)  # type: ignore[return-value]


def _word(category: object) -> object:
    return category.get("value", "") if isinstance(category, Mapping) else category


def _limit(described: Described, name: str) -> int | None:
    limit = _constraints(described).get(name)
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise UnusableSchemaError(f"has a {name} of {described['name']} that is no count")
    return limit


def _pattern(pattern: object) -> str | None:
    # It stands for the whole text; the engine of pydantic takes linear time whatever the pattern.
    return rf"\A(?:{pattern})\z" if isinstance(pattern, str) else None


def _judge(described: Described, kind: str) -> Callable[[str], str]:
    """What judges the text of a cell, beyond its length and its pattern."""
    read = reader_of(described) or str
    limits = list(_limits(described, read))
    words = _constraints(described).get("enum")
    allowed = {read(str(word)) for word in words} if words else None

    def judge(text: str) -> str:
        try:
            value = read(text)
        except ValueError as reason:
            raise PydanticCustomError(kind, "{reason}", {"reason": str(reason)}) from None
        for obeys, complaint in limits:
            if not obeys(value):
                raise PydanticCustomError("limit", "{reason}", {"reason": complaint})
        if allowed is not None and value not in allowed:
            raise PydanticCustomError("enum", "is none of the words")
        return text

    return judge


def _limits(described: Described, read: Reader) -> Iterator[tuple[Callable[[Any], bool], str]]:
    rules: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
        "minimum": (lambda value, limit: value >= limit, "is smaller than"),
        "maximum": (lambda value, limit: value <= limit, "is larger than"),
        "exclusiveMinimum": (lambda value, limit: value > limit, "is not larger than"),
        "exclusiveMaximum": (lambda value, limit: value < limit, "is not smaller than"),
    }
    for name, (obeys, words) in rules.items():
        stated = _constraints(described).get(name)
        if stated is None:
            continue
        try:
            limit = read(str(stated))
        except ValueError as reason:
            raise UnusableSchemaError(f"has a {name} of {described['name']} that {reason}") from None
        yield partial(_obeys, obeys, limit), f"{words} {stated}"


def _obeys(rule: Callable[[Any, Any], bool], limit: Any, value: Any) -> bool:
    try:
        return rule(value, limit)
    except (TypeError, InvalidOperation):  # a time with a zone and one without; NaN
        return False


def _unjudged(described: Described) -> str:
    """What of a field is not judged: its type or its format; or nothing."""
    if reader_of(described) is not None:
        return ""
    kind = described.get("type", "string")
    return f"format {described.get('format')}" if kind in _READERS else f"type {kind}"


def reader_of(described: Described) -> Reader | None:
    """What reads the text of a cell of a field, or None when it is kept as text."""
    make = _READERS.get(described.get("type", "string"))
    return make(described) if make else None


def _text_reader(described: Described) -> Reader | None:
    if _is_edtf(described):
        return _edtf
    readers: dict[str, Reader] = {
        "default": str,
        "email": _email,
        "uri": _uri,
        "uuid": _uuid,
        "binary": _binary,
    }
    return readers.get(described.get("format", "default"))


def _is_edtf(described: Described) -> bool:
    is_text = described.get("type", "string") == "string"
    return is_text and described.get("hrdata:dateFormat") == "edtf-level-1"


def _edtf(text: str) -> str:
    date_bounds(text)  # InvalidDate is a ValueError
    return text


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError("is not an email address such as name@example.org")
    return text


def _uri(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or not (parts.netloc or parts.path) or re.search(r"\s", text):
        raise ValueError("is not a URI such as https://example.org/page")
    return text


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError("is not a UUID") from None


def _binary(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("is not Base64") from None
    return text


def _bare(described: Described) -> Callable[[str], str]:
    """Takes out of a number what its field allows beside the digits."""
    group, is_bare = str(described.get("groupChar", "")), described.get("bareNumber", True)

    def bare(text: str) -> str:
        if is_bare is False:
            text = re.sub(r"\A[^0-9+-]+|[^0-9]+\Z", "", text)
        return text.replace(group, "") if group else text

    return bare


def _integer_reader(described: Described) -> Reader:
    bare = _bare(described)

    def read(text: str) -> int:
        if not re.fullmatch("[+-]?[0-9]{1,300}", digits := bare(text)):
            raise ValueError("is not a whole number")
        return int(digits)

    return read


_NUMBER = r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,4})?|NaN|-?INF"


def _number_reader(described: Described) -> Reader:
    bare, point = _bare(described), str(described.get("decimalChar", "."))

    def read(text: str) -> Decimal:
        digits = bare(text).replace(point, ".")
        try:
            if not re.fullmatch(_NUMBER, digits):
                raise ValueError
            return Decimal(digits)
        except (ValueError, InvalidOperation):
            raise ValueError("is not a number") from None

    return read


def _truth_values(described: Described) -> list[list[str]]:
    """The texts that stand for true, and those that stand for false."""
    usual = {"trueValues": ["true", "True", "TRUE", "1"], "falseValues": ["false", "False", "FALSE", "0"]}
    return [[str(one) for one in described.get(name, texts)] for name, texts in usual.items()]


def _boolean_reader(described: Described) -> Reader:
    true, false = _truth_values(described)

    def read(text: str) -> bool:
        if text not in true and text not in false:
            raise ValueError(f"is none of {', '.join(true + false)}")
        return text in true

    return read


def _clock_reader(kind: str, default: str, read: Reader) -> Callable[[Described], Reader | None]:
    """A reader of dates or times: of the form of ISO 8601, or of a pattern as strptime has it."""
    example = _EXAMPLES[kind]

    def make(described: Described) -> Reader | None:
        form = described.get("format", "default")
        if form == "any" or not isinstance(form, str):
            return None

        def read_clock(text: str) -> Any:
            is_written_so = form != "default" or re.fullmatch(default, text, re.ASCII)
            try:
                if is_written_so:
                    return read(text) if form == "default" else dt.datetime.strptime(text, form)
            except ValueError:
                if form == "default":
                    raise ValueError("is written as it should be, but does not exist") from None
            raise ValueError(f"is not written like {example if form == 'default' else form}")

        return read_clock

    return make


_DATE, _TIME = r"\d{4}-\d{2}-\d{2}", r"\d{2}:\d{2}:\d{2}([.]\d+)?(Z|[+-]\d{2}:\d{2})?"

_EXAMPLES = {
    "date": "2006-12-19",
    "datetime": "2006-12-19T15:00:00Z",
    "time": "15:00:00",
    "year": "2006",
    "yearmonth": "2006-12",
}
"""How dates and times are written by default."""

_READERS: dict[str, Callable[[Described], Reader | None]] = {
    "string": _text_reader,
    "integer": _integer_reader,
    "number": _number_reader,
    "boolean": _boolean_reader,
    "date": _clock_reader("date", _DATE, dt.date.fromisoformat),
    "datetime": _clock_reader("datetime", f"{_DATE}T{_TIME}", dt.datetime.fromisoformat),
    "time": _clock_reader("time", _TIME, dt.time.fromisoformat),
    "year": _clock_reader("year", r"-?\d{4}", int),
    "yearmonth": _clock_reader("yearmonth", r"\d{4}-(0[1-9]|1[0-2])", str),
    "any": lambda _: str,
}
"""How the cells of each type are read, for those that hrdata judges."""

_WRITTEN_AS: dict[str, type] = {
    **dict.fromkeys(("type", "format", "groupChar", "decimalChar"), str),
    **dict.fromkeys(("trueValues", "falseValues", "categories", "missingValues"), list),
}
"""What the properties of a field are written as."""

_NOT_READ = ("duration", "list", "array", "object", "geopoint", "geojson")
"""The types that hrdata does not judge."""

_CONSTRAINTS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("required", "unique"), bool),
    **dict.fromkeys(("minLength", "maxLength"), int),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), (int, float, str)),
    "pattern": str,
    "enum": list,
    "jsonSchema": dict,
}
"""The constraints of a Table Schema, and what each is written as."""

_KINDS = {
    "integer": "number",
    "number": "number",
    "boolean": "number",
    **dict.fromkeys(("date", "datetime", "time", "year", "yearmonth"), "date"),
}
"""The kind of fault that a cell of a type has; of texts it is that of their form."""
