import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from clustrace.cluster.neighbours import connected_neighbors, cosine_graph
from clustrace.errors import NotApplicableError


def _cosine_graph(x, k):
    """Textbook version: one pair at a time."""
    n = len(x)
    cosine = np.array([[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in x] for a in x])
    graph = np.zeros((n, n))
    for i in range(n):
        others = sorted((j for j in range(n) if j != i), key=lambda j: -cosine[i, j])
        for j in others[:k]:
            graph[i, j] = graph[j, i] = cosine[i, j]
    return graph


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix])
def test_graph_is_the_textbooks_in_blocks_of_any_size(monkeypatch, kind):
    x = np.random.default_rng(2).random((80, 6))  # without ties
    monkeypatch.setattr("clustrace.cluster.neighbours._BLOCK", 30)
    np.testing.assert_allclose(cosine_graph(kind(x), 4).toarray(), _cosine_graph(x, 4), atol=1e-12)


def test_samples_of_zeros_and_orthogonal_ones_have_no_edges():
    x = np.vstack([np.eye(3)[[0, 0, 1, 1]], np.zeros((1, 3))])
    graph = cosine_graph(scipy.sparse.csr_matrix(x), 4).toarray()
    expected = np.zeros((5, 5))
    expected[[0, 1, 2, 3], [1, 0, 3, 2]] = 1
    np.testing.assert_array_equal(graph, expected)


def test_fewer_samples_than_neighbours():
    np.testing.assert_allclose(cosine_graph(np.ones((4, 2)), 9).toarray(), 1 - np.eye(4))
    graph, count = connected_neighbors(np.arange(4.0)[:, None], 9)
    assert count == 3 and (graph.toarray() == 1 - np.eye(4)).all()


def test_neighbours_are_doubled_until_the_graph_is_connected():
    x = np.concatenate([np.arange(20.0), 1000 + np.arange(20.0)])[:, None]
    graph, count = connected_neighbors(x, 3)
    assert count == 24
    assert connected_components(graph, directed=False)[0] == 1
    assert connected_neighbors(x[:20], 3)[1] == 3


def test_a_single_sample_has_no_neighbour():
    with pytest.raises(NotApplicableError, match="n_samples=1"):
        connected_neighbors(np.ones((1, 2)), 3)
