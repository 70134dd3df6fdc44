"""Checks on seeds: was each planned seed run once, and does every file hold the same seeds?"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.scoreboard import label_vectors
from clustrace.audit.tree import TreeError
from clustrace.config.experiment import seeds_of

_GENERATOR = "random_state"
#: The numbers of k clusters agree by chance once in k! cases: at 7, once in 5,040.
_FEW_CLUSTERS = 6
#: Outputs that hold arrays of each seed, under names that begin with `seed-<seed>`.
_BY_SEED = ("predictions", "model", "trajectory")


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
        elif job.record.generators.get(_GENERATOR, seeds) != seeds:
            found = f"generators with {job.record.generators[_GENERATOR]}"
            yield failed(job.place, found, f"seeds {_listed(seeds)}")
        else:
            yield from self._in_files(case, job)

    def _in_files(self, case: Case, job: Job) -> Iterator[Observation]:
        """The seeds in each file of a run, and those said to have failed: the same in all."""
        artefacts: dict[str, Arrays] = {}
        for name in _BY_SEED:
            file = job.only(job.record.outputs, name)
            if file is None or not case.tree.exists(file.path):
                continue
            try:
                artefacts[file.path] = case.tree.arrays(file.path)
            except TreeError as error:
                yield skipped(job.place, f"{file.path}: {error}")
        if not artefacts:
            yield passed(job.place)
        gone = {
            path: {seed for seed in job.record.seeds if str(seed) in artefact.failures}
            for path, artefact in artefacts.items()
        }
        for path, artefact in artefacts.items():
            first = next(iter(gone))
            expected = set(job.record.seeds) - gone[path] if artefact.ok else set()
            found = _seeds_in(artefact)
            if None in found:
                yield skipped(path, "its arrays are not named by seeds")
            elif gone[path] != gone[first]:
                yield failed(path, f"no result of {_listed(gone[path])}", _listed(gone[first]))
            elif found != expected:
                yield failed(path, f"arrays of {_listed(found)}", _listed(expected))
            else:
                yield passed(job.place)

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


def _seeds_in(artefact: Arrays) -> set[int | None]:
    """Seeds whose arrays a file holds; None stands for a name that is no seed's."""
    return {_seed_of(name) for name in artefact.arrays}


def _seed_of(name: str) -> int | None:
    """The seed of an array ``seed-<seed>`` or ``seed-<seed>/<name>``; None for other names."""
    first = name.partition("/")[0]
    seed = first.removeprefix("seed-")
    return int(seed) if seed != first and seed.isascii() and seed.isdigit() else None


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
    title = "No two seeds of a method gave the same labels or weights, unless it draws no numbers"
    level = Level.PREDICTIONS
    why = "A result that counts twice makes the spread smaller than it is."
    mend = "Run both seeds again; declare a method that draws nothing at random as deterministic."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the label vectors of all seeds of each method on each data set."""
        runs: dict[tuple[str, ...], list[Job]] = defaultdict(list)
        for job in case.jobs:
            if job.record.seeds:
                runs[job.run].append(job)
        for jobs in runs.values():
            if _is_deterministic(case, jobs[0]):
                yield from self._equal_labels_of(case, jobs)
                continue
            yield from self._labels_of(case, jobs)
            yield from self._weights_of(case, jobs)

    def _equal_labels_of(self, case: Case, jobs: list[Job]) -> Iterator[Observation]:
        """A method that draws nothing at random must give all seeds the same."""
        first: NDArray[Any] | None = None
        for job in jobs:
            for seed, labels in _labels(case, job).items():
                first = labels if first is None else first
                if np.array_equal(first, labels):
                    yield passed(f"{job.place}: seed {seed}")
                else:
                    found = f"seed {seed} has labels of its own"
                    yield failed(job.place, found, "those of all seeds, as nothing is drawn")

    def _weights_of(self, case: Case, jobs: list[Job]) -> Iterator[Observation]:
        seen: dict[str, tuple[int, str]] = {}
        for job in jobs:
            for seed, digest in _weights(case, job).items():
                other = seen.setdefault(digest, (seed, job.place))
                if other[0] != seed and not _may_coincide(case, job):
                    what = f"seed {seed} has the weights of seed {other[0]} ({other[1]})"
                    yield failed(job.place, what, "weights of its own")

    def _labels_of(self, case: Case, jobs: list[Job]) -> Iterator[Observation]:
        seen: dict[bytes, tuple[int, str]] = {}
        for job in jobs:
            # Networks of two seeds differ, and so do clusterings of what they embed; k-means on
            # the same features may come to the same clusters, but hardly under the same numbers.
            renamed = "weights" in job.record.inputs
            for seed, labels in _labels(case, job).items():
                key = _partition(labels) if renamed else labels.astype(np.int64).tobytes()
                other = seen.setdefault(key, (seed, job.place))
                if other[0] != seed and _may_coincide(case, job):
                    reason = "so few clusters may have got the same numbers by chance"
                    yield skipped(f"{job.place}: seed {seed}", reason)
                elif other[0] != seed and labels.min() != labels.max():
                    what = f"seed {seed} has the label vector of seed {other[0]} ({other[1]})"
                    yield failed(job.place, what, "a label vector of its own")
                else:
                    yield passed(f"{job.place}: seed {seed}")


def _is_deterministic(case: Case, job: Job) -> bool:
    """Whether config/ declares that a job's method draws nothing at random."""
    methods = case.experiment.methods if case.experiment else {}
    method = methods.get(job.record.wildcards.get("method", ""))
    return method is not None and method.deterministic


def _may_coincide(case: Case, job: Job) -> bool:
    """Whether two seeds that found the same clusters may well have numbered them alike.

    Only of methods without networks, whose seeds cluster the same samples.
    """
    if "weights" in job.record.inputs or job.only(job.record.outputs, "history"):
        return False
    clusters = max((len(np.unique(v)) for v in _labels(case, job).values()), default=0)
    return 1 < clusters <= _FEW_CLUSTERS


def _weights(case: Case, job: Job) -> Mapping[int, str]:
    """Hash of each seed's weights and centroids; none of those that are all the same number."""
    model = job.only(job.record.outputs, "model")
    if model is None or not case.tree.exists(model.path):
        return {}
    try:
        arrays = case.tree.arrays(model.path).arrays
    except TreeError:
        return {}
    parts: dict[int, list[tuple[str, NDArray[Any]]]] = defaultdict(list)
    for name, array in sorted(arrays.items()):
        seed = _seed_of(name)
        if seed is not None:
            parts[seed].append((name.partition("/")[2], array))
    return {
        seed: _digest(named)
        for seed, named in parts.items()
        # Networks that collapsed leave equal centroids, and no other weights beside them.
        if any((array != array[:1]).any() for _, array in named if array.ndim > 1)
    }


def _digest(named: list[tuple[str, NDArray[Any]]]) -> str:
    digest = hashlib.sha256()
    for name, array in named:
        digest.update(name.encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _partition(labels: NDArray[Any]) -> bytes:
    """Label vector with clusters numbered in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64).tobytes()
