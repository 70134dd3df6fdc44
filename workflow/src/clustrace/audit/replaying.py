"""Running the replay commands that records name, each in a folder with the job's inputs alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Container, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clustrace.audit.records import Job
from clustrace.audit.tree import Tree
from clustrace.command import COMMAND
from clustrace.provenance.file_hash import FileHash

#: What is done again: the assignment by stored weights, all training, or the job alone.
Begin = Literal["weights", "retrain", "job"]

#: Exit status of a replay from weights where a method stores none.
_NOT_APPLICABLE = 3
_OURS = ("clustrace", "replay", "{record}", "--into", "{folder}", "--from")
_STARTS: dict[Begin, str] = {"weights": "weights", "retrain": "start", "job": "start"}


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


class Scratch:
    """A scratch folder in which jobs are done once more.

    Args:
        tree: the results.
        settings: how replays are done.
        vouched: hashes of records that the present code may replay, whatever code made them.
    """

    def __init__(
        self, tree: Tree, settings: ReplaySettings, vouched: Container[str] = frozenset()
    ) -> None:
        self._tree, self._settings, self._vouched = tree, settings, vouched
        self._cleanup = ExitStack()
        self._folder: Path | None = None

    def close(self) -> None:
        """Remove the folder."""
        self._cleanup.close()

    def run(self, job: Job, begin: Begin) -> None:
        """Do a job once more, by the command that its record names.

        Raises:
            ReplayRefusedError: it was not done, with the reason.
            ReplayError: it was tried and failed.
        """
        command = self._command(job, begin)
        repository = self._repository(job, begin)
        done = subprocess.run(
            [part.format(record=job.record.path, folder=self.into(begin)) for part in command],
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
            allowed = self._settings.other_code or self._tree.digest(job.place) in self._vouched
            other = ["--allow-other-code"] if allowed else []
            return [*COMMAND, *command[1:], *other]
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

    def into(self, begin: Begin) -> Path:
        """Folder that gets what the replays make."""
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
        # What was learnt from labels is in the weights, and comes out of them without any.
        hidden = {"training_labels"} if begin == "weights" else set()
        needed = [file for name, file in job.inputs if name not in hidden]
        if begin == "weights":
            needed += job.record.outputs.get("model", [])
        for file in needed:
            if not (self.into(begin) / file.path).exists():
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


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
