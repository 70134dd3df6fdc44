"""What is trained in the benchmarks: data, networks, objectives; the same for all variants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, clocked
from clustrace.cluster.dec import DEC
from clustrace.cluster.idec import IDEC
from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import body_of
from clustrace.data.prepare import prepare
from clustrace.errors import DataError
from clustrace.nets.assignment import soft_assignment, target_distribution
from clustrace.nets.base import AutoencoderNetwork
from clustrace.train.autoencoder import ReconstructionObjective
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.session import training_session
from clustrace.train.state import Objective

Precision = Literal["float32", "bfloat16"]

BATCH_SIZE = 256
LEARNING_RATE = 0.001
SEED = 0
UPDATE_INTERVAL = 140
N_CLUSTERS = 10


class Coder(Protocol):
    """An autoencoder of any library."""

    def encode(self, x: Tensor) -> Tensor:
        """Embedding of samples."""

    def decode(self, z: Tensor) -> Tensor:
        """Reconstruction of samples."""


@dataclass(frozen=True)
class Task:
    """A training, by the weights of the terms of its loss."""

    slug: str
    title: str
    reconstruction: float
    clustering: float


SAE_TASK = Task("sae", "SAE pretraining", reconstruction=1.0, clustering=0.0)
DEC_TASK = Task("dec", "DEC fine-tuning", reconstruction=0.0, clustering=1.0)
IDEC_TASK = Task("idec", "IDEC fine-tuning", reconstruction=1.0, clustering=0.1)


def samples(setting: Setting, dataset: str) -> Tensor:
    """All samples of a data set in [0, 1], float32 ``[n, D]``.

    Raises:
        DataError: the raw data are not on disk.
    """
    entry = setting.experiment.dataset(dataset)
    path = setting.experiment.layout.raw(entry.raw)
    artefact = read_artefact(path) if path.is_file() else None
    if artefact is None or not artefact.outcome.ok:
        raise DataError(
            f"{entry.title} is not on disk; run `clustrace data fetch {dataset}` and call again."
        )
    raw = artefact.arrays
    features = prepare(body_of(raw), raw.get("split"), entry, max_samples=None).features
    return torch.from_numpy(features)


def loss_of(task: Task, network: Coder, centroids: Tensor, batch: Tensor) -> Tensor:
    r"""Loss of a batch with the target distribution of that batch alone, as ClustPy has it.

    .. math:: w_r \frac{1}{nD} \sum_i \|g(z_i) - x_i\|^2
       - w_c \frac1n \sum_{ij} p_{ij} \log (q_{ij} + 10^{-8})
    """
    z = network.encode(batch)
    loss = torch.zeros(())
    if task.reconstruction:
        loss = loss + task.reconstruction * F.mse_loss(network.decode(z), batch)
    if task.clustering:
        q = soft_assignment(z, centroids)
        entropy = -(target_distribution(q) * (q + 1e-8).log()).sum(dim=1).mean()
        loss = loss + task.clustering * entropy
    return loss


def final_loss(task: Task, network: Coder, centroids: Tensor, data: Tensor) -> float:
    """Mean loss over all whole batches of the data, without gradients."""
    with torch.no_grad():
        batches = [b for b in torch.split(data, BATCH_SIZE) if len(b) == BATCH_SIZE]
        return float(np.mean([float(loss_of(task, network, centroids, b)) for b in batches]))


class BatchTargetObjective:
    """Self-training with the target distribution of each batch: the very same as ClustPy does."""

    def __init__(self, task: Task, network: AutoencoderNetwork, centroids: Tensor) -> None:
        self.task, self.network = task, network
        self.centroids = nn.Parameter(centroids.clone())
        self.module = nn.ParameterDict({"centroids": self.centroids})
        self.module.add_module("network", network)
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Loss of a batch."""
        return {"loss": loss_of(self.task, self.network, self.centroids, batch)}


def objective_of(
    task: Task, network: AutoencoderNetwork, centroids: Tensor, data: Tensor
) -> Objective:
    """The objective that this project trains for a task, made for a network in its start state."""
    if not task.clustering:
        return ReconstructionObjective(network)
    estimator = IDEC() if task.reconstruction else DEC()
    labels = np.zeros(len(data), dtype=np.int64)
    # The objective alone: fit would put k-means and two passes over the data into the time.
    return estimator._objective(
        network,
        centroids.numpy(),
        labels,
        data,
        update_interval=UPDATE_INTERVAL,
        tolerance=0.0,
    )


def train_timed(
    objective: Objective,
    data: Tensor,
    *,
    iterations: int,
    precision: Precision = "float32",
    shuffle: bool = False,
    learning_rate: float = LEARNING_RATE,
) -> Timed:
    """Train in this project's engine with Adam and measure each step.

    Args:
        objective: what is trained.
        data: samples, ``[n, D]``.
        iterations: gradient steps.
        precision: of the forward pass.
        shuffle: a new order each epoch, drawn from ``SEED``.
        learning_rate: step size.
    """
    timed = clocked(objective)
    plan = TrainingPlan(
        iterations, BATCH_SIZE, OptimizerSettings("adam", learning_rate), shuffle=shuffle
    )
    with training_session(precision=precision):
        train(timed, data, plan, phase="bench", seed=SEED)
    return timed.timed()


def steps_an_epoch(data: Tensor) -> int:
    """Gradient steps in one pass over the data; the last, shorter batch counts."""
    return math.ceil(len(data) / BATCH_SIZE)
