"""Section vade: epochs of VaDE, and the map and components of N2D, beside ClustPy."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from torch import Tensor

from clustrace.bench.dense_tables import PEER, Comparison, epoch_goal, loss_table, time_table
from clustrace.bench.peer import require_peer
from clustrace.bench.peer_variational import map_peer, train_peer_vade
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, in_turn, paired_ratio, torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
    LEARNING_RATE,
    N_CLUSTERS,
    SEED,
    Precision,
    Task,
    samples,
    steps_an_epoch,
    train_timed,
)
from clustrace.cluster.kmeans import KMeans
from clustrace.cluster.n2d import N2D
from clustrace.cluster.vade import VaDEObjective, VaDESettings, reconstruction_loss
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.mixture import DiagonalMixture, latent_loss
from clustrace.train.autoencoder import Autoencoder, ReconstructionObjective
from clustrace.train.encoding import encode_all

_DATASET = "mnist-test"
_REPEATS = 3
_QUICK_SAMPLES = 1024
_WARM_UP_SAMPLES = 512
_SETTINGS = VaDESettings(1.0, "sigmoid", 1.0)
_TASK = Task("vade", "VaDE", reconstruction=1.0, clustering=1.0)


@dataclass(frozen=True)
class Start:
    """Where all trainings start: an epoch of pretraining, and a mixture on the embedding."""

    network: DenseAutoencoder
    mixture: DiagonalMixture


class PeerMixture(DiagonalMixture):
    """The mixture with ClustPy's γ, in which log λ counts twice and 1e-10 is added."""

    def log_responsibilities(self, z: Tensor) -> Tensor:
        """Logarithms of γ, ``[batch, K]``, for z ``[batch, d]``."""
        distance = (z.unsqueeze(1) - self.means).square() / self.log_variances.exp() / 2
        constant = 0.5 * np.log(2 * np.pi)
        densities = (constant + self.log_variances + distance).sum(dim=2)
        joint = (self.log_weights - densities).exp() + 1e-10
        responsibilities: Tensor = joint / joint.sum(dim=1, keepdim=True)
        return responsibilities.log()


def measure(setting: Setting) -> Findings:
    """Compare with ClustPy.

    Raises:
        ConfigError: ClustPy is not installed.
        DataError: mnist-test is not on disk.
    """
    require_peer()
    data = samples(setting, _DATASET)
    data = data[:_QUICK_SAMPLES] if setting.quick else data
    start = start_of(data)
    comparisons = []
    for threads in setting.threads:
        with torch_threads(threads):
            for variant in _variants(start, data[:_WARM_UP_SAMPLES]).values():
                variant()
            turns = in_turn(_variants(start, data), repeats=setting.repeats(_REPEATS))
            initial = final_loss(*_objective(start, data), data)
            comparisons.append(Comparison(_TASK, threads, initial, turns))
    for warm_up in _maps(start, data[:_WARM_UP_SAMPLES]).values():
        warm_up()
    mapped = in_turn(_maps(start, data), repeats=setting.repeats(_REPEATS))
    return Findings(
        tables=(time_table(comparisons), loss_table(comparisons), _map_table(mapped)),
        goals=(_goal(comparisons), _map_goal(mapped)),
        notes=_notes(data),
    )


def start_of(data: Tensor, hidden_units: Sequence[int] = (500, 500, 2000)) -> Start:
    """Network and mixture that the training begins with."""
    network = DenseAutoencoder(data.shape[1], hidden_units, seed=SEED)
    objective = ReconstructionObjective(network)
    train_timed(objective, data, iterations=steps_an_epoch(data), shuffle=True)
    embedding = encode_all(network.encode, data).numpy()
    kmeans = KMeans(N_CLUSTERS, n_init=1, random_state=SEED).fit(embedding)
    fitted = GaussianMixture(
        N_CLUSTERS, covariance_type="diag", reg_covar=1e-3, means_init=kmeans.cluster_centers_
    ).fit(embedding.astype(np.float64))
    parts = (fitted.weights_, fitted.means_, fitted.covariances_)
    return Start(network, PeerMixture(*(torch.from_numpy(part).float() for part in parts)))


def final_loss(
    network: DenseAutoencoder, log_variance: torch.nn.Linear, mixture: DiagonalMixture, data: Tensor
) -> float:
    """Negative bound over all samples with ClustPy's γ, z at the mean of the posterior."""

    def losses(batch: Tensor) -> Tensor:
        hidden = network.encoder[:-1](batch)
        mean = network.encoder[-1](hidden)
        log_gamma = mixture.log_responsibilities(mean)
        latent = latent_loss(mixture, mean, log_variance(hidden), log_gamma)
        loss = latent + reconstruction_loss(network.decode(mean), batch, _SETTINGS)
        return loss.expand(len(batch))

    return float(encode_all(losses, data).double().mean())


def train_ours(start: Start, data: Tensor, precision: Precision) -> Timed:
    """Train for an epoch here and measure each step."""
    objective = _vade_objective(start, data)
    timed = train_timed(objective, data, iterations=steps_an_epoch(data), precision=precision)
    loss = final_loss(objective.network, objective.log_variance, objective.mixture, data)  # type: ignore[arg-type]
    return replace(timed, loss=loss)


def train_theirs(start: Start, data: Tensor) -> Timed:
    """Train for an epoch with ClustPy and measure each step."""
    network, log_variance, mixture = _objective(start, data)
    trained, timed = train_peer_vade(network, log_variance, mixture, data)
    return replace(timed, loss=final_loss(*trained, data))


def _vade_objective(start: Start, data: Tensor) -> VaDEObjective:
    return VaDEObjective(
        copy.deepcopy(start.network),
        copy.deepcopy(start.mixture),
        np.zeros(len(data), dtype=np.int64),
        data,
        _SETTINGS,
        steps_an_epoch=steps_an_epoch(data),
        seed=SEED,
    )


def _objective(
    start: Start, data: Tensor
) -> tuple[DenseAutoencoder, torch.nn.Linear, DiagonalMixture]:
    objective = _vade_objective(start, data)
    assert isinstance(objective.network, DenseAutoencoder)
    return objective.network, objective.log_variance, objective.mixture


def _variants(start: Start, data: Tensor) -> dict[str, Callable[[], Timed]]:
    return {
        PEER: lambda: train_theirs(start, data),
        "float32": lambda: train_ours(start, data, "float32"),
        "bfloat16": lambda: train_ours(start, data, "bfloat16"),
    }


@dataclass(frozen=True)
class Mapped:
    """Seconds of an embedding, its map and its components, and the clusters."""

    seconds: float
    labels: np.ndarray


def _maps(start: Start, data: Tensor) -> dict[str, Callable[[], Mapped]]:
    widths = [m.out_features for m in start.network.encoder if isinstance(m, torch.nn.Linear)]
    autoencoder = Autoencoder(widths[:-1], widths[-1]).load_weights(
        {name: tensor.numpy() for name, tensor in start.network.state_dict().items()},
        data.shape[1],
    )
    ours = N2D(N_CLUSTERS, autoencoder=FrozenEstimator(autoencoder), random_state=SEED)

    def mapped(cluster: Callable[[], np.ndarray]) -> Mapped:
        began = time.perf_counter()
        labels = cluster()
        return Mapped(time.perf_counter() - began, labels)

    return {
        PEER: lambda: mapped(lambda: map_peer(start.network, data)),
        "ours": lambda: mapped(lambda: ours.fit(data.numpy()).labels_),
    }


def _map_table(mapped: Mapping[str, Sequence[Mapped]]) -> Table:
    ours, theirs = mapped["ours"], mapped[PEER]
    ratio = paired_ratio([one.seconds for one in theirs], [one.seconds for one in ours])
    row: dict[str, Value] = {
        "ours": Spread.of([one.seconds for one in ours]),
        "peer": Spread.of([one.seconds for one in theirs]),
        "ratio": ratio,
        "agreement": float(adjusted_rand_score(theirs[-1].labels, ours[-1].labels)),
    }
    return Table(
        title="N2D after the pretraining: embedding, map and components, float32",
        columns=(
            Column(key="ours", title="ours", unit="s", decimals=1),
            Column(key="peer", title=PEER, unit="s", decimals=1),
            Column(key="ratio", title="times faster", decimals=2),
            Column(key="agreement", title="ARI of the clusters", decimals=3),
        ),
        rows=(row,),
    )


def _goal(comparisons: Sequence[Comparison]) -> Goal:
    text = f"VaDE in float32 is never slower than {PEER}, at equal final loss"
    return epoch_goal(text, comparisons, "float32", at_least=1.0)


#: Both sides call the same library for the map, so they can differ by the machine's noise alone.
_SAME_LIBRARY = 0.95


def _map_goal(mapped: Mapping[str, Sequence[Mapped]]) -> Goal:
    seconds = [[one.seconds for one in mapped[name]] for name in (PEER, "ours")]
    reached = paired_ratio(*seconds).median
    return Goal(
        text=f"N2D after the pretraining takes no longer than in {PEER}, but for five per cent",
        verdict="met" if reached >= _SAME_LIBRARY else "missed",
        detail=f"{reached:.2f} times as fast.",
    )


def _notes(data: Tensor) -> tuple[str, ...]:
    return (
        f"{len(data):,} samples of {_DATASET}, {steps_an_epoch(data)} steps an epoch; network "
        f"784-500-500-2000-10 mirrored with ReLU and sigmoid; batches of {BATCH_SIZE} in the order "
        f"of the data; Adam with learning rate {LEARNING_RATE:g}; the same initial weights, "
        "mixture and noise on both sides.",
        "ClustPy's responsibilities have log λ instead of its half, and 1e-10 added. The tables "
        "train that objective on both sides, so that the final losses must be equal; the methods "
        "of this package have the published one. A step of bfloat16 has the sampled z in bfloat16 "
        "too.",
        "Both sides make the map of N2D with the same version of umap-learn in one thread; code is "
        "compiled before the clock starts, which takes some ten seconds of a job.",
    )
