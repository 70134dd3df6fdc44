"""Sizes of networks against the networks themselves."""

from __future__ import annotations

import pytest
import torch

from clustrace.bench.plain_convolution import PlainConvolutional
from clustrace.estimate.networks import as_image, convolutional_size, dense_size, dual_size
from clustrace.nets.convolutional import ConvolutionalNetwork
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.dual import DualNetwork
from clustrace.nets.multiply_adds import layer_counts, step_count


def test_dense_network_is_counted_as_its_layers_are() -> None:
    network = DenseAutoencoder(64, (50, 20), 10)
    sample = torch.zeros(1, 64)
    size = dense_size(64, (50, 20), 10)
    assert size.parameters == sum(p.numel() for p in network.parameters())
    assert size.step(8) == step_count(network, sample, batch_size=8)
    encoder = network.encoder
    assert size.step(8, decoder=False) == step_count(encoder, sample, batch_size=8)
    assert list(size.layers) == [count.forward for count in layer_counts(encoder, sample)]


@pytest.mark.parametrize("shape", [(28, 28), (16, 16), (8, 8), (32, 32, 3), (1, 16)])
def test_parameters_of_the_convolutional_network(shape: tuple[int, ...]) -> None:
    network = ConvolutionalNetwork(shape, 10, (32, 64, 128))
    size = convolutional_size(shape, 10, (32, 64, 128))
    assert size.parameters == sum(p.numel() for p in network.parameters())


def test_convolutional_network_is_counted_as_its_layers_are() -> None:
    size = convolutional_size((28, 28), 10, (32, 64, 128))
    counted = step_count(PlainConvolutional(), torch.zeros(1, 784), batch_size=4)
    assert size.step(4) == pytest.approx(counted, rel=0.15)


@pytest.mark.parametrize("shape", [(28, 28), (7, 5), (4, 4), (8, 8, 3)])
@pytest.mark.parametrize("filters", [(32, 64), (3, 5, 4)])
def test_parameters_of_the_dual_autoencoder(
    shape: tuple[int, ...], filters: tuple[int, ...]
) -> None:
    size = dual_size(shape, 12, filters)
    network = DualNetwork(shape, 12, filters)
    assert size.parameters == sum(p.numel() for p in network.parameters())


def test_dual_autoencoder_is_counted_as_its_layers_are() -> None:
    size, network = dual_size((8, 8), 6, (3, 5)), DualNetwork((8, 8), 6, (3, 5))
    encoder = layer_counts(network.encoder, torch.zeros(1, 64))
    assert list(size.layers) == [count.forward for count in encoder]
    decoder = layer_counts(network.decoder, torch.zeros(1, 6))
    assert size.decoder == sum(count.forward for count in decoder)


def test_rows_are_a_square_where_they_can_be_one() -> None:
    assert as_image((64,)) == (8, 8)
    assert as_image((15,)) == (1, 15)
    assert as_image((28, 28)) == (28, 28)
