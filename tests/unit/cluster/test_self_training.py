import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.dec import DEC
from clustrace.cluster.embedding_kmeans import EmbeddingKMeans
from clustrace.cluster.idec import IDEC
from clustrace.cluster.kmeans import KMeans
from clustrace.errors import NotApplicableError
from clustrace.nets.assignment import soft_assignment, target_distribution
from clustrace.train.autoencoder import Autoencoder

X, Y = make_blobs(120, 6, centers=3, random_state=0)
X = (X / 10).astype(np.float32)


@pytest.fixture(scope="module")
def autoencoder():
    estimator = Autoencoder((16,), 3, epochs=60, batch_size=32, optimizer="adam", random_state=0)
    return FrozenEstimator(estimator.fit(X))


def _arguments(autoencoder, **more):
    settings = {
        "autoencoder": autoencoder,
        "n_clusters": 3,
        "batch_size": 50,
        "update_interval": 5,
        "max_iterations": 40,
        "tolerance": 0.0,
        "random_state": 0,
    }
    return {**settings, **more}


@pytest.mark.parametrize("method", [DEC, IDEC])
def test_finds_separated_clusters(method, autoencoder):
    estimator = method(**_arguments(autoencoder)).fit(X)
    assert adjusted_rand_score(Y, estimator.labels_) > 0.95
    assert np.array_equal(estimator.labels_, estimator.predict(X))


@pytest.mark.parametrize("method", [DEC, IDEC])
def test_shared_weights_stay_as_they_were(method, autoencoder):
    before = {k: v.clone() for k, v in autoencoder.network_.state_dict().items()}
    estimator = method(**_arguments(autoencoder)).fit(X)
    for name, tensor in autoencoder.network_.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert not torch.equal(estimator.network_.encoder[0].weight, before["encoder.0.weight"])


def test_dec_leaves_the_decoder_alone_and_idec_does_not(autoencoder):
    dec, idec = (m(**_arguments(autoencoder)).fit(X).network_ for m in (DEC, IDEC))
    pretrained = autoencoder.network_.decoder[0].weight
    assert torch.equal(dec.decoder[0].weight, pretrained)
    assert not torch.equal(idec.decoder[0].weight, pretrained)


def test_centroids_start_at_kmeans_and_move(autoencoder):
    kmeans = EmbeddingKMeans(3, autoencoder=autoencoder, random_state=0).fit(X)
    start = DEC(**_arguments(autoencoder, max_iterations=0)).fit(X)
    assert np.allclose(start.cluster_centers_, kmeans.cluster_centers_)
    given = kmeans.cluster_centers_
    same = DEC(**_arguments(autoencoder, initial_centroids=given)).fit(X)
    own = DEC(**_arguments(autoencoder)).fit(X)
    assert np.array_equal(same.labels_, own.labels_)
    assert np.abs(same.cluster_centers_ - given).max() > 1e-4


def test_target_distribution_is_updated_every_interval_over_all_samples(autoencoder, monkeypatch):
    shapes = []

    def spy(assignment):
        shapes.append(tuple(assignment.shape))
        return target_distribution(assignment)

    monkeypatch.setattr("clustrace.cluster.self_training.target_distribution", spy)
    estimator = DEC(**_arguments(autoencoder, update_interval=8)).fit(X)
    assert shapes == [(120, 3)] * 6, "iterations 0, 8, 16, 24, 32 and 40"
    assert estimator.label_history_.shape == (6, 120)
    assert estimator.n_iter_ == 40


def test_stops_when_few_labels_change_but_not_at_the_start(autoencoder):
    estimator = DEC(**_arguments(autoencoder, tolerance=0.5)).fit(X)
    assert estimator.n_iter_ == 5
    changes = [row["label_change"] for row in estimator.history_ if "label_change" in row]
    assert len(changes) == 2 and changes[-1] < 0.5


def test_losses_of_idec(autoencoder):
    estimator = IDEC(**_arguments(autoencoder, clustering_weight=0.3))
    network = autoencoder.network_
    centroids = np.eye(3, dtype=np.float32)
    data = torch.from_numpy(X)
    objective = estimator._objective(
        network, centroids, np.zeros(120, int), data, update_interval=5, tolerance=0.0
    )
    objective.before_iteration(0)
    rows = torch.arange(7)
    losses = objective.losses(data[rows], rows, torch.Generator())
    q = soft_assignment(network.encode(data), torch.from_numpy(centroids))
    p = target_distribution(q)
    kl = F.kl_div(q[rows].log(), p[rows], reduction="batchmean")
    mse = F.mse_loss(network(data[rows])[0], data[rows])
    assert losses["clustering"].item() == pytest.approx(kl.item(), rel=1e-5)
    assert losses["reconstruction"].item() == pytest.approx(mse.item(), rel=1e-5)
    assert losses["loss"].item() == pytest.approx((mse + 0.3 * kl).item(), rel=1e-5)


@pytest.mark.parametrize("method", [DEC, IDEC, EmbeddingKMeans])
def test_fewer_samples_than_clusters(method, autoencoder):
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        method(n_clusters=3, autoencoder=autoencoder).fit(X[:2])


def test_constant_features_give_an_answer_or_a_sentence(autoencoder):
    constant = np.ones((30, 6), np.float32)
    with pytest.warns(UserWarning, match="distinct clusters"):
        labels = DEC(**_arguments(autoencoder)).fit(constant).labels_
    assert len(labels) == 30


@pytest.mark.parametrize("method", [DEC, IDEC, EmbeddingKMeans, KMeans])
def test_nan_is_refused(method):
    broken = X.copy()
    broken[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        method(n_clusters=3).fit(broken)


def test_kmeans_has_twenty_starts():
    assert KMeans().n_init == 20
    assert adjusted_rand_score(Y, KMeans(3, random_state=0).fit_predict(X)) > 0.95


@pytest.mark.parametrize("method", [DEC, IDEC])
def test_a_stored_model_gives_the_labels_of_its_training(method, autoencoder):
    trained = method(**_arguments(autoencoder)).fit(X)
    network = {name: w.numpy() for name, w in trained.network_.state_dict().items()}
    stored = Autoencoder((16,), 3).load_weights(network, X.shape[1])
    loaded = method(n_clusters=3).load_model(trained.cluster_centers_, stored)
    assert np.array_equal(loaded.predict(X), trained.labels_)
    assert not np.array_equal(loaded.predict(X[::-1]), trained.labels_)


def test_a_stored_k_means_gives_the_labels_of_its_fit(autoencoder):
    embedded = EmbeddingKMeans(3, autoencoder=autoencoder, random_state=0).fit(X)
    loaded = EmbeddingKMeans(3).load_model(embedded.cluster_centers_, autoencoder)
    assert np.array_equal(loaded.predict(X), embedded.labels_)


def test_k_means_labels_are_those_of_the_centroids_it_keeps():
    """Far from the origin, distances to the centroids are hardly more than rounding."""
    samples = (1000 + np.random.default_rng(0).normal(size=(4000, 2))).astype(np.float32)
    fitted = KMeans(4, n_init=1, random_state=0).fit(samples)
    loaded = KMeans(4).load_model(fitted.cluster_centers_)
    assert np.array_equal(loaded.predict(samples), fitted.labels_)
    assert loaded.n_features_in_ == 2
