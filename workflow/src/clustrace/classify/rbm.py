"""Restricted Boltzmann machine (RBM) as a feature learner."""

from __future__ import annotations

import math
from typing import Self

import numpy as np

from clustrace.classify.machines import MachineLearner
from clustrace.nets.boltzmann import RestrictedBoltzmannMachine, Visible
from clustrace.nets.initialisation import Scheme
from clustrace.train.contrastive_divergence import ContrastiveDivergence
from clustrace.train.encoding import to_device
from clustrace.train.engine import train
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


class RBM(MachineLearner):
    r"""Restricted Boltzmann machine, trained by contrastive divergence with one step (CD-1).

    The features of a sample are the probabilities of the hidden units,
    :math:`P(h = 1 | v) = \sigma(W v + c)`; ``inverse_transform`` gives the means of visible
    units. Source: Hinton 2002 and 2010 ("A practical guide to training restricted Boltzmann
    machines"); the paper on k-sparse autoencoders states the number of hidden units alone.

    Args:
        hidden_units: number of hidden units.
        visible: ``bernoulli`` for features in [0, 1], ``gaussian`` for standardised ones.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: step size.
        initial_momentum: momentum of the first epochs.
        momentum: momentum afterwards.
        momentum_after: epochs before momentum rises.
        weight_decay: factor of the weights that is added to their gradient.
        random_state: seed of weights, order of samples and sampled units.

    Attributes:
        network_: the trained machine.
        history_: mean of each epoch: ``loss``, the difference of energies that CD-1 lowers, and
            ``reconstruction_error``, squared and summed over visible units.
    """

    network_: RestrictedBoltzmannMachine  # type: ignore[assignment]

    def __init__(
        self,
        hidden_units: int = 1000,
        *,
        visible: Visible = "bernoulli",
        epochs: int = 50,
        batch_size: int = 100,
        learning_rate: float = 0.1,
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        momentum_after: int = 5,
        weight_decay: float = 2e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.visible = visible
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.momentum_after = momentum_after
        self.weight_decay = weight_decay
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]``, dense or sparse; ``y`` is ignored.

        Raises:
            NotApplicableError: there are no such visible units, or Bernoulli ones are to stand
                for values outside [0, 1].
            DivergedError: the loss is not finite.
        """
        X = self._checked(X)
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], "normal-0.01", seed)
        history = train(
            ContrastiveDivergence(network),
            to_device(X),
            self._training(self.epochs, self.learning_rate).plan(X.shape[0]),
            phase="pretrain",
            seed=seed,
        )
        self.network_ = network
        self.history_ = history.rows
        return self

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> RestrictedBoltzmannMachine:
        return RestrictedBoltzmannMachine(
            math.prod(sample_shape),
            self.hidden_units,
            visible=self.visible,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)

    @property
    def _n_features_out(self) -> int:
        return self.hidden_units
