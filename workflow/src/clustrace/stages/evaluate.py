"""Stage evaluate: label vectors to scores. The only stage that compares with true labels."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clustrace.data.artefact import Artefact
from clustrace.errors import StorageError
from clustrace.evaluate.classification import score_classification
from clustrace.evaluate.metrics import score_clustering
from clustrace.files import write_json
from clustrace.stages.job import Job


def evaluate(job: Job) -> None:
    """Score the labels of each seed, and those of each update where a method has them.

    Labels of a classifier are those of classes (``supervised``), others name clusters.
    Methods with a history also get the gradient steps that each seed took, and where they may stop
    early, whether these were as many as their settings allow (``capped``).
    """
    predictions = job.read("predictions")
    truth = job.read("truth").arrays["labels"]
    trajectory = job.read("trajectory") if "trajectory" in job.input else None
    steps = _gradient_steps(job.path("history")) if "history" in job.input else {}
    seeds: dict[str, Any] = {}
    for name, labels in predictions.arrays.items():
        seed = name.removeprefix("seed-")
        score = score_classification if job.settings.get("supervised") else score_clustering
        seeds[seed] = asdict(score(truth, labels))
        if trajectory is not None:
            seeds[seed]["trajectory"] = _trajectory(trajectory, name, truth)
        if "history" in job.input:
            taken = _of_seed(steps, seed, job.path("history"))
            seeds[seed]["iterations"] = taken
            if "max_iterations" in job.settings:
                seeds[seed]["capped"] = taken >= job.settings["max_iterations"]
    content = {
        "outcome": predictions.outcome.to_dict(),
        "failures": predictions.about["failures"],
        "seeds": seeds,
    }
    write_json(job.output["metrics"], content)
    job.recorder.note(determinism="bit-equal")


def _trajectory(trajectory: Artefact, name: str, truth: Any) -> list[dict[str, float]]:
    """Scores at each update."""
    rows = []
    for update, labels in enumerate(trajectory.arrays[name]):
        scores = score_clustering(truth, labels)
        iteration = update * int(trajectory.about["update_interval"])
        rows.append(
            {"iteration": iteration, "acc": scores.acc, "nmi": scores.nmi, "ari": scores.ari}
        )
    return rows


def _gradient_steps(history: Path) -> dict[str, int]:
    """Gradient steps of each seed: a history ends with the step at which training stopped."""
    steps: dict[str, int] = {}
    with history.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            steps[row["seed"]] = max(steps.get(row["seed"], 0), int(row["iteration"]))
    return steps


def _of_seed(steps: dict[str, int], seed: str, history: Path) -> int:
    if seed not in steps:
        raise StorageError(f"{history} has no row of seed {seed}; delete it and run again.")
    return steps[seed]
