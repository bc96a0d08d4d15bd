"""Text to records and back: the exact reader of CSV (RFC 4180), which names each fault, and the writer.

The reader goes cell by cell and is slow; `hrdata.read` gives it only what is not regular.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hrdata.check import Check
from hrdata.structure import closing_quotes_end_the_cell, quotes_are_closed, quotes_open_the_cell

LINE_END = re.compile("\r\n|\n|\r")

_QUOTED = re.compile('"((?:[^"]++|"")*+)"')
_BARE = re.compile("[^,\r\n]*")
_CELL_END = re.compile("[,\r\n]|\\Z")


class CutOff(Exception):
    """The text ends before the record does."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in the text: its value, where it ends, and the fault it has, if any."""

    value: str
    start: int
    end: int
    fault: Check | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The cells between two line ends; `stop` is the offset behind its line end, `line` its first line."""

    line: int
    start: int
    cells: list[Cell]
    end: int
    stop: int
    lines: int


def records(text: str, line: int = 1, *, final: bool = True) -> Iterator[Record]:
    """The records of a text that starts on a physical line; of an empty text, one that is empty.

    Raises `CutOff` when the text is not `final` and what follows it may belong to the next record.
    """
    position = 0
    while position < len(text) or position == 0:
        cells = [_cell(text, position, final)]
        while text.startswith(",", cells[-1].end):
            cells.append(_cell(text, cells[-1].end + 1, final))
        end = cells[-1].end
        ending = LINE_END.match(text, end)
        if not final and (ending is None or ending.end() == len(text)):
            raise CutOff
        stop = ending.end() if ending else end
        lines = 1 + sum(1 for _ in LINE_END.finditer(text, position, end))
        yield Record(line, position, cells, end, stop, lines)
        if not ending:
            return
        position, line = stop, line + lines


def _cell(text: str, start: int, final: bool) -> Cell:
    if not text.startswith('"', start):
        end = _bare_end(text, start)
        value = text[start:end]
        return Cell(value, start, end, quotes_open_the_cell if '"' in value else None)
    quoted = _QUOTED.match(text, start)
    if not quoted and not final:
        raise CutOff
    if quoted and _CELL_END.match(text, quoted.end()):
        return Cell(quoted.group(1).replace('""', '"'), start, quoted.end())
    if quoted and not LINE_END.search(quoted.group()):
        end = _bare_end(text, quoted.end())
        return Cell(text[start:end], start, end, closing_quotes_end_the_cell)
    # The quote that seems to close this one lies lines below and opens another cell, or there is
    # none: the rest of this line is lost, the lines below are not.
    line_end = LINE_END.search(text, start)
    end = line_end.start() if line_end else len(text)
    return Cell(text[start:end], start, end, quotes_are_closed)


def _bare_end(text: str, start: int) -> int:
    found = _BARE.match(text, start)
    assert found is not None
    return found.end()


def write_records(records: Iterable[Sequence[str]]) -> bytes:
    r"""Records as a CSV file: a line each, ended by LF, cells quoted only where needed (RFC 4180).

    >>> write_records([["a", "b"], ["1,5", ""]])
    b'a,b\n"1,5",\n'
    """
    lines = (",".join(map(_quoted, cells)) if len(cells) > 1 or cells[0] else '""' for cells in records)
    return "".join(f"{line}\n" for line in lines).encode()


def _quoted(cell: str) -> str:
    escaped = cell.replace('"', '""')
    return f'"{escaped}"' if any(sign in cell for sign in ',"\r\n') else cell
