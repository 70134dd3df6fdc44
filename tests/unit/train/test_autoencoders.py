import numpy as np
import pytest
import torch

from clustrace.train.autoencoder import Autoencoder, ReconstructionObjective
from clustrace.train.engine import train
from clustrace.train.layerwise import LayerwiseAutoencoder, dropout, half_squared_error
from clustrace.train.optimizers import OptimizerSettings, at
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import training_session
from clustrace.train.stacked import StackedAutoencoder, squared_error

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


def _stacked(**more):
    settings = {
        "layer_epochs": 4,
        "stack_epochs": 3,
        "batch_size": 16,
        "activate_output": False,
        "random_state": 1,
    }
    return StackedAutoencoder((8, 7), 2, **{**settings, **more})


def test_squared_error_is_a_sum_over_features():
    a, b = torch.ones(3, 4), torch.zeros(3, 4)
    assert squared_error(a, b).item() == 4.0


def test_stacked_trains_each_layer_and_then_the_stack_in_epochs():
    estimator = _stacked().fit(X)
    last = {row["phase"]: row["epoch"] for row in estimator.history_}
    assert last == {1: 4, 2: 4, 3: 4, 0: 3}
    assert 0 not in {row["phase"] for row in _stacked(stack_epochs=0).fit(X).history_}


def test_a_layer_learns_the_output_of_the_one_below(monkeypatch):
    seen = []

    def spy(objective, data, plan, *, phase, seed):
        seen.append((phase, tuple(data.shape)))
        return train(objective, data, plan, phase=phase, seed=seed)

    monkeypatch.setattr("clustrace.train.layerwise.train", spy)
    _stacked().fit(X)
    assert seen == [
        ("layer-1", (60, 6)),
        ("layer-2", (60, 8)),
        ("layer-3", (60, 7)),
        ("stack", (60, 6)),
    ]


@pytest.mark.parametrize(
    "more",
    [{}, {"tied": False, "normalisation": "batch", "activate_embedding": False}],
    ids=["tied", "own"],
)
def test_weights_of_a_stacked_autoencoder_can_be_loaded(more):
    fitted = _stacked(**more).fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _stacked(**more).load_weights(weights, 6)
    assert np.array_equal(loaded.transform(X), fitted.transform(X))
    assert np.array_equal(
        loaded.inverse_transform(fitted.transform(X)), fitted.inverse_transform(fitted.transform(X))
    )


def test_settings_of_the_stacked_layers():
    plan = _stacked(learning_rate=0.2, decay_every=5, momentum_after=3)._layer_plan(60)
    rates = [at(plan.optimizer.learning_rate, i) for i in (0, 4, 5, 10)]
    assert rates == pytest.approx([0.2, 0.2, 0.02, 0.002])
    assert [at(plan.optimizer.momentum, i) for i in (0, 2, 3)] == [0.0, 0.0, 0.9]
    assert _stacked(stack_learning_rate=0.5)._stack_plan(60).optimizer.learning_rate == 0.5
    assert _stacked(learning_rate=0.3)._stack_plan(60).optimizer.learning_rate == 0.3


def test_nesterov_is_theanos_rule():
    """delta <- m delta - lr g, theta <- theta + m m delta_before - (1 + m) lr g, as DCN's code."""
    module = torch.nn.Linear(3, 3)
    settings = OptimizerSettings("sgd", 0.05, 0.9, nesterov=True)
    optimizer = settings.build(module)
    weight = module.weight.detach().clone()
    delta = torch.zeros_like(weight)
    for step in range(5):
        settings.schedule(optimizer, step)
        module(torch.from_numpy(X[step : step + 4, :3])).square().sum().backward()
        gradient = module.weight.grad.clone()
        optimizer.step()
        optimizer.zero_grad()
        weight = weight + 0.81 * delta - 1.9 * 0.05 * gradient
        delta = 0.9 * delta - 0.05 * gradient
    torch.testing.assert_close(module.weight.detach(), weight)
