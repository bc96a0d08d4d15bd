"""The wheel works on its own: in an empty environment without the test extra, run from another folder."""

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

pytestmark = pytest.mark.slow


def run(*command: str | Path, folder: Path, code: int = 0) -> str:
    """What a command prints, run in a folder without anything of this environment."""
    clean = {
        name: value for name, value in os.environ.items() if not re.match("PYTHON|VIRTUAL_ENV|HRDATA", name)
    }
    call = [str(part) for part in command]
    ran = subprocess.run(call, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    assert ran.returncode == code, f"{call} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, folder=out)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and what it depends on."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    run(bin_ / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, folder=home)
    return bin_


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def test_the_wheel_holds_the_data_as_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name: archive.read(name) for name in archive.namelist() if name.startswith("hrdata/datapackage/")
        }
    files = [path for path in (ROOT / "datapackage").rglob("*") if path.is_file()]
    assert files
    assert inside == {f"hrdata/{path.relative_to(ROOT).as_posix()}": path.read_bytes() for path in files}


def test_the_wheel_holds_the_code_its_types_and_its_licences_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [metadata] = [archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA")]
    code = {
        f"hrdata/{path.relative_to(ROOT / 'src/hrdata').as_posix()}" for path in (ROOT / "src").rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == code
    assert {"hrdata/py.typed", "hrdata/__init__.pyi"} <= names
    assert {f"hrdata/templates/{path.name}" for path in (ROOT / "src/hrdata/templates").iterdir()} <= names
    licences = {Path(name).name for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "LICENSE-DATA"}
    tops = {name.split("/")[0] for name in names}
    assert tops == {"hrdata", f"hrdata-{PROJECT['version']}.dist-info"}
    assert f"Version: {PROJECT['version']}\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata


def test_the_environment_has_nothing_of_the_test_extra(installed: Path, elsewhere: Path) -> None:
    listed = run(installed / "python", "-m", "pip", "list", "--format=freeze", folder=elsewhere).lower()
    assert f"hrdata=={PROJECT['version']}\n" in listed
    extra = {re.split("[^a-z0-9-]", name)[0] for name in PROJECT["optional-dependencies"]["test"]}
    assert not {name for name in extra - {"hrdata"} if re.search(f"^{name}==", listed, re.MULTILINE)}


def test_the_installed_command_validates_the_data_that_came_with_it(installed: Path, elsewhere: Path) -> None:
    printed = run(installed / "hrdata", "validate", folder=elsewhere)
    assert re.search(r"^Valid\b", printed, re.MULTILINE)
    assert str(installed.parent) in printed.replace("\n", "")
    votes = (ROOT / "datapackage/data/votes.csv").read_text("utf-8").count("\n") - 1
    assert re.search(rf"\bvotes +{votes} rows", printed)


def test_the_installed_command_knows_its_version(installed: Path, elsewhere: Path) -> None:
    assert run(installed / "hrdata", "--version", folder=elsewhere) == f"hrdata {PROJECT['version']}\n"


def test_the_installed_command_shows_a_vote_with_its_sources(installed: Path, elsewhere: Path) -> None:
    printed = run(installed / "hrdata", "show", "votes", "unga-61-174", folder=elsewhere)
    for part in (
        "A/RES/61/174",
        "CHN",
        "un-digital-library",
        "snu-dprk-thesis",
        "Where sources disagree",
        "22",
    ):
        assert part in printed


def test_the_installed_command_finds_fault_with_other_data(installed: Path, elsewhere: Path) -> None:
    (elsewhere / "empty").mkdir()
    (elsewhere / "empty/datapackage.json").write_text('{"name": "empty", "resources": []}', "utf-8")
    assert "PKG105" in run(installed / "hrdata", "validate", "empty", folder=elsewhere, code=1)
    run(installed / "hrdata", "validate", "nowhere", folder=elsewhere, code=3)


def test_the_installed_command_scaffolds_a_package_that_is_valid(installed: Path, elsewhere: Path) -> None:
    run(installed / "hrdata", "init", "mine", "--table", "votes", folder=elsewhere)
    assert "\nValid" in run(installed / "hrdata", "validate", "mine/datapackage", folder=elsewhere)


EXAMPLE = """
import hrdata
from hrdata.package import bundled_package
from hrdata.testing import run_check
report = hrdata.validate_package(bundled_package())
assert report.valid
assert not [name for name in hrdata.__all__ if getattr(hrdata, name) is None]
vote = hrdata.Vote(vote_id="v", body_id="unga", date="2006-12-19", title="t", kind="resolution",
                   method="recorded_vote", outcome="adopted", yes=1, roll_complete=True)
[finding] = run_check("VOT202", votes=[vote], ballots=[])
print(hrdata.date_bounds("198X")[1], hrdata.parse_symbol("A/RES/61/174").session, finding.field)
"""


def test_the_installed_library_works_without_the_checkout(installed: Path, elsewhere: Path) -> None:
    assert run(installed / "python", "-W", "error", "-c", EXAMPLE, folder=elsewhere) == "1989-12-31 61 yes\n"


USER = """
import hrdata
from hrdata import Vote

def yes_of(vote: Vote) -> int | None:
    return vote.yes

def is_fine(path: str) -> bool:
    return hrdata.validate_package(path).valid

hrdata.parse_symbol("A/RES/61/174").nothing
"""


def test_a_strict_type_checker_understands_the_installed_library(installed: Path, elsewhere: Path) -> None:
    (elsewhere / "user.py").write_text(USER, "utf-8")
    options = ("--strict", "--python-executable", installed / "python", "--cache-dir", elsewhere / "cache")
    printed = run(sys.executable, "-m", "mypy", *options, "user.py", folder=elsewhere, code=1)
    [error] = [line for line in printed.splitlines() if ": error: " in line]
    assert 'has no attribute "nothing"' in error
