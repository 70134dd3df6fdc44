"""Linear systems with a sparse matrix and many right-hand sides."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

#: Columns that are solved together: so many fit into a processor's cache.
_COLUMNS = 32


def conjugate_gradients(
    matrix: scipy.sparse.csr_matrix,
    right: np.ndarray,
    start: np.ndarray,
    *,
    tolerance: float,
    max_iter: int = 1000,
) -> np.ndarray:
    r"""Solve A U = B for all columns of B, with the diagonal of A as preconditioner.

    The columns are taken in blocks, and a block is one system with A on the diagonal of a larger
    matrix, so that a step takes one product with A and scalars alone; nothing is factorised. Each
    block ends when its residual is no more than its share of the tolerance, so that columns of
    small numbers take few steps.

    Args:
        matrix: A, symmetric and positive definite, ``[n, n]``.
        right: B, ``[n, m]``; its type is that of the computation.
        start: where to begin, ``[n, m]``.
        tolerance: norm of the residual over that of B at which it ends.
        max_iter: steps after which it warns and returns what it has.

    Returns:
        U, ``[n, m]``.
    """
    matrix = matrix.astype(right.dtype)
    scale = (1.0 / matrix.diagonal()).astype(right.dtype)[:, None]
    columns = right.shape[1]
    limit = (tolerance * float(np.linalg.norm(right))) ** 2 / columns
    found = np.empty_like(right)
    settled = True
    for begin in range(0, columns, _COLUMNS):
        part = slice(begin, min(begin + _COLUMNS, columns))
        u = start[:, part].copy()
        residual = right[:, part] - matrix @ u
        settled &= _solve(matrix, scale, u, residual, limit * u.shape[1], max_iter)
        found[:, part] = u
    if not settled:
        warnings.warn(
            f"Conjugate gradients have not come to a relative residual of {tolerance:g} in "
            f"{max_iter} steps.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return found


def _solve(
    matrix: scipy.sparse.csr_matrix,
    scale: np.ndarray,
    u: np.ndarray,
    residual: np.ndarray,
    limit: float,
    max_iter: int,
) -> bool:
    """Move ``u`` in place until its squared residual is at most the limit; whether it is."""
    direction = residual * scale
    energy = float(np.vdot(residual, direction))
    for _ in range(max_iter):
        if float(np.vdot(residual, residual)) <= limit:
            return True
        image = matrix @ direction
        step = u.dtype.type(energy / float(np.vdot(direction, image)))
        u += step * direction
        image *= step
        residual -= image
        scaled = np.multiply(residual, scale, out=image)
        previous, energy = energy, float(np.vdot(residual, scaled))
        direction *= u.dtype.type(energy / previous)
        direction += scaled
    return False
