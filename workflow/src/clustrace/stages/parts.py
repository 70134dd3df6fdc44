"""Samples of a data set by their parts, as the stages that learn get them."""

from __future__ import annotations

import numpy as np

from clustrace.data.features import Features
from clustrace.data.parts import PART, TEST, TRAINING
from clustrace.errors import NotApplicableError
from clustrace.stages.job import Job
from clustrace.stages.training import scaled_features


def training_features(job: Job) -> Features:
    """Scaled features of the training part; of a data set without parts, of all samples.

    Raises:
        NoResultError: the data set has none.
    """
    features, part = scaled_features(job), part_of(job)
    return features if part is None else features[part == TRAINING]


def tested_features(job: Job) -> Features:
    """Scaled features of the test part.

    Raises:
        NoResultError: the data set has none.
        NotApplicableError: it does not keep a test part apart.
    """
    return scaled_features(job)[require_parts(job) == TEST]


def require_parts(job: Job) -> np.ndarray:
    """Part of each sample, int8 ``[n]``.

    Raises:
        NoResultError: the data set has none.
        NotApplicableError: it does not keep its parts apart.
    """
    part = part_of(job)
    if part is None:
        raise NotApplicableError(
            f"{job.wildcards['dataset']} does not keep a test part apart; give it "
            "validation_samples in config/datasets.yaml."
        )
    return part


def part_of(job: Job) -> np.ndarray | None:
    """Part of each sample, int8 ``[n]``; None if the data set does not keep its parts apart.

    Raises:
        NoResultError: the data set has none.
    """
    return job.read("features").arrays.get(PART)
