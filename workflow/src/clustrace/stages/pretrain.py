"""Stage pretrain: features to the weights of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from clustrace.stages.job import Job
from clustrace.stages.training import (
    build,
    finish,
    network_arrays,
    scaled_features,
    session,
    write_history,
)


def pretrain(job: Job) -> None:
    """Train the embedding of each seed; write weights and histories."""
    features = scaled_features(job)
    arrays: dict[str, np.ndarray] = {}
    rows: list[dict[str, Any]] = []
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            estimator = build(job.settings, seed).fit(features)
            arrays |= network_arrays(estimator.network_, seed)
            rows += [{"seed": seed, **row} for row in estimator.history_]
    job.write("model", arrays, n_features=features.shape[1])
    write_history(job.output["history"], rows)
    finish(job)
