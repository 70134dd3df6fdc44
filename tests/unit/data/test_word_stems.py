"""Tests of clustrace.data.word_stems: stems, weights, normalised cuts, empty documents."""

import math

import numpy as np
import pytest

from clustrace.cluster.lccf import ncw_weighted
from clustrace.data.word_stems import CutWeightedStems
from clustrace.errors import NotApplicableError

TEXTS = [
    "The runner was running; cats run, and a cat.",
    "Cats 22 cat_s and birds",
    "",
    "birds bird runs",
]


def test_words_are_cut_to_their_stems_and_the_most_frequent_stay():
    made = CutWeightedStems(n_stems=3, stop_words="the was and")
    made.fit(TEXTS)
    # cat occurs 4 times ("cat_s" is cat and a single letter), bird and run 3 times.
    assert made.words_.tolist() == ["bird", "cat", "run"]
    assert made.get_feature_names_out().tolist() == ["bird", "cat", "run"]


def test_unit_rows_are_those_of_the_formula():
    made = CutWeightedStems(n_stems=3, cut_weighting=False, stop_words="the was and")
    features = made.fit_transform(TEXTS).toarray()
    assert features.dtype == np.float32
    idf = math.log(4 / 2)  # each stem is in two of four documents
    first = np.array([0, (1 + math.log(2)) * idf, (1 + math.log(2)) * idf])
    scale = math.sqrt(4 / 3)  # one document in four is empty
    np.testing.assert_allclose(features[0], scale * first / np.linalg.norm(first), rtol=1e-6)
    np.testing.assert_array_equal(features[2], 0)


def test_weights_are_those_of_normalised_cuts():
    random = np.random.default_rng(0)
    vocabulary = ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"]
    texts = [" ".join(random.choice(vocabulary, 6)) for _ in range(30)]
    units = CutWeightedStems(n_stems=8, cut_weighting=False).fit_transform(texts).toarray()
    features = CutWeightedStems(n_stems=8).fit_transform(texts).toarray()
    assert np.mean(np.sum(features**2, axis=1)) == pytest.approx(1)
    affinity = units.astype(float) @ units.T
    roots = np.sqrt(affinity.sum(axis=1))
    expected = affinity / np.outer(roots, roots)
    gram = features.astype(float) @ features.T
    np.testing.assert_allclose(gram / gram[0, 0], expected / expected[0, 0], rtol=1e-5)
    lccf = ncw_weighted(units.astype(float))
    np.testing.assert_allclose(features / features[0].sum(), lccf / lccf[0].sum(), rtol=1e-5)


def test_fit_transform_and_transform_agree():
    made = CutWeightedStems(n_stems=4)
    first = made.fit_transform(TEXTS)
    np.testing.assert_allclose(first.toarray(), made.transform(TEXTS).toarray(), rtol=1e-6)


def test_documents_without_any_word_or_with_the_same_are_not_applicable():
    with pytest.raises(NotApplicableError, match="None of the documents has a word"):
        CutWeightedStems().fit(["", "22", "a b"])
    with pytest.raises(NotApplicableError, match="All documents have the same words"):
        CutWeightedStems().fit(["cat", "cats"])
