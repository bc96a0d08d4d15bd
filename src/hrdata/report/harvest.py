"""What came of an import, for people and programs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hrdata.report.terminal import Speaker, counted

if TYPE_CHECKING:
    from rich.console import Console

    from hrdata.importers.harvest import Harvest, Problem

SHOWN_PER_REASON = 3
"""The text shows so many rows that an import reported for one reason."""


def harvest_as_dict(harvest: Harvest) -> dict[str, Any]:
    """The account of an import and the rows that it reported, for JSON."""
    return {
        "rows_in": harvest.rows_in,
        "rows_out": harvest.rows_out,
        "rows_reported": harvest.rows_reported,
        "tables": {name: table.height for name, table in harvest.tables.items()},
        "problems": [asdict(problem) for problem in harvest.problems],
    }


def print_harvest(harvest: Harvest, out: object, console: Console) -> None:
    """Print what an import wrote, which rows it reported, and the account."""
    say = Speaker(console)
    alike: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in harvest.problems:
        alike[problem.field, problem.reason].append(problem)
    for why, problems in alike.items():
        for problem in problems[:SHOWN_PER_REASON]:
            fault = f"  {problem.field} '{problem.value}' {problem.reason}".replace("  ''", "")
            say.line(f"{problem.file}:{problem.line}", "yellow", fault)
        more = max(len(problems), harvest.counts[why]) - SHOWN_PER_REASON
        if more > 0:
            listed = "them" if more + SHOWN_PER_REASON == len(problems) else f"{len(problems):,} of them"
            say.line(f"  and {more:,} more like it; --format json lists {listed}")
    width = max(map(len, harvest.tables))
    for name, table in harvest.tables.items():
        say.line(f"  {name:<{width}} {counted(table.height, 'row')}")
    account = f"{counted(harvest.rows_in, 'row')} in, {harvest.rows_out:,} taken over"
    say.line(f"Wrote {out}", "bold", f": {account}, {counted(harvest.rows_reported, 'row')} reported")
