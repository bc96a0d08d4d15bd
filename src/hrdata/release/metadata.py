"""The descriptor to the files by which others cite, register and find a release.

CITATION.cff (Citation File Format 1.2.0), datacite.json (DataCite 4.5) and croissant.json (Croissant
1.0) say the same, since all three come from one reading of the descriptor. What it does not say is
left out; what a format cannot do without, `missing_metadata` names before anything is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hrdata.fields import printable
from hrdata.places import DESCRIPTOR
from hrdata.release.citation import write_citation
from hrdata.release.croissant import describe_dataset
from hrdata.release.datacite import describe_for_datacite
from hrdata.release.described import read_metadata, unnamed_contributors

CITATION, DATACITE, CROISSANT = "CITATION.cff", "datacite.json", "croissant.json"

_LICENCE = '{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}'
_MAKER = '{"title": "Jane Doe", "roles": ["Creator"]}'
_BOTH = '{"title": "Jane Doe", "roles": ["Creator", "Publisher"]}'


def missing_metadata(descriptor: Mapping[str, Any]) -> list[str]:
    """What the descriptor has to say yet before a release can be cited, registered and found.

    Croissant asks for a `homepage` as well. Not all data have one, and its readers do without.

    >>> missing_metadata({"title": "Votes", "description": "Of 1950", "created": "2026-11-22T00:00:00Z"})[0]
    'licenses names no licence, which Croissant requires; add {"name": "CC-BY-4.0", \
"path": "https://creativecommons.org/licenses/by/4.0/"} to licenses in datapackage.json'
    """
    said = read_metadata(descriptor)
    needed = (
        (said.title, "title is empty, which all three formats require", '"title": "Votes on human rights"'),
        (
            said.description,
            "description is empty, which Croissant requires",
            '"description": "How states voted, from the records of the Assembly."',
        ),
        (
            said.created,
            "created is no date and time, which DataCite requires",
            'the day of the release as "created": "2026-11-22T00:00:00Z"',
        ),
        (said.licenses, "licenses names no licence, which Croissant requires", f"{_LICENCE} to licenses"),
        (
            said.creators,
            "contributors names nobody who made the data, which all three formats require",
            f"{_MAKER if said.publisher else _BOTH} to contributors",
        ),
        (
            said.publisher,
            "contributors names no publisher, which DataCite requires",
            f"{_BOTH} to contributors",
        ),
    )
    missing = [f"{fault}; add {shape} in {DESCRIPTOR}" for found, fault, shape in needed if not found]
    return missing + [
        f'contributor {number} has no title; add "title": "Jane Doe" to it in {DESCRIPTOR}'
        for number in unnamed_contributors(descriptor)
    ]


def write_metadata(
    descriptor: Mapping[str, Any], version: str, files: Mapping[str, bytes]
) -> dict[str, bytes]:
    """CITATION.cff, datacite.json and croissant.json of a release, by their paths.

    `files` are the data files of the release by their paths. The bytes depend on nothing else. Where
    `missing_metadata` names something, the file that requires it is written without.
    """
    said = read_metadata(descriptor)
    return {
        CITATION: write_citation(said, version).encode(),
        DATACITE: _as_json(describe_for_datacite(said, version, files)),
        CROISSANT: _as_json(describe_dataset(said, version, descriptor, files)),
    }


def _as_json(value: Any) -> bytes:
    """JSON for people as well: letters as they are, what does not show as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return (re.sub("[^\n -~]", _escaped, text) + "\n").encode()


def _escaped(found: re.Match[str]) -> str:
    return found[0] if printable(found[0]) == found[0] else json.dumps(found[0])[1:-1]
