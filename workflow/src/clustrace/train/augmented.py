"""Fully connected autoencoder trained on augmented images with a smooth embedding (EmAEC)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self, get_args

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.utils.validation import validate_data
from torch import Tensor

from clustrace.errors import NotApplicableError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.initialisation import Scheme
from clustrace.train.augmentation import Augmentation, augmentation_of
from clustrace.train.autoencoder import DenseAutoencoderBase
from clustrace.train.encoding import as_rows, sample_shape, to_device
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed

#: ``printed``: both terms of eq. 13 are divided by D, so that their ratio is the printed one.
#: ``activity``: the error alone is, and the penalty is that of a Keras activity regulariser.
SmoothingScale = Literal["printed", "activity"]


class SmoothReconstructionObjective:
    r"""Reconstruction of augmented samples, and a penalty on their embedding (EmAEC eq. 13).

    .. math:: L = \frac1n \sum_i \left( \frac1D \|\hat x_i - g(f(\hat x_i))\|^2
       + \varepsilon' \|f(\hat x_i)\|^2 \right)

    ε' is ε/D for the scale ``printed`` and ε for ``activity``. The target is the augmented
    sample itself, not the clean one.
    """

    def __init__(
        self,
        network: DenseAutoencoder,
        augmentation: Augmentation,
        *,
        smoothing: float,
        smoothing_scale: SmoothingScale,
    ) -> None:
        self.module = network
        self.augmentation = augmentation
        self.smoothing, self.smoothing_scale = smoothing, smoothing_scale
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """The objective, and its terms where there is a penalty."""
        augmented = self.augmentation(batch, generator)
        reconstruction, embedding = self.module(augmented)
        error = F.mse_loss(reconstruction, augmented)
        if self.smoothing == 0:
            return {"loss": error}
        penalty = embedding.square().sum(dim=1).mean()
        if self.smoothing_scale == "printed":
            penalty = penalty / batch.shape[1]
        return {
            "loss": error + self.smoothing * penalty,
            "reconstruction": error,
            "penalty": penalty,
        }


class AugmentedAutoencoder(DenseAutoencoderBase):
    r"""Fully connected autoencoder trained on augmented images, with a smooth embedding.

    .. math:: \frac1n \sum_i \|\hat x_i - g(f(\hat x_i))\|^2 + \varepsilon \|f(\hat x_i)\|^2
       \quad (13)

    The defaults are those of EmAEC (Huang, Hu, Lin 2021, section 4.4): the embedded autoencoder
    D-1024-256-1024-d-1024-256-1024-D, with ReLU after all layers but embedding and output, and
    10⁶ iterations of SGD with learning rate 1 and momentum 0.99. That rate needs the mean over
    the D features; with sums the training diverges at once.

    With fewer samples than ``batch_size``, all of them are one batch.

    Args:
        hidden_units: units of the encoder's hidden layers.
        embedding_size: units of the embedding.
        image_shape: height and width, and channels, of the images in rows; None is the shape of
            the images given to ``fit``, and a square for rows.
        rotation: largest angle in degrees, see :class:`~clustrace.train.augmentation.Augmentation`.
        shift: largest shift as a share of the side.
        smoothing: ε; 0 for none.
        smoothing_scale: ``printed`` (ε/D on the squared length, the ratio of eq. 13) or
            ``activity`` (ε on it).
        max_iterations: gradient steps after which the training ends.
        epochs: passes over the data after which it ends, if that is earlier; None: no such end.
        batch_size: samples a gradient step.
        log_every: gradient steps between two rows of the history; None: one epoch.
        optimizer: ``sgd`` or ``adam``.
        learning_rate: step size.
        momentum: momentum of ``sgd``.
        initialisation: scheme of the initial weights, see ``nets.initialisation``.
        random_state: seed of weights, order of samples and augmentation.

    Attributes:
        network_: the trained network.
        history_: mean losses since the row before.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (1024, 256, 1024),
        embedding_size: int = 10,
        *,
        image_shape: Sequence[int] | None = None,
        rotation: float = 10.0,
        shift: float = 0.1,
        smoothing: float = 0.001,
        smoothing_scale: SmoothingScale = "printed",
        max_iterations: int = 1_000_000,
        epochs: int | None = None,
        batch_size: int = 256,
        log_every: int | None = None,
        optimizer: Literal["sgd", "adam"] = "sgd",
        learning_rate: float = 1.0,
        momentum: float = 0.99,
        initialisation: Scheme = "fan-in-uniform",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.embedding_size = embedding_size
        self.image_shape = image_shape
        self.rotation = rotation
        self.shift = shift
        self.smoothing = smoothing
        self.smoothing_scale = smoothing_scale
        self.max_iterations = max_iterations
        self.epochs = epochs
        self.batch_size = batch_size
        self.log_every = log_every
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.initialisation = initialisation
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples; ``y`` is ignored.

        Raises:
            NotApplicableError: the samples cannot be taken as images, or a choice is unknown.
            DivergedError: the loss is not finite.
        """
        shape = sample_shape(X)
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        objective = SmoothReconstructionObjective(
            self._network(X.shape[1:], self.initialisation, seed),
            augmentation_of(shape or X.shape[1:], self.image_shape, self.rotation, self.shift),
            smoothing=self.smoothing,
            smoothing_scale=_known(self.smoothing_scale),
        )
        history = train(
            objective, to_device(X), self._plan(X.shape[0]), phase="pretrain", seed=seed
        )
        self.network_ = objective.module
        self.history_ = history.rows
        return self

    def _plan(self, n: int) -> TrainingPlan:
        iterations = self.max_iterations
        if self.epochs is not None:
            iterations = min(iterations, iterations_of(self.epochs, n, self.batch_size))
        return TrainingPlan(
            iterations=iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(self.optimizer, self.learning_rate, self.momentum),
            log_every=self.log_every,
        )


def _known(scale: SmoothingScale) -> SmoothingScale:
    if scale not in get_args(SmoothingScale):
        raise NotApplicableError(
            f"There is no smoothing_scale {scale!r}; use one of "
            f"{', '.join(get_args(SmoothingScale))}."
        )
    return scale
