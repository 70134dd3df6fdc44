"""Stage embed: some samples in two dimensions, for figures. No labels among the inputs."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse

from clustrace.errors import NotApplicableError
from clustrace.evaluate.projection import plane, tsne
from clustrace.stages.embedding import pretrained, refuse_failed
from clustrace.stages.job import Job
from clustrace.stages.training import scaled_features
from clustrace.train.session import training_session

_SAMPLING_SEED = 0


def embed(job: Job) -> None:
    """Write the embedding of some samples by the first seed, with the clusters that it found.

    By the job's inputs the embedding is that of a network (``weights``), the one that a method
    stored (``model``), or the features themselves. The artefact holds ``points`` (float64
    ``[m, 2]``: the embedding itself if it has two dimensions, else its t-SNE), ``index`` (int64
    ``[m]``, rows of the features in ascending order), ``embedding`` (float32 ``[m, d]``), which
    features of more dimensions than two are not copied to, and, but for features, ``clusters``
    (int32 ``[m]``).

    Raises:
        NoResultError: there are no features, or the seed has no network or no clusters.
        NotApplicableError: the embedding cannot be projected, or the method stored none.
    """
    torch.set_num_threads(job.threads)
    # cuBLAS repeats its results only with a workspace of fixed size.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")
    seed, samples = job.seeds[0], job.settings["samples"]
    clusters = _clusters(job, seed)
    if "model" in job.input:
        stored = _stored(job, seed)
        index = chosen_samples(len(stored), samples)
        embedding = stored[index]
    else:
        features = scaled_features(job)
        index = chosen_samples(features.shape[0], samples)
        embedding = _embedded(job, seed, features[index])
    in_a_plane = embedding.shape[1] == 2
    arrays = {
        # Kept, as other machines give other last bits: a figure draws these points everywhere.
        "points": plane(embedding) if in_a_plane else tsne(embedding),
        "index": index,
    }
    if in_a_plane or clusters is not None:
        arrays["embedding"] = embedding.astype(np.float32, copy=False)
    if clusters is not None:
        arrays["clusters"] = clusters[index].astype(np.int32)
    job.write("embedding", arrays, seed=seed)
    job.recorder.note(
        generators={"samples": [_SAMPLING_SEED]},
        determinism="bit-equal" if job.device == "cpu" else "equal-within-eps",
    )


def _clusters(job: Job, seed: int) -> np.ndarray | None:
    """Labels of all samples; None of features themselves."""
    if "predictions" not in job.input:
        return None
    predictions = job.read("predictions")
    refuse_failed(predictions, seed)
    return predictions.arrays[f"seed-{seed}"]


def _stored(job: Job, seed: int) -> np.ndarray:
    model = job.read("model")
    refuse_failed(model, seed)
    found = model.arrays.get(f"seed-{seed}/embedding")
    if found is None:
        raise NotApplicableError(
            f"{job.settings['estimator'].partition(':')[2]} clusters the features themselves and "
            "stores no embedding; take it out of the figure."
        )
    return found


def _embedded(job: Job, seed: int, features: Any) -> np.ndarray:
    """Features through the network of a seed, or as they are where there is none."""
    if "weights" not in job.input:
        return features.toarray() if issparse(features) else features
    weights = job.read("weights")
    with training_session(device=job.device):
        return pretrained(job, weights, seed).transform(features)


def chosen_samples(n: int, samples: int) -> np.ndarray:
    """Rows of the samples to embed, ascending int64; the same for every method of a data set."""
    if samples >= n:
        return np.arange(n)
    drawn = np.random.default_rng(_SAMPLING_SEED).choice(n, samples, replace=False)
    return np.sort(drawn).astype(np.int64)
