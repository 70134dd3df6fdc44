import numpy as np
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.dsc_dan import DSCDAN
from clustrace.cluster.dsc_dan_objective import DSCDANObjective, DSCDANSettings
from clustrace.errors import DivergedError, NotApplicableError, StoppedError
from clustrace.nets.dual import DualNetwork, SoftmaxClusters
from clustrace.nets.spectral_loss import orthonormalised, spectral_loss
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.dual_autoencoder import DualAutoencoder, DualWeights
from clustrace.train.session import training_session

RNG = np.random.default_rng(6)
Y = np.repeat(np.arange(3), 40)
#: Bars at three places of small images, with noise.
IMAGES = RNG.uniform(0, 0.2, size=(120, 6, 6)).astype(np.float32)
for place in range(3):
    IMAGES[place == Y, :, 2 * place : 2 * place + 2] += 0.8


def _autoencoder(**more):
    settings = {"epochs": 10, "batch_size": 30, "learning_rate": 0.01, "random_state": 0}
    return DualAutoencoder(embedding_size=4, filters=(4, 4), **{**settings, **more})


@pytest.fixture(scope="module")
def fitted_autoencoder():
    return FrozenEstimator(_autoencoder().fit(IMAGES))


def _dsc_dan(autoencoder, **more):
    settings = {
        "n_clusters": 3, "classifier_units": (16,), "max_iterations": 20, "update_interval": 5,
        "batch_size": 50, "learning_rate": 0.01, "n_init": 3, "random_state": 0,
    }  # fmt: skip
    return DSCDAN(autoencoder=autoencoder, **{**settings, **more})


def test_loss_is_the_weighted_sum_of_its_terms():
    network = DualNetwork((6, 6), 4, (4, 4), seed=1)
    batch = torch.from_numpy(IMAGES[::6].reshape(20, 36))
    means = torch.from_numpy(RNG.normal(size=(3, 4)).astype(np.float32))
    clusters = SoftmaxClusters(means, (8,), seed=2)
    settings = DSCDANSettings(DualWeights(5, 2.5, 1.5, 0.1), 0.7, 0.9, 4, 2.0)
    objective = DSCDANObjective(network, clusters, np.zeros(20), batch, settings, 5)
    found = objective.losses(batch, torch.arange(20), torch.Generator().manual_seed(0))
    mean, log_variance = network.posterior(batch)
    y = clusters.classifier(mean).softmax(dim=1)
    divergence = 0.0
    for k in range(3):
        each = -0.5 * (1 + log_variance - (mean - means[k]).square() - log_variance.exp())
        divergence += (y[:, k] * each.sum(dim=1)).mean()
    expected = {
        "divergence": divergence,
        "negative_entropy": (y * y.log()).sum() / 20,
        "spectral": spectral_loss(mean, orthonormalised(y), n_neighbors=4, scale=2.0),
    }
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-4)
    weights = {
        "reconstruction": 5, "consistency": 2.5, "divergence": 1.5, "information": 0.1,
        "negative_entropy": 0.7, "spectral": 0.9,
    }  # fmt: skip
    total = sum(weight * found[name] for name, weight in weights.items())
    torch.testing.assert_close(found["loss"], total)


def test_finds_separated_clusters_and_stores_what_they_follow_from(fitted_autoencoder):
    fitted = _dsc_dan(fitted_autoencoder).fit(IMAGES)
    assert adjusted_rand_score(Y, fitted.labels_) > 0.95
    assert fitted.label_history_.shape == (5, 120)
    assert np.array_equal(fitted.label_history_[-1], fitted.labels_)
    stored = _autoencoder()
    weights = {k: v.detach().numpy() for k, v in fitted.network_.state_dict().items()}
    stored.load_weights(weights, 36)
    again = _dsc_dan(None).load_model(fitted.cluster_centers_, stored, **fitted.further_arrays())
    assert np.array_equal(again.predict(IMAGES), fitted.labels_)


def test_means_start_at_the_centroids(fitted_autoencoder):
    centroids = RNG.normal(size=(3, 4)).astype(np.float32)
    estimator = _dsc_dan(fitted_autoencoder, initial_centroids=centroids, max_iterations=0)
    assert np.array_equal(estimator.fit(IMAGES).cluster_centers_, centroids)


def test_the_classifier_starts_from_the_clusters_of_k_means(fitted_autoencoder):
    fitted = _dsc_dan(fitted_autoencoder, max_iterations=0, classifier_iterations=60).fit(IMAGES)
    distances = fitted.autoencoder_.transform(IMAGES)[:, None] - fitted.cluster_centers_
    assert np.array_equal(fitted.labels_, (distances**2).sum(axis=2).argmin(axis=1))


def test_looking_at_the_labels_changes_nothing(fitted_autoencoder):
    often = _dsc_dan(fitted_autoencoder, max_iterations=4, update_interval=1).fit(IMAGES)
    seldom = _dsc_dan(fitted_autoencoder, max_iterations=4, update_interval=4).fit(IMAGES)
    for name, array in often.further_arrays().items():
        assert array.tobytes() == seldom.further_arrays()[name].tobytes()


def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(fitted_autoencoder, tmp_path):
    whole = _dsc_dan(fitted_autoencoder).fit(IMAGES)
    looks = iter([False] * 7 + [True])
    stopping = FolderCheckpoints(tmp_path, "id", 0.0, stopping=lambda: next(looks))
    with training_session(checkpoints=stopping), pytest.raises(StoppedError):
        _dsc_dan(fitted_autoencoder).fit(IMAGES)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", 0.0)):
        resumed = _dsc_dan(fitted_autoencoder).fit(IMAGES)
    assert np.array_equal(resumed.label_history_, whole.label_history_)
    assert resumed.cluster_centers_.tobytes() == whole.cluster_centers_.tobytes()
    for name, array in whole.further_arrays().items():
        assert array.tobytes() == resumed.further_arrays()[name].tobytes()
    assert resumed.history_ == whole.history_


def test_a_batch_larger_than_the_data_is_the_data(fitted_autoencoder):
    one, other = (
        _dsc_dan(fitted_autoencoder, batch_size=size, max_iterations=3).fit(IMAGES)
        for size in (120, 1024)
    )
    assert one.cluster_centers_.tobytes() == other.cluster_centers_.tobytes()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"batch_size": 118}, "a batch of n_samples=120 has 2 samples, too few for orthogonal"),
        ({"batch_size": 2}, "a batch of n_samples=120 has 2 samples"),
        ({"n_neighbors": 1}, "n_neighbors=1 counts the sample itself"),
        ({"n_clusters": 121}, "n_samples=120 is less than n_clusters=121"),
    ],
)
def test_settings_that_do_not_fit(fitted_autoencoder, settings, sentence):
    with pytest.raises(NotApplicableError, match=sentence):
        _dsc_dan(fitted_autoencoder, **settings).fit(IMAGES)


def test_a_network_without_noise():
    with pytest.raises(NotApplicableError, match="needs the noisy embedding of a DualAutoencoder"):
        _dsc_dan(Autoencoder((4,), 4, epochs=1, random_state=0)).fit(IMAGES)


def test_a_loss_that_is_not_finite(fitted_autoencoder):
    with pytest.raises(DivergedError, match="The loss of 'finetune' is no longer finite"):
        _dsc_dan(fitted_autoencoder, learning_rate=1e30, classifier_iterations=0).fit(IMAGES)
