import itertools

import numpy as np
import pytest
import torch

from clustrace.classify.dropout import DropoutAutoencoder
from clustrace.classify.layers import LayerObjective
from clustrace.errors import NotApplicableError, StoppedError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

X = np.random.default_rng(0).normal(size=(70, 12)).astype(np.float32)
NOISE = {"input_dropout": 0.2, "hidden_dropout": 0.5}


def _small(units=(20,), **more):
    settings = {"epochs": 6, "batch_size": 16, "learning_rate": 0.003, "random_state": 1}
    return DropoutAutoencoder(units, **{**settings, **more})


def _objective(learner):
    encoder, decoder = learner._network((12,), "fan-in-normal", 0).train().pairs()[0]
    return LayerObjective(encoder, decoder, per_epoch=5, iterations=30)


def test_error_and_gradient_without_noise_are_those_of_the_equations():
    objective = _objective(_small())
    loss = objective.losses(torch.from_numpy(X), torch.arange(70), torch.Generator())["loss"]
    loss.backward()
    linear, back = objective.module["encoder"].linear, objective.module["decoder"]
    weight, bias = (t.detach().double().numpy() for t in (linear.weight, linear.bias))
    data = X.astype(float)
    z = np.maximum(0, data @ weight.T + bias)
    residual = z @ weight + back.bias.detach().numpy() - data
    assert loss.item() == pytest.approx((residual**2).sum() / 70, rel=1e-5)
    of_output = 2 / 70 * residual
    of_hidden = (of_output @ weight.T) * (z > 0)
    expected = z.T @ of_output + of_hidden.T @ data
    np.testing.assert_allclose(linear.weight.grad.numpy(), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(linear.bias.grad.numpy(), of_hidden.sum(0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(back.bias.grad.numpy(), of_output.sum(0), rtol=1e-3, atol=1e-4)


def test_noise_is_on_the_input_of_the_layer_and_the_target_is_clean():
    objective = _objective(_small(input_dropout=0.2))
    batch, index = torch.from_numpy(X), torch.arange(70)
    loss = objective.losses(batch, index, torch.Generator().manual_seed(5))["loss"]
    kept = torch.rand(batch.shape, generator=torch.Generator().manual_seed(5)) >= 0.2
    linear, back = objective.module["encoder"].linear, objective.module["decoder"]
    hidden = torch.relu(linear(batch * kept / 0.8))
    expected = (back(hidden) - batch).square().sum(dim=1).mean()
    torch.testing.assert_close(loss, expected)


def test_features_are_all_hidden_units_of_the_clean_sample():
    learner = _small(**NOISE).fit(X)
    linear = learner.network_.encoder[0].linear
    hidden = torch.relu(linear(torch.from_numpy(X))).detach().numpy()
    np.testing.assert_allclose(learner.transform(X), hidden, rtol=1e-5, atol=1e-6)


def test_training_lowers_the_error_and_counts_dead_units():
    rows = _small(epochs=40, learning_rate=0.01).fit(X).history_
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert rows[0]["dead_units"] == 0
    dead = _small(learning_rate=0.05, momentum=0.9, units=(200,)).fit(10 * np.abs(X[:, :2]) + 5)
    assert dead.history_[-1]["dead_units"] > 0


def test_noise_makes_the_task_harder():
    plain, noisy = _small(epochs=20).fit(X), _small(epochs=20, **NOISE).fit(X)
    assert noisy.history_[-1]["loss"] > plain.history_[-1]["loss"]


@pytest.mark.parametrize("iterations", [4, 45])
def test_stopped_and_resumed_gives_the_same_bits(tmp_path, iterations):
    undisturbed = _small((20, 15), **NOISE).fit(X)
    calls = itertools.count()
    asked = FolderCheckpoints(tmp_path, "id", stopping=lambda: next(calls) >= iterations)
    with training_session(checkpoints=asked), pytest.raises(StoppedError):
        _small((20, 15), **NOISE).fit(X)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id")):
        resumed = _small((20, 15), **NOISE).fit(X)
    assert resumed.transform(X).tobytes() == undisturbed.transform(X).tobytes()
    assert resumed.history_ == undisturbed.history_


def test_weights_can_be_loaded_and_codes_decoded():
    fitted = _small((20, 15), **NOISE).fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _small((20, 15), **NOISE).load_weights(weights, 12)
    codes = fitted.transform(X)
    assert np.array_equal(loaded.transform(X), codes)
    assert loaded.inverse_transform(codes).shape == X.shape


def test_a_rate_of_one_is_refused():
    with pytest.raises(NotApplicableError, match="dropout rate of 1"):
        _small(hidden_dropout=1.0).fit(X)
