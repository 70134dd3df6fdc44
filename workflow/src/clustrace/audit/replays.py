"""Doing recorded jobs once more, by the commands that their records name.

A replay runs in a folder that holds the recorded inputs of the job and nothing else of the
results, above all no labels: whatever it comes to, it came to without them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clustrace.audit.arrays import Arrays, read_arrays
from clustrace.audit.records import Job, Records
from clustrace.audit.tree import Tree
from clustrace.errors import StorageError
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.record import Record, read_record

#: What is done again: the assignment by stored weights, all training, or the job alone.
Begin = Literal["weights", "retrain", "job"]

#: Exit status of a replay from weights where a method stores none.
_NOT_APPLICABLE = 3
_OURS = ("clustrace", "replay", "{record}", "--into", "{folder}", "--from")
_STARTS: dict[Begin, str] = {"weights": "weights", "retrain": "start", "job": "start"}
_MAIN = (sys.executable, "-c", "from clustrace.cli.main import main; main()")


class ReplayError(Exception):
    """A replay could not be done; the message is the reason."""


class ReplayRefusedError(ReplayError):
    """A replay was not done, which says nothing against the results."""


def _silent(line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ReplaySettings:
    """How replays are done.

    Attributes:
        other_code: whether code other than the recorded may do it.
        commands: whether commands other than `clustrace replay` are run.
        progress: told what is done.
    """

    other_code: bool = False
    commands: bool = False
    progress: Callable[[str], None] = _silent


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
    """

    def __init__(self, tree: Tree, records: Records, settings: ReplaySettings) -> None:
        self._tree, self._records, self._settings = tree, records, settings
        self._cleanup = ExitStack()
        self._folder: Path | None = None
        self._done: dict[tuple[str, Begin], ReplayError | None] = {}

    def close(self) -> None:
        """Remove the scratch folder."""
        self._cleanup.close()

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
        made = self._into(begin) / predictions.path
        try:
            arrays = read_arrays(made.read_bytes())
            same = _same_machine(job.record, read_record(self._into(begin) / job.record.path))
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
            same = _same_machine(job.record, read_record(self._into("job") / job.record.path))
        except StorageError as error:
            raise ReplayError(str(error)) from error
        return same, list(self._unequal(job, "job"))

    def _unequal(self, job: Job, begin: Begin) -> Iterator[str]:
        """Outputs that are on disk as recorded, and that the replay made otherwise."""
        for _, file in job.outputs:
            made = self._into(begin) / file.path
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
            self._settings.progress(f"{begin}: {job.record.rule} {' '.join(job.run[1:])}")
            try:
                self._run(job, begin)
                self._done[key] = None
            except ReplayError as error:
                self._done[key] = error
        failure = self._done[key]
        if failure is not None:
            raise failure

    def _run(self, job: Job, begin: Begin) -> None:
        command = self._command(job, begin)
        repository = self._repository(job, begin)
        done = subprocess.run(
            [part.format(record=job.record.path, folder=self._into(begin)) for part in command],
            cwd=repository,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            capture_output=True,
            text=True,
        )
        if done.returncode == _NOT_APPLICABLE:
            raise ReplayRefusedError(_last_line(done.stdout))
        if done.returncode != 0:
            reason = _last_line(done.stderr) or f"it ended with {done.returncode}"
            if reason.startswith("Error: The code is not the one"):
                raise ReplayRefusedError(reason.removeprefix("Error: "))
            raise ReplayError(reason)

    def _command(self, job: Job, begin: Begin) -> Sequence[str]:
        """The command that the record names, if it may be run.

        Raises:
            ReplayRefusedError: there is none, or it is none of ours.
        """
        named = job.record.replay
        command = named.weights if begin == "weights" else named.retrain
        if command is None:
            raise ReplayRefusedError("its record names no command that repeats it")
        if command == (*_OURS, _STARTS[begin]):
            other = ["--allow-other-code"] if self._settings.other_code else []
            return [*_MAIN, *command[1:], *other]
        if not self._settings.commands:
            # A record is doubted, and so is what it would have run here.
            raise ReplayRefusedError(
                f"its record names the command {' '.join(command)!r}, which is only run with "
                "--run-commands"
            )
        return command

    def _scratch(self) -> Path:
        if self._folder is None:
            self._folder = Path(
                self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="clustrace-audit-"))
            )
        return self._folder

    def _into(self, begin: Begin) -> Path:
        return self._scratch() / begin

    def _repository(self, job: Job, begin: Begin) -> Path:
        """A folder with config/, the record, and the recorded inputs and weights of the job."""
        folder = self._scratch() / f"repository-{begin}"
        folder.mkdir(exist_ok=True)
        for name in ("Snakefile", "config", "workflow"):
            _link(self._tree.root / name, folder / name)
        objects = Path(job.object("")).parent
        _link(self._tree.root / objects, folder / objects)
        _link(self._tree.root / job.place, folder / job.record.path)
        needed = [file for _, file in job.inputs]
        if begin == "weights":
            needed += job.record.outputs.get("model", [])
        for file in needed:
            if not (self._into(begin) / file.path).exists():
                self._bring(file, folder)
        return folder

    def _bring(self, file: FileHash, folder: Path) -> None:
        found = self._tree.digest(file.path)
        if found is None:
            raise ReplayRefusedError(f"{file.path} is not here; `make restore` fetches it")
        if found != file.sha256:
            raise ReplayError(f"{file.path} is not the recorded one")
        _link(self._tree.root / file.path, folder / file.path)


def _link(source: Path, target: Path) -> None:
    if not source.exists() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source.resolve())
    except OSError:
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


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


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
