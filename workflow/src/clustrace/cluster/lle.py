"""Locally linear embedding (Roweis, Saul 2000) with k-means on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from sklearn.manifold import LocallyLinearEmbedding

from clustrace.cluster.map_kmeans import MapKMeans
from clustrace.cluster.rows import Rows
from clustrace.errors import NotApplicableError


class LLEKMeans(MapKMeans):
    r"""k-means on a locally linear embedding.

    .. math:: \min_Y \sum_i \|y_i - \textstyle\sum_j w_{ij} y_j\|^2,\quad Y^\top Y = I

    with the weights w that best rebuild each sample from its neighbours (Roweis and Saul 2000);
    scikit-learn's implementation. Arguments and attributes are those of
    :class:`clustrace.cluster.map_kmeans.MapKMeans`.
    """

    def _validated(self, X: Any) -> Rows:
        rows = super()._validated(X)
        if rows.shape[1] < self.n_components:
            raise NotApplicableError(
                f"n_features={rows.shape[1]} is less than n_components={self.n_components}; LLE "
                "cannot add dimensions, ask for fewer."
            )
        return rows

    def _map(self, rows: np.ndarray, graph: scipy.sparse.csr_matrix, seed: int) -> np.ndarray:
        embedding = LocallyLinearEmbedding(
            n_neighbors=self.n_neighbors_,
            n_components=self.n_components,
            random_state=seed % 2**32,
        )
        try:
            coordinates: np.ndarray = embedding.fit_transform(rows)
        except (ValueError, RuntimeError) as error:
            raise NotApplicableError(
                f"LLE found no embedding of these samples ({error}); leave out repeated ones or "
                "take more neighbours."
            ) from error
        return coordinates
