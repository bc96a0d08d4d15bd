"""UN human-rights diplomacy as checked, cited and versioned data.

Validate a package, the bundled one or your own:

>>> import hrdata
>>> from hrdata.package import bundled_package
>>> report = hrdata.validate(bundled_package())
>>> report.valid
True

Build one row in Python, judged by the same rules as the files:

>>> hrdata.Ballot(vote_id="unga-61-174", state_id="CHN", choice="no").choice.meaning
'Against'

Take a document symbol or an uncertain date apart:

>>> hrdata.parse_symbol("A/HRC/RES/S-27/1").session
'S-27'
>>> hrdata.date_bounds("198X")
(datetime.date(1980, 1, 1), datetime.date(1989, 12, 31))
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hrdata.check import CHECKS, Check, Finding, Severity, Status
    from hrdata.datasets import MODELS
    from hrdata.datasets.events import Event, EventParticipant
    from hrdata.datasets.provenance import Citation, KnownIssue, Source
    from hrdata.datasets.reference import Body, BodySeats, State
    from hrdata.datasets.treaties import Treaty, TreatyAction
    from hrdata.datasets.upr import UprParticipant, UprReview, UprTally
    from hrdata.datasets.votes import Ballot, Vote
    from hrdata.dates import InvalidDate, date_bounds
    from hrdata.errors import HrdataError
    from hrdata.package import Package, read_package
    from hrdata.symbols import InvalidSymbol, Symbol, parse_symbol
    from hrdata.validate import Report, validate, validate_package

_HOMES = {
    "hrdata.check": ("CHECKS", "Check", "Finding", "Severity", "Status"),
    "hrdata.datasets": ("MODELS",),
    "hrdata.datasets.events": ("Event", "EventParticipant"),
    "hrdata.datasets.provenance": ("Citation", "KnownIssue", "Source"),
    "hrdata.datasets.reference": ("Body", "BodySeats", "State"),
    "hrdata.datasets.treaties": ("Treaty", "TreatyAction"),
    "hrdata.datasets.upr": ("UprParticipant", "UprReview", "UprTally"),
    "hrdata.datasets.votes": ("Ballot", "Vote"),
    "hrdata.dates": ("InvalidDate", "date_bounds"),
    "hrdata.errors": ("HrdataError",),
    "hrdata.package": ("Package", "read_package"),
    "hrdata.symbols": ("InvalidSymbol", "Symbol", "parse_symbol"),
    "hrdata.validate": ("Report", "validate", "validate_package"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import hrdata` stays light."""
    from importlib import import_module

    if name == "__version__":
        return version("hrdata")
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'hrdata' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
