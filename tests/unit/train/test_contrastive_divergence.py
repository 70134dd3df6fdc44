from itertools import product

import numpy as np
import pytest
import torch

from clustrace.nets.boltzmann import RestrictedBoltzmannMachine
from clustrace.train.contrastive_divergence import (
    ContrastiveDivergence,
    MachineTraining,
    sample,
)
from clustrace.train.optimizers import at


def _machine(seed=3, **more):
    machine = RestrictedBoltzmannMachine(4, 3, **more)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return machine


def _gradients(objective, batch, seed):
    losses = objective.losses(batch, torch.arange(len(batch)), torch.Generator().manual_seed(seed))
    parameters = list(objective.module.parameters())
    return losses, torch.autograd.grad(losses["loss"], parameters)


BATCH = torch.rand(6, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "more", [{}, {"visible": "gaussian"}, {"visible_copies": 2}, {"hidden_copies": 2}], ids=str
)
def test_gradient_is_that_of_the_difference_of_free_energies(more):
    machine = _machine(**more)
    _, gradients = _gradients(ContrastiveDivergence(machine), BATCH, seed=1)
    hidden = sample(machine.encode(BATCH), torch.Generator().manual_seed(1))
    reconstruction = machine.decode(hidden).detach()
    difference = machine.free_energy(BATCH).mean() - machine.free_energy(reconstruction).mean()
    for ours, theirs in zip(
        gradients, torch.autograd.grad(difference, list(machine.parameters())), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_mean_gradient_over_draws_is_the_one_over_all_hidden_states():
    """The sampled hidden units are the only randomness: all 2^3 states with their probabilities."""
    machine = _machine()
    v0 = BATCH[:1]
    p0 = machine.encode(v0)[0].detach()
    expected = torch.zeros(3, 4)
    for state in product((0.0, 1.0), repeat=3):
        h = torch.tensor(state)
        v1 = machine.decode(h[None]).detach()
        step = torch.outer(p0, v0[0]) - torch.outer(machine.encode(v1)[0].detach(), v1[0])
        expected -= (p0 * h + (1 - p0) * (1 - h)).prod() * step
    # One batch of many copies is as many draws.
    losses, gradients = _gradients(ContrastiveDivergence(machine), v0.repeat(200_000, 1), seed=2)
    weight = next(
        g
        for (name, _), g in zip(machine.named_parameters(), gradients, strict=True)
        if name == "hidden.weight"
    )
    torch.testing.assert_close(weight, expected, atol=2e-3, rtol=0)
    assert losses["reconstruction_error"] > 0


def test_units_are_drawn_with_their_probabilities():
    probabilities = torch.tensor([0.0, 0.2, 0.7, 1.0]).repeat(50_000, 1)
    drawn = sample(probabilities, torch.Generator().manual_seed(0))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), [0.0, 0.2, 0.7, 1.0], atol=0.01)
    assert torch.equal(drawn, sample(probabilities, torch.Generator().manual_seed(0)))


def test_momentum_rises_after_its_epochs():
    plan = MachineTraining(7, 10, 0.05, 0.5, 0.9, 5, 2e-4).plan(95)
    assert plan.iterations == 70
    assert [at(plan.optimizer.momentum, i) for i in (0, 49, 50, 69)] == [0.5, 0.5, 0.9, 0.9]


def test_weights_decay_and_biases_do_not():
    machine = _machine()
    before = {name: p.detach().clone() for name, p in machine.named_parameters()}
    optimizer = MachineTraining(1, 1, 0.5, 0.0, 0.0, 0, 0.1).plan(1).optimizer.build(machine)
    for parameter in machine.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    after = dict(machine.named_parameters())
    torch.testing.assert_close(after["hidden.weight"], 0.95 * before["hidden.weight"])
    assert torch.equal(after["hidden.bias"], before["hidden.bias"])
    assert torch.equal(after["visible_bias"], before["visible_bias"])
