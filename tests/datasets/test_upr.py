"""The checks of the Universal Periodic Review: what each flags, and the nearest that it lets pass."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import (
    Cells,
    a_participant,
    a_review,
    a_state,
    a_tally,
    codes,
    days,
    messages,
    report_on,
    vaguer,
)
from hrdata.testing import run_check

# UPR201: the participants match the tally.


def tally(tally: Cells, participants: list[Cells]) -> list[str]:
    somebody_else = a_participant("PRK", review_id="prk-2009")
    return messages("UPR201", upr_tallies=[tally], upr_participants=[*participants, somebody_else])


def participants(
    friendly: int = 0, critical: int = 0, uncoded: int = 0, role: str = "speaker"
) -> list[Cells]:
    stances = ["friendly"] * friendly + ["critical"] * critical + [None] * uncoded
    return [
        a_participant(state, role, stance=stance)
        for state, stance in zip(codes(len(stances)), stances, strict=True)
    ]


@pytest.mark.parametrize(
    ("count", "stance", "complete", "listed", "stated"),
    [
        ((3, 3), "any", True, participants(1, 1, 1), None),
        ((3, 3), "any", True, participants(1, 1), "3, but 2"),
        ((3, 3), "any", True, participants(2, 1, 1), "3, but 4"),
        ((3, 3), "any", False, participants(1, 1), None),
        ((3, 3), "any", False, participants(2, 2), "3, but 4"),
        ((3, 3), "any", False, [], None),
        ((3, 3), "any", True, [], "3, but 0"),
        ((3, 3), "any", True, participants(3, role="troika"), "3, but 0"),
        ((2, 2), "friendly", True, participants(2, 1), None),
        ((2, 2), "critical", True, participants(2, 1), "2, but 1"),
        ((1, 1), "friendly", False, participants(2, 1, 1), "1, but 2"),
        # "More than 40" is 41 and open.
        ((41, None), "any", True, participants(41), None),
        ((41, None), "any", True, participants(50), None),
        ((41, None), "any", True, participants(40), "at least 41, but 40"),
        ((41, None), "any", False, participants(40), None),
        ((2, 4), "any", True, participants(2), None),
        ((2, 4), "any", True, participants(4), None),
        ((2, 4), "any", True, participants(5), "2 to 4, but 5"),
        ((2, 4), "any", True, participants(1), "2 to 4, but 1"),
        ((2, 4), "any", False, participants(1), None),
        ((0, 0), "any", True, [], None),
    ],
)
def test_a_complete_list_equals_its_tally_and_no_list_exceeds_it(
    count: tuple[int, int | None], stance: str, complete: bool, listed: list[Cells], stated: str | None
) -> None:
    found = tally(a_tally(*count, stance=stance, list_complete=complete), listed)
    words = f"chn-2009|speaker|{stance}: the tally is {stated} such participants are listed"
    assert found == ([words] if stated else [])


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.data())
@settings(deadline=None, max_examples=15)
def test_losing_any_one_participant_of_a_complete_list_is_always_noticed(
    friendly: int, critical: int, uncoded: int, data: st.DataObject
) -> None:
    listed = data.draw(st.permutations(participants(friendly, critical, uncoded)))
    counts = {"any": len(listed), "friendly": friendly, "critical": critical}
    tallies = [a_tally(count, count, stance=stance) for stance, count in counts.items()]
    assert messages("UPR201", upr_tallies=tallies, upr_participants=listed) == []
    if len(listed) > 1:
        lost = {"any", listed[0]["stance"]} - {None}
        found = run_check("UPR201", upr_tallies=tallies, upr_participants=listed[1:])
        assert {finding.row_id.split("|")[2] for finding in found} == lost


# UPR202: nobody reviews itself.


@pytest.mark.parametrize("role", ["speaker", "advance_question", "recommending", "troika"])
def test_a_state_takes_no_part_in_its_own_review(role: str) -> None:
    reviews = [a_review(), a_review("cub-2009", state_id="CUB")]
    listed = [a_participant("CUB", role), a_participant("CHN", role, review_id="cub-2009")]
    assert messages("UPR202", upr_participants=listed, upr_reviews=reviews) == []
    listed.append(a_participant("CHN", role))
    assert messages("UPR202", upr_participants=listed, upr_reviews=reviews) == [
        f"chn-2009|CHN|{role}: CHN is listed as {role}, but it is the state under review"
    ]


# UPR203: the cycle agrees with the date.

RAN = {1: (2008, 2011), 2: (2012, 2016), 3: (2017, 2022), 4: (2022, 2027)}


@pytest.mark.parametrize(
    ("date", "cycles"),
    [
        ("2007-12-31", []),
        ("2008-04-07", [1]),
        ("2011-12-31", [1]),
        ("2012-01-01", [2]),
        ("2016-12-31", [2]),
        ("2017-01-01", [3]),
        ("2021-12-31", [3]),
        ("2022-01-01", [3, 4]),
        ("2022-12-31", [3, 4]),
        ("2023-01-01", [4]),
        ("2027-12-31", [4]),
        ("2028-01-01", []),
        ("201X", [1, 2, 3]),
        ("2011/2012", [1, 2]),
        ("2016/..", [2, 3, 4]),
        ("2017/", [3, 4]),
        ("../2016", [1, 2]),
    ],
)
def test_the_cycle_agrees_with_the_date(date: str, cycles: list[int]) -> None:
    for cycle, (began, ended) in RAN.items():
        words = f"chn-2009: the review is dated {date}, but cycle {cycle} ran from {began} to {ended}"
        found = messages("UPR203", upr_reviews=[a_review(date=date, cycle=cycle)])
        assert found == ([] if cycle in cycles else [words])


def test_a_cycle_that_was_not_held_is_wrong_on_any_date() -> None:
    assert messages("UPR203", upr_reviews=[a_review(date="2028", cycle=5)]) == [
        "chn-2009: the review is dated 2028, but cycle 5 is not one that has been held"
    ]


@given(days("2008-04-07", "2027-12-31"), st.data())
@settings(deadline=None, max_examples=15)
def test_knowing_less_about_the_date_of_a_review_never_makes_its_cycle_wrong(
    day: dt.date, data: st.DataObject
) -> None:
    review = a_review(date=data.draw(vaguer(day)))
    held = [cycle for cycle, (began, ended) in RAN.items() if began <= day.year <= ended]
    reviews = [review | {"review_id": f"r-{cycle}", "cycle": cycle} for cycle in held]
    assert messages("UPR203", upr_reviews=reviews) == []


# UPR204: one review in each cycle.


@pytest.mark.parametrize(
    ("second", "flagged"),
    [({"cycle": 1}, True), ({"cycle": 2}, False), ({"state_id": "CUB"}, False)],
)
def test_a_state_has_one_review_in_each_cycle(second: Cells, flagged: bool) -> None:
    found = messages("UPR204", upr_reviews=[a_review(), a_review("chn-2011", date="2011", **second)])
    words = "chn-2011: CHN has already a review in cycle 1: chn-2009"
    assert found == ([words] if flagged else [])


@given(st.lists(st.tuples(st.sampled_from(["CHN", "CUB"]), st.integers(1, 4)), min_size=1, max_size=10))
@settings(deadline=None, max_examples=15)
def test_every_review_but_the_first_of_a_state_in_a_cycle_is_named(held: list[tuple[str, int]]) -> None:
    reviews = [a_review(f"r-{i}", state_id=state, cycle=cycle) for i, (state, cycle) in enumerate(held)]
    expected = [
        f"r-{i}: {state} has already a review in cycle {cycle}: r-{held.index((state, cycle))}"
        for i, (state, cycle) in enumerate(held)
        if (state, cycle) in held[:i]
    ]
    assert messages("UPR204", upr_reviews=reviews) == expected


# UPR205: the state under review was a member.

MEMBERSHIPS = [
    a_state("SSD", since="2011-07-14"),
    a_state("SCG", since="2000-11-01", un_member_until="2006-06-03"),
    a_state("EGY", un_member_gap="2009-02-01/2009-03-31"),
    a_state("VAT", since=""),
    a_state("CHN"),
]


@pytest.mark.parametrize(
    ("state", "date", "was_member"),
    [
        ("CHN", "2009-02-09", True),
        ("SSD", "2011-05-02/2011-05-13", False),
        ("SSD", "2011-05-02/2011-07-13", False),
        ("SSD", "2011-05-02/2011-07-14", True),
        ("SSD", "2011", True),
        ("SSD", "2016-11-07", True),
        ("SCG", "2006-06-02", True),
        ("SCG", "2006-06-03", False),
        ("SCG", "2006/..", True),
        ("EGY", "2009-02-01/2009-03-31", False),
        ("EGY", "2009-02-01/2009-04-01", True),
        ("EGY", "2009-01-31/2009-02-09", True),
        ("VAT", "2009-02-09", False),
        # Another finding says so: the reference leads nowhere.
        ("PRK", "2009-02-09", True),
    ],
)
def test_the_state_under_review_was_a_member_that_day(state: str, date: str, was_member: bool) -> None:
    found = messages("UPR205", upr_reviews=[a_review(state_id=state, date=date)], states=MEMBERSHIPS)
    words = f"{state} was reviewed on {date}, but was not a member of the United Nations then"
    assert found == ([] if was_member else [f"chn-2009: {words}"])


def test_of_two_reviews_of_a_state_only_that_before_its_admission_is_named() -> None:
    held = {"ssd-2011": "2011-05", "ssd-2016": "2016-11-07", "ssd-2022": "2022-01-31"}
    reviews = [a_review(id, state_id="SSD", date=date) for id, date in held.items()]
    found = run_check("UPR205", upr_reviews=reviews, states=MEMBERSHIPS)
    assert [finding.row_id for finding in found] == ["ssd-2011"]


def test_only_the_review_of_a_state_that_cannot_be_read_is_unknown() -> None:
    states = [a_state("SSD", since="14 July 2011"), *MEMBERSHIPS[1:]]
    reviews = [a_review("ssd-2011", state_id="SSD", date="2011-05"), a_review("vat-2009", state_id="VAT")]
    tables = {"upr_reviews": [*reviews, a_review()], "states": states}
    [result] = [result for result in report_on(tables).results if result.check.id == "UPR205"]
    assert [finding.row_id for finding in result.findings] == ["vat-2009"]
    assert (result.judged, result.unknown) == (2, 1)


@given(days("2008-04-07"), days("2008-04-07"), st.data())
@settings(deadline=None, max_examples=15)
def test_knowing_less_about_the_date_never_makes_a_member_of_no_member(
    joined: dt.date, held: dt.date, data: st.DataObject
) -> None:
    states = [a_state("SSD", since=str(joined))]
    review = a_review(state_id="SSD", date=str(held))
    assert bool(messages("UPR205", upr_reviews=[review], states=states)) is (held < joined)
    vague = review | {"date": data.draw(vaguer(max(held, joined)))}
    assert messages("UPR205", upr_reviews=[vague], states=states) == []
