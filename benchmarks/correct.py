"""Whether hrdata finds what it has to find: the places of seeded defects, or how many rows are wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import PYTHON, run

LISTED = 1000
"""So many findings of a check are listed; all are counted."""

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether something is as it should be (None: cannot be said yet), and the particulars.

    The benchmark as a whole fails when one that `gates` does not hold.
    """

    what: str
    holds: bool | None
    detail: str
    gates: bool = True


def report_of(folder: Path) -> dict[str, Any]:
    """The report of hrdata on a package, as JSON has it; `text` is what it says to people."""
    done = run((*PYTHON, "hrdata", "validate", str(folder), "--format", "json"))
    if done.code not in (0, 1):
        raise RuntimeError(f"hrdata ended with {done.code}: {done.err.strip()}")
    text = run((*PYTHON, "hrdata", "validate", str(folder))).out
    return {**json.loads(done.out), "text": text}


def judge_places(what: str, report: Mapping[str, Any], expected: Sequence[Sequence[Any]]) -> Verdict:
    """Every expected finding is there, at its line and in its column, and no other."""
    # What is wrong with the structure of a file names the file, not the table.
    found = Counter[Place](
        (finding["check"], Path(finding["file"]).stem, finding["line"], finding["field"])
        for finding in report["findings"]
    )
    return _compared(what, found, Counter(map(tuple, expected)), gates=True)


def judge_own_table(what: str, report: Mapping[str, Any], expected: Sequence[Sequence[Any]]) -> Verdict:
    """The same for a table that only its Table Schema describes: by place, whatever the check is called."""
    if report["unchecked"]:
        return Verdict(what, None, "hrdata read the table, but does not check it", gates=False)
    found = Counter[Place]((finding["line"], finding["field"]) for finding in report["findings"])
    wanted = Counter[Place]((line, column) for _, _, line, column in expected)
    return _compared(what, found, wanted, gates=False)


def _compared(what: str, found: Counter[Place], expected: Counter[Place], *, gates: bool) -> Verdict:
    lost, extra = expected - found, found - expected
    detail = f"{expected.total():,} expected, {lost.total():,} not found, {extra.total():,} others found"
    examples = [
        f"{word} {next(iter(places))}" for word, places in (("lost", lost), ("extra", extra)) if places
    ]
    return Verdict(what, not lost and not extra, "; ".join([detail, *examples]), gates)


def judge_counts(what: str, report: Mapping[str, Any], expected: Mapping[str, int]) -> Verdict:
    """Every check counts all its findings, lists no more than it may, and the text says so."""
    faults = []
    for check in report["checks"]:
        name, count, listed = check["check"], check["findings"], check["listed"]
        wanted = expected.get(name, 0)
        if count != wanted:
            faults.append(f"{name} counts {count:,}, but expected {wanted:,}")
        if listed != min(count, LISTED):
            faults.append(f"{name} lists {listed:,} of {count:,}")
        if count > listed and not _announced(report["text"], name, count, listed):
            faults.append(f"the text does not say that {name} lists only {listed:,} of {count:,}")
    counts = ", ".join(f"{name} {count:,}" for name, count in expected.items())
    return Verdict(what, not faults, "; ".join(faults) or f"{counts}; lists capped, and the text says so")


def _announced(text: str, check: str, count: int, listed: int) -> bool:
    """Whether the part of the text about a check has both numbers."""
    after = text.partition(f" {check} ")[2]
    return f"{count:,} finding" in after and f"lists {listed:,}" in after


def judge_contender(name: str, counts: Mapping[str, int]) -> Verdict:
    """Another tool agrees that the clean data are sound; else it is asked for something else."""
    what = f"{name} finds nothing in clean data"
    detail = f"{counts['rows']:,} rows, {counts['problems']:,} problems"
    return Verdict(what, not counts["problems"], detail, gates=False)


def judge_import(what: str, out: str, rows: int) -> Verdict:
    """Every row of the file was taken over or reported."""
    account = json.loads(out)
    taken, reported = account["rows_out"], account["rows_reported"]
    holds = account["rows_in"] == rows == taken and not reported
    return Verdict(what, holds, f"{rows:,} rows, {taken:,} taken over, {reported:,} reported", gates=False)


def judge_diff(what: str, out: str, expected: Mapping[str, int]) -> Verdict:
    """Whether the text of a diff counts the rows that were edited, each kind, and no others."""
    found = dict.fromkeys(expected, 0)
    for number, kind in re.findall(r"^  ([0-9,]+) rows? ([^\s:]+)", out, re.MULTILINE):
        name = f"row_{kind.replace('-', '')}"
        found[name] = found.get(name, 0) + int(number.replace(",", ""))
    return Verdict(what, found == dict(expected), f"{found}; expected {dict(expected)}")
