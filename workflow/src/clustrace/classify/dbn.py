"""Deep belief network (DBN): restricted Boltzmann machines trained layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from clustrace.classify.machines import MachineLearner
from clustrace.nets.boltzmann import DeepBeliefNetwork, Visible
from clustrace.nets.initialisation import Scheme
from clustrace.train.contrastive_divergence import train_machines
from clustrace.train.encoding import to_device
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


class DBN(MachineLearner):
    """Stack of restricted Boltzmann machines, each trained on the probabilities of the one below.

    Source: Hinton, Osindero and Teh 2006, without the up-down algorithm for the whole; the paper on
    k-sparse autoencoders quotes a result of such networks after back-propagation (Table 4).
    The features are the probabilities of the uppermost hidden units.

    Args:
        hidden_units: hidden units of each machine.
        visible: ``bernoulli`` for features in [0, 1], ``gaussian`` for standardised ones.
        layer_epochs: passes over the data for each machine.
        batch_size: samples a gradient step.
        learning_rate: step size, one for all machines or one for each.
        initial_momentum: momentum of the first epochs of a machine.
        momentum: momentum afterwards.
        momentum_after: epochs before momentum rises.
        weight_decay: factor of the weights that is added to their gradient.
        random_state: seed of weights, order of samples and sampled units.

    Attributes:
        network_: the trained network.
        history_: mean of each epoch as of :class:`~clustrace.classify.rbm.RBM`; ``phase`` counts
            the machines from 1.
    """

    network_: DeepBeliefNetwork  # type: ignore[assignment]

    def __init__(
        self,
        hidden_units: Sequence[int] = (1000, 1000),
        *,
        visible: Visible = "bernoulli",
        layer_epochs: int = 50,
        batch_size: int = 100,
        learning_rate: float | Sequence[float] = 0.1,
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        momentum_after: int = 5,
        weight_decay: float = 2e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.visible = visible
        self.layer_epochs = layer_epochs
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
            NotApplicableError: there are no such visible units, Bernoulli ones are to stand for
                values outside [0, 1], or the learning rates are not as many as the machines.
            DivergedError: the loss is not finite.
        """
        X = self._checked(X)
        seed = base_seed(self.random_state)
        network = self._network(X.shape[1:], "normal-0.01", seed)
        trainings = self._trainings(len(self.hidden_units), self.layer_epochs, self.learning_rate)
        self.history_ = train_machines(network.stack(), trainings, to_device(X), seed)
        self.network_ = network
        return self

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> DeepBeliefNetwork:
        places = range(len(self.hidden_units))
        return DeepBeliefNetwork(
            math.prod(sample_shape),
            self.hidden_units,
            visible=self.visible,
            seeds=[derive_seed(seed, f"weights-{place}") for place in places],
        ).to(current_session().device)

    @property
    def _n_features_out(self) -> int:
        return self.hidden_units[-1]
