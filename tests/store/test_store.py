"""Releases stay what they were: published at once, found by version, refused when anything was changed."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from kinds import a_kind, a_place, a_store  # noqa: F401
from machine import StoreMachine
from places import Broken, Faulty, Memory, check_whole, content, leftovers, release_files

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.store import Listed, Objects, Store, open_store
from hrdata.store.local import Local
from hrdata.store.log import sha256_of

NOW = dt.timedelta(0)


def three_entries(place: Objects | None = None) -> Store:
    """A store of two releases, of which the first is yanked."""
    store = Store(place or Memory())
    store.publish("p", "1.0.0", content("a"))
    store.publish("p", "1.1.0", content("b"))
    store.yank("p", "1.0.0", "wrong totals")
    return store


def test_the_layout_is_the_one_that_readers_without_hrdata_rely_on(store: Store) -> None:
    files = content("a")
    published = store.publish("p", "1.0.0", files)
    digest = sha256_of(files["SHA256SUMS"])
    folder = published.release.folder
    assert re.fullmatch(f"releases/1.0.0-{digest[:16]}-[0-9a-f]{{8}}", folder)
    assert {listed.path for listed in store.objects.list("")} == {
        "p/log/000001.json",
        *(f"p/{folder}/{path}" for path in files),
    }
    data = store.objects.read("p/log/000001.json")
    assert data is not None
    entry = json.loads(data)
    assert data == (json.dumps(entry, indent=2, sort_keys=True) + "\n").encode()
    described = [{"path": p, "bytes": len(d), "sha256": sha256_of(d)} for p, d in sorted(files.items())]
    published_at, seal = entry.pop("published"), entry.pop("seal")
    assert entry == {
        "format": 1,
        "number": 1,
        "previous": None,
        "kind": "release",
        "name": "p",
        "version": "1.0.0",
        "digest": digest,
        "folder": folder,
        "files": described,
    }
    assert abs(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(published_at)).total_seconds() < 60
    assert len(seal) == 64
    store.yank("p", "1.0.0", "wrong")
    second = json.loads(store.objects.read("p/log/000002.json") or b"")
    assert second["previous"] == sha256_of(data)
    assert (second["kind"], second["reason"]) == ("yank", "wrong")
    assert published.is_new


def test_the_time_of_an_entry_is_that_of_source_date_epoch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert store.publish("p", "1.0.0", content("a")).release.published == "1970-01-02T00:00:00Z"
    for wrong in ("soon", "1e3", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
            store.publish("p", "2.0.0", content("a"))


def test_the_same_content_again_is_there_already_and_other_content_is_a_conflict(store: Store) -> None:
    assert store.publish("p", "1.0.0", content("a")).is_new
    before = [(listed.path, listed.modified) for listed in store.objects.list("")]
    again = store.publish("p", "1.0.0", content("a"))
    assert (again.is_new, again.release) == (False, store.find("p"))
    with pytest.raises(Conflict, match=r"p 1\.0\.0 is there with other content") as caught:
        store.publish("p", "1.0.0", content("b"))
    assert caught.value.exit_code == 4
    assert [(listed.path, listed.modified) for listed in store.objects.list("")] == before


def test_a_release_published_again_says_that_it_is_yanked(store: Store) -> None:
    store.publish("p", "1.0.0", content("a"))
    store.yank("p", "1.0.0", "wrong")
    assert store.publish("p", "1.0.0", content("a")).release.yanked == "wrong"


def test_packages_in_one_store_know_nothing_of_each_other(store: Store) -> None:
    store.publish("log", "1.0.0", content("a"))
    store.objects.put("Not A Package/log/000001.json", b"x")
    store.publish("releases", "2.0.0", release_files({"p/log/000001.json": b"x"}))
    assert store.names() == ["log", "releases"]
    assert store.find("log").version == "1.0.0"
    assert store.verify("log") == store.verify("releases") == []
    with pytest.raises(UsageError, match="there is no release of other; hrdata releases lists what there is"):
        store.find("other")


@pytest.mark.parametrize("name", ["", "A", "a/b", "..", ".a", "a\nb", "é"])
def test_a_name_that_is_none_is_refused(store: Store, name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.publish(name, "1.0.0", content("a")),
        lambda: store.find(name),
        lambda: store.verify(name),
        lambda: store.gc(name),
        lambda: store.yank(name, "1.0.0", "wrong"),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="the name of the package is"):
            call()
    assert list(store.objects.list("")) == []


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "1.0.0+build", "../1.0.0", "1.0.0/x"])
def test_a_version_that_is_none_is_refused(store: Store, version: str) -> None:
    with pytest.raises(UsageError, match="version of the data is"):
        store.publish("p", version, content("a"))
    assert list(store.objects.list("")) == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "there is no SHA256SUMS"),
        ({"a": b"1"}, "there is no SHA256SUMS"),
        (release_files({"a": b"1"}) | {"a": b"2"}, "SHA256SUMS is wrong about a"),
        (release_files({"a": b"1"}) | {"b": b"2"}, "SHA256SUMS is wrong about b"),
        ({"SHA256SUMS": release_files({"a": b"1"})["SHA256SUMS"]}, "SHA256SUMS is wrong about a"),
        ({"SHA256SUMS": b"x", "a": b"1"}, "SHA256SUMS cannot be read"),
        ({"SHA256SUMS": b"\xff", "a": b"1"}, "SHA256SUMS cannot be read"),
        (release_files({"../a": b"1"}), "../a leaves the place"),
        (release_files({"/a": b"1"}), "/a is absolute"),
        (release_files({".hrdata-a": b"1"}), ".hrdata-a is hidden"),
        (release_files({"data/.hidden": b"1"}), "data/.hidden is hidden"),
        (
            release_files({"a": b"1", "A": b"2"}),
            "A and a are one name where capitals or accents do not count",
        ),
        (release_files({"D/a": b"1", "d/b": b"2"}), "D and d are one name"),
        (release_files({"caf\u00e9": b"1", "cafe\u0301": b"2"}), "are one name"),
        *(
            (release_files({f"data/{name}": b"1"}), "can be no file on Windows")
            for name in ("con.csv", "AUX", "lpt1.txt", "a:b.csv", "x*.csv", "what?", "votes.csv.", "votes ")
        ),
        (release_files({"a": b"1", "a/b": b"2"}), "a is a file and a folder"),
        (release_files({"a": b"1", "a/b/c": b"2"}), "a is a file and a folder"),
        (release_files({"A": b"1", "a/b": b"2"}), "A and a are one name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_cannot_be_a_release_are_refused(
    store: Store, files: dict[str, bytes], complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        store.publish("p", "1.0.0", files)
    assert complaint in str(caught.value)
    assert list(store.objects.list("")) == []


def many_versions() -> Store:
    store = Store(Memory())
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1", "1.10.1", "2.0.0", "1.2.0"):
        store.publish("p", version, content(version))
    store.yank("p", "2.0.0", "wrong")
    store.yank("p", "1.10.1", "wrong")
    return store


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        ("", "1.10.0"),
        (">=1.2,<2", "1.10.0"),
        ("<1.10", "1.9.0"),
        ("~=1.2", "1.10.0"),
        ("==1.2.*", "1.2.0"),
        ("==1.2", "1.2.0"),
        ("!=1.10.0", "1.9.0"),
        (">=1.2.0-rc.1", "1.10.0"),
        ("1.2.0", "1.2.0"),
        ("2.0.0", "2.0.0"),
        ("==1.10.1", "1.10.1"),
        (" == 1.10.1 ", "1.10.1"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
    ],
)
def test_a_release_is_found_by_version_or_specifier(specifier: str, version: str) -> None:
    assert many_versions().find("p", specifier).version == version


@pytest.mark.parametrize("specifier", [">=2", "3.0.0", "==2.0.*", "==2.0.0rc1"])
def test_what_is_not_there_is_answered_with_what_is(specifier: str) -> None:
    with pytest.raises(UsageError) as caught:
        many_versions().find("p", specifier)
    assert str(caught.value) == (
        f"memory: there is no release of p {specifier}, but "
        "1.9.0, 1.10.0, 2.0.0-rc.1, 1.10.1 (yanked), 2.0.0 (yanked), 1.2.0"
    )


@pytest.mark.parametrize("specifier", ["1.2", "latest", ">=", "1.2.0 \x1b[31m"])
def test_what_is_no_specifier_is_refused(specifier: str) -> None:
    with pytest.raises(UsageError, match="neither a version nor a specifier") as caught:
        many_versions().find("p", specifier)
    assert "\x1b" not in str(caught.value)


def test_previews_alone_are_no_latest_release(store: Store) -> None:
    store.publish("p", "1.0.0-rc.1", content("a"))
    with pytest.raises(UsageError, match=r"but 1\.0\.0-rc\.1"):
        store.find("p")


def test_yanking_marks_once_with_one_reason(store: Store) -> None:
    store.publish("p", "1.0.0", content("a"))
    assert store.yank("p", "1.0.0", "wrong totals").yanked == "wrong totals"
    assert store.yank("p", "1.0.0", "wrong totals").yanked == "wrong totals"
    assert len(store.entries("p")) == 2
    with pytest.raises(Conflict, match="is yanked already, because: wrong totals"):
        store.yank("p", "1.0.0", "other")
    with pytest.raises(UsageError, match=r"no release of p 2\.0\.0, but 1\.0\.0 \(yanked\)"):
        store.yank("p", "2.0.0", "wrong")
    for reason in ("", " ", "two\nlines", "\udc80"):
        with pytest.raises(UsageError, match="the reason is"):
            store.yank("p", "1.0.0", reason)
    check_whole(store, "p", {"1.0.0": content("a")})


def test_a_file_that_the_release_does_not_have_is_refused(store: Store) -> None:
    release = store.publish("p", "1.0.0", content("a")).release
    with pytest.raises(UsageError, match=r"p 1\.0\.0 has no file \.\./\.\./log/000001\.json"):
        store.read(release, "../../log/000001.json")


def test_a_place_that_overwrites_although_told_not_to_is_refused_and_left_as_it_was() -> None:
    place = Memory()
    store = three_entries(place)
    before = {path: data for path, (data, _) in place.held.items()}
    place.ignores_conditions = True
    with pytest.raises(EnvironmentFault, match="overwrites what is there"):
        store.publish("p", "2.0.0", content("c"))
    with pytest.raises(EnvironmentFault, match="overwrites what is there"):
        store.yank("p", "1.1.0", "wrong")
    assert {path: data for path, (data, _) in place.held.items()} == before


def test_what_was_stored_in_another_size_is_not_committed() -> None:
    class Cutting(Memory):
        def put(self, path: str, data: bytes) -> None:
            super().put(path, data[:1] if path.endswith("votes.csv") else data)

    store = Store(Cutting())
    with pytest.raises(EnvironmentFault, match=r"votes\.csv is 1 bytes after writing, but expected 2 bytes"):
        store.publish("p", "1.0.0", content("ab"))
    assert store.releases("p") == []


def test_what_was_lost_after_it_was_stored_is_not_committed() -> None:
    class Losing(Memory):
        def put(self, path: str, data: bytes) -> None:
            if not path.endswith("votes.csv"):
                super().put(path, data)

    store = Store(Losing())
    with pytest.raises(EnvironmentFault, match=r"votes\.csv is not there after writing"):
        store.publish("p", "1.0.0", content("ab"))
    assert store.releases("p") == []


# What is changed behind the back of the store


def test_each_missing_extra_and_changed_file_is_named(place: Objects) -> None:
    store = three_entries(place)
    first, second = store.releases("p")
    place.delete(first.place_of("data/votes.csv"))
    place.put(second.place_of("datapackage.json"), b"[]\n")
    place.put(second.place_of("data/votes.csv"), b"longer")
    place.put(f"p/{first.folder}/data/more.csv", b"1")
    place.put("p/log/note.txt", b"1")
    place.put("p/README", b"1")
    faults = {(fault.path, fault.kind) for fault in store.verify("p")}
    assert faults == {
        (first.place_of("data/votes.csv"), "missing"),
        (second.place_of("datapackage.json"), "changed"),
        (second.place_of("data/votes.csv"), "changed"),
        (f"p/{first.folder}/data/more.csv", "extra"),
        ("p/log/note.txt", "extra"),
        ("p/README", "extra"),
    }
    with pytest.raises(EnvironmentFault, match=r"votes\.csv: it is not there"):
        store.read(first, "data/votes.csv")
    with pytest.raises(EnvironmentFault, match=r"votes\.csv: it has 6 bytes, but expected 1"):
        store.read(second, "data/votes.csv")
    with pytest.raises(EnvironmentFault, match=r"datapackage\.json: it has the SHA-256"):
        store.read(second, "datapackage.json")


def test_any_changed_byte_of_any_entry_is_refused_by_name() -> None:
    """Every byte, each flipped in one bit and replaced by another digit: also in the last entry."""
    place = Memory()
    store = three_entries(place)
    for number in (1, 2, 3):
        path = f"p/log/00000{number}.json"
        data, _ = place.held[path]
        for at in range(len(data)):
            for byte in {data[at] ^ 1, ord("7"), ord(" ")} - {data[at]}:
                place.put(path, data[:at] + bytes([byte]) + data[at + 1 :])
                with pytest.raises(EnvironmentFault, match=path):
                    store.entries("p")
        place.put(path, data)
    assert store.verify("p") == []


@given(data=st.data())
def test_any_change_of_the_bytes_of_any_object_is_named_by_verify_and_refused_by_read(
    data: st.DataObject,
) -> None:
    place = Memory()
    store = three_entries(place)
    releases = store.releases("p")
    path = data.draw(st.sampled_from(sorted(place.held)))
    old, _ = place.held[path]
    new = data.draw(st.one_of(st.binary(max_size=4), edited(old)).filter(lambda new: new != old))
    place.put(path, new)
    assert path in [fault.path for fault in store.verify("p")]
    with pytest.raises(EnvironmentFault, match=path):
        read_everything(store)
    if "/log/" not in path:
        assert store.releases("p") == releases


def read_everything(store: Store) -> list[bytes]:
    releases = store.releases("p")
    return [store.read(release, file.path) for release in releases for file in release.files]


def edited(old: bytes) -> st.SearchStrategy[bytes]:
    """Bytes with a byte replaced, cut off somewhere, or with something behind."""
    return st.one_of(
        st.builds(
            lambda at, byte: old[:at] + bytes([byte]) + old[at + 1 :],
            st.integers(0, len(old) - 1),
            st.integers(0, 255),
        ),
        st.integers(0, len(old) - 1).map(lambda at: old[:at]),
        st.binary(min_size=1, max_size=3).map(lambda more: old + more),
    )


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_that_is_removed_is_named_and_nothing_is_written_or_removed(
    place: Objects, number: int
) -> None:
    store = three_entries(place)
    place.put("p/releases/9.9.9-0123456789abcdef-01234567/a", b"a leftover")
    path = f"p/log/00000{number}.json"
    place.delete(path)
    assert path in [fault.path for fault in store.verify("p") if fault.kind == "missing"]
    before = [listed.path for listed in place.list("")]
    with pytest.raises(EnvironmentFault, match=f"{path}: it is missing"):
        store.publish("p", "3.0.0", content("c"))
    with pytest.raises(EnvironmentFault, match=f"{path}: it is missing"):
        store.gc("p", NOW)
    assert [listed.path for listed in place.list("")] == before


def swap(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    return other, one


def edit(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    """Somebody edits the first release and seals it anew, as hrdata would."""
    entry = json.loads(one) | {"published": "2001-01-01T00:00:00Z", "seal": ""}
    text = json.dumps(entry, indent=2, sort_keys=True) + "\n"
    sealed = json.dumps(entry | {"seal": sha256_of(text.encode())}, indent=2, sort_keys=True) + "\n"
    return sealed.encode(), other


def replace(_: bytes, other: bytes) -> tuple[bytes, bytes]:
    """The first entry is that of another store, a valid one."""
    elsewhere = Memory()
    Store(elsewhere).publish("p", "1.0.0", content("other"))
    return elsewhere.held["p/log/000001.json"][0], other


def repeat(one: bytes, _: bytes) -> tuple[bytes, bytes]:
    return one, one


@pytest.mark.parametrize("change", [swap, edit, replace, repeat])
def test_entries_that_are_swapped_edited_or_of_another_store_are_refused(
    change: Callable[[bytes, bytes], tuple[bytes, bytes]],
) -> None:
    place = Memory()
    store = three_entries(place)
    paths = ("p/log/000001.json", "p/log/000002.json")
    for path, data in zip(paths, change(*(place.held[path][0] for path in paths)), strict=True):
        place.put(path, data)
    with pytest.raises(EnvironmentFault, match="of another store, or the log is mixed up"):
        store.releases("p")
    assert [fault.path for fault in store.verify("p") if "mixed up" in fault.message]
    with pytest.raises(EnvironmentFault, match="mixed up"):
        store.gc("p", NOW)


def test_the_log_of_another_package_is_refused(place: Objects) -> None:
    Store(place).publish("q", "1.0.0", content("a"))
    place.put("p/log/000001.json", place.read("q/log/000001.json") or b"")
    with pytest.raises(EnvironmentFault, match="mixed up"):
        Store(place).releases("p")


def sealed(changes: dict[str, object]) -> bytes:
    """The entry of a first release with changes, sealed as if hrdata had written it."""
    place = Memory()
    Store(place).publish("p", "1.0.0", content("a"))
    entry = {**json.loads(place.held["p/log/000001.json"][0]), **changes, "seal": ""}
    if entry["kind"] == "yank":
        entry = {name: value for name, value in entry.items() if name not in ("digest", "folder", "files")}
    text = json.dumps(entry, indent=2, sort_keys=True) + "\n"
    entry["seal"] = sha256_of(text.encode())
    return (json.dumps(entry, indent=2, sort_keys=True) + "\n").encode()


FILES = json.loads(sealed({}))["files"]
OUTSIDE = [{"path": "../../../etc/passwd", "bytes": 1, "sha256": "0" * 64}]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 2}, "of a later hrdata"),
        ({"kind": "rename"}, "of a later hrdata"),
        ({"more": 1}, "of a later hrdata"),
        ({"number": 2}, "mixed up"),
        ({"previous": "0" * 64}, "mixed up"),
        ({"name": "q"}, "mixed up"),
        ({"version": "2.0.0"}, "disagree"),
        ({"version": "one"}, "three numbers"),
        ({"digest": "0" * 64}, "disagree"),
        ({"folder": "../../etc"}, "disagree"),
        ({"files": FILES[1:]}, "disagree"),
        ({"files": FILES[::-1]}, "disagree"),
        ({"files": FILES + FILES[-1:]}, "disagree"),
        ({"files": OUTSIDE + FILES}, "leaves the place"),
        ({"files": [{"path": "a\nb", "bytes": 1, "sha256": "0" * 64}]}, "invisible"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_an_entry_that_no_hrdata_would_write_is_refused_even_when_sealed(
    changes: dict[str, object], complaint: str
) -> None:
    place = Memory()
    place.put("p/log/000001.json", sealed(changes))
    with pytest.raises(EnvironmentFault, match=complaint) as caught:
        Store(place).entries("p")
    assert "\n" not in str(caught.value)


YANK = {"kind": "yank", "reason": "wrong"}


@pytest.mark.parametrize(
    ("later", "complaint"),
    [
        ([{}], r"000002\.json: it releases 1\.0\.0 again"),
        ([YANK | {"version": "2.0.0"}], r"000002\.json: it yanks 2\.0\.0, which is not there to be yanked"),
        ([YANK, YANK], r"000003\.json: it yanks 1\.0\.0, which is not there to be yanked"),
    ],
    ids=["a version again", "a version that is not there", "a version twice"],
)
def test_an_entry_that_denies_what_is_before_it_is_refused_even_when_sealed(
    later: list[dict[str, object]], complaint: str
) -> None:
    place = Memory()
    place.put("p/log/000001.json", sealed({}))
    for number, changes in enumerate(later, start=2):
        previous = sha256_of(place.held[f"p/log/00000{number - 1}.json"][0])
        entry = changes | {"number": number, "previous": previous}
        place.put(f"p/log/00000{number}.json", sealed(entry))
    with pytest.raises(EnvironmentFault, match=complaint):
        Store(place).entries("p")


def test_the_entry_that_is_not_changed_is_taken() -> None:
    place = Memory()
    place.put("p/log/000001.json", sealed({}))
    assert len(Store(place).entries("p")) == 1


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null", b"{}" * 2])
def test_an_entry_that_is_no_entry_is_refused_in_one_line(data: bytes) -> None:
    place = Memory()
    place.put("p/log/000001.json", data)
    with pytest.raises(EnvironmentFault, match=r"^memory: p/log/000001\.json: it is damaged") as caught:
        Store(place).entries("p")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


# Removing leftovers

LEFTOVERS = (
    "p/log/.hrdata-0123",
    "p/log/.hrdata-probe-0123",
    "p/releases/1.0.0-0123456789abcdef-01234567/a.csv",
    "p/releases/1.0.0-0123456789abcdef-01234567/data/.hrdata-01",
    "p/releases/2.0.0-rc.1-0123456789abcdef-01234567/a.csv",
)
KEPT = (
    "p/log/000009.json.bak",
    "p/log/notes/.htaccess",
    "p/releases/index.html",
    "p/releases/mine/a.csv",
    "p/releases/1.0.0-0123456789abcdef/a.csv",
    "p/releases/1.0.0-0123456789ABCDEF-01234567/a.csv",
    "p/README",
    "q/releases/1.0.0-0123456789abcdef-01234567/a.csv",
    "pp/log/.hrdata-0123",
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.sets(st.sampled_from(LEFTOVERS + KEPT)))
def test_gc_removes_leftovers_and_only_those(there: set[str]) -> None:
    place = Memory()
    store = three_entries(place)
    before = set(place.held)
    for path in there:
        place.put(path, b"x")
    assert store.gc("p", dt.timedelta(hours=1)) == []
    assert set(store.gc("p", NOW)) == there & set(LEFTOVERS)
    assert set(place.held) == before | (there & set(KEPT))


def test_an_unfinished_file_in_a_folder_of_a_release_is_a_leftover_and_no_fault(store: Store) -> None:
    release = store.publish("p", "1.0.0", content("a")).release
    partial = f"p/{release.folder}/data/.hrdata-0123"
    store.objects.put(partial, b"half")
    assert store.verify("p") == []
    assert store.gc("p", NOW) == [partial]
    check_whole(store, "p", {"1.0.0": content("a")})


def test_gc_leaves_all_of_a_folder_in_which_anything_is_young() -> None:
    place = Memory()
    store = three_entries(place)
    old, young = (f"p/releases/2.0.0-0123456789abcdef-01234567/{name}" for name in ("old", "young"))
    for path in (old, young):
        place.put(path, b"x")
    place.held[old] = (b"x", dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    assert store.gc("p") == []
    place.held[young] = (b"x", dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    assert store.gc("p") == [old, young]


def test_gc_keeps_a_release_that_is_committed_while_it_looks() -> None:
    class Late(Memory):
        def list(self, prefix: str) -> Iterator[Listed]:
            if prefix == "p/" and not self.is_done:
                self.is_done = True
                Store(self).publish("p", "2.0.0", content("c"))
                yield from (thing for thing in super().list(prefix) if "/log/" not in thing.path)
            else:
                yield from super().list(prefix)

        is_done = False

    store = Store(Late())
    assert store.gc("p", NOW) == []
    check_whole(store, "p", {"2.0.0": content("c")})


def test_gc_leaves_no_empty_folders_on_a_disk(tmp_path: Path) -> None:
    store = Store(Local(tmp_path))
    store.publish("p", "1.0.0", content("a"))
    folder = tmp_path / "p/releases/2.0.0-0123456789abcdef-01234567"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("x")
    store.gc("p", NOW)
    assert [path.name[:5] for path in (tmp_path / "p/releases").iterdir()] == ["1.0.0"]


def test_gc_takes_nothing_from_a_publisher_who_repeats_what_was_interrupted_long_ago() -> None:
    """Between the look of gc and what it removes, the same release is published again."""

    class Late(Memory):
        def delete(self, path: str) -> None:
            if not self.is_done and "/releases/" in path:
                self.is_done = True
                assert Store(self).publish("p", "2.0.0", content("c")).is_new
            super().delete(path)

        is_done = True

    place = Late()
    store = three_entries(place)
    with pytest.raises(EnvironmentFault):
        Store(Faulty(place, Broken(12))).publish("p", "2.0.0", content("c"))
    for path, (data, _) in place.held.items():
        place.held[path] = (data, dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    place.is_done = False
    assert store.gc("p", even_whole=True)
    assert place.is_done
    check_whole(store, "p", {"2.0.0": content("c")})


def test_a_release_is_not_committed_long_after_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """By then gc may have taken it for a leftover."""
    monkeypatch.setattr("hrdata.store.store.COMMIT_WITHIN", dt.timedelta(minutes=-1))
    store = Store(Memory())
    with pytest.raises(EnvironmentFault, match=r"000001\.json was not written in time.*run the same command"):
        store.publish("p", "1.0.0", content("a"))
    assert store.releases("p") == []


@pytest.mark.parametrize("lost", [[3], [1, 2, 3]], ids=["the end", "all"])
def test_a_whole_release_that_the_log_lost_is_named_and_kept(place: Objects, lost: list[int]) -> None:
    store = Store(place)
    store.publish("p", "1.0.0", content("a"))
    store.yank("p", "1.0.0", "wrong totals")
    release = store.publish("p", "1.1.0", content("b")).release
    entries = {number: place.read(f"p/log/00000{number}.json") or b"" for number in lost}
    for number in lost:
        place.delete(f"p/log/00000{number}.json")
    faults = store.verify("p")
    assert (f"p/{release.folder}", "unnamed") in [(fault.path, fault.kind) for fault in faults]
    assert store.gc("p", NOW) == []
    for number, data in entries.items():
        place.put(f"p/log/00000{number}.json", data)
    check_whole(store, "p", {"1.0.0": content("a"), "1.1.0": content("b")})


def test_what_of_a_release_is_not_whole_or_published_otherwise_is_a_leftover(place: Objects) -> None:
    store = Store(place)
    folders = []
    for version, text in (("1.0.0", "a"), ("1.1.0", "b"), ("1.2.0", "c")):
        folders.append(f"p/{store.publish('p', version, content(text)).release.folder}")
        place.delete("p/log/000001.json")
    place.delete(f"{folders[0]}/data/votes.csv")
    place.put(f"{folders[1]}/SHA256SUMS", b"other")
    store.publish("p", "1.2.0", content("c"))
    assert store.verify("p") == []
    assert {path.rpartition("/releases/")[0] for path in store.gc("p", NOW)} == {"p"}
    assert leftovers(store, "p") == set()


def test_a_release_is_above_what_it_was_judged_against(store: Store) -> None:
    store.publish("p", "1.0.0", content("a"), above="")
    store.publish("p", "1.2.0", content("c"), above="1.0.0")
    with pytest.raises(Conflict, match=r"p 1\.2\.0 was published meanwhile.*run the same command again"):
        store.publish("p", "1.1.0", content("b"), above="1.0.0")
    assert [release.version for release in store.releases("p")] == ["1.0.0", "1.2.0"]
    assert not store.publish("p", "1.0.0", content("a"), above="1.2.0").is_new


def test_who_is_overtaken_by_a_larger_version_is_told() -> None:
    place = Memory()
    Store(place).publish("p", "1.0.0", content("a"))
    rivals = [("2.0.0", content("c"))]

    class Slow(Faulty):
        def put_new(self, path: str, data: bytes) -> bool:
            if path.endswith(".json") and rivals:
                Store(place).publish("p", *rivals.pop())
            return super().put_new(path, data)

    with pytest.raises(Conflict, match=r"2\.0\.0 was published meanwhile"):
        Store(Slow(place, Broken(0))).publish("p", "1.1.0", content("b"), above="1.0.0")
    assert [release.version for release in Store(place).releases("p")] == ["1.0.0", "2.0.0"]


def test_a_file_that_cannot_be_read_is_no_changed_one(tmp_path: Path) -> None:
    store = three_entries(Local(tmp_path / "store"))
    first, second = store.releases("p")
    file = tmp_path / "store" / first.place_of("data/votes.csv")
    file.unlink()
    file.mkdir()
    (fault,) = store.verify("p")
    assert (fault.path, fault.kind) == (first.place_of("data/votes.csv"), "unreadable")
    assert "it is not a plain file" in fault.message
    assert store.verify_release(second) == []


def test_a_place_that_cannot_be_reached_says_nothing_of_its_files() -> None:
    place = Memory()
    three_entries(place)
    calls = Broken(0)
    assert Store(Faulty(place, calls)).verify("p") == []
    with pytest.raises(EnvironmentFault, match="the connection broke"):
        Store(Faulty(place, Broken(calls.calls, is_for_good=True))).verify("p")


def test_entries_that_come_while_a_log_is_read_are_no_gap() -> None:
    class Busy(Memory):
        def list(self, prefix: str) -> Iterator[Listed]:
            listed = [*super().list(prefix)]
            while prefix == "p/log/" and waiting:
                version = waiting.pop()
                Store(self).publish("p", version, content(version))
            return iter(listed)

    waiting: list[str] = []
    place = Busy()
    Store(place).publish("p", "1.0.0", content("a"))
    waiting += ["1.2.0", "1.1.0"]
    assert len(Store(place).entries("p")) == 3


def test_who_has_read_a_log_before_reads_only_what_is_new() -> None:
    class Counted(Memory):
        asked: ClassVar[list[str]] = []

        def stream(self, path: str, start: int = 0) -> Iterator[bytes]:
            self.asked.append(path)
            return super().stream(path, start)

    place = Counted()
    store = three_entries(place)
    log = store.entries("p")
    store.publish("p", "2.0.0", content("c"))
    place.asked.clear()
    assert store.entries("p", log) == store.entries("p", [])
    assert place.asked[:3] == [f"p/log/00000{number}.json" for number in (3, 4, 5)]
    assert store.entries("p", log)[:3] == log
    place.put("p/log/000003.json", place.held["p/log/000002.json"][0])
    with pytest.raises(
        EnvironmentFault, match=r"000003\.json: is not the one read before; the log was rolled"
    ):
        store.entries("p", log)
    place.delete("p/log/000004.json")
    place.delete("p/log/000003.json")
    with pytest.raises(EnvironmentFault, match=r"000003\.json: is gone; the log was rolled back"):
        store.entries("p", log)


def test_an_entry_without_end_and_a_web_page_are_no_entries() -> None:
    class Endless(Memory):
        def stream(self, path: str, start: int = 0) -> Iterator[bytes]:  # noqa: ARG002
            self.come = 0
            while path.endswith("000001.json"):
                self.come += 1 << 20
                yield bytes(1 << 20)

    place = Endless()
    with pytest.raises(EnvironmentFault, match=r"000001\.json: it is damaged"):
        Store(place).entries("p")
    assert place.come <= 17 << 20
    page = Memory()
    page.put("p/log/000001.json", b"\n<!doctype html>")
    with pytest.raises(EnvironmentFault, match=r"a web page instead of an entry.*answer 404"):
        Store(page).entries("p")


def test_who_may_not_delete_can_publish() -> None:
    class WriteOnce(Memory):
        def delete(self, path: str) -> None:
            raise EnvironmentFault(f"{path} cannot be removed: no right")

    store = Store(WriteOnce())
    assert store.publish("p", "1.0.0", content("a")).is_new
    check_whole(store, "p", {"1.0.0": content("a")})


# Addresses


def test_a_store_is_opened_by_its_address_and_nothing_is_touched(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "releases"))
    assert store.names() == []
    assert not (tmp_path / "releases").exists()
    for wrong in ("ftp://host/releases", "file:///tmp", ""):
        with pytest.raises(UsageError, match="give a folder, s3://BUCKET/PREFIX or https"):
            open_store(wrong)


# Any sequence of commands


class MemoryMachine(StoreMachine):
    def open_place(self) -> Objects:
        return Memory()


class LocalMachine(StoreMachine):
    def open_place(self) -> Objects:
        self.folder = tempfile.mkdtemp()
        return Local(f"{self.folder}/store")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("machine", "examples"), [(MemoryMachine, 100), (LocalMachine, 30)], ids=["memory", "local"]
)
def test_a_store_holds_its_promises_through_any_sequence(machine: type[StoreMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=12, deadline=None)
    )


def test_leftovers_are_what_the_tests_take_for_them(store: Store) -> None:
    store.publish("p", "1.0.0", content("a"))
    store.objects.put("p/log/.hrdata-1", b"")
    assert leftovers(store, "p") == {"p/log/.hrdata-1"}
