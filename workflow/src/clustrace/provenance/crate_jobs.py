"""Jobs in an RO-Crate: an action for each, with what it ran, read and wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from clustrace.files import sha256_json
from clustrace.provenance.crate_files import CrateFiles
from clustrace.provenance.crate_graph import CrateGraph, Reference
from clustrace.provenance.crate_software import CrateSoftware
from clustrace.provenance.jobs import JobRef, read_job
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.record import Record

_STATUS = "http://schema.org/{}ActionStatus"


def action_of(job: JobRef, lineage: Lineage) -> Reference:
    """The action that stands for a job, whether it is in the crate yet or not."""
    folder = (lineage.folder / "provenance").relative_to(lineage.root).as_posix()
    return Reference(f"#job/{quote(job.id.removeprefix(f'{folder}/').removesuffix('.json'))}")


def iso(moment: datetime) -> str:
    """A moment as the profile wants it, to the millisecond and with its offset."""
    return moment.isoformat(timespec="milliseconds")


@dataclass
class CrateJobs:
    """Actions of jobs, and what the run as a whole needs of them.

    Attributes:
        graph: receives the entities.
        files: receives their files.
        software: receives what they ran.
        lineage: the jobs.
        numbers: numbers in the ledgers that a job wrote, by its action.
        actions: actions so far.
        controls: for each action the engine's own: that it ran a step of the workflow.
    """

    graph: CrateGraph
    files: CrateFiles
    software: CrateSoftware
    lineage: Lineage
    numbers: Mapping[Reference, Sequence[Reference]]
    actions: list[Reference] = field(default_factory=list)
    controls: list[Reference] = field(default_factory=list)

    def add(self, job: JobRef) -> Record:
        """A job with its files, parameters and code.

        Raises:
            StorageError: its record, or an object that it refers to, cannot be read.
        """
        record = read_job(job, self.lineage.root)
        action = action_of(job, self.lineage)
        error = None if record.outcome.ok else record.outcome.reason or record.outcome.status
        self.graph.add(
            action.id,
            "CreateAction",
            name=job.name,
            description=_conditions(record),
            instrument=self.software.tool(record),
            object=[*map(self.files.recorded, job.read), *self._parameters(record)],
            result=[*map(self.files.recorded, job.written), *self.numbers.get(action, ())],
            startTime=iso(record.start),
            endTime=iso(record.end),
            agent=self.agent(),
            actionStatus=_STATUS.format("Failed" if error else "Completed"),
            error=error,
            subjectOf=[self.files.own(self.lineage.root / job.path), *self._difference(record)],
        )
        self.actions.append(action)
        self.controls.append(self._control(job, action))
        return record

    def agent(self) -> Reference:
        """Whoever ran the jobs: records name no people and no hosts."""
        return self.graph.add(
            "#agent",
            "Person",
            name="anonymous",
            description="Whoever ran the workflow; its records name no people and no hosts.",
        )

    def _control(self, job: JobRef, action: Reference) -> Reference:
        return self.graph.add(
            action.id.replace("#job/", "#control/", 1),
            "ControlAction",
            name=f"Snakemake ran {job.name}",
            instrument=step_of(job.rule),
            object=action,
        )

    def _parameters(self, record: Record) -> Iterator[Reference]:
        given: dict[str, Any] = {"seeds": record.seeds} if record.seeds else {}
        for name, value in (given | record.parameters).items():
            plain = isinstance(value, str | int | float)
            yield self.graph.add(
                f"#parameter/{quote(name)}/{sha256_json(value)[:12]}",
                "PropertyValue",
                name=name,
                value=value if plain else json.dumps(value, sort_keys=True, ensure_ascii=False),
            )

    def _difference(self, record: Record) -> Iterator[Reference]:
        """The difference of the code to its commit, if there was one."""
        if record.git is not None and record.git.diff_sha256 is not None:
            record.difference_in(self.software.store)
            yield self.files.own(self.software.store.path(record.git.diff_sha256, ".diff"))


def step_of(rule: str) -> Reference:
    """The step of the workflow that stands for a rule, whether it is in the crate yet or not."""
    return Reference(f"#step/{quote(rule)}")


def _conditions(record: Record) -> str:
    """What a repetition has to keep to, in a sentence."""
    threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
    said = [f"Ran on {record.device} with {threads} in {record.precision}"]
    if record.git is not None:
        edits = ", with edits" if record.git.dirty else ""
        said.append(f"code of commit {record.git.commit[:12]}{edits}")
    if record.determinism is not None:
        said.append(f"determinism: {record.determinism.value}")
    return f"{'; '.join(said)}."
