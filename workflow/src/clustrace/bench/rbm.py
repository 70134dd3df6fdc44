"""Section rbm: an epoch of contrastive divergence beside scikit-learn's BernoulliRBM."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.neural_network import BernoulliRBM
from threadpoolctl import threadpool_limits
from torch import Tensor

from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import in_turn, paired_ratio, torch_threads
from clustrace.bench.workload import SEED, samples
from clustrace.classify.rbm import RBM

_DATASET = "mnist-test"
_UNITS, _BATCH = 1000, 100
_LEARNING_RATE = 0.05
_REPEATS = 3
_QUICK_SAMPLES = 500
_PEER, _OURS = "scikit-learn", "clustrace"
_TITLES = {_PEER: "scikit-learn, BernoulliRBM", _OURS: "clustrace, RBM"}


def measure(setting: Setting) -> Findings:
    """Compare with scikit-learn.

    Raises:
        DataError: mnist-test is not on disk.
    """
    data = samples(setting, _DATASET)
    data = data[:_QUICK_SAMPLES] if setting.quick else data
    with torch_threads(1), threadpool_limits(1):
        # What the first call of each does beside, such as making buffers, counts in no epoch.
        for variant in _variants(data[: 2 * _BATCH]).values():
            variant()
        turns = in_turn(_variants(data), repeats=setting.repeats(_REPEATS))
    return Findings(
        tables=(_table(turns),),
        goals=(goal(turns),),
        notes=(
            f"{len(data):,} samples of {_DATASET}, 784-{_UNITS}, batches of {_BATCH}, one thread, "
            "float32 on both sides; an epoch is a fit of one. scikit-learn's machine learns by "
            "persistent chains of one step, without momentum and weight decay, and draws the "
            "visible units of its chains; ours learns by CD-1 with momentum and weight decay, and "
            "takes the means of visible units. Both need five matrix products a batch.",
        ),
    )


def goal(turns: Mapping[str, Sequence[float]]) -> Goal:
    """Whether an epoch takes no longer than the peer's.

    Args:
        turns: seconds of an epoch in each turn, by the names of both.
    """
    faster = paired_ratio(turns[_PEER], turns[_OURS]).median
    return Goal(
        text="An RBM's epoch takes no longer than that of scikit-learn's BernoulliRBM",
        verdict="met" if faster >= 1 else "missed",
        detail=f"It is {faster:.2f} times as fast.",
    )


def _variants(data: Tensor) -> dict[str, Callable[[], float]]:
    x = data.numpy()

    def peer() -> float:
        machine = BernoulliRBM(
            _UNITS,
            learning_rate=_LEARNING_RATE,
            batch_size=_BATCH,
            n_iter=1,
            random_state=SEED,
        )
        return _seconds(machine, x)

    def ours() -> float:
        machine = RBM(
            _UNITS,
            epochs=1,
            batch_size=_BATCH,
            learning_rate=_LEARNING_RATE,
            random_state=SEED,
        )
        return _seconds(machine, x)

    return {_PEER: peer, _OURS: ours}


def _seconds(machine: RBM | BernoulliRBM, x: np.ndarray) -> float:
    began = time.perf_counter()
    machine.fit(x)
    return time.perf_counter() - began


def _table(turns: Mapping[str, Sequence[float]]) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "machine": _TITLES[name],
            "seconds": Spread.of(seconds),
            "faster": paired_ratio(turns[_PEER], seconds),
        }
        for name, seconds in turns.items()
    ]
    return Table(
        title="An epoch",
        columns=(
            Column(key="machine", title="machine"),
            Column(key="seconds", title="time", unit="s", decimals=2),
            Column(key="faster", title="times as fast as scikit-learn", decimals=2),
        ),
        rows=tuple(rows),
    )
