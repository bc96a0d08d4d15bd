"""How anything reaches a terminal or a log: escaped, so that nothing in the data is obeyed there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hrdata.fields import LOG_COMMAND, printable_line

if TYPE_CHECKING:
    from rich.console import Console


class Speaker:
    """Prints pieces of text on a console, each escaped, the first of them styled."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str = "", style: str = "", rest: str = "") -> None:
        """Print one line."""
        from rich.text import Text

        shown = printable_line(text + rest)
        line = Text(shown)
        line.stylize(style, 0, len(shown) - len(printable_line("." + rest)) + 1)
        self._console.print(line, soft_wrap=True, highlight=False)

    def title(self, text: str) -> None:
        """Print a heading after an empty line."""
        self.line()
        self.line(text, "bold")


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A function to tell what is being done and what part of it is, from 0 to 1.

    A terminal shows a bar as long as it goes on; elsewhere each new step is a line.
    """
    if not console.is_terminal:
        said: list[str] = []

        def tell(text: str, part: float) -> None:  # noqa: ARG001
            if [text] != said[-1:]:
                said.append(text)
                Speaker(console).line(text)

        yield tell
        return
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(*Progress.get_default_columns(), console=console, transient=True) as bar:
        task = bar.add_task("", total=1)
        yield lambda text, part: bar.update(task, description=escape(printable_line(text)), completed=part)


def as_safe_json(value: Any) -> str:
    """JSON in plain ASCII, without anything that the log of a CI service takes for a command."""
    return LOG_COMMAND.sub(r"\\u0023", json.dumps(value, indent=2))


def counted(number: int, word: str) -> str:
    """A number with its word.

    >>> counted(1, "row"), counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"
