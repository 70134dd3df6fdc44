"""Checks on prepared data: are labels and features what the raw data give?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.checks.data import FETCH_AGAIN
from clustrace.audit.derived import Expected, expected_of
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.rows import Rows
from clustrace.audit.tree import TreeError
from clustrace.provenance.file_hash import FileHash

_NOT_HERE = "its bytes are not here"


class PreparedDerived(Check):
    """DATA-004."""

    id = "DATA-004"
    title = "Prepared features and labels are those of the raw data"
    level = Level.PREDICTIONS
    why = "What enters the methods must be the data set that the table names."
    mend = FETCH_AGAIN

    def examine(self, case: Case) -> Iterator[Observation]:
        """Prepare every data set whose raw data are here once more."""
        for job in case.jobs:
            record = job.record
            slug = record.wildcards.get("dataset", "")
            if record.rule != "prepare" or not record.outcome.ok:
                continue
            if case.experiment is None or slug not in case.experiment.registry.datasets:
                yield skipped(job.place, "config/ does not declare this data set")
                continue
            yield from self._of_set(case, job, slug)

    def _of_set(self, case: Case, job: Job, slug: str) -> Iterator[Observation]:
        assert case.experiment is not None
        record, dataset = job.record, case.experiment.dataset(slug)
        raw = job.only(record.inputs, "raw")
        files = {name: job.only(record.outputs, name) for name in ("features", "labels")}
        if raw is None or not case.tree.exists(raw.path):
            yield skipped(job.place, "the raw data are not here")
            return
        try:
            drawn = int(record.wildcards["subset"]) if record.wildcards["subset"] != "all" else None
            width = case.experiment.raw(dataset.raw).shape[0] if dataset.topics else 0
            expected = expected_of(case.tree.arrays(raw.path).arrays, dataset, width, drawn)
        except (TreeError, KeyError, ValueError, IndexError) as error:
            yield failed(raw.path, f"it cannot be prepared ({error})", "raw data")
            return
        for name, file in files.items():
            if file is None:
                yield failed(job.place, f"no {name}", f"{name} among the outputs")
            elif not case.tree.exists(file.path):
                yield skipped(file.path, _NOT_HERE)
            else:
                yield self._compared(case, file, name, expected)

    def _compared(self, case: Case, file: FileHash, name: str, expected: Expected) -> Observation:
        try:
            found = case.tree.arrays(file.path)
        except TreeError as error:
            return failed(file.path, error, name)
        parts = ("part",) if expected.part is not None else ()
        for part in parts if name == "features" else ("labels", "index", *parts):
            array = found.arrays.get(part)
            if array is None or not np.array_equal(array, getattr(expected, part)):
                return failed(file.path, f"other {part}", "those of the raw data")
        if name == "features":
            return _features_compared(file.path, found, expected)
        return passed(file.path)


def _features_compared(path: str, found: Arrays, expected: Expected) -> Observation:
    wanted = expected.features
    if wanted is None:
        return skipped(path, "its transforms are none of those that audits repeat")
    if isinstance(wanted, Rows):
        try:
            same = Rows.of(found.arrays, "features", found.about["shape"][1]).same(
                wanted, expected.tolerance
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            return failed(path, f"no sparse rows ({error})", "those of the raw data")
    else:
        array = found.arrays.get("features")
        same = array is not None and np.array_equal(array, wanted)
    return passed(path) if same else failed(path, "other features", "those of the raw data")
