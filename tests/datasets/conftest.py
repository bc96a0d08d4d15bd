"""The worlds of these tests have a handful of states, and count them as the whole United Nations."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _a_small_united_nations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrdata.datasets.votes.ORIGINAL_MEMBERS", 0)
