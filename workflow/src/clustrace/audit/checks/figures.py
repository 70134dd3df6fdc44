"""Check on figures: does the ledger name all that they show?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError
from clustrace.config.drawn import trainings
from clustrace.config.experiment import Experiment
from clustrace.config.figures import EmbeddingMap
from clustrace.config.papers import Paper
from clustrace.config.plan import Run, all_runs_of

_QUANTITIES = {"loss": "loss", "label_change": "label-change"}


class FiguresWhole(Check):
    """CELL-019."""

    id = "CELL-019"
    title = "Every curve and panel of every figure is in the ledger, or a reason why it is missing"
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
                if isinstance(figure, EmbeddingMap):
                    yield from _panels(paper, figure, arrays)
                else:
                    yield from _curves(case, case.experiment, paper, figure.slug, arrays)


def _panels(paper: Paper, figure: EmbeddingMap, arrays: list[LedgerLine]) -> Iterator[Observation]:
    found = {line.row for line in arrays if line.column in figure.datasets}
    for method in figure.methods:
        subject = f"{paper.slug}.{figure.slug}.{method}"
        yield passed(subject) if method in found else failed(subject, "no panel", "a panel")


def _curves(
    case: Case, experiment: Experiment, paper: Paper, figure: str, arrays: list[LedgerLine]
) -> Iterator[Observation]:
    for run in trainings(experiment, all_runs_of(paper)):
        subject = f"{paper.slug}.{figure}.{run.method}.{run.dataset}"
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
            layer = row.get("phase") or "0"
            if row.get("seed") == rows[0].get("seed"):
                found |= {
                    slug if layer == "0" else f"{slug}-layer-{layer}"
                    for name, slug in _QUANTITIES.items()
                    if row.get(name)
                }
    return found
