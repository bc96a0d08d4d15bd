"""Votes of United Nations bodies: decisions, their totals, and how each state voted.

Sources: the voting records of the Dag Hammarskjöld Library and of the OHCHR library, and the rules
of procedure of the bodies (`hrdata.procedure`).
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import CELL, Hits, RowVerdict, Severity, Table, check, is_one_of, row_check
from hrdata.datasets.reference import non_members
from hrdata.dates import date_bounds
from hrdata.fields import BodyId, Count, Edtf, Flag, Session, Slug, StateId, Text, UnSymbol, VoteId
from hrdata.procedure import (
    COUNCIL_ENLARGED,
    COUNCIL_MAJORITY_OF_11,
    COUNCIL_MAJORITY_OF_15,
    ORIGINAL_MEMBERS,
    PERMANENT_MEMBERS,
    session_days,
)
from hrdata.row import Row, Vocabulary
from hrdata.symbols import parse_symbol


class VoteKind(Vocabulary):
    """What was decided on."""

    RESOLUTION = "resolution", "Resolution"
    DECISION = "decision", "Decision"
    DECLARATION = "declaration", "Declaration or presidential statement agreed as such"
    DRAFT = "draft", "Draft text that was put to the vote and not adopted"
    AMENDMENT = "amendment", "Amendment to a draft text"
    NO_ACTION_MOTION = "no_action_motion", "Motion to take no decision on a draft text"
    PROCEDURAL_MOTION = "procedural_motion", "Other motion on procedure, such as the adoption of an agenda"
    ELECTION = "election", "Election of one member; yes counts the votes it won"
    UNKNOWN = "unknown", "The sources do not say what"


class VoteMethod(Vocabulary):
    """How it was decided."""

    RECORDED_VOTE = "recorded_vote", "Recorded or roll-call vote: totals and each member's vote are on record"
    UNRECORDED_VOTE = "unrecorded_vote", "Vote by show of hands: totals at most are on record"
    SECRET_BALLOT = "secret_ballot", "Secret ballot: who voted how is not on record"
    WITHOUT_VOTE = "without_vote", "Adopted without a vote"
    UNKNOWN = "unknown", "The sources do not say how"


class VoteOutcome(Vocabulary):
    """What came of it."""

    ADOPTED = "adopted", "The text or motion was adopted"
    REJECTED = "rejected", "The text or motion was not adopted"
    ELECTED = "elected", "The candidate was elected"
    NOT_ELECTED = "not_elected", "The candidate was not elected"
    WITHDRAWN = "withdrawn", "The text or motion was withdrawn before a decision"
    UNKNOWN = "unknown", "The sources do not say what came of it"


class Choice(Vocabulary):
    """How a state voted."""

    YES = "yes", "In favour"
    NO = "no", "Against"
    ABSTAIN = "abstain", "Abstained"
    NON_VOTING = "non_voting", "Entitled to vote but took no part: absent or not voting"


class Vote(Row):
    """A vote: one decision of a body, with its totals where the sources state them."""

    TABLE: ClassVar = "votes"
    KEY: ClassVar = ("vote_id",)

    vote_id: Slug = Field(description="Identifier of the vote", examples=["unga-61-174"])
    body_id: BodyId = Field(description="Body that decided", examples=["unga"])
    session: Session | None = Field(
        None,
        description="Session: a number, S-27 for a special, ES-10 for an emergency session",
        examples=["61"],
    )
    date: Edtf = Field(description="Date of the decision", examples=["2006-12-19"])
    symbol: UnSymbol | None = Field(
        None, description="Symbol of the text decided on", examples=["A/RES/61/174"]
    )
    meeting: Text | None = Field(
        None, description="Symbol of the meeting's record, or which meeting it was", examples=["A/61/PV.81"]
    )
    title: Text = Field(description="What it was about", examples=["Situation of human rights in the DPRK"])
    subject_state: StateId | None = Field(None, description="State that the text is about", examples=["PRK"])
    kind: VoteKind = Field(description="What was decided on", examples=["resolution"])
    method: VoteMethod = Field(description="How it was decided", examples=["recorded_vote"])
    outcome: VoteOutcome = Field(description="What came of it", examples=["adopted"])
    yes: Count | None = Field(None, description="Votes in favour", examples=["99"])
    no: Count | None = Field(None, description="Votes against", examples=["21"])
    abstain: Count | None = Field(None, description="Abstentions", examples=["56"])
    non_voting: Count | None = Field(
        None, description="Members that took no part: absent or not voting", examples=["16"]
    )
    members: Count | None = Field(
        None, description="Members of the body that day, where the record states it", examples=["192"]
    )
    roll_complete: Flag = Field(
        description="Whether the ballot of every member is listed", examples=["false"]
    )
    note: Text | None = Field(
        None, description="Remark in plain words", examples=["Put to the vote by China."]
    )


class Ballot(Row):
    """A ballot: how one state voted in one vote."""

    TABLE: ClassVar = "ballots"
    KEY: ClassVar = ("vote_id", "state_id")

    vote_id: VoteId = Field(description="Vote that the ballot belongs to", examples=["unga-61-174"])
    state_id: StateId = Field(description="State that cast it", examples=["CHN"])
    choice: Choice = Field(description="How the state voted", examples=["no"])


_FIRST_DAY, _LAST_DAY = dt.date.min, dt.date.max


def _members_of_unga(states: Table) -> pl.DataFrame:
    """How many states were members of the United Nations, from each day on which that changed.

    No rows when the table does not hold even the original members: it is a part of the list only.
    """
    frame = states.frame
    changes = [
        frame.select(day=pl.col("un_member_from_earliest"), change=pl.lit(1)),
        frame.select(day=pl.col("un_member_until_earliest"), change=pl.lit(-1)),
        frame.select(day=pl.col("un_member_gap_earliest"), change=pl.lit(-1)),
        frame.select(day=pl.col("un_member_gap_latest").dt.offset_by("1d"), change=pl.lit(1)),
    ]
    daily = pl.concat(changes).drop_nulls().group_by("day").agg(pl.col("change").sum()).sort("day")
    counted = daily.select(
        body_id=pl.lit("unga", CELL),
        day="day",
        until=pl.col("day").shift(-1),
        seats=pl.col("change").cum_sum().cast(pl.Int64),
    )
    original = daily.filter(pl.col("day") < dt.date(1946, 1, 1))["change"].sum()
    return counted if original >= ORIGINAL_MEMBERS else counted.clear()


def seats_over_time(body_seats: Table | None, states: Table | None) -> pl.DataFrame:
    """How many members each body had: columns body_id, day, until (the first day no longer) and seats."""
    known = [_NO_SEATS]
    if body_seats is not None:
        known.append(
            body_seats.frame.select(
                body_id="body_id", day="seats_from_earliest", until="seats_until_earliest", seats="seats"
            )
        )
    if states is not None:
        known.append(_members_of_unga(states))
    return pl.concat(known).sort("body_id", "day")


_NO_SEATS = pl.DataFrame(schema={"body_id": CELL, "day": pl.Date, "until": pl.Date, "seats": pl.Int64})


def _with_room(votes: Table, body_seats: Table | None, states: Table | None) -> pl.DataFrame:
    """The votes with `smallest` and `largest`, the members there can have been on the date.

    `room_min` and `room_max` are these, or what the row itself states.
    """
    seats = seats_over_time(body_seats, states).rename({"body_id": "seats_of"})
    dated = votes.frame.with_columns(
        first=pl.col("date_earliest").fill_null(_FIRST_DAY), last=pl.col("date_latest").fill_null(_LAST_DAY)
    )
    when = ["body_id", "first", "last"]
    known = (
        dated.select(when)
        .unique()
        .join_where(
            seats.with_columns(pl.col("until").fill_null(_LAST_DAY)),
            pl.col("body_id") == pl.col("seats_of"),
            pl.col("day") <= pl.col("last"),
            pl.col("until") > pl.col("first"),
        )
    )
    room = known.group_by(when).agg(smallest=pl.col("seats").min(), largest=pl.col("seats").max())
    return dated.join(room, on=when, how="left").with_columns(
        room_min=pl.coalesce("members", "smallest"), room_max=pl.coalesce("members", "largest")
    )


@check(
    "VOT201",
    message="{row_id}: the totals add up to {total}, but {body_id} had {room} members on {date}",
    hint="Compare yes, no, abstain, non_voting and members in {file} with the meeting record.",
    example="99 + 21 + 56 + 22 = 198 in a General Assembly of 192.",
)
def totals_fit_the_room(votes: Table, body_seats: Table | None = None, states: Table | None = None) -> Hits:
    """The totals never exceed the members on that date, and equal them when all four are given."""
    totals = [pl.col(choice.value) for choice in Choice]
    total = pl.sum_horizontal(totals)
    complete = pl.all_horizontal(one.is_not_null() for one in totals)
    too_many = total > pl.col("room_max")
    too_few = complete & (total < pl.col("room_min"))
    unknown = pl.any_horizontal(one.is_not_null() for one in totals) & pl.col("room_max").is_null()
    room = pl.when(total > pl.col("room_max")).then(pl.col("room_max")).otherwise(pl.col("room_min"))
    judged = _with_room(votes, body_seats, states)
    return judged.filter(too_many | too_few | unknown).select(
        "row", "body_id", "date", total=total, room=room, unknown=unknown.fill_null(False)
    )


@check(
    "VOT210",
    message="{row_id}: members is {value}, but {body_id} had {seats} members on {date}",
    hint="Correct members in {file}, or the table that counts them: states.csv or body_seats.csv.",
    example="193 members of the General Assembly in 2006.",
    field="members",
)
def members_fit_the_body(votes: Table, body_seats: Table | None = None, states: Table | None = None) -> Hits:
    """The members stated are those of the body that day; of a council, some seats can be vacant."""
    members, exact = pl.col("members"), pl.col("body_id") == "unga"
    too_many, too_few = members > pl.col("largest"), exact & (members < pl.col("smallest"))
    unknown = members.is_not_null() & pl.col("largest").is_null()
    seats = pl.when(members > pl.col("largest")).then(pl.col("largest")).otherwise(pl.col("smallest"))
    judged = _with_room(votes, body_seats, states)
    return judged.filter(too_many | too_few | unknown).select(
        "row", "body_id", "date", seats=seats, unknown=unknown
    )


@check(
    "VOT202",
    message="{row_id}: the total of {field} is {stated}, but the ballots list {listed}",
    hint="Recount from the meeting record, then correct votes.csv or ballots.csv, not both.",
    example="A total of 1 yes, and no state is listed with yes.",
)
def tally_matches_ballots(votes: Table, ballots: Table) -> Hits:
    """The totals of a complete roll call equal its ballots; no vote has more ballots than its total."""
    counted = ballots.frame.group_by("vote_id", "choice").agg(pl.len().alias("listed"))
    totals = [choice.value for choice in Choice]
    stated = votes.frame.unpivot(
        totals, index=["row", "vote_id", "roll_complete"], variable_name="choice", value_name="stated"
    ).with_columns(pl.col("choice").cast(CELL))
    both = stated.join(counted, on=["vote_id", "choice"], how="left").with_columns(
        pl.col("listed").fill_null(0).cast(pl.Int64)
    )
    differs = pl.when("roll_complete").then(pl.col("listed") != pl.col("stated"))
    wrong = both.filter(differs.otherwise(pl.col("listed") > pl.col("stated")))
    return wrong.select("row", "listed", "stated", field="choice")


_OF_TEXTS = (VoteOutcome.ADOPTED, VoteOutcome.REJECTED)
_OF_ELECTIONS = (VoteOutcome.ELECTED, VoteOutcome.NOT_ELECTED)
_CAN_FAIL = is_one_of("outcome", [*_OF_TEXTS, *_OF_ELECTIONS])


@check(
    "VOT203",
    message="{row_id}: the outcome is {value}, but {yes} yes and {no} no make it {follows}",
    hint="Compare the totals and the outcome in {file} with the meeting record.",
    example="Adopted by 18 yes and 22 no.",
    field="outcome",
)
def outcome_follows_from_totals(
    votes: Table, body_seats: Table | None = None, states: Table | None = None
) -> Hits:
    """The outcome follows from the totals under the body's rule; a tie is not adopted."""
    yes, no = pl.col("yes"), pl.col("no")
    carried = is_one_of("outcome", [VoteOutcome.ADOPTED, VoteOutcome.ELECTED])
    # What elected was an election, even if no source says so.
    of_unknown_kind = pl.col("kind") == VoteKind.UNKNOWN
    is_election = (pl.col("kind") == VoteKind.ELECTION) | (
        of_unknown_kind & is_one_of("outcome", _OF_ELECTIONS)
    )
    in_council = pl.col("body_id") == "unsc"
    procedural = is_one_of("kind", [VoteKind.PROCEDURAL_MOTION, VoteKind.NO_ACTION_MOTION])
    before, after = COUNCIL_MAJORITY_OF_11, COUNCIL_MAJORITY_OF_15
    at_least = pl.when(pl.col("date_earliest") >= COUNCIL_ENLARGED).then(after).otherwise(before)
    at_most = pl.when(pl.col("date_latest") < COUNCIL_ENLARGED).then(before).otherwise(after)
    must_fail = (
        pl.when(is_election)
        .then(yes * 2 <= pl.col("room_min"))
        .when(in_council)
        .then(yes < at_least)
        .otherwise(yes <= no)
    )
    # A candidate with a majority is not elected when others fill the seats with more votes.
    may_pass = ~is_election & pl.when(in_council).then(yes >= at_most).otherwise(yes > no)
    # A veto explains a rejection in the Security Council, an important question one in the Assembly.
    vetoed = in_council & ~procedural & (no.is_null() | (no > 0))
    short_of_two_thirds = (pl.col("body_id") == "unga") & (yes < no * 2)
    must_pass = may_pass & ~vetoed & ~short_of_two_thirds
    unknown = _CAN_FAIL & is_election & yes.is_not_null() & pl.col("room_max").is_null()
    broken = _CAN_FAIL & pl.when(carried).then(must_fail).otherwise(must_pass)
    follows = pl.when(carried).then(pl.lit("fail")).otherwise(pl.lit("pass"))
    told = [one.cast(pl.String).fill_null("unknown") for one in (yes, no)]
    judged = _with_room(votes, body_seats, states)
    return judged.filter(broken.fill_null(False) | unknown).select(
        "row", *told, follows=follows, unknown=unknown.fill_null(False)
    )


@check(
    "VOT204",
    message="{row_id}: the method is {method}, but there are {observed}",
    hint="Correct the method in {file}, or the totals and the ballots.",
    example="Adopted without a vote, with 28 votes in favour.",
    field="method",
)
def method_agrees_with_totals(votes: Table, ballots: Table | None = None) -> Hits:
    """What was adopted without a vote has no totals and no ballots; a recorded vote has totals."""
    has_totals = pl.any_horizontal(pl.col(choice.value).is_not_null() for choice in Choice)
    cast = votes.frame.clear() if ballots is None else ballots.frame
    has_ballots = pl.col("vote_id").is_in(cast["vote_id"].unique().implode())
    without, recorded = (
        pl.col("method") == method for method in (VoteMethod.WITHOUT_VOTE, VoteMethod.RECORDED_VOTE)
    )
    observed = (
        pl.when(without & has_totals)
        .then(pl.lit("totals"))
        .when(without & has_ballots)
        .then(pl.lit("ballots"))
        .when(recorded & ~has_totals)
        .then(pl.lit("no totals"))
    )
    return votes.frame.select("row", "method", observed.alias("observed")).drop_nulls("observed")


@check(
    "VOT205",
    message="{row_id}: {state_id} voted on {date}, but was not a member of the United Nations then",
    hint="Correct the state or the vote in {file}, or the state's membership in states.csv.",
    example="A ballot of South Sudan in 2010.",
    field="state_id",
)
def voter_was_a_member(ballots: Table, votes: Table, states: Table) -> Hits:
    """Whoever voted was a member of the United Nations that day."""
    strangers = non_members(votes, states)
    # Few states are strangers on any of the days, so few ballots have to be looked up.
    doubted = ballots.frame.filter(pl.col("state_id").is_in(strangers["state_id"].unique().implode()))
    return (
        doubted.select("row", "vote_id", "state_id")
        .join(votes.frame.select("vote_id", "date"), on="vote_id")
        .join(strangers, on=["date", "state_id"], how="semi")
        .select("row", "state_id", "date")
    )


@row_check(
    "VOT206",
    {"votes": [("body_id", "session", "date", "symbol")]},
    message="{row_id}: the symbol {symbol} says {observed}, but the row has {expected}",
    hint="Correct the symbol, or the body, session or date, in {file}.",
    example="A/RES/61/174 for a vote of the 62nd session.",
)
def symbol_agrees_with_the_vote(
    body_id: str, session: str | None, date: str, symbol: str | None
) -> RowVerdict:
    """The document symbol agrees with the body, the session and the year."""
    if symbol is None:
        return None
    parsed = parse_symbol(symbol)
    first, last = date_bounds(date)
    if parsed.body != body_id:
        return {"symbol": symbol, "observed": f"body {parsed.body}", "expected": f"body {body_id}"}
    if parsed.session is not None and session is not None and parsed.session != session:
        return {"symbol": symbol, "observed": f"session {parsed.session}", "expected": f"session {session}"}
    years = range(first.year if first else 0, (last.year if last else 9999) + 1)
    if parsed.year is not None and parsed.year not in years:
        return {"symbol": symbol, "observed": f"year {parsed.year}", "expected": f"date {date}"}
    return None


@row_check(
    "VOT207",
    {"votes": [("body_id", "session", "date")]},
    message="{row_id}: the date is {date}, but session {session} of {body_id} met between {first} and {last}",
    hint="Compare the date and the session in {file} with the meeting record.",
    example="A vote of the 61st session of the General Assembly, dated 2005-12-19.",
)
def date_lies_in_the_session(body_id: str, session: str | None, date: str) -> RowVerdict:
    """The date lies in the session."""
    days = session_days(body_id, session) if session else None
    if days is None:
        return None
    first, last = date_bounds(date)
    if (last or _LAST_DAY) >= days[0] and (first or _FIRST_DAY) <= days[1]:
        return None
    return {"date": date, "session": session, "body_id": body_id, "first": days[0], "last": days[1]}


@check(
    "VOT208",
    message="{row_id}: every member voted as in {twin}, in the same meeting {meeting}",
    hint="Check that the ballots of one of the two were not copied from the other in ballots.csv.",
    example="Two roll calls of one meeting with the same 193 ballots.",
    severity=Severity.WARNING,
)
def roll_calls_of_a_meeting_differ(votes: Table, ballots: Table) -> Hits:
    """Two roll calls of one meeting with the same result, member by member, are suspicious."""
    rolls = (
        votes.frame.filter("roll_complete")
        .drop_nulls("meeting")
        .select("row", "vote_id", "body_id", "meeting", "date")
    )
    meeting = ["body_id", "meeting", "date"]
    rolls = rolls.filter(pl.struct(meeting).is_duplicated())
    cast = ballots.frame.join(rolls, on="vote_id", how="semi")
    # The sum of the hashes does not depend on the order of the ballots; it wraps around.
    print_ = pl.struct("state_id", "choice").hash().sum()
    prints = cast.group_by("vote_id").agg(print_.alias("result"), pl.len().alias("cast"))
    both = rolls.join(prints, on="vote_id").sort("row")
    twins = both.with_columns(pl.col("vote_id").first().over(*meeting, "result", "cast").alias("twin"))
    return twins.filter(pl.col("vote_id") != pl.col("twin")).select("row", "twin", "meeting")


@check(
    "VOT209",
    message="{row_id}: {state_id}, a permanent member, voted no, but the outcome is {value}",
    hint="Correct the outcome in {file}, the ballot in ballots.csv, or the kind if the vote was procedural.",
    example="A resolution of the Security Council adopted against a veto.",
    field="outcome",
)
def no_veto_was_overridden(votes: Table, ballots: Table) -> Hits:
    """A permanent member's no and the outcome adopted cannot both be, unless the vote is procedural."""
    # A vote of unknown kind may have been procedural.
    procedural = is_one_of("kind", [VoteKind.PROCEDURAL_MOTION, VoteKind.NO_ACTION_MOTION, VoteKind.ELECTION])
    adopted = votes.frame.filter(
        (pl.col("body_id") == "unsc") & (pl.col("outcome") == VoteOutcome.ADOPTED) & ~procedural
    )
    vetoes = ballots.frame.filter(
        pl.col("state_id").is_in(PERMANENT_MEMBERS) & (pl.col("choice") == Choice.NO)
    )
    return (
        adopted.select("row", "vote_id", unknown=pl.col("kind") == VoteKind.UNKNOWN)
        .join(vetoes.select("vote_id", "state_id"), on="vote_id")
        .drop("vote_id")
    )


@row_check(
    "VOT211",
    {"votes": [(*(choice.value for choice in Choice), "kind", "method", "outcome")]},
    message="{row_id}: {observed}, but the outcome is {outcome}",
    hint="Correct kind, method, totals or outcome in {file}.",
    example="A resolution that was elected, or a draft that was adopted.",
)
def outcome_fits_kind_and_method(*cells: int | str | None) -> RowVerdict:
    """Only elections elect, no draft is adopted, nothing fails without a vote or is voted on if withdrawn."""
    *totals, kind, method, outcome = cells
    odd = (
        (kind == VoteKind.ELECTION and outcome in _OF_TEXTS)
        or (kind not in (VoteKind.ELECTION, VoteKind.UNKNOWN) and outcome in _OF_ELECTIONS)
        or (kind == VoteKind.DRAFT and outcome == VoteOutcome.ADOPTED)
        or (method == VoteMethod.WITHOUT_VOTE and outcome in (VoteOutcome.REJECTED, VoteOutcome.NOT_ELECTED))
        or (method == VoteMethod.RECORDED_VOTE and outcome == VoteOutcome.WITHDRAWN)
    )
    if odd:
        return {"observed": f"the kind is {kind} and the method {method}", "outcome": outcome}
    counted = any(total is not None for total in totals)
    if counted and outcome == VoteOutcome.WITHDRAWN:
        return {"observed": "there are totals", "outcome": outcome}
    return None
