"""Section dcn: the joint training of DCN beside ClustPy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from clustrace.bench.dense_tables import PEER, Comparison, epoch_goal, loss_table, time_table
from clustrace.bench.peer import require_peer, train_peer_dcn
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, in_turn, torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
    LEARNING_RATE,
    N_CLUSTERS,
    SEED,
    Coder,
    Precision,
    Task,
    samples,
    steps_an_epoch,
    train_timed,
)
from clustrace.cluster.dcn import DCNObjective, DCNSettings
from clustrace.cluster.kmeans import KMeans
from clustrace.nets.assignment import nearest
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.autoencoder import ReconstructionObjective
from clustrace.train.encoding import encode_all

DCN_TASK = Task("dcn", "DCN joint training", reconstruction=1.0, clustering=1.0)

_DATASET = "mnist-test"
_REPEATS = 3
_QUICK_SAMPLES = 1024
_WARM_UP_SAMPLES = 512
_TIMES_FASTER = 3.0
_SETTINGS = DCNSettings(DCN_TASK.reconstruction, DCN_TASK.clustering, "counts", 100, None)


@dataclass(frozen=True)
class Start:
    """Where all trainings start: an epoch of pretraining, and k-means."""

    network: DenseAutoencoder
    centroids: Tensor
    labels: Tensor


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
    few = replace(start, labels=start.labels[:_WARM_UP_SAMPLES])
    comparisons = []
    for threads in setting.threads:
        with torch_threads(threads):
            for variant in _variants(few, data[:_WARM_UP_SAMPLES]).values():
                variant()
            turns = in_turn(_variants(start, data), repeats=setting.repeats(_REPEATS))
            initial = final_loss(start.network, start.centroids, data)
            comparisons.append(Comparison(DCN_TASK, threads, initial, turns))
    return Findings(
        tables=(time_table(comparisons), loss_table(comparisons), _noting_table(comparisons)),
        goals=(_goal(comparisons, "float32"), _goal(comparisons, "bfloat16")),
        notes=_notes(data),
    )


def start_of(data: Tensor) -> Start:
    """Network, centroids and clusters that a joint training begins with."""
    network = DenseAutoencoder(data.shape[1], seed=SEED)
    objective = ReconstructionObjective(network)
    train_timed(objective, data, iterations=steps_an_epoch(data), shuffle=True)
    embedding = encode_all(network.encode, data)
    kmeans = KMeans(N_CLUSTERS, n_init=1, random_state=SEED).fit(embedding.numpy())
    centroids = torch.from_numpy(kmeans.cluster_centers_)
    return Start(network, centroids, nearest(embedding, centroids))


def final_loss(network: Coder, centroids: Tensor, data: Tensor) -> float:
    """Equation 4 over all samples, each with its nearest centroid."""

    def losses(batch: Tensor) -> Tensor:
        z = network.encode(batch)
        distance = (z - centroids[nearest(z, centroids)]).square().sum(dim=1)
        error = (network.decode(z) - batch).square().sum(dim=1)
        return DCN_TASK.reconstruction * error + DCN_TASK.clustering / 2 * distance

    return float(encode_all(losses, data).double().mean())


def train_ours(start: Start, data: Tensor, precision: Precision) -> Timed:
    """Train for an epoch here and measure each step."""
    network = copy.deepcopy(start.network)
    steps = steps_an_epoch(data)
    objective = DCNObjective(
        network,
        start.centroids.clone().numpy(),
        start.labels.numpy(),
        data,
        _SETTINGS,
        steps_an_epoch=steps,
    )
    timed = train_timed(objective, data, iterations=steps, precision=precision)
    return replace(timed, loss=final_loss(network, objective.centroids, data))


def train_theirs(start: Start, data: Tensor) -> Timed:
    """Train for an epoch with ClustPy and measure each step."""
    weight = DCN_TASK.clustering
    network, centroids, timed = train_peer_dcn(
        start.network, start.centroids, start.labels, data, weight=weight
    )
    return replace(timed, loss=final_loss(network, centroids, data))


def _variants(start: Start, data: Tensor) -> dict[str, Callable[[], Timed]]:
    return {
        PEER: lambda: train_theirs(start, data),
        "float32": lambda: train_ours(start, data, "float32"),
        "bfloat16": lambda: train_ours(start, data, "bfloat16"),
    }


def _noting_table(comparisons: Sequence[Comparison]) -> Table:
    rows: list[dict[str, Value]] = []
    for one in comparisons:
        ours = one.turns["float32"]
        # Once before the first epoch, then once after each.
        notings = [timed.updates[-1] for timed in ours]
        epochs = [timed.total + noting for timed, noting in zip(ours, notings, strict=True)]
        rows.append(
            {
                "threads": one.threads,
                "noting": Spread.of([1e3 * noting for noting in notings]),
                "epoch": Spread.of(epochs),
            }
        )
    return Table(
        title="With the clusters of all samples noted after each epoch, float32",
        columns=(
            Column(key="threads", title="threads", decimals=0),
            Column(key="noting", title="noting", unit="ms"),
            Column(key="epoch", title="epoch with it", unit="s", decimals=2),
        ),
        rows=tuple(rows),
    )


def _goal(comparisons: Sequence[Comparison], precision: Precision) -> Goal:
    text = f"DCN in {precision} is at least {_TIMES_FASTER:g} times as fast as {PEER}"
    return epoch_goal(text, comparisons, precision, at_least=_TIMES_FASTER)


def _notes(data: Tensor) -> tuple[str, ...]:
    return (
        f"{len(data):,} samples of {_DATASET}, {steps_an_epoch(data)} steps an epoch; network "
        f"784-500-500-2000-10 mirrored with ReLU; batches of {BATCH_SIZE} in the order of the "
        f"data; Adam with learning rate {LEARNING_RATE:g}; λ = {DCN_TASK.clustering:g}; counts "
        "begin at 100; the same initial weights, centroids and clusters on both sides.",
        f"Both sides train equation 4 of the paper, errors summed over features, embed each batch "
        f"anew after its step and move the centroids; {PEER} does so sample by sample, here it is "
        "one matrix product with the same result. A step contains all of it.",
    )
