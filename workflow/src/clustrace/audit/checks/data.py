"""Checks on data: are they the registered ones, and are labels and features what they give?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.case import Case
from clustrace.audit.checks.records import short
from clustrace.audit.content import fingerprint, samples
from clustrace.audit.derived import TEST, parts_of
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.scoreboard import labels_of, scored_labels
from clustrace.audit.tree import TreeError
from clustrace.provenance.file_hash import FileHash

FETCH_AGAIN = "Delete the data and run again: fetching verifies the content of every source."


class RawRegistered(Check):
    """DATA-002."""

    id = "DATA-002"
    title = "Raw data have the content that config/datasets.yaml registers"
    level = Level.HASHES
    why = "Other data gives other numbers, under the same name."
    mend = FETCH_AGAIN

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hash the content of raw data anew, or take what was recorded where it is not here."""
        if case.experiment is None:
            yield skipped(case.folder, "config/ does not declare these results")
            return
        for job in case.jobs:
            raw = job.only(job.record.outputs, "raw")
            slug = job.record.wildcards.get("raw", "")
            if raw is None or not job.record.outcome.ok:
                continue
            if slug not in case.experiment.registry.raw:
                yield failed(job.place, f"raw data {slug!r}", "raw data that config/ registers")
                continue
            registered = case.experiment.raw(slug).fingerprint
            if registered == "unverified":
                yield skipped(raw.path, "config/ registers no content for it yet")
            else:
                yield self._observed(case, job, raw, registered)

    def _observed(self, case: Case, job: Job, raw: FileHash, registered: str) -> Observation:
        recorded = job.record.parameters.get("fingerprint")
        if recorded != registered:
            return failed(job.place, f"content {recorded}", registered)
        if not case.tree.exists(raw.path):
            return passed(job.place)
        try:
            arrays = case.tree.arrays(raw.path).arrays
            found = fingerprint(arrays)
        except (TreeError, KeyError) as error:
            return failed(raw.path, f"no samples and labels ({error})", "raw data")
        if found != registered:
            return failed(raw.path, f"content {short(found)}", short(registered))
        return self._parted(case, job, raw, arrays)

    def _parted(
        self, case: Case, job: Job, raw: FileHash, arrays: Mapping[str, NDArray[Any]]
    ) -> Observation:
        """The parts, which the hash of the content does not cover."""
        assert case.experiment is not None
        count = case.experiment.raw(job.record.wildcards["raw"]).train_samples
        split = arrays.get("split")
        if count is None:
            return passed(raw.path) if split is None else failed(raw.path, "parts", "no parts")
        expected = np.arange(samples(arrays)) >= count
        if split is None or not np.array_equal(split, expected):
            return failed(raw.path, "parts cut elsewhere", f"{count} samples, and then the others")
        return passed(raw.path)


class TruthDerived(Check):
    """DATA-003."""

    id = "DATA-003"
    title = "The labels that runs are scored against are the data set's own"
    level = Level.PREDICTIONS
    why = "Against other labels every score can be had."
    mend = "Delete the file of true labels and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hold the true labels of each evaluation against the registry and the prepared data."""
        seen: set[str] = set()
        wanted = {job.place for job in case.jobs}
        for evaluation in case.scores.evaluations.values():
            truth = evaluation.truth
            if truth.path in seen or evaluation.job.place not in wanted:
                continue
            seen.add(truth.path)
            try:
                if not case.tree.arrays(truth.path).ok:
                    yield skipped(truth.path, "the data set could not be had")
                    continue
                labels = labels_of(case.tree, truth.path)
            except TreeError as error:
                yield failed(truth.path, error, "true labels")
                continue
            yield from self._derived(case, truth, labels)
            yield self._registered(case, evaluation.job, truth, labels)

    def _derived(self, case: Case, truth: FileHash, labels: NDArray[Any]) -> Iterator[Observation]:
        """The file that the labels were copied from, where it is here."""
        maker = case.records.producer(truth)
        source = maker.only(maker.record.inputs, "labels") if maker else None
        if source is None:
            return
        if not case.tree.exists(source.path):
            yield skipped(truth.path, "the prepared labels that they were copied from are not here")
            return
        try:
            prepared = scored_labels(case.tree, source.path)
        except TreeError as error:
            yield failed(source.path, error, "prepared labels")
            return
        if np.array_equal(prepared, labels):
            yield passed(truth.path)
        else:
            yield failed(truth.path, "other labels", f"those of {source.path}")

    def _registered(
        self, case: Case, job: Job, truth: FileHash, labels: NDArray[Any]
    ) -> Observation:
        slug = job.record.wildcards.get("dataset", "")
        if case.experiment is None or slug not in case.experiment.registry.datasets:
            return skipped(truth.path, "config/ does not declare this data set")
        dataset, subset = case.experiment.dataset(slug), case.experiment.subset(slug)
        count = dataset.samples if subset == "all" else int(subset)
        if dataset.has_parts:
            training = case.experiment.raw(dataset.raw).train_samples or 0
            drawn = None if subset == "all" else count
            count = int((parts_of(dataset, training, drawn) == TEST).sum())
        if len(labels) != count and not (dataset.estimated and subset == "all"):
            return failed(truth.path, f"{len(labels)} labels", f"{count}")
        if subset != "all":
            # Of samples that were drawn, the raw data tell.
            return passed(truth.path)
        if len(np.unique(labels)) != dataset.classes:
            return failed(truth.path, f"{len(np.unique(labels))} classes", f"{dataset.classes}")
        found = hashlib.sha256(labels.astype("<i8").tobytes()).hexdigest()
        if dataset.labels_sha256 not in (None, found):
            return failed(truth.path, f"labels {short(found)}", short(dataset.labels_sha256))
        return passed(truth.path)
