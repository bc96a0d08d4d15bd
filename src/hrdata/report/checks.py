"""What is checked, for people and programs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from hrdata.check import ALL_TABLES, CHECKS, Check, Severity
from hrdata.errors import UsageError
from hrdata.report.terminal import Speaker, counted

if TYPE_CHECKING:
    from rich.console import Console


def list_checks() -> list[Check]:
    """Every check, by id."""
    import hrdata.validate  # noqa: F401  (declares those that the engine watches over)

    return [CHECKS[id] for id in sorted(CHECKS)]


def find_check(id: str) -> Check:
    """The check with an id. Raises `UsageError` when there is none."""
    known = {check.id: check for check in list_checks()}
    if id.upper() not in known:
        alike = [name for name in known if name.startswith(id.upper())]
        near = alike[:3] or difflib.get_close_matches(id.upper(), known, n=3)
        raise UsageError(
            f"there is no check {id}; "
            + (f"did you mean {' or '.join(near)}?" if near else "hrdata checks lists them")
        )
    return known[id.upper()]


def check_as_dict(check: Check) -> dict[str, Any]:
    """What a check asserts, for JSON."""
    return {
        "check": check.id,
        "truth": check.truth,
        "meaning": check.meaning,
        "severity": check.severity,
        "tables": list(check.tables),
        "message": check.message,
        "hint": check.hint,
        "example": check.example,
    }


def print_checks(checks: list[Check], console: Console) -> None:
    """Print the checks, a line each."""
    say = Speaker(console)
    for check in checks:
        remark = "" if check.severity is Severity.ERROR else f" ({check.severity})"
        say.line(check.id, "bold", f"  {check.meaning}{remark}")
    say.line(f"{counted(len(checks), 'check')}; hrdata checks ID explains one")


def print_check(check: Check, console: Console) -> None:
    """Explain one check."""
    say = Speaker(console)
    say.line(f"{check.id} {check.name}", "bold", f" ({check.severity})")
    say.line(check.meaning)
    needed = [name if name not in check.optional else f"{name} if there" for name in check.tables]
    for name, text in (
        ("Tables", ", ".join(needed).replace(ALL_TABLES, "every other table")),
        ("Example", check.example),
        ("Message", check.message),
        ("Hint", check.hint),
    ):
        if text:
            say.line(f"{name}: ", "italic", text)
