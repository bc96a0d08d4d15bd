"""The report as one HTML page that loads nothing, for screens of any size and for paper."""

from __future__ import annotations

from collections.abc import Iterable

from hrdata.check import Finding, Result, Status
from hrdata.report.html_base import (
    Markup,
    join_lines,
    make_details,
    make_element,
    make_list,
    make_page,
    make_section,
    make_table,
    make_terms,
)
from hrdata.report.outline import NOT_CHECKED, Group, caveats, old, place_of, reason_of, standing, verdict
from hrdata.report.terminal import counted
from hrdata.validate import Report

SHOWN_PER_CHECK = 10
"""So many findings of a check are in sight; the others that are listed are folded away below them."""

_FINDING = {"Place": 21, "Row": 15, "Field": 11, "Value": 13, "Message": 40}
_KNOWN_ISSUE = {"Check": 11, "Table": 12, "Row": 15, "Field": 11, "Findings": 12, "Source": 11, "Reason": 28}
_CHECK = {"Check": 36, "Severity": 12, "Status": 12, "Findings": 12, "Remark": 28}
_TABLE = {"Table": 50, "Rows": 50}


def render(report: Report) -> str:
    """The report as an HTML page."""
    groups, old_groups = standing(report), old(report)
    before = [_group(group, f"{group.check.id}-old") for group in old_groups]
    title = f"{report.name} {report.version}".strip() or report.label
    return make_page(
        f"{verdict(report)[0]}: {title}",
        make_element("h1", f"Validation of {title}"),
        *_summary(report),
        make_section(2, "Findings", _index(groups), *(_group(group, group.check.id) for group in groups)),
        make_section(2, f"Old findings, there at {report.since}", make_details(_total(old_groups), *before)),
        make_section(2, "Known issues", _known_issues(report)),
        make_section(2, "Tables", *_tables(report)),
        make_section(2, "Checks", make_details(_statuses(report), _checks(report, groups, old_groups))),
    )


def _summary(report: Report) -> list[Markup]:
    word, why = verdict(report)
    tone = "good" if report.valid else "error"
    return [
        make_element("p", make_element("strong", word), f": {why}", class_=f"verdict {tone}"),
        make_element("p", caveats(report)) if caveats(report) else Markup(),
        make_terms(
            {
                "Package": [report.name],
                "Version": [report.version],
                "Place": [report.label],
                "Settings": report.settings.lines(),
                "Since": [report.since],
            }
        ),
    ]


def _index(groups: list[Group]) -> Markup:
    """A link to every check that has findings, with their number."""
    links = [
        join_lines([make_element("a", group.check.id, href=f"#{group.check.id}"), f"{group.count:,}"])
        for group in groups
    ]
    return make_element("nav", make_list(links), aria_label="Checks with findings") if links else Markup()


def _total(groups: list[Group]) -> str:
    count = sum(group.count for group in groups)
    return f"{counted(count, 'finding')} of {counted(len(groups), 'check')}"


def _group(group: Group, anchor: str) -> Markup:
    """The findings of a check: the first ones in sight, the others folded away."""
    check, shown, more = group.check, group.findings[:SHOWN_PER_CHECK], group.findings[SHOWN_PER_CHECK:]
    severity = make_element("span", check.severity, class_=check.severity)
    said = _hints(shown)
    unlisted = group.count - len(group.findings)
    remark = f"{unlisted:,} more are counted, but not listed." if unlisted else ""
    return make_section(
        3,
        join_lines([severity, f"{check.id} {group.title}"]),
        make_element("p", check.meaning),
        *_hint_lines(said),
        _findings(shown),
        make_details(
            f"{len(more):,} more",
            *_hint_lines(hint for hint in _hints(more) if hint not in said),
            _findings(more),
            class_="more",
        ),
        make_element("p", remark, class_="faint") if remark else Markup(),
        id=anchor,
    )


def _hints(findings: list[Finding]) -> dict[str, None]:
    """Each hint once, in order."""
    return dict.fromkeys(finding.hint for finding in findings if finding.hint)


def _hint_lines(hints: Iterable[str]) -> list[Markup]:
    return [make_element("p", make_element("strong", "Hint:"), f" {hint}") for hint in hints]


def _findings(findings: list[Finding]) -> Markup:
    rows = [(place_of(one), one.row_id, one.field, one.value, one.message) for one in findings]
    return make_table(_FINDING, rows, has_row_heads=False, is_cards=True)


def _known_issues(report: Report) -> Markup:
    rows = [
        (one.check, one.table, one.row_id, one.field, f"{one.findings:,}", one.source_id, one.reason)
        for one in report.waivers
    ]
    return make_table(_KNOWN_ISSUE, rows, has_row_heads=False, is_cards=True)


def _tables(report: Report) -> list[Markup]:
    rows = [
        (name, f"{count:,}" + (f", {NOT_CHECKED}" if name in report.unchecked else ""))
        for name, count in report.tables.items()
    ]
    total = f"{counted(len(report.tables), 'table')}, {counted(sum(report.tables.values()), 'row')}"
    return [make_element("p", total), make_table(_TABLE, rows, has_row_heads=True, is_cards=False)]


def _statuses(report: Report) -> str:
    return ", ".join(f"{report.count(status):,} {status}" for status in Status)


def _checks(report: Report, groups: list[Group], old_groups: list[Group]) -> Markup:
    """Every check and how it ended; those without findings that stand have their anchor here."""
    anchors = {group.check.id: f"{group.check.id}-old" for group in old_groups}
    anchors |= {group.check.id: group.check.id for group in groups}
    rows = [_check(result, anchors.get(result.check.id, "")) for result in report.results]
    return make_table(_CHECK, rows, has_row_heads=True, is_cards=True)


def _check(result: Result, anchor: str) -> tuple[str, ...]:
    """A row of the table of checks, with a link to the findings if there are any."""
    check = result.check
    own = "" if anchor == check.id else check.id
    link = make_element("a" if anchor else "span", check.id, id=own, href=f"#{anchor}" if anchor else "")
    name = Markup(f"{link} {make_element('span', check.name)}")
    return name, check.severity, result.status, f"{result.count:,}", reason_of(result)
