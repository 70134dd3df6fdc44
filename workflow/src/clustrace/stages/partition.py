"""Stage partition: methods that work on the features and the nearest neighbours of all samples."""

from __future__ import annotations

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.stages.job import Job
from clustrace.stages.neighbours import neighbours_of
from clustrace.stages.training import build, finish, scaled_features, session


def partition(job: Job) -> None:
    """Cluster the features with their neighbours, with each seed; write centroids and labels.

    Without a number of clusters in its settings, the method finds one.
    """
    features, neighbours = scaled_features(job), neighbours_of(job)
    clusters = job.settings["n_clusters"]
    given = {} if clusters is None else {"n_clusters": clusters}
    models: dict[str, np.ndarray] = {}
    predictions: dict[str, np.ndarray] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            estimator = build(job.settings, seed, **given)
            estimator.fit(features, neighbours=neighbours)
            models[f"seed-{seed}/centroids"] = estimator.cluster_centers_
            predictions[f"seed-{seed}"] = smallest_integers(estimator.labels_)
    job.write("model", models)
    job.write("predictions", predictions)
    finish(job)
