from itertools import product

import numpy as np
import pytest
import torch

from clustrace.errors import NotApplicableError
from clustrace.nets.boltzmann import DeepBeliefNetwork, RestrictedBoltzmannMachine
from clustrace.nets.deep_boltzmann import DeepBoltzmannMachine


def _states(n):
    """All states of ``n`` binary units, ``[2^n, n]``."""
    return torch.tensor(list(product((0.0, 1.0), repeat=n)))


def _drawn(module, scale=1.0):
    """The module with parameters that are not small."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return module


def _machine(scale=1.0, **more):
    return _drawn(DeepBoltzmannMachine(4, (3, 2), **more), scale)


SAMPLES = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_mean_field_is_that_of_a_plain_loop():
    machine = _machine(mean_field_updates=4)
    w, u = (m.weight.detach().double().numpy() for m in (machine.first, machine.second))
    c, d = (m.bias.detach().double().numpy() for m in (machine.first, machine.second))
    for place, v in enumerate(SAMPLES.double().numpy()):
        mu = [_sigmoid(sum(2 * w[j, i] * v[i] for i in range(4)) + c[j]) for j in range(3)]
        nu = [_sigmoid(sum(u[k, j] * mu[j] for j in range(3)) + d[k]) for k in range(2)]
        for _ in range(4):
            mu = [
                _sigmoid(
                    sum(w[j, i] * v[i] for i in range(4))
                    + sum(u[k, j] * nu[k] for k in range(2))
                    + c[j]
                )
                for j in range(3)
            ]
            nu = [_sigmoid(sum(u[k, j] * mu[j] for j in range(3)) + d[k]) for k in range(2)]
        first, second = machine.mean_field(SAMPLES[place : place + 1], 4)
        np.testing.assert_allclose(first.detach().numpy()[0], mu, rtol=1e-5)
        np.testing.assert_allclose(second.detach().numpy()[0], nu, rtol=1e-5)


def test_mean_field_of_weak_weights_is_near_the_posterior():
    machine = _machine(scale=0.2)
    h, g = (s.reshape(-1, s.shape[-1]) for s in (_states(3), _states(2)))
    pairs = [(a, b) for a in h for b in g]
    energies = torch.stack(
        [machine.energy(SAMPLES, a.expand(5, 3), b.expand(5, 2)) for a, b in pairs], dim=1
    )
    posterior = torch.softmax(-energies, dim=1)
    exact = posterior @ torch.stack([torch.cat(pair) for pair in pairs])
    first, second = machine.mean_field(SAMPLES, 10)
    torch.testing.assert_close(torch.cat([first, second], dim=1), exact, atol=2e-3, rtol=0)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_conditionals_follow_from_the_energy(visible):
    machine = _machine(visible=visible)
    v, h, g = SAMPLES[:1], torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([[0.0, 1.0]])
    for unit in range(3):
        on, off = h.clone(), h.clone()
        on[0, unit], off[0, unit] = 1, 0
        odds = machine.energy(v, off, g) - machine.energy(v, on, g)
        torch.testing.assert_close(machine.first_given(v, g)[0, unit], odds.sigmoid()[0])
    for unit in range(2):
        on, off = g.clone(), g.clone()
        on[0, unit], off[0, unit] = 1, 0
        odds = machine.energy(v, h, off) - machine.energy(v, h, on)
        torch.testing.assert_close(machine.second_given(h)[0, unit], odds.sigmoid()[0])
    means = machine.visible_given(h)
    if visible == "bernoulli":
        one, zero = v.clone(), v.clone()
        one[0, 2], zero[0, 2] = 1, 0
        odds = machine.energy(zero, h, g) - machine.energy(one, h, g)
        torch.testing.assert_close(means[0, 2], odds.sigmoid()[0])
    else:
        at = means.detach().requires_grad_()
        machine.energy(at, h, g).sum().backward()
        torch.testing.assert_close(at.grad, torch.zeros(1, 4), atol=1e-5, rtol=0)


@pytest.mark.parametrize("updates", [1, 3])
def test_layers_for_fine_tuning_are_the_last_update_of_the_features(updates):
    machine = _machine(mean_field_updates=updates)
    layers = torch.nn.Sequential(*machine.layers())
    torch.testing.assert_close(layers(SAMPLES), machine.encode(SAMPLES))


def test_fine_tuning_trains_weights_and_leaves_the_appended_posterior():
    machine = _machine()
    before = {name: p.detach().clone() for name, p in machine.named_parameters()}
    layers = torch.nn.Sequential(*machine.layers())
    trained = [p for p in layers.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) == 3 * (4 + 2) + 3 + 2 * 3 + 2
    layers(SAMPLES).sum().backward()
    torch.optim.SGD(trained, 1.0).step()
    assert all(torch.equal(p, before[name]) for name, p in machine.named_parameters())
    inside = dict(layers[0].machine.named_parameters())
    assert all(torch.equal(inside[name], value) for name, value in before.items())


def test_two_machines_of_one_layer_each_make_a_deep_one():
    lower = _drawn(RestrictedBoltzmannMachine(4, 3, visible_copies=2))
    upper = _drawn(RestrictedBoltzmannMachine(3, 2, hidden_copies=2))
    machine = DeepBoltzmannMachine(4, (3, 2))
    machine.compose(lower, upper)
    torch.testing.assert_close(machine.second_given(SAMPLES[:, :3]), upper.encode(SAMPLES[:, :3]))
    torch.testing.assert_close(machine.visible_given(SAMPLES[:, :3]), lower.decode(SAMPLES[:, :3]))
    both = (lower.hidden.bias + upper.visible_bias) / 2
    assert torch.equal(machine.first.bias, both)


@pytest.mark.parametrize(
    ("units", "more", "message"),
    [
        ((3,), {}, "give two hidden layers"),
        ((3, 2, 1), {}, "give two hidden layers"),
        ((3, 2), {"mean_field_updates": 0}, "one update or more"),
        ((3, 2), {"visible": "binomial"}, "bernoulli, gaussian"),
    ],
)
def test_what_is_no_deep_machine_is_refused(units, more, message):
    with pytest.raises(NotApplicableError, match=message):
        DeepBoltzmannMachine(4, units, **more)


def test_a_belief_network_is_a_chain_of_machines():
    network = _drawn(DeepBeliefNetwork(4, (3, 2), visible="gaussian", seeds=(1, 2)))
    lower, upper = network.machines
    assert [machine.visible for machine in network.machines] == ["gaussian", "bernoulli"]
    torch.testing.assert_close(network.encode(SAMPLES), upper.encode(lower.encode(SAMPLES)))
    codes = network.encode(SAMPLES)
    torch.testing.assert_close(network.decode(codes), lower.decode(upper.decode(codes)))
    assert torch.equal(torch.nn.Sequential(*network.layers())(SAMPLES), codes)
    assert len(network.layers()) == 2
