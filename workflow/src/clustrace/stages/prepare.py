"""Stage prepare: a data set out of raw data, with features and labels in separate files."""

from __future__ import annotations

from clustrace.config.datasets import DataSet
from clustrace.data import prepare as data
from clustrace.data.bodies import body_of
from clustrace.stages.job import Job


def prepare(job: Job) -> None:
    """Take a data set out of raw data; write features and labels into separate files."""
    raw = job.read("raw").arrays
    dataset = DataSet.model_validate(job.settings["dataset"])
    slug = job.wildcards["dataset"]
    prepared = data.prepare(
        body_of(raw), raw.get("split"), dataset, max_samples=job.settings["max_samples"]
    )
    data.write_features(job.output["features"], prepared, dataset, slug=slug)
    data.write_labels(job.output["labels"], prepared, slug=slug)
    job.recorder.note(determinism="bit-equal")
