import pytest
import torch
from torch import nn

from clustrace.errors import NotApplicableError
from clustrace.nets.noise import Dropout, noise_from

X = torch.ones(300, 400)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_entries_are_dropped_at_the_rate_and_keep_their_mean():
    network = nn.Sequential(Dropout(0.2)).train()
    with noise_from(network, _generator()):
        noisy = network(X)
    assert (noisy == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert sorted(noisy.unique().tolist()) == pytest.approx([0.0, 1.25])


def test_there_is_no_noise_at_evaluation_or_at_rate_zero():
    assert Dropout(0.5).eval()(X) is X
    assert Dropout(0.0).train()(X) is X


def test_noise_is_a_function_of_the_generator_alone():
    network = nn.Sequential(Dropout(0.5), Dropout(0.5)).train()
    before = torch.get_rng_state()
    results = []
    for seed in (1, 1, 2):
        with noise_from(network, _generator(seed)):
            results.append(network(X))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
    assert torch.equal(torch.get_rng_state(), before)
    assert network[0].generator is None


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5])
def test_a_rate_that_leaves_nothing_is_refused(rate):
    with pytest.raises(NotApplicableError, match="leaves nothing to learn from"):
        Dropout(rate)
