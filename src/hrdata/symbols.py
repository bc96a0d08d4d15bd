"""UN document symbols: what a symbol such as A/RES/61/174 says about the document it names.

A symbol starts with its body, which decides how the rest is counted: the General Assembly by
session, the Security Council by year, and so on. `BODIES` says which body a symbol names and
which family of forms it follows; the families list their forms, written almost as they read.

Source: United Nations Documentation research guide, "UN Document Symbols"
(https://research.un.org/en/docs/symbols), and the symbols of the UN Digital Library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

__all__ = ["InvalidSymbol", "Symbol", "SymbolKind", "parse_symbol"]

LONGEST = 200


class InvalidSymbol(ValueError):
    """The text is no symbol of one UN document; the message completes the sentence "'X' ..."."""


class SymbolKind(StrEnum):
    """What sort of document a symbol names."""

    RESOLUTION = "resolution"
    """Text that a body adopted as its resolution (RES)."""
    DECISION = "decision"
    """Text that a body adopted as its decision (DEC)."""
    PRESIDENTIAL_STATEMENT = "presidential_statement"
    """Statement that the president makes on behalf of the body (PRST)."""
    DRAFT = "draft"
    """Document of limited distribution (L.): a draft or an amendment to one."""
    MEETING_RECORD = "meeting_record"
    """Verbatim (PV.) or summary (SR.) record of a meeting."""
    DOCUMENT = "document"
    """Any other document, such as a report or a letter."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One UN document symbol, taken apart. What the symbol does not state is None.

    >>> symbol = parse_symbol("A/RES/217(III)A")
    >>> symbol.body, symbol.session, symbol.number, symbol.part
    ('unga', '3', '217', 'A')
    """

    text: str
    """The symbol as it was written."""
    body: str
    """Slug of the organ that issued the document, such as `unga-c3`."""
    kind: SymbolKind
    """What sort of document it is."""
    session: str | None = None
    """Session in Arabic digits: `61`; `S-27` special, `ES-10` emergency, `OM/1` organisational."""
    year: int | None = None
    """Year that the symbol states; never guessed from the session."""
    number: str | None = None
    """Number within the series, as written; a treaty body's may cover several reports: `7-8`."""
    part: str | None = None
    """Part of the text: letter `A`, section `IX`, section of a part `B-IX`, `PARA.5`, `RULE-73`."""
    modifiers: tuple[str, ...] = ()
    """Suffixes in their order: `Rev.1`, `Add.1`, `Corr.1`, `Amend.1`, `Resumption1`, `PartII`."""

    @property
    def slug(self) -> str:
        """A slug for what the symbol names: body, session or year, what it is, number and part.

        >>> [parse_symbol(text).slug for text in ("A/RES/61/174", "S/RES/2323(2016)", "A/HRC/DEC/27/108")]
        ['unga-61-174', 'unsc-2323', 'unhrc-dec-27-108']
        """
        kind = {SymbolKind.RESOLUTION: None, SymbolKind.DECISION: "dec", SymbolKind.DRAFT: "l"}.get(
            self.kind, self.kind.value
        )
        # Security Council resolutions are numbered through; elsewhere numbers start anew.
        counted = None if self.body == "unsc" else self.session or self.year
        parts = (self.body, kind, counted, self.number, self.part, *self.modifiers)
        text = "-".join(str(part) for part in parts if part is not None)
        return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


KINDS = {
    "RES": SymbolKind.RESOLUTION,
    "DEC": SymbolKind.DECISION,
    "PRST": SymbolKind.PRESIDENTIAL_STATEMENT,
    "L": SymbolKind.DRAFT,
    "PV": SymbolKind.MEETING_RECORD,
    "SR": SymbolKind.MEETING_RECORD,
}

NUMBER = "[1-9][0-9]{0,5}"
YEAR = "(?P<year>19[4-9][0-9]|20[0-9]{2})"
ROMAN = "(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
# The Assembly counted in Roman numerals up to its thirtieth session and has used Arabic ones since.
ASSEMBLY_ROMAN = "(?=[IVX])(?:XXX|X{0,2}(?:IX|IV|V?I{0,3}))"
ASSEMBLY_SESSION = "(?P<session>3[1-9]|[4-9][0-9]|1[0-9]{2}|E?S-[1-9][0-9]?)"
COUNCIL_SESSION = "(?P<session>[1-9][0-9]{0,2}|S-[1-9][0-9]?|OM/[1-9])"
YEARS = f"(?:{YEAR}(?:/(?P<session>S-[1-9]))?|(?P<special>S-[1-9]))"
# No resolution has more than some twenty sections, so D, L, C and M are letters of parts.
SECTION = "[IVX]{1,6}"
PART_IN_BRACKETS = (
    f"(?:[A-Z]-)?{SECTION}|[A-Z]{{1,2}}|Section{SECTION}|PARA[.][0-9]{{1,2}}|RULE-(?:[A-Z]|[0-9]{{1,3}})"
)

FRAGMENTS = {
    "act": "(?P<series>RES|DEC)",
    "resolution": "(?P<series>RES)",
    "statement": "(?P<series>PRST)",
    "record": "(?P<series>PV|SR)[.]",
    "draft": "(?P<series>L)[.]",
    "paper": f"(?:(?:CRP|R|WP)[.]|(?:G|GOV|INF|MISC|NGO|NI|PET|WG[.]{NUMBER})/)",
    "topic": f"(?:[A-Z][A-Za-z-]{{0,14}}(?:[.]{NUMBER}/|[./])){{1,3}}",
    "number": f"(?P<number>{NUMBER})",
    "numbers": "(?P<number>[1-9][0-9]{0,5}(?:-[1-9][0-9]?)?)",
    "case": "D/(?P<number>[1-9][0-9]{0,4}/[0-9]{4})",
    "part": f"(?P<part>[A-Z](?:-{SECTION})?|{SECTION}|\\[(?:{PART_IN_BRACKETS})\\])?",
    "subpart": "(?P<part>[a-z])",
    "numeral": f"(?P<number>{ROMAN}|[A-Z])",
    "year": YEAR,
    "state": "[A-Z]{3}",
    "roman": f"(?P<roman>{ROMAN})",
}
MODIFIERS = (
    f"(?P<modifiers>(?:/(?:Rev|Add|Corr|Amend)[.]{NUMBER}"
    f"|\\((?:Resumption[1-9][0-9]?|Part{SECTION}|Vol[.]{SECTION}|Annex)\\))*)"
)
MODIFIER = re.compile(r"[^/()]+")
PLACEHOLDER = re.compile(r"\{(\w+)\}|.")


@dataclass(frozen=True)
class Family:
    """Bodies that count their documents alike: the forms, how sessions are written, and examples.

    In a form `{period}` is the session or year that these bodies count by, `{dated}` the same
    followed by a slash where there is one, the other names are fragments.
    """

    forms: tuple[str, ...]
    period: str
    examples: str
    roman: str = FRAGMENTS["roman"]

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        own = {"period": self.period, "dated": f"(?:{self.period}/)?", "roman": self.roman}
        return tuple(_compile(form, FRAGMENTS | own) for form in self.forms)


def _compile(form: str, fragments: dict[str, str]) -> re.Pattern[str]:
    def expand(found: re.Match[str]) -> str:
        return fragments[found[1]] if found[1] else re.escape(found[0])

    return re.compile(PLACEHOLDER.sub(expand, form) + MODIFIERS)


ACTS = ("{act}/{period}/{number}{part}",)
ROMAN_ACTS = ("{act}/{number}{part}({roman})", "{act}/{number}({roman}){part}")
RECORDS = ("{dated}{record}{number}", "{dated}{draft}{number}{part}", "{dated}{paper}{number}")
REPORTS = ("{dated}{number}",)
DATED_RECORDS = tuple(form.replace("{dated}", "{period}/") for form in RECORDS + REPORTS)
# The catalogue of the Commission's first sessions: numerals or letters, or no number at all.
EARLY_ACTS = (
    "{act}/{numeral}({roman})",
    "{act}/{numeral}[{roman}]",
    "{act}/{number}{subpart}({roman})",
    "{act}({roman})",
    "{act}[{roman}]",
)

ASSEMBLY = Family(
    (*ACTS, *ROMAN_ACTS, *RECORDS, *REPORTS, "INF/{period}/{number}"),
    ASSEMBLY_SESSION,
    "A/RES/61/174, A/RES/217(III), A/61/PV.81 or A/61/53",
    f"(?P<roman>(?:E?S-)?{ASSEMBLY_ROMAN}|E?S-[1-9][0-9]?)",
)
COMMITTEE = Family(RECORDS + REPORTS, ASSEMBLY_SESSION, "A/C.3/61/L.37 or A/C.3/61/SR.51")
SECURITY = Family(
    ("{resolution}/{number}({year})", "{statement}/{year}/{number}", *RECORDS, *REPORTS),
    YEAR,
    "S/RES/2323(2016), S/PRST/2014/5, S/PV.7353 or S/2007/14",
)
COUNCIL = Family(
    (*ACTS, *ROMAN_ACTS, *RECORDS, *REPORTS), YEARS, "E/RES/2003/10, E/RES/9(II), E/SR.543 or E/1978/34"
)
COMMISSION = Family(COUNCIL.forms, YEARS, "E/CN.6/2019/L.3, E/CN.6/RES/2019/1 or E/CN.6/2019/3")
RIGHTS_COMMISSION = Family(
    COUNCIL.forms + EARLY_ACTS, YEARS, "E/CN.4/RES/2003/10, E/CN.4/RES/1(XIX) or E/CN.4/2003/SR.52"
)
RIGHTS_COUNCIL = Family(
    (*ACTS, "{statement}/{period}/{number}", *DATED_RECORDS),
    COUNCIL_SESSION,
    "A/HRC/RES/7/15, A/HRC/RES/S-27/1, A/HRC/51/L.6 or A/HRC/11/25",
)
REVIEW = Family(
    ("{period}/{state}/{number}", *DATED_RECORDS), COUNCIL_SESSION, "A/HRC/WG.6/5/CHN/1 or A/HRC/WG.6/5/L.3"
)
# Treaty bodies, conferences and the like name their series freely: CCPR/C/CHN/CO/1, HRI/GEN/1.
OPEN = Family(
    (
        "{dated}{record}{number}",
        "{dated}{draft}{number}",
        "{dated}{numbers}",
        "{dated}{case}",
        "{topic}{year}/{number}",
        "{dated}{topic}{numbers}",
    ),
    f"(?:{YEAR}|(?P<session>[1-9][0-9]{{0,2}}))",
    "CCPR/C/CHN/CO/1, CEDAW/C/SR.1234 or HRI/GEN/1/Rev.9",
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A body as symbols name it: its slug and the forms of its symbols."""

    slug: str
    family: Family


TREATY_BODIES = ("CCPR", "CERD", "CEDAW", "CAT", "CRC", "CMW", "CRPD", "CED")
BODIES = {
    "A": Issuer("unga", ASSEMBLY),
    **{f"A/C.{number}": Issuer(f"unga-c{number}", COMMITTEE) for number in range(1, 7)},
    "A/SPC": Issuer("unga-spc", COMMITTEE),
    "A/BUR": Issuer("unga-bur", COMMITTEE),
    "A/HRC": Issuer("unhrc", RIGHTS_COUNCIL),
    "A/HRC/WG.6": Issuer("upr-wg", REVIEW),
    "A/HRC/AC": Issuer("unhrc-ac", OPEN),
    "A/HRC/EMRIP": Issuer("unhrc-emrip", OPEN),
    "A/HRC/Sub.1": Issuer("sub-commission", COMMISSION),
    "S": Issuer("unsc", SECURITY),
    "E": Issuer("ecosoc", COUNCIL),
    "E/HR": Issuer("unchr", COMMISSION),
    "E/CN.4": Issuer("unchr", RIGHTS_COMMISSION),
    "E/CN.4/Sub.2": Issuer("sub-commission", COMMISSION),
    "E/CN.5": Issuer("csocd", COMMISSION),
    "E/CN.6": Issuer("csw", COMMISSION),
    "E/C.2": Issuer("ecosoc-c2", OPEN),
    "E/C.12": Issuer("cescr", OPEN),
    "E/C.19": Issuer("unpfii", OPEN),
    "T": Issuer("trusteeship-council", COUNCIL),
    "ST": Issuer("secretariat", OPEN),
    "HR/PUB": Issuer("ohchr", OPEN),
    "HRI": Issuer("hr-treaty-bodies", OPEN),
    **{f"{treaty}/C": Issuer(treaty.lower(), OPEN) for treaty in TREATY_BODIES},
    # Meetings of the states parties, which elect the committee.
    **{f"{treaty}/SP": Issuer(f"{treaty.lower()}-sp", OPEN) for treaty in TREATY_BODIES},
    "CAT/OP": Issuer("spt", OPEN),
}
SUBSIDIARIES = {
    "AC": OPEN,
    "CN": COMMISSION,
    "CONF": OPEN,
    "GC": OPEN,
    "PC": OPEN,
    "SC": OPEN,
    "Sub": COMMISSION,
    "WG": OPEN,
}
# Longest first, so that A/HRC/WG.6 is not taken for A.
PREFIX = re.compile(
    "(" + "|".join(re.escape(known) for known in sorted(BODIES, key=len, reverse=True)) + ")/"
)
# Only a preparatory committee (PC) goes without a number.
SUBSIDIARY = re.compile(f"((?:AC|CN|CONF|GC|SC|Sub|WG)(?=[.])|PC)(?:[.]{NUMBER})?/")
PRESS_RELEASE = re.compile("(GA|SC|ECOSOC|SG|DSG|HR|HRC|AFR|DC|SEA|WOM|IHA)/")


@lru_cache(1 << 16)
def parse_symbol(text: str) -> Symbol:
    """Take the symbol of one UN document apart.

    Ranges, several symbols in one text, and press releases are refused, and so are spellings
    that the UN does not use, such as `A/61/PV. 81`: one document, one spelling.

    Raises:
        InvalidSymbol: saying what is wrong and what was expected; it names no unprintable
            character other than by its code.

    >>> parse_symbol("A/RES/61/174").session
    '61'
    >>> parse_symbol("S/RES/2323(2016)").year
    2016
    >>> parse_symbol("A/C.3/62/L.37/Rev.1").modifiers
    ('Rev.1',)
    >>> parse_symbol("A/RES/61/")
    Traceback (most recent call last):
    hrdata.symbols.InvalidSymbol: has no resolution number after 'A/RES/61/'

    """
    if ANY_TEXT_FAULT.search(text):
        _refuse(text, TEXT_FAULTS)
    prefix, body = _body_of(text)
    rest = text[len(prefix) :]
    found = _match(body.family, rest)
    if found is None:
        _refuse(text, FORM_FAULTS)
        examples = body.family.examples
        raise InvalidSymbol(
            f"has {_shortened(rest)} after '{prefix}', but a symbol of this kind looks like {examples}"
        )
    return _symbol(text, body.slug, found.groupdict())


def _match(family: Family, rest: str) -> re.Match[str] | None:
    for pattern in family.patterns:
        if found := pattern.fullmatch(rest):
            return found
    return None


def _body_of(text: str) -> tuple[str, Issuer]:
    """The prefix of `text` that names a body, with its last slash, and the body."""
    known = PREFIX.match(text)
    if known is None:
        raise InvalidSymbol(_unknown_body(text))
    prefix, body = known[0], BODIES[known[1]]
    while found := SUBSIDIARY.match(text, len(prefix)):
        prefix += found[0]
        body = Issuer(f"{body.slug}-{found[0].lower().strip('/').replace('.', '')}", SUBSIDIARIES[found[1]])
    return prefix, body


def _symbol(text: str, body: str, found: dict[str, str | None]) -> Symbol:
    session = found.get("session") or found.get("special") or found.get("roman")
    year, part = found.get("year"), found.get("part")
    return Symbol(
        text=text,
        body=body,
        kind=KINDS.get(found.get("series") or "", SymbolKind.DOCUMENT),
        session=session if session is None or session.isdecimal() else _in_arabic(session),
        year=int(year) if year else None,
        number=found.get("number"),
        part=part.strip("[]") if part else None,
        modifiers=tuple(MODIFIER.findall(found["modifiers"])) if found["modifiers"] else (),
    )


def _in_arabic(session: str) -> str:
    """The session with its Roman numeral, if any, in digits.

    >>> _in_arabic("S-VI"), _in_arabic("XXIX"), _in_arabic("61")
    ('S-6', '29', '61')
    """
    return re.sub(r"[IVXL]+\Z", lambda numeral: str(_value(numeral[0])), session)


def _value(numeral: str) -> int:
    digits = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in numeral]
    pairs = zip(digits, [*digits[1:], 0], strict=True)
    return sum(-digit if digit < following else digit for digit, following in pairs)


def _unknown_body(text: str) -> str:
    first, slash, _ = text.partition("/")
    if not slash:
        return "has no slash, but a symbol has its body before the first slash, as in A/RES/61/174"
    if PRESS_RELEASE.match(text):
        return f"is a press release, not a document: it starts with '{first}/'; cite what it reports on"
    starts = list(dict.fromkeys(f"{known.partition('/')[0]}/" for known in BODIES))
    if f"{first}/" in starts:
        starts = [f"{known}/" for known in BODIES if known.startswith(f"{first}/")]
    return (
        f"names no body that hrdata knows: it starts with {_shortened(first + '/')}, "
        f"but a symbol starts with {', '.join(starts[:-1])} or {starts[-1]}"
    )


def _shortened(text: str) -> str:
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is often wrong with a symbol: where to look, and how to say it."""

    pattern: re.Pattern[str]
    message: str | Callable[[re.Match[str]], str]

    def complaint(self, text: str) -> str | None:
        found = self.pattern.search(text)
        if not found:
            return None
        return found.expand(self.message) if isinstance(self.message, str) else self.message(found)


def _refuse(text: str, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        if complaint := fault.complaint(text):
            raise InvalidSymbol(complaint)


ACT_NAMES = {"RES": "resolution", "DEC": "decision", "PRST": "statement"}


def _no_act_number(found: re.Match[str]) -> str:
    return f"has no {ACT_NAMES[found[2]]} number after '{found[1].rstrip('/')}/'"


def _strange_character(found: re.Match[str]) -> str:
    return (
        f"holds the character U+{ord(found[0]):04X} at position {found.start() + 1}, "
        "but symbols are written in plain letters, digits and / . - ( ) [ ]"
    )


def _fault(pattern: str, message: str | Callable[[re.Match[str]], str]) -> Fault:
    return Fault(re.compile(pattern, re.DOTALL), message)


# In this order: the first that holds is the one the reader hears.
TEXT_FAULTS = (
    _fault(r"\A\Z", "is empty, but a symbol looks like A/RES/61/174"),
    _fault(rf".{{{LONGEST + 1}}}", f"is longer than {LONGEST} characters, which no symbol is"),
    _fault(
        r"[|;,](?=.)",
        r"holds several symbols joined by '\g<0>', but there is room for one; give each its own row",
    ),
    _fault(
        " ", lambda found: f"holds a space at position {found.start() + 1}, but symbols are written without"
    ),
    _fault(r"[^A-Za-z0-9/.()\[\]-]", _strange_character),
    _fault("//", lambda found: f"has two slashes in a row at position {found.start() + 1}; delete one"),
    _fault(r"-[ASE]/", r"holds two symbols joined by '-', but there is room for one; give each its own row"),
    _fault(r"\AA/C\.(?![1-6]/)", r"names no Main Committee of the General Assembly; they are A/C.1 to A/C.6"),
)
ANY_TEXT_FAULT = re.compile("|".join(fault.pattern.pattern for fault in TEXT_FAULTS), re.DOTALL)
FORM_FAULTS = (
    _fault(r"\A(S/RES/[0-9]+)\Z", r"has no year after '\1'; add it in parentheses, as in S/RES/2323(2016)"),
    _fault(
        r"\A(.*/(RES|DEC|PRST)(?:/(?:[1-9][0-9]?|(?:19|20)[0-9]{2}|E?S-[0-9]+|OM/[0-9]))?/?)\Z",
        _no_act_number,
    ),
    _fault(
        r"\AA/(?:RES|DEC)/(?:[1-9]|[12][0-9]|30)/",
        "has its session first, but up to the thirtieth session it comes last, as in A/RES/217(III)",
    ),
    _fault(r"([./])\Z", r"ends with '\1', but a number is expected after it"),
    _fault(r"/(RES|DEC|PRST)([0-9IVX])", r"lacks a slash between '\1' and '\2'"),
    _fault(r"/(PV|SR|L)([0-9])", r"lacks a dot between '\1' and '\2'"),
    _fault(r"/\(", "has a slash before '(', but the session follows the number directly, as in 6(XXXV)"),
    _fault(
        r"(?<![A-Z0-9-])(?!E?S-)([A-Z0-9]{1,9}-[A-Z0-9]{1,9})\]?\Z",
        r"names a range ('\1'), but a symbol names one document; give each its own row",
    ),
)
