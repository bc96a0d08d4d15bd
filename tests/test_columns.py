"""Lines and rows: where each physical line starts, and on which line each row does."""

from __future__ import annotations

import re
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrdata import columns
from hrdata.columns import Lines, RowLines, count_line_ends
from hrdata.read import read_columns

PIECES = st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", b"\xff", b"\xe2\x82\xac", b"\n\r", b'"'])
DATA = st.lists(PIECES, max_size=30).map(b"".join) | st.binary(max_size=40)


def starts_of(data: bytes) -> list[int]:
    """The offsets at which lines start, the last of them perhaps behind the end."""
    return [0, *(found.end() for found in re.finditer(b"\r\n|\r|\n", data))]


@given(data=DATA, block=st.integers(1, 9))
def test_lines_are_found_as_by_going_through_all_of_them(data: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_BLOCK", block)
        lines = Lines(data)
    starts = starts_of(data)
    assert [lines.start_of(line) for line in range(1, len(starts) + 1)] == starts
    # Between the two bytes of a CR LF no line starts.
    inside = {offset for offset in range(1, len(data)) if data[offset - 1 : offset + 1] == b"\r\n"}
    for offset in {*range(len(data) + 1)} - inside:
        assert lines.of(offset) == sum(start <= offset for start in starts)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("short", range(4))
def test_a_line_end_on_the_edge_of_a_block_counts_once(end: bytes, short: int) -> None:
    first = b"x" * (columns._BLOCK - short)
    data = first + end + b"y" + end
    lines = Lines(data)
    assert [lines.start_of(line) for line in (1, 2, 3)] == [0, len(first + end), len(data)]
    assert lines.of(len(first + end)) == 2


@given(data=DATA, cut=st.integers(0, 40))
def test_line_ends_are_counted_as_they_are_found(data: bytes, cut: int) -> None:
    assert count_line_ends(data, 0, len(data)) == len(starts_of(data)) - 1
    assert count_line_ends(data, cut, len(data)) == len(starts_of(data[cut:])) - 1


STRETCHES = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 6)).map(lambda of: range(of[0], of[0] + of[1]))
    | st.lists(st.integers(1, 2**40), max_size=5).map(lambda lines: array("Q", lines)),
    max_size=6,
)


@given(stretches=STRETCHES, start=st.none() | st.integers(-9, 40), step=st.sampled_from([None, 1, 2, -1, -3]))
def test_the_lines_of_rows_are_a_list_in_pieces(
    stretches: list[range | array[int]], start: int | None, step: int | None
) -> None:
    lines, plain = RowLines(stretches), [line for stretch in stretches for line in stretch]
    assert len(lines) == len(plain)
    assert list(lines) == plain
    assert [lines[row] for row in range(len(plain))] == plain
    assert lines[start::step] == plain[start::step]
    assert lines[:start:step] == plain[:start:step]
    assert list(reversed(lines)) == plain[::-1]
    with pytest.raises(IndexError):
        lines[len(plain)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_cells_are_located_between_blank_lines_and_in_rows_that_are_too_short(end: str, mark: str) -> None:
    text = f'{mark}a,b{end}{end}1,"€ {end}{end}x"{end}2{end}{end}"{end}",y{end}3,4'
    found = read_columns(text.encode(), "f.csv")
    assert list(found.lines) == [3, 6, 8, 10]
    assert [found.locate(row, column) for row in range(4) for column in range(2)] == [
        *((3, 1), (3, 3)),
        *((6, 1), (6, 1)),
        *((8, 1), (9, 3)),
        *((10, 1), (10, 3)),
    ]
