import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from clustrace.cluster import gmm
from clustrace.cluster.gmm import GMM, in_span
from clustrace.errors import DivergedError, NotApplicableError

X, Y = make_blobs(150, 3, centers=3, cluster_std=2.0, random_state=1)
X = X @ np.diag([1.0, 3.0, 0.3])


def _textbook(x, k, full, iterations):
    """Expectation maximisation from k-means, densities by SciPy."""
    r = np.eye(k)[KMeans(k, n_init=1, random_state=0).fit(x).labels_]
    for _ in range(iterations):
        size = r.sum(axis=0)
        mean = r.T @ x / size[:, None]
        density = []
        for j in range(k):
            off = x - mean[j]
            cov = (r[:, j, None] * off).T @ off / size[j]
            cov = cov if full else np.diag(np.diag(cov))
            normal = multivariate_normal(mean[j], cov + 1e-6 * np.eye(x.shape[1]))
            density.append(size[j] / len(x) * normal.pdf(x))
        r = np.array(density).T
        r /= r.sum(axis=1, keepdims=True)
    return r.argmax(axis=1), mean


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_the_textbook_ends_with_the_same_components(kind):
    fitted = GMM(3, covariance_type=kind, tol=1e-7, max_iter=500, random_state=0).fit(X)
    assert fitted.converged_
    labels, means = _textbook(X, 3, kind == "full", fitted.n_iter_ + 1)
    np.testing.assert_array_equal(fitted.labels_, labels)
    np.testing.assert_allclose(fitted.cluster_centers_, means, atol=1e-3)


def test_the_span_of_few_samples_is_enough():
    few = load_digits().data[:50] / 16
    whole = GaussianMixture(4, random_state=0).fit(few).predict_proba(few)
    span = in_span(few)
    assert span.shape == (50, 49)
    np.testing.assert_allclose(span @ span.T, (few - few.mean(0)) @ (few - few.mean(0)).T)
    fitted = GMM(4, random_state=0).fit(few)
    assert adjusted_rand_score(whole.argmax(axis=1), fitted.labels_) == 1
    assert fitted.cluster_centers_.shape == (4, 64)


def test_principal_components():
    digits = load_digits().data[:150]
    reduced = PCA(5, svd_solver="full").fit_transform(digits)
    expected = GaussianMixture(4, random_state=0).fit_predict(reduced)
    fitted = GMM(4, n_components=5, random_state=0).fit(digits)
    np.testing.assert_array_equal(fitted.labels_, expected)
    assert len(GMM(4, n_components=500, random_state=0).fit_predict(digits)) == 150


def test_finds_separated_clusters():
    assert adjusted_rand_score(Y, GMM(3, random_state=0).fit_predict(X)) > 0.9


def test_constant_features_and_duplicates():
    same = np.hstack([np.repeat(X, 2, axis=0), np.ones((300, 2))])
    labels = GMM(3, random_state=0).fit_predict(same)
    assert (labels.reshape(-1, 2) == labels.reshape(-1, 2)[:, :1]).all()
    assert len(GMM(2, random_state=0).fit_predict(np.ones((9, 4)))) == 9


def test_a_singular_covariance_is_an_outcome(monkeypatch):
    with pytest.raises(DivergedError, match="singular with reg_covar=0; raise reg_covar"):
        GMM(2, reg_covar=0.0, random_state=0).fit(np.hstack([X, X]))

    class Other:
        def __init__(self, *args, **kwargs):
            pass

        def fit(self, x):
            raise ValueError("something else")

    monkeypatch.setattr(gmm, "GaussianMixture", Other)
    with pytest.raises(ValueError, match="something else"):
        GMM(2).fit(X)


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="covariance_type is 'tied'; write full or diag"):
        GMM(2, covariance_type="tied").fit(X)
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        GMM(3).fit(X[:2])
