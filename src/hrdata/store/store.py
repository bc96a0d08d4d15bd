"""Releases, side by side, in a place of any kind: published all at once, never changed, read with proof."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.store.choose import find_release, no_such_release
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
    new_folder,
    next_place,
    path_of_entry,
    read_entry,
    read_sums,
    releases_of,
    sha256_of,
    told_by_folder,
)
from hrdata.store.objects import Listed, Objects, Unreadable, read_on
from hrdata.store.paths import PARTIAL, is_partial
from hrdata.version import parse_version

GRACE = dt.timedelta(days=1)
"""What is younger than this may belong to somebody who is publishing: gc leaves it."""

COMMIT_WITHIN = dt.timedelta(minutes=30)
"""A release is committed so soon after its files were written, or not at all: gc may take them later."""

LARGEST_ENTRY = 16 << 20
"""No entry of a log has more bytes than this."""

_OF_A_PACKAGE = re.compile(f"({NAME.pattern})/(log|releases)/")


@dataclass(frozen=True)
class Published:
    """What became of publishing: the release, and whether it is new or was there already."""

    release: Release
    is_new: bool


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file of a store: `kind` is `missing`, `extra`, `changed` or `unreadable`.

    Of kind `unnamed` are the folders that hold a whole release that no entry of the log tells of.
    """

    path: str
    kind: str
    message: str


def open_store(place: str, *, is_there: bool = False, is_hurried: bool = False) -> Store:
    """The store at a folder, `s3://BUCKET/PREFIX`, or `https://...`, which can only be read.

    Raises `UsageError` for an address of another kind. Nothing is touched yet; a folder need not exist,
    unless `is_there` says so: then `EnvironmentFault` is raised. A server is asked once and given a few
    seconds, instead of several times, if one `is_hurried`.

    >>> open_store("releases").label
    'releases'
    """
    scheme, separator, _ = place.partition("://")
    if not separator:
        if not place:
            raise UsageError("the store has no name; give a folder, s3://BUCKET/PREFIX or https://...")
        if os.path.isfile(place) or (is_there and not os.path.isdir(place)):
            raise EnvironmentFault(f"{printable_line(place)}: there is no such folder; name a store")
        return Store(Local(place))
    if scheme == "s3":
        from hrdata.store.s3 import open_bucket

        return Store(open_bucket(place, is_hurried=is_hurried))
    if scheme in ("http", "https"):
        from hrdata.store.web import open_web

        return Store(open_web(place, is_hurried=is_hurried))
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

    def entries(self, name: str, known: Sequence[Entry] = ()) -> list[Entry]:
        """The log of a package, checked from its first entry to its last; empty if there is none.

        `known` is what was read, and checked, before: it is not read again, but for its last entry.
        Raises `EnvironmentFault` as well when the log is not that one, grown.
        """
        check_name(name)
        # Who may read need not be able to list: then an entry that is lost looks like the end. The listing
        # comes first: what is written after it is read, or is of no account.
        listed: list[str] = []
        with suppress(UsageError, EnvironmentFault):
            listed = self._listed_log(name)
        log = list(known)
        if known:
            self._check_known(name, known[-1])
        self._read_on(name, log)
        return self._without_gap(name, log, listed)

    def releases(self, name: str) -> list[Release]:
        """The releases of a package in the order of the log."""
        return releases_of(self.entries(name))

    def find(self, name: str, specifier: str = "") -> Release:
        """The highest release that a version, or a specifier such as `>=1.2,<2`, asks for; else the latest.

        Previews and yanked releases are found by their exact version only. Raises `UsageError` saying
        which releases there are.
        """
        return find_release(self.releases(name), name, specifier, self.label)

    def read(self, release: Release, path: str) -> bytes:
        """The bytes of a file of a release, once their size and SHA-256 are those it was published with.

        A connection that breaks is taken up where it broke off; a file that comes out wrong is fetched
        once more.
        """
        place = release.place_of(path)
        [file] = [file for file in release.files if file.path == path]
        fault = ""
        for _ in range(2):
            data = read_on(self.objects, place, file.bytes, least=file.bytes)
            fault = "it is not there" if data is None else fault_of_file(file, data)
            if data is not None and not fault:
                return data
        raise EnvironmentFault(
            f"{self.label}: {printable_line(place)}: {fault}; ask who keeps the store to restore it"
        )

    def publish(
        self, name: str, version: str, files: Mapping[str, bytes], *, above: str | None = None
    ) -> Published:
        """Commit a release: until its entry is written, last and at once, nobody sees any of it.

        `files` has the bytes by path, a SHA256SUMS of all others among them. The same content under the
        same version is there already, which is success. `above` is the highest version that there was
        when this one was judged, or nothing if there was none; with None nobody judged. Raises `Conflict`
        when the version has other content, or another one is the highest by now, and `UsageError` when
        the name, the version or the files cannot be those of a release.
        """
        check_name(name)
        check_version(version)
        described = describe_files(files)
        [digest] = [file.sha256 for file in described if file.path == SUMS]
        folder = new_folder(version, digest)
        self._probe(name)

        def decide(log: list[Entry]) -> Entry | Release:
            known = {release.version: release for release in releases_of(log)}
            if version not in known:
                highest = max(known, key=lambda there: parse_version(there).order, default="")
                if above not in (None, highest):
                    raise Conflict(
                        f"{self.label}: {name} {highest} was published meanwhile, and {version} was not "
                        "judged against it; run the same command again"
                    )
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
        return Published(*self._append(name, log, decide, dt.datetime.now(dt.UTC) + COMMIT_WITHIN))

    def yank(self, name: str, version: str, reason: str) -> Release:
        """Mark a release as not to be used any more; it stays where it is.

        Raises `UsageError` when there is no such release, `Conflict` when it has another reason already.
        """
        check_name(name)
        check_reason(reason)

        def decide(log: list[Entry]) -> Entry | Release:
            known = {release.version: release for release in releases_of(log)}
            if version not in known:
                raise no_such_release(self.label, name, version, known.values())
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
        return self._append(name, log, decide, dt.datetime.now(dt.UTC) + COMMIT_WITHIN)[0]

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
        lost = [
            Fault(
                f"{name}/{folder}",
                "unnamed",
                "a whole release that no entry of the log tells of: somebody is publishing it now, or was "
                "interrupted, or the end of the log is lost; ask who published it, or publish it again",
            )
            for folder in self.unnamed(name, log)
        ]
        return [*self._faults_of_files(log), *extra, *lost]

    def unnamed(self, name: str, log: Sequence[Entry] | None = None) -> list[str]:
        """The folders that hold a release in full, of a version that no entry of the log tells of."""
        known = {release.version for release in releases_of(self._whole_log(name) if log is None else log)}
        inside: dict[str, set[str]] = {}
        for thing in self.objects.list(f"{name}/releases/"):
            folder = _leftover_folder(thing.path, name)
            inside.setdefault(folder, set()).add(thing.path.removeprefix(f"{name}/{folder}/"))
        return sorted(
            folder
            for folder, paths in inside.items()
            if told_by_folder(folder)[0] not in {"", *known} and self._is_whole(name, folder, paths)
        )

    def _is_whole(self, name: str, folder: str, paths: Collection[str]) -> bool:
        """Whether a folder holds the files that its SHA256SUMS lists, and that is the one it was made for."""
        try:
            sums = self.objects.read(f"{name}/{folder}/{SUMS}") or b""
            listed = read_sums(sums).keys() | {SUMS}
        except (ValueError, Unreadable):
            return False
        return sha256_of(sums).startswith(told_by_folder(folder)[1]) and listed <= {*paths}

    def verify_release(self, release: Release) -> list[Fault]:
        """Read every file of a release again, and name each that is missing or changed."""
        found = [fault for file in release.files if (fault := self._fault_of_stored(release, file))]
        if found:
            return found
        sums = release.place_of(SUMS)
        complaint = fault_of_sums(self.objects.read(sums), release.files)
        return [Fault(sums, "changed", complaint)] if complaint else []

    def gc(
        self,
        name: str,
        older_than: dt.timedelta = GRACE,
        *,
        even_whole: bool = False,
        is_trial: bool = False,
    ) -> list[str]:
        """Remove what interrupted publishers left, and say what that was: folders, unfinished files, probes.

        What is younger than `older_than` stays, and all of a folder in which anything is: somebody may
        be publishing it. So do, unless told `even_whole`, the `unnamed` folders: it may be the log that lost
        something. With `is_trial` nothing is removed. Raises `EnvironmentFault`, and removes nothing, when
        the log is not whole.
        """
        check_name(name)
        limit = dt.datetime.now(dt.UTC) - older_than
        # The log is read after the listing: what was listed is in it by then, or was not committed.
        listed = list(self.objects.list(f"{name}/"))
        log = self._whole_log(name)
        named = {release.folder for release in releases_of(log)}
        folders = {_leftover_folder(thing.path, name) for thing in listed} - named - {""}
        if not even_whole:
            folders -= {*self.unnamed(name, log)}
        old = [thing.path for thing in listed if is_partial(thing.path) and thing.modified <= limit]
        for folder in sorted(folders):
            old += _all_if_old(self.objects.list(f"{name}/{folder}/"), limit)
        for path in (removed := sorted(set(old))):
            if not is_trial:
                self.objects.delete(path)
        return removed

    def _whole_log(self, name: str) -> list[Entry]:
        """The log of a package, once it is sure that it does not just seem to end where an entry is lost."""
        listed = self._listed_log(name)
        log: list[Entry] = []
        self._read_on(name, log)
        return self._without_gap(name, log, listed)

    def _listed_log(self, name: str) -> list[str]:
        return [thing.path for thing in self.objects.list(f"{name}/log/")]

    def _without_gap(self, name: str, log: list[Entry], listed: list[str]) -> list[Entry]:
        """The log. Raises `BrokenLog` when there are entries beyond its end."""
        if gap := _gap(name, log, listed):
            raise BrokenLog(self.label, gap)
        return log

    def _read_on(self, name: str, log: list[Entry]) -> None:
        """Add to a log what was written since."""
        while (data := self._read_entry(path := path_of_entry(name, len(log) + 1))) is not None:
            try:
                log.append(read_entry(data, log, name))
            except ValueError as fault:
                raise BrokenLog(self.label, Fault(path, "changed", str(fault))) from None

    def _check_known(self, name: str, last: Entry) -> None:
        """Raise `EnvironmentFault` unless the log has an entry that was read before, as it was then."""
        path = path_of_entry(name, last.number)
        if (data := self._read_entry(path)) == last.data:
            return
        what = "is gone" if data is None else "is not the one read before"
        raise ReplacedLog(
            f"{self.label}: {path}: {what}; the log was rolled back or replaced, so ask who keeps the store"
        )

    def _read_entry(self, path: str) -> bytes | None:
        data = read_on(self.objects, path, LARGEST_ENTRY)
        if data is not None and data.lstrip()[:1] == b"<":
            raise EnvironmentFault(
                f"{self.label}: {path}: there is a web page instead of an entry of the log; if it stands for "
                "what is not there, have the server answer 404"
            )
        return data

    def _append(
        self,
        name: str,
        log: list[Entry],
        decide: Callable[[list[Entry]], Entry | Release],
        until: dt.datetime,
    ) -> tuple[Release, bool]:
        """Write the entry that is decided on, and decide anew if somebody else was faster.

        Gives the release that the decision is about in the end, and whether the last entry is ours.
        """
        is_new = False
        while not isinstance(decided := decide(log), Release):
            path = path_of_entry(name, decided.number)
            if dt.datetime.now(dt.UTC) > until:
                raise EnvironmentFault(
                    f"{self.label}: {path} was not written in time: what it is about may have been removed "
                    "by store gc; run the same command again"
                )
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
            with suppress(EnvironmentFault):  # a publisher need not be able to delete: gc finds it
                self.objects.delete(probe)
        if answers != [True, False]:
            raise EnvironmentFault(
                f"{self.label}: it overwrites what is there although told not to (If-None-Match), so two "
                "publishers could destroy each other's release; publish to another kind of store"
            )

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
        except Unreadable as fault:
            return Fault(place, "unreadable", str(fault))
        if size != file.bytes:
            return Fault(place, "changed", f"it has {size:,} bytes, but expected {file.bytes:,}")
        complaint = fault_of_hash(file, digest.hexdigest())
        return Fault(place, "changed", complaint) if complaint else None


class BrokenLog(EnvironmentFault):
    """An entry of a log is not as it was written."""

    def __init__(self, label: str, fault: Fault) -> None:
        super().__init__(f"{label}: {fault.path}: {fault.message}; ask who keeps the store to restore it")
        self.fault = fault


class ReplacedLog(EnvironmentFault):
    """A log is not the one that was read before, grown."""


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
    folder = "/".join(path.removeprefix(f"{name}/").split("/")[:2])
    return folder if told_by_folder(folder)[0] and path.startswith(f"{name}/{folder}/") else ""


def _all_if_old(listed: Iterable[Listed], limit: dt.datetime) -> list[str]:
    """The paths of a folder, or none of them if anything in it is younger."""
    things = list(listed)
    return [thing.path for thing in things] if all(thing.modified <= limit for thing in things) else []


def _size(size: int | None) -> str:
    return "not there" if size is None else f"{size:,} bytes"
