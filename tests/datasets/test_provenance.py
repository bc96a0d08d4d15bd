"""The checks of citations and known issues: what each flags, and the nearest that it lets pass."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.factories import (
    CITED,
    Cells,
    Tables,
    a_body,
    a_citation,
    a_known_issue,
    a_roll,
    a_source,
    a_vote,
    a_world,
    days,
    messages,
    report_on,
    said,
    vaguer,
)
from hrdata.check import Status
from hrdata.settings import Settings
from hrdata.testing import package_of, run_check
from hrdata.validate import validate_package

# CIT201: every row is cited.


@pytest.mark.parametrize(
    ("citation", "cited"),
    [
        (a_citation(), True),
        (a_citation(field="yes"), True),
        (a_citation(row_id="*"), True),
        (a_citation(row_id="unga-61-175"), False),
        (a_citation("states"), False),
        (a_citation("states", "*"), False),
    ],
)
def test_a_row_without_a_citation_is_noticed(citation: Cells, cited: bool) -> None:
    found = run_check("CIT201", citations=[citation], votes=[a_vote()])
    words = "unga-61-174: no citation says where this row stands"
    assert [finding.message for finding in found] == ([] if cited else [words])
    assert all(finding.table == "votes" for finding in found)


def test_a_row_with_a_key_of_several_parts_is_cited_by_all_of_them() -> None:
    ballots = a_roll()
    cited = [a_citation("ballots", f"unga-61-174|{ballot['state_id']}") for ballot in ballots]
    assert messages("CIT201", citations=cited, ballots=ballots) == []
    assert messages("CIT201", citations=cited[1:], ballots=ballots) == [
        "unga-61-174|CHN: no citation says where this row stands"
    ]


def test_what_says_where_things_stand_is_not_cited_itself() -> None:
    tables = a_world() | {"known_issues": [a_known_issue()]}
    assert run_check("CIT201", **tables) == []


@pytest.mark.parametrize("table", CITED)
def test_losing_the_citation_of_any_table_names_all_its_rows(table: str) -> None:
    tables = a_world()
    tables["citations"] = [row for row in tables["citations"] if row["table"] != table]
    found = run_check("CIT201", **tables)
    assert [finding.table for finding in found] == [table] * len(tables[table])


# CIT202: sources agree with the value.


@pytest.mark.parametrize(
    ("cells", "field", "reported", "canonical"),
    [
        ({"non_voting": 16}, "non_voting", "22", "16"),
        ({"non_voting": 16}, "non_voting", "16", None),
        ({"non_voting": 16}, "non_voting", "", None),
        ({"non_voting": None}, "non_voting", "16", "empty"),
        ({"non_voting": 16}, "*", "22", None),
        ({}, "outcome", "rejected", "adopted"),
        ({}, "outcome", "adopted", None),
        ({}, "roll_complete", "false", None),
        ({}, "roll_complete", "true", "false"),
        ({}, "session", "62", "61"),
        # A source that leaves open what the record says does not disagree, one that says more does.
        ({"date": "2006-12-19"}, "date", "2006-12", None),
        ({"date": "2006-12-19"}, "date", "2006", None),
        ({"date": "2006-12-19"}, "date", "200X", None),
        ({"date": "2006-12-19"}, "date", "2006-12-19/..", None),
        ({"date": "2006-12-19"}, "date", "2006-12-20", "2006-12-19"),
        ({"date": "2006-12-19"}, "date", "2007", "2006-12-19"),
        ({"date": "2006-12"}, "date", "2006-12-19", "2006-12"),
        ({"date": "2006-12-19"}, "date", "19 December", "2006-12-19"),
    ],
)
def test_what_a_source_reports_equals_the_canonical_value(
    cells: Cells, field: str, reported: str, canonical: str | None
) -> None:
    found = run_check(
        "CIT202", citations=[a_citation(field=field, reported=reported)], votes=[a_vote(**cells)]
    )
    words = f"unga-61-174: {field} is {canonical}, but library (page 1) has {reported}"
    assert [finding.message for finding in found] == ([words] if canonical else [])
    places = [(finding.table, finding.field, finding.source_id) for finding in found]
    assert places == [("votes", field, "library")] * len(found)


def test_a_citation_speaks_of_its_own_row_and_table_only() -> None:
    citations = [
        a_citation(field="yes", reported="9", row_id="unga-61-175"),
        a_citation("bodies", field="yes", reported="9"),
        a_citation("treaties", field="yes", reported="9"),
    ]
    assert messages("CIT202", citations=citations, votes=[a_vote()], bodies=[a_body()]) == []


@given(days(), st.data())
@settings(deadline=None, max_examples=15)
def test_a_source_that_knows_less_about_the_date_never_disagrees(day: dt.date, data: st.DataObject) -> None:
    citations = [a_citation(field="date", reported=data.draw(vaguer(day)))]
    assert messages("CIT202", citations=citations, votes=[a_vote(date=str(day))]) == []


@given(st.integers(0, 200), st.integers(0, 200))
@settings(deadline=None, max_examples=15)
def test_double_entry_notices_every_figure_that_differs(canonical: int, reported: int) -> None:
    found = messages(
        "CIT202", citations=[a_citation(field="yes", reported=str(reported))], votes=[a_vote(yes=canonical)]
    )
    assert bool(found) is (canonical != reported)


# CIT203: the cited rows exist.


@pytest.mark.parametrize(
    ("citation", "missing"),
    [
        (a_citation(), None),
        (a_citation(field="yes"), None),
        (a_citation(row_id="*"), None),
        (a_citation(row_id="unga-61-175"), "row unga-61-175 in votes"),
        (a_citation(field="aye"), "column aye in votes"),
        (a_citation(row_id="*", field="aye"), "column aye in votes"),
        (a_citation(row_id="unga-61-175", field="aye"), "row unga-61-175 in votes"),
        (a_citation("vote"), "table vote"),
        (a_citation("ballots", "unga-61-174|CHN"), None),
        (a_citation("ballots", "unga-61-174|PRK"), "row unga-61-174|PRK in ballots"),
        (a_citation("ballots", "unga-61-174"), "row unga-61-174 in ballots"),
        # Names that hrdata uses inside are no columns of the table.
        (a_citation(field="row"), "column row in votes"),
        (a_citation(field="date_earliest"), "column date_earliest in votes"),
    ],
)
def test_a_citation_names_a_row_and_a_column_that_are_there(citation: Cells, missing: str | None) -> None:
    found = run_check("CIT203", citations=[citation], votes=[a_vote()], ballots=a_roll())
    key = "|".join(str(citation[part]) for part in ("table", "row_id", "field", "source_id", "locator"))
    assert [finding.message for finding in found] == ([f"{key}: there is no {missing}"] if missing else [])
    assert all((finding.table, finding.field) == ("citations", "row_id") for finding in found)


def test_a_citation_of_the_row_index_reports_no_figure() -> None:
    citations = [a_citation(field="row", reported="7")]
    assert messages("CIT202", citations=citations, votes=[a_vote()]) == []


@given(st.lists(st.integers(1, 9), min_size=1, unique=True), st.data())
@settings(deadline=None, max_examples=15)
def test_losing_any_cited_row_is_always_noticed(numbers: list[int], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(numbers))
    votes = [a_vote(f"vote-{number}") for number in {*numbers, 10} - {lost}]
    citations = [a_citation(row_id=f"vote-{number}") for number in numbers]
    found = messages("CIT203", citations=citations, votes=votes)
    assert [message.split(": ")[1] for message in found] == [f"there is no row vote-{lost} in votes"]


# WVR201 to WVR203: known issues.


def disputed(*issues: Cells) -> Tables:
    """The world with two sources that report another figure, and known issues that speak of it."""
    tables = a_world()
    tables["sources"].append(a_source("thesis"))
    tables["citations"] += [
        a_citation(field="yes", reported="9", source_id=source, locator="page 2")
        for source in ("library", "thesis")
    ]
    return tables | ({"known_issues": list(issues)} if issues else {})


def test_without_known_issues_the_disagreement_stands() -> None:
    report = report_on(disputed())
    assert not report.valid
    assert said(report) == [
        f"CIT202 unga-61-174: yes is 3, but {source} (page 2) has 9" for source in ("library", "thesis")
    ]


@pytest.mark.parametrize(
    ("cells", "waived"),
    [
        ({}, "library thesis"),
        ({"field": "yes"}, "library thesis"),
        ({"source_id": "thesis"}, "thesis"),
        ({"field": "yes", "source_id": "library"}, "library"),
        ({"field": "no"}, ""),
        ({"row_id": "unga-61-175"}, ""),
        ({"table": "ballots"}, ""),
        ({"check_id": "VOT202"}, ""),
        ({"source_id": "library", "field": "no"}, ""),
        ({"until": "2026-11-22"}, "library thesis"),
        ({"until": "2026-11"}, "library thesis"),
        ({"until": "2027/.."}, "library thesis"),
    ],
)
def test_a_known_issue_covers_what_it_speaks_of_or_is_an_error_itself(cells: Cells, waived: str) -> None:
    report = report_on(disputed(a_known_issue(**cells)))
    covered = [finding for finding in report.findings if finding.waived]
    assert " ".join(finding.source_id for finding in covered) == waived
    assert {finding.waived for finding in covered} <= {"The source has a misprint."}
    assert report.valid is (waived == "library thesis")
    assert [issue.findings for issue in report.waivers] == [len(covered)]
    named = [finding.message for finding in report.findings if finding.check == "WVR201"]
    issue = a_known_issue(**cells)
    key = "|".join(issue[part] for part in ("check_id", "table", "row_id", "field"))
    assert named == ([] if waived else [f"{key}: the known issue covers no finding any more"])


@pytest.mark.parametrize(
    ("until", "today", "expired"),
    [
        ("2026-11-22", "2026-11-22", False),
        ("2026-11-22", "2026-11-23", True),
        ("2026", "2026-12-31", False),
        ("2026", "2027-01-01", True),
        ("", "2999-12-31", False),
        ("2026/..", "2999-12-31", False),
    ],
)
def test_a_known_issue_counts_up_to_its_last_day(until: str, today: str, expired: bool) -> None:
    report = report_on(disputed(a_known_issue(until=until)), today)
    assert report.valid is not expired
    assert any(finding.waived for finding in report.findings) is not expired
    assert [(finding.check, finding.message, finding.field) for finding in report.findings
            if finding.table == "known_issues"] == [
        ("WVR202", f"CIT202|votes|unga-61-174|*: the known issue counted until {until} "
         "and covers nothing any more", "until")
    ] * expired  # fmt: skip
    assert len(report.waivers) == (not expired)


@given(days(), days())
@settings(deadline=None, max_examples=15)
def test_a_known_issue_has_expired_on_every_day_after_its_last(until: dt.date, today: dt.date) -> None:
    issue = a_known_issue(until=str(until), reported_on=str(until))
    found = said(report_on({"known_issues": [issue]}, str(today)))
    assert any(line.startswith("WVR202") for line in found) is (until < today)


@pytest.mark.parametrize("cells", [{"symbol": "A/61-174"}, {"non_voting": "-"}])
def test_a_known_issue_of_a_check_that_could_not_judge_is_left_alone(cells: Cells) -> None:
    tables = a_world()
    tables["votes"][0] |= cells
    tables["citations"].append(a_citation(field="yes", reported="9", locator="page 2"))
    tables["known_issues"] = [a_known_issue()]
    assert not [line for line in said(report_on(tables)) if line.startswith("WVR")]


def test_a_known_issue_of_a_check_that_was_left_out_is_left_alone() -> None:
    package = package_of(**disputed(a_known_issue()))
    report = validate_package(package, settings=Settings(ignore=("CIT202",)), today=dt.date(2026, 11, 22))
    assert said(report) == []


def test_a_known_issue_can_cover_a_warning_and_a_broken_row() -> None:
    tables = a_world()
    tables["votes"][0]["symbol"] = "A/RES/61-174"
    issue = a_known_issue("FLD205", field="symbol")
    assert not report_on(tables).valid
    report = report_on(tables | {"known_issues": [issue]})
    assert report.valid
    assert [(finding.check, bool(finding.waived)) for finding in report.findings] == [("FLD205", True)]


@pytest.mark.parametrize("reason", ["", " "])
def test_a_known_issue_without_a_reason_covers_nothing(reason: str) -> None:
    report = report_on(disputed(a_known_issue(reason=reason)))
    assert not any(finding.waived for finding in report.findings)
    assert [finding.check[:3] for finding in report.findings if finding.field == "reason"] == ["FLD"]


@pytest.mark.parametrize(("check_id", "known"), [("VOT201", True), ("VOT999", False), ("XXX201", False)])
def test_a_known_issue_names_a_check_that_exists(check_id: str, known: bool) -> None:
    found = messages("WVR203", known_issues=[a_known_issue(check_id)])
    words = f"{check_id}|votes|unga-61-174|*: there is no check {check_id}"
    assert found == ([] if known else [words])


@given(st.from_regex("[A-Z]{3}[0-9]{3}", fullmatch=True))
@settings(deadline=None, max_examples=15)
def test_no_made_up_check_passes_for_a_known_one(check_id: str) -> None:
    report = report_on({"known_issues": [a_known_issue(check_id)]})
    made_up = check_id not in {result.check.id for result in report.results}
    status = next(result.status for result in report.results if result.check.id == "WVR203")
    assert status is (Status.FAILED if made_up else Status.PASSED)
