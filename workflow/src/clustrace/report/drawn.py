"""The curves and panels of a figure, from the histories and embeddings that exist.

The ledger has a row for each, and the figure draws nothing else: both take them from here.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from clustrace.config.drawn import map_dataset, trainings
from clustrace.config.experiment import Experiment
from clustrace.config.figures import EmbeddingMap, Figure
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, all_runs_of
from clustrace.data.artefact import read_artefact
from clustrace.errors import StorageError
from clustrace.provenance.arrays import array_row
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.curves import Curve
from clustrace.report.disk import embedding_files, history_files
from clustrace.report.embedding_map import Panel
from clustrace.report.scores import NOT_RUN, why_missing

Shown = TypeVar("Shown", Curve | None, Panel)


@dataclass(frozen=True)
class Drawn(Generic[Shown]):
    """One curve or panel, or the reason why it is missing."""

    run: Run
    """Method and data set."""
    array: str
    """What is drawn, as in the array's address."""
    shown: Shown
    content: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The arrays drawn, with a row for each point."""
    folder: str = ""
    """Folder of the run that they are of."""
    seed: int | None = None
    reason: str = ""
    in_picture: str = ""
    """The reason as a picture gives it: the same, whatever selection of runs it was made for."""


#: What a picture says of runs without files; the ledger tells why.
_ABSENT = "not computed"

#: All that a figure draws.
AllDrawn = Sequence[Drawn[Curve | None]] | Sequence[Drawn[Panel]]


def array_rows(plan: Plan, paper: Paper) -> list[LedgerRow]:
    """A ledger row for each curve and panel of a paper's figures."""
    rows: list[LedgerRow] = []
    for figure in paper.figures:
        drawn: AllDrawn = (
            drawn_panels(plan, paper, figure)
            if isinstance(figure, EmbeddingMap)
            else drawn_curves(plan, paper)
        )
        rows += rows_of_figure(plan, paper, figure, drawn)
    return rows


def rows_of_figure(plan: Plan, paper: Paper, figure: Figure, drawn: AllDrawn) -> list[LedgerRow]:
    """A ledger row for each curve or panel of a figure."""
    return [
        array_row(
            {
                "paper": paper.slug,
                "table": figure.slug,
                "row": each.run.method,
                "column": each.run.dataset,
                "metric": each.array,
            },
            protocol=plan.experiment.protocol.slug,
            content=each.content,
            run=each.folder,
            seeds="" if each.seed is None else str(each.seed),
            reason=each.reason,
        )
        for each in drawn
    ]


def drawn_curves(plan: Plan, paper: Paper) -> list[Drawn[Curve | None]]:
    """The learning curves of all trainings of a paper, of one seed each."""
    runs = trainings(plan.experiment, all_runs_of(paper))
    return [curve for run in runs for curve in _of_training(plan, paper, run)]


def _of_training(plan: Plan, paper: Paper, run: Run) -> Iterator[Drawn[Curve | None]]:
    paths = history_files(plan, paper, run)
    for path in paths:
        try:
            found = list(_curves(plan.experiment, run, path, _history(path)))
        except (OSError, ValueError, KeyError, csv.Error) as error:
            reason = f"{path} cannot be drawn ({error}); delete it and run again"
            found = [_missing(run, reason)]
        if found:
            yield from found
            return
    if paths:
        yield _missing(run, "the training gave no history")
        return
    if run in trainings(plan.experiment, plan.runs_of(paper)):
        reason = why_missing(plan.experiment, run, plan.experiment.blocks[0])
    else:
        reason = NOT_RUN
    yield Drawn(run, "loss", None, reason=reason, in_picture=_ABSENT)


def _missing(run: Run, reason: str) -> Drawn[Curve | None]:
    return Drawn(run, "loss", None, reason=reason, in_picture=reason)


def _curves(
    experiment: Experiment, run: Run, path: Path, rows: Sequence[Mapping[str, str]]
) -> Iterator[Drawn[Curve | None]]:
    """Losses, and the share of changed labels, of the first seed of a history."""
    method = experiment.methods[run.method]
    first = [row for row in rows if row["seed"] == rows[0]["seed"]]
    for phase in dict.fromkeys(row.get("phase", "") for row in first):
        part = [row for row in first if row.get("phase", "") == phase]
        layer = phase not in ("", "0")
        for name, slug in (("loss", "loss"), ("label_change", "label-change")):
            if not any(row.get(name) for row in part):
                continue
            curve = Curve(
                label=f"{method.name}, layer {phase}" if layer else method.name,
                method=run.method,
                stage=method.stage,
                dataset=experiment.dataset(run.dataset).title,
                seed=int(first[0]["seed"]),
                iterations=[float(row["iteration"]) for row in part],
                series={name: [float(row.get(name) or math.nan) for row in part]},
                quantity="loss" if name == "loss" else "share",
            )
            array = f"{slug}-layer-{phase}" if layer else slug
            iterations, values = curve.points(name)
            if not len(values):
                reason = "its loss has no finite value above 0"
                yield Drawn(run, array, None, reason=reason, in_picture=reason)
                continue
            content = {"iterations": iterations, "values": values}
            yield Drawn(run, array, curve, content, path.parent.as_posix(), curve.seed)


def _history(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def shown_dataset(plan: Plan, paper: Paper, figure: EmbeddingMap) -> str | None:
    """Data set of an embedding map: the first that has embeddings, else the one to be computed."""
    for dataset in figure.datasets:
        if any(embedding_files(plan, figure, Run(dataset, method)) for method in figure.methods):
            return dataset
    return map_dataset(plan, paper, figure)


def drawn_panels(plan: Plan, paper: Paper, figure: EmbeddingMap) -> list[Drawn[Panel]]:
    """The panels of an embedding map, one for each method."""
    dataset = shown_dataset(plan, paper, figure) or figure.datasets[0]
    return [_panel(plan, paper, figure, Run(dataset, method)) for method in figure.methods]


def _panel(plan: Plan, paper: Paper, figure: EmbeddingMap, run: Run) -> Drawn[Panel]:
    name = plan.experiment.methods[run.method].name
    paths = embedding_files(plan, figure, run)
    if not paths:
        planned = run in plan.runs_of(paper)
        block = plan.experiment.blocks[0]
        reason = why_missing(plan.experiment, run, block) if planned else NOT_RUN
        panel = Panel(name, reason=_ABSENT)
        return Drawn(run, "tsne", panel, reason=reason, in_picture=_ABSENT)
    try:
        found = read_artefact(paths[0])
        if not found.outcome.ok:
            reason = found.outcome.reason
            return _without_panel(run, name, reason)
        content = {key: found.arrays[key] for key in ("points", "clusters")}
    except (StorageError, KeyError) as error:
        reason = f"{paths[0]} cannot be drawn ({error}); delete it and run again"
        return _without_panel(run, name, reason)
    folder, seed = paths[0].parent.as_posix(), int(found.about["seed"])
    panel = Panel(name, content["points"], content["clusters"])
    return Drawn(run, "tsne", panel, content, folder, seed)


def _without_panel(run: Run, name: str, reason: str) -> Drawn[Panel]:
    return Drawn(run, "tsne", Panel(name, reason=reason), reason=reason, in_picture=reason)
