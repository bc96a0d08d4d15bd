"""What the descriptor of a package says of it as a whole, read once for all who pass it on."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeGuard

DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/[A-Za-z0-9:/_;.()\[\]-]+)")
"""A DOI as all three formats can hold it."""

_ORCID = re.compile(r"https://orcid\.org/[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_REST = "(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_WEB = re.compile(f"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?([/?]{_REST})?(#{_REST})?")
"""A web address in the letters that RFC 3986 allows there."""

SPDX = frozenset(
    {"CC0-1.0", "MIT", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "OGL-UK-3.0", "Apache-2.0"}
    | {
        f"CC-{terms}-{number}"
        for terms in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
        for number in ("3.0", "4.0")
    }
)
"""Licences of data that the SPDX list and the Citation File Format know by this name."""

MADE = {"creator", "author"}
_PUBLISHED = ("publisher", "distributor", "hostinginstitution")
_OTHERWISE = {
    *_PUBLISHED,
    "contactperson",
    "registrationagency",
    "registrationauthority",
    "rightsholder",
    "sponsor",
}
"""Roles in which one takes part without having made the data."""

_FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/x-parquet",
    ".sqlite": "application/vnd.sqlite3",
    ".zip": "application/zip",
}


@dataclass(frozen=True)
class Contributor:
    """Somebody the descriptor names. `roles` are in lower case; `is_person` where it says so."""

    name: str
    given: str
    family: str
    organization: str
    path: str
    roles: tuple[str, ...]

    @property
    def is_person(self) -> bool:
        return bool(self.given or self.family or self.has_orcid)

    @property
    def has_orcid(self) -> bool:
        return bool(_ORCID.fullmatch(self.path))

    @property
    def sorted_name(self) -> str:
        """The name as lists of references have it, the family's first."""
        return f"{self.family}, {self.given}" if self.given and self.family else self.name


@dataclass(frozen=True)
class Source:
    """Something the data come from, or a licence: what it is called, where it is, which one."""

    title: str
    url: str
    version: str


@dataclass(frozen=True)
class Metadata:
    """What a descriptor says of a package as a whole. Empty where it says nothing of use."""

    name: str
    title: str
    description: str
    created: str
    doi: str
    identifier: str
    homepage: str
    keywords: tuple[str, ...]
    licenses: tuple[Source, ...]
    contributors: tuple[Contributor, ...]
    sources: tuple[Source, ...]

    @property
    def creators(self) -> tuple[Contributor, ...]:
        """Who made the data: those said to be creators or authors, else all who had a hand in it."""
        named = tuple(person for person in self.contributors if MADE & set(person.roles))
        return named or tuple(
            person for person in self.contributors if not person.roles or set(person.roles) - _OTHERWISE
        )

    @property
    def publisher(self) -> Contributor | None:
        """Who publishes the data, in the order of the roles that say so."""
        wanted = (person for role in _PUBLISHED for person in self.contributors if role in person.roles)
        return next(wanted, None)


def read_metadata(descriptor: Mapping[str, Any]) -> Metadata:
    """What a descriptor says, as far as it says it in the right form.

    >>> read_metadata({"title": "Votes", "id": "https://doi.org/10.5281/zenodo.1"}).doi
    '10.5281/zenodo.1'
    """
    identifier = text_of(descriptor, "id")
    doi = DOI.fullmatch(identifier)
    words = descriptor.get("keywords")
    keywords = [word for word in words if _is_given(word)] if isinstance(words, list) else []
    return Metadata(
        name=text_of(descriptor, "name"),
        title=text_of(descriptor, "title"),
        description=text_of(descriptor, "description"),
        created=_date(text_of(descriptor, "created")),
        doi=doi[1] if doi else "",
        identifier="" if doi else identifier,
        homepage=_web(text_of(descriptor, "homepage")),
        keywords=tuple(dict.fromkeys(keywords)),
        licenses=_sources(descriptor, "licenses", "name"),
        contributors=tuple(_contributors(descriptor)),
        sources=_sources(descriptor, "sources", "title"),
    )


def media_type(path: str) -> str:
    """The media type of a file of a release, by the end of its name."""
    return _FORMATS.get(PurePosixPath(path).suffix, "application/octet-stream")


def _is_given(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def text_of(described: Mapping[str, Any], name: str) -> str:
    """The text that a descriptor has under a name; nothing where it is blank or no text."""
    value = described.get(name)
    return value if _is_given(value) else ""


def _web(text: str) -> str:
    return text if _WEB.fullmatch(text) else ""


def _date(moment: str) -> str:
    """The day of a time as RFC 3339 writes it, else nothing."""
    try:
        return dt.datetime.fromisoformat(moment.upper()).date().isoformat()
    except ValueError:
        return ""


def items_of(described: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of the list that a descriptor has under a name; none where it is no list."""
    value = described.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _sources(described: Mapping[str, Any], name: str, title: str) -> tuple[Source, ...]:
    """The sources or licences of a descriptor; `title` is what they are called by first."""
    found = (
        Source(
            text_of(item, title) or text_of(item, "title"),
            _web(text_of(item, "path")),
            text_of(item, "version"),
        )
        for item in items_of(described, name)
    )
    return tuple(dict.fromkeys(source for source in found if source.title or source.url))


def unnamed_contributors(descriptor: Mapping[str, Any]) -> list[int]:
    """Which contributors have no name of any kind, so that nobody can be named for them; from 1 on."""
    listed = descriptor.get("contributors")
    everybody = enumerate(listed if isinstance(listed, list) else [], start=1)
    return [number for number, item in everybody if not isinstance(item, Mapping) or not _name_of(item)]


def _name_of(contributor: Mapping[str, Any]) -> str:
    """What a contributor is called: the title, or else the name that its parts make."""
    parts = (text_of(contributor, "givenName"), text_of(contributor, "familyName"))
    named = text_of(contributor, "title") or " ".join(filter(None, parts))
    return named or text_of(contributor, "organization")


def _roles_of(contributor: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles of a contributor in small letters, however they are spelt: a list or one, also as `role`.

    Version 1 of the standard has `role`. `Hosting Institution` and `hosting-institution` are one.
    """
    listed = contributor.get("roles")
    roles = [*(listed if isinstance(listed, list) else [listed]), contributor.get("role")]
    lower = (re.sub("[ _-]", "", role.lower()) for role in roles if _is_given(role))
    return tuple(dict.fromkeys(lower))


def _contributors(described: Mapping[str, Any]) -> Iterator[Contributor]:
    for item in items_of(described, "contributors"):
        given, family = text_of(item, "givenName"), text_of(item, "familyName")
        organization, path = text_of(item, "organization"), _web(text_of(item, "path"))
        if name := _name_of(item):
            yield Contributor(name, given, family, organization, path, _roles_of(item))


def given(named: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a mapping."""
    return {name: value for name, value in named.items() if value}


def unique(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items without repetition, which the formats forbid."""
    return list({json.dumps(item): item for item in items}.values())
