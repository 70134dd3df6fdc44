"""Convolutional autoencoder of DCEC (Guo et al. 2017, Fig. 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.initialisation import Scheme, initialise

#: ``keras``: the one-sided padding of Keras' ``same``. ``symmetric``: PyTorch's usual padding.
Padding = Literal["keras", "symmetric"]

_KERNELS = (5, 5, 3)
_STRIDE = 2


@dataclass(frozen=True)
class _Axis:
    """How one axis of an image passes a convolution of stride 2."""

    size: int
    kernel: int
    padded: bool
    padding: Padding

    @property
    def out(self) -> int:
        if not self.padded:
            return (self.size - self.kernel) // _STRIDE + 1
        return -(-self.size // _STRIDE)

    @property
    def before(self) -> int:
        """Zeros (or cropped pixels, in the decoder) before the axis."""
        total = max((self.out - 1) * _STRIDE + self.kernel - self.size, 0)
        if self.padding == "symmetric":
            return min(self.kernel // 2, total) if self.padded else 0
        return total // 2

    @property
    def after(self) -> int:
        """Zeros after the axis."""
        return max((self.out - 1) * _STRIDE + self.kernel - self.size, 0) - self.before


class _Convolution(nn.Module):
    """Convolution of stride 2, then ReLU."""

    def __init__(self, channels: int, filters: int, height: _Axis, width: _Axis) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, filters, height.kernel, _STRIDE)
        self.pads = (width.before, width.after, height.before, height.after)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.convolution(F.pad(x, self.pads)))


class _Deconvolution(nn.Module):
    """Transposed convolution of stride 2 back to the size that the encoder saw."""

    def __init__(self, filters: int, channels: int, height: _Axis, width: _Axis) -> None:
        super().__init__()
        self.deconvolution = nn.ConvTranspose2d(filters, channels, height.kernel, _STRIDE)
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        # The operator crops as much on both sides of an axis; the rest is cut off here.
        crop = (
            min(self.height.before, self.height.after),
            min(self.width.before, self.width.after),
        )
        weight, bias = self.deconvolution.weight, self.deconvolution.bias
        assert bias is not None
        if weight.shape[1] == 1:
            whole = _one_channel(x, weight, crop)
        else:
            # With the bias, oneDNN's forward pass takes more than twice as long.
            whole = F.conv_transpose2d(x, weight, None, _STRIDE, crop)
        top, left = self.height.before - crop[0], self.width.before - crop[1]
        cropped = whole[:, :, top : top + self.height.size, left : left + self.width.size]
        return cropped + bias.to(cropped.dtype)[:, None, None]


def _one_channel(x: Tensor, weight: Tensor, crop: tuple[int, int]) -> Tensor:
    """Transposed convolution to a single channel: one matrix product, then overlapping sums.

    oneDNN pads the channels to the width of a vector register, fifteen of sixteen for nothing.
    """
    height, width = (
        (n - 1) * _STRIDE + k - 2 * cut
        for n, k, cut in zip(x.shape[2:], weight.shape[2:], crop, strict=True)
    )
    kernel = (weight.shape[2], weight.shape[3])
    patches = x.permute(0, 2, 3, 1).flatten(1, 2) @ weight.flatten(1)
    return F.fold(patches.transpose(1, 2), (height, width), kernel, padding=crop, stride=_STRIDE)


class ConvolutionalNetwork(AutoencoderNetwork):
    """conv32-5x5, conv64-5x5, conv128-3x3, each of stride 2, then a dense embedding; mirrored.

    ReLU follows every layer but the embedding and the output, which are linear. The third
    convolution is unpadded where its input has odd sides (28x28), padded otherwise (16x16),
    as in the authors' code; so the decoder comes back to the image's size. With an embedding of
    10 it has 275,979 parameters for 28x28 and 262,539 for 16x16 grey images.

    Shapes: input and reconstruction ``[batch, height * width * channels]``, embedding
    ``[batch, embedding_size]``.

    Args:
        image_shape: height and width, and channels where there are several.
        embedding_size: units of the embedding.
        filters: filters of the three convolutions.
        padding: the authors' Keras code pads on one side; ``symmetric`` is a variant.
        scheme: scheme of the initial weights.
        seed: seed of the initial weights.
    """

    encoder: nn.Sequential
    decoder: nn.Sequential

    def __init__(
        self,
        image_shape: Sequence[int],
        embedding_size: int = 10,
        filters: Sequence[int] = (32, 64, 128),
        *,
        padding: Padding = "keras",
        scheme: Scheme = "glorot-uniform",
        seed: int = 0,
    ) -> None:
        super().__init__()
        height, width, *rest = image_shape
        channels = (rest[0] if rest else 1, *filters)
        axes = list(zip(_axes(height, padding), _axes(width, padding), strict=True))
        inner = (filters[-1], axes[-1][0].out, axes[-1][1].out)
        flat = inner[0] * inner[1] * inner[2]
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            convolutions = [
                _Convolution(n_in, n_out, *axis)
                for (n_in, n_out), axis in zip(pairwise(channels), axes, strict=True)
            ]
            deconvolutions = [
                _Deconvolution(n_in, n_out, *axis)
                for (n_in, n_out), axis in zip(pairwise(channels[::-1]), axes[::-1], strict=True)
            ]
            self.encoder = nn.Sequential(
                Images((height, width, channels[0])),
                *convolutions,
                nn.Flatten(),
                nn.Linear(flat, embedding_size),
            )
            self.decoder = nn.Sequential(
                nn.Linear(embedding_size, flat),
                nn.ReLU(),
                nn.Unflatten(1, inner),
                deconvolutions[0],
                nn.ReLU(),
                deconvolutions[1],
                nn.ReLU(),
                deconvolutions[2],
                _Rows(),
            )
        self.to_empty(device="cpu")
        initialise(self, scheme, seed)


class Images(nn.Module):
    """Rows of pixels ``[batch, h * w * c]`` to images ``[batch, c, h, w]``.

    The channels come last in memory, and every layer keeps them so: in the other order the
    kernels for convolutions rearrange each input and output.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """Images of rows."""
        images = x.reshape(-1, *self.shape).permute(0, 3, 1, 2)
        return images.contiguous(memory_format=torch.channels_last)


class _Rows(nn.Module):
    """Images ``[batch, c, h, w]`` to rows of pixels ``[batch, h * w * c]``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def _axes(size: int, padding: Padding) -> list[_Axis]:
    axes = []
    for layer, kernel in enumerate(_KERNELS):
        unpadded = layer == 2 and size % 2 == 1 and size >= kernel
        axes.append(_Axis(size, kernel, not unpadded, padding))
        size = axes[-1].out
    return axes
