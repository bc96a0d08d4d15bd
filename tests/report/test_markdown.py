"""Markdown: a comment that fits whatever was found, in which nothing from data is read as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hrdata.check import CHECKS, Finding, Result, Severity
from hrdata.fields import printable
from hrdata.package import read_package
from hrdata.report.markdown import COMMENT_LIMIT, LONGEST_TEXT, OPEN_ROWS, code, count_units, render
from hrdata.report.outline import caveats, old, place_of, standing, unjudged
from hrdata.settings import Settings
from hrdata.validate import Report, Waiver, validate_package
from test_report import NASTY, infested

SIGNS = {
    "a mention": "@octocat and @github/docs",
    "an issue": "#12 GH-12 octo/repo#12",
    "a commit": "16c999e8c71134401a78d4d46435517b2271d6ac",
    "an address": "see https://example.com, www.example.com or a@example.com",
    "a link": "[x](https://example.com) ![y](z.png) <https://example.com> [z]: /x",
    "an emoji code": ":smile: :+1:",
    "a table": "a | b \\| c",
    "emphasis": "*a* _b_ **c** ~~d~~ `e` ``f``",
    "a heading": "# a",
    "a fence": "``` ~~~",
    "math": "$x$ $$y$$",
    "elements": "</code></td></tr></table></details><script>alert(1)</script><img src=x onerror=y><!--",
    "entities": "&amp; &#64; &lt;b&gt; &",
    "spaces": "  a  b\u00a0 ",
    "quotes": "\"a\" 'b'",
    "no character": "\ufffe \uffff \ufdd0 \U0001ffff",
    "beyond the plane": "\U0001f600 \u0935\u0930 \u0623",
}
TEXTS = NASTY | SIGNS

texts = st.text(max_size=12) | st.sampled_from(sorted(TEXTS.values()))


@dataclass
class Unfolding:
    """What a reader finds in one <details>."""

    title: str
    is_open: bool
    heads: list[str]
    rows: list[list[str]]
    below: list[str]


@dataclass
class Page:
    """What a reader finds in the whole comment."""

    heading: str
    head: list[str]
    parts: list[Unfolding]
    tree: Any

    @property
    def found(self) -> list[Unfolding]:
        return [part for part in self.parts if part.title.split()[0] in list(Severity)]


def text_of(element: Any) -> str:
    return "".join(element.itertext())


def read(markdown: str) -> Page:
    """The comment as a browser has it, after a reader of GitHub's Markdown that is not ours."""
    html = MarkdownIt("gfm-like").render(markdown)
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return Page(
        heading=text_of(tree.find("h2")),
        head=[text_of(p) for p in tree.findall("p")],
        parts=list(map(unfold, tree.findall("details"))),
        tree=tree,
    )


def unfold(details: Any) -> Unfolding:
    heads, *rows = [[text_of(cell) for cell in row] for row in details.iter("tr")] or [[]]
    below = [text_of(p) for p in details.findall("p")]
    return Unfolding(text_of(details.find("summary")), "open" in details.attrib, heads, rows, below)


KNOWN_PLACES = {
    "DOCUMENT_FRAGMENT": {"h2", "h3", "p", "details"},
    "h2": {"code"},
    "h3": {"code"},
    "p": {"strong", "code"},
    "strong": {"code"},
    "code": set(),
    "details": {"summary", "table", "p"},
    "summary": {"strong"},
    "table": {"tbody"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "th": set(),
    "td": {"code"},
}


def strange_elements(element: Any) -> Iterator[str]:
    """Elements and attributes that the format does not use, or not there: something in data made them."""
    for inner in element:
        allowed = {"open"} if inner.tag == "details" else set()
        if inner.tag not in KNOWN_PLACES[element.tag] or set(inner.attrib) - allowed:
            yield f"{inner.tag} {dict(inner.attrib)}"
        else:
            yield from strange_elements(inner)


def rows_of(findings: list[Finding]) -> list[list[str]]:
    return [[printable(text) for text in (place_of(f), f.row_id, f.message)] for f in findings]


def assert_says_all_of(report: Report, page: Page) -> None:
    """Everything of a report that is short enough is there, every text as it is printed."""
    assert list(strange_elements(page.tree)) == []
    word = "Valid" if report.valid else "Not valid"
    title = printable(f"{report.name} {report.version}".strip() or report.label)
    assert page.heading == f"{word}: {title}"
    rank = list(Severity).index
    groups = [*sorted(standing(report), key=lambda group: rank(group.check.severity)), *old(report)]
    assert [part.rows for part in page.found] == [rows_of(group.findings) for group in groups]
    for part, group in zip(page.found, groups, strict=True):
        assert part.title == f"{group.check.severity} {group.check.id} {group.title}"
        hints = [f"Hint: {printable(f.hint)}" for f in group.findings if f.hint]
        assert [line for line in part.below if line.startswith("Hint: ")] == list(dict.fromkeys(hints))
    others = [part for part in page.parts if part not in page.found]
    said = [cell for part in others for row in part.rows for cell in row]
    for issue in report.waivers:
        assert {printable(issue.reason), printable(issue.row_id), str(issue.findings)} <= {*said, ""}
    assert {printable(line) for line in unjudged(report)} <= set(said)
    assert not any(part.is_open for part in others)


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_in_data_is_read_as_markdown(tmp_path: Path, name: str) -> None:
    report = validate_package(infested(tmp_path / "package", TEXTS[name]))
    assert not report.valid
    text = render(report)
    assert_says_all_of(report, read(text))
    for since in (TEXTS[name], ""):
        some_old = [
            replace(
                result,
                old=sum(not f.waived for f in result.findings) if since else 0,
                findings=[replace(f, old=bool(since) and not f.waived) for f in result.findings],
            )
            for result in report.results
        ]
        later = replace(report, results=some_old, since=since)
        page = read(render(later))
        assert_says_all_of(later, page)
        assert printable(since) in text_of(page.tree)


@pytest.mark.parametrize("sign", '!"#$%&*+:;<=>?@[\\]^_`{|}~')
def test_signs_of_markdown_are_entities_even_though_nothing_reads_markdown_there(sign: str) -> None:
    assert code(sign) == f"<code>&#{ord(sign)};</code>"


MADE = [CHECKS[id] for id in ("CIT202", "FLD202", "KEY201", "PKG112", "STR109", "VOT202", "VOT208", "WVR201")]
NOTICE = replace(CHECKS["VOT207"], severity=Severity.INFO)


@st.composite
def reports(draw: st.DrawFn, most: int = 12, texts: st.SearchStrategy[str] = texts) -> Report:
    """A report of any findings, of which some are known, old or only counted."""
    results = []
    for check in draw(st.lists(st.sampled_from([*MADE, NOTICE]), unique_by=lambda check: check.id)):
        count = draw(st.integers(0, most))
        findings = [draw(findings_of(check.id, check.severity, texts)) for _ in range(count)]
        unlisted = draw(st.sampled_from([0, 0, 5, 123_456]))
        result = Result(check, count=count + unlisted, findings=findings)
        result.old = sum(finding.old for finding in findings)
        results.append(result)
    results.sort(key=lambda result: result.check.id)
    waivers = [
        Waiver("VOT202", "votes", draw(texts), "*", draw(texts), "", row)
        for row in range(draw(st.integers(0, 3)))
    ]
    has_old = any(result.old for result in results)
    return Report(
        draw(texts), draw(texts), draw(texts), {"votes": 3}, results, waivers, base="/",
        since=draw(texts.filter(bool)) if has_old else "",
    )  # fmt: skip


@st.composite
def findings_of(draw: st.DrawFn, id: str, severity: Severity, texts: st.SearchStrategy[str]) -> Finding:
    line = draw(st.none() | st.integers(1, 9))
    column = draw(st.none() | st.integers(1, 9)) if line else None
    kind = draw(st.sampled_from(["stands", "stands", "old", "waived"]))
    return Finding(
        id, severity, "votes", draw(texts), line, column, draw(texts), "yes", "", draw(texts), draw(texts),
        waived="known" if kind == "waived" else "", old=kind == "old",
    )  # fmt: skip


@given(report=reports(most=5))
@settings(max_examples=50)
def test_every_text_comes_back_as_it_is_printed(report: Report) -> None:
    assert_says_all_of(report, read(render(report)))


# Size


def crowd(number: int, length: int, listed: int = 1000) -> Report:
    """A report in which every check there is has findings that stand and old ones, with long texts."""
    filler = "|" * length
    results = []
    for check in CHECKS.values():
        new = [
            Finding(check.id, check.severity, "t", filler, n, 1, filler, "f", "", filler, f"hint {filler}")
            for n in range(min(number, listed))
        ]
        gone = [replace(finding, old=True) for finding in new]
        results.append(Result(check, count=2 * number, old=number, findings=new + gone))
    waivers = [Waiver("VOT202", "votes", filler, "*", filler, "", n) for n in range(number)]
    settings = Settings(select=tuple(CHECKS), ignore=tuple(CHECKS))
    return Report(
        filler, filler, filler, {"t": 9}, results, waivers, base="/", since=filler, settings=settings
    )


@pytest.mark.parametrize(("number", "length"), [(1, 1), (30, 20), (1, 100_000), (1_000, 10), (40, 700)])
def test_a_comment_fits_and_names_every_check_whatever_was_found(number: int, length: int) -> None:
    report = crowd(number, length)
    text = render(report)
    assert count_units(text) <= COMMENT_LIMIT < 65_536
    page = read(text)
    assert list(strange_elements(page.tree)) == []
    titles = [" ".join(part.title.split()[1:]) for part in page.found]
    groups = [*standing(report), *old(report)]
    assert sorted(titles) == sorted(f"{group.check.id} {group.title}" for group in groups)
    for part in page.found:
        left = number - len(part.rows)
        more = f"and {left:,} more" if part.rows else f"{number:,} not shown here"
        assert part.below[-1:] == ([f"{more}; --format json lists them"] if left else part.below[-1:])


@given(report=reports(), limit=st.integers(3_000, 20_000))
@settings(max_examples=30)
def test_what_is_left_out_is_counted_and_nothing_is_cut_in_the_middle(report: Report, limit: int) -> None:
    text = render(report, limit, lambda text: len(text.encode()))
    page = read(text)
    assert list(strange_elements(page.tree)) == []
    assert len(text.encode()) <= limit
    if not page.found and (standing(report) or old(report)):
        assert any("not shown here" in line for line in page.head)
        return
    rank = list(Severity).index
    groups = [*sorted(standing(report), key=lambda group: rank(group.check.severity)), *old(report)]
    for part, group in zip(page.found, groups, strict=True):
        assert part.rows == rows_of(group.findings)[: len(part.rows)]
        left = group.count - len(part.rows)
        assert f"and {left:,} more" in part.below[-1] if left and part.rows else True
        assert bool(left) == bool(part.below and ("more" in part.below[-1] or "not shown" in part.below[-1]))


def test_no_limit_is_passed_by_a_character() -> None:
    report = made(VOT202=3, PKG112=2)
    least, most = len(render(report, 0)), len(render(report))
    assert all(len(render(report, limit)) <= limit for limit in range(least, most + 1))


def test_the_room_is_used() -> None:
    report = crowd(1_000, 10)
    assert COMMENT_LIMIT - 2_000 < count_units(render(report)) <= COMMENT_LIMIT
    assert 200_000 - 2_000 < count_units(render(report, 200_000)) <= 200_000


def test_each_check_has_a_row_before_any_has_a_second_and_old_ones_come_last() -> None:
    report = crowd(1_000, 10)
    page = read(render(report))
    numbers = [len(part.rows) for part in page.found]
    new = numbers[: len(CHECKS)]
    assert max(new) - min(new) <= 1
    assert set(numbers[len(CHECKS) :]) == {0}


def test_one_long_value_does_not_take_the_room_of_all_others() -> None:
    report = crowd(1, 100_000)
    page = read(render(report))
    assert page.found[0].rows[0][2] == "|" * LONGEST_TEXT + "…"


@pytest.mark.parametrize(("unit", "length"), [("\U0001f600", 2), ("a", 1), ("\ud800", 6)])
def test_a_character_beyond_the_first_plane_counts_twice(unit: str, length: int) -> None:
    assert count_units(printable(unit)) == length


# What a reader sees


def made(**numbers: int) -> Report:
    """A report with so many findings of each check."""
    results = [
        Result(
            CHECKS[id],
            count=number,
            findings=[
                CHECKS[id].finding(
                    table="votes", file="votes.csv", line=n, row_id=f"r{n}", choice="yes", stated=1, listed=0,
                    other="x", name="x", known="x",
                )
                for n in range(1, number + 1)
            ],
        )
        for id, number in numbers.items()
    ]  # fmt: skip
    return Report("here", "small", "1.0.0", {"votes": 1_234}, results, base="/")


def test_the_verdict_comes_first_then_counts_caveats_and_settings() -> None:
    report = replace(made(VOT202=2, PKG112=1), settings=Settings(ignore=("CIT",), origins={"ignore": "me"}))
    page = read(render(report))
    assert page.heading == "Not valid: small 1.0.0"
    assert page.head == [
        "2 errors.",
        caveats(report),
        "1 table, 1,234 rows in here. Checks: 0 passed, 2 failed, 0 known, 0 skipped, 0 unknown.",
        "Settings: ignore CIT (me)",
    ]


def test_errors_come_before_warnings() -> None:
    page = read(render(made(PKG112=1, VOT202=1)))
    assert [part.title for part in page.found] == [
        "error VOT202 tally matches ballots: 1 finding",
        "warning PKG112 table is known: 1 finding",
    ]


def test_short_tables_are_open_and_long_ones_leave_the_titles_in_sight() -> None:
    page = read(render(made(VOT202=OPEN_ROWS, PKG112=1)))
    assert [part.is_open for part in page.found] == [True, False]
    page = read(render(made(VOT202=OPEN_ROWS + 1, PKG112=1)))
    assert [part.is_open for part in page.found] == [False, True]


def test_findings_that_are_only_counted_are_said() -> None:
    report = made(VOT202=3)
    report.results[0].count = 1_500
    [part] = read(render(report)).found
    assert part.below[-1] == "and 1,497 more"
    report.results[0].findings.clear()
    [part] = read(render(report)).found
    assert (part.rows, part.below) == ([], ["1,500 not shown here"])


def test_a_package_without_faults_is_a_verdict_and_no_findings(tmp_path: Path) -> None:
    from test_package import write_package

    report = validate_package(read_package(write_package(tmp_path)))
    page = read(render(report))
    assert page.heading == "Valid: small 1.0.0"
    assert page.head[0] == "No errors."
    assert page.found == []
    assert [part.title.split(":")[0] for part in page.parts] == ["What could not be judged"]
