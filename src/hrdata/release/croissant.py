"""What a release is to Croissant 1.0, and so to schema.org."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from hrdata.release.described import (
    Contributor,
    Metadata,
    Source,
    given,
    items_of,
    media_type,
    text_of,
    unique,
)

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the standard gives, whole: readers warn of any other."""

_TYPES = {
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "time": "sc:Time",
    "year": "sc:Integer",
}
_NOTATION = {
    "bareNumber": True,
    "decimalChar": ".",
    "falseValues": ["false"],
    "format": "default",
    "groupChar": "",
    "trueValues": ["true"],
}
"""How a Table Schema may have values written. Croissant cannot say so: what is written otherwise is text."""

Tables = Mapping[str, Mapping[str, Any]]


def describe_dataset(
    said: Metadata, version: str, descriptor: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    """The content of croissant.json: the dataset, its files, a record set for each table among them."""
    tables = dict(_tables(descriptor, files))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **_as_dataset(said, version),
        "distribution": [_file(path, files[path]) for path in sorted(files)],
        "recordSet": [_record_set(table, tables, files) for table in tables.values()],
    }


def _as_dataset(said: Metadata, version: str) -> dict[str, Any]:
    return given(
        {
            "name": said.title,
            "alternateName": said.name,
            "description": said.description,
            "version": version,
            "datePublished": said.created,
            "identifier": f"https://doi.org/{said.doi}" if said.doi else said.identifier,
            "url": said.homepage,
            "license": [license.url or license.title for license in said.licenses],
            "creator": unique(_agent(person) for person in said.creators),
            "publisher": unique(_agent(person) for person in filter(None, [said.publisher])),
            "keywords": list(said.keywords),
            "isBasedOn": unique(_work(source) for source in said.sources),
            "citeAs": _cited(said, version),
        }
    )


def _agent(person: Contributor) -> dict[str, Any]:
    """A person or an organisation; who is not said to be a person is taken for the latter."""
    kind = "sc:Person" if person.is_person else "sc:Organization"
    names = {"name": person.name, "givenName": person.given, "familyName": person.family}
    return given({"@type": kind, **names, "url": person.path})


def _work(source: Source) -> dict[str, Any]:
    named = {"name": source.title, "url": source.url, "version": source.version}
    return given({"@type": "sc:CreativeWork", **named})


def _cited(said: Metadata, version: str) -> str:
    """The release as a list of references has it."""
    names = "; ".join(person.sorted_name for person in said.creators)
    year = f"({said.created[:4]})" if said.created else ""
    parts = [f"{names} {year}".strip(), f"{said.title} (version {version}) [Data set]".strip()]
    parts += [said.publisher.name] if said.publisher else []
    parts += [f"https://doi.org/{said.doi}"] if said.doi else []
    return ". ".join(filter(None, parts))


# Tables


def _tables(
    descriptor: Mapping[str, Any], files: Mapping[str, bytes]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources that have a name, fields and a file of the release."""
    for item in items_of(descriptor, "resources"):
        if isinstance(item.get("name"), str) and item.get("path") in files and _fields(item):
            yield item["name"], item


def _schema(table: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = table.get("schema")
    return schema if isinstance(schema, Mapping) else {}


def _fields(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = items_of(_schema(table), "fields")
    return {field["name"]: field for field in listed if isinstance(field.get("name"), str)}


def _key(table: Mapping[str, Any]) -> list[str]:
    return [name for name in _columns(_schema(table).get("primaryKey")) if name in _fields(table)]


def _columns(named: object) -> list[str]:
    """Columns as a Table Schema names them: one, or a list."""
    listed = named if isinstance(named, list) else [named]
    return [name for name in listed if isinstance(name, str)]


def _best_file(table: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """The file that a reader takes the table from: Parquet if there is one, which keeps types.

    Readers of Croissant guess the types of CSV and take the code NA of Namibia for an empty cell.
    """
    typed = (path for path in sorted(files) if PurePosixPath(path).name == f"{table['name']}.parquet")
    return next(typed, table["path"])


def _references(table: Mapping[str, Any], tables: Tables) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Which column refers to which column of which table.

    Readers join the tables as they read. So only a reference to a whole key of one column counts: by
    any other column, a row would come back as often as it finds a partner.
    """
    for foreign in items_of(_schema(table), "foreignKeys"):
        reference = foreign.get("reference")
        columns = _columns(foreign.get("fields"))
        if not isinstance(reference, Mapping) or len(columns) != 1:
            continue
        target = tables.get(text_of(reference, "resource") or table["name"])
        key = _columns(reference.get("fields"))
        if target and len(key) == 1 and key == _key(target):
            yield columns[0], target, key[0]


def _record_set(table: Mapping[str, Any], tables: Tables, files: Mapping[str, bytes]) -> dict[str, Any]:
    name, path = table["name"], _best_file(table, files)
    referred = {
        column: _source(_best_file(target, files), key)
        for column, target, key in reversed([*_references(table, tables)])
    }
    return given(
        {
            "@type": "cr:RecordSet",
            "@id": _id(name),
            "name": name,
            "description": text_of(table, "description"),
            "key": [{"@id": _id(name, column)} for column in _key(table)],
            "field": [
                given(
                    {
                        "@type": "cr:Field",
                        "@id": _id(name, column),
                        "name": column,
                        "description": text_of(field, "description"),
                        "dataType": _type(field),
                        "source": _source(path, column),
                        "references": referred.get(column, {}),
                    }
                )
                for column, field in _fields(table).items()
            ],
        }
    )


def _source(path: str, column: str) -> dict[str, Any]:
    """A column of a file.

    References lead to one, too, rather than to the field that holds it: the reference reader
    cannot follow from a field to a field that refers further, or back.
    """
    return {"fileObject": {"@id": _file_id(path)}, "extract": {"column": column}}


def _type(field: Mapping[str, Any]) -> str:
    is_plain = all(field.get(name, usual) == usual for name, usual in _NOTATION.items())
    return _TYPES.get(text_of(field, "type"), "sc:Text") if is_plain else "sc:Text"


def _file(path: str, data: bytes) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _file_id(path),
        "name": path,
        "contentUrl": quote(path, errors="surrogatepass"),
        "contentSize": f"{len(data)} B",
        "encodingFormat": media_type(path),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _file_id(path: str) -> str:
    # A table's id has one part and a column's two, so that of a file, with three or more, is never theirs.
    return _id("release", "files", *path.split("/"))


def _id(*parts: str) -> str:
    """An id of parts that hold anything: no space, no percent sign, no step up, no two alike."""
    return "/".join(map(_part, parts))


def _part(text: str) -> str:
    quoted = quote(text, safe="", errors="surrogatepass").replace("~", "%7E")
    return (quoted if quoted.strip(".") else quoted.replace(".", "%2E")).replace("%", "~")
