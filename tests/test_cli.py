"""The command line: every way out has its exit code, and nobody ever meets a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from hrdata import cli
from hrdata.__main__ import main as start
from hrdata.check import CHECKS
from hrdata.package import bundled_package
from hrdata.places import DESCRIPTOR
from hrdata.testing import as_csv
from test_package import GOOD, write_package
from test_report import NASTY, STYLES, infested, obeyed, screen_after

VOTE = dict(GOOD["votes"][0])


@dataclass(frozen=True)
class Ended:
    code: int | str | None
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """Runs `hrdata` in this process, in an empty folder, and gives what it printed and its exit code."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    kept = signal.getsignal(signal.SIGPIPE)

    def run_here(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["hrdata", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err or "--debug" in arguments
        return Ended(ended.value.code or 0, out, err)

    yield run_here
    signal.signal(signal.SIGPIPE, kept)


def process(*arguments: object, code: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hrdata.cli", *map(str, arguments)]
    return subprocess.run(
        [sys.executable, "-c", code] if code else command,
        capture_output=True,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_package(tmp_path / "package")


@pytest.fixture
def bad_package(tmp_path: Path) -> Path:
    return write_package(tmp_path / "bad", {"votes": [VOTE | {"yes": "1", "no": "0"}]})


# Help and version


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version") == Ended(0, f"hrdata {version('hrdata')}\n", "")


COMMANDS = [["validate"], ["show"], ["checks"], ["schema"], ["schema", "export"], ["schema", "check"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(run: Run, command: list[str]) -> None:
    whole = run("--help")
    ended = run(*command, "--help")
    assert (whole.code, ended.code, ended.err) == (0, 0, "")
    assert command[0] in whole.out
    assert f"Usage: hrdata {' '.join(command)}" in ended.out


@pytest.mark.parametrize("arguments", [[], ["schema"]], ids=["hrdata", "schema"])
def test_without_a_command_there_is_help(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.code in (0, 2)
    assert "Usage: hrdata" in ended.out + ended.err


# Exit codes


def test_a_valid_package_ends_with_0(run: Run, package: Path) -> None:
    ended = run("validate", package)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("Valid: no errors.\n")


@pytest.mark.parametrize("path", ["", DESCRIPTOR])
def test_a_package_with_errors_ends_with_1(run: Run, bad_package: Path, path: str) -> None:
    ended = run("validate", bad_package / path)
    assert (ended.code, ended.err) == (1, "")
    line = next(line for line in ended.out.splitlines() if line.startswith("    data/votes.csv:2:"))
    assert line.endswith("  unga-61-174: the total of yes is 1, but the ballots list 2")
    assert ended.out.endswith("Not valid: 2 errors.\n")


def test_json_says_the_same_as_the_exit_code(run: Run, package: Path, bad_package: Path) -> None:
    good, bad = run("validate", package, "--format", "json"), run("validate", "--format=json", bad_package)
    assert (good.code, json.loads(good.out)["valid"]) == (0, True)
    assert (bad.code, json.loads(bad.out)["valid"]) == (1, False)


def test_a_zip_can_be_validated(run: Run, package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in package.rglob("*.*"):
            archive.write(file, file.relative_to(package))
    assert run("validate", tmp_path / "a.zip").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["validate", "--nonsense"],
        ["validate", "a", "b"],
        ["validate", "--format"],
        ["validate", "--format", "xml"],
        ["show"],
        ["show", "votes", "a", "b"],
        ["schema", "nonsense"],
        ["schema", "check", "--schemas"],
        ["checks", "VOT202", "VOT203"],
        ["--debug", "validate", "--nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_ends_with_2(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["checks", "VOT20"], "there is no check VOT20; did you mean VOT20"),
        (["checks", "VOT999"], "there is no check VOT999; did you mean VOT20"),
        (["checks", "x"], "there is no check x; hrdata checks lists them"),
        (["show", "vote"], "there is no table vote; "),
        (["show", "votes", "unga-61-17"], "there is no row unga-61-17 in votes; did you mean unga-61-174"),
        (["show", "votes", "?"], "there is no row ? in votes; hrdata show votes lists them"),
        (["show", "ballots", "unga-61-174"], "did you mean unga-61-174|"),
        (["show", "votes", "##[error]\x1b[31m"], "there is no row "),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_call_for_what_is_not_there_ends_with_2_and_says_what_is(
    run: Run, package: Path, arguments: list[str], told: str
) -> None:
    more = ["--package", package] if arguments[0] == "show" else []
    ended = run(*arguments, *more)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert ended.err.startswith("hrdata: ")
    assert ended.err.count("\n") == 1
    assert obeyed(ended.err) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "nowhere"],
        ["validate", ""],
        ["validate", "nowhere\x1b]0;x\x07\n::error::x"],
        ["validate", "x" * 5000],
        ["validate", "nowhere.zip", "--format", "json"],
        ["show", "votes", "--package", "nowhere"],
        ["show", "votes", "unga-61-174", "-p", "nowhere"],
        ["schema", "check", "nowhere"],
        ["schema", "export", "nowhere"],
        ["schema", "export", "."],
    ],
    ids=lambda value: ascii(" ".join(value))[:30],
)
def test_a_package_that_is_not_there_ends_with_3_and_one_line(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("hrdata: ")
    assert ended.err.count("\n") == 1
    assert obeyed(ended.err) == []
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("command", "code"),
    [(["validate"], 3), (["show", "votes", "-p"], 3), (["schema", "check"], 2), (["schema", "export"], 2)],
)
def test_a_file_that_is_no_package_is_an_error_of_one_line(
    run: Run, package: Path, command: list[str], code: int
) -> None:
    """The schemas belong to a folder: to give a file there is a wrong call."""
    ended = run(*command, package / "data/votes.csv")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(f"hrdata: {package / 'data/votes.csv'}: is n")
    assert ended.err.count("\n") == 1


def test_a_table_that_cannot_be_read_cannot_be_shown(run: Run, package: Path) -> None:
    (package / "data/votes.csv").write_bytes(b"\xff")
    for arguments in (["show", "votes"], ["show", "votes", "unga-61-174"], ["show", "events"]):
        ended = run(*arguments, "-p", package)
        assert (ended.code, ended.out) == (3, "")
        assert "has no readable table" in ended.err


@pytest.mark.parametrize("lost", ["sources", "citations", "ballots", "states", "bodies"])
def test_a_row_is_shown_even_when_other_tables_are_broken(run: Run, package: Path, lost: str) -> None:
    file = package / f"data/{lost}.csv"
    good = file.read_bytes()
    for broken in (good.split(b",", 1)[1], b"\xff", good.replace(b",", b",\n"), None):
        file.unlink() if broken is None else file.write_bytes(broken)
        ended = run("show", "votes", "unga-61-174", "-p", package)
        assert (ended.code, ended.err) == (0, "")


# Where the package is taken from


def test_in_an_empty_folder_the_bundled_package_is_used(run: Run) -> None:
    ended = run("validate")
    assert ended.code == 0
    assert "no package here" in ended.err
    assert f" in {bundled_package()}\n" in ended.out.splitlines(keepends=True)[0]


def test_in_a_folder_with_a_package_that_one_is_used(run: Run) -> None:
    write_package(Path("datapackage"))
    assert run("validate").out.startswith("Package small 1.0.0 in datapackage\n")
    listed = "unga-61-174  2006-12-19  A/RES/61/174  2-1-?  Human rights\n1 row in votes\n"
    assert run("show", "votes").out == listed
    assert run("schema", "export").code == 0
    assert run("schema", "check").code == 0
    assert {file.stem for file in Path("schemas").iterdir()} == set(GOOD)


def test_a_package_here_without_a_descriptor_is_not_passed_over_for_the_bundled_one(run: Run) -> None:
    Path("datapackage").mkdir()
    assert run("validate").code == 3


@pytest.mark.parametrize(
    "arguments",
    [["--since", "HEAD"], ["--format", "github"], ["--since", "HEAD", "--format", "json"]],
    ids=" ".join,
)
def test_a_check_of_a_change_never_looks_at_the_bundled_package(run: Run, arguments: list[str]) -> None:
    ended = run("validate", *arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", "hrdata: there is no package here; name one\n")
    assert run("validate", bundled_package(), "--format", "github").code == 0, "unless it is named"


def test_a_check_of_a_change_looks_at_the_package_here(run: Run) -> None:
    write_package(Path("datapackage"), {"votes": [VOTE | {"yes": "1", "no": "0"}]})
    ended = run("validate", "--format", "github")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.count(",file=datapackage/data/votes.csv,line=2,") == 2


# Reports beside what is printed


@pytest.mark.parametrize("target", ["data/votes.csv", DESCRIPTOR, "data/../data/votes.csv", "link", "a.zip"])
@pytest.mark.parametrize("command", ["validate", "diff", "diff turned"])
def test_no_report_is_written_over_a_file_of_the_package(
    run: Run, package: Path, bad_package: Path, command: str, target: str
) -> None:
    (package.parent / "link").symlink_to(package / "data/votes.csv")
    looked_at = package
    if target == "a.zip":
        looked_at = package.parent / "a.zip"
        with zipfile.ZipFile(looked_at, "w") as archive:
            for file in package.rglob("*.*"):
                archive.write(file, file.relative_to(package))
    file = package.parent / target if target in ("link", "a.zip") else package / target
    before = file.read_bytes()
    sides = {
        "validate": [looked_at],
        "diff": [looked_at, bad_package],
        "diff turned": [bad_package, looked_at],
    }
    name = "json" if command == "validate" else "markdown"
    ended = run(command.split(maxsplit=1)[0], *sides[command], "--output", f"{name}:{file}")
    told = f"hrdata: {file}: is a file of the package; write the report to another place\n"
    assert (ended.code, ended.out, ended.err) == (4, "", told)
    assert file.read_bytes() == before


def test_a_report_beside_the_package_is_written_each_time(run: Run, package: Path) -> None:
    for _ in range(2):
        assert run("validate", package, "--output", "json:report.json").code == 0
        assert run("validate", package, "--output", f"json:{package.parent / 'a.json'}").code == 0
        assert run("validate", package, "--output", f"json:{os.devnull}").code == 0
    assert json.loads(Path("report.json").read_text("utf-8"))["valid"]


@pytest.mark.parametrize("command", ["validate", "diff"])
@pytest.mark.parametrize("target", ["-", ""])
def test_a_report_for_no_file_is_a_wrong_call(run: Run, package: Path, command: str, target: str) -> None:
    sides = [package, package] if command == "diff" else [package]
    ended = run(command, *sides, "--output", f"json:{target}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"hrdata: --output json:{target}: expected FORMAT:FILE, such as ")
    assert list(Path().iterdir()) == []


def test_a_report_for_a_folder_that_is_not_there_ends_with_3(run: Run, package: Path) -> None:
    ended = run("validate", package, "--output", "json:gone/report.json")
    assert ended.code == 3
    assert ended.err.endswith(": no such file or directory\n")
    assert ended.err.count("\n") == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--changelog", "--format", "json"], "--changelog prints Markdown; leave --format out"),
        (["--changelog", "--format", "daff"], "--changelog prints Markdown; leave --format out"),
        (["--table", "votes"], "--table is for --format daff; the other formats show all tables"),
        (["--table", "votes", "--format", "json"], "--table is for --format daff; "),
        (["--table", "votes", "--output", "json:a.json"], "--table is for --format daff; "),
        (["--table", "votes", "--changelog"], "--table is for --format daff; "),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_options_of_a_diff_that_would_do_nothing_are_a_wrong_call(
    run: Run, package: Path, bad_package: Path, options: list[str], told: str
) -> None:
    ended = run("diff", package, bad_package, *options)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"hrdata: {told}")
    assert list(Path().iterdir()) == []


def test_options_of_a_diff_that_do_something_are_followed(run: Run, package: Path, bad_package: Path) -> None:
    assert run("diff", package, bad_package, "--changelog").out.startswith("## [")
    assert run("diff", package, bad_package, "--table", "votes", "--format", "daff").code == 0
    assert run("diff", package, bad_package, "--table", "votes", "--output", "daff:a.csv").code == 0
    assert Path("a.csv").is_file()


# Schemas


def test_schemas_that_are_stale_or_missing_end_with_1_until_they_are_written(run: Run, package: Path) -> None:
    schemas = package.parent / "elsewhere"
    where = (package, "--schemas", schemas)
    assert run("schema", "check", *where).code == 1
    assert run("schema", "export", *where).out.count("wrote ") == len(GOOD) + 1
    assert run("schema", "check", *where).code == 0
    assert run("schema", "export", *where).out.startswith("nothing to write")
    (schemas / "votes.json").write_text("{}", encoding="utf-8")
    ended = run("schema", "check", *where)
    assert ended.code == 1
    assert ended.out.splitlines() == [
        f"{schemas / 'votes.json'}: is stale: the models or sources.csv say otherwise; "
        f"run hrdata schema export {package} --schemas {schemas}"
    ]


@pytest.mark.parametrize("obstacle", ["a file", "a file above", "a folder"])
def test_schemas_that_cannot_be_written_end_with_3(run: Run, package: Path, obstacle: str) -> None:
    schemas = package.parent / "obstacle" / ("deeper" if obstacle == "a file above" else "")
    if obstacle == "a folder":
        (schemas / "votes.json").mkdir(parents=True)
    else:
        (package.parent / "obstacle").write_text("in the way", encoding="utf-8")
    ended = run("schema", "export", package, "--schemas", schemas)
    assert ended.code == 3
    assert ended.err.startswith(f"hrdata: {package.parent / 'obstacle'}")
    assert ended.err.count("\n") == 1


def test_a_folder_without_the_right_to_write_ends_with_3(
    run: Run, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    ended = run("schema", "export", package)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f"hrdata: {package / DESCRIPTOR}: permission denied\n"


@pytest.mark.parametrize(
    "name", ["a\x1b]0;x\x07", "::error::x", "##[error]x", os.fsdecode(b"x\xff")], ids=ascii
)
def test_the_name_of_a_folder_is_not_obeyed_either(run: Run, tmp_path: Path, name: str) -> None:
    folder = write_package(tmp_path / name)
    os.chdir(tmp_path)
    for command in (["validate"], ["schema", "check"], ["schema", "export"], ["show", "votes", "-p"]):
        ended = run(*command, name)
        assert ended.code in (0, 1)
        assert obeyed(ended.out + ended.err) == []
    assert folder.is_dir()


# Checks


def test_all_checks_are_listed_and_each_is_explained(run: Run) -> None:
    listed = run("checks")
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()[:-1]] == sorted(CHECKS)
    assert [check["check"] for check in json.loads(run("checks", "--format", "json").out)] == sorted(CHECKS)
    one = run("checks", "vot202")
    assert one.out.startswith("VOT202 tally matches ballots (error)\n")
    assert json.loads(run("checks", "VOT202", "--format", "json").out)["check"] == "VOT202"


# Errors and bugs


def test_debug_shows_the_traceback_and_keeps_the_exit_code() -> None:
    ended = process("--debug", "validate", "nowhere")
    assert b"Traceback (most recent call last):" in ended.stderr
    assert b"EnvironmentFault: nowhere: does not exist" in ended.stderr
    assert ended.returncode == 3


def test_an_interrupt_ends_with_130() -> None:
    code = """if True:
        import time, hrdata.validate, hrdata.cli, sys
        def wait(*_, **__):
            print("ready", flush=True)
            time.sleep(60)
        hrdata.validate.validate_package = wait
        sys.argv = ["hrdata", "validate"]
        hrdata.cli.main()
    """
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in err


def test_a_reader_who_stops_reading_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "hrdata.cli", "checks"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""
    assert running.returncode in (0, -signal.SIGPIPE)


def test_a_terminal_that_knows_only_ascii_is_no_error(tmp_path: Path) -> None:
    folder = write_package(tmp_path, {"votes": [VOTE | {"kind": "caf\u00e9", "title": "\u6c11\u4e3b"}]})
    for arguments in (["validate", folder], ["show", "votes", "unga-61-174", "-p", folder]):
        ended = process(*arguments, PYTHONIOENCODING="ascii")
        assert ended.stderr == b""
        assert ended.returncode == int(arguments[0] == "validate")


# What reaches a terminal

HOSTILE = "".join(NASTY[name] for name in ("an escape sequence", "a line break", "right-to-left", "a tag"))


def test_on_a_real_terminal_nothing_in_data_is_obeyed(tmp_path: Path) -> None:
    folder = infested(tmp_path / "package", HOSTILE)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "hrdata.cli", "validate", str(folder)],
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color"},
    ) as running:
        os.close(theirs)
        output = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:
                break
            if not read:
                break
            output += read
    os.close(ours)
    text = output.decode().replace("\r\n", "\n")
    assert running.returncode == 1
    assert STYLES.search(text)
    assert obeyed(text) == []


@pytest.mark.parametrize("color", ["", "1"], ids=["piped", "FORCE_COLOR"])
def test_in_a_log_nothing_in_data_is_obeyed(tmp_path: Path, color: str) -> None:
    folder = infested(tmp_path / "package", HOSTILE + NASTY["a command"] + NASTY["an old command"])
    environment = {"FORCE_COLOR": color} if color else {}
    ended = process("validate", folder, **environment)
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert bool(STYLES.search(ended.stdout.decode())) == bool(color)
    assert obeyed(ended.stdout.decode()) == []
    assert "owned" in ended.stdout.decode()


@pytest.mark.parametrize("where", ["a cell", "a header", "a key"])
def test_what_is_escaped_is_still_shown(run: Run, package: Path, where: str) -> None:
    escape = "\x1b[31m\u202e"
    old, new = {
        "a cell": ("resolution", escape),
        "a header": ("vote_id,", f"vote_id{escape},"),
        "a key": ("unga-61-174,", f"unga-61-174{escape},"),
    }[where]
    text = as_csv("votes", GOOD["votes"]).decode().replace(old, new, 1)
    (package / "data/votes.csv").write_text(text, encoding="utf-8")
    ended = run("validate", package)
    assert ended.code == 1
    assert r"\x1b[31m\u202e" in ended.out


def test_an_interruption_while_the_command_starts_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hrdata.cli.main", interrupt)
    monkeypatch.setattr("os._exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        start()
    assert ended.value.code == 130


# What an import says while it goes on

UPSTREAM = (
    b"undl_id,ms_name,ms_vote,date,resolution,meeting,title,total_yes,total_no,total_abstentions,"
    b"total_non_voting,total_ms\n"
    b"1,FRANCE,Y,2006-12-19,A/RES/61/174,A/61/PV.81,Human rights,1,0,0,0,1\n"
)


@pytest.mark.parametrize("format", ["text", "json"])
def test_an_import_says_what_it_does_elsewhere_than_its_account(tmp_path: Path, format: str) -> None:
    names = ["a.csv", "b [bold].csv", "c\x1b[31m.csv", "d.csv"]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(UPSTREAM.replace(b"1,F", b"%d,F" % number))
    files, out = [tmp_path / name for name in names], tmp_path / "out"
    ended = process("import", "undl", *files, "--out", out, "--format", format)
    assert ended.returncode == 0
    assert ended.stderr.decode().splitlines() == ["reading 4 files", f"writing {out}"]
    said = ended.stdout.decode()
    if format == "json":
        assert json.loads(said)["rows_out"] == 4
    else:
        assert "reading" not in said
        assert said.splitlines()[-1] == f"Wrote {out}: 4 rows in, 4 taken over, 0 rows reported"
    ended = process("import", "undl", *files[:3], "--out", tmp_path / "other")
    assert ended.stderr.decode().count("\n") == 2
    assert r"b [bold].csv, " in ended.stderr.decode()
    assert obeyed(ended.stderr.decode()) == []


def test_an_import_that_fails_says_so_below_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    ended = process("import", "undl", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert (ended.returncode, ended.stdout) == (2, b"")
    reading, fault = ended.stderr.decode().splitlines()
    assert reading == f"reading {tmp_path / 'a.csv'}"
    assert fault.startswith(f"hrdata: {tmp_path / 'a.csv'}: has no column ms_name")


def test_the_bar_of_an_import_goes_to_the_terminal_and_the_account_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(UPSTREAM)
    ours, theirs = pty.openpty()
    command = ["import", "undl", str(tmp_path / "a.csv"), "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [sys.executable, "-m", "hrdata.cli", *command],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "200"},
    ) as running:
        os.close(theirs)
        assert running.stdout is not None
        account = running.stdout.read().decode()
        shown = b""
        with contextlib.suppress(OSError):
            while read := os.read(ours, 65536):
                shown += read
    os.close(ours)
    assert running.returncode == 0
    assert account.splitlines()[-1] == f"Wrote {tmp_path / 'out'}: 1 row in, 1 taken over, 0 rows reported"
    assert "\x1b" not in account
    assert "writing" in shown.decode()
    assert not any(screen_after(shown.decode()))


def test_schema_works_on_the_package_here_like_any_command(run: Run, package: Path) -> None:
    with chdir(package):
        assert run("schema", "export").code == 0
        assert run("schema", "check").code == 0
    Path("elsewhere").mkdir()
    with chdir("elsewhere"):
        ended = run("schema", "check")
    assert (ended.code, ended.err) == (2, "hrdata: there is no package here; name one\n")


def test_two_reports_do_not_go_to_one_file(run: Run, package: Path) -> None:
    ended = run("validate", package, "--output", "json:a", "--output", "html:./a")
    assert (ended.code, "another report goes to the same file" in ended.err) == (2, True)
    assert not Path("a").exists()


def test_a_report_that_cannot_be_written_is_named_as_asked_for(run: Run, package: Path) -> None:
    ended = run("validate", package, "--output", "json:gone/report.json")
    assert (ended.code, "gone/report.json: no such file or directory" in ended.err) == (3, True)
    assert ".hrdata-" not in ended.err
