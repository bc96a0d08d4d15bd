"""What a row is: the base of every model, and the words that may stand in a vocabulary column."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from hrdata.check import CHECKS, Check


class Vocabulary(StrEnum):
    """A closed list of words; each member carries its one-line meaning."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Self:
        """A member is its word, with a meaning."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member


class Row(BaseModel):
    """One row of a table. A subclass is the rule book of its table.

    `TABLE` is the name of the table, `KEY` the columns that identify a row. The row checks
    declared for the table hold for every row built in Python, too.
    """

    # Most commands build no row: what checks one is made when the first is built.
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, str_strip_whitespace=False)

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]

    @property
    def key_text(self) -> str:
        """The key of the row as one text; the parts of a composite key are joined by `|`."""
        return "|".join(str(getattr(self, part)) for part in self.KEY)

    @model_validator(mode="after")
    def _obeys_the_row_checks(self) -> Self:
        for check, columns in _row_checks_of(self.TABLE):
            verdict = check.judge and check.judge(*(getattr(self, name) for name in columns))
            if verdict is not None:
                words = {"row_id": self.key_text, **verdict}
                raise PydanticCustomError(
                    "row", "{check}: {message}", {"check": check.id, "message": check.message.format(**words)}
                )
        return self


def _row_checks_of(table: str) -> Iterator[tuple[Check, tuple[str, ...]]]:
    """The row checks that bind a table, each with the columns it is given."""
    for declared in CHECKS.values():
        for columns in declared.columns.get(table, ()):
            yield declared, columns
