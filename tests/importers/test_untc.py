"""UN Treaty Collection status tables, with the quirks of their columns, cells and titles."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import os
import re
import zipfile
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.check import Status
from hrdata.errors import UsageError
from hrdata.importers import import_files
from hrdata.importers.harvest import Harvest
from hrdata.package import read_package
from hrdata.validate import validate_package

REAL = (
    Path(os.environ.get("HRDATA_REAL_DATA", Path(__file__).parents[3] / "shared/real")) / "treaty_collection"
)
NOT_STATES = {
    *("European Union", "Hong Kong", "British Virgin Islands", "Cayman Islands"),
    *("Montserrat", "Turks and Caicos Islands", "Andean Community", "Caribbean Community"),
    *("Common Market for Eastern and Southern Africa", "East African Community", "Council of Europe"),
    *("Economic Community of West African States", "Eurasian Economic Community", "United Nations"),
    *("Organization of African Unity", "Southern African Development Community", "World Health Organization"),
    *("West African Economic and Monetary Union", "International Atomic Energy Agency"),
    *("Food and Agriculture Organization of the United Nations", "International Civil Aviation Organization"),
    *("International Criminal Police Organization", "International Labour Organisation"),
    *("International Maritime Organization", "International Telecommunication Union"),
    *("Organisation for the Prohibition of Chemical Weapons", "Universal Postal Union"),
    "Preparatory Commission for the Comprehensive Nuclear-Test-Ban Treaty Organization",
    "United Nations Educational Scientific and Cultural Organization",
    *("United Nations Industrial Development Organization", "World Intellectual Property Organization"),
    "World Meteorological Organization",
}
"""The participants of the real tables that `states` does not hold."""

INDEX = ("chapter_no", "treaty_no", "treaty_name", "url", "chapter_url", "chapter_name")
COVENANT = "International Covenant on Civil and Political Rights. New York, 16 December 1966"
RATIFIED = "Ratification, Accession(a), Succession(d)"

Row = dict[str, str]


def listed(number: str = "4", name: str = COVENANT, chapter: str = "4", **changes: str) -> Row:
    """A row of the index."""
    row = {"chapter_no": chapter, "treaty_no": number, "treaty_name": name, "chapter_name": "Human Rights"}
    return row | changes


def as_file(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


def as_index(rows: list[Row]) -> bytes:
    return as_file(INDEX, [tuple(row.get(name, "") for name in INDEX) for row in rows])


def as_table(*rows: tuple[str, ...], columns: tuple[str, ...] = ("Signature", RATIFIED)) -> bytes:
    return as_file(("Participant", *columns), list(rows))


def imported(folder: Path, **files: bytes) -> Harvest:
    """Import files by the names of the arguments: `t4_4` is 4-4.csv."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, data in files.items():
        paths.append(folder / f"{name.removeprefix('t').replace('_', '-')}.csv")
        paths[-1].write_bytes(data)
    return import_files("untc", paths, folder / "out")


def table(folder: Path, name: str) -> list[Row]:
    tables = read_package(folder / "out").tables
    return list(tables[name].frame.iter_rows(named=True)) if name in tables else []


def acts(folder: Path) -> list[tuple[str, str, str, str]]:
    rows = table(folder, "treaty_actions")
    return [(row["state_id"], row["action"], row["date"], row["note"] or "") for row in rows]


def reasons(harvest: Harvest) -> list[tuple[int, str, str, str]]:
    problems = sorted(harvest.problems, key=lambda problem: (problem.file, problem.line))
    return [(problem.line, problem.field, problem.value, problem.reason) for problem in problems]


def test_a_table_and_the_index_become_a_package_without_findings(tmp_path: Path) -> None:
    harvest = imported(
        tmp_path,
        index=as_index([listed(url="http://x.org/?src=TREATY&mtdsg_no=IV-4&chapter=4")]),
        t4_4=as_table(("Afghanistan", "", "24 Jan 1983 a"), ("Algeria", "10 Dec 1968", "12 Sep 1989")),
    )
    [treaty] = table(tmp_path, "treaties")
    assert {name: value for name, value in treaty.items() if value} == {
        "treaty_id": "untc-4-4",
        "short_name": "Treaty IV-4",
        "title": "International Covenant on Civil and Political Rights",
        "kind": "covenant",
        "adopted": "1966-12-16",
        "register_number": "IV-4",
        "note": "Adopted: New York, 16 December 1966. Chapter: Human Rights.",
    }
    assert acts(tmp_path) == [
        ("AFG", "accession", "1983-01-24", ""),
        ("DZA", "ratification", "1989-09-12", ""),
        ("DZA", "signature", "1968-12-10", ""),
    ]
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (3, 3, 0)
    report = validate_package(tmp_path / "out")
    assert (report.findings, report.count(Status.UNKNOWN)) == ([], 0)


# The names of the files.


def test_without_the_index_a_treaty_has_its_number_and_no_title(tmp_path: Path) -> None:
    imported(tmp_path, t4_8_b=as_table(("France", "10 Dec 1999", "")))
    [treaty] = table(tmp_path, "treaties")
    assert {name: value for name, value in treaty.items() if value} == {
        "treaty_id": "untc-4-8-b",
        "short_name": "Treaty IV-8-b",
        "title": "Treaty IV-8-b",
        "kind": "other_instrument",
        "register_number": "IV-8-b",
    }


@pytest.mark.parametrize(
    ("file", "id", "register_number"),
    [
        ("1-1", "untc-1-1", "I-1"),
        ("3-2-7a", "untc-3-2-7a", "III-2-7a"),
        ("9-1-H", "untc-9-1-h", "IX-1-h"),
        ("14-7", "untc-14-7", "XIV-7"),
        ("19-25-c", "untc-19-25-c", "XIX-25-c"),
        ("29-1", "untc-29-1", "XXIX-1"),
        # The part of chapter XI is not in the name of the file.
        ("11-5", "untc-11-5", ""),
        ("11-b-16", "untc-11-b-16", "XI-B-16"),
    ],
)
def test_the_name_of_a_file_is_the_number_of_its_treaty(
    tmp_path: Path, file: str, id: str, register_number: str
) -> None:
    path = tmp_path / f"{file}.csv"
    path.write_bytes(as_table(("France", "10 Dec 1999", "")))
    import_files("untc", [path], tmp_path / "out")
    [treaty] = table(tmp_path, "treaties")
    assert (treaty["treaty_id"], treaty["register_number"]) == (id, register_number)
    assert {row["treaty_id"] for row in table(tmp_path, "treaty_actions")} == {id}


def test_the_index_knows_the_part_of_a_chapter(tmp_path: Path) -> None:
    index = as_index([listed("5", "A Convention", "11", url="http://x.org/?mtdsg_no=XI-A-5&chapter=11")])
    imported(tmp_path, index=index, t11_5=as_table(("France", "10 Dec 1999", "")))
    [treaty] = table(tmp_path, "treaties")
    assert (treaty["treaty_id"], treaty["register_number"]) == ("untc-11-5", "XI-A-5")
    assert treaty["short_name"] == "Treaty XI-A-5"


@pytest.mark.parametrize(
    "name", ["voting.csv", "4.csv", "0-4.csv", "40-1.csv", "4-.csv", "4-4-.csv", "4--4.csv", "index2.csv"]
)
def test_a_file_with_another_name_is_of_another_format(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(as_table(("France", "10 Dec 1999", "")))
    with pytest.raises(UsageError, match=r"neither index\.csv nor by the number of a treaty"):
        import_files("untc", [file], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("4-4.csv", b"state,signed\nFrance,1 Jan 1990\n"),
        ("4-4.csv", b"Participant,Signature\nFran\xffce,1 Jan 1990\n"),
        ("4-4.csv", b""),
        ("index.csv", b"chapter_no,treaty_no,url,chapter_name\n4,4,,\n"),
    ],
    ids=["a table", "broken bytes", "an empty file", "an index"],
)
def test_a_file_without_the_columns_is_of_another_format(tmp_path: Path, name: str, data: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(UsageError, match=f"{name}: .*is it a file of this format"):
        import_files("untc", [file], tmp_path / "out")


@pytest.mark.parametrize("packed", ["zip", "gz"])
def test_files_are_read_as_downloaded(tmp_path: Path, packed: str) -> None:
    index, data = as_index([listed()]), as_table(("France", "10 Dec 1999", ""))
    if packed == "zip":
        paths = [tmp_path / "treaties.zip"]
        with zipfile.ZipFile(paths[0], "w") as archive:
            archive.writestr("data/tables/4-4.csv", data)
            archive.writestr("data/index.csv", index)
    else:
        paths = [tmp_path / "4-4.csv.gz", tmp_path / "index.csv.gz"]
        for path, content in zip(paths, (data, index), strict=True):
            path.write_bytes(gzip.compress(content))
    assert import_files("untc", paths, tmp_path / "out").rows_out == 2
    assert [row["kind"] for row in table(tmp_path, "treaties")] == ["covenant"]
    assert acts(tmp_path) == [("FRA", "signature", "1999-12-10", "")]


# The index.


@pytest.mark.parametrize(
    ("name", "title", "adopted", "act"),
    [
        ("A Convention. Rome, 10 July 1998", "A Convention", "1998-07-10", "Rome, 10 July 1998"),
        ("A Convention . Rome, 10 July 1998", "A Convention", "1998-07-10", "Rome, 10 July 1998"),
        ("A Convention.. Rome, 10 July 1998", "A Convention", "1998-07-10", "Rome, 10 July 1998"),
        ("An Agreement, 1993*. Rome, 10 July 1998", "An Agreement, 1993", "1998-07-10", "Rome, 10 July 1998"),
        ("Statute of the Court. 15 October 1946", "Statute of the Court", "1946-10-15", "15 October 1946"),
        ("A Charter. Espoo, Finland, 5 May 1991", "A Charter", "1991-05-05", "Espoo, Finland, 5 May 1991"),
        ("Annexes X and XI. Rome, 4 May 2012", "Annexes X and XI", "2012-05-04", "Rome, 4 May 2012"),
        ("Annex to No. 12. Rome, 4 May 2012", "Annex to No. 12", "2012-05-04", "Rome, 4 May 2012"),
        (
            "A Convention. Rome, 3 May 1925 and Lake Success, New York, 11 May 1946",
            "A Convention",
            "1925-05-03/1946-05-11",
            "Rome, 3 May 1925 and Lake Success, New York, 11 May 1946",
        ),
        (
            "A Convention. Rome, 3 May 1925, and 4 May 1925",
            "A Convention",
            "1925-05-03/1925-05-04",
            "Rome, 3 May 1925, and 4 May 1925",
        ),
        # Not certain, or no date at all: the title stays whole.
        ("A Convention. London", "A Convention. London", "", ""),
        ("A Convention signed on 4 May 1910", "A Convention signed on 4 May 1910", "", ""),
        ("A Declaration. St. Petersburg, 4 May 1868", "A Declaration. St. Petersburg, 4 May 1868", "", ""),
        ("A Convention. Rome, 31 February 1998", "A Convention. Rome, 31 February 1998", "", ""),
        ("A Treaty. Rome, 4 May 1910 and 3 May 1910", "A Treaty. Rome, 4 May 1910 and 3 May 1910", "", ""),
    ],
)  # fmt: skip
def test_place_and_date_are_cut_off_a_title_where_they_are_certain(
    tmp_path: Path, name: str, title: str, adopted: str, act: str
) -> None:
    harvest = imported(tmp_path, index=as_index([listed(name=name, chapter_name="")]))
    [treaty] = table(tmp_path, "treaties")
    assert (treaty["title"], treaty["adopted"]) == (title, adopted)
    assert treaty["note"] == (f"Adopted: {act}." if act else "")
    # A date that is there and was not read is reported.
    unread = not adopted and name != "A Convention. London"
    assert [problem.field for problem in harvest.problems] == ["treaty_name"] * unread


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Second Optional Protocol to the International Covenant", "unspecified_protocol"),
        ("Protocol amending the Slavery Convention", "unspecified_protocol"),
        ("Amendments to articles 24 and 25 of the Constitution", "amendment"),
        ("Doha amendment to the Kyoto Protocol", "amendment"),
        ("International Opium Convention, amended by the Protocol", "convention"),
        ("FOOD ASSISTANCE CONVENTION", "convention"),
        ("Agreement on the Privileges of the Court under the Convention", "agreement"),
        ("Charter of the United Nations", "charter"),
        ("Constitution of the World Health Organization", "charter"),
        ("Rome Statute of the International Criminal Court", "charter"),
        ("Arms Trade Treaty", "other_instrument"),
        ("Annex I - ILO - to the Convention on the Privileges", "other_instrument"),
        ("Second Extension of the International Coffee Agreement", "other_instrument"),
        ("Terms of Reference of the Group under the Agreement", "other_instrument"),
    ],
)
def test_the_first_word_that_names_a_kind_of_treaty_counts(tmp_path: Path, title: str, kind: str) -> None:
    imported(tmp_path, index=as_index([listed(name=f"{title}. Rome, 10 July 1998")]))
    assert table(tmp_path, "treaties")[0]["kind"] == kind


@pytest.mark.parametrize(
    ("title", "parent"),
    [
        ("Optional Protocol to the International Covenant on Rights", "untc-4-1"),
        ("Second Optional Protocol to the International Covenant on rights, aiming at more", "untc-4-1"),
        ("Amendment to Annex B of the Kyoto Protocol to the Convention on Climate", "untc-4-3"),
        ("Protocol to the 1992 Convention on Climate on Metals", "untc-4-2"),
        ("Amendments to the Statute of the Centre, adopted there", "untc-4-4"),
        ("Annex I - ILO - to the Convention on Climate", "untc-4-2"),
        # Named twice over, in part, or as something else than a parent.
        ("Protocol to the Convention on Climate and to the Statute of the Centre", ""),
        ("Protocol to the Convention on Climates", ""),
        ("Doha amendment to the Kyoto Protocol", ""),
        ("Protocol under the Convention on Climate", ""),
        ("Amendment to the Convention on Twins", ""),
        ("Agreement to the Convention on Climate", ""),
    ],
)
def test_the_parent_is_the_one_treaty_that_a_title_names_in_full(
    tmp_path: Path, title: str, parent: str
) -> None:
    names = (
        *("International Covenant on Rights", "Convention on Climate"),
        *("Kyoto Protocol to the Convention on Climate", "Statute of the Centre (with annexes)"),
        *("Convention on Twins", "Convention on Twins"),
    )
    rows = [listed(str(number), f"{name}. Rome, 10 July 1998") for number, name in enumerate(names, 1)]
    imported(tmp_path, index=as_index([*rows, listed("99.a", f"{title}. Rome, 10 July 1999")]))
    treaties = {row["treaty_id"]: row["parent_treaty"] for row in table(tmp_path, "treaties")}
    assert treaties["untc-4-99-a"] == parent
    assert {id: found for id, found in treaties.items() if id != "untc-4-99-a" and found} == {
        "untc-4-3": "untc-4-2"
    }


def test_a_number_alone_makes_no_parent(tmp_path: Path) -> None:
    rows = [listed("8", "A Convention. Rome, 10 July 1998"), listed("8.b", "Protocol. Rome, 10 July 1998")]
    imported(tmp_path, index=as_index(rows))
    assert [row["parent_treaty"] for row in table(tmp_path, "treaties")] == ["", ""]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"treaty_no": "?"}, "no number of a treaty such as 8.b"),
        ({"chapter_no": "IV"}, "no number of a treaty such as 8.b"),
        ({"treaty_no": "4"}, "the number of a row before, which counts"),
    ],
)
def test_a_row_of_the_index_that_stands_for_no_treaty_is_reported(
    tmp_path: Path, changes: Row, reason: str
) -> None:
    rows = [listed(), listed("5", "Another Convention") | changes]
    harvest = imported(tmp_path, index=as_index(rows))
    assert [row["kind"] for row in table(tmp_path, "treaties")] == ["covenant"]
    assert reasons(harvest) == [(3, "treaty_no", rows[1]["treaty_no"], f"is, with its chapter, {reason}")]
    assert (harvest.rows_in, harvest.rows_out) == (2, 1)


# What a cell means.

PROTOCOL = "Definitive signature of the Protocol, Acceptance of the Protocol, Notification as amended(d)"


@pytest.mark.parametrize(
    ("column", "mark", "action", "note"),
    [
        ("Signature", "", "signature", ""),
        ("Ratification", "", "ratification", ""),
        (RATIFIED, "", "ratification", ""),
        (RATIFIED, "a", "accession", ""),
        (RATIFIED, "d", "succession", ""),
        ("Acceptance(A), Approval(AA)", "A", "acceptance", ""),
        ("Acceptance(A), Approval(AA)", "AA", "acceptance", "Approval"),
        ("Definitive acceptance", "", "acceptance", "Definitive acceptance"),
        ("Definitive signature(s), Acceptance(A)", "s", "definitive_signature", ""),
        ("Signature, Succession to signature(d)", "d", "signature", "Succession to signature"),
        ("Signature, Signature ad referendum (s)", "s", "signature", "Signature ad referendum"),
        ("Consent to be bound(P), Succession(d)", "P", "consent_to_be_bound", ""),
        ("Participation(P), Ratification", "P", "consent_to_be_bound", "Participation"),
        ("Simplified procedure(p), Ratification", "p", "consent_to_be_bound", "Simplified procedure"),
        ("Application", "", "consent_to_be_bound", "Application"),
        ("Provisional application(n)", "n", "provisional_application", ""),
        ("Provisional acceptance", "", "provisional_application", "Provisional acceptance"),
        ("Notification under article 7 (1) (b)", "", "notification", "Notification under article 7 (1) (b)"),
        # A column of one act needs no mark.
        ("Signature ad referendum (s)", "", "signature", "Signature ad referendum"),
        # A choice of acts that all bind.
        (
            *(PROTOCOL, "", "consent_to_be_bound"),
            "Definitive signature of the Protocol or Acceptance of the Protocol",
        ),
        (PROTOCOL, "d", "notification", "Notification as amended"),
        (
            *("Definitive signature or acceptance of the Protocol", "", "consent_to_be_bound"),
            "Definitive signature or acceptance of the Protocol",
        ),
        # A comma within a label.
        (
            *("Participation by ratification, accession or succession to it, Accession(a)", ""),
            *("consent_to_be_bound", "Participation by ratification, accession or succession to it"),
        ),
    ],
)
def test_the_head_of_a_column_says_what_a_date_means(
    tmp_path: Path, column: str, mark: str, action: str, note: str
) -> None:
    cell = f"24 Jan 1983 {mark}".strip()
    harvest = imported(tmp_path, t4_4=as_table(("France", cell), columns=(column,)))
    assert acts(tmp_path) == [("FRA", action, "1983-01-24", note)]
    assert harvest.problems == []


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (RATIFIED, "24 Jan 1983 A"),
        (RATIFIED, "24 Jan 1983 x"),
        ("Accession(a), Succession(d)", "24 Jan 1983"),
        # Signed or bound: that is not one act.
        ("Signature, Acceptance, Accession(a)", "24 Jan 1983"),
        ("Formal confirmation(c), Ratification", "24 Jan 1983 c"),
    ],
)
def test_an_act_that_the_head_of_its_column_does_not_explain_is_reported(
    tmp_path: Path, column: str, cell: str
) -> None:
    harvest = imported(tmp_path, t4_4=as_table(("France", cell), ("Chad", ""), columns=(column,)))
    assert acts(tmp_path) == []
    explained, idle = reasons(harvest)
    assert explained[:3] == (2, column, cell)
    assert explained[3].startswith("is an act that the head of its column does not explain")
    assert idle == (3, "Participant", "Chad", "has no act in this table")


@pytest.mark.parametrize(
    "written",
    ["5 Sep 2000", "05 Sep 2000", "5 Sept 2000", "5 September 2000", "5 Sep. 2000", " 5  SEP 2000 "],
)
def test_a_date_is_read_however_it_is_written(tmp_path: Path, written: str) -> None:
    imported(tmp_path, t4_4=as_table(("France", written, f"{written}a")))
    assert acts(tmp_path) == [
        ("FRA", "accession", "2000-09-05", ""),
        ("FRA", "signature", "2000-09-05", ""),
    ]


@pytest.mark.parametrize("between", [" ", "\n", ", ", "; "])
def test_two_acts_in_one_cell_are_two_acts(tmp_path: Path, between: str) -> None:
    cell = f"24 Jan 1983 a{between}12 Sep 1989{between}3 Mar 1990 d"
    harvest = imported(tmp_path, t4_4=as_table(("France", "", cell)))
    assert acts(tmp_path) == [
        ("FRA", "accession", "1983-01-24", ""),
        ("FRA", "ratification", "1989-09-12", ""),
        ("FRA", "succession", "1990-03-03", ""),
    ]
    assert (harvest.rows_in, harvest.rows_out) == (1, 1)


@pytest.mark.parametrize(
    "cell",
    [
        *("31 Feb 1990", "0 Jan 1990", "1 Foo 1990", "1990", "Jan 1990", "1990-01-24", "1 Jan 90", "N/A"),
        *("1 Jan 0000", "1 Jan 0983", "1 Jan 19900", "[ 5 Mar 1975 ]", "1 Jan 1990 see note", "1 Jan 1990 -"),
        *("::error::", "24 Jan 1983 \x1b[31m", "1 Jan 1990 " * 800 + "?"),
    ],
)
def test_a_date_that_cannot_be_read_is_reported_with_its_line(tmp_path: Path, cell: str) -> None:
    harvest = imported(tmp_path, t4_4=as_table(("Chad", "1 Jan 1990", ""), ("France", cell, "2 Jan 1990")))
    assert acts(tmp_path) == [
        ("FRA", "ratification", "1990-01-02", ""),
        ("TCD", "signature", "1990-01-01", ""),
    ]
    assert reasons(harvest) == [(3, "Signature", cell, "holds what is not a date such as 24 Jan 1983 a")]
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (2, 1, 1)


def test_the_dates_beside_one_that_is_none_are_kept(tmp_path: Path) -> None:
    harvest = imported(tmp_path, t4_4=as_table(("France", "1 Jan 1990 31 Feb 1990", "")))
    assert acts(tmp_path) == [("FRA", "signature", "1990-01-01", "")]
    assert harvest.rows_reported == 1


def test_the_same_act_twice_is_reported(tmp_path: Path) -> None:
    rows = (("France", "1 Jan 1990", ""), ("Chad", "1 Jan 1990", ""), ("France 1", "1 January 1990", ""))
    harvest = imported(tmp_path, t4_4=as_table(*rows))
    assert [act[0] for act in acts(tmp_path)] == ["FRA", "TCD"]
    assert reasons(harvest) == [
        (4, "Signature", "1 January 1990", "is an act that stands before this already, on the same day")
    ]


def test_a_table_given_twice_is_reported_the_second_time(tmp_path: Path) -> None:
    data = as_table(("France", "1 Jan 1990", "2 Jan 1991"))
    (tmp_path / "4-4.csv").write_bytes(data)
    (tmp_path / "4-4.csv.gz").write_bytes(gzip.compress(data))
    harvest = import_files("untc", [tmp_path / "4-4.csv", tmp_path / "4-4.csv.gz"], tmp_path / "out")
    assert (harvest.rows_in, harvest.rows_out, len(acts(tmp_path))) == (2, 1, 2)
    assert {problem.file for problem in harvest.problems} == {str(tmp_path / "4-4.csv.gz")}


def test_a_table_that_names_no_act_is_reported_row_by_row(tmp_path: Path) -> None:
    columns = ("Resolution", "Date of Adoption")
    harvest = imported(
        tmp_path,
        t1_2=as_table(("France", "34 (I)", "9 Nov 1946"), ("Chad", "", ""), columns=columns),
        t1_4=as_table(("Peru",), columns=()),
    )
    words = "stands in a table of which no column names an act that hrdata knows"
    assert reasons(harvest) == [
        (2, "Participant", "France", words),
        (3, "Participant", "Chad", words),
        (2, "Participant", "Peru", words),
    ]
    assert (harvest.rows_in, harvest.rows_out) == (3, 0)
    assert [row["treaty_id"] for row in table(tmp_path, "treaties")] == ["untc-1-2", "untc-1-4"]
    assert validate_package(tmp_path / "out").findings == []


def test_what_stands_in_a_column_of_no_act_is_reported(tmp_path: Path) -> None:
    rows = (("France", "1 Jan 1990 a", ""), ("Chad", "2 Jan 1990 a", "to all"))
    harvest = imported(tmp_path, t2_1=as_table(*rows, columns=("Accession(a)", "Extension")))
    assert [act[0] for act in acts(tmp_path)] == ["FRA", "TCD"]
    assert reasons(harvest) == [
        (3, "Extension", "to all", "stands in a column that names no act that hrdata knows")
    ]


# Participants.


@pytest.mark.parametrize("marks", ["", " 1", "1", " 1, 2", " 12,3", " [1]", " [a] [2]", " [1] 2", " *"])
def test_footnote_marks_after_a_name_are_no_part_of_it(tmp_path: Path, marks: str) -> None:
    harvest = imported(tmp_path, t4_4=as_table((f"Iran (Islamic Republic of){marks}", "1 Jan 1990", "")))
    assert [act[0] for act in acts(tmp_path)] == ["IRN"]
    assert harvest.problems == []


@pytest.mark.parametrize(
    ("name", "date", "state"),
    [
        ("Serbia", "12 Mar 2001", "SRB"),
        ("Czech Republic", "22 Feb 1993", "CZE"),
        ("Germany", "17 Dec 1973", "DEU"),
        ("Cape Verde", "6 Aug 1993", "CPV"),
        ("Türkiye", "6 Aug 1993", "TUR"),
        ("Czechoslovakia", "7 Oct 1968", "CSK"),
        ("German Democratic Republic", "27 Mar 1973", "DDR"),
        ("Yugoslavia", "8 Aug 1967", "YUG"),
        ("Yugoslavia 2", "12 Mar 2001", "SCG"),
    ],
)
def test_a_name_means_the_state_of_today_or_else_that_of_the_day(
    tmp_path: Path, name: str, date: str, state: str
) -> None:
    imported(tmp_path, t4_4=as_table((name, date, "")))
    assert [act[0] for act in acts(tmp_path)] == [state]


def test_the_name_of_a_state_of_today_never_means_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = dt.date(1971, 10, 27)
    schema = ["scheme", "folded", "state_id", "valid_from", "valid_until"]
    rows = [("name", "congo", "COD", None, turn), ("name", "congo", "COG", turn, None)]
    known = pl.DataFrame(rows, schema, orient="row")
    monkeypatch.setattr("hrdata.importers.names.known_names", lambda: known)
    imported(tmp_path, t4_4=as_table(("Congo", "1 Jan 1965", "")))
    assert [act[0] for act in acts(tmp_path)] == ["COG"]


def test_a_participant_that_is_no_state_is_reported_once_a_row(tmp_path: Path) -> None:
    rows = (("European Union", "30 Mar 2007", "23 Dec 2010"), ("Frannce 3", "1 Jan 1990", ""))
    harvest = imported(tmp_path, t4_15=as_table(*rows), t4_16=as_table(rows[0]))
    words = "is no state that hrdata knows, and only acts of states are taken over"
    assert reasons(harvest) == [
        (2, "Participant", "European Union", words),
        (3, "Participant", "Frannce 3", f"{words}; the nearest known name is France"),
        (2, "Participant", "European Union", words),
    ]
    assert (harvest.rows_in, harvest.rows_out, acts(tmp_path)) == (3, 0, [])


# Anything at all.

STATES = {"Togo": "TGO", "Mali": "MLI", "Fiji": "FJI", "Cuba": "CUB", "Iraq": "IRQ", "Oman": "OMN"}
CELLS = st.one_of(
    st.sampled_from(["", "24 Jan 1983 a", "31 Feb 1990", "1 Jan 0000 d", "1 Jan 1990; 2 Jan 1991"]),
    st.text(max_size=40),
    st.from_regex(r"\A[0-9]{1,3} [A-Za-z]{3,9}\.? [0-9]{3,5} ?[a-zA-Z]{0,2}\Z"),
)  # fmt: skip
TITLES = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"\A[a-z]{1,9}\. [A-Z][a-z]*, [0-9]{1,2} May [0-9]{4}\Z"),
)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=len(STATES)),
    names=st.lists(st.text(max_size=30), max_size=3),
    title=TITLES,
    number=st.one_of(st.just("4"), st.text(max_size=6)),
)
@settings(max_examples=30)
def test_whatever_stands_in_the_cells_every_row_is_taken_over_or_reported(
    rows: list[tuple[str, str]],
    names: list[str],
    title: str,
    number: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("untc")
    states = [*STATES, *names]
    cells = rows + rows[:1] * (len(states) - len(rows))
    index = as_index([listed(number, title, chapter_name=title)])
    data = as_table(*((state, *pair) for state, pair in zip(states, cells, strict=True)))
    harvest = imported(folder, index=index, t4_4=data)
    assert harvest.rows_in == len(states) + 1
    reported = {(Path(problem.file).name, problem.line) for problem in harvest.problems}
    assert harvest.rows_out == harvest.rows_in - len(reported)
    acting, lines = {act[0] for act in acts(folder)}, lines_of(data)
    for name, line in zip(states, lines, strict=True):
        assert ("4-4.csv", line) in reported or STATES.get(name, name) in acting or name not in STATES
    validate_package(folder / "out")


def lines_of(data: bytes) -> list[int]:
    """The line on which each row of a file starts, as the standard library counts."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    ends = [reader.line_num for _ in reader]
    return [end + 1 for end in ends[:-1]]


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="HRDATA_REAL_DATA is not there")
def test_all_tables_to_march_2015_are_taken_over_and_checked(tmp_path: Path) -> None:
    files = sorted((REAL / "tables").glob("*.csv"))
    harvest = import_files("untc", [REAL / "index.csv", *files], tmp_path / "out")
    index = list(csv.DictReader(io.StringIO((REAL / "index.csv").read_text("utf-8"))))
    rows = [
        (path.stem, row)
        for path in files
        for row in list(csv.reader(io.StringIO(path.read_text("utf-8"))))[1:]
    ]
    # Two tables say of no act, and one state has none.
    unused = [row for stem, row in rows if stem in ("1-2", "1-4") or row[0] in NOT_STATES or not any(row[1:])]
    assert (harvest.rows_in, harvest.rows_reported) == (len(index) + len(rows), len(unused)) == (24_158, 328)
    marks = Counter(
        re.sub(r"^[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} ?", "", cell)
        for stem, row in rows
        if stem not in ("1-2", "1-4") and row[0] not in NOT_STATES
        for cell in row[1:]
        if cell
    )
    assert set(marks) == {"", "a", "A", "AA", "d", "P", "p", "n", "s", "C"}
    taken = Counter(row["action"] for row in table(tmp_path, "treaty_actions"))
    assert sum(taken.values()) == sum(marks.values()) == 30_974
    assert (taken["accession"], taken["definitive_signature"]) == (marks["a"], marks["s"])
    assert taken["provisional_application"] > marks["n"] > 0
    treaties = {row["register_number"]: row for row in table(tmp_path, "treaties")}
    numbers = {re.search("mtdsg_no=([^&]*)", row["url"]) for row in index}
    assert set(treaties) == {number.group(1) for number in numbers if number}
    assert [number for number, row in treaties.items() if not row["adopted"]] == ["XIX-40"]
    report = validate_package(tmp_path / "out")
    found = {result.check.id: [finding.row_id for finding in result.findings] for result in report.results}
    # A signature half a year before the adoption, and amendments whose parent the index has under
    # another title.
    assert {id: ids for id, ids in found.items() if ids} == {
        "TRT201": ["untc-14-4|FIN|signature|1971-04-21"],
        "TRT204": ["untc-27-1-i", "untc-27-1-j", "untc-27-1-l", "untc-27-7-c", "untc-27-9-a"],
    }
