"""Small releases to load, a web server for them, and a connection that breaks."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hrdata.errors import EnvironmentFault
from hrdata.package import bundled_package
from hrdata.store import Listed, Objects

ROOMS = "room_id,seats,opened,heated\n1,12,1946,true\n2,,,false\n"
OWN_SCHEMA = {
    "fields": [
        {"name": "room_id", "type": "integer"},
        {"name": "seats", "type": "integer"},
        {"name": "opened", "type": "string"},
        {"name": "heated", "type": "boolean"},
    ],
    "primaryKey": ["room_id"],
}
TABLES = ("states", "bodies", "votes", "ballots")


def release_of(version: str = "1.0.0", **changed: str) -> dict[str, bytes]:
    """The files of a release: some tables of ours, one of its own, and one file that is no table."""
    bundled = bundled_package()
    files = {f"data/{name}.csv": (bundled / f"data/{name}.csv").read_bytes() for name in TABLES}
    files["data/rooms.csv"] = ROOMS.encode()
    files |= {f"data/{name}.csv": text.encode() for name, text in changed.items()}
    resources: list[dict[str, Any]] = [
        {"name": Path(path).stem, "path": path, **({"schema": OWN_SCHEMA} if "rooms" in path else {})}
        for path in sorted(files)
    ]
    descriptor = {"name": "hrdata", "version": version, "resources": resources}
    files["datapackage.json"] = json.dumps(descriptor).encode()
    files["hrdata.sqlite"] = b"not needed to load"
    lines = (f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    return {**files, "SHA256SUMS": "".join(lines).encode()}


@contextmanager
def served(folder: Path, encrypted: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """The address of a web server for a folder, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            pass

    with running(partial(Handler, directory=str(folder)), encrypted=encrypted) as url:
        yield url, asked


@contextmanager
def running(handler: Any, port: int = 0, encrypted: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a web server."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    if encrypted:
        server.socket = encrypted.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' * bool(encrypted)}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def refusing(url: str, code: int, text: bytes = b"") -> Iterator[None]:
    """A server at an address where one was that answers everything alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with running(Handler, int(url.rpartition(":")[2])):
        yield


@contextmanager
def silent(url: str) -> Iterator[None]:
    """A server at an address where one was that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
        yield


class Breaking:
    """A place whose connection breaks after so many bytes of each stream; it remembers where each began."""

    def __init__(self, objects: Objects, after: int, *, silently: bool = False) -> None:
        self._objects, self._after, self._silently = objects, after, silently
        self.label = objects.label
        self.starts: list[int] = []

    def read(self, path: str) -> bytes | None:
        return self._objects.read(path)

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        self.starts.append(start)
        whole = b"".join(self._objects.stream(path, start))
        yield whole[: self._after]
        if len(whole) > self._after and not self._silently:
            raise EnvironmentFault("the connection broke")

    def put_new(self, path: str, data: bytes) -> bool:
        return self._objects.put_new(path, data)

    def put(self, path: str, data: bytes) -> None:
        self._objects.put(path, data)

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._objects.list(prefix)

    def delete(self, path: str) -> None:
        self._objects.delete(path)


class Held(Breaking):
    """Objects in memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.label = "memory"

    def read(self, path: str) -> bytes | None:
        return self.held.get(path)

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        data = self.held[path]
        yield from (data[at : at + 1] for at in range(start, len(data)))

    def put(self, path: str, data: bytes) -> None:
        self.held[path] = data
