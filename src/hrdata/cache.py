"""What was downloaded from stores, kept on this computer: each file checked whenever it is used.

A file is put in its place once it is whole and proven, all at once; so several processes may load at the
same time, and what an interrupted one had is kept.

    CACHE/STORE/NAME/mark.json              how far the log was read, and which versions are yanked
    CACHE/STORE/NAME/entries/VERSION.json   the entry of the log that tells of a release
    CACHE/STORE/NAME/releases/...           its files, as in a store
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.store import Mark, Objects, Release, Store, check_mark, fault_of_file
from hrdata.store.address import ENDPOINTS
from hrdata.store.local import Local
from hrdata.store.log import Entry, ReleaseEntry, check_name, releases_of, sha256_of
from hrdata.store.paths import is_partial

VARIABLE = "HRDATA_CACHE"
"""The environment variable with the folder of the cache."""

_MARK = "mark.json"
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
        self.folder = cache_folder() / hashlib.sha256(store.encode()).hexdigest()[:16] / name
        self._kept = Local(self.folder)

    def read(self, path: str) -> bytes | None:
        """A file of the shelf as it stands, or None."""
        return self._kept.read(path)

    def put(self, path: str, data: bytes) -> None:
        """Put a file in its place, all at once. Raises `EnvironmentFault` saying where to put the cache."""
        try:
            self._kept.put(path, data)
        except EnvironmentFault as fault:
            raise EnvironmentFault(
                f"the cache: {fault}; set {VARIABLE} to a folder that can be written"
            ) from None

    def remember(self, log: Sequence[Entry], label: str) -> None:
        """Keep how far a log was read. Raises `EnvironmentFault` if it is not the one read before."""
        mark, _ = self._remembered()
        try:
            check_mark(log, mark, label)
        except EnvironmentFault as fault:
            raise EnvironmentFault(
                f"{fault}; if you know that it is right, remove {self._shown(_MARK)}"
            ) from None
        if log and len(log) > mark.number:
            self._write_mark(log)

    def yanked(self, version: str) -> str:
        """Why a version should not be used, as far as is known here."""
        return self._remembered()[1].get(version, "")

    def keep_entry(self, entry: Entry) -> None:
        """Keep what the log says of a release, to have it offline."""
        path = _entry_path(entry.version)
        if self.read(path) != entry.data:
            self.put(path, entry.data)

    def kept_release(self, version: str) -> Release | None:
        """A release as the log told of it when it was loaded; None if it never was.

        Raises `EnvironmentFault` when what is kept is not as it was written.
        """
        data = self.read(_entry_path(version))
        if data is None:
            return None
        try:
            entry = ReleaseEntry.model_validate_json(data)
        except ValidationError:
            entry = None
        if entry is None or entry.data != data or entry.sealed != entry or entry.version != version:
            raise self._damaged(_entry_path(version))
        [release] = releases_of([entry])
        return Release(**{**vars(release), "yanked": self.yanked(version)})

    def sweep(self) -> None:
        """Remove what interrupted processes left half-written, a day later."""
        limit = dt.datetime.now(dt.UTC) - _ABANDONED
        for thing in list(self._kept.list("")):
            if is_partial(thing.path) and thing.modified <= limit:
                self._kept.delete(thing.path)

    def _remembered(self) -> tuple[Mark, dict[str, str]]:
        data = self.read(_MARK)
        if data is None:
            return Mark(0, ""), {}
        try:
            kept = json.loads(data)
            if sha256_of(_as_text({**kept, "seal": ""})) != kept["seal"]:
                raise ValueError
            return Mark(kept["number"], kept["sha256"]), dict(kept["yanked"])
        except (ValueError, KeyError, TypeError):
            raise self._damaged(_MARK) from None

    def _write_mark(self, log: Sequence[Entry]) -> None:
        yanked = {release.version: release.yanked for release in releases_of(log) if release.yanked}
        kept = {"number": len(log), "sha256": log[-1].sha256, "yanked": yanked, "seal": ""}
        self.put(_MARK, _as_text({**kept, "seal": sha256_of(_as_text(kept))}))

    def _shown(self, path: str) -> str:
        return printable_line(str(self.folder / path))

    def _damaged(self, path: str) -> EnvironmentFault:
        return EnvironmentFault(f"{self._shown(path)}: it is damaged; remove it and load again")


def _entry_path(version: str) -> str:
    return f"entries/{version}.json"


def _as_text(kept: dict[str, Any]) -> bytes:
    return f"{json.dumps(kept, indent=2, sort_keys=True)}\n".encode()


@dataclass
class ReleaseFiles:
    """The files of a release, from the cache, else from the store; each is checked before it is used.

    `objects` is None offline; `offline` says why.
    """

    release: Release
    shelf: Shelf
    objects: Objects | None
    offline: str = ""
    label: str = field(init=False)
    base: str = ""

    def __post_init__(self) -> None:
        """A release is known by its name and version."""
        self.label = f"{self.release.name} {self.release.version}"

    def read(self, path: str) -> bytes:
        """The bytes of a file of the release. Raises `FileNotFoundError` if it has none of that path."""
        file = next((file for file in self.release.files if file.path == path), None)
        if file is None:
            raise FileNotFoundError(path)
        place = f"{self.release.folder}/{path}"
        kept = self.shelf.read(place)
        fault = "it is not in the cache" if kept is None else fault_of_file(file, kept)
        if kept is not None and not fault:
            return kept
        if self.objects is None:
            where = printable_line(str(self.shelf.folder / place))
            raise EnvironmentFault(f"{where}: {fault}, and the store cannot be reached: {self.offline}")
        data = Store(self.objects).read(self.release, path)
        self.shelf.put(place, data)
        return data

    def leaves(self, path: str) -> bool:  # noqa: ARG002
        """The paths of a release lead nowhere else."""
        return False
