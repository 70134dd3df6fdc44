import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import normalized_mutual_info_score

from clustrace.cluster.embedding_kmeans import EmbeddingKMeans
from clustrace.errors import NotApplicableError, StoppedError
from clustrace.nets.pooled import WhitenedNetwork
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.deep_cluster import DeepCluster, DeepClusterObjective, uniform_over_clusters
from clustrace.train.session import training_session

DIGITS = load_digits()
IMAGES = (DIGITS.images / 16).astype(np.float32)


def _small(**more):
    settings = {"filters": (4, 8), "embedding_size": 16, "epochs": 2, "batch_size": 32}
    return DeepCluster(10, random_state=0, **{**settings, **more})


def _network(shape=(8, 8), units=6, n_components=4):
    return WhitenedNetwork(
        shape, units, (4, 4), n_components, scheme="glorot-uniform", seed=0
    ).eval()


def test_whitened_features_have_variance_one_and_length_one():
    network = _network()
    hidden = torch.randn(200, 6, generator=torch.Generator().manual_seed(0)) @ torch.randn(6, 6)
    network.fit_whitening(hidden)
    white = (hidden - network.center) @ network.whitening
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(4), atol=1e-4)
    # The components of the largest variance.
    values = np.linalg.eigvalsh(np.cov(hidden.T, bias=True))[::-1]
    scales = np.sort(1 / network.whitening.norm(dim=0).numpy())[::-1]
    np.testing.assert_allclose(scales, np.sqrt(values[:4]), rtol=1e-3)
    lengths = network.encode(torch.rand(5, 64)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(5))


def test_directions_that_samples_do_not_span_become_zero():
    network = _network()
    network.fit_whitening(torch.randn(3, 6, generator=torch.Generator().manual_seed(0)))
    assert (network.whitening.norm(dim=0) > 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("shape", [(4, 4), (1, 7), (28, 28), (64, 64), (9, 5, 3)])
def test_images_of_any_size(shape):
    network = _network(shape)
    assert network.hidden(torch.rand(2, int(np.prod(shape)))).shape == (2, 6)


def test_clusters_are_drawn_uniformly():
    labels = torch.tensor([0] * 80 + [1] * 15 + [3] * 5)
    rows = uniform_over_clusters(labels, torch.Generator().manual_seed(0))
    assert len(rows) == 100
    counts = torch.bincount(labels[rows], minlength=4).tolist()
    assert counts[2] == 0 and all(31 <= count <= 34 for count in (counts[0], counts[1], counts[3]))
    assert len(rows[labels[rows] == 0].unique()) == counts[0], "none of a large cluster twice"


def test_the_top_layer_steps_without_momentum():
    data = torch.from_numpy(IMAGES[:40].reshape(40, 64))
    objective = DeepClusterObjective(
        _network(), data, n_clusters=3, kmeans_iterations=5, learning_rate=0.1,
        weight_decay=0.01, steps_an_epoch=2, seed=0,
    )  # fmt: skip
    objective.before_iteration(0)
    before = objective.state["weight"].clone()
    objective.losses(data[:20], torch.arange(20), torch.Generator())["loss"].backward()
    gradient = objective._top[0].grad
    objective.after_step(data[:20], torch.arange(20))
    expected = before - 0.1 * (gradient + 0.01 * before)
    torch.testing.assert_close(objective.state["weight"], expected)
    objective.before_iteration(2)
    assert not torch.allclose(objective.state["weight"], expected, atol=1e-3), "new at each epoch"


def test_finds_digits():
    learner = DeepCluster(10, epochs=4, batch_size=64, filters=(8, 16), random_state=0)
    found = EmbeddingKMeans(10, autoencoder=learner, n_init=2, random_state=0).fit(IMAGES[:600])
    assert normalized_mutual_info_score(DIGITS.target[:600], found.labels_) > 0.5


def test_loaded_weights_give_the_same_features():
    fitted = _small().fit(IMAGES[:100])
    weights = {name: tensor.numpy() for name, tensor in fitted.network_.state_dict().items()}
    loaded = _small().load_weights(weights, 64)
    assert np.array_equal(loaded.transform(IMAGES[:100]), fitted.transform(IMAGES[:100]))


def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(tmp_path):
    images = IMAGES[:100]
    whole = _small().fit(images)
    looks = iter([False] * 5 + [True])
    stopping = FolderCheckpoints(tmp_path, "id", 0.0, stopping=lambda: next(looks))
    with training_session(checkpoints=stopping), pytest.raises(StoppedError):
        _small().fit(images)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", 0.0)):
        resumed = _small().fit(images)
    first, second = whole.network_.state_dict(), resumed.network_.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert resumed.history_ == whole.history_


def test_a_batch_of_one_sample_and_too_few_samples():
    with pytest.raises(NotApplicableError, match="last batch of n_samples=65 has a single sample"):
        _small().fit(IMAGES[:65])
    with pytest.raises(NotApplicableError, match="n_samples=5 is less than n_clusters=10"):
        _small().fit(IMAGES[:5])
