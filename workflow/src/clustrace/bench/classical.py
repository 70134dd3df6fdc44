"""Section classical: EmAEC's classical methods as samples grow, and beside k-means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sklearn.cluster
import sklearn.mixture

from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.scaling import (
    DATASET,
    Growth,
    Method,
    expected,
    findings,
    grown,
    median_seconds,
)
from clustrace.bench.setting import Setting
from clustrace.bench.timing import in_turn, paired_ratio
from clustrace.bench.workload import samples
from clustrace.cluster.gmm import GMM
from clustrace.cluster.kmeans import KMeans

_SIZES = (5_000, 20_000, 70_000)
_REPEATS = 1
#: Seconds that a clustering may be expected to take, and be run.
_LONGEST = 3600.0
METHODS = {
    "kmeans": Method("k-means", 1.0, "n"),
    "neighbours": Method("the search for neighbours", 2.0, "n²"),
    "spectral-sparse": Method("SC", 1.0, "n"),
    "gnmf": Method("GNMF", 1.0, "n"),
    "lsc": Method("LSC", 1.0, "n"),
    # The steps of conjugate gradients go with the root of lambda, which goes with that of n.
    "rcc": Method("RCC", 1.25, "n to the power of 1.25"),
    "s5c": Method("S5C", 1.0, "n"),
}
_ON_NEIGHBOURS = ("spectral-sparse", "gnmf", "rcc")
#: Seconds on MNIST-full in Table 7 of Huang, Hu and Lin 2021, on another machine.
_PUBLISHED = {
    "kmeans": 62.66,
    "spectral-sparse": 8.75,
    "gnmf": 86.82,
    "lsc": 28.25,
    "rcc": 9523.69,
    "s5c": 558.81,
}
_MOST_MIB = 8 * 1024
#: What a thin layer over scikit-learn may cost beside it.
_MARGIN = 1.1
_COMPARED, _COMPARED_QUICK, _COMPARED_REPEATS = 2_000, 300, 3
_CLUSTERS = 10


def measure(setting: Setting) -> Findings:
    """Cluster growing parts of MNIST, and run k-means and mixtures beside scikit-learn's.

    Raises:
        DataError: the data sets are not on disk.
        ClustraceError: a clustering failed.
    """
    fits = grown(setting, METHODS, _SIZES, _REPEATS, _LONGEST)
    growth = findings(
        fits,
        METHODS,
        "SC, GNMF and RCC are given the neighbours, as in the workflow, whose search is measured "
        "by itself.",
    )
    return Findings(
        tables=(*growth.tables, ratio_table(fits), table := beside(setting)),
        goals=(*growth.goals, memory_goal(fits), *speed_goals(table)),
        notes=(
            *growth.notes,
            *left_out(fits),
            "Published times are of Table 7, on another machine and in MATLAB. That of SC is less "
            "than any search among 70,000 samples takes, and can hold the eigenvectors alone.",
        ),
    )


def left_out(fits: Mapping[str, Growth]) -> tuple[str, ...]:
    """What was not run, as it was expected to take too long; a sentence each."""
    largest = max(fits["kmeans"])
    return tuple(
        f"{METHODS[method].title} was not run on {largest:,} samples: it would have taken about "
        f"{expected(growth, largest) / 3600:.1f} hours, more than the {_LONGEST / 3600:.0f} that "
        "one clustering may take here."
        for method, growth in fits.items()
        if largest not in growth
    )


def ratio_table(fits: Mapping[str, Growth]) -> Table:
    """Seconds of the largest size over those of k-means, published and here."""
    largest = max(fits["kmeans"])
    seconds = {
        m: median_seconds(growth[largest]) for m, growth in fits.items() if largest in growth
    }
    rows: list[dict[str, Value]] = []
    for method, published in _PUBLISHED.items():
        needed = (method, "neighbours") if method in _ON_NEIGHBOURS else (method,)
        ran = all(each in seconds for each in needed)
        here = sum(seconds[each] for each in needed) if ran else None
        alone = seconds.get(method)
        rows.append(
            {
                "method": METHODS[method].title,
                "published": published,
                "published-ratio": published / _PUBLISHED["kmeans"],
                "here": here,
                "ratio": None if here is None else here / seconds["kmeans"],
                "without": None if alone is None else alone / seconds["kmeans"],
            }
        )
    return Table(
        title=f"Times beside k-means, {largest:,} samples of {DATASET}",
        columns=(
            Column(key="method", title="method"),
            Column(key="published", title="published", unit="s", decimals=2),
            Column(key="published-ratio", title="published, of k-means", decimals=2),
            Column(key="here", title="here, with the search", unit="s", decimals=1),
            Column(key="ratio", title="here, of k-means", decimals=2),
            Column(key="without", title="without the search", decimals=2),
        ),
        rows=tuple(rows),
    )


def memory_goal(fits: Mapping[str, Growth]) -> Goal:
    """No method takes more than 8 GiB."""
    peaks = {
        method: max(fit.peak for repeats in growth.values() for fit in repeats)
        for method, growth in fits.items()
    }
    largest = max(peaks, key=lambda method: peaks[method])
    whole = min(max(growth) for growth in fits.values())
    shown = whole >= max(_SIZES)
    within = "met" if peaks[largest] <= _MOST_MIB else "missed"
    return Goal(
        text=f"All run on {max(_SIZES):,} samples within 8 GiB",
        verdict=within if shown else "not shown",
        detail=f"At most {peaks[largest]:.0f} MiB, by {METHODS[largest].title}, for {whole:,}.",
    )


def beside(setting: Setting) -> Table:
    """Seconds of k-means and of a mixture beside those of scikit-learn with the same arguments."""
    count = _COMPARED_QUICK if setting.quick else _COMPARED
    x = samples(setting, "usps").numpy()[:count].astype(np.float64)
    pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "k-means": (
            lambda: KMeans(_CLUSTERS, n_init=5, random_state=0),
            lambda: sklearn.cluster.KMeans(_CLUSTERS, n_init=5, random_state=0),
        ),
        "GMM": (
            lambda: GMM(_CLUSTERS, random_state=0),
            lambda: sklearn.mixture.GaussianMixture(_CLUSTERS, random_state=0),
        ),
    }
    rows: list[dict[str, Value]] = []
    for title, (ours, theirs) in pairs.items():
        made = {"ours": ours, "theirs": theirs}
        seconds = in_turn(
            {name: _timed(make, x) for name, make in made.items()},
            repeats=setting.repeats(_COMPARED_REPEATS),
        )
        rows.append(
            {
                "method": title,
                "ours": Spread.of(seconds["ours"]),
                "theirs": Spread.of(seconds["theirs"]),
                "ratio": paired_ratio(seconds["ours"], seconds["theirs"]),
            }
        )
    return Table(
        title=f"Beside scikit-learn, {count:,} samples of usps",
        columns=(
            Column(key="method", title="method"),
            Column(key="ours", title="here", unit="s", decimals=2),
            Column(key="theirs", title="scikit-learn", unit="s", decimals=2),
            Column(key="ratio", title="ratio", decimals=2),
        ),
        rows=tuple(rows),
    )


def speed_goals(table: Table) -> tuple[Goal, ...]:
    """k-means and mixtures are as fast as scikit-learn's."""
    goals = []
    for row in table.rows:
        ratio = row["ratio"]
        assert isinstance(ratio, Spread)
        goals.append(
            Goal(
                text=f"{row['method']} runs at scikit-learn's speed",
                verdict="met" if ratio.median <= _MARGIN else "missed",
                detail=f"{ratio.median:.2f} times its seconds.",
            )
        )
    return tuple(goals)


def _timed(make: Callable[[], Any], x: np.ndarray) -> Callable[[], float]:
    def once() -> float:
        estimator = make()
        began = time.perf_counter()
        estimator.fit_predict(x)
        return time.perf_counter() - began

    return once
