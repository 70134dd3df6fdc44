import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.gnmf import GNMF, Problem, with_unit_parts
from clustrace.cluster.neighbour_graph import nearest_neighbours
from clustrace.errors import NotApplicableError

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(3), 30)
X = RNG.uniform(1, 9, (90, 1)) * (np.kron(np.eye(3), np.ones(4))[Y] + 0.2 * RNG.random((90, 12)))
U, V = RNG.random((12, 3)), RNG.random((90, 3))
WEIGHT = 10.0
GRAPH = WEIGHT * nearest_neighbours(X, 5, "cosine").either()
SHORT = {"n_restarts": 2, "restart_iterations": 5, "random_state": 0}


def _updated(u, v):
    """Textbook version, one entry at a time (eqs. 14 and 15, X of features by samples)."""
    x, w = X.T, GRAPH.toarray()
    d = np.diag(w.sum(axis=1))
    up, down = x.T @ u + w @ v, v @ u.T @ u + d @ v
    new_v = np.array([[v[i, j] * up[i, j] / down[i, j] for j in range(3)] for i in range(90)])
    up, down = x @ new_v, u @ new_v.T @ new_v
    new_u = np.array([[u[i, j] * up[i, j] / down[i, j] for j in range(3)] for i in range(12)])
    return new_u, new_v


def _objective(u, v):
    w = GRAPH.toarray()
    laplacian = np.diag(w.sum(axis=1)) - w
    return np.linalg.norm(X.T - u @ v.T) ** 2 + np.trace(v.T @ laplacian @ v)


def test_updates_and_objective_are_those_of_the_dense_textbook():
    problem = Problem.of(X, GRAPH, 3)
    assert problem.objective(U, V) == pytest.approx(_objective(U, V))
    for found, expected in zip(problem.updated(U, V), _updated(U, V), strict=True):
        np.testing.assert_allclose(found, expected)


def test_objective_and_next_update_share_their_products():
    class Counted(np.ndarray):
        products = 0

        def __matmul__(self, other):
            Counted.products += 1
            return np.asarray(self) @ other

    problem, u, v = Problem.of(X.view(Counted), GRAPH, 3), U, V
    for _ in range(4):
        u, v = problem.updated(u, v)
        problem.objective(u, v)
    assert Counted.products == 8


def test_no_update_raises_the_objective():
    problem, u, v = Problem.of(X, GRAPH, 3), U, V
    values = [problem.objective(u, v)]
    for _ in range(60):
        u, v = problem.updated(u, v)
        values.append(problem.objective(u, v))
    assert (np.diff(values) <= 1e-9 * values[0]).all() and values[-1] < 0.5 * values[0]


def test_unit_parts_leave_the_product_as_it_is():
    u, v = with_unit_parts(U, V)
    np.testing.assert_allclose(u @ v.T, U @ V.T)
    np.testing.assert_allclose(np.linalg.norm(u, axis=0), 1)


def test_a_fit_ends_where_its_factors_say():
    fitted = GNMF(3, **SHORT, max_iter=50).fit(X)
    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    graph = 100.0 * nearest_neighbours(X, 5, "cosine").either()
    problem = Problem.of(units, graph, 3)
    assert fitted.n_iter_ == 50
    assert (fitted.embedding_ >= 0).all() and (fitted.components_ >= 0).all()
    # Only the regulariser hangs on the scale of V, and codes of length-1 parts have another.
    error = np.linalg.norm(units - fitted.embedding_ @ fitted.components_.T) ** 2
    assert 0 < error <= fitted.objective_ < problem.trace


def test_finds_parts():
    assert adjusted_rand_score(Y, GNMF(3, n_restarts=2, random_state=0).fit_predict(X)) == 1


def test_lengths_count_only_where_samples_keep_them():
    longer = X * np.linspace(1, 5, 90)[:, None]
    scaled, kept = ([GNMF(3, **SHORT, normalize=n).fit(x) for x in (X, longer)] for n in (1, 0))
    np.testing.assert_allclose(scaled[0].embedding_, scaled[1].embedding_)
    assert not np.allclose(kept[0].embedding_, kept[1].embedding_)


def test_given_neighbours_change_nothing():
    given = nearest_neighbours(X, 20, "cosine")
    alone, fitted = (GNMF(3, **SHORT).fit(X, neighbours=n) for n in (None, given))
    np.testing.assert_array_equal(alone.embedding_, fitted.embedding_)


def test_zeros_duplicates_and_constant_features_are_taken():
    padded = np.hstack([np.vstack([X, X[:5], 0 * X[:2]]), np.zeros((97, 2))])
    fitted = GNMF(3, **SHORT).fit(padded)
    assert np.isfinite(fitted.embedding_).all() and len(fitted.labels_) == 97


def test_more_components_of_the_graph_than_clusters_leave_each_whole():
    far = np.kron(np.eye(4), np.ones((1, 3)))[np.repeat(np.arange(4), 8)]
    labels = GNMF(2, n_neighbors=5, **SHORT).fit_predict(far + 0.01 * RNG.random(far.shape))
    assert set(labels) == {0, 1}
    assert (labels.reshape(4, 8) == labels.reshape(4, 8)[:, :1]).all()


def test_fewer_samples_than_neighbours():
    assert len(GNMF(2, n_neighbors=50, **SHORT).fit_predict(X[:6])) == 6


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="Negative values"):
        GNMF(3).fit(X - 5)
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        GNMF(3).fit(X[:2])
