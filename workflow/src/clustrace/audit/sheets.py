"""Reading printed tables: Markdown, LaTeX and HTML as rows of plain text.

A mark of a footnote becomes ‹n›, so that it cannot be taken for a number of the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

_MARKDOWN_ESCAPE = re.compile(r"\\(.)")
_MARKDOWN_TAGS = re.compile(r"\*\*|<br>")
_MARKDOWN_BREAK = re.compile(r"(?<!\\)\|")
_MARKDOWN_NOTE = re.compile(r"(\d+)\. (.*)")
_SUP = re.compile(r"<sup>(\d+)</sup>")

_LATEX_BREAK = re.compile(r"(?<!\\)&")
_LATEX_NOTE = re.compile(r"\\textsuperscript\{(\d+)\} (.*)\\par")
_LATEX = re.compile(
    r"\\textcircled\{\\scriptsize (?P<circled>\d)\}"
    r"|\\textsuperscript\{(?P<note>\d+)\}"
    r"|\\multicolumn\{\d+\}\{c\}\{(?P<spanned>(?:[^{}]|\\[{}])*)\}"
    r"|\$\\(?P<symbol>[a-z]+)\$"
    r"|\\(?P<named>text[a-z]+)\{\}"
    r"|\\(?P<escaped>[&%$#_{}])"
    r"|\\raggedright"
    r"|\$(?P<formula>[^$]*)\$"
    r"|(?P<dash>--)"
)
_SYMBOLS = {
    "pm": "±", "approx": "≈", "uparrow": "↑", "downarrow": "↓", "circ": "○", "times": "×",
    "leq": "≤", "geq": "≥", "rightarrow": "→", "gamma": "γ", "lambda": "λ", "mu": "μ", "tau": "τ",
}  # fmt: skip
_NAMED = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbar": "|"
}  # fmt: skip


@dataclass(frozen=True)
class SheetCell:
    """A cell: its text, and the name that the form gives it."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class SheetRow:
    """A row of cells, and the name that the form gives it."""

    cells: tuple[SheetCell, ...]
    name: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Texts of the cells."""
        return tuple(cell.text for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """A file of printed tables.

    Attributes:
        tables: rows of each table, headings among them.
        footnotes: text by number.
        text: all of its visible text.
    """

    tables: tuple[tuple[SheetRow, ...], ...]
    footnotes: Mapping[int, str]
    text: str


def read_sheet(content: str, form: str) -> Sheet:
    """The tables of a file in one of the forms md, tex, html."""
    return _READERS[form](content)


def spaced(text: str) -> str:
    """Text with single blanks, and with the dashes that LaTeX cannot tell apart as one."""
    return " ".join(text.replace("--", "–").split())


def _markdown(content: str) -> Sheet:
    tables: list[tuple[SheetRow, ...]] = []
    rows: list[SheetRow] = []
    footnotes: dict[int, str] = {}
    for line in [*content.splitlines(), ""]:
        if line.startswith("|"):
            parts = _MARKDOWN_BREAK.split(line.strip())[1:-1]
            if set("".join(parts)) - set("-: "):
                rows.append(SheetRow(tuple(SheetCell(_plain_markdown(part)) for part in parts)))
            continue
        if rows and not line.strip():
            # A blank line within a table is left over from the template, not its end.
            continue
        if rows:
            tables.append(tuple(rows))
            rows = []
        if note := _MARKDOWN_NOTE.fullmatch(line):
            footnotes[int(note[1])] = _plain_markdown(note[2])
    if rows:
        tables.append(tuple(rows))
    return Sheet(tuple(tables), footnotes, _plain_markdown(content))


def _plain_markdown(text: str) -> str:
    text = _MARKDOWN_TAGS.sub(" ", _SUP.sub(r" ‹\1› ", text))
    return spaced(_MARKDOWN_ESCAPE.sub(r"\1", text))


def _latex(content: str) -> Sheet:
    rows = []
    footnotes: dict[int, str] = {}
    inside = False
    for line in content.splitlines():
        if "{tabular}" in line:
            inside = "\\begin" in line
        elif inside and line.endswith(("\\\\", "\\tabularnewline")):
            body = line.removesuffix("\\tabularnewline").removesuffix("\\\\")
            texts = [_plain_latex(part) for part in _LATEX_BREAK.split(body)]
            rows.append(SheetRow(tuple(map(SheetCell, texts))))
        elif note := _LATEX_NOTE.fullmatch(line):
            footnotes[int(note[1])] = _plain_latex(note[2])
    return Sheet((tuple(rows),), footnotes, _plain_latex(content))


def _plain_latex(text: str) -> str:
    return spaced(_LATEX.sub(_latex_character, text))


def _latex_character(match: re.Match[str]) -> str:
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    for name, value in found.items():
        match name:
            case "circled":
                return "①②③④⑤"[int(value) - 1] if value in "12345" else value
            case "note":
                return f" ‹{value}› "
            case "symbol":
                return _SYMBOLS.get(value, value)
            case "named":
                return _NAMED.get(value, value)
            case "dash":
                return "–"
            case "spanned":
                return _LATEX.sub(_latex_character, value)
            case _:
                return value
    return ""


class _Page(HTMLParser):
    """Collects tables, footnotes and text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[SheetRow]] = []
        self.footnotes: dict[int, str] = {}
        self.text: list[str] = []
        self._cells: list[SheetCell] = []
        self._names: dict[str, str] = {"tr": "", "cell": ""}
        self._open: list[str] | None = None
        self._note: int | None = None
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "table":
                self.tables.append([])
            case "tr":
                self._cells = []
                self._names["tr"] = given.get("id", given.get("title", ""))
            case "td" | "th":
                self._open = []
                self._names["cell"] = given.get("id", "")
            case "li":
                number = given.get("id", "").removeprefix("note-")
                self._note = int(number) if number.isdigit() else None
                self._open = []
            case "style" | "script":
                self._hidden = True
            case "sup":
                self.handle_data(" ‹")
            case "br" | "div":
                self.handle_data(" ")
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "tr" if self.tables:
                self.tables[-1].append(SheetRow(tuple(self._cells), self._names["tr"]))
            case "td" | "th":
                text = spaced("".join(self._open or ()))
                self._cells.append(SheetCell(text, self._names["cell"]))
                self._open = None
            case "li":
                if self._note is not None:
                    self.footnotes[self._note] = spaced("".join(self._open or ()))
                self._open = None
            case "style" | "script":
                self._hidden = False
            case "sup":
                self.handle_data("› ")
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text.append(data)
        if self._open is not None:
            self._open.append(data)


def _html(content: str) -> Sheet:
    page = _Page()
    page.feed(content)
    page.close()
    tables = tuple(tuple(rows) for rows in page.tables)
    return Sheet(tables, page.footnotes, spaced("".join(page.text)))


_READERS: Mapping[str, Callable[[str], Sheet]] = {"md": _markdown, "tex": _latex, "html": _html}
