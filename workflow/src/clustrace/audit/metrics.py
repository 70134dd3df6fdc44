"""Agreement of two label vectors, computed without the code that scored them.

Counts are exact integers and the assignment is found by shortest augmenting paths, written out
here; `evaluate` calls SciPy and scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# Labels up to this value are counted without sorting them first.
_SMALL = 4096


@dataclass(frozen=True)
class Scores:
    """All scores of one clustering, under the names that metric files use."""

    acc: float
    nmi: float
    ari: float
    n_samples: int
    n_classes: int
    n_clusters_found: int
    smallest_cluster: int
    largest_cluster: int


@dataclass(frozen=True)
class Errors:
    """Scores of a classifier's labels, under the names that metric files use."""

    error: float
    n_samples: int
    n_errors: int
    n_classes: int


def errors(classes: NDArray[np.integer], predicted: NDArray[np.integer]) -> Errors:
    """Share of samples whose predicted class is not the true one, both ``[n]`` with n > 0.

    Raises:
        ValueError: as :func:`score`.
    """
    _refuse_unlike(classes, predicted)
    pairs = zip(classes.tolist(), predicted.tolist(), strict=True)
    wrong = sum(one != other for one, other in pairs)
    return Errors(wrong / len(classes), len(classes), wrong, len(set(classes.tolist())))


def score(classes: NDArray[np.integer], clusters: NDArray[np.integer]) -> Scores:
    """Scores of predicted clusters against true classes, both ``[n]`` with n > 0.

    ACC is the largest share of samples that a one-to-one map of clusters to classes can get
    right, NMI = I / sqrt(H_classes H_clusters), ARI the adjusted Rand index.

    Raises:
        ValueError: the vectors are empty, differ in shape, or hold no integers.
    """
    table = contingency(classes, clusters)
    sizes = table.sum(axis=0)
    return Scores(
        acc=matched(table) / len(classes),
        nmi=_normalised_information(table),
        ari=_adjusted_rand(table),
        n_samples=len(classes),
        n_classes=table.shape[0],
        n_clusters_found=table.shape[1],
        smallest_cluster=int(sizes.min()),
        largest_cluster=int(sizes.max()),
    )


def contingency(classes: NDArray[np.integer], clusters: NDArray[np.integer]) -> NDArray[np.integer]:
    """Samples of each class in each cluster, both as far as they occur.

    Raises:
        ValueError: as :func:`score`.
    """
    _refuse_unlike(classes, clusters)
    rows, columns = _dense(classes), _dense(clusters)
    width = int(columns.max()) + 1
    counts = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width)
    table = counts.reshape(-1, width)
    return table[table.any(axis=1)][:, table.any(axis=0)]


def _refuse_unlike(classes: NDArray[np.integer], labels: NDArray[np.integer]) -> None:
    for name, vector in (("true", classes), ("predicted", labels)):
        if vector.ndim != 1 or not np.issubdtype(vector.dtype, np.integer):
            raise ValueError(f"the {name} labels are no vector of integers")
    if len(classes) != len(labels) or not len(classes):
        raise ValueError(f"there are {len(classes)} true and {len(labels)} predicted labels")


def _dense(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Labels as small integers from 0."""
    wide = labels.astype(np.int64)
    if wide.min() >= 0 and wide.max() < _SMALL:
        return wide
    return np.searchsorted(np.unique(wide), wide).astype(np.int64)


def matched(table: NDArray[np.integer]) -> int:
    """Largest sum of entries of which no two share a row or a column."""
    wide = table if table.shape[0] <= table.shape[1] else table.T
    return _largest_assignment(wide.tolist())


def _largest_assignment(gains: Sequence[Sequence[int]]) -> int:
    """Assign every row a column of its own, by augmenting along shortest paths with potentials.

    Rows are entered one by one; row and column numbers start at 1, and 0 stands for none.
    """
    height, width = len(gains), len(gains[0])
    row_potential, column_potential = [0] * (height + 1), [0] * (width + 1)
    row_of = [0] * (width + 1)
    for entering in range(1, height + 1):
        row_of[0], column = entering, 0
        slack: list[float] = [math.inf] * (width + 1)
        came_from = [0] * (width + 1)
        reached = [False] * (width + 1)
        while row_of[column]:
            reached[column] = True
            row, step, following = row_of[column], math.inf, 0
            for other in range(1, width + 1):
                if reached[other]:
                    continue
                cost = -gains[row - 1][other - 1] - row_potential[row] - column_potential[other]
                if cost < slack[other]:
                    slack[other], came_from[other] = cost, column
                if slack[other] < step:
                    step, following = slack[other], other
            whole = int(step)
            for other in range(width + 1):
                if reached[other]:
                    row_potential[row_of[other]] += whole
                    column_potential[other] -= whole
                else:
                    slack[other] -= whole
            column = following
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return sum(gains[row_of[c] - 1][c - 1] for c in range(1, width + 1) if row_of[c])


def _normalised_information(table: NDArray[np.integer]) -> float:
    rows, columns = table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    if len(rows) == len(columns) == 1:
        return 1.0
    if len(rows) == 1 or len(columns) == 1:
        return 0.0
    total = sum(rows)
    shared = math.fsum(
        count / total * math.log(count * total / (rows[i] * columns[j]))
        for i, line in enumerate(table.tolist())
        for j, count in enumerate(line)
        if count
    )
    return shared / math.sqrt(_entropy(rows) * _entropy(columns))


def _entropy(sizes: Sequence[int]) -> float:
    total = sum(sizes)
    return -math.fsum(size / total * math.log(size / total) for size in sizes)


def _adjusted_rand(table: NDArray[np.integer]) -> float:
    """ARI = (pairs - chance) / (largest - chance) in exact fractions; 1 where both are trivial."""
    together = sum(map(_pairs, table.ravel().tolist()))
    rows = sum(map(_pairs, table.sum(axis=1).tolist()))
    columns = sum(map(_pairs, table.sum(axis=0).tolist()))
    everything = _pairs(int(table.sum()))
    if not everything:
        return 1.0
    chance = Fraction(rows * columns, everything)
    largest = Fraction(rows + columns, 2)
    return 1.0 if largest == chance else float((together - chance) / (largest - chance))


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
