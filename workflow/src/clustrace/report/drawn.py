"""All that the figures of a paper draw, from what exists on disk.

The ledger has a row for each curve, panel and line, and the figure draws nothing else: both take
them from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from clustrace.config.figures import (
    Activations,
    ClassSizes,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan
from clustrace.provenance.arrays import array_row
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.drawn_curves import drawn_curves
from clustrace.report.drawn_networks import drawn_networks
from clustrace.report.drawn_panels import drawn_panels
from clustrace.report.drawn_scores import drawn_scores
from clustrace.report.drawn_sizes import drawn_sizes
from clustrace.report.drawn_sweep import drawn_sweep
from clustrace.report.part import Part

#: All that a figure draws.
Parts = Sequence[Part[Any]]


def array_rows(plan: Plan, paper: Paper, cells: Iterable[LedgerRow]) -> list[LedgerRow]:
    """A ledger row for each curve, panel and line of a paper's figures.

    Args:
        plan: What is to be run.
        paper: The paper.
        cells: The other rows of its ledger.
    """
    by_address = {row.address: row for row in cells}
    return [
        row
        for figure in paper.figures
        for row in rows_of_figure(plan, paper, figure, parts_of(plan, paper, figure, by_address))
    ]


def parts_of(plan: Plan, paper: Paper, figure: Figure, cells: Mapping[str, LedgerRow]) -> Parts:
    """All that a figure draws, of what exists.

    Args:
        plan: What is to be run.
        paper: The paper.
        figure: One of its figures.
        cells: Rows of the paper's ledger by address.
    """
    match figure:
        case LearningCurves():
            return drawn_curves(plan, paper, figure)
        case EmbeddingMap():
            return drawn_panels(plan, paper, figure)
        case ClassSizes():
            return drawn_sizes(plan, paper, figure)
        case ScoreCurves():
            return drawn_scores(plan, paper, figure)
        case Sweep():
            return drawn_sweep(plan, paper, figure, cells)
        case Filters() | Activations():
            return drawn_networks(plan, paper, figure)
        case _:
            assert_never(figure)


def rows_of_figure(plan: Plan, paper: Paper, figure: Figure, parts: Parts) -> list[LedgerRow]:
    """A ledger row for each part of a figure."""
    return [
        array_row(
            {
                "paper": paper.slug,
                "table": figure.slug,
                "row": part.row,
                "column": part.column,
                "metric": part.array,
            },
            protocol=plan.experiment.protocol.slug,
            content=part.content,
            runs=" ".join(part.runs),
            seeds=" ".join(map(str, part.seeds)),
            aggregation=part.aggregation,
            reason=part.reason,
        )
        for part in parts
    ]
