"""Locally linear embedding and Laplacian eigenmaps."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.manifold import LocallyLinearEmbedding
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import kneighbors_graph

from clustrace.cluster.laplacian_eigenmaps import LaplacianEigenmapsKMeans
from clustrace.cluster.lle import LLEKMeans
from clustrace.errors import NotApplicableError

DIGITS = load_digits()
X = DIGITS.data[np.isin(DIGITS.target, (0, 1))][:200]
Y = DIGITS.target[np.isin(DIGITS.target, (0, 1))][:200]
BOTH = (LLEKMeans, LaplacianEigenmapsKMeans)


def _aligned(found, expected):
    """Columns up to their sign, at variance 1."""
    expected = expected / expected.std(axis=0)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, signs * expected, atol=1e-3)


def test_laplacian_eigenmaps_are_those_of_the_dense_problem():
    fitted = LaplacianEigenmapsKMeans(2, n_neighbors=40, random_state=0).fit(X)
    a = kneighbors_graph(X, 40).toarray()
    a = (a + a.T) / 2
    degrees = np.diag(a.sum(axis=1))
    values, vectors = scipy.linalg.eigh(degrees - a, degrees)
    assert abs(values[0]) < 1e-12 and values[1] > 1e-6 and values[3] - values[2] > 1e-3
    _aligned(fitted.embedding_, vectors[:, 1:3])
    assert fitted.n_neighbors_ == 40


def test_locally_linear_embedding_is_scikit_learns():
    fitted = LLEKMeans(2, n_neighbors=40, random_state=0).fit(X)
    lle = LocallyLinearEmbedding(n_neighbors=40, n_components=2, eigen_solver="dense")
    _aligned(fitted.embedding_, lle.fit_transform(X))


@pytest.mark.parametrize("kind", BOTH)
def test_k_means_on_the_map_finds_the_clusters(kind):
    fitted = kind(2, n_neighbors=40, random_state=0).fit(X)
    assert adjusted_rand_score(Y, fitted.labels_) > 0.9
    assert fitted.embedding_.shape == (200, 2) and fitted.cluster_centers_.shape == (2, 2)
    assert kind.stores_embedding


@pytest.mark.parametrize("kind", BOTH)
def test_no_sample_is_dropped_where_the_graph_falls_apart(kind):
    x = np.vstack([X[:60], X[:60] + 1e3])
    fitted = kind(2, random_state=0).fit(x)
    assert fitted.n_neighbors_ == 80
    assert len(fitted.labels_) == 120 and np.isfinite(fitted.embedding_).all()


@pytest.mark.parametrize("kind", BOTH)
def test_duplicates_and_constant_features_do_no_harm(kind):
    x = np.hstack([np.repeat(X[:100], 4, axis=0), np.ones((400, 1))])
    fitted = kind(2, random_state=0).fit(x)
    assert np.isfinite(fitted.embedding_).all() and len(set(fitted.labels_)) == 2


@pytest.mark.parametrize("kind", BOTH)
def test_fewer_samples_than_neighbours(kind):
    fitted = kind(2, n_neighbors=50, random_state=0).fit(X[:8])
    assert fitted.n_neighbors_ == 7 and len(fitted.labels_) == 8


@pytest.mark.parametrize("kind", BOTH)
def test_bad_input_is_a_sentence(kind):
    with pytest.raises(NotApplicableError, match=f"{kind.__name__} takes dense samples"):
        kind(2).fit(scipy.sparse.csr_matrix(X))
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        kind(2).fit(0 * X)
    with pytest.raises(NotApplicableError, match="at least 3 samples"):
        kind(2).fit(X[:2])
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        kind(3).fit(X[:2])
    with pytest.raises(ValueError, match="NaN"):
        kind(2).fit(np.where(X > 15, np.nan, X))


def test_locally_linear_embedding_adds_no_dimensions():
    with pytest.raises(NotApplicableError, match="n_features=1 is less than n_components=2"):
        LLEKMeans(2).fit(X[:, 3:4])


@pytest.mark.parametrize("kind", BOTH)
def test_samples_that_are_all_the_same(kind):
    """Either a map, or a sentence; never numbers that are not finite."""
    try:
        fitted = kind(2, random_state=0).fit(np.ones((60, 3)))
    except NotApplicableError as error:
        assert "repeated" in str(error)
    else:
        assert np.isfinite(fitted.embedding_).all()
