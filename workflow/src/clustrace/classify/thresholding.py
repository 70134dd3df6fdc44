r"""Sparse codes over a fixed dictionary: what k-sparse autoencoders approximate.

A dictionary W has its atoms in the columns, ``[n_features, n_atoms]``; a sample x = W z has the
code z, ``[n_atoms]``, of which few entries are not zero. Makhzani and Frey 2014, section 3.
"""

from __future__ import annotations

import numpy as np


def mutual_coherence(dictionary: np.ndarray) -> float:
    r"""Largest absolute inner product of two atoms, made of length 1 first (eq. 8).

    .. math:: \mu(W) = \max_{i \ne j} |\langle w_i, w_j \rangle|

    Args:
        dictionary: W; atoms that are all zero are left out.

    Returns:
        mu in [0, 1]; 0 for an orthogonal dictionary, and of fewer than two atoms.
    """
    lengths = np.linalg.norm(dictionary, axis=0)
    atoms = dictionary[:, lengths > 0] / lengths[lengths > 0]
    if atoms.shape[1] < 2:
        return 0.0
    products = np.abs(atoms.T @ atoms)
    np.fill_diagonal(products, 0.0)
    # Rounding takes the product of an atom and its copy above 1.
    return min(float(products.max()), 1.0)


def support(code: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k largest entries of a code, ascending; of equal entries the first."""
    return np.sort(np.argsort(-code, kind="stable")[:k])


def one_step_support(dictionary: np.ndarray, sample: np.ndarray, k: int) -> np.ndarray:
    r"""Support as an encoder with tied weights estimates it, supp_k(Wᵀ x) (eq. 4).

    For atoms of length 1 and a code with the positive entries z_1 ≥ … ≥ z_k it is exact if
    :math:`k \mu \le z_k / (2 z_1)` (Theorem 3.1).
    """
    return support(dictionary.T @ sample, k)


def iterative_thresholding(
    dictionary: np.ndarray, sample: np.ndarray, k: int, *, max_iterations: int = 100
) -> tuple[np.ndarray, int]:
    r"""Iterative thresholding with inversion (ITI; Maleki 2009; eq. 2 and 3).

    .. math::
        \Gamma = \mathrm{supp}_k(z^n + W^\top (x - W z^n)),\qquad
        z^{n+1}_\Gamma = W_\Gamma^\dagger x,\quad z^{n+1}_{\Gamma^c} = 0

    from z⁰ = 0, until the support stays as it is.

    Args:
        dictionary: W, with atoms of length 1.
        sample: x, ``[n_features]``.
        k: entries of the code that are not zero.
        max_iterations: iterations at most.

    Returns:
        The code z, ``[n_atoms]``, and the iterations that changed its support.
    """
    code = np.zeros(dictionary.shape[1])
    chosen = np.empty(0, dtype=np.intp)
    for iteration in range(max_iterations):
        estimate = support(code + dictionary.T @ (sample - dictionary @ code), k)
        if np.array_equal(estimate, chosen):
            return code, iteration
        chosen = estimate
        code = np.zeros_like(code)
        code[chosen] = np.linalg.lstsq(dictionary[:, chosen], sample, rcond=None)[0]
    return code, max_iterations
