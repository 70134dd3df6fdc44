"""Preparing data sets: choose samples, make features of them, and part features from labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from clustrace.config.datasets import DataSet
from clustrace.data.artefact import write_artefact
from clustrace.data.bodies import Body, Documents, Samples, TermWeights
from clustrace.data.features import Features, feature_arrays, feature_facts
from clustrace.data.parts import PART, TRAINING, parts_of, require_all_parts
from clustrace.data.scaling import check_values, equal_samples, scaled
from clustrace.data.topics import of_one_topic
from clustrace.data.transforms import Transformed, transformed
from clustrace.errors import DataError, NotApplicableError

_SUBSET_SEED = 0
#: Texts are read as this; every byte is a character of it.
_ENCODING = "latin1"


@dataclass(frozen=True)
class Prepared:
    """A data set ready for use.

    Attributes:
        features: samples scaled to [0, 1], or what the transforms made; float32 [n, D], dense or
            sparse.
        labels: true classes, int64 [n].
        index: row of each sample in the raw data, int64 [n], ascending.
        names: names of the features where they are words, else empty.
        part: part of each sample, int8 [n], where the data set keeps its parts apart.
    """

    features: Features
    labels: np.ndarray
    index: np.ndarray
    names: tuple[str, ...] = ()
    part: np.ndarray | None = None


def prepare(
    body: Body, split: np.ndarray | None, dataset: DataSet, *, max_samples: int | None
) -> Prepared:
    """Take a data set out of a body of raw data.

    If the data set has more than ``max_samples`` samples, that many are drawn without
    replacement, by a fixed seed and whatever the labels are; transforms see these alone, and are
    fitted on those of the training part where parts are kept apart. Checks concern the whole data
    set, so their outcome is the same whether or not samples are drawn.

    Args:
        body: raw data of N samples.
        split: part of each raw sample [N], 0 train and 1 test; None if there are no parts.
        dataset: registry entry of the data set.
        max_samples: largest number of samples, or None for all.

    Raises:
        NotApplicableError: there are values that are not finite, all samples are equal, there are
            they are of one class alone, a part has no samples, or a transform cannot be applied.
        DataError: sample or class counts or the range of values are not as registered.
    """
    index, labels = _members(body, split, dataset)
    _check_counts(labels, dataset)
    if isinstance(body, Samples):
        check_values(body.x if len(index) == len(body) else body.x[index], index, dataset)
    chosen = _subset(len(index), max_samples)
    index, labels = index[chosen], labels[chosen]
    part = parts_of(index, split, dataset.validation_samples)
    if part is not None:
        require_all_parts(part, dataset.title)
    made = _features(body, index, dataset, None if part is None else part == TRAINING)
    if (dataset.transforms or not isinstance(body, Samples)) and _all_equal(made.features):
        raise equal_samples(dataset)
    return Prepared(made.features, labels.astype(np.int64), index, made.names, part)


def write_features(path: str | Path, prepared: Prepared, dataset: DataSet, *, slug: str) -> None:
    """Write the features, with the part of each sample, and nothing that derives from labels.

    Raises:
        StorageError: the file could not be written.
    """
    about = {
        "dataset": slug,
        "image_shape": dataset.image_shape,
        "n_clusters": dataset.classes,
        **feature_facts(prepared.features),
    }
    if prepared.names:
        about["feature_names"] = list(prepared.names)
    arrays = {**feature_arrays(prepared.features), **_part_array(prepared)}
    write_artefact(path, arrays, about=about)


def write_labels(path: str | Path, prepared: Prepared, *, slug: str) -> None:
    """Write the labels, and each sample's row in the raw data and part, for those who part them.

    Raises:
        StorageError: the file could not be written.
    """
    arrays = {"labels": prepared.labels, "index": prepared.index, **_part_array(prepared)}
    write_artefact(path, arrays, about={"dataset": slug})


def _part_array(prepared: Prepared) -> dict[str, np.ndarray]:
    return {} if prepared.part is None else {PART: prepared.part}


def _members(
    body: Body, split: np.ndarray | None, dataset: DataSet
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the data set in the raw data, ascending, and the class of each."""
    index = _part_index(len(body), split, dataset)
    if isinstance(body, TermWeights):
        if dataset.topics is None:
            raise DataError(
                f"{dataset.title} does not say which topics are its classes; add 'topics' in "
                "config/datasets.yaml."
            )
        return of_one_topic(body, index, dataset.topics, dataset.classes, dataset.title)
    return index, body.y[index]


def _part_index(count: int, split: np.ndarray | None, dataset: DataSet) -> np.ndarray:
    if dataset.part == "all":
        return np.arange(count, dtype=np.int64)
    if split is None:
        raise DataError(
            f"{dataset.title} is the {dataset.part} part of {dataset.raw}, whose raw data has no "
            "parts; fetch it again."
        )
    return np.flatnonzero(split == (dataset.part == "test")).astype(np.int64)


def _check_counts(labels: np.ndarray, dataset: DataSet) -> None:
    classes = len(np.unique(labels))
    registered = len(labels) if dataset.estimated else dataset.samples
    if (len(labels), classes) != (registered, dataset.classes):
        raise DataError(
            f"{dataset.title} has {len(labels)} samples of {classes} classes instead of the "
            f"registered {registered} of {dataset.classes}; fetch {dataset.raw} again or "
            "correct config/datasets.yaml."
        )
    if classes < 2:
        raise NotApplicableError(
            f"All samples of {dataset.title} are of one class, there is nothing to tell apart; "
            "choose a data set with two classes or more."
        )


def _features(
    body: Body, index: np.ndarray, dataset: DataSet, training: np.ndarray | None
) -> Transformed:
    match body:
        case Samples():
            flat = body.x[index].reshape(len(index), -1).astype(np.float32)
            return transformed(scaled(flat, dataset), dataset, training)
        case Documents():
            texts = [body.text(row).decode(_ENCODING) for row in index]
            return transformed(texts, dataset, training)
        case TermWeights():
            return transformed(csr_matrix(body.x[index]), dataset, training)


def _all_equal(features: Features) -> bool:
    low, high = features.min(axis=0), features.max(axis=0)
    differing = low != high
    return not (differing.any() if isinstance(differing, np.ndarray) else differing.nnz)


def _subset(count: int, max_samples: int | None) -> np.ndarray:
    """Positions of the samples to take, ascending."""
    if max_samples is None or count <= max_samples:
        return np.arange(count)
    # Only the legacy generator promises the same stream in all versions of NumPy.
    drawn = np.random.RandomState(_SUBSET_SEED).permutation(count)[:max_samples]
    return np.sort(drawn)
