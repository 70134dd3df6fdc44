"""Stage pretrain: features to the weights of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from clustrace.stages.job import Job
from clustrace.stages.parts import training_features
from clustrace.stages.training import build, finish, network_arrays, session, write_history


def pretrain(job: Job) -> None:
    """Train the embedding of each seed; write weights and histories.

    Where a data set keeps its parts apart, the training part alone is learnt from.
    """
    features = training_features(job)
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
