"""Where a store keeps its bytes: objects by path, on a disk, in a bucket or behind a web server."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from hrdata.errors import EnvironmentFault


@dataclass(frozen=True)
class Listed:
    """An object that is there: its path, its size in bytes, and when it was written."""

    path: str
    size: int
    modified: dt.datetime


class Unreadable(EnvironmentFault):
    """One object cannot be read, although its place can be reached."""


class Objects(Protocol):
    """Bytes by path. Paths are relative, with forward slashes.

    Every method raises `EnvironmentFault` when the place cannot be reached or refuses; those that write
    raise `UsageError` when the place can only be read.
    """

    @property
    def label(self) -> str:
        """The place as people name it, without any password."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes of an object, or None if there is none."""
        ...

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of an object from an offset on, in pieces. Raises `FileNotFoundError` without one."""
        ...

    def put_new(self, path: str, data: bytes) -> bool:
        """Write an object that is not there yet, durably and all at once; False if there is one already."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write an object, durably and all at once, whether or not there is one."""
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """The objects whose path starts with a prefix that ends with a slash, or all for an empty one."""
        ...

    def delete(self, path: str) -> None:
        """Remove an object; nothing happens if there is none."""
        ...


PAUSES = (0.1, 0.5)
"""How many seconds to wait when a connection breaks, before each time of going on where it broke off."""


def read_on(objects: Objects, path: str, most: int, *, least: int = 0) -> bytes | None:
    """The bytes of an object, or None if there is none; little more than `most`, however many it has.

    A connection that breaks, or ends before `least` bytes have come, is taken up where it broke off, as
    long as more comes.
    """
    data, pauses = bytearray(), iter(PAUSES)
    while True:
        start = len(data)
        try:
            reason = _read_some(objects, path, data, most)
        except FileNotFoundError:
            return None
        if reason is None and len(data) >= least:
            return bytes(data)
        if len(data) > start:
            pauses = iter(PAUSES)
        if (pause := next(pauses, None)) is None:
            if reason is None:
                return bytes(data)
            raise reason
        time.sleep(pause)


def _read_some(objects: Objects, path: str, data: bytearray, most: int) -> EnvironmentFault | None:
    """Add to the bytes of an object what comes of the rest; why it broke off, if it did."""
    try:
        for piece in objects.stream(path, len(data)):
            data += piece
            if len(data) > most:
                break
    except Unreadable:
        raise
    except EnvironmentFault as fault:
        if not data:  # the place has tried more than once itself
            raise
        return fault
    return None
