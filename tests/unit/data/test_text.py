"""Tests of clustrace.data.text: words, weights, ties, empty documents."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from clustrace.data.text import FrequentWordsTfidf, MostFrequentTerms
from clustrace.errors import NotApplicableError

TEXTS = [
    "the cat and the dog",
    "a dog, a bird",
    "",
    "the bird and the cat: the END",
    "? ! x",
]


def test_weights_are_those_of_the_formula():
    features = FrequentWordsTfidf(n_words=3, norm=None).fit_transform(TEXTS)
    words = FrequentWordsTfidf(n_words=3).fit(TEXTS).words_.tolist()
    # 'the' occurs 5 times; of the words that occur twice the first by their letters.
    assert words == ["and", "bird", "the"]
    idf = {word: math.log(6 / (1 + df)) + 1 for word, df in (("and", 2), ("bird", 2), ("the", 2))}
    expected = np.zeros((5, 3))
    expected[0] = [idf["and"], 0, 2 * idf["the"]]
    expected[1] = [0, idf["bird"], 0]
    expected[3] = [idf["and"], idf["bird"], 3 * idf["the"]]
    np.testing.assert_allclose(features.toarray(), expected, rtol=1e-6)
    assert features.dtype == np.float32


def test_same_as_scikit_learn_where_no_words_tie():
    random = np.random.RandomState(0)
    vocabulary = [f"w{i:02d}" for i in range(40)]
    texts = [" ".join(random.choice(vocabulary, 30)) for _ in range(50)]
    ours = FrequentWordsTfidf(n_words=40, sublinear_tf=True).fit(texts)
    theirs = TfidfVectorizer(max_features=40, sublinear_tf=True).fit(texts)
    np.testing.assert_allclose(
        ours.transform(texts[:9]).toarray(), theirs.transform(texts[:9]).toarray(), rtol=1e-6
    )
    np.testing.assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())


def test_empty_documents_stay_as_rows_of_zeros():
    features = FrequentWordsTfidf(n_words=10).fit_transform(TEXTS)
    norms = np.sqrt(features.multiply(features).sum(axis=1)).A1
    np.testing.assert_allclose(norms, [1, 1, 0, 1, 0], rtol=1e-6)


def test_stop_words_are_left_out():
    words = FrequentWordsTfidf(n_words=3, stop_words="the and").fit(TEXTS).words_.tolist()
    assert words == ["bird", "cat", "dog"]


def test_fit_transform_and_transform_agree():
    made = FrequentWordsTfidf(n_words=4)
    first = made.fit_transform(TEXTS)
    np.testing.assert_array_equal(first.toarray(), made.transform(TEXTS).toarray())


def test_documents_without_any_word_are_not_applicable():
    with pytest.raises(NotApplicableError, match="None of the documents has a word"):
        FrequentWordsTfidf().fit(["", "?", "a b"])


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_terms_with_the_largest_sums_stay_as_they_are(kind):
    weights = np.float32([[0.5, 0, 0.1, 0.7], [0, 0.6, 0.1, 0], [0, 0, 0.3, 0]])
    chosen = MostFrequentTerms(n_terms=2).fit(kind(weights))
    # Columns 0 and 2 both sum to 0.5: after 3 and 1 there is no room, so let there be three.
    assert chosen.get_support(indices=True).tolist() == [1, 3]
    assert MostFrequentTerms(n_terms=3).fit(kind(weights)).get_support().sum() == 3
    out = chosen.transform(kind(weights))
    out = out.toarray() if kind is csr_matrix else out
    np.testing.assert_array_equal(out, weights[:, [1, 3]])


def test_of_equal_sums_the_first_columns_are_taken():
    ones = np.ones((3, 50), np.float32)
    assert MostFrequentTerms(n_terms=7).fit(ones).get_support(indices=True).tolist() == [*range(7)]
