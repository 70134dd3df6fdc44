"""Principal components without centring, for features whose origin has a meaning."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

_BLOCK = 2048
#: Eigenvalues below this share of the largest are rounding.
_ROUNDING = 1e-12


class UncentredPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Projection on the leading eigenvectors of :math:`X^\top X`, without centring.

    Angles between samples and the origin stay nearly as they are, which subspace clustering needs
    (You, Robinson and Vidal 2016 reduce scattering features so). The product is summed in float64
    over blocks of samples; with fewer samples than features, :math:`X X^\top` gives the same. Of
    each eigenvector the entry with the largest modulus is positive.

    Args:
        n_components: number of components; fewer where samples, or their dimensions, are fewer.

    Attributes:
        components_: eigenvectors, largest eigenvalue first, float64 ``[n_components, n_features]``.
    """

    def __init__(self, n_components: int = 500) -> None:
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Find the components of samples ``[n, n_features]``; ``y`` is ignored."""
        X = validate_data(self, X, dtype=[np.float32, np.float64])
        few = X.shape[0] < X.shape[1]
        components = (
            _by_samples(X, self.n_components) if few else _by_features(X, self.n_components)
        )
        largest = np.abs(components).argmax(axis=1)
        signs = np.sign(components[np.arange(len(components)), largest])
        self.components_ = components * signs[:, None]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Projections ``[n, n_components]`` of samples ``[n, n_features]``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        return np.asarray(X @ self.components_.T.astype(X.dtype))

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)


def _by_features(X: np.ndarray, count: int) -> np.ndarray:
    width = X.shape[1]
    gram = np.zeros((width, width))
    for start in range(0, len(X), _BLOCK):
        block = X[start : start + _BLOCK].astype(np.float64)
        gram += block.T @ block
    return _leading(gram, count)[1].T


def _by_samples(X: np.ndarray, count: int) -> np.ndarray:
    samples = X.astype(np.float64)
    values, vectors = _leading(samples @ samples.T, count)
    kept = values > _ROUNDING * values[0]
    if not kept.any():  # samples of zeros, which every direction keeps
        return np.eye(1, X.shape[1])
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])).T @ samples)


def _leading(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues of a symmetric matrix, falling, and their eigenvectors as columns."""
    size = len(matrix)
    first = size - min(count, size)
    values, vectors = eigh(matrix, subset_by_index=(first, size - 1))
    return values[::-1], vectors[:, ::-1]
