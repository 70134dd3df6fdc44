"""Sweeps: scores against a hyper-parameter, one panel a metric, as PNG or SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_HEIGHT, _LEGEND_HEIGHT = 3.6, 0.35  # inches
_STYLES = ("-", "--", ":", "-.")
_MARKERS = ("o", "s", "^", "D")

Scale = Literal["log", "linear"]


@dataclass(frozen=True)
class SweptLine:
    """Scores of one metric against the values of a hyper-parameter, in their order."""

    name: str
    """Name in the legend."""
    metric: str
    """Name of the metric, as in the panel's title."""
    parameter: NDArray[np.float64]
    """Values of the hyper-parameter, ``[n]``."""
    mean: NDArray[np.float64]
    """Mean scores over the seeds as fractions, ``[n]``."""
    deviation: NDArray[np.float64]
    """Their standard deviations, ``[n]``; NaN for a single seed."""
    shares_axis: bool = True
    """Whether its values are scores between 0 and 1 that are compared with those of the others."""


def write_sweep(
    path: str | Path,
    lines: Sequence[SweptLine],
    *,
    title: str,
    remarks: Sequence[str],
    axis: str,
    scale: Scale,
) -> None:
    """Draw one panel for each metric, atomically; the suffix (png, svg) decides on the form.

    Args:
        path: File to write, 1200 pixels wide.
        lines: What to draw; lines of one name share colour and style in all panels.
        title: Title of the figure.
        remarks: Caption, the protocol's stamp, and what is missing.
        axis: Text at the axis of the hyper-parameter.
        scale: Scale of that axis.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _figure(lines, title, remarks, axis, scale))


def _figure(
    lines: Sequence[SweptLine], title: str, remarks: Sequence[str], axis: str, scale: Scale
) -> Figure:
    metrics = list(dict.fromkeys(line.metric for line in lines))
    names = list(dict.fromkeys(line.name for line in lines))
    heights = [_PANEL_HEIGHT, _LEGEND_HEIGHT]
    figure = empty_figure(title, remarks, height=sum(heights))
    grid = figure.add_gridspec(2, len(metrics), height_ratios=heights)
    shared = all(line.shares_axis for line in lines)
    panels: list[Axes] = []
    for place in range(len(metrics)):
        panels.append(
            figure.add_subplot(grid[0, place], sharey=panels[0] if shared and panels else None)
        )
    for axes, metric in zip(panels, metrics, strict=True):
        for line in lines:
            if line.metric == metric:
                _draw(axes, line, names.index(line.name), len(names))
        axes.set_title(metric)
        axes.set_xlabel(axis)
        _mark_values(axes, lines, scale)
    for axes in panels[1:] if shared else ():
        axes.tick_params(labelleft=False)
    panels[0].set_ylabel("score" if shared else "")
    # Inside a panel the legend would cover points.
    below = figure.add_subplot(grid[1, :])
    below.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    below.legend(handles, labels, loc="center", ncols=len(names), frameon=False)
    return figure


def _mark_values(axes: Axes, lines: Sequence[SweptLine], scale: Scale) -> None:
    """Name the values themselves at the axis."""
    from matplotlib.ticker import NullLocator

    values = sorted({float(value) for line in lines for value in line.parameter})
    axes.set_xscale(scale)
    axes.set_xticks(values, [f"{value:g}" for value in values], rotation=45)
    axes.xaxis.set_minor_locator(NullLocator())


def _draw(axes: Axes, line: SweptLine, index: int, count: int) -> None:
    axes.errorbar(
        line.parameter,
        line.mean,
        # A bar of no length marks a single seed.
        yerr=np.nan_to_num(line.deviation),
        label=line.name,
        color=distinct_colours(count)[index],
        linestyle=_STYLES[index % len(_STYLES)],
        marker=_MARKERS[index % len(_MARKERS)],
        markersize=4,
        capsize=2,
    )
