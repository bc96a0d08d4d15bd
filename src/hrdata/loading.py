"""The data for those who use it: `load` the bundled package, or a release from a store."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from hrdata.datasets import MODELS
from hrdata.datasets.events import Event, EventParticipant
from hrdata.datasets.provenance import Citation, KnownIssue, Source
from hrdata.datasets.reference import Body, BodySeats, State
from hrdata.datasets.treaties import Treaty, TreatyAction
from hrdata.datasets.upr import UprParticipant, UprReview, UprTally
from hrdata.datasets.votes import Ballot, Vote
from hrdata.diff.sheets import refuse_faults
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.git import SCHEME
from hrdata.package import Package, bundled_package, read_package
from hrdata.places import DESCRIPTOR
from hrdata.tables import Origin, Table, import_extra, unknown_key

if TYPE_CHECKING:
    from hrdata.cache import ReleaseFiles, Shelf
    from hrdata.store import Release

BUNDLED = "hrdata"
"""The name of the package that comes with the installation."""


class HrdataWarning(UserWarning):
    """The data can be used, but there is something to know about it."""


class Data:
    """A package to work with: `pkg.votes` and the other tables of ours, `pkg["rooms"]` for your own.

    `tables` has all of them by name; each is read when it is used. `name` and `version` are those of the
    data; `hash` is the SHA-256 of a release's SHA256SUMS, and for a package that is no release of a store
    that of such a list of datapackage.json and its tables.

    >>> pkg = load()
    >>> pkg.votes["unga-61-174"].symbol
    'A/RES/61/174'
    >>> pkg["votes"] is pkg.votes
    True
    """

    sources: Table[Source]
    states: Table[State]
    bodies: Table[Body]
    body_seats: Table[BodySeats]
    votes: Table[Vote]
    ballots: Table[Ballot]
    treaties: Table[Treaty]
    treaty_actions: Table[TreatyAction]
    upr_reviews: Table[UprReview]
    upr_participants: Table[UprParticipant]
    upr_tallies: Table[UprTally]
    events: Table[Event]
    event_participants: Table[EventParticipant]
    citations: Table[Citation]
    known_issues: Table[KnownIssue]

    def __init__(self, package: Package, origin: Origin) -> None:
        self.origin = origin
        tables = {name: Table[Any](package, name, origin) for name in package.tables}
        self.tables: Mapping[str, Table[Any]] = MappingProxyType(tables)
        vars(self).update({name: table for name, table in tables.items() if name in MODELS})

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.origin.name

    @property
    def version(self) -> str:
        """The version of the data."""
        return self.origin.version

    @property
    def hash(self) -> str:
        """The hash of the data."""
        return self.origin.hash

    def __getitem__(self, name: str) -> Table[Any]:
        if name not in self.tables:
            raise unknown_key(self._kind, name, list(self.tables))
        return self.tables[name]

    @property
    def _kind(self) -> str:
        return f"table of {self.name} {self.version} named"

    if not TYPE_CHECKING:  # which knows the attributes, and is to complain of others

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(self._lacks(name))

    def _lacks(self, name: str) -> str:
        """What to say of an attribute that there is not."""
        tables = vars(self).get("tables", {})  # none yet while a copy is made
        if name.startswith("_") or not tables:
            return f"{type(self).__name__!r} object has no attribute {name!r}"
        own = [table for table in tables if table not in MODELS]
        if name in own:
            return f'{name} is a table of your own, so it is read as data["{name}"]'
        told = str(unknown_key(self._kind, name, list(tables)))
        return told + (f'; a table of your own is read as data["{own[0]}"]' if own else "")

    def __repr__(self) -> str:
        return f"<Data {self.name} {self.version}: {len(self.tables)} tables>"

    def sql(self, query: str) -> pl.DataFrame:
        """What one SELECT over the tables gives, by DuckDB; columns are those of `Table.to_polars`.

        The query sees the tables and nothing else, no file, no network, and changes nothing.
        Raises `UsageError` when it cannot be run, or DuckDB is not installed: it comes with `hrdata[sql]`.

        >>> load().sql("select max(yes) as most from votes where date_earliest < '2000-01-01'")["most"][0] > 0
        True
        """
        duckdb, _ = import_extra("duckdb"), import_extra("pyarrow")
        faults = (duckdb.Error, pl.exceptions.PolarsError)
        locked = {
            "enable_external_access": "false",
            "python_enable_replacements": "false",
            "lock_configuration": "true",
        }
        with duckdb.connect(config=locked) as connection:
            try:
                for name in self._tables_in(connection, query):
                    connection.register(name, self.tables[name].to_polars())
                return _whole_sums(connection.sql(query))
            except faults as fault:
                complaint = " ".join(str(fault).split())
                is_unknown = isinstance(fault, duckdb.CatalogException)
                there = f"; the tables are {', '.join(self.tables)}" * is_unknown
                raise UsageError(printable_line(f"the SQL cannot be run: {complaint}{there}")) from None

    def _tables_in(self, connection: Any, query: str) -> list[str]:
        """The tables that a query may need. Raises `UsageError` unless it is one that only reads."""
        kinds = [statement.type.name for statement in connection.extract_statements(query)]
        if kinds != ["SELECT"]:
            observed = " and ".join(kinds) or "nothing"
            raise UsageError(f"the SQL is {observed}, but expected one SELECT; nothing can be changed")
        try:
            named = {name.casefold() for name in connection.get_table_names(query)}
        except import_extra("duckdb").Error:  # it looks for the columns of JOIN ... USING, too
            return list(self.tables)
        return [name for name in self.tables if name.casefold() in named]


def _whole_sums(relation: Any) -> pl.DataFrame:
    """The frame of a result; sums of whole numbers, which DuckDB hands over as floating, whole again."""
    frame: pl.DataFrame = relation.pl()
    types = zip(frame.columns, relation.types, strict=True)
    large = [name for name, type_ in types if str(type_) == "HUGEINT"]
    is_exact = {name: frame[name].cast(pl.Float64).abs() < 2**53 for name in large}
    return frame.with_columns(pl.col(name).cast(pl.Int64) for name in large if is_exact[name].all())


def load(
    name: str | os.PathLike[str] = BUNDLED,
    *,
    version: str = "",
    store: str | os.PathLike[str] | None = None,
) -> Data:
    """The data of a package: the one that comes with hrdata, one on disk, or a release from a store.

    Without a store nothing is fetched. A path (a `Path`, a text with a slash in it, or what is there under
    that name) is that of a folder, a datapackage.json or a zip, or `git:REV`. `store` is a folder,
    `s3://BUCKET/PREFIX` or `https://...`; `version`, or what follows `@` in the name, an exact version, or a
    specifier such as `>=1.2,<2`; without one it is the latest. What is fetched is kept (in the folder
    HRDATA_CACHE, if that is set) and checked whenever it is used. An exact version that is kept can be loaded
    while the store cannot be reached: that gives a `HrdataWarning`, and so does a release that was yanked.
    Raises `UsageError` when there is no such release, `EnvironmentFault` when the store cannot be reached,
    when its log or a file is not as it was published, or when a file of the package is broken.

    >>> load().name
    'hrdata'
    """
    if store is None and _is_path(name):
        return _load_path(name, version.strip())
    if not isinstance(name, str):
        raise UsageError(
            f"{printable_line(os.fspath(name))} is a path, but expected the name of a package of the store; "
            "leave out store=, or write the name as text"
        )
    name, version = _asked_for(name, version.strip())
    if store is None:
        return _load_bundled(name, version)
    files = _open_release(name, version, os.fspath(store))
    _check_sums(files)
    data = _data_of(read_package(files), files.release.digest)
    for told in files.warnings:
        warnings.warn(printable_line(told), HrdataWarning, stacklevel=2)
    return data


def _is_path(name: str | os.PathLike[str]) -> bool:
    """Whether a package is asked for by where it is on disk. The one that comes with hrdata never is."""
    if not isinstance(name, str):
        return True
    has_separator = any(sign in name for sign in (os.sep, os.altsep or os.sep))
    return name != BUNDLED and (has_separator or name.startswith(SCHEME) or os.path.exists(name))


def _load_path(place: str | os.PathLike[str], version: str) -> Data:
    shown = printable_line(os.fspath(place))
    if "://" in shown:
        raise UsageError(f"{shown} is an address; write the name of the package, and store= with the address")
    package = read_package(Path(place))
    if not _allows(version, package.version):
        raise UsageError(
            printable_line(
                f"{shown}: its version is {package.version or 'not given'}, but expected {version}; "
                "leave out version=, or name another package"
            )
        )
    return _data_of(package, _hash_of(package))


def _asked_for(name: str, version: str) -> tuple[str, str]:
    """A name, and a version that may be a part of it, as in `hrdata@0.1.0`."""
    name, at, within = name.partition("@")
    if "@" in version:
        wanted = version.rpartition("@")[2].strip()
        raise UsageError(
            printable_line(
                f"the version is {version}, but expected no @ in it; write load({name!r}, version={wanted!r})"
            )
        )
    if at and version:
        raise UsageError(
            printable_line(f"the version is given twice, in {name}@{within} and as {version}; give it once")
        )
    return name, version or within.strip()


def _load_bundled(name: str, version: str) -> Data:
    package = read_package(bundled_package())
    if name != package.name or not _allows(version, package.version):
        wanted = printable_line(f"{name} {version}".strip()) or "(nothing)"
        raise UsageError(
            f"{wanted} does not come with hrdata, but {package.name} {package.version} does; say where the "
            "other is with store=, a folder, s3://BUCKET/PREFIX or https://..., or give the path of a package"
        )
    return _data_of(package, _hash_of(package))


def _data_of(package: Package, hash: str) -> Data:
    """The data of a package, if all of it can be read as it stands."""
    try:
        refuse_faults(package.label, package.findings)
    except EnvironmentFault as fault:
        raise EnvironmentFault(f"{fault} hrdata validate names all there is to mend") from None
    return Data(package, Origin(package.name, package.version, hash))


def _allows(specifier: str, version: str) -> bool:
    """Whether a version is the one, or one of those, that are asked for."""
    if specifier.strip() in ("", version):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _hash_of(package: Package) -> str:
    """The SHA-256 of a list of hashes, as SHA256SUMS has them, of the descriptor and the tables."""
    from hashlib import sha256

    assert package.files is not None, "it was read"
    data = {columns.file: columns.data for columns in package.tables.values()}
    data[DESCRIPTOR] = package.files.read(DESCRIPTOR)
    lines = (f"{sha256(data[path]).hexdigest()}  {path}\n" for path in sorted(data))
    return sha256("".join(lines).encode()).hexdigest()


def _open_release(name: str, version: str, place: str) -> ReleaseFiles:
    """The files of the release that is asked for, known from the store, or, offline, from the cache."""
    from hrdata.cache import ReleaseFiles, Shelf, store_identity
    from hrdata.store import open_store
    from hrdata.store.choose import find_release
    from hrdata.store.log import releases_of
    from hrdata.store.objects import Unreadable
    from hrdata.store.store import BrokenLog, ReplacedLog

    store = open_store(place)
    shelf = Shelf(store_identity(place, store.label), name)
    # Before the store is asked: whoever else loads meanwhile may keep more of the log than we see of it.
    known = shelf.log()
    kept = _exact(releases_of(known), version)
    try:
        asked = open_store(place, is_there=True, is_hurried=kept is not None and shelf.has_all(kept))
        log = asked.entries(name, known)
    except ReplacedLog as fault:
        raise shelf.doubted(str(fault)) from None
    except (BrokenLog, Unreadable):
        raise
    except EnvironmentFault as fault:
        return ReleaseFiles(_kept_release(kept, shelf, version, fault), shelf, None, str(fault))
    shelf.keep(log[len(known) :], store.label)
    shelf.sweep()
    return ReleaseFiles(find_release(releases_of(log), name, version, store.label), shelf, store)


def _exact(releases: list[Release], version: str) -> Release | None:
    """The release of an exact version, as it may be written."""
    wanted = version.removeprefix("==").strip()
    return next((release for release in releases if release.version == wanted), None)


def _kept_release(kept: Release | None, shelf: Shelf, version: str, fault: EnvironmentFault) -> Release:
    """A release that was loaded before, by its exact version."""
    from hrdata.store.log import check_version

    exact = version.removeprefix("==").strip()
    try:
        check_version(exact)
    except UsageError:
        raise EnvironmentFault(
            f"{fault}; offline, only an exact version can be loaded, of those loaded before"
        ) from None
    if kept is not None and (shelf.folder / kept.name / kept.folder).is_dir():
        return kept
    raise EnvironmentFault(f"{fault}; and {exact} is not in the cache, since it was never loaded from there")


def _check_sums(files: ReleaseFiles) -> None:
    """Raise `EnvironmentFault` when the SHA256SUMS of a release is not about its files."""
    from hrdata.store.log import SUMS, fault_of_sums

    if fault := fault_of_sums(files.read(SUMS), files.release.files):
        raise EnvironmentFault(f"{files.label}: {fault}; ask who keeps the store to restore it")
