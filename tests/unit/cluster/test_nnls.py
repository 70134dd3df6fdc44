import numpy as np
import scipy.optimize

from clustrace.cluster.nnls import nnls


def test_solutions_are_those_of_the_active_set_method():
    rng = np.random.default_rng(0)
    a, x = rng.random((6, 20)), rng.normal(size=(50, 20))
    expected = np.array([scipy.optimize.nnls(a.T, row)[0] for row in x])
    found = nnls(a @ a.T, x @ a.T, np.zeros((50, 6)), tolerance=1e-10)
    assert (expected == 0).any() and (expected > 0).any()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    again = nnls(a @ a.T, x @ a.T, rng.random((50, 6)), tolerance=1e-10)
    np.testing.assert_allclose(again, expected, atol=1e-6)


def test_an_atom_of_zeros_keeps_its_weight():
    a = np.vstack([np.eye(2), np.zeros((1, 2))])
    found = nnls(a @ a.T, np.array([[3.0, -1.0, 0.0]]), np.zeros((1, 3)))
    np.testing.assert_array_equal(found, [[3, 0, 0]])


def test_sweeps_are_limited():
    a = np.array([[1.0, 0.0], [1.0, 1e-4]])  # nearly parallel: slow
    target = np.array([[1.0, 1.0]]) @ a.T
    one, many = (nnls(a @ a.T, target, np.zeros((1, 2)), max_sweeps=s) for s in (1, 50))
    assert not np.array_equal(one, many)
