"""Samples as rows, dense or sparse: what several methods do with them before they begin."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_non_negative, validate_data

from clustrace.cluster.kmeans import require_samples
from clustrace.errors import NotApplicableError
from clustrace.train.encoding import as_rows

#: Samples ``[n, n_features]``.
Rows: TypeAlias = np.ndarray | scipy.sparse.csr_matrix


class RowClusterer(ClusterMixin, BaseEstimator):
    """Base of the methods that take samples as they are, and only what they declare to take."""

    takes_sparse: ClassVar[bool] = True
    takes_negative: ClassVar[bool] = True
    n_clusters: int

    def __sklearn_tags__(self) -> Tags:
        """What the class declares."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.takes_sparse
        tags.input_tags.positive_only = not self.takes_negative
        return tags

    def _validated(self, X: Any) -> Rows:
        """Samples of a fit as float64 rows: images flattened, sparse ones as CSR.

        Raises:
            NotApplicableError: there are fewer samples than clusters, nothing but zeros, or what
                the class does not take.
            ValueError: scikit-learn refuses them: not finite, complex, no samples at all.
        """
        name = type(self).__name__
        if not self.takes_sparse and scipy.sparse.issparse(X):
            raise NotApplicableError(
                f"{name} takes dense samples and these are a sparse matrix; hand over X.toarray() "
                "if it fits into memory."
            )
        rows: Rows = validate_data(self, as_rows(X), accept_sparse="csr", dtype=np.float64)
        require_samples(rows.shape[0], self.n_clusters)
        if not self.takes_negative:
            try:
                check_non_negative(rows, name)
            except ValueError as error:
                raise NotApplicableError(f"{error}; scale the features to 0 or more.") from error
        if not squared_norms(rows).any():
            raise NotApplicableError("All samples are zero, there is nothing to cluster.")
        return rows


def squared_norms(rows: Rows) -> np.ndarray:
    """Squared Euclidean norm of each sample, ``[n]``."""
    if scipy.sparse.issparse(rows):
        return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()  # type: ignore[union-attr]
    squares: np.ndarray = np.einsum("ij,ij->i", rows, rows)
    return squares


def scaled_rows(rows: Rows, factors: np.ndarray) -> Rows:
    """Each sample times its factor ``[n]``."""
    if scipy.sparse.issparse(rows):
        return scipy.sparse.csr_matrix(scipy.sparse.diags(factors) @ rows)
    return rows * factors[:, None]


def reciprocal(values: np.ndarray) -> np.ndarray:
    """1 / values, and 0 where a value is 0: what is zero stays zero when it is scaled."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def dense(rows: Rows) -> np.ndarray:
    """Some samples as a dense array."""
    if scipy.sparse.issparse(rows):
        rows = rows.toarray()  # type: ignore[union-attr]
    array: np.ndarray = rows
    return array


def unit_rows(rows: Rows) -> Rows:
    """Samples of length 1; those that are zero stay zero."""
    return scaled_rows(rows, reciprocal(np.sqrt(squared_norms(rows))))
