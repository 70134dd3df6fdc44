"""Deep Boltzmann machine with two hidden layers."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.errors import NotApplicableError
from clustrace.nets.boltzmann import RestrictedBoltzmannMachine, Visible, refuse_unknown_units
from clustrace.nets.initialisation import initialise


class DeepBoltzmannMachine(nn.Module):
    r"""Visible units v and two layers of binary hidden units, h and g, all undirected.

    .. math::
        E(v, h, g) = -b^T v - c^T h - d^T g - h^T W v - g^T U h

    (Salakhutdinov and Hinton 2009, eq. 9); of Gaussian visible units, with unit variance,
    :math:`\frac12 \|v - b\|^2` stands in the place of :math:`-b^T v`. The posterior of the hidden
    units is not tractable, and is approximated by its mean field.

    Shapes: visible units ``[batch, n_visible]``, hidden ones ``[batch, hidden_units[0]]`` and
    ``[batch, hidden_units[1]]``.

    Args:
        n_visible: number of visible units.
        hidden_units: units of the two hidden layers.
        visible: what a visible unit stands for.
        mean_field_updates: updates of both layers from their first values.
        seed: seed of the initial weights, N(0, 0.01²); biases are 0.

    Raises:
        NotApplicableError: there are no such visible units, or there are not two hidden layers.
    """

    def __init__(
        self,
        n_visible: int,
        hidden_units: Sequence[int],
        *,
        visible: Visible = "bernoulli",
        mean_field_updates: int = 10,
        seed: int = 0,
    ) -> None:
        """Draw the weights from ``seed``."""
        super().__init__()
        refuse_unknown_units(visible)
        if len(hidden_units) != 2 or mean_field_updates < 1:
            raise NotApplicableError(
                f"A deep Boltzmann machine with hidden_units {list(hidden_units)} and "
                f"{mean_field_updates} updates of its mean field was asked for; give two hidden "
                "layers, and one update or more."
            )
        self.visible: Visible = visible
        self.mean_field_updates = mean_field_updates
        # Made without weights, which would be drawn from torch's global generator.
        with torch.device("meta"):
            self.first = nn.Linear(n_visible, hidden_units[0])
            self.second = nn.Linear(hidden_units[0], hidden_units[1])
            self.visible_bias = nn.Parameter(torch.empty(n_visible))
        self.to_empty(device="cpu")
        initialise(self, "normal-0.01", seed)

    def compose(self, lower: RestrictedBoltzmannMachine, upper: RestrictedBoltzmannMachine) -> None:
        """Take over the weights of two machines that were trained one after the other.

        Each of them explains h on its own, so half of each machine's bias of h is kept
        (Salakhutdinov and Hinton 2009, section 3.1).

        Args:
            lower: machine of v and h, with two copies of v.
            upper: machine of h and g, with two copies of g.
        """
        with torch.no_grad():
            self.visible_bias.copy_(lower.visible_bias)
            self.first.weight.copy_(lower.hidden.weight)
            self.first.bias.copy_((lower.hidden.bias + upper.visible_bias) / 2)
            self.second.weight.copy_(upper.hidden.weight)
            self.second.bias.copy_(upper.hidden.bias)

    def first_given(self, visible: Tensor, second: Tensor) -> Tensor:
        """P(h = 1 | v, g), ``[batch, hidden_units[0]]``."""
        probabilities: Tensor = (self.first(visible) + second @ self.second.weight).sigmoid()
        return probabilities

    def second_given(self, first: Tensor) -> Tensor:
        """P(g = 1 | h), ``[batch, hidden_units[1]]``."""
        probabilities: Tensor = self.second(first).sigmoid()
        return probabilities

    def visible_given(self, first: Tensor) -> Tensor:
        """Means of the visible units given h, ``[batch, n_visible]``."""
        inputs = first @ self.first.weight + self.visible_bias
        return inputs.sigmoid() if self.visible == "bernoulli" else inputs

    def mean_field(self, visible: Tensor, updates: int) -> tuple[Tensor, Tensor]:
        r"""Mean-field probabilities of both hidden layers.

        .. math::
            \mu \leftarrow \sigma(W v + c + U^T \nu), \quad \nu \leftarrow \sigma(U \mu + d)

        from the values that h has with the input from below taken twice, as no g is there yet.

        Args:
            visible: visible units, ``[batch, n_visible]``.
            updates: how often both layers are updated.

        Returns:
            μ ``[batch, hidden_units[0]]`` and ν ``[batch, hidden_units[1]]``.
        """
        below = self.first(visible)
        first = (2 * below - self.first.bias).sigmoid()
        second = self.second_given(first)
        for _ in range(updates):
            first = (below + second @ self.second.weight).sigmoid()
            second = self.second_given(first)
        return first, second

    def energy(self, visible: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """E(v, h, g), or its mean where independent units are given by their means, ``[batch]``.

        Of Gaussian units the mean lacks their variance, which no parameter has a part in.
        """
        inputs = (first * self.first(visible)).sum(dim=1) + (second * self.second(first)).sum(dim=1)
        if self.visible == "bernoulli":
            alone = -(visible @ self.visible_bias)
        else:
            alone = 0.5 * (visible - self.visible_bias).square().sum(dim=1)
        energy: Tensor = alone - inputs
        return energy

    def encode(self, samples: Tensor) -> Tensor:
        """Mean-field probabilities of g, ``[batch, hidden_units[1]]``."""
        return self.mean_field(samples, self.mean_field_updates)[1]

    def decode(self, hidden: Tensor) -> Tensor:
        """Means of the visible units given g, ``[batch, n_visible]``.

        The input of h from above is taken twice, as no v is there.
        """
        first = (2 * hidden @ self.second.weight + self.first.bias).sigmoid()
        return self.visible_given(first)

    def layers(self) -> list[nn.Module]:
        """Layers for fine-tuning: the last update of the mean field.

        The first has ν from the updates before it appended to its input, from a copy of the machine
        that stays as it is (Salakhutdinov and Hinton 2009, section 3.3).
        """
        return [_AppendedPosterior(self), nn.Sequential(copy.deepcopy(self.second), nn.Sigmoid())]


class _AppendedPosterior(nn.Module):
    """Samples v with ν appended, through the weights W and Uᵀ side by side."""

    def __init__(self, machine: DeepBoltzmannMachine) -> None:
        super().__init__()
        self.machine = copy.deepcopy(machine).requires_grad_(False)
        weights = torch.cat([machine.first.weight, machine.second.weight.t()], dim=1)
        self.weight = nn.Parameter(weights.detach().clone())
        self.bias = nn.Parameter(machine.first.bias.detach().clone())

    def forward(self, samples: Tensor) -> Tensor:
        _, second = self.machine.mean_field(samples, self.machine.mean_field_updates - 1)
        return F.linear(torch.cat([samples, second], dim=1), self.weight, self.bias).sigmoid()
