"""Dates as people know them: a day, a month, a year, a decade, "about 1999", from one day to another.

Texts are EDTF (ISO 8601-2:2019), levels 0 and 1, for the years 0001 to 9999 and without times of day.
Left out of level 1: longer and negative years, and texts that name no day at all (`XXXX`, `../..`,
`/`), because an empty cell already says "not known".
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product

_MONTH = "(0[1-9]|1[0-2])"
_DAY = "(0[1-9]|[12][0-9]|3[01])"
_ONE_DATE = (
    f"([0-9]{{4}}(-({_MONTH}(-({_DAY}|XX))?|2[1-4]|XX(-XX)?))?"  # 2008-04-21, 2004-06-XX, 2001-21, 2004-XX
    "|[0-9]{3}X|[0-9]{2}XX)[~?%]?"
)

EDTF_PATTERN: str = f"({_ONE_DATE}(/({_ONE_DATE}|[.]{{2}})?)?|([.]{{2}})?/{_ONE_DATE})"
"""The forms a date may have, for `constraints.pattern` (implicitly anchored); it knows no calendar."""

_LEXICAL = re.compile(EDTF_PATTERN)
_LEXICAL_DATE = re.compile(_ONE_DATE)
_PLAIN = re.compile(f"([0-9]{{4}})(?:-{_MONTH}(?:-{_DAY})?)?")
_OPEN = ("", "..")
_LONGEST = 64
_YEARS = "years run from 0001 to 9999"

# Not calendar.month_name, which speaks the language of the machine.
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

Bounds = tuple[date | None, date | None]


class InvalidDate(ValueError):
    """A text that is no date; the message completes a sentence that starts with the text.

    It never repeats the text itself, so it is safe to print whatever the text holds.

    >>> try:
    ...     date_bounds("2024-1-5")
    ... except InvalidDate as reason:
    ...     print("'2024-1-5'", reason)
    '2024-1-5' is not written as year-month-day with four, two and two digits; write 2024-01-05
    """


@lru_cache(1 << 16)
def date_bounds(text: str) -> Bounds:
    """Return the earliest and the latest day that `text` can mean, both included.

    `None` stands for an end that is open (`2004/..`) or not known (`2004/`). The qualifiers `~`, `?` and
    `%` say how sure a date is and do not widen it. Seasons are those of the northern hemisphere, in whole
    months within their year: spring (21) is March to May, summer (22) June to August, autumn (23)
    September to November, and winter (24) December alone.

    Raises `InvalidDate`. Source: ISO 8601-2:2019 and the EDTF specification of the Library of Congress.

    >>> date_bounds("1993-06")
    (datetime.date(1993, 6, 1), datetime.date(1993, 6, 30))
    >>> date_bounds("198X~/..")
    (datetime.date(1980, 1, 1), None)
    """
    if not _LEXICAL.fullmatch(text):
        raise InvalidDate(str(_complaint(text)))
    return _bounds(text)


def is_within(inner: str, outer: str) -> bool:
    """Whether every day that `inner` can mean lies in `outer`.

    A source that states less than we know does not contradict us. Raises `InvalidDate`.

    >>> is_within("1980-11-04", "1980")
    True
    >>> is_within("1980", "1980-11-04")
    False
    """
    inner_first, inner_last = date_bounds(inner)
    outer_first, outer_last = date_bounds(outer)
    starts_inside = outer_first is None or (inner_first is not None and outer_first <= inner_first)
    ends_inside = outer_last is None or (inner_last is not None and inner_last <= outer_last)
    return starts_inside and ends_inside


# What the calendar says of a text that is well written.


def _bounds(text: str) -> Bounds:
    start, slash, end = text.partition("/")
    return _interval_bounds(start, end) if slash else _date_bounds(text)


def _interval_bounds(start: str, end: str) -> Bounds:
    # Never left to edtf 5.0.2, which takes an unknown end to be ten years away, and lets an interval run
    # backwards.
    earliest = _end_bounds("start", start)[0]
    latest = _end_bounds("end", end)[1]
    if earliest and latest and latest < earliest:
        raise InvalidDate(f"is an interval that runs backwards: it ends ({end}) before it starts ({start})")
    return earliest, latest


def _end_bounds(which: str, text: str) -> Bounds:
    if text in _OPEN:
        return None, None
    try:
        return _date_bounds(text)
    except InvalidDate as reason:
        raise InvalidDate(f"is an interval whose {which} {reason}") from None


def _date_bounds(text: str) -> tuple[date, date]:
    # Qualifiers go before edtf 5.0.2 is asked: it knows 2001-21 but not 2001-21~.
    unqualified = text.rstrip("~?%")
    if unqualified[:4].replace("X", "0") == "0000":
        raise InvalidDate(f"reaches back to the year 0000, but {_YEARS}")
    if plain := _PLAIN.fullmatch(unqualified):
        return _plain_bounds(*plain.groups())
    return _edtf_bounds(unqualified)


def _plain_bounds(year: str, month: str | None, day: str | None) -> tuple[date, date]:
    # Days too are ours to judge: edtf 5.0.2 accepts 2023-02-29.
    y, m = int(year), int(month or 1)
    if month is None:
        return date(y, 1, 1), date(y, 12, 31)
    if day is None:
        return date(y, m, 1), date(y, m, monthrange(y, m)[1])
    if int(day) > monthrange(y, m)[1]:
        raise InvalidDate(_no_such_day(year, month))
    only = date(y, m, int(day))
    return only, only


def _no_such_day(year: str, month: str) -> str:
    days = monthrange(int(year), int(month))[1]
    return f"names a day that does not exist: {_MONTH_NAMES[int(month) - 1]} {year} has {days} days"


@lru_cache(maxsize=1024)  # the parser takes a thousand times as long as the calendar
def _edtf_bounds(text: str) -> tuple[date, date]:
    # Imported here, because few texts need it and it takes a third of a second. Its grammar warns about
    # itself under `python -W error`, which is no business of someone who asks about a date.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from edtf import parse_edtf

    parsed = parse_edtf(text)
    return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])


# What to say of a text that is not well written. Nothing below runs for a text that is.


@dataclass(frozen=True)
class _Complaint:
    """What is wrong, and the texts that may have been meant: each of them is a date."""

    saying: str
    rewrites: tuple[str, ...] = ()
    hint: str = "write year-month-day, such as 2008-04-21"

    def __str__(self) -> str:
        advice = f"write {' or '.join(self.rewrites)}" if self.rewrites else self.hint
        return f"{self.saying}; {advice}" if advice else self.saying


@dataclass(frozen=True)
class _Habit:
    """A way of writing dates that is common elsewhere, and how its parts read here."""

    form: re.Pattern[str]
    saying: str
    rewrites: tuple[str, ...] = ()
    hint: str = _Complaint.hint


def _habit(form: str, saying: str, *rewrites: str, hint: str = _Complaint.hint) -> _Habit:
    return _Habit(re.compile(form, re.ASCII | re.IGNORECASE), saying, rewrites, hint)


_Y, _M, _D = "(?P<year>[0-9]{4})", "(?P<month>[0-9]{1,2})", "(?P<day>[0-9]{1,2})"
_M_ALONE = "(?P<month>0?[1-9]|1[0-2])"  # without a day beside it, 21 would come out as a season
_NAME = f"(?P<name>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTH_NAMES)}|sept)[.]?,?"
_SOME_DATE = "[0-9X]{4}(?:-[0-9X]{2}){0,2}"
_RUN_ON = "is written without hyphens"
_LAST = "puts the year last"
_WORDS = "names the month in words"

# The first habit that fits is the one complained of, so the narrower ones come first.
_HABITS = (
    _habit(
        f"{_Y}-(?!{_MONTH})(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})",
        "names a month that does not exist: months run from 01 to 12",
        "{year}-{day}-{month}",
        hint="",
    ),
    _habit(
        f"{_Y}-[0-9]{{2}}",
        "names a month that does not exist: months run from 01 to 12, and seasons from 21 to 24",
        hint="",
    ),
    _habit(
        f"{_Y}-{_M}-{_D}",
        "is not written as year-month-day with four, two and two digits",
        "{year}-{month}-{day}",
    ),
    _habit(f"{_Y}-{_M}", "is not written as year-month with four and two digits", "{year}-{month}"),
    _habit(
        f"{_Y}[/. ]{_M}[/. ]{_D}",
        "separates year, month and day by something other than hyphens",
        "{year}-{month}-{day}",
    ),
    _habit(
        f"{_Y}[/. ]{_M_ALONE}",
        "separates year and month by something other than a hyphen",
        "{year}-{month}",
    ),
    _habit(f"{_D}[-/. ]{_M}[-/. ]{_Y}", _LAST, "{year}-{month}-{day}", "{year}-{day}-{month}"),
    _habit(f"{_M_ALONE}[-/. ]{_Y}", _LAST, "{year}-{month}"),
    _habit(
        "[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}",
        "gives the year in two digits",
        hint="write it in four, such as 2008-04-21",
    ),
    _habit(f"{_Y}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})", _RUN_ON, "{year}-{month}-{day}"),
    _habit(f"{_Y}(?P<month>{_MONTH})", _RUN_ON, "{year}-{month}"),
    _habit(
        f"(?P<first>{_SOME_DATE}) ?(?:-|to|until) ?(?P<last>{_SOME_DATE})",
        "does not join the two ends of its interval with a slash",
        "{first}/{last}",
    ),
    _habit(f"(?P<date>{_SOME_DATE})[T ][0-9]{{2}}[0-9:.Z+-]*", "holds a time of day", "{date}"),
    _habit(f"{_D}(?:st|nd|rd|th)?[- ]{_NAME}[- ]{_Y}", _WORDS, "{year}-{month}-{day}"),
    _habit(f"{_NAME} {_D}(?:st|nd|rd|th)?,? {_Y}", _WORDS, "{year}-{month}-{day}"),
    _habit(f"{_NAME} {_Y}", _WORDS, "{year}-{month}"),
    _habit("(?P<start>[0-9]{2})00'?s", "may mean a decade or a century", "{start}0X", "{start}XX"),
    _habit("(?P<start>[0-9]{3})0'?s", "is not how a decade is written", "{start}X"),
    _habit(
        "(?:c|ca|circa|about|around)[.]? ?(?P<date>.+)", "says in words that it is approximate", "{date}~"
    ),
    _habit("(?P<sign>[~?%])(?P<date>.+)", "puts its qualifier first", "{date}{sign}"),
    _habit(r"(?P<date>.+)(?:~\?|\?~)", "has two qualifiers", "{date}%"),
    _habit("XXXX(?:-XX){0,2}", "names no year at all", hint="leave the date empty if the year is not known"),
    _habit(
        f"{_SOME_DATE}[~?%]?",
        "marks digits as unspecified where that cannot be said",
        hint="XX may end a date as month or day, and X or XX may end a year that stands alone",
    ),
    _habit("-[0-9].*", f"has a negative year, but {_YEARS}"),
    _habit("Y?-?[0-9]{5,}.*", f"has a year of more than four digits, but {_YEARS}"),
    _habit("[0-9]{1,3}(?:-.*)?", "has a year of fewer than four digits"),
)


def _complaint(text: str) -> _Complaint:
    if len(text) > _LONGEST:
        return _Complaint(
            f"is longer than any date: it has {len(text)} characters, at most {_LONGEST} are read"
        )
    if not text:
        return _Complaint("is empty", hint="write at least a year, such as 1991")
    return (
        _untidiness(text) or _misnamed_day(text) or _foreign_habit(text) or _broken_interval(text)
    ) or _Complaint("is not a date in any form known here")


def _misnamed_day(text: str) -> _Complaint | None:
    """`2004-06-00` and `2004-06-32` deserve the same words as `2004-06-31`."""
    if named := re.fullmatch(f"([0-9]{{4}})-{_MONTH}-[0-9]{{2}}", text):
        return _Complaint(_no_such_day(named[1], named[2]), hint="")
    return None


def _foreign_habit(text: str) -> _Complaint | None:
    for habit in _HABITS:
        if found := habit.form.fullmatch(text):
            parts = _parts(found)
            rewrites = _only_dates(rewrite.format(**parts) for rewrite in habit.rewrites)
            return _Complaint(habit.saying, rewrites, habit.hint)
    return None


def _parts(found: re.Match[str]) -> dict[str, str]:
    parts = {part: text or "" for part, text in found.groupdict().items()}
    if "name" in parts:
        parts["month"] = str(_month_number(parts["name"]))
    return parts | {part: parts[part].zfill(2) for part in ("month", "day") if parts.get(part)}


def _month_number(name: str) -> int:
    return [month[:3].lower() for month in _MONTH_NAMES].index(name[:3].lower()) + 1


def _broken_interval(text: str) -> _Complaint | None:
    if text.count("/") != 1:
        return None
    start, end = text.split("/")
    rewrites = _only_dates(f"{first}/{last}" for first, last in product(_repairs(start), _repairs(end)))
    for which, part in (("start", start), ("end", end)):
        if not _is_interval_end(part):
            broken = _complaint(part)
            return _Complaint(f"is an interval whose {which} {broken.saying}", rewrites, broken.hint)
    return _Complaint(
        "is an interval with neither start nor end", hint="leave the date empty if nothing is known"
    )


def _is_interval_end(text: str) -> bool:
    return text in _OPEN or _LEXICAL_DATE.fullmatch(text) is not None


def _repairs(text: str) -> tuple[str, ...]:
    return (text,) if _is_interval_end(text) else _complaint(text).rewrites


def _only_dates(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if _is_date(text)))


def _is_date(text: str) -> bool:
    # Not by date_bounds: it would compose a complaint about a rewrite, with rewrites of its own.
    if not _LEXICAL.fullmatch(text):
        return False
    try:
        _bounds(text)
    except InvalidDate:
        return False
    return True


def _untidiness(text: str) -> _Complaint | None:
    for saying, tidy in _TIDYINGS:
        tidied = tidy(text)
        if tidied != text:
            return _Complaint(
                saying, _only_dates([tidied]) or (_complaint(tidied).rewrites if tidied else ())
            )
    return None


def _without_invisible(text: str) -> str:
    return "".join(c if c.isprintable() else " " * c.isspace() for c in text)


def _with_plain_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _with_hyphens(text: str) -> str:
    return re.sub("[\u2010-\u2015\u2212]", "-", text)


def _with_capital_x(text: str) -> str:
    return text.upper() if re.fullmatch("[0-9xX/~?%.-]+", text) else text


_TIDYINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("holds an invisible character", _without_invisible),
    ("has a space before or after it", str.strip),
    ("is written with digits other than 0 to 9", _with_plain_digits),
    ("is written with a dash where a hyphen belongs", _with_hyphens),
    ("is written with a small x where a capital X belongs", _with_capital_x),
)
