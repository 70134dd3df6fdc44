"""Checks on parameters and seeds: were the planned jobs run, each seed once?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.scoreboard import label_vectors
from clustrace.audit.tree import TreeError
from clustrace.config.experiment import Experiment, seeds_of

_TRAINING = ("pretrain", "initialise", "finetune", "cluster", "embed")
_FOREIGN = "config/ does not declare these results"


class ParametersDeclared(Check):
    """RUN-005."""

    id = "RUN-005"
    title = "Every job ran with the parameters that config/ declares"
    level = Level.HASHES
    why = "A result under other hyper-parameters is the result of another experiment."
    mend = "Run again, or declare in config/ what was meant."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Derive the parameters of each job from config/ anew."""
        if case.experiment is None:
            yield skipped(case.folder, _FOREIGN)
            return
        for job in case.jobs:
            try:
                declared = _declared(case, case.experiment, job)
            except (KeyError, ValueError):
                about = " ".join(job.record.wildcards.values())
                yield failed(job.place, f"a job about {about}", "a job that config/ declares")
                continue
            if declared is None:
                continue
            faults = list(_differences(declared, job.record.parameters))
            for name, expected, found in faults:
                yield failed(job.place, f"{name} = {found!r}", f"{name} = {expected!r}")
            if not faults:
                yield passed(job.place)


def _declared(case: Case, experiment: Experiment, job: Job) -> Mapping[str, Any] | None:
    """Parameters of a job by config/; None for rules without any.

    Raises:
        KeyError: config/ has no such data set or method.
        ValueError: a wildcard is no number where one must be.
    """
    rule, wildcards = job.record.rule, job.record.wildcards
    assert case.plan is not None
    if rule in _TRAINING:
        run = (wildcards["dataset"], wildcards["method"], wildcards["block"])
        if rule == "embed":
            return case.plan.embedding_settings(*run, int(wildcards["samples"]))
        if experiment.methods[run[1]].stage != rule:
            raise ValueError("the method is of another stage")
        return case.plan.run_settings(*run)
    if rule == "evaluate":
        return case.plan.evaluation_settings(wildcards["dataset"], wildcards["method"])
    if rule == "fetch":
        return {"fingerprint": experiment.raw(wildcards["raw"]).fingerprint}
    if rule == "prepare":
        dataset = experiment.dataset(wildcards["dataset"]).model_dump(mode="json")
        subset = wildcards["subset"]
        recorded = job.record.parameters.get("dataset")
        known = set(recorded) if isinstance(recorded, Mapping) else set()
        # What readers are told of a data set does not decide how it is prepared.
        return {
            "dataset": {k: v for k, v in dataset.items() if k in known or k in _PREPARING},
            "max_samples": None if subset == "all" else int(subset),
        }
    return None


_PREPARING = ("raw", "part", "samples", "classes", "image_shape", "unit_range")


def _differences(
    declared: Mapping[str, Any], recorded: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Names, declared and recorded values of what differs, mapping by mapping."""
    for name, expected in declared.items():
        found = recorded.get(name, "nothing")
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            yield from _differences(expected, found, f"{prefix}{name}.")
            for extra in found.keys() - expected.keys():
                yield f"{prefix}{name}.{extra}", "nothing", found[extra]
        elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
            yield f"{prefix}{name}", expected, found


class SeedsPlanned(Check):
    """RUN-006."""

    id = "RUN-006"
    title = "Jobs ran the seeds that their records name, and each of them once"
    level = Level.PREDICTIONS
    why = "A mean over chosen seeds is not the mean over the planned ones."
    mend = "Run the seeds that are missing; delete the runs of blocks that are no longer planned."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare block, record and label vectors of each run, and the runs of a method."""
        runs: dict[tuple[str, ...], list[Job]] = defaultdict(list)
        for job in case.jobs:
            if job.record.seeds and job.only(job.record.outputs, "predictions", "model"):
                runs[job.run].append(job)
                yield from self._of_job(case, job)
        for jobs in runs.values():
            yield from self._of_group(case, jobs)

    def _of_job(self, case: Case, job: Job) -> Iterator[Observation]:
        seeds = job.record.seeds
        block = job.record.wildcards.get("block")
        if len(set(seeds)) < len(seeds):
            yield failed(job.place, f"seeds {_listed(seeds)}", "each seed once")
        elif block is not None and _block(block) != tuple(seeds):
            yield failed(job.place, f"seeds {_listed(seeds)}", f"the seeds of block {block}")
        else:
            yield self._in_file(case, job)

    def _in_file(self, case: Case, job: Job) -> Observation:
        """The seeds in the label vectors of a run, and those said to have failed."""
        predictions = job.only(job.record.outputs, "predictions")
        if predictions is None:
            return passed(job.place)
        try:
            artefact = case.tree.arrays(predictions.path)
            found = set(label_vectors(artefact))
        except TreeError as error:
            return skipped(job.place, f"{predictions.path}: {error}")
        missing = {seed for seed in job.record.seeds if str(seed) in artefact.failures}
        expected = set(job.record.seeds) - missing if artefact.ok else set()
        if found != expected:
            return failed(predictions.path, f"labels of {_listed(found)}", _listed(expected))
        return passed(job.place)

    def _of_group(self, case: Case, jobs: list[Job]) -> Iterator[Observation]:
        by_seed: dict[int, list[Job]] = defaultdict(list)
        for job in jobs:
            for seed in job.record.seeds:
                by_seed[seed].append(job)
        for seed, several in by_seed.items():
            if len(several) > 1 and not _agree(case, seed, several):
                places = ", ".join(job.place for job in several)
                yield failed(several[0].place, f"seed {seed} in {places}", "one result a seed")
        gaps = set(range(max(by_seed))) - set(by_seed)
        if gaps:
            yield failed(jobs[0].place, f"no run of seed {_listed(gaps)}", "all seeds from 0")


def _block(block: str) -> tuple[int, ...]:
    try:
        return seeds_of(block)
    except ValueError:
        return ()


def _agree(case: Case, seed: int, jobs: list[Job]) -> bool:
    """True if several runs of a seed came to the same, so that it does not matter which counts."""
    vectors = [_labels(case, job).get(seed) for job in jobs]
    first = vectors[0]
    return first is not None and all(v is not None and np.array_equal(first, v) for v in vectors)


def _labels(case: Case, job: Job) -> Mapping[int, NDArray[Any]]:
    """Label vectors of a job by seed; none where it has none or they cannot be read."""
    predictions = job.only(job.record.outputs, "predictions")
    if predictions is None:
        return {}
    try:
        return label_vectors(case.tree.arrays(predictions.path))
    except TreeError:
        return {}


def _listed(seeds: Any) -> str:
    return " ".join(map(str, sorted(seeds))) or "none"


class SeedsDistinct(Check):
    """RUN-007."""

    id = "RUN-007"
    title = "No two seeds of a method gave the same label vector"
    level = Level.PREDICTIONS
    why = "A result that counts twice makes the spread smaller than it is."
    mend = "Run both seeds again; a method that draws nothing at random has one seed only."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the label vectors of all seeds of each method on each data set."""
        runs: dict[tuple[str, ...], list[Job]] = defaultdict(list)
        for job in case.jobs:
            if job.record.seeds:
                runs[job.run].append(job)
        for jobs in runs.values():
            yield from self._of_group(case, jobs)

    def _of_group(self, case: Case, jobs: list[Job]) -> Iterator[Observation]:
        seen: dict[bytes, tuple[int, str]] = {}
        for job in jobs:
            # Networks of two seeds differ, and so do clusterings of what they embed; k-means on
            # the same features may come to the same clusters, but hardly under the same numbers.
            renamed = "weights" in job.record.inputs
            for seed, labels in _labels(case, job).items():
                key = _partition(labels) if renamed else labels.astype(np.int64).tobytes()
                other = seen.setdefault(key, (seed, job.place))
                if other[0] != seed and labels.min() != labels.max():
                    what = f"seed {seed} has the label vector of seed {other[0]} ({other[1]})"
                    yield failed(job.place, what, "a label vector of its own")
                else:
                    yield passed(f"{job.place}: seed {seed}")


def _partition(labels: NDArray[Any]) -> bytes:
    """Label vector with clusters numbered in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64).tobytes()
