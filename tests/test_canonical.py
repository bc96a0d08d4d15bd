"""The canonical package: valid, complete where it claims to be, and sensitive to every figure in it."""

import csv
import datetime as dt
import functools
import gzip
import io
import json
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from hrdata.check import CHECKS, Finding, Severity, Status
from hrdata.cli import app
from hrdata.datasets import MODELS
from hrdata.datasets.votes import Choice
from hrdata.package import Package, read_package
from hrdata.read import read_columns
from hrdata.settings import Settings
from hrdata.validate import Report, validate_package

ROOT = Path(__file__).parents[1]
CANONICAL = ROOT / "datapackage"
REAL_DATA = Path(os.environ.get("HRDATA_REAL_DATA", ROOT.parent / "shared" / "real"))

needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason="HRDATA_REAL_DATA is not there")

Row = dict[str, str]
Place = tuple[str, str, str, str, str]
TALLY = [choice.value for choice in Choice]

THESIS_TABLES = {
    "unchr": [f"E/CN.4/RES/{text}" for text in ("2003/10", "2004/13", "2005/11")],
    "unhrc": [
        f"A/HRC/RES/{text}"
        for text in ("7/15", "10/16", "13/14", "16/8", "19/13", "22/13", "25/25", "28/22", "31/18", "34/24")
    ],
    "unga": [
        f"A/RES/{text}"
        for text in (
            "60/173", "61/174", "62/167", "63/190", "64/175", "65/225",
            "66/174", "67/181", "68/183", "69/188", "70/172", "71/202",
        )
    ],
}  # fmt: skip
"""The resolutions of the thesis' three voting tables, by body."""

THESIS_SYMBOLS = [symbol for symbols in THESIS_TABLES.values() for symbol in symbols]


@functools.cache
def package() -> Package:
    return read_package(CANONICAL)


@functools.cache
def report() -> Report:
    return validate_package(package())


@functools.cache
def rows(table: str) -> list[Row]:
    text = (CANONICAL / f"data/{table}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def key_of(table: str, row: Row) -> str:
    return "|".join(row[part] for part in MODELS[table].KEY)


def as_csv(table: str, lines: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(MODELS[table].model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def package_with(tables: dict[str, list[Row]]) -> Package:
    """A package in memory of these tables."""
    built = Package("memory", {"name": "changed", "resources": []})
    for table, lines in tables.items():
        built.add(table, read_columns(as_csv(table, lines), f"data/{table}.csv"))
    return built


def standing(report: Report) -> list[Finding]:
    """The errors that no known issue covers."""
    return [item for item in report.findings if item.severity is Severity.ERROR and not item.waived]


def place_of(finding: Finding) -> Place:
    return (finding.check, finding.table, finding.row_id, finding.field, finding.source_id)


# Valid


def test_the_package_is_valid() -> None:
    assert [f"{item.check} {item.file}:{item.line} {item.message}" for item in standing(report())] == []
    assert report().valid


def test_every_check_could_judge_every_row() -> None:
    assert [result.check.id for result in report().results if result.skipped or result.unknown] == []
    assert report().count(Status.SKIPPED) == report().count(Status.UNKNOWN) == 0


def test_every_table_is_there_and_has_rows() -> None:
    assert list(report().tables) == list(MODELS)
    assert all(report().tables.values())
    assert report().unchecked == ()


def test_there_are_no_warnings_that_nobody_explained() -> None:
    assert [item.message for item in report().findings if not item.waived] == []


# Every tally cell counts


SMALL = {
    "votes": rows("votes"),
    "ballots": rows("ballots"),
    "states": rows("states"),
    "body_seats": rows("body_seats"),
    "citations": [row for row in rows("citations") if row["table"] == "votes"],
    "known_issues": [row for row in rows("known_issues") if row["table"] == "votes"],
}
"""What the checks of tallies look at."""

NOT_ABOUT_TALLIES = [id for id in CHECKS if not re.fullmatch("VOT20[1-4]|CIT202", id)]

RECORDED = [number for number, row in enumerate(rows("votes")) if row["method"] == "recorded_vote"]
CELLS = [(number, choice) for number in RECORDED for choice in TALLY if rows("votes")[number][choice]]


def lines_blamed(changes: dict[tuple[int, str], str]) -> set[int]:
    """The physical lines of votes.csv with an error after changing cells, given by row and column."""
    changed = [dict(row) for row in rows("votes")]
    for (number, choice), value in changes.items():
        changed[number][choice] = value
    found = validate_package(
        package_with({**SMALL, "votes": changed}), settings=Settings(ignore=tuple(NOT_ABOUT_TALLIES))
    )
    return {item.line for item in standing(found) if item.file == "data/votes.csv" and item.line is not None}


def line_of(number: int) -> int:
    """The physical line of a row: no cell of votes.csv holds a line end, so rows are lines."""
    return number + 2


def test_rows_of_votes_are_lines() -> None:
    lines = (CANONICAL / "data/votes.csv").read_bytes().split(b"\n")
    assert len(lines) == len(rows("votes")) + 2
    for number, row in enumerate(rows("votes")):
        assert lines[line_of(number) - 1].startswith(row["vote_id"].encode() + b",")


def test_without_a_change_no_line_is_blamed() -> None:
    assert lines_blamed({}) == set()


def test_recorded_votes_have_their_tallies() -> None:
    assert len(RECORDED) >= 25
    assert len(CELLS) >= 3 * len(RECORDED)


CHANGES: dict[str, Callable[[int], str]] = {
    "one more": lambda count: str(count + 1),
    "ten more": lambda count: str(count + 10),
    "one less": lambda count: str(count - 1) if count else "1",
    "ten times as many": lambda count: str(count * 10 or 10),
    "digits swapped": lambda count: str(
        backwards if (backwards := int(str(count)[::-1])) != count else count + 9
    ),
}


@pytest.mark.parametrize("choice", TALLY)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_tally_cell_is_blamed_on_its_line(change: str, choice: str) -> None:
    """One column of all recorded votes at a time; the test below shows that rows do not mix."""
    cells = {
        (number, column): CHANGES[change](int(rows("votes")[number][column]))
        for number, column in CELLS
        if column == choice
    }
    assert lines_blamed(cells) == {line_of(number) for number, _ in cells}


@settings(max_examples=15, deadline=None)
@given(cell=st.sampled_from(CELLS), count=st.integers(0, 300).map(str))
def test_a_change_of_one_tally_cell_is_blamed_on_its_line_and_on_no_other(
    cell: tuple[int, str], count: str
) -> None:
    number, choice = cell
    expected = set() if rows("votes")[number][choice] == count else {line_of(number)}
    assert lines_blamed({cell: count}) == expected


def test_a_change_of_the_date_of_a_thesis_row_is_blamed_on_its_line_even_where_the_thesis_errs() -> None:
    """A known issue about one source excuses no disagreement with another."""
    numbers = [number for number, row in enumerate(rows("votes")) if row["symbol"] in THESIS_SYMBOLS]
    later = {
        (number, "date"): str(dt.date.fromisoformat(rows("votes")[number]["date"]) + dt.timedelta(days=1))
        for number in numbers
    }
    assert len(later) == 25
    assert lines_blamed(later) == {line_of(number) for number in numbers}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CANONICAL, tmp_path / "datapackage"))


def test_the_command_ends_with_1_and_names_the_line_of_a_changed_tally(copied: Path) -> None:
    file = copied / "data/votes.csv"
    number = next(number for number in RECORDED if rows("votes")[number]["symbol"] == "A/RES/62/167")
    lines = file.read_text("utf-8").split("\n")
    assert ",101,22,59,10," in lines[line_of(number) - 1]
    lines[line_of(number) - 1] = lines[line_of(number) - 1].replace(",101,22,", ",101,23,")
    file.write_text("\n".join(lines), "utf-8")
    ran = CliRunner().invoke(app, ["validate", str(copied)])
    assert ran.exit_code == 1
    assert f"data/votes.csv:{line_of(number)}:" in ran.stdout
    assert "Not valid" in ran.stdout


# Known issues


ISSUES = rows("known_issues")


def about_known_issues() -> dict[str, list[Row]]:
    """The tables that known issues speak of, with no more citations than needed."""
    named = {(row["table"], row["row_id"]) for row in ISSUES}
    tables = {name: rows(name) for name in [*{row["table"]: None for row in ISSUES}, "treaties"]}
    cited = [row for row in rows("citations") if (row["table"], row["row_id"]) in named]
    return {**tables, "citations": cited, "known_issues": ISSUES}


NOT_KNOWN = [id for id in CHECKS if id not in {row["check_id"] for row in ISSUES} | {"WVR201"}]


def covers(issue: Row, finding: Finding) -> bool:
    check, table, row_id, field, source_id = place_of(finding)
    return (
        (issue["check_id"], issue["table"], issue["row_id"]) == (check, table, row_id)
        and issue["field"] in ("*", field)
        and issue["source_id"] in ("", source_id)
    )


def test_each_known_issue_covers_findings_and_each_finding_has_one_issue() -> None:
    waived = [item for item in report().findings if item.waived]
    for item in waived:
        assert len([issue for issue in ISSUES if covers(issue, item)]) == 1, place_of(item)
    for issue in ISSUES:
        assert any(covers(issue, item) for item in waived), issue


def test_without_known_issues_their_findings_and_nothing_else_are_errors(copied: Path) -> None:
    waived = sorted(place_of(item) for item in report().findings if item.waived)
    assert waived
    (copied / "data/known_issues.csv").write_bytes(as_csv("known_issues", []))
    ran = CliRunner().invoke(app, ["validate", str(copied), "--format", "json"])
    assert ran.exit_code == 1
    errors = [item for item in json.loads(ran.stdout)["findings"] if item["severity"] == "error"]
    keys = ("check", "table", "row_id", "field", "source_id")
    assert sorted(tuple(item[key] for key in keys) for item in errors) == waived
    assert all(item["line"] and not item["waived"] for item in errors)


@pytest.mark.parametrize("issue", ISSUES, ids=lambda issue: key_of("known_issues", issue))
def test_without_one_known_issue_its_findings_and_nothing_else_are_errors(issue: Row) -> None:
    kept = [other for other in ISSUES if other is not issue]
    found = validate_package(
        package_with({**about_known_issues(), "known_issues": kept}),
        settings=Settings(ignore=tuple(NOT_KNOWN)),
    )
    expected = sorted(place_of(item) for item in report().findings if item.waived and covers(issue, item))
    assert sorted(place_of(item) for item in standing(found)) == expected


def test_the_reasons_are_sentences_and_say_what_the_record_has() -> None:
    for issue in ISSUES:
        assert re.fullmatch(r"[A-Z].{30,}\.", issue["reason"]), issue
        assert issue["source_id"] or issue["check_id"] != "CIT202", "says which source is meant"


def test_the_four_wrong_rows_on_the_general_assembly_are_known() -> None:
    wrong = {
        (issue["row_id"], issue["field"])
        for issue in ISSUES
        if issue["source_id"] == "snu-dprk-thesis"
        and issue["row_id"]
        in {row["vote_id"] for row in rows("votes") if row["symbol"] in THESIS_TABLES["unga"]}
    }
    assert wrong == {
        ("unga-60-173", "date"),
        ("unga-61-174", "non_voting"),
        ("unga-63-190", "yes"),
        ("unga-64-175", "non_voting"),
    }


# The three voting tables


def vote_of(symbol: str) -> Row:
    [found] = [row for row in rows("votes") if row["symbol"] == symbol]
    return found


@functools.cache
def official() -> dict[str, dict[str, str]]:
    """What the United Nations recorded, by symbol: date, meeting, totals, members; empty without a vote."""
    found = {}
    with (REAL_DATA / "un_digital_library/dprk_ga_official_tallies.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        for row in csv.DictReader(file):
            totals = {
                choice: row[f"total_{name}"] for choice, name in zip(TALLY, OFFICIAL_NAMES, strict=True)
            }
            dated = {"date": row["date"], "meeting": row["meeting"], "members": row["total_ms"]}
            found[row["resolution"]] = {**dated, **totals}
    with (REAL_DATA / "chr_hrc/resolutions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["symbol"] in THESIS_SYMBOLS:
                totals = {"yes": row["yes"], "no": row["no"], "abstain": row["abstain"]}
                meeting = row["meeting"].removeprefix("Adopted at the ")
                dated = {"date": row["date"], "meeting": meeting, "members": row["total"]}
                found[row["symbol"]] = {**dated, **totals, "non_voting": row["nonvoting"]}
    return found


OFFICIAL_NAMES = ("yes", "no", "abstentions", "non_voting")


def test_the_three_tables_have_25_rows() -> None:
    assert len(THESIS_SYMBOLS) == len(set(THESIS_SYMBOLS)) == 25


@pytest.mark.parametrize("symbol", THESIS_SYMBOLS)
def test_each_resolution_of_the_thesis_tables_is_there_and_cited(symbol: str) -> None:
    vote = vote_of(symbol)
    body = next(body for body, symbols in THESIS_TABLES.items() if symbol in symbols)
    assert (vote["body_id"], vote["subject_state"], vote["outcome"]) == (body, "PRK", "adopted")
    cited = [row for row in rows("citations") if (row["table"], row["row_id"]) == ("votes", vote["vote_id"])]
    assert "snu-dprk-thesis" in {row["source_id"] for row in cited}
    assert {
        row["locator"] for row in cited if row["source_id"] == "snu-dprk-thesis" and "Table" in row["locator"]
    }
    if vote["method"] == "recorded_vote":
        assert all(vote[choice] for choice in TALLY)
        reported = {
            row["field"] for row in cited if row["source_id"] == "snu-dprk-thesis" and row["reported"]
        }
        assert reported >= {"date", "yes", "no", "abstain"}, "the thesis' own figures stand beside ours"
    else:
        assert vote["method"] == "without_vote"
        assert not any(vote[choice] for choice in TALLY)


@needs_real_data
@pytest.mark.parametrize("symbol", THESIS_SYMBOLS)
def test_the_figures_of_the_thesis_tables_are_those_of_the_record(symbol: str) -> None:
    vote = vote_of(symbol)
    if symbol in official():
        record = official()[symbol]
        assert {name: vote[name] for name in record} == record
    else:
        assert vote["method"] == "without_vote", "only votes that were recorded can be in the record"
        assert symbol in ("A/RES/67/181", "A/RES/68/183", "A/RES/71/202")


@needs_real_data
def test_china_voted_as_the_record_of_commission_and_council_says() -> None:
    with gzip.open(REAL_DATA / "chr_hrc/votes_long.csv.gz", "rt", encoding="utf-8", newline="") as file:
        record = {row["symbol"]: row["vote"] for row in csv.DictReader(file) if row["iso3"] == "CHN"}
    word = {"Y": "yes", "N": "no", "A": "abstain"}
    seen = 0
    for ballot in rows("ballots"):
        [vote] = [row for row in rows("votes") if row["vote_id"] == ballot["vote_id"]]
        if ballot["state_id"] == "CHN" and vote["symbol"] in record:
            assert ballot["choice"] == word.get(record[vote["symbol"]], "non_voting"), vote["vote_id"]
            seen += 1
    assert seen >= 9


@pytest.mark.parametrize("symbol", THESIS_SYMBOLS)
def test_china_voted_against_each_recorded_resolution_of_the_thesis_tables(symbol: str) -> None:
    vote = vote_of(symbol)
    ballots = [
        row["choice"]
        for row in rows("ballots")
        if (row["vote_id"], row["state_id"]) == (vote["vote_id"], "CHN")
    ]
    assert ballots == (["no"] if vote["method"] == "recorded_vote" else [])


# Form


@pytest.mark.parametrize("table", MODELS)
def test_files_are_in_canonical_form(table: str) -> None:
    data = (CANONICAL / f"data/{table}.csv").read_bytes()
    text = data.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert data == as_csv(table, rows(table)), "is not quoted, ended or ordered as a CSV writer would do it"
    keys = [tuple(row[part] for part in MODELS[table].KEY) for row in rows(table)]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


UNTIDY = {
    "curly quotes": "[\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033]",
    "two spaces": "  ",
    "a space at an end": r"\A\s|\s\Z",
    "odd white space": r"[^\S ]",
    "unfinished": "(?i)\\b(todo|fixme|tbd|xxx|lorem ipsum)\\b|@@|\\?\\?",
    "a place on one machine": r"(^|[\s'\"(])(/(work|home|root|tmp|Users)/|[.][.]/[A-Za-z]|[A-Z]:\\|file://|localhost)",
    "markup": r"</?[a-z]+>|&[a-z]+;|\\[nt]",
    "damaged letters": "\ufffd|\u00c3.|\u00e2\u20ac",
}


@pytest.mark.parametrize("table", MODELS)
@pytest.mark.parametrize("fault", UNTIDY)
def test_cells_are_tidy(fault: str, table: str) -> None:
    found = [
        f"{key_of(table, row)} {column}: {cell!r}"
        for row in rows(table)
        for column, cell in row.items()
        if re.search(UNTIDY[fault], cell)
    ]
    assert found == []


# Citations and sources


def test_every_source_is_cited_and_every_citation_has_its_source() -> None:
    cited = {row["source_id"] for row in rows("citations")}
    assert {row["source_id"] for row in rows("sources")} == cited


def test_no_two_sources_are_the_same() -> None:
    for columns in (("title", "author", "issued"), ("url",), ("file",)):
        values = Counter(tuple(row[column] for column in columns) for row in rows("sources"))
        assert [value for value, times in values.items() if times > 1 and any(value)] == []


def test_each_of_the_five_documents_is_cited_throughout() -> None:
    documents = {
        row["file"][:3]: row["source_id"] for row in rows("sources") if re.match("00[0-4]_", row["file"])
    }
    assert sorted(documents) == ["000", "001", "002", "003", "004"]
    for source_id in documents.values():
        assert len([row for row in rows("citations") if row["source_id"] == source_id]) >= 10, source_id


def test_locators_say_where() -> None:
    vague = {row["locator"] for row in rows("citations") if not re.search("[A-Za-z0-9]{2}", row["locator"])}
    assert not vague


# States, bodies and seats


END_OF_YEAR = {
    1945: 51, 1946: 55, 1947: 57, 1948: 58, 1949: 59, 1950: 60, 1954: 60, 1955: 76, 1956: 80, 1957: 82,
    1958: 82, 1960: 99, 1961: 104, 1962: 110, 1963: 113, 1964: 115, 1965: 117, 1966: 122, 1967: 123,
    1968: 126, 1970: 127, 1971: 132, 1973: 135, 1974: 138, 1975: 144, 1976: 147, 1977: 149, 1978: 151,
    1979: 152, 1980: 154, 1981: 157, 1983: 158, 1984: 159, 1989: 159, 1990: 159, 1991: 166, 1992: 179,
    1993: 184, 1994: 185, 1999: 188, 2000: 189, 2002: 191, 2005: 191, 2006: 192, 2010: 192, 2011: 193,
}  # fmt: skip
"""Members of the United Nations at the end of a year, as the organisation counts them."""


def members_on(day: dt.date) -> set[str]:
    """The members of a day, counted without hrdata."""
    found, text = set(), day.isoformat()
    for row in rows("states"):
        first, _, last = row["un_member_gap"].partition("/")
        is_away = bool(first) and first <= text <= last
        has_joined = bool(row["un_member_from"]) and row["un_member_from"] <= text
        has_left = bool(row["un_member_until"]) and row["un_member_until"] <= text
        if has_joined and not has_left and not is_away:
            found.add(row["state_id"])
    return found


@pytest.mark.parametrize("year", END_OF_YEAR)
def test_the_members_of_the_united_nations_add_up(year: int) -> None:
    assert len(members_on(dt.date(year, 12, 31))) == END_OF_YEAR[year]


@pytest.mark.parametrize(
    ("day", "members"), [("2006-06-27", 191), ("2006-06-28", 192), ("2011-07-13", 192), ("2011-07-14", 193)]
)
def test_members_join_on_their_day(day: str, members: int) -> None:
    assert len(members_on(dt.date.fromisoformat(day))) == members


def test_dates_of_membership_are_days() -> None:
    for row in rows("states"):
        for column in ("un_member_from", "un_member_until"):
            assert re.fullmatch("([0-9]{4}-[0-9]{2}-[0-9]{2})?", row[column]), row


FORMER = {
    "SUN": ("1945-10-24", "1991-12-24"),
    "CSK": ("1945-10-24", "1993-01-01"),
    "YUG": ("1945-10-24", "2000-11-01"),
    "DDR": ("1973-09-18", "1990-10-03"),
    "YMD": ("1967-12-14", "1990-05-22"),
    "SCG": ("2000-11-01", "2006-06-03"),
}


@pytest.mark.parametrize("state_id", FORMER)
def test_former_members_have_their_interval(state_id: str) -> None:
    [row] = [row for row in rows("states") if row["state_id"] == state_id]
    assert (row["un_member_from"], row["un_member_until"]) == FORMER[state_id]


@pytest.mark.parametrize("name", ["Zanzibar", "Tanganyika", "United Arab Republic"])
def test_former_members_without_a_code_of_their_own_are_there(name: str) -> None:
    [row] = [row for row in rows("states") if row["name"] == name]
    assert row["un_member_until"]


def test_193_states_are_members_and_have_all_their_codes() -> None:
    current = [row for row in rows("states") if row["un_member_from"] and not row["un_member_until"]]
    assert len(current) == 193
    assert all(row["iso2"] and row["m49"] for row in current)
    for column in ("state_id", "name", "iso2", "m49"):
        values = [row[column] for row in current]
        assert len(set(values)) == 193, column


@needs_real_data
def test_the_days_of_admission_are_those_of_the_list_of_members() -> None:
    """Three states are listed there with the seat they took over, here with the day on which they did."""
    took_over = {"RUS": "1945-10-24", "TZA": "1961-12-14", "SRB": "2000-11-01"}
    with (REAL_DATA / "reference/un_members.csv").open(encoding="utf-8", newline="") as file:
        stated = [re.sub(r"\[\w+\]", "", row["Date of admission"]).strip() for row in csv.DictReader(file)]
    listed = Counter(dt.datetime.strptime(day, "%d %B %Y").date().isoformat() for day in stated)
    ours = Counter(
        took_over.get(row["state_id"], row["un_member_from"])
        for row in rows("states")
        if row["un_member_from"] and not row["un_member_until"]
    )
    assert ours == listed


def test_votes_of_the_general_assembly_count_the_members_of_their_day() -> None:
    votes = [row for row in rows("votes") if row["body_id"] == "unga" and row["members"]]
    assert len(votes) >= 9
    for row in votes:
        assert len(members_on(dt.date.fromisoformat(row["date"]))) == int(row["members"]), row["vote_id"]


@pytest.mark.parametrize(
    ("body", "seats"), [("unchr", [18, 21, 32, 43, 53]), ("unhrc", [47]), ("unsc", [11, 15])]
)
def test_bodies_had_their_seats(body: str, seats: list[int]) -> None:
    listed = [row for row in rows("body_seats") if row["body_id"] == body]
    assert [int(row["seats"]) for row in listed] == seats
    untils = [row["seats_until"] for row in listed]
    assert untils[:-1] == [row["seats_from"] for row in listed[1:]], (
        "leaves a gap between two numbers of seats"
    )
    assert (untils[-1] == "") == (body != "unchr")


def test_the_general_assembly_has_no_seats_of_its_own() -> None:
    assert "unga" not in {row["body_id"] for row in rows("body_seats")}
