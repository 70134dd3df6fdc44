"""k-means on a map that keeps nearest neighbours together."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import scipy.sparse

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.neighbours import connected_neighbors
from clustrace.cluster.rows import Rows
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed


class MapKMeans(EmbeddedKMeans):
    """Base of k-means on maps of nearest-neighbour graphs.

    Where the graph is not connected, the neighbours are doubled until it is; no sample is dropped.

    Args:
        n_clusters: number of clusters K.
        n_components: dimensions d of the map.
        n_neighbors: neighbours of each sample; all others if there are fewer.
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

    @abstractmethod
    def _map(self, rows: np.ndarray, graph: scipy.sparse.csr_matrix, seed: int) -> np.ndarray:
        """Coordinates ``[n, d]`` of samples with a connected graph of ``n_neighbors_``."""

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        if len(rows) <= self.n_components:
            raise NotApplicableError(
                f"A map of {self.n_components} dimensions needs at least {self.n_components + 1} "
                f"samples; n_samples={len(rows)}."
            )
        graph, self.n_neighbors_ = connected_neighbors(rows, self.n_neighbors)
        coordinates = self._map(rows, graph, derive_seed(seed, "eigensolver"))
        spread = coordinates.std(axis=0)
        if not (np.isfinite(coordinates).all() and spread.all()):
            raise NotApplicableError(
                f"{type(self).__name__} puts all samples into one place; leave out repeated ones "
                "or take more neighbours."
            )
        return coordinates / spread
