"""Two files to the lines that only one of them has: what is the same in both need not be parsed twice.

Only whole records are taken for the same, and only if their bytes are. What is left over on both sides
holds every difference, and may hold rows that are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_STRIDE = 64 << 10
"""So many bytes are compared in one go."""
_LOOK = (8, 64, 512, 4096)
"""In so many lines on each side, first few, then more, the next line is looked for that both have."""
_LOST = 4
"""After so many times of finding none, the files are taken for too different."""


@dataclass(frozen=True)
class Leftover:
    """The bytes of the lines that are not shared, of the old file and of the new one."""

    old: bytes
    new: bytes


def split_off_shared_lines(old: bytes, new: bytes, start: int) -> Leftover | None:
    r"""What is left of two CSV files without the records they share; None if they are too different.

    Both have the same bytes before `start`, where the first record starts, and LF as line end.

    >>> split_off_shared_lines(b"a,1\nb,2\nc,3\n", b"a,1\nb,9\nc,3\n", 0)
    Leftover(old=b'b,2\n', new=b'b,9\n')
    """
    walk = _Walk(old, new, start)
    return walk.leftover() if walk.run() else None


class _Walk:
    """Goes through both files from the front, from record to record."""

    def __init__(self, old: bytes, new: bytes, start: int) -> None:
        self._old, self._new = old, new
        self._at_old = self._at_new = start
        self._has_quotes = b'"' in old or b'"' in new
        self._left: tuple[list[bytes], list[bytes]] = ([], [])
        self._lost = 0

    def leftover(self) -> Leftover:
        """What came of it."""
        return Leftover(b"".join(self._left[0]), b"".join(self._left[1]))

    def run(self) -> bool:
        """Go to the end; False if the files are too different."""
        while self._at_old < len(self._old) and self._at_new < len(self._new):
            if size := self._shared():
                self._at_old += size
                self._at_new += size
            elif not self._step_over():
                return False
        self._leave(len(self._old), len(self._new))
        return True

    def _shared(self) -> int:
        """How many bytes of whole records are the same from here on."""
        size = self._same_bytes()
        start = self._at_old
        stop = self._old.rfind(b"\n", start, start + size) + 1
        quotes = self._old.count(b'"', start, stop) if self._has_quotes else 0
        while stop and quotes % 2:
            # This line end stands in a quoted cell.
            behind, stop = stop, self._old.rfind(b"\n", start, stop - 1) + 1
            quotes -= self._old.count(b'"', max(stop, start), behind)
        return stop - start if stop else 0

    def _same_bytes(self) -> int:
        size, stride = 0, _STRIDE
        while stride:
            old = self._old[self._at_old + size : self._at_old + size + stride]
            if len(old) == stride and self._new.startswith(old, self._at_new + size):
                size += stride
            else:
                stride //= 2
        return size

    def _step_over(self) -> bool:
        """Leave behind the lines up to the next that both files have; False if there are too many."""
        for most in _LOOK:
            old = dict(_records(self._old, self._at_old, most, self._has_quotes))
            there = {line: start for start, line in reversed(old.items()) if line.endswith(b"\n")}
            best: tuple[int, int, int] | None = None
            for at_new, line in _records(self._new, self._at_new, most, self._has_quotes):
                if best and at_new - self._at_new >= best[0]:
                    break
                if (at_old := there.get(line)) is not None:
                    far = max(at_old - self._at_old, at_new - self._at_new)
                    best = min(best or (far, at_old, at_new), (far, at_old, at_new))
            if best:
                self._leave(best[1], best[2])
                return True
        self._lost += 1
        last_old, last_new = max(old, default=self._at_old), at_new
        self._leave(last_old + len(old.get(last_old, b"")), last_new + len(line))
        return self._lost < _LOST

    def _leave(self, stop_old: int, stop_new: int) -> None:
        self._left[0].append(self._old[self._at_old : stop_old])
        self._left[1].append(self._new[self._at_new : stop_new])
        self._at_old, self._at_new = stop_old, stop_new


def _records(data: bytes, start: int, most: int, has_quotes: bool) -> Iterator[tuple[int, bytes]]:
    """The next records, each with where it starts; a last one that has no line end is one, too."""
    for _ in range(most):
        if start >= len(data):
            return
        stop = data.find(b"\n", start) + 1 or len(data)
        quotes = data.count(b'"', start, stop) if has_quotes else 0
        while quotes % 2 and stop < len(data):
            behind, stop = stop, data.find(b"\n", stop) + 1 or len(data)
            quotes += data.count(b'"', behind, stop)
        yield start, data[start:stop]
        start = stop
