"""A mixture of Gaussians with diagonal covariances, in an embedding: the prior of VaDE."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class DiagonalMixture(nn.Module):
    r"""Mixture :math:`p(z) = \sum_c \pi_c \mathcal{N}(z; \mu_c, \mathrm{diag}(\lambda_c))`.

    Held as logits and logarithms, so that every step leaves probabilities and variances.

    Attributes:
        logits: log π but for a constant, ``[K]``.
        means: μ, ``[K, d]``.
        log_variances: log λ, ``[K, d]``.

    Args:
        weights: π, ``[K]``.
        means: μ, ``[K, d]``.
        variances: λ, ``[K, d]``.
    """

    def __init__(self, weights: Tensor, means: Tensor, variances: Tensor) -> None:
        super().__init__()
        tiny = torch.finfo(weights.dtype).tiny
        self.logits = nn.Parameter(weights.clamp_min(tiny).log())
        self.means = nn.Parameter(means.clone())
        self.log_variances = nn.Parameter(variances.log())

    @property
    def log_weights(self) -> Tensor:
        """Logarithms of π, ``[K]``."""
        return self.logits.log_softmax(dim=0)

    def log_responsibilities(self, z: Tensor) -> Tensor:
        """Logarithms of γ_c = p(c|z) (VaDE eq. 16), ``[batch, K]``, for z ``[batch, d]``."""
        distance = (z.unsqueeze(1) - self.means).square() / self.log_variances.exp()
        densities = (math.log(2 * math.pi) + self.log_variances + distance).sum(dim=2)
        return (self.log_weights - densities / 2).log_softmax(dim=1)


def latent_loss(
    mixture: DiagonalMixture, mean: Tensor, log_variance: Tensor, log_gamma: Tensor
) -> Tensor:
    r"""What the ELBO has beside the reconstruction, negative and averaged over the batch.

    .. math:: \frac12 \sum_c \gamma_c \sum_j \Big(\log 2\pi + \log \lambda_{cj}
       + \frac{\tilde\sigma_j^2}{\lambda_{cj}}
       + \frac{(\tilde\mu_j - \mu_{cj})^2}{\lambda_{cj}}\Big)
       - \frac12 \sum_j (1 + \log \tilde\sigma_j^2)
       - \sum_c \gamma_c \log \pi_c + \sum_c \gamma_c \log \gamma_c

    Jiang, Zheng, Tan, Tang and Zhou 2017, eq. 12 and the published code. The terms log 2π of
    prior and posterior, which would cancel, are one too many, as there; it is a constant.

    Args:
        mixture: p(z, c).
        mean: μ̃, ``[batch, d]``.
        log_variance: log σ̃², ``[batch, d]``.
        log_gamma: logarithms of γ, ``[batch, K]``.
    """
    gamma = log_gamma.exp()
    inverse = (-mixture.log_variances).exp()
    spread = log_variance.exp().unsqueeze(1) * inverse
    distance = (mean.unsqueeze(1) - mixture.means).square() * inverse
    prior = (math.log(2 * math.pi) + mixture.log_variances + spread + distance).sum(dim=2)
    per_sample = (
        (gamma * prior).sum(dim=1) / 2
        - (1 + log_variance).sum(dim=1) / 2
        + (gamma * (log_gamma - mixture.log_weights)).sum(dim=1)
    )
    return per_sample.mean()
