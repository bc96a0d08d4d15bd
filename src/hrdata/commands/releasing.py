"""The commands about releases: publish, releases, get, verify, yank, and those of a store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hrdata.commands.common import (
    STORE,
    Format,
    FormatOption,
    console,
    own_package,
    print_json,
    print_line,
    settings_for,
    split_name,
)
from hrdata.errors import UsageError

if TYPE_CHECKING:
    from hrdata.store import Fault, Release, Store

_PLACE = "Folder, s3://bucket/prefix or https://..."
FromOption = Annotated[str, typer.Option("--from", help=_PLACE)]
StoreArgument = Annotated[str, typer.Argument(metavar="STORE", help="Folder or s3://bucket/prefix.")]


def publish(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="Folder of a package. Default: ./datapackage.", show_default=False
        ),
    ] = None,
    *,
    to: Annotated[str, typer.Option("--to", help="Folder or s3://bucket/prefix.")] = STORE,
    bump: Annotated[
        str,
        typer.Option(
            "--bump", metavar="auto", help="Set the version that the changes ask for.", show_default=False
        ),
    ] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Publish a package as a release that stays what it is.

    It has to be valid, accepted by frictionless, described in full, and of a version that is larger than
    the last release by what changed. All that speaks against it is listed at once, and ends with 1.
    The same content again is success; other content under a version that is there ends with 4.
    """
    from hrdata.release.publish import AUTO, publish_package
    from hrdata.report.terminal import progress
    from hrdata.store import open_store

    if bump not in ("", AUTO):
        raise UsageError(f"--bump {bump}: expected {AUTO}, or no --bump for the version of the descriptor")
    package = path or own_package()
    store = open_store(to)
    with progress(console(to_stderr=True)) as tell:
        done = publish_package(package, store, bump=bump, settings=settings_for(package), tell=tell)
    release = done.release
    if format is Format.JSON:
        print_json(
            {
                "release": release and release_as_dict(release),
                "is_new": done.is_new,
                "refusals": done.refusals,
            }
        )
    elif release is None:
        for reason in done.refusals:
            print_line(f"not published: {reason}")
    else:
        state = "published" if done.is_new else "already there:"
        yanked = f"; it is yanked: {release.yanked}" if release.yanked else ""
        print_line(
            f"{state} {release.name} {release.version} in {store.label}, digest {release.digest}{yanked}"
        )
    raise typer.Exit(1 if release is None else 0)


def releases(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the package.", show_default=False)
    ] = "",
    *,
    place: FromOption = STORE,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the releases in a store."""
    from hrdata.report.terminal import counted

    store = _store_at(place)
    listed = [release for one in ([name] if name else _names_in(store)) for release in store.releases(one)]
    if format is Format.JSON:
        print_json([release_as_dict(release) for release in listed])
        return
    for release in listed:
        size = sum(file.bytes for file in release.files)
        yanked = f"  yanked: {release.yanked}" if release.yanked else ""
        files = counted(len(release.files), "file")
        print_line(f"{release.name} {release.version}  {release.published}  {files}, {size:,} bytes{yanked}")
    if not listed:
        about = f"no releases of {name} in" if name else "no releases in"
        print_line(f"{about} {store.label}; hrdata store verify says what is there")


def _store_at(place: str) -> Store:
    """A store that is there. Raises `EnvironmentFault` for a folder that is not."""
    from hrdata.store import open_store

    return open_store(place, is_there=True)


def _names_in(store: Store) -> list[str]:
    """The packages in a store. Raises `UsageError` when there are none: it may be the wrong place."""
    if names := store.names():
        return names
    raise UsageError(f"{store.label}: holds no releases; name a store")


def _warn_if_yanked(release: Release) -> None:
    if release.yanked:
        print_line(f"hrdata: {release.name} {release.version} is yanked: {release.yanked}", to_stderr=True)


def get(
    wanted: Annotated[
        str, typer.Argument(metavar="NAME[@VERSION]", help="Package, and which version of it.")
    ],
    *,
    place: FromOption = STORE,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write. Default: NAME-VERSION.", show_default=False),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Download a release, each file verified.

    VERSION may be a range such as >=1.2,<2; without it, the latest.
    """
    from hrdata.release.fetch import fetch_release
    from hrdata.report.terminal import progress

    store = _store_at(place)
    release = store.find(*split_name(wanted))
    _warn_if_yanked(release)
    folder = out or Path(f"{release.name}-{release.version}")
    with progress(console(to_stderr=True)) as tell:
        is_new = fetch_release(store, release, folder, tell)
    if format is Format.JSON:
        print_json({"release": release_as_dict(release), "folder": str(folder), "is_new": is_new})
    else:
        print_line(f"{'wrote' if is_new else 'already there:'} {folder}, digest {release.digest}")


def verify(
    wanted: Annotated[
        str, typer.Argument(metavar="DIR|NAME@VERSION", help="Folder of a release, or a release.")
    ],
    *,
    place: Annotated[
        str | None,
        typer.Option("--from", help=f"Store to compare with. {_PLACE}", show_default=False),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """See that a release is the one that was published.

    A folder is held against its own SHA256SUMS and, with --from, against the store. Names every file
    that is missing, extra, changed or cannot be read, and ends with 1 if there is one.
    """
    from hrdata.release.fetch import compare_folder

    folder = Path(wanted)
    if folder.is_dir():
        store = _store_at(place) if place else None
        faults, against = compare_folder(folder, store)
    elif "@" in wanted:
        store = _store_at(place or STORE)
        release = store.find(*split_name(wanted))
        _warn_if_yanked(release)
        faults, against = store.verify_release(release), f"{store.label}"
    else:
        raise UsageError(f"{wanted}: is no folder; name one, or a release as NAME@VERSION")
    _print_faults(faults, f"{wanted}: {'not ' if faults else ''}as {against} has it", format)


def yank(
    wanted: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="The release.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why nobody should use it any more.")],
    place: Annotated[str, typer.Option("--from", "--to", help="Folder or s3://bucket/prefix.")] = STORE,
    format: FormatOption = Format.TEXT,
) -> None:
    """Mark a release as not to be used any more; it stays where it is."""
    name, version = split_name(wanted)
    if not version:
        raise UsageError(f"{wanted}: names no version; name the release as NAME@VERSION")
    release = _store_at(place).yank(name, version, reason)
    if format is Format.JSON:
        print_json({"release": release_as_dict(release)})
    else:
        print_line(f"yanked {release.name} {release.version}: {release.yanked}")


def store_verify(place: StoreArgument, format: FormatOption = Format.TEXT) -> None:
    """Read every file of a store again; name each that is not as it was published.

    Such a file is missing, extra, changed, or cannot be read. A whole release that no entry of the log
    tells of is named as well: the log may have lost its end.
    """
    from hrdata.report.terminal import counted

    store = _store_at(place)
    names = _names_in(store)
    faults = [fault for name in names for fault in store.verify(name)]
    number = 0 if faults else sum(len(store.releases(name)) for name in names)
    verdict = counted(len(faults), "fault") if faults else f"{counted(number, 'release')}, all as published"
    _print_faults(faults, f"{store.label}: {verdict}", format)


def _print_faults(faults: Sequence[Fault], verdict: str, format: Format) -> None:
    """Print what is wrong with the files of a release or a store, and end with 1 if anything is."""
    if format is Format.JSON:
        print_json([{"path": fault.path, "kind": fault.kind, "message": fault.message} for fault in faults])
    else:
        for fault in faults:
            print_line(f"{fault.kind}  {fault.path}: {fault.message}")
        print_line(verdict)
    raise typer.Exit(1 if faults else 0)


def store_gc(
    place: StoreArgument,
    older_than: Annotated[
        int,
        typer.Option("--older-than", help="Leave what is younger than so many hours.", min=1, max=1_000_000),
    ] = 24,
    *,
    even_whole: Annotated[
        bool, typer.Option("--even-whole", help="Also whole releases that no entry of the log tells of.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Remove what interrupted publishers left, and only that.

    A whole release that no entry of the log tells of stays: the log may have lost its end.
    """
    store, age = _store_at(place), dt.timedelta(hours=older_than)
    names = _names_in(store)
    kept = [f"{name}/{folder}" for name in names if not even_whole for folder in store.unnamed(name)]
    removed = [
        path for name in names for path in store.gc(name, age, even_whole=even_whole, is_trial=dry_run)
    ]
    if format is Format.JSON:
        print_json({"removed": removed, "kept": kept, "dry_run": dry_run})
        return
    for path in removed:
        print_line(f"{'would remove' if dry_run else 'removed'} {path}")
    for folder in kept:
        print_line(
            f"kept {folder}: a whole release that no entry of the log tells of; --even-whole removes it"
        )
    if not removed:
        print("nothing to remove")


def release_as_dict(release: Release) -> dict[str, object]:
    """A release for JSON."""
    return {
        "name": release.name,
        "version": release.version,
        "digest": release.digest,
        "folder": release.folder,
        "published": release.published,
        "yanked": release.yanked,
        "files": [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in release.files],
    }
