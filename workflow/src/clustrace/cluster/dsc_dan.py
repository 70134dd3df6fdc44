"""Deep spectral clustering with a dual autoencoder (Yang, Deng, Zheng, Yan, Liu 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from sklearn.base import TransformerMixin
from torch import Tensor

from clustrace.cluster.dsc_dan_objective import (
    ClassifierObjective,
    DSCDANObjective,
    DSCDANSettings,
    most_probable,
)
from clustrace.cluster.joint import JointClusterer
from clustrace.errors import NotApplicableError
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.dual import DualNetwork, SoftmaxClusters
from clustrace.train.dual_autoencoder import DualAutoencoder, DualWeights
from clustrace.train.encoding import encode_all, to_numpy, to_tensor
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows
from clustrace.train.seeds import derive_seed


class DSCDAN(JointClusterer):
    r"""Dual autoencoder, softmax assignment and spectral clustering trained together (DSC-DAN).

    .. math:: L = \alpha \|x - \hat x(\tilde z)\|^2 + \beta \|\hat x(\mu) - \hat x(\tilde z)\|^2
       + \gamma \sum_k y_k\,\mathrm{KL}\big(\mathcal{N}(\mu, \sigma^2)\,\|\,
       \mathcal{N}(m_k, I)\big) + \delta\,I + \eta \sum_k y_k \log y_k
       + \frac{\theta}{n} \sum_{ij} W_{ij} \|\tilde y_i - \tilde y_j\|^2

    in the mean over the samples of a batch, as the published code. Noise and I are those of
    :class:`~clustrace.train.dual_autoencoder.DualAutoencoder`, y is the softmax of a classifier on
    μ, ỹ and W are those of :mod:`clustrace.nets.spectral_loss`. Labels are argmax y. The means m
    start at the initial centroids, the classifier at what it learns of the clusters around them;
    from random weights, clusters are lost. The discriminator is trained, which the code leaves out
    of the weights that it changes.

    Args:
        n_clusters: number of clusters K.
        image_shape: height and width, and channels where there are several; None as in
            :class:`~clustrace.train.convolutional.ConvolutionalAutoencoder`.
        autoencoder: a :class:`~clustrace.train.dual_autoencoder.DualAutoencoder`; wrap a fitted one
            in ``sklearn.frozen.FrozenEstimator`` to keep its weights. None has its defaults.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        reconstruction_weight: α.
        consistency_weight: β.
        divergence_weight: γ.
        information_weight: δ.
        entropy_weight: η.
        spectral_weight: θ.
        n_neighbors: nearest samples of a batch that W keeps of each, itself among them.
        scale: width of the affinities.
        classifier_units: units of the classifier's hidden layers.
        classifier_iterations: gradient steps of the classifier alone before all is trained.
        n_init: starts of k-means.
        learning_rate: step size of Adam.
        batch_size: samples a gradient step.
        update_interval: iterations between two looks at the labels of all samples, which change
            nothing.
        max_iterations: number of gradient steps.
        random_state: seed.

    Attributes:
        clusters_: classifier and means after training.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        image_shape: Sequence[int] | None = None,
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        reconstruction_weight: float = 5.0,
        consistency_weight: float = 2.5,
        divergence_weight: float = 1.5,
        information_weight: float = 0.001,
        entropy_weight: float = 1.0,
        spectral_weight: float = 1.0,
        n_neighbors: int = 5,
        scale: float = 2.62,
        classifier_units: Sequence[int] = (1024, 1024, 512),
        classifier_iterations: int = 100,
        n_init: int = 20,
        learning_rate: float = 0.001,
        batch_size: int = 1024,
        update_interval: int = 10,
        max_iterations: int = 5000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.image_shape = image_shape
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.reconstruction_weight = reconstruction_weight
        self.consistency_weight = consistency_weight
        self.divergence_weight = divergence_weight
        self.information_weight = information_weight
        self.entropy_weight = entropy_weight
        self.spectral_weight = spectral_weight
        self.n_neighbors = n_neighbors
        self.scale = scale
        self.classifier_units = classifier_units
        self.classifier_iterations = classifier_iterations
        self.n_init = n_init
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.update_interval = update_interval
        self.max_iterations = max_iterations
        self.random_state = random_state

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return DualAutoencoder(self.image_shape, random_state=seed)

    def _start(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> DSCDANObjective:
        if not isinstance(network, DualNetwork):
            raise NotApplicableError(
                "DSC-DAN needs the noisy embedding of a DualAutoencoder; let it start from one."
            )
        self._require_batches(len(data))
        self.clusters_ = self._initial_clusters(network, centroids, labels, data, seed)
        settings = DSCDANSettings(
            DualWeights(
                self.reconstruction_weight,
                self.consistency_weight,
                self.divergence_weight,
                self.information_weight,
            ),
            self.entropy_weight,
            self.spectral_weight,
            self.n_neighbors,
            self.scale,
        )
        return DSCDANObjective(
            network, self.clusters_, labels, data, settings, self.update_interval
        )

    def _initial_clusters(
        self,
        network: DualNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> SoftmaxClusters:
        clusters = SoftmaxClusters(
            to_tensor(centroids), self.classifier_units, derive_seed(seed, "classifier")
        )
        plan = TrainingPlan(
            iterations=self.classifier_iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("adam", self.learning_rate),
        )
        objective = ClassifierObjective(clusters, labels, data.device)
        embedding = encode_all(network.encode, data)
        train(objective, embedding, plan, phase="classifier", seed=seed)
        return clusters

    def _require_batches(self, n: int) -> None:
        """Refuse batches in which assignments cannot be orthonormal, and graphs without edges.

        Raises:
            NotApplicableError: there are such.
        """
        smallest = min(n, self.batch_size) if n <= self.batch_size else n % self.batch_size
        smallest = smallest or self.batch_size
        if smallest < self.n_clusters:
            raise NotApplicableError(
                f"With batch_size={self.batch_size} a batch of n_samples={n} has {smallest} "
                f"samples, too few for orthogonal assignments to n_clusters={self.n_clusters}; "
                "choose another batch_size."
            )
        if self.n_neighbors < 2:
            raise NotApplicableError(
                f"n_neighbors={self.n_neighbors} counts the sample itself and leaves no other; "
                "give at least 2."
            )

    def _plan(self, n: int) -> TrainingPlan:
        return TrainingPlan(
            iterations=self.max_iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("adam", self.learning_rate),
            log_every=self.update_interval,
        )

    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        return most_probable(network, self.clusters_)

    def further_arrays(self) -> dict[str, np.ndarray]:
        """Weights of the classifier."""
        return {
            name: to_numpy(weight)
            for name, weight in self.clusters_.classifier.state_dict().items()
        }

    def load_model(
        self, centroids: np.ndarray, autoencoder: TransformerMixin, **further: np.ndarray
    ) -> Self:
        """Make this estimator fitted with what a run stored.

        Args:
            centroids: means of the clusters, ``[K, d]``.
            autoencoder: an autoencoder with the network after training.
            further: weights of the classifier.
        """
        self.clusters_ = SoftmaxClusters(to_tensor(centroids), self.classifier_units, 0)
        weights = {name: to_tensor(weight) for name, weight in further.items()}
        self.clusters_.classifier.load_state_dict(weights)
        return super().load_model(centroids, autoencoder)
