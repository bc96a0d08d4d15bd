"""The checks of treaties and treaty actions: what each flags, and the nearest that it lets pass."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import Cells, a_state, a_treaty, an_act, days, messages, report_on, said, vaguer
from hrdata.check import Severity
from hrdata.testing import run_check

# TRT201: acts follow adoption.


@pytest.mark.parametrize(
    ("action", "date", "adopted", "flagged"),
    [
        ("signature", "1965", "1966-12-16", True),
        ("signature", "1966-12-15", "1966-12-16", True),
        ("signature", "1966-12-16", "1966-12-16", False),
        ("signature", "1966-12", "1966-12-16", False),
        ("signature", "1966", "1966-12-16", False),
        ("signature", "196X", "1966-12-16", False),
        ("signature", "../1965", "1966-12-16", True),
        ("signature", "1965/..", "1966-12-16", False),
        ("signature", "1965-12-31", "1966", True),
        ("signature", "1966-01-01", "1966", False),
        ("signature", "1950", "../1966", False),
        ("signature", "1950", "", False),
        ("ratification", "1965", "1966-12-16", True),
        ("accession", "1965", "1966-12-16", True),
        ("acceptance", "1965", "1966-12-16", True),
        ("definitive_signature", "1965", "1966-12-16", True),
        ("provisional_application", "1965", "1966-12-16", True),
        # These may speak of obligations older than the text.
        ("succession", "1965", "1966-12-16", False),
        ("recognition", "1965", "1966-12-16", False),
        ("consent_to_be_bound", "1965", "1966-12-16", False),
        ("notification", "1965", "1966-12-16", False),
        ("reservation", "1965", "1966-12-16", False),
    ],
)
def test_nobody_signs_or_joins_a_treaty_before_it_is_adopted(
    action: str, date: str, adopted: str, flagged: bool
) -> None:
    found = messages(
        "TRT201", treaty_actions=[an_act(action, date)], treaties=[a_treaty(adopted=adopted), a_treaty("crc")]
    )
    words = f"the {action} is dated {date}, but the treaty was adopted {adopted}"
    assert found == ([f"iccpr|CHN|{action}|{date}: {words}"] if flagged else [])


# TRT202: ratification follows signature. TRT205: entry into force follows consent.


PAIRS = [
    ("1980-11-03", "1980-11-04", True),
    ("1980-11-04", "1980-11-04", False),
    ("1980-11-05", "1980-11-04", False),
    ("1980", "1981", True),
    ("1980", "1980-11-04", False),
    ("1980-10", "1980-11-04", True),
    ("198X", "1985", False),
    ("1980-01-01", "1980", False),
    ("1979/..", "1985", False),
    ("1979", "1985/..", True),
    ("1979", "../1985", False),
]
"""The date of what follows, the date of what goes before, and whether that cannot be."""


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("ratification", "signature"),
        ("acceptance", "signature"),
        ("entry_into_force", "ratification"),
        ("entry_into_force", "accession"),
        ("entry_into_force", "acceptance"),
        ("entry_into_force", "succession"),
        ("entry_into_force", "recognition"),
        ("entry_into_force", "definitive_signature"),
        ("entry_into_force", "consent_to_be_bound"),
    ],
)
def test_what_follows_an_act_is_not_dated_before_it(later: str, earlier: str) -> None:
    id, words = ("TRT205", "it entered into force {}, but the state consented only {}")
    if earlier == "signature":
        id, words = ("TRT202", "the ratification is dated {}, but the signature {}")
    acts = []
    for number, (second, first, _) in enumerate(PAIRS):
        acts += [
            an_act(later, second, treaty_id=f"t-{number}"),
            an_act(earlier, first, treaty_id=f"t-{number}"),
        ]
    assert messages(id, treaty_actions=acts) == [
        f"t-{number}|CHN|{later}|{second}: {words.format(second, first)}"
        for number, (second, first, flagged) in enumerate(PAIRS)
        if flagged
    ]


@pytest.mark.parametrize(("id", "later", "earlier"), [
    ("TRT202", "ratification", "signature"), ("TRT205", "entry_into_force", "accession"),
])  # fmt: skip
@pytest.mark.parametrize("other", [{"state_id": "CUB"}, {"treaty_id": "crc"}])
def test_acts_of_another_state_or_treaty_do_not_count(
    id: str, later: str, earlier: str, other: Cells
) -> None:
    acts = [an_act(later, "1980"), an_act(earlier, "1990", **other)]
    assert messages(id, treaty_actions=acts) == []


@pytest.mark.parametrize(
    "action", ["signature", "provisional_application", "notification", "reservation", "withdrawal"]
)
def test_what_is_no_consent_does_not_hold_up_the_entry_into_force(action: str) -> None:
    acts = [an_act("entry_into_force", "1980"), an_act(action, "1990")]
    assert messages("TRT205", treaty_actions=acts) == []


@pytest.mark.parametrize(
    "action", ["accession", "succession", "recognition", "definitive_signature", "consent_to_be_bound"]
)
def test_what_needs_no_signature_may_come_before_one(action: str) -> None:
    assert messages("TRT202", treaty_actions=[an_act(action, "1980"), an_act("signature", "1990")]) == []


def test_a_state_that_left_and_joined_again_is_in_force_from_its_first_consent() -> None:
    # Guyana and the first optional protocol to the covenant.
    acts = [
        an_act("accession", "1993-05-10"),
        an_act("entry_into_force", "1993-08-10"),
        an_act("withdrawal", "1999-01-05"),
        an_act("accession", "1999-01-05"),
        an_act("entry_into_force", "1999-04-05"),
    ]
    assert messages("TRT205", treaty_actions=acts) == []
    too_early = an_act("entry_into_force", "1993-05-09")
    assert messages("TRT205", treaty_actions=[*acts, too_early]) == [
        "iccpr|CHN|entry_into_force|1993-05-09: it entered into force 1993-05-09, "
        "but the state consented only 1993-05-10"
    ]


def test_a_consent_that_may_be_of_any_age_goes_before_every_entry_into_force() -> None:
    acts = [an_act("accession", "1990"), an_act("entry_into_force", "1980")]
    assert messages("TRT205", treaty_actions=acts) != []
    assert messages("TRT205", treaty_actions=[*acts, an_act("succession", "../1995")]) == []


def test_each_early_ratification_is_one_finding() -> None:
    acts = [an_act("ratification", "1980", treaty_id=treaty) for treaty in ("cat", "crc")]
    acts += [an_act("signature", date, treaty_id=t) for date in ("1990", "1991") for t in ("cat", "crc")]
    found = run_check("TRT202", treaty_actions=acts)
    assert [(finding.row_id, finding.field) for finding in found] == [
        ("cat|CHN|ratification|1980", "date"),
        ("crc|CHN|ratification|1980", "date"),
    ]


# TRT203: accession excludes ratification.


@pytest.mark.parametrize(
    ("first", "second", "flagged"),
    [
        (an_act("accession", "1982"), an_act("ratification", "1983"), True),
        (an_act("accession", "1983"), an_act("ratification", "1982"), True),
        (an_act("accession", "1982"), an_act("ratification", "1983", state_id="CUB"), False),
        (an_act("accession", "1982"), an_act("ratification", "1983", treaty_id="crc"), False),
        (an_act("accession", "1982"), an_act("succession", "1983"), False),
        (an_act("accession", "1982"), an_act("reservation", "1982"), False),
        (an_act("signature", "1982"), an_act("ratification", "1983"), False),
    ],
)
def test_a_state_accedes_or_ratifies_but_not_both(first: Cells, second: Cells, flagged: bool) -> None:
    found = run_check("TRT203", treaty_actions=[first, second])
    words = "the state acceded, but is listed with a ratification as well"
    assert [finding.message for finding in found] == (
        [f"iccpr|CHN|accession|{first['date']}: {words}"] if flagged else []
    )
    assert all(finding.severity is Severity.WARNING for finding in found)


# TRT204: protocols have their parent.


@pytest.mark.parametrize(
    ("kind", "parent", "flagged"),
    [
        ("protocol", None, True),
        ("amendment", None, True),
        ("protocol", "crc", False),
        ("amendment", "crc", False),
        ("separate_protocol", None, False),
        ("unspecified_protocol", None, False),
        ("agreement", None, False),
        ("other_instrument", None, False),
        ("covenant", None, False),
    ],
)
def test_a_protocol_or_amendment_names_its_parent(kind: str, parent: str | None, flagged: bool) -> None:
    found = run_check(
        "TRT204",
        treaties=[a_treaty("op", kind=kind, parent_treaty=parent)],
        treaty_actions=[an_act("ratification", treaty_id="crc")],
    )
    words = f"op: the {kind} names no parent treaty, but it supplements one"
    assert [finding.message for finding in found] == ([words] if flagged else [])
    assert all((finding.table, finding.field) == ("treaties", "parent_treaty") for finding in found)


@pytest.mark.parametrize(
    ("kind", "to_parent", "flagged"),
    [
        ("protocol", None, True),
        ("protocol", {"action": "signature"}, False),
        ("protocol", {"action": "ratification"}, False),
        ("protocol", {"action": "accession"}, False),
        ("protocol", {"action": "acceptance"}, False),
        ("protocol", {"action": "succession"}, False),
        ("protocol", {"action": "recognition"}, False),
        ("protocol", {"action": "definitive_signature"}, False),
        ("protocol", {"action": "consent_to_be_bound"}, False),
        ("protocol", {"action": "provisional_application"}, True),
        ("protocol", {"action": "notification"}, True),
        ("protocol", {"action": "reservation"}, True),
        ("protocol", {"action": "entry_into_force"}, True),
        ("protocol", {"state_id": "CUB"}, True),
        ("protocol", {"treaty_id": "cat"}, True),
        ("separate_protocol", None, False),
        ("unspecified_protocol", None, False),
        ("amendment", None, False),
    ],
)
def test_a_protocol_binds_only_those_that_signed_or_joined_its_parent(
    kind: str, to_parent: Cells | None, flagged: bool
) -> None:
    consents = (
        *("ratification", "accession", "acceptance", "succession"),
        *("definitive_signature", "consent_to_be_bound", "recognition"),
    )
    acts = [an_act(consent, "2002-12-03", treaty_id="op") for consent in consents]
    acts += [an_act(date="1992") | {"treaty_id": "crc"} | to_parent] if to_parent else []
    treaties = [a_treaty("op", kind=kind, parent_treaty="crc"), a_treaty("crc"), a_treaty("cat")]
    found = run_check("TRT204", treaties=treaties, treaty_actions=acts)
    words = "CHN joined the protocol, but is not listed as a party to, or signatory of, crc"
    assert [finding.message for finding in found] == [
        f"op|CHN|{consent}|2002-12-03: {words}" for consent in consents if flagged
    ]
    assert all((finding.table, finding.field) == ("treaty_actions", "action") for finding in found)


def test_a_long_table_of_treaties_is_judged_like_a_short_one() -> None:
    # Polars reads it in pieces, and no row of the first piece is flagged.
    rows = [a_treaty(f"t-{number}", note="A treaty like any other." * 10) for number in range(400)]
    for row in rows[200:205]:
        row["kind"] = "amendment"
    found = run_check("TRT204", treaties=rows, treaty_actions=[an_act("signature", treaty_id="t-1")])
    assert [finding.row_id for finding in found] == [f"t-{number}" for number in range(200, 205)]


def test_who_only_signs_a_protocol_need_not_be_bound_by_its_parent() -> None:
    # The United States signed the protocols to the Convention on the Rights of the Child.
    treaties = [a_treaty("op", kind="protocol", parent_treaty="crc"), a_treaty("crc")]
    acts = [an_act("signature", treaty_id="op"), an_act("reservation", treaty_id="op")]
    assert messages("TRT204", treaties=treaties, treaty_actions=acts) == []


# All of them together.

COURSE = ("adoption", "signature", "ratification", "entry_into_force")


@given(st.lists(days(), min_size=4, max_size=4).map(sorted), st.data())
@settings(deadline=None, max_examples=25)
def test_knowing_less_about_the_dates_of_a_right_course_never_makes_it_wrong(
    course: list[dt.date], data: st.DataObject
) -> None:
    adopted, *acts = (data.draw(vaguer(day)) for day in course)
    report = report_on(
        {
            "treaties": [a_treaty(adopted=adopted)],
            "treaty_actions": [an_act(action, date) for action, date in zip(COURSE[1:], acts, strict=True)],
            "states": [a_state()],
        }
    )
    assert [line for line in said(report) if line.startswith("TRT")] == []


@given(st.lists(days(), min_size=4, max_size=4), st.permutations(range(3)))
@settings(deadline=None, max_examples=25)
def test_only_a_course_in_order_has_no_findings(course: list[dt.date], order: list[int]) -> None:
    adopted, signed, ratified, in_force = course
    acts = [an_act(action, str(day)) for action, day in zip(COURSE[1:], course[1:], strict=True)]
    tables = {"treaties": [a_treaty(adopted=str(adopted))], "treaty_actions": [acts[i] for i in order]}
    found = {line[:6] for line in said(report_on(tables)) if line.startswith("TRT")}
    assert found == {
        id
        for id, wrong in (
            ("TRT201", signed < adopted or ratified < adopted),
            ("TRT202", ratified < signed),
            ("TRT205", in_force < ratified),
        )
        if wrong
    }
