"""UN human-rights diplomacy as checked, cited and versioned data.

Validate a package, the bundled one or your own:

>>> import hrdata
>>> from hrdata.package import bundled_package
>>> report = hrdata.validate_package(bundled_package())
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

from typing import Any

import lazy_loader

# The public names stand in __init__.pyi, once for type checkers and for us. Each is imported when
# it is first used, so that `import hrdata` stays light.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name != "__version__":
        return _load(name)
    from importlib.metadata import version

    return version("hrdata")
