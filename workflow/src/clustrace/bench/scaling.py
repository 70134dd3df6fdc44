"""Section scaling: how time and memory of clustering by all pairs grow with the samples."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clustrace.bench.processes import run_python
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.workload import samples
from clustrace.data.artefact import write_artefact

DATASET = "mnist-full"
_SIZES, _QUICK_SIZES = (5_000, 10_000, 20_000), (300, 600)
WHOLE = 70_000
_REPEATS = 2
_THREADS = 1
#: Scatter of an exponent that comes from few sizes with few repeats.
_SCATTER = 0.1
#: Above this many samples no matrix of all pairs may exist, not even in float32.
_DENSE_LIMIT = 10_000


@dataclass(frozen=True)
class Method:
    """A clustering that is measured.

    Attributes:
        title: its name for readers.
        theory: exponent of n in the operations that it takes.
        power: the same in words.
    """

    title: str
    theory: float
    power: str


#: Both compute the inner products of all pairs.
METHODS = {
    "ssc-omp": Method("SSC-OMP", 2.0, "n²"),
    "spectral": Method("spectral clustering", 2.0, "n²"),
}


@dataclass(frozen=True)
class Fit:
    """One clustering.

    Attributes:
        seconds: from samples in memory to labels.
        imported: resident memory before, with the samples, in MiB.
        peak: largest resident memory, in MiB.
    """

    seconds: float
    imported: float
    peak: float


#: Repeats by the number of samples.
Growth = Mapping[int, Sequence[Fit]]


def measure(setting: Setting) -> Findings:
    """Cluster growing parts of MNIST by all pairs.

    Raises:
        DataError: the data set is not on disk.
        ClustraceError: a clustering failed.
    """
    fits = grown(setting, METHODS, _SIZES, _REPEATS)
    return findings(
        fits,
        METHODS,
        "Spectral clustering computes the affinity anew in each product, as it does above "
        "dense_limit.",
    )


def grown(
    setting: Setting,
    methods: Iterable[str],
    sizes: Sequence[int],
    repeats: int,
    longest: float = math.inf,
) -> dict[str, dict[int, list[Fit]]]:
    """Cluster growing parts of MNIST, each time in a process of its own.

    Args:
        setting: what the section is given; a quick one takes few samples, whatever the sizes.
        methods: by their slugs.
        sizes: numbers of samples, ascending.
        repeats: turns.
        longest: seconds; a clustering that is expected to take longer is left out.

    Raises:
        DataError: the data set is not on disk.
        ClustraceError: a clustering failed.
    """
    sizes = _QUICK_SIZES if setting.quick else sizes
    data = samples(setting, "mnist-test" if setting.quick else DATASET).numpy()
    order = np.random.default_rng(0).permutation(len(data))
    fits: dict[str, dict[int, list[Fit]]] = {method: {} for method in methods}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(setting.repeats(repeats)):
            for n in sizes:
                features = Path(folder) / f"features-{n}.safetensors"
                write_artefact(features, {"features": data[np.sort(order[:n])]})
                for method, growth in fits.items():
                    if expected(growth, n) <= longest:
                        growth.setdefault(n, []).append(_fit(method, features))
    return fits


def expected(growth: Growth, n: int) -> float:
    """Seconds of n samples by the growth up to there; 0 if fewer than two sizes tell it."""
    before = {size: fits for size, fits in growth.items() if size < n}
    if len(before) < 2:
        return 0.0
    largest = max(before)
    factor: float = (n / largest) ** exponent(before)
    return median_seconds(before[largest]) * factor


def _fit(method: str, features: Path) -> Fit:
    module = "clustrace.bench.scaling_child"
    printed = run_python("-m", module, method, str(features), str(_THREADS))
    return Fit(**json.loads(printed))


def findings(fits: Mapping[str, Growth], methods: Mapping[str, Method], note: str) -> Findings:
    """Time and memory by method and number of samples, their growth, and the goals."""
    return Findings(
        tables=(_table(fits, methods), _growth_table(fits, methods)),
        goals=tuple(
            goal
            for method, growth in fits.items()
            for goal in (
                _growth_goal(methods[method], growth),
                _memory_goal(methods[method], growth),
            )
        ),
        notes=(
            f"Samples of {DATASET}, drawn without labels, {_THREADS} thread, each clustering in a "
            f"process of its own; time from samples in memory to labels. {note} The "
            "exponent b is that of seconds = a nᵇ, fitted to the medians by least squares of the "
            f"logarithms; what {WHOLE:,} samples would need is extrapolated from the largest size "
            "measured, time with b and memory beyond the imports in proportion to n.",
        ),
    )


def exponent(growth: Growth) -> float:
    """Slope of log seconds over log n."""
    sizes = np.log(list(growth))
    seconds = np.log([median_seconds(fits) for fits in growth.values()])
    return float(np.polyfit(sizes, seconds, 1)[0])


def _table(fits: Mapping[str, Growth], methods: Mapping[str, Method]) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "method": methods[method].title,
            "samples": n,
            "seconds": Spread.of([fit.seconds for fit in repeats]),
            "before": Spread.of([fit.imported for fit in repeats]),
            "peak": Spread.of([fit.peak for fit in repeats]),
            "dense": _dense_mib(n),
        }
        for method, growth in fits.items()
        for n, repeats in growth.items()
    ]
    return Table(
        title="One clustering",
        columns=(
            Column(key="method", title="method"),
            Column(key="samples", title="samples", decimals=0),
            Column(key="seconds", title="time", unit="s", decimals=1),
            Column(key="before", title="memory before", unit="MiB", decimals=0),
            Column(key="peak", title="peak of memory", unit="MiB", decimals=0),
            Column(key="dense", title="all pairs in float32", unit="MiB", decimals=0),
        ),
        rows=tuple(rows),
    )


def _growth_table(fits: Mapping[str, Growth], methods: Mapping[str, Method]) -> Table:
    rows: list[dict[str, Value]] = []
    for method, growth in fits.items():
        largest = max(growth)
        seconds = median_seconds(growth[largest])
        before = Spread.of([fit.imported for fit in growth[largest]]).median
        rows.append(
            {
                "method": methods[method].title,
                "exponent": exponent(growth),
                "theory": methods[method].theory,
                "seconds": seconds * (WHOLE / largest) ** exponent(growth) / 60,
                "memory": (before + _taken(growth[largest]) * WHOLE / largest) / 1024,
            }
        )
    return Table(
        title=f"Growth, and what {WHOLE:,} samples would need",
        columns=(
            Column(key="method", title="method"),
            Column(key="exponent", title="exponent of growth", decimals=2),
            Column(key="theory", title="in theory", decimals=2),
            Column(key="seconds", title=f"time for {WHOLE:,}", unit="min", decimals=0),
            Column(key="memory", title=f"memory for {WHOLE:,}", unit="GiB", decimals=1),
        ),
        rows=tuple(rows),
    )


def _growth_goal(method: Method, growth: Growth) -> Goal:
    found = exponent(growth)
    return Goal(
        text=f"Time of {method.title} grows no faster than its theory, {method.power}",
        verdict="met" if found <= method.theory + _SCATTER else "missed",
        detail=f"n to the power of {found:.2f}.",
    )


def _memory_goal(method: Method, growth: Growth) -> Goal:
    large = {n: _taken(fits) for n, fits in growth.items() if n > _DENSE_LIMIT}
    text = f"{method.title} holds no dense n × n matrix above {_DENSE_LIMIT:,} samples"
    text = text[0].upper() + text[1:]
    if not large:
        return Goal(text=text, verdict="not shown", detail="No size above the limit was measured.")
    n = max(large)
    return Goal(
        text=text,
        verdict="met" if all(large[n] < _dense_mib(n) for n in large) else "missed",
        detail=f"{large[n]:.0f} MiB beside the data for {n:,} samples; all pairs in float32 would "
        f"be {_dense_mib(n):.0f} MiB.",
    )


def median_seconds(fits: Sequence[Fit]) -> float:
    """Median of repeats."""
    return Spread.of([fit.seconds for fit in fits]).median


def _taken(fits: Sequence[Fit]) -> float:
    """Memory that a fit took at most, beside what was there before, in MiB."""
    return max(fit.peak - fit.imported for fit in fits)


def _dense_mib(n: int) -> float:
    return 4 * n**2 / 2**20
