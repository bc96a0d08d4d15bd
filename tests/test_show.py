"""Looking a row up: what it says, what belongs to it, where it stands, and where sources disagree."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.package import Package, bundled_package, read_package
from hrdata.read import read_columns
from hrdata.show import look_up, print_listing, print_view, rows_of
from hrdata.testing import AnyRow, package_of
from test_package import GOOD, Rows

VOTE = "unga-61-174"


@pytest.fixture(scope="module")
def canonical() -> Package:
    return read_package(bundled_package())


@pytest.fixture(scope="module")
def view(canonical: Package) -> dict[str, Any]:
    return look_up(canonical, "votes", VOTE)


def text_of(view: dict[str, Any]) -> str:
    console = Console(file=StringIO(), width=40)
    print_view(view, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


# The vote of 19 December 2006, in the package that comes with hrdata


def test_the_row_holds_the_tally_of_the_united_nations(view: dict[str, Any]) -> None:
    row = view["row"]
    assert [row[name] for name in ("yes", "no", "abstain", "non_voting")] == ["99", "21", "56", "16"]
    assert (row["symbol"], row["date"]) == ("A/RES/61/174", "2006-12-19")


def test_the_ballot_of_china_is_with_it(view: dict[str, Any]) -> None:
    ballots = {ballot["state_id"]: ballot["choice"] for ballot in view["related"]["ballots"]}
    assert ballots["CHN"] == "no"
    assert all(ballot["vote_id"] == VOTE for ballot in view["related"]["ballots"])


def test_every_source_has_a_place_in_it(view: dict[str, Any]) -> None:
    cited = {cited["source_id"] for cited in view["citations"]}
    assert {"snu-dprk-thesis", "un-digital-library"} <= cited
    assert all(cited["locator"] for cited in view["citations"])


def test_the_source_that_reports_22_is_named_as_disagreeing(view: dict[str, Any]) -> None:
    [disagreement] = [one for one in view["disagreements"] if one["field"] == "non_voting"]
    assert disagreement["source_id"] == "snu-dprk-thesis"
    assert disagreement["check"] == "CIT202"
    assert "non_voting is 16, but snu-dprk-thesis" in disagreement["message"]
    assert disagreement["message"].endswith(" has 22")
    reported = {(c["source_id"], c["field"], c["reported"]) for c in view["citations"]}
    assert ("snu-dprk-thesis", "non_voting", "22") in reported


def test_the_text_shows_row_ballots_sources_and_disagreement(view: dict[str, Any]) -> None:
    text = text_of(view)
    lines = text.splitlines()
    assert lines[0] == f"votes {VOTE}"
    for name, value in (("yes", "99"), ("no", "21"), ("abstain", "56"), ("non_voting", "16")):
        assert any(line.split() == [name, value] for line in lines)
    titles = ["Ballots", "Sources", "Where sources disagree"]
    assert [line for line in lines if line in titles] == titles
    assert "  CHN  no" in lines
    assert any(line.startswith("  snu-dprk-thesis  ") for line in lines)
    assert any(line.startswith("    Table ") and "non_voting 22" in line for line in lines)
    assert any(line.startswith("  CIT202 ") and line.endswith(" has 22") for line in lines)


@pytest.mark.parametrize("table", MODELS)
def test_every_table_can_be_listed(canonical: Package, table: str) -> None:
    rows = rows_of(canonical, table)
    console = Console(file=StringIO(), width=40)
    print_listing(table, rows, console)
    lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    ids = ["|".join(row[part] for part in MODELS[table].KEY) for row in rows]
    assert all(line.startswith(id) for line, id in zip(lines, ids, strict=False))
    assert lines[len(rows) :] == [f"{len(rows):,} rows in {table}"]


# Made-up rows


def with_rows(**rows: list[AnyRow]) -> Package:
    return package_of(**GOOD | rows)


def cite(field: str, reported: str, source: str = "un", locator: str = "p. 7") -> AnyRow:
    where = {"table": "votes", "row_id": VOTE, "source_id": source, "locator": locator}
    return {**where, "field": field, "reported": reported}


def test_rows_that_refer_to_the_row_are_related_and_no_others() -> None:
    other: AnyRow = dict(GOOD["votes"][0]) | {"vote_id": "other"}
    ballots: list[AnyRow] = [*GOOD["ballots"], {"vote_id": "other", "state_id": "CHN", "choice": "yes"}]
    view = look_up(with_rows(votes=[*GOOD["votes"], other], ballots=ballots), "votes", VOTE)
    assert list(view["related"]) == ["ballots"]
    assert [ballot["state_id"] for ballot in view["related"]["ballots"]] == ["CHN", "FRA", "NOR"]


def test_rows_that_merely_mention_the_row_are_not_related() -> None:
    assert look_up(with_rows(), "bodies", "unga")["related"] == {}
    assert list(look_up(with_rows(), "bodies", "unsc")["related"]) == ["body_seats"]


def test_a_citation_of_the_whole_table_counts_for_each_row() -> None:
    [cited] = look_up(with_rows(), "votes", VOTE)["citations"]
    assert (cited["field"], cited["source_id"], cited["title"], cited["locator"]) == (
        "*",
        "un",
        "Record",
        "p. 1",
    )


def test_citations_of_other_rows_are_left_out() -> None:
    elsewhere: AnyRow = dict(cite("yes", "9")) | {"row_id": "other"}
    in_states: AnyRow = dict(cite("name", "9")) | {"table": "states"}
    view = look_up(with_rows(citations=[*GOOD["citations"], elsewhere, in_states]), "votes", VOTE)
    assert [cited["locator"] for cited in view["citations"]] == ["p. 1"]


@pytest.mark.parametrize("is_known", [False, True])
def test_a_disagreement_comes_with_its_reason_when_it_is_known(is_known: bool) -> None:
    issue: AnyRow = {"check_id": "CIT202", "table": "votes", "row_id": VOTE, "field": "no"}
    reason = {"reason": "A misprint.", "reported_on": "2026-01-01"}
    rows: Rows = {"known_issues": [dict(issue) | reason] if is_known else []}
    package = with_rows(citations=[*GOOD["citations"], cite("no", "7"), cite("yes", "2")], **rows)
    view = look_up(package, "votes", VOTE)
    [disagreement] = view["disagreements"]
    assert (disagreement["field"], disagreement["waived"]) == ("no", "A misprint." if is_known else "")
    assert ("    known: A misprint." in text_of(view).splitlines()) == is_known


def test_other_findings_about_the_row_are_shown_apart() -> None:
    view = look_up(with_rows(ballots=GOOD["ballots"][1:]), "votes", VOTE)
    assert [(finding["check"], finding["field"]) for finding in view["findings"]] == [("VOT202", "no")]
    lines = text_of(view).splitlines()
    assert lines[lines.index("Findings") + 1].startswith("  VOT202 ")
    assert "Where sources disagree" not in lines


def test_each_place_in_a_source_is_one_line_with_all_it_reports() -> None:
    cited = [cite("yes", "2"), cite("no", "1"), cite("date", "2006", locator="p. 9")]
    lines = text_of(look_up(with_rows(citations=cited), "votes", VOTE)).splitlines()
    at = lines.index("  un  Record")
    assert lines[at + 1 : at + 3] == ["    p. 7: yes 2, no 1", "    p. 9: date 2006"]


def test_a_row_with_a_composite_key_is_found_by_its_parts() -> None:
    assert look_up(with_rows(), "ballots", f"{VOTE}|CHN")["row"]["choice"] == "no"


def test_what_is_not_there_is_an_error_that_suggests_something() -> None:
    with pytest.raises(UsageError, match=r"there is no table vote; the tables are .*, votes, "):
        rows_of(with_rows(), "vote")
    with pytest.raises(UsageError, match=f"did you mean {VOTE}"):
        look_up(with_rows(), "votes", "unga-61-147")
    with pytest.raises(EnvironmentFault, match="has no readable table events"):
        rows_of(with_rows(), "events")


def test_of_a_table_of_ones_own_it_is_said_that_show_does_not_know_it() -> None:
    package = with_rows()
    package.add("rooms", read_columns(b"id\nA1\n", "rooms.csv"))
    with pytest.raises(
        UsageError, match=r"^rooms is a table of your own, and show knows only those of hrdata: "
    ):
        look_up(package, "rooms", "A1")
