"""UN Treaty Collection status tables: treaties, and what states did about them, one table per treaty."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import polars as pl

from hrdata.check import LISTED_PER_CHECK
from hrdata.columns import Columns
from hrdata.datasets.provenance import SourceKind
from hrdata.datasets.treaties import TreatyActionKind, TreatyKind
from hrdata.errors import UsageError
from hrdata.importers.harvest import File, Harvest
from hrdata.importers.names import nearest_hint, resolve_states

WHERE = (
    "treaties.un.org, status tables as CSV, each named by chapter and number of its treaty "
    "(4-8-b.csv), with or without their index.csv"
)
TITLE = "UN Treaty Collection: status tables"
KIND = SourceKind.TREATY_RECORD
PUBLISHER = "United Nations Treaty Collection"
URL = "https://treaties.un.org"
TERMS = "Terms of the UN Treaty Collection"

_INDEX = "index"
_OF_THE_INDEX = ("chapter_no", "treaty_no", "treaty_name", "url", "chapter_name")
_KEY = re.compile("([1-9]|[12][0-9]|3[0-9])(-[a-z])?-[0-9]{1,3}[a-z]?(-([0-9]{1,3}[a-z]?|[a-z]))*")
_REGISTERED = re.compile("mtdsg_no=([IVX]+(-[A-Za-z0-9]+)+)")
_IN_PARTS = "11"
"""The chapter whose treaties are numbered by part (XI-A-5), which the names of the files leave out."""

_DAY = "[0-9]{1,2} [A-Za-z]+ [0-9]{4}"
_PLACE_AND_DAY = f"(?:[^0-9.]{{1,80}}, )?{_DAY}"
_ADOPTION = re.compile(
    # A short word before a full stop is an abbreviation (St. Petersburg), unless it is a number (Annex XI).
    rf"(.*(?:\w{{3}}|\s[0-9IVX]+|[^\w\s.]|\s))\.+\s+({_PLACE_AND_DAY}(?:,? and {_PLACE_AND_DAY})?)\W*",
    re.DOTALL,
)
"""A title and where and when the treaty was adopted; some were in two places or on two days."""

_KINDS = {
    "amendment": TreatyKind.AMENDMENT,
    "protocol": TreatyKind.UNSPECIFIED_PROTOCOL,
    "covenant": TreatyKind.COVENANT,
    "convention": TreatyKind.CONVENTION,
    "agreement": TreatyKind.AGREEMENT,
    "charter": TreatyKind.CHARTER,
    "constitution": TreatyKind.CHARTER,
    "statute": TreatyKind.CHARTER,
}
_OTHERS = ("annex", "articles", "declaration", "extension", "memorandum", "terms")
_NAMED_KIND = re.compile(rf"\b({'|'.join([*_KINDS, *_OTHERS])})s?\b", re.IGNORECASE)
_SUPPLEMENTS = (TreatyKind.AMENDMENT, TreatyKind.UNSPECIFIED_PROTOCOL, TreatyKind.OTHER_INSTRUMENT)

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = {word: _MONTHS.index(name) + 1 for name in _MONTHS for word in (name, name[:3])} | {"sept": 9}
_ACT = re.compile(
    r"[\s,;]*([0-9]{1,2}\s+[A-Za-z]+\.?\s+[1-9][0-9]{3})(?![0-9])(?:\s*(AA|[A-Za-z])(?![A-Za-z]))?"
)

_NEXT_LABEL = re.compile(r",\s+(?=[A-Z])")
_MARK = re.compile(r"\s*\((AA|[acdnpsACP])\)$")
_ACTIONS = {
    # The head of the column gives a choice; either way the state is bound.
    "definitive signature or": TreatyActionKind.CONSENT_TO_BE_BOUND,
    "definitive signature": TreatyActionKind.DEFINITIVE_SIGNATURE,
    "signature|succession to signature|confirmation of signature": TreatyActionKind.SIGNATURE,
    "ratification": TreatyActionKind.RATIFICATION,
    "accession": TreatyActionKind.ACCESSION,
    "acceptance|definitive acceptance|approval": TreatyActionKind.ACCEPTANCE,
    "succession": TreatyActionKind.SUCCESSION,
    "consent|participation|simplified procedure|application": TreatyActionKind.CONSENT_TO_BE_BOUND,
    "provisional|undertaking of provisional": TreatyActionKind.PROVISIONAL_APPLICATION,
    "notification": TreatyActionKind.NOTIFICATION,
}
"""How a label starts, and the act that it names; the first that fits counts."""
_NOT_BINDING = {
    TreatyActionKind.SIGNATURE,
    TreatyActionKind.PROVISIONAL_APPLICATION,
    TreatyActionKind.NOTIFICATION,
}

_FOOTNOTE_MARKS = r"(\s*\[[^\]]*\]|[\s,]*[0-9]{1,2}|\s*[*])+$"
_TODAY = dt.date.max
"""A day on which only names without an end stand: the tables list states by the names of today."""

Treaty = dict[str, str]
Meaning = tuple[TreatyActionKind, str]


class _Table(NamedTuple):
    key: str
    upstream: Columns
    rows: pl.DataFrame


def read(harvest: Harvest, files: Iterable[File]) -> None:
    """Fill the harvest with `treaties` and `treaty_actions`; a row of a table is one participant.

    Without the index, a treaty has a number and no title. The web addresses in the index are left out.
    """
    treaties: dict[str, Treaty] = {}
    tables = []
    for file in files:
        key = _key_of(file.name)
        upstream = file.columns()
        if key == _INDEX:
            _read_index(harvest, upstream, treaties)
        else:
            tables.append(_Table(key, upstream, harvest.take(upstream, ("Participant",), all_columns=True)))
    for table in tables:
        if table.key not in treaties:
            treaties[table.key] = _treaty(table.key, _register_number(table.key))
    _name_parents(list(treaties.values()))
    filled = {"treaties": pl.DataFrame(list(treaties.values())), "treaty_actions": _actions(harvest, tables)}
    harvest.tables |= {name: table for name, table in filled.items() if table.height}


# Treaties: from the index, and from the names of the files.


def _key_of(name: str) -> str:
    key = re.split(r"[/\\]", name.lower())[-1].removesuffix(".gz").removesuffix(".csv")
    if key != _INDEX and not _KEY.fullmatch(key):
        raise UsageError(
            f"{name}: is named neither index.csv nor by the number of a treaty, such as 4-8-b.csv; "
            "is it a file of this format?"
        )
    return key


def _register_number(key: str) -> str:
    """The number as the UN Treaty Collection writes it, or nothing where the key does not tell it."""
    chapter, first, *rest = key.split("-")
    if chapter == _IN_PARTS and not first.isalpha():
        return ""
    return "-".join([_roman(chapter), first.upper() if first.isalpha() else first, *rest])


def _roman(chapter: str) -> str:
    tens, ones = divmod(int(chapter), 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def _treaty(key: str, register_number: str, title: str = "", adopted: str = "", note: str = "") -> Treaty:
    chapter, rest = key.split("-", 1)
    short_name = f"Treaty {register_number or f'{_roman(chapter)}-{rest}'}"
    kind = _NAMED_KIND.search(title)
    return {
        "treaty_id": f"untc-{key}",
        "short_name": short_name,
        "title": title or short_name,
        "kind": _KINDS.get(kind.group(1).lower() if kind else "", TreatyKind.OTHER_INSTRUMENT),
        "adopted": adopted,
        "register_number": register_number,
        "note": note,
    }


def _read_index(harvest: Harvest, upstream: Columns, treaties: dict[str, Treaty]) -> None:
    rows = harvest.take(upstream, _OF_THE_INDEX)
    unnumbered, repeated, undated = [], [], []
    for row in rows.iter_rows(named=True):
        chapter, number, name, url, chapter_name = (row[column].strip() for column in _OF_THE_INDEX)
        key = f"{chapter}-{number.replace('.', '-')}".lower()
        if not _KEY.fullmatch(key):
            unnumbered.append(row["row"])
            continue
        if key in treaties:
            repeated.append(row["row"])
            continue
        title, place_and_day, adopted = _adoption(name)
        if not adopted and re.search(rf"{_DAY}\W*$", name):
            undated.append(row["row"])
        registered = _REGISTERED.search(url)
        register_number = registered.group(1) if registered else _register_number(key)
        remarks = {"Adopted": place_and_day, "Chapter": chapter_name}
        note = " ".join(f"{what}: {words}." for what, words in remarks.items() if words)
        treaties[key] = _treaty(key, register_number, title, adopted, note)
    for indexes, field, reason in (
        (unnumbered, "treaty_no", "is, with its chapter, no number of a treaty such as 8.b"),
        (repeated, "treaty_no", "is, with its chapter, the number of a row before, which counts"),
        (undated, "treaty_name", "ends with a date of adoption that cannot be told for certain"),
    ):
        harvest.report(upstream, rows.filter(pl.col("row").is_in(indexes)), field, reason)


def _adoption(name: str) -> tuple[str, str, str]:
    """The title of a treaty, where and when it was adopted, and that date; cut off only where certain."""
    found = _ADOPTION.fullmatch(name)
    days = [_iso(day) for day in re.findall(_DAY, found.group(2))] if found else []
    if not found or not all(days) or days != sorted(days):
        return _without_marks(name), "", ""
    return _without_marks(found.group(1)), found.group(2), "/".join(days)


def _without_marks(title: str) -> str:
    return title.rstrip("* ")


def _name_parents(treaties: list[Treaty]) -> None:
    """Fill in the parent of each treaty whose title names in full the one treaty that it supplements."""
    bare = [re.sub(r"\s*\([^()]*\)$", "", treaty["title"]).casefold() for treaty in treaties]
    often = Counter(bare)
    ids = {
        title: treaty["treaty_id"] for title, treaty in zip(bare, treaties, strict=True) if often[title] == 1
    }
    titles = "|".join(re.escape(title) for title in sorted(ids, key=len, reverse=True))
    named = re.compile(rf"\b(?:to|of|amending|extending|supplementing) the (?:[0-9]{{4}} )?({titles})(?!\w)")
    for treaty in treaties:
        parents = {ids.get(title, "") for title in named.findall(treaty["title"].casefold())}
        supplements = treaty["kind"] in _SUPPLEMENTS and len(parents) == 1
        treaty["parent_treaty"] = parents.pop() if supplements else ""


# Actions: from the tables.


def _actions(harvest: Harvest, tables: list[_Table]) -> pl.DataFrame:
    sources = [table.upstream for table in tables]
    cells = _cells(harvest, tables)
    read = [(cell, day, mark) for cell in cells["cell"].unique() for day, mark in _acts_in(cell)]
    known = [
        (field, mark, *meaning)
        for field in cells["field"].unique()
        for mark, meaning in _meanings(field).items()
    ]
    days = pl.DataFrame(read, {"cell": pl.String, "date": pl.String, "mark": pl.String}, orient="row")
    meanings = pl.DataFrame(
        known, dict.fromkeys(("field", "mark", "action", "note"), pl.String), orient="row"
    )
    acts = cells.join(days, on="cell", how="left", maintain_order="left").join(
        meanings, on=["field", "mark"], how="left", maintain_order="left"
    )
    undated = pl.col("date").is_null()
    _report(harvest, sources, acts.filter(undated), "holds what is not a date such as 24 Jan 1983 a")
    acts = _with_states(acts.filter(~undated))
    _report_unknown(harvest, sources, acts.filter(pl.col("state_id").is_null()))
    acts = acts.drop_nulls("state_id")
    unexplained = "is an act that the head of its column does not explain, or that hrdata has no word for"
    _report(harvest, sources, acts.filter(pl.col("action").is_null()), unexplained)
    acts = acts.drop_nulls("action")
    first = pl.struct("treaty_id", "state_id", "action", "date").is_first_distinct()
    _report(
        harvest, sources, acts.filter(~first), "is an act that stands before this already, on the same day"
    )
    return acts.filter(first)


def _cells(harvest: Harvest, tables: list[_Table]) -> pl.DataFrame:
    """The cells of all tables that stand for acts: `table`, `row`, `treaty_id`, `name`, `field`, `cell`."""
    schema = {"table": pl.Int64, "row": pl.UInt32} | dict.fromkeys(
        ("treaty_id", "name", "field", "cell"), pl.String
    )
    cells = [pl.DataFrame(schema=schema)]
    for index, (key, upstream, rows) in enumerate(tables):
        fields = [name for name in rows.columns if name not in ("row", "Participant")]
        acting = [name for name in fields if _meanings(name)]
        if not acting:
            no_act = "stands in a table of which no column names an act that hrdata knows"
            harvest.report(upstream, rows, "Participant", no_act)
            continue
        is_filled = {name: pl.col(name).str.strip_chars() != "" for name in fields}
        for name in fields:
            if name not in acting:
                no_act = "stands in a column that names no act that hrdata knows"
                harvest.report(upstream, rows.filter(is_filled[name]), name, no_act)
        idle = rows.filter(~pl.any_horizontal(is_filled.values()))
        harvest.report(upstream, idle, "Participant", "has no act in this table")
        long = rows.unpivot(acting, index=["row", "Participant"], variable_name="field", value_name="cell")
        cells.append(
            long.filter(pl.col("cell").str.strip_chars() != "").select(
                pl.lit(index, pl.Int64).alias("table"),
                "row",
                pl.lit(f"untc-{key}").alias("treaty_id"),
                pl.col("Participant").alias("name"),
                "field",
                "cell",
            )
        )
    return pl.concat(cells)


@cache
def _meanings(field: str) -> dict[str, Meaning]:
    """What a date in a column means, by its mark: the act, and the column's words where they say more."""
    labels = [_split_label(label) for label in _NEXT_LABEL.split(field.strip())]
    marks = {mark for _, mark in labels}
    named = {mark: [label for label, its_mark in labels if its_mark == mark] for mark in marks}
    if len(labels) == 1:
        # A column of one act needs no marks.
        named[""] = [labels[0][0]]
    meanings = {mark: _meaning(words) for mark, words in named.items()}
    return {mark: meaning for mark, meaning in meanings.items() if meaning}


def _split_label(label: str) -> tuple[str, str]:
    mark = _MARK.search(label)
    return (label[: mark.start()], mark.group(1)) if mark else (label, "")


def _meaning(labels: list[str]) -> Meaning | None:
    acts = {_action_of(label) for label in labels}
    if len(acts) > 1 and not acts & {None, *_NOT_BINDING}:
        acts = {TreatyActionKind.CONSENT_TO_BE_BOUND}
    [action, *others] = acts
    if others or action is None:
        return None
    words = " or ".join(labels)
    return action, "" if words.lower() == action.replace("_", " ") else words


def _action_of(label: str) -> TreatyActionKind | None:
    fitting = (act for start, act in _ACTIONS.items() if re.match(rf"({start})\b", label, re.IGNORECASE))
    return next(fitting, None)


def _acts_in(cell: str) -> list[tuple[str | None, str]]:
    """The dates in a cell and their marks; no date where one cannot be read."""
    acts: list[tuple[str | None, str]] = []
    position = 0
    while act := _ACT.match(cell, position):
        acts.append((_iso(act.group(1)) or None, act.group(2) or ""))
        position = act.end()
    return acts if not cell[position:].strip() else [(None, "")]


def _iso(text: str) -> str:
    """A date such as `24 Jan 1983` as 1983-01-24, or nothing if it is none."""
    day, month, year = text.split()
    try:
        return dt.date(int(year), _MONTH[month.lower().rstrip(".")], int(day)).isoformat()
    except (KeyError, ValueError):
        return ""


def _with_states(acts: pl.DataFrame) -> pl.DataFrame:
    """The acts with their states: as a name means today, else as it meant on the day of the act."""
    bare = acts.select(
        pl.col("name").str.replace(_FOOTNOTE_MARKS, "").alias("name"),
        pl.col("date").str.to_date("%Y-%m-%d").alias("day"),
        pl.lit(_TODAY).alias("today"),
    )
    today, then = (resolve_states(bare, "name", date) for date in ("today", "day"))
    return acts.with_columns(state_id=pl.coalesce(today, then), bare=bare["name"])


def _report_unknown(harvest: Harvest, sources: list[Columns], acts: pl.DataFrame) -> None:
    rows = acts.unique(["table", "row"], maintain_order=True).with_columns(
        field=pl.lit("Participant"), cell=pl.col("name")
    )
    names = rows["bare"].unique(maintain_order=True)
    reason = "is no state that hrdata knows, and only acts of states are taken over"
    for name in names.head(LISTED_PER_CHECK):
        _report(harvest, sources, rows.filter(pl.col("bare") == name), reason + nearest_hint(name))
    # To look for the nearest name takes long, and nobody reads so many.
    others = names[LISTED_PER_CHECK:]
    _report(harvest, sources, rows.filter(pl.col("bare").is_in(others.implode())), reason)


def _report(harvest: Harvest, sources: list[Columns], acts: pl.DataFrame, reason: str) -> None:
    cells = acts.unique(["table", "row", "field"], maintain_order=True)
    for (table, field), group in cells.partition_by("table", "field", as_dict=True).items():
        name = str(field)
        harvest.report(sources[int(table)], group.select("row", pl.col("cell").alias(name)), name, reason)
