"""Section dcn: the joint training of DCN beside ClustPy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from clustrace.bench.dense_tables import (
    PEER,
    PRECISIONS,
    Comparison,
    epoch_goal,
    loss_table,
    time_table,
)
from clustrace.bench.peer import require_peer, train_peer_dcn
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, in_turn, torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
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

_WEIGHT = 1.0
#: Network of the paper for raw MNIST, where matrix products take most of the time, and that of
#: the authors' script for pen digits, where they take little.
DCN_TASKS = {
    Task("dcn", "DCN, 784-500-500-2000-10", 1.0, _WEIGHT): ("mnist-test", (500, 500, 2000)),
    Task("dcn-small", "DCN, 16-50-16-10", 1.0, _WEIGHT): ("pendigits", (50, 16)),
}

#: ClustPy's default for the joint training.
_LEARNING_RATE = 1e-4
_REPEATS = 3
_QUICK_SAMPLES = 1024
_WARM_UP_SAMPLES = 512
_TIMES_FASTER = 3.0
_SETTINGS = DCNSettings(1.0, _WEIGHT, "counts", 100, None)


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
        DataError: mnist-test or pendigits is not on disk.
    """
    require_peer()
    comparisons = []
    sizes = []
    for task, (dataset, hidden_units) in DCN_TASKS.items():
        data = samples(setting, dataset)
        data = data[:_QUICK_SAMPLES] if setting.quick else data
        sizes.append(f"{len(data):,} samples of {dataset}, {steps_an_epoch(data)} steps an epoch")
        start = start_of(data, hidden_units)
        few = replace(start, labels=start.labels[:_WARM_UP_SAMPLES])
        initial = final_loss(start.network, start.centroids, data)
        for threads in setting.threads:
            with torch_threads(threads):
                for variant in _variants(few, data[:_WARM_UP_SAMPLES]).values():
                    variant()
                turns = in_turn(_variants(start, data), repeats=setting.repeats(_REPEATS))
            comparisons.append(Comparison(task, threads, initial, turns))
    return Findings(
        tables=(time_table(comparisons), loss_table(comparisons), _noting_table(comparisons)),
        goals=tuple(_goals(comparisons)),
        notes=(f"{'; '.join(sizes)}.", *_NOTES),
    )


def start_of(data: Tensor, hidden_units: Sequence[int]) -> Start:
    """Network, centroids and clusters that a joint training begins with."""
    network = DenseAutoencoder(data.shape[1], hidden_units, seed=SEED)
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
        return error + _WEIGHT / 2 * distance

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
    timed = train_timed(
        objective, data, iterations=steps, precision=precision, learning_rate=_LEARNING_RATE
    )
    return replace(timed, loss=final_loss(network, objective.centroids, data))


def train_theirs(start: Start, data: Tensor) -> Timed:
    """Train for an epoch with ClustPy and measure each step."""
    network, centroids, timed = train_peer_dcn(
        start.network,
        start.centroids,
        start.labels,
        data,
        weight=_WEIGHT,
        learning_rate=_LEARNING_RATE,
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
                "training": one.task.title,
                "threads": one.threads,
                "noting": Spread.of([1e3 * noting for noting in notings]),
                "epoch": Spread.of(epochs),
            }
        )
    return Table(
        title="With the clusters of all samples noted after each epoch, float32",
        columns=(
            Column(key="training", title="training"),
            Column(key="threads", title="threads", decimals=0),
            Column(key="noting", title="noting", unit="ms"),
            Column(key="epoch", title="epoch with it", unit="s", decimals=2),
        ),
        rows=tuple(rows),
    )


def _goals(comparisons: Sequence[Comparison]) -> Iterator[Goal]:
    """One for each network and precision, as it is the network that decides."""
    for task in DCN_TASKS:
        of_task = [one for one in comparisons if one.task == task]
        for precision in PRECISIONS:
            text = (
                f"{task.title} in {precision} is at least {_TIMES_FASTER:g} times as fast as {PEER}"
            )
            yield epoch_goal(text, of_task, precision, at_least=_TIMES_FASTER)


_NOTES = (
    f"Networks are mirrored, with ReLU; batches of {BATCH_SIZE} in the order of the data; Adam "
    f"with learning rate {_LEARNING_RATE:g}; λ = {_WEIGHT:g}; counts begin at 100; the same "
    "initial weights, centroids and clusters on both sides.",
    "Both sides train equation 4 of the paper, errors summed over features, embed each batch anew "
    f"after its step and move the centroids; {PEER} does so sample by sample, here it is one "
    "matrix product with the same result. A step contains all of it. That loop takes as long "
    "whatever the network, so its share is large in a small network and small in a large one.",
)
