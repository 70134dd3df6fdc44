"""Stage cluster: methods that work on the features alone."""

from __future__ import annotations

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.stages.job import Job
from clustrace.stages.training import build, finish, scaled_features, session


def cluster(job: Job) -> None:
    """Cluster the features with each seed; write labels, and centroids where a method has them."""
    features = scaled_features(job)
    models: dict[str, np.ndarray] = {}
    predictions: dict[str, np.ndarray] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            estimator = build(job.settings, seed, n_clusters=job.settings["n_clusters"])
            estimator.fit(features)
            predictions[f"seed-{seed}"] = smallest_integers(estimator.labels_)
            if hasattr(estimator, "cluster_centers_"):
                models[f"seed-{seed}/centroids"] = estimator.cluster_centers_
    job.write("model", models)
    job.write("predictions", predictions)
    finish(job)
