"""The checks of events, and of ranges and intervals in every table that has any."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import (
    Cells,
    a_body,
    a_known_issue,
    a_state,
    a_tally,
    a_treaty,
    an_attendance,
    an_event,
    codes,
    days,
    messages,
    some_seats,
    the_members,
    vaguer,
)
from hrdata.check import CHECKS
from hrdata.testing import run_check

# EVT201: ranges run forward.

RANGES: list[tuple[str, Cells, str, str]] = [
    ("events", an_event(), "states_min", "states_max"),
    ("events", an_event(), "people_min", "people_max"),
    ("states", a_state(), "un_member_from", "un_member_until"),
    ("bodies", a_body(), "established", "abolished"),
    ("body_seats", some_seats(), "seats_from", "seats_until"),
    ("treaties", a_treaty(), "adopted", "in_force"),
    ("upr_tallies", a_tally(), "count_min", "count_max"),
    ("known_issues", a_known_issue(), "reported_on", "until"),
]
COUNTS = [("111", "99", True), ("99", "111", False), ("31", "31", False), ("111", "", False)]
COUNTS += [("0", "0", False), ("9", "10", False), ("10", "9", True)]
DATES = [
    ("1966-01-02", "1966-01-01", True),
    ("1966-01-01", "1966-01-01", False),
    ("1966-01-01", "1966", False),
    ("1966-01-01", "1966-02", False),
    ("1966-02-01", "1966-01", True),
    ("1967", "1966-12-31", True),
    ("1966", "1966-01-01", False),
    ("1966", "", False),
    ("1967/..", "1966", True),
    ("1960/..", "1966", False),
    ("../1967", "1966", False),
    ("1967", "1966/..", False),
    ("1967", "../1966", True),
]


def test_every_range_is_among_those_tested() -> None:
    declared = {(table, *pair) for table, pairs in CHECKS["EVT201"].columns.items() for pair in pairs}
    assert declared == {(table, first, last) for table, _, first, last in RANGES}


@pytest.mark.parametrize(("table", "row", "first", "last"), RANGES)
def test_ranges_run_forward(table: str, row: Cells, first: str, last: str) -> None:
    values = COUNTS if first.endswith("_min") else DATES
    found = run_check("EVT201", **{table: [row | {first: begins, last: ends} for begins, ends, _ in values]})
    assert [(finding.line, finding.message.split(": ")[1]) for finding in found] == [
        (line, f"it runs from {begins} to {ends}")
        for line, (begins, ends, backwards) in enumerate(values, start=2)
        if backwards
    ]
    assert all((finding.table, finding.field) == (table, last) for finding in found)


def test_a_range_without_its_first_end_does_not_run_backwards() -> None:
    assert messages("EVT201", events=[an_event(people_min="", people_max="0")]) == []
    assert messages("EVT201", treaties=[a_treaty(adopted="", in_force="1900")]) == []


@given(days(), days(), st.data())
@settings(deadline=None, max_examples=15)
def test_knowing_less_about_an_interval_never_turns_it_round(
    one: dt.date, other: dt.date, data: st.DataObject
) -> None:
    first, last = sorted([one, other])
    vague = a_state("CHN", data.draw(vaguer(first)), un_member_until=data.draw(vaguer(last)))
    turned = a_state("CUB", str(last), un_member_until=str(first))
    found = run_check("EVT201", states=[vague, turned])
    assert [finding.row_id for finding in found] == (["CUB"] if first < last else [])


# EVT202: the states listed fit the number.


@pytest.mark.parametrize(
    ("most", "listed", "flagged"),
    [
        (2, [an_attendance("CHN"), an_attendance("CUB", "participant")], False),
        (1, [an_attendance("CHN"), an_attendance("CUB", "participant")], True),
        (1, [an_attendance("CHN"), an_attendance("CUB", "subject")], False),
        (1, [an_attendance("CHN"), an_attendance("unhrc", "organiser")], False),
        (1, [an_attendance("CHN"), an_attendance("CUB", event_id="forum-2009")], False),
        (0, [an_attendance("CHN")], True),
        (None, [an_attendance("CHN"), an_attendance("CUB")], False),
    ],
)
def test_the_states_listed_never_exceed_the_number_stated(
    most: int | None, listed: list[Cells], flagged: bool
) -> None:
    events = [an_event(states_min=0, states_max=most), an_event("forum-2009")]
    words = f"forum-2008: at most {most} states took part, but {(most or 0) + 1} are listed"
    assert messages("EVT202", events=events, event_participants=listed) == ([words] if flagged else [])


@given(st.integers(0, 30), st.integers(1, 30))
@settings(deadline=None, max_examples=15)
def test_every_state_too_many_is_noticed(most: int, listed: int) -> None:
    attended = [an_attendance(state, "participant") for state in codes(listed)]
    found = messages("EVT202", events=[an_event(states_max=most)], event_participants=attended)
    assert bool(found) is (listed > most)


# EVT203: every participant is listed.


@pytest.mark.parametrize(
    ("participant", "known"),
    [("CHN", True), ("unhrc", True), ("PRK", False), ("united-nation", False), ("unhr", False)],
)
def test_every_participant_is_a_state_or_a_body(participant: str, known: bool) -> None:
    found = messages(
        "EVT203",
        event_participants=[an_attendance("CUB"), an_attendance(participant)],
        states=the_members(),
        bodies=[a_body("unhrc")],
    )
    words = f"forum-2008|{participant}: {participant} is neither a state nor a body"
    assert found == ([] if known else [words])


@given(st.lists(st.sampled_from([*codes(6), "unhrc", "unga", "unsc"]), min_size=1, unique=True), st.data())
@settings(deadline=None, max_examples=15)
def test_losing_any_one_state_or_body_names_whoever_it_was(listed: list[str], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(listed))
    there = {*listed, "CHN", "cerd"} - {lost}
    found = run_check(
        "EVT203",
        event_participants=[an_attendance(name) for name in listed],
        states=[a_state(name) for name in there if name.isupper()],
        bodies=[a_body(name) for name in there if name.islower()],
    )
    assert [finding.value for finding in found] == [lost]
