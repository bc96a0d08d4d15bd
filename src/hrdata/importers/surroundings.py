"""What an imported package needs besides its own rows: states, bodies and seats, sources, citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import polars as pl

from hrdata.datasets import MODELS
from hrdata.datasets.provenance import UNCITED, WHOLE, SourceKind
from hrdata.importers.harvest import Harvest, canonical_tables
from hrdata.parse import fields_of

SURROUNDINGS = ("states", "bodies", "body_seats")
"""Tables that others take from the canonical package: who could vote, and where."""

CANONICAL: dict[str, str] = {
    "source_id": "hrdata",
    "kind": SourceKind.DATABASE,
    "title": "hrdata, the canonical package that comes with the library",
    "language": "en",
    "terms": "CC-BY-4.0",
}
"""The canonical package as a source of these tables."""


def add_surroundings(harvest: Harvest, name: str, upstream: ModuleType, files: list[str]) -> None:
    """Add the tables that the checks need, and cite every table as a whole.

    The rows of `sources` and `citations` that a format has of its own are kept.
    """
    own = [table for table in harvest.tables if table not in UNCITED]
    canonical = canonical_tables(*SURROUNDINGS)
    seats = {"body_seats": canonical["body_seats"]} if "votes" in own else {}
    named = _bodies_of(harvest.tables | seats)
    bodies = {"bodies": _with_parents(canonical["bodies"], named)} if named else {}
    added = {"states": canonical["states"], **bodies, **seats}
    harvest.tables |= added
    sources = [
        {
            "source_id": name,
            "kind": upstream.KIND,
            "title": upstream.TITLE,
            "publisher": upstream.PUBLISHER,
            "language": "en",
            "url": upstream.URL,
            "terms": upstream.TERMS,
        },
        CANONICAL,
    ]
    cited = [cite_tables(own, name, files), cite_canonical(list(added))]
    for table, rows in {"sources": pl.DataFrame(sources), "citations": pl.concat(cited)}.items():
        of_the_format = [harvest.tables[table]] if table in harvest.tables else []
        every = pl.concat([rows, *of_the_format], how="diagonal")
        harvest.tables[table] = every.unique(MODELS[table].KEY, keep="first").sort(MODELS[table].KEY)


def _bodies_of(tables: Mapping[str, pl.DataFrame]) -> set[str]:
    """The bodies that the rows of some tables refer to."""
    columns = [
        table[field.name]
        for name, table in tables.items()
        for field in fields_of(MODELS[name])
        if field.refers_to == "bodies" and field.name in table.columns
    ]
    return {body for column in columns for body in column.unique().to_list() if body}


def _with_parents(bodies: pl.DataFrame, wanted: set[str]) -> pl.DataFrame:
    """The rows of the wanted bodies, and of the bodies that they belong to."""
    parents = dict(bodies.select("body_id", "parent").iter_rows())
    known: set[str] = set()
    while wanted - known:
        known |= wanted
        wanted = {parents[body] for body in wanted if parents.get(body)}
    return bodies.filter(pl.col("body_id").is_in(list(known)))


def cite_canonical(tables: Sequence[str]) -> pl.DataFrame:
    """Citations of tables that were taken from the canonical package as they stand there."""
    return cite_tables(tables, CANONICAL["source_id"], ["same table"])


def cite_tables(tables: Sequence[str], source_id: str, locators: Sequence[str]) -> pl.DataFrame:
    """Citations of each table as a whole, one for each locator."""
    whole = {"row_id": WHOLE, "field": WHOLE, "source_id": source_id}
    return pl.DataFrame(
        [{"table": table, **whole, "locator": locator} for table in tables for locator in locators]
    )
