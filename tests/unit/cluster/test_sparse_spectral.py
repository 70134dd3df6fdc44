import numpy as np
import pytest
import scipy.linalg
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.neighbour_graph import nearest_neighbours
from clustrace.cluster.sparse_spectral import SparseSpectralClustering, self_tuned_affinity
from clustrace.errors import NotApplicableError

X, Y = make_blobs(150, 5, centers=4, random_state=3)
DIGITS = load_digits().data[:200]


def _affinity(x, t):
    """Textbook version: one pair at a time."""
    n, d = len(x), cdist(x, x)
    order = np.argsort(d + np.diag(np.full(n, np.inf)), axis=1)[:, :t]
    paired = np.zeros((n, n), dtype=bool)
    for i in range(n):
        paired[i, order[i]] = paired[order[i], i] = True
    sigma = np.array([d[i, paired[i]].mean() for i in range(n)])
    a = np.zeros((n, n))
    for i, j in zip(*np.nonzero(paired), strict=True):
        a[i, j] = np.exp(-(d[i, j] ** 2) / (2 * sigma[i] * sigma[j]))
    return a


def test_affinity_is_the_textbooks():
    found = self_tuned_affinity(nearest_neighbours(X, 6, "euclidean"))
    np.testing.assert_allclose(found.toarray(), _affinity(X, 6), atol=1e-6)


def test_embedding_has_the_leading_eigenvectors_of_the_dense_matrix():
    fitted = SparseSpectralClustering(6, n_neighbors=12, random_state=0).fit(DIGITS)
    a = _affinity(DIGITS, 12)
    root = np.sqrt(a.sum(axis=1))
    values, vectors = scipy.linalg.eigh(a / root[:, None] / root)
    assert values[-6] - values[-7] > 1e-3
    leading = vectors[:, -6:] / np.linalg.norm(vectors[:, -6:], axis=1, keepdims=True)
    np.testing.assert_allclose(
        fitted.embedding_ @ fitted.embedding_.T, leading @ leading.T, atol=1e-4
    )


def test_given_neighbours_change_nothing():
    given = nearest_neighbours(DIGITS, 30, "euclidean")
    alone = SparseSpectralClustering(10, random_state=0).fit(DIGITS)
    fitted = SparseSpectralClustering(10, random_state=0).fit(DIGITS, neighbours=given)
    np.testing.assert_array_equal(alone.labels_, fitted.labels_)
    np.testing.assert_array_equal(alone.neighbours_.indices, fitted.neighbours_.indices)


def test_components_of_a_disconnected_graph_are_clusters():
    labels = SparseSpectralClustering(4, n_neighbors=5, random_state=0).fit_predict(X)
    assert adjusted_rand_score(Y, labels) > 0.95


def test_more_components_than_clusters_leave_no_sample_out():
    far = np.arange(30.0)[:, None] // 5 * 1000 + np.arange(30.0)[:, None] % 5
    fitted = SparseSpectralClustering(3, n_neighbors=2, random_state=0).fit(far)
    assert len(fitted.labels_) == 30 and set(fitted.labels_) == {0, 1, 2}
    assert (fitted.labels_.reshape(6, 5) == fitted.labels_.reshape(6, 5)[:, :1]).all()


def test_duplicates_stay_together_and_constant_features_say_nothing():
    doubled = np.hstack([np.repeat(X, 8, axis=0), np.ones((1200, 2))])
    labels = SparseSpectralClustering(4, random_state=0).fit_predict(doubled)
    assert (labels.reshape(-1, 8) == labels.reshape(-1, 8)[:, :1]).all()


def test_fewer_samples_than_neighbours():
    labels = SparseSpectralClustering(2, n_neighbors=50, random_state=0).fit_predict(X[:9])
    assert len(labels) == 9


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=4"):
        SparseSpectralClustering(4).fit(X[:2])
    with pytest.raises(NotApplicableError, match="at least 2 samples"):
        SparseSpectralClustering(1).fit(X[:1])
