"""What Snakemake's output says: how many jobs are done, which run, which failed and why."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from clustrace.provenance.heartbeat import Beat
from clustrace.slurm.shared import SHARED, shared_number, without_indent

_JOB = re.compile(r"(?:local)?(?:rule|checkpoint) (\w+):$")
_JOB_ERROR = re.compile(r"Error in rule (\w+)(?:, jobid: \d+)?:$")
_FIELD = re.compile(r" {4}([\w-]+): (.*)$")
_FINISHED = re.compile(r"Finished jobid: (\d+)")
_RESTARTED = re.compile(r"Trying to restart job (\S+)\.")
_PROGRESS = re.compile(r"(\d+) of (\d+) steps \(")
_COUNT = re.compile(r"(\w+) +(\d+)$")
_PROBLEM = re.compile(r"(?:\w+(?:Error|Exception)\b.*:$|(?:[\w.]+: e|E)rror: (?P<sentence>.+))")
_ERROR_OF_RULE = re.compile(r"Error in (\w+): (.+)$")
_RAISED = re.compile(r"[\w.]*(?:Error|Exception)(?:: .*)?$")


@dataclass(frozen=True)
class LoggedJob:
    """A job as Snakemake names it."""

    rule: str
    wildcards: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What runs, as in ``pretrain usps/sae/0``; heartbeats begin with the same."""
        return f"{self.rule} {'/'.join(self.wildcards)}".rstrip()

    def is_of(self, beat: Beat) -> bool:
        """Whether a sign of life is this job's."""
        return beat.job == self.name or beat.job.startswith(f"{self.name} seed ")


@dataclass(frozen=True)
class Failure:
    """A job that failed."""

    job: LoggedJob
    log: str
    """Path of its log, relative to the repository root; empty if it has none."""
    error: str
    """Last error in its log; empty if it says nothing, as when it was killed."""

    @property
    def reason(self) -> str:
        """Why it failed, as far as is known."""
        return self.error or "It ended without a word (killed, or out of memory)."

    @property
    def sentence(self) -> str:
        """One line for people."""
        return f"{self.job.name}: {self.reason}" + (f" (log: {self.log})" if self.log else "")


@dataclass
class SnakemakeLog:
    """State of a workflow as far as its output tells; lines are added as they appear.

    Attributes:
        root: folder that paths in the output are relative to.
        done: jobs that are done.
        total: jobs in all; 0 until Snakemake has counted them.
        counts: planned jobs by rule.
        running: jobs under way (on a cluster: submitted) by Snakemake's number.
        failures: jobs that failed and were not tried again (yet).
        nothing_to_do: everything was up to date.
        locked: the folder carries the lock of another run, or of one that was killed.
        problem: the error that ended Snakemake, without its traceback.
    """

    root: Path = Path()
    done: int = 0
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    running: dict[int, LoggedJob] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    nothing_to_do: bool = False
    locked: bool = False
    problem: str = ""
    _jobs: dict[int, LoggedJob] = field(default_factory=dict, init=False, repr=False)
    _wildcards: dict[int, dict[str, str]] = field(default_factory=dict, init=False, repr=False)
    _sharing: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False)
    """The jobs that share one on a cluster with a job, itself among them."""
    _together: list[int] = field(default_factory=list, init=False, repr=False)
    _block: str = field(default="", init=False, repr=False)
    _rule: str = field(default="", init=False, repr=False)
    _raised: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _fields: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def add(self, line: str) -> str | None:
        """Take in the next line; give a sentence if a job failed or is tried again by it."""
        line, written = without_indent(line), line
        if match := _ERROR_OF_RULE.match(line):
            self._raised[match[1]] = f"Error: {match[2]}"
        elif _RAISED.match(line):
            self._raised[""] = line
        detail = _FIELD.match(line)
        if detail and self._block in ("job", "error"):
            self._fields[detail[1]] = detail[2]
            return self._add_detail(detail[1])
        if self._opens_block(line, shared=line != written):
            return None
        if match := _RESTARTED.match(line):
            return self._restart(match[1])
        if self._add_progress(line) or not line.strip() or line.startswith("  File "):
            self._block = ""
        elif self._block == "counts":
            self._add_count(line)
        elif self._block == "problem":
            # Some of Snakemake's errors repeat the word before their text.
            self.problem = f"{self.problem}\n{line}".strip().removeprefix("Error:").strip()
        else:
            self._block = ""
        return None

    def _opens_block(self, line: str, *, shared: bool) -> bool:
        if SHARED.match(line):
            self._block, self._together = "", []
        elif match := _JOB.match(line) or _JOB_ERROR.match(line):
            if not shared:
                self._together = []
            self._block = "error" if line.startswith("Error") else "job"
            self._rule, self._fields = match[1], {}
        elif line.startswith("Job stats:"):
            self._block, self.counts = "counts", {}
        elif match := _PROBLEM.match(line):
            self._block, self.problem = "problem", match["sentence"] or ""
            self.locked |= line.startswith("LockException")
        else:
            return False
        return True

    def _add_detail(self, name: str) -> str | None:
        if "jobid" not in self._fields:
            return None
        number = int(self._fields["jobid"])
        if self._block == "job":
            given = self._fields.get("wildcards", "")
            wildcards = dict(pair.split("=", 1) for pair in given.split(", ") if pair)
            job = LoggedJob(self._rule, tuple(wildcards.values()))
            self._jobs[number] = self.running[number] = job
            self._wildcards[number], self._sharing[number] = wildcards, self._together
            if number not in self._together:
                self._together.append(number)
            return None
        job = self._jobs.get(number, LoggedJob(self._rule))
        if name == "jobid":
            self.running.pop(number, None)
            self.failures[number] = Failure(job, log="", error="")
        elif name == "log":
            log = self._fields["log"].partition(" (check")[0].partition(", ")[0]
            self.failures[number] = Failure(job, log, self._reason(log))
            return f"failed: {self.failures[number].sentence}"
        return None

    def _reason(self, log: str) -> str:
        """From the job's log, or from what it wrote beside it if a retry has begun a new log."""
        written = self._raised.pop(self._rule, "") or self._raised.pop("", "")
        return last_error(self.root / log) or written

    def _restart(self, name: str) -> str:
        numbers = [int(name)] if name.isdigit() else self._failed_together(name)
        again = [self.failures.pop(number, None) for number in numbers]
        names = ", ".join(failure.job.name for failure in again if failure)
        return f"trying again: {names or f'job {name}'}"

    def _failed_together(self, name: str) -> list[int]:
        for number in self.failures:
            rule, wildcards = self._jobs[number].rule, self._wildcards[number]
            if shared_number(rule, wildcards) == name:
                return self._sharing[number]
        return []

    def _add_count(self, line: str) -> None:
        if match := _COUNT.match(line):
            if match[1] == "total":
                self.total = int(match[2])
            else:
                self.counts[match[1]] = int(match[2])

    def _add_progress(self, line: str) -> bool:
        if match := _PROGRESS.match(line):
            self.done, self.total = int(match[1]), int(match[2])
        elif match := _FINISHED.match(line):
            self.running.pop(int(match[1]), None)
            self.failures.pop(int(match[1]), None)
        elif line.startswith("Nothing to be done"):
            self.nothing_to_do = True
        else:
            return False
        return True


def last_error(log: Path) -> str:
    """Last line of a job's log that names an error; empty if there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if _RAISED.match(line)), "")
