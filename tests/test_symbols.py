"""Symbols of UN documents: examples, refusals, laws, and every symbol of the real files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hrdata.symbols import InvalidSymbol, Symbol, SymbolKind, parse_symbol

RESOLUTION, DECISION, STATEMENT, DRAFT, RECORD, DOCUMENT = SymbolKind

# text, body, kind, session, year, number, part, modifiers
EXAMPLES = [
    ("A/RES/61/174", "unga", RESOLUTION, "61", None, "174", None, ()),
    ("A/RES/60/4A", "unga", RESOLUTION, "60", None, "4", "A", ()),
    ("A/RES/31/5[B]", "unga", RESOLUTION, "31", None, "5", "B", ()),
    ("A/RES/36/235XIII", "unga", RESOLUTION, "36", None, "235", "XIII", ()),
    ("A/RES/37/235C-II", "unga", RESOLUTION, "37", None, "235", "C-II", ()),
    ("A/RES/61/128[B-IX]", "unga", RESOLUTION, "61", None, "128", "B-IX", ()),
    ("A/RES/39/236[SectionXIV]", "unga", RESOLUTION, "39", None, "236", "SectionXIV", ()),
    ("A/RES/217(III)", "unga", RESOLUTION, "3", None, "217", None, ()),
    ("A/RES/217(III)A", "unga", RESOLUTION, "3", None, "217", "A", ()),
    ("A/RES/217(III)[A]", "unga", RESOLUTION, "3", None, "217", "A", ()),
    ("A/RES/289(IV)[AB]", "unga", RESOLUTION, "4", None, "289", "AB", ()),
    ("A/RES/63(I)[PARA.5]", "unga", RESOLUTION, "1", None, "63", "PARA.5", ()),
    ("A/RES/17(I)[RULE-73]", "unga", RESOLUTION, "1", None, "17", "RULE-73", ()),
    ("A/RES/17(I)[RULE-T]", "unga", RESOLUTION, "1", None, "17", "RULE-T", ()),
    ("A/RES/498(V)", "unga", RESOLUTION, "5", None, "498", None, ()),
    ("A/RES/2758(XXVI)", "unga", RESOLUTION, "26", None, "2758", None, ()),
    ("A/RES/3379(XXX)", "unga", RESOLUTION, "30", None, "3379", None, ()),
    ("A/RES/1004(ES-II)", "unga", RESOLUTION, "ES-2", None, "1004", None, ()),
    ("A/RES/3201(S-VI)", "unga", RESOLUTION, "S-6", None, "3201", None, ()),
    ("A/RES/106(S-1)", "unga", RESOLUTION, "S-1", None, "106", None, ()),
    ("A/RES/S-6/3201", "unga", RESOLUTION, "S-6", None, "3201", None, ()),
    ("A/RES/ES-10/21", "unga", RESOLUTION, "ES-10", None, "21", None, ()),
    ("A/RES/ES-8/1A", "unga", RESOLUTION, "ES-8", None, "1", "A", ()),
    ("A/DEC/80/506", "unga", DECISION, "80", None, "506", None, ()),
    ("A/61/PV.81", "unga", RECORD, "61", None, "81", None, ()),
    ("A/ES-10/PV.41", "unga", RECORD, "ES-10", None, "41", None, ()),
    ("A/PV.183", "unga", RECORD, None, None, "183", None, ()),
    ("A/75/PV.48(Resumption1)", "unga", RECORD, "75", None, "48", None, ("Resumption1",)),
    ("A/61/53", "unga", DOCUMENT, "61", None, "53", None, ()),
    ("A/54/Rev.1", "unga", DOCUMENT, None, None, "54", None, ("Rev.1",)),
    ("A/250/Add.1/Rev.1", "unga", DOCUMENT, None, None, "250", None, ("Add.1", "Rev.1")),
    ("A/65/456/Add.2(PartII)", "unga", DOCUMENT, "65", None, "456", None, ("Add.2", "PartII")),
    ("A/INF/61/4", "unga", DOCUMENT, "61", None, "4", None, ()),
    ("A/C.3/61/L.37", "unga-c3", DRAFT, "61", None, "37", None, ()),
    ("A/C.3/62/L.37/Rev.1", "unga-c3", DRAFT, "62", None, "37", None, ("Rev.1",)),
    ("A/C.6/61/SR.2", "unga-c6", RECORD, "61", None, "2", None, ()),
    ("A/AC.109/2003/4", "unga-ac109", DOCUMENT, None, 2003, "4", None, ()),
    ("A/CONF.157/23", "unga-conf157", DOCUMENT, None, None, "23", None, ()),
    ("A/CONF.157/PC/62/Add.5", "unga-conf157-pc", DOCUMENT, None, None, "62", None, ("Add.5",)),
    ("A/HRC/RES/7/15", "unhrc", RESOLUTION, "7", None, "15", None, ()),
    ("A/HRC/RES/S-27/1", "unhrc", RESOLUTION, "S-27", None, "1", None, ()),
    ("A/HRC/RES/OM/1/2", "unhrc", RESOLUTION, "OM/1", None, "2", None, ()),
    ("A/HRC/DEC/27/108", "unhrc", DECISION, "27", None, "108", None, ()),
    ("A/HRC/DEC/18/114B", "unhrc", DECISION, "18", None, "114", "B", ()),
    ("A/HRC/PRST/30/1", "unhrc", STATEMENT, "30", None, "1", None, ()),
    ("A/HRC/51/L.6", "unhrc", DRAFT, "51", None, "6", None, ()),
    ("A/HRC/S-27/L.1", "unhrc", DRAFT, "S-27", None, "1", None, ()),
    ("A/HRC/11/25", "unhrc", DOCUMENT, "11", None, "25", None, ()),
    ("A/HRC/51/NGO/12", "unhrc", DOCUMENT, "51", None, "12", None, ()),
    ("A/HRC/21/R.5", "unhrc", DOCUMENT, "21", None, "5", None, ()),
    ("A/HRC/WG.6/5/CHN/1", "upr-wg", DOCUMENT, "5", None, "1", None, ()),
    ("A/HRC/WG.6/5/L.3", "upr-wg", DRAFT, "5", None, "3", None, ()),
    ("A/HRC/WG.2/20/3", "unhrc-wg2", DOCUMENT, "20", None, "3", None, ()),
    ("S/RES/2323(2016)", "unsc", RESOLUTION, None, 2016, "2323", None, ()),
    ("S/PRST/2014/5", "unsc", STATEMENT, None, 2014, "5", None, ()),
    ("S/PV.7353", "unsc", RECORD, None, None, "7353", None, ()),
    ("S/PV.6702(Resumption1)", "unsc", RECORD, None, None, "6702", None, ("Resumption1",)),
    ("S/2007/14", "unsc", DOCUMENT, None, 2007, "14", None, ()),
    ("S/12345/Corr.1", "unsc", DOCUMENT, None, None, "12345", None, ("Corr.1",)),
    ("E/RES/9(II)", "ecosoc", RESOLUTION, "2", None, "9", None, ()),
    ("E/RES/1503(XLVIII)", "ecosoc", RESOLUTION, "48", None, "1503", None, ()),
    ("E/DEC/2003/210", "ecosoc", DECISION, None, 2003, "210", None, ()),
    ("E/1978/34", "ecosoc", DOCUMENT, None, 1978, "34", None, ()),
    ("E/HR/20", "unchr", DOCUMENT, None, None, "20", None, ()),
    ("E/CN.4/RES/2003/10", "unchr", RESOLUTION, None, 2003, "10", None, ()),
    ("E/CN.4/RES/1992/S-2/1", "unchr", RESOLUTION, "S-2", 1992, "1", None, ()),
    ("E/CN.4/RES/S-3/1", "unchr", RESOLUTION, "S-3", None, "1", None, ()),
    ("E/CN.4/RES/14B(XXXVI)", "unchr", RESOLUTION, "36", None, "14", "B", ()),
    ("E/CN.4/RES/VIII[X]", "unchr", RESOLUTION, "10", None, "VIII", None, ()),
    ("E/CN.4/RES/H(VI)", "unchr", RESOLUTION, "6", None, "H", None, ()),
    ("E/CN.4/RES(II)", "unchr", RESOLUTION, "2", None, None, None, ()),
    ("E/CN.4/DEC/1992/116", "unchr", DECISION, None, 1992, "116", None, ()),
    ("E/CN.4/DEC/7b(XXXI)", "unchr", DECISION, "31", None, "7", "b", ()),
    ("E/CN.4/2003/SR.52", "unchr", RECORD, None, 2003, "52", None, ()),
    ("E/CN.4/SR.1237", "unchr", RECORD, None, None, "1237", None, ()),
    ("E/CN.4/1982/L.3A", "unchr", DRAFT, None, 1982, "3", "A", ()),
    ("E/CN.4/1998/2", "unchr", DOCUMENT, None, 1998, "2", None, ()),
    ("E/CN.4/AC.8/1", "unchr-ac8", DOCUMENT, None, None, "1", None, ()),
    ("E/CN.4/Sub.2/1989/L.3", "sub-commission", DRAFT, None, 1989, "3", None, ()),
    ("E/CN.5/2019/3", "csocd", DOCUMENT, None, 2019, "3", None, ()),
    ("E/CN.6/2019/L.3", "csw", DRAFT, None, 2019, "3", None, ()),
    ("E/CN.7/2016/13", "ecosoc-cn7", DOCUMENT, None, 2016, "13", None, ()),
    ("E/C.12/2005/4", "cescr", DOCUMENT, None, 2005, "4", None, ()),
    ("CCPR/C/CHN/CO/1", "ccpr", DOCUMENT, None, None, "1", None, ()),
    ("CCPR/C/120/D/2345/2014", "ccpr", DOCUMENT, "120", None, "2345/2014", None, ()),
    ("CCPR/C/SR.2345", "ccpr", RECORD, None, None, "2345", None, ()),
    ("CCPR/C/21/Rev.1/Add.13", "ccpr", DOCUMENT, None, None, "21", None, ("Rev.1", "Add.13")),
    ("CEDAW/C/CHN/7-8", "cedaw", DOCUMENT, None, None, "7-8", None, ()),
    ("HRI/MC/2008/3", "hr-treaty-bodies", DOCUMENT, None, 2008, "3", None, ()),
    ("HRI/GEN/1/Rev.9(Vol.I)", "hr-treaty-bodies", DOCUMENT, None, None, "1", None, ("Rev.9", "Vol.I")),
    ("ST/SGB/2019/8", "secretariat", DOCUMENT, None, 2019, "8", None, ()),
]
SYMBOLS = [text for text, *_ in EXAMPLES]


@pytest.mark.parametrize(
    ("text", "body", "kind", "session", "year", "number", "part", "modifiers"), EXAMPLES, ids=SYMBOLS
)
def test_symbol_is_taken_apart(
    text: str,
    body: str,
    kind: SymbolKind,
    session: str | None,
    year: int | None,
    number: str | None,
    part: str | None,
    modifiers: tuple[str, ...],
) -> None:
    assert parse_symbol(text) == Symbol(text, body, kind, session, year, number, part, modifiers)


BAD_TEXTS = [
    ("", "is empty"),
    ("A/" + "1" * 199, "is longer than 200 characters"),
    ("61-174", "has no slash"),
    (
        "B/RES/61/174",
        "names no body that hrdata knows: it starts with 'B/', but a symbol starts with A/, S/, E/,",
    ),
    ("a/res/61/174", "starts with 'a/'"),
    ("A64/PV.62", "starts with 'A64/'"),
    ("CCPR/X/1", "it starts with 'CCPR/', but a symbol starts with CCPR/C/ or CCPR/SP/"),
    ("X" * 60 + "/1", "starts with 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX...'"),
    ("GA/10473", "is a press release, not a document: it starts with 'GA/'"),
    ("HR/4868", "is a press release"),
    ("A/C.7/61/L.3", "they are A/C.1 to A/C.6"),
    ("A/C.33/61/L.3", "they are A/C.1 to A/C.6"),
    ("A/RES/61/174|A/RES/61/175", "holds several symbols joined by '|'"),
    ("A/RES/61/174;A/RES/61/175", "holds several symbols joined by ';'"),
    ("E/CN.4/2004/2-E/CN.4/Sub.2/2003/43", "holds two symbols joined by '-'"),
    ("A/34/PV. 46", "holds a space at position 9"),
    (" A/36/PV.91", "holds a space at position 1"),
    ("A/HRC/50/L.37 as orally revised", "holds a space at position 14"),
    ("A/RES/61/174\n", "holds the character U+000A at position 13"),
    ("A/RES/\x1b[31m", "holds the character U+001B at position 7"),
    ("A/RES/\u0666\u0661/174", "holds the character U+0666 at position 7"),
    ("A/RES/S\u201127/1", "holds the character U+2011"),
    ("A//PV.2441", "has two slashes in a row at position 2"),
    ("A/RES", "has no resolution number after 'A/RES/'"),
    ("A/RES/61", "has no resolution number after 'A/RES/61/'"),
    ("A/RES/61/", "has no resolution number after 'A/RES/61/'"),
    ("A/HRC/RES/S-27/", "has no resolution number after 'A/HRC/RES/S-27/'"),
    ("E/CN.4/DEC/2002", "has no decision number after 'E/CN.4/DEC/2002/'"),
    ("S/PRST/2014", "has no statement number after 'S/PRST/2014/'"),
    ("S/RES/2323", "has no year after 'S/RES/2323'"),
    ("S/RES/2323(1916)", "looks like S/RES/2323(2016)"),
    ("S/RES/61/174", "looks like S/RES/2323(2016)"),
    ("A/RES/3/217", "up to the thirtieth session it comes last, as in A/RES/217(III)"),
    ("A/RES/174(LXI)", "looks like A/RES/61/174"),
    ("A/RES/217(IIII)", "looks like A/RES/61/174"),
    ("A/RES/217()", "looks like A/RES/61/174"),
    ("A/RES/2003/10", "has 'RES/2003/10' after 'A/', but a symbol of this kind looks like A/RES/61/174"),
    ("A/RES/61/0174", "looks like A/RES/61/174"),
    ("A/RES/61/174/Rev", "looks like A/RES/61/174"),
    ("A/RES(III)", "looks like A/RES/61/174"),
    ("A/61/443/Add.", "ends with '.', but a number is expected after it"),
    ("A/HRC/51/", "ends with '/', but a number is expected after it"),
    ("A/HRC/51", "looks like A/HRC/RES/7/15"),
    ("A/HRC/S-27", "has 'S-27' after 'A/HRC/', but a symbol of this kind looks like A/HRC/RES/7/15"),
    ("A/HRC/RES/56/L.36", "looks like A/HRC/RES/7/15"),
    ("A/HRC/DEC41/104", "lacks a slash between 'DEC' and '4'"),
    ("S/PV9261", "lacks a dot between 'PV' and '9'"),
    ("E/CN.4/RES/6/(XXXV)", "has a slash before '('"),
    ("E/CN/2003/10", "looks like E/RES/2003/10"),
    ("A/RES/61/174-175", "names a range ('174-175')"),
    ("A/RES/61/128A-C", "names a range ('128A-C')"),
    ("A/RES/377(V)[A-C]", "names a range ('A-C')"),
]


@pytest.mark.parametrize(("text", "fragment"), BAD_TEXTS, ids=[ascii(text)[:40] for text, _ in BAD_TEXTS])
def test_bad_text_is_refused_with_its_reason(text: str, fragment: str) -> None:
    with pytest.raises(InvalidSymbol, match=re.escape(fragment)):
        parse_symbol(text)


def some(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(str)


def in_roman(number: int) -> str:
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return "X" * (number // 10) + ones[number % 10]


LETTERS = st.sampled_from("ABCDEFGHJK")
SPECIAL_SESSIONS = st.builds("{}-{}".format, st.sampled_from(["S", "ES"]), st.integers(1, 40))
MODIFIERS = st.lists(
    st.builds("{}.{}".format, st.sampled_from(["Rev", "Add", "Corr", "Amend"]), st.integers(1, 99)),
    max_size=3,
).map(tuple)


@st.composite
def assembly_resolutions(draw: st.DrawFn) -> Symbol:
    session = draw(some(31, 199) | SPECIAL_SESSIONS)
    number, part = draw(some(1, 4000)), draw(st.none() | LETTERS)
    modifiers = draw(MODIFIERS)
    text = "/".join([f"A/RES/{session}/{number}{part or ''}", *modifiers])
    return Symbol(text, "unga", RESOLUTION, session, number=number, part=part, modifiers=modifiers)


@st.composite
def early_resolutions(draw: st.DrawFn) -> Symbol:
    session, number = draw(st.integers(1, 30)), draw(some(1, 4000))
    prefix, body = draw(st.sampled_from([("A", "unga"), ("E", "ecosoc"), ("E/CN.4", "unchr")]))
    part = draw(LETTERS)
    written = draw(
        st.sampled_from([f"{number}({{}}){part}", f"{number}({{}})[{part}]", f"{number}{part}({{}})"])
    )
    text = f"{prefix}/RES/{written.format(in_roman(session))}"
    return Symbol(text, body, RESOLUTION, str(session), number=number, part=part)


@st.composite
def council_documents(draw: st.DrawFn) -> Symbol:
    series, kind = draw(st.sampled_from([("", DOCUMENT), ("L.", DRAFT), ("SR.", RECORD), ("NGO/", DOCUMENT)]))
    session = draw(some(1, 99) | st.integers(1, 40).map("S-{}".format))
    number, modifiers = draw(some(1, 999)), draw(MODIFIERS)
    text = "/".join([f"A/HRC/{session}/{series}{number}", *modifiers])
    return Symbol(text, "unhrc", kind, session, number=number, modifiers=modifiers)


@st.composite
def documents_by_year(draw: st.DrawFn) -> Symbol:
    prefix, body = draw(st.sampled_from([("S", "unsc"), ("E", "ecosoc"), ("E/CN.4/Sub.2", "sub-commission")]))
    year, number, modifiers = draw(st.integers(1946, 2099)), draw(some(1, 99999)), draw(MODIFIERS)
    text = "/".join([f"{prefix}/{year}/{number}", *modifiers])
    return Symbol(text, body, DOCUMENT, year=year, number=number, modifiers=modifiers)


@given(assembly_resolutions() | early_resolutions() | council_documents() | documents_by_year())
def test_parts_survive_being_written_as_a_symbol(symbol: Symbol) -> None:
    assert parse_symbol(symbol.text) == symbol


@st.composite
def nearly_symbols(draw: st.DrawFn) -> str:
    """A symbol in which one stretch was replaced by something else."""
    symbol = draw(st.sampled_from(SYMBOLS))
    start = draw(st.integers(0, len(symbol)))
    end = draw(st.integers(start, len(symbol)))
    return symbol[:start] + draw(st.text("ASERLHCNV/.()[]-|019IX\x07 é", max_size=3)) + symbol[end:]


def verdict(text: str) -> Symbol | str:
    try:
        return parse_symbol(text)
    except InvalidSymbol as reason:
        return str(reason)


@given(st.text() | nearly_symbols() | st.text("ASE/RCN.4-([I)]", min_size=150, max_size=250))
@example("A/RES/\ud800")
def test_any_text_parses_or_is_refused_in_plain_words(text: str) -> None:
    match verdict(text):
        case Symbol() as symbol:
            assert symbol.text == text
        case message:
            assert message.isascii()
            assert message.isprintable()


REAL_DATA = Path(os.environ.get("HRDATA_REAL_DATA") or Path(__file__).parents[2] / "shared" / "real")
needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"no real data at {REAL_DATA}")

# Texts in the real files that are no symbol of one document, decided one kind at a time.
NOT_SYMBOLS = {
    r".* .*": "holds a space",
    r".*//.*": "has two slashes in a row",
    r"A64/PV\.62": "names no body",
    r"S/PV9[0-9]+": "lacks a dot",
    # One roll call on several parts of a resolution.
    r"A/RES/[^/]+(/[0-9]+)?\[?[A-C]-[A-C]\]?": "names a range",
    # The Commission's thirty-fifth session, as the catalogue writes it.
    r"E/CN\.4/(RES|DEC)/[0-9]+[AB]?/\(XXXV\)": "has a slash before '('",
    r"A/HRC/DEC[0-9]+/[0-9]+|E/CN\.4/RES[0-9IV].*": "lacks a slash",
    # Acts that the catalogue did not tell apart.
    r"E/HR/RES": "has no resolution number",
    r"E/CN\.4/DEC/[0-9]{4}": "has no decision number",
    r"E/CN\.4/RES(\(V\)PART/[ABC]|/II\[X\]PARTI+|/5XXXII\))": "looks like E/CN.4/RES",
    # Amendments (L.) catalogued as if they had been adopted.
    r"A/HRC/RES/56/L\.3[0-9]": "looks like A/HRC/RES",
}
# Slips in the file's meeting column: the votes of 1980-12-17 and 2003-12-09 were in sessions 35 and 58.
WRONG_SESSIONS = {"A/36/PV.99": "35", "A/59/PV.72": "58"}
KINDS = {"RES": RESOLUTION, "DEC": DECISION, "PRST": STATEMENT, "L": DRAFT, "PV": RECORD}


def distinct(file: str, *columns: str) -> list[tuple[str, ...]]:
    """The distinct combinations of these columns whose first is not empty."""
    frame = pl.read_csv(REAL_DATA / file, columns=list(columns), infer_schema=False)
    return sorted(frame.select(columns).fill_null("").unique().filter(pl.col(columns[0]) != "").rows())


def parsed(text: str) -> Symbol | None:
    """The symbol, or None for a text that is rightly refused: for the reason that we know it has."""
    fragments = [fragment for shape, fragment in NOT_SYMBOLS.items() if re.fullmatch(shape, text)]
    if not fragments:
        return parse_symbol(text)
    with pytest.raises(InvalidSymbol, match=re.escape(fragments[0])):
        parse_symbol(text)
    return None


def digits_of(session: str) -> str:
    """The file writes 'V' for the fifth session, ordinary, special or emergency, alike."""
    bare = session.removeprefix("E").removeprefix("S-")
    return bare if bare.isdigit() or not bare else digits_of(parse_symbol(f"E/RES/1({bare})").session or "")


@needs_real_data
@pytest.mark.parametrize("column", ["resolution", "meeting"])
def test_assembly_symbols_agree_with_their_session(column: str) -> None:
    rows = distinct("un_digital_library/ga_voting_rebuilt.csv.gz", column, "session")
    symbols = [(symbol, session) for text, session in rows if (symbol := parsed(text))]
    assert {symbol.body for symbol, _ in symbols} == {"unga"}
    assert {symbol.kind for symbol, _ in symbols} == (
        {RESOLUTION, DECISION} if column == "resolution" else {RECORD}
    )
    stated = {
        symbol.text: (symbol.session, session) for symbol, session in symbols if symbol.session and session
    }
    wrong = {text: other for text, (own, other) in stated.items() if digits_of(own) != digits_of(other)}
    assert wrong == {text: session for text, session in WRONG_SESSIONS.items() if text in stated}


@needs_real_data
def test_no_assembly_resolution_lacks_its_session() -> None:
    rows = distinct("un_digital_library/ga_voting_rebuilt.csv.gz", "resolution")
    assert not [
        text for (text,) in rows if (symbol := parsed(text)) and not (symbol.session and symbol.number)
    ]


@needs_real_data
@pytest.mark.parametrize(
    ("column", "kinds"),
    [("resolution", {RESOLUTION}), ("meeting", {RECORD, DOCUMENT})],
    ids=["resolution", "meeting"],
)
def test_security_council_symbols_agree_with_their_date(column: str, kinds: set[SymbolKind]) -> None:
    rows = distinct("un_digital_library/sc_voting_rebuilt.csv.gz", column, "date")
    symbols = [(symbol, date) for text, date in rows if (symbol := parsed(text))]
    assert {(symbol.body, symbol.session) for symbol, _ in symbols} == {("unsc", None)}
    assert {symbol.kind for symbol, _ in symbols} == kinds
    assert not [symbol for symbol, date in symbols if symbol.year and str(symbol.year) != date[:4]]


@needs_real_data
def test_human_rights_symbols_agree_with_their_body_and_year() -> None:
    slugs = {"Commission on Human Rights": "unchr", "Human Rights Council": "unhrc"}
    rows = distinct("chr_hrc/resolutions.csv", "symbol", "body", "year")
    symbols = [(symbol, body, year) for text, body, year in rows if (symbol := parsed(text))]
    assert not [symbol for symbol, body, _ in symbols if symbol.body != slugs[body]]
    assert not [symbol for symbol, _, year in symbols if symbol.year and str(symbol.year) != year]
    assert not [symbol for symbol, *_ in symbols if not (symbol.session or symbol.year)]


@needs_real_data
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("un_digital_library/ga_voting_rebuilt.csv.gz", "resolution"),
        ("un_digital_library/ga_voting_rebuilt.csv.gz", "meeting"),
        ("un_digital_library/sc_voting_rebuilt.csv.gz", "resolution"),
        ("chr_hrc/resolutions.csv", "symbol"),
    ],
)
def test_kind_follows_the_series_in_the_symbol(file: str, column: str) -> None:
    for (text,) in distinct(file, column):
        if symbol := parsed(text):
            series = re.search("/(RES|DEC|PRST|L|PV)(?=[/.([])", text)
            assert series is not None
            assert symbol.kind is KINDS[series[1]]


@needs_real_data
def test_drafts_that_the_files_name_are_symbols() -> None:
    for name in ("ga", "sc"):
        for (text,) in distinct(f"un_digital_library/{name}_voting_rebuilt.csv.gz", "draft"):
            assert (symbol := parsed(text)) is None or symbol.kind is DRAFT


@needs_real_data
def test_every_refusal_is_still_needed() -> None:
    files = [
        ("un_digital_library/ga_voting_rebuilt.csv.gz", "resolution"),
        ("un_digital_library/ga_voting_rebuilt.csv.gz", "meeting"),
        ("un_digital_library/sc_voting_rebuilt.csv.gz", "meeting"),
        ("chr_hrc/resolutions.csv", "symbol"),
    ]
    texts = [text for file, column in files for (text,) in distinct(file, column)]
    assert not [shape for shape in NOT_SYMBOLS if not any(re.fullmatch(shape, text) for text in texts)]
