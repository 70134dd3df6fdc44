"""One run of the workflow on the SLURM cluster that is there, taken apart."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clustrace.bench.copies import workflow_copy
from clustrace.bench.processes import seconds_of_python
from clustrace.bench.quick_run import JobTime, job_time, lend_raw_data, records_of
from clustrace.config.layout import Layout
from clustrace.errors import ClustraceError
from clustrace.preflight.commands import CommandError, ask
from clustrace.slurm.submissions import Submission, Submissions, submissions

_TIME = re.compile(r"\[(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\]")
_FINISHED = re.compile(r"Finished jobid: (\d+)")
_SECONDS_TO_ANSWER, _SECONDS_TO_ACCOUNT = 60.0, 120.0


@dataclass(frozen=True)
class Times:
    """A job on the cluster; times in seconds.

    Attributes:
        submitted: when SLURM had it.
        started: when it had a node.
        ended: when it left the node.
    """

    submitted: datetime
    started: datetime
    ended: datetime


@dataclass(frozen=True)
class ClusterJob:
    """A job on the cluster, of one or several jobs of the workflow.

    Attributes:
        names: of the jobs of the workflow.
        jobs: times of these.
        queued: seconds that it waited for a node.
        allocated: seconds that it had one.
        noticed: seconds after its end at which Snakemake went on.
    """

    names: tuple[str, ...]
    jobs: tuple[JobTime, ...]
    queued: float
    allocated: float
    noticed: float

    @property
    def work(self) -> float:
        """Seconds that its jobs worked and recorded."""
        return sum(job.work + job.recording for job in self.jobs)

    @property
    def start_up(self) -> float:
        """Seconds on the node that were no work."""
        return self.allocated - self.work


@dataclass(frozen=True)
class ClusterRun:
    """A run on the cluster.

    Attributes:
        seconds: from the start of Snakemake to its end.
        jobs: jobs on the cluster.
        here: times of the jobs that ran beside Snakemake.
    """

    seconds: float
    jobs: tuple[ClusterJob, ...]
    here: tuple[JobTime, ...]

    @property
    def start_up_percent(self) -> float:
        """Share of the time on nodes that was no work."""
        allocated = sum(job.allocated for job in self.jobs)
        return 100 * sum(job.start_up for job in self.jobs) / allocated


def no_cluster() -> str | None:
    """Why nothing can be measured; None if there is a SLURM that answers and keeps accounts."""
    try:
        ask("sinfo", "--noheader")
        ask("sacct", "--noheader", "--allocations", "--starttime=now")
    except CommandError as error:
        return str(error)
    return None


def run_on_slurm(root: Path, given: Mapping[str, str]) -> ClusterRun:
    """Run part of the workflow with the profile of the project, in a copy of it.

    Args:
        root: folder of the project, which the nodes see too.
        given: values for ``--config``.

    Raises:
        ClustraceError: the run failed, or a job had no result.
    """
    scratch = root / ".snakemake"
    scratch.mkdir(exist_ok=True)
    config = [f"{key}={value}" for key, value in given.items()]
    with workflow_copy(root, inside=scratch) as folder:
        lend_raw_data(root, folder, given)
        command = ("-m", "snakemake", "--profile", "slurm", "--config", *config)
        seconds = seconds_of_python(*command, folder=folder)
        [log] = (folder / ".snakemake/log").glob("*.snakemake.log")
        lines = log.read_text(encoding="utf-8").splitlines()
        times: dict[str, list[JobTime]] = {}
        for stored in records_of(Layout(folder), given["protocol"]):
            number = stored.record.slurm.job_id if stored.record.slurm else ""
            times.setdefault(number, []).append(job_time(stored))
    found = submissions(lines)
    return ClusterRun(seconds, tuple(_cluster_jobs(found, lines, times)), tuple(times.get("", ())))


def _cluster_jobs(
    found: Submissions, lines: Sequence[str], times: Mapping[str, Sequence[JobTime]]
) -> Iterator[ClusterJob]:
    accounts, finished = _accounts(found), finished_jobs(lines)
    for job in found.jobs:
        own = accounts[job.number]
        seen = max(finished[number] for number in job.jobids)
        yield ClusterJob(
            job.names,
            tuple(times.get(job.number, ())),
            queued=(own.started - own.submitted).total_seconds(),
            allocated=(own.ended - own.started).total_seconds(),
            noticed=max(0.0, (seen - own.ended).total_seconds()),
        )


def finished_jobs(lines: Sequence[str]) -> dict[int, datetime]:
    """When Snakemake saw each of its jobs done, by its number, from its log."""
    finished: dict[int, datetime] = {}
    now = datetime.min
    for line in lines:
        if match := _TIME.match(line.strip()):
            now = datetime.strptime(match[1], "%a %b %d %H:%M:%S %Y")
        elif match := _FINISHED.match(line):
            finished[int(match[1])] = now
    return finished


def _accounts(found: Submissions) -> dict[str, Times]:
    """What the cluster has in its accounts, which hear of an end some time after it."""
    end = time.monotonic() + _SECONDS_TO_ACCOUNT
    while True:
        rows = _rows(found.run, found.jobs)
        if len(rows) == len(found.jobs):
            return rows
        if time.monotonic() > end:
            raise ClustraceError(
                f"sacct knows the end of {len(rows)} of {len(found.jobs)} jobs only; measure "
                "again, and look at `sacct` yourself if it stays so."
            )
        time.sleep(1)


def _rows(run: str, jobs: Sequence[Submission]) -> dict[str, Times]:
    command = ("sacct", "--allocations", "--noheader", "--parsable2", f"--name={run}")
    numbers = f"--jobs={','.join(job.number for job in jobs)}"
    output = ask(
        *command, numbers, "--format=JobIDRaw,Submit,Start,End", seconds=_SECONDS_TO_ANSWER
    )
    rows = (line.split("|") for line in output.splitlines())
    return {
        number: Times(*map(datetime.fromisoformat, times))
        for number, *times in rows
        if "Unknown" not in times
    }
