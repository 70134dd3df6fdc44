"""The cells of printed result tables, whatever form they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clustrace.audit.sheets import SheetRow


@dataclass(frozen=True)
class Grid:
    """The columns' headings and, row by row, its heading and the texts of its cells."""

    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str], Sequence[str]]]
    """Heading, texts, and the addresses that the form names, where it does."""


def grid_of(form: str, table: tuple[SheetRow, ...]) -> Grid:
    """The cells of a result table in one of the forms md, tex, html.

    Raises:
        ValueError: it does not have the shape of one.
        IndexError: as ValueError.
    """
    if form == "tex":
        return _latex_grid(table)
    if form == "md":
        head, *body = table
        headings = list(head.texts[1:])
    else:
        columns, metrics, *body = table
        headings = [f"{c} {m}" for c, m in _spread(columns.texts[1:], metrics.texts)]
    rows = [
        (row.texts[0], row.texts[1:], [cell.name for cell in row.cells[1:] if cell.name])
        for row in body
    ]
    return Grid(headings, rows)


def _spread(columns: Sequence[str], metrics: Sequence[str]) -> list[tuple[str, str]]:
    """Each column's heading over its share of the metrics."""
    width = len(metrics) // max(len(columns), 1)
    return [(columns[index // max(width, 1)], metric) for index, metric in enumerate(metrics)]


def _latex_grid(table: tuple[SheetRow, ...]) -> Grid:
    """A method takes several lines, of which the first has its name."""
    columns, metrics, *body = table
    headings = [f"{c} {m}" for c, m in _spread(columns.texts[2:], metrics.texts[2:])]
    rows: list[tuple[str, list[str], list[str]]] = []
    for row in body:
        name, _, *texts = row.texts
        if name:
            rows.append((name, list(texts), []))
        else:
            last = rows[-1][1]
            last[:] = [f"{text} {more}" for text, more in zip(last, texts, strict=True)]
    return Grid(headings, rows)
