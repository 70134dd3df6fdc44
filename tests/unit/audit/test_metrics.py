import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from clustrace.audit.metrics import contingency, matched, score
from clustrace.evaluate.metrics import score_clustering


@st.composite
def label_pairs(draw):
    n = draw(st.integers(1, 60))
    one = npst.arrays(np.int64, n, elements=st.integers(0, draw(st.integers(0, 12))))
    other = npst.arrays(np.int64, n, elements=st.integers(-3, draw(st.integers(0, 20))))
    return draw(one), draw(other)


@settings(max_examples=300)
@given(label_pairs())
def test_scores_agree_with_those_of_evaluate(pair):
    true, predicted = pair
    ours, theirs = score(true, predicted), score_clustering(true, predicted)
    assert ours.acc == pytest.approx(theirs.acc, abs=1e-12)
    assert ours.nmi == pytest.approx(theirs.nmi, abs=1e-9)
    assert ours.ari == pytest.approx(theirs.ari, abs=1e-9)
    for name in (
        "n_samples", "n_classes", "n_clusters_found", "smallest_cluster", "largest_cluster"
    ):  # fmt: skip
        assert getattr(ours, name) == getattr(theirs, name)


@given(
    npst.arrays(
        np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 9)
    )
)
def test_assignment_is_the_best_of_all(table):
    from itertools import permutations

    wide = table if table.shape[0] <= table.shape[1] else table.T
    best = max(
        sum(wide[row, column] for row, column in enumerate(columns))
        for columns in permutations(range(wide.shape[1]), wide.shape[0])
    )
    assert matched(table) == best


def test_a_greedy_assignment_would_be_worse():
    assert matched(np.array([[10, 9], [9, 0]])) == 18


def test_labels_in_the_smallest_integer_type_do_not_overflow():
    true = np.repeat(np.arange(10, dtype=np.uint8), 50)
    assert score(true, true[::-1].copy()).acc == 1.0
    assert contingency(true, true).sum() == 500


def test_widely_spread_labels_are_counted():
    labels = np.array([-(10**12), 10**12, 10**12])
    assert score(np.array([0, 1, 1]), labels).acc == 1.0


@pytest.mark.parametrize(
    ("true", "predicted"),
    [
        (np.array([1, 2]), np.array([1])),
        (np.array([], dtype=int), np.array([], dtype=int)),
        (np.array([1.0, 2.0]), np.array([1, 2])),
        (np.array([[1, 2]]), np.array([[1, 2]])),
    ],
)
def test_what_are_no_labels_is_refused(true, predicted):
    with pytest.raises(ValueError, match="labels"):
        score(true, predicted)
