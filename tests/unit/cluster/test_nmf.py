import numpy as np
import pytest
import scipy.sparse
from sklearn.decomposition import NMF
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.nmf import NMFKMeans
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(3), 40)
#: Three topics of four words each, documents of different lengths.
X = RNG.uniform(1, 9, (120, 1)) * (np.kron(np.eye(3), np.ones(4))[Y] + 0.2 * RNG.random((120, 12)))


def test_codes_are_scikit_learns_at_length_1():
    fitted = NMFKMeans(3, random_state=0).fit(X)
    nmf = NMF(3, init="random", random_state=derive_seed(0, "nmf") % 2**32)
    codes = nmf.fit_transform(X)
    expected = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.embedding_, expected)
    np.testing.assert_allclose(fitted.components_, nmf.components_)
    assert adjusted_rand_score(Y, fitted.labels_) == 1


def test_sparse_samples_give_the_same():
    sparse = NMFKMeans(3, random_state=0).fit(scipy.sparse.csr_matrix(X))
    np.testing.assert_array_equal(sparse.labels_, NMFKMeans(3, random_state=0).fit(X).labels_)


def test_a_map_keeps_lengths_and_has_its_own_dimensions():
    fitted = NMFKMeans(3, n_components=2, normalize=False, random_state=0).fit(X)
    assert fitted.embedding_.shape == (120, 2) and fitted.cluster_centers_.shape == (3, 2)
    assert np.linalg.norm(fitted.embedding_, axis=1).std() > 0.1
    assert NMFKMeans.stores_embedding


def test_samples_of_zeros_are_kept():
    fitted = NMFKMeans(3, random_state=0).fit(np.vstack([X, np.zeros((1, 12))]))
    assert not fitted.embedding_[-1].any() and adjusted_rand_score(Y, fitted.labels_[:-1]) == 1


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="Negative values"):
        NMFKMeans(3).fit(X - 5)
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        NMFKMeans(3).fit(0 * X)
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        NMFKMeans(3).fit(X[:2])
