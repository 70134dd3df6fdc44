"""Principal components without centring, for features whose origin has a meaning."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

_BLOCK = 2048


class UncentredPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Projection on the leading eigenvectors of :math:`X^\top X`, without centring.

    Angles between samples and the origin stay nearly as they are, which subspace clustering needs
    (You, Robinson and Vidal 2016 reduce scattering features so). The product is summed in float64
    over blocks of samples. Of each eigenvector the entry with the largest modulus is positive.

    Args:
        n_components: number of components; fewer where samples or features are fewer.

    Attributes:
        components_: eigenvectors, largest eigenvalue first, float64 ``[n_components, n_features]``.
    """

    def __init__(self, n_components: int = 500) -> None:
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Find the components of samples ``[n, n_features]``; ``y`` is ignored."""
        X = validate_data(self, X, dtype=[np.float32, np.float64])
        n, width = X.shape
        gram = np.zeros((width, width))
        for start in range(0, n, _BLOCK):
            block = X[start : start + _BLOCK].astype(np.float64)
            gram += block.T @ block
        count = min(self.n_components, n, width)
        _, vectors = eigh(gram, subset_by_index=(width - count, width - 1))
        components = vectors.T[::-1]
        largest = np.abs(components).argmax(axis=1)
        signs = np.sign(components[np.arange(count), largest])
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
