"""k-means on an embedding: SAE+k-means, CAE+k-means."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from clustrace.cluster.kmeans import KMeans, require_samples
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.encoding import as_rows, shaped_as
from clustrace.train.rows import Samples


class EmbeddingKMeans(ClusterMixin, BaseEstimator):
    """k-means on the embedding of an autoencoder (SAE+k-means, CAE+k-means).

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer; wrap a fitted one in ``sklearn.frozen.FrozenEstimator`` to
            keep its weights. None is :class:`clustrace.train.autoencoder.Autoencoder`.
        n_init: starts of k-means.
        random_state: seed of k-means and of an autoencoder that has none.

    Attributes:
        autoencoder_: the fitted autoencoder.
        labels_: cluster of each sample, ``[n]``.
        cluster_centers_: centroids in the embedding, ``[K, d]``.
        inertia_: sum of squared distances to the centroids.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        autoencoder: TransformerMixin | None = None,
        n_init: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Embed and cluster samples ``[n, n_features]``; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters.
        """
        samples = X
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        require_samples(X.shape[0], self.n_clusters)
        autoencoder = self.autoencoder or Autoencoder(random_state=self.random_state)
        self.autoencoder_ = clone(autoencoder).fit(shaped_as(X, samples), None)
        self.kmeans_ = KMeans(
            self.n_clusters, n_init=self.n_init, random_state=self.random_state
        ).fit(self.autoencoder_.transform(X))
        self.labels_ = self.kmeans_.labels_
        self.cluster_centers_ = self.kmeans_.cluster_centers_
        self.inertia_ = self.kmeans_.inertia_
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def load_model(self, centroids: np.ndarray, autoencoder: TransformerMixin) -> Self:
        """Make this estimator fitted with what a run stored.

        Args:
            centroids: in the embedding, ``[K, d]``.
            autoencoder: the fitted autoencoder.
        """
        self.autoencoder_ = autoencoder
        self.kmeans_ = KMeans(self.n_clusters).load_model(centroids)
        self.cluster_centers_ = centroids
        self.n_features_in_ = autoencoder.n_features_in_
        return self

    def predict(self, X: Samples) -> np.ndarray:
        """Nearest centroid of each sample in the embedding, ``[n]``."""
        check_is_fitted(self, "kmeans_")
        X = validate_data(self, as_rows(X), reset=False, dtype=np.float32, accept_sparse="csr")
        labels: np.ndarray = self.kmeans_.predict(self.autoencoder_.transform(X))
        return labels
