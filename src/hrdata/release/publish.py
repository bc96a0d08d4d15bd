"""From a package to a release in a store: the gate, then the build, then one commit."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from hrdata.changes import Diff
from hrdata.check import Severity
from hrdata.diff import diff_packages
from hrdata.diff_report.changelog import render
from hrdata.diff_report.outline import judge_version
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.fields import printable_line
from hrdata.package import Package, descriptor_stands_alone, read_package
from hrdata.places import DESCRIPTOR, Folder, as_command, write_file
from hrdata.release.build import (
    CHANGELOG,
    build_release,
    check_package_name,
    clash_in_release,
    released_descriptor,
)
from hrdata.release.described import read_metadata
from hrdata.release.fetch import Released
from hrdata.release.metadata import missing_metadata
from hrdata.report.terminal import counted
from hrdata.schema import as_json, stale_files
from hrdata.settings import DEFAULT, Settings
from hrdata.store import Release, Store
from hrdata.store.local import Local
from hrdata.store.log import SUMS, check_version, now
from hrdata.validate import validate_package
from hrdata.version import Bump, is_enough, next_version, parse_version, smallest_bump

AUTO = "auto"
"""The bump by which the version follows from what changed."""

OPINION = "hrdata.release.opinion"
"""The program that asks frictionless."""

LONGEST_OPINION, BYTES_A_SECOND = 60.0, 100_000
"""Frictionless has so many seconds, and one more for so many bytes: several times what it needs."""

AHEAD = dt.timedelta(hours=14)
"""So much earlier does a day begin where it begins first."""

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Publication:
    """What became of publishing: the release, or every reason for which there is none."""

    release: Release | None = None
    is_new: bool = False
    refusals: tuple[str, ...] = ()


@dataclass
class _Before:
    """The releases that there are, by version, and what the package changes about the last of them.

    `changes` is None for a first release, and where it cannot be told; then `fault` says why.
    """

    store: Store
    releases: list[Release] = field(default_factory=list)
    created: str = ""
    changes: Diff | None = None
    fault: str = ""

    @property
    def last(self) -> Release | None:
        return self.releases[-1] if self.releases else None

    @property
    def asked(self) -> str:
        """The version that the changes ask for, where that can be told."""
        if self.last is None or self.changes is None:
            return ""
        return next_version(self.last.version, self.bump)

    @property
    def bump(self) -> Bump:
        """The bump that the changes ask for; with none, what differs is another release all the same."""
        return Bump.PATCH if self.changes is None else max(smallest_bump(self.changes), Bump.PATCH)

    def is_enough(self, version: str) -> bool:
        """Whether a version is large enough, as far as that can be told."""
        return self.last is None or not self.asked or is_enough(self.last.version, version, self.bump)

    @property
    def advice(self) -> str:
        """What to do about a version that is too small."""
        return f"{self.asked and f'the changes ask for {self.asked}; '}--bump auto sets it"


def publish_package(
    path: Path | str,
    store: Store,
    *,
    bump: str = "",
    settings: Settings = DEFAULT,
    tell: Tell = lambda *_: None,
) -> Publication:
    """Publish the package in a folder, if nothing speaks against it; else every reason that does.

    With `bump` `auto` the descriptor gets the smallest version that the changes since the last release
    allow, and the day. Raises `UsageError` for what is no folder and for a place that can only be read,
    `Conflict` when the version has other content, and `EnvironmentFault` when the store cannot be
    reached, or is damaged.
    """
    package = read_package(path)
    if not isinstance(package.files, Folder):
        raise UsageError(f"{package.label}: is not a folder; a release is made from one")
    if isinstance(store.objects, Local) and store.objects.root == package.files.root.resolve():
        raise UsageError(f"{store.label}: is the folder of the package; name another folder for its releases")
    if refusal := _is_no_package(package, package.files.root):
        return Publication(refusals=(refusal,))
    tell("reading the store", 0.0)
    refusals = list(_complaint_of(check_package_name, package.name))
    before = _Before(store) if refusals else _look_back(store, package)
    if same := _same_release(package, before):
        return Publication(same)
    _compare(package, before)
    is_changed = bump == AUTO and _set_version(package, before)
    tell("checking the package", 0.1)
    refusals += [*_faults_of(package, settings), *_faults_of_version(package, before)]
    if before.fault and not refusals:
        refusals.append(f"what changed since the last release cannot be told: {before.fault}")
    if refusals:
        return Publication(refusals=tuple(refusals))
    _refuse_used_version(package, before)
    tell("building the release", 0.4)
    files = build_release(package, package.version, changelog=_changelog(package, before))
    tell("writing to the store", 0.7)
    if is_changed:
        # Before the commit: if that fails, the same command finds the version that it was about.
        write_file(package.files.root / DESCRIPTOR, as_json(package.descriptor).encode())
    above = before.last.version if before.last else ""
    published = store.publish(package.name, package.version, files, above=above)
    return Publication(published.release, published.is_new)


def _is_no_package(package: Package, folder: Path) -> str:
    """Why a folder is not what a release is made from, whatever else there is to say of it; or nothing."""
    if (folder / SUMS).exists():
        return f"{package.label} is a release: it has {SUMS}; publish the package that it was made from"
    if package.descriptor or not package.findings:
        return ""
    fault = package.findings[0]
    place = f", line {fault.line}, column {fault.column}" if fault.line else ""
    return f"{DESCRIPTOR}{place}: {fault.message}"


# What is there already


def _look_back(store: Store, package: Package) -> _Before:
    """The releases of a package, in a place that can be written to."""
    any(store.objects.list(f"{package.name}/log/"))  # a place that can only be read says so here
    releases = store.releases(package.name)
    return _Before(store, sorted(releases, key=lambda release: parse_version(release.version).order))


def _same_release(package: Package, before: _Before) -> Release | None:
    """The release that this very package is.

    The descriptor of a release states the hash of each table, and all else that it is made from. So the
    files that are derived from both may come out otherwise, by other versions of what writes them.
    """
    if any(finding.check.startswith("PKG") for finding in package.findings):
        return None  # what of a faulty descriptor was read is not all that it says
    ours = as_json(released_descriptor(package, package.version)).encode()
    same = (release for release in before.releases if release.version == package.version)
    return next((one for one in same if before.store.read(one, DESCRIPTOR) == ours), None)


def _compare(package: Package, before: _Before) -> None:
    """Find out what the package changes about the last release."""
    if before.last is None:
        return
    last = read_package(Released(before.store, before.last))
    before.created = _day_of(last)
    try:
        before.changes = diff_packages(last, package)
    except (EnvironmentFault, UsageError) as fault:
        before.fault = str(fault)


def _refuse_used_version(package: Package, before: _Before) -> None:
    """Raise `Conflict` when there is a release of the version. That has other content: see above."""
    if package.version in {release.version for release in before.releases}:
        raise Conflict(
            f"{before.store.label}: {package.name} {package.version} is there with other content, and a "
            f"version is never used again; give the data a larger version: {before.advice}"
        )


# The version and the day


def _set_version(package: Package, before: _Before) -> bool:
    """Give the package the version that its changes ask for, and the day; whether anything had to change."""
    try:
        is_small = not before.is_enough(package.version)
    except UsageError:
        return False  # the gate says what it is
    if not is_small and _day_of(package) and not _fault_of_day(package, before):
        return False
    package.descriptor |= {"version": before.asked if is_small else package.version, "created": now()}
    return True


def _faults_of_version(package: Package, before: _Before) -> Iterator[str]:
    """What speaks against the version and the day, next to the releases that there are."""
    if fault := _fault_of_day(package, before):
        yield fault
    if complaints := list(_complaint_of(check_version, package.version)):
        yield from complaints
        return
    last = before.last
    if last is None or package.version in {release.version for release in before.releases}:
        return
    if parse_version(package.version).order <= parse_version(last.version).order:
        yield (
            f"the version {package.version} is not larger than the last release, {last.version}; "
            f"{before.advice}"
        )
    elif before.changes is not None:
        verdict = judge_version(_as_of(package, before.changes))
        if verdict.is_enough is False:
            reasons = "; ".join(reason.text for reason in verdict.reasons)
            smallest = f"{last.version} becomes {verdict.version} by {reasons}"
            yield f"the version {package.version} is too small: {smallest}"


def _as_of(package: Package, changes: Diff) -> Diff:
    """The changes with the version that the package has got since."""
    return replace(changes, new=replace(changes.new, version=package.version))


def _fault_of_day(package: Package, before: _Before) -> str:
    """Why the package cannot be a release of the day on which it says it was created, or nothing."""
    created = str(package.descriptor.get("created"))
    todo = "write the day of the release, or let --bump auto set it"
    try:
        moment = dt.datetime.fromisoformat(created.upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except ValueError:
        return ""  # what is no time is said with the rest of the metadata
    stated = f"created is {printable_line(created)}"
    if moment > max(dt.datetime.now(dt.UTC), dt.datetime.fromisoformat(now())) + AHEAD:
        return f"{stated}, which is in the future; {todo}"
    is_used = package.version in {release.version for release in before.releases}
    if not is_used and _day_of(package) < before.created:
        return f"{stated}, which is before the last release, of {before.created}; {todo}"
    return ""


def _day_of(package: Package) -> str:
    """The day on which a package says it was created."""
    return read_metadata(package.descriptor).created


# The package itself


def _faults_of(package: Package, settings: Settings) -> Iterator[str]:
    """What speaks against the package itself."""
    assert isinstance(package.files, Folder)
    folder = package.files.root
    report = validate_package(package, settings=settings)
    if not report.valid:
        errors = counted(report.errors + report.warnings * settings.fails(Severity.WARNING), "finding")
        yield f"the package is not valid for {errors}; {as_command('validate', folder)} lists what it is"
    if clash := clash_in_release(package, package.version):
        yield clash
    beside = folder.resolve().parent / "schemas"
    try:
        for file in stale_files(folder, beside if beside.is_dir() else None):
            yield f"{file} is stale; run {as_command('schema export', folder)}"
    except EnvironmentFault as fault:
        if report.valid:
            yield str(fault)
    yield from missing_metadata(package.descriptor)
    # Also where settings have the check ignored: a release stands alone.
    alone = [one.message for one in package.findings if one.check == descriptor_stands_alone.id]
    if importlib.util.find_spec("frictionless") is None:
        yield "frictionless, the second opinion, is not installed; run pip install 'hrdata[publish]'"
    elif report.valid:
        yield from alone or _faults_by_frictionless(package, folder)


def _faults_by_frictionless(package: Package, folder: Path) -> Iterator[str]:
    """What frictionless says of a package that is valid to us. It is asked in a process of its own."""
    size = sum(len(columns.data) for columns in package.tables.values())
    limit = LONGEST_OPINION + size / BYTES_A_SECOND
    call = [sys.executable, "-P", "-m", OPINION, str(folder)]
    asked = json.dumps(package.descriptor).encode()
    # The modules that are used here, and none that merely lies where hrdata was called.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        ended = subprocess.run(  # noqa: S603
            call, input=asked, capture_output=True, env=environment, timeout=limit, check=False
        )
        found = json.loads(ended.stdout)
    except subprocess.TimeoutExpired:
        yield (
            f"frictionless came to no end within {limit:,.0f} seconds; look for a pattern in {DESCRIPTOR} "
            "that takes for ever, such as (a+)+"
        )
    except OSError as fault:
        yield f"frictionless cannot be asked: {printable_line(str(fault))}; try again"
    except ValueError:
        said = ended.stderr.decode("utf-8", "replace").split("\n")
        last = next((line for line in reversed(said) if line.strip()), f"it ended with {ended.returncode}")
        yield (
            f"frictionless broke on the package: {printable_line(last.strip())[:300]}; "
            f"correct what of {DESCRIPTOR} is no Data Package"
        )
    else:
        if found:
            faults = f"{counted(len(found), 'fault')}, such as {'; '.join(found[:3])}"
            yield f"frictionless does not accept the package: {printable_line(faults)}"


def _complaint_of(check: Callable[[str], None], text: str) -> Iterator[str]:
    """What a check has against a text, as a refusal."""
    try:
        check(text)
    except UsageError as fault:
        yield str(fault)


# What is released


def _changelog(package: Package, before: _Before) -> str:
    """The changelog of the data: the entry of this version above those of the releases before it."""
    date = _day_of(package)
    title = "# Changelog\n\n"
    if before.last is None or before.changes is None:
        rows = sum(columns.frame.height for columns in package.tables.values())
        first = f"- {counted(len(package.tables), 'table')} with {counted(rows, 'row')}\n"
        return f"{title}## [{package.version}] - {date}\n\n### Added\n\n{first}"
    entry = render(_as_of(package, before.changes), date)
    earlier = before.store.read(before.last, CHANGELOG).decode().removeprefix(title)
    return f"{title}{entry}\n{earlier}"
