"""Reports: counts that add up, hints said once, and nothing from data that a terminal or a log obeys."""

from __future__ import annotations

import json
import re
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hrdata.check import LISTED_PER_CHECK, Status
from hrdata.fields import printable
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR
from hrdata.read import read_columns
from hrdata.report import data
from hrdata.report.checks import find_check, list_checks, print_check, print_checks
from hrdata.report.terminal import Speaker, progress
from hrdata.report.text import SHOWN_PER_CHECK, print_report
from hrdata.show import look_up, print_listing, print_view, rows_of
from hrdata.testing import AnyRow, as_csv, package_of
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows, write_package

DOCS = Path(__file__).parents[1] / "docs" / "report.md"

VOTE = dict(GOOD["votes"][0])
ISSUE = {"table": "votes", "row_id": "unga-61-174", "field": "*", "reported_on": "2026-01-01"}


def report_on(rows: Rows) -> Report:
    return validate_package(package_of(**GOOD | rows))


def text_of(report: Report) -> str:
    console = Console(file=StringIO(), width=40)
    print_report(report, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


# What data may not do

NASTY = {
    "an escape sequence": "\x1b]0;owned\x07",
    "a C1 control": "\x9b31m",
    "a carriage return": "Valid\r",
    "a line break": "a\n::error::owned",
    "a backspace": "ab\x08\x08",
    "right-to-left": "\u202egnp\u2066",
    "a zero-width space": "\u200b",
    "a tag": "\U000e0041",
    "a command": "::error::owned",
    "a command after spaces": "   ::set-env name=x::owned",
    "an old command": "##[error]owned",
    "an old command within": "so ##[add-mask]owned",
    "markup": "[red]owned[/red] [link=file:///]x[/link] :smile:",
    "a template": "{0} {missing} %s",
    "a lone surrogate": "\ud800",
}
STYLES = re.compile(r"\x1b\[[0-9;]*m")
"""What rich writes to set colours; no text above looks like it."""


def obeyed(output: str) -> list[str]:
    """Lines that a terminal or the log of GitHub Actions would obey rather than show.

    GitHub looks for `::` at the start of a line, spaces aside, and for `##[` anywhere in it.
    """
    plain = STYLES.sub("", output)
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    visible = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    return [
        line
        for line in plain.split("\n")
        if line.lstrip().startswith("::")
        or "##[" in line
        or any(unicodedata.category(c) in kinds and ord(c) not in visible for c in line)
    ]


def infested(folder: Path, nasty: str) -> Path:
    """A package with a nasty text wherever a package can hold a text."""
    quoted = nasty.encode("utf-8", "replace").decode()
    rows: Rows = {
        "sources": [dict(GOOD["sources"][0]) | {"title": quoted}, {"source_id": quoted, "title": quoted}],
        "bodies": [
            *GOOD["bodies"],
            {"body_id": quoted, "name": quoted, "kind": quoted, "established": quoted},
        ],
        "votes": [VOTE | {"title": quoted, "note": quoted, "meeting": quoted}, VOTE | {"vote_id": quoted}],
        "ballots": [*GOOD["ballots"], {"vote_id": "unga-61-174", "state_id": quoted, "choice": quoted}],
        "citations": [
            *GOOD["citations"],
            {"table": "votes", "row_id": "unga-61-174", "field": "yes", "reported": quoted}
            | {"source_id": "un", "locator": quoted},
            {"table": "votes", "row_id": quoted, "field": "*", "source_id": quoted, "locator": quoted},
        ],
        "known_issues": [
            ISSUE | {"check_id": "CIT202", "reason": quoted},
            ISSUE | {"check_id": "VOT202", "reason": quoted, "row_id": quoted},
        ],
    }
    write_package(folder, rows, name=nasty, version=nasty)
    states = folder / "data/states.csv"
    states.write_bytes(states.read_bytes().replace(b",note\n", f',note,"{quoted}"\n'.encode(), 1))
    if not {"\0", "/"} & set(nasty):
        (folder / "data" / quoted).write_bytes(b"a\n1\n")
    descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8", errors="surrogatepass"))
    descriptor["resources"] += [
        {"name": name, "path": path}
        for name, path in (("one", f"data/{nasty}"), ("two", nasty), ("three", f"../{nasty}"), (nasty, "x"))
    ]
    text = json.dumps(descriptor)
    (folder / DESCRIPTOR).write_text(f"{{{json.dumps(nasty)}: 1, {json.dumps(nasty)}: NaN, {text[1:]}")
    return folder


@pytest.mark.parametrize("name", NASTY)
def test_nothing_in_data_is_obeyed_by_a_terminal_or_a_log(tmp_path: Path, name: str) -> None:
    folder = infested(tmp_path / "package", NASTY[name])
    package = read_package(folder)
    report, view = validate_package(folder), look_up(package, "votes", "unga-61-174")
    assert not report.valid
    for color in (False, True):
        console = Console(file=StringIO(), force_terminal=color, width=60)
        print_report(report, console)
        print_view(view, console)
        for table in ("votes", "sources", "ballots", "citations", "bodies"):
            print_listing(table, rows_of(package, table), console)
        output = str(console.file.getvalue())  # type: ignore[attr-defined]
        assert obeyed(output) == []
        assert bool(STYLES.search(output)) == color
    as_json = data.render(report)
    assert as_json.isascii()
    assert obeyed(as_json) == []
    assert json.loads(as_json)["package"]["name"] == NASTY[name]


@given(text=st.text(max_size=12) | st.sampled_from(sorted(NASTY.values())), rest=st.text(max_size=5))
def test_a_line_is_one_line_that_shows_its_text(text: str, rest: str) -> None:
    console = Console(file=StringIO(), width=10)
    Speaker(console).line(text, "bold", rest)
    output = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert output.endswith("\n")
    assert output.count("\n") == 1
    assert obeyed(output) == []
    visible = [c for c in text + rest if printable(c) == c and c not in ":#["]
    assert [c for c in visible if c not in output] == []


# What the text says


def test_the_text_counts_tables_rows_and_checks() -> None:
    text = text_of(report_on({}))
    assert "\n  ballots             3 rows\n" in text
    assert "\n  votes               1 row\n" in text
    assert "\n  7 tables, 16 rows\n" in text
    assert "\nValid: no errors.\n" in text
    assert re.search(r"^  skipped  there is no table treaty_actions: .*\bTRT202\b", text, re.MULTILINE)


def test_the_counts_of_the_checks_add_up_to_all_checks() -> None:
    report = report_on({"votes": [VOTE | {"yes": "x"}, VOTE | {"vote_id": "v", "no": "9"}]})
    line = next(line for line in text_of(report).splitlines() if " passed, " in line)
    counts = [int(number) for number in re.findall("[0-9]+", line)]
    assert counts == [report.count(status) for status in Status]
    assert sum(counts) == len(list_checks())
    assert report.count(Status.FAILED) > 0
    assert report.count(Status.UNKNOWN) > 0
    assert report.count(Status.SKIPPED) > 0


def test_what_could_not_be_judged_is_named() -> None:
    text = text_of(report_on({"votes": [VOTE | {"yes": "x"}]}))
    assert re.search(r"^  unknown  1 row could not be judged: .*\bVOT202\b", text, re.MULTILINE)


def test_findings_are_grouped_under_their_check_with_place_and_one_hint() -> None:
    rows: list[AnyRow] = [
        {"vote_id": "unga-61-174", "state_id": id, "choice": "oui"} for id in ("CHN", "FRA")
    ]
    text = text_of(report_on({"ballots": rows}))
    assert "  error FLD202 value is in the vocabulary: 2 findings\n" in text
    assert "    data/ballots.csv:2:17  choice is 'oui', but expected one of yes, no, " in text
    assert "    data/ballots.csv:3:17  choice is 'oui'" in text
    assert text.count("Use one of these words in data/ballots.csv.") == 1
    assert text.endswith("Not valid: 2 errors.\n")


def test_of_many_findings_some_are_shown_and_all_are_counted() -> None:
    many = LISTED_PER_CHECK + 500
    bodies: list[AnyRow] = [{"body_id": f"b{n}", "name": "B", "kind": "bad"} for n in range(many)]
    report = report_on({"bodies": [*GOOD["bodies"], *bodies]})
    text = text_of(report)
    assert "value is in the vocabulary: 1,500 findings\n" in text
    assert text.count("kind is 'bad'") == SHOWN_PER_CHECK
    assert f"    and {many - SHOWN_PER_CHECK:,} more; --format json lists 1,000\n" in text
    assert text.endswith("Not valid: 1,500 errors.\n")
    checks = {check["check"]: check for check in json.loads(data.render(report))["checks"]}
    assert (checks["FLD202"]["findings"], checks["FLD202"]["listed"]) == (many, LISTED_PER_CHECK)


def test_a_known_issue_is_one_line_with_its_reason_and_no_finding() -> None:
    rows: Rows = {
        "votes": [VOTE | {"yes": "1", "no": "0"}],
        "known_issues": [ISSUE | {"check_id": "VOT202", "reason": "Two ballots came late."}],
    }
    text = text_of(report_on(rows))
    assert "  VOT202 votes unga-61-174 * (2 findings): Two ballots came late.\n" in text
    assert "\nFindings\n" not in text
    assert text.endswith("Valid: no errors; known issues cover 2 findings.\n")


def test_a_warning_is_shown_and_leaves_the_package_valid() -> None:
    text = text_of(report_on({"known_issues": []}))
    assert "  warning STR109 file has rows: 1 finding\n" in text
    assert text.endswith("Valid: no errors.\n")


def test_a_table_that_nobody_knows_is_marked_as_not_checked(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    descriptor = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    descriptor["resources"].append({"name": "hues", "path": "data/states.csv"})
    (folder / DESCRIPTOR).write_text(json.dumps(descriptor), encoding="utf-8")
    text = text_of(validate_package(folder))
    assert re.search(
        "  hues +3 rows  not checked: hrdata does not know this table, and it has no schema\n", text
    )


# JSON


def documented(heading: str) -> set[str]:
    """The names that docs/report.md lists in the table below a line."""
    below = DOCS.read_text(encoding="utf-8").split(heading, 1)[1]
    table = re.search(r"\n((?:\|.*\n)+)", below)
    assert table is not None
    rows = table.group(1).splitlines()[2:]
    return {name for row in rows for name in re.findall("`([a-z_]+)`", row.split("|")[1])}


def test_every_name_in_the_json_is_documented_and_every_documented_name_is_there() -> None:
    rows: Rows = {
        "votes": [VOTE | {"yes": "1", "no": "0"}],
        "known_issues": [ISSUE | {"check_id": "VOT202", "reason": "Known.", "field": "yes"}],
    }
    report: dict[str, Any] = json.loads(data.render(report_on(rows)))
    assert report.keys() == documented("prints one object")
    assert report["checks"][0].keys() == documented("\nA check:")
    assert report["findings"][0].keys() == documented("\nA finding:")
    issue_line = next(
        line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `known_issues`")
    )
    assert set(report["known_issues"][0]) | {"known_issues"} == set(re.findall("`([a-z_]+)`", issue_line))
    statuses = next(
        line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `status`")
    )
    assert {str(status) for status in Status} | {"status"} == set(re.findall("`([a-z_]+)`", statuses))


def test_the_json_has_the_findings_of_the_report() -> None:
    report = report_on({"votes": [VOTE | {"yes": "1", "no": "0"}]})
    output = json.loads(data.render(report))
    assert output["valid"] is False
    assert [(f["check"], f["field"], f["line"], f["column"]) for f in output["findings"]] == [
        (f.check, f.field, f.line, f.column) for f in report.findings
    ]
    assert {check["check"] for check in output["checks"]} == {check.id for check in list_checks()}
    assert output["tables"] == {table: len(rows) for table, rows in GOOD.items()}


# Checks


def test_every_check_is_listed_and_explained() -> None:
    console = Console(file=StringIO(), width=40)
    print_checks(list_checks(), console)
    listing = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    assert [line.split()[0] for line in listing[:-1]] == sorted(check.id for check in list_checks())
    for check in list_checks():
        explained = Console(file=StringIO(), width=40)
        print_check(check, explained)
        text = str(explained.file.getvalue())  # type: ignore[attr-defined]
        for part in (check.id, check.name, check.meaning, check.example, check.message, check.hint):
            assert printable(part) in text
        assert obeyed(text) == []


def test_a_check_is_found_in_small_letters_too() -> None:
    assert find_check("vot202") is find_check("VOT202")


# Structure: faults of the files of a whole package


def test_of_the_faults_of_several_files_some_are_listed_and_all_are_counted() -> None:
    package = package_of(**{table: rows for table, rows in GOOD.items() if table not in ("states", "bodies")})
    for table, faulty in (("states", 700), ("bodies", 1300)):
        fine = as_csv(table, GOOD[table])
        package.add(table, read_columns(fine + b"ragged,row\n" * faulty, f"data/{table}.csv"))
    report = validate_package(package)
    results = {result.check.id: result for result in report.results}
    assert (results["STR112"].count, len(results["STR112"].findings)) == (2000, LISTED_PER_CHECK)
    others = sum(result.count for id, result in results.items() if id not in ("STR112", "STR109"))
    assert report.errors == 2000 + others
    text = text_of(report)
    assert "  error STR112 rows are long enough: 2,000 findings\n" in text
    assert text.count("ragged") <= SHOWN_PER_CHECK
    assert f"    and {2000 - SHOWN_PER_CHECK:,} more; --format json lists 1,000\n" in text
    assert text.endswith(f"Not valid: {report.errors:,} errors.\n")


# Progress


def screen_after(output: str) -> list[str]:
    """The lines that a terminal shows after it was sent some text."""
    lines, row, column = [""], 0, 0
    for sign, number, final in re.findall(r"(?s)\x1b\[(\??[0-9;]*)([A-Za-z])|(.)", output):
        if number == "A":
            row -= int(sign or 1)
        elif number == "K":
            lines[row] = "" if sign == "2" else lines[row][:column]
        elif number:
            assert number in "mhl", f"this screen does not know {sign}{number}"
        elif final == "\r":
            column = 0
        elif final == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        else:
            assert final.isprintable()
            lines[row] = lines[row][:column].ljust(column) + final + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


def shown_on(console: Console) -> str:
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_elsewhere_than_on_a_terminal_each_step_is_a_line_however_often_it_is_told() -> None:
    console = Console(file=StringIO(), width=20)
    with progress(console) as tell:
        for part in range(50):
            tell("reading 50 files, one after the other", part / 50)
        tell(f"writing [bold]{NASTY['a command']}\x1b[31m", 0.8)
    [reading, writing] = shown_on(console).splitlines()
    assert reading == "reading 50 files, one after the other"
    assert writing == r"writing [bold]::error::owned\x1b[31m"


@pytest.mark.parametrize("name", NASTY)
def test_elsewhere_than_on_a_terminal_no_name_is_obeyed(name: str) -> None:
    console = Console(file=StringIO())
    with progress(console) as tell:
        tell(NASTY[name], 0)
    assert obeyed(shown_on(console)) == []
    assert shown_on(console).count("\n") == 1


@pytest.mark.parametrize("name", ["a[bold]b", "[/]", "a\\[red]", "\x1b]0;owned\x07", "x\x1b[2J", "\u202egnp"])
def test_on_a_terminal_a_bar_shows_the_text_as_it_is_and_is_gone_at_the_end(name: str) -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)
    with progress(console) as tell:
        tell("looking", 0)
        tell(f"reading {name}", 0.42)
    output = shown_on(console)
    assert f"reading {printable(name)}" in STYLES.sub("", output)
    assert " 42%" in STYLES.sub("", output)
    before_the_end, _ = output.split("\x1b[?25h")
    assert any(line.startswith(f"reading {printable(name)} ") for line in screen_after(before_the_end))
    assert not any(screen_after(output))
    # The cursor, hidden while the bar is there, is there again.
    assert output.count("\x1b[?25l") == output.count("\x1b[?25h") == 1


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_a_bar_is_gone_when_the_work_fails(fault: type[BaseException]) -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)

    def work() -> None:
        with progress(console) as tell:
            tell("reading", 0.5)
            raise fault

    with pytest.raises(fault):
        work()
    assert not any(screen_after(shown_on(console)))
    assert shown_on(console).count("\x1b[?25h") == 1
