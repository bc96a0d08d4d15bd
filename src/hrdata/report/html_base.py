"""What every page of ours has: one file that loads nothing, in which text from data stays text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version

from hrdata.fields import printable

_VOID = {"col"}
"""The elements used here that have no end."""

_DARK = """
--paper:#0d1117;--panel:#161b22;--ink:#e6edf3;--faint:#9da7b3;--rule:#3d444d;
--good:#56d364;--error:#ff8a80;--warning:#e3b341;--info:#79c0ff;color-scheme:dark"""
_LIGHT = """
--paper:#ffffff;--panel:#f6f8fa;--ink:#1b1f24;--faint:#57606a;--rule:#d0d7de;
--good:#116329;--error:#a40e26;--warning:#7a4d00;--info:#0550ae;color-scheme:light"""

_MOST_COLUMNS = 8

# Text breaks anywhere, and below 50rem a row of a table is a card, so that no page scrolls sideways.
# Dark is for screens only: paper stays white. What is folded away is on paper too, but for `more`.
_STYLE = f"""
:root{{{_LIGHT}}}
@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}}
main,footer{{max-width:75rem;margin:0 auto;padding:1rem}}
h1{{font-size:1.6rem;line-height:1.25;margin:.5rem 0}}
h2{{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:1px solid var(--rule)}}
h3{{font-size:1.05rem;margin:1.75rem 0 .25rem}}
p{{margin:.5rem 0}}
a,:any-link{{color:var(--info)}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}}
dt{{color:var(--faint)}}
dd{{margin:0}}
nav ul{{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.75rem 0;padding:0}}
summary{{cursor:pointer;padding:.4rem 0}}
:target{{outline:2px solid var(--info);outline-offset:.3rem}}
.good,.error,.warning,.info{{font-weight:600}}
.good{{color:var(--good)}}.error{{color:var(--error)}}.warning{{color:var(--warning)}}.info{{color:var(--info)}}
.faint,footer{{color:var(--faint)}}
.verdict{{border:1px solid var(--rule);border-left:.5rem solid;background:var(--panel);
padding:.75rem 1rem;font-size:1.15rem;font-weight:400}}
table{{border-collapse:collapse;table-layout:fixed;width:100%;margin:.5rem 0;font-size:.9rem}}
th,td{{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-bottom:1px solid var(--rule);
white-space:pre-wrap}}
thead th{{color:var(--faint);font-weight:600}}
tbody th{{font-weight:400}}
@media (max-width:50rem){{
.cards,.cards tbody,.cards tr,.cards td,.cards tbody th{{display:block}}
.cards colgroup{{display:none}}
.cards thead{{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}}
.cards tr{{background:var(--panel);border:1px solid var(--rule);border-radius:.4rem;margin:.5rem 0;
padding:.4rem .75rem}}
.cards td,.cards tbody th{{border:0;padding:.1rem 0 .1rem 5rem;position:relative}}
.cards td:empty{{display:none}}
.cards tbody tr>*::before{{position:absolute;left:0;color:var(--faint)}}
{"".join(f".cards tr>:nth-child({n})::before{{content:var(--c{n})}}" for n in range(1, _MOST_COLUMNS + 1))}
}}
@media print{{
main,footer{{max-width:none;padding:0}}
details:not(.more)::details-content{{content-visibility:visible}}
table{{font-size:.75rem}}
h2,h3,summary{{break-after:avoid}}
tr,.verdict{{break-inside:avoid}}
}}
"""

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


class Markup(str):
    """Markup of ours, as opposed to text, which is escaped wherever it goes."""

    __slots__ = ()


def escape_text(text: str) -> Markup:
    r"""The text as markup that shows it; what is invisible, or cannot be in a page, is an escape.

    >>> escape_text("<b>\ufffe")
    '&lt;b&gt;\\ufffe'
    """
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(printable(text)))


def make_element(name: str, *content: str, **attributes: str) -> Markup:
    """An element that holds markup and text.

    `class_` stands for `class`, `aria_label` for `aria-label`; an empty attribute is left out.

    >>> make_element("p", "1 < 2", class_="faint", id="")
    '<p class="faint">1 &lt; 2</p>'
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value}
    given = "".join(f' {key}="{escape_text(value)}"' for key, value in named.items())
    end = "" if name in _VOID else f"</{name}>"
    return Markup(f"<{name}{given}>{''.join(map(escape_text, content))}{end}")


def join_lines(parts: Iterable[str]) -> Markup:
    """Pieces of a page, a line each; empty ones are left out."""
    return Markup("\n".join(escape_text(part) for part in parts if part))


def make_section(level: int, title: str, *content: str, id: str = "") -> Markup:
    """A section below a heading of a level; nothing when it has no content."""
    body = join_lines(content)
    if not body:
        return body
    return make_element("section", join_lines([make_element(f"h{level}", title), body]), id=id)


def make_details(summary: str, *content: str, class_: str = "") -> Markup:
    """Content that is folded away below a summary; nothing when there is none."""
    body = join_lines(content)
    if not body:
        return body
    return make_element("details", join_lines([make_element("summary", summary), body]), class_=class_)


def make_list(items: Iterable[str]) -> Markup:
    """A list without an order; nothing when it has no items."""
    listed = join_lines(make_element("li", item) for item in items)
    return make_element("ul", listed) if listed else listed


def make_terms(terms: Mapping[str, Iterable[str]]) -> Markup:
    """Terms, each with what is said of it; those of which nothing is said are left out."""
    lines = []
    for term, said in terms.items():
        if shown := [text for text in said if text]:
            lines += [make_element("dt", term), *(make_element("dd", text) for text in shown)]
    return make_element("dl", join_lines(lines)) if lines else Markup()


def make_table(
    columns: Mapping[str, int], rows: Iterable[Sequence[str]], *, has_row_heads: bool, is_cards: bool
) -> Markup:
    """A table of columns, each with its width in percent; nothing when it has no rows.

    The first cell heads its row if the table `has_row_heads`. On a narrow screen the rows of a table
    that `is_cards` are cards on which every cell has the name of its column.
    """
    first = '<th scope="row">' if has_row_heads else "<td>"
    # Cells end where the next one starts: a page may have 78,000 findings.
    body = [f"<tr>{first}{'<td>'.join(map(escape_text, row))}</tr>" for row in rows]
    if not body:
        return Markup()
    assert len(columns) <= _MOST_COLUMNS, "the style sheet names so many columns"
    names = ";".join(f"--c{n}:{_as_css(name)}" for n, name in enumerate(columns, 1))
    widths = "".join(make_element("col", style=f"width:{width}%") for width in columns.values())
    heads = "".join(make_element("th", name, scope="col") for name in columns)
    head = f"<colgroup>{widths}</colgroup>\n<thead><tr>{heads}</tr></thead>"
    inner = Markup("\n".join(["", head, "<tbody>", *body, "</tbody>", ""]))
    return make_element("table", inner, class_="cards" if is_cards else "", style=names if is_cards else "")


def _as_css(text: str) -> str:
    """The text as a string of CSS."""
    return '"' + re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found.group()):x} ", text) + '"'


def make_page(title: str, *content: str) -> str:
    """A whole page, self-contained: no script, nothing that is loaded."""
    head = join_lines([make_element("title", title), make_element("style", Markup(_STYLE))])
    body = make_element("main", join_lines(content))
    footer = make_element("footer", f"Made by hrdata {version('hrdata')}")
    return f"{_HEAD}{head}\n</head>\n<body>\n{body}\n{footer}\n</body>\n</html>\n"
