"""Classification by a third-order restricted Boltzmann machine on a learnt layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from torch import Tensor, nn

from clustrace.classify.fine_tuning import FineTunedClassifier, Stage
from clustrace.classify.hybrid import HybridObjective
from clustrace.classify.validation import Parted
from clustrace.nets.boltzmann import Visible
from clustrace.nets.classifier import LayeredClassifier
from clustrace.nets.third_order import ThirdOrderBoltzmannMachine
from clustrace.train.contrastive_divergence import MachineTraining, refuse_no_probabilities
from clustrace.train.engine import TrainingPlan
from clustrace.train.rows import Rows
from clustrace.train.seeds import derive_seed


class ThirdOrderRBM(FineTunedClassifier):
    r"""Restricted Boltzmann machine whose weights the class gates, on top of learnt features.

    .. math:: \min -\log P(y | v) + \lambda \, (F(v, y) - F(v_1, k_1))

    with v the features, P the exact posterior of the class, and one step of contrastive
    divergence for the second term (Nair and Hinton 2009; the paper on k-sparse autoencoders
    quotes a result of it in Table 4). The layers below stay as they are.

    Of several learning rates that is taken whose validation error is lowest; of equals, the first.

    Args:
        features: a fitted feature learner whose ``network_`` has ``layers()``; it is left as it
            is. None: the samples themselves.
        hidden_units: hidden units of each class's machine.
        visible: ``bernoulli`` for features in [0, 1], ``gaussian`` for standardised ones.
        generative_weight: λ.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: step size, one or several.
        initial_momentum: momentum of the first epochs.
        momentum: momentum afterwards.
        momentum_after: epochs before momentum rises.
        weight_decay: factor of the weights that is added to their gradient.
        random_state: seed of the weights, of the order of samples and of sampled units.

    Attributes:
        classes_: labels, sorted.
        network_: the layers with the machine.
        choices_: chosen learning rate, and ``validation_errors`` in per cent of all candidates
            where there were several.
        history_: of each epoch the mean loss, error and ``reconstruction_error`` (squared, summed
            over features), and the error on the validation samples.
    """

    encoding_factor = None

    def __init__(
        self,
        features: TransformerMixin | None = None,
        *,
        hidden_units: int = 1000,
        visible: Visible = "bernoulli",
        generative_weight: float = 0.01,
        epochs: int = 50,
        batch_size: int = 100,
        learning_rate: float | Sequence[float] = 0.05,
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        momentum_after: int = 5,
        weight_decay: float = 2e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.features = features
        self.hidden_units = hidden_units  # type: ignore[assignment]
        self.visible = visible
        self.generative_weight = generative_weight
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.momentum_after = momentum_after
        self.weight_decay = weight_decay
        self.random_state = random_state

    def _trained(self, parted: Parted, candidate: Any, number: int, seed: int) -> LayeredClassifier:
        if self.visible == "bernoulli":
            below = self.features
            codes = parted.samples if below is None else below.transform(parted.samples)
            refuse_no_probabilities(codes)
        return super()._trained(parted, candidate, number, seed)

    def _stages(self, layers: int) -> list[Stage]:
        return [Stage(fixed=layers, epochs=self.epochs)]

    def _objective(
        self,
        module: nn.Module,
        labels: Tensor,
        validation: tuple[Rows, Tensor] | None,
        *,
        per_epoch: int,
    ) -> HybridObjective:
        (machine,) = module.children()
        assert isinstance(machine, ThirdOrderBoltzmannMachine)
        return HybridObjective(
            machine,
            labels,
            validation,
            per_epoch=per_epoch,
            generative_weight=self.generative_weight,
        )

    def _plan(self, epochs: int, learning_rate: float, n: int) -> TrainingPlan:
        return MachineTraining(
            epochs,
            self.batch_size,
            learning_rate,
            self.initial_momentum,
            self.momentum,
            self.momentum_after,
            self.weight_decay,
        ).plan(n)

    def _new_layers(self, n_features: int, seed: int) -> tuple[list[nn.Module], int]:
        return [], n_features

    def _output(self, units: int, classes: int, seed: int) -> ThirdOrderBoltzmannMachine:
        return ThirdOrderBoltzmannMachine(
            units,
            int(self.hidden_units),  # type: ignore[call-overload]
            classes,
            visible=self.visible,
            seed=derive_seed(seed, "machine"),
        )
