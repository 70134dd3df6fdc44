"""Fully connected autoencoder, the network of DEC, IDEC and the SAE rows of DCEC's Table 1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.initialisation import Scheme, initialise


class DenseAutoencoder(AutoencoderNetwork):
    """Autoencoder D-h1-…-hL-d-hL-…-h1-D.

    ReLU follows every layer but the embedding and the output, which are linear. With D = 784,
    hidden units (500, 500, 2000) and d = 10 it has 3,330,794 parameters (DCEC, section 4.2).

    Shapes: input ``[batch, n_features]``, embedding ``[batch, embedding_size]``.
    """

    encoder: nn.Sequential
    decoder: nn.Sequential

    def __init__(
        self,
        n_features: int,
        hidden_units: Sequence[int] = (500, 500, 2000),
        embedding_size: int = 10,
        *,
        scheme: Scheme = "glorot-uniform",
        seed: int = 0,
    ) -> None:
        """Build the layers and draw their weights from ``seed``."""
        super().__init__()
        sizes = (n_features, *hidden_units, embedding_size)
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            self.encoder = _stack(sizes)
            self.decoder = _stack(sizes[::-1])
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)


def _stack(sizes: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
