"""Stage embed: the embedding of some samples, for figures. No labels among the inputs."""

from __future__ import annotations

import os

import numpy as np
import torch

from clustrace.evaluate.projection import tsne
from clustrace.stages.embedding import pretrained, refuse_failed
from clustrace.stages.job import Job
from clustrace.stages.training import scaled_features
from clustrace.train.session import training_session

_SAMPLING_SEED = 0


def embed(job: Job) -> None:
    """Embed samples with the network of the first seed; write them with the clusters found.

    The artefact holds ``embedding`` (float32 ``[m, d]``), ``points`` (float64 ``[m, 2]``, its
    t-SNE), ``clusters`` (int32 ``[m]``) and ``index`` (int64 ``[m]``, rows of the features in
    ascending order).

    Raises:
        NoResultError: the seed has no network or no clusters.
        NotApplicableError: the embedding cannot be projected.
    """
    features = scaled_features(job)
    weights, predictions = job.read("weights"), job.read("predictions")
    seed = job.seeds[0]
    refuse_failed(predictions, seed)
    index = chosen_samples(features.shape[0], job.settings["samples"])
    torch.set_num_threads(job.threads)
    # cuBLAS repeats its results only with a workspace of fixed size.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")
    with training_session(device=job.device):
        embedding = pretrained(job, weights, seed).transform(features[index])
    arrays = {
        "embedding": embedding.astype(np.float32, copy=False),
        # Kept, as other machines give other last bits: a figure draws these points everywhere.
        "points": tsne(embedding),
        "clusters": predictions.arrays[f"seed-{seed}"][index].astype(np.int32),
        "index": index,
    }
    job.write("embedding", arrays, seed=seed)
    job.recorder.note(
        generators={"samples": [_SAMPLING_SEED]},
        determinism="bit-equal" if job.device == "cpu" else "equal-within-eps",
    )


def chosen_samples(n: int, samples: int) -> np.ndarray:
    """Rows of the samples to embed, ascending int64; the same for every method of a data set."""
    if samples >= n:
        return np.arange(n)
    drawn = np.random.default_rng(_SAMPLING_SEED).choice(n, samples, replace=False)
    return np.sort(drawn).astype(np.int64)
