"""Stage initialise: k-means on a pretrained embedding."""

from __future__ import annotations

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.stages.embedding import pretrained
from clustrace.stages.job import Job
from clustrace.stages.training import build, finish, scaled_features, session


def initialise(job: Job) -> None:
    """Cluster the embedding of each seed; write centroids and labels."""
    features = scaled_features(job)
    weights = job.read("weights")
    models: dict[str, np.ndarray] = {}
    predictions: dict[str, np.ndarray] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            estimator = build(
                job.settings,
                seed,
                n_clusters=job.settings["n_clusters"],
                autoencoder=pretrained(job, weights, seed),
            ).fit(features)
            models[f"seed-{seed}/centroids"] = estimator.cluster_centers_
            predictions[f"seed-{seed}"] = smallest_integers(estimator.labels_)
    job.write("model", models)
    job.write("predictions", predictions)
    finish(job)
