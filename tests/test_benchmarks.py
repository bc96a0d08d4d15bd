"""The benchmark suite on a tiny set of data: it runs, its data never change, a wrong report is noticed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.__main__ import GROUPS
from benchmarks.correct import judge_counts, judge_own_table, judge_places, report_of
from benchmarks.data import KINDS, ensure
from benchmarks.measure import ROOT, Contender, measure, ratios

VOTES = 60


def run_suite(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--small", "--runs", "1", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


def written(kind: str, folder: Path) -> tuple[Any, dict[str, bytes]]:
    expected = KINDS[kind](folder, VOTES)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return expected, {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_are_the_same_each_time(kind: str, tmp_path: Path) -> None:
    once, again = written(kind, tmp_path / "once"), written(kind, tmp_path / "again")
    assert once == again
    assert len(once[1]) >= 2


def test_data_are_written_anew_only_when_they_are_of_another_generator(tmp_path: Path) -> None:
    folder = tmp_path / "bulk-60"
    ensure("bulk", folder, VOTES)
    sound = (folder / "bulk.csv").read_bytes()
    (folder / "bulk.csv").write_bytes(b"")
    ensure("bulk", folder, VOTES)
    assert (folder / "bulk.csv").read_bytes() == b""
    stated = json.loads((folder / "expected.json").read_bytes())
    (folder / "expected.json").write_text(json.dumps({**stated, "mark": "of another one"}))
    ensure("bulk", folder, VOTES)
    assert (folder / "bulk.csv").read_bytes() == sound


def test_each_seeded_defect_is_found_and_a_tampered_list_is_noticed(tmp_path: Path) -> None:
    expected = KINDS["defects"](tmp_path / "package", VOTES)
    assert isinstance(expected, list)
    kinds = {(check, column) for check, _, _, column in expected}
    assert len(kinds) == 11
    assert len(expected) > len(kinds)
    report = report_of(tmp_path / "package")
    verdict = judge_places("defects", report, expected)
    assert verdict.holds, verdict.detail
    check, table, line, column = expected[0]
    for tampered in (
        expected[1:],
        [*expected, ("VOT202", "votes", 2, "yes")],
        [(check, table, line + 1, column), *expected[1:]],
        [("FLD299", table, line, column), *expected[1:]],
        [(check, "states", line, column), *expected[1:]],
    ):
        assert judge_places("defects", report, tampered).holds is False


@pytest.mark.parametrize("kind", ["wrong-words", "wrong-references"])
def test_counts_of_wrong_rows_are_complete_and_a_wrong_count_is_noticed(kind: str, tmp_path: Path) -> None:
    expected = KINDS[kind](tmp_path / "package", VOTES)
    assert isinstance(expected, dict)
    report = report_of(tmp_path / "package")
    verdict = judge_counts(kind, report, expected)
    assert verdict.holds, verdict.detail
    assert max(expected.values()) >= VOTES * 150
    for check in expected:
        assert judge_counts(kind, report, {**expected, check: expected[check] - 1}).holds is False
    assert judge_counts(kind, {**report, "text": "Not valid."}, expected).holds is False


def test_a_table_that_is_not_checked_is_neither_right_nor_wrong() -> None:
    report = {"unchecked": ["voting"], "findings": []}
    assert judge_own_table("bulk", report, [("enum", "voting", 2, "ms_vote")]).holds is None
    report = {"unchecked": [], "findings": []}
    assert judge_own_table("bulk", report, [("enum", "voting", 2, "ms_vote")]).holds is False


def test_contenders_run_in_turns_and_one_that_fails_only_once() -> None:
    python = (sys.executable, "-c")
    good = Contender("good", (*python, "print(1)"))
    once = Contender("once", (*python, "pass"), once=True)
    bad = Contender("bad", (*python, "raise SystemExit('no luck')"))
    told: list[str] = []
    measure([good, bad, once], 2, told.append)
    assert [line.partition(":")[0] for line in told] == ["1/2 good", "1/2 bad", "1/2 once", "2/2 good"]
    assert [run.out for run in good.runs] == ["1\n", "1\n"]
    assert 1e6 < good.peak > 0
    assert len(ratios(good, good)) == 2
    assert len(ratios(once, good)) == 1
    assert bad.failed
    assert "no luck" in bad.note
    assert not bad.runs


@pytest.mark.slow
def test_the_suite_runs_and_fails_when_the_expected_findings_are_tampered_with(tmp_path: Path) -> None:
    file, data = tmp_path / "results.json", tmp_path / "data"
    done = run_suite("--json", str(file), "--data", str(data))
    results = json.loads(file.read_bytes())
    wrong = [row for row in results["correctness"] if row["gates"] and not row["holds"]]
    assert done.returncode == 0, (wrong, done.stderr)
    assert set(results) == {
        *("machine", "small", "runs", "data", "measurements", "ratios", "goals", "correctness")
    }
    assert {"cores", "memory", "python", "versions"} <= set(results["machine"])
    assert results["machine"]["versions"]["polars"]
    for row in results["measurements"]:
        if row["note"]:
            assert row["name"] in ("pandera", "csv-diff", "daff of npm")
            assert re.fullmatch("left out: (there is no .*|.* is not installed)", row["note"])
            assert row["median"] is row["peak"] is None
        else:
            assert [row["median"]] == row["times"]
            assert row["peak"] > 1e6
    assert ("pandera is not installed" in file.read_text("utf-8")) is (find_spec("pandera") is None)
    assert {row["group"] for row in results["measurements"]} == {*GROUPS}
    assert len(results["goals"]) == 18
    assert all((row["met"] is None) is (row["value"] is None) for row in results["goals"])
    assert all(row["met"] is None for row in results["ratios"])
    assert "Ratios and goals" in done.stdout

    stated = json.loads((data / "defects-60" / "expected.json").read_bytes())
    del stated["expected"][0]
    (data / "defects-60" / "expected.json").write_text(json.dumps(stated))
    done = run_suite("--json", str(file), "--data", str(data), "--only", "votes", "--skip-slow")
    assert done.returncode == 1, done.stderr
    [fault] = [row for row in json.loads(file.read_bytes())["correctness"] if row["holds"] is False]
    assert fault["what"] == "seeded defects are found, and nothing else"
    assert "0 not found, 1 others found" in fault["detail"]
    notes = {row["name"]: row["note"] for row in json.loads(file.read_bytes())["measurements"]}
    assert notes["frictionless"] == notes["pydantic"] == "left out: --skip-slow"
