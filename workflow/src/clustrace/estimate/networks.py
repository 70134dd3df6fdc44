"""Multiply-adds and weights of the networks, from their arguments alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_KERNELS = (5, 5, 3)


@dataclass(frozen=True)
class NetworkSize:
    """Size of an autoencoder whose decoder mirrors its encoder.

    Attributes:
        layers: multiply-adds of each layer of the encoder for one sample, forward; the decoder
            takes the same again.
        parameters: weights and biases of encoder and decoder.
    """

    layers: tuple[int, ...]
    parameters: int

    @property
    def encoder(self) -> int:
        """Multiply-adds of the encoder for one sample, forward."""
        return sum(self.layers)

    def step(self, batch_size: int, *, decoder: bool = True) -> int:
        """Multiply-adds of a gradient step.

        The gradients to the weights and to the inputs take as many as the forward pass, but
        nobody needs the gradient to the samples.
        """
        forward = self.encoder * (2 if decoder else 1)
        return batch_size * (3 * forward - self.layers[0])


def dense_size(n_features: int, hidden_units: Sequence[int], embedding_size: int) -> NetworkSize:
    """Size of a fully connected autoencoder."""
    widths = (n_features, *hidden_units, embedding_size)
    layers = tuple(n_in * n_out for n_in, n_out in pairwise(widths))
    biases = sum(widths[1:]) + sum(widths[:-1])
    return NetworkSize(layers, 2 * sum(layers) + biases)


def convolutional_size(
    image_shape: Sequence[int], embedding_size: int, filters: Sequence[int]
) -> NetworkSize:
    """Size of DCEC's convolutional autoencoder: three convolutions of stride 2, then a dense layer.

    Pixels that pad an image count. The third convolution is unpadded where its input is odd.
    """
    height, width, *rest = image_shape
    channels = (rest[0] if rest else 1, *filters)
    positions = 1
    layers, weights = [], 0
    for index, (n_in, n_out) in enumerate(pairwise(channels)):
        kernel = _KERNELS[index]
        height, width = (_convolved(side, index) for side in (height, width))
        positions = height * width
        weights += kernel**2 * n_in * n_out
        layers.append(kernel**2 * n_in * n_out * positions)
    flat = positions * channels[-1]
    layers.append(flat * embedding_size)
    biases = sum(channels[1:]) + embedding_size + flat + sum(channels[:-1])
    return NetworkSize(tuple(layers), 2 * (weights + layers[-1]) + biases)


def _convolved(side: int, layer: int) -> int:
    kernel = _KERNELS[layer]
    if layer == len(_KERNELS) - 1 and side % 2 == 1 and side >= kernel:
        return (side - kernel) // 2 + 1
    return -(-side // 2)


def as_image(shape: Sequence[int]) -> tuple[int, ...]:
    """Shape in which a convolutional network takes samples; rows are a square if they can be."""
    if len(shape) > 1:
        return tuple(shape)
    (length,) = shape
    side = math.isqrt(length)
    return (side, side) if side**2 == length else (1, length)


def pooled_size(
    image_shape: Sequence[int], units: int, filters: Sequence[int], n_components: int
) -> NetworkSize:
    """Size of DeepCluster's network: blocks of convolution and pooling, then a dense layer.

    It has no decoder; the whitening counts among its weights.
    """
    height, width, *rest = image_shape
    channels = (rest[0] if rest else 1, *filters)
    layers, weights = [], 0
    for n_in, n_out in pairwise(channels):
        kernel = 9 * n_in * n_out
        layers.append(height * width * kernel)
        # Bias, and four numbers of the normalisation.
        weights += kernel + 5 * n_out
        height, width = -(-height // 2), -(-width // 2)
    flat = height * width * channels[-1]
    layers.append(flat * units)
    whitening = units * (1 + min(n_components, units))
    return NetworkSize(tuple(layers), weights + (flat + 1) * units + whitening)


@dataclass(frozen=True)
class DualSize(NetworkSize):
    """Size of a dual autoencoder, which decodes an embedding and its noisy version.

    Attributes:
        decoder: multiply-adds of the decoder for one embedding, forward.
        noisy: those of the variance of the embedding and of the discriminator on two pairs.
    """

    decoder: int
    noisy: int

    def step(self, batch_size: int, *, decoder: bool = True) -> int:
        """Multiply-adds of a gradient step."""
        forward = self.encoder + (2 * self.decoder + self.noisy if decoder else 0)
        return batch_size * (3 * forward - self.layers[0])


def dual_size(image_shape: Sequence[int], embedding_size: int, filters: Sequence[int]) -> DualSize:
    """Size of DSC-DAN's autoencoder: two convolutions of 3x3 for each number of filters."""
    height, width, *rest = image_shape
    channels = (rest[0] if rest else 1, *filters)
    layers, decoder, weights = [], 0, 0
    for index, n_out in enumerate(filters):
        n_in, above = channels[index], filters[min(index + 1, len(filters) - 1)]
        if index == 0:
            # The last convolution of the decoder, on all pixels.
            decoder += 9 * n_out * n_in * height * width
            weights += 9 * n_out * n_in + n_in
        height, width = -(-height // 2), -(-width // 2)
        pixels = height * width
        layers += [9 * n_in * n_out * pixels, 9 * n_out**2 * pixels]
        decoder += (9 * above * n_out + 9 * n_out**2) * pixels
        weights += 9 * n_out * (n_in + above + 2 * n_out) + 4 * n_out
    flat = height * width * channels[-1]
    product = flat * embedding_size
    pairs = (2 + 2) * embedding_size**2 + embedding_size
    return DualSize(
        layers=(*layers, product),
        parameters=weights
        + 3 * product
        + flat
        + 2 * embedding_size
        + pairs
        + 3 * embedding_size
        + 1,
        decoder=decoder + product,
        noisy=product + 2 * pairs,
    )
