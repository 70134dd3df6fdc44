"""Leading eigenvectors of normalised affinities, sparse ones and such as are never whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.exceptions import ConvergenceWarning

from clustrace.cluster.rows import reciprocal

#: Below this many samples all eigenvectors are as quickly found as a few.
_SMALL = 50


def normalised(affinity: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """D^{-1/2} A D^{-1/2}; rows of samples without any edge stay zero."""
    scale = scipy.sparse.diags(reciprocal(np.sqrt(_degrees(affinity))))
    return (scale @ affinity @ scale).tocsr()


def graph_eigenvectors(affinity: scipy.sparse.csr_matrix, k: int, seed: int) -> np.ndarray:
    r"""Leading eigenvectors of D^{-1/2} A D^{-1/2}, exact for disconnected graphs, too.

    Each component of the graph has one eigenvector of eigenvalue 1, :math:`D^{1/2} 1` on the
    component and zero elsewhere. A Lanczos solver misses such repeated eigenvalues, hence these
    are written down, those of larger components first, and only the others are computed. With k
    components or more there are no others, and samples outside the k largest have rows of zeros,
    as have samples without any edge.

    Args:
        affinity: symmetric, no negative values, ``[n, n]``.
        k: number of eigenvectors.
        seed: seed of the solver's first vector.

    Returns:
        Orthonormal columns, by falling eigenvalue, ``[n, k]``; fewer if fewer samples have edges.
    """
    known = _component_vectors(affinity)
    lonely = _degrees(affinity) == 0
    missing = min(k, int(np.sum(~lonely))) - known.shape[1]
    if missing <= 0:
        return known[:, :k].toarray()
    matrix, n = normalised(affinity), affinity.shape[0]

    def product(vectors: np.ndarray) -> np.ndarray:
        # What is known goes to the other end of the spectrum, which is [-1, 1], and behind it
        # what has no edge.
        removed = known @ (known.T @ vectors) + (lonely * vectors.T).T
        return matrix @ vectors - 2 * removed

    if n <= max(2 * k + 1, _SMALL):
        vectors = scipy.linalg.eigh(product(np.eye(n)))[1][:, ::-1][:, :missing]
    else:
        operator = LinearOperator((n, n), matvec=product, matmat=product, dtype=np.float64)
        start = np.random.default_rng(seed).normal(size=n)
        values, found = eigsh(operator, missing, which="LA", v0=start, tol=1e-6)
        vectors = found[:, np.argsort(-values)]
    vectors[lonely] = 0.0  # not rounding, which would count once rows are scaled to length 1
    return np.hstack([known.toarray(), vectors])


def _component_vectors(affinity: scipy.sparse.csr_matrix) -> scipy.sparse.csc_matrix:
    """D^{1/2} 1 of each component with edges as unit columns, those of larger ones first."""
    degrees = _degrees(affinity)
    _, component = connected_components(affinity, directed=False)
    member = np.flatnonzero(degrees > 0)
    _, column, sizes = np.unique(component[member], return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), dtype=np.intp)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    shape = (affinity.shape[0], len(sizes))
    roots = scipy.sparse.csc_matrix((np.sqrt(degrees[member]), (member, rank[column])), shape)
    norms = np.sqrt(np.asarray(roots.multiply(roots).sum(axis=0)).ravel())
    return (roots @ scipy.sparse.diags(1 / norms)).tocsc()


def _degrees(affinity: scipy.sparse.csr_matrix) -> np.ndarray:
    return np.asarray(affinity.sum(axis=1)).ravel()


def block_eigenvectors(
    product: Callable[[np.ndarray], np.ndarray],
    n: int,
    k: int,
    seed: int,
    *,
    tolerance: float = 1e-5,
    max_products: int = 30,
) -> np.ndarray:
    r"""Leading eigenvectors of a symmetric operator whose products are dear.

    Block Lanczos with full orthogonalisation: a product takes many vectors at once, so about ten
    products do what takes a solver for single vectors a hundred. Eigenvalues repeated up to the
    size of a block are found as often as they occur.

    Args:
        product: operator times ``[n, m]``.
        n: size of the operator.
        k: number of eigenvectors.
        seed: seed of the first block.
        tolerance: largest residual :math:`\|Av - \theta v\|`, relative to the largest eigenvalue
            after the first, which is 1 for every normalised affinity.
        max_products: products after which it warns and returns what it has.

    Returns:
        Orthonormal columns, by falling eigenvalue, ``[n, k]``.
    """
    start = np.random.default_rng(seed).normal(size=(n, min(n, k + max(10, k // 2))))
    newest = scipy.linalg.qr(start, mode="economic")[0]
    basis, image = np.empty((n, 0)), np.empty((n, 0))
    for _ in range(max_products):
        basis, newest = np.hstack([basis, newest]), product(newest)
        image = np.hstack([image, newest])
        values, rotation = scipy.linalg.eigh(basis.T @ image)
        values, rotation = values[::-1][:k], rotation[:, ::-1][:, :k]
        vectors = basis @ rotation
        residual = np.linalg.norm(image @ rotation - vectors * values, axis=0).max()
        newest = _new_directions(basis, newest)
        if residual <= tolerance * np.abs(values[1:]).max(initial=0.0) or not newest.shape[1]:
            return vectors
    warnings.warn(
        f"{k} eigenvectors of {n} samples have residuals of up to {residual:.1e} after "
        f"{max_products} products with the affinity: its leading eigenvalues lie close together.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return vectors


def _new_directions(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Orthonormal columns for what the span of some vectors adds to that of a basis."""
    least = 1e-10 * np.linalg.norm(vectors)
    for _ in range(2):  # the second time for full precision
        vectors = vectors - basis @ (basis.T @ vectors)
        columns, sizes, _ = scipy.linalg.svd(vectors, full_matrices=False)
        vectors, least = columns[:, sizes > least], np.float64(1e-3)
    return vectors
