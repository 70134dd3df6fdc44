"""Tests of clustrace.data.wavelets and clustrace.data.scattering."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from clustrace.data.scattering import Scattering2D
from clustrace.data.wavelets import FilterBank, folded
from clustrace.errors import NotApplicableError


@pytest.fixture(scope="module")
def images():
    """Digits enlarged to 32 pixels a side, with an empty border."""
    digits = load_digits().images[:6].repeat(3, axis=1).repeat(3, axis=2) / 16
    return np.pad(digits, ((0, 0), (4, 4), (4, 4))).astype(np.float32)


def maps(images, **options):
    features = Scattering2D(images.shape[1:], normalize=False, **options).fit_transform(
        images.reshape(len(images), -1)
    )
    return features.reshape(len(images), -1, 4, 4)


def test_filters_keep_nearly_all_energy_and_add_none():
    power = FilterBank.of(48, 3, 8).littlewood_paley()
    assert power[0, 0] == pytest.approx(1, abs=1e-3)
    assert power.max() < 1.02
    # The corners beyond half the sampling rate belong to no wavelet, as in every Morlet bank.
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(48), np.fft.fftfreq(48)))
    assert power[radius < 0.4].min() > 0.3


def test_wavelets_have_no_mean_and_point_in_their_directions():
    bank = FilterBank.of(48, 2, 8)
    assert np.abs(bank.wavelets[..., 0, 0]).max() < 1e-6
    frequencies = 2 * np.pi * np.fft.fftfreq(48)
    for scale in range(2):
        for angle in range(8):
            y, x = np.unravel_index(bank.wavelets[scale, angle].argmax(), (48, 48))
            found = np.arctan2(frequencies[y], frequencies[x])
            assert np.angle(np.exp(1j * (found - np.pi * angle / 8))) == pytest.approx(0, abs=0.1)


def test_folding_a_spectrum_keeps_every_second_pixel():
    signal = np.random.default_rng(0).normal(size=(3, 8, 8))
    kept = np.fft.ifft2(folded(np.fft.fft2(signal), 2)) / 4
    np.testing.assert_allclose(kept, signal[:, ::2, ::2], atol=1e-12)


def test_217_maps_of_4_by_4_in_float32(images):
    features = Scattering2D((32, 32)).fit_transform(images.reshape(6, -1))
    assert (features.shape, features.dtype) == ((6, 3472), np.float32)
    assert maps(images, J=3, L=8).shape == (6, 217, 4, 4)
    assert maps(images, size=16, J=2, L=4).shape == (6, 1 + 2 * 4 + 16, 4, 4)


def test_first_and_second_order_by_direct_convolution(images):
    """One path of each order, from convolutions at full resolution."""
    bank, found = FilterBank.of(48, 3, 8), maps(images)
    padded = np.pad(images, ((0, 0), (8, 8), (8, 8)), mode="reflect").astype(np.float64)

    def convolved(signal, spectrum):
        return np.fft.ifft2(np.fft.fft2(signal) * spectrum)

    def averaged(signal):
        return convolved(signal, bank.low).real[:, 8:40:8, 8:40:8]

    np.testing.assert_allclose(found[:, 0], averaged(padded), atol=1e-5)
    first = np.abs(convolved(padded, bank.wavelets[0, 3]))
    np.testing.assert_allclose(found[:, 1 + 3], averaged(first), atol=1e-5)
    second = np.abs(convolved(first, bank.wavelets[1, 5]))
    path = 1 + 24 + 3 * 8 + 5
    np.testing.assert_allclose(found[:, path], averaged(second), atol=2e-4)


def test_energy_is_kept_within_the_bounds_of_the_filters(images):
    padded = np.pad(images, ((0, 0), (8, 8), (8, 8)), mode="reflect")
    energy = (padded[:, 8:40, 8:40] ** 2).sum(axis=(1, 2))
    kept = 64 * (maps(images) ** 2).sum(axis=(1, 2, 3))
    share = kept / energy
    assert (share < 1.1).all()
    assert (share > 0.7).all()


def test_a_shift_by_a_pixel_changes_features_far_less_than_pixels(images):
    shifted = np.roll(images, 1, axis=2)
    first, second = (maps(each).reshape(6, -1) for each in (images, shifted))
    changed = np.linalg.norm(first - second, axis=1) / np.linalg.norm(first, axis=1)
    pixels = np.linalg.norm((images - shifted).reshape(6, -1), axis=1)
    pixels /= np.linalg.norm(images.reshape(6, -1), axis=1)
    assert (changed < 0.35 * pixels).all()


def test_maps_are_divided_by_their_largest_values(images):
    flat = images.reshape(6, -1)
    raw = maps(images)
    scaled = Scattering2D((32, 32)).fit_transform(flat).reshape(raw.shape)
    np.testing.assert_allclose(scaled.max(axis=(2, 3)), 1, rtol=1e-6)
    np.testing.assert_allclose(scaled * raw.max(axis=(2, 3), keepdims=True), raw, rtol=1e-5)


def test_an_empty_image_has_features_of_zeros():
    features = Scattering2D((4, 4)).fit_transform(np.zeros((2, 16), np.float32))
    assert not features.any()


def test_batches_do_not_matter(images):
    flat = images.reshape(6, -1)
    one, all_ = (Scattering2D((32, 32), batch_size=b).fit_transform(flat) for b in (1, 6))
    np.testing.assert_allclose(one, all_, atol=1e-5)


def test_images_are_resized_linearly():
    ramp = np.tile(np.arange(28, dtype=np.float32), (28, 1)) / 27
    resized = maps(ramp[None])
    expected = np.clip((np.arange(32) + 0.5) * 28 / 32 - 0.5, 0, 27) / 27
    np.testing.assert_allclose(
        resized, maps(np.tile(expected, (32, 1)).astype("f4")[None]), atol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [({"image_shape": (3, 5)}, "are no images of"), ({"size": 12}, "no multiple of")],
)
def test_what_it_cannot_be_applied_to(options, message):
    with pytest.raises(NotApplicableError, match=message):
        Scattering2D(**options).fit(np.zeros((2, 16), np.float32))
