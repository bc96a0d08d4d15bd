"""GitHub: annotations as GitHub's own toolkit writes them, and nothing else that its log obeys."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from test_markdown import TEXTS, crowd, made, reports

from hrdata.check import CHECKS, Finding, Result
from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line
from hrdata.report.github import ANNOTATIONS_PER_KIND, SUMMARY_LIMIT, append_summary, render, summary
from hrdata.report.outline import caveats, old, path_of, place_of, standing, verdict
from hrdata.validate import Report, validate_package
from test_report import infested, obeyed

ORACLES = Path(os.environ.get("HRDATA_ORACLES") or Path(__file__).parents[1] / "oracles" / "node_modules")
INSTALL = "npm install --prefix tests/oracles --no-package-lock"
TOOLKIT = ORACLES / "@actions" / "core" / "lib" / "core.js"

KINDS = {"error": "error", "warning": "warning", "info": "notice"}
SUMMARY = "GITHUB_STEP_SUMMARY"

SCRIPT = """
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const core = await import(pathToFileURL(process.argv[1]).href);
const calls = JSON.parse(readFileSync(0, 'utf8'));
for (const [kind, message, properties] of calls) core[kind](message, properties);
"""


@pytest.fixture(autouse=True)
def _no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_WORKSPACE", SUMMARY):
        monkeypatch.delenv(name, raising=False)


def lines_of(output: str) -> list[str]:
    assert output.endswith("\n")
    return output[:-1].split("\n")


def annotated(output: str) -> list[str]:
    return [line for line in lines_of(output) if re.match("::(error|warning|notice) ", line)]


def written_by_toolkit(calls: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """What the package that GitHub publishes for actions prints for some annotations."""
    if not TOOLKIT.is_file():
        assert not os.environ.get("CI"), f"@actions/core is not installed: {INSTALL}"
        pytest.skip(f"@actions/core is not installed: {INSTALL}")
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT, str(TOOLKIT.resolve())],
        input=json.dumps(calls), capture_output=True, check=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    return ran.stdout.split("\n")[:-1]


def chosen(report: Report) -> Iterator[Finding]:
    """What is to be annotated: of every check the first finding, then of every check the second ..."""
    for kind in KINDS:
        queues = [list(group.findings) for group in standing(report) if group.check.severity == kind]
        ones = []
        while any(queues):
            ones += [queue.pop(0) for queue in queues if queue]
        yield from ones[:ANNOTATIONS_PER_KIND]


def as_calls(report: Report) -> list[tuple[str, str, dict[str, Any]]]:
    checks = {result.check.id: result.check for result in report.results}
    return [
        (
            KINDS[finding.severity],
            printable_line(finding.message),
            {
                "file": printable_line(path_of(report, finding)),
                "startLine": finding.line,
                "startColumn": finding.column,
                "title": f"{finding.check} {checks[finding.check].name}",
            },
        )
        for finding in chosen(report)
    ]


def finding(text: str, **changes: Any) -> Finding:
    check = CHECKS["VOT202"]
    plain = Finding(check.id, check.severity, "votes", text, 3, 7, text, "yes", "", text, text)
    return replace(plain, **changes)


def report_of(*findings: Finding, **changes: Any) -> Report:
    result = Result(CHECKS["VOT202"], count=len(findings), findings=list(findings))
    result.old = sum(one.old for one in findings)
    return replace(Report("here", "small", "1.0.0", {"votes": 1}, [result], base="/repo"), **changes)


def test_an_annotation_is_the_line_that_the_toolkit_of_github_writes(tmp_path: Path) -> None:
    signs = ["%", "100%25", "a: b, c", "a,b=c", "::", "C:\\x", "\u00e4\U0001f600", "a%0Ab", "%3A", ""]
    ones = [finding(text, line=line, column=column) for text in (*TEXTS.values(), *signs)
            for line, column in ((None, None), (1, None), (12, 34))]  # fmt: skip
    every = [report_of(one) for one in ones]
    every += [
        validate_package(infested(tmp_path / f"{n}", text)) for n, text in enumerate(filter(None, signs))
    ]
    calls = [call for report in every for call in as_calls(report)]
    ours = [line for report in every for line in annotated(render(report))]
    assert len(ours) > 150
    assert ours == written_by_toolkit(calls)


def test_an_annotation_names_place_and_check() -> None:
    report = report_of(finding("", file="data/votes.csv", message="9%: 2"))
    assert annotated(render(report)) == [
        "::error title=VOT202 tally matches ballots,file=/repo/data/votes.csv,line=3,col=7::9%25: 2"
    ]


def test_a_line_within_a_zip_is_said_and_not_annotated_as_a_line_of_the_zip() -> None:
    report = report_of(finding("", file="data/votes.csv", message="bad"), base="", label="a.zip")
    assert annotated(render(report)) == [
        "::error title=VOT202 tally matches ballots,file=a.zip::data/votes.csv:3:7: bad"
    ]


@given(report=reports(most=25))
@settings(max_examples=60)
def test_at_most_ten_of_a_kind_are_annotated_and_every_check_has_one_before_any_has_two(
    report: Report,
) -> None:
    output = annotated(render(report))
    kinds = Counter(line[2:].split(" ")[0] for line in output)
    assert all(number <= ANNOTATIONS_PER_KIND <= 10 for number in kinds.values())
    for kind, name in KINDS.items():
        groups = {g.check.id: len(g.findings) for g in standing(report) if g.check.severity == kind}
        ids = Counter(line.split("title=")[1][:6] for line in output if line.startswith(f"::{name} "))
        assert ids.total() == min(ANNOTATIONS_PER_KIND, sum(groups.values()))
        fewest = min((ids[id] for id in groups), default=0)
        assert all(ids[id] <= max(fewest, groups[id]) for id in groups)
        assert all(ids[one] >= min(groups[one], ids[two] - 1) for one in groups for two in groups)


@given(report=reports(most=15))
@settings(max_examples=60)
def test_nothing_but_annotations_and_groups_is_obeyed(report: Report) -> None:
    check_commands(report)


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_of_a_package_is_obeyed(tmp_path: Path, name: str) -> None:
    report = validate_package(infested(tmp_path / "package", TEXTS[name]))
    check_commands(report)
    later = [
        replace(result, old=len(result.findings), findings=[replace(f, old=True) for f in result.findings])
        for result in report.results
    ]
    check_commands(replace(report, results=later, since=TEXTS[name]))


def check_commands(report: Report) -> None:
    """The commands of the output are those of the report, in order, and a log obeys nothing else."""
    output = render(report)
    ours = re.compile("::(error|warning|notice) title=[A-Z]{3}[0-9]{3} |::group::|::endgroup::$")
    commands = [line for line in lines_of(output) if ours.match(line)]
    rest = [line for line in lines_of(output) if not ours.match(line)]
    assert obeyed("\n".join(rest)) == []
    assert "##[" not in output
    titles = [f"::group::{group.check.id} {group.title}" for group in standing(report)]
    ends = sum(1 for _ in chosen(report))
    groups = commands[ends:]
    assert all(re.match("::(error|warning|notice) ", line) for line in commands[:ends])
    assert groups[1::2] == ["::endgroup::"] * (len(groups) // 2)
    assert groups[: 2 * len(titles) : 2] == titles
    assert len(groups) == 2 * (len(titles) + bool(old(report)))
    lines = set(lines_of(output))
    for group in standing(report):
        for one in group.findings:
            assert printable_line(f"{place_of(one)}  {one.message}") in lines
    for group in old(report):
        for one in group.findings:
            assert printable_line(f"{group.check.id} {place_of(one)}  {one.message}") in lines


def test_what_stands_is_grouped_with_its_hints_and_old_findings_are_in_one_group() -> None:
    ones = [finding("h", file="v.csv", message="m"), finding("h", file="w.csv", message="n")]
    waived = finding("h", message="excused", waived="known")
    gone = finding("h", file="u.csv", message="before", old=True)
    report = report_of(*ones, waived, gone, since="main")
    report.results[0].count += 10
    lines = lines_of(render(report))
    word, why = verdict(report)
    assert lines == [
        "Package small 1.0.0 in here",
        "::error title=VOT202 tally matches ballots,file=/repo/v.csv,line=3,col=7::m",
        "::error title=VOT202 tally matches ballots,file=/repo/w.csv,line=3,col=7::n",
        "::group::VOT202 tally matches ballots: 12 findings",
        f"{place_of(ones[0])}  m",
        f"{place_of(ones[1])}  n",
        "and 10 more",
        "hint: h",
        "::endgroup::",
        "::group::Old findings, there at main: 1 finding",
        "VOT202 u.csv:3:7  before",
        "::endgroup::",
        f"{word}: {why}",
    ]


def test_caveats_and_verdict_are_the_last_lines() -> None:
    report = made(PKG112=2)
    word, why = verdict(report)
    assert lines_of(render(report))[-2:] == [caveats(report), f"{word}: {why}"]


# The summary of the step


def test_the_summary_has_every_finding_that_the_limit_allows() -> None:
    text = summary(crowd(1_000, 40))
    assert SUMMARY_LIMIT - 2_000 < len(text.encode()) <= SUMMARY_LIMIT
    wide = replace(made(VOT202=3), name="\u0935" * 100)
    assert len(summary(wide, 2_000).encode()) <= 2_000


def test_the_summary_goes_to_the_file_that_github_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = made(VOT202=2)
    append_summary(report)
    file = tmp_path / "summary"
    monkeypatch.setenv(SUMMARY, str(file))
    append_summary(report)
    assert file.read_text("utf-8").strip() == summary(report).strip()
    file.write_text("an earlier line", "utf-8")
    append_summary(report)
    assert file.read_text("utf-8") == f"an earlier line\n\n{summary(report)}\n"


@pytest.mark.parametrize("held", [1, 1_000_000, SUMMARY_LIMIT - 3_000])
def test_the_summary_leaves_room_for_what_the_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * held)
    monkeypatch.setenv(SUMMARY, str(file))
    append_summary(crowd(1_000, 20))
    assert held < file.stat().st_size <= SUMMARY_LIMIT
    added = file.read_bytes()[held:]
    assert b"<h2>Not valid" in added
    assert (b"<details" in added) == (held <= 1_000_000)


def test_a_summary_that_just_fits_or_just_does_not_is_taken_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, file = made(VOT202=3), tmp_path / "summary"
    monkeypatch.setenv(SUMMARY, str(file))
    least, most = (len(f"\n\n{text}\n".encode()) for text in (summary(report, 0), summary(report)))
    for room in range(least, most + 1):
        file.touch()
        os.truncate(file, SUMMARY_LIMIT - room)
        append_summary(report)
        assert SUMMARY_LIMIT - room < file.stat().st_size <= SUMMARY_LIMIT


def fault_of(report: Report) -> str:
    with pytest.raises(EnvironmentFault) as caught:
        append_summary(report)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_summary_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SUMMARY, str(tmp_path))
    assert fault_of(made(VOT202=1)) == (
        f"{SUMMARY}: {tmp_path}: cannot take the summary: Is a directory; make room or unset {SUMMARY}"
    )
    monkeypatch.setenv(SUMMARY, str(tmp_path / "none" / "summary"))
    assert "No such file" in fault_of(made(VOT202=1))


def test_a_full_file_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * (SUMMARY_LIMIT - 100))
    monkeypatch.setenv(SUMMARY, str(file))
    assert "it holds 1,048,476 of the 1,048,576 bytes that GitHub takes" in fault_of(made(VOT202=1))
    assert file.stat().st_size == SUMMARY_LIMIT - 100


def test_a_disk_that_is_full_leaves_no_half_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"before")
    monkeypatch.setenv(SUMMARY, str(file))
    code = (
        "import resource, sys; from pathlib import Path; from hrdata.report.github import _append\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: _append(Path(sys.argv[1]), 6, b'x' * 1000)\n"
        "except OSError as fault: print(fault.strerror)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert ran.stdout == "No space left on device\n"
    assert file.read_bytes() == b"before"
