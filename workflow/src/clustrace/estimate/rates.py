"""How fast a machine computes, as far as it is known: measured by ``make bench``, or assumed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustrace.config.layout import Layout
from clustrace.errors import StorageError
from clustrace.estimate.work import Work
from clustrace.files import read_json
from clustrace.provenance.environment import describe_processor

#: Shares of a machine's rate of large matrix products: trainings of dense nets, of convolutions,
#: and of distances, which memory limits (measured on two cores, results/bench.md).
_DENSE, _CONVOLUTION, _DISTANCES = 0.67, 0.48, 0.07
#: Operations a second of a core without a measurement.
_ASSUMED_CORE = 5e10
_SECONDS_OF_A_STEP = 0.001
#: A further thread brings less than the first: rate = first × threads ** this.
_SCALING = 0.6

#: A GPU of recent years at 30 % of its float32 peak; small steps wait for their launch.
_ASSUMED_GPU = 8e12
_SECONDS_OF_A_GPU_STEP = 0.003

_SIDE = 1024
_REPEATS = 3


@dataclass(frozen=True)
class Rates:
    """Floating-point operations a second, by kind as in :class:`Work`."""

    dense: float
    convolution: float
    distances: float
    seconds_of_a_step: float
    """What a gradient step takes at least, beside its operations."""

    def seconds(self, work: Work) -> float:
        """How long a computation takes."""
        return (
            work.dense / self.dense
            + work.convolution / self.convolution
            + work.distances / self.distances
            + work.steps * self.seconds_of_a_step
        )


@dataclass(frozen=True)
class Machine:
    """Rates of a machine.

    Attributes:
        source: where they come from, for people.
        measured: rates by threads and precision.
    """

    source: str
    measured: Mapping[tuple[int, str], Rates]

    def rates(self, device: str, threads: int, precision: str) -> Rates:
        """Rates of a job; the nearest that were measured, scaled by the threads.

        Without a measurement in a precision, that in float32 stands for it.
        """
        known = {t: r for (t, p), r in self.measured.items() if p == precision} or {
            t: r for (t, p), r in self.measured.items() if p == "float32"
        }
        nearest = min(known, key=lambda t: abs(t - threads))
        cpu = _scaled(known[nearest], (threads / nearest) ** _SCALING)
        if device == "cpu":
            return cpu
        return Rates(_ASSUMED_GPU, _ASSUMED_GPU, cpu.distances, _SECONDS_OF_A_GPU_STEP)


def benchmarked(root: Path) -> Machine:
    """The machine that results/bench.json was measured on; assumed rates without such a file."""
    try:
        section = read_json(Layout(root).bench("json"))["sections"]["matmul-share"]
        rates = _from_bench(section["findings"]["tables"])
        return Machine(f"results/bench.json ({section['circumstances']['machine']})", rates)
    except (StorageError, LookupError, TypeError, ValueError):
        source = f"an assumed rate of {_ASSUMED_CORE / 1e9:.0f} GFLOP/s a core"
        return Machine(source, {(1, "float32"): _of_products(_ASSUMED_CORE)})


def machine_here(root: Path) -> Machine:
    """This machine: by results/bench.json where that was measured on its processor, else now."""
    machine = benchmarked(root)
    processor = describe_processor().model
    return machine if processor and processor in machine.source else measured()


def measured() -> Machine:
    """This machine, by a second of matrix products on one thread as far as that can be had."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    square = np.random.default_rng(0).standard_normal((_SIDE, _SIDE), dtype=np.float32)
    fastest = float("inf")
    with threadpool_limits(1):
        square @ square
        for _ in range(_REPEATS):
            began = time.perf_counter()
            square @ square
            fastest = min(fastest, time.perf_counter() - began)
    rate = 2.0 * _SIDE**3 / fastest
    source = f"matrix products measured here ({rate / 1e9:.0f} GFLOP/s a core)"
    return Machine(source, {(1, "float32"): _of_products(rate)})


def _from_bench(tables: list[dict[str, Any]]) -> dict[tuple[int, str], Rates]:
    """Rates of steps (GFLOP/s) from the tables of the section matmul-share."""
    products = {_where(row): row["rate"]["median"] * 1e9 for row in tables[0]["rows"]}
    steps = {(_where(row), row["step"]): row["rate"] * 1e9 for row in tables[1]["rows"]}
    one_thread = products[1, "float32"]
    return {
        where: Rates(
            dense=steps[where, "SAE"],
            convolution=steps[where, "CAE"],
            # In float64 or float32 whatever the precision of the network, and by one thread.
            distances=_DISTANCES * one_thread,
            seconds_of_a_step=_SECONDS_OF_A_STEP,
        )
        for where in products
    }


def _where(row: Mapping[str, Any]) -> tuple[int, str]:
    return int(row["threads"]), str(row["precision"])


def _of_products(rate: float) -> Rates:
    return Rates(_DENSE * rate, _CONVOLUTION * rate, _DISTANCES * rate, _SECONDS_OF_A_STEP)


def _scaled(rates: Rates, factor: float) -> Rates:
    return Rates(
        rates.dense * factor,
        rates.convolution * factor,
        rates.distances * factor,
        rates.seconds_of_a_step,
    )
