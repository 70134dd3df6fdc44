"""Learning curves: one panel for each stage and data set, as PNG or SVG with equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Quantity = Literal["loss", "share"]
Item = TypeVar("Item")

_ROW_HEIGHT = 2.8  # inches
_MAX_POINTS = 600
_STYLES = ("-", "--", ":", "-.")
_LEGEND_LINE_HEIGHT = 0.2  # inches
# A line of the figure holds so many letters, of which a sign in the legend takes some.
_LEGEND_LETTERS, _HANDLE_LETTERS = 150, 8
_TITLE_LETTERS = 120
#: Losses below this share of the largest stand on the linear part of an axis with losses below 0.
_LINEAR_PART = 1e-3


@dataclass(frozen=True)
class Curve:
    """History of one seed of a method on a data set."""

    name: str
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
    """Losses are drawn on a logarithmic axis, where all of a panel are above 0; else on one that is
    linear around 0. Shares are drawn from 0 to 1 on a linear one."""
    training: str = ""
    """Which of several trainings it is of: a layer's, a candidate's, a stage's."""

    @property
    def label(self) -> str:
        """Name of the method and of the training."""
        return ", ".join(filter(None, (self.name, self.training)))

    def points(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Iterations and values of a series that are drawn, float64 ``[n]`` each.

        Values that are not finite are left out. Of more than 600 points those are kept whose places
        are 600 evenly spaced numbers from 0 to n - 1, rounded.
        """
        x = np.asarray(self.iterations, dtype=np.float64)
        y = np.asarray(self.series[name], dtype=np.float64)
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
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
    colours = _colours(_distinct(curve.method for curve in curves))
    styles = _styles(_distinct(name for curve in curves for name in curve.series))
    handles = _legend_handles(curves, colours, styles)
    in_line = _entries_in_a_line([handle.get_label() for handle in handles])
    legend_height = _LEGEND_LINE_HEIGHT * (-(-len(handles) // in_line) + 1)
    heights = [_ROW_HEIGHT] * len(rows) + [legend_height]
    figure = empty_figure(title, remarks, height=sum(heights) if curves else 0)
    if not curves:
        return figure
    grid = figure.add_gridspec(len(heights), len(columns), height_ratios=heights)
    for line, (stage, quantity) in enumerate(rows):
        said = ""
        for column, dataset in enumerate(columns):
            axes = figure.add_subplot(grid[line, column])
            shown = [
                curve
                for curve in curves
                if (curve.stage, curve.quantity, curve.dataset) == (stage, quantity, dataset)
            ]
            _draw_panel(axes, shown, colours, styles)
            axes.set_title("\n".join(wrap(f"{stage}, {dataset}", _TITLE_LETTERS // len(columns))))
            if line == len(rows) - 1:
                axes.set_xlabel("iteration")
            label = axes.get_ylabel()
            axes.set_ylabel("" if label == said else label)
            said = label or said
    below = figure.add_subplot(grid[-1, :])
    below.set_axis_off()
    below.legend(handles=handles, loc="center left", ncols=in_line, frameon=False)
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
    if curves[0].quantity == "share":
        axes.set_ylim(0, 1)
        axes.set_ylabel("share of samples")
    else:
        _loss_axis(axes, np.concatenate([line.get_ydata() for line in axes.lines]))
    axes.set_xlim(left=0)


def _loss_axis(axes: Axes, losses: NDArray[np.float64]) -> None:
    """A logarithmic axis; with a linear part around 0 where a loss is not above 0."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    if len(losses) and losses.min() <= 0:
        sizes = np.abs(losses[losses != 0])
        threshold = max(sizes.min(), _LINEAR_PART * sizes.max()) if len(sizes) else 1.0
        axes.set_yscale("symlog", linthresh=threshold)
        axes.set_ylabel("loss (log scale, linear around 0)")
    else:
        axes.set_yscale("log")
        axes.set_ylabel("loss (log scale)")
        low, high = axes.get_ylim()
        # Within a decade or so, powers of ten would leave the axis without numbers.
        narrow = high < 20 * low
        axes.yaxis.set_major_locator(MaxNLocator(5) if narrow else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")


def _legend_handles(
    curves: Sequence[Curve], colours: Mapping[str, Any], styles: Mapping[str, Any]
) -> list[Line2D]:
    from matplotlib.lines import Line2D

    names = {curve.method: curve.name for curve in curves}
    handles = [
        Line2D([], [], color=colours[method], linewidth=2.5, label=name)
        for method, name in names.items()
    ]
    if len(styles) > 1:
        handles += [
            Line2D([], [], color="#444444", linestyle=style, label=name)
            for name, style in styles.items()
        ]
    return handles


def _entries_in_a_line(labels: Sequence[object]) -> int:
    """How many entries of a legend stand beside each other, as wide as the widest of them."""
    widest = max((len(str(label)) for label in labels), default=0)
    return max(1, int(_LEGEND_LETTERS // (widest + _HANDLE_LETTERS)))


def _colours(methods: Sequence[str]) -> dict[str, Any]:
    return dict(zip(methods, distinct_colours(len(methods)), strict=True))


def _styles(names: Sequence[str]) -> dict[str, Any]:
    return {name: _STYLES[index % len(_STYLES)] for index, name in enumerate(names)}


def _distinct(items: Iterable[Item]) -> list[Item]:
    """Items without repetition, in the order of first occurrence."""
    return list(dict.fromkeys(items))
