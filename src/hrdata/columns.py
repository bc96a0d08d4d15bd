"""A CSV file as columns of text, and where in the file each cell stands."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice
from typing import overload

import polars as pl

from hrdata.check import Findings
from hrdata.records import LINE_END, records

LINE_END_BYTES = re.compile(LINE_END.pattern.encode())

_BLOCK = 8 << 10
"""Line ends are counted by blocks of so many bytes, to find a line fast."""


@dataclass
class Columns:
    """A CSV file as columns of text.

    `frame` has a column of type `CELL` for each name in the header and a row for each record; `lines`
    the physical line on which each record starts; `broken` the rows with a fault in their
    structure. With `readable` false there is no frame to judge.
    """

    file: str
    data: bytes = field(repr=False)
    header: tuple[str, ...] = ()
    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    lines: Sequence[int] = ()
    broken: frozenset[int] = frozenset()
    findings: Findings = field(default_factory=Findings)
    readable: bool = True

    def locate(self, row: int, column: int) -> tuple[int, int]:
        """The physical line and the character in it, from 1, at which a cell starts."""
        line = self.lines[row]
        start = self._lines.start_of(line)
        below = self.lines[row + 1] - line if row + 1 < len(self.lines) else None
        ends = LINE_END_BYTES.finditer(self.data, start)
        stop = len(self.data) if below is None else next(islice(ends, below - 1, None)).end()
        text = self.data[start:stop].decode("utf-8", "replace")
        record = next(records(text))
        cell = record.cells[min(column, len(record.cells) - 1)]
        above = [found.end() for found in LINE_END.finditer(text, 0, cell.start)]
        return line + len(above), cell.start - (above[-1] if above else 0) + 1

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.data)


class Lines:
    """Where the physical lines of a file start; found by counting line ends block by block."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = count_line_ends if b"\r" in data else _count_line_feeds
        self._stops, self._counts = array("Q"), array("Q")
        start = count = 0
        while start < len(data):
            stop = min(start + _BLOCK, len(data))
            stop += data[stop - 1 : stop + 1] == b"\r\n"
            count += self._count(data, start, stop)
            self._stops.append(stop)
            self._counts.append(count)
            start = stop

    def start_of(self, line: int) -> int:
        """The offset at which a line starts, counted from 1."""
        wanted = line - 1
        if not wanted:
            return 0
        block = bisect_left(self._counts, wanted)
        start, above = self._before(block)
        ends = LINE_END_BYTES.finditer(self._data, start, self._stops[block])
        return next(islice(ends, wanted - above - 1, None)).end()

    def of(self, offset: int) -> int:
        """The line on which an offset lies."""
        start, above = self._before(bisect_right(self._stops, offset))
        return 1 + above + self._count(self._data, start, offset)

    def _before(self, block: int) -> tuple[int, int]:
        """Where a block starts, and how many line ends are above it."""
        return (self._stops[block - 1], self._counts[block - 1]) if block else (0, 0)


def count_line_ends(data: bytes, start: int, stop: int) -> int:
    """How many lines end in a part of the data; a CR LF counts once."""
    return data.count(b"\n", start, stop) + data.count(b"\r", start, stop) - data.count(b"\r\n", start, stop)


def _count_line_feeds(data: bytes, start: int, stop: int) -> int:
    return data.count(b"\n", start, stop)


class RowLines(Sequence[int]):
    """The lines on which the rows of a file start, kept as stretches."""

    def __init__(self, stretches: Sequence[Sequence[int]]) -> None:
        self._stretches = stretches
        self._stops = list(accumulate(map(len, stretches)))

    def __len__(self) -> int:
        return self._stops[-1] if self._stops else 0

    @overload
    def __getitem__(self, row: int) -> int: ...
    @overload
    def __getitem__(self, row: slice) -> list[int]: ...
    def __getitem__(self, row: int | slice) -> int | list[int]:
        if isinstance(row, slice):
            return [self[index] for index in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        index = bisect_right(self._stops, row)
        return self._stretches[index][row - (self._stops[index - 1] if index else 0)]
