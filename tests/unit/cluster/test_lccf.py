import numpy as np
import pytest
import scipy.sparse
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.lccf import LCCF, Problem, ncw_weighted
from clustrace.cluster.neighbours import cosine_graph
from clustrace.errors import NotApplicableError

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(3), 30)
X = RNG.uniform(1, 9, (90, 1)) * (np.kron(np.eye(3), np.ones(4))[Y] + 0.2 * RNG.random((90, 12)))
U, V = RNG.random((90, 3)), RNG.random((90, 3))
SHORT = {"n_restarts": 2, "restart_iterations": 5, "random_state": 0}


def _problem(weight=10.0, kind=np.asarray):
    return Problem.of(kind(X), weight * cosine_graph(X, 5), 3)


def _updated(u, v, weight=10.0):
    """Textbook version with the whole kernel, one entry at a time."""
    k, w = X @ X.T, weight * cosine_graph(X, 5).toarray()
    d = np.diag(w.sum(axis=1))
    up, down = k @ u + w @ v, v @ u.T @ k @ u + d @ v
    new_v = np.array([[v[i, j] * up[i, j] / down[i, j] for j in range(3)] for i in range(90)])
    up, down = k @ new_v, k @ u @ new_v.T @ new_v
    new_u = np.array([[u[i, j] * up[i, j] / down[i, j] for j in range(3)] for i in range(90)])
    return new_u, new_v


def _objective(u, v, weight=10.0):
    w = weight * cosine_graph(X, 5).toarray()
    laplacian = np.diag(w.sum(axis=1)) - w
    return np.linalg.norm(X.T - X.T @ u @ v.T) ** 2 + np.trace(v.T @ laplacian @ v)


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csr_array])
def test_updates_and_objective_are_those_of_the_dense_textbook(kind):
    problem = _problem(kind=kind)
    assert problem.objective(U, V) == pytest.approx(_objective(U, V))
    for found, expected in zip(problem.updated(U, V), _updated(U, V), strict=True):
        np.testing.assert_allclose(found, expected)


def test_no_update_raises_the_objective():
    problem, u, v = _problem(), U, V
    values = [problem.objective(u, v)]
    for _ in range(60):
        u, v = problem.updated(u, v)
        values.append(problem.objective(u, v))
    assert (np.diff(values) <= 1e-9 * values[0]).all() and values[-1] < 0.1 * values[0]


def test_scaling_leaves_the_product_as_it_is():
    problem = _problem()
    u, v = problem.rescaled(U, V)
    np.testing.assert_allclose(u @ v.T, U @ V.T)
    np.testing.assert_allclose(np.linalg.norm(v, axis=0), 1)
    u, v = problem.with_unit_concepts(U, V)
    np.testing.assert_allclose(u @ v.T, U @ V.T)
    np.testing.assert_allclose(np.linalg.norm(X.T @ u, axis=0), 1)


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix])
def test_weighting_normalises_the_kernel_by_its_row_sums(kind):
    kernel = X @ X.T
    degree = kernel.sum(axis=1)
    weighted = scipy.sparse.csr_matrix(ncw_weighted(kind(X))).toarray()
    np.testing.assert_allclose(weighted @ weighted.T, kernel / np.sqrt(degree[:, None] * degree))
    assert not ncw_weighted(np.vstack([X, 0 * X[:1]]))[-1].any()


def test_the_best_start_goes_on_until_the_objective_settles(monkeypatch):
    values = []
    whole = Problem.objective

    def noted(self, u, v):
        values.append(whole(self, u, v))
        return values[-1]

    monkeypatch.setattr(Problem, "objective", noted)
    fitted = LCCF(3, **{**SHORT, "n_restarts": 4}, tolerance=1e-3).fit(X)
    assert fitted.objective_ == values[-1] and len(values) == 4 + fitted.n_iter_
    assert 1 < fitted.n_iter_ < 1000
    assert values[4] < min(values[:4])
    assert abs(values[-1] - values[-2]) < 2e-2 * values[-1]
    assert LCCF(3, **SHORT, max_iter=2).fit(X).n_iter_ == 2


@pytest.mark.parametrize("weighting", ["ncw", "none"])
def test_finds_topics(weighting):
    fitted = LCCF(3, weighting=weighting, random_state=0).fit(scipy.sparse.csr_matrix(X))
    assert adjusted_rand_score(Y, fitted.labels_) == 1
    assert (fitted.embedding_ >= 0).all()


def test_samples_of_zeros_are_kept():
    fitted = LCCF(3, random_state=0).fit(np.vstack([X, 0 * X[:2]]))
    assert not fitted.embedding_[90:].any() and np.isfinite(fitted.embedding_).all()
    assert adjusted_rand_score(Y, fitted.labels_[:90]) == 1


def test_fewer_samples_than_neighbours():
    assert len(LCCF(2, n_neighbors=50, **SHORT).fit_predict(X[:6])) == 6


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="weighting is 'tfidf'; write ncw or none"):
        LCCF(3, weighting="tfidf").fit(X)
    with pytest.raises(NotApplicableError, match="Negative values"):
        LCCF(3).fit(X - 5)
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        LCCF(3).fit(scipy.sparse.csr_matrix(0 * X))
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        LCCF(3).fit(X[:2])
