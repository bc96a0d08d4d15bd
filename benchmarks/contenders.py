"""What hrdata is held against, each a process of its own: `python -m benchmarks.contenders NAME FOLDER...`.

Each folder holds a datapackage.json. Each prints one line of JSON: how many rows it read and, unless it
only reads, how many problems it found. Nothing is imported that is not needed: it would be measured, too.
"""

from __future__ import annotations

import csv
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Counts = dict[str, int]


def bare(*folders: Path) -> Counts:
    """Polars reads every file as text; nothing is judged."""
    import polars as pl

    files = [folder / resource["path"] for folder in folders for resource in _resources(folder)]
    frames = [pl.read_csv(file, infer_schema=False) for file in files]
    return {"rows": sum(frame.height for frame in frames)}


def pydantic(folder: Path) -> Counts:
    """The models of hrdata judge row by row what the csv module reads; no keys, references or tallies."""
    from pydantic import ValidationError

    from hrdata.datasets import MODELS

    counts = {"rows": 0, "problems": 0}
    for resource in _resources(folder):
        model = MODELS[resource["name"]]
        with (folder / resource["path"]).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                counts["rows"] += 1
                try:
                    model.model_validate({name: text for name, text in row.items() if text})
                except ValidationError as faults:
                    counts["problems"] += faults.error_count()
    return counts


def pandera(folder: Path) -> Counts:
    """Pandera judges the big tables with Polars: columns and keys as the Table Schema has them."""
    import polars as pl

    errors = importlib.import_module("pandera.errors")
    counts = {"rows": 0, "problems": 0}
    for resource in _resources(folder):
        if resource["name"] not in ("votes", "ballots", "voting"):
            continue
        frame = pl.read_csv(folder / resource["path"], infer_schema=False)
        frame = frame.with_columns(pl.all().replace("", None))
        counts["rows"] += frame.height
        # Pandera does not make dates of text.
        dates = [field["name"] for field in resource["schema"]["fields"] if field["type"] == "date"]
        frame = frame.with_columns(pl.col(dates).str.to_date("%Y-%m-%d", strict=False))
        try:
            _pandera_schema(resource["schema"]).validate(frame, lazy=True)
        except errors.SchemaErrors as faults:
            counts["problems"] += faults.failure_cases.height
    return counts


def _pandera_schema(schema: Any) -> Any:
    pa = importlib.import_module("pandera.polars")
    columns = {field["name"]: _pandera_column(pa, field) for field in schema["fields"]}
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=schema["primaryKey"])


def _pandera_column(pa: Any, field: Any) -> Any:
    import polars as pl

    types = {"integer": pl.Int64, "boolean": pl.Boolean, "date": pl.Date}
    rules, checks = field.get("constraints", {}), []
    kind = types.get(field["type"], pl.String) if "hrdata:dateFormat" not in field else pl.String
    if kind is pl.Boolean:
        # It knows no text of a truth value.
        kind, rules = pl.String, {**rules, "enum": field["trueValues"] + field["falseValues"]}
    if "pattern" in rules:
        checks.append(pa.Check.str_matches(f"^(?:{rules['pattern']})$"))
    if "enum" in rules:
        checks.append(pa.Check.isin(rules["enum"]))
    if "minimum" in rules:
        checks.append(pa.Check.ge(rules["minimum"]))
    if "maximum" in rules:
        checks.append(pa.Check.le(rules["maximum"]))
    if {"minLength", "maxLength"} & set(rules):
        checks.append(pa.Check.str_length(rules.get("minLength"), rules.get("maxLength")))
    return pa.Column(kind, checks, nullable=not rules.get("required"), coerce=kind is pl.Int64)


def frictionless(folder: Path) -> Counts:
    """Frictionless validates the same descriptor: types, constraints, keys and foreign keys."""
    from frictionless import Package

    report = Package(str(folder / "datapackage.json")).validate()
    return {
        "rows": sum(task.stats.get("rows") or 0 for task in report.tasks),
        "problems": int(report.stats.get("errors") or 0),
    }


def _resources(folder: Path) -> Iterator[Any]:
    yield from json.loads((folder / "datapackage.json").read_bytes())["resources"]


def daff(old: Path, new: Path) -> Counts:
    """The daff of PyPI compares the largest table of both, its key given."""
    module = importlib.import_module("daff")
    tables = [module.PythonTableView(list(_rows(folder))) for folder in (old, new)]
    flags = module.CompareFlags()
    for name in _largest(old)["schema"]["primaryKey"]:
        flags.addPrimaryKey(name)
    result = module.PythonTableView([])
    module.TableDiff(module.compareTables(*tables, flags).align(), flags).hilite(result)
    return {"rows": sum(table.get_height() - 1 for table in tables), "changes": result.get_height() - 1}


def csv_diff(old: Path, new: Path) -> Counts:
    """The csv-diff of PyPI compares the largest table of both; its key can only be one column, so none is."""
    module = importlib.import_module("csv_diff")
    tables = []
    for folder in (old, new):
        with (folder / _largest(folder)["path"]).open(encoding="utf-8", newline="") as file:
            tables.append(module.load_csv(file))
    found = module.compare(*tables)
    changes = sum(len(found[kind]) for kind in ("added", "removed", "changed"))
    return {"rows": sum(map(len, tables)), "changes": changes}


def _rows(folder: Path) -> Iterator[list[str]]:
    with (folder / _largest(folder)["path"]).open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def _largest(folder: Path) -> Any:
    """The resource with the largest file."""
    return max(_resources(folder), key=lambda resource: (folder / resource["path"]).stat().st_size)


CONTENDERS: dict[str, Callable[..., Counts]] = {
    judge.__name__: judge for judge in (bare, pydantic, pandera, frictionless, daff, csv_diff)
}

if __name__ == "__main__":
    print(json.dumps(CONTENDERS[sys.argv[1]](*map(Path, sys.argv[2:]))))
