"""Equations as MathML, which browsers draw without a library."""

from __future__ import annotations

from markupsafe import Markup, escape


def mathml(latex: str) -> Markup:
    """An equation of a method's configuration as a block; the LaTeX stands in it as annotation.

    LaTeX that the converter does not know is shown as it is written.
    """
    # Takes a fifth of a second to import, and only sites need it.
    from latex2mathml.converter import convert

    try:
        shown = convert(latex, display="block")
    except Exception:  # the converter's errors have no class in common
        return Markup(f"<code>{escape(latex)}</code>")
    head, _, rest = shown.partition(">")
    body = rest.removesuffix("</math>")
    annotation = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    return Markup(f"{head}><semantics>{body}{annotation}</semantics></math>")
