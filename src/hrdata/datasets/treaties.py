"""Treaties and what states did about them.

Sources: the Multilateral Treaties Deposited with the Secretary-General (UN Treaty Collection), and
the Vienna Convention on the Law of Treaties for the order of the acts.
"""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from pydantic import Field

from hrdata.check import Hits, Severity, Table, check, filled, is_one_of
from hrdata.fields import BodyId, Edtf, Slug, StateId, Text, TreatyId
from hrdata.row import Row, Vocabulary


class TreatyKind(Vocabulary):
    """What sort of treaty it is."""

    CHARTER = "charter", "Constituent treaty of an organisation"
    COVENANT = "covenant", "Covenant"
    CONVENTION = "convention", "Convention"
    LABOUR_CONVENTION = "labour_convention", "Convention of the International Labour Organization"
    PROTOCOL = "protocol", "Protocol open only to parties to, or signatories of, its parent treaty"
    SEPARATE_PROTOCOL = "separate_protocol", "Protocol that a state may join without the parent treaty"
    UNSPECIFIED_PROTOCOL = "unspecified_protocol", "Protocol of which the source does not say who may join it"
    AMENDMENT = "amendment", "Amendment to a treaty"
    AGREEMENT = "agreement", "Agreement between more than two states"
    BILATERAL_TREATY = "bilateral_treaty", "Treaty or joint declaration between two states"
    OTHER_INSTRUMENT = (
        "other_instrument",
        "Treaty under another name, or of a sort that the source does not name",
    )
    DRAFT = "draft", "Treaty under negotiation, not adopted"


class TreatyActionKind(Vocabulary):
    """What a state did about a treaty."""

    SIGNATURE = "signature", "Signed"
    DEFINITIVE_SIGNATURE = "definitive_signature", "Signed and was bound by that, without ratifying"
    RATIFICATION = "ratification", "Ratified after signing"
    ACCESSION = "accession", "Joined without having signed"
    ACCEPTANCE = "acceptance", "Accepted or approved"
    SUCCESSION = "succession", "Took over the obligations of a predecessor"
    CONSENT_TO_BE_BOUND = (
        "consent_to_be_bound",
        "Consented to be bound in another way, or in one that the source does not name",
    )
    RECOGNITION = "recognition", "Recognised obligations that an earlier government had taken on"
    PROVISIONAL_APPLICATION = (
        "provisional_application",
        "Undertook to apply the treaty before it was in force for the state",
    )
    NOTIFICATION = "notification", "Notified the depositary of something else that the treaty provides for"
    ENTRY_INTO_FORCE = "entry_into_force", "The treaty entered into force for the state"
    RESERVATION = "reservation", "Made a reservation or declaration"
    WITHDRAWAL = "withdrawal", "Denounced or left"


class Treaty(Row):
    """A treaty: a covenant, convention, agreement, protocol, amendment or bilateral treaty."""

    TABLE: ClassVar = "treaties"
    KEY: ClassVar = ("treaty_id",)

    treaty_id: Slug = Field(description="Identifier of the treaty", examples=["iccpr"])
    short_name: Text = Field(description="Short name in common use", examples=["ICCPR"])
    title: Text = Field(
        description="Full title", examples=["International Covenant on Civil and Political Rights"]
    )
    kind: TreatyKind = Field(description="What sort of treaty it is", examples=["covenant"])
    adopted: Edtf | None = Field(None, description="Date of adoption or conclusion", examples=["1966-12-16"])
    in_force: Edtf | None = Field(
        None, description="Date on which it entered into force", examples=["1976-03-23"]
    )
    depositary: BodyId | None = Field(
        None, description="Body that keeps the instruments", examples=["un-secretary-general"]
    )
    register_number: Text | None = Field(
        None,
        description="Chapter and number in the UN Treaty Collection, or number of the ILO",
        examples=["IV-4"],
    )
    parent_treaty: TreatyId | None = Field(
        None, description="Treaty that it supplements or amends", examples=["crc"]
    )
    note: Text | None = Field(None, description="Remark in plain words", examples=["Named in the text only."])


class TreatyAction(Row):
    """A treaty action: one act of a state about a treaty."""

    TABLE: ClassVar = "treaty_actions"
    KEY: ClassVar = ("treaty_id", "state_id", "action", "date")

    treaty_id: TreatyId = Field(description="Treaty that the act is about", examples=["iccpr"])
    state_id: StateId = Field(description="State that acted", examples=["CHN"])
    action: TreatyActionKind = Field(description="What it did", examples=["signature"])
    date: Edtf = Field(description="Date of the act", examples=["1998-10-05"])
    date_precision_note: Text | None = Field(
        None, description="Why the date is not a day", examples=["The source names the decade only."]
    )
    note: Text | None = Field(None, description="Remark in plain words", examples=["During a state visit."])


_CONSENT = [
    TreatyActionKind.RATIFICATION,
    TreatyActionKind.ACCESSION,
    TreatyActionKind.ACCEPTANCE,
    TreatyActionKind.SUCCESSION,
    TreatyActionKind.DEFINITIVE_SIGNATURE,
    TreatyActionKind.CONSENT_TO_BE_BOUND,
    TreatyActionKind.RECOGNITION,
]
"""The acts by which a state consents to be bound."""

_NOT_BEFORE_ADOPTION = [
    TreatyActionKind.SIGNATURE,
    TreatyActionKind.RATIFICATION,
    TreatyActionKind.ACCESSION,
    TreatyActionKind.ACCEPTANCE,
    TreatyActionKind.DEFINITIVE_SIGNATURE,
    TreatyActionKind.PROVISIONAL_APPLICATION,
]
"""The acts that are about a text; others may rest on what a state did about an older treaty."""


def _acts(treaty_actions: Table, kinds: list[TreatyActionKind]) -> pl.DataFrame:
    return treaty_actions.frame.filter(is_one_of("action", kinds))


def _earlier_than_any(actions: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The actions that certainly came before every other, by the same state on the same treaty."""
    # A date that is open at its start can be as early as any.
    first = others.sort("date_earliest", nulls_last=False).unique(
        ["treaty_id", "state_id"], keep="first", maintain_order=True
    )
    first = first.select("treaty_id", "state_id", other_date="date", other_earliest="date_earliest")
    pairs = actions.join(first, on=["treaty_id", "state_id"])
    return pairs.filter(pl.col("date_latest") < pl.col("other_earliest"))


@check(
    "TRT201",
    message="{row_id}: the {action} is dated {value}, but the treaty was adopted {adopted}",
    hint="Compare the date in {file}, and adopted in treaties.csv, with the depositary's record.",
    example="A signature in 1965 of a covenant adopted in 1966.",
    field="date",
)
def acts_follow_adoption(treaty_actions: Table, treaties: Table) -> Hits:
    """No treaty is signed, ratified or joined before it was adopted."""
    acts = _acts(treaty_actions, _NOT_BEFORE_ADOPTION)
    both = acts.join(treaties.frame.select("treaty_id", "adopted", "adopted_earliest"), on="treaty_id")
    return both.filter(pl.col("date_latest") < pl.col("adopted_earliest")).select("row", "action", "adopted")


@check(
    "TRT202",
    message="{row_id}: the ratification is dated {value}, but the signature {other_date}",
    hint="Compare both dates in {file} with the depositary's record.",
    example="Ratified in 1980, signed in 1981.",
    field="date",
)
def ratification_follows_signature(treaty_actions: Table) -> Hits:
    """No state ratifies a treaty before it signs it."""
    ratified = _acts(treaty_actions, [TreatyActionKind.RATIFICATION, TreatyActionKind.ACCEPTANCE])
    signed = _acts(treaty_actions, [TreatyActionKind.SIGNATURE])
    return _earlier_than_any(ratified, signed).select("row", "other_date")


@check(
    "TRT203",
    message="{row_id}: the state acceded, but is listed with a ratification as well",
    hint="Keep the one that the depositary's record has in {file}; only a state that has not signed accedes.",
    example="Accession in 1982 and ratification in 1983.",
    field="action",
    severity=Severity.WARNING,
)
def accession_excludes_ratification(treaty_actions: Table) -> Hits:
    """A state either accedes to a treaty or ratifies it."""
    acceded = _acts(treaty_actions, [TreatyActionKind.ACCESSION])
    ratified = _acts(treaty_actions, [TreatyActionKind.RATIFICATION])
    return acceded.join(ratified, on=["treaty_id", "state_id"], how="semi").select("row")


@check(
    "TRT204",
    message="{row_id}: {observed}, but {expected}",
    hint="Complete treaties.csv or treaty_actions.csv from the depositary's record.",
    example="A party to an optional protocol that never signed its covenant.",
)
def protocols_have_their_parent(treaties: Table, treaty_actions: Table) -> Hits:
    """A protocol or amendment has a parent treaty, and binds only those that signed or joined the parent."""
    supplements = [TreatyKind.PROTOCOL, TreatyKind.AMENDMENT]
    orphans = treaties.frame.filter(
        is_one_of("kind", supplements) & pl.col("parent_treaty").is_null()
    ).select(
        pl.lit("treaties").alias("table"),
        "row",
        pl.lit("parent_treaty").alias("field"),
        filled("the {} names no parent treaty", "kind").alias("observed"),
        pl.lit("it supplements one").alias("expected"),
    )
    protocols = treaties.frame.filter(pl.col("kind") == TreatyKind.PROTOCOL).select(
        "treaty_id", "parent_treaty"
    )
    joined = _acts(treaty_actions, _CONSENT).join(protocols, on="treaty_id").drop_nulls("parent_treaty")
    acts = _acts(treaty_actions, [*_CONSENT, TreatyActionKind.SIGNATURE])
    bound = acts.select("state_id", parent_treaty="treaty_id")
    lone = joined.join(bound, on=["state_id", "parent_treaty"], how="anti")
    lone = lone.join(_may_be_bound(lone, treaty_actions.doubtful), on="row", how="anti").select(
        pl.lit("treaty_actions").alias("table"),
        "row",
        pl.lit("action").alias("field"),
        filled("{} joined the protocol", "state_id").alias("observed"),
        filled("is not listed as a party to, or signatory of, {}", "parent_treaty").alias("expected"),
    )
    return pl.concat([orphans, lone])


def _may_be_bound(lone: pl.DataFrame, doubtful: pl.DataFrame) -> pl.DataFrame:
    """The rows whose state may be bound to the parent by an act that did not parse."""
    state, treaty = pl.col("doubtful_state"), pl.col("doubtful_treaty")
    unsure = doubtful.select(doubtful_state="state_id", doubtful_treaty="treaty_id")
    return (
        lone.select("row", "state_id", "parent_treaty")
        .join(unsure, how="cross")
        .filter((state == pl.col("state_id")) | state.is_null())
        .filter((treaty == pl.col("parent_treaty")) | treaty.is_null())
    )


@check(
    "TRT205",
    message="{row_id}: it entered into force {value}, but the state consented only {other_date}",
    hint="Compare both dates in {file} with the depositary's record.",
    example="In force for a state in 1979 that ratified in 1980.",
    field="date",
)
def entry_into_force_follows_consent(treaty_actions: Table) -> Hits:
    """A treaty does not enter into force for a state before the state consents to it."""
    in_force = _acts(treaty_actions, [TreatyActionKind.ENTRY_INTO_FORCE])
    return _earlier_than_any(in_force, _acts(treaty_actions, _CONSENT)).select("row", "other_date")
