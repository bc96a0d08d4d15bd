"""A store in a bucket, on servers that know conditional writes, that do not, and that fail."""

from __future__ import annotations

import datetime as dt
import inspect
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import servers
import test_store
import test_store_places
from kinds import a_place, a_store  # noqa: F401
from places import check_whole, content
from servers import KEY, SECRET, Answer, Site, code, cut, empty_place, use_server

from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.store import Objects, Store, open_store, s3
from hrdata.store.s3 import S3Objects, open_bucket

weed, rclone, site = servers.weed, servers.rclone, servers.site

CONTRACT = {
    name: test
    for module in (test_store_places, test_store)
    for name, test in vars(module).items()
    if name.startswith("test_") and {"kind", "place", "store"} & set(inspect.signature(test).parameters)
}
"""What every place keeps its word on, and every test of a store that says nothing of the place."""

globals().update(CONTRACT)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tries as ever, but quick ones."""
    quick = {
        "init_backoff": dt.timedelta(milliseconds=2),
        "max_backoff": dt.timedelta(milliseconds=9),
        "base": 2,
    }
    monkeypatch.setitem(s3._RETRY, "backoff", quick)
    monkeypatch.setattr(s3, "_CONFLICT_WAITS", (0.001,) * len(s3._CONFLICT_WAITS))


@pytest.fixture
def kind(weed: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Objects]:
    """What makes an empty place in the bucket."""
    use_server(monkeypatch, weed)
    return lambda _: empty_place()


@pytest.fixture
def scripted(site: Site, monkeypatch: pytest.MonkeyPatch) -> S3Objects:
    """A bucket on a server that answers what the test has written down."""
    use_server(monkeypatch, site.url)
    return S3Objects("releases", "x")


def fault_of(call: Callable[[], object]) -> str:
    """What a call complains of: one line, without secrets."""
    with pytest.raises(EnvironmentFault) as raised:
        call()
    message = str(raised.value)
    assert message.isprintable()
    assert len(message) < 400
    assert SECRET not in message
    assert KEY not in message
    return message


def test_the_contract_is_tested_here_as_well() -> None:
    assert "test_put_new_never_replaces_and_put_does" in CONTRACT
    assert "test_yanking_marks_once_with_one_reason" in CONTRACT


@pytest.mark.slow
def test_of_eight_who_write_one_object_at_once_one_wins(place: Objects) -> None:
    for turn in range(3):
        start = threading.Barrier(8)

        def write(number: int, start: threading.Barrier = start, path: str = f"log/{turn}") -> bool:
            start.wait(10)
            return place.put_new(path, str(number).encode())

        with ThreadPoolExecutor(8) as threads:
            won = list(threads.map(write, range(8)))
        assert won.count(True) == 1
        assert place.read(f"log/{turn}") == str(won.index(True)).encode()


def test_of_eight_publishers_at_once_each_gets_a_version_of_its_own_or_a_conflict(place: Objects) -> None:
    start = threading.Barrier(8)

    def publish(number: int) -> str:
        start.wait(10)
        try:
            version = f"1.{number % 4}.0"
            Store(place).publish("p", version, content(str(number)))
        except Conflict:
            return ""
        return version

    with ThreadPoolExecutor(8) as threads:
        published = list(threads.map(publish, range(8)))
    by_version = {version: content(str(number)) for number, version in enumerate(published) if version}
    assert sorted(filter(None, published)) == ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]
    check_whole(Store(place), "p", by_version)


@pytest.mark.slow
def test_a_listing_of_many_pages_is_whole_and_sorted(place: Objects) -> None:
    paths = [f"a/{number}/{number % 7}" for number in range(1100)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda path: place.put(path, b"12"), paths))
    assert [listed.path for listed in place.list("a/")] == sorted(paths)
    assert [listed.path for listed in place.list("a/7/")] == ["a/7/0"]


def test_a_large_file_goes_in_parts_and_is_the_same(place: Objects) -> None:
    data = secrets.token_bytes(12_000_000)
    place.put("a", data)
    assert place.put_new("b", data)
    assert not place.put_new("b", b"")
    assert place.read("a") == place.read("b") == data
    assert b"".join(place.stream("a", 11_000_001)) == data[11_000_001:]
    assert len(list(place.stream("a"))) > 1


@pytest.mark.parametrize("path", ["ä ö/õ.csv", "a%20b+c", "a#b", "a&b=c;d@e,f", "a'(!*)~"], ids=ascii)
def test_a_name_is_kept_as_it_is(place: Objects, path: str) -> None:
    place.put(path, b"1")
    assert place.read(path) == b"1"
    assert [listed.path for listed in place.list("")] == [path]


@pytest.mark.parametrize("start", [3, 4, 100])
def test_nothing_is_left_to_read_from_the_end_on(place: Objects, start: int) -> None:
    place.put("a", b"123")
    assert list(place.stream("a", start)) == []
    with pytest.raises(FileNotFoundError):
        list(place.stream("b", start))


def test_places_in_one_bucket_know_nothing_of_each_other(
    place: Objects, kind: Callable[[Path], Objects]
) -> None:
    other = kind(Path())
    place.put("a", b"1")
    assert other.read("a") is None
    assert list(other.list("")) == []
    whole = open_bucket("s3://releases")
    prefix = place.label.removeprefix("s3://releases/")
    assert whole.read(f"{prefix}/a") == b"1"
    same = open_bucket(f"{place.label}/")
    assert (same.label, same.read("a")) == (place.label, b"1")


def test_a_server_that_takes_no_notice_of_conditions_is_refused(
    rclone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(monkeypatch, rclone)
    place = empty_place()
    assert place.put_new("a", b"1")
    assert place.put_new("a", b"2"), "rclone has learnt conditional writes: take another server"
    assert "If-None-Match" in fault_of(lambda: Store(place).publish("p", "1.0.0", content("a")))
    assert [listed.path for listed in place.list("")] == ["a"]


def xml(code_of_error: str) -> bytes:
    return f"<Error><Code>{code_of_error}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>".encode()


THERE = code(200, b"ours", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 22:51:56 GMT")
OTHER = code(200, b"another's", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 22:51:56 GMT")
DONE = code(200, ETag='"1"')


@pytest.mark.parametrize(
    ("answers", "is_new"),
    [
        ([DONE], True),
        ([code(412), THERE], False),
        ([code(412), OTHER], False),
        ([code(409), code(404), DONE], True),
        ([code(409), code(404), code(412), OTHER], False),
        ([code(409), OTHER], False),
        ([code(500), DONE], True),
        ([code(500), code(412), OTHER], False),
        ([code(500), code(412), THERE], True),
    ],
    ids=[
        "new",
        "there",
        "other",
        "conflict",
        "conflict lost",
        "conflict decided",
        "again",
        "again lost",
        "ours",
    ],
)
def test_an_object_is_new_if_and_only_if_it_was_not_there(
    scripted: S3Objects, site: Site, answers: list[Answer], is_new: bool
) -> None:
    site.answers.extend(answers)
    assert scripted.put_new("a", b"ours") is is_new
    assert not site.answers
    assert {asked.headers["If-None-Match"] for asked in site.asked if asked.method == "PUT"} == {"*"}


def test_whoever_is_always_in_the_way_is_told_of_at_last(
    scripted: S3Objects, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    site.answers.extend([code(409), code(404)] * 50)
    assert "again and again" in fault_of(lambda: scripted.put_new("a", b"1"))
    assert len(site.asked) == 2 * (len(s3._CONFLICT_WAITS) + 1)
    assert waited == list(s3._CONFLICT_WAITS)


def test_a_download_that_breaks_goes_on_where_it_stopped(scripted: S3Objects, site: Site) -> None:
    data = secrets.token_bytes(300_000)

    def part(handler: servers.Handler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        about = {"ETag": '"1"', "Last_Modified": "Sun, 22 Nov 2026 22:51:56 GMT"}
        if start:
            about["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.send(206 if start else 200, data[start:], **about)

    site.answers.extend([code(503), cut(100_000, part), code(500), cut(50_000, part), part])
    assert b"".join(scripted.stream("a")) == data


def test_requests_are_bounded(scripted: S3Objects, site: Site) -> None:
    site.answers.extend([code(503)] * 100)
    assert "503" in fault_of(lambda: scripted.read("a"))
    assert len(site.asked) == 1 + s3._RETRY["max_retries"]


def test_a_browser_is_told_what_an_object_is(scripted: S3Objects, site: Site) -> None:
    for path in ("a.html", "a.json", "a.csv", "a.csv.gz", "SHA256SUMS"):
        site.answers.append(DONE)
        scripted.put(path, b"1")
    assert [asked.headers["Content-Type"] for asked in site.asked] == [
        "text/html; charset=utf-8",
        "application/json",
        "text/csv; charset=utf-8",
        "application/octet-stream",
        "application/octet-stream",
    ]


def test_what_was_removed_by_another_is_removed(scripted: S3Objects, site: Site) -> None:
    site.answers.append(code(404))
    scripted.delete("a")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (code(403), "403; ask for the right"),
        (code(403, xml("AccessDenied")), "403 AccessDenied; ask for the right"),
        (code(403, xml("ExpiredToken")), "renew"),
        (code(404, xml("NoSuchBucket")), "404 NoSuchBucket; check the name of the bucket"),
        (code(301), "set AWS_REGION"),
        (code(400, xml("AuthorizationHeaderMalformed")), "set AWS_REGION"),
        (code(400, xml("Strange")), "400 Strange; try later"),
        (code(400, b"\x1b[31m\n::error::"), "400; try later"),
    ],
)
def test_what_the_server_complains_of_is_told_with_what_to_do(
    scripted: S3Objects, site: Site, answer: Answer, complaint: str
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: scripted.read("a/b"),
        lambda: scripted.put("a/b", b""),
        lambda: scripted.put_new("a/b", b""),
        lambda: (
            scripted.delete("a/b")
            if b"NoSuchBucket" not in bytes(str(complaint), "ascii")
            else scripted.read("a/b")
        ),
    ]
    for call in calls:
        site.answers.append(answer)
        message = fault_of(call)
        assert message.startswith("s3://releases/x: a/b cannot be ")
        assert complaint in message
    site.answers.append(answer)
    assert complaint in fault_of(lambda: list(scripted.list("")))


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "403 SignatureDoesNotMatch; check AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", "nobody", "403 InvalidAccessKeyId; check AWS_ACCESS_KEY_ID"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "nothing answers there"),
    ],
)
def test_wrong_settings_are_told(
    kind: Callable[[Path], Objects], monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    place = kind(Path())
    for call in (lambda: place.read("a"), lambda: place.put("a", b""), lambda: list(place.list("a/"))):
        assert complaint in fault_of(call)


def test_a_bucket_that_is_not_there_is_no_empty_store(weed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_server(monkeypatch, weed)
    assert "NoSuchBucket" in fault_of(lambda: open_store("s3://no-such-bucket").releases("p"))


def test_without_credentials_one_learns_which_to_set(weed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_server(monkeypatch, weed)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in fault_of(lambda: empty_place().read("a"))


def test_a_server_that_is_not_encrypted_is_no_encrypted_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(monkeypatch, site.url.replace("http:", "https:"))
    assert "cannot be read" in fault_of(lambda: empty_place().read("a"))


NO_SETTINGS = [
    *((name, value) for name in ("AWS_ACCESS_KEY_ID", "AWS_REGION") for value in ("", "a\n", "a b", "ä")),
    *(
        ("AWS_ENDPOINT_URL", value)
        for value in ("", "rubbish", "http://", "http://a b/", "http://a:99999", "ftp://a", "http://u:hush@a")
    ),
]


@pytest.mark.parametrize(("name", "value"), NO_SETTINGS, ids=ascii)
def test_settings_that_cannot_be_are_named_without_their_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    use_server(monkeypatch, "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)
    message = fault_of(lambda: open_bucket("s3://releases"))
    assert message.startswith(name)
    assert "hush" not in message


def test_a_setting_that_obstore_does_not_understand_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    use_server(monkeypatch, "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "maybe")
    assert "AWS_" in fault_of(lambda: open_bucket("s3://releases"))


def test_an_endpoint_of_s3_alone_comes_before_one_of_all_services(
    weed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(monkeypatch, "https://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weed)
    place = empty_place()
    place.put("a", b"1")
    assert place.read("a") == b"1"


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3:///a", "s3://a", "s3://me:hush@bucket/a", "s3://bucket/../a", "s3://bucket/a//b",
     "s3://bucket/a?hush=1", "s3://bucket/a#b", "s3://bucket/a\nb", "S3://bucket", "s3://-bucket"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_address_of_a_bucket_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError, match="s3://BUCKET/PREFIX") as raised:
        open_bucket(address)
    assert "hush" not in str(raised.value)
    assert str(raised.value).isprintable()


def test_without_obstore_one_learns_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError, match=r"pip install 'hrdata\[s3\]'"):
        open_store("s3://bucket/releases")


KILLED = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[1])
from servers import running
with running(sys.argv[4:], pathlib.Path(sys.argv[2]), sys.argv[3]) as is_ready:
    print(is_ready, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_server_ends_when_the_tests_are_killed(tmp_path: Path) -> None:
    [port] = servers.free_ports(1)
    url = f"http://127.0.0.1:{port}"
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    arguments = [str(Path(__file__).parent), str(tmp_path), url, *server]
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (-signal.SIGKILL, "True\n")
    end = time.monotonic() + 10
    while servers.answers(url) and time.monotonic() < end:
        time.sleep(0.05)
    assert not servers.answers(url)
