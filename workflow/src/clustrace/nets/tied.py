"""Autoencoders with tied weights and a linear decoder, shallow or deep."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.dense import TiedLinear
from clustrace.nets.initialisation import Scheme, initialise
from clustrace.nets.noise import Dropout
from clustrace.nets.selection import LargestUnits


class Centring(nn.Module):
    """Takes a mean away from its input; it is zero until it is set.

    Args:
        n_features: D.
    """

    mean: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.empty(n_features))

    def forward(self, x: Tensor) -> Tensor:
        """Centred input, ``[batch, n_features]``."""
        return x - self.mean


class TiedAutoencoder(AutoencoderNetwork):
    r"""Autoencoder D-h1-…-hL-…-h1-D whose decoder has the weights of the encoder, transposed.

    .. math:: z = f(W^\top x + b),\qquad \hat x = W z + b'

    for each layer, where x is the input of the layer and f what a kind of network puts around
    its linear map (Makhzani and Frey 2014, section 2.1).

    Shapes: input ``[batch, n_features]``, code ``[batch, hidden_units[-1]]``.

    Args:
        n_features: D.
        hidden_units: h1 … hL.
        layer: the modules of an encoder layer in their order, from its number, which counts from
            0 at the input, and its linear map.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
    """

    encoder: nn.Sequential
    decoder: nn.Sequential

    def __init__(
        self,
        n_features: int,
        hidden_units: Sequence[int],
        layer: Callable[[int, nn.Linear], dict[str, nn.Module]],
        *,
        scheme: Scheme,
        seed: int,
    ) -> None:
        super().__init__()
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            linear = [nn.Linear(*sizes) for sizes in pairwise((n_features, *hidden_units))]
            self.encoder = nn.Sequential(
                *(nn.Sequential(OrderedDict(layer(*item))) for item in enumerate(linear))
            )
            self.decoder = nn.Sequential(*(TiedLinear(there) for there in reversed(linear)))
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)
        for module in self.modules():
            if isinstance(module, Centring):
                module.mean.zero_()

    def layers(self) -> list[nn.Module]:
        """Encoder layers from the input to the code, with the noise of the method in training."""
        return list(self.encoder)

    def pairs(self) -> list[tuple[nn.Module, nn.Module]]:
        """Each encoder layer, from the input on, with the layer that takes its output back."""
        return list(zip(self.encoder, reversed(self.decoder), strict=True))


class DropoutNetwork(TiedAutoencoder):
    """Tied autoencoder of rectified linear units, with dropout of its input and hidden units.

    Args:
        n_features: D.
        hidden_units: h1 … hL.
        input_dropout: rate of the samples themselves, which is masking noise.
        hidden_dropout: rate of the units of each layer.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.

    Raises:
        NotApplicableError: a rate is not in [0, 1).
    """

    def __init__(
        self,
        n_features: int,
        hidden_units: Sequence[int],
        *,
        input_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        scheme: Scheme = "normal-0.01",
        seed: int = 0,
    ) -> None:
        def layer(number: int, linear: nn.Linear) -> dict[str, nn.Module]:
            return {
                "noise": Dropout(input_dropout if number == 0 else 0.0),
                "linear": linear,
                "activation": nn.ReLU(),
                "dropout": Dropout(hidden_dropout),
            }

        super().__init__(n_features, hidden_units, layer, scheme=scheme, seed=seed)


class KSparseNetwork(TiedAutoencoder):
    """Tied autoencoder of linear units, of which the largest are kept; each layer may be centred.

    Args:
        n_features: D.
        hidden_units: h1 … hL.
        kept: units kept in training, k.
        encoded: units kept at evaluation, αk.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
    """

    def __init__(
        self,
        n_features: int,
        hidden_units: Sequence[int],
        *,
        kept: int,
        encoded: int,
        scheme: Scheme = "normal-0.01",
        seed: int = 0,
    ) -> None:
        def layer(number: int, linear: nn.Linear) -> dict[str, nn.Module]:
            return {
                "centring": Centring(linear.in_features),
                "linear": linear,
                "selection": LargestUnits(kept, encoded),
            }

        super().__init__(n_features, hidden_units, layer, scheme=scheme, seed=seed)

    def keep(self, kept: int, encoded: int) -> None:
        """Set the units that each layer keeps in training and at evaluation."""
        for module in self.modules():
            if isinstance(module, LargestUnits):
                module.kept, module.encoded = kept, encoded
