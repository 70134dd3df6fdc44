"""Geometry of the small charts that pages draw as SVG: curves, bars, and the spread of seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustrace.report.curves import Curve

WIDTH, HEIGHT = 320, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 26
_MOST_POINTS = 150
#: Within fewer decades, a logarithmic axis has too few powers of ten.
_DECADES = 1.3


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its place in pixels and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A curve as the points of an SVG polyline."""

    label: str
    points: str
    last: str
    """Its last value, for readers who do not see it."""


@dataclass(frozen=True)
class Chart:
    """Curves in one pair of axes."""

    title: str
    quantity: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram."""

    label: str
    count: int
    percent: float
    """Height in percent of the highest."""


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled, low, high = values, self.low, self.high
        if self.log:
            scaled, low, high = np.log10(values), math.log10(low), math.log10(high)
        span = (high - low) or 1.0
        return self.start + (scaled - low) / span * (self.end - self.start)

    def ticks(self) -> tuple[Tick, ...]:
        places = _powers(self.low, self.high) if self.log else _even(self.low, self.high)
        at = self.place(np.asarray(places, dtype=np.float64))
        return tuple(
            Tick(round(float(a), 1), f"{value:g}") for a, value in zip(at, places, strict=True)
        )


def chart(title: str, curves: Sequence[Curve]) -> Chart | None:
    """Curves of one quantity in one pair of axes; None if none has a point.

    Losses have a logarithmic axis where they span more than a decade.
    """
    lines = [
        (curve.label if len(curve.series) == 1 else f"{curve.label}, {name}", *curve.points(name))
        for curve in curves
        for name in curve.series
    ]
    lines = [line for line in lines if len(line[1])]
    if not lines:
        return None
    values = np.concatenate([y for _, _, y in lines])
    low, high = float(values.min()), float(values.max())
    share = curves[0].quantity == "share"
    log = not share and low > 0 and math.log10(high / low) > _DECADES
    across = _Axis(0.0, max(float(x.max()) for _, x, _ in lines) or 1.0, _LEFT, WIDTH - _RIGHT)
    bottom = HEIGHT - _BOTTOM
    up = _Axis(0.0, 1.0, bottom, _TOP) if share else _Axis(low, high, bottom, _TOP, log)
    return Chart(
        title=title,
        quantity="share of changed labels" if share else f"loss{' (log scale)' if log else ''}",
        x_ticks=across.ticks(),
        y_ticks=up.ticks(),
        lines=tuple(
            Line(label, _points(across.place(x), up.place(y)), f"{y[-1]:.4g}")
            for label, x, y in lines
        ),
    )


def bars(counts: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
    """A histogram of named counts."""
    found = list(counts)
    highest = max((count for _, count in found), default=1)
    return tuple(Bar(label, count, 100 * count / highest) for label, count in found)


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    if len(x) > _MOST_POINTS:
        kept = np.linspace(0, len(x) - 1, _MOST_POINTS).round().astype(int)
        x, y = x[kept], y[kept]
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _even(low: float, high: float) -> list[float]:
    """Three to six round numbers of an interval."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(span))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if span / s <= 5)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)] or [low]


def _powers(low: float, high: float) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    several = len(exponents) <= 3
    found = [10.0**e * m for e in exponents for m in ((1, 2, 5) if several else (1,))]
    return [value for value in found if low <= value <= high] or [low]
