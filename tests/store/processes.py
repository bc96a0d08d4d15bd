"""Real processes at one store: `kill FOLDER COMMAND` and `publish ADDRESS JOB...`.

kill: for each n a store of its own, FOLDER/n, in which a process runs the command and is killed with
signal 9 at its n-th call to the file system; says how many were.

publish: a process for each job VERSION=TEXT, all let go at once; says of each how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from places import content, killing_system, use_system

from hrdata.errors import HrdataError
from hrdata.store import open_store

COMMANDS: dict[str, Callable[[str], object]] = {
    "first": lambda place: open_store(place).publish("p", "1.0.0", content("a")),
    "publish": lambda place: open_store(place).publish("p", "1.1.0", content("b")),
    "yank": lambda place: open_store(place).yank("p", "1.0.0", "wrong"),
}


def in_child(work: Callable[[], None]) -> int:
    """Start a process of its own for some work."""
    if child := os.fork():
        return child
    try:
        work()
    finally:
        sys.stdout.flush()
        os._exit(0)


def kill_everywhere(folder: Path, command: str) -> int:
    """How many calls to the file system there are to be killed at."""
    for number in count(1):
        place = str(folder / str(number))
        if command != "first":
            COMMANDS["first"](place)

        def work(at: int = number, place: str = place) -> None:
            use_system(killing_system(at))
            COMMANDS[command](place)

        _, status = os.waitpid(in_child(work), 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return number - 1
    raise AssertionError


def publish_at_once(address: str, jobs: list[str]) -> None:
    """Publish each job by a process of its own."""
    gate, opened = os.pipe()

    def work(job: str) -> None:
        os.close(opened)
        os.read(gate, 1)  # returns once nobody holds the other end
        version, _, text = job.partition("=")
        try:
            is_new = open_store(address).publish("p", version, content(text)).is_new
            said = "new" if is_new else "there"
        except HrdataError as fault:
            said = f"{type(fault).__name__} {fault.exit_code}"
        os.write(1, f"{job} {said}\n".encode())

    children = [in_child(lambda job=job: work(job)) for job in jobs]  # type: ignore[misc]
    os.close(opened)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "kill":
        print(kill_everywhere(Path(where), *rest))
    else:
        publish_at_once(where, rest)
