"""Soft assignment of embedded points to centroids, and the target distribution of DEC."""

from __future__ import annotations

import torch
from torch import Tensor


def soft_assignment(embedding: Tensor, centroids: Tensor) -> Tensor:
    r"""Student-t similarity of points and centroids, one degree of freedom (DEC eq. 1).

    .. math:: q_{ij} = \frac{(1 + \|z_i - \mu_j\|^2)^{-1}}{\sum_k (1 + \|z_i - \mu_k\|^2)^{-1}}

    Args:
        embedding: z, ``[batch, d]``.
        centroids: mu, ``[K, d]``.

    Returns:
        q, ``[batch, K]``; each row sums to 1.
    """
    squared = (embedding.unsqueeze(1) - centroids.unsqueeze(0)).square().sum(dim=2)
    similarity = 1 / (1 + squared)
    return similarity / similarity.sum(dim=1, keepdim=True)


def nearest(embedding: Tensor, centroids: Tensor) -> Tensor:
    """Number of the nearest centroid of each point (DCN eq. 7), int64 ``[batch]``.

    Args:
        embedding: z, ``[batch, d]``.
        centroids: m, ``[K, d]``; the first of several that are as near is taken.
    """
    squared = (embedding.unsqueeze(1) - centroids.unsqueeze(0)).square().sum(dim=2)
    return squared.argmin(dim=1)


def target_distribution(assignment: Tensor) -> Tensor:
    r"""Sharpened assignment over **all** samples (DEC eq. 3).

    .. math:: p_{ij} = \frac{q_{ij}^2 / f_j}{\sum_k q_{ik}^2 / f_k},\qquad f_j = \sum_i q_{ij}

    The soft cluster frequencies f_j run over the whole data set; computing them for a batch is
    a common mistake that gives another method.

    Args:
        assignment: q of all samples, ``[n, K]``.

    Returns:
        p, ``[n, K]``; each row sums to 1. It carries no gradient.
    """
    with torch.no_grad():
        weight = assignment.square() / assignment.sum(dim=0, keepdim=True)
        return weight / weight.sum(dim=1, keepdim=True)


def clustering_loss(target: Tensor, assignment: Tensor) -> Tensor:
    """KL(P‖Q), summed over clusters, mean over the batch (Keras' ``kld``, DEC eq. 2).

    Args:
        target: p of the batch, ``[batch, K]``.
        assignment: q of the batch, ``[batch, K]``.
    """
    return (target * (target / assignment).log()).sum(dim=1).mean()
