"""Voeten's General Assembly votes: roll calls with their descriptions, and one row per vote and state.

There are two kinds of files, told apart by their columns: the votes (`UNVotes*.csv`), and the
descriptions, which add a title, the printed totals, and whether an amendment or only a paragraph was
voted on. Either will do alone. Where both speak of a roll call and differ, the description counts.

No column says what came of a vote, and none says what was voted on: that is known of amendments, of
references that stand for the symbol of a resolution, and of the numbers that are kept for decisions.
Left out are the issue codes (`me` `nu` `di` `hr` `co` `ec`), for which there is no column; `year`, in
which the session began; and `member`, which says of a session what vote 9 says of each roll call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from hrdata.columns import Columns
from hrdata.datasets.provenance import SourceKind
from hrdata.datasets.votes import Choice, VoteKind, VoteMethod, VoteOutcome
from hrdata.importers.harvest import File, Harvest, plain_count, slug_of
from hrdata.importers.names import COW, resolve_states

WHERE = "Harvard Dataverse, hdl:1902.1/12379: UNVotes*.csv, descriptions*.csv, or both"
TITLE = "Erik Voeten: United Nations General Assembly voting data"
KIND = SourceKind.DATABASE
PUBLISHER = "Harvard Dataverse"
URL = "https://hdl.handle.net/1902.1/12379"
TERMS = "CC0"

_CHOICES = {"1": Choice.YES, "2": Choice.ABSTAIN, "3": Choice.NO, "8": Choice.NON_VOTING}
_NOT_A_MEMBER = "9"
_SHARED = ("rcid", "session", "importantvote", "date", "unres")
_OF_A_BALLOT = (*_SHARED, "ccode", "vote")
_OF_A_DESCRIPTION = (*_SHARED, "amend", "para", "yes", "no", "abstain", "short", "descr")
_IN_WORDS = ("date", "unres", "short", "descr")
_FLAGS = ("importantvote", "amend", "para")

_ISSUE_CODES = "(\t[01]){6}$"
"""What some descriptions end with: the cells after them, each with a tab before it."""
_DATE = "^([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})$"
_LAST_WITHOUT_DAYS = 57
"""Up to this session, dates have a number from 1 to 7 where the day should be."""

_REFERENCE = re.compile("R/([1-9][0-9]?)/([1-9][0-9]{0,3})([A-Z]?)(?:/([A-Z]|[IVX]{1,6}))?")
_SPECIAL = re.compile("(ES|S)S/([1-9][0-9]?)(?:/.*)?")
_FIRST_BY_NUMBER, _FIRST_BY_PART, _FIRST_BY_SESSION = 18, 30, 31
"""The sessions from which references number resolutions, name their parts, and start anew at 1.

Before, the numbers are not those of resolutions, and the letters count the roll calls on one text.
"""
_LAST_OF_300 = 56
"""Up to this session the numbers of decisions began with 301; later ones begin with 401."""
_NUMERALS = (
    *("XVIII", "XIX", "XX", "XXI", "XXII", "XXIII"),
    *("XXIV", "XXV", "XXVI", "XXVII", "XXVIII", "XXIX", "XXX"),
)
"""The sessions from `_FIRST_BY_NUMBER` on, as symbols had them."""

_Source = tuple[Columns, pl.DataFrame]


def read(harvest: Harvest, files: Iterable[File]) -> None:
    """Fill the harvest with `votes` and, where a file has them, `ballots`."""
    rolls: list[_Source] = []
    descriptions: list[_Source] = []
    for file in files:
        upstream = file.columns()
        is_roll = "ccode" in upstream.header
        rows = _rows(harvest, upstream, _OF_A_BALLOT if is_roll else _OF_A_DESCRIPTION)
        (rolls if is_roll else descriptions).append((upstream, rows))
    calls = _calls(harvest, descriptions + rolls)
    ballots = [_ballots(harvest, upstream, rows, calls) for upstream, rows in rolls]
    complete = _complete([rows for _, rows in rolls], ballots)
    votes = _votes(calls.join(_described(harvest, descriptions), on="rcid", how="left"), complete)
    harvest.tables["votes"] = votes
    if ballots:
        harvest.tables["ballots"] = pl.concat(ballots).join(votes.select("rcid", "vote_id"), on="rcid")


def _rows(harvest: Harvest, upstream: Columns, needed: tuple[str, ...]) -> pl.DataFrame:
    """The rows with their numbers in plain digits, null for an empty cell, and `day`, of type date.

    Vote 9 says that there was no ballot, and so do tables without one: such rows are left out.
    """
    cells = [pl.col(name).str.strip_chars() if name in _IN_WORDS else plain_count(name) for name in needed]
    rows = harvest.take(upstream, needed).select("row", *cells)
    if "vote" in needed:
        rows = rows.filter(pl.col("vote") != _NOT_A_MEMBER)
    is_number = pl.col("rcid").str.contains("^[0-9]{1,9}$")
    harvest.report(upstream, rows.filter(~is_number), "rcid", "is not the number of a roll call")
    rows = rows.filter(is_number).with_columns(pl.col(needed).replace("", None))
    flags = [name for name in _FLAGS if name in needed]
    is_flag = pl.col(flags).is_in(["0", "1"])
    for name in flags:
        harvest.report(upstream, rows.filter(~pl.col(name).is_in(["0", "1"])), name, "is not 0, 1 or empty")
    date = pl.when(pl.col("date").str.contains(_DATE)).then(pl.col("date"))
    forms = [date.str.to_date(form, strict=False) for form in ("%m/%d/%Y", "%Y-%m-%d")]
    return rows.with_columns(pl.when(is_flag).then(pl.col(flags)), pl.coalesce(forms).alias("day"))


def _calls(harvest: Harvest, sources: list[_Source]) -> pl.DataFrame:
    """What the rows of a roll call have in common; where they do not, the first row that says it counts."""
    shared = {"session": "session", "importantvote": "importantvote", "unres": "unres", "day": "date"}
    nothing = pl.DataFrame(schema={"rcid": pl.String, **dict.fromkeys(shared, pl.String), "day": pl.Date})
    said = [rows.select("rcid", *shared).unique(maintain_order=True) for _, rows in sources]
    first = [pl.col(name).drop_nulls().first() for name in shared]
    calls = pl.concat([nothing, *said]).group_by("rcid", maintain_order=True).agg(first)
    for upstream, rows in sources:
        both = rows.join(calls, on="rcid", suffix="_first", maintain_order="left")
        for name, column in shared.items():
            odd = both.filter(pl.col(name) != pl.col(f"{name}_first"))
            harvest.report(
                upstream,
                odd,
                column,
                "differs from the description or the first row of this roll call, which counts",
            )
        undated = pl.col("day").is_null() & (pl.col("date").is_not_null() | pl.col("day_first").is_null())
        harvest.report(
            upstream, both.filter(undated), "date", "is not a date such as 12/31/1946 or 1946-12-31"
        )
    return calls.drop_nulls("day")


def _described(harvest: Harvest, descriptions: list[_Source]) -> pl.DataFrame:
    """What only the descriptions say: one row for each roll call."""
    names = [name for name in _OF_A_DESCRIPTION if name not in _SHARED]
    nothing = pl.DataFrame(schema=dict.fromkeys(("rcid", *names), pl.String))
    known = nothing
    for upstream, rows in descriptions:
        is_new = pl.col("rcid").is_first_distinct() & ~pl.col("rcid").is_in(known["rcid"].implode())
        harvest.report(
            upstream, rows.filter(~is_new), "rcid", "is described twice, and the first description counts"
        )
        known = pl.concat([known, rows.filter(is_new).select(nothing.columns)])
    return known


def _ballots(harvest: Harvest, upstream: Columns, rows: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    dated = rows.select("row", "rcid", "ccode", "vote").join(
        calls.select("rcid", "day"), on="rcid", maintain_order="left"
    )
    named = dated.with_columns(
        resolve_states(dated, "ccode", "day", scheme=COW).alias("state_id"),
        pl.col("vote").replace_strict(_CHOICES, default=None, return_dtype=pl.String).alias("choice"),
    )
    unknown, odd = (named.filter(pl.col(name).is_null()) for name in ("state_id", "choice"))
    harvest.report(
        upstream, unknown, "ccode", "is no Correlates of War number that hrdata knows on that date"
    )
    harvest.report(upstream, odd, "vote", "is not 1, 2, 3, 8 or 9")
    return named.drop_nulls(["state_id", "choice"]).select("rcid", "state_id", "choice")


def _complete(rolls: list[pl.DataFrame], ballots: list[pl.DataFrame]) -> pl.Series:
    """The roll calls of which every row that speaks of a ballot became one."""
    nothing = pl.DataFrame(schema={"rcid": pl.String})
    listed, taken = (
        pl.concat([nothing, *(rows.select("rcid") for rows in several)]).group_by("rcid").len()
        for several in (rolls, ballots)
    )
    return listed.join(taken, on=["rcid", "len"])["rcid"]


def _votes(calls: pl.DataFrame, complete: pl.Series) -> pl.DataFrame:
    coded = calls.select("session", "unres", "amend", "para")
    facts = pl.DataFrame(
        [_facts(*row) for row in coded.iter_rows()],
        schema=dict.fromkeys(("met_as", "symbol", "kind"), pl.String),
        orient="row",
    )
    ids = slug_of(facts["symbol"], calls.select("rcid-" + pl.col("rcid")).to_series())
    has_days = pl.col("session").cast(pl.Int64, strict=False) > _LAST_WITHOUT_DAYS
    whole, month = (pl.col("day").dt.strftime(form) for form in ("%Y-%m-%d", "%Y-%m"))
    known = pl.concat([calls, facts], how="horizontal")
    return known.select(
        *("rcid", "symbol", "kind", "yes", "no", "abstain"),
        ids.str.replace("^vote-", "unga-"),
        body_id=pl.lit("unga"),
        session=pl.coalesce("met_as", "session"),
        date=pl.when(has_days).then(whole).otherwise(month),
        title=_title(),
        method=pl.lit(VoteMethod.RECORDED_VOTE.value),
        outcome=pl.lit(VoteOutcome.UNKNOWN.value),
        roll_complete=pl.col("rcid").is_in(complete.implode()).cast(pl.String),
        note=_note(),
    )


def _facts(
    session: str | None, reference: str | None, amend: str | None, para: str | None
) -> tuple[str | None, str, str]:
    """The special session at which it was, the symbol of the text and the kind of the vote."""
    special, regular = _SPECIAL.fullmatch(reference or ""), _REFERENCE.fullmatch(reference or "")
    met_as = f"{special[1]}-{special[2]}" if special else None
    symbol, kind = "", VoteKind.UNKNOWN
    if regular and regular[1] == session:
        met_in, number = int(regular[1]), int(regular[2])
        if _is_decision(met_in, number):
            kind = VoteKind.DECISION
        else:
            part = "-".join(filter(None, regular.group(3, 4)))
            symbol = _symbol(met_in, number, part, is_whole_text=amend == para == "0")
            kind = VoteKind.RESOLUTION if symbol else kind
    return met_as, symbol, VoteKind.AMENDMENT if amend == "1" else kind


def _is_decision(session: int, number: int) -> bool:
    """Whether a number is one of those kept for decisions, which have no symbols."""
    return session >= _FIRST_BY_SESSION and number > (400 if session > _LAST_OF_300 else 300)


def _symbol(session: int, number: int, part: str, is_whole_text: bool) -> str:
    """The symbol that a reference stands for, where that is certain."""
    if session >= _FIRST_BY_SESSION:
        return f"A/RES/{session}/{number}{part}"
    if session >= _FIRST_BY_PART or (session >= _FIRST_BY_NUMBER and is_whole_text and not part):
        return f"A/RES/{number}({_NUMERALS[session - _FIRST_BY_NUMBER]}){part}"
    return ""


def _title() -> pl.Expr:
    """What a vote was about: the keyword and the text, or what is there of them, else its number."""
    short, descr = pl.col("short"), pl.col("descr").str.replace(_ISSUE_CODES, "")
    both = pl.concat_str(short, descr, separator=": ")
    text = pl.when(descr.str.starts_with(short)).then(descr).otherwise(both)
    return pl.coalesce(text, short, descr, "Roll call " + pl.col("rcid"))


def _note() -> pl.Expr:
    """What the source says of a vote that no column holds."""
    refers = pl.when(pl.col("symbol") == "").then("The source refers to " + pl.col("unres") + ".")
    on_a_paragraph = pl.when(pl.col("para") == "1").then(pl.lit("Only on a paragraph, says the source."))
    important = pl.when(pl.col("importantvote") == "1").then(
        pl.lit("Listed as important by the United States Department of State.")
    )
    return pl.concat_str(refers, on_a_paragraph, important, separator=" ", ignore_nulls=True)
