"""The difference as data for programs; docs/diff.md describes it field by field."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from hrdata.changes import Change, Diff, RowAdded, RowChange, RowChanged, RowRekeyed, RowRemoved, Side
from hrdata.diff_report.outline import Reason, judge_version
from hrdata.report.terminal import as_safe_json
from hrdata.version import RULES


def render(diff: Diff) -> str:
    """The difference as JSON in plain ASCII."""
    return "".join(pieces_of(diff))


def pieces_of(diff: Diff) -> Iterator[str]:
    """The JSON piece by piece, a change after the other: there may be millions."""
    yield as_safe_json(_head(diff)).removesuffix("\n}") + ',\n  "changes": ['
    comma = ""
    for change in diff:
        yield comma + "\n    " + as_safe_json(_change_as_dict(change)).replace("\n", "\n    ")
        comma = ","
    yield "\n  ]\n}\n" if comma else "]\n}\n"


def _head(diff: Diff) -> dict[str, Any]:
    verdict = judge_version(diff)
    return {
        "hrdata": version("hrdata"),
        "old": _side_as_dict(diff.old),
        "new": _side_as_dict(diff.new),
        "differs": bool(diff),
        "verdict": {
            "bump": str(verdict.bump),
            "version": verdict.version,
            "is_enough": verdict.is_enough,
            "problem": verdict.problem,
            "reasons": [_reason_as_dict(reason) for reason in verdict.reasons],
        },
        "counts": diff.counts,
        "tables": {table.table: table.counts for table in diff.tables if table.counts},
    }


def _side_as_dict(side: Side) -> dict[str, str]:
    return {"path": side.label, "name": side.name, "version": side.version}


def _reason_as_dict(reason: Reason) -> dict[str, Any]:
    return {"kind": reason.kind, "count": reason.count, "rule": reason.rule.text}


def _change_as_dict(change: Change | RowChange) -> dict[str, Any]:
    """A change of whatever kind, with the same names for all of them."""
    rule = RULES[change.kind]
    what = _described(change) if isinstance(change, Change) else _row(change)
    return {
        "kind": change.kind,
        "table": change.table,
        **what,
        "text": change.text,
        "bump": str(rule.bump),
        "rule": rule.text,
    }


def _described(change: Change) -> dict[str, Any]:
    return {
        "column": change.column,
        "name": change.name,
        "row_id": "",
        "key": [],
        "old": change.old,
        "new": change.new,
    }


def _row(change: RowChange) -> dict[str, Any]:
    old, new = _sides_of(change)
    return {"column": "", "name": "", "row_id": change.row_id, "key": change.key, "old": old, "new": new}


def _sides_of(change: RowChange) -> tuple[Any, Any]:
    """What was and what is: a whole row, the cells that differ, or the key."""
    match change:
        case RowAdded():
            return None, dict(change.cells)
        case RowRemoved():
            return dict(change.cells), None
        case RowChanged():
            cells = change.cells
            return {cell.column: cell.old for cell in cells}, {cell.column: cell.new for cell in cells}
        case RowRekeyed():
            return change.old_key, change.key
