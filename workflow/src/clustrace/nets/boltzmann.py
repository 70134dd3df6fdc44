"""Restricted Boltzmann machines, and their stack, the deep belief network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.errors import NotApplicableError
from clustrace.nets.initialisation import initialise

#: What a visible unit stands for: a probability, or a value of unit variance.
Visible = Literal["bernoulli", "gaussian"]


def refuse_unknown_units(visible: str) -> None:
    """Refuse units that no machine has.

    Raises:
        NotApplicableError: there are no such visible units.
    """
    if visible not in get_args(Visible):
        raise NotApplicableError(
            f"There are no visible units {visible!r}; use one of {', '.join(get_args(Visible))}."
        )


class RestrictedBoltzmannMachine(nn.Module):
    r"""Visible units v and binary hidden units h, connected with each other alone.

    .. math::
        E(v, h) = -b^T v - c^T h - h^T W v

    of binary visible units; of Gaussian ones, with unit variance,
    :math:`\frac12 \|v - b\|^2` stands in the place of :math:`-b^T v`. With
    :math:`\sigma(x) = 1 / (1 + e^{-x})`, :math:`P(h = 1 | v) = \sigma(W v + c)` and
    :math:`P(v = 1 | h) = \sigma(W^T h + b)`, or :math:`v | h \sim N(W^T h + b, I)`.

    For the layers of a deep Boltzmann machine either side can stand there twice, with the same
    weights (Salakhutdinov & Hinton 2009, section 3.1): each unit of the other side then gets its
    input twice. Of the copies only one is passed around, as all are the same.

    Shapes: visible units ``[batch, n_visible]``, hidden ones ``[batch, n_hidden]``.

    Args:
        n_visible: number of visible units, without copies.
        n_hidden: number of hidden units, without copies.
        visible: what a visible unit stands for.
        visible_copies: how often the visible units stand there.
        hidden_copies: how often the hidden units stand there.
        seed: seed of the initial weights, N(0, 0.01²); biases are 0.

    Raises:
        NotApplicableError: there are no such visible units.
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        *,
        visible: Visible = "bernoulli",
        visible_copies: int = 1,
        hidden_copies: int = 1,
        seed: int = 0,
    ) -> None:
        """Draw the weights from ``seed``."""
        super().__init__()
        refuse_unknown_units(visible)
        self.visible: Visible = visible
        self.visible_copies, self.hidden_copies = visible_copies, hidden_copies
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            self.hidden = nn.Linear(n_visible, n_hidden)
            self.visible_bias = nn.Parameter(torch.empty(n_visible))
        self.to_empty(device="cpu")
        initialise(self, "normal-0.01", seed)

    def activations(self, visible: Tensor) -> Tensor:
        """Inputs of the hidden units, W v + c, ``[batch, n_hidden]``."""
        return F.linear(visible * self.visible_copies, self.hidden.weight, self.hidden.bias)

    def encode(self, samples: Tensor) -> Tensor:
        """Probabilities of the hidden units, ``[batch, n_hidden]``."""
        return self.activations(samples).sigmoid()

    def decode(self, hidden: Tensor) -> Tensor:
        """Means of the visible units, given hidden ones, ``[batch, n_visible]``."""
        inputs = F.linear(hidden * self.hidden_copies, self.hidden.weight.t(), self.visible_bias)
        return inputs.sigmoid() if self.visible == "bernoulli" else inputs

    def visible_energy(self, visible: Tensor) -> Tensor:
        """Part of the energy that visible units have by themselves, ``[batch]``."""
        if self.visible == "bernoulli":
            return -self.visible_copies * (visible @ self.visible_bias)
        return self.visible_copies * 0.5 * (visible - self.visible_bias).square().sum(dim=1)

    def free_energy(self, visible: Tensor) -> Tensor:
        r"""F(v) = -log Σ_h exp(-E(v, h)), ``[batch]``."""
        hidden = F.softplus(self.activations(visible)).sum(dim=1)
        return self.visible_energy(visible) - self.hidden_copies * hidden

    def layers(self) -> list[nn.Module]:
        """The one layer from visible units to probabilities of hidden ones."""
        return [nn.Sequential(self.hidden, nn.Sigmoid())]


class DeepBeliefNetwork(nn.Module):
    """Restricted Boltzmann machines on top of each other (DBN).

    The probabilities of a machine's hidden units are the visible units of the next, which are
    Bernoulli units from the second machine on.

    Args:
        n_visible: number of visible units.
        hidden_units: hidden units of each machine.
        visible: what the visible units of the first machine stand for.
        seeds: seeds of the initial weights, one for each machine.
    """

    def __init__(
        self,
        n_visible: int,
        hidden_units: Sequence[int],
        *,
        visible: Visible = "bernoulli",
        seeds: Sequence[int],
    ) -> None:
        """Draw the weights from ``seeds``."""
        super().__init__()
        sizes = pairwise((n_visible, *hidden_units))
        self.machines = nn.ModuleList(
            RestrictedBoltzmannMachine(
                n_in, n_out, visible="bernoulli" if place else visible, seed=seed
            )
            for place, ((n_in, n_out), seed) in enumerate(zip(sizes, seeds, strict=True))
        )

    def stack(self) -> list[RestrictedBoltzmannMachine]:
        """The machines, from the samples on."""
        return cast(list[RestrictedBoltzmannMachine], list(self.machines))

    def encode(self, samples: Tensor) -> Tensor:
        """Probabilities of the uppermost hidden units, ``[batch, hidden_units[-1]]``."""
        for machine in self.stack():
            samples = machine.encode(samples)
        return samples

    def decode(self, hidden: Tensor) -> Tensor:
        """Means of the visible units, layer by layer from the uppermost, ``[batch, n_visible]``."""
        for machine in reversed(self.stack()):
            hidden = machine.decode(hidden)
        return hidden

    def layers(self) -> list[nn.Module]:
        """One layer for each machine."""
        return [layer for machine in self.stack() for layer in machine.layers()]
