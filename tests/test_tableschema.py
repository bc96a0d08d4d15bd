"""Tables of one's own: their Table Schema is followed, and what cannot be followed is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrdata.check import Status
from hrdata.tableschema import read_layout
from hrdata.validate import Report, validate_package

Schema = dict[str, Any]


def package(folder: Path, **tables: tuple[Schema, str]) -> Path:
    """A package of tables with these schemas and texts."""
    folder.mkdir(exist_ok=True)
    resources = []
    for name, (schema, text) in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
        resources.append(
            {"name": name, "type": "table", "path": f"{name}.csv", "format": "csv", "schema": schema}
        )
    described = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "own",
        "resources": resources,
    }
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def judge(folder: Path, **tables: tuple[Schema, str]) -> Report:
    return validate_package(package(folder, **tables))


def found(report: Report) -> list[tuple[str, int | None, str]]:
    return [(finding.check, finding.line, finding.field) for finding in report.findings]


def one_column(constraints: Any = None, **field: Any) -> Schema:
    described = {"name": "cell", "type": "string", **field}
    if constraints:
        described["constraints"] = constraints
    return {"fields": [described, {"name": "other", "type": "string"}]}


CELLS: list[tuple[Schema, list[str], list[str], str]] = [
    (one_column(), ["", "any text", "  ", "é"], [], ""),
    (one_column({"required": True}), ["x"], [""], "FLD201"),
    (one_column({"enum": ["big", "small"]}), ["", "big"], ["Big", "bigger"], "FLD202"),
    (one_column(type="integer"), ["", "0", "-5", "+7", "007"], ["1.0", "x", "1 ", "1,000", "٣"], "FLD203"),
    (one_column(type="integer", groupChar=","), ["1,000"], ["1.000"], "FLD203"),
    (one_column(type="integer", bareNumber=False), ["€5", "5%"], ["five"], "FLD203"),
    (one_column({"enum": ["1", "2"]}, type="integer"), ["1", "2"], ["3"], "FLD202"),
    (one_column(type="number"), ["1", "-1.5", "1e3", "NaN", ".5"], ["1,5", "x", "1e", "1.2.3"], "FLD203"),
    (one_column(type="number", decimalChar=","), ["1,5"], ["1,5,2"], "FLD203"),
    (one_column(type="boolean"), ["true", "0", "TRUE"], ["yes", "TrUe"], "FLD203"),
    (one_column(type="boolean", trueValues=["yes"], falseValues=["no"]), ["yes", "no"], ["true"], "FLD203"),
    (one_column(type="date"), ["2006-12-19"], ["2006-02-30", "19/12/2006", "2006-1-5"], "FLD204"),
    (one_column(type="date", format="%d/%m/%Y"), ["19/12/2006"], ["2006-12-19"], "FLD204"),
    (one_column(type="datetime"), ["2006-12-19T15:00:00Z"], ["2006-12-19", "2006-12-19T25:00:00"], "FLD204"),
    (one_column(type="time"), ["15:00:00"], ["15:00", "24:61:00"], "FLD204"),
    (one_column(type="year"), ["2006"], ["06", "2006.0"], "FLD204"),
    (one_column(type="yearmonth"), ["2006-12"], ["2006-13", "2006"], "FLD204"),
    (
        one_column(None, **{"hrdata:dateFormat": "edtf-level-1"}),
        ["198X", "2006-12-19"],
        ["2006-02-30"],
        "FLD204",
    ),
    (one_column({"pattern": "[a-z]+|x1"}), ["abc", "x1"], ["abc1", "x1\u00e9"], "FLD207"),
    (one_column(format="email"), ["a@b.org"], ["a@b", "a b@c.org"], "FLD207"),
    (one_column(format="uri"), ["https://a.org/b"], ["a.org", "https://a b"], "FLD207"),
    (one_column(format="uuid"), ["123e4567-e89b-12d3-a456-426614174000"], ["123"], "FLD207"),
    (one_column({"minLength": 2, "maxLength": 3}), ["ab", "abc"], ["a", "abcd"], "FLD208"),
    (one_column({"minimum": 1, "maximum": 9}, type="integer"), ["1", "9"], ["0", "10"], "FLD208"),
    (one_column({"exclusiveMinimum": 1}, type="number"), ["1.01"], ["1", "NaN"], "FLD208"),
    (one_column({"exclusiveMaximum": "2007"}, type="year"), ["2006"], ["2007"], "FLD208"),
    (one_column({"minimum": "2006-01-01"}, type="date"), ["2006-01-01"], ["2005-12-31"], "FLD208"),
]


@pytest.mark.parametrize(("schema", "good", "bad", "check"), CELLS, ids=lambda value: json.dumps(value)[:60])
def test_cells_are_judged_by_type_format_and_constraints(
    tmp_path: Path, schema: Schema, good: list[str], bad: list[str], check: str
) -> None:
    def table(cells: list[str]) -> str:
        return "".join(f'"{cell}",x\n' for cell in ["cell", *cells]).replace('"cell",x', "cell,other", 1)

    assert found(judge(tmp_path / "good", own=(schema, table(good)))) == []
    report = judge(tmp_path / "bad", own=(schema, table(bad or ["x"])))
    assert found(report) == [(check, line, "cell") for line in range(2, len(bad) + 2)]


@pytest.mark.parametrize(
    ("field", "bad", "advice"),
    [
        ({"type": "date"}, "2020-01", "like 2006-12-19"),
        ({"type": "date", "format": "%d/%m/%Y"}, "2020-01", "like %d/%m/%Y"),
        ({"type": "year"}, "20", "like 2006"),
        (
            {"hrdata:dateFormat": "edtf-level-1"},
            "2006-02-30",
            "2008-04-21, 2008-04, 2008 or 198X, as precisely as the source has it",
        ),
        ({"type": "integer"}, "1 000", "digits only, such as 1000"),
        ({"type": "number"}, "1 000", "digits, such as 1000 or 12.5"),
        ({"type": "number", "decimalChar": ","}, "1 000", "digits, such as 1000 or 12,5"),
        ({"type": "boolean"}, "yes", "true or false"),
        ({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, "yes", "ja or nein"),
    ],
    ids=str,
)
def test_the_hint_follows_the_field(tmp_path: Path, field: Schema, bad: str, advice: str) -> None:
    [finding] = judge(tmp_path, own=(one_column(**field), f"cell,other\n{bad},x\n")).findings
    assert finding.hint.endswith(f" in own.csv as its column asks for: {advice}.")


ROOMS: Schema = {
    "fields": [{"name": "id", "type": "string"}, {"name": "seats", "type": "integer"}],
    "primaryKey": ["id"],
}
USE: Schema = {
    "fields": [{"name": "room", "type": "string"}, {"name": "day", "type": "string"}],
    "foreignKeys": [{"fields": ["room"], "reference": {"resource": "rooms", "fields": ["id"]}}],
}


def test_keys_are_unique_and_given(tmp_path: Path) -> None:
    report = judge(tmp_path, rooms=(ROOMS, "id,seats\na,1\nb,1\na,2\n,3\n"))
    assert found(report) == [("KEY201", 4, ""), ("FLD201", 5, "id")]


def test_unique_columns_are_unique_where_they_are_given(tmp_path: Path) -> None:
    fields: list[Schema] = [{"name": name, "type": "string"} for name in "abc"]
    fields[2]["constraints"] = {"unique": True}
    schema = {"fields": fields, "uniqueKeys": [["a", "b"]]}
    report = judge(tmp_path, own=(schema, "a,b,c\n1,1,x\n1,2,\n1,1,\n2,2,x\n,1,y\n,1,z\n"))
    assert found(report) == [("KEY201", 4, "b"), ("KEY201", 5, "c")]


def test_references_name_rows_that_are_there(tmp_path: Path) -> None:
    use = (USE, "room,day\na,1\nb,1\nz,1\n,1\n")
    report = judge(tmp_path, rooms=(ROOMS, "id,seats\na,1\nb,x\n"), use=use)
    assert found(report) == [("FLD203", 3, "seats"), ("REF201", 4, "room")]


def test_a_reference_of_two_columns_is_followed(tmp_path: Path) -> None:
    target = {"fields": [{"name": name, "type": "string"} for name in "ab"], "primaryKey": ["a", "b"]}
    foreign = {"fields": ["x", "y"], "reference": {"resource": "target", "fields": ["a", "b"]}}
    schema = {"fields": [{"name": name, "type": "string"} for name in "xy"], "foreignKeys": [foreign]}
    own = (schema, "x,y\n1,2\n2,2\n,2\n2,1\n")
    report = judge(tmp_path, target=(target, "a,b\n1,2\n2,1\n"), own=own)
    assert found(report) == [("REF201", 3, "y")]


def test_a_reference_to_the_table_itself_is_followed(tmp_path: Path) -> None:
    schema = {
        **ROOMS,
        "fields": [*ROOMS["fields"], {"name": "beside", "type": "string"}],
        "foreignKeys": [{"fields": "beside", "reference": {"fields": "id"}}],
    }
    report = judge(tmp_path, rooms=(schema, "id,seats,beside\na,1,b\nb,1,\nc,1,d\n"))
    assert found(report) == [("REF201", 4, "beside")]


def test_a_reference_to_one_of_our_tables_is_followed(tmp_path: Path) -> None:
    foreign = {"fields": "state", "reference": {"resource": "states", "fields": "state_id"}}
    schema = {"fields": [{"name": "state", "type": "string"}], "foreignKeys": [foreign]}
    states = "state_id,name,iso2,m49,un_member_from,un_member_until,un_member_gap,predecessor,note\n"
    states += "CHN,China,CN,156,1945-10-24,,,,\n"
    report = judge(tmp_path, states=({}, states), own=(schema, "state\nCHN\nQZZ\n"))
    assert found(report) == [("REF201", 3, "state")]


def test_a_reference_to_a_number_of_one_of_our_tables_is_followed(tmp_path: Path) -> None:
    foreign = {"fields": "seats", "reference": {"resource": "body_seats", "fields": "seats"}}
    schema = {"fields": [{"name": "seats", "type": "integer"}], "foreignKeys": [foreign]}
    bodies = "body_id,name,parent,kind,established,abolished\nunhrc,Council,,subsidiary_organ,,\n"
    seats = "body_id,seats_from,seats_until,seats\nunhrc,2006-06-19,,47\n"
    report = judge(tmp_path, bodies=({}, bodies), body_seats=({}, seats), own=(schema, "seats\n47\n53\n"))
    assert found(report) == [("REF201", 3, "seats")]


def test_missing_values_stand_for_nothing_by_table_and_by_column(tmp_path: Path) -> None:
    fields = [{"name": "n", "type": "integer"}, {"name": "m", "type": "integer", "missingValues": ["-"]}]
    schema = {"fields": fields, "missingValues": ["", "NA"]}
    report = judge(tmp_path, own=(schema, "n,m\nNA,-\n-,NA\n"))
    assert found(report) == [("FLD203", 3, "n"), ("FLD203", 3, "m")]


@pytest.mark.parametrize(
    ("match", "header", "checks"),
    [
        ("exact", "id,seats", []),
        ("exact", "seats,id", ["STR121"]),
        ("exact", "id", ["STR119"]),
        ("exact", "id,seats,more", ["STR120"]),
        ("equal", "seats,id", []),
        ("equal", "seats", ["STR119"]),
        ("subset", "seats,more,id", []),
        ("subset", "seats,more", ["STR119"]),
        ("superset", "seats", []),
        ("superset", "seats,more", ["STR120"]),
        ("partial", "more,seats", []),
    ],
)
def test_columns_may_differ_from_the_fields_as_the_schema_says(
    tmp_path: Path, match: str, header: str, checks: list[str]
) -> None:
    row = ",".join("1" for _ in header.split(","))
    schema = {"fields": ROOMS["fields"], "fieldsMatch": match}
    report = judge(tmp_path, rooms=(schema, f"{header}\n{row}\n"))
    assert [finding.check for finding in report.findings] == checks


@pytest.mark.parametrize(
    ("schema", "observed"),
    [
        ("schema.json", "has no list of fields"),
        (
            {"fields": [{"name": "a", "type": "int"}]},
            "has the type int of a, which is no type of a Table Schema",
        ),
        (
            {"fields": [{"name": "a", "constraints": {"minimun": 1}}]},
            "has the constraint minimun of a, which no Table Schema has",
        ),
        (
            {"fields": [{"name": "a", "constraints": {"required": "yes"}}]},
            "has a constraint required of a of the wrong kind",
        ),
        (
            {"fields": [{"name": "a", "constraints": {"enum": "A"}}]},
            "has a constraint enum of a of the wrong kind",
        ),
        ({"fields": [{"name": "a"}], "missingValues": "-"}, "has missingValues that are not a list"),
        ({}, "has no list of fields"),
        ({"fields": []}, "has no list of fields"),
        ({"fields": [{"type": "string"}]}, "has no name for field 1"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "has two fields named a"),
        ({"fields": [{"name": "a"}], "primaryKey": "b"}, "has a primary key of b, but no such field"),
        (
            {"fields": [{"name": "a"}], "primaryKey": 5},
            "has a primary key that is not a list of column names",
        ),
        ({"fields": [{"name": "row"}]}, "has a field named row, a name that hrdata needs for itself"),
        ({"fields": [{"name": "a"}], "uniqueKeys": "a"}, "has uniqueKeys that is not a list"),
        (
            {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "a"}]},
            "has a foreign key without a reference",
        ),
        ({"fields": [{"name": "a", "constraints": 1}]}, "has constraints of a that are not an object"),
        (
            {"fields": [{"name": "a", "constraints": {"pattern": "("}}]},
            "has a pattern of a that is no regular expression",
        ),
        (
            {"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": "x"}}]},
            "has a minimum of a that is not a whole number",
        ),
        (
            {"fields": [{"name": "a", "constraints": {"maxLength": -1}}]},
            "has a maxLength of a that is no count",
        ),
    ],
)
def test_a_schema_that_cannot_be_followed_is_an_error(schema: Any, observed: str) -> None:
    layout, [finding] = read_layout("own", schema, "datapackage.json")
    assert layout is None
    assert finding.check == "PKG114"
    assert finding.message == f"the schema of the resource own {observed}"


def test_a_schema_that_stands_elsewhere_is_said_once(tmp_path: Path) -> None:
    elsewhere: Any = "rooms.json"
    report = judge(tmp_path, rooms=(elsewhere, "id,seats\na,1\n"))
    assert found(report) == [("PKG117", None, "")]
    assert report.unchecked == ("rooms",)


@pytest.mark.parametrize(
    ("target", "observed"),
    [
        ({"resource": "romms", "fields": ["id"]}, "refers to the resource romms, which is not there"),
        ({"resource": "rooms", "fields": ["code"]}, "refers to code of rooms, which has no such column"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_fault_of_the_schema_not_of_the_data(
    tmp_path: Path, target: Schema, observed: str
) -> None:
    use = {**USE, "foreignKeys": [{"fields": ["room"], "reference": target}]}
    report = judge(tmp_path, rooms=(ROOMS, "id,seats\na,1\n"), use=(use, "room,day\na,1\n"))
    [finding] = report.findings
    assert finding.check == "PKG114"
    assert finding.message == f"the schema of the resource use {observed}"


def test_a_day_that_does_not_exist_is_not_said_to_be_badly_written(tmp_path: Path) -> None:
    report = judge(tmp_path, own=(one_column(type="date"), "cell,other\n2006-02-30,x\n19.12.2006,x\n"))
    assert [finding.message for finding in report.findings] == [
        "cell '2006-02-30' is written as it should be, but does not exist",
        "cell '19.12.2006' is not written like 2006-12-19",
    ]


def test_a_type_that_is_not_judged_is_said_and_the_rest_is_judged(tmp_path: Path) -> None:
    fields = [{"name": "shape", "type": "geojson"}, {"name": "n", "type": "integer"}]
    report = judge(tmp_path, own=({"fields": fields}, "shape,n\n{},x\n"))
    assert found(report) == [("PKG115", None, "shape"), ("FLD203", 2, "n")]


def test_tables_of_ones_own_need_no_citation_and_are_counted(tmp_path: Path) -> None:
    report = judge(tmp_path, rooms=(ROOMS, "id,seats\na,1\n"))
    assert report.valid
    assert report.unchecked == ()
    assert report.tables == {"rooms": 1}
    assert report.count(Status.UNKNOWN) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WORDS = ["format", "trueValues", "groupChar", "missingValues", "categories", "hrdata:dateFormat"]
CONSTRAINTS = st.dictionaries(st.sampled_from(["enum", "pattern", "minimum", "required", "minLength"]), JSON)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "date", "year", "any", "list"])
DESCRIBED = st.builds(
    lambda name, rest, kind, constraints: {**rest, "name": name, "type": kind, "constraints": constraints},
    st.sampled_from("abc") | JSON,
    st.dictionaries(st.sampled_from(WORDS), JSON, max_size=2),
    TYPES | JSON,
    CONSTRAINTS | JSON,
)


@given(
    fields=JSON | st.lists(DESCRIBED, max_size=3),
    rest=st.dictionaries(
        st.sampled_from(["primaryKey", "foreignKeys", "uniqueKeys", "missingValues", "fieldsMatch"]), JSON
    ),
)
def test_whatever_the_schema_is_it_is_followed_or_refused(fields: Any, rest: Schema) -> None:
    layout, findings = read_layout("own", {"fields": fields, **rest}, "datapackage.json")
    assert (layout is None) == any(finding.check == "PKG114" for finding in findings)


LAX_OR_LESS = {
    "written form": {"007", "٣", "1 ", "2006-1-5", "06", "2006.0", "15:00", "1,5,2", "NaN", "TRUE", "0"},
    "an email or web address": {"a@b", "a b@c.org", "a.org", "https://a b"},
    "a pattern that stands for the whole text": {"abc1", "x1\u00e9"},
    "separators and signs in whole numbers": {"1,000", "1.000", "€5", "5%"},
}
"""What frictionless 5.21 takes for right, or cannot read, and why."""


@pytest.mark.slow
@pytest.mark.parametrize(("schema", "good", "bad", "check"), CELLS, ids=lambda value: json.dumps(value)[:60])
def test_frictionless_hears_the_same(
    tmp_path: Path, schema: Schema, good: list[str], bad: list[str], check: str
) -> None:
    gaps = {cell for cells in LAX_OR_LESS.values() for cell in cells}
    is_edtf = "hrdata:dateFormat" in schema["fields"][0]  # frictionless does not know it
    for cell in () if is_edtf else (*good, *bad):
        if cell not in gaps and cell.strip():
            folder = package(tmp_path, own=(schema, f'cell,other\n"{cell}",x\n'))
            theirs = frictionless.Package(str(folder / "datapackage.json")).validate()
            assert theirs.valid == (cell in good), (cell, check)
