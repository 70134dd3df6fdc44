"""Many non-negative least-squares problems with one matrix at once."""

from __future__ import annotations

import numpy as np


def nnls(
    gram: np.ndarray,
    correlations: np.ndarray,
    start: np.ndarray,
    *,
    tolerance: float = 1e-6,
    max_sweeps: int = 500,
) -> np.ndarray:
    r"""Solve :math:`\min_{h \ge 0} \|x - A^\top h\|^2` for many x by cyclic coordinate descent.

    Each sweep minimises exactly over one coordinate after the other, of all problems at once.

    Args:
        gram: A Aᵀ, ``[k, k]``.
        correlations: A x of each problem, ``[n, k]``.
        start: where to start from, ``[n, k]``, not negative.
        tolerance: change of a sweep, relative to the largest coordinate, at which it ends.
        max_sweeps: most sweeps.

    Returns:
        Solutions, ``[n, k]``.
    """
    # A coordinate of all problems lies in one piece then.
    solution, target = np.ascontiguousarray(start.T), np.ascontiguousarray(correlations.T)
    usable = np.flatnonzero(np.diag(gram) > 0)
    for _ in range(max_sweeps):
        largest_change = 0.0
        for c in usable:
            step = (target[c] - gram[c] @ solution) / gram[c, c]
            new = np.maximum(solution[c] + step, 0.0)
            largest_change = max(largest_change, float(np.abs(new - solution[c]).max()))
            solution[c] = new
        if largest_change <= tolerance * solution.max():
            break
    return solution.T
