"""Bytes to columns of text with their physical lines, and what is wrong with the file's structure.

A file is read in batches. One whose structure has no fault, which a regular expression over the whole
batch decides, is read by Polars, in one go. Around a fault the exact and slow reader takes over
(`hrdata.records`): it names the fault at its line and saves the rows around it.
"""

from __future__ import annotations

import codecs
import re
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import polars as pl

from hrdata.check import CELL, Check, Finding, Findings
from hrdata.columns import LINE_END_BYTES, Columns, Lines, RowLines, count_line_ends
from hrdata.records import LINE_END, Cell, CutOff, Record, records
from hrdata.structure import (
    MAX_CELL,
    cells_are_not_huge,
    cells_are_separated_by_commas,
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
    rows_are_long_enough,
    rows_are_short_enough,
    text_has_no_nul,
    text_is_utf8,
)

BAD_BYTES_LISTED = 20

BATCH = 4 << 20
"""So many bytes are read in one go, up to the end of a line."""
WINDOW = 256 << 10
"""So many bytes of a batch with a fault are searched for it in one go."""
WORTHWHILE = 4 << 10
"""A stretch without a fault that is shorter than this is not worth a call of Polars."""
MOST_RECORDS = 4096
"""So many records are read exactly in one go at most."""
_AHEAD = 2
"""So many batches are read at the same time."""

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_columns(data: bytes, file: str) -> Columns:
    r"""Read the bytes of a CSV file into columns of text, noting every fault of its structure.

    `file` is the name that findings give it. Never raises for what is in the data.

    >>> read_columns(b"vote_id,choice\nunga-61-174,no\n", "ballots.csv").frame["choice"].to_list()
    ['no']
    """
    columns = Columns(file, data)
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    columns.readable = _has_text(columns, start)
    if not columns.readable:
        return columns
    if start:
        columns.findings.append(file_starts_with_its_header.finding(file=file, line=1, column=1))
    try:
        _Reader(columns, start).read()
    except UnicodeDecodeError:
        columns = Columns(file, data, readable=False)
        _name_bad_bytes(columns)
    return columns


def _has_text(columns: Columns, start: int) -> bool:
    data, file = columns.data, columns.file
    if len(data) == start:
        columns.findings.append(file_has_a_header.finding(file=file, line=1, column=1))
        return False
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            columns.findings.append(file_is_not_utf16.finding(file=file, line=1, column=1, encoding=encoding))
            return False
    return True


def _name_bad_bytes(columns: Columns) -> None:
    data, lines = columns.data, Lines(columns.data)
    for offset in _undecodable(data):
        line = lines.of(offset)
        before = data[lines.start_of(line) : offset].decode("utf-8-sig", "replace")
        byte = f"0x{data[offset]:02X}"
        columns.findings.append(
            text_is_utf8.finding(
                file=columns.file, line=line, column=len(before) + 1, byte=byte, offset=offset
            )
        )


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


class _Reader:
    """Goes through the bytes of one file from the front, and fills its columns."""

    def __init__(self, columns: Columns, start: int) -> None:
        self._columns, self._data = columns, columns.data
        self._position, self._line = start, 1
        self._frames: list[pl.DataFrame] = []
        self._deferred: list[tuple[int, bytes]] = []
        self._row_lines: list[Sequence[int]] = []
        self._height = 0
        self._broken: list[int] = []

    def read(self) -> None:
        """Read it all. Raises `UnicodeDecodeError` when it is not UTF-8."""
        columns = self._columns
        start = self._position
        [(text, header)] = self._next_records(1)
        names = tuple(cell.value for cell in header.cells)
        columns.header = names
        if len(names) == 1 and (separator := _other_separator(*_first_lines(text, header))):
            _refuse_separator(columns, separator)
            return
        _judge_line_ends(columns)
        _judge_header(columns, text, header)
        ending = LINE_END_BYTES.search(self._data, max(start, self._position - 2), self._position)
        self._set_form(len(names), ending.group() if ending else b"\n")
        with ThreadPoolExecutor(_AHEAD) as pool:
            self._read_batches(pool)
        if not self._height:
            columns.findings.append(file_has_rows.finding(file=columns.file, line=1, column=1))
        frame = pl.concat([pl.DataFrame(schema=self._schema), *self._frames])
        first = {name: index for index, name in reversed(list(enumerate(names)))}
        kept = [index for index, name in enumerate(names) if first[name] == index]
        columns.frame = frame.select(pl.col(str(index)).alias(names[index]) for index in kept)
        columns.lines = RowLines(self._row_lines)
        columns.broken = frozenset(self._broken)

    def _set_form(self, width: int, line_end: bytes) -> None:
        """Say what a regular record looks like.

        There is none of a single column: a blank line would look like an empty cell.
        """
        self._width, self._line_end = width, line_end
        self._schema = {str(index): CELL for index in range(width)}
        cell = r'(?:"(?:[^"\r\x00]|"")*"|[^",\r\n\x00]*)'
        record = f"(?:{cell},){{{width - 1}}}{cell}"
        self._all_regular = rf"\A(?:{record}\n)+\z"
        # Around a fault each row has to be a line, so that rows can be counted before they are parsed.
        on_a_line = record.replace(r'[^"\r\x00]', r'[^"\r\n\x00]')
        self._regular_start = rf"\A(?:{on_a_line}{re.escape(line_end.decode())})+"

    def _read_batches(self, pool: ThreadPoolExecutor) -> None:
        """Read batch by batch, two at a time; where one is not regular, with care."""
        ahead: deque[tuple[int, int, Future[tuple[pl.DataFrame, int] | None]]] = deque()
        start = self._position
        while self._position < len(self._data):
            while len(ahead) < _AHEAD and start < len(self._data):
                stop = self._cut(start, BATCH)
                ahead.append((start, stop, pool.submit(self._read_regular, start, stop)))
                start = stop
            _, stop, future = ahead.popleft()
            if (read := future.result()) is not None:
                self._take(*read, stop)
                continue
            self._read_with_care(stop)
            if not (ahead and ahead[0][0] == self._position):
                # The last record reached into the next batch.
                ahead.clear()
                start = self._position

    def _cut(self, start: int, size: int) -> int:
        """The end of the last line that ends within so many bytes; if none does, of the next one."""
        last = self._line_end[-1:]
        stop = self._data.rfind(last, start, start + size) + 1 or self._data.find(last, start + size) + 1
        return stop or len(self._data)

    def _read_regular(self, start: int, stop: int) -> tuple[pl.DataFrame, int] | None:
        """The rows of some whole lines and how many lines these are; None if there may be a fault."""
        batch = self._data[start:stop]
        if self._line_end != b"\n":
            if batch.count(self._line_end) != batch.count(self._line_end[-1:]):
                return None
            batch = batch.replace(self._line_end, b"\n")
        odd = b"\r" in batch or not batch.endswith(b"\n") or _is_odd(batch)
        line_ends = batch.count(b"\n")
        if self._width < 2 or odd or not self._is_regular(batch, line_ends):
            return None
        try:
            frame = self._parse(batch)
        except pl.exceptions.PolarsError:
            return None
        # Only in quotes can a cell hold a line end, which stays as it is.
        kept = self._line_end == b"\n" and b'"' in batch
        whole = frame.height == line_ends or (kept and not _has_huge_cell(frame))
        return (frame, line_ends) if whole and frame.height <= line_ends else None

    def _is_regular(self, batch: bytes, line_ends: int) -> bool:
        """Whether the structure has no fault, unless a line has too many cells, which Polars refuses."""
        if b'"' not in batch:
            return batch.count(b",") == line_ends * (self._width - 1)
        text = _as_series(batch)
        return text is not None and bool(text.str.contains(self._all_regular).item())

    def _read_with_care(self, stop: int) -> None:
        """Read up to an offset at least: what is regular by Polars, the records around a fault exactly."""
        exactly = 1
        while self._position < stop:
            end = min(self._cut(self._position, WINDOW), stop)
            regular = self._regular_bytes(end)
            worthwhile = regular >= WORTHWHILE or regular == end - self._position
            if worthwhile and self._take_regular(self._position + regular):
                exactly = 1
            else:
                self._take_exactly(exactly)
                exactly = min(2 * exactly, MOST_RECORDS)
        self._read_deferred()

    def _take_regular(self, stop: int) -> bool:
        """Take in regular lines up to an offset; False if there may be a cell too long among them."""
        lines = self._data[self._position : stop]
        if _is_odd(lines):
            return False
        # Each line is a row. A call of Polars for all such stretches costs less than one for each.
        height = lines.count(self._line_end)
        self._deferred.append((len(self._frames), lines))
        self._frames.append(pl.DataFrame())
        self._row_lines.append(range(self._line, self._line + height))
        self._height += height
        self._line += height
        self._position = stop
        return True

    def _read_deferred(self) -> None:
        """Read the regular lines that were put off, and put their rows where they belong."""
        text = b"".join(lines for _, lines in self._deferred).replace(self._line_end, b"\n")
        if text:
            frame, row = self._parse(text), 0
            for place, lines in self._deferred:
                height = lines.count(self._line_end)
                self._frames[place] = frame[row : row + height]
                row += height
        self._deferred.clear()

    def _parse(self, text: bytes) -> pl.DataFrame:
        """The rows of some lines. Raises `PolarsError` when one has too many cells."""
        frame = pl.read_csv(
            text, has_header=False, schema=self._schema, empty_string_is_null=False, extra_columns="raise"
        )
        # Polars 2.1 takes an empty cell for null in a categorical column all the same.
        counts = frame.null_count().row(0, named=True)
        return frame.with_columns(pl.col(name).fill_null("") for name, count in counts.items() if count)

    def _regular_bytes(self, end: int) -> int:
        """How many bytes, from the position to `end` at most, hold nothing but regular lines."""
        window = self._data[self._position : end]
        text = _as_series(window)
        if self._width < 2 or text is None:
            return 0
        rest = text.str.replace(self._regular_start, "", n=1).str.len_bytes().item()
        return len(window) - int(rest)

    def _take(self, frame: pl.DataFrame, line_ends: int, stop: int) -> None:
        """Take in the rows of regular records on so many lines, up to an offset."""
        if line_ends == frame.height:
            self._row_lines.append(range(self._line, self._line + line_ends))
        else:
            inside = pl.sum_horizontal(pl.all().cast(pl.String).str.count_matches("\n", literal=True))
            spans = frame.select(inside.cast(pl.Int64) + 1).to_series()
            self._row_lines.append(array("Q", (spans.cum_sum() - spans + self._line).to_list()))
        self._frames.append(frame)
        self._height += frame.height
        self._line += line_ends
        self._position = stop

    def _take_exactly(self, most: int) -> None:
        """Take in so many records, and note their faults."""
        columns, width = self._columns, self._width
        rows: list[list[str]] = []
        lines = array("Q")
        for text, record in self._next_records(most):
            if _is_blank(text, record):
                fault = lines_are_not_blank.finding(file=columns.file, line=record.line, column=1)
                columns.findings.append(fault)
                continue
            if _judge_record(columns, text, record):
                self._broken.append(self._height + len(rows))
            cells = [cell.value for cell in record.cells[:width]]
            rows.append(cells + [""] * (width - len(cells)))
            lines.append(record.line)
        if rows:
            text_schema = dict.fromkeys(self._schema, pl.String)
            self._frames.append(pl.DataFrame(rows, schema=text_schema, orient="row").cast(CELL))
            self._row_lines.append(lines)
            self._height += len(rows)

    def _next_records(self, most: int) -> list[tuple[str, Record]]:
        """Some records from the position on, at least one, each with the text that it is part of."""
        size, found = WINDOW, list[Record]()
        while not found:
            stop = self._end_of_character(self._position + size)
            text = self._data[self._position : stop].decode()
            try:
                for record in islice(records(text, self._line, final=stop == len(self._data)), most):
                    found.append(record)
            except CutOff:
                size *= 8
        self._line = found[-1].line + found[-1].lines
        self._position += len(text[: found[-1].stop].encode())
        return [(text, record) for record in found]

    def _end_of_character(self, offset: int) -> int:
        """The offset, or where the character starts that it cuts; not beyond the end."""
        end = min(offset, len(self._data))
        for start in range(end, max(end - 4, 0), -1):
            if start == len(self._data) or self._data[start] & 0xC0 != 0x80:
                return start
        return end


def _as_series(batch: bytes) -> pl.Series | None:
    """Some bytes as one text for Polars; None if they are not UTF-8."""
    try:
        return pl.Series([batch], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return None


def _is_odd(batch: bytes) -> bool:
    """Whether Polars would read it in another way, or it may hold a cell that is too long."""
    return b"\0" in batch or batch.startswith(codecs.BOM_UTF8) or _has_long_line(batch)


def _has_long_line(batch: bytes) -> bool:
    """Whether a line may hold a cell that is too long."""
    position = 0
    while position + MAX_CELL < len(batch):
        position = batch.rfind(b"\n", position, position + MAX_CELL) + 1
        if not position:
            return True
    return False


def _has_huge_cell(frame: pl.DataFrame) -> bool:
    longest = frame.select(pl.max_horizontal(pl.all().cast(pl.String).str.len_chars().max())).item()
    return bool(longest > MAX_CELL)


_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""What others put between cells instead of commas."""

_NAME = r'"?\w[\w .-]*"?'


def _first_lines(text: str, header: Record) -> tuple[str, str]:
    """The header, and the line below it."""
    return text[header.start : header.end], LINE_END.split(text[header.stop :], maxsplit=1)[0]


def _other_separator(header: str, below: str) -> str:
    """The name of a separator other than the comma by which a header falls into names, and the line below."""
    for sign, name in _SEPARATORS.items():
        is_header = re.fullmatch(f"{_NAME}(?:[{sign}]{_NAME})+[{sign}]*", header)
        if is_header and (sign in below or not below):
            return name
    return ""


def _refuse_separator(columns: Columns, separator: str) -> None:
    """Say of a file of another dialect only that: what else is wrong with it follows from that."""
    finding = cells_are_separated_by_commas.finding(file=columns.file, line=1, separator=separator)
    columns.findings, columns.readable = Findings([finding]), False


def _judge_line_ends(columns: Columns) -> None:
    data, file = columns.data, columns.file
    if not data.endswith((b"\n", b"\r")):
        last = count_line_ends(data, 0, len(data)) + 1
        columns.findings.append(last_line_is_ended.finding(file=file, line=last))
    if b"\r" not in data:
        return
    both = data.count(b"\r\n")
    alone = [name for name, end in (("CR", b"\r"), ("LF", b"\n")) if data.count(end) > both]
    if both and not alone:
        columns.findings.append(lines_end_with_a_line_feed.finding(file=file, line=1))
    elif alone == ["CR"] and not both:
        columns.findings.append(lines_end_alike.finding(file=file, line=1, observed="CR alone", like=""))
    else:
        _name_first_other_line_end(columns)


def _name_first_other_line_end(columns: Columns) -> None:
    names = {b"\n": "LF", b"\r\n": "CR LF", b"\r": "CR"}
    ends = (found.group() for found in LINE_END_BYTES.finditer(columns.data))
    first = next(ends)
    line, other = next((line, end) for line, end in enumerate(ends, start=2) if end != first)
    like = f"; the lines above end with {names[first]}"
    columns.findings.append(
        lines_end_alike.finding(file=columns.file, line=line, observed=names[other], like=like)
    )


def _judge_header(columns: Columns, text: str, header: Record) -> None:
    for index, cell in enumerate(header.cells):
        place: dict[str, Any] = {"file": columns.file, "line": 1, "column": cell.start + 1}
        if not cell.value.strip():
            columns.findings.append(column_names_are_given.finding(**place, position=index + 1))
        elif columns.header.index(cell.value) < index:
            times = columns.header.count(cell.value)
            columns.findings.append(column_names_are_unique.finding(**place, name=cell.value, times=times))
    _judge_cells(columns, text, header)


def _judge_record(columns: Columns, text: str, record: Record) -> bool:
    """Note what is wrong with a record; whether anything is."""
    before = columns.findings.counts.total()
    expected, observed = len(columns.header), len(record.cells)
    _judge_cells(columns, text, record)
    # A lost quote moves the commas: then the number of cells says nothing.
    if observed != expected and columns.findings.counts.total() == before:
        check = rows_are_long_enough if observed < expected else rows_are_short_enough
        sizes: dict[str, Any] = {"observed": observed, "expected": expected}
        columns.findings.append(check.finding(file=columns.file, line=record.line, column=1, **sizes))
    return columns.findings.counts.total() > before


def _judge_cells(columns: Columns, text: str, record: Record) -> None:
    for cell in record.cells:
        if cell.fault:
            columns.findings.append(_at_cell(cell.fault, columns, text, record, cell))
        if len(cell.value) > MAX_CELL:
            sizes = {"observed": f"{len(cell.value):,}", "expected": f"{MAX_CELL:,}"}
            columns.findings.append(_at_cell(cells_are_not_huge, columns, text, record, cell, **sizes))
    if "\0" in text[record.start : record.end]:
        columns.findings.append(text_has_no_nul.finding(file=columns.file, line=record.line))


def _at_cell(check: Check, columns: Columns, text: str, record: Record, cell: Cell, **words: Any) -> Finding:
    ends = [found.end() for found in LINE_END.finditer(text, record.start, cell.start)]
    start_of_line = ends[-1] if ends else record.start
    return check.finding(
        file=columns.file, line=record.line + len(ends), column=cell.start - start_of_line + 1, **words
    )


def _is_blank(text: str, record: Record) -> bool:
    return not text[record.start : record.end].strip()
