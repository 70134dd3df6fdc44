"""Tests of clustrace.data.derivations, resizing and patches."""

import numpy as np
import pytest
import scipy.ndimage

from clustrace.config.datasets import Derivation
from clustrace.data import derivations
from clustrace.data.bodies import Samples
from clustrace.data.derivations import derive, rotated
from clustrace.data.patches import ContrastNormalisation, ZCAWhitening
from clustrace.errors import ConfigError, DataError

RANDOM = np.random.RandomState(0)
DIGITS = Samples(RANDOM.randint(256, size=(40, 28, 28)).astype(np.uint8), np.arange(40) % 10)


def derivation(function, **arguments):
    return Derivation(function=function, arguments=arguments)


def test_rotated_images_are_those_of_a_library_by_the_same_angles():
    smooth = scipy.ndimage.gaussian_filter(RANDOM.rand(5, 28, 28) * 900, (0, 2, 2)).clip(0, 255)
    samples = Samples(smooth.astype(np.uint8), np.arange(5))
    made = derive(samples, derivation("rotated", seed=3, count=5))
    random = np.random.RandomState(3)
    order, angles = random.permutation(5), 360 * random.random_sample(5)
    np.testing.assert_array_equal(made.y, order)
    for image, source, angle in zip(made.x, order, angles, strict=True):
        expected = scipy.ndimage.rotate(
            samples.x[source].astype(float), angle, reshape=False, order=1, mode="grid-constant"
        )
        assert np.abs(image - expected).max() <= 0.51


@pytest.mark.parametrize(("turn", "expected"), [(0.0, 0), (0.25, 1), (0.5, 2), (0.75, 3)])
def test_quarter_turns_move_pixels_and_interpolate_nothing(turn, expected, monkeypatch):
    cosine, sine = (np.rint([f(2 * np.pi * turn)]) for f in (np.cos, np.sin))
    made = derivations._turned(DIGITS.x[:1], cosine, sine)
    np.testing.assert_array_equal(made[0], np.rot90(DIGITS.x[0], expected))


def test_rotation_is_a_function_of_the_seed_and_draws_without_replacement():
    first, again = (rotated(DIGITS, seed=1, count=40) for _ in range(2))
    np.testing.assert_array_equal(first.x, again.x)
    assert sorted(first.y.tolist()) == sorted(DIGITS.y.tolist())
    assert (rotated(DIGITS, seed=2, count=40).x != first.x).any()


def test_patches_are_parts_of_the_first_images_with_their_labels():
    made = derive(DIGITS, derivation("patches", seed=0, count=50, side=5, first=7))
    assert made.x.shape == (50, 5, 5)
    for patch, label in zip(made.x, made.y, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(DIGITS.x[label], (5, 5))
        assert label < 7 and (windows == patch).all(axis=(2, 3)).any()


def test_centres_are_cut_out_and_resized():
    images = np.zeros((2, 2, 96, 96), np.uint8)
    images[:, :, 16:48, 16:80] = 200
    images[:, :, :16] = 255
    made = derive(Samples(images, np.arange(2)), derivation("centred", crop=64, side=32))
    assert made.x.shape == (2, 2, 32, 32)
    assert (made.x[:, :, :14] == 200).all() and not made.x[:, :, 18:].any()


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        ("mirrored", {}, ConfigError, "There is no derivation 'mirrored'; known: centred"),
        ("rotated", {"seed": 0}, ConfigError, "does not take these arguments"),
        ("rotated", {"seed": 0, "count": 41}, DataError, "there are 40 images, of which 41"),
        ("patches", {"seed": 0, "count": 1, "side": 29, "first": 1}, DataError, "29 x 29"),
        ("patches", {"seed": 0, "count": 1, "side": 2, "first": 41}, DataError, "of which 41"),
    ],
)
def test_what_cannot_be_derived_is_refused_with_a_sentence(function, arguments, error, message):
    with pytest.raises(error, match=message):
        derive(DIGITS, derivation(function, **arguments))


def test_centres_larger_than_the_images_are_refused():
    samples = Samples(DIGITS.x[:, None], DIGITS.y)
    with pytest.raises(DataError, match="smaller than 64"):
        derive(samples, derivation("centred", crop=64, side=32))


def test_other_bodies_are_refused():
    with pytest.raises(DataError, match="needs images of unsigned bytes"):
        derive(Samples(DIGITS.x / 255, DIGITS.y), derivation("rotated", seed=0, count=1))


def test_contrast_is_normalised_as_on_the_scale_to_255():
    bytes_ = RANDOM.randint(256, size=(6, 12)).astype(np.float64)
    mean, variance = bytes_.mean(axis=1, keepdims=True), bytes_.var(axis=1, keepdims=True)
    expected = (bytes_ - mean) / np.sqrt(variance + 10)
    np.testing.assert_allclose(ContrastNormalisation().fit_transform(bytes_ / 255), expected)
    np.testing.assert_allclose(
        ContrastNormalisation(largest=255).fit_transform(bytes_), expected, atol=1e-12
    )


def test_whitened_samples_have_no_covariance_and_stay_near():
    samples = RANDOM.randn(500, 4) @ RANDOM.randn(4, 4)
    whitened = ZCAWhitening(epsilon=0.0).fit_transform(samples)
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), np.eye(4), atol=1e-8)
    components = ZCAWhitening(epsilon=0.1).fit(samples).components_
    np.testing.assert_allclose(components, components.T, atol=1e-10)
    assert (np.linalg.eigvalsh(components) > 0).all()
