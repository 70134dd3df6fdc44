"""The error of a classifier: labels are held against the true ones as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from clustrace.audit.metrics import errors
from clustrace.errors import NotApplicableError
from clustrace.evaluate.classification import score_classification

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


def test_errors_are_counted_without_a_map_of_labels():
    scores = score_classification(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 1]))
    assert (scores.error, scores.n_errors, scores.n_samples) == (0.75, 3, 4)


@given(LABELS)
def test_the_error_is_one_minus_the_accuracy_and_the_audit_counts_the_same(pairs):
    true, predicted = np.array(pairs).T
    scores = score_classification(true, predicted)
    assert scores.error == pytest.approx(1 - accuracy_score(true, predicted))
    assert vars(errors(true, predicted)) == vars(scores)


@pytest.mark.parametrize("labels", [[], [0], [0.5, 1.0]])
def test_vectors_that_do_not_fit_are_refused(labels):
    with pytest.raises(NotApplicableError):
        score_classification(np.array([0, 1]), np.array(labels))
    with pytest.raises(ValueError):
        errors(np.array([0, 1]), np.array(labels))
