"""What lies on disk of a protocol's runs, whether this configuration makes it or not.

A configuration decides what is computed, not what is shown: ledgers, tables and figures hold all
that exists under their protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from clustrace.config.drawn import (
    drawn_files,
    labelled_candidates,
    network_file,
    panels,
    sweep_dataset,
    sweep_rows,
    trainings,
)
from clustrace.config.experiment import Experiment, seeds_of
from clustrace.config.figures import (
    Activations,
    ClassSizes,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    OfNetworks,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, all_runs_of
from clustrace.files import sha256_file

_BLOCK = re.compile(r"\d+(-\d+)?")


def metrics_files(plan: Plan, paper: Paper, run: Run) -> list[Path]:
    """Metrics of a run: those of this configuration, there or not, then others that are there."""
    experiment = plan.experiment
    planned = experiment.blocks if run in plan.runs_of(paper) else ()
    names = experiment.protocol.slug, run.dataset, run.method
    return [
        *(experiment.layout.metrics(*names, block) for block in planned),
        *_existing(
            experiment.layout.metrics(*names, block)
            for block in _blocks(experiment, run)
            if block not in planned
        ),
    ]


def history_files(plan: Plan, paper: Paper, training: Run) -> list[Path]:
    """Histories of a training that are there, in the order in which a figure wants them."""
    experiment = plan.experiment
    planned = training in trainings(experiment, plan.runs_of(paper))
    names = experiment.protocol.slug, training.dataset, training.method
    # Other blocks of this configuration may be under way while the figure is drawn.
    blocks = [
        *experiment.blocks[:1],
        *(b for b in _blocks(experiment, training) if not planned or b not in experiment.blocks),
    ]
    return _existing(experiment.layout.history(*names, b) for b in dict.fromkeys(blocks))


def embedding_files(plan: Plan, figure: EmbeddingMap, run: Run) -> list[Path]:
    """Embeddings of a run that are there, in the order in which a figure wants them."""
    experiment = plan.experiment
    names = experiment.protocol.slug, run.dataset, run.method
    blocks = dict.fromkeys((*experiment.blocks[:1], *_blocks(experiment, run)))
    return _existing(
        experiment.layout.embedding(*names, block, str(figure.samples)) for block in blocks
    )


def network_files(plan: Plan, figure: OfNetworks, run: Run) -> list[Path]:
    """What a figure draws of a network, as far as it is there, in the order of preference."""
    blocks = dict.fromkeys((*plan.experiment.blocks[:1], *_blocks(plan.experiment, run)))
    return _existing(network_file(plan, figure, run, block) for block in blocks)


def truth_file(plan: Plan, dataset: str) -> Path:
    """True labels of a data set as evaluation reads them, there or not."""
    return plan.experiment.layout.truth(plan.experiment.protocol.slug, dataset)


def other_files(plan: Plan, paper: Paper, figure: Figure | None = None) -> dict[str, str]:
    """What a paper's ledger shows beyond the files that this configuration makes.

    Args:
        plan: What is to be run.
        paper: The paper.
        figure: One of its figures, to take what that shows alone.

    Returns:
        Sha256 by path.
    """
    figures = paper.figures if figure is None else [figure]
    planned = {path for each in figures for path in drawn_files(plan, paper, each)}
    shown = [path for each in figures for path in _shown(plan, paper, each)]
    if figure is None:
        planned |= set(plan.metrics_of(paper))
        planned |= set(plan.timed_of(paper))
        for run in all_runs_of(paper):
            for path in metrics_files(plan, paper, run):
                shown += [path, *(plan.records_of(run, path.parent.name) if paper.is_timed else ())]
    found = dict.fromkeys(path for path in shown if path not in planned)
    return {path.as_posix(): sha256_file(path) for path in found if path.exists()}


def _shown(plan: Plan, paper: Paper, figure: Figure) -> Iterator[Path]:
    match figure:
        case EmbeddingMap():
            for dataset in figure.candidates:
                for run in panels(figure, dataset):
                    yield from embedding_files(plan, figure, run)
            for dataset in labelled_candidates(figure):
                yield truth_file(plan, dataset)
        case ClassSizes():
            for dataset in labelled_candidates(figure):
                yield truth_file(plan, dataset)
        case LearningCurves():
            for training in trainings(plan.experiment, all_runs_of(paper), figure):
                yield from history_files(plan, paper, training)
        case ScoreCurves():
            for dataset in figure.candidates:
                for method in figure.methods:
                    yield from metrics_files(plan, paper, Run(dataset, method))
        case Sweep():
            dataset = sweep_dataset(paper, figure)
            for rows in sweep_rows(paper, figure).values():
                for row in rows:
                    if row.method is not None:
                        yield from metrics_files(plan, paper, Run(dataset, row.method))
        case Filters() | Activations():
            for method in figure.methods:
                yield from network_files(plan, figure, Run(figure.dataset, method))
        case _:
            assert_never(figure)


def _blocks(experiment: Experiment, run: Run) -> list[str]:
    """Blocks of seeds of a run that have a folder, in the order of their seeds."""
    layout, protocol = experiment.layout, experiment.protocol.slug
    folder = layout.run(protocol, run.dataset, run.method, "0").parent
    found = [path.name for path in folder.glob("*") if _BLOCK.fullmatch(path.name)]
    return sorted(found, key=lambda block: (seeds_of(block), block))


def _existing(paths: Iterator[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]
