"""Tests of clustrace.classify.sparse_objective: the equation, its gradient, and independence."""

import pytest
import torch

from clustrace.classify.sparse_objective import SparseAutoencoders, Sparsity

SIZES, UNITS, WIDTH = (30, 7, 1, 20), (5, 4, 2, 3), 16
DATA = torch.rand(sum(SIZES), WIDTH, generator=torch.Generator().manual_seed(0))


def _objective(output="sigmoid", corrupted=None, sizes=SIZES, units=UNITS, seeds=(1, 2, 3, 4)):
    sparsity = Sparsity(0.1, 3.0, 3e-3, output)
    return SparseAutoencoders(sizes, WIDTH, units, sparsity, seeds, corrupted=corrupted)


def _written_out(layers, inputs, targets, output):
    """The equation as UFLDL prints it, in float64 and with gradients by PyTorch."""
    w, b, back, back_b = (each.detach().double().requires_grad_() for each in layers)
    hidden = torch.sigmoid(inputs.double() @ w.T + b)
    made = hidden @ back.T + back_b
    made = torch.sigmoid(made) if output == "sigmoid" else made
    rho = hidden.mean(dim=0)
    divergence = (0.1 * (0.1 / rho).log() + 0.9 * (0.9 / (1 - rho)).log()).sum()
    error = (made - targets.double()).square().sum(dim=1).mean() / 2
    loss = error + 3e-3 / 2 * (w.square().sum() + back.square().sum()) + 3 * divergence
    loss.backward()
    gradient = torch.cat([each.grad.reshape(-1) for each in (w, b, back, back_b)])
    return float(loss.detach()), gradient


@pytest.mark.parametrize("output", ["sigmoid", "linear"])
@pytest.mark.parametrize("noisy", [False, True])
def test_losses_and_gradients_are_those_of_the_equation(output, noisy):
    corrupted = DATA * (DATA > 0.3) if noisy else None
    objective = _objective(output, corrupted)
    losses = objective.evaluate(DATA, range(4))
    inputs = DATA if corrupted is None else corrupted
    parts = zip(inputs.split(SIZES), DATA.split(SIZES), strict=True)
    for k, (seen, targets) in enumerate(parts):
        loss, gradient = _written_out(objective.layers(k), seen, targets, output)
        assert losses[k] == pytest.approx(loss, rel=1e-6)
        torch.testing.assert_close(
            objective.module[k].grad.double(), gradient, atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("problems", [(0,), (1, 3), (2,), (0, 1, 2, 3)])
def test_some_of_the_autoencoders_get_the_bits_that_all_get(problems):
    objective, some = _objective(), _objective()
    losses = objective.evaluate(DATA, range(4))
    expected = {k: objective.module[k].grad.clone() for k in problems}
    assert some.evaluate(DATA, problems) == [losses[k] for k in problems]
    for k in problems:
        assert torch.equal(some.module[k].grad, expected[k])
    for k in set(range(4)) - set(problems):
        assert not some.module[k].grad.any()


def test_an_autoencoder_alone_gets_the_same_bits():
    together = _objective()
    losses = together.evaluate(DATA, range(4))
    for k, part in enumerate(DATA.split(SIZES)):
        alone = _objective(sizes=SIZES[k : k + 1], units=UNITS[k : k + 1], seeds=(k + 1,))
        assert alone.evaluate(part, [0]) == [losses[k]]
        assert torch.equal(alone.module[0].grad, together.module[k].grad)


def test_weights_start_as_in_ufldl():
    layers = _objective().layers(0)
    bound = (6 / (WIDTH + 5 + 1)) ** 0.5
    for weight in (layers.weight, layers.back_weight):
        assert 0.8 * bound < weight.abs().max() <= bound
    assert not layers.bias.any() and not layers.back_bias.any()
