"""What an imported package needs besides its own rows: states, bodies and seats, sources, citations."""

from __future__ import annotations

from types import ModuleType

import polars as pl

from hrdata.datasets.provenance import WHOLE, SourceKind
from hrdata.importers.harvest import Harvest, canonical_tables

CANONICAL = "hrdata"
"""The source of the states, bodies and seats that an import takes from the canonical package."""


def add_surroundings(harvest: Harvest, name: str, upstream: ModuleType, files: list[str]) -> None:
    """Add the tables that the checks need, and cite every table as a whole."""
    own = list(harvest.tables)
    canonical = canonical_tables("states", "bodies", "body_seats")
    harvest.tables |= canonical
    harvest.tables["bodies"] = _with_parents(canonical["bodies"], _bodies_of(harvest))
    sources = [
        {
            "source_id": name,
            "kind": SourceKind.UN_RECORD,
            "title": upstream.TITLE,
            "publisher": upstream.PUBLISHER,
            "language": "en",
            "url": upstream.URL,
            "terms": upstream.TERMS,
        },
        {
            "source_id": CANONICAL,
            "kind": SourceKind.DATABASE,
            "title": "hrdata, the canonical package that comes with the library",
            "language": "en",
            "terms": "CC-BY-4.0",
        },
    ]
    harvest.tables["sources"] = pl.DataFrame(sources)
    taken_over = _cited(own, name, ", ".join(files))
    harvest.tables["citations"] = pl.concat([taken_over, _cited(list(canonical), CANONICAL, "same table")])


def _bodies_of(harvest: Harvest) -> set[str]:
    using = (harvest.tables[name] for name in ("votes", "body_seats", "events") if name in harvest.tables)
    columns = [table["body_id"] for table in using]
    return {body for column in columns for body in column.unique().to_list()}


def _with_parents(bodies: pl.DataFrame, wanted: set[str]) -> pl.DataFrame:
    """The rows of the wanted bodies, and of the bodies that they belong to."""
    parents = dict(bodies.select("body_id", "parent").iter_rows())
    known: set[str] = set()
    while wanted - known:
        known |= wanted
        wanted = {parents[body] for body in wanted if parents.get(body)}
    return bodies.filter(pl.col("body_id").is_in(list(known)))


def _cited(tables: list[str], source_id: str, locator: str) -> pl.DataFrame:
    """Citations of each table as a whole."""
    whole = {"row_id": WHOLE, "field": WHOLE, "source_id": source_id, "locator": locator}
    return pl.DataFrame([{"table": table, **whole} for table in tables])
