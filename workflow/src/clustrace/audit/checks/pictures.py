"""Checks on figures by making them once more: do embeddings and pictures come out the same?"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clustrace.audit.case import Case
from clustrace.audit.checks.environment import environment_of
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.replaying import ReplayError, ReplayRefusedError
from clustrace.audit.tree import TreeError
from clustrace.command import COMMAND
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.record import Determinism

_TABLES = (*COMMAND, "tables")
#: Folders that `clustrace tables` reads and does not write.
_READ = ("config", "Snakefile", "workflow", "data")
_READ_OF_PROTOCOL = ("runs", "models", "truth", "provenance", "evidence")
_DRAWING = "matplotlib"


class EmbeddingsRepeated(Check):
    """RUN-015."""

    id = "RUN-015"
    title = "Embeddings, filters and activities of figures come from the stored weights"
    level = Level.WEIGHTS
    why = "Points that were moved by hand show clusters that nobody found."
    mend = "Delete the embedding and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Embed the samples of each map once more."""
        for job in case.jobs:
            made = job.only(job.record.outputs, "embedding", "filters", "activations")
            if made and job.record.outcome.ok:
                yield self._observed(case, job)

    def _observed(self, case: Case, job: Job) -> Observation:
        try:
            same_machine, unequal = case.replays.alone(job)
        except ReplayRefusedError as error:
            return skipped(job.place, str(error))
        except ReplayError as error:
            return failed(job.place, error, "an embedding made anew")
        if not unequal:
            return passed(job.place)
        if not same_machine or job.record.determinism is not Determinism.BIT_EQUAL:
            return skipped(job.place, "on another machine t-SNE comes to another map")
        return failed(unequal[0], "points or clusters of another map", "those of the weights")


class PicturesRedrawn(Check):
    """CELL-018."""

    id = "CELL-018"
    title = "Pictures of figures are what is drawn from the arrays that the ledger names"
    level = Level.WEIGHTS
    why = "A retouched picture shows what no array holds."
    mend = "Delete the figure and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Draw all figures of each paper once more, in a folder of its own, and compare them."""
        if case.experiment is None:
            return
        shown = {(line.paper, line.table) for line in case.lines("array")}
        with tempfile.TemporaryDirectory(prefix="clustrace-audit-") as scratch:
            for paper in case.ledgers:
                jobs = [
                    job
                    for job in case.jobs
                    if job.record.rule == "figure"
                    and job.record.wildcards.get("paper") == paper
                    and (paper, job.record.wildcards.get("figure")) in shown
                ]
                if jobs:
                    error = _redraw(case, Path(scratch, paper), paper)
                    for job in jobs:
                        yield from _compared(case, job, Path(scratch, paper), error)


def _redraw(case: Case, folder: Path, paper: str) -> str:
    """Let `clustrace tables` make everything of a paper in ``folder``; returns why it could not."""
    root, results = case.tree.root.absolute(), folder / case.folder
    results.mkdir(parents=True)
    for name in _READ:
        if (root / name).exists():
            (folder / name).symlink_to(root / name)
    for name in _READ_OF_PROTOCOL:
        if (root / case.folder / name).exists():
            (results / name).symlink_to(root / case.folder / name)
    done = subprocess.run(
        [*_TABLES, "--config", f"protocol={case.protocol}", "--config", f"papers={paper}"],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return (lines or [f"it ended with {done.returncode}"])[-1] if done.returncode else ""


def _compared(case: Case, job: Job, folder: Path, error: str) -> Iterator[Observation]:
    for _, file in job.outputs:
        made = folder / file.path
        if case.tree.digest(file.path) != file.sha256:
            continue  # RUN-002 tells of it.
        if error or not made.is_file():
            yield skipped(file.path, f"it could not be drawn again: {error or 'no such figure'}")
        elif made.read_bytes() == case.tree.content(file.path):
            yield passed(file.path)
        else:
            yield _otherwise(case, job, file)


def _otherwise(case: Case, job: Job, file: FileHash) -> Observation:
    """Another picture: a fault only if the same version of the library drew it."""
    try:
        then = environment_of(case, job).packages.get(_DRAWING)
    except TreeError as error:
        return skipped(file.path, str(error))
    now = importlib.metadata.version(_DRAWING)
    if then != now:
        return skipped(file.path, f"{_DRAWING} {then} drew it, and {now} draws otherwise")
    return failed(file.path, "another picture", "what is drawn from the arrays")
