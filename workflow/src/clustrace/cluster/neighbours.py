"""Graphs of nearest neighbours."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

from clustrace.cluster.rows import Rows, dense, unit_rows
from clustrace.errors import NotApplicableError

_BLOCK = 512


def cosine_graph(rows: Rows, n_neighbors: int) -> scipy.sparse.csr_matrix:
    """Cosine similarities of each sample to its nearest neighbours, made symmetric by the larger.

    An edge joins two samples if either is a neighbour of the other. Samples whose cosine is 0 or
    less are no neighbours, so a sample of zeros has no edge. Similarities exist for one block of
    samples at a time.

    Args:
        rows: samples, ``[n, n_features]``.
        n_neighbors: neighbours of each sample, without itself; all others if there are fewer.

    Returns:
        Weights, ``[n, n]``.
    """
    units = unit_rows(rows)
    n = units.shape[0]
    count = min(n_neighbors, n - 1)
    nearest = np.empty((n, count), dtype=np.intp)
    weight = np.empty((n, count))
    for begin in range(0, n, _BLOCK):
        end = min(begin + _BLOCK, n)
        block = dense(units[begin:end])
        cosines = np.ascontiguousarray((units @ np.ascontiguousarray(block.T)).T)
        own = np.arange(end - begin)
        cosines[own, begin + own] = -np.inf
        nearest[begin:end] = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        weight[begin:end] = np.take_along_axis(cosines, nearest[begin:end], axis=1)
    origin = np.repeat(np.arange(n), count)
    near = weight.ravel() > 0
    edges = (weight.ravel()[near], (origin[near], nearest.ravel()[near]))
    graph = scipy.sparse.csr_matrix(edges, shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def connected_neighbors(x: np.ndarray, n_neighbors: int) -> tuple[scipy.sparse.csr_matrix, int]:
    """Nearest-neighbour graph of Euclidean distances that is connected.

    If the graph falls apart, the number of neighbours is doubled until it does not, so that no
    sample has to be dropped. In a graph of several components the leading eigenvectors would tell
    the components apart and nothing else.

    Args:
        x: samples, ``[n, n_features]``.
        n_neighbors: neighbours of each sample, without itself; all others if there are fewer.

    Returns:
        The mean of the 0/1 graph and its transpose ``[n, n]``, and the neighbours it took.

    Raises:
        NotApplicableError: there is a single sample.
    """
    if len(x) < 2:
        raise NotApplicableError("A neighbour graph needs at least 2 samples; n_samples=1.")
    search = NearestNeighbors().fit(x)
    count = min(n_neighbors, len(x) - 1)
    while True:
        graph = search.kneighbors_graph(n_neighbors=count)
        graph = 0.5 * (graph + graph.T)
        if connected_components(graph, directed=False)[0] == 1:
            return graph.tocsr(), count
        count = min(2 * count, len(x) - 1)
