"""Locally consistent concept factorization (Cai, He, Han 2011)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.graph_factorization import LEAST, Factors, Schedule, factorize
from clustrace.cluster.neighbours import cosine_graph
from clustrace.cluster.rows import Rows, reciprocal, scaled_rows, squared_norms
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed


class LCCF(EmbeddedKMeans):
    r"""Concept factorization whose memberships are smooth on a graph of neighbours.

    .. math:: \min_{U, V \ge 0}\ \|X^\top - X^\top U V^\top\|^2
       + \lambda\, \mathrm{tr}(V^\top L V)

    Concepts are combinations U of samples, samples are combinations V of concepts; L = D - W is
    the Laplacian of the graph of nearest neighbours by cosine (Cai, He and Han 2011, Section 3).
    With K = X Xᵀ, applied as two products with X and never formed, the updates are

    .. math:: V \leftarrow V \circ \frac{K U + \lambda W V}{V U^\top K U + \lambda D V},\quad
       U \leftarrow U \circ \frac{K V}{K U V^\top V}

    As in the authors' code, the best of several short starts goes on until a smoothed objective
    settles, and k-means runs on V. A sample of zeros has no neighbours and no concept: its row of
    V is zero, and it gets the label of the centroid next to the origin.

    Args:
        n_clusters: number of clusters K, and of concepts.
        laplacian_weight: λ.
        n_neighbors: neighbours of each sample in the graph.
        weighting: ``ncw`` divides x by the root of xᵀ Σ x_j first (normalised-cut weighting, as
            for documents), ``none`` leaves samples as they are.
        n_restarts: random starts.
        restart_iterations: iterations of each start.
        tolerance: relative fall of the smoothed objective at which it ends.
        max_iter: most iterations after the starts.
        n_init: starts of k-means.
        random_state: seed of the starts and of k-means.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: V for concepts of length 1, ``[n, K]``.
        objective_: value reached.
        n_iter_: iterations after the starts.
        cluster_centers_: centroids of k-means on V, ``[K, K]``.
    """

    takes_negative = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        laplacian_weight: float = 100.0,
        n_neighbors: int = 5,
        weighting: str = "ncw",
        n_restarts: int = 10,
        restart_iterations: int = 30,
        tolerance: float = 1e-5,
        max_iter: int = 1000,
        n_init: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.laplacian_weight = laplacian_weight
        self.n_neighbors = n_neighbors
        self.weighting = weighting
        self.n_restarts = n_restarts
        self.restart_iterations = restart_iterations
        self.tolerance = tolerance
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        if self.weighting not in ("ncw", "none"):
            raise NotApplicableError(f"weighting is {self.weighting!r}; write ncw or none.")
        graph = self.laplacian_weight * cosine_graph(rows, self.n_neighbors)
        weighted = ncw_weighted(rows) if self.weighting == "ncw" else rows
        problem = Problem.of(weighted, graph, self.n_clusters)
        schedule = Schedule(self.n_restarts, self.restart_iterations, self.tolerance, self.max_iter)
        generator = np.random.default_rng(derive_seed(seed, "starts"))
        found = factorize(problem, schedule, generator)
        self.objective_, self.n_iter_ = found.objective, found.n_iter
        return problem.with_unit_concepts(found.u, found.v)[1]


def ncw_weighted(rows: Rows) -> Rows:
    r"""Samples over :math:`\sqrt{x_i^\top \sum_j x_j}`: their kernel is D^{-1/2} X Xᵀ D^{-1/2}."""
    total = np.asarray(rows.sum(axis=0)).ravel()
    return scaled_rows(rows, reciprocal(np.sqrt(rows @ total)))


@dataclass(frozen=True)
class Problem:
    """What is factorised, and the steps of it.

    Attributes:
        rows: X, ``[n, n_features]``.
        columns: Xᵀ.
        graph: λ W, sparse ``[n, n]``.
        degrees: row sums of λ W, ``[n, 1]``.
        trace: of X Xᵀ.
        n_concepts: columns of U and V.
    """

    rows: Rows
    columns: Rows
    graph: scipy.sparse.csr_matrix
    degrees: np.ndarray
    trace: float
    n_concepts: int

    @classmethod
    def of(cls, rows: Rows, graph: scipy.sparse.csr_matrix, n_concepts: int) -> Problem:
        """The problem of samples ``[n, n_features]`` and a weighted graph ``[n, n]``."""
        columns = scipy.sparse.csr_matrix(rows.T) if scipy.sparse.issparse(rows) else rows.T
        degrees = np.asarray(graph.sum(axis=1)).reshape(-1, 1)
        trace = float(squared_norms(rows).sum())
        return cls(rows, columns, graph, degrees, trace, n_concepts)

    def start(self, generator: np.random.Generator) -> Factors:
        """U and V drawn from [0, 1)."""
        shape = (self.rows.shape[0], self.n_concepts)
        return self.rescaled(generator.random(shape), generator.random(shape))

    def kernel(self, vectors: np.ndarray) -> np.ndarray:
        """X (Xᵀ vectors), ``[n, m]``."""
        product: np.ndarray = self.rows @ (self.columns @ vectors)
        return product

    def updated(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """U and V after one multiplicative update of each, V first."""
        ku = self.kernel(u)
        numerator = ku + self.graph @ v
        v = v * numerator / np.maximum(v @ (u.T @ ku) + self.degrees * v, LEAST)
        u = u * self.kernel(v) / np.maximum(ku @ (v.T @ v), LEAST)
        return u, v

    def objective(self, u: np.ndarray, v: np.ndarray) -> float:
        """Squared error of the factorization plus λ tr(Vᵀ L V)."""
        ku = self.kernel(u)
        error = self.trace - 2 * np.sum(v * ku) + np.sum((u.T @ ku) * (v.T @ v))
        return float(error + np.sum(v * (self.degrees * v - self.graph @ v)))

    def rescaled(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """The same U Vᵀ with columns of V at length 1."""
        norms = np.maximum(np.linalg.norm(v, axis=0), 1e-15)
        return u * norms, v / norms

    def with_unit_concepts(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """The same U Vᵀ with concepts Xᵀ U at length 1."""
        norms = np.maximum(np.linalg.norm(self.columns @ u, axis=0), 1e-15)
        return u / norms, v * norms
