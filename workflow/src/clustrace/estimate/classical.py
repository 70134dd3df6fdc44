"""The computation of the classical clustering methods, counted from their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

DOUBLE = 8
#: Products with the affinity until the block eigensolver converges, and vectors in each.
_BLOCK_PRODUCTS, _BLOCK_VECTORS = 12, 2
#: Products with a sparse graph until the Lanczos eigensolver converges.
LANCZOS_PRODUCTS = 300
#: Rows of a matrix of all pairs that exist at a time, and copies of them.
_BLOCK_ROWS = 3 * 512
#: Iterations after the starts, and sweeps of a least-squares problem, that are usual.
ITERATIONS, _SWEEPS = 150, 30
#: Steps on the codes in a round of JNKM.
_CODE_STEPS = 5
#: Epochs of UMAP up to a number of samples, and beyond it.
_MAP_EPOCHS, _MAP_EPOCHS_OF_MANY, _FEW_SAMPLES = 500, 200, 10_000
#: Memory of its compiler, and of what it compiles.
_COMPILER = 300e6


@dataclass(frozen=True)
class Problem:
    """What a method is given.

    Attributes:
        count: samples n.
        features: numbers in one.
        clusters: K.
        arguments: of the estimator.
    """

    count: int
    features: int
    clusters: int
    arguments: Mapping[str, Any]

    @property
    def pairs(self) -> float:
        """Operations for the inner products of all pairs."""
        return 2.0 * self.count**2 * self.features

    @property
    def product(self) -> float:
        """Operations for the product of the samples with K vectors, or of its transpose."""
        return 2.0 * self.count * self.features * self.clusters


@dataclass(frozen=True)
class Count:
    """Computation of one seed, without k-means on what the method makes.

    Attributes:
        dense: operations of matrix products, those in float64 twice.
        distances: those that memory limits.
        bytes: memory beside the features.
    """

    dense: float
    distances: float
    bytes: float


def _spectral(problem: Problem) -> Count:
    n, vectors = problem.count, _BLOCK_VECTORS * problem.clusters
    kept = n <= problem.arguments["dense_limit"]
    # Half of all pairs, in float64; each pair is an exponential and a few passes over memory.
    affinities = 1 if kept else _BLOCK_PRODUCTS + 1
    products = _BLOCK_PRODUCTS * 2.0 * n**2 * vectors
    basis = 4 * _BLOCK_PRODUCTS * vectors * n
    return Count(
        dense=affinities * problem.pairs + 2 * products,
        distances=affinities * 10.0 * n**2,
        bytes=DOUBLE * ((n**2 if kept else 0) + min(n, _BLOCK_ROWS) * n + basis),
    )


def _ssc_omp(problem: Problem) -> Count:
    n, nonzero = problem.count, problem.arguments["n_nonzero"]
    block = min(n, problem.arguments["block_size"])
    # Each correlation is looked at a few times for the largest.
    graph = LANCZOS_PRODUCTS * 4.0 * n * nonzero
    return Count(
        dense=nonzero * problem.pairs,
        distances=nonzero * 3.0 * n**2 + graph,
        bytes=2 * 4 * block * n + 3 * DOUBLE * block * nonzero * problem.features,
    )


def _neighbour_map(problem: Problem) -> Count:
    graph = LANCZOS_PRODUCTS * 8.0 * problem.count * problem.arguments["n_neighbors"]
    return Count(
        dense=2 * problem.pairs, distances=graph, bytes=DOUBLE * _BLOCK_ROWS * problem.count
    )


def map_count(count: int, neighbours: int, dimensions: int) -> Count:
    """Computation of UMAP: each edge draws two samples together, and five others apart."""
    epochs = _MAP_EPOCHS if count <= _FEW_SAMPLES else _MAP_EPOCHS_OF_MANY
    edges = float(count * neighbours)
    return Count(
        dense=0.0, distances=epochs * edges * 6 * 4 * dimensions, bytes=_COMPILER + 100 * edges
    )


def _lccf(problem: Problem) -> Count:
    arguments = problem.arguments
    iterations = arguments["n_restarts"] * arguments["restart_iterations"]
    iterations += min(arguments["max_iter"], ITERATIONS)
    n, clusters = problem.count, problem.clusters
    factors = 2 * arguments["n_restarts"] * n * clusters
    return Count(
        dense=2 * (problem.pairs + iterations * 4 * problem.product),
        distances=iterations * 20.0 * n * clusters,
        bytes=DOUBLE * (min(n, _BLOCK_ROWS) * n + factors),
    )


def _xray(problem: Problem) -> Count:
    n, clusters = problem.count, problem.clusters
    steps = clusters * problem.product
    return Count(
        dense=steps, distances=_SWEEPS * n * clusters**3 / 1.5, bytes=6 * DOUBLE * n * clusters
    )


def _factorization(problem: Problem, iterations: int) -> Count:
    n, features, clusters = problem.count, problem.features, problem.clusters
    return Count(
        dense=2 * iterations * 2 * problem.product,
        distances=iterations * 2.0 * (n + features) * clusters**2,
        bytes=6 * DOUBLE * (n + features) * clusters,
    )


def _nmf(problem: Problem) -> Count:
    return _factorization(problem, problem.arguments["max_iter"])


def _jnkm(problem: Problem) -> Count:
    start = _factorization(problem, problem.arguments["nmf_max_iter"])
    rounds, n, clusters = problem.arguments["max_iter"], problem.count, problem.clusters
    codes = _CODE_STEPS * (4.0 * n * clusters**2 + 20.0 * n * clusters)
    return Count(
        dense=start.dense + 2 * rounds * 3 * problem.product,
        distances=start.distances + rounds * codes,
        bytes=2 * start.bytes,
    )


#: How the computation of each estimator is counted, by its class.
CLASSICAL: Mapping[str, Callable[[Problem], Count]] = {
    "SpectralClustering": _spectral,
    "SSCOMP": _ssc_omp,
    "LLEKMeans": _neighbour_map,
    "LaplacianEigenmapsKMeans": _neighbour_map,
    "LCCF": _lccf,
    "XRAY": _xray,
    "NMFKMeans": _nmf,
    "JNKM": _jnkm,
}
