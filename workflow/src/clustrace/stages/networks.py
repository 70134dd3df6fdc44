"""Networks with stored weights, for figures that show what they learnt."""

from __future__ import annotations

import os

import torch
from sklearn.frozen import FrozenEstimator

from clustrace.stages.embedding import pretrained
from clustrace.stages.job import Job


def learner_of(job: Job) -> FrozenEstimator:
    """The feature learner of the job's first seed; torch is set to repeat its results.

    Raises:
        NoResultError: there are no weights.
    """
    torch.set_num_threads(job.threads)
    # cuBLAS repeats its results only with a workspace of fixed size.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")
    return pretrained(job, job.read("weights"), job.seeds[0])
