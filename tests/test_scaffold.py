"""A scaffolded repository is valid at once, in our eyes and in those of others; files of others stay."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import frictionless
import polars as pl
import pytest
import typer.main
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from typer.testing import CliRunner

from hrdata import scaffold
from hrdata.check import CHECKS, Severity
from hrdata.cli import app
from hrdata.datasets import MODELS
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.importers import harvest
from hrdata.importers.surroundings import SURROUNDINGS
from hrdata.package import read_package
from hrdata.parse import fields_of
from hrdata.places import DESCRIPTOR
from hrdata.release.described import SPDX
from hrdata.release.metadata import missing_metadata
from hrdata.scaffold import LICENCES, OF_THE_REPOSITORY, create_package, needed_tables
from hrdata.schema import export, stale_files
from hrdata.validate import Report, validate_package

ROOT = Path(__file__).parents[1]
CANONICAL = ROOT / "datapackage"
PROFILE = (
    Path(os.environ.get("HRDATA_PROFILES", ROOT.parent / "shared" / "profiles"))
    / "datapackage-2.0"
    / "datapackage.json"
)
needs_profiles = pytest.mark.skipif(not PROFILE.is_file(), reason="HRDATA_PROFILES is not there")

A_VOTE = (
    "unga-61-174,unga,61,2006-12-19,A/RES/61/174,A/61/PV.81,Situation of human rights,PRK,resolution,"
    "recorded_vote,adopted,99,21,56,16,192,false,\n"
)

ALWAYS = {"sources", "citations"}
"""Tables that come with every choice: they say where things stand."""


@pytest.fixture(autouse=True, scope="module")
def _canonical_package_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harvest, "read_package", cache(read_package))
        yield


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def descriptor_in(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "datapackage" / DESCRIPTOR).read_text("utf-8")))


def tables_in(folder: Path) -> list[str]:
    return [resource["name"] for resource in descriptor_in(folder)["resources"]]


def errors_of(report: Report) -> list[str]:
    return [item.message for item in report.findings if item.severity is Severity.ERROR and not item.waived]


def assert_frictionless_accepts(folder: Path) -> None:
    report = frictionless.Package(str(folder / "datapackage" / DESCRIPTOR)).validate()
    found = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors[:3]]
    assert (report.valid, [*report.errors, *found]) == (True, [])
    assert [task.name for task in report.tasks] == tables_in(folder)


# Valid at once


@pytest.mark.parametrize("chosen", [*([name] for name in MODELS), []], ids=lambda one: "-".join(one) or "all")
def test_whatever_is_chosen_is_valid_at_once_and_stale_nowhere(chosen: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    create_package(folder, tables=chosen)
    report = validate_package(folder / "datapackage")
    assert report.valid
    assert {item.check for item in report.findings} <= {"STR109"}, "more is odd than tables without rows"
    assert set(chosen) <= set(tables_in(folder))
    assert stale_files(folder / "datapackage", folder / "schemas") == []
    assert_frictionless_accepts(folder)


@given(st.sets(st.sampled_from(list(MODELS))))
def test_no_reference_and_no_check_misses_a_table_that_could_be_there(chosen: set[str]) -> None:
    there = needed_tables(sorted(chosen))
    assert there == [name for name in MODELS if name in there], "not in the order of the package"
    assert {*chosen, *ALWAYS} <= {*there}
    assert {field.refers_to for name in there for field in fields_of(MODELS[name])} - {None} <= {*there}
    assert needed_tables(there) == there
    if chosen:
        union = {name for one in chosen for name in needed_tables([one])}
        assert {*there} == union, "what a table needs hangs on what else was chosen"


@pytest.mark.parametrize("text", ["votes,events", " votes , events ,", ",events,votes,votes"])
def test_tables_may_be_named_with_commas(text: str, tmp_path: Path) -> None:
    assert needed_tables([text]) == needed_tables(["votes", "events"])
    assert needed_tables([text, "treaties"]) == needed_tables(["votes", "events", "treaties"])
    with pytest.raises(UsageError, match="there is no table vote; did you mean votes"):
        needed_tables([f"{text},vote"])
    called = ["init", str(tmp_path / "mine"), "--table", text]
    assert CliRunner().invoke(app, called).exit_code == 0
    assert tables_in(tmp_path / "mine") == needed_tables(["votes", "events"])


@pytest.mark.parametrize("name", [name for name in MODELS if name not in SURROUNDINGS])
def test_no_check_about_a_table_is_skipped_for_want_of_states_bodies_or_seats(name: str) -> None:
    missing = {*SURROUNDINGS} - {*needed_tables([name])}
    asking = [c.id for c in CHECKS.values() if c.judge and not c.columns and c.tables[0] == name]
    assert not [id for id in asking if missing & {*CHECKS[id].tables}]


@pytest.mark.parametrize(
    ("chosen", "others"),
    [
        ("votes", {"states", "bodies", "body_seats"}),
        ("ballots", {"votes", "states", "bodies", "body_seats"}),
        ("treaties", {"bodies"}),
        ("events", {"bodies"}),
        ("event_participants", {"events", "states", "bodies"}),
        ("upr_tallies", {"upr_reviews", "states"}),
        ("states", set()),
    ],
)
def test_what_a_table_brings_and_no_more(chosen: str, others: set[str]) -> None:
    assert {*needed_tables([chosen])} == {chosen, *others, *ALWAYS}


def test_without_a_choice_all_tables_are_there_but_known_issues_of_which_there_are_none_yet() -> None:
    assert needed_tables([]) == [name for name in MODELS if name != "known_issues"]


def test_the_commands_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_package(tmp_path / "mine", tables=["ballots"])
    monkeypatch.chdir(tmp_path / "mine")
    for command in (["validate"], ["schema", "check"]):
        ran = CliRunner().invoke(app, command)
        assert ran.exit_code == 0, ran.output
        assert "comes with hrdata" not in ran.stderr


# What is written


def test_the_files_are_these_and_are_named_to_the_caller(tmp_path: Path) -> None:
    folder = tmp_path / "far" / "mine"
    made = create_package(folder, tables=["treaties"])
    tables = ["bodies", "citations", "sources", "treaties"]
    assert files_below(folder).keys() == {
        "datapackage/datapackage.json",
        *(f"datapackage/data/{name}.csv" for name in tables),
        *(f"schemas/{name}.json" for name in tables),
        "README.md",
        "CHANGELOG.md",
        ".gitattributes",
        ".gitignore",
        ".pre-commit-config.yaml",
        ".github/workflows/hrdata.yml",
    }
    assert {path.relative_to(folder).as_posix() for path in made} == files_below(folder).keys()
    assert len(made) == len(set(made))


def test_states_bodies_and_seats_are_those_of_the_canonical_package_and_the_rest_is_empty(
    tmp_path: Path,
) -> None:
    create_package(tmp_path / "mine")
    filled = {*SURROUNDINGS, "sources", "citations"}
    for name in needed_tables([]):
        ours = (tmp_path / f"mine/datapackage/data/{name}.csv").read_bytes()
        canonical = (CANONICAL / f"data/{name}.csv").read_bytes()
        if name in SURROUNDINGS:
            assert ours == canonical
        assert ours.split(b"\n")[0] == canonical.split(b"\n")[0]
        assert (ours.count(b"\n") > 1) is (name in filled)


def test_what_was_taken_over_is_cited_and_nothing_else(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["upr_reviews"])
    tables = read_package(tmp_path / "mine/datapackage").tables
    cited = tables["citations"].frame.select("table", "row_id", "field", "source_id").rows()
    assert cited == [("states", "*", "*", "hrdata")]
    assert tables["sources"].frame["source_id"].to_list() == ["hrdata"]
    create_package(tmp_path / "bare", tables=["known_issues"])
    assert all(
        data.count(b"\n") == 1 for name, data in files_below(tmp_path / "bare").items() if ".csv" in name
    )


def test_rows_are_sorted_by_key(tmp_path: Path) -> None:
    create_package(tmp_path / "mine")
    for name, columns in read_package(tmp_path / "mine/datapackage").tables.items():
        keys = columns.frame.select(pl.col(MODELS[name].KEY).cast(pl.String)).rows()
        assert keys == sorted(keys), name


def test_no_file_holds_a_place_left_to_fill_in_or_a_carriage_return(tmp_path: Path) -> None:
    create_package(tmp_path / "mine")
    for name, data in files_below(tmp_path / "mine").items():
        assert data.endswith(b"\n"), name
        assert not data.endswith(b"\n\n"), name
        assert b"\r" not in data, name
        if "/data/" not in name:
            assert not re.search(rb"%[a-z{%]", data), name


def test_each_template_is_used() -> None:
    there = {path.name for path in (Path(scaffold.__file__).parent / "templates").iterdir()}
    assert there == set(scaffold.TEMPLATES.values())


# The descriptor


@pytest.mark.parametrize(
    ("folder", "name", "title"),
    [
        ("My Votes (2026)", "my-votes-2026", "My votes 2026"),
        ("données_ONU", "donnees-onu", "Donnees onu"),
        ("a--b.", "a-b", "A b"),
    ],
)
def test_the_name_follows_from_the_folder_and_the_title_from_the_name(
    folder: str, name: str, title: str, tmp_path: Path
) -> None:
    create_package(tmp_path / folder, tables=["sources"])
    descriptor = descriptor_in(tmp_path / folder)
    assert (descriptor["name"], descriptor["title"]) == (name, title)
    assert descriptor["version"] == "0.1.0"
    assert "licenses" not in descriptor, "a licence is not ours to give"


def test_the_name_of_the_folder_one_is_in_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    create_package(Path("."), tables=["sources"])
    assert descriptor_in(Path("."))["name"] == "here"


def test_name_and_title_are_as_given(tmp_path: Path) -> None:
    create_package(tmp_path / "x", name="my-votes", title="Votes *of* <mine> [1]", tables=["sources"])
    descriptor = descriptor_in(tmp_path / "x")
    assert (descriptor["name"], descriptor["title"]) == ("my-votes", "Votes *of* <mine> [1]")
    heading = (tmp_path / "x/README.md").read_text("utf-8").splitlines()[0]
    assert heading == r"# Votes \*of\* \<mine\> \[1\]"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "My Votes"}, "'My Votes' cannot be used: expected .* hyphens, such as my-votes$"),
        ({"name": ""}, "the name '' cannot be used: expected .* hyphens$"),
        ({"name": "-"}, "hyphens$"),
        ({"name": "a\n"}, "such as a$"),
        ({"title": ""}, "the title '' cannot be used"),
        ({"title": "two\nlines"}, "invisible character U\\+000A"),
        ({"title": " a"}, "starts or ends with a space"),
        ({"description": ""}, "the description '' cannot be used"),
        ({"creator": "Jane\tDoe"}, "the creator .* invisible character U\\+0009"),
        (
            {"licence": "As you like"},
            r"the licence 'As you like' cannot be used: .* SPDX list, such as CC0-1\.0",
        ),
        ({"licence": ""}, "the licence '' cannot be used"),
        ({"tables": ["vote"]}, r"^there is no table vote; did you mean votes\? the tables are sources, "),
        ({"tables": ["votes", "zzz"]}, "^there is no table zzz; the tables are sources, "),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(
    given: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        create_package(tmp_path / "mine", **given)
    assert everything_below(tmp_path) == set()


SAID = {"title": "Votes", "description": "How states voted.", "creator": "Jane Doe", "licence": "cc-by-4.0"}


def test_what_is_said_of_a_package_is_in_its_descriptor(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["votes"], **SAID)
    descriptor = descriptor_in(tmp_path / "mine")
    assert (descriptor["title"], descriptor["description"]) == ("Votes", "How states voted.")
    assert descriptor["contributors"] == [{"title": "Jane Doe", "roles": ["Creator", "Publisher"]}]
    path = "https://creativecommons.org/licenses/by/4.0/"
    assert descriptor["licenses"] == [{"name": "CC-BY-4.0", "path": path}]
    assert missing_metadata(descriptor) == []
    assert stale_files(tmp_path / "mine/datapackage", tmp_path / "mine/schemas") == []
    readme = (tmp_path / "mine/README.md").read_text("utf-8")
    assert f"under [CC-BY-4.0]({path}), as" in readme
    assert "None is given yet" not in readme
    assert_frictionless_accepts(tmp_path / "mine")


def test_a_licence_of_which_only_the_id_is_known_is_named_by_it(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"], **{**SAID, "licence": "OGL-UK-3.0"})
    descriptor = descriptor_in(tmp_path / "mine")
    assert descriptor["licenses"] == [{"name": "OGL-UK-3.0"}]
    assert missing_metadata(descriptor) == []
    assert_frictionless_accepts(tmp_path / "mine")


def test_the_licences_that_are_known_are_those_that_a_citation_can_name() -> None:
    assert {*LICENCES} <= SPDX


def test_what_init_was_told_is_enough_to_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = [word for name, text in SAID.items() for word in (f"--{name}", text)]
    ran = CliRunner().invoke(app, ["init", "mine", "--table", "votes", *said])
    assert ran.exit_code == 0, ran.output
    monkeypatch.chdir(tmp_path / "mine")
    follow_the_readme(Path())
    assert CliRunner().invoke(app, ["schema", "export"]).exit_code == 0
    ran = CliRunner().invoke(app, ["publish", "--to", "releases"])
    assert ran.exit_code == 0, ran.output
    assert "published mine 0.1.0 in releases, digest" in ran.output
    ran = CliRunner().invoke(app, ["publish", "--to", "releases", "--bump", "auto"])
    assert "already there: mine 0.1.0" in ran.output
    subprocess.run(["git", "init", "-q"], check=True)
    seen = subprocess.run(["git", "status", "--short", "-uall"], capture_output=True, text=True, check=True)
    assert "README.md" in seen.stdout
    assert "releases/" not in seen.stdout


def test_the_readme_says_how_to_publish_with_options_that_there_are(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    section = (tmp_path / "mine/README.md").read_text("utf-8").partition("## Publishing\n")[2]
    section = section.partition("\n## ")[0]
    commands = getattr(typer.main.get_command(app), "commands", {})
    known = {option for parameter in commands["publish"].params for option in parameter.opts}
    assert {"--to", "--bump"} == {*re.findall(r"--[a-z-]+", section)} <= known
    for word in ("`title`", "`description`", "`licenses`", "`contributors`", "`Creator`", "`Publisher`"):
        assert word in section


def test_a_folder_without_letters_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"give one with --name$"):
        create_package(tmp_path / "数据", tables=["sources"])
    create_package(tmp_path / "数据", name="data", tables=["sources"])


@given(st.text(max_size=20))
def test_a_name_that_was_made_can_be_given(text: str) -> None:
    slug = scaffold._slug(text)
    assert re.fullmatch("([a-z0-9]+(-[a-z0-9]+)*)?", slug)
    assert scaffold._slug(slug) == slug


def test_created_is_the_time_that_builds_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    for name in ("a", "b"):
        create_package(tmp_path / name, name="same", tables=["votes"])
    assert descriptor_in(tmp_path / "a")["created"] == "2001-09-09T01:46:40Z"
    assert files_below(tmp_path / "a") == files_below(tmp_path / "b")


def test_created_is_now_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    create_package(tmp_path / "mine", tables=["sources"])
    created = dt.datetime.fromisoformat(descriptor_in(tmp_path / "mine")["created"])
    assert created.tzinfo is not None
    assert before <= created <= dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("stated", ["yesterday", "1e9", "1" * 30])
def test_a_time_that_is_none_is_named(stated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    with pytest.raises(UsageError, match=r"^SOURCE_DATE_EPOCH is "):
        create_package(tmp_path / "mine")
    assert everything_below(tmp_path) == set()


@needs_profiles
@pytest.mark.parametrize("chosen", [[], ["votes"], ["known_issues"]], ids=str)
def test_the_official_profile_accepts_the_descriptor(chosen: list[str], tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=chosen)
    profile = json.loads(PROFILE.read_text("utf-8"))
    judge = Draft7Validator(profile, format_checker=Draft7Validator.FORMAT_CHECKER)
    assert [error.message for error in judge.iter_errors(descriptor_in(tmp_path / "mine"))] == []


# What the machines read


def workflow_in(folder: Path) -> dict[Any, Any]:
    return dict(yaml.safe_load((folder / ".github/workflows/hrdata.yml").read_text("utf-8")))


def test_the_workflow_is_one_that_the_schema_of_workflows_knows(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    file = tmp_path / "mine/.github/workflows/hrdata.yml"
    ran = subprocess.run([*call, str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    file.write_text(file.read_text("utf-8").replace("runs-on", "runs_on"), "utf-8")
    assert subprocess.run([*call, str(file)], capture_output=True, check=False).returncode == 1


def test_the_workflow_checks_a_pull_request_against_its_base_and_a_push_as_a_whole(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    workflow = workflow_in(tmp_path / "mine")
    assert set(workflow[True]) == {"pull_request", "push"}  # YAML 1.1 reads `on` as true
    steps = workflow["jobs"]["validate"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    runs = {step["if"]: step["run"] for step in steps if "if" in step and "run" in step}
    on_request, on_push = (runs[f"github.event_name == '{event}'"] for event in ("pull_request", "push"))
    told = "--format github --output sarif:hrdata.sarif"
    assert on_request == f'hrdata validate datapackage --since "$BASE" {told}'
    assert on_push == on_request.replace(' --since "$BASE"', "")
    assert f'"hrdata=={version("hrdata")}"' in next(step["run"] for step in steps if "pip" in str(step))


def test_what_the_workflow_and_the_hook_call_is_there(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    commands = getattr(typer.main.get_command(app), "commands", {})
    known = {option for parameter in commands["validate"].params for option in parameter.opts}
    calls = [step.get("run", "") for step in workflow_in(tmp_path / "mine")["jobs"]["validate"]["steps"]]
    used = {option for call in calls for option in re.findall(r"--[a-z-]+", call)}
    assert {"--since"} < used <= known
    assert "hook" in commands


def test_no_script_of_the_workflow_holds_an_expression(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    steps = workflow_in(tmp_path / "mine")["jobs"]["validate"]["steps"]
    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]
    used = {name for step in steps for name in re.findall(r"\$(\w+)", step.get("run", ""))}
    assert used == {name for step in steps for name in step.get("env", {})}


def test_the_hook_runs_the_same_hrdata_whatever_was_changed(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    config = yaml.safe_load((tmp_path / "mine/.pre-commit-config.yaml").read_text("utf-8"))
    [repo] = config["repos"]
    assert repo["repo"] == "local"
    assert repo["hooks"] == [
        {
            "id": "hrdata",
            "name": "hrdata",
            "entry": "hrdata hook --",
            "types": [],
            "language": "python",
            "additional_dependencies": [f"hrdata=={version('hrdata')}"],
            "always_run": True,
            "require_serial": True,
        }
    ]


def test_git_gives_every_checkout_line_feeds(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    create_package(folder, tables=["votes"])
    files = [name for name in files_below(folder) if name.endswith((".csv", ".json"))]
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    asked = subprocess.run(
        ["git", "check-attr", "text", "eol", "--", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [f"{name}: {line}" for name in files for line in ("text: set", "eol: lf")]
    assert sorted(asked.stdout.splitlines()) == sorted(expected)


# What people read


def examples_in(folder: Path) -> list[tuple[str, str]]:
    """The examples of the README: the file that each is for, and what goes there."""
    readme = (folder / "README.md").read_text("utf-8")
    return re.findall(r"`(datapackage/[^`]+)`:\n\n```[a-z]+\n(.*?)```", readme, re.DOTALL)


def follow_the_readme(folder: Path) -> None:
    """Do what the examples of the README say, and add the vote that they cite."""
    with (folder / "datapackage/data/votes.csv").open("a", encoding="utf-8", newline="") as file:
        file.write(A_VOTE)
    for name, text in examples_in(folder):
        if name.endswith(DESCRIPTOR):
            descriptor = descriptor_in(folder)
            descriptor["resources"].append(json.loads(text))
            (folder / name).write_text(json.dumps(descriptor), "utf-8")
        else:
            with (folder / name).open("a", encoding="utf-8", newline="") as file:
                file.write(text)


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    create_package(tmp_path / "mine", tables=["votes"])
    follow_the_readme(tmp_path / "mine")
    return tmp_path / "mine"


def test_a_vote_and_a_table_of_ones_own_as_the_readme_has_them_are_valid(followed: Path) -> None:
    files = [name.rpartition("/")[2] for name, _ in examples_in(followed)]
    assert files == ["sources.csv", "citations.csv", "speeches.csv", DESCRIPTOR]
    report = validate_package(followed / "datapackage")
    assert errors_of(report) == []
    assert (report.tables["votes"], report.tables["speeches"], report.unchecked) == (1, 1, ())
    assert not report.findings
    assert_frictionless_accepts(followed)


def test_after_an_export_the_table_of_ones_own_is_still_there(followed: Path) -> None:
    changed = export(followed / "datapackage", followed / "schemas")
    assert changed == [followed / "datapackage" / DESCRIPTOR]
    assert stale_files(followed / "datapackage", followed / "schemas") == []
    assert tables_in(followed)[-1] == "speeches"
    assert validate_package(followed / "datapackage").valid


@pytest.mark.parametrize(
    ("file", "old", "new", "check"),
    [
        ("speeches", ",1250,", ",0,", "FLD208"),
        ("speeches", "press-office-2026\n", "press-office-2025\n", "REF"),
        ("speeches", "2026-03-02", "2026-02-30", "FLD204"),
        ("sources", "press-office-2026,", "press-office,", "REF"),
        ("citations", "votes,", "vote,", "CIT"),
        ("votes", ",99,21,", ",21,99,", "VOT203"),
    ],
)
def test_what_the_readme_describes_is_checked(
    file: str, old: str, new: str, check: str, followed: Path
) -> None:
    path = followed / f"datapackage/data/{file}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    found = validate_package(followed / "datapackage").findings
    assert [item for item in found if item.check.startswith(check) and item.severity is Severity.ERROR]


def test_the_columns_that_the_readme_names_are_those_of_the_tables(followed: Path) -> None:
    for name, text in examples_in(followed):
        if name.endswith(("sources.csv", "citations.csv")):
            [row] = csv.reader(io.StringIO(text))
            assert len(row) == len(fields_of(MODELS[Path(name).stem]))


def test_the_readme_lists_the_tables_and_says_what_came_from_elsewhere(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["upr_reviews"])
    readme = (tmp_path / "mine/README.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert listed == tables_in(tmp_path / "mine")
    assert "under CC-BY-4.0; say so when you pass them on: `states`." in readme
    create_package(tmp_path / "bare", tables=["sources"])
    assert "under CC-BY-4.0" not in (tmp_path / "bare/README.md").read_text("utf-8")


def test_the_licence_as_the_readme_has_it_can_be_put_in(tmp_path: Path) -> None:
    create_package(tmp_path / "mine", tables=["sources"])
    readme = (tmp_path / "mine/README.md").read_text("utf-8")
    [licences] = re.findall(r'^    ("licenses": \[.*?\n    \]),', readme, re.MULTILINE | re.DOTALL)
    file = tmp_path / "mine/datapackage" / DESCRIPTOR
    file.write_text(file.read_text("utf-8").replace('"sources": [', f'{licences}, "sources": [', 1), "utf-8")
    assert descriptor_in(tmp_path / "mine")["licenses"][0]["name"] == "CC-BY-4.0"
    assert_frictionless_accepts(tmp_path / "mine")


# All or nothing, and nothing of others


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for name in (".git/config", ".github/workflows/other.yml", "datapackage/notes.txt", "schemas/votes.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, "utf-8")
    before = files_below(folder)
    create_package(folder, tables=["treaties"])
    after = files_below(folder)
    assert before.items() <= after.items()
    assert validate_package(folder / "datapackage").valid
    assert stale_files(folder / "datapackage", folder / "schemas") == []


@pytest.mark.parametrize("thing", ["file", "folder", "dangling link"])
@pytest.mark.parametrize("there", [*((name,) for name in OF_THE_REPOSITORY), OF_THE_REPOSITORY], ids="-".join)
def test_what_a_repository_has_of_its_own_is_kept(there: tuple[str, ...], thing: str, tmp_path: Path) -> None:
    usual = {path.relative_to(tmp_path / "bare") for path in create_package(tmp_path / "bare", name="mine")}
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in there:
        if thing == "file":
            (folder / name).write_text("mine", "utf-8")
        elif thing == "folder":
            (folder / name).mkdir()
        else:
            (folder / name).symlink_to("nowhere")
    made = {path.relative_to(folder) for path in create_package(folder)}
    moved = {Path("datapackage/README.md")} if "README.md" in there else set()
    assert made == usual - {Path(name) for name in there} | moved
    for name in there:
        if thing == "file":
            assert (folder / name).read_text("utf-8") == "mine"
        assert thing != "folder" or not list((folder / name).iterdir())
    assert not (folder / "nowhere").exists()
    for path in moved:
        assert (folder / path).read_bytes() == (tmp_path / "bare/README.md").read_bytes()
    assert validate_package(folder / "datapackage").valid
    assert stale_files(folder / "datapackage", folder / "schemas") == []


def test_the_command_says_what_it_kept(tmp_path: Path) -> None:
    for name in ("README.md", ".gitattributes"):
        (tmp_path / name).write_text("mine", "utf-8")
    ran = CliRunner().invoke(app, ["init", str(tmp_path), "--name", "mine", "--table", "sources"])
    assert ran.exit_code == 0, ran.output
    said = ran.stdout.splitlines()
    kept = {f"kept {tmp_path / name} as it was" for name in ("README.md", ".gitattributes")}
    assert {line for line in said if line.startswith("kept ")} == kept
    assert {f"wrote {tmp_path / name}" for name in ("datapackage/README.md", "CHANGELOG.md")} <= {*said}
    assert f"wrote {tmp_path / 'README.md'}" not in said


def test_a_conflict_names_every_file_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "datapackage/data").mkdir(parents=True)
    for name in ("README.md", "datapackage/README.md", "datapackage/data/votes.csv"):
        (folder / name).write_text("mine", "utf-8")
    (folder / "schemas").mkdir()
    (folder / "schemas/votes.json").symlink_to("nowhere")
    before = everything_below(folder)
    with pytest.raises(Conflict) as refused:
        create_package(folder, tables=["votes"])
    named = "datapackage/README.md, datapackage/data/votes.csv, schemas/votes.json"
    assert f"{folder}: holds {named} already; nothing was written" in str(refused.value)
    assert everything_below(folder) == before
    assert (folder / "README.md").read_text("utf-8") == "mine"


def test_a_second_time_is_a_conflict(tmp_path: Path) -> None:
    made = create_package(tmp_path / "mine", tables=["votes"])
    before = files_below(tmp_path)
    with pytest.raises(Conflict) as refused:
        create_package(tmp_path / "mine", tables=["votes"])
    names = {path.relative_to(tmp_path / "mine").as_posix() for path in made}
    assert {*OF_THE_REPOSITORY} < names
    listed = str(refused.value).partition(": holds ")[2].partition(" already; ")[0].split(", ")
    assert {*listed} == names - {*OF_THE_REPOSITORY}
    assert files_below(tmp_path) == before


def test_a_table_that_lies_there_would_join_the_package_and_is_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "datapackage/data").mkdir(parents=True)
    (tmp_path / "datapackage/data/ballots.csv").write_text("mine", "utf-8")
    with pytest.raises(Conflict, match="ballots"):
        create_package(tmp_path, name="a", tables=["votes"])


@pytest.mark.parametrize("place", [".", "datapackage", ".github/workflows"])
@pytest.mark.parametrize("thing", ["file", "dangling link", "link"])
def test_what_stands_where_a_folder_belongs_is_a_conflict(place: str, thing: str, tmp_path: Path) -> None:
    folder, outside = tmp_path / "mine", tmp_path / "outside"
    outside.mkdir()
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    if thing == "file":
        (folder / place).write_text("mine", "utf-8")
    else:
        (folder / place).symlink_to(outside if thing == "link" else tmp_path / "nowhere")
    if (place, thing) == (".", "link"):
        create_package(folder, tables=["sources"])  # the folder as one knows it
        assert (outside / "README.md").is_file()
        return
    expected = f"holds {place} already" if place != "." else "is there already, but is no folder"
    with pytest.raises(Conflict, match=re.escape(expected)):
        create_package(folder, tables=["sources"])
    assert everything_below(outside) == set()


def break_after(patch: pytest.MonkeyPatch, count: int, fault: BaseException) -> None:
    """Let so many files be opened for writing, and raise at the next one."""
    left = iter(range(count))
    real = Path.open

    def open_(path: Path, mode: str = "r", *args: Any, **words: Any) -> IO[Any]:
        file = real(path, mode, *args, **words)
        if "x" in mode and next(left, None) is None:
            file.close()

            class Full(io.BytesIO):
                def write(self, _: object) -> int:
                    raise fault

            return Full()
        return file

    patch.setattr(Path, "open", open_)


@pytest.mark.parametrize("count", [0, 1, 7, 17])
@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_when_the_disk_refuses_halfway_nothing_is_left(
    count: int, fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine/schemas").mkdir(parents=True)
    (tmp_path / "mine/schemas/note.txt").write_text("mine", "utf-8")
    before = everything_below(tmp_path)
    break_after(monkeypatch, count, fault)
    raised = EnvironmentFault if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(raised, match="no space left" if raised is EnvironmentFault else None):
        create_package(tmp_path / "mine", tables=["votes"])
    with pytest.raises(raised):
        create_package(tmp_path / "far/away", tables=["votes"])
    assert everything_below(tmp_path) == before


def test_a_file_that_comes_in_between_is_neither_replaced_nor_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    come = (tmp_path / "mine/README.md").write_text
    monkeypatch.setattr(scaffold, "_refuse_existing", lambda *_: come("mine", "utf-8"))
    with pytest.raises(Conflict, match=r"README\.md: came to be there just now"):
        create_package(tmp_path / "mine", tables=["sources"])
    assert files_below(tmp_path / "mine") == {"README.md": b"mine"}
    assert everything_below(tmp_path / "mine") == {"README.md"}


def test_below_a_file_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    with pytest.raises(EnvironmentFault, match="cannot be written: not a directory"):
        create_package(tmp_path / "file/mine", tables=["sources"])
