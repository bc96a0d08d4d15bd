"""Where a store keeps its bytes: objects by path, on a disk, in a bucket or behind a web server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Listed:
    """An object that is there: its path, its size in bytes, and when it was written."""

    path: str
    size: int
    modified: dt.datetime


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
