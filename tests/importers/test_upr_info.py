"""UPR Info exports: recommendations and pledges, in every form in which the files come."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from importlib import resources
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.check import Status
from hrdata.datasets.upr import CYCLES
from hrdata.dates import date_bounds, is_within
from hrdata.errors import UsageError
from hrdata.importers import import_files, upr_info
from hrdata.importers.harvest import Harvest, canonical_tables
from hrdata.importers.surroundings import add_surroundings
from hrdata.package import read_package
from hrdata.validate import validate_package

REAL = Path(os.environ.get("HRDATA_REAL_DATA", Path(__file__).parents[3] / "shared/real")) / "upr_info"
COLUMNS = (
    *("To", "To-Rgrp", "To-Org", "Text", "From", "From-Rgrp", "From-Org", "Response", "Action", "Issue"),
    "Session",
)
NEEDED = ("To", "Text", "From", "Response", "Session")

Row = dict[str, str]


def a_row(by: str = "Norway", text: str = "Ratify it", **changes: str) -> Row:
    """A recommendation to China in session 4."""
    return {"To": "China", "Text": text, "From": by, "Response": "Accepted", "Session": "4"} | changes


def a_pledge(by: str = "China", **changes: str) -> Row:
    return a_row(by, **{"Response": "Voluntary Pledge"} | changes)


THREE = [a_row(), a_row("Cuba", Response="Noted"), a_row("Cuba", "Continue")]


def as_file(
    rows: list[Row],
    *,
    encoding: str = "mac_roman",
    end: str = "\r",
    names: tuple[str, ...] = COLUMNS,
    quoted: bool = False,
) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(
        text,
        names,
        restval="",
        extrasaction="ignore",
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().removesuffix(end).encode(encoding)


def imported(folder: Path, *files: list[Row] | bytes) -> Harvest:
    paths = [folder / f"export-{number}.csv" for number in range(1, len(files) + 1)]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file if isinstance(file, bytes) else as_file(file))
    return import_files("upr-info", paths, folder / "out")


def table(folder: Path, name: str) -> list[Row]:
    return list(read_package(folder / "out").tables[name].frame.iter_rows(named=True))


def notes(folder: Path) -> dict[str, str]:
    """What is noted of each participant."""
    return {row["state_id"]: row["note"] for row in table(folder, "upr_participants")}


def found(folder: Path) -> list[str]:
    """The checks that have findings."""
    report = validate_package(folder / "out")
    assert report.count(Status.UNKNOWN) == 0
    return [finding.check for finding in report.findings]


def test_recommendations_become_a_review_its_participants_and_a_tally(tmp_path: Path) -> None:
    harvest = imported(tmp_path, THREE)
    [review] = table(tmp_path, "upr_reviews")
    assert review == {
        "review_id": "chn-2009",
        "state_id": "CHN",
        "cycle": "1",
        "session": "4",
        "date": "2009-02-02/2009-02-13",
        "report_symbol": "",
        "note": "3 recommendations: Accepted 2, Noted 1. The date is that of the session"
        " (A/HRC/11/27, paragraph 1).",
    }
    assert notes(tmp_path) == {
        "NOR": "1 recommendation: Accepted 1.",
        "CUB": "2 recommendations: Accepted 1, Noted 1.",
    }
    assert {row["role"] for row in table(tmp_path, "upr_participants")} == {"recommending"}
    [tally] = table(tmp_path, "upr_tallies")
    assert tally == {
        "review_id": "chn-2009",
        "role": "recommending",
        "stance": "any",
        "count_min": "2",
        "count_max": "2",
        "list_complete": "true",
    }
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (3, 3, 0)
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "data",
    [
        as_file(THREE, encoding="utf-8", end="\n"),
        as_file(THREE, encoding="utf-8-sig", end="\r\n"),
        as_file(THREE) + b"\r",
        as_file(THREE, names=NEEDED),
        as_file([row | {"Session": " 4.0", "From": f" {row['From'].upper()} "} for row in THREE]),
        as_file([row | {"Response": f" {row['Response']} "} for row in THREE]),
        as_file([row | {"Issue": "Français\rDeutsch, “quoted”", "To-Org": 'a "b"'} for row in THREE]),
    ],
    ids=["LF", "CR LF and a mark", "an ended line", "no other columns", "floats", "spaces", "odd cells"],
)
def test_editions_that_differ_in_form_give_the_same_package(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    imported(tmp_path / "one", THREE)
    imported(tmp_path / "other", data)
    for name in ("upr_reviews", "upr_participants", "upr_tallies"):
        assert table(tmp_path / "one", name) == table(tmp_path / "other", name)


@pytest.mark.parametrize("encoding", ["mac_roman", "utf-8", "utf-8-sig"])
def test_letters_beyond_ascii_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    imported(tmp_path, as_file([a_row("Côte d’Ivoire", Response="Acceptée")], encoding=encoding))
    assert notes(tmp_path) == {"CIV": "1 recommendation: Acceptée 1."}


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_problems_name_the_physical_line(tmp_path: Path, end: str) -> None:
    rows = [a_row(text=f"On{end}three{end}lines"), a_row("Norwaay"), a_row("Atlantis", "Sink")]
    harvest = imported(tmp_path, as_file(rows, end=end, quoted=True))
    assert [(problem.line, problem.field, problem.value) for problem in harvest.problems] == [
        (5, "From", "Norwaay"),
        (6, "From", "Atlantis"),
    ]
    assert "the nearest known name is Norway" in harvest.problems[0].reason
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (3, 1, 2)


def test_pledges_are_counted_in_the_review_and_nobody_takes_part_by_them(tmp_path: Path) -> None:
    harvest = imported(tmp_path, THREE, [a_pledge(text="One"), a_pledge(text="Two")])
    [review] = table(tmp_path, "upr_reviews")
    assert review["note"].startswith("3 recommendations: Accepted 2, Noted 1. 2 voluntary pledges. The date")
    assert set(notes(tmp_path)) == {"NOR", "CUB"}
    assert (harvest.rows_in, harvest.rows_out) == (5, 5)
    assert found(tmp_path) == []


def test_a_review_that_only_pledges_tell_of_has_no_tally(tmp_path: Path) -> None:
    imported(tmp_path, [a_pledge(Response=" voluntary pledge")])
    [review] = table(tmp_path, "upr_reviews")
    assert review["note"].startswith("1 voluntary pledge. The date")
    assert table(tmp_path, "upr_participants") == table(tmp_path, "upr_tallies") == []


def test_a_pledge_in_the_review_of_another_state_is_reported(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [*THREE, a_pledge("Norway")])
    [problem] = harvest.problems
    assert (problem.line, problem.field, problem.value) == (5, "From", "Norway")
    assert problem.reason == "makes a voluntary pledge in the review of another state"
    assert "pledge" not in table(tmp_path, "upr_reviews")[0]["note"]


def test_a_pledge_of_nobody_is_no_pledge(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [*THREE, a_pledge("(Unknown)")])
    assert harvest.rows_reported == 1
    assert "pledge" not in table(tmp_path, "upr_reviews")[0]["note"]


def test_a_recommendation_to_oneself_is_kept_for_the_checks(tmp_path: Path) -> None:
    imported(tmp_path, [*THREE, a_row("China")])
    assert found(tmp_path) == ["UPR202"]


def test_a_recommendation_by_an_unknown_state_leaves_the_tally_open(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [*THREE, a_row("&#40;Unknown&#41;"), a_row("Peru", To="Cuba")])
    [problem] = harvest.problems
    assert (problem.line, problem.value) == (5, "&#40;Unknown&#41;")
    tallies = {row["review_id"]: row for row in table(tmp_path, "upr_tallies")}
    counts = ("count_min", "count_max", "list_complete")
    assert [tallies["chn-2009"][name] for name in counts] == ["2", "", "false"]
    assert [tallies["cub-2009"][name] for name in counts] == ["1", "1", "true"]
    [note] = [row["note"] for row in table(tmp_path, "upr_reviews") if row["state_id"] == "CHN"]
    assert note.startswith("4 recommendations: Accepted 3, Noted 1.")
    assert found(tmp_path) == []


def test_where_all_are_unknown_there_was_at_least_one(tmp_path: Path) -> None:
    imported(tmp_path, [a_row("(Unknown)")])
    assert [row["count_min"] for row in table(tmp_path, "upr_tallies")] == ["1"]
    assert found(tmp_path) == ["STR109"]


@pytest.mark.parametrize(
    ("odd", "field", "words", "complete"),
    [
        ({"To": "Chnia"}, "To", "the nearest known name is China", "false"),
        ({"Session": ""}, "Session", "is no session that hrdata knows the days of", "false"),
        ({"Session": "4th"}, "Session", "is no session that hrdata knows the days of", "false"),
        ({"Session": "999"}, "Session", "is no session that hrdata knows the days of", "true"),
    ],
    ids=["another name", "no session", "an odd session", "a later session"],
)
def test_a_row_that_may_be_of_any_review_leaves_no_list_complete(
    tmp_path: Path, odd: Row, field: str, words: str, complete: str
) -> None:
    harvest = imported(tmp_path, [*THREE, a_row("Peru") | odd])
    [problem] = harvest.problems
    assert (problem.line, problem.field, problem.value) == (5, field, odd[field])
    assert words in problem.reason
    assert [row["list_complete"] for row in table(tmp_path, "upr_tallies")] == [complete]
    assert (harvest.rows_in, harvest.rows_reported) == (4, 1)


@pytest.mark.parametrize("broken", ["China", 'China,,,"lost', ",".join("x" * 12)])
def test_a_broken_row_is_reported_and_leaves_no_list_complete(tmp_path: Path, broken: str) -> None:
    harvest = imported(tmp_path, as_file(THREE) + f"\r{broken}".encode())
    assert [problem.line for problem in harvest.problems] == [5]
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (4, 3, 1)
    assert [row["list_complete"] for row in table(tmp_path, "upr_tallies")] == ["false"]
    assert found(tmp_path) == []


def test_a_row_without_response_says_so(tmp_path: Path) -> None:
    imported(tmp_path, [a_row(Response=""), a_row(text="Sign it")])
    assert notes(tmp_path) == {"NOR": "2 recommendations: Accepted 1, without response 1."}


def test_what_stands_in_two_files_counts_once(tmp_path: Path) -> None:
    rows = [*THREE, a_row("&#40;Unknown&#41;"), a_pledge()]
    again = [row | {"To": row["To"].upper()} for row in [*rows, a_row("Peru")]]
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    imported(tmp_path / "one", [*rows, a_row("Peru")])
    harvest = imported(tmp_path / "other", rows, again)
    for name in ("upr_reviews", "upr_participants", "upr_tallies"):
        assert table(tmp_path / "one", name) == table(tmp_path / "other", name)
    assert (harvest.rows_in, harvest.rows_reported) == (11, 2)


def test_what_stands_twice_in_one_file_counts_twice(tmp_path: Path) -> None:
    imported(tmp_path, [a_row(), a_row()], [a_row(), a_row(), a_row()])
    assert notes(tmp_path) == {"NOR": "3 recommendations: Accepted 3."}


def test_where_two_files_differ_the_first_response_counts(tmp_path: Path) -> None:
    harvest = imported(tmp_path, THREE, [a_row(Response="Noted"), a_row("Peru")])
    [problem] = harvest.problems
    assert (Path(problem.file).name, problem.line, problem.value) == ("export-2.csv", 2, "Noted")
    assert problem.reason == "differs from the response in a file read before, and that one counts"
    assert notes(tmp_path)["NOR"] == "1 recommendation: Accepted 1."
    assert set(notes(tmp_path)) == {"NOR", "CUB", "PER"}


def test_two_reviews_of_one_year_keep_apart_for_the_checks(tmp_path: Path) -> None:
    imported(tmp_path, [a_row(), a_row(Session="5"), a_row(Session="17")])
    assert {row["review_id"] for row in table(tmp_path, "upr_reviews")} == {
        "chn-2009-4",
        "chn-2009-5",
        "chn-2013",
    }
    assert found(tmp_path) == ["UPR204"]


def sessions() -> list[Row]:
    text = (resources.files("hrdata") / "importers/upr_sessions.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_sessions_follow_one_another_within_their_cycles() -> None:
    assert [row["session"] for row in sessions()] == [str(number) for number in range(1, 21)]
    for row in sessions():
        first, last = date_bounds(f"{row['first_day']}/{row['last_day']}")
        assert first is not None
        assert last is not None
        assert first.weekday() == 0, "a session opens on a Monday"
        assert 11 <= (last - first).days <= 14, "and takes two weeks, or a little more"
        assert first.year == last.year, "so that the year of a review is known"
        began, ended = CYCLES[int(row["cycle"])]
        assert began <= first.year <= ended
        assert row["document"]
        assert row["locator"]
        assert row["url"].startswith("http")
    assert all(one["last_day"] < next["first_day"] for one, next in pairwise(sessions()))


def test_the_sessions_agree_with_the_canonical_reviews() -> None:
    days = {row["session"]: f"{row['first_day']}/{row['last_day']}" for row in sessions()}
    reviews = canonical_tables("upr_reviews")["upr_reviews"].iter_rows(named=True)
    both = [(row["date"], days[row["session"]]) for row in reviews if row["session"] in days]
    assert len(both) >= 3
    for date, session in both:
        # A date is as narrow as the source of the canonical review: a day, or a month.
        assert is_within(date, session) or date in session


def test_the_dates_are_cited_to_the_documents_of_their_sessions(tmp_path: Path) -> None:
    imported(tmp_path, [a_row(), a_row(Session="7", To="Iraq"), a_row(Session="99")])
    cited = [row for row in table(tmp_path, "citations") if row["table"] == "upr_reviews"]
    assert [(row["row_id"], row["field"], row["source_id"], row["locator"]) for row in cited] == [
        ("*", "*", "upr-info", "export-1.csv"),
        ("*", "date", "a-hrc-11-27", "paragraph 1, on session 4"),
        ("*", "date", "ohchr-press-release-of-4-february-2010", "whole text, on session 7"),
    ]
    assert not {"sources", "citations"} & {row["table"] for row in table(tmp_path, "citations")}
    sources = {row["source_id"]: row for row in table(tmp_path, "sources")}
    assert set(sources) == {"hrdata", "upr-info", *(row["source_id"] for row in cited)}
    assert {name: cell for name, cell in sources["a-hrc-11-27"].items() if cell} == {
        "source_id": "a-hrc-11-27",
        "kind": "un_document",
        "title": "A/HRC/11/27",
        "publisher": "United Nations",
        "language": "mul",
        "url": sessions()[3]["url"],
        "terms": "© United Nations",
        "note": "Says on which days session 4 of the working group met.",
    }
    assert found(tmp_path) == []


def test_a_state_under_review_before_it_was_a_member_is_left_to_the_checks(tmp_path: Path) -> None:
    imported(tmp_path, [a_row(To="South Sudan", Session="11"), a_row(To="South Sudan", Session="12")])
    assert found(tmp_path) == ["UPR205", "UPR204"]


def test_a_source_that_a_format_brings_twice_or_under_a_known_name_stands_once() -> None:
    own = {"language": "fr", "kind": "database"}
    brought = [{"source_id": id, "title": id} | own for id in ("upr-info", "zoo", "zoo", "ark")]
    cited = [{"table": "upr_reviews", "row_id": "*", "field": "*", "source_id": "zoo", "locator": "p"}]
    harvest = Harvest({"sources": pl.DataFrame(brought), "citations": pl.DataFrame(cited * 2)})
    add_surroundings(harvest, "upr-info", upr_info, [])
    titles = harvest.tables["sources"].select("source_id", "title").rows()
    assert [id for id, _ in titles] == ["ark", "hrdata", "upr-info", "zoo"]
    assert dict(titles)["upr-info"] == upr_info.TITLE
    assert harvest.tables["citations"].rows_by_key("table")["upr_reviews"] == [("*", "*", "zoo", "p")]


@pytest.mark.parametrize("missing", NEEDED)
def test_a_file_without_a_needed_column_is_refused(tmp_path: Path, missing: str) -> None:
    names = tuple(name for name in COLUMNS if name != missing)
    with pytest.raises(UsageError, match=f"export-1.csv: has no column {missing}; is it a file"):
        imported(tmp_path, as_file(THREE, names=names))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\r",
        as_file(THREE, encoding="utf-16"),
        b"\xef\xbb\xbf" + as_file([a_row("Côte d'Ivoire")]),
        b"undl_id,ms_name\n1,CHINA\n",
    ],
    ids=["empty", "blank", "UTF-16", "a mark that lies", "another format"],
)
def test_a_file_of_another_form_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UsageError, match=r"export-1\.csv: .*; is it a file of this format") as refused:
        imported(tmp_path, data)
    assert "\n" not in str(refused.value)


def test_a_file_without_rows_gives_empty_tables(tmp_path: Path) -> None:
    harvest = imported(tmp_path, as_file([]))
    assert harvest.rows_in == 0
    assert table(tmp_path, "upr_reviews") == []


def test_a_file_is_read_as_downloaded(tmp_path: Path) -> None:
    file = tmp_path / "export.csv.gz"
    file.write_bytes(gzip.compress(as_file(THREE)))
    assert import_files("upr-info", [file], tmp_path / "out").rows_out == 3


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["::error::x", "\x1b[31m", "a\rb", "\u2028", "=1+1", "x" * 10_000, "\0", '"', ","]),
)
CELLS = {
    "To": st.sampled_from(["China", "Cuba", "CHINA ", "Norway"]),
    "Text": st.sampled_from(["Ratify it", "Continue", ""]),
    "From": st.sampled_from(["China", "Peru", "Norway", "&#40;Unknown&#41;"]),
    "Response": st.sampled_from(["Accepted", "Noted", "Voluntary Pledge", ""]),
    "Session": st.sampled_from(["4", "4.0", "17", "21", "0", "-1", "1e9", "9" * 400, "NaN"]),
}
ROWS = st.lists(st.fixed_dictionaries({name: cell | HOSTILE for name, cell in CELLS.items()}), max_size=8)


@settings(max_examples=25)
@given(files=st.lists(ROWS, min_size=1, max_size=3), end=st.sampled_from(["\r", "\n", "\r\n"]))
def test_every_row_is_taken_over_or_reported(
    files: list[list[Row]], end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in the cells, the account adds up, and the package can be judged."""
    folder = tmp_path_factory.mktemp("upr")
    harvest = imported(folder, *(as_file(rows, encoding="utf-8", end=end, quoted=True) for rows in files))
    assert harvest.rows_in == sum(map(len, files))
    assert 0 <= harvest.rows_out == harvest.rows_in - harvest.rows_reported
    assert harvest.rows_reported <= len(harvest.problems)
    validate_package(folder / "out")


@settings(max_examples=20)
@given(rows=st.lists(st.fixed_dictionaries({**CELLS, "Session": st.sampled_from(["4", "17"])}), max_size=12))
def test_every_recommendation_of_a_known_state_is_counted_once(
    rows: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The numbers in the notes add up to the rows of one file that were taken over."""
    folder = tmp_path_factory.mktemp("upr")
    harvest = imported(folder, rows)
    counted = sum(int(row["note"].split()[0]) for row in table(folder, "upr_participants"))
    own = [
        row
        for row in rows
        if row["Response"] == "Voluntary Pledge" and row["From"].strip().lower() == row["To"].strip().lower()
    ]
    assert counted + len(own) == harvest.rows_out
    assert set(found(folder)) <= {"UPR202", "STR109"}


@settings(max_examples=25)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("upr")
    harvest = imported(folder, as_file(THREE) + b"\r" + data)
    assert 0 <= harvest.rows_reported <= harvest.rows_in
    validate_package(folder / "out")


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="HRDATA_REAL_DATA is not there")
def test_all_sessions_of_the_published_export_are_taken_over_and_checked(tmp_path: Path) -> None:
    files = sorted(REAL.glob("uprinfo_sessions_*.csv.gz"))
    harvest = import_files("upr-info", files, tmp_path / "out")
    # The rows that are reported name the recommending state "(Unknown)", all in one review.
    assert (harvest.rows_in, harvest.rows_reported) == (42_013, 9)
    texts = [gzip.decompress(file.read_bytes()).decode("mac_roman") for file in files]
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text, newline=""))]
    named = [row for row in rows if "Unknown" not in row["From"]]
    made = Counter((row["To"], row["Session"], row["From"]) for row in named if row["To"] != row["From"])
    numbers = Counter(int(row["note"].split()[0]) for row in table(tmp_path, "upr_participants"))
    assert numbers == Counter(made.values())
    assert len(table(tmp_path, "upr_reviews")) == len({(row["To"], row["Session"]) for row in rows}) == 305
    listed = Counter((to, session) for to, session, _ in made)
    tallies = table(tmp_path, "upr_tallies")
    assert Counter(int(row["count_min"]) for row in tallies) == Counter(listed.values())
    assert [row["review_id"] for row in tallies if row["list_complete"] == "false"] == ["idn-2008"]
    report = validate_package(tmp_path / "out")
    assert report.tables["upr_participants"] == 14_568
    # South Sudan was reviewed in May 2011 and admitted on 14 July.
    found = [(finding.check, finding.row_id, finding.value) for finding in report.findings]
    assert found == [("UPR205", "ssd-2011", "SSD")]
