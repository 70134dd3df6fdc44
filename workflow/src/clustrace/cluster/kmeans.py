"""k-means, the baseline and the initialiser of all methods on embeddings."""

from __future__ import annotations

from typing import Self

import numpy as np
import sklearn.cluster
from sklearn.base import TransformerMixin
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _num_samples

from clustrace.errors import NotApplicableError

#: Samples whose distances to all centroids are held at once.
_CHUNK = 4096


class KMeans(sklearn.cluster.KMeans):
    r"""Lloyd's algorithm from k-means++ starts; the best of ``n_init`` by inertia.

    .. math:: \min_{M, s} \sum_i \| x_i - m_{s_i} \|^2

    scikit-learn's implementation with the number of starts that DEC, IDEC and DCEC use (20);
    its own default would be a single one.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 20,
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            n_clusters,
            n_init=n_init,
            max_iter=max_iter,
            tol=tol,
            random_state=random_state,
        )

    def fit(self, X: np.ndarray, y: object = None, sample_weight: np.ndarray | None = None) -> Self:
        """Cluster samples ``[n, n_features]``; ``y`` is ignored.

        Args:
            X: samples; a sparse matrix will do.
            y: ignored.
            sample_weight: weight of each sample, ``[n]``.

        Raises:
            NotApplicableError: there are fewer samples than clusters.
        """
        require_samples(_num_samples(X), self.n_clusters)
        super().fit(X, sample_weight=sample_weight)
        # scikit-learn assigns the centred samples; with rounding, a sample between two centroids
        # may get another label than from the centroids that are kept.
        self.labels_ = self.predict(X)
        return self

    def load_model(
        self, centroids: np.ndarray, autoencoder: TransformerMixin | None = None
    ) -> Self:
        """Make this estimator fitted with centroids from a file.

        Args:
            centroids: ``[K, n_features]``.
            autoencoder: not used; the samples are clustered as they are.
        """
        self.cluster_centers_ = centroids
        self.n_features_in_ = centroids.shape[1]
        self._n_threads = _openmp_effective_n_threads()
        return self


def nearest(samples: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Number of the nearest centroid of each sample, ``[n]``.

    Args:
        samples: ``[n, d]``.
        centroids: ``[K, d]``.
    """
    parts = [
        ((samples[start : start + _CHUNK, None] - centroids[None]) ** 2).sum(axis=2).argmin(axis=1)
        for start in range(0, len(samples), _CHUNK)
    ]
    return np.concatenate(parts)


def require_samples(n_samples: int, n_clusters: int) -> None:
    """Refuse fewer samples than clusters.

    Raises:
        NotApplicableError: there are fewer samples than clusters.
    """
    if n_samples < n_clusters:
        raise NotApplicableError(
            f"n_samples={n_samples} is less than n_clusters={n_clusters}; ask for fewer clusters "
            "or give more samples."
        )
