"""What every importer shares: reading upstream files, keeping the account, writing the package."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zipfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

import polars as pl

from hrdata.check import LISTED_PER_CHECK
from hrdata.columns import Columns
from hrdata.datasets import MODELS
from hrdata.errors import Conflict, EnvironmentFault, UsageError
from hrdata.package import bundled_package, read_package
from hrdata.parse import fields_of
from hrdata.places import DESCRIPTOR, ZIP_FAULTS
from hrdata.read import read_columns
from hrdata.row import Row
from hrdata.schema import PROFILES, as_json, resource
from hrdata.symbols import InvalidSymbol, Symbol, parse_symbol


@dataclass(frozen=True)
class Problem:
    """A row of an upstream file that could not be taken over, or not in full, and why."""

    file: str
    line: int
    field: str
    value: str
    reason: str


@dataclass
class Harvest:
    """What an import has gathered: tables of text, the account, and what could not be taken over.

    `rows_in` counts the rows of all files. `problems` lists rows that were reported, of each column
    of a file at most `LISTED_PER_CHECK`; `counts` has how many there were, by column and reason. A row
    counts once in `rows_reported`, whatever is wrong with it.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    rows_in: int = 0
    _reported: dict[str, list[pl.Series]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _listed: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rows_reported(self) -> int:
        """How many upstream rows were reported."""
        return sum(pl.concat(rows).n_unique() for rows in self._reported.values())

    @property
    def rows_out(self) -> int:
        """How many upstream rows were taken over in full."""
        return self.rows_in - self.rows_reported

    def take(self, upstream: Columns, needed: Sequence[str], *, all_columns: bool = False) -> pl.DataFrame:
        """The needed columns of an upstream file as text, with `row`, the index of a row in it.

        Broken rows are reported. Raises `UsageError` when a needed column is missing or stands twice,
        or the file is not text: it is of another format.
        """
        names = list(dict.fromkeys([*needed, *upstream.header])) if all_columns else list(needed)
        if fault := _unusable(upstream, names):
            raise UsageError(f"{upstream.file}: {fault}; is it a file of this format?")
        text = upstream.frame.select(pl.col(name).cast(pl.String) for name in names)
        frame = text.with_row_index("row")
        self.rows_in += frame.height
        broken = frame.filter(pl.col("row").is_in(sorted(upstream.broken)))
        if broken.height:
            faults = sorted((finding.line or 0, finding.message) for finding in upstream.findings)
            self._list(upstream, broken["row"], "", "", lambda line: _first_below(faults, line))
        return frame.join(broken.select("row"), on="row", how="anti")

    def report(self, upstream: Columns, rows: pl.DataFrame, field: str, reason: str) -> None:
        """Report rows of an upstream file: `rows` has the columns `row` and `field`."""
        if rows.height:
            self.counts[field, reason] += rows.height
            self._list(upstream, rows["row"], field, rows[field].head(LISTED_PER_CHECK), lambda _: reason)

    def dated(
        self, upstream: Columns, rows: pl.DataFrame, date: str, form: str, example: str
    ) -> pl.DataFrame:
        """The rows with `day`, of type date; other dates are reported and their rows left out."""
        dated = rows.with_columns(pl.col(date).str.strip_chars().str.to_date(form, strict=False).alias("day"))
        odd = dated.filter(pl.col("day").is_null())
        self.report(upstream, odd, date, f"is not a date such as {example}")
        return dated.drop_nulls("day").with_columns(pl.col("day").cast(pl.String).alias(date))

    def _list(
        self,
        upstream: Columns,
        rows: pl.Series,
        field: str,
        values: Iterable[str],
        reason: Callable[[int], str],
    ) -> None:
        self._reported.setdefault(upstream.file, []).append(rows)
        listed = rows.head(LISTED_PER_CHECK - self._listed[upstream.file, field])
        self._listed[upstream.file, field] += len(listed)
        for row, value in zip(listed, chain(values, repeat("")), strict=False):
            line = upstream.lines[int(row)]
            self.problems.append(Problem(upstream.file, line, field, value or "", reason(line)))


def _unusable(upstream: Columns, needed: Sequence[str]) -> str:
    """Why a file cannot be taken over at all, or nothing."""
    if not upstream.readable:
        return upstream.findings[0].message
    for name in needed:
        if times := upstream.header.count(name) - 1:
            return f"has no column {name}" if times < 0 else f"has more than one column {name}"
    return "has a column row, which no file of this format has" if "row" in needed else ""


def _first_below(faults: list[tuple[int, str]], line: int) -> str:
    """What is wrong with the row that starts on a line: the first fault from there on."""
    place = bisect_left(faults, (line, ""))
    return faults[place][1] if place < len(faults) else "the row is broken"


def plain_count(name: str) -> pl.Expr:
    """A count as text, without the decimals that some editions print: `120.0` is 120."""
    return pl.col(name).str.strip_chars().str.replace(r"^([0-9]+)[.]0*$", "$1")


def symbol_facts(symbols: pl.Series, meetings: pl.Series) -> pl.DataFrame:
    """What document symbols say: `symbol`, `meeting`, `body_id`, `session` and `kind` of a vote.

    A symbol that does not parse is kept as it stands, for the checks to find.
    """
    return pl.DataFrame(
        [_facts(symbol.strip(), meeting.strip()) for symbol, meeting in zip(symbols, meetings, strict=True)],
        schema=dict.fromkeys(("symbol", "meeting", "body_id", "session", "kind"), pl.String),
    )


def _facts(symbol: str, meeting: str) -> dict[str, str]:
    parsed = _parsed(symbol) or _parsed(meeting)
    prefix = {"A": "unga", "S": "unsc"}.get((symbol or meeting)[:1], "")
    kind = parsed.kind.value if parsed and _parsed(symbol) else ""
    return {
        "symbol": symbol,
        "meeting": meeting,
        "body_id": parsed.body if parsed else prefix,
        "session": (parsed.session if parsed else None) or "",
        "kind": kind,
    }


@cache
def _parsed(symbol: str) -> Symbol | None:
    try:
        return parse_symbol(symbol)
    except InvalidSymbol:
        return None


def slug_of(symbols: pl.Series, ids: pl.Series) -> pl.Series:
    """An identifier for each vote from its symbol, with the upstream id where that is not unique."""
    named = [parsed.slug if (parsed := _parsed(symbol.strip())) else "vote" for symbol in symbols]
    often = Counter(named)
    unique = [
        slug if often[slug] == 1 and slug != "vote" else f"{slug}-{id.lower()}"
        for slug, id in zip(named, ids, strict=True)
    ]
    return pl.Series("vote_id", unique, dtype=pl.String)


class File(NamedTuple):
    """An upstream file, unpacked, under the name that messages call it by."""

    name: str
    data: bytes

    def columns(self) -> Columns:
        """The file as columns of text."""
        return read_columns(self.data, self.name)


def read_inputs(paths: Sequence[Path], tell: Callable[[float], None] = lambda _: None) -> Iterator[File]:
    """The CSV files at some paths; `.gz` and `.zip` are read as they are.

    `tell` is told what part of them is done, from 0 to 1.

    Raises `UsageError` for a path given twice, and for a zip that holds no CSV file.
    """
    seen: set[Path] = set()
    for number, path in enumerate(paths):
        tell(number / len(paths))
        if path.resolve() in seen:
            raise UsageError(f"{path}: is given twice; name each file once")
        seen.add(path.resolve())
        files = _unpacked(path)
        if (first := next(files, None)) is None:
            raise UsageError(f"{path}: holds no CSV file; name a zip or a file of this format")
        for name, data in chain([first], files):
            yield File(name, data)


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".gz":
            yield str(path), gzip.decompress(data)
        elif path.suffix.lower() == ".zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.infolist():
                    # What a Mac adds about a file has the file's name.
                    if member.filename.lower().endswith(".csv") and "__MACOSX/" not in member.filename:
                        yield f"{path}/{member.filename}", archive.read(member)
        else:
            yield str(path), data
    except gzip.BadGzipFile:
        raise EnvironmentFault(f"{path}: is damaged, or no gzip file; download it again") from None
    except ZIP_FAULTS as fault:
        raise EnvironmentFault(
            f"{path}: cannot be unpacked: {str(fault).lower()}; download it again"
        ) from None
    except OSError as fault:
        raise EnvironmentFault(f"{path}: cannot be read: {(fault.strerror or str(fault)).lower()}") from None


def canonical_tables(*names: str) -> dict[str, pl.DataFrame]:
    """Tables of the package that comes with hrdata, as text."""
    package = read_package(bundled_package())
    return {name: package.tables[name].frame.cast(pl.String) for name in names}


def whole_table(model: type[Row], rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of text as their table is written: all columns in order, sorted by key, empty cells null."""
    names = [field.name for field in fields_of(model)]
    whole = rows.select(pl.col(name) if name in rows.columns else pl.lit("").alias(name) for name in names)
    return whole.sort(model.KEY).select(pl.all().replace("", None))


def refuse_existing(out: Path) -> None:
    """Raise `Conflict` when something is at `out` already, other than an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Conflict(f"{out}: is there already; name a folder that is not")


def write_package(harvest: Harvest, out: Path, descriptor: dict[str, object]) -> None:
    """Write what was harvested as a package: all of it, or nothing.

    Raises `Conflict` when something is at `out` already, `EnvironmentFault` when it cannot be written.
    """
    out = out.resolve()
    refuse_existing(out)
    made = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        (partial / "data").mkdir()
        models = [model for name, model in MODELS.items() if name in harvest.tables]
        for model in models:
            whole = whole_table(model, harvest.tables[model.TABLE])
            whole.write_csv(partial / f"data/{model.TABLE}.csv")
        resources = [resource(model, f"data/{model.TABLE}.csv") for model in models]
        described = {"$schema": f"{PROFILES}/datapackage.json", **descriptor, "resources": resources}
        (partial / DESCRIPTOR).write_text(as_json(described), encoding="utf-8", newline="\n")
        partial.chmod(0o755)
        partial.replace(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise
