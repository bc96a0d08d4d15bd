"""Loading: the bundled package, and releases from a folder and a web server, online and off."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import typing
from pathlib import Path

import polars as pl
import pytest
from releases import TABLES, release_of, served
from stores import a_cache, a_place, a_store  # noqa: F401

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.loading import Data, HrdataWarning, load
from hrdata.package import bundled_package
from hrdata.store import Store, open_store
from hrdata.tables import Table, UnknownKey


def test_without_a_store_the_bundled_package_is_loaded() -> None:
    pkg = load()
    descriptor = json.loads((bundled_package() / "datapackage.json").read_text("utf-8"))
    assert (pkg.name, pkg.version) == ("hrdata", descriptor["version"])
    assert list(pkg.tables) == list(MODELS)


def test_the_hash_of_the_bundled_package_is_that_of_the_list_that_sha256sum_would_make() -> None:
    folder = bundled_package()
    paths = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.is_file())
    made = subprocess.run(["sha256sum", *paths], cwd=folder, capture_output=True, check=True).stdout
    assert load().hash == hashlib.sha256(made).hexdigest()


@pytest.mark.parametrize("version", ["0.1.0", ">=0.1", "==0.1.0", " "])
def test_the_bundled_package_can_be_asked_for_by_its_version(version: str) -> None:
    assert load(version=version).version == "0.1.0"


@pytest.mark.parametrize(
    ("name", "version"), [("hrdata", "9.0.0"), ("hrdata", ">=9"), ("other", ""), ("hrdata", "x\n")]
)
def test_what_is_not_bundled_needs_a_store(name: str, version: str) -> None:
    with pytest.raises(
        UsageError, match=r"does not come with hrdata, but hrdata 0\.1\.0 does; say .* store="
    ) as told:
        load(name, version=version)
    assert "\n" not in str(told.value)


def test_nothing_for_stores_is_imported_and_no_network_used_for_the_bundled_package() -> None:
    code = (
        "import sys, socket\n"
        "def refuse(*_): raise AssertionError\n"
        "socket.socket = refuse\n"
        "from hrdata.loading import load\n"
        "assert load().votes[0].vote_id\n"
        "heavy = {'platformdirs', 'packaging', 'hrdata.store', 'pandas', 'pyarrow', 'duckdb', 'obstore'}\n"
        "print(heavy & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_the_typed_attributes_are_the_tables_of_the_models() -> None:
    hints = {
        name: hint for name, hint in typing.get_type_hints(Data).items() if typing.get_origin(hint) is Table
    }
    assert hints == {name: Table[model] for name, model in MODELS.items()}  # type: ignore[valid-type]
    pkg = load()
    for name, model in MODELS.items():
        assert getattr(pkg, name) is pkg[name]
        assert type(pkg[name][0]) is model


@pytest.mark.parametrize(
    ("version", "expected"), [("", "1.1.0"), ("1.0.0", "1.0.0"), ("==1.0.0", "1.0.0"), (">=1,<1.1", "1.0.0")]
)
def test_a_release_is_found_by_version_and_specifier(
    store: Store, place: Path, version: str, expected: str
) -> None:
    pkg = load(version=version, store=place)
    assert (pkg.version, pkg.hash) == (expected, store.find("hrdata", expected).digest)
    assert pkg.votes["unga-61-174"].yes == 99
    assert pkg["votes"].hash == pkg.hash


def test_a_release_that_is_not_there_is_refused_with_those_that_are(store: Store, place: Path) -> None:
    with pytest.raises(UsageError, match=r"no release of hrdata 2\.0\.0, but 1\.0\.0, 1\.1\.0"):
        load(version="2.0.0", store=store.label)
    with pytest.raises(UsageError, match="the name of the package is"):
        load("../x", store=str(place))


def test_only_what_is_needed_is_fetched_and_once(store: Store, place: Path) -> None:
    with served(place) as (url, asked):
        assert load(version="1.0.0", store=url).votes["unga-61-174"].yes == 99
        fetched = {Path(path).name for path in asked if "/releases/" in path}
        tables = {f"{name}.csv" for name in ("rooms", *TABLES)}
        assert fetched == {"SHA256SUMS", "datapackage.json", *tables}
        asked.clear()
        assert load(version="1.0.0", store=url).version == "1.0.0"
        assert {path for path in asked if "/log/" not in path} == set()
    assert store.find("hrdata").version == "1.1.0"


@pytest.mark.usefixtures("store")
def test_an_exact_version_that_was_loaded_works_offline_and_nothing_else_does(place: Path) -> None:
    with served(place) as (url, _):
        online = load(version="1.0.0", store=url)
    offline = load(version="1.0.0", store=url)
    assert offline.hash == online.hash
    assert offline.votes.to_polars().equals(online.votes.to_polars())
    for version, complaint in (
        ("1.1.0", "1.1.0 is not in the cache"),
        ("", "only an exact version"),
        (">=1", "only an exact"),
    ):
        with pytest.raises(EnvironmentFault, match=complaint):
            load(version=version, store=url)


@pytest.mark.usefixtures("store")
def test_a_folder_that_is_away_is_offline(place: Path) -> None:
    load(version="1.0.0", store=str(place))
    place.rename(place.with_name("away"))
    assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    with pytest.raises(EnvironmentFault, match=r"releases: there is no such folder; and 1\.1\.0 is not"):
        load(version="1.1.0", store=str(place))


def test_a_yanked_release_warns_with_its_reason_offline_too(store: Store, place: Path) -> None:
    store.yank("hrdata", "1.1.0", "wrong totals")
    assert load(store=str(place)).version == "1.0.0"
    told = r"hrdata 1\.1\.0 is yanked: wrong totals"
    with pytest.warns(HrdataWarning, match=told) as warned:
        load(version="1.1.0", store=str(place))
    assert warned[0].filename == __file__
    place.rename(place.with_name("away"))
    with pytest.warns(HrdataWarning, match=told):
        load(version="1.1.0", store=str(place))


@pytest.mark.usefixtures("store")
def test_a_log_that_was_rolled_back_or_replaced_is_refused_until_its_mark_is_removed(
    place: Path, kept: Path
) -> None:
    load(store=str(place))
    last = place / "hrdata/log/000002.json"
    entry = last.read_bytes()
    last.unlink()
    with pytest.raises(EnvironmentFault, match=r"rolled back.*remove .*mark\.json"):
        load(version="1.0.0", store=str(place))
    other = open_store(str(place))
    other.publish("hrdata", "1.2.0", release_of("1.2.0"))
    with pytest.raises(
        EnvironmentFault, match="entry 2 of the log is not the one read before; it was replaced"
    ):
        load(version="1.0.0", store=str(place))
    [mark] = kept.rglob("mark.json")
    mark.unlink()
    assert load(store=str(place)).version == "1.2.0"
    last.write_bytes(entry)
    with pytest.raises(EnvironmentFault, match="replaced"):
        load(store=str(place))


@pytest.mark.usefixtures("store")
def test_a_spoiled_log_is_refused_although_the_version_is_in_the_cache(place: Path) -> None:
    load(version="1.0.0", store=str(place))
    entry = place / "hrdata/log/000002.json"
    entry.write_bytes(entry.read_bytes().replace(b"1.1.0", b"1.1.9"))
    with pytest.raises(EnvironmentFault, match=r"000002\.json"):
        load(version="1.0.0", store=str(place))


@pytest.mark.parametrize("path", ["SHA256SUMS", "datapackage.json", "data/votes.csv"])
def test_a_changed_byte_in_the_store_is_refused_by_name(
    store: Store, place: Path, path: str, kept: Path
) -> None:
    file = place / store.find("hrdata").place_of(path)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(EnvironmentFault, match=f"{path}: it has the SHA-256 .* restore it"):
        load(store=str(place))
    assert not list(kept.rglob(Path(path).name))
    file.unlink()
    with pytest.raises(EnvironmentFault, match=f"{path}: it is not there"):
        load(store=str(place))


def test_a_table_that_the_release_lists_and_lacks_is_refused(store: Store, place: Path) -> None:
    files = release_of("2.0.0")
    del files["data/rooms.csv"]
    sums = files["SHA256SUMS"].splitlines(keepends=True)
    files["SHA256SUMS"] = b"".join(line for line in sums if b"rooms" not in line)
    store.publish("hrdata", "2.0.0", files)
    with pytest.raises(EnvironmentFault, match="the table rooms is missing"):
        load(store=str(place))


def test_a_name_of_no_table_is_a_key_error_with_the_nearest(store: Store, place: Path) -> None:
    pkg = load(version=store.find("hrdata").version, store=str(place))
    with pytest.raises(KeyError, match="did you mean rooms") as told:
        _ = pkg["room"]
    assert isinstance(told.value, UnknownKey)
    assert not str(told.value).startswith(("'", '"'))
    assert not hasattr(pkg, "events")
    assert repr(pkg) == "<Data hrdata 1.1.0: 5 tables>"


def test_sql_gives_typed_columns() -> None:
    found = load().sql('select date_earliest, yes, roll_complete, title from "votes" order by vote_id')
    assert found.dtypes == [pl.Date, pl.Int64, pl.Boolean, pl.String]
    assert found["yes"].equals(load().votes.to_polars()["yes"])


def test_sums_of_whole_numbers_are_whole_and_none_is_null() -> None:
    pkg = load()
    assert pkg.sql("select sum(yes) as s from votes")["s"].to_list() == [pkg.votes.to_polars()["yes"].sum()]
    assert pkg.sql("select sum(yes) as s from votes where false")["s"].to_list() == [None]
    assert pkg.sql("select 1 a, 2 a").shape == (1, 2)


def test_sql_joins_tables_and_sees_those_of_a_with() -> None:
    query = "with n as (from ballots where choice = 'no') select name from n join states using (state_id)"
    assert "China" in load().sql(query)["name"].to_list()


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("select\n1 +", "Parser Error"),
        ("select * from vote", "the tables are sources, states"),
        ("select nope from votes", "nope"),
        ("drop table votes", "is DROP, but expected one SELECT"),
        ("select 1; select 2", "is SELECT and SELECT"),
        ("", "is nothing"),
        ("copy votes to 'out.csv'", "COPY|Permission"),
        ("attach 'x.db'", "is ATTACH"),
        ("set threads = 1", "is SET"),
        ("select * from read_csv('/etc/passwd')", "Permission"),
        ("select * from '/etc/passwd'", "the tables are"),
        ("select 'a'::int", "Conversion"),
    ],
)
def test_sql_that_cannot_be_run_is_one_line_and_changes_nothing(
    query: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=complaint) as told:
        load().sql(query)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_sql_does_not_see_the_variables_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrdata.loading.secret", pl.DataFrame({"a": [1]}), raising=False)
    with pytest.raises(UsageError, match="secret"):
        load().sql("select * from secret")


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("duckdb", "sql", lambda pkg: pkg.sql("select 1")),
        ("pandas", "pandas", lambda pkg: pkg.votes.to_pandas()),
        ("pyarrow", "arrow", lambda pkg: pkg.votes.to_arrow()),
    ],
)
def test_an_absent_extra_is_named_with_the_command_that_installs_it(
    module: str, extra: str, call: typing.Callable[[Data], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"needs {module}.*pip install 'hrdata\[{extra}\]'"):
        call(load())


def test_a_list_of_hashes_that_is_not_about_its_release_is_refused(
    store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("hrdata.store.log.fault_of_sums", lambda *_: "")
        store.publish(
            "hrdata", "2.0.0", {**release_of("2.0.0"), "SHA256SUMS": b"0" * 64 + b"  data/votes.csv\n"}
        )
    with pytest.raises(EnvironmentFault, match=r"hrdata 2\.0\.0: SHA256SUMS is wrong about"):
        load(store=str(place))
