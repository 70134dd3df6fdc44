"""The learning curves of a figure, from the histories that exist."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from clustrace.config.drawn import trainings
from clustrace.config.experiment import Experiment
from clustrace.config.figures import LearningCurves
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, all_runs_of
from clustrace.report.curves import Curve
from clustrace.report.disk import history_files
from clustrace.report.part import ABSENT, Part
from clustrace.report.scores import NOT_RUN, why_missing

CurvePart = Part[Curve | None]

#: What is drawn of a history, by its column.
_QUANTITIES = {"loss": "loss", "label_change": "label-change"}
#: Columns of a history that tell several trainings apart, and what they count.
_TRAININGS = {"phase": "layer", "candidate": "candidate", "stage": "stage"}
#: Stands for a network that is trained as a whole.
_WHOLE = ("layer", "0")


def drawn_curves(plan: Plan, paper: Paper, figure: LearningCurves | None = None) -> list[CurvePart]:
    """The learning curves of the trainings of a paper, or of a figure, of one seed each."""
    runs = trainings(plan.experiment, all_runs_of(paper), figure)
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


def _missing(
    run: Run, reason: str, array: str = "loss", in_picture: str | None = None
) -> CurvePart:
    shown = reason if in_picture is None else in_picture
    return Part(run.method, run.dataset, array, None, reason=reason, in_picture=shown)


def _training(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Which of several trainings a row of a history is of: a layer's, a candidate's, a stage's."""
    found = ((noun, row.get(column, "")) for column, noun in _TRAININGS.items())
    return tuple((noun, value) for noun, value in found if value and (noun, value) != _WHOLE)


def _curves(
    experiment: Experiment, run: Run, path: Path, rows: Sequence[Mapping[str, str]]
) -> Iterator[CurvePart]:
    """Losses, and the share of changed labels, of the first seed of a history."""
    method = experiment.methods[run.method]
    first = [row for row in rows if row["seed"] == rows[0]["seed"]]
    if first and not any(row.get(name) for row in first for name in _QUANTITIES):
        yield _missing(run, "its solver tells no losses on the way", in_picture="")
    for which in dict.fromkeys(map(_training, first)):
        part = [row for row in first if _training(row) == which]
        for name, slug in _QUANTITIES.items():
            if not any(row.get(name) for row in part):
                continue
            curve = Curve(
                name=method.name,
                method=run.method,
                stage=method.stage,
                dataset=experiment.dataset(run.dataset).title,
                seed=int(first[0]["seed"]),
                iterations=[float(row["iteration"]) for row in part],
                series={name: [float(row.get(name) or math.nan) for row in part]},
                quantity="loss" if name == "loss" else "share",
                training=", ".join(f"{noun} {value}" for noun, value in which),
            )
            array = "-".join((slug, *(f"{noun}-{value}" for noun, value in which)))
            iterations, values = curve.points(name)
            if not len(values):
                yield _missing(run, "its loss has no finite value", array)
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
