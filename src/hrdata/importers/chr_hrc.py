"""Votes of the Commission on Human Rights and the Human Rights Council: texts, and how members voted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from hrdata.columns import Columns
from hrdata.datasets.provenance import SourceKind
from hrdata.datasets.votes import Choice, VoteKind, VoteMethod, VoteOutcome
from hrdata.errors import UsageError
from hrdata.importers.harvest import File, Harvest, plain_count, slug_of, symbol_facts
from hrdata.importers.names import CODE, report_unknown_states, resolve_states
from hrdata.symbols import SymbolKind

WHERE = "github.com/lszoszk/hrc-voting, data/csv/resolutions.csv and data/csv/votes_long.csv"
TITLE = "Voting collection of the OHCHR library: Commission on Human Rights and Human Rights Council"
KIND = SourceKind.DATABASE
PUBLISHER = "lszoszk/hrc-voting, from the catalogue of the OHCHR library"
URL = "https://github.com/lszoszk/hrc-voting"
TERMS = "PolyForm Noncommercial; the records are public UN documents"

_TEXT = (
    *("record_id", "symbol", "title", "statement", "date", "year", "body", "vote_type", "meeting"),
    *("meeting_type", "main_sponsors", "draft", "yes", "no", "abstain", "nonvoting", "total", "n_rollcall"),
)
_BALLOT = ("record_id", "symbol", "date", "body", "iso3", "vote")
_OF_BOTH = ("symbol", "date", "body")
_BODIES = {
    "commission on human rights": "unchr",
    "chr": "unchr",
    "human rights council": "unhrc",
    "hrc": "unhrc",
}
_BODY = r"(?i)\b(Commission on Human Rights|Human Rights Council)\b"
_METHODS = {
    "RECORDED": VoteMethod.RECORDED_VOTE,
    "RECORDED, adopted at a closed meeting": VoteMethod.RECORDED_VOTE,
    "NON-RECORDED": VoteMethod.UNRECORDED_VOTE,
    "NON-RECORDED, adopted unanimously": VoteMethod.UNRECORDED_VOTE,
    "NON-RECORDED, no voting information available": VoteMethod.UNKNOWN,
    "ADOPTED WITHOUT VOTE": VoteMethod.WITHOUT_VOTE,
    # No vote was taken, and nothing was adopted.
    "WITHDRAWN": VoteMethod.UNKNOWN,
    "NOT CONSIDERED": VoteMethod.UNKNOWN,
}
_SAID_IN_FULL = ("RECORDED", "NON-RECORDED", "ADOPTED WITHOUT VOTE", "WITHDRAWN")
"""The values of vote_type that our columns say in full; any other is kept in the note too."""

_FATE = r"(?i)\b(adopted|rejected|withdrawn|no action|not acted upon|not considered)\b"
_SAYS_FATE = ("vote_type", "draft", "statement", "meeting")
"""Columns that say what came of a text. The first that does counts: the remark after an amendment
in `draft` is about that amendment, but `statement` and `meeting` can be about the resolution."""

_NO_ACTION = "no action"
_OUTCOMES = {
    "adopted": VoteOutcome.ADOPTED,
    "rejected": VoteOutcome.REJECTED,
    "withdrawn": VoteOutcome.WITHDRAWN,
    # What was carried is the motion.
    _NO_ACTION: VoteOutcome.ADOPTED,
}
_KINDS = {
    "resolution": VoteKind.RESOLUTION,
    "decision": VoteKind.DECISION,
    "presidential statement": VoteKind.DECLARATION,
    "amendment": VoteKind.AMENDMENT,
}
_KINDS_OF_SYMBOLS: dict[str, VoteKind] = {
    SymbolKind.RESOLUTION: VoteKind.RESOLUTION,
    SymbolKind.DECISION: VoteKind.DECISION,
    SymbolKind.PRESIDENTIAL_STATEMENT: VoteKind.DECLARATION,
    SymbolKind.DRAFT: VoteKind.DRAFT,
}
_CATALOGUED_AS = rf"(?i)\b({'|'.join(_KINDS)})\s*/$"
_SESSIONS = {"session": "", "special session": "S-", "organizational meeting": "OM/"}
_SESSION = rf"(?i) at its ([0-9]+)(?:st|nd|rd|th) ({'|'.join(_SESSIONS)})\b"
_CHOICES = {
    "Y": Choice.YES,
    "N": Choice.NO,
    "A": Choice.ABSTAIN,
    ".": Choice.NON_VOTING,
    "": Choice.NON_VOTING,
}


def read(harvest: Harvest, files: Iterable[File]) -> None:
    """Fill the harvest with `votes` and, when the votes of members are among the files, `ballots`.

    Left out: agenda items, links, the collection, and what one file repeats of the other.
    """
    texts: list[Columns] = []
    rolls: list[Columns] = []
    for upstream in [file.columns() for file in files]:
        (rolls if {"iso3", "vote"} <= set(upstream.header) else texts).append(upstream)
    if not texts:
        given = (
            f"{rolls[0].file}: says how members voted, but not on what" if rolls else "there is no CSV file"
        )
        raise UsageError(f"{given}; name the file of the texts too, resolutions.csv")
    votes = _read_texts(harvest, texts)
    if rolls:
        votes = _with_ballots(harvest, rolls, votes)
        for number, upstream in enumerate(texts):
            of_this_file = votes.filter(pl.col("file") == number, pl.col("n_rollcall") != "")
            odd = of_this_file.filter(pl.col("n_rollcall") != pl.col("in_files"))
            harvest.report(upstream, odd, "n_rollcall", "is not how many members' votes the files hold")
    harvest.tables["votes"] = votes


def _read_texts(harvest: Harvest, texts: list[Columns]) -> pl.DataFrame:
    """The votes of all files, with `file` and `row`, where each stands, and `day`, its date."""
    votes = pl.DataFrame(schema={"record_id": pl.String})
    for number, upstream in enumerate(texts):
        rows = harvest.take(upstream, _TEXT).select("row", pl.col(_TEXT).str.strip_chars())
        rows = harvest.dated(upstream, rows, "date", "%Y-%m-%d", "2005-04-07")
        rows = _with_body(harvest, upstream, rows)
        again = _repeats(rows, votes, ["record_id"])
        harvest.report(upstream, again, "record_id", "stands there a second time, and the first counts")
        first = rows.join(again, on="row", how="anti", maintain_order="left")
        read = _votes(harvest, upstream, first).with_columns(file=pl.lit(number))
        votes = pl.concat([votes, read], how="diagonal")
    return votes.with_columns(slug_of(votes["symbol"], votes["record_id"]))


def _with_body(harvest: Harvest, upstream: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `body_id`; those of other bodies are reported and left out."""
    rows = rows.with_columns(
        body_id=_body_of(pl.col("body")), named=_body_of(pl.col("statement").str.extract(_BODY))
    )
    odd = rows.filter(pl.col("body_id").is_null())
    harvest.report(upstream, odd, "body", "is neither Commission on Human Rights nor Human Rights Council")
    known = rows.drop_nulls("body_id")
    odd = known.filter(pl.col("named") != pl.col("body_id"))
    harvest.report(upstream, odd, "statement", "names another body than the column body, which counts")
    return known


def _body_of(name: pl.Expr) -> pl.Expr:
    return _translated(name.str.to_lowercase(), _BODIES)


def _repeats(rows: pl.DataFrame, known: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The rows whose key stands above them already, or in `known`."""
    within = rows.filter(~pl.struct(key).is_first_distinct())
    return pl.concat([within, rows.join(known, on=key, how="semi")]).unique("row").sort("row")


def _votes(harvest: Harvest, upstream: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """What each text says about the vote on it, and the columns that both kinds of files have."""
    odd_year = rows.filter(pl.col("year") != pl.col("date").str.slice(0, 4))
    harvest.report(upstream, odd_year, "year", "is not the year of the date, which counts")
    odd_type = rows.filter(~pl.col("vote_type").is_in(list(_METHODS)))
    harvest.report(upstream, odd_type, "vote_type", "is no kind of vote that hrdata knows")
    facts = symbol_facts(rows["symbol"], rows["meeting"]).select(
        pl.col("session").alias("session_of_symbol"), pl.col("kind").alias("kind_of_symbol")
    )
    fate = pl.coalesce(pl.col(name).str.extract(_FATE) for name in _SAYS_FATE).str.to_lowercase()
    said = pl.concat([rows, facts], how="horizontal").with_columns(
        fate=fate, outcome=_translated(fate, _OUTCOMES).fill_null(VoteOutcome.UNKNOWN.value)
    )
    return said.select(
        *("row", "day", "record_id", "body", "body_id", "date", "symbol", "title", "outcome", "yes", "no"),
        *("abstain", "n_rollcall"),
        plain_count("nonvoting").alias("non_voting"),
        plain_count("total").alias("members"),
        session=pl.coalesce(_session(), "session_of_symbol"),
        meeting=_meeting(),
        kind=_kind(),
        method=_translated(pl.col("vote_type"), _METHODS).fill_null(VoteMethod.UNKNOWN.value),
        roll_complete=pl.lit("false"),
        note=_note(),
    ).with_columns(plain_count(name) for name in ("yes", "no", "abstain", "n_rollcall"))


def _translated(column: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """Words of the files as ours, null where there is none."""
    return column.replace_strict(words, default=None, return_dtype=pl.String)


def _session() -> pl.Expr:
    """The session that the statement names plainly; `nuclear` ones had numbers of their own."""
    statement = pl.col("statement")
    sort = statement.str.extract(_SESSION, 2).str.to_lowercase()
    return pl.concat_str(_translated(sort, _SESSIONS), statement.str.extract(_SESSION))


def _meeting() -> pl.Expr:
    """The meeting; some rows have it in the column that says of which sort it was."""
    sort = pl.col("meeting_type")
    other = pl.when(sort.str.contains("^[0-9]+(?:st|nd|rd|th) meeting$")).then(sort).otherwise(pl.lit(""))
    return pl.when(pl.col("meeting") == "").then(other).otherwise("meeting")


def _kind() -> pl.Expr:
    """What was decided on: as the symbol has it, else as the library catalogued it."""
    catalogued = _translated(pl.col("title").str.extract(_CATALOGUED_AS).str.to_lowercase(), _KINDS)
    of_symbol = _translated(pl.col("kind_of_symbol"), _KINDS_OF_SYMBOLS)
    amends = (catalogued == VoteKind.AMENDMENT) | pl.col("draft").str.contains(r"(?i)^amendment\b")
    failed = pl.col("outcome").is_in([VoteOutcome.REJECTED, VoteOutcome.WITHDRAWN])
    return (
        pl.when(pl.col("fate") == _NO_ACTION)
        .then(pl.lit(VoteKind.NO_ACTION_MOTION.value))
        .when(amends)
        .then(pl.lit(VoteKind.AMENDMENT.value))
        .when(failed)
        .then(pl.lit(VoteKind.DRAFT.value))
        .otherwise(pl.coalesce(of_symbol, catalogued, pl.lit(VoteKind.UNKNOWN.value)))
    )


def _note() -> pl.Expr:
    """What a text says and no column of ours holds, in words."""
    said = {
        "vote type: ": pl.when(~pl.col("vote_type").is_in(_SAID_IN_FULL)).then("vote_type"),
        "draft: ": pl.col("draft"),
        "main sponsors: ": pl.col("main_sponsors"),
    }
    parts = [
        pl.when(column != "").then(pl.concat_str(pl.lit(label), column)) for label, column in said.items()
    ]
    record = pl.concat_str(pl.lit("record "), "record_id")
    return pl.concat_str(record, *parts, separator="; ", ignore_nulls=True)


def _with_ballots(harvest: Harvest, rolls: list[Columns], votes: pl.DataFrame) -> pl.DataFrame:
    """Fill `ballots`; the votes with `in_files`, how many rows there are for each, and `roll_complete`."""
    ballots = pl.DataFrame(schema=dict.fromkeys(("record_id", "state_id", "choice"), pl.String))
    stated = []
    for upstream in rolls:
        name = "country" if "country" in upstream.header else "country_latest"
        columns = (*_BALLOT, name)
        rows = harvest.take(upstream, columns).select("row", pl.col(columns).str.strip_chars())
        stated.append(rows.select("record_id"))
        rows = _of_known_texts(harvest, upstream, rows, votes)
        rows = _with_state(harvest, upstream, rows, name)
        rows = rows.with_columns(choice=_translated(pl.col("vote").str.to_uppercase(), _CHOICES))
        odd = rows.filter(pl.col("choice").is_null())
        harvest.report(upstream, odd, "vote", "is not Y, N, A, a dot or empty")
        rows = rows.drop_nulls("choice")
        again = _repeats(rows, ballots, ["record_id", "state_id"])
        harvest.report(upstream, again, "iso3", "has voted on this text already, and the first vote counts")
        first = rows.join(again, on="row", how="anti", maintain_order="left")
        ballots = pl.concat([ballots, first.select(ballots.columns)])
    ids = votes.select("record_id", "vote_id")
    harvest.tables["ballots"] = ballots.join(ids, on="record_id")
    in_files = pl.concat(stated).group_by("record_id").agg(pl.len().cast(pl.String).alias("in_files"))
    listed = ballots.group_by("record_id").agg(pl.len().cast(pl.String).alias("listed"))
    return (
        votes.join(in_files, on="record_id", how="left", maintain_order="left")
        .join(listed, on="record_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("in_files").fill_null("0"),
            roll_complete=(pl.col("listed") == pl.col("members")).fill_null(False).cast(pl.String),
        )
    )


def _of_known_texts(
    harvest: Harvest, upstream: Columns, rows: pl.DataFrame, votes: pl.DataFrame
) -> pl.DataFrame:
    """The rows with `day`, the date of their text; where they say other things of it, the text counts."""
    texts = votes.select("record_id", "day", *(pl.col(name).alias(f"text_{name}") for name in _OF_BOTH))
    both = rows.join(texts, on="record_id", how="left", maintain_order="left")
    strays = both.filter(pl.col("day").is_null())
    harvest.report(upstream, strays, "record_id", "is no text that was taken over")
    both = both.drop_nulls("day")
    for name in _OF_BOTH:
        own, other = pl.col(name), pl.col(f"text_{name}")
        same = _body_of(own).eq_missing(_body_of(other)) if name == "body" else own == other
        harvest.report(upstream, both.filter(~same), name, "differs from the text's, which counts")
    return both


def _with_state(harvest: Harvest, upstream: Columns, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows with `state_id`, by code, else by name; contradictions and unknown states are reported."""
    both = rows.with_columns(
        resolve_states(rows, "iso3", "day", CODE).alias("coded"),
        resolve_states(rows, name, "day").alias("named"),
    )
    contradicts = (pl.col("coded") != pl.col("named")).fill_null(False)
    harvest.report(upstream, both.filter(contradicts), name, "is another state than the code in iso3 says")
    known = both.filter(~contradicts).with_columns(state_id=pl.coalesce("coded", "named"))
    report_unknown_states(harvest, upstream, known, name)
    return known.drop_nulls("state_id")
