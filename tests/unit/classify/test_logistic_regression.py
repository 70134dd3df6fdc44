"""Multinomial logistic regression on pixels and on learnt features."""

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator

from clustrace.classify.logistic_regression import LogisticRegressionOnFeatures
from clustrace.errors import NotApplicableError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session


def clouds(seed, n=60, noise=1.0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    centres = np.array([[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]])
    return (centres[y] + noise * rng.normal(size=(n, 4))).astype(np.float32), y


X, Y = clouds(0)


class Scaled(TransformerMixin, BaseEstimator):
    """Features that are worth more the larger their encoding factor is, up to 3."""

    def __init__(self, factor=1):
        self.factor = factor
        self.fitted_ = True

    def fit(self, X, y=None):
        raise AssertionError("features stay as they are")

    def transform(self, X):
        hidden = X.copy()
        hidden[:, min(self.factor, 3) :] = 0
        return hidden

    def with_encoding_factor(self, factor):
        return Scaled(factor)


def weights_of(classifier):
    return {name: t.numpy() for name, t in classifier.network_.state_dict().items()}


def test_it_is_the_minimum_that_scikit_learn_finds():
    found = LogisticRegressionOnFeatures(regularisation=0.01).fit(X, Y)
    expected = sklearn.linear_model.LogisticRegression(C=1 / (0.01 * len(X))).fit(X, Y)
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))
    assert found.choices_ == {"regularisation": 0.01}
    assert found.history_[0].keys() == {"candidate", "iteration", "regularisation"}


def test_two_classes_have_weights_of_their_own_too():
    two = Y < 2
    found = LogisticRegressionOnFeatures(regularisation=0.01).fit(X[two], Y[two])
    expected = sklearn.linear_model.LogisticRegression(C=1 / (0.01 * two.sum()))
    expected.fit(X[two], Y[two])
    assert found.network_.weight.shape == (2, 4)
    np.testing.assert_allclose(
        found.predict_proba(X[two]), expected.predict_proba(X[two]), atol=1e-5
    )


def test_the_penalty_is_chosen_by_the_validation_samples_alone():
    validation = clouds(1)
    candidates = [10.0, 0.01, 0.001]
    found = LogisticRegressionOnFeatures(regularisation=candidates).fit(X, Y, validation)
    errors = [row["validation_error"] for row in found.history_]
    assert [row["candidate"] for row in found.history_] == [0, 1, 2]
    best = candidates[int(np.argmin(errors))]
    assert found.choices_["regularisation"] == best
    told = found.choices_["validation_errors"]
    assert [(row["regularisation"], row["error"]) for row in told] == list(
        zip(candidates, errors, strict=True)
    )
    alone = LogisticRegressionOnFeatures(regularisation=best).fit(X, Y)
    np.testing.assert_array_equal(weights_of(alone)["weight"], weights_of(found)["weight"])


def test_without_validation_samples_a_sixth_is_held_out_by_the_seed():
    def weights(seed):
        estimator = LogisticRegressionOnFeatures(regularisation=[1.0, 0.01], random_state=seed)
        return weights_of(estimator.fit(X, Y))["weight"]

    np.testing.assert_array_equal(weights(3), weights(3))
    assert (weights(3) != weights(4)).any()


def test_the_encoding_factor_is_chosen_among_those_of_the_features():
    learner = FrozenEstimator(Scaled())
    found = LogisticRegressionOnFeatures(
        learner, regularisation=0.01, encoding_factor=[1, 2, 3]
    ).fit(X, Y, clouds(1))
    assert found.choices_["encoding_factor"] == 3
    assert [row["encoding_factor"] for row in found.history_] == [1, 2, 3]
    same = LogisticRegressionOnFeatures(learner).load_weights(weights_of(found), 4)
    np.testing.assert_array_equal(same.predict(X), found.predict(X))


def test_features_that_know_no_factor_refuse_one():
    with pytest.raises(NotApplicableError, match="knows no encoding_factor"):
        LogisticRegressionOnFeatures(encoding_factor=2).fit(X, Y)


def test_labels_of_one_class_are_refused():
    with pytest.raises(NotApplicableError, match="nothing to tell apart"):
        LogisticRegressionOnFeatures().fit(X, np.zeros(len(X), int))


def test_loaded_weights_predict_the_same_labels_whatever_these_are():
    found = LogisticRegressionOnFeatures().fit(X, 7 * Y + 2)
    same = LogisticRegressionOnFeatures().load_weights(weights_of(found), 4)
    np.testing.assert_array_equal(same.predict(X), found.predict(X))
    assert set(same.predict(X)) == {2, 9, 16}


def test_candidates_that_were_done_are_not_done_again(tmp_path, monkeypatch):
    def fitted():
        with training_session(checkpoints=FolderCheckpoints(tmp_path, "same run")):
            return LogisticRegressionOnFeatures(regularisation=[1.0, 0.01]).fit(X, Y, clouds(1))

    first = fitted()
    monkeypatch.setattr(LogisticRegressionOnFeatures, "_minimised", None)
    again = fitted()
    assert (again.history_, again.choices_) == (first.history_, first.choices_)
    np.testing.assert_array_equal(weights_of(again)["weight"], weights_of(first)["weight"])
