"""Spectral clustering as a loss of a batch: orthonormal assignments, near for near samples."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Added to the diagonal, so that a cluster which no sample of a batch belongs to has a root.
_RIDGE = 1e-7


def orthonormalised(assignment: Tensor) -> Tensor:
    r"""Assignments whose columns are orthogonal to each other, each of length √n.

    .. math:: \tilde Y = \sqrt{n}\, Y L^{-\top},\qquad L L^\top = Y^\top Y + 10^{-7} I

    by Cholesky's decomposition, in float64 (Shaham et al. 2018, as DSC-DAN's code has it).

    Args:
        assignment: Y, ``[n, K]`` with n ≥ K.

    Returns:
        Ỹ, float64 ``[n, K]``; not finite where Y is not.
    """
    y = assignment.double()
    ridge = _RIDGE * torch.eye(y.shape[1], dtype=y.dtype, device=y.device)
    # The variant without an error: the engine's sentence on a loss that is not finite is clearer.
    root = torch.linalg.cholesky_ex(y.T @ y + ridge).L
    inverse: Tensor = torch.linalg.solve_triangular(root, y.T, upper=False)
    return inverse.T * math.sqrt(len(y))


def spectral_loss(
    embedding: Tensor, assignment: Tensor, *, n_neighbors: int, scale: float
) -> Tensor:
    r"""Differences of assignments between near samples of a batch.

    .. math:: \frac1n \sum_{ij} W_{ij} \|\tilde y_i - \tilde y_j\|^2,\qquad
       W = (A + A^\top) / 2,\quad A_{ij} = e^{-\|z_i - z_j\|^2 / 2 s^2}

    for the ``n_neighbors`` samples j that are nearest to i, itself among them, and zero elsewhere;
    a sample's difference from itself adds nothing. The gradient passes through W as well.

    Args:
        embedding: z, ``[n, d]``.
        assignment: Ỹ of :func:`orthonormalised`, ``[n, K]``.
        n_neighbors: nearest samples of each; all if there are fewer.
        scale: s.
    """
    with torch.no_grad():
        lengths = embedding.square().sum(dim=1)
        squared = lengths[:, None] + lengths - 2 * embedding @ embedding.T
        squared.fill_diagonal_(float("inf"))
        others = min(n_neighbors, len(embedding)) - 1
        near = squared.topk(others, dim=1, largest=False).indices.flatten()
    here = torch.arange(len(embedding), device=near.device).repeat_interleave(others)
    distance = (embedding[here] - embedding[near]).square().sum(dim=1)
    affinity = (-distance / (2 * scale**2)).exp()
    difference = (assignment[here] - assignment[near]).square().sum(dim=1)
    # Over all pairs, A gives the same sum as its symmetric part W.
    return (affinity * difference).sum().to(embedding.dtype) / len(embedding)
