"""What the project says about itself is true: README, CONTRIBUTING, CHANGELOG, the report's description."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main

import hrdata
from hrdata.check import CHECKS, Finding
from hrdata.cli import app
from hrdata.package import bundled_package
from hrdata.report import data
from hrdata.report.checks import list_checks
from hrdata.validate import validate_package

ROOT = Path(__file__).parents[1]
README, CONTRIBUTING, CHANGELOG = (
    (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

COPY_PASTE = [line.strip() for line in README.splitlines() if line.startswith("    python3 -m venv ")]
"""The README's lines that do all set-up."""


def leaves(node: Any, path: str = "hrdata") -> Iterator[str]:
    """The full name of every command that is not a group."""
    inner = getattr(node, "commands", {})
    for name, command in inner.items():
        yield from leaves(command, f"{path} {name}")
    if not inner:
        yield path


COMMANDS = list(leaves(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_has_every_command(name: str) -> None:
    assert re.search(rf"`{name}\b", README)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    known = set(COMMANDS)
    named = {match.strip() for match in re.findall(r"`(hrdata(?: [a-z]+)+)", README)}
    strangers = {name for name in named if not any(f"{name} ".startswith(f"{one} ") for one in known)}
    assert not strangers


def test_the_readme_shows_what_the_first_command_prints() -> None:
    shown = re.split(
        r"^ *[.]{3}\n", README.split("## What you see\n")[1].split("\nA known issue")[0], flags=re.M
    )
    command = [sys.executable, "-m", "hrdata", "validate", "datapackage"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    printed = " ".join(ran.stdout.split())
    for part in shown:
        assert " ".join(part.split()) in printed


def test_the_readme_has_the_exit_codes() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE))
    assert list(rows) == sorted(rows, key=int)
    assert {"0", "1", "2", "3", "130"} <= set(rows)


def test_the_readme_sets_everything_up_in_two_lines() -> None:
    first, second = COPY_PASTE
    assert first.endswith("hrdata validate")
    assert "[test]" in second
    assert re.search(r"pytest\b", second)
    for line in COPY_PASTE:
        assert line.count("&&") >= 2, "one failed step must end the line"


def test_ci_runs_the_test_line_of_the_readme_and_the_other_tools() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, "is not executable"
    code = script.read_text("utf-8")
    [looked_up] = re.findall(r"grep -m 1 '([^']+)' README.md", code) or [None]
    if looked_up is None:
        assert COPY_PASTE[1] in code
    else:
        found = next(line for line in README.splitlines() if re.search(looked_up, line))
        assert found.strip() == COPY_PASTE[1], "runs another line of the README"
    for tool in ("ruff check", "ruff format --check", "mypy", "hrdata schema check", "git clone"):
        assert tool in code
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_changelog_says_what_is_new() -> None:
    sections = re.findall(r"^## \[?([^\]\n]+)\]?.*\n((?:(?!## ).*\n?)*)", CHANGELOG, re.MULTILINE)
    titles = [title for title, _ in sections]
    assert titles
    assert titles[0] in ("Unreleased", PROJECT["version"])
    assert re.search(r"^- \S", sections[0][1], re.MULTILINE)


@pytest.mark.parametrize(
    "dependency", [re.split("[^A-Za-z0-9_-]", name)[0] for name in PROJECT["dependencies"]]
)
def test_contributing_gives_a_reason_for_every_dependency(dependency: str) -> None:
    row = re.search(rf"^\| *`?{dependency}`? *\|(.+)$", CONTRIBUTING, re.MULTILINE)
    assert row
    assert re.search(r"\w{3}", row[1].split("|")[0])


def test_contributing_has_every_module() -> None:
    modules = {path.name for path in (ROOT / "src" / "hrdata").glob("*.py")} - {"__init__.py"}
    assert not {name for name in modules if f"`{name}`" not in CONTRIBUTING} - {"errors.py"}


def test_the_checks_command_lists_every_check() -> None:
    command = [sys.executable, "-m", "hrdata.cli", "checks"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^[A-Z]{3}\d{3}\b", listed, re.MULTILINE) == sorted(CHECKS)


@pytest.mark.parametrize("check", list_checks(), ids=lambda check: check.id)
def test_a_check_says_what_it_asserts_and_what_to_do(check: Any) -> None:
    assert re.fullmatch("(STR|FLD|KEY|REF|VOT|TRT|UPR|EVT|CIT|WVR|PKG)[0-9]{3}", check.id)
    assert re.fullmatch("[a-z0-9]+(_[a-z0-9]+)+", check.truth)
    assert check.meaning.endswith(".")
    assert "\n" not in check.meaning, "the meaning is one line"
    assert check.example
    assert check.message
    assert not check.message.endswith(".")
    assert check.hint.endswith(".")
    assert check.hint[0].isupper()
    assert "file}" in check.hint or ".csv" in check.hint, "the hint names the file to open"


def keys_of(value: Any) -> Iterator[str]:
    """Every name in a JSON value, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_the_description_of_the_report_has_every_field() -> None:
    described = (ROOT / "docs" / "report.md").read_text("utf-8")
    report = json.loads(data.render(validate_package(bundled_package())))
    del report["tables"]  # its names are those of the tables
    names = {*keys_of(report), "tables", *(field.name for field in fields(Finding))}
    assert not {name for name in names if f"`{name}`" not in described}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_finished_and_their_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"@@|TODO|FIXME|XXX\b|lorem ipsum", text)
    assert not re.search(r"(?<![\w.])/(work|home|root|Users|tmp)/", text), "names a place on one machine"
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and not re.match("https?:|mailto:", target)]
    assert not [target for target in local if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_on_pages_can_be_parsed_and_names_what_exists(page: Path) -> None:
    for code in re.findall(r"```python\n(.+?)```", page.read_text("utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hrdata":
                assert hasattr(hrdata, node.attr)


@pytest.mark.parametrize("licence", PROJECT["license-files"])
def test_licences_are_there(licence: str) -> None:
    expected = {"LICENSE": "MIT License", "LICENSE-DATA": "Attribution 4.0"}[licence]
    assert expected in (ROOT / licence).read_text("utf-8")
