"""Bytes to columns of text with their physical lines, and what is wrong with the file's structure.

A file without any fault is read by Polars, in one go. Whether it is without fault is counted, not
guessed: quotes, commas and line ends have to add up. Any other file goes through a slow and exact
parser (RFC 4180) that names each fault at its line and saves the rows around it.
"""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from hrdata.check import Check, Finding
from hrdata.structure import (
    MAX_CELL,
    cells_are_not_huge,
    closing_quotes_end_the_cell,
    column_names_are_given,
    column_names_are_unique,
    file_has_a_header,
    file_has_rows,
    file_is_not_utf16,
    file_starts_with_its_header,
    last_line_is_ended,
    lines_are_not_blank,
    lines_end_alike,
    lines_end_with_a_line_feed,
    quotes_are_closed,
    quotes_open_the_cell,
    rows_are_long_enough,
    rows_are_short_enough,
    text_has_no_nul,
    text_is_utf8,
)

BAD_BYTES_LISTED = 20

_LINE_END = re.compile("\r\n|\n|\r")
_QUOTED = re.compile('"((?:[^"]++|"")*+)"')
_BARE = re.compile("[^,\r\n]*")
_CELL_END = re.compile("[,\r\n]|\\Z")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True)
class _Cell:
    """A cell as it stands in the text: its value, where it ends, and the fault it has, if any."""

    value: str
    start: int
    end: int
    fault: Check | None = None


@dataclass
class _Record:
    """The cells between two line ends, and the line on which they start."""

    line: int
    start: int
    cells: list[_Cell]
    end: int


@dataclass
class Columns:
    """A CSV file as columns of text.

    `frame` has a column of text for each name in the header and a row for each record; `lines`
    the physical line on which each record starts; `broken` the rows with a fault in their
    structure. With `readable` false there is no frame to judge.
    """

    file: str
    data: bytes = field(repr=False)
    header: tuple[str, ...] = ()
    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    lines: Sequence[int] = ()
    broken: frozenset[int] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True

    def locate(self, row: int, column: int) -> tuple[int, int]:
        """The physical line and the character in it, from 1, at which a cell starts."""
        line = self.lines[row]
        start = self._line_starts[line - 1]
        stop = self._line_starts[self.lines[row + 1] - 1] if row + 1 < len(self.lines) else len(self.data)
        text = self.data[start:stop].decode("utf-8", "replace")
        record = next(_records(text))
        cell = record.cells[min(column, len(record.cells) - 1)]
        before = text[: cell.start]
        ends = [found.end() for found in _LINE_END.finditer(before)]
        return line + len(ends), cell.start - (ends[-1] if ends else 0) + 1

    @cached_property
    def _line_starts(self) -> array[int]:
        return _line_starts(self.data)


def read_columns(data: bytes, file: str) -> Columns:
    r"""Read the bytes of a CSV file into columns of text, noting every fault of its structure.

    `file` is the name that findings give it. Never raises for what is in the data.

    >>> read_columns(b"vote_id,choice\nunga-61-174,no\n", "ballots.csv").frame["choice"].to_list()
    ['no']
    """
    columns = Columns(file, data)
    if not _is_readable_text(columns):
        columns.readable = False
        return columns
    body = data.removeprefix(codecs.BOM_UTF8)
    if len(body) != len(data):
        columns.findings.append(file_starts_with_its_header.finding(file=file, line=1, column=1))
        columns.data = body
    if not _read_regular(columns):
        _read_exactly(columns)
    return columns


def _is_readable_text(columns: Columns) -> bool:
    data, file = columns.data, columns.file
    if not data.removeprefix(codecs.BOM_UTF8):
        columns.findings.append(file_has_a_header.finding(file=file, line=1, column=1))
        return False
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            columns.findings.append(file_is_not_utf16.finding(file=file, line=1, column=1, encoding=encoding))
            return False
    faults = list(_undecodable(data))
    for offset in faults:
        line, start = _line_of(data, offset)
        columns.findings.append(
            text_is_utf8.finding(
                file=file,
                line=line,
                column=len(data[start:offset].decode("utf-8-sig", "replace")) + 1,
                byte=f"0x{data[offset]:02X}",
                offset=offset,
            )
        )
    return not faults


def _undecodable(data: bytes) -> Iterator[int]:
    """The offsets of bytes that are not UTF-8, at most `BAD_BYTES_LISTED` of them."""
    decode, start = codecs.getdecoder("utf-8"), 0
    for _ in range(BAD_BYTES_LISTED):
        try:
            decode(memoryview(data)[start:])
            return
        except UnicodeDecodeError as fault:
            yield start + fault.start
            start += fault.end


def _line_of(data: bytes, offset: int) -> tuple[int, int]:
    """The physical line on which an offset lies, and the offset at which that line starts."""
    starts = _line_starts(data)
    line = bisect_right(starts, offset)
    return line, starts[line - 1]


def _line_starts(data: bytes) -> array[int]:
    """The offset at which each physical line starts."""
    return array("Q", [0, *(found.end() for found in re.finditer(b"\r\n|\n|\r", data))])


def _read_regular(columns: Columns) -> bool:
    """Read a file whose structure has no fault at all; False if it may have one."""
    data = columns.data
    odd = any(sign in data for sign in (b"\r", b"\0", b"\n\n")) or data.startswith(b"\n")
    counted = None if odd or not data.endswith(b"\n") else _structure(data)
    if counted is None:
        return False
    header = next(_records(data[: data.find(b"\n") + 1].decode("utf-8")))
    names = [cell.value for cell in header.cells]
    commas, records = counted
    named = all(name.strip() and len(name) <= MAX_CELL for name in names) and len(set(names)) == len(names)
    # With a single column, a blank line looks like an empty cell: that is left to the exact parser.
    if not named or records < 2 or not commas or commas != records * (len(names) - 1):
        return False
    try:
        frame = pl.read_csv(data, infer_schema=False, empty_string_is_null=False, extra_columns="raise")
    except pl.exceptions.PolarsError:
        return False
    huge = frame.select(pl.any_horizontal(pl.all().str.len_chars().max() > MAX_CELL)).item()
    if frame.height != records - 1 or frame.columns != names or huge:
        return False
    columns.header, columns.frame = tuple(names), frame
    columns.lines = range(2, frame.height + 2) if data.count(b"\n") == records else _lines_of_rows(frame)
    return True


def _structure(data: bytes) -> tuple[int, int] | None:
    """How many commas and line ends stand outside quotes; None if a quote is out of place."""
    if b'"' not in data:
        return data.count(b","), data.count(b"\n")
    pieces = data.split(b'"')
    outside = pieces[::2]
    if len(pieces) % 2 == 0:
        return None
    opens = all(not piece or piece.endswith((b",", b"\n")) for piece in outside[:-1])
    closes = all(not piece or piece.startswith((b",", b"\n")) for piece in outside[1:])
    if not (opens and closes):
        return None
    return sum(p.count(b",") for p in outside), sum(p.count(b"\n") for p in outside)


def _lines_of_rows(frame: pl.DataFrame) -> Sequence[int]:
    """The line on which each row starts, when some cells hold line ends."""
    inside = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).alias("inside"))
    spans = inside["inside"].cast(pl.Int64) + 1
    lines: list[int] = (spans.cum_sum() - spans + 2).to_list()
    return lines


def _read_exactly(columns: Columns) -> None:
    text = columns.data.decode("utf-8")
    _judge_line_ends(columns, text)
    records = _records(text)
    header = next(records)
    names = tuple(cell.value for cell in header.cells)
    columns.header = names
    _judge_header(columns, text, header)
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: set[int] = set()
    for record in records:
        if _is_blank(text, record):
            columns.findings.append(
                lines_are_not_blank.finding(file=columns.file, line=record.line, column=1)
            )
            continue
        if _judge_record(columns, text, record):
            broken.add(len(rows))
        cells = [cell.value for cell in record.cells[: len(names)]]
        rows.append(cells + [""] * (len(names) - len(cells)))
        lines.append(record.line)
    if not rows:
        columns.findings.append(file_has_rows.finding(file=columns.file, line=1, column=1))
    unique = {name: index for index, name in reversed(list(enumerate(names)))}
    columns.frame = pl.DataFrame(
        {
            name: [row[index] for row in rows]
            for name, index in sorted(unique.items(), key=lambda pair: pair[1])
        },
        schema_overrides=dict.fromkeys(unique, pl.String),
    )
    columns.lines, columns.broken = lines, frozenset(broken)


def _judge_line_ends(columns: Columns, text: str) -> None:
    names = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}
    ends = [found.group() for found in _LINE_END.finditer(text)]
    if not ends or not text.endswith(("\n", "\r")):
        columns.findings.append(last_line_is_ended.finding(file=columns.file, line=len(ends) + 1))
    kinds = set(ends)
    if kinds == {"\r\n"}:
        columns.findings.append(lines_end_with_a_line_feed.finding(file=columns.file, line=1))
        return
    odd = next((index for index, end in enumerate(ends) if end != "\n"), None)
    if kinds == {"\r"}:
        columns.findings.append(
            lines_end_alike.finding(file=columns.file, line=1, observed="CR alone", like="")
        )
    elif odd is not None:
        first = next(index for index, end in enumerate(ends) if end != ends[0])
        columns.findings.append(
            lines_end_alike.finding(
                file=columns.file,
                line=first + 1,
                observed=names[ends[first]],
                like=f"; the lines above end with {names[ends[0]]}",
            )
        )


def _judge_header(columns: Columns, text: str, header: _Record) -> None:
    for index, cell in enumerate(header.cells):
        place: dict[str, Any] = {"file": columns.file, "line": 1, "column": cell.start + 1}
        if not cell.value.strip():
            columns.findings.append(column_names_are_given.finding(**place, position=index + 1))
        elif columns.header.index(cell.value) < index:
            times = columns.header.count(cell.value)
            columns.findings.append(column_names_are_unique.finding(**place, name=cell.value, times=times))
    _judge_cells(columns, text, header)


def _judge_record(columns: Columns, text: str, record: _Record) -> bool:
    """Note what is wrong with a record; whether anything is."""
    before = len(columns.findings)
    expected, observed = len(columns.header), len(record.cells)
    _judge_cells(columns, text, record)
    # A lost quote moves the commas: then the number of cells says nothing.
    if observed != expected and len(columns.findings) == before:
        check = rows_are_long_enough if observed < expected else rows_are_short_enough
        sizes: dict[str, Any] = {"observed": observed, "expected": expected}
        columns.findings.append(check.finding(file=columns.file, line=record.line, column=1, **sizes))
    return len(columns.findings) > before


def _judge_cells(columns: Columns, text: str, record: _Record) -> None:
    for cell in record.cells:
        if cell.fault:
            columns.findings.append(_at_cell(cell.fault, columns, text, record, cell))
        if len(cell.value) > MAX_CELL:
            sizes = {"observed": f"{len(cell.value):,}", "expected": f"{MAX_CELL:,}"}
            columns.findings.append(_at_cell(cells_are_not_huge, columns, text, record, cell, **sizes))
    if "\0" in text[record.start : record.end]:
        columns.findings.append(text_has_no_nul.finding(file=columns.file, line=record.line))


def _at_cell(
    check: Check, columns: Columns, text: str, record: _Record, cell: _Cell, **words: Any
) -> Finding:
    ends = [found.end() for found in _LINE_END.finditer(text, record.start, cell.start)]
    start_of_line = ends[-1] if ends else record.start
    return check.finding(
        file=columns.file, line=record.line + len(ends), column=cell.start - start_of_line + 1, **words
    )


def _is_blank(text: str, record: _Record) -> bool:
    return not text[record.start : record.end].strip()


def _records(text: str) -> Iterator[_Record]:
    """The records of a text, each with the physical line on which it starts."""
    position, line = 0, 1
    while position < len(text) or line == 1:
        record = _record(text, position, line)
        yield record
        ending = _LINE_END.match(text, record.end)
        line += 1 + sum(1 for _ in _LINE_END.finditer(text, position, record.end))
        position = ending.end() if ending else record.end
        if not ending:
            return


def _record(text: str, start: int, line: int) -> _Record:
    cells = [_cell(text, start)]
    while text.startswith(",", cells[-1].end):
        cells.append(_cell(text, cells[-1].end + 1))
    return _Record(line, start, cells, cells[-1].end)


def _cell(text: str, start: int) -> _Cell:
    if not text.startswith('"', start):
        end = _bare_end(text, start)
        value = text[start:end]
        return _Cell(value, start, end, quotes_open_the_cell if '"' in value else None)
    quoted = _QUOTED.match(text, start)
    if quoted and _CELL_END.match(text, quoted.end()):
        return _Cell(quoted.group(1).replace('""', '"'), start, quoted.end())
    if quoted and not _LINE_END.search(quoted.group()):
        end = _bare_end(text, quoted.end())
        return _Cell(text[start:end], start, end, closing_quotes_end_the_cell)
    # The quote that seems to close this one lies lines below and opens another cell, or there is
    # none: the rest of this line is lost, the lines below are not.
    line_end = _LINE_END.search(text, start)
    end = line_end.start() if line_end else len(text)
    return _Cell(text[start:end], start, end, quotes_are_closed)


def _bare_end(text: str, start: int) -> int:
    found = _BARE.match(text, start)
    assert found is not None
    return found.end()
