"""Rows built in Python: judged by the same fields and the same row checks as the rows of files."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from datasets.factories import (
    a_ballot,
    a_review,
    a_vote,
    a_world,
    an_event,
    report_on,
    said,
)
from hrdata.check import CHECKS
from hrdata.datasets import MODELS
from hrdata.datasets.events import Event
from hrdata.datasets.upr import UprReview
from hrdata.datasets.votes import Ballot, Choice, Vote
from hrdata.parse import Field, fields_of, judge_values, why
from hrdata.row import Row, Vocabulary
from hrdata.testing import as_csv, package_of
from hrdata.validate import validate_package

FIELDS = [(model, field) for model in MODELS.values() for field in fields_of(model)]


def example_of(model: type[Row]) -> dict[str, Any]:
    """The first example of every field, as text."""
    return {field.name: (field.info.examples or [""])[0] for field in fields_of(model)}


def words(error: ValidationError) -> list[str]:
    return [fault["msg"] for fault in error.errors()]


# What the models say about themselves.


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_every_field_has_a_description_and_examples_that_it_accepts(model: type[Row], field: Field) -> None:
    assert field in fields_of(model)
    assert field.info.description
    assert field.info.examples
    assert all(isinstance(example, str) and example for example in field.info.examples)
    assert [judge_values(field, [example]).get(example) for example in field.info.examples] == [None] * len(
        field.info.examples
    )


@pytest.mark.parametrize("model", MODELS.values())
def test_the_examples_of_a_table_make_a_row_that_obeys_its_checks(model: type[Row]) -> None:
    row = model.model_validate(example_of(model))
    assert row.key_text == "|".join(example_of(model)[part] for part in model.KEY)


@pytest.mark.parametrize("table", MODELS)
def test_every_table_has_a_model_with_a_docstring_and_a_required_key(table: str) -> None:
    model = MODELS[table]
    assert table == model.TABLE
    assert model.__doc__
    assert {field.name for field in fields_of(model) if field.required} >= set(model.KEY)


@pytest.mark.parametrize("words", Vocabulary.__subclasses__())
def test_every_word_of_a_vocabulary_has_a_meaning_of_one_line(words: type[Vocabulary]) -> None:
    assert words.__doc__
    for word in words:
        assert word == word.value
        assert word.meaning
        assert word.meaning != word.value
        assert "\n" not in word.meaning
    assert len({word.meaning for word in words}) == len(words)


def test_every_vocabulary_is_used_by_a_table() -> None:
    used = {field.words for _, field in FIELDS if field.words}
    assert used == set(Vocabulary.__subclasses__())


# Building rows.


def test_a_row_takes_values_of_python_and_texts_of_files_alike() -> None:
    typed = Vote.model_validate(a_vote())
    assert Vote.model_validate(
        {name: str(value) for name, value in a_vote(roll_complete="false").items()}
    ) == (typed)
    assert (typed.yes, typed.roll_complete, typed.key_text) == (3, False, "unga-61-174")
    assert Ballot.model_validate(a_ballot("CHN", "no")).choice is Choice.NO
    assert Ballot.model_validate(a_ballot("CHN", "no")).key_text == "unga-61-174|CHN"


def test_a_row_cannot_be_changed_or_given_a_column_of_its_own() -> None:
    row = Ballot.model_validate(a_ballot("CHN", "no"))
    with pytest.raises(ValidationError, match="frozen"):
        row.choice = Choice.YES
    with pytest.raises(ValidationError, match="Extra inputs"):
        Ballot.model_validate(a_ballot("CHN", "no") | {"remark": "veto"})


@pytest.mark.parametrize(
    ("model", "cells", "complaint"),
    [
        (
            Vote,
            a_vote(symbol="A/RES/62/174"),
            "VOT206: unga-61-174: the symbol A/RES/62/174 says session 62, but the row has session 61",
        ),
        (
            Vote,
            a_vote(date="2005-12-19"),
            "VOT207: unga-61-174: the date is 2005-12-19, but session 61 of unga met between "
            "2006-09-05 and 2007-09-20",
        ),
        (
            UprReview,
            a_review(cycle=2),
            "UPR203: chn-2009: the review is dated 2009-02-09, but cycle 2 ran from 2012 to 2016",
        ),
        (Event, an_event(states_min=3), "EVT201: forum-2008: it runs from 3 to 2"),
    ],
)
def test_a_row_check_binds_rows_built_in_python(
    model: type[Row], cells: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(cells)
    assert words(caught.value) == [complaint]
    assert [fault["loc"] for fault in caught.value.errors()] == [()]


def test_row_checks_wait_until_every_field_is_right() -> None:
    with pytest.raises(ValidationError) as caught:
        Vote.model_validate(a_vote(symbol="A/RES/62/174", date="2006-13-19"))
    assert [fault["loc"] for fault in caught.value.errors()] == [("date",)]


@pytest.mark.parametrize("table", a_world())
def test_rows_that_are_right_in_files_are_right_in_python_and_come_back_the_same(table: str) -> None:
    model = MODELS[table]
    rows = [
        model.model_validate({name: cell for name, cell in row.items() if cell != ""})
        for row in a_world()[table]
    ]
    assert as_csv(table, rows) == as_csv(table, a_world()[table])


def test_a_whole_package_of_rows_built_in_python_is_valid() -> None:
    rows = {table: [MODELS[table].model_validate(row) for row in rows] for table, rows in a_world().items()}
    assert said(validate_package(package_of(**rows))) == said(report_on(a_world())) == []


# Python and files hear the same verdict.

TEXTS = (
    *(
        "",
        "1",
        "0",
        "-1",
        "+1",
        "1_000",
        " 12 ",
        "1.0",
        "007",
        "1e3",
        "١٢",
        "10000000001",
        "99999999999999999",
    ),
    *("true", "false", "True", "yes", "no", "abstain", "non_voting", "any", "adopted", "speaker", "draft"),
    *("CHN", "chn", "CHINA", "CN", "156", "unga", "unga-61-174", "UNGA_61", "a--b", "-a", "en", "*", "row"),
    *("1958-02-22/1961-10-12", "2006", "2006-12-19", "2006-13", "2023-02-30", "2024-1-5", "198X", "2006/.."),
    *("A/RES/61/174", "A/RES/62/174", "A/HRC/RES/7/15", "A/RES/61-174", "61", "62", "S-27", "VOT202"),
    *("VOT999", "https://un.org", "ftp://un.org", "a b", " a", "a ", "a\u200bb", "e\u0301", "é", "x" * 300),
)


@cache
def verdicts_on_files(table: str) -> dict[int, set[str]]:
    """The checks of fields and rows that fail, per row, of a file with every text in every column."""
    model = MODELS[table]
    rows = [example_of(model) | {field.name: text} for field in fields_of(model) for text in TEXTS]
    of_one_row = {id for id, check in CHECKS.items() if check.columns or check.family == "FLD"}
    found: dict[int, set[str]] = {number: set() for number in range(len(rows))}
    for finding in validate_package(package_of(**{table: rows})).findings:
        if finding.check in of_one_row:
            assert finding.line is not None
            found[finding.line - 2].add(finding.check)
    return found


@pytest.mark.parametrize("table", MODELS)
def test_python_and_files_hear_the_same_verdict(table: str) -> None:
    model = MODELS[table]
    in_files = verdicts_on_files(table)
    columns = [field.name for field in fields_of(model)]
    for number, (column, text) in enumerate((column, text) for column in columns for text in TEXTS):
        # An empty cell is a value that is not given.
        cells = example_of(model) | {column: text}
        try:
            model.model_validate({name: cell for name, cell in cells.items() if cell != ""})
        except ValidationError as error:
            faults = error.errors()
        else:
            faults = []
        of_rows = {str(fault["msg"])[:6] for fault in faults if fault["type"] == "row"}
        assert bool(faults) == bool(in_files[number]), (column, text)
        assert not of_rows or of_rows <= in_files[number], (column, text)
        assert {fault["loc"] for fault in faults if fault["type"] != "row"} <= {(column,)}, (column, text)


@given(st.sampled_from(FIELDS), st.text(min_size=1, max_size=20))
@settings(deadline=None, max_examples=100)
def test_any_text_is_accepted_or_refused_with_a_reason(chosen: tuple[type[Row], Field], text: str) -> None:
    model, field = chosen
    verdict = judge_values(field, [text]).get(text)
    try:
        model.model_validate(example_of(model) | {field.name: text})
    except ValidationError as error:
        if all(fault["type"] != "row" for fault in error.errors()):
            assert verdict is not None
            assert why(field, text)
    else:
        assert verdict is None
