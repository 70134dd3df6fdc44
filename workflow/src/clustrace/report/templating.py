"""Jinja environments of the output forms; each escapes every value that a template prints."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "–": "--",
    "|": r"\textbar{}",
    "−": "$-$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "γ": r"$\gamma$",
    "λ": r"$\lambda$",
    "μ": r"$\mu$",
    "τ": r"$\tau$",
    "○": r"$\circ$",
    **{sign: rf"\textcircled{{\scriptsize {n}}}" for n, sign in enumerate("①②③④⑤", start=1)},
}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|&~])")


def latex_escape(value: object) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_LATEX.get(character, character) for character in str(value))


def markdown_escape(value: object) -> str:
    """Text that Markdown prints as it is, also inside a table."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(value).splitlines()))


def html_environment() -> Environment:
    """Templates ``*.html``."""
    return Environment(autoescape=True, **_common())


def markdown_environment() -> Environment:
    """Templates ``*.md``."""
    return Environment(autoescape=False, finalize=markdown_escape, **_common())


def latex_environment() -> Environment:
    """Templates ``*.tex``, with ``<< value >>`` and ``<% block %>``, as braces are LaTeX's own."""
    return Environment(
        autoescape=False,
        finalize=latex_escape,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        **_common(),
    )


def _common() -> dict[str, Any]:
    return {
        "loader": PackageLoader("clustrace.report"),
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": True,
    }
