"""Measure hrdata against other tools and against its goals: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.correct import (
    Verdict,
    judge_contender,
    judge_counts,
    judge_diff,
    judge_import,
    judge_own_table,
    judge_places,
    report_of,
)
from benchmarks.measure import OUT, PYTHON, Contender, measure, ratios, run

VOTES, MANY_VOTES, FEW_VOTES, MEMBERS = 6_000, 60_000, 60, 150
RUNS, START_RUNS = 5, 20
NPM_DAFF = os.environ.get("HRDATA_NPM_DAFF", "node_modules/daff/bin/daff.js")
"""The daff of npm, if it is there: `npm install --no-save daff@1.4.2`."""


@dataclass(frozen=True)
class Figure:
    """A figure that follows from the measurements, and its goal if it has one: at most, or at least.

    The time of one contender over that of another; or, without `to`, the peak memory in megabytes; or
    `peak_of`, the peak memory over the size of a file of the data.
    """

    what: str
    of: str
    to: str = ""
    at_most: float | None = None
    at_least: float | None = None
    peak_of: str = ""


FIGURES = (
    Figure("validate: hrdata / bare read", "votes/hrdata", "votes/bare read", at_most=4),
    Figure("validate: frictionless / hrdata", "votes/frictionless", "votes/hrdata", at_least=20),
    Figure("validate: pydantic row by row / hrdata", "votes/pydantic", "votes/hrdata"),
    Figure("validate: pandera / hrdata", "votes/pandera", "votes/hrdata"),
    Figure("validate: peak, MB", "votes/hrdata", at_most=400),
    Figure("seeded defects / clean", "votes/hrdata, defects", "votes/hrdata", at_most=1.5),
    Figure("every choice wrong / clean", "votes/hrdata, every choice wrong", "votes/hrdata"),
    Figure("every choice wrong: peak, MB", "votes/hrdata, every choice wrong"),
    Figure("every reference wrong / clean", "votes/hrdata, every reference wrong", "votes/hrdata"),
    Figure("every reference wrong: peak, MB", "votes/hrdata, every reference wrong"),
    Figure("ten times the votes: hrdata / bare read", "many/hrdata", "many/bare read", at_most=3),
    Figure("ten times the votes: peak, MB", "many/hrdata", at_most=800),
    Figure("bulk layout: hrdata / bare read", "bulk/hrdata", "bulk/bare read", at_most=2),
    Figure("bulk layout: peak / size of the file", "bulk/hrdata", peak_of="bulk", at_most=2.2),
    Figure("bulk layout: pandera / hrdata", "bulk/pandera", "bulk/hrdata"),
    Figure("bulk layout: seeded defects / clean", "bulk/hrdata, defects", "bulk/hrdata"),
    Figure("import of the bulk layout / bare read", "bulk/hrdata import", "bulk/bare read", at_most=6),
    Figure("import of the bulk layout: peak, MB", "bulk/hrdata import", at_most=2000),
    Figure("diff: hrdata / bare read of both", "diff/hrdata", "diff/bare read", at_most=3),
    Figure("diff: peak, MB", "diff/hrdata", at_most=500),
    Figure("diff: daff of npm / hrdata", "diff/daff of npm", "diff/hrdata", at_least=12),
    Figure("diff: daff of PyPI / hrdata", "diff/daff of PyPI", "diff/hrdata", at_least=50),
    Figure("diff: csv-diff / hrdata", "diff/csv-diff", "diff/hrdata"),
    Figure("diff of ten times the votes / bare read", "diff-many/hrdata", "diff-many/bare read"),
    Figure("diff of ten times the votes: peak, MB", "diff-many/hrdata", at_most=1200),
    Figure("diff of the bulk layout / bare read", "diff-bulk/hrdata", "diff-bulk/bare read", at_most=2),
    Figure("hrdata --help / smallest typer app", "start/hrdata --help", "start/typer --help", at_most=1.6),
    Figure(
        "hrdata --version / smallest typer app",
        "start/hrdata --version",
        "start/typer --version",
        at_most=1.6,
    ),
)
"""Every ratio and every goal; a contender is named with its group."""

Show = Callable[[str], None]


class Data:
    """Generated data, each kind in a folder of its own, written when first asked for."""

    def __init__(self, folder: Path, *, small: bool, tell: Show) -> None:
        self._folder, self._small, self._tell = folder, small, tell
        self.made: dict[str, dict[str, int]] = {}

    def __call__(self, kind: str, *, many: bool = False) -> Path:
        """The folder of a kind of data."""
        votes = self.votes(many=many)
        folder = self._folder / f"{kind}-{votes}"
        if folder.name not in self.made:
            self._tell(f"data: {folder.name}")
            done = run((*PYTHON, "benchmarks.data", kind, str(folder), str(votes)))
            if done.code:
                sys.exit(f"benchmarks.data ended with {done.code}: {done.err.strip()}")
            size = sum(file.stat().st_size for file in folder.rglob("*.csv"))
            self.made[folder.name] = {"votes": votes, "ballots": votes * MEMBERS, "bytes": size}
        return folder

    def votes(self, *, many: bool = False) -> int:
        """How many votes there are."""
        return FEW_VOTES if self._small else MANY_VOTES if many else VOTES

    def expected(self, kind: str) -> Any:
        """What has to be found in a kind of data."""
        return json.loads((self(kind) / "expected.json").read_bytes())["expected"]

    def size(self, kind: str) -> int:
        """The size of the files of a kind of data, in bytes."""
        return self.made[self(kind).name]["bytes"]


def _validate(folder: Path) -> tuple[str, ...]:
    return (*PYTHON, "hrdata", "validate", str(folder))


def _diff(*folders: Path) -> tuple[str, ...]:
    return (*PYTHON, "hrdata", "diff", *map(str, folders))


def _other(name: str, *folders: Path) -> tuple[str, ...]:
    return (*PYTHON, "benchmarks.contenders", name, *map(str, folders))


def _of_votes(data: Data) -> list[Contender]:
    clean = data("clean")
    return [
        Contender("hrdata", _validate(clean)),
        Contender("bare read", _other("bare", clean)),
        Contender("pandera", _other("pandera", clean), needs="pandera"),
        Contender("hrdata, defects", _validate(data("defects")), codes=(1,)),
        Contender("hrdata, every choice wrong", _validate(data("wrong-words")), codes=(1,)),
        Contender("hrdata, every reference wrong", _validate(data("wrong-references")), codes=(1,)),
        Contender("pydantic", _other("pydantic", clean), slow=True),
        Contender("frictionless", _other("frictionless", clean), slow=True, once=True, needs="frictionless"),
    ]


def _of_many_votes(data: Data) -> list[Contender]:
    clean = data("clean", many=True)
    return [Contender("hrdata", _validate(clean)), Contender("bare read", _other("bare", clean))]


def _of_bulk(data: Data) -> list[Contender]:
    bulk = data("bulk")
    import_ = (*PYTHON, "hrdata", "import", "undl", str(bulk / "bulk.csv"), "--out", OUT, "--format", "json")
    # As long as hrdata does not check tables of one's own, it ends with 1: there is nothing that it checked.
    return [
        Contender("hrdata", _validate(bulk), codes=(0,)),
        Contender("bare read", _other("bare", bulk)),
        Contender("pandera", _other("pandera", bulk), needs="pandera"),
        Contender("hrdata, defects", _validate(data("bulk-defects")), codes=(1,)),
        Contender("hrdata import", import_),
    ]


def _of_diff(data: Data) -> list[Contender]:
    both = data("clean"), data("edited")
    files = [str(folder / "data/ballots.csv") for folder in both]
    npm = ("node", NPM_DAFF, "diff", "--id", "vote_id", "--id", "state_id", "--output", OUT, *files)
    return [
        Contender("hrdata", _diff(*both)),
        Contender("bare read", _other("bare", *both)),
        Contender("csv-diff", _other("csv_diff", *both), once=True, needs="csv_diff"),
        Contender(
            "daff of npm",
            npm,
            slow=True,
            once=True,
            note="" if Path(NPM_DAFF).exists() else f"left out: there is no {NPM_DAFF}",
        ),
        Contender("daff of PyPI", _other("daff", *both), slow=True, once=True, needs="daff"),
    ]


def _of_diff_many(data: Data) -> list[Contender]:
    both = data("clean", many=True), data("edited", many=True)
    return [Contender("hrdata", _diff(*both)), Contender("bare read", _other("bare", *both))]


def _of_diff_bulk(data: Data) -> list[Contender]:
    both = data("bulk"), data("bulk-edited")
    return [Contender("hrdata", _diff(*both)), Contender("bare read", _other("bare", *both))]


def _of_start(_: Data) -> list[Contender]:
    commands = {"hrdata": "hrdata", "typer": "benchmarks.hello"}
    return [
        Contender(f"{name} {option}", (*PYTHON, module, option))
        for option in ("--help", "--version")
        for name, module in commands.items()
    ]


GROUPS: dict[str, Callable[[Data], list[Contender]]] = {
    "votes": _of_votes,
    "many": _of_many_votes,
    "bulk": _of_bulk,
    "diff": _of_diff,
    "diff-many": _of_diff_many,
    "diff-bulk": _of_diff_bulk,
    "start": _of_start,
}
"""What is measured, in this order; the contenders of a group run in turns."""

Measured = dict[str, Contender]
"""Contenders by group and name."""


def _measure_groups(options: argparse.Namespace, data: Data, tell: Show) -> Measured:
    measured: Measured = {}
    for group in options.only or GROUPS:
        contenders = GROUPS[group](data)
        for contender in contenders:
            if options.skip_slow and contender.slow:
                contender.note = "left out: --skip-slow"
            elif contender.needs and find_spec(contender.needs) is None:
                contender.note = f"left out: {contender.needs} is not installed"
        runs = START_RUNS if group == "start" and not options.small else options.runs
        measure(contenders, runs, lambda text, group=group: tell(f"{group} {text}"))  # type: ignore[misc]
        measured |= {f"{group}/{contender.name}": contender for contender in contenders}
    return measured


def _judge(measured: Measured, data: Data) -> Iterator[Verdict]:
    broken = [f"{name} {contender.note}" for name, contender in measured.items() if contender.failed]
    yield Verdict("every process ends as it should", not broken, "; ".join(broken))
    if "votes/hrdata" in measured:
        yield judge_places("nothing is found in clean data", report_of(data("clean")), [])
        defects = report_of(data("defects"))
        yield judge_places("seeded defects are found, and nothing else", defects, data.expected("defects"))
        for kind in ("wrong-words", "wrong-references"):
            what = f"every row wrong ({kind}): counts are complete, lists capped"
            yield judge_counts(what, report_of(data(kind)), data.expected(kind))
    for group, kind in (("diff", "edited"), ("diff-bulk", "bulk-edited")):
        if f"{group}/hrdata" in measured and (runs := measured[f"{group}/hrdata"].runs):
            what = f"{group}: every edit is told, and nothing else"
            yield judge_diff(what, runs[-1].out, data.expected(kind))
    for name, contender in measured.items():
        if "problems" in contender.counts:
            yield judge_contender(name, contender.counts)
    if "bulk/hrdata" in measured:
        yield judge_own_table("nothing is found in the clean bulk layout", report_of(data("bulk")), [])
        defects = report_of(data("bulk-defects"))
        what = "seeded defects of the bulk layout are found, and nothing else"
        yield judge_own_table(what, defects, data.expected("bulk-defects"))
        if runs := measured["bulk/hrdata import"].runs:
            rows = data.votes() * MEMBERS
            yield judge_import("the import takes over every row", runs[-1].out, rows)


def _figures(measured: Measured, data: Data) -> Iterator[dict[str, Any]]:
    """What came of each figure: its value, and whether the goal is met; None where it was not measured."""
    for figure in FIGURES:
        of, to = measured.get(figure.of), measured.get(figure.to)
        if of is None:
            continue
        each: list[float] = []
        if of.runs and figure.to:
            each = ratios(of, to) if to and to.runs else []
        elif of.runs:
            each = [of.peak / (data.size(figure.peak_of) if figure.peak_of else 1e6)]
        value = median(each) if each else None
        yield {**asdict(figure), "each": each, "value": value, "met": _is_met(figure, value)}


def _is_met(figure: Figure, value: float | None) -> bool | None:
    if value is None or figure.at_most is figure.at_least is None:
        return None
    least, most = figure.at_least or 0, figure.at_most or float("inf")
    return least <= value <= most


def _machine() -> dict[str, Any]:
    packages = ("hrdata", "polars", "pydantic", "typer", "pandera", "frictionless")
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in packages},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _as_dict(name: str, contender: Contender) -> dict[str, Any]:
    ran = bool(contender.runs)
    group, _, _ = name.partition("/")
    return {
        "group": group,
        "name": contender.name,
        "times": contender.times,
        "median": contender.median if ran else None,
        "peak": contender.peak if ran else None,
        "counts": contender.counts,
        "note": contender.note,
    }


def _print(results: dict[str, Any], console: Console) -> None:
    _print_table(
        console,
        "Processes",
        ("group", "process", "median s", "from", "to", "peak MB", "note"),
        (
            (
                row["group"],
                row["name"],
                *(
                    _number(value)
                    for value in (row["median"], min(times, default=None), max(times, default=None))
                ),
                _number(row["peak"] and row["peak"] / 1e6, 0),
                row["note"],
            )
            for row in results["measurements"]
            for times in [row["times"]]
        ),
    )
    _print_table(
        console,
        "Ratios and goals",
        ("figure", "measured", "goal", "met"),
        (
            (row["what"], _number(row["value"]), _goal(row), _answer(row["met"]))
            for row in results["ratios"] + results["goals"]
        ),
    )
    _print_table(
        console,
        "Correctness",
        ("what", "holds", "particulars"),
        ((row["what"], _answer(row["holds"]), row["detail"]) for row in results["correctness"]),
    )


def _print_table(console: Console, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(
            head, justify="right" if head in ("median s", "from", "to", "peak MB", "measured") else "left"
        )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _goal(row: dict[str, Any]) -> str:
    if row["at_most"] is not None:
        return f"at most {row['at_most']:,}"
    return "" if row["at_least"] is None else f"at least {row['at_least']:,}"


def _answer(value: bool | None) -> str:
    return "-" if value is None else "[green]yes" if value else "[red]no"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=RUNS, help="how often each process runs (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the generated data there, and use them again"
    )
    parser.add_argument(
        "--only", action="append", choices=GROUPS, help="measure this group only; may be repeated"
    )
    parser.add_argument(
        "--skip-slow", action="store_true", help="leave out what takes long: frictionless, pydantic"
    )
    parser.add_argument("--small", action="store_true", help=f"{FEW_VOTES} votes: to see that all of it runs")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: has to be 1 at least")
    return options


def main() -> int:
    """Generate, measure, judge, print; 1 when hrdata finds what it must not or misses what it must find."""
    options = _options()
    progress = Console(stderr=True, highlight=False, markup=False)
    with tempfile.TemporaryDirectory(prefix="hrdata-benchmarks-") as temporary:
        folder = (options.data or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        data = Data(folder, small=options.small, tell=progress.print)
        measured = _measure_groups(options, data, progress.print)
        verdicts = list(_judge(measured, data))
        figures = list(_figures(measured, data))
    has_goal = [row["at_most"] is not None or row["at_least"] is not None for row in figures]
    results = {
        "machine": _machine(),
        "small": options.small,
        "runs": options.runs,
        "data": data.made,
        "measurements": [_as_dict(name, contender) for name, contender in measured.items()],
        "ratios": [row for row, goal in zip(figures, has_goal, strict=True) if not goal],
        "goals": [row for row, goal in zip(figures, has_goal, strict=True) if goal],
        "correctness": [asdict(verdict) for verdict in verdicts],
    }
    _print(results, Console())
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 1 if any(verdict.gates and verdict.holds is False for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
