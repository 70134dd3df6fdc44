import tracemalloc

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from sklearn.datasets import load_digits, make_moons
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.rbf import NormalisedRBF
from clustrace.cluster.spectral import SpectralClustering
from clustrace.errors import NotApplicableError

X = load_digits().data[:300] / 16


def _ng(x, gamma):
    """Textbook version of L, one entry at a time."""
    n = len(x)
    a = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                a[i, j] = np.exp(-gamma * ((x[i] - x[j]) ** 2).sum())
    degree = a.sum(axis=1)
    return a / np.sqrt(degree[:, None] * degree[None])


def test_embedding_is_that_of_ng_jordan_and_weiss():
    values, vectors = scipy.linalg.eigh(_ng(X, 0.3))
    assert values[-6] - values[-7] > 1e-3
    v = vectors[:, -6:]
    expected = v / np.linalg.norm(v, axis=1, keepdims=True)
    found = SpectralClustering(6, gamma=0.3, random_state=0).fit(X).embedding_
    # The eigenvectors are unique up to a rotation, and so are the rows.
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csr_array])
def test_blocks_and_sparse_samples_give_what_the_whole_gives(monkeypatch, kind):
    monkeypatch.setattr("clustrace.cluster.rbf._BLOCK", 70)
    vectors = np.random.default_rng(0).normal(size=(300, 4))
    expected = _ng(X, 0.3) @ vectors
    for limit in (0, 300):
        product = NormalisedRBF(kind(X), 0.3, limit) @ vectors
        np.testing.assert_allclose(product, expected, atol=1e-12)
    whole = SpectralClustering(6, gamma=0.3, random_state=0).fit(X)
    parts = SpectralClustering(6, gamma=0.3, random_state=0, dense_limit=0).fit(kind(X))
    assert adjusted_rand_score(whole.labels_, parts.labels_) == 1


def test_above_the_limit_no_matrix_of_all_pairs_exists():
    x = np.random.default_rng(0).random((3000, 5))
    tracemalloc.start()
    try:
        NormalisedRBF(x, 1.0, dense_limit=2999) @ np.ones((3000, 2))
        above = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        NormalisedRBF(x, 1.0, dense_limit=3000) @ np.ones((3000, 2))
        within = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert above < 8 * 3000**2 / 2 < 8 * 3000**2 <= within


def test_finds_what_is_not_convex():
    x, y = make_moons(300, noise=0.05, random_state=0)
    assert (
        adjusted_rand_score(y, SpectralClustering(2, gamma=50, random_state=0).fit_predict(x)) == 1
    )


def test_a_sample_without_affinities_is_kept():
    x = np.vstack([X[:40], [np.full(64, 1e3)]])
    fitted = SpectralClustering(3, gamma=0.3, random_state=0).fit(x)
    assert not fitted.embedding_[-1].any() and np.isfinite(fitted.embedding_).all()
    assert len(fitted.labels_) == 41
    nearest = np.linalg.norm(fitted.cluster_centers_, axis=1).argmin()
    assert fitted.labels_[-1] == nearest


def test_groups_without_any_affinity_between_them_are_the_clusters():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(4), 30)
    x = 1e3 * y[:, None] + rng.normal(size=(120, 3))
    assert (
        adjusted_rand_score(y, SpectralClustering(4, gamma=0.1, random_state=0).fit_predict(x)) == 1
    )


def test_duplicates_share_a_label():
    labels = SpectralClustering(3, gamma=0.3, random_state=0).fit_predict(np.repeat(X[:60], 5, 0))
    assert (labels.reshape(-1, 5) == labels.reshape(-1, 5)[:, :1]).all()


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=4"):
        SpectralClustering(4).fit(scipy.sparse.csr_matrix(X[:2]))
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        SpectralClustering(2).fit(scipy.sparse.csr_matrix((9, 3)))
    with pytest.raises(NotApplicableError, match="gamma=1e\\+06 all affinities"):
        SpectralClustering(2, gamma=1e6).fit(X)
    with pytest.raises(ValueError, match="NaN"):
        SpectralClustering(2).fit(np.where(X > 0.9, np.nan, X))
