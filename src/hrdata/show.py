"""Look a row up: what it says, what belongs to it, where it stands, and where sources disagree."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hrdata.datasets import MODELS
from hrdata.datasets.provenance import WHOLE
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.package import Package
from hrdata.parse import fields_of
from hrdata.report.terminal import Speaker, counted
from hrdata.validate import validate_package

if TYPE_CHECKING:
    from rich.console import Console

Cells = dict[str, str]


def rows_of(package: Package, table: str) -> list[Cells]:
    """Every row of a table as text, in the order of the file."""
    if table not in MODELS:
        known = ", ".join(MODELS)
        if table in package.tables:
            raise UsageError(f"{table} is a table of your own, and show knows only those of hrdata: {known}")
        raise UsageError(f"there is no table {table}; the tables are {known}")
    if table not in package.tables:
        raise EnvironmentFault(f"{package.label}: has no readable table {table}; hrdata validate says why")
    return list(package.tables[table].frame.iter_rows(named=True))


def look_up(package: Package, table: str, row_id: str) -> dict[str, Any]:
    """A row with all that the package says about it.

    Keys: `table`, `row_id`, `row`; `related`, the rows of other tables that refer to it, by
    table; `citations`, each with the title of its source; `disagreements`, the findings of CIT202
    about it, with the reason if they are known; `findings`, all others.

    >>> from hrdata.package import bundled_package, read_package
    >>> view = look_up(read_package(bundled_package()), "votes", "unga-61-174")
    >>> view["row"]["yes"]
    '99'
    """
    rows = {_row_id(table, row): row for row in rows_of(package, table)}
    if row_id not in rows:
        named = [id for id, row in rows.items() if row_id in (row.get("symbol"), row.get("name"))]
        row_id = named[0] if len(named) == 1 else row_id
    if row_id not in rows:
        near = [id for id in rows if id.startswith(row_id)][:3] or difflib.get_close_matches(
            row_id, rows, n=3
        )
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; hrdata show {table} lists them"
        raise UsageError(f"there is no row {row_id} in {table}{hint}")
    about = [f for f in validate_package(package).findings if f.table == table and f.row_id == row_id]
    return {
        "table": table,
        "row_id": row_id,
        "row": rows[row_id],
        "related": dict(_related(package, table, row_id)),
        "citations": list(_citations(package, table, row_id)),
        "disagreements": [_as_dict(f) for f in about if f.check == "CIT202"],
        "findings": [_as_dict(f) for f in about if f.check != "CIT202"],
    }


def _as_dict(finding: Any) -> dict[str, str]:
    return {
        "check": finding.check,
        "field": finding.field,
        "source_id": finding.source_id,
        "message": finding.message,
        "waived": finding.waived,
    }


def _row_id(table: str, row: Cells) -> str:
    return "|".join(row.get(part, "") for part in MODELS[table].KEY)


def _related(package: Package, table: str, row_id: str) -> Iterator[tuple[str, list[Cells]]]:
    """Rows of other tables whose key refers to the row."""
    for name, model in MODELS.items():
        if name == table or name not in package.tables:
            continue
        for field in fields_of(model):
            if field.refers_to == table and field.name in model.KEY:
                found = [row for row in rows_of(package, name) if row.get(field.name) == row_id]
                if found:
                    yield name, found


def _citations(package: Package, table: str, row_id: str) -> Iterator[Cells]:
    if "citations" not in package.tables:
        return
    titles = {}
    if "sources" in package.tables:
        titles = {row.get("source_id", ""): row.get("title", "") for row in rows_of(package, "sources")}
    for cited in rows_of(package, "citations"):
        if cited.get("table") == table and cited.get("row_id") in (row_id, WHOLE):
            kept = {name: cited.get(name, "") for name in ("field", "source_id", "locator", "reported")}
            yield {**kept, "title": titles.get(cited.get("source_id", ""), "")}


def print_listing(table: str, rows: list[Cells], console: Console) -> None:
    """One line per row: its key, and what tells it from the others."""
    say = Speaker(console)
    for row in rows:
        totals = "-".join(row[choice] or "?" for choice in ("yes", "no", "abstain") if choice in row)
        told = [row.get("date", ""), row.get("symbol", ""), "" if totals == "?-?-?" else totals]
        told += [row[name] for name in ("title", "name", "choice", "reason") if row.get(name)][:1]
        say.line(_row_id(table, row), "bold", "".join(f"  {text}" for text in told if text))
    say.line(f"{counted(len(rows), 'row')} in {table}")


def print_view(view: dict[str, Any], console: Console) -> None:
    """Print what `look_up` returns for a person."""
    say = Speaker(console)
    say.line(f"{view['table']} {view['row_id']}", "bold")
    width = max(len(name) for name in view["row"])
    for name, value in view["row"].items():
        say.line(f"  {name:<{width}}  ", "", value or "-")
    for table, rows in view["related"].items():
        say.title(table.replace("_", " ").capitalize())
        for row in rows:
            say.line("  " + "  ".join(value for value in row.values() if value and value != view["row_id"]))
    _print_sources(view["citations"], say)
    for heading, name in (("Where sources disagree", "disagreements"), ("Findings", "findings")):
        if view[name]:
            say.title(heading)
        for finding in view[name]:
            say.line(f"  {finding['check']} ", "yellow", finding["message"])
            if finding["waived"]:
                say.line("    known: ", "italic", finding["waived"])


def _print_sources(citations: list[Cells], say: Speaker) -> None:
    """Each source once, with a line for each place in it and what it reports there."""
    say.title("Sources")
    places: dict[str, dict[str, list[str]]] = {}
    for cited in citations:
        said = places.setdefault(cited["source_id"], {}).setdefault(cited["locator"], [])
        if cited["field"] != WHOLE:
            said.append(f"{cited['field']} {cited['reported']}".strip())
    titles = {cited["source_id"]: cited["title"] for cited in citations}
    for source_id, locators in places.items():
        say.line(f"  {source_id}", "cyan", f"  {titles[source_id]}")
        for locator, said in locators.items():
            say.line(f"    {locator}" + (f": {', '.join(said)}" if said else ""))
