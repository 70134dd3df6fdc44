"""A paper's table as CSV, Markdown, LaTeX or HTML, from its ledger rows alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from clustrace.errors import ConfigError
from clustrace.files import write_text
from clustrace.report.table_view import CellView, TableView
from clustrace.report.templating import (
    html_environment,
    latex_environment,
    markdown_environment,
)

_CSV_HEADER = (
    "row",
    "column",
    "metric",
    "ours",
    "n",
    "published",
    "difference",
    "tolerance",
    "verdict",
    "evidence",
    "deviations",
    "reason",
    "address",
    "stamp",
)


def write_table(path: str | Path, view: TableView) -> None:
    """Write a table, atomically; the suffix (csv, md, tex, html) decides on the form.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_text(path, render_table(view, Path(path).suffix.removeprefix(".")))


def render_table(view: TableView, form: str) -> str:
    """A table in one of the forms csv, md, tex, html.

    Raises:
        ConfigError: there is no such form.
    """
    if form not in _FORMS:
        raise ConfigError(f"Tables have no form {form!r}; use one of {', '.join(_FORMS)}.")
    return _FORMS[form](view)


def _csv(view: TableView) -> str:
    places = [(column, metric) for column in view.columns for metric in view.metrics]
    lines = [(row.printed, row.cells) for row in view.rows]
    lines.append(("Kendall's tau", view.agreement))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for name, cells in lines:
        for (column, metric), cell in zip(places, cells, strict=True):
            writer.writerow((name, column, metric, *_csv_cell(cell, view)))
    return text.getvalue()


def _csv_cell(cell: CellView, view: TableView) -> tuple[str | int, ...]:
    return (
        cell.ours,
        cell.n,
        cell.published,
        cell.difference,
        cell.tolerance,
        cell.verdict,
        cell.evidence,
        cell.deviations,
        view.footnotes[cell.note - 1] if cell.note else "",
        cell.address,
        view.stamp,
    )


def _markdown(view: TableView) -> str:
    return markdown_environment().get_template("table.md").render(view=view)


def _latex(view: TableView) -> str:
    return latex_environment().get_template("table.tex").render(view=view)


def _html(view: TableView) -> str:
    return html_environment().get_template("table.html").render(view=view)


_FORMS: dict[str, Callable[[TableView], str]] = {
    "csv": _csv,
    "md": _markdown,
    "tex": _latex,
    "html": _html,
}
