import numpy as np
import pytest
import scipy.linalg
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.sec import SEC, normalised_laplacian
from clustrace.errors import NotApplicableError

X, Y = make_blobs(150, 5, centers=4, random_state=3)


def _dense_laplacian(x, k):
    """Textbook version: one entry at a time."""
    n = len(x)
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))
    order = np.argsort(d + np.diag(np.full(n, -1.0)), axis=1)[:, 1 : k + 1]
    sigma = np.array([d[i, order[i, -1]] for i in range(n)])
    a = np.zeros((n, n))
    for i in range(n):
        for j in order[i]:
            a[i, j] = np.exp(-(d[i, j] ** 2) / (sigma[i] * sigma[j]))
    a = np.maximum(a, a.T)
    degree = a.sum(axis=1)
    return np.eye(n) - a / np.sqrt(degree[:, None] * degree[None])


def test_laplacian_equals_the_textbooks():
    np.testing.assert_allclose(
        normalised_laplacian(X, 5).toarray(), _dense_laplacian(X, 5), atol=1e-12
    )


def _problem(mu, gamma):
    x = load_digits().data[:200]
    estimator = SEC(10, mu=mu, gamma=gamma, random_state=0).fit(x)
    scaled = x / np.linalg.norm(x, axis=1).mean()
    n = len(x)
    h = np.eye(n) - 1 / n
    xc = h @ scaled
    l_g = h - xc @ np.linalg.inv(xc.T @ xc + gamma * np.eye(64)) @ xc.T
    return estimator, scaled, _dense_laplacian(scaled, 5) + mu * l_g


def test_embedding_spans_the_smallest_eigenvectors_of_the_dense_problem():
    estimator, _, matrix = _problem(0.3, 2.0)
    values, vectors = scipy.linalg.eigh(matrix)
    assert values[10] - values[9] > 1e-6
    f = estimator.embedding_
    np.testing.assert_allclose(f.T @ f, np.eye(10), atol=1e-6)
    np.testing.assert_allclose(f @ f.T, vectors[:, :10] @ vectors[:, :10].T, atol=1e-4)


def test_linear_map_minimises_the_ridge_regression_and_gives_the_closed_form():
    mu, gamma = 0.3, 2.0
    estimator, scaled, matrix = _problem(mu, gamma)
    f, w, b = estimator.embedding_, estimator.coef_, estimator.intercept_

    def ridge(w, b):
        return ((scaled @ w + b - f) ** 2).sum() + gamma * (w**2).sum()

    rng = np.random.default_rng(0)
    for _ in range(20):
        assert ridge(w + 1e-3 * rng.normal(size=w.shape), b + 1e-3 * rng.normal(size=10)) > ridge(
            w, b
        )
    laplacian = _dense_laplacian(scaled, 5)
    objective = np.trace(f.T @ laplacian @ f) + mu * ridge(w, b)
    assert objective == pytest.approx(np.trace(f.T @ matrix @ f), rel=1e-9)


def test_finds_separated_clusters():
    assert adjusted_rand_score(Y, SEC(4, random_state=0).fit_predict(X)) > 0.95


def test_duplicates_are_joined():
    doubled = np.repeat(X, 8, axis=0)
    labels = SEC(4, random_state=0).fit_predict(doubled)
    assert (labels.reshape(-1, 8) == labels.reshape(-1, 8)[:, :1]).all()


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=4"):
        SEC(4).fit(X[:2])
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        SEC(2).fit(np.zeros((9, 3)))
