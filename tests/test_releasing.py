"""The commands about releases: publish, releases, get, verify, yank, and those of a store."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrdata.diff import diff_packages
from hrdata.package import bundled_package
from hrdata.places import DESCRIPTOR
from hrdata.release.publish import publish_package
from hrdata.schema import as_json, export
from hrdata.store import Store, open_store
from hrdata.version import required_version
from test_cli import Run, run  # noqa: F401
from test_package import write_package

sys.path.append(str(Path(__file__).parent / "store"))
sys.path.append(str(Path(__file__).parent / "load"))
import servers
from releases import served

weed = servers.weed

ABOUT: dict[str, Any] = {
    "title": "A small package",
    "description": "Rows for the tests of releases.",
    "version": "0.1.0",
    "created": "2026-01-02T03:04:05Z",
    "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
    "contributors": [{"title": "A maker", "roles": ["Creator", "Publisher"]}],
}


def publishable(folder: Path, rows: Any = None, **changes: Any) -> Path:
    """A small package that nothing speaks against; `changes` go to the descriptor."""
    write_package(folder, rows, **(ABOUT | changes))
    export(folder, None)
    return folder


def describe_anew(folder: Path, **changes: Any) -> None:
    """Change the descriptor of a package."""
    said = json.loads((folder / DESCRIPTOR).read_text("utf-8"))
    last = {name: said.pop(name) for name in ("sources", "resources") if name in said}
    said = said | last | changes if last.keys() & changes.keys() else said | changes | last
    (folder / DESCRIPTOR).write_bytes(as_json(said).encode())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package and a store that has two releases of it."""
    folder = tmp_path_factory.mktemp("kept")
    store = open_store(str(folder / "releases"))
    publishable(folder / "package")
    publish_package(folder / "package", store)
    describe_anew(folder / "package", title="Another title")
    assert publish_package(folder / "package", store, bump="auto").is_new
    return folder


@pytest.fixture
def here(kept: Path, run: Run) -> Run:  # noqa: F811
    """Runs `hrdata` where `package` and `releases` are."""
    shutil.copytree(kept, ".", dirs_exist_ok=True)
    return run


def names_in(folder: str) -> list[str]:
    return sorted(str(path) for path in Path(folder).rglob("*"))


# publish


def test_publish_says_what_became_of_it(run: Run, tmp_path: Path) -> None:  # noqa: F811
    package = publishable(tmp_path / "package")
    first = run("publish", package)
    assert (first.code, first.out.startswith("published small 0.1.0 in releases, digest ")) == (0, True)
    assert "building the release" in first.err
    again = run("publish", package, "--to", "releases", "--format", "json")
    answer = json.loads(again.out)
    assert (again.code, answer["is_new"], answer["refusals"]) == (0, False, [])
    assert answer["release"]["digest"] in first.out
    assert answer["release"]["files"][0].keys() == {"path", "bytes", "sha256"}
    assert run("publish", package).out.startswith("already there: small 0.1.0 in releases")


def test_publish_lists_every_refusal_and_ends_with_1(here: Run) -> None:
    describe_anew(Path("package"), version="0.0.1", description="", contributors=[])
    told = here("publish", "package")
    assert told.code == 1
    assert [line.partition(":")[0] for line in told.out.splitlines()] == ["not published"] * 4
    answer = json.loads(here("publish", "package", "--format", "json").out)
    assert (answer["release"], answer["is_new"], len(answer["refusals"])) == (None, False, 4)


def test_publish_ends_with_4_for_other_content_and_touches_nothing(here: Run) -> None:
    describe_anew(Path("package"), title="A third title")
    before = names_in(".")
    ended = here("publish", "package")
    assert (ended.code, "give the data a larger version" in ended.err) == (4, True)
    assert names_in(".") == before


def test_publish_is_used_wrongly_with_2(here: Run) -> None:
    assert here("publish", "package", "--bump", "minor").code == 2
    assert here("publish", "package", "--to", "ftp://host/x").code == 2
    assert here("publish", "package", "--to", "").code == 2
    assert "there is no package here" in here("publish").err


def test_publish_takes_the_package_here(here: Run) -> None:
    Path("package").rename("datapackage")
    assert here("publish").out.startswith("already there: small 0.1.1")


def test_a_place_that_can_only_be_read_is_refused_before_anything_is_touched(here: Run) -> None:
    describe_anew(Path("package"), title="A third title")
    before = (Path("package") / DESCRIPTOR).read_bytes()
    with served(Path("releases")) as (url, _):
        ended = here("publish", "package", "--to", url, "--bump", "auto")
    assert (ended.code, "can only be read" in ended.err) == (2, True)
    assert (Path("package") / DESCRIPTOR).read_bytes() == before


# releases, yank


def test_releases_lists_them_and_what_was_yanked(here: Run) -> None:
    yanked = here("yank", "small@0.1.0", "--reason", "A wrong title.")
    assert yanked.out == "yanked small 0.1.0: A wrong title.\n"
    lines = here("releases").out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["small 0.1.0", "small 0.1.1"]
    assert [line.endswith("  yanked: A wrong title.") for line in lines] == [True, False]
    listed = json.loads(here("releases", "small", "--from", "releases", "--format", "json").out)
    assert [(one["version"], one["yanked"]) for one in listed] == [("0.1.0", "A wrong title."), ("0.1.1", "")]
    assert here("releases", "other").out.startswith("no releases of other in releases; ")
    told = json.loads(here("yank", "small@0.1.0", "--reason", "A wrong title.", "--format", "json").out)
    assert told["release"]["yanked"] == "A wrong title."
    assert here("yank", "small", "--reason", "None.").code == 2
    assert here("yank", "small@0.1.0", "--reason", "A wrong title.").code == 0
    assert here("yank", "small@0.1.0", "--reason", "Another.").code == 4
    assert here("yank", "small@9.0.0", "--reason", "None.").code == 2
    assert here("yank", "small@0.1.0", "--reason", " ").code == 2


def test_a_yanked_release_is_got_by_its_version_only_and_with_a_word(here: Run) -> None:
    here("yank", "small@0.1.1", "--reason", "Wrong.")
    assert here("get", "small").out.startswith("wrote small-0.1.0, digest ")
    got = here("get", "small@0.1.1")
    assert (got.code, "hrdata: small 0.1.1 is yanked: Wrong." in got.err) == (0, True)
    assert "hrdata: small 0.1.1 is yanked: Wrong." in here("verify", "small@0.1.1").err
    assert here("publish", "package").out.endswith("; it is yanked: Wrong.\n")


# get, verify


def test_get_writes_the_release_that_is_asked_for(here: Run) -> None:
    assert here("get", "small").out.startswith("wrote small-0.1.1, digest ")
    assert here("get", "small@<0.1.1", "--out", "old").out.startswith("wrote old, digest ")
    assert here("get", "small").out.startswith("already there: small-0.1.1")
    assert here("get", "small@0.1.0", "--out", "small-0.1.1").code == 4
    missing = here("get", "small@2.0.0")
    assert (missing.code, "but 0.1.0, 0.1.1" in missing.err) == (2, True)
    assert here("get", "small@some").code == 2
    told = json.loads(here("get", "small", "--format", "json").out)
    assert (told["folder"], told["is_new"], told["release"]["version"]) == ("small-0.1.1", False, "0.1.1")
    for command in (["verify", "old"], ["verify", "old", "--from", "releases"], ["verify", "small@0.1.0"]):
        ended = here(*command)
        assert (ended.code, ended.out.count("\n")) == (0, 1)
        assert " as " in ended.out
        assert json.loads(here(*command, "--format", "json").out) == []


def test_verify_names_what_is_wrong_and_ends_with_1(here: Run) -> None:
    here("get", "small@0.1.0", "--out", "old")
    (Path("old") / "data/votes.csv").write_text("x", "utf-8")
    (Path("old") / "mine").touch()
    for more in ([], ["--from", "releases"]):
        ended = here("verify", "old", *more)
        first, second, last = ended.out.splitlines()
        assert ended.code == 1
        assert first.startswith("changed  data/votes.csv: it has ")
        assert second == "extra  mine: it is no file of the release"
        assert last.startswith("old: not as ")
        found = json.loads(here("verify", "old", *more, "--format", "json").out)
        assert [(one["kind"], one["path"]) for one in found] == [
            ("changed", "data/votes.csv"),
            ("extra", "mine"),
        ]
    assert here("verify", "nowhere").code == 2
    [file] = Path("releases").glob("small/releases/0.1.1-*/CODEBOOK.md")
    file.write_text("x", "utf-8")
    ended = here("verify", "small@0.1.1", "--from", "releases")
    assert (ended.code, "CODEBOOK.md: it has 1 bytes" in ended.out) == (1, True)
    assert here("verify", "small@0.1.0").code == 0


# store


def test_store_verify_and_gc_tell_faults_from_leftovers(here: Run) -> None:
    assert here("store", "verify", "releases").out == "releases: 2 releases, all as published\n"
    assert here("store", "gc", "releases").out == "nothing to remove\n"
    left = Path("releases/small/releases/0.2.0-0123456789abcdef-01234567/CODEBOOK.md")
    left.parent.mkdir()
    left.write_text("x", "utf-8")
    assert here("store", "verify", "releases").code == 0
    assert here("store", "gc", "releases").out == "nothing to remove\n", "it is younger than a day"
    os.utime(left, (0, 0))
    assert (
        here("store", "gc", "releases", "--dry-run").out == f"would remove {left.relative_to('releases')}\n"
    )
    assert left.exists()
    assert here("store", "gc", "releases").out == f"removed {left.relative_to('releases')}\n"
    assert not left.parent.exists()
    [file] = Path("releases").glob("small/releases/0.1.0-*/data/votes.csv")
    file.unlink()
    ended = here("store", "verify", "releases")
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "releases: 1 fault")
    [fault] = json.loads(here("store", "verify", "releases", "--format", "json").out)
    assert (fault["kind"], fault["path"].endswith("/data/votes.csv")) == ("missing", True)
    assert here("store", "gc", "releases", "--older-than", "1e300").code == 2
    assert here("store", "gc", "releases", "--older-than", "0").code == 2


def test_a_release_that_the_log_lost_is_named_and_stays(here: Run) -> None:
    Path("releases/small/log/000002.json").unlink()
    [folder] = Path("releases").glob("small/releases/0.1.1-*")
    for file in folder.rglob("*"):
        os.utime(file, (0, 0))
    name = folder.relative_to("releases").as_posix()
    ended = here("store", "verify", "releases")
    assert (ended.code, ended.out.startswith(f"unnamed  {name}: a whole release that no entry")) == (1, True)
    assert here("store", "gc", "releases").out.startswith(f"kept {name}: a whole release that no entry")
    told = json.loads(here("store", "gc", "releases", "--format", "json", "--dry-run", "--even-whole").out)
    assert (told["kept"], len(told["removed"]) > 9, told["dry_run"]) == ([], True, True)
    assert here("store", "gc", "releases", "--even-whole").code == 0
    assert not folder.exists()


def test_an_entry_that_is_missing_from_the_middle_is_noticed_by_who_reads(here: Run) -> None:
    here("get", "small@0.1.0")
    Path("releases/small/log/000001.json").unlink()
    for command in (["releases"], ["get", "small"], ["verify", "small-0.1.0", "--from", "releases"]):
        ended = here(*command)
        assert (ended.code, "000001.json: it is missing, but a later entry is there" in ended.err) == (
            3,
            True,
        )


@pytest.mark.parametrize(
    "command",
    [
        ["store", "verify", "{}"],
        ["store", "gc", "{}"],
        ["releases", "--from", "{}"],
        ["releases", "small", "--from", "{}"],
        ["get", "small", "--from", "{}"],
        ["verify", "small@0.1.0", "--from", "{}"],
        ["yank", "small@0.1.0", "--reason", "None.", "--from", "{}"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_store_that_is_not_there_is_not_taken_for_an_empty_one(here: Run, command: list[str]) -> None:
    ended = here(*(word.format("relaeses") for word in command))
    assert (ended.code, ended.err) == (3, "hrdata: relaeses: there is no such folder; name a store\n")
    Path("empty").mkdir()
    ended = here(*(word.format("empty") for word in command))
    assert (ended.code, ended.err.startswith("hrdata: empty: ")) == (2, True) or command[1] == "small"


def test_a_web_server_lists_the_releases_of_a_package_that_is_named(here: Run) -> None:
    with served(Path("releases")) as (url, _):
        assert len(here("releases", "small", "--from", url).out.splitlines()) == 2
        ended = here("releases", "--from", url)
    assert (ended.code, "only the package that is named" in ended.err) == (2, True)


# All of it, with the canonical package


LOAD = """
import hrdata, json, sys
place, *versions = sys.argv[1:]
found = {}
for version in versions:
    pkg = hrdata.load(version=version, store=place)
    found[version] = [pkg.version, pkg.hash, pkg["upr_reviews"]["chn-2009"].note, len(list(pkg.votes)) > 9]
print(json.dumps(found))
"""


def load_elsewhere(place: str, cache: Path, *versions: str) -> Any:
    """What another process loads from a store."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, place, *versions],
        capture_output=True,
        text=True,
        env=os.environ | {"HRDATA_CACHE": str(cache), "NO_PROXY": servers.HOST, "no_proxy": servers.HOST},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The place of a store that is empty."""
    if request.param == "s3":
        servers.use_server(monkeypatch, request.getfixturevalue("weed"))
        yield f"s3://{servers.BUCKET}/{secrets.token_hex(8)}"
    else:
        yield str(tmp_path / "releases")


def check_corruption(store: Store, paths: list[str]) -> None:
    """Change a byte of each of some objects and see it named; each is put back."""
    for number, path in enumerate(paths):
        whole = store.objects.read(path)
        assert whole
        at = number * 7919 % len(whole)
        store.objects.put(path, whole[:at] + bytes([whole[at] ^ (1 + number % 255)]) + whole[at + 1 :])
        assert path in [fault.path for fault in store.verify("hrdata")]
        store.objects.put(path, whole)


@pytest.mark.slow
def test_two_releases_of_the_canonical_package_are_what_they_were_for_everybody(
    run: Run,  # noqa: F811
    target: str,
    tmp_path: Path,
) -> None:
    package = shutil.copytree(bundled_package(), tmp_path / "package")
    assert run("publish", package, "--to", target).out.startswith("published hrdata 0.1.0")
    reviews = package / "data/upr_reviews.csv"
    old, new = "Outcome adopted in June 2009.", "Outcome adopted in June of 2009."
    reviews.write_text(reviews.read_text("utf-8").replace(old, new), "utf-8", newline="\n")
    assert run("publish", package, "--to", target).code == 4
    demanded = required_version(diff_packages(bundled_package(), package))
    describe_anew(package, version=demanded)
    assert run("publish", package, "--to", target).out.startswith(f"published hrdata {demanded}")

    store = open_store(target)
    first, second = store.releases("hrdata")
    expected = {"0.1.0": ["0.1.0", first.digest, old, True], demanded: [demanded, second.digest, new, True]}
    assert load_elsewhere(target, tmp_path / "cache", "0.1.0", demanded) == expected
    paths = [listed.path for listed in store.objects.list("hrdata/")]
    assert len(paths) == 2 + len(first.files) + len(second.files)
    if not target.startswith("s3://"):
        with served(Path(target)) as (url, _):
            assert load_elsewhere(url, tmp_path / "cache of the web", "0.1.0", demanded) == expected
    check_corruption(store, paths if not target.startswith("s3://") else [*paths[:3], *paths[-3:]])
    assert store.verify("hrdata") == []
    log = "hrdata/log/000001.json"
    store.objects.put(log, (store.objects.read(log) or b"").replace(b"0.1.0", b"0.1.9", 1))
    ended = run("get", f"hrdata@{demanded}", "--from", target)
    assert (ended.code, log in ended.err) == (3, True)
