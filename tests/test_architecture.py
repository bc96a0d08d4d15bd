"""The house rules: imports run one way, starting is light, what is public is explained, code stays small."""

import ast
import inspect
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

import hrdata
from hrdata.cli import app

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

ORDER = (
    ("hrdata.errors",),
    ("hrdata.dates",),
    ("hrdata.symbols",),
    ("hrdata.procedure",),
    ("hrdata.fields",),
    ("hrdata.check",),
    ("hrdata.row",),
    ("hrdata.datasets.reference",),
    (
        "hrdata.datasets.votes",
        "hrdata.datasets.treaties",
        "hrdata.datasets.upr",
        "hrdata.datasets.events",
        "hrdata.datasets.provenance",
    ),
    ("hrdata.datasets",),
    ("hrdata.structure",),
    ("hrdata.records",),
    ("hrdata.columns",),
    ("hrdata.read",),
    ("hrdata.parse",),
    ("hrdata.keys", "hrdata.tableschema"),
    ("hrdata.git",),
    ("hrdata.places",),
    ("hrdata.package",),
    ("hrdata.schema",),
    ("hrdata.importers.harvest",),
    ("hrdata.importers.names",),
    ("hrdata.importers.*",),
    ("hrdata.importers",),
    ("hrdata.settings",),
    ("hrdata.validate",),
    ("hrdata.since",),
    ("hrdata.hook",),
    ("hrdata.report.terminal", "hrdata.report.html_base"),
    ("hrdata.report.outline", "hrdata.report.checks", "hrdata.report.harvest"),
    ("hrdata.report.markdown",),
    ("hrdata.report.*",),
    ("hrdata.report",),
    ("hrdata.show",),
    ("hrdata.testing",),
    ("hrdata.register",),
    ("hrdata.changes",),
    ("hrdata.version",),
    ("hrdata.diff.sheets", "hrdata.diff.lines"),
    ("hrdata.diff.pairs",),
    ("hrdata.diff.*",),
    ("hrdata.diff",),
    ("hrdata.apply",),
    ("hrdata.diff_report.outline",),
    ("hrdata.diff_report.*",),
    ("hrdata.diff_report",),
    ("hrdata.typed",),
    ("hrdata.store.objects", "hrdata.store.paths", "hrdata.store.address"),
    ("hrdata.store.local", "hrdata.store.s3", "hrdata.store.web", "hrdata.store.log"),
    ("hrdata.store.choose",),
    ("hrdata.store.*",),
    ("hrdata.store",),
    ("hrdata.scaffold",),
    ("hrdata.tables", "hrdata.cache"),
    ("hrdata.loading",),
    ("hrdata.release.described", "hrdata.release.codebook", "hrdata.release.formats"),
    ("hrdata.release.citation", "hrdata.release.croissant", "hrdata.release.datacite"),
    ("hrdata.release.metadata",),
    ("hrdata.release.build", "hrdata.release.fetch"),
    ("hrdata.release.*",),
    ("hrdata.release",),
    ("hrdata.commands.common",),
    ("hrdata.commands.*",),
    ("hrdata.commands",),
    ("hrdata.cli",),
    ("hrdata.__main__",),
)
"""Each line may import from the lines above it. Modules on one line know nothing of each other. A star
stands for the modules of a folder that have no line of their own."""

HEAVY = ("polars", "pydantic", "frictionless", "edtf")
ONLY_WHERE_USED = ("frictionless", "edtf")

LONGEST_MODULE = 500
LONGEST_FUNCTION = 60
NINE_IN_TEN_FUNCTIONS = 33


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(SRC.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def imports_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that is imported anywhere below a node, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            assert node.module is not None
            inner = [f"{node.module}.{name.name}" for name in node.names]
            submodules = [name for name in inner if name in MODULES]
            yield from ((name, node.lineno) for name in submodules or [node.module])


def imports_on_loading(tree: ast.Module) -> Iterator[str]:
    """What is imported as soon as the module is: not within functions, not for type checkers only."""
    for node in tree.body:
        is_for_type_checkers = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if isinstance(node, ast.Import | ast.ImportFrom | ast.If | ast.Try) and not is_for_type_checkers:
            yield from (name for name, _ in imports_in(node))


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, decorators left out."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{name}.{node.name}", node.end_lineno - node.lineno + 1


def ranks() -> dict[str, int]:
    """The number of the line on which each module stands."""
    named = {name: number for number, line in enumerate(ORDER) for name in line}
    starred = {name.removesuffix("*"): number for name, number in named.items() if name.endswith("*")}
    return {
        name: named[name] if name in named else starred[folder]
        for name in MODULES
        if name in named or (folder := name.rpartition(".")[0] + ".") in starred
    }


def test_every_module_has_its_place_in_the_order() -> None:
    assert set(MODULES) - set(ranks()) == {"hrdata"}


def test_imports_run_one_way() -> None:
    rank = ranks()
    backwards = [
        f"{MODULES[name].relative_to(ROOT)}:{line}: {name} imports {imported}"
        for name in rank
        for imported, line in imports_in(TREES[name])
        if imported.split(".")[0] == "hrdata" and rank.get(imported, len(ORDER)) >= rank[name]
    ]
    assert not backwards, "\n".join(backwards)


def test_each_import_of_another_project_is_a_declared_dependency() -> None:
    extras = PROJECT["optional-dependencies"]
    for_users = [name for extra, names in extras.items() if extra not in ("test", "bench") for name in names]
    names = [*PROJECT["dependencies"], *for_users]
    declared = {re.split("[^a-z0-9_]", name.lower().replace("-", "_"))[0] for name in names}
    allowed = declared | {"pydantic_core", "hrdata"}  # pydantic pins the version of its core
    strangers = {
        f"{name} imports {imported}"
        for name, tree in TREES.items()
        for imported, _ in imports_in(tree)
        if (top := imported.split(".")[0]) not in sys.stdlib_module_names and top not in allowed
    }
    assert not strangers


def test_edtf_and_frictionless_are_imported_only_where_they_are_used() -> None:
    early = {
        f"{name} imports {imported}"
        for name, tree in TREES.items()
        for imported in imports_on_loading(tree)
        if imported.split(".")[0] in ONLY_WHERE_USED
    }
    assert not early


def modules_loaded_by(code: str) -> set[str]:
    """Which of the heavy modules a fresh interpreter holds after running the code."""
    tail = f"import sys; print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tail}"], capture_output=True, text=True, check=True
    )
    return set(ran.stderr.split())


COMMAND = """
import sys
from hrdata.cli import main
sys.argv = ["hrdata", {arguments}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import hrdata; dir(hrdata); hrdata.__version__", set()),
        (COMMAND.format(arguments="'--help'"), set()),
        (COMMAND.format(arguments="'--version'"), set()),
        ("import hrdata; hrdata.parse_symbol('A/RES/61/174')", set()),
        ("import hrdata; hrdata.date_bounds('2008-04-21')", set()),
        ("import hrdata; hrdata.date_bounds('198X')", {"edtf"}),
        ("import hrdata; hrdata.Ballot", {"polars", "pydantic"}),
    ],
    ids=["import", "--help", "--version", "symbol", "plain date", "vague date", "model"],
)
def test_only_what_is_needed_is_loaded(code: str, loaded: set[str]) -> None:
    assert modules_loaded_by(code) == loaded


def public_names() -> dict[str, str]:
    """The public names with the module each is defined in, as the stub has them."""
    stub = ast.parse((SRC / "hrdata/__init__.pyi").read_text("utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    listed = [(name.asname or name.name, f"hrdata.{node.module}") for node in imports for name in node.names]
    assert len(dict(listed)) == len(listed), "a name is listed twice"
    return dict(listed)


PUBLIC = public_names()


def test_the_public_names_are_those_of_the_stub() -> None:
    rows = {model.__name__ for model in hrdata.MODELS.values()}
    assert rows | {
        "read_package",
        "validate_package",
        "Report",
        "Finding",
        "parse_symbol",
        "date_bounds",
    } <= set(PUBLIC)
    assert set(vars(hrdata)["__all__"]) == set(PUBLIC) <= set(dir(hrdata))
    assert hrdata.__version__ == PROJECT["version"]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_explained(name: str) -> None:
    found = getattr(hrdata, name)
    assert not inspect.ismodule(found), f"hrdata.{name} is hidden by the module of that name"
    if inspect.isclass(found):
        assert found.__doc__, f"hrdata.{name} has no docstring"
        assert found.__doc__ not in [base.__doc__ for base in found.__mro__[1:]]
        assert not found.__doc__.startswith(f"{name}("), "is the docstring that dataclasses make up"
    if inspect.isfunction(found):
        assert ">>> " in (found.__doc__ or ""), f"hrdata.{name} has no example"


@pytest.mark.parametrize(
    "before", ["pass", "import hrdata.cli, hrdata.testing", "from hrdata import validate_package"]
)
def test_public_names_mean_the_same_however_often_and_whenever_they_are_asked_for(before: str) -> None:
    """Importing a module sets its name in the package: a function of that name must survive it."""
    code = (
        f"import importlib, hrdata; {before}\n"
        "first = {name: getattr(hrdata, name) for name in hrdata.__all__}\n"
        f"for name, home in {PUBLIC!r}.items():\n"
        "    defined = getattr(importlib.import_module(home), name)\n"
        "    assert first[name] is defined, f'at first {name} is {first[name]!r}'\n"
        "    assert getattr(hrdata, name) is defined, f'later {name} is {getattr(hrdata, name)!r}'\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_an_unknown_public_name_is_refused() -> None:
    module: ModuleType = hrdata
    with pytest.raises(AttributeError, match="validat"):
        _ = module.validat


def commands(group: Any = None, path: str = "hrdata") -> Iterator[tuple[str, Any]]:
    """Every command and group of the command line with its full name."""
    node = typer.main.get_command(app) if group is None else group
    yield path, node
    for name, command in getattr(node, "commands", {}).items():
        yield from commands(command, f"{path} {name}")


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    silent = [option.name for option in command.params if not getattr(option, "help", None)]
    assert not silent, f"{name}: {silent}"


def test_the_commands_of_the_contract_that_exist_so_far_are_there() -> None:
    ours = {"validate", "show", "checks", "schema export", "schema check"}
    assert ours <= {name.removeprefix("hrdata ") for name in COMMANDS}


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_too_long_to_read(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_no_function_is_too_long_to_read() -> None:
    long = {name: lines for name, lines in functions() if lines > LONGEST_FUNCTION}
    assert not long


def test_nine_functions_in_ten_are_short() -> None:
    lengths = [lines for _, lines in functions()]
    assert statistics.quantiles(lengths, n=10)[-1] <= NINE_IN_TEN_FUNCTIONS
