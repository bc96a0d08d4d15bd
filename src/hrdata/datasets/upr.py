"""The Universal Periodic Review: reviews of states, who took part, and what sources count.

Source of the cycles: Human Rights Council resolutions 5/1 and 16/21 and decisions on the calendar.
"""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import CELL, Hits, RowVerdict, Table, check, filled, row_check
from hrdata.datasets.reference import non_members
from hrdata.dates import date_bounds
from hrdata.fields import Count, Edtf, Flag, ReviewId, Slug, StateId, Text, UnSymbol
from hrdata.row import Row, Vocabulary


class UprRole(Vocabulary):
    """What part a state took in a review."""

    SPEAKER = "speaker", "Spoke in the interactive dialogue"
    ADVANCE_QUESTION = "advance_question", "Put questions in advance"
    RECOMMENDING = "recommending", "Made a recommendation"
    STATEMENT_ON_OUTCOME = "statement_on_outcome", "Spoke when the Council considered the outcome"
    TROIKA = "troika", "Served as one of the three rapporteurs"


class Stance(Vocabulary):
    """How a source codes the part that a state took."""

    FRIENDLY = "friendly", "Coded by the source as friendly to the state under review"
    CRITICAL = "critical", "Coded by the source as critical of the state under review"


class TallyStance(Vocabulary):
    """Whose number a tally gives."""

    ANY = "any", "All that took part in the role"
    FRIENDLY = Stance.FRIENDLY.value, Stance.FRIENDLY.meaning
    CRITICAL = Stance.CRITICAL.value, Stance.CRITICAL.meaning


class UprReview(Row):
    """A review of one state in the Universal Periodic Review."""

    TABLE: ClassVar = "upr_reviews"
    KEY: ClassVar = ("review_id",)

    review_id: Slug = Field(description="Identifier of the review", examples=["chn-2009"])
    state_id: StateId = Field(description="State under review", examples=["CHN"])
    cycle: Count = Field(ge=1, description="Cycle of the review, counted from 1", examples=["1"])
    session: Text | None = Field(None, description="Session of the working group", examples=["4"])
    date: Edtf = Field(description="Date of the review in the working group", examples=["2009-02-09"])
    report_symbol: UnSymbol | None = Field(
        None, description="Symbol of the working group's report", examples=["A/HRC/11/25"]
    )
    note: Text | None = Field(
        None, description="Remark in plain words", examples=["Outcome adopted in June 2009."]
    )


class UprParticipant(Row):
    """A state that took part in a review, in one role."""

    TABLE: ClassVar = "upr_participants"
    KEY: ClassVar = ("review_id", "state_id", "role")

    review_id: ReviewId = Field(description="Review that the state took part in", examples=["chn-2013"])
    state_id: StateId = Field(description="State that took part", examples=["CUB"])
    role: UprRole = Field(description="What part it took", examples=["advance_question"])
    stance: Stance | None = Field(None, description="Stance as the source codes it", examples=["friendly"])
    note: Text | None = Field(None, description="Remark in plain words", examples=["Named as an example."])


class UprTally(Row):
    """How many took part in a review, as a source says. "More than 40" is at least 41, with no upper end."""

    TABLE: ClassVar = "upr_tallies"
    KEY: ClassVar = ("review_id", "role", "stance")

    review_id: ReviewId = Field(description="Review that is counted", examples=["chn-2009"])
    role: UprRole = Field(description="Role that is counted", examples=["speaker"])
    stance: TallyStance = Field(
        description="Stance that is counted; any counts the whole role", examples=["any"]
    )
    count_min: Count = Field(description="Smallest number that the source can mean", examples=["41"])
    count_max: Count | None = Field(None, description="Largest number; empty if open", examples=["137"])
    list_complete: Flag = Field(
        description="Whether all of them are listed as participants", examples=["false"]
    )


CYCLES = {1: (2008, 2011), 2: (2012, 2016), 3: (2017, 2022), 4: (2022, 2027)}
"""First and last year of the reviews of each cycle, as the Council's calendars set them."""


@check(
    "UPR201",
    message="{row_id}: the tally is {stated}, but {listed} such participants are listed",
    hint="Compare the tally in {file}, and the rows of upr_participants.csv, with the source.",
    example="A complete list of 12 states, and 11 rows.",
    field="count_min",
)
def participants_match_the_tally(upr_tallies: Table, upr_participants: Table) -> Hits:
    """The participants listed equal the tally when the list is complete, and never exceed it."""
    listed = upr_participants.frame.select("review_id", "role", "stance")
    everyone = listed.with_columns(pl.lit(TallyStance.ANY.value, CELL).alias("stance"))
    counted = (
        pl.concat([listed.drop_nulls(), everyone])
        .group_by("review_id", "role", "stance")
        .agg(pl.len().alias("listed"))
    )
    both = upr_tallies.frame.join(counted, on=["review_id", "role", "stance"], how="left").with_columns(
        pl.col("listed").cast(pl.Int64).fill_null(0)
    )
    too_many = pl.col("listed") > pl.col("count_max")
    too_few = pl.col("list_complete") & (pl.col("listed") < pl.col("count_min"))
    stated = (
        pl.when(pl.col("count_max").is_null())
        .then(filled("at least {}", "count_min"))
        .when(pl.col("count_max") == pl.col("count_min"))
        .then(pl.col("count_min").cast(pl.String))
        .otherwise(filled("{} to {}", "count_min", "count_max"))
    )
    return both.filter(too_many.fill_null(False) | too_few).select("row", stated.alias("stated"), "listed")


@check(
    "UPR202",
    message="{row_id}: {value} is listed as {role}, but it is the state under review",
    hint="Correct the state or the review in {file}.",
    example="China as a speaker in the review of China.",
    field="state_id",
)
def nobody_reviews_itself(upr_participants: Table, upr_reviews: Table) -> Hits:
    """A state does not take part in its own review."""
    own = upr_participants.frame.join(upr_reviews.frame, on=["review_id", "state_id"], how="semi")
    return own.select("row", "role")


@row_check(
    "UPR203",
    {"upr_reviews": [("date", "cycle")]},
    message="{row_id}: the review is dated {date}, but cycle {cycle} {ran}",
    hint="Correct the cycle or the date in {file}.",
    example="A review of 2013 in cycle 1.",
)
def cycle_agrees_with_date(date: str, cycle: int) -> RowVerdict:
    """The cycle of a review agrees with its date."""
    first, last = date_bounds(date)
    if cycle not in CYCLES:
        return {"date": date, "cycle": cycle, "ran": "is not one that has been held"}
    began, ended = CYCLES[cycle]
    if (first is None or first.year <= ended) and (last is None or last.year >= began):
        return None
    return {"date": date, "cycle": cycle, "ran": f"ran from {began} to {ended}"}


@check(
    "UPR204",
    message="{row_id}: {state_id} has already a review in cycle {value}: {other}",
    hint="Delete one of the two reviews from {file}, or correct its cycle.",
    example="Two reviews of China in cycle 2.",
    field="cycle",
)
def states_are_reviewed_once_per_cycle(upr_reviews: Table) -> Hits:
    """A state has one review in each cycle."""
    first = pl.col("review_id").first().over("state_id", "cycle").alias("other")
    named = upr_reviews.frame.sort("row").with_columns(first)
    again = pl.int_range(pl.len()).over("state_id", "cycle") > 0
    return named.filter(again).select("row", "state_id", "other")


@check(
    "UPR205",
    message="{row_id}: {state_id} was reviewed on {date}, but was not a member of the United Nations then",
    hint="Correct the state or the date in {file}, or the state's membership in states.csv.",
    example="South Sudan under review in May 2011, two months before it was admitted.",
    field="state_id",
)
def reviewed_state_was_a_member(upr_reviews: Table, states: Table) -> Hits:
    """The state under review was a member of the United Nations on that date."""
    strangers = non_members(upr_reviews, states)
    reviews = upr_reviews.frame.join(strangers, on=["date", "state_id"], how="semi")
    return reviews.select("row", "state_id", "date")
