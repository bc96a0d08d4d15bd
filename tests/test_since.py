"""Old and new findings: a change answers for what it broke, wherever the old faults stand by now."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hrdata import cli
from hrdata.check import LISTED_PER_CHECK, Finding, Result
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.places import DESCRIPTOR
from hrdata.report.outline import caveats
from hrdata.report.text import render
from hrdata.settings import Settings
from hrdata.since import validate_since
from hrdata.testing import AnyRow, as_csv
from hrdata.validate import Report
from test_git import Repository
from test_package import GOOD, Rows, describe, write_package, zip_package

Files = dict[str, bytes]
Place = tuple[str, str, str]
Compare = Callable[..., Report]
Run = Callable[..., tuple[object, str, str]]

TODAY = dt.date(2026, 11, 22)
VOTE: dict[str, str] = {key: str(value) for key, value in dict(GOOD["votes"][0]).items()}
ID = "unga-61-174"
WRONG_TALLY: Rows = {"votes": [VOTE | {"yes": "1", "no": "0"}]}
OLD = [("VOT202", ID, "no"), ("VOT202", ID, "yes")]


def files_of(rows: Rows | None = None, *, changes: Mapping[str, Any] | None = None, **files: bytes) -> Files:
    """A package as files: these rows, the good ones for the rest, and any bytes in the place of tables."""
    rows = GOOD | (rows or {})
    written = {f"data/{table}.csv": as_csv(table, listed) for table, listed in rows.items()}
    written |= {f"data/{table}.csv": data for table, data in files.items()}
    return written | {DESCRIPTOR: json.dumps(describe(rows) | dict(changes or {})).encode()}


def put(folder: Path, files: Files) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("since") / "repository")


@pytest.fixture(scope="module")
def compare(repository: Repository) -> Compare:
    """The report on a package now since it was as it was then."""

    def compare_both(then: Files, now: Files, **options: Any) -> Report:
        place = repository.folder / "datapackage"
        put(place, then)
        repository.commit()
        return validate_since(put(place, now), "HEAD", **{"today": TODAY, **options})

    return compare_both


def place_of(finding: Finding) -> Place:
    return (finding.check, finding.row_id, finding.field)


def new(report: Report) -> list[Place]:
    return sorted(place_of(finding) for finding in report.findings if finding.stands)


def old(report: Report) -> list[Place]:
    found = sorted(place_of(finding) for finding in report.findings if finding.old)
    assert len(found) == report.old or report.old > LISTED_PER_CHECK
    return found


def result(report: Report, check: str) -> Result:
    return next(result for result in report.results if result.check.id == check)


def reversed_rows(data: bytes) -> bytes:
    header, *rows = data.splitlines(keepends=True)
    return b"".join([header, *reversed(rows)])


def turned(data: bytes) -> bytes:
    """A table with its columns in the opposite order."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        row[::-1] for row in csv.reader(io.StringIO(data.decode("utf-8")))
    )
    return out.getvalue().encode()


# Findings of rows

BALLOTS = as_csv("ballots", GOOD["ballots"])
TYPO: AnyRow = {"vote_id": ID, "state_id": "NOR", "choice": "against"}
STRANGER: AnyRow = {"vote_id": ID, "state_id": "SWE", "choice": "yes"}
SWEDEN: AnyRow = {"state_id": "SWE", "name": "Sweden", "un_member_from": "1946-11-19"}
AGAIN = [("KEY201", "CHN", ""), ("KEY201", "FRA", "")]
NAMELESS: AnyRow = {"name": "No code", "note": "Nobody knows."}
FIRST, *OTHERS = [{key: str(value) for key, value in dict(row).items()} for row in GOOD["states"]]


def states(*rows: AnyRow) -> Rows:
    return {"states": list(rows)}


ROWS: dict[str, tuple[Files, Files, list[Place], list[Place]]] = {
    "nothing changed": (files_of(WRONG_TALLY), files_of(WRONG_TALLY), [], OLD),
    "nothing wrong": (files_of(), files_of(), [], []),
    "mended": (files_of(WRONG_TALLY), files_of(), [], []),
    "broken": (files_of(), files_of(WRONG_TALLY), OLD, []),
    "other figures in the same cell": (
        files_of(WRONG_TALLY),
        files_of({"votes": [VOTE | {"yes": "3", "no": "0"}]}),
        [],
        OLD,
    ),
    "another field of the same row": (
        files_of({"votes": [VOTE | {"date": "2006-13", "title": "x"}]}),
        files_of({"votes": [VOTE | {"date": "2006-13", "title": " x"}]}),
        [("FLD206", ID, "title")],
        [("FLD204", ID, "date")],
    ),
    "another check in the same cell": (
        files_of({"votes": [VOTE | {"title": ""}]}),
        files_of({"votes": [VOTE | {"title": " x"}]}),
        [("FLD206", ID, "title")],
        [],
    ),
    "another row": (
        files_of(states(FIRST | {"name": " x"}, *OTHERS)),
        files_of(states(FIRST, OTHERS[0] | {"name": " x"}, *OTHERS[1:])),
        [("FLD206", "FRA", "name")],
        [],
    ),
    "one mended, one broken": (
        files_of({"ballots": [*GOOD["ballots"], STRANGER]}),
        files_of({"ballots": [*GOOD["ballots"][:2], TYPO]}),
        [("FLD202", f"{ID}|NOR", "choice")],
        [],
    ),
    "shifted": (
        files_of(states({**FIRST, "name": " x"}, *OTHERS)),
        files_of(states(SWEDEN, *OTHERS, {**FIRST, "name": " x"})),
        [],
        [("FLD206", "CHN", "name")],
    ),
    "a key twice, shifted": (
        files_of(states(FIRST, *OTHERS, FIRST)),
        files_of(states(SWEDEN, *OTHERS, FIRST, FIRST)),
        [],
        [AGAIN[0]],
    ),
    "a key twice, then three times": (
        files_of(states(FIRST, *OTHERS, FIRST)),
        files_of(states(FIRST, *OTHERS, FIRST, FIRST)),
        [AGAIN[0]],
        [AGAIN[0]],
    ),
    "another key twice as well": (
        files_of(states(FIRST, *OTHERS, FIRST)),
        files_of(states(FIRST, *OTHERS, FIRST, OTHERS[0])),
        [AGAIN[1]],
        [AGAIN[0]],
    ),
    "a row without a key, shifted": (
        files_of(states(NAMELESS, FIRST, *OTHERS)),
        files_of(states(SWEDEN, FIRST, NAMELESS, *OTHERS)),
        [],
        [("FLD201", "row 3", "state_id")],
    ),
    "a row without a key in the place of another one": (
        files_of(states(FIRST, {"name": "First"}, *OTHERS)),
        files_of(states(SWEDEN, {"name": "Second"}, FIRST, *OTHERS)),
        [("FLD201", "row 2", "state_id")],
        [],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_findings_of_a_row_are_matched_by_check_key_and_field(compare: Compare, name: str) -> None:
    then, now, are_new, are_old = ROWS[name]
    report = compare(then, now)
    assert (new(report), old(report)) == (are_new, are_old)
    assert report.valid == (not are_new)


@pytest.mark.parametrize("edit", [reversed_rows, turned, lambda data: data.replace(b"\n", b"\r\n")])
def test_edits_of_a_whole_file_leave_old_findings_old(
    compare: Compare, edit: Callable[[bytes], bytes]
) -> None:
    rows: Rows = {"ballots": [TYPO, *GOOD["ballots"][:2]]}
    then = files_of(rows)
    report = compare(then, then | {"data/ballots.csv": edit(then["data/ballots.csv"])})
    assert old(report) == [("FLD202", f"{ID}|NOR", "choice")]
    assert {check for check, *_ in new(report)} <= {"STR121", "STR106"}


def test_a_source_of_its_own_is_a_finding_of_its_own(compare: Compare) -> None:
    def cited(*sources: str) -> Rows:
        listed: list[AnyRow] = [dict(GOOD["sources"][0]) | {"source_id": id} for id in ("un", "book", "web")]
        cell = {"table": "votes", "row_id": ID, "field": "yes", "locator": "p. 1", "reported": "9"}
        return {
            "sources": listed,
            "citations": [*GOOD["citations"], *({**cell, "source_id": source} for source in sources)],
        }

    report = compare(files_of(cited("un")), files_of(cited("book", "un")))
    places = [(finding.check, finding.old) for finding in report.findings]
    assert sorted(places) == [("CIT202", False), ("CIT202", True)]
    report = compare(files_of(cited("un")), files_of(cited("book")))
    assert [(finding.check, finding.old) for finding in report.findings] == [("CIT202", False)]


@pytest.mark.slow
def test_more_findings_than_are_listed_are_matched_all_the_same(compare: Compare) -> None:
    number = LISTED_PER_CHECK + 300
    votes: list[AnyRow] = [{**VOTE, "vote_id": f"v-{i}", "kind": "no-kind"} for i in range(number)]
    rows: Rows = {"votes": [*votes, VOTE]}
    broken: Rows = {"votes": [VOTE | {"kind": "against"}, *reversed(votes)]}
    report = compare(files_of(rows), files_of(broken))
    found = result(report, "FLD202")
    assert (found.count, found.old, found.standing) == (number + 1, number, 1)
    assert ("FLD202", ID, "kind") in new(report)
    assert sum(finding.old for finding in found.findings) == LISTED_PER_CHECK
    report = compare(files_of(broken), files_of(rows))
    assert (report.valid, result(report, "FLD202").old) == (True, number)


# Findings of lines and files

HEADER, *LINES = BALLOTS.splitlines(keepends=True)
RAGGED, QUOTE, NUL = b"unga-61-174,SWE\n", b'unga-61-174,S"WE,yes\n', b"unga-61-174,SW\0E,yes\n"


def lines(*texts: bytes) -> bytes:
    return b"".join([HEADER, *texts])


A, B, C = LINES
STRUCTURE: dict[str, tuple[bytes, bytes, str, int, int]] = {
    "a blank line, moved": (lines(A, b"\n", B, C), lines(C, A, b"\n", B), "STR114", 0, 1),
    "a blank line whose neighbour changed": (lines(A, b"\n", B, C), lines(A, b"\n", C, B), "STR114", 0, 1),
    "a blank line more": (lines(A, b"\n", B, C), lines(A, b"\n", B, b"\n", C), "STR114", 1, 1),
    "blank lines side by side": (lines(A, b"\n", B, C), lines(A, b"\n\n", B, C), "STR114", 1, 1),
    "another blank line": (lines(A, b"\n", B, C), lines(A, B, C, b"\n"), "STR114", 1, 0),
    "a short row, moved": (lines(A, B, C, RAGGED), lines(RAGGED, C, A, B), "STR112", 0, 1),
    "a short row among other lines": (lines(A, RAGGED, B, C), lines(C, RAGGED, A, B), "STR112", 0, 1),
    "a short row, edited": (lines(A, RAGGED, B, C), lines(A, b"unga,SWE\n", B, C), "STR112", 0, 1),
    "a short row more": (lines(A, RAGGED, B, C), lines(A, B, b"unga,SWE\n", C, RAGGED), "STR112", 1, 1),
    "another short row": (lines(RAGGED, A, B, C), lines(A, B, C, b"unga,SWE\n"), "STR112", 1, 0),
    "a stray quote, moved": (lines(A, QUOTE, B, C), lines(A, B, C, QUOTE), "STR117", 0, 1),
    "another stray quote": (lines(QUOTE, A, B, C), lines(A, B, b'"' + C[:3] + b'"' + C[3:]), "STR116", 1, 0),
    "a NUL, moved": (lines(A, NUL, B, C), lines(NUL, A, B, C), "STR104", 0, 1),
    "a NUL more": (lines(A, NUL, B, C), lines(A, NUL, B[:-1] + b"\0\n", C), "STR104", 1, 1),
    "a byte that is not UTF-8, moved": (lines(A, b"\xe9" + B, C), lines(C, A, b"\xe9" + B), "STR101", 0, 1),
    "two bytes that are not UTF-8": (
        lines(A, b"\xe9" + B, C),
        lines(A, b"\xe9\xe9" + B, C),
        "STR101",
        1,
        1,
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + lines(A, B, C), b"\xef\xbb\xbf" + lines(B, C), "STR103", 0, 1),
    "no end of the last line": (lines(A, B, C[:-1]), lines(C, A, B[:-1]), "STR107", 0, 1),
    "no end of the last line any more": (lines(A, B, C), lines(A, B, C[:-1]), "STR107", 1, 0),
    "CR LF": (lines(A, B, C).replace(b"\n", b"\r\n"), lines(C, B, A).replace(b"\n", b"\r\n"), "STR106", 0, 1),
    "some CR LF": (lines(A, B, C[:-1] + b"\r\n"), lines(A[:-1] + b"\r\n", B, C), "STR105", 0, 1),
    "an empty file": (b"", b"", "STR108", 0, 1),
    "no rows": (HEADER, HEADER, "STR109", 0, 1),
    "a column too many": (
        lines().replace(b"\n", b",more\n") + A[:-1] + b",\n",
        lines().replace(b"\n", b",more,most\n") + A[:-1] + b",,\n",
        "STR120",
        1,
        1,
    ),
    "a column too few": (b"vote_id,choice\nx,yes\n", b"choice,vote_id\nyes,x\n", "STR119", 0, 1),
    "another column too few": (b"vote_id,choice\nx,yes\n", b"choice,state_id\nyes,SWE\n", "STR119", 1, 0),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_fault_of_the_structure_is_old_when_it_only_moved(compare: Compare, name: str) -> None:
    then, now, check, are_new, are_old = STRUCTURE[name]
    alone = {DESCRIPTOR: json.dumps(describe(["ballots"])).encode()}
    both = ({"data/ballots.csv": data} | alone for data in (then, now))
    found = result(compare(*both, settings=Settings(select=("STR",))), check)
    assert (found.standing, found.old) == (are_new, are_old)


def test_a_renamed_data_file_is_the_same_table(compare: Compare) -> None:
    broken = lines(A, b"\n", RAGGED, B, C)
    then = files_of(WRONG_TALLY, ballots=broken)
    now = {name.replace("/ballots.csv", "/roll-calls.csv"): data for name, data in then.items()}
    now[DESCRIPTOR] = then[DESCRIPTOR].replace(b"/ballots.csv", b"/roll-calls.csv")
    report = compare(then, now)
    assert (new(report), report.old) == ([], 2)
    assert {finding.file for finding in report.findings if finding.old} == {"data/roll-calls.csv"}


def without(files: Files, *tables: str) -> Files:
    return {name: data for name, data in files.items() if Path(name).stem not in tables}


def test_a_file_that_was_missing_is_old_and_another_one_new(compare: Compare) -> None:
    report = compare(without(files_of(), "votes"), without(files_of(), "votes", "bodies"))
    words = [finding.message for finding in report.findings if finding.check == "PKG106" and finding.stands]
    assert words == ["the resource bodies has no file at data/bodies.csv"]
    assert result(report, "PKG106").old == 1
    report = compare(without(files_of(), "bodies"), without(files_of(), "votes"))
    assert (result(report, "PKG106").standing, result(report, "PKG106").old) == (1, 0)


def test_a_fault_of_the_descriptor_is_old_when_it_stands_elsewhere(compare: Compare) -> None:
    whole = describe(GOOD)
    broken = json.dumps(whole)[:-1] + ',"a": NaN}'
    moved = '{"a": NaN,\n\n' + json.dumps(whole)[1:]
    more = moved[:-1] + ',"b": Infinity}'
    report = compare(files_of() | {DESCRIPTOR: broken.encode()}, files_of() | {DESCRIPTOR: moved.encode()})
    assert (result(report, "PKG103").standing, result(report, "PKG103").old) == (0, 1)
    report = compare(files_of() | {DESCRIPTOR: moved.encode()}, files_of() | {DESCRIPTOR: more.encode()})
    assert (result(report, "PKG103").standing, result(report, "PKG103").old) == (1, 1)


def test_a_hash_that_was_stale_stays_old_with_the_next_edit(compare: Compare) -> None:
    stale = describe(GOOD)
    next(one for one in stale["resources"] if one["name"] == "ballots")["hash"] = "sha256:" + "0" * 64
    then = files_of() | {DESCRIPTOR: json.dumps(stale).encode()}
    report = compare(then, then | {"data/ballots.csv": lines(C, B, A)})
    assert (new(report), old(report)) == ([], [("PKG110", "", "")])
    report = compare(files_of(), then)
    assert (new(report), old(report)) == ([("PKG110", "", "")], [])


# Known issues

ISSUE = {"reason": "Understood.", "reported_on": "2019-01-01", "check_id": "VOT202", "table": "votes"}


def excused(*fields: str, until: str = "") -> Rows:
    listed: list[AnyRow] = [{**ISSUE, "row_id": ID, "field": field, "until": until} for field in fields]
    cited: AnyRow = {"table": "known_issues", "row_id": "*", "field": "*", "source_id": "un", "locator": "p"}
    return WRONG_TALLY | {"known_issues": listed, "citations": [*GOOD["citations"], cited]}


def test_a_finding_whose_known_issue_is_gone_is_new(compare: Compare) -> None:
    report = compare(files_of(excused("yes", "no")), files_of(excused("yes")))
    assert (new(report), old(report), report.known) == ([OLD[0]], [], 1)


def test_a_finding_that_became_a_known_issue_is_known_and_not_old(compare: Compare) -> None:
    report = compare(files_of(excused("yes")), files_of(excused("yes", "no")))
    assert (new(report), old(report), report.known) == ([], [], 2)
    assert report.valid
    assert not [finding for finding in report.findings if finding.waived and finding.old]


def test_an_expired_issue_is_old_if_it_had_expired_then(compare: Compare) -> None:
    expired = files_of(excused("*", until="2020"))
    row_id = f"VOT202|votes|{ID}|*"
    report = compare(expired, expired)
    assert (new(report), old(report)) == ([], [*OLD, ("WVR202", row_id, "until")])
    report = compare(files_of(excused("*")), expired)
    assert (new(report), old(report)) == ([*OLD, ("WVR202", row_id, "until")], [])


def test_a_known_issue_that_covers_nothing_is_new_once(compare: Compare) -> None:
    idle = {table: rows for table, rows in excused("*").items() if table != "votes"}
    report = compare(files_of(excused("*")), files_of(idle))
    assert [check for check, *_ in new(report)] == ["WVR201"]
    assert [check for check, *_ in old(compare(files_of(idle), files_of(idle)))] == ["WVR201"]


# Settings


def test_what_was_left_out_then_is_old_all_the_same(compare: Compare) -> None:
    then = files_of(WRONG_TALLY, changes={"hrdata:ignore": ["VOT202"], "hrdata:select": ["CIT"]})
    report = compare(then, files_of(WRONG_TALLY))
    assert (new(report), old(report), report.valid) == ([], OLD, True)


def test_what_is_left_out_now_is_left_out(compare: Compare) -> None:
    now = files_of(WRONG_TALLY, changes={"hrdata:ignore": ["VOT202"]})
    report = compare(files_of(WRONG_TALLY), now)
    assert (report.findings, report.valid) == ([], True)
    assert list(report.settings.lines()) == [f"ignore VOT202 ({DESCRIPTOR})"]
    assert compare(files_of(), files_of(WRONG_TALLY), settings=Settings(select=("CIT",))).valid


def test_what_fails_is_what_the_package_says_now(compare: Compare) -> None:
    rows: Rows = {"body_seats": []}
    strict = {"hrdata:failOn": "warning"}
    assert compare(files_of(changes=strict), files_of(rows)).valid
    report = compare(files_of(), files_of(rows, changes=strict))
    assert (report.valid, new(report)) == (False, [("STR109", "", "")])
    assert compare(files_of(rows), files_of(rows, changes=strict)).valid


def test_a_setting_that_could_not_be_followed_then_is_old(compare: Compare) -> None:
    then = files_of(changes={"hrdata:failOn": "anything"})
    assert old(compare(then, then)) == [("PKG116", "", "")]
    assert new(compare(files_of(), then)) == [("PKG116", "", "")]


# Where the package stood


def test_a_renamed_folder_is_the_same_package(repository: Repository) -> None:
    put(repository.folder / "datapackage", files_of(WRONG_TALLY))
    put(repository.folder / "other", files_of(changes={"name": "other"}))
    (repository.folder / "broken").mkdir(exist_ok=True)
    (repository.folder / "broken" / DESCRIPTOR).unlink(missing_ok=True)
    (repository.folder / "broken" / DESCRIPTOR).symlink_to("nowhere")
    repository.commit()
    moved = repository.folder / "a b" / "é"
    moved.parent.mkdir(exist_ok=True)
    (repository.folder / "datapackage").rename(moved)
    try:
        report = validate_since(moved, "HEAD", today=TODAY)
        assert (new(report), old(report), report.since) == ([], OLD, "HEAD")
        put(repository.folder / "datapackage", files_of())
        report = validate_since(moved, "HEAD", today=TODAY)
        assert new(report) == OLD, "a copy is a package of its own"
    finally:
        for folder in ("a b", "other", "broken"):
            shutil.rmtree(repository.folder / folder)


def test_a_package_that_was_not_there_is_all_new_and_that_is_said(repository: Repository, run: Run) -> None:
    put(repository.folder / "datapackage", files_of(WRONG_TALLY))
    repository.commit()
    fresh = put(repository.folder / "fresh", files_of(WRONG_TALLY, changes={"name": "fresh"}))
    told = "there is no such package at HEAD, so that every finding counts as new"
    try:
        for place in (fresh, fresh / DESCRIPTOR):
            report = validate_since(place, "HEAD", today=TODAY)
            assert (new(report), report.remarks) == (OLD, (told,))
        code, out, _ = run("validate", fresh, "--since", "HEAD")
        assert (code, f"{told}.\n" in out) == (1, True)
        stated = json.loads(run("validate", fresh, "--since", "HEAD", "--format", "json")[1])
        assert stated["remarks"] == [told]
    finally:
        shutil.rmtree(fresh)


def test_a_package_that_could_not_be_read_then_is_said(compare: Compare) -> None:
    unread = without(files_of(WRONG_TALLY), "votes")
    report = compare(unread, files_of(WRONG_TALLY))
    told = (
        "not all of the package at HEAD could be read (PKG106), so that a finding may count as new that was "
        "there"
    )
    assert (new(report), report.remarks) == (OLD, (told,))
    assert f"; {told}." in caveats(report)
    both = compare(without(files_of(ballots=b"\xff"), "votes"), files_of())
    assert "could be read (PKG106, STR101), " in "".join(both.remarks)
    no_descriptor = compare(files_of() | {DESCRIPTOR: b"{"}, files_of(WRONG_TALLY))
    assert (new(no_descriptor), len(no_descriptor.remarks)) == (OLD, 1)


@pytest.mark.parametrize(
    "then",
    [files_of(), files_of(WRONG_TALLY), files_of({"body_seats": []}), files_of(changes={"hrdata:failOn": 1})],
    ids=["good", "wrong", "warned of", "with a bad setting"],
)
def test_of_a_package_that_could_be_read_then_nothing_is_remarked(compare: Compare, then: Files) -> None:
    assert compare(then, files_of(WRONG_TALLY)).remarks == ()
    assert compare(then, without(files_of(), "votes")).remarks == (), "it is about what was, not what is"


def test_a_package_at_the_top_of_a_repository_can_be_compared(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "top")
    write_package(repository.folder, WRONG_TALLY)
    repository.commit()
    assert old(validate_since(repository.folder, "HEAD", today=TODAY)) == OLD


def test_line_ends_of_a_checkout_are_no_change(compare: Compare) -> None:
    data = lines(A, b"\n", B, C)
    attributes = {".gitattributes": b"*.csv text eol=crlf\n"}
    now = files_of() | {f"data/{t}.csv": as_csv(t, rows).replace(b"\n", b"\r\n") for t, rows in GOOD.items()}
    now |= attributes | {"data/ballots.csv": data.replace(b"\n", b"\r\n")}
    assert new(compare(files_of(ballots=data) | attributes, now)) == []


def test_only_a_folder_can_be_compared(compare: Compare, repository: Repository, tmp_path: Path) -> None:
    compare(files_of(), files_of())
    archive = zip_package(repository.folder / "datapackage", repository.folder / "datapackage.zip")
    try:
        with pytest.raises(UsageError, match="--since needs a folder of a git repository"):
            validate_since(archive, "HEAD")
    finally:
        archive.unlink()
    with pytest.raises(EnvironmentFault, match="there is no revision nowhere"):
        validate_since(repository.folder / "datapackage", "nowhere")
    with pytest.raises(EnvironmentFault, match="not a git repository"):
        validate_since(write_package(tmp_path), "HEAD")


# The law

Cell = tuple[str, int, tuple[str, str, str]]
Cells = dict[str, list[dict[str, str]]]

CAST = [{key: str(value) for key, value in dict(row).items()} for row in GOOD["ballots"]]
ROOM: Cells = {
    "votes": [{**VOTE, "vote_id": f"v-{number}", "meeting": str(number)} for number in range(6)],
    "ballots": [{**ballot, "vote_id": f"v-{number}"} for number in range(6) for ballot in CAST],
    "states": [{key: str(value) for key, value in dict(row).items()} for row in GOOD["states"]],
    "bodies": [{key: str(value) for key, value in dict(row).items()} for row in GOOD["bodies"]],
}
SITES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "votes": (
        ("title", "x\u200b", "FLD206"),
        ("symbol", "A/RES/61-174", "FLD205"),
        ("date", "2006-02-30", "FLD204"),
        ("yes", "two", "FLD203"),
        ("subject_state", "USA", "REF201"),
    ),
    "ballots": (("choice", "against", "FLD202"), ("choice", "", "FLD201")),
    "states": (("name", "x\u200b", "FLD206"), ("predecessor", "USA", "REF201")),
    "bodies": (("kind", "club", "FLD202"), ("parent", "nobody", "REF201")),
}
KEYS = {
    "votes": ("vote_id",),
    "ballots": ("vote_id", "state_id"),
    "states": ("state_id",),
    "bodies": ("body_id",),
}
CELLS: list[Cell] = [
    (table, index, site)
    for table, sites in SITES.items()
    for index in range(len(ROOM[table]))
    for site in sites
]


def planted(cells: list[Cell]) -> Cells:
    rows = {table: [dict(row) for row in listed] for table, listed in ROOM.items()}
    for table, index, (field, value, _) in cells:
        rows[table][index][field] = value
    return rows


def expected(cells: list[Cell]) -> list[Place]:
    places = []
    for table, index, (field, _, check) in cells:
        row_id = "|".join(ROOM[table][index][part] for part in KEYS[table])
        places.append((check, row_id, field))
    return sorted(places)


def stirred(rows: Cells, chance: random.Random) -> Files:
    """The same rows in another order, with other quotes, and some good ones more."""
    more = [f"w-{chance.randrange(10**9)}" for _ in range(chance.randrange(4))]
    rows = {table: list(listed) for table, listed in rows.items()}
    rows["votes"] += [{**VOTE, "vote_id": id, "meeting": id} for id in more]
    rows["ballots"] += [{**ballot, "vote_id": id} for id in more for ballot in CAST]
    written = files_of()
    for table, listed in rows.items():
        chance.shuffle(listed)
        cells = csv.reader(io.StringIO(as_csv(table, listed).decode("utf-8")))
        dialect = chance.choice(("unix", "excel"))  # quotes around all cells, or where they are needed
        out = io.StringIO()
        csv.writer(out, dialect=dialect, lineterminator="\n").writerows(cells)
        written[f"data/{table}.csv"] = out.getvalue().encode()
    return written


@st.composite
def cells(draw: st.DrawFn) -> tuple[list[Cell], list[Cell]]:
    """Cells to break before a change and by it, at most one of each row."""
    drawn = draw(st.lists(st.sampled_from(CELLS), unique_by=lambda cell: cell[:2], max_size=14))
    cut = draw(st.integers(0, len(drawn)))
    return drawn[:cut], drawn[cut:]


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(both=cells(), seed=st.integers(0, 2**32))
@example(both=([], []), seed=0)
@example(both=(CELLS[::5][:3], []), seed=1)
def test_exactly_what_was_broken_is_new(
    compare: Compare, both: tuple[list[Cell], list[Cell]], seed: int
) -> None:
    before, by_it = both
    chance = random.Random(seed)  # noqa: S311
    report = compare(stirred(planted(before), chance), stirred(planted([*before, *by_it]), chance))
    assert new(report) == expected(by_it)
    assert old(report) == expected(before)
    assert report.valid == (not by_it)


# On the command line and as text


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `hrdata` in this process, and gives its exit code and what it printed."""
    kept = signal.getsignal(signal.SIGPIPE)

    def run_here(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["hrdata", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code or 0, *capsys.readouterr())

    yield run_here
    signal.signal(signal.SIGPIPE, kept)


def test_the_text_tells_old_from_new(compare: Compare, repository: Repository, run: Run) -> None:
    broken: Rows = WRONG_TALLY | {"ballots": [TYPO, *GOOD["ballots"][:2]]}
    report = compare(files_of(WRONG_TALLY | {"body_seats": []}), files_of(broken))
    code, out, err = run("validate", repository.folder / "datapackage", "--since", "HEAD")
    assert (code, err) == (1, "")
    assert out.split("in ", 1)[1].partition("\n")[2] == render(report).partition("\n")[2]
    before, _, after = out.partition("\nFindings\n")
    assert after.startswith("  error FLD202 ")
    assert "    data/ballots.csv:2:17  choice is 'against'" in after
    assert "VOT202" not in after
    assert "Not valid: 1 new error since HEAD; 0 old findings.\n" in after
    assert "Old findings" not in before, "the tally cannot be judged while a ballot cannot"


def test_old_findings_are_listed_and_do_not_fail(compare: Compare, repository: Repository, run: Run) -> None:
    compare(files_of(WRONG_TALLY), files_of(WRONG_TALLY))
    package = repository.folder / "datapackage"
    code, out, err = run("validate", package, "--since", "HEAD")
    assert (code, err) == (0, "")
    assert "\nOld findings, there at HEAD\n  error VOT202 " in out
    assert "\nFindings\n" not in out
    assert out.endswith("\nValid: no new errors since HEAD; 2 old findings.\n")
    assert run("validate", package)[0] == 1
    code, out, _ = run("validate", package, "--since", "HEAD", "--fail-on", "warning")
    assert (code, out.splitlines()[-1]) == (
        0,
        "Valid: no new errors or warnings since HEAD; 2 old findings.",
    )
    report = json.loads(run("validate", package, "--since", "HEAD", "--format", "json")[1])
    assert (report["valid"], report["since"]) == (True, "HEAD")
    assert [finding["old"] for finding in report["findings"]] == [True, True]


def test_what_stands_in_the_way_of_a_comparison_is_one_line(
    compare: Compare, repository: Repository, run: Run, tmp_path: Path
) -> None:
    compare(files_of(), files_of())
    package = repository.folder / "datapackage"
    archive = zip_package(package, tmp_path / "a.zip")
    for place, revision, expected_code, words in (
        (archive, "HEAD", 2, "--since needs a folder of a git repository"),
        (package, "nowhere", 3, "there is no revision nowhere here"),
        (package, "\x1b[31m", 3, "there is no revision "),
        (package, "--all", 3, "there is no revision --all here"),
        (write_package(tmp_path / "p"), "HEAD", 3, "not a git repository"),
    ):
        code, out, err = run("validate", place, "--since", revision)
        assert (code, out, err.count("\n")) == (expected_code, "", 1)
        assert words in err
        assert "\x1b" not in err
