"""DeepCluster as a scikit-learn transformer (Caron, Bojanowski, Joulin, Douze 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import sklearn.cluster
import torch
import torch.nn.functional as F
from sklearn.utils.validation import validate_data
from torch import Tensor

from clustrace.errors import NotApplicableError
from clustrace.nets.initialisation import Scheme
from clustrace.nets.pooled import WhitenedNetwork
from clustrace.train.autoencoder import EncoderBase
from clustrace.train.convolutional import image_shape_of
from clustrace.train.encoding import as_rows, encode_all, sample_shape, to_device, to_numpy
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session

_TOP_STD = 0.01


class DeepClusterObjective:
    """Cross-entropy with the clusters that k-means found at the start of the epoch.

    The top layer is new in each epoch and learns without momentum, beside the engine's optimiser.
    """

    def __init__(
        self,
        network: WhitenedNetwork,
        data: Rows,
        *,
        n_clusters: int,
        kmeans_iterations: int,
        learning_rate: float,
        weight_decay: float,
        steps_an_epoch: int,
        seed: int,
    ) -> None:
        self.module, self.data = network, data
        self.n_clusters, self.kmeans_iterations = n_clusters, kmeans_iterations
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.steps_an_epoch, self.seed = steps_an_epoch, seed
        units, device = len(network.center), data.device
        self.state = {
            "labels": torch.zeros(len(data), dtype=torch.int64, device=device),
            "order": torch.arange(len(data), device=device),
            "weight": torch.zeros(n_clusters, units, device=device),
            "bias": torch.zeros(n_clusters, device=device),
        }
        self._top: list[Tensor] = []

    def before_iteration(self, iteration: int) -> None:
        """At each epoch: cluster the features, draw the samples, make a new top layer."""
        epoch, step = divmod(iteration, self.steps_an_epoch)
        if step:
            return
        labels = self._clusters(epoch)
        generator = torch.Generator().manual_seed(derive_seed(self.seed, f"sampling-{epoch}"))
        device = self.data.device
        self.state["labels"] = labels.to(device)
        self.state["order"] = uniform_over_clusters(labels, generator).to(device)
        weight = _TOP_STD * torch.randn(self.state["weight"].shape, generator=generator)
        self.state["weight"] = weight.to(device)
        self.state["bias"] = torch.zeros_like(self.state["bias"])

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of the samples drawn for these places of the epoch."""
        rows = self.state["order"][index]
        self._top = [self.state[name].detach().requires_grad_() for name in ("weight", "bias")]
        hidden = torch.relu(self.module.hidden(self.data[rows]))
        loss = F.cross_entropy(F.linear(hidden, *self._top), self.state["labels"][rows])
        return {"loss": loss}

    def after_step(self, batch: Tensor, index: Tensor) -> None:
        """Step of the top layer."""
        for name, value in zip(("weight", "bias"), self._top, strict=True):
            assert value.grad is not None
            gradient = value.grad + self.weight_decay * value.detach()
            self.state[name] = value.detach() - self.learning_rate * gradient

    def whiten(self) -> Tensor:
        """Fit the whitening to the features of all samples; the whitened features ``[n, p]``."""
        training = self.module.training
        self.module.eval()
        self.module.fit_whitening(encode_all(self.module.hidden, self.data))
        whitened = encode_all(self.module.encode, self.data)
        self.module.train(training)
        return whitened

    def _clusters(self, epoch: int) -> Tensor:
        kmeans = sklearn.cluster.KMeans(
            self.n_clusters,
            n_init=1,
            max_iter=self.kmeans_iterations,
            tol=0,
            random_state=derive_seed(self.seed, f"clusters-{epoch}") % 2**32,
        )
        labels = kmeans.fit(to_numpy(self.whiten())).labels_
        return torch.from_numpy(labels.astype(np.int64))


def uniform_over_clusters(labels: Tensor, generator: torch.Generator) -> Tensor:
    """Rows of an epoch, ``[n]``, in random order: of each cluster that is not empty as many.

    A cluster with fewer samples gives some of them several times, as the published code.

    Args:
        labels: cluster of each sample, ``[n]``.
        generator: of the draws.
    """
    found = torch.unique(labels)
    share = len(labels) // len(found) + 1
    drawn = []
    for cluster in found:
        rows = (labels == cluster).nonzero()[:, 0]
        if len(rows) < share:
            places = torch.randint(len(rows), (share,), generator=generator)
        else:
            places = torch.randperm(len(rows), generator=generator)[:share]
        drawn.append(rows[places])
    together = torch.cat(drawn)
    return together[torch.randperm(len(together), generator=generator)][: len(labels)]


class DeepCluster(EncoderBase):
    r"""Features of a convolutional network that learns to tell its own clusters apart.

    .. math:: \min_{\theta, W} \frac1n \sum_i \ell\big(W h_\theta(x_i), y_i\big),\qquad
       \min_{C, y} \sum_i \|f_\theta(x_i) - C y_i\|^2

    in turns, eq. 1 and 2: at each epoch all samples get labels y by k-means on the features,
    whitened by their principal components and of length 1; then the network is trained for an
    epoch on them, with samples drawn so that all clusters are as frequent, and with a new top
    layer W. Images are grey and small here, so the network is a small one and gets no Sobel filter.

    Args:
        n_clusters: clusters of k-means, and outputs of the top layer.
        image_shape: height and width, and channels where there are several; None as in
            :class:`~clustrace.train.convolutional.ConvolutionalAutoencoder`.
        filters: filters of each block of convolution, normalisation, ReLU and pooling.
        embedding_size: units of the dense layer above them.
        n_components: principal components of these units; all if there are fewer.
        kmeans_iterations: most iterations of k-means, which has one start.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: step size of SGD.
        momentum: its momentum; the top layer has none.
        weight_decay: factor of the weights that is added to their gradient.
        initialisation: scheme of the initial weights, see ``nets.initialisation``.
        random_state: seed.

    Attributes:
        network_: the trained network, with the whitening.
        history_: mean loss of each epoch.
    """

    network_: WhitenedNetwork

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        image_shape: Sequence[int] | None = None,
        filters: Sequence[int] = (16, 32, 64),
        embedding_size: int = 256,
        n_components: int = 256,
        kmeans_iterations: int = 20,
        epochs: int = 200,
        batch_size: int = 256,
        learning_rate: float = 0.05,
        momentum: float = 0.9,
        weight_decay: float = 1e-5,
        initialisation: Scheme = "glorot-uniform",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.image_shape = image_shape
        self.filters = filters
        self.embedding_size = embedding_size
        self.n_components = n_components
        self.kmeans_iterations = kmeans_iterations
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.initialisation = initialisation
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Train on samples; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters, or a batch of one sample.
            DivergedError: the loss is not finite.
        """
        shape = sample_shape(X)
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        if X.shape[0] < self.n_clusters:
            raise NotApplicableError(
                f"n_samples={X.shape[0]} is less than n_clusters={self.n_clusters}; ask for fewer "
                "clusters or give more samples."
            )
        if X.shape[0] % self.batch_size == 1:
            raise NotApplicableError(
                f"With batch_size={self.batch_size} the last batch of n_samples={X.shape[0]} has a "
                "single sample, which cannot be normalised; choose another batch_size."
            )
        seed = base_seed(self.random_state)
        network = self._network(shape or X.shape[1:], self.initialisation, seed)
        data, epoch = to_device(X), iterations_of(1, X.shape[0], self.batch_size)
        objective = DeepClusterObjective(
            network,
            data,
            n_clusters=self.n_clusters,
            kmeans_iterations=self.kmeans_iterations,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            steps_an_epoch=epoch,
            seed=seed,
        )
        plan = TrainingPlan(
            iterations=self.epochs * epoch,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd", self.learning_rate, self.momentum, weight_decay=self.weight_decay
            ),
            shuffle=False,
        )
        self.history_ = train(objective, data, plan, phase="pretrain", seed=seed).rows
        objective.whiten()
        self.network_ = network
        return self

    @property
    def _n_features_out(self) -> int:
        return min(self.n_components, self.embedding_size)

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> WhitenedNetwork:
        return WhitenedNetwork(
            image_shape_of(self.image_shape, sample_shape),
            self.embedding_size,
            self.filters,
            self.n_components,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)
