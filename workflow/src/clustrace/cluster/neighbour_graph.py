"""Nearest neighbours of all samples, found once and shared by the methods that need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from clustrace.cluster.rows import RowClusterer, unit_rows
from clustrace.errors import NotApplicableError
from clustrace.train.encoding import as_rows

METRICS = ("euclidean", "cosine")
#: Candidates beyond the neighbours asked for, since float32 may put near ones out of order.
_SPARE = 8
#: Entries of a matrix of candidates' differences that exist at a time.
_ENTRIES = 2**24


@dataclass(frozen=True)
class Neighbours:
    """Nearest neighbours of n samples, the nearest first; no sample is its own neighbour.

    Attributes:
        indices: which samples they are, ``[n, k]``.
        distances: to them, ``[n, k]``; 1 minus the cosine where that is the metric.
        metric: ``euclidean`` or ``cosine``.
    """

    indices: np.ndarray
    distances: np.ndarray
    metric: str

    def nearest(self, count: int) -> Neighbours:
        """The nearest of them alone; all if there are no more samples.

        Raises:
            NotApplicableError: more are wanted than were kept.
        """
        n, kept = self.indices.shape
        wanted = min(count, n - 1)
        if kept < wanted:
            raise NotApplicableError(
                f"A graph of {kept} neighbours was given and {wanted} are wanted; raise "
                "n_neighbors of the graph."
            )
        return Neighbours(self.indices[:, :wanted], self.distances[:, :wanted], self.metric)

    def matrix(self, values: np.ndarray) -> scipy.sparse.csr_matrix:
        """Values ``[n, k]`` as a sparse matrix ``[n, n]``, row i those of sample i."""
        n, count = self.indices.shape
        starts = np.arange(0, n * count + 1, count)
        # Copies, since they are sorted in place.
        entries = (values.flatten(), self.indices.flatten(), starts)
        matrix = scipy.sparse.csr_matrix(entries, shape=(n, n))
        matrix.sort_indices()
        return matrix

    def either(self) -> scipy.sparse.csr_matrix:
        """Pairs of which either is a neighbour of the other, as a symmetric 0/1 matrix."""
        graph = self.matrix(np.ones(self.indices.shape))
        return graph.maximum(graph.T).tocsr()

    def mutual(self) -> scipy.sparse.csr_matrix:
        """Pairs of which each is a neighbour of the other, as a symmetric 0/1 matrix."""
        graph = self.matrix(np.ones(self.indices.shape))
        return graph.minimum(graph.T).tocsr()


def nearest_neighbours(
    rows: np.ndarray, n_neighbors: int, metric: str, *, block_size: int = 1024
) -> Neighbours:
    """Exact nearest neighbours; distances of ``block_size`` samples to all exist at a time.

    All pairs are compared in float32, and the nearest of them again in float64 from their
    differences, so that duplicates have distance 0. Equal distances go by the sample's number.

    Args:
        rows: samples, ``[n, n_features]``.
        n_neighbors: neighbours of each sample, without itself; all others if there are fewer.
        metric: ``euclidean``, or ``cosine`` for 1 minus the cosine; a sample of zeros has the
            cosine 0 to all.
        block_size: changes time and memory alone.

    Raises:
        NotApplicableError: there is a single sample, no neighbour is asked for, or the metric is
            none of these.
    """
    n = len(rows)
    if metric not in METRICS:
        raise NotApplicableError(f"metric is {metric!r}; write {' or '.join(METRICS)}.")
    if n < 2:
        raise NotApplicableError("A neighbour graph needs at least 2 samples; n_samples=1.")
    if n_neighbors < 1:
        raise NotApplicableError(f"n_neighbors={n_neighbors}; ask for at least 1 neighbour.")
    count = min(n_neighbors, n - 1)
    exact = np.asarray(unit_rows(rows) if metric == "cosine" else rows, dtype=np.float64)
    # Distances do not change with the origin, and near it float32 resolves them best.
    centred = torch.from_numpy((exact - exact.mean(axis=0)).astype(np.float32))
    lengths = centred.square().sum(dim=1)
    indices = np.empty((n, count), dtype=np.int32)
    distances = np.empty((n, count), dtype=np.float32)
    for begin in range(0, n, block_size):
        end = min(begin + block_size, n)
        squares = torch.addmm(lengths, centred[begin:end], centred.T, alpha=-2)
        own = torch.arange(end - begin)
        squares[own, begin + own] = torch.inf
        wanted = min(count + _SPARE, n - 1)
        found = torch.topk(squares, wanted, largest=False, sorted=False).indices.numpy()
        found.sort(axis=1)
        exactly = _squared_distances(exact, np.arange(begin, end), found)
        order = np.argsort(exactly, axis=1, kind="stable")[:, :count]
        indices[begin:end] = np.take_along_axis(found, order, axis=1)
        nearest = np.take_along_axis(exactly, order, axis=1)
        distances[begin:end] = np.sqrt(nearest) if metric == "euclidean" else nearest / 2
    if metric == "cosine":
        _correct_zeros(exact, indices, distances)
    return Neighbours(indices, distances, metric)


def _squared_distances(rows: np.ndarray, origin: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of some samples to others ``[m, k]``, from their differences."""
    step = max(1, _ENTRIES // (others.shape[1] * rows.shape[1]))
    found = np.empty(others.shape)
    for begin in range(0, len(origin), step):
        part = slice(begin, begin + step)
        difference = rows[others[part]] - rows[origin[part], None]
        found[part] = np.einsum("ijk,ijk->ij", difference, difference)
    return found


def _correct_zeros(units: np.ndarray, indices: np.ndarray, distances: np.ndarray) -> None:
    """Samples of zeros have no length: their cosine is 0, hence the distance 1."""
    zero: np.ndarray = np.linalg.norm(units, axis=1) == 0
    distances[zero[:, None] | zero[indices]] = 1.0


class NearestNeighbours(BaseEstimator):
    """The neighbours of all samples, as an estimator that the workflow runs once a data set.

    Args:
        n_neighbors: neighbours of each sample, without itself; all others if there are fewer.
        metric: ``euclidean`` or ``cosine``.
        block_size: samples whose distances to all others exist at a time.

    Attributes:
        neighbours_: the neighbours.
    """

    def __init__(
        self, n_neighbors: int = 20, *, metric: str = "euclidean", block_size: int = 1024
    ) -> None:
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.block_size = block_size

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Find the neighbours of samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: see :func:`nearest_neighbours`.
        """
        rows = validate_data(self, as_rows(X), dtype=[np.float64, np.float32])
        self.neighbours_ = nearest_neighbours(
            rows, self.n_neighbors, self.metric, block_size=self.block_size
        )
        return self


class GraphClusterer(RowClusterer):
    """Base of the methods that work on nearest neighbours of all samples.

    A class says which metric they have, and has the parameter ``n_neighbors``.

    Attributes:
        neighbours_: the neighbours that it worked on.
    """

    takes_sparse = False
    metric: ClassVar[str]
    n_neighbors: int
    neighbours_: Neighbours

    def _find_neighbours(self, rows: Any, given: Neighbours | None) -> Neighbours:
        """The neighbours, of those that were given or found here.

        Raises:
            NotApplicableError: those given are of other samples or of another metric, or too few.
        """
        name = type(self).__name__
        if given is None:
            return nearest_neighbours(rows, self.n_neighbors, self.metric)
        if (len(given.indices), given.metric) != (len(rows), self.metric):
            raise NotApplicableError(
                f"{name} was given the {given.metric} neighbours of {len(given.indices)} samples "
                f"and needs {self.metric} ones of {len(rows)}; hand over those of the samples."
            )
        return given.nearest(self.n_neighbors)
