"""What a release is to CITATION.cff, the Citation File Format 1.2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hrdata.fields import printable
from hrdata.release.described import SPDX, Contributor, Metadata, given, unique


def write_citation(said: Metadata, version: str) -> str:
    """The text of CITATION.cff."""
    return _as_yaml(_citation(said, version))


def _citation(said: Metadata, version: str) -> dict[str, Any]:
    known = [license.title for license in said.licenses if license.title in SPDX]
    others = [license.url for license in said.licenses if license.title not in SPDX and license.url]
    identifiers = [{"type": "other", "value": said.identifier}] if said.identifier else []
    return given(
        {
            "cff-version": "1.2.0",
            "message": "If you use these data, please cite them as follows.",
            "type": "dataset",
            "title": said.title,
            "version": version,
            "date-released": said.created,
            "doi": said.doi,
            "identifiers": identifiers,
            "url": said.homepage,
            "abstract": said.description,
            "authors": unique(_author(person) for person in said.creators),
            "keywords": list(said.keywords),
            "license": known[0] if len(known) == 1 else known,
            "license-url": "" if not others else others[0],
        }
    )


def _author(person: Contributor) -> dict[str, Any]:
    where = {"orcid" if person.has_orcid else "website": person.path}
    if not person.given and not person.family:
        return given({"name": person.name, **where})
    names = {"given-names": person.given, "family-names": person.family}
    return given({**names, "affiliation": person.organization, **where})


def _as_yaml(mapping: Mapping[str, Any], indent: str = "") -> str:
    """A mapping of texts, lists of texts and lists of mappings of texts as YAML."""
    lines: list[str] = []
    for name, value in mapping.items():
        if isinstance(value, str):
            lines.append(f"{indent}{name}: {_quoted(value)}\n")
        else:
            lines += [f"{indent}{name}:\n", *(f"{indent}  - {_item(item, indent)}" for item in value)]
    return "".join(lines)


def _item(item: str | Mapping[str, Any], indent: str) -> str:
    return f"{_quoted(item)}\n" if isinstance(item, str) else _as_yaml(item, f"{indent}    ").lstrip()


def _quoted(text: str) -> str:
    # YAML has every escape that Python writes, so nothing invisible reaches a reader, who may refuse it.
    return '"' + printable(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'
