"""The score curves of a figure, from the scores over time that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clustrace.config.drawn import drawn_datasets
from clustrace.config.figures import ScoreCurves
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run
from clustrace.errors import StorageError
from clustrace.files import read_json
from clustrace.report.disk import metrics_files
from clustrace.report.part import ABSENT, Part
from clustrace.report.score_curves import ScoreCurve
from clustrace.report.scores import NOT_RUN, why_missing

ScorePart = Part[ScoreCurve | None]


def drawn_scores(plan: Plan, paper: Paper, figure: ScoreCurves) -> list[ScorePart]:
    """Scores over the iterations of each method, first seed, one part for each metric."""
    dataset = _shown_dataset(plan, paper, figure)
    return [
        part
        for method in figure.methods
        for part in _of_run(plan, paper, figure, Run(dataset, method))
    ]


def _shown_dataset(plan: Plan, paper: Paper, figure: ScoreCurves) -> str:
    """The first data set with scores over time, else the one to be computed."""
    for dataset in figure.candidates:
        for method in figure.methods:
            if any(_first_seed(path) for path in _files(plan, paper, Run(dataset, method))):
                return dataset
    return next(iter(drawn_datasets(plan, paper, figure)), figure.datasets[0])


def _files(plan: Plan, paper: Paper, run: Run) -> list[Path]:
    return [path for path in metrics_files(plan, paper, run) if path.exists()]


def _first_seed(path: Path) -> tuple[int, list[dict[str, Any]]] | None:
    """The first seed of a run with scores over time, and these; None without any."""
    try:
        seeds = read_json(path)["seeds"]
        for seed in sorted(seeds, key=int):
            if seeds[seed].get("trajectory"):
                return int(seed), seeds[seed]["trajectory"]
    except (StorageError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return None


def _of_run(plan: Plan, paper: Paper, figure: ScoreCurves, run: Run) -> list[ScorePart]:
    paths = _files(plan, paper, run)
    for path in paths:
        found = _first_seed(path)
        if found is not None:
            return [_part(plan, run, metric, path, *found) for metric in figure.metrics]
    planned = run in plan.runs_of(paper)
    if paths:
        reason = in_picture = "its runs have no scores over time"
    elif planned:
        reason, in_picture = why_missing(plan.experiment, run, plan.experiment.blocks[0]), ABSENT
    else:
        reason, in_picture = NOT_RUN, ABSENT
    return [
        Part(run.method, run.dataset, metric, None, reason=reason, in_picture=in_picture)
        for metric in figure.metrics
    ]


def _part(
    plan: Plan, run: Run, metric: str, path: Path, seed: int, rows: list[dict[str, Any]]
) -> ScorePart:
    content = {
        "iterations": np.array([row["iteration"] for row in rows], dtype=np.float64),
        "values": np.array([row[metric] for row in rows], dtype=np.float64),
    }
    curve = ScoreCurve(
        method=plan.experiment.methods[run.method].name,
        metric=metric.upper(),
        iterations=content["iterations"],
        values=content["values"],
    )
    runs = (path.parent.as_posix(),)
    return Part(run.method, run.dataset, metric, curve, content, runs, (seed,))
