"""The data for those who use it: `load` the bundled package, or a release from a store."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
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
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
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
    data; `hash` is the SHA-256 of a release's SHA256SUMS, and for the bundled package that of such a list
    of datapackage.json and its tables.

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
            raise unknown_key(f"table of {self.name} {self.version} named", name, list(self.tables))
        return self.tables[name]

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


def load(name: str = BUNDLED, *, version: str = "", store: str | os.PathLike[str] | None = None) -> Data:
    """The data of a package: the one that comes with hrdata, or a release from a store.

    Without a store nothing is fetched. `store` is a folder, `s3://BUCKET/PREFIX` or `https://...`;
    `version` an exact version, or a specifier such as `>=1.2,<2`; without one it is the latest. What is
    fetched is kept (in the folder HRDATA_CACHE, if that is set) and checked whenever it is used; an exact
    version that is kept can be loaded offline. A release that was yanked gives a `HrdataWarning`.
    Raises `UsageError` when there is no such release, `EnvironmentFault` when the store cannot be
    reached, or when its log or a file is not as it was published.

    >>> load().name
    'hrdata'
    """
    if store is None:
        return _load_bundled(name, version)
    files = _open_release(name, version.strip(), os.fspath(store))
    release = files.release
    if release.yanked:
        told = f"{files.label} is yanked: {release.yanked}; load another version"
        warnings.warn(printable_line(told), HrdataWarning, stacklevel=2)
    _check_sums(files)
    return _data_of(read_package(files), release.digest)


def _load_bundled(name: str, version: str) -> Data:
    package = read_package(bundled_package())
    if name != package.name or not _allows(version, package.version):
        wanted = printable_line(f"{name} {version}".strip())
        raise UsageError(
            f"{wanted} does not come with hrdata, but {package.name} {package.version} does; "
            "say where the other is with store=, a folder, s3://BUCKET/PREFIX or https://..."
        )
    return _data_of(package, _hash_of(package))


def _data_of(package: Package, hash: str) -> Data:
    """The data of a package, if every table that it lists is there."""
    for name, reason in package.missing.items():
        raise EnvironmentFault(printable_line(f"{package.label}: the table {name} is missing: {reason}"))
    return Data(package, Origin(package.name, package.version, hash))


def _allows(specifier: str, version: str) -> bool:
    """Whether a version is the one, or one of those, that are asked for."""
    if specifier.strip() in ("", version):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
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
    from hrdata.store.store import BrokenLog

    store = open_store(place)
    shelf = Shelf(store_identity(place, store.label), name)
    try:
        _check_folder(place)
        log = store.entries(name)
    except BrokenLog:
        raise
    except EnvironmentFault as fault:
        return ReleaseFiles(_kept_release(shelf, version, fault), shelf, None, str(fault))
    shelf.remember(log, store.label)
    release = find_release(releases_of(log), name, version, store.label)
    shelf.keep_entry(log[release.number - 1])
    shelf.sweep()
    return ReleaseFiles(release, shelf, store.objects)


def _check_folder(place: str) -> None:
    """Raise `EnvironmentFault` when a store in a folder is not there: a disk may be away."""
    if "://" not in place and not os.path.isdir(place):
        raise EnvironmentFault(printable_line(f"{place}: there is no such folder"))


def _kept_release(shelf: Shelf, version: str, fault: EnvironmentFault) -> Release:
    """A release that was loaded before, by its exact version."""
    from hrdata.store.log import check_version

    exact = version.removeprefix("==").strip()
    try:
        check_version(exact)
    except UsageError:
        raise EnvironmentFault(
            f"{fault}; offline, only an exact version can be loaded, of those loaded before"
        ) from None
    if release := shelf.kept_release(exact):
        return release
    raise EnvironmentFault(f"{fault}; and {exact} is not in the cache, since it was never loaded from there")


def _check_sums(files: ReleaseFiles) -> None:
    """Raise `EnvironmentFault` when the SHA256SUMS of a release is not about its files."""
    from hrdata.store.log import SUMS, fault_of_sums

    if fault := fault_of_sums(files.read(SUMS), files.release.files):
        raise EnvironmentFault(f"{files.label}: {fault}; ask who keeps the store to restore it")
