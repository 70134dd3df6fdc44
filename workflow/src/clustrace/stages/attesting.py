"""Repeating a job of older code with the code of now, and comparing it with what is recorded.

The code of now runs in a process of its own, by the command that the record names for its replay,
into a scratch folder. Trainings repeat their first gradient steps, all other jobs their whole work.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clustrace.command import COMMAND
from clustrace.provenance.attestation import (
    TOLERANCE,
    Agreement,
    Attestation,
    Extent,
    LaterCode,
)
from clustrace.provenance.code_identity import CodeIdentity, package_folder, source_of
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.git import describe_git, run_git
from clustrace.provenance.objects import ObjectStore, store_of
from clustrace.provenance.record import Determinism, Record, read_record
from clustrace.stages.first_steps import FOLDER
from clustrace.stages.losses import History
from clustrace.stages.older import OlderJob
from clustrace.stages.replayable import replay_of
from clustrace.stages.replayed import other_environment


class NotAttestedError(Exception):
    """Nothing can be said of a job; the message is the reason, a clause."""


@dataclass(frozen=True)
class Attesting:
    """How jobs are repeated.

    Attributes:
        root: repository, with the inputs.
        store: keeps the code and the machine of the repetitions.
        disk: hashes of the files in the repository.
        steps: gradient steps of a training to repeat; more where its history begins later.
        tell: told how far it is.
    """

    root: Path
    store: ObjectStore
    disk: DiskHashes
    steps: int
    tell: Callable[[str], None]

    def attest(self, older: OlderJob) -> Attestation:
        """Repeat a job of older code with the code of now.

        Raises:
            NotAttestedError: nothing can be said of it, with the reason.
            StorageError: an object could not be kept.
        """
        if older.now is None:
            raise NotAttestedError(f"no code of now would do it: {older.why_not}")
        self._refuse_without_bytes(older)
        with tempfile.TemporaryDirectory(prefix="clustrace-attest-") as scratch:
            repeat = self._first_steps if older.is_training else self._whole
            repeated = repeat(older, Path(scratch))
            own = read_record(repeated.record)
            if own.code.digest != older.now.digest:
                raise NotAttestedError("the code was edited meanwhile; call again")
            same_machine = not other_environment(older.record, own)
            return Attestation(
                record=older.job.path,
                record_sha256=older.sha256,
                rule=older.record.rule,
                code=older.recorded.digest,
                later=self._later(older.record, older.recorded, older.now),
                outcome=_agreement(repeated, older.record.determinism, same_machine),
                extent=repeated.extent,
                determinism=older.record.determinism,
                same_machine=same_machine,
                environment=self.store.keep(store_of(repeated.record).read(own.environment.object)),
                date=datetime.now(UTC).date(),
            )

    def _refuse_without_bytes(self, older: OlderJob) -> None:
        needed = [*older.job.read, *(older.record.outputs["history"] if older.is_training else ())]
        states = {file.path: self.disk.state(file) for file in needed}
        for state in (FileState.MISSING, FileState.CHANGED):
            if paths := [path for path, found in states.items() if found is state]:
                subject = (
                    f"{paths[0]} and {len(paths) - 1} more are" if paths[1:] else f"{paths[0]} is"
                )
                what = "not here" if state is FileState.MISSING else "not as recorded"
                raise NotAttestedError(f"{subject} {what}; `make restore` brings what is recorded")

    def _first_steps(self, older: OlderJob, scratch: Path) -> _Repeated:
        file = older.record.outputs["history"][0]
        history = History.read(self.root / file.path)
        wanted = max(self.steps, history.second_loss)
        answer = self._replay(older, scratch, "--first-steps", str(wanted))
        below = scratch / FOLDER
        extent = Extent(
            # A training that diverges at once leaves no row.
            steps=answer["iterations"] or min(wanted, history.steps),
            of_steps=history.steps,
            rows=answer["rows"],
            phases=history.phases,
        )
        made = History.read(below / file.path) if answer["rows"] else None
        return _Repeated(
            record=below / older.record.path,
            equal=not answer["differing"],
            deviation=history.deviation(made) if made else math.inf,
            extent=extent,
        )

    def _whole(self, older: OlderJob, scratch: Path) -> _Repeated:
        answer = self._replay(older, scratch)
        return _Repeated(scratch / older.record.path, all(answer["equal"].values()), math.inf, None)

    def _replay(self, older: OlderJob, scratch: Path, *options: str) -> dict[str, Any]:
        """Call the replay of a job, and return its answer.

        Raises:
            NotAttestedError: it failed, or the record names a command that is not ours.
        """
        command = older.record.replay.retrain
        if command is None or command != replay_of(older.record.rule).retrain:
            # Whoever forges a record does not choose what runs here.
            raise NotAttestedError("its record does not name `clustrace replay` as its repetition")
        given = {"{record}": str(older.file.resolve()), "{folder}": str(scratch)}
        called = [given.get(word, word) for word in command[1:]]
        arguments = [*COMMAND, *called, "--allow-other-code", "--format", "json", *options]
        last = "it ended without an answer"
        with subprocess.Popen(
            arguments, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None and child.stderr is not None
            try:
                for line in filter(None, map(str.strip, child.stderr)):
                    last = line
                    self.tell(f"{older.name}: {line}")
                said = child.stdout.read()
            except BaseException:
                child.kill()
                raise
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise NotAttestedError(last.removeprefix("Error: ")) from None
        return answer

    def _later(self, record: Record, recorded: CodeIdentity, now: CodeIdentity) -> LaterCode:
        checkout = describe_git()
        return LaterCode(
            digest=now.digest,
            object=self.store.keep_json(now.model_dump(mode="json")),
            commit=checkout.state.commit if checkout else None,
            dirty=checkout.state.dirty if checkout else False,
            changed=_edits(recorded, now, record.git.commit if record.git else None),
        )


@dataclass(frozen=True)
class _Repeated:
    """A repetition: its record, and how its results compare with the recorded ones."""

    record: Path
    equal: bool
    deviation: float
    """How far losses lie apart at most, relative to the recorded; infinite where there are none."""
    extent: Extent | None


def _agreement(
    repeated: _Repeated, determinism: Determinism | None, same_machine: bool
) -> Agreement:
    """How a repetition compares.

    Raises:
        NotAttestedError: it came out otherwise, and the code need not be the reason.
    """
    if repeated.equal:
        return Agreement.EQUAL
    if same_machine and determinism is Determinism.BIT_EQUAL:
        return Agreement.DIFFERENT
    if repeated.deviation <= TOLERANCE:
        return Agreement.CLOSE
    reason = "a job of its class" if same_machine else "another machine or other libraries"
    raise NotAttestedError(f"it came out otherwise, which {reason} may do under the same code too")


def _edits(recorded: CodeIdentity, now: CodeIdentity, commit: str | None) -> dict[str, str]:
    """Modules that are not as recorded, with how they were edited since the commit."""
    before, after = recorded.modules, now.modules
    edits = {name: "gone" for name in before.keys() - after.keys()}
    edits |= {name: "new" for name in after.keys() - before.keys()}
    both = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    lines = _lines_edited(both, commit) if both and commit else {}
    return dict(sorted((edits | {name: lines.get(name, "edited") for name in both}).items()))


def _lines_edited(modules: Sequence[str], commit: str) -> dict[str, str]:
    """Lines added to and removed from modules since a commit, where git can tell."""
    folder = package_folder("clustrace")
    paths = {source_of(name, folder).relative_to(folder).as_posix(): name for name in modules}
    asked = ("diff", "--numstat", "--no-renames", "--relative", commit, "--", *paths)
    try:
        listed = run_git(folder, *asked).decode()
    except (OSError, subprocess.CalledProcessError):
        return {}
    found = {}
    for line in listed.splitlines():
        added, removed, path = line.split("\t")
        found[paths[path]] = f"+{added} -{removed}"
    return found
