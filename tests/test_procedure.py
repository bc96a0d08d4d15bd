"""Rules of procedure: sessions and memberships, on examples and on what the United Nations recorded."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from datasets.factories import Cells, a_ballot, a_council_vote, a_state, report_on, said, the_seats, totals_of
from hrdata.check import CHECKS, Result, Table
from hrdata.datasets import MODELS
from hrdata.datasets.votes import seats_over_time
from hrdata.package import bundled_package, read_package
from hrdata.parse import layout_of, parse_columns
from hrdata.procedure import session_days
from hrdata.symbols import InvalidSymbol, parse_symbol

REAL_DATA = Path(os.environ.get("HRDATA_REAL_DATA") or Path(__file__).parents[2] / "shared" / "real")
needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"no real data at {REAL_DATA}")
GA_VOTES = "un_digital_library/ga_voting_rebuilt.csv.gz"
SC_VOTES = "un_digital_library/sc_voting_rebuilt.csv.gz"
RIGHTS_TEXTS = "chr_hrc/resolutions.csv"


def distinct(file: str, *columns: str) -> Iterator[dict[str, str]]:
    """The distinct combinations of these columns, in order."""
    frame = pl.read_csv(REAL_DATA / file, columns=list(columns), infer_schema=False)
    yield from frame.select(columns).fill_null("").unique().sort(columns).iter_rows(named=True)


def in_digits(session: str) -> str:
    """A session as the files write it, with its Roman numeral, if any, in digits."""
    return session if session.isdigit() else parse_symbol(f"A/RES/1({session})").session or ""


# Sessions.


@pytest.mark.parametrize(
    ("body", "session", "first", "last"),
    [
        ("unga", "1", "1946-01-10", "1946-12-15"),
        ("unga", "2", "1947-09-05", "1948-09-20"),
        ("unga", "61", "2006-09-05", "2007-09-20"),
        ("unga", "79", "2024-09-05", "2025-09-20"),
        ("unchr", "1", "1947-01-27", "1947-02-10"),
        ("unchr", "2", "1947-12-03", "1947-12-17"),
        ("unchr", "3", "1948-05-24", "1948-06-18"),
        ("unchr", "5", "1949-01-20", "1949-06-20"),
        ("unchr", "59", "2003-01-20", "2003-06-20"),
        ("unchr", "62", "2006-01-20", "2006-06-20"),
        ("unhrc", "1", "2006-06-19", "2006-06-30"),
        ("unhrc", "2", "2006-09-05", "2006-11-29"),
        ("unhrc", "3", "2006-11-30", "2006-12-08"),
        ("unhrc", "4", "2007-02-20", "2007-04-15"),
        ("unhrc", "5", "2007-05-25", "2007-07-20"),
        ("unhrc", "6", "2007-09-05", "2007-12-14"),
        ("unhrc", "7", "2008-02-20", "2008-04-15"),
        ("unhrc", "43", "2020-02-24", "2020-06-22"),
        ("unhrc", "51", "2022-09-05", "2022-10-20"),
        ("sub-commission", "41", "1989-07-25", "1989-09-10"),
        ("sub-commission", "43", "1991-07-25", "1991-09-10"),
        ("sub-commission", "49", "1997-07-25", "1997-09-10"),
    ],
)
def test_a_session_has_its_days(body: str, session: str, first: str, last: str) -> None:
    assert session_days(body, session) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    ("body", "session"),
    [
        ("unga", "S-27"),
        ("unga", "ES-10"),
        ("unhrc", "S-35"),
        ("unhrc", "OM/1"),
        ("unhrc", "0"),
        ("unga", "07"),
        ("unga", "1000"),
        ("unga", "LXI"),
        ("unga", ""),
        ("unga", "٦١"),
        ("unga", "61 "),
        ("unchr", "4"),
        ("sub-commission", "38"),
        ("unsc", "61"),
        ("cedaw", "7"),
    ],
)
def test_where_no_calendar_holds_no_day_is_wrong(body: str, session: str) -> None:
    assert session_days(body, session) is None


@pytest.mark.parametrize(("body", "first"), [("unga", 1), ("unchr", 5), ("unhrc", 1), ("sub-commission", 39)])
def test_sessions_run_forward_and_follow_one_another(body: str, first: int) -> None:
    held = [session_days(body, str(session)) for session in range(first, first + 120)]
    assert None not in held
    days = [pair for pair in held if pair]
    assert all(begins <= ends for begins, ends in days)
    for (begins, ends), (next_begins, next_ends) in pairwise(days):
        assert begins < next_begins
        assert ends < next_ends
        # The windows of neighbours may overlap, since the opening day moves, but not by more than a month.
        assert ends - next_begins < dt.timedelta(days=31)


@needs_real_data
def test_general_assembly_roll_calls_lie_in_their_sessions() -> None:
    outside, judged = set(), 0
    for row in distinct(GA_VOTES, "date", "session", "resolution", "meeting"):
        # The symbol comes first: the column has the bare numeral for special sessions, too.
        try:
            session = parse_symbol(row["resolution"]).session
        except InvalidSymbol:
            session = None
        days = session_days("unga", session or in_digits(row["session"]))
        if days is not None:
            judged += 1
            if not days[0] <= dt.date.fromisoformat(row["date"]) <= days[1]:
                outside.add((row["resolution"], row["date"]))
    # Its meeting was held in 1982, but after the session opened in September.
    assert outside == {("A/RES/37/84", "1982-02-21")}
    assert judged > 5_000


YEAR_OF_THE_29TH_SESSION_IS_WRONG = re.compile(r"E/CN\.4/(RES|DEC)[0-9/AB]*\(XXIX\)")
DATED_WRONGLY = {
    ("E/CN.4/RES(I)", "1947-06-02"),
    ("E/CN.4/RESIPARAGRAPH3(VIII)", "1952-04-21"),
    ("E/CN.4/DEC/14(XXXI)", "1974-03-06"),
    ("A/HRC/PRST/8/1", "2008-04-09"),
}
"""Texts of the Commission and the Council whose record has a date or a session that cannot be."""


@needs_real_data
def test_texts_of_the_commission_and_the_council_lie_in_their_sessions() -> None:
    slugs = {"Commission on Human Rights": "unchr", "Human Rights Council": "unhrc"}
    outside, judged = set(), 0
    for row in distinct(RIGHTS_TEXTS, "date", "symbol", "body", "statement", "record_id"):
        stated = re.search(r"at its ([0-9]+)(?:st|nd|rd|th) session", row["statement"])
        days = session_days(slugs[row["body"]], stated[1]) if stated else None
        if days is not None:
            judged += 1
            if not days[0] <= dt.date.fromisoformat(row["date"]) <= days[1]:
                outside.add((row["symbol"], row["date"]))
    wrong_year = {
        (symbol, date)
        for symbol, date in outside
        if YEAR_OF_THE_29TH_SESSION_IS_WRONG.fullmatch(symbol) and date.startswith("1974-")
    }
    assert len(wrong_year) == 26
    assert outside - wrong_year == DATED_WRONGLY
    assert judged == 6_280


# Memberships.


@cache
def canonical(name: str) -> Table:
    package = read_package(bundled_package())
    columns = package.tables[name]
    results = {id: Result(check) for id, check in CHECKS.items()}
    table = parse_columns(layout_of(MODELS[name]), columns, results)
    assert table is not None
    return table


@cache
def _seats() -> tuple[tuple[str, dt.date, int, dt.date | None], ...]:
    seats = seats_over_time(canonical("body_seats"), canonical("states"))
    return tuple(seats.select("body_id", "day", "seats", "until").sort("body_id", "day").iter_rows())


def seats_on(body: str, date: str) -> int | None:
    """How many seats the canonical package gives a body on a day."""
    day = dt.date.fromisoformat(date)
    begun = [(seats, until) for of, since, seats, until in _seats() if of == body and since <= day]
    if not begun:
        return None
    seats, until = begun[-1]
    return seats if until is None or day < until else None


@pytest.mark.parametrize(
    ("day", "members"),
    [
        ("1945-12-31", 51),
        ("1946-12-31", 55),
        ("1950-12-31", 60),
        ("1955-12-31", 76),
        ("1958-02-21", 82),
        ("1958-02-22", 81),
        ("1960-12-31", 99),
        ("1961-10-13", 101),
        ("1964-12-31", 115),
        ("1965-12-31", 117),
        ("1966-12-31", 122),
        ("1973-12-31", 135),
        ("1990-12-31", 159),
        ("1991-12-31", 166),
        ("1993-12-31", 184),
        ("2000-12-31", 189),
        ("2002-12-31", 191),
        ("2005-12-31", 191),
        ("2006-06-27", 191),
        ("2006-06-28", 192),
        ("2006-12-19", 192),
        ("2011-07-13", 192),
        ("2011-07-14", 193),
        ("2025-12-31", 193),
    ],
)
def test_the_general_assembly_had_its_members(day: str, members: int) -> None:
    assert seats_on("unga", day) == members


@pytest.mark.parametrize(
    ("body", "day", "seats"),
    [
        ("unga", "1945-10-23", None),
        ("unsc", "1946-01-16", None),
        ("unsc", "1946-01-17", 11),
        ("unsc", "1965-12-31", 11),
        ("unsc", "1966-01-01", 15),
        ("unchr", "1947-01-27", 18),
        ("unchr", "1961-12-31", 18),
        ("unchr", "1962-03-01", 21),
        ("unchr", "1967-03-01", 32),
        ("unchr", "1980-03-01", 43),
        ("unchr", "1992-03-01", 53),
        ("unchr", "2006-06-15", 53),
        ("unchr", "2006-06-16", None),
        ("unhrc", "2006-06-18", None),
        ("unhrc", "2006-06-19", 47),
        ("unhrc", "2022-10-06", 47),
    ],
)
def test_the_other_bodies_had_their_seats(body: str, day: str, seats: int | None) -> None:
    assert seats_on(body, day) == seats


def test_there_are_193_members_and_all_came_in_by_2011() -> None:
    states = canonical("states")
    assert states.doubtful.is_empty()
    today = states.frame.drop_nulls("un_member_from").filter(pl.col("un_member_until").is_null())
    assert today.height == 193
    assert today["un_member_from"].max() == "2011-07-14"
    assert today.filter(pl.col("un_member_from") < "1946").height == 51 - len(("CSK", "SUN", "YUG"))


@needs_real_data
def test_roll_calls_of_the_general_assembly_list_its_members_of_the_day() -> None:
    calls = list(distinct(GA_VOTES, "date", "resolution", "undl_id", "total_ms"))
    others = {
        (row["resolution"], row["date"]): int(float(row["total_ms"])) - (seats_on("unga", row["date"]) or 0)
        for row in calls
        if int(float(row["total_ms"])) != seats_on("unga", row["date"])
    }
    assert len(calls) == 5_433
    assert others == LISTED_OTHERWISE


# Most are of the day on which new members came in, or of another day than the record says.
LISTED_OTHERWISE: dict[tuple[str, str], int] = {
    ("A/RES/273(III)", "1949-05-11"): -1,
    ("A/RES/1110(XI)", "1956-11-12"): -3,
    ("A/RES/1111(XI)", "1956-11-12"): -2,
    ("A/RES/1112(XI)", "1956-11-12"): -1,
    ("A/RES/1118(XI)", "1957-03-08"): -1,
    ("A/RES/1134(XII)", "1957-09-17"): -1,
    **{(f"A/RES/{number}(XIII)", "1958-12-12"): -1 for number in (1312, 1317, 1318, 1324)},
    ("A/RES/1474(ES-IV)", "1960-09-20"): -14,
    ("A/RES/1631(XVI)", "1961-10-27"): -1,
    ("A/RES/1967(XVIII)", "1963-12-16"): -2,
    ("A/RES/2752(XXVI)", "1971-09-21"): -2,
    ("A/RES/2753(XXVI)", "1971-09-21"): -1,
    ("A/RES/2794(XXVI)", "1971-12-09"): -1,
    ("A/RES/31/44", "1976-12-01"): -1,
    ("A/RES/31/5[B]", "1976-12-01"): -1,
    ("A/RES/36/25", "1981-11-11"): -1,
    # These list a state that was admitted later: Japan, Mongolia, the Emirates, Samoa, Dominica.
    **{(f"A/RES/{number}(XI)", "1956-11-21"): 1 for number in (1127, 1128, 1129)},
    **{(f"A/RES/{number}(XI)", "1956-11-24"): 1 for number in (1120, 1122)},
    **{(f"A/RES/{number}(XI)", "1956-12-04"): 1 for number in (1130, 1131)},
    ("A/RES/1627(XVI)", "1961-10-23"): 1,
    ("A/RES/2754(XXVI)", "1971-10-07"): 1,
    ("A/RES/31/49", "1976-12-01"): 1,
    ("A/RES/33/13[F]", "1978-11-03"): 1,
    ("A/RES/33/17", "1978-11-10"): 1,
    ("A/RES/33/13[B]", "1978-12-01"): 1,
    ("A/RES/33/13[C]", "1978-12-08"): 1,
    ("A/RES/33/13[D]", "1978-12-08"): 1,
    ("A/RES/33/13[E]", "1978-12-14"): 1,
}
"""Roll calls that list more or fewer states than were members: how many more."""


@needs_real_data
def test_totals_of_the_commission_and_the_council_add_up_to_their_seats() -> None:
    slugs = {"Commission on Human Rights": "unchr", "Human Rights Council": "unhrc"}
    texts = [
        row for row in distinct(RIGHTS_TEXTS, "date", "symbol", "body", "total", "record_id") if row["total"]
    ]
    others = {
        (row["date"], row["symbol"], row["total"])
        for row in texts
        if int(row["total"]) != seats_on(slugs[row["body"]], row["date"])
    }
    # Between the day on which the United States left and that on which Iceland was elected.
    july_2018 = {entry for entry in others if entry[0] in ("2018-07-05", "2018-07-06") and entry[2] == "46"}
    assert len(july_2018) == 12
    # The list of this vote lacks Libya.
    assert others - july_2018 == {("2022-07-08", "A/HRC/RES/50/19", "46")}
    assert len(texts) > 2_000


# The Security Council's own votes, held against the rules that are checked.


PROCEDURAL = {
    # What is on the agenda, and who is heard.
    *("S/RES/34(1947)", "S/RES/87(1950)", "S/RES/88(1950)"),
    # A conference to review the Charter, Article 109; a fact-finding subcommittee, Article 29.
    *("S/RES/110(1955)", "S/RES/132(1959)"),
    # Emergency special sessions of the General Assembly.
    *("S/RES/119(1956)", "S/RES/120(1956)", "S/RES/157(1960)", "S/RES/462(1980)", "S/RES/2623(2022)"),
}
"""Resolutions that count although a permanent member voted no: each settles a matter of procedure."""


def council_roll_calls() -> tuple[list[Cells], list[Cells]]:
    """Every resolution of the Security Council on record as a vote of substance, and the ballots."""
    choices = {"Y": "yes", "N": "no", "A": "abstain", "X": "non_voting"}
    frame = pl.read_csv(REAL_DATA / SC_VOTES, infer_schema=False).fill_null("")
    votes: list[Cells] = []
    ballots: list[Cells] = []
    for (record,), cast in frame.partition_by("undl_id", as_dict=True, maintain_order=True).items():
        first = cast.row(0, named=True)
        cells = {
            "date": first["date"],
            "symbol": first["resolution"],
            "meeting": f"{first['meeting']} {record}",
        }
        listed = cast["ms_vote"].replace_strict(choices).to_list()
        if set(listed) == {"non_voting"}:  # adopted by acclamation
            cells |= dict.fromkeys(totals_of(listed)) | {"method": "without_vote"}
        else:
            cells |= totals_of(listed) | {"roll_complete": True}
            ballots += [
                a_ballot(state, choice, f"unsc-{record}")
                for state, choice in zip(cast["ms_code"], listed, strict=True)
            ]
        votes.append(a_council_vote(f"unsc-{record}", **cells))
    return votes, ballots


@needs_real_data
def test_every_resolution_of_the_security_council_was_adopted_by_its_rules() -> None:
    votes, ballots = council_roll_calls()
    assert (len(votes), len(ballots)) == (2_743, 40_269 - 42 * 15)
    tables = {"votes": votes, "ballots": ballots, "body_seats": the_seats(), "states": [a_state()]}
    symbols = {vote["vote_id"]: vote["symbol"] for vote in votes}
    found = [finding for finding in report_on(tables).findings if finding.check[:3] == "VOT"]
    assert {finding.check for finding in found} == {"VOT209"}
    assert {symbols[finding.row_id] for finding in found} == PROCEDURAL
    for vote in votes:
        if vote["symbol"] in PROCEDURAL:
            vote["kind"] = "procedural_motion"
    assert [line for line in said(report_on(tables)) if line.startswith("VOT")] == []
