"""The report in JUnit XML, which CI servers show as tests: a suite for each family, a test for each check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import groupby
from xml.etree import ElementTree as ET

from hrdata.check import Finding, Result
from hrdata.fields import printable_line
from hrdata.report.outline import Group, old, place_of, reason_of, standing
from hrdata.report.terminal import counted
from hrdata.validate import Report


def render(report: Report) -> str:
    """The report as JUnit XML in plain ASCII.

    A check fails when findings of it stand that fail the validation, and is skipped when it could not
    judge everything. All other findings are output of the test.
    """
    suites = ET.Element("testsuites", name="hrdata")
    properties = list(_properties(report))
    outputs = _outputs(report)
    for family, results in groupby(report.results, lambda result: result.check.family):
        suite = ET.SubElement(suites, "testsuite", name=f"hrdata.{family}")
        ET.SubElement(suite, "properties").extend(properties)
        suite.extend([_case(report, result, outputs) for result in results])
        _count(suite, skipped="skipped")
    _count(suites)
    ET.indent(suites)
    text: bytes = ET.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return f"{text.decode('ascii')}\n"


def _shown(text: str) -> str:
    r"""A text as one line of characters that XML 1.0 can hold.

    >>> _shown("a\x00\uffff")
    'a\\x00\\uffff'
    """
    return re.sub("[\ufffe\uffff]", lambda found: ascii(found.group())[1:-1], printable_line(text))


def _properties(report: Report) -> Iterator[ET.Element]:
    told = {
        "package": report.label,
        "name": report.name,
        "version": report.version,
        "hrdata": version("hrdata"),
        "since": report.since,
        "settings": "; ".join(report.settings.lines()),
    }
    for name, value in told.items():
        if value:
            yield ET.Element("property", name=name, value=_shown(value))


def _count(element: ET.Element, **more: str) -> None:
    """State how many tests are below an element, and how they ended. A test has no errors of its own."""
    element.set("tests", str(len(list(element.iter("testcase")))))
    for name, tag in {"failures": "failure", "errors": "error", **more}.items():
        element.set(name, str(len(list(element.iter(tag)))))


Outputs = dict[str, list[tuple[str, Group]]]
"""What is told of each check: groups of findings, each with its title."""


def _outputs(report: Report) -> Outputs:
    titled: list[tuple[str, list[Group]]] = [
        ("standing", standing(report)),
        (f"old, there at {report.since}", old(report)),
        ("covered by known issues", _known(report)),
    ]
    outputs: Outputs = {}
    for title, groups in titled:
        for group in groups:
            outputs.setdefault(group.check.id, []).append((title, group))
    return outputs


def _known(report: Report) -> list[Group]:
    """The findings that known issues cover. They are all listed."""
    groups = []
    for result in report.results:
        findings = sorted((f for f in result.findings if f.waived), key=lambda f: f.place)
        if findings:
            groups.append(Group(result.check, findings, len(findings)))
    return groups


def _case(report: Report, result: Result, outputs: Outputs) -> ET.Element:
    check = result.check
    case = ET.Element("testcase", classname=f"hrdata.{check.family}", name=f"{check.id} {check.name}")
    groups = outputs.get(check.id, [])
    reason = _shown(reason_of(result))
    out: list[str] = []
    if result.standing and report.settings.fails(check.severity):
        (_, failing), *groups = groups
        failure = ET.SubElement(case, "failure", message=counted(failing.count, "finding"), type=check.id)
        failure.text = _as_text(_lines(failing))
        if reason:
            out.append(f"Not everything was judged: {reason}")
    elif reason:
        ET.SubElement(case, "skipped", message=reason)
    for title, group in groups:
        out += [f"{counted(group.count, check.severity)}, {_shown(title)}:", *_lines(group)]
    if out:
        ET.SubElement(case, "system-out").text = _as_text(out)
    return case


def _as_text(lines: Iterable[str]) -> str:
    return "\n" + "\n".join(lines) + "\n"


def _lines(group: Group) -> Iterator[str]:
    """The findings that are listed, how many are not, and what to do."""
    for finding in group.findings:
        yield _shown(f"{place_of(finding)}  {finding.message}{_excuse(finding)}")
    if group.count > len(group.findings):
        yield f"and {group.count - len(group.findings):,} more"
    for hint in dict.fromkeys(finding.hint for finding in group.findings):
        yield _shown(f"hint: {hint}")


def _excuse(finding: Finding) -> str:
    return f" (known: {finding.waived})" if finding.waived else ""
