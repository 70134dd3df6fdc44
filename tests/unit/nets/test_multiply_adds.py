"""Tests of clustrace.nets.multiply_adds."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from clustrace.bench.plain_convolution import PlainConvolutional
from clustrace.errors import NotApplicableError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.multiply_adds import layer_counts, operation_count, step_count


def test_dense_network_by_hand():
    encoder = 784 * 500 + 500 * 500 + 500 * 2000 + 2000 * 10
    network = DenseAutoencoder(784)
    assert sum(c.forward for c in layer_counts(network, torch.zeros(1, 784))) == 2 * encoder
    step = step_count(network, torch.zeros(1, 784), batch_size=256)
    assert step == 256 * (6 * encoder - 784 * 500)


def test_convolutional_layers_by_hand():
    counts = [c.forward for c in layer_counts(PlainConvolutional(), torch.zeros(1, 784))]
    encoder = [14 * 14 * 25 * 32, 7 * 7 * 25 * 32 * 64, 3 * 3 * 9 * 64 * 128, 1152 * 10]
    assert counts == encoder + encoder[::-1]


def test_steps_as_torch_counts_them():
    for network in (DenseAutoencoder(784), PlainConvolutional()):
        batch = torch.rand(3, 784)
        with FlopCounterMode(display=False) as counter:
            F.mse_loss(network(batch)[0], batch).backward()
        assert 2 * step_count(network, batch[:1], batch_size=3) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("hidden_units", "parameters"),
    [((500, 500, 2000), 3_330_794), ((1024, 256, 1024), 2_680_090)],
)
def test_operations_of_a_dense_network_are_twice_its_parameters(hidden_units, parameters):
    network = DenseAutoencoder(784, hidden_units, 10)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert operation_count(network, torch.zeros(1, 784)) == 2 * parameters


@pytest.mark.parametrize(
    "network", [PlainConvolutional(), DenseAutoencoder(8, (4,), 2, normalisation="batch")]
)
def test_operations_of_other_networks_are_not_guessed(network):
    with pytest.raises(NotApplicableError, match="dense layers with weights of their own"):
        operation_count(network.eval(), torch.zeros(1, 8 if "Dense" in repr(network) else 784))


def test_hooks_are_gone_afterwards():
    network = DenseAutoencoder(4, (3,), 2)
    layer_counts(network, torch.zeros(1, 4))
    assert not any(module._forward_hooks for module in network.modules())
