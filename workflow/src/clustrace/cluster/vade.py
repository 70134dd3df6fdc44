"""Variational deep embedding (Jiang, Zheng, Tan, Tang, Zhou 2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import TransformerMixin
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from clustrace.cluster.joint import JointClusterer, label_state, note_labels
from clustrace.errors import NotApplicableError
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.initialisation import initialise
from clustrace.nets.mixture import DiagonalMixture, latent_loss
from clustrace.train.encoding import encode_all, to_numpy, to_tensor
from clustrace.train.engine import TrainingPlan, iterations_of
from clustrace.train.optimizers import OptimizerSettings, floored_decay
from clustrace.train.rows import Rows, chunks
from clustrace.train.seeds import derive_seed

#: ``sigmoid``: features are grey values, the error is a cross-entropy. ``linear``: mean square.
Output = Literal["sigmoid", "linear"]


@dataclass(frozen=True)
class VaDESettings:
    """How samples are rebuilt; see :class:`VaDE`."""

    reconstruction_weight: float
    output: Output
    largest_value: float


class VaDEObjective:
    """The negative ELBO, and the labels of all samples at each epoch."""

    def __init__(
        self,
        network: AutoencoderNetwork,
        mixture: DiagonalMixture,
        labels: np.ndarray,
        data: Rows,
        settings: VaDESettings,
        *,
        steps_an_epoch: int,
        seed: int,
    ) -> None:
        self.network, self.mixture = network, mixture
        self.data, self.settings = data, settings
        self.steps_an_epoch = steps_an_epoch
        *trunk, self.mean = network.encoder.children()
        assert isinstance(self.mean, nn.Linear)
        self.trunk = nn.Sequential(*trunk)
        with torch.device("meta"):
            self.log_variance = nn.Linear(self.mean.in_features, self.mean.out_features)
        self.log_variance.to_empty(device="cpu")
        initialise(self.log_variance, "glorot-uniform", derive_seed(seed, "log-variance"))
        self.log_variance.to(data.device)
        self.module = nn.ModuleDict(
            {"network": network, "log_variance": self.log_variance, "mixture": mixture}
        )
        self.state = label_state(labels, data)

    @property
    def centroids(self) -> Tensor:
        """Means of the mixture, ``[K, d]``."""
        return self.mixture.means

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """At each epoch: note the most probable component of all samples."""
        if iteration % self.steps_an_epoch:
            return None
        labels = encode_all(most_probable(self.network, self.mixture), self.data)
        changed = note_labels(self.state, labels)
        return {"label_change": changed}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Reconstruction (unweighted), latent terms, and their weighted sum."""
        hidden = self.trunk(batch)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        z = mean + (log_variance / 2).exp() * noise
        output = self.network.decode(z)
        reconstruction = reconstruction_loss(output, batch, self.settings)
        log_gamma = self.mixture.log_responsibilities(z)
        latent = latent_loss(self.mixture, mean, log_variance, log_gamma)
        loss = self.settings.reconstruction_weight * reconstruction + latent
        return {"loss": loss, "reconstruction": reconstruction, "latent": latent}


def reconstruction_loss(output: Tensor, batch: Tensor, settings: VaDESettings) -> Tensor:
    """Error summed over features, mean over the batch: D times Keras' mean over both.

    Args:
        output: of the decoder, before a sigmoid, ``[batch, D]``.
        batch: samples, ``[batch, D]``.
        settings: cross-entropy with the samples in [0, 1], or squared error.
    """
    if settings.output == "linear":
        return F.mse_loss(output, batch) * batch.shape[1]
    target = batch / settings.largest_value
    return F.binary_cross_entropy_with_logits(output, target) * batch.shape[1]


def most_probable(
    network: AutoencoderNetwork, mixture: DiagonalMixture
) -> Callable[[Tensor], Tensor]:
    """Function that gives argmax γ of samples at the mean of their posterior, ``[batch]``."""
    return lambda x: mixture.log_responsibilities(network.encode(x)).argmax(dim=1)


class VaDE(JointClusterer):
    r"""Variational autoencoder whose prior is a mixture of Gaussians, one for each cluster.

    .. math:: \max\ \mathbb{E}_{q(z|x)}[\log p(x|z)]
       - \mathrm{KL}\big(q(z, c | x)\,\|\,p(z, c)\big),\qquad q(c|x) = \gamma_c

    Eq. 8 to 16. In training γ is that of the sampled z, one a sample and step; the labels are
    argmax γ at the mean μ̃(x), without noise. The encoder of a pretrained autoencoder gives μ̃, a
    new output of its last hidden layer gives log σ̃², and a mixture fitted to its embedding from the
    initial centroids gives π, μ and λ.

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer with a fully connected ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is an
            :class:`~clustrace.train.autoencoder.Autoencoder` with its defaults.
        initial_centroids: ``[K, d]``, where the mixture's fit starts; None is k-means on the
            embedding.
        reconstruction_weight: α, factor on the reconstruction.
        output: ``sigmoid`` with cross-entropy, for grey values, or ``linear`` with squared error.
        largest_value: what features are divided by for the cross-entropy, so that they end at 1.
        reg_covar: added to the variances of the mixture's fit.
        n_init: starts of k-means.
        learning_rate: step size of Adam at first.
        epsilon: ε of Adam.
        decay: factor on the learning rate after each ``decay_epochs`` epochs.
        decay_epochs: see ``decay``.
        least_learning_rate: the learning rate does not fall below it.
        batch_size: samples a gradient step.
        epochs: passes over the data.
        random_state: seed.

    Attributes:
        mixture_: the mixture after training.
        label_history_: clusters of all samples at the start and after each epoch,
            ``[epochs + 1, n]``.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        reconstruction_weight: float = 1.0,
        output: Output = "sigmoid",
        largest_value: float = 1.0,
        reg_covar: float = 1e-3,
        n_init: int = 20,
        learning_rate: float = 0.002,
        epsilon: float = 1e-4,
        decay: float = 0.9,
        decay_epochs: int = 10,
        least_learning_rate: float = 2e-4,
        batch_size: int = 100,
        epochs: int = 3000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.reconstruction_weight = reconstruction_weight
        self.output = output
        self.largest_value = largest_value
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.learning_rate = learning_rate
        self.epsilon = epsilon
        self.decay = decay
        self.decay_epochs = decay_epochs
        self.least_learning_rate = least_learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def _start(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> VaDEObjective:
        if self.output not in get_args(Output):
            raise NotApplicableError(
                f"There is no output {self.output!r}; use one of {', '.join(get_args(Output))}."
            )
        if self.output == "sigmoid":
            require_grey_values(data, self.largest_value)
        embedding = to_numpy(encode_all(network.encode, data))
        # It starts from the centroids, so nothing is drawn at random.
        mixture = GaussianMixture(
            self.n_clusters,
            covariance_type="diag",
            reg_covar=self.reg_covar,
            means_init=centroids,
            random_state=0,
        ).fit(embedding.astype(np.float64))
        self.mixture_ = DiagonalMixture(
            to_tensor(mixture.weights_), to_tensor(mixture.means_), to_tensor(mixture.covariances_)
        )
        return VaDEObjective(
            network,
            self.mixture_,
            labels,
            data,
            VaDESettings(self.reconstruction_weight, self.output, self.largest_value),
            steps_an_epoch=iterations_of(1, len(data), self.batch_size),
            seed=seed,
        )

    def _plan(self, n: int) -> TrainingPlan:
        epoch = iterations_of(1, n, self.batch_size)
        rate = floored_decay(
            self.learning_rate, self.decay, self.decay_epochs * epoch, self.least_learning_rate
        )
        return TrainingPlan(
            iterations=self.epochs * epoch,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("adam", rate, epsilon=self.epsilon),
            log_every=epoch,
        )

    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        return most_probable(network, self.mixture_)

    def further_arrays(self) -> dict[str, np.ndarray]:
        """Weights and variances of the mixture."""
        return {
            "weights": to_numpy(self.mixture_.logits.softmax(dim=0)),
            "variances": to_numpy(self.mixture_.log_variances.exp()),
        }

    def load_model(
        self, centroids: np.ndarray, autoencoder: TransformerMixin, **further: np.ndarray
    ) -> Self:
        """Make this estimator fitted with what a run stored.

        Args:
            centroids: means of the mixture, ``[K, d]``.
            autoencoder: an autoencoder with the network after training.
            further: ``weights`` ``[K]`` and ``variances`` ``[K, d]`` of the mixture.
        """
        self.mixture_ = DiagonalMixture(
            to_tensor(further["weights"]), to_tensor(centroids), to_tensor(further["variances"])
        )
        return super().load_model(centroids, autoencoder)


def require_grey_values(data: Rows, largest: float) -> None:
    """Refuse samples that are no grey values.

    Raises:
        NotApplicableError: a feature is less than 0, or more than ``largest``.
    """
    for part in chunks(data, 4096):
        if float(part.min()) < 0 or float(part.max()) > largest * (1 + 1e-6):
            raise NotApplicableError(
                f"A cross-entropy needs features from 0 to largest_value={largest:g}, and these "
                f"have {float(part.min()):g} to {float(part.max()):g}; scale them, or take "
                "output: linear."
            )
