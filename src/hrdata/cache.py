"""What was downloaded from stores, kept on this computer: each file checked whenever it is used.

A file is put in its place once it is whole and proven, all at once; so several processes may load at the
same time, and what an interrupted one had is kept.

    CACHE/STORE/NAME/log/000001.json ...    the log as far as it was read, as in the store
    CACHE/STORE/NAME/releases/...           the files of releases, as in the store
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.places import DESCRIPTOR
from hrdata.store import Release, Store, fault_of_file
from hrdata.store.address import ENDPOINTS
from hrdata.store.local import Local
from hrdata.store.log import SUMS, Entry, check_name, path_of_entry, read_entry
from hrdata.store.paths import is_partial

VARIABLE = "HRDATA_CACHE"
"""The environment variable with the folder of the cache."""

_ABANDONED = dt.timedelta(days=1)


def cache_folder() -> Path:
    """Where downloads are kept: `HRDATA_CACHE`, else the place of the operating system for such files."""
    if told := os.environ.get(VARIABLE, ""):
        return Path(told)
    from platformdirs import user_cache_path

    return user_cache_path("hrdata")


def store_identity(place: str, label: str) -> str:
    """What tells a store from all others: its folder, or its address without any password.

    A bucket of one name can be on two servers: the one in the environment belongs to it.
    """
    if "://" not in place:
        return os.path.realpath(place)
    if not place.startswith("s3://"):
        return label
    return " ".join((label, *(os.environ.get(name, "") for name in ENDPOINTS)))


class Shelf:
    """What the cache has of one package of a store, given by what tells that from all others."""

    def __init__(self, store: str, name: str) -> None:
        check_name(name)
        self.folder = cache_folder() / hashlib.sha256(store.encode()).hexdigest()[:16]
        self._name = name
        self._kept = Local(self.folder)

    def read(self, path: str) -> bytes | None:
        """A file of the shelf as it stands, by its path in the store, or None."""
        return self._kept.read(path)

    def put(self, path: str, data: bytes) -> None:
        """Put a file in its place, all at once. Raises `EnvironmentFault` saying where to put the cache."""
        try:
            self._kept.put(path, data)
        except EnvironmentFault as fault:
            raise EnvironmentFault(
                f"the cache: {fault}; set {VARIABLE} to a folder that can be written"
            ) from None

    def log(self) -> list[Entry]:
        """The log of the package as far as it was read before, checked from its first entry to its last.

        Raises `EnvironmentFault` when what is kept is not as it was written.
        """
        log: list[Entry] = []
        while (data := self.read(path := path_of_entry(self._name, len(log) + 1))) is not None:
            try:
                log.append(read_entry(data, log, self._name))
            except ValueError as fault:
                raise EnvironmentFault(f"{self.shown(path)}: {fault}; remove it and load again") from None
        return log

    def keep(self, entries: Sequence[Entry], label: str) -> None:
        """Keep what a log has beyond the one that is kept.

        An entry never changes, and stands here all at once: so whoever else keeps it now writes the same.
        Raises `EnvironmentFault` when one is kept already that says something else.
        """
        for entry in entries:
            path = path_of_entry(self._name, entry.number)
            if (there := self.read(path)) is None:
                self.put(path, entry.data)
            elif there != entry.data:
                raise self.doubted(f"{label}: {path}: is not the one read before; the log was replaced")

    def doubted(self, reason: str) -> EnvironmentFault:
        """The error for a log that is not the one read before, grown, with what to do if it is right."""
        log = self.shown(f"{self._name}/log")
        return EnvironmentFault(f"{reason}; if you know that it is right, remove the folder {log}")

    def has_all(self, release: Release) -> bool:
        """Whether every file that loading a release takes is here; reading it shows whether it is whole."""
        folder = f"{self._name}/{release.folder}"
        try:
            listed = json.loads(self.read(f"{folder}/{DESCRIPTOR}") or b"")["resources"]
            paths = [SUMS, *(resource["path"] for resource in listed)]
        except (ValueError, LookupError, TypeError, RecursionError):
            return False
        return all((self.folder / folder / str(path)).is_file() for path in paths)

    def sweep(self) -> None:
        """Remove what interrupted processes left half-written, a day later."""
        limit = dt.datetime.now(dt.UTC) - _ABANDONED
        for thing in list(self._kept.list(f"{self._name}/")):
            if is_partial(thing.path) and thing.modified <= limit:
                self._kept.delete(thing.path)

    def shown(self, path: str) -> str:
        """Where on this computer a file of the shelf is, for people."""
        return printable_line(str(self.folder / path))


@dataclass
class ReleaseFiles:
    """The files of a release, from the cache, else from the store; each is checked before it is used.

    `store` is None when it cannot be reached; `offline` says why.
    """

    release: Release
    shelf: Shelf
    store: Store | None
    offline: str = ""
    label: str = field(init=False)
    base: str = ""

    def __post_init__(self) -> None:
        """A release is known by its name and version."""
        self.label = f"{self.release.name} {self.release.version}"

    @property
    def warnings(self) -> list[str]:
        """What those who use the release have to know about it."""
        told = []
        if self.offline:
            told.append(
                f"the store could not be reached ({self.offline}); {self.label} comes from the cache, and if "
                "it was yanked since, that is not known"
            )
        if self.release.yanked:
            told.append(f"{self.label} is yanked: {self.release.yanked}; load another version")
        return told

    def read(self, path: str) -> bytes:
        """The bytes of a file of the release. Raises `FileNotFoundError` if it has none of that path."""
        file = next((file for file in self.release.files if file.path == path), None)
        if file is None:
            raise FileNotFoundError(path)
        place = self.release.place_of(path)
        kept = self.shelf.read(place)
        fault = "it is not in the cache" if kept is None else fault_of_file(file, kept)
        if kept is not None and not fault:
            return kept
        if self.store is None:
            where = self.shelf.shown(place)
            raise EnvironmentFault(f"{where}: {fault}, and the store cannot be reached: {self.offline}")
        data = self.store.read(self.release, path)
        self.shelf.put(place, data)
        return data

    def leaves(self, path: str) -> bool:  # noqa: ARG002
        """The paths of a release lead nowhere else."""
        return False
