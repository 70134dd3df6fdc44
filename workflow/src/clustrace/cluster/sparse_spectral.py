"""Spectral clustering on a graph of nearest neighbours (Chen, Song, Bai, Lin, Chang 2011)."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from clustrace.cluster.graph_kmeans import GraphKMeans
from clustrace.cluster.neighbour_graph import Neighbours
from clustrace.cluster.rows import Rows, unit_rows
from clustrace.cluster.spectrum import graph_eigenvectors
from clustrace.train.seeds import derive_seed


class SparseSpectralClustering(GraphKMeans):
    r"""k-means on the leading eigenvectors of a self-tuned nearest-neighbour graph.

    .. math:: L = D^{-1/2} A D^{-1/2},\quad
       A_{ij} = \exp\left(-\frac{\|x_i - x_j\|^2}{2 \sigma_i \sigma_j}\right)

    for pairs of which either is among the t nearest neighbours of the other, and 0 for all others;
    :math:`\sigma_i` is the mean distance of x_i to those that it is paired with (Zelnik-Manor and
    Perona 2004, as the code of Chen and others has it). The K leading eigenvectors of L are the
    columns of V; its rows are scaled to length 1 and clustered (Chen and others 2011,
    Algorithm 1). A has at most 2 t n entries.

    A graph of several components has as many eigenvectors of eigenvalue 1, which tell the larger
    components apart; no sample is dropped. Duplicates are paired with weight 1.

    Args:
        n_clusters: number of clusters K, and of eigenvectors.
        n_neighbors: t.
        n_init: starts of k-means.
        random_state: seed of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: rows of V at length 1, ``[n, K]``.
        neighbours_: the neighbours that it worked on.
        cluster_centers_: centroids of k-means on the embedding, ``[K, K]``.
    """

    metric = "euclidean"

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_neighbors: int = 20,
        n_init: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        affinity = self_tuned_affinity(self.neighbours_)
        vectors = graph_eigenvectors(affinity, self.n_clusters, derive_seed(seed, "eigensolver"))
        embedding: np.ndarray = unit_rows(vectors)
        return embedding


def self_tuned_affinity(neighbours: Neighbours) -> scipy.sparse.csr_matrix:
    """A of :class:`SparseSpectralClustering`, ``[n, n]``."""
    pairs = neighbours.either()
    # Distances of 0 would vanish from a sparse matrix: duplicates are told by their pair alone.
    lengths = neighbours.matrix(neighbours.distances.astype(np.float64))
    lengths = (pairs + lengths.maximum(lengths.T)).tocsr()
    lengths.data -= 1.0
    degrees = np.diff(lengths.indptr)
    sums = np.add.reduceat(lengths.data, lengths.indptr[:-1])
    width = np.sqrt(np.maximum(sums / degrees, np.finfo(np.float64).tiny))
    origin = np.repeat(np.arange(len(degrees)), degrees)
    scaled = lengths.data / width[origin] / width[lengths.indices]
    values = np.exp(-(scaled**2) / 2)
    return scipy.sparse.csr_matrix((values, lengths.indices, lengths.indptr), lengths.shape)
