"""What became of a run's jobs on the cluster: which failed, why, and what was done about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.preflight.commands import CommandError, ask
from clustrace.slurm.submissions import Submission, Submissions, submissions

_FIELDS = ("JobIDRaw", "State", "Elapsed", "Timelimit", "NodeList")
_SECONDS_TO_ANSWER = 60.0
_SAID = re.compile(r"Error in \w+: (.+)$")
_OUT_OF_MEMORY = re.compile(r"exceeded .*memory limit|oom[-_ ]kill|out of memory", re.IGNORECASE)
#: So many jobs that share one with another are named.
_SHOWN = 2
#: States of jobs that are still in the queue or have done their work.
_FINE = ("COMPLETED", "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED")


@dataclass(frozen=True)
class _Row:
    """One start of a job; a job that was queued again has several."""

    number: str
    state: str
    elapsed: str
    limit: str
    node: str


@dataclass(frozen=True)
class Accident:
    """A job that ended without its work done.

    Attributes:
        job: rule and wildcards; of many that share a job the first, and how many others.
        number: SLURM's.
        node: where it ran; empty if unknown.
        cause: why it ended.
        done: what followed.
    """

    job: str
    number: str
    node: str
    cause: str
    done: str

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        where = f" on {self.node}" if self.node else ""
        return f"{self.job} (SLURM job {self.number}{where}): {self.cause}; {self.done}."


def accidents_of(log: Path) -> list[Accident]:
    """Accidents of the run whose log of Snakemake this is; none if it did not run on SLURM.

    States come from the accounts of the cluster, or where it keeps none from what Snakemake saw.

    Raises:
        StorageError: there is no such log.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StorageError(
            f"{log} could not be read ({error.strerror}); name a log of Snakemake."
        ) from error
    found = submissions(text.splitlines())
    return list(_accidents(found, _rows(found))) if found.jobs else []


def _rows(found: Submissions) -> list[_Row]:
    command = ("sacct", "-X", "--duplicates", "--noheader", "--parsable2")
    of_run = (f"--name={found.run}", f"--jobs={','.join(job.number for job in found.jobs)}")
    try:
        output = ask(*command, *of_run, f"--format={','.join(_FIELDS)}", seconds=_SECONDS_TO_ANSWER)
    except CommandError:
        return [_Row(number, state, "", "", "") for number, state in found.failed.items()]
    return [_Row(*line.split("|")) for line in output.splitlines()]


def _accidents(found: Submissions, rows: Sequence[_Row]) -> Iterator[Accident]:
    for position, row in enumerate(rows):
        job = next((job for job in found.jobs if job.number == row.number), None)
        if job is None or row.state.startswith(_FINE):
            continue
        node = "" if row.node.startswith("None") else row.node
        later = [other for other in rows[position + 1 :] if other.number == row.number]
        done = _queued_again(later) if later else _tried_again(found, job, rows)
        yield Accident(_called(job), row.number, node, _cause(row, job), done)


def _called(job: Submission) -> str:
    first, *others = job.names
    return job.name if len(others) <= _SHOWN else f"{first} and {len(others)} others"


def _cause(row: _Row, job: Submission) -> str:
    state = row.state.partition(" ")[0]
    match state:
        case "CANCELLED":
            return "cancelled (scancel)"
        case "TIMEOUT":
            return f"its time was over after {row.elapsed} (limit {row.limit})"
        case "NODE_FAIL":
            return "its node failed"
        case "PREEMPTED":
            return "preempted"
        case "REQUEUED":
            return "taken off its node (which failed, or was needed for a job that goes before)"
    said = _last_words(job.log)
    if state == "OUT_OF_MEMORY" or _OUT_OF_MEMORY.search(said):
        asked = f", it had asked for {job.memory_mb} MB" if job.memory_mb else ""
        return f"killed for memory{asked}"
    return said or f"{state.lower()} without a word"


def _last_words(log: Path) -> str:
    """The error that a job printed, or the complaint of SLURM about it."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        if match := _SAID.search(line):
            return match[1].rstrip(".")
        if _OUT_OF_MEMORY.search(line):
            return line.strip()
    return ""


def _queued_again(later: Sequence[_Row]) -> str:
    state = later[-1].state.partition(" ")[0].lower()
    return f"SLURM queued it again, then {state} on {later[-1].node}"


def _tried_again(found: Submissions, job: Submission, rows: Sequence[_Row]) -> str:
    numbers = [other.number for other in found.jobs]
    following = found.jobs[numbers.index(job.number) + 1 :]
    retry = next((other for other in following if other.name == job.name), None)
    if retry is None:
        return "not tried again in this run"
    states = [row.state.partition(" ")[0].lower() for row in rows if row.number == retry.number]
    more = "".join(
        f", {after} {unit} instead of {before}"
        for before, after, unit in (
            (job.memory_mb, retry.memory_mb, "MB"),
            (job.minutes, retry.minutes, "minutes"),
        )
        if before != after
    )
    end = f", {states[-1]}" if states else ""
    return f"tried again as job {retry.number}{more}{end}"


def sentences(accidents: Iterable[Accident]) -> list[str]:
    """What to tell at the end of a run; empty if nothing happened."""
    lines = [f"  {accident.sentence}" for accident in accidents]
    return [f"{len(lines)} jobs ended before their work was done:", *lines] if lines else []
