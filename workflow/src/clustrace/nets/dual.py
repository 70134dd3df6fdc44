"""Convolutional autoencoder with a noisy embedding and a discriminator: the network of DSC-DAN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.convolutional import Images
from clustrace.nets.initialisation import Scheme, initialise

_KERNEL = 3
_SLOPE = 0.2
_HIDDEN_OF_DISCRIMINATOR = 3


class _Halving(nn.Module):
    """Convolution of stride 2 with Keras' ``same`` padding, which is one-sided for even sides."""

    def __init__(self, channels: int, filters: int, height: int, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, filters, _KERNEL, 2)
        self.pads = (width % 2, 1, height % 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        images: Tensor = self.convolution(F.pad(x, self.pads))
        return images


class _Doubling(nn.Module):
    """Transposed convolution of stride 2 back to the sides that the encoder saw."""

    def __init__(self, filters: int, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.deconvolution = nn.ConvTranspose2d(
            filters, channels, _KERNEL, 2, padding=(height % 2, width % 2), bias=False
        )
        # Added to what is kept: with it, oneDNN's forward pass takes more than twice as long.
        self.bias = nn.Parameter(torch.empty(channels))
        self.sides = (height, width)

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.sides
        kept: Tensor = self.deconvolution(x)[:, :, :height, :width]
        return kept + self.bias.to(kept.dtype)[:, None, None]


class _Pixels(nn.Module):
    """Images ``[batch, c, h, w]`` to rows of pixels in (0, 1), ``[batch, h * w * c]``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1).sigmoid()


class DualNetwork(AutoencoderNetwork):
    r"""Encoder to the mean μ and the variance of a noisy embedding, decoder, and discriminator.

    .. math:: \tilde z = \mu(x) + \sigma(x) \odot \epsilon, \qquad
       \epsilon \sim \mathcal{N}(0, I)

    The encoder has two convolutions of 3x3 for each number of filters, the first of stride 2; the
    decoder mirrors it, with a last convolution to the image and a sigmoid. Leaky ReLU of slope 0.2
    follows each but the last. The discriminator D tells (z, z) from pairs (z, z') of two samples;
    it has three layers of d units. The embedding of a sample is μ, without noise. With an
    embedding of 120 there are 1,357,266 parameters for grey images of 28x28.

    Images of any sides pass: a side of 1 stays.

    Shapes: input and reconstruction ``[batch, height * width * channels]``, embedding
    ``[batch, embedding_size]``.

    Args:
        image_shape: height and width, and channels where there are several.
        embedding_size: d, units of the embedding.
        filters: filters of each pair of convolutions.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
    """

    encoder: nn.Sequential
    decoder: nn.Sequential

    def __init__(
        self,
        image_shape: Sequence[int],
        embedding_size: int = 120,
        filters: Sequence[int] = (32, 64),
        *,
        scheme: Scheme = "glorot-uniform",
        seed: int = 0,
    ) -> None:
        super().__init__()
        height, width, *rest = image_shape
        channels = (rest[0] if rest else 1, *filters)
        sides = [(height, width)]
        for _ in filters:
            sides.append((-(-sides[-1][0] // 2), -(-sides[-1][1] // 2)))
        inner = (*sides[-1], channels[-1])
        flat = math.prod(inner)
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            down: list[nn.Module] = []
            for (n_in, n_out), seen in zip(pairwise(channels), sides[:-1], strict=True):
                down += [_Halving(n_in, n_out, *seen), _leaky(), _same(n_out, n_out), _leaky()]
            up: list[nn.Module] = []
            before = channels[-1]
            for n, seen in zip(reversed(filters), reversed(sides[:-1]), strict=True):
                up += [_same(before, n), _leaky(), _Doubling(n, n, *seen), _leaky()]
                before = n
            self.encoder = nn.Sequential(
                Images((height, width, channels[0])),
                *down,
                nn.Flatten(),
                nn.Linear(flat, embedding_size),
            )
            self.log_variance = nn.Linear(flat, embedding_size)
            self.decoder = nn.Sequential(
                nn.Linear(embedding_size, flat),
                Images(inner),
                *up,
                _same(before, channels[0]),
                _Pixels(),
            )
            self.discriminator = _discriminator(embedding_size)
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean μ and log σ² of the noisy embedding, float32, each ``[batch, d]``."""
        *layers, mean = self.encoder.children()
        hidden = x
        for layer in layers:
            hidden = layer(hidden)
        return mean(hidden).float(), self.log_variance(hidden).float()


class SoftmaxClusters(nn.Module):
    r"""Softmax assignment y(z) of embeddings to clusters, and the mean m of each cluster.

    Args:
        means: m, ``[K, d]``.
        units: of the hidden layers, each followed by a ReLU.
        seed: seed of the initial weights, Glorot's.

    Attributes:
        classifier: z to logits, ``[batch, d]`` to ``[batch, K]``.
        means: m, ``[K, d]``.
    """

    def __init__(self, means: Tensor, units: Sequence[int], seed: int) -> None:
        super().__init__()
        widths = (means.shape[1], *units)
        with torch.device("meta"):
            layers: list[nn.Module] = []
            for n_in, n_out in pairwise(widths):
                layers += [nn.Linear(n_in, n_out), nn.ReLU()]
            self.classifier = nn.Sequential(*layers, nn.Linear(widths[-1], len(means)))
        self.to_empty(device="cpu")
        initialise(self, "glorot-uniform", seed)
        self.classifier.to(means.device)
        self.means = nn.Parameter(means.clone())

    def log_assignment(self, embedding: Tensor) -> Tensor:
        """Logarithms of y, float32 ``[batch, K]``."""
        logits: Tensor = self.classifier(embedding)
        return logits.float().log_softmax(dim=1)


def information_loss(discriminator: nn.Module, z: Tensor, others: Tensor) -> Tensor:
    r"""What the discriminator misses: the lower, the more z tells of its own sample.

    .. math:: -\frac1n \sum_i \big(\log D(z_i, z_i) + \log(1 - D(z_i, z'_i))\big)

    Args:
        discriminator: pairs ``[batch, 2 d]`` to logits of D, ``[batch, 1]``.
        z: embeddings, ``[batch, d]``.
        others: z', the same in another order.
    """
    same, mixed = discriminator(torch.cat([z, z], dim=1)), discriminator(torch.cat([z, others], 1))
    return -(F.logsigmoid(same.float()) + F.logsigmoid(-mixed.float())).mean()


def divergence(mean: Tensor, log_variance: Tensor, assignment: Tensor, means: Tensor) -> Tensor:
    r"""Kullback-Leibler divergence from normal distributions about the means of the clusters.

    .. math:: \frac1n \sum_i \sum_k y_{ik}\,
       \mathrm{KL}\big(\mathcal{N}(\mu_i, \sigma_i^2)\,\|\,\mathcal{N}(m_k, I)\big)

    Args:
        mean: μ, ``[batch, d]``.
        log_variance: log σ², ``[batch, d]``.
        assignment: y, ``[batch, K]``; each row sums to 1.
        means: m, ``[K, d]``.
    """
    spread = (log_variance.exp() - 1 - log_variance).sum(dim=1)
    distance = (mean.unsqueeze(1) - means).square().sum(dim=2)
    return (spread + (assignment * distance).sum(dim=1)).mean() / 2


def _same(channels: int, filters: int) -> nn.Conv2d:
    # In the decoder too: transposed, a convolution of stride 1 only has its kernels mirrored.
    return nn.Conv2d(channels, filters, _KERNEL, padding="same")


def _leaky() -> nn.LeakyReLU:
    return nn.LeakyReLU(_SLOPE, inplace=True)


def _discriminator(units: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in in (2 * units, *[units] * (_HIDDEN_OF_DISCRIMINATOR - 1)):
        layers += [nn.Linear(n_in, units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(units, 1))
