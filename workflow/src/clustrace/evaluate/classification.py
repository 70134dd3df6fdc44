"""Scores of a classifier's labels, which name the classes themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clustrace.evaluate.metrics import validated


@dataclass(frozen=True)
class ClassificationScores:
    """Scores of one classifier on test samples."""

    error: float
    """Share of samples whose label is wrong, in [0, 1]."""
    n_samples: int
    n_errors: int
    n_classes: int
    """Classes among the true labels."""


def score_classification(labels_true: ArrayLike, labels_pred: ArrayLike) -> ClassificationScores:
    """Count the samples whose label is not the true one; no map of labels is sought.

    Raises:
        NotApplicableError: the vectors are empty, differ in length or hold no integers.
    """
    true, pred = validated(labels_true, labels_pred)
    errors = int(np.count_nonzero(true != pred))
    return ClassificationScores(errors / len(true), len(true), errors, len(np.unique(true)))
