"""What DSC-DAN minimises: the terms of the dual autoencoder, of its clusters, and of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.cluster.joint import label_state, note_labels
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.dual import DualNetwork, SoftmaxClusters, divergence
from clustrace.nets.spectral_loss import orthonormalised, spectral_loss
from clustrace.train.dual_autoencoder import DualWeights, dual_terms
from clustrace.train.encoding import encode_all
from clustrace.train.rows import Rows


@dataclass(frozen=True)
class DSCDANSettings:
    """Weights of the terms, and the graph of a batch; see :class:`DSCDAN`."""

    dual: DualWeights
    entropy: float
    spectral: float
    n_neighbors: int
    scale: float


class DSCDANObjective:
    """The terms of a batch, and the labels of all samples at each update."""

    def __init__(
        self,
        network: DualNetwork,
        clusters: SoftmaxClusters,
        labels: np.ndarray,
        data: Rows,
        settings: DSCDANSettings,
        update_interval: int,
    ) -> None:
        self.network: AutoencoderNetwork = network
        self.dual, self.clusters, self.data = network, clusters, data
        self.settings, self.update_interval = settings, update_interval
        self.module = nn.ModuleDict({"network": network, "clusters": clusters})
        self.state = label_state(labels, data)

    @property
    def centroids(self) -> Tensor:
        """Means of the clusters, ``[K, d]``."""
        return self.clusters.means

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """At each update: note the most probable cluster of all samples."""
        if iteration % self.update_interval:
            return None
        labels = encode_all(most_probable(self.network, self.clusters), self.data)
        changed = note_labels(self.state, labels)
        return {"label_change": changed}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Terms of a batch, without the weights, and their weighted sum."""
        settings = self.settings
        mean, log_variance, terms = dual_terms(self.dual, batch, generator)
        log_assignment = self.clusters.log_assignment(mean)
        assignment = log_assignment.exp()
        terms["divergence"] = divergence(mean, log_variance, assignment, self.clusters.means)
        terms["negative_entropy"] = (assignment * log_assignment).sum(dim=1).mean()
        terms["spectral"] = spectral_loss(
            mean,
            orthonormalised(assignment),
            n_neighbors=settings.n_neighbors,
            scale=settings.scale,
        )
        loss = (
            settings.dual.total(terms)
            + settings.entropy * terms["negative_entropy"]
            + settings.spectral * terms["spectral"]
        )
        return {"loss": loss, **terms}


class ClassifierObjective:
    """Cross-entropy of the classifier with the clusters of k-means, on embeddings that stay."""

    def __init__(self, clusters: SoftmaxClusters, labels: np.ndarray, device: torch.device) -> None:
        self.module, self._clusters = clusters.classifier, clusters
        self._labels = torch.tensor(labels, device=device, dtype=torch.int64)
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of a batch of embeddings, ``[batch, d]``."""
        log_assignment = self._clusters.log_assignment(batch)
        return {"loss": F.nll_loss(log_assignment, self._labels[index])}


def most_probable(
    network: AutoencoderNetwork, clusters: SoftmaxClusters
) -> Callable[[Tensor], Tensor]:
    """Function that gives argmax y of samples at the mean of their embedding, ``[batch]``."""
    return lambda x: clusters.log_assignment(network.encode(x)).argmax(dim=1)
