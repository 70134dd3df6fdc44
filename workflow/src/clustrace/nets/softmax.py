"""Linear classifiers: weights of a softmax, and what else their predictions hang on."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SoftmaxRegression(nn.Module):
    r"""Multinomial logistic regression, :math:`P(y = c | z) = \mathrm{softmax}(W z + b)_c`.

    Args:
        weight: W, ``[n_classes, n_features]``.
        bias: b, ``[n_classes]``.
        classes: labels of the classes, whole numbers, ``[n_classes]``.
        encoding_factor: with how many times their units the sparse codes are encoded that it is
            for; 0: its features know no such factor.
    """

    classes: Tensor
    encoding_factor: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor, classes: Tensor, encoding_factor: int = 0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self.register_buffer("classes", classes)
        self.register_buffer("encoding_factor", torch.tensor(encoding_factor))

    def forward(self, z: Tensor) -> Tensor:
        """Logits ``[batch, n_classes]`` of features ``[batch, n_features]``."""
        return nn.functional.linear(z, self.weight, self.bias)
