"""The single comparisons that a claim stands for, in each column and metric of its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from clustrace.config.claims import (
    BestClaim,
    BetterClaim,
    BoundsClaim,
    Claim,
    FewerIterationsClaim,
    ImprovesClaim,
    NearerClaim,
    TrendClaim,
    WithinClaim,
)
from clustrace.config.papers import Column, Metric, Row, Table

#: Stands for the metric's slug in the address of a comparison of gradient steps.
ITERATIONS = "iterations"


class Against(Enum):
    """What the row ahead is compared with, and when that comes out as claimed."""

    OTHER = "over"
    """Another row, which is worse, by more than the limit where there is one."""
    STEPS = "steps"
    """Another row, which takes more gradient steps."""
    NEAR = "near"
    """Another row, whose score differs by less than the limit."""
    START = "over-its-start"
    """Itself with the clusters that its fine-tuning starts from, which score lower."""
    LEAST = "at-least"
    """The limit, which the score is above."""
    MOST = "at-most"
    """The limit, which the score is below."""
    RISES = "rises-to"
    """The rows after it, whose values rise with their order."""
    FALLS = "falls-to"
    """The rows after it, whose values fall with their order."""
    NEARER = "nearer-than"
    """The number printed in another table, which it is further from than from its own."""


#: Comparisons of an order of rows, and how ledgers print Kendall's tau of it.
TRENDS = (Against.RISES, Against.FALLS)


@dataclass(frozen=True)
class Pairing:
    """One comparison of a row of a table on one data set."""

    table: Table
    ahead: Row
    behind: Row | None
    """None: the row is compared with a number or with its own start."""
    column: Column
    metric: Metric | None
    """None: gradient steps of the fine-tuning, of which fewer are better."""
    against: Against
    limit: float | None = None
    """Number that it is compared with, largest difference, or least lead; a fraction."""
    between: tuple[Row, ...] = ()
    """Of a trend, the rows after the first and before the last."""
    than: str = ""
    """Of two readings, slug of the table with the other published numbers."""

    @property
    def row_slug(self) -> str:
        """Stands for the row's slug in the address."""
        limit = "" if self.limit is None else f"{self.limit:g}".replace(".", "-")
        behind = self.behind.slug if self.behind else self.than
        return "-".join(filter(None, (self.ahead.slug, self._word, behind, limit)))

    @property
    def _word(self) -> str:
        return "over" if self.against is Against.STEPS else self.against.value

    @property
    def metric_slug(self) -> str:
        """Stands for the metric's slug in the address."""
        return self.metric.slug if self.metric else ITERATIONS

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that are compared."""
        return (self.ahead,) if self.behind is None else (self.ahead, *self.between, self.behind)

    @property
    def printed_behind(self) -> str:
        """What the row ahead is compared with, for readers."""
        limit = f"{self.limit_printed:g}"
        match self.against:
            case Against.START:
                return "its start"
            case Against.LEAST | Against.MOST:
                return f"{self._word.replace('-', ' ')} {limit}"
            case Against.NEARER:
                return f"nearer than {self.than}"
        name = self.behind.printed if self.behind else ""
        match self.against:
            case Against.NEAR:
                return f"{name}, within {limit}"
            case Against.RISES | Against.FALLS:
                return f"{self._word.replace('-', ' ')} {name}"
        return name if self.limit is None else f"{name}, by {limit}"

    @property
    def title(self) -> str:
        """The comparison in words."""
        says_itself = self.against in (Against.LEAST, Against.MOST, Against.NEARER, *TRENDS)
        word = "" if says_itself else " near" if self.against is Against.NEAR else " over"
        return f"{self.ahead.printed}{word} {self.printed_behind}"

    def places(self) -> tuple[tuple[str, str, str, str], ...]:
        """Of two readings, table, row, column and metric of both published numbers, its own first.

        These are their slugs.
        """
        cell = (self.ahead.slug, self.column.slug, self.metric_slug)
        return tuple((table, *cell) for table in (self.table.slug, self.than))

    @property
    def limit_printed(self) -> float:
        """The limit in the unit in which the table prints the metric."""
        percent = self.metric is not None and self.metric.unit == "percent"
        # 100 times a decimal number in binary has digits that nobody wrote.
        return round((self.limit or 0.0) * (100 if percent else 1), 9)


def pairings(claim: Claim, table: Table) -> tuple[Pairing, ...]:
    """All comparisons of a claim, in the order of its rows and of the table's columns.

    Args:
        claim: A claim that was checked against its table.
        table: The table that it names.
    """
    rows = {row.slug: row for row in table.rows}
    metrics = _metrics(claim, table)
    between: tuple[Row, ...] = ()
    if isinstance(claim, TrendClaim):
        between = tuple(rows[slug] for slug in claim.rows[1:-1])
    than = claim.than if isinstance(claim, NearerClaim) else ""
    return tuple(
        Pairing(
            *(table, rows[ahead], rows[behind] if behind else None, column, metric, against, limit),
            between,
            than,
        )
        for ahead, behind, against, limit in _pairs(claim, table)
        for column in table.columns
        for metric in metrics
    )


_Pair = tuple[str, str | None, Against, float | None]


def _pairs(claim: Claim, table: Table) -> Iterator[_Pair]:
    """Slugs of the rows, what is compared, and the limit."""
    match claim:
        case BestClaim(row=best):
            for slug in claim.among or [row.slug for row in table.rows]:
                if slug != best:
                    yield best, slug, Against.OTHER, None
        case BetterClaim():
            for pair in claim.comparisons:
                yield pair.ahead, pair.behind, Against.OTHER, claim.by
        case TrendClaim():
            against = Against.RISES if claim.direction == "rises" else Against.FALLS
            yield claim.rows[0], claim.rows[-1], against, None
        case FewerIterationsClaim():
            for pair in claim.comparisons:
                yield pair.ahead, pair.behind, Against.STEPS, None
        case WithinClaim():
            for pair in claim.comparisons:
                yield pair.ahead, pair.behind, Against.NEAR, claim.margin
        case ImprovesClaim():
            for slug in claim.rows:
                yield slug, None, Against.START, None
        case NearerClaim():
            for slug in claim.rows:
                yield slug, None, Against.NEARER, None
        case BoundsClaim():
            for bound in claim.bounds:
                if bound.at_least is not None:
                    yield bound.row, None, Against.LEAST, bound.at_least
                else:
                    yield bound.row, None, Against.MOST, bound.at_most
        case _:
            assert_never(claim)


def _metrics(claim: Claim, table: Table) -> tuple[Metric | None, ...]:
    if isinstance(claim, FewerIterationsClaim):
        return (None,)
    return tuple(metric for metric in table.metrics if metric.slug in claim.metrics)
