import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.datasets import make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.dcn import DCN, DCNObjective, DCNSettings, moved_centroids
from clustrace.cluster.embedding_kmeans import EmbeddingKMeans
from clustrace.errors import NotApplicableError
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.engine import train
from clustrace.train.session import training_session
from clustrace.train.stacked import StackedAutoencoder

LINEAR = {"activate_embedding": False, "activate_output": False, "initialisation": "fan-in-normal"}
X, Y = make_blobs(130, 6, centers=3, random_state=0)
X = (X / 10).astype(np.float32)
PAPER = DCNSettings(1.0, 1.0, "counts", 100, None)
EPOCHS = 4


@pytest.fixture(scope="module")
def autoencoder():
    estimator = StackedAutoencoder(
        (16,), 3, layer_epochs=20, stack_epochs=20, batch_size=32, random_state=0, **LINEAR
    )
    return FrozenEstimator(estimator.fit(X))


def _dcn(autoencoder, **more):
    settings = {
        "autoencoder": autoencoder,
        "n_clusters": 3,
        "batch_size": 50,
        "epochs": EPOCHS,
        "learning_rate": 0.01,
        "random_state": 0,
    }
    return DCN(**{**settings, **more})


def _sequentially(centroids, counts, embedding, labels):
    """Eq. 8 as it stands, sample by sample."""
    centroids, counts = centroids.copy(), counts.copy()
    for z, k in zip(embedding, labels, strict=True):
        counts[k] += 1
        centroids[k] -= (centroids[k] - z) / counts[k]
    return centroids, counts


@pytest.mark.parametrize("start", [0, 1, 100])
@pytest.mark.parametrize("seed", range(5))
def test_the_centroids_move_as_sample_by_sample(seed, start):
    random = np.random.default_rng(seed)
    centroids, embedding = random.normal(size=(7, 4)), random.normal(size=(64, 4))
    labels = random.integers(5, size=64)  # Clusters 5 and 6 get no sample.
    counts = np.full(7, float(start))
    expected = _sequentially(centroids, counts + (start == 0), embedding, labels)
    found = moved_centroids(
        *(torch.from_numpy(a) for a in (centroids, counts + (start == 0), embedding, labels))
    )
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-12, atol=1e-12)
    assert np.array_equal(found[0][5:].numpy(), centroids[5:]), "without a sample, not even rounded"


class _Plain(AutoencoderNetwork):
    """f(x) = 2x and g(z) = z + b, by hand."""

    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Linear(2, 2, bias=False)
        self.decoder = torch.nn.Linear(2, 2)
        with torch.no_grad():
            self.encoder.weight.copy_(2 * torch.eye(2))
            self.decoder.weight.copy_(torch.eye(2))
            self.decoder.bias.copy_(torch.tensor([0.0, 1.0]))


BATCH = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
CENTROIDS = np.array([[1.0, 0.0], [0.0, 4.0]], np.float32)


def _by_hand(settings):
    objective = DCNObjective(
        _Plain(), CENTROIDS, np.array([1, 0]), BATCH, settings, steps_an_epoch=1
    )
    # The row numbers are swapped: the labels belong to rows, not to places in the batch.
    return objective, objective.losses(BATCH, torch.tensor([1, 0]), torch.Generator())


def test_losses_of_both_readings():
    """z = (2, 0), (0, 6); errors of (2, 1), (0, 7) are 1 + 1 and 0 + 16; distances 1 and 4."""
    _, paper = _by_hand(DCNSettings(1.0, 0.5, "counts", 100, None))
    assert paper["reconstruction"].item() == pytest.approx(9.0)
    assert paper["clustering"].item() == pytest.approx(2.5)
    assert paper["loss"].item() == pytest.approx(9.0 + 0.25 * 2.5)
    # The code's lbd = 0.05: lbd times the reconstruction, plus the clustering with weight 1.
    _, code = _by_hand(DCNSettings(0.05, 2.0, "counts", 100, None))
    assert code["loss"].item() == pytest.approx(0.05 * 9.0 + 2.5)
    _, without = _by_hand(DCNSettings(0.0, 1.0, "counts", 100, None))
    assert without["loss"].item() == pytest.approx(1.25)
    assert "reconstruction" not in without


def test_no_gradient_flows_through_the_centroids():
    objective, losses = _by_hand(PAPER)
    losses["loss"].backward()
    assert not objective.centroids.requires_grad
    assert objective.centroids.grad is None
    assert objective.network.encoder.weight.grad is not None
    names = {name for name, _ in objective.module.named_parameters()}
    assert names == {"encoder.weight", "decoder.weight", "decoder.bias"}


def test_after_a_step_the_batch_is_assigned_anew_and_the_centroids_follow():
    objective, _ = _by_hand(PAPER)
    with torch.no_grad():
        objective.after_step(BATCH, torch.tensor([1, 0]))
    assert objective.state["labels"].tolist() == [1, 0]
    assert objective.state["counts"].tolist() == [101, 101]
    expected = [[1 + 1 / 101, 0], [0, 4 + 2 / 101]]
    np.testing.assert_allclose(objective.centroids.numpy(), expected, rtol=1e-6)


def test_what_it_starts_from_stays_as_it_was():
    labels, centroids = np.array([0, 0]), CENTROIDS.copy()
    objective = DCNObjective(_Plain(), centroids, labels, BATCH, PAPER, steps_an_epoch=1)
    with torch.no_grad():
        objective.after_step(BATCH, torch.tensor([0, 1]))
    assert objective.state["labels"].tolist() == [0, 1]
    assert labels.tolist() == [0, 0]
    assert np.array_equal(centroids, CENTROIDS)


def test_frozen_centroids_stay_and_labels_do_not():
    objective, _ = _by_hand(DCNSettings(1.0, 1.0, "frozen", 100, None))
    objective.state["labels"] = torch.tensor([0, 0])
    with torch.no_grad():
        objective.after_step(BATCH, torch.tensor([1, 0]))
    assert np.array_equal(objective.centroids.numpy(), CENTROIDS)
    assert objective.state["labels"].tolist() == [1, 0]


def test_finds_separated_clusters_and_predicts_its_labels(autoencoder):
    estimator = _dcn(autoencoder).fit(X)
    assert adjusted_rand_score(Y, estimator.labels_) > 0.95
    assert np.array_equal(estimator.labels_, estimator.predict(X))
    network = {name: w.numpy() for name, w in estimator.network_.state_dict().items()}
    stored = StackedAutoencoder((16,), 3, **LINEAR).load_weights(network, X.shape[1])
    loaded = DCN(3).load_model(estimator.cluster_centers_, stored)
    assert np.array_equal(loaded.predict(X), estimator.labels_)


def test_labels_are_noted_at_the_start_and_after_each_epoch(autoencoder):
    estimator = _dcn(autoencoder).fit(X)
    assert estimator.label_history_.shape == (EPOCHS + 1, len(X))
    assert (estimator.update_interval_, estimator.n_iter_) == (3, 3 * EPOCHS)
    start = EmbeddingKMeans(3, autoencoder=autoencoder, n_init=10, random_state=0).fit(X)
    assert np.array_equal(estimator.label_history_[0], start.labels_)
    assert np.array_equal(estimator.label_history_[-1], estimator.labels_)
    epochs = [row["epoch"] for row in estimator.history_ if "loss" in row]
    assert epochs == [1, 2, 3, 4]
    changes = [row["label_change"] for row in estimator.history_]
    shares = (np.diff(estimator.label_history_, axis=0) != 0).mean(axis=1)
    assert changes == pytest.approx([0.0, *shares])


def test_the_shorter_last_batch_is_trained(autoencoder):
    seen = []

    class _Seen(DCNObjective):
        def after_step(self, batch, index):
            seen.append(len(batch))
            super().after_step(batch, index)

    network = DenseAutoencoder(6, (16,), 3)
    data = torch.from_numpy(X)
    objective = _Seen(
        network, np.eye(3, dtype=np.float32), np.zeros(130), data, PAPER, steps_an_epoch=3
    )
    train(objective, data, _dcn(autoencoder, epochs=1)._plan(130), phase="a", seed=0)
    assert seen == [50, 50, 30]
    assert objective.state["counts"].sum() == 300 + 130


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"restart_every": 2, "bias_rate_factor": 2.0, "final_kmeans": True},
        {"centroid_update": "frozen", "reconstruction_weight": 0.0, "optimizer": "adam"},
    ],
    ids=["paper", "restarts", "frozen"],
)
@pytest.mark.parametrize("kills", [[0], [5], [6], [2, 7, 11]])
def test_killed_and_resumed_equals_undisturbed_bit_for_bit(autoencoder, tmp_path, more, kills):
    undisturbed = _dcn(autoencoder, **more).fit(X)
    for kill in kills:
        estimator = _Killed(kill, **_dcn(autoencoder, **more).get_params(deep=False))
        with (
            training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)),
            pytest.raises(KeyboardInterrupt),
        ):
            estimator.fit(X)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        resumed = _dcn(autoencoder, **more).fit(X)
    assert resumed.history_ == undisturbed.history_
    for name in ("labels_", "label_history_", "cluster_centers_"):
        assert getattr(resumed, name).tobytes() == getattr(undisturbed, name).tobytes()
    for ours, theirs in zip(
        resumed.network_.state_dict().values(),
        undisturbed.network_.state_dict().values(),
        strict=True,
    ):
        assert ours.numpy().tobytes() == theirs.numpy().tobytes()


class _Killed(DCN):
    """Killed at a step, after the network moved and before the centroids did."""

    def __init__(self, kill=0, **more):
        super().__init__(**more)
        self.kill = kill

    def _start(self, *arguments):
        objective = super()._start(*arguments)
        before_iteration, after_step = objective.before_iteration, objective.after_step
        now = []

        def noted(iteration):
            now[:] = [iteration]
            return before_iteration(iteration)

        def killed(batch, index):
            if now == [self.kill]:
                raise KeyboardInterrupt
            after_step(batch, index)

        objective.before_iteration, objective.after_step = noted, killed
        return objective


def test_sparse_samples_give_the_same(autoencoder):
    sparse, dense = (_dcn(autoencoder).fit(x) for x in (scipy.sparse.csr_matrix(X), X))
    assert sparse.history_ == dense.history_
    assert np.array_equal(sparse.cluster_centers_, dense.cluster_centers_)
    assert np.array_equal(sparse.label_history_, dense.label_history_)


def test_restarts_replace_centroids_and_labels_and_keep_counts():
    network = _Plain()
    settings = DCNSettings(1.0, 1.0, "counts", 100, 2)
    far = np.array([[2.1, 0.0], [0.0, 5.0]], np.float32)
    data = torch.tensor([[1.0, 0.0], [1.0, 0.2], [0.0, 3.0], [0.0, 3.2]])
    objective = DCNObjective(network, far, np.array([0, 1, 1, 1]), data, settings, steps_an_epoch=1)
    objective.before_iteration(0)
    objective.before_iteration(1)
    assert np.array_equal(objective.centroids.numpy(), far)
    objective.before_iteration(2)
    np.testing.assert_allclose(objective.centroids.numpy(), [[2, 0.2], [0, 6.2]], rtol=1e-6)
    assert objective.state["labels"].tolist() == [0, 0, 1, 1]
    assert objective.state["counts"].tolist() == [100, 100]


def test_final_kmeans_is_a_fresh_one_on_the_embedding(autoencoder):
    estimator = _dcn(autoencoder, final_kmeans=True).fit(X)
    followed = _dcn(autoencoder).fit(X)
    embedding = estimator.network_.encode(torch.from_numpy(X)).detach().numpy()
    means = [embedding[estimator.labels_ == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(estimator.cluster_centers_, means, rtol=1e-3, atol=1e-4)
    assert not np.allclose(np.sort(followed.cluster_centers_, axis=0), np.sort(means, axis=0))


def test_a_cluster_that_gets_no_sample_stays_where_it_is(autoencoder):
    centroids = np.array([[0, 0, 0], [1, 0, 0], [900, 900, 900]], np.float32)
    estimator = _dcn(autoencoder, initial_centroids=centroids).fit(X)
    assert np.array_equal(estimator.cluster_centers_[2], centroids[2])
    assert set(estimator.labels_) <= {0, 1}


def _hidden_clusters(n, seed=0):
    """Four clusters in the plane behind two sigmoids: eq. 9 with few features."""
    random = np.random.default_rng(seed)
    centres = 10 * np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
    plane = np.repeat(centres, n // 4, axis=0) + 1.5 * random.normal(size=(n, 2))
    inner = 1 / (1 + np.exp(-plane @ random.normal(size=(2, 10))))
    return (1 / (1 + np.exp(-inner @ random.normal(size=(10, 30))))).astype(np.float32)


@pytest.mark.slow
def test_without_reconstruction_clusters_tighten_and_the_samples_are_lost():
    """The trivial solution of section 2: nothing holds the embedding to the samples."""
    samples = _hidden_clusters(400)
    start = StackedAutoencoder(
        (30, 10), 2, layer_epochs=60, batch_size=20, random_state=0, **LINEAR
    )
    autoencoder = FrozenEstimator(start.fit(samples))
    spread, error = {}, {}
    for weight in (1.0, 0.0):
        estimator = DCN(
            4,
            autoencoder=autoencoder,
            clustering_weight=10.0,
            reconstruction_weight=weight,
            learning_rate=0.005,
            batch_size=20,
            epochs=60,
            random_state=0,
        ).fit(samples)
        with torch.no_grad():
            output, embedding = (t.numpy() for t in estimator.network_(torch.from_numpy(samples)))
        within = ((embedding - estimator.cluster_centers_[estimator.labels_]) ** 2).sum()
        spread[weight] = within / ((embedding - embedding.mean(axis=0)) ** 2).sum()
        error[weight] = ((output - samples) ** 2).sum(axis=1).mean()
    assert spread[0.0] < 0.7 * spread[1.0]
    assert error[0.0] > 3 * error[1.0]


def test_fewer_samples_than_clusters(autoencoder):
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        _dcn(autoencoder).fit(X[:2])


def test_unknown_update(autoencoder):
    with pytest.raises(NotApplicableError, match="no centroid_update 'count'; use one of counts"):
        _dcn(autoencoder, centroid_update="count").fit(X)


def test_more_samples_a_batch_than_there_are(autoencoder):
    estimator = _dcn(autoencoder, batch_size=1000).fit(X)
    assert (estimator.n_iter_, estimator.update_interval_) == (EPOCHS, 1)
