"""The log of a package's releases: entries that follow each other, each with the hash of the one before.

An entry is one file. Nothing of it can change unnoticed: it states its own hash, it stands as hrdata
writes it, byte by byte, and the next entry states the hash of the file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hrdata.errors import UsageError
from hrdata.fields import printable, printable_line
from hrdata.store.paths import clash_of
from hrdata.version import parse_version

SUMS = "SHA256SUMS"
"""The file of a release that lists all others; its own hash is the digest of the release."""

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
NAME = re.compile("[a-z0-9][a-z0-9._-]*")
"""What the name of a package in a store is made of."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class File(_Part):
    """A file of a release: its path in the release, its size and its SHA-256."""

    path: str
    bytes: int
    sha256: Sha256


class _Entry(_Part):
    format: Literal[1] = 1
    number: int
    previous: Sha256 | None
    name: str
    version: str
    published: str
    seal: str = ""

    @property
    def sealed(self) -> Self:
        """The entry with its own hash."""
        return self.model_copy(update={"seal": sha256_of(_as_text({**self.model_dump(), "seal": ""}))})

    @property
    def data(self) -> bytes:
        """The bytes of the entry's file."""
        return _as_text(self.model_dump())

    @property
    def sha256(self) -> str:
        """The hash of the entry's file, which the next entry states."""
        return sha256_of(self.data)


class ReleaseEntry(_Entry):
    """A version is there, with these files."""

    kind: Literal["release"] = "release"
    digest: Sha256
    folder: str
    files: tuple[File, ...]


class YankEntry(_Entry):
    """A version should not be used any more, for a reason."""

    kind: Literal["yank"] = "yank"
    reason: str


Entry = ReleaseEntry | YankEntry
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[ReleaseEntry | YankEntry, Field(discriminator="kind")])


@dataclass(frozen=True)
class Release:
    """A version of a package in a store.

    `digest` is the SHA-256 of its SHA256SUMS, `folder` where its files are below the package's folder,
    `number` that of its entry in the log, and `yanked` the reason not to use it, or nothing.
    """

    name: str
    version: str
    digest: str
    folder: str
    published: str
    files: tuple[File, ...]
    number: int
    yanked: str = ""

    def place_of(self, path: str) -> str:
        """Where in the store a file of the release is. Raises `UsageError` if it has no such file."""
        if path not in {file.path for file in self.files}:
            raise UsageError(f"{self.name} {self.version} has no file {printable_line(path)}")
        return f"{self.name}/{self.folder}/{path}"


def sha256_of(data: bytes) -> str:
    """The SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _as_text(entry: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(entry, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()


def path_of_entry(name: str, number: int) -> str:
    """Where in a store an entry of a log is.

    >>> path_of_entry("hrdata", 1)
    'hrdata/log/000001.json'
    """
    return f"{name}/log/{number:06d}.json"


_FOLDER = re.compile(r"releases/([^/]+)-([0-9a-f]{16})-[0-9a-f]{8}")


def new_folder(version: str, digest: str) -> str:
    """A folder for a release that nobody has used: what another attempt left can be removed at any time."""
    return f"releases/{version}-{digest[:16]}-{secrets.token_hex(4)}"


def told_by_folder(folder: str) -> tuple[str, str]:
    """The version that the name of a folder tells, and how the digest begins; nothing if it is none of ours.

    >>> told_by_folder("releases/0.1.0-0123456789abcdef-89abcdef")
    ('0.1.0', '0123456789abcdef')
    """
    found = _FOLDER.fullmatch(folder)
    return (found[1], found[2]) if found else ("", "")


def check_name(name: str) -> None:
    """Raise `UsageError` unless a name can be that of a package in a store."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"the name of the package is {printable_line(name) or 'nothing'}, but expected lower-case "
            "letters, digits, dots, hyphens or underscores"
        )


def check_version(version: str) -> None:
    """Raise `UsageError` unless a version can be that of a release."""
    parse_version(version)
    if "+" in version:
        raise UsageError(
            f"the version of the data is {version}, but what follows a plus sign makes no other version; "
            "leave it out of version in datapackage.json"
        )


def check_reason(reason: str) -> None:
    """Raise `UsageError` unless a reason is one line of text."""
    if not reason.strip() or printable(reason) != reason:
        raise UsageError(f"the reason is {printable_line(reason) or 'empty'}, but expected one line of text")


def read_sums(data: bytes) -> dict[str, str]:
    """The paths and hashes that a SHA256SUMS file lists. Raises `ValueError` if it is none.

    >>> read_sums(b"0" * 64 + b"  data/votes.csv" + bytes([10]))["data/votes.csv"][:4]
    '0000'
    """
    lines = data.decode("utf-8").removesuffix("\n").split("\n")
    found = [re.fullmatch("([0-9a-f]{64}) [ *](.+)", line) for line in lines]
    sums = {line[2]: line[1] for line in found if line}
    if len(sums) != len(lines):
        raise ValueError("a line of it is no hash and path, or a path stands twice")
    return sums


def describe_files(files: Mapping[str, bytes]) -> tuple[File, ...]:
    """What an entry says of the files of a release.

    Raises `UsageError` when the files cannot lie in one folder everywhere, or are not those that their
    SHA256SUMS lists.
    """
    if clash := clash_of(sorted(files)):
        raise UsageError(f"a release cannot hold these files: {clash}")
    described = tuple(
        File(path=path, bytes=len(data), sha256=sha256_of(data)) for path, data in sorted(files.items())
    )
    if fault := fault_of_sums(files.get(SUMS), described):
        raise UsageError(f"a release cannot hold these files: {fault}")
    return described


def fault_of_sums(sums: bytes | None, files: Iterable[File]) -> str:
    """How a SHA256SUMS disagrees with the files of its release, or nothing."""
    if sums is None:
        return f"there is no {SUMS}"
    try:
        listed = read_sums(sums)
    except ValueError as fault:
        return f"{SUMS} cannot be read: {printable_line(str(fault))}"
    there = {file.path: file.sha256 for file in files if file.path != SUMS}
    differing = sorted(path for path in listed.keys() | there.keys() if listed.get(path) != there.get(path))
    return f"{SUMS} is wrong about {printable_line(differing[0])}" if differing else ""


def fault_of_file(file: File, data: bytes) -> str:
    """How the bytes of a file differ from what its release says, or nothing.

    >>> fault_of_file(File(path="a", bytes=2, sha256="0" * 64), b"abc")
    'it has 3 bytes, but expected 2'
    """
    if len(data) != file.bytes:
        return f"it has {len(data):,} bytes, but expected {file.bytes:,}"
    return fault_of_hash(file, sha256_of(data))


def fault_of_hash(file: File, observed: str) -> str:
    """How the hash of a file differs from what its release says, or nothing."""
    return "" if observed == file.sha256 else f"it has the SHA-256 {observed}, but expected {file.sha256}"


def releases_of(entries: Iterable[Entry]) -> list[Release]:
    """The releases that a log tells of, in its order."""
    releases: dict[str, Release] = {}
    for entry in entries:
        if isinstance(entry, ReleaseEntry):
            told = {name: getattr(entry, name) for name in Release.__dataclass_fields__ if name != "yanked"}
            releases[entry.version] = Release(**told)
        else:
            old = releases[entry.version]
            releases[entry.version] = Release(**{**vars(old), "yanked": entry.reason})
    return list(releases.values())


def next_place(log: Sequence[Entry], name: str) -> dict[str, Any]:
    """What an entry to be written next says of its place in the log, and when that is."""
    previous = log[-1].sha256 if log else None
    return {"number": len(log) + 1, "previous": previous, "name": name, "published": now()}


def now() -> str:
    """The time, or that of SOURCE_DATE_EPOCH."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = dt.datetime.fromtimestamp(int(said), dt.UTC) if said else dt.datetime.now(dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {printable_line(said)}, but expected whole seconds since 1970"
        ) from None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def read_entry(data: bytes, log: Sequence[Entry], name: str) -> Entry:
    """The next entry of a log, once all that can be known of it is checked.

    Raises `ValueError` saying why it cannot be that.
    """
    try:
        entry = _ENTRY.validate_json(data)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("release", "yank"))
        complaint = printable_line(f"{where}: {first['msg']}" if where else first["msg"])
        raise ValueError(f"it is damaged, or of a later hrdata ({complaint})") from None
    if entry.data != data or entry.sealed != entry:
        raise ValueError("it was changed after it was written")
    previous = log[-1].sha256 if log else None
    if (entry.number, entry.previous, entry.name) != (len(log) + 1, previous, name):
        raise ValueError(
            "it does not follow what is before it: it is of another store, or the log is mixed up"
        )
    if fault := _fault_of_entry(entry, releases_of(log)):
        raise ValueError(fault)
    return entry


def _fault_of_entry(entry: Entry, releases: Iterable[Release]) -> str:
    """What an entry says that no hrdata would have written."""
    known = {release.version: release for release in releases}
    if isinstance(entry, YankEntry):
        is_there = entry.version in known and not known[entry.version].yanked
        return (
            "" if is_there else f"it yanks {printable_line(entry.version)}, which is not there to be yanked"
        )
    if entry.version in known:
        return f"it releases {entry.version} again"
    try:
        check_version(entry.version)
    except UsageError as fault:
        return str(fault)
    paths = [file.path for file in entry.files]
    if clash := clash_of(paths):
        return clash
    has_digest = {(file.path, file.sha256) for file in entry.files} >= {(SUMS, entry.digest)}
    is_sorted = paths == sorted(set(paths))
    if has_digest and is_sorted and told_by_folder(entry.folder) == (entry.version, entry.digest[:16]):
        return ""
    return "its folder, digest and files disagree"
