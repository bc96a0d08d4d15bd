"""The checks of votes and ballots: what each flags, in which words, and the nearest that it lets pass."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import (
    CHOICES,
    Cells,
    a_ballot,
    a_council_vote,
    a_roll,
    a_state,
    a_vote,
    days,
    messages,
    report_on,
    said,
    some_seats,
    the_members,
    the_seats,
    totals_of,
    vaguer,
)
from hrdata.check import Severity
from hrdata.procedure import session_days
from hrdata.testing import run_check

ANY_ROLL = st.lists(st.sampled_from(CHOICES), min_size=1, max_size=60)


# VOT201: the totals fit the room.


def room(vote: Cells, states: list[Cells] | None = None, seats: list[Cells] | None = None) -> list[str]:
    return messages("VOT201", votes=[vote], body_seats=seats or the_seats(), states=states or the_members())


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({}, None),
        ({"non_voting": 1}, "add up to 6, but unga had 5 members on 2006-12-19"),
        ({"no": 0}, "add up to 4, but unga had 5 members on 2006-12-19"),
        ({"non_voting": None, "no": 0}, None),
        ({"non_voting": None, "abstain": 2}, "add up to 6, but unga had 5 members on 2006-12-19"),
        ({"yes": 6, "no": None, "abstain": None, "non_voting": None}, "add up to 6, but unga had 5 members"),
        ({"yes": 5, "no": None, "abstain": None, "non_voting": None}, None),
        (dict.fromkeys(CHOICES), None),
        ({"members": 4}, "add up to 5, but unga had 4 members on 2006-12-19"),
        ({"members": 6}, "add up to 5, but unga had 6 members on 2006-12-19"),
        ({"members": 6, "non_voting": 1}, None),
        ({"body_id": "ecosoc", "yes": 99}, None),
        ({"body_id": "ecosoc", "yes": 99, "members": 54}, "add up to 101, but ecosoc had 54 members"),
    ],
)
def test_totals_fit_the_general_assembly(cells: Cells, complaint: str | None) -> None:
    found = room(a_vote(**cells))
    assert len(found) == (complaint is not None)
    assert all(message.startswith(f"unga-61-174: the totals {complaint}") for message in found)


@pytest.mark.parametrize(
    ("date", "total", "room_then"),
    [
        ("1965-12-31", 11, None),
        ("1965-12-31", 12, 11),
        ("1965-12-31", 10, 11),
        ("1966-01-01", 15, None),
        ("1966-01-01", 11, 15),
        ("1966-01-01", 16, 15),
        ("1965", 12, 11),
        ("1966", 11, 15),
        # Before and after the change at once: either number of seats is right, and what lies between.
        ("1965-12-31/1966-01-01", 11, None),
        ("1965-12-31/1966-01-01", 15, None),
        ("1965-12-31/1966-01-01", 10, 11),
        ("1965-12-31/1966-01-01", 16, 15),
        ("196X", 11, None),
        ("196X", 15, None),
        ("1945-12-01", 99, None),
    ],
)
def test_totals_fit_the_security_council_before_and_after_its_enlargement(
    date: str, total: int, room_then: int | None
) -> None:
    found = room(a_council_vote(date=date, yes=total))
    expected = f"unsc-2006-1718: the totals add up to {total}, but unsc had {room_then} members on {date}"
    assert found == ([expected] if room_then else [])


@pytest.mark.parametrize(("date", "flagged"), [("2006-06-15", True), ("2006-06-16", False)])
def test_seats_count_until_the_day_on_which_the_body_had_them_no_longer(date: str, flagged: bool) -> None:
    seats = [some_seats("unchr", 53, "1992-01-27", seats_until="2006-06-16")]
    assert bool(room(a_vote(body_id="unchr", date=date, yes=99), seats=seats)) is flagged


@pytest.mark.parametrize(
    ("date", "members"),
    [
        ("1958-02-21", 3),
        ("1958-02-22", 2),
        ("1961-10-12", 2),
        ("1961-10-13", 3),
        ("1990-10-02", 3),
        ("1990-10-03", 2),
        ("1973-09-17", 3),
        ("2011-07-13", 2),
        ("2011-07-14", 3),
    ],
)
def test_members_join_leave_pause_and_return_to_the_day(date: str, members: int) -> None:
    states = [
        a_state("FRA"),
        a_state("EGY", un_member_gap="1958-02-22/1961-10-12"),
        a_state("DDR", un_member_until="1990-10-03"),
        a_state("SSD", since="2011-07-14"),
        a_state("VAT", since=""),
    ]
    for total in (members - 1, members, members + 1):
        found = room(a_vote(date=date, session=None, yes=total, no=0, abstain=0), states=states)
        wrong = f"unga-61-174: the totals add up to {total}, but unga had {members} members on {date}"
        assert found == ([] if total == members else [wrong])


def test_a_vague_date_allows_for_every_membership_that_it_spans() -> None:
    states = [
        a_state("FRA"),
        a_state("NAM", since="1990-04-23"),
        a_state("YMD", un_member_until="1990-05-22"),
    ]
    vote = a_vote(session=None, date="1990", yes=3, no=0, abstain=0)
    assert room(vote | {"date": "1990-05-01"}, states=states) == []
    assert room(vote, states=states) == []
    assert room(vote | {"yes": 4}, states=states) == [
        "unga-61-174: the totals add up to 4, but unga had 3 members on 1990"
    ]


def test_an_open_date_allows_for_every_later_membership() -> None:
    states = [*the_members(), a_state("MNE", since="2006-06-28")]
    assert room(a_vote(date="2006-01-01/..", yes=4), states=states) == []


@given(st.tuples(*[st.integers(0, 60)] * 4), st.sampled_from(CHOICES), st.integers(-60, 60).filter(bool))
@settings(deadline=None, max_examples=15)
def test_changing_any_one_total_of_a_complete_vote_is_always_noticed(
    totals: tuple[int, ...], changed: str, change: int
) -> None:
    right: Cells = dict(zip(CHOICES, totals, strict=True))
    size = sum(totals)
    vote = a_vote(body_id="unhrc", session=None, **right)
    seats = [some_seats("unhrc", size, "2006-06-19")]
    assert room(vote, seats=seats) == []
    new = totals[CHOICES.index(changed)] + change
    if new >= 0:
        total = size + change
        assert room(vote | {changed: new}, seats=seats) == [
            f"unga-61-174: the totals add up to {total}, but unhrc had {size} members on 2006-12-19"
        ]


# VOT202: the totals equal the ballots.


def tally(vote: Cells, ballots: list[Cells]) -> list[str]:
    # Somebody else's ballot, so that the table is never without rows.
    return messages("VOT202", votes=[vote], ballots=[*ballots, a_ballot("PRK", "no", "other")])


@pytest.mark.parametrize(
    ("cells", "cast", "complaints"),
    [
        ({"roll_complete": True}, "yes yes yes no abstain", []),
        (
            {"roll_complete": True},
            "yes yes no abstain",
            ["the total of yes is 3, but the ballots list 2"],
        ),
        (
            {"roll_complete": True},
            "yes yes yes abstain",
            ["the total of no is 1, but the ballots list 0"],
        ),
        ({"roll_complete": True, "non_voting": None}, "yes yes yes no non_voting abstain", []),
        ({}, "yes", []),
        ({}, "no no", ["the total of no is 1, but the ballots list 2"]),
        ({}, "non_voting", ["the total of non_voting is 0, but the ballots list 1"]),
        ({"no": None}, "no no", []),
    ],
)
def test_totals_equal_the_ballots(cells: Cells, cast: str, complaints: list[str]) -> None:
    assert tally(a_vote(**cells), a_roll(cast.split())) == [f"unga-61-174: {words}" for words in complaints]


def test_a_complete_roll_call_without_any_ballot_is_noticed() -> None:
    assert tally(a_vote(roll_complete=True), []) == [
        f"unga-61-174: the total of {choice} is {total}, but the ballots list 0"
        for choice, total in (("yes", 3), ("no", 1), ("abstain", 1))
    ]


@given(ANY_ROLL, st.data())
@settings(deadline=None, max_examples=15)
def test_losing_any_one_ballot_of_a_complete_roll_call_is_always_noticed(
    cast: list[str], data: st.DataObject
) -> None:
    vote = a_vote(roll_complete=True, **totals_of(cast))
    ballots = a_roll(cast)
    assert tally(vote, ballots) == []
    lost = data.draw(st.integers(0, len(cast) - 1))
    total = cast.count(cast[lost])
    assert tally(vote, ballots[:lost] + ballots[lost + 1 :]) == [
        f"unga-61-174: the total of {cast[lost]} is {total}, but the ballots list {total - 1}"
    ]
    assert tally(vote | {"roll_complete": False}, ballots[:lost] + ballots[lost + 1 :]) == []


@given(ANY_ROLL, st.data())
@settings(deadline=None, max_examples=15)
def test_changing_any_one_ballot_names_both_choices(cast: list[str], data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, len(cast) - 1))
    choice = data.draw(st.sampled_from([choice for choice in CHOICES if choice != cast[changed]]))
    ballots = a_roll([*cast[:changed], choice, *cast[changed + 1 :]])
    votes = [a_vote(roll_complete=True, **totals_of(cast))]
    found = run_check("VOT202", votes=votes, ballots=ballots)
    assert {finding.field for finding in found} == {choice, cast[changed]}
    votes = [votes[0] | {"roll_complete": False}]
    assert [finding.field for finding in run_check("VOT202", votes=votes, ballots=ballots)] == [choice]


# VOT203: the outcome follows from the totals.


def outcome(vote: Cells, **more: list[Cells]) -> list[str]:
    return messages(
        "VOT203", **({"votes": [vote], "body_seats": the_seats(), "states": the_members()} | more)
    )


def check_outcome(vote: Cells, follows: str | None) -> None:
    yes, no = ("unknown" if vote[side] is None else vote[side] for side in ("yes", "no"))
    wrong = f"the outcome is {vote['outcome']}, but {yes} yes and {no} no make it {follows}"
    assert outcome(vote) == ([f"{vote['vote_id']}: {wrong}"] if follows else [])


@pytest.mark.parametrize(
    ("body", "yes", "no", "came_out", "follows"),
    [
        ("unga", 18, 22, "adopted", "fail"),
        ("unga", 22, 18, "adopted", None),
        ("unga", 20, 20, "adopted", "fail"),
        ("unga", 20, 20, "rejected", None),
        ("unga", 18, 22, "rejected", None),
        # An important question needs two thirds, Charter, Article 18.
        ("unga", 21, 20, "rejected", None),
        ("unga", 39, 20, "rejected", None),
        ("unga", 40, 20, "rejected", "pass"),
        ("unga", 21, 20, "adopted", None),
        ("unhrc", 17, 19, "rejected", None),
        ("unhrc", 17, 19, "adopted", "fail"),
        ("unhrc", 19, 17, "rejected", "pass"),
        ("unhrc", 19, 17, "adopted", None),
        ("unhrc", 18, 18, "rejected", None),
        ("unhrc", 18, 18, "adopted", "fail"),
        ("unhrc", 0, 0, "adopted", "fail"),
        ("unga-c3", 39, 20, "rejected", "pass"),
        ("unhrc", 17, 19, "withdrawn", None),
        ("unhrc", 17, 19, "unknown", None),
        ("unhrc", 19, 17, "withdrawn", None),
        ("unhrc", 19, 17, "unknown", None),
        ("unhrc", None, 19, "adopted", None),
        ("unhrc", 19, None, "rejected", None),
        ("unhrc", None, None, "adopted", None),
        ("unsc", None, None, "adopted", None),
    ],
)
def test_a_text_needs_more_yes_than_no(
    body: str, yes: int | None, no: int | None, came_out: str, follows: str | None
) -> None:
    check_outcome(a_vote(body_id=body, yes=yes, no=no, outcome=came_out), follows)


@pytest.mark.parametrize(
    "kind", ["resolution", "decision", "draft", "amendment", "no_action_motion", "unknown"]
)
def test_every_kind_of_text_needs_more_yes_than_no(kind: str) -> None:
    check_outcome(a_vote(kind=kind, yes=3, no=2), None)
    check_outcome(a_vote(kind=kind, yes=2, no=3), "fail")


@pytest.mark.parametrize(
    ("date", "yes", "no", "came_out", "follows"),
    [
        ("1965-12-31", 7, 0, "adopted", None),
        ("1965-12-31", 6, 0, "adopted", "fail"),
        ("1965-12-31", 7, 0, "rejected", "pass"),
        ("1965-12-31", 6, 0, "rejected", None),
        ("1966-01-01", 9, 0, "adopted", None),
        ("1966-01-01", 8, 0, "adopted", "fail"),
        ("1966-01-01", 9, 0, "rejected", "pass"),
        ("1966-01-01", 8, 0, "rejected", None),
        ("1965", 7, 0, "adopted", None),
        ("1966", 7, 0, "adopted", "fail"),
        # Nine of fifteen with five against: adopted, unless one of the five was permanent.
        ("2006-10-14", 9, 5, "adopted", None),
        ("2006-10-14", 9, 5, "rejected", None),
        ("2006-10-14", 14, 1, "rejected", None),
        ("2006-10-14", 9, None, "rejected", None),
        ("2006-10-14", 8, 0, "adopted", "fail"),
        ("2006-10-14", 8, None, "adopted", "fail"),
        # On either side of the enlargement, either majority may have been the one.
        ("1965-12-31/1966-01-01", 7, 0, "adopted", None),
        ("1965-12-31/1966-01-01", 7, 0, "rejected", None),
        ("1965-12-31/1966-01-01", 8, 0, "rejected", None),
        ("1965-12-31/1966-01-01", 9, 0, "rejected", "pass"),
        ("1965-12-31/1966-01-01", 6, 0, "adopted", "fail"),
        ("1965-12-31/..", 7, 0, "adopted", None),
    ],
)
def test_the_security_council_needs_seven_yes_before_1966_and_nine_since(
    date: str, yes: int, no: int | None, came_out: str, follows: str | None
) -> None:
    check_outcome(a_council_vote(date=date, yes=yes, no=no, outcome=came_out), follows)


@pytest.mark.parametrize("kind", ["procedural_motion", "no_action_motion"])
@pytest.mark.parametrize(
    ("yes", "no", "came_out", "follows"),
    [
        # China and Russia voted against the agenda of 22 December 2014; it was adopted all the same.
        (11, 2, "adopted", None),
        (11, 2, "rejected", "pass"),
        (8, 2, "adopted", "fail"),
        (8, 2, "rejected", None),
    ],
)
def test_nobody_can_veto_a_procedural_motion(
    kind: str, yes: int, no: int, came_out: str, follows: str | None
) -> None:
    check_outcome(a_council_vote(kind=kind, yes=yes, no=no, outcome=came_out), follows)


@pytest.mark.parametrize(
    ("cells", "follows"),
    [
        # It may have been a veto, or procedural.
        ({"yes": 11, "no": 2, "outcome": "rejected"}, None),
        ({"yes": 11, "no": 0, "outcome": "rejected"}, "pass"),
        # Seven are too few for any text; a candidate needs eight.
        ({"yes": 7, "no": 2}, "fail"),
        ({"yes": 8, "no": 2, "outcome": "elected"}, None),
        ({"yes": 7, "no": 2, "outcome": "elected"}, "fail"),
        ({"yes": 9, "no": 0, "outcome": "not_elected"}, None),
    ],
)
def test_a_vote_of_unknown_kind_breaks_only_what_every_kind_obeys(cells: Cells, follows: str | None) -> None:
    check_outcome(a_council_vote(kind="unknown", **cells), follows)


@pytest.mark.parametrize(
    ("cells", "follows"),
    [
        ({"yes": 97, "members": 193}, None),
        ({"yes": 96, "members": 193}, "fail"),
        ({"yes": 96, "members": 192}, "fail"),
        ({"yes": 97, "members": 192}, None),
        ({"yes": 90, "members": 193, "outcome": "not_elected"}, None),
        # Russia in October 2016: a majority, but others had more votes for the seats there were.
        ({"yes": 112, "members": 193, "outcome": "not_elected"}, None),
        ({"yes": 112, "no": 0, "members": 193, "outcome": "not_elected"}, None),
        ({"yes": 30, "body_id": "ecosoc", "members": 54, "outcome": "not_elected"}, None),
        ({"yes": 9, "no": 0, "body_id": "unsc", "outcome": "not_elected"}, None),
        ({"yes": 3}, None),
        ({"yes": 2}, "fail"),
        ({"yes": None}, None),
        ({"yes": 1, "body_id": "ecosoc"}, None),
        ({"yes": 28, "body_id": "ecosoc", "members": 54}, None),
        ({"yes": 27, "body_id": "ecosoc", "members": 54}, "fail"),
        # A judge of the International Court needs eight in the Council, and there is no veto.
        ({"yes": 8, "body_id": "unsc"}, None),
        ({"yes": 7, "body_id": "unsc"}, "fail"),
    ],
)
def test_an_election_needs_more_than_half_of_the_members(cells: Cells, follows: str | None) -> None:
    votes_won: Cells = {"kind": "election", "method": "secret_ballot", "outcome": "elected"}
    votes_won |= {"no": None, "abstain": None, "non_voting": None, "session": None}
    check_outcome(a_vote(**votes_won | cells), follows)


@given(st.integers(0, 193), st.integers(0, 193), st.sampled_from(["unga", "unhrc", "unchr"]))
@settings(deadline=None, max_examples=15)
def test_no_totals_allow_both_outcomes_but_those_of_a_question_of_two_thirds(
    yes: int, no: int, body: str
) -> None:
    flagged = {
        came_out: bool(outcome(a_vote(body_id=body, yes=yes, no=no, outcome=came_out)))
        for came_out in ("adopted", "rejected")
    }
    two_thirds = body == "unga" and no < yes < 2 * no
    assert flagged == {"adopted": yes <= no, "rejected": yes > no and not two_thirds}


# VOT204: the method agrees with the totals.


@pytest.mark.parametrize(
    ("cells", "cast", "observed"),
    [
        ({}, True, None),
        ({}, False, None),
        ({"method": "without_vote"}, False, "totals"),
        ({"method": "without_vote"}, True, "totals"),
        (dict.fromkeys(CHOICES) | {"method": "without_vote"}, False, None),
        (dict.fromkeys(CHOICES) | {"method": "without_vote"}, True, "ballots"),
        (dict.fromkeys(CHOICES) | {"method": "without_vote", "non_voting": 0}, False, "totals"),
        (dict.fromkeys(CHOICES), False, "no totals"),
        (dict.fromkeys(CHOICES), True, "no totals"),
        (dict.fromkeys(CHOICES) | {"abstain": 1}, False, None),
        (dict.fromkeys(CHOICES) | {"method": "unrecorded_vote"}, False, None),
        (dict.fromkeys(CHOICES) | {"method": "secret_ballot"}, False, None),
        (dict.fromkeys(CHOICES) | {"method": "unknown"}, True, None),
        ({"method": "unrecorded_vote"}, False, None),
    ],
)
def test_what_was_adopted_without_a_vote_has_no_totals_and_a_recorded_vote_has_some(
    cells: Cells, cast: bool, observed: str | None
) -> None:
    vote = a_vote(**cells)
    ballots = [a_ballot("CUB", "yes", "unga-61-174" if cast else "other")]
    expected = f"unga-61-174: the method is {vote['method']}, but there are {observed}"
    assert messages("VOT204", votes=[vote], ballots=ballots) == ([expected] if observed else [])


@pytest.mark.parametrize(
    ("cells", "observed"),
    [
        ({}, None),
        (dict.fromkeys(CHOICES), "no totals"),
        ({"method": "without_vote"}, "totals"),
        (dict.fromkeys(CHOICES) | {"method": "without_vote"}, None),
    ],
)
def test_totals_are_judged_without_a_table_of_ballots(cells: Cells, observed: str | None) -> None:
    vote = a_vote(**cells)
    expected = f"unga-61-174: the method is {vote['method']}, but there are {observed}"
    assert messages("VOT204", votes=[vote]) == ([expected] if observed else [])


# VOT205: whoever voted was a member.

HISTORY = [
    a_state("SSD", since="2011-07-14"),
    a_state("SUN", un_member_until="1991-12-24"),
    a_state("EGY", un_member_gap="1958-02-22/1961-10-12"),
    a_state("VAT", since=""),
    a_state("DDR", since="1973", un_member_until="1990"),
]


@pytest.mark.parametrize(
    ("state", "date", "was_member"),
    [
        ("SSD", "2010-12-21", False),
        ("SSD", "2011-07-13", False),
        ("SSD", "2011-07-14", True),
        ("SSD", "2011-07", True),
        ("SSD", "2011", True),
        ("SSD", "2010", False),
        ("SSD", "2011-06", False),
        ("SSD", "201X", True),
        ("SSD", "2010/..", True),
        ("SSD", "2012/", True),
        ("SSD", "../2010", False),
        ("SSD", "../2011", True),
        ("SUN", "1991-12-23", True),
        ("SUN", "1991-12-24", False),
        ("SUN", "1991-12", True),
        ("SUN", "1992", False),
        ("SUN", "1992/..", False),
        ("SUN", "1991/..", True),
        ("EGY", "1958-02-21", True),
        ("EGY", "1958-02-22", False),
        ("EGY", "1961-10-12", False),
        ("EGY", "1961-10-13", True),
        ("EGY", "1961-10", True),
        ("EGY", "1960", False),
        ("EGY", "1958", True),
        ("EGY", "1961/..", True),
        ("VAT", "2006-12-19", False),
        # A membership known to the year only: every day of that year may have been one of it.
        ("DDR", "1972-12-31", False),
        ("DDR", "1973-06-01", True),
        ("DDR", "1990-06-01", True),
        ("DDR", "1991-01-01", False),
    ],
)
def test_whoever_voted_was_a_member_that_day(state: str, date: str, was_member: bool) -> None:
    votes = [a_vote(date=date, session=None)]
    found = messages("VOT205", ballots=[a_ballot(state, "yes")], votes=votes, states=HISTORY)
    words = f"{state} voted on {date}, but was not a member of the United Nations then"
    assert found == ([] if was_member else [f"unga-61-174|{state}: {words}"])


@given(days(), days(), days(), days())
@settings(deadline=None, max_examples=15)
def test_members_vote_from_their_first_day_up_to_their_last(
    voted: dt.date, one: dt.date, other: dt.date, third: dt.date
) -> None:
    joined, away, left = sorted([one, other, third])
    if joined == left:
        return
    states = [
        a_state("ONE", since=str(joined), un_member_until=str(left)),
        a_state("TWO", since=str(joined), un_member_gap=f"{away}/{left}"),
    ]
    ballots = [a_ballot("ONE", "yes"), a_ballot("TWO", "no")]
    found = run_check("VOT205", ballots=ballots, votes=[a_vote(date=str(voted))], states=states)
    was_member = {"ONE": joined <= voted < left, "TWO": joined <= voted and not away <= voted <= left}
    assert {f.value for f in found} == {state for state, member in was_member.items() if not member}


# VOT206: the symbol agrees with the row.


@pytest.mark.parametrize(
    ("cells", "symbol", "complaint"),
    [
        ({}, None, None),
        ({}, "A/RES/61/174", None),
        ({}, "A/RES/62/174", "says session 62, but the row has session 61"),
        ({"session": None}, "A/RES/62/174", None),
        ({"session": None}, "A/HRC/RES/7/15", "says body unhrc, but the row has body unga"),
        ({}, "A/HRC/RES/7/15", "says body unhrc, but the row has body unga"),
        ({}, "A/C.3/61/L.37", "says body unga-c3, but the row has body unga"),
        ({"body_id": "unga-c3"}, "A/C.3/61/L.37", None),
        ({"session": "3", "date": "1948-12-10"}, "A/RES/217(III)", None),
        (
            {"session": "4", "date": "1948-12-10"},
            "A/RES/217(III)",
            "says session 3, but the row has session 4",
        ),
        ({"session": "ES-10"}, "A/RES/ES-10/21", None),
        ({"session": "10"}, "A/RES/ES-10/21", "says session ES-10, but the row has session 10"),
        ({"body_id": "unhrc", "session": "S-27"}, "A/HRC/RES/S-27/1", None),
        ({"body_id": "unhrc", "session": "27"}, "A/HRC/RES/S-27/1", "says session S-27, but the row has"),
        ({"body_id": "unsc", "date": "2016-12-19"}, "S/RES/2323(2016)", None),
        ({"body_id": "unsc"}, "S/RES/2323(2016)", "says year 2016, but the row has date 2006-12-19"),
        ({"body_id": "unsc", "date": "201X"}, "S/RES/2323(2016)", None),
        (
            {"body_id": "unsc", "date": "200X"},
            "S/RES/2323(2016)",
            "says year 2016, but the row has date 200X",
        ),
        ({"body_id": "unsc", "date": "2015-12-31/2016-01-01"}, "S/RES/2323(2016)", None),
        ({"body_id": "unsc", "date": "2015/.."}, "S/RES/2323(2016)", None),
        ({"body_id": "unsc", "date": "../2017"}, "S/RES/2323(2016)", None),
        ({"body_id": "unsc", "date": "../2015"}, "S/RES/2323(2016)", "says year 2016, but the row has date"),
        ({"body_id": "unchr", "session": "59", "date": "2003-04-16"}, "E/CN.4/RES/2003/10", None),
        ({"body_id": "unchr", "session": "60", "date": "2004-04-16"}, "E/CN.4/RES/2003/10", "says year 2003"),
    ],
)
def test_the_symbol_agrees_with_body_session_and_year(
    cells: Cells, symbol: str | None, complaint: str | None
) -> None:
    found = messages("VOT206", votes=[a_vote(symbol=symbol, **cells)])
    assert len(found) == (complaint is not None)
    assert all(message.startswith(f"unga-61-174: the symbol {symbol} {complaint}") for message in found)


@given(st.integers(31, 79), st.integers(31, 79), st.integers(1, 300))
@settings(deadline=None, max_examples=15)
def test_the_symbol_of_another_session_is_always_noticed(stated: int, other: int, number: int) -> None:
    vote = a_vote(session=str(stated), symbol=f"A/RES/{other}/{number}")
    assert bool(messages("VOT206", votes=[vote])) is (stated != other)


# VOT207: the date lies in the session.


@pytest.mark.parametrize(
    ("body", "session", "date", "meets"),
    [
        ("unga", "61", "2005-12-19", "2006-09-05 and 2007-09-20"),
        ("unga", "61", "2006-09-04", "2006-09-05 and 2007-09-20"),
        ("unga", "61", "2006-09-05", None),
        ("unga", "61", "2007-09-20", None),
        ("unga", "61", "2007-09-21", "2006-09-05 and 2007-09-20"),
        ("unga", "61", "2006", None),
        ("unga", "61", "2007", None),
        ("unga", "61", "2005", "2006-09-05 and 2007-09-20"),
        ("unga", "61", "2006-08/2006-09", None),
        ("unga", "61", "2006-12/..", None),
        ("unga", "61", "2006/", None),
        ("unga", "61", "../2006-12", None),
        ("unga", "61", "2008/..", "2006-09-05 and 2007-09-20"),
        ("unga", "61", "../2005", "2006-09-05 and 2007-09-20"),
        ("unga", None, "1999-12-19", None),
        ("unga", "ES-10", "2018-12-06", None),
        ("unga", "S-27", "1900-01-01", None),
        ("unhrc", "7", "2008-03-27", None),
        ("unhrc", "7", "2008-06-18", "2008-02-20 and 2008-04-15"),
        ("unhrc", "43", "2020-06-22", None),
        ("unhrc", "43", "2020-06-23", "2020-02-24 and 2020-06-22"),
        ("unhrc", "S-35", "1900-01-01", None),
        ("unchr", "59", "2003-04-16", None),
        ("unchr", "59", "2004-04-16", "2003-01-20 and 2003-06-20"),
        ("unsc", "2016", "1999-12-09", None),
    ],
)
def test_the_date_lies_in_the_session(body: str, session: str | None, date: str, meets: str | None) -> None:
    found = messages("VOT207", votes=[a_vote(body_id=body, session=session, date=date)])
    words = f"the date is {date}, but session {session} of {body} met between {meets}"
    assert found == ([f"unga-61-174: {words}"] if meets else [])


@given(st.integers(1, 80), days())
@settings(deadline=None, max_examples=15)
def test_a_date_of_another_session_is_noticed_and_no_other(session: int, day: dt.date) -> None:
    held = session_days("unga", str(session))
    assert held is not None
    vote = a_vote(session=str(session), date=day.isoformat())
    assert bool(messages("VOT207", votes=[vote])) is not (held[0] <= day <= held[1])


# VOT208: the roll calls of a meeting differ.


def twins(second: Cells, cast: list[Cells]) -> list[str]:
    votes = [a_vote(roll_complete=True), a_vote("unga-61-175", **({"roll_complete": True} | second))]
    return messages("VOT208", votes=votes, ballots=[*a_roll(), *cast])


COPIED = a_roll(vote_id="unga-61-175")
TWIN = "unga-61-175: every member voted as in unga-61-174, in the same meeting A/61/PV.81"


@pytest.mark.parametrize(
    ("second", "cast", "complaints"),
    [
        ({}, COPIED, [TWIN]),
        ({}, COPIED[::-1], [TWIN]),
        ({}, a_roll(["yes", "yes", "yes", "abstain", "no"], "unga-61-175"), []),
        ({}, COPIED[:-1], []),
        ({}, [*COPIED, a_ballot("PRK", "no", "unga-61-175")], []),
        ({"meeting": "A/61/PV.82"}, COPIED, []),
        ({"meeting": None}, COPIED, []),
        ({"roll_complete": False}, COPIED, []),
        ({"body_id": "unga-c3"}, COPIED, []),
    ],
)
def test_two_roll_calls_of_one_meeting_with_the_same_ballots_are_suspicious(
    second: Cells, cast: list[Cells], complaints: list[str]
) -> None:
    assert twins(second, cast) == complaints


def test_the_fortieth_meetings_of_two_sessions_are_two_meetings() -> None:
    one = a_vote("unhrc-7-15", body_id="unhrc", session="7", meeting="40th meeting", roll_complete=True)
    other = one | {"vote_id": "unhrc-10-16", "session": "10", "date": "2009-03-26"}
    cast = [*a_roll(vote_id="unhrc-7-15"), *a_roll(vote_id="unhrc-10-16")]
    assert messages("VOT208", votes=[one, one | {"vote_id": "unhrc-10-16"}], ballots=cast) != []
    assert messages("VOT208", votes=[one, other], ballots=cast) == []


def test_a_suspicious_roll_call_is_a_warning() -> None:
    votes = [a_vote(roll_complete=True), a_vote("unga-61-175", roll_complete=True)]
    [finding] = run_check("VOT208", votes=votes, ballots=[*a_roll(), *COPIED])
    assert finding.severity is Severity.WARNING


@given(ANY_ROLL, st.data())
@settings(deadline=None, max_examples=15)
def test_one_other_ballot_makes_a_roll_call_of_its_own(cast: list[str], data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, len(cast) - 1))
    choice = data.draw(st.sampled_from(CHOICES))
    votes = [a_vote(roll_complete=True), a_vote("twin", roll_complete=True)]
    copied = a_roll([*cast[:changed], choice, *cast[changed + 1 :]], "twin")
    found = messages("VOT208", votes=votes, ballots=[*a_roll(cast), *data.draw(st.permutations(copied))])
    assert bool(found) is (choice == cast[changed])


# VOT209: no veto was overridden.


@pytest.mark.parametrize(
    ("cells", "choice", "flagged"),
    [
        ({}, "no", True),
        ({}, "yes", False),
        ({}, "abstain", False),
        ({}, "non_voting", False),
        ({"outcome": "rejected"}, "no", False),
        ({"kind": "draft"}, "no", True),
        ({"kind": "amendment"}, "no", True),
        ({"kind": "procedural_motion"}, "no", False),
        ({"kind": "no_action_motion"}, "no", False),
        ({"kind": "election"}, "no", False),
        ({"body_id": "unga"}, "no", False),
    ],
)
def test_each_permanent_member_can_veto_and_only_by_voting_no_on_substance(
    cells: Cells, choice: str, flagged: bool
) -> None:
    members = ("CHN", "FRA", "GBR", "RUS", "SUN", "USA")
    votes = [a_council_vote(f"unsc-{member.lower()}", **cells) for member in members]
    ballots = [a_ballot(member, choice, f"unsc-{member.lower()}") for member in members]
    ballots += [a_ballot("CUB", "no", str(vote["vote_id"])) for vote in votes]
    assert messages("VOT209", votes=votes, ballots=ballots) == [
        f"unsc-{member.lower()}: {member}, a permanent member, voted no, but the outcome is adopted"
        for member in members
        if flagged
    ]


@pytest.mark.parametrize(("choice", "unknown"), [("no", 1), ("yes", 0)])
def test_a_veto_of_what_may_have_been_procedural_cannot_be_judged(choice: str, unknown: int) -> None:
    tables = {
        "votes": [a_council_vote(kind="unknown"), a_council_vote("unsc-2006-1719")],
        "ballots": [a_ballot(state, choice, "unsc-2006-1718") for state in ("CHN", "RUS")],
    }
    [result] = [result for result in report_on(tables).results if result.check.id == "VOT209"]
    assert (result.count, result.unknown, result.judged) == (0, unknown, 2 - unknown)


def test_two_vetoes_are_two_findings() -> None:
    ballots = [a_ballot(state, "no", "unsc-2006-1718") for state in ("RUS", "CHN", "CUB")]
    found = messages("VOT209", votes=[a_council_vote()], ballots=ballots)
    assert [message.split(":")[1].split(",")[0].strip() for message in found] == ["RUS", "CHN"]


# All of them together.


@given(
    st.lists(st.sampled_from(CHOICES), min_size=6, max_size=60), st.sampled_from(["unga", "unhrc", "unsc"])
)
@settings(deadline=None, max_examples=15)
def test_a_counted_vote_has_no_findings(cast: list[str], body: str) -> None:
    totals = totals_of(cast)
    enough = 9 if body == "unsc" else cast.count("no") + 1
    came_out = "adopted" if cast.count("yes") >= enough else "rejected"
    ballots = a_roll(cast)
    states = [a_state(str(ballot["state_id"])) for ballot in ballots]
    vote = a_vote(body_id=body, session=None, roll_complete=True, outcome=came_out, **totals)
    seats = [some_seats(other, len(cast), "1946-01-17") for other in ("unsc", "unhrc")]
    report = report_on({"votes": [vote], "ballots": ballots, "states": states, "body_seats": seats})
    assert [line for line in said(report) if line.startswith("VOT")] == []


UPHEAVALS = [
    a_state("FRA"),
    a_state("EGY", un_member_gap="1958-02-22/1961-10-12"),
    a_state("SYR", un_member_gap="1958-02-22/1961-10-12"),
    a_state("UAR", "1958-02-22", un_member_until="1961-10-13"),
    a_state("GIN", "1958-12-12"),
    a_state("YMD", "1967-12-14", un_member_until="1990-05-22"),
    a_state("DDR", "1973-09-18", un_member_until="1990-10-03"),
    a_state("NAM", "1990-04-23"),
    a_state("SUN", un_member_until="1991-12-24"),
    a_state("SSD", "2011-07-14"),
]


def members_on(day: str) -> list[str]:
    """The codes of the members among `UPHEAVALS`, counted one by one."""
    here = [row for row in UPHEAVALS if str(row["un_member_from"]) <= day]
    here = [row for row in here if day < str(row.get("un_member_until", "9999"))]
    return [
        str(row["state_id"])
        for row in here
        if not ("1958-02-22" <= day <= "1961-10-12" and "un_member_gap" in row)
    ]


@given(
    days("1947-09-05") | st.sampled_from([dt.date(1958, 6, 1), dt.date(1965, 12, 31), dt.date(1990, 5, 1)]),
    st.integers(0, 11),
    st.data(),
)
@settings(deadline=None, max_examples=40)
def test_knowing_less_about_the_date_of_a_right_vote_never_makes_it_wrong(
    day: dt.date, in_favour: int, data: st.DataObject
) -> None:
    date = data.draw(vaguer(day))
    present = members_on(str(day))
    session = day.year - 1945 - (day < dt.date(day.year, 9, 5))
    assembly = a_vote(date=date, session=str(session), yes=len(present), no=0, abstain=0)
    seats, enough = (11, 7) if day.year < 1966 else (15, 9)
    came_out = "adopted" if in_favour >= enough else "rejected"
    council = a_council_vote(date=date, symbol=f"S/{day.year}/14", outcome=came_out)
    council |= {"yes": in_favour, "abstain": seats - in_favour}
    report = report_on(
        {
            "votes": [assembly, council],
            "ballots": [a_ballot(state, "yes") for state in present],
            "body_seats": the_seats(),
            "states": UPHEAVALS,
        }
    )
    assert [line for line in said(report) if line.startswith("VOT")] == []
