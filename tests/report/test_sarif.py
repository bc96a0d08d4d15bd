"""SARIF: valid for its schema and Microsoft's validator, whatever the data holds, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sarif.loader import load_sarif_file

from hrdata.check import CHECKS, LISTED_PER_CHECK, Finding, Severity, Status
from hrdata.fields import printable
from hrdata.report import sarif
from hrdata.report.outline import reason_of
from hrdata.settings import Settings
from hrdata.testing import AnyRow, package_of
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows, write_package
from test_report import ISSUE, NASTY, VOTE, infested, obeyed, report_on

BAD: Rows = {
    "votes": [VOTE | {"yes": "1", "no": "0"}],
    "ballots": [{"vote_id": "unga-61-174", "state_id": id, "choice": "oui"} for id in ("CHN", "FRA")],
    "known_issues": [],
}
KNOWN: Rows = {
    "votes": [VOTE | {"yes": "1", "no": "0"}],
    "known_issues": [ISSUE | {"check_id": "VOT202", "field": "yes", "reason": "Two ballots {came} late."}],
}


def oracle(*path: str) -> Path:
    """A file of the npm packages that tests ask; without them the test is skipped, but fails in CI."""
    folder = Path(os.environ.get("HRDATA_ORACLES") or Path(__file__).parents[1] / "oracles/node_modules")
    file = folder.joinpath(*path)
    if not file.exists():
        missing = f"there is no {path[-1]}: npm install --prefix tests/oracles --no-package-lock"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return file


@cache
def official_schema() -> jsonschema.Draft7Validator:
    file = oracle("@microsoft", "sarif-multitool-linux", "sarif-2.1.0.json")
    return jsonschema.Draft7Validator(json.loads(file.read_text(encoding="utf-8-sig")))


def run_of(report: Report) -> dict[str, Any]:
    text = sarif.render(report)
    assert text.isascii()
    assert text.endswith("}\n")
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


def results_of(report: Report) -> list[dict[str, Any]]:
    return list(run_of(report)["results"])


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts_in(part)
    elif isinstance(value, str):
        yield value


# What others make of it


@pytest.mark.parametrize("name", NASTY)
def test_whatever_the_data_holds_the_schema_allows_it_and_nothing_is_obeyed(
    tmp_path: Path, name: str
) -> None:
    report = validate_package(infested(tmp_path / "package", NASTY[name]))
    text = sarif.render(report)
    assert text.isascii()
    assert obeyed(text) == []
    log = json.loads(text)
    assert [error.message for error in official_schema().iter_errors(log)] == []
    assert [found for found in texts_in(log) if printable(found) != found] == []
    assert log["runs"][0]["properties"]["package"]["name"] == printable(NASTY[name])


def test_the_schema_would_object() -> None:
    run = run_of(report_on(BAD))
    run["results"][0]["level"] = "info"
    assert not official_schema().is_valid({"version": "2.1.0", "runs": [run]})


@pytest.mark.slow
def test_the_validator_of_microsoft_finds_no_error_with_the_rules_of_github(tmp_path: Path) -> None:
    program = oracle("@microsoft", "sarif-multitool-linux", "Sarif.Multitool")
    program.chmod(program.stat().st_mode | 0o100)
    reports = [
        validate_package(infested(tmp_path / name, NASTY[name]))
        for name in ("a template", "a lone surrogate", "a line break", "markup")
    ]
    reports += [replace(report_on(KNOWN), since="v1"), report_on({})]
    runs = [run_of(report) for report in reports]
    log = tmp_path / "all.sarif"
    log.write_text(json.dumps({"version": "2.1.0", "$schema": sarif._SCHEMA, "runs": runs}))
    told = judged_by(program, log)
    assert told.pop("SARIF2005", "") == "warning"  # There is no page that is about hrdata.
    assert told.pop("SARIF2017", "") == "warning"  # A finding on a whole file has no region.
    assert told == {}
    runs[0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b"
    runs[0]["results"][0]["ruleIndex"] += 1
    log.write_text(json.dumps({"version": "2.1.0", "$schema": sarif._SCHEMA, "runs": runs[:1]}))
    assert "error" in judged_by(program, log).values()


def judged_by(program: Path, log: Path) -> dict[str, str]:
    """The rules of the validator that a file breaks, each with its level."""
    told = log.with_suffix(".told")
    subprocess.run(
        [program, "validate", log, "--output", told, "--log", "ForceOverwrite", "--rule-kind", "Sarif;Ghas"],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=False,
        capture_output=True,
        timeout=120,
    )
    [run] = json.loads(told.read_text(encoding="utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    return {result["ruleId"]: result.get("level", "warning") for result in run["results"]}


@pytest.mark.parametrize("rows", [{}, BAD, KNOWN, {"votes": [VOTE | {"yes": "x"}]}])
def test_another_reader_counts_as_many_of_each_severity(tmp_path: Path, rows: Rows) -> None:
    report = report_on(rows)
    file = tmp_path / "report.sarif"
    file.write_text(sarif.render(report))
    read = load_sarif_file(str(file))
    assert read.get_distinct_tool_names() == ["hrdata"]
    counts = Counter(str(finding.severity) for finding in report.findings)
    levels = {"error": "error", "warning": "warning", "note": "info"}
    issues = read.get_report()
    assert {levels[level]: issues.get_issue_count_for_severity(level) for level in levels} == {
        level: counts[level] for level in levels.values()
    }
    assert [(r["Code"], r["Line"]) for r in read.get_records()] == [
        (f.check, f.line or None) for f in report.findings
    ]


# Rules


def test_every_check_that_was_selected_is_a_rule_and_results_point_at_theirs() -> None:
    report = report_on(BAD)
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [result.check.id for result in report.results]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    rule = next(rule for rule in rules if rule["id"] == "VOT202")
    assert rule["name"] == "TallyMatchesBallots"
    assert rule["shortDescription"]["text"] == CHECKS["VOT202"].meaning
    assert CHECKS["VOT202"].example in rule["fullDescription"]["text"]
    assert rule["properties"]["tags"] == ["VOT"]


def test_checks_that_were_not_selected_are_no_rules() -> None:
    report = validate_package(package_of(**GOOD | BAD), settings=Settings(select=("VOT",)))
    ids = [rule["id"] for rule in run_of(report)["tool"]["driver"]["rules"]]
    assert ids == [result.check.id for result in report.results]
    assert "VOT202" in ids
    assert "FLD202" not in ids


def test_the_level_of_a_rule_and_its_results_is_the_severity() -> None:
    run = run_of(report_on(BAD))
    names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["defaultConfiguration"]["level"] == names[CHECKS[rule["id"]].severity]
    assert {r["level"] for r in run["results"]} == {"error", "warning"}
    assert all(r["level"] == names[CHECKS[r["ruleId"]].severity] for r in run["results"])


def test_the_help_of_a_rule_has_no_placeholders_left() -> None:
    for rule in run_of(report_on({}))["tool"]["driver"]["rules"]:
        assert not re.search("[{}]", rule["help"]["text"])
        assert not re.search("[{}]", rule["shortDescription"]["text"])
        assert rule["help"]["text"].endswith(".")


# Results


def test_a_result_says_what_is_wrong_where_and_what_to_do() -> None:
    report = report_on(BAD | {"ballots": GOOD["ballots"]})
    result = next(result for result in results_of(report) if result["ruleId"] == "VOT202")
    assert result["message"]["text"].startswith(
        "unga-61-174: the total of yes is 1, but the ballots list 2. "
    )
    assert result["message"]["text"].endswith(CHECKS["VOT202"].hint.format(file="data/votes.csv"))
    [location] = result["locations"]
    assert location["logicalLocations"] == [
        {"name": "yes", "fullyQualifiedName": "votes/unga-61-174/yes", "kind": "field"}
    ]


def test_a_place_is_a_file_from_where_ci_works_a_line_and_a_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_package(tmp_path / "my package", BAD)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(folder)
    report = validate_package(folder)
    places = [result["locations"][0]["physicalLocation"] for result in results_of(report)]
    expected = [
        {
            "artifactLocation": {"uri": f"my%20package/{finding.file}"},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
        for finding in report.findings
        if finding.column
    ]
    assert [place for place in places if "startColumn" in place.get("region", {})] == expected
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results_of(report)]
    assert uris == [(folder / finding.file).as_uri() for finding in report.findings]


@given(path=st.text(st.characters(exclude_categories=["Cs"])))
@example("a b%20c#d?e:f")
@example("c:/x y")
@example("/a//b:c")
def test_a_uri_is_the_path_that_it_stands_for(path: str) -> None:
    path = re.sub("^/+", "/", path)
    uri = sarif._as_uri(path)
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/:-]|%[0-9A-F]{2})*", uri)
    split = urlsplit(uri)
    is_absolute = bool(re.match("/|[A-Za-z]:/", path))
    assert (split.scheme, split.netloc) == ("file" if is_absolute else "", "")
    assert unquote(split.path).removeprefix("/" if is_absolute else "") == path.removeprefix(
        "/" if is_absolute else ""
    )


def test_the_colon_of_a_drive_stays() -> None:
    assert sarif._as_uri("C:/x y") == "file:///C:/x%20y"


def test_a_path_that_is_no_text_is_a_uri_all_the_same() -> None:
    assert sarif._as_uri("a/\ud800") == "a/%5Cud800"
    assert sarif._as_uri("/a/\udcff") == "file:///a/%5Cudcff"


@given(text=st.text(st.sampled_from("{}01[]() \\a")))
def test_no_text_from_data_is_taken_for_a_placeholder_or_a_link(text: str) -> None:
    message = sarif._message(text)["text"]
    assert not re.search(r"\[[^]]*\]\(", message)
    assert not re.search(r"\{[0-9]+\}", message.replace("{{", "").replace("}}", ""))
    assert message.replace("{{", "{").replace("}}", "}").replace("] (", "](") == text.replace("] (", "](")


def test_a_known_issue_suppresses_its_results_and_gives_its_reason() -> None:
    report = report_on(KNOWN)
    suppressed = [r["suppressions"] for r in results_of(report)]
    assert suppressed == [
        [{"kind": "external", "status": "accepted", "justification": f.waived}] if f.waived else []
        for f in report.findings
    ]
    assert sum(map(bool, suppressed)) == report.known == 1


def test_only_since_a_revision_is_said_what_is_new() -> None:
    report = report_on(BAD)
    assert not any("baselineState" in result for result in results_of(report))
    results = [
        replace(r, findings=[replace(f, old=f.check == "FLD202") for f in r.findings]) for r in report.results
    ]
    since = replace(report, results=results, since="v1")
    states = {(result["ruleId"], result["baselineState"]) for result in results_of(since)}
    assert len(states) > 1
    assert states == {(f.check, "unchanged" if f.check == "FLD202" else "new") for f in report.findings}


# Fingerprints


def fingerprints_of(report: Report) -> list[str]:
    fingerprints = [result["partialFingerprints"] for result in results_of(report)]
    assert all(list(fingerprint) == ["hrdataFinding/v1"] for fingerprint in fingerprints)
    return [fingerprint["hrdataFinding/v1"] for fingerprint in fingerprints]


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (3, 2)])
def test_a_fingerprint_stays_when_lines_move(before: int, after: int) -> None:
    def bodies(*numbers: int) -> list[AnyRow]:
        return [{"body_id": f"x{n}", "name": "X", "kind": "principal_organ"} for n in numbers]

    bad: list[AnyRow] = [{"body_id": f"b{n}", "name": "B", "kind": "bad"} for n in range(3)]
    still = report_on({"bodies": [*GOOD["bodies"], *bad]})
    moved = report_on(
        {"bodies": [*bodies(*range(before)), *GOOD["bodies"], *bad, *bodies(*range(9, 9 + after))]}
    )
    only_bodies = [
        {
            fingerprint: finding.row_id
            for fingerprint, finding in zip(fingerprints_of(report), report.findings, strict=True)
            if finding.check == "FLD202"
        }
        for report in (still, moved)
    ]
    assert only_bodies[0] == only_bodies[1]
    assert sorted(only_bodies[0].values()) == ["b0", "b1", "b2"]


@pytest.mark.parametrize("name", ["a template", "a lone surrogate", "a line break"])
def test_no_two_findings_have_the_same_fingerprint(tmp_path: Path, name: str) -> None:
    report = validate_package(infested(tmp_path / "package", NASTY[name]))
    fingerprints = fingerprints_of(report)
    assert len(fingerprints) > 10
    assert len({*fingerprints}) == len(fingerprints)


def changed(finding: Finding, part: str) -> Finding:
    other: dict[str, Any] = {part: "other"}
    return replace(finding, **other)


def test_findings_of_a_row_differ_by_each_part_that_names_them() -> None:
    finding = report_on(KNOWN).findings[0]
    parts = ("check", "table", "row_id", "field", "source_id")
    others = [changed(finding, part) for part in parts]
    assert len({f.split(":")[0] for f in sarif._fingerprints([finding, *others])}) == len(parts) + 1
    same = replace(finding, line=99, column=9, message="other", value="other", file="other")
    first, second = sarif._fingerprints([finding, same])
    assert (first.split(":")[0], first[-2:], second[-2:]) == (second.split(":")[0], ":1", ":2")
    blank = replace(finding, row_id="")
    others = [changed(blank, part) for part in ("check", "file", "message")]
    assert len({f.split(":")[0] for f in sarif._fingerprints([blank, *others])}) == 4


# The run


def test_the_run_says_how_it_ended() -> None:
    for rows, code in (({}, 0), (BAD, 1), (KNOWN | {"votes": [VOTE]}, 1)):
        [invocation] = run_of(report_on(rows))["invocations"]
        assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, code)


def test_a_check_that_did_not_judge_everything_is_named_with_the_reason() -> None:
    report = report_on({"votes": [VOTE | {"yes": "x"}]})
    assert report.count(Status.UNKNOWN)
    assert report.count(Status.SKIPPED)
    run = run_of(report)
    notes = run["invocations"][0]["toolExecutionNotifications"]
    told = {note["associatedRule"]["id"]: note["message"]["text"] for note in notes}
    unjudged = {r.check.id: reason_of(r) for r in report.results if reason_of(r)}
    assert told.keys() == unjudged.keys()
    assert {r.check.id for r in report.results if r.status in (Status.SKIPPED, Status.UNKNOWN)} <= told.keys()
    assert all(unjudged[id] in told[id] for id in told)
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[note["associatedRule"]["index"]]["id"] == note["associatedRule"]["id"] for note in notes)
    assert {note["descriptor"]["id"] for note in notes} == {"unjudged"}


def test_runs_on_two_packages_of_a_repository_have_categories_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    ids = []
    for name in (".", "data/a", "data/b"):
        folder = write_package(tmp_path / name)
        monkeypatch.chdir(folder)
        ids.append(run_of(validate_package("."))["automationDetails"]["id"])
    assert ids == ["hrdata/", "hrdata/data/a/", "hrdata/data/b/"]


# Limits


def test_of_too_many_results_those_that_stand_are_kept_and_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = report_on(KNOWN | {"ballots": BAD["ballots"], "body_seats": []})
    for most in range(1, len(report.findings) + 1):
        monkeypatch.setattr(sarif, "MOST_RESULTS", most)
        run = run_of(report)
        kept = Counter(result["ruleId"] for result in run["results"])
        assert kept.total() == most
        assert sum(not result["suppressions"] for result in run["results"]) == min(
            most, len([f for f in report.findings if f.stands])
        )
        notes = run["invocations"][0]["toolExecutionNotifications"]
        cut = {note["associatedRule"]["id"] for note in notes if note["descriptor"]["id"] == "unlisted"}
        assert cut == {r.check.id for r in report.results if r.count > kept[r.check.id]}


SORTS = st.tuples(st.sampled_from(["", "known"]), st.booleans(), st.sampled_from(list(Severity)))
_FINDING = report_on(KNOWN).findings[0]


@given(sorts=st.lists(SORTS, max_size=9), most=st.integers(1, 9))
def test_what_is_left_out_matters_less_than_anything_kept(
    sorts: list[tuple[str, bool, Severity]], most: int
) -> None:
    findings = [
        replace(_FINDING, line=number, waived=waived, old=old, severity=severity)
        for number, (waived, old, severity) in enumerate(sorts, 1)
    ]
    with mock.patch.object(sarif, "MOST_RESULTS", most):
        kept = sarif._most_important(findings)
    left = [finding for finding in findings if finding not in kept]
    assert kept == [finding for finding in findings if finding in kept]
    assert len(kept) == min(most, len(findings))
    order = [*Severity]
    ranks = [[(f.waived, f.old, order.index(f.severity)) for f in part] for part in (kept, left)]
    assert all(better <= worse for better in ranks[0] for worse in ranks[1])


def test_findings_that_are_only_counted_are_told() -> None:
    many: list[AnyRow] = [{"body_id": f"b{n}", "name": "B", "kind": "bad"} for n in range(1500)]
    run = run_of(report_on({"bodies": [*GOOD["bodies"], *many]}))
    [note] = [
        n for n in run["invocations"][0]["toolExecutionNotifications"] if n["descriptor"]["id"] == "unlisted"
    ]
    assert note["message"]["text"] == "FLD202 has 1,500 findings; 1,000 are listed."
    assert note["level"] == "warning"
    assert sum(result["ruleId"] == "FLD202" for result in run["results"]) == LISTED_PER_CHECK


@pytest.mark.slow
def test_as_many_results_as_github_takes_are_small_enough_for_it() -> None:
    report = report_on(BAD)
    [result, *_] = [result for result in report.results if result.findings]
    many = [
        replace(result.findings[0], row_id=f"row-{n}", line=n + 1, message=f"{n} is wrong")
        for n in range(25_001)
    ]
    text = sarif.render(replace(report, results=[replace(result, count=25_001, findings=many)]))
    assert len(json.loads(text)["runs"][0]["results"]) == sarif.MOST_RESULTS == 25_000
    assert len(gzip.compress(text.encode())) < 10_000_000
