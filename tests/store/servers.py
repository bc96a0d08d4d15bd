"""Real servers for the tests of the store, on this machine only: two speak S3, one fails on demand."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hrdata.store.s3 import S3Objects

HOST = "127.0.0.1"
KEY, SECRET = "the-key", "the-secret"
BUCKET = "releases"
READY_WITHIN = 40.0
ATTEMPTS = 3

WATCH = """
import subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    sys.stdin.read()
    server.kill()
threading.Thread(target=end, daemon=True).start()
sys.exit(server.wait())
"""
"""Runs a server for as long as its own input is open: if the tests are killed, the server ends as well.

It is killed: what it holds is thrown away anyway, and some take a quarter of a minute to say goodbye."""


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def answers(url: str) -> bool:
    """Whether a server answers, be it with an error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with closing(opener.open(url, timeout=2)):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return answer.code < 500
    except OSError:
        return False


@contextmanager
def running(command: Sequence[str], folder: Path, url: str) -> Iterator[bool]:
    """A server that was started, and whether it answers in time; it is ended afterwards."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", WATCH, *command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + READY_WITHIN
        while not (is_ready := answers(url)) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        yield is_ready
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def weed_command(folder: Path) -> tuple[list[str], int]:
    """SeaweedFS with its S3 gateway, and the port of that."""
    names = ("master", "volume", "filer", "s3")
    ports = free_ports(2 * len(names))
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), "utf-8")
    options = [
        *(f"-{name}.port={port}" for name, port in zip(names, ports[:4], strict=True)),
        *(f"-{name}.port.grpc={port}" for name, port in zip(names, ports[4:], strict=True)),
        f"-dir={folder}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=50",
        "-volume.preStopSeconds=0",
        "-filer",
        f"-filer.localSocket={folder}/filer.sock",
        "-s3",
        f"-s3.localSocket={folder}/s3.sock",
        f"-s3.config={folder}/s3.json",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    return [command_of("weed"), "server", *options], ports[3]


def rclone_command(folder: Path) -> tuple[list[str], int]:
    """rclone serving a folder as S3, and its port. It takes no notice of conditions."""
    (folder / "data" / BUCKET).mkdir(parents=True)
    [port] = free_ports(1)
    options = [f"--addr={HOST}:{port}", f"--auth-key={KEY},{SECRET}", "--config="]
    return [command_of("rclone"), "serve", "s3", str(folder / "data"), *options], port


def command_of(name: str) -> str:
    """Where a program is that was installed from PyPI."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def serve(make_command: Callable[[Path], tuple[list[str], int]]) -> Iterator[str]:
    """The address of a server in a fresh folder. Skips, or fails in CI, if it does not start."""
    for _ in range(ATTEMPTS):  # a port may be taken after all
        # Not in a folder of pytest, whose path is too long for a socket.
        with tempfile.TemporaryDirectory(prefix="hrdata-", ignore_cleanup_errors=True) as name:
            command, port = make_command(Path(name))
            if not Path(command[0]).exists():
                break
            url = f"http://{HOST}:{port}"
            with running(command, Path(name), url) as is_ready:
                if is_ready:
                    yield url
                    return
    missing = f"{make_command.__name__.partition('_')[0]} does not start; it is in the extra test"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


@pytest.fixture(scope="session")
def weed() -> Iterator[str]:
    """The address of a SeaweedFS of this process, which takes about three seconds to start."""
    for url in serve(weed_command):
        with pytest.MonkeyPatch.context() as patched:
            use_server(patched, url)
            S3Objects(BUCKET).put("made", b"1")  # which makes the bucket, and room for more
        yield url


@pytest.fixture(scope="session")
def rclone() -> Iterator[str]:
    """The address of an rclone of this process."""
    yield from serve(rclone_command)


def use_server(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let the environment name a server and its credentials, and nothing else."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        # Whoever has no credentials is to ask nobody but this machine.
        "AWS_METADATA_ENDPOINT": f"http://{HOST}:1",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def empty_place() -> S3Objects:
    """A place of its own in the bucket of the server that the environment names."""
    return S3Objects(BUCKET, secrets.token_hex(8))


@dataclass
class Asked:
    """A request as the server got it."""

    method: str
    path: str
    headers: Message


Answer = Callable[["Handler"], None]


@dataclass
class Site:
    """A web server whose files, and whose faults, a test writes down.

    `answers` are given first, one for each request; then come the files.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    answers: deque[Answer] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers a request as the site has it."""

    protocol_version = "HTTP/1.1"
    site: Site
    left: int | None = None
    """How many bytes of files are sent at most, before the connection breaks."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.site.asked.append(Asked(self.command, self.path, self.headers))
        answer = self.site.answers.popleft() if self.site.answers else send_file
        answer(self)

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def send(self, code: int, data: bytes = b"", **headers: str) -> None:
        """Send an answer; names of headers have a _ for the -."""
        self.send_response(code)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: self.left])

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def hang_up(self) -> None:
        """End the connection at once, so that what is sent is all there will be."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def send_file(handler: Handler, *, knows_ranges: bool = True, tag: str = '"1"') -> None:
    """A file, or the part of it that was asked for."""
    data = handler.site.files.get(handler.path)
    asked = handler.headers.get("Range", "") if knows_ranges else ""
    start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
    if data is None:
        handler.send(404, b"<h1>not there</h1>")
    elif asked and start >= len(data):
        handler.send(416, Content_Range=f"bytes */{len(data)}")
    elif asked:
        of = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.send(206, data[start:], Content_Range=of, ETag=tag)
    else:
        handler.send(200, data, ETag=tag)


def whole(handler: Handler) -> None:
    """The file from its beginning, whatever was asked for."""
    send_file(handler, knows_ranges=False)


def changed(handler: Handler) -> None:
    """A file of another version."""
    send_file(handler, tag='"2"')


def cut(after: int, answer: Answer = send_file) -> Answer:
    """An answer that breaks off after so many bytes of the file."""

    def answering(handler: Handler) -> None:
        handler.left = after
        answer(handler)
        handler.hang_up()

    return answering


def code(number: int, data: bytes = b"", **headers: str) -> Answer:
    """An answer with a code."""
    return lambda handler: handler.send(number, data, **headers)


def stalled(seconds: float, answer: Answer = send_file) -> Answer:
    """An answer that comes late."""

    def answering(handler: Handler) -> None:
        time.sleep(seconds)
        try:
            answer(handler)
        except OSError:  # nobody waits for it any more
            handler.close_connection = True

    return answering


@contextmanager
def serving(site: Site, encrypted: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a site while it is served."""
    handler = type("HandlerOfSite", (Handler,), {"site": site})
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        if encrypted:
            server.socket = encrypted.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"{'https' if encrypted else 'http'}://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A web server of this test."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, HOST)
    site = Site()
    with serving(site) as site.url:
        yield site
