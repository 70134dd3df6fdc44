import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator

from clustrace.cluster.dcec import DCEC
from clustrace.cluster.dec import DEC
from clustrace.evaluate.metrics import clustering_accuracy
from clustrace.nets.assignment import soft_assignment, target_distribution
from clustrace.train.convolutional import ConvolutionalAutoencoder

DIGITS = load_digits()
KEEP = np.flatnonzero(np.isin(DIGITS.target, (0, 1, 4)))[:300]
X = (DIGITS.images[KEEP] / 16).astype(np.float32)
Y = DIGITS.target[KEEP]


@pytest.fixture(scope="module")
def autoencoder():
    estimator = ConvolutionalAutoencoder(
        embedding_size=3, filters=(8, 8, 8), epochs=60, batch_size=50, random_state=0
    )
    return FrozenEstimator(estimator.fit(X))


def _few(**more):
    return {"n_clusters": 3, "update_interval": 6, "max_iterations": 60, "random_state": 0, **more}


def test_clusters_images(autoencoder):
    estimator = DCEC(autoencoder=autoencoder, **_few()).fit(X)
    assert clustering_accuracy(Y, estimator.labels_) > 0.8
    assert np.array_equal(estimator.predict(X), estimator.labels_)


def test_trains_its_own_autoencoder_on_images():
    small = ConvolutionalAutoencoder(filters=(2, 2, 2), embedding_size=3, epochs=2)
    labels = DCEC(autoencoder=small, **_few(max_iterations=6)).fit_predict(X)
    assert labels.shape == (300,)
    default = DCEC(image_shape=(8, 8))._default_autoencoder(0)
    assert default.epochs == 200 and default.image_shape == (8, 8)


def test_loss_is_equation_5(autoencoder):
    estimator = DCEC(autoencoder=autoencoder, clustering_weight=0.7)
    network, centroids = autoencoder.network_, np.eye(3, dtype=np.float32)
    data = torch.from_numpy(X.reshape(300, 64))
    objective = estimator._objective(
        network, centroids, np.zeros(300, int), data, update_interval=5, tolerance=0.0
    )
    objective.before_iteration(0)
    rows = torch.arange(11)
    losses = objective.losses(data[rows], rows, torch.Generator())
    p = target_distribution(soft_assignment(network.encode(data), torch.from_numpy(centroids)))
    q = soft_assignment(network.encode(data[rows]), torch.from_numpy(centroids))
    expected = F.mse_loss(network(data[rows])[0], data[rows]) + 0.7 * F.kl_div(
        q.log(), p[rows], reduction="batchmean"
    )
    assert losses["loss"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_dec_conv_is_dec_on_the_convolutional_embedding(autoencoder):
    estimator = DEC(autoencoder=autoencoder, optimizer="adam", learning_rate=1e-3, **_few()).fit(X)
    assert clustering_accuracy(Y, estimator.labels_) > 0.8
    decoder = autoencoder.network_.decoder[0].weight
    assert torch.equal(estimator.network_.decoder[0].weight, decoder)
