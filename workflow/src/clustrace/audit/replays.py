"""Doing recorded jobs once more, by the commands that their records name.

A replay runs in a folder that holds the recorded inputs of the job and nothing else of the
results, above all no labels: whatever it comes to, it came to without them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from clustrace.audit.arrays import Arrays, read_arrays
from clustrace.audit.records import Job, Records
from clustrace.audit.replaying import (
    Begin,
    ReplayError,
    ReplayRefusedError,
    ReplaySettings,
    Scratch,
)
from clustrace.audit.tree import Tree
from clustrace.errors import StorageError
from clustrace.provenance.record import Record, read_record


@dataclass(frozen=True)
class Replayed:
    """What a replay made.

    Attributes:
        predictions: label vectors.
        same_machine: whether processor and libraries are those of the record.
        others: further files of the jobs done that came out otherwise than recorded.
    """

    predictions: Arrays
    same_machine: bool
    others: tuple[str, ...] = ()


class Replays:
    """Replays of the jobs of one protocol, in a scratch folder of their own.

    Args:
        tree: the results.
        records: their records.
        settings: how replays are done.
        vouched: hashes of records of older code that attestations vouch for: the present code
            does their jobs again.
    """

    def __init__(
        self,
        tree: Tree,
        records: Records,
        settings: ReplaySettings,
        vouched: Container[str] = frozenset(),
    ) -> None:
        self._tree, self._records, self._progress = tree, records, settings.progress
        self._scratch = Scratch(tree, settings, vouched)
        self._done: dict[tuple[str, Begin], ReplayError | None] = {}

    def close(self) -> None:
        """Remove the scratch folder."""
        self._scratch.close()

    def again(self, job: Job, begin: Begin) -> Replayed:
        """The label vectors of a run, made anew.

        Args:
            job: the job that wrote them.
            begin: ``weights``: from the stored weights. ``retrain``: every job that draws on
                seeds on the way to them, from the features.

        Raises:
            ReplayRefusedError: it was not done, with the reason.
            ReplayError: it was tried and failed.
        """
        predictions = job.only(job.record.outputs, "predictions")
        if predictions is None:
            raise ReplayRefusedError("it wrote no label vectors")
        chain = self._chain(job) if begin == "retrain" else [job]
        for each in chain:
            self._replay(each, begin)
        made = self._scratch.into(begin) / predictions.path
        try:
            arrays = read_arrays(made.read_bytes())
            same = _same_machine(
                job.record, read_record(self._scratch.into(begin) / job.record.path)
            )
        except (OSError, ValueError, StorageError) as error:
            raise ReplayError(f"its label vectors cannot be read ({error})") from error
        others = [path for each in chain for path in self._unequal(each, begin)]
        return Replayed(arrays, same, tuple(path for path in others if path != predictions.path))

    def alone(self, job: Job) -> tuple[bool, list[str]]:
        """Do one job once more, from its recorded inputs.

        Returns:
            Whether it was on the recorded kind of machine, and the outputs that came out
            otherwise than recorded.

        Raises:
            ReplayRefusedError: it was not done, with the reason.
            ReplayError: it was tried and failed.
        """
        self._replay(job, "job")
        try:
            same = _same_machine(
                job.record, read_record(self._scratch.into("job") / job.record.path)
            )
        except StorageError as error:
            raise ReplayError(str(error)) from error
        return same, list(self._unequal(job, "job"))

    def _unequal(self, job: Job, begin: Begin) -> Iterator[str]:
        """Outputs that are on disk as recorded, and that the replay made otherwise."""
        for _, file in job.outputs:
            made = self._scratch.into(begin) / file.path
            if made.is_file() and self._tree.digest(file.path) == file.sha256:
                content, recorded = made.read_bytes(), self._tree.content(file.path)
                if content != recorded and not _same_arrays(content, recorded):
                    yield file.path

    def _chain(self, job: Job) -> list[Job]:
        """The job after all that it rests on and that draws on seeds."""
        found: dict[str, Job] = {}

        def visit(each: Job) -> None:
            for _, file in each.inputs:
                maker = self._records.producer(file)
                if maker is not None and maker.record.seeds and maker.place not in found:
                    visit(maker)
            found.setdefault(each.place, each)

        visit(job)
        return list(found.values())

    def _replay(self, job: Job, begin: Begin) -> None:
        key = (job.place, begin)
        if key not in self._done:
            self._progress(f"{begin}: {job.record.rule} {' '.join(job.run[1:])}")
            try:
                self._scratch.run(job, begin)
                self._done[key] = None
            except ReplayError as error:
                self._done[key] = error
        failure = self._done[key]
        if failure is not None:
            raise failure


def _same_machine(recorded: Record, own: Record) -> bool:
    then, now = recorded.environment, own.environment
    names = ("processor", "gpu", "python", "torch")
    return all(getattr(then, name) == getattr(now, name) for name in names)


def _same_arrays(first: bytes, second: bytes) -> bool:
    """Whether two contents are artefacts that differ in their compression alone."""
    try:
        one, other = read_arrays(first), read_arrays(second)
    except ValueError:
        return False
    return (
        (one.outcome, one.about) == (other.outcome, other.about)
        and one.arrays.keys() == other.arrays.keys()
        and all(
            (array.dtype, array.shape) == (other.arrays[name].dtype, other.arrays[name].shape)
            and array.tobytes() == other.arrays[name].tobytes()
            for name, array in one.arrays.items()
        )
    )
