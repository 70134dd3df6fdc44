"""Joint non-negative matrix factorization and k-means (Yang, Fu, Sidiropoulos 2017)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from clustrace.cluster.kmeans import KMeans
from clustrace.cluster.nmf import factorized
from clustrace.cluster.nnls import nnls
from clustrace.cluster.rows import RowClusterer, Rows, reciprocal, squared_norms
from clustrace.train.seeds import base_seed

#: Steps on the codes between two on everything else.
_CODE_STEPS = 5


class JNKM(RowClusterer):
    r"""Non-negative matrix factorization whose codes are close to centroids.

    .. math:: \min_{D, H, W, M, s}\ \|X - D H W\|^2 + \lambda \sum_i \|h_i - m_{s_i}\|^2,
       \quad H, W \ge 0,\ \|h_i\| = 1

    with one scale d_i in the diagonal D for each sample: equation 2 of DCN with the constraints of
    Yang, Fu and Sidiropoulos 2017, which keep H from shrinking to nothing. Blocks are updated in
    turn, and none raises the objective: codes by majorisation, scales and centroids in closed
    form, W by non-negative least squares, labels by the nearest centroid. It starts from NMF and
    k-means on codes of length 1. Codes are drawn to the centroids they have, so labels that
    k-means settled on rarely change. A centroid without samples stays where it is and may win
    samples again. A sample of zeros has the scale 0, and its code goes to its centroid.

    Args:
        n_clusters: number of clusters K, and rank of the factorization.
        cluster_weight: λ, for samples of length about 1.
        max_iter: most rounds over all blocks.
        tolerance: relative fall of the objective in a round at which it ends.
        nmf_max_iter: most iterations of the factorization it starts from.
        n_init: starts of k-means at the start.
        random_state: seed of the start.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: H, ``[n, K]``.
        components_: W, ``[K, n_features]``.
        cluster_centers_: M, ``[K, K]``.
        n_iter_: rounds.
        objectives_: the objective at the start and after each round.
    """

    takes_negative = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        cluster_weight: float = 0.1,
        max_iter: int = 100,
        tolerance: float = 1e-5,
        nmf_max_iter: int = 200,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.cluster_weight = cluster_weight
        self.max_iter = max_iter
        self.tolerance = tolerance
        self.nmf_max_iter = nmf_max_iter
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters, negative values, or nothing
                but zeros.
        """
        rows = self._validated(X)
        seed = base_seed(self.random_state)
        codes, nmf = factorized(rows, self.n_clusters, seed, max_iter=self.nmf_max_iter)
        scales, codes = _split(codes)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed).fit(codes)
        state = State(scales, codes, nmf.components_, kmeans.cluster_centers_, kmeans.labels_)
        self.objectives_ = [state.objective(rows, self.cluster_weight)]
        for _ in range(self.max_iter):
            state = state.updated(rows, self.cluster_weight)
            self.objectives_.append(state.objective(rows, self.cluster_weight))
            before, after = self.objectives_[-2:]
            if before - after <= self.tolerance * before:
                break
        self.n_iter_ = len(self.objectives_) - 1
        self.embedding_, self.components_ = state.codes, state.components
        self.labels_, self.cluster_centers_ = state.labels, state.centroids
        return self


@dataclass(frozen=True)
class State:
    """All blocks of variables.

    Attributes:
        scales: D, ``[n]``.
        codes: H, rows of length 1, ``[n, K]``.
        components: W, ``[K, n_features]``.
        centroids: M, ``[K, K]``.
        labels: s, ``[n]``.
    """

    scales: np.ndarray
    codes: np.ndarray
    components: np.ndarray
    centroids: np.ndarray
    labels: np.ndarray

    def objective(self, rows: Rows, cluster_weight: float) -> float:
        """Value of what is minimised."""
        scaled = self.scales[:, None] * self.codes
        gram = self.components @ self.components.T
        error = squared_norms(rows).sum() - 2 * np.sum(scaled * (rows @ self.components.T))
        error += np.sum(scaled @ gram * scaled)
        gap = np.sum((self.codes - self.centroids[self.labels]) ** 2)
        return float(error + cluster_weight * gap)

    def updated(self, rows: Rows, cluster_weight: float) -> State:
        """All blocks after one round."""
        return self._with_codes(rows, cluster_weight)._with_components(rows)._with_clusters()

    def _with_codes(self, rows: Rows, cluster_weight: float) -> State:
        """Codes and scales after some steps of majorisation.

        On the unit sphere hᵀ G h is at most 2 hᵀ (G - c I) h₀ plus a constant, c being the largest
        eigenvalue of G = W Wᵀ. What is left is linear in h, and the best h of length 1 and at least
        0 is the positive part of its coefficients.
        """
        gram = self.components @ self.components.T
        curvature = np.linalg.eigvalsh(gram)[-1]
        correlations = rows @ self.components.T
        attraction = cluster_weight * self.centroids[self.labels]
        codes, scales = self.codes, self.scales
        for _ in range(_CODE_STEPS):
            direction = (scales**2)[:, None] * (curvature * codes - codes @ gram)
            direction += scales[:, None] * correlations + attraction
            codes = _on_sphere(direction)
            fit = np.sum(codes * correlations, axis=1)
            # Where the components explain nothing in the code's direction any scale does as well.
            scales = fit * reciprocal(np.sum(codes @ gram * codes, axis=1))
        return replace(self, codes=codes, scales=scales)

    def _with_components(self, rows: Rows) -> State:
        scaled = self.scales[:, None] * self.codes
        correlations = np.asarray(rows.T @ scaled)
        components = nnls(scaled.T @ scaled, correlations, self.components.T).T
        return replace(self, components=components)

    def _with_clusters(self) -> State:
        """Nearest centroids, then the means of their samples."""
        gaps = np.sum(self.centroids**2, axis=1) - 2 * self.codes @ self.centroids.T
        labels = gaps.argmin(axis=1)
        sizes = np.bincount(labels, minlength=len(self.centroids))
        sums = np.zeros_like(self.centroids)
        np.add.at(sums, labels, self.codes)
        filled = sizes > 0
        centroids = self.centroids.copy()
        centroids[filled] = sums[filled] / sizes[filled, None]
        return replace(self, labels=labels, centroids=centroids)


def _split(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of codes and codes of length 1; a code of zeros points everywhere alike."""
    scales = np.linalg.norm(codes, axis=1)
    even = np.full_like(codes, codes.shape[1] ** -0.5)
    return scales, np.divide(codes, scales[:, None], out=even, where=scales[:, None] > 0)


def _on_sphere(direction: np.ndarray) -> np.ndarray:
    """The vector of length 1 and at least 0 that has the largest inner product with each row."""
    positive = np.maximum(direction, 0.0)
    scales = np.linalg.norm(positive, axis=1)
    corner = np.eye(direction.shape[1])[direction.argmax(axis=1)]
    return np.divide(positive, scales[:, None], out=corner, where=scales[:, None] > 0)
