"""What differs in the descriptors of two versions: schemas, keys, references, and all else as metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from hrdata.changes import Change, Key, Kind
from hrdata.diff.pairs import Pair
from hrdata.diff.sheets import Sheet, Target, Version, names_of, texts_of

_NO_CONTENT = ("name", "id", "version", "created", "resources")
"""Properties of a package that have changes of their own, or say nothing of the data."""
_NO_CONTENT_OF_A_TABLE = ("name", "path", "schema", "bytes", "hash")
_OWN_CHANGES = ("fields", "primaryKey", "uniqueKeys", "foreignKeys", "missingValues", "fieldsMatch")
_OWN_CHANGES_OF_A_FIELD = ("name", "type", "constraints", "categories", "missingValues")
_FORMATS = (
    "format", "trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber", "delimiter", "itemType",
    "categoriesOrdered", "hrdata:dateFormat",
)  # fmt: skip
"""What says how the text of a cell is read."""
_DEFAULTS: Mapping[str, Any] = {
    "type": "string", "format": "default", "decimalChar": ".", "bareNumber": True, "delimiter": ",",
    "itemType": "string", "categoriesOrdered": False, "required": False, "unique": False, "minLength": 0,
    "trueValues": ["true", "True", "TRUE", "1"], "falseValues": ["false", "False", "FALSE", "0"],
}  # fmt: skip
"""What the standard takes for said where nothing is: writing it down is no change."""
_LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength")
_UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength")
_LOOSER = {
    "exact": {"equal", "subset", "superset", "partial"},
    "equal": {"subset", "superset", "partial"},
    "subset": {"partial"},
    "superset": {"partial"},
}
"""The values of fieldsMatch that allow all that another one does, and more."""
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?")

Tell = Callable[..., Change]
"""Makes a change at a place, given its kind."""


def diff_packages_as_such(old: Version, new: Version) -> Iterator[Change]:
    """What differs in the properties of the packages as a whole."""
    for name in ("name", "id"):
        before, now = (side.descriptor.get(name) for side in (old, new))
        if not _is_same(before, now):
            # An id where there was none takes none away that others may have used.
            is_renamed = name == "name" or (before is not None and now is not None)
            kind = Kind.PACKAGE_RENAMED if is_renamed else Kind.METADATA_CHANGED
            yield Change(kind, name=name, old=before, new=now)
    yield from _metadata(Change, old.descriptor, new.descriptor, _NO_CONTENT)


def diff_schemas(pair: Pair, pairs: Sequence[Pair]) -> Iterator[Change]:
    """What differs in a table but for its rows; `pairs` are all tables that both versions have."""
    tell = partial(Change, table=pair.new.name)
    old, new = pair.old, pair.new
    if old.name != new.name:
        yield tell(Kind.TABLE_RENAMED, old=old.name, new=new.name)
    if old.raw.file != new.raw.file:
        yield tell(Kind.FILE_MOVED, old=old.raw.file, new=new.raw.file)
    yield from _columns(tell, pair)
    if set(old.missing()) != set(new.missing()):
        yield tell(Kind.MISSING_VALUES_CHANGED, old=old.missing(), new=new.missing())
    yield from _labels_of_missing(tell, old.schema, new.schema)
    for name, before in pair.columns.items():
        of_column = partial(tell, column=name)
        yield from _field(of_column, old.fields.get(before, {}), new.fields.get(name, {}))
    yield from _fields_without_a_column(tell, pair)
    yield from _keys(tell, pair)
    yield from _references(tell, pair, pairs)
    yield from _constraints(tell, *({"fieldsMatch": _match_of(sheet.schema)} for sheet in (old, new)))
    yield from _what_is_not_read(tell, _not_read(old), _not_read(new))
    yield from _metadata(tell, old.resource, new.resource, _NO_CONTENT_OF_A_TABLE)
    yield from _metadata(tell, old.schema, new.schema, _OWN_CHANGES, "schema")


def _columns(tell: Tell, pair: Pair) -> Iterator[Change]:
    for name in pair.old.header:
        if name not in pair.columns.values():
            yield tell(Kind.COLUMN_REMOVED, column=name)
    for name in pair.new.header:
        if name not in pair.columns:
            yield tell(Kind.COLUMN_ADDED, column=name)
    for name, before in pair.renamed.items():
        yield tell(Kind.COLUMN_RENAMED, column=name, old=before, new=name)
    yield from _order_of_columns(tell, pair)


def _order_of_columns(tell: Tell, pair: Pair) -> Iterator[Change]:
    """That columns stand in another order, in the file or else in the schema only."""
    orders = (
        ("columns", pair.old.header, pair.new.header),
        ("fields of the schema", pair.old.fields, pair.new.fields),
    )
    for name, olds, news in orders:
        both = {now: before for now, before in pair.columns.items() if now in news and before in olds}
        order = [before for before in olds if before in both.values()]
        order_now = [now for now in news if now in both]
        if order != [both[now] for now in order_now]:
            yield tell(Kind.COLUMNS_REORDERED, name=name, old=order, new=order_now)
            return


# Columns


def _field(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    types = _given(old, "type"), _given(new, "type")
    if not _is_same(*types):
        yield tell(Kind.TYPE_CHANGED, old=types[0], new=types[1])
    for name in _FORMATS:
        formats = _given(old, name), _given(new, name)
        if not _is_same(*formats):
            yield tell(Kind.FORMAT_CHANGED, name=name, old=formats[0], new=formats[1])
    missing, missing_now = (side.get("missingValues") for side in (old, new))
    if _texts_of(missing) != _texts_of(missing_now):
        yield tell(Kind.MISSING_VALUES_CHANGED, old=missing, new=missing_now)
    yield from _labels_of_missing(tell, old, new)
    yield from _constraints(tell, _constraints_of(old), _constraints_of(new))
    yield from _vocabulary(tell, old, new)
    yield from _what_is_not_read(tell, _not_read_of(old), _not_read_of(new))
    yield from _metadata(tell, old, new, (*_OWN_CHANGES_OF_A_FIELD, *_FORMATS))


def _texts_of(missing: object) -> set[str] | None:
    return {*texts_of(missing)} if isinstance(missing, list) else None


def _labels_of_missing(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """What differs in what is said of the texts that stand for no value."""
    labels, labels_now = (_labels(side.get("missingValues")) for side in (old, new))
    for text in labels:
        if text in labels_now:
            yield from _metadata(tell, labels[text], labels_now[text], ("value",), f"missingValues.{text}")


def _given(side: Mapping[str, Any], name: str) -> Any:
    """What is said, or what the standard takes for said."""
    return _DEFAULTS.get(name) if side.get(name) is None else side[name]


def _match_of(schema: Mapping[str, Any]) -> Any:
    """How a schema and a file have to fit; the profile of the standard takes a list of one for the same."""
    given = schema.get("fieldsMatch")
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    return "exact" if given is None else given


def _constraints_of(field: Mapping[str, Any]) -> Mapping[str, Any]:
    constraints = field.get("constraints")
    return constraints if isinstance(constraints, Mapping) else {}


def _constraints(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name == "enum" and all(isinstance(side.get(name, []), list) for side in (old, new)):
            continue
        before, now = _limit(old, name), _limit(new, name)
        if not _is_same(before, now) and (kind := _direction(name, before, now)):
            yield tell(kind, name=name, old=before, new=now)


def _limit(side: Mapping[str, Any], name: str) -> Any:
    """A constraint; None where it is as if there were none."""
    given = side.get(name)
    return None if _is_same(given, _DEFAULTS.get(name)) else given


def _direction(name: str, old: Any, new: Any) -> Kind | None:
    """Whether a constraint allows less or more than it did, if that can be told; None if neither."""
    if old is None or new is None:
        return Kind.CONSTRAINT_TIGHTENED if old is None else Kind.CONSTRAINT_LOOSENED
    if name == "fieldsMatch":
        is_tighter, is_looser = (str(a) in _LOOSER.get(str(b), ()) for a, b in ((old, new), (new, old)))
        if not is_tighter and not is_looser:
            return Kind.CONSTRAINT_CHANGED
    else:
        sizes = _sizes(old, new) if name in (*_LOWER_LIMITS, *_UPPER_LIMITS) else None
        if sizes is None:
            return Kind.CONSTRAINT_CHANGED
        if sizes[0] == sizes[1]:
            return None
        is_tighter = (sizes[1] > sizes[0]) == (name in _LOWER_LIMITS)
    return Kind.CONSTRAINT_TIGHTENED if is_tighter else Kind.CONSTRAINT_LOOSENED


def _sizes(old: Any, new: Any) -> tuple[Any, Any] | None:
    """Two limits as what can be compared: numbers, or times that are written alike."""
    numbers = _number(old), _number(new)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers
    times = [limit for limit in (old, new) if isinstance(limit, str) and _TIME.fullmatch(limit)]
    return (old, new) if len(times) == 2 and len(old) == len(new) else None


def _number(limit: Any) -> Decimal | None:
    if isinstance(limit, bool) or not isinstance(limit, int | float | str):
        return None
    try:
        number = Decimal(str(limit))
    except InvalidOperation:  # a day, for example
        return None
    return number if number.is_finite() else None


def _vocabulary(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    (kind, words), (kind_now, words_now) = _words(old), _words(new)
    if words is None or words_now is None:
        if words is not None:
            yield tell(Kind.CONSTRAINT_LOOSENED, name=kind, old=words)
        elif words_now is not None:
            yield tell(Kind.CONSTRAINT_TIGHTENED, name=kind_now, new=words_now)
    else:
        yield from (tell(Kind.WORD_REMOVED, old=word) for word in words if not _holds(words_now, word))
        yield from (tell(Kind.WORD_ADDED, new=word) for word in words_now if not _holds(words, word))
        order = [word for word in words if _holds(words_now, word)]
        if order != [word for word in words_now if _holds(words, word)]:
            yield tell(Kind.METADATA_CHANGED, name=f"order of {kind_now}", old=words, new=words_now)
    labels, labels_now = (_labels(side.get("categories")) for side in (old, new))
    for word in labels.keys() & labels_now.keys():
        yield from _metadata(tell, labels[word], labels_now[word], ("value",), f"categories.{word}")
    # Of two lists of categories, the words that came or went are told above.
    told = words is not None and words_now is not None and kind == kind_now == "categories"
    is_told = told or words is None or words_now is None
    if not is_told and labels.keys() != labels_now.keys():
        lists = [side.get("categories") or None for side in (old, new)]
        yield tell(Kind.METADATA_CHANGED, name="categories", old=lists[0], new=lists[1])


def _words(field: Mapping[str, Any]) -> tuple[str, list[Any] | None]:
    """The closed list of values of a column, if it has one, and where it stands."""
    listed = _constraints_of(field).get("enum")
    if isinstance(listed, list):
        return "enum", listed
    categories = field.get("categories")
    if isinstance(categories, list):
        return "categories", [item.get("value") if isinstance(item, Mapping) else item for item in categories]
    return "", None


def _labels(listed: object) -> dict[str, Mapping[str, Any]]:
    """What is said of the values in a list such as categories, by the JSON of each value."""
    items = [item if isinstance(item, Mapping) else {"value": item} for item in _as_list(listed)]
    return {_as_word(item.get("value")): item for item in items}


def _as_word(value: object) -> str:
    """A value as it is named: a text as it is, all else as JSON, so that 1 is not "1"."""
    return value if isinstance(value, str) else json.dumps(value)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


# What has not the form that the code for it reads: told as a whole, as it may mean anything


def _what_is_not_read(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in old:
        if not _is_same(old[name], new[name]):
            yield tell(Kind.CONSTRAINT_CHANGED, name=name, old=old[name], new=new[name])


def _not_read(sheet: Sheet) -> dict[str, Any]:
    """What of a schema is not read."""
    given, schema = sheet.resource.get("schema"), sheet.schema
    read = list(sheet.fields.values())
    key = schema.get("primaryKey")
    return {
        "schema": None if isinstance(given, Mapping) else given,
        "fields": _rest(schema.get("fields"), lambda field: any(field is one for one in read)),
        "primaryKey": None if _names_columns(key) else key,
        "uniqueKeys": _rest(schema.get("uniqueKeys"), _names_columns),
        "foreignKeys": _rest(schema.get("foreignKeys"), _is_reference),
        "missingValues": _rest(schema.get("missingValues"), _is_missing_value),
    }


def _not_read_of(field: Mapping[str, Any]) -> dict[str, Any]:
    """What of a field is not read."""
    constraints = field.get("constraints")
    return {
        "constraints": None if isinstance(constraints, Mapping) else constraints,
        "categories": _rest(field.get("categories"), lambda _: True),
        "missingValues": _rest(field.get("missingValues"), _is_missing_value),
    }


def _rest(value: Any, is_read: Callable[[Any], bool]) -> Any:
    """The items of a list that are not read, or what stands where a list should."""
    return [item for item in value if not is_read(item)] or None if isinstance(value, list) else value


def _names_columns(value: object) -> bool:
    is_list = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return value is None or isinstance(value, str) or is_list


def _is_reference(item: object) -> bool:
    match item:
        case {"fields": fields, "reference": Mapping() as reference, **more}:
            known = not more and reference.keys() <= {"resource", "fields"}
            names = [fields, reference.get("fields")]
            table = reference.get("resource")
            return known and all(map(_names_columns, names)) and (table is None or isinstance(table, str))
    return False


def _is_missing_value(item: object) -> bool:
    return isinstance(item, str) or (isinstance(item, Mapping) and isinstance(item.get("value"), str))


def _fields_without_a_column(tell: Tell, pair: Pair) -> Iterator[Change]:
    """What differs in fields of the schema that the file does not have: no reader of rows is concerned."""
    old = {name: field for name, field in pair.old.fields.items() if name not in pair.old.header}
    new = {name: field for name, field in pair.new.fields.items() if name not in pair.new.header}
    yield from _metadata(tell, old, new, (), "schema.fields")


# Keys and references


def _keys(tell: Tell, pair: Pair) -> Iterator[Change]:
    if _as_now(pair, pair.old.key) != [*pair.new.key]:
        yield tell(Kind.KEY_CHANGED, old=[*pair.old.key] or None, new=[*pair.new.key] or None)
    keys = {tuple(sorted(_as_now(pair, names))): names for names in _unique_keys(pair.old.schema)}
    keys_now = {tuple(sorted(names)): names for names in _unique_keys(pair.new.schema)}
    yield from (
        tell(Kind.UNIQUE_KEY_REMOVED, old=[*names]) for key, names in keys.items() if key not in keys_now
    )
    yield from (
        tell(Kind.UNIQUE_KEY_ADDED, new=[*names]) for key, names in keys_now.items() if key not in keys
    )


def _as_now(pair: Pair, names: Sequence[str]) -> list[str]:
    names_now = {before: name for name, before in pair.columns.items()}
    return [names_now.get(name, name) for name in names]


def _unique_keys(schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    listed = schema.get("uniqueKeys")
    return [names_of(names) for names in listed] if isinstance(listed, list) else []


def _references(tell: Tell, pair: Pair, pairs: Sequence[Pair]) -> Iterator[Change]:
    """References, matched by the columns that refer."""
    known = {one.old.name: one for one in pairs}

    def as_now(target: Target) -> Target:
        referred = known.get(target[0])
        return (referred.new.name, tuple(_as_now(referred, target[1]))) if referred else target

    old = {
        tuple(_as_now(pair, names)): {as_now(target): foreign for target, foreign in targets.items()}
        for names, targets in _references_of(pair.old).items()
    }
    new = _references_of(pair.new)
    for columns in dict.fromkeys([*old, *new]):
        before, now = old.get(columns, {}), new.get(columns, {})
        gone = [foreign for target, foreign in before.items() if target not in now]
        come = [foreign for target, foreign in now.items() if target not in before]
        of_columns = partial(tell, name=", ".join(columns))
        changed = min(len(gone), len(come))
        for foreign, foreign_now in zip(gone[:changed], come[:changed], strict=True):
            yield of_columns(Kind.REFERENCE_CHANGED, old=foreign, new=foreign_now)
        yield from (of_columns(Kind.REFERENCE_REMOVED, old=foreign) for foreign in gone[changed:])
        yield from (of_columns(Kind.REFERENCE_ADDED, new=foreign) for foreign in come[changed:])


def _references_of(sheet: Sheet) -> dict[Key, dict[Target, Mapping[str, Any]]]:
    """The foreign keys of a table by the columns that refer and by what they refer to."""
    found: dict[Key, dict[Target, Mapping[str, Any]]] = {}
    for columns, target, foreign in sheet.references:
        found.setdefault(columns, {})[target] = foreign
    return found


# Metadata


def _metadata(
    tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any], without: Sequence[str], path: str = ""
) -> Iterator[Change]:
    """What differs in the properties of an object, down to the smallest that does."""
    for name in dict.fromkeys([*old, *new]):
        if name not in without:
            yield from _values(tell, f"{path}.{name}" if path else name, old.get(name), new.get(name))


def _values(tell: Tell, path: str, old: Any, new: Any) -> Iterator[Change]:
    if _is_same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _metadata(tell, old, new, (), path)
    elif _lists_objects(old) and _lists_objects(new):
        yield from _items(tell, path, old, new)
    else:
        yield tell(Kind.METADATA_CHANGED, name=path, old=old, new=new)


def _lists_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _items(tell: Tell, path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """What differs in a list of objects, such as sources: item by item if as many, else which come and go."""
    if len(old) == len(new):
        for place, items in enumerate(zip(old, new, strict=True)):
            yield from _values(tell, f"{path}[{place}]", *items)
        return
    gone = [item for item in old if not _holds(new, item)]
    come = [item for item in new if not _holds(old, item)]
    yield from (tell(Kind.METADATA_CHANGED, name=path, old=item) for item in gone)
    yield from (tell(Kind.METADATA_CHANGED, name=path, new=item) for item in come)
    if not gone and not come:
        yield tell(Kind.METADATA_CHANGED, name=path, old=old, new=new)


def _is_same(old: Any, new: Any) -> bool:
    """Whether two values of a descriptor are the same; true is not 1."""
    match old, new:
        case Mapping(), Mapping():
            return old.keys() == new.keys() and all(_is_same(old[name], new[name]) for name in old)
        case list(), list():
            return len(old) == len(new) and all(map(_is_same, old, new))
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _holds(items: Sequence[Any], wanted: Any) -> bool:
    return any(_is_same(item, wanted) for item in items)
