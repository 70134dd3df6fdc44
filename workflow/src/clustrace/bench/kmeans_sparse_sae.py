"""Section kmeans-sparse-sae: the autoencoders of a layer at once, one by one, and in processes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import in_turn, paired_ratio, torch_threads
from clustrace.bench.workload import SEED, samples
from clustrace.classify.kmeans_sparse import Parallel, parted, train_parts
from clustrace.classify.sparse_objective import Sparsity
from clustrace.classify.sparse_stack import LayerTraining

_UNITS = 800
_SPARSITY = Sparsity(target=0.1, weight=3.0, weight_decay=3e-3)
_MEMORY = 20
_ITERATIONS, _QUICK_ITERATIONS = 12, 2
_REPEATS = 3
_WANTED, _EQUAL = 2.0, 1e-5
#: The goal is judged by the first of these.
_WAYS: tuple[Parallel, ...] = ("batched", "sequential", "processes")


@dataclass(frozen=True)
class Layer:
    """A first layer to train.

    Attributes:
        samples: of all clusters together.
        clusters: K.
    """

    samples: int
    clusters: int


_LAYERS = (Layer(10_000, 10), Layer(1_000, 10), Layer(10_000, 80))


@dataclass(frozen=True)
class Measured:
    """What was measured of a layer.

    Attributes:
        seconds: of each turn, by the way of computing.
        apart: largest difference of a weight between two ways.
    """

    seconds: Mapping[str, Sequence[float]]
    apart: float


def measure(setting: Setting) -> Findings:
    """Measure the ways in turn.

    Raises:
        DataError: mnist-test is not on disk.
    """
    data = samples(setting, "mnist-test")
    iterations = _QUICK_ITERATIONS if setting.quick else _ITERATIONS
    with torch_threads(1):
        measured = {layer: _measured(layer, data, iterations, setting) for layer in _LAYERS}
    return Findings(
        tables=(_table(measured),),
        goals=(goal(measured[_LAYERS[0]]),),
        notes=(
            f"First layer, 784-{_UNITS}, on mnist-test, {iterations} iterations of L-BFGS, one "
            "thread, float32, without k-means. Processes are started before, and as many of them "
            "run at a time as there are cores, of which each has one thread.",
            "One core computes the same products whether autoencoders are trained at once or one "
            "after the other, so only what is around them can be saved.",
        ),
    )


def goal(measured: Measured) -> Goal:
    """Whether all at once is twice as fast as one after the other, and gives the same."""
    ratio = paired_ratio(measured.seconds["sequential"], measured.seconds["batched"]).median
    met = ratio >= _WANTED and measured.apart <= _EQUAL
    return Goal(
        text=f"Ten autoencoders at once train at least {_WANTED:.0f} times as fast as one after "
        f"the other, with weights that differ by less than {_EQUAL:g}",
        verdict="met" if met else "missed",
        detail=f"They train {ratio:.2f} times as fast on one core; weights differ by "
        f"{measured.apart:.1g}.",
    )


def _measured(layer: Layer, data: Tensor, iterations: int, setting: Setting) -> Measured:
    rows = data[: layer.samples]
    order, sizes = parted(rows, layer.clusters, n_init=1, layer=1, seed=SEED)
    training = LayerTraining(_SPARSITY, iterations, _MEMORY)
    weights: dict[str, Tensor] = {}

    def run(way: Parallel) -> float:
        seeds = range(layer.clusters)
        started = time.perf_counter()
        layers, _ = train_parts(training, rows[order], sizes, _UNITS, seeds, "bench", way)
        seconds = time.perf_counter() - started
        weights[way] = torch.cat([each.weight for each in layers])
        return seconds

    run("processes")  # which starts them
    turns = in_turn({way: partial(run, way) for way in _WAYS}, repeats=setting.repeats(_REPEATS))
    apart = max(float((weights[way] - weights["batched"]).abs().max()) for way in _WAYS)
    return Measured(turns, apart)


def _table(measured: Mapping[Layer, Measured]) -> Table:
    rows: list[dict[str, Value]] = []
    for layer, each in measured.items():
        seconds = each.seconds
        rows.append(
            {
                "samples": layer.samples,
                "clusters": layer.clusters,
                **{way: Spread.of(list(seconds[way])) for way in _WAYS},
                "gain": paired_ratio(seconds["sequential"], seconds["batched"]),
                "apart": each.apart,
            }
        )
    return Table(
        title="Autoencoders of a layer",
        columns=(
            Column(key="samples", title="samples", decimals=0),
            Column(key="clusters", title="K", decimals=0),
            Column(key="batched", title="at once", unit="s", decimals=2),
            Column(key="sequential", title="one after the other", unit="s", decimals=2),
            Column(key="processes", title="in processes", unit="s", decimals=2),
            Column(key="gain", title="one after the other / at once", decimals=2),
            Column(key="apart", title="largest difference of a weight", decimals=7),
        ),
        rows=tuple(rows),
    )
