"""Deep convolutional embedded clustering (Guo, Liu, Zhu, Yin 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import TransformerMixin
from torch import Tensor

from clustrace.cluster.self_training import SelfTrainingClusterer, SelfTrainingObjective
from clustrace.nets.assignment import clustering_loss, soft_assignment
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.convolutional import ConvolutionalAutoencoder


class _Objective(SelfTrainingObjective):
    """Equation 5: L_r + γ L_c."""

    def __init__(self, *args: Any, clustering_weight: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clustering_weight = clustering_weight

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        output, embedding = self.network(batch)
        assignment = soft_assignment(embedding, self.centroids)
        losses = {
            "reconstruction": F.mse_loss(output, batch),
            "clustering": clustering_loss(self.state["target"][index], assignment),
        }
        total = losses["reconstruction"] + self.clustering_weight * losses["clustering"]
        return {"loss": total, **losses}


class DCEC(SelfTrainingClusterer):
    r"""DCEC: convolutional autoencoder and clusters trained together.

    .. math:: L = L_r + \gamma L_c \quad (5),\qquad
       L_r = \frac{1}{nD} \sum_i \|g(f(x_i)) - x_i\|^2,\quad
       L_c = \frac1n \sum_i \sum_j p_{ij} \log \frac{p_{ij}}{q_{ij}}

    The reductions are those of the authors' Keras code; equations 4 and 7 as printed sum over
    pixels and samples, with which γ = 0.1 would mean another balance.

    Args:
        n_clusters: number of clusters K.
        image_shape: height and width, and channels where there are several; None as in
            :class:`~clustrace.train.convolutional.ConvolutionalAutoencoder`.
        autoencoder: a transformer with ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is a
            :class:`~clustrace.train.convolutional.ConvolutionalAutoencoder`.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        clustering_weight: γ.
        n_init: starts of k-means.
        optimizer: ``sgd`` or ``adam``.
        learning_rate: step size.
        momentum: momentum of ``sgd``.
        batch_size: samples a gradient step.
        update_interval: iterations between two updates of the target distribution.
        tolerance: training stops when a smaller share of labels changed between two updates.
        max_iterations: largest number of gradient steps.
        random_state: seed.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        image_shape: Sequence[int] | None = None,
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        clustering_weight: float = 0.1,
        n_init: int = 20,
        optimizer: Literal["sgd", "adam"] = "adam",
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        batch_size: int = 256,
        update_interval: int = 140,
        tolerance: float = 0.001,
        max_iterations: int = 20_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.image_shape = image_shape
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.clustering_weight = clustering_weight
        self.n_init = n_init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.update_interval = update_interval
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.random_state = random_state

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return ConvolutionalAutoencoder(self.image_shape, random_state=seed)

    def _objective(self, network: AutoencoderNetwork, *args: Any, **kwargs: Any) -> _Objective:
        return _Objective(network, *args, clustering_weight=self.clustering_weight, **kwargs)
