import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrace.classify.thresholding import (
    iterative_thresholding,
    mutual_coherence,
    one_step_support,
    support,
)


def _unit(dictionary):
    return dictionary / np.linalg.norm(dictionary, axis=0)


def _random(seed, features, atoms):
    return _unit(np.random.default_rng(seed).normal(size=(features, atoms)))


def _code(rng, atoms, k, smallest):
    """A code whose k entries are positive, the largest 1."""
    places = np.sort(rng.choice(atoms, k, replace=False))
    code = np.zeros(atoms)
    code[places] = rng.uniform(smallest, 1.0, k)
    code[rng.choice(places)] = 1.0
    return code, places


def test_coherence_is_the_largest_product_of_two_atoms():
    dictionary = np.array([[1.0, 0.0, -3.0], [0.0, 2.0, 4.0]])
    assert mutual_coherence(dictionary) == pytest.approx(0.8)
    assert mutual_coherence(np.eye(4)) == 0.0
    assert mutual_coherence(np.ones((3, 2))) == 1.0


def test_atoms_of_zeros_have_no_coherence():
    assert mutual_coherence(np.array([[1.0, 0.0], [2.0, 0.0]])) == 0.0
    assert mutual_coherence(np.zeros((3, 5))) == 0.0


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_one_step_finds_the_support_under_the_condition_of_theorem_3_1(seed, k):
    rng = np.random.default_rng(seed)
    # Orthonormal atoms, and a few more that are spread over all of them: mu = 1 / 8.
    features, extra = 64, 16
    spread = rng.choice([-1.0, 1.0], (features, extra)) / np.sqrt(features)
    dictionary = np.hstack([np.eye(features), spread])
    mu = mutual_coherence(dictionary)
    code, places = _code(rng, features + extra, k, smallest=min(1.0, 2 * k * mu))
    if k * mu <= code[places].min() / (2 * code.max()):
        found = one_step_support(dictionary, dictionary @ code, k)
        np.testing.assert_array_equal(found, places)


def test_the_condition_of_theorem_3_1_is_met_by_real_codes_of_the_test_above():
    """Otherwise it would test nothing: mu is small enough for several entries."""
    hadamard = np.array([[1.0]])
    for _ in range(8):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    dictionary = np.hstack([np.eye(256), hadamard / 16])
    mu = mutual_coherence(dictionary)
    assert mu == pytest.approx(1 / 16)
    rng = np.random.default_rng(0)
    for k in range(1, 9):
        code, places = _code(rng, 512, k, smallest=2 * k * mu)
        assert k * mu <= code[places].min() / (2 * code.max()) + 1e-12
        found = one_step_support(dictionary, dictionary @ code, k)
        np.testing.assert_array_equal(found, places)


def test_one_step_fails_where_atoms_resemble_each_other():
    dictionary = _unit(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    assert mutual_coherence(dictionary) == pytest.approx(np.sqrt(0.5))
    found = one_step_support(dictionary, dictionary @ np.array([1.0, 1.0, 0.0]), 2)
    assert found.tolist() != [0, 1]


def test_iterative_thresholding_recovers_codes_that_one_step_does_not():
    dictionary = _random(1, 100, 200)
    rng = np.random.default_rng(2)
    one_step = recovered = 0
    for _ in range(40):
        code, places = _code(rng, 200, 8, smallest=0.4)
        sample = dictionary @ code
        one_step += np.array_equal(one_step_support(dictionary, sample, 8), places)
        found, iterations = iterative_thresholding(dictionary, sample, 8)
        recovered += np.allclose(found, code, atol=1e-8)
        assert (found != 0).sum() <= 8
        assert iterations >= 1
    assert recovered > one_step
    assert recovered >= 30


def test_iterative_thresholding_ends_at_once_for_an_orthogonal_dictionary():
    code = np.array([0.0, 3.0, 0.0, 1.0, 0.0])
    found, iterations = iterative_thresholding(np.eye(5), code, 2)
    np.testing.assert_allclose(found, code)
    assert iterations == 1


def test_iterations_have_an_end():
    found, iterations = iterative_thresholding(_random(3, 5, 40), np.ones(5), 4, max_iterations=2)
    assert iterations <= 2
    assert (found != 0).sum() <= 4


def test_of_equal_entries_the_first_are_the_support():
    assert support(np.array([1.0, 2.0, 1.0, 1.0]), 2).tolist() == [0, 1]
