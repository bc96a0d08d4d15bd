"""The metadata of a release: what others' readers and validators make of each file."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema  # type: ignore[import-untyped]
import mlcroissant
import polars as pl
import pytest
import rdflib
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3986 import uri_reference
from rfc3986.exceptions import RFC3986Exception
from rfc3986.validators import Validator

from hrdata.package import bundled_package, read_package
from hrdata.places import DESCRIPTOR
from hrdata.release.build import build_release
from hrdata.release.citation import write_citation
from hrdata.release.croissant import _id
from hrdata.release.described import SPDX, Metadata, read_metadata
from hrdata.release.metadata import CITATION, CROISSANT, DATACITE, missing_metadata, write_metadata
from test_report import NASTY

# What readers of others do is their own affair.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index"),
]

VERSION = "1.2.3"
Described = dict[str, Any]

CANONICAL: Described = json.loads((bundled_package() / DESCRIPTOR).read_bytes())
CANONICAL_FILES = {
    resource["path"]: (bundled_package() / resource["path"]).read_bytes()
    for resource in CANONICAL["resources"]
}


def packaged(module: str, path: str) -> Any:
    """A JSON Schema that a validator's own distribution carries."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return json.loads((Path(spec.origin).parent / path).read_bytes())


CFF_SCHEMA = packaged("check_jsonschema", "builtin_schemas/vendor/citation-file-format.json")
DATACITE_SCHEMA = packaged("datacite", "schemas/datacite-v4.5.json")


WEB = jsonschema.FormatChecker(["date"])
URI = (
    Validator()
    .require_presence_of("scheme", "host")
    .check_validity_of("scheme", "host", "path", "query", "fragment")
)


def is_uri(value: object) -> bool:
    URI.validate(uri_reference(str(value)))
    return True


WEB.checks("uri", raises=RFC3986Exception)(is_uri)


def valid_cff(text: bytes) -> Described:
    read: Described = yaml.safe_load(text)
    jsonschema.Draft7Validator(CFF_SCHEMA, format_checker=WEB).validate(read)
    return read


def valid_datacite(text: bytes) -> Described:
    read: Described = json.loads(text)
    jsonschema.Draft201909Validator(DATACITE_SCHEMA, format_checker=WEB).validate(read)
    return read


def a_table(name: str, *fields: Mapping[str, Any] | str, **schema: Any) -> Described:
    described = [{"name": field, "type": "string"} if isinstance(field, str) else field for field in fields]
    return {"name": name, "path": f"data/{name}.csv", "schema": {"fields": described, **schema}}


def reference(column: str, resource: str, key: str) -> Described:
    return {"fields": [column], "reference": {"resource": resource, "fields": [key]}}


JANE = {"givenName": "Jane", "familyName": "Doe", "organization": "A Chair", "roles": ["Creator", "Editor"]}
PRESS = {"title": "A Press", "path": "https://example.org/press", "roles": ["Publisher"]}


def a_descriptor(**changed: Any) -> Described:
    """A descriptor that says all there is to say."""
    return {
        "name": "votes",
        "title": "Votes of the Assembly",
        "description": "How states voted.",
        "created": "2026-11-22T23:30:00-05:00",
        "homepage": "https://example.org/votes",
        "id": "https://doi.org/10.5281/zenodo.1234567",
        "keywords": ["votes", "states"],
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "contributors": [{**JANE, "path": "https://orcid.org/0000-0002-1825-0097"}, PRESS],
        "sources": [{"title": "The record", "path": "https://example.org/record", "version": "1999"}],
        "resources": [
            a_table("states", "state", "iso2", {"name": "members", "type": "integer"}, primaryKey="state"),
            a_table(
                "votes",
                "vote",
                "state",
                primaryKey=["vote", "state"],
                foreignKeys=[reference("state", "states", "state")],
            ),
        ],
    } | changed


FILES = {
    "data/states.csv": b"state,iso2,members\nNAM,NX,\nFRA,FR,3\n",
    "data/votes.csv": b"vote,state\nv1,FRA\nv2,NAM\n",
}


def written(files: Mapping[str, bytes] = FILES, **changed: Any) -> dict[str, bytes]:
    return write_metadata(a_descriptor(**changed), VERSION, files)


def dataset(folder: Path, release: Mapping[str, bytes]) -> Any:
    """A release as the reference reader of Croissant loads it from a folder; it complains of nothing."""
    for path, data in release.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    loaded = mlcroissant.Dataset(str(folder / CROISSANT))
    assert loaded.metadata.ctx.issues.report() == ""
    return loaded


def records(loaded: Any, table: str) -> list[dict[str, Any]]:
    def plain(value: Any) -> Any:
        return value.decode() if isinstance(value, bytes) else value

    return [
        {name.rpartition("/")[2]: plain(value) for name, value in record.items()}
        for record in loaded.records(table)
    ]


# Each file stands before its own validator


def test_each_file_of_a_full_descriptor_satisfies_its_validator(tmp_path: Path) -> None:
    made = written()
    assert sorted(made) == sorted([CITATION, DATACITE, CROISSANT])
    valid_cff(made[CITATION])
    valid_datacite(made[DATACITE])
    dataset(tmp_path, FILES | made)


def test_the_canonical_package_has_valid_metadata(tmp_path: Path) -> None:
    made = write_metadata(CANONICAL, VERSION, CANONICAL_FILES)
    assert valid_cff(made[CITATION])["title"] == CANONICAL["title"]
    published = CANONICAL | {"contributors": [*CANONICAL["contributors"], PRESS]}
    release = write_metadata(published, VERSION, CANONICAL_FILES)
    assert valid_datacite(release[DATACITE])["version"] == VERSION
    loaded = dataset(tmp_path, CANONICAL_FILES | release)
    assert [table.name for table in loaded.metadata.record_sets] == [
        resource["name"] for resource in CANONICAL["resources"]
    ]


@pytest.mark.slow
def test_the_reference_reader_reads_every_table_of_a_release_as_it_stands(tmp_path: Path) -> None:
    package = read_package(bundled_package())
    loaded = dataset(tmp_path, build_release(package, VERSION, changelog=""))
    for table in package.tables:
        path = package.resources[table]["path"]
        rows = pl.read_csv(io.BytesIO(CANONICAL_FILES[path]), infer_schema=False).to_dicts()
        found = [{name: as_cell(value) for name, value in row.items()} for row in records(loaded, table)]
        assert found == rows


def as_cell(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def test_the_validator_of_the_format_itself_passes_all_citations(tmp_path: Path) -> None:
    texts = [*NASTY.values(), "Votes"]
    for number, text in enumerate(texts):
        contributors = [{"title": text}, {"givenName": text, "familyName": text}]
        made = written(title=text, description=text, keywords=[text], contributors=contributors)
        (tmp_path / f"{number}.cff").write_bytes(made[CITATION])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    files = [str(path) for path in tmp_path.iterdir()]
    run = subprocess.run(
        [*command, "--default-filetype", "yaml", *files], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]


# All say the same


def test_the_three_files_say_the_same() -> None:
    made = written()
    cff, datacite = valid_cff(made[CITATION]), valid_datacite(made[DATACITE])
    croissant = json.loads(made[CROISSANT])
    assert cff["title"] == datacite["titles"][0]["title"] == croissant["name"] == "Votes of the Assembly"
    assert cff["version"] == datacite["version"] == croissant["version"] == VERSION
    assert cff["date-released"] == datacite["dates"][0]["date"] == croissant["datePublished"] == "2026-11-22"
    assert cff["doi"] == datacite["doi"] == "10.5281/zenodo.1234567"
    assert croissant["identifier"] == "https://doi.org/10.5281/zenodo.1234567"
    assert cff["url"] == datacite["url"] == croissant["url"] == "https://example.org/votes"
    assert cff["keywords"] == [item["subject"] for item in datacite["subjects"]] == croissant["keywords"]
    assert datacite["publicationYear"] == "2026"
    assert "identifiers" not in cff
    assert "alternateIdentifiers" not in datacite


def test_a_person_is_named_by_parts_and_the_publisher_is_no_author() -> None:
    made = written()
    orcid = "https://orcid.org/0000-0002-1825-0097"
    author = {"given-names": "Jane", "family-names": "Doe", "affiliation": "A Chair", "orcid": orcid}
    assert valid_cff(made[CITATION])["authors"] == [author]
    datacite = valid_datacite(made[DATACITE])
    [creator] = datacite["creators"]
    assert (creator["name"], creator["nameType"]) == ("Doe, Jane", "Personal")
    assert creator["affiliation"] == [{"name": "A Chair"}]
    assert creator["nameIdentifiers"][0]["nameIdentifier"] == orcid
    assert datacite["publisher"] == {"name": "A Press"}
    assert [(item["name"], item["contributorType"]) for item in datacite["contributors"]] == [
        ("Doe, Jane", "Editor")
    ]
    croissant = json.loads(made[CROISSANT])
    assert [item["@type"] for item in croissant["creator"] + croissant["publisher"]] == [
        "sc:Person",
        "sc:Organization",
    ]
    assert croissant["citeAs"] == (
        "Doe, Jane (2026). Votes of the Assembly (version 1.2.3) [Data set]. A Press. "
        "https://doi.org/10.5281/zenodo.1234567"
    )


@pytest.mark.parametrize(
    ("contributors", "creators", "publisher"),
    [
        ([{"title": "A"}, {"title": "B", "roles": ["publisher"]}], ["A"], "B"),
        ([{"title": "A", "roles": ["DataCurator", "Publisher"]}], ["A"], "A"),
        ([{"title": "A", "roles": ["DataCurator"]}, {"title": "B", "roles": ["Creator"]}], ["B"], None),
        ([{"title": "A", "role": "author"}, {"title": "B", "role": "publisher"}], ["A"], "B"),
        ([{"title": "A", "roles": ["Sponsor", "HostingInstitution"]}], [], "A"),
        ([{"title": "A", "roles": ["Distributor"]}, {"title": "B", "roles": ["Publisher"]}], [], "B"),
        ([{"organization": "A"}, {"givenName": "B"}, {"email": "c@example.org"}], ["A", "B"], None),
        ([{"title": "A", "roles": "Creator"}, {"title": "B", "role": "Publisher"}], ["A"], "B"),
        ([{"title": "A", "roles": ["Creator"], "role": "publisher"}], ["A"], "A"),
        ([{"title": "A", "roles": ["hosting institution"]}, {"title": "B"}], ["B"], "A"),
        ([{"title": "A", "roles": ["Hosting-Institution", 5, ""]}], [], "A"),
        ("A", [], None),
        ([None, "A", {"title": 7}, {"title": " "}], [], None),
    ],
)
def test_roles_say_who_made_and_who_publishes(
    contributors: object, creators: list[str], publisher: str | None
) -> None:
    said = read_metadata({"contributors": contributors})
    assert [person.name for person in said.creators] == creators
    assert (said.publisher.name if said.publisher else None) == publisher


def test_sources_are_what_the_data_are_derived_from() -> None:
    sources = [
        {"title": "The record", "path": "https://example.org/record", "version": "1999"},
        {"title": "An article", "path": "https://doi.org/10.1000/182"},
        {"title": "A letter"},
        {"path": "https://example.org/untitled"},
        {"title": "A file", "path": "raw/file.pdf"},
        {"title": "A letter"},
    ]
    datacite = valid_datacite(written(sources=sources)[DATACITE])
    assert [
        (item["relatedIdentifierType"], item["relatedIdentifier"]) for item in datacite["relatedIdentifiers"]
    ] == [
        ("URL", "https://example.org/record"),
        ("DOI", "10.1000/182"),
        ("URL", "https://example.org/untitled"),
    ]
    items = datacite["relatedItems"]
    assert [item["titles"][0]["title"] for item in items] == [
        "The record",
        "An article",
        "A letter",
        "A file",
    ]
    assert items[0]["edition"] == "1999"
    assert items[1]["relatedItemIdentifier"]["relatedItemIdentifier"] == "10.1000/182"


def test_what_is_said_twice_is_written_once() -> None:
    resolvers = ("https://doi.org", "http://dx.doi.org")
    twice = [{"title": "T", "path": f"{resolver}/10.1000/182"} for resolver in resolvers]
    made = written(keywords=["a", "a", 7, ""], sources=twice, contributors=[PRESS, JANE, JANE])
    assert valid_cff(made[CITATION])["keywords"] == ["a"]
    datacite = valid_datacite(made[DATACITE])
    assert [len(datacite[name]) for name in ("relatedIdentifiers", "relatedItems", "creators")] == [1, 1, 1]


def test_what_is_no_web_address_is_given_as_none() -> None:
    contributors = [PRESS, {"organization": "A Chair", "path": "../chair"}]
    made = written(
        homepage="ask the office", contributors=contributors, licenses=[{"path": "LICENSE", "name": "X"}]
    )
    cff, datacite = valid_cff(made[CITATION]), valid_datacite(made[DATACITE])
    assert cff["authors"] == datacite["creators"] == [{"name": "A Chair"}]
    assert not {"url", "license", "license-url"} & set(cff)
    assert "url" not in datacite
    assert "url" not in json.loads(made[CROISSANT])


@pytest.mark.parametrize(
    ("licenses", "known", "url"),
    [
        ([{"name": "CC-BY-4.0", "path": "https://example.org/by"}], "CC-BY-4.0", None),
        ([{"name": "CC-BY-4.0"}, {"name": "MIT"}], ["CC-BY-4.0", "MIT"], None),
        ([{"name": "OGL-Canada-2.0", "path": "https://example.org/ogl"}], None, "https://example.org/ogl"),
        ([{"title": "As we please", "path": "LICENSE.txt"}], None, None),
    ],
)
def test_a_licence_is_named_where_the_format_knows_it(
    licenses: list[Described], known: object, url: str | None
) -> None:
    made = written(licenses=licenses)
    cff, datacite = valid_cff(made[CITATION]), valid_datacite(made[DATACITE])
    assert (cff.get("license"), cff.get("license-url")) == (known, url)
    assert len(datacite["rightsList"]) == len(json.loads(made[CROISSANT])["license"]) == len(licenses)
    has_spdx = ["rightsIdentifier" in item for item in datacite["rightsList"]]
    assert has_spdx == [license.get("name") in SPDX for license in licenses]


def test_every_licence_named_here_is_one_that_the_format_knows() -> None:
    assert set(CFF_SCHEMA["definitions"]["license-enum"]["enum"]) >= SPDX


@pytest.mark.parametrize(
    ("identifier", "doi"),
    [
        ("10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("doi:10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("http://dx.doi.org/10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("10.5281/zenodo 1", None),
        ("https://example.org/10.5281/zenodo.1", None),
        ("b03ec84e-77fd-4270-813b-0c698943f7ce", None),
    ],
)
def test_only_a_doi_is_given_as_one(identifier: str, doi: str | None) -> None:
    made = written(id=identifier)
    cff, datacite = valid_cff(made[CITATION]), valid_datacite(made[DATACITE])
    assert cff.get("doi") == datacite.get("doi") == doi
    if doi is None:
        assert cff["identifiers"] == [{"type": "other", "value": identifier}]
        assert datacite["alternateIdentifiers"][0]["alternateIdentifier"] == identifier


def test_what_is_not_known_is_left_out() -> None:
    made = write_metadata({}, VERSION, {})
    assert set(yaml.safe_load(made[CITATION])) == {"cff-version", "message", "type", "version"}
    assert set(json.loads(made[DATACITE])) == {"schemaVersion", "types", "version"}
    croissant = json.loads(made[CROISSANT])
    assert (croissant["distribution"], croissant["recordSet"]) == ([], [])
    assert not {"url", "identifier", "creator", "publisher", "license", "name"} & set(croissant)


# What has to be known


def test_a_full_descriptor_lacks_nothing_and_an_empty_one_all() -> None:
    assert missing_metadata(a_descriptor()) == []
    assert [sentence.split()[0] for sentence in missing_metadata({})] == [
        *("title", "description", "created", "licenses", "contributors", "contributors")
    ]


def test_following_what_is_said_to_be_missing_leaves_nothing_missing() -> None:
    """Each sentence has what to write, and where."""
    descriptor: Described = {}
    while missing := missing_metadata(descriptor):
        shape = missing[0].partition("; add ")[2].removesuffix(" in datapackage.json")
        if named := re.fullmatch(r"(?:.* as )?(\"\w+\": .*)", shape):
            descriptor |= json.loads(f"{{{named[1]}}}")
        else:
            item, _, name = shape.partition(" to ")
            descriptor.setdefault(name, []).append(json.loads(item))
    assert descriptor.keys() == {"title", "description", "created", "licenses", "contributors"}
    valid_datacite(written(**descriptor)[DATACITE])


def test_who_has_no_name_is_told_so() -> None:
    people = [{"title": "A", "roles": ["Creator", "Publisher"]}, {"name": "B"}, {"givenName": "C"}, "D", {}]
    assert missing_metadata(a_descriptor(contributors=people)) == [
        f'contributor {number} has no title; add "title": "Jane Doe" to it in datapackage.json'
        for number in (2, 4, 5)
    ]


@pytest.mark.parametrize("name", ["title", "created", "contributors"])
def test_what_a_validator_refuses_to_do_without_is_named_as_missing(name: str) -> None:
    descriptor = a_descriptor(**{name: None})
    made = write_metadata(descriptor, VERSION, FILES)
    assert missing_metadata(descriptor) != []
    with pytest.raises(jsonschema.ValidationError):
        valid_datacite(made[DATACITE])


@pytest.mark.parametrize("name", ["id", "homepage", "keywords", "sources", "resources", "name"])
def test_what_is_not_missing_need_not_be_there(tmp_path: Path, name: str) -> None:
    descriptor = a_descriptor()
    del descriptor[name]
    assert missing_metadata(descriptor) == []
    made = write_metadata(descriptor, VERSION, FILES)
    valid_cff(made[CITATION])
    valid_datacite(made[DATACITE])
    dataset(tmp_path, FILES | made)


def test_the_day_is_that_of_the_zone_the_descriptor_names() -> None:
    for created in ("2026-11-22T23:30:00-05:00", "2026-11-22t00:00:00z", "2026-11-22T01:00:00.5+09:00"):
        assert read_metadata({"created": created}).created == "2026-11-22"


@pytest.mark.parametrize(
    "created", ["yesterday", "2026-02-30T00:00:00Z", "", 2026, None, "0000-01-01T00:00:00Z"]
)
def test_a_day_that_does_not_exist_is_missing(created: object) -> None:
    [sentence] = missing_metadata(a_descriptor(created=created))
    assert sentence.startswith("created")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*a_descriptor(), "fields", "schema", "path", "roles"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(changed=st.dictionaries(st.sampled_from(sorted(a_descriptor())), JSON, max_size=4))
def test_a_descriptor_of_any_form_is_written_or_said_to_lack_something(changed: Described) -> None:
    descriptor = a_descriptor(**changed)
    made = write_metadata(descriptor, VERSION, FILES)
    json.loads(made[CROISSANT])
    if not missing_metadata(descriptor):
        valid_cff(made[CITATION])
        valid_datacite(made[DATACITE])


# Texts come back as they were

TEXTS = st.text(min_size=1, max_size=30).filter(str.strip) | st.sampled_from(sorted(NASTY.values()))


def are_read_back(text: str) -> None:
    assert text.strip()
    made = written(
        title=text,
        description=text,
        keywords=[text],
        contributors=[{"title": text}, {"title": text, "roles": ["Publisher"]}],
        sources=[{"title": text}],
    )
    cff, datacite = valid_cff(made[CITATION]), valid_datacite(made[DATACITE])
    assert [cff["title"], cff["abstract"], *cff["keywords"], cff["authors"][0]["name"]] == [text] * 4
    assert datacite["titles"][0]["title"] == datacite["descriptions"][0]["description"] == text
    assert datacite["creators"][0]["name"] == datacite["publisher"]["name"] == text
    assert datacite["relatedItems"][0]["titles"][0]["title"] == text
    croissant = json.loads(made[CROISSANT])
    assert croissant["name"] == croissant["description"] == croissant["creator"][0]["name"] == text


@pytest.mark.parametrize("name", [name for name in NASTY if NASTY[name].strip()])
def test_every_nasty_text_comes_back_as_it_was(name: str) -> None:
    are_read_back(NASTY[name])


@given(text=TEXTS)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    are_read_back(text)


def from_graph(text: bytes) -> dict[str, set[str]]:
    """The title, description and names in a graph as rdflib reads it from JSON-LD."""
    graph = rdflib.Graph().parse(data=text, format="json-ld")
    schema = rdflib.Namespace("https://schema.org/")
    [root] = graph.subjects(rdflib.RDF.type, schema.Dataset)
    return {
        "name": {str(value) for value in graph.objects(root, schema.name)},
        "description": {str(value) for value in graph.objects(root, schema.description)},
        "creator": {
            str(value)
            for creator in graph.objects(root, schema.creator)
            for value in graph.objects(creator, schema.name)
        },
    }


@settings(max_examples=30)
@given(text=TEXTS)
def test_a_reader_of_linked_data_has_every_text_as_it_was(text: str) -> None:
    made = written(title=text, description=text, contributors=[{"title": text}])
    assert from_graph(made[CROISSANT]) == {"name": {text}, "description": {text}, "creator": {text}}


@pytest.mark.parametrize("name", [name for name in NASTY if name != "a lone surrogate"])
def test_the_reference_reader_has_every_nasty_text_as_it_was(tmp_path: Path, name: str) -> None:
    # It cannot hold half a character at all; such a descriptor does not pass the check PKG101.
    text = NASTY[name]
    made = written(title=text, description=text, contributors=[{"title": text}])
    read = dataset(tmp_path, FILES | made).metadata
    assert [read.name, read.description, read.creators[0].name] == [text] * 3


def test_every_file_has_letters_as_they_are() -> None:
    assert all("Vœux de l’État" in data.decode() for data in written(title="Vœux de l’État").values())


def test_no_file_holds_what_does_not_show() -> None:
    text = "".join(NASTY.values())
    made = written(title=text, description=text, keywords=[text], contributors=[{"title": text}])
    for data in made.values():
        assert data.decode().replace("\n", "").isprintable()


# Files and tables in Croissant


def test_every_file_is_there_with_its_size_and_hash() -> None:
    files = FILES | {"votes.sqlite": b"\x00\x01", "parquet/votes.parquet": b"PAR1", "notes": b""}
    croissant = json.loads(written(files)[CROISSANT])
    found = {item["contentUrl"]: item for item in croissant["distribution"]}
    assert list(found) == sorted(files)
    for path, data in files.items():
        assert found[path]["sha256"] == hashlib.sha256(data).hexdigest()
        assert found[path]["contentSize"] == f"{len(data)} B"
    assert found["data/votes.csv"]["encodingFormat"] == "text/csv"
    assert found["notes"]["encodingFormat"] == "application/octet-stream"
    datacite = valid_datacite(written(files)[DATACITE])
    assert datacite["sizes"] == [f"{sum(map(len, files.values()))} bytes in 5 files"]
    assert datacite["formats"] == sorted({item["encodingFormat"] for item in found.values()})


@pytest.mark.parametrize(
    "path", ["data/a b.csv", "data/100%.csv", "a:b.csv", "data/#1?.csv", "data/Vœux.csv"]
)
def test_the_address_of_a_file_leads_to_it(path: str) -> None:
    [told] = json.loads(written({path: b"x"})[CROISSANT])["distribution"]
    assert (told["name"], unquote(told["contentUrl"])) == (path, path)
    reference = uri_reference(told["contentUrl"])
    Validator().check_validity_of("path").validate(reference)
    assert (reference.scheme, reference.query, reference.fragment) == (None, None, None)
    assert told["contentUrl"].isascii()


def test_the_reference_reader_reads_the_rows_from_the_csv_beside_it(tmp_path: Path) -> None:
    loaded = dataset(tmp_path, FILES | written())
    assert records(loaded, "states") == [
        {"state": "NAM", "iso2": "NX", "members": None},
        {"state": "FRA", "iso2": "FR", "members": 3},
    ]
    assert records(loaded, "votes") == [{"vote": "v1", "state": "FRA"}, {"vote": "v2", "state": "NAM"}]


def test_the_reference_reader_refuses_a_file_that_was_changed(tmp_path: Path) -> None:
    loaded = dataset(tmp_path, FILES | written() | {"data/votes.csv": b"vote,state\nv1,FRA\nv2,FRA\n"})
    with pytest.raises(
        mlcroissant.GenerationError, match=r"Download\(release/files/data/votes.csv\)"
    ) as refused:
        records(loaded, "votes")
    assert "Hash" in repr(refused.value.__cause__)


def test_rows_come_from_parquet_where_there_is_one(tmp_path: Path) -> None:
    states = pl.DataFrame({"state": ["NAM", "004"], "iso2": ["NA", None], "members": [None, 3]})
    buffer = io.BytesIO()
    states.write_parquet(buffer)
    files = FILES | {"parquet/states.parquet": buffer.getvalue()}
    assert records(dataset(tmp_path, files | written(files)), "states") == states.to_dicts()


def test_keys_types_and_references_are_those_of_the_schema() -> None:
    croissant = json.loads(written()[CROISSANT])
    states, votes = croissant["recordSet"]
    assert [item["@id"] for item in votes["key"]] == ["votes/vote", "votes/state"]
    assert [item["@id"] for item in states["key"]] == ["states/state"]
    assert [item["dataType"] for item in states["field"]] == ["sc:Text", "sc:Text", "sc:Integer"]
    assert votes["field"][1]["references"] == states["field"][0]["source"]
    assert "references" not in votes["field"][0]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ({"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]}, "sc:Boolean"),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, "sc:Text"),
        ({"type": "date"}, "sc:Date"),
        ({"type": "date", "format": "%d/%m/%Y"}, "sc:Text"),
        ({"type": "number"}, "sc:Float"),
        ({"type": "number", "decimalChar": ","}, "sc:Text"),
        ({"type": "geopoint"}, "sc:Text"),
        ({}, "sc:Text"),
    ],
)
def test_a_value_in_a_notation_of_its_own_is_text(field: Described, kind: str) -> None:
    resources = [a_table("votes", {"name": "vote", **field})]
    [table] = json.loads(written(resources=resources)[CROISSANT])["recordSet"]
    assert table["field"][0]["dataType"] == kind


def a_link(name: str, **targets: str) -> Described:
    """A table whose columns refer to the keys of other tables."""
    foreign = [reference(column, target, "id") for column, target in targets.items()]
    return a_table(name, "id", *targets, primaryKey=["id"], foreignKeys=foreign)


RING = [a_link("a", b="b", up=""), a_link("b", a="a", c="c"), a_link("c", a="a", x="gone")]
RING_FILES = {
    "data/a.csv": b"id,b,up\na1,b1,\na2,b2,a1\n",
    "data/b.csv": b"id,a,c\nb1,a1,c1\nb2,a2,c1\n",
    "data/c.csv": b"id,a,x\nc1,a2,x\n",
}


def test_references_in_a_ring_leave_every_table_readable(tmp_path: Path) -> None:
    made = written(RING_FILES, resources=RING)
    loaded = dataset(tmp_path, RING_FILES | made)
    for path, data in RING_FILES.items():
        rows = pl.read_csv(io.BytesIO(data), infer_schema=False).to_dicts()
        assert records(loaded, Path(path).stem) == rows
    said = {
        field["@id"]: field["references"]["fileObject"]["@id"]
        for table in json.loads(made[CROISSANT])["recordSet"]
        for field in table["field"]
        if "references" in field
    }
    targets = {"a/b": "b", "a/up": "a", "b/a": "a", "b/c": "c", "c/a": "a"}
    assert said == {column: f"release/files/data/{table}.csv" for column, table in targets.items()}


def test_a_reference_to_part_of_a_key_multiplies_no_row(tmp_path: Path) -> None:
    both = {"fields": ["v", "s"], "reference": {"resource": "votes", "fields": ["vote", "state"]}}
    part = reference("v", "votes", "vote")
    resources = [*a_descriptor()["resources"], a_table("n", "v", "s", foreignKeys=[both, part])]
    files = FILES | {"data/votes.csv": b"vote,state\nv1,FRA\nv1,NAM\n", "data/n.csv": b"v,s\nv1,FRA\n"}
    loaded = dataset(tmp_path, files | written(files, resources=resources))
    assert records(loaded, "n") == [{"v": "v1", "s": "FRA"}]


def test_of_two_references_of_a_column_the_first_counts() -> None:
    twice = [reference("state", "states", "state"), reference("state", "capitals", "state")]
    resources = [
        *(a_table(name, "state", primaryKey=["state"]) for name in ("states", "capitals")),
        a_table("votes", "state", foreignKeys=twice),
    ]
    files = FILES | {"data/capitals.csv": b"state\n"}
    [states, _, votes] = json.loads(written(files, resources=resources)[CROISSANT])["recordSet"]
    assert votes["field"][0]["references"] == states["field"][0]["source"]


def test_a_table_without_a_file_of_the_release_is_not_listed() -> None:
    resources = [
        *a_descriptor()["resources"],
        a_table("gone", "id"),
        {"name": "bare", "path": "data/votes.csv"},
    ]
    croissant = json.loads(written(resources=resources)[CROISSANT])
    assert [table["name"] for table in croissant["recordSet"]] == ["states", "votes"]


def test_a_column_of_any_name_is_read(tmp_path: Path) -> None:
    names = ["a b", "é", "~", "a/b", "..", "<x>", "#", "%20", "a%20b", "a~20b", ":", "@id"]
    data = (",".join(names) + "\n" + ",".join(f"x{n}" for n in range(len(names))) + "\n").encode()
    files = {"data/t.csv": data}
    loaded = dataset(tmp_path, files | written(files, resources=[a_table("t", *names)]))
    [record] = loaded.records("t")
    assert [value.decode() for value in record.values()] == [f"x{n}" for n in range(len(names))]
    assert [field.name for field in loaded.metadata.record_sets[0].fields] == names


PARTS = st.lists(
    st.text(max_size=4) | st.sampled_from(["", ".", "..", "~", "%", " ", "/", "\ud800"]),
    min_size=1,
    max_size=3,
)


@given(one=PARTS, other=PARTS)
def test_two_things_never_share_an_id(one: list[str], other: list[str]) -> None:
    assert (_id(*one) == _id(*other)) == (one == other)
    assert not set(" %\t\n?#:") & set(_id(*one))


def test_a_file_and_a_column_never_share_an_id() -> None:
    resources = [
        {**a_table("release", "files", "x"), "path": "x"},
        {**a_table("files", "x"), "path": "files/x"},
    ]
    croissant = json.loads(written({"x": b"files,x\n", "files/x": b"x\n"}, resources=resources)[CROISSANT])
    ids = [item["@id"] for item in croissant["distribution"] + croissant["recordSet"]]
    ids += [field["@id"] for table in croissant["recordSet"] for field in table["field"]]
    assert len(ids) == len(set(ids)) == 7


# The same bytes


def test_the_bytes_depend_on_neither_order_nor_clock_nor_surroundings() -> None:
    code = (
        "import json,sys; from hrdata.release.metadata import write_metadata;"
        "d, f = json.load(sys.stdin); f = {k: v.encode() for k, v in f.items()};"
        "sys.stdout.buffer.write(b''.join(write_metadata(d, '1.2.3', f).values()))"
    )
    texts = {path: data.decode() for path, data in reversed(FILES.items())}
    for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Lima")):
        run = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps([a_descriptor(title="Vœux"), texts]).encode(),
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "PATH": ""},
            capture_output=True,
            check=True,
        )
        assert run.stdout == b"".join(written(title="Vœux").values())


def test_a_citation_is_quoted_throughout() -> None:
    said = Metadata("", "yes", "# no", "2026-01-01", "", "", "", ("null", "1.0"), (), (), ())
    text = write_citation(said, "1.0")
    assert yaml.safe_load(text)["keywords"] == ["null", "1.0"]
    assert yaml.safe_load(text)["version"] == "1.0"
    assert yaml.safe_load(text)["title"] == "yes"
