"""Stacked sparse autoencoders, plain and denoising."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from clustrace.classify.sparse_objective import Layers
from clustrace.classify.sparse_stack import SparseStackBase
from clustrace.train.seeds import derive_seed


class StackedSparseAutoencoder(SparseStackBase):
    r"""Stacked sparse autoencoder: sigmoid layers, each trained on the output of the one below.

    A layer minimises

    .. math::
        \frac{1}{2n} \sum_i \| \hat x_i - x_i \|^2
        + \frac{\lambda}{2} \left( \|W\|^2 + \|W'\|^2 \right)
        + \beta \sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j)

    by L-BFGS on all samples at once, :math:`\hat\rho_j` being the mean of unit j over all of them
    (Ng, CS294A lecture notes, and the exercises of UFLDL, whose settings are the defaults).

    Args:
        hidden_units: units of each layer.
        sparsity: :math:`\rho`, mean activation that each unit is pulled to.
        sparsity_weight: :math:`\beta`.
        weight_decay: :math:`\lambda`.
        iterations: steps of L-BFGS a layer.
        memory: steps that L-BFGS remembers.
        random_state: seed of the initial weights.

    Attributes:
        network_: the trained encoder.
        history_: loss after each iteration; ``phase`` counts the layers from 1.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (800, 800, 800),
        *,
        sparsity: float = 0.1,
        sparsity_weight: float = 3.0,
        weight_decay: float = 3e-3,
        iterations: int = 400,
        memory: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.weight_decay = weight_decay
        self.iterations = iterations
        self.memory = memory
        self.random_state = random_state

    def _layer(
        self, data: Tensor, units: int, number: int, seed: int
    ) -> tuple[list[Layers], list[dict[str, float]]]:
        seeds = [part_seed(seed, number, 0)]
        return self._training.run(data, [len(data)], [units], seeds, f"layer-{number}")


class StackedDenoisingSparseAutoencoder(SparseStackBase):
    r"""Stacked denoising sparse autoencoder (SDSAE; Meng, Ding, Zhang, Zhang 2018).

    As :class:`StackedSparseAutoencoder`, but the encoder of a layer sees its input with a share of
    the entries set to zero, and is to give the whole input back. L-BFGS needs an objective that
    stays the same, so which entries are zero is drawn once a layer, for each sample anew.

    Args:
        hidden_units: units of each layer.
        corruption: probability with which an entry is set to zero.
        sparsity: :math:`\rho`, mean activation that each unit is pulled to.
        sparsity_weight: :math:`\beta`.
        weight_decay: :math:`\lambda`.
        iterations: steps of L-BFGS a layer.
        memory: steps that L-BFGS remembers.
        random_state: seed of the initial weights and of the noise.

    Attributes:
        network_: the trained encoder, which adds no noise.
        history_: loss after each iteration; ``phase`` counts the layers from 1.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (800, 800, 800),
        *,
        corruption: float = 0.2,
        sparsity: float = 0.1,
        sparsity_weight: float = 3.0,
        weight_decay: float = 3e-3,
        iterations: int = 400,
        memory: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.corruption = corruption
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.weight_decay = weight_decay
        self.iterations = iterations
        self.memory = memory
        self.random_state = random_state

    def _layer(
        self, data: Tensor, units: int, number: int, seed: int
    ) -> tuple[list[Layers], list[dict[str, float]]]:
        noise = derive_seed(seed, f"corruption-{number}")
        generator = torch.Generator(device=data.device).manual_seed(noise)
        kept = torch.empty_like(data).bernoulli_(1 - self.corruption, generator=generator)
        return self._training.run(
            data,
            [len(data)],
            [units],
            [part_seed(seed, number, 0)],
            f"layer-{number}",
            corrupted=kept.mul_(data),
        )


def part_seed(seed: int, layer: int, part: int) -> int:
    """Seed of the initial weights of one autoencoder of a layer."""
    return derive_seed(seed, f"layer-{layer}-part-{part}")
