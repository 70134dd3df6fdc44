from itertools import product

import numpy as np
import pytest
import scipy.sparse
import torch

from clustrace.classify.rbm import RBM
from clustrace.errors import NotApplicableError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.contrastive_divergence import sample
from clustrace.train.session import training_session

#: Two patterns of six pixels, with some noise.
RANDOM = np.random.default_rng(0)
PATTERNS = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
X = np.abs(PATTERNS[RANDOM.integers(0, 2, 120)] - (RANDOM.random((120, 6)) < 0.05)).astype(
    np.float32
)


def _small(**more):
    settings = {"epochs": 20, "batch_size": 10, "learning_rate": 0.1, "random_state": 1}
    return RBM(5, **{**settings, **more})


def _bytes(machine):
    return [p.detach().numpy().tobytes() for p in machine.network_.parameters()]


def _log_likelihood(machine):
    """Mean over the data, the partition function by all 2^6 visible states."""
    states = torch.tensor(list(product((0.0, 1.0), repeat=6)))
    network = machine.network_
    with torch.no_grad():
        log_z = torch.logsumexp(-network.free_energy(states), dim=0)
        return float((-network.free_energy(torch.from_numpy(X))).mean() - log_z)


def test_training_raises_the_exact_likelihood():
    likelihoods = [_log_likelihood(_small(epochs=epochs).fit(X)) for epochs in (0, 5, 40)]
    assert likelihoods[0] == pytest.approx(-6 * np.log(2), abs=0.1)
    assert likelihoods[0] + 0.2 < likelihoods[1] < likelihoods[2] - 1
    # No model of these data can do better than their own entropy.
    _, counts = np.unique(X, axis=0, return_counts=True)
    entropy = -(counts / 120 * np.log(counts / 120)).sum()
    assert -entropy - 0.3 < likelihoods[2] < -entropy


def test_history_has_the_error_of_reconstruction_summed_over_units():
    history = _small().fit(X).history_
    assert len(history) == 20
    assert history[0]["reconstruction_error"] > 1.0 > history[-1]["reconstruction_error"]


def test_features_are_probabilities_and_reconstruct_the_patterns():
    machine = _small(epochs=60).fit(X)
    features = machine.transform(PATTERNS.astype(np.float32))
    assert features.shape == (2, 5)
    assert features.min() >= 0 and features.max() <= 1
    assert np.array_equal(machine.inverse_transform(features) > 0.5, PATTERNS > 0.5)


def test_same_seed_same_bits_and_another_seed_others():
    assert _bytes(_small().fit(X)) == _bytes(_small().fit(X))
    assert _bytes(_small().fit(X)) != _bytes(_small(random_state=2).fit(X))


def test_sparse_samples_give_the_same():
    assert _bytes(_small().fit(scipy.sparse.csr_matrix(X))) == _bytes(_small().fit(X))


def test_weights_can_be_loaded():
    fitted = _small().fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _small().load_weights(weights, 6)
    assert np.array_equal(loaded.transform(X), fitted.transform(X))


def test_killed_and_resumed_gives_the_same_bits(tmp_path, monkeypatch):
    few = {"epochs": 3, "batch_size": 30}
    expected = _small(**few).fit(X)
    calls = []

    def killing(probabilities, generator):
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return sample(probabilities, generator)

    monkeypatch.setattr("clustrace.train.contrastive_divergence.sample", killing)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        with pytest.raises(KeyboardInterrupt):
            _small(**few).fit(X)
        resumed = _small(**few).fit(X)
    assert len(calls) == 13, "the resumed training must not start anew"
    assert _bytes(resumed) == _bytes(expected)
    assert resumed.history_ == expected.history_


def test_gaussian_units_learn_standardised_values():
    rng = np.random.default_rng(0)
    samples = rng.choice([-1, 1], (200, 1)) * np.ones((1, 6)) + rng.normal(size=(200, 6)) * 0.1
    samples = samples.astype(np.float32)
    machine = _small(visible="gaussian", learning_rate=0.01, epochs=40).fit(samples)
    error = ((machine.inverse_transform(machine.transform(samples)) - samples) ** 2).mean()
    assert error < 0.2 < (samples**2).mean()


@pytest.mark.parametrize("values", [X - 0.25, 2 * X, scipy.sparse.csr_matrix(2 * X)])
def test_values_that_are_no_probabilities_are_refused(values):
    with pytest.raises(NotApplicableError, match="from 0 to 1, and the samples have values from"):
        _small().fit(values)


def test_unknown_visible_units_are_refused():
    with pytest.raises(NotApplicableError, match="bernoulli, gaussian"):
        _small(visible="other").fit(X)
