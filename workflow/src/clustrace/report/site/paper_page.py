"""What the page of a paper shows: tables beside ours, claims, figures, deviations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clustrace.config.papers import Deviation, Paper, Table
from clustrace.config.plan import FIGURE_FORMS
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.claims_view import ClaimsView
from clustrace.report.site.content import Content, PaperContent
from clustrace.report.site.links import short_name
from clustrace.report.site.spread import Spread, spread
from clustrace.report.site.standing import STANDINGS, Share, Standing, shares, standing_of
from clustrace.report.table_view import CellView, TableView


@dataclass(frozen=True)
class ShownCell:
    """A cell with its standing and the spread of its seeds."""

    view: CellView
    standing: Standing
    spread: Spread | None
    reason: str


@dataclass(frozen=True)
class ShownRow:
    """A row of a table."""

    slug: str
    printed: str
    note: str
    method: str
    """Slug of its method, which has a page; empty if there is none."""
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True)
class ShownTable:
    """A table with all that its page says of it."""

    view: TableView
    table: Table
    rows: tuple[ShownRow, ...]
    standings: tuple[Share, ...]


@dataclass(frozen=True)
class ShownFigure:
    """A figure, its files, and the addresses of what it draws."""

    slug: str
    caption: str
    forms: tuple[str, ...]
    """Endings of its files that exist."""
    parts: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class PaperPage:
    """Everything that the page of a paper shows."""

    paper: Paper
    name: str
    fault: str
    ledger: str
    tables: tuple[ShownTable, ...]
    claims: ClaimsView | None
    figures: tuple[ShownFigure, ...]
    deviations: tuple[Deviation, ...]
    standings: tuple[Standing, ...]
    """Standings that any cell has, to choose from."""


def paper_page(content: Content, shown: PaperContent) -> PaperPage:
    """Collect what the page of a paper shows."""
    rows = {row.address: row for row in shown.rows}
    present = {standing_of(row) for row in shown.cells}
    return PaperPage(
        paper=shown.paper,
        name=short_name(shown.paper),
        fault=shown.fault,
        ledger=shown.ledger.name,
        tables=tuple(
            _table(content, table, view, rows)
            for table, view in zip(shown.paper.tables, shown.tables, strict=False)
        ),
        claims=shown.claims,
        figures=tuple(_figures(content, shown)) if not shown.fault else (),
        deviations=tuple(content.experiment.deviations[shown.paper.slug].deviations),
        standings=tuple(standing for standing in STANDINGS if standing in present),
    )


def _table(
    content: Content, table: Table, view: TableView, rows: Mapping[str, LedgerRow]
) -> ShownTable:
    def cell(each: CellView) -> ShownCell:
        row = rows[each.address]
        return ShownCell(
            view=each,
            standing=standing_of(row),
            spread=spread(content.explanations.get(each.address)),
            reason=row.reason,
        )

    shown = tuple(
        ShownRow(row.slug, row.printed, row.note, row.method or "", tuple(map(cell, views.cells)))
        for row, views in zip(table.rows, view.rows, strict=True)
    )
    of_table = [rows[each.address] for row in view.rows for each in row.cells]
    return ShownTable(view, table, shown, shares(of_table))


def _figures(content: Content, shown: PaperContent) -> list[ShownFigure]:
    experiment = content.experiment
    protocol, paper = experiment.protocol.slug, shown.paper
    return [
        ShownFigure(
            slug=figure.slug,
            caption=figure.caption,
            forms=tuple(
                form
                for form in FIGURE_FORMS
                if experiment.layout.figure(protocol, paper.slug, figure.slug, form).exists()
            ),
            parts=tuple(
                row for row in shown.rows if row.kind == "array" and row.table == figure.slug
            ),
        )
        for figure in paper.figures
    ]
