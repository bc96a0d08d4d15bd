"""What a git repository holds at a revision, read without touching the work tree."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from hrdata.errors import EnvironmentFault
from hrdata.fields import printable_line

SCHEME = "git:"

_SET_BY_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for its hooks; it would lead away from the folder that we ask about."""

_LINK, _FILES = "120000", ("100644", "100755")
_MOST_LINKS = 40


def ask_git(folder: Path, *arguments: str, in_hook: bool = False) -> bytes:
    """What git says, asked in a folder; with `in_hook` about the commit that is being made.

    Raises `EnvironmentFault` with git's own first line of complaint.
    """
    dropped = () if in_hook else _SET_BY_HOOKS
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    try:
        asked = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            env=environment | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise EnvironmentFault("git is not installed, but is needed to read a revision") from None
    except OSError as fault:
        raise EnvironmentFault(f"git cannot be run: {(fault.strerror or str(fault)).lower()}") from None
    if asked.returncode:
        complaint = asked.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise EnvironmentFault(f"{folder}: {printable_line(complaint[0].removeprefix('fatal: '))}")
    return asked.stdout


def find_repository(folder: Path) -> tuple[Path, str]:
    """The top of the work tree that a folder is in, and the path from there to the folder.

    Raises `EnvironmentFault` when it is in none.
    """
    try:
        said = ask_git(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    except EnvironmentFault as fault:
        hint = "; call hrdata within the repository" * ("not a git repository" in str(fault))
        raise EnvironmentFault(f"{fault}{hint}") from None
    top, prefix = os.fsdecode(said).split("\n")[:2]
    return Path(top), prefix.rstrip("/")


@dataclass(frozen=True)
class Revision:
    """The files below a folder of a repository, as a commit has them.

    `top` is the folder, as a path from the top of the repository; `label` what people call it all.
    Files come as a checkout would write them: line ends converted, large files fetched.
    """

    repository: Path
    commit: str
    top: str
    label: str

    @property
    def base(self) -> str:
        """Where the same files stand in the work tree."""
        return str(self.repository / self.top)

    @cached_property
    def _git_dir(self) -> str:
        """Where git keeps the repository."""
        return os.fsdecode(ask_git(self.repository, "rev-parse", "--absolute-git-dir")).removesuffix("\n")

    @cached_property
    def _modes(self) -> dict[str, str]:
        """The mode of every file of the commit, by its path."""
        listed = ask_git(self.repository, "ls-tree", "-r", "-z", "--full-tree", self.commit)
        pairs = (entry.split("\t", 1) for entry in os.fsdecode(listed).split("\0") if entry)
        return {path: words.split(" ")[0] for words, path in pairs}

    def paths(self) -> list[str]:
        """The path of every file of the commit, from the top of the repository."""
        return list(self._modes)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        found = self._follow(posixpath.join(self.top, path))
        if found is None or found not in self._modes:
            if found is not None and any(name.startswith(f"{found}/") for name in self._modes):
                raise OSError("it is not a plain file")
            raise FileNotFoundError(path)
        if self._modes[found] not in _FILES:
            raise OSError("it is not a plain file")
        with self._attributes_for(found) as tree:
            place = (f"--git-dir={self._git_dir}", f"--work-tree={tree}")
            return ask_git(Path(tree), *place, "cat-file", "--filters", f"{self.commit}:{found}")

    def leaves(self, path: str) -> bool:
        """Whether following links ends up outside the folder, or nowhere."""
        top, found = self._follow(self.top), self._follow(posixpath.join(self.top, path))
        if top is None or found is None:
            return True
        return bool(top) and found != top and not found.startswith(f"{top}/")

    @contextmanager
    def _attributes_for(self, path: str) -> Iterator[str]:
        """A work tree of nothing but the .gitattributes of the commit: git looks for them in one only."""
        with TemporaryDirectory(prefix="hrdata-") as folder:
            for above in PurePosixPath(path).parents:
                name = str(above / ".gitattributes")
                if self._modes.get(name) in _FILES:
                    Path(folder, above).mkdir(parents=True, exist_ok=True)
                    Path(folder, name).write_bytes(self._blob(name))
            yield folder

    def _blob(self, path: str) -> bytes:
        """What the commit has at a path, unconverted."""
        return ask_git(self.repository, "cat-file", "blob", f"{self.commit}:{path}")

    def _follow(self, path: str) -> str | None:
        """The path that links lead to, or nothing if they leave the repository or run in a circle."""
        done: list[str] = []
        ahead = path.split("/")
        links = 0
        while ahead:
            part = ahead.pop(0)
            if part == ".." and not done:
                return None
            if part == "..":
                done.pop()
            elif part not in ("", "."):
                done.append(part)
            if self._modes.get(step := "/".join(done)) == _LINK:
                links += 1
                target = os.fsdecode(self._blob(step))
                if target.startswith("/") or links > _MOST_LINKS:
                    return None
                done.pop()
                ahead = [*target.split("/"), *ahead]
        return "/".join(done)


def open_revision(folder: Path, revision: str, top: str, label: str) -> Revision:
    """The files below `top` of the repository that a folder is in, at a revision.

    Raises `EnvironmentFault` when there is no repository or no such revision.
    """
    repository, _ = find_repository(folder)
    try:
        said = ask_git(
            repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except EnvironmentFault:
        said = b""
    commit = os.fsdecode(said).strip()
    if not commit.isalnum():  # a range such as main..HEAD is several, each on a line
        is_shallow = ask_git(repository, "rev-parse", "--is-shallow-repository").strip() == b"true"
        fetch = (
            "fetch it: this clone is shallow and has the last ones only (git fetch --unshallow, or "
            "fetch-depth: 0 of actions/checkout)"
        )
        remedy = fetch if is_shallow else "name a commit, branch or tag that git log shows"
        raise EnvironmentFault(f"{label}: there is no revision {revision or 'of that name'} here; {remedy}")
    return Revision(repository, commit, top, label)
