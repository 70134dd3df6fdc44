"""Gaussian mixture models."""

from __future__ import annotations

from typing import Self

import numpy as np
import scipy.linalg
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from clustrace.cluster.rows import RowClusterer
from clustrace.errors import DivergedError, NotApplicableError
from clustrace.train.seeds import base_seed


class GMM(RowClusterer):
    r"""Clusters as the components of a mixture of Gaussians, fitted by expectation maximisation.

    .. math:: \max_{\pi, m, \Sigma}\ \sum_i \log \sum_k \pi_k\, \mathcal{N}(x_i; m_k, \Sigma_k)

    scikit-learn's implementation, started from k-means. ``reg_covar`` is added to all variances,
    and decides much where features are constant or there are more of them than samples. With full
    covariances and no more samples than features, the samples are first rotated into their span:
    outside of it each component has the same variance ``reg_covar`` and no deviations, so the
    responsibilities are the same, and take a fraction of the time and memory.

    Args:
        n_clusters: number of clusters K, and of components.
        covariance_type: ``full`` or ``diag``.
        n_components: principal components that the samples are reduced to; None for none.
        reg_covar: added to the variances.
        max_iter: most iterations.
        tol: gain in the mean log likelihood below which it ends.
        random_state: seed of k-means.

    Attributes:
        responsibilities_: probability of each component, ``[n, K]``.
        labels_: most probable component of each sample, ``[n]``.
        cluster_centers_: mean of each component, ``[K, n_features]``.
        weights_: π, ``[K]``.
        n_iter_: iterations.
        converged_: whether it ended by ``tol``.
    """

    takes_sparse = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        covariance_type: str = "full",
        n_components: int | None = None,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        tol: float = 1e-3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance_type = covariance_type
        self.n_components = n_components
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters.
            DivergedError: a component has no covariance any more.
        """
        rows = self._validated(X)
        if self.covariance_type not in ("full", "diag"):
            raise NotApplicableError(
                f"covariance_type is {self.covariance_type!r}; write full or diag."
            )
        mixture = GaussianMixture(
            self.n_clusters,
            covariance_type=self.covariance_type,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=base_seed(self.random_state) % 2**32,
        )
        reduced = self._reduced(rows)
        try:
            mixture.fit(reduced)
        except ValueError as error:
            if "ill-defined" not in str(error):
                raise
            raise DivergedError(
                f"The covariance of a component is singular with reg_covar={self.reg_covar:g}; "
                "raise reg_covar."
            ) from error
        self.responsibilities_ = mixture.predict_proba(reduced)
        self.labels_ = self.responsibilities_.argmax(axis=1)
        self.cluster_centers_ = self.weighted_means(rows)
        self.weights_, self.n_iter_ = mixture.weights_, mixture.n_iter_
        self.converged_ = mixture.converged_
        return self

    def weighted_means(self, samples: np.ndarray) -> np.ndarray:
        """Mean of each component's share in other features of the samples of the fit.

        Args:
            samples: ``[n, d]``.

        Returns:
            ``[K, d]``.
        """
        sums = np.maximum(self.responsibilities_.sum(axis=0), np.finfo(np.float64).tiny)
        means: np.ndarray = (self.responsibilities_.T @ samples) / sums[:, None]
        return means

    def _reduced(self, rows: np.ndarray) -> np.ndarray:
        if self.n_components is not None and self.n_components < min(rows.shape):
            return PCA(self.n_components, svd_solver="full").fit_transform(rows)
        if self.covariance_type == "full" and len(rows) <= rows.shape[1]:
            return in_span(rows)
        return rows


def in_span(rows: np.ndarray) -> np.ndarray:
    """Samples ``[n, n_features]`` around their mean in an orthonormal basis of their span."""
    left, sizes, _ = scipy.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    kept = max(1, int(np.sum(sizes > 1e-12 * sizes[0])))
    coordinates: np.ndarray = left[:, :kept] * sizes[:kept]
    return coordinates
