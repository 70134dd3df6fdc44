"""Tests of clustrace.data.uncentred_pca."""

import numpy as np
import pytest

from clustrace.data.uncentred_pca import UncentredPCA


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(3, 1, (50, 8)).astype(np.float32)


def test_components_are_those_of_the_singular_value_decomposition(x):
    pca = UncentredPCA(n_components=3).fit(x)
    right = np.linalg.svd(x.astype(float))[2][:3]
    np.testing.assert_allclose(np.abs(pca.components_ @ right.T), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(pca.transform(x), x @ pca.components_.T, rtol=1e-5)


def test_the_mean_is_kept(x):
    """With centring the first component would not be that of the mean."""
    first = UncentredPCA(n_components=1).fit_transform(x)
    assert abs(first.mean()) > 7


def test_all_components_keep_all_inner_products(x):
    y = UncentredPCA(n_components=8).fit_transform(x)
    np.testing.assert_allclose(y @ y.T, x @ x.T, rtol=1e-4)


def test_signs_are_settled(x):
    components = UncentredPCA(n_components=4).fit(x).components_
    np.testing.assert_allclose(components, UncentredPCA(n_components=4).fit(x[::-1]).components_)
    assert (components[np.arange(4), np.abs(components).argmax(axis=1)] > 0).all()


def test_no_more_components_than_samples(x):
    assert UncentredPCA(n_components=500).fit_transform(x[:5]).shape == (5, 5)


def test_fewer_samples_than_features_have_the_same_components(x):
    few = x[:5]
    components = UncentredPCA(n_components=3).fit(few).components_
    right = np.linalg.svd(few.astype(float))[2][:3]
    np.testing.assert_allclose(np.abs(components @ right.T), np.eye(3), atol=1e-6)


def test_equal_samples_have_one_component_and_zeros_stay_zeros(x):
    assert UncentredPCA().fit_transform(np.repeat(x[:1], 4, axis=0)).shape == (4, 1)
    assert not UncentredPCA().fit_transform(np.zeros((3, 8), np.float32)).any()
