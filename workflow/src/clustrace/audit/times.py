"""Seconds of runs, added up anew from the records of their jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clustrace.audit.records import Job, Records
from clustrace.audit.scoreboard import Scoreboard
from clustrace.audit.tree import TreeError


@dataclass(frozen=True, eq=False)
class Times:
    """How long runs took, by the jobs that the files themselves lead to.

    Attributes:
        records: all job records.
        scores: which label vectors each run was scored from.
    """

    records: Records
    scores: Scoreboard

    def of(self, run: str, metric: str) -> Mapping[int, float]:
        """Seconds of one seed of a run, by seed; none if the metric has nothing to count.

        Raises:
            TreeError: no record tells of the run's jobs, or there is no such metric.
        """
        counted = self._counted(run, metric)
        if not counted:
            return {}
        seconds = sum(job.record.work_seconds / (len(job.record.seeds) or 1) for job in counted)
        return dict.fromkeys(self.scores.of(run).seeds, seconds)

    def machines(self, run: str, metric: str) -> frozenset[str]:
        """Processors and threads of the jobs that a metric counts, as ledgers name them.

        Raises:
            TreeError: as :meth:`of`.
        """
        found = set()
        for record in (job.record for job in self._counted(run, metric)):
            name = record.environment.gpu or record.environment.processor
            threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
            found.add(f"{name} with {threads}")
        return frozenset(found)

    def _counted(self, run: str, metric: str) -> Sequence[Job]:
        own = self._job(run)
        if own is None or not own.record.seeds:
            raise TreeError(f"no record tells which job made the label vectors of {run}")
        jobs = [own, *self._before(own)]
        match metric:
            case "training_seconds":
                return jobs[:1]
            case "pretraining_seconds":
                return jobs[1:]
            case "inference_seconds":
                return [job for job in jobs if job.record.rule != "pretrain"]
            case "total_seconds":
                return jobs
        raise TreeError(f"no record has {metric!r}")

    def _job(self, run: str) -> Job | None:
        evaluation = self.scores.evaluations.get(run)
        return None if evaluation is None else self.records.producer(evaluation.predictions)

    def _before(self, own: Job) -> Iterator[Job]:
        """Jobs of a method that a job rests on, each once; those that make data do not count."""
        seen, pending = {own.place}, [own]
        while pending:
            for _, file in pending.pop().inputs:
                maker = self.records.producer(file)
                if maker is not None and _is_timed(maker) and maker.place not in seen:
                    seen.add(maker.place)
                    pending.append(maker)
                    yield maker


def _is_timed(job: Job) -> bool:
    """Whether a job draws on seeds, or finds the neighbours that every seed works on."""
    return bool(job.record.seeds) or job.record.rule == "neighbours"
