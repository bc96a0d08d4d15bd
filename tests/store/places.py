"""Places for the tests of the store: one in memory, and ones that fail when told to."""

from __future__ import annotations

import ast
import datetime as dt
import errno
import hashlib
import inspect
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from hrdata.errors import EnvironmentFault
from hrdata.store import Listed, Objects, Store, local
from hrdata.store.paths import check_path


class Memory:
    """Objects in memory; `ignores_conditions` writes over what is there, as some servers do."""

    label = "memory"

    def __init__(self, *, ignores_conditions: bool = False) -> None:
        self.held: dict[str, tuple[bytes, dt.datetime]] = {}
        self.ignores_conditions = ignores_conditions

    def read(self, path: str) -> bytes | None:
        check_path(path)
        return self.held[path][0] if path in self.held else None

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        data = self.read(path)
        if data is None:
            raise FileNotFoundError(path)
        yield from (data[at : at + 7] for at in range(start, len(data), 7))

    def put_new(self, path: str, data: bytes) -> bool:
        is_new = self.read(path) is None
        if is_new or self.ignores_conditions:
            self.put(path, data)
        return is_new or self.ignores_conditions

    def put(self, path: str, data: bytes) -> None:
        check_path(path)
        self.held[path] = (data, dt.datetime.now(dt.UTC))

    def list(self, prefix: str) -> Iterator[Listed]:
        for path, (data, modified) in sorted(self.held.items()):
            if path.startswith(prefix):
                yield Listed(path, len(data), modified)

    def delete(self, path: str) -> None:
        check_path(path)
        self.held.pop(path, None)


class Broken:
    """When to fail: at the call of this number, once or ever after, before it is done or after it."""

    def __init__(self, at: int, *, is_for_good: bool = False, is_done: bool = False) -> None:
        self.at, self.is_for_good, self.is_done = at, is_for_good, is_done
        self.calls = 0
        self.has_failed = False

    def call(self, function: Callable[[], Any], fault: Exception) -> Any:
        self.calls += 1
        if not (self.calls == self.at or (self.is_for_good and self.calls > self.at)):
            return function()
        self.has_failed = True
        if self.is_done:
            function()
        raise fault


class Faulty:
    """A place of which a call fails."""

    def __init__(self, objects: Objects, broken: Broken) -> None:
        self.objects, self.broken = objects, broken
        self.label = objects.label

    def _call(self, function: Callable[[], Any]) -> Any:
        return self.broken.call(function, EnvironmentFault("the connection broke"))

    def read(self, path: str) -> bytes | None:
        found: bytes | None = self._call(lambda: self.objects.read(path))
        return found

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        yield from self._call(lambda: list(self.objects.stream(path, start)))

    def put_new(self, path: str, data: bytes) -> bool:
        return bool(self._call(lambda: self.objects.put_new(path, data)))

    def put(self, path: str, data: bytes) -> None:
        self._call(lambda: self.objects.put(path, data))

    def list(self, prefix: str) -> Iterator[Listed]:
        yield from self._call(lambda: list(self.objects.list(prefix)))

    def delete(self, path: str) -> None:
        self._call(lambda: self.objects.delete(path))


@cache
def system_calls() -> set[str]:
    """The functions of `os` that the local store calls, as its source has them."""
    calls = (
        node.func for node in ast.walk(ast.parse(inspect.getsource(local))) if isinstance(node, ast.Call)
    )
    names = {
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id == "os"
    }
    return names - {"fspath"}


class System:
    """The module `os` with every call of the local store told to `call(name, function, arguments)`."""

    def __init__(self, call: Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]) -> None:
        self._call = call
        self._names = system_calls()

    def __getattr__(self, name: str) -> Any:
        function = getattr(os, name)
        if name not in self._names:
            return function
        return lambda *arguments, **_: self._call(name, function, arguments)


def failing_system(broken: Broken, number: int = errno.EIO) -> System:
    """A file system of which a call fails; a file is closed all the same, as Linux does."""

    def call(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        opened: list[Callable[[], None]] = []

        def done() -> Any:
            result = function(*arguments)
            if name == "open":
                opened.append(lambda: os.close(result))
            if name == "scandir":
                opened.append(result.close)
            return result

        try:
            return broken.call(done, OSError(number, os.strerror(number)))
        except OSError:
            if broken.has_failed:
                for close in opened:
                    close()
                if name == "close" and not broken.is_done:
                    function(*arguments)
            raise

    return System(call)


def killing_system(at: int) -> System:
    """A file system at whose call of this number the process is killed."""
    calls = 0

    def call(_: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)

    return System(call)


def use_system(system: System | ModuleType) -> None:
    """Let the local store work on another file system."""
    vars(local)["os"] = system


def release_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a release with their SHA256SUMS."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    return {**files, "SHA256SUMS": sums.encode()}


def content(text: str) -> dict[str, bytes]:
    """The files of a small release."""
    return release_files({"datapackage.json": b"{}\n", "data/votes.csv": text.encode()})


def check_whole(store: Store, name: str, acknowledged: Mapping[str, Mapping[str, bytes]]) -> None:
    """Nothing listed is partial, and nothing that was acknowledged is lost or changed."""
    assert [fault for fault in store.verify(name) if fault.kind != "unnamed"] == []
    releases = {release.version: release for release in store.releases(name)}
    for release in releases.values():
        for file in release.files:
            assert len(store.read(release, file.path)) == file.bytes
    for version, files in acknowledged.items():
        read = {file.path: store.read(releases[version], file.path) for file in releases[version].files}
        assert read == files, version


def leftovers(store: Store, name: str) -> set[str]:
    """What is there and belongs to neither the log nor a release."""
    expected = {f"{name}/log/{number:06d}.json" for number in range(1, len(store.entries(name)) + 1)}
    expected |= {rel.place_of(file.path) for rel in store.releases(name) for file in rel.files}
    return {listed.path for listed in store.objects.list("")} - expected
