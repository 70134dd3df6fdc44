"""k-means on an embedding that is made with a graph of nearest neighbours."""

from __future__ import annotations

from typing import Self

import numpy as np

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.neighbour_graph import GraphClusterer, Neighbours


class GraphKMeans(GraphClusterer, EmbeddedKMeans):
    """Base of the methods that embed all samples with the help of their neighbours.

    Attributes:
        neighbours_: the neighbours that it worked on.
        embedding_: what k-means saw, ``[n, d]``.
        labels_: cluster of each sample, ``[n]``.
        cluster_centers_: centroids in the embedding, ``[K, d]``.
    """

    def fit(self, X: np.ndarray, y: object = None, *, neighbours: Neighbours | None = None) -> Self:
        """Embed and cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Args:
            X: samples.
            y: ignored.
            neighbours: their nearest neighbours, where somebody has them; else they are found.

        Raises:
            NotApplicableError: the method cannot be applied to the samples.
        """
        self.neighbours_ = self._find_neighbours(self._validated(X), neighbours)
        return super().fit(X)
