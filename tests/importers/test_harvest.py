"""What all importers share: files that cannot be taken, the account, what is written and what is left."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from hrdata.check import LISTED_PER_CHECK
from hrdata.datasets import MODELS
from hrdata.errors import Conflict, EnvironmentFault, HrdataError, UsageError
from hrdata.importers import FORMATS, import_files
from hrdata.importers.harvest import Harvest
from hrdata.importers.names import nearest_hint
from hrdata.read import read_columns
from importers import test_chr_hrc, test_undl, test_untc, test_upr_info, test_voeten

Grid = list[list[str]]


class Sample(NamedTuple):
    """A file that a format takes, a column that it needs, and the column of its states."""

    name: str
    data: bytes
    needed: str
    state: str

    @property
    def grid(self) -> Grid:
        return list(csv.reader(io.StringIO(self.data.decode(), newline="")))


TEXTS = test_chr_hrc.as_file(test_chr_hrc.TEXT_COLUMNS, [test_chr_hrc.text()])
SAMPLES = {
    "chr-hrc": Sample(
        "votes_long.csv",
        test_chr_hrc.as_file(test_chr_hrc.REBUILT, test_chr_hrc.roll_of(test_chr_hrc.TEXT)),
        *("record_id", "country_latest"),
    ),
    "undl": Sample("voting.csv", test_undl.as_file(test_undl.rows_of()), "date", "ms_name"),
    "untc": Sample(
        "4-4.csv",
        test_untc.as_table(("Cuba", "1 Jan 1990", "2 Feb 1991"), ("Mali", "1 Jan 1990", "")),
        *("Participant", "Participant"),
    ),
    "upr-info": Sample(
        "export.csv",
        test_upr_info.as_file(test_upr_info.THREE, encoding="utf-8", end="\n") + b"\n",
        *("To", "From"),
    ),
    "voeten": Sample(
        "UNVotes.csv",
        test_voeten.as_file(test_voeten.ballots_of(), test_voeten.OF_BALLOTS),
        *("rcid", "ccode"),
    ),
}

every_format = pytest.mark.parametrize("format", FORMATS)


def as_csv(grid: Grid) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(grid)
    return text.getvalue().encode()


def taken(folder: Path, format: str, data: bytes, *, name: str = "", out: str = "out") -> Harvest:
    """Import a file in place of the sample of a format, beside the texts where it needs them."""
    folder.mkdir(exist_ok=True)
    file = folder / (name or SAMPLES[format].name)
    file.write_bytes(data)
    return import_files(format, [*companions(folder, format), file], folder / out)


def companions(folder: Path, format: str) -> list[Path]:
    if format != "chr-hrc":
        return []
    (folder / "resolutions.csv").write_bytes(TEXTS)
    return [folder / "resolutions.csv"]


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def refused(folder: Path, format: str, data: bytes) -> str:
    """Why a file is refused, in one line that names it; nothing may be left of the import."""
    with pytest.raises(UsageError) as fault:
        taken(folder, format, data)
    message, name = str(fault.value), SAMPLES[format].name
    assert message.startswith(f"{folder / name}: ")
    assert message.endswith("; is it a file of this format?")
    assert "\n" not in message
    assert files_in(folder) <= {name, "resolutions.csv"}
    return message.removeprefix(f"{folder / name}: ").removesuffix("; is it a file of this format?")


# Files that cannot be taken


@every_format
def test_the_samples_are_taken_over_in_full(tmp_path: Path, format: str) -> None:
    harvest = taken(tmp_path, format, SAMPLES[format].data)
    assert harvest.rows_in == harvest.rows_out == len(SAMPLES[format].grid) - 1 + (format == "chr-hrc")
    assert harvest.problems == []


@pytest.mark.parametrize("format", sorted({*FORMATS} - {"untc"}))  # which looks at all columns
def test_a_column_named_row_changes_nothing(tmp_path: Path, format: str) -> None:
    sample = SAMPLES[format]
    more = [["row" if number == 0 else "", *row] for number, row in enumerate(sample.grid)]
    plain = taken(tmp_path / "plain", format, sample.data)
    harvest = taken(tmp_path / "row", format, as_csv(more))
    assert (harvest.rows_in, harvest.rows_out) == (plain.rows_in, plain.rows_out)
    for file in (tmp_path / "plain/out/data").iterdir():
        assert (tmp_path / "row/out/data" / file.name).read_bytes() == file.read_bytes()


@every_format
def test_a_needed_column_that_is_missing_is_named(tmp_path: Path, format: str) -> None:
    sample = SAMPLES[format]
    place = sample.grid[0].index(sample.needed)
    less = [[cell for index, cell in enumerate(row) if index != place] for row in sample.grid]
    assert refused(tmp_path, format, as_csv(less)) == f"has no column {sample.needed}"


@every_format
def test_a_needed_column_that_is_there_twice_is_named(tmp_path: Path, format: str) -> None:
    sample = SAMPLES[format]
    place = sample.grid[0].index(sample.needed)
    twice = [[*row, row[place]] for row in sample.grid]
    assert refused(tmp_path, format, as_csv(twice)) == f"has more than one column {sample.needed}"


UNREADABLE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "the file is UTF-16"),
    "UTF-32": (lambda data: data.decode().encode("utf-32"), "the file is UTF-32"),
    # A file of UPR Info without a mark is in Mac Roman, where every byte is a letter.
    "bad bytes": (lambda data: b"\xef\xbb\xbf" + data + b"\xff\n", "the byte 0xFF at offset "),
    "empty": (lambda _: b"", "the file is empty"),
}


@every_format
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, format: str, kind: str) -> None:
    spoil, words = UNREADABLE[kind]
    message = refused(tmp_path, format, spoil(SAMPLES[format].data))
    assert message.startswith(words) or (kind, format) == ("empty", "upr-info")


@every_format
def test_a_zip_without_a_csv_file_is_refused(tmp_path: Path, format: str) -> None:
    with zipfile.ZipFile(tmp_path / "4-4.zip", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    with pytest.raises(UsageError, match=r"4-4\.zip: holds no CSV file; name a zip or a file of this format"):
        import_files(format, [*companions(tmp_path, format), tmp_path / "4-4.zip"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


SPELLINGS: dict[str, Callable[[Path], Path]] = {
    "alike": lambda file: file,
    "with a dot": lambda file: Path(os.path.join(file.parent, ".", file.name)),
    "by the folder above": lambda file: file.parent / ".." / file.parent.name / file.name,
    "from here": lambda file: Path(os.path.relpath(file)),
    "by a link": lambda file: file.parent / "link" / file.name,
}


@every_format
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_path_that_is_given_twice_is_refused(tmp_path: Path, format: str, spelling: str) -> None:
    file = tmp_path / SAMPLES[format].name
    file.write_bytes(SAMPLES[format].data)
    (tmp_path / "link").symlink_to(tmp_path)
    again = SPELLINGS[spelling](file)
    with pytest.raises(UsageError) as fault:
        import_files(format, [*companions(tmp_path, format), file, again], tmp_path / "out")
    assert str(fault.value) == f"{again}: is given twice; name each file once"
    assert not (tmp_path / "out").exists()


# The account


@pytest.mark.parametrize("zipped", [False, True], ids=["folders", "folders in a zip"])
def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path, zipped: bool) -> None:
    paths = [tmp_path / folder / "voting.csv" for folder in ("a", "b")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        spoilt = test_undl.rows_of(("CHINA", "?"), ("FRANCE", "Y"), undl_id=str(number))
        path.write_bytes(test_undl.as_file(spoilt))
    if zipped:
        with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
            for path in paths:
                archive.write(path, path.relative_to(tmp_path))
        paths = [tmp_path / "both.zip"]
    harvest = import_files("undl", paths, tmp_path / "out")
    assert (harvest.rows_in, harvest.rows_out, harvest.rows_reported) == (4, 2, 2)
    assert len({problem.file for problem in harvest.problems}) == 2
    assert harvest.tables["ballots"].height == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_in_a_zip_are_both_read_or_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "voting.zip", "w") as archive:
        for name in ("CHINA", "FRANCE"):
            archive.writestr("voting.csv", test_undl.as_file(test_undl.rows_of((name, "Y"))))
    try:
        harvest = import_files("undl", [tmp_path / "voting.zip"], tmp_path / "out")
    except HrdataError:
        return
    assert set(harvest.tables["ballots"]["state_id"]) == {"CHN", "FRA"}


def some_columns(name: str, rows: int) -> Any:
    return read_columns(b"a,b\n" + b"1,2\n" * rows, name)


def test_problems_are_capped_for_each_column_of_each_file_and_every_row_counts_once() -> None:
    many = LISTED_PER_CHECK + 500
    harvest = Harvest()
    harvest.report(
        some_columns("one.csv", many), pl.DataFrame({"row": range(many), "a": ["?"] * many}), "a", ""
    )
    assert (harvest.rows_reported, len(harvest.problems)) == (many, LISTED_PER_CHECK)
    harvest = Harvest()
    files = [some_columns(name, many) for name in ("one.csv", "other.csv")]
    for upstream in files:
        rows = harvest.take(upstream, ("a", "b"))
        harvest.report(upstream, rows.head(600), "a", "is odd")
        harvest.report(upstream, rows.tail(900), "a", "is strange")
        harvest.report(upstream, rows, "b", "is odd")
    listed = [(problem.file, problem.field) for problem in harvest.problems]
    pairs = [(file.file, field) for file in files for field in ("a", "b")]
    assert {pair: listed.count(pair) for pair in pairs} == dict.fromkeys(pairs, LISTED_PER_CHECK)
    # The second reason has what room the first one left.
    assert sum(problem.reason == "is strange" for problem in harvest.problems) == 2 * 400
    assert harvest.problems[600].line == 602
    assert (harvest.rows_in, harvest.rows_reported, harvest.rows_out) == (2 * many, 2 * many, 0)


def test_rows_that_are_broken_are_reported_with_their_fault_and_left_out() -> None:
    harvest = Harvest()
    upstream = read_columns(b'row,a,b\n1,2,3\n4,5\n6,"7\n8",9"\n,,\n10,11,12,13\n', "f.csv")
    rows = harvest.take(upstream, ("a",))
    assert rows.columns == ["row", "a"]
    assert rows.rows() == [(0, "2"), (3, "")]
    assert [(problem.line, problem.reason) for problem in harvest.problems] == [
        (3, "the row has 2 cells, but expected 3"),
        (4, "the cell holds a quote but does not start with one"),
        (7, "the row has 4 cells, but expected 3"),
    ]
    assert (harvest.rows_in, harvest.rows_reported) == (5, 3)


@every_format
def test_the_nearest_name_is_not_looked_for_thousands_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    """To find it takes a thousandth of a second or more."""
    calls: list[str] = []

    def look(name: str, *_: object, **__: object) -> list[str]:
        calls.append(name)
        return []

    monkeypatch.setattr(difflib, "get_close_matches", look)
    sample, many = SAMPLES[format], 5 * LISTED_PER_CHECK
    header, row = sample.grid[:2]
    place = header.index(sample.state)
    unknown = [[*row[:place], f"Land {number} East", *row[place + 1 :]] for number in range(many)]
    # A code of its own for each, where there are codes.
    unknown = [[f"X{n}" if name == "iso3" else cell for name, cell in zip(header, row, strict=True)]
               for n, row in enumerate(unknown)]  # fmt: skip
    harvest = taken(tmp_path, format, as_csv([header, *unknown]))
    of_the_file = [problem for problem in harvest.problems if problem.field == sample.state]
    assert len(of_the_file) == LISTED_PER_CHECK
    assert harvest.rows_in - harvest.rows_out >= many
    assert len(calls) <= LISTED_PER_CHECK


@pytest.mark.parametrize("column", ["Signature", "row"])
def test_no_cell_of_a_status_table_is_lost_without_a_word(tmp_path: Path, column: str) -> None:
    table = test_untc.as_table(("Cuba", "1 Jan 1990", "2 Feb 1991"), columns=("Signature", column))
    try:
        harvest = taken(tmp_path, "untc", table)
    except UsageError:
        return
    assert harvest.rows_reported == 1


# What is written


@every_format
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_tables_are_written_by_key_without_needless_quotes(tmp_path: Path, format: str, order: int) -> None:
    header, *rows = SAMPLES[format].grid
    taken(tmp_path, format, as_csv([header, *rows[::order]]))
    written = sorted((tmp_path / "out/data").iterdir())
    assert len(written) > 3
    for file in written:
        data = file.read_bytes()
        assert b'""' not in data
        grid = list(csv.reader(io.StringIO(data.decode(), newline="")))
        assert as_csv(grid) == data
        names = grid[0]
        keys = [[row[names.index(part)] for part in MODELS[file.stem].KEY] for row in grid[1:]]
        assert keys == sorted(keys)


@every_format
def test_the_order_of_rows_does_not_matter(tmp_path: Path, format: str) -> None:
    header, *rows = SAMPLES[format].grid
    for name, order in (("one", 1), ("other", -1)):
        taken(tmp_path / name, format, as_csv([header, *rows[::order]]))
    for file in (tmp_path / "one/out/data").iterdir():
        assert (tmp_path / "other/out/data" / file.name).read_bytes() == file.read_bytes()


STEPS = {
    "the folder": (Path, "mkdir"),
    "a table": (pl.DataFrame, "write_csv"),
    "the descriptor": (Path, "write_text"),
    "the rights": (Path, "chmod"),
    "the move": (Path, "replace"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, MemoryError])
@pytest.mark.parametrize("there", [False, True], ids=["nothing there", "an empty folder there"])
def test_an_import_that_fails_while_it_writes_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: type[BaseException], there: bool
) -> None:
    owner, name = STEPS[step]
    kept, calls = getattr(owner, name), []

    def fail(*of: Any, **how: Any) -> Any:
        calls.append(of)
        # What is half done has been written.
        kept(*of, **how) if name in ("mkdir", "write_csv") else None
        if len(calls) == (2 if name in ("mkdir", "write_csv") else 1):
            raise fault

    file = tmp_path / "voting.csv"
    file.write_bytes(SAMPLES["undl"].data)
    if there:
        (tmp_path / "out").mkdir()
    before = files_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(fault):
            import_files("undl", [file], tmp_path / "out")
    assert calls
    assert files_in(tmp_path) == before
    import_files("undl", [file], tmp_path / "out")
    assert files_in(tmp_path) >= before | {"out/data/votes.csv"}


def test_what_an_import_writes_can_be_read_by_others(tmp_path: Path) -> None:
    taken(tmp_path, "undl", SAMPLES["undl"].data)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
    shutil.rmtree(tmp_path / "out")


# What is told


def test_what_is_done_is_told_step_by_step(tmp_path: Path) -> None:
    def told_of(number: int) -> list[tuple[str, float]]:
        told: list[tuple[str, float]] = []
        folder = tmp_path / str(number)
        folder.mkdir()
        files = [folder / f"{name}.csv" for name in "abcdefgh"[:number]]
        for n, file in enumerate(files):
            file.write_bytes(test_undl.as_file(test_undl.rows_of(undl_id=str(n))))
        import_files("undl", files, folder / "out", lambda text, part: told.append((text, part)))
        return told

    few, many = told_of(2), told_of(5)
    names = f"{tmp_path / '2/a.csv'}, {tmp_path / '2/b.csv'}"
    assert [text for text, _ in few] == [f"reading {names}"] * 2 + [f"writing {tmp_path / '2/out'}"]
    assert {text for text, _ in many} == {"reading 5 files", f"writing {tmp_path / '5/out'}"}
    parts = [part for _, part in many]
    assert parts == sorted(parts)
    assert all(0 <= part <= 1 for part in parts)
    assert len(set(parts)) == 6


def test_what_stands_at_out_is_noticed_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        import_files("undl", [tmp_path / "not-there.csv"], tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    "data",
    [b"hello", gzip.compress(b"a,b\n" * 9, mtime=0)[:-8] + b"12345678"],
    ids=["no gzip", "bad trailer"],
)
def test_a_file_that_is_no_sound_gzip_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "votes.csv.gz").write_bytes(data)
    with pytest.raises(EnvironmentFault, match="is damaged, or no gzip file; download it again"):
        import_files("undl", [tmp_path / "votes.csv.gz"], tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CHINNA", "; the nearest known name is China"),
        ("Untied States", "; the nearest known name is United States"),
        ("Montserrat", ""),
        ("United Nations", ""),
    ],
)
def test_only_a_name_that_is_really_near_is_suggested_as_it_is_written(name: str, hint: str) -> None:
    assert nearest_hint(name) == hint
