"""What a path in a store may be, and the names that are ours for what is on its way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import accumulate

from hrdata.errors import UsageError
from hrdata.fields import printable, printable_line

PARTIAL = ".hrdata-"
"""What starts like this is unfinished, or a probe: no release holds it, and gc removes it."""


def is_partial(path: str) -> bool:
    """Whether a path is that of something unfinished.

    >>> is_partial("hrdata/log/.hrdata-5f3a"), is_partial("hrdata/log/000001.json")
    (True, False)
    """
    return any(part.startswith(PARTIAL) for part in path.split("/"))


def unsafe_part(path: str) -> str:
    """What is unsafe about a path, or nothing.

    >>> unsafe_part("data/votes.csv"), unsafe_part("../votes.csv")
    ('', 'leaves the place')
    """
    parts = path.split("/")
    if path.startswith("/") or re.match("[A-Za-z]:", path):
        return "is absolute"
    if "\\" in path or printable(path) != path:
        return "holds a backslash or an invisible character"
    if ".." in parts:
        return "leaves the place"
    if "" in parts or "." in parts:
        return "has an empty part"
    return ""


def check_path(path: str) -> None:
    """Raise `UsageError` unless a path stays inside, whatever kind of place it is used in."""
    if unsafe := unsafe_part(path):
        raise UsageError(
            f"the path {printable_line(path) or '(nothing)'} {unsafe}, "
            "but expected names of folders and a file with forward slashes between them"
        )


def clash_of(paths: Collection[str]) -> str:
    """Why these files cannot lie in one folder of every file system, or nothing.

    >>> clash_of(["data", "data/votes.csv"])
    'data is a file and a folder'
    """
    for path in paths:
        if unsafe := unsafe_part(path):
            return f"{printable_line(path)} {unsafe}"
        if any(part.startswith(".") for part in path.split("/")):
            return f"{path} is hidden"
        if any(_WINDOWS_LACKS.search(part) for part in path.split("/")):
            return f"{path} can be no file on Windows"
    names: dict[str, set[str]] = {}
    for path in paths:
        for name in _names_along(path):
            names.setdefault(_folded(name), set()).add(name)
    for same in names.values():
        if len(same) > 1:
            return f"{' and '.join(sorted(same))} are one name where capitals or accents do not count"
    folders = {above for path in paths for above in _names_along(path)[:-1]}
    return next((f"{path} is a file and a folder" for path in sorted(folders & {*paths})), "")


_WINDOWS_LACKS = re.compile(r'[<>:"|?*]|[. ]\Z|\A(con|prn|aux|nul|com[0-9]|lpt[0-9])([.]|\Z)', re.IGNORECASE)
"""What no part of a path holds on Windows: signs, ends, and the names of devices."""


def _names_along(path: str) -> list[str]:
    """The folders that a path leads through, and the path."""
    return list(accumulate(path.split("/"), "{}/{}".format))


def _folded(path: str) -> str:
    """A path as a file system sees it that tells apart neither capitals nor ways to write an accent."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
