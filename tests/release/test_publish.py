"""Publishing: what is refused and why, what becomes a release, and that nothing else is ever touched."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hrdata.changes import Diff
from hrdata.diff import diff_packages
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.package import Package, read_package
from hrdata.places import DESCRIPTOR
from hrdata.release import publish
from hrdata.release.fetch import fetch_release
from hrdata.release.publish import Publication, publish_package
from hrdata.schema import as_json
from hrdata.settings import Settings
from hrdata.store import Store, open_store
from test_cli import Run, run  # noqa: F401
from test_package import GOOD
from test_releasing import describe_anew, publishable

sys.path.append(str(Path(__file__).parents[1] / "load"))
from releases import served

FIRST = "0.1.0"
GERMANY = {"state_id": "DEU", "name": "Germany", "un_member_from": "1973-09-18"}
ISSUE = {
    "check_id": "CIT202",
    "table": "votes",
    "row_id": "unga-61-174",
    "field": "*",
    "reason": "The record says so.",
    "source_id": "un",
    "reported_on": "2026-01-01",
    "until": "2026-02-01",
}
OWN = {
    "name": "rooms",
    "path": "data/rooms.csv",
    "schema": {"fields": [{"name": "room", "type": "string"}, {"name": "seats", "type": "integer"}]},
}


def bytes_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def add_row(folder: Path) -> None:
    """Give a package a state more."""
    file = folder / "data/states.csv"
    cells = dict.fromkeys(file.read_text("utf-8").splitlines()[0].split(","), "") | GERMANY
    file.write_text(file.read_text("utf-8") + ",".join(cells.values()) + "\n", "utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package and a store that has its first release."""
    folder = tmp_path_factory.mktemp("published")
    publishable(folder / "package")
    assert publish_package(folder / "package", open_store(str(folder / "store"))).is_new
    return folder


@pytest.fixture
def package(published: Path, tmp_path: Path) -> Path:
    """A package that has been published."""
    return shutil.copytree(published / "package", tmp_path / "package")


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Store:
    """A store with the first release of it."""
    return open_store(str(shutil.copytree(published / "store", tmp_path / "store")))


@pytest.fixture
def untouched(store: Store, tmp_path: Path) -> Iterator[None]:
    """Sees that a test leaves the store as it is."""
    assert store.releases("small")
    before = bytes_in(tmp_path / "store")
    yield
    assert bytes_in(tmp_path / "store") == before


def refusals(package: Path, store: Store, **more: Any) -> tuple[str, ...]:
    """What speaks against a package, which stays as it is."""
    before = bytes_in(package)
    publication = publish_package(package, store, **more)
    assert publication == Publication(refusals=publication.refusals)
    assert bytes_in(package) == before
    return publication.refusals


# The gate


def is_invalid(package: Path) -> None:
    file = package / "data/votes.csv"
    file.write_text(file.read_text("utf-8").replace("A/RES/61/174", "A/RES/6174"), "utf-8")


def has_a_stale_issue(package: Path) -> None:
    publishable(package, {"known_issues": [ISSUE]})


def has_a_stale_descriptor(package: Path) -> None:
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    describe_anew(package, resources=[resources[0] | {"title": "Other"}, *resources[1:]])


def has_a_stale_schema(package: Path) -> None:
    describe_anew(package, version="0.1.1")
    (package.parent / "schemas").mkdir()


def is_odd(package: Path) -> None:
    describe_anew(package, homepage=5)


def says_little(package: Path) -> None:
    describe_anew(package, contributors=[])


def has_no_version(package: Path) -> None:
    describe_anew(package, version="1.0")


def has_a_version_with_a_plus(package: Path) -> None:
    describe_anew(package, version="1.0.0+more")


def is_older(package: Path) -> None:
    describe_anew(package, version="0.0.9")


def is_too_little_later(package: Path) -> None:
    add_row(package)
    describe_anew(package, version="0.1.1")


def has_no_name(package: Path) -> None:
    describe_anew(package, name="Not A Name")


def is_of_tomorrow(package: Path) -> None:
    describe_anew(
        package, version="0.1.1", created=f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=1):%FT%TZ}"
    )


def is_of_before(package: Path) -> None:
    describe_anew(package, version="0.1.1", created="2026-01-01T23:59:59Z")


def has_a_nameless_maker(package: Path) -> None:
    described = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    nobody = {"email": "me@example.org", "roles": ["Creator"]}
    describe_anew(package, contributors=[*described["contributors"], nobody])


def has_a_table_that_windows_lacks(package: Path) -> None:
    own = OWN | {"path": "data/con.csv"}
    (package / "data/con.csv").write_text("room,seats\na,12\n", "utf-8")
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    describe_anew(package, version="0.2.0", resources=[*resources, own])


def is_a_release(package: Path) -> None:
    (package / "SHA256SUMS").touch()
    describe_anew(package, contributors=[])


REASONS: dict[Callable[[Path], None], str] = {
    is_invalid: r"the package is not valid for \d+ finding",
    has_a_stale_issue: "the package is not valid for 1 finding",
    has_a_stale_descriptor: r"datapackage\.json is stale; run hrdata schema export",
    has_a_stale_schema: r"schemas/votes\.json is stale; run hrdata schema export",
    is_odd: "frictionless does not accept the package: .*homepage",
    says_little: "contributors names nobody who made the data",
    has_no_version: r"the version of the data is 1\.0, but expected three numbers",
    has_a_version_with_a_plus: r"the version of the data is 1\.0\.0\+more, but what follows a plus sign",
    is_older: r"the version 0\.0\.9 is not larger than the last release, 0\.1\.0; "
    r"the changes ask for 0\.1\.1; --bump auto sets it$",
    is_too_little_later: r"the version 0\.1\.1 is too small: 0\.1\.0 becomes 0\.2\.0 by row added, 1 in",
    has_no_name: "the name of the package is Not A Name, .*; correct name in datapackage.json$",
    is_of_tomorrow: "created is .*, which is in the future; write the day of the release, or let --bump",
    is_of_before: r"created is 2026-01-01T.*, which is before the last release, of 2026-01-02; write the day",
    has_a_nameless_maker: 'contributor 2 has no title; add "title": "Jane Doe" to it in datapackage.json',
    has_a_table_that_windows_lacks: r"a release cannot hold these files: data/con\.csv can be no file on W",
    is_a_release: "is a release: it has SHA256SUMS; publish the package that it was made from",
}
LINES: dict[Callable[[Path], None], int] = {has_a_stale_schema: len(GOOD), says_little: 2}
"""How many lines a fault has, if not one: the schema of each table; a maker and a publisher."""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("fault", REASONS, ids=lambda fault: fault.__name__)
def test_each_fault_alone_is_refused(fault: Callable[[Path], None], package: Path, store: Store) -> None:
    fault(package)
    found = refusals(package, store)
    assert len([reason for reason in found if re.search(REASONS[fault], reason)]) == 1
    assert len(found) == LINES.get(fault, 1)


@pytest.mark.usefixtures("untouched")
def test_all_faults_are_listed_at_once(package: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [is_invalid, has_a_stale_schema, has_a_stale_descriptor, says_little, is_older]
    for fault in faults:
        fault(package)
    found = "\n".join(refusals(package, store, bump=""))
    assert [fault for fault in faults if not re.search(REASONS[fault], found)] == []
    monkeypatch.setitem(sys.modules, "frictionless", None)
    found = "\n".join(refusals(package, store, bump="auto"))
    kept = [fault for fault in faults if fault is not is_older]  # auto mends the version
    assert [fault for fault in kept if not re.search(REASONS[fault], found)] == []
    assert "frictionless, the second opinion, is not installed" in found


@pytest.mark.usefixtures("untouched")
def test_a_package_that_is_not_valid_is_said_to_be_so_once(package: Path, store: Store) -> None:
    """Neither frictionless nor the differ says it again: a row stands twice."""
    publishable(package, {"states": [*GOOD["states"], GOOD["states"][0]]}, version="0.2.0")
    [reason] = refusals(package, store)
    assert reason == f"the package is not valid for 1 finding; hrdata validate {package} lists what it is"


@pytest.mark.usefixtures("untouched")
def test_a_descriptor_that_leaves_open_what_it_says_is_not_said_to_be_stale_as_well(
    package: Path, store: Store
) -> None:
    file = package / DESCRIPTOR
    file.write_text(file.read_text("utf-8").replace('"title"', '"title": "Other",\n  "title"', 1), "utf-8")
    [reason] = refusals(package, store)
    assert reason.startswith("the package is not valid for 1 finding")


@pytest.mark.usefixtures("untouched")
def test_a_package_with_a_resource_that_is_none_is_not_there_already(package: Path, store: Store) -> None:
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    describe_anew(package, resources=[*resources, {}])
    assert any("not valid" in reason for reason in refusals(package, store))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{\n "name" 5}', "datapackage.json, line 2, column 9: the descriptor is not JSON: expecting ':'"),
        ("[]", "datapackage.json: the descriptor is not JSON: it holds a list, but expected an object"),
        ("{}", "datapackage.json: the descriptor lists no resources, but expected at least one"),
        ("[" * 100_000, "datapackage.json: the descriptor is nested too deeply to be read"),
    ],
    ids=["cut off", "list", "empty", "deep"],
)
def test_a_descriptor_that_is_none_is_refused_once(
    text: str, reason: str, package: Path, store: Store
) -> None:
    (package / DESCRIPTOR).write_text(text, "utf-8")
    [found] = refusals(package, store, bump="auto")
    assert found.startswith(reason)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("text", ['{"name": "small"}', '{"name": "small", "resources": [{}]}'])
def test_a_descriptor_without_tables_is_refused(text: str, package: Path, store: Store) -> None:
    (package / DESCRIPTOR).write_text(text, "utf-8")
    assert any("not valid" in reason for reason in refusals(package, store, bump="auto"))


# The second opinion


def test_a_package_is_not_published_into_itself(package: Path) -> None:
    before = bytes_in(package)
    with pytest.raises(UsageError, match="is the folder of the package; name another folder"):
        publish_package(package, open_store(str(package / "data" / "..")))
    assert bytes_in(package) == before


@pytest.mark.usefixtures("untouched")
def test_without_frictionless_nothing_is_published(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "frictionless", None)
    describe_anew(package, version="0.1.1")
    [reason] = refusals(package, store)
    assert "pip install 'hrdata[publish]'" in reason


@pytest.mark.usefixtures("untouched")
def test_frictionless_has_so_much_time(package: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two ways to read a cell it tries the one first that takes for ever."""
    monkeypatch.setattr(publish, "LONGEST_OPINION", 3.0)
    field = {"name": "room", "type": "string", "constraints": {"pattern": "(a+)+b|a+c"}}
    (package / "data/rooms.csv").write_text(f"room\n{'a' * 60}c\n", "utf-8")
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    own = OWN | {"schema": {"fields": [field]}}
    describe_anew(package, version="0.2.0", resources=[*resources, own])
    [reason] = refusals(package, store)
    assert re.match(r"frictionless came to no end within 3 seconds; .*\(a\+\)\+$", reason)


@pytest.mark.usefixtures("untouched")
def test_what_frictionless_breaks_on_is_a_refusal(package: Path, store: Store) -> None:
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    resources[0]["schema"] = {"fields": [5]}
    describe_anew(package, version="9.0.0", resources=resources)
    stale, reason = refusals(package, store)
    assert "is stale" in stale
    assert re.match(r"frictionless broke on the package: TypeError: [^\n]*; correct what of", reason)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(7)", "it ended with 7"),
        ("import os; os.kill(os.getpid(), 9)", "it ended with -9"),
        ("print('[')", "it ended with 0"),
        ("raise SystemExit('one\\ntwo\\x1b\\n')", r"two\x1b"),
    ],
)
def test_a_program_that_gives_no_answer_is_a_refusal(
    code: str, said: str, package: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_opinion.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(publish, "OPINION", "broken_opinion")
    describe_anew(package, version="0.1.1")
    [reason] = refusals(package, store)
    assert reason.startswith(f"frictionless broke on the package: {said}; ")


@pytest.mark.usefixtures("untouched")
def test_nothing_that_lies_here_is_run(
    package: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    for name in ("frictionless", "json", "hrdata"):
        (tmp_path / f"here/{name}.py").write_text("raise SystemExit('I was run')", "utf-8")
    monkeypatch.chdir(tmp_path / "here")
    describe_anew(package, version="0.1.1", homepage=5)
    [reason] = refusals(package, store)
    assert "frictionless does not accept the package: 1 fault, such as" in reason


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Notices who wants to talk."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def ask_about(package: Path, url: str, *, root: bool = False) -> None:
    """Let the descriptor of a package lead to an address."""
    said = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    if root:
        describe_anew(package, version="0.1.1", profile=url)
    else:
        own = OWN | {"dialect": url}
        (package / "data/rooms.csv").write_text("room,seats\na,12\n", "utf-8")
        describe_anew(package, version="0.2.0", resources=[*said["resources"], own])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("root", [True, False])
def test_nothing_of_a_package_is_fetched_from_elsewhere(
    root: bool, package: Path, store: Store, listener: socket.socket
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/it.json"
    ask_about(package, url, root=root)
    [reason] = refusals(package, store)
    assert "not valid for 1 finding" in reason
    [reason] = refusals(package, store, settings=Settings(ignore=("PKG117",)))
    assert "frictionless" not in reason
    # And if it were asked, frictionless could not.
    call = [sys.executable, "-m", "hrdata.release.opinion", str(package)]
    asked = (package / DESCRIPTOR).read_bytes()
    ended = subprocess.run(call, input=asked, capture_output=True, check=True)
    assert json.loads(ended.stdout) != []
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.usefixtures("untouched")
def test_only_a_folder_is_published(package: Path, store: Store, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", package)
    with pytest.raises(UsageError, match="is not a folder"):
        publish_package(archive, store)
    with pytest.raises(EnvironmentFault, match="does not exist"):
        publish_package(tmp_path / "nowhere", store)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("fault", [is_invalid, add_row, None])
def test_a_place_that_can_only_be_read_is_said_to_be_so_before_anything_is_looked_at(
    fault: Callable[[Path], None] | None, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(publish, "validate_package")
    monkeypatch.delattr(publish, "build_release")
    if fault:
        fault(package)
    before = bytes_in(package)
    with served(tmp_path / "store") as (url, _):
        for bump in ("", "auto"):
            with pytest.raises(UsageError, match="can only be read"):
                publish_package(package, open_store(url), bump=bump)
    assert bytes_in(package) == before


# What is there already


def test_a_preview_stays_a_preview(package: Path, store: Store) -> None:
    for number in (1, 2):
        add_row(package) if number == 1 else describe_anew(package, title="Another title")
        describe_anew(package, version=f"1.0.0-rc.{number}", created="2026-02-03T04:05:06Z")
        done = publish_package(package, store, bump="auto")
        assert done.release is not None, done.refusals
        assert (done.is_new, done.release.version) == (True, f"1.0.0-rc.{number}")


def test_the_same_again_is_success_also_after_a_later_release(package: Path, store: Store) -> None:
    again = publish_package(package, store)
    assert (again.release, again.is_new) == (store.find("small", FIRST), False)
    later = shutil.copytree(package, package.parent / "later")
    add_row(later)
    assert publish_package(later, store, bump="auto").is_new
    for bump in ("", "auto"):
        before = bytes_in(package)
        again = publish_package(package, store, bump=bump)
        assert again.release
        assert (again.release.version, again.is_new) == (FIRST, False)
        assert bytes_in(package) == before
    assert [release.version for release in store.releases("small")] == [FIRST, "0.2.0"]


@pytest.mark.usefixtures("untouched")
def test_the_same_is_there_whatever_would_be_made_of_it(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another polars may write other Parquet files; CI may tell another time. Neither is looked at."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.delattr(publish, "build_release")
    for bump in ("", "auto"):
        assert publish_package(package, store, bump=bump) == Publication(store.find("small", FIRST))
    assert publish_package(package, store).is_new is False


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("change", [add_row, lambda package: describe_anew(package, title="Other")])
def test_other_content_under_a_used_version_is_a_conflict(
    change: Callable[[Path], None], package: Path, store: Store
) -> None:
    change(package)
    asked = "0.2.0" if change is add_row else "0.1.1"
    with pytest.raises(Conflict) as refused:
        publish_package(package, store)
    assert str(refused.value).endswith(
        "small 0.1.0 is there with other content, and a version is never used again; give the data a larger "
        f"version: the changes ask for {asked}; --bump auto sets it"
    )


def test_a_used_version_is_a_conflict_also_when_its_day_is_over(package: Path, store: Store) -> None:
    later = shutil.copytree(package, package.parent / "later")
    add_row(later)
    assert publish_package(later, store, bump="auto").is_new
    describe_anew(package, title="Other")
    with pytest.raises(Conflict, match=r"the changes ask for 1\.0\.0; --bump auto sets it$"):
        publish_package(package, store)


@pytest.mark.usefixtures("untouched")
def test_a_release_that_was_fetched_is_no_package(package: Path, store: Store, tmp_path: Path) -> None:
    fetch_release(store, store.find("small", FIRST), tmp_path / "fetched")
    [reason] = refusals(tmp_path / "fetched", store, bump="auto")
    assert reason == f"{tmp_path / 'fetched'} is a release: it has SHA256SUMS; publish the package that " + (
        "it was made from"
    )
    assert publish_package(package, store).refusals == ()


@pytest.mark.parametrize("bump", ["", "auto"])
def test_the_changes_are_found_out_once(
    bump: str, package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def diff(*sides: Package) -> Diff:
        asked.append(sides)
        return diff_packages(*sides)

    monkeypatch.setattr(publish, "diff_packages", diff)
    add_row(package)
    describe_anew(package, version="0.1.0" if bump else "0.2.0")
    assert publish_package(package, store, bump=bump).is_new
    assert len(asked) == 1
    assert store.read(store.find("small", "0.2.0"), "CHANGELOG.md").startswith(b"# Changelog\n\n## [0.2.0]")


def test_the_order_of_a_descriptor_is_that_of_its_writer(package: Path, store: Store) -> None:
    said = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    said["licenses"] = said.pop("licenses")
    said["version"] = "0.1.1"
    (package / DESCRIPTOR).write_text(as_json(said), "utf-8")
    publication = publish_package(package, store)
    assert publication.is_new
    assert publication.release
    assert list(json.loads(store.read(publication.release, DESCRIPTOR))) == list(said)


# The bump


def test_auto_sets_version_and_time_and_leaves_the_rest(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    add_row(package)
    before = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    publication = publish_package(package, store, bump="auto")
    assert publication.release
    assert publication.release.version == "0.2.0"
    after = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    assert after == before | {"version": "0.2.0", "created": "2027-01-15T08:00:00Z"}
    assert list(after) == list(before)
    assert not publish_package(package, store, bump="auto").is_new


def test_auto_finds_a_version_also_for_what_is_no_change_of_data(package: Path, store: Store) -> None:
    file = package / "data/votes.csv"
    file.write_text(file.read_text("utf-8").replace("Human rights", '"Human rights"'), "utf-8")
    publication = publish_package(package, store, bump="auto")
    assert publication.refusals == ()
    assert publication.release
    assert publication.release.version == "0.1.1"


def test_auto_keeps_a_version_that_is_large_enough(package: Path, store: Store) -> None:
    add_row(package)
    describe_anew(package, version="3.0.0")
    publication = publish_package(package, store, bump="auto")
    assert publication.release
    assert publication.release.version == "3.0.0"


@pytest.mark.parametrize("created", ["2999-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "soon"])
def test_auto_sets_a_day_that_cannot_be(created: str, package: Path, store: Store) -> None:
    describe_anew(package, version="0.1.1", created=created)
    publication = publish_package(package, store, bump="auto")
    assert publication.is_new
    described = read_package(package).descriptor
    assert described["version"] == "0.1.1"
    assert abs(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(described["created"])) < dt.timedelta(1)


def test_a_first_release_may_be_of_any_day_that_was(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    package = publishable(tmp_path / "package", created="2999-01-01T00:00:00Z")
    [reason] = refusals(package, store)
    assert "which is in the future" in reason
    describe_anew(package, created="1998-07-17T00:00:00Z")
    assert publish_package(package, store).is_new


def test_the_time_that_builds_are_told_makes_no_day_one_of_the_future(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    package = publishable(tmp_path / "package")
    assert publish_package(package, open_store(str(tmp_path / "store"))).is_new


def test_the_day_that_has_begun_somewhere_is_not_in_the_future(tmp_path: Path) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=13)
    package = publishable(tmp_path / "package", created=f"{soon:%FT%TZ}")
    assert publish_package(package, open_store(str(tmp_path / "store"))).is_new


def test_auto_adds_a_missing_time_where_it_is_not_stale(package: Path, store: Store) -> None:
    described = json.loads((package / DESCRIPTOR).read_text("utf-8"))
    del described["created"]
    (package / DESCRIPTOR).write_text(json.dumps(described), "utf-8")
    describe_anew(package)
    add_row(package)
    raised = publish_package(package, store, bump="auto")
    assert raised.is_new
    assert publish_package(package, store) == Publication(raised.release)


def test_a_commit_that_failed_succeeds_when_run_again(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise EnvironmentFault("the disk is full")

    add_row(package)
    with monkeypatch.context() as broken:
        broken.setattr(type(store.objects), "put_new", fail)
        with pytest.raises(EnvironmentFault, match="the disk is full"):
            publish_package(package, store, bump="auto")
    assert [release.version for release in store.releases("small")] == [FIRST]
    raised = bytes_in(package)
    publication = publish_package(package, store, bump="auto")
    assert publication.is_new
    assert publication.release == store.find("small", "0.2.0")
    assert bytes_in(package) == raised


@pytest.mark.usefixtures("untouched")
def test_a_time_that_is_none_is_said_and_nothing_is_touched(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    add_row(package)
    before = bytes_in(package)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is yesterday"):
        publish_package(package, store, bump="auto")
    assert bytes_in(package) == before


# What is released


def test_the_changelog_has_every_entry_as_diff_prints_it(
    package: Path,
    store: Store,
    tmp_path: Path,
    run: Run,  # noqa: F811
) -> None:
    add_row(package)
    publication = publish_package(package, store, bump="auto")
    assert publication.release
    first = store.read(store.find("small", FIRST), "CHANGELOG.md").decode()
    assert first == "# Changelog\n\n## [0.1.0] - 2026-01-02\n\n### Added\n\n- 7 tables with 16 rows\n"
    second = store.read(publication.release, "CHANGELOG.md").decode()
    assert run("get", "small@0.1.0", "--from", tmp_path / "store", "--out", "old").code == 0
    printed = run("diff", "--changelog", "old", package).out
    head, entry = printed.split("\n", 1)
    assert head.startswith("## [0.2.0] - ")
    created = json.loads((package / DESCRIPTOR).read_text("utf-8"))["created"][:10]
    assert (
        second == f"# Changelog\n\n## [0.2.0] - {created}\n{entry}\n{first.removeprefix('# Changelog')[2:]}"
    )


def test_a_package_of_ones_own_is_released_with_a_table_of_its_own(tmp_path: Path) -> None:
    package = publishable(tmp_path / "mine", name="mine")
    (package / "data/rooms.csv").write_text("room,seats\na,12\nb,\n", "utf-8")
    resources = json.loads((package / DESCRIPTOR).read_text("utf-8"))["resources"]
    describe_anew(package, resources=[*resources, OWN])
    store = open_store(str(tmp_path / "store"))
    publication = publish_package(package, store)
    assert publication.refusals == ()
    assert publication.release
    paths = {file.path for file in publication.release.files}
    assert {"data/rooms.csv", "parquet/rooms.parquet", "schemas/rooms.json", "mine.sqlite"} <= paths
    assert store.read(publication.release, "data/rooms.csv") == b"room,seats\na,12\nb,\n"
    (package / "data/rooms.csv").write_text("room,seats\na,12\n", "utf-8")
    second = publish_package(package, store, bump="auto")
    assert second.release
    assert second.release.version == "1.0.0", "a row was removed"
