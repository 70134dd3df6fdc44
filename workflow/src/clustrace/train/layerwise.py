"""Layer-wise pretraining of a stacked autoencoder, and that of DEC's published code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.autoencoder import DenseAutoencoderBase
from clustrace.train.encoding import as_rows, encode_all, to_device
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings, linear_ramp, step_decay
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed
from clustrace.train.state import Objective

#: Loss of a reconstruction and its target.
Loss = Callable[[Tensor, Tensor], Tensor]


def half_squared_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """½ squared error, mean over batch **and** features.

    DEC's own copy of Caffe divides by the number of values (``euclidean_loss_layer.cpp``);
    Caffe's original divides by the batch alone, and with that the published learning rate of
    0.1 destroys the layers (config/papers/dcec.deviations.yaml).
    """
    return 0.5 * F.mse_loss(reconstruction, target)


def dropout(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """Zero each entry with probability ``rate``, scale the others by 1 / (1 - rate)."""
    if rate == 0:
        return x
    keep = torch.empty_like(x).bernoulli_(1 - rate, generator=generator)
    return x * keep / (1 - rate)


class _LayerObjective:
    """One encoder layer and its decoder layer, reconstructing the layer's clean input."""

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        loss: Loss,
        *,
        input_dropout: float,
        hidden_dropout: float,
    ) -> None:
        self.module = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
        self.state: dict[str, Tensor] = {}
        self.loss = loss
        self.input_dropout, self.hidden_dropout = input_dropout, hidden_dropout

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        hidden = self.module["encoder"](dropout(batch, self.input_dropout, generator))
        output = self.module["decoder"](dropout(hidden, self.hidden_dropout, generator))
        return {"loss": self.loss(output, batch)}


class _StackObjective:
    """The whole stack end-to-end, without dropout."""

    def __init__(self, network: DenseAutoencoder, loss: Loss) -> None:
        self.module = network
        self.state: dict[str, Tensor] = {}
        self.loss = loss

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": self.loss(self.module(batch)[0], batch)}


def train_layers(
    layers: Sequence[tuple[nn.Module, nn.Module]],
    objective: Callable[[int, nn.Module, nn.Module, Rows], Objective],
    data: Rows,
    plan: TrainingPlan,
    seed: int,
) -> list[dict[str, float]]:
    """Train the layers of an encoder one after the other, each on the output of those below.

    Args:
        layers: each layer from the input on, with the layer that takes its output back.
        objective: what a layer minimises, from its number, which counts from 1, the two, and the
            input of the layer.
        data: samples, ``[n, n_features]``.
        plan: iterations, batches and optimiser of each layer.
        seed: seed of the order of samples and of the noise.

    Returns:
        Mean losses; ``phase`` is the number of the layer.

    Raises:
        DivergedError: a loss is not finite.
    """
    rows: list[dict[str, float]] = []
    below: list[nn.Module] = []
    for number, (encoder, decoder) in enumerate(layers, start=1):
        # From the features on, so that the outputs of two layers are never held at once.
        hidden = encode_all(nn.Sequential(*below), data) if below else data
        trained = objective(number, encoder, decoder, hidden)
        history = train(trained, hidden, plan, phase=f"layer-{number}", seed=seed)
        rows += [{"phase": number, **row} for row in history.rows]
        below.append(encoder)
        del hidden
    return rows


@dataclass(frozen=True)
class LayerwiseTraining:
    """How a stack is trained layer by layer.

    Attributes:
        layers: plan of each layer.
        stack: plan of the whole afterwards; none is trained without iterations.
        loss: loss of a reconstruction and its target.
        dropout: rate on inputs (but the raw features) and hidden units (but the embedding).
    """

    layers: TrainingPlan
    stack: TrainingPlan
    loss: Loss
    dropout: float = 0.0

    def run(self, network: DenseAutoencoder, data: Rows, seed: int) -> list[dict[str, float]]:
        """Train a network in place.

        Returns:
            Mean losses; ``phase`` counts the layers from 1, the stack is 0.

        Raises:
            DivergedError: a loss is not finite.
        """

        def objective(number: int, encoder: nn.Module, decoder: nn.Module, _: Rows) -> Objective:
            return _LayerObjective(
                encoder,
                decoder,
                self.loss,
                input_dropout=self.dropout if number > 1 else 0.0,
                hidden_dropout=self.dropout if number < len(network.layers) else 0.0,
            )

        rows = train_layers(network.layers, objective, data, self.layers, seed)
        if self.stack.iterations:
            stack = _StackObjective(network, self.loss)
            history = train(stack, data, self.stack, phase="stack", seed=seed)
            rows += [{"phase": 0, **row} for row in history.rows]
        network.eval()
        return rows


class LayerwiseAutoencoder(DenseAutoencoderBase):
    r"""Stacked denoising autoencoder, trained layer by layer and then end-to-end.

    Each layer is trained on the clean output h of the one below to minimise
    :math:`\frac{1}{2nD} \sum_i \|g(\tilde f(\tilde h_i)) - h_i\|^2` with dropout on its input
    (not on the raw features) and on its hidden units (not on the embedding); then the whole
    stack without dropout. Settings of DEC's published Caffe code (Xie et al. 2016): weights
    N(0, 0.01²), SGD, learning rate 0.1 divided by 10 every 20,000 iterations, momentum 0.9
    ramped up over 1,000 iterations, biases at twice the rate.

    Args:
        hidden_units: units of the encoder's hidden layers.
        embedding_size: units of the embedding.
        layer_iterations: gradient steps a layer.
        stack_iterations: gradient steps end-to-end.
        batch_size: samples a gradient step.
        learning_rate: initial step size.
        decay_every: iterations after which the rate is divided by 10.
        momentum: final momentum.
        momentum_ramp: iterations over which momentum rises from 0.
        dropout: rate on inputs and hidden units of a layer in training.
        random_state: seed of weights, order of samples and noise.

    Attributes:
        network_: the trained network.
        history_: mean losses; ``phase`` counts the layers from 1, the stack is 0.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (500, 500, 2000),
        embedding_size: int = 10,
        *,
        layer_iterations: int = 50_000,
        stack_iterations: int = 100_000,
        batch_size: int = 256,
        learning_rate: float = 0.1,
        decay_every: int = 20_000,
        momentum: float = 0.9,
        momentum_ramp: int = 1_000,
        dropout: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.embedding_size = embedding_size
        self.layer_iterations = layer_iterations
        self.stack_iterations = stack_iterations
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.decay_every = decay_every
        self.momentum = momentum
        self.momentum_ramp = momentum_ramp
        self.dropout = dropout
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]``; ``y`` is ignored.

        Raises:
            DivergedError: the loss is not finite.
        """
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], "normal-0.01", seed)
        training = LayerwiseTraining(
            layers=self._plan(self.layer_iterations),
            stack=self._plan(self.stack_iterations),
            loss=half_squared_error,
            dropout=self.dropout,
        )
        self.history_ = training.run(network, to_device(X), seed)
        self.network_ = network
        return self

    def _plan(self, iterations: int) -> TrainingPlan:
        return TrainingPlan(
            iterations=iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd",
                step_decay(self.learning_rate, 0.1, self.decay_every),
                linear_ramp(self.momentum, self.momentum_ramp),
                bias_rate_factor=2.0,
            ),
        )
