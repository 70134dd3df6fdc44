"""Fully connected autoencoders: the networks of DEC, IDEC and DCEC's SAE rows, and those of DCN."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.initialisation import Scheme, initialise
from clustrace.nets.normalisation import Normalisation, normalising


class DenseAutoencoder(AutoencoderNetwork):
    """Autoencoder D-h1-…-hL-d-hL-…-h1-D.

    ReLU follows every layer but the embedding and the output, which are linear unless asked for.
    With D = 784, hidden units (500, 500, 2000) and d = 10 it has 3,330,794 parameters (DCEC,
    section 4.2).

    Shapes: input ``[batch, n_features]``, embedding ``[batch, embedding_size]``.

    Args:
        n_features: D.
        hidden_units: units of the encoder's hidden layers.
        embedding_size: d.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
        activate_embedding: whether ReLU follows the embedding too.
        activate_output: whether ReLU follows the output too.
        tied: whether the weights of the decoder are those of the encoder, transposed.
        normalisation: what comes before each ReLU of the encoder.
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
        activate_embedding: bool = False,
        activate_output: bool = False,
        tied: bool = False,
        normalisation: Normalisation = "none",
    ) -> None:
        """Build the layers and draw their weights from ``seed``."""
        super().__init__()
        sizes = (n_features, *hidden_units, embedding_size)
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            linear = [nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes)]
            back: list[nn.Module] = [TiedLinear(layer) for layer in reversed(linear)]
            if not tied:
                back = [nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes[::-1])]
            encoder: list[list[nn.Module]] = [
                [layer, *normalising(normalisation, layer.out_features), nn.ReLU()]
                for layer in linear
            ]
            decoder: list[list[nn.Module]] = [[layer, nn.ReLU()] for layer in back]
            if not activate_embedding:
                encoder[-1] = encoder[-1][:1]
            if not activate_output:
                decoder[-1] = decoder[-1][:1]
            self.encoder = nn.Sequential(*(module for block in encoder for module in block))
            self.decoder = nn.Sequential(*(module for block in decoder for module in block))
        self._blocks = [len(block) for block in encoder], [len(block) for block in decoder]
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)

    @property
    def layers(self) -> tuple[tuple[nn.Sequential, nn.Sequential], ...]:
        """Each layer of the encoder, from the input on, with the one that takes its output back.

        A layer is a linear map and what follows it.
        """
        forth = _split(self.encoder, self._blocks[0])
        back = _split(self.decoder, self._blocks[1])
        return tuple(zip(forth, reversed(back), strict=True))


class TiedLinear(nn.Module):
    """Linear map back through the transposed weights of another layer, with a bias of its own."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(layer.in_features))
        # In a tuple, so that the weights are not registered a second time.
        self._layer = (layer,)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs of the other layer, from its outputs."""
        return F.linear(x, self._layer[0].weight.t(), self.bias)


def _split(modules: nn.Sequential, sizes: Sequence[int]) -> list[nn.Sequential]:
    parts = iter(modules)
    return [nn.Sequential(*(next(parts) for _ in range(size))) for size in sizes]
