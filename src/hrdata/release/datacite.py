"""What a release is to DataCite, in the JSON of its schema 4.5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hrdata.release.described import DOI, MADE, SPDX, Contributor, Metadata, Source, given, media_type, unique

_DATACITE_ROLES = {
    role.lower(): role
    for role in (
        *("ContactPerson", "DataCollector", "DataCurator", "DataManager", "Distributor", "Editor"),
        *("HostingInstitution", "Producer", "ProjectLeader", "ProjectManager", "ProjectMember"),
        *("RegistrationAgency", "RegistrationAuthority", "RelatedPerson", "Researcher", "ResearchGroup"),
        *("RightsHolder", "Sponsor", "Supervisor", "WorkPackageLeader"),
    )
}


def describe_for_datacite(said: Metadata, version: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The content of datacite.json; `files` are the data files by their paths."""
    volume = sum(map(len, files.values()))
    return given(
        {
            "schemaVersion": "http://datacite.org/schema/kernel-4",
            "doi": said.doi,
            "url": said.homepage,
            "types": {"resourceType": "Data package", "resourceTypeGeneral": "Dataset"},
            "titles": [{"title": said.title}] if said.title else [],
            "creators": unique(_name(person) for person in said.creators),
            "publisher": {"name": said.publisher.name} if said.publisher else {},
            "publicationYear": said.created[:4],
            "version": version,
            "descriptions": _wrapped("description", [said.description], descriptionType="Abstract"),
            "subjects": _wrapped("subject", said.keywords),
            "contributors": list(_contributors(said)),
            "dates": _wrapped("date", [said.created], dateType="Created"),
            "alternateIdentifiers": _wrapped(
                "alternateIdentifier", [said.identifier], alternateIdentifierType="id of the data package"
            ),
            "rightsList": unique(_rights(license) for license in said.licenses),
            "relatedIdentifiers": unique(_related(source) for source in said.sources if source.url),
            "relatedItems": unique(_related_item(source) for source in said.sources if source.title),
            "sizes": [f"{volume} bytes in {len(files)} file{'s' * (len(files) != 1)}"] if files else [],
            "formats": sorted({media_type(path) for path in files}),
        }
    )


def _wrapped(name: str, texts: Sequence[str], **others: str) -> list[dict[str, str]]:
    return [{name: text, **others} for text in texts if text]


def _name(person: Contributor) -> dict[str, Any]:
    scheme = {"nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}
    return given(
        {
            "name": person.sorted_name,
            "nameType": "Personal" if person.is_person else "",
            "givenName": person.given,
            "familyName": person.family,
            "affiliation": _wrapped(
                "name", [person.organization] if person.organization != person.name else []
            ),
            "nameIdentifiers": [{"nameIdentifier": person.path, **scheme}] if person.has_orcid else [],
        }
    )


def _contributors(said: Metadata) -> Iterator[dict[str, Any]]:
    """Who took part in a role other than those that DataCite states apart."""
    for person in said.contributors:
        roles = (role for role in person.roles if role not in {*MADE, "publisher"})
        for role in dict.fromkeys(_DATACITE_ROLES.get(role, "Other") for role in roles):
            yield {**_name(person), "contributorType": role}


def _rights(license: Source) -> dict[str, Any]:
    spdx = {"rightsIdentifier": license.title, "rightsIdentifierScheme": "SPDX"}
    return given(
        {
            "rights": license.title,
            "rightsUri": license.url,
            **(spdx if license.title in SPDX else {}),
        }
    )


def _related(source: Source) -> dict[str, Any]:
    doi = DOI.fullmatch(source.url)
    return {
        "relatedIdentifier": doi[1] if doi else source.url,
        "relatedIdentifierType": "DOI" if doi else "URL",
        "relationType": "IsDerivedFrom",
    }


def _related_item(source: Source) -> dict[str, Any]:
    item: dict[str, Any] = {"relatedItemType": "Other", "relationType": "IsDerivedFrom"}
    item["titles"] = [{"title": source.title}]
    if source.url:
        related = _related(source)
        item["relatedItemIdentifier"] = {
            "relatedItemIdentifier": related["relatedIdentifier"],
            "relatedItemIdentifierType": related["relatedIdentifierType"],
        }
    return given({**item, "edition": source.version})
