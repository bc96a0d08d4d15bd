"""Changes of the data to the smallest version that is honest about them.

The rules are those of the Data Package Version recipe
(https://datapackage.org/recipes/data-package-version/), and where it is silent, the rulings of hrdata.
They hold before version 1.0.0 as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from hrdata.changes import Diff, Kind
from hrdata.errors import UsageError
from hrdata.fields import printable_line


class Bump(IntEnum):
    """Which number of the version has to grow; a larger bump covers the smaller ones."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """The bump in one word."""
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """What asks for a bump: a sentence of the recipe, or a ruling of hrdata."""

    bump: Bump
    text: str


def _recipe(bump: Bump, words: str) -> Rule:
    return Rule(bump, f"Data Package Version recipe, {bump}: {words}")


def _ruling(bump: Bump, words: str) -> Rule:
    return Rule(bump, f"hrdata's ruling, {bump}: {words}")


_RENAMED = _recipe(Bump.MAJOR, "change the name or identifier of package, resource or field")
_FIELDS = _recipe(Bump.MAJOR, "add, remove or re-order fields")
_FORM = _recipe(Bump.MAJOR, "change type or format")
_TIGHTENED = _recipe(Bump.MAJOR, "tighten a constraint")
_LOOSENED = _recipe(Bump.MINOR, "loosen a constraint")
_COMBINED = _recipe(Bump.MAJOR, "combine, split, delete or change the meaning of data that others refer to")

RULES: dict[Kind, Rule] = {
    Kind.PACKAGE_RENAMED: _RENAMED,
    Kind.METADATA_CHANGED: _recipe(Bump.PATCH, "change descriptive metadata"),
    Kind.TABLE_ADDED: _recipe(Bump.MINOR, "add a resource"),
    Kind.TABLE_REMOVED: _COMBINED,
    Kind.TABLE_RENAMED: _RENAMED,
    Kind.COLUMN_ADDED: _FIELDS,
    Kind.COLUMN_REMOVED: _FIELDS,
    Kind.COLUMN_RENAMED: _RENAMED,
    Kind.COLUMNS_REORDERED: _FIELDS,
    Kind.TYPE_CHANGED: _FORM,
    Kind.FORMAT_CHANGED: _FORM,
    Kind.CONSTRAINT_TIGHTENED: _TIGHTENED,
    Kind.CONSTRAINT_LOOSENED: _LOOSENED,
    Kind.CONSTRAINT_CHANGED: _TIGHTENED,
    Kind.WORD_ADDED: _ruling(Bump.MINOR, "add a value to a vocabulary"),
    Kind.WORD_REMOVED: _ruling(Bump.MAJOR, "remove a value from a vocabulary"),
    Kind.KEY_CHANGED: _COMBINED,
    Kind.UNIQUE_KEY_ADDED: _TIGHTENED,
    Kind.UNIQUE_KEY_REMOVED: _LOOSENED,
    Kind.REFERENCE_ADDED: _TIGHTENED,
    Kind.REFERENCE_REMOVED: _LOOSENED,
    Kind.REFERENCE_CHANGED: _recipe(Bump.MINOR, "update a reference"),
    Kind.MISSING_VALUES_CHANGED: _COMBINED,
    Kind.FILE_MOVED: _recipe(Bump.NONE, "moving a file is no change"),
    Kind.ONLY_BYTES_DIFFER: _ruling(Bump.NONE, "write the same rows in another way"),
    Kind.ROW_ADDED: _recipe(Bump.MINOR, "add rows"),
    Kind.ROW_REMOVED: _ruling(Bump.MAJOR, "delete a row"),
    Kind.ROW_CHANGED: _recipe(Bump.PATCH, "correct errors"),
    Kind.ROW_FOLLOWING: _recipe(Bump.MINOR, "change data to follow referenced data"),
    Kind.ROW_REKEYED: _ruling(Bump.MAJOR, "change a key value"),
}
"""The rule that each kind of change falls under."""

_VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
MOST_DIGITS = 18


@dataclass(frozen=True)
class Version:
    """A version of Semantic Versioning 2.0.0; what stands behind a plus sign says nothing of its order."""

    numbers: tuple[int, int, int]
    preview: str = ""

    @property
    def order(self) -> tuple[tuple[int, int, int], bool, list[tuple[bool, int, str]]]:
        """What versions are sorted by: a preview comes before its release."""
        parts = self.preview.split(".") if self.preview else []
        return (
            self.numbers,
            not parts,
            [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts],
        )


def parse_version(text: str) -> Version:
    """Read a version such as `1.2.0` or `1.2.0-rc.1`. Raises `UsageError` when it is none.

    >>> parse_version("1.2.0").numbers
    (1, 2, 0)
    """
    found = _VERSION.fullmatch(text)
    if not found or any(len(part) > MOST_DIGITS for part in re.findall("[0-9]+", text)):
        shown = printable_line(text) or "nothing"
        raise UsageError(
            f"the version of the data is {shown}, but expected three numbers such as 1.2.0; "
            "correct version in datapackage.json"
        )
    major, minor, patch, preview = found.groups()
    return Version((int(major), int(minor), int(patch)), preview or "")


def bump_of(kinds: Iterable[Kind]) -> Bump:
    """The smallest bump that covers changes of these kinds."""
    return max((RULES[kind].bump for kind in kinds), default=Bump.NONE)


def smallest_bump(diff: Diff) -> Bump:
    """The smallest bump that is honest about all that differs.

    >>> from hrdata.changes import Change, Side
    >>> side = Side("here", "rooms", "1.0.0")
    >>> str(smallest_bump(Diff(side, side, (Change(Kind.TABLE_ADDED, "seats", new=3),))))
    'minor'
    """
    return bump_of(diff.counts)


def next_version(old: str, bump: Bump) -> str:
    """The version that comes after another. Raises `UsageError` when that is none.

    >>> next_version("0.1.4", Bump.MINOR)
    '0.2.0'
    """
    version = parse_version(old)
    if bump is Bump.NONE:
        return old
    if version.preview:
        # A preview of 2.0.0 leads to 2.0.0, if that step is as large as the bump.
        version = Version(version.numbers)
        if _step_to(version.numbers) >= bump:
            return ".".join(map(str, version.numbers))
    kept = 3 - bump
    numbers = [*version.numbers[:kept], version.numbers[kept] + 1, 0, 0][:3]
    return ".".join(map(str, numbers))


def _step_to(numbers: tuple[int, int, int]) -> Bump:
    """How large a step a release of this number is, by the zeros it ends with."""
    _, minor, patch = numbers
    return Bump.PATCH if patch else Bump.MINOR if minor else Bump.MAJOR


def required_version(diff: Diff) -> str:
    """The smallest version that the new package may honestly have.

    Raises `UsageError` when that of the old package is none.

    >>> from hrdata.changes import Change, Kind, Side
    >>> sides = Side("v1", "votes", "1.0.0"), Side("v2", "votes", "1.0.0")
    >>> required_version(Diff(*sides, changes=(Change(Kind.WORD_ADDED, "votes", "kind", new="motion"),)))
    '1.1.0'
    """
    return next_version(diff.old.version, smallest_bump(diff))


def is_enough(old: str, new: str, bump: Bump) -> bool:
    """Whether a new version is large enough. Raises `UsageError` when one of the two is no version.

    A preview is as large as its release: 2.0.0-rc.1 is a major step from 1.0.0, and 2.0.0-rc.2 may follow it.

    >>> is_enough("0.1.4", "0.2.0", Bump.MINOR), is_enough("0.1.4", "0.1.5", Bump.MINOR)
    (True, False)
    """
    before, now, least = (parse_version(text) for text in (old, new, next_version(old, bump)))
    if bump is Bump.NONE:
        return now.order >= before.order
    # The step is that of the numbers: previews of a version may follow each other before it is out.
    return now.order > before.order and now.numbers >= least.numbers
