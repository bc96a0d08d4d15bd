"""Loading: the bundled package, and releases from a folder and a web server, online and off."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import ssl
import subprocess
import sys
import time
import typing
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from releases import TABLES, refusing, release_of, served, silent
from stores import a_cache, a_place, a_store  # noqa: F401

from hrdata.datasets import MODELS
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.loading import Data, HrdataWarning, load
from hrdata.package import bundled_package
from hrdata.store import Store, open_store
from hrdata.tables import Table, UnknownKey

UNREACHABLE = (
    r"the store could not be reached \(.*\); hrdata 1\.[01]\.0 comes from the cache, and if it was yanked"
)


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


def test_a_name_that_is_nowhere_is_told_with_all_ways_to_say_where_it_is() -> None:
    with pytest.raises(UsageError, match=r"my-votes-0\.1\.0 does not come .* or give the path of a package"):
        load("my-votes-0.1.0")
    with pytest.raises(UsageError, match=r"^\(nothing\) does not come"):
        load("")


@pytest.mark.parametrize("version", ["0.1.0", ">=0.1"])
def test_the_version_may_stand_in_the_name(version: str, store: Store, place: Path) -> None:
    assert load(f"hrdata@{version}").version == "0.1.0"
    assert load(f"hrdata@{version.replace('0.1', '1.0')}", store=place).version in ("1.0.0", "1.1.0")
    assert store.find("hrdata").version == "1.1.0"


@pytest.mark.parametrize("place", [None, "releases"])
def test_a_version_that_is_given_twice_or_in_the_wrong_place_is_refused_with_what_to_write(
    place: str | None,
) -> None:
    with pytest.raises(UsageError, match=r"hrdata@1\.0\.0 and as 1\.1\.0; give it once") as told:
        load("hrdata@1.0.0", version="1.1.0", store=place)
    with pytest.raises(UsageError, match=r"write load\('hrdata', version='1\.0\.0'\)") as again:
        load("hrdata", version="hrdata@1.0.0", store=place)
    assert not any("datapackage.json" in str(fault.value) for fault in (told, again))


@pytest.fixture(name="package")
def a_package(tmp_path: Path) -> Path:
    """The folder of a package, by no name that hrdata could know."""
    folder = tmp_path / "my-votes-0.1.0"
    for path, data in release_of("0.3.0").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def zip_of(folder: Path) -> Path:
    """A zip of a folder."""
    return Path(shutil.make_archive(str(folder), "zip", folder))


def test_a_package_is_loaded_from_wherever_it_is_on_disk(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package.parent)
    hashes = set()
    for place in (
        package,
        Path(package.name),
        str(package),
        package.name,
        f"./{package.name}",
        package / "datapackage.json",
        zip_of(package),
        f"{package.name}.zip",
    ):
        pkg = load(place)
        assert (pkg.name, pkg.version, pkg.votes["unga-61-174"].yes) == ("hrdata", "0.3.0", 99)
        hashes.add(pkg.hash)
    listed = sorted(["datapackage.json", *(f"data/{name}.csv" for name in ("rooms", *TABLES))])
    made = subprocess.run(["sha256sum", *listed], cwd=package, capture_output=True, check=True).stdout
    assert hashes == {hashlib.sha256(made).hexdigest()}


def test_the_bundled_package_is_loaded_whatever_is_in_the_folder_here(
    package: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package.parent)
    package.rename("hrdata")
    assert load().version == load("hrdata").version == "0.1.0"
    assert load(Path("hrdata")).version == load("./hrdata").version == "0.3.0"
    assert load("hrdata", store=store.label).version == "1.1.0"


def test_a_package_on_disk_has_to_be_of_the_version_that_is_asked_for(package: Path) -> None:
    assert load(package, version=">=0.3").version == "0.3.0"
    with pytest.raises(UsageError, match=r"its version is 0\.3\.0, but expected 1\.0\.0; leave out version="):
        load(package, version="1.0.0")
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    (package / "datapackage.json").write_text(json.dumps({**descriptor, "version": "x\n"}), "utf-8")
    with pytest.raises(UsageError, match="but expected >=1") as told:
        load(package, version=">=1")
    assert str(told.value).isprintable()


@pytest.mark.parametrize("name", ["./nothing", "no/thing", Path("nothing")])
def test_a_path_where_nothing_is_is_told_as_one(name: str | Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"no/?thing: does not exist"):
        load(name)


def test_a_path_does_not_go_with_a_store_nor_an_address_without_one(place: Path) -> None:
    with pytest.raises(UsageError, match="x is a path, but expected the name of a package of the store"):
        load(Path("x"), store=place)
    with pytest.raises(UsageError, match="is an address; write the name of the package, and store= with"):
        load("https://data.example.org/releases")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda text: text + '3,"4,,\n', r"data/rooms\.csv:4: the quote .* never closed \(STR115\)"),
        (lambda text: text + "3,4\n", r"data/rooms\.csv:4: the row has 2 cells, but expected 4 \(STR112\)"),
        (lambda text: text + "3,4,,,5\n", r"data/rooms\.csv:4: the row has 5 cells"),
        (lambda text: text + "3,4,\xff,\n", r"data/rooms\.csv:4: the byte 0xFF .* \(STR101\)"),
        (lambda text: text.replace("opened", "seats", 1), r"data/rooms\.csv:1: .* \(STR111\)"),
        (lambda _: "", r"data/rooms\.csv:1: the file is empty"),
    ],
)
def test_a_package_of_which_something_would_be_lost_is_refused(
    spoil: Callable[[str], str], complaint: str, package: Path
) -> None:
    file = package / "data/rooms.csv"
    file.write_bytes(spoil(file.read_text("utf-8")).encode("latin-1"))
    for place in (package, zip_of(package)):
        with pytest.raises(EnvironmentFault, match=complaint) as told:
            load(place)
        assert str(told.value).startswith(f"{place}: ")
        assert str(told.value).endswith("hrdata validate names all there is to mend")
        assert str(told.value).isprintable()


def test_a_package_that_loses_nothing_is_loaded_though_it_is_not_valid(package: Path) -> None:
    """Line ends of Windows, none at the end, another size than is stated: all text is there."""
    file = package / "data/rooms.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    descriptor["resources"][0]["bytes"] = 1
    (package / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    assert load(package)["rooms"]["2"]["heated"] is False


def test_a_descriptor_that_does_not_say_all_is_refused_with_its_line(package: Path) -> None:
    (package / "datapackage.json").write_text('{"name": "x",\n]', "utf-8")
    with pytest.raises(EnvironmentFault, match=r"datapackage\.json:2: the descriptor is not JSON"):
        load(package)


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
    with pytest.warns(HrdataWarning, match=UNREACHABLE):
        offline = load(version="1.0.0", store=url)
    assert offline.hash == online.hash
    assert offline.votes.to_polars().equals(online.votes.to_polars())
    for version, complaint in (
        ("1.1.0", "1.1.0 is not in the cache"),
        ("1.2.0", "1.2.0 is not in the cache"),
        ("", "only an exact version"),
        (">=1", "only an exact"),
    ):
        with pytest.raises(EnvironmentFault, match=complaint):
            load(version=version, store=url)


@pytest.mark.parametrize(
    ("away", "reason"),
    [
        (lambda _: nullcontext(), "nothing answers there"),
        (silent, "there is no answer for 0.5 seconds"),
        (lambda url: refusing(url, 401), "answers 401 Unauthorized"),
        (lambda url: refusing(url, 403), "answers 403 Forbidden; ask for the right to read it"),
        (lambda url: refusing(url, 503), "answers 503"),
        (lambda url: refusing(url, 200, b"<html>Welcome to the hotel"), "there is a web page instead"),
    ],
)
@pytest.mark.usefixtures("store")
def test_whatever_keeps_a_store_from_being_reached_is_told_in_a_warning_at_once(
    away: Callable[[str], AbstractContextManager[None]], reason: str, place: Path
) -> None:
    with served(place) as (url, _):
        load(version="1.0.0", store=url)
    start = time.monotonic()
    with away(url), pytest.warns(HrdataWarning, match=UNREACHABLE) as warned:
        assert load(version="1.0.0", store=url).votes["unga-61-174"].yes == 99
    assert time.monotonic() - start < 5
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert reason in str(warned[0].message)
    assert "hrdata/log/000002.json" in str(warned[0].message)
    assert str(warned[0].message).isprintable()


@pytest.mark.usefixtures("store")
def test_a_certificate_that_is_not_trusted_is_told_in_the_warning(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl, which makes the certificate, is not there")
    file, key = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    with served(place, context) as (url, _):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        load(version="1.0.0", store=url)
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.warns(HrdataWarning, match="the certificate of the server is not trusted"):
            assert load(version="1.0.0", store=url).version == "1.0.0"


@pytest.mark.usefixtures("store")
def test_wrong_keys_of_a_bucket_are_told_in_the_warning(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denial = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with served(place.parent) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        bucket = f"s3://{place.name}"
        load(version="1.0.0", store=bucket)
    with refusing(url, 403, denial), pytest.warns(HrdataWarning, match="check AWS_SECRET_ACCESS_KEY"):
        assert load(version="1.0.0", store=bucket).version == "1.0.0"


@pytest.mark.usefixtures("store")
def test_a_folder_that_is_away_is_offline(place: Path) -> None:
    load(version="1.0.0", store=str(place))
    place.rename(place.with_name("away"))
    with pytest.warns(HrdataWarning, match=rf"\({place}: there is no such folder; name a store\); hrdata 1"):
        assert load(version="1.0.0", store=str(place)).version == "1.0.0"
    with pytest.raises(EnvironmentFault, match=r"there is no such folder; name a store; and 1\.1\.0 is not"):
        load(version="1.1.0", store=str(place))
    with pytest.raises(EnvironmentFault, match="there is no such folder"):
        load(store=str(place.with_name("never")))


@pytest.mark.usefixtures("store")
def test_an_entry_that_cannot_be_read_in_a_store_that_is_there_is_no_reason_to_do_without(
    place: Path,
) -> None:
    load(version="1.0.0", store=str(place))
    entry = place / "hrdata/log/000002.json"
    entry.rename(place / "elsewhere")
    entry.symlink_to(place / "elsewhere")
    with pytest.raises(EnvironmentFault, match=r"000002\.json leads through a link"):
        load(version="1.0.0", store=str(place))


def test_a_yanked_release_warns_with_its_reason_offline_too(store: Store, place: Path) -> None:
    store.yank("hrdata", "1.1.0", "wrong totals")
    assert load(store=str(place)).version == "1.0.0"
    told = r"hrdata 1\.1\.0 is yanked: wrong totals"
    with pytest.warns(HrdataWarning, match=told) as warned:
        load(version="1.1.0", store=str(place))
    assert warned[0].filename == __file__
    place.rename(place.with_name("away"))
    with pytest.warns(HrdataWarning, match=told), pytest.warns(HrdataWarning, match=UNREACHABLE):
        load(version="1.1.0", store=str(place))


@pytest.mark.usefixtures("store")
def test_a_log_that_was_rolled_back_or_replaced_is_refused_until_what_is_kept_of_it_is_removed(
    place: Path, kept: Path
) -> None:
    load(store=str(place))
    last = place / "hrdata/log/000002.json"
    entry = last.read_bytes()
    last.unlink()
    with pytest.raises(
        EnvironmentFault, match=r"000002\.json: is gone; .* rolled back .* remove the folder "
    ):
        load(version="1.1.0", store=str(place))
    other = open_store(str(place))
    other.publish("hrdata", "1.2.0", release_of("1.2.0"))
    with pytest.raises(
        EnvironmentFault, match=r"is not the one read before; .*rolled back or replaced"
    ) as told:
        load(version="1.1.0", store=str(place))
    [named] = kept.glob("*/hrdata/log")
    assert str(told.value).endswith(f"if you know that it is right, remove the folder {named}")
    shutil.rmtree(named)
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


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_log_that_is_broken_beyond_what_was_read_is_no_reason_to_do_without_the_store(
    is_lost: bool, store: Store, place: Path
) -> None:
    load(version="1.0.0", store=str(place))
    store.yank("hrdata", "1.1.0", "wrong totals")
    store.publish("hrdata", "1.2.0", release_of("1.2.0"))
    entry = place / "hrdata/log/000003.json"
    if is_lost:
        entry.unlink()
    else:
        entry.write_bytes(b"{}")
    complaint = "it is missing, but a later entry" if is_lost else "it is damaged"
    with pytest.raises(EnvironmentFault, match=rf"log/000003\.json: {complaint}.*; ask who keeps the store"):
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
    with pytest.raises(
        EnvironmentFault, match=r"the resource rooms has no file at data/rooms\.csv \(PKG106\)"
    ):
        load(store=str(place))


def test_a_name_of_no_table_is_a_key_error_with_the_nearest(store: Store, place: Path) -> None:
    pkg = load(version=store.find("hrdata").version, store=str(place))
    with pytest.raises(KeyError, match="did you mean rooms") as told:
        _ = pkg["room"]
    assert isinstance(told.value, UnknownKey)
    assert not str(told.value).startswith(("'", '"'))
    assert not hasattr(pkg, "events")
    assert repr(pkg) == "<Data hrdata 1.1.0: 5 tables>"


def test_an_attribute_that_is_no_table_is_an_attribute_error_with_the_nearest(
    store: Store, place: Path
) -> None:
    pkg: Any = load(version=store.find("hrdata").version, store=str(place))
    with pytest.raises(
        AttributeError, match=r'rooms is a table of your own, so it is read as data\["rooms"\]'
    ):
        _ = pkg.rooms
    for name, near in (
        ("vote", "did you mean votes?"),
        ("room", "did you mean rooms?"),
        ("nope", "there are 5"),
    ):
        with pytest.raises(KeyError) as known:
            _ = pkg[name]
        with pytest.raises(AttributeError) as told:
            _ = getattr(pkg, name)
        assert near in str(known.value)
        assert str(told.value) == f'{known.value}; a table of your own is read as data["rooms"]'
    with pytest.raises(AttributeError, match=r"did you mean votes\?$"):
        _ = load().vote  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'Data' object has no attribute '_repr_html_'"):
        _ = pkg._repr_html_


def test_data_can_be_copied() -> None:
    assert copy.copy(load()).votes["unga-61-174"].yes == 99


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
