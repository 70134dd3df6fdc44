"""Nodes of an explanation: member runs, jobs and files, made from records and their states."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustrace.errors import StorageError
from clustrace.files import sha256_file
from clustrace.provenance.environment import Environment
from clustrace.provenance.explanation import FileNode, JobNode, RunNode
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.jobs import JobRef, read_job
from clustrace.provenance.ledger import LedgerRow
from clustrace.provenance.lineage import Lineage, Source
from clustrace.provenance.node_states import NodeStates
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import Record, read_object


@dataclass(frozen=True)
class Nodes:
    """Makes nodes from the records of a lineage.

    Attributes:
        lineage: the lineage.
        states: states of its files and jobs.
    """

    lineage: Lineage
    states: NodeStates

    def ledger(self, path: Path) -> FileNode:
        """The ledger, as its job wrote it; as it is on disk where no record tells of that job.

        Raises:
            StorageError: it cannot be read.
        """
        name = path.relative_to(self.lineage.root).as_posix()
        writer = self.lineage.ledger_writer(name)
        written = [file for file in writer.written if file.path == name] if writer else []
        try:
            found = written[0].sha256 if written else sha256_file(path)
        except OSError as error:
            raise StorageError(f"{path} cannot be read ({error.strerror or error}).") from error
        file = FileHash(path=name, sha256=found, bytes=0)
        return FileNode(
            name="ledger",
            path=name,
            sha256=found,
            status=self.states.file(file),
            made_by=writer.id if writer else None,
        )

    def runs(self, row: LedgerRow) -> tuple[RunNode, ...]:
        """Member runs of a number, in the order of the ledger."""
        return tuple(
            RunNode(
                file=self._input(member),
                values=self._values(member, row),
                jobs=tuple(job.id for job in self.lineage.ancestors(member.producer))
                if member.producer
                else (),
            )
            for member in self.lineage.members(row.address)
        )

    def _values(self, member: Source, row: LedgerRow) -> dict[int, float]:
        """Value of each seed of the number in a file of scores by seed; none in other files."""
        try:
            content = json.loads((self.lineage.root / member.file.path).read_bytes())
            seeds: Mapping[str, Any] = content["seeds"]
            counted = [seed for seed in row.seeds.split() if seed in seeds]
            return {int(seed): float(seeds[seed][row.metric]) for seed in counted}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def job(self, job: JobRef) -> JobNode:
        """A job with its files.

        Raises:
            StorageError: its record, or an object that it refers to, cannot be read.
        """
        record = read_job(job, self.lineage.root)
        attestation = self.states.attestation(job)
        return JobNode(
            id=job.id,
            rule=record.rule,
            wildcards=dict(job.wildcards),
            record_sha256=job.sha256,
            status=self.states.job(job),
            code=record.code.digest,
            changed_modules=self.states.changed_modules(job),
            attestation=attestation.sentence if attestation else "",
            parameters=record.parameters,
            seeds=tuple(record.seeds),
            device=record.device,
            threads=record.threads,
            precision=record.precision,
            environment=record.environment.object,
            commit=record.git.commit if record.git else None,
            dirty=record.git.dirty if record.git else None,
            start=record.start.isoformat(),
            seconds=record.work_seconds,
            outcome=_outcome(record),
            determinism=record.determinism,
            replay={
                name: command
                for name, command in record.replay.model_dump().items()
                if command is not None
            },
            inputs=tuple(self._input(source) for source in self.lineage.sources(job)),
            outputs=self._outputs(job),
        )

    def _input(self, source: Source) -> FileNode:
        return FileNode(
            name=source.name,
            path=source.file.path,
            sha256=source.file.sha256,
            status=self.states.file(source.file),
            made_by=source.producer.id if source.producer else None,
            as_made=source.exact or source.producer is None,
        )

    def _outputs(self, job: JobRef) -> tuple[FileNode, ...]:
        return tuple(
            FileNode(
                name=name,
                path=file.path,
                sha256=file.sha256,
                status=self.states.file(file),
                made_by=job.id,
            )
            for name, files in job.outputs.items()
            for file in files
        )

    def environments(self, jobs: Sequence[JobNode]) -> dict[str, Environment]:
        """Machines and software of some jobs, by the hash under which they are kept.

        Raises:
            StorageError: an object is missing or altered.
        """
        store = ObjectStore(self.lineage.folder / "provenance" / "objects")
        keys = dict.fromkeys(job.environment for job in jobs)
        return {key: read_object(store, key, Environment) for key in keys}


def _outcome(record: Record) -> str:
    outcome = record.outcome
    return outcome.status if outcome.ok else f"{outcome.status}: {outcome.reason}"
