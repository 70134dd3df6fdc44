"""What the feature learners share whose layers are restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.utils.validation import validate_data

from clustrace.classify.validation import listed
from clustrace.errors import NotApplicableError
from clustrace.nets.boltzmann import Visible
from clustrace.train.autoencoder import AutoencoderBase
from clustrace.train.contrastive_divergence import MachineTraining, refuse_no_probabilities
from clustrace.train.encoding import as_rows
from clustrace.train.rows import Samples


class MachineLearner(AutoencoderBase):
    """A feature learner that is trained by contrastive divergence."""

    visible: Visible
    batch_size: int
    initial_momentum: float
    momentum: float
    momentum_after: int
    weight_decay: float
    random_state: int | np.random.RandomState | None

    def _checked(self, X: Samples) -> Samples:
        """Samples to train on, float32 ``[n, n_features]``.

        Raises:
            NotApplicableError: Bernoulli units are to stand for values outside [0, 1].
        """
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        if self.visible == "bernoulli":
            refuse_no_probabilities(X)
        return X

    def _training(self, epochs: int, learning_rate: float) -> MachineTraining:
        return MachineTraining(
            epochs,
            self.batch_size,
            learning_rate,
            self.initial_momentum,
            self.momentum,
            self.momentum_after,
            self.weight_decay,
        )

    def _trainings(
        self, layers: int, epochs: int, learning_rate: float | Sequence[float]
    ) -> list[MachineTraining]:
        """Training of each layer.

        Raises:
            NotApplicableError: there are several learning rates, but not one for each layer.
        """
        rates = listed(learning_rate)
        rates = rates * layers if len(rates) == 1 else rates
        if len(rates) != layers:
            raise NotApplicableError(
                f"There are {len(rates)} learning rates for {layers} layers; give one for all, or "
                "one for each."
            )
        return [self._training(epochs, rate) for rate in rates]
