"""Locally linear embedding (Roweis, Saul 2000) with k-means on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.manifold import LocallyLinearEmbedding

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.neighbours import connected_neighbors
from clustrace.cluster.rows import Rows
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed


class LLEKMeans(EmbeddedKMeans):
    r"""k-means on a locally linear embedding.

    .. math:: \min_Y \sum_i \|y_i - \textstyle\sum_j w_{ij} y_j\|^2,\quad Y^\top Y = I

    with the weights w that best rebuild each sample from its neighbours (Roweis and Saul 2000);
    scikit-learn's implementation. Where the graph of neighbours is not connected, the neighbours
    are doubled until it is; no sample is dropped.

    Args:
        n_clusters: number of clusters K.
        n_components: dimensions d of the embedding.
        n_neighbors: neighbours of each sample.
        n_init: starts of k-means.
        random_state: seed of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: Y, each column of variance 1, ``[n, d]``.
        n_neighbors_: neighbours that it took.
        cluster_centers_: centroids of k-means on the embedding, ``[K, d]``.
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

    def _validated(self, X: Any) -> Rows:
        rows = super()._validated(X)
        if rows.shape[1] < self.n_components:
            raise NotApplicableError(
                f"n_features={rows.shape[1]} is less than n_components={self.n_components}; LLE "
                "cannot add dimensions, ask for fewer."
            )
        return rows

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        _, self.n_neighbors_ = connected_neighbors(rows, self.n_neighbors)
        embedding = LocallyLinearEmbedding(
            n_neighbors=self.n_neighbors_,
            n_components=self.n_components,
            random_state=derive_seed(seed, "eigensolver") % 2**32,
        )
        try:
            coordinates: np.ndarray = embedding.fit_transform(rows)
        except (ValueError, RuntimeError) as error:
            raise NotApplicableError(
                f"LLE found no embedding of these samples ({error}); leave out repeated ones or "
                "take more neighbours."
            ) from error
        return coordinates / coordinates.std(axis=0)
