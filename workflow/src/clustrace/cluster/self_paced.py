"""Clustering by an encoder that learns from samples near fixed centroids: ASPC-DA and EmAEC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import torch
from torch import Tensor

from clustrace.cluster.joint import JointClusterer, label_state, note_labels
from clustrace.errors import NotApplicableError
from clustrace.nets.assignment import nearest
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.augmentation import Augmentation, augmentation_of
from clustrace.train.encoding import encode_all, sample_shape, to_tensor
from clustrace.train.engine import TrainingPlan, iterations_of
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.rows import Rows, Samples

#: Threshold λ over the distances L of all samples, by the statistic that it starts from and the
#: one of which t/T is added. ``mean-std`` is ASPC-DA's (EmAEC eq. 10), ``median-mean`` EmAEC's
#: eq. 11 by its table of symbols; by the sentence below eq. 11 μ is the median, which leaves
#: ``mean-median``; ``median-std`` is eq. 10 with the median.
Threshold = Literal["median-mean", "mean-median", "median-std", "mean-std"]
#: Whether the distances L are squared, as in EmAEC eq. 15, or not, as in its eq. 9.
Distance = Literal["squared", "plain"]


def selection_threshold(distances: Tensor, progress: float, rule: Threshold) -> Tensor:
    r"""Distance below which samples are learnt from (EmAEC eq. 10 and 11).

    .. math:: \lambda = \mathrm{median}(L) + \tfrac tT\, \mathrm{mean}(L)

    and its other readings, see ``Threshold``. The standard deviation is that of the samples
    themselves (divided by n); the median of an even number is the mean of the middle two.

    Args:
        distances: L of all samples, ``[n]``.
        progress: t/T.
        rule: the two statistics.
    """
    values = distances.double().sort().values
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    statistics = {"median": middle, "mean": values.mean(), "std": values.std(correction=0)}
    start, added = rule.split("-")
    return statistics[start] + progress * statistics[added]


@dataclass(frozen=True)
class SelfPacing:
    """Which samples are learnt from in a round; see :class:`SelfPacedClusterer`."""

    threshold: Threshold
    distance: Distance
    rounds: int
    round_iterations: int
    rounds_on_all: int
    tolerance: float | None


class SelfPacedObjective:
    r"""Distance of selected samples to their centroids, and which samples are selected.

    At the start of each round t the labels s of all clean samples are those of the nearest
    centroids (EmAEC eq. 17), and samples nearer than the threshold are selected (eq. 15). In the
    round the encoder minimises, over the selected samples of a batch, augmented anew (eq. 16),

    .. math:: L = \frac{\sum_i \gamma_i \|f(\hat x_i) - m_{s_i}\|^2}{\sum_i \gamma_i}

    The centroids stay. A cluster without any selected sample pulls none in that round, and its
    samples go where they are nearest at the next; their number is in the history. A batch without
    any has no gradient.
    """

    def __init__(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        pacing: SelfPacing,
        augmentation: Augmentation,
    ) -> None:
        self.network = self.module = network
        self.data, self.pacing, self.augmentation = data, pacing, augmentation
        # A copy, as nothing may change what the pretraining left.
        self.centroids = to_tensor(centroids).clone()
        self.state = label_state(labels, data) | {
            "selected": torch.ones(len(data), device=data.device, dtype=torch.bool),
        }

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """At the start of a round: assign all samples, and select those to learn from."""
        round_, step = divmod(iteration, self.pacing.round_iterations)
        if step:
            return None
        embedding = encode_all(self.network.encode, self.data)
        labels = encode_all(lambda z: nearest(z, self.centroids), embedding)
        changed = note_labels(self.state, labels)
        facts = self._select(embedding, labels, round_)
        tolerance = self.pacing.tolerance
        stop = round_ > 0 and tolerance is not None and changed < tolerance
        return {"label_change": changed, **facts, "stop": stop}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Mean squared distance of the selected samples of a batch, augmented (EmAEC eq. 16)."""
        selected = self.state["selected"][index]
        augmented = self.augmentation(batch[selected], generator)
        target = self.centroids[self.state["labels"][index[selected]]]
        squared = (self.network.encode(augmented) - target).square().sum()
        return {"loss": squared / max(len(augmented), 1)}

    def _select(self, embedding: Tensor, labels: Tensor, round_: int) -> dict[str, float]:
        distances = (embedding - self.centroids[labels]).square().sum(dim=1).double()
        if self.pacing.distance == "plain":
            distances = distances.sqrt()
        progress = round_ / self.pacing.rounds
        threshold = selection_threshold(distances, progress, self.pacing.threshold)
        selected = distances < threshold
        if round_ < self.pacing.rounds_on_all:
            selected = torch.ones_like(selected)
        self.state["selected"] = selected
        counts = torch.bincount(labels[selected], minlength=len(self.centroids))
        return {
            "threshold": float(threshold),
            "selected": float(selected.double().mean()),
            "clusters_without_selected": int((counts == 0).sum()),
        }


class SelfPacedClusterer(JointClusterer):
    """Base of the estimators, which differ in their defaults.

    Attributes:
        sample_shape_: shape of the images given to ``fit``; empty for rows.
        label_history_: clusters of all samples at the start of each round and at the end,
            ``[rounds + 1, n]``.
    """

    image_shape: Sequence[int] | None
    rotation: float
    shift: float
    threshold: Threshold
    distance: Distance
    rounds: int
    round_iterations: int | None
    rounds_on_all: int
    tolerance: float | None
    max_iterations: int
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float
    batch_size: int

    def fit(self, X: Samples, y: object = None) -> Self:
        """Pretrain, initialise the centroids by k-means, fine-tune; ``y`` is ignored.

        Args:
            X: samples, ``[n, n_features]``, or images ``[n, height, width]``.
            y: ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters, the samples cannot be
                taken as images, or a choice is unknown.
            DivergedError: the loss is not finite.
        """
        self.sample_shape_ = sample_shape(X)
        return super().fit(X, y)

    def _start(
        self,
        network: AutoencoderNetwork,
        centroids: np.ndarray,
        labels: np.ndarray,
        data: Rows,
        seed: int,
    ) -> SelfPacedObjective:
        _require("threshold", self.threshold, get_args(Threshold))
        _require("distance", self.distance, get_args(Distance))
        pacing = SelfPacing(
            threshold=self.threshold,
            distance=self.distance,
            rounds=self.rounds,
            round_iterations=self._round(len(data)),
            rounds_on_all=self.rounds_on_all,
            tolerance=self.tolerance,
        )
        shape = self.sample_shape_ or tuple(data.shape[1:])
        augmentation = augmentation_of(shape, self.image_shape, self.rotation, self.shift)
        return SelfPacedObjective(network, centroids, labels, data, pacing, augmentation)

    def _plan(self, n: int) -> TrainingPlan:
        return TrainingPlan(
            iterations=min(self.rounds * self._round(n), self.max_iterations),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(self.optimizer, self.learning_rate, self.momentum),
            log_every=self._round(n),
        )

    def _round(self, n: int) -> int:
        return self.round_iterations or iterations_of(1, n, self.batch_size)

    def _assignment(
        self, network: AutoencoderNetwork, centroids: Tensor
    ) -> Callable[[Tensor], Tensor]:
        return lambda x: nearest(network.encode(x), centroids)


def _require(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise NotApplicableError(f"There is no {name} {value!r}; use one of {', '.join(choices)}.")
