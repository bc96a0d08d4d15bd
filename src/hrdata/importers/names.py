"""Names and numbers of states to their codes, by date. Never guessed: an unknown name stays unknown.

The names are those of the canonical table `states` and the aliases in `state_aliases.csv`, which
says of each from when until when it means which state.
"""

from __future__ import annotations

import difflib
import unicodedata
from functools import cache
from importlib import resources

import polars as pl

from hrdata.check import LISTED_PER_CHECK
from hrdata.columns import Columns
from hrdata.importers.harvest import Harvest, canonical_tables

NAME, COW, CODE = "name", "cow", "code"
"""Schemes: a written name, a Correlates of War number, an ISO 3166 alpha-3 code."""

NEAR = 0.8
"""How alike two names must be for one to be suggested for the other; 1 is the same."""

_UNIFIED = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-"})


def folded(name: str) -> str:
    """A name as it is compared: without regard to case, width, spacing and kinds of apostrophes.

    >>> folded("CÔTE  D’IVOIRE") == folded("Côte d'Ivoire")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name.translate(_UNIFIED)).casefold().split())


@cache
def known_names() -> pl.DataFrame:
    """Every name: `scheme`, `name`, `folded`, `state_id`, `valid_from`, `valid_until` (no longer then)."""
    states = canonical_tables("states")["states"]
    aliases = pl.read_csv(
        (resources.files("hrdata") / "importers" / "state_aliases.csv").read_bytes(), infer_schema=False
    )
    always = pl.lit(None, pl.String)
    named = states.select(
        pl.lit(NAME).alias("scheme"), "name", "state_id", valid_from=always, valid_until=always
    )
    coded = states.select(
        pl.lit(CODE).alias("scheme"),
        name="state_id",
        state_id="state_id",
        valid_from=always,
        valid_until=always,
    )
    every = pl.concat([named, coded, aliases.select(named.columns)]).with_columns(
        pl.col("name").map_elements(folded, return_dtype=pl.String).alias("folded"),
        pl.col("valid_from", "valid_until").str.to_date("%Y-%m-%d"),
    )
    # An alias that is dated rules over the plain name of a state.
    dated = every.filter(pl.col("valid_from").is_not_null() | pl.col("valid_until").is_not_null())
    plain = every.join(dated, on=["scheme", "folded"], how="anti")
    once = ["scheme", "folded", "valid_from", "valid_until"]
    return pl.concat([dated, plain]).unique(once, keep="first", maintain_order=True)


def resolve_states(frame: pl.DataFrame, name: str, date: str, scheme: str = NAME) -> pl.Series:
    """The code of the state that each row names, null where nothing known fits the name on that date.

    `date` is a column of type date.
    """
    asked = frame.select(pl.col(name).alias("name"), pl.col(date).alias("date")).unique()
    asked = asked.with_columns(pl.col("name").map_elements(folded, return_dtype=pl.String).alias("folded"))
    found = asked.join(known_names().filter(pl.col("scheme") == scheme), on="folded").filter(
        (pl.col("valid_from").is_null() | (pl.col("valid_from") <= pl.col("date")))
        & (pl.col("valid_until").is_null() | (pl.col("date") < pl.col("valid_until")))
    )
    answers = found.select("name", "date", "state_id").unique(["name", "date"], keep="none")
    joined = frame.select(pl.col(name).alias("name"), pl.col(date).alias("date")).join(
        answers, on=["name", "date"], how="left", maintain_order="left"
    )
    return joined["state_id"]


def nearest_hint(name: str) -> str:
    """What to say of an unknown name: the known one that comes nearest to it, or nothing."""
    names = known_names().filter(pl.col("scheme") == NAME)
    near = difflib.get_close_matches(folded(name), names["folded"].unique().to_list(), n=1, cutoff=NEAR)
    if not near:
        return ""
    written = names.filter(pl.col("folded") == near[0])["name"].sort()[-1]
    return f"; the nearest known name is {written}"


def report_unknown_states(harvest: Harvest, upstream: Columns, rows: pl.DataFrame, name: str) -> None:
    """Report the rows whose `state_id` is empty, each unknown name with the known one nearest to it."""
    lost = rows.filter(pl.col("state_id").is_null())
    names = lost[name].unique(maintain_order=True)
    reason = "is no state that hrdata knows on that date"
    for unknown in names.head(LISTED_PER_CHECK):
        named = lost.filter(pl.col(name) == unknown)
        harvest.report(upstream, named, name, reason + nearest_hint(unknown))
    # To look for the nearest name takes long, and nobody reads so many.
    others = names[LISTED_PER_CHECK:]
    harvest.report(upstream, lost.filter(pl.col(name).is_in(others.implode())), name, reason)
