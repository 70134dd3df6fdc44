"""DCEC's network in PyTorch's own layers, to hold the network of this project against."""

from __future__ import annotations

import torch
from torch import nn

from clustrace.errors import NotApplicableError
from clustrace.nets.base import AutoencoderNetwork

_SIDE = 28
_SMALL = 3
_FILTERS = (32, 64, 128)
_EMBEDDING = 10
#: Keras' ``same`` for a kernel of 5 and stride 2 on an even side: one zero before, two after.
_PAD = (1, 2, 1, 2)
_CROP = (-1, -2, -1, -2)


class PlainConvolutional(AutoencoderNetwork):
    """The network of DCEC for 28x28 grey images, as one writes it down first.

    ``nn.ZeroPad2d`` and ``nn.Conv2d``, ``nn.ConvTranspose2d`` and a crop, channels first.

    Shapes: input and reconstruction ``[batch, 784]``, embedding ``[batch, 10]``.
    """

    encoder: nn.Sequential
    decoder: nn.Sequential

    def __init__(self) -> None:
        super().__init__()
        one, two, three = _FILTERS
        flat = three * _SMALL * _SMALL
        self.encoder = nn.Sequential(
            nn.Unflatten(1, (1, _SIDE, _SIDE)),
            nn.ZeroPad2d(_PAD),
            nn.Conv2d(1, one, 5, 2),
            nn.ReLU(),
            nn.ZeroPad2d(_PAD),
            nn.Conv2d(one, two, 5, 2),
            nn.ReLU(),
            nn.Conv2d(two, three, 3, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(flat, _EMBEDDING),
        )
        self.decoder = nn.Sequential(
            nn.Linear(_EMBEDDING, flat),
            nn.ReLU(),
            nn.Unflatten(1, (three, _SMALL, _SMALL)),
            nn.ConvTranspose2d(three, two, 3, 2),  # from 3 to 7, where the encoder did not pad
            nn.ReLU(),
            nn.ConvTranspose2d(two, one, 5, 2),
            nn.ZeroPad2d(_CROP),
            nn.ReLU(),
            nn.ConvTranspose2d(one, 1, 5, 2),
            nn.ZeroPad2d(_CROP),
            nn.Flatten(),
        )


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters in their order.

    Raises:
        NotApplicableError: the networks do not have the same parameters.
    """
    pairs = list(zip(target.parameters(), source.parameters(), strict=False))
    shapes = [[tuple(p.shape) for p in network.parameters()] for network in (source, target)]
    if shapes[0] != shapes[1]:
        raise NotApplicableError(
            f"The networks to compare have parameters of the shapes {shapes[0]} and {shapes[1]}; "
            "make the reference in bench/plain_convolution.py like the network again."
        )
    with torch.no_grad():
        for into, out_of in pairs:
            into.copy_(out_of)
