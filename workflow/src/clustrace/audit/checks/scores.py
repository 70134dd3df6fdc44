"""Checks on scores: are they those of the label vectors?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.scoreboard import Evaluation
from clustrace.audit.tree import TreeError

_EPS = 1e-9


def close(found: object, expected: object) -> bool:
    """True for equal values, and for numbers that differ by rounding errors alone."""
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return math.isclose(found, expected, rel_tol=_EPS, abs_tol=_EPS)
    return found == expected


class ScoresRecomputed(Check):
    """CELL-002."""

    id = "CELL-002"
    title = "The scores of every run are those of its label vectors"
    level = Level.PREDICTIONS
    why = "A score is a function of two label vectors; anybody can compute it again."
    mend = "Delete the run's metrics.json and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Score all label vectors anew and compare with what evaluation wrote."""
        wanted = {job.place for job in case.jobs}
        for evaluation in case.scores.evaluations.values():
            if evaluation.job.place not in wanted:
                continue
            path = evaluation.metrics.path
            try:
                faults = list(_faults(case, evaluation))
            except TreeError as error:
                yield failed(path, error, "scores of label vectors")
                continue
            for found, expected in faults:
                yield failed(path, found, expected)
            if not faults:
                yield passed(path)
            if evaluation.trajectory and not case.tree.exists(evaluation.trajectory.path):
                yield skipped(path, "scores over time: the label vectors over time are not here")


def _faults(case: Case, evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """What is written otherwise than recomputed.

    Raises:
        TreeError: a file cannot be read.
    """
    content = case.tree.json(evaluation.metrics.path)
    written = content.get("seeds") if isinstance(content, Mapping) else None
    if not isinstance(written, Mapping):
        raise TreeError("has no scores by seed")
    recomputed = case.scores.of(evaluation.run)
    seeds = {str(seed) for seed in recomputed.seeds}
    if set(written) != seeds:
        yield f"scores of seeds {_listed(written)}", f"seeds {_listed(seeds)}"
    for name, expected in (
        ("failures", recomputed.failures),
        ("outcome", recomputed.outcome),
    ):
        if name in content and content[name] != expected:
            yield f"{name}: {content[name]}", f"{expected}, as with the label vectors"
    steps = case.scores.steps(evaluation.run)
    for seed, scores in recomputed.seeds.items():
        line = written.get(str(seed))
        expected_line = asdict(scores)
        if seed in steps:
            expected_line["iterations"] = steps[seed].count
            if steps[seed].capped is not None:
                expected_line["capped"] = steps[seed].capped
        for name, expected in expected_line.items():
            if isinstance(line, Mapping) and not close(line.get(name), expected):
                yield f"seed {seed}: {name} {line.get(name)}", f"{expected}"
    yield from _over_time(case, evaluation, written)


def _listed(seeds: Any) -> str:
    return " ".join(sorted(seeds, key=str)) or "none"


def _over_time(
    case: Case, evaluation: Evaluation, written: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Scores at each update that are written otherwise than recomputed."""
    trajectory = evaluation.trajectory
    if trajectory is None or not case.tree.exists(trajectory.path):
        return
    for seed, expected in case.scores.trajectory(evaluation.run).items():
        line = written.get(str(seed))
        rows = line.get("trajectory") if isinstance(line, Mapping) else None
        if not isinstance(rows, list) or len(rows) != len(expected):
            count = len(rows) if isinstance(rows, list) else "no"
            yield f"seed {seed}: {count} scores over time", f"{len(expected)}"
            continue
        for row, recomputed in zip(rows, expected, strict=True):
            wrong = [name for name, v in recomputed.items() if not close(row.get(name), v)]
            if wrong:
                name = wrong[0]
                place = f"seed {seed}, iteration {recomputed['iteration']}"
                yield f"{place}: {name} {row.get(name)}", f"{recomputed[name]}"
                break
