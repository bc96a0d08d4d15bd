"""Models to Frictionless Table Schemas and the descriptor; says when a committed file is stale.

Everything is derived from the models, in the terms of the Data Package standard 2.0
(https://datapackage.org/standard/data-package/). Of the descriptor, what describes the package
as a whole (title, version, licences, contributors) is kept as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault
from hrdata.package import Package, read_package
from hrdata.parse import Field, fields_of, metadata_of
from hrdata.places import DESCRIPTOR
from hrdata.row import Row, Vocabulary

PROFILES = "https://datapackage.org/profiles/2.0"

_DERIVED = ("$schema", "sources", "resources")
"""Properties of the descriptor that are written anew at each export."""

_UNUSABLE = ("PKG101", "PKG102", "PKG103", "PKG104", "PKG105", "PKG109")
"""Faults of a descriptor that leave open what to keep of it."""


def table_schema(model: type[Row]) -> dict[str, Any]:
    """The Frictionless Table Schema of a model, as it stands within a descriptor.

    >>> from hrdata import Ballot
    >>> table_schema(Ballot)["primaryKey"]
    ['vote_id', 'state_id']
    """
    schema: dict[str, Any] = {
        "fields": [_field_descriptor(field) for field in fields_of(model)],
        "missingValues": [""],
        "primaryKey": list(model.KEY),
    }
    if foreign := list(_foreign_keys(model)):
        schema["foreignKeys"] = foreign
    return schema


def _field_descriptor(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": field.name,
        "type": field.form.type,
        "title": field.name.replace("_", " ").capitalize(),
        "description": field.info.description,
        "example": (field.info.examples or [None])[0],
    }
    if field.form.type == "boolean":
        described |= {"trueValues": ["true"], "falseValues": ["false"]}
    if constraints := _constraints(field):
        described["constraints"] = constraints
    if field.words is not None and issubclass(field.words, Vocabulary):
        described["categories"] = [{"value": str(word), "label": word.meaning} for word in field.words]
    if field.is_date:
        described["hrdata:dateFormat"] = "edtf-level-1"
    return described


def _constraints(field: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if field.required else {}
    if field.form.pattern:
        constraints["pattern"] = field.form.pattern
    if field.words is not None:
        constraints["enum"] = [str(word) for word in field.words]
    return constraints | _limits(field)


def _limits(field: Field) -> dict[str, Any]:
    """The limits of a field; where a type and its field both set one, the tighter."""
    limits: dict[str, Any] = {}
    for item in _flat(metadata_of(field.info)):
        match item:
            case Ge(ge=limit):
                limits["minimum"] = max(limit, limits.get("minimum", limit))
            case Le(le=limit):
                limits["maximum"] = min(limit, limits.get("maximum", limit))
            case MinLen(min_length=limit):
                limits["minLength"] = max(limit, limits.get("minLength", limit))
            case MaxLen(max_length=limit):
                limits["maxLength"] = min(limit, limits.get("maxLength", limit))
    return limits


def _flat(metadata: Iterator[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


def _foreign_keys(model: type[Row]) -> Iterator[dict[str, Any]]:
    for field in fields_of(model):
        if field.refers_to is None:
            continue
        target = {"fields": list(MODELS[field.refers_to].KEY)}
        if field.refers_to != model.TABLE:
            target = {"resource": field.refers_to, **target}  # type: ignore[dict-item]
        yield {"fields": [field.name], "reference": target}


def resource(model: type[Row], path: str) -> dict[str, Any]:
    """The descriptor of a table as a resource of a package."""
    return {
        "name": model.TABLE,
        "type": "table",
        "path": path,
        "title": model.TABLE.replace("_", " ").capitalize(),
        "description": (model.__doc__ or "").strip(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\n"},
        "schema": table_schema(model),
    }


def standalone_schema(model: type[Row]) -> dict[str, Any]:
    """The Table Schema of a model as a file of its own, which says what standard it follows."""
    return {"$schema": f"{PROFILES}/tableschema.json", **table_schema(model)}


def package_descriptor(
    described: Mapping[str, Any],
    sources: pl.DataFrame | None,
    tables: Iterable[tuple[type[Row], str]],
    others: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The descriptor of a package: what describes it as a whole, its sources and its resources.

    `sources` has the rows of that table as text. `tables` are those of ours, each with its path;
    `others` are resources that stay as they are.
    """
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        **described,
        "sources": [] if sources is None else list(_sources(sources)),
        "resources": [*(resource(model, path) for model, path in tables), *others],
    }


def export(folder: Path, schemas: Path | None) -> list[Path]:
    """Write the descriptor of the package in `folder` and a schema of each of its tables.

    Returns the files that changed. Schemas are of tables that hrdata defines and the package has.
    """
    stale = [(path, text) for path, text in _wanted(folder, schemas) if _is_stale(path, text)]
    for path, text in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path for path, _ in stale]


def stale_files(folder: Path, schemas: Path | None) -> list[Path]:
    """The schemas and the descriptor that are not as the models would have them.

    In which order a descriptor says what it says of the package, and with which spaces, is up to its writer.
    """
    return [path for path, text in _wanted(folder, schemas) if _is_stale(path, text)]


def _is_stale(path: Path, text: str) -> bool:
    if not path.is_file() or (data := path.read_bytes()) == text.encode():
        return not path.is_file()
    return path.name != DESCRIPTOR or _canonical(data) != _canonical(text)


def _canonical(text: str | bytes) -> str:
    """JSON without what says nothing; a text of it that can be compared."""
    return json.dumps(json.loads(text))


def _wanted(folder: Path, schemas: Path | None) -> Iterator[tuple[Path, str]]:
    package = _usable_package(folder)
    tables = list(_tables(folder, package))
    kept = {name: value for name, value in package.descriptor.items() if name not in _DERIVED}
    others = [item for name, item in package.resources.items() if name not in MODELS]
    sources = package.tables["sources"].frame if "sources" in package.tables else None
    wanted = package_descriptor(kept, sources, tables, others)
    if wanted.keys() == package.descriptor.keys():
        wanted = {name: wanted[name] for name in package.descriptor}
    yield folder / DESCRIPTOR, as_json(wanted)
    if schemas is not None:
        for model, _ in tables:
            yield schemas / f"{model.TABLE}.json", as_json(standalone_schema(model))


def _usable_package(folder: Path) -> Package:
    package = read_package(folder)
    unusable = _UNUSABLE if package.descriptor.get("resources") else _UNUSABLE[:4]
    if faults := [finding for finding in package.findings if finding.check in unusable]:
        raise EnvironmentFault(f"{folder / DESCRIPTOR}: {faults[0].message}; mend the descriptor first")
    return package


def _tables(folder: Path, package: Package) -> Iterator[tuple[type[Row], str]]:
    """The tables that the descriptor lists, with their paths, and those that merely lie in data/."""
    for name, model in MODELS.items():
        if name in package.resources:
            yield model, package.resources[name]["path"]
        elif (folder / f"data/{name}.csv").is_file():
            yield model, f"data/{name}.csv"


def _sources(rows: pl.DataFrame) -> Iterator[dict[str, str]]:
    for row in rows.iter_rows(named=True):
        named = {"title": row.get("title", ""), "path": row.get("url", ""), "version": row.get("issued", "")}
        yield {name: value for name, value in named.items() if value}


def as_json(value: Any) -> str:
    """JSON as hrdata writes it: two spaces, the order as given, a line feed at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
