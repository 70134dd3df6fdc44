"""Tests of clustrace.data.transforms: steps one after the other, and what is refused."""

import numpy as np
import pytest

from clustrace.config.datasets import DataSet
from clustrace.data.bodies import Samples
from clustrace.data.prepare import prepare, write_features
from clustrace.data.transforms import transformed
from clustrace.errors import ConfigError, DataError, NotApplicableError


def dataset(*steps, **changes):
    entry = {"title": "Small", "raw": "small", "samples": 40, "classes": 4, "transforms": steps}
    return DataSet.model_validate({**entry, **changes})


def step(estimator, result="", **arguments):
    return {"estimator": estimator, "arguments": arguments, "result": result, "source": "test"}


@pytest.fixture
def x():
    return np.random.default_rng(0).integers(0, 256, (40, 9), dtype=np.uint8)


def test_steps_follow_each_other(x):
    first = step("sklearn.preprocessing:FunctionTransformer")
    last = step("clustrace.data.uncentred_pca:UncentredPCA", n_components=2)
    made = transformed(x / 255, dataset(first, last))
    assert made.features.shape == (40, 2)
    assert made.features.dtype == np.float32
    assert made.names == ()


def test_an_attribute_of_the_fitted_estimator_may_hold_the_features(x):
    spectral = step(
        "sklearn.manifold:SpectralEmbedding", result="embedding_", n_components=3, random_state=0
    )
    assert transformed(x / 255, dataset(spectral)).features.shape == (40, 3)


def test_features_need_not_lie_in_the_unit_range_and_samples_must(x):
    negative = step("sklearn.preprocessing:StandardScaler")
    prepared = prepare(Samples(x, np.arange(40) % 4), None, dataset(negative), max_samples=None)
    assert prepared.features.min() < -1
    with pytest.raises(DataError, match=r"instead of lying in \[0, 1\]"):
        prepare(
            Samples(x, np.arange(40) % 4),
            None,
            dataset(negative, unit_range={"divisor": 100}),
            max_samples=None,
        )


def test_transforms_see_the_drawn_samples_alone(x):
    entry = dataset(step("sklearn.preprocessing:StandardScaler"))
    drawn = prepare(Samples(x, np.arange(40) % 4), None, entry, max_samples=10)
    np.testing.assert_allclose(drawn.features.mean(axis=0), 0, atol=1e-6)


def test_transformed_features_are_written_as_before(x, tmp_path):
    entry = dataset(step("sklearn.preprocessing:StandardScaler"))
    prepared = prepare(Samples(x, np.arange(40) % 4), None, entry, max_samples=None)
    write_features(tmp_path / "a.safetensors", prepared, entry, slug="small")
    assert (tmp_path / "a.safetensors").stat().st_size > 4 * 40 * 9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (step("clustrace.data.nothing:A"), "cannot be made"),
        (step("clustrace.data.text:Nothing"), "cannot be made"),
        (step("clustrace.data.text:MostFrequentTerms", words=3), "cannot be made"),
        (step("sklearn.cluster:KMeans", result="cluster_centers_"), "not one row for each"),
        (step("sklearn.cluster:KMeans", result="labels_"), "not one row for each"),
    ],
)
def test_wrong_steps_are_refused(x, wrong, message):
    with pytest.raises(ConfigError, match=message):
        transformed(x / 255, dataset(wrong))


def test_features_that_are_not_finite_are_not_applicable(x):
    kept = step("sklearn.preprocessing:FunctionTransformer")
    with pytest.raises(NotApplicableError, match="made values that are not finite"):
        transformed(np.where(x > 9, np.inf, x), dataset(kept))


def test_a_step_that_does_not_fit_the_samples_is_not_applicable(x):
    wide = step("sklearn.decomposition:PCA", n_components=10)
    with pytest.raises(NotApplicableError, match=r"PCA cannot be applied to Small \(n_components"):
        transformed(x / 255, dataset(wide))


def test_an_own_error_is_passed_on(x):
    wrong = step("clustrace.data.scattering:Scattering2D", image_shape=[2, 2])
    with pytest.raises(NotApplicableError, match="are no images of"):
        transformed(x / 255, dataset(wrong))


def test_equal_features_are_not_applicable(x):
    constant = step("sklearn.preprocessing:Binarizer", threshold=2.0)
    with pytest.raises(NotApplicableError, match="All samples of Small are equal"):
        prepare(Samples(x, np.arange(40) % 4), None, dataset(constant), max_samples=None)
