"""Packages at a git revision: what the commit has, as a checkout would write it, and nothing else touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

import hrdata
from hrdata.errors import EnvironmentFault
from hrdata.git import ask_git, find_repository, open_revision
from hrdata.package import read_package
from hrdata.places import DESCRIPTOR
from hrdata.validate import validate_package
from test_package import GOOD, write_package

GIT = shutil.which("git") or "git"
IDENTITY = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "Test"), ("EMAIL", "test@example.org"), ("DATE", "2026-01-01T00:00:00Z"))
}
SETTINGS = ("-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-c", "core.autocrlf=false")


class Repository:
    """A repository of a test; `commit` takes everything that stands in its folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        if not (folder / ".git").exists():
            self.git("init", "-q")

    def git(self, *arguments: str) -> str:
        command = [GIT, "-C", str(self.folder), *SETTINGS, *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | IDENTITY
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A commit", "--no-verify")
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the person who runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Three versions of a package in a subfolder, and one of another at the top of the repository."""
    repository = Repository(tmp_path_factory.mktemp("history") / "a räpo with spaces")
    data = repository.folder / "datapackage"
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        write_package(data, version=version)
        if version == "3.0.0":
            write_package(repository.folder, name="top")
            write_package(repository.folder / "üben & mehr" / "pack äge", name="odd")
        repository.commit()
        repository.git("tag", "-a", f"v{version[0]}", "-m", "A tag")
    write_package(data, version="staged")
    repository.git("add", "-A")
    write_package(data, version="unstaged")
    (repository.folder / "sub" / "deep").mkdir(parents=True)
    return repository


@pytest.fixture
def here(history: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(history.folder)
    return history.folder


def version(place: str) -> str:
    return read_package(place).version


# Which package of which revision


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("HEAD", "3.0.0"),
        ("@", "3.0.0"),
        ("main", "3.0.0"),
        ("HEAD~1", "2.0.0"),
        ("HEAD~2", "1.0.0"),
        ("v1", "1.0.0"),
        ("v2^{commit}", "2.0.0"),
        ("refs/tags/v2", "2.0.0"),
    ],
)
def test_a_revision_has_what_was_committed_then(revision: str, expected: str) -> None:
    assert version(f"git:{revision}") == expected
    assert version(f"git:{revision}:datapackage") == expected


@pytest.mark.usefixtures("here")
def test_a_short_hash_is_a_revision(history: Repository) -> None:
    assert version(f"git:{history.git('rev-parse', '--short', 'v2')}") == "2.0.0"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "path", ["datapackage", "datapackage/", f"datapackage/{DESCRIPTOR}", "./datapackage"]
)
def test_a_path_is_a_folder_or_a_descriptor(path: str) -> None:
    package = read_package(f"git:v2:{path}")
    assert (package.version, set(package.tables), len(package.findings)) == ("2.0.0", set(GOOD), 0)
    assert validate_package(package).valid


def test_a_path_starts_at_the_top_and_with_a_dot_from_here(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "sub")
    assert version("git:v2:datapackage") == "2.0.0"
    assert version("git:v2:../datapackage") == "2.0.0"
    assert validate_package(read_package("git:v2:../sub/../datapackage")).valid
    with pytest.raises(EnvironmentFault, match=r"there is no datapackage\.json"):
        read_package("git:v2:./datapackage")
    with pytest.raises(EnvironmentFault, match=r"there is no datapackage\.json"):
        read_package("git:v2:../../datapackage")


def test_without_a_path_it_is_the_package_that_is_the_default_here(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "üben & mehr")
    with pytest.raises(EnvironmentFault, match=r"there is no datapackage\.json"):
        read_package("git:v3")
    monkeypatch.chdir("pack äge")
    assert read_package("git:v3").name == "odd"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("path", [".", DESCRIPTOR, f"./{DESCRIPTOR}", "sub/.."])
def test_a_package_can_stand_at_the_top_of_the_repository(path: str) -> None:
    package = read_package(f"git:HEAD:{path}")
    assert (package.name, set(package.tables), len(package.findings)) == ("top", set(GOOD), 0)


@pytest.mark.usefixtures("here")
def test_a_name_may_hold_spaces_and_any_letters() -> None:
    package = read_package("git:HEAD:üben & mehr/pack äge")
    assert (package.name, set(package.tables), len(package.findings)) == ("odd", set(GOOD), 0)


ABSENT = [
    "nowhere",
    "HEAD~9",
    "-x",
    "--help",
    "--all",
    "--git-dir",
    "0" * 40,
    "",
    "^HEAD",
    "HEAD..HEAD",
    "v1 v2",
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("revision", ABSENT)
def test_a_revision_that_is_not_there_is_named_with_what_to_do(revision: str) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        read_package(f"git:{revision}:datapackage")
    told = f"there is no revision {revision or 'of that name'} here; "
    assert str(fault.value).endswith(f": {told}name a commit, branch or tag that git log shows")


@pytest.mark.usefixtures("here")
def test_a_hash_of_something_else_is_no_revision(history: Repository) -> None:
    blob = history.git("rev-parse", f"HEAD:{DESCRIPTOR}")
    with pytest.raises(EnvironmentFault, match="there is no revision"):
        read_package(f"git:{blob}")


def test_outside_of_a_repository_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(EnvironmentFault, match=r"not a git repository.*; call hrdata within the repository$"):
        read_package("git:HEAD")


def test_a_revision_without_a_package_there_says_how_to_name_its_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "datapackage" / "data")
    with pytest.raises(EnvironmentFault, match=r"; name its folder, as in git:HEAD:datapackage$"):
        read_package("git:HEAD")


@pytest.mark.usefixtures("here")
def test_a_revision_can_be_loaded() -> None:
    assert hrdata.load("git:HEAD:datapackage").version == version("git:HEAD:datapackage")


def test_a_lack_of_git_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFault, match="git is not installed"):
        read_package("git:HEAD")
    (tmp_path / "git").mkdir()
    with pytest.raises(EnvironmentFault, match="git "):
        read_package("git:HEAD")
    (tmp_path / "git").rmdir()
    (tmp_path / "git").write_text("no program", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(EnvironmentFault, match="git cannot be run: exec format error"):
        read_package("git:HEAD")


@pytest.mark.usefixtures("here")
def test_a_complaint_of_git_cannot_command_a_terminal(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        ask_git(tmp_path, "cat-file", "blob", "\x1b[31mred")
    assert "\x1b" not in str(fault.value)


def test_a_shallow_clone_has_the_last_revision_only(
    history: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.git("clone", "-q", "--depth=1", f"file://{history.folder}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert version("git:HEAD") == "3.0.0"
    told = "there is no revision HEAD~1 here; fetch it: this clone is shallow and has the last ones only"
    with pytest.raises(EnvironmentFault, match=f"{told} \\(git fetch --unshallow, or fetch-depth: 0 of"):
        read_package("git:HEAD~1")
    subprocess.run([GIT, "fetch", "-q", "--unshallow"], check=True)
    assert version("git:HEAD~1") == "2.0.0"
    with pytest.raises(EnvironmentFault, match="there is no revision HEAD~9 here; name a commit, branch"):
        read_package("git:HEAD~9")


def test_a_second_work_tree_is_a_repository_as_well(
    history: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "v1")
    monkeypatch.chdir(tmp_path / "tree")
    assert (version("git:HEAD"), version("git:main")) == ("1.0.0", "3.0.0")
    assert find_repository(Path("datapackage")) == (tmp_path / "tree", "datapackage")


def test_a_repository_knows_where_a_folder_stands_in_it(history: Repository) -> None:
    folder = history.folder / "üben & mehr" / "pack äge"
    assert find_repository(folder) == (history.folder, "üben & mehr/pack äge")
    assert find_repository(history.folder) == (history.folder, "")
    place = open_revision(folder, "v3", "üben & mehr/pack äge", "label")
    assert (place.base, place.label) == (str(folder), "label")


# What is not touched, and what leads astray


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    """When each file was written, and what it holds, those of git included."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def test_index_and_work_tree_are_neither_read_nor_touched(history: Repository, here: Path) -> None:
    os.utime(here / "datapackage" / DESCRIPTOR)  # the index would be refreshed
    before = state_of(here)
    assert [version(f"git:{revision}") for revision in ("HEAD", "v1")] == ["3.0.0", "1.0.0"]
    assert validate_package("git:HEAD").valid
    assert state_of(here) == before
    assert history.git("diff", "--name-only", "--cached") == f"datapackage/{DESCRIPTOR}"
    assert version("datapackage") == "unstaged"


def test_what_git_sets_for_its_hooks_leads_nowhere_else(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    write_package(other.folder / "datapackage", version="9.9.9")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git" / "index"))
    monkeypatch.setenv("GIT_PREFIX", "datapackage/")
    assert version("git:HEAD") == "3.0.0"
    assert find_repository(Path()) == (here, "")


def test_a_hook_sees_the_commit_that_is_being_made(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    staged = ("diff", "--cached", "--name-only", "HEAD")
    assert ask_git(here, *staged).decode().split() == [f"datapackage/{DESCRIPTOR}"]
    assert len(ask_git(here, *staged, in_hook=True).decode().splitlines()) > 10


# Links, submodules, modes

Change = Callable[[Path, Path], None]


def link(target: str) -> Change:
    def change(votes: Path, package: Path) -> None:
        votes.rename(package / "real.csv")
        votes.symlink_to(target)

    return change


def behind_a_folder(target: str) -> Change:
    """The data of the package is a link to a folder."""

    def change(_: Path, package: Path) -> None:
        (package / "data").rename(package / "really")
        (package / "data").symlink_to(target)

    return change


def outside_of(votes: Path, package: Path) -> None:
    votes.rename(package.parent / "outside.csv")
    votes.symlink_to("../../outside.csv")


def through_two(votes: Path, package: Path) -> None:
    """Not what the text of the paths would suggest: the link is followed before the dots."""
    (package / "a" / "b").mkdir(parents=True)
    votes.rename(package / "a" / "votes.csv")
    (package / "data" / "deep").symlink_to("../a/b")
    (package / "data" / "more.csv").symlink_to("deep/../votes.csv")
    votes.symlink_to("more.csv")


def in_place(votes: Path, _: Path) -> None:
    votes.unlink()
    votes.mkdir()
    (votes / "x.csv").write_bytes(b"x\n")


def executable(votes: Path, _: Path) -> None:
    votes.chmod(0o755)


LINKS: dict[str, tuple[Change, set[str]]] = {
    "to a file beside it": (link("../real.csv"), set()),
    "by way of its own folder": (link(".././data/../real.csv"), set()),
    "to a folder": (behind_a_folder("really"), set()),
    "through two, and back": (through_two, set()),
    "to a name with dots in front": (link("../..real.csv"), {"PKG106"}),
    "dangling": (link("../nowhere.csv"), {"PKG106"}),
    "out of the package": (outside_of, {"PKG107"}),
    "to a folder out of the repository": (behind_a_folder("../../.."), {"PKG107"}),
    "absolute": (link("/etc/hostname"), {"PKG107"}),
    "in a circle": (link("votes.csv"), {"PKG107"}),
    "a folder in its place": (in_place, {"PKG111"}),
    "executable": (executable, set()),
}


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository(tmp_path_factory.mktemp("links") / "r")
    for number, (change, _) in enumerate(LINKS.values()):
        package = write_package(repository.folder / f"p{number}")
        change(package / "data" / "votes.csv", package)
    (repository.folder / "alias").symlink_to("p0")
    repository.commit()
    return repository


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_followed_like_on_disk(
    linked: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = f"p{list(LINKS).index(name)}"
    monkeypatch.chdir(linked.folder)
    on_disk, at_revision = read_package(folder), read_package(f"git:HEAD:{folder}")
    assert {finding.check for finding in at_revision.findings} == LINKS[name][1]
    assert [f.message for f in at_revision.findings] == [f.message for f in on_disk.findings]
    assert at_revision.tables.keys() == on_disk.tables.keys()
    assert ("votes" in at_revision.tables) == (not LINKS[name][1])


def test_the_folder_of_a_package_may_be_a_link(linked: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(linked.folder)
    assert read_package("git:HEAD:alias").findings == []


def test_a_file_of_a_submodule_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner, outer = Repository(tmp_path / "inner"), Repository(tmp_path / "outer")
    write_package(inner.folder)
    inner.commit()
    package = write_package(outer.folder / "datapackage")
    shutil.rmtree(package / "data")
    outer.git("submodule", "--quiet", "add", str(inner.folder), "datapackage/data")
    outer.commit()
    monkeypatch.chdir(outer.folder)
    assert {finding.check for finding in read_package("git:HEAD").findings} == {"PKG106"}
    monkeypatch.chdir(package / "data")
    assert read_package("git:HEAD:.").findings == []  # a repository of its own


# What a checkout would write


@pytest.fixture
def converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository(tmp_path / "converted")
    write_package(repository.folder / "datapackage")
    monkeypatch.chdir(repository.folder)
    return repository


def ends(place: str) -> set[str]:
    """The files whose lines end with CR LF."""
    found = [finding for finding in read_package(place).findings if finding.check == "STR106"]
    return {Path(finding.file).stem for finding in found}


def test_line_ends_are_those_of_a_checkout(converted: Repository) -> None:
    converted.commit()
    (converted.folder / "datapackage" / ".gitattributes").write_bytes(
        b"*.csv text eol=crlf\nvotes.csv -text\n"
    )
    converted.commit()
    assert ends("git:HEAD") == GOOD.keys() - {"votes"}


def test_attributes_are_those_of_the_commit(converted: Repository) -> None:
    attributes = converted.folder / ".gitattributes"
    converted.commit()
    attributes.write_bytes(b"*.csv text eol=crlf\n")
    assert ends("git:HEAD") == set()
    converted.commit()
    attributes.unlink()
    assert ends("git:HEAD") == set(GOOD)
    assert ends("git:HEAD~1") == set()


def test_conversion_that_is_set_for_the_repository_is_done(converted: Repository) -> None:
    converted.commit()
    assert ends("git:HEAD") == set()
    converted.git("config", "core.autocrlf", "true")
    assert ends("git:HEAD") == set(GOOD)


def test_any_bytes_come_as_they_are(converted: Repository) -> None:
    data = uuid.UUID(int=255).bytes + bytes(range(256)) + b"\r\n\n\r"
    (converted.folder / "datapackage" / "blob").write_bytes(data)
    converted.commit()
    assert open_revision(Path(), "HEAD", "datapackage", "").read("blob") == data
    with pytest.raises(FileNotFoundError):
        open_revision(Path(), "HEAD", "datapackage", "").read("bloc")
