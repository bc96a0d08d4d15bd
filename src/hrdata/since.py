"""What a change broke: findings that are not there at an earlier revision.

Every check runs on the whole package, now and then, since a change in one row can break another. A
finding is old if it was there and no known issue covered it: the same check on the same row and field,
wherever the row stands by now. A finding without a row, such as a blank line, is old if it stands
beside the same lines.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hrdata.check import LISTED_PER_CHECK, Finding, Result, listing
from hrdata.errors import UsageError
from hrdata.git import Revision, find_repository, open_revision
from hrdata.package import Package, files_are_as_described, read_package
from hrdata.places import DESCRIPTOR, Folder
from hrdata.settings import DEFAULT, UNREAD, Settings
from hrdata.structure import last_line_is_ended, lines_end_alike
from hrdata.validate import Report, validate_package

MATCHED_PER_CHECK = 100_000
"""So many findings of one check are held against those before; any beyond count as new."""

Identity = Callable[[Finding], Hashable]

_ONCE_IN_A_FILE = {check.id for check in (lines_end_alike, last_line_is_ended, files_are_as_described)}
"""These speak of a whole file, at a line or with a hash that the next edit of the file moves."""


def validate_since(
    path: Path | str, revision: str, *, settings: Settings = DEFAULT, today: dt.date | None = None
) -> Report:
    """Validate the package in a folder; findings that are there at a git revision are marked old.

    Raises `UsageError` when the package is not a folder, and `EnvironmentFault` when it is in no
    repository, or the revision is not there.

    >>> validate_since("no-such-folder", "main")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hrdata.errors.EnvironmentFault: no-such-folder: does not exist; give the folder, ...
    """
    with listing(MATCHED_PER_CHECK):
        now = read_package(path)
        then = _read_at(now, revision)
        report = validate_package(now, settings=settings, today=today)
        if then is None:
            before = []
        else:
            # What was left out then must not differ from what is left out now.
            same = replace(
                report.settings, select=report.settings.select or (), ignore=report.settings.ignore or ()
            )
            earlier = validate_package(then, settings=same, today=today)
            before = [finding for finding in earlier.findings if not finding.waived]
    old = _old_ones([finding for finding in report.findings if not finding.waived], now, before, then or now)
    marked = [_marked(result, old) for result in report.results]
    return replace(report, since=revision, results=marked, remarks=tuple(_remarks(revision, then)))


def _remarks(revision: str, then: Package | None) -> Iterator[str]:
    """What keeps findings from being known as old."""
    if then is None:
        yield f"there is no such package at {revision}, so that every finding counts as new"
    elif faults := sorted({finding.check for finding in then.findings if finding.check in UNREAD}):
        read = f"not all of the package at {revision} could be read ({', '.join(faults)})"
        yield f"{read}, so that a finding may count as new that was there"


def _read_at(now: Package, revision: str) -> Package | None:
    """The same package at a revision, or nothing if there was none yet."""
    if not isinstance(now.files, Folder):
        raise UsageError(f"{now.label}: --since needs a folder of a git repository")
    folder = now.files.root
    _, prefix = find_repository(folder)
    place = open_revision(folder, revision, prefix, f"git:{revision}:{prefix}")
    top = _top_at(place, now.name)
    return None if top is None else read_package(replace(place, top=top, label=f"git:{revision}:{top}"))


def _top_at(place: Revision, name: str) -> str | None:
    """Where a package stood: in the same folder, else in the only one of its name that is gone by now."""
    tops = [
        "" if path == DESCRIPTOR else str(PurePosixPath(path).parent)
        for path in place.paths()
        if PurePosixPath(path).name == DESCRIPTOR
    ]
    if place.top in tops:
        return place.top
    gone = [top for top in tops if not (place.repository / top / DESCRIPTOR).exists()]
    named = [top for top in gone if name and _name_at(place, top) == name]
    return named[0] if len(named) == 1 else None


def _name_at(place: Revision, top: str) -> object:
    """The name of a package, as far as its descriptor can be read."""
    try:
        descriptor = json.loads(replace(place, top=top).read(DESCRIPTOR))
    except (OSError, ValueError, RecursionError):
        return None
    return descriptor.get("name") if isinstance(descriptor, dict) else None


def _old_ones(now: list[Finding], here: Package, then: list[Finding], there: Package) -> set[int]:
    """The findings now, by their identity as objects, that each have a partner among those then."""
    by_lines = zip(_by_lines(here), _by_lines(there), strict=True)
    by_file = (_by_file(here), _by_file(there))
    old: set[int] = set()
    for has_place, identities in (
        (_is_of_row, [(_exact, _exact), (_by_row, _by_row)]),
        (_is_of_line, list(by_lines)),
        (_is_of_file, [by_file]),
    ):
        old |= _partners(filter(has_place, now), filter(has_place, then), identities)
    return old


def _is_of_row(finding: Finding) -> bool:
    """Whether it names a row by its key; a row without one is named by its number, which shifts."""
    return bool(finding.row_id) and not re.fullmatch(r"row \d+", finding.row_id)


def _is_of_file(finding: Finding) -> bool:
    """Whether it speaks of a file or its header rather than of a line."""
    is_on_a_line = finding.file != DESCRIPTOR and (finding.line or 1) > 1
    return not _is_of_row(finding) and (not is_on_a_line or finding.check in _ONCE_IN_A_FILE)


def _is_of_line(finding: Finding) -> bool:
    return not _is_of_row(finding) and not _is_of_file(finding)


def _by_row(finding: Finding) -> Hashable:
    return (finding.check, finding.table, finding.row_id, finding.field, finding.source_id)


def _exact(finding: Finding) -> Hashable:
    return (_by_row(finding), finding.value, finding.message)


def _partners(
    now: Iterable[Finding], then: Iterable[Finding], identities: Sequence[tuple[Identity, Identity]]
) -> set[int]:
    """Pair findings off, one to one, by one identity after the other."""
    paired: set[int] = set()
    left, right = list(now), list(then)
    for of_now, of_then in identities:
        free: dict[Hashable, list[Finding]] = defaultdict(list)
        for finding in right:
            free[of_then(finding)].append(finding)
        for finding in left:
            if same := free.get(of_now(finding)):
                same.pop()
                paired.add(id(finding))
        left = [finding for finding in left if id(finding) not in paired]
        right = [finding for findings in free.values() for finding in findings]
    return paired


def _what(package: Package) -> Identity:
    """What a finding without a row is about, whatever the name of its file."""
    names = {resource["path"]: name for name, resource in package.resources.items()}
    return lambda finding: (finding.check, names.get(finding.file, finding.file), finding.field)


def _by_file(package: Package) -> Identity:
    """The identity of findings of a file: by what they say, unless that changes with each edit."""
    what = _what(package)
    return lambda finding: (what(finding), "" if finding.check in _ONCE_IN_A_FILE else finding.message)


def _by_lines(package: Package) -> list[Identity]:
    """Identities of findings of a line: by its text and that of the lines beside it, then by less.

    A line that is not blank is the same one between other lines, too.
    """
    what = _what(package)
    texts: dict[str, list[bytes]] = {}

    def line(finding: Finding, step: int) -> bytes | None:
        if finding.file not in texts:
            texts[finding.file] = _lines_of(package, finding.file)
        lines = texts[finding.file]
        number = (finding.line or 0) - 1 + step
        return lines[number] if 0 <= number < len(lines) else None

    def beside(*steps: int) -> Identity:
        return lambda finding: (what(finding), *(line(finding, step) for step in steps))

    def alone(finding: Finding) -> Hashable:
        text = line(finding, 0) or b""
        return (what(finding), text) if text.strip() else id(finding)

    return [beside(0, -1, 1), beside(0, -1), beside(0, 1), alone, beside(-1, 1)]


def _lines_of(package: Package, file: str) -> list[bytes]:
    assert package.files is not None
    return package.files.read(file).splitlines()


def _marked(result: Result, old: set[int]) -> Result:
    """The result with its old findings marked, and of each kind as many listed as usual."""
    findings = [replace(finding, old=True) if id(finding) in old else finding for finding in result.findings]
    kinds = Counter[tuple[bool, bool]]()
    listed = []
    for finding in findings:
        kinds[finding.old, bool(finding.waived)] += 1
        if finding.waived or kinds[finding.old, False] <= LISTED_PER_CHECK:
            listed.append(finding)
    return replace(result, findings=listed, old=kinds[True, False])
