"""Stage finetune: embedding and clusters trained further from an initialised embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.stages.embedding import pretrained, refuse_failed
from clustrace.stages.job import Job
from clustrace.stages.training import (
    build,
    finish,
    network_arrays,
    scaled_features,
    session,
    write_history,
)


def finetune(job: Job) -> None:
    """Train each seed; write weights and centroids, labels, labels over time and histories."""
    features = scaled_features(job)
    weights, initial = job.read("weights"), job.read("initial")
    models: dict[str, np.ndarray] = {}
    predictions: dict[str, np.ndarray] = {}
    trajectories: dict[str, np.ndarray] = {}
    rows: list[dict[str, Any]] = []
    interval: int | None = None
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            refuse_failed(initial, seed)
            estimator = build(
                job.settings,
                seed,
                n_clusters=job.settings["n_clusters"],
                autoencoder=pretrained(job, weights, seed),
                initial_centroids=initial.arrays[f"seed-{seed}/centroids"],
            ).fit(features)
            models |= network_arrays(estimator.network_, seed)
            models[f"seed-{seed}/centroids"] = estimator.cluster_centers_
            further = estimator.further_arrays()
            models |= {f"seed-{seed}/further/{name}": array for name, array in further.items()}
            predictions[f"seed-{seed}"] = smallest_integers(estimator.labels_)
            trajectories[f"seed-{seed}"] = smallest_integers(estimator.label_history_)
            rows += [{"seed": seed, **row} for row in estimator.history_]
            interval = estimator.update_interval_
    job.write("model", models, n_features=features.shape[1])
    job.write("predictions", predictions)
    job.write("trajectory", trajectories, update_interval=interval)
    write_history(job.output["history"], rows)
    finish(job)
