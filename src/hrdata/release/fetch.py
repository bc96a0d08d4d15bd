"""Releases out of a store: fetched whole into a folder, and folders held against what was published."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR, reason_of
from hrdata.release.formats import list_sums
from hrdata.store import Fault, File, Release, Store, fault_of_file, read_sums
from hrdata.store.local import Local
from hrdata.store.log import SUMS
from hrdata.store.paths import PARTIAL, clash_of

Tell = Callable[[str, float], None]

_ABANDONED = 24 * 60 * 60
"""Seconds after which nobody is at work any more on what is half-written."""

_LETTERS = 16
"""How many there are at the end of the name of a folder that is on its way."""


@dataclass(frozen=True)
class Released:
    """The files of a release, as the place that a package is read from; each is verified when it is read."""

    store: Store
    release: Release

    @property
    def label(self) -> str:
        """The release by name and version."""
        return f"{self.release.name}@{self.release.version}"

    @property
    def base(self) -> str:
        """It stands nowhere on disk."""
        return ""

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(file.path for file in self.release.files)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        if path not in self._paths:
            raise FileNotFoundError(path)
        return self.store.read(self.release, path)

    def leaves(self, path: str) -> bool:  # noqa: ARG002
        """A release has no links."""
        return False


def fetch_release(store: Store, release: Release, folder: Path, tell: Tell = lambda *_: None) -> bool:
    """Write the files of a release into a folder, all of them or none; whether it was not there already.

    Each file is verified, and on the disk, before anything is in place. What an earlier call for the same
    folder left when it was killed is removed, a day later. Raises `Conflict` when something else stands
    there, `EnvironmentFault` when the folder cannot be written.
    """
    _sweep(folder)
    if os.path.lexists(folder):
        return _refuse_others(folder, release)
    partial = folder.with_name(f"{PARTIAL}{folder.name}-{secrets.token_hex(_LETTERS // 2)}")
    try:
        _write_files(store, release, partial, folder, tell)
        try:
            partial.rename(folder)
        except OSError as fault:
            if not os.path.lexists(folder):
                raise EnvironmentFault(
                    printable_line(f"{folder}: cannot be written: {reason_of(fault)}")
                ) from None
            return _refuse_others(folder, release)  # somebody else was faster
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def _refuse_others(folder: Path, release: Release) -> bool:
    """False, for a folder that holds a release already. Raises `Conflict` if it holds anything else."""
    if _faults_in(folder, release.files):
        raise Conflict(f"{folder}: something else is there; name another folder with --out, or move it")
    return False


def _write_files(store: Store, release: Release, partial: Path, folder: Path, tell: Tell) -> None:
    """Write the files of a release into a new folder, which is to be another one in the end."""
    place = Local(partial)
    place.label = printable_line(str(folder))  # a complaint is to name the folder that people know
    doing = f"downloading {release.name} {release.version}"
    whole, done = sum(file.bytes for file in release.files) or 1, 0
    for file in release.files:
        tell(doing, done / whole)
        place.put(file.path, store.read(release, file.path))
        done += file.bytes


def _sweep(folder: Path) -> None:
    """Remove what was on its way to a folder when somebody was killed, a day later."""
    name = re.compile(f"{re.escape(PARTIAL + folder.name)}-[0-9a-f]{{{_LETTERS}}}")
    limit = time.time() - _ABANDONED
    with suppress(OSError):  # it is in nobody's way
        for partial in folder.parent.iterdir():
            is_ours = name.fullmatch(partial.name) and partial.is_dir() and not partial.is_symlink()
            if is_ours and all(path.lstat().st_mtime <= limit for path in (partial, *partial.rglob("*"))):
                shutil.rmtree(partial, ignore_errors=True)


def compare_folder(folder: Path, store: Store | None = None) -> tuple[list[Fault], str]:
    """What of a fetched release is missing, extra or changed, and what it was held against.

    Without a store that is its own SHA256SUMS, which shows damage but not who wrote it. Raises
    `UsageError` when the folder holds no release, or the store none of its version.
    """
    if store is None:
        files = _files_by_sums(folder)
        return _faults_in(folder, files, sizes=False), f"its own {SUMS}"
    try:
        package = read_package(folder)
        release = store.find(package.name, package.version)
    except (EnvironmentFault, UsageError):
        # What says which release it is may be what is damaged: then that is to be named.
        if (folder / SUMS).is_file() and (compared := compare_folder(folder))[0]:
            return compared
        raise
    return _faults_in(folder, release.files), f"{release.name}@{release.version} in {store.label}"


def _files_by_sums(folder: Path) -> list[File]:
    try:
        data = (folder / SUMS).read_bytes()
        sums = read_sums(data)
    except FileNotFoundError:
        raise UsageError(f"{folder}: has no {SUMS}; name the folder of a release") from None
    except ValueError as fault:
        raise EnvironmentFault(f"{folder / SUMS}: {fault}; fetch the release again") from None
    if clash := clash_of(sums):
        raise EnvironmentFault(f"{folder / SUMS}: {clash}; fetch the release again")
    if data != list_sums(sums):
        raise EnvironmentFault(f"{folder / SUMS}: it is not as hrdata writes it; fetch the release again")
    if DESCRIPTOR not in sums:
        raise UsageError(f"{folder / SUMS}: lists no {DESCRIPTOR}; name the folder of a release")
    return [File(path=path, bytes=0, sha256=digest) for path, digest in sums.items()]


def _faults_in(folder: Path, files: Iterable[File], *, sizes: bool = True) -> list[Fault]:
    """What of some files is not in a folder as it should be, and what else is."""
    faults = []
    expected = {SUMS}
    for file in files:
        expected.add(file.path)
        place = folder / file.path
        if not place.is_file():
            faults.append(Fault(file.path, "missing", "it is not there"))
            continue
        data = place.read_bytes()
        known = file if sizes else file.model_copy(update={"bytes": len(data)})
        if complaint := fault_of_file(known, data):
            faults.append(Fault(file.path, "changed", complaint))
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    there = {path.relative_to(folder).as_posix() for path in found}
    faults += [Fault(path, "extra", "it is no file of the release") for path in there - expected]
    return sorted(faults, key=lambda fault: fault.path)
