import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.xray import XRAY
from clustrace.errors import NotApplicableError


def _separable(n=60, dimensions=15, rays=4, noise=0.0, seed=0):
    """Rays first, then mixtures in which one ray dominates; and which it is."""
    rng = np.random.default_rng(seed)
    anchors = rng.random((rays, dimensions)) + 4 * np.eye(rays, dimensions)
    y = rng.integers(0, rays, n)
    mixture = rng.random((n, rays)) + 3 * np.eye(rays)[y]
    x = np.vstack([anchors, mixture @ anchors])
    return x + noise * rng.random(x.shape), np.concatenate([np.arange(rays), y])


def _xray(x, k):
    """Textbook version: all residuals as they are, an active-set solver for each sample."""
    anchors = []
    h = np.zeros((len(x), 0))
    for _ in range(k):
        residual = x - h @ x[anchors]
        i = np.argmax((residual**2).sum(axis=1))
        score = [residual[i] @ x[j] / x[j].sum() for j in range(len(x))]
        anchors.append(int(np.argmax(score)))
        h = np.array([scipy.optimize.nnls(x[anchors].T, row)[0] for row in x])
    return anchors, h


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_anchors_and_weights_are_those_of_the_textbook(noise):
    x, _ = _separable(noise=noise)
    anchors, h = _xray(x, 4)
    for kind in (np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csr_array):
        fitted = XRAY(4).fit(kind(x))
        assert fitted.anchors_.tolist() == anchors
        np.testing.assert_allclose(fitted.coefficients_, h, atol=1e-3)
        np.testing.assert_array_equal(fitted.labels_, h.argmax(axis=1))
        np.testing.assert_array_equal(fitted.cluster_centers_, x[anchors])


def test_finds_the_rays_of_separable_data():
    x, y = _separable()
    fitted = XRAY(4).fit(x)
    assert sorted(fitted.anchors_) == [0, 1, 2, 3]
    assert adjusted_rand_score(y, fitted.labels_) == 1


def test_random_residuals_find_the_rays_too_and_hang_on_the_seed_alone():
    x, y = _separable()
    fitted = XRAY(4, criterion="random", random_state=1).fit(x)
    assert sorted(fitted.anchors_) == [0, 1, 2, 3]
    assert adjusted_rand_score(y, fitted.labels_) == 1
    again = XRAY(4, criterion="random", random_state=1).fit(x)
    np.testing.assert_array_equal(fitted.anchors_, again.anchors_)
    orders = {
        tuple(XRAY(4, criterion="random", random_state=seed).fit(x).anchors_) for seed in range(9)
    }
    assert len(orders) > 1


def test_kmeans_on_the_weights():
    x, y = _separable()
    fitted = XRAY(4, n_init=5, random_state=0).fit(x)
    assert adjusted_rand_score(y, fitted.labels_) > 0.9
    assert fitted.cluster_centers_.shape == (4, 4)
    members = fitted.coefficients_[fitted.labels_ == 0].mean(axis=0)
    np.testing.assert_allclose(fitted.cluster_centers_[0], members, rtol=1e-6)


def test_unknown_criterion_is_refused():
    with pytest.raises(NotApplicableError, match="There is no criterion 'dist'; use one of max"):
        XRAY(2, criterion="dist").fit(np.ones((4, 2)))


def test_no_anchor_is_taken_twice():
    x, _ = _separable()
    x = np.vstack([x, x[:4], 2 * x[:4]])
    anchors = XRAY(4).fit(x).anchors_
    rays = x[anchors] / np.linalg.norm(x[anchors], axis=1, keepdims=True)
    assert np.triu(rays @ rays.T, 1).max() < 0.999


def test_an_anchor_does_not_win_again_where_weights_are_inexact(monkeypatch):
    """Weights of zero leave each anchor its whole residual."""
    monkeypatch.setattr("clustrace.cluster.xray.nnls", lambda gram, c, start: 0 * start)
    x, _ = _separable()
    assert len(set(XRAY(4).fit(x).anchors_)) == 4


def test_samples_of_zeros_are_no_anchors_and_are_kept():
    x, _ = _separable()
    fitted = XRAY(4).fit(scipy.sparse.csr_matrix(np.vstack([np.zeros((2, 15)), x])))
    assert fitted.anchors_.min() >= 2 and len(fitted.labels_) == len(x) + 2
    assert not fitted.coefficients_[:2].any() and not fitted.labels_[:2].any()


def test_bad_input_is_a_sentence():
    x, _ = _separable()
    with pytest.raises(NotApplicableError, match="cone of 4 extreme rays, and n_clusters=6"):
        XRAY(6).fit(x)
    with pytest.raises(NotApplicableError, match=r"Negative values.*scale the features"):
        XRAY(2).fit(x - 1)
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=4"):
        XRAY(4).fit(x[:2])
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        XRAY(4).fit(0 * x)
    with pytest.raises(ValueError, match="NaN"):
        XRAY(4).fit(np.full((5, 2), np.nan))
