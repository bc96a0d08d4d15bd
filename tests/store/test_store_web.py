"""A store behind a web server, on one that breaks, stalls, leads astray, or does not do what it should."""

from __future__ import annotations

import secrets
import shutil
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import Memory, content
from servers import Answer, Handler, Site, changed, code, cut, send_file, stalled, whole

from hrdata.errors import EnvironmentFault, UsageError
from hrdata.store import Store, open_store
from hrdata.store.web import WebObjects

site = servers.site

DATA = secrets.token_bytes(900_000)
TRIES = 4


@pytest.fixture
def web(site: Site) -> WebObjects:
    """The site, read by somebody with little time."""
    site.files["/releases/a"] = DATA
    return WebObjects(f"{site.url}/releases/", timeout=1, waits=(0.001,) * (TRIES - 1))


def fault_of(call: Callable[[], object]) -> str:
    """What a call complains of, in one line."""
    with pytest.raises(EnvironmentFault) as raised:
        call()
    message = str(raised.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def ranges(site: Site) -> list[str | None]:
    return [asked.headers["Range"] for asked in site.asked]


def test_a_store_is_read_over_the_web_and_nothing_is_written(site: Site) -> None:
    memory = Memory()
    published = Store(memory).publish("p", "1.0.0", content("a")).release
    site.files.update({f"/x/{path}": data for path, (data, _) in memory.held.items()})
    store = open_store(f"{site.url}/x")
    assert store.releases("p") == [published]
    assert store.read(published, "data/votes.csv") == b"a"
    assert store.releases("q") == []
    calls: list[Callable[[], object]] = [
        lambda: store.publish("p", "1.1.0", content("b")),
        lambda: store.yank("p", "1.0.0", "wrong"),
        lambda: store.verify("p"),
        store.names,
        lambda: store.gc("p"),
        lambda: store.objects.put("a", b""),
        lambda: store.objects.put_new("a", b""),
        lambda: store.objects.delete("a"),
        lambda: store.objects.list(""),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="can only be read"):
            call()
    assert {asked.method for asked in site.asked} == {"GET"}


@pytest.mark.parametrize("number", [404, 410])
def test_what_is_not_there_is_none(web: WebObjects, site: Site, number: int) -> None:
    site.answers.extend([code(number, b"sorry")] * 2)
    assert web.read("b") is None
    with pytest.raises(FileNotFoundError):
        list(web.stream("b", 3))
    assert len(site.asked) == 2


@pytest.mark.parametrize("number", [400, 401, 403, 418])
def test_what_is_refused_is_told_at_once_and_is_not_missing(web: WebObjects, site: Site, number: int) -> None:
    site.answers.append(code(number, b"\x1b[31m"))
    assert f"a cannot be read: the server answers {number}" in fault_of(lambda: web.read("a"))
    assert len(site.asked) == 1


@pytest.mark.parametrize("start", [0, 1, 899_999, 900_000, 900_001])
@pytest.mark.parametrize("answer", [send_file, whole], ids=["ranges", "no ranges"])
def test_a_file_is_read_from_any_offset(web: WebObjects, site: Site, answer: Answer, start: int) -> None:
    site.answers.append(answer)
    assert b"".join(web.stream("a", start)) == DATA[start:]
    assert ranges(site) == [f"bytes={start}-" if start else None]


@pytest.mark.parametrize("number", [408, 429, 500, 502, 503, 504])
def test_a_passing_error_passes(web: WebObjects, site: Site, number: int) -> None:
    site.answers.append(code(number))
    assert web.read("a") == DATA
    assert len(site.asked) == 2


def test_a_download_goes_on_where_it_stopped(web: WebObjects, site: Site) -> None:
    site.answers.extend([cut(300_000), cut(200_000)])
    assert b"".join(web.stream("a", 10)) == DATA[10:]
    assert ranges(site) == ["bytes=10-", "bytes=300010-", "bytes=500010-"]


def test_what_is_read_already_is_skipped_if_the_server_begins_anew(web: WebObjects, site: Site) -> None:
    site.answers.extend([cut(300_000), cut(500_000, whole), cut(20, whole)])
    assert web.read("a") == DATA


FAULTS = {"500": code(500), "whole": whole, "stalled": stalled(1.1), "good": send_file}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    faults=st.lists(st.sampled_from(["500", "whole", "good"]) | st.integers(0, 900_000), max_size=TRIES + 1),
    start=st.integers(0, 900_000),
)
def test_whatever_breaks_the_bytes_are_right_or_it_is_told(
    web: WebObjects, site: Site, faults: list[str | int], start: int
) -> None:
    site.asked.clear()
    site.answers.clear()
    site.answers.extend(cut(fault) if isinstance(fault, int) else FAULTS[fault] for fault in faults)
    got = b""
    try:
        for piece in web.stream("a", start):
            got += piece
    except EnvironmentFault:
        assert DATA[start:].startswith(got)
        assert len(site.asked) == TRIES
    else:
        assert got == DATA[start:]
    assert len(site.asked) <= TRIES


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [(cut(0), "breaks again and again"), (code(503), "503 Service Unavailable; try later")],
    ids=["cut", "503"],
)
def test_tries_are_bounded_and_wait_for_each_other(
    web: WebObjects, site: Site, monkeypatch: pytest.MonkeyPatch, answer: Answer, complaint: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    site.answers.extend([answer] * 50)
    assert complaint in fault_of(lambda: web.read("a"))
    assert len(site.asked) == TRIES
    assert waited == [0.001] * (TRIES - 1)


@pytest.mark.slow
def test_a_server_that_says_nothing_is_not_waited_for_for_ever(site: Site) -> None:
    web = WebObjects(site.url, timeout=0.2, waits=(0.001,))
    site.files["/a"] = b"1"
    site.answers.extend([stalled(0.8)])
    assert web.read("a") == b"1"
    site.answers.extend([stalled(0.8)] * 2)
    assert "no answer for 0.2 seconds" in fault_of(lambda: web.read("a"))


def open_ended(handler: Handler) -> None:
    """A file without its length, as old servers send it: it ends where the connection does."""
    handler.send(200, handler.site.files[handler.path], Content_Length="")
    handler.hang_up()


def chunked(*, is_whole: bool) -> Answer:
    def answering(handler: Handler) -> None:
        data = handler.site.files[handler.path]
        handler.send(200, Transfer_Encoding="chunked", Content_Length="")
        for at in range(0, len(data) if is_whole else 400_000, 100_000):
            piece = data[at : at + 100_000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if is_whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.hang_up()

    return answering


def test_a_file_without_a_stated_length_is_read(web: WebObjects, site: Site) -> None:
    site.answers.extend([open_ended, chunked(is_whole=True), chunked(is_whole=False)])
    assert web.read("a") == DATA
    assert web.read("a") == DATA
    assert web.read("a") == DATA
    assert len(site.asked) == 4


def test_two_versions_of_a_file_are_never_mixed(web: WebObjects, site: Site) -> None:
    site.answers.extend([cut(300_000), changed])
    assert "changed while it was read" in fault_of(lambda: web.read("a"))


def test_a_file_that_got_shorter_while_it_was_read_is_told(web: WebObjects, site: Site) -> None:
    site.answers.extend([cut(300_000), code(416)])
    assert "416" in fault_of(lambda: web.read("a"))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"Content_Range": "bytes 20-29/30"}, "another part"),
        ({"Content_Range": "rubbish"}, "which part"),
        ({}, "which part"),
        ({"Content_Range": "bytes 10-29/30", "Content_Encoding": "gzip"}, "packs it as gzip"),
    ],
    ids=["another", "rubbish", "none", "gzip"],
)
def test_a_part_that_was_not_asked_for_is_refused(
    web: WebObjects, site: Site, said: dict[str, str], complaint: str
) -> None:
    site.answers.append(code(206, bytes(10), **said))
    assert complaint in fault_of(lambda: list(web.stream("a", 10)))
    assert len(site.asked) == 1


def test_less_than_was_asked_for_is_asked_for_again(web: WebObjects, site: Site) -> None:
    site.answers.append(code(206, DATA[10:20], Content_Range=f"bytes 10-19/{len(DATA)}"))
    assert b"".join(web.stream("a", 10)) == DATA[10:]
    assert ranges(site) == ["bytes=10-", "bytes=20-"]


def test_more_than_the_file_has_is_left(web: WebObjects, site: Site) -> None:
    site.answers.append(code(206, DATA[10:40], Content_Range="bytes 10-19/20"))
    assert b"".join(web.stream("a", 10)) == DATA[10:20]


def test_packed_bytes_are_neither_asked_for_nor_taken(web: WebObjects, site: Site) -> None:
    site.answers.append(code(200, b"packed", Content_Encoding="gzip\x1b"))
    assert "packs it as gzip" in fault_of(lambda: web.read("a"))
    assert [asked.headers["Accept-Encoding"] for asked in site.asked] == ["identity"]


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_one_goes_where_the_server_leads(web: WebObjects, site: Site, number: int) -> None:
    site.files["/moved here"] = site.files["/moved%20here"] = DATA
    site.answers.append(code(number, Location="/moved%20here"))
    assert b"".join(web.stream("a", 7)) == DATA[7:]
    assert ranges(site) == ["bytes=7-", "bytes=7-"]


def test_a_circle_is_left(web: WebObjects, site: Site) -> None:
    site.answers.extend([code(302, Location="/releases/a")] * 50)
    assert "leads in a circle" in fault_of(lambda: web.read("a"))
    assert len(site.asked) < 20


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a", "file:///etc/passwd", "data:,a", "//["])
def test_one_does_not_go_everywhere(web: WebObjects, site: Site, target: str) -> None:
    site.answers.extend([code(302, Location=target)] * TRIES)
    message = fault_of(lambda: web.read("a"))
    assert "/releases: a cannot be read: the server" in message
    assert "passwd" not in message


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("ä ö.csv", "%C3%A4%20%C3%B6.csv"),
        ("a%20b", "a%2520b"),
        ("a?b#c", "a%3Fb%23c"),
        ("http:b", "http%3Ab"),
    ],
    ids=["letters", "percent", "query", "scheme"],
)
def test_a_name_is_asked_for_as_it_is(web: WebObjects, site: Site, path: str, asked: str) -> None:
    site.files[f"/releases/{asked}"] = b"1"
    assert web.read(path) == b"1"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a//b", "./a", "a\\b", "a\nb"], ids=ascii)
def test_an_unsafe_path_is_refused_before_anything_is_asked(web: WebObjects, site: Site, path: str) -> None:
    with pytest.raises(UsageError):
        web.read(path)
    with pytest.raises(UsageError):
        list(web.stream(path))
    assert not site.asked


@pytest.mark.parametrize(
    "address",
    ["https://", "https:///a", "https://a b/", "https://a/b c", "https://a/ä", "https://a/\n", "https://ä.example/",
     "https://a:port/", "https://a:99999/", "https://[::1", "https://a/?hush=1", "https://a/#hush",
     "https://me:hush@/", "https://me:hu/sh@a/?", "ftp://a/", "https://a\\b/"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError, match="the address of the store") as raised:
        WebObjects(address)
    assert "hush" not in str(raised.value)
    assert str(raised.value).isprintable()


def test_a_password_goes_to_the_server_and_nowhere_else(site: Site) -> None:
    site.answers.extend([code(302, Location="/b"), code(404), code(500), code(403)])
    web = WebObjects(site.url.replace("//", "//me:hu%20sh@") + "/x", waits=(0.001,))
    assert web.read("a") is None
    assert "hu" not in web.label + fault_of(lambda: web.read("a"))
    sent = f"Basic {b64encode(b'me:hu sh').decode()}"
    assert [asked.headers["Authorization"] for asked in site.asked] == [sent, None, sent, sent]
    assert [asked.path for asked in site.asked] == ["/x/a", "/b", "/x/a", "/x/a"]


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    [port] = servers.free_ports(1)
    web = WebObjects(f"http://127.0.0.1:{port}", waits=(0.001,))
    assert f"127.0.0.1:{port}: a cannot be read: nothing answers there; check the address" in fault_of(
        lambda: web.read("a")
    )


def test_offline_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setenv("no_proxy", "*")
    web = WebObjects("https://data.example.org/releases")
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("no use to try again"))
    expected = "a cannot be read: no host of that name is found; check the address and the network"
    assert expected in fault_of(lambda: web.read("a"))


def test_what_is_left_unread_is_closed(web: WebObjects) -> None:
    stream = web.stream("a")
    assert next(stream)
    stream.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine with its key, which nobody trusts yet."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl, which makes the certificate, is not there")
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file.with_suffix(".key"), "-out", file],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


@pytest.fixture
def encrypted(site: Site, certificate: Path) -> Iterator[str]:
    """The address of the same site over an encrypted connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with servers.serving(site, context) as url:
        yield url


def test_one_is_never_led_from_an_encrypted_connection_to_a_plain_one(
    site: Site, encrypted: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    site.files["/b"] = DATA
    safe, plain = WebObjects(encrypted), WebObjects(site.url)
    assert safe.read("b") == DATA
    site.answers.append(code(302, Location=f"{encrypted}/b"))
    assert safe.read("a") == DATA
    site.answers.append(code(302, Location=f"{encrypted}/b"))
    assert plain.read("a") == DATA
    asked = len(site.asked)
    site.answers.append(code(302, Location=f"{site.url}/b?hush"))
    message = fault_of(lambda: safe.read("a"))
    assert "sends us on to http://127.0.0.1, which is not encrypted" in message
    assert "hush" not in message
    assert len(site.asked) == asked + 1


def test_a_certificate_that_is_not_trusted_is_told_at_once(
    encrypted: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("no use to try again"))
    assert "certificate of the server is not trusted" in fault_of(lambda: WebObjects(encrypted).read("a"))
    assert not site.asked
