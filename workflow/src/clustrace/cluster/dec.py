"""Deep embedded clustering (Xie, Girshick, Farhadi 2016)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from sklearn.base import TransformerMixin
from torch import Tensor

from clustrace.cluster.self_training import SelfTrainingClusterer, SelfTrainingObjective
from clustrace.nets.assignment import clustering_loss
from clustrace.nets.base import AutoencoderNetwork


class _Objective(SelfTrainingObjective):
    """KL(P‖Q) alone: the decoder gets no gradient and stays as it was pretrained."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        loss = clustering_loss(self.state["target"][index], self.assign(batch))
        return {"loss": loss, "clustering": loss}


class DEC(SelfTrainingClusterer):
    r"""Deep embedded clustering: encoder and centroids trained on KL(P‖Q).

    .. math:: L = \frac1n \sum_i \sum_j p_{ij} \log \frac{p_{ij}}{q_{ij}}

    q is the Student-t assignment (eq. 1) and p its sharpened form over all samples (eq. 3),
    updated every ``update_interval`` iterations. Batches run through the data in fixed order.

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer with ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is an
            :class:`~clustrace.train.autoencoder.Autoencoder` with its defaults.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        n_init: starts of that k-means.
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
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        n_init: int = 20,
        optimizer: Literal["sgd", "adam"] = "sgd",
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        batch_size: int = 256,
        update_interval: int = 140,
        tolerance: float = 0.001,
        max_iterations: int = 20_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.n_init = n_init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.update_interval = update_interval
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.random_state = random_state

    def _objective(self, network: AutoencoderNetwork, *args: Any, **kwargs: Any) -> _Objective:
        for parameter in network.decoder.parameters():
            parameter.requires_grad_(False)
        return _Objective(network, *args, **kwargs)
