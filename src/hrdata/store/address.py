"""What the address of a server may be."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*[.]?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Where the server stands, unless it is Amazon's; the first one that is set counts."""


def split_address(url: str) -> SplitResult:
    """The parts of the address of a server.

    Raises `ValueError`, which says what is wrong without repeating the address: it may hold a password.

    >>> split_address("https://data.example.org/releases").hostname
    'data.example.org'
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("holds a character that has to be written as %XX (or, in a host, as xn--)")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("has a host or a port that cannot be") from None
    if parts.scheme not in ("http", "https") or not host or not _HOST.fullmatch(host):
        raise ValueError("does not begin with https:// or http:// and the name of a host")
    if "?" in url or "#" in url:
        raise ValueError("has a ? or a #")
    return parts
