"""Scattering transform of images (Bruna and Mallat, IEEE TPAMI 35(8), 2013)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from scipy import fft
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from clustrace.data.wavelets import FilterBank, folded
from clustrace.errors import NotApplicableError


class Scattering2D(TransformerMixin, BaseEstimator):
    r"""Averages of wavelet moduli of images, up to the second order.

    .. math:: S_0 = x * \phi, \quad S_1 = |x * \psi_{j_1,\theta_1}| * \phi, \quad
       S_2 = ||x * \psi_{j_1,\theta_1}| * \psi_{j_2,\theta_2}| * \phi, \quad j_1 < j_2

    each kept at every 2^J-th pixel: :math:`1 + J L + L^2 J (J-1) / 2` maps (217 for J = 3, L = 8).
    Images are resized bilinearly to ``size`` and continued by reflection at their borders. The
    filters are Morlet wavelets, the same as Kymatio's ``Scattering2D``, whose release does not
    import with this version of SciPy.

    Args:
        image_shape: height and width; empty: a square, the last pixels 0 if there are too few.
        size: pixels a side to which images are resized, a multiple of 2^J.
        J: number of scales.
        L: number of angles.
        normalize: whether each map of each image is divided by its largest value; a map of zeros
            stays so.
        batch_size: images that are transformed at a time.
    """

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        size: int = 32,
        J: int = 3,
        L: int = 8,
        normalize: bool = True,
        batch_size: int = 32,
    ) -> None:
        self.image_shape = image_shape
        self.size = size
        self.J = J
        self.L = L
        self.normalize = normalize
        self.batch_size = batch_size

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Take note of the number of pixels; nothing is learnt from images ``[n, h w]``.

        Raises:
            NotApplicableError: they do not have the pixels of the image shape, or the size is no
                multiple of 2^J.
        """
        X = validate_data(self, X, dtype=np.float32)
        side = math.isqrt(X.shape[1] - 1) + 1
        self.shape_ = tuple(self.image_shape) if self.image_shape else (side, side)
        if self.image_shape and math.prod(self.shape_) != X.shape[1]:
            raise NotApplicableError(
                f"Samples of {X.shape[1]} features are no images of {self.shape_}; correct "
                "image_shape."
            )
        if self.size % 2**self.J:
            raise NotApplicableError(
                f"A size of {self.size} pixels is no multiple of 2^J = {2**self.J}; choose another."
            )
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Features float32 ``[n, C (size / 2^J)^2]`` of images ``[n, h w]``, map after map."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        network = _network(self.size, self.J, self.L)
        resize = [_interpolation(length, self.size) for length in self.shape_]
        width = network.maps * network.side**2
        features = np.empty((len(X), width), np.float32)
        for start in range(0, len(X), self.batch_size):
            batch = X[start : start + self.batch_size]
            images = np.zeros((len(batch), math.prod(self.shape_)), np.float32)
            images[:, : batch.shape[1]] = batch
            images = resize[0] @ images.reshape(-1, *self.shape_) @ resize[1].T
            maps = network(images).reshape(len(batch), network.maps, -1)
            if self.normalize:
                largest = np.abs(maps).max(axis=2, keepdims=True)
                maps = np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
            features[start : start + len(batch)] = maps.reshape(len(batch), -1)
        return features

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class _Network:
    """The cascade for images of one size."""

    def __init__(self, size: int, scales: int, angles: int) -> None:
        self.scales, self.angles = scales, angles
        self.side = size // 2**scales
        self.maps = 1 + scales * angles + angles**2 * scales * (scales - 1) // 2
        # As wide as the coarsest averages reach, and a multiple of their step.
        self._border = 2**scales
        self._bank = FilterBank.of(size + 2 * self._border, scales, angles)

    @cached_property
    def _low(self) -> list[np.ndarray]:
        """Low-pass filter on the grids of each scale."""
        return [folded(self._bank.low, 2**j).astype(np.float32) for j in range(self.scales)]

    @cached_property
    def _wavelets(self) -> list[list[np.ndarray]]:
        """Wavelets [L, n, n] of each scale (second index) on the grid of each scale (first)."""
        return [
            [folded(of_scale, 2**j).astype(np.float32) for of_scale in self._bank.wavelets]
            for j in range(self.scales)
        ]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Maps float32 [B, C, side, side] of images [B, size, size]."""
        border = ((0, 0), *((self._border, self._border),) * 2)
        spectrum = fft.fft2(np.pad(images, border, mode="reflect"))[:, None]
        first, second = [], []
        for j1 in range(self.scales):
            moduli = self._moduli(spectrum, 0, j1)
            first.append(self._averaged(moduli, j1))
            for j2 in range(j1 + 1, self.scales):
                deeper = self._moduli(moduli[:, :, None], j1, j2)
                second.append(
                    self._averaged(deeper.reshape(len(images), -1, *deeper.shape[-2:]), j2)
                )
        return np.concatenate([self._averaged(spectrum, 0), *first, *second], axis=1)

    def _moduli(self, spectrum: np.ndarray, grid: int, scale: int) -> np.ndarray:
        """Spectra of the moduli at a scale, on its grid, of signals on another; angles last."""
        step = 2 ** (scale - grid)
        filtered = folded(spectrum * self._wavelets[grid][scale], step) / np.float32(step**2)
        return np.asarray(fft.fft2(np.abs(fft.ifft2(filtered))))

    def _averaged(self, spectrum: np.ndarray, grid: int) -> np.ndarray:
        """Averages at every 2^J-th pixel of the image, without its border."""
        step = 2 ** (self.scales - grid)
        averages = fft.ifft2(folded(spectrum * self._low[grid], step) / np.float32(step**2))
        inside = slice(1, 1 + self.side)
        return np.asarray(averages.real[..., inside, inside], np.float32)


@lru_cache(maxsize=1)
def _network(size: int, scales: int, angles: int) -> _Network:
    return _Network(size, scales, angles)


def _interpolation(old: int, new: int) -> np.ndarray:
    """Matrix [new, old] that resizes linearly; pixels are areas, and borders are continued."""
    centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    below = np.minimum(centres.astype(int), max(old - 2, 0))
    share = (centres - below).astype(np.float32)
    matrix = np.zeros((new, old), np.float32)
    rows = np.arange(new)
    matrix[rows, below] += 1 - share
    matrix[rows, np.minimum(below + 1, old - 1)] += share
    return matrix
