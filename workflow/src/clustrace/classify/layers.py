"""What the feature learners share whose layers are autoencoders, trained one after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import torch
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from clustrace.classify.thresholding import mutual_coherence
from clustrace.nets.noise import noise_from
from clustrace.nets.tied import TiedAutoencoder
from clustrace.train.autoencoder import AutoencoderBase
from clustrace.train.encoding import as_rows, to_device
from clustrace.train.engine import TrainingPlan, iterations_of
from clustrace.train.layerwise import train_layers
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed
from clustrace.train.stacked import squared_error
from clustrace.train.state import Objective


class LayerObjective:
    r"""Squared error of one layer's reconstruction of its clean input.

    .. math:: E = \frac1B \sum_i \|x_i - \hat x_i\|^2

    summed over features, mean over the batch. At the end of each epoch the units are counted
    that were zero for all samples of it (dead units), and at the last one the mutual coherence
    of the weights is told.

    Args:
        encoder: the layer, with a linear map ``linear``.
        decoder: the layer that takes its output back.
        per_epoch: iterations of an epoch.
        iterations: iterations of the whole training.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, per_epoch: int, iterations: int
    ) -> None:
        self.module = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
        self._weight: Tensor = encoder.linear.weight  # type: ignore[union-attr, assignment]
        units, device = self._weight.shape[0], self._weight.device
        self.state = {"used": torch.zeros(units, dtype=torch.bool, device=device)}
        self.per_epoch, self.iterations = per_epoch, iterations

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Facts of the epoch that has ended."""
        if iteration == 0 or iteration % self.per_epoch:
            return None
        facts = self._facts()
        if iteration == self.iterations:
            atoms = self._weight.detach().cpu().numpy().T
            facts["mutual_coherence"] = mutual_coherence(atoms)
        self.state["used"].zero_()
        return facts

    def _facts(self) -> dict[str, float]:
        return {"dead_units": int((~self.state["used"]).sum())}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Error of a batch."""
        with noise_from(self.module, generator):
            code = self.module["encoder"](batch)
        self.state["used"] |= (code.detach() != 0).any(dim=0)
        return {"loss": squared_error(self.module["decoder"](code), batch)}


class LayeredLearner(AutoencoderBase):
    """A chain of tied autoencoders, each trained on the features of the one below."""

    hidden_units: Sequence[int]
    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float
    random_state: int | np.random.RandomState | None
    network_: TiedAutoencoder

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]``, dense or sparse; ``y`` is ignored.

        Raises:
            NotApplicableError: a parameter cannot be used with these samples.
            DivergedError: the loss is not finite.
        """
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], "normal-0.01", seed)
        plan = TrainingPlan(
            iterations=iterations_of(self.epochs, X.shape[0], self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("sgd", self.learning_rate, self.momentum),
        )
        per_epoch = math.ceil(X.shape[0] / min(self.batch_size, X.shape[0]))

        def objective(_: int, encoder: nn.Module, decoder: nn.Module, data: Rows) -> Objective:
            return self._objective(
                encoder, decoder, data, per_epoch=per_epoch, iterations=plan.iterations
            )

        self.history_ = train_layers(network.pairs(), objective, to_device(X), plan, seed)
        self.network_ = network.eval()
        return self

    def _objective(
        self, encoder: nn.Module, decoder: nn.Module, data: Rows, **counts: int
    ) -> Objective:
        """What a layer minimises on its input; ``counts`` are those of :class:`LayerObjective`."""
        return LayerObjective(encoder, decoder, **counts)

    @property
    def _n_features_out(self) -> int:
        return self.hidden_units[-1]
