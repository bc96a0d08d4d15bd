"""Votes of the Commission on Human Rights and the Human Rights Council, with the quirks of the catalogue."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.check import Status
from hrdata.errors import UsageError
from hrdata.importers import import_files
from hrdata.importers.harvest import Harvest
from hrdata.package import read_package
from hrdata.validate import validate_package

REAL = Path(os.environ.get("HRDATA_REAL_DATA", Path(__file__).parents[3] / "shared/real")) / "chr_hrc"
TEXT_COLUMNS = (
    *("record_id", "symbol", "title", "statement", "date", "year", "body", "collection", "vote_type"),
    *("meeting", "meeting_type", "agenda_item_no", "agenda_item_title", "agenda_symbol", "agenda_subject"),
    *("main_sponsors", "draft", "yes", "no", "abstain", "nonvoting", "total", "n_rollcall"),
    *("url_resolution", "url_draft", "record_url"),
)
REBUILT = ("record_id", "symbol", "date", "year", "body", "iso3", "country_latest", "vote")
PUBLISHED = ("record_id", "symbol", "date", "year", "body", "vote_type", "seq", "iso3", "country", "vote")
TEXT = {
    "record_id": "26001",
    "symbol": "A/HRC/RES/13/2",
    "title": "The right to food : resolution /",
    "statement": "adopted by the Human Rights Council at its 13th session",
    "date": "2010-03-24",
    "year": "2010",
    "body": "Human Rights Council",
    "vote_type": "RECORDED",
    "meeting": "Adopted at the 41st meeting",
    "meeting_type": "PLENARY MEETING",
    "draft": "Draft resolution A/HRC/13/L.5",
    "yes": "2",
    "no": "1",
    "abstain": "1",
    "nonvoting": "2",
    "total": "6",
    "n_rollcall": "6",
}
AMENDMENT = {
    "symbol": "A/HRC/13/L.9",
    "title": "The right to food : amendment /",
    "statement": "Human Rights Council at its 13th session",
    "draft": "Amendment A/HRC/13/L.9 to draft resolution A/HRC/13/L.5",
}
NO_TOTALS = dict.fromkeys(("yes", "no", "abstain", "nonvoting", "total"), "") | {"n_rollcall": "0"}
ROLL = (
    ("CHN", "China", "N"),
    ("FRA", "France", "Y"),
    ("CUB", "Cuba", "Y"),
    ("TUR", "Turkey", "A"),
    ("GAB", "Gabon", "."),
    ("LBY", "Libya", ""),
)

Row = dict[str, str]


def text(**changes: str) -> Row:
    return TEXT | changes


def roll_of(one: Row, *roll: tuple[str, str, str]) -> list[Row]:
    """The votes of members on a text, as the rebuilt file has them."""
    body = {"Human Rights Council": "HRC"}.get(one["body"], "CHR")
    shared = {name: one[name] for name in ("record_id", "symbol", "date", "year")} | {"body": body}
    return [
        {**shared, "iso3": iso3, "country_latest": name, "vote": vote} for iso3, name, vote in roll or ROLL
    ]


def as_file(
    columns: tuple[str, ...], rows: list[Row], ends: str = "\n", *, all_quoted: bool = False
) -> bytes:
    written = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(written, columns, "", "ignore", lineterminator=ends, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def imported(folder: Path, texts: list[Row], ballots: list[Row] | None = None) -> Harvest:
    # All quoted: with some line ends the standard library leaves a carriage return bare.
    files = {"resolutions.csv": as_file(TEXT_COLUMNS, texts, all_quoted=True)}
    if ballots is not None:
        files["votes_long.csv"] = as_file(REBUILT, ballots, all_quoted=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return import_files("chr-hrc", [folder / name for name in files], folder / "out")


def table(folder: Path, name: str) -> list[Row]:
    return list(read_package(folder / "out").tables[name].frame.iter_rows(named=True))


def found(folder: Path) -> list[str]:
    return sorted(finding.check for finding in validate_package(folder / "out").findings)


def test_a_roll_call_becomes_a_package_without_findings(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [text()], roll_of(TEXT))
    [vote] = table(tmp_path, "votes")
    assert vote == {
        "vote_id": "unhrc-13-2",
        "body_id": "unhrc",
        "session": "13",
        "date": "2010-03-24",
        "symbol": "A/HRC/RES/13/2",
        "meeting": "Adopted at the 41st meeting",
        "title": "The right to food : resolution /",
        "subject_state": "",
        "kind": "resolution",
        "method": "recorded_vote",
        "outcome": "adopted",
        "yes": "2",
        "no": "1",
        "abstain": "1",
        "non_voting": "2",
        "members": "6",
        "roll_complete": "true",
        "note": "record 26001; draft: Draft resolution A/HRC/13/L.5",
    }
    assert {(row["vote_id"], row["state_id"], row["choice"]) for row in table(tmp_path, "ballots")} == {
        ("unhrc-13-2", "CHN", "no"),
        ("unhrc-13-2", "FRA", "yes"),
        ("unhrc-13-2", "CUB", "yes"),
        ("unhrc-13-2", "TUR", "abstain"),
        ("unhrc-13-2", "GAB", "non_voting"),
        ("unhrc-13-2", "LBY", "non_voting"),
    }
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (7, 7, 0)
    report = validate_package(tmp_path / "out")
    assert not report.findings
    assert report.count(Status.UNKNOWN) == 0


def test_the_files_may_come_in_either_order_and_in_either_edition(tmp_path: Path) -> None:
    rebuilt = as_file(REBUILT, roll_of(TEXT))
    published = [
        row | {"country": row["country_latest"].upper(), "body": TEXT["body"], "vote": row["vote"].lower()}
        for row in roll_of(TEXT)
    ]
    editions = {
        "one": [as_file(TEXT_COLUMNS, [text()]), rebuilt],
        "other": [as_file(PUBLISHED, published, "\r\n"), as_file(TEXT_COLUMNS, [text()], "\r\n")],
    }
    for name, files in editions.items():
        paths = [tmp_path / f"{name}-{number}.csv" for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        (tmp_path / name).mkdir()
        assert import_files("chr-hrc", paths, tmp_path / name / "out").rows_reported == 0
    for made in ("votes", "ballots"):
        assert table(tmp_path / "one", made) == table(tmp_path / "other", made)


def test_texts_in_several_files_are_one_collection(tmp_path: Path) -> None:
    other = text(record_id="26002", symbol="A/HRC/RES/13/3", **NO_TOTALS)
    for name, row in (("a.csv", text()), ("b.csv", other), ("c.csv", text())):
        (tmp_path / name).write_bytes(as_file(TEXT_COLUMNS, [row]))
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    harvest = import_files("chr-hrc", paths, tmp_path / "out")
    assert [row["vote_id"] for row in table(tmp_path, "votes")] == ["unhrc-13-2", "unhrc-13-3"]
    [problem] = harvest.problems
    assert (Path(problem.file).name, problem.line, problem.field) == ("c.csv", 2, "record_id")
    assert (harvest.rows_in, harvest.rows_out) == (3, 2)


def test_the_texts_alone_are_enough(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [text()])
    [vote] = table(tmp_path, "votes")
    assert (vote["yes"], vote["roll_complete"]) == ("2", "false")
    assert "ballots" not in harvest.tables
    assert (harvest.rows_in, harvest.rows_out) == (1, 1)


def test_the_votes_of_members_alone_are_not(tmp_path: Path) -> None:
    file = tmp_path / "votes_long.csv"
    file.write_bytes(as_file(REBUILT, roll_of(TEXT)))
    words = "votes_long.csv: says how members voted, but not on what; name the file of the texts too"
    with pytest.raises(UsageError, match=words):
        import_files("chr-hrc", [file], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_file_at_all_is_said_so() -> None:
    with pytest.raises(UsageError, match="there is no CSV file"):
        import_files("chr-hrc", [], Path("out"))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("resolutions.csv", b"undl_id,ms_name\n1,CHINA\n", "has no column record_id"),
        ("resolutions.csv", b"", "is it a file of this format"),
        ("resolutions.csv", b"\xff\xfea\x00", "is it a file of this format"),
        ("resolutions.csv", b"record_id,title\n\xe9\xe8,x\n", "is it a file of this format"),
        ("votes_long.csv", b"iso3,vote\nFRA,Y\n", "has no column record_id"),
        ("votes_long.csv", b"record_id,symbol,date,body,iso3,vote\n", "has no column country_latest"),
    ],
    ids=["another format", "empty", "UTF-16", "Latin-1", "too few columns", "no names"],
)
def test_a_file_of_another_format_is_refused(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / "texts.csv").write_bytes(as_file(TEXT_COLUMNS, [text()]))
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=words) as refused:
        import_files("chr-hrc", [tmp_path / "texts.csv", tmp_path / name], tmp_path / "out")
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_without_rows_gives_a_package_without_votes(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [], [])
    assert (harvest.rows_in, harvest.rows_out) == (0, 0)
    assert table(tmp_path, "votes") == table(tmp_path, "ballots") == []


# How, and with what outcome.


@pytest.mark.parametrize(
    ("vote_type", "method", "outcome"),
    [
        ("RECORDED", "recorded_vote", "adopted"),
        ("RECORDED, adopted at a closed meeting", "recorded_vote", "adopted"),
        ("NON-RECORDED", "unrecorded_vote", "adopted"),
        ("NON-RECORDED, adopted unanimously", "unrecorded_vote", "adopted"),
        ("NON-RECORDED, no voting information available", "unknown", "adopted"),
        ("ADOPTED WITHOUT VOTE", "without_vote", "adopted"),
        ("WITHDRAWN", "unknown", "withdrawn"),
        ("NOT CONSIDERED", "unknown", "unknown"),
    ],
)
def test_each_type_of_vote_has_its_method_and_outcome(
    tmp_path: Path, vote_type: str, method: str, outcome: str
) -> None:
    harvest = imported(tmp_path, [text(vote_type=vote_type)])
    [vote] = table(tmp_path, "votes")
    assert (vote["method"], vote["outcome"]) == (method, outcome)
    assert harvest.rows_reported == 0


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "adopted"),
        ({"draft": "Draft resolution A/HRC/13/L.5 REJECTED by a recorded vote"}, "rejected"),
        ({"statement": "rejected by the Human Rights Council at its 13th session"}, "rejected"),
        ({"draft": f"{AMENDMENT['draft']} Withdrawn by the sponsor"}, "withdrawn"),
        ({"draft": f"{AMENDMENT['draft']} Not acted upon after adoption of L.8"}, "unknown"),
        ({"statement": "", "meeting": "Rejected at the 41st meeting"}, "rejected"),
        ({"statement": "Human Rights Council at its 13th session", "meeting": ""}, "unknown"),
        ({"draft": f"{AMENDMENT['draft']} Rejected", "vote_type": "WITHDRAWN"}, "withdrawn"),
    ],
    ids=[
        "the statement says adopted",
        "the remark on the draft goes before the statement",
        "the statement goes before the meeting",
        "withdrawn although the vote is recorded",
        "not acted upon",
        "only the meeting says",
        "nothing says",
        "the type of vote goes before the remark on the draft",
    ],
)
def test_the_column_nearest_to_the_vote_says_the_outcome(tmp_path: Path, changes: Row, outcome: str) -> None:
    imported(tmp_path, [text(**changes)])
    assert table(tmp_path, "votes")[0]["outcome"] == outcome


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "resolution"),
        ({"symbol": "A/HRC/DEC/13/101"}, "decision"),
        ({"symbol": "A/HRC/PRST/13/1", "title": "Right to food : decision /"}, "declaration"),
        ({"symbol": "A/HRC/DEC13/101", "title": "Right to food : decision /"}, "decision"),
        ({"symbol": "", "title": "Right to food presidential statement /"}, "declaration"),
        (AMENDMENT, "amendment"),
        ({"symbol": "A/HRC/RES/13/L.9", "title": AMENDMENT["title"]}, "amendment"),
        ({"symbol": "A/HRC/13/L.9", "draft": AMENDMENT["draft"]}, "amendment"),
        ({"statement": "rejected by the Human Rights Council at its 13th session"}, "draft"),
        ({"symbol": "A/HRC/13/L.5"}, "draft"),
        (AMENDMENT | {"draft": f"{AMENDMENT['draft']} No action by vote"}, "no_action_motion"),
    ],
    ids=[
        "a resolution",
        "the symbol of a decision",
        "a statement that the library calls a decision",
        "a decision without a good symbol",
        "a statement without a symbol",
        "an amendment",
        "an amendment with the symbol of a resolution",
        "an amendment that the library calls a resolution",
        "a rejected text",
        "a draft",
        "a motion to take no action",
    ],
)
def test_what_was_decided_on(tmp_path: Path, changes: Row, kind: str) -> None:
    imported(tmp_path, [text(**changes)])
    assert table(tmp_path, "votes")[0]["kind"] == kind


def test_a_motion_to_take_no_action_is_what_was_carried(tmp_path: Path) -> None:
    imported(tmp_path, [text(**AMENDMENT | {"draft": "Amendment A/HRC/13/L.9 No action by vote"})])
    [vote] = table(tmp_path, "votes")
    assert (vote["kind"], vote["outcome"], vote["yes"]) == ("no_action_motion", "adopted", "2")


def test_a_text_that_nothing_names_is_of_unknown_kind(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [text(symbol="", title="The right to food")])
    assert table(tmp_path, "votes")[0]["kind"] == "unknown"
    assert (harvest.rows_in, harvest.rows_out, harvest.problems) == (1, 1, [])
    assert found(tmp_path) == []


# What else a text says.


@pytest.mark.parametrize(
    ("statement", "symbol", "session"),
    [
        ("adopted by the Human Rights Council at its 13th session", "A/HRC/RES/13/2", "13"),
        ("adopted by the Human Rights Council at its 2nd special session", "A/HRC/RES/S-2/1", "S-2"),
        ("adopted by the Human Rights Council at its 1st organizational meeting", "A/HRC/DEC/OM/1/1", "OM/1"),
        ("adopted by the Human Rights Council at its 12th session", "A/HRC/RES/13/2", "12"),
        ("adopted by the Human Rights Council", "A/HRC/RES/13/2", "13"),
        ("adopted by the Human Rights Council at its 1st nuclear session", "E/HR/RES", ""),
    ],
    ids=["plain", "special", "organisational", "the statement counts", "only the symbol", "nuclear"],
)
def test_the_session_is_that_of_the_statement(
    tmp_path: Path, statement: str, symbol: str, session: str
) -> None:
    imported(tmp_path, [text(statement=statement, symbol=symbol)])
    assert table(tmp_path, "votes")[0]["session"] == session


def test_a_statement_that_contradicts_the_symbol_is_found(tmp_path: Path) -> None:
    imported(tmp_path, [text(statement="adopted by the Human Rights Council at its 12th session")])
    assert "VOT206" in found(tmp_path)


@pytest.mark.parametrize(
    ("meeting", "sort", "kept"),
    [
        ("E/CN.4/1990/SR.53 and E/CN.4/1990/SR.54", "PLENARY MEETING", None),
        ("Rejected at the 42nd meeting", "42nd PLENARY MEETING", None),
        ("", "39th meeting", "39th meeting"),
        ("", "PLENARY MEETING", ""),
    ],
)
def test_the_meeting_is_kept_as_it_stands(tmp_path: Path, meeting: str, sort: str, kept: str | None) -> None:
    imported(tmp_path, [text(meeting=meeting, meeting_type=sort)])
    assert table(tmp_path, "votes")[0]["meeting"] == (meeting if kept is None else kept)


def test_the_note_keeps_what_no_column_holds(tmp_path: Path) -> None:
    said = {"vote_type": "NOT CONSIDERED", "draft": "Oral amendment", "main_sponsors": "Cuba, Peru"}
    imported(tmp_path, [text(**said), text(record_id="26002", draft="")])
    assert [row["note"] for row in table(tmp_path, "votes")] == [
        "record 26001; vote type: NOT CONSIDERED; draft: Oral amendment; main sponsors: Cuba, Peru",
        "record 26002",
    ]


def test_texts_of_one_symbol_keep_apart(tmp_path: Path) -> None:
    imported(tmp_path, [text(symbol="E/CN.4/RES(II)", record_id=record_id) for record_id in ("7", "8")])
    assert [row["vote_id"] for row in table(tmp_path, "votes")] == ["unchr-2-7", "unchr-2-8"]


@pytest.mark.parametrize("symbol", ["E/CN.4/RESII)", "A/HRC/50/L.37 as orally revised", "A/HRC/DEC13/101"])
def test_a_malformed_symbol_is_kept_for_the_checks(tmp_path: Path, symbol: str) -> None:
    imported(tmp_path, [text(symbol=symbol)])
    [vote] = table(tmp_path, "votes")
    assert (vote["symbol"], vote["vote_id"]) == (symbol, "vote-26001")
    assert "FLD205" in found(tmp_path)


def test_totals_may_be_printed_as_floats(tmp_path: Path) -> None:
    totals = {name: f"{TEXT[name]}.0" for name in NO_TOTALS}
    imported(tmp_path, [text(**totals)], roll_of(TEXT))
    [vote] = table(tmp_path, "votes")
    assert [vote[name] for name in ("yes", "no", "abstain", "non_voting", "members")] == list("21126")
    assert vote["roll_complete"] == "true"


# What upstream has wrong is taken over.


def test_the_29th_session_keeps_the_year_that_the_catalogue_gives_it(tmp_path: Path) -> None:
    session_29 = {
        "symbol": "E/CN.4/RES/1(XXIX)",
        "statement": "adopted by the Commission on Human Rights at its 29th session",
        "body": "Commission on Human Rights",
        "date": "1974-03-09",
        "year": "1974",
    }
    harvest = imported(tmp_path, [text(**session_29)])
    [vote] = table(tmp_path, "votes")
    assert (vote["vote_id"], vote["date"], harvest.rows_reported) == ("unchr-29-1", "1974-03-09", 0)
    assert found(tmp_path) == ["VOT207"]


def test_printed_totals_are_not_recounted(tmp_path: Path) -> None:
    """A total of 1 yes and 2 no where the roll has 2 and 1 is kept, and both are found."""
    imported(tmp_path, [text(yes="1", no="2")], roll_of(TEXT))
    [vote] = table(tmp_path, "votes")
    assert (vote["yes"], vote["no"], vote["roll_complete"]) == ("1", "2", "true")
    assert found(tmp_path) == ["VOT202", "VOT202", "VOT203"]


def test_totals_of_a_text_adopted_without_a_vote_are_kept(tmp_path: Path) -> None:
    imported(tmp_path, [text(vote_type="ADOPTED WITHOUT VOTE")], [])
    assert table(tmp_path, "votes")[0]["yes"] == "2"
    assert "VOT204" in found(tmp_path)


def test_a_member_before_its_time_is_kept(tmp_path: Path) -> None:
    """The catalogue has the code of the United Arab Emirates in 1969, before there were any."""
    old = text(
        symbol="E/CN.4/RES/6(XXV)",
        statement="adopted by the Commission on Human Rights at its 25th session",
        body="Commission on Human Rights",
        date="1969-03-04",
        year="1969",
        **NO_TOTALS | {"n_rollcall": "1"},
    )
    imported(tmp_path, [old], roll_of(old, ("ARE", "United Arab Emirates", "Y")))
    assert table(tmp_path, "ballots")[0]["state_id"] == "ARE"
    assert "VOT205" in found(tmp_path)


@pytest.mark.parametrize(
    ("iso3", "name", "state"),
    [
        ("GER", "Germany, Federal Republic Of", "DEU"),
        ("SUN", "Ussr", "SUN"),
        ("COD", "Kinshasa", "COD"),
        ("", "CÔTE D’IVOIRE", "CIV"),
    ],
    ids=["a code that is none", "both", "a name that nobody knows", "no code"],
)
def test_a_member_is_known_by_its_code_or_else_by_its_name(
    tmp_path: Path, iso3: str, name: str, state: str
) -> None:
    old = text(date="1985-03-13", year="1985", n_rollcall="1")
    assert imported(tmp_path, [old], roll_of(old, (iso3, name, "Y"))).rows_reported == 0
    assert table(tmp_path, "ballots")[0]["state_id"] == state


# What cannot be taken over is reported.


@pytest.mark.parametrize(
    ("bad", "field", "words", "kept"),
    [
        ({"date": "24 March 2010"}, "date", "is not a date such as 2005-04-07", False),
        ({"year": "2011"}, "year", "is not the year of the date, which counts", True),
        ({"body": "Security Council"}, "body", "is neither Commission on Human Rights nor", False),
        (
            {"statement": "adopted by the Commission on Human Rights at its 13th session"},
            "statement",
            "names another body than the column body, which counts",
            True,
        ),
        ({"vote_type": "BY LOT"}, "vote_type", "is no kind of vote that hrdata knows", True),
        ({"record_id": "26001"}, "record_id", "stands there a second time, and the first counts", False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_a_text_is_reported(
    tmp_path: Path, bad: Row, field: str, words: str, kept: bool
) -> None:
    harvest = imported(tmp_path, [text(), text(**{"record_id": "26002"} | bad)])
    [problem] = harvest.problems
    assert (problem.line, problem.field, problem.value) == (3, field, bad[field])
    assert words in problem.reason
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (2, 1, 1)
    assert len(table(tmp_path, "votes")) == (2 if kept else 1)


@pytest.mark.parametrize(
    ("bad", "field", "words", "kept"),
    [
        ({"record_id": "1"}, "record_id", "is no text that was taken over", False),
        ({"symbol": "A/HRC/RES/13/3"}, "symbol", "differs from the text's, which counts", True),
        ({"date": "2010-03-25"}, "date", "differs from the text's, which counts", True),
        ({"body": "CHR"}, "body", "differs from the text's, which counts", True),
        ({"country_latest": "Spain"}, "country_latest", "is another state than the code in iso3 says", False),
        (
            {"iso3": "XXX", "country_latest": "Cubba"},
            "country_latest",
            "the nearest known name is Cuba",
            False,
        ),
        ({"vote": "AN"}, "vote", "is not Y, N, A, a dot or empty", False),
        (
            {"iso3": "FRA", "country_latest": "France"},
            "iso3",
            "has voted on this text already, and the first vote counts",
            False,
        ),
    ],
    ids=["record_id", "symbol", "date", "body", "code and name", "country", "vote", "twice"],
)
def test_what_is_wrong_with_a_vote_is_reported(
    tmp_path: Path, bad: Row, field: str, words: str, kept: bool
) -> None:
    ballots = roll_of(TEXT)
    ballots[2] |= bad
    harvest = imported(tmp_path, [text(n_rollcall="5" if "record_id" in bad else "6")], ballots)
    [problem] = harvest.problems
    assert (problem.line, problem.field, problem.value) == (4, field, bad[field])
    assert words in problem.reason
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (7, 6, 1)
    assert len(table(tmp_path, "ballots")) == (6 if kept else 5)
    # A roll that lacks a member is not complete, whoever it was.
    assert table(tmp_path, "votes")[0]["roll_complete"] == str(kept).lower()


def test_votes_on_a_text_that_was_left_out_are_reported_too(tmp_path: Path) -> None:
    harvest = imported(tmp_path, [text(date="?")], roll_of(TEXT))
    assert (harvest.rows_in, harvest.rows_out) == (7, 0)
    assert table(tmp_path, "votes") == table(tmp_path, "ballots") == []


@pytest.mark.parametrize(("stated", "reported"), [("6", 0), ("7", 1), ("", 0)])
def test_a_roll_that_lost_rows_is_reported(tmp_path: Path, stated: str, reported: int) -> None:
    harvest = imported(tmp_path, [text(n_rollcall=stated)], roll_of(TEXT))
    assert harvest.rows_reported == reported
    assert {problem.field for problem in harvest.problems} <= {"n_rollcall"}


def test_a_vote_in_two_files_counts_once(tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_bytes(as_file(TEXT_COLUMNS, [text(n_rollcall="12")]))
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(as_file(REBUILT, roll_of(TEXT)))
    paths = [tmp_path / name for name in ("a.csv", "texts.csv", "b.csv")]
    harvest = import_files("chr-hrc", paths, tmp_path / "out")
    assert (harvest.rows_in, harvest.rows_reported) == (13, 6)
    assert {Path(problem.file).name for problem in harvest.problems} == {"b.csv"}
    assert len(table(tmp_path, "ballots")) == 6


HOSTILE = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(
        [
            "::error::x",
            "##[error]x",
            "\x1b[31m",
            "a\nb",
            'say "no"',
            "=1+1",
            "x" * 10_000,
            "-1",
            "9" * 40,
            "1e9",
            "0000-00-00",
            "9999-12-31",
            "A/HRC/RES/13/2",
            "2010-03-24",
            "26001",
            "France",
        ]
    ),
)


def spoilt(rows: list[Row]) -> st.SearchStrategy[list[Row]]:
    """The rows with some cells replaced by anything."""
    places = [(number, name) for number, row in enumerate(rows) for name in row]
    return st.dictionaries(st.sampled_from(places), HOSTILE, max_size=8).map(
        lambda cells: [
            row | {name: cell for (place, name), cell in cells.items() if place == number}
            for number, row in enumerate(rows)
        ]
    )


@settings(max_examples=14)
@given(
    texts=spoilt([text(), text(record_id="26002", symbol="A/HRC/RES/13/3"), text(record_id="26003")]),
    ballots=spoilt(roll_of(TEXT) + roll_of(text(record_id="26002"))),
)
def test_whatever_stands_in_the_cells_every_row_is_accounted_for(
    texts: list[Row], ballots: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Rows in = rows taken over + rows reported, and what was taken over is in the tables."""
    folder = tmp_path_factory.mktemp("chr-hrc")
    harvest = imported(folder, texts, ballots)
    assert harvest.rows_in == len(texts) + len(ballots)
    made = harvest.tables["votes"].height + harvest.tables["ballots"].height
    assert harvest.rows_out <= made <= harvest.rows_in
    validate_package(folder / "out")


@settings(max_examples=40)
@given(
    place=st.integers(0, 900), length=st.integers(0, 30), dirt=st.binary(max_size=12), of_texts=st.booleans()
)
def test_a_damaged_file_is_refused_or_accounted_for(
    place: int, length: int, dirt: bytes, of_texts: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("chr-hrc")
    files = [as_file(TEXT_COLUMNS, [text()]), as_file(REBUILT, roll_of(TEXT))]
    damaged = files[not of_texts]
    files[not of_texts] = damaged[:place] + dirt + damaged[place + length :]
    for number, data in enumerate(files):
        (folder / f"{number}.csv").write_bytes(data)
    try:
        harvest = import_files("chr-hrc", [folder / "0.csv", folder / "1.csv"], folder / "out")
    except UsageError:
        return
    made = sum(harvest.tables[name].height for name in ("votes", "ballots") if name in harvest.tables)
    assert harvest.rows_out <= made <= harvest.rows_in
    validate_package(folder / "out")


def read_real(name: str) -> list[Row]:
    """A real file by the standard library alone."""
    data = (REAL / name).read_bytes()
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    return list(csv.DictReader(io.StringIO(plain.decode(), newline="")))


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="HRDATA_REAL_DATA is not there")
def test_the_whole_collection_is_taken_over_and_checked(tmp_path: Path) -> None:
    names = ("votes_long.csv.gz", "resolutions.csv")
    harvest = import_files("chr-hrc", [REAL / name for name in names], tmp_path / "out")
    # Twelve texts of the Council that are stated to be the Commission's, a roll that lost a row, and
    # two members that stand twice in a roll.
    reported = Counter(problem.field for problem in harvest.problems)
    assert reported == {"statement": 12, "n_rollcall": 1, "iso3": 2}
    assert (harvest.rows_in, harvest.rows_reported) == (6_346 + 80_158, 15)

    ballots, texts = (read_real(name) for name in names)
    listed = Counter((row["record_id"], row["vote"].strip(".")) for row in ballots)
    votes = {row["note"].split(";")[0].removeprefix("record "): row for row in table(tmp_path, "votes")}
    columns = {"yes": "Y", "no": "N", "abstain": "A", "nonvoting": ""}
    differ = 0
    for row in texts:
        vote = votes[row["record_id"]]
        stated = [row[name] for name in (*columns, "total")]
        assert stated == [vote[name] for name in ("yes", "no", "abstain", "non_voting", "members")]
        # A vote whose symbol is malformed is not judged.
        if int(row["n_rollcall"]) and not vote["vote_id"].startswith("vote-"):
            counted = [str(listed[row["record_id"], sign]) for sign in columns.values()]
            differ += sum(one != other for one, other in zip(stated, counted, strict=False))
    # 1,705 rolls, of which two are not complete: in each of them a member stands twice.
    assert Counter(vote["roll_complete"] for vote in votes.values()) == {"true": 1_703, "false": 4_643}
    assert Counter((vote["kind"], vote["outcome"]) for vote in votes.values()) == {
        ("resolution", "adopted"): 4_313,
        ("decision", "adopted"): 1_253,
        ("declaration", "adopted"): 48,
        ("draft", "rejected"): 1,
        ("amendment", "rejected"): 439,
        ("amendment", "withdrawn"): 238,
        ("amendment", "adopted"): 16,
        ("amendment", "unknown"): 36,
        ("no_action_motion", "adopted"): 2,
    }

    report = validate_package(tmp_path / "out")
    assert (report.tables["votes"], report.tables["ballots"]) == (6_346, 80_156)
    found = {result.check.id: result.count for result in report.results if result.count}
    assert found == {
        "FLD205": 114,
        "FLD206": 2,
        "VOT201": 45,
        "VOT202": differ,
        "VOT203": 29,
        "VOT204": 8,
        "VOT205": 9,
        "VOT207": 30,
        "VOT208": 41,
        # A/HRC/38/L.24 and L.35: voted on, and said to be withdrawn.
        "VOT211": 2,
    }
