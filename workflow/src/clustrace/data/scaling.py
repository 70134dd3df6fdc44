"""Stored values of samples to [0, 1], and what they must be for that."""

from __future__ import annotations

import numpy as np

from clustrace.config.datasets import DataSet
from clustrace.errors import DataError, NotApplicableError

_NAMED = 3


def check_values(samples: np.ndarray, index: np.ndarray, dataset: DataSet) -> None:
    """Check that samples are finite, in the registered range, and not all equal.

    Args:
        samples: stored values [n, ...].
        index: row of each sample in the raw data [n].
        dataset: registry entry of the data set.

    Raises:
        NotApplicableError: there are values that are not finite, or all samples are equal.
        DataError: values lie outside [0, 1] after scaling.
    """
    _check_finite(samples, index, dataset)
    _check_range(samples, dataset)
    if (samples == samples[0]).all():
        raise equal_samples(dataset)


def equal_samples(dataset: DataSet) -> NotApplicableError:
    """The error for samples that are all equal."""
    return NotApplicableError(
        f"All samples of {dataset.title} are equal, there is nothing to cluster; "
        "check the source of the data."
    )


def scaled(values: np.ndarray | np.float32, dataset: DataSet) -> np.ndarray:
    """Stored values (x) as (x + offset) / divisor."""
    unit = dataset.unit_range
    return np.asarray((values + np.float32(unit.offset)) / np.float32(unit.divisor))


def _check_finite(samples: np.ndarray, index: np.ndarray, dataset: DataSet) -> None:
    finite = np.isfinite(samples).reshape(len(samples), -1)
    if finite.all():
        return
    rows = index[~finite.all(axis=1)]
    named = ", ".join(map(str, rows[:_NAMED])) + (", …" if len(rows) > _NAMED else "")
    raise NotApplicableError(
        f"{dataset.title} has {int((~finite).sum())} values that are not finite, in {len(rows)} "
        f"samples (raw rows {named}); remove or impute them before clustering."
    )


def _check_range(samples: np.ndarray, dataset: DataSet) -> None:
    low, high = (float(scaled(np.float32(v), dataset)) for v in (samples.min(), samples.max()))
    if low < 0 or high > 1:
        raise DataError(
            f"{dataset.title} reaches from {low:g} to {high:g} after scaling instead of lying in "
            "[0, 1]; correct its unit_range in config/datasets.yaml."
        )
