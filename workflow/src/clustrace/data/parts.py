"""Parts of a data set for classification: training, validation and test samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustrace.errors import NotApplicableError

#: Name of the array that tells the part of each sample, int8 [n].
PART = "part"
TRAINING, VALIDATION, TEST = 0, 1, 2
#: Stands for the label of a sample whose label is not told.
HIDDEN = -1

_NAMES = {TRAINING: "training", VALIDATION: "validation", TEST: "test"}


def parts_of(
    index: np.ndarray, split: np.ndarray | None, validation_samples: int | None
) -> np.ndarray | None:
    """Part of each sample, int8 [n]; None if the data set does not keep its parts apart.

    The validation part is the end of the raw data's training part.

    Args:
        index: row of each sample in the raw data [n].
        split: part of each raw sample [N], 0 train and 1 test.
        validation_samples: size of the validation part before any samples are drawn.
    """
    if validation_samples is None or split is None:
        return None
    parts = np.full(len(split), TEST, np.int8)
    training = np.flatnonzero(split == 0)
    parts[training] = TRAINING
    parts[training[-validation_samples:]] = VALIDATION
    return parts[index]


def require_all_parts(part: np.ndarray, title: str) -> None:
    """Refuse samples among which a part has none.

    Raises:
        NotApplicableError: one has none.
    """
    lacking = [name for number, name in _NAMES.items() if not (part == number).any()]
    if lacking:
        raise NotApplicableError(
            f"None of the {len(part)} samples of {title} is of its {' and '.join(lacking)} part; "
            "set a larger max_samples in the protocol."
        )


def visible_labels(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Labels int64 [n] that a classifier may learn from: those of test samples are ``HIDDEN``."""
    return np.where(arrays[PART] == TEST, HIDDEN, arrays["labels"]).astype(np.int64)


def scored_labels(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Labels that results are scored against: all, or those of the test part."""
    labels = arrays["labels"]
    return labels[arrays[PART] == TEST] if PART in arrays else labels
