"""Multiply-adds of a pass or of a gradient step, counted from the layers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clustrace.errors import NotApplicableError


@dataclass(frozen=True)
class LayerCount:
    """Multiply-adds of one layer for one sample, forward."""

    layer: nn.Module
    forward: int


def layer_counts(network: nn.Module, sample: Tensor) -> list[LayerCount]:
    """Multiply-adds of the layers that hold weights, in the order in which they run.

    A dense layer takes one for each weight, a convolution one for each weight and position of
    its output, a transposed convolution one for each weight and position of its input. Zeros
    that pad an image and pixels that are cropped afterwards count, biases and activations do
    not.

    Args:
        network: made of ``nn.Linear``, ``nn.Conv2d`` and ``nn.ConvTranspose2d``.
        sample: one sample, ``[1, …]``.
    """
    counts: list[LayerCount] = []

    def note(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        where = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        positions = 1 if isinstance(layer, nn.Linear) else where.shape[2] * where.shape[3]
        weight = layer.weight
        assert isinstance(weight, Tensor)
        counts.append(LayerCount(layer, weight.numel() * positions))

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, kinds)]
    try:
        with torch.no_grad():
            network(sample)
    finally:
        for hook in hooks:
            hook.remove()
    return counts


def operation_count(network: nn.Module, sample: Tensor) -> int:
    """Multiplications and additions of one sample's pass, one of each for a weight or bias.

    Of dense layers that is twice the number of parameters, which is how EmAEC's Table 8 counts
    FLOPs: twice the multiply-adds alone would be 6.6480 million where it prints 6.6616.

    Args:
        network: of dense layers.
        sample: one sample, ``[1, …]``.

    Raises:
        NotApplicableError: other layers hold parameters.
    """
    layers = [count.layer for count in layer_counts(network, sample)]
    held = sum(p.numel() for layer in layers for p in layer.parameters())
    dense = all(isinstance(layer, nn.Linear) for layer in layers)
    if not dense or held != sum(p.numel() for p in network.parameters()):
        raise NotApplicableError(
            "The operations of a network are counted for dense layers with weights of their own; "
            "name a method with such a network."
        )
    return 2 * held


def step_count(network: nn.Module, sample: Tensor, *, batch_size: int) -> int:
    """Multiply-adds of a gradient step: forward, and backward to weights and inputs.

    The gradient to the weights and that to the input take as many as the forward pass; the
    gradient to the samples is needed by nobody, so the first layer does without.
    """
    counts = [count.forward for count in layer_counts(network, sample)]
    return batch_size * (3 * sum(counts) - counts[0])
