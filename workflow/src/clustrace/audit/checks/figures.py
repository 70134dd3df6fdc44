"""Check on figures: does the ledger name all that they show?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from clustrace.audit.case import Case
from clustrace.audit.checks.drawn_arrays import training_of
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError
from clustrace.config.drawn import trainings
from clustrace.config.experiment import Experiment
from clustrace.config.figures import (
    CLASSES,
    FEATURES,
    Activations,
    ClassSizes,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    ScoreCurves,
)
from clustrace.config.papers import Paper
from clustrace.config.plan import Run, all_runs_of

_QUANTITIES = {"loss": "loss", "label_change": "label-change"}


class FiguresWhole(Check):
    """CELL-019."""

    id = "CELL-019"
    title = "Every curve, panel and line of every figure is in the ledger, or why it is missing"
    level = Level.PREDICTIONS
    why = "A curve that is left out shows a training that went well."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the arrays of each ledger with the figures of its paper."""
        for ledger in case.ledgers.values():
            paper = case.experiment.papers.get(ledger.paper) if case.experiment else None
            if paper is None or case.addresses is not None or not ledger.lines:
                continue
            assert case.experiment is not None
            for figure in paper.figures:
                arrays = [
                    line
                    for line in ledger.lines.values()
                    if line.kind == "array" and line.table == figure.slug
                ]
                if isinstance(figure, LearningCurves):
                    yield from _curves(case, case.experiment, paper, figure, arrays)
                else:
                    yield from _declared(paper, figure, arrays)


def _declared(paper: Paper, figure: Figure, arrays: list[LedgerLine]) -> Iterator[Observation]:
    """Parts that config/ names one by one, of one of the data sets that it allows."""
    for row, columns, metrics in _wanted(paper, figure):
        found = {line.metric for line in arrays if line.row == row and line.column in columns}
        for metric in metrics:
            subject = f"{paper.slug}.{figure.slug}.{row}.{'|'.join(columns)}.{metric}"
            if metric in found:
                yield passed(subject)
            else:
                yield failed(subject, f"no {metric}", "an array, or why there is none")


def _wanted(paper: Paper, figure: Figure) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Row, the columns of which one must be there, and metrics of each part of a figure."""
    match figure:
        case EmbeddingMap():
            drawn = ("tsne",) if figure.projection == "tsne" else ("plane",)
            if figure.latent is not None:
                yield FEATURES, (figure.latent,), drawn
            for row in [FEATURES] * figure.features + figure.methods:
                yield row, figure.candidates, drawn
        case ClassSizes():
            for dataset in figure.datasets:
                yield CLASSES, (dataset,), ("sizes",)
        case ScoreCurves():
            for method in figure.methods:
                yield method, figure.candidates, tuple(figure.metrics)
        case Filters() | Activations():
            for method in figure.methods:
                yield method, (figure.dataset,), (figure.kind,)
        case LearningCurves():
            return
        case _:
            metrics = tuple(metric.slug for metric in paper.table(figure.table).metrics)
            for line in figure.lines:
                yield line.slug, (figure.column,), metrics


def _curves(
    case: Case,
    experiment: Experiment,
    paper: Paper,
    figure: LearningCurves,
    arrays: list[LedgerLine],
) -> Iterator[Observation]:
    for run in trainings(experiment, all_runs_of(paper), figure):
        subject = f"{paper.slug}.{figure.slug}.{run.method}.{run.dataset}"
        mine = [line for line in arrays if Run(line.column, line.row) == run]
        try:
            expected = _in_histories(case, mine)
        except TreeError as error:
            yield skipped(subject, str(error))
            continue
        missing = (expected or {"loss"}) - {line.metric for line in mine}
        if missing:
            yield failed(subject, f"no curve of {', '.join(sorted(missing))}", "all curves")
        else:
            yield passed(subject)


def _in_histories(case: Case, lines: list[LedgerLine]) -> set[str]:
    """What the histories of runs hold of their first seed: quantities, layer by layer.

    Raises:
        TreeError: a history cannot be read.
    """
    found: set[str] = set()
    for run in dict.fromkeys(run for line in lines for run in line.runs):
        rows = list(csv.DictReader(io.StringIO(case.tree.text(f"{run}/history.csv"), newline="")))
        for row in rows:
            if row.get("seed") == rows[0].get("seed"):
                found |= {
                    f"{slug}{training_of(row)}"
                    for name, slug in _QUANTITIES.items()
                    if row.get(name)
                }
    return found
