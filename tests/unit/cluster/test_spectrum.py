import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from clustrace.cluster.spectrum import block_eigenvectors, graph_eigenvectors, normalised


def _graph(n, seed, density=0.1):
    """A connected weighted graph: random edges and a ring."""
    rng = np.random.default_rng(seed)
    a = rng.random((n, n)) * (rng.random((n, n)) < density)
    a[np.arange(n), np.arange(n) - 1] = 0.5
    np.fill_diagonal(a, 0)
    return np.maximum(a, a.T)


def _dense(a):
    """Textbook version, for graphs without isolated samples."""
    degree = a.sum(axis=1)
    return a / np.sqrt(degree[:, None] * degree)


def _sparse(*parts):
    return scipy.sparse.csr_matrix(scipy.linalg.block_diag(*parts))


def _same_space(found, expected):
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)


@pytest.mark.parametrize("n", [20, 200])
def test_leading_eigenvectors_are_those_of_the_dense_matrix(n):
    a = _graph(n, 0)
    values, vectors = scipy.linalg.eigh(_dense(a))
    assert values[-4] - values[-5] > 1e-4
    found = graph_eigenvectors(_sparse(a), 4, seed=0)
    np.testing.assert_allclose(found.T @ found, np.eye(4), atol=1e-8)
    _same_space(found, vectors[:, -4:])
    order = [v @ _dense(a) @ v for v in found.T]
    np.testing.assert_allclose(order, values[::-1][:4], atol=1e-8)


def test_each_component_has_its_eigenvector():
    """The eigenvalue 1 repeats three times, and a fourth vector is the next of any component."""
    parts = [_graph(n, n) for n in (70, 40, 60)]
    matrix = _dense(scipy.linalg.block_diag(*parts))
    values, vectors = scipy.linalg.eigh(matrix)
    assert values[-3] == pytest.approx(1) and values[-4] < 0.999
    found = graph_eigenvectors(_sparse(*parts), 4, seed=0)
    _same_space(found, vectors[:, -4:])


def test_with_many_components_the_largest_have_the_vectors():
    sizes = (5, 30, 8, 20)
    found = graph_eigenvectors(_sparse(*[_graph(n, n, 0.5) for n in sizes]), 2, seed=0)
    begin = np.cumsum((0, *sizes))
    support = [np.flatnonzero(column).tolist() for column in found.T]
    assert support == [list(range(begin[1], begin[2])), list(range(begin[3], begin[4]))]


def test_samples_without_edges_have_rows_of_zeros():
    found = graph_eigenvectors(_sparse(_graph(30, 1), np.zeros((3, 3))), 3, seed=0)
    assert not found[30:].any() and (np.linalg.norm(found[:30], axis=1) > 0).all()
    assert not normalised(_sparse(_graph(30, 1), np.zeros((3, 3)))).toarray()[30:].any()


def test_samples_without_edges_have_none_of_the_vectors():
    """Their eigenvalue is 0, and all but the first of a complete graph are below."""
    complete = 1 - np.eye(60)
    found = graph_eigenvectors(_sparse(complete, np.zeros((2, 2))), 4, seed=0)
    assert not found[60:].any() and np.linalg.matrix_rank(found) == 4
    assert graph_eigenvectors(_sparse(1 - np.eye(3), np.zeros((9, 9))), 5, seed=0).shape == (12, 3)


def test_block_lanczos_finds_the_leading_eigenvectors_of_the_dense_matrix():
    matrix = _dense(_graph(300, 2, 0.9))
    values, vectors = scipy.linalg.eigh(matrix)
    products = []

    def product(v):
        products.append(v.shape[1])
        return matrix @ v

    found = block_eigenvectors(product, 300, 5, seed=0, tolerance=1e-9)
    _same_space(found, vectors[:, -5:])
    np.testing.assert_allclose([v @ matrix @ v for v in found.T], values[::-1][:5], atol=1e-9)
    assert 2 <= len(products) < 30


def test_block_lanczos_finds_repeated_eigenvalues():
    matrix = _dense(scipy.linalg.block_diag(*[_graph(40, n, 0.5) for n in range(4)]))
    vectors = scipy.linalg.eigh(matrix)[1]
    _same_space(block_eigenvectors(matrix.__matmul__, 160, 4, seed=0), vectors[:, -4:])


def test_block_lanczos_ends_when_there_is_nothing_new():
    """A matrix of rank 3 has no further directions after its first product."""
    q = scipy.linalg.qr(np.random.default_rng(0).normal(size=(90, 3)), mode="economic")[0]
    matrix = (q * [1.0, 0.7, 0.4]) @ q.T
    found = block_eigenvectors(matrix.__matmul__, 90, 3, seed=0, tolerance=0.0)
    _same_space(found, q)


def test_block_lanczos_says_that_it_did_not_settle():
    matrix = np.diag(np.linspace(0.9, 1, 4000))
    with pytest.warns(ConvergenceWarning, match="after 2 products"):
        found = block_eigenvectors(matrix.__matmul__, 4000, 3, seed=0, max_products=2)
    np.testing.assert_allclose(found.T @ found, np.eye(3), atol=1e-8)
