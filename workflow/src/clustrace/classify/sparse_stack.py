"""Layer-wise training of stacked sparse autoencoders, whatever the parts of a layer are."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from clustrace.classify.sparse_objective import Layers, SparseAutoencoders, Sparsity
from clustrace.nets.initialisation import Scheme
from clustrace.nets.sigmoid_stack import SigmoidStack
from clustrace.train.autoencoder import EncoderBase
from clustrace.train.encoding import as_rows, encode_all, to_tensor
from clustrace.train.engine import full_batch, train
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed
from clustrace.train.session import current_session


@dataclass(frozen=True)
class LayerTraining:
    """How the sparse autoencoders of a layer are trained.

    Attributes:
        sparsity: settings of their objective.
        iterations: steps of L-BFGS.
        memory: steps that L-BFGS remembers.
    """

    sparsity: Sparsity
    iterations: int
    memory: int

    def run(
        self,
        data: Tensor,
        sizes: Sequence[int],
        units: Sequence[int],
        seeds: Sequence[int],
        phase: str,
        corrupted: Tensor | None = None,
    ) -> tuple[list[Layers], list[dict[str, float]]]:
        """Train autoencoders on consecutive parts of the samples, all at once.

        Args:
            data: samples, part after part, ``[n, n_features]``.
            sizes: number of samples of each part.
            units: hidden units of each autoencoder.
            seeds: seed of each autoencoder's initial weights.
            phase: name of this training within the run.
            corrupted: what the encoders get in place of the samples.

        Returns:
            The layers of each autoencoder, and rows of the mean loss.

        Raises:
            DivergedError: a loss is not finite.
        """
        objective = SparseAutoencoders(
            sizes,
            data.shape[1],
            units,
            self.sparsity,
            seeds,
            corrupted=corrupted,
            device=data.device,
        )
        plan = full_batch(self.iterations, len(data), self.memory)
        history = train(objective, data, plan, phase=phase, seed=seeds[0])
        return [objective.layers(k) for k in range(len(sizes))], history.rows


class SparseStackBase(EncoderBase):
    """What all stacked sparse autoencoders share: one layer after the other, and the network."""

    hidden_units: Sequence[int]
    sparsity: float
    sparsity_weight: float
    weight_decay: float
    iterations: int
    memory: int
    random_state: int | np.random.RandomState | None
    network_: SigmoidStack

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]`` in [0, 1]; ``y`` is ignored.

        Raises:
            NotApplicableError: samples or units do not suffice for the parts of a layer.
            DivergedError: the loss is not finite.
        """
        X = validate_data(self, as_rows(X), dtype=np.float32)
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], "glorot-uniform", seed)
        data = self._learnt_from(to_tensor(X), seed)
        rows: list[dict[str, float]] = []
        for number, units in enumerate(self.hidden_units, start=1):
            below = nn.Sequential(*network.layers()[: number - 1])
            hidden = encode_all(below, data) if len(below) else data
            layers, history = self._layer(hidden, units, number, seed)
            weight = torch.cat([each.weight for each in layers])
            network.fill(number - 1, weight, torch.cat([each.bias for each in layers]))
            rows += [{"phase": number, **row} for row in history]
            del hidden
        self.history_ = rows
        self.network_ = network.eval()
        return self

    def _learnt_from(self, data: Tensor, seed: int) -> Tensor:
        """The samples that the layers are trained on."""
        return data

    @abstractmethod
    def _layer(
        self, data: Tensor, units: int, number: int, seed: int
    ) -> tuple[list[Layers], list[dict[str, float]]]:
        """Train the layer with this number, from 1, on the output of those below.

        Returns:
            Its autoencoders, whose units stand one after the other, and rows of the mean loss.
        """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    @property
    def _training(self) -> LayerTraining:
        sparsity = Sparsity(self.sparsity, self.sparsity_weight, self.weight_decay)
        return LayerTraining(sparsity, self.iterations, self.memory)

    @property
    def _n_features_out(self) -> int:
        return self.hidden_units[-1]

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> Any:
        network = SigmoidStack(math.prod(sample_shape), self.hidden_units)
        return network.to(current_session().device)
