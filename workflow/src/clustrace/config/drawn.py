"""Which files the figures of a paper are drawn from, as far as a configuration makes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, assert_never

from clustrace.config.experiment import Experiment
from clustrace.config.figures import (
    FEATURES,
    Activations,
    ClassSizes,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    OfNetworks,
    OfOneDataSet,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper, Row
from clustrace.config.plan import Plan, Run


def trainings(
    experiment: Experiment, runs: Iterable[Run], figure: LearningCurves | None = None
) -> tuple[Run, ...]:
    """The trainings behind runs, each once; those that a figure shows where one is given."""
    shown = figure.methods if figure else []
    trained = {
        Run(run.dataset, method): None
        for run in runs
        for method in experiment.chain(run.method)
        if experiment.methods[method].stage in ("pretrain", "finetune", "classify")
        and (not shown or method in shown)
    }
    return tuple(trained)


def histories(plan: Plan, paper: Paper, figure: LearningCurves | None = None) -> list[Path]:
    """Histories of the trainings of a paper, or of a figure, the first block of seeds of each."""
    experiment = plan.experiment
    protocol, block = experiment.protocol.slug, experiment.blocks[0]
    return [
        experiment.layout.history(protocol, run.dataset, run.method, block)
        for run in trainings(experiment, plan.runs_of(paper), figure)
    ]


def drawn_datasets(plan: Plan, paper: Paper, figure: OfOneDataSet) -> tuple[str, ...]:
    """Data sets whose results are computed for a figure of one: the first that is run, a stand-in.

    None if none of its methods is run on any of them.
    """
    run = {run.dataset for run in plan.runs_of(paper) if run.method in figure.methods}
    first = next((dataset for dataset in figure.datasets if dataset in run), None)
    return tuple(d for d in (first, figure.stand_in) if d is not None and d in run)


def panels(figure: EmbeddingMap, dataset: str) -> tuple[Run, ...]:
    """What the panels of an embedding map show, for one of its data sets."""
    first = [Run(figure.latent, FEATURES)] if figure.latent else []
    first += [Run(dataset, FEATURES)] if figure.features else []
    return (*first, *(Run(dataset, method) for method in figure.methods))


def map_runs(plan: Plan, paper: Paper, figure: EmbeddingMap) -> tuple[Run, ...]:
    """Panels of an embedding map that are computed, of all data sets that are."""
    run = plan.runs_of(paper)
    return tuple(
        dict.fromkeys(
            panel
            for dataset in drawn_datasets(plan, paper, figure)
            for panel in panels(figure, dataset)
            if panel.method == FEATURES or panel in run
        )
    )


def embeddings(plan: Plan, paper: Paper, figure: EmbeddingMap) -> list[Path]:
    """Embeddings that a map is drawn from, of the first block and the panels that are computed."""
    layout, protocol = plan.experiment.layout, plan.experiment.protocol.slug
    block = plan.experiment.blocks[0]
    return [
        layout.embedding(protocol, run.dataset, run.method, block, str(figure.samples))
        for run in map_runs(plan, paper, figure)
    ]


def labelled_datasets(plan: Plan, paper: Paper, figure: Figure) -> tuple[str, ...]:
    """Data sets whose true classes a figure shows, as far as they are computed."""
    if isinstance(figure, EmbeddingMap) and figure.colours == "classes":
        return tuple(dict.fromkeys(run.dataset for run in map_runs(plan, paper, figure)))
    if isinstance(figure, ClassSizes):
        run = {run.dataset for run in plan.runs_of(paper)}
        return tuple(dataset for dataset in figure.datasets if dataset in run)
    return ()


def labelled_candidates(figure: Figure) -> tuple[str, ...]:
    """Data sets whose true classes a figure may show, computed or not."""
    if isinstance(figure, EmbeddingMap) and figure.colours == "classes":
        return (*figure.candidates, *([figure.latent] if figure.latent else []))
    return tuple(figure.datasets) if isinstance(figure, ClassSizes) else ()


def sweep_rows(paper: Paper, figure: Sweep) -> dict[str, tuple[Row, ...]]:
    """Rows of the table of a sweep, by the slug of its line."""
    rows = {row.slug: row for row in paper.table(figure.table).rows}
    return {line.slug: tuple(rows[slug] for slug in line.rows) for line in figure.lines}


def sweep_dataset(paper: Paper, figure: Sweep) -> str:
    """Data set of the column that a sweep shows."""
    columns = paper.table(figure.table).columns
    return next(column.dataset for column in columns if column.slug == figure.column)


def scored_runs(plan: Plan, paper: Paper, figure: ScoreCurves | Sweep) -> tuple[Run, ...]:
    """Runs whose scores a figure shows, as far as they are computed."""
    if isinstance(figure, Sweep):
        dataset, lines = sweep_dataset(paper, figure), sweep_rows(paper, figure)
        shown = [Run(dataset, row.method) for rows in lines.values() for row in rows if row.method]
    else:
        datasets = drawn_datasets(plan, paper, figure)
        shown = [Run(dataset, method) for dataset in datasets for method in figure.methods]
    computed = plan.runs_of(paper)
    return tuple(dict.fromkeys(run for run in shown if run in computed))


def network_runs(plan: Plan, figure: OfNetworks) -> tuple[Run, ...]:
    """Networks that a figure shows, as far as data sets and methods are not restricted."""
    runs = (Run(figure.dataset, method) for method in figure.methods)
    return tuple(run for run in dict.fromkeys(runs) if plan.is_chosen(run))


def network_file(plan: Plan, figure: OfNetworks, run: Run, block: str) -> Path:
    """What a figure draws of a network."""
    layout, names = plan.experiment.layout, (plan.experiment.protocol.slug, run.dataset, run.method)
    if isinstance(figure, Filters):
        return layout.filters(*names, block, str(figure.units))
    return layout.activations(
        *names, block, str(figure.samples), f"{figure.largest:g}", str(figure.bins)
    )


def filter_settings(
    plan: Plan, dataset: str, method: str, block: str, units: int
) -> dict[str, Any]:
    """Everything that decides which weights of a network a figure shows."""
    settings = _of_network(plan.run_settings(dataset, method, block))
    return {**settings, "seeds": settings["seeds"][:1], "units": units}


def activation_settings(
    plan: Plan, dataset: str, method: str, block: str, samples: int, largest: float, bins: int
) -> dict[str, Any]:
    """Everything that decides a histogram of the features that a network gives."""
    settings = _of_network(plan.embedding_settings(dataset, method, block, samples))
    return {**settings, "largest": largest, "bins": bins}


def _of_network(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings by which a network is made of its weights: those of a run that starts from it."""
    return {**settings, "pretrained": {name: settings[name] for name in ("estimator", "arguments")}}


def drawn_files(plan: Plan, paper: Paper, figure: Figure) -> list[Path]:
    """Files that a figure is drawn from."""
    layout, protocol = plan.experiment.layout, plan.experiment.protocol.slug
    blocks = plan.experiment.blocks
    truths = [layout.truth(protocol, d) for d in labelled_datasets(plan, paper, figure)]
    match figure:
        case LearningCurves():
            return histories(plan, paper, figure)
        case EmbeddingMap():
            return [*embeddings(plan, paper, figure), *truths]
        case ClassSizes():
            return truths
        case ScoreCurves() | Sweep():
            return [
                layout.metrics(protocol, run.dataset, run.method, block)
                for run in scored_runs(plan, paper, figure)
                for block in blocks
            ]
        case Filters() | Activations():
            runs = network_runs(plan, figure)
            return [network_file(plan, figure, run, blocks[0]) for run in runs]
        case _:
            assert_never(figure)
