"""The Gaussian affinity of all pairs of samples, whole or block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse

from clustrace.cluster.rows import Rows, dense, reciprocal, squared_norms

#: Rows of the affinity that exist at a time when it is not kept: 8 n × 512 bytes.
_BLOCK = 512


class NormalisedRBF:
    r"""D^{-1/2} A D^{-1/2} of the Gaussian affinity, as an operator.

    .. math:: A_{ij} = \exp(-\gamma \|x_i - x_j\|^2),\quad A_{ii} = 0,\quad D_{ii} = \sum_j A_{ij}

    Up to ``dense_limit`` samples A is kept, ``[n, n]``. Above, each product computes it anew,
    the blocks on and above the diagonal only, so that memory grows with n and not with n².

    Args:
        rows: samples, ``[n, n_features]``.
        gamma: γ, which is 1 / (2 σ²).
        dense_limit: most samples for which A is kept.

    Attributes:
        lonely: whether all affinities of a sample are 0 in floating point, ``[n, 1]``.
    """

    def __init__(self, rows: Rows, gamma: float, dense_limit: int) -> None:
        self._rows = rows
        self._gamma = gamma
        self._norms = squared_norms(rows)
        n = len(self._norms)
        self._kept: np.ndarray | None = self._whole() if n <= dense_limit else None
        degrees = self._affinity_times(np.ones((n, 1)))
        self.lonely = degrees == 0
        self._scale = reciprocal(np.sqrt(degrees))

    def __matmul__(self, vectors: np.ndarray) -> np.ndarray:
        """Product with vectors ``[n, m]``, ``[n, m]``; rows of lonely samples are 0."""
        product: np.ndarray = self._scale * self._affinity_times(self._scale * vectors)
        return product

    def _affinity_times(self, vectors: np.ndarray) -> np.ndarray:
        if self._kept is not None:
            return self._kept @ vectors
        product = np.zeros_like(vectors)
        for begin, end, block in self._blocks():
            product[begin:end] += block @ vectors[begin:]
            product[end:] += block[:, end - begin :].T @ vectors[begin:end]
        return product

    def _whole(self) -> np.ndarray:
        n = len(self._norms)
        whole = np.empty((n, n))
        for begin, end, block in self._blocks():
            whole[begin:end, begin:] = block
            whole[begin:, begin:end] = block.T
        return whole

    def _blocks(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Rows ``begin`` to ``end`` of A, from column ``begin`` on."""
        n = len(self._norms)
        for begin in range(0, n, _BLOCK):
            end = min(begin + _BLOCK, n)
            block = _inner_products(self._rows, begin, end)
            block *= -2.0
            block += self._norms[begin:end, None]
            block += self._norms[begin:]
            np.maximum(block, 0.0, out=block)
            block *= -self._gamma
            np.exp(block, out=block)
            np.fill_diagonal(block, 0.0)
            yield begin, end, block


def _inner_products(rows: Rows, begin: int, end: int) -> np.ndarray:
    """Inner products of some samples with themselves and all later ones, dense."""
    if scipy.sparse.issparse(rows):
        # Half as long as a sparse product, whose result is nearly full anyway.
        products: np.ndarray = rows[begin:] @ np.ascontiguousarray(dense(rows[begin:end]).T)
        return np.ascontiguousarray(products.T)
    return rows[begin:end] @ rows[begin:].T
