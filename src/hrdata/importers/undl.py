"""UN Digital Library voting data: General Assembly and Security Council, one row per vote and member."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from hrdata.columns import Columns
from hrdata.datasets.provenance import SourceKind
from hrdata.datasets.votes import Choice, VoteKind, VoteMethod, VoteOutcome
from hrdata.importers.harvest import File, Harvest, plain_count, slug_of, symbol_facts
from hrdata.importers.names import report_unknown_states, resolve_states

WHERE = "digitallibrary.un.org, data sets General Assembly Voting Data and Security Council Voting Data (CSV)"
TITLE = "UN Digital Library: General Assembly and Security Council voting data"
KIND = SourceKind.UN_RECORD
PUBLISHER = "United Nations Dag Hammarskjöld Library"
URL = "https://digitallibrary.un.org"
TERMS = "© United Nations, non-commercial use with attribution"

_CHOICES = {
    "Y": Choice.YES,
    "N": Choice.NO,
    "A": Choice.ABSTAIN,
    "X": Choice.NON_VOTING,
    "NV": Choice.NON_VOTING,
    "": Choice.NON_VOTING,
}
_TOTALS = {
    "total_yes": "yes",
    "total_no": "no",
    "total_abstentions": "abstain",
    "total_non_voting": "non_voting",
    "total_ms": "members",
}
_OF_THE_VOTE = ("undl_id", "date", "resolution", "meeting", "title", *_TOTALS)
_IS_DECISION = pl.col("kind") == VoteKind.DECISION
_HAS_SYMBOL = pl.col("symbol") != ""


def read(harvest: Harvest, files: Iterable[File]) -> None:
    """Fill the harvest with `votes` and `ballots`; a row of a file is the vote of one member."""
    votes, ballots = [], []
    for file in files:
        upstream = file.columns()
        rows = harvest.take(upstream, ("ms_name", "ms_vote", *_OF_THE_VOTE))
        rows = harvest.dated(upstream, rows, "date", "%Y-%m-%d", "2006-12-19")
        votes.append(_votes(harvest, upstream, rows))
        ballots.append(_ballots(harvest, upstream, rows))
    every = pl.concat(votes).unique("undl_id", keep="first", maintain_order=True)
    ids = every.select("undl_id", slug_of(every["symbol"], every["undl_id"]).alias("vote_id"))
    harvest.tables["votes"] = every.join(ids, on="undl_id")
    harvest.tables["ballots"] = pl.concat(ballots).join(ids, on="undl_id")


def _votes(harvest: Harvest, upstream: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """What the rows of a vote have in common; where they do not, the first row counts."""
    first = rows.unique("undl_id", keep="first", maintain_order=True)
    both = rows.select("row", *_OF_THE_VOTE).join(first.select(_OF_THE_VOTE), on="undl_id", suffix="_first")
    for name in _OF_THE_VOTE[1:]:
        odd = both.filter(pl.col(name) != pl.col(f"{name}_first"))
        harvest.report(upstream, odd, name, "the rows of one vote differ here, and the first one counts")
    listed = rows.group_by("undl_id").agg(pl.len().cast(pl.String).alias("listed"))
    totals = [plain_count(name).alias(column) for name, column in _TOTALS.items()]
    facts = symbol_facts(first["resolution"], first["meeting"])
    shared = first.select("row", "undl_id", "date", pl.col("title").str.strip_chars(), *totals)
    return (
        pl.concat([shared, facts], how="horizontal")
        .join(listed, on="undl_id", maintain_order="left")
        .with_columns(
            kind=pl.when(_IS_DECISION)
            .then(pl.col("kind"))
            .when(_HAS_SYMBOL)
            .then(pl.lit(VoteKind.RESOLUTION.value))
            .otherwise(pl.lit(VoteKind.UNKNOWN.value)),
            method=pl.lit(VoteMethod.RECORDED_VOTE.value),
            # The files hold what was adopted; a text that failed has no symbol of a resolution.
            outcome=pl.when(_HAS_SYMBOL)
            .then(pl.lit(VoteOutcome.ADOPTED.value))
            .otherwise(pl.lit(VoteOutcome.UNKNOWN.value)),
            roll_complete=(pl.col("listed") == pl.col("members")).cast(pl.String),
        )
        .drop("row", "listed")
    )


def _ballots(harvest: Harvest, upstream: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    states = resolve_states(rows, "ms_name", "day")
    cell = pl.col("ms_vote").str.strip_chars().str.to_uppercase()
    choices = cell.replace_strict(_CHOICES, default=None, return_dtype=pl.String)
    named = rows.select(
        "row", "undl_id", "ms_name", "ms_vote", states.alias("state_id"), choices.alias("choice")
    )
    report_unknown_states(harvest, upstream, named, "ms_name")
    harvest.report(
        upstream, named.filter(pl.col("choice").is_null()), "ms_vote", "is not Y, N, A, X, NV or empty"
    )
    return named.drop_nulls(["state_id", "choice"]).select("undl_id", "state_id", "choice")
