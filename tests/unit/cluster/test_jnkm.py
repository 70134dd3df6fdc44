from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.jnkm import JNKM, State
from clustrace.errors import NotApplicableError

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(3), 30)
X = RNG.uniform(1, 3, (90, 1)) * (np.kron(np.eye(3), np.ones(4))[Y] + 0.5 * RNG.random((90, 12)))
X /= np.linalg.norm(X, axis=1).mean()
WEIGHT = 0.3


def _start(k=3):
    codes = RNG.random((90, k)) + 0.01
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    return State(
        RNG.random(90), codes, RNG.random((k, 12)), RNG.random((k, k)), RNG.integers(0, k, 90)
    )


def _objective(state, x=X, weight=WEIGHT):
    """Textbook version, one sample at a time."""
    value = 0.0
    for i in range(len(x)):
        value += ((x[i] - state.scales[i] * state.codes[i] @ state.components) ** 2).sum()
        value += weight * ((state.codes[i] - state.centroids[state.labels[i]]) ** 2).sum()
    return value


def _constrained(state):
    np.testing.assert_allclose(np.linalg.norm(state.codes, axis=1), 1)
    assert (state.codes >= 0).all() and (state.components >= 0).all() and (state.scales >= 0).all()


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csr_array])
def test_objective_is_the_textbooks(kind):
    state = _start()
    assert state.objective(kind(X), WEIGHT) == pytest.approx(_objective(state))


def test_no_block_raises_the_objective():
    state = _start()
    value = _objective(state)
    for _ in range(20):
        for block in (
            lambda s: s._with_codes(X, WEIGHT),
            lambda s: s._with_components(X),
            lambda s: s._with_clusters(),
        ):
            state = block(state)
            _constrained(state)
            before, value = value, _objective(state)
            assert value <= before * (1 + 1e-9)


def test_codes_go_to_the_best_that_the_sphere_has():
    """Against a general solver, sample by sample, from the same place."""
    state = _start()
    settled = state
    for _ in range(200):
        settled = settled._with_codes(X, WEIGHT)
    for i in range(5):
        centroid = state.centroids[state.labels[i]]

        def value(v, i=i, centroid=centroid):
            h = v[:3] / np.linalg.norm(v[:3])
            gap = ((X[i] - v[3] * h @ state.components) ** 2).sum()
            return gap + WEIGHT * ((h - centroid) ** 2).sum()

        start = np.append(settled.codes[i], settled.scales[i])
        bounds = [(1e-9, 2)] * 3 + [(0, 5)]
        best = scipy.optimize.minimize(value, start, bounds=bounds, method="L-BFGS-B").fun
        assert value(start) == pytest.approx(best, abs=1e-6)


def test_components_are_those_of_non_negative_least_squares():
    state = _start()
    scaled = state.scales[:, None] * state.codes
    expected = np.array([scipy.optimize.nnls(scaled, column)[0] for column in X.T]).T
    np.testing.assert_allclose(state._with_components(X).components, expected, atol=1e-4)


def test_clusters_take_the_nearest_centroid_and_its_mean():
    state = _start()
    found = state._with_clusters()
    gaps = ((state.codes[:, None] - state.centroids) ** 2).sum(axis=2)
    np.testing.assert_array_equal(found.labels, gaps.argmin(axis=1))
    for k in set(found.labels):
        mean = state.codes[found.labels == k].mean(axis=0)
        np.testing.assert_allclose(found.centroids[k], mean)


def test_a_centroid_without_samples_stays_where_it_is():
    state = _start()
    far = replace(state, centroids=np.vstack([state.centroids[:2], [[9.0, 9.0, 9.0]]]))
    found = far._with_clusters()
    assert 2 not in found.labels
    np.testing.assert_array_equal(found.centroids[2], [9, 9, 9])


def test_finds_topics_with_a_falling_objective():
    fitted = JNKM(3, random_state=0).fit(scipy.sparse.csr_matrix(X))
    assert adjusted_rand_score(Y, fitted.labels_) == 1
    assert (np.diff(fitted.objectives_) <= 0).all() and len(
        fitted.objectives_
    ) == fitted.n_iter_ + 1
    np.testing.assert_allclose(np.linalg.norm(fitted.embedding_, axis=1), 1)


def test_a_large_weight_draws_codes_to_their_centroids():
    def spread(weight):
        fitted = JNKM(3, cluster_weight=weight, random_state=0).fit(X)
        return ((fitted.embedding_ - fitted.cluster_centers_[fitted.labels_]) ** 2).sum()

    assert spread(10.0) < 0.1 * spread(0.01)


def test_rounds_are_limited():
    assert JNKM(3, max_iter=2, tolerance=0.0, random_state=0).fit(X).n_iter_ == 2


def test_samples_of_zeros_are_kept():
    fitted = JNKM(3, random_state=0).fit(np.vstack([X, 0 * X[:2]]))
    assert np.isfinite(fitted.embedding_).all() and len(fitted.labels_) == 92
    np.testing.assert_allclose(np.linalg.norm(fitted.embedding_, axis=1), 1)
    assert adjusted_rand_score(Y, fitted.labels_[:90]) == 1


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="Negative values"):
        JNKM(3).fit(X - 5)
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        JNKM(3).fit(0 * X)
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        JNKM(3).fit(X[:2])
