"""Morlet wavelets on a grid, as the scattering transform needs them, in the Fourier domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Width of the finest wavelet's envelope and its frequency, in pixels and radians a pixel; each
#: coarser scale doubles the one and halves the other (Bruna and Mallat 2013; Kymatio's filters).
_SIGMA, _FREQUENCY = 0.8, 0.75 * np.pi
#: How often the grid is repeated to each side where a filter is wrapped around it.
_REPEATS = 2


@dataclass(frozen=True)
class FilterBank:
    r"""Fourier transforms of a low-pass filter and of wavelets, real, on a square grid.

    .. math:: \psi_{j,\theta}(u) = g_j(u) (e^{i \xi_j \cdot u} - \kappa), \quad
       g_j(u) = \frac{s}{2 \pi \sigma_j^2} e^{-\|u\|_{\theta,s}^2 / 2 \sigma_j^2}

    with :math:`\sigma_j = 0.8 \cdot 2^j`, :math:`|\xi_j| = \frac{3 \pi}{4} 2^{-j}` in direction
    :math:`\theta`, an envelope that is 1/s times as long across it (s = 4 / L), and :math:`\kappa`
    such that the mean is 0. The low-pass filter is a round Gaussian of width
    :math:`0.8 \cdot 2^{J-1}`.

    Attributes:
        low: low-pass filter [N, N].
        wavelets: wavelets [J, L, N, N] by scale and angle.
    """

    low: np.ndarray
    wavelets: np.ndarray

    @classmethod
    def of(cls, size: int, scales: int, angles: int) -> FilterBank:
        """The filters of J scales and L angles on a grid of ``size`` pixels a side."""
        slant = 4.0 / angles
        wavelets = [
            [
                _morlet(size, _SIGMA * 2**j, np.pi * t / angles, _FREQUENCY / 2**j, slant)
                for t in range(angles)
            ]
            for j in range(scales)
        ]
        low = _gabor(size, _SIGMA * 2 ** (scales - 1), 0.0, 0.0, 1.0)
        return cls(_spectrum(low), np.array([[_spectrum(w) for w in row] for row in wavelets]))

    def littlewood_paley(self) -> np.ndarray:
        r"""Share of a real image's energy that the filters keep at each frequency, [N, N].

        .. math:: |\hat\phi(\omega)|^2 + \frac12 \sum_{j,\theta}
           |\hat\psi_{j,\theta}(\omega)|^2 + |\hat\psi_{j,\theta}(-\omega)|^2
        """
        power = (np.abs(self.wavelets) ** 2).sum(axis=(0, 1))
        mirrored = np.roll(power[::-1, ::-1], 1, axis=(0, 1))
        return np.asarray(np.abs(self.low) ** 2 + (power + mirrored) / 2)


def folded(spectrum: np.ndarray, step: int) -> np.ndarray:
    """Fourier transform [..., N / step, N / step] of what is left if each step-th pixel is kept.

    Up to the factor 1 / step² of a sampled signal: with it, means stay as they are for signals,
    and without it, as here, for filters.
    """
    if step == 1:
        return spectrum
    n = spectrum.shape[-1] // step
    parts = spectrum.reshape(*spectrum.shape[:-2], step, n, step, n)
    return np.asarray(parts.sum(axis=(-4, -2)))


def _morlet(size: int, sigma: float, angle: float, frequency: float, slant: float) -> np.ndarray:
    wave = _gabor(size, sigma, angle, frequency, slant)
    envelope = _gabor(size, sigma, angle, 0.0, slant)
    return np.asarray(wave - envelope * (wave.sum() / envelope.sum()))


def _gabor(size: int, sigma: float, angle: float, frequency: float, slant: float) -> np.ndarray:
    """A Gaussian times a wave, wrapped around the grid."""
    extent = np.arange(-_REPEATS * size, (_REPEATS + 1) * size)
    y, x = np.meshgrid(extent, extent, indexing="ij")
    along = np.cos(angle) * x + np.sin(angle) * y
    across = slant * (np.cos(angle) * y - np.sin(angle) * x)
    values = np.exp(-(along**2 + across**2) / (2 * sigma**2) + 1j * frequency * along)
    repeats = 2 * _REPEATS + 1
    wrapped = values.reshape(repeats, size, repeats, size).sum(axis=(0, 2))
    return np.asarray(wrapped * slant / (2 * np.pi * sigma**2))


def _spectrum(values: np.ndarray) -> np.ndarray:
    # The filters are point-symmetric up to conjugation, so their transforms are real.
    return np.asarray(np.fft.fft2(values).real)
