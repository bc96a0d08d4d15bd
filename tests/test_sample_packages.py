"""Sample packages: a good one, and for every check one that breaks it and nothing else.

`packages/good` is a small package without fault. A folder `packages/broken/<CHECK-ID>` holds what
differs from it:

- files of the package that take the place of the good ones, or come in addition;
- `expected.json`: file, line, field and value of each finding;
- `recipe.json`, where a file cannot be kept as it is: links, and files that repeat a text many times;
- `DELETE`: files of the good package to leave out.

A new folder is a new test.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from hrdata.check import CHECKS, Finding, Result, Status, list_hits
from hrdata.cli import app
from hrdata.datasets import MODELS
from hrdata.places import DESCRIPTOR
from hrdata.schema import stale_files
from hrdata.validate import Report, validate_package

PACKAGES = Path(__file__).parent / "packages"
GOOD = PACKAGES / "good"
BROKEN = PACKAGES / "broken"
SAMPLES = sorted(folder.name for folder in BROKEN.iterdir() if folder.is_dir())
ABOUT_THE_SAMPLE = ("expected.json", "recipe.json", "DELETE")
LARGEST_FILE = 50_000
ONLY_WARN = {"PKG112", "PKG115", "STR106", "STR107", "STR109", "TRT203", "VOT208"}

Build = Callable[[str], Path]
Judge = Callable[[Path], Report]
Places = list[list[Any]]


# How a sample is put together and what is expected of it


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Puts the package of a sample together, each one once."""
    built: dict[str, Path] = {}

    def build_once(sample: str) -> Path:
        if sample not in built:
            built[sample] = put_together(sample, tmp_path_factory.mktemp(sample) / "package")
        return built[sample]

    return build_once


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Validates a package, each one once."""
    return functools.cache(validate_package)


def put_together(sample: str, package: Path) -> Path:
    overlay = BROKEN / sample
    shutil.copytree(GOOD, package)
    shutil.copytree(
        overlay,
        package,
        dirs_exist_ok=True,
        ignore=lambda folder, _: ABOUT_THE_SAMPLE if Path(folder) == overlay else (),
    )
    if (unwanted := overlay / "DELETE").exists():
        for file in unwanted.read_text("utf-8").splitlines():
            (package / file).unlink()
    if (recipe := overlay / "recipe.json").exists():
        for step in json.loads(recipe.read_text("utf-8")):
            follow(step, package)
    return package


def follow(step: dict[str, Any], package: Path) -> None:
    """Make a link, or write repeated texts to a file: as the whole of it, or in the place of a text in it."""
    file = package / step["file"]
    if "link_to" in step:
        file.symlink_to(step["link_to"])
        return
    text = "".join(piece * times for piece, times in step["write"])
    if "instead_of" in step:
        before = file.read_text("utf-8")
        assert before.count(step["instead_of"]) == 1
        text = before.replace(step["instead_of"], text)
    file.write_text(text, "utf-8", newline="")


def expected_places(sample: str) -> Places:
    places: Places = json.loads((BROKEN / sample / "expected.json").read_text("utf-8"))
    return places


def unwaived(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if not finding.waived]


def ids_of(findings: Iterable[Finding]) -> set[str]:
    return {finding.check for finding in findings}


def assert_only_its_check_is_broken(sample: str, report: Report) -> None:
    found = unwaived(report)
    assert ids_of(found) == {sample}
    assert [[f.file, f.line, f.field, f.value] for f in found] == expected_places(sample)


# The good sample


def test_the_good_sample_passes_every_check_but_for_its_known_issue() -> None:
    report = validate_package(GOOD)
    assert report.valid
    assert unwaived(report) == []
    assert [(f.check, f.row_id, f.field) for f in report.findings] == [
        ("CIT202", "unga-61-999", "non_voting")
    ]
    # Its states are not the whole United Nations, so nothing can say how many members the Assembly had.
    others = {
        result.check.id: result.status for result in report.results if result.status is not Status.PASSED
    }
    assert others == {"CIT202": Status.KNOWN, "VOT210": Status.UNKNOWN}


def test_the_good_sample_is_valid_by_the_public_name_as_often_as_asked() -> None:
    program = "import hrdata, sys; print([hrdata.validate_package(path).valid for path in sys.argv[1:]])"
    command = [sys.executable, "-c", program, str(GOOD), str(GOOD)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (ended.stdout, ended.stderr) == ("[True, True]\n", "")


def test_the_good_sample_has_every_table_and_fills_every_column() -> None:
    for name, model in MODELS.items():
        table = pl.read_csv(GOOD / f"data/{name}.csv", infer_schema=False)
        assert table.columns == list(model.model_fields)
        assert [column.name for column in table if column.null_count() == table.height] == []


def test_the_good_sample_gives_every_check_of_rows_something_to_judge() -> None:
    report = validate_package(GOOD)
    idle = [result.check.id for result in report.results if result.check.judge and not result.judged]
    assert idle == []


def test_the_descriptor_of_the_good_sample_is_as_the_models_have_it(tmp_path: Path) -> None:
    assert GOOD / DESCRIPTOR not in stale_files(GOOD, tmp_path)


# The broken samples


def test_every_check_has_a_sample_and_every_sample_a_check() -> None:
    assert sorted(CHECKS) == SAMPLES


def test_samples_hold_small_files_that_differ_from_the_good_ones() -> None:
    for file in (path for path in BROKEN.rglob("*") if path.is_file()):
        assert file.stat().st_size <= LARGEST_FILE, file
        twin = GOOD.joinpath(*file.relative_to(BROKEN).parts[1:])
        assert not twin.is_file() or file.read_bytes() != twin.read_bytes(), file


def test_the_values_expected_of_the_samples_stand_on_the_lines_expected(build: Build) -> None:
    """The places were not merely copied from what hrdata said."""
    for sample in SAMPLES:
        for file, line, _, value in expected_places(sample):
            if value:
                lines = (build(sample) / file).read_text("utf-8").splitlines()
                assert value.removesuffix("…") in lines[line - 1]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_breaks_its_check_at_the_expected_places_and_no_other(
    sample: str, build: Build, judge: Judge
) -> None:
    assert_only_its_check_is_broken(sample, judge(build(sample)))


# No check can be switched off without a red test


def switch_off(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the code of a check away; of what the reader and the engine watch over, all findings."""
    check = CHECKS[id]
    if check.judge is not None:
        silent = dataclasses.replace(check, judge=sees_no_bad_row if check.columns else sees_no_hit)
        monkeypatch.setitem(CHECKS, id, silent)
        return
    add = Result.add

    def add_unless_off(result: Result, finding: Finding) -> None:
        if result.check.id != id:
            add(result, finding)

    def list_hits_unless_off(result: Result, *given: Any) -> None:
        if result.check.id != id:
            list_hits(result, *given)

    monkeypatch.setattr(Result, "add", add_unless_off)
    for module in ("hrdata.keys", "hrdata.parse", "hrdata.validate"):
        monkeypatch.setattr(import_module(module), "list_hits", list_hits_unless_off)


def sees_no_hit(*_: object) -> pl.DataFrame:
    return pl.DataFrame(schema={"row": pl.UInt32})


def sees_no_bad_row(*_: object) -> None:
    return None


@pytest.mark.parametrize("sample", SAMPLES)
def test_switching_a_check_off_turns_the_test_of_its_sample_red(
    sample: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(sample, monkeypatch)
    report = validate_package(build(sample))
    with pytest.raises(AssertionError):
        assert_only_its_check_is_broken(sample, report)
    # All other checks still run, and see nothing: what the sample breaks is seen by its check alone.
    # (Without CIT202 the known issue of the good sample covers nothing, which WVR201 notices.)
    assert ids_of(unwaived(report)) == ({"WVR201"} if sample == "CIT202" else set())


# The same by the command line


@pytest.fixture(autouse=True)
def _plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when piped: the only escapes would be those of the data."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def invisible_in(text: str) -> list[str]:
    """The characters of a text that control a terminal or show nothing."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c != "\n"]


def severity_of(sample: str) -> str:
    return "warning" if sample in ONLY_WARN else "error"


def exit_code_of(sample: str) -> int:
    return 0 if sample in ONLY_WARN else 1


def run_in_process(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def run_as_command(*arguments: str) -> tuple[int, str]:
    command = str(Path(sys.executable).with_name("hrdata"))
    ended = subprocess.run([command, *arguments], capture_output=True, encoding="utf-8", check=False)
    return ended.returncode, ended.stdout + ended.stderr


def assert_text_names_the_check(sample: str, code: int, text: str) -> None:
    assert code == exit_code_of(sample)
    assert f" {sample} " in text
    assert "Traceback" not in text
    assert invisible_in(text) == []


def assert_json_has_the_findings(sample: str, code: int, text: str) -> None:
    assert code == exit_code_of(sample)
    assert text.isascii()
    assert invisible_in(text) == []
    report = json.loads(text)
    assert report["valid"] is (code == 0)
    listed = [finding for finding in report["findings"] if not finding["waived"]]
    assert {(finding["check"], finding["severity"]) for finding in listed} == {(sample, severity_of(sample))}
    assert [[f["file"], f["line"], f["field"], f["value"]] for f in listed] == expected_places(sample)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_command_line_reports_a_sample(
    sample: str, build: Build, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To save time, both formats report on one validation; the installed command validates by itself.
    monkeypatch.setattr(import_module("hrdata.validate"), "validate_package", judge)
    package = str(build(sample))
    assert_text_names_the_check(sample, *run_in_process("validate", package))
    assert_json_has_the_findings(sample, *run_in_process("validate", package, "--format", "json"))


@pytest.mark.parametrize("sample", ["FLD206", "PKG104", "STR109"])
def test_the_installed_command_prints_a_sample(sample: str, build: Build) -> None:
    assert_text_names_the_check(sample, *run_as_command("validate", str(build(sample))))


@pytest.mark.parametrize("sample", ["FLD206", "STR118"])
def test_the_installed_command_writes_a_sample_as_json(sample: str, build: Build) -> None:
    assert_json_has_the_findings(sample, *run_as_command("validate", str(build(sample)), "--format", "json"))


def test_the_installed_command_finds_the_good_sample_valid() -> None:
    code, text = run_as_command("validate", str(GOOD))
    assert code == 0
    assert text.endswith("Valid: no errors; known issues cover 1 finding.\n")


# One fault is one finding: what cannot be judged is not called wrong


def edit(package: Path, file: str, before: str, after: str) -> None:
    text = (package / file).read_text("utf-8")
    assert before in text
    (package / file).write_text(text.replace(before, after), "utf-8", newline="")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the good sample."""
    shutil.copytree(GOOD, tmp_path / "package")
    return tmp_path / "package"


@pytest.mark.parametrize("table", MODELS)
def test_a_table_that_cannot_be_read_does_not_make_other_tables_wrong(table: str, package: Path) -> None:
    (package / f"data/{table}.csv").write_bytes(b"")
    # Without known issues, what the one of the good sample covers stands.
    uncovered = {"CIT202"} if table == "known_issues" else set()
    assert ids_of(unwaived(validate_package(package))) == {"STR108"} | uncovered


@pytest.mark.parametrize(
    ("file", "before", "after", "check"),
    [
        ("data/citations.csv", "List of bodies", "List of\u200b bodies", "FLD206"),
        ("data/treaty_actions.csv", "USA,signature,1995-02-16,", "USA,signature,1995-02-16,\u200b", "FLD206"),
        ("data/body_seats.csv", "\n", ",  \n", "STR110"),
        (DESCRIPTOR, '"path": "data/votes.csv",', '"path": "data/votes.csv", "bytes": NaN,', "PKG103"),
    ],
    ids=["citations", "parent of a protocol", "blank column name", "size that is no number"],
)
def test_one_fault_is_found_by_one_check(
    package: Path, file: str, before: str, after: str, check: str
) -> None:
    edit(package, file, before, after)
    assert ids_of(unwaived(validate_package(package))) == {check}


def test_a_row_that_did_not_parse_leaves_checks_of_other_tables_passed(package: Path) -> None:
    edit(package, "data/sources.csv", "Sample bulletin on", "Sample \u200bbulletin on")
    statuses = {result.check.id: result.status for result in validate_package(package).results}
    assert statuses["TRT204"] is Status.PASSED


@pytest.mark.parametrize("value", ["\u200b?", ""], ids=["not clean", "empty"])
def test_a_bad_cell_is_found_in_every_column_of_every_table(value: str, package: Path) -> None:
    for file in (package / "data").iterdir():
        header, _, *rows = file.read_text("utf-8").splitlines()
        bad = ",".join([value] * len(header.split(",")))
        file.write_text("\n".join([header, bad, *rows]) + "\n", "utf-8", newline="")
    found = {
        (f.table, f.field) for f in validate_package(package).findings if f.line == 2 and f.check[:3] == "FLD"
    }
    assert found == {
        (name, column)
        for name, model in MODELS.items()
        for column, info in model.model_fields.items()
        if value or info.is_required()
    }
