"""Upstream files to packages: one small module per format, registered here by name.

A module of a format has a one-line docstring that names it, `WHERE` to get the files, the facts of
its source (`TITLE`, `KIND`, `PUBLISHER`, `URL`, `TERMS`) and `read(harvest, files)`, which fills the
harvest; where more than the files went into it, also with rows for `sources` and `citations`.
What upstream got wrong is taken over as it stands, for the checks to find; what cannot be
represented is reported, row by row. So rows in = rows taken over + rows reported, always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from hrdata.errors import UsageError
from hrdata.importers.harvest import Harvest, read_inputs, refuse_existing, write_package
from hrdata.importers.surroundings import add_surroundings

FORMATS = {
    "chr-hrc": "hrdata.importers.chr_hrc",
    "undl": "hrdata.importers.undl",
    "untc": "hrdata.importers.untc",
    "upr-info": "hrdata.importers.upr_info",
    "voeten": "hrdata.importers.voeten",
}
"""The module of each format."""


NAMED = 3
"""So many files are named while they are read."""

READING = 0.8
"""The part of the work that is done when all files are read, about."""


def find_format(name: str) -> ModuleType:
    """The module of a format. Raises `UsageError` when there is none."""
    if name not in FORMATS:
        raise UsageError(f"there is no format {name}; the formats are {', '.join(FORMATS)}")
    return import_module(FORMATS[name])


def import_files(
    name: str, paths: Sequence[Path], out: Path, tell: Callable[[str, float], None] = lambda *_: None
) -> Harvest:
    """Turn upstream files into a package at `out`; the harvest says what came of every row.

    `tell` is told what is being done, and what part of the work is done by then, from 0 to 1.
    Raises `UsageError` when a file is of another format, `EnvironmentFault` when one cannot be read,
    and `Conflict` when something is at `out` already; then nothing is left there.
    """
    upstream, harvest = find_format(name), Harvest()
    refuse_existing(out)
    reading = f"reading {', '.join(map(str, paths)) if len(paths) <= NAMED else f'{len(paths)} files'}"
    upstream.read(harvest, read_inputs(paths, lambda part: tell(reading, part * READING)))
    add_surroundings(harvest, name, upstream, [path.name for path in paths])
    tell(f"writing {out}", READING)
    write_package(harvest, out, {"name": name, "title": upstream.TITLE, "version": "0.1.0"})
    return harvest
