"""Learning curves: one panel for each stage and data set, as PNG or SVG with equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Quantity = Literal["loss", "share"]
Item = TypeVar("Item")

_AXES: dict[Quantity, str] = {"loss": "loss (log scale)", "share": "share of samples"}
_ROW_HEIGHT = 2.8  # inches
_MAX_POINTS = 600
_STYLES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Curve:
    """History of one seed of a method on a data set."""

    label: str
    """Name of the method in the legend."""
    method: str
    """Slug of the method; equal methods share a colour."""
    stage: str
    """Stage of the training, as in the panel's title."""
    dataset: str
    """Name of the data set, as in the panel's title."""
    seed: int
    iterations: Sequence[float]
    series: Mapping[str, Sequence[float]]
    """Values at ``iterations``, by the name of the series; NaN where there is none."""
    quantity: Quantity = "loss"
    """Losses are drawn on a logarithmic axis, shares from 0 to 1 on a linear one."""

    def points(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Iterations and values of a series that are drawn, float64 ``[n]`` each.

        Values that are not finite are left out, and losses that are not above 0. Of more than 600
        points those are kept whose places are 600 evenly spaced numbers from 0 to n - 1, rounded.
        """
        x = np.asarray(self.iterations, dtype=np.float64)
        y = np.asarray(self.series[name], dtype=np.float64)
        drawable = np.isfinite(y) & (y > 0 if self.quantity == "loss" else True)
        x, y = x[drawable], y[drawable]
        if len(x) > _MAX_POINTS:
            kept = np.linspace(0, len(x) - 1, _MAX_POINTS).round().astype(int)
            x, y = x[kept], y[kept]
        return x, y


def write_curves(
    path: str | Path,
    curves: Sequence[Curve],
    *,
    title: str,
    stamp: str,
    notes: Sequence[str] = (),
) -> None:
    """Draw learning curves, atomically; the suffix (png, svg) decides on the form.

    Panels stand in rows of one stage and columns of one data set; a stage with shares has
    a row of its own for them. Of long histories at most 600 evenly spaced points are drawn.

    Args:
        path: File to write, 1200 pixels wide.
        curves: What to draw; without any, the figure holds the notes alone.
        title: Title of the figure.
        stamp: The protocol's stamp.
        notes: Why curves are missing, one sentence each.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _figure(curves, title, [stamp, *notes]))


def _figure(curves: Sequence[Curve], title: str, remarks: Sequence[str]) -> Figure:
    rows = _distinct((curve.stage, curve.quantity) for curve in curves)
    columns = _distinct(curve.dataset for curve in curves)
    figure = empty_figure(title, remarks, height=_ROW_HEIGHT * len(rows))
    if not curves:
        return figure
    colours = _colours(_distinct(curve.method for curve in curves))
    styles = _styles(_distinct(name for curve in curves for name in curve.series))
    panels = figure.subplots(len(rows), len(columns), squeeze=False)
    for (stage, quantity), line in zip(rows, panels, strict=True):
        for dataset, axes in zip(columns, line, strict=True):
            shown = [
                curve
                for curve in curves
                if (curve.stage, curve.quantity, curve.dataset) == (stage, quantity, dataset)
            ]
            _draw_panel(axes, shown, colours, styles)
            axes.set_title(f"{stage}, {dataset}")
        line[0].set_ylabel(_AXES[quantity])
    for axes in panels[-1]:
        axes.set_xlabel("iteration")
    _draw_legend(figure, curves, colours, styles)
    return figure


def _draw_panel(
    axes: Axes,
    curves: Sequence[Curve],
    colours: Mapping[str, Any],
    styles: Mapping[str, Any],
) -> None:
    if not curves:
        axes.text(0.5, 0.5, "no curves", ha="center", va="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    logarithmic = curves[0].quantity == "loss"
    for curve in curves:
        for name in curve.series:
            x, y = curve.points(name)
            # A single point makes no line.
            marker = "o" if len(x) == 1 else ""
            axes.plot(
                x,
                y,
                styles[name],
                color=colours[curve.method],
                marker=marker,
                markersize=3,
                alpha=0.8,
            )
    if logarithmic:
        _log_axis(axes)
    else:
        axes.set_ylim(0, 1)
    axes.set_xlim(left=0)


def _log_axis(axes: Axes) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # Within a decade or so, powers of ten would leave the axis without numbers.
    axes.yaxis.set_major_locator(MaxNLocator(5) if high < 20 * low else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")


def _draw_legend(
    figure: Figure,
    curves: Sequence[Curve],
    colours: Mapping[str, Any],
    styles: Mapping[str, Any],
) -> None:
    from matplotlib.lines import Line2D

    labels = {curve.method: curve.label for curve in curves}
    handles = [
        Line2D([], [], color=colours[method], linewidth=2.5, label=label)
        for method, label in labels.items()
    ]
    if len(styles) > 1:
        handles += [
            Line2D([], [], color="#444444", linestyle=style, label=name)
            for name, style in styles.items()
        ]
    figure.legend(handles=handles, loc="outside right upper", frameon=False)


def _colours(methods: Sequence[str]) -> dict[str, Any]:
    return dict(zip(methods, distinct_colours(len(methods)), strict=True))


def _styles(names: Sequence[str]) -> dict[str, Any]:
    return {name: _STYLES[index % len(_STYLES)] for index, name in enumerate(names)}


def _distinct(items: Iterable[Item]) -> list[Item]:
    """Items without repetition, in the order of first occurrence."""
    return list(dict.fromkeys(items))
