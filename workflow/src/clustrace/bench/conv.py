"""Section conv: a step of the convolutional autoencoder, beside PyTorch's own layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from clustrace.bench.losses import EQUAL, agreement
from clustrace.bench.matmul_share import matmul_rate
from clustrace.bench.plain_convolution import PlainConvolutional, copy_weights
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed, in_turn, paired_ratio, torch_threads
from clustrace.bench.workload import (
    BATCH_SIZE,
    LEARNING_RATE,
    SAE_TASK,
    SEED,
    Precision,
    final_loss,
    samples,
    steps_an_epoch,
    train_timed,
)
from clustrace.nets.base import AutoencoderNetwork
from clustrace.nets.convolutional import ConvolutionalNetwork
from clustrace.nets.multiply_adds import step_count
from clustrace.train.autoencoder import ReconstructionObjective

_DATASET = "mnist-test"
_REPEATS = 3
_STEPS, _QUICK_STEPS, _WARM_UP_STEPS = 8, 3, 1
_PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
_PLAIN = "plain"
_GOALS_MS: Mapping[str, float] = {"float32": 90.0, "bfloat16": 60.0}


@dataclass(frozen=True)
class Comparison:
    """All turns with one number of threads, by variant."""

    threads: int
    initial_loss: float
    turns: Mapping[str, Sequence[Timed]]

    def step(self, variant: str) -> Spread:
        """Milliseconds of a step."""
        return Spread.of([1e3 * timed.step for timed in self.turns[variant]])

    def loss(self, variant: str) -> float | None:
        """Final loss of the last turn."""
        return self.turns[variant][-1].loss

    def verdict(self, precision: str) -> str:
        """Whether the final loss equals that of the plain layers in float32."""
        ours, plain = self.loss(precision), self.loss(_PLAIN)
        assert ours is not None and plain is not None
        return agreement(ours, plain, self.initial_loss, precision)


def measure(setting: Setting) -> Findings:
    """Compare with the plain layers.

    Raises:
        DataError: mnist-test is not on disk.
    """
    steps = _QUICK_STEPS if setting.quick else _STEPS
    data = samples(setting, _DATASET)[: steps * BATCH_SIZE]
    network = _network()
    initial = final_loss(SAE_TASK, network, Tensor(), data)
    multiply_adds = step_count(PlainConvolutional(), data[:1], batch_size=BATCH_SIZE)
    comparisons = []
    products: dict[int, float] = {}
    for threads in setting.threads:
        with torch_threads(threads):
            rate = matmul_rate("float32", setting).median
            products[threads] = 2e-6 * multiply_adds / rate
            for variant in _variants(data[: _WARM_UP_STEPS * BATCH_SIZE]).values():
                variant()
            turns = in_turn(_variants(data), repeats=setting.repeats(_REPEATS))
            comparisons.append(Comparison(threads, initial, turns))
    return Findings(
        tables=(_table(comparisons),),
        goals=(_goal(comparisons, products),),
        notes=(
            "Network of DCEC for 28x28 images with Keras' padding, 275,979 parameters; "
            f"{steps_an_epoch(data)} steps of Adam with learning rate {LEARNING_RATE:g} on batches "
            f"of {BATCH_SIZE} samples of {_DATASET}; the same initial weights and order.",
            "Plain: nn.ZeroPad2d and nn.Conv2d, nn.ConvTranspose2d and a crop, channels first, in "
            "float32, trained by the same engine.",
            "oneDNN's convolutions of 32 to 128 channels reach about two thirds of the rate of "
            "square products; padding, activations and cropping take a quarter of a step (profiled "
            "on one thread).",
        ),
    )


def _network() -> ConvolutionalNetwork:
    return ConvolutionalNetwork((28, 28), seed=SEED)


def _variants(data: Tensor) -> dict[str, Callable[[], Timed]]:
    def trained(network: AutoencoderNetwork, precision: Precision) -> Timed:
        timed = train_timed(
            ReconstructionObjective(network),
            data,
            iterations=steps_an_epoch(data),
            precision=precision,
        )
        return replace(timed, loss=final_loss(SAE_TASK, network, Tensor(), data))

    def plain() -> Timed:
        network = PlainConvolutional()
        copy_weights(_network(), network)
        return trained(network, "float32")

    return {
        _PLAIN: plain,
        "float32": lambda: trained(_network(), "float32"),
        "bfloat16": lambda: trained(_network(), "bfloat16"),
    }


def _table(comparisons: Sequence[Comparison]) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "threads": one.threads,
            "precision": precision,
            "step": one.step(precision),
            "plain": one.step(_PLAIN),
            "ratio": paired_ratio(
                [timed.step for timed in one.turns[_PLAIN]],
                [timed.step for timed in one.turns[precision]],
            ),
            "before": one.initial_loss,
            "loss": one.loss(precision),
            "plain-loss": one.loss(_PLAIN),
            "verdict": one.verdict(precision),
        }
        for one in comparisons
        for precision in _PRECISIONS
    ]
    return Table(
        title="CAE pretraining",
        columns=(
            Column(key="threads", title="threads", decimals=0),
            Column(key="precision", title="precision, ours"),
            Column(key="step", title="step, ours", unit="ms"),
            Column(key="plain", title="step, plain", unit="ms"),
            Column(key="ratio", title="times faster", decimals=2),
            Column(key="before", title="loss before", decimals=6),
            Column(key="loss", title="final loss, ours", decimals=6),
            Column(key="plain-loss", title="final loss, plain", decimals=6),
            Column(key="verdict", title="final losses"),
        ),
        rows=tuple(rows),
    )


def _goal(comparisons: Sequence[Comparison], products: Mapping[int, float]) -> Goal:
    limits = " or ".join(f"{limit:g} ms in {name}" for name, limit in _GOALS_MS.items())
    text = f"A CAE step takes at most {limits}, at equal final loss"
    reached = {
        (one.threads, precision): one.step(precision).median
        for one in comparisons
        for precision in _PRECISIONS
        if one.verdict(precision) == EQUAL
    }
    if not reached:
        return Goal(text=text, verdict="not shown", detail="The final losses differ.")
    met = any(step <= _GOALS_MS[precision] for (_, precision), step in reached.items())
    figures = (f"{ms:.0f} ms in {name} (threads: {n})" for (n, name), ms in reached.items())
    least = ", ".join(f"{ms:.0f} ms (threads: {n})" for n, ms in products.items())
    detail = (
        f"{'; '.join(figures)}. At the rate of square matrix products in float32, measured beside "
        f"it, the multiply-adds of a step alone take {least}."
    )
    return Goal(text=text, verdict="met" if met else "missed", detail=detail)
