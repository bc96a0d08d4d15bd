"""What a vote says of its body and of itself: members, kind, method, outcome, session."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from datasets.factories import CHOICES, Cells, a_state, a_vote, messages, report_on
from hrdata import Vote
from hrdata.check import Status
from hrdata.testing import run_check

COUNCIL = {"body_id": "unhrc", "session": "7", "date": "2008-03-27", "meeting": "40th meeting", "symbol": ""}
SEATS = [{"body_id": "unhrc", "seats_from": "2006-06-19", "seats": "47"}]


@pytest.mark.parametrize(("members", "found"), [("48", 1), ("47", 0), ("46", 0), ("", 0)])
def test_a_council_has_no_more_members_than_seats(members: str, found: int) -> None:
    vote = a_vote("unhrc-7-15", **COUNCIL, members=members)
    assert len(run_check("VOT210", votes=[vote], body_seats=SEATS)) == found


@pytest.mark.parametrize(("members", "found"), [("3", 1), ("2", 0), ("1", 1)])
def test_the_assembly_has_as_many_members_as_there_are_states(members: str, found: int) -> None:
    findings = run_check("VOT210", votes=[a_vote(members=members)], states=[a_state("FRA"), a_state("CHN")])
    assert [finding.field for finding in findings] == ["members"] * found
    if findings:
        assert (
            findings[0].message == f"unga-61-174: members is {members}, but unga had 2 members on 2006-12-19"
        )


def test_members_that_nothing_counts_are_unknown() -> None:
    [result] = [r for r in report_on({"votes": [a_vote(members="5")]}).results if r.check.id == "VOT210"]
    assert (result.status, result.unknown) == (Status.UNKNOWN, 1)


@pytest.mark.parametrize(
    ("kind", "method", "outcome", "right"),
    [
        ("resolution", "recorded_vote", "adopted", True),
        ("resolution", "recorded_vote", "elected", False),
        ("election", "secret_ballot", "elected", True),
        ("election", "secret_ballot", "not_elected", True),
        ("election", "secret_ballot", "adopted", False),
        ("election", "secret_ballot", "unknown", True),
        ("draft", "recorded_vote", "rejected", True),
        ("draft", "recorded_vote", "adopted", False),
        ("draft", "recorded_vote", "withdrawn", False),
        ("draft", "recorded_vote", "unknown", True),
        ("unknown", "recorded_vote", "adopted", True),
        ("unknown", "recorded_vote", "rejected", True),
        ("unknown", "recorded_vote", "withdrawn", False),
        ("unknown", "secret_ballot", "elected", True),
        ("unknown", "secret_ballot", "not_elected", True),
        ("unknown", "without_vote", "rejected", False),
        ("decision", "without_vote", "adopted", True),
        ("decision", "without_vote", "rejected", False),
        ("election", "without_vote", "elected", True),
        ("election", "without_vote", "not_elected", False),
    ],
)
def test_the_outcome_fits_kind_and_method(kind: str, method: str, outcome: str, right: bool) -> None:
    vote = a_vote(kind=kind, method=method, outcome=outcome)
    assert [f.field for f in run_check("VOT211", votes=[vote])] == ([] if right else ["outcome"])


@pytest.mark.parametrize("method", ["recorded_vote", "unrecorded_vote", "secret_ballot", "unknown"])
@pytest.mark.parametrize("total", [None, *CHOICES])
def test_what_was_withdrawn_was_not_voted_on(method: str, total: str | None) -> None:
    counted: Cells = dict.fromkeys(CHOICES) | ({total: 0} if total else {})
    found = messages("VOT211", votes=[a_vote(kind="draft", method=method, outcome="withdrawn", **counted)])
    recorded = "the kind is draft and the method recorded_vote"
    observed = recorded if method == "recorded_vote" else "there are totals" if total else ""
    assert found == ([f"unga-61-174: {observed}, but the outcome is withdrawn"] if observed else [])


def test_a_vote_built_in_python_obeys_it_too() -> None:
    cells: Cells = {name: cell for name, cell in a_vote(outcome="elected").items() if cell != ""}
    with pytest.raises(ValidationError, match="VOT211"):
        Vote.model_validate(cells)


@pytest.mark.parametrize(
    ("session", "right"),
    [
        ("61", True),
        ("S-27", True),
        ("ES-10", True),
        ("OM/1", True),
        ("61st", False),
        ("061", False),
        ("LXI", False),
    ],
)
def test_a_session_is_written_in_one_way(session: str, right: bool) -> None:
    findings = run_check("FLD207", votes=[a_vote(session=session, symbol="")])
    assert [finding.field for finding in findings] == ([] if right else ["session"])


@pytest.mark.parametrize(
    ("row_id", "field", "found"), [("unga-61-174", "yes", 0), ("unga-61-174", "*", 1), ("*", "yes", 1)]
)
def test_a_reported_value_names_its_cell(row_id: str, field: str, found: int) -> None:
    cited = {
        "table": "votes",
        "row_id": row_id,
        "field": field,
        "source_id": "un",
        "locator": "p",
        "reported": "9",
    }
    assert len(run_check("CIT204", citations=[cited])) == found
    assert run_check("CIT204", citations=[cited | {"reported": ""}]) == []
