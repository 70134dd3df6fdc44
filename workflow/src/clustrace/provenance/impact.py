"""What an edit would change: jobs to run again, their recorded hours, numbers that they reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from clustrace.config.base import Model
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.jobs import JobRef, read_job
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import read_object


class JobToRun(Model):
    """A job that would run again."""

    id: str
    """Path of its record relative to the repository root."""
    rule: str
    wildcards: dict[str, str]
    seconds: float
    """How long it took when it was recorded."""
    direct: bool
    """True if the edit concerns the job itself, False if only files that it reads."""


class ProtocolImpact(Model):
    """What would change among the results of one protocol."""

    protocol: str
    jobs: tuple[JobToRun, ...]
    """Jobs that would run again, in an order in which they can run."""
    of_jobs: int
    """All jobs behind the results that stand now."""
    numbers: tuple[str, ...]
    """Addresses of the numbers that may change."""
    of_numbers: int
    """All numbers of the ledgers that have runs."""
    hours: float
    """Recorded duration of the jobs, one after the other."""


class Impact(Model):
    """What an edit would change."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    target: str
    """What would be edited."""
    protocols: tuple[ProtocolImpact, ...]
    hours: float
    """Recorded duration of all jobs; those that several protocols share count once."""


@dataclass(frozen=True)
class JobFacts:
    """A job as an edit may concern it.

    Attributes:
        protocol: name of the folder of its results.
        job: the job.
        modules: modules of its code, as far as its record names them.
        parameters: what it was given besides code and inputs.
    """

    protocol: str
    job: JobRef
    modules: frozenset[str]
    parameters: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Target:
    """Something that may be edited, and which jobs that concerns directly."""

    name: str
    concerns: Callable[[JobFacts], bool]


@dataclass(frozen=True)
class Results:
    """The results of a protocol, with the modules of its jobs.

    Attributes:
        lineage: its lineage.
    """

    lineage: Lineage
    _modules: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def protocol(self) -> str:
        """Name of the protocol's folder."""
        return self.lineage.folder.name

    def facts(self, job: JobRef) -> JobFacts:
        """What is known of a job.

        Raises:
            StorageError: its record, or the object with its modules, cannot be read.
        """
        parameters = read_job(job, self.lineage.root).parameters
        return JobFacts(self.protocol, job, self.modules(job), parameters)

    def modules(self, job: JobRef) -> frozenset[str]:
        """Modules of a job's code; none if its record names none."""
        if job.code_object is None:
            return frozenset()
        if job.code_object not in self._modules:
            store = ObjectStore(self.lineage.folder / "provenance" / "objects")
            code = read_object(store, job.code_object, CodeIdentity)
            self._modules[job.code_object] = frozenset(code.modules)
        return self._modules[job.code_object]


def load_results(folders: Sequence[Path], root: Path) -> tuple[Results, ...]:
    """Results of some protocols.

    Raises:
        StorageError: one of them has no records.
    """
    return tuple(Results(Lineage.load(folder, root)) for folder in folders)


def impact_of(target: Target, results: Sequence[Results]) -> Impact:
    """What an edit of ``target`` would change.

    Raises:
        StorageError: an object that records refer to is missing or altered.
    """
    seconds: dict[str, float] = {}
    found = []
    for each in results:
        direct = {job for job in each.lineage.current if target.concerns(each.facts(job))}
        jobs = each.lineage.dependants(direct.__contains__)
        # The record of a job of another folder is kept by each protocol under the same hash.
        seconds |= {job.sha256: job.seconds for job in jobs}
        found.append(_of_protocol(each, direct, jobs))
    return Impact(target=target.name, protocols=tuple(found), hours=sum(seconds.values()) / 3600)


def _of_protocol(results: Results, direct: set[JobRef], jobs: Sequence[JobRef]) -> ProtocolImpact:
    lineage = results.lineage
    with_runs = [address for address, runs in lineage.cells.items() if runs]
    reached = set(lineage.cells_of(jobs))
    # Whoever edits what a ledger is written by may change every number in it.
    rewritten = {path for path in lineage.ledgers if lineage.ledger_writer(path) in direct}
    numbers = [n for n in with_runs if n in reached or lineage.ledger_of[n] in rewritten]
    return ProtocolImpact(
        protocol=results.protocol,
        jobs=tuple(
            JobToRun(
                id=job.id,
                rule=job.rule,
                wildcards=dict(job.wildcards),
                seconds=job.seconds,
                direct=job in direct,
            )
            for job in jobs
        ),
        of_jobs=len(tuple(lineage.current)),
        numbers=tuple(numbers),
        of_numbers=len(with_runs),
        hours=sum(job.seconds for job in jobs) / 3600,
    )
