"""Graph regularised non-negative matrix factorization (Cai, He, Han, Huang 2011)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from clustrace.cluster.graph_factorization import LEAST, Factors, Latest, Schedule, factorize
from clustrace.cluster.graph_kmeans import GraphKMeans
from clustrace.cluster.rows import Rows, squared_norms, unit_rows
from clustrace.train.seeds import derive_seed


class GNMF(GraphKMeans):
    r"""Non-negative matrix factorization whose codes are smooth on a graph of neighbours.

    .. math:: \min_{U, V \ge 0}\ \|X^\top - U V^\top\|^2 + \lambda\, \mathrm{tr}(V^\top L V)

    U has the parts, V the codes of the samples; L = D - W is the Laplacian of the 0/1 graph of
    pairs of which either is a nearest neighbour of the other by cosine. The updates are

    .. math:: V \leftarrow V \circ \frac{X U + \lambda W V}{V U^\top U + \lambda D V},\quad
       U \leftarrow U \circ \frac{X^\top V}{U V^\top V}

    (Cai, He, Han and Huang 2011, eqs. 14 and 15). As in the authors' code, the best of several
    short starts goes on until a smoothed objective settles, and k-means runs on V for parts of
    length 1. V starts in [0, 1), and where λ weighs much its scale hardly moves from there, so λ
    means something else for samples of another scale; hence ``normalize``. A sample of zeros has a
    code that its neighbours alone decide.

    Args:
        n_clusters: number of clusters K, and of parts.
        laplacian_weight: λ.
        n_neighbors: neighbours of each sample in the graph.
        normalize: whether samples get length 1 first.
        n_restarts: random starts.
        restart_iterations: iterations of each start.
        tolerance: relative fall of the smoothed objective at which it ends.
        max_iter: most iterations after the starts.
        n_init: starts of k-means.
        random_state: seed of the starts and of k-means.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: V for parts of length 1, ``[n, K]``.
        components_: U at length 1, ``[n_features, K]``.
        objective_: value reached.
        n_iter_: iterations after the starts.
        neighbours_: the neighbours that it worked on.
        cluster_centers_: centroids of k-means on V, ``[K, K]``.
    """

    metric = "cosine"
    takes_negative = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        laplacian_weight: float = 100.0,
        n_neighbors: int = 5,
        normalize: bool = True,
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
        self.normalize = normalize
        self.n_restarts = n_restarts
        self.restart_iterations = restart_iterations
        self.tolerance = tolerance
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        graph = self.laplacian_weight * self.neighbours_.either()
        samples = unit_rows(rows) if self.normalize else rows
        problem = Problem.of(samples, graph, self.n_clusters)
        schedule = Schedule(self.n_restarts, self.restart_iterations, self.tolerance, self.max_iter)
        generator = np.random.default_rng(derive_seed(seed, "starts"))
        found = factorize(problem, schedule, generator)
        self.objective_, self.n_iter_ = found.objective, found.n_iter
        self.components_, embedding = with_unit_parts(found.u, found.v)
        return embedding


def with_unit_parts(u: np.ndarray, v: np.ndarray) -> Factors:
    """The same U Vᵀ with columns of U at length 1."""
    norms = np.maximum(np.linalg.norm(u, axis=0), 1e-15)
    return u / norms, v * norms


@dataclass(frozen=True)
class Problem:
    """What is factorised, and the steps of it.

    Attributes:
        rows: X, ``[n, n_features]``.
        crossed: Xᵀ V of V, ``[n_features, K]``.
        smoothed: λ W V of V, ``[n, K]``.
        degrees: row sums of λ W, ``[n, 1]``.
        trace: of X Xᵀ.
        n_parts: columns of U and V.
    """

    rows: np.ndarray
    crossed: Latest
    smoothed: Latest
    degrees: np.ndarray
    trace: float
    n_parts: int

    @classmethod
    def of(cls, rows: np.ndarray, graph: scipy.sparse.csr_matrix, n_parts: int) -> Problem:
        """The problem of samples ``[n, n_features]`` and a weighted graph ``[n, n]``."""
        degrees = np.asarray(graph.sum(axis=1)).reshape(-1, 1)
        trace = float(squared_norms(rows).sum())
        return cls(
            rows, Latest(rows.T.__matmul__), Latest(graph.__matmul__), degrees, trace, n_parts
        )

    def start(self, generator: np.random.Generator) -> Factors:
        """U and V drawn from [0, 1), parts scaled to length 1."""
        n, features = self.rows.shape
        u = generator.random((features, self.n_parts))
        return with_unit_parts(u, generator.random((n, self.n_parts)))

    def updated(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """U and V after one multiplicative update of each, V first."""
        numerator = self.rows @ u + self.smoothed(v)
        v = v * numerator / np.maximum(v @ (u.T @ u) + self.degrees * v, LEAST)
        u = u * self.crossed(v) / np.maximum(u @ (v.T @ v), LEAST)
        return u, v

    def rescaled(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """U and V as they are: another scale would be another objective, since it weighs V."""
        return u, v

    def objective(self, u: np.ndarray, v: np.ndarray) -> float:
        """Squared error of the factorization plus λ tr(Vᵀ L V)."""
        error = self.trace - 2 * np.sum(u * self.crossed(v)) + np.sum((u.T @ u) * (v.T @ v))
        return float(error + np.sum(v * (self.degrees * v - self.smoothed(v))))
