"""What a planned job will take: from its own records, from a similar job's, or counted.

A job that was recorded under the same data set, method, protocol and settings takes what it took.
Otherwise its operations are counted and divided by the rate of the machine, and the result is
multiplied by what the nearest recorded job of the method took, relative to the same count for
that job: by iterations × operations. Without such a job the count stands alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from statistics import fmean

from clustrace.config.experiment import Experiment, seeds_of
from clustrace.config.plan import Plan
from clustrace.estimate.jobs import RUN, TRAINING, PlannedJob
from clustrace.estimate.preparing import samples_of
from clustrace.estimate.rates import Machine, benchmarked
from clustrace.estimate.records import Cost, Costs
from clustrace.estimate.small_jobs import small_job
from clustrace.estimate.work import Samples, Settings, Work, work_of

_MIB = 2.0**20
#: Python with torch and scikit-learn, and with the features of a small set besides (MiB).
_IMPORTS = 660.0
_IMPORTS_OF_TRAINING = 830.0
#: Memory that CUDA takes on the host (MiB); assumed.
_CUDA = 2500.0
#: Weights, gradient and both moments of Adam, and a copy on its way to a checkpoint.
_COPIES_OF_WEIGHTS = 5
#: A job is scaled at most by this much: smaller ones tell more of their start than of their work.
_LARGEST_FACTOR = 100.0
#: For an estimator that nobody counted and nobody ran.
_UNKNOWN_SECONDS, _UNKNOWN_MEMORY = 3600.0, 4000.0


class Source(StrEnum):
    """Where a figure comes from."""

    RECORDS = "records"
    SCALED = "scaled"
    COUNTED = "counted"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Estimate:
    """What a job takes.

    Attributes:
        seconds: its work and the record of it, without the start of its process.
        memory_mib: largest resident memory.
        bytes: size of its outputs.
        gpu: True if it computes on a GPU.
        threads: processor threads.
        source: where ``seconds`` comes from.
    """

    seconds: float
    memory_mib: float
    bytes: int
    gpu: bool
    threads: int
    source: Source


@dataclass(frozen=True)
class _Task:
    """A run's job, planned or recorded."""

    settings: Settings
    samples: Samples
    device: str
    threads: int


@dataclass(frozen=True)
class Estimator:
    """Estimates the jobs of a plan.

    Attributes:
        plan: what is to be computed.
        machine: how fast the machine is.
    """

    plan: Plan
    machine: Machine
    _done: dict[tuple[object, ...], Estimate] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, plan: Plan) -> Estimator:
        """Estimates for the machine of results/bench.json."""
        return cls(plan, benchmarked(plan.experiment.root))

    def of_job(self, job: PlannedJob) -> Estimate:
        """What a job will take."""
        alike = _alike(job)
        if alike not in self._done:
            self._done[alike] = self._run(job) if job.rule in RUN else self._small(job)
        return self._done[alike]

    @property
    def _experiment(self) -> Experiment:
        return self.plan.experiment

    @cached_property
    def _costs(self) -> Costs:
        return Costs(self._experiment.layout)

    def _small(self, job: PlannedJob) -> Estimate:
        """Jobs of other rules take seconds: as recorded, or by their size."""
        protocol = self._experiment.protocol.slug
        if job.rule == "evaluate":
            settings = self.plan.evaluation_settings(*job.wildcards[:2])
            found = self._costs.of_all_seeds(job, protocol)
            recorded = [cost for cost in found if cost.parameters == settings]
        else:
            cost = self._costs.exactly(job, protocol)
            recorded = [cost] if cost else []
        if recorded:
            return _mean(recorded, seeds=1, gpu=False)
        counted = small_job(self.plan, job)
        return Estimate(
            seconds=counted.seconds,
            memory_mib=counted.memory_mib,
            bytes=counted.bytes,
            gpu=False,
            threads=1,
            source=Source.COUNTED,
        )

    def _run(self, job: PlannedJob) -> Estimate:
        dataset, method, block = job.wildcards
        experiment = self._experiment
        device = experiment.settings.device if job.rule in TRAINING else "cpu"
        settings = self.plan.run_settings(dataset, method, block)
        samples = self._samples(dataset, experiment.subset(dataset))
        task = _Task(settings, samples, device, experiment.threads)
        own = [
            cost
            for cost in self._costs.of_all_seeds(job, experiment.protocol.slug)
            if _without_seeds(cost.parameters) == _without_seeds(settings)
            and (cost.device, cost.threads) == (device, task.threads)
        ]
        if own:
            return _mean(own, seeds=len(settings["seeds"]), gpu=device != "cpu")
        return self._counted(job, task)

    def _counted(self, job: PlannedJob, task: _Task) -> Estimate:
        work = work_of(task.settings, task.samples)
        gpu = task.device != "cpu"
        if work is None:
            size = task.samples.bytes
            return Estimate(
                _UNKNOWN_SECONDS,
                _UNKNOWN_MEMORY + 10 * size / _MIB,
                size,
                gpu,
                task.threads,
                Source.ASSUMED,
            )
        seconds, source = self._seconds(task, work), Source.COUNTED
        factor = self._factor_of_similar(job, seconds, task.device)
        if factor is not None:
            seconds, source = factor * seconds, Source.SCALED
        memory = _memory(task, work, training=job.rule in TRAINING) + (_CUDA if gpu else 0.0)
        return Estimate(seconds, memory, _bytes(task, work), gpu, task.threads, source)

    def _seconds(self, task: _Task, work: Work) -> float:
        rates = self.machine.rates(task.device, task.threads, task.settings["precision"])
        # What a job does beside its computation: imports, features, its record.
        return 3.0 + rates.seconds(work)

    def _factor_of_similar(self, job: PlannedJob, seconds: float, device: str) -> float | None:
        """Recorded time over counted time of the job of this method that is nearest in size."""
        method = job.wildcards[1]
        found: list[tuple[float, float]] = []
        for cost in self._costs.similar(job.rule, method):
            task = self._recorded(cost)
            work = work_of(task.settings, task.samples) if task else None
            if task is None or work is None or task.device != device:
                continue
            counted = self._seconds(task, work)
            distance = abs(math.log(seconds / counted))
            found.append((distance, cost.all_seconds / counted))
        distance, factor = min(found, default=(math.inf, 0.0))
        return factor if distance <= math.log(_LARGEST_FACTOR) else None

    def _recorded(self, cost: Cost) -> _Task | None:
        dataset = cost.wildcards.get("dataset", "")
        if dataset not in self._experiment.registry.datasets or "features" not in cost.inputs:
            return None
        samples = self._samples(dataset, cost.subset)
        return _Task(cost.parameters, samples, cost.device, cost.threads)

    def _samples(self, dataset: str, subset: str) -> Samples:
        return samples_of(self.plan, dataset, subset)


def _alike(job: PlannedJob) -> tuple[object, ...]:
    """What jobs have in common that take alike: all but which seeds they cover."""
    if job.rule in RUN or job.rule == "evaluate":
        *parts, block = job.wildcards
        return job.rule, *parts, len(seeds_of(block))
    return job.rule, *job.wildcards


def _without_seeds(settings: Settings) -> dict[str, object]:
    return {key: value for key, value in settings.items() if key != "seeds"}


def _mean(costs: Sequence[Cost], *, seeds: int, gpu: bool) -> Estimate:
    """Mean time a seed of some recorded jobs, for a job of so many seeds; the largest memory."""
    return Estimate(
        seconds=seeds * fmean(c.all_seconds / c.seeds for c in costs),
        memory_mib=max(cost.peak_memory_mib for cost in costs),
        bytes=round(seeds * fmean(cost.bytes / cost.seeds for cost in costs)),
        gpu=gpu,
        threads=costs[0].threads,
        source=Source.RECORDS,
    )


def _memory(task: _Task, work: Work, *, training: bool) -> float:
    """Largest resident memory, MiB: imports, the features as often as they are kept, weights."""
    seeds = len(task.settings["seeds"])
    label_history = 2 * work.updates / seeds * task.samples.count
    weights = _COPIES_OF_WEIGHTS * work.weights / seeds + 2 * work.weights
    kept = work.copies * task.samples.bytes + 2 * label_history + weights + work.hidden
    return (_IMPORTS_OF_TRAINING if training else _IMPORTS) + kept / _MIB


def _bytes(task: _Task, work: Work) -> int:
    """Size of weights, labels over time, labels and histories."""
    count, seeds = task.samples.count, len(task.settings["seeds"])
    return work.weights + work.updates * count + seeds * (count // 2 + 10_000)
