"""Section dense: SAE pretraining, DEC and IDEC fine-tuning beside ClustPy."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from clustrace.bench.dense_tables import (
    PAPER,
    PEER,
    Comparison,
    bfloat16_goal,
    float32_goal,
    loss_table,
    paper_table,
    time_table,
)
from clustrace.bench.peer import require_peer, train_peer
from clustrace.bench.results import Findings
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, in_turn, torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
    DEC_TASK,
    IDEC_TASK,
    LEARNING_RATE,
    N_CLUSTERS,
    SAE_TASK,
    SEED,
    UPDATE_INTERVAL,
    BatchTargetObjective,
    Precision,
    Task,
    final_loss,
    objective_of,
    samples,
    steps_an_epoch,
    train_timed,
)
from clustrace.cluster.kmeans import KMeans
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.autoencoder import ReconstructionObjective
from clustrace.train.encoding import encode_all

_DATASET = "mnist-test"
_REPEATS = 3
_QUICK_SAMPLES = 1024
_WARM_UP_SAMPLES = 512


@dataclass(frozen=True)
class Start:
    """Where all trainings of a task start."""

    network: DenseAutoencoder
    centroids: Tensor


def measure(setting: Setting) -> Findings:
    """Compare with ClustPy.

    Raises:
        ConfigError: ClustPy is not installed.
        DataError: mnist-test is not on disk.
    """
    require_peer()
    data = samples(setting, _DATASET)
    data = data[:_QUICK_SAMPLES] if setting.quick else data
    starts = _starts(data)
    comparisons = []
    for threads in setting.threads:
        with torch_threads(threads):
            for task in (SAE_TASK, DEC_TASK, IDEC_TASK):
                start = starts[task.slug]
                for variant in _variants(task, start, data[:_WARM_UP_SAMPLES]).values():
                    variant()
                turns = in_turn(_variants(task, start, data), repeats=setting.repeats(_REPEATS))
                initial = final_loss(task, start.network, start.centroids, data)
                comparisons.append(Comparison(task, threads, initial, turns))
    return Findings(
        tables=(time_table(comparisons), loss_table(comparisons), paper_table(comparisons)),
        goals=(float32_goal(comparisons), bfloat16_goal(comparisons)),
        notes=_notes(data),
    )


def _starts(data: Tensor) -> dict[str, Start]:
    """Random weights for pretraining; an epoch of it and k-means before fine-tuning."""
    network = DenseAutoencoder(data.shape[1], seed=SEED)
    pretrained = copy.deepcopy(network)
    steps = steps_an_epoch(data)
    train_timed(ReconstructionObjective(pretrained), data, iterations=steps, shuffle=True)
    embedding = encode_all(pretrained.encode, data).numpy()
    centroids = KMeans(N_CLUSTERS, n_init=1, random_state=SEED).fit(embedding).cluster_centers_
    fine_tuning = Start(pretrained, torch.from_numpy(centroids))
    return {
        SAE_TASK.slug: Start(network, fine_tuning.centroids),
        DEC_TASK.slug: fine_tuning,
        IDEC_TASK.slug: fine_tuning,
    }


def _variants(task: Task, start: Start, data: Tensor) -> dict[str, Callable[[], Timed]]:
    """The peer, ours doing the very same in each precision, and ours as it is in the paper."""
    steps = steps_an_epoch(data)

    def same(precision: Precision) -> Timed:
        network = copy.deepcopy(start.network)
        objective: ReconstructionObjective | BatchTargetObjective
        if task.clustering:
            objective = BatchTargetObjective(task, network, start.centroids)
            centroids = objective.centroids.detach()
        else:
            objective, centroids = ReconstructionObjective(network), start.centroids
        timed = train_timed(
            objective, data, iterations=steps, precision=precision, shuffle=not task.clustering
        )
        return replace(timed, loss=final_loss(task, network, centroids, data))

    def as_in_the_paper() -> Timed:
        network = copy.deepcopy(start.network)
        objective = objective_of(task, network, start.centroids, data)
        return train_timed(objective, data, iterations=steps)

    variants: dict[str, Callable[[], Timed]] = {
        PEER: lambda: train_peer(task, start.network, start.centroids, data, epochs=1),
        "float32": lambda: same("float32"),
        "bfloat16": lambda: same("bfloat16"),
    }
    # SAE pretraining is the same in the paper and in the peer.
    return {**variants, PAPER: as_in_the_paper} if task.clustering else variants


def _notes(data: Tensor) -> tuple[str, ...]:
    return (
        f"{len(data):,} samples of {_DATASET}, {steps_an_epoch(data)} steps an epoch; network "
        f"784-500-500-2000-10 mirrored with ReLU; batches of {BATCH_SIZE}; Adam with learning "
        f"rate {LEARNING_RATE:g}; the same initial weights, centroids and order of samples; "
        "mean squared error over batch and features on both sides (ClustPy's default sums over "
        "features).",
        f"{PEER} runs its own loop with its own data loader, without worker processes. An epoch "
        "contains the loader; the step begins when the batch is at hand. Its Adam is torch's "
        "default, ours is torch's fused one. It has no bfloat16.",
        "ClustPy takes the target distribution of DEC and IDEC from each batch alone. The first "
        "table trains that objective on both sides, so that the final losses must be equal; the "
        "third is DEC and IDEC as the papers have them, with the target distribution of all "
        f"samples every {UPDATE_INTERVAL} iterations, whose loss is another quantity.",
    )
