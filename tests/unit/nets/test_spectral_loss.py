import numpy as np
import pytest
import torch
from scipy.stats import ortho_group

from clustrace.nets.spectral_loss import orthonormalised, spectral_loss

RNG = np.random.default_rng(5)


def _assignment(n=20, k=4):
    return torch.from_numpy(RNG.dirichlet(np.ones(k), size=n))


def _loss(z, y, n_neighbors=5, scale=2.0):
    z, y = (a if isinstance(a, torch.Tensor) else torch.from_numpy(a) for a in (z, y))
    return spectral_loss(z, y, n_neighbors=n_neighbors, scale=scale).item()


def _dense(z, y, n_neighbors, scale):
    """All pairs: the affinities of the nearest samples, made symmetric, minus the identity."""
    n = len(z)
    squared = ((z[:, None] - z[None]) ** 2).sum(axis=2)
    affinity = np.zeros((n, n))
    for i in range(n):
        near = np.argsort(squared[i])[:n_neighbors]
        affinity[i, near] = np.exp(-squared[i, near] / (2 * scale**2))
    affinity = (affinity + affinity.T) / 2 - np.eye(n)
    return (affinity * ((y[:, None] - y[None]) ** 2).sum(axis=2)).sum() / n


def test_columns_are_orthogonal_and_as_long_as_the_root_of_n():
    y = orthonormalised(_assignment().float())
    np.testing.assert_allclose((y.T @ y).numpy(), 20 * np.eye(4), atol=1e-4)


def test_is_the_decomposition_of_gram_and_schmidt():
    assignment = _assignment()
    q, r = np.linalg.qr(assignment.numpy())
    expected = q * np.sign(np.diag(r)) * np.sqrt(20)
    np.testing.assert_allclose(orthonormalised(assignment).numpy(), expected, atol=1e-5)


def test_scale_of_a_column_does_not_matter():
    assignment = _assignment()
    scaled = orthonormalised(assignment * torch.tensor([1.0, 3.0, 0.5, 2.0]))
    torch.testing.assert_close(scaled, orthonormalised(assignment), rtol=1e-4, atol=1e-4)


def test_a_cluster_without_samples_and_values_that_are_not_finite():
    empty = _assignment()
    empty[:, 2] = 0
    empty.requires_grad_()
    y = orthonormalised(empty)
    y.square().sum().backward()
    assert y.isfinite().all() and empty.grad.isfinite().all()
    assert not orthonormalised(torch.full((5, 2), float("nan"))).isfinite().all()


@pytest.mark.parametrize("n_neighbors", [2, 5, 12, 30])
def test_loss_of_near_pairs_is_that_of_the_whole_matrix(n_neighbors):
    z, y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2))
    assert _loss(z, y, n_neighbors) == pytest.approx(_dense(z, y, n_neighbors, 2.0))


def test_worked_by_hand():
    # Each has one neighbour at distance 1, with affinity exp(-1/2): twice the squared difference 4.
    z, y = np.array([[0.0], [1.0]]), np.array([[1.0], [-1.0]])
    assert _loss(z, y, 2, 1.0) == pytest.approx(2 * 4 * np.exp(-0.5) / 2)


def test_invariant_to_motions_of_embedding_and_assignments():
    z, y = RNG.normal(size=(15, 3)), RNG.normal(size=(15, 4))
    rotation = [ortho_group.rvs(d, random_state=1) for d in (3, 4)]
    order = RNG.permutation(15)
    expected = _loss(z, y)
    assert _loss(z @ rotation[0] + 2, y @ rotation[1]) == pytest.approx(expected)
    assert _loss(z[order], y[order]) == pytest.approx(expected)
    assert _loss(z, np.ones((15, 4))) == 0


def test_gradients_reach_embedding_and_assignments():
    z = torch.from_numpy(RNG.normal(size=(8, 2))).requires_grad_()
    assignment = _assignment(8, 3).requires_grad_()

    def loss(z, assignment):
        return spectral_loss(z, orthonormalised(assignment), n_neighbors=4, scale=1.5)

    assert torch.autograd.gradcheck(loss, (z, assignment))
