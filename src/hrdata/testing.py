"""Helpers for testing checks, your own or ours, in a few lines each.

>>> from hrdata import Ballot, Vote
>>> vote = Vote(
...     vote_id="unga-77-226", body_id="unga", session="77", date="2022-12-15", symbol="A/RES/77/226",
...     title="Situation of human rights in the DPRK", kind="resolution", method="recorded_vote",
...     outcome="adopted", yes=2, no=1, roll_complete=True,
... )
>>> ballots = [Ballot(vote_id="unga-77-226", state_id="FRA", choice="yes")]
>>> [finding.field for finding in run_check("VOT202", votes=[vote], ballots=ballots)]
['yes', 'no']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hrdata.check import ALL_TABLES, Finding
from hrdata.datasets import MODELS
from hrdata.errors import UsageError
from hrdata.package import Package
from hrdata.parse import fields_of
from hrdata.read import read_columns
from hrdata.records import write_records
from hrdata.report.checks import find_check
from hrdata.row import Row
from hrdata.validate import validate_package

AnyRow = Row | Mapping[str, object]


def as_csv(table: str, rows: Iterable[AnyRow]) -> bytes:
    """The rows of a table as the bytes of its CSV file; cells that a mapping leaves out are empty."""
    if table not in MODELS:
        raise UsageError(f"there is no table {table}; the tables are {', '.join(MODELS)}")
    names = [field.name for field in fields_of(MODELS[table])]
    given = [row.model_dump(mode="json") if isinstance(row, Row) else row for row in rows]
    if strange := {name for row in given for name in row} - {*names}:
        raise ValueError(f"{table} has no column {', '.join(sorted(strange))}")
    return write_records([names, *([_cell(row.get(name)) for name in names] for row in given)])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def package_of(**tables: Iterable[AnyRow]) -> Package:
    """A package in memory, of the tables given."""
    package = Package("memory", {"name": "test", "resources": []})
    for name, rows in tables.items():
        package.add(name, read_columns(as_csv(name, rows), f"data/{name}.csv"))
    return package


def run_check(id: str, **tables: Iterable[AnyRow]) -> list[Finding]:
    """The findings of one check on the tables given.

    Raises `AssertionError` when the check was skipped: a test that judges nothing must not pass; and
    `hrdata.errors.UsageError` when there is no such check or table.
    """
    asked = find_check(id)
    if unknown := [name for name in tables if name not in MODELS]:
        known = [name for name in asked.tables if name != ALL_TABLES] or MODELS
        raise UsageError(f"there is no table {unknown[0]}; {asked.id} takes {', '.join(known)}")
    report = validate_package(package_of(**tables))
    [result] = [result for result in report.results if result.check is asked]
    assert not result.skipped, f"{asked.id} was skipped: {result.skipped}"
    return result.findings
