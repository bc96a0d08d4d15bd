"""A store behind a web server, which can only be read."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.store.address import split_address
from hrdata.store.objects import Listed
from hrdata.store.paths import check_path

_PIECE = 256 * 1024

_TIMEOUT = 30.0
"""Seconds in which something has to arrive."""

_HURRIED = 5.0
"""The same when one can do without an answer."""

_WAITS = (0.3, 1.0, 3.0)
"""Seconds to wait before each further try."""

_MISSING = (404, 410)

_PASSING = (408, 429, 500, 502, 503, 504)
"""Answers that may be another one soon."""

_HINTS = {
    401: "give the user and the password: https://USER:PASSWORD@HOST/...",
    403: "ask for the right to read it; if the server says this of what is not there, have it say 404",
}

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class WebObjects:
    """The files below an address, read with GET and nothing else.

    A download that breaks off goes on where it stopped, a bounded number of times. A user and a
    password in the address are sent to that server only, and never shown.
    """

    def __init__(self, place: str, *, timeout: float = _TIMEOUT, waits: Sequence[float] = _WAITS) -> None:
        """Touches no network. Raises `UsageError` if the place is no such address."""
        try:
            parts = split_address(place)
        except ValueError as fault:
            raise UsageError(f"the address of the store {fault}; expected https://HOST/PATH") from None
        host = parts.netloc.rpartition("@")[2]
        self.label = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._headers = {"User-Agent": f"hrdata/{version('hrdata')}"}
        self._secret = _authorization(parts.username, parts.password)
        self._timeout = timeout
        self._waits = waits
        self._opener = urllib.request.build_opener(_Redirects)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None if the server says that there is none (404 or 410)."""
        try:
            return b"".join(self.stream(path))
        except FileNotFoundError:
            return None

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of a file from an offset on, in pieces. Raises `FileNotFoundError` if there is none."""
        check_path(path)
        reading = _Reading(start)
        for wait in (*self._waits, None):
            try:
                with self._open(path, reading.at) as reply:
                    yield from reading.pieces(reply)
                return
            except urllib.error.HTTPError as answer:
                answer.close()
                if answer.code in _MISSING:
                    raise FileNotFoundError(path) from None
                if answer.code == 416 and reading.at == start:  # there is nothing from there on
                    return
                if answer.code not in _PASSING or wait is None:
                    raise self._told(path, _reason_of_answer(answer.code)) from None
            except _Refused as refused:
                raise self._told(path, str(refused)) from None
            except ValueError:  # from urllib, of where a server sends us on to
                raise self._told(path, "the server sends us on to what is no address") from None
            except (OSError, http.client.HTTPException) as fault:
                cause = _cause(fault)
                if wait is None or isinstance(cause, socket.gaierror | ssl.SSLCertVerificationError):
                    raise self._told(path, self._reason(cause)) from None
            time.sleep(wait)

    def put_new(self, path: str, data: bytes) -> bool:  # noqa: ARG002
        """Raises `UsageError`: nothing is written over the web."""
        raise self._read_only()

    def put(self, path: str, data: bytes) -> None:  # noqa: ARG002
        """Raises `UsageError`: nothing is written over the web."""
        raise self._read_only()

    def list(self, prefix: str) -> Iterator[Listed]:  # noqa: ARG002
        """Raises `UsageError`: the web has no listing."""
        raise self._read_only()

    def delete(self, path: str) -> None:  # noqa: ARG002
        """Raises `UsageError`: nothing is removed over the web."""
        raise self._read_only()

    def _open(self, path: str, start: int) -> http.client.HTTPResponse:
        request = urllib.request.Request(f"{self.label}/{quote(path)}", headers=self._headers)  # noqa: S310
        if start:
            request.add_header("Range", f"bytes={start}-")
        if self._secret:
            # Of all headers, this one is not repeated where the server sends us on to.
            request.add_unredirected_header("Authorization", self._secret)
        reply: http.client.HTTPResponse = self._opener.open(request, timeout=self._timeout)
        return reply

    def _told(self, path: str, reason: str) -> EnvironmentFault:
        return EnvironmentFault(f"{self.label}: {printable_line(path)} cannot be read: {reason}")

    def _reason(self, cause: Exception) -> str:
        match cause:
            case socket.gaierror():
                return "no host of that name is found; check the address and the network"
            case ssl.SSLCertVerificationError():
                return f"the certificate of the server is not trusted: {printable_line(cause.verify_message)}"
            case TimeoutError():
                return f"there is no answer for {self._timeout:g} seconds; check the network, or try later"
            case ConnectionRefusedError():
                return "nothing answers there; check the address and the network"
            case ConnectionError() | http.client.HTTPException():
                return "the connection breaks again and again; try later"
            case _:
                return f"{printable_line(str(cause))[:200].lower()}; check the address and the network"

    def _read_only(self) -> UsageError:
        return UsageError(
            f"{self.label} can only be read, and only the package that is named; for anything else give the "
            "folder or the bucket behind it"
        )


class _Refused(Exception):
    """A reply that is of no use, however often one asks."""


class _Reading:
    """How far a file is read, over as many replies as it takes."""

    def __init__(self, start: int) -> None:
        self.at = start
        self._tag: str | None = None

    def pieces(self, reply: http.client.HTTPResponse) -> Iterator[bytes]:
        """What of a reply is not read yet. Raises `ConnectionError` when it breaks off before its end."""
        self._check(reply)
        begin, end = _extent(reply)
        if begin > self.at:
            raise _Refused("the server sends another part than it was asked for; ask who runs it")
        while end is None or begin < end:
            # With a limit: a server may keep the connection open after the last byte.
            piece = reply.read1(_PIECE if end is None else min(_PIECE, end - begin))
            if not piece:
                break
            fresh = piece[max(0, self.at - begin) :]
            begin += len(piece)
            if fresh:
                self.at += len(fresh)
                yield fresh
        if end is not None and begin < end:
            raise ConnectionResetError("ended early")

    def _check(self, reply: http.client.HTTPResponse) -> None:
        """Raise `_Refused` for bytes that are packed, or that are those of another file than before."""
        packed = reply.headers.get("Content-Encoding", "identity")
        if packed.lower() != "identity":
            shown = printable_line(packed)[:50]
            raise _Refused(
                f"the server packs it as {shown} without being asked; have it send the file as it is"
            )
        tag = reply.headers.get("ETag")
        if self._tag and tag and tag != self._tag:
            raise _Refused("it changed while it was read; try again")
        self._tag = tag or self._tag


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Goes where the server sends us on to, but never from an encrypted connection to a plain one."""

    def redirect_request(self, req: urllib.request.Request, *about: Any) -> urllib.request.Request | None:
        target = urlsplit(about[-1])
        if target.scheme != "https" and (target.scheme != "http" or req.type == "https"):
            to = f"{target.scheme}://{target.hostname}"
            raise _Refused(f"the server sends us on to {printable_line(to)}, which is not encrypted")
        return super().redirect_request(req, *about)

    def _follow(self, *about: Any, **named: Any) -> Any:
        try:
            return super().http_error_302(*about, **named)
        except (ValueError, _Refused):
            about[1].close()  # the answer
            raise

    http_error_301 = http_error_302 = http_error_303 = http_error_307 = http_error_308 = _follow


def open_web(place: str, *, is_hurried: bool = False) -> WebObjects:
    """The files at `https://...`, which can only be read. Raises `UsageError` if that is no such address.

    The server is asked once and given a few seconds if one `is_hurried`.
    """
    return WebObjects(place, timeout=_HURRIED, waits=()) if is_hurried else WebObjects(place)


def _authorization(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _extent(reply: http.client.HTTPResponse) -> tuple[int, int | None]:
    """The offset in the file at which a reply begins, and at which the file ends, where it says so."""
    if reply.status == 206:
        found = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
        if not found:
            raise _Refused("the server does not say which part of it it sends; ask who runs it")
        return int(found[1]), int(found[2])
    return 0, reply.length


def _cause(fault: Exception) -> Exception:
    """What urllib wraps."""
    if isinstance(fault, urllib.error.URLError) and isinstance(fault.reason, Exception):
        return fault.reason
    return fault


def _reason_of_answer(code: int) -> str:
    phrase = http.client.responses.get(code, "")
    hint = "the address leads in a circle" if 300 <= code < 400 else "try later, or ask who runs it"
    return f"the server answers {f'{code} {phrase}'.strip()}; {_HINTS.get(code, hint)}"
