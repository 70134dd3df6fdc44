"""Convolutional autoencoder as a scikit-learn transformer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from clustrace.errors import NotApplicableError
from clustrace.nets.convolutional import ConvolutionalNetwork, Padding
from clustrace.nets.initialisation import Scheme
from clustrace.train.autoencoder import EndToEndAutoencoder
from clustrace.train.seeds import derive_seed
from clustrace.train.session import current_session


class ConvolutionalAutoencoder(EndToEndAutoencoder):
    r"""Convolutional autoencoder (CAE) trained end-to-end on the reconstruction error.

    .. math:: L_r = \frac{1}{nD} \sum_i \| g(f(x_i)) - x_i \|^2

    The defaults are those of DCEC (Guo et al. 2017, section 4.2): conv32-5x5, conv64-5x5,
    conv128-3x3 of stride 2, an embedding of 10, 200 epochs of Adam.

    Args:
        image_shape: height and width, and channels where there are several; None is the shape
            of the images given to ``fit``, or for rows a square if they can be one, otherwise
            an image of a single line.
        embedding_size: units of the embedding.
        filters: filters of the three convolutions.
        padding: ``keras`` (one-sided, as the authors' code) or ``symmetric``.
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
        image_shape: Sequence[int] | None = None,
        embedding_size: int = 10,
        *,
        filters: Sequence[int] = (32, 64, 128),
        padding: Padding = "keras",
        epochs: int = 200,
        batch_size: int = 256,
        optimizer: Literal["sgd", "adam"] = "adam",
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        initialisation: Scheme = "glorot-uniform",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.image_shape = image_shape
        self.embedding_size = embedding_size
        self.filters = filters
        self.padding = padding
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.initialisation = initialisation
        self.random_state = random_state

    def _network(
        self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int
    ) -> ConvolutionalNetwork:
        return ConvolutionalNetwork(
            image_shape_of(self.image_shape, sample_shape),
            self.embedding_size,
            self.filters,
            padding=self.padding,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)


def image_shape_of(given: Sequence[int] | None, sample_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Height, width and channels of a sample.

    Raises:
        NotApplicableError: the samples do not have as many values as the given image shape.
    """
    n_features = math.prod(sample_shape)
    if given is not None:
        if math.prod(given) != n_features:
            raise NotApplicableError(
                f"image_shape={tuple(given)} has {math.prod(given)} values, but the samples have "
                f"{n_features}; give the shape of the images."
            )
        return tuple(given)
    if len(sample_shape) > 1:
        return sample_shape
    side = math.isqrt(n_features)
    return (side, side) if side * side == n_features else (1, n_features)
