import numpy as np
import pytest
import torch

from clustrace.train.autoencoder import Autoencoder, ReconstructionObjective
from clustrace.train.layerwise import LayerwiseAutoencoder, dropout, half_squared_error
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import training_session

X = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)


def _small(**more):
    return Autoencoder((8,), 2, epochs=30, batch_size=16, optimizer="adam", random_state=1, **more)


def test_reconstruction_error_is_the_mean_over_samples_and_features():
    network = _small().fit(X).network_
    batch = torch.from_numpy(X)
    loss = ReconstructionObjective(network).losses(batch, torch.arange(60), torch.Generator())
    difference = network(batch)[0].detach().numpy() - X
    assert loss["loss"].item() == pytest.approx((difference**2).mean(), rel=1e-5)


def test_training_lowers_the_error():
    history = _small().fit(X).history_
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert len(history) == 30


def test_same_seed_same_embedding():
    assert np.array_equal(_small().fit_transform(X), _small().fit_transform(X))


def test_weights_can_be_loaded():
    fitted = _small().fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _small().load_weights(weights, 6)
    assert np.array_equal(loaded.transform(X), fitted.transform(X))
    assert np.array_equal(loaded.inverse_transform(fitted.transform(X)[:3]).shape, (3, 6))


def test_layerwise_trains_each_layer_and_then_the_stack():
    estimator = LayerwiseAutoencoder(
        (8, 7),
        2,
        layer_iterations=40,
        stack_iterations=60,
        batch_size=16,
        momentum_ramp=10,
        learning_rate=0.1,
        random_state=1,
    ).fit(X)
    phases = [row["phase"] for row in estimator.history_]
    assert list(dict.fromkeys(phases)) == [1, 2, 3, 0]
    last = [[r for r in estimator.history_ if r["phase"] == p][-1] for p in (1, 2, 3, 0)]
    assert [row["iteration"] for row in last] == [40, 40, 40, 60]
    assert estimator.transform(X).shape == (60, 2)


def test_half_squared_error_is_a_mean_over_everything():
    a, b = torch.ones(3, 4), torch.zeros(3, 4)
    assert half_squared_error(a, b).item() == 0.5


def test_dropout_keeps_the_expectation():
    x = torch.ones(200, 500)
    dropped = dropout(x, 0.2, torch.Generator().manual_seed(0))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)
    assert dropout(x, 0.0, torch.Generator()) is x


def test_streams_of_a_seed_differ():
    streams = {
        derive_seed(seed, name) for seed in (0, 1) for name in ("weights", "noise", "order-0")
    }
    assert len(streams) == 6
    assert base_seed(7) == 7
    assert base_seed(np.random.RandomState(0)) == base_seed(np.random.RandomState(0))


def test_bfloat16_trains_to_nearly_the_same_loss_and_leaves_float32_weights():
    exact = _small().fit(X).history_[-1]["loss"]
    with training_session(precision="bfloat16"):
        rounded = _small().fit(X)
    assert rounded.history_[-1]["loss"] == pytest.approx(exact, rel=0.05)
    assert rounded.history_[-1]["loss"] != exact, "the products must really be rounded"
    assert {p.dtype for p in rounded.network_.parameters()} == {torch.float32}
