"""Jobs that a run has handed to SLURM, as Snakemake's log tells them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_RULE = re.compile(r"(?:Error in |local)?rule (\w+)(?:, jobid: \d+)?:$")
_JOBID = re.compile(r" {4}jobid: (\d+)$")
_WILDCARDS = re.compile(r" {4}wildcards: (.+)$")
_ASKED = re.compile(r" {4}resources: .*\bmem_mb=(\d+).*\bruntime=(\d+)")
_RUN = re.compile(r"SLURM run ID: (\S+)$")
_SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+) \(log: (.+)\)\.$")
_ERROR = re.compile(r" {4}message: SLURM-job '(\d+)' failed, SLURM status is: '(\w+)'")


@dataclass(frozen=True)
class Submission:
    """A job as handed to SLURM.

    Attributes:
        name: rule and wildcards, for people.
        number: SLURM's.
        log: what the job wrote.
        memory_mb: memory asked for; None if the log does not say.
        minutes: time asked for.
    """

    name: str
    number: str
    log: Path
    memory_mb: int | None
    minutes: int | None


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
    wildcards: str = ""
    memory_mb: int | None = None
    minutes: int | None = None

    @property
    def name(self) -> str:
        return f"{self.rule} {self.wildcards}".rstrip()


def submissions(lines: Iterable[str]) -> Submissions:
    """Read a log of Snakemake."""
    run, job = "", _Job("")
    announced: dict[str, _Job] = {}
    jobs: list[Submission] = []
    failed: dict[str, str] = {}
    for line in map(str.rstrip, lines):
        if match := _RUN.search(line):
            run = match[1]
        elif match := _RULE.match(line):
            job = _Job(match[1])
        elif match := _JOBID.match(line):
            announced[match[1]] = job
        elif match := _WILDCARDS.match(line):
            job.wildcards = "/".join(pair.partition("=")[2] for pair in match[1].split(", "))
        elif match := _ASKED.match(line):
            job.memory_mb, job.minutes = int(match[1]), int(match[2])
        elif match := _SUBMITTED.search(line):
            of = announced.get(match[1], _Job(f"job {match[1]}"))
            log = Path(match[3])
            jobs.append(Submission(of.name, match[2], log, of.memory_mb, of.minutes))
        elif match := _ERROR.match(line):
            failed[match[1]] = match[2]
    return Submissions(run, tuple(jobs), failed)
