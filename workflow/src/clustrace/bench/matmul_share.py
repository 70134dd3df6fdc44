"""Section matmul-share: how much of the machine's own matrix-multiply rate a step reaches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn

from clustrace.bench.plain_convolution import PlainConvolutional
from clustrace.bench.results import Column, Findings, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
    DEC_TASK,
    IDEC_TASK,
    N_CLUSTERS,
    SAE_TASK,
    SEED,
    Precision,
    Task,
    objective_of,
    samples,
    train_timed,
)
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.convolutional import ConvolutionalNetwork
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.multiply_adds import step_count

_SIDE = 2048
_QUICK_SIDE = 512
_REPEATS = 3
_STEPS, _QUICK_STEPS = 4, 2
_TYPES: dict[Precision, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Step:
    """A gradient step to measure.

    Attributes:
        title: name for readers.
        task: what is trained.
        network: makes the network.
        multiply_adds: of one step.
    """

    title: str
    task: Task
    network: Callable[[], AutoencoderNetwork]
    multiply_adds: int


def measure(setting: Setting) -> Findings:
    """Measure matrix products and steps, one after the other.

    Raises:
        DataError: mnist-test is not on disk.
    """
    steps = _QUICK_STEPS if setting.quick else _STEPS
    data = samples(setting, "mnist-test")[: (steps + 1) * BATCH_SIZE]
    rates: list[dict[str, Value]] = []
    shares: list[dict[str, Value]] = []
    for threads in setting.threads:
        for precision in _TYPES:
            with torch_threads(threads):
                rate = matmul_rate(precision, setting)
                where: dict[str, Value] = {"threads": threads, "precision": precision}
                rates.append({**where, "rate": rate})
                for step in _steps(data):
                    seconds = _step_seconds(step, data, precision, setting)
                    shares.append({**where, **_share(step, seconds, rate)})
    return Findings(
        tables=(_rate_table(rates), _share_table(shares)),
        notes=(
            "A multiply-add is two floating-point operations. Counted are the products of the "
            "layers' weights, forward and backward; biases, activations, losses, the soft "
            "assignment and the optimiser take time and count nothing.",
            f"Rate: square matrices of {_SIDE} rows, median. Steps: batches of {BATCH_SIZE}, "
            "median of all steps but the first of each turn.",
        ),
    )


def matmul_rate(precision: Precision, setting: Setting) -> Spread:
    """Floating-point operations a second of a square matrix product, in 10^9."""
    side = _QUICK_SIDE if setting.quick else _SIDE
    generator = torch.Generator().manual_seed(SEED)
    a, b = (torch.randn(side, side, generator=generator).to(_TYPES[precision]) for _ in range(2))
    rates = []
    torch.matmul(a, b)
    for _ in range(setting.repeats(_REPEATS)):
        began = time.perf_counter()
        torch.matmul(a, b)
        rates.append(2e-9 * side**3 / (time.perf_counter() - began))
    return Spread.of(rates)


def _steps(data: Tensor) -> list[Step]:
    dense, plain = _dense(data), PlainConvolutional()
    sample = data[:1]
    whole = step_count(dense, sample, batch_size=BATCH_SIZE)
    return [
        Step("SAE", SAE_TASK, lambda: _dense(data), whole),
        Step("DEC", DEC_TASK, lambda: _dense(data), _step_of(dense.encoder, sample)),
        Step("IDEC", IDEC_TASK, lambda: _dense(data), whole),
        Step("CAE", SAE_TASK, _convolutional, _step_of(plain, sample)),
    ]


def _step_of(network: nn.Module, sample: Tensor) -> int:
    return step_count(network, sample, batch_size=BATCH_SIZE)


def _dense(data: Tensor) -> DenseAutoencoder:
    return DenseAutoencoder(data.shape[1], seed=SEED)


def _convolutional() -> ConvolutionalNetwork:
    return ConvolutionalNetwork((28, 28), seed=SEED)


def _step_seconds(step: Step, data: Tensor, precision: Precision, setting: Setting) -> Spread:
    seconds = []
    for _ in range(setting.repeats(_REPEATS)):
        network = step.network()
        with torch.no_grad():
            centroids = network.encode(data[:N_CLUSTERS])
        objective = objective_of(step.task, network, centroids, data)
        iterations = len(data) // BATCH_SIZE
        timed = train_timed(objective, data, iterations=iterations, precision=precision)
        # The first one makes the optimiser's state.
        seconds.append(median(timed.steps[1:]))
    return Spread.of(seconds)


def _share(step: Step, seconds: Spread, rate: Spread) -> dict[str, Value]:
    reached = 2e-9 * step.multiply_adds / seconds.median
    return {
        "step": step.title,
        "multiply-adds": 1e-9 * step.multiply_adds,
        "seconds": Spread(
            median=1e3 * seconds.median,
            minimum=1e3 * seconds.minimum,
            maximum=1e3 * seconds.maximum,
            repeats=seconds.repeats,
        ),
        "rate": reached,
        "share": 100 * reached / rate.median,
    }


def _rate_table(rows: list[dict[str, Value]]) -> Table:
    return Table(
        title="Matrix products",
        columns=(
            Column(key="threads", title="threads", decimals=0),
            Column(key="precision", title="precision"),
            Column(key="rate", title="rate", unit="GFLOP/s"),
        ),
        rows=tuple(rows),
    )


def _share_table(rows: list[dict[str, Value]]) -> Table:
    return Table(
        title="Training steps",
        columns=(
            Column(key="threads", title="threads", decimals=0),
            Column(key="precision", title="precision"),
            Column(key="step", title="step of"),
            Column(key="multiply-adds", title="multiply-adds", unit="10^9", decimals=2),
            Column(key="seconds", title="time", unit="ms"),
            Column(key="rate", title="rate", unit="GFLOP/s"),
            Column(key="share", title="share of the matrix products' rate", unit="%", decimals=0),
        ),
        rows=tuple(rows),
    )
