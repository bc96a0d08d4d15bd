"""Texts filled from columns; and keys, by a naive dictionary: two rows of one key are always found."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata.check import CELL, filled
from hrdata.datasets import MODELS
from hrdata.errors import UsageError
from hrdata.testing import as_csv, run_check

# Filled


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{}", ["a", None, "c"]),
        ("<{}", ["<a", None, "<c"]),
        ("{}>", ["a>", None, "c>"]),
        ("{}{}", ["a1", None, None]),
        ("({}, {})", ["(a, 1)", None, None]),
        ("no more", ["no more"]),
        ("", [""]),
    ],
)
def test_a_text_is_filled_where_all_its_parts_are_there(template: str, expected: list[str | None]) -> None:
    frame = pl.DataFrame({"name": ["a", None, "c"], "number": [1, 2, None]})
    parts = ("name", pl.col("number"))[: template.count("{}")]
    assert frame.select(filled(template, *parts)).to_series().to_list() == expected


@pytest.mark.parametrize("kind", [pl.String(), CELL, pl.Int64()], ids=str)
@pytest.mark.parametrize("sizes", [(0, 2), (0, 1, 0, 1), (2, 0), (0, 0), (1, 1)], ids=str)
def test_a_text_is_filled_from_a_column_in_pieces(kind: pl.DataType, sizes: tuple[int, ...]) -> None:
    """On such a column `pl.format` of Polars 2.1 panics when the first piece is empty."""
    whole = pl.Series("a", [], kind)
    for size in sizes:
        whole = whole.append(pl.Series(["7"] * size + ["8"]).cast(kind))
    column = whole.filter(whole.cast(pl.String) == "7")
    assert column.chunk_lengths() == list(sizes)
    frame = column.to_frame()
    assert frame.select(filled("<{}|{}>", "a", "a")).to_series().to_list() == ["<7|7>"] * sum(sizes)
    lazily = frame.lazy().select(filled("{}.", "a")).collect()
    assert lazily.to_series().to_list() == ["7."] * sum(sizes)


# Keys

KEYED = ("sources", "ballots", "upr_participants", "treaty_actions", "citations")
"""A table for each number of parts that a key has, from one to five; known_issues has four as well."""

WORDS = {
    "role": ("recommending", "troika"),
    "action": ("signature", "ratification"),
    "date": ("2001", "2002"),
}


def words_for(part: str, fresh: str) -> tuple[str, ...]:
    """Three cells for a part of a key; where it may be any text, new ones."""
    if part == "state_id":
        return ("CHN", "FRA", "NOR")
    if part == "table":
        return ("votes", "states")
    if part == "field":
        return ("yes", "no")
    return WORDS.get(part, tuple(f"{part.replace('_', '-')}-{fresh}-{n}" for n in range(3)))


def found_twice(table: str, keys: list[tuple[str, ...]]) -> dict[int, str]:
    """What hrdata says of the lines on which a key stands again."""
    rows = [dict(zip(MODELS[table].KEY, key, strict=True)) | REST[table] for key in keys]
    return {finding.line or 0: finding.message for finding in run_check("KEY201", **{table: rows})}


def naively(keys: list[tuple[str, ...]]) -> dict[int, str]:
    first: dict[tuple[str, ...], int] = {}
    again = {}
    for line, key in enumerate(keys, start=2):
        if key in first:
            again[line] = f"{'|'.join(key)}: the key stands already on line {first[key]}"
        first.setdefault(key, line)
    return again


REST: dict[str, dict[str, object]] = {
    "sources": {"kind": "un_record", "title": "T", "language": "en"},
    "ballots": {"choice": "yes"},
    "upr_participants": {},
    "treaty_actions": {},
    "citations": {},
}


@pytest.mark.parametrize("table", KEYED)
@settings(max_examples=12)
@given(data=st.data())
def test_a_key_that_stands_again_is_found_with_its_first_line_in_any_order(
    table: str, data: st.DataObject
) -> None:
    parts = [st.sampled_from(words_for(part, "x")) for part in MODELS[table].KEY]
    keys = data.draw(st.lists(st.tuples(*parts), max_size=14))
    for order in (keys, sorted(keys), sorted(keys, reverse=True)):
        assert found_twice(table, order) == naively(order)


@pytest.mark.parametrize("table", KEYED)
def test_a_key_is_found_where_its_codes_take_more_than_64_bits(table: str) -> None:
    """Polars numbers texts in the order in which it meets them: after so many, each new one is far up."""
    many = pl.Series([f"{table} {n}" for n in range(200_000)], dtype=CELL)
    chosen = Random(table)  # noqa: S311
    parts = [words_for(part, f"after-{table.replace('_', '-')}") for part in MODELS[table].KEY]
    keys = [tuple(chosen.choice(part) for part in parts) for _ in range(40)]
    for order in (keys, sorted(keys), [*dict.fromkeys(keys)]):
        assert found_twice(table, order) == naively(order)
    largest = pl.Series(["one more"], dtype=CELL).to_physical().max()
    assert isinstance(largest, int)
    assert largest >= len(many)


@pytest.mark.parametrize("bits", [8, 32, 64])
@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_two_keys_have_one_number_by_chance_only(bits: int, width: int) -> None:
    """Codes on both sides of what fits into a number: what is packed may not run over."""
    keys = pytest.importorskip("hrdata.keys")
    edge = int(2 ** (bits / width))
    codes = [code for code in (0, 1, 2, *range(edge - 2, edge + 3)) if 0 <= code < 2**32]
    chosen = Random(width)  # noqa: S311
    rows = [[chosen.choice(codes) for _ in range(width)] for _ in range(300)]
    rows += [[*rows[0][:-1], code] for code in codes]
    names = tuple(f"part {place}" for place in range(width))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.UInt32), orient="row")
    numbers = keys._key_numbers(frame, names)
    assert numbers.n_unique() == len({tuple(row) for row in rows})


# What `run_check` refuses


def test_a_check_or_a_table_that_is_not_there_is_named_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"^there is no check VOT2O2; did you mean VOT202 or "):
        run_check("VOT2O2", votes=[])
    with pytest.raises(UsageError, match=r"^there is no table voets; VOT202 takes votes, ballots$"):
        run_check("VOT202", voets=[], ballots=[])
    with pytest.raises(UsageError, match=r"^there is no table voets; FLD201 takes sources, states, "):
        run_check("FLD201", voets=[])
    with pytest.raises(UsageError, match=r"^there is no table voets; the tables are sources, "):
        as_csv("voets", [])
