"""The packages that a commit touches, for pre-commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from hrdata.git import ask_git, find_repository
from hrdata.places import DESCRIPTOR

COMPARED = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")
"""What pre-commit names the revisions in, when it is to look at those and not at what is staged."""


def find_packages(files: Iterable[Path]) -> list[Path]:
    """The folders of the packages that hold some files, or that a deletion takes a file from.

    pre-commit does not name the files that a commit deletes; git is asked for them. Without any files
    it is asked for all that are staged.
    Raises `EnvironmentFault` when the current folder is in no repository.
    """
    top, _ = find_repository(Path())
    # git has resolved the folders above; a file that is a link stays where it is.
    named = [file.parent.resolve() / file.name for file in files]
    found = {_package_of(file, top) for file in (*named, *_staged(top, "D" if named else ""))}
    return sorted(Path(os.path.relpath(folder)) for folder in found if folder is not None)


def _staged(top: Path, kinds: str) -> Iterator[Path]:
    """The files that are staged, or differ between the revisions that are compared, of some kinds or all."""
    revisions = [revision for name in COMPARED if (revision := os.environ.get(name))]
    compared = "..".join(revisions) if len(revisions) == len(COMPARED) else "--cached"
    asked = ("diff", "--name-only", "--no-renames", f"--diff-filter={kinds}", "-z", compared, "--")
    gone = os.fsdecode(ask_git(top, *asked, in_hook=True))
    return (top / name for name in gone.split("\0") if name)


def _package_of(file: Path, top: Path) -> Path | None:
    """The nearest folder at or above a file, within the repository, that has a descriptor."""
    folders = (folder for folder in (file, *file.parents) if folder.is_relative_to(top))
    return next((folder for folder in folders if (folder / DESCRIPTOR).is_file()), None)
