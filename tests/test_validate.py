"""Validation: nothing bad passes, findings come in one order, known issues cover what they name."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hrdata.check import LISTED_PER_CHECK, Finding, Findings, Result, Severity, Status
from hrdata.datasets.votes import Vote
from hrdata.errors import UsageError
from hrdata.read import read_columns
from hrdata.settings import Settings
from hrdata.testing import AnyRow, as_csv, package_of
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows, write_package

TODAY = dt.date(2026, 11, 22)
ISSUE = {"reason": "It is understood.", "reported_on": "2026-01-01"}


def judge(rows: Rows, **files: bytes) -> Report:
    """The report on the good package with these rows and these files in the place of its own."""
    package = package_of(**{table: rows.get(table, GOOD.get(table, [])) for table in GOOD | rows})
    for table, data in files.items():
        package.tables.pop(table)
        package.findings = Findings(f for f in package.findings if f.file != f"data/{table}.csv")
        package.missing[table] = f"data/{table}.csv could not be read"
        package.add(table, read_columns(data, f"data/{table}.csv"))
    return validate_package(package, today=TODAY)


def judge_alone(table: str, rows: list[AnyRow]) -> Report:
    """The report on a package of one table."""
    return validate_package(package_of(**{table: rows}), today=TODAY)


def result(report: Report, check: str) -> Result:
    [found] = [result for result in report.results if result.check.id == check]
    return found


def places(report: Report) -> list[tuple[str, int | None, int | None]]:
    return [(finding.check, finding.line, finding.column) for finding in report.findings]


# Cells

VOTE = dict(GOOD["votes"][0])
CHINA = dict(GOOD["states"][0])
CELLS = [
    *(
        ("votes", "yes", bad, "FLD203")
        for bad in ("1_000", "1,000", "1 000", " 12 ", "12 ", "+1", "-1", "2.0")
    ),
    *(
        ("votes", "yes", bad, "FLD203")
        for bad in ("\u0662", "\uff12", "2e0", "0x2", "02", "two", "NaN", "\u00b2")
    ),
    *(("votes", "yes", bad, "FLD208") for bad in ("9" * 30, "9" * 5000)),
    *(("votes", "roll_complete", bad, "FLD203") for bad in ("True", "TRUE", "1", "yes", " true")),
    *(("votes", "date", bad, "FLD204") for bad in ("2024-1-5", "2023-02-30", "2023-02-29", "2023-13-01")),
    *(
        ("votes", "date", bad, "FLD204")
        for bad in ("05/01/2024", "\u0662\u0660\u0662\u0664", " 2024", "1" * 9999)
    ),
    *(("votes", "kind", bad, "FLD202") for bad in ("against", "Resolution", "resolution ", "##[error]x")),
    *(("votes", "symbol", bad, "FLD205") for bad in ("A/RES/61-174", "A/RES/61/174\u200b", "A/" * 9999)),
    *(
        ("votes", "vote_id", bad, "FLD207")
        for bad in ("unga\u200b-61", "\u202eunga", "UNGA", "unga--61", "caf\u00e9")
    ),
    *(("votes", "vote_id", bad, "FLD207") for bad in ("unga-61-174\n", "::error::x", "\x1b[31m")),
    *(("votes", "title", bad, "FLD206") for bad in ("e\u0301", " x", "x\u00a0", "a\nb", "a\tb", "\x1b[31m")),
    ("votes", "title", "x" * 50_000, "FLD208"),
    ("votes", "title", "x" * 200_000, "STR118"),
    ("votes", "title", "", "FLD201"),
    ("states", "state_id", "chn", "FLD207"),
]
INVISIBLE = [0x00AD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
INVISIBLE += [
    *range(0x2066, 0x206A),
    0x2028,
    0x2029,
    0x0085,
    0x009B,
    0xFEFF,
    0xFFF9,
    0xE0001,
    0xE0041,
    0xE007F,
]


@pytest.mark.parametrize(("table", "field", "bad", "check"), CELLS, ids=lambda value: ascii(value)[:20])
def test_a_bad_cell_is_one_finding_at_that_cell(table: str, field: str, bad: str, check: str) -> None:
    rows: list[AnyRow] = [dict(GOOD[table][0]) | {field: bad}]
    report = judge_alone(table, rows)
    header = as_csv(table, rows).decode().split("\n", 1)[0].split(",")
    before = [str(dict(GOOD[table][0]).get(name, "")) for name in header[: header.index(field)]]
    assert (check, 2, len(",".join([*before, ""])) + 1) in places(report)
    assert not report.valid
    assert {check for check, *_ in places(report)} == {check}


@pytest.mark.parametrize(("table", "field"), [("states", "name"), ("votes", "title")])
def test_a_character_that_cannot_be_seen_is_refused_in_text(table: str, field: str) -> None:
    rows: list[AnyRow] = [dict(GOOD[table][0]) | {field: f"Human{chr(code)}rights"} for code in INVISIBLE]
    found = judge_alone(table, rows).findings
    hidden = [finding for finding in found if (finding.check, finding.field) == ("FLD206", field)]
    named = [(*re.findall("U[+][0-9A-F]+", finding.message), finding.line) for finding in hidden]
    assert named == [(f"U+{code:04X}", line) for line, code in enumerate(INVISIBLE, start=2)]
    assert all(finding.message.endswith("at position 6") for finding in hidden)


def test_a_long_value_is_cut_in_the_finding() -> None:
    [finding] = judge_alone("votes", [VOTE | {"title": "x" * 50_000}]).findings
    assert len(finding.value) == 60
    assert len(finding.message) < 200


@settings(deadline=None)
@given(
    cell=st.text(max_size=12), field=st.sampled_from([*VOTE, "note", "members", "meeting", "subject_state"])
)
def test_any_text_in_any_cell_is_judged(cell: str, field: str) -> None:
    """Whatever stands in a cell, the whole file and a row built in Python hear the same verdict."""
    row = VOTE | {field: cell}
    if "\0" in cell or "\r" in cell or any("\ud800" <= c <= "\udfff" for c in cell):
        return
    try:
        Vote(**{name: value or None for name, value in row.items()})  # type: ignore[arg-type]
        is_good = True
    except ValidationError:
        is_good = False
    failed = {finding.check for finding in judge_alone("votes", [row]).findings}
    assert is_good == (not any(id.startswith("FLD") for id in failed) and not failed & ROW_CHECKS)


ROW_CHECKS = {"VOT204", "VOT206", "VOT207"}
"""The checks of votes that look at one row alone."""


# Columns and whole files


def cut(table: str, change: str, *names: str) -> bytes:
    """The file of a table with a column lost, added, renamed, or all of them put in another order."""
    rows = [dict(row) for row in csv.DictReader(io.StringIO(as_csv(table, GOOD[table]).decode()))]
    columns = list(rows[0])
    match change:
        case "lose":
            columns = [name for name in columns if name not in names]
        case "add":
            columns += names
        case "turn":
            columns.reverse()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(name, "x") for name in columns] for row in rows)
    return text.getvalue().encode()


BALLOTS = as_csv("ballots", GOOD["ballots"])
FILES: list[tuple[str, bytes, set[str]]] = [
    ("empty", b"", {"STR108"}),
    ("blank", b"\n", {"STR109", "STR110", "STR119"}),
    ("a lost column", cut("ballots", "lose", "choice"), {"STR119"}),
    ("a lost key column", cut("ballots", "lose", "vote_id"), {"STR119"}),
    ("all columns lost", b"x\n1\n", {"STR119", "STR120"}),
    ("an added column", cut("ballots", "add", "hue"), {"STR120"}),
    ("a column twice", cut("ballots", "add", "choice"), {"STR111"}),
    ("a nameless column", cut("ballots", "add", ""), {"STR110"}),
    ("another order", cut("ballots", "turn"), {"STR121"}),
    ("a capital", BALLOTS.replace(b"choice", b"Choice", 1), {"STR119", "STR120"}),
    ("a space", BALLOTS.replace(b"choice", b" choice", 1), {"STR119", "STR120"}),
    ("a hidden character", BALLOTS.replace(b"choice", "choice\u200b".encode(), 1), {"STR119", "STR120"}),
    ("an escape", BALLOTS.replace(b"choice", b"\x1b[31mchoice", 1), {"STR119", "STR120"}),
    ("semicolons", BALLOTS.replace(b",", b";"), {"STR122"}),
    ("a byte order mark", b"\xef\xbb\xbf" + BALLOTS, {"STR103"}),
    ("two byte order marks", b"\xef\xbb\xbf" * 2 + BALLOTS, {"STR103", "STR119", "STR120"}),
    ("UTF-16", BALLOTS.decode().encode("utf-16"), {"STR102"}),
    ("Latin-1", BALLOTS + "unga-61-174,caf\u00e9,no\n".encode("latin-1"), {"STR101"}),
    ("HTML", b"<!DOCTYPE html>\n<title>404</title>\n", {"STR119", "STR120"}),
    ("JSON", b'[{"vote_id": "a", "choice": "no"}]\n', {"STR109", "STR117", "STR119", "STR120"}),
]


@pytest.mark.parametrize(("name", "data", "expected"), FILES, ids=[name for name, *_ in FILES])
def test_a_file_that_is_not_the_table_is_named_as_such(name: str, data: bytes, expected: set[str]) -> None:
    report = judge({}, ballots=data)
    assert not report.valid, name
    assert {check for check, *_ in places(report)} - {"CIT203"} == expected


@pytest.mark.parametrize(
    "data", [b"", cut("ballots", "lose", "choice")], ids=["unreadable", "without a column"]
)
def test_a_check_that_lacks_its_table_is_skipped_not_passed(data: bytes) -> None:
    skipped = result(judge({}, ballots=data), "VOT202")
    assert (skipped.status, skipped.count) == (Status.SKIPPED, 0)
    assert skipped.skipped.startswith("data/ballots.csv ")


def test_columns_in_another_order_are_read_all_the_same() -> None:
    turned = judge({}, ballots=cut("ballots", "turn").replace(b"yes,FRA", b"no,FRA"))
    assert result(turned, "VOT202").count == 2


def test_rows_below_an_unclosed_quote_are_still_judged() -> None:
    broken = BALLOTS.replace(b"CHN", b'"CHN').replace(b"NOR,yes", b"NOR,oui")
    report = judge({}, ballots=broken)
    assert places(report) == [("STR115", 2, 13), ("FLD202", 4, 17)]
    assert result(report, "VOT202").status is Status.UNKNOWN


def test_lines_below_a_quoted_line_break_are_physical() -> None:
    rows: list[AnyRow] = [CHINA | {"note": "a\n\nb"}, *GOOD["states"][1:], {"state_id": "x", "name": "X"}]
    found = [place for place in places(judge_alone("states", rows)) if place[0] == "FLD207"]
    assert found == [("FLD207", 7, 1)]


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_any_change_of_a_byte_is_survived(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(GOOD)))
    bytes_ = as_csv(table, GOOD[table])
    at = data.draw(st.integers(0, len(bytes_)))
    put = data.draw(
        st.binary(max_size=3) | st.sampled_from([b'"', b",", b"\n", b"\r", b"*", b"|", b"{", b"{0}"])
    )
    report = judge({}, **{table: bytes_[:at] + put + bytes_[at + data.draw(st.integers(0, 3)) :]})
    assert report.valid == (not [f for f in report.findings if f.severity is Severity.ERROR])


# The verdict


def test_a_table_without_rows_is_a_warning_and_warnings_leave_a_package_valid() -> None:
    report = judge({"known_issues": []})
    assert [(found.check, found.severity) for found in report.findings] == [("STR109", Severity.WARNING)]
    assert report.valid
    assert result(report, "STR109").status is Status.FAILED


def test_a_resource_that_is_no_table_is_a_warning_and_counted_as_unchecked(tmp_path: Path) -> None:
    package = write_package(tmp_path)
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    (package / "data/vote.csv").write_bytes(b"a\n1\n")
    descriptor["resources"].append({"name": "vote", "path": "data/vote.csv"})
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    report = validate_package(package)
    assert [(found.check, found.severity) for found in report.findings] == [("PKG112", Severity.WARNING)]
    assert report.unchecked == ("vote",)
    assert report.tables["vote"] == 1


def test_an_ignored_check_is_not_in_the_report() -> None:
    package = package_of(**GOOD | WRONG)
    failed = {finding.check for finding in validate_package(package).findings}
    assert failed == {"VOT202"}
    report = validate_package(package, settings=Settings(ignore=("VOT202",)))
    assert report.valid
    assert "VOT202" not in {result.check.id for result in report.results}
    with pytest.raises(UsageError, match="there is no check or family VOT999"):
        validate_package(package, settings=Settings(ignore=("VOT999",)))


# Known issues

WRONG: Rows = {"votes": [VOTE | {"yes": "1", "no": "0"}]}


def with_issue(*issues: dict[str, str], rows: Rows = WRONG) -> Report:
    listed: list[AnyRow] = [{**ISSUE, "table": "votes", "row_id": "unga-61-174", **issue} for issue in issues]
    return judge(rows | {"known_issues": listed})


def waived(report: Report) -> list[str]:
    return [f"{found.check} {found.field}" for found in report.findings if found.waived]


def standing(report: Report) -> list[str]:
    return [f"{found.check} {found.field}" for found in report.findings if not found.waived]


@pytest.mark.parametrize(
    ("issue", "covered", "left"),
    [
        ({"field": "*"}, ["VOT202 yes", "VOT202 no"], []),
        ({"field": "yes"}, ["VOT202 yes"], ["VOT202 no"]),
        ({"field": "abstain"}, [], ["VOT202 yes", "VOT202 no", "WVR201 "]),
        ({"field": "*", "row_id": "unga-61-175"}, [], ["VOT202 yes", "VOT202 no", "WVR201 "]),
        ({"field": "*", "table": "ballots"}, [], ["VOT202 yes", "VOT202 no", "WVR201 "]),
        ({"field": "*", "check_id": "VOT204"}, [], ["VOT202 yes", "VOT202 no", "WVR201 "]),
        ({"field": "*", "check_id": "VOT999"}, [], ["VOT202 yes", "VOT202 no", "WVR203 check_id"]),
        ({"field": "*", "until": "2026-11-22"}, ["VOT202 yes", "VOT202 no"], []),
        ({"field": "*", "until": "2026-11"}, ["VOT202 yes", "VOT202 no"], []),
        ({"field": "*", "until": "2026-11-21"}, [], ["VOT202 yes", "VOT202 no", "WVR202 until"]),
        ({"field": "*", "source_id": "un"}, [], ["VOT202 yes", "VOT202 no", "WVR201 "]),
    ],
)
def test_a_known_issue_covers_what_it_names_and_nothing_else(
    issue: dict[str, str], covered: list[str], left: list[str]
) -> None:
    report = with_issue({"check_id": "VOT202", **issue})
    assert sorted(waived(report)) == sorted(covered)
    assert sorted(standing(report)) == sorted(left)
    assert report.valid == (not left)
    if not left:
        assert [issue.findings for issue in report.waivers] == [len(covered)]
        assert {found.waived for found in report.findings} == {"It is understood."}


def test_a_known_issue_can_mean_one_source_only() -> None:
    sources: list[AnyRow] = [dict(GOOD["sources"][0]) | {"source_id": id} for id in ("un", "thesis", "book")]
    cited: list[AnyRow] = [
        {
            "table": "votes",
            "row_id": "unga-61-174",
            "field": "no",
            "locator": "p. 2",
            "source_id": id,
            "reported": "7",
        }
        for id in ("thesis", "book")
    ]
    rows: Rows = {"sources": sources, "citations": [*GOOD["citations"], *cited]}
    issue = {"check_id": "CIT202", "field": "no"}
    both = with_issue(issue, rows=rows)
    assert (len(waived(both)), both.valid) == (2, True)
    one = with_issue(issue | {"source_id": "thesis"}, rows=rows)
    assert [found.source_id for found in one.findings if found.waived] == ["thesis"]
    assert [found.source_id for found in one.findings if not found.waived] == ["book"]
    assert not one.valid


def test_a_known_issue_of_a_check_that_could_not_judge_is_not_called_idle() -> None:
    report = with_issue({"check_id": "VOT202", "field": "*"}, rows={"ballots": [{"vote_id": "unga-61-174"}]})
    assert result(report, "VOT202").status is Status.UNKNOWN
    assert result(report, "WVR201").count == 0


def test_the_reason_of_a_known_issue_is_not_a_pattern() -> None:
    report = with_issue({"check_id": "VOT202", "field": "*", "reason": "{row_id} {0} {missing}"})
    assert {found.waived for found in report.findings} == {"{row_id} {0} {missing}"}


# Many findings

MANY = 5_000
BODY = {"name": "Body", "kind": "country_group"}


@pytest.mark.parametrize(
    ("check", "row"),
    [
        ("CIT201", {}),
        ("REF201", {"parent": "nowhere"}),
        ("FLD202", {"kind": "good"}),
        ("EVT201", {"established": "1999", "abolished": "1998"}),
    ],
)
def test_all_findings_are_counted_and_those_a_known_issue_covers_are_always_listed(
    check: str, row: dict[str, str]
) -> None:
    bodies: list[AnyRow] = [{"body_id": f"b{number}", **BODY, **row} for number in range(MANY)]
    cited = [cited for cited in GOOD["citations"] if dict(cited)["table"] != "bodies" or check != "CIT201"]
    issue = {**ISSUE, "check_id": check, "table": "bodies", "row_id": f"b{MANY - 1}", "field": "*"}
    rows: Rows = {"bodies": [*GOOD["bodies"], *bodies], "citations": cited, "known_issues": [issue]}
    report = judge(rows)
    found = result(report, check)
    assert found.count >= MANY
    assert [finding.row_id for finding in found.findings if finding.waived] == [f"b{MANY - 1}"]
    assert len(found.findings) == LISTED_PER_CHECK + 1
    assert found.standing == found.count - 1
    assert report.errors >= found.standing
    assert result(report, "WVR201").count == 0
    assert not report.valid


# Order


def mixed_up(folder: Path) -> Path:
    """A package with more findings of one check than are listed, of several values and files."""
    chance = random.Random(0)  # noqa: S311
    kinds = ["good", "bad", "Ugly", "\u00e9", "country_group"]
    bodies: list[AnyRow] = [
        {"body_id": f"b{n}", "name": chance.choice(["B", " B", "B\u200b"]), "kind": chance.choice(kinds)}
        | {"parent": chance.choice(["unga", "nowhere", "UNGA"]), "established": chance.choice(["1999", "99"])}
        for n in range(1_900)
    ]
    votes: list[AnyRow] = [VOTE, VOTE, VOTE | {"vote_id": "v", "yes": "7", "no": "8"}]
    return write_package(folder, {"bodies": [*GOOD["bodies"], *bodies], "votes": votes})


def test_findings_come_in_one_order_whatever_the_hash_seed_and_the_threads(tmp_path: Path) -> None:
    package = mixed_up(tmp_path)
    outputs = set()
    for seed, threads in (("0", "1"), ("1", "4")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "POLARS_MAX_THREADS": threads}
        command = [sys.executable, "-m", "hrdata.cli", "validate", str(package), "--format", "json"]
        ended = subprocess.run(command, capture_output=True, env=env, timeout=60, check=False)
        assert (ended.returncode, ended.stderr) == (1, b"")
        outputs.add(ended.stdout)
    assert len(outputs) == 1
    report = json.loads(outputs.pop())
    assert max(check["findings"] for check in report["checks"]) > LISTED_PER_CHECK


def test_findings_are_sorted_by_file_and_place(tmp_path: Path) -> None:
    def place(finding: Finding) -> tuple[str, int, int]:
        return (finding.file, finding.line or 0, finding.column or 0)

    found = [place(finding) for finding in validate_package(mixed_up(tmp_path)).findings]
    assert found == sorted(found)
    assert len({file for file, *_ in found}) > 1


def test_the_same_package_in_memory_and_on_disk_is_judged_alike(tmp_path: Path) -> None:
    rows: Rows = WRONG | {"states": [CHINA | {"name": " China"}]}
    on_disk, in_memory = validate_package(write_package(tmp_path, rows)), judge(rows)
    assert on_disk.findings == in_memory.findings
