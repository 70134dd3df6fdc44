from itertools import product

import numpy as np
import pytest
import torch

from clustrace.classify.dbm import DBM
from clustrace.classify.dbn import DBN
from clustrace.classify.fine_tuning import FineTunedClassifier
from clustrace.errors import NotApplicableError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

RANDOM = np.random.default_rng(0)
PATTERNS = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
Y = RANDOM.integers(0, 2, 120)
X = np.abs(PATTERNS[Y] - (RANDOM.random((120, 6)) < 0.05)).astype(np.float32)
FAST = {"layer_epochs": 15, "batch_size": 10, "random_state": 1}


def _dbn(**more):
    return DBN((5, 4), **{**FAST, **more})


def _dbm(**more):
    return DBM((4, 3), **{**FAST, "stack_epochs": 10, "chains": 20, **more})


BOTH = pytest.mark.parametrize("make", [_dbn, _dbm], ids=["dbn", "dbm"])


def _bytes(learner):
    return [p.detach().numpy().tobytes() for p in learner.network_.parameters()]


def _log_likelihood(machine):
    """Mean over the data of a DBM with 6, 4 and 3 units, by all their states."""
    v, h, g = (
        torch.tensor(list(product((0.0, 1.0), repeat=n)))[:, None, None]
        if n == 6
        else torch.tensor(list(product((0.0, 1.0), repeat=n)))
        for n in (6, 4, 3)
    )

    def free(visible):
        pairs = [(a, b) for a in h for b in g]
        energies = [
            machine.energy(visible, a.expand(len(visible), 4), b.expand(len(visible), 3))
            for a, b in pairs
        ]
        return torch.logsumexp(-torch.stack(energies, dim=1), dim=1)

    with torch.no_grad():
        return float(free(torch.from_numpy(X)).mean() - torch.logsumexp(free(v.squeeze()), dim=0))


def test_layers_and_the_whole_raise_the_exact_likelihood():
    untrained, layers, whole = (
        _log_likelihood(
            _dbm(layer_epochs=a, stack_epochs=b, stack_learning_rate=0.03).fit(X).network_
        )
        for a, b in ((0, 0), (10, 0), (10, 30))
    )
    assert untrained == pytest.approx(-6 * np.log(2), abs=0.1)
    assert layers > untrained + 0.5
    assert whole > layers + 0.1


def test_phases_of_the_history():
    assert [row["phase"] for row in _dbn().fit(X).history_] == [1] * 15 + [2] * 15
    assert [row["phase"] for row in _dbm().fit(X).history_] == [1] * 15 + [2] * 15 + [0] * 10
    assert 0 not in {row["phase"] for row in _dbm(stack_epochs=0).fit(X).history_}


@BOTH
def test_features_tell_the_patterns_apart(make):
    learner = make(layer_epochs=60, learning_rate=0.2).fit(X)
    features = learner.transform(PATTERNS.astype(np.float32))
    assert np.abs(features[0] - features[1]).max() > 0.5
    assert np.array_equal(learner.inverse_transform(features) > 0.5, PATTERNS > 0.5)
    assert len(learner.get_feature_names_out()) == features.shape[1]


@BOTH
def test_same_seed_same_bits_and_another_seed_others(make):
    assert _bytes(make().fit(X)) == _bytes(make().fit(X))
    assert _bytes(make().fit(X)) != _bytes(make(random_state=2).fit(X))


@BOTH
def test_weights_can_be_loaded(make):
    fitted = make().fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    assert np.array_equal(make().load_weights(weights, 6).transform(X), fitted.transform(X))


@BOTH
def test_a_classifier_is_fine_tuned_on_the_layers_and_loaded_again(make):
    learner = make().fit(X)
    before = _bytes(learner)
    settings = {"epochs": 20, "batch_size": 20, "learning_rate": 0.5, "random_state": 0}
    fitted = FineTunedClassifier(learner, **settings).fit(X, Y)
    assert (fitted.predict(X) == Y).mean() > 0.95
    assert _bytes(learner) == before
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = FineTunedClassifier(learner, **settings).load_weights(weights, 6)
    assert np.array_equal(loaded.predict_proba(X), fitted.predict_proba(X))


class _Killing(FolderCheckpoints):
    """Checkpoints at every iteration, and an end at one of them."""

    saves = 0
    end = 0

    def save(self, phase, checkpoint):
        super().save(phase, checkpoint)
        self.saves += 1
        if self.saves == self.end:
            raise KeyboardInterrupt


@pytest.mark.parametrize("end", [2, 8, 14])
@BOTH
def test_killed_and_resumed_gives_the_same_bits(tmp_path, make, end):
    few = {"layer_epochs": 2, "batch_size": 40}
    if make is _dbm:
        few["stack_epochs"] = 2
    expected = make(**few).fit(X)
    store = _Killing(tmp_path, "id", seconds=0)
    store.end = end
    with training_session(checkpoints=store):
        with pytest.raises(KeyboardInterrupt):
            make(**few).fit(X)
        resumed = make(**few).fit(X)
    assert _bytes(resumed) == _bytes(expected)
    assert resumed.history_ == expected.history_


@BOTH
def test_values_that_are_no_probabilities_are_refused(make):
    with pytest.raises(NotApplicableError, match="from 0 to 1"):
        make().fit(X - 0.25)


@BOTH
def test_learning_rates_are_one_or_one_for_each_layer(make):
    make(learning_rate=[0.01, 0.1], layer_epochs=1).fit(X)
    with pytest.raises(NotApplicableError, match="3 learning rates for 2 layers"):
        make(learning_rate=[0.1, 0.1, 0.1]).fit(X)
