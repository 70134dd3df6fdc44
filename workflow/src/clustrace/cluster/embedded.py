"""k-means on an embedding that exists for the samples of the fit alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from clustrace.cluster.kmeans import KMeans
from clustrace.cluster.rows import RowClusterer, Rows
from clustrace.train.seeds import base_seed


class EmbeddedKMeans(RowClusterer, ABC):
    """Base of the methods that embed all samples and run k-means on what they get.

    A class has the parameters ``n_clusters``, ``n_init`` and ``random_state``, and says how it
    embeds.

    Attributes:
        embedding_: what k-means saw, ``[n, d]``.
        labels_: cluster of each sample, ``[n]``.
        cluster_centers_: centroids in the embedding, ``[K, d]``.
    """

    n_init: int
    random_state: int | np.random.RandomState | None

    @abstractmethod
    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        """Embedding of validated samples, ``[n, d]``."""

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Embed and cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: the method cannot be applied to them.
        """
        rows = self._validated(X)
        seed = base_seed(self.random_state)
        self.embedding_ = self._embed(rows, seed)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed)
        self.labels_ = kmeans.fit(self.embedding_).labels_
        self.cluster_centers_ = kmeans.cluster_centers_
        return self
