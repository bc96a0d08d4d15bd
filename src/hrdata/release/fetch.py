"""Releases out of a store: fetched whole into a folder, and folders held against what was published."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR
from hrdata.release.formats import list_sums
from hrdata.store import Fault, File, Release, Store, fault_of_file, read_sums
from hrdata.store.log import SUMS
from hrdata.store.paths import clash_of

Tell = Callable[[str, float], None]


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

    Each file is verified before anything is in place. Raises `Conflict` when something else stands there.
    """
    files = release.files
    if os.path.lexists(folder):
        if _faults_in(folder, files):
            raise Conflict(f"{folder}: something else is there; name another folder with --out, or move it")
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    whole, done = sum(file.bytes for file in files) or 1, 0
    try:
        for file in files:
            tell(file.path, done / whole)
            place = partial / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(store.read(release, file.path))
            done += file.bytes
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return True


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
