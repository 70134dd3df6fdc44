"""Autoencoders as scikit-learn transformers, trained end-to-end."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.initialisation import Scheme
from clustrace.train.encoding import (
    as_rows,
    encode_all,
    sample_shape,
    to_device,
    to_numpy,
    to_tensor,
)
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


class ReconstructionObjective:
    """Mean squared reconstruction error, mean over batch **and** features (Keras' ``mse``).

    DCEC eq. 4 sums over features; its code takes the mean, which divides the gradient by the
    number of features and decides which learning rates work.
    """

    def __init__(self, network: nn.Module) -> None:
        self.module = network
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Reconstruction error of a batch."""
        reconstruction, _ = self.module(batch)
        return {"loss": F.mse_loss(reconstruction, batch)}


class EncoderBase(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What all learners of features by a network share: encoding, and loading of weights.

    Samples are rows ``[n, n_features]``, dense or as a sparse matrix, or images
    ``[n, height, width]``, with channels last.
    """

    network_: Any
    history_: list[dict[str, Any]]

    @abstractmethod
    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> Any:
        """A network for samples of this shape on the session's device."""

    @property
    @abstractmethod
    def _n_features_out(self) -> int:
        """Number of features."""

    def transform(self, X: Samples) -> np.ndarray:
        """Features of samples, ``[n, n_features_out]``; computed in float32, typed as ``X``."""
        check_is_fitted(self, "network_")
        X = validate_data(
            self, as_rows(X), reset=False, dtype=[np.float32, np.float64], accept_sparse="csr"
        )
        return to_numpy(encode_all(self.network_.encode, to_device(X))).astype(X.dtype, copy=False)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32", "float64"]
        tags.input_tags.sparse = True
        return tags

    def load_weights(self, weights: dict[str, np.ndarray], n_features: int) -> Self:
        """Make this estimator fitted with weights from a file.

        Args:
            weights: arrays by the names of the network's state.
            n_features: number of input features the weights are for.
        """
        network = self._network((n_features,), "glorot-uniform", 0)
        network.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        self.network_ = network.eval()
        self.history_ = []
        self.n_features_in_ = n_features
        return self


class AutoencoderBase(EncoderBase):
    """What all autoencoders share that embed samples and take embeddings back."""

    embedding_size: int
    network_: AutoencoderNetwork

    def inverse_transform(self, X: np.ndarray) -> np.ndarray:
        """Samples decoded from embeddings ``[n, embedding_size]``, float32 ``[n, n_features]``."""
        check_is_fitted(self, "network_")
        return to_numpy(encode_all(self.network_.decode, to_tensor(X)))

    @property
    def _n_features_out(self) -> int:
        return self.embedding_size


class DenseAutoencoderBase(AutoencoderBase):
    """What all fully connected autoencoders share."""

    hidden_units: Sequence[int]
    network_: DenseAutoencoder

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> DenseAutoencoder:
        return DenseAutoencoder(
            math.prod(sample_shape),
            self.hidden_units,
            self.embedding_size,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)


class EndToEndAutoencoder(AutoencoderBase):
    """What all autoencoders share that are trained as a whole on the reconstruction error."""

    epochs: int
    batch_size: int
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float
    initialisation: Scheme
    random_state: int | np.random.RandomState | None

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples; ``y`` is ignored.

        Raises:
            DivergedError: the loss is not finite.
        """
        shape = sample_shape(X)
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        network = self._network(shape or X.shape[1:], self.initialisation, seed)
        plan = TrainingPlan(
            iterations=iterations_of(self.epochs, X.shape[0], self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(self.optimizer, self.learning_rate, self.momentum),
        )
        history = train(
            ReconstructionObjective(network), to_device(X), plan, phase="pretrain", seed=seed
        )
        self.network_ = network
        self.history_ = history.rows
        return self


class Autoencoder(EndToEndAutoencoder, DenseAutoencoderBase):
    r"""Fully connected autoencoder (SAE) trained end-to-end on the reconstruction error.

    .. math:: L_r = \frac{1}{nD} \sum_i \| g(f(x_i)) - x_i \|^2

    The defaults are those of the SAE rows of DCEC's Table 1 (Guo et al. 2017, section 4.2):
    D-500-500-2000-10 mirrored, 400 epochs of SGD with learning rate 0.01 and momentum 0.9.

    Args:
        hidden_units: units of the encoder's hidden layers.
        embedding_size: units of the embedding.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        optimizer: ``sgd`` or ``adam``.
        learning_rate: step size.
        momentum: momentum of ``sgd``.
        initialisation: scheme of the initial weights, see ``nets.initialisation``.
        random_state: seed of weights and order of samples.

    Attributes:
        network_: the trained network.
        history_: mean loss of each epoch.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (500, 500, 2000),
        embedding_size: int = 10,
        *,
        epochs: int = 400,
        batch_size: int = 256,
        optimizer: Literal["sgd", "adam"] = "sgd",
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        initialisation: Scheme = "glorot-uniform",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.embedding_size = embedding_size
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.initialisation = initialisation
        self.random_state = random_state
