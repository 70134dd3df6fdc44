"""Agreement of a clustering with known classes: accuracy, mutual information, Rand index.

All functions take two vectors of integer labels, shape [n_samples]. The values of the labels
carry no meaning beyond being equal or different; negative and widely spaced ones are fine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from clustrace.errors import NotApplicableError

# A table of counts beyond this size (about 400 MB) comes from indices passed as labels.
_MAX_COUNTS = 50_000_000


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many samples of each class lie in each cluster."""

    classes: NDArray[np.integer]
    """True labels that occur, ascending, shape [n_classes]."""
    clusters: NDArray[np.integer]
    """Predicted labels that occur, ascending, shape [n_clusters]."""
    counts: NDArray[np.int64]
    """Number of samples, shape [n_classes, n_clusters]."""


@dataclass(frozen=True)
class ClusteringScores:
    """Scores of one clustering; acc and nmi lie in [0, 1], ari in [-0.5, 1]."""

    acc: float
    nmi: float
    ari: float
    n_samples: int
    n_classes: int
    n_clusters_found: int
    """Clusters that hold at least one sample."""
    smallest_cluster: int
    """Number of samples in the smallest such cluster."""
    largest_cluster: int


def confusion(labels_true: ArrayLike, labels_pred: ArrayLike) -> Confusion:
    """Count the samples of each pair of class and cluster.

    Raises:
        NotApplicableError: the vectors are empty, differ in length or hold no integers.
    """
    return _count(*validated(labels_true, labels_pred))[0]


def clustering_accuracy(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    """Accuracy under the best one-to-one map of clusters to classes.

    ACC = max over maps m of sum_i [y_i = m(c_i)] / n (Yang et al. 2010, eq. 12), found by the
    Hungarian method. Surplus clusters have no class and their samples are errors; with fewer
    clusters than classes, the samples of the classes left over are errors.

    Raises:
        NotApplicableError: as in :func:`confusion`.
    """
    return _accuracy(confusion(labels_true, labels_pred))


def best_map(labels_true: ArrayLike, labels_pred: ArrayLike) -> NDArray[np.int64]:
    """Predicted labels renamed to the true labels by the map behind `clustering_accuracy`.

    Surplus clusters get the smallest non-negative integers that are no true label.

    Returns:
        Labels, shape [n_samples].

    Raises:
        NotApplicableError: as in :func:`confusion`.
    """
    table, cluster_of = _count(*validated(labels_true, labels_pred))
    class_index, cluster_index = _assignment(table)
    names = np.full(len(table.clusters), -1, dtype=np.int64)
    names[cluster_index] = table.classes[class_index]
    surplus = np.setdiff1d(np.arange(len(table.clusters)), cluster_index)
    unused = np.setdiff1d(np.arange(len(table.classes) + len(surplus)), table.classes)
    names[surplus] = unused[: len(surplus)]
    return names[cluster_of]


def normalized_mutual_info(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    """NMI = I(Y; C) / sqrt(H(Y) H(C)) (Strehl and Ghosh 2002).

    The papers' code calls scikit-learn of before version 0.22, which divides by the geometric
    mean; today's default is the arithmetic one. One class in one cluster gives 1; otherwise
    a single class or cluster gives 0.

    Raises:
        NotApplicableError: as in :func:`confusion`.
    """
    true, pred = validated(labels_true, labels_pred)
    return float(normalized_mutual_info_score(true, pred, average_method="geometric"))


def adjusted_rand_index(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    """Share of sample pairs on which both agree, corrected for chance (Hubert and Arabie 1985).

    Raises:
        NotApplicableError: as in :func:`confusion`.
    """
    true, pred = validated(labels_true, labels_pred)
    return float(adjusted_rand_score(true, pred))


def score_clustering(labels_true: ArrayLike, labels_pred: ArrayLike) -> ClusteringScores:
    """All scores of one clustering.

    Raises:
        NotApplicableError: as in :func:`confusion`.
    """
    table = confusion(labels_true, labels_pred)
    sizes = table.counts.sum(axis=0)
    return ClusteringScores(
        acc=_accuracy(table),
        nmi=normalized_mutual_info(labels_true, labels_pred),
        ari=adjusted_rand_index(labels_true, labels_pred),
        n_samples=int(sizes.sum()),
        n_classes=len(table.classes),
        n_clusters_found=len(table.clusters),
        smallest_cluster=int(sizes.min()),
        largest_cluster=int(sizes.max()),
    )


def validated(
    labels_true: ArrayLike, labels_pred: ArrayLike
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """True and predicted labels as vectors of integers, of which there is one each a sample.

    Raises:
        NotApplicableError: they are empty, differ in length or hold no integers.
    """
    true = _labels(labels_true, "true")
    pred = _labels(labels_pred, "predicted")
    if len(true) != len(pred):
        raise NotApplicableError(
            f"There are {len(true)} true labels but {len(pred)} predicted ones; "
            "give one of each for every sample."
        )
    return true, pred


def _labels(labels: ArrayLike, kind: str) -> NDArray[np.integer]:
    vector = np.asarray(labels)
    if vector.ndim != 1:
        raise NotApplicableError(
            f"The {kind} labels have shape {vector.shape}; give a vector with one label a sample."
        )
    if not len(vector):
        raise NotApplicableError(
            f"There are no {kind} labels; a clustering of no samples has no score."
        )
    if not np.issubdtype(vector.dtype, np.integer):
        raise NotApplicableError(
            f"The {kind} labels are of type {vector.dtype}; convert them to integers."
        )
    return vector


def _count(
    true: NDArray[np.integer], pred: NDArray[np.integer]
) -> tuple[Confusion, NDArray[np.intp]]:
    classes, class_of = np.unique(true, return_inverse=True)
    clusters, cluster_of = np.unique(pred, return_inverse=True)
    size = len(classes) * len(clusters)
    if size > _MAX_COUNTS:
        raise NotApplicableError(
            f"There are {len(classes)} different true and {len(clusters)} different predicted "
            "labels; check that labels were given and not the indices of the samples."
        )
    counts = np.bincount(class_of * len(clusters) + cluster_of, minlength=size)
    return Confusion(classes, clusters, counts.reshape(len(classes), len(clusters))), cluster_of


def _assignment(table: Confusion) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    # The rectangular problem has the same optimum as the square one that is padded with
    # zeros, and needs far less time when there are thousands of clusters.
    class_index, cluster_index = linear_sum_assignment(table.counts, maximize=True)
    return class_index, cluster_index


def _accuracy(table: Confusion) -> float:
    return float(table.counts[_assignment(table)].sum() / table.counts.sum())
