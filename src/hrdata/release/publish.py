"""From a package to a release in a store: the gate, then the build, then one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hrdata.check import Severity
from hrdata.diff import diff_packages
from hrdata.diff_report.changelog import render
from hrdata.diff_report.outline import judge_version
from hrdata.errors import EnvironmentFault, UsageError
from hrdata.package import Package, read_package
from hrdata.places import DESCRIPTOR, Folder, write_file
from hrdata.release.build import build_release
from hrdata.release.fetch import Released
from hrdata.release.metadata import missing_metadata
from hrdata.report.terminal import counted
from hrdata.schema import as_json, stale_files
from hrdata.settings import DEFAULT, Settings
from hrdata.store import Release, Store
from hrdata.store.log import check_name, check_version, now
from hrdata.validate import validate_package
from hrdata.version import Bump, is_enough, next_version, parse_version, smallest_bump

CHANGELOG = "CHANGELOG.md"

AUTO = "auto"
"""The bump by which the version follows from what changed."""

DERIVED_LAST = ("sources", "resources")
"""What a descriptor ends with."""

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Publication:
    """What became of publishing: the release, or every reason for which there is none."""

    release: Release | None = None
    is_new: bool = False
    refusals: tuple[str, ...] = ()


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
    allow. Raises `UsageError` for what is no folder, `Conflict` when the version has other content, and
    `EnvironmentFault` when the store cannot be reached, or is damaged.
    """
    package = read_package(path)
    if not isinstance(package.files, Folder):
        raise UsageError(f"{package.label}: is not a folder; a release is made from one")
    tell("reading the store", 0.0)
    refusals = list(_complaint_of(check_name, package.name))
    releases = [] if refusals else _sorted_releases(store, package.name)
    is_raised = bump == AUTO and _raise_version(package, store, releases)
    tell("checking the package", 0.1)
    refusals += [*_faults_of(package, settings), *_faults_of_version(package, store, releases)]
    if refusals:
        return Publication(refusals=tuple(refusals))
    tell("building the release", 0.4)
    changelog = _changelog(package, store, releases)
    files = build_release(package, package.version, changelog=changelog)
    tell("writing to the store", 0.7)
    if is_raised:
        # Before the commit: if that fails, the same command finds the version that it was about.
        any(store.objects.list(f"{package.name}/log/"))  # a place that can only be read says so here
        write_file(package.files.root / DESCRIPTOR, as_json(package.descriptor).encode())
    above = releases[-1].version if releases else ""
    published = store.publish(package.name, package.version, files, above=above)
    return Publication(published.release, published.is_new)


def _sorted_releases(store: Store, name: str) -> list[Release]:
    return sorted(store.releases(name), key=lambda release: parse_version(release.version).order)


def _raise_version(package: Package, store: Store, releases: list[Release]) -> bool:
    """Give the package the version that its changes ask for, and the time; whether it had to be changed."""
    if not releases:
        return False
    try:
        if _is_released(package, store, releases):
            return False
        changes = diff_packages(_package_of(store, releases[-1]), package)
        # A new description or other bytes are another release, too: no version is used again.
        version = next_version(releases[-1].version, max(smallest_bump(changes), Bump.PATCH))
        if parse_version(package.version).order >= parse_version(version).order:
            return False
    except (EnvironmentFault, UsageError):
        return False  # the gate says what it is
    said = {"version": version, "created": now()}
    # In the order that schema export has, so that the descriptor is not stale.
    last = {name: package.descriptor.pop(name) for name in DERIVED_LAST if name in package.descriptor}
    package.descriptor |= said | last
    return True


def _is_released(package: Package, store: Store, releases: list[Release]) -> bool:
    """Whether this very package is a release already."""
    same = (release for release in releases if release.version == package.version)
    return any(not diff_packages(_package_of(store, release), package) for release in same)


def _package_of(store: Store, release: Release) -> Package:
    return read_package(Released(store, release))


def _faults_of(package: Package, settings: Settings) -> Iterator[str]:
    """What speaks against the package itself."""
    assert isinstance(package.files, Folder)
    report = validate_package(package, settings=settings)
    if not report.valid:
        errors = counted(report.errors + report.warnings * settings.fails(Severity.WARNING), "finding")
        yield f"the package is not valid for {errors}; hrdata validate lists what it is"
    folder = package.files.root
    beside = folder.resolve().parent / "schemas"
    try:
        for file in stale_files(folder, beside if beside.is_dir() else None):
            yield f"{file} is stale; run hrdata schema export"
    except EnvironmentFault as fault:
        yield str(fault)
    yield from _faults_by_frictionless(folder)
    yield from missing_metadata(package.descriptor)


def _faults_by_frictionless(folder: Path) -> Iterator[str]:
    try:
        from frictionless import FrictionlessException
        from frictionless import Package as Frictionless
    except ImportError:
        yield "frictionless, the second opinion, is not installed; run pip install 'hrdata[publish]'"
        return
    refusal = "frictionless does not accept the package"
    try:
        report = Frictionless(str(folder / DESCRIPTOR)).validate()
    except FrictionlessException as fault:
        yield f"{refusal}: {fault}"
        return
    if not report.valid:
        found = [str(message) for [message] in report.flatten(["message"])]
        yield f"{refusal}: {counted(len(found), 'fault')}, such as {'; '.join(found[:3])}"


def _faults_of_version(package: Package, store: Store, releases: list[Release]) -> Iterator[str]:
    """What speaks against the version, next to the releases that there are."""
    if complaints := list(_complaint_of(check_version, package.version)):
        yield from complaints
        return
    if not releases or package.version in {release.version for release in releases}:
        # Whether a version that is there has this very content is for the store to say.
        return
    last = releases[-1]
    if parse_version(package.version).order <= parse_version(last.version).order:
        yield f"the version {package.version} is not larger than the last release, {last.version}"
        return
    before = _package_of(store, last)
    try:
        verdict = judge_version(diff_packages(before, package))
    except EnvironmentFault as fault:
        yield f"what changed since {last.version} cannot be told: {fault}"
        return
    if not is_enough(last.version, package.version, verdict.bump):
        reasons = "; ".join(reason.text for reason in verdict.reasons)
        smallest = f"{last.version} becomes {verdict.version} by {reasons}"
        yield f"the version {package.version} is too small: {smallest}"


def _complaint_of(check: Callable[[str], None], text: str) -> Iterator[str]:
    """What a check has against a text, as a refusal."""
    try:
        check(text)
    except UsageError as fault:
        yield str(fault)


def _changelog(package: Package, store: Store, releases: list[Release]) -> str:
    """The changelog of the data: the entry of this version above those of the releases before it."""
    order = parse_version(package.version).order
    before = [release for release in releases if parse_version(release.version).order < order]
    date = str(package.descriptor.get("created", ""))[:10]
    title = "# Changelog\n\n"
    if not before:
        rows = sum(columns.frame.height for columns in package.tables.values())
        first = f"- {counted(len(package.tables), 'table')} with {counted(rows, 'row')}\n"
        return f"{title}## [{package.version}] - {date}\n\n### Added\n\n{first}"
    entry = render(diff_packages(_package_of(store, before[-1]), package), date)
    earlier = store.read(before[-1], CHANGELOG).decode().removeprefix(title)
    return f"{title}{entry}\n{earlier}"
