"""Deep clustering based on an embedded autoencoder (Huang, Hu, Lin 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from sklearn.base import TransformerMixin

from clustrace.cluster.self_paced import Distance, SelfPacedClusterer, Threshold
from clustrace.train.augmented import AugmentedAutoencoder


class EmAEC(SelfPacedClusterer):
    r"""Embedded autoencoder, and fine-tuning on samples nearer to their centroids than a threshold.

    .. math:: \min_\omega \frac{1}{\sum_i \gamma_i} \sum_i \gamma_i
       \|f(\hat x_i; \omega) - M s_i\|^2 \quad (16),\qquad
       \gamma_i = 1 \text{ if } \|f(x_i; \omega) - M s_i\|^2 < \lambda \text{ else } 0 \quad (15)

    .. math:: \lambda = \mathrm{median}(L^t) + \frac tT \mathrm{mean}(L^t) \quad (11)

    After the autoencoder is pretrained on augmented images (eq. 13), k-means on the embedding of
    the clean ones gives the centroids M, which stay. Then T rounds alternate between γ, the
    encoder, and the assignment s (eq. 17); γ and s are those of clean samples, the encoder sees
    augmented ones (eq. 12). The average is over the selected samples of a batch, as in the code
    of ASPC-DA that EmAEC builds on; eq. 16 divides by n.

    With fewer samples than ``batch_size``, all of them are one batch.

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer with ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is an
            :class:`~clustrace.train.augmented.AugmentedAutoencoder` with an embedding of K units
            and the same augmentation.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        image_shape: height and width, and channels, of the images in rows; None is the shape of
            the images given to ``fit``, and a square for rows.
        rotation: largest angle in degrees, see :class:`~clustrace.train.augmentation.Augmentation`.
        shift: largest shift as a share of the side.
        threshold: λ, one of ``median-mean`` (eq. 11), ``mean-median`` and ``median-std`` (other
            readings of it), ``mean-std`` (eq. 10).
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
        threshold: Threshold = "median-mean",
        distance: Distance = "squared",
        rounds: int = 100,
        round_iterations: int | None = 5000,
        rounds_on_all: int = 0,
        tolerance: float | None = None,
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
            embedding_size=self.n_clusters,
            image_shape=self.image_shape,
            rotation=self.rotation,
            shift=self.shift,
            random_state=seed,
        )
