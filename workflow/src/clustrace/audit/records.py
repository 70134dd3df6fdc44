"""All job records of a protocol, and who made which file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from clustrace.audit.tree import Tree, TreeError
from clustrace.errors import StorageError
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.history import whole
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import SCHEMA, Record, parse_record

_HISTORY = ".history.jsonl"


@dataclass(frozen=True, eq=False)
class Job:
    """A record with the place where it was read."""

    place: str
    """File of the record."""
    record: Record
    upstream: bool = False
    """True for a record kept among the objects of another one."""

    def object(self, digest: str, suffix: str = ".json") -> str:
        """File of an object that the record refers to."""
        return store_of(self.place).path(digest, suffix).as_posix()

    @property
    def inputs(self) -> Iterator[tuple[str, FileHash]]:
        """Files read, with their names in the rule."""
        return _named(self.record.inputs)

    @property
    def outputs(self) -> Iterator[tuple[str, FileHash]]:
        """Files written, with their names in the rule."""
        return _named(self.record.outputs)

    def only(self, files: Mapping[str, list[FileHash]], *names: str) -> FileHash | None:
        """The single file under the first of ``names`` that ``files`` has; None without one."""
        for name in names:
            if len(files.get(name, ())) == 1:
                return files[name][0]
        return None

    @property
    def run(self) -> tuple[str, ...]:
        """What the job is about: rule, and wildcards but those that tell seeds apart."""
        parts = sorted(self.record.wildcards.items())
        return (self.record.rule, *(value for name, value in parts if name != "block"))


def _named(files: Mapping[str, list[FileHash]]) -> Iterator[tuple[str, FileHash]]:
    for name, listed in files.items():
        yield from ((name, file) for file in listed)


@dataclass(frozen=True)
class Fault:
    """A record that cannot be read."""

    place: str
    cause: str


@dataclass(frozen=True, eq=False)
class Records:
    """Jobs of a protocol and of what its inputs come from."""

    jobs: tuple[Job, ...]
    faults: tuple[Fault, ...] = ()
    replaced: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Files that earlier runs wrote, by path and hash, with the history that says so."""

    @cached_property
    def _makers(self) -> Mapping[str, list[Job]]:
        makers: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs:
            for _, file in job.outputs:
                makers[file.path].append(job)
        return makers

    @cached_property
    def _producers(self) -> Mapping[tuple[str, str], Job]:
        producers: dict[tuple[str, str], Job] = {}
        for job in self.jobs:
            for _, file in job.outputs:
                producers.setdefault((file.path, file.sha256), job)
        return producers

    def makers(self, path: str) -> list[Job]:
        """Jobs that wrote a file of this path, whatever its content; upstream ones last."""
        return self._makers.get(path, [])

    def producer(self, file: FileHash) -> Job | None:
        """The job that wrote this path with this content."""
        for job in self.makers(file.path):
            if any(
                made.path == file.path and made.sha256 == file.sha256 for _, made in job.outputs
            ):
                return job
        return None

    def ancestors(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs, and all that their inputs come from."""
        found: dict[int, Job] = {}
        pending = list(jobs)
        while pending:
            job = pending.pop()
            if id(job) in found:
                continue
            found[id(job)] = job
            makers = (self.producer(file) for _, file in job.inputs)
            pending += [maker for maker in makers if maker is not None]
        return list(found.values())


def read_records(tree: Tree, folder: str) -> Records:
    """Read the records below ``folder``/provenance, of data on disk, and those kept as objects."""
    jobs: list[Job] = []
    faults: list[Fault] = []
    replaced: dict[tuple[str, str], str] = {}
    seen: set[str] = set()

    def add(place: str, *, upstream: bool) -> None:
        digest = tree.digest(place)
        # The record of a job that made data stands in data/ and among the objects.
        if digest in seen and (upstream or place.startswith("data/")):
            return
        try:
            record = parse_record(tree.json(place), place)
        except (TreeError, StorageError) as error:
            faults.append(Fault(place, _shortened(error)))
            return
        seen.add(digest or "")
        job = Job(place, record, upstream)
        jobs.append(job)
        for kept in record.upstream.values():
            behind = job.object(kept)
            if tree.digest(behind) not in (None, kept):
                faults.append(Fault(behind, "was altered: its name is not the hash of its content"))
            else:
                add(behind, upstream=True)

    for place in _places(tree, folder):
        if place.endswith(_HISTORY):
            _add_replaced(tree, place, replaced, faults)
        else:
            add(place, upstream=False)
    jobs.sort(key=lambda job: job.upstream)
    return Records(tuple(jobs), tuple(faults), replaced)


def _places(tree: Tree, folder: str) -> Iterator[str]:
    for records in (f"{folder}/provenance", "data/provenance"):
        for place in tree.below(records):
            if not place.startswith(f"{records}/objects/") and place.endswith((".json", _HISTORY)):
                yield place


def _add_replaced(
    tree: Tree, place: str, replaced: dict[tuple[str, str], str], faults: list[Fault]
) -> None:
    for number, line in enumerate(_lines(tree, place, faults), start=1):
        at = f"{place}:{number}"
        try:
            content: Mapping[str, Any] = json.loads(line)
            for listed in content["outputs"].values():
                for file in listed:
                    replaced[(file["path"], file["sha256"])] = place
            if content.get("schema") == SCHEMA:
                record = whole(content, lambda digest: _earlier_object(tree, place, digest))
                job = Job(place, parse_record(record, at))
                faults += [Fault(at, cause) for cause in _lost(tree, job)]
        except TreeError as error:
            faults.append(Fault(at, f"refers to an object, and {error}"))
        except (StorageError, ValueError, KeyError, TypeError, AttributeError) as error:
            faults.append(Fault(at, f"is no earlier record ({_shortened(error)})"))


def _lost(tree: Tree, job: Job) -> Iterator[str]:
    """What an earlier record refers to, and has no object of that content."""
    behind = [(digest, ".json") for digest in job.record.upstream.values()]
    for digest, suffix in (*job.record.objects(), *behind):
        try:
            stored(tree, job, digest, suffix)
        except TreeError as error:
            yield f"refers to an object, and {error}"


def _lines(tree: Tree, place: str, faults: list[Fault]) -> list[str]:
    try:
        return tree.text(place).splitlines()
    except TreeError as error:
        faults.append(Fault(place, str(error)))
        return []


def _shortened(error: Exception) -> str:
    """The first line of what pydantic and its kind have to say, after the path."""
    return " ".join(str(error).splitlines()[-1:])


def stored(tree: Tree, job: Job, digest: str, suffix: str = ".json") -> bytes:
    """Content of an object that a record refers to.

    Raises:
        TreeError: it is missing, or is not what its name says.
    """
    return tree.content(_verified(tree, job.object(digest, suffix), digest))


def _earlier_object(tree: Tree, history: str, digest: str) -> Any:
    """What a line of a history refers to, as JSON.

    Raises:
        TreeError: it is missing, is not what its name says, or is no JSON.
    """
    return tree.json(_verified(tree, store_of(history).path(digest).as_posix(), digest))


def _verified(tree: Tree, path: str, digest: str) -> str:
    found = tree.digest(path)
    if found != digest:
        raise TreeError(f"{path} {'is missing' if found is None else 'was altered'}")
    return path
