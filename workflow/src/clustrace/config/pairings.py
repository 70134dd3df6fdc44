"""The single comparisons that a claim stands for: pairs of rows, in each column and metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clustrace.config.claims import BestClaim, BetterClaim, Claim
from clustrace.config.papers import Column, Metric, Row, Table

#: Stands for the metric's slug in the address of a comparison of gradient steps.
ITERATIONS = "iterations"


@dataclass(frozen=True)
class Pairing:
    """One comparison of two rows of a table on one data set."""

    table: Table
    ahead: Row
    behind: Row
    column: Column
    metric: Metric | None
    """None: gradient steps of the fine-tuning, of which fewer are better."""

    @property
    def row_slug(self) -> str:
        """Stands for the row's slug in the address."""
        return f"{self.ahead.slug}-over-{self.behind.slug}"

    @property
    def metric_slug(self) -> str:
        """Stands for the metric's slug in the address."""
        return self.metric.slug if self.metric else ITERATIONS


def pairings(claim: Claim, table: Table) -> tuple[Pairing, ...]:
    """All comparisons of a claim, in the order of its pairs and of the table's columns.

    Args:
        claim: A claim that was checked against its table.
        table: The table that it names.
    """
    rows = {row.slug: row for row in table.rows}
    metrics = _metrics(claim, table)
    return tuple(
        Pairing(table, rows[ahead], rows[behind], column, metric)
        for ahead, behind in _pairs(claim, table)
        for column in table.columns
        for metric in metrics
    )


def _pairs(claim: Claim, table: Table) -> Iterator[tuple[str, str]]:
    if isinstance(claim, BestClaim):
        yield from ((claim.row, row.slug) for row in table.rows if row.slug != claim.row)
    else:
        yield from ((pair.ahead, pair.behind) for pair in claim.comparisons)


def _metrics(claim: Claim, table: Table) -> tuple[Metric | None, ...]:
    if isinstance(claim, BestClaim | BetterClaim):
        return tuple(metric for metric in table.metrics if metric.slug in claim.metrics)
    return (None,)
