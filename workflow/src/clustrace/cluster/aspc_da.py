"""Adaptive self-paced deep clustering with data augmentation (Guo, Liu, Zhu and others 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from sklearn.base import TransformerMixin

from clustrace.cluster.self_paced import Distance, SelfPacedClusterer, Threshold
from clustrace.train.augmented import AugmentedAutoencoder


class ASPCDA(SelfPacedClusterer):
    r"""Fine-tuning on samples nearer to their centroids than a threshold that grows.

    .. math:: \min_\omega \frac{1}{\sum_i \gamma_i} \sum_i \gamma_i
       \|f(\hat x_i; \omega) - m_{s_i}\|^2,\qquad
       \gamma_i = 1 \text{ if } L_i < \mu(L) + \frac tT \sigma(L) \text{ else } 0

    L are squared distances of clean samples, the encoder sees augmented ones, the centroids that
    k-means found after the pretraining stay, and the first round learns from all samples; all of
    this as in the authors' code (EmAEC eq. 10 quotes the threshold).

    With fewer samples than ``batch_size``, all of them are one batch.

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer with ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is an
            :class:`~clustrace.train.augmented.AugmentedAutoencoder`
            D-500-500-2000-10, 500 epochs without a penalty, and the same augmentation.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        image_shape: height and width, and channels, of the images in rows; None is the shape of
            the images given to ``fit``, and a square for rows.
        rotation: largest angle in degrees, see :class:`~clustrace.train.augmentation.Augmentation`.
        shift: largest shift as a share of the side.
        threshold: ``mean-std``, or another of :class:`~clustrace.cluster.emaec.EmAEC`.
        distance: ``squared`` or ``plain``, of both threshold and selection.
        rounds: T.
        round_iterations: gradient steps of a round; None is one epoch.
        rounds_on_all: first rounds that learn from all samples.
        tolerance: training stops when a smaller share of labels changed in a round; None: never.
        max_iterations: gradient steps after which the training ends, however many rounds are left.
        n_init: starts of k-means.
        optimizer: ``sgd`` or ``adam``.
        learning_rate: step size.
        momentum: momentum of ``sgd``.
        batch_size: samples a gradient step; those that are not selected are left out.
        random_state: seed.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        image_shape: Sequence[int] | None = None,
        rotation: float = 10.0,
        shift: float = 0.1,
        threshold: Threshold = "mean-std",
        distance: Distance = "squared",
        rounds: int = 100,
        round_iterations: int | None = None,
        rounds_on_all: int = 1,
        tolerance: float | None = 0.001,
        max_iterations: int = 500_000,
        n_init: int = 20,
        optimizer: Literal["sgd", "adam"] = "adam",
        learning_rate: float = 0.0001,
        momentum: float = 0.9,
        batch_size: int = 256,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.image_shape = image_shape
        self.rotation = rotation
        self.shift = shift
        self.threshold = threshold
        self.distance = distance
        self.rounds = rounds
        self.round_iterations = round_iterations
        self.rounds_on_all = rounds_on_all
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.n_init = n_init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.random_state = random_state

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return AugmentedAutoencoder(
            (500, 500, 2000),
            image_shape=self.image_shape,
            rotation=self.rotation,
            shift=self.shift,
            smoothing=0.0,
            epochs=500,
            momentum=0.9,
            random_state=seed,
        )
