"""Autoencoders of rectified linear units: plain, with dropout, denoising, and with both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from clustrace.classify.layers import LayeredLearner
from clustrace.nets.initialisation import Scheme
from clustrace.nets.tied import DropoutNetwork
from clustrace.train.seeds import derive_seed
from clustrace.train.session import current_session


class DropoutAutoencoder(LayeredLearner):
    r"""Tied autoencoder of rectified linear units, with noise on its input and hidden units.

    .. math::
        z = m_h \odot \max(0, W^\top (m_x \odot x) + b),\qquad \hat x = W z + b',\qquad
        \min \frac1n \sum_i \|x_i - \hat x_i\|^2

    where the entries of the masks m are 0 with the rate of dropout and 1 / (1 - rate) otherwise.
    Without noise it is the ReLU autoencoder, with hidden noise the dropout autoencoder, with
    noise on the input the denoising autoencoder (Vincent et al. 2008), and with both the dropout
    and denoising autoencoder of Makhzani and Frey 2014 (section 4.4). Features are all hidden
    units of the clean sample. Several layers are trained one after the other, each on the
    features of the one below.

    The paper says neither activation (but for Figure 4), nor tying, loss or step sizes of these:
    they are as of its k-sparse autoencoder.

    Args:
        hidden_units: units of each layer.
        input_dropout: rate of the samples themselves.
        hidden_dropout: rate of the hidden units of each layer.
        epochs: passes over the data a layer.
        batch_size: samples a gradient step.
        learning_rate: step size.
        momentum: momentum.
        random_state: seed of weights, order of samples and noise.

    Attributes:
        network_: the trained network.
        history_: mean loss and dead units of each epoch, and the mutual coherence of the weights
            after the last one; ``phase`` counts the layers from 1.
    """

    network_: DropoutNetwork

    def __init__(
        self,
        hidden_units: Sequence[int] = (1000,),
        *,
        input_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        epochs: int = 5000,
        batch_size: int = 100,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.input_dropout = input_dropout
        self.hidden_dropout = hidden_dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.random_state = random_state

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> DropoutNetwork:
        return DropoutNetwork(
            math.prod(sample_shape),
            self.hidden_units,
            input_dropout=self.input_dropout,
            hidden_dropout=self.hidden_dropout,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)
