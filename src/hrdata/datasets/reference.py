"""States, bodies and seats: who can vote where, and when.

Sources: the United Nations' list of members with their days of admission, ISO 3166 for codes, and
the resolutions that set or changed the number of seats of a body.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import Table
from hrdata.fields import M49, BodyId, Count, Edtf, Iso2, Slug, StateCode, StateId, Text
from hrdata.row import Row, Vocabulary


class BodyKind(Vocabulary):
    """What sort of body or organisation this is."""

    PRINCIPAL_ORGAN = "principal_organ", "Principal organ of the United Nations (Charter, Article 7)"
    SUBSIDIARY_ORGAN = "subsidiary_organ", "Commission, council or committee set up by a principal organ"
    TREATY_BODY = "treaty_body", "Committee of experts that watches over a treaty"
    SPECIAL_PROCEDURE = (
        "special_procedure",
        "Rapporteur, expert or group mandated by the Commission or the Council",
    )
    SECRETARIAT = "secretariat", "Office of the United Nations Secretariat"
    SPECIALISED_AGENCY = (
        "specialised_agency",
        "Specialised agency or related organisation of the United Nations",
    )
    INTERNATIONAL_ORGANISATION = (
        "international_organisation",
        "Intergovernmental organisation outside the United Nations system",
    )
    COUNTRY_GROUP = "country_group", "States that act together without an organisation of their own"
    STATE_ORGAN = "state_organ", "Organ, ministry or office of one state or of its territories"
    PARTY = "party", "Political party"
    NGO = "ngo", "Non-governmental organisation"
    FOUNDATION = "foundation", "Foundation"
    RESEARCH_INSTITUTE = "research_institute", "University, institute or think tank"
    COMPANY = "company", "Commercial company"
    MEDIA = "media", "News organisation"


class State(Row):
    """A state: the members of the United Nations, its former members, and others that take part."""

    TABLE: ClassVar = "states"
    KEY: ClassVar = ("state_id",)

    state_id: StateCode = Field(
        description="ISO 3166-1 alpha-3 code, for a former state its ISO 3166-3 alpha-3 code",
        examples=["CHN"],
    )
    name: Text = Field(description="Short English name as the United Nations uses it", examples=["China"])
    iso2: Iso2 | None = Field(None, description="ISO 3166-1 alpha-2 code", examples=["CN"])
    m49: M49 | None = Field(None, description="United Nations M49 code, three digits", examples=["156"])
    un_member_from: Edtf | None = Field(
        None, description="First day as a member of the United Nations", examples=["1945-10-24"]
    )
    un_member_until: Edtf | None = Field(
        None, description="First day on which it was a member no longer", examples=["1991-12-24"]
    )
    un_member_gap: Edtf | None = Field(
        None,
        description="First and last day of a time in between when it was not a member in its own right",
        examples=["1958-02-22/1961-10-12"],
    )
    predecessor: StateId | None = Field(
        None, description="State whose seat or territory it took over", examples=["SUN"]
    )
    note: Text | None = Field(None, description="Remark in plain words", examples=["Original member."])


class Body(Row):
    """A body or organisation: organs of the United Nations, and others that act, host or take part."""

    TABLE: ClassVar = "bodies"
    KEY: ClassVar = ("body_id",)

    body_id: Slug = Field(description="Identifier of the body", examples=["unhrc"])
    name: Text = Field(description="English name as the body uses it", examples=["Human Rights Council"])
    parent: BodyId | None = Field(None, description="Body that it belongs or reports to", examples=["unga"])
    kind: BodyKind = Field(description="What sort of body it is", examples=["subsidiary_organ"])
    established: Edtf | None = Field(None, description="Date on which it was set up", examples=["2006-03-15"])
    abolished: Edtf | None = Field(
        None, description="Date on which it was abolished", examples=["2006-06-16"]
    )


class BodySeats(Row):
    """How many members of a body could vote, over time. The General Assembly follows from `states`."""

    TABLE: ClassVar = "body_seats"
    KEY: ClassVar = ("body_id", "seats_from")

    body_id: BodyId = Field(description="Body that the seats belong to", examples=["unsc"])
    seats_from: Edtf = Field(
        description="First day on which the body had this many seats", examples=["1946-01-17"]
    )
    seats_until: Edtf | None = Field(
        None, description="First day on which it had not; empty while it has", examples=["1966-01-01"]
    )
    seats: Count = Field(description="Number of members that could vote", examples=["11"])


def non_members(dated: Table, states: Table) -> pl.DataFrame:
    """The states that were not members of the United Nations: each `date` of a table, with `state_id`.

    A state was a member on a date if it can have been one on any day of it.
    """
    first, last = pl.col("date_earliest").fill_null(dt.date.min), pl.col("date_latest").fill_null(dt.date.max)
    days = dated.frame.select("date", first=first, last=last).unique()
    joined = pl.col("un_member_from_earliest") <= pl.col("last")
    left = pl.col("un_member_until_latest") <= pl.col("first")
    away = (pl.col("un_member_gap_earliest") <= pl.col("first")) & (
        pl.col("last") <= pl.col("un_member_gap_latest")
    )
    was_member = joined.fill_null(False) & ~left.fill_null(False) & ~away.fill_null(False)
    return days.join(states.frame, how="cross").filter(~was_member).select("date", "state_id")
