import math

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.conjugate_gradients import conjugate_gradients
from clustrace.cluster.neighbour_graph import nearest_neighbours
from clustrace.cluster.rcc import RCC, Edges, cluster_means, principal_axes
from clustrace.errors import NotApplicableError

X, Y = make_blobs(90, 12, centers=5, cluster_std=2.0, random_state=4)


def _edges(x, k):
    """Textbook version: pairs by loops, the forest from all lengths of the neighbour graph."""
    d = cdist(x, x, "cosine")
    np.fill_diagonal(d, np.inf)
    near = [set(row) for row in np.argsort(d, axis=1)[:, :k]]
    n = len(x)
    lengths = np.zeros((n, n))
    for i in range(n):
        for j in near[i]:
            lengths[i, j] = lengths[j, i] = d[i, j]
    tree = minimum_spanning_tree(scipy.sparse.csr_matrix(lengths)).toarray()
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if (i in near[j] and j in near[i]) or tree[i, j] or tree[j, i]
    ]


def _rcc(x, k, max_iter=100):
    """Textbook version: dense matrices, solved exactly."""
    n, features = x.shape
    pairs = np.array(_edges(x, k))
    p, q = pairs.T
    x = math.sqrt(features) * x / np.linalg.norm(x, axis=1, keepdims=True)
    degree = np.bincount(pairs.ravel(), minlength=n)
    w = degree.mean() / np.sqrt(degree[p] * degree[q])

    def laplacian(active):
        a = np.zeros((n, n))
        for i, j, value in zip(p, q, w * active, strict=True):
            a[i, j] = a[j, i] = -value
        return a - np.diag(a.sum(axis=1))

    length = np.linalg.norm(x[p] - x[q], axis=1)
    length[length / math.sqrt(features) < 1e-2] = length.max()
    length.sort()
    share = math.ceil(0.01 * len(length))
    mu, delta = 3 * length[-1] ** 2, length[: min(250, share)].mean()
    norm = np.linalg.norm(x, 2)
    balance = norm / np.linalg.norm(laplacian(np.ones(len(p))), 2)
    u, before, inner, updates = x, math.inf, 0, 0
    for _ in range(max_iter):
        squares = ((u[p] - u[q]) ** 2).sum(axis=1)
        active = (mu / (mu + squares)) ** 2
        value = (
            0.5 * ((x - u) ** 2).sum()
            + 0.5 * balance * (w * (active * squares + mu * (np.sqrt(active) - 1) ** 2)).sum()
        )
        u = np.linalg.solve(np.eye(n) + balance * laplacian(active), x)
        inner, updates = inner + 1, updates + 1
        settled, before = abs(before - value) < 0.1, value
        if settled or inner == 4:
            if mu >= delta:
                mu /= 2
            elif inner == 4:
                mu = delta / 2
            else:
                break
            balance, inner = norm / np.linalg.norm(laplacian(active), 2), 0
    near = np.linalg.norm(u[p] - u[q], axis=1) <= length[:share].mean()
    graph = scipy.sparse.coo_matrix((np.ones(near.sum()), (p[near], q[near])), (n, n))
    return u, connected_components(graph, directed=False), updates


def test_edges_are_mutual_neighbours_and_a_spanning_forest():
    edges = Edges.of(nearest_neighbours(X, 5, "cosine"))
    found = sorted(zip(edges.first.tolist(), edges.second.tolist(), strict=True))
    assert found == _edges(X, 5)


@pytest.mark.parametrize("max_iter", [3, 100])
def test_the_dense_textbook_ends_with_the_same_clusters(max_iter):
    fitted = RCC(n_neighbors=8, tolerance=1e-6, max_iter=max_iter).fit(X)
    u, (count, labels), updates = _rcc(X, 8, max_iter)
    assert (fitted.n_clusters_, fitted.n_iter_) == (count, updates)
    assert adjusted_rand_score(labels, fitted.labels_) == 1
    np.testing.assert_allclose(fitted.representatives_, u, atol=2e-3)


def test_the_number_of_clusters_is_found_and_may_be_another_than_that_of_the_classes():
    fitted = RCC().fit(X)
    assert fitted.n_clusters_ == len(set(fitted.labels_)) == fitted.labels_.max() + 1
    assert fitted.cluster_centers_.shape == (fitted.n_clusters_, 12)
    mixed = RCC().fit(np.random.default_rng(0).normal(size=(90, 12)))
    assert mixed.n_clusters_ != 5 and len(mixed.labels_) == 90
    assert "n_clusters" not in fitted.get_params()


def test_given_neighbours_change_nothing():
    given = nearest_neighbours(X, 20, "cosine")
    alone, fitted = (RCC().fit(X, neighbours=n) for n in (None, given))
    np.testing.assert_array_equal(alone.representatives_, fitted.representatives_)


def test_duplicates_and_constant_features():
    doubled = np.hstack([np.repeat(X[:40], 3, axis=0), np.ones((120, 1))])
    fitted = RCC().fit(doubled)
    assert np.isfinite(fitted.representatives_).all()
    labels = fitted.labels_.reshape(-1, 3)
    assert (labels == labels[:, :1]).all()
    assert RCC().fit(np.ones((20, 3))).n_clusters_ == 1


def test_components_of_a_disconnected_graph_stay_apart():
    far = np.kron(np.eye(3), np.ones((1, 4)))[np.repeat(np.arange(3), 20)]
    far += 0.1 * np.random.default_rng(0).random(far.shape)
    labels = RCC(n_neighbors=5).fit(far).labels_.reshape(3, 20)
    assert not any(set(labels[i]) & set(labels[j]) for i, j in [(0, 1), (0, 2), (1, 2)])


def test_fewer_samples_than_neighbours():
    assert len(RCC(n_neighbors=50).fit(X[:6]).labels_) == 6


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="at least 2 samples"):
        RCC().fit(X[:1])
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        RCC().fit(np.zeros((9, 3)))


def test_means():
    labels = np.array([1, 0, 1, 2])
    means = cluster_means(X[:4], labels)
    np.testing.assert_allclose(means[1], X[[0, 2]].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(means[[0, 2]], X[[1, 3]], rtol=1e-6)


@pytest.mark.parametrize("x", [X, X.T])
def test_along_principal_axes_lengths_are_the_same_and_the_first_is_the_longest(x):
    axes = principal_axes(x)
    assert axes.shape == (x.shape[1], min(x.shape))
    turned = x @ axes
    np.testing.assert_allclose(cdist(turned, turned), cdist(x, x), atol=1e-6)
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=0), np.linalg.svd(x, compute_uv=False), atol=1e-6
    )


def test_conjugate_gradients_solve_for_all_columns():
    rng = np.random.default_rng(1)
    half = rng.normal(size=(60, 60))
    matrix = half @ half.T + 5 * np.eye(60)
    right = rng.normal(size=(60, 4))
    sparse = scipy.sparse.csr_matrix(matrix)
    found = conjugate_gradients(sparse, right, np.zeros_like(right), tolerance=1e-10)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), atol=1e-8)
    again = conjugate_gradients(sparse, right, found, tolerance=1e-8, max_iter=1)
    np.testing.assert_array_equal(again, found)
    with pytest.warns(ConvergenceWarning, match="relative residual of 1e-10 in 2 steps"):
        conjugate_gradients(sparse, right, right, tolerance=1e-10, max_iter=2)


def test_columns_of_small_numbers_take_their_share_of_the_tolerance():
    rng = np.random.default_rng(2)
    half = rng.normal(size=(60, 60))
    matrix = half @ half.T + np.eye(60)
    right = rng.normal(size=(60, 70)) * np.logspace(0, -6, 70)
    found = conjugate_gradients(
        scipy.sparse.csr_matrix(matrix), right, np.zeros_like(right), tolerance=1e-4
    )
    residual = right - matrix @ found
    assert np.linalg.norm(residual) <= 1e-4 * np.linalg.norm(right)
    assert not found[:, -1].any()
