"""Generated data to measure on: sound packages, the same with seeded defects, and the bulk layout.

The roll calls are those of a General Assembly that never was: 150 members, as in the autumn of 1978,
so that every check of hrdata has something to judge and finds nothing. All of it follows from `SEED`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import polars as pl

from hrdata.datasets import MODELS
from hrdata.datasets.votes import Choice, VoteOutcome
from hrdata.importers.harvest import canonical_tables
from hrdata.parse import fields_of
from hrdata.schema import PROFILES, as_json, resource

SEED = 20061219
MEMBERS = 150
DEFECTS_OF_A_KIND = 100
_DAYS = [f"1978-{month}-{day:02d}" for month in (10, 11) for day in range(2, 31)]
"""On these days the General Assembly had 150 members."""

Finding = tuple[str, str, int, str]
"""What a defect has to give: check, table, line, column."""


def write_package(folder: Path, votes: int, *, defects: bool = False) -> list[Finding]:
    """Write a package of roll calls of 150 members; the findings that its defects have to give."""
    tables = _surroundings()
    roll = _roll(tables["states"], votes)
    tables |= {"votes": _votes(roll, votes), "ballots": roll.select("vote_id", "state_id", "choice")}
    expected = []
    if defects:
        vandal = _Vandal(tables)
        expected = sorted(vandal.spoil(votes))
        tables |= vandal.tables
    _write(folder, tables)
    return expected


def write_wrong_package(folder: Path, votes: int) -> None:
    """Write a package in which every ballot is wrong: no such state, no such vote, no such choice."""
    tables = _surroundings()
    roll = _roll(tables["states"], votes)
    tables["votes"] = _votes(roll, votes)
    tables["ballots"] = roll.select(
        vote_id=pl.lit("unga-34-") + pl.col("vote_id").str.slice(8),
        state_id=pl.lit("QZZ"),
        choice=pl.col("choice") + pl.int_range(pl.len()).cast(pl.String),
    )
    _write(folder, tables)


def _surroundings() -> dict[str, pl.DataFrame]:
    tables = canonical_tables("states", "bodies")
    tables["bodies"] = tables["bodies"].filter(pl.col("body_id").is_in(["unga", "un"]))
    source = {"source_id": "generated", "kind": "database", "title": "Generated data", "language": "en"}
    tables["sources"] = pl.DataFrame([source])
    cited = ("states", "bodies", "votes", "ballots")
    whole = {"row_id": "*", "field": "*", "source_id": "generated", "locator": "all of it"}
    tables["citations"] = pl.DataFrame([{"table": table, **whole} for table in sorted(cited)])
    return tables


def _roll(states: pl.DataFrame, votes: int) -> pl.DataFrame:
    """One row for each ballot: vote_id, state_id, choice and the number of the vote."""
    day = pl.lit("1978-11-01")
    members = states.filter(
        (pl.col("un_member_from") != "")
        & (pl.col("un_member_from") <= day)
        & ((pl.col("un_member_until") == "") | (pl.col("un_member_until") > day))
    )["state_id"].sort()
    assert len(members) == MEMBERS, len(members)
    chance = random.Random(SEED)  # noqa: S311
    choices = chance.choices([choice.value for choice in Choice], (60, 15, 15, 10), k=votes * MEMBERS)
    numbers = pl.Series("number", range(1, votes + 1)).repeat_by(MEMBERS).explode()
    return pl.DataFrame(
        {
            "number": numbers,
            "vote_id": "unga-33-" + numbers.cast(pl.String).str.zfill(6),
            "state_id": pl.concat([members] * votes),
            "choice": choices,
        }
    )


def _votes(roll: pl.DataFrame, votes: int) -> pl.DataFrame:
    totals = [(pl.col("choice") == choice.value).sum().alias(choice.value) for choice in Choice]
    counted = roll.group_by("vote_id", "number", maintain_order=True).agg(totals)
    number = pl.col("number").cast(pl.String)
    days = pl.Series([_DAYS[index * len(_DAYS) // votes] for index in range(votes)])
    adopted, rejected = pl.lit(VoteOutcome.ADOPTED.value), pl.lit(VoteOutcome.REJECTED.value)
    return counted.with_columns(
        body_id=pl.lit("unga"),
        session=pl.lit("33"),
        date=days,
        symbol="A/RES/33/" + number,
        meeting="A/33/PV." + number,
        title="Question " + number + ", as revised: draft resolution on the report of the Third Committee",
        kind=pl.lit("resolution"),
        method=pl.lit("recorded_vote"),
        outcome=pl.when(pl.col("yes") > pl.col("no")).then(adopted).otherwise(rejected),
        members=pl.lit(str(MEMBERS)),
        roll_complete=pl.lit("true"),
    ).with_columns(pl.col(choice.value).cast(pl.String) for choice in Choice)


def _write(folder: Path, tables: dict[str, pl.DataFrame]) -> None:
    (folder / "data").mkdir(parents=True)
    for name, frame in tables.items():
        whole = frame.select(
            pl.col(field.name) if field.name in frame.columns else pl.lit("").alias(field.name)
            for field in fields_of(MODELS[name])
        )
        text = whole.write_csv().replace(f",{_CUT}\n", "\n")
        (folder / f"data/{name}.csv").write_text(text, encoding="utf-8", newline="\n")
    resources = [resource(model, f"data/{name}.csv") for name, model in MODELS.items() if name in tables]
    _describe(folder, resources)


def _describe(folder: Path, resources: list[object]) -> None:
    head = {"$schema": f"{PROFILES}/datapackage.json", "name": "roll-calls", "version": "1.0.0"}
    described = as_json({**head, "resources": resources})
    (folder / "datapackage.json").write_text(described, encoding="utf-8", newline="\n")


_CUT = "(cut)"
"""A cell that is to be missing in the file, with the comma before it."""


class _Vandal:
    """Spoils tables in ten ways, each in votes of its own, and says what has to be found."""

    def __init__(self, tables: dict[str, pl.DataFrame]) -> None:
        self._cells = {
            name: {column: tables[name][column].to_list() for column in tables[name].columns}
            for name in ("votes", "ballots")
        }
        self._chance = random.Random(SEED + 1)  # noqa: S311

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables as they stand now."""
        return {name: pl.DataFrame(cells) for name, cells in self._cells.items()}

    def spoil(self, votes: int) -> Iterator[Finding]:
        """Do it."""
        kinds: list[Callable[[int], Iterator[Finding]]] = [
            partial(self._ballot, "choice", "yess", "FLD202"),
            partial(self._ballot, "state_id", "F1", "FLD207"),
            partial(self._ballot, "state_id", "QZZ", "REF201"),
            partial(self._ballot, "state_id", "SSD", "VOT205"),
            partial(self._ballot, "choice", _CUT, "STR112"),
            self._same_ballot_twice,
            self._total_off_by_one,
            partial(self._vote, "date", "1978-02-30", "FLD204"),
            partial(self._vote, "symbol", "A/RES/34/1", "VOT206"),
            partial(self._vote, "outcome", "rejected", "VOT203"),
        ]
        clear = [vote for vote in range(votes) if int(self._cells["votes"]["yes"][vote]) > MEMBERS // 2]
        chosen = iter(self._chance.sample(clear, DEFECTS_OF_A_KIND * len(kinds)))
        for kind in kinds:
            for _ in range(DEFECTS_OF_A_KIND):
                yield from kind(next(chosen))

    def _ballot(self, column: str, text: str, check: str, vote: int) -> Iterator[Finding]:
        row = vote * MEMBERS + self._chance.randrange(1, MEMBERS)
        self._cells["ballots"][column][row] = text
        yield check, "ballots", row + 2, "" if text == _CUT else column

    def _same_ballot_twice(self, vote: int) -> Iterator[Finding]:
        row = vote * MEMBERS + self._chance.randrange(1, MEMBERS)
        states = self._cells["ballots"]["state_id"]
        states[row] = states[row - 1]
        yield "KEY201", "ballots", row + 2, ""

    def _total_off_by_one(self, vote: int) -> Iterator[Finding]:
        yes = self._cells["votes"]["yes"]
        yes[vote] = str(int(yes[vote]) - 1)
        yield "VOT201", "votes", vote + 2, ""
        yield "VOT202", "votes", vote + 2, "yes"

    def _vote(self, column: str, text: str, check: str, vote: int) -> Iterator[Finding]:
        self._cells["votes"][column][vote] = text
        yield check, "votes", vote + 2, column
