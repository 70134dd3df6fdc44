"""Deviations from the paper as they are listed below a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clustrace.config.papers import Column, Deviation, Paper, Row, Table
from clustrace.provenance.ledger import address


@dataclass(frozen=True)
class DeviationView:
    """Texts of one deviation."""

    slug: str
    cells: str
    """The cells that it touches, in the paper's names."""
    what: str
    effect: str


def deviation_views(
    paper: Paper, table: Table, deviations: Sequence[Deviation]
) -> tuple[DeviationView, ...]:
    """Those deviations that touch any cell of a table, in their order."""
    return tuple(_views(paper, table, deviations))


def _views(paper: Paper, table: Table, deviations: Sequence[Deviation]) -> Iterator[DeviationView]:
    for deviation in deviations:
        touched = {row.slug: _columns(paper, table, row, deviation) for row in table.rows}
        if any(touched.values()):
            cells = "; ".join(_groups(table, touched))
            # An effect is a note or whole sentences; the forms end it.
            effect = deviation.effect.removesuffix(".")
            yield DeviationView(deviation.slug, cells, deviation.what, effect)


def _columns(paper: Paper, table: Table, row: Row, deviation: Deviation) -> tuple[Column, ...]:
    """Columns in which any metric of a row is touched."""
    return tuple(
        column
        for column in table.columns
        if any(
            deviation.touches(address(paper.slug, table.slug, row.slug, column.slug, metric.slug))
            for metric in table.metrics
        )
    )


def _groups(table: Table, touched: dict[str, tuple[Column, ...]]) -> Iterator[str]:
    """Rows that are touched in the same columns, together; all columns are not named."""
    for columns in dict.fromkeys(filter(None, touched.values())):
        rows = [row.printed for row in table.rows if touched[row.slug] == columns]
        names = "all rows" if len(rows) == len(table.rows) else ", ".join(rows)
        place = ", ".join(column.printed for column in columns)
        yield names if len(columns) == len(table.columns) else f"{names} on {place}"
