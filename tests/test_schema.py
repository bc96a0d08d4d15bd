"""Schemas and descriptor: derived from the models, accepted by others, and never stale unnoticed.

The tests `must_...` go through the points of the Data Package standard 2.0 that hrdata has to keep.
"""

import datetime as dt
import functools
import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import frictionless
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from typer.testing import CliRunner, Result

from hrdata.cli import app
from hrdata.datasets import MODELS
from hrdata.fields import Edtf
from hrdata.parse import Field, fields_of, judge_values
from hrdata.places import DESCRIPTOR
from hrdata.row import Row, Vocabulary
from hrdata.schema import PROFILES, as_json, export, stale_files, table_schema

ROOT = Path(__file__).parents[1]
CANONICAL = ROOT / "datapackage"
SCHEMAS = ROOT / "schemas"
PROFILE_FOLDER = (
    Path(os.environ.get("HRDATA_PROFILES", ROOT.parent / "shared" / "profiles")) / "datapackage-2.0"
)

needs_profiles = pytest.mark.skipif(not PROFILE_FOLDER.is_dir(), reason="HRDATA_PROFILES is not there")

PACKAGE: dict[str, Any] = json.loads((CANONICAL / DESCRIPTOR).read_text("utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {resource["name"]: resource for resource in PACKAGE["resources"]}
COLUMNS = [(model, field) for model in MODELS.values() for field in fields_of(model)]


def name_of(value: Any) -> str:
    """Readable names for the models and fields that tests run over."""
    return str(getattr(value, "TABLE", getattr(value, "name", value)))


def described(model: type[Row], field: Field) -> dict[str, Any]:
    """What the schema says of a field."""
    [found] = [item for item in table_schema(model)["fields"] if item["name"] == field.name]
    return dict(found)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, however deep."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a test must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the canonical package and of the schemas."""
    shutil.copytree(CANONICAL, tmp_path / "datapackage")
    shutil.copytree(SCHEMAS, tmp_path / "schemas")
    export(tmp_path / "datapackage", tmp_path / "schemas")
    return tmp_path / "datapackage", tmp_path / "schemas"


def run_schema(command: str, folder: Path) -> Result:
    return CliRunner().invoke(app, ["schema", command, str(folder)])


# What is committed is what the models say


def test_the_committed_files_are_as_the_models_have_them() -> None:
    assert [path.name for path in stale_files(CANONICAL, SCHEMAS)] == []


def test_every_table_has_its_schema_and_no_schema_is_left_over() -> None:
    assert sorted(path.stem for path in SCHEMAS.iterdir()) == sorted(MODELS)
    assert list(RESOURCES) == list(MODELS)


def change_a_description(value: Any) -> None:
    """Change the deepest description, so that no part of a file is out of sight."""
    [*_, last] = [item for item in objects_in(value) if isinstance(item.get("description"), str)]
    last["description"] += " "


@pytest.mark.parametrize(
    "name", ["datapackage/datapackage.json", "schemas/votes.json", "schemas/known_issues.json"]
)
def test_a_changed_description_is_named_as_stale_and_export_mends_it(
    name: str, copied: tuple[Path, Path]
) -> None:
    file = copied[0].parent / name
    good = file.read_bytes()
    value = json.loads(good)
    change_a_description(value)
    file.write_text(as_json(value), "utf-8")

    checked = run_schema("check", copied[0])
    assert checked.exit_code == 1
    assert re.findall(r"\S+\.json", checked.stdout) == [str(file)]

    exported = run_schema("export", copied[0])
    assert exported.exit_code == 0
    assert exported.stdout == f"wrote {file}\n"
    assert file.read_bytes() == good
    assert run_schema("check", copied[0]).exit_code == 0


def test_schemas_are_of_the_tables_that_the_package_has(copied: tuple[Path, Path]) -> None:
    folder, schemas = copied
    shutil.rmtree(schemas)
    value = json.loads((folder / DESCRIPTOR).read_text("utf-8"))
    value["resources"] = [item for item in value["resources"] if item["name"] in ("states", "treaties")]
    value["resources"].append({"name": "rooms", "path": "data/rooms.csv", "schema": {"fields": []}})
    (folder / DESCRIPTOR).write_text(as_json(value), "utf-8")
    for file in (folder / "data").iterdir():
        # A table that merely lies there is one of the package, too.
        if file.stem not in ("states", "treaties", "bodies"):
            file.unlink()
    ours = [schemas / f"{name}.json" for name in ("states", "bodies", "treaties")]
    assert stale_files(folder, schemas) == [folder / DESCRIPTOR, *ours]
    assert export(folder, schemas) == [folder / DESCRIPTOR, *ours]
    assert sorted(schemas.iterdir()) == sorted(ours)
    assert all(file.read_bytes() == (SCHEMAS / file.name).read_bytes() for file in ours)
    assert stale_files(folder, schemas) == []
    (schemas / "treaties.json").unlink()
    assert stale_files(folder, schemas) == [schemas / "treaties.json"]


@pytest.mark.parametrize("spoil", ["delete", "crlf", "bom", "no line end", "not JSON"])
def test_any_other_byte_makes_a_schema_stale(spoil: str, copied: tuple[Path, Path]) -> None:
    file = copied[1] / "ballots.json"
    good = file.read_bytes()
    spoilt = {"crlf": good.replace(b"\n", b"\r\n"), "bom": b"\xef\xbb\xbf" + good, "no line end": good[:-1]}
    if spoil == "delete":
        file.unlink()
    else:
        file.write_bytes(spoilt.get(spoil, b"{"))
    assert stale_files(*copied) == [file]
    assert export(*copied) == [file]
    assert file.read_bytes() == good


def test_a_second_export_writes_nothing(copied: tuple[Path, Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied[0].parent.rglob("*")}
    assert export(*copied) == []
    assert {path: path.stat().st_mtime_ns for path in copied[0].parent.rglob("*")} == before


def test_export_keeps_what_describes_the_package_as_a_whole(copied: tuple[Path, Path]) -> None:
    file = copied[0] / DESCRIPTOR
    value = json.loads(file.read_text("utf-8"))
    ours = {
        "title": "A title of our own: é",
        "version": "7.8.9",
        "licenses": [{"name": "CC0-1.0", "path": "https://example.org/licence"}],
        "contributors": [{"title": "A Person", "roles": ["curator"]}],
        "hrdata:remark": {"kept": [1, 2.5, True, None]},
    }
    extra = {"name": "letters", "type": "table", "path": "data/letters.csv"}
    (copied[0] / "data/letters.csv").write_bytes(b"a\n1\n")
    file.write_text(as_json({**value, **ours, "resources": [*value["resources"], extra]}), "utf-8")
    export(*copied)
    after = json.loads(file.read_text("utf-8"))
    assert {name: after[name] for name in ours} == ours
    assert extra in after["resources"]
    assert [item for item in after["resources"] if item != extra] == value["resources"]


@pytest.mark.parametrize("order", [sorted, reversed], ids=["by name", "backwards"])
def test_the_order_of_what_is_said_of_the_package_makes_nothing_stale(
    order: Callable[[list[str]], Iterable[str]], copied: tuple[Path, Path]
) -> None:
    file = copied[0] / DESCRIPTOR
    said = json.loads(file.read_text("utf-8"))
    file.write_text(as_json({name: said[name] for name in order([*said])}), "utf-8")
    before = file.read_bytes()
    assert stale_files(*copied) == []
    assert export(*copied) == []
    assert file.read_bytes() == before
    said = json.loads(before)
    said["resources"][0] = dict(reversed(said["resources"][0].items()))
    file.write_text(as_json(said), "utf-8")
    assert stale_files(*copied) == [file], "within a resource the order is ours"


def test_a_new_source_makes_the_descriptor_stale(copied: tuple[Path, Path]) -> None:
    with (copied[0] / "data/sources.csv").open("a", encoding="utf-8") as file:
        file.write("zz-new,thesis,A new thesis,,,2026,en,https://example.org/thesis,,,\n")
    assert stale_files(*copied) == [copied[0] / DESCRIPTOR]
    export(*copied)
    written = json.loads((copied[0] / DESCRIPTOR).read_text("utf-8"))
    assert written["sources"][-1] == {
        "title": "A new thesis",
        "path": "https://example.org/thesis",
        "version": "2026",
    }


# Others accept what we write


@functools.cache
def profile(name: str) -> Draft7Validator:
    """An official JSON Schema, offline: it finds the others of its folder only."""
    folder = {
        f"{PROFILES}/{path.name}": json.loads(path.read_text("utf-8")) for path in PROFILE_FOLDER.iterdir()
    }
    registry = Registry().with_resources(
        (url, Resource.from_contents(value)) for url, value in folder.items()
    )
    return Draft7Validator(
        folder[f"{PROFILES}/{name}.json"], registry=registry, format_checker=Draft7Validator.FORMAT_CHECKER
    )


def complaints(name: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in profile(name).iter_errors(value)]


@needs_profiles
@pytest.mark.parametrize("name", MODELS)
def test_the_official_profile_accepts_each_schema(name: str) -> None:
    assert complaints("tableschema", json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))) == []


@needs_profiles
def test_the_official_profile_accepts_the_descriptor() -> None:
    assert complaints("datapackage", PACKAGE) == []


@needs_profiles
@pytest.mark.parametrize("name", MODELS)
def test_the_official_profile_accepts_each_resource(name: str) -> None:
    resource = RESOURCES[name]
    assert complaints("dataresource", resource) == []
    assert complaints("tableschema", resource["schema"]) == []
    assert complaints("tabledialect", resource["dialect"]) == []


@needs_profiles
@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("tableschema", {"fields": [{"name": "a", "type": "text"}]}),
        ("tableschema", {"fields": [{"name": "a", "type": "string", "constraints": {"required": "yes"}}]}),
        ("datapackage", {"resources": []}),
        ("datapackage", {**PACKAGE, "licenses": "MIT"}),
        ("dataresource", {"name": "a"}),
        ("tabledialect", {"lineTerminator": 1}),
    ],
)
def test_the_official_profile_can_say_no(name: str, spoil: dict[str, Any]) -> None:
    assert complaints(name, spoil)


@pytest.mark.parametrize("name", MODELS)
def test_frictionless_accepts_each_schema(name: str) -> None:
    value = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    schema = frictionless.Schema.from_descriptor(value)
    assert schema.field_names == [field["name"] for field in value["fields"]]
    assert schema.primary_key == value["primaryKey"]


def test_frictionless_accepts_the_descriptor_and_the_data() -> None:
    before = (CANONICAL / DESCRIPTOR).read_bytes()
    report = frictionless.Package(str(CANONICAL / DESCRIPTOR)).validate()
    found = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors[:3]]
    assert (report.valid, [*report.errors, *found]) == (True, [])
    assert [task.name for task in report.tasks] == list(MODELS), "not every table was looked at"
    assert (CANONICAL / DESCRIPTOR).read_bytes() == before, "frictionless must never write our descriptor"


# What the standard demands, point by point


def test_must_1_the_profile_is_named_at_the_root_and_nowhere_below() -> None:
    assert PACKAGE["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert all("$schema" not in item for item in objects_in(PACKAGE["resources"]))
    for file in SCHEMAS.iterdir():
        value = json.loads(file.read_text("utf-8"))
        assert value.pop("$schema") == "https://datapackage.org/profiles/2.0/tableschema.json"
        assert all("$schema" not in item for item in objects_in(value))


def test_must_2_paths_are_relative_and_lead_to_files_of_the_package() -> None:
    for resource in RESOURCES.values():
        path = PurePosixPath(resource["path"])
        assert str(path) == resource["path"]
        assert not path.is_absolute()
        assert not [part for part in path.parts if part.startswith(".") or re.search(r"[\\:]", part)]
        assert (CANONICAL / path).is_file()


def test_must_3_resources_say_how_their_files_are_written() -> None:
    for resource in RESOURCES.values():
        assert "profile" not in resource
        assert {name: resource[name] for name in ("type", "format", "mediatype", "encoding", "dialect")} == {
            "type": "table",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {"lineTerminator": "\n"},
        }
        assert b"\r" not in (CANONICAL / resource["path"]).read_bytes()


@pytest.mark.parametrize("model", MODELS.values(), ids=name_of)
def test_must_4_keys_are_arrays_of_required_fields_and_a_self_reference_names_no_resource(
    model: type[Row],
) -> None:
    schema = table_schema(model)
    by_name = {field["name"]: field for field in schema["fields"]}
    assert isinstance(schema["primaryKey"], list)
    assert all(by_name[name]["constraints"]["required"] is True for name in schema["primaryKey"])
    for key in schema.get("foreignKeys", []):
        target = key["reference"].get("resource", model.TABLE)
        assert key["reference"].get("resource") != model.TABLE
        assert key["reference"]["fields"] == list(MODELS[target].KEY)
        assert isinstance(key["fields"], list)
        assert len(key["fields"]) == 1, "composite references must not be nullable; there are none so far"


def test_must_4_some_tables_refer_to_others_and_some_to_themselves() -> None:
    targets = [
        key["reference"].get("resource")
        for model in MODELS.values()
        for key in table_schema(model).get("foreignKeys", [])
    ]
    assert None in targets
    assert {"states", "bodies", "votes", "sources"} <= set(targets)


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=name_of)
def test_must_5_fields_are_described_in_full(model: type[Row], field: Field) -> None:
    found = described(model, field)
    assert set(found) >= {"name", "type", "title", "description", "example"}
    assert all(found[name] not in ("", None) for name in ("type", "title", "description", "example"))
    assert found["type"] in {"string", "integer", "boolean"}
    assert "format" not in found, "no date of format any, which invents days"


@pytest.mark.parametrize(
    ("model", "field"), [(model, field) for model, field in COLUMNS if field.words is not None], ids=name_of
)
def test_must_5_vocabularies_are_categories_with_meanings_and_the_same_enum(
    model: type[Row], field: Field
) -> None:
    found = described(model, field)
    assert field.words is not None
    assert issubclass(field.words, Vocabulary)
    assert found["categories"] == [{"value": word.value, "label": word.meaning} for word in field.words]
    assert found["constraints"]["enum"] == [item["value"] for item in found["categories"]]
    labels = [item["label"] for item in found["categories"]]
    assert all(label.strip() and "\n" not in label for label in labels)
    assert len(set(labels)) == len(labels)


def test_must_5_nothing_stands_in_a_schema_that_text_and_profile_disagree_on() -> None:
    for item in objects_in(PACKAGE):
        assert not {"fieldsMatch", "jsonSchema"} & set(item)


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=name_of)
def test_must_6_dates_are_strings_with_a_pattern_and_a_key_of_ours(model: type[Row], field: Field) -> None:
    found = described(model, field)
    ours = [name for name in found if ":" in name]
    assert all(re.fullmatch("hrdata:[a-z]+([A-Z][a-z]*)*", name) for name in ours)
    assert ours == (["hrdata:dateFormat"] if field.is_date else [])
    if field.is_date:
        assert found["type"] == "string"
        assert found["constraints"]["pattern"]


def test_must_6_every_date_column_is_known_as_one() -> None:
    dates = {f"{model.TABLE}.{field.name}" for model, field in COLUMNS if field.is_date}
    named = {
        f"{model.TABLE}.{field.name}"
        for model, field in COLUMNS
        if re.search(
            "(^|_)(date|from|until|gap|established|abolished|adopted|issued|in_force|on)$", field.name
        )
        and field.form.type == "string"
    }
    assert dates == named
    assert Edtf is not None


def test_must_7_the_package_describes_itself() -> None:
    assert re.fullmatch("(0|[1-9][0-9]*)([.](0|[1-9][0-9]*)){2}", PACKAGE["version"])
    created = dt.datetime.fromisoformat(PACKAGE["created"])
    assert created.tzinfo is not None
    assert re.fullmatch("[a-z0-9._-]+", PACKAGE["name"])
    assert len(PACKAGE["title"]) > 10
    assert len(PACKAGE["description"]) > 20
    assert PACKAGE["contributors"]
    for contributor in PACKAGE["contributors"]:
        assert contributor["title"]
        assert isinstance(contributor["roles"], list)
    for licence in PACKAGE["licenses"]:
        assert licence["name"] == "CC-BY-4.0"
        assert licence["path"]


def test_must_7_the_sources_are_those_of_the_table() -> None:
    rows = (CANONICAL / "data/sources.csv").read_text("utf-8").count("\n") - 1
    assert len(PACKAGE["sources"]) >= 1
    assert len(PACKAGE["sources"]) <= rows
    assert all(
        source["title"] and set(source) <= {"title", "path", "version"} for source in PACKAGE["sources"]
    )
    assert any({"title", "path", "version"} == set(source) for source in PACKAGE["sources"])


@pytest.mark.parametrize("model", MODELS.values(), ids=name_of)
def test_must_8_only_an_empty_cell_is_missing(model: type[Row]) -> None:
    schema = table_schema(model)
    assert schema["missingValues"] == [""]
    assert all("missingValues" not in field for field in schema["fields"])


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=name_of)
def test_must_8_patterns_need_no_anchor_and_nothing_that_readers_understand_differently(
    model: type[Row], field: Field
) -> None:
    pattern = described(model, field).get("constraints", {}).get("pattern", "")
    outside_classes = re.sub(r"\[[^\]]*\]", "", pattern)
    assert not re.search(r"[\^$]|\\[a-zA-Z]|\(\?", outside_classes)


def test_must_10_descriptors_are_written_by_our_own_serializer() -> None:
    for file in (CANONICAL / DESCRIPTOR, *SCHEMAS.iterdir()):
        text = file.read_text("utf-8")
        assert as_json(json.loads(text)) == text


# Schemas and models judge alike, with frictionless to read the schema


def near_misses(found: dict[str, Any]) -> list[str]:
    """Texts at the edge of what a field may hold."""
    constraints, example = found.get("constraints", {}), str(found["example"])
    around = [
        f"{before}{example}{after}"
        for before in ("", "0", "A", "a", " ")
        for after in ("", "0", "A", "a", "-")
    ]
    limits = [constraints[name] for name in ("minimum", "maximum") if name in constraints]
    edges = [str(limit + step) for limit in limits for step in (-1, 0, 1)]
    words = [spelt for word in constraints.get("enum", []) for spelt in (word, word.upper(), f"{word}s")]
    booleans = ["true", "false", "True", "FALSE", "1", "0", "yes"] if found["type"] == "boolean" else []
    return ["", example[:-1], example.upper(), example.lower(), *around, *edges, *words, *booleans]


def texts_for(found: dict[str, Any]) -> st.SearchStrategy[str]:
    """Texts that a field may hold, and others."""
    constraints = found.get("constraints", {})
    texts = [st.text(max_size=12), st.from_regex("[A-Za-z0-9/.-]{0,12}", fullmatch=True)]
    if "pattern" in constraints:
        texts += [
            st.from_regex(constraints["pattern"], fullmatch=True),
            st.from_regex(constraints["pattern"]),
        ]
    if "enum" in constraints:
        texts.append(st.sampled_from(constraints["enum"]))
    if found["type"] == "integer":
        texts.append(st.integers(-5, 10**12).map(str))
    return st.one_of(texts)


@functools.cache
def frictionless_field(model: type[Row], field: Field) -> frictionless.Field:
    return frictionless.Field.from_descriptor({**described(model, field), "missingValues": [""]})


def is_accepted_by_the_schema(model: type[Row], field: Field, text: str) -> bool:
    _, complaint = frictionless_field(model, field).read_cell(text)
    return complaint is None


def is_ruled_by_the_schema_alone(field: Field) -> bool:
    """Whether the schema says all that the model does: not of dates, symbols and free text."""
    return bool(field.words or field.form.expected) or field.form.type != "string"


def assert_same_verdict(model: type[Row], field: Field, text: str) -> None:
    """The schema accepts what the model accepts; and refuses the rest, where it can say all the model does.

    Two exceptions: how the standard writes an integer (`+1`, `01`), and that `$` leaves out a last line end.
    """
    by_model, by_schema = (
        judge_values(field, [text]).get(text) is None,
        is_accepted_by_the_schema(model, field, text),
    )
    assert by_schema or not by_model, f"{model.TABLE}.{field.name}: only the model accepts {text!r}"
    is_odd = text.endswith("\n") or (field.form.type == "integer" and not re.fullmatch("0|[1-9][0-9]*", text))
    if is_ruled_by_the_schema_alone(field) and not is_odd:
        assert by_model or not by_schema, f"{model.TABLE}.{field.name}: only the schema accepts {text!r}"


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=name_of)
def test_schema_and_model_draw_the_line_at_the_same_place(model: type[Row], field: Field) -> None:
    for text in near_misses(described(model, field)):
        assert_same_verdict(model, field, text)


@pytest.mark.parametrize("model", MODELS.values(), ids=name_of)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_schema_and_model_agree_on_any_text(model: type[Row], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(fields_of(model)))
    assert_same_verdict(model, field, data.draw(texts_for(described(model, field))))


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=name_of)
def test_examples_are_accepted_by_model_and_schema(model: type[Row], field: Field) -> None:
    example = described(model, field)["example"]
    text = json.dumps(example) if isinstance(example, bool) else str(example)
    assert judge_values(field, [text]).get(text) is None
    assert is_accepted_by_the_schema(model, field, text)


@pytest.mark.parametrize("model", MODELS.values(), ids=name_of)
def test_the_examples_of_a_table_make_a_row(model: type[Row]) -> None:
    model(**{field.name: described(model, field)["example"] for field in fields_of(model)})


@pytest.mark.parametrize("model", MODELS.values(), ids=name_of)
def test_the_schema_has_the_columns_of_the_model_and_asks_for_the_same_ones(model: type[Row]) -> None:
    schema = table_schema(model)
    assert [field["name"] for field in schema["fields"]] == list(model.model_fields)
    for field in schema["fields"]:
        is_required = model.model_fields[field["name"]].is_required()
        assert field.get("constraints", {}).get("required", False) is is_required
