"""What the rules of procedure of the bodies say: majorities, permanent members, days of sessions.

Sources: Charter of the United Nations, Articles 18, 20, 23 and 27 (as amended on 31 August 1965);
for the sessions, the dates that the United Nations recorded for the votes of 1946 to 2025.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

PERMANENT_MEMBERS = ("CHN", "FRA", "GBR", "RUS", "SUN", "USA")
"""The permanent members of the Security Council; the Russian Federation took the Soviet seat."""

ORIGINAL_MEMBERS = 51
"""States that were members of the United Nations at the end of 1945 (Charter, Article 3)."""

COUNCIL_ENLARGED = dt.date(1966, 1, 1)
COUNCIL_MAJORITY_OF_11 = 7
COUNCIL_MAJORITY_OF_15 = 9

Days = tuple[dt.date, dt.date]
_MonthDay = tuple[int, int]

_ODD_SESSIONS: dict[tuple[str, int], Days] = {
    ("unga", 1): (dt.date(1946, 1, 10), dt.date(1946, 12, 15)),
    ("unchr", 1): (dt.date(1947, 1, 27), dt.date(1947, 2, 10)),
    ("unchr", 2): (dt.date(1947, 12, 3), dt.date(1947, 12, 17)),
    ("unchr", 3): (dt.date(1948, 5, 24), dt.date(1948, 6, 18)),
    ("unhrc", 1): (dt.date(2006, 6, 19), dt.date(2006, 6, 30)),
    ("unhrc", 2): (dt.date(2006, 9, 5), dt.date(2006, 11, 29)),
    ("unhrc", 3): (dt.date(2006, 11, 30), dt.date(2006, 12, 8)),
    ("unhrc", 6): (dt.date(2007, 9, 5), dt.date(2007, 12, 14)),
    ("unhrc", 43): (dt.date(2020, 2, 24), dt.date(2020, 6, 22)),
}
"""Sessions that no calendar fits: the first ones of a body, and sessions that were resumed."""


@dataclass(frozen=True)
class _Calendar:
    """When a body meets: the days of its sessions in a year, and the year of a session.

    Session `first` is the first one the calendar holds for; it began in the year `year`. With more
    than one term a year, sessions go through the terms in turn.
    """

    first: int
    year: int
    terms: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    until_next_year: bool = False

    def days(self, session: int) -> Days:
        """First and last day of a session."""
        years, term = divmod(session - self.first, len(self.terms))
        begins, ends = self.terms[term]
        year = self.year + years
        return dt.date(year, *begins), dt.date(year + self.until_next_year, *ends)


# The windows leave a few days around all recorded dates: the day of the opening moves.
_CALENDARS = {
    "unga": _Calendar(2, 1947, (((9, 5), (9, 20)),), until_next_year=True),
    "unchr": _Calendar(5, 1949, (((1, 20), (6, 20)),)),
    "unhrc": _Calendar(4, 2007, (((2, 20), (4, 15)), ((5, 25), (7, 20)), ((9, 5), (10, 20)))),
    "sub-commission": _Calendar(39, 1987, (((7, 25), (9, 10)),)),
}


def session_days(body: str, session: str) -> Days | None:
    """First and last day on which a session can have met; None where no rule says.

    Special and emergency sessions follow no calendar.

    >>> session_days("unhrc", "7")
    (datetime.date(2008, 2, 20), datetime.date(2008, 4, 15))
    """
    calendar = _CALENDARS.get(body)
    if calendar is None or not re.fullmatch("[1-9][0-9]{0,2}", session):
        return None
    number = int(session)
    if odd := _ODD_SESSIONS.get((body, number)):
        return odd
    return calendar.days(number) if number >= calendar.first else None
