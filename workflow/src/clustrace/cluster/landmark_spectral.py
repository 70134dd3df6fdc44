"""Landmark-based spectral clustering (Chen, Cai 2011; Cai, Chen 2015)."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.linalg
import scipy.sparse
import sklearn.cluster
from sklearn.exceptions import ConvergenceWarning

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.rows import Rows, reciprocal, unit_rows
from clustrace.train.seeds import derive_seed

#: Samples whose distances to all landmarks exist at a time.
_BLOCK = 4096
#: A squared singular value below this share of the largest is none.
_NONE = 1e-12


class LandmarkSpectralClustering(EmbeddedKMeans):
    r"""Spectral clustering of samples that are written as combinations of a few landmarks.

    .. math:: z_{ij} = \frac{\kappa(x_i, u_j)}{\sum_{j' \in r(i)} \kappa(x_i, u_{j'})},\quad
       \kappa(x, u) = \exp\left(-\frac{\|x - u\|}{2 \sigma^2}\right)

    for the r landmarks nearest to x_i, and 0 for the others; :math:`\sigma` is the mean distance of
    all samples to all landmarks. Columns of Z are divided by the roots of their sums, and the left
    singular vectors of what results, without the first, are the embedding, rows at length 1
    (Cai and Chen 2015, Algorithm 1). The landmarks are centroids of a k-means that is cut short.
    The authors' code has the distance itself in the exponent, as here; the paper has its square.

    Args:
        n_clusters: number of clusters K.
        n_landmarks: p; half the samples if that is less.
        n_nearest: r.
        landmark_iterations: iterations of the k-means that gives the landmarks.
        n_init: starts of k-means on the embedding.
        random_state: seed of both k-means.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: singular vectors 2 to K + 1, rows at length 1, ``[n, K]``; zeros where
            there are fewer singular values.
        landmarks_: ``[p, n_features]``.
        cluster_centers_: centroids of k-means on the embedding, ``[K, K]``.
    """

    takes_sparse = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_landmarks: int = 1000,
        n_nearest: int = 5,
        landmark_iterations: int = 5,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_landmarks = n_landmarks
        self.n_nearest = n_nearest
        self.landmark_iterations = landmark_iterations
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        # With as many landmarks as vectors at least, as far as there are samples.
        least = min(self.n_clusters + 1, len(rows))
        count = max(min(self.n_landmarks, len(rows) // 2), least)
        self.landmarks_ = self._landmarks(rows, count, derive_seed(seed, "landmarks"))
        z = landmark_weights(rows, self.landmarks_, min(self.n_nearest, count))
        vectors = _left_vectors(z, self.n_clusters + 1)[:, 1:]
        embedding = np.zeros((len(rows), self.n_clusters))
        embedding[:, : vectors.shape[1]] = unit_rows(vectors)
        return embedding

    def _landmarks(self, rows: np.ndarray, count: int, seed: int) -> np.ndarray:
        kmeans = sklearn.cluster.KMeans(
            count,
            init="random",
            n_init=1,
            max_iter=self.landmark_iterations,
            random_state=seed % 2**32,
        )
        with warnings.catch_warnings():
            # Of repeated samples there are fewer centroids than asked for.
            warnings.simplefilter("ignore", ConvergenceWarning)
            landmarks: np.ndarray = kmeans.fit(rows).cluster_centers_
        return landmarks


def landmark_weights(
    rows: np.ndarray, landmarks: np.ndarray, n_nearest: int
) -> scipy.sparse.csr_matrix:
    """Z of :class:`LandmarkSpectralClustering`, ``[n, p]``."""
    n, lengths = len(rows), np.einsum("ij,ij->i", landmarks, landmarks)
    nearest = np.empty((n, n_nearest), dtype=np.intp)
    near, total = np.empty((n, n_nearest)), 0.0
    for begin in range(0, n, _BLOCK):
        block = rows[begin : begin + _BLOCK]
        squares = np.einsum("ij,ij->i", block, block)[:, None] + lengths - 2 * block @ landmarks.T
        distances = np.sqrt(np.maximum(squares, 0.0))
        total += float(distances.sum())
        chosen = np.argpartition(distances, n_nearest - 1, axis=1)[:, :n_nearest]
        nearest[begin : begin + _BLOCK] = chosen
        near[begin : begin + _BLOCK] = np.take_along_axis(distances, chosen, axis=1)
    # All samples in one place have no distances but rounding; any width will do then.
    doubled = max(2 * (total / (n * len(landmarks))) ** 2, np.finfo(np.float64).tiny)
    # Relative to the nearest: the same once rows sum to 1, and it cannot vanish in floating point.
    weights = np.exp(-(near - near.min(axis=1, keepdims=True)) / doubled)
    weights /= weights.sum(axis=1, keepdims=True)
    starts = np.arange(0, n * n_nearest + 1, n_nearest)
    shape = (n, len(landmarks))
    return scipy.sparse.csr_matrix((weights.ravel(), nearest.ravel(), starts), shape)


def _left_vectors(z: scipy.sparse.csr_matrix, k: int) -> np.ndarray:
    """Leading left singular vectors of Z over the roots of its column sums, ``[n, k]``."""
    roots = reciprocal(np.sqrt(np.asarray(z.sum(axis=0)).ravel()))
    scaled = z @ scipy.sparse.diags(roots)
    p = z.shape[1]
    gram = (scaled.T @ scaled).toarray()
    squares, right = scipy.linalg.eigh(gram, subset_by_index=(max(p - k, 0), p - 1))
    squares, right = squares[::-1], right[:, ::-1]
    there = squares > _NONE * squares[0]
    left: np.ndarray = scaled @ (right[:, there] / np.sqrt(squares[there]))
    return left
