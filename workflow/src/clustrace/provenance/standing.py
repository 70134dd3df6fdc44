"""Jobs whose results stand: the last record of each, and those that they rest on.

Records of jobs that made data lie outside the folders of the protocols; where such a file is not
there, as in a fresh clone, its copy among the objects of a protocol takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.objects import ObjectStore, store_of
from clustrace.provenance.record import Record, read_record, read_upstream


@dataclass(frozen=True, eq=False)
class StandingJob:
    """A job with the record that stands for it.

    Attributes:
        path: where its record stands, or stood, relative to the repository root.
        record: the record.
        store: objects that the record refers to.
        object: the object that holds a copy of the record; None if only its own file does.
    """

    path: str
    record: Record
    store: ObjectStore
    object: str | None = None

    @property
    def read(self) -> Iterator[FileHash]:
        """Files that it read."""
        return (file for files in self.record.inputs.values() for file in files)

    @property
    def written(self) -> Iterator[FileHash]:
        """Files that it wrote, without the record."""
        return (file for files in self.record.outputs.values() for file in files)


@dataclass(frozen=True)
class Standing:
    """What the records of some folders say.

    Attributes:
        jobs: one for each path of a record.
        unreadable: why a record could not be read, one sentence for each.
    """

    jobs: tuple[StandingJob, ...]
    unreadable: tuple[str, ...]

    @property
    def written(self) -> dict[str, FileHash]:
        """All files that the jobs wrote, by path."""
        return {file.path: file for job in self.jobs for file in job.written}


def standing_jobs(folders: Iterable[Path], root: Path) -> Standing:
    """Read the records that stand below some folders, and those that they rest on.

    Of several copies of a record the one whose job ended last counts.

    Args:
        folders: folders of records, such as ``results/paper/provenance``.
        root: repository root.
    """
    jobs: dict[str, StandingJob] = {}
    unreadable: dict[str, None] = {}
    for folder in folders:
        store = store_of(folder / "any")
        for path in sorted(folder.rglob("*.json")):
            if store.folder not in path.parents:
                try:
                    _take(jobs, _own(path, root))
                except StorageError as error:
                    unreadable[str(error)] = None
    for job in list(jobs.values()):
        _take_upstream(jobs, job, root, unreadable, set())
    return Standing(tuple(jobs.values()), tuple(unreadable))


def _own(path: Path, root: Path) -> StandingJob:
    return StandingJob(path.relative_to(root).as_posix(), read_record(path), store_of(path))


def _take(jobs: dict[str, StandingJob], job: StandingJob) -> None:
    known = jobs.get(job.path)
    if known is None or known.record.end < job.record.end:
        jobs[job.path] = job


def _take_upstream(
    jobs: dict[str, StandingJob],
    job: StandingJob,
    root: Path,
    unreadable: dict[str, None],
    done: set[str],
) -> None:
    for digest in job.record.upstream.values():
        if digest in done:
            continue
        done.add(digest)
        try:
            record = read_upstream(job.store, digest)
            above = StandingJob(record.path, record, job.store, digest)
            _take(jobs, above)
            if (own := root / record.path).is_file():
                _take(jobs, _own(own, root))
        except StorageError as error:
            unreadable[str(error)] = None
            continue
        _take_upstream(jobs, above, root, unreadable, done)
