"""The dual autoencoder of DSC-DAN as a scikit-learn transformer (Yang et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from sklearn.utils.validation import validate_data
from torch import Tensor

from clustrace.nets.dual import DualNetwork, divergence, information_loss
from clustrace.nets.initialisation import Scheme
from clustrace.train.autoencoder import AutoencoderBase
from clustrace.train.convolutional import image_shape_of
from clustrace.train.encoding import as_rows, sample_shape, to_device
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session
from clustrace.train.stacked import squared_error


@dataclass(frozen=True)
class DualWeights:
    """Weights of the terms that pretraining and clustering share; see :class:`DualAutoencoder`."""

    reconstruction: float
    consistency: float
    divergence: float
    information: float

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        """Weighted sum of the terms of these names."""
        return (
            self.reconstruction * terms["reconstruction"]
            + self.consistency * terms["consistency"]
            + self.divergence * terms["divergence"]
            + self.information * terms["information"]
        )


def dual_terms(
    network: DualNetwork, batch: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Mean and log-variance of the embedding, and the terms that depend on nothing else.

    Args:
        network: the dual autoencoder.
        batch: samples, ``[batch, n_features]``.
        generator: of the noise and of the pairs of samples.
    """
    mean, log_variance = network.posterior(batch)
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    noisy = mean + (log_variance / 2).exp() * noise
    order = torch.randperm(len(batch), generator=generator, device=mean.device)
    clean_output, noisy_output = network.decode(torch.cat([mean, noisy])).float().chunk(2)
    terms = {
        "reconstruction": squared_error(noisy_output, batch),
        "consistency": squared_error(clean_output, noisy_output),
        "information": information_loss(network.discriminator, noisy, noisy[order]),
    }
    return mean, log_variance, terms


class DualObjective:
    """The terms without clusters: all embeddings belong to one standard normal distribution."""

    def __init__(self, network: DualNetwork, weights: DualWeights) -> None:
        self.module, self.weights = network, weights
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Terms of a batch, without the weights, and their weighted sum."""
        mean, log_variance, terms = dual_terms(self.module, batch, generator)
        origin, whole = mean.new_zeros(1, mean.shape[1]), mean.new_ones(len(mean), 1)
        terms["divergence"] = divergence(mean, log_variance, whole, origin)
        return {"loss": self.weights.total(terms), **terms}


class DualAutoencoder(AutoencoderBase):
    r"""Convolutional autoencoder that rebuilds samples from a noisy embedding and a clean one.

    .. math:: \alpha \|x - \hat x(\tilde z)\|^2 + \beta \|\hat x(\mu) - \hat x(\tilde z)\|^2
       + \gamma\,\mathrm{KL}\big(\mathcal{N}(\mu, \sigma^2)\,\|\,\mathcal{N}(0, I)\big)
       + \delta\,I,\qquad \tilde z = \mu + \sigma \odot \epsilon

    in the mean over samples, with errors summed over pixels and I of
    :func:`~clustrace.nets.dual.information_loss`. Features are in [0, 1], as the output has a
    sigmoid. Weights are those of DSC-DAN's code, which does not tell how it was pretrained:
    :class:`~clustrace.cluster.dsc_dan.DSCDAN` without clusters is an own decision.

    Args:
        image_shape: height and width, and channels where there are several; None as in
            :class:`~clustrace.train.convolutional.ConvolutionalAutoencoder`.
        embedding_size: units of the embedding.
        filters: filters of each pair of convolutions.
        reconstruction_weight: α.
        consistency_weight: β.
        divergence_weight: γ; without it the noise would be trained away.
        information_weight: δ.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: step size of Adam.
        initialisation: scheme of the initial weights, see ``nets.initialisation``.
        random_state: seed.

    Attributes:
        network_: the trained network.
        history_: mean losses of each epoch.
    """

    network_: DualNetwork

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        embedding_size: int = 120,
        *,
        filters: Sequence[int] = (32, 64),
        reconstruction_weight: float = 5.0,
        consistency_weight: float = 2.5,
        divergence_weight: float = 1.5,
        information_weight: float = 0.001,
        epochs: int = 100,
        batch_size: int = 100,
        learning_rate: float = 0.001,
        initialisation: Scheme = "glorot-uniform",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.image_shape = image_shape
        self.embedding_size = embedding_size
        self.filters = filters
        self.reconstruction_weight = reconstruction_weight
        self.consistency_weight = consistency_weight
        self.divergence_weight = divergence_weight
        self.information_weight = information_weight
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.initialisation = initialisation
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples; ``y`` is ignored.

        Raises:
            DivergedError: the loss is not finite.
        """
        shape = sample_shape(X)
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        seed = base_seed(self.random_state)
        network = self._network(shape or X.shape[1:], self.initialisation, seed)
        weights = DualWeights(
            self.reconstruction_weight,
            self.consistency_weight,
            self.divergence_weight,
            self.information_weight,
        )
        plan = TrainingPlan(
            iterations=iterations_of(self.epochs, X.shape[0], self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("adam", self.learning_rate),
        )
        objective = DualObjective(network, weights)
        self.history_ = train(objective, to_device(X), plan, phase="pretrain", seed=seed).rows
        self.network_ = network
        return self

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> DualNetwork:
        return DualNetwork(
            image_shape_of(self.image_shape, sample_shape),
            self.embedding_size,
            self.filters,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)
