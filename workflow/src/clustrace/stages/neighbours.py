"""Stage neighbours: nearest neighbours of all samples of a data set, from their features alone."""

from __future__ import annotations

import torch

from clustrace.cluster.neighbour_graph import Neighbours
from clustrace.errors import StorageError
from clustrace.stages.job import Job
from clustrace.stages.training import estimator_class, scaled_features

_ARRAYS = ("indices", "distances")


def neighbours(job: Job) -> None:
    """Find the nearest neighbours of all samples; write which they are and how far away."""
    features = scaled_features(job)
    torch.set_num_threads(job.threads)
    estimator = estimator_class(job.settings["estimator"])(**job.settings["arguments"])
    found = estimator.fit(features).neighbours_
    job.write("neighbours", {name: getattr(found, name) for name in _ARRAYS}, metric=found.metric)
    job.recorder.note(determinism="bit-equal")


def neighbours_of(job: Job) -> Neighbours:
    """The neighbours among the inputs of a job.

    Raises:
        NoResultError: the data set has none.
        StorageError: the file holds no neighbours.
    """
    artefact = job.read("neighbours")
    try:
        indices, distances = (artefact.arrays[name] for name in _ARRAYS)
        return Neighbours(indices, distances, str(artefact.about["metric"]))
    except KeyError as error:
        raise StorageError(
            f"{job.path('neighbours')} holds no neighbours ({error}); delete it and run again, the "
            "pipeline makes it anew."
        ) from error
