"""Tests of clustrace.data.generators: the equations, and the same bits everywhere."""

import numpy as np
import pytest

from clustrace.config.sources import GeneratedSource
from clustrace.data import generators
from clustrace.data.generators import CENTRES, generate, kmeans_friendly, latent_plane
from clustrace.errors import ConfigError

MODELS = ("two-layers", "square", "tanh")


def source(**changes):
    entry = {"kind": "generated", "generator": "kmeans-friendly", "seed": 0}
    return GeneratedSource.model_validate({**entry, **changes})


@pytest.mark.parametrize("model", MODELS)
def test_shape_labels_and_grid(model):
    samples = generate(source(arguments={"model": model, "per_cluster": 30}))
    assert (samples.x.shape, samples.x.dtype) == ((120, 100), np.float32)
    assert np.bincount(samples.y).tolist() == [30] * 4
    assert (np.diff(samples.y) != 0).sum() > 20
    scaled = samples.x.astype(np.float64) * 2**20
    np.testing.assert_array_equal(scaled, np.rint(scaled))


def test_observed_samples_are_the_equations_of_the_points_in_the_plane():
    h = latent_plane(3, per_cluster=20, sigma=1.5)
    random = np.random.RandomState(3)
    random.standard_normal((80, 2))
    weights = random.standard_normal((100, 2))
    sigmoid = 1 / (1 + np.exp(-h.x @ weights.T))
    for model, expected in (("square", sigmoid**2), ("tanh", np.tanh(sigmoid))):
        samples = kmeans_friendly(3, model, per_cluster=20)
        np.testing.assert_allclose(samples.x, expected, atol=1e-6)
        np.testing.assert_array_equal(samples.y, h.y)
    random = np.random.RandomState(3)
    random.standard_normal((80, 2))
    w, u = random.standard_normal((10, 2)), random.standard_normal((100, 10))
    hidden = 1 / (1 + np.exp(-h.x @ w.T))
    two = kmeans_friendly(3, "two-layers", per_cluster=20)
    np.testing.assert_allclose(two.x, 1 / (1 + np.exp(-hidden @ u.T)), atol=1e-6)


def test_points_lie_around_their_centres():
    h = latent_plane(0)
    for label, centre in enumerate(CENTRES):
        points = h.x[h.y == label]
        assert len(points) == 2500
        np.testing.assert_allclose(points.mean(axis=0), centre, atol=0.15)
        np.testing.assert_allclose(points.std(axis=0), 1.5, atol=0.1)


@pytest.mark.parametrize("model", MODELS)
def test_no_registered_value_is_near_enough_to_a_border_for_other_last_bits(model, monkeypatch):
    """Other machines may round exponentials otherwise; that must not change a stored value."""
    margins = []
    rounded = generators._rounded

    def watched(values):
        scaled = values * 2**20
        margins.append(np.abs(scaled - np.floor(scaled) - 0.5).min() / 2**20)
        return rounded(values)

    monkeypatch.setattr(generators, "_rounded", watched)
    kmeans_friendly(0, model)
    assert margins[0] > 100 * np.finfo(np.float64).eps


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": "moons"}, "no generator 'moons'; known: kmeans-friendly"),
        ({"arguments": {"clusters": 3}}, "does not take these arguments"),
        ({"arguments": {"model": "cube"}}, "not two-layers, square or tanh"),
    ],
)
def test_wrong_names_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        generate(source(**changes))
