"""The register: what is understood is added, what is mended is pruned, and nothing else changes."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import json
import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hrdata import register
from hrdata.check import LISTED_PER_CHECK, Finding
from hrdata.errors import Conflict, EnvironmentFault, HrdataError, UsageError
from hrdata.places import DESCRIPTOR
from hrdata.register import Addition, add_issues, prune_issues
from hrdata.schema import as_json, export, stale_files
from hrdata.settings import Settings
from hrdata.testing import AnyRow, as_csv
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows, write_package, zip_package

TODAY = dt.date(2026, 11, 22)
WHY = "It is understood."
VOTE = dict(GOOD["votes"][0])
WRONG: Rows = {"votes": [VOTE | {"yes": "1", "no": "0"}]}
ROW = "unga-61-174"
ISSUE = {
    "check_id": "VOT202",
    "table": "votes",
    "row_id": ROW,
    "field": "yes",
    "reason": WHY,
    "source_id": "",
    "reported_on": "2026-01-01",
    "until": "",
}
SOURCES: list[AnyRow] = [dict(GOOD["sources"][0]) | {"source_id": id} for id in ("book", "thesis", "un")]
DISPUTED: Rows = {
    "sources": SOURCES,
    "citations": [
        *GOOD["citations"],
        *(
            {"table": "votes", "row_id": ROW, "field": "no", "locator": "p. 2", "source_id": id}
            | {"reported": "7"}
            for id in ("book", "thesis")
        ),
    ],
}


def make(folder: Path, rows: Rows | None = None, **changes: Any) -> Path:
    """A package whose descriptor is as an export writes it."""
    package = write_package(folder / "package", rows, **changes)
    export(package, None)
    return package


def report_on(package: Path) -> Report:
    return validate_package(package, today=TODAY)


def standing(package: Path) -> list[str]:
    return [f"{f.check} {f.row_id} {f.field}".strip() for f in report_on(package).findings if not f.waived]


def issues_in(package: Path, file: str = "data/known_issues.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((package / file).read_text("utf-8"), newline="")))


def keys_in(package: Path) -> list[str]:
    return ["|".join(issue[name] for name in list(issue)[:4]) for issue in issues_in(package)]


def files_of(package: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file with its bytes, its number on the disk and when it was written."""
    return {
        str(file.relative_to(package)): (file.read_bytes(), file.stat().st_ino, file.stat().st_mtime_ns)
        for file in sorted(package.rglob("*"))
        if file.is_file()
    }


def add(package: Path, check: str = "VOT202", *, reason: str = WHY, **given: Any) -> Addition:
    return add_issues(package, check, reason=reason, today=TODAY, **given)


def refused(package: Path, check: str = "VOT202", kind: type[HrdataError] = UsageError, **given: Any) -> str:
    """Why an addition is refused; nothing is written."""
    before = files_of(package)
    with pytest.raises(kind) as fault:
        add(package, check, **given)
    assert files_of(package) == before
    assert str(fault.value).isprintable()
    return str(fault.value)


# Adding


def test_each_row_and_field_that_stands_gets_an_issue(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG)
    added = add(package)
    assert [(one.issue.key_text, one.findings) for one in added.added] == [
        ("VOT202|votes|unga-61-174|yes", 1),
        ("VOT202|votes|unga-61-174|no", 1),
    ]
    assert added.left == 0
    assert issues_in(package) == [
        ISSUE | {"field": field, "reported_on": "2026-11-22"} for field in ("no", "yes")
    ]
    assert standing(package) == []


def test_a_star_makes_one_issue_for_the_whole_row(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG)
    [one] = add(package, field="*").added
    assert (one.issue.field, one.findings) == ("*", 2)
    assert standing(package) == []


@pytest.mark.parametrize("check", ["VOT202", "vot202"])
def test_what_is_given_narrows_what_is_added(tmp_path: Path, check: str) -> None:
    package = make(tmp_path, WRONG)
    add(package, check, table="votes", row_id=ROW, field="no", until="2027")
    assert issues_in(package) == [
        ISSUE | {"field": "no", "reported_on": "2026-11-22", "until": "2027"},
    ]
    assert standing(package) == ["VOT202 unga-61-174 yes"]


def test_a_finding_of_a_row_as_a_whole_gets_a_star_and_keys_keep_their_bars(tmp_path: Path) -> None:
    cited = [one for one in GOOD["citations"] if dict(one)["table"] != "ballots"]
    package = make(tmp_path, {"citations": cited})
    assert len(add(package, "CIT201", row_id=f"{ROW}|CHN").added) == 1
    assert keys_in(package) == [f"CIT201|ballots|{ROW}|CHN|*"]
    add(package, "CIT201")
    assert keys_in(package) == [f"CIT201|ballots|{ROW}|{id}|*" for id in ("CHN", "FRA", "NOR")]
    assert standing(package) == []


def test_warnings_can_be_excused_too(tmp_path: Path) -> None:
    twin: list[AnyRow] = [dict(row) | {"vote_id": "unga-61-175"} for row in GOOD["ballots"]]
    vote = VOTE | {"meeting": "A/61/PV.81"}
    votes: list[AnyRow] = [vote, vote | {"vote_id": "unga-61-175", "symbol": "A/RES/61/175"}]
    package = make(tmp_path, {"votes": votes, "ballots": [*GOOD["ballots"], *twin]})
    warned = [f.check for f in report_on(package).findings]
    assert report_on(package).valid
    assert warned
    for check in set(warned):
        add(package, check)
    assert standing(package) == []


def test_a_source_narrows_two_findings_of_one_cell(tmp_path: Path) -> None:
    package = make(tmp_path, DISPUTED)
    [one] = add(package, "CIT202", source_id="thesis").added
    assert (one.issue.source_id, one.findings) == ("thesis", 1)
    assert [f.source_id for f in report_on(package).findings if not f.waived] == ["book"]
    message = refused(package, "CIT202", source_id="book")
    assert message.startswith("CIT202|votes|unga-61-174|no: there is a known issue of this key already, for ")
    add(package, "CIT202", source_id="book", field="*")
    assert standing(package) == []


def test_without_a_source_one_issue_covers_what_all_sources_say(tmp_path: Path) -> None:
    package = make(tmp_path, DISPUTED)
    [one] = add(package, "CIT202").added
    assert (one.issue.source_id, one.findings) == (None, 2)
    assert standing(package) == []


def test_an_issue_past_its_day_has_to_go_first(tmp_path: Path) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE | {"until": "2026-11-21"}]})
    assert "counted until 2026-11-21; run hrdata issues prune first" in refused(package)
    prune_issues(package, today=TODAY)
    add(package)
    assert standing(package) == []


def test_an_issue_is_never_made_idle_by_a_wider_one(tmp_path: Path) -> None:
    """Either both count, or the wider one is refused."""
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE]})
    # Which of the two it is, is for the engine to say.
    is_refused = bool(known_issues_that_idle(package))
    if is_refused:
        assert "VOT202|votes|unga-61-174|yes would cover nothing" in refused(package, field="*")
    else:
        add(package, field="*")
        assert standing(package) == []


def known_issues_that_idle(package: Path) -> list[str]:
    """Those of the package that would cover nothing beside one for the whole row."""
    wide: list[AnyRow] = [ISSUE | {"field": "*"}, *issues_in(package)]
    trial = write_package(package.parent / "trial", WRONG | {"known_issues": wide})
    return [finding.row_id for finding in report_on(trial).findings if finding.check == "WVR201"]


@pytest.mark.slow
def test_more_findings_than_are_added_at_once_are_counted_and_come_next(tmp_path: Path) -> None:
    many = LISTED_PER_CHECK + 250
    body = {"name": "Body", "kind": "country_group", "parent": "nowhere"}
    bodies: list[AnyRow] = [{"body_id": f"b{number:04}", **body} for number in range(many)]
    package = make(tmp_path, {"bodies": [*bodies, *GOOD["bodies"]]})
    last = f"b{many - 1:04}"
    assert len(add(package, "REF201", row_id=last).added) == 1
    first, second = add(package, "REF201"), add(package, "REF201")
    assert (len(first.added), first.left) == (LISTED_PER_CHECK, many - 1 - LISTED_PER_CHECK)
    assert (len(second.added), second.left) == (many - 1 - LISTED_PER_CHECK, 0)
    assert report_on(package).valid


def test_findings_that_are_not_looked_at_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "LOOKED_AT", 1)
    assert add(make(tmp_path, WRONG)).left == 1


# The table and the descriptor


def test_a_package_without_the_table_gets_it_beside_the_others(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG, contributors=[{"title": "Ann"}], homepage="https://example.org")
    (package / "data").rename(package / "tables")
    before = json.loads((package / DESCRIPTOR).read_text("utf-8").replace('"data/', '"tables/'))
    before["resources"].append({"name": "own", "path": "tables/own.csv", "schema": {"fields": []}})
    (package / "tables/own.csv").write_bytes(b"a\n1\n")
    (package / DESCRIPTOR).write_text(as_json(before), "utf-8")
    add(package)
    after = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    names = [one["name"] for one in after["resources"]]
    assert names[-2:] == ["known_issues", "own"]
    assert list(after) == list(before)
    new = after["resources"].pop(-2)
    assert new["path"] == "tables/known_issues.csv"
    assert after == before
    assert stale_files(package, None) == []
    assert len(issues_in(package, "tables/known_issues.csv")) == 2


def test_a_file_that_is_not_listed_is_not_overwritten(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG)
    (package / "data/known_issues.csv").write_bytes(b"mine\n")
    assert "is there already, but datapackage.json does not list it" in refused(package, kind=Conflict)


def test_a_table_that_is_there_leaves_the_descriptor_alone(tmp_path: Path) -> None:
    package = write_package(tmp_path, WRONG | {"known_issues": []})
    before = files_of(package)
    add(package)
    after = files_of(package)
    assert {name for name in after if after[name] != before[name]} == {"data/known_issues.csv"}


def test_rows_that_stay_keep_their_values_and_quotes_stand_where_needed(tmp_path: Path) -> None:
    kept = ISSUE | {"reason": 'He wrote "one", not two; see é.', "until": "2027-05~"}
    package = make(tmp_path, {**WRONG, "known_issues": [kept]})
    file = package / "data/known_issues.csv"
    loose = file.read_text("utf-8").replace("VOT202,votes", '"VOT202","votes"').replace("\n", "\r\n")
    file.write_bytes(loose.encode())
    add(package, reason="Plain.")
    assert issues_in(package) == [
        ISSUE | {"field": "no", "reason": "Plain.", "reported_on": "2026-11-22"},
        kept,
    ]
    assert file.read_bytes() == as_csv("known_issues", issues_in(package))
    assert file.read_bytes().count(b'"') == 6


# What is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reason": " "}, "the reason is empty; say why the findings are right and the data stays"),
        ({"reason": "a\nb"}, "holds the invisible character U+000A (a control character) at position 2"),
        ({"reason": "\x1b[31mred"}, "holds the invisible character U+001B"),
        ({"reason": "a "}, "reason 'a ' starts or ends with a space"),
        ({"reason": "x" * 20_001}, "has more than 20,000 characters"),
        ({"until": "2026-11-21"}, "until 2026-11-21 is over already; give a day from 2026-11-22 on"),
        ({"until": "2025"}, "until 2025 is over already"),
        ({"until": "tomorrow"}, "until 'tomorrow' is not"),
        ({"source_id": "nobody"}, "there is no source nobody in the table sources"),
        ({"source_id": "un"}, "no finding of VOT202 source un can be excused: 2 stand elsewhere"),
        ({"check": "VOT999"}, "there is no check VOT999; did you mean"),
        ({"check": "WVR201"}, "WVR201 is about known issues; correct them, or run hrdata issues prune"),
        ({"check": "VOT203"}, "there is none; hrdata validate shows what there is"),
        ({"check": "VOT203", "row_id": ROW}, "there is none, but VOT202 found something in that row"),
        ({"check": "TRT202"}, "it could not judge, there is no table treaty_actions"),
        ({"field": "abstain"}, "2 stand elsewhere, such as in votes unga-61-174 yes and in votes unga"),
        ({"row_id": "unga-61-175"}, "no finding of VOT202 row unga-61-175 can be excused: 2 stand elsewhere"),
        ({"table": "ballots"}, "no finding of VOT202 in ballots can be excused"),
        ({"settings": Settings(ignore=("VOT",))}, "VOT202 is left out by the settings"),
        ({"settings": Settings(select=("CIT",))}, "VOT202 is left out by the settings"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    assert message in refused(make(tmp_path, WRONG), **given)


def test_the_last_day_may_be_today(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG)
    add(package, until="2026-11-22")
    assert standing(package) == []


def test_what_is_known_already_is_not_added_again(tmp_path: Path) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE | {"field": "*"}]})
    assert "known issues cover all there are" in refused(package)


def test_faults_without_a_row_cannot_be_excused(tmp_path: Path) -> None:
    package = make(tmp_path)
    votes = package / "data/votes.csv"
    votes.write_bytes(votes.read_bytes().replace(b"\n", b"\n\n", 1))
    message = refused(package, "STR114")
    assert "data/votes.csv line 2 has no row with a key that a known issue could name; mend it" in message


def test_a_row_without_a_key_cannot_be_excused_and_is_left(tmp_path: Path) -> None:
    states: list[AnyRow] = [*GOOD["states"], {"state_id": "", "name": "X", "iso2": "x"}]
    package = make(tmp_path, {"states": [*states, {"state_id": "XYZ", "name": "Y", "iso2": "y"}]})
    added = add(package, "FLD207")
    assert ([one.issue.row_id for one in added.added], added.left) == (["XYZ"], 1)
    assert "has no row with a key" in refused(package, "FLD207")


def test_a_package_that_cannot_be_edited_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make(tmp_path, WRONG)
    git = ["git", "-C", str(package), "-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.chdir(package)
    for place in (zip_package(package, tmp_path / "a.zip"), Path("git:HEAD")):
        with pytest.raises(UsageError, match="cannot be edited; name a folder"):
            add(place)
        with pytest.raises(UsageError, match="cannot be edited; name a folder"):
            prune_issues(place)
    with pytest.raises(EnvironmentFault):
        prune_issues(tmp_path / "nowhere")


@pytest.mark.parametrize("stated", [{"bytes": 5}, {"hash": "0" * 32}])
def test_a_published_release_is_refused(tmp_path: Path, stated: dict[str, Any]) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE]})
    descriptor = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    descriptor["resources"][-1] |= stated
    (package / DESCRIPTOR).write_text(json.dumps(descriptor), "utf-8")
    assert "is a published release" in refused(package)
    with pytest.raises(UsageError, match="edit the package that it was made from"):
        prune_issues(package)


HEADER = as_csv("known_issues", [])
GOOD_LINE = as_csv("known_issues", [ISSUE]).splitlines(keepends=True)[1]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "line 1: the file is empty"),
        (HEADER.replace(b",until", b"") + b"", "line 1: the column until is missing"),
        (HEADER.replace(b",until", b",until,mine") + b"a,b,c,d,e,f,g,h,i\n", "line 1: the column mine"),
        (HEADER + GOOD_LINE + b"VOT202,votes\n", "line 3: the row has 2 cells"),
        (HEADER + GOOD_LINE + b"\n" + GOOD_LINE, "line 3: the line is blank"),
        (HEADER + GOOD_LINE.replace(b"2026-01-01", b"2026-13-01"), "line 2: reported_on '2026-13-01'"),
        (HEADER + GOOD_LINE.replace(b"VOT202", b""), "line 2: check_id is empty"),
        (b"\xff" + HEADER, "known_issues.csv"),
        (None, "data/known_issues.csv could not be read"),
    ],
)
def test_a_table_with_faults_of_its_own_is_left_alone(tmp_path: Path, data: bytes | None, where: str) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE]})
    file = package / "data/known_issues.csv"
    file.unlink() if data is None else file.write_bytes(data)
    settings = Settings(select=("VOT",))
    assert where in refused(package, kind=EnvironmentFault, settings=settings)
    before = files_of(package)
    with pytest.raises(EnvironmentFault):
        prune_issues(package, today=TODAY)
    assert files_of(package) == before


def test_a_descriptor_that_leaves_open_what_to_keep_is_left_alone(tmp_path: Path) -> None:
    package = make(tmp_path, WRONG)
    text = (package / DESCRIPTOR).read_text("utf-8").replace('"name": "small"', '"name": "a", "name": "b"')
    (package / DESCRIPTOR).write_text(text, "utf-8")
    assert "mend the descriptor first" in refused(package, kind=EnvironmentFault)
    text = text.replace('"name": "a", ', "").replace('"resources": [', '"resources": [5, ')
    (package / DESCRIPTOR).write_text(text, "utf-8")
    assert "mend the descriptor first" in refused(package, kind=EnvironmentFault)


@pytest.mark.parametrize("what", ["no JSON", "a name twice", "an odd resource", "a table twice"])
@pytest.mark.parametrize("listed", [True, False], ids=["with the table", "without"])
def test_a_package_with_a_broken_descriptor_is_neither_added_to_nor_pruned(
    tmp_path: Path, what: str, listed: bool
) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE]} if listed else WRONG)
    text = (package / DESCRIPTOR).read_text("utf-8")
    stated = json.loads(text)
    broken = {
        "no JSON": text[:-3],
        "a name twice": text.replace('"name": "small"', '"name": "a", "name": "b"'),
        "an odd resource": text.replace('"resources": [', '"resources": [5, '),
        "a table twice": as_json(stated | {"resources": [*stated["resources"], stated["resources"][0]]}),
    }[what]
    assert broken != text
    (package / DESCRIPTOR).write_text(broken, "utf-8")
    assert "mend the descriptor first" in refused(package, kind=EnvironmentFault)
    before = files_of(package)
    with pytest.raises(EnvironmentFault, match=r"datapackage\.json: .*; mend the descriptor first$"):
        prune_issues(package, today=TODAY)
    assert files_of(package) == before


@pytest.mark.parametrize("failing", [DESCRIPTOR, "known_issues.csv"])
def test_a_disk_that_fails_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    package = make(tmp_path, WRONG)
    genuine = os.replace

    def replace(source: str, target: Path) -> None:
        if target.name == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        genuine(source, target)

    monkeypatch.setattr(os, "replace", replace)
    assert "cannot be written: no space left on device" in refused(package, kind=EnvironmentFault)


def test_the_table_comes_back_when_it_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make(tmp_path, {"known_issues": [ISSUE]})
    before = {name: data for name, (data, *_) in files_of(package).items()}

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(EnvironmentFault, match="cannot be written: permission denied"):
        prune_issues(package, today=TODAY)
    assert {name: data for name, (data, *_) in files_of(package).items()} == before


# Pruning


def test_what_covers_nothing_or_is_over_goes_and_nothing_else(tmp_path: Path) -> None:
    listed: list[AnyRow] = [
        ISSUE | {"field": "no", "until": "2026-11-21"},
        ISSUE,
        ISSUE | {"row_id": "unga-61-175"},
    ]
    package = make(tmp_path, {**WRONG, "known_issues": listed})
    pruned = prune_issues(package, today=TODAY)
    assert [(one.finding.check, one.issue.key_text) for one in pruned] == [
        ("WVR202", "VOT202|votes|unga-61-174|no"),
        ("WVR201", "VOT202|votes|unga-61-175|yes"),
    ]
    assert issues_in(package) == [ISSUE]
    assert standing(package) == ["VOT202 unga-61-174 no"]


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ({"ballots": [{"vote_id": ROW}]}, Settings()),
        ({}, Settings(ignore=("VOT202",))),
        ({}, Settings(ignore=("VOT", "WVR"))),
        ({}, Settings(select=("CIT",))),
    ],
)
def test_an_issue_whose_check_did_not_judge_stays(tmp_path: Path, rows: Rows, chosen: Settings) -> None:
    package = make(tmp_path, {**rows, "known_issues": [ISSUE]})
    before = files_of(package)
    assert prune_issues(package, settings=chosen, today=TODAY) == []
    assert files_of(package) == before


def test_an_issue_of_a_table_that_cannot_be_read_stays(tmp_path: Path) -> None:
    package = make(tmp_path, {"known_issues": [ISSUE]})
    (package / "data/votes.csv").unlink()
    assert prune_issues(package, today=TODAY) == []


@pytest.mark.parametrize("where", ["given", "descriptor"])
@pytest.mark.parametrize("name", ["WVR", "WVR201"])
def test_pruning_does_not_depend_on_whether_idle_issues_are_reported(
    tmp_path: Path, where: str, name: str
) -> None:
    changes = {"hrdata:ignore": [name]} if where == "descriptor" else {}
    package = make(tmp_path, {"known_issues": [ISSUE]}, **changes)
    given = Settings(ignore=(name,)) if where == "given" else Settings()
    assert len(prune_issues(package, settings=given, today=TODAY)) == 1


def test_settings_of_the_descriptor_count(tmp_path: Path) -> None:
    package = make(tmp_path, {**WRONG, "known_issues": [ISSUE]}, **{"hrdata:ignore": ["VOT202"]})
    assert prune_issues(package, today=TODAY) == []
    assert "left out by the settings" in refused(package)


def test_an_issue_about_an_issue_that_goes_goes_too(tmp_path: Path) -> None:
    idle = ISSUE | {"source_id": "nobody"}
    about = ISSUE | {"check_id": "REF201", "table": "known_issues", "row_id": f"VOT202|votes|{ROW}|yes"}
    package = make(tmp_path, {"known_issues": [about | {"field": "source_id"}, idle]})
    assert len(prune_issues(package, today=TODAY)) == 2
    assert standing(package) == []


def test_a_table_that_is_left_without_rows_goes_and_one_that_was_empty_stays(tmp_path: Path) -> None:
    package = make(tmp_path / "a", {"known_issues": [ISSUE]})
    prune_issues(package, today=TODAY)
    assert not (package / "data/known_issues.csv").exists()
    assert files_of(package)[DESCRIPTOR][0] == files_of(make(tmp_path / "b"))[DESCRIPTOR][0]
    empty = make(tmp_path / "c", {"known_issues": []})
    before = files_of(empty)
    assert prune_issues(empty, today=TODAY) == []
    assert files_of(empty) == before


def test_the_only_table_of_a_package_is_kept(tmp_path: Path) -> None:
    package = make(tmp_path, {"known_issues": [ISSUE | {"until": "2020"}]})
    descriptor = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    descriptor["resources"] = descriptor["resources"][-1:]
    (package / DESCRIPTOR).write_text(as_json(descriptor), "utf-8")
    assert len(prune_issues(package, today=TODAY)) == 1
    assert (package / "data/known_issues.csv").read_bytes() == HEADER


def test_the_package_that_comes_with_hrdata_has_nothing_to_prune() -> None:
    folder = Path(__file__).parents[1] / "datapackage"
    before = files_of(folder)
    assert prune_issues(folder) == []
    assert files_of(folder) == before


# Laws

IDS = ("unga-61-174", "unga-61-175", "unga-61-176")
FIELDS = ("*", "abstain", "no", "yes")
WATCHING = ("WVR201", "WVR202")
Identity = tuple[str, str, str, str, str]


@st.composite
def packages(draw: st.DrawFn) -> Rows:
    """Rows with some wrong totals, some disputed ones, and known issues that cover, are idle or over."""
    votes: list[AnyRow] = [
        VOTE
        | {"vote_id": id, "symbol": id.upper().replace("UNGA-61-", "A/RES/61/")}
        | {"yes": draw(st.sampled_from(["2", "2", "1"])), "no": draw(st.sampled_from(["1", "1", "0"]))}
        for id in IDS
    ]
    ballots: list[AnyRow] = [dict(row) | {"vote_id": id} for id in IDS for row in GOOD["ballots"]]
    disputed: list[AnyRow] = [
        {"table": "votes", "row_id": id, "field": "no", "locator": "p. 2"}
        | {"source_id": source, "reported": draw(st.sampled_from(["1", "0", "9"]))}
        for id in IDS
        for source in ("book", "thesis")
    ]
    issues = draw(
        st.lists(
            st.builds(
                lambda check, row_id, field, source, until: {
                    **ISSUE,
                    **{"check_id": check, "row_id": row_id, "field": field, "until": until},
                    "source_id": source if check == "CIT202" else "",
                },
                st.sampled_from(["CIT202", "VOT202", "VOT203", "TRT202"]),
                st.sampled_from(IDS),
                st.sampled_from(FIELDS),
                st.sampled_from(["", "", "book"]),
                st.sampled_from(["", "", "2026-11-21", "2026-11-22"]),
            ),
            max_size=6,
            unique_by=lambda issue: (issue["check_id"], issue["row_id"], issue["field"]),
        )
    )
    issues.sort(key=lambda issue: (issue["check_id"], issue["row_id"], issue["field"]))
    citations = [*GOOD["citations"], *disputed]
    rows: Rows = {"sources": SOURCES, "votes": votes, "ballots": ballots, "citations": citations}
    return rows | ({"known_issues": list(issues)} if issues else {})


def faults_in(report: Report) -> Counter[Identity]:
    """What stands, wherever it does."""
    found = (f for f in report.findings if not f.waived)
    return Counter((f.check, f.table, f.row_id, f.field, f.source_id) for f in found)


def watched(report: Report) -> set[str]:
    return {f.row_id for f in report.findings if f.check in WATCHING}


def is_meant(finding: Identity, check: str, given: dict[str, str]) -> bool:
    found = dict(zip(("check", "table", "row_id", "field", "source_id"), finding, strict=True))
    return found["check"] == check and all(
        found[name] == value for name, value in given.items() if value not in ("", "*")
    )


@pytest.mark.slow
@settings(max_examples=18)
@given(
    rows=packages(),
    check=st.sampled_from(["VOT202", "CIT202", "VOT203"]),
    chosen=st.fixed_dictionaries(
        {},
        optional={
            "row_id": st.sampled_from(IDS),
            "field": st.sampled_from(FIELDS),
            "source_id": st.sampled_from(["book", "thesis"]),
        },
    ),
)
def test_adding_covers_what_is_meant_and_changes_nothing_else(
    rows: Rows, check: str, chosen: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = make(Path(folder), rows)
        before, files, listed = faults_in(report_on(package)), files_of(package), rows.get("known_issues", [])
        meant = {finding for finding in before if is_meant(finding, check, chosen)}
        try:
            added = add(package, check, **chosen)
        except UsageError:
            rivals = {dict(issue)["row_id"] for issue in listed if dict(issue)["check_id"] == check}
            assert not meant or rivals & {row_id for _, _, row_id, _, _ in meant}
            assert files_of(package) == files
            event("refused")
            return
        event("added")
        assert meant
        assert faults_in(report_on(package)) == Counter({f: n for f, n in before.items() if f not in meant})
        assert stale_files(package, None) == []
        new = [{n: v or "" for n, v in one.issue.model_dump().items()} for one in added.added]
        expected = sorted(
            [*(dict(issue) for issue in listed), *new],
            key=lambda issue: (issue["check_id"], issue["table"], issue["row_id"], issue["field"]),
        )
        assert (package / "data/known_issues.csv").read_bytes() == as_csv("known_issues", expected)
        assert sum(one.findings for one in added.added) == sum(before[finding] for finding in meant)
        assert added.left == 0


@pytest.mark.slow
@settings(max_examples=18)
@given(rows=packages())
def test_pruning_leaves_no_idle_issue_and_changes_nothing_else(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = make(Path(folder), rows)
        report, files = report_on(package), files_of(package)
        before, idle = faults_in(report), watched(report)
        pruned = prune_issues(package, today=TODAY)
        assert {one.issue.key_text for one in pruned} == {one.finding.row_id for one in pruned} == idle
        after = report_on(package)
        assert watched(after) == set()
        assert faults_in(after) == Counter({f: n for f, n in before.items() if f[0] not in WATCHING})
        stay = [
            issue
            for issue in rows.get("known_issues", [])
            if f"{dict(issue)['check_id']}|votes|{dict(issue)['row_id']}|{dict(issue)['field']}" not in idle
        ]
        is_listed = "known_issues" in after.tables
        assert is_listed == bool(stay)
        assert (issues_in(package) if is_listed else []) == stay
        assert stale_files(package, None) == []
        if not pruned:
            assert files_of(package) == files
        once = files_of(package)
        assert prune_issues(package, today=TODAY) == []
        assert files_of(package) == once


@pytest.mark.slow
@settings(max_examples=10)
@given(
    rows=packages(),
    wrong=st.sampled_from(IDS),
    yes=st.sampled_from(["1", "3"]),
    field=st.sampled_from(["", "*"]),
)
def test_adding_mending_and_pruning_gives_back_the_first_bytes(
    rows: Rows, wrong: str, yes: str, field: str
) -> None:
    def votes(**changes: str) -> list[AnyRow]:
        right = {"yes": "2", "no": "1"}
        return [dict(v) | right | changes if dict(v)["vote_id"] == wrong else v for v in rows["votes"]]

    with tempfile.TemporaryDirectory() as folder:
        package = make(Path(folder), rows | {"votes": votes()})
        prune_issues(package, today=TODAY)
        first = {name: data for name, (data, *_) in files_of(package).items()}
        (package / "data/votes.csv").write_bytes(as_csv("votes", votes(yes=yes)))
        add(package, row_id=wrong, field=field)
        (package / "data/votes.csv").write_bytes(first["data/votes.csv"])
        prune_issues(package, today=TODAY)
        assert {name: data for name, (data, *_) in files_of(package).items()} == first


def test_a_finding_is_what_says_why(tmp_path: Path) -> None:
    [one] = prune_issues(make(tmp_path, {"known_issues": [ISSUE]}), today=TODAY)
    assert isinstance(one.finding, Finding)
    assert one.finding.message == f"VOT202|votes|{ROW}|yes: the known issue covers no finding any more"
