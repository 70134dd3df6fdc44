"""Features of documents: tf-idf of the most frequent words, the most frequent of given terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from clustrace.errors import NotApplicableError


class FrequentWordsTfidf(TransformerMixin, BaseEstimator):
    r"""tf-idf of the words that occur most often in all documents together.

    .. math:: x_{dw} = \frac{v_{dw}}{\|v_d\|}, \quad
       v_{dw} = \mathrm{tf}_{dw} \left( \ln \frac{1 + n}{1 + \mathrm{df}_w} + 1 \right)

    with counts tf of a word in a document and the number df of documents that have it
    (scikit-learn's ``TfidfTransformer``). Words are runs of two or more letters, digits and
    underscores in lower case. Of words that occur equally often those go first that come first in
    the order of their letters, so that the choice is the same on every machine; scikit-learn's
    ``max_features`` leaves it to an unstable sort.

    A document without any of the words is a row of zeros; no document is left out.

    Args:
        n_words: number of words.
        norm: ``l2`` (rows of unit length), ``l1``, or None.
        sublinear_tf: whether tf is 1 + ln(count).
        stop_words: words that are left out, separated by spaces.

    Attributes:
        words_: the words, in the order of their letters; columns of the features.
    """

    def __init__(
        self,
        n_words: int = 2000,
        norm: str | None = "l2",
        sublinear_tf: bool = False,
        stop_words: str = "",
    ) -> None:
        self.n_words = n_words
        self.norm = norm
        self.sublinear_tf = sublinear_tf
        self.stop_words = stop_words

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Choose the words and count the documents that have them; ``y`` is ignored.

        Raises:
            NotApplicableError: no document has a word.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None) -> csr_matrix:
        """Features float32 ``[n, n_words]``, or fewer columns if there are fewer words.

        Raises:
            NotApplicableError: no document has a word.
        """
        counter = CountVectorizer(dtype=np.float64, stop_words=self.stop_words.split() or None)
        try:
            counts = counter.fit_transform(X)
        except ValueError as error:
            raise NotApplicableError(
                f"None of the documents has a word ({error}); check the source of the data."
            ) from error
        columns = most_frequent(np.asarray(counts.sum(axis=0)).ravel(), self.n_words)
        self.words_ = counter.get_feature_names_out()[columns]
        self._tfidf = TfidfTransformer(norm=self.norm, sublinear_tf=self.sublinear_tf)
        return csr_matrix(self._tfidf.fit_transform(counts[:, columns]), dtype=np.float32)

    def transform(self, X: Iterable[str]) -> csr_matrix:
        """Features float32 ``[n, n_words]`` of other documents."""
        check_is_fitted(self)
        counter = CountVectorizer(dtype=np.float64, vocabulary=self.words_)
        return csr_matrix(self._tfidf.transform(counter.transform(X)), dtype=np.float32)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """The words, in the order of the columns."""
        check_is_fitted(self)
        return np.asarray(self.words_, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


class MostFrequentTerms(SelectorMixin, BaseEstimator):
    """Columns with the largest sums; weights stay as they are, rows are not scaled anew.

    Of columns with the same sum the first go first. A row without any of the terms is kept as a
    row of zeros.

    Args:
        n_terms: number of columns.
    """

    def __init__(self, n_terms: int = 2000) -> None:
        self.n_terms = n_terms

    def fit(self, X: Any, y: object = None) -> Self:
        """Choose columns of weights ``[n, n_features]``, dense or sparse; ``y`` is ignored."""
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float32, np.float64])
        # In float64, as the order of two sums must not hang on the order of the rows.
        sums = np.asarray(X.sum(axis=0, dtype=np.float64)).ravel()
        self.chosen_ = np.zeros(X.shape[1], bool)
        self.chosen_[most_frequent(sums, self.n_terms)] = True
        return self

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        return self.chosen_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def most_frequent(totals: np.ndarray, count: int) -> np.ndarray:
    """Ascending columns of the largest totals ``[n_columns]``; of equal ones the first."""
    return np.sort(np.argsort(-totals, kind="stable")[:count])
