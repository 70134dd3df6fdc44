"""Clustering by self-training on a sharpened assignment: what DEC, IDEC and DCEC share."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from clustrace.cluster.kmeans import KMeans, nearest, require_samples
from clustrace.nets.assignment import soft_assignment, target_distribution
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.encoding import as_rows, encode_all, shaped_as, to_device, to_numpy, to_tensor
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed


class SelfTrainingObjective:
    """State of self-training: network, centroids, and the target distribution over all samples.

    Every ``update_interval`` iterations q, p and the labels of **all** samples are recomputed;
    training stops when the share of labels that changed since the last time falls below
    ``tolerance`` (not at the first time).
    """

    def __init__(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        *,
        update_interval: int,
        tolerance: float,
    ) -> None:
        self.network, self.data = network, data
        self.centroids = nn.Parameter(to_tensor(centroids).clone())
        self.module = nn.ParameterDict({"centroids": self.centroids})
        self.module.add_module("network", network)
        self.update_interval, self.tolerance = update_interval, tolerance
        self.state = {
            "labels": torch.as_tensor(labels, device=data.device, dtype=torch.int64),
            "target": torch.zeros(len(data), len(centroids), device=data.device),
            "label_history": torch.zeros(0, len(data), device=data.device, dtype=torch.int16),
        }

    def assign(self, x: Tensor) -> Tensor:
        """Soft assignment q of samples, ``[batch, K]``."""
        return soft_assignment(self.network.encode(x), self.centroids)

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Update target distribution and labels where due."""
        if iteration % self.update_interval:
            return None
        assignment = encode_all(self.assign, self.data)
        labels = assignment.argmax(dim=1)
        changed = float((labels != self.state["labels"]).double().mean())
        self.state["target"] = target_distribution(assignment)
        self.state["labels"] = labels
        history = self.state["label_history"]
        self.state["label_history"] = torch.cat([history, labels[None].to(history.dtype)])
        stop = iteration > 0 and changed < self.tolerance
        return {"label_change": changed, "stop": stop}

    @abstractmethod
    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch."""


class SelfTrainingClusterer(ClusterMixin, BaseEstimator):
    """Base of the estimators; a method gives its objective and its parameters.

    Attributes:
        autoencoder_: the pretrained autoencoder.
        network_: the network after training.
        cluster_centers_: centroids in the embedding, ``[K, d]``.
        labels_: argmax q of each sample after training, ``[n]``.
        n_iter_: gradient steps taken.
        history_: losses and share of changed labels over the iterations.
        label_history_: labels at each update of the target distribution, ``[updates, n]``.
    """

    n_clusters: int
    autoencoder: TransformerMixin | None
    initial_centroids: np.ndarray | None
    network_: AutoencoderNetwork
    n_init: int
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float
    batch_size: int
    update_interval: int
    tolerance: float
    max_iterations: int
    random_state: int | np.random.RandomState | None

    @abstractmethod
    def _objective(
        self, network: AutoencoderNetwork, *args: Any, **kwargs: Any
    ) -> SelfTrainingObjective:
        """The method's objective."""

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
        data = to_device(X)
        objective = self._objective(
            copy.deepcopy(self.autoencoder_.network_),
            centroids,
            labels,
            data,
            update_interval=self.update_interval,
            tolerance=self.tolerance,
        )
        history = train(objective, data, self._plan(), phase="finetune", seed=seed)
        self.network_ = objective.network
        self.cluster_centers_ = to_numpy(objective.centroids)
        self.history_ = history.rows
        self.n_iter_ = history.iterations
        self.label_history_ = to_numpy(objective.state["label_history"])
        self.labels_ = to_numpy(encode_all(objective.assign, data).argmax(dim=1))
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def load_model(self, centroids: np.ndarray, autoencoder: TransformerMixin) -> Self:
        """Make this estimator fitted with what a run stored.

        Args:
            centroids: in the embedding, ``[K, d]``.
            autoencoder: an autoencoder with the network after training.
        """
        self.autoencoder_ = autoencoder
        self.network_ = autoencoder.network_
        self.cluster_centers_ = centroids
        self.n_features_in_ = autoencoder.n_features_in_
        return self

    def predict(self, X: Samples) -> np.ndarray:
        """Argmax q of samples ``[n, n_features]``, ``[n]``."""
        check_is_fitted(self, "network_")
        X = validate_data(self, as_rows(X), reset=False, dtype=np.float32, accept_sparse="csr")
        centroids = to_tensor(self.cluster_centers_)
        q = encode_all(lambda x: soft_assignment(self.network_.encode(x), centroids), to_device(X))
        return to_numpy(q.argmax(dim=1))

    def _default_autoencoder(self, seed: int) -> TransformerMixin:
        return Autoencoder(random_state=seed)

    def _initialise(self, embedding: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        if self.initial_centroids is not None:
            start = np.asarray(self.initial_centroids, dtype=np.float32)
            return start, nearest(embedding, start)
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed).fit(embedding)
        return kmeans.cluster_centers_, kmeans.labels_

    def _plan(self) -> TrainingPlan:
        return TrainingPlan(
            iterations=self.max_iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(self.optimizer, self.learning_rate, self.momentum),
            shuffle=False,
            log_every=self.update_interval,
        )
