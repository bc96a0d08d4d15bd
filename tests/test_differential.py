"""A second opinion: frictionless and hrdata look at the same files, each with the same single fault.

Both have to say the same, valid or not, and blame the same line. Where they differ, and why, is
listed by name; a difference that is gone, or a new one, fails a test.
"""

import hashlib
import json
import re
import shutil
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import frictionless
import pytest

from hrdata.check import CHECKS, Severity
from hrdata.places import DESCRIPTOR
from hrdata.schema import export, stale_files
from hrdata.settings import Settings
from hrdata.validate import validate_package

GOOD = Path(__file__).parent / "packages" / "good"

Seed = Callable[[Path], None]


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a package: how to do it, in which file, and the line to blame if there is one."""

    seed: Seed
    file: str = DESCRIPTOR
    line: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a tool says of a package, and the places it blames."""

    valid: bool
    places: frozenset[tuple[str, int]]
    complaints: tuple[str, ...]


# Faults


def edited(table: str, old: str | bytes, new: str | bytes) -> Fault:
    """The first `old` of a table is `new`; to blame is the line on which it stands."""
    old, new = (text if isinstance(text, bytes) else text.encode() for text in (old, new))
    file = f"data/{table}.csv"
    good = (GOOD / file).read_bytes()
    assert old in good, f"{file} holds no {old!r}"

    def seed(folder: Path) -> None:
        (folder / file).write_bytes(good.replace(old, new, 1))

    return Fault(seed, file, good[: good.index(old)].count(b"\n") + 1)


def rewritten(table: str, change: Callable[[bytes], bytes], line: int | None = None) -> Fault:
    """All of a table is changed."""
    file = f"data/{table}.csv"
    return Fault(lambda folder: _write(folder / file, change((GOOD / file).read_bytes())), file, line)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def columns(table: str, change: Callable[[list[str]], list[str]]) -> Fault:
    """The columns of a table are changed, header and rows alike."""

    def rewrite(data: bytes) -> bytes:
        rows = [line.split(",") for line in data.decode().splitlines()]
        assert len({len(row) for row in rows}) == 1, "choose a table without quotes"
        return "".join(",".join(change(row)) + "\n" for row in rows).encode()

    return rewritten(table, rewrite, 1)


def header(table: str, old: str, new: str) -> Fault:
    """The header alone is changed."""
    fault = edited(table, old, new)
    assert fault.line == 1
    return fault


def described(change: Callable[[dict[str, Any]], object]) -> Fault:
    """The descriptor is changed."""

    def seed(folder: Path) -> None:
        value = json.loads((folder / DESCRIPTOR).read_text("utf-8"))
        change(value)
        (folder / DESCRIPTOR).write_text(json.dumps(value), "utf-8")

    return Fault(seed)


def described_as(table: str, **properties: Any) -> Fault:
    """Properties of a resource are changed."""

    def change(value: dict[str, Any]) -> None:
        resource_of(value, table).update(properties)

    return described(change)


def resource_of(value: dict[str, Any], table: str) -> dict[str, Any]:
    [found] = [resource for resource in value["resources"] if resource["name"] == table]
    resource: dict[str, Any] = found
    return resource


def descriptor_text(change: Callable[[str], str]) -> Fault:
    """The text of the descriptor is changed."""
    return Fault(
        lambda folder: _write(folder / DESCRIPTOR, change((folder / DESCRIPTOR).read_text("utf-8")).encode())
    )


def moved_out(link: bool) -> Fault:
    """A table lies outside of the package, behind a link or behind `..`."""

    def seed(folder: Path) -> None:
        inside, outside = folder / "data/ballots.csv", folder.parent / "ballots.csv"
        shutil.move(inside, outside)
        if link:
            inside.symlink_to(outside)
        else:
            described_as("ballots", path="../ballots.csv").seed(folder)

    return Fault(seed)


def replaced_by_a_folder(folder: Path) -> None:
    (folder / "data/ballots.csv").unlink()
    (folder / "data/ballots.csv").mkdir()


def hidden(folder: Path) -> None:
    (folder / ".data").mkdir()
    shutil.move(folder / "data/ballots.csv", folder / ".data/ballots.csv")
    described_as("ballots", path=".data/ballots.csv").seed(folder)


def elsewhere(folder: Path) -> None:
    path = str((folder / "data/ballots.csv").resolve())
    described_as("ballots", path=path).seed(folder)


BALLOTS = (GOOD / "data/ballots.csv").read_bytes()


def _hash(algorithm: str, data: bytes = b"") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data or BALLOTS).hexdigest()}"


NOTHING_WRONG = {
    "nothing": Fault(lambda _: None),
    "CR LF line ends": rewritten("ballots", lambda data: data.replace(b"\n", b"\r\n")),
    "no last line end": rewritten("ballots", lambda data: data[:-1]),
    "table without rows": rewritten("event_participants", lambda data: data[: data.index(b"\n") + 1]),
    "needless quotes": edited("ballots", "unga-61-999,CHN,no", 'unga-61-999,"CHN","no"'),
    "true bytes and sha256": described_as("ballots", bytes=len(BALLOTS), hash=_hash("sha256")),
    "true md5 without a prefix": described_as("ballots", hash=_hash("md5").removeprefix("md5:")),
}

FAULTS = {
    # columns
    "missing column": columns("ballots", lambda row: row[:2]),
    "missing column in the middle": columns("body_seats", lambda row: [*row[:2], row[3]]),
    "extra column": columns("ballots", lambda row: [*row, "x"]),
    "extra column in front": columns("ballots", lambda row: ["x", *row]),
    "duplicate column": columns("ballots", lambda row: [*row, row[2]]),
    "blank column": columns("ballots", lambda row: [*row, ""]),
    "columns in another order": columns("ballots", lambda row: [row[1], row[0], row[2]]),
    "column with another name": header("ballots", "choice", "vote"),
    "column in capitals": header("ballots", "choice", "Choice"),
    "column with a space": header("ballots", ",choice", ", choice"),
    # rows
    "short row": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA"),
    "long row": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA,yes,"),
    "blank row": edited("ballots", "unga-61-999,FRA,yes", "\nunga-61-999,FRA,yes"),
    "row of spaces": edited("ballots", "unga-61-999,FRA,yes", "  \nunga-61-999,FRA,yes"),
    "row of commas": edited("ballots", "unga-61-999,FRA,yes", ",,\nunga-61-999,FRA,yes"),
    # cells
    "integer is a word": edited("body_seats", ",47", ",many"),
    "integer is a float": edited("body_seats", ",47", ",47.0"),
    "integer is negative": edited("upr_tallies", ",41,", ",-41,"),
    "integer is too large": edited("body_seats", ",47", ",47000000000"),
    "integer has a separator": edited("body_seats", ",47", ",4_7"),
    "integer has a comma": edited("body_seats", ",47", ',"4,700"'),
    "boolean is a word": edited("upr_tallies", ",41,,false", ",41,,no"),
    "boolean is a number": edited("upr_tallies", ",41,,false", ",41,,0"),
    "boolean in capitals": edited("upr_tallies", ",41,,false", ",41,,FALSE"),
    "date is a word": edited("events", "2005-08,", "August,"),
    "date the other way round": edited("events", "2005-08,", "08.2005,"),
    "date without leading zeros": edited("upr_reviews", "2009-02-09", "2009-2-9"),
    "day that is not there": edited("upr_reviews", "2009-02-09", "2009-02-30"),
    "month that is not there": edited("upr_reviews", "2009-02-09", "2009-13-09"),
    "interval that runs backwards": edited("events", "2008-04-21/2008-04-22", "2008-04-22/2008-04-21"),
    "word outside the vocabulary": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA,maybe"),
    "word in capitals": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA,Yes"),
    "identifier in capitals": edited("treaties", ",unga,IV-99,", ",UNGA,IV-99,"),
    "code that is too long": edited("states", "France,FR,", "France,FRA,"),
    "code with another letter after it": edited(
        "event_participants", "sample-report-2016,CHN,", "sample-report-2016,CHNa,"
    ),
    "address without its scheme": edited("sources", "https://example.org/bulletin", "example.org/bulletin"),
    "required cell is empty": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA,"),
    "key cell is empty": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,,yes"),
    "cell of one space": edited("events", ",Beijing,unhrc,", ", ,unhrc,"),
    "symbol that does not parse": edited("votes", "A/RES/61/999", "A/RES/61-999"),
    # lexical forms
    "space before an integer": edited("body_seats", ",47", ", 47"),
    "space after an integer": edited("body_seats", ",47", ",47 "),
    "integer with a plus": edited("body_seats", ",47", ",+47"),
    "integer with a leading zero": edited("body_seats", ",47", ",047"),
    "Arabic-Indic digits": edited("body_seats", ",47", ",٤٧"),
    "no-break space before an integer": edited("body_seats", ",47", ",\u00a047"),
    "space before a word": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA, yes"),
    "space before a boolean": edited("upr_tallies", ",41,,false", ",41,, false"),
    "space after a text": edited("events", ",Beijing,unhrc,", ",Beijing ,unhrc,"),
    "text that is not NFC": edited("sources", "Renée", "Rene\u0301e"),
    "invisible character in a text": edited("events", ",Beijing,unhrc,", ",Bei\u200bjing,unhrc,"),
    "invisible character in a key": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA\u200b,yes"),
    "escape character in a text": edited("events", ",Beijing,unhrc,", ",\x1b[31mBeijing,unhrc,"),
    "line end in a text": edited("events", ",Beijing,unhrc,", ',"Bei\njing",unhrc,'),
    # keys and references
    "duplicate key": edited("upr_reviews", "chn-2013,CHN,2", "chn-2009,CHN,2"),
    "duplicate composite key": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,CHN,yes"),
    "dangling reference": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,XXX,yes"),
    "dangling reference of an optional column": edited("votes", "in a country,PRK,", "in a country,XXX,"),
    "dangling self-reference": edited("bodies", "Sample Committee,unhrc,", "Sample Committee,unxxx,"),
    "dangling self-reference of a code": edited("states", "1991-12-24,,,SUN", "1991-12-24,,,XXX"),
    # files
    "unclosed quote": edited("events", ",Beijing,unhrc,", ',"Beijing,unhrc,'),
    "unclosed quote in the last cell of a row": edited(
        "ballots", "unga-61-999,FRA,yes", 'unga-61-999,FRA,"yes'
    ),
    "text after a closing quote": edited("events", ",Beijing,unhrc,", ',"Bei"jing,unhrc,'),
    "quote within a bare cell": edited("events", ",Beijing,unhrc,", ',Bei"jing",unhrc,'),
    "byte that is not UTF-8": edited("sources", "Renée".encode(), "Renée".encode("latin-1")),
    "byte that is not UTF-8 in a word": edited("ballots", b"unga-61-999,FRA,yes", b"unga-61-999,FRA,\xffyes"),
    "byte order mark": rewritten("ballots", lambda data: b"\xef\xbb\xbf" + data, 1),
    "UTF-16": rewritten("ballots", lambda data: data.decode().encode("utf-16"), 1),
    "NUL in a text": edited("events", ",Beijing,unhrc,", ",Bei\0jing,unhrc,"),
    "NUL in a word": edited("ballots", "unga-61-999,FRA,yes", "unga-61-999,FRA,y\0es"),
    "CR line ends": rewritten("ballots", lambda data: data.replace(b"\n", b"\r")),
    "mixed line ends": edited("ballots", b"unga-61-999,FRA,yes\n", b"unga-61-999,FRA,yes\r\n"),
    "empty file": rewritten("ballots", lambda _: b"", 1),
    "huge cell": edited("events", ",Beijing,unhrc,", f",{'B' * 200_000},unhrc,"),
    "semicolons instead of commas": rewritten("ballots", lambda data: data.replace(b",", b";"), 1),
    # package
    "missing file": Fault(lambda folder: (folder / "data/ballots.csv").unlink()),
    "folder instead of a file": Fault(replaced_by_a_folder),
    "wrong bytes": described_as("ballots", bytes=len(BALLOTS) + 1),
    "wrong sha256": described_as("ballots", hash=_hash("sha256", b"other")),
    "wrong md5": described_as("ballots", hash=_hash("md5", b"other")),
    "wrong sha512": described_as("ballots", hash=_hash("sha512", b"other")),
    "path with ..": moved_out(link=False),
    "absolute path": Fault(elsewhere),
    "link out of the package": moved_out(link=True),
    "hidden path": Fault(hidden),
    "web address": described_as("ballots", path="https://example.org/ballots.csv"),
    "schema at a web address": described_as("ballots", schema="https://example.org/schema.json"),
    "dialect at a web address": described_as("ballots", dialect="https://example.org/dialect.json"),
    "no resources": described(lambda value: value.update(resources=[])),
    "resources are an object": described(lambda value: value.update(resources={})),
    "resource without a name": described(lambda value: value["resources"][0].pop("name")),
    "resource without a path": described(lambda value: value["resources"][0].pop("path")),
    "resource listed twice": described(lambda value: value["resources"].append(value["resources"][0])),
    "descriptor is not JSON": descriptor_text(lambda text: text[:-3]),
    "descriptor is a list": descriptor_text(lambda text: f"[{text}]"),
    "name twice in the descriptor": descriptor_text(lambda text: text.replace("{", '{"name": "other", ', 1)),
    "NaN in the descriptor": described(lambda value: value.update(version=float("nan"))),
    "descriptor nested too deeply": descriptor_text(lambda _: '{"a":' * 100_000 + "1" + "}" * 100_000),
    # descriptor
    "version is a number": described(lambda value: value.update(version=1)),
    "licences are a word": described(lambda value: value.update(licenses="MIT")),
    "schema with another type": described(
        lambda value: resource_of(value, "ballots")["schema"]["fields"][2].update(type="integer")
    ),
    "schema lacks a column": described(lambda value: resource_of(value, "ballots")["schema"]["fields"].pop()),
    "schema with an unknown type": described(
        lambda value: resource_of(value, "ballots")["schema"]["fields"][2].update(type="word")
    ),
    "other encoding stated": described_as("sources", encoding="utf-16"),
    # what the rows mean
    "totals that exceed the room": edited("votes", "adopted,9,3,4,1,", "adopted,9,3,4,2,"),
    "row that nobody cites": edited("votes", "unhrc-7-99,unhrc,", "unhrc-7-98,unhrc,"),
    "ratification before the signature": edited(
        "treaty_actions", "ratification,1992-03-02", "ratification,1990-03-02"
    ),
    "state in its own review": edited("upr_participants", "chn-2013,FRA,", "chn-2013,CHN,"),
    "range that runs backwards": edited("events", "unchr,1,2,", "unchr,3,2,"),
    "known issue that covers nothing": edited("known_issues", ",non_voting,", ",abstain,"),
}

# Where the two differ

NO_RULES = "has no rules across rows and tables"

ONLY_HRDATA_OBJECTS = {
    "column with a space": "trims the names of columns",
    "integer has a separator": "reads integers as Python does",
    "integer with a plus": "reads integers as Python does",
    "integer with a leading zero": "reads integers as Python does",
    "Arabic-Indic digits": "reads integers as Python does",
    "space before an integer": "trims numbers",
    "space after an integer": "trims numbers",
    "no-break space before an integer": "trims numbers",
    "day that is not there": "knows no EDTF, and a pattern knows no calendar",
    "interval that runs backwards": "knows no EDTF, and a pattern knows no calendar",
    "symbol that does not parse": "knows no document symbols",
    "cell of one space": "does not look at how text is written",
    "space after a text": "does not look at how text is written",
    "text that is not NFC": "does not look at how text is written",
    "invisible character in a text": "does not look at how text is written",
    "escape character in a text": "does not look at how text is written",
    "line end in a text": "does not look at how text is written",
    "NUL in a text": "does not look at how text is written",
    "text after a closing quote": "forgives quotes in the wrong place",
    "quote within a bare cell": "forgives quotes in the wrong place",
    "byte order mark": "drops a byte order mark",
    "CR line ends": "takes any line end",
    "mixed line ends": "takes any line end",
    "semicolons instead of commas": "guesses the delimiter",
    "wrong sha512": "does not compare sha512",
    "link out of the package": "follows links",
    "hidden path": "allows hidden folders",
    "no resources": "accepts a package of nothing",
    "name twice in the descriptor": "takes the last of two names",
    "totals that exceed the room": NO_RULES,
    "row that nobody cites": NO_RULES,
    "ratification before the signature": NO_RULES,
    "state in its own review": NO_RULES,
    "range that runs backwards": NO_RULES,
    "known issue that covers nothing": NO_RULES,
}
"""What frictionless lets pass, and why."""

ONLY_FRICTIONLESS_OBJECTS = {
    "version is a number": "hrdata does not judge what describes the package as a whole",
    "licences are a word": "hrdata does not judge what describes the package as a whole",
    "schema with another type": "hrdata judges by its models; hrdata schema check compares the schema",
    "schema lacks a column": "hrdata judges by its models; hrdata schema check compares the schema",
    "schema with an unknown type": "hrdata judges by its models; hrdata schema check compares the schema",
    "other encoding stated": "hrdata reads UTF-8 whatever the descriptor states",
}
"""What hrdata lets pass, and why."""


# The two tools


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "package"))


@pytest.fixture(autouse=True)
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Who wanted to use the network; nobody gets through."""
    made: list[object] = []

    def refuse(*arguments: object, **_: object) -> NoReturn:
        made.append(arguments)
        raise OSError("there is no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return made


ABOUT_ROWS = [id for id in CHECKS if re.match("VOT|TRT|UPR|EVT|CIT|WVR", id)]
"""Checks of what rows mean. Most faults are in their way as well, but are to be seen without them."""


def verdict_of_hrdata(folder: Path, ignore: Collection[str] = ()) -> Verdict:
    report = validate_package(folder, settings=Settings(ignore=tuple(ignore)))
    errors = [item for item in report.findings if item.severity is Severity.ERROR and not item.waived]
    places = frozenset((item.file, item.line) for item in errors if item.line is not None)
    return Verdict(report.valid, places, tuple(f"{item.check} {item.message}" for item in errors))


def verdict_of_frictionless(folder: Path, file: str = DESCRIPTOR) -> Verdict:
    """What frictionless says of a package; of one table and those it refers to, if a file is given."""
    try:
        report = _about(folder, file).validate()
    except frictionless.FrictionlessException as refusal:
        return Verdict(False, frozenset(), (str(refusal),))
    errors = [(str(task.place), error) for task in report.tasks for error in task.errors]
    places = frozenset((place, line) for place, error in errors if (line := _line_of(error)))
    complaints = [str(error.message) for error in [*report.errors, *(error for _, error in errors)]]
    return Verdict(bool(report.valid), places, tuple(complaints))


def _about(folder: Path, file: str) -> frictionless.Package:
    if file == DESCRIPTOR:
        return frictionless.Package(str(folder / DESCRIPTOR))
    # Opening all tables for each fault would make these tests ten times slower.
    value = json.loads((folder / DESCRIPTOR).read_text("utf-8"))
    table = resource_of(value, Path(file).stem)
    keys = table["schema"].get("foreignKeys", [])
    targets = {key["reference"].get("resource", table["name"]) for key in keys} - {table["name"]}
    others = [resource_of(value, name) for name in sorted(targets)]
    for other in others:
        other["schema"].pop("foreignKeys", None)
    return frictionless.Package({**value, "resources": [table, *others]}, basepath=str(folder))


def _line_of(error: Any) -> int | None:
    """The row that an error names; the first line, if it is about the header."""
    if "#header" in error.tags:
        return 1
    number = getattr(error, "row_number", None)
    return int(number) if number is not None else None


def only_verdict(name: str, folder: Path) -> tuple[Verdict, Verdict]:
    fault = {**NOTHING_WRONG, **FAULTS}[name]
    fault.seed(folder)
    return verdict_of_hrdata(folder), verdict_of_frictionless(folder, fault.file)


# The comparison


def test_both_accept_the_good_package(folder: Path) -> None:
    assert verdict_of_hrdata(folder) == verdict_of_frictionless(folder) == Verdict(True, frozenset(), ())


@pytest.mark.parametrize("name", NOTHING_WRONG)
def test_both_accept_what_is_not_a_fault(name: str, folder: Path) -> None:
    ours, theirs = only_verdict(name, folder)
    assert (ours.complaints, theirs.complaints) == ((), ())
    assert ours.valid
    assert theirs.valid


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ONLY_FRICTIONLESS_OBJECTS])
def test_we_see_the_fault_and_blame_its_line(name: str, folder: Path) -> None:
    fault = FAULTS[name]
    fault.seed(folder)
    ours = verdict_of_hrdata(folder, () if ONLY_HRDATA_OBJECTS.get(name) == NO_RULES else ABOUT_ROWS)
    assert not ours.valid
    if fault.line is not None:
        assert (fault.file, fault.line) in ours.places, ours.complaints


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ONLY_HRDATA_OBJECTS])
def test_frictionless_sees_the_fault_and_blames_its_line(name: str, folder: Path) -> None:
    """Errors of frictionless about a file as a whole, such as its encoding, name no line."""
    fault = FAULTS[name]
    fault.seed(folder)
    theirs = verdict_of_frictionless(folder, fault.file)
    assert not theirs.valid, "frictionless accepts this, we do not: a new difference"
    if fault.line is not None and theirs.places:
        assert (fault.file, fault.line) in theirs.places, theirs.complaints


@pytest.mark.parametrize("name", ONLY_HRDATA_OBJECTS)
def test_what_frictionless_lets_pass_it_still_does(name: str, folder: Path) -> None:
    fault = FAULTS[name]
    fault.seed(folder)
    theirs = verdict_of_frictionless(folder, fault.file)
    assert theirs.valid, f"frictionless sees this now; take it off the list: {theirs.complaints}"


@pytest.mark.parametrize("name", ONLY_FRICTIONLESS_OBJECTS)
def test_what_we_let_pass_we_still_do(name: str, folder: Path) -> None:
    ours, _ = only_verdict(name, folder)
    assert ours.valid, f"hrdata sees this now; take it off the list: {ours.complaints}"


@pytest.mark.parametrize(
    "name", [name for name in ONLY_FRICTIONLESS_OBJECTS if re.search("schema|encoding", name)]
)
def test_what_we_let_pass_in_a_resource_makes_the_descriptor_stale(name: str, folder: Path) -> None:
    (folder.parent / "schemas").mkdir()
    export(folder, folder.parent / "schemas")
    assert stale_files(folder, folder.parent / "schemas") == []
    FAULTS[name].seed(folder)
    assert stale_files(folder, folder.parent / "schemas") == [folder / DESCRIPTOR]


def test_the_lists_name_faults_and_give_reasons() -> None:
    assert not set(ONLY_HRDATA_OBJECTS) & set(ONLY_FRICTIONLESS_OBJECTS)
    assert {*ONLY_HRDATA_OBJECTS, *ONLY_FRICTIONLESS_OBJECTS} <= set(FAULTS)
    assert all({*ONLY_HRDATA_OBJECTS.values(), *ONLY_FRICTIONLESS_OBJECTS.values()})


def test_after_a_line_end_in_a_cell_frictionless_counts_rows_and_we_count_lines(folder: Path) -> None:
    file = folder / "data/events.csv"
    broken = (
        file.read_bytes().replace(b",Beijing,unhrc,", b',"Bei\njing",unhrc,').replace(b",visit,", b",visits,")
    )
    file.write_bytes(broken)
    line = broken[: broken.index(b",visits,")].count(b"\n") + 1
    assert ("data/events.csv", line) in verdict_of_hrdata(folder).places
    assert verdict_of_frictionless(folder, "data/events.csv").places == {("data/events.csv", line - 1)}


@pytest.mark.parametrize("name", [name for name in FAULTS if "web address" in name])
def test_only_frictionless_would_use_the_network(name: str, folder: Path, attempts: list[object]) -> None:
    FAULTS[name].seed(folder)
    verdict_of_hrdata(folder)
    assert attempts == []
    verdict_of_frictionless(folder)
    assert attempts, "frictionless does not fetch this any more"
