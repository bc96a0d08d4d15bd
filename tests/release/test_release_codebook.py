"""The codebook: what columns mean, what is there, and nothing that Markdown would take for its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from test_release_formats import EDTF, a_package, a_table

from hrdata.fields import printable
from hrdata.package import Package, bundled_package, read_package
from hrdata.release.codebook import show_code, show_prose, write_codebook
from hrdata.typed import typed_tables

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def codebook_of(package: Package) -> str:
    return write_codebook(package.descriptor, typed_tables(package))


def text_of(token: Token) -> str:
    """What a reader sees of a line; a tag among it is an error."""
    parts = token.children or []
    tags = [part.content for part in parts if part.type == "html_inline"]
    assert set(tags) <= {"<code>", "</code>"}, token.content
    parts = [part for part in parts if part.type != "html_inline"]
    assert {part.type for part in parts} <= {"text", "code_inline", "softbreak"}, token.content
    return "".join("\n" if part.type == "softbreak" else part.content for part in parts)


def tables_in(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text as rows of cells, as a reader sees them."""
    tables: list[list[list[str]]] = []
    for token, inner in zip(tokens := MARKDOWN.parse(text), tokens[1:], strict=False):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1].append(text_of(inner))
    return tables


def rows_of(package: Package, number: int = 1) -> dict[str, dict[str, str]]:
    """The rows of a table of the codebook by their first cell; table 0 lists the tables."""
    heads, *rows = tables_in(codebook_of(package))[number]
    return {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in rows}


CANONICAL = read_package(bundled_package())


def test_every_table_and_column_of_the_canonical_package_is_there() -> None:
    listed, *others = tables_in(codebook_of(CANONICAL))
    assert [row[0] for row in listed[1:]] == list(CANONICAL.tables)
    columns = [[row[0] for row in table[1:]] for table in others if table[0][0] == "Column"]
    assert columns == [list(table.header) for table in CANONICAL.tables.values()]
    lengths = {len(row) for table in others for row in table if table[0][0] == "Column"}
    assert lengths == {9}


def test_a_column_says_what_it_means_what_it_asks_for_and_what_is_there() -> None:
    rooms = a_table(
        {
            "room": {"description": "Its name", "constraints": {"required": True, "pattern": "a|b|[*]"}},
            "seats": {"type": "integer", "title": "Seats", "constraints": {"minimum": 1, "maximum": 2000}},
            "built": {**EDTF, "constraints": {"pattern": "[0-9X./-]+"}},
            "kind": {"categories": [{"value": "hall", "label": "A large one"}, "other"]},
            "next": {"constraints": {"unique": True, "maxLength": 5}},
        },
        [("a", "1000", "199X", "hall", "b"), ("b", "7", "2004/..", "", ""), ("*", "", "1980", "hall", "")],
        primaryKey="room",
        foreignKeys=[{"fields": "next", "reference": {"fields": "room"}}],
    )  # fmt: skip
    package = a_package(rooms=rooms)
    assert rows_of(package) == {
        "room": {
            "Meaning": "Its name",
            "Type": "string",
            "Rule": "required; pattern a|b|[*]",
            **{"Filled": "3", "Missing": "0", "Distinct": "3", "From": "", "To": ""},
        },
        "seats": {
            "Meaning": "Seats",
            "Type": "integer",
            "Rule": "at least 1; at most 2,000",
            **{"Filled": "2", "Missing": "1", "Distinct": "2", "From": "7", "To": "1,000"},
        },
        "built": {
            "Meaning": "",
            "Type": "date (EDTF)",
            "Rule": "",
            **{"Filled": "3", "Missing": "0", "Distinct": "3", "From": "1980-01-01", "To": "1999-12-31"},
        },
        "kind": {
            "Meaning": "",
            "Type": "string",
            "Rule": "one of the words below",
            **{"Filled": "2", "Missing": "1", "Distinct": "1", "From": "", "To": ""},
        },
        "next": {
            "Meaning": "",
            "Type": "string",
            "Rule": "unique; at most 5 characters; refers to room of this table",
            **{"Filled": "1", "Missing": "2", "Distinct": "1", "From": "", "To": ""},
        },
    }
    assert rows_of(package, 2) == {
        "hall": {"Meaning": "A large one", "Rows": "2"},
        "other": {"Meaning": "", "Rows": "0"},
    }
    assert "\n3 rows in `data/rooms.csv`; a row is identified by `room`" in codebook_of(package)


def test_a_reference_of_several_columns_is_told_once() -> None:
    reference = {"fields": ["a", "b"], "reference": {"resource": "rooms", "fields": ["x", "y"]}}
    talks = a_table({"a": {}, "b": {}}, [("1", "2")], foreignKeys=[reference])
    package = a_package(talks=talks, rooms=a_table({"x": {}, "y": {}}, [("1", "2")]))
    rules = {name: row["Rule"] for name, row in rows_of(package).items()}
    assert rules == {"a": "", "b": "a, b together: refers to x, y of rooms"}


def test_a_table_without_a_schema_or_rows_is_told_as_far_as_it_goes() -> None:
    rows = rows_of(a_package(rooms=(None, b"a,b\n"))).values()
    assert [(row["Type"], row["Filled"], row["Missing"], row["Distinct"]) for row in rows] == [
        ("string", "0", "0", "0")
    ] * 2


def test_our_tables_are_told_by_our_models_whatever_the_descriptor_says() -> None:
    data = b"vote_id,state_id,choice\na,CHN,no\n"
    rules = [rows_of(a_package(ballots=(schema, data)))["choice"] for schema in (None, "ballots.json")]
    assert rules[0] == rules[1]
    assert rules[0]["Rule"] == "required; one of the words below"


def test_a_date_of_a_form_that_is_not_known_has_no_reach() -> None:
    rooms = a_table({"built": {"hrdata:dateFormat": "roman"}}, [("MMVIII",)])
    assert rows_of(a_package(rooms=rooms))["built"]["From"] == ""


ANY = st.text(
    st.characters(codec="utf-8") | st.sampled_from(r"\`*_[]<>|&~$#!-+=:.()1 " + "\n\"'"),
    min_size=1,
    max_size=12,
)


@given(ANY)
@example("[a](http://example.org) <b>&amp; ![x](y) www.example.org")
@example("1. one")
@example("12) two")
@example("2026-11-22")
@example("-1,000")
@example("...")
@example("1\\.")
@example("- a\n- b")
@example("``` `")
@example("|")
@example("\\|")
@example("`\\|`")
@example("===")
@example("> a")
def test_no_text_is_read_as_markdown(text: str) -> None:
    for shown, expected in (
        (show_prose(text), printable(" ".join(text.split()))),
        (show_code(text), printable(text)),
    ):
        tokens = MARKDOWN.parse(f"before\n\n{shown}\n\n| a | b |\n| --- | --- |\n| {shown} | {shown} |\n")
        # Spaces at the ends of a line or of a cell do not show.
        assert [text_of(token).strip() for token in tokens if token.type == "inline"] in (
            ["before", *[expected.strip()] * 1, "a", "b", *[expected.strip()] * 2],
            ["before", "a", "b", "", ""] if not expected.strip() else [],
        )


def test_code_alone_in_a_line_keeps_its_bar() -> None:
    """What keeps a bar from ending a cell must not show outside of tables."""
    rooms = a_table({"a|b": {}}, [("1",)], primaryKey=["a|b"])
    lines = [
        text_of(token)
        for token in MARKDOWN.parse(codebook_of(a_package(rooms=rooms)))
        if token.type == "inline"
    ]
    assert "1 row in data/rooms.csv; a row is identified by a|b" in lines


def hostile(text: str) -> Package:
    """A package with a text wherever a descriptor takes one."""
    field: dict[str, Any] = {
        "description": text,
        "constraints": {"enum": [text, "x"]},
        "categories": [{"value": text, "label": text}, {"value": "x"}],
    }
    table = a_table({f"x{text}x": field}, [("x",)], primaryKey=[f"x{text}x"])
    package = a_package(rooms=table)
    package.descriptor |= {"title": text, "description": text, "version": text}
    package.descriptor["resources"][0]["description"] = text
    return package


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("`|*<[\\"), min_size=1)
)
@example("a | b")
@example("<script>alert(1)</script>")
@example("x")
def test_nothing_of_a_descriptor_gets_out_of_its_place(text: str) -> None:
    name = printable(f"x{text}x")
    written = codebook_of(hostile(text))
    assert [token.tag for token in MARKDOWN.parse(written) if token.type == "heading_open"] == ["h1", "h2"]
    tables = tables_in(written)
    words = {text, "x"}
    assert [[len(row) for row in table] for table in tables] == [[3, 3], [9, 9], [3] * (1 + len(words))]
    assert tables[1][1][0] == name
    assert tables[1][1][1] == printable(" ".join(text.split()))


@pytest.mark.parametrize("text", ["https://example.org", "www.example.org", "HTTP://x.y"])
def test_no_text_becomes_a_link(text: str) -> None:
    assert show_prose(text) not in (text, "")
    assert "\\" in show_prose(text)
