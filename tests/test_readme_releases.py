"""The README's examples of reading a release, each run against a web server of this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrdata.package import bundled_package
from hrdata.release.publish import publish_package
from hrdata.store import Release, open_store

sys.path.append(str(Path(__file__).parent / "load"))
from releases import served

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SECTION = README.split("## Releases that stay what they were")[1].split("\n## ")[0]
EXAMPLE_STORE = "https://data.example.org/releases"


def example(language: str) -> str:
    [code] = re.findall(rf"^```{language}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    return str(code)


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Release]]:
    """A store on a web server, with the canonical package in it."""
    place = tmp_path_factory.mktemp("store")
    done = publish_package(bundled_package(), open_store(str(place)))
    assert done.release is not None, done.refusals
    with served(place) as (url, _):
        yield url, done.release


@needs("curl")
@needs("sha256sum")
def test_curl_and_sha256sum_are_enough(published: tuple[str, Release], tmp_path: Path) -> None:
    url, release = published
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", example("sh")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "STORE": url, "FOLDER": release.folder, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "data/votes.csv: OK\n"
    assert (tmp_path / "data/votes.csv").read_bytes() == (bundled_package() / "data/votes.csv").read_bytes()


@needs("Rscript")
def test_r_reads_a_table_of_a_release(published: tuple[str, Release], tmp_path: Path) -> None:
    url, release = published
    code = example("r").replace("FOLDER", release.folder)
    code = f"{code.replace(EXAMPLE_STORE, url)}\ncat(nrow(votes))"
    ran = subprocess.run(["Rscript", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = (bundled_package() / "data/votes.csv").read_bytes().count(b"\n") - 1
    assert ran.stdout.split()[-1] == str(rows)


def test_the_python_example_runs(
    published: tuple[str, Release], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, release = published
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HRDATA_CACHE", str(tmp_path))
    [code] = [block for block in re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL) if "load(" in block]
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102
    assert "# hrdata.load(" in code, "the line with a store is shown, not run"
    commented = code.split("# hrdata.load(")[1].split("\n")[0].replace(EXAMPLE_STORE, url)
    loaded = eval(f"hrdata.load({commented}", names)  # noqa: S307
    assert loaded.version == release.version
    assert loaded.hash == release.digest
