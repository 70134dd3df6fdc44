"""Deep Boltzmann machine (DBM) as a feature learner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from clustrace.classify.machines import MachineLearner
from clustrace.nets.boltzmann import RestrictedBoltzmannMachine, Visible
from clustrace.nets.deep_boltzmann import DeepBoltzmannMachine
from clustrace.nets.initialisation import Scheme
from clustrace.train.contrastive_divergence import train_machines
from clustrace.train.encoding import to_device
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings, linear_change
from clustrace.train.persistent_chains import PersistentChains
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


class DBM(MachineLearner):
    """Deep Boltzmann machine with two hidden layers.

    Pre-training is that of a deep belief network whose first machine has its visible units twice,
    and whose second has its hidden units twice; then the whole is trained by mean field and
    persistent chains, at a rate that falls linearly to 0 (Salakhutdinov and Hinton 2009). The
    paper on k-sparse autoencoders quotes a result of such a machine after back-propagation
    (Table 4). The features are the mean-field probabilities of the upper hidden layer.

    Args:
        hidden_units: units of the two hidden layers.
        visible: ``bernoulli`` for features in [0, 1], ``gaussian`` for standardised ones.
        layer_epochs: passes over the data for each layer.
        stack_epochs: passes over the data for the whole; 0 trains the layers alone.
        batch_size: samples a gradient step.
        learning_rate: step size of the layers, one for both or one for each.
        stack_learning_rate: step size of the whole at its beginning.
        initial_momentum: momentum of the first epochs of a layer.
        momentum: momentum afterwards.
        momentum_after: epochs before momentum rises.
        stack_momentum: momentum of the whole.
        weight_decay: factor of the weights that is added to their gradient.
        mean_field_updates: updates of both layers for the posterior of a sample.
        chains: persistent Markov chains.
        gibbs_updates: Gibbs updates of a chain a gradient step.
        random_state: seed of weights, order of samples and sampled units.

    Attributes:
        network_: the trained machine.
        history_: mean of each epoch; ``phase`` counts the layers from 1, the whole is 0.
    """

    network_: DeepBoltzmannMachine  # type: ignore[assignment]

    def __init__(
        self,
        hidden_units: Sequence[int] = (500, 1000),
        *,
        visible: Visible = "bernoulli",
        layer_epochs: int = 50,
        stack_epochs: int = 50,
        batch_size: int = 100,
        learning_rate: float | Sequence[float] = 0.05,
        stack_learning_rate: float = 0.005,
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        momentum_after: int = 5,
        stack_momentum: float = 0.5,
        weight_decay: float = 2e-4,
        mean_field_updates: int = 10,
        chains: int = 100,
        gibbs_updates: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.visible = visible
        self.layer_epochs = layer_epochs
        self.stack_epochs = stack_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.stack_learning_rate = stack_learning_rate
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.momentum_after = momentum_after
        self.stack_momentum = stack_momentum
        self.weight_decay = weight_decay
        self.mean_field_updates = mean_field_updates
        self.chains = chains
        self.gibbs_updates = gibbs_updates
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples ``[n, n_features]``, dense or sparse; ``y`` is ignored.

        Raises:
            NotApplicableError: there are no such visible units, Bernoulli ones are to stand for
                values outside [0, 1], or there are not two layers with one learning rate each.
            DivergedError: the loss is not finite.
        """
        X = self._checked(X)
        seed, data = base_seed(self.random_state), to_device(X)
        network = self._network(X.shape[1:], "normal-0.01", seed)
        lower, upper = self._machines(X.shape[1], seed)
        trainings = self._trainings(2, self.layer_epochs, self.learning_rate)
        self.history_ = train_machines([lower, upper], trainings, data, seed)
        network.compose(lower, upper)
        if self.stack_epochs:
            self.history_ += self._train_whole(network, data, seed)
        self.network_ = network
        return self

    def _train_whole(
        self, network: DeepBoltzmannMachine, data: Rows, seed: int
    ) -> list[dict[str, float]]:
        iterations = iterations_of(self.stack_epochs, len(data), self.batch_size)
        objective = PersistentChains(
            network,
            chains=self.chains,
            gibbs_updates=self.gibbs_updates,
            seed=derive_seed(seed, "chains"),
        )
        plan = TrainingPlan(
            iterations=iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd",
                linear_change(self.stack_learning_rate, 0.0, iterations),
                self.stack_momentum,
                weight_decay=self.weight_decay,
            ),
        )
        history = train(objective, data, plan, phase="stack", seed=seed)
        return [{"phase": 0, **row} for row in history.rows]

    def _machines(
        self, n_visible: int, seed: int
    ) -> tuple[RestrictedBoltzmannMachine, RestrictedBoltzmannMachine]:
        first, second = self.hidden_units
        device = current_session().device
        lower = RestrictedBoltzmannMachine(
            n_visible,
            first,
            visible=self.visible,
            visible_copies=2,
            seed=derive_seed(seed, "weights-0"),
        )
        upper = RestrictedBoltzmannMachine(
            first, second, hidden_copies=2, seed=derive_seed(seed, "weights-1")
        )
        return lower.to(device), upper.to(device)

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> DeepBoltzmannMachine:
        return DeepBoltzmannMachine(
            math.prod(sample_shape),
            self.hidden_units,
            visible=self.visible,
            mean_field_updates=self.mean_field_updates,
        ).to(current_session().device)

    @property
    def _n_features_out(self) -> int:
        return self.hidden_units[1]
