"""Which files the figures of a paper are drawn from, as far as a configuration makes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from clustrace.config.experiment import Experiment
from clustrace.config.figures import EmbeddingMap, Figure
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run


def trainings(experiment: Experiment, runs: Iterable[Run]) -> tuple[Run, ...]:
    """The trainings behind runs, each once."""
    trained = {
        Run(run.dataset, method): None
        for run in runs
        for method in experiment.chain(run.method)
        if experiment.methods[method].stage in ("pretrain", "finetune")
    }
    return tuple(trained)


def histories(plan: Plan, paper: Paper) -> list[Path]:
    """Histories of all trainings of a paper, the first block of seeds of each."""
    experiment = plan.experiment
    protocol, block = experiment.protocol.slug, experiment.blocks[0]
    return [
        experiment.layout.history(protocol, run.dataset, run.method, block)
        for run in trainings(experiment, plan.runs_of(paper))
    ]


def map_dataset(plan: Plan, paper: Paper, figure: EmbeddingMap) -> str | None:
    """Data set of an embedding map: the first of its candidates that is run; None if none."""
    run = {run.dataset for run in plan.runs_of(paper) if run.method in figure.methods}
    return next((dataset for dataset in figure.datasets if dataset in run), None)


def embeddings(plan: Plan, paper: Paper, figure: EmbeddingMap) -> list[Path]:
    """Embeddings that a map is drawn from, of the first block and the methods that are run."""
    experiment, dataset = plan.experiment, map_dataset(plan, paper, figure)
    run = {run.method for run in plan.runs_of(paper) if run.dataset == dataset}
    protocol, block = experiment.protocol.slug, experiment.blocks[0]
    return [
        experiment.layout.embedding(protocol, dataset, method, block, str(figure.samples))
        for method in figure.methods
        if dataset is not None and method in run
    ]


def drawn_files(plan: Plan, paper: Paper, figure: Figure) -> list[Path]:
    """Files that a figure is drawn from."""
    if isinstance(figure, EmbeddingMap):
        return embeddings(plan, paper, figure)
    return histories(plan, paper)
