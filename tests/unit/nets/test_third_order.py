from itertools import product

import pytest
import torch

from clustrace.errors import NotApplicableError
from clustrace.nets.third_order import ThirdOrderBoltzmannMachine


def _states(n):
    return torch.tensor(list(product((0.0, 1.0), repeat=n)))


def _machine(**more):
    machine = ThirdOrderBoltzmannMachine(4, 3, 2, **more)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return machine


def _energies(machine, visible, hidden):
    """E(v, h, k) from the definition, ``[visible, hidden, classes]``."""
    w = machine.weight.detach().view(2, 3, 4)
    c, b = machine.hidden_bias.detach().view(2, 3), machine.visible_bias.detach().view(2, 4)
    energies = torch.empty(len(visible), len(hidden), 2)
    for i, v in enumerate(visible):
        for j, h in enumerate(hidden):
            for k in range(2):
                alone = -(b[k] @ v)
                if machine.visible == "gaussian":
                    alone = 0.5 * (v - b[k]).square().sum()
                energies[i, j, k] = alone - c[k] @ h - machine.class_bias[k] - h @ w[k] @ v
    return energies


BOTH = pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
SAMPLES = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))


@BOTH
def test_posterior_of_the_class_is_the_joint_summed_over_hidden_states(visible):
    machine = _machine(visible=visible)
    joint = torch.exp(-_energies(machine, SAMPLES, _states(3))).sum(dim=1)
    torch.testing.assert_close(
        machine(SAMPLES).softmax(dim=1), joint / joint.sum(dim=1, keepdim=True)
    )


@BOTH
def test_logits_are_free_energies(visible):
    machine = _machine(visible=visible)
    free = -torch.logsumexp(-_energies(machine, SAMPLES, _states(3)), dim=1)
    torch.testing.assert_close(machine(SAMPLES), -free)


def test_conditionals_are_the_joint_summed_over_the_rest():
    machine, v, h = _machine(), _states(4), _states(3)
    joint = torch.softmax(-_energies(machine, v, h).flatten(), dim=0).view(16, 8, 2)
    classes = torch.tensor([1, 0, 1, 1, 0, 0, 1, 0])
    of_class = joint.sum(dim=0)
    torch.testing.assert_close(
        machine.classes_given(h).exp(), of_class / of_class.sum(dim=1, keepdim=True)
    )
    given = torch.stack([joint[:, j, k] for j, k in enumerate(classes)])
    torch.testing.assert_close(
        machine.visible_given(h, classes), given @ v / given.sum(dim=1, keepdim=True)
    )
    given = torch.stack([joint[i, :, k] for i, k in enumerate(classes)])
    torch.testing.assert_close(
        machine.hidden_given(v[:8], classes), given @ h / given.sum(dim=1, keepdim=True)
    )


def test_class_of_gaussian_units_is_that_of_an_integral():
    machine, hidden = _machine(visible="gaussian"), _states(3)
    logarithms = machine.classes_given(hidden)
    # Both classes' integrals over v have the same variance: the density at the mean tells them.
    for k in range(2):
        means = machine.visible_given(hidden, torch.full((8,), k))
        at_mean = torch.stack(
            [
                -_energies(machine, means[j : j + 1], hidden[j : j + 1])[0, 0, k].detach()
                for j in range(8)
            ]
        )
        other = machine.visible_given(hidden, torch.full((8,), 1 - k))
        at_other = torch.stack(
            [
                -_energies(machine, other[j : j + 1], hidden[j : j + 1])[0, 0, 1 - k].detach()
                for j in range(8)
            ]
        )
        torch.testing.assert_close(logarithms[:, k] - logarithms[:, 1 - k], at_mean - at_other)


def test_unknown_visible_units_are_refused():
    with pytest.raises(NotApplicableError, match="bernoulli, gaussian"):
        _machine(visible="binomial")
