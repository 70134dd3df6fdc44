"""What the workflow's rules ask a scheduler for: minutes and memory.

Snakemake shows resources and hands them to SLURM; it does not compare them with those of earlier
runs, so another estimate makes nothing anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from clustrace.config.plan import Plan
from clustrace.estimate.estimates import Estimate, Estimator, Source
from clustrace.estimate.jobs import PlannedJob

#: What a job on a cluster starts besides its own process, in MB: Snakemake twice on the node.
_SNAKEMAKE_MB = 500
#: What jobs of a short protocol are forked from, where several are one job on a cluster.
_PRELOADED_MB = 800
_MEMORY_MARGIN = 1.3
#: How far the time of a job may exceed its estimate, by the source of that.
_TIME_MARGIN = {
    Source.RECORDS: 2.0,
    Source.SCALED: 3.0,
    Source.COUNTED: 3.0,
    Source.ASSUMED: 4.0,
}
#: Start of Snakemake and Python on a node, and a margin for small jobs; less for those of short
#: protocols, since the minutes of all that are one job on a cluster are added.
_LEAST_MINUTES, _LEAST_MINUTES_EACH = 5, 2
_MB_STEP = 100
_MIB_IN_MB = 2**20 / 1e6


@dataclass(frozen=True)
class JobResources:
    """JobResources of jobs, by rule and values of the wildcards in Snakemake's order.

    Attributes:
        estimator: what the jobs take.
    """

    estimator: Estimator

    @classmethod
    def of(cls, plan: Plan) -> JobResources:
        """JobResources of a plan's jobs."""
        return cls(Estimator.of(plan))

    @property
    def _short(self) -> bool:
        return self.estimator.plan.experiment.protocol.max_samples is not None

    def estimate(self, rule: str, wildcards: Iterable[str]) -> Estimate:
        """What a job is expected to take, without margins."""
        return self.estimator.of_job(PlannedJob(rule, tuple(wildcards)))

    def mem_mb(self, rule: str, wildcards: Iterable[str], attempt: int = 1) -> int:
        """Memory to ask for, in MB: with a margin, and as much again with each further attempt."""
        expected = self.estimate(rule, wildcards).memory_mib * _MIB_IN_MB
        beside = _SNAKEMAKE_MB + (_PRELOADED_MB if self._short else 0)
        asked = (expected * _MEMORY_MARGIN + beside) * attempt
        return math.ceil(asked / _MB_STEP) * _MB_STEP

    def runtime(self, rule: str, wildcards: Iterable[str], attempt: int = 1) -> int:
        """Time limit to ask for, in minutes: with a margin, and as much again with each attempt."""
        expected = self.estimate(rule, wildcards)
        minutes = expected.seconds * _TIME_MARGIN[expected.source] / 60
        least = _LEAST_MINUTES_EACH if self._short else _LEAST_MINUTES
        return math.ceil(least + minutes) * attempt
