"""Deep clustering network (Yang, Fu, Sidiropoulos, Hong 2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import sklearn.cluster
import torch
from sklearn.base import TransformerMixin
from torch import Tensor

from clustrace.cluster.joint import JointClusterer, JointObjective, label_state
from clustrace.cluster.kmeans import KMeans
from clustrace.errors import NotApplicableError
from clustrace.nets.assignment import nearest
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.encoding import encode_all, to_numpy, to_tensor
from clustrace.train.engine import TrainingPlan, iterations_of
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows
from clustrace.train.seeds import derive_seed
from clustrace.train.stacked import StackedAutoencoder, squared_error

#: ``counts``: centroids follow their samples (eq. 8). ``frozen``: they stay, as in the first
#: published code, whose step 1/count is an integer division under Python 2.
CentroidUpdate = Literal["counts", "frozen"]


def moved_centroids(
    centroids: Tensor, counts: Tensor, embedding: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    r"""Centroids and counts after a batch: eq. 8 sample by sample, in one step.

    .. math:: m_k \leftarrow m_k + \frac{\sum_{i \in k} z_i - n_k m_k}{c_k + n_k},\qquad
       c_k \leftarrow c_k + n_k

    Taking the n_k samples of a cluster one after the other, each with the step 1/count, gives
    :math:`(c_k m_k + \sum z_i) / (c_k + n_k)`, whatever their order; a cluster without a sample
    stays as it is.

    Args:
        centroids: m, ``[K, d]``.
        counts: c, samples that each cluster was given so far, float64 ``[K]``.
        embedding: z of the batch, ``[batch, d]``.
        labels: their clusters, ``[batch]``.
    """
    clusters = torch.arange(len(centroids), device=centroids.device)
    members = (labels == clusters[:, None]).to(centroids.dtype)
    taken = members.sum(dim=1)
    counts = counts + taken
    step = (members @ embedding - taken[:, None] * centroids) / counts[:, None]
    return centroids + step.to(centroids.dtype), counts


@dataclass(frozen=True)
class DCNSettings:
    """Weights of the terms and what happens to the centroids; see :class:`DCN`."""

    reconstruction_weight: float
    clustering_weight: float
    centroid_update: CentroidUpdate
    initial_count: int
    restart_every: int | None


class DCNObjective:
    """The joint objective, and the centroids and labels that follow the network.

    The labels of a step are those that its samples got when they were seen last (or from
    k-means); they are looked up by the row of a sample, so the order of samples may change.
    """

    def __init__(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        settings: DCNSettings,
        *,
        steps_an_epoch: int,
    ) -> None:
        self.network = self.module = network
        self.data, self.settings = data, settings
        self.steps_an_epoch = steps_an_epoch
        start, k = to_tensor(centroids), len(centroids)
        self.state = label_state(labels, data) | {
            "centroids": start,
            "counts": torch.full(
                (k,), float(settings.initial_count), dtype=torch.float64, device=start.device
            ),
        }

    @property
    def centroids(self) -> Tensor:
        """Centroids in the embedding, ``[K, d]``; they get no gradient."""
        return self.state["centroids"]

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """At each epoch: restart k-means where due, and note the clusters of all samples."""
        epoch, step = divmod(iteration, self.steps_an_epoch)
        if step:
            return None
        training = self.network.training
        self.network.eval()
        embedding = encode_all(self.network.encode, self.data)
        self.network.train(training)
        every = self.settings.restart_every
        if every and epoch and epoch % every == 0:
            self._restart(embedding)
        labels = encode_all(lambda z: nearest(z, self.centroids), embedding)
        history = self.state["label_history"]
        before = history[-1] if len(history) else self.state["labels"]
        changed = float((labels != before).double().mean())
        self.state["label_history"] = torch.cat([history, labels[None].to(history.dtype)])
        return {"label_change": changed}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Terms of the objective, without the weights, and the objective."""
        embedding = self.network.encode(batch)
        target = self.centroids[self.state["labels"][index]]
        clustering = squared_error(embedding, target)
        loss = self.settings.clustering_weight / 2 * clustering
        if self.settings.reconstruction_weight == 0:
            return {"loss": loss, "clustering": clustering}
        reconstruction = squared_error(self.network.decode(embedding), batch)
        loss = self.settings.reconstruction_weight * reconstruction + loss
        return {"loss": loss, "reconstruction": reconstruction, "clustering": clustering}

    def after_step(self, batch: Tensor, index: Tensor) -> None:
        """Embed the batch anew, assign it (eq. 7), let the centroids follow (eq. 8)."""
        embedding = self.network.encode(batch).float()
        labels = nearest(embedding, self.centroids)
        self.state["labels"][index] = labels
        if self.settings.centroid_update == "counts":
            self.state["centroids"], self.state["counts"] = moved_centroids(
                self.centroids, self.state["counts"], embedding, labels
            )

    def _restart(self, embedding: Tensor) -> None:
        """Lloyd's algorithm on all samples from the centroids as they are; counts stay."""
        kmeans = sklearn.cluster.KMeans(
            len(self.centroids), init=to_numpy(self.centroids), n_init=1
        ).fit(to_numpy(embedding))
        self.state["centroids"] = to_tensor(kmeans.cluster_centers_)
        labels = torch.as_tensor(kmeans.labels_, device=embedding.device, dtype=torch.int64)
        self.state["labels"] = labels


class DCN(JointClusterer):
    r"""Deep clustering network: autoencoder and k-means trained together.

    .. math:: L = \frac1n \sum_i \left( w \|g(f(x_i)) - x_i\|^2
       + \frac\lambda2 \|f(x_i) - M s_i\|^2 \right)\quad (4)

    Errors are summed over features. After each gradient step the batch is embedded anew, its
    samples are assigned to the nearest centroids (eq. 7), and these move towards them by
    1/count (eq. 8; :func:`moved_centroids`). A cluster that gets no sample stays where it is, as
    in the published code; all samples are trained and scored, also those of a last, shorter
    batch, which the code drops. The order of samples is new in each epoch.

    In the paper λ weighs the clusters and w is 1. In the published code ``lbd`` weighs the
    reconstruction instead: w = ``lbd``, λ = 2.

    Args:
        n_clusters: number of clusters K.
        autoencoder: a transformer with ``network_``; wrap a fitted one in
            ``sklearn.frozen.FrozenEstimator`` to keep its weights. None is a
            :class:`~clustrace.train.stacked.StackedAutoencoder` with its defaults.
        initial_centroids: ``[K, d]``; None is k-means on the embedding.
        clustering_weight: λ.
        reconstruction_weight: w; 0 is DCN without reconstruction.
        centroid_update: ``counts``, or ``frozen`` as in the first published code.
        initial_count: count of each cluster before the first sample; not in the paper.
        restart_every: epochs between two runs of Lloyd's algorithm on all samples, which replace
            centroids and labels (second published code); None runs none.
        final_kmeans: whether the clusters at the end come from a fresh k-means on the embedding,
            as those that the second published code prints.
        n_init: starts of k-means.
        optimizer: ``sgd``, with Nesterov's momentum, or ``adam``.
        learning_rate: step size.
        momentum: momentum of ``sgd``.
        bias_rate_factor: factor on the learning rate of biases (2 in the second published code).
        batch_size: samples a gradient step.
        epochs: passes over the data.
        random_state: seed.

    Attributes:
        label_history_: clusters of all samples at the start and after each epoch,
            ``[epochs + 1, n]``.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        autoencoder: TransformerMixin | None = None,
        initial_centroids: np.ndarray | None = None,
        clustering_weight: float = 1.0,
        reconstruction_weight: float = 1.0,
        centroid_update: CentroidUpdate = "counts",
        initial_count: int = 100,
        restart_every: int | None = None,
        final_kmeans: bool = False,
        n_init: int = 10,
        optimizer: Literal["sgd", "adam"] = "sgd",
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        bias_rate_factor: float = 1.0,
        batch_size: int = 256,
        epochs: int = 50,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.initial_centroids = initial_centroids
        self.clustering_weight = clustering_weight
        self.reconstruction_weight = reconstruction_weight
        self.centroid_update = centroid_update
        self.initial_count = initial_count
        self.restart_every = restart_every
        self.final_kmeans = final_kmeans
        self.n_init = n_init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.bias_rate_factor = bias_rate_factor
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
    ) -> DCNObjective:
        if self.centroid_update not in get_args(CentroidUpdate):
            raise NotApplicableError(
                f"There is no centroid_update {self.centroid_update!r}; use one of "
                f"{', '.join(get_args(CentroidUpdate))}."
            )
        settings = DCNSettings(
            reconstruction_weight=self.reconstruction_weight,
            clustering_weight=self.clustering_weight,
            centroid_update=self.centroid_update,
            initial_count=self.initial_count,
            restart_every=self.restart_every,
        )
        steps = iterations_of(1, len(data), self.batch_size)
        return DCNObjective(network, centroids, labels, data, settings, steps_an_epoch=steps)

    def _plan(self, n: int) -> TrainingPlan:
        return TrainingPlan(
            iterations=iterations_of(self.epochs, n, self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                self.optimizer,
                self.learning_rate,
                self.momentum,
                nesterov=True,
                bias_rate_factor=self.bias_rate_factor,
            ),
            log_every=iterations_of(1, n, self.batch_size),
        )

    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        return lambda x: nearest(network.encode(x), centroids)

    def _final_centroids(self, objective: JointObjective, data: Rows, seed: int) -> np.ndarray:
        if not self.final_kmeans:
            return super()._final_centroids(objective, data, seed)
        embedding = to_numpy(encode_all(objective.network.encode, data))
        kmeans = KMeans(
            self.n_clusters, n_init=self.n_init, random_state=derive_seed(seed, "final") % 2**32
        )
        return kmeans.fit(embedding).cluster_centers_

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return StackedAutoencoder(random_state=seed)
