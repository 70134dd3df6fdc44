"""Names and places of pages, and which of them a number leads to."""

from __future__ import annotations

from dataclasses import dataclass

from clustrace.config.datasets import DataSet
from clustrace.config.methods import Method
from clustrace.config.papers import Paper
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.site.content import Content


def short_name(paper: Paper) -> str:
    """A paper as it is called in menus: its slug, as authors call their method."""
    return paper.slug.upper()


def run_name(run: str) -> str:
    """Data set and method of a run's folder, as part of a file name."""
    *_, dataset, method, _ = run.split("/")
    return f"{dataset}.{method}"


@dataclass(frozen=True)
class Cell:
    """A cell of a table with its declared names."""

    row: LedgerRow
    title: str
    """Printed names of table, row, column and metric."""
    place: str
    """The same without the method."""
    method: str
    """Slug of the method; empty if there is none yet."""
    dataset: str


def cells_of(content: Content) -> tuple[Cell, ...]:
    """Cells of all papers, in the order of their tables."""
    return tuple(
        Cell(
            row=by_address[address],
            title=" · ".join((table.printed, row.printed, column.printed, metric.printed)),
            place=" · ".join((table.printed, column.printed, metric.printed)),
            method=row.method or "",
            dataset=column.dataset,
        )
        for shown in content.papers
        for by_address in [{row.address: row for row in shown.rows}]
        for table in shown.paper.tables
        for row in table.rows
        for column in table.columns
        for metric in table.metrics
        if (address := ".".join((shown.paper.slug, table.slug, row.slug, column.slug, metric.slug)))
        in by_address
    )


def dataset_of(content: Content, row: LedgerRow) -> str:
    """Data set of a cell's column; empty for rows that are no cell."""
    if row.kind != "cell":
        return ""
    table = content.experiment.papers[row.paper].table(row.table)
    return next(column.dataset for column in table.columns if column.slug == row.column)


def shown_methods(content: Content) -> dict[str, Method]:
    """Methods of the papers' rows, and those that they start from, by slug."""
    experiment = content.experiment
    used = {
        method: None
        for shown in content.papers
        for table in shown.paper.tables
        for row in table.rows
        if row.method
        for method in experiment.chain(row.method)
    }
    return {slug: method for slug, method in experiment.methods.items() if slug in used}


def shown_datasets(content: Content) -> dict[str, DataSet]:
    """Data sets of the papers' columns, by slug."""
    used = {
        column.dataset
        for shown in content.papers
        for table in shown.paper.tables
        for column in table.columns
    }
    registry = content.experiment.registry.datasets
    return {slug: dataset for slug, dataset in registry.items() if slug in used}
