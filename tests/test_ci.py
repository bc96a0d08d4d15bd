"""The way of a maintainer: a scaffolded repository, a commit that moves old faults, one that breaks a tally.

Every format tells the two apart, at the right line, as read by a reader that is not ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import html5lib
import junitparser
import pyte
import pytest
from markdown_it import MarkdownIt
from sarif.loader import load_sarif_file

from hrdata.package import bundled_package
from hrdata.report import ReportFormat

OLD, MOVED_TO, NEW = "unga-60-173", 3, 5
"""The vote with an old fault, the line that it is moved to, and the line of the vote that breaks."""

AUTHOR = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")


def git(*arguments: str, folder: Path) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)


def hrdata(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        [sys.executable, "-m", "hrdata.cli", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def canonical(table: str, *keys: str) -> list[str]:
    """Rows of the package that comes with hrdata, as lines."""
    lines = (bundled_package() / f"data/{table}.csv").read_text("utf-8").splitlines()
    return [next(line for line in lines if line.startswith(f"{key},")) for key in keys]


def add_rows(file: Path, *rows: str) -> None:
    header, *lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([header, *sorted([*lines, *rows])]) + "\n", "utf-8")


@dataclass(frozen=True)
class Validated:
    """What `hrdata validate --since HEAD~1` wrote, in every format, and how it ended."""

    code: int
    screen: str
    files: dict[str, Path]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that `hrdata init` made, with three votes, the first of which has a total too many."""
    here = tmp_path_factory.mktemp("ci")
    made = hrdata("init", "my-votes", "--table", "votes", "--table", "ballots", folder=here)
    assert made.returncode == 0, made.stderr
    data = here / "my-votes/datapackage/data"
    first, *others = canonical("votes", OLD, "unga-61-174", "unga-62-167")
    assert ",88,21,60,22," in first
    add_rows(data / "votes.csv", first.replace(",88,21,60,22,", ",89,21,60,22,"), *others)
    add_rows(data / "sources.csv", *canonical("sources", "un-digital-library"))
    add_rows(data / "citations.csv", "votes,*,*,un-digital-library,roll calls,")
    git("init", "-q", folder=here / "my-votes")
    git("add", "-A", folder=here / "my-votes")
    git("commit", "-qm", "three votes", folder=here / "my-votes")
    return here / "my-votes"


def validated(folder: Path) -> Validated:
    files = {
        format.value: folder.parent / f"{len(list(folder.parent.iterdir()))}.{format}"
        for format in ReportFormat
    }
    ended = hrdata(
        "validate",
        "--since",
        "HEAD~1",
        *(f"--output={name}:{file}" for name, file in files.items()),
        folder=folder,
    )
    assert not ended.stderr
    return Validated(ended.returncode, ended.stdout, files)


@pytest.fixture(scope="module")
def moved(repository: Path) -> Validated:
    """After a commit that renames the file and moves the faulty row by a line."""
    git("mv", "datapackage/data/votes.csv", "datapackage/data/roll-calls.csv", folder=repository)
    descriptor = repository / "datapackage/datapackage.json"
    descriptor.write_text(descriptor.read_text("utf-8").replace("votes.csv", "roll-calls.csv"), "utf-8")
    add_rows(repository / "datapackage/data/roll-calls.csv", *canonical("votes", "unga-41-128"))
    git("commit", "-qam", "one more vote, another name for the file", folder=repository)
    return validated(repository)


@pytest.fixture(scope="module")
def broken(moved: Validated, repository: Path) -> Validated:
    """After one more commit, which breaks the tally of another vote."""
    assert not moved.code
    votes = repository / "datapackage/data/roll-calls.csv"
    text = votes.read_text("utf-8")
    assert ",101,22,59,10," in text
    votes.write_text(text.replace(",101,22,59,10,", ",102,22,59,10,"), "utf-8")
    git("commit", "-qam", "a slip of the finger", folder=repository)
    return validated(repository)


Places = list[tuple[int, bool]]
"""Line and whether it is new, of each finding of VOT201 in the file of the votes."""

FILE = "data/roll-calls.csv"


def read_text(validated: Validated) -> Places:
    screen = pyte.Screen(200, 200)
    pyte.Stream(screen).feed(validated.screen.replace("\n", "\r\n"))
    lines = [line.rstrip() for line in screen.display]
    starts = [index for index, line in enumerate(lines) if line.startswith("Old findings")]
    new_from = next((index for index, line in enumerate(lines) if line == "Findings"), len(lines))
    found = [
        (index, int(match[1]))
        for index, line in enumerate(lines)
        if (match := re.match(rf"    {FILE}:(\d+):\d+  unga", line))
    ]
    assert all(starts and index > starts[0] for index, _ in found)
    return [(line, index > new_from) for index, line in found]


def read_json(validated: Validated) -> Places:
    report = json.loads(validated.files["json"].read_text("ascii"))
    assert report["valid"] is (validated.code == 0)
    found = [finding for finding in report["findings"] if finding["check"] == "VOT201"]
    assert {finding["file"] for finding in found} == {FILE}
    return [(finding["line"], not finding["old"]) for finding in found]


def read_github(validated: Validated) -> Places:
    """As GitHub documents it: `::error file=..,line=..::message`; what is old is not annotated."""
    text = validated.files["github"].read_text("utf-8")
    new = [
        int(n) for n in re.findall(rf"^::error .*\bfile=datapackage/{FILE},line=(\d+),", text, re.MULTILINE)
    ]
    listed = {int(n) for n in re.findall(rf"{FILE}:(\d+)\b", text)}
    return [(line, False) for line in sorted(listed - set(new))] + [(line, True) for line in new]


def read_sarif(validated: Validated) -> Places:
    read = load_sarif_file(str(validated.files["sarif"]))
    places = []
    for result in (result for result in read.get_results() if result["ruleId"] == "VOT201"):
        where = result["locations"][0]["physicalLocation"]
        assert where["artifactLocation"]["uri"] == f"datapackage/{FILE}"
        places.append((where["region"]["startLine"], result["baselineState"] == "new"))
    return places


def read_junit(validated: Validated) -> Places:
    places = []
    for suite in junitparser.JUnitXml.fromfile(str(validated.files["junit"])):
        for case in suite:
            failures = " ".join(f"{result.text}" for result in case.result)
            new = [(int(line), True) for line in re.findall(rf"{FILE}:(\d+)", failures)]
            old = [(int(line), False) for line in re.findall(rf"{FILE}:(\d+)", case.system_out or "")]
            places += [*old, *new]
    return places


def texts_of(page: str) -> list[str]:
    """The texts of a page, in order."""
    tree = html5lib.HTMLParser(strict=True).parse(page)
    return [text for text in tree.itertext() if text.strip()]


def in_sections(texts: list[str]) -> Places:
    """The findings in a list of texts, those after the title of old findings being old."""
    places: Places = []
    is_old = False
    for text in texts:
        if re.fullmatch("(Old f|F)indings.*", text):
            is_old = text.startswith("Old")
        places += [(int(line), not is_old) for line in re.findall(rf"{FILE}:(\d+)", text)]
    return sorted(set(places), key=lambda place: place[1])


def read_html(validated: Validated) -> Places:
    return in_sections(texts_of(validated.files["html"].read_text("utf-8")))


def read_markdown(validated: Validated) -> Places:
    page = MarkdownIt("gfm-like").render(validated.files["markdown"].read_text("utf-8"))
    return in_sections(texts_of(f"<!doctype html><title>x</title>{page}"))


READERS: dict[str, Callable[[Validated], Places]] = {
    "text": read_text,
    "json": read_json,
    "github": read_github,
    "sarif": read_sarif,
    "junit": read_junit,
    "markdown": read_markdown,
    "html": read_html,
}


def test_every_format_has_a_reader_that_is_not_ours() -> None:
    assert set(READERS) == set(ReportFormat)


@pytest.mark.parametrize("format", READERS)
def test_a_commit_that_moves_old_faults_passes(moved: Validated, format: str) -> None:
    assert moved.code == 0
    assert READERS[format](moved) == [(MOVED_TO, False)]


@pytest.mark.parametrize("format", READERS)
def test_a_commit_that_breaks_a_tally_fails_at_its_line(broken: Validated, format: str) -> None:
    assert broken.code == 1
    assert sorted(READERS[format](broken)) == [(MOVED_TO, False), (NEW, True)]
