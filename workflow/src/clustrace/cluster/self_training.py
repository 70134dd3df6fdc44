"""Clustering by self-training on a sharpened assignment: what DEC, IDEC and DCEC share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from clustrace.cluster.joint import JointClusterer, label_state, note_labels
from clustrace.nets.assignment import soft_assignment, target_distribution
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.encoding import encode_all, to_tensor
from clustrace.train.engine import TrainingPlan
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows


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
        self.state = label_state(labels, data) | {
            "target": torch.zeros(len(data), len(centroids), device=data.device),
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
        changed = note_labels(self.state, labels)
        self.state["target"] = target_distribution(assignment)
        stop = iteration > 0 and changed < self.tolerance
        return {"label_change": changed, "stop": stop}

    @abstractmethod
    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch."""


class SelfTrainingClusterer(JointClusterer):
    """Base of the estimators; a method gives its objective and its parameters.

    The labels are argmax q.
    """

    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float
    batch_size: int
    update_interval: int
    tolerance: float
    max_iterations: int

    @abstractmethod
    def _objective(
        self, network: AutoencoderNetwork, *args: Any, **kwargs: Any
    ) -> SelfTrainingObjective:
        """The method's objective."""

    def _start(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> SelfTrainingObjective:
        return self._objective(
            network,
            centroids,
            labels,
            data,
            update_interval=self.update_interval,
            tolerance=self.tolerance,
        )

    def _plan(self, n: int) -> TrainingPlan:
        return TrainingPlan(
            iterations=self.max_iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(self.optimizer, self.learning_rate, self.momentum),
            shuffle=False,
            log_every=self.update_interval,
        )

    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        return lambda x: soft_assignment(network.encode(x), centroids).argmax(dim=1)
