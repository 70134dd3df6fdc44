"""The computation of the methods on neighbours, landmarks and mixtures, counted likewise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clustrace.estimate.classical import DOUBLE, ITERATIONS, LANCZOS_PRODUCTS, Count, Problem

_FLOAT = 4
#: Pairs of a graph of neighbours, relative to those that each sample names.
_PAIRS = 1.6
#: Samples whose distances to landmarks exist at a time.
_LANDMARK_ROWS = 4096
#: Updates of the representatives, and steps of conjugate gradients in each, that are usual.
_UPDATES, _STEPS = 75, 40
#: Passes over all representatives in a step, and copies of them.
_PASSES, _REPRESENTATIVES = 12, 7
#: Sweeps of the coefficients, and iterations of a mixture, that are usual.
_COEFFICIENT_SWEEPS, _MIXTURE_ITERATIONS = 20, 25


def _graph(problem: Problem) -> float:
    """Operations of the leading eigenvectors of the neighbour graph."""
    neighbours = float(problem.arguments["n_neighbors"])
    return LANCZOS_PRODUCTS * 4.0 * _PAIRS * problem.count * neighbours


def _sparse_spectral(problem: Problem) -> Count:
    pairs = _PAIRS * problem.count * problem.arguments["n_neighbors"]
    vectors = 4 * problem.count * problem.clusters
    return Count(dense=0.0, distances=_graph(problem), bytes=DOUBLE * (6 * pairs + vectors))


def _gnmf(problem: Problem) -> Count:
    arguments, n = problem.arguments, problem.count
    iterations = arguments["n_restarts"] * arguments["restart_iterations"]
    iterations += min(arguments["max_iter"], ITERATIONS)
    entries = n * problem.clusters
    return Count(
        dense=2 * iterations * 2 * problem.product,
        distances=iterations * (20.0 + 4 * arguments["n_neighbors"]) * entries,
        bytes=DOUBLE * (n * problem.features + (2 * arguments["n_restarts"] + 6) * entries),
    )


def _landmarks(problem: Problem) -> Count:
    n, landmarks = problem.count, min(problem.arguments["n_landmarks"], problem.count)
    pairs = float(n * landmarks)
    rounds = problem.arguments["landmark_iterations"] + 2
    return Count(
        dense=2 * rounds * 2 * pairs * problem.features,
        distances=10 * pairs,
        bytes=DOUBLE * (n * problem.features + 3 * min(n, _LANDMARK_ROWS) * landmarks),
    )


def _rcc(problem: Problem) -> Count:
    entries = float(problem.count * problem.features)
    pairs = problem.arguments["n_neighbors"]
    updates = min(_UPDATES, problem.arguments["max_iter"])
    return Count(
        dense=0.0,
        distances=updates * _STEPS * (2 * pairs + _PASSES) * entries,
        bytes=(_FLOAT * _REPRESENTATIVES + 2 * DOUBLE) * entries,
    )


def _s5c(problem: Problem) -> Count:
    n = problem.count
    selected = min(problem.arguments["per_cluster"] * problem.clusters, n)
    return Count(
        dense=2 * (3 * 2.0 * n * selected * problem.features),
        distances=_COEFFICIENT_SWEEPS * 2.0 * n * selected**2 + LANCZOS_PRODUCTS * 40.0 * n,
        bytes=DOUBLE * n * (problem.features + selected),
    )


def _mixture(problem: Problem) -> Count:
    arguments, n = problem.arguments, problem.count
    width = min(arguments["n_components"] or problem.features, problem.features, n)
    full = arguments["covariance_type"] == "full"
    iterations = min(arguments["max_iter"], _MIXTURE_ITERATIONS)
    products = 2 * 2.0 * n * width * (width if full else 1) * problem.clusters
    return Count(
        dense=2 * iterations * products,
        distances=iterations * 10.0 * n * width * problem.clusters,
        bytes=DOUBLE * (4 * n * width + 4 * problem.clusters * width * (width if full else 1)),
    )


#: How the computation of each estimator is counted, by its class.
GRAPHS: Mapping[str, Callable[[Problem], Count]] = {
    "SparseSpectralClustering": _sparse_spectral,
    "GNMF": _gnmf,
    "LandmarkSpectralClustering": _landmarks,
    "RCC": _rcc,
    "S5C": _s5c,
    "GMM": _mixture,
}
