import statistics

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.aspc_da import ASPCDA
from clustrace.cluster.emaec import EmAEC
from clustrace.cluster.self_paced import SelfPacedObjective, SelfPacing, selection_threshold
from clustrace.errors import NotApplicableError
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.augmentation import Augmentation
from clustrace.train.augmented import AugmentedAutoencoder
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

X, Y = make_blobs(120, 16, centers=3, cluster_std=0.6, random_state=1)
X = ((X - X.min()) / np.ptp(X)).astype(np.float32)
STILL = {"rotation": 0, "shift": 0}
PLAIN_SGD = {"optimizer": "sgd", "learning_rate": 0.5, "momentum": 0.0}


@pytest.fixture(scope="module")
def autoencoder():
    estimator = AugmentedAutoencoder(
        (12,), 3, max_iterations=150, learning_rate=0.5, momentum=0.9, random_state=0, **STILL
    )
    return FrozenEstimator(estimator.fit(X))


def _emaec(autoencoder, **more):
    settings = {
        "autoencoder": autoencoder,
        "n_clusters": 3,
        "rounds": 4,
        "round_iterations": 5,
        "batch_size": 50,
        "learning_rate": 0.001,
        "random_state": 0,
    }
    return EmAEC(**{**settings, **more})


@pytest.mark.parametrize("n", [7, 8])
def test_thresholds_are_the_printed_statistics(n):
    distances = np.random.default_rng(n).random(n) ** 3
    mean, median = statistics.fmean(distances), statistics.median(distances)
    std = statistics.pstdev(distances)
    expected = {
        "median-mean": median + 0.25 * mean,
        "mean-median": mean + 0.25 * median,
        "median-std": median + 0.25 * std,
        "mean-std": mean + 0.25 * std,
    }
    for rule, value in expected.items():
        found = selection_threshold(torch.from_numpy(distances), 0.25, rule)
        assert found.item() == pytest.approx(value, rel=1e-12)


class _Plain(AutoencoderNetwork):
    """f(x) = w x with w = 1."""

    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Linear(2, 2, bias=False)
        self.decoder = torch.nn.Linear(2, 2)
        with torch.no_grad():
            self.encoder.weight.copy_(torch.eye(2))


#: Distances to the centroids (0, 0) and (10, 0) are 1, 2, 3, 3, 4.
SAMPLES = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 3.0], [10.0, 3.0], [10.0, 4.0]])
CENTROIDS = np.array([[0.0, 0.0], [10.0, 0.0]], np.float32)


def _objective(**more):
    settings = {
        "threshold": "median-mean",
        "distance": "squared",
        "rounds": 4,
        "round_iterations": 10,
        "rounds_on_all": 0,
        "tolerance": None,
    }
    pacing = SelfPacing(**{**settings, **more})
    return SelfPacedObjective(
        _Plain(), CENTROIDS, np.zeros(5), SAMPLES, pacing, Augmentation((1, 2), 0, 0)
    )


@pytest.mark.parametrize(
    ("more", "iteration", "threshold", "selected"),
    [
        # Squares 1, 4, 9, 9, 16 have the median 9 and the mean 7.8; the test is strict.
        ({}, 0, 9.0, [1, 1, 0, 0, 0]),
        ({}, 10, 9 + 7.8 / 4, [1, 1, 1, 1, 0]),
        ({}, 40, 16.8, [1, 1, 1, 1, 1]),
        ({"threshold": "mean-median"}, 0, 7.8, [1, 1, 0, 0, 0]),
        ({"threshold": "mean-std"}, 20, 7.8 + np.sqrt(26.16) / 2, [1, 1, 1, 1, 0]),
        # Distances 1, 2, 3, 3, 4 have the median 3 and the mean 2.6.
        ({"distance": "plain"}, 0, 3.0, [1, 1, 0, 0, 0]),
        ({"distance": "plain"}, 20, 4.3, [1, 1, 1, 1, 1]),
        ({"rounds_on_all": 1}, 0, 9.0, [1, 1, 1, 1, 1]),
        ({"rounds_on_all": 1}, 10, 9 + 7.8 / 4, [1, 1, 1, 1, 0]),
    ],
)
def test_samples_nearer_than_the_threshold_are_selected(more, iteration, threshold, selected):
    objective = _objective(**more)
    facts = objective.before_iteration(iteration)
    assert facts["threshold"] == pytest.approx(threshold)
    assert objective.state["selected"].tolist() == [bool(each) for each in selected]
    assert facts["selected"] == pytest.approx(sum(selected) / 5)
    assert objective.state["labels"].tolist() == [0, 0, 0, 1, 1]
    assert facts["label_change"] == pytest.approx(0.4)


def test_a_cluster_without_selected_samples_pulls_none_and_is_counted():
    objective = _objective()
    assert objective.before_iteration(0)["clusters_without_selected"] == 1
    losses = objective.losses(SAMPLES, torch.arange(5), torch.Generator())
    # The mean over the two selected, 1 and 4, not over all five.
    assert losses["loss"].item() == pytest.approx(2.5)
    losses["loss"].backward()
    # 2/2 (z - m) x^T, summed.
    expected = torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    torch.testing.assert_close(objective.network.encoder.weight.grad, expected)
    assert objective.before_iteration(10)["clusters_without_selected"] == 0


def test_a_batch_without_selected_samples_has_no_gradient():
    objective = _objective()
    objective.before_iteration(0)
    losses = objective.losses(SAMPLES[3:], torch.tensor([3, 4]), torch.Generator())
    losses["loss"].backward()
    assert losses["loss"].item() == 0
    assert not objective.network.encoder.weight.grad.any()


def test_the_order_of_a_batch_does_not_matter_and_labels_belong_to_rows():
    objective = _objective(rounds_on_all=1)
    objective.before_iteration(0)
    index = torch.tensor([4, 0, 3])
    losses = objective.losses(SAMPLES[index], index, torch.Generator())
    assert losses["loss"].item() == pytest.approx((16 + 1 + 9) / 3)


def test_selection_is_on_clean_samples_and_the_loss_on_augmented_ones():
    class Doubled(Augmentation):
        def __call__(self, batch, generator):
            return 2 * batch

    objective = _objective()
    objective.augmentation = Doubled((1, 2), 0, 0)
    assert objective.before_iteration(0)["threshold"] == pytest.approx(9.0)
    losses = objective.losses(SAMPLES, torch.arange(5), torch.Generator())
    assert losses["loss"].item() == pytest.approx((4 + 16) / 2)


def test_rounds_end_early_only_where_few_labels_change():
    objective = _objective(tolerance=0.5)
    assert not objective.before_iteration(0)["stop"], "not before the first round"
    assert objective.before_iteration(10)["stop"]
    assert objective.before_iteration(5) is None
    assert not _objective().before_iteration(10)["stop"]


def test_finds_separated_clusters_and_predicts_its_labels(autoencoder):
    estimator = _emaec(autoencoder).fit(X)
    assert adjusted_rand_score(Y, estimator.labels_) == 1
    assert np.array_equal(estimator.predict(X), estimator.labels_)
    assert estimator.label_history_.shape == (5, 120)
    assert (estimator.n_iter_, estimator.update_interval_) == (20, 5)
    selected = [row["selected"] for row in estimator.history_]
    assert selected[0] == pytest.approx(0.5, abs=0.01) and selected[-1] > selected[0]


def test_centroids_stay_and_samples_come_nearer(autoencoder):
    before = _emaec(autoencoder, max_iterations=0).fit(X)
    after = _emaec(autoencoder, rounds=20, rounds_on_all=20, **PLAIN_SGD, **STILL).fit(X)
    assert np.array_equal(before.cluster_centers_, after.cluster_centers_)

    def spread(estimator):
        z = estimator.network_.encode(torch.from_numpy(X)).detach().numpy()
        return np.square(z - estimator.cluster_centers_[estimator.labels_]).sum()

    assert spread(after) < 0.99 * spread(before)
    for name, weights in after.network_.decoder.state_dict().items():
        assert torch.equal(weights, before.network_.decoder.state_dict()[name])


def test_a_round_is_an_epoch_where_no_number_is_given(autoencoder):
    estimator = _emaec(autoencoder, round_iterations=None).fit(X)
    assert (estimator.update_interval_, estimator.n_iter_) == (3, 12)
    assert _emaec(autoencoder, round_iterations=None, batch_size=500).fit(X).update_interval_ == 1


def test_aspc_da_starts_with_all_samples_by_epochs_and_stops_when_labels_settle(autoencoder):
    estimator = ASPCDA(n_clusters=3, autoencoder=autoencoder, batch_size=50, random_state=0).fit(X)
    assert estimator.update_interval_ == 3
    assert adjusted_rand_score(Y, estimator.labels_) == 1
    changes = [row["label_change"] for row in estimator.history_]
    assert changes[-1] < 0.001 and len(changes) < 100
    whole = ASPCDA(
        n_clusters=3, autoencoder=autoencoder, tolerance=None, rounds=3, random_state=0
    ).fit(X)
    first, *others = (row["selected"] for row in whole.history_)
    assert first == 1 and others[0] < 1 and len(others) == 3


def test_the_training_ends_early_without_another_threshold(autoencoder):
    whole, part = _emaec(autoencoder).fit(X), _emaec(autoencoder, max_iterations=7).fit(X)
    assert part.n_iter_ == 7
    assert part.history_[:2] == whole.history_[:2]


@pytest.mark.parametrize("kill", [2, 5, 13])
def test_killed_and_resumed_equals_undisturbed_bit_for_bit(
    autoencoder, tmp_path, monkeypatch, kill
):
    undisturbed = _emaec(autoencoder).fit(X)
    losses, steps = SelfPacedObjective.losses, []

    def killed(*arguments):
        steps.append(1)
        if len(steps) == kill:
            raise KeyboardInterrupt
        return losses(*arguments)

    monkeypatch.setattr(SelfPacedObjective, "losses", killed)
    with (
        training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)),
        pytest.raises(KeyboardInterrupt),
    ):
        _emaec(autoencoder).fit(X)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        resumed = _emaec(autoencoder).fit(X)
    assert len(steps) == 21, "the killed step is the only one that is repeated"
    assert resumed.history_ == undisturbed.history_
    for name in ("labels_", "label_history_", "cluster_centers_"):
        assert getattr(resumed, name).tobytes() == getattr(undisturbed, name).tobytes()
    for ours, theirs in zip(
        resumed.network_.state_dict().values(),
        undisturbed.network_.state_dict().values(),
        strict=True,
    ):
        assert ours.numpy().tobytes() == theirs.numpy().tobytes()


def test_pretrains_by_itself_with_as_many_units_as_clusters(monkeypatch):
    monkeypatch.setattr(AugmentedAutoencoder, "_plan", _short)
    estimator = EmAEC(n_clusters=3, rounds=1, round_iterations=1, random_state=0, n_init=1)
    estimator.fit(X.reshape(-1, 2, 8))
    start = estimator.autoencoder_
    assert (start.embedding_size, start.smoothing, start.rotation) == (3, 0.001, 10.0)
    assert estimator.sample_shape_ == (2, 8)


def _short(autoencoder, n):
    plan = AugmentedAutoencoder(max_iterations=2)
    return _PLAN(plan, n)


_PLAN = AugmentedAutoencoder._plan


def test_what_cannot_be_done_is_told(autoencoder):
    with pytest.raises(NotApplicableError, match="no threshold 'mode-mean'"):
        _emaec(autoencoder, threshold="mode-mean").fit(X)
    with pytest.raises(NotApplicableError, match="no distance 'cosine'"):
        _emaec(autoencoder, distance="cosine").fit(X)
    with pytest.raises(NotApplicableError, match="fewer"):
        _emaec(autoencoder, n_clusters=200).fit(X)
    with pytest.raises(NotApplicableError, match="no square image"):
        EmAEC(n_clusters=3, random_state=0).fit(X[:, :12])
