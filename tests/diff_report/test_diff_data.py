"""The JSON: all changes, plain ASCII, the same names everywhere, and described on its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_diff_outline import BYTES, NOTHING, all_kinds, many_rows

from hrdata.changes import Diff, Kind
from hrdata.diff_report import data
from hrdata.report.terminal import as_safe_json
from hrdata.version import RULES
from test_docs import keys_of
from test_report import NASTY, obeyed

DOCS = Path(__file__).parents[2] / "docs" / "diff.md"


def read(diff: Diff) -> Any:
    return json.loads(data.render(diff))


def test_every_change_is_listed_with_its_bump_and_rule() -> None:
    diff = all_kinds()
    found = read(diff)
    assert [(one["kind"], one["text"]) for one in found["changes"]] == [(one.kind, one.text) for one in diff]
    assert {one["kind"] for one in found["changes"]} == set(Kind)
    assert all(one["rule"] == RULES[one["kind"]].text for one in found["changes"])
    assert all(one["bump"] == str(RULES[one["kind"]].bump) for one in found["changes"])
    assert found["counts"] == diff.counts
    assert found["tables"] == {"rooms text": diff.tables[0].counts}


def test_all_changes_have_the_same_names() -> None:
    assert len({tuple(change) for change in read(all_kinds())["changes"]}) == 1


def test_rows_have_their_cells_before_and_now() -> None:
    rows = {one["kind"]: one for one in read(all_kinds())["changes"]}
    shown = {
        kind: (rows[kind]["row_id"], rows[kind]["old"], rows[kind]["new"]) for kind in rows if "row_" in kind
    }
    assert shown == {
        "row_removed": ("btext", {"id": "btext", "name": "text", "note": "text"}, None),
        "row_added": ("atext", None, {"id": "atext", "name": "text", "note": ""}),
        "row_rekeyed": ("etext", ["dtext"], ["etext"]),
        "row_following": ("dtext", {"note": "textold"}, {"note": "text"}),
        "row_changed": ("ctext", {"name": "text", "note": ""}, {"name": "", "note": "text"}),
    }
    assert rows["row_changed"]["key"] == ["ctext"]


@pytest.mark.parametrize("diff", [NOTHING, BYTES, all_kinds(), all_kinds("é\n##[error]x")])
def test_written_piece_by_piece_it_is_the_json_of_the_whole(diff: Diff) -> None:
    assert data.render(diff) == as_safe_json(read(diff)) + "\n"


def test_no_limit_leaves_changes_out() -> None:
    assert len(read(many_rows(1000))["changes"]) == 3000


def test_the_verdict_is_there() -> None:
    verdict = read(many_rows(1))["verdict"]
    assert verdict == {
        "bump": "major",
        "version": "2.0.0",
        "is_enough": False,
        "problem": "",
        "reasons": [{"kind": "row_removed", "count": 1, "rule": "hrdata's ruling, major: delete a row"}],
    }
    assert read(NOTHING)["differs"] is False
    assert read(BYTES)["differs"] is True


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_nothing_in_the_data_is_obeyed(nasty: str) -> None:
    text = data.render(all_kinds(nasty))
    assert text.isascii()
    assert not obeyed(text)
    assert json.loads(text)["changes"][-1]["new"]["note"] == nasty.encode(errors="replace").decode()


def test_the_page_describes_every_name_and_kind() -> None:
    described = DOCS.read_text("utf-8")
    report = read(all_kinds())
    for change in report["changes"]:
        del change["old"], change["new"]
    del report["tables"]
    names = {*keys_of(report), "tables", "old", "new", *Kind}
    assert not {name for name in names if f"`{name}`" not in described}
