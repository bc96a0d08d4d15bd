"""A missing table makes checks skipped, a row that does not parse makes them unknown: never passed."""

from __future__ import annotations

from functools import cache

import pytest

from datasets.factories import (
    Cells,
    Tables,
    a_ballot,
    a_council_vote,
    a_known_issue,
    a_review,
    a_state,
    a_vote,
    a_world,
    an_act,
    report_on,
    said,
    statuses_of,
)
from hrdata.check import ALL_TABLES, CHECKS, Status
from hrdata.datasets import MODELS
from hrdata.package import Package
from hrdata.parse import fields_of
from hrdata.read import read_columns
from hrdata.testing import as_csv, package_of
from hrdata.validate import Report, validate_package

JUDGES = {id: check for id, check in CHECKS.items() if check.judge is not None}
ENGINE = {"WVR201": ("known_issues",), "WVR202": ("known_issues",)}
"""Checks that the engine itself runs, with the tables that they need."""

BAD_CELL = {
    "sources": {"language": "English"},
    "states": {"iso2": "China"},
    "bodies": {"kind": "organ"},
    "body_seats": {"seats": "many"},
    "votes": {"method": "roll call"},
    "ballots": {"choice": "against"},
    "treaties": {"kind": "pact"},
    "treaty_actions": {"note": " "},
    "upr_reviews": {"note": " "},
    "upr_participants": {"note": " "},
    "upr_tallies": {"list_complete": "yes"},
    "events": {"kind": "party"},
    "event_participants": {"role": "guest"},
    "citations": {"reported": " "},
    "known_issues": {"reason": " "},
}
"""For each table, a cell that does not parse and that no other row depends on."""


def needs(id: str) -> set[str]:
    """The tables that a check asks for."""
    if id in ENGINE:
        return set(ENGINE[id])
    if id in ("KEY201", "REF201") or ALL_TABLES in JUDGES[id].tables:
        return set(MODELS)
    return set(JUDGES[id].tables)


ASKED = {id: needs(id) for id in (*JUDGES, *ENGINE, "KEY201", "REF201")}


def a_full_world() -> Tables:
    """The world with a known issue that covers a warning, so that every table has a row."""
    tables = a_world()
    tables["votes"].append(a_council_vote("unsc-135", date="1960-05-27", yes=11))
    tables["treaty_actions"].append(an_act("accession", "1992-03-02", treaty_id="crc"))
    row_id = "crc|CHN|accession|1992-03-02"
    tables["known_issues"] = [a_known_issue("TRT203", table="treaty_actions", row_id=row_id)]
    return tables


@cache
def with_a_bad_cell(table: str) -> Report:
    tables = a_full_world()
    tables[table][0] |= BAD_CELL[table]
    return report_on(tables)


def test_everything_in_the_full_world_passes_but_what_is_known() -> None:
    statuses = statuses_of(report_on(a_full_world()))
    assert {id for id, status in statuses.items() if status is not Status.PASSED} == {"TRT203"}


# Rows that do not parse.


@pytest.mark.parametrize("table", MODELS)
def test_a_row_that_does_not_parse_passes_no_check_that_asks_for_its_table(table: str) -> None:
    statuses = statuses_of(with_a_bad_cell(table))
    assert [id for id, asked in ASKED.items() if table in asked and statuses[id] is Status.PASSED] == []


@pytest.mark.parametrize("table", MODELS)
def test_a_row_that_does_not_parse_leaves_the_checks_of_other_tables_alone(table: str) -> None:
    statuses = statuses_of(with_a_bad_cell(table))
    others = {id: statuses[id] for id, asked in ASKED.items() if table not in asked}
    assert {id for id, status in others.items() if status is not Status.PASSED} <= {"TRT203"}


@pytest.mark.parametrize("table", MODELS)
def test_a_row_that_does_not_parse_draws_no_finding_but_its_own(table: str) -> None:
    report = with_a_bad_cell(table)
    found = [finding for finding in report.findings if finding.check != "TRT203"]
    assert {finding.check[:3] for finding in found} == {"FLD"}
    assert [(finding.table, finding.field) for finding in found] == [(table, *BAD_CELL[table])]


@pytest.mark.parametrize(
    ("table", "index", "cells", "id"),
    [
        # Whose ballot or act it was cannot be read: it may belong to any of the rows.
        ("ballots", 0, {"vote_id": "UNGA 61/174"}, "VOT202"),
        ("treaty_actions", 0, {"treaty_id": "CRC"}, "TRT204"),
        ("upr_participants", 0, {"review_id": "China 2009"}, "UPR201"),
        ("event_participants", 0, {"event_id": "Forum 2008"}, "EVT202"),
        ("citations", 0, {"table": "Ballots"}, "CIT201"),
        # Which row it is can be read, but not what it says.
        ("ballots", 0, {"choice": "aye"}, "VOT202"),
        ("treaty_actions", 0, {"date": "29 August 1990"}, "TRT204"),
        ("upr_participants", 0, {"stance": "kind"}, "UPR201"),
        ("states", 0, {"un_member_from": "24 October 1945"}, "VOT201"),
        ("states", 0, {"un_member_from": "24 October 1945"}, "VOT205"),
        ("votes", 0, {"date": "19 December 2006"}, "VOT205"),
        ("upr_reviews", 0, {"date": "February 2009"}, "UPR202"),
        ("states", 0, {"un_member_from": "24 October 1945"}, "UPR205"),
        ("citations", 0, {"source_id": "The Library"}, "CIT201"),
    ],
)
def test_what_hangs_together_with_an_unreadable_row_is_unknown_and_not_wrong(
    table: str, index: int, cells: Cells, id: str
) -> None:
    tables = a_full_world()
    tables[table][index] |= cells
    report = report_on(tables)
    [result] = [result for result in report.results if result.check.id == id]
    assert said(result.findings) == []
    assert result.status is Status.UNKNOWN
    assert result.unknown > 0


def test_a_vote_is_judged_though_the_ballot_of_another_is_unreadable() -> None:
    tables = a_full_world()
    tables["votes"].append(a_vote("unga-61-175", roll_complete=True, meeting="A/61/PV.82"))
    tables["ballots"] += [a_ballot("CHN", "aye", "unga-61-175")]
    tables["votes"][0]["yes"] = 4
    report = report_on(tables)
    assert [line for line in said(report) if line.startswith("VOT202")] == [
        "VOT202 unga-61-174: the total of yes is 4, but the ballots list 3"
    ]
    [result] = [result for result in report.results if result.check.id == "VOT202"]
    assert (result.status, result.judged, result.unknown) == (Status.FAILED, 2, 1)


def test_a_reference_to_a_row_that_does_not_parse_is_no_lost_reference() -> None:
    tables = a_full_world()
    tables["votes"][0]["date"] = "19 December"
    report = report_on(tables)
    assert {line[:6] for line in said(report)} == {"FLD204", "TRT203"}


@pytest.mark.parametrize("cells", [{"date": "1992-3-2"}, {"treaty_id": "CRC"}, {"state_id": "China"}])
def test_a_protocol_is_not_held_against_a_state_whose_consent_to_the_parent_is_unreadable(
    cells: Cells,
) -> None:
    tables = a_world()
    tables["treaty_actions"] = [
        an_act("ratification", "1992-03-02", treaty_id="crc") | cells,
        an_act("ratification", "2002-12-03", treaty_id="op-crc"),
    ]
    report = report_on(tables)
    assert {line[:3] for line in said(report)} == {"FLD"}
    assert statuses_of(report)["TRT204"] is Status.UNKNOWN


def test_a_row_of_the_wrong_length_is_not_judged_by_any_check() -> None:
    package = package_of(**a_world())
    data = as_csv("ballots", a_world()["ballots"]) + b"unga-61-174,PRK,no,yes\n"
    package.add("ballots", read_columns(data, "data/ballots.csv"))
    report = validate_package(package)
    assert [line[:3] for line in said(report)] == ["STR"]
    assert statuses_of(report)["VOT202"] is Status.UNKNOWN


# Tables that are missing.


@pytest.mark.parametrize("table", MODELS)
def test_a_missing_table_skips_the_checks_that_need_it_and_says_so(table: str) -> None:
    tables = a_full_world()
    del tables[table]
    for result in report_on(tables).results:
        judge = JUDGES.get(result.check.id)
        asked = set(judge.tables) - set(judge.optional) if judge else set(ENGINE.get(result.check.id, ()))
        # A row check that binds several tables judges those that are there.
        binds_others = len(CHECKS[result.check.id].columns) > 1
        if table in asked and not binds_others:
            assert result.status is Status.SKIPPED, result.check.id
            assert result.skipped == f"there is no table {table}"
        elif result.check.id not in ("REF201", "CIT203"):
            assert not result.skipped, result.check.id


def test_a_row_check_is_skipped_when_none_of_its_tables_is_there() -> None:
    [result] = [result for result in report_on({"sources": []}).results if result.check.id == "EVT201"]
    assert result.status is Status.SKIPPED
    assert result.skipped.startswith("there is no table events or states or ")


def test_two_missing_tables_are_both_named() -> None:
    [result] = [
        result for result in report_on({"states": [a_state("FRA")]}).results if result.check.id == "VOT202"
    ]
    assert result.skipped == "there is no table votes; there is no table ballots"


def test_totals_without_a_table_that_counts_the_members_cannot_be_judged() -> None:
    [result] = [result for result in report_on({"votes": [a_vote()]}).results if result.check.id == "VOT201"]
    assert (result.status, result.unknown, result.judged) == (Status.UNKNOWN, 1, 0)


def test_members_stated_in_the_row_do_for_the_totals() -> None:
    rows = [a_vote(members="1", yes="1", no="1", abstain="0", non_voting="0")]
    [result] = [result for result in report_on({"votes": rows}).results if result.check.id == "VOT201"]
    assert (result.status, result.unknown) == (Status.FAILED, 0)


def test_a_part_of_the_states_is_not_taken_for_the_united_nations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrdata.datasets.votes.ORIGINAL_MEMBERS", 51)
    tables = {"votes": [a_vote()], "states": [a_state("FRA")]}
    [result] = [result for result in report_on(tables).results if result.check.id == "VOT201"]
    assert (result.status, result.unknown) == (Status.UNKNOWN, 1)


def test_a_reference_into_a_missing_table_cannot_be_judged() -> None:
    [result] = [
        result for result in report_on({"upr_reviews": [a_review()]}).results if result.check.id == "REF201"
    ]
    assert (result.status, result.unknown) == (Status.UNKNOWN, 1)


@cache
def without_a_column(table: str) -> Report:
    """The full world, with a table that lacks its last column, which no other table speaks of."""
    tables = a_full_world()
    package: Package = package_of(**tables)
    rows = as_csv(table, tables[table]).decode().splitlines()
    last = fields_of(MODELS[table])[-1].name
    assert rows[0].endswith(f",{last}")
    shorter = "".join(f"{row.rpartition(',')[0]}\n" for row in rows)
    package.add(table, read_columns(shorter.encode(), f"data/{table}.csv"))
    return validate_package(package)


@pytest.mark.parametrize("table", MODELS)
def test_a_table_that_lacks_a_column_passes_no_check_that_asks_for_it(table: str) -> None:
    report = without_a_column(table)
    statuses = statuses_of(report)
    assert [id for id, asked in ASKED.items() if table in asked and statuses[id] is Status.PASSED] == []


@pytest.mark.parametrize("table", MODELS)
def test_a_table_that_lacks_a_column_draws_no_finding_but_that(table: str) -> None:
    found = {finding.check for finding in without_a_column(table).findings}
    assert found - {"TRT203"} == {"STR119"}


def test_a_skipped_check_says_which_file_lacks_columns() -> None:
    [result] = [result for result in without_a_column("ballots").results if result.check.id == "VOT202"]
    assert result.skipped == "data/ballots.csv lacks columns"


def test_nothing_at_all_passes_no_check_of_a_dataset() -> None:
    statuses = statuses_of(report_on({}))
    assert {statuses[id] for id in JUDGES if id not in ("CIT201", "CIT202", "CIT203")} == {Status.SKIPPED}


def test_a_state_without_ballots_leaves_the_ballots_of_others_judged() -> None:
    tables = a_full_world()
    tables["states"].append(a_state("PRK") | {"iso2": "?"})
    statuses = statuses_of(report_on(tables))
    assert statuses["VOT205"] is Status.PASSED
    assert statuses["VOT201"] is Status.UNKNOWN
