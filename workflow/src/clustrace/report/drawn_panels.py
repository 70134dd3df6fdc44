"""The panels of an embedding map, from the embeddings and true classes that exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clustrace.config.drawn import drawn_datasets, panels
from clustrace.config.experiment import Experiment
from clustrace.config.figures import FEATURES, EmbeddingMap
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run
from clustrace.data.artefact import Artefact, read_artefact
from clustrace.errors import StorageError
from clustrace.report.disk import embedding_files, truth_file
from clustrace.report.embedding_map import Panel
from clustrace.report.part import ABSENT, Part
from clustrace.report.scores import NOT_RUN, why_missing, why_no_truth

PanelPart = Part[Panel]


def drawn_panels(plan: Plan, paper: Paper, figure: EmbeddingMap) -> list[PanelPart]:
    """The panels of an embedding map: features first where it shows any, then its methods."""
    dataset = shown_dataset(plan, paper, figure) or figure.datasets[0]
    return [_panel(plan, paper, figure, run) for run in panels(figure, dataset)]


def shown_dataset(plan: Plan, paper: Paper, figure: EmbeddingMap) -> str | None:
    """Data set of an embedding map: the first with an embedding, else the one to be computed."""
    found = {
        dataset: [
            path
            for method in figure.methods
            for path in embedding_files(plan, figure, Run(dataset, method))
        ]
        for dataset in figure.candidates
    }
    # A stand-in is shown for data that are not there, of which there are embeddings with a reason.
    candidates = figure.candidates if figure.stand_in else ()
    for dataset in candidates:
        if any(map(_is_ok, found[dataset])):
            return dataset
    with_files = next((dataset for dataset, paths in found.items() if paths), None)
    return with_files or next(iter(drawn_datasets(plan, paper, figure)), None)


def _is_ok(path: Path) -> bool:
    try:
        return read_artefact(path, load=False).outcome.ok
    except StorageError:
        return False


def _panel(plan: Plan, paper: Paper, figure: EmbeddingMap, run: Run) -> PanelPart:
    name = _name(plan.experiment, figure, run)
    array = "tsne" if figure.projection == "tsne" else "plane"

    def without(reason: str, in_picture: str) -> PanelPart:
        panel = Panel(name, reason=in_picture)
        return Part(run.method, run.dataset, array, panel, reason=reason, in_picture=in_picture)

    paths = embedding_files(plan, figure, run)
    if not paths:
        return without(_why_missing(plan, paper, run), ABSENT)
    try:
        found = read_artefact(paths[0])
        if not found.outcome.ok:
            return without(found.outcome.reason, found.outcome.reason)
        misfit = _misfit(found, figure)
        if misfit:
            return without(misfit, misfit)
        points = found.arrays["points"]
        runs = [paths[0].parent.as_posix()]
        if figure.colours == "classes":
            truth = truth_file(plan, run.dataset)
            if not truth.exists():
                return without(why_no_truth(plan.experiment, run.dataset), ABSENT)
            kinds = {"classes": _classes(truth, found.arrays["index"])}
            runs.append(truth.as_posix())
        else:
            kinds = {"clusters": found.arrays["clusters"]}
    except (StorageError, KeyError, IndexError) as error:
        reason = f"{paths[0]} cannot be drawn ({error}); delete it and run again"
        return without(reason, reason)
    (kind,) = kinds.values()
    return Part(
        run.method,
        run.dataset,
        array,
        Panel(name, points, kind),
        {"points": points, **kinds},
        tuple(runs),
        (int(found.about["seed"]),),
    )


def _name(experiment: Experiment, figure: EmbeddingMap, run: Run) -> str:
    if run.method != FEATURES:
        return experiment.methods[run.method].name
    return "latent variables" if run.dataset == figure.latent else "features"


def _why_missing(plan: Plan, paper: Paper, run: Run) -> str:
    computed = plan.runs_of(paper)
    if run.method != FEATURES and run not in computed:
        return NOT_RUN
    return why_missing(plan.experiment, run, plan.experiment.blocks[0])


def _misfit(found: Artefact, figure: EmbeddingMap) -> str:
    """Why an embedding cannot come into the plane as the figure says; empty if it can."""
    embedding = found.arrays.get("embedding")
    # Features are stored here only if they have two dimensions.
    dimensions = "more" if embedding is None else embedding.shape[1]
    if figure.projection == "none" and dimensions != 2:
        return f"its embedding has {dimensions} dimensions, and this figure draws two as they are"
    if figure.projection == "tsne" and dimensions == 2:
        return "its embedding has two dimensions, and needs no t-SNE"
    return ""


def _classes(truth: Path, index: np.ndarray) -> np.ndarray:
    """True classes of the drawn samples.

    Raises:
        StorageError: there are none, or the file cannot be read.
        IndexError: the samples are not those of this data set.
    """
    found = read_artefact(truth)
    if not found.outcome.ok:
        raise StorageError(f"{truth} has no labels: {found.outcome.reason}")
    labels = np.asarray(found.arrays["labels"])
    return np.asarray(labels[index], dtype=np.int32)
