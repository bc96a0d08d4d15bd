"""What differs in the descriptors of two versions: schemas, keys, references, and all else as metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from hrdata.changes import Change, Key, Kind
from hrdata.diff.pairs import Pair
from hrdata.diff.sheets import Version, names_of

_NO_CONTENT = ("name", "version", "created", "resources")
"""Properties of a package that have changes of their own, or say nothing of the data."""
_NO_CONTENT_OF_A_TABLE = ("name", "path", "schema", "bytes", "hash")
_OWN_CHANGES = ("fields", "primaryKey", "uniqueKeys", "foreignKeys", "missingValues", "fieldsMatch")
_OWN_CHANGES_OF_A_FIELD = ("name", "type", "constraints", "categories", "missingValues")
_FORMATS = (
    "format", "trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber", "delimiter", "itemType",
    "categoriesOrdered", "hrdata:dateFormat",
)  # fmt: skip
"""What says how the text of a cell is read."""
_LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength")
_UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength")

Tell = Callable[..., Change]
"""Makes a change at a place, given its kind."""


def diff_packages_as_such(old: Version, new: Version) -> Iterator[Change]:
    """What differs in the properties of the packages as a whole."""
    if old.side.name != new.side.name:
        yield Change(Kind.PACKAGE_RENAMED, old=old.side.name, new=new.side.name)
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
    for name, before in pair.columns.items():
        of_column = partial(tell, column=name)
        yield from _field(of_column, old.fields.get(before, {}), new.fields.get(name, {}))
    yield from _fields_without_a_column(tell, pair)
    yield from _keys(tell, pair)
    yield from _references(tell, pair, pairs)
    match, match_now = (sheet.schema.get("fieldsMatch") for sheet in (old, new))
    if not _is_same(match, match_now):
        yield tell(Kind.CONSTRAINT_CHANGED, name="fieldsMatch", old=match, new=match_now)
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
    names_now = {before: name for name, before in pair.columns.items()}
    order = [names_now[name] for name in pair.old.header if name in names_now]
    if order != (order_now := list(pair.columns)):
        yield tell(Kind.COLUMNS_REORDERED, old=order, new=order_now)


# Columns


def _field(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    types = old.get("type", "string"), new.get("type", "string")
    if types[0] != types[1]:
        yield tell(Kind.TYPE_CHANGED, old=types[0], new=types[1])
    for name in _FORMATS:
        usual = "default" if name == "format" else None
        formats = old.get(name, usual), new.get(name, usual)
        if not _is_same(*formats):
            yield tell(Kind.FORMAT_CHANGED, name=name, old=formats[0], new=formats[1])
    if not _is_same(missing := old.get("missingValues"), missing_now := new.get("missingValues")):
        yield tell(Kind.MISSING_VALUES_CHANGED, old=missing, new=missing_now)
    yield from _constraints(tell, _constraints_of(old), _constraints_of(new))
    yield from _vocabulary(tell, old, new)
    yield from _metadata(tell, old, new, (*_OWN_CHANGES_OF_A_FIELD, *_FORMATS))


def _constraints_of(field: Mapping[str, Any]) -> Mapping[str, Any]:
    constraints = field.get("constraints")
    return constraints if isinstance(constraints, Mapping) else {}


def _constraints(tell: Tell, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        before, now = (side.get(name) for side in (old, new))
        if name in ("required", "unique"):
            # Not given and false are the same.
            before, now = before or None, now or None
        if name != "enum" and not _is_same(before, now):
            yield tell(_direction(name, before, now), name=name, old=before, new=now)


def _direction(name: str, old: Any, new: Any) -> Kind:
    """Whether a constraint allows less or more than it did, if that can be told."""
    if old is None:
        return Kind.CONSTRAINT_TIGHTENED
    if new is None:
        return Kind.CONSTRAINT_LOOSENED
    sizes = _number(old), _number(new)
    if name not in (*_LOWER_LIMITS, *_UPPER_LIMITS) or sizes[0] is None or sizes[1] is None:
        return Kind.CONSTRAINT_CHANGED
    is_tighter = sizes[1] > sizes[0] if name in _LOWER_LIMITS else sizes[1] < sizes[0]
    return Kind.CONSTRAINT_TIGHTENED if is_tighter else Kind.CONSTRAINT_LOOSENED


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
    labels, labels_now = _labels(old), _labels(new)
    for word in labels:
        if word in labels_now:
            yield from _metadata(tell, labels[word], labels_now[word], ("value",), f"categories.{word}")
    lists = [list(one) for one in (labels, labels_now)]
    if kind == kind_now == "enum" and sorted(lists[0]) != sorted(lists[1]) and _is_same(words, words_now):
        yield tell(Kind.METADATA_CHANGED, name="categories", old=lists[0] or None, new=lists[1] or None)


def _words(field: Mapping[str, Any]) -> tuple[str, list[Any] | None]:
    """The closed list of values of a column, if it has one, and where it stands."""
    listed = _constraints_of(field).get("enum")
    if isinstance(listed, list):
        return "enum", listed
    categories = field.get("categories")
    if isinstance(categories, list):
        return "categories", [item.get("value") if isinstance(item, Mapping) else item for item in categories]
    return "", None


def _labels(field: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    categories = field.get("categories")
    listed = categories if isinstance(categories, list) else []
    items = [item if isinstance(item, Mapping) else {"value": item} for item in listed]
    return {str(item.get("value")): item for item in items}


def _fields_without_a_column(tell: Tell, pair: Pair) -> Iterator[Change]:
    """What differs in fields of the schema that the file does not have: no reader of rows is concerned."""
    old = {name: field for name, field in pair.old.fields.items() if name not in pair.old.header}
    new = {name: field for name, field in pair.new.fields.items() if name not in pair.new.header}
    yield from _metadata(tell, old, new, (), "schema.fields")


# Keys and references


def _keys(tell: Tell, pair: Pair) -> Iterator[Change]:
    key, key_now = _as_now(pair, pair.old.key), list(pair.new.key)
    if sorted(key) != sorted(key_now):
        yield tell(Kind.KEY_CHANGED, old=list(pair.old.key) or None, new=key_now or None)
    elif key != key_now:
        yield tell(Kind.METADATA_CHANGED, name="order of primaryKey", old=key, new=key_now)
    keys = [sorted(_as_now(pair, names)) for names in _unique_keys(pair.old.schema)]
    keys_now = [sorted(names) for names in _unique_keys(pair.new.schema)]
    yield from (tell(Kind.UNIQUE_KEY_REMOVED, old=names) for names in keys if names not in keys_now)
    yield from (tell(Kind.UNIQUE_KEY_ADDED, new=names) for names in keys_now if names not in keys)


def _as_now(pair: Pair, names: Sequence[str]) -> list[str]:
    names_now = {before: name for name, before in pair.columns.items()}
    return [names_now.get(name, name) for name in names]


def _unique_keys(schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    listed = schema.get("uniqueKeys")
    return [names_of(names) for names in listed] if isinstance(listed, list) else []


def _references(tell: Tell, pair: Pair, pairs: Sequence[Pair]) -> Iterator[Change]:
    """References, matched by the columns that refer."""
    known = {one.old.name: one for one in pairs}

    def as_now(table: str, columns: Key) -> tuple[str, Key]:
        target = known.get(table)
        return (target.new.name, tuple(_as_now(target, columns))) if target else (table, columns)

    old = {
        tuple(_as_now(pair, names)): [as_now(*target) for target in targets]
        for names, targets in _references_of(pair.old.schema, pair.old.name).items()
    }
    new = _references_of(pair.new.schema, pair.new.name)
    for columns in dict.fromkeys([*old, *new]):
        before, now = ([_target(target) for target in side.get(columns, [])] for side in (old, new))
        gone = [target for target in before if target not in now]
        come = [target for target in now if target not in before]
        of_columns = partial(tell, name=", ".join(columns))
        changed = min(len(gone), len(come))
        for target, target_now in zip(gone[:changed], come[:changed], strict=True):
            yield of_columns(Kind.REFERENCE_CHANGED, old=target, new=target_now)
        yield from (of_columns(Kind.REFERENCE_REMOVED, old=target) for target in gone[changed:])
        yield from (of_columns(Kind.REFERENCE_ADDED, new=target) for target in come[changed:])


def _target(target: tuple[str, Key]) -> str:
    table, columns = target
    return f"{table} ({', '.join(columns)})"


def _references_of(schema: Mapping[str, Any], table: str) -> dict[Key, list[tuple[str, Key]]]:
    """What the columns of each foreign key refer to: table and columns."""
    listed = schema.get("foreignKeys")
    found: dict[Key, list[tuple[str, Key]]] = {}
    for foreign in listed if isinstance(listed, list) else []:
        reference = foreign.get("reference") if isinstance(foreign, Mapping) else None
        if isinstance(reference, Mapping):
            target = (str(reference.get("resource") or table), names_of(reference.get("fields")))
            found.setdefault(names_of(foreign.get("fields")), []).append(target)
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
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _holds(items: Sequence[Any], wanted: Any) -> bool:
    return any(_is_same(item, wanted) for item in items)
