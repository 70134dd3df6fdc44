"""A paper's claims as CSV, Markdown, LaTeX or HTML, from its ledger rows alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from clustrace.errors import ConfigError
from clustrace.files import write_text
from clustrace.report.claims_view import ClaimsView
from clustrace.report.templating import (
    html_environment,
    latex_environment,
    markdown_environment,
)

_CSV_HEADER = (
    "claim",
    "ahead",
    "behind",
    "column",
    "metric",
    "ours",
    "n",
    "p_value",
    "published",
    "verdict",
    "evidence",
    "reason",
    "address",
    "stamp",
)


def write_claims(path: str | Path, view: ClaimsView) -> None:
    """Write a table of claims, atomically; the suffix (csv, md, tex, html) decides on the form.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_text(path, render_claims(view, Path(path).suffix.removeprefix(".")))


def render_claims(view: ClaimsView, form: str) -> str:
    """A table of claims in one of the forms csv, md, tex, html.

    Raises:
        ConfigError: there is no such form.
    """
    if form not in _FORMS:
        raise ConfigError(f"Claims have no form {form!r}; use one of {', '.join(_FORMS)}.")
    return _FORMS[form](view)


def _csv(view: ClaimsView) -> str:
    """A line for each claim, each followed by those of its comparisons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for claim in view.claims:
        writer.writerow(
            (claim.text, "", "", "", "", claim.ours, "", "", claim.published, claim.verdict,
             claim.evidence, claim.reason, claim.address, view.stamp)
        )  # fmt: skip
        for each in claim.comparisons:
            writer.writerow(
                (claim.text, each.ahead, each.behind, each.column, each.metric, each.ours, each.n,
                 each.p_value, each.published, "", each.evidence, each.reason, each.address,
                 view.stamp)
            )  # fmt: skip
    return text.getvalue()


def _markdown(view: ClaimsView) -> str:
    return markdown_environment().get_template("claims.md").render(view=view)


def _latex(view: ClaimsView) -> str:
    return latex_environment().get_template("claims.tex").render(view=view)


def _html(view: ClaimsView) -> str:
    return html_environment().get_template("claims.html").render(view=view)


_FORMS: dict[str, Callable[[ClaimsView], str]] = {
    "csv": _csv,
    "md": _markdown,
    "tex": _latex,
    "html": _html,
}
