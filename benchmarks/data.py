"""Generated data to measure on: sound packages, the same with seeded defects, and the bulk layout.

The roll calls are those of a General Assembly that never was: 150 members, as in the autumn of 1978,
so that every check of hrdata has something to judge and finds nothing. All of it follows from `SEED`.

`python -m benchmarks.data KIND FOLDER VOTES` writes one kind of data into a folder, beside it what has
to be found; what is there already and was written by this generator is kept.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hrdata.datasets import MODELS
from hrdata.datasets.votes import Choice, VoteOutcome
from hrdata.importers.harvest import canonical_tables
from hrdata.package import bundled_package
from hrdata.parse import fields_of
from hrdata.schema import PROFILES, as_json, resource

SEED = 20061219
MEMBERS = 150
DEFECTS_OF_A_KIND = 100
"""In a package; a small one has fewer, since each needs a vote of its own."""
DEFECTS_OF_A_KIND_IN_BULK = 40
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


def write_wrong_package(folder: Path, votes: int, *, words: bool) -> dict[str, int]:
    """Write a package in which every ballot is wrong; how many findings each check has to count.

    No ballot has a vote or a state that is there. With `words` none has a choice that is one either, and
    no two have the same: then no row can be read, so that only its choice is known to be wrong.
    """
    tables = _surroundings()
    roll = _roll(tables["states"], votes)
    tables["votes"] = _votes(roll, votes)
    numbered = pl.col("choice") + pl.int_range(pl.len()).cast(pl.String)
    tables["ballots"] = roll.select(
        vote_id=pl.lit("unga-34-") + pl.col("vote_id").str.slice(8),
        state_id=pl.lit("QZZ"),
        choice=numbered if words else pl.col("choice"),
    )
    _write(folder, tables)
    # No ballot is left for any total that is not zero.
    lost = {"VOT202": sum(tables["votes"].filter(pl.col(choice.value) != "0").height for choice in Choice)}
    if words:
        return {"FLD202": roll.height, **lost}
    return {"KEY201": roll.height - votes, "REF201": 2 * roll.height, **lost}


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


def _describe(folder: Path, resources: Sequence[object]) -> None:
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
        of_a_kind = min(DEFECTS_OF_A_KIND, len(clear) // len(kinds))
        chosen = iter(self._chance.sample(clear, of_a_kind * len(kinds)))
        for kind in kinds:
            for _ in range(of_a_kind):
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


# The bulk layout: one file, one row for each vote and member, as the UN Digital Library hands it out


def write_bulk(folder: Path, votes: int, *, defects: bool = False) -> list[Finding]:
    """Write `bulk.csv` and a descriptor of it; the places that its defects spoil.

    A finding here has the constraint of the Table Schema in place of a check, and no column where the
    row as a whole is wrong.
    """
    frame = _bulk(votes)
    expected: list[Finding] = []
    if defects:
        frame, expected = _spoiled_bulk(frame)
    folder.mkdir(parents=True)
    frame.write_csv(folder / "bulk.csv")
    if defects:
        text = (folder / "bulk.csv").read_text("utf-8").replace(f",{_CUT}\n", "\n")
        (folder / "bulk.csv").write_text(text, encoding="utf-8", newline="\n")
    _describe(folder, [_bulk_resource()])
    return expected


_BULK_FIELDS: dict[str, dict[str, Any]] = {
    "undl_id": {"constraints": {"required": True, "pattern": "[0-9]+"}},
    "ms_code": {"constraints": {"required": True, "pattern": "[A-Z]{3}"}},
    "ms_name": {"constraints": {"required": True}},
    "ms_vote": {"constraints": {"required": True, "enum": ["Y", "N", "A", "X"]}},
    "date": {"type": "date", "constraints": {"required": True}},
    "session": {},
    "resolution": {"constraints": {"required": True}},
    "draft": {},
    "committee_report": {},
    "meeting": {"constraints": {"required": True}},
    "title": {"constraints": {"required": True, "minLength": 3, "maxLength": 2000}},
    "agenda_title": {},
    "subjects": {},
    "vote_note": {},
    **{
        f"total_{name}": {"type": "integer", "constraints": {"required": True, "minimum": 0}}
        for name in ("yes", "no", "abstentions", "non_voting", "ms")
    },
    "undl_link": {"format": "uri"},
}
"""The columns of the bulk file, each as the Table Schema describes it."""

_BULK_DEFECTS = (
    ("enum", "ms_vote", "Z{}"),
    ("pattern", "ms_code", "{:03}"),
    ("minimum", "total_yes", "-{}1"),
    ("type", "total_no", "{} or so"),
    ("type", "date", "1978-02-3{}"),
    ("required", "title", ""),
    ("cells", "undl_link", _CUT),
    ("primaryKey", "ms_code", None),
)
"""What of the schema a defect breaks, in which column, and the text there, with the defect's number in it."""

_LETTERS = {"yes": "Y", "no": "N", "abstain": "A", "non_voting": "X"}

_TOPICS = (
    "Situation of human rights and fundamental freedoms",
    "Question of the occupied territories, including Palestine",
    "Torture and other cruel, inhuman or degrading treatment",
    "Universal realization of the right of peoples to self-determination",
    "Adverse consequences of the political, military and economic assistance given",
    "Alternative approaches and ways and means for improving human rights",
    "Protection of human rights of certain categories of prisoners",
    "Granting of independence to colonial countries",
    "Mise en œuvre du programme de la lutte contre le racisme à l'échelle régionale",
    "Situación de los derechos humanos, según el informe del año",
    "Status of the international conventions on discrimination",
    "Financing of the emergency force and of the observers",
    "General and complete disarmament",
    "Assistance to refugees and displaced persons",
)
_SCOPES = (
    "",
    "in Southern Africa",
    "in Chile",
    "in Central America, Cyprus and the Middle East",
    "under alien domination",
    "dans les territoires sous domination étrangère",
    "en América Central y el Caribe",
    "resulting from apartheid",
    "as they affect students and workers",
    "in the light of the report",
    "at the regional level",
    "at the national level",
)
_ITEMS = (
    "Report of the Economic and Social Council",
    "Importance of the universal realization of the right of peoples to self-determination",
    "Elimination of all forms of racial discrimination, and status of the treaty",
    "Report of the United Nations High Commissioner for Refugees",
    "Question of the composition of the relevant organs of the United Nations",
)
_HEADINGS = ("HUMAN RIGHTS--REPORTS", "SELF-DETERMINATION OF PEOPLES", "RACIAL DISCRIMINATION--TREATIES", "")


def _bulk(votes: int) -> pl.DataFrame:
    states = _surroundings()["states"]
    roll = _roll(states, votes)
    counted = _votes(roll, votes)
    chance = random.Random(SEED + 2)  # noqa: S311
    numbers = range(1, votes + 1)
    undl_ids = pl.Series("undl_id", [str(630_000 + number) for number in numbers])
    of_vote = counted.select(
        "vote_id",
        "date",
        "session",
        "meeting",
        undl_id=undl_ids,
        resolution="symbol",
        draft=pl.lit(""),
        committee_report=pl.Series(["" if n % 8 == 0 else f"A/33/{300 + n // 12}" for n in numbers]),
        title=pl.Series([_title(chance) for _ in numbers]),
        agenda_title=pl.Series([_agenda_title(chance) for _ in numbers]),
        subjects=pl.lit(""),
        vote_note=pl.lit(""),
        total_yes="yes",
        total_no="no",
        total_abstentions="abstain",
        total_non_voting="non_voting",
        total_ms="members",
        undl_link="https://digitallibrary.un.org/record/" + undl_ids,
    )
    names = states.select("state_id", ms_name=pl.col("name").str.to_uppercase())
    return (
        roll.join(names, on="state_id", maintain_order="left")
        .join(of_vote, on="vote_id", maintain_order="left")
        .with_columns(ms_code="state_id", ms_vote=pl.col("choice").replace_strict(_LETTERS))
        .select(*_BULK_FIELDS)
    )


def _title(chance: random.Random) -> str:
    title = f"{chance.choice(_TOPICS)} {chance.choice(_SCOPES)}".strip()
    return f"{title} [{chance.randint(1, 12)}] : resolution / adopted by the General Assembly"


def _agenda_title(chance: random.Random) -> str:
    item = f"A/33/251 {chance.randint(80, 84)}{chance.choice('abcd')} {chance.choice(_ITEMS)}."
    return f"{item} {chance.choice(_HEADINGS)}".strip()


def _spoiled_bulk(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    chance = random.Random(SEED + 3)  # noqa: S311
    # Every other row: the one above is sound then, and of the same vote.
    rows = iter(chance.sample(range(1, frame.height, 2), len(_BULK_DEFECTS) * DEFECTS_OF_A_KIND_IN_BULK))
    expected = []
    for breaks, column, text in _BULK_DEFECTS:
        cells = frame[column].to_list()
        for number in range(DEFECTS_OF_A_KIND_IN_BULK):
            row = next(rows)
            cells[row] = cells[row - 1] if text is None else text.format(number)
            whole_row = breaks in ("cells", "primaryKey")
            expected.append((breaks, "voting", row + 2, "" if whole_row else column))
        frame = frame.with_columns(pl.Series(column, cells))
    return frame, sorted(expected)


def _bulk_resource() -> dict[str, Any]:
    return {
        "name": "voting",
        "type": "table",
        "path": "bulk.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [{"name": name, "type": "string", **more} for name, more in _BULK_FIELDS.items()],
            "missingValues": [""],
            "primaryKey": ["undl_id", "ms_code"],
        },
    }


# Two versions of a table

CHANGED, ADDED, REMOVED = 1000, 2000, 2000
"""One row in so many is changed, added, removed."""


def write_edited(folder: Path, votes: int, *, bulk: bool = False) -> dict[str, int]:
    """Write the clean package, or the bulk layout, as a later version; how many rows of each kind differ.

    Ballots of states that were no members are added, so that none is a removed one under another key.
    """
    write_bulk(folder, votes) if bulk else write_package(folder, votes)
    file = folder / ("bulk.csv" if bulk else "data/ballots.csv")
    frame = pl.read_csv(file, infer_schema=False).fill_null("")
    state, cell = ("ms_code", "ms_vote") if bulk else ("state_id", "choice")
    words = frame[cell].unique().sort().to_list()
    number = pl.int_range(pl.len())
    is_changed, is_removed = number % CHANGED == CHANGED // 2, number % REMOVED == REMOVED // 5
    other = pl.col(cell).replace_strict(words, [*words[1:], words[0]])
    counts = frame.select(row_changed=is_changed.sum(), row_removed=is_removed.sum()).row(0, named=True)
    new = frame.filter(number % ADDED == 0).with_columns(pl.lit("XXX").alias(state))
    kept = frame.with_columns(pl.when(is_changed).then(other).otherwise(cell).alias(cell)).filter(~is_removed)
    keys = ("undl_id", "ms_code") if bulk else ("vote_id", "state_id")
    pl.concat([kept, new]).sort(keys, maintain_order=True).write_csv(file)
    return {**counts, "row_added": new.height}


# What lies in a folder of generated data

KINDS: dict[str, Callable[[Path, int], list[Finding] | dict[str, int]]] = {
    "clean": write_package,
    "defects": partial(write_package, defects=True),
    "wrong-words": partial(write_wrong_package, words=True),
    "wrong-references": partial(write_wrong_package, words=False),
    "bulk": write_bulk,
    "bulk-defects": partial(write_bulk, defects=True),
    "edited": write_edited,
    "bulk-edited": partial(write_edited, bulk=True),
}
EXPECTED = "expected.json"
"""What has to be found, beside the generator's mark; lies in the folder of the data."""


def ensure(kind: str, folder: Path, votes: int) -> None:
    """Write data of a kind into a folder, unless this generator wrote them there before."""
    mark = _mark(kind, votes)
    stated = folder / EXPECTED
    if stated.is_file() and json.loads(stated.read_bytes())["mark"] == mark:
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    for stale in (folder, unfinished):
        shutil.rmtree(stale, ignore_errors=True)
    expected = KINDS[kind](unfinished, votes)
    text = json.dumps({"mark": mark, "expected": expected})
    (unfinished / EXPECTED).write_text(text, encoding="utf-8")
    unfinished.rename(folder)


def _mark(kind: str, votes: int) -> str:
    """What the data follow from: this file, the models, and the canonical states."""
    made = hashlib.sha256(f"{kind} {votes}".encode())
    package = bundled_package()
    for source in (Path(__file__), package / "datapackage.json", package / "data/states.csv"):
        made.update(source.read_bytes())
    return made.hexdigest()


if __name__ == "__main__":
    ensure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
