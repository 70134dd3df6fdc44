"""Encoders of stacked sparse autoencoders: sigmoid layers, one on top of the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class SigmoidStack(nn.Module):
    r"""Encoder :math:`h_l = \sigma(W_l h_{l-1} + b_l)` with :math:`h_0 = x`.

    Its weights are zero until trained layers are put in; the decoders that the layers were trained
    with are no part of it.

    Shapes: input ``[batch, n_features]``, features ``[batch, hidden_units[-1]]``.

    Args:
        n_features: D.
        hidden_units: units of each layer.
    """

    def __init__(self, n_features: int, hidden_units: Sequence[int]) -> None:
        super().__init__()
        sizes = (n_features, *hidden_units)
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            layers = [
                nn.Sequential(nn.Linear(n_in, n_out), nn.Sigmoid())
                for n_in, n_out in pairwise(sizes)
            ]
        self.encoder = nn.Sequential(*layers).to_empty(device="cpu")
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def encode(self, samples: Tensor) -> Tensor:
        """Features of samples, ``[batch, hidden_units[-1]]``."""
        features: Tensor = self.encoder(samples)
        return features

    def forward(self, samples: Tensor) -> Tensor:
        """The same as :meth:`encode`."""
        return self.encode(samples)

    def layers(self) -> list[nn.Module]:
        """Encoder layers from the input to the features; none of them has noise."""
        return list(self.encoder)

    def fill(self, layer: int, weight: Tensor, bias: Tensor) -> None:
        """Put in the trained weights of a layer.

        Args:
            layer: its number, from 0.
            weight: ``[units, units below]``.
            bias: ``[units]``.
        """
        linear = self.layers()[layer].get_submodule("0")
        linear.load_state_dict({"weight": weight, "bias": bias})
