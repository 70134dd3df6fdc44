"""Third-order restricted Boltzmann machine: the class gates the weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.boltzmann import Visible, refuse_unknown_units
from clustrace.nets.initialisation import initialise


class ThirdOrderBoltzmannMachine(nn.Module):
    r"""Visible units v, binary hidden units h, and one class k that chooses among machines.

    .. math::
        E(v, h, k) = -b_k^T v - c_k^T h - d_k - h^T W_k v

    (Nair and Hinton 2009, section 2, with biases that the class gates too); of Gaussian visible
    units, with unit variance, :math:`\frac12 \|v - b_k\|^2` stands in the place of
    :math:`-b_k^T v`. Given v, the hidden units can be summed out, so that the posterior of the
    class is exact:

    .. math::
        -F(v, k) = b_k^T v + d_k + \sum_j \log(1 + e^{c_{kj} + (W_k v)_j}), \quad
        P(k | v) = \mathrm{softmax}_k(-F(v, k))

    Shapes: visible units ``[batch, n_visible]``, hidden ones ``[batch, n_hidden]``, classes int64
    ``[batch]`` from 0 on.

    Args:
        n_visible: number of visible units.
        n_hidden: number of hidden units.
        n_classes: number of classes.
        visible: what a visible unit stands for.
        seed: seed of the initial weights, N(0, 0.01²); biases are 0.

    Raises:
        NotApplicableError: there are no such visible units.
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        n_classes: int,
        *,
        visible: Visible = "bernoulli",
        seed: int = 0,
    ) -> None:
        """Draw the weights from ``seed``."""
        super().__init__()
        refuse_unknown_units(visible)
        self.visible: Visible = visible
        self.n_visible, self.n_hidden, self.n_classes = n_visible, n_hidden, n_classes
        # The classes one below the other: a batch then takes one matrix product for all of them.
        self.weight = nn.Parameter(torch.empty(n_classes * n_hidden, n_visible))
        self.hidden_bias = nn.Parameter(torch.empty(n_classes * n_hidden))
        self.visible_bias = nn.Parameter(torch.empty(n_classes * n_visible))
        self.class_bias = nn.Parameter(torch.empty(n_classes))
        initialise(self, "normal-0.01", seed)

    def forward(self, visible: Tensor) -> Tensor:
        """Logits of the classes, -F(v, k), ``[batch, n_classes]``."""
        hidden = F.softplus(self._activations(visible)).sum(dim=2)
        biases = self.visible_bias.view(self.n_classes, self.n_visible)
        if self.visible == "bernoulli":
            alone = visible @ biases.t()
        else:
            alone = -0.5 * (visible[:, None] - biases).square().sum(dim=2)
        return alone + self.class_bias + hidden

    def hidden_given(self, visible: Tensor, classes: Tensor) -> Tensor:
        """P(h = 1 | v, k), ``[batch, n_hidden]``."""
        return _chosen(self._activations(visible), classes).sigmoid()

    def classes_given(self, hidden: Tensor) -> Tensor:
        """Logarithms of P(k | h) with the visible units summed out, ``[batch, n_classes]``."""
        inputs = self._inputs(hidden)
        biases = self.visible_bias.view(self.n_classes, self.n_visible)
        if self.visible == "bernoulli":
            visible = F.softplus(inputs + biases).sum(dim=2)
        else:
            visible = (inputs * biases + 0.5 * inputs.square()).sum(dim=2)
        gated = hidden @ self.hidden_bias.view(self.n_classes, self.n_hidden).t()
        return (visible + gated + self.class_bias).log_softmax(dim=1)

    def visible_given(self, hidden: Tensor, classes: Tensor) -> Tensor:
        """Means of the visible units given h and k, ``[batch, n_visible]``."""
        biases = self.visible_bias.view(self.n_classes, self.n_visible)
        inputs = _chosen(self._inputs(hidden), classes) + biases[classes]
        return inputs.sigmoid() if self.visible == "bernoulli" else inputs

    def _activations(self, visible: Tensor) -> Tensor:
        """W_k v + c_k of every class, ``[batch, n_classes, n_hidden]``."""
        flat = F.linear(visible, self.weight, self.hidden_bias)
        return flat.view(-1, self.n_classes, self.n_hidden)

    def _inputs(self, hidden: Tensor) -> Tensor:
        """W_kᵀ h of every class, ``[batch, n_classes, n_visible]``."""
        gated = self.weight.view(self.n_classes, self.n_hidden, self.n_visible)
        return (hidden @ gated).transpose(0, 1)


def _chosen(values: Tensor, classes: Tensor) -> Tensor:
    """Of values ``[batch, n_classes, …]`` those of one class each, ``[batch, …]``."""
    return values[torch.arange(len(classes), device=classes.device), classes]
