"""Bytes to columns: two readers that agree, faults named where they are, and no file that fools either."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hrdata import read
from hrdata.check import LISTED_PER_CHECK
from hrdata.columns import Columns
from hrdata.read import BAD_BYTES_LISTED, read_columns
from hrdata.records import Record, records
from hrdata.structure import MAX_CELL

Fault = tuple[str, int | None, int | None]
Grid = list[list[str]]

LONG = b"x" * 200_000
EURO = "\u20ac".encode()


def faults(data: bytes) -> list[Fault]:
    return [(found.check, found.line, found.column) for found in read_columns(data, "f.csv").findings]


def read_exactly(data: bytes) -> Columns:
    """Read a file by the exact reader alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read._Reader, "_read_regular", lambda *_: None)
        patch.setattr(read._Reader, "_regular_bytes", lambda *_: 0)
        return read_columns(data, "f.csv")


def read_in_tiny_batches(data: bytes) -> Columns:
    """Read a file with a batch for every few bytes, so that records reach across them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"BATCH": 9, "WINDOW": 5, "WORTHWHILE": 3, "MOST_RECORDS": 2}.items():
            patch.setattr(read, name, size)
        return read_columns(data, "f.csv")


def rows_of(columns: Columns) -> list[tuple[str, ...]]:
    return [tuple(row) for row in columns.frame.rows()]


# what the bytes are: the faults in them, and the rows that are saved
FILES: dict[str, tuple[bytes, list[Fault], list[tuple[str, ...]]]] = {
    "fine": (b"a,b\n1,2\n", [], [("1", "2")]),
    "an empty file": (b"", [("STR108", 1, 1)], []),
    "a byte order mark alone": (codecs.BOM_UTF8, [("STR108", 1, 1)], []),
    "a line end alone": (b"\n", [("STR110", 1, 1), ("STR109", 1, 1)], []),
    "a header alone": (b"a,b\n", [("STR109", 1, 1)], []),
    "a header cut short": (b"a,b", [("STR107", 1, None), ("STR109", 1, 1)], []),
    "a nameless column": (b"a,,c\n1,2,3\n", [("STR110", 1, 3)], [("1", "2", "3")]),
    "a column named with a space": (b"a, \n1,2\n", [("STR110", 1, 3)], [("1", "2")]),
    "two columns of one name": (b"a,b,a\n1,2,3\n", [("STR111", 1, 5)], [("1", "2")]),
    "a row too short": (b"a,b\n1\n3,4\n", [("STR112", 2, 1)], [("1", ""), ("3", "4")]),
    "a row too long": (b"a,b\n1,2\n3,4,5\n", [("STR113", 3, 1)], [("1", "2"), ("3", "4")]),
    "a short and a long row that even out": (
        b"a,b\n1\n2,3,4\n",
        [("STR112", 2, 1), ("STR113", 3, 1)],
        [("1", ""), ("2", "3")],
    ),
    "a blank line": (b"a,b\n\n1,2\n", [("STR114", 2, 1)], [("1", "2")]),
    "a line of spaces": (b"a,b\n1,2\n \t \n", [("STR114", 3, 1)], [("1", "2")]),
    "a line of spaces, one column": (b"a\n1\n \n2\n", [("STR114", 3, 1)], [("1",), ("2",)]),
    "a quoted empty cell, one column": (b'a\n""\n1\n', [], [("",), ("1",)]),
    "a byte order mark": (codecs.BOM_UTF8 + b"a,b\n1,2\n", [("STR103", 1, 1)], [("1", "2")]),
    "CR LF": (b"a,b\r\n1,2\r\n", [("STR106", 1, None)], [("1", "2")]),
    "CR alone": (b"a,b\r1,2\r", [("STR105", 1, None)], [("1", "2")]),
    "LF, then CR LF": (b"a,b\n1,2\r\n3,4\n", [("STR105", 2, None)], [("1", "2"), ("3", "4")]),
    "CR LF, then LF": (b"a,b\r\n1,2\r\n3,4\n", [("STR105", 3, None)], [("1", "2"), ("3", "4")]),
    "LF, then CR": (b"a,b\n1,2\r3,4\n", [("STR105", 2, None)], [("1", "2"), ("3", "4")]),
    "a CR within a cell": (b'a,b\n"1\r",2\n', [("STR105", 2, None)], [("1\r", "2")]),
    "no last line end": (b"a,b\n1,2", [("STR107", 2, None)], [("1", "2")]),
    "NUL in a cell": (b"a,b\n1,\0\n", [("STR104", 2, None)], [("1", "\0")]),
    "NUL in the header": (b"a\0,b\n1,2\n", [("STR104", 1, None)], [("1", "2")]),
    "an unclosed quote": (
        b'a,b\n1,2\n3,"4\n5,6\n7,"8"\n',
        [("STR115", 3, 3)],
        [("1", "2"), ("3", '"4'), ("5", "6"), ("7", "8")],
    ),
    "an unclosed quote at the end": (b'a,b\n1,"2', [("STR107", 2, None), ("STR115", 2, 3)], [("1", '"2')]),
    "an unclosed quote, and a bad row below": (
        b'a,b\n1,"2\n3\n',
        [("STR115", 2, 3), ("STR112", 3, 1)],
        [("1", '"2'), ("3", "")],
    ),
    "an unclosed quote below a quoted line break": (
        b'a,b\n"1\n\n",2\n"3,4\n5,6\n',
        [("STR115", 5, 1)],
        [("1\n\n", "2"), ('"3,4', ""), ("5", "6")],
    ),
    "an unclosed quote in the header": (b'a,"b\n1,2\n', [("STR115", 1, 3)], [("1", "2")]),
    "text after a closing quote": (b'a,b\n1,"2"x\n', [("STR116", 2, 3)], [("1", '"2"x')]),
    "text after a closing quote in the header": (b'"a"x,b\n1,2\n', [("STR116", 1, 1)], [("1", "2")]),
    "a space before a quote": (b'a,b\n1, "2"\n', [("STR117", 2, 3)], [("1", ' "2"')]),
    "a quote within a cell": (b'a,b\n1,x"y\n', [("STR117", 2, 3)], [("1", 'x"y')]),
    "a fault below a quoted line break": (
        b'a,b\n"1\n2",x"y\n3\n',
        [("STR117", 3, 4), ("STR112", 4, 1)],
        [("1\n2", 'x"y'), ("3", "")],
    ),
    "a huge cell": (
        b"a,b\n1," + LONG + b"\n3,4\n",
        [("STR118", 2, 3)],
        [("1", LONG.decode()), ("3", "4")],
    ),
    "a huge column name": (b"a," + LONG + b"\n1,2\n", [("STR118", 1, 3)], [("1", "2")]),
    "a cell just not huge": (b"a\n" + b"x" * MAX_CELL + b"\n", [], [("x" * MAX_CELL,)]),
    "a stray byte": (b"a,b\n1," + EURO + b"\xff\n", [("STR101", 2, 4)], []),
    "a character cut in two": (b"a,b\n1," + EURO[:2] + b"\n", [("STR101", 2, 3)], []),
    "a surrogate in UTF-8": (b"a\n\xed\xa0\x80\n", [("STR101", 2, column) for column in (1, 2, 3)], []),
    "two stray bytes": (b"\xe9,b\r\n1,\xe9\r\n", [("STR101", 1, 1), ("STR101", 2, 3)], []),
}


@pytest.mark.parametrize("name", FILES)
def test_each_fault_is_named_at_its_place_and_the_rows_around_it_are_saved(name: str) -> None:
    data, expected, saved = FILES[name]
    assert faults(data) == expected
    assert rows_of(read_columns(data, "f.csv")) == saved


def test_a_byte_that_is_not_utf8_is_given_with_its_offset() -> None:
    [finding] = read_columns(b"a,b\n1," + EURO + b"\xff\n", "f.csv").findings
    assert finding.message == "the byte 0xFF at offset 9 is not UTF-8"


def test_a_file_of_stray_bytes_does_not_flood_the_report() -> None:
    assert len(faults(b"\xff" * 10_000)) == BAD_BYTES_LISTED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("order", ["le", "be"])
def test_a_file_in_utf16_or_utf32_is_named_as_such(encoding: str, order: str) -> None:
    mark = {
        "utf-16le": codecs.BOM_UTF16_LE,
        "utf-16be": codecs.BOM_UTF16_BE,
        "utf-32le": codecs.BOM_UTF32_LE,
        "utf-32be": codecs.BOM_UTF32_BE,
    }[encoding + order]
    columns = read_columns(mark + "a,b\n1,2\n".encode(f"{encoding}-{order}"), "f.csv")
    [finding] = columns.findings
    assert (finding.check, finding.message) == (
        "STR102",
        f"the file is {encoding.upper()}, but expected UTF-8",
    )
    assert not columns.readable


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a,b", "a,\u4e2d\n1,\u20ac\n"])
def test_a_file_in_utf16_without_its_mark_never_passes_as_utf8(encoding: str, text: str) -> None:
    assert {"STR101", "STR102", "STR104"} & {check for check, _, _ in faults(text.encode(encoding))}


def test_the_line_ends_above_are_named_where_they_change() -> None:
    [finding] = read_columns(b"a,b\r\n1,2\r\n3,4\n", "f.csv").findings
    assert (
        finding.message == "the line ends with LF, but expected a line feed; the lines above end with CR LF"
    )


def test_broken_rows_are_marked_so_that_no_check_judges_them() -> None:
    assert read_columns(b'a,b\n1,2\n3\n\n4,5"\n6,7\n', "f.csv").broken == {1, 2}


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("id;title", "semicolons"),
        ('"id";"the title"', "semicolons"),
        ("id;title;", "semicolons"),
        ("id\ttitle", "tabs"),
        ("id|title", "vertical bars"),
    ],
)
def test_of_a_file_with_another_separator_only_that_is_said(header: str, separator: str) -> None:
    sign = next(sign for sign in ";\t|" if sign in header)
    data = f'\ufeff{header}\r\n1{sign}"a; b"\r\n\r\n2{sign}"c, d""'.encode()
    columns = read_columns(data, "f.csv")
    [finding] = columns.findings
    assert (finding.check, finding.line, columns.readable) == ("STR122", 1, False)
    assert f"separated by {separator}," in finding.message


@pytest.mark.parametrize("header", ["a", "a;", "<p>a; b</p>", "a,b;c", ";", "a: b", "a|b"])
def test_a_header_with_another_sign_is_not_always_of_another_dialect(header: str) -> None:
    assert "STR122" not in {
        finding.check for finding in read_columns(f"{header}\n1\n".encode(), "f").findings
    }


# Well-formed tables, as the csv module of Python writes them.

ODD = [
    "",
    ",",
    '"',
    '""',
    "\n",
    '"\n"',
    'a"b',
    "a\n\nb",
    " x ",
    "\u2028",
    "\x85",
    "\x1c",
    "\ufeff",
    "\U0001f5f3",
]
LETTERS = st.characters(codec="utf-8", exclude_characters="\r\0")
CELLS = st.sampled_from(ODD) | st.text(LETTERS, max_size=6)
NAMES = (st.sampled_from(["a", 'a"', "a,b", "row", " a"]) | st.text(LETTERS, min_size=1, max_size=4)).filter(
    lambda name: bool(name.strip()) and not name.startswith("\ufeff")
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    header = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    # In a table of one column, a line of spaces is a blank line.
    cells = CELLS if len(header) > 1 else CELLS.filter(lambda cell: not cell or bool(cell.strip()))
    rows = draw(st.lists(st.lists(cells, min_size=len(header), max_size=len(header)), min_size=1, max_size=6))
    return [header, *rows]


def written(row: list[str], quote_all: bool) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerow(
        row
    )
    return text.getvalue()


def places(grid: Grid, quote_all: bool) -> list[list[tuple[int, int]]]:
    """The line and the column of every cell below the header, by counting the line ends before it."""
    found, above = [], written(grid[0], quote_all)
    for row in grid[1:]:
        here = []
        for index in range(len(row)):
            # What is written before a cell is what is written before an `x` in its place.
            x = written(["x", "x"], quote_all)
            before = above + written([*row[:index], "x", "x"], quote_all).removesuffix(x)
            here.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
        found.append(here)
        above += written(row, quote_all)
    return found


@settings(deadline=None)
@given(grid=grids(), quote_all=st.booleans())
def test_both_readers_read_what_the_csv_module_wrote(grid: Grid, quote_all: bool) -> None:
    text = "".join(written(row, quote_all) for row in grid)
    data = text.encode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == grid
    for columns in (read_columns(data, "f.csv"), read_exactly(data), read_in_tiny_batches(data)):
        assert columns.findings == []
        assert list(columns.header) == grid[0]
        assert rows_of(columns) == [tuple(row) for row in grid[1:]]
        located = [[columns.locate(r, c) for c in range(len(row))] for r, row in enumerate(grid[1:])]
        assert located == places(grid, quote_all)


# Any bytes whatever.

_CELL = r'(?:[^",\n]*|"(?:[^"]|"")*")'
_RECORD = re.compile(rf"({_CELL}(?:,{_CELL})*)\n")


def canonical_rows(data: bytes) -> Grid | None:
    """The rows of a file that has nothing wrong with its structure, else None: a second opinion."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not text or text.startswith("\ufeff") or "\r" in text or "\0" in text:
        return None
    grid, position = [], 0
    while position < len(text):
        record = _RECORD.match(text, position)
        if record is None or not record.group(1).strip():
            return None
        grid += list(csv.reader(io.StringIO(record.group(), newline="")))
        position = record.end()
    names = grid[0]
    is_named = all(name.strip() for name in names) and max(Counter(names).values()) == 1
    is_even = len({len(row) for row in grid}) == 1
    return grid if is_named and is_even and len(grid) > 1 else None


@st.composite
def nearly_fine(draw: st.DrawFn) -> bytes:
    """A well-formed file with one byte taken out, put in or changed."""
    data = "".join(written(row, draw(st.booleans())) for row in draw(grids())).encode()
    at = draw(st.integers(0, len(data)))
    put = draw(st.sampled_from([b"", b'"', b",", b"\n", b"\r", b"\0", b" ", b"\xff", b"x"]))
    return data[:at] + put + data[at + draw(st.integers(0, 1)) :]


ANY_BYTES = (
    st.text('ab,"\n\r\0 \ufeff', max_size=25).map(str.encode)
    | st.text('a,"\n', max_size=25).map(lambda text: f"a,b\n{text}\n".encode())
    | nearly_fine()
    | st.binary(max_size=40)
)


@settings(deadline=None, max_examples=250)
@given(data=ANY_BYTES)
@example(b'a,"a""","a,b","0\n,,,\n,,,\n,,,\n,,,"\n"\n,,",",","\n,,,\n')
def test_any_bytes_are_read_and_only_a_canonical_file_has_no_finding(data: bytes) -> None:
    columns = read_columns(data, "f.csv")
    for other in (read_exactly(data), read_in_tiny_batches(data)):
        assert other.header == columns.header
        assert other.frame.rows() == columns.frame.rows()
        assert list(other.lines) == list(columns.lines)
        assert (other.findings, other.broken) == (columns.findings, columns.broken)
    grid = canonical_rows(data)
    assert (columns.findings == []) == (grid is not None)
    if grid is not None:
        assert [columns.header, *rows_of(columns)] == [tuple(row) for row in grid]
    last_line = len(re.findall(b"\r\n|\r|\n", data)) + 1
    assert all(1 <= (finding.line or 0) <= last_line for finding in columns.findings)
    assert len(columns.lines) == columns.frame.height
    assert sorted(columns.lines) == list(columns.lines)


@settings(deadline=None)
@given(data=st.data(), height=st.integers(1, 6), width=st.integers(1, 3), quote_all=st.booleans())
def test_an_unclosed_quote_is_reported_on_its_line_and_costs_no_other_row(
    data: st.DataObject, height: int, width: int, quote_all: bool
) -> None:
    rows = [[f"r{r}c{c}" for c in range(width)] for r in range(height)]
    r, c = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    lines = [written(row, quote_all) for row in [[f"n{c}" for c in range(width)], *rows]]
    lines[r + 1] = ",".join([*rows[r][:c], '"' + rows[r][c], *rows[r][c + 1 :]]) + "\n"
    start = lines[r + 1].index('"')
    text = "".join(lines)
    assert faults(text.encode()) == [("STR115", r + 2, start + 1)]
    read = rows_of(read_columns(text.encode(), "f.csv"))
    assert [read[i] for i in range(height) if i != r] == [tuple(rows[i]) for i in range(height) if i != r]


# Batches

COLUMNS = ("id", "stät", "note", "end")


def several(rows: int, quote_all: bool = False) -> Grid:
    """A table with empty cells everywhere, and text of all widths."""
    words = ["", "ÄÖ", "€", "\U0001f5f3 vote", "plain", "  ", ""]
    if quote_all:
        words += ["a,b", 'say "no"', '"', ","]
    return [
        list(COLUMNS),
        *(
            ["" if row % 11 == 0 else str(row), words[row % len(words)], words[row % 5], words[-row % 7]]
            for row in range(rows)
        ),
    ]


def as_text(grid: Grid, end: str, quote_all: bool) -> str:
    return "".join(written(row, quote_all)[:-1] + end for row in grid)


def by_csv(text: str) -> Grid:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture
def exactly(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The line of each record that the exact reader reads."""
    lines: list[int] = []

    def counted(*of: Any, **how: Any) -> Iterator[Record]:
        for record in records(*of, **how):
            lines.append(record.line)
            yield record

    monkeypatch.setattr(read, "records", counted)
    return lines


@pytest.mark.parametrize("quote_all", [False, True], ids=["bare", "quoted"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a mark"])
def test_a_regular_file_of_several_batches_is_never_read_exactly(
    monkeypatch: pytest.MonkeyPatch, quote_all: bool, end: str, mark: str
) -> None:
    starts: list[int] = []

    def read_regular(reader: read._Reader, start: int, stop: int) -> tuple[pl.DataFrame, int] | None:
        starts.append(start)
        return kept(reader, start, stop)

    def fail(*_: object) -> None:
        raise AssertionError("the exact reader was called")

    kept = read._Reader._read_regular
    monkeypatch.setattr(read, "BATCH", 4096)
    monkeypatch.setattr(read._Reader, "_read_regular", read_regular)
    monkeypatch.setattr(read._Reader, "_take_exactly", fail)
    grid = several(2000, quote_all)
    text = as_text(grid, end, quote_all)
    columns = read_columns((mark + text).encode(), "f.csv")
    assert len(starts) > 5
    assert [list(columns.header), *map(list, rows_of(columns))] == by_csv(text) == grid
    assert list(columns.lines) == list(range(2, 2002))
    assert columns.frame.null_count().sum_horizontal().item() == 0
    assert {finding.check for finding in columns.findings} <= {"STR103", "STR105", "STR106"}


def test_quoted_line_breaks_cost_a_batch_its_last_record_only(
    monkeypatch: pytest.MonkeyPatch, exactly: list[int]
) -> None:
    monkeypatch.setattr(read, "BATCH", 16_384)
    monkeypatch.setattr(read, "WINDOW", 8192)
    grid = [["a", "b"], *([f"{row}", "one\n\ntwo" if row % 3 else ""] for row in range(9999))]
    text = as_text(grid, "\n", quote_all=True)
    columns = read_columns(text.encode(), "f.csv")
    assert (columns.findings, rows_of(columns)) == ([], [tuple(row) for row in grid[1:]])
    assert len(text) > 9 * 16_384
    assert len(exactly) <= 3 * 10
    assert columns.lines[9998] == text.count("\n") - 2


# what stands on a line in place of the row: the check, the column, and the row that is saved
SPOILT: dict[bytes, tuple[str, int | None, list[str] | None]] = {
    b'9,"open,x,y\n': ("STR115", 3, ["9", '"open,x,y', "", ""]),
    b"9,short\n": ("STR112", 1, ["9", "short", "", ""]),
    b"9,a,b,c,d,e\n": ("STR113", 1, ["9", "a", "b", "c"]),
    b"\n": ("STR114", 1, None),
    b'9,a,"b"c,d\n': ("STR116", 5, ["9", "a", '"b"c', "d"]),
    b"9,a\0,b,c\n": ("STR104", None, ["9", "a\0", "b", "c"]),
    b'9,a"b,c,d\n': ("STR117", 3, ["9", 'a"b', "c", "d"]),
}


@pytest.mark.parametrize("quote_all", [False, True], ids=["bare", "quoted"])
def test_a_few_faults_in_a_long_file_are_named_and_the_rest_is_not_read_exactly(
    exactly: list[int], quote_all: bool
) -> None:
    grid = several(20_000, quote_all)
    lines = [written(row, quote_all).encode() for row in grid]
    rows: list[list[str] | None] = list(grid[1:])
    expected: list[Fault] = []
    for line, (spoilt, (check, column, saved)) in zip(range(700, 20_000, 2900), SPOILT.items(), strict=True):
        lines[line - 1], rows[line - 2] = spoilt, saved
        expected.append((check, line, column))
    columns = read_columns(b"".join(lines), "f.csv")
    found = [(finding.check, finding.line, finding.column) for finding in columns.findings]
    assert found == expected
    assert rows_of(columns) == [tuple(row) for row in rows if row is not None]
    assert list(columns.lines) == [line for line, row in enumerate(rows, start=2) if row is not None]
    assert len(columns.broken) == len(SPOILT) - 1
    assert len(exactly) < 1000


def test_each_of_many_faults_costs_a_record_or_two(exactly: list[int]) -> None:
    lines = ["a,b\n", *(f"{row},{'x' * 30}\n" for row in range(20_000))]
    for line in range(500, 20_000, 500):
        lines[line] = "short\n"
    columns = read_columns("".join(lines).encode(), "f.csv")
    assert columns.findings.counts == {"STR112": 39}
    assert columns.frame.height == 20_000
    assert len(exactly) <= 3 * 39


def test_of_a_file_of_ragged_rows_all_faults_are_counted_and_some_are_listed() -> None:
    rows = [f"{row}\n" if row % 2 else f"{row},b,c\n" for row in range(2 * LISTED_PER_CHECK + 500)]
    columns = read_columns(("a,b\n" + "".join(rows)).encode(), "f.csv")
    assert columns.findings.counts == {"STR112": 1250, "STR113": 1250}
    assert Counter(finding.check for finding in columns.findings) == {"STR112": 1000, "STR113": 1000}
    assert columns.findings.unlisted == {"STR112": 250, "STR113": 250}
    assert [row[0] for row in rows_of(columns)] == [str(row) for row in range(2500)]


def test_a_row_whose_fault_is_not_listed_is_broken_all_the_same() -> None:
    columns = read_columns(b"a,b\n" + b"1\n" * (LISTED_PER_CHECK + 1), "f.csv")
    assert columns.broken == set(range(LISTED_PER_CHECK + 1))


def test_a_lost_quote_that_is_not_listed_is_no_reason_to_count_cells_either() -> None:
    columns = read_columns(b"a,b\n" + b'"1,2\n' * (2 * LISTED_PER_CHECK), "f.csv")
    assert columns.findings.counts == {"STR115": 2 * LISTED_PER_CHECK}


# Cells and records that are longer than what is read in one go

HUGE = {
    "in one line": "x" * (MAX_CELL + 1),
    "over many lines": "line\n" * (MAX_CELL // 5) + "x",
    "wide letters": "€" * (MAX_CELL + 1),
    "quotes": '"' * (MAX_CELL + 1),
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("many", [False, True], ids=["alone", "among many rows"])
def test_a_huge_cell_is_named_and_the_rows_around_it_are_saved(name: str, many: bool) -> None:
    around = several(3000 if many else 2, quote_all=True)
    row = ["é", "b", HUGE[name], ""]
    for cell, found in ((row[2], True), (row[2][1:], False)):
        grid = [*around, [*row[:2], cell, ""], *around[1:]]
        columns = read_columns(as_text(grid, "\n", quote_all=True).encode(), "f.csv")
        place = ("STR118", len(around) + 1, 9)
        assert [(f.check, f.line, f.column) for f in columns.findings] == [place] * found
        assert rows_of(columns) == [tuple(row) for row in grid[1:]]
        assert columns.broken == ({len(around) - 1} if found else set())
        last = columns.locate(len(grid) - 2, 0)
        assert last == (len(grid) + cell.count("\n"), 1)


@pytest.mark.parametrize("batch", [1, 16, 64, 200])
@pytest.mark.parametrize("window", [1, 7, 64])
def test_a_record_may_reach_over_batches_and_windows(
    monkeypatch: pytest.MonkeyPatch, batch: int, window: int
) -> None:
    monkeypatch.setattr(read, "BATCH", batch)
    monkeypatch.setattr(read, "WINDOW", window)
    # Within the quotes of the tall one, lines look like rows.
    tall, wide = "zeile,€\n" * 60, "weit ü" * 90
    grid = [["a", "b"], ["1", "2"], ["3", tall], ["4", "5"], [wide, "6"], [tall, wide], ["7", ""], ["", "8"]]
    for quote_all in (False, True):
        columns = read_columns(as_text(grid, "\n", quote_all).encode(), "f.csv")
        assert (columns.findings, rows_of(columns)) == ([], [tuple(row) for row in grid[1:]])
        assert list(columns.lines) == [2, 3, 64, 65, 66, 127, 128]


@pytest.mark.parametrize("batch", range(4, 24))
def test_a_record_may_end_where_a_batch_ends_that_was_read_ahead(
    monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(read, "BATCH", batch)
    for inner in range(1, 7):
        tall = "\n," * inner + "\n"
        data = f'a,b\n1,"{tall}"\n2,3\n'.encode() + b"4,5\n" * 4
        columns = read_columns(data, "f.csv")
        assert rows_of(columns) == [("1", tall), ("2", "3"), *[("4", "5")] * 4]


@pytest.mark.parametrize("row", range(24))
def test_an_unclosed_quote_anywhere_in_a_batch_costs_no_other_row(
    monkeypatch: pytest.MonkeyPatch, row: int
) -> None:
    for name, size in {"BATCH": 64, "WINDOW": 32, "WORTHWHILE": 8}.items():
        monkeypatch.setattr(read, name, size)
    for others in ("{},é", '"{}",é'):
        lines = [others.format(n) for n in range(24)]
        rows = [(str(n), "é") for n in range(24)]
        lines[row], rows[row] = f'{row},"é', (str(row), '"é')
        columns = read_columns("".join(f"{line}\n" for line in ["a,b", *lines]).encode(), "f.csv")
        assert [(f.check, f.line) for f in columns.findings] == [("STR115", row + 2)]
        assert rows_of(columns) == rows


@pytest.mark.parametrize("window", range(4, 18))
def test_a_window_may_cut_a_character_in_two(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(read, "WINDOW", window)
    text = "é,€\n\U0001f5f3\n€é\U0001f5f3,\U0001f5f3\U0001f5f3,x\né\U0001f5f3€,€é\n"
    columns = read_columns(text.encode(), "f.csv")
    assert [(f.check, f.line) for f in columns.findings] == [("STR112", 2), ("STR113", 3)]
    assert rows_of(columns) == [
        ("\U0001f5f3", ""),
        ("€é\U0001f5f3", "\U0001f5f3\U0001f5f3"),
        ("é\U0001f5f3€", "€é"),
    ]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "with a mark"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xe2\x82", b"\xed\xa0\x80"], ids=["stray", "cut", "surrogate"])
@pytest.mark.parametrize("other", [b"7,8\n", b"7\n", b'"7",8\n'], ids=["fine", "short", "quoted"])
def test_bad_bytes_in_the_last_batch_make_the_file_unreadable_and_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch, mark: bytes, bad: bytes, other: bytes
) -> None:
    monkeypatch.setattr(read, "BATCH", 64)
    data = mark + b"a,b\n" + b"1,2\n" * 500 + other + b"3,4\n" * 500 + EURO + bad + b",x\n"
    columns = read_columns(data, "f.csv")
    assert not columns.readable
    assert not columns.header
    assert (columns.frame.width, len(columns.broken)) == (0, 0)
    assert {(f.check, f.line) for f in columns.findings} == {("STR101", 1003)}
    assert columns.findings[0].column == 2
    assert len(columns.findings) == (3 if bad == b"\xed\xa0\x80" else 1)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"], ids=["CR LF", "CR", "LF"])
@pytest.mark.parametrize("inner", ["\r\n", "\r", "\n"], ids=["CR LF", "CR", "LF"])
def test_a_quoted_line_break_is_kept_as_it_stands_and_counts_as_a_line(end: str, inner: str) -> None:
    text = f'a,b{end}"x{inner}y",1{end}2,3{end}'
    for columns in (read_columns(text.encode(), "f.csv"), read_in_tiny_batches(text.encode())):
        assert rows_of(columns) == [(f"x{inner}y", "1"), ("2", "3")]
        assert list(columns.lines) == [2, 4]
        assert columns.locate(1, 1) == (4, 3)
