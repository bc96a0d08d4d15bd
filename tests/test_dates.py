"""Dates: what a text can mean, what is refused and in which words."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hrdata.dates import EDTF_PATTERN, InvalidDate, date_bounds, is_within

Span = tuple[date, date]


def is_well_written(text: str) -> bool:
    return re.fullmatch(EDTF_PATTERN, text) is not None


def complaint_about(text: str) -> str | None:
    try:
        date_bounds(text)
    except InvalidDate as reason:
        return str(reason)
    return None


# Examples


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2008-04-21", "2008-04-21", "2008-04-21"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("1993-06", "1993-06-01", "1993-06-30"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("1900-02", "1900-02-01", "1900-02-28"),
        ("1991", "1991-01-01", "1991-12-31"),
        ("0001", "0001-01-01", "0001-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("198X", "1980-01-01", "1989-12-31"),
        ("19XX", "1900-01-01", "1999-12-31"),
        ("2004-XX", "2004-01-01", "2004-12-31"),
        ("2004-02-XX", "2004-02-01", "2004-02-29"),
        ("2004-XX-XX", "2004-01-01", "2004-12-31"),
        ("2001-21", "2001-03-01", "2001-05-31"),
        ("2001-22", "2001-06-01", "2001-08-31"),
        ("2001-23", "2001-09-01", "2001-11-30"),
        ("2001-24", "2001-12-01", "2001-12-31"),
        ("1999~", "1999-01-01", "1999-12-31"),
        ("2008-04-21?", "2008-04-21", "2008-04-21"),
        ("198X%", "1980-01-01", "1989-12-31"),
        ("2001-21~", "2001-03-01", "2001-05-31"),
        ("2008-04-21/2008-04-22", "2008-04-21", "2008-04-22"),
        ("2004/2004", "2004-01-01", "2004-12-31"),
        ("2004-06~/2005?", "2004-06-01", "2005-12-31"),
        ("198X/199X", "1980-01-01", "1999-12-31"),
        ("2004-06/2004", "2004-06-01", "2004-12-31"),
        ("2004/..", "2004-01-01", None),
        ("../2004", None, "2004-12-31"),
        ("2004/", "2004-01-01", None),
        ("/2004", None, "2004-12-31"),
        ("198X~/..", "1980-01-01", None),
    ],
)
def test_a_date_means_these_days(text: str, earliest: str | None, latest: str | None) -> None:
    assert is_well_written(text)
    assert [day and day.isoformat() for day in date_bounds(text)] == [earliest, latest]


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("2024-1-5", "is not written as year-month-day with four, two and two digits; write 2024-01-05"),
        ("2024-1", "is not written as year-month with four and two digits; write 2024-01"),
        ("2023-02-30", "names a day that does not exist: February 2023 has 28 days"),
        ("2023-02-29~", "February 2023 has 28 days"),
        ("2004-06-32", "names a day that does not exist: June 2004 has 30 days"),
        ("2004-06-00", "June 2004 has 30 days"),
        ("2004-13", "names a month that does not exist: months run from 01 to 12, and seasons from 21 to 24"),
        ("2001-25", "seasons from 21 to 24"),
        ("2004-21-04", "names a month that does not exist: months run from 01 to 12; write 2004-04-21"),
        ("2004/2003", "is an interval that runs backwards: it ends (2003) before it starts (2004)"),
        ("2004-24/2004-21", "it ends (2004-21) before it starts (2004-24)"),
        ("2004-02-30/2005", "is an interval whose start names a day that does not exist: February 2004"),
        ("2004/2004-13", "is an interval whose end names a month that does not exist"),
        ("2004-1-5/2004-1-6", "write 2004-01-05/2004-01-06"),
        ("2004/present", "is an interval whose end is not a date"),
        ("/", "is an interval with neither start nor end"),
        ("../..", "is an interval with neither start nor end"),
        ("2004/2005/2006", "is not a date in any form known here"),
        ("30/04/2024", "puts the year last; write 2024-04-30"),
        ("04/05/2024", "puts the year last; write 2024-05-04 or 2024-04-05"),
        ("30/02/2024", "puts the year last; write year-month-day"),
        ("04/2004", "puts the year last; write 2004-04"),
        ("21/04/98", "gives the year in two digits"),
        ("2008/4/21", "something other than hyphens; write 2008-04-21"),
        ("2004/05", "something other than a hyphen; write 2004-05"),
        ("20080421", "is written without hyphens; write 2008-04-21"),
        ("200804", "is written without hyphens; write 2008-04"),
        ("1980-1985", "does not join the two ends of its interval with a slash; write 1980/1985"),
        ("1980\u20131985", "with a dash where a hyphen belongs; write 1980/1985"),
        ("2008-04-21T12:00:00Z", "holds a time of day; write 2008-04-21"),
        ("21 April 2008", "names the month in words; write 2008-04-21"),
        ("Apr. 21st, 2008", "names the month in words; write 2008-04-21"),
        ("Sept 2008", "names the month in words; write 2008-09"),
        ("1980s", "is not how a decade is written; write 198X"),
        ("1900s", "may mean a decade or a century; write 190X or 19XX"),
        ("c. 1980", "says in words that it is approximate; write 1980~"),
        ("?1980", "puts its qualifier first; write 1980?"),
        ("1980?~", "has two qualifiers; write 1980%"),
        ("198x", "small x where a capital X belongs; write 198X"),
        ("XXXX", "names no year at all; leave the date empty"),
        ("1XXX", "marks digits as unspecified where that cannot be said"),
        ("2004-XX-21", "marks digits as unspecified where that cannot be said"),
        ("-0044", "has a negative year"),
        ("Y12004", "has a year of more than four digits"),
        ("98", "has a year of fewer than four digits"),
        ("0000", "reaches back to the year 0000"),
        ("000X", "reaches back to the year 0000"),
        ("", "is empty; write at least a year"),
        (" 2004", "has a space before or after it; write 2004"),
        ("2004\n", "holds an invisible character; write 2004"),
        ("\x1b[31m2004", "holds an invisible character"),
        ("\uff12\uff10\uff10\uff14", "is written with digits other than 0 to 9; write 2004"),
        ("2" * 65, "it has 65 characters, at most 64 are read"),
        ("unknown", "is not a date in any form known here"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, fragment: str) -> None:
    assert fragment in (complaint_about(text) or "accepted")


@pytest.mark.parametrize(
    ("inner", "outer", "inside"),
    [
        ("1980-11-04", "1980", True),
        ("1980", "1980-11-04", False),
        ("1980~", "198X", True),
        ("2004", "../2004", True),
        ("2004/..", "2003/", True),
        ("2004/", "2003/2010", False),
        ("2003-12-31", "2004/..", False),
        ("/2004", "2003/2004", False),
    ],
)
def test_is_within(inner: str, outer: str, inside: bool) -> None:
    assert is_within(inner, outer) is inside


# Properties. The bounds expected here come from stepping to the next period and one day back: no edtf, no
# table of month lengths.


def until_day_before(first: date, following: tuple[int, int]) -> Span:
    return first, date(*following, 1) - timedelta(days=1)


def span_of_months(year: int, first: int, last: int) -> Span:
    following = (year + 1, 1) if last == 12 else (year, last + 1)
    return until_day_before(date(year, first, 1), following)


def span_of_years(first: int, count: int) -> Span:
    return until_day_before(date(first, 1, 1), (first + count, 1))


SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 12)}

days = st.dates(date(1, 1, 1), date(9998, 12, 31))
# Dates drawn from all centuries are hardly ever within one another; these often are.
neighbouring_days = st.dates(date(1998, 11, 1), date(2001, 2, 28))
qualifiers = st.sampled_from(["", "~", "?", "%"])


@st.composite
def single_dates(draw: st.DrawFn, days: st.SearchStrategy[date] = days) -> tuple[str, Span]:
    """A date of any form, and the first and the last day it can mean."""
    day, season = draw(days), draw(st.sampled_from(sorted(SEASONS)))
    year = f"{day.year:04}"
    forms = {
        f"{day.isoformat()}": (day, day),
        year: span_of_years(day.year, 1),
        f"{year}-XX": span_of_years(day.year, 1),
        f"{year}-XX-XX": span_of_years(day.year, 1),
        f"{year}-{day.month:02}": span_of_months(day.year, day.month, day.month),
        f"{year}-{day.month:02}-XX": span_of_months(day.year, day.month, day.month),
        f"{year}-{season}": span_of_months(day.year, *SEASONS[season]),
    }
    if 10 <= day.year < 9990:
        forms[f"{year[:3]}X"] = span_of_years(day.year // 10 * 10, 10)
    if 100 <= day.year < 9900:
        forms[f"{year[:2]}XX"] = span_of_years(day.year // 100 * 100, 100)
    text = draw(st.sampled_from(sorted(forms)))
    return text + draw(qualifiers), forms[text]


@st.composite
def intervals(
    draw: st.DrawFn, days: st.SearchStrategy[date] = days
) -> tuple[str, tuple[date | None, date | None]]:
    (start, (earliest, _)), (end, (_, latest)) = draw(single_dates(days)), draw(single_dates(days))
    open_end = draw(st.sampled_from(["", ".."]))
    kind = draw(st.sampled_from(["closed", "open start", "open end"]))
    if kind == "open start":
        return f"{open_end}/{end}", (None, latest)
    if kind == "open end":
        return f"{start}/{open_end}", (earliest, None)
    assume(earliest <= latest)
    return f"{start}/{end}", (earliest, latest)


dates = single_dates() | intervals()
neighbours = single_dates(neighbouring_days) | intervals(neighbouring_days)
date_texts = dates.map(lambda case: case[0])
neighbouring_texts = neighbours.map(lambda case: case[0])
near_misses = st.text("0123456789X-/.~?%xT: as\u2013\u0662", max_size=24) | st.from_regex(
    r"[0-9X]{1,4}(-[0-9X]{1,2}){0,2}[~?%]?(/([0-9X]{1,4}(-[0-9X]{1,2}){0,2}|\.\.)?)?", fullmatch=True
)
any_texts = st.text() | near_misses | date_texts


@given(st.dates())
def test_every_real_day_means_itself(day: date) -> None:
    assert date_bounds(day.isoformat()) == (day, day)


@given(dates)
def test_bounds_are_those_of_an_independent_count(case: tuple[str, tuple[date | None, date | None]]) -> None:
    text, bounds = case
    assert is_well_written(text)
    assert date_bounds(text) == bounds


@given(single_dates(), single_dates())
def test_an_interval_runs_backwards_exactly_when_it_ends_before_it_can_start(
    start: tuple[str, Span], end: tuple[str, Span]
) -> None:
    text = f"{start[0]}/{end[0]}"
    if end[1][1] < start[1][0]:
        assert f"it ends ({end[0]}) before it starts ({start[0]})" in (complaint_about(text) or "accepted")
    else:
        assert date_bounds(text) == (start[1][0], end[1][1])


CALENDAR_COMPLAINT = re.compile(
    "(is an interval whose (start|end) )?(names a day that does not exist|reaches back to the year 0000).*"
    "|is an interval that runs backwards: .*"
)


@given(any_texts)
def test_a_well_written_text_is_refused_by_the_calendar_only(text: str) -> None:
    complaint = complaint_about(text)
    if is_well_written(text):
        assert complaint is None or CALENDAR_COMPLAINT.fullmatch(complaint)
    else:
        assert complaint is not None


@given(any_texts)
def test_any_text_gives_bounds_in_order_or_a_printable_complaint(text: str) -> None:
    if complaint := complaint_about(text):
        assert complaint.isascii()
        assert complaint.isprintable()
    else:
        earliest, latest = date_bounds(text)
        assert earliest or latest
        assert earliest is None or latest is None or earliest <= latest


@given(any_texts)
def test_what_a_complaint_says_to_write_is_accepted(text: str) -> None:
    for advised in re.findall(r"(?:; write|or) ([0-9][^ ]*)", complaint_about(text) or ""):
        assert complaint_about(advised) is None


@given(
    days, st.sampled_from(["{y}-{m}-{d}", "{y}/{m}/{d}", "{y}{m:02}{d:02}", "{d}.{m}.{y}", "{d} {name} {y}"])
)
def test_a_foreign_form_is_answered_with_our_own(day: date, form: str) -> None:
    names = ["Jan", "Feb", "March", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "December"]
    text = form.format(y=f"{day.year:04}", m=day.month, d=day.day, name=names[day.month - 1])
    assume(text != day.isoformat())
    assert day.isoformat() in (complaint_about(text) or "accepted")


@given(date_texts)
def test_a_date_is_within_itself(text: str) -> None:
    assert is_within(text, text)


@given(neighbouring_texts, neighbouring_texts, neighbouring_texts)
def test_within_is_transitive(one: str, two: str, three: str) -> None:
    if is_within(one, two) and is_within(two, three):
        assert is_within(one, three)


@given(single_dates(neighbouring_days), neighbouring_days)
def test_a_day_is_within_a_date_exactly_when_the_date_can_mean_it(case: tuple[str, Span], day: date) -> None:
    text, (earliest, latest) = case
    assert is_within(day.isoformat(), text) is (earliest <= day <= latest)
    assert is_within(earliest.isoformat(), text)
    assert is_within(latest.isoformat(), text)


# The pattern travels to other readers, and edtf stays behind


def test_the_pattern_is_one_that_every_reader_understands() -> None:
    assert not re.search(r"[$^\\]|\(\?", EDTF_PATTERN)
    assert EDTF_PATTERN.startswith("(")
    assert EDTF_PATTERN.endswith(")")
    assert re.match(f"^{EDTF_PATTERN}$", "2004 or so") is None, "anchors around it hold for all its branches"


def run_python(code: str, *options: str) -> str:
    command = [sys.executable, *options, "-c", code]
    same_path = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=same_path, capture_output=True, text=True, check=True).stdout.strip()


def test_plain_dates_do_not_import_edtf() -> None:
    asked = (
        "import sys, hrdata.dates as d; d.date_bounds('2004-02~/2005-01-31'); print('edtf' in sys.modules)"
    )
    assert run_python(asked) == "False"


def test_warnings_of_edtf_about_itself_do_not_reach_us() -> None:
    assert run_python("import hrdata.dates as d; print(d.is_within('1985', '198X'))", "-W", "error") == "True"


def answer_of_edtf(text: str) -> tuple[Any, Any]:
    from edtf import parse_edtf

    parsed = parse_edtf(text)
    return parsed.lower_strict()[:3], parsed.upper_strict()[:3]


def test_the_reasons_for_not_asking_edtf_still_hold() -> None:
    """When this fails, edtf has improved: look whether a detour in dates.py can go."""
    from edtf import is_valid_edtf

    assert answer_of_edtf("2004/") == ((2004, 1, 1), (2014, 1, 1)), "an unknown end is not ten years away"
    assert answer_of_edtf("2004/2003") == ((2004, 1, 1), (2003, 12, 31)), "time does not run backwards"
    assert answer_of_edtf("2023-02-29") == ((2023, 2, 29),) * 2, "there is no such day"
    assert answer_of_edtf("000X")[0] == (0, 1, 1), "there is no year 0 in datetime"
    assert not is_valid_edtf("2001-21~"), "a season can be uncertain as any date can"
