"""The datasets: one file each, with its models and its checks."""

from __future__ import annotations

from hrdata.datasets.events import Event, EventParticipant
from hrdata.datasets.provenance import Citation, KnownIssue, Source
from hrdata.datasets.reference import Body, BodySeats, State
from hrdata.datasets.treaties import Treaty, TreatyAction
from hrdata.datasets.upr import UprParticipant, UprReview, UprTally
from hrdata.datasets.votes import Ballot, Vote
from hrdata.row import Row

MODELS: dict[str, type[Row]] = {
    model.TABLE: model
    for model in (
        Source,
        State,
        Body,
        BodySeats,
        Vote,
        Ballot,
        Treaty,
        TreatyAction,
        UprReview,
        UprParticipant,
        UprTally,
        Event,
        EventParticipant,
        Citation,
        KnownIssue,
    )
}
"""The model of every table, by the table's name, in the order of the package."""
