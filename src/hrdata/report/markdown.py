"""The report as a comment on a pull request, or another text of limited size, in Markdown.

It is written in the HTML that Markdown takes as it is: each part is an HTML block, which lasts until
an empty line, and no text from data holds a line break. So nothing in data is read as Markdown, and
GitHub looks for no mention, issue, commit or emoji within `<code>`, where all of it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from hrdata.check import Severity, Status
from hrdata.fields import printable
from hrdata.report.outline import (
    NOT_CHECKED,
    Group,
    caveats,
    old,
    place_of,
    rest,
    standing,
    unjudged,
    verdict,
)
from hrdata.report.terminal import counted
from hrdata.validate import Report

COMMENT_LIMIT = 65_535
"""GitHub takes a comment of fewer than 65,536 characters."""

OPEN_ROWS = 20
"""Tables with so many rows together are unfolded; the titles of all others are in sight."""

LONGEST_TEXT, LONGEST_NAME = 600, 200
"""Longer texts are cut: one value must not take the room of all findings."""

# Most of these mean nothing in an HTML block. But not all who show Markdown agree on where one ends.
_SIGN = re.compile(r"""[!"#$%&*+:;<=>?@\[\\\]^_`{|}~]""")

_FINDING = ("Place", "Row", "Message")
_KNOWN_ISSUE = ("Check", "Table", "Row", "Field", "Findings", "Reason")


def count_units(text: str) -> int:
    """The length of a text in UTF-16 code units, which no way of counting characters exceeds."""
    return len(text.encode("utf-16-le")) // 2


def render(report: Report, limit: int = COMMENT_LIMIT, size: Callable[[str], int] = count_units) -> str:
    """The report as Markdown of at most `limit` as `size` measures it, by default what a comment may have.

    Verdict, counts, caveats and settings come first, then every check that has findings. What does
    not fit is said with its number. Under a limit in which not even the checks have room, only their
    number is said; what comes before them is always there, in some thousand characters at most.
    """
    groups, old_groups = sorted(standing(report), key=_rank), old(report)
    head, findings = _head(report), [_findings(group) for group in groups]
    before = [_findings(group) for group in old_groups]
    doubts, known = _doubts(report), _known_issues(report)
    parts: list[object] = [head, *doubts]
    parts += ["<h3>Findings</h3>", *findings] if findings else []
    earlier = f"<h3>Old findings, there at {code(report.since, LONGEST_NAME)}</h3>"
    parts += [earlier, *before] if before else []
    parts += known
    room = limit - size(_joined(parts))
    if room < 0:
        return _joined([head, _left_out([*groups, *old_groups])])
    for tier in (findings, doubts, known, before):
        room = _fill(tier, room, size)
    _unfold(findings)
    return _joined(parts)


def code(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text from data as a code element that shows its printable form; a long one is cut."""
    shown = printable(text)
    if len(shown) > longest:
        shown = f"{shown[:longest]}…"
    return f"<code>{_SIGN.sub(lambda sign: f'&#{ord(sign.group())};', shown)}</code>" if shown else ""


@dataclass
class _Section:
    """A table that can be unfolded, of which as many rows are taken as fit.

    `rows` gives each row, with what is to be said below the table because of it. There are `count`
    rows, of which `--format json` lists `listed`.
    """

    title: str
    heads: tuple[str, ...]
    rows: Iterator[tuple[str, str]]
    count: int
    listed: int
    taken: list[tuple[str, str]] = field(default_factory=list)
    is_open: bool = False

    def __str__(self) -> str:
        return self._written(self.taken, rest(self.count, self.listed, len(self.taken)), self.is_open)

    def growth(self, size: Callable[[str], int]) -> int:
        """What the next row asks for beside its own size: the first one a table, which may be open."""
        if self.taken:
            return 0
        longest = self._written([("", "")], rest(self.count, self.listed, 0), is_open=True)
        return size(longest) - size(str(self))

    def _written(self, taken: list[tuple[str, str]], more: str, is_open: bool) -> str:
        rows = "".join(row for row, _ in taken)
        return "".join(
            [
                f"<details{' open' if is_open else ''}><summary>{self.title}</summary>\n",
                f"<table>\n{_row(self.heads, 'th')}{rows}</table>\n" if taken else "",
                *(note for _, note in taken),
                f"<p>{more}</p>\n" if more else "",
                "</details>",
            ]
        )


def _joined(parts: Iterable[object]) -> str:
    return "\n\n".join(str(part) for part in parts) + "\n"


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>\n"


def _fill(sections: Iterable[_Section], room: int, size: Callable[[str], int]) -> int:
    """Take rows while there is room, one of each section before any has a second; gives the room left."""
    hungry = list(sections)
    while hungry:
        for section in tuple(hungry):
            row = next(section.rows, None)
            cost = size("".join(row)) + section.growth(size) if row else 0
            if row is None or cost > room:
                hungry.remove(section)
            else:
                section.taken.append(row)
                room -= cost
    return room


def _unfold(sections: Iterable[_Section]) -> None:
    """Open the first tables that are short; of the others the reader sees the titles at once."""
    room = OPEN_ROWS
    for section in sections:
        if 0 < len(section.taken) <= room:
            section.is_open = True
            room -= len(section.taken)


def _head(report: Report) -> str:
    """Verdict, counts, caveats and settings."""
    title = f"{report.name} {report.version}".strip() or report.label
    tables = f"{counted(len(report.tables), 'table')}, {counted(sum(report.tables.values()), 'row')}"
    checks = ", ".join(f"{report.count(status):,} {status}" for status in Status)
    settings = [code(line) for line in report.settings.lines()]
    lines = [
        f"<h2>{verdict(report)[0]}: {code(title, LONGEST_NAME)}</h2>",
        f"<p><strong>{_reason(report)}</strong></p>",
        f"<p>{caveats(report)}</p>" if caveats(report) else "",
        f"<p>{tables} in {code(report.label, LONGEST_NAME)}. Checks: {checks}.</p>",
        f"<p>Settings: {'; '.join(settings)}</p>" if settings else "",
    ]
    return "\n".join(filter(None, lines))


def _reason(report: Report) -> str:
    """The reason of the verdict, with the revision in it as code."""
    why = verdict(report)[1]
    if not report.since:
        return f"{why[0].upper()}{why[1:]}"
    before, after = why.split(f" since {report.since}", 1)
    return f"{before[0].upper()}{before[1:]} since {code(report.since, LONGEST_NAME)}{after}"


def _doubts(report: Report) -> list[_Section]:
    """What was not judged, if anything was not."""
    lines = [*(f"{name}: {NOT_CHECKED}" for name in report.unchecked), *unjudged(report)]
    rows = ((_row([code(line)]), "") for line in lines)
    title = f"What could not be judged: {counted(len(lines), 'reason')}"
    return [_Section(title, ("Reason",), rows, len(lines), len(lines))] if lines else []


def _known_issues(report: Report) -> list[_Section]:
    """The known issues, if there are any."""
    cells = (
        (one.check, one.table, one.row_id, one.field, f"{one.findings:,}", one.reason)
        for one in report.waivers
    )
    rows = ((_row(map(code, texts)), "") for texts in cells)
    number = len(report.waivers)
    return [_Section(counted(number, "known issue"), _KNOWN_ISSUE, rows, number, number)] if number else []


def _rank(group: Group) -> int:
    """Errors come first, then warnings."""
    return list(Severity).index(group.check.severity)


def _findings(group: Group) -> _Section:
    title = f"{group.check.severity} <strong>{group.check.id}</strong> {group.title}"
    return _Section(title, _FINDING, _finding_rows(group), group.count, len(group.findings))


def _finding_rows(group: Group) -> Iterator[tuple[str, str]]:
    """The row of each finding, with its hint when that was not said yet."""
    said = {""}
    for finding in group.findings:
        note = "" if finding.hint in said else f"<p>Hint: {code(finding.hint)}</p>\n"
        said.add(finding.hint)
        yield _row(map(code, (place_of(finding), finding.row_id, finding.message))), note


def _left_out(groups: list[Group]) -> str:
    number = counted(sum(group.count for group in groups), "finding")
    checks = counted(len({group.check.id for group in groups}), "check")
    return f"<p>{number} of {checks} not shown here; --format json lists them</p>"
