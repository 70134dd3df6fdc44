"""Features of documents as collections for document clustering have them: weighted stems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import snowballstemmer
from scipy.sparse import csr_matrix, diags_array
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from clustrace.data.text import FrequentWordsTfidf, most_frequent
from clustrace.errors import NotApplicableError

_LETTERS = re.compile("[a-z]{2,}")


class CutWeightedStems(FrequentWordsTfidf):
    r"""tf-idf of the most frequent word stems, weighted by normalised cuts.

    .. math:: v_{dw} = (1 + \ln \mathrm{tf}_{dw}) \ln \frac{n}{\mathrm{df}_w},\quad
       u_d = \frac{v_d}{\|v_d\|},\quad x_d = c\, u_d \Big/ \sqrt{u_d^\top \textstyle\sum_e u_e}

    with counts tf of a stem in a document and the number df of documents that have it. These are
    the weights of the function tfidf that the authors of LCCF publish, and their weighting NCW;
    the inner products of the rows are then the affinity of normalised cuts (Xu, Liu and Gong 2003,
    section 4). The factor c makes the mean square of the rows' lengths 1; as it is the same for all
    documents, it changes no cluster of a method that does not depend on the scale.

    Words are runs of two or more letters in lower case, without those that are to be left out, cut
    to their stems (Porter 1980). Of stems that occur equally often those go first that come first
    in the order of their letters. A document without any of them is a row of zeros.

    Args:
        n_stems: number of stems.
        cut_weighting: whether rows are weighted by normalised cuts, or have unit length.
        stop_words: words that are left out, separated by spaces.

    Attributes:
        words_: the stems, in the order of their letters; columns of the features.
    """

    def __init__(
        self, n_stems: int = 2000, cut_weighting: bool = True, stop_words: str = ""
    ) -> None:
        self.n_stems = n_stems
        self.cut_weighting = cut_weighting
        self.stop_words = stop_words

    def fit_transform(self, X: Iterable[str], y: object = None) -> csr_matrix:
        """Features float32 ``[n, n_stems]``, or fewer columns if there are fewer stems.

        Raises:
            NotApplicableError: no document has a word, or all have the same.
        """
        counter = CountVectorizer(dtype=np.float64, analyzer=self._analyzer())
        try:
            counts = csr_matrix(counter.fit_transform(X))
        except ValueError as error:
            raise NotApplicableError(
                f"None of the documents has a word ({error}); check the source of the data."
            ) from error
        columns = most_frequent(np.asarray(counts.sum(axis=0)).ravel(), self.n_stems)
        self.words_ = counter.get_feature_names_out()[columns]
        counts = csr_matrix(counts[:, columns])
        having = np.bincount(counts.indices, minlength=len(columns))
        self._idf = np.log(counts.shape[0] / having)
        units = self._units(counts)
        self._sum = np.asarray(units.sum(axis=0)).ravel()
        weighted = self._weighted(units)
        mean_square = weighted.multiply(weighted).sum() / weighted.shape[0]
        if not mean_square:
            raise NotApplicableError(
                "All documents have the same words, so that none tells them apart; check the "
                "source of the data."
            )
        self._scale = mean_square**-0.5
        return csr_matrix(self._scale * weighted, dtype=np.float32)

    def transform(self, X: Iterable[str]) -> csr_matrix:
        """Features float32 ``[n, n_stems]`` of other documents."""
        check_is_fitted(self)
        counter = CountVectorizer(
            dtype=np.float64, analyzer=self._analyzer(), vocabulary=self.words_
        )
        units = self._units(csr_matrix(counter.transform(X)))
        return csr_matrix(self._scale * self._weighted(units), dtype=np.float32)

    def _analyzer(self) -> Callable[[str], list[str]]:
        stem = lru_cache(maxsize=None)(snowballstemmer.stemmer("porter").stemWord)
        left_out = frozenset(self.stop_words.split())

        def stems(text: str) -> list[str]:
            return [stem(w) for w in _LETTERS.findall(text.lower()) if w not in left_out]

        return stems

    def _units(self, counts: csr_matrix) -> csr_matrix:
        """Rows of tf-idf at unit length; a row of zeros stays one."""
        weights = counts.copy()
        weights.data = 1 + np.log(weights.data)
        return normalize(csr_matrix(weights @ diags_array(self._idf)))

    def _weighted(self, units: csr_matrix) -> csr_matrix:
        """Rows over the root of their degree in the affinity u uᵀ of the documents of the fit."""
        if not self.cut_weighting:
            return units
        degrees = units @ self._sum
        roots = np.divide(1.0, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
        return csr_matrix(diags_array(roots) @ units)
