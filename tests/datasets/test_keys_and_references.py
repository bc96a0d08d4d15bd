"""Keys are unique, references name rows that are there, and neither depends on the order of the rows."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import (
    Tables,
    a_ballot,
    a_citation,
    a_known_issue,
    a_participant,
    a_review,
    a_tally,
    a_vote,
    a_world,
    an_act,
    an_attendance,
    messages,
    report_on,
    said,
)
from hrdata.check import LISTED_PER_CHECK
from hrdata.datasets import MODELS
from hrdata.parse import fields_of
from hrdata.testing import run_check

KEYED = [(table, MODELS[table].KEY) for table in a_world()]
REFERENCES = [
    (table, field.name, field.refers_to)
    for table, model in MODELS.items()
    for field in fields_of(model)
    if field.refers_to
]


OTHER = {
    **{"source_id": "thesis", "state_id": "PRK", "body_id": "unesco", "seats_from": "1900", "vote_id": "x"},
    **{"treaty_id": "cat", "action": "withdrawal", "date": "1900", "review_id": "x", "role": "troika"},
    **{"stance": "critical", "event_id": "x", "participant": "PRK", "table": "sources", "row_id": "x"},
    **{"field": "x", "locator": "x"},
}
"""For each part of a key, a value that no row of the world has there."""


@pytest.mark.parametrize(("table", "key"), KEYED)
def test_no_two_rows_have_the_same_key_and_every_part_of_it_counts(table: str, key: tuple[str, ...]) -> None:
    first = a_world()[table][0]
    others = [first | {part: OTHER[part]} for part in key]
    found = run_check("KEY201", **{table: [first, *others, first, first]})
    words = f"{'|'.join(str(first[part]) for part in key)}: the key stands already on line 2"
    lines = [len(others) + 3, len(others) + 4]
    assert [(finding.message, finding.line) for finding in found] == [(words, line) for line in lines]


def test_the_line_named_is_that_of_the_first_such_row() -> None:
    ballots = [a_ballot(state, "yes") for state in ("CHN", "CUB", "FRA", "CUB", "CHN")]
    assert messages("KEY201", ballots=ballots) == [
        "unga-61-174|CUB: the key stands already on line 3",
        "unga-61-174|CHN: the key stands already on line 2",
    ]


@given(st.lists(st.sampled_from(["CHN", "CUB", "FRA", "GBR"]), min_size=1, max_size=12))
@settings(deadline=None, max_examples=15)
def test_every_ballot_but_the_first_of_a_state_is_noticed(voters: list[str]) -> None:
    found = messages("KEY201", ballots=[a_ballot(state, "yes") for state in voters])
    assert found == [
        f"unga-61-174|{state}: the key stands already on line {voters.index(state) + 2}"
        for i, state in enumerate(voters)
        if state in voters[:i]
    ]


@pytest.mark.parametrize(("table", "field", "target"), REFERENCES)
def test_a_reference_names_a_row_that_is_there(table: str, field: str, target: str) -> None:
    tables = a_world() | {"known_issues": [a_known_issue()]}
    row = tables[table][0]
    lost = "QQQ" if target == "states" else "not-there"
    right = tables[target][0][MODELS[target].KEY[0]]
    tables[table] = [*tables[table][1:], row | {field: right}, row | {field: lost}]
    found = [
        finding
        for finding in run_check("REF201", **tables)
        if (finding.table, finding.field) == (table, field)
    ]
    key = "|".join(str((row | {field: lost})[part]) for part in MODELS[table].KEY)
    assert [finding.message for finding in found] == [
        f"{key}: {field} is {lost}, but {target} has no such row"
    ]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("ballots", a_ballot("PRK", "no", "unga-1-1")),
        ("treaty_actions", an_act(treaty_id="cat", state_id="PRK")),
        ("upr_participants", a_participant("PRK", review_id="prk-2009")),
        ("upr_tallies", a_tally(review_id="prk-2009")),
        ("event_participants", an_attendance("CHN", event_id="forum-1900")),
        ("citations", a_citation(source_id="memory")),
    ],
)
def test_rows_that_hang_in_the_air_are_noticed_by_references(table: str, row: dict[str, object]) -> None:
    tables = a_world()
    tables[table].append(row)
    lost = {finding.value for finding in run_check("REF201", **tables)}
    assert lost == set(map(str, row.values())) & {
        *("PRK", "unga-1-1", "cat", "prk-2009", "forum-1900", "memory")
    }


def test_an_empty_reference_refers_to_nothing() -> None:
    tables = a_world()
    tables["votes"][0]["subject_state"] = None
    assert run_check("REF201", **tables) == []


def a_broken_world() -> Tables:
    """A fault for most checks; none of them depends on which of two rows comes first."""
    tables = a_world()
    tables["votes"] += [
        a_vote("unga-61-175", yes=4, symbol="A/RES/62/175"),
        a_vote("unga-61-176", yes=1, no=3, date="2008-01-01"),
        a_vote("unga-61-177", method="without_vote"),
        a_vote("unsc-2006", body_id="unsc", session=None, yes=15, no=0, abstain=0),
    ]
    tables["ballots"] = [*tables["ballots"][1:], a_ballot("USA", "no", "unsc-2006")]
    tables["states"][1]["un_member_from"] = "2007"
    tables["treaties"][1]["parent_treaty"] = None
    tables["treaty_actions"] += [
        an_act("signature", "1960", treaty_id="crc", state_id="CUB"),
        an_act("ratification", "1959", treaty_id="crc", state_id="CUB"),
        an_act("entry_into_force", "1958", treaty_id="crc", state_id="CUB"),
        an_act("accession", "1992", treaty_id="crc"),
    ]
    tables["upr_reviews"][0]["cycle"] = 2
    tables["upr_participants"] += [a_participant("CHN"), a_participant("FRA")]
    tables["events"][0] |= {"people_min": 3, "people_max": 2, "states_max": 0}
    tables["event_participants"].append(an_attendance("unesco", "speaker"))
    tables["citations"] += [
        a_citation(field="no", reported="9", locator="page 2"),
        a_citation(row_id="unga-1-1"),
    ]
    tables["citations"] = [row for row in tables["citations"] if row["table"] != "bodies"]
    return tables


EXPECTED = {
    *("VOT201", "VOT202", "VOT203", "VOT204", "VOT205", "VOT206", "VOT207", "VOT209", "TRT201", "TRT202"),
    *("TRT203", "TRT204", "TRT205", "UPR201", "UPR202", "UPR203", "EVT201", "EVT202", "EVT203"),
    *("CIT201", "CIT202", "CIT203"),
}


@cache
def what_is_found_in_order() -> list[str]:
    return sorted(said(report_on(a_broken_world())))


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=5)
def test_shuffling_the_rows_never_changes_what_is_found(random: Random) -> None:
    in_order = what_is_found_in_order()
    assert {line[:6] for line in in_order} == EXPECTED
    tables = a_broken_world()
    for rows in tables.values():
        random.shuffle(rows)
    assert sorted(said(report_on(tables))) == in_order


def test_findings_are_counted_beyond_the_list_and_those_of_known_issues_listed_all_the_same() -> None:
    reviews = [a_review(f"r-{row}", cycle=2) for row in range(LISTED_PER_CHECK + 5)]
    row_ids = ("r-7", f"r-{LISTED_PER_CHECK + 2}")
    issues = [a_known_issue("UPR203", table="upr_reviews", row_id=row_id) for row_id in row_ids]
    report = report_on({"upr_reviews": reviews, "known_issues": issues})
    [result] = [result for result in report.results if result.check.id == "UPR203"]
    assert result.count == LISTED_PER_CHECK + 5
    listed = [finding.row_id for finding in result.findings]
    assert listed == [f"r-{row}" for row in (*range(LISTED_PER_CHECK), LISTED_PER_CHECK + 2)]
    assert [finding.row_id for finding in result.findings if finding.waived] == list(row_ids)
    assert not any(line.startswith("WVR") for line in said(report))
