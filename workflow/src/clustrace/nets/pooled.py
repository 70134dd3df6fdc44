"""A small convolutional network whose features are whitened: the network of DeepCluster."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.convolutional import Images
from clustrace.nets.initialisation import Scheme, initialise

_KERNEL = 3
#: Share of the largest variance below which a direction is left out of the whitening.
_LEAST_VARIANCE = 1e-6


class _Block(nn.Module):
    """Convolution, batch normalisation, ReLU, and the largest of each two by two pixels."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, filters, _KERNEL, padding="same")
        self.normalisation = nn.BatchNorm2d(filters)

    def forward(self, x: Tensor) -> Tensor:
        # In ceil mode an odd side keeps its last pixel, and a side of 1 stays.
        outputs = torch.relu(self.normalisation(self.convolution(x)))
        return F.max_pool2d(outputs, 2, ceil_mode=True)


class WhitenedNetwork(nn.Module):
    r"""Blocks of convolution and pooling, then a dense layer whose outputs h are the features.

    .. math:: f(x) = \frac{W (h(x) - \bar h)}{\|W (h(x) - \bar h)\|}

    W turns features to their principal components, each of variance 1. It starts as zero and is
    set by :meth:`fit_whitening`.

    Shapes: input ``[batch, height * width * channels]``, h ``[batch, units]``, f
    ``[batch, n_components]``.

    Args:
        image_shape: height and width, and channels where there are several.
        units: of the dense layer.
        filters: of each block.
        n_components: principal components; at most ``units`` are taken.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
    """

    center: Tensor
    whitening: Tensor

    def __init__(
        self,
        image_shape: Sequence[int],
        units: int,
        filters: Sequence[int],
        n_components: int,
        *,
        scheme: Scheme,
        seed: int,
    ) -> None:
        super().__init__()
        height, width, *rest = image_shape
        channels = (rest[0] if rest else 1, *filters)
        flat = channels[-1] * _halved(height, len(filters)) * _halved(width, len(filters))
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            self.encoder = nn.Sequential(
                Images((height, width, channels[0])),
                *(_Block(n_in, n_out) for n_in, n_out in pairwise(channels)),
                nn.Flatten(),
                nn.Linear(flat, units),
            )
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
        self.register_buffer("center", torch.zeros(units))
        self.register_buffer("whitening", torch.zeros(units, min(n_components, units)))

    def hidden(self, x: Tensor) -> Tensor:
        """Features h before the whitening, ``[batch, units]``."""
        features: Tensor = self.encoder(x)
        return features

    def encode(self, x: Tensor) -> Tensor:
        """Whitened features of length 1, ``[batch, n_components]``."""
        return F.normalize((self.hidden(x) - self.center) @ self.whitening, dim=1)

    def fit_whitening(self, hidden: Tensor) -> None:
        """Set the whitening to the principal components of features h, ``[n, units]``.

        Directions in which they hardly vary, and those that few samples do not span, become zero.
        """
        centred = hidden.double() - hidden.double().mean(dim=0)
        variances, directions = torch.linalg.eigh(centred.T @ centred / len(hidden))
        kept = variances.flip(0)[: self.whitening.shape[1]]
        scale = torch.where(kept > _LEAST_VARIANCE * kept[0], kept.clamp_min(0).rsqrt(), 0.0)
        whitening = directions.flip(1)[:, : len(kept)] * scale
        self.center.copy_(hidden.double().mean(dim=0))
        self.whitening.copy_(whitening)


def _halved(size: int, times: int) -> int:
    for _ in range(times):
        size = -(-size // 2)
    return size
