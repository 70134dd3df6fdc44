"""Stage cluster: methods that work on the features alone."""

from __future__ import annotations

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.stages.job import Job
from clustrace.stages.training import build, finish, scaled_features, session


def cluster(job: Job) -> None:
    """Cluster the features with each seed; write labels, and what else a method has.

    The model holds centroids where the estimator has ``cluster_centers_``, and float32
    ``embedding_`` where its class says ``stores_embedding``, for figures.
    """
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
            if getattr(estimator, "stores_embedding", False):
                models[f"seed-{seed}/embedding"] = estimator.embedding_.astype(np.float32)
    job.write("model", models)
    job.write("predictions", predictions)
    finish(job)
