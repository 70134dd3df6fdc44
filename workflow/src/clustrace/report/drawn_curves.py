"""The learning curves of a figure, from the histories that exist."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from clustrace.config.drawn import trainings
from clustrace.config.experiment import Experiment
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, all_runs_of
from clustrace.report.curves import Curve
from clustrace.report.disk import history_files
from clustrace.report.part import ABSENT, Part
from clustrace.report.scores import NOT_RUN, why_missing

CurvePart = Part[Curve | None]


def drawn_curves(plan: Plan, paper: Paper) -> list[CurvePart]:
    """The learning curves of all trainings of a paper, of one seed each."""
    runs = trainings(plan.experiment, all_runs_of(paper))
    return [curve for run in runs for curve in _of_training(plan, paper, run)]


def _of_training(plan: Plan, paper: Paper, run: Run) -> Iterator[CurvePart]:
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
    yield Part(run.method, run.dataset, "loss", None, reason=reason, in_picture=ABSENT)


def _missing(run: Run, reason: str, array: str = "loss") -> CurvePart:
    return Part(run.method, run.dataset, array, None, reason=reason, in_picture=reason)


def _curves(
    experiment: Experiment, run: Run, path: Path, rows: Sequence[Mapping[str, str]]
) -> Iterator[CurvePart]:
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
                yield _missing(run, "its loss has no finite value above 0", array)
                continue
            yield Part(
                run.method,
                run.dataset,
                array,
                curve,
                {"iterations": iterations, "values": values},
                (path.parent.as_posix(),),
                (curve.seed,),
            )


def _history(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
