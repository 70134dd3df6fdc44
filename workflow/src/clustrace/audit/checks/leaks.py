"""Checks on labels: did they enter nothing but evaluation, and figures that show them?

A file derives from labels if it is a file of labels, by name or by content, or if a job made it
that read such a file. Features are the exception that `prepare` makes: it reads raw data, where
both stand, and writes them apart. Classifiers may read the one file of labels in which `reveal` has
hidden those of the test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.checks.revealed import REVEALED, without_part
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.rows import Rows
from clustrace.audit.tree import TreeError
from clustrace.config.drawn import labelled_candidates
from clustrace.provenance.file_hash import FileHash

#: Rules of this workflow that may read labels, and what each may write.
_READERS = {
    "prepare": frozenset({"features", "labels"}),
    "reveal": frozenset({"training_labels"}),
    "truth": frozenset({"truth"}),
    "evaluate": frozenset({"metrics"}),
    "ledger": frozenset({"ledger"}),
    "figure": frozenset({"png", "svg"}),
}
#: What a job of a workflow that config/ does not declare may write where it reads labels.
_EVALUATED = frozenset[str]().union(*_READERS.values())
_LABELS = frozenset({"labels", "truth"})
#: What jobs that cluster or learn an embedding write.
_LEARNT = frozenset(
    {
        *("predictions", "model", "trajectory", "embedding", "filters", "activations"),
        *("history", "neighbours"),
    }
)


class Labels:
    """Which files are labels, and which derive from them through what."""

    def __init__(self, case: Case) -> None:
        self._records = case.records
        # Raw data hold samples and labels in one file; elsewhere the name may mean anything.
        self._names = _LABELS | ({"raw"} if case.experiment else set())

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(
            file.path
            for job in self._records.jobs
            for name, file in (*job.outputs, *job.inputs)
            if name in self._names
        )

    @cached_property
    def _hashes(self) -> frozenset[str]:
        """Contents of label files; a job without a result writes the same into all of its files."""
        made = {
            file.sha256
            for job in self._records.jobs
            for name, file in job.outputs
            if name in self._names and job.record.outcome.ok
        }
        found = {
            file.sha256
            for job in self._records.jobs
            for name, file in job.inputs
            if name in self._names and self._records.producer(file) is None
        }
        return frozenset(made | found)

    def are(self, file: FileHash) -> bool:
        """True if a file is one of labels, by its path or its content."""
        return file.path in self._paths or file.sha256 in self._hashes

    def are_revealed(self, job: Job, name: str, file: FileHash) -> bool:
        """True if a file has the labels that a job may learn from: a classifier, its data set's."""
        maker = self._records.producer(file)
        return (
            (job.record.rule, name) == ("classify", REVEALED)
            and maker is not None
            and maker.record.rule == "reveal"
            and maker.record.wildcards.get("dataset") == job.record.wildcards.get("dataset")
            and not self.are(file)
        )

    @cached_property
    def _reasons(self) -> Mapping[tuple[str, str], str]:
        """Why files derive from labels, by path and hash, as far as jobs made them from such."""
        found: dict[tuple[str, str], str] = {}
        changed = True
        while changed:
            changed = False
            for job in self._records.jobs:
                source = next((r for _, f in job.inputs if (r := self._of(f, found))), "")
                for name, file in job.outputs:
                    key = (file.path, file.sha256)
                    features = job.record.rule == "prepare" and name == "features"
                    if source and not features and key not in found:
                        found[key] = f"{file.path}, which {job.record.rule} made from {source}"
                        changed = True
        return found

    def _of(self, file: FileHash, derived: Mapping[tuple[str, str], str]) -> str:
        if self.are(file):
            return file.path
        return derived.get((file.path, file.sha256), "")

    def reason(self, file: FileHash) -> str:
        """Why a file derives from labels; empty if it does not."""
        return self._of(file, self._reasons)


class NoLabelsInTraining(Check):
    """LEAK-001."""

    id = "LEAK-001"
    title = "Nothing that learns has labels, or what derives from them, among its inputs"
    level = Level.HASHES
    why = "An unsupervised method that saw the labels is not unsupervised."
    mend = "Take the labels out of the rule's inputs and run it again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Follow the inputs of every job that learns."""
        labels = Labels(case)
        for job in case.jobs:
            if not _LEARNT & job.record.outputs.keys():
                continue
            leaks = [
                reason
                for name, file in job.inputs
                if (reason := labels.reason(file)) and not labels.are_revealed(job, name, file)
            ]
            for reason in leaks:
                yield failed(job.place, f"it read {reason}", "inputs that no label entered")
            if not leaks:
                yield passed(job.place)


class LabelsOnlyEvaluated(Check):
    """LEAK-002."""

    id = "LEAK-002"
    title = "Labels are read by the rules that part, copy, evaluate and show them, and by no other"
    level = Level.HASHES
    why = "What reads labels can pass them on."
    mend = "Take the labels out of the rule's inputs and run it again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at every job that reads labels."""
        labels = Labels(case)
        for job in case.jobs:
            read = [file.path for _, file in job.inputs if labels.are(file)]
            if not read:
                continue
            rule = job.record.rule
            allowed = _EVALUATED if case.experiment is None else _READERS.get(rule)
            extra = sorted(job.record.outputs.keys() - (allowed or set()))
            undeclared = [path for path in read if not _may_be_shown(case, job, path)]
            if allowed is None:
                yield failed(job.place, f"{rule} read {read[0]}", f"one of {', '.join(_READERS)}")
            elif extra:
                found = f"{rule} read {read[0]} and wrote {', '.join(extra)}"
                yield failed(job.place, found, "scores or parted data, and nothing that is learnt")
            elif undeclared:
                found = f"{rule} read {undeclared[0]}"
                yield failed(job.place, found, "labels that a figure shows, as config/ declares")
            else:
                yield passed(job.place)


def _may_be_shown(case: Case, job: Job, path: str) -> bool:
    """Whether a job that prints may read these labels: those that its figures show, no others."""
    rule, wildcards = job.record.rule, job.record.wildcards
    if case.experiment is None or rule not in ("ledger", "figure"):
        return True
    paper = case.experiment.papers.get(wildcards.get("paper", ""))
    shown = {
        f"{case.folder}/truth/{dataset}.safetensors.gz"
        for figure in (paper.figures if paper else ())
        if rule == "ledger" or figure.slug == wildcards.get("figure")
        for dataset in labelled_candidates(figure)
    }
    return path in shown


class FeaturesWithoutLabels(Check):
    """LEAK-004."""

    id = "LEAK-004"
    title = "Prepared features hold features and nothing else"
    level = Level.PREDICTIONS
    why = "A column with the labels among the features leaks them past every rule."
    mend = "Delete the prepared data and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look into the features of every data set that are on disk."""
        for job in case.jobs:
            features = job.only(job.record.outputs, "features")
            if job.record.rule != "prepare" or features is None:
                continue
            if not case.tree.exists(features.path):
                yield skipped(features.path, "its bytes are not here")
                continue
            yield self._observed(case, job, features)

    def _observed(self, case: Case, job: Job, features: FileHash) -> Observation:
        try:
            found = case.tree.arrays(features.path)
        except TreeError as error:
            return failed(features.path, str(error), "features")
        dataset = job.record.wildcards.get("dataset", "")
        if case.experiment is None or dataset not in case.experiment.registry.datasets:
            return skipped(features.path, "config/ does not declare this data set")
        if not found.arrays:
            return passed(features.path)
        width = case.experiment.registry.width(dataset)
        declared = case.experiment.dataset(dataset)
        # Of few samples, transforms may make fewer features.
        fewer = bool(declared.transforms)
        if declared.has_parts:
            found, fault = without_part(found)
            if fault:
                return failed(features.path, fault, "the part of each sample: 0, 1 or 2")
        return _of_width(features.path, found, width, fewer=fewer)


def _of_width(path: str, found: Arrays, width: int, *, fewer: bool) -> Observation:
    """Whether arrays are features of the registered width, dense or sparse, and nothing else."""
    shapes = {name: array.shape for name, array in found.arrays.items()}
    if shapes.keys() == {f"features.{part}" for part in ("data", "indices", "indptr")}:
        try:
            shape = list(found.about["shape"])
            rows = Rows.of(found.arrays, "features", shape[1])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            return failed(path, f"arrays that are no sparse rows ({error})", "features")
        samples, columns = len(rows.indptr) - 1, rows.width
        plain = shape == [samples, columns]
    else:
        samples, columns = (*shapes.get("features", ()), 0, 0)[:2]
        plain = shapes == {"features": (samples, columns)}
    if not plain or not (columns == width or (fewer and columns < width)):
        return failed(path, shapes, {"features": (samples, width)})
    return passed(path)
