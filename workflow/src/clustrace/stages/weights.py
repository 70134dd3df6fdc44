"""Label vectors from stored weights and centroids: the work of training is not repeated."""

from __future__ import annotations

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.errors import NotApplicableError
from clustrace.stages.embedding import pretrained, refuse_failed
from clustrace.stages.job import Job
from clustrace.stages.parts import tested_features
from clustrace.stages.training import (
    arrays_of,
    build,
    estimator_class,
    scaled_features,
    session,
)


def assign_from_weights(job: Job) -> None:
    """Embed the features with the stored network of each seed, and assign them to its centroids.

    Where the job started from ``weights`` and trained none of its own, they embed; a method
    without any network assigns the features themselves.
    """
    features = scaled_features(job)
    model = job.read("model")
    weights = job.read("weights") if "weights" in job.input else model
    predictions: dict[str, np.ndarray] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            refuse_failed(model, seed)
            estimator = build(job.settings, seed, n_clusters=job.settings["n_clusters"])
            autoencoder = pretrained(job, weights, seed) if job.settings["pretrained"] else None
            further = arrays_of(model.arrays, f"seed-{seed}/further/")
            estimator.load_model(model.arrays[f"seed-{seed}/centroids"], autoencoder, **further)
            predictions[f"seed-{seed}"] = smallest_integers(estimator.predict(features))
    job.write("predictions", predictions)
    job.recorder.note(determinism="bit-equal" if job.device == "cpu" else "equal-within-eps")


def predict_from_weights(job: Job) -> None:
    """Classify the test part with the stored network of each seed, on features learnt before.

    Raises:
        NotApplicableError: the data set does not keep a test part apart.
    """
    tested = tested_features(job)
    model = job.read("model")
    weights = job.read("weights") if "weights" in job.input else None
    predictions: dict[str, np.ndarray] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            refuse_failed(model, seed)
            learner = pretrained(job, weights, seed) if weights else None
            estimator = build(job.settings, seed, features=learner)
            arrays = arrays_of(model.arrays, f"seed-{seed}/network/")
            estimator.load_weights(arrays, model.about["n_features"])
            predictions[f"seed-{seed}"] = smallest_integers(estimator.predict(tested))
    job.write("predictions", predictions)
    job.recorder.note(determinism="bit-equal" if job.device == "cpu" else "equal-within-eps")


def refuse_without_model(estimator: str, loading: str = "load_model") -> None:
    """Refuse a method whose label vectors do not follow from what it stores.

    Args:
        estimator: ``module:Class``.
        loading: its method that takes what is stored.

    Raises:
        NotApplicableError: its estimator cannot be loaded from that.
    """
    if not hasattr(estimator_class(estimator), loading):
        raise NotApplicableError(
            f"{estimator} stores no model that its labels follow from, they exist for the samples "
            "of its fit alone; replay it with --from start."
        )
