"""Which of the releases in a store is meant by a version or a specifier."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hrdata.errors import UsageError
from hrdata.fields import printable_line
from hrdata.store.log import Release
from hrdata.version import parse_version


def find_release(releases: list[Release], name: str, specifier: str, label: str) -> Release:
    """The highest of some releases that a version or a specifier asks for, as `Store.find` has it."""
    if found := _asked_for(releases, specifier.strip()):
        return max(found, key=lambda release: parse_version(release.version).order)
    raise no_such_release(label, name, specifier, releases)


def no_such_release(label: str, name: str, specifier: str, known: Iterable[Release]) -> UsageError:
    """The error that says which releases there are."""
    there = ", ".join(f"{release.version}{' (yanked)' * bool(release.yanked)}" for release in known)
    if not there:
        return UsageError(f"{label}: there is no release of {name}; hrdata releases lists what there is")
    wanted = f"{name} {printable_line(specifier)}".strip()
    return UsageError(f"{label}: there is no release of {wanted}, but {there}")


def _asked_for(releases: list[Release], specifier: str) -> list[Release]:
    """The releases that a specifier allows. Raises `UsageError` if it is none."""
    exact = [release for release in releases if release.version == specifier.removeprefix("==").strip()]
    if exact:
        return exact
    try:
        allowed = SpecifierSet(specifier)
    except InvalidSpecifier:
        if _is_version(specifier):
            return []
        raise UsageError(
            f"{printable_line(specifier)} is neither a version nor a specifier; "
            "expected something like 1.2.0 or >=1.2,<2"
        ) from None
    return [
        release
        for release in releases
        if not release.yanked
        and not (version := parse_version(release.version)).preview
        and allowed.contains(".".join(str(number) for number in version.numbers))
    ]


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except UsageError:
        return False
    return True
