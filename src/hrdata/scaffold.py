"""A repository for a data package of one's own: written at once, and valid from the start."""

from __future__ import annotations

import difflib
import os
import re
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter, ValidationError

from hrdata.check import CHECKS
from hrdata.datasets import MODELS
from hrdata.datasets.provenance import UNCITED, KnownIssue
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import Text
from hrdata.importers.harvest import canonical_tables, whole_table
from hrdata.importers.surroundings import CANONICAL, SURROUNDINGS, cite_canonical
from hrdata.parse import fields_of
from hrdata.places import DESCRIPTOR, reason_of
from hrdata.schema import as_json, package_descriptor, standalone_schema
from hrdata.store.log import now

TEMPLATES = {
    "README.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    ".gitattributes": "gitattributes",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".github/workflows/hrdata.yml": "workflow.yml",
}
"""The files that are not data, each with the template it is made from."""

FIRST_VERSION = "0.1.0"
"""The version of a package that is new."""

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "ODC-By-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "PDDL-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
}
"""Where the text of a licence of data stands, by its id in the SPDX list."""

_NO_LICENCE = """\
None is given yet, so others cannot know what they may do with the data. Choose one, and
name it in `datapackage/datapackage.json`, for example:

    "licenses": [
      {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
    ],"""

README = "README.md"
OF_THE_REPOSITORY = (README, "CHANGELOG.md", ".gitattributes", ".gitignore", ".pre-commit-config.yaml")
"""Files that a repository may have already, and that the package does not need."""


class Template(string.Template):
    """Text with places to fill in, such as `%name`: workflows and shells have a use for `$`."""

    delimiter = "%"


def create_package(
    folder: Path,
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    creator: str | None = None,
    licence: str | None = None,
    tables: Sequence[str] = (),
) -> list[Path]:
    """Scaffold a repository for a data package of one's own, valid at once; the files written.

    The package has the chosen tables (all, if none is chosen) and those that they need. States, bodies
    and seats come from the package that comes with hrdata, the others with their header only. The name
    is by default that of the folder, and the title that of the package. `creator` names who makes and
    publishes the data, `licence` is the id of one in the SPDX list. With title, description, creator and
    licence the package can be published.

    What of `OF_THE_REPOSITORY` is there is left as it is.

    Raises `UsageError` for a table that there is not and for words that cannot be used, `Conflict`
    when a file is there already, and `EnvironmentFault` when one cannot be written; then nothing is.
    """
    chosen = needed_tables(tables)
    name = _name_of(folder) if name is None else _checked_name(name)
    title = name.replace("-", " ").capitalize() if title is None else _checked_text("title", title)
    described: dict[str, Any] = {"name": name, "title": title}
    if description is not None:
        described["description"] = _checked_text("description", description)
    described |= {"version": FIRST_VERSION, "created": now()}
    if licence is not None:
        described["licenses"] = [_licence(licence)]
    if creator is not None:
        maker = _checked_text("creator", creator)
        described["contributors"] = [{"title": maker, "roles": ["Creator", "Publisher"]}]
    files = _data_files(chosen, described) | _besides(folder, _other_files(chosen, described))
    try:
        _refuse_existing(folder, files)
        return _write_new_files(folder, files)
    except FileExistsError as fault:
        raise Conflict(f"{fault.filename}: came to be there just now; nothing was written") from None
    except OSError as fault:
        where, reason = fault.filename or folder, reason_of(fault)
        raise EnvironmentFault(f"{where}: cannot be written: {reason}; nothing was left behind") from None


def needed_tables(tables: Iterable[str]) -> list[str]:
    """The chosen tables (if none is chosen, all) with those that they need, in the order of the package.

    Needed are the tables that a reference leads to, the states, bodies and seats that a check asks for,
    and those that say where things stand. Raises `UsageError` for a table that there is not.

    >>> needed_tables(["body_seats"])
    ['sources', 'bodies', 'body_seats', 'citations']
    """
    # A table of known issues comes with the first of them; see hrdata issues add.
    named = {part.strip() for text in tables for part in text.split(",") if part.strip()}
    wanted = named or {*MODELS} - {KnownIssue.TABLE}
    for name in sorted(wanted - {*MODELS}):
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no table {name}; {hint}the tables are {', '.join(MODELS)}")
    wanted |= {*UNCITED} - {KnownIssue.TABLE}
    while more := {need for name in wanted for need in _needs(name)} - wanted:
        wanted |= more
    return [name for name in MODELS if name in wanted]


def _needs(table: str) -> set[str]:
    """The tables that a table refers to, and those of who could vote that the checks of it ask for."""
    referred = {field.refers_to for field in fields_of(MODELS[table]) if field.refers_to}
    # A check speaks about the first table it asks for. One over rows asks for no other.
    about = (check for check in CHECKS.values() if check.tables[:1] == (table,) and not check.columns)
    return referred | {asked for check in about for asked in check.tables if asked in SURROUNDINGS}


def _name_of(folder: Path) -> str:
    """The name of the package that a folder is for."""
    if not (name := _slug(folder.resolve().name)):
        raise UsageError(f"{folder}: no name can be made from that of the folder; give one with --name")
    return name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))


def _checked_name(name: str) -> str:
    if not name or name != (slug := _slug(name)):
        near = f", such as {slug}" if name and slug else ""
        raise UsageError(
            f"the name '{name}' cannot be used: expected lower-case letters and digits "
            f"joined by single hyphens{near}"
        )
    return name


def _checked_text(what: str, text: str) -> str:
    try:
        return TypeAdapter[str](Text).validate_python(text)
    except ValidationError as fault:
        reason = fault.errors()[0]["msg"]
        raise UsageError(f"the {what} '{text}' cannot be used: {reason[0].lower()}{reason[1:]}") from None


def _licence(id: str) -> dict[str, str]:
    """A licence as descriptors name it, with its address if that is known."""
    known = next((name for name in LICENCES if name.lower() == id.lower()), "")
    if known:
        return {"name": known, "path": LICENCES[known]}
    if not re.fullmatch("[A-Za-z0-9._-]+", id):
        raise UsageError(
            f"the licence '{id}' cannot be used: expected the id of one in the SPDX list, "
            f"such as {', '.join(LICENCES)}"
        )
    return {"name": id}


def _data_files(chosen: Sequence[str], described: Mapping[str, Any]) -> dict[str, str]:
    """The tables, their schemas and the descriptor, by their paths."""
    models = [MODELS[name] for name in chosen]
    rows = _first_rows(chosen)
    whole = {model: whole_table(model, rows.get(model.TABLE, _no_rows(model.TABLE))) for model in models}
    tables = [(model, f"data/{model.TABLE}.csv") for model in models]
    descriptor = package_descriptor(described, whole[MODELS["sources"]], tables)
    return {
        f"datapackage/{DESCRIPTOR}": as_json(descriptor),
        **{f"datapackage/{path}": whole[model].write_csv() for model, path in tables},
        **{f"schemas/{model.TABLE}.json": as_json(standalone_schema(model)) for model in models},
    }


def _first_rows(chosen: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The rows of the tables that do not start empty."""
    filled = _filled(chosen)
    if not filled:
        return {}
    cited = {"sources": pl.DataFrame([CANONICAL]), "citations": cite_canonical(filled)}
    return canonical_tables(*filled) | cited


def _filled(chosen: Sequence[str]) -> list[str]:
    return [name for name in chosen if name in SURROUNDINGS]


def _no_rows(table: str) -> pl.DataFrame:
    return pl.DataFrame(schema=[(field.name, pl.String) for field in fields_of(MODELS[table])])


def _other_files(chosen: Sequence[str], described: Mapping[str, Any]) -> dict[str, str]:
    """The files that are not data, by their paths."""
    listed = ", ".join(f"`{table}`" for table in chosen)
    words = {
        "name": described["name"],
        "heading": _as_markdown(described["title"]),
        "licence": _about_licence(described),
        "version": version("hrdata"),
        "listed": listed,
        "rows": "\n".join(f"| `{table}` | {_meaning(table)} |" for table in chosen),
        "borrowed": _borrowed(chosen),
    }
    texts = resources.files("hrdata") / "templates"
    return {
        path: Template((texts / file).read_text("utf-8")).substitute(words)
        for path, file in TEMPLATES.items()
    }


def _meaning(table: str) -> str:
    """What a row of a table is, as its model says."""
    return (MODELS[table].__doc__ or "").partition("\n")[0]


def _about_licence(described: Mapping[str, Any]) -> str:
    """What the README says of the licence."""
    if "licenses" not in described:
        return _NO_LICENCE
    [licence] = described["licenses"]
    named = f"[{licence['name']}]({licence['path']})" if "path" in licence else licence["name"]
    return f"The data are under {named}, as `licenses` in `datapackage/datapackage.json` has it."


def _borrowed(chosen: Sequence[str]) -> str:
    """What the README says of the tables that come filled."""
    if not (filled := _filled(chosen)):
        return ""
    listed = ", ".join(f"`{table}`" for table in filled)
    return f"\n\nThese come from hrdata under {CANONICAL['terms']}; say so when you pass them on: {listed}."


def _as_markdown(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"[\\`*_\[\]<>&#|~]", r"\\\g<0>", text)


def _besides(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """The files that go beside what a repository has of its own; its README stays, ours goes to the data."""
    there = {name for name in OF_THE_REPOSITORY if os.path.lexists(folder / name)}
    kept = {name: text for name, text in files.items() if name not in there}
    return kept | ({f"datapackage/{README}": files[README]} if README in there else {})


def _refuse_existing(folder: Path, files: Iterable[str]) -> None:
    """Raise `Conflict` when anything is where a file or its folder would be."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise Conflict(f"{folder}: is there already, but is no folder; name another one")
    # A file of a table that was not chosen would become part of the package unasked.
    lying = [f"datapackage/data/{name}.csv" for name in MODELS]
    inner = {parent.as_posix() for file in files for parent in Path(file).parents} - {"."}
    # A link may lead out of the folder.
    blocked = {name for name in inner if (folder / name).is_symlink() or not (folder / name).is_dir()}
    if found := sorted(name for name in {*files, *lying, *blocked} if os.path.lexists(folder / name)):
        raise Conflict(
            f"{folder}: holds {', '.join(found)} already; nothing was written; "
            "move what is there, or name another folder"
        )


def _write_new_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files that are not there yet: all of them, or none."""
    made: list[Path] = []
    try:
        for name, text in files.items():
            _write_new_file(folder / name, text.encode(), made)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise
    return [folder / name for name in files]


def _write_new_file(path: Path, data: bytes, made: list[Path]) -> None:
    """Write a file and the folders that it needs, and note in `made` what was made."""
    for parent in reversed([parent for parent in path.parents if not parent.exists()]):
        parent.mkdir()
        made.append(parent)
    # Whatever came to be there in the meantime is not ours to replace.
    with path.open("xb") as file:
        made.append(path)
        file.write(data)
