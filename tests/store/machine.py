"""A store through any sequence of commands, also interrupted ones, beside a model of what it should hold."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from places import Broken, Faulty, check_whole, content, leftovers

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.store import Objects, Store

VERSIONS = st.sampled_from(["0.1.0", "0.2.0", "0.10.0", "1.0.0-rc.1", "1.0.0"])
TEXTS = st.sampled_from(["a", "b"])
REASONS = st.sampled_from(["wrong totals", "withdrawn"])
BROKEN = st.builds(Broken, st.integers(1, 25), is_for_good=st.booleans(), is_done=st.booleans())
NOW = dt.timedelta(0)


class StoreMachine(RuleBasedStateMachine):
    """Subclasses say in `open_place` where the store is."""

    def __init__(self) -> None:
        super().__init__()
        self.place = self.open_place()
        self.store = Store(self.place)
        self.released: dict[str, str] = {}
        self.yanked: dict[str, str] = {}

    def open_place(self) -> Objects:
        raise NotImplementedError

    @rule(version=VERSIONS, text=TEXTS)
    def publish(self, version: str, text: str) -> None:
        if self.released.get(version, text) != text:
            with pytest.raises(Conflict, match="other content"):
                self.store.publish("p", version, content(text))
            return
        published = self.store.publish("p", version, content(text))
        assert published.is_new == (version not in self.released)
        assert published.release.version == version
        self.released[version] = text

    @rule(version=VERSIONS, text=TEXTS, broken=BROKEN)
    def publish_interrupted(self, version: str, text: str, broken: Broken) -> None:
        try:
            Store(Faulty(self.place, broken)).publish("p", version, content(text))
        except (EnvironmentFault, Conflict):
            if version in {release.version for release in self.store.releases("p")}:
                self.released.setdefault(version, text)  # it was committed, though not acknowledged
        else:
            assert self.released.setdefault(version, text) == text

    @rule(version=VERSIONS, reason=REASONS)
    def yank(self, version: str, reason: str) -> None:
        if version not in self.released:
            with pytest.raises(UsageError, match="there is no release"):
                self.store.yank("p", version, reason)
        elif self.yanked.get(version, reason) != reason:
            with pytest.raises(Conflict, match="yanked already"):
                self.store.yank("p", version, reason)
        else:
            assert self.store.yank("p", version, reason).yanked == reason
            self.yanked[version] = reason

    @rule()
    def gc(self) -> None:
        before = leftovers(self.store, "p")
        whole = tuple(f"p/{folder}/" for folder in self.store.unnamed("p"))
        kept = {path for path in before if path.startswith(whole)}
        assert set(self.store.gc("p", NOW, is_trial=True)) == before - kept
        assert leftovers(self.store, "p") == before
        assert set(self.store.gc("p", NOW)) == before - kept
        assert leftovers(self.store, "p") == kept

    @rule()
    def gc_of_all(self) -> None:
        before = leftovers(self.store, "p")
        assert set(self.store.gc("p", NOW, even_whole=True)) == before
        assert leftovers(self.store, "p") == set()

    @rule()
    def gc_leaves_what_is_young(self) -> None:
        before = leftovers(self.store, "p")
        assert self.store.gc("p") == []
        assert leftovers(self.store, "p") == before

    @precondition(lambda self: self.released)
    @rule()
    def find(self) -> None:
        usable = [version for version in self.released if version not in self.yanked and "-" not in version]
        if usable:
            latest = max(usable, key=lambda version: [int(part) for part in version.split(".")])
            assert self.store.find("p").version == latest
            assert self.store.find("p", f"<={latest}").version == latest
        else:
            with pytest.raises(UsageError):
                self.store.find("p")

    @invariant()
    def holds_what_was_acknowledged(self) -> None:
        check_whole(self.store, "p", {version: content(text) for version, text in self.released.items()})
        releases = self.store.releases("p")
        assert {release.version for release in releases} == set(self.released)
        assert {release.version: release.yanked for release in releases if release.yanked} == self.yanked
