"""The action, and the workflow that `hrdata init` writes, do on a runner what they say, and no more."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from hrdata.scaffold import create_package
from test_hook import BROKEN, FINDING, OWN_SETTINGS, SOUND, Repository, make_repository

ROOT = Path(__file__).parents[1]
FILE = ROOT / "action.yml"
ACTION: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
INSTALL, VALIDATE = ACTION["runs"]["steps"]
SHELLS = {"bash": "bash --noprofile --norc -e -o pipefail", None: "bash -e"}
"""What GitHub runs a script with when a step names its shell, and when it does not."""

MESSAGE = FINDING.split("  ")[1]
ANNOTATION = re.compile(r"^::(error|warning|notice) ([^:]*)::(.*)$", re.MULTILINE)


def test_the_schema_of_actions_accepts_the_action(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    ran = subprocess.run([*call, str(FILE)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    broken = tmp_path / "action.yml"
    broken.write_text(FILE.read_text("utf-8").replace("using: composite", "using: bash"), "utf-8")
    assert subprocess.run([*call, str(broken)], capture_output=True, check=False).returncode == 1


def test_no_script_holds_an_expression_and_each_variable_comes_from_somewhere() -> None:
    """What stands in a script as `${{ }}` is pasted in by the runner, and may be a command."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        given = {*step["env"], "RUNNER_TEMP", "GITHUB_ACTION_PATH", "GITHUB_OUTPUT"}
        made = {*re.findall(r"^\s*(\w+)=", step["run"], re.MULTILINE), "fetched"}
        assert {*re.findall(r"\$\{?([A-Za-z_]\w*)", step["run"])} <= given | made


def test_every_input_is_used_and_explained() -> None:
    used = {*re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"]))}
    assert used == {*ACTION["inputs"]}
    assert all(given["description"] and "default" in given for given in ACTION["inputs"].values())


# A runner


def fill(text: str, context: Mapping[str, str]) -> str:
    """A text with its expressions replaced; what there is not is empty, as on GitHub."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: context.get(found[1], ""), text)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    outputs: dict[str, str]
    summary: str

    @property
    def annotations(self) -> list[tuple[str, dict[str, str], str]]:
        """The kind of each annotation, its properties and its message."""
        return [
            (kind, dict(pair.split("=", 1) for pair in properties.split(",")), message)
            for kind, properties, message in ANNOTATION.findall(self.out)
        ]


@dataclass
class Runner:
    """Runs steps in a work tree as GitHub's runner does, with nothing else of this environment."""

    workspace: Path
    temp: Path
    github: dict[str, str] = field(default_factory=dict)

    def inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        """What the steps see of the inputs: those that are given, the defaults for the rest."""
        assert {*given} <= {*ACTION["inputs"]}
        defaults = {name: fill(about["default"], self.github) for name, about in ACTION["inputs"].items()}
        return {f"inputs.{name}": value for name, value in (defaults | dict(given)).items()}

    def validate(self, **given: str) -> Ran:
        return self.run(VALIDATE, self.inputs({name.replace("_", "-"): text for name, text in given.items()}))

    def run(self, step: Mapping[str, Any], context: Mapping[str, str], path: str = "") -> Ran:
        self.temp.mkdir(exist_ok=True)
        script, output, summary = (self.temp / name for name in ("step.sh", "output", "summary.md"))
        script.write_text(step["run"], "utf-8")
        for file in (output, summary):
            file.write_text("", "utf-8")
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **OWN_SETTINGS,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **{name: fill(value, {**self.github, **context}) for name, value in step.get("env", {}).items()},
        }
        if path:
            environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
        call = [*shlex.split(SHELLS[step.get("shell")]), str(script)]
        ran = subprocess.run(
            call,
            cwd=self.workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in ran.stdout + ran.stderr
        outputs = dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines())
        return Ran(ran.returncode, ran.stdout, ran.stderr, outputs, summary.read_text("utf-8"))


@pytest.fixture(autouse=True, scope="module")
def _git_as_on_a_new_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        for name, value in OWN_SETTINGS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `hrdata` that this interpreter runs, as the first step would have installed it."""
    folder = tmp_path_factory.mktemp("command")
    script = folder / "hrdata"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hrdata "$@"\n', "utf-8")
    script.chmod(0o755)
    return folder


def make_runner(workspace: Path, temp: Path, command: Path) -> Runner:
    (temp / "hrdata").mkdir(parents=True)
    (temp / "hrdata/bin").symlink_to(command)
    return Runner(workspace, temp)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository", "datapackage")


@pytest.fixture
def runner(repository: Repository, tmp_path: Path, command: Path) -> Runner:
    """A runner on the work tree of a repository, on a push."""
    return make_runner(repository.top, tmp_path / "temp of runner", command)


def sarif_results(file: Path) -> list[tuple[str, str, int]]:
    """The check, file and line of each result of a SARIF file."""
    found = json.loads(file.read_text("utf-8"))["runs"][0].get("results", [])
    places = [(result["ruleId"], result["locations"][0]["physicalLocation"]) for result in found]
    return [(id, at["artifactLocation"]["uri"], at["region"]["startLine"]) for id, at in places]


# The step that validates


def test_a_valid_package_passes(runner: Runner) -> None:
    ran = runner.validate()
    assert (ran.code, ran.err, ran.outputs) == (0, "", {"valid": "true"})
    assert ran.annotations == []
    assert "Valid" in ran.summary
    assert sarif_results(runner.workspace / "hrdata.sarif") == []


def test_a_broken_tally_is_annotated_at_its_line_in_the_summary_and_in_the_sarif_file(
    runner: Runner, repository: Repository
) -> None:
    repository.break_tally()
    ran = runner.validate()
    assert (ran.code, ran.err, ran.outputs) == (1, "", {"valid": "false"})
    [(kind, properties, message)] = ran.annotations
    assert (kind, message) == ("error", MESSAGE)
    place = {"file": "datapackage/data/votes.csv", "line": "2", "col": "93"}
    assert properties.pop("title").startswith("VOT202 ")
    assert properties == place
    assert "VOT202" in ran.summary
    assert "unga-61-174" in ran.summary
    assert sarif_results(runner.workspace / "hrdata.sarif") == [("VOT202", place["file"], 2)]


def test_the_outputs_of_the_action_are_those_of_the_step(runner: Runner) -> None:
    ran = runner.validate(sarif="out/x.sarif")
    context = runner.inputs({"sarif": "out/x.sarif"})
    context |= {f"steps.{VALIDATE['id']}.outputs.{name}": value for name, value in ran.outputs.items()}
    outputs = {name: fill(about["value"], context) for name, about in ACTION["outputs"].items()}
    assert outputs == {"valid": "true", "sarif": "out/x.sarif"}
    assert sarif_results(runner.workspace / "out/x.sarif") == []


def test_without_a_name_no_sarif_file_is_written(runner: Runner, repository: Repository) -> None:
    assert runner.validate(sarif="").code == 0
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"select": "FLD, VOT202"}, 1),
        ({"select": "FLD"}, 0),
        ({"ignore": "vot202,CIT"}, 0),
        ({"ignore": "VOT201"}, 1),
        ({"fail-on": "warning"}, 1),
        ({"fail-on": "warning", "ignore": "VOT202"}, 0),
    ],
    ids=str,
)
def test_what_is_selected_and_ignored_counts(
    runner: Runner, repository: Repository, given: dict[str, str], code: int
) -> None:
    repository.break_tally()
    ran = runner.run(VALIDATE, runner.inputs(given))
    assert (ran.code, ran.outputs) == (code, {"valid": "false" if code else "true"})


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"select": "VOT999"}, 2, "VOT999"),
        ({"fail-on": "never"}, 2, "never"),
        ({"package": "nowhere"}, 3, "nowhere: does not exist"),
        ({"package": "--version"}, 3, "--version: does not exist"),
        ({"package": "README.md"}, 3, "README.md: is neither a folder"),
        ({"sarif": "README.md/x.sarif"}, 3, "README.md"),
        ({"since": "nowhere"}, 3, "there is no revision nowhere here"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_and_no_verdict_given(
    runner: Runner, given: dict[str, str], code: int, said: str
) -> None:
    ran = runner.run(VALIDATE, runner.inputs(given))
    assert (ran.code, ran.outputs) == (code, {})
    assert said in ran.err


@pytest.mark.parametrize(
    "path", ["datapackage/datapackage.json", "./datapackage/", "{workspace}/datapackage"]
)
def test_a_package_is_annotated_alike_however_it_is_named(
    runner: Runner, repository: Repository, path: str
) -> None:
    base = repository.git("rev-parse", "HEAD").strip()
    repository.break_tally()
    ran = runner.validate(package=path.format(workspace=runner.workspace), since=base)
    assert ran.code == 1
    assert [properties["file"] for _, properties, _ in ran.annotations] == ["datapackage/data/votes.csv"]


HOSTILE = [
    "$(touch owned)",
    "`touch owned`",
    "; touch owned #",
    "' ; touch owned ; '",
    '" ; touch owned ; "',
    "a\ntouch owned\n",
    "a b  c",
    "*",
    "--upload-pack=touch owned;",
    "--output=text:owned",
    "%0A::error::x",
]


TEXTS = [name for name in ACTION["inputs"] if name not in ("requirement", "sarif")]
"""The inputs that are neither the name of a file to write nor read by the step that installs."""


@pytest.mark.parametrize(
    ("names", "hostile"),
    [*((TEXTS, hostile) for hostile in HOSTILE), *(([name], "".join(HOSTILE)) for name in TEXTS)],
    ids=str,
)
def test_no_input_is_ever_run(runner: Runner, repository: Repository, names: list[str], hostile: str) -> None:
    repository.git("remote", "add", "origin", str(repository.top))
    ran = runner.run(VALIDATE, runner.inputs(dict.fromkeys(names, hostile)))
    assert (ran.code in (2, 3), ran.outputs) == (True, {}), ran.err
    assert not [*repository.top.glob("owned*"), *runner.temp.glob("owned*")]
    assert repository.git("status", "--porcelain") in ("", "?? hrdata.sarif\n")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_of_the_sarif_file_is_taken_as_it_is(
    runner: Runner, repository: Repository, hostile: str
) -> None:
    ran = runner.validate(sarif=hostile)
    assert (ran.code, ran.outputs) == (0, {"valid": "true"}), ran.err
    assert sarif_results(runner.workspace / hostile) == []
    assert not (repository.top / "owned").exists()


# Against a revision


@dataclass(frozen=True)
class PullRequest:
    """A shallow checkout of a branch, its `origin`, and the commit that it is to be merged into."""

    checkout: Repository
    origin: Repository
    base: str


def clone(origin: Repository, folder: Path, *options: str) -> Repository:
    subprocess.run(["git", "clone", "-q", *options, origin.top.as_uri(), str(folder)], check=True)
    return Repository(folder)


def publish(repository: Repository, folder: Path) -> Repository:
    """A bare copy that gives out any commit that it is asked for, as GitHub does."""
    subprocess.run(["git", "clone", "-q", "--bare", str(repository.top), str(folder)], check=True)
    origin = Repository(folder)
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return origin


@pytest.fixture
def pull_request(repository: Repository, tmp_path: Path, runner: Runner) -> PullRequest:
    """An old fault on the base (its outcome), and a new one on the branch (its tally)."""
    repository.replace("recorded_vote,adopted", "recorded_vote,rejected")
    repository.git("commit", "-q", "-a", "-m", "base")
    repository.git("tag", "-a", "-m", "first release", "v1")
    base = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "-q", "-b", "branch")
    repository.replace("rejected,2,1,", "rejected,3,1,")
    repository.git("commit", "-q", "-a", "-m", "new fault")
    origin = publish(repository, tmp_path / "origin.git")
    checkout = clone(origin, tmp_path / "checkout", "--depth=1", "--branch=branch")
    runner.workspace = checkout.top
    runner.github["github.event.pull_request.base.sha"] = base
    return PullRequest(checkout, origin, base)


def checks_annotated(ran: Ran) -> list[str]:
    return [properties["title"].split(" ")[0] for _, properties, _ in ran.annotations]


def test_on_a_pull_request_only_what_is_new_is_annotated(pull_request: PullRequest, runner: Runner) -> None:
    assert pull_request.checkout.try_git("cat-file", "-e", pull_request.base).code, "not shallow"
    ran = runner.validate()
    assert (ran.code, ran.err, ran.outputs) == (1, "", {"valid": "false"})
    assert checks_annotated(ran) == ["VOT202"]
    assert f"Old findings, there at {pull_request.base}: 1 finding" in ran.out
    assert "VOT203" in ran.out
    assert "VOT203" in ran.summary
    assert pull_request.checkout.git("status", "--porcelain") == "?? hrdata.sarif\n"
    assert runner.validate() == ran, "a second time, when all is fetched"


def test_on_a_pull_request_that_leaves_only_old_faults_all_is_well(
    pull_request: PullRequest, runner: Runner
) -> None:
    pull_request.checkout.replace("rejected,3,1,", "rejected,2,1,")
    ran = runner.validate()
    assert (ran.code, ran.outputs, ran.annotations) == (0, {"valid": "true"}, [])


def test_none_lets_old_faults_fail_too(pull_request: PullRequest, runner: Runner) -> None:
    for since in ("none", ""):
        ran = runner.validate(since=since)
        assert (ran.code, sorted(checks_annotated(ran))) == (1, ["VOT202", "VOT203"])
    assert pull_request.checkout.try_git("cat-file", "-e", pull_request.base).code, "nothing was fetched"


@pytest.mark.parametrize("since", ["main", "v1", "refs/heads/main"])
def test_a_branch_or_tag_that_was_not_fetched_is(
    pull_request: PullRequest, runner: Runner, since: str
) -> None:
    ran = runner.validate(since=since)
    assert (ran.code, ran.err, checks_annotated(ran)) == (1, "", ["VOT202"])
    assert pull_request.base in ran.out


@pytest.mark.parametrize("since", ["main", "HEAD~1"])
def test_a_full_checkout_keeps_its_history(
    pull_request: PullRequest, runner: Runner, tmp_path: Path, since: str
) -> None:
    full = clone(pull_request.origin, tmp_path / "full", "--branch=branch")
    runner.workspace = full.top
    count = full.git("rev-list", "--count", "HEAD")
    ran = runner.validate(since=since)
    assert (ran.code, checks_annotated(ran)) == (1, ["VOT202"])
    assert full.git("rev-list", "--count", "HEAD") == count == "3\n"


def test_a_base_that_is_gone_from_everywhere_is_said(pull_request: PullRequest, runner: Runner) -> None:
    shutil.rmtree(pull_request.origin.top)
    ran = runner.validate()
    assert (ran.code, ran.outputs) == (3, {})
    assert f"there is no revision {pull_request.base} here" in ran.err


@pytest.mark.parametrize("package", ["data/datapackage", "data/datapackage/datapackage.json"])
def test_a_checkout_in_a_folder_of_the_workspace_is_compared_too(
    pull_request: PullRequest, runner: Runner, tmp_path: Path, package: str
) -> None:
    runner.workspace = tmp_path / "workspace"
    runner.workspace.mkdir()
    shutil.move(pull_request.checkout.top, runner.workspace / "data")
    ran = runner.validate(package=package)
    assert (ran.code, checks_annotated(ran)) == (1, ["VOT202"]), ran.err
    [(_, properties, _)] = ran.annotations
    assert properties["file"] == "data/datapackage/data/votes.csv"


@pytest.mark.usefixtures("pull_request")
def test_two_names_are_not_taken_for_two_revisions(runner: Runner) -> None:
    ran = runner.validate(since="main v1")
    assert (ran.code, ran.outputs) == (3, {})
    assert "there is no revision main v1 here" in ran.err


# The step that installs


@pytest.fixture
def noted_pip(tmp_path: Path) -> Path:
    """A folder with a `python3` whose environments have a `pip` that only notes what it is told."""
    folder = tmp_path / "noted"
    folder.mkdir()
    scripts = {
        "python3": 'mkdir -p "$3/bin" && cp "$(dirname "$0")/pip" "$3/bin/pip"',
        "pip": 'printf "%s\\n" "$#" "$@" > "$RUNNER_TEMP/told"',
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize("requirement", ["", "hrdata==0.1.0", "hrdata @ file:///a b", *HOSTILE])
def test_what_is_to_be_installed_is_one_word_to_pip_and_no_option(
    tmp_path: Path, noted_pip: Path, requirement: str
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    runner = Runner(workspace, tmp_path / "temp of runner")
    ran = runner.run(INSTALL, runner.inputs({"requirement": requirement}), path=str(noted_pip))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    told = (runner.temp / "told").read_text("utf-8")
    assert told.endswith(f"\n--\n{requirement or ROOT}\n")
    assert told.startswith("5\ninstall\n")
    assert not [*tmp_path.rglob("owned*")]


@pytest.mark.slow
def test_what_the_action_installs_validates(repository: Repository, tmp_path: Path) -> None:
    repository.break_tally()
    runner = Runner(repository.top, tmp_path / "temp of runner")
    ran = runner.run(INSTALL, runner.inputs({}))
    assert (ran.code, ran.outputs) == (0, {}), ran.err
    ran = runner.validate()
    assert (ran.code, ran.err, ran.outputs) == (1, "", {"valid": "false"})
    assert checks_annotated(ran) == ["VOT202"]
    installed = subprocess.run(
        [runner.temp / "hrdata/bin/python", "-c", "import hrdata; print(hrdata.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(installed.stdout.strip()).is_relative_to(runner.temp)


# The workflow of a scaffolded repository


@pytest.fixture
def scaffolded(tmp_path: Path) -> Repository:
    create_package(tmp_path / "mine", tables=["votes"])
    return make_repository(tmp_path / "mine")


def step_of_workflow(repository: Repository, event: str) -> dict[str, Any]:
    workflow = yaml.safe_load((repository.top / ".github/workflows/hrdata.yml").read_text("utf-8"))
    assert workflow.get("defaults") is None
    [step] = [
        step
        for step in workflow["jobs"]["validate"]["steps"]
        if "run" in step and step.get("if") == f"github.event_name == '{event}'"
    ]
    return dict(step)


A_VOTE = (
    "unga-61-174,unga,61,2006-12-19,A/RES/61/174,A/61/PV.81,Human rights,PRK,resolution,"
    f"recorded_vote,{SOUND}0,0,192,false,\n"
)


def add_vote(repository: Repository, row: str, message: str) -> str:
    """Write the only vote, commit it, and give the commit."""
    file = repository.top / "datapackage/data/votes.csv"
    header = file.read_text("utf-8").splitlines()[0]
    file.write_text(f"{header}\n{row}", "utf-8")
    repository.git("commit", "-q", "-a", "-m", message)
    return repository.git("rev-parse", "HEAD").strip()


@pytest.mark.slow
def test_the_workflow_fails_a_push_for_any_fault_and_a_pull_request_for_a_new_one(
    scaffolded: Repository, tmp_path: Path, command: Path
) -> None:
    runner = Runner(scaffolded.top, tmp_path / "temp of runner")
    push, pull = (step_of_workflow(scaffolded, event) for event in ("push", "pull_request"))
    ran = runner.run(push, {}, path=str(command))
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert "Valid" in ran.summary
    base = add_vote(scaffolded, A_VOTE, "a vote without a citation")
    ran = runner.run(push, {}, path=str(command))
    assert ran.code == 1
    old = checks_annotated(ran)
    assert old
    runner.github["github.event.pull_request.base.sha"] = base
    ran = runner.run(pull, {}, path=str(command))
    assert (ran.code, ran.annotations) == (0, []), ran.out
    add_vote(scaffolded, A_VOTE.replace(SOUND, BROKEN.replace("3,1", "1,3")), "now it is not adopted")
    ran = runner.run(pull, {}, path=str(command))
    assert (ran.code, checks_annotated(ran)) == (1, ["VOT203"])
    [(_, properties, _)] = ran.annotations
    assert (properties["file"], properties["line"]) == ("datapackage/data/votes.csv", "2")
    assert [id for id, *_ in sarif_results(scaffolded.top / "hrdata.sarif") if id == "VOT203"] == ["VOT203"]
    assert {*old} < {*checks_annotated(runner.run(push, {}, path=str(command)))}


def test_a_base_that_is_no_revision_is_not_run(scaffolded: Repository, tmp_path: Path, command: Path) -> None:
    runner = Runner(scaffolded.top, tmp_path / "temp of runner")
    runner.github["github.event.pull_request.base.sha"] = '$(touch owned)" ; touch owned ; "'
    ran = runner.run(step_of_workflow(scaffolded, "pull_request"), {}, path=str(command))
    assert ran.code == 3
    assert not (scaffolded.top / "owned").exists()
