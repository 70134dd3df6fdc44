"""Linear systems with a sparse matrix and many right-hand sides."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning


def conjugate_gradients(
    matrix: scipy.sparse.csr_matrix,
    right: np.ndarray,
    start: np.ndarray,
    *,
    tolerance: float,
    max_iter: int = 1000,
) -> np.ndarray:
    r"""Solve A U = B for all columns of B at once, with the diagonal of A as preconditioner.

    The columns are one system with A on the diagonal of a larger matrix, so that a step takes one
    product with A and scalars alone; nothing is factorised.

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
    u = start.copy()
    residual = right - matrix @ u
    direction = residual * scale
    energy = float(np.vdot(residual, direction))
    limit = (tolerance * float(np.linalg.norm(right))) ** 2
    for _ in range(max_iter):
        if float(np.vdot(residual, residual)) <= limit:
            return u
        image = matrix @ direction
        step = right.dtype.type(energy / float(np.vdot(direction, image)))
        u += step * direction
        image *= step
        residual -= image
        scaled = np.multiply(residual, scale, out=image)
        previous, energy = energy, float(np.vdot(residual, scaled))
        direction *= right.dtype.type(energy / previous)
        direction += scaled
    warnings.warn(
        f"Conjugate gradients have not come to a relative residual of {tolerance:g} in {max_iter} "
        "steps.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return u
