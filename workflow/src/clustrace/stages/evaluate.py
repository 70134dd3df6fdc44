"""Stage evaluate: label vectors to scores. The only stage that reads true labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clustrace.data.artefact import Artefact
from clustrace.evaluate.metrics import score_clustering
from clustrace.files import write_json
from clustrace.stages.job import Job


def evaluate(job: Job) -> None:
    """Score the labels of each seed, and those of each update where a method has them."""
    predictions = job.read("predictions")
    truth = job.read("labels").arrays["labels"]
    trajectory = job.read("trajectory") if "trajectory" in job.input else None
    seeds: dict[str, Any] = {}
    for name, labels in predictions.arrays.items():
        seed = name.removeprefix("seed-")
        seeds[seed] = asdict(score_clustering(truth, labels))
        if trajectory is not None:
            seeds[seed]["trajectory"] = _trajectory(trajectory, name, truth)
    content = {
        "outcome": predictions.outcome.to_dict(),
        "failures": predictions.about["failures"],
        "seeds": seeds,
    }
    write_json(job.output["metrics"], content)
    job.recorder.note(determinism="bit-equal")


def _trajectory(trajectory: Artefact, name: str, truth: Any) -> list[dict[str, float]]:
    """Scores at each update of the target distribution."""
    rows = []
    for update, labels in enumerate(trajectory.arrays[name]):
        scores = score_clustering(truth, labels)
        iteration = update * int(trajectory.about["update_interval"])
        rows.append(
            {"iteration": iteration, "acc": scores.acc, "nmi": scores.nmi, "ari": scores.ari}
        )
    return rows
