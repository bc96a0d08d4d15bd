"""Processes and what they cost: wall time, and peak memory as the kernel counts it.

A process starts as a copy of the one that starts it, and on Linux that one's size is the least that is
counted for it. So this module, and whatever imports it, stays small: data are generated, and reports of
hrdata judged, without loading any table here.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = (sys.executable, "-m")
OUT = "{out}"
"""Stands in a command for a folder that is not there yet; it is gone after the run."""


@dataclass(frozen=True)
class Run:
    """One run of a process: seconds of wall time, peak memory in bytes, exit code, and what it printed."""

    seconds: float
    peak: int
    code: int
    out: str
    err: str


@dataclass
class Contender:
    """Something to run, how it may end, and how it ran; `note` says why it did not.

    `once` is for what takes long, `slow` for what may be left out, `needs` names a module.
    """

    name: str
    command: Sequence[str]
    codes: tuple[int, ...] = (0,)
    once: bool = False
    slow: bool = False
    needs: str = ""
    runs: list[Run] = field(default_factory=list)
    note: str = ""
    failed: bool = False

    @property
    def times(self) -> list[float]:
        """Seconds of each run."""
        return [run.seconds for run in self.runs]

    @property
    def median(self) -> float:
        """The median of the times."""
        return statistics.median(self.times)

    @property
    def peak(self) -> int:
        """The most memory that any run took, in bytes."""
        return max(run.peak for run in self.runs)

    @property
    def counts(self) -> dict[str, int]:
        """What it counted, if it is one of `benchmarks.contenders`."""
        if self.runs and "benchmarks.contenders" in self.command:
            return dict(json.loads(self.runs[-1].out))
        return {}


def run(command: Sequence[str]) -> Run:
    """Run a command from the root of the checkout, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        whole = [part.replace(OUT, f"{folder}/made") for part in command]
        with out.open("wb") as stdout, err.open("wb") as stderr:
            start = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603
                whole, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [path.read_text("utf-8", "replace") for path in (out, err)]
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit, process.returncode, *texts)


def measure(contenders: Sequence[Contender], runs: int, tell: Callable[[str], None]) -> None:
    """Run the contenders in turns (A B A B), so that a busy moment of the machine hits all of them."""
    for turn in range(runs):
        for contender in contenders:
            if contender.note or (contender.once and turn):
                continue
            done = run(contender.command)
            tell(f"{turn + 1}/{runs} {contender.name}: {done.seconds:.2f} s, {done.peak / 1e6:.0f} MB")
            if done.code in contender.codes:
                contender.runs.append(done)
            else:
                contender.failed = True
                contender.note = f"ended with {done.code}: {done.err.strip()[-300:]}"
                contender.runs.clear()


def ratios(of: Contender, to: Contender) -> list[float]:
    """How many times as long the one takes as the other: turn by turn, or the medians if one ran once."""
    if len(of.runs) == len(to.runs):
        return [a / b for a, b in zip(of.times, to.times, strict=True)]
    return [of.median / to.median]
