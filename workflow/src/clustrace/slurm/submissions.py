"""Jobs that a run has handed to SLURM, as Snakemake's log tells them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from clustrace.slurm.shared import SHARED, shared_number, without_indent

_RULE = re.compile(r"(?:Error in |local)?rule (\w+)(?:, jobid: \d+)?:$")
_JOBID = re.compile(r" {4}jobid: (\d+)$")
_WILDCARDS = re.compile(r" {4}wildcards: (.+)$")
_ASKED = re.compile(r" {4}resources: .*\bmem_mb=(\d+).*\bruntime=(\d+)")
_RUN = re.compile(r"SLURM run ID: (\S+)$")
_SUBMITTED = re.compile(r"Job (\S+) has been submitted with SLURM jobid (\d+) \(log: (.+)\)\.$")
_ERROR = re.compile(r" {4}message: SLURM-job '(\d+)' failed, SLURM status is: '(\w+)'")
_SHARED_ERROR = "    message: Error in group "
_LOG = re.compile(r" {4}log: (?:\S+, )*\S+/(\d+)\.log\b")


@dataclass(frozen=True)
class Submission:
    """A job as handed to SLURM, of one job of the workflow or of several that share it.

    Attributes:
        names: rule and wildcards of each, for people.
        jobids: Snakemake's number of each.
        number: SLURM's.
        log: what the job wrote.
        memory_mb: memory asked for; None if the log does not say.
        minutes: time asked for.
    """

    names: tuple[str, ...]
    jobids: tuple[int, ...]
    number: str
    log: Path
    memory_mb: int | None
    minutes: int | None

    @property
    def name(self) -> str:
        """All of them, for people."""
        return ", ".join(self.names)


@dataclass(frozen=True)
class Submissions:
    """All jobs that a run has handed to SLURM.

    Attributes:
        run: SLURM's name of all of them; empty if the run had nothing to do with SLURM.
        jobs: in the order of submission.
        failed: status of those that Snakemake saw fail, by number.
    """

    run: str
    jobs: tuple[Submission, ...]
    failed: dict[str, str]


@dataclass
class _Job:
    """A job as Snakemake announces it, field by field."""

    rule: str
    jobid: int = 0
    wildcards: dict[str, str] = field(default_factory=dict)
    memory_mb: int | None = None
    minutes: int | None = None

    @property
    def name(self) -> str:
        return f"{self.rule} {'/'.join(self.wildcards.values())}".rstrip()


def submissions(lines: Iterable[str]) -> Submissions:
    """Read a log of Snakemake."""
    run, job = "", _Job("")
    announced: dict[str, list[_Job]] = {}
    shared: list[list[_Job]] = []
    jobs: list[Submission] = []
    failed: dict[str, str] = {}
    shared_failed = False
    for written in map(str.rstrip, lines):
        line = without_indent(written)
        if match := _RUN.search(line):
            run = match[1]
        elif SHARED.match(line):
            shared.append([])
        elif match := _RULE.match(line):
            job = _Job(match[1])
            if line != written and not line.startswith("Error"):
                shared[-1].append(job)
        elif match := _JOBID.match(line):
            job.jobid = int(match[1])
            announced[match[1]] = [job]
        elif match := _WILDCARDS.match(line):
            job.wildcards = dict(pair.split("=", 1) for pair in match[1].split(", "))
        elif match := _ASKED.match(line):
            job.memory_mb, job.minutes = int(match[1]), int(match[2])
        elif match := _SUBMITTED.search(line):
            together = announced.get(match[1]) or _sharing(match[1], shared)
            jobs.append(_submission(together, match[2], Path(match[3])))
        elif match := _ERROR.match(line):
            failed[match[1]] = match[2]
        elif shared_failed and (match := _LOG.match(line)):
            failed[match[1]] = "FAILED"
        shared_failed = line.startswith(_SHARED_ERROR)
    return Submissions(run, tuple(jobs), failed)


def _sharing(number: str, shared: list[list[_Job]]) -> list[_Job]:
    """The jobs that were announced last as one of this number."""
    for jobs in reversed(shared):
        if any(shared_number(job.rule, job.wildcards) == number for job in jobs):
            return jobs
    return [_Job(f"job {number}")]


def _submission(jobs: list[_Job], number: str, log: Path) -> Submission:
    """Jobs that share one work in turn: it has their times together, and the largest memory."""
    jobs = sorted(jobs, key=lambda job: job.name)  # Snakemake lists them in no order.
    memory = [job.memory_mb for job in jobs if job.memory_mb is not None]
    minutes = [job.minutes for job in jobs if job.minutes is not None]
    return Submission(
        tuple(job.name for job in jobs),
        tuple(job.jobid for job in jobs),
        number,
        log,
        max(memory, default=None),
        sum(minutes) if minutes else None,
    )
