"""Rows that are right by default, for a test to break one cell at a time, and a whole package of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import product
from string import ascii_uppercase
from typing import Any

from hypothesis import strategies as st

from hrdata.check import Finding, Status
from hrdata.testing import package_of, run_check
from hrdata.validate import Report, validate_package

Cells = dict[str, Any]
Tables = dict[str, list[Cells]]

MEMBERS = ("CHN", "CUB", "FRA", "GBR", "USA")
"""The United Nations of most tests."""

CHOICES = ("yes", "no", "abstain", "non_voting")


def a_source(source_id: str = "library", **cells: object) -> Cells:
    return {"source_id": source_id, "kind": "un_record", "title": "Records", "language": "en"} | cells


def a_state(state_id: str = "CHN", since: str = "1945-10-24", **cells: object) -> Cells:
    return {"state_id": state_id, "name": f"State {state_id}", "un_member_from": since} | cells


def the_members() -> list[Cells]:
    return [a_state(code) for code in MEMBERS]


def codes(count: int) -> list[str]:
    """So many codes of states, none of them in use."""
    return ["".join(letters) for letters in product("XYZ", "ABC", ascii_uppercase)][:count]


def a_body(body_id: str = "unga", **cells: object) -> Cells:
    return {"body_id": body_id, "name": f"Body {body_id}", "kind": "principal_organ"} | cells


def some_seats(body_id: str = "unsc", seats: int = 15, since: str = "1966-01-01", **cells: object) -> Cells:
    return {"body_id": body_id, "seats_from": since, "seats": seats} | cells


def the_seats() -> list[Cells]:
    return [
        some_seats("unsc", 11, "1946-01-17", seats_until="1966-01-01"),
        some_seats("unsc", 15, "1966-01-01"),
        some_seats("unhrc", 47, "2006-06-19"),
    ]


def a_vote(vote_id: str = "unga-61-174", **cells: object) -> Cells:
    """A vote of the General Assembly in which all five `MEMBERS` took part."""
    right = {"vote_id": vote_id, "body_id": "unga", "session": "61", "date": "2006-12-19"}
    right |= {"meeting": "A/61/PV.81", "title": "Situation of human rights", "kind": "resolution"}
    right |= {"method": "recorded_vote", "outcome": "adopted"}
    totals: Cells = {"yes": 3, "no": 1, "abstain": 1, "non_voting": 0}
    return right | totals | {"roll_complete": False} | cells


def a_council_vote(vote_id: str = "unsc-2006-1718", **cells: object) -> Cells:
    """A vote of the Security Council."""
    council: Cells = {"body_id": "unsc", "session": None, "meeting": "S/PV.5551", "date": "2006-10-14"}
    return a_vote(vote_id, **(council | {"yes": 15, "no": 0, "abstain": 0} | cells))


def a_ballot(state_id: str, choice: str, vote_id: str = "unga-61-174") -> Cells:
    return {"vote_id": vote_id, "state_id": state_id, "choice": choice}


def a_roll(cast: Iterable[str] = (), vote_id: str = "unga-61-174") -> list[Cells]:
    """The ballots of a roll call, in the order of the codes of the states that cast them."""
    cast = list(cast) or ["yes", "yes", "yes", "no", "abstain"]
    voters = MEMBERS if len(cast) <= len(MEMBERS) else codes(len(cast))
    return [a_ballot(state, choice, vote_id) for state, choice in zip(voters, cast, strict=False)]


def totals_of(cast: Iterable[str]) -> Cells:
    listed = list(cast)
    return {choice: listed.count(choice) for choice in CHOICES}


def a_treaty(treaty_id: str = "iccpr", **cells: object) -> Cells:
    right = {"treaty_id": treaty_id, "short_name": treaty_id, "title": "A treaty", "kind": "covenant"}
    return right | {"adopted": "1966-12-16"} | cells


def an_act(action: str = "signature", date: str = "1998-10-05", **cells: object) -> Cells:
    return {"treaty_id": "iccpr", "state_id": "CHN", "action": action, "date": date} | cells


def a_review(review_id: str = "chn-2009", **cells: object) -> Cells:
    return {"review_id": review_id, "state_id": "CHN", "cycle": 1, "date": "2009-02-09"} | cells


def a_participant(state_id: str = "CUB", role: str = "speaker", **cells: object) -> Cells:
    return {"review_id": "chn-2009", "state_id": state_id, "role": role, "stance": "friendly"} | cells


def a_tally(count_min: int = 1, count_max: int | None = 1, **cells: object) -> Cells:
    right = {"review_id": "chn-2009", "role": "speaker", "stance": "any", "list_complete": True}
    return right | {"count_min": count_min, "count_max": count_max} | cells


def an_event(event_id: str = "forum-2008", **cells: object) -> Cells:
    right = {"event_id": event_id, "date": "2008-04-21/2008-04-22", "kind": "forum", "title": "A forum"}
    return right | {"states_min": 1, "states_max": 2} | cells


def an_attendance(participant: str = "CHN", role: str = "host", **cells: object) -> Cells:
    return {"event_id": "forum-2008", "participant": participant, "role": role} | cells


def a_citation(table: str = "votes", row_id: str = "unga-61-174", **cells: object) -> Cells:
    right = {"table": table, "row_id": row_id, "field": "*", "source_id": "library", "locator": "page 1"}
    return right | cells


def a_known_issue(check_id: str = "CIT202", **cells: object) -> Cells:
    right = {"check_id": check_id, "table": "votes", "row_id": "unga-61-174", "field": "*"}
    return right | {"reason": "The source has a misprint.", "reported_on": "2026-11-22"} | cells


CITED = (
    *("states", "bodies", "body_seats", "votes", "ballots", "treaties", "treaty_actions"),
    *("upr_reviews", "upr_participants", "upr_tallies", "events", "event_participants"),
)


def a_world() -> Tables:
    """A row or more in every table but known_issues, all of it right."""
    return {
        "sources": [a_source()],
        "states": the_members(),
        "bodies": [a_body("unga"), a_body("unsc"), a_body("unhrc")],
        "body_seats": the_seats(),
        "votes": [a_vote(symbol="A/RES/61/174", roll_complete=True, subject_state="CUB")],
        "ballots": a_roll(),
        "treaties": [a_treaty("crc"), a_treaty("op-crc", kind="protocol", parent_treaty="crc")],
        "treaty_actions": [
            an_act("signature", "1990-08-29", treaty_id="crc"),
            an_act("ratification", "1992-03-02", treaty_id="crc"),
            an_act("entry_into_force", "1992-04-01", treaty_id="crc"),
            an_act("ratification", "2002-12-03", treaty_id="op-crc"),
        ],
        "upr_reviews": [a_review()],
        "upr_participants": [a_participant()],
        "upr_tallies": [a_tally()],
        "events": [an_event(body_id="unhrc")],
        "event_participants": [an_attendance(), an_attendance("unhrc", "organiser")],
        "citations": [
            *(a_citation(table, "*") for table in CITED),
            a_citation(field="yes", reported="3"),
        ],
    }


def report_on(tables: Mapping[str, list[Cells]], today: str = "2026-11-22") -> Report:
    return validate_package(package_of(**tables), today=dt.date.fromisoformat(today))


def statuses_of(report: Report) -> dict[str, Status]:
    return {result.check.id: result.status for result in report.results}


def said(report_or_findings: Report | list[Finding]) -> list[str]:
    """The messages, each after the id of its check."""
    findings = report_or_findings if isinstance(report_or_findings, list) else report_or_findings.findings
    return [f"{finding.check} {finding.message}" for finding in findings]


def messages(id: str, **tables: list[Cells]) -> list[str]:
    """What a check says of these tables."""
    return [finding.message for finding in run_check(id, **tables)]


def vaguer(day: dt.date) -> st.SearchStrategy[str]:
    """Ways to say less about a day than which one it is, and still be right."""
    text = day.isoformat()
    month, year = text[:7], text[:4]
    dates = [text, f"{text}~", f"{text}?", month, f"{month}-XX", year, f"{year}%", f"{year}-XX"]
    dates += [f"{year[:3]}X", f"{year[:2]}XX", f"{text}/..", f"{text}/", f"../{text}", f"/{text}"]
    dates += [f"{month}/..", f"../{year}", f"{day.year - 1}/{day.year + 1}", f"{month}/{day.year + 2}"]
    return st.sampled_from(dates)


def days(first: str = "1946-01-10", last: str = "2024-12-31") -> st.SearchStrategy[dt.date]:
    return st.dates(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
