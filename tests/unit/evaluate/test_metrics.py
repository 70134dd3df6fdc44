"""Metrics against brute force and against implementations written from the definitions."""

import math
from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrace.errors import NotApplicableError
from clustrace.evaluate.metrics import (
    adjusted_rand_index,
    best_map,
    clustering_accuracy,
    confusion,
    normalized_mutual_info,
    score_clustering,
)

NAMES = [-7, 0, 3, 1000, 10**12]


@st.composite
def two_labellings(draw):
    names = st.sampled_from(NAMES)
    pairs = draw(st.lists(st.tuples(names, names), min_size=1, max_size=25))
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def accuracy_by_brute_force(true, pred):
    """Try every one-to-one map of clusters to classes; a cluster beyond them maps to None."""
    clusters = sorted(set(pred))
    classes = sorted(set(true))
    classes += [None] * max(0, len(clusters) - len(classes))
    maps = [
        dict(zip(clusters, image, strict=True)) for image in permutations(classes, len(clusters))
    ]
    pairs = list(zip(true, pred, strict=True))
    return max(sum(image[c] == y for y, c in pairs) for image in maps) / len(true)


def nmi_by_definition(true, pred):
    n = len(true)

    def entropy(labels):
        return -sum(k / n * math.log(k / n) for k in Counter(labels).values())

    h_true, h_pred = entropy(true), entropy(pred)
    if h_true == h_pred == 0:
        return 1.0
    if h_true == 0 or h_pred == 0:
        return 0.0
    size_true, size_pred = Counter(true), Counter(pred)
    information = sum(
        k / n * math.log(n * k / (size_true[y] * size_pred[c]))
        for (y, c), k in Counter(zip(true, pred, strict=True)).items()
    )
    return information / math.sqrt(h_true * h_pred)


def ari_by_pair_counting(true, pred):
    pairs = list(combinations(range(len(true)), 2))
    same_true = {p for p in pairs if true[p[0]] == true[p[1]]}
    same_pred = {p for p in pairs if pred[p[0]] == pred[p[1]]}
    if same_true == same_pred:
        return 1.0
    expected = len(same_true) * len(same_pred) / len(pairs)
    largest = (len(same_true) + len(same_pred)) / 2
    return (len(same_true & same_pred) - expected) / (largest - expected)


@given(two_labellings())
def test_accuracy_is_the_best_of_all_maps(labellings):
    assert clustering_accuracy(*labellings) == pytest.approx(accuracy_by_brute_force(*labellings))


@given(two_labellings())
def test_nmi_follows_its_definition(labellings):
    assert normalized_mutual_info(*labellings) == pytest.approx(
        nmi_by_definition(*labellings), abs=1e-9
    )


@given(two_labellings())
def test_ari_follows_from_counted_pairs(labellings):
    assert adjusted_rand_index(*labellings) == pytest.approx(
        ari_by_pair_counting(*labellings), abs=1e-9
    )


@given(two_labellings(), st.permutations(NAMES))
def test_scores_do_not_depend_on_the_names_of_clusters(labellings, renamed):
    true, pred = labellings
    other = [renamed[NAMES.index(c)] - 5 for c in pred]
    before, after = score_clustering(true, pred), score_clustering(true, other)
    assert after.acc == before.acc
    assert after.nmi == pytest.approx(before.nmi, abs=1e-9)
    assert after.ari == pytest.approx(before.ari, abs=1e-9)
    assert after.smallest_cluster == before.smallest_cluster


@given(two_labellings())
def test_scores_are_symmetric(labellings):
    true, pred = labellings
    assert clustering_accuracy(true, pred) == clustering_accuracy(pred, true)
    assert normalized_mutual_info(true, pred) == pytest.approx(
        normalized_mutual_info(pred, true), abs=1e-9
    )
    assert adjusted_rand_index(true, pred) == pytest.approx(
        adjusted_rand_index(pred, true), abs=1e-9
    )


@given(two_labellings())
def test_best_map_renames_clusters_one_to_one_and_attains_the_accuracy(labellings):
    true, pred = labellings
    mapped = best_map(true, pred).tolist()
    assert len(set(zip(pred, mapped, strict=True))) == len(set(pred)) == len(set(mapped))
    agreement = np.mean(np.asarray(mapped) == np.asarray(true))
    assert agreement == pytest.approx(clustering_accuracy(true, pred))


def test_collapse_to_one_cluster_finds_one_balanced_class_of_fifteen():
    scores = score_clustering(np.repeat(np.arange(15), 11), np.zeros(165, dtype=int))
    assert scores.acc == pytest.approx(1 / 15)
    assert (scores.nmi, scores.ari) == (0.0, 0.0)
    assert (scores.n_clusters_found, scores.smallest_cluster, scores.n_classes) == (1, 165, 15)


def test_samples_of_surplus_clusters_are_errors():
    true, pred = [0, 0, 0, 0, 1, 1], [5, 5, 5, 6, 7, 7]
    assert clustering_accuracy(true, pred) == pytest.approx(5 / 6)
    assert best_map(true, pred).tolist() == [0, 0, 0, 2, 1, 1]


def test_surplus_clusters_never_take_the_name_of_a_class():
    assert best_map([1, 1, 2, 2], [-1, -2, -3, -3]).tolist()[2:] == [2, 2]
    assert set(best_map([1, 1, 2, 2], [-1, -2, -3, -3]).tolist()) == {0, 1, 2}
    assert best_map([-5, -5, -5], [1, 1, 2]).tolist() == [-5, -5, 0]


def test_nmi_divides_by_the_geometric_mean():
    # I = log 2, H(Y) = log 2, H(C) = 2 log 2: geometric 1/sqrt(2), arithmetic 2/3.
    assert normalized_mutual_info([0, 0, 1, 1], [0, 1, 2, 3]) == pytest.approx(1 / math.sqrt(2))


def test_one_class_in_one_cluster_is_perfect():
    scores = score_clustering([4, 4, 4], [9, 9, 9])
    assert (scores.acc, scores.nmi, scores.ari) == (1.0, 1.0, 1.0)


def test_cluster_sizes_are_told():
    scores = score_clustering([0, 0, 0, 1, 1, 1], [8, 8, 8, 8, 8, 3])
    assert (scores.smallest_cluster, scores.largest_cluster, scores.n_samples) == (1, 5, 6)


def test_confusion_counts_pairs_in_ascending_order_of_labels():
    table = confusion([2, 2, -1], [30, 10, 10])
    assert table.classes.tolist() == [-1, 2]
    assert table.clusters.tolist() == [10, 30]
    assert table.counts.tolist() == [[1, 0], [1, 1]]


def test_seventy_thousand_samples_in_as_many_clusters_are_scored():
    true = np.arange(70_000) % 10
    scores = score_clustering(true, np.arange(70_000))
    assert scores.acc == pytest.approx(10 / 70_000)
    assert scores.n_clusters_found == 70_000


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        ([0, 1], [0], "2 true labels but 1 predicted"),
        ([], [], "no true labels"),
        ([0.5, 1.0], [0, 1], "convert them to integers"),
        ([0, 1], ["a", "b"], "predicted labels are of type"),
        ([[0, 1]], [0, 1], r"shape \(1, 2\)"),
    ],
)
def test_unusable_labels_are_refused_with_a_sentence(true, pred, message):
    with pytest.raises(NotApplicableError, match=message):
        score_clustering(true, pred)


def test_indices_given_as_labels_are_refused():
    with pytest.raises(NotApplicableError, match="indices of the samples"):
        clustering_accuracy(np.arange(70_000), np.arange(70_000))
