"""Section k-sparse: what the selection of the largest hidden units costs in a training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from torch import Tensor, nn

from clustrace.bench.matmul_share import matmul_rate
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import clocked, in_turn, paired_ratio, torch_threads
from clustrace.bench.workload import SEED, samples
from clustrace.classify.k_sparse import KSparseObjective
from clustrace.classify.layers import LayerObjective
from clustrace.nets.tied import KSparseNetwork
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings
from clustrace.train.state import Objective

_UNITS = 1000
_BATCH = 100
_KEPT = (10, 25, 100)
#: The goal is judged by the k of the paper's best row.
_JUDGED = 25
_STEPS, _QUICK_STEPS = 40, 3
_REPEATS = 5
_ALLOWED = 1.1


@dataclass(frozen=True)
class Step:
    """A training step to measure.

    Attributes:
        title: name for readers.
        objective: what is trained, made anew each time.
        multiply_adds: of the products of a step.
    """

    title: str
    objective: Callable[[], Objective]
    multiply_adds: int


def measure(setting: Setting) -> Findings:
    """Measure the steps in turn.

    Raises:
        DataError: mnist-test is not on disk.
    """
    count = _QUICK_STEPS if setting.quick else _STEPS
    data = samples(setting, "mnist-test")[: (count + 1) * _BATCH]
    steps = _steps(data.shape[1])
    with torch_threads(1):
        rate = matmul_rate("float32", setting)
        turns = in_turn(
            {name: partial(_seconds, step, data) for name, step in steps.items()},
            repeats=setting.repeats(_REPEATS),
        )
    return Findings(
        tables=(_table(steps, turns, rate),),
        goals=(goal(turns),),
        notes=(
            f"784-{_UNITS} tied, batches of {_BATCH}, one thread, float32. Composed: the layers "
            "one after the other, as on other devices and in bfloat16; trained: over the kept "
            "units alone, as on a CPU. Multiply-adds are those of the products that are computed; "
            "a multiply-add is two floating-point operations, and a square product of this "
            f"machine does {rate.median:.0f} GFLOP/s.",
        ),
    )


def goal(turns: Mapping[str, Sequence[float]]) -> Goal:
    """Whether a step with the selection takes hardly longer than one without.

    Args:
        turns: seconds of a step in each turn, by the names of the steps.
    """
    trained, composed = (
        paired_ratio(turns[f"{way}-{_JUDGED}"], turns["all"]).median
        for way in ("trained", "composed")
    )
    return Goal(
        text=f"Keeping the {_JUDGED} largest of {_UNITS:,} units makes a training step less than "
        f"{100 * (_ALLOWED - 1):.0f} % longer",
        verdict="met" if trained < _ALLOWED else "missed",
        detail=f"The step takes {trained:.2f} times that without the selection; with the same "
        f"layers one after the other it takes {composed:.2f} times.",
    )


def _steps(features: int) -> dict[str, Step]:
    dense = 5 * _BATCH * features * _UNITS
    steps = {"all": Step("all units", partial(_composed, features, _UNITS), dense)}
    for k in _KEPT:
        # The encoder's product is that of all units; two forward and backward are sparse twice.
        sparse = _BATCH * features * (_UNITS + 4 * k)
        steps[f"composed-{k}"] = Step(f"composed, k = {k}", partial(_composed, features, k), dense)
        steps[f"trained-{k}"] = Step(f"trained, k = {k}", partial(_trained, features, k), sparse)
    return steps


def _pair(features: int, k: int) -> tuple[nn.Module, nn.Module]:
    return KSparseNetwork(features, (_UNITS,), kept=k, encoded=k, seed=SEED).pairs()[0]


def _composed(features: int, k: int) -> Objective:
    return LayerObjective(*_pair(features, k), per_epoch=_STEPS, iterations=0)


def _trained(features: int, k: int) -> Objective:
    return KSparseObjective(*_pair(features, k), lambda _: k, per_epoch=_STEPS, iterations=0)


def _seconds(step: Step, data: Tensor) -> float:
    """Median seconds of a step; the first one makes the optimiser's state."""
    objective = clocked(step.objective())
    plan = TrainingPlan(len(data) // _BATCH, _BATCH, OptimizerSettings("sgd", 1e-4, 0.9))
    train(objective, data, plan, phase="bench", seed=SEED)
    return median(objective.timed().steps[1:])


def _table(steps: Mapping[str, Step], turns: Mapping[str, Sequence[float]], rate: Spread) -> Table:
    rows: list[dict[str, Value]] = []
    for name, step in steps.items():
        seconds = Spread.of([1e3 * value for value in turns[name]])
        reached = 2e-6 * step.multiply_adds / seconds.median
        rows.append(
            {
                "step": step.title,
                "seconds": seconds,
                "ratio": paired_ratio(turns[name], turns["all"]),
                "multiply-adds": 1e-6 * step.multiply_adds,
                "share": 100 * reached / rate.median,
            }
        )
    return Table(
        title="Training steps",
        columns=(
            Column(key="step", title="units kept"),
            Column(key="seconds", title="time", unit="ms", decimals=2),
            Column(key="ratio", title="of the step with all units", decimals=2),
            Column(key="multiply-adds", title="multiply-adds", unit="10^6", decimals=0),
            Column(key="share", title="share of the matrix products' rate", unit="%", decimals=0),
        ),
        rows=tuple(rows),
    )
