"""Spectral embedded clustering (Nie, Zeng, Tsang, Xu, Zhang 2011)."""

from __future__ import annotations

from typing import Self

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import validate_data

from clustrace.cluster.kmeans import KMeans, require_samples
from clustrace.errors import NotApplicableError
from clustrace.train.encoding import as_rows
from clustrace.train.seeds import base_seed, derive_seed


class SEC(ClusterMixin, BaseEstimator):
    r"""Spectral clustering whose cluster indicators are close to a linear function of the data.

    .. math:: \min_{F, W, b}\ \mathrm{tr}(F^\top L F)
       + \mu \left( \|XW + 1 b^\top - F\|^2 + \gamma \|W\|^2 \right),\quad F^\top F = I

    W and b have a closed form given F; what remains is :math:`\mathrm{tr}(F^\top (L + \mu L_g) F)`
    with :math:`L_g = H - X_c (X_c^\top X_c + \gamma I)^{-1} X_c^\top`, H the centring matrix and
    :math:`X_c = HX`. F holds the K eigenvectors of smallest eigenvalue; they are found without
    ever forming an n x n matrix. L is the normalised Laplacian of a nearest-neighbour graph
    with self-tuned widths. F is made discrete by k-means.

    The data are scaled to a mean row norm of 1 first, so that γ means the same everywhere.

    Args:
        n_clusters: number of clusters K.
        n_neighbors: neighbours of each sample in the graph.
        mu: weight of the linear term.
        gamma: weight of the ridge on W.
        n_init: starts of k-means.
        random_state: seed of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: F, ``[n, K]``.
        coef_: W for the scaled data, ``[n_features, K]``.
        intercept_: b, ``[K]``.
        cluster_centers_: centroids of k-means on F, ``[K, K]``.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_neighbors: int = 5,
        mu: float = 1.0,
        gamma: float = 1.0,
        n_init: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.mu = mu
        self.gamma = gamma
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: there are too few samples for the clusters or the neighbours, or
                all rows are zero.
        """
        X = validate_data(self, as_rows(X), dtype=np.float64)
        require_samples(len(X), self.n_clusters)
        seed = base_seed(self.random_state)
        scaled = X / _mean_norm(X)
        mean = scaled.mean(axis=0)
        centred = scaled - mean
        ridge = scipy.linalg.cho_factor(centred.T @ centred + self.gamma * np.eye(X.shape[1]))
        laplacian = normalised_laplacian(scaled, min(self.n_neighbors, len(X) - 1))
        start = np.random.default_rng(derive_seed(seed, "eigensolver")).normal(size=len(X))
        self.embedding_ = self._eigenvectors(laplacian, centred, ridge, start)
        self.coef_ = scipy.linalg.cho_solve(ridge, centred.T @ self.embedding_)
        self.intercept_ = self.embedding_.mean(axis=0) - mean @ self.coef_
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed)
        self.labels_ = kmeans.fit(self.embedding_).labels_
        self.cluster_centers_ = kmeans.cluster_centers_
        return self

    def _eigenvectors(
        self,
        laplacian: scipy.sparse.csr_matrix,
        centred: np.ndarray,
        ridge: tuple[np.ndarray, bool],
        start: np.ndarray,
    ) -> np.ndarray:
        """K eigenvectors of L + μ L_g with the smallest eigenvalues, ``[n, K]``."""
        n = len(centred)

        def product(vectors: np.ndarray) -> np.ndarray:
            fitted = centred @ scipy.linalg.cho_solve(ridge, centred.T @ vectors)
            return laplacian @ vectors + self.mu * (vectors - vectors.mean(axis=0) - fitted)

        if n <= max(2 * self.n_clusters + 1, 50):
            return scipy.linalg.eigh(product(np.eye(n)))[1][:, : self.n_clusters]
        # Both parts have eigenvalues in [0, 2] and [0, μ]; turned round, the wanted ones are the
        # largest, which Lanczos finds without solving systems.
        top = 2.0 + self.mu
        turned = LinearOperator((n, n), matvec=lambda v: top * v - product(v), dtype=np.float64)
        values, vectors = eigsh(turned, self.n_clusters, which="LA", v0=start, tol=1e-6)
        return vectors[:, np.argsort(-values)]


def normalised_laplacian(x: np.ndarray, n_neighbors: int) -> scipy.sparse.csr_matrix:
    r"""I - D^{-1/2} A D^{-1/2} of a self-tuned nearest-neighbour graph.

    .. math:: A_{ij} = \exp\left(-\frac{\|x_i - x_j\|^2}{\sigma_i \sigma_j}\right)

    with σ_i the distance of x_i to its last neighbour, A made symmetric by the larger value
    (Zelnik-Manor and Perona 2004). Duplicates (σ = 0) are joined with weight 1.

    Args:
        x: samples, ``[n, n_features]``.
        n_neighbors: neighbours of each sample, without itself.

    Raises:
        NotApplicableError: there is no neighbour to have.
    """
    if n_neighbors < 1:
        raise NotApplicableError("A neighbour graph needs at least 2 samples; n_samples=1.")
    n = len(x)
    graph = NearestNeighbors(n_neighbors=n_neighbors).fit(x).kneighbors_graph(mode="distance")
    width = np.sqrt(np.maximum(graph.max(axis=1).toarray().ravel(), np.finfo(np.float64).tiny))
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    exponent = (graph.data / width[rows] / width[graph.indices]) ** 2
    affinity = scipy.sparse.csr_matrix((np.exp(-exponent), graph.indices, graph.indptr), (n, n))
    affinity = affinity.maximum(affinity.T)
    scale = scipy.sparse.diags(1 / np.sqrt(np.asarray(affinity.sum(axis=1)).ravel()))
    return (scipy.sparse.identity(n) - scale @ affinity @ scale).tocsr()


def _mean_norm(x: np.ndarray) -> float:
    norm = float(np.linalg.norm(x, axis=1).mean())
    if norm == 0:
        raise NotApplicableError("All samples are zero, there is nothing to cluster.")
    return norm
