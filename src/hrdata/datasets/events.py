"""Events of human-rights diplomacy: what happened when, where, and who took part."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import Hits, RowVerdict, Table, check, row_check
from hrdata.dates import date_bounds
from hrdata.fields import BodyId, Count, Edtf, EventId, Participant, Slug, Text
from hrdata.row import Row, Vocabulary


class EventKind(Vocabulary):
    """What sort of event it was."""

    CONFERENCE = "conference", "Conference of states or of an organisation"
    FORUM = "forum", "Forum of officials and experts"
    SEMINAR = "seminar", "Seminar or workshop"
    MEETING = "meeting", "Meeting of a body, or of officials"
    DIALOGUE = "dialogue", "Round or start of a dialogue on human rights"
    VISIT = "visit", "Visit of officials or experts"
    SPEECH = "speech", "Speech or lecture"
    STATEMENT = "statement", "Statement, joint or of one government or body"
    WHITE_PAPER = "white_paper", "White paper of a government"
    REPORT = "report", "Report or assessment"
    SURVEY = "survey", "Survey or poll"
    EXPERT_ELECTION = "expert_election", "Election or appointment of an expert to a body"
    LEADERSHIP = "leadership", "Taking up or leaving of a leading office"
    MEMBERSHIP = "membership", "Start or end of a membership or of a seat in a body"
    INSTITUTION = "institution", "Founding of an institution, office or post"
    TREATY_BODY_REVIEW = "treaty_body_review", "Review of a state by a treaty body"
    TREATY_REPORTING = "treaty_reporting", "Submission of a report under a treaty"
    CONSTITUTIONAL_CHANGE = "constitutional_change", "New or amended constitution"
    LEGISLATION = "legislation", "Law passed or in force"
    POLICY = "policy", "Policy, doctrine or initiative announced or begun"
    SANCTIONS = "sanctions", "Sanctions or trade measures"
    AGREEMENT = "agreement", "Agreement or memorandum that is not a treaty"
    CONTRIBUTION = "contribution", "Contribution of money or means"
    AWARD = "award", "Award or prize"
    INCIDENT = "incident", "Crackdown, protest, detention, death or other incident"
    MILITARY = "military", "War, military action or weapons test"


class EventRole(Vocabulary):
    """What part a participant took."""

    HOST = "host", "Hosted it"
    ORGANISER = "organiser", "Organised or sponsored it"
    PARTICIPANT = "participant", "Took part"
    SPEAKER = "speaker", "Spoke"
    AUTHOR = "author", "Wrote or issued it"
    PUBLISHER = "publisher", "Published it"
    SIGNATORY = "signatory", "Signed it"
    MEMBER = "member", "Took or left the seat or membership"
    IMPOSING = "imposing", "Imposed or decided it"
    RECIPIENT = "recipient", "Received it"
    SUBJECT = "subject", "Was whom or what it was about"


class Event(Row):
    """An event with a date."""

    TABLE: ClassVar = "events"
    KEY: ClassVar = ("event_id",)

    event_id: Slug = Field(description="Identifier of the event", examples=["beijing-forum-2008"])
    date: Edtf = Field(description="Date or interval of the event", examples=["2008-04-21/2008-04-22"])
    kind: EventKind = Field(description="What sort of event it was", examples=["forum"])
    title: Text = Field(
        description="Name of the event, or what happened", examples=["First Beijing Forum on Human Rights"]
    )
    place: Text | None = Field(None, description="Town or country", examples=["Beijing"])
    body_id: BodyId | None = Field(
        None, description="Body that convened it or that it concerns", examples=["unhrc"]
    )
    states_min: Count | None = Field(
        None, description="Smallest number of states that took part", examples=["31"]
    )
    states_max: Count | None = Field(None, description="Largest number; empty if open", examples=["31"])
    people_min: Count | None = Field(
        None, description="Smallest number of people that took part", examples=["111"]
    )
    people_max: Count | None = Field(None, description="Largest number; empty if open", examples=["120"])
    note: Text | None = Field(None, description="Remark in plain words", examples=["From five continents."])


class EventParticipant(Row):
    """A state or body that took part in an event, or that it concerned."""

    TABLE: ClassVar = "event_participants"
    KEY: ClassVar = ("event_id", "participant")

    event_id: EventId = Field(description="Event", examples=["beijing-forum-2008"])
    participant: Participant = Field(
        description="Code of a state, or identifier of a body listed in bodies", examples=["CHN"]
    )
    role: EventRole = Field(description="What part it took", examples=["host"])


@row_check(
    "EVT201",
    {
        "events": [("states_min", "states_max"), ("people_min", "people_max")],
        "states": [("un_member_from", "un_member_until")],
        "bodies": [("established", "abolished")],
        "body_seats": [("seats_from", "seats_until")],
        "treaties": [("adopted", "in_force")],
        "upr_tallies": [("count_min", "count_max")],
        "known_issues": [("reported_on", "until")],
    },
    message="{row_id}: it runs from {first} to {last}",
    hint="Swap or correct the two values in {file}.",
    example="From 120 to 110 people.",
)
def ranges_run_forward(first: int | str | None, last: int | str | None) -> RowVerdict:
    """Intervals and ranges run forward."""
    if isinstance(first, int) and isinstance(last, int):
        backwards = first > last
    elif isinstance(first, str) and isinstance(last, str):
        begins, ends = date_bounds(first)[0], date_bounds(last)[1]
        backwards = begins is not None and ends is not None and begins > ends
    else:
        return None
    return {"first": first, "last": last} if backwards else None


@check(
    "EVT202",
    message="{row_id}: at most {value} states took part, but {listed} are listed",
    hint="Compare {file} and event_participants.csv with the source.",
    example="Two states in all, and three listed.",
    field="states_max",
)
def listed_states_fit_the_number(events: Table, event_participants: Table) -> Hits:
    """The states listed as taking part never exceed the number stated."""
    # Whom an event is about need not have been there.
    present = pl.col("role") != EventRole.SUBJECT
    is_state = pl.col("participant").cast(pl.String).str.contains("^[A-Z]{3}$")
    states = event_participants.frame.filter(present & is_state)
    counted = states.group_by("event_id").agg(pl.len().cast(pl.Int64).alias("listed"))
    both = events.frame.join(counted, on="event_id")
    return both.filter(pl.col("listed") > pl.col("states_max")).select("row", "listed")


@check(
    "EVT203",
    message="{row_id}: {value} is neither a state nor a body",
    hint="Correct the participant in {file}, or add it to states.csv or bodies.csv.",
    example="united-nation instead of united-nations.",
    field="participant",
)
def participants_are_listed(event_participants: Table, states: Table, bodies: Table) -> Hits:
    """Every participant of an event is a state or a body of the package."""
    there = pl.concat(
        [
            states.frame["state_id"],
            states.doubtful["state_id"],
            bodies.frame["body_id"],
            bodies.doubtful["body_id"],
        ]
    )
    return event_participants.frame.filter(~pl.col("participant").is_in(there.implode())).select("row")
