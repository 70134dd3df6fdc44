"""Contrast normalisation and whitening of small patches of images."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data


class ContrastNormalisation(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Each sample minus its mean, divided by its deviation.

    .. math:: x' = (x - \bar x) / \sqrt{\mathrm{var}(x) + c}

    for values from 0 to ``largest`` as if they were from 0 to 255 (Coates, Lee, Ng, AISTATS 2011,
    section 3.1).

    Args:
        offset: c, on the scale from 0 to 255.
        largest: largest value that a sample may have; 1 for features in [0, 1].
    """

    def __init__(self, offset: float = 10.0, largest: float = 1.0) -> None:
        self.offset = offset
        self.largest = largest

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Take note of the number of features; nothing is learnt from samples ``[n, d]``."""
        validate_data(self, X, dtype=[np.float64, np.float32])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Normalised samples ``[n, d]``."""
        check_is_fitted(self, "n_features_in_")
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        offset = X.dtype.type(self.offset * (self.largest / 255) ** 2)
        centred = X - X.mean(axis=1, keepdims=True)
        return np.asarray(centred / np.sqrt(X.var(axis=1, keepdims=True) + offset))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class ZCAWhitening(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Whitening that stays near the samples.

    .. math:: x' = V (D + \epsilon I)^{-1/2} V^\top (x - \mu)

    with the eigenvectors V and eigenvalues D of the covariance of the samples that it is fitted to,
    and :math:`\mu` their mean (Coates, Lee, Ng, AISTATS 2011, section 3.1).

    Args:
        epsilon: :math:`\epsilon`.

    Attributes:
        mean_: :math:`\mu`, ``[d]``.
        components_: :math:`V (D + \epsilon I)^{-1/2} V^\top`, ``[d, d]``.
    """

    def __init__(self, epsilon: float = 0.1) -> None:
        self.epsilon = epsilon

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Learn mean and covariance of samples ``[n, d]``."""
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        self.mean_ = X.mean(axis=0, dtype=np.float64)
        covariance = (X - self.mean_.astype(X.dtype)).T @ (X - self.mean_.astype(X.dtype)) / len(X)
        values, vectors = linalg.eigh(covariance.astype(np.float64))
        self.components_ = (vectors / np.sqrt(values.clip(0) + self.epsilon)) @ vectors.T
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Whitened samples ``[n, d]``."""
        check_is_fitted(self, "components_")
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        components = self.components_.astype(X.dtype)
        return np.asarray((X - self.mean_.astype(X.dtype)) @ components)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
