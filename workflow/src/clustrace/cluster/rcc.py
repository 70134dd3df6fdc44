"""Robust continuous clustering (Shah, Koltun 2017)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.sparse.linalg import eigsh
from sklearn.utils.validation import validate_data

from clustrace.cluster.conjugate_gradients import conjugate_gradients
from clustrace.cluster.neighbour_graph import GraphClusterer, Neighbours
from clustrace.cluster.rows import unit_rows
from clustrace.errors import NotApplicableError
from clustrace.train.encoding import as_rows

#: The first scale is this many times the largest squared length of an edge.
_FIRST_SCALE = 3.0
#: Shortest share of edges, and most of them, that say where the scale ends.
_SHORTEST, _MOST_SHORTEST = 0.01, 250
#: An edge shorter than this a feature's root joins what are almost duplicates and tells no scale.
_LEAST_LENGTH = 1e-2
_LEAST_SCALE = 1e-30
#: Fall of the objective that ends the work on a scale.
_SETTLED = 0.1
#: Entries of the matrix of pairs' differences that exist at a time: so many fit into a cache.
_ENTRIES = 2**18
#: Below this many samples all eigenvalues are as quickly found as one.
_SMALL = 50


class RCC(GraphClusterer):
    r"""Clusters as representatives that run together; their number is found, not given.

    .. math:: \min_{U, l}\ \frac12 \sum_i \|x_i - u_i\|^2 + \frac{\lambda}{2} \sum_{(p, q) \in E}
       w_{pq} \left( l_{pq} \|u_p - u_q\|^2 + \mu (\sqrt{l_{pq}} - 1)^2 \right)

    E has the pairs each of which is among the nearest neighbours of the other by cosine, and a
    minimum spanning forest of the neighbour graph; :math:`w_{pq}` is the mean degree over
    :math:`\sqrt{d_p d_q}`. The two unknowns take turns (Shah and Koltun 2017, eqs. 5 and 7):
    :math:`l = (\mu / (\mu + \|u_p - u_q\|^2))^2`, and :math:`(I + \lambda A) U = X` with A the
    Laplacian of w l, solved by conjugate gradients from the last U. They have the samples along
    their principal axes: all lengths stay the same, and axes along which samples hardly differ
    take few steps.
    :math:`\lambda = \|X\|_2 / \|A\|_2`. The scale μ starts at three times the largest squared
    length and is halved down to δ, the mean of the shortest lengths. Clusters are the components
    of the pairs whose representatives are at most the mean of the shortest hundredth of lengths
    apart.

    Args:
        n_neighbors: neighbours of each sample.
        normalize: whether samples are scaled to the length √n_features first, as in the authors'
            code; λ and the lengths depend on the scale.
        max_iter: most updates of U.
        inner_iter: most updates of U at one scale.
        tolerance: relative residual at which conjugate gradients end.
        random_state: not used; the method is deterministic.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        n_clusters_: how many were found.
        cluster_centers_: mean of the samples of each, ``[n_clusters_, n_features]``.
        representatives_: U, ``[n, n_features]``.
        n_iter_: updates of U.
        neighbours_: the neighbours that it worked on.
    """

    metric = "cosine"

    def __init__(
        self,
        *,
        n_neighbors: int = 10,
        normalize: bool = True,
        max_iter: int = 100,
        inner_iter: int = 4,
        tolerance: float = 1e-3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.normalize = normalize
        self.max_iter = max_iter
        self.inner_iter = inner_iter
        self.tolerance = tolerance
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None, *, neighbours: Neighbours | None = None) -> Self:
        """Cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Args:
            X: samples.
            y: ignored.
            neighbours: their nearest neighbours, where somebody has them; else they are found.

        Raises:
            NotApplicableError: there is a single sample, or nothing but zeros.
        """
        samples = rows = self._validated(X)
        self.neighbours_ = self._find_neighbours(rows, neighbours)
        if self.normalize:
            rows = math.sqrt(rows.shape[1]) * unit_rows(rows)
        edges = Edges.of(self.neighbours_)
        axes = principal_axes(rows)
        x = np.asarray(rows @ axes, dtype=np.float32)
        lengths = np.sort(_usable(np.sqrt(edges.squared_lengths(x)), rows.shape[1]))
        share = math.ceil(_SHORTEST * len(lengths))
        u, self.n_iter_ = self._representatives(
            x,
            edges,
            # Of samples all in one place any scale will do.
            scale=max(_FIRST_SCALE * float(lengths[-1]) ** 2, _LEAST_SCALE),
            last=max(float(lengths[: min(share, _MOST_SHORTEST)].mean()), _LEAST_SCALE),
        )
        self.representatives_ = u @ axes.T.astype(np.float32)
        together = np.sqrt(edges.squared_lengths(u)) <= lengths[:share].mean()
        self.n_clusters_, self.labels_ = connected_components(
            edges.matrix(together.astype(np.float64)), directed=False
        )
        self.cluster_centers_ = cluster_means(samples, self.labels_)
        return self

    def _validated(self, X: Any) -> np.ndarray:
        """Samples as float64 rows; unlike other methods it has no number of clusters to compare."""
        rows: np.ndarray = validate_data(self, as_rows(X), dtype=np.float64)
        if not rows.any():
            raise NotApplicableError("All samples are zero, there is nothing to cluster.")
        return rows

    def _representatives(
        self, x: np.ndarray, edges: Edges, *, scale: float, last: float
    ) -> tuple[np.ndarray, int]:
        """U ``[n, n_features]`` when the scale has come down, and the updates that it took."""
        # Along principal axes the first is the longest.
        u, norm, before = x, float(np.linalg.norm(x[:, 0])), math.inf
        squares = edges.squared_lengths(u)
        balance = norm / edges.laplacian_norm(np.ones_like(squares))
        inner = updates = 0
        while updates < self.max_iter:
            active = (scale / (scale + squares)) ** 2
            value = edges.objective(x, u, squares, active, balance, scale)
            system = scipy.sparse.identity(len(x)) + balance * edges.laplacian(active)
            u = conjugate_gradients(system.tocsr(), x, u, tolerance=self.tolerance)
            squares = edges.squared_lengths(u)
            inner, updates = inner + 1, updates + 1
            settled, before = abs(before - value) < _SETTLED, value
            if not settled and inner < self.inner_iter:
                continue
            if scale >= last:
                scale /= 2
            elif inner == self.inner_iter:
                scale = last / 2
            else:
                break
            balance = norm / edges.laplacian_norm(active)
            inner = 0
        return u, updates


@dataclass(frozen=True)
class Edges:
    """The pairs of a graph, each once.

    Attributes:
        first: one sample of each pair, ``[m]``.
        second: the other, ``[m]``.
        weight: w of each pair, ``[m]``.
        n: samples.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray
    n: int

    @classmethod
    def of(cls, neighbours: Neighbours) -> Edges:
        """Pairs of mutual neighbours and a minimum spanning forest, with their weights."""
        # Lengths of 0 would be no edges; one more on all leaves the same forest the shortest.
        lengths = neighbours.matrix(1.0 + neighbours.distances.astype(np.float64))
        forest = minimum_spanning_tree(lengths).astype(bool).astype(np.float64)
        pairs = neighbours.mutual().maximum(forest.maximum(forest.T))
        degrees = np.diff(pairs.tocsr().indptr)
        upper = scipy.sparse.triu(pairs, k=1).tocoo()
        weight = degrees.mean() / np.sqrt(degrees[upper.row] * degrees[upper.col])
        return cls(upper.row, upper.col, weight, neighbours.indices.shape[0])

    def squared_lengths(self, rows: np.ndarray) -> np.ndarray:
        """Squared distances of the pairs, ``[m]``."""
        found = np.empty(len(self.first))
        step = max(1, _ENTRIES // rows.shape[1])
        for begin in range(0, len(found), step):
            part = slice(begin, begin + step)
            difference = rows[self.first[part]] - rows[self.second[part]]
            found[part] = np.einsum("ij,ij->i", difference, difference)
        return found

    def matrix(self, values: np.ndarray) -> scipy.sparse.csr_matrix:
        """Values of the pairs as a symmetric matrix, ``[n, n]``."""
        kept = values != 0
        place = (self.first[kept], self.second[kept])
        half = scipy.sparse.csr_matrix((values[kept], place), shape=(self.n, self.n))
        return (half + half.T).tocsr()

    def laplacian(self, active: np.ndarray) -> scipy.sparse.csr_matrix:
        """A, ``[n, n]``, in float32."""
        graph = self.matrix((self.weight * active).astype(np.float32))
        degrees = scipy.sparse.diags(np.asarray(graph.sum(axis=1)).ravel())
        return (degrees - graph).tocsr()

    def laplacian_norm(self, active: np.ndarray) -> float:
        """Largest eigenvalue of A."""
        laplacian = self.laplacian(active).astype(np.float64)
        if self.n <= _SMALL:
            return float(scipy.linalg.eigvalsh(laplacian.toarray())[-1])
        start = np.random.default_rng(0).normal(size=self.n)
        return float(eigsh(laplacian, 1, which="LA", v0=start, return_eigenvectors=False)[0])

    def objective(
        self,
        x: np.ndarray,
        u: np.ndarray,
        squares: np.ndarray,
        active: np.ndarray,
        balance: float,
        scale: float,
    ) -> float:
        """What is minimised, for l = ``active`` and squared lengths ``squares`` of the pairs."""
        far = np.linalg.norm(x - u) ** 2
        near = self.weight @ (active * squares + scale * (np.sqrt(active) - 1) ** 2)
        return float(far / 2 + balance / 2 * near)


def _usable(lengths: np.ndarray, n_features: int) -> np.ndarray:
    """Lengths of pairs, those of almost duplicates replaced by the largest."""
    tiny = lengths / math.sqrt(n_features) < _LEAST_LENGTH
    replaced: np.ndarray = np.where(tiny, lengths.max(), lengths)
    return replaced


def cluster_means(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean of the samples of each cluster, ``[clusters, n_features]``, in float32."""
    n = len(rows)
    member = scipy.sparse.csr_matrix((np.ones(n), (labels, np.arange(n))))
    sizes = np.asarray(member.sum(axis=1))
    means: np.ndarray = (member @ rows / sizes).astype(np.float32)
    return means


def principal_axes(rows: np.ndarray) -> np.ndarray:
    """Orthonormal axes of the span of samples ``[n, n_features]``, in columns, the longest first.

    Axes of their second moments, not taken around the mean.
    """
    if len(rows) < rows.shape[1]:
        basis = scipy.linalg.qr(rows.T, mode="economic")[0]
        return np.asarray(basis @ principal_axes(rows @ basis))
    axes: np.ndarray = scipy.linalg.eigh(rows.T @ rows)[1][:, ::-1]
    return axes
