"""What is checked and what fails: who says so, in which order, and what cannot be followed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrdata import cli
from hrdata.check import CHECKS, Severity, Status
from hrdata.errors import UsageError
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR
from hrdata.report.text import render
from hrdata.settings import (
    DEFAULT,
    FAIL_ON,
    NAMES,
    UNREAD,
    Settings,
    make_settings,
    settings_of_descriptor,
    settings_of_project,
)
from hrdata.testing import as_csv
from hrdata.validate import Report, validate_package
from test_package import GOOD, Rows, describe, write_package

Run = Callable[..., tuple[object, str, str]]

VOTE = dict(GOOD["votes"][0])
WRONG_TALLY: Rows = {"votes": [VOTE | {"yes": "1", "no": "0"}]}
UNJUDGED = "16 checks could not judge everything."
NO_SEATS: Rows = {"body_seats": []}
FAMILIES = sorted({check.family for check in CHECKS.values()})
IDS = sorted(CHECKS)


def picked(settings: Settings) -> set[str]:
    return {id for id, check in CHECKS.items() if settings.picks(check)}


def of_family(*families: str) -> set[str]:
    return {id for id, check in CHECKS.items() if check.family in families}


def select(*names: str) -> Settings:
    return make_settings({"select": names}, "here")


# Names of checks


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["VOT"], of_family("VOT")),
        (["vot"], of_family("VOT")),
        (["VOT202"], {"VOT202"}),
        (["vot202", "CIT"], of_family("CIT") | {"VOT202"}),
        (["vot202,Cit"], of_family("CIT") | {"VOT202"}),
        ("vot202", {"VOT202"}),
        (" vot202, cit ,", of_family("CIT") | {"VOT202"}),
        ("", set(CHECKS)),
        ([" vot202 , cit ", "CIT", ""], of_family("CIT") | {"VOT202"}),
        ([], set(CHECKS)),
        ([""], set(CHECKS)),
        ([","], set(CHECKS)),
    ],
)
def test_checks_are_named_by_id_and_family(names: list[str] | str, expected: set[str]) -> None:
    settings = make_settings({"select": names}, "here")
    settings.verify()
    assert picked(settings) == expected | UNREAD
    ignoring = make_settings({"ignore": names}, "here")
    assert picked(ignoring) == set(CHECKS) - (expected if ignoring.ignore else set())


def test_a_name_that_is_repeated_is_kept_once() -> None:
    assert select("VOT,cit", "vot").select == ("VOT", "CIT")


@given(st.lists(st.sampled_from(FAMILIES + IDS)), st.lists(st.sampled_from(FAMILIES + IDS)), st.randoms())
def test_a_check_is_made_if_it_is_selected_and_not_ignored(
    selected: list[str], ignored: list[str], chance: Any
) -> None:
    def written(names: list[str]) -> list[str]:
        texts = [chance.choice((name, name.lower(), f" {name} ")) for name in names]
        return texts if chance.random() < 0.5 else [",".join(texts)]

    settings = make_settings({"select": written(selected), "ignore": written(ignored)}, "here")
    settings.verify()
    for id, check in CHECKS.items():
        is_wanted = not selected or id in selected or check.family in selected or id in UNREAD
        assert settings.picks(check) == (is_wanted and id not in ignored and check.family not in ignored)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("VOT999", "did you mean VOT"),
        ("VTO", "did you mean VOT"),
        ("VOT2", "did you mean VOT or VOT2"),
        ("202", "did you mean "),
        ("*", "hrdata checks lists them"),
        ("VOT 202", "did you mean VOT"),
    ],
)
@pytest.mark.parametrize("setting", ["select", "ignore"])
def test_a_name_that_is_not_there_is_refused(setting: str, name: str, remedy: str) -> None:
    with pytest.raises(UsageError) as fault:
        make_settings({setting: ["CIT", name]}, "here").verify()
    assert str(fault.value).startswith(f"here: {setting}: there is no check or family {name}; {remedy}")


@pytest.mark.parametrize("setting", ["select", "ignore"])
@pytest.mark.parametrize("given", [5, True, {"VOT": 1}, ["VOT", 5], [["VOT"]], [None]], ids=repr)
def test_what_is_no_list_of_names_is_refused(setting: str, given: object) -> None:
    with pytest.raises(UsageError, match=f"here: {setting} is not a list of names, but expected one such"):
        make_settings({setting: given}, "here")


@pytest.mark.parametrize("given", ["info", "Error", "warn", 1, True, ["error"], {}], ids=repr)
def test_what_fails_is_one_of_two_words(given: object) -> None:
    with pytest.raises(UsageError, match=r"here: fail-on is .*, but expected error or warning"):
        make_settings({"fail-on": given}, "here")


def test_each_severity_stands_for_what_is_worse_as_well() -> None:
    table = {limit: [s for s in Severity if Settings(fail_on=limit).fails(s)] for limit in FAIL_ON}
    assert table == {
        Severity.ERROR: [Severity.ERROR],
        Severity.WARNING: [Severity.ERROR, Severity.WARNING],
    }
    assert [severity for severity in Severity if DEFAULT.fails(severity)] == [Severity.ERROR]


# Who goes first

SAID = st.fixed_dictionaries(
    {},
    optional={
        "select": st.lists(st.sampled_from(["VOT", "CIT", ""]), max_size=2),
        "ignore": st.lists(st.sampled_from(["STR", "FLD", ""]), max_size=2),
        "fail-on": st.sampled_from(["error", "warning", ""]),
    },
)


@given(SAID, SAID, SAID)
def test_the_first_who_says_something_about_a_setting_is_followed(
    line: dict[str, Any], project: dict[str, Any], descriptor: dict[str, Any]
) -> None:
    sayings = {"command line": line, "pyproject.toml": project, DESCRIPTOR: descriptor}
    first, second, third = (make_settings(said, origin) for origin, said in sayings.items())
    settings = first.over(second).over(third)
    assert settings == first.over(second.over(third))
    for name in NAMES:
        origin = next((origin for origin, said in sayings.items() if name in said), None)
        alone = make_settings({name: sayings[origin][name]}, origin) if origin else DEFAULT
        field = name.replace("-", "_")
        assert getattr(settings, field) == getattr(alone, field)
        assert settings.origins.get(name) == origin


@given(SAID)
def test_settings_over_nothing_and_nothing_over_settings_change_nothing(said: dict[str, Any]) -> None:
    settings = make_settings(said, "here")
    assert settings.over(DEFAULT) == settings == DEFAULT.over(settings)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `hrdata validate` in this process and an empty folder; gives exit code and what it printed."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    kept = signal.getsignal(signal.SIGPIPE)

    def run_here(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["hrdata", "validate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code or 0, *capsys.readouterr())

    yield run_here
    signal.signal(signal.SIGPIPE, kept)


def pyproject(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def test_command_line_goes_before_pyproject_before_descriptor(run: Run, tmp_path: Path) -> None:
    stated: dict[str, Any] = {"hrdata:ignore": ["VOT"], "hrdata:failOn": "warning"}
    package = write_package(tmp_path / "p", WRONG_TALLY, **stated)
    code, out, _ = run(package)
    assert (code, f"  ignore VOT ({DESCRIPTOR})\n  fail-on warning ({DESCRIPTOR})\n" in out) == (0, True)
    pyproject(tmp_path, '[tool.hrdata]\nignore = ["CIT"]\n')
    code, out, _ = run(package)
    assert (code, f"  ignore CIT (pyproject.toml)\n  fail-on warning ({DESCRIPTOR})\n" in out) == (1, True)
    code, out, _ = run(package, "--ignore", "vot202", "--fail-on", "error")
    words = "  ignore VOT202 (command line)\n  fail-on error (command line)\n"
    assert (code, words in out) == (0, True)
    code, out, _ = run(package, "--ignore", "")
    assert (code, "  ignore" in out) == (1, False)
    code, out, _ = run(package, "--ignore", "VOT", "--fail-on", "")
    assert (code, "  fail-on error (command line)\n" in out) == (0, True)


def test_warnings_fail_when_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    package = write_package(tmp_path / "p", NO_SEATS)
    code, out, _ = run(package)
    assert (code, out.splitlines()[-2:]) == (0, [f"1 warning; {UNJUDGED}", "Valid: no errors."])
    code, out, _ = run(package, "--fail-on", "warning")
    assert (code, out.splitlines()[-1]) == (1, "Not valid: 1 warning.")
    package = write_package(tmp_path / "q", NO_SEATS | WRONG_TALLY)
    assert run(package, "--fail-on", "warning")[1].splitlines()[-1] == "Not valid: 2 errors, 1 warning."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--select", "VTO"], "command line: select: there is no check or family VTO; did you mean VOT"),
        (["--ignore", "\x1b[31m"], "command line: ignore: there is no check or family "),
        (["--fail-on", "info"], "command line: fail-on is info, but expected error or warning"),
    ],
)
def test_a_bad_option_is_wrong_usage(run: Run, tmp_path: Path, options: list[str], words: str) -> None:
    code, out, err = run(write_package(tmp_path / "p"), *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert "\x1b" not in err


# pyproject.toml


def test_the_nearest_pyproject_that_has_the_table_is_followed(tmp_path: Path) -> None:
    low = tmp_path / "a" / "b"
    low.mkdir(parents=True)
    assert settings_of_project(low) == DEFAULT
    pyproject(tmp_path, '[tool.hrdata]\nselect = ["vot", "CIT,WVR"]\nfail-on = "warning"\n')
    pyproject(tmp_path / "a", '[tool.other]\n[project]\nname = "x"\n')
    settings = settings_of_project(low)
    assert (settings.select, settings.ignore) == (("VOT", "CIT", "WVR"), None)
    assert settings.fail_on is Severity.WARNING
    assert set(settings.origins) == {"select", "fail-on"}
    pyproject(low, "[tool.hrdata]\n")
    assert settings_of_project(low) == DEFAULT


def test_a_text_is_a_list_of_one_in_pyproject_and_descriptor(run: Run, tmp_path: Path) -> None:
    stated: dict[str, Any] = {"hrdata:ignore": "vot202"}
    package = write_package(tmp_path / "p", WRONG_TALLY, **stated)
    code, out, _ = run(package)
    assert (code, f"  ignore VOT202 ({DESCRIPTOR})\n" in out) == (0, True)
    pyproject(tmp_path, '[tool.hrdata]\nignore = "CIT, VOT202"\n')
    code, out, _ = run(package)
    assert (code, "  ignore CIT, VOT202 (pyproject.toml)\n" in out) == (0, True)
    pyproject(tmp_path, '[tool.hrdata]\nignore = ""\n')
    assert run(package)[0] == 1


def test_a_circular_link_is_no_way_to_settings(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert settings_of_project(tmp_path / "loop" / "a") == DEFAULT


TOML = {
    "not TOML": (b"[tool.hrdata\n", "cannot be read as TOML: "),
    "not UTF-8": (b'[tool.hrdata]\nselect = ["\xff"]\n', "cannot be read as TOML: "),
    "UTF-16": ("[tool.hrdata]\n".encode("utf-16"), "cannot be read as TOML: "),
    "too deep": (b"a = " + b"[" * 100_000, "cannot be read as TOML: it is nested too deeply"),
    "no table": (b"[tool]\nhrdata = 5\n", "tool.hrdata is not a table, but expected [tool.hrdata]"),
    "a list of tables": (b"[[tool.hrdata]]\n", "tool.hrdata is not a table, but expected [tool.hrdata]"),
    "a strange setting": (
        b"[tool.hrdata]\nfail_on = 'error'\n",
        "[tool.hrdata] has no setting fail_on; there is select, ignore and fail-on",
    ),
    "a number for a list": (b"[tool.hrdata]\nselect = 208\n", "select is not a list of names"),
    "no such check in a text": (
        b'[tool.hrdata]\nselect = "VOT208,VOT999"\n',
        "select: there is no check or family VOT999",
    ),
    "a number": (b"[tool.hrdata]\nfail-on = 1\n", "fail-on is 1, but expected error or warning"),
    "no such check": (b'[tool.hrdata]\nignore = ["VOT999"]\n', "ignore: there is no check or family VOT999"),
}


@pytest.mark.parametrize("name", TOML)
def test_what_pyproject_cannot_mean_is_wrong_usage(run: Run, tmp_path: Path, name: str) -> None:
    data, words = TOML[name]
    (tmp_path / "pyproject.toml").write_bytes(data)
    code, out, err = run(write_package(tmp_path / "p"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pyproject.toml" in err
    assert words in err


@pytest.mark.parametrize("text", ["tool = 5\n", "[tool]\n", "", "[[tool]]\n", "[tool.other]\n"], ids=repr)
def test_a_pyproject_that_says_nothing_about_hrdata_is_passed_by(tmp_path: Path, text: str) -> None:
    pyproject(tmp_path, text)
    assert settings_of_project(tmp_path) == DEFAULT


# The descriptor

BAD = {
    "hrdata:select": (["VOT999"], "there is no check or family VOT999; did you mean "),
    "hrdata:ignore": ({"VOT": 1}, "is not a list of names, but expected one such as "),
    "hrdata:fail-on": ("error", "is no setting; there is hrdata:select, hrdata:ignore and hrdata:failOn"),
    "hrdata:": (None, "is no setting; there is "),
    "hrdata:failOn": ("info", "is info, but expected error or warning"),
}


@pytest.mark.parametrize("key", BAD)
def test_a_bad_setting_of_the_descriptor_is_a_finding_and_not_followed(tmp_path: Path, key: str) -> None:
    value, words = BAD[key]
    changes: dict[str, Any] = {key: value}
    report = validate_package(write_package(tmp_path, **changes))
    [finding] = report.findings
    assert (finding.check, finding.file, report.valid) == ("PKG116", DESCRIPTOR, False)
    assert finding.message.startswith(f"{key}: {words}")
    assert report.settings == DEFAULT


def test_the_good_settings_beside_a_bad_one_are_followed() -> None:
    said = {"hrdata:select": ["CIT"], "hrdata:ignore": [5], "hrdata:failOn": "warning", "hrdata:else": 1}
    settings, faults = settings_of_descriptor(said, DESCRIPTOR)
    assert (settings.select, settings.ignore, settings.fail_on) == (("CIT",), None, Severity.WARNING)
    assert [fault["name"] for fault in faults] == ["hrdata:else", "hrdata:ignore"]
    for passed_by in ({"hrdata:select": None}, {"hrdata": 1, "HRDATA:select": 1, "other:select": 1}):
        assert settings_of_descriptor(passed_by, DESCRIPTOR) == (DEFAULT, [])


def test_a_bad_setting_is_found_whatever_is_selected(tmp_path: Path) -> None:
    stated: dict[str, Any] = {"hrdata:select": ["CIT"], "hrdata:failOn": "warn"}
    package = write_package(tmp_path, **stated)
    assert [finding.check for finding in validate_package(package).findings] == ["PKG116"]


# What is said of a selection


def test_the_report_says_what_was_selected(tmp_path: Path) -> None:
    settings = make_settings({"select": ["vot,CIT"], "ignore": ["VOT208"], "fail-on": "warning"}, "here")
    text = render(validate_package(write_package(tmp_path), settings=settings))
    assert "  select VOT, CIT (here)\n  ignore VOT208 (here)\n  fail-on warning (here)\n" in text
    assert text.endswith("\nValid: no errors or warnings.\n")
    assert "select" not in render(validate_package(tmp_path))


def listed(stated: dict[str, Any]) -> dict[str, Any]:
    """What a descriptor says of the votes."""
    found: dict[str, Any] = next(one for one in stated["resources"] if one["name"] == "votes")
    return found


def list_again(stated: dict[str, Any]) -> None:
    stated["resources"].insert(0, listed(stated) | {"path": "data/ballots.csv"})


def rename_all(stated: dict[str, Any]) -> None:
    stated["resources"] = [{"name": f"{one['name']}-x", "path": one["path"]} for one in stated["resources"]]


FILES: dict[str, Callable[[bytes], bytes]] = {
    "not UTF-8": lambda data: data.replace(b"Human", b"\xff"),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "empty": lambda _: b"",
    "semicolons": lambda data: data.replace(b",", b";"),
    "no column yes": lambda data: data.replace(b",yes,", b",aye,", 1),
}
STATED: dict[str, Callable[[dict[str, Any]], object]] = {
    "gone": lambda stated: listed(stated).update(path="data/gone.csv"),
    "a folder": lambda stated: listed(stated).update(path="data"),
    "on the network": lambda stated: listed(stated).update(path="https://example.org/votes.csv"),
    "outside": lambda stated: listed(stated).update(path="../votes.csv"),
    "without a path": lambda stated: listed(stated).pop("path"),
    "listed twice": list_again,
    "under other names": rename_all,
}
TEXTS = {"no JSON": "{", "no object": "[]", "too deep": "[" * 100_000}


def broken(folder: Path, name: str) -> Path:
    """A package whose votes nobody can look at."""
    package, votes = write_package(folder), folder / "data" / "votes.csv"
    stated = describe(GOOD)
    votes.write_bytes(FILES.get(name, bytes)(votes.read_bytes()))
    STATED.get(name, len)(stated)
    (package / DESCRIPTOR).write_text(TEXTS.get(name, json.dumps(stated)), encoding="utf-8")
    return package


@pytest.mark.parametrize("name", [*FILES, *STATED, *TEXTS])
def test_a_file_that_nobody_could_read_is_no_clean_pass_of_a_selection(tmp_path: Path, name: str) -> None:
    report = validate_package(broken(tmp_path, name), settings=select("VOT"))
    skipped = [result for result in report.results if result.status is Status.SKIPPED]
    assert {result.check.family for result in skipped} >= {"VOT"}
    assert not report.valid
    assert {finding.check for finding in report.findings} <= UNREAD
    assert "could not judge everything." in render(report)


def test_what_cannot_be_read_can_be_ignored_by_name_and_the_report_says_so(tmp_path: Path) -> None:
    package = broken(tmp_path, "not UTF-8")
    settings = make_settings({"select": ["VOT"], "ignore": ["STR101"]}, "here")
    report = validate_package(package, settings=settings)
    assert report.valid
    text = render(report)
    assert "  ignore STR101 (here)\n" in text
    assert "skipped  data/votes.csv could not be read: VOT201" in text


def test_every_check_that_is_always_made_is_there() -> None:
    assert set(CHECKS) >= UNREAD


def test_a_table_that_is_not_listed_is_no_fault_of_a_selection(tmp_path: Path) -> None:
    tables = {"states": GOOD["states"]}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "states.csv").write_bytes(as_csv("states", GOOD["states"]))
    (tmp_path / DESCRIPTOR).write_text(json.dumps(describe(tables)), encoding="utf-8")
    report: Report = validate_package(read_package(tmp_path), settings=select("VOT"))
    assert report.valid
    assert os.listdir(tmp_path / "data") == ["states.csv"]
