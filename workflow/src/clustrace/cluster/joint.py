"""Embedding and clusters trained together from a pretrained autoencoder: what all such share."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from clustrace.cluster.kmeans import KMeans, nearest, require_samples
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.encoding import (
    as_rows,
    encode_all,
    shaped_as,
    to_device,
    to_numpy,
    to_tensor,
)
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed
from clustrace.train.state import Objective


class JointObjective(Objective, Protocol):
    """What a joint training minimises.

    Attributes:
        network: the autoencoder, changed in place.
        state: holds ``label_history`` among others, the labels at each update, ``[updates, n]``.
    """

    network: AutoencoderNetwork

    @property
    def centroids(self) -> Tensor:
        """Centroids in the embedding, ``[K, d]``."""


def label_state(labels: np.ndarray, data: Rows) -> dict[str, Tensor]:
    """State of an objective that notes labels: a copy of the first, ``[n]``, and an empty history.

    Args:
        labels: cluster of each sample, ``[n]``.
        data: the samples, ``[n, n_features]``.
    """
    return {
        "labels": torch.tensor(labels, device=data.device, dtype=torch.int64),
        "label_history": torch.zeros(0, len(data), device=data.device, dtype=torch.int16),
    }


def note_labels(state: dict[str, Tensor], labels: Tensor) -> float:
    """Append labels ``[n]`` to the history; the share that is not as before."""
    changed = float((labels != state["labels"]).double().mean())
    state["labels"] = labels
    history = state["label_history"]
    state["label_history"] = torch.cat([history, labels[None].to(history.dtype)])
    return changed


class JointClusterer(ClusterMixin, BaseEstimator):
    """Base of the estimators; a method gives its objective, its plan and its assignment.

    Attributes:
        autoencoder_: the pretrained autoencoder.
        network_: the network after training.
        cluster_centers_: centroids in the embedding, ``[K, d]``.
        labels_: cluster of each sample after training, ``[n]``.
        n_iter_: gradient steps taken.
        history_: losses and share of changed labels over the iterations.
        label_history_: labels at each update, ``[updates, n]``.
        update_interval_: iterations between two updates.
    """

    n_clusters: int
    autoencoder: TransformerMixin | None
    initial_centroids: np.ndarray | None
    n_init: int
    random_state: int | np.random.RandomState | None
    network_: AutoencoderNetwork
    cluster_centers_: np.ndarray

    @abstractmethod
    def _start(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> JointObjective:
        """The method's objective, from where k-means left off."""

    @abstractmethod
    def _plan(self, n: int) -> TrainingPlan:
        """Iterations, batches and optimiser for ``n`` samples; a row of history an update."""

    @abstractmethod
    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        """Function that gives the clusters of samples, ``[batch]``."""

    def _final_centroids(self, objective: JointObjective, data: Rows, seed: int) -> np.ndarray:
        """Centroids after training, ``[K, d]``."""
        return to_numpy(objective.centroids)

    def fit(self, X: Samples, y: object = None) -> Self:
        """Pretrain, initialise the centroids by k-means, train; ``y`` is ignored.

        Args:
            X: samples, ``[n, n_features]``, dense or as a sparse matrix.
            y: ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters.
            DivergedError: the loss is not finite.
        """
        samples = X
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        require_samples(X.shape[0], self.n_clusters)
        seed = base_seed(self.random_state)
        autoencoder = self.autoencoder or self._default_autoencoder(seed)
        # Images keep their shape for an autoencoder that is yet to be trained.
        self.autoencoder_ = clone(autoencoder).fit(shaped_as(X, samples), None)
        centroids, labels = self._initialise(self.autoencoder_.transform(X), seed)
        data, plan = to_device(X), self._plan(X.shape[0])
        network = copy.deepcopy(self.autoencoder_.network_)
        objective = self._start(network, centroids, labels, data, seed)
        history = train(objective, data, plan, phase="finetune", seed=seed)
        self.network_ = objective.network
        self.cluster_centers_ = self._final_centroids(objective, data, seed)
        self.history_ = history.rows
        self.n_iter_ = history.iterations
        self.label_history_ = to_numpy(objective.state["label_history"])
        assert plan.log_every is not None
        self.update_interval_ = plan.log_every
        self.labels_ = self._labels(data)
        return self

    def further_arrays(self) -> dict[str, np.ndarray]:
        """What the labels follow from beside network and centroids, by name; usually nothing."""
        return {}

    def load_model(
        self, centroids: np.ndarray, autoencoder: TransformerMixin, **further: np.ndarray
    ) -> Self:
        """Make this estimator fitted with what a run stored.

        Args:
            centroids: in the embedding, ``[K, d]``.
            autoencoder: an autoencoder with the network after training.
            further: what :meth:`further_arrays` gave.
        """
        self.autoencoder_ = autoencoder
        self.network_ = autoencoder.network_
        self.cluster_centers_ = centroids
        self.n_features_in_ = autoencoder.n_features_in_
        return self

    def predict(self, X: Samples) -> np.ndarray:
        """Clusters of samples ``[n, n_features]``, ``[n]``."""
        check_is_fitted(self, "network_")
        X = validate_data(self, as_rows(X), reset=False, dtype=np.float32, accept_sparse="csr")
        return self._labels(to_device(X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _labels(self, data: Rows) -> np.ndarray:
        assign = self._assignment(self.network_, to_tensor(self.cluster_centers_))
        return to_numpy(encode_all(assign, data))

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return Autoencoder(random_state=seed)

    def _initialise(self, embedding: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        if self.initial_centroids is not None:
            start = np.asarray(self.initial_centroids, dtype=np.float32)
            return start, nearest(embedding, start)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed).fit(embedding)
        return kmeans.cluster_centers_, kmeans.labels_
