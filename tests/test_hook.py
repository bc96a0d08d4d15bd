"""A commit is judged by what it would make of the packages it touches: the command, and pre-commit itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hrdata import cli
from hrdata.errors import EnvironmentFault
from hrdata.hook import COMPARED, find_packages
from hrdata.places import DESCRIPTOR
from test_package import write_package

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"

SOUND, BROKEN = "adopted,2,1,", "adopted,3,1,"
FINDING = "data/votes.csv:2:93  unga-61-174: the total of yes is 3, but the ballots list 2"
"""What `BROKEN` is told; the tally is on the second line, yes from its 93rd character."""

NAME = {"NAME": "A Person", "EMAIL": "person@example.org"}
OWN_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in NAME.items()},
}


@pytest.fixture(autouse=True, scope="module")
def _git_as_on_a_new_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "PRE_COMMIT"))]:
            patch.delenv(name)
        for name, value in OWN_SETTINGS.items():
            patch.setenv(name, value)
        yield


@dataclass(frozen=True)
class Ended:
    code: int | str | None
    out: str
    err: str = ""


@dataclass(frozen=True)
class Repository:
    """A git repository with packages in it."""

    top: Path

    def git(self, *arguments: str) -> str:
        call = ["git", "-C", str(self.top), *arguments]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout

    def try_git(self, *arguments: str) -> Ended:
        call = ["git", "-C", str(self.top), *arguments]
        ran = subprocess.run(call, capture_output=True, text=True, check=False)
        return Ended(ran.returncode, ran.stdout + ran.stderr)

    def replace(self, old: str, new: str, package: str = "datapackage") -> None:
        file = self.top / package / "data/votes.csv"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def break_tally(self, package: str = "datapackage") -> None:
        self.replace(SOUND, BROKEN, package)

    def mend_tally(self, package: str = "datapackage") -> None:
        self.replace(BROKEN, SOUND, package)

    def staged(self) -> list[str]:
        """The files that pre-commit names: those that are added or changed."""
        return self.git("diff", "--staged", "--name-only", "--diff-filter=ACMRTUXB", "-z").split("\0")[:-1]

    def head(self) -> str:
        return self.git("log", "--format=%s", "-1").strip()


def make_repository(top: Path, *packages: str) -> Repository:
    for package in packages:
        write_package(top / package)
    (top / "README.md").write_text("# Data\n", "utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main", str(top)], check=True)
    repository = Repository(top)
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "first")
    return repository


# The command


Hook = Callable[..., Ended]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Hook]:
    """Runs `hrdata hook` in this process, as pre-commit would for what is staged in a repository."""
    kept = signal.getsignal(signal.SIGPIPE)

    def run(repository: Repository, *files: str, named: bool = True) -> Ended:
        monkeypatch.chdir(repository.top)
        entry = yaml.safe_load(MANIFEST.read_text("utf-8"))[0]["entry"].split()
        monkeypatch.setattr(sys, "argv", [*entry, *(files or repository.staged())] if named else entry)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ended(ended.value.code or 0, out, err)

    yield run
    signal.signal(signal.SIGPIPE, kept)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository", "datapackage")


@pytest.fixture
def two(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "two", "one", "other")


def test_a_broken_tally_is_shown_with_file_and_line(repository: Repository, hook: Hook) -> None:
    repository.break_tally()
    repository.git("add", ".")
    ended = hook(repository)
    assert (ended.code, ended.err) == (1, "")
    assert FINDING in ended.out
    assert "in datapackage\n" in ended.out


def test_a_sound_change_passes_with_one_line(repository: Repository, hook: Hook) -> None:
    repository.replace("Human rights", "Human duties")
    repository.git("add", ".")
    ended = hook(repository)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("datapackage: Valid")
    assert ended.out.count("\n") == 1


def test_what_touches_no_package_passes_even_beside_a_broken_one(repository: Repository, hook: Hook) -> None:
    repository.break_tally()
    repository.git("commit", "-q", "-a", "-m", "broken")
    (repository.top / "README.md").write_text("# My data\n", "utf-8")
    repository.git("add", ".")
    assert repository.staged() == ["README.md"]
    assert hook(repository) == Ended(0, "", "")


def test_nothing_staged_passes(repository: Repository, hook: Hook) -> None:
    assert hook(repository) == Ended(0, "", "")


def test_without_files_all_that_is_staged_is_judged(two: Repository, hook: Hook) -> None:
    assert hook(two, named=False) == Ended(0, "", "")
    two.break_tally("one")
    two.replace("Human rights", "Human duties", "other")
    assert hook(two, named=False) == Ended(0, "", ""), "nothing is staged yet"
    two.git("add", "other")
    ended = hook(two, named=False)
    assert (ended.code, ended.out.startswith("other: Valid"), ended.out.count("\n")) == (0, True, 1)
    two.git("add", "one")
    ended = hook(two, named=False)
    assert ended.code == 1
    assert FINDING in ended.out
    assert "other: Valid" in ended.out


def test_with_files_only_these_and_the_deleted_ones_are_looked_for(two: Repository, hook: Hook) -> None:
    two.break_tally("one")
    (two.top / "new.md").write_text("x", "utf-8")
    two.git("add", ".")
    assert hook(two, "new.md") == Ended(0, "", "")
    two.git("rm", "-q", "other/data/ballots.csv")
    ended = hook(two, "new.md")
    assert (ended.code, "in other\n" in ended.out, "in one\n" in ended.out) == (1, True, False)


@pytest.mark.parametrize("gone", ["data/ballots.csv", "data/states.csv"])
def test_a_deletion_alone_is_judged(repository: Repository, hook: Hook, gone: str) -> None:
    repository.git("rm", "-q", f"datapackage/{gone}")
    assert repository.staged() == []
    ended = hook(repository)
    assert ended.code == 1
    assert gone in ended.out


def test_a_file_moved_out_of_a_package_is_missed_there(two: Repository, hook: Hook) -> None:
    two.git("mv", "one/data/ballots.csv", "ballots.csv")
    ended = hook(two)
    assert ended.code == 1
    assert "in one\n" in ended.out
    assert "other" not in ended.out


def test_a_file_moved_between_packages_touches_both(two: Repository, hook: Hook) -> None:
    two.git("rm", "-q", "other/data/ballots.csv")
    two.git("commit", "-q", "-m", "none there")
    two.git("mv", "one/data/ballots.csv", "other/data/ballots.csv")
    ended = hook(two)
    assert ended.code == 1
    assert "in one\n" in ended.out
    assert "other: Valid" in ended.out


def test_a_package_that_is_deleted_as_a_whole_is_not_missed(two: Repository, hook: Hook) -> None:
    two.git("rm", "-q", "-r", "other")
    assert hook(two) == Ended(0, "", "")


def test_only_the_package_that_is_touched_is_validated(two: Repository, hook: Hook) -> None:
    two.break_tally("other")
    two.git("commit", "-q", "-a", "-m", "broken")
    two.replace("Human rights", "Human duties", "one")
    two.git("add", ".")
    ended = hook(two)
    assert ended.code == 0
    assert "one: Valid" in ended.out
    assert "other" not in ended.out


def test_one_bad_package_fails_all_and_the_other_is_judged_all_the_same(two: Repository, hook: Hook) -> None:
    two.break_tally("one")
    two.replace("Human rights", "Human duties", "other")
    two.git("add", ".")
    ended = hook(two)
    assert ended.code == 1
    assert FINDING in ended.out
    assert "other: Valid" in ended.out


def test_a_package_at_the_top_is_judged(tmp_path: Path, hook: Hook) -> None:
    repository = make_repository(tmp_path / "top", ".")
    repository.break_tally(".")
    repository.git("add", ".")
    ended = hook(repository)
    assert ended.code == 1
    assert FINDING in ended.out


def test_the_first_commit_is_judged(tmp_path: Path, hook: Hook) -> None:
    repository = make_repository(tmp_path / "new", "datapackage")
    repository.git("update-ref", "-d", "HEAD")
    assert f"datapackage/{DESCRIPTOR}" in repository.staged()
    assert hook(repository).code == 0


@pytest.mark.parametrize(
    ("setting", "code", "word"),
    [
        ('ignore = ["VOT202"]', 0, "Valid"),
        ('select = ["VOT202"]', 1, "Not valid"),
        ('select = ["FLD"]', 0, "Valid"),
        ('ignore = ["VOT201"]', 1, "Not valid"),
    ],
)
def test_settings_of_the_project_are_followed(
    repository: Repository, hook: Hook, setting: str, code: int, word: str
) -> None:
    (repository.top / "pyproject.toml").write_text(f"[tool.hrdata]\n{setting}\n", "utf-8")
    repository.break_tally()
    repository.git("add", ".")
    ended = hook(repository)
    assert ended.code == code
    assert word in ended.out


def test_settings_that_cannot_be_followed_refuse_the_commit(repository: Repository, hook: Hook) -> None:
    (repository.top / "pyproject.toml").write_text('[tool.hrdata]\nignore = ["VOT999"]\n', "utf-8")
    repository.replace("Human rights", "Human duties")
    repository.git("add", ".")
    ended = hook(repository)
    assert (ended.code, ended.out) == (2, "")
    assert "VOT999" in ended.err


@pytest.mark.parametrize("name", ["--help", "-x", "a b.md", "a\nb.md", "é.md", "$(id).md", "'.md"])
def test_names_of_files_are_taken_as_they_are(repository: Repository, hook: Hook, name: str) -> None:
    (repository.top / name).write_text("x", "utf-8")
    repository.git("add", ".")
    assert hook(repository) == Ended(0, "", "")
    (repository.top / "datapackage" / name).write_text("x", "utf-8")
    repository.git("add", ".")
    assert hook(repository).out.startswith("datapackage: Valid")
    repository.git("commit", "-q", "-m", "there")
    repository.git("rm", "-q", "--", f"datapackage/{name}")
    assert hook(repository).out.startswith("datapackage: Valid")


def test_a_name_that_is_no_text_is_taken_as_it_is(repository: Repository, hook: Hook) -> None:
    name = os.fsdecode(b"\xff.csv")
    (repository.top / "datapackage" / name).touch()
    assert hook(repository, f"datapackage/{name}").out.startswith("datapackage: Valid")


def test_a_folder_that_is_named_is_judged_itself(two: Repository, hook: Hook) -> None:
    """pre-commit names a submodule by its folder."""
    two.break_tally("one")
    ended = hook(two, "one")
    assert ended.code == 1
    assert "in one\n" in ended.out
    assert "other" not in ended.out


def test_a_link_belongs_to_the_package_that_it_lies_in(two: Repository, hook: Hook) -> None:
    (two.top / "one/again.csv").symlink_to("../other/data/votes.csv")
    two.git("add", ".")
    ended = hook(two)
    assert "one: Valid" in ended.out
    assert "other" not in ended.out


def test_the_index_that_git_names_is_the_one_that_counts(
    repository: Repository, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of named files only has an index of its own, in a file beside the usual one."""
    (repository.top / "datapackage/data/ballots.csv").unlink()
    assert hook(repository) == Ended(0, "", ""), "the deletion is not staged"
    index = repository.top / ".git/next-index.lock"
    shutil.copy(repository.top / ".git/index", index)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index.lock")
    repository.git("update-index", "--force-remove", "datapackage/data/ballots.csv")
    assert hook(repository).code == 1
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert hook(repository) == Ended(0, "", "")


def test_revisions_that_pre_commit_compares_are_compared(
    repository: Repository, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("rm", "-q", "datapackage/data/ballots.csv")
    repository.git("commit", "-q", "-m", "gone")
    monkeypatch.setenv(COMPARED[0], "HEAD~1")
    assert hook(repository) == Ended(0, "", ""), "one revision alone is no comparison"
    monkeypatch.setenv(COMPARED[1], "HEAD")
    assert hook(repository).code == 1
    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.break_tally()
    repository.git("commit", "-q", "-a", "-m", "broken")
    ended = hook(repository, named=False)
    assert (ended.code, FINDING in ended.out) == (1, True), "what changed between them, not what is staged"


def test_outside_a_repository_the_reason_is_one_line(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ended = hook(Repository(tmp_path), "votes.csv")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.count("\n") == 1
    assert "not a git repository" in ended.err


def test_without_a_repository_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with chdir(tmp_path), pytest.raises(EnvironmentFault, match="not a git repository"):
        find_packages([])


# Any files, from any folder

NESTED = ("a", "a/b/inner", "c d", "é")
FOLDERS = (".", "a", "a/b", "a/b/inner", "a/b/inner/data", "c d", "é/data", "x", "x/a")
FILES = tuple(f"{folder}/f.csv".removeprefix("./") for folder in FOLDERS)


def nearest(file: str, packages: tuple[str, ...]) -> set[str]:
    """The longest of the packages whose name begins the name of the file."""
    above = [package for package in packages if package == "." or file.startswith(f"{package}/")]
    return {max(above, key=lambda name: (name != ".", len(name)))} if above else set()


@pytest.fixture(scope="module", params=[NESTED, (".", *NESTED)], ids=["none at the top", "one at the top"])
def forest(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Repository, tuple[str, ...]]:
    outside = tmp_path_factory.mktemp("forest")
    (outside / DESCRIPTOR).write_text("{}", "utf-8")  # above the repository: none of its packages
    top = outside / "repository"
    for folder in FOLDERS:
        (top / folder).mkdir(parents=True, exist_ok=True)
    for file in (*FILES, *(f"{package}/{DESCRIPTOR}" for package in request.param)):
        (top / file).touch()
    return make_repository(top), request.param


@settings(max_examples=60)
@given(
    named=st.sets(st.sampled_from(FILES), max_size=3),
    gone=st.sets(st.sampled_from(FILES), max_size=3),
    here=st.sampled_from(FOLDERS),
    is_absolute=st.booleans(),
)
def test_the_packages_are_the_nearest_above_what_is_named_or_gone(
    forest: tuple[Repository, tuple[str, ...]],
    named: set[str],
    gone: set[str],
    here: str,
    is_absolute: bool,
) -> None:
    repository, packages = forest
    index = repository.top / ".git/another"
    shutil.copy(repository.top / ".git/index", index)
    with pytest.MonkeyPatch.context() as patch, chdir(repository.top / here):
        patch.setenv("GIT_INDEX_FILE", str(index))
        repository.git("update-index", "--force-remove", "--", *sorted(gone))
        files = [repository.top / file for file in named]
        found = find_packages(files if is_absolute else [Path(os.path.relpath(file)) for file in files])
        assert not any(folder.is_absolute() for folder in found)
        resolved = [folder.resolve() for folder in found]
    expected = {package for file in named | gone for package in nearest(file, packages)}
    assert sorted(resolved) == sorted((repository.top / package).resolve() for package in expected)


# pre-commit itself


def validate_manifest(file: Path) -> int:
    call = [sys.executable, "-m", "pre_commit", "validate-manifest", str(file)]
    return subprocess.run(call, capture_output=True, check=False).returncode


def test_pre_commit_accepts_the_manifest(tmp_path: Path) -> None:
    assert validate_manifest(MANIFEST) == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text(MANIFEST.read_text("utf-8").replace("language: python", "language: none"), "utf-8")
    assert validate_manifest(broken) == 1


@dataclass(frozen=True)
class Hooks:
    """This project as a repository of hooks, and where pre-commit keeps the environment made of it."""

    home: Path
    project: Path
    revision: str

    def install_in(self, repository: Repository) -> None:
        """Have git run the hook, which shows all that is said, before each commit."""
        wanted = {"id": "hrdata", "verbose": True}
        config = {"repos": [{"repo": str(self.project), "rev": self.revision, "hooks": [wanted]}]}
        (repository.top / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
        repository.git("add", ".")
        repository.git("commit", "-q", "-m", "with a hook")
        pre_commit(repository, "install", "--install-hooks")


def pre_commit(repository: Repository, *arguments: str) -> Ended:
    call = [sys.executable, "-m", "pre_commit", *arguments]
    ran = subprocess.run(call, cwd=repository.top, capture_output=True, text=True, check=False)
    return Ended(ran.returncode, ran.stdout + ran.stderr)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hooks]:
    """The files of the work tree as they are, committed to a repository of their own."""
    left_out = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    project = tmp_path_factory.mktemp("project") / "hrdata"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".git", *left_out))
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    made = Repository(project)
    made.git("add", "--all", "--force")
    made.git("commit", "-q", "-m", "as it is")
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRE_COMMIT_HOME", str(home))
        for name in [name for name in os.environ if name.startswith(("PYTHON", "VIRTUAL_ENV", "HRDATA"))]:
            patch.delenv(name)
        yield Hooks(home, project, made.git("rev-parse", "HEAD").strip())


@pytest.fixture
def hooked(repository: Repository, hooks: Hooks) -> Repository:
    hooks.install_in(repository)
    return repository


@pytest.mark.slow
def test_a_commit_is_refused_until_the_tally_is_mended(hooked: Repository, hooks: Hooks) -> None:
    assert len([path for path in hooks.home.iterdir() if path.name.startswith("repo")]) == 1
    hooked.break_tally()
    hooked.git("add", ".")
    ended = hooked.try_git("commit", "-m", "broken")
    assert ended.code == 1
    assert FINDING in ended.out
    assert hooked.head() == "with a hook"
    hooked.mend_tally()
    hooked.replace("Human rights", "Human duties")
    hooked.git("add", ".")
    ended = hooked.try_git("commit", "-m", "mended")
    assert ended.code == 0, ended.out
    assert "datapackage: Valid" in ended.out
    assert hooked.head() == "mended"


@pytest.mark.slow
def test_the_index_is_judged_and_not_the_work_tree(hooked: Repository) -> None:
    hooked.replace("Human rights", "Human duties")
    hooked.git("add", ".")
    hooked.break_tally()
    ended = hooked.try_git("commit", "-m", "broken in the work tree only")
    assert ended.code == 0, ended.out
    assert "datapackage: Valid" in ended.out
    hooked.git("add", ".")
    hooked.mend_tally()
    ended = hooked.try_git("commit", "-m", "mended in the work tree only")
    assert ended.code == 1
    assert FINDING in ended.out
    assert hooked.head() == "broken in the work tree only"
    assert hooked.git("show", ":datapackage/data/votes.csv").count(BROKEN) == 1, "the index is as it was"
    assert SOUND in (hooked.top / "datapackage/data/votes.csv").read_text("utf-8"), "and so is the work tree"


@pytest.mark.slow
def test_a_commit_that_only_deletes_is_refused(hooked: Repository) -> None:
    hooked.git("rm", "-q", "datapackage/data/ballots.csv")
    ended = hooked.try_git("commit", "-m", "deleted")
    assert ended.code == 1
    assert "data/ballots.csv" in ended.out
    assert hooked.head() == "with a hook"


@pytest.mark.slow
def test_a_commit_beside_a_broken_package_passes_and_a_look_at_all_files_does_not(
    two: Repository, hooks: Hooks
) -> None:
    two.break_tally("other")
    hooks.install_in(two)
    (two.top / "--help").write_text("no option\n", "utf-8")
    two.git("add", ".")
    ended = two.try_git("commit", "-m", "no package")
    assert ended.code == 0, ended.out
    assert "alid:" not in ended.out
    two.replace("Human rights", "Human duties", "one")
    ended = two.try_git("commit", "-a", "-m", "one package")
    assert ended.code == 0, ended.out
    assert "one: Valid" in ended.out
    assert "other" not in ended.out
    ended = pre_commit(two, "run", "--all-files")
    assert ended.code == 1
    assert "one: Valid" in ended.out
    assert FINDING in ended.out


@pytest.mark.slow
def test_a_commit_of_named_files_is_judged_without_what_else_is_staged(hooked: Repository) -> None:
    hooked.break_tally()
    hooked.git("add", ".")
    (hooked.top / "datapackage/README.md").write_text("# About\n", "utf-8")
    hooked.git("add", "--intent-to-add", "datapackage/README.md")
    ended = hooked.try_git("commit", "-m", "one file", "--", "datapackage/README.md")
    assert hooked.head() == "one file", ended.out
    assert "datapackage: Valid" in ended.out
    (hooked.top / "datapackage/data/ballots.csv").unlink()
    ended = hooked.try_git("commit", "-m", "one is gone", "--", "datapackage/data/ballots.csv")
    assert ended.code == 1
    assert "data/ballots.csv" in ended.out
    hooked.git("checkout", "-q", "HEAD", "--", "datapackage/data/ballots.csv")
    ended = hooked.try_git("commit", "-m", "broken", "--", "datapackage/data/votes.csv")
    assert ended.code == 1
    assert FINDING in ended.out
    assert hooked.head() == "one file"


@pytest.mark.slow
def test_a_commit_of_all_that_changed_is_refused(hooked: Repository) -> None:
    hooked.break_tally()
    ended = hooked.try_git("commit", "-a", "-m", "broken")
    assert ended.code == 1
    assert FINDING in ended.out
    hooked.mend_tally()
    (hooked.top / "datapackage/data/ballots.csv").unlink()
    ended = hooked.try_git("commit", "-a", "-m", "deleted")
    assert ended.code == 1
    assert "data/ballots.csv" in ended.out
    assert hooked.head() == "with a hook"


@pytest.mark.slow
def test_a_package_at_the_top_of_another_work_tree_is_judged_by_its_settings(
    tmp_path: Path, hooks: Hooks
) -> None:
    main = make_repository(tmp_path / "main", ".")
    hooks.install_in(main)
    main.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repository(tmp_path / "linked")
    linked.break_tally(".")
    ended = linked.try_git("commit", "-a", "-m", "broken")
    assert ended.code == 1
    assert FINDING in ended.out
    (linked.top / "pyproject.toml").write_text('[tool.hrdata]\nignore = ["VOT202"]\n', "utf-8")
    linked.git("add", ".")
    ended = linked.try_git("commit", "-m", "ignored")
    assert ended.code == 0, ended.out
    assert (linked.head(), main.head()) == ("ignored", "with a hook")


@pytest.mark.slow
def test_a_link_that_changes_is_judged(hooked: Repository) -> None:
    ballots = hooked.top / "datapackage/data/ballots.csv"
    ballots.rename(hooked.top / "datapackage/ballots.csv")
    ballots.symlink_to("../ballots.csv")
    hooked.git("add", ".")
    ended = hooked.try_git("commit", "-m", "a link")
    assert ended.code == 0, ended.out
    ballots.unlink()
    ballots.symlink_to("votes.csv")
    ended = hooked.try_git("commit", "-a", "-m", "a link to another file")
    assert ended.code == 1, ended.out


@pytest.mark.slow
def test_a_comparison_of_revisions_finds_what_was_deleted_between(hooked: Repository) -> None:
    hooked.git("rm", "-q", "datapackage/data/ballots.csv")
    hooked.git("commit", "-q", "--no-verify", "-m", "deleted")
    ended = pre_commit(hooked, "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert ended.code == 1
    assert "data/ballots.csv" in ended.out
