import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.linear_model import orthogonal_mp
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import normalize

from clustrace.cluster.ssc_omp import SSCOMP, self_representation
from clustrace.errors import NotApplicableError


def _subspaces(n=40, dimensions=30, rank=3, seed=0):
    """Samples of four random subspaces, and which."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(n, rank)) @ rng.normal(size=(rank, dimensions)) for _ in range(4)]
    return np.vstack(parts), np.repeat(np.arange(4), n)


def _units(x):
    return torch.from_numpy(normalize(x).astype(np.float32))


@pytest.mark.parametrize("scaled", [normalize, np.asarray])
def test_coefficients_are_those_of_scikit_learns_orthogonal_matching_pursuit(scaled):
    rng = np.random.default_rng(1)
    units = scaled(rng.uniform(0.5, 2, size=(60, 1)) * rng.normal(size=(60, 20)))
    samples = torch.from_numpy(units.astype(np.float32))
    found = self_representation(samples, 4, 0.0, 17).toarray()
    for i in range(60):
        others = np.delete(np.arange(60), i)
        expected = np.zeros(60)
        expected[others] = orthogonal_mp(units[others].T, units[i], n_nonzero_coefs=4)
        np.testing.assert_allclose(found[i], expected, atol=1e-5)


def test_a_tolerance_ends_the_pursuit_early():
    x, _ = _subspaces()
    units = normalize(x)
    found = self_representation(_units(x), 10, 1e-5, 1000)
    # Three atoms of its own subspace explain a sample, or two that happen to lie well.
    assert set(np.diff(found.indptr)) <= {2, 3}
    residual = units - found @ units
    assert ((residual**2).sum(axis=1) <= 1e-5).all()
    loose = self_representation(_units(x), 10, 0.3, 1000)
    assert loose.nnz < found.nnz


@pytest.mark.parametrize("block_size", [1, 7, 160])
def test_blocks_change_nothing(block_size):
    x = np.random.default_rng(2).normal(size=(160, 12))
    whole = self_representation(_units(x), 3, 1e-5, 1000)
    parts = self_representation(_units(x), 3, 1e-5, block_size)
    assert whole.nnz == parts.nnz == 3 * 160
    np.testing.assert_allclose(whole.toarray(), parts.toarray(), atol=1e-5)


def test_finds_subspaces_whatever_the_lengths_of_the_samples():
    x, y = _subspaces()
    x *= np.random.default_rng(3).uniform(0.1, 50, size=(160, 1))
    fitted = SSCOMP(4, random_state=0).fit(x)
    assert adjusted_rand_score(y, fitted.labels_) == 1
    lengths = np.linalg.norm(fitted.embedding_, axis=1)
    np.testing.assert_allclose(lengths, 1)
    assert fitted.representation_.nnz <= 5 * 160
    np.testing.assert_array_equal(SSCOMP(4, random_state=0).fit_transform(x), fitted.embedding_)


def test_samples_stay_as_they_are_where_that_is_asked_for():
    x, _ = _subspaces()
    units = normalize(x)
    plain, scaled = (SSCOMP(4, normalize=n, random_state=0).fit(units) for n in (False, True))
    np.testing.assert_allclose(
        plain.representation_.toarray(), scaled.representation_.toarray(), atol=1e-6
    )
    plain = SSCOMP(4, normalize=False, random_state=0).fit(3 * x)
    np.testing.assert_allclose(
        plain.representation_.toarray(),
        self_representation(torch.from_numpy((3 * x).astype(np.float32)), 5, 1e-5, 1024).toarray(),
    )


def test_samples_of_zeros_are_kept():
    x, y = _subspaces()
    fitted = SSCOMP(4, random_state=0).fit(np.vstack([x, np.zeros((2, 30))]))
    assert not fitted.embedding_[160:].any() and np.isfinite(fitted.embedding_).all()
    assert not fitted.representation_[160:].nnz and not fitted.representation_[:, 160:].nnz
    assert adjusted_rand_score(y, fitted.labels_[:160]) == 1
    assert (fitted.labels_[160:] == np.linalg.norm(fitted.cluster_centers_, axis=1).argmin()).all()


@pytest.mark.parametrize("tolerance", [1e-5, 0.0])
def test_duplicates_represent_each_other(tolerance):
    x, _ = _subspaces()
    found = self_representation(_units(np.repeat(x, 2, axis=0)), 5, tolerance, 100)
    np.testing.assert_array_equal(found.indices, np.arange(320).reshape(-1, 2)[:, ::-1].ravel())
    np.testing.assert_allclose(found.data, 1, atol=1e-5)
    # Every pair is a component of its own: no sample is lost, though the graph says no more.
    assert len(SSCOMP(4, random_state=0).fit_predict(np.repeat(x, 2, axis=0))) == 320


def test_no_second_copy_of_an_atom_is_taken():
    """What the last sample has of its own correlates with nothing else."""
    x, own = np.repeat(np.eye(4, 6), 3, axis=0), np.array([[1.0, 0.5, 0, 0, 0.0, 2.0]])
    found = self_representation(_units(np.vstack([x, own])), 5, 0.0, 100)
    assert found[-1].nnz == 2
    np.testing.assert_allclose(
        found[-1].toarray().ravel()[:6].reshape(2, 3).sum(axis=1),
        normalize(own).ravel()[:2],
        atol=1e-6,
    )


def test_constant_features_do_no_harm():
    x, y = _subspaces()
    x = np.hstack([x, np.zeros((160, 2))])
    assert adjusted_rand_score(y, SSCOMP(4, random_state=0).fit_predict(x)) == 1


def test_images_are_rows():
    x, _ = _subspaces()
    images = SSCOMP(4, random_state=0).fit_predict(x.reshape(160, 5, 6))
    np.testing.assert_array_equal(images, SSCOMP(4, random_state=0).fit_predict(x))


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="No sample correlates"):
        SSCOMP(2).fit(np.eye(5))
    with pytest.raises(NotApplicableError, match="n_samples=3 is less than n_clusters=4"):
        SSCOMP(4).fit(np.eye(3))
    with pytest.raises(NotApplicableError, match="SSCOMP takes dense samples"):
        SSCOMP(2).fit(scipy.sparse.csr_matrix(np.eye(5)))
    with pytest.raises(ValueError, match="NaN"):
        SSCOMP(2).fit(np.full((5, 2), np.nan))
