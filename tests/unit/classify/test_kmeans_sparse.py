"""Tests of the stacked sparse autoencoders: parts, ways of computing them, odd clusters."""

import numpy as np
import pytest
import torch

from clustrace.classify.kmeans_sparse import KMeansSparseAutoencoder
from clustrace.classify.stacked_sparse import (
    StackedDenoisingSparseAutoencoder,
    StackedSparseAutoencoder,
)
from clustrace.errors import NotApplicableError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

RANDOM = np.random.RandomState(0)
X = np.concatenate([RANDOM.rand(n, 16) * 0.2 + c for n, c in ((30, 0), (9, 0.4), (21, 0.8))])
X = X.astype(np.float32)


def _fitted(n_clusters=3, units=(12, 9), **changes):
    settings = {"iterations": 8, "random_state": 0, **changes}
    return KMeansSparseAutoencoder(n_clusters, units, **settings).fit(X)


def _weights(estimator):
    return [tensor.numpy() for tensor in estimator.network_.state_dict().values()]


@pytest.mark.parametrize(
    ("n_clusters", "parallel"),
    [(1, "sequential"), (3, "sequential"), (5, "sequential"), (5, "processes")],
)
def test_the_result_does_not_depend_on_how_it_is_computed(n_clusters, parallel):
    batched = _fitted(n_clusters)
    other = _fitted(n_clusters, parallel=parallel)
    for mine, theirs in zip(_weights(batched), _weights(other), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5, rtol=0)
    assert len(batched.history_) == len(other.history_) == 16
    for mine, theirs in zip(batched.history_, other.history_, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_one_after_the_other_is_equal_to_the_bit():
    for mine, theirs in zip(
        _weights(_fitted()), _weights(_fitted(parallel="sequential")), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_with_one_cluster_it_is_the_stacked_sparse_autoencoder():
    plain = StackedSparseAutoencoder((12, 9), iterations=8, random_state=0).fit(X)
    for mine, theirs in zip(_weights(_fitted(1)), _weights(plain), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_each_cluster_has_its_share_of_the_units_and_the_remainder_is_spread():
    fitted = _fitted(5)
    assert [tuple(layer[0].weight.shape) for layer in fitted.network_.layers()] == [
        (12, 16),
        (9, 12),
    ]
    assert [sizes.sum() for sizes in fitted.cluster_sizes_] == [60, 60]


def test_training_lowers_the_loss_of_each_layer():
    fitted = _fitted()
    for phase in (1, 2):
        losses = [row["loss"] for row in fitted.history_ if row["phase"] == phase]
        assert losses == sorted(losses, reverse=True) and losses[-1] < 0.9 * losses[0]


def test_a_cluster_of_a_single_sample_and_clusters_smaller_than_their_units_are_trained():
    samples = np.concatenate([X[:39], np.ones((1, 16), np.float32)])
    fitted = KMeansSparseAutoencoder(3, (60, 30), iterations=5, random_state=0).fit(samples)
    assert 1 in fitted.cluster_sizes_[0]
    assert np.isfinite(fitted.transform(samples)).all()


def test_features_are_those_of_the_layers_and_of_weights_from_a_file():
    fitted = _fitted()
    features = fitted.transform(X)
    hidden = torch.from_numpy(X)
    for layer in fitted.network_.layers():
        hidden = layer(hidden)
    np.testing.assert_array_equal(features, hidden.detach().numpy())
    arrays = {name: t.numpy() for name, t in fitted.network_.state_dict().items()}
    loaded = KMeansSparseAutoencoder(3, (12, 9)).load_weights(arrays, 16)
    np.testing.assert_array_equal(loaded.transform(X), features)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_clusters": 61, "units": (80,)}, "n_samples=60 is less than n_clusters=61"),
        ({"n_clusters": 10, "units": (12, 9)}, "A layer of 9 units cannot be parted"),
        ({"parallel": "threads"}, "use one of batched, sequential, processes"),
    ],
)
def test_what_cannot_be_parted_is_refused_with_a_sentence(settings, message):
    with pytest.raises(NotApplicableError, match=message):
        _fitted(**settings)


def test_fewer_different_samples_than_clusters_are_refused():
    same = np.repeat(X[:2], 10, axis=0)
    with (
        pytest.warns(match="distinct clusters"),
        pytest.raises(NotApplicableError, match="fewer different samples than n_clusters=3"),
    ):
        KMeansSparseAutoencoder(3, (9,), iterations=2, random_state=0).fit(same)


def test_few_samples_are_drawn_by_the_seed():
    few = _fitted(max_samples=20)
    assert [sizes.sum() for sizes in few.cluster_sizes_] == [20, 20]
    np.testing.assert_array_equal(few.transform(X), _fitted(max_samples=20).transform(X))
    np.testing.assert_array_equal(_fitted().transform(X), _fitted(max_samples=60).transform(X))


def test_noise_is_drawn_by_the_seed_and_changes_the_layers():
    def denoising(corruption, seed=0):
        estimator = StackedDenoisingSparseAutoencoder(
            (12, 9), corruption=corruption, iterations=8, random_state=seed
        )
        return estimator.fit(X).transform(X)

    plain = StackedSparseAutoencoder((12, 9), iterations=8, random_state=0).fit_transform(X)
    np.testing.assert_array_equal(denoising(0.0), plain)
    np.testing.assert_array_equal(denoising(0.3), denoising(0.3))
    assert np.abs(denoising(0.3) - plain).max() > 1e-3


@pytest.mark.parametrize("parallel", ["batched", "sequential"])
def test_killed_between_layers_and_resumed_equals_undisturbed(tmp_path, parallel, monkeypatch):
    expected = _weights(_fitted(parallel=parallel))
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        with monkeypatch.context() as patch:
            patch.setattr(
                "clustrace.nets.sigmoid_stack.SigmoidStack.fill", _interrupted_at_layer(1)
            )
            with pytest.raises(KeyboardInterrupt):
                _fitted(parallel=parallel)
        resumed = _weights(_fitted(parallel=parallel))
    for mine, theirs in zip(resumed, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def _interrupted_at_layer(number):
    from clustrace.nets.sigmoid_stack import SigmoidStack

    fill = SigmoidStack.fill

    def interrupted(self, layer, weight, bias):
        if layer == number:
            raise KeyboardInterrupt
        fill(self, layer, weight, bias)

    return interrupted
