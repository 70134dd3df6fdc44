"""Preparing data sets: choose the part and the samples, scale, and part features from labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clustrace.config.datasets import DataSet
from clustrace.data.artefact import write_artefact
from clustrace.errors import DataError, NotApplicableError

_SUBSET_SEED = 0
_NAMED = 3


@dataclass(frozen=True)
class Prepared:
    """A data set ready for use.

    Attributes:
        features: samples scaled to [0, 1], float32 [n, D].
        labels: true classes, int64 [n].
        index: row of each sample in the raw data, int64 [n], ascending.
    """

    features: np.ndarray
    labels: np.ndarray
    index: np.ndarray


def prepare(
    x: np.ndarray,
    y: np.ndarray,
    split: np.ndarray | None,
    dataset: DataSet,
    *,
    max_samples: int | None,
) -> Prepared:
    """Take a data set out of a body of raw data.

    If the data set has more than ``max_samples`` samples, that many are drawn without
    replacement, by a fixed seed and whatever the labels are. Checks concern the whole data set,
    so their outcome is the same whether or not samples are drawn.

    Args:
        x: raw samples [N, ...].
        y: raw labels [N].
        split: part of each raw sample [N], 0 train and 1 test; None if there are no parts.
        dataset: registry entry of the data set.
        max_samples: largest number of samples, or None for all.

    Raises:
        NotApplicableError: there are values that are not finite, or all samples are equal.
        DataError: sample or class counts or the range of values are not as registered.
    """
    index = _part_index(len(x), split, dataset)
    samples = x if len(index) == len(x) else x[index]
    _check_counts(samples, y[index], dataset)
    _check_finite(samples, index, dataset)
    _check_range(samples, dataset)
    if (samples == samples[0]).all():
        raise NotApplicableError(
            f"All samples of {dataset.title} are equal, there is nothing to cluster; "
            "check the source of the data."
        )
    chosen = _subset(len(index), max_samples)
    features = _scaled(samples[chosen].reshape(len(chosen), -1).astype(np.float32), dataset)
    index = index[chosen]
    return Prepared(features, y[index].astype(np.int64), index)


def write_features(path: str | Path, prepared: Prepared, dataset: DataSet, *, slug: str) -> None:
    """Write the features, and with them nothing that derives from labels.

    Raises:
        StorageError: the file could not be written.
    """
    about = {
        "dataset": slug,
        "image_shape": dataset.image_shape,
        "n_clusters": dataset.classes,
    }
    write_artefact(path, {"features": prepared.features}, about=about)


def write_labels(path: str | Path, prepared: Prepared, *, slug: str) -> None:
    """Write the labels, and each sample's row in the raw data; only evaluation reads them.

    Raises:
        StorageError: the file could not be written.
    """
    arrays = {"labels": prepared.labels, "index": prepared.index}
    write_artefact(path, arrays, about={"dataset": slug})


def _part_index(count: int, split: np.ndarray | None, dataset: DataSet) -> np.ndarray:
    if dataset.part == "all":
        return np.arange(count, dtype=np.int64)
    if split is None:
        raise DataError(
            f"{dataset.title} is the {dataset.part} part of {dataset.raw}, whose raw data has no "
            "parts; fetch it again."
        )
    return np.flatnonzero(split == (dataset.part == "test")).astype(np.int64)


def _check_counts(samples: np.ndarray, labels: np.ndarray, dataset: DataSet) -> None:
    classes = len(np.unique(labels))
    if (len(samples), classes) != (dataset.samples, dataset.classes):
        raise DataError(
            f"{dataset.title} has {len(samples)} samples of {classes} classes instead of the "
            f"registered {dataset.samples} of {dataset.classes}; fetch {dataset.raw} again or "
            "correct config/datasets.yaml."
        )


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
    low, high = (float(_scaled(np.float32(v), dataset)) for v in (samples.min(), samples.max()))
    if low < 0 or high > 1:
        raise DataError(
            f"{dataset.title} reaches from {low:g} to {high:g} after scaling instead of lying in "
            "[0, 1]; correct its unit_range in config/datasets.yaml."
        )


def _scaled(values: np.ndarray | np.float32, dataset: DataSet) -> np.ndarray:
    unit = dataset.unit_range
    return np.asarray((values + np.float32(unit.offset)) / np.float32(unit.divisor))


def _subset(count: int, max_samples: int | None) -> np.ndarray:
    """Positions of the samples to take, ascending."""
    if max_samples is None or count <= max_samples:
        return np.arange(count)
    # Only the legacy generator promises the same stream in all versions of NumPy.
    drawn = np.random.RandomState(_SUBSET_SEED).permutation(count)[:max_samples]
    return np.sort(drawn)
