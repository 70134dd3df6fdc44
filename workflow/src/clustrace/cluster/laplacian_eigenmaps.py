"""Laplacian eigenmaps (Belkin, Niyogi 2003) with k-means on them."""

from __future__ import annotations

import numpy as np

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.neighbours import connected_neighbors
from clustrace.cluster.rows import Rows
from clustrace.cluster.spectrum import graph_eigenvectors
from clustrace.train.seeds import derive_seed


class LaplacianEigenmapsKMeans(EmbeddedKMeans):
    r"""k-means on Laplacian eigenmaps of a nearest-neighbour graph.

    .. math:: L f = \lambda D f,\quad L = D - A

    The eigenvectors f of the smallest λ above the trivial 0 are the coordinates (Belkin and Niyogi
    2003, Section 2). A is the mean of the 0/1 graph of nearest neighbours and its transpose. Where
    that graph is not connected, the neighbours are doubled until it is; no sample is dropped.

    Args:
        n_clusters: number of clusters K.
        n_components: dimensions d of the map.
        n_neighbors: neighbours of each sample.
        n_init: starts of k-means.
        random_state: seed of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: the map, each column of variance 1, ``[n, d]``.
        n_neighbors_: neighbours that it took.
        cluster_centers_: centroids of k-means on the map, ``[K, d]``.
    """

    takes_sparse = False
    stores_embedding = True

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_components: int = 2,
        n_neighbors: int = 10,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        graph, self.n_neighbors_ = connected_neighbors(rows, self.n_neighbors)
        start = derive_seed(seed, "eigensolver")
        vectors = graph_eigenvectors(graph, self.n_components + 1, start)[:, 1:]
        degrees = np.asarray(graph.sum(axis=1))
        coordinates: np.ndarray = vectors / np.sqrt(degrees)
        return coordinates / coordinates.std(axis=0)
