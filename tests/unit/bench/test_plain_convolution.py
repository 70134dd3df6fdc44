"""Tests of clustrace.bench.plain_convolution."""

import pytest
import torch

from clustrace.bench.plain_convolution import PlainConvolutional, copy_weights
from clustrace.errors import NotApplicableError
from clustrace.nets.convolutional import ConvolutionalNetwork
from clustrace.nets.dense import DenseAutoencoder


def test_it_is_the_network_of_this_project():
    ours, plain = ConvolutionalNetwork((28, 28), seed=3), PlainConvolutional()
    assert sum(p.numel() for p in plain.parameters()) == 275_979
    copy_weights(ours, plain)
    with torch.no_grad():
        for parameter in ours.parameters():  # zero biases would hide a missing one
            parameter.add_(0.01)
        copy_weights(ours, plain)
        batch = torch.rand(5, 784)
        for one, other in zip(ours(batch), plain(batch), strict=True):
            torch.testing.assert_close(one, other)


def test_networks_that_differ_are_refused():
    with pytest.raises(NotApplicableError, match="plain_convolution"):
        copy_weights(DenseAutoencoder(784), PlainConvolutional())
