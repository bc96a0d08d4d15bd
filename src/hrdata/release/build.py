"""A package, judged before, to the files of a release: the same package and version, the same bytes.

Neither clock nor machine have a say. Where a file has to state a time, it is that of `SOURCE_DATE_EPOCH`
if there is one, else the time at which the package says it was created.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.package import Package
from hrdata.places import DESCRIPTOR
from hrdata.release.codebook import write_codebook
from hrdata.release.formats import write_parquet, write_sqlite, write_sums, write_zip
from hrdata.release.metadata import write_metadata
from hrdata.schema import PROFILES, as_json, standalone_schema
from hrdata.typed import layouts_of, typed_tables
from hrdata.version import parse_version

CODEBOOK, CHANGELOG, SUMS = "CODEBOOK.md", "CHANGELOG.md", "SHA256SUMS"

_NAME = re.compile("[a-z0-9][a-z0-9._-]*")


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
    name = _checked_name(package)
    tables = typed_tables(package)
    descriptor = _descriptor(package, version)
    data = {package.resources[table]["path"]: package.tables[table].data for table in tables}
    stamp = {"hrdata:package": name, "hrdata:version": version}
    formats = {
        f"parquet/{table}.parquet": write_parquet(frame, {**stamp, "hrdata:table": table})
        for table, frame in tables.items()
    }
    formats[f"{name}.sqlite"] = write_sqlite(tables, layouts_of(package), f"{name} {version}")
    texts = {
        DESCRIPTOR: as_json(descriptor),
        **{f"schemas/{table}.json": as_json(schema) for table, schema in _schemas(package)},
        CODEBOOK: write_codebook(descriptor, tables),
        CHANGELOG: changelog,
    }
    others = {path: text.encode() for path, text in texts.items()}
    others |= write_metadata(descriptor, version, {**data, **formats})
    archive = f"{name}-{version}.zip"
    _refuse_same_paths(package, data, [*formats, *others, SUMS, archive])
    files = {**data, **formats, **others}
    files[archive] = write_zip({**files, SUMS: write_sums(files)}, _moment(descriptor))
    files[SUMS] = write_sums(files)
    return dict(sorted(files.items()))


def _checked_name(package: Package) -> str:
    """The name of the package, which the names of files start with."""
    if _NAME.fullmatch(package.name):
        return package.name
    raise UsageError(
        printable_line(
            f"{package.label}: the name of the package is '{package.name}', but expected lower-case letters, "
            f"digits, dots, hyphens or underscores; correct name in {DESCRIPTOR}"
        )
    )


def _descriptor(package: Package, version: str) -> dict[str, Any]:
    """The descriptor with the version, and with what tells whether a file is the one that was released."""
    files = {name: columns.data for name, columns in package.tables.items()}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    resources = [
        {**resource, "bytes": len(files[name]), "hash": f"sha256:{sums[name]}"}
        for name, resource in package.resources.items()
    ]
    return {**package.descriptor, "version": version, "resources": resources}


def _schemas(package: Package) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Table Schema of each table that has one: of ours by the models, else as the descriptor has it."""
    for name in package.tables:
        if name in MODELS:
            yield name, standalone_schema(MODELS[name])
        elif schema := package.resources[name].get("schema"):
            yield name, {"$schema": f"{PROFILES}/tableschema.json", **schema}


def _refuse_same_paths(package: Package, data: Mapping[str, bytes], ours: list[str]) -> None:
    """Raise `EnvironmentFault` when a table has the path of another file of the release, or of its folder.

    Paths that differ in the case of letters only are one on many disks.
    """
    taken = {path.lower() for path in ours}
    for path in data:
        lower = PurePosixPath(path.lower())
        others = taken | {other.lower() for other in data if other != path}
        clash = {str(lower), *map(str, lower.parents)} & others
        clash |= {other for other in others if lower in PurePosixPath(other).parents}
        if clash:
            raise EnvironmentFault(
                printable_line(
                    f"{package.label}: the table at {path} is in the way of {min(clash)}, which a release "
                    f"has, too; move the table to data/ and correct its path in {DESCRIPTOR}"
                )
            )


def _moment(descriptor: Mapping[str, Any]) -> dt.datetime:
    """The time that the members of the zip state, in UTC; the earliest there is, if none is known."""
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    if stated is None:
        try:
            created = dt.datetime.fromisoformat(str(descriptor.get("created")))
            return created.astimezone(dt.UTC) if created.tzinfo else created  # never by the machine's zone
        except (ValueError, OverflowError):
            return dt.datetime.min
    try:
        return dt.datetime.fromtimestamp(int(stated), dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise EnvironmentFault(
            printable_line(
                f"SOURCE_DATE_EPOCH is '{stated}', but expected seconds since 1970; correct or unset it"
            )
        ) from None
