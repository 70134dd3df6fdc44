from itertools import product

import torch

from clustrace.nets.deep_boltzmann import DeepBoltzmannMachine
from clustrace.train.persistent_chains import PersistentChains


def _states(n):
    return torch.tensor(list(product((0.0, 1.0), repeat=n)))


def _machine(scale=0.7, **more):
    machine = DeepBoltzmannMachine(3, (2, 2), **more)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in machine.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return machine


def _exact(machine):
    """All states of all units, and their probabilities."""
    parts = [
        torch.cat(part) for part in product(_states(3).unbind(), _states(2).unbind(), _states(2))
    ]
    states = torch.stack(parts)
    energy = machine.energy(states[:, :3], states[:, 3:5], states[:, 5:])
    return states, torch.softmax(-energy.detach(), dim=0)


def test_chains_settle_at_the_machine_s_own_distribution():
    machine = _machine()
    objective = PersistentChains(machine, chains=20_000, gibbs_updates=30, seed=1)
    objective.losses(torch.rand(2, 3), torch.arange(2), torch.Generator().manual_seed(0))
    states, probabilities = _exact(machine)
    for name, columns in (("visible", slice(0, 3)), ("second", slice(5, 7))):
        exact = probabilities @ states[:, columns]
        torch.testing.assert_close(objective.state[name].mean(0), exact, atol=0.015, rtol=0)


def test_gradient_is_that_of_the_model_less_that_of_the_data():
    machine = _machine()
    batch = torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
    objective = PersistentChains(machine, chains=40_000, gibbs_updates=30, seed=1)
    loss = objective.losses(batch, torch.arange(6), torch.Generator().manual_seed(0))["loss"]
    first, second = (t.detach() for t in machine.mean_field(batch, machine.mean_field_updates))
    loss.backward()
    states, probabilities = _exact(machine)
    v, h, g = states[:, :3], states[:, 3:5], states[:, 5:]
    expected = {
        "first.weight": (h * probabilities[:, None]).t() @ v - first.t() @ batch / 6,
        "first.bias": probabilities @ h - first.mean(0),
        "second.weight": (g * probabilities[:, None]).t() @ h - second.t() @ first / 6,
        "second.bias": probabilities @ g - second.mean(0),
        "visible_bias": probabilities @ v - batch.mean(0),
    }
    for name, parameter in machine.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], atol=0.015, rtol=0)


def test_chains_go_on_where_they_were_and_follow_the_seed():
    def run(steps, seed):
        objective = PersistentChains(_machine(), chains=10, gibbs_updates=2, seed=seed)
        generator = torch.Generator().manual_seed(0)
        for _ in range(steps):
            objective.losses(torch.zeros(2, 3), torch.arange(2), generator)
        return torch.cat([objective.state["visible"], objective.state["second"]], dim=1)

    assert torch.equal(run(3, 1), run(3, 1))
    # With the same noise, chains of a small machine soon are the same from any first values.
    assert not torch.equal(run(0, 1), run(0, 2))
    assert not torch.equal(run(3, 1), run(4, 1))


def test_chains_of_gaussian_units_have_their_noise():
    machine = _machine(visible="gaussian", scale=0.0)
    objective = PersistentChains(machine, chains=5_000, gibbs_updates=1, seed=1)
    objective.losses(torch.zeros(2, 3), torch.arange(2), torch.Generator().manual_seed(0))
    torch.testing.assert_close(objective.state["visible"].std(0), torch.ones(3), atol=0.05, rtol=0)
