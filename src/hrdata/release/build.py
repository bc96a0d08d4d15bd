"""A package, judged before, to the files of a release: the same package and version, the same bytes.

Neither clock, machine nor environment have a say. Where a file has to state a time, it is the time at
which the package says it was created.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.package import Package
from hrdata.places import DESCRIPTOR
from hrdata.release.codebook import write_codebook
from hrdata.release.formats import write_parquet, write_sqlite, write_sums, write_zip
from hrdata.release.metadata import CITATION, CROISSANT, DATACITE, write_metadata
from hrdata.schema import PROFILES, as_json, standalone_schema
from hrdata.store.log import SUMS, check_name
from hrdata.store.paths import clash_of
from hrdata.typed import layouts_of, typed_tables
from hrdata.version import parse_version

CODEBOOK, CHANGELOG = "CODEBOOK.md", "CHANGELOG.md"


def build_release(package: Package, version: str, *, changelog: str) -> dict[str, bytes]:
    """The files of a release of a package by their paths, with the changelog as given.

    The package has to be valid. Its tables are released as they stand, and as Parquet and SQLite beside;
    SHA256SUMS lists every other file. The zip holds all but itself, with sums of its own.
    Raises `UsageError` for a name or a version that no release can have, `EnvironmentFault` for a package
    that a release cannot hold in full.

    >>> from hrdata.package import bundled_package, read_package
    >>> files = build_release(read_package(bundled_package()), "0.1.0", changelog="First release.")
    >>> [path for path in sorted(files) if "/" not in path][:4]
    ['CHANGELOG.md', 'CITATION.cff', 'CODEBOOK.md', 'SHA256SUMS']
    """
    parse_version(version)
    check_package_name(package.name)
    if clash := clash_in_release(package, version):
        raise EnvironmentFault(f"{package.label}: {clash}")
    name = package.name
    tables = typed_tables(package)
    descriptor = released_descriptor(package, version)
    data = {package.resources[table]["path"]: package.tables[table].data for table in tables}
    stamp = {"hrdata:package": name, "hrdata:version": version}
    formats = {
        _parquet_of(table): write_parquet(frame, {**stamp, "hrdata:table": table})
        for table, frame in tables.items()
    }
    formats[_database_of(name)] = write_sqlite(tables, layouts_of(package), f"{name} {version}")
    texts = {
        DESCRIPTOR: as_json(descriptor),
        **{_schema_of(table): as_json(schema) for table, schema in _schemas(package)},
        CODEBOOK: write_codebook(descriptor, tables),
        CHANGELOG: changelog,
    }
    others = {path: text.encode() for path, text in texts.items()}
    others |= write_metadata(descriptor, version, {**data, **formats})
    files = {**data, **formats, **others}
    files[_archive_of(name, version)] = write_zip({**files, SUMS: write_sums(files)}, _moment(descriptor))
    files[SUMS] = write_sums(files)
    return dict(sorted(files.items()))


def _parquet_of(table: str) -> str:
    return f"parquet/{table}.parquet"


def _schema_of(table: str) -> str:
    return f"schemas/{table}.json"


def _database_of(name: str) -> str:
    return f"{name}.sqlite"


def _archive_of(name: str, version: str) -> str:
    return f"{name}-{version}.zip"


def check_package_name(name: str) -> None:
    """Raise `UsageError`, saying where to mend it, unless a name can be that of a released package."""
    try:
        check_name(name)
    except UsageError as fault:
        raise UsageError(f"{fault}; correct name in {DESCRIPTOR}") from None


def clash_in_release(package: Package, version: str) -> str:
    """Why the files of a release cannot lie in one folder everywhere, with what to do, or nothing."""
    ours = {DESCRIPTOR, CODEBOOK, CHANGELOG, SUMS, CITATION, DATACITE, CROISSANT}
    ours |= {_database_of(package.name), _archive_of(package.name, version)}
    ours |= {_parquet_of(table) for table in package.tables}
    ours |= {_schema_of(table) for table in package.tables if _has_schema(package, table)}
    tables = {package.resources[table]["path"] for table in package.tables}
    taken = sorted(ours & tables)
    clash = f"{taken[0]} is one that it has anyway" if taken else clash_of(sorted(ours | tables))
    todo = f"move or rename the table, and correct it in {DESCRIPTOR}"
    return f"a release cannot hold these files: {clash}; {todo}" if clash else ""


def released_descriptor(package: Package, version: str) -> dict[str, Any]:
    """The descriptor with the version, and with what tells whether a file is the one that was released."""
    files = {name: columns.data for name, columns in package.tables.items()}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    resources = [
        {**resource, "bytes": len(files[name]), "hash": f"sha256:{sums[name]}"}
        for name, resource in package.resources.items()
    ]
    return {**package.descriptor, "version": version, "resources": resources}


def _has_schema(package: Package, table: str) -> bool:
    return table in MODELS or bool(package.resources[table].get("schema"))


def _schemas(package: Package) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Table Schema of each table that has one: of ours by the models, else as the descriptor has it."""
    for name in package.tables:
        if name in MODELS:
            yield name, standalone_schema(MODELS[name])
        elif _has_schema(package, name):
            yield name, {"$schema": f"{PROFILES}/tableschema.json", **package.resources[name]["schema"]}


def _moment(descriptor: Mapping[str, Any]) -> dt.datetime:
    """The time that the members of the zip state, in UTC; the earliest there is, if none is known."""
    try:
        created = dt.datetime.fromisoformat(str(descriptor.get("created")))
        return created.astimezone(dt.UTC) if created.tzinfo else created  # never by the machine's zone
    except (ValueError, OverflowError):
        return dt.datetime.min
