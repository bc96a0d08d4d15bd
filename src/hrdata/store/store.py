"""Releases, side by side, in a place of any kind: published all at once, never changed, read with proof."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.store.local import Local
from hrdata.store.log import (
    NAME,
    SUMS,
    Entry,
    File,
    Release,
    ReleaseEntry,
    YankEntry,
    check_name,
    check_reason,
    check_version,
    describe_files,
    fault_of_file,
    fault_of_hash,
    fault_of_sums,
    folder_of,
    next_place,
    path_of_entry,
    read_entry,
    releases_of,
)
from hrdata.store.objects import Listed, Objects
from hrdata.store.paths import PARTIAL, is_partial
from hrdata.version import parse_version

GRACE = dt.timedelta(days=1)
"""What is younger than this may belong to somebody who is publishing: gc leaves it."""

_FOLDER = re.compile("[^/]+-[0-9a-f]{16}")
_OF_A_PACKAGE = re.compile(f"({NAME.pattern})/(log|releases)/")


@dataclass(frozen=True)
class Published:
    """What became of publishing: the release, and whether it is new or was there already."""

    release: Release
    is_new: bool


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file of a store: `kind` is `missing`, `extra` or `changed`."""

    path: str
    kind: str
    message: str


def open_store(place: str) -> Store:
    """The store at a folder, `s3://BUCKET/PREFIX`, or `https://...`, which can only be read.

    Raises `UsageError` for an address of another kind. Nothing is touched yet; a folder need not exist.

    >>> open_store("releases").label
    'releases'
    """
    scheme, separator, _ = place.partition("://")
    if not separator:
        if not place:
            raise UsageError("the store has no name; give a folder, s3://BUCKET/PREFIX or https://...")
        return Store(Local(place))
    if scheme == "s3":
        from hrdata.store.s3 import open_bucket

        return Store(open_bucket(place))
    if scheme in ("http", "https"):
        from hrdata.store.web import open_web

        return Store(open_web(place))
    raise UsageError(
        f"{printable_line(scheme)}:// is no kind of store; give a folder, s3://BUCKET/PREFIX or https://..."
    )


class Store:
    """The releases in a place.

    Every method raises `EnvironmentFault` when the place cannot be reached, or when its log or a file of
    a release is not as it was written; the message names it.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    @property
    def label(self) -> str:
        """The place as people name it."""
        return self.objects.label

    def names(self) -> list[str]:
        """The packages that this place holds anything of, where it can list that."""
        found = (_OF_A_PACKAGE.match(listed.path) for listed in self.objects.list(""))
        return sorted({match[1] for match in found if match})

    def entries(self, name: str) -> list[Entry]:
        """The log of a package, checked from its first entry to its last; empty if there is none."""
        check_name(name)
        log: list[Entry] = []
        self._read_on(name, log)
        return log

    def releases(self, name: str) -> list[Release]:
        """The releases of a package in the order of the log."""
        return releases_of(self.entries(name))

    def find(self, name: str, specifier: str = "") -> Release:
        """The highest release that a version, or a specifier such as `>=1.2,<2`, asks for; else the latest.

        Previews and yanked releases are found by their exact version only. Raises `UsageError` saying
        which releases there are.
        """
        known = self.releases(name)
        found = _asked_for(known, specifier.strip())
        if found:
            return max(found, key=lambda release: parse_version(release.version).order)
        raise self._lacks(name, specifier, known)

    def read(self, release: Release, path: str) -> bytes:
        """The bytes of a file of a release, once their size and SHA-256 are those it was published with."""
        place = release.place_of(path)
        [file] = [file for file in release.files if file.path == path]
        data = self.objects.read(place)
        fault = "it is not there" if data is None else fault_of_file(file, data)
        if data is None or fault:
            raise EnvironmentFault(f"{self.label}: {place}: {fault}; ask who keeps the store to restore it")
        return data

    def publish(self, name: str, version: str, files: Mapping[str, bytes]) -> Published:
        """Commit a release: until its entry is written, last and at once, nobody sees any of it.

        `files` has the bytes by path, a SHA256SUMS of all others among them. The same content under the
        same version is there already, which is success. Raises `Conflict` when the version has other
        content, and `UsageError` when the name, the version or the files cannot be those of a release.
        """
        check_name(name)
        check_version(version)
        described = describe_files(files)
        [digest] = [file.sha256 for file in described if file.path == SUMS]
        folder = folder_of(version, digest)
        self._probe(name)

        def decide(log: list[Entry]) -> Entry | Release:
            known = {release.version: release for release in releases_of(log)}
            if version not in known:
                place = next_place(log, name)
                return ReleaseEntry(version=version, digest=digest, folder=folder, files=described, **place)
            if known[version].digest == digest:
                return known[version]
            raise Conflict(
                f"{self.label}: {name} {version} is there with other content, and a version is never used "
                "again; give the data a larger version"
            )

        log = self._whole_log(name)
        if isinstance(decided := decide(log), Release):
            return Published(decided, is_new=False)
        for file in described:
            self.objects.put(f"{name}/{folder}/{file.path}", files[file.path])
        self._check_folder(f"{name}/{folder}/", described)
        return Published(*self._append(name, log, decide))

    def yank(self, name: str, version: str, reason: str) -> Release:
        """Mark a release as not to be used any more; it stays where it is.

        Raises `UsageError` when there is no such release, `Conflict` when it has another reason already.
        """
        check_name(name)
        check_reason(reason)

        def decide(log: list[Entry]) -> Entry | Release:
            known = {release.version: release for release in releases_of(log)}
            if version not in known:
                raise self._lacks(name, version, known.values())
            if not (old := known[version].yanked):
                return YankEntry(version=version, reason=reason, **next_place(log, name))
            if old == reason:
                return known[version]
            raise Conflict(
                f"{self.label}: {name} {version} is yanked already, because: {printable_line(old)}"
            )

        log = self._whole_log(name)
        decide(log)
        self._probe(name)
        return self._append(name, log, decide)[0]

    def verify(self, name: str) -> list[Fault]:
        """Read every entry and every file again, and name each that is missing, extra or changed.

        What an interrupted publisher left is no fault: it is for `gc`. Past an entry that is at fault
        nothing can be judged.
        """
        check_name(name)
        listed = [thing.path for thing in self.objects.list(f"{name}/")]
        log: list[Entry] = []
        try:
            self._read_on(name, log)
        except BrokenLog as broken:
            return [broken.fault, *self._faults_of_files(log)]
        if gap := _gap(name, log, listed):
            return [gap, *self._faults_of_files(log)]
        expected = {place for release in releases_of(log) for place in _places(release)}
        expected |= {path_of_entry(name, entry.number) for entry in log}
        strangers = [path for path in listed if path not in expected]
        named = {release.folder for release in releases_of(log)}
        extra = [
            Fault(path, "extra", "it belongs to no release; remove it")
            for path in strangers
            if not is_partial(path) and _leftover_folder(path, name) in named | {""}
        ]
        return [*self._faults_of_files(log), *extra]

    def verify_release(self, release: Release) -> list[Fault]:
        """Read every file of a release again, and name each that is missing or changed."""
        found = [fault for file in release.files if (fault := self._fault_of_stored(release, file))]
        if found:
            return found
        sums = release.place_of(SUMS)
        complaint = fault_of_sums(self.objects.read(sums), release.files)
        return [Fault(sums, "changed", complaint)] if complaint else []

    def gc(self, name: str, older_than: dt.timedelta = GRACE) -> list[str]:
        """Remove what interrupted publishers left, and say what that was: folders, unfinished files, probes.

        What is younger than `older_than` stays, and all of a folder in which anything is: somebody may
        be publishing it. Raises `EnvironmentFault`, and removes nothing, when the log is not whole.
        """
        check_name(name)
        limit = dt.datetime.now(dt.UTC) - older_than
        # The log is read after the listing: what was listed is in it by then, or was not committed.
        listed = list(self.objects.list(f"{name}/"))
        log = self._whole_log(name)
        named = {release.folder for release in releases_of(log)}
        folders = {_leftover_folder(thing.path, name) for thing in listed} - named - {""}
        old = [thing.path for thing in listed if is_partial(thing.path) and thing.modified <= limit]
        for folder in sorted(folders):
            old += _all_if_old(self.objects.list(f"{name}/{folder}/"), limit)
        for path in (removed := sorted(set(old))):
            self.objects.delete(path)
        return removed

    def _whole_log(self, name: str) -> list[Entry]:
        """The log of a package, once it is sure that it does not just seem to end where an entry is lost."""
        listed = [thing.path for thing in self.objects.list(f"{name}/log/")]
        log = self.entries(name)
        if gap := _gap(name, log, listed):
            raise BrokenLog(self.label, gap)
        return log

    def _read_on(self, name: str, log: list[Entry]) -> None:
        """Add to a log what was written since."""
        while (data := self.objects.read(path := path_of_entry(name, len(log) + 1))) is not None:
            try:
                log.append(read_entry(data, log, name))
            except ValueError as fault:
                raise BrokenLog(self.label, Fault(path, "changed", str(fault))) from None

    def _append(
        self, name: str, log: list[Entry], decide: Callable[[list[Entry]], Entry | Release]
    ) -> tuple[Release, bool]:
        """Write the entry that is decided on, and decide anew if somebody else was faster.

        Gives the release that the decision is about in the end, and whether the last entry is ours.
        """
        is_new = False
        while not isinstance(decided := decide(log), Release):
            path = path_of_entry(name, decided.number)
            is_new = self.objects.put_new(path, decided.sealed.data)
            self._read_on(name, log)
            if len(log) < decided.number:
                raise EnvironmentFault(
                    f"{self.label}: {path} was written, but cannot be read; look at what is there"
                )
        return decided, is_new

    def _probe(self, name: str) -> None:
        """Raise `EnvironmentFault` if the place writes over what is there when told not to.

        The probe stands beside the entries, where that matters. On a disk this makes durable as well
        which entries there are, so that what is found there already is there to stay.
        """
        probe = f"{name}/log/{PARTIAL}probe-{secrets.token_hex(8)}"
        try:
            answers = [self.objects.put_new(probe, data) for data in (b"1", b"2")]
        finally:
            self.objects.delete(probe)
        if answers != [True, False]:
            raise EnvironmentFault(
                f"{self.label}: it overwrites what is there although told not to (If-None-Match), so two "
                "publishers could destroy each other's release; publish to another kind of store"
            )

    def _lacks(self, name: str, specifier: str, known: Iterable[Release]) -> UsageError:
        wanted = f"{name} {printable_line(specifier)}".strip()
        there = ", ".join(f"{release.version}{' (yanked)' * bool(release.yanked)}" for release in known)
        return UsageError(f"{self.label}: there is no release of {wanted}, but {there or 'none at all'}")

    def _check_folder(self, folder: str, files: Iterable[File]) -> None:
        """Raise `EnvironmentFault` unless a folder holds these files and no others, in their sizes."""
        there = {thing.path: thing.size for thing in self.objects.list(folder) if not is_partial(thing.path)}
        expected = {f"{folder}{file.path}": file.bytes for file in files}
        for path in sorted(there.keys() | expected.keys()):
            if there.get(path) != expected.get(path):
                observed, wanted = (_size(sizes.get(path)) for sizes in (there, expected))
                raise EnvironmentFault(
                    f"{self.label}: {printable_line(path)} is {observed} after writing, "
                    f"but expected {wanted}; nothing is published, so look there and publish again"
                )

    def _faults_of_files(self, log: Iterable[Entry]) -> list[Fault]:
        return [fault for release in releases_of(log) for fault in self.verify_release(release)]

    def _fault_of_stored(self, release: Release, file: File) -> Fault | None:
        """What is wrong with a stored file, read piece by piece."""
        place, digest, size = release.place_of(file.path), hashlib.sha256(), 0
        try:
            for piece in self.objects.stream(place):
                digest.update(piece)
                size += len(piece)
        except FileNotFoundError:
            return Fault(place, "missing", "it is not there")
        except EnvironmentFault as fault:
            return Fault(place, "changed", str(fault))
        if size != file.bytes:
            return Fault(place, "changed", f"it has {size:,} bytes, but expected {file.bytes:,}")
        complaint = fault_of_hash(file, digest.hexdigest())
        return Fault(place, "changed", complaint) if complaint else None


class BrokenLog(EnvironmentFault):
    """An entry of a log is not as it was written."""

    def __init__(self, label: str, fault: Fault) -> None:
        super().__init__(f"{label}: {fault.path}: {fault.message}; ask who keeps the store to restore it")
        self.fault = fault


def _asked_for(releases: list[Release], specifier: str) -> list[Release]:
    """The releases that a specifier allows. Raises `UsageError` if it is none."""
    exact = [release for release in releases if release.version == specifier.removeprefix("==").strip()]
    if exact:
        return exact
    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier:
        if _is_version(specifier):
            return []
        raise UsageError(
            f"{printable_line(specifier)} is neither a version nor a specifier; "
            "expected something like 1.2.0 or >=1.2,<2"
        ) from None
    return [
        release
        for release in releases
        if not release.yanked
        and not (version := parse_version(release.version)).preview
        and allowed.contains(".".join(str(number) for number in version.numbers))
    ]


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except UsageError:
        return False
    return True


def _gap(name: str, log: list[Entry], listed: list[str]) -> Fault | None:
    """The first entry that is missing from a log, although there are later ones."""
    found = (re.fullmatch(r"([0-9]{6,})\.json", path.removeprefix(f"{name}/log/")) for path in listed)
    later = [int(match[1]) for match in found if match and int(match[1]) > len(log) + 1]
    message = f"it is missing, but a later entry is there, {later[0]}" if later else ""
    return Fault(path_of_entry(name, len(log) + 1), "missing", message) if message else None


def _places(release: Release) -> list[str]:
    return [release.place_of(file.path) for file in release.files]


def _leftover_folder(path: str, name: str) -> str:
    """The folder, as an entry names it, that a path is in, or nothing if it is in no folder of a release."""
    parts = path.removeprefix(f"{name}/").split("/")
    is_inside = len(parts) > 2 and parts[0] == "releases" and _FOLDER.fullmatch(parts[1])
    return "/".join(parts[:2]) if is_inside else ""


def _all_if_old(listed: Iterable[Listed], limit: dt.datetime) -> list[str]:
    """The paths of a folder, or none of them if anything in it is younger."""
    things = list(listed)
    return [thing.path for thing in things] if all(thing.modified <= limit for thing in things) else []


def _size(size: int | None) -> str:
    return "not there" if size is None else f"{size:,} bytes"
