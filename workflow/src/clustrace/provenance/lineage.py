"""The lineage: which job made a file from which files, from records alone.

A graph of three kinds of nodes: files (a path with the hash of its content), jobs (records), and
the cells of the ledgers. Nothing here knows a method, a rule or the configuration, so any workflow
that leaves records and ledgers has a lineage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import sha256_file
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.jobs import JobReader, JobRef
from clustrace.provenance.ledger_cells import read_cells


class NodeStatus(StrEnum):
    """A file or a job beside what is on disk now."""

    OK = "ok"
    ATTESTED = "attested"
    """Older code did it, and an attestation for the code of now vouches for it."""
    CHANGED = "changed"
    MISSING = "missing"
    OLDER_CODE = "older code"


@dataclass(frozen=True)
class Source:
    """A file that a job read, with the job that made it.

    Attributes:
        name: its name in the rule.
        file: path and hash as they were read.
        producer: the job that wrote it; None if no record tells of one.
        exact: False if the producer's record tells of another content under this path.
    """

    name: str
    file: FileHash
    producer: JobRef | None
    exact: bool


@dataclass(frozen=True)
class Lineage:
    """All jobs of a protocol's folder and their files, and the runs of its ledgers' cells.

    Attributes:
        folder: folder of the results, with ``provenance/`` and ``ledger/`` in it.
        root: repository root.
        jobs: all jobs; those of earlier runs after those that stand now, the newest first.
        cells: paths of the member runs of each number, by its address.
        arrays: addresses of what figures draw.
        ledger_of: path of the ledger that has an address, relative to the root.
        unreadable: why a record, history or ledger could not be read, by path.
    """

    folder: Path
    root: Path
    jobs: tuple[JobRef, ...]
    cells: Mapping[str, tuple[str, ...]]
    arrays: frozenset[str]
    ledger_of: Mapping[str, str]
    unreadable: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path, root: Path) -> Lineage:
        """Read all records and ledgers below ``folder``, such as ``results/paper``.

        What cannot be read is listed in ``unreadable``, the rest is there.

        Raises:
            StorageError: there is no record at all.
        """
        reader = JobReader(folder / "provenance", root)
        jobs = tuple(reader.jobs())
        if not jobs and not reader.unreadable:
            raise StorageError(
                f"{folder / 'provenance'} has no record of any job; run the workflow, or restore "
                "its results, first."
            )
        ledgers = read_cells(folder / "ledger", root)
        unreadable = {**reader.unreadable, **ledgers.unreadable}
        return cls(folder, root, jobs, ledgers.runs, ledgers.arrays, ledgers.ledger_of, unreadable)

    @cached_property
    def _writers(self) -> dict[str, JobRef | None]:
        return {}

    @property
    def current(self) -> Iterator[JobRef]:
        """Jobs whose record stands now, and those of other folders that they rest on."""
        return (job for job in self.jobs if job.origin != "earlier")

    @cached_property
    def _by_content(self) -> Mapping[tuple[str, str], JobRef]:
        found: dict[tuple[str, str], JobRef] = {}
        for job in self.jobs:
            for file in job.written:
                found.setdefault((file.path, file.sha256), job)
        return found

    @cached_property
    def _by_path(self) -> Mapping[str, JobRef]:
        found: dict[str, JobRef] = {}
        for job in self.jobs:
            for file in job.written:
                found.setdefault(file.path, job)
        return found

    def producer(self, path: str, sha256: str) -> JobRef | None:
        """The job that wrote this content under this path: the newest record that says so."""
        return self._by_content.get((path, sha256))

    def writer(self, path: str) -> JobRef | None:
        """The newest job that wrote under this path, whatever the content."""
        return self._by_path.get(path)

    def sources(self, job: JobRef) -> tuple[Source, ...]:
        """Files that a job read, in the order of its record, each with its producer."""
        return tuple(
            self._source(name, file) for name, files in job.inputs.items() for file in files
        )

    def _source(self, name: str, file: FileHash) -> Source:
        exact = self.producer(file.path, file.sha256)
        return Source(name, file, exact or self.writer(file.path), exact is not None)

    def members(self, address: str) -> tuple[Source, ...]:
        """Files that a number was computed from, each with its producer.

        They are what the job that wrote the ledger read in the number's runs: its inputs `drawn`
        for what a figure draws, `metrics` for other numbers, or all if it has none of that name.
        Where no record tells of that job, they are all that the current jobs wrote in these runs.

        Raises:
            KeyError: no ledger has this address.
        """
        runs = self.cells[address]
        writer = self.ledger_writer(self.ledger_of[address])
        if writer is not None:
            read = [
                self._source(name, file)
                for name, files in writer.inputs.items()
                for file in files
                if _lies_in(file.path, runs)
            ]
            name = "drawn" if address in self.arrays else "metrics"
            return tuple([source for source in read if source.name == name] or read)
        return tuple(
            Source(name, file, job, exact=True)
            for job in self.jobs
            if job.origin == "current"
            for name, files in job.outputs.items()
            for file in files
            if _lies_in(file.path, runs)
        )

    @property
    def ledgers(self) -> tuple[str, ...]:
        """Paths of the ledgers."""
        return tuple(dict.fromkeys(self.ledger_of.values()))

    def ledger_writer(self, path: str) -> JobRef | None:
        """The job that wrote a ledger as it is on disk, or else the last one that wrote there."""
        if path not in self._writers:
            self._writers[path] = self.producer(path, self._hash_of(path)) or self.writer(path)
        return self._writers[path]

    def _hash_of(self, path: str) -> str:
        try:
            return sha256_file(self.root / path)
        except OSError:
            return ""

    def ancestors(self, start: JobRef | str) -> tuple[JobRef, ...]:
        """All jobs that a job, a file or a number rests on, each after those that it rests on.

        Args:
            start: a job (itself the last of the result), the path of a file as it is on disk, or
                an address.

        Raises:
            KeyError: no ledger has this address and no job wrote this file.
        """
        ordered: dict[JobRef, None] = {}
        for job in self._starts(start):
            self._visit(job, ordered, set())
        return tuple(ordered)

    def jobs_in_order(self, address: str) -> tuple[JobRef, ...]:
        """The jobs to run for a number, in the order in which they can run.

        Raises:
            KeyError: no ledger has this address.
        """
        return self.ancestors(address)

    def _starts(self, start: JobRef | str) -> Iterable[JobRef]:
        if isinstance(start, JobRef):
            return (start,)
        if start in self.cells:
            return (s.producer for s in self.members(start) if s.producer is not None)
        exact = self.producer(start, self._hash_of(start))
        return (exact or self._by_path[start],)

    def _visit(self, job: JobRef, ordered: dict[JobRef, None], pending: set[JobRef]) -> None:
        # A forged record may name its own result among its inputs: no job is visited twice.
        if job in ordered or job in pending:
            return
        pending.add(job)
        for source in self.sources(job):
            if source.producer is not None:
                self._visit(source.producer, ordered, pending)
        ordered[job] = None

    def descendants(self, path: str, sha256: str | None = None) -> tuple[JobRef, ...]:
        """All current jobs that rest on a file, in the order in which they can run.

        Args:
            path: the file.
            sha256: its content; None: whatever it was.
        """
        return self.dependants(lambda job: any(_is(file, path, sha256) for file in job.read))

    def dependants(self, affected: Callable[[JobRef], bool]) -> tuple[JobRef, ...]:
        """Current jobs that are affected themselves, and those that rest on them, in order."""
        ordered: dict[JobRef, None] = {}
        for job in self.current:
            self._visit(job, ordered, set())
        found: dict[JobRef, None] = {}
        for job in ordered:
            if affected(job) or any(s.producer in found for s in self.sources(job)):
                found[job] = None
        return tuple(job for job in found if job.origin != "earlier")

    def cells_of(self, jobs: Iterable[JobRef]) -> tuple[str, ...]:
        """Addresses of the numbers that rest directly on files which these jobs wrote."""
        wanted = set(jobs)
        return tuple(
            address
            for address in self.cells
            if any(source.producer in wanted for source in self.members(address))
        )

    def status(self, file: FileHash, hasher: Callable[[Path], str] = sha256_file) -> NodeStatus:
        """A file as a record has it beside what lies under its path.

        Raises:
            StorageError: it is there, but cannot be read.
        """
        path = self.root / file.path
        try:
            found = hasher(path)
        except FileNotFoundError:
            return NodeStatus.MISSING
        except OSError as error:
            raise StorageError(
                f"{path} cannot be read ({error.strerror or error}); check its permissions."
            ) from error
        return NodeStatus.OK if found == file.sha256 else NodeStatus.CHANGED


def _lies_in(path: str, runs: Sequence[str]) -> bool:
    return path in runs or any(path.startswith(f"{run}/") for run in runs)


def _is(file: FileHash, path: str, sha256: str | None) -> bool:
    return file.path == path and sha256 in (None, file.sha256)
