"""Seconds of runs, added up anew from the records of their jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        own = self._job(run)
        if own is None or not own.record.seeds:
            raise TreeError(f"no record tells which job made the label vectors of {run}")
        before = [job.record.seconds / len(job.record.seeds) for job in self._before(own)]
        seconds = own.record.seconds / len(own.record.seeds)
        match metric:
            case "training_seconds":
                found = seconds
            case "pretraining_seconds":
                if not before:
                    return {}
                found = sum(before)
            case "total_seconds":
                found = sum(before) + seconds
            case _:
                raise TreeError(f"no record has {metric!r}")
        return dict.fromkeys(self.scores.of(run).seeds, found)

    def _job(self, run: str) -> Job | None:
        evaluation = self.scores.evaluations.get(run)
        return None if evaluation is None else self.records.producer(evaluation.predictions)

    def _before(self, own: Job) -> Iterator[Job]:
        """Jobs that draw on seeds and that a job rests on, each once."""
        seen, pending = {own.place}, [own]
        while pending:
            for _, file in pending.pop().inputs:
                maker = self.records.producer(file)
                if maker is not None and maker.record.seeds and maker.place not in seen:
                    seen.add(maker.place)
                    pending.append(maker)
                    yield maker
