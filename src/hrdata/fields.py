"""Field types that several tables share: the one place where the form of a value is ruled.

A type judges a Python value and the text of a CSV cell alike, so that people who build rows in
Python and people who edit files hear the same verdict. Its `Form` travels with it: schemas, the
codebook and messages are derived from there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hrdata.dates import EDTF_PATTERN, InvalidDate, date_bounds
from hrdata.symbols import InvalidSymbol, parse_symbol


@dataclass(frozen=True)
class Reference:
    """The field holds the key of a row of `table`."""

    table: str


@dataclass(frozen=True)
class Form:
    """What the text of a field looks like, for readers and schemas that do not run our code.

    With `expected`, the pattern is also what a value is judged by; without, the field has a
    validator of its own that is stricter than the pattern. `advice` says how to write a number, a
    truth value or a date, for hints.
    """

    kind: str
    type: str = "string"
    pattern: str = ""
    expected: str = ""
    advice: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge by the pattern, after the type itself."""
        schema = handler(source)
        if not self.expected:
            return schema
        return core_schema.no_info_after_validator_function(self._matches, schema)

    def _matches(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError(self.kind, "is not {expected}", {"expected": self.expected})
        return text


_INVISIBLE = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane + end) for plane in range(0x10000, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
"""Control characters, what shows nothing or turns the direction of text, and what is no character at
all: they hide in keys, and some formats cannot hold them."""


def printable(text: str) -> str:
    r"""`text` with each control or invisible character written as an escape.

    >>> printable("red\x1b[31m")
    'red\\x1b[31m'
    """
    return _INVISIBLE.sub(lambda found: ascii(found.group())[1:-1], text)


LOG_COMMAND = re.compile(r"#(?=#[A-Za-z]*\[)")
"""The first sign of what the logs of some CI services take for a command: `##[`, `##vso[`."""


def printable_line(text: str) -> str:
    r"""`text` as one line that is safe to print: neither a terminal nor a CI log obeys it.

    Logs of CI services take a line that starts with `::`, and `##[` or `##vso[` anywhere, for a command.

    >>> printable_line("::error::no ##[warning]\n")
    '\\x3a:error::no \\x23#[warning]\\n'
    >>> printable_line("##vso[task.setvariable] ## heading")
    '\\x23#vso[task.setvariable] ## heading'
    """
    line = LOG_COMMAND.sub(r"\\x23", printable(text))
    return re.sub(r"^(\s*):(?=:)", r"\1\\x3a", line)


def _clean(text: str) -> str:
    # Printable ASCII, which most text is, hides nothing and is in normal form C.
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    if hidden := _INVISIBLE.search(text):
        code = f"U+{ord(hidden.group()):04X}"
        is_none = unicodedata.category(hidden.group()) == "Cn"
        name = unicodedata.name(hidden.group(), "no character" if is_none else "a control character")
        raise PydanticCustomError(
            "text",
            "holds the invisible character {code} ({name}) at position {position}",
            {"code": code, "name": name, "position": hidden.start() + 1},
        )
    if not unicodedata.is_normalized("NFC", text):
        raise PydanticCustomError("text", "is not in Unicode normal form C")
    if text != text.strip():
        raise PydanticCustomError("text", "starts or ends with a space")
    return text


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch("0|[1-9][0-9]*", value):
        raise PydanticCustomError("number", "is not a whole number in plain digits, such as 1000")
    return value


def _true_or_false(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str):
        raise PydanticCustomError("number", "is neither true nor false")
    return value


def _unless(kind: str, judge: Callable[[str], object], complaint: type[ValueError]) -> AfterValidator:
    """Keep the text; what `judge` complains of becomes a field error of this kind."""

    def keep(text: str) -> str:
        try:
            judge(text)
        except complaint as reason:
            raise PydanticCustomError(kind, "{reason}", {"reason": str(reason)}) from None
        return text

    return AfterValidator(keep)


_SLUG = "[a-z0-9]+(-[a-z0-9]+)*"

Text = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_clean), Form("text")]
Slug = Annotated[
    str, Form("identifier", pattern=_SLUG, expected="lower-case letters and digits joined by single hyphens")
]
StateCode = Annotated[
    str, Form("identifier", pattern="[A-Z]{3}", expected="a state code of three capital letters")
]
Iso2 = Annotated[str, Form("identifier", pattern="[A-Z]{2}", expected="a code of two capital letters")]
M49 = Annotated[str, Form("identifier", pattern="[0-9]{3}", expected="a code of three digits")]
Language = Annotated[
    str, Form("identifier", pattern="[a-z]{2,3}", expected="a language code such as en (ISO 639)")
]
Session = Annotated[
    str,
    Form(
        "identifier",
        pattern="([1-9][0-9]{0,2}|E?S-[1-9][0-9]?|OM/[1-9])",
        expected="a session such as 61, S-27 (special) or ES-10 (emergency)",
    ),
]
Url = Annotated[
    str, Form("identifier", pattern="https?://[!-~]+", expected="a web address with http:// or https://")
]
FileName = Annotated[
    str,
    Form("identifier", pattern="[A-Za-z0-9][A-Za-z0-9._-]*", expected="a plain file name without folders"),
]
Count = Annotated[
    int,
    BeforeValidator(_whole_number),
    Field(ge=0, le=10_000_000_000),
    Form("number", type="integer", advice="digits only, such as 1000"),
]
Flag = Annotated[
    bool, BeforeValidator(_true_or_false), Form("number", type="boolean", advice="true or false")
]
EDTF_ADVICE = "2008-04-21, 2008-04, 2008 or 198X, as precisely as the source has it"
Edtf = Annotated[
    str,
    _unless("date", date_bounds, InvalidDate),
    Form("date", pattern=EDTF_PATTERN, advice=EDTF_ADVICE),
]
UnSymbol = Annotated[str, _unless("symbol", parse_symbol, InvalidSymbol), Form("symbol")]

SourceId = Annotated[Slug, Reference("sources")]
StateId = Annotated[StateCode, Reference("states")]
BodyId = Annotated[Slug, Reference("bodies")]
VoteId = Annotated[Slug, Reference("votes")]
TreatyId = Annotated[Slug, Reference("treaties")]
ReviewId = Annotated[Slug, Reference("upr_reviews")]
EventId = Annotated[Slug, Reference("events")]
TableName = Annotated[str, Form("identifier", pattern="[a-z][a-z0-9_]*", expected="the name of a table")]
FieldName = Annotated[
    str,
    Form(
        "identifier", pattern="([*]|[a-z][a-z0-9_]*)", expected="the name of a column, or * for the whole row"
    ),
]
CheckId = Annotated[
    str, Form("identifier", pattern="[A-Z]{3}[0-9]{3}", expected="the id of a check, such as VOT202")
]
Participant = Annotated[
    str,
    Form(
        "identifier",
        pattern=f"([A-Z]{{3}}|{_SLUG})",
        expected="a state code such as CHN, or the slug of a body",
    ),
]
