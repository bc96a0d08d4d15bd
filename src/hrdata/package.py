"""A data package, wherever it stands, read as tables of text.

The descriptor is data like any other: whatever is wrong with it is a finding. Only what keeps
hrdata from looking at all (no such folder, no right to read) is an error.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from hrdata.check import Finding, Findings, declare
from hrdata.columns import Columns
from hrdata.errors import EnvironmentFault
from hrdata.fields import printable
from hrdata.git import SCHEME
from hrdata.places import DEFAULTS, DESCRIPTOR, Files, open_place, reason_of
from hrdata.read import read_columns

_LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")

descriptor_is_json = declare(
    "PKG101",
    "descriptor_is_json",
    "The descriptor is a JSON object in UTF-8.",
    message="the descriptor is not JSON: {observed}",
    hint="Mend {file} at the place named.",
    example="A comma after the last resource.",
)
descriptor_names_are_unique = declare(
    "PKG102",
    "descriptor_names_are_unique",
    "No object of the descriptor has the same name twice.",
    message="the name {name} stands twice in one object, and readers disagree on which one counts",
    hint="Keep one of the two in {file}.",
    example='{"name": "a", "name": "b"}',
)
descriptor_numbers_are_finite = declare(
    "PKG103",
    "descriptor_numbers_are_finite",
    "Every number of the descriptor is finite.",
    message="{observed} is not a JSON number",
    hint="Write a number or null into {file}.",
    example='"bytes": NaN',
)
descriptor_is_not_nested_deeply = declare(
    "PKG104",
    "descriptor_is_not_nested_deeply",
    "The descriptor is not nested more deeply than a reader can follow.",
    message="the descriptor is nested too deeply to be read",
    hint="Replace {file}; no descriptor needs such depth.",
    example="100,000 opening brackets.",
)
descriptor_lists_resources = declare(
    "PKG105",
    "descriptor_lists_resources",
    "The descriptor lists resources, each with a name and a path.",
    message="{observed}, but expected {expected}",
    hint="Mend {file}, or write it anew with hrdata schema export.",
    example='"resources": {}',
)
resource_files_exist = declare(
    "PKG106",
    "resource_files_exist",
    "The file of every resource exists.",
    message="the resource {name} has no file at {path}",
    hint="Put the file there, or remove the resource from {file}.",
    example="A table that was renamed on disk only.",
)
paths_stay_inside = declare(
    "PKG107",
    "paths_stay_inside",
    "The path of every resource stays inside the package.",
    message="the path {path} of the resource {name} {observed}",
    hint="Use a relative path with forward slashes below the package in {file}, and no link that leaves it.",
    example='"path": "../elsewhere/votes.csv"',
)
paths_are_local = declare(
    "PKG108",
    "paths_are_local",
    "No resource is somewhere on the network.",
    message="the path {path} of the resource {name} is a web address, but expected a file of the package",
    hint="Download the file into the package and name it in {file}.",
    example='"path": "https://example.org/votes.csv"',
)
resource_names_are_unique = declare(
    "PKG109",
    "resource_names_are_unique",
    "No two resources have the same name.",
    message="the resource {name} is listed twice",
    hint="Keep one of them in {file}.",
    example="Two resources named votes.",
)
files_are_as_described = declare(
    "PKG110",
    "files_are_as_described",
    "Each file has the size and the hash that the descriptor states.",
    message="{file} has {name} {observed}, but the descriptor states {expected}",
    hint="Write the descriptor anew with hrdata schema export if {file} is right; else fetch {file} again.",
    example="A table edited after its release.",
)
files_can_be_read = declare(
    "PKG111",
    "files_can_be_read",
    "The file of every resource can be read.",
    message="the file of the resource {name} cannot be read: {observed}",
    hint="Give yourself the right to read {file}, or replace it with a plain file.",
    example="A folder where a file should be.",
)
descriptor_stands_alone = declare(
    "PKG117",
    "descriptor_stands_alone",
    "The descriptor has every schema and dialect in itself, and no profile that has to be fetched.",
    message="the {part} of {owner} is {observed}, but expected {expected}",
    hint="Put what it leads to into {file} itself, or remove it.",
    example='"dialect": "https://example.org/dialect.json"',
)

_WEB = re.compile("[A-Za-z][A-Za-z0-9+.-]*://|//")
"""How a web address starts."""

_STANDARD = "https://datapackage.org/profiles/"
"""Where the profiles of the standard are, which readers know: they fetch no `$schema` from there."""


@dataclass
class Package:
    """A data package as it stands on disk: its descriptor, its tables as text, and what is wrong so far.

    `resources` has what the descriptor says of each resource that it names properly; `missing`
    says of each listed table that could not be read why not.
    """

    label: str
    descriptor: dict[str, Any]
    files: Files | None = None
    resources: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: dict[str, Columns] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)

    def add(self, name: str, columns: Columns) -> None:
        """Take in a table, with what is wrong with its file."""
        self.findings.extend(columns.findings)
        if columns.readable:
            self.tables[name] = columns
            self.missing.pop(name, None)

    @property
    def name(self) -> str:
        """The name of the package, as its descriptor gives it."""
        return str(self.descriptor.get("name", ""))

    @property
    def version(self) -> str:
        """The version of the data, as the descriptor gives it."""
        return str(self.descriptor.get("version", ""))


def bundled_package() -> Path:
    """The folder of the package that comes with the installation."""
    inside = Path(str(resources.files("hrdata"))) / "datapackage"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "datapackage"


def default_package() -> Path:
    """`./datapackage` or `./datapackage.json` if there is such a thing, else the bundled package."""
    here = (Path(name) for name in DEFAULTS if os.path.lexists(name))
    return next(here, None) or bundled_package()


def read_package(
    place: Path | str | Files, *, read: Callable[[bytes, str], Columns] = read_columns
) -> Package:
    """Read the package at a folder, its descriptor, a zip, or `git:REV[:PATH]`.

    `read` makes columns of the bytes of a file and its path.

    Raises `EnvironmentFault` when there is nothing to look at.

    >>> read_package(bundled_package()).name
    'hrdata'
    """
    files = open_place(Path(place)) if isinstance(place, Path | str) else place
    try:
        raw = files.read(DESCRIPTOR)
    except FileNotFoundError:
        hint = "; name its folder, as in git:HEAD:datapackage" * files.label.startswith(SCHEME)
        raise EnvironmentFault(
            f"{files.label}: there is no {DESCRIPTOR}, but expected one at the top of a package{hint}"
        ) from None
    except OSError as fault:
        raise EnvironmentFault(f"{files.label}: {DESCRIPTOR} cannot be read: {reason_of(fault)}") from None
    package = Package(files.label, {}, files)
    package.descriptor = _parse_descriptor(raw, package.findings)
    package.findings.extend(_not_alone(package.descriptor, "the package"))
    package.resources = {resource["name"]: resource for resource in _resources(package)}
    for resource in package.resources.values():
        _read_resource(files, resource, package, read)
    return package


def _parse_descriptor(raw: bytes, findings: Findings) -> dict[str, Any]:
    """The descriptor as far as it can be trusted; what is wrong with it goes to the findings."""

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        again = sorted(name for name, times in Counter(names).items() if times > 1)
        findings.extend(descriptor_names_are_unique.finding(file=DESCRIPTOR, name=name) for name in again)
        return dict(pairs)

    def no_constants(constant: str) -> None:
        findings.append(descriptor_numbers_are_finite.finding(file=DESCRIPTOR, observed=constant))

    def finite(number: str) -> float | None:
        if math.isfinite(value := float(number)):
            return value
        no_constants(number)
        return None

    try:
        parsed = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=no_duplicates,
            parse_constant=no_constants,
            parse_float=finite,
        )
    except RecursionError:
        findings.append(descriptor_is_not_nested_deeply.finding(file=DESCRIPTOR))
        return {}
    except ValueError as fault:
        findings.append(descriptor_is_json.finding(file=DESCRIPTOR, **_json_fault(raw, fault)))
        return {}
    if not isinstance(parsed, dict):
        observed = f"it holds a {type(parsed).__name__}, but expected an object"
        findings.append(descriptor_is_json.finding(file=DESCRIPTOR, observed=observed))
        return {}
    if _LONE_SURROGATE.search(json.dumps(parsed, ensure_ascii=False)):
        observed = "a text holds half of a character, an escape from \\ud800 to \\udfff alone"
        findings.append(descriptor_is_json.finding(file=DESCRIPTOR, observed=observed))
    return parsed


def _json_fault(raw: bytes, fault: ValueError) -> dict[str, Any]:
    """Where a text is not JSON, and why."""
    match fault:
        case json.JSONDecodeError():
            return {"line": fault.lineno, "column": fault.colno, "observed": fault.msg.lower()}
        case UnicodeDecodeError():
            return {"observed": f"the byte 0x{raw[fault.start]:02X} at offset {fault.start} is not UTF-8"}
    return {"observed": str(fault).lower()}  # an integer of more digits than Python converts


def _resources(package: Package) -> Iterator[Mapping[str, Any]]:
    """The resources that have a name and a path of their own."""
    if package.findings and not package.descriptor:
        return

    def complain(observed: str, expected: str) -> None:
        package.findings.append(
            descriptor_lists_resources.finding(file=DESCRIPTOR, observed=observed, expected=expected)
        )

    listed = package.descriptor.get("resources")
    if not isinstance(listed, list) or not listed:
        complain("the descriptor lists no resources", "at least one")
        return
    seen: set[str] = set()
    for number, resource in enumerate(listed, start=1):
        if not isinstance(resource, dict):
            complain(f"resource {number} is not an object", "an object with a name and a path")
        elif not isinstance(resource.get("name"), str) or not re.fullmatch("[a-z0-9._-]+", resource["name"]):
            complain(
                f"resource {number} has no usable name",
                "lower-case letters, digits, dots, hyphens or underscores",
            )
        elif not isinstance(resource.get("path"), str) or not resource["path"]:
            complain(f"resource {resource['name']} has no path", "the path of one file")
        elif resource["name"] in seen:
            package.findings.append(resource_names_are_unique.finding(file=DESCRIPTOR, name=resource["name"]))
        else:
            seen.add(resource["name"])
            yield resource


def _not_alone(described: Mapping[str, Any], owner: str) -> Iterator[Finding]:
    """What of the description of a package or of a resource stands elsewhere."""
    named = [(part, described.get(part)) for part in ("schema", "dialect", "profile", "$schema")]
    for part, value in named:
        if not isinstance(value, str):
            continue
        if part in ("schema", "dialect"):
            observed = f"a text, {value}"
            expected = f"the {part} itself, as an object"
        elif _WEB.match(value) and not (part == "$schema" and value.startswith(_STANDARD)):
            observed = f"the web address {value}"
            expected = "none that readers have to fetch"
        else:
            continue
        yield descriptor_stands_alone.finding(
            file=DESCRIPTOR, part=part, owner=owner, observed=observed, expected=expected
        )


def _read_resource(
    files: Files,
    resource: Mapping[str, Any],
    package: Package,
    read: Callable[[bytes, str], Columns],
) -> None:
    name, path = resource["name"], resource["path"]
    words = {"file": DESCRIPTOR, "name": name, "path": path}
    package.missing[name] = f"{path} could not be read"
    package.findings.extend(_not_alone(resource, f"the resource {name}"))
    if _WEB.match(path):
        package.findings.append(paths_are_local.finding(**words))
    elif unsafe := _unsafe(path):
        package.findings.append(paths_stay_inside.finding(**words, observed=unsafe))
    elif files.leaves(path):
        package.findings.append(
            paths_stay_inside.finding(**words, observed="follows a link out of the package")
        )
    else:
        try:
            data = files.read(path)
        except FileNotFoundError:
            package.findings.append(resource_files_exist.finding(**words))
        except OSError as fault:
            words["file"] = path
            package.findings.append(files_can_be_read.finding(**words, observed=reason_of(fault)))
        else:
            _judge_stated(resource, data, package)
            package.add(name, read(data, path))


def _unsafe(path: str) -> str:
    """What is unsafe about a path, or nothing."""
    parts = path.split("/")
    if path.startswith("/") or re.match("[A-Za-z]:", path):
        return "is absolute"
    if "\\" in path or printable(path) != path:
        return "holds a backslash or a control character"
    if ".." in parts:
        return "leaves the package"
    if any(part.startswith(".") or not part for part in parts):
        return "has a hidden or an empty part"
    return ""


def _judge_stated(resource: Mapping[str, Any], data: bytes, package: Package) -> None:
    """Compare a file with the size and the hash that the descriptor states, where it does."""
    stated: list[tuple[str, Any, Any]] = []
    if resource.get("bytes") is not None:
        stated.append(("bytes", resource["bytes"], len(data)))
    if resource.get("hash"):
        stated.append(("hash", *_hashes(str(resource["hash"]), data)))
    for name, expected, observed in stated:
        if expected != observed:
            words: dict[str, Any] = {"name": name, "expected": str(expected), "observed": observed}
            package.findings.append(files_are_as_described.finding(file=resource["path"], **words))


def _hashes(stated: str, data: bytes) -> tuple[str, str]:
    """The hash that a descriptor states, and that of the file; with no prefix it is MD5."""
    algorithm, _, digest = stated.rpartition(":")
    if (algorithm or "md5") not in {"md5", "sha1", "sha256", "sha512"}:
        return stated, "no hash that hrdata could compare: it knows md5, sha1, sha256 and sha512"
    return digest.lower(), hashlib.new(algorithm or "md5", data, usedforsecurity=False).hexdigest()
