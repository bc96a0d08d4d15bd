"""What a validation checks and what fails it, as the command line, pyproject.toml or the descriptor say."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrdata.check import CHECKS, Check, Severity, declare
from hrdata.errors import UsageError

PYPROJECT = "pyproject.toml"

settings_can_be_followed = declare(
    "PKG116",
    "settings_can_be_followed",
    "The settings of the descriptor name checks that exist and a severity.",
    message="{name}: {observed}",
    hint="Correct it in {file}, or remove it; until then it is not followed.",
    example='"hrdata:ignore": ["VOT999"]',
)

FAIL_ON = (Severity.ERROR, Severity.WARNING)
"""What a validation can be told to fail on; each stands for all that is worse as well."""

UNREAD = frozenset(
    {
        *("PKG101", "PKG104", "PKG105", "PKG106", "PKG107", "PKG108", "PKG109", "PKG111"),
        *("PKG113", "PKG114", "PKG116", "PKG117", "STR101", "STR102", "STR108", "STR119", "STR122"),
    }
)
"""A package that fails one of these has a table that nobody looks at, or settings that nobody follows.

They are made whatever is selected: checks that can judge nothing must not look like a clean pass.
"""

NAMES = {"select": "hrdata:select", "ignore": "hrdata:ignore", "fail-on": "hrdata:failOn"}
"""Every setting as options and pyproject.toml call it, and as the descriptor does."""


@dataclass(frozen=True)
class Settings:
    """What to check, and what fails. None: nothing was said.

    `select` and `ignore` are ids or families of checks. `origins` says where each setting was made.

    >>> Settings(select=("VOT",), ignore=("VOT208",)).picks(CHECKS["VOT202"])
    True
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    fail_on: Severity | None = None
    origins: Mapping[str, str] = field(default_factory=dict, hash=False)

    def over(self, other: Settings) -> Settings:
        """These settings; where they say nothing, the other ones."""
        mine = {name for name in _FIELDS if getattr(self, name) is not None}
        taken = {name: getattr(self if name in mine else other, name) for name in _FIELDS}
        return Settings(**taken, origins={**other.origins, **self.origins})

    def picks(self, check: Check) -> bool:
        """Whether a check is to be made. What a table is lost for is left out only when it is ignored."""
        names = {check.id, check.family}
        is_selected = not self.select or check.id in UNREAD or bool(names & {*self.select})
        return is_selected and not names & {*(self.ignore or ())}

    def fails(self, severity: Severity) -> bool:
        """Whether findings of a severity fail a validation."""
        return FAIL_ON.index(self.fail_on or Severity.ERROR) >= _RANK[severity]

    def verify(self) -> None:
        """See that every name is that of a check or a family. Raises `UsageError` when one is not."""
        known = sorted({name for check in CHECKS.values() for name in (check.id, check.family)})
        for setting in ("select", "ignore"):
            for name in getattr(self, setting) or ():
                if name not in known:
                    near = difflib.get_close_matches(name, known, n=3)
                    remedy = f"did you mean {' or '.join(near)}?" if near else "hrdata checks lists them"
                    where = f"{self.origins[setting]}: {setting}: " if setting in self.origins else ""
                    raise UsageError(f"{where}there is no check or family {name}; {remedy}")

    def lines(self) -> Iterator[str]:
        """Each setting that was made, in words."""
        for name, value in (("select", self.select), ("ignore", self.ignore), ("fail-on", self.fail_on)):
            if value:
                words = value if isinstance(value, str) else ", ".join(value)
                origin = self.origins.get(name)
                yield f"{name} {words}" + (f" ({origin})" if origin else "")


DEFAULT = Settings()
"""Nothing said: every check, and errors fail."""

_FIELDS = ("select", "ignore", "fail_on")
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def make_settings(given: Mapping[str, Any], origin: str) -> Settings:
    """Settings from values as people wrote them: names of checks, and what to fail on.

    Raises `UsageError` when one is no list of names or no severity.
    """
    made: dict[str, Any] = {}
    for name in ("select", "ignore"):
        if given.get(name) is not None:
            made[name] = tuple(dict.fromkeys(_names_of_checks(given[name], f"{origin}: {name}")))
    if given.get("fail-on") is not None:
        # Like an empty list, an empty text takes back what others say.
        wanted = FAIL_ON[0] if given["fail-on"] == "" else given["fail-on"]
        if wanted not in FAIL_ON:
            raise UsageError(f"{origin}: fail-on is {wanted}, but expected {' or '.join(FAIL_ON)}")
        made["fail_on"] = Severity(wanted)
    said = [name for name in NAMES if given.get(name) is not None]
    return Settings(**made, origins=dict.fromkeys(said, origin))


def _names_of_checks(given: object, where: str) -> Iterator[str]:
    """The ids and families in a text or a list of texts, of which each may hold several, with commas."""
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise UsageError(f'{where} is not a list of names, but expected one such as ["VOT208", "CIT"]')
    for text in given:
        yield from (part.strip().upper() for part in text.split(",") if part.strip())


def settings_of_descriptor(
    descriptor: Mapping[str, Any], origin: str
) -> tuple[Settings, list[dict[str, Any]]]:
    """The settings that a descriptor makes, and what of them cannot be followed."""
    settings = DEFAULT
    strange = [key for key in descriptor if key.startswith("hrdata:") and key not in NAMES.values()]
    observed = f"is no setting; there is {_listed(NAMES.values())}"
    faults: list[dict[str, Any]] = [{"name": key, "observed": observed} for key in strange]
    for name, key in NAMES.items():
        if descriptor.get(key) is None:
            continue
        try:
            made = make_settings({name: descriptor[key]}, origin)
            made.verify()
            settings = made.over(settings)
        except UsageError as fault:
            observed = str(fault).removeprefix(f"{origin}: {name}").lstrip(": ")
            faults.append({"name": key, "observed": observed})
    return settings, faults


def settings_of_project(folder: Path) -> Settings:
    """The settings of `[tool.hrdata]` in the nearest pyproject.toml that has it, at a folder or above.

    Raises `UsageError` when it cannot be followed.
    """
    folder = Path(os.path.realpath(folder))
    for file in (above / PYPROJECT for above in (folder, *folder.parents)):
        if file.is_file() and (table := _tool_table(file)) is not None:
            if strange := sorted(set(table) - set(NAMES)):
                raise UsageError(
                    f"{file}: [tool.hrdata] has no setting {strange[0]}; there is {_listed(NAMES)}"
                )
            return make_settings(table, PYPROJECT)
    return Settings()


def _tool_table(file: Path) -> dict[str, Any] | None:
    try:
        tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except RecursionError:
        raise UsageError(f"{file}: cannot be read as TOML: it is nested too deeply") from None
    except (ValueError, OSError) as fault:
        raise UsageError(f"{file}: cannot be read as TOML: {fault}") from None
    table = tools.get("hrdata") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.hrdata is not a table, but expected [tool.hrdata]")
    return table


def _listed(names: Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}"
