"""What differs between two versions of a package: every kind of change, its line and the bump it asks for."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hrdata import cli
from hrdata.apply import apply_diff, invert_diff
from hrdata.changes import OTHER_BYTES, Change, Diff, Kind, RowChanged, RowRekeyed, show_value
from hrdata.columns import Columns
from hrdata.diff import diff_packages, tables_of
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.git import ask_git
from hrdata.package import Package
from hrdata.read import read_columns
from hrdata.version import RULES, Bump, is_enough, next_version, required_version, smallest_bump

Rows = Sequence[Sequence[str]]
Told = tuple[str, str]


def as_bytes(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def a_field(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", **more}


def a_resource(name: str, header: Sequence[str], **schema: Any) -> dict[str, Any]:
    fields = [a_field(column) for column in header]
    whole = {"fields": fields, "missingValues": [""], "primaryKey": [header[0]], **schema}
    return {"name": name, "path": f"{name}.csv", "schema": whole}


ROOMS: Rows = (
    ("room", "place", "seats"),
    ("a", "Geneva", "100"),
    ("b", "New York", "200"),
    ("c", "Vienna", "300"),
    ("d", "Nairobi", "400"),
)


class World:
    """A package in memory that tests change: its descriptor, and the bytes of its files by table."""

    def __init__(self, rows: Rows = ROOMS, name: str = "rooms", **schema: Any) -> None:
        head: dict[str, Any] = {"name": "world", "title": "A world", "version": "1.2.3"}
        self.descriptor: dict[str, Any] = head | {"resources": []}
        self.files: dict[str, bytes] = {}
        self.add(name, rows, **schema)

    def add(self, name: str, rows: Rows, **schema: Any) -> None:
        self.descriptor["resources"].append(a_resource(name, rows[0], **schema))
        self.files[name] = as_bytes(rows)

    @property
    def rooms(self) -> Any:
        return self.descriptor["resources"][0]

    @property
    def place(self) -> Any:
        """The field of the column place."""
        return self.rooms["schema"]["fields"][1]

    def package(self, label: str = "memory") -> Package:
        package = Package(label, deepcopy(self.descriptor))
        package.resources = {resource["name"]: resource for resource in package.descriptor["resources"]}
        for name, resource in package.resources.items():
            package.add(name, read_columns(self.files[name], resource["path"]))
        return package


def changed(**cells: Mapping[str, str]) -> World:
    """The rooms with other cells, by room and column."""
    rows = [list(row) for row in ROOMS]
    for row in rows[1:]:
        for column, text in cells.get(row[0], {}).items():
            row[ROOMS[0].index(column)] = text
    return World(rows)


def columns(*names: str) -> Rows:
    """The rooms with these columns, in this order; a number for a column that is not there."""
    known = {name: [row[index] for row in ROOMS] for index, name in enumerate(ROOMS[0])}
    return list(zip(*(known.get(name) or [name, *"1234"] for name in names), strict=True))


def renamed(rows: Rows, before: str, now: str) -> Rows:
    return [[now if name == before else name for name in rows[0]], *rows[1:]]


def described(**more: Any) -> World:
    """The rooms with more said of the column place."""
    world = World()
    world.place.update(more)
    return world


def bound(**constraints: Any) -> World:
    return described(constraints=constraints)


def with_resource(**more: Any) -> World:
    world = World()
    world.rooms.update(more)
    return world


def with_package(**more: Any) -> World:
    world = World()
    world.descriptor.update(more)
    return world


def with_files(data: bytes) -> World:
    world = World()
    world.files["rooms"] = data
    return world


def two(name: str = "chairs", **schema: Any) -> World:
    world = World()
    world.add(name, (("chair", "room"), ("1", "a"), ("2", "b")), **schema)
    return world


def refers(resource: str, field: str = "room") -> World:
    return two(foreignKeys=[{"fields": ["room"], "reference": {"resource": resource, "fields": [field]}}])


def typed(kind: str | None) -> World:
    """The rooms with a type of the column place, or none."""
    world = World()
    del world.place["type"]
    world.place.update({"type": kind} if kind else {})
    return world


def chairs_in(*rooms: str, legs: str = "4") -> World:
    """Chairs in rooms, of which the first is the one in Geneva; the second has so many legs."""
    world = World([ROOMS[0], (rooms[0], *ROOMS[1][1:]), *ROOMS[2:]])
    rows = [(f"{number}", room, legs if number == 2 else "4") for number, room in enumerate(rooms, start=1)]
    reference = {"fields": ["room"], "reference": {"resource": "rooms", "fields": ["room"]}}
    world.add("chairs", [("chair", "room", "legs"), *rows], foreignKeys=[reference])
    return world


def titled(name: str, rows: Rows) -> World:
    world = World(rows, name=name)
    world.rooms["title"] = name.title()
    return world


def matched(how: Any) -> World:
    return World(fieldsMatch=how) if how else World()


def matching(how: str, old: str, new: str, allows: str) -> list[Told]:
    may = "may allow" if how == "changed" else "allows"
    return [(f"constraint_{how}", f"rooms: fieldsMatch was '{old}', now '{new}', which {may} {allows}")]


def backwards(world: World) -> World:
    world.descriptor["resources"].reverse()
    world.files = dict(reversed(world.files.items()))
    return world


def halls(resource: str, field: str, column: str) -> World:
    """The chairs with another name of the column that refers."""
    world = World()
    reference = {"fields": column, "reference": {"resource": resource, "fields": field}}
    world.add("chairs", (("chair", column), ("1", "a"), ("2", "b")), foreignKeys=[reference])
    return world


CASES: list[tuple[str, World, World, list[Told], Bump]] = [
    ("nothing", World(), World(), [], Bump.NONE),
    (
        "package renamed",
        World(),
        with_package(name="globe"),
        [("package_renamed", "the name of the package was 'world', now 'globe'")],
        Bump.MAJOR,
    ),
    (
        "title of the package",
        World(),
        with_package(title="The world"),
        [("metadata_changed", "title was 'A world', now 'The world'")],
        Bump.PATCH,
    ),
    (
        "version and date are not content",
        World(),
        with_package(version="2.0.0", created="2026-01-01"),
        [],
        Bump.NONE,
    ),
    (
        "a source more",
        with_package(sources=[{"title": "A"}]),
        with_package(sources=[{"title": "B"}, {"title": "A"}]),
        [("metadata_changed", """sources was not given, now {"title": "B"}""")],
        Bump.PATCH,
    ),
    (
        "a licence of another name",
        with_package(licenses=[{"name": "A", "path": "p"}]),
        with_package(licenses=[{"name": "B", "path": "p"}]),
        [("metadata_changed", "licenses[0].name was 'A', now 'B'")],
        Bump.PATCH,
    ),
    (
        "true is not one",
        with_package(flag=True),
        with_package(flag=1),
        [("metadata_changed", "flag was true, now 1")],
        Bump.PATCH,
    ),
    ("table added", World(), two(), [("table_added", "chairs: the table is new; rows: 2")], Bump.MINOR),
    (
        "table removed",
        two(),
        World(),
        [("table_removed", "chairs: the table is gone; rows: 2")],
        Bump.MAJOR,
    ),
    (
        "table renamed",
        two("chairs"),
        two("seats"),
        [
            ("table_renamed", "the table chairs is now named seats"),
            ("file_moved", "seats: the file was chairs.csv, now seats.csv"),
        ],
        Bump.MAJOR,
    ),
    (
        "column added",
        World(),
        World(columns("room", "place", "seats", "floor")),
        [("column_added", "rooms.floor: the column is new")],
        Bump.MAJOR,
    ),
    (
        "column removed",
        World(),
        World(columns("room", "place")),
        [("column_removed", "rooms.seats: the column is gone")],
        Bump.MAJOR,
    ),
    (
        "column renamed",
        World(),
        World(renamed(ROOMS, "place", "city")),
        [("column_renamed", "rooms: the column place is now named city")],
        Bump.MAJOR,
    ),
    (
        "column of the key renamed",
        World(),
        World(renamed(ROOMS, "room", "hall")),
        [("column_renamed", "rooms: the column room is now named hall")],
        Bump.MAJOR,
    ),
    (
        "columns re-ordered",
        World(),
        World(columns("room", "seats", "place")),
        [
            (
                "columns_reordered",
                "rooms: the columns stood in the order room, place, seats, now room, seats, place",
            )
        ],
        Bump.MAJOR,
    ),
    (
        "type",
        World(),
        described(type="integer"),
        [("type_changed", "rooms.place: the type was 'string', now 'integer'")],
        Bump.MAJOR,
    ),
    (
        "format",
        World(),
        described(format="uri"),
        [("format_changed", "rooms.place: format was 'default', now 'uri'")],
        Bump.MAJOR,
    ),
    (
        "description of a column",
        World(),
        described(description="Where it is."),
        [("metadata_changed", "rooms.place: description was not given, now 'Where it is.'")],
        Bump.PATCH,
    ),
    *(
        (
            f"{name} {old} to {new}",
            bound(**({name: old} if old is not None else {})),
            bound(**({name: new} if new is not None else {})),
            [(kind, f"rooms.place: {name} was {show_value(old)}, now {show_value(new)}, which {allows}")],
            bump,
        )
        for name, loose, tight in [
            ("minimum", 1, 2),
            ("minimum", "9", "10"),
            ("minimum", "1990-01-01", "2000-01-01"),
            ("maximum", "2000-01-01T00:00:00Z", "1990-12-31T00:00:00Z"),
            ("maximum", 9, 8.5),
            ("exclusiveMinimum", None, 2),
            ("exclusiveMaximum", 10, 9),
            ("minLength", 3, 4),
            ("maxLength", 30, 4),
            ("pattern", None, "a+"),
            ("required", None, True),
            ("unique", None, True),
        ]
        for old, new, kind, allows, bump in (
            (loose, tight, "constraint_tightened", "allows less", Bump.MAJOR),
            (tight, loose, "constraint_loosened", "allows more", Bump.MINOR),
        )
    ),
    ("the same limit, written otherwise", bound(minimum=5), bound(minimum="5"), [], Bump.NONE),
    *(
        (
            f"the default {name} is not given",
            described(**{name: value}),
            described(**{name: None}),
            [],
            Bump.NONE,
        )
        for name, value in [
            ("format", "default"),
            ("decimalChar", "."),
            ("bareNumber", True),
            ("categoriesOrdered", False),
            ("trueValues", ["true", "True", "TRUE", "1"]),
            ("falseValues", ["false", "False", "FALSE", "0"]),
            ("constraints", {"required": False, "unique": False, "minLength": 0}),
        ]
    ),
    ("a field without a type is a string", typed(None), typed("string"), [], Bump.NONE),
    (
        "a field without a type becomes any",
        typed(None),
        typed("any"),
        [("type_changed", "rooms.place: the type was 'string', now 'any'")],
        Bump.MAJOR,
    ),
    *(
        (f"fieldsMatch {old} to {new}", matched(old), matched(new), said, bump)
        for old, new, said, bump in [
            (None, "exact", [], Bump.NONE),
            ("exact", ["exact"], [], Bump.NONE),
            (None, "subset", matching("loosened", "exact", "subset", "more"), Bump.MINOR),
            ("exact", "partial", matching("loosened", "exact", "partial", "more"), Bump.MINOR),
            ("partial", "subset", matching("tightened", "partial", "subset", "less"), Bump.MAJOR),
            ("subset", "superset", matching("changed", "subset", "superset", "less"), Bump.MAJOR),
        ]
    ),
    (
        "id of the package",
        with_package(id="a"),
        with_package(id="b"),
        [("package_renamed", "the id of the package was 'a', now 'b'")],
        Bump.MAJOR,
    ),
    (
        "a first id",
        World(),
        with_package(id="b"),
        [("metadata_changed", "id was not given, now 'b'")],
        Bump.PATCH,
    ),
    (
        "fields re-ordered while the file stays",
        World(),
        World(fields=[a_field("place"), a_field("room"), a_field("seats")]),
        [
            (
                "columns_reordered",
                "rooms: the fields of the schema stood in the order room, place, seats, "
                "now place, room, seats",
            )
        ],
        Bump.MAJOR,
    ),
    (
        "labels lost with the categories",
        described(categories=[{"value": "a", "label": "Alpha"}]),
        bound(enum=["a"]),
        [
            (
                "metadata_changed",
                """rooms.place: categories was [{"value": "a", "label": "Alpha"}], now not given""",
            )
        ],
        Bump.PATCH,
    ),
    (
        "categories beside an enum",
        described(constraints={"enum": ["a"]}, categories=["a"]),
        described(constraints={"enum": ["a"]}, categories=["b"]),
        [("metadata_changed", "rooms.place: categories was a, now b")],
        Bump.PATCH,
    ),
    (
        "null in a vocabulary",
        bound(enum=["a", None]),
        bound(enum=["a"]),
        [("word_removed", "rooms.place: the vocabulary has lost the value null")],
        Bump.MAJOR,
    ),
    (
        "order of a vocabulary",
        bound(enum=["a", "b"]),
        bound(enum=["b", "a"]),
        [("metadata_changed", "rooms.place: order of enum was a, b, now b, a")],
        Bump.PATCH,
    ),
    (
        "order of the key, and with it of each row_id",
        World(primaryKey=["room", "place"]),
        World(primaryKey=["place", "room"]),
        [("key_changed", "rooms: the primary key was room, place, now place, room")],
        Bump.MAJOR,
    ),
    (
        "label of a text for no value",
        World(missingValues=[{"value": "-", "label": "not known"}]),
        World(missingValues=[{"value": "-", "label": "unknown"}]),
        [("metadata_changed", "rooms: missingValues.-.label was 'not known', now 'unknown'")],
        Bump.PATCH,
    ),
    (
        "a field that the file does not have",
        World(fields=[*map(a_field, ROOMS[0]), a_field("floor")]),
        World(fields=[*map(a_field, ROOMS[0]), a_field("floor", title="Floor")]),
        [("metadata_changed", "rooms: schema.fields.floor.title was not given, now 'Floor'")],
        Bump.PATCH,
    ),
    (
        "an empty text where it is a value",
        World([ROOMS[0], ("a", "NA", "1")], missingValues=["NA"]),
        World([ROOMS[0], ("a", "", "1")], missingValues=["NA"]),
        [("row_changed", "rooms a: place was 'NA', now empty")],
        Bump.PATCH,
    ),
    (
        "order of tables",
        two(),
        backwards(two()),
        [("metadata_changed", "order of resources was rooms, chairs, now chairs, rooms")],
        Bump.PATCH,
    ),
    ("required false is not given", bound(required=False), bound(), [], Bump.NONE),
    (
        "another pattern",
        bound(pattern="a+"),
        bound(pattern="a*"),
        [("constraint_changed", "rooms.place: pattern was 'a+', now 'a*', which may allow less")],
        Bump.MAJOR,
    ),
    (
        "a limit that cannot be compared",
        bound(minimum="2001-01-01"),
        bound(minimum="200X"),
        [
            (
                "constraint_changed",
                "rooms.place: minimum was '2001-01-01', now '200X', which may allow less",
            )
        ],
        Bump.MAJOR,
    ),
    (
        "word added",
        bound(enum=["a"]),
        bound(enum=["a", "b"]),
        [("word_added", "rooms.place: the vocabulary has the new value 'b'")],
        Bump.MINOR,
    ),
    (
        "word removed",
        bound(enum=["a", "b"]),
        bound(enum=["a"]),
        [("word_removed", "rooms.place: the vocabulary has lost the value 'b'")],
        Bump.MAJOR,
    ),
    (
        "category added",
        described(categories=[{"value": "a", "label": "A"}]),
        described(categories=["b", {"value": "a", "label": "A"}]),
        [("word_added", "rooms.place: the vocabulary has the new value 'b'")],
        Bump.MINOR,
    ),
    (
        "vocabulary where there was none",
        bound(),
        bound(enum=["a", "b"]),
        [("constraint_tightened", "rooms.place: enum was not given, now a, b, which allows less")],
        Bump.MAJOR,
    ),
    (
        "label of a word",
        described(categories=[{"value": "a", "label": "A"}]),
        described(categories=[{"value": "a", "label": "An a"}]),
        [("metadata_changed", "rooms.place: categories.a.label was 'A', now 'An a'")],
        Bump.PATCH,
    ),
    (
        "other key",
        World(),
        World(primaryKey=["place"]),
        [("key_changed", "rooms: the primary key was room, now place")],
        Bump.MAJOR,
    ),
    (
        "unique key added",
        World(),
        World(uniqueKeys=[["place", "seats"]]),
        [("unique_key_added", "rooms: place, seats must now be unique")],
        Bump.MAJOR,
    ),
    (
        "unique key removed",
        World(uniqueKeys=[["place"]]),
        World(),
        [("unique_key_removed", "rooms: place need not be unique any more")],
        Bump.MINOR,
    ),
    (
        "reference added",
        two(),
        refers("rooms"),
        [("reference_added", "chairs: room must now stand in rooms (room)")],
        Bump.MAJOR,
    ),
    (
        "reference removed",
        refers("rooms"),
        two(),
        [("reference_removed", "chairs: room need not stand in rooms (room) any more")],
        Bump.MINOR,
    ),
    (
        "reference changed and a column renamed",
        refers("rooms"),
        halls("rooms", "place", "hall"),
        [
            ("column_renamed", "chairs: the column room is now named hall"),
            ("reference_changed", "chairs: hall referred to rooms (room), now to rooms (place)"),
        ],
        Bump.MAJOR,
    ),
    (
        "reference added and a column renamed",
        two(),
        halls("rooms", "room", "hall"),
        [
            ("column_renamed", "chairs: the column room is now named hall"),
            ("reference_added", "chairs: hall must now stand in rooms (room)"),
        ],
        Bump.MAJOR,
    ),
    (
        "unique key on a column renamed, and another order",
        World(uniqueKeys=[["place", "seats"]]),
        World(renamed(columns("room", "seats", "place"), "place", "city"), uniqueKeys=[["seats"]]),
        [
            ("column_renamed", "rooms: the column place is now named city"),
            (
                "columns_reordered",
                "rooms: the columns stood in the order room, place, seats, now room, seats, city",
            ),
            ("unique_key_removed", "rooms: place, seats need not be unique any more"),
            ("unique_key_added", "rooms: seats must now be unique"),
        ],
        Bump.MAJOR,
    ),
    (
        "title of a column renamed",
        World(),
        World(
            renamed(ROOMS, "seats", "size"),
            fields=[a_field("room"), a_field("place"), a_field("size", title="Size")],
        ),
        [
            ("column_renamed", "rooms: the column seats is now named size"),
            ("metadata_changed", "rooms.size: title was not given, now 'Size'"),
        ],
        Bump.MAJOR,
    ),
    (
        "a row and a title of a table renamed",
        World(),
        titled("halls", [*ROOMS[:4], ("d", "Nairobi", "401")]),
        [
            ("table_renamed", "the table rooms is now named halls"),
            ("file_moved", "halls: the file was rooms.csv, now halls.csv"),
            ("metadata_changed", "halls: title was not given, now 'Halls'"),
            ("row_changed", "halls d: seats was '400', now '401'"),
        ],
        Bump.MAJOR,
    ),
    (
        "rows under other keys, in another order",
        World(),
        World([ROOMS[0], ("a", *ROOMS[2][1:]), ("b", *ROOMS[1][1:]), *ROOMS[3:]]),
        [
            ("row_changed", "rooms a: place was 'Geneva', now 'New York'; seats was '100', now '200'"),
            ("row_changed", "rooms b: place was 'New York', now 'Geneva'; seats was '200', now '100'"),
        ],
        Bump.PATCH,
    ),
    (
        "rows under other keys, sorted otherwise",
        World(),
        World([ROOMS[0], ("z", *ROOMS[1][1:]), ("y", *ROOMS[2][1:]), *ROOMS[3:]]),
        [
            ("row_rekeyed", "rooms: the key was 'b', now 'y', with the same content"),
            ("row_rekeyed", "rooms: the key was 'a', now 'z', with the same content"),
        ],
        Bump.MAJOR,
    ),
    (
        "reference changed",
        refers("rooms"),
        refers("rooms", "place"),
        [("reference_changed", "chairs: room referred to rooms (room), now to rooms (place)")],
        Bump.MINOR,
    ),
    (
        "missing values",
        World(),
        World(missingValues=["", "-"]),
        [("missing_values_changed", "rooms: the texts for no value were '', now '', -")],
        Bump.MAJOR,
    ),
    (
        "file moved",
        World(),
        with_resource(path="data/rooms.csv"),
        [("file_moved", "rooms: the file was rooms.csv, now data/rooms.csv")],
        Bump.NONE,
    ),
    (
        "title of a table",
        World(),
        with_resource(title="Rooms"),
        [("metadata_changed", "rooms: title was not given, now 'Rooms'")],
        Bump.PATCH,
    ),
    ("size and hash of a file", World(), with_resource(bytes=1, hash="sha256:00"), [], Bump.NONE),
    (
        "row order",
        World(),
        World([ROOMS[0], *reversed(ROOMS[1:])]),
        [("only_bytes_differ", f"rooms: only the bytes of rooms.csv differ: {OTHER_BYTES}")],
        Bump.NONE,
    ),
    (
        "quotes and line ends",
        World(),
        with_files(b'"' + as_bytes(ROOMS).replace(b",", b'","').replace(b"\n", b'"\r\n"')[:-1]),
        [("only_bytes_differ", f"rooms: only the bytes of rooms.csv differ: {OTHER_BYTES}")],
        Bump.NONE,
    ),
    (
        "row added",
        World(ROOMS[:4]),
        World(),
        [("row_added", "rooms d: added: room 'd', place 'Nairobi', seats '400'")],
        Bump.MINOR,
    ),
    (
        "row removed",
        World(),
        World(ROOMS[:4]),
        [("row_removed", "rooms d: removed: room 'd', place 'Nairobi', seats '400'")],
        Bump.MAJOR,
    ),
    (
        "cells changed",
        World(),
        changed(b={"seats": "", "place": "Rome"}),
        [("row_changed", "rooms b: place was 'New York', now 'Rome'; seats was '200', now empty")],
        Bump.PATCH,
    ),
    (
        "row under another key",
        World(),
        changed(b={"room": "x"}),
        [("row_rekeyed", "rooms: the key was 'b', now 'x', with the same content")],
        Bump.MAJOR,
    ),
    (
        "a cell that follows, one that does more, and one that does not",
        chairs_in("a", "a", "a"),
        chairs_in("x", "x", "b", legs="9"),
        [
            ("row_rekeyed", "rooms: the key was 'a', now 'x', with the same content"),
            ("row_following", "chairs 1: room was 'a', now 'x', to follow rows under another key"),
            ("row_changed", "chairs 2: room was 'a', now 'x'; legs was '4', now '9'"),
            ("row_changed", "chairs 3: room was 'a', now 'b'"),
        ],
        Bump.MAJOR,
    ),
    (
        "no key: copies of a row",
        World([*ROOMS, ROOMS[1], ROOMS[1]], primaryKey=[]),
        World(ROOMS, primaryKey=[]),
        [("row_removed", "rooms: removed: room 'a', place 'Geneva', seats '100'")] * 2,
        Bump.MAJOR,
    ),
]


def contents(tables: Mapping[str, pl.DataFrame]) -> dict[str, list[tuple[str, ...]]]:
    """Tables without the order of their rows."""
    return {
        name: [tuple(frame.columns), *sorted(frame.iter_rows())] for name, frame in sorted(tables.items())
    }


def told(diff: Diff) -> list[Told]:
    return [(change.kind.value, change.text) for change in diff]


@pytest.mark.parametrize(
    ("old", "new", "said", "bump"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_kind_of_change_is_told_and_asks_for_its_bump(
    old: World, new: World, said: list[Told], bump: Bump
) -> None:
    diff = diff_packages(old.package(), new.package())
    assert told(diff) == said
    assert smallest_bump(diff) is bump
    assert diff.counts.total() == len(said)
    assert bool(diff) == bool(said)


@pytest.mark.parametrize(("old", "new"), [case[1:3] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_turned_round_is_that_of_the_way_back(old: World, new: World) -> None:
    back = invert_diff(diff_packages(old.package(), new.package()))
    assert sorted(told(back)) == sorted(told(diff_packages(new.package(), old.package())))
    assert contents(apply_diff(tables_of(new.package()), back)) == contents(tables_of(old.package()))


def test_rows_under_other_keys_are_sorted_by_the_key_that_they_have_then() -> None:
    old, new = World(), World([ROOMS[0], ("z", *ROOMS[1][1:]), ("y", *ROOMS[2][1:]), *ROOMS[3:]])
    back = invert_diff(diff_packages(old.package(), new.package()))
    assert [row.key for row in back if isinstance(row, RowRekeyed)] == [("a",), ("b",)]


def test_every_kind_of_change_has_a_case_and_a_rule() -> None:
    assert {kind for case in CASES for kind, _ in case[3]} == set(Kind) == set(RULES)


@pytest.mark.parametrize("kind", Kind)
def test_each_rule_names_its_bump_and_where_it_stands(kind: Kind) -> None:
    rule = RULES[kind]
    assert re.match(rf"(Data Package Version recipe|hrdata's ruling), {rule.bump}: [a-z]", rule.text)


def test_a_table_without_a_key_is_known_under_another_name_whatever_copies_it_has() -> None:
    rows = [*ROOMS, *[ROOMS[1]] * 9]
    old, new = (World(rows, name=name, primaryKey=[]).package() for name in ("rooms", "halls"))
    assert diff_packages(old, new).counts == {Kind.TABLE_RENAMED: 1, Kind.FILE_MOVED: 1}


def test_a_column_of_one_text_only_is_not_renamed() -> None:
    old, new = ([["id", name], *([str(n), "yes"] for n in range(9))] for name in ("a", "b"))
    kinds = diff_packages(World(old).package(), World(new).package()).counts
    assert kinds == {Kind.COLUMN_ADDED: 1, Kind.COLUMN_REMOVED: 1}


def test_diffs_and_changes_can_be_compared_and_kept_in_sets() -> None:
    one, other = (diff_packages(World().package(), World(ROOMS[:4]).package()) for _ in range(2))
    assert one != other
    assert len({one, other}) == 2
    assert set(one) == set(other)
    both = diff_packages(World(ROOMS[:3]).package(), described(description="x", categories=["a"]).package())
    assert len(set(both)) == both.counts.total()


# Renamed columns do not hide what else differs


def test_cells_are_compared_across_renamed_columns() -> None:
    rows = [[str(number), f"name {number}", "x"] for number in range(20)]
    old = World([["id", "name", "kind"], *rows])
    other = [[*row] for row in rows]
    other[3][1], other[4][2] = "another", "y"
    new = World([["id", "title", "kind"], *other])
    assert told(diff_packages(old.package(), new.package())) == [
        ("column_renamed", "rooms: the column name is now named title"),
        ("row_changed", "rooms 3: title was 'name 3', now 'another'"),
        ("row_changed", "rooms 4: kind was 'x', now 'y'"),
    ]


@pytest.mark.parametrize(
    "now",
    [
        [["room", "a", "b", "seats"], *([row[0], row[1], row[1], row[2]] for row in ROOMS[1:])],
        [["room", "a", "seats"], *([row[0], "", row[2]] for row in ROOMS[1:])],
        [["room", "a", "seats"], *([row[0], f"{row[1]}?", row[2]] for row in ROOMS[1:])],
    ],
    ids=["two that could be it", "an empty one", "another one"],
)
def test_a_column_is_renamed_only_where_there_is_no_doubt(now: Rows) -> None:
    kinds = diff_packages(World().package(), World(now).package()).counts
    assert kinds[Kind.COLUMN_REMOVED] == 1
    assert not kinds[Kind.COLUMN_RENAMED]


def test_a_column_of_which_half_the_cells_are_the_same_is_another_one() -> None:
    rows = [[row[0], row[1] if row[0] in "ab" else "elsewhere", row[2]] for row in ROOMS[1:]]
    kinds = diff_packages(World().package(), World([["room", "city", "seats"], *rows]).package()).counts
    assert kinds == {Kind.COLUMN_ADDED: 1, Kind.COLUMN_REMOVED: 1}


def test_empty_columns_are_not_renamed() -> None:
    old, new = ([["id", name], ["1", ""], ["2", ""]] for name in ("a", "b"))
    kinds = diff_packages(World(old).package(), World(new).package()).counts
    assert kinds == {Kind.COLUMN_ADDED: 1, Kind.COLUMN_REMOVED: 1}


@pytest.mark.parametrize(("table", "column"), [("halls", "room"), ("rooms", "hall")])
def test_references_follow_renamed_tables_and_columns(table: str, column: str) -> None:
    old, new = refers("rooms"), refers(table, column)
    new.rooms.update(a_resource(table, [column, "place", "seats"]))
    new.files[table] = as_bytes(renamed(ROOMS, "room", column))
    diff = diff_packages(old.package(), new.package())
    kinds = {"halls": {Kind.TABLE_RENAMED, Kind.FILE_MOVED}, "rooms": {Kind.COLUMN_RENAMED}}
    assert set(diff.counts) == kinds[table]
    assert told(invert_diff(diff)) == told(diff_packages(new.package(), old.package()))


# Rows under another key

BALLOTS: Rows = (
    ("vote", "state", "choice"),
    *(("v1", "CHN", "no"), ("v1", "FRA", "yes"), ("v1", "USA", "yes")),
    *(("v2", "CHN", "no"), ("v2", "FRA", "yes"), ("v2", "USA", "yes")),
)


def ballots(*rows: Sequence[str]) -> Package:
    return World([BALLOTS[0], *rows], primaryKey=["vote", "state"]).package()


def rekeyed(old: Package, new: Package) -> list[tuple[str, str]]:
    diff = diff_packages(old, new)
    return [("|".join(row.old_key), row.row_id) for row in diff if isinstance(row, RowRekeyed)]


def test_the_rows_of_a_vote_that_is_renamed_are_re_keyed() -> None:
    now = [[vote.replace("v2", "v3"), *rest] for vote, *rest in BALLOTS[1:]]
    assert rekeyed(ballots(*BALLOTS[1:]), ballots(*now)) == [
        ("v2|CHN", "v3|CHN"),
        ("v2|FRA", "v3|FRA"),
        ("v2|USA", "v3|USA"),
    ]


def test_one_part_of_a_key_corrected_is_one_change() -> None:
    now = [*BALLOTS[1:6], ["v2", "GBR", "yes"]]
    diff = diff_packages(ballots(*BALLOTS[1:]), ballots(*now))
    assert told(diff) == [("row_rekeyed", "rooms: the key was 'v2|USA', now 'v2|GBR', with the same content")]


def test_a_ballot_taken_out_is_not_one_of_a_vote_that_is_new() -> None:
    now = [*BALLOTS[1:6], *(["v3", *rest] for _, *rest in BALLOTS[1:4])]
    kinds = diff_packages(ballots(*BALLOTS[1:]), ballots(*now)).counts
    assert kinds == {Kind.ROW_REMOVED: 1, Kind.ROW_ADDED: 3}


def test_a_ballot_of_another_state_in_another_vote_is_another_one() -> None:
    old = ballots(*BALLOTS[1:], ("v1", "DEU", "yes"))
    new = ballots(*BALLOTS[1:], ("v2", "GBR", "yes"))
    assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1}


def test_content_tells_rows_apart_only_if_one_part_of_the_key_stays() -> None:
    old, new = ballots(*BALLOTS[1:], ("v1", "DEU", "odd")), ballots(*BALLOTS[1:], ("v2", "GBR", "odd"))
    assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1}
    new = ballots(*BALLOTS[1:], ("v1", "GBR", "odd"), ("v1", "AUT", "yes"))
    assert rekeyed(old, new) == [("v1|DEU", "v1|GBR")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["line by line", "in full"])
def test_content_that_rows_have_that_stay_says_nothing(line_end: str) -> None:
    sides = []
    for number in ("3", "17"):
        world = World([["id", "choice"], *([key, "no"] for key in ("0", "1", "2", number))])
        world.files["rooms"] = world.files["rooms"].replace(b"\n", line_end.encode())
        sides.append(world.package())
    assert diff_packages(*sides).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1}


def test_content_that_comes_a_second_time_says_nothing() -> None:
    old = World([["id", "word"], ["1", "x"], ["2", "y"]]).package()
    new = World([["id", "word"], ["3", "x"], ["2", "x"]]).package()
    assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1, Kind.ROW_CHANGED: 1}


def referring(*names: str) -> Package:
    """Bodies, who took part in which event, and where that is cited; the first bodies have these names."""
    bodies = [*names, "unga"][:3]
    world = World(
        [["body_id", "name"], *zip(bodies, ["Torture", "Women", "All"], strict=True)], name="bodies"
    )
    rows = [["event_id", "participant", "role"], *(["e", body, "participant"] for body in bodies)]
    world.add("event_participants", rows, primaryKey=["event_id", "participant"])
    seats = [["body", "from", "seats"], *([body, "2000", "10"] for body in bodies)]
    reference = {"fields": ["body"], "reference": {"resource": "bodies", "fields": ["body_id"]}}
    world.add("seats", seats, primaryKey=["body", "from"], foreignKeys=[reference])
    cited = [["table", "row_id", "source"], *(["bodies", body, "s"] for body in bodies)]
    cited += [["event_participants", f"e|{body}", "s"] for body in bodies]
    world.add("citations", cited, primaryKey=["table", "row_id", "source"])
    world.descriptor["resources"].reverse()
    return world.package()


def test_rows_follow_those_that_they_refer_to() -> None:
    """Also where many do, in a reference of the schema, in a participant and in the row_id of a citation."""
    diff = diff_packages(referring("cat-committee", "cedaw-committee"), referring("cat", "cedaw"))
    assert diff.counts == {Kind.ROW_REKEYED: 10}
    assert {table.table: table.rekeyed["key"].to_list() for table in diff.tables} == {
        "bodies": [["cat"], ["cedaw"]],
        "event_participants": [["e", "cat"], ["e", "cedaw"]],
        "seats": [["cat", "2000"], ["cedaw", "2000"]],
        "citations": [
            *(["bodies", "cat", "s"], ["bodies", "cedaw", "s"]),
            *(["event_participants", "e|cat", "s"], ["event_participants", "e|cedaw", "s"]),
        ],
    }


def test_cells_of_several_columns_follow() -> None:
    def world(first: str, second: str) -> Package:
        made = World([("room", "place"), (first, "Geneva"), (second, "Vienna")])
        references = [
            {"fields": [name], "reference": {"resource": "rooms", "fields": ["room"]}}
            for name in ("from", "to")
        ]
        rows = [("move", "from", "to"), ("1", first, second), ("2", second, first)]
        made.add("moves", rows, foreignKeys=references)
        return made.package()

    counts = diff_packages(world("a", "b"), world("x", "y")).counts
    assert counts == {Kind.ROW_REKEYED: 2, Kind.ROW_FOLLOWING: 2}


def test_rows_that_could_be_either_are_not_re_keyed() -> None:
    old = World([["id", "kind"], ["1", "x"], ["2", "x"]]).package()
    new = World([["id", "kind"], ["3", "x"], ["4", "x"]]).package()
    assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 2, Kind.ROW_REMOVED: 2}


def test_rows_without_content_are_not_re_keyed() -> None:
    for rows in (
        ([["id"], ["1"]], [["id"], ["2"]]),
        ([["id", "note"], ["1", ""]], [["id", "note"], ["2", ""]]),
    ):
        old, new = (World(side).package() for side in rows)
        assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1}


# Canonical form


def test_texts_that_stand_for_no_value_are_the_same() -> None:
    old = World([ROOMS[0], ["a", "-", "n/a"]], missingValues=["-", "n/a"])
    new = World([ROOMS[0], ["a", "n/a", "-"]], missingValues=["-", "n/a"])
    assert diff_packages(old.package(), new.package()).counts == {Kind.ONLY_BYTES_DIFFER: 1}


def test_a_cell_with_line_ends_is_compared_as_a_whole() -> None:
    text = "one\nb,New York,200\ntwo"
    old, new = changed(a={"place": text}), changed(a={"place": text.replace("two", "2")})
    [row] = diff_packages(old.package(), new.package())
    assert isinstance(row, RowChanged)
    assert [(cell.old, cell.new) for cell in row.cells] == [(text, text.replace("two", "2"))]


def test_lines_are_printed_without_control_characters() -> None:
    for world in (
        changed(b={"place": "\x1b[31m"}),
        with_package(title="a\x1b\nb"),
        World(renamed(ROOMS, "place", "\x1b")),
    ):
        assert all(change.text.isprintable() for change in diff_packages(World().package(), world.package()))


def test_a_part_of_the_key_corrected_in_a_table_of_keys_only_is_not_re_keyed() -> None:
    old, new = (World([["a", "b"], ["1", b]], primaryKey=["a", "b"]).package() for b in ("x", "y"))
    assert diff_packages(old, new).counts == {Kind.ROW_ADDED: 1, Kind.ROW_REMOVED: 1}


# Errors


def fault(old: Package, new: Package) -> str:
    with pytest.raises(EnvironmentFault) as raised:
        diff_packages(old, new)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("is_old", [True, False])
def test_a_key_that_stands_twice_is_an_error_with_its_lines(is_old: bool) -> None:
    twice, other = World([*ROOMS, ROOMS[2]]).package("here"), World(ROOMS[:3]).package("there")
    line = fault(twice, other) if is_old else fault(other, twice)
    assert line.startswith("here: rooms.csv: the key b of rooms stands on the lines 3 and 6, but")


def test_a_key_that_stands_twice_on_both_sides_is_an_error() -> None:
    twice = World([*ROOMS, ROOMS[2]]).package("here")
    assert "the key b of rooms stands on the lines 3 and 6" in fault(twice, twice)


@pytest.mark.parametrize("is_old", [True, False])
def test_a_key_that_only_one_side_has_may_not_stand_twice_there(is_old: bool) -> None:
    twice, free = World([*ROOMS, ROOMS[2]]).package("here"), World(primaryKey=[]).package()
    line = fault(twice, free) if is_old else fault(free, twice)
    assert line.startswith("here: rooms.csv: the key b of rooms stands on the lines 3 and 6")


@pytest.mark.parametrize("name", ["events", "bodies", "votes"])
def test_a_table_of_ones_own_may_be_named_like_one_of_ours(name: str) -> None:
    for key in KEYS:
        old, new = World(name=name, primaryKey=key), World(ROOMS[:4], name=name, primaryKey=key)
        assert not diff_packages(old.package(), old.package())
        assert diff_packages(old.package(), new.package()).counts == {Kind.ROW_REMOVED: 1}


def test_a_new_row_with_the_key_of_one_that_stays_is_an_error() -> None:
    line = fault(World().package(), World([*ROOMS, ["b", "Rome", "1"]]).package())
    assert "the key b of rooms stands on the lines 3 and 6" in line


def test_two_new_rows_with_the_same_key_are_an_error() -> None:
    line = fault(World().package(), World([*ROOMS, ["e", "Rome", "1"], ["e", "Rome", "2"]]).package())
    assert "the key e of rooms stands on the lines 6 and 7" in line


def test_a_key_of_a_column_that_is_not_there_is_an_error() -> None:
    world = World(primaryKey=["hall"])
    assert fault(world.package("here"), world.package("here")) == (
        "here: rooms.csv: the key has the column hall, but the file has no such column; "
        "add it, or correct the key"
    )


def test_a_fault_of_the_structure_is_told_before_a_key_without_its_column() -> None:
    world = World(primaryKey=["hall"])
    world.files["rooms"] += b"e,Rome\n"
    line = fault(world.package("here"), world.package("here"))
    assert line.startswith("here: rooms.csv:6: the row has 2 cells, but expected 3 (STR112); mend it first")


KEYS: list[list[str]] = [["room"], []]


@pytest.mark.parametrize("key", KEYS, ids=["key", "no key"])
@pytest.mark.parametrize(
    ("broken", "check"), [(b"\n", "STR114"), (b"e,Rome\n", "STR112"), (b"e,\xff,1\n", "STR101")]
)
def test_a_fault_in_a_line_that_both_files_have_is_an_error(
    broken: bytes, check: str, key: list[str]
) -> None:
    data = as_bytes(ROOMS)
    files = [data + broken, data.replace(b"Geneva", b"Bonn") + broken, data + broken]
    sides = [World(primaryKey=key).package("here") for _ in files]
    for package, file in zip(sides, files, strict=True):
        package.tables["rooms"] = Columns("rooms.csv", file)
    assert "here: rooms.csv:6: " in (line := fault(sides[0], sides[1]))
    assert check in line
    assert check in fault(sides[0], sides[2])


@pytest.mark.parametrize("is_old", [True, False])
def test_a_file_that_cannot_be_read_in_full_is_an_error(is_old: bool) -> None:
    broken, sound = with_files(as_bytes(ROOMS) + b"e,Rome\n").package("here"), World().package()
    line = fault(broken, sound) if is_old else fault(sound, broken)
    assert line.startswith("here: rooms.csv:6: the row has 2 cells, but expected 3 (STR112); mend it first")


def test_a_file_that_is_not_parsed_yet_is_read_in_full_as_well() -> None:
    """As a reader may hand tables over that keeps only their bytes."""
    sides = [World().package(), with_files(as_bytes(ROOMS) + b"e,Rome\n").package("here")]
    for package in sides:
        package.findings.clear()
        for name, whole in package.tables.items():
            package.tables[name] = Columns(whole.file, whole.data)
    assert "here: rooms.csv:6: the row has 2 cells" in fault(sides[0], sides[1])
    assert "here: rooms.csv:6: the row has 2 cells" in fault(sides[1], sides[0])
    assert not diff_packages(sides[0], sides[0])


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    descriptor = {"name": "world", "resources": [a_resource("rooms", ROOMS[0])]}
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    with pytest.raises(EnvironmentFault, match=r"the resource rooms has no file at rooms\.csv"):
        diff_packages(World().package(), tmp_path)


def test_keys_of_which_neither_fits_both_sides_are_an_error() -> None:
    old = World([["a", "b"], ["1", "x"], ["2", "x"]], primaryKey=["a"])
    new = World([["a", "b"], ["1", "x"], ["1", "y"]], primaryKey=["b"])
    assert "the key of rooms is b, but was a in memory, and neither" in fault(old.package(), new.package())


def test_rows_are_compared_by_the_old_key_where_the_new_one_does_not_fit() -> None:
    old = World([["a", "b"], ["1", "x"], ["2", "x"]], primaryKey=["a"])
    new = World([["a", "b"], ["1", "x"], ["2", "y"]], primaryKey=["b"])
    assert told(diff_packages(old.package(), new.package())) == [
        ("key_changed", "rooms: the primary key was a, now b"),
        ("row_changed", "rooms 2: b was 'x', now 'y'"),
    ]


ODD: list[Any] = [
    {"fields": 1},
    {"fields": [1, {}]},
    {"primaryKey": 1},
    {"foreignKeys": [1]},
    {"uniqueKeys": 2},
    {"missingValues": 1},
    {"fields": [{"name": "room", "constraints": 1, "categories": 1}]},
    7,
    None,
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_schema_is_compared_as_far_as_it_goes(odd: Any) -> None:
    world = with_resource(schema=odd)
    assert not diff_packages(world.package(), world.package())
    for sides in (World(), world), (world, World()):
        assert diff_packages(sides[0].package(), sides[1].package()) or odd == {}


ROOM: Any = {"name": "room"}
OTHER_THAN: list[tuple[Any, Any]] = [
    (7, 8),
    ({"fields": 1}, {"fields": 2}),
    ({"fields": [ROOM, {"type": "string"}]}, {"fields": [ROOM, {"type": "integer"}]}),
    (
        {"fields": [{"name": "room", "type": "date"}, ROOM]},
        {"fields": [{"name": "room", "type": "year"}, ROOM]},
    ),
    ({"fields": [ROOM], "primaryKey": {"a": 1}}, {"fields": [ROOM], "primaryKey": 5}),
    ({"fields": [ROOM], "uniqueKeys": [1]}, {"fields": [ROOM], "uniqueKeys": [2]}),
    ({"fields": [ROOM], "foreignKeys": {"a": 1}}, {"fields": [ROOM], "foreignKeys": {"a": 2}}),
    (
        {"fields": [ROOM], "foreignKeys": [{"fields": "a"}]},
        {"fields": [ROOM], "foreignKeys": [{"fields": "b"}]},
    ),
    ({"fields": [ROOM], "missingValues": "a"}, {"fields": [ROOM], "missingValues": "b"}),
    ({"fields": [ROOM], "fieldsMatch": ["a", "b"]}, {"fields": [ROOM], "fieldsMatch": ["b", "a"]}),
    *(
        ({"fields": [ROOM | {word: old}]}, {"fields": [ROOM | {word: new}]})
        for word, old, new in [
            ("constraints", {"enum": "ab"}, {"enum": "cd"}),
            ("constraints", 1, 2),
            ("categories", "ab", "cd"),
            ("categories", [1], ["1"]),
            ("missingValues", "a", "b"),
            ("type", 1, 2),
        ]
    ),
]


@pytest.mark.parametrize(("old", "new"), OTHER_THAN, ids=str)
def test_an_odd_schema_that_becomes_another_odd_one_is_told(old: Any, new: Any) -> None:
    """What hrdata cannot read may mean anything: then the bump is the largest."""
    diff = diff_packages(with_resource(schema=old).package(), with_resource(schema=new).package())
    assert diff
    assert smallest_bump(diff) is Bump.MAJOR


@pytest.mark.parametrize("is_old", [True, False])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"schema": "rooms.json"},
            "the schema of the resource rooms is in rooms.json, but expected it here; copy",
        ),
        ({"dialect": "d.json"}, "the dialect of the resource rooms is in d.json, but expected it here; copy"),
        (
            {"dialect": {"delimiter": ";"}},
            "the dialect of the resource rooms has delimiter ';', but hrdata reads",
        ),
        (
            {"dialect": {"commentChar": "#"}},
            "the dialect of the resource rooms has commentChar '#', but hrdata",
        ),
        (
            {"format": "xlsx"},
            "the format of the resource rooms is 'xlsx', but hrdata compares CSV; take it out",
        ),
    ],
)
def test_what_is_not_followed_is_an_error(more: dict[str, Any], said: str, is_old: bool) -> None:
    odd, plain = with_resource(**more).package("here"), World().package()
    line = fault(odd, plain) if is_old else fault(plain, odd)
    assert line.startswith(f"here: datapackage.json: {said}")


def test_a_dialect_that_says_what_we_do_anyhow_is_fine() -> None:
    plain = {
        "lineTerminator": "\n",
        "delimiter": ",",
        "quoteChar": '"',
        "header": True,
        "skipInitialSpace": False,
    }
    world = with_resource(dialect=plain)
    assert not diff_packages(world.package(), world.package())


def test_a_file_that_is_no_table_is_an_error() -> None:
    world = with_resource(path="doc.txt")
    del world.rooms["schema"]
    assert "the format of the resource rooms is 'txt'" in fault(world.package(), world.package())


# Versions


@pytest.mark.parametrize(
    ("old", "bump", "new"),
    [
        ("1.2.3", Bump.NONE, "1.2.3"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("0.1.0", Bump.MAJOR, "1.0.0"),
        ("2.0.0-rc.1", Bump.MAJOR, "2.0.0"),
        ("2.0.1-rc.1", Bump.MINOR, "2.1.0"),
        ("1.2.3+build.7", Bump.PATCH, "1.2.4"),
    ],
)
def test_the_next_version(old: str, bump: Bump, new: str) -> None:
    assert next_version(old, bump) == new
    assert is_enough(old, new, bump)


@pytest.mark.parametrize(
    ("old", "new", "bump", "enough"),
    [
        ("1.2.3", "1.2.3", Bump.NONE, True),
        ("1.2.3", "1.2.3", Bump.PATCH, False),
        ("1.2.3", "1.10.0", Bump.MINOR, True),
        ("1.2.3", "2.0.0", Bump.PATCH, True),
        ("1.2.3", "2.0.0-rc.1", Bump.MAJOR, True),
        ("1.2.3", "1.3.0-rc.1", Bump.MAJOR, False),
        ("2.0.0-rc.1", "2.0.0-rc.2", Bump.PATCH, True),
        ("2.0.0-rc.1", "2.0.0-rc.2", Bump.MAJOR, True),
        ("2.0.0-rc.2", "2.0.0-rc.2", Bump.PATCH, False),
        ("2.0.0-rc.2", "2.0.0-rc.1", Bump.PATCH, False),
        ("2.0.1-rc.1", "2.0.1-rc.2", Bump.MINOR, False),
        ("1.2.3", "1.2.2", Bump.NONE, False),
        ("1.0.0-rc.2", "1.0.0-rc.10", Bump.NONE, True),
        ("1.0.0-rc.2", "1.0.0-1", Bump.NONE, False),
    ],
)
def test_whether_a_version_is_enough(old: str, new: str, bump: Bump, enough: bool) -> None:
    assert is_enough(old, new, bump) is enough


NO_VERSIONS = [
    "",
    "1",
    "1.2",
    "v1.2.3",
    "1.2.3.4",
    "01.2.3",
    "1.2.3-",
    "1.2.3\n",
    "1.2.³",
    "1.2." + "9" * 5000,
]


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected three numbers"):
        next_version(text, Bump.PATCH)


def test_the_required_version_follows_from_the_changes() -> None:
    assert required_version(diff_packages(World().package(), two().package())) == "1.3.0"


# Applying


def test_a_diff_is_applied_to_the_version_that_it_starts_from_only() -> None:
    diff = diff_packages(World().package(), changed(b={"seats": "7"}).package())
    for world in changed(b={"seats": "6"}), World(ROOMS[:2]), World(columns("room", "seats")), two("rooms2"):
        tables = tables_of(world.package())
        if world.rooms["name"] == "rooms" and len(world.files) == 2:
            del tables["rooms"]
        with pytest.raises(Conflict, match="but the diff starts from memory"):
            apply_diff(tables, diff)


def test_a_table_that_is_new_must_not_be_there_already() -> None:
    diff = diff_packages(World().package(), two().package())
    with pytest.raises(Conflict, match="there is a table chairs already, but the diff starts from memory"):
        apply_diff(tables_of(two().package()), diff)


def test_a_row_that_is_taken_out_has_to_be_the_one_that_was_there() -> None:
    diff = diff_packages(World().package(), World(ROOMS[:4]).package())
    with pytest.raises(Conflict, match="the row d of rooms is another one"):
        apply_diff(tables_of(changed(d={"seats": "401"}).package()), diff)


def test_a_change_of_kind_has_all_it_needs_in_its_fields() -> None:
    change = Change(Kind.COLUMN_ADDED, "votes", "yes")
    assert (change.table, change.column, change.old, change.new) == ("votes", "yes", None, None)


# The command


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `hrdata diff` in this process; gives its exit code and what it printed."""

    def run_here(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hrdata", "diff", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run_here


def written(world: World, folder: Path) -> Path:
    """A package on disk."""
    folder.mkdir()
    (folder / "datapackage.json").write_text(json.dumps(world.descriptor), "utf-8")
    for name, data in world.files.items():
        (folder / f"{name}.csv").write_bytes(data)
    return folder


def test_all_rows_are_listed_on_demand_and_the_summary_says_how(run: Run, tmp_path: Path) -> None:
    rows = [["id", "name"], *([str(n), f"name {n}"] for n in range(30))]
    old, new = written(World(rows[:1] + rows[1:2]), tmp_path / "old"), written(World(rows), tmp_path / "new")
    _, short, _ = run(old, new)
    assert "and 9 more; --full lists them" in short
    assert "29: name" not in short
    _, full, _ = run(old, new, "--full", "--output", f"text:{tmp_path / 'full.txt'}")
    assert "29: name 'name 29'" in full
    assert "29: name 'name 29'" in (tmp_path / "full.txt").read_text("utf-8")
    for options in (["--format", "json"], ["--changelog"]):
        code, out, err = run(old, new, "--full", *options)
        assert (code, out, err) == (
            2,
            "",
            "hrdata: --full is for the text; --format json lists all rows anyhow\n",
        )


def test_daff_says_what_it_leaves_out_and_spares_terminals(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = written(World(), tmp_path / "old"), written(two(), tmp_path / "new")
    code, out, err = run(old, new, "--format", "daff")
    assert (code, out) == (0, "")
    assert err == "hrdata: daff has the rows of one table; 1 change left out, see --format json\n"
    assert run(old, old, "--format", "daff") == (0, "", "")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, out, err = run(old, new, "--format", "daff")
    assert (code, out) == (2, "")
    assert err == "hrdata: --format daff is not for a terminal; write it with --output daff:FILE\n"


README = Path(__file__).parents[1] / "README.md"
[EXAMPLE] = re.findall(r"\$ hrdata diff (git:\w+) (git:\w+)\n(.*?)\n\n", README.read_text("utf-8"), re.DOTALL)


def has_history() -> bool:
    """Whether the revisions of the example of the README are there."""
    try:
        for revision in EXAMPLE[:2]:
            commit = revision.removeprefix("git:")
            ask_git(README.parent, "rev-parse", "--verify", "--quiet", f"{commit}:datapackage")
    except EnvironmentFault:
        return False
    return True


@pytest.mark.skipif(not has_history(), reason="the history of the project is not there")
def test_the_example_of_the_readme_is_what_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(README.parent)
    _, out, _ = run(*EXAMPLE[:2])
    lines, position = out.splitlines(), 0
    for line in (line.removeprefix("    ") for line in EXAMPLE[2].splitlines()):
        if line.strip() != "...":
            assert line in lines[position:]
            position = lines.index(line, position) + 1
