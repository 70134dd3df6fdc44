import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits, make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.vade import VaDE, VaDESettings, reconstruction_loss
from clustrace.errors import NotApplicableError, StoppedError
from clustrace.nets.mixture import DiagonalMixture, latent_loss
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.optimizers import floored_decay
from clustrace.train.session import training_session

X, Y = make_blobs(120, 6, centers=3, random_state=0)
X = ((X - X.min()) / (X.max() - X.min())).astype(np.float32)
RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def autoencoder():
    estimator = Autoencoder(
        (16,), 3, epochs=60, batch_size=32, optimizer="adam", learning_rate=0.01, random_state=0
    )
    return FrozenEstimator(estimator.fit(X))


def _vade(autoencoder, **more):
    settings = {"n_clusters": 3, "epochs": 4, "batch_size": 50, "random_state": 0}
    return VaDE(autoencoder=autoencoder, **{**settings, **more})


def _mixture():
    weights, means = np.array([0.2, 0.5, 0.3]), RNG.normal(size=(3, 2))
    variances = RNG.uniform(0.5, 2, size=(3, 2))
    parts = [torch.from_numpy(part) for part in (weights, means, variances)]
    return DiagonalMixture(*parts), weights, means, variances


def test_responsibilities_are_those_of_bayes():
    mixture, weights, means, variances = _mixture()
    z = RNG.normal(size=(5, 2))
    joint = np.stack(
        [
            w * multivariate_normal(m, np.diag(v)).pdf(z)
            for w, m, v in zip(weights, means, variances, strict=True)
        ],
        axis=1,
    )
    found = mixture.log_responsibilities(torch.from_numpy(z)).exp().detach().numpy()
    np.testing.assert_allclose(found, joint / joint.sum(axis=1, keepdims=True))


def test_latent_terms_sum_by_sum():
    mixture, pi, mu, lam = _mixture()
    mean, log_variance = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))
    gamma = RNG.dirichlet(np.ones(3), size=4)
    expected = 0.0
    for i in range(4):
        for c in range(3):
            inner = 0.0
            for j in range(2):
                inner += math.log(2 * math.pi) + math.log(lam[c, j])
                inner += math.exp(log_variance[i, j]) / lam[c, j]
                inner += (mean[i, j] - mu[c, j]) ** 2 / lam[c, j]
            expected += gamma[i, c] * (inner / 2 - math.log(pi[c]) + math.log(gamma[i, c]))
        expected -= 0.5 * sum(1 + log_variance[i])
    tensors = [torch.from_numpy(array) for array in (mean, log_variance, np.log(gamma))]
    assert latent_loss(mixture, *tensors).item() == pytest.approx(expected / 4)


def test_reconstruction_is_summed_over_features():
    output, batch = torch.randn(4, 6), 2 * torch.rand(4, 6)
    p, x = torch.sigmoid(output), batch / 2
    entropy = -(x * p.log() + (1 - x) * (1 - p).log()).sum(dim=1).mean()
    found = reconstruction_loss(output, batch, VaDESettings(1.0, "sigmoid", 2.0))
    torch.testing.assert_close(found, entropy)
    square = (output - batch).square().sum(dim=1).mean()
    torch.testing.assert_close(
        reconstruction_loss(output, batch, VaDESettings(1.0, "linear", 2.0)), square
    )


def test_learning_rate_falls_to_its_floor():
    rate = floored_decay(0.002, 0.9, 10, 0.0002)
    assert [rate(0), rate(9)] == [0.002, 0.002]
    assert rate(25) == pytest.approx(0.002 * 0.81)
    assert rate(10_000) == 0.0002


def test_finds_separated_clusters_and_stores_what_they_follow_from(autoencoder):
    fitted = _vade(autoencoder).fit(X)
    assert adjusted_rand_score(Y, fitted.labels_) > 0.95
    assert fitted.label_history_.shape == (5, 120)
    assert np.array_equal(fitted.label_history_[-1], fitted.labels_)
    stored = Autoencoder((16,), 3)
    weights = {k: v.detach().numpy() for k, v in fitted.network_.state_dict().items()}
    stored.load_weights(weights, 6)
    again = _vade(None).load_model(fitted.cluster_centers_, stored, **fitted.further_arrays())
    assert np.array_equal(again.predict(X), fitted.labels_)


def test_training_raises_the_bound():
    digits = (load_digits().data[:300] / 16).astype(np.float32)
    start = Autoencoder((16,), 3, epochs=5, optimizer="adam", learning_rate=0.01, random_state=0)
    history = VaDE(5, autoencoder=start, epochs=8, random_state=0).fit(digits).history_
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]


def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(autoencoder, tmp_path):
    whole = _vade(autoencoder).fit(X)
    # Asked to end at the second time that somebody looks.
    looks = iter([False, False, False, True])
    stopping = FolderCheckpoints(tmp_path, "id", 0.0, stopping=lambda: next(looks))
    with training_session(checkpoints=stopping), pytest.raises(StoppedError):
        _vade(autoencoder).fit(X)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", 0.0)):
        resumed = _vade(autoencoder).fit(X)
    assert np.array_equal(resumed.label_history_, whole.label_history_)
    for name, array in whole.further_arrays().items():
        assert array.tobytes() == resumed.further_arrays()[name].tobytes()
    first, second = whole.network_.state_dict(), resumed.network_.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert resumed.history_ == whole.history_


def test_samples_that_are_no_grey_values(autoencoder):
    with pytest.raises(NotApplicableError, match=r"from 0 to largest_value=1, and these have -1"):
        _vade(autoencoder).fit(X - 1)
    with pytest.raises(NotApplicableError, match="There is no output 'tanh'"):
        _vade(autoencoder, output="tanh").fit(X)
