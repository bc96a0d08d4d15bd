"""UPR Info exports: recommendations and voluntary pledges of the Universal Periodic Review, one per row.

A recommendation makes its state a participant of the review; how many it made, and the responses in
the words of the export, stand in the participant's note. A state does not take part in its own review,
so its pledges are counted in the note of the review. Left out, since no table holds them: the texts,
the codes of action and issue, and the regional groups and organisations of the states.

The export names the session of a review, not its day. A review is dated by the days of its session,
and its note says so. The documents where these stand are in `upr_sessions.csv`, and are cited for the
dates: reports of the working group, save one. The second cycle began with session 13: session 17 was its
fifth (OHCHR, 17 October 2013).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from functools import cache
from importlib import resources

import polars as pl

from hrdata.check import filled
from hrdata.columns import Columns
from hrdata.datasets.provenance import WHOLE, SourceKind
from hrdata.datasets.upr import TallyStance, UprRole
from hrdata.importers.harvest import File, Harvest, plain_count
from hrdata.importers.names import report_unknown_states, resolve_states

WHERE = "upr-info.org, database of recommendations and voluntary pledges (CSV)"
TITLE = "UPR Info: recommendations and voluntary pledges of the Universal Periodic Review"
KIND = SourceKind.DATABASE
PUBLISHER = "UPR Info"
URL = "https://upr-info.org"
TERMS = "None stated"

_OF_A_ROW = ("To", "Text", "From", "Response", "Session")
_TEXTS = ("state_id", "session", "cycle", "date", "year", "source", "by_id", "by", "Text", "Response")
_ROWS = pl.Schema(
    dict.fromkeys(_TEXTS, pl.String())
    | {"copy": pl.Int64(), "is_pledge": pl.Boolean(), "is_whole": pl.Boolean()}
)
_SAME = ("state_id", "session", "by", "Text", "copy")
"""What a row is known by; texts that stand twice in one file are told apart by `copy`."""

_REVIEW = ("state_id", "session")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(harvest: Harvest, files: Iterable[File]) -> None:
    """Fill the harvest with `upr_reviews`, `upr_participants` and `upr_tallies`, and say where dates stand.

    A row is a recommendation or a pledge. One that stands in two files counts once.
    """
    every = _ROWS.to_frame()
    for file in files:
        upstream = _decoded(file).columns()
        rows = _rows(harvest, upstream)
        both = rows.join(every, on=_SAME, suffix="_first", maintain_order="left")
        odd = both.filter(pl.col("Response") != pl.col("Response_first"))
        harvest.report(
            upstream, odd, "Response", "differs from the response in a file read before, and that one counts"
        )
        every = pl.concat([every, rows.join(every, on=_SAME, how="anti").select(_ROWS.names())])
    named = every.join(_review_ids(every), on=_REVIEW)
    recommendations = named.filter(~pl.col("is_pledge"))
    harvest.tables["upr_reviews"] = _reviews(named)
    harvest.tables["upr_participants"] = _participants(recommendations)
    harvest.tables["upr_tallies"] = _tallies(recommendations)
    harvest.tables |= _documents(named)


def _decoded(file: File) -> File:
    """The file in UTF-8 with lines that end in LF, each on the line where it was.

    Most editions come in Mac Roman with bare CR. A file with a byte order mark says itself what it is.
    """
    data = file.data
    if not data.startswith(_BYTE_ORDER_MARKS):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("mac_roman").encode()
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # A file whose last line is ended as well is read in one go.
    return File(file.name, data if data.endswith(b"\n") else data + b"\n")


@cache
def _sessions() -> pl.DataFrame:
    """The sessions of the working group, with the document that says on which days each met.

    Columns: `session`, `cycle`, `first_day`, `date`, `year`; `document`, `locator`, `language`, `url`;
    `source`, the document and the place in it.
    """
    table = (resources.files("hrdata") / "importers" / "upr_sessions.csv").read_bytes()
    return pl.read_csv(table, infer_schema=False).select(
        "session",
        "cycle",
        *("document", "locator", "language", "url"),
        filled("{}, {}", "document", "locator").alias("source"),
        pl.col("first_day").str.to_date("%Y-%m-%d"),
        pl.col("first_day").str.head(4).alias("year"),
        filled("{}/{}", "first_day", "last_day").alias("date"),
    )


def _rows(harvest: Harvest, upstream: Columns) -> pl.DataFrame:
    """The rows whose review is known; `by_id` is null where the recommending state is not."""
    rows = harvest.take(upstream, _OF_A_ROW).select(
        "row", *_OF_A_ROW, plain_count("Session").alias("session")
    )
    dated = rows.join(_sessions(), on="session", how="left", maintain_order="left")
    other = dated.filter(pl.col("date").is_null())
    harvest.report(upstream, other, "Session", "is no session that hrdata knows the days of")
    dated = dated.drop_nulls("date")
    dated = dated.with_columns(resolve_states(dated, "To", "first_day").alias("state_id"))
    report_unknown_states(harvest, upstream, dated, "To")
    placed = dated.drop_nulls("state_id")
    by = resolve_states(placed, "From", "first_day")
    report_unknown_states(harvest, upstream, placed.with_columns(by.alias("state_id")), "From")
    # A row that is lost may be of any review, unless it names another session.
    elsewhere = other.filter(pl.col("session").str.contains("^[0-9]+$"))
    is_whole = placed.height + elsewhere.height == upstream.frame.height
    rows = placed.with_columns(
        pl.col("Text", "Response").str.strip_chars(), by.alias("by_id"), pl.lit(is_whole).alias("is_whole")
    ).with_columns(
        pl.coalesce("by_id", "From").alias("by"),
        (pl.col("Response").str.to_lowercase() == "voluntary pledge").alias("is_pledge"),
    )
    times = pl.int_range(pl.len()).over("state_id", "session", "by", "Text")
    return _own_pledges(harvest, upstream, rows).with_columns(times.alias("copy"))


def _own_pledges(harvest: Harvest, upstream: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without the pledges that are not made by the state under review."""
    stray = pl.col("is_pledge") & (pl.col("by_id") != pl.col("state_id")).fill_null(True)
    others = rows.filter(stray & pl.col("by_id").is_not_null())
    harvest.report(upstream, others, "From", "makes a voluntary pledge in the review of another state")
    return rows.filter(~stray)


def _review_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """An identifier for each review: state and year, with the session where that is not unique."""
    plain = filled("{}-{}", pl.col("state_id").str.to_lowercase(), "year")
    reviews = rows.select(*_REVIEW, plain.alias("plain")).unique()
    return reviews.select(
        *_REVIEW,
        pl.when(pl.len().over("plain") == 1)
        .then("plain")
        .otherwise(filled("{}-{}", "plain", "session"))
        .alias("review_id"),
    )


def _reviews(rows: pl.DataFrame) -> pl.DataFrame:
    reviews = rows.select("review_id", *_REVIEW, "cycle", "date", "source").unique("review_id")
    pledges = rows.filter("is_pledge").group_by("review_id").agg(pl.len().alias("pledges"))
    notes = (
        "note",
        filled("{}.", _number_of("pledges", "voluntary pledge")),
        filled("The date is that of the session ({}).", "source"),
    )
    return (
        reviews.join(_counted(rows.filter(~pl.col("is_pledge")), "review_id"), on="review_id", how="left")
        .join(pledges, on="review_id", how="left")
        .with_columns(pl.concat_str(*notes, separator=" ", ignore_nulls=True).alias("note"))
    )


def _documents(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The documents on the sessions of the reviews: rows for `sources`, and the `citations` of the dates."""
    document = pl.col("document").str.to_lowercase().str.replace_all("[^a-z0-9]+", "-")
    cited = _sessions().join(rows, on="session", how="semi").with_columns(document.alias("source_id"))
    return {
        "sources": cited.select(
            *("source_id", "language", "url"),
            kind=pl.lit(SourceKind.UN_DOCUMENT.value),
            title="document",
            publisher=pl.lit("United Nations"),
            terms=pl.lit("© United Nations"),
            note=filled("Says on which days session {} of the working group met.", "session"),
        ),
        "citations": cited.select(
            "source_id",
            locator=filled("{}, on session {}", "locator", "session"),
            table=pl.lit("upr_reviews"),
            row_id=pl.lit(WHOLE),
            field=pl.lit("date"),
        ),
    }


def _participants(recommendations: pl.DataFrame) -> pl.DataFrame:
    named = recommendations.drop_nulls("by_id").select("review_id", "Response", state_id="by_id")
    role = pl.lit(UprRole.RECOMMENDING.value)
    return _counted(named, "review_id", "state_id").with_columns(role.alias("role"))


def _tallies(recommendations: pl.DataFrame) -> pl.DataFrame:
    """How many states each review's rows name, with no upper end where a row names none."""
    states = pl.col("by_id").drop_nulls().n_unique()
    return (
        recommendations.group_by("review_id")
        .agg(
            states.clip(lower_bound=1).alias("count_min"),
            (pl.col("is_whole") & pl.col("by_id").is_not_null()).all().alias("list_complete"),
        )
        .with_columns(
            pl.when("list_complete").then("count_min").alias("count_max"),
            role=pl.lit(UprRole.RECOMMENDING.value),
            stance=pl.lit(TallyStance.ANY.value),
        )
        .with_columns(pl.col("count_min", "count_max", "list_complete").cast(pl.String))
    )


def _counted(recommendations: pl.DataFrame, *of: str) -> pl.DataFrame:
    """How many recommendations there are of each `of`, by response in the words of the export, as `note`."""
    response = pl.when(pl.col("Response") == "").then(pl.lit("without response")).otherwise("Response")
    each = recommendations.group_by(*of, response.alias("response")).agg(pl.len().alias("times"))
    counted = (
        each.sort("response")
        .group_by(*of, maintain_order=True)
        .agg(pl.col("times").sum(), filled("{} {}", "response", "times").str.join(", ").alias("responses"))
    )
    number = _number_of("times", "recommendation")
    return counted.select(*of, filled("{}: {}.", number, "responses").alias("note"))


def _number_of(count: str, noun: str) -> pl.Expr:
    """A number with its noun: 1 pledge, 2 pledges."""
    one = pl.col(count) == 1
    return filled("{} {}", count, pl.when(one).then(pl.lit(noun)).otherwise(pl.lit(f"{noun}s")))
