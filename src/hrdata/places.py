"""Where the files of a package come from: a folder, a zip, or a revision of a git repository."""

from __future__ import annotations

import lzma
import os
import posixpath
import shlex
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from hrdata.errors import EnvironmentFault
from hrdata.git import SCHEME, find_repository, open_revision

DESCRIPTOR = "datapackage.json"
DEFAULTS = ("datapackage", DESCRIPTOR)
"""The package of a folder is one of these in it, when nobody says which."""

MAX_UNPACKED = 4 * 1024**3
"""No member of a zip is unpacked to more bytes than this: a small zip can fill the memory."""


class Files(Protocol):
    """Where the files of a package come from."""

    @property
    def label(self) -> str:
        """The name that people gave the place."""
        ...

    @property
    def base(self) -> str:
        """The folder on disk that the paths start from, or nothing."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes at a path. Raises `FileNotFoundError` or another `OSError`."""
        ...

    def leaves(self, path: str) -> bool:
        """Whether the path leads out of the package, through a link for example."""
        ...


@dataclass(frozen=True)
class Folder:
    """The files below a folder."""

    root: Path
    label: str

    @property
    def base(self) -> str:
        """The folder itself."""
        return str(self.root)

    def read(self, path: str) -> bytes:
        """The bytes of a file of the folder. What is not a plain file, such as a pipe, is not opened."""
        if (file := self.root / path).exists() and not file.is_file():
            raise OSError("it is not a plain file")
        return file.read_bytes()

    def leaves(self, path: str) -> bool:
        """Whether following links ends up outside the folder, or nowhere."""
        try:
            return not (self.root / path).resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):  # a link that leads to itself
            return True


ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What Python's reader of zips raises for one that is damaged, locked or of a later format."""


@dataclass(frozen=True)
class Zip:
    """The files of a zip; `top` is the folder within it that holds the descriptor."""

    archive: zipfile.ZipFile
    label: str
    top: str
    base: str = ""

    def read(self, path: str) -> bytes:
        """The bytes of a member of the zip."""
        try:
            if self.archive.getinfo(self.top + path).file_size > MAX_UNPACKED:
                raise OSError(f"it would unpack to more than {MAX_UNPACKED:,} bytes")
            return self.archive.read(self.top + path)
        except KeyError:
            raise FileNotFoundError(path) from None
        except ZIP_FAULTS as fault:
            raise OSError(str(fault)) from None

    def leaves(self, path: str) -> bool:  # noqa: ARG002
        """Names in a zip lead nowhere else."""
        return False


def reason_of(fault: OSError) -> str:
    """Why a file cannot be read, in small letters."""
    return (fault.strerror or str(fault)).lower()


def open_place(path: Path) -> Files:
    """The files of the package at a folder, its descriptor, a zip or `git:REV[:PATH]`.

    Raises `EnvironmentFault` when there is nothing to look at.
    """
    label = str(path)
    if label.startswith(SCHEME):
        return _open_revision(label)
    try:
        if path.is_dir():
            folder = inner_package(path)
            return Folder(folder, str(folder))
        if path.name == DESCRIPTOR and path.is_file():
            return Folder(path.parent, str(path.parent))
        if path.is_file() and zipfile.is_zipfile(path):
            return _open_zip(path, label)
    except OSError as fault:
        raise EnvironmentFault(f"{label}: cannot be read: {reason_of(fault)}") from None
    except ValueError:
        raise EnvironmentFault(f"{label}: is not the name of a file") from None
    if path.is_file() and _begins_like_a_zip(path):
        raise EnvironmentFault(f"{label}: is a zip that is cut off or damaged; download it again")
    if path.exists():
        raise EnvironmentFault(
            f"{label}: is neither a folder, nor a {DESCRIPTOR}, nor a zip; give the path of a package"
        )
    raise EnvironmentFault(
        f"{label}: does not exist; give the folder, the {DESCRIPTOR} or the zip of a package"
    )


def _begins_like_a_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _open_zip(path: Path, label: str) -> Zip:
    try:
        archive = zipfile.ZipFile(path)
    except (*ZIP_FAULTS, OSError) as fault:
        raise EnvironmentFault(f"{label}: the zip cannot be read: {str(fault).lower()}") from None
    tops = [
        name.removesuffix(DESCRIPTOR) for name in archive.namelist() if PurePosixPath(name).name == DESCRIPTOR
    ]
    return Zip(archive, label, min(tops, key=len, default=""))


def _open_revision(label: str) -> Files:
    """The package of a revision; without a path the one that would be the default here."""
    revision, _, path = label.removeprefix(SCHEME).partition(":")
    place = open_revision(Path(), revision, "", label)
    _, here = find_repository(Path())
    if path:
        # As git has it: from the top of the repository, or from here with a dot in front.
        is_from_here = path.split("/")[0] in (".", "..")
        return replace(place, top=_folder_of(posixpath.join(here if is_from_here else "", path)))
    paths = set(place.paths())
    tops = [_folder_of(PurePosixPath(here, name)) for name in DEFAULTS]
    return replace(place, top=next((top for top in tops if _within(top, DESCRIPTOR) in paths), tops[0]))


def _folder_of(path: str | PurePosixPath) -> str:
    """The folder of a package, given as such or by its descriptor; the top of a repository is empty."""
    path = PurePosixPath(posixpath.normpath(path))
    folder = str(path.parent if path.name == DESCRIPTOR else path)
    return "" if folder == "." else folder


def _within(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def inner_package(folder: Path) -> Path:
    """The folder itself, or the package in it if it is the top of a repository."""
    inner = folder / DEFAULTS[0]
    return inner if not (folder / DESCRIPTOR).exists() and (inner / DESCRIPTOR).is_file() else folder


def name_revision(place: Path | str, beside: Path | str) -> str:
    """The name of a place; a revision without a path gets that of the package beside it, if on disk."""
    name, other = str(place), Path(beside)
    if not name.startswith(SCHEME) or ":" in name.removeprefix(SCHEME) or str(beside).startswith(SCHEME):
        return name
    if not other.exists():
        return name
    _, prefix = find_repository(folder_of(other))
    return f"{name}:{prefix or '.'}"


def folder_of(path: Path) -> Path:
    """The folder on disk that a package is in, or that is nearest to it."""
    if str(path).startswith(SCHEME):
        return Path()
    return path if path.is_dir() else path.parent


def write_file(path: Path, data: bytes) -> None:
    """Write a file, all of it or nothing; what is no plain file, such as a pipe, is written into."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    try:
        _replace_file(Path(os.path.realpath(path)), data)  # a link stays one, also a circular one
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, str(path)) from None


def _replace_file(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".hrdata-", delete=False) as partial:
        try:
            partial.write(data)
            partial.close()
            mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
            os.chmod(partial.name, mode)
            os.replace(partial.name, path)
        except BaseException:
            os.unlink(partial.name)
            raise


def as_command(command: str, path: Path | None) -> str:
    """A command of ours about a place, as one types it.

    >>> as_command("validate", Path("my votes"))
    "hrdata validate 'my votes'"
    """
    return f"hrdata {command}{f' {shlex.quote(str(path))}' if path else ''}"


def _umask() -> int:
    """The rights that new files go without; Python can only tell by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
