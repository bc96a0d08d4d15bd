"""The HTML page: HTML without a fault that loads nothing, in which text from data stays text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hrdata.check import CHECKS, LISTED_PER_CHECK, Finding, Result, Severity, Status
from hrdata.fields import printable
from hrdata.report import ReportFormat, html_base, page, render_report
from hrdata.report.checks import list_checks
from hrdata.report.html_base import make_element, make_page, make_table
from hrdata.report.outline import place_of
from hrdata.report.page import SHOWN_PER_CHECK
from hrdata.settings import Settings
from hrdata.testing import AnyRow
from hrdata.validate import Report, Waiver, validate_package
from test_package import GOOD, Rows
from test_report import ISSUE, NASTY, VOTE, infested, report_on

MARKUP = [
    "<script>x</script>",
    '"><img src=x onerror=y>',
    "</td></table>&amp;",
    "<!--",
    "]]>",
    "\ufffe",
    "'`=",
]
TEXTS = st.text(max_size=12) | st.sampled_from([*MARKUP, *NASTY.values()])

ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "name", "content"},
    "section": {"id"},
    "nav": {"aria-label"},
    "a": {"id", "href"},
    "span": {"id", "class"},
    "p": {"class"},
    "details": {"class"},
    "table": {"class", "style"},
    "col": {"style"},
    "th": {"scope"},
}
BARE = "head title style body main footer h1 h2 h3 strong dl dt dd ul li summary colgroup thead tbody tr td"
"""The elements of a page that have no attributes."""


def parsed(text: str) -> Element:
    """The page as another reader has it, which takes no fault."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(text)
    assert isinstance(root, Element)
    return root


def text_in(element: Element) -> str:
    return "".join(element.itertext())


def shown(text: str) -> str:
    """What a page shows of a text: no control character, and nothing that cannot be in a page."""
    return "".join(ascii(c)[1:-1] if is_noncharacter(c) else c for c in printable(text))


def is_noncharacter(character: str) -> bool:
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF


def rows_in(element: Element) -> list[list[str]]:
    return [[text_in(cell) for cell in row] for row in element.iterfind(".//tbody/tr")]


def section(root: Element, title: str) -> Element:
    [found] = [one for one in root.iter("section") if text_in(one[0]) == title]
    return found


def anchored(root: Element, id: str) -> Element:
    [found] = [one for one in root.iter() if one.get("id") == id]
    return found


def faults_of(root: Element) -> Iterator[str]:
    """What a page of ours does not hold."""
    for element in root.iter():
        tag = element.tag
        if tag not in ATTRIBUTES and tag not in BARE.split():
            yield f"element {tag}"
        if strange := set(element.keys()) - ATTRIBUTES.get(str(tag), set()):
            yield f"attributes {strange} of {tag}"
    ids = Counter(one.get("id") for one in root.iter() if one.get("id"))
    yield from (f"id {id} twice" for id, number in ids.items() if number > 1)
    yield from (f"link to {one.get('href')}" for one in root.iter("a") if (one.get("href") or "#")[0] != "#")
    targets = {(one.get("href") or "")[1:] for one in root.iter("a") if one.get("href")}
    yield from (f"link to nowhere: {id}" for id in targets - set(ids))
    levels = [int(one.tag[1]) for one in root.iter() if re.fullmatch("h[1-6]", str(one.tag))]
    yield from (f"h{b} below h{a}" for a, b in pairwise(levels) if b > a + 1)
    styles = [text_in(one) for one in root.iter("style")] + [one.get("style") or "" for one in root.iter()]
    yield from (f"style {style}" for style in styles if re.search(r"url|@import|\\0*75|expression", style))


def said_of(finding: Finding) -> list[str]:
    """The cells of the row of a finding."""
    cells = (place_of(finding), finding.row_id, finding.field, finding.value, finding.message)
    return [shown(cell) for cell in cells]


def assert_says_everything(root: Element, report: Report) -> None:
    """Every finding that is not known, every known issue, table and check are there, word for word."""
    listed = [said_of(finding) for finding in report.findings if not finding.waived]
    on_page = [row for row in rows_in(root) if len(row) == len(page._FINDING)]
    checks = rows_in(section(root, "Checks"))
    assert sorted(on_page) == sorted(listed + checks)
    assert len(checks) == len(report.results)
    known = [
        (one.check, one.table, one.row_id, one.field, f"{one.findings:,}", one.source_id, one.reason)
        for one in report.waivers
    ]
    if known:
        assert rows_in(section(root, "Known issues")) == [[shown(cell) for cell in row] for row in known]
    if report.tables:
        assert [row[0] for row in rows_in(section(root, "Tables"))] == [shown(name) for name in report.tables]
    hints = {
        shown(f"Hint: {finding.hint}") for finding in report.findings if finding.hint and not finding.waived
    }
    assert {text for p in root.iter("p") if (text := text_in(p)).startswith("Hint:")} == hints
    terms = [text_in(term) for term in root.iter("dd")]
    facts = [report.name, report.version, report.label, *report.settings.lines(), report.since]
    assert terms == [shown(fact) for fact in facts if fact]


# What data may not do


@pytest.mark.parametrize("nasty", [*NASTY.values(), *MARKUP], ids=[*NASTY, *map(ascii, MARKUP)])
def test_no_text_of_a_package_is_taken_for_markup(tmp_path: Path, nasty: str) -> None:
    report = validate_package(infested(tmp_path / "package", nasty))
    root = parsed(render_report(report, ReportFormat.HTML))
    assert list(faults_of(root)) == []
    assert_says_everything(root, report)


def report_of(text: str, number: int) -> Report:
    """A report with a text wherever a report can hold one, and some findings of each kind."""
    finding = Finding(
        "VOT202", Severity.ERROR, text, text, number, None, text, text, text, text, text, source_id=text
    )
    found = [finding, replace(finding, old=True), replace(finding, waived=text or "known")] * number
    results = [
        Result(CHECKS["VOT202"], count=len(found), old=number, findings=found, skipped=text),
        Result(CHECKS["VOT203"], skipped=text),
    ]
    issue = Waiver("VOT202", text, text, text, text, text, row=0, findings=number)
    settings = Settings(ignore=(text,), origins={"ignore": text})
    return Report(text, text, text, {text: 1}, results, [issue], (text,), text, settings, since=text)


@given(text=TEXTS, number=st.integers(0, SHOWN_PER_CHECK + 2))
@example(text="<b>", number=SHOWN_PER_CHECK + 1)
@settings(max_examples=40)
def test_any_text_comes_back_as_it_was(text: str, number: int) -> None:
    report = report_of(text, number)
    root = parsed(page.render(report))
    assert list(faults_of(root)) == []
    assert_says_everything(root, report)


@given(code=st.integers(0, 0x10FFFF))
@example(code=0xFFFF)
@example(code=0xFDD0)
@example(code=0x1FFFE)
@example(code=0x0D)
@settings(max_examples=150)
def test_every_character_can_be_in_a_page(code: int) -> None:
    root = parsed(make_page(chr(code), make_element("p", f"a{chr(code)}b", class_=f"c{chr(code)}d")))
    [paragraph] = root.iter("p")
    assert text_in(paragraph) == shown(f"a{chr(code)}b")
    assert paragraph.get("class") == shown(f"c{chr(code)}d")


def test_a_page_loads_nothing_and_says_so() -> None:
    root = parsed(page.render(report_on({})))
    metas = {meta.get("http-equiv") or meta.get("name"): meta.get("content") for meta in root.iter("meta")}
    assert metas["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert root.get("lang") == "en"
    assert list(faults_of(root)) == []


# What the page says


def many_bad_bodies(number: int) -> Report:
    bodies: list[AnyRow] = [{"body_id": f"b{n}", "name": "B", "kind": "bad"} for n in range(number)]
    return report_on({"bodies": [*GOOD["bodies"], *bodies]})


def test_the_verdict_comes_first_in_words_and_numbers() -> None:
    cases = [(report_on({}), "Valid: no errors."), (many_bad_bodies(3), "Not valid: 3 errors.")]
    for report, said in cases:
        main = next(parsed(page.render(report)).iter("main"))
        assert [element.tag for element in main][:2] == ["h1", "p"]
        assert text_in(main[0]) == "Validation of test"
        assert text_in(main[1]) == said
        assert main[1].get("class") == f"verdict {'good' if report.valid else 'error'}"
    root = parsed(page.render(replace(report_on({}), version="1.2.0")))
    assert [text_in(title) for title in root.iter("title")] == ["Valid: test 1.2.0"]


def test_a_package_without_a_name_is_called_after_its_place() -> None:
    report = replace(report_on({}), name="", label="data/here")
    assert text_in(next(parsed(page.render(report)).iter("h1"))) == "Validation of data/here"


def test_what_the_verdict_leaves_out_stands_below_it() -> None:
    report = report_on({"known_issues": []})
    main = next(parsed(page.render(report)).iter("main"))
    assert re.fullmatch(r"1 warning; \d+ checks could not judge everything\.", text_in(main[2]))


def test_the_first_findings_are_in_sight_and_the_others_folded_away() -> None:
    report = many_bad_bodies(LISTED_PER_CHECK + 500)
    group = anchored(parsed(page.render(report)), "FLD202")
    assert text_in(group[0]).split() == [
        "error",
        "FLD202",
        "value",
        "is",
        "in",
        "the",
        "vocabulary:",
        "1,500",
        "findings",
    ]
    assert text_in(group[1]) == CHECKS["FLD202"].meaning
    [in_sight] = group.findall("table")
    [folded] = group.findall("details")
    assert [row[1] for row in rows_in(in_sight)] == [f"b{n}" for n in range(SHOWN_PER_CHECK)]
    assert [row[1] for row in rows_in(folded)] == [f"b{n}" for n in range(SHOWN_PER_CHECK, LISTED_PER_CHECK)]
    assert text_in(folded[0]) == f"{LISTED_PER_CHECK - SHOWN_PER_CHECK} more"
    assert text_in(group[-1]) == "500 more are counted, but not listed."


def test_few_findings_fold_nothing_away() -> None:
    group = anchored(parsed(page.render(many_bad_bodies(SHOWN_PER_CHECK))), "FLD202")
    assert [element.tag for element in group] == ["h3", "p", "p", "table"]
    assert len(rows_in(group)) == SHOWN_PER_CHECK


def test_a_hint_is_said_once_for_a_check() -> None:
    group = anchored(parsed(page.render(many_bad_bodies(SHOWN_PER_CHECK + 5))), "FLD202")
    assert text_in(group).count("Hint: Use one of these words in data/bodies.csv.") == 1


def test_every_check_has_one_place_to_link_to() -> None:
    rows: Rows = {"votes": [VOTE | {"yes": "1", "no": "0"}], "known_issues": [ISSUE | {"check_id": "CIT202"}]}
    report = report_on(rows)
    root = parsed(page.render(report))
    for check in list_checks():
        assert anchored(root, check.id).tag in {"section", "span"}
    assert anchored(root, "VOT202").tag == "section"
    assert [text_in(link).split() for nav in root.iter("nav") for link in nav.iter("li")] == [
        [result.check.id, str(result.standing)] for result in report.results if result.standing
    ]


def test_old_findings_are_folded_away_apart_from_new_ones() -> None:
    report = replace(many_bad_bodies(3), since="v1")
    [result] = [result for result in report.results if result.check.id == "FLD202"]
    result.findings[:2] = [replace(finding, old=True) for finding in result.findings[:2]]
    result.old = 2
    root = parsed(page.render(report))
    before = section(root, "Old findings, there at v1")
    assert [element.tag for element in before] == ["h2", "details"]
    assert text_in(before[1][0]) == "2 findings of 1 check"
    assert [row[1] for row in rows_in(before)] == ["b0", "b1"]
    assert [row[1] for row in rows_in(anchored(root, "FLD202"))] == ["b2"]
    result.findings[2:], result.old = [replace(result.findings[2], old=True)], 3
    root = parsed(page.render(report))
    assert anchored(root, "FLD202").tag == "a"
    assert anchored(root, "FLD202").get("href") == "#FLD202-old"
    assert len(rows_in(anchored(root, "FLD202-old"))) == 3


def test_a_known_issue_has_its_reason_and_its_findings_are_not_listed() -> None:
    rows: Rows = {
        "votes": [VOTE | {"yes": "1", "no": "0"}],
        "known_issues": [ISSUE | {"check_id": "VOT202", "reason": "Two ballots came late."}],
    }
    root = parsed(page.render(report_on(rows)))
    [issue] = rows_in(section(root, "Known issues"))
    assert issue == ["VOT202", "votes", "unga-61-174", "*", "2", "", "Two ballots came late."]
    assert "Findings" not in [text_in(heading) for heading in root.iter("h2")]
    [check] = [row for row in rows_in(section(root, "Checks")) if row[0].startswith("VOT202 ")]
    assert check[2:] == ["known", "2", ""]


def test_every_check_says_how_it_ended_and_why_it_could_not_judge() -> None:
    report = report_on({"votes": [VOTE | {"yes": "x"}]})
    checks = section(parsed(page.render(report)), "Checks")
    assert text_in(checks[1][0]) == ", ".join(f"{report.count(status)} {status}" for status in Status)
    ended = {row[0].split()[0]: row[1:] for row in rows_in(checks)}
    assert ended["FLD203"] == ["error", "failed", "1", ""]
    assert ended["VOT202"] == ["error", "unknown", "0", "1 row could not be judged"]
    assert ended["STR101"] == ["error", "passed", "0", ""]
    assert ended["TRT202"] == ["error", "skipped", "0", "there is no table treaty_actions"]
    assert {id: row[1] for id, row in ended.items()} == {
        result.check.id: result.status for result in report.results
    }


def test_tables_have_their_rows_and_those_not_checked_say_so() -> None:
    root = parsed(page.render(replace(report_on({}), unchecked=("votes",))))
    rows = dict(rows_in(section(root, "Tables")))
    assert rows["ballots"] == "3"
    assert rows["votes"].startswith("1, not checked: ")


# What it looks like


def test_a_page_of_very_many_findings_is_little_more_than_their_text() -> None:
    text = "a" * 20
    finding = Finding("VOT202", Severity.ERROR, text, text, 7, None, text, text, text, text, text)
    number = 20_000
    report = Report("", "", "", {}, [Result(CHECKS["VOT202"], count=number, findings=[finding] * number)])
    markup = len(page.render(report)) - number * len("".join(said_of(finding)))
    assert markup / number < 35


def colours() -> list[dict[str, str]]:
    """The colours of the page, by light and by dark."""
    sheets = re.findall(r":root\{(.*?)\}", html_base._STYLE, re.DOTALL)
    return [dict(re.findall(r"--([a-z]+):#([0-9a-f]{6})", sheet)) for sheet in sheets]


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_colour_of_text_can_be_read_by_light_and_by_dark() -> None:
    assert len(colours()) == 2
    for sheet in colours():
        for text in ("ink", "faint", "good", "error", "warning", "info"):
            for ground in ("paper", "panel"):
                dark, light = sorted(luminance(sheet[name]) for name in (text, ground))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground}"


def test_a_card_has_the_names_of_its_columns_whatever_they_hold() -> None:
    columns = {'a"};b': 50, "c\\d": 50}
    rows = [("1", "2")]
    root = parsed(make_page("t", make_table(columns, rows, has_row_heads=True, is_cards=True)))
    [table] = root.iter("table")
    assert table.get("style") == r'--c1:"a\22 \7d \3b b";--c2:"c\5c d"'
    assert [head.get("scope") for head in table.iter("th")] == ["col", "col", "row"]
    assert list(faults_of(root)) == []


def test_each_column_of_a_table_of_cards_has_its_rule_in_the_style_sheet() -> None:
    widest = max(len(columns) for columns in (page._FINDING, page._KNOWN_ISSUE, page._CHECK))
    for number in range(1, widest + 1):
        assert f"content:var(--c{number})" in html_base._STYLE
    for columns in (page._FINDING, page._KNOWN_ISSUE, page._CHECK, page._TABLE):
        assert sum(columns.values()) == 100
