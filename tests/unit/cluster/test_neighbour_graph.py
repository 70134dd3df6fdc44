import numpy as np
import pytest
from scipy.spatial.distance import cdist

from clustrace.cluster.gnmf import GNMF
from clustrace.cluster.neighbour_graph import NearestNeighbours, nearest_neighbours
from clustrace.errors import NotApplicableError

X = np.random.default_rng(0).normal(size=(90, 7))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("block_size", [7, 90, 1000])
def test_neighbours_are_those_of_all_distances_sorted(metric, block_size):
    distances = cdist(X, X, metric)
    np.fill_diagonal(distances, np.inf)
    expected = np.argsort(distances, axis=1)[:, :6]
    found = nearest_neighbours(X, 6, metric, block_size=block_size)
    np.testing.assert_array_equal(found.indices, expected)
    wanted = np.take_along_axis(distances, expected, axis=1)
    np.testing.assert_allclose(found.distances, wanted, rtol=1e-6)
    assert (found.indices.dtype, found.distances.dtype) == (np.int32, np.float32)


def test_what_lies_far_from_the_origin_is_told_apart():
    near = 1e-3 * X
    expected = nearest_neighbours(near, 5, "euclidean").indices
    np.testing.assert_array_equal(nearest_neighbours(near + 1e3, 5, "euclidean").indices, expected)


def test_duplicates_are_at_distance_zero_and_go_by_their_number():
    found = nearest_neighbours(np.repeat(X[:20], 3, axis=0), 2, "euclidean")
    assert not found.distances.any()
    np.testing.assert_array_equal(found.indices[:3], [[1, 2], [0, 2], [0, 1]])


def test_a_sample_of_zeros_has_no_angle_to_any():
    found = nearest_neighbours(np.vstack([X, np.zeros(7)]), 4, "cosine")
    np.testing.assert_array_equal(found.distances[-1], np.ones(4))
    assert (found.distances[:-1] < 1).all()


def test_pairs_of_either_and_of_both():
    found = nearest_neighbours(X, 4, "euclidean")
    chosen = np.zeros((90, 90))
    for i, row in enumerate(found.indices):
        chosen[i, row] = 1
    np.testing.assert_array_equal(found.either().toarray(), np.maximum(chosen, chosen.T))
    np.testing.assert_array_equal(found.mutual().toarray(), np.minimum(chosen, chosen.T))


def test_the_nearest_of_more_are_those_of_fewer():
    more, fewer = (nearest_neighbours(X, k, "cosine") for k in (9, 3))
    np.testing.assert_array_equal(more.nearest(3).indices, fewer.indices)
    np.testing.assert_array_equal(more.nearest(3).distances, fewer.distances)
    with pytest.raises(NotApplicableError, match="3 neighbours was given and 9 are wanted"):
        fewer.nearest(9)


def test_fewer_samples_than_neighbours():
    assert nearest_neighbours(X[:4], 20, "euclidean").nearest(20).indices.shape == (4, 3)


def test_the_estimator_finds_the_same_in_images():
    found = NearestNeighbours(5, metric="cosine").fit(X[:, :6].reshape(90, 2, 3)).neighbours_
    expected = nearest_neighbours(X[:, :6], 5, "cosine")
    np.testing.assert_array_equal(found.indices, expected.indices)
    assert found.metric == "cosine"


def test_bad_input_is_a_sentence():
    for arguments, sentence in [
        ((X, 5, "manhattan"), "metric is 'manhattan'; write euclidean or cosine"),
        ((X[:1], 5, "cosine"), "at least 2 samples; n_samples=1"),
        ((X, 0, "cosine"), "n_neighbors=0; ask for at least 1"),
    ]:
        with pytest.raises(NotApplicableError, match=sentence):
            nearest_neighbours(*arguments)


def test_neighbours_of_other_samples_are_refused():
    samples = np.abs(X)
    for given, sentence in [
        (nearest_neighbours(samples[:80], 5, "cosine"), "cosine neighbours of 80 samples and"),
        (nearest_neighbours(samples, 5, "euclidean"), "euclidean neighbours of 90 samples and"),
        (nearest_neighbours(samples, 2, "cosine"), "graph of 2 neighbours was given"),
    ]:
        with pytest.raises(NotApplicableError, match=sentence):
            GNMF(3).fit(samples, neighbours=given)


def test_matrices_leave_the_neighbours_as_they_are():
    found = nearest_neighbours(X, 4, "euclidean")
    before = found.indices.copy(), found.distances.copy()
    found.matrix(found.distances)
    np.testing.assert_array_equal(found.indices, before[0])
    np.testing.assert_array_equal(found.distances, before[1])
