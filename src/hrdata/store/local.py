"""A store in a folder: each file is written beside its place, made durable, and then put there at once."""

from __future__ import annotations

import datetime as dt
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import reduce
from operator import or_
from pathlib import Path

from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.places import reason_of
from hrdata.store.objects import Listed, Unreadable
from hrdata.store.paths import PARTIAL, check_path

_PIECE = 1024 * 1024

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""How file systems say that they have no hard links."""

_ABSENT = (FileNotFoundError, NotADirectoryError)

_ATTEMPTS = 10


class Local:
    """The files below a folder, which need not exist yet.

    Nothing is ever seen half-written: a file is linked (`put_new`) or renamed (`put`) to its name once
    its bytes are on the disk, and the folder after it. Links below the folder are refused, so that no
    path leads out of it.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.label = printable_line(os.fspath(root))
        self._root = os.path.abspath(root)
        self.root = Path(self._root).resolve()

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None if there is none."""
        try:
            return b"".join(self.stream(path))
        except FileNotFoundError:
            return None

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of a file from an offset on, in pieces. Raises `FileNotFoundError` if there is none."""
        with self._told(path, "read", missing=FileNotFoundError(path)):
            handle = os.open(self._file(path), _flags("O_RDONLY", "O_NONBLOCK"))
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise OSError(errno.EINVAL, "it is not a plain file")
                os.lseek(handle, start, os.SEEK_SET)
                while piece := os.read(handle, _PIECE):
                    yield piece
            finally:
                os.close(handle)

    def put_new(self, path: str, data: bytes) -> bool:
        """Write a file that is not there yet, durably and all at once; False if there is one already."""
        file = self._file(path)
        with self._told(path, "written"), _written_beside(file, data) as partial:
            is_new = self._link(partial, file)
            # Also if it was there: whoever linked it, or made a folder above it, may have been ended before.
            for folder in self._folders_above(file):
                _sync_folder(folder)
        return is_new

    def put(self, path: str, data: bytes) -> None:
        """Write a file, durably and all at once, whether or not there is one."""
        file = self._file(path)
        with self._told(path, "written"), _written_beside(file, data) as partial:
            os.replace(partial, file)
            _sync_folder(os.path.dirname(file))

    def list(self, prefix: str) -> Iterator[Listed]:
        """The files below a folder of the store, sorted; a link is listed, but not followed."""
        folder = self._file(prefix.rstrip("/")) if prefix else self._root
        with self._told(prefix, "listed"):
            yield from _walk(folder, prefix)

    def delete(self, path: str) -> None:
        """Remove a file and the folders that it leaves empty; nothing happens if there is none."""
        file = self._file(path)
        with self._told(path, "removed"), suppress(*_ABSENT):
            os.unlink(file)
        with suppress(OSError):  # not empty
            while (file := os.path.dirname(file)) != self._root:
                os.rmdir(file)

    def _file(self, path: str) -> str:
        """Where a path of the store is on the disk."""
        check_path(path)
        file = self._root
        for part in path.split("/"):
            file = os.path.join(file, part)
            if os.path.islink(file):
                raise Unreadable(
                    f"{self.label}: {path} leads through a link, but a store is made of plain folders and "
                    "files; put what the link leads to in its place"
                )
        return file

    def _folders_above(self, file: str) -> Iterator[str]:
        """The folders that a file is in, up to the one that holds the store, if that can be looked into."""
        while (file := os.path.dirname(file)) != self._root:
            yield file
        yield self._root
        if os.access(above := os.path.dirname(self._root), os.R_OK):
            yield above

    def _link(self, partial: str, file: str) -> bool:
        """Give a file its name unless there is one of that name; False if there is."""
        try:
            os.link(partial, file)
        except FileExistsError:
            return False
        except OSError as fault:
            if fault.errno not in _NO_LINKS:
                raise
            raise EnvironmentFault(
                f"{self.label}: the file system has no hard links, without which two publishers could "
                "overwrite each other; put the store on another file system, or into a bucket"
            ) from None
        return True

    @contextmanager
    def _told(self, path: str, what: str, missing: OSError | None = None) -> Iterator[None]:
        """What the operating system complains of, in our words; `missing` is raised for what is not there."""
        try:
            yield
        except OSError as fault:
            if missing and isinstance(fault, _ABSENT):
                raise missing from None
            shown = printable_line(path) or "the folder"
            kind = Unreadable if what == "read" else EnvironmentFault
            raise kind(f"{self.label}: {shown} cannot be {what}: {reason_of(fault)}") from fault


def _walk(folder: str, prefix: str) -> Iterator[Listed]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=_sort_key)
    except _ABSENT:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{prefix}{entry.name}/")
            continue
        with suppress(FileNotFoundError):  # somebody else's unfinished file, finished since
            about = entry.stat(follow_symlinks=False)
            modified = dt.datetime.fromtimestamp(about.st_mtime, dt.UTC)
            yield Listed(f"{prefix}{entry.name}", about.st_size, modified)


def _sort_key(entry: os.DirEntry[str]) -> str:
    return f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _flags(*names: str) -> int:
    """Flags of `os.open`; Windows knows some only, and one that others do not."""
    return reduce(or_, (getattr(os, name, 0) for name in (*names, "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")))


@contextmanager
def _written_beside(file: str, data: bytes) -> Iterator[str]:
    """An unfinished file beside another one, with its bytes on the disk; it is gone afterwards."""
    partial = os.path.join(os.path.dirname(file), f"{PARTIAL}{secrets.token_hex(8)}")
    handle = _open_new(partial)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        yield partial
    finally:
        with suppress(OSError):  # what stays is for gc
            os.unlink(partial)


def _open_new(file: str) -> int:
    """Open a file that is not there, in folders that may not be there, or be removed at this moment."""
    for attempt in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            return os.open(file, _flags("O_WRONLY", "O_CREAT", "O_EXCL"), 0o666)
        try:
            _make_folder(os.path.dirname(file))
        except FileNotFoundError:  # a folder above it went, and may have come back since
            if attempt == _ATTEMPTS - 1:
                raise
    raise OSError(errno.EBUSY, "its folder is removed again and again")


def _make_folder(folder: str) -> None:
    """Make a folder and those above it, durably."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return
    except FileNotFoundError:
        if os.path.isdir(above := os.path.dirname(folder)) or os.path.lexists(above):
            raise  # a link that leads nowhere, or a file system that has no new folders
        _make_folder(above)
        _make_folder(folder)
        return
    _sync_folder(os.path.dirname(folder))


def _sync_folder(folder: str) -> None:
    """Make durable which files a folder holds."""
    if os.name == "nt":  # which cannot open a folder, and needs not
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
