"""Layer-wise pretraining of the stacked autoencoders of DCN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.utils.validation import validate_data
from torch import Tensor

from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.initialisation import Scheme
from clustrace.nets.normalisation import Normalisation
from clustrace.train.autoencoder import DenseAutoencoderBase
from clustrace.train.encoding import as_rows, to_device
from clustrace.train.engine import TrainingPlan, iterations_of
from clustrace.train.layerwise import LayerwiseTraining
from clustrace.train.optimizers import OptimizerSettings, after, step_decay
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


def squared_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Squared error, **summed** over features, mean over the batch (DCN eq. 4 and its code)."""
    return (reconstruction - target).square().sum(dim=1).mean()


class StackedAutoencoder(DenseAutoencoderBase):
    r"""Stacked autoencoder (SAE) of DCN, trained layer by layer and, where asked for, end-to-end.

    Each layer is trained on the output h of the one below, without noise, to minimise
    :math:`\frac1n \sum_i \|g(f(h_i)) - h_i\|^2` (Yang et al. 2017, section 4.1, which refers to
    Bengio et al. 2007); then the whole stack the same way. Errors are summed over features, by
    which learning rates are smaller than those of mean errors.

    The defaults are the paper's text where it says something (ReLU in both networks, a mirrored
    decoder, batch normalisation) and the published codes where it does not. With all of batch
    normalisation the published learning rate diverges; the code leaves the variance as it is.

    Args:
        hidden_units: units of the encoder's hidden layers.
        embedding_size: units of the embedding.
        layer_epochs: passes over the data a layer.
        stack_epochs: passes over the data end-to-end; 0 trains the layers alone.
        batch_size: samples a gradient step.
        learning_rate: initial step size of the layers.
        stack_learning_rate: step size end-to-end; None is ``learning_rate``.
        decay_every: iterations after which the layers' rate is divided by 10; None is never.
        momentum: momentum.
        momentum_after: iterations of a layer before momentum sets in.
        nesterov: whether the layers' momentum is Nesterov's; end-to-end it always is.
        bias_rate_factor: factor on the learning rate of biases (2 in DCN's second code).
        activate_embedding: whether ReLU follows the embedding too (not in DCN's second code).
        activate_output: whether ReLU follows the output too (not in DCN's second code).
        tied: whether the decoder has the encoder's weights, transposed.
        normalisation: ``batch``, ``centring`` (DCN's first code) or ``none`` (its second), before
            each ReLU of the encoder.
        initialisation: scheme of the initial weights, see ``nets.initialisation``.
        random_state: seed of weights and order of samples.

    Attributes:
        network_: the trained network.
        history_: mean loss of each epoch; ``phase`` counts the layers from 1, the stack is 0.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (500, 500, 2000),
        embedding_size: int = 10,
        *,
        layer_epochs: int = 50,
        stack_epochs: int = 0,
        batch_size: int = 256,
        learning_rate: float = 0.01,
        stack_learning_rate: float | None = None,
        decay_every: int | None = None,
        momentum: float = 0.9,
        momentum_after: int = 0,
        nesterov: bool = True,
        bias_rate_factor: float = 1.0,
        activate_embedding: bool = True,
        activate_output: bool = True,
        tied: bool = True,
        normalisation: Normalisation = "centring",
        initialisation: Scheme = "normal-0.01",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.embedding_size = embedding_size
        self.layer_epochs = layer_epochs
        self.stack_epochs = stack_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.stack_learning_rate = stack_learning_rate
        self.decay_every = decay_every
        self.momentum = momentum
        self.momentum_after = momentum_after
        self.nesterov = nesterov
        self.bias_rate_factor = bias_rate_factor
        self.activate_embedding = activate_embedding
        self.activate_output = activate_output
        self.tied = tied
        self.normalisation = normalisation
        self.initialisation = initialisation
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]``, dense or sparse; ``y`` is ignored.

        Raises:
            NotApplicableError: the initialisation or normalisation is unknown.
            DivergedError: the loss is not finite.
        """
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], self.initialisation, seed)
        training = LayerwiseTraining(
            layers=self._layer_plan(X.shape[0]),
            stack=self._stack_plan(X.shape[0]),
            loss=squared_error,
        )
        self.history_ = training.run(network, to_device(X), seed)
        self.network_ = network
        return self

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> DenseAutoencoder:
        return DenseAutoencoder(
            math.prod(sample_shape),
            self.hidden_units,
            self.embedding_size,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
            activate_embedding=self.activate_embedding,
            activate_output=self.activate_output,
            tied=self.tied,
            normalisation=self.normalisation,
        ).to(current_session().device)

    def _layer_plan(self, n: int) -> TrainingPlan:
        rate = self.learning_rate
        return TrainingPlan(
            iterations=iterations_of(self.layer_epochs, n, self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd",
                step_decay(rate, 0.1, self.decay_every) if self.decay_every else rate,
                after(self.momentum, self.momentum_after) if self.momentum_after else self.momentum,
                nesterov=self.nesterov,
                bias_rate_factor=self.bias_rate_factor,
            ),
        )

    def _stack_plan(self, n: int) -> TrainingPlan:
        rate = self.stack_learning_rate
        return TrainingPlan(
            iterations=iterations_of(self.stack_epochs, n, self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd",
                self.learning_rate if rate is None else rate,
                self.momentum,
                nesterov=True,
                bias_rate_factor=self.bias_rate_factor,
            ),
        )
