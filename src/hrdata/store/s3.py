"""A store in a bucket: Amazon S3, or a server that speaks its language and knows conditional writes."""

from __future__ import annotations

import datetime as dt
import mimetypes
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hrdata.errors import EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.store.address import ENDPOINTS, split_address
from hrdata.store.objects import Listed
from hrdata.store.paths import check_path, unsafe_part

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Store

_PLACE = re.compile(r"s3://([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:/([^?#]*))?")

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")

_CLIENT: ClientConfig = {
    "connect_timeout": dt.timedelta(seconds=5),
    # A large file on a slow line may take long, as long as something arrives.
    "read_timeout": dt.timedelta(seconds=30),
    "timeout": dt.timedelta(minutes=10),
}

_RETRY: RetryConfig = {
    "max_retries": 4,
    "retry_timeout": dt.timedelta(minutes=1),
    "backoff": {
        "init_backoff": dt.timedelta(milliseconds=200),
        "max_backoff": dt.timedelta(seconds=5),
        "base": 2,
    },
}

_HURRIED: RetryConfig = {**_RETRY, "max_retries": 0, "retry_timeout": dt.timedelta(seconds=5)}
_SHORT: ClientConfig = {"read_timeout": dt.timedelta(seconds=5), "timeout": dt.timedelta(seconds=5)}
"""The same when one can do without an answer."""

_UPLOADS = 4
"""Parts of 5 MB of a large file that are sent side by side."""

_CONFLICT_WAITS = (0.1, 0.3, 1.0, 3.0)
"""Seconds to wait when another writer is at the same object at this moment."""

_TYPES = mimetypes.MimeTypes()

_HINTS = {
    "AccessDenied": "ask for the right to do this; to tell what is missing from what is forbidden, a reader "
    "needs s3:ListBucket as well",
    "AuthorizationHeaderMalformed": f"set {_REGIONS[0]} to the region of the bucket",
    "ExpiredToken": f"renew the credentials ({', '.join(_KEYS)})",
    "InvalidAccessKeyId": f"check {_KEYS[0]}",
    "InvalidToken": f"check {_KEYS[2]}",
    "NotImplemented": "it has no conditional writes (If-None-Match); publish to another kind of store",
    "NoSuchBucket": "check the name of the bucket, or make it first",
    "PermanentRedirect": f"set {_REGIONS[0]} to the region of the bucket",
    "RequestTimeTooSkewed": "set the clock",
    "SignatureDoesNotMatch": f"check {_KEYS[1]}",
}
"""What to do about the errors of S3 that people meet, by the code that S3 gives them."""

_SIGNS = {
    "Received redirect without LOCATION": f"another region has the bucket; set {_REGIONS[0]}",
    "/latest/": f"there are no credentials; set {_KEYS[0]} and {_KEYS[1]}, "
    "or AWS_SKIP_SIGNATURE=true for a bucket that everybody may read",
    "Connection refused": "nothing answers there; check the address and the network",
    "dns error": "no host of that name is found; check the address and the network",
    "invalid peer certificate": "the certificate of the server is not trusted",
    "TimedOut": "there is no answer in time; check the network",
    "deadline has elapsed": "there is no answer in time; check the network",
}
"""What obstore says where the server says nothing, and what it means."""


class S3Objects:
    """The objects of a bucket whose keys start with a prefix.

    Credentials, region and endpoint are those of the environment, as AWS has them: `AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, or the role of the
    machine. Nothing is ever seen half-written: S3 shows an object once all of it is there.
    """

    def __init__(self, bucket: str, prefix: str = "", *, is_hurried: bool = False) -> None:
        """Touches no network. Raises `EnvironmentFault` for settings that cannot be."""
        self._retry = _HURRIED if is_hurried else _RETRY
        self._client: ClientConfig = {**_CLIENT, **(_SHORT if is_hurried else {})}
        self.label = printable_line("/".join(filter(None, ("s3:/", bucket, prefix))))
        endpoint = _check_environment(os.environ)
        self._server = endpoint or "Amazon S3"
        self._store = self._connect(bucket, prefix, endpoint)

    def read(self, path: str) -> bytes | None:
        """The bytes of an object, or None if there is none."""
        try:
            return b"".join(self.stream(path))
        except FileNotFoundError:
            return None

    def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The bytes of an object from an offset on, in pieces. Raises `FileNotFoundError` without one."""
        check_path(path)
        with self._told(path, "read"):
            try:
                found = self._store.get(path, options={"range": {"offset": start}} if start else {})
            except Exception as fault:
                if _status(fault) == "416":  # there is nothing from there on
                    return
                raise
            for piece in found.stream():
                yield bytes(piece)

    def put_new(self, path: str, data: bytes) -> bool:
        """Write an object that is not there yet, durably and all at once; False if there is one already."""
        check_path(path)
        with self._told(path, "written"):
            for wait in (*_CONFLICT_WAITS, None):
                is_new = self._create(path, data)
                if is_new is not None:
                    return is_new
                if wait is not None:
                    time.sleep(wait)
        raise EnvironmentFault(
            f"{self.label}: {path} cannot be written: others are writing it again and again; try later"
        )

    def put(self, path: str, data: bytes) -> None:
        """Write an object, durably and all at once, whether or not there is one."""
        check_path(path)
        with self._told(path, "written"):
            self._store.put(path, data, attributes=_attributes(path), max_concurrency=_UPLOADS)

    def list(self, prefix: str) -> Iterator[Listed]:
        """The objects below a folder of the store, sorted."""
        if prefix:
            check_path(prefix.rstrip("/"))
        with self._told(prefix, "listed"):
            pages = self._store.list(prefix or None, chunk_size=1000)
            found = [
                Listed(meta["path"], meta["size"], meta["last_modified"]) for page in pages for meta in page
            ]
        yield from sorted(found, key=_path_of)

    def delete(self, path: str) -> None:
        """Remove an object; nothing happens if there is none."""
        check_path(path)
        try:
            with self._told(path, "removed"):
                self._store.delete(path)
        except FileNotFoundError:
            return

    def _connect(self, bucket: str, prefix: str, endpoint: str) -> S3Store:
        from obstore.store import S3Store

        with self._told("", "opened"):
            return S3Store(
                bucket,
                prefix=prefix or None,
                # Not every server has the request that deletes many objects at once.
                config={"disable_bulk_delete": True, **({"endpoint": endpoint} if endpoint else {})},
                client_options={**self._client, "allow_http": endpoint.startswith("http:")},
                retry_config=self._retry,
            )

    def _create(self, path: str, data: bytes) -> bool | None:
        """Whether we wrote an object that was not there, or None if another write was under way."""
        from obstore.exceptions import AlreadyExistsError

        try:
            self._store.put(path, data, attributes=_attributes(path), mode="create")
        except AlreadyExistsError as refused:
            there = self.read(path)
            if there is None:  # 409: somebody else's write or removal was under way, nothing was decided
                return None
            # A request that was sent again may have met what it wrote itself the first time.
            return _was_sent_again(refused) and there == data
        return True

    @contextmanager
    def _told(self, path: str, what: str) -> Iterator[None]:
        """What obstore complains of, in our words; `FileNotFoundError` for an object that is not there."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as fault:
            if _code(fault) != "NoSuchBucket":
                raise FileNotFoundError(path) from None
            raise self._fault(path, what, fault) from None
        except (BaseError, OSError, ValueError) as fault:
            raise self._fault(path, what, fault) from None

    def _fault(self, path: str, what: str, fault: Exception) -> EnvironmentFault:
        shown = printable_line(path) or "the bucket"
        return EnvironmentFault(f"{self.label}: {shown} cannot be {what} at {self._server}: {_reason(fault)}")


def open_bucket(place: str, *, is_hurried: bool = False) -> S3Objects:
    """The objects at `s3://BUCKET/PREFIX`. Nothing is touched yet; a server is asked once if `is_hurried`.

    Raises `UsageError` if that is no such address, or obstore is not installed.
    """
    match = _PLACE.fullmatch(place)
    prefix = (match[2] or "").strip("/") if match else ""
    if not match or (prefix and unsafe_part(prefix)):
        # The address is not repeated: it may hold a password.
        raise UsageError(
            "the address of the store is no bucket; expected s3://BUCKET/PREFIX, with the credentials in "
            f"{_KEYS[0]} and {_KEYS[1]}"
        )
    try:
        import obstore  # noqa: F401
    except ImportError:
        raise UsageError("a store in a bucket needs obstore; install it: pip install 'hrdata[s3]'") from None
    return S3Objects(match[1], prefix, is_hurried=is_hurried)


def _check_environment(environment: Mapping[str, str]) -> str:
    """The address of the server, or nothing for Amazon's.

    Raises `EnvironmentFault` for a value that obstore would give up on without a word that helps.
    """
    for name in (*_KEYS, *_REGIONS, *ENDPOINTS):
        value = environment.get(name, "unset")
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise EnvironmentFault(
                f"{name} is empty or holds a space, a line break or the like; correct it, or unset it"
            )
    name = next((name for name in ENDPOINTS if name in environment), "")
    if not name:
        return ""
    try:
        parts = split_address(environment[name])
    except ValueError as fault:
        raise EnvironmentFault(f"{name} {fault}; expected something like https://s3.example.org") from None
    if parts.username is not None:
        raise EnvironmentFault(f"{name} holds a user; put the credentials into {_KEYS[0]} and {_KEYS[1]}")
    return environment[name]


def _path_of(listed: Listed) -> str:
    return listed.path


def _attributes(path: str) -> dict[str, str]:
    """How a web server, which a bucket may be as well, is to call an object."""
    kind, packed = _TYPES.guess_type(path)
    if not kind or packed:
        return {"Content-Type": "application/octet-stream"}
    return {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}


def _found(pattern: str, fault: Exception) -> str:
    found = re.search(pattern, str(fault))
    return found[1] if found else ""


def _status(fault: Exception) -> str:
    return _found(r"status code: (\d{3})\b", fault)


def _code(fault: Exception) -> str:
    return _found(r"<Code>([A-Za-z0-9.]{1,60})</Code>", fault)


def _was_sent_again(fault: Exception) -> bool:
    return _found(r"\bafter (\d+) retries", fault) not in ("", "0")


def _reason(fault: Exception) -> str:
    """Why a request failed, and what to do.

    The text of obstore has many lines, with what was sent among them: only what is known is taken from it.
    """
    code, status, text = _code(fault), _status(fault), str(fault)
    if code or status:
        hint = _HINTS.get(code or {"403": "AccessDenied"}.get(status, ""), "try later, or ask who runs it")
        return f"it answers {' '.join(filter(None, (status, code)))}; {hint}"
    sign = next((meaning for sign, meaning in _SIGNS.items() if sign in text), "")
    return (
        sign or f"{printable_line(text.splitlines()[0].rpartition(' - ')[2])[:200]}; check the settings AWS_*"
    )
