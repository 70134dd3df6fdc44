from itertools import product

import numpy as np
import pytest
import torch

from clustrace.errors import NotApplicableError
from clustrace.nets.boltzmann import RestrictedBoltzmannMachine


def _states(n):
    """All states of ``n`` binary units, ``[2^n, n]``."""
    return torch.tensor(list(product((0.0, 1.0), repeat=n)))


def _machine(n_visible=4, n_hidden=3, **more):
    machine = RestrictedBoltzmannMachine(n_visible, n_hidden, **more)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return machine


def _energies(machine, visible, hidden):
    """Energy of each pair, ``[visible, hidden]`` from the definition, copies included."""
    weight, c = machine.hidden.weight, machine.hidden.bias
    b, m, n = machine.visible_bias, machine.visible_copies, machine.hidden_copies
    alone = -visible @ b
    if machine.visible == "gaussian":
        alone = 0.5 * (visible - b).square().sum(1)
    return m * alone[:, None] - n * (hidden @ c)[None] - m * n * visible @ weight.t() @ hidden.t()


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_free_energy_sums_the_joint_over_hidden_states(visible):
    machine = _machine(visible=visible)
    samples = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))
    joint = _energies(machine, samples, _states(3))
    torch.testing.assert_close(machine.free_energy(samples), -torch.logsumexp(-joint, dim=1))


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_features_are_the_posterior_of_the_hidden_units(visible):
    machine = _machine(visible=visible)
    samples = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))
    states = _states(3)
    posterior = torch.softmax(-_energies(machine, samples, states), dim=1)
    torch.testing.assert_close(machine.encode(samples), posterior @ states)


def test_means_of_bernoulli_units_are_their_posterior():
    machine, hidden, states = _machine(), _states(3), _states(4)
    posterior = torch.softmax(-_energies(machine, states, hidden), dim=0)
    torch.testing.assert_close(machine.decode(hidden), posterior.t() @ states)


def test_means_of_gaussian_units_have_the_lowest_energy():
    machine, hidden = _machine(visible="gaussian"), _states(3)
    means = machine.decode(hidden).detach().requires_grad_()
    _energies(machine, means, hidden).diagonal().sum().backward()
    torch.testing.assert_close(means.grad, torch.zeros_like(means), atol=1e-5, rtol=0)


def test_copies_count_as_units_with_the_same_weights():
    doubled = _machine(3, 2, visible_copies=2)
    twice = RestrictedBoltzmannMachine(6, 2)
    with torch.no_grad():
        twice.hidden.weight.copy_(doubled.hidden.weight.repeat(1, 2))
        twice.hidden.bias.copy_(doubled.hidden.bias)
        twice.visible_bias.copy_(doubled.visible_bias.repeat(2))
    samples = torch.rand(5, 3, generator=torch.Generator().manual_seed(0))
    copied = samples.repeat(1, 2)
    torch.testing.assert_close(doubled.encode(samples), twice.encode(copied))
    torch.testing.assert_close(doubled.free_energy(samples), twice.free_energy(copied))
    hidden = _states(2)
    torch.testing.assert_close(doubled.decode(hidden).repeat(1, 2), twice.decode(hidden))


def test_hidden_copies_give_the_visible_units_their_input_twice():
    machine = _machine(3, 2, hidden_copies=2)
    single = _machine(3, 2)
    samples, hidden = torch.rand(5, 3, generator=torch.Generator().manual_seed(0)), _states(2)
    torch.testing.assert_close(machine.encode(samples), single.encode(samples))
    torch.testing.assert_close(machine.decode(hidden), single.decode(2 * hidden))
    both = torch.cat([_states(4), _states(4)])[:16]
    # Two hidden units and their copies are free of each other, given the visible ones.
    joint = torch.stack(
        [
            _energies(single, samples, h[None, :2])[:, 0]
            + _energies(single, samples, h[None, 2:])[:, 0]
            - single.visible_energy(samples)
            for h in both
        ],
        dim=1,
    )
    torch.testing.assert_close(machine.free_energy(samples), -torch.logsumexp(-joint, dim=1))


def test_layers_compose_to_the_features():
    machine = _machine()
    samples = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.nn.Sequential(*machine.layers())(samples), machine.encode(samples))


def test_initial_weights_are_small_and_of_the_seed():
    first, second, other = (RestrictedBoltzmannMachine(50, 40, seed=s) for s in (1, 1, 2))
    assert torch.equal(first.hidden.weight, second.hidden.weight)
    assert not torch.equal(first.hidden.weight, other.hidden.weight)
    assert first.hidden.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert not np.any([p.detach().numpy().any() for p in (first.hidden.bias, first.visible_bias)])


def test_unknown_visible_units_are_refused():
    with pytest.raises(NotApplicableError, match="bernoulli, gaussian"):
        RestrictedBoltzmannMachine(3, 2, visible="binomial")
